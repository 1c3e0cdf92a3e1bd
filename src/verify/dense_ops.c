#include <string.h>

#include "base/log.h"
#include "verify/dense.h"

void dense_ops_fini(struct dense_ops *ops) {
    op_list_fini(&ops->ops);
    mem_free(ops->modes);
    mem_free(ops->copy_wires);
    mem_free(ops->wire_qpu);
    mem_free(ops->source_op);
    mem_free(ops->last_read);
    mem_free(ops->last_use);
    *ops = (struct dense_ops){0};
}

struct copying {
    struct dense_ops *out;
    const struct walk_source *source;
    size_t index, cap_source_op;
};

static enum status note(struct copying *copying) {
    struct dense_ops *out = copying->out;
    const size_t n = out->ops.n_ops - 1;
    TRY(vec_reserve(&out->source_op, n, &copying->cap_source_op, 1, sizeof *out->source_op));
    out->source_op[n] = copying->index;
    return STATUS_OK;
}

static enum status add_gate(struct copying *copying, enum gate_id gate, uint32_t a, uint32_t b) {
    const uint32_t qubits[2] = {a, b};
    TRY(op_list_add_gate(&copying->out->ops, gate, qubits, NULL, (struct src_loc){0}));
    return note(copying);
}

static enum status copy_op(struct copying *copying, const struct op *op) {
    const struct op_list *from = copying->source->ops;
    struct op_list *to = &copying->out->ops;
    struct op *copy;
    uint32_t expr = OP_NO_EXPR;
    if (op->expr != OP_NO_EXPR) {
        TRY(expr_copy(to, &expr, from, op->expr, NULL));
    }
    TRY(op_list_add(to, &copy, (enum op_kind)op->kind, op_qubits(from, op), op->n_qubits,
                    op_params(from, op), op->n_params, (struct src_loc){0}));
    copy->which = op->which;
    copy->bit = op->bit;
    copy->expr = expr;
    copy->qpu = op->qpu;
    copy->arg = op->arg;
    return note(copying);
}

/* X or Y on the wire becomes Z, or Z becomes that again. */
static enum status turn(struct copying *copying, unsigned letter, uint32_t wire, bool is_back) {
    const enum gate_id turns_y = is_back ? GATE_SXDG : GATE_SX;
    return letter == 3 ? STATUS_OK : add_gate(copying, letter == 1 ? GATE_H : turns_y, wire, 0);
}

/* The parity is gathered on the last wire of the product. */
static enum status copy_product(struct copying *copying, const struct op *op) {
    const uint32_t *wires = op_qubits(copying->source->ops, op);
    uint32_t last = op->n_qubits;
    struct op *measure;
    for (uint32_t i = 0; i < op->n_qubits; i++) {
        last = op_pauli(op, i) != 0 ? i : last;
    }
    CHECK(last < op->n_qubits);
    for (uint32_t i = 0; i <= last; i++) {
        if (op_pauli(op, i) != 0) {
            TRY(turn(copying, op_pauli(op, i), wires[i], false));
        }
    }
    for (uint32_t i = 0; i < last; i++) {
        if (op_pauli(op, i) != 0) {
            TRY(add_gate(copying, GATE_CX, wires[i], wires[last]));
        }
    }
    TRY(op_list_add(&copying->out->ops, &measure, OP_MEASURE, &wires[last], 1, NULL, 0,
                    (struct src_loc){0}));
    measure->bit = op->bit;
    measure->which = op->which;
    TRY(note(copying));
    for (uint32_t i = last; i-- > 0;) {
        if (op_pauli(op, i) != 0) {
            TRY(add_gate(copying, GATE_CX, wires[i], wires[last]));
        }
    }
    for (uint32_t i = 0; i <= last; i++) {
        if (op_pauli(op, i) != 0) {
            TRY(turn(copying, op_pauli(op, i), wires[i], true));
        }
    }
    return STATUS_OK;
}

static bool is_plain(const struct op *op) {
    return op->kind != OP_MEASURE || (op->n_qubits == 1 && op_pauli(op, 0) == 3);
}

static enum status copy_all(struct copying *copying, size_t before) {
    const struct walk_source *source = copying->source;
    const size_t n_ops = source->ops->n_ops;
    struct dense_ops *out = copying->out;
    size_t *place = mem_alloc(n_ops, sizeof *place);
    enum status status = place ? STATUS_OK : STATUS_NOFIT;
    TRY_GOTO(status, cleanup);
    for (uint32_t i = 0; i < source->n_in; i++) {
        TRY_GOTO(add_gate(copying, GATE_H, source->n_wires + i, 0), cleanup);
        TRY_GOTO(add_gate(copying, GATE_CX, source->n_wires + i, source->in[i]), cleanup);
    }
    for (size_t i = 0; i < n_ops; i++) {
        const struct op *op = &source->ops->ops[i];
        copying->index = i;
        place[i] = out->ops.n_ops;
        TRY_GOTO(is_plain(op) ? copy_op(copying, op) : copy_product(copying, op), cleanup);
    }
    for (size_t i = 0; i < n_ops; i++) {
        const uint32_t match = source->ops->ops[i].match;
        out->ops.ops[place[i]].match =
            match == OP_NO_MATCH ? OP_NO_MATCH : u32_from_size(place[match]);
    }
    out->insert_at = before < n_ops ? place[before] : out->ops.n_ops;
cleanup:
    mem_free(place);
    return status;
}

static void set_modes(struct dense_ops *out, const struct walk_source *source) {
    for (size_t i = 0; i < out->ops.n_ops; i++) {
        const enum op_kind kind = (enum op_kind)out->ops.ops[i].kind;
        const bool is_skipped = i >= 2 * (size_t)source->n_in && source->is_skipped &&
                                source->is_skipped[out->source_op[i]];
        out->modes[i] = ENGINE_SKIP;
        if (!is_skipped && (kind == OP_GATE || kind == OP_EBIT)) {
            out->modes[i] = ENGINE_APPLY;
        } else if (!is_skipped && (kind == OP_MEASURE || kind == OP_RESET || kind == OP_FREE)) {
            out->modes[i] = ENGINE_MEASURE;
        }
    }
}

/* ---- last uses ---- */

struct use {
    size_t *last;
    size_t at;
};

static void note_read(void *ctx, uint32_t bit) {
    const struct use *use = ctx;
    use->last[bit] = use->last[bit] == SIZE_MAX ? SIZE_MAX : use->at;
}

/* An op in a loop is used until the end of the outermost one. */
static void find_last_uses(struct dense_ops *out, const struct walk_source *source) {
    size_t loop_end = 0;
    for (uint32_t i = 0; i < source->n_output_bits; i++) {
        out->last_read[source->output_bits[i]] = SIZE_MAX;
    }
    for (uint32_t i = 0; i < source->n_in + source->n_out; i++) {
        out->last_use[i < source->n_in ? source->n_wires + i : source->out[i - source->n_in]] =
            SIZE_MAX;
    }
    for (size_t i = 0; i < out->ops.n_ops; i++) {
        const struct op *op = &out->ops.ops[i];
        if (i >= loop_end && (op->kind == OP_REPEAT || op->kind == OP_WHILE)) {
            loop_end = op->match;
        }
        struct use use = {.last = out->last_read, .at = i < loop_end ? loop_end : i};
        if (op->expr != OP_NO_EXPR &&
            (op->kind == OP_IF || op->kind == OP_WHILE || op->kind == OP_ASSIGN)) {
            expr_visit_bits(&out->ops, op->expr, note_read, &use);
        }
        use.last = out->last_use;
        for (uint32_t q = 0; q < op->n_qubits && op->kind != OP_BARRIER; q++) {
            note_read(&use, op_qubits(&out->ops, op)[q]);
        }
    }
}

enum status dense_ops_create(struct dense_ops *out, const struct dense *dense) {
    const struct walk_source *source = dense->source;
    struct dense_ops ops = {.n_wires = source->n_wires + source->n_in};
    struct copying copying = {.out = &ops, .source = source};
    enum status status = copy_all(&copying, dense->insert.before);
    TRY_GOTO(status, failed);
    ops.modes = mem_alloc(ops.ops.n_ops, sizeof *ops.modes);
    ops.copy_wires = mem_alloc(ops.ops.n_ops, sizeof *ops.copy_wires);
    ops.wire_qpu = mem_alloc(ops.n_wires, sizeof *ops.wire_qpu);
    ops.last_read = mem_alloc((size_t)source->n_bits + 1, sizeof *ops.last_read);
    ops.last_use = mem_alloc(ops.n_wires, sizeof *ops.last_use);
    if (!ops.modes || !ops.copy_wires || !ops.wire_qpu || !ops.last_read || !ops.last_use) {
        status = STATUS_NOFIT;
        goto failed;
    }
    set_modes(&ops, source);
    for (uint32_t i = 0; i < ops.n_wires && dense->wire_qpu; i++) {
        const uint32_t wire = i < source->n_wires ? i : source->in[i - source->n_wires];
        const uint32_t qpu = dense->wire_qpu[wire];
        ops.wire_qpu[i] = qpu == OP_NO_QPU ? 0 : qpu;
    }
    find_last_uses(&ops, source);
    *out = ops;
    return STATUS_OK;
failed:
    dense_ops_fini(&ops);
    return status;
}
