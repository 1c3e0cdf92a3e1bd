#include "support/skeleton_text.h"

#include <inttypes.h>

#include "base/units.h"

enum { NAME_BYTES = 64, TIME_BYTES = 32 };

static void print_line_of(struct text *out, const struct program *program, size_t op_index) {
    const struct op *op = &program->ops.ops[op_index];
    text_printf(out, " op %zu", op_index);
    if (op->line > 0) {
        text_printf(out, " line %u", op->line);
    }
}

static void print_message(struct text *out, const struct skeleton_item *item,
                          const struct program *program) {
    char name[NAME_BYTES], time[TIME_BYTES];
    program_bit_name(program, item->bit, name, sizeof name);
    if (item->kind == SKELETON_SEND) {
        text_printf(out, "send %s to %s at +%s", name, program->qpus[item->peer].name,
                    units_print_time(time, sizeof time, item->t_ps));
    } else {
        text_printf(out, "recv %s from %s%s", name, program->qpus[item->peer].name,
                    item->is_carried ? " of the round before, if any," : "");
    }
    text_printf(out, " channel %u", item->channel);
}

static void print_item(struct text *out, const struct skeleton_item *item,
                       const struct program *program) {
    char name[NAME_BYTES], time[TIME_BYTES];
    switch ((enum skeleton_kind)item->kind) {
    case SKELETON_SEGMENT:
        text_printf(out, "segment %s ops %zu..%zu", units_print_time(time, sizeof time, item->t_ps),
                    item->op, item->last_op);
        return;
    case SKELETON_SEND:
    case SKELETON_RECV:
        print_message(out, item, program);
        break;
    case SKELETON_CLOSE:
        text_printf(out, "close %s at +%s",
                    program_wire_name(program, item->wire, name, sizeof name),
                    units_print_time(time, sizeof time, item->t_ps));
        break;
    case SKELETON_EBIT:
        text_printf(out, "ebit %s with %s, wire free at %u +%s",
                    program_wire_name(program, item->wire, name, sizeof name),
                    program->qpus[item->peer].name, item->issue_item,
                    units_print_time(time, sizeof time, item->issue_t_ps));
        break;
    case SKELETON_IF:
        text_add(out, "if");
        break;
    case SKELETON_ELSE:
        text_add(out, "else");
        break;
    case SKELETON_WHILE:
        text_add(out, "while");
        break;
    case SKELETON_REPEAT:
        text_printf(out, "repeat %" PRIu64, item->count);
        break;
    case SKELETON_END:
        text_add(out, "end");
        break;
    }
    print_line_of(out, program, item->op);
}

static void print_qpu(struct text *out, const struct skeleton_qpu *qpu, const char *name,
                      const struct program *program) {
    int depth = 1;
    text_printf(out, "qpu %s\n", name);
    for (size_t i = 0; i < qpu->n_items; i++) {
        const enum skeleton_kind kind = (enum skeleton_kind)qpu->items[i].kind;
        const bool opens = kind == SKELETON_IF || kind == SKELETON_WHILE || kind == SKELETON_REPEAT;
        depth -= kind == SKELETON_ELSE || kind == SKELETON_END;
        text_printf(out, "%*zu%*s", 5, i, 2 * depth, "");
        print_item(out, &qpu->items[i], program);
        text_add(out, "\n");
        depth += opens || kind == SKELETON_ELSE;
    }
}

void skeleton_add_text(struct text *out, const struct skeleton *skeleton,
                       const struct program *program) {
    for (size_t i = 0; i < skeleton->n_qpus; i++) {
        print_qpu(out, &skeleton->qpus[i], program->qpus[i].name, program);
    }
}
