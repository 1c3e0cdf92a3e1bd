#include "circuit/lexer.h"
#include "program/program.h"

#include <math.h>
#include <string.h>

#include "base/log.h"
#include "base/units.h"
#include "circuit/condition.h"
#include "program/registers.h"

struct program_printer {
    struct text *out;
    const struct program *program;
    char variable[40]; /* of loops: no register has that name */
    unsigned depth;    /* of blocks */
    /* Measurements into output bits so far, which rec[-k] counts: for each bit the index of its
     * last one plus 1. */
    uint32_t n_records, *records;
    uint32_t n_records_outside; /* before the outermost IF that is open */
    unsigned n_ifs;
    uint32_t reach; /* as in the parser: records before it have no name in text order */
    /* Indices of records at the beginning of the loops that are open. */
    uint32_t *loops;
    size_t n_loops, cap_loops;
    uint32_t *bits, *nodes; /* of a detector */
    size_t n_bits, cap_bits, n_nodes, cap_nodes;
};

static enum status push(uint32_t **items, size_t *n, size_t *cap, uint32_t item) {
    TRY(vec_reserve(items, *n, cap, 1, sizeof **items));
    (*items)[(*n)++] = item;
    return STATUS_OK;
}

static void print_element(struct text *out, const struct reg *reg, uint32_t i) {
    text_add(out, reg->name);
    if (!reg->is_scalar) {
        text_printf(out, "[%u]", i - reg->first);
    }
}

static void print_wire(struct text *out, const struct program *program, uint32_t wire) {
    print_element(out, register_find(program->qregs, program->n_qregs, wire), wire);
}

static void print_bit(struct text *out, const struct program *program, uint32_t bit) {
    print_element(out, register_find(program->cregs, program->n_cregs, bit), bit);
}

static enum status print_condition(struct text *out, const struct program *program, uint32_t expr) {
    const struct condition_names names = {.cregs = program->cregs, .n_cregs = program->n_cregs};

    return condition_print(out, &names, &program->ops, expr);
}

static void print_name(struct text *out, const char *name) {
    bool is_plain = lexer_is_identifier(name, strlen(name));

    text_printf(out, is_plain ? "%s" : "\"%s\"", name);
}

static void print_register(struct text *out, const struct reg *reg, const char *type) {
    text_add(out, reg->is_local ? "@qspan.local\n" : "");
    text_add(out, reg->is_output ? "output " : "");
    if (reg->is_scalar) {
        text_printf(out, "%s %s;\n", type, reg->name);
    } else {
        text_printf(out, "%s[%u] %s;\n", type, reg->n, reg->name);
    }
}

/* Wires, those that follow each other in a register as a range. */
static void print_wires(struct text *out, const struct program *program, const uint32_t *wires,
                        size_t n) {
    for (size_t i = 0, end; i < n; i = end) {
        const struct reg *reg = register_find(program->qregs, program->n_qregs, wires[i]);
        end = i + 1;
        while (end < n && wires[end] == wires[end - 1] + 1 && wires[end] < reg->first + reg->n) {
            end++;
        }
        text_add(out, " ");
        if (end == i + 1) {
            print_element(out, reg, wires[i]);
        } else {
            text_printf(out, "%s[%u:%u]", reg->name, wires[i] - reg->first,
                        wires[end - 1] - reg->first);
        }
    }
}

static void print_qpu(struct text *out, const struct program *program,
                      const struct program_qpu *qpu) {
    text_add(out, "pragma qspan qpu ");
    print_name(out, qpu->name);
    if (qpu->n_data > 0) {
        text_add(out, " data");
        print_wires(out, program, qpu->data, qpu->n_data);
    }
    if (qpu->n_comm > 0) {
        text_add(out, " comm");
        print_wires(out, program, qpu->comm, qpu->n_comm);
    }
    text_add(out, "\n");
}

/* "q[3]" as it is, other names in quotes. */
static bool is_plain_qubit(const char *name) {
    size_t n = strcspn(name, "[");
    size_t digits = name[n] == '[' ? strspn(name + n + 1, "0123456789") : 0;

    return lexer_is_identifier(name, n) &&
           (name[n] == '\0' || (digits > 0 && strcmp(name + n + 1 + digits, "]") == 0));
}

static void print_logical(struct text *out, const struct program *program, const char *side,
                          const struct program_logical *list, size_t n) {
    for (size_t i = 0; i < n; i++) {
        text_printf(out,
                    is_plain_qubit(list[i].qubit) ? "pragma qspan logical %s %s "
                                                  : "pragma qspan logical %s \"%s\" ",
                    side, list[i].qubit);
        print_wire(out, program, list[i].wire);
        text_add(out, "\n");
    }
}

static void print_head(struct program_printer *printer) {
    const struct program *program = printer->program;
    struct text *out = printer->out;

    text_add(out, "OPENQASM 3.0;\ninclude \"stdgates.inc\";\ninclude \"qnu.inc\";\n");
    for (size_t i = 0; i < program->n_qregs; i++) {
        print_register(out, &program->qregs[i], "qubit");
    }
    for (size_t i = 0; i < program->n_cregs; i++) {
        print_register(out, &program->cregs[i], "bit");
    }
    for (size_t i = 0; i < program->n_qpus; i++) {
        print_qpu(out, program, &program->qpus[i]);
    }
    if (strcmp(program->distribute, "hand") != 0) {
        text_printf(out, "pragma qspan distribute %s\n", program->distribute);
    }
    text_add(out, program->is_fused ? "pragma qspan protocol fused\n" : "");
    text_add(out, program->has_machine_errors ? "pragma qspan errors machine\n" : "");
    print_logical(out, program, "in", program->in, program->n_in);
}

static void indent(struct program_printer *printer) {
    for (unsigned i = 0; i < printer->depth; i++) {
        text_add(printer->out, "    ");
    }
}

static void print_params(struct program_printer *printer, const struct op *op) {
    const double *params = op_params(&printer->program->ops, op);

    for (unsigned i = 0; i < op->n_params; i++) {
        text_add(printer->out, i == 0 ? "(" : ", ");
        text_add_double(printer->out, params[i]);
    }
    text_add(printer->out, op->n_params > 0 ? ")" : "");
}

static void print_operands(struct program_printer *printer, const struct op *op,
                           const char *separator) {
    const uint32_t *wires = op_qubits(&printer->program->ops, op);

    for (uint32_t i = 0; i < op->n_qubits; i++) {
        text_add(printer->out, i == 0 ? " " : separator);
        print_wire(printer->out, printer->program, wires[i]);
    }
}

static void print_statement(struct program_printer *printer, const struct op *op,
                            const char *word) {
    text_add(printer->out, word);
    print_params(printer, op);
    print_operands(printer, op, ", ");
    text_add(printer->out, ";\n");
}

/* What OpenQASM 3 cannot say: a pragma, or in a block, where pragmas must not stand, an annotation
 * of a statement that it replaces. */
static void begin_line(struct program_printer *printer, const char *family) {
    text_printf(printer->out, printer->depth > 0 ? "@qspan.%s " : "pragma qspan %s ", family);
}

static void end_line(struct program_printer *printer, const struct op *op) {
    text_add(printer->out, "\n");
    if (printer->depth > 0) {
        indent(printer);
        if (op->kind == OP_ALLOC || op->kind == OP_FREE) {
            text_add(printer->out, "reset");
            print_operands(printer, op, ", ");
            text_add(printer->out, ";\n");
        } else {
            text_add(printer->out, "barrier;\n");
        }
    }
}

static void print_noise_line(struct program_printer *printer, const struct op *op,
                             const char *family, const char *name) {
    begin_line(printer, family);
    text_add(printer->out, name);
    print_params(printer, op);
    print_operands(printer, op, " ");
    end_line(printer, op);
}

static void print_stim(struct program_printer *printer, const struct op *op, const char *name) {
    print_noise_line(printer, op, "stim", name);
}

static void print_op_line(struct program_printer *printer, const struct op *op, const char *name) {
    begin_line(printer, "op");
    text_add(printer->out, name);
    print_operands(printer, op, " ");
    if (op->kind == OP_IDLE) {
        text_printf(printer->out, " %llu", (unsigned long long)op->arg);
    }
    end_line(printer, op);
}

static enum status note_record(struct program_printer *printer, uint32_t bit) {
    const struct program *program = printer->program;

    if (register_find(program->cregs, program->n_cregs, bit)->is_output) {
        printer->records[bit] = ++printer->n_records;
    }
    return STATUS_OK;
}

static void print_paulis(struct program_printer *printer, const struct op *op) {
    const uint32_t *wires = op_qubits(&printer->program->ops, op);

    for (uint32_t i = 0; i < op->n_qubits; i++) {
        text_printf(printer->out, " %c ", "IXYZ"[op_pauli(op, i)]);
        print_wire(printer->out, printer->program, wires[i]);
    }
}

static enum status print_measure(struct program_printer *printer, const struct op *op) {
    if (op->n_qubits == 1 && op_pauli(op, 0) == 3 && op->n_params == 0) {
        print_bit(printer->out, printer->program, op->bit);
        text_add(printer->out, " = measure");
        print_operands(printer, op, ", ");
        text_add(printer->out, ";\n");
        return note_record(printer, op->bit);
    }
    begin_line(printer, "op");
    text_add(printer->out, "measure");
    print_params(printer, op);
    text_add(printer->out, " ");
    print_bit(printer->out, printer->program, op->bit);
    print_paulis(printer, op);
    end_line(printer, op);
    return note_record(printer, op->bit);
}

static enum status print_noise(struct program_printer *printer, const struct op *op) {
    const char *name = op_noise_name((enum op_noise)op->which);

    if (op->which < NOISE_COUNT) {
        const bool is_stim = op->which <= NOISE_PAULI2;
        print_noise_line(printer, op, is_stim ? "stim" : "op", name);
        return STATUS_OK;
    }
    if (op->which != NOISE_CORRELATED && op->which != NOISE_ELSE) {
        return log_error_at(STATUS_INPUT, program_loc(printer->program, op),
                            "%s cannot be printed in a program", name);
    }
    begin_line(printer, "stim");
    text_add(printer->out, name);
    print_params(printer, op);
    print_paulis(printer, op);
    end_line(printer, op);
    return STATUS_OK;
}

/* The bits of a parity, or how far back its results are (then *out_by_record), in order, into
 * printer->bits; printer->nodes waits, last first. */
static enum status flatten_parity(struct program_printer *printer, const struct op *op,
                                  bool *out_by_record) {
    const struct expr *exprs = printer->program->ops.exprs;
    size_t n_records = 0;

    printer->n_bits = 0;
    printer->n_nodes = 0;
    TRY(push(&printer->nodes, &printer->n_nodes, &printer->cap_nodes, op->expr));
    while (printer->n_nodes > 0) {
        const struct expr *expr = &exprs[printer->nodes[--printer->n_nodes]];
        if (expr->kind == EXPR_XOR) {
            TRY(push(&printer->nodes, &printer->n_nodes, &printer->cap_nodes, expr->b));
            TRY(push(&printer->nodes, &printer->n_nodes, &printer->cap_nodes, expr->a));
        } else if (expr->kind == EXPR_BIT || expr->kind == EXPR_REC) {
            n_records += expr->kind == EXPR_REC;
            TRY(push(&printer->bits, &printer->n_bits, &printer->cap_bits, expr->a));
        } else if (expr->kind != EXPR_CONST || expr->value0 != 0) {
            return log_error_at(STATUS_INPUT, program_loc(printer->program, op),
                                "'%s' of what is no parity of bits cannot be printed",
                                op_kind_name((enum op_kind)op->kind));
        }
    }
    *out_by_record = n_records > 0;
    if (n_records > 0 && n_records < printer->n_bits) {
        return log_error_at(STATUS_INPUT, program_loc(printer->program, op),
                            "'%s' of bits and of results counted back cannot be printed",
                            op_kind_name((enum op_kind)op->kind));
    }
    return STATUS_OK;
}

/* rec[-k] can name all bits: each was recorded, in the innermost loop if there is one, and after
 * loops that are closed. */
static bool has_records(const struct program_printer *printer) {
    uint32_t from = printer->n_loops > 0 ? printer->loops[printer->n_loops - 1] : 0;

    from = printer->reach > from ? printer->reach : from;

    for (size_t i = 0; i < printer->n_bits; i++) {
        if (printer->records[printer->bits[i]] <= from) {
            return false;
        }
    }
    return true;
}

/* Signs do not matter: what counts is whether the value flips. */
static void print_observed_paulis(struct program_printer *printer, const struct op *op) {
    const double *letters = op_params(&printer->program->ops, op);
    for (uint32_t i = 0; i < op->n_qubits; i++) {
        text_printf(printer->out, " %c ", "IXYZ"[(unsigned)fabs(letters[i])]);
        print_wire(printer->out, printer->program, op_qubits(&printer->program->ops, op)[i]);
    }
}

/* DETECTOR and OBSERVABLE_INCLUDE in Stim's words, or with bits by name. Paulis of an observable of
 * bits by name get a line of their own. */
static enum status print_detector(struct program_printer *printer, const struct op *op) {
    bool is_detector = op->kind == OP_DETECTOR, is_stim, by_record;

    TRY(flatten_parity(printer, op, &by_record));
    is_stim = by_record || has_records(printer);
    begin_line(printer, is_stim ? "stim" : "op");
    text_add(printer->out, is_stim && is_detector ? "DETECTOR"
                           : is_stim              ? "OBSERVABLE_INCLUDE"
                           : is_detector          ? "detector"
                                                  : "observable");
    if (is_detector) {
        print_params(printer, op);
    } else {
        text_printf(printer->out, "(%llu)", (unsigned long long)op->arg);
    }
    for (size_t i = 0; i < printer->n_bits; i++) {
        text_add(printer->out, " ");
        if (is_stim) {
            const uint32_t bit = printer->bits[i];
            text_printf(printer->out, "rec[-%u]",
                        by_record ? bit : printer->n_records + 1 - printer->records[bit]);
        } else {
            print_bit(printer->out, printer->program, printer->bits[i]);
        }
    }
    if (op->n_qubits > 0 && !is_stim) {
        end_line(printer, op);
        indent(printer);
        begin_line(printer, "stim");
        text_printf(printer->out, "OBSERVABLE_INCLUDE(%llu)", (unsigned long long)op->arg);
    }
    print_observed_paulis(printer, op);
    end_line(printer, op);
    return STATUS_OK;
}

static enum status open_block(struct program_printer *printer, const struct op *op) {
    struct text *out = printer->out;

    printer->depth++;
    if (op->kind == OP_IF) {
        printer->n_records_outside =
            printer->n_ifs++ == 0 ? printer->n_records : printer->n_records_outside;
    } else {
        TRY(push(&printer->loops, &printer->n_loops, &printer->cap_loops, printer->n_records));
    }
    if (op->kind == OP_REPEAT) {
        text_printf(out, "for uint %s in [1:%llu] {\n", printer->variable,
                    (unsigned long long)op->arg);
        return STATUS_OK;
    }
    text_add(out, op->kind == OP_IF ? "if (" : "while (");
    TRY(print_condition(out, printer->program, op->expr));
    text_add(out, ") {\n");
    return STATUS_OK;
}

/* The IF is all that an ELSE has: printed as `else if`. */
static bool is_chained(const struct program_printer *printer, const struct op *op) {
    const struct op *ops = printer->program->ops.ops;

    if (op->kind != OP_IF || op == ops || op[-1].kind != OP_ELSE) {
        return false;
    }
    const struct op *end = &ops[op->match];
    end = end->kind == OP_ELSE ? &ops[end->match] : end;
    return &ops[op[-1].match] == end + 1;
}

static void close_block(struct program_printer *printer, const struct op *op) {
    const struct op *open = &printer->program->ops.ops[op->match];

    if (op->kind == OP_END && open->kind != OP_IF) {
        uint32_t first = printer->loops[--printer->n_loops];
        bool is_once = open->kind == OP_REPEAT && open->arg == 1;
        printer->reach = is_once || printer->n_records == first || printer->reach > first
                             ? printer->reach
                             : first;
    } else if (op->kind == OP_END) {
        printer->n_ifs--;
        printer->reach =
            printer->n_records > printer->n_records_outside ? printer->n_records : printer->reach;
    }
    if (op->kind == OP_ELSE) {
        text_add(printer->out, is_chained(printer, op + 1) ? "} else " : "} else {\n");
    } else {
        text_add(printer->out, is_chained(printer, open) ? "" : "}\n");
    }
}

/* `@qspan.at QPU` and `bit = condition;` on the next line. */
static enum status print_assign(struct program_printer *printer, const struct op *op) {
    const struct program *program = printer->program;

    text_add(printer->out, "@qspan.at ");
    print_name(printer->out, program->qpus[op->qpu].name);
    text_add(printer->out, "\n");
    indent(printer);
    print_bit(printer->out, program, op->bit);
    text_add(printer->out, " = ");
    TRY(print_condition(printer->out, program, op->expr));
    text_add(printer->out, ";\n");
    return STATUS_OK;
}

/* A send names any wire of the receiver. */
static void print_message(struct program_printer *printer, const struct op *op) {
    const struct program *program = printer->program;

    text_add(printer->out, "@qspan.at ");
    print_name(printer->out, program->qpus[op->qpu].name);
    text_add(printer->out, "\n");
    indent(printer);
    text_add(printer->out, op->kind == OP_SEND ? "send_bit(" : "recv_bit(");
    print_bit(printer->out, program, op->bit);
    if (op->kind == OP_SEND) {
        const struct program_qpu *to = &program->qpus[op->arg];
        text_add(printer->out, ", ");
        print_wire(printer->out, program, to->n_data > 0 ? to->data[0] : to->comm[0]);
    }
    text_add(printer->out, ");\n");
}

static bool has_ebit_class(const struct op *op) {
    return op->which != EBIT_CLASS_DEFAULT || op->arg > 0;
}

/* With `@qspan.ebit CLASS due TIME` on a line before it. */
static void print_ebit(struct program_printer *printer, const struct op *op) {
    const uint32_t *wires = op_qubits(&printer->program->ops, op);
    char time[32];

    if (has_ebit_class(op)) {
        text_add(printer->out, "@qspan.ebit");
        text_add(printer->out, op->which != EBIT_CLASS_DEFAULT ? " " : "");
        text_add(printer->out, op_ebit_class_name((enum op_ebit_class)op->which));
        if (op->arg > 0) {
            text_printf(printer->out, " due %s",
                        units_print_time(time, sizeof time, (int64_t)op->arg));
        }
        text_add(printer->out, "\n");
        indent(printer);
    }
    text_add(printer->out, "ebit(");
    print_wire(printer->out, printer->program, wires[0]);
    text_add(printer->out, ", ");
    print_wire(printer->out, printer->program, wires[1]);
    text_add(printer->out, ");\n");
}

static enum status print_op(struct program_printer *printer, const struct op *op) {
    switch ((enum op_kind)op->kind) {
    case OP_GATE:
        /* U is a word of the language; u would need a definition. */
        print_statement(printer, op,
                        op->which == GATE_U ? "U" : gate_get((enum gate_id)op->which)->name);
        break;
    case OP_MEASURE:
        return print_measure(printer, op);
    case OP_RESET:
        print_statement(printer, op, "reset");
        break;
    case OP_BARRIER:
        print_statement(printer, op, "barrier");
        break;
    case OP_EBIT:
        print_ebit(printer, op);
        break;
    case OP_ALLOC:
        print_op_line(printer, op, "alloc");
        break;
    case OP_FREE:
        print_op_line(printer, op, "free");
        break;
    case OP_IDLE:
        print_op_line(printer, op, "idle");
        break;
    case OP_IF:
    case OP_WHILE:
    case OP_REPEAT:
        return open_block(printer, op);
    case OP_ELSE:
    case OP_END:
        close_block(printer, op);
        break;
    case OP_NOISE:
        return print_noise(printer, op);
    case OP_TICK:
        print_stim(printer, op, "TICK");
        break;
    case OP_COORDS:
        print_stim(printer, op, "QUBIT_COORDS");
        break;
    case OP_SHIFT_COORDS:
        print_stim(printer, op, "SHIFT_COORDS");
        break;
    case OP_DETECTOR:
    case OP_OBSERVABLE:
        return print_detector(printer, op);
    case OP_ASSIGN:
        return print_assign(printer, op);
    case OP_SEND:
    case OP_RECV:
        print_message(printer, op);
        break;
    case OP_CALL:
    case OP_KIND_COUNT:
        return log_error_at(STATUS_INPUT, program_loc(printer->program, op),
                            "'%s' cannot be printed in a program",
                            op_kind_name((enum op_kind)op->kind));
    }
    return STATUS_OK;
}

/* The op at i is an IF around one statement, which is printed behind it. */
static bool is_short_if(const struct op_list *ops, size_t i) {
    const struct op *op = &ops->ops[i], *body = op + 1;

    if (op->kind != OP_IF || op->match != i + 2 || ops->ops[op->match].kind != OP_END) {
        return false;
    }
    return body->kind == OP_GATE || body->kind == OP_RESET ||
           (body->kind == OP_EBIT && !has_ebit_class(body)) ||
           (body->kind == OP_MEASURE && body->n_qubits == 1 && op_pauli(body, 0) == 3 &&
            body->n_params == 0);
}

static enum status print_short_if(struct program_printer *printer, const struct op *op) {
    text_add(printer->out, "if (");
    TRY(print_condition(printer->out, printer->program, op->expr));
    text_add(printer->out, ") ");
    return print_op(printer, op + 1);
}

static enum status print_ops(struct program_printer *printer) {
    const struct op_list *ops = &printer->program->ops;

    printer->records = mem_alloc(printer->program->n_bits, sizeof *printer->records);
    if (printer->records == NULL) {
        return STATUS_NOFIT;
    }
    for (size_t i = 0; i < ops->n_ops; i++) {
        const struct op *op = &ops->ops[i];
        const bool is_end = op->kind == OP_END && is_chained(printer, &ops->ops[op->match]);
        if ((op->kind == OP_END || op->kind == OP_ELSE) && !is_end) {
            printer->depth--;
        }
        if (!is_end && !is_chained(printer, op)) {
            indent(printer);
        }
        if (is_short_if(ops, i) && !is_chained(printer, op)) {
            TRY(print_short_if(printer, op));
            i += 2;
            continue;
        }
        TRY(print_op(printer, op));
        printer->depth += op->kind == OP_ELSE && !is_chained(printer, op + 1) ? 1 : 0;
    }
    return STATUS_OK;
}

/* i, or i with as many underscores as no register has. */
static void choose_variable(struct program_printer *printer) {
    size_t n = 1;
    bool is_bits;

    strcpy(printer->variable, "i");
    while (n + 1 < sizeof printer->variable &&
           register_find_name(printer->program, &is_bits, printer->variable, n) != NULL) {
        printer->variable[n++] = '_';
        printer->variable[n] = '\0';
    }
}

enum status program_print(struct text *out, const struct program *program) {
    struct program_printer printer = {.out = out, .program = program};
    enum status status;

    choose_variable(&printer);
    print_head(&printer);
    text_add(out, "\n");
    status = print_ops(&printer);
    mem_free(printer.records);
    mem_free(printer.loops);
    mem_free(printer.bits);
    mem_free(printer.nodes);
    TRY(status);
    print_logical(out, program, "out", program->out, program->n_out);
    return out->failed ? STATUS_NOFIT : STATUS_OK;
}
