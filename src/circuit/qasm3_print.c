#include <math.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "circuit/circuit.h"
#include "circuit/condition.h"
#include "circuit/lexer.h"
#include "circuit/qasm3_words.h"

struct printer {
    struct text *out;
    const struct circuit *circuit;
    const struct op_list *ops;
    struct arena arena;
    struct reg *qregs, *cregs; /* with the names that are printed */
    struct condition_names bits;
    bool is_used[GATE_COUNT];
    char variable[40]; /* of loops: no register has that name */
    unsigned depth;
};

static enum status refuse(const struct printer *p, const struct op *op, const char *what) {
    return log_error_at(STATUS_INPUT, circuit_loc(p->circuit, op),
                        "%s cannot be said in OpenQASM 3", what);
}

/* ---- names ---- */

/* Words of the language, gates of stdgates.inc and gates that the text defines. */
static bool has_meaning(const struct printer *p, const char *name) {
    enum gate_id gate = gate_find(name);

    if (gate != GATE_NONE && (gate_get(gate)->in_stdgates || p->is_used[gate])) {
        return true;
    }
    for (int i = 0; i < QASM3_N_WORDS; i++) {
        if (strcmp(qasm3_words[i], name) == 0) {
            return true;
        }
    }
    return false;
}

/* A register's name, with underscores where it means something else. */
static enum status choose_name(struct printer *p, struct reg *reg) {
    const char *name = reg->name;

    if (!lexer_is_identifier(name, strlen(name))) {
        return log_error_at(STATUS_INPUT, reg->loc, "'%.48s' cannot be a name in OpenQASM 3", name);
    }
    while (has_meaning(p, name) || (name != reg->name && circuit_has_register(p->circuit, name))) {
        name = arena_printf(&p->arena, "%s_", name);
        if (name == NULL) {
            return STATUS_NOFIT;
        }
    }
    if (name != reg->name && !reg->is_local) {
        log_warning_at(reg->loc,
                       "register '%.48s' is written as '%.48s': its name has a meaning "
                       "in OpenQASM 3",
                       reg->name, name);
    }
    reg->name = name;
    return STATUS_OK;
}

static enum status copy_registers(struct printer *p, struct reg **out, const struct reg *regs,
                                  size_t n) {
    *out = arena_alloc(&p->arena, (n + 1) * sizeof **out);
    if (*out == NULL) {
        return STATUS_NOFIT;
    }
    for (size_t i = 0; i < n; i++) {
        (*out)[i] = regs[i];
        TRY(choose_name(p, &(*out)[i]));
    }
    return STATUS_OK;
}

/* i, or i with as many underscores as no register has. */
static enum status choose_variable(struct printer *p) {
    size_t n = 1;

    strcpy(p->variable, "i");
    while (circuit_has_register(p->circuit, p->variable)) {
        if (n + 1 == sizeof p->variable) {
            return log_error(STATUS_INPUT, "no name is left for the variable of a loop");
        }
        p->variable[n++] = '_';
        p->variable[n] = '\0';
    }
    return STATUS_OK;
}

/* ---- the head ---- */

/* Definitions of gates that stdgates.inc lacks; they use only gates that it has. */
static enum status print_definitions(const struct printer *p) {
    for (int gate = 0; gate < GATE_COUNT; gate++) {
        /* U is a word of the language */
        if (p->is_used[gate] && gate != GATE_U && !gate_get((enum gate_id)gate)->in_stdgates) {
            TRY(gate_print_definition(p->out, (enum gate_id)gate));
        }
    }
    return STATUS_OK;
}

static void print_register(struct text *out, const struct reg *reg, const char *type) {
    text_add(out, reg->is_local ? "@qspan.local\n" : "");
    text_add(out, reg->is_output ? "output " : "");
    if (reg->is_scalar && reg->n == 1) {
        text_printf(out, "%s %s;\n", type, reg->name);
    } else {
        text_printf(out, "%s[%u] %s;\n", type, reg->n, reg->name);
    }
}

static const struct reg *qreg_of(const struct printer *p, uint32_t qb) {
    return &p->qregs[circuit_qreg_of(p->circuit, qb) - p->circuit->qregs];
}

/* One comment per QPU; a run of qubits of one register prints as reg[i:j]. */
static enum status print_placement(const struct printer *p) {
    const struct circuit *circuit = p->circuit;

    for (size_t qpu = 0; qpu < circuit->n_placed_qpus; qpu++) {
        if (!lexer_is_identifier(circuit->placed_qpus[qpu], strlen(circuit->placed_qpus[qpu]))) {
            return log_error_at(STATUS_INPUT, (struct src_loc){.file = "(placement)"},
                                "'%.48s' cannot be a name in OpenQASM 3",
                                circuit->placed_qpus[qpu]);
        }
        text_printf(p->out, "// qspan qpu %s", circuit->placed_qpus[qpu]);
        for (uint32_t qb = 0, last; qb < circuit->n_qubits; qb = last + 1) {
            const struct reg *reg = qreg_of(p, qb);
            last = qb;
            if (circuit->placement[qb] != qpu) {
                continue;
            }
            while (last + 1 < reg->first + reg->n && circuit->placement[last + 1] == qpu) {
                last++;
            }
            text_printf(p->out, " %s[%u", reg->name, qb - reg->first);
            if (last > qb) {
                text_printf(p->out, ":%u", last - reg->first);
            }
            text_add(p->out, "]");
        }
        text_add(p->out, "\n");
    }
    return STATUS_OK;
}

/* Whether something depends on what is known of bits. */
static bool has_conditions(const struct op_list *ops) {
    for (size_t i = 0; i < ops->n_ops; i++) {
        uint8_t kind = ops->ops[i].kind;
        if (kind == OP_IF || kind == OP_WHILE || kind == OP_REPEAT || kind == OP_ASSIGN) {
            return true;
        }
    }
    return false;
}

static enum status print_head(struct printer *p) {
    text_add(p->out, "OPENQASM 3.0;\ninclude \"stdgates.inc\";\n");
    if (has_conditions(p->ops)) {
        text_add(p->out, "pragma qspan verbatim\n");
    }
    TRY(print_definitions(p));
    for (size_t i = 0; i < p->circuit->n_qregs; i++) {
        print_register(p->out, &p->qregs[i], "qubit");
    }
    for (size_t i = 0; i < p->circuit->n_cregs; i++) {
        print_register(p->out, &p->cregs[i], "bit");
    }
    return print_placement(p);
}

/* ---- ops ---- */

static void print_qubit(const struct printer *p, uint32_t qb) {
    const struct reg *reg = qreg_of(p, qb);

    text_add(p->out, reg->name);
    if (!reg->is_scalar) {
        text_printf(p->out, "[%u]", qb - reg->first);
    }
}

static void print_qubits(const struct printer *p, const struct op *op) {
    for (uint32_t i = 0; i < op->n_qubits; i++) {
        text_add(p->out, i == 0 ? " " : ", ");
        print_qubit(p, op_qubits(p->ops, op)[i]);
    }
}

static void print_gate(const struct printer *p, const struct op *op) {
    const double *params = op_params(p->ops, op);

    /* U is a word of the language; u would need a definition. */
    text_add(p->out, op->which == GATE_U ? "U" : gate_get((enum gate_id)op->which)->name);
    for (unsigned i = 0; i < op->n_params; i++) {
        text_add(p->out, i == 0 ? "(" : ", ");
        text_add_double(p->out, params[i]);
        text_add(p->out, params[i] == 0 && signbit(params[i]) ? ".0" : "");
    }
    text_add(p->out, op->n_params > 0 ? ")" : "");
    print_qubits(p, op);
    text_add(p->out, ";\n");
}

/* Whole registers by their name. */
static void print_barrier(const struct printer *p, const struct op *op) {
    const uint32_t *qubits = op_qubits(p->ops, op);

    text_add(p->out, "barrier");
    for (uint32_t i = 0; i < op->n_qubits; i++) {
        const struct reg *reg = qreg_of(p, qubits[i]);
        uint32_t n = 0;
        while (n < reg->n && i + n < op->n_qubits && qubits[i + n] == reg->first + n) {
            n++;
        }
        text_add(p->out, i == 0 ? " " : ", ");
        if (n == reg->n) {
            text_add(p->out, reg->name);
            i += n - 1;
        } else {
            print_qubit(p, qubits[i]);
        }
    }
    text_add(p->out, ";\n");
}

static enum status print_measure(const struct printer *p, const struct op *op) {
    if (op->n_qubits != 1 || op_pauli(op, 0) != 3) {
        return refuse(p, op,
                      op->n_qubits == 0 ? "a constant in the record"
                                        : "measurement of a Pauli product other than Z");
    }
    if (op->which != 0 || op->n_params > 0) {
        return refuse(p, op,
                      op->n_params > 0 ? "a result that may be wrong"
                                       : "an inverted result, or one with a reset");
    }
    condition_print_bit(p->out, &p->bits, op->bit);
    text_add(p->out, " = measure");
    print_qubits(p, op);
    text_add(p->out, ";\n");
    return STATUS_OK;
}

static enum status print_assign(const struct printer *p, const struct op *op) {
    condition_print_bit(p->out, &p->bits, op->bit);
    text_add(p->out, " = ");
    TRY(condition_print(p->out, &p->bits, p->ops, op->expr));
    text_add(p->out, ";\n");
    return STATUS_OK;
}

static enum status print_op(const struct printer *p, const struct op *op) {
    switch ((int)op->kind) {
    case OP_GATE:
        print_gate(p, op);
        return STATUS_OK;
    case OP_MEASURE:
        return print_measure(p, op);
    case OP_RESET:
        if (op->arg != 0) {
            return refuse(p, op, "a reset to X or Y");
        }
        text_add(p->out, "reset");
        print_qubits(p, op);
        text_add(p->out, ";\n");
        return STATUS_OK;
    case OP_BARRIER:
        print_barrier(p, op);
        return STATUS_OK;
    case OP_ASSIGN:
        return print_assign(p, op);
    }
    return refuse(p, op,
                  op->kind == OP_NOISE ? op_noise_name((enum op_noise)op->which)
                                       : op_kind_name((enum op_kind)op->kind));
}

/* ---- blocks ---- */

static void indent(const struct printer *p) {
    for (unsigned i = 0; i < p->depth; i++) {
        text_add(p->out, "    ");
    }
}

static enum status print_condition(struct printer *p, const struct op *op, const char *word) {
    uint32_t kind = p->ops->exprs[op->expr].kind;

    if (kind == EXPR_REC || kind == EXPR_SWEEP) {
        return refuse(p, op, "a condition on the record");
    }
    text_printf(p->out, "%s (", word);
    TRY(condition_print(p->out, &p->bits, p->ops, op->expr));
    text_add(p->out, ") ");
    return STATUS_OK;
}

/* The IF at `open` is all that the ELSE before it holds: `else if`. */
static bool is_else_if(const struct op_list *ops, size_t open) {
    const struct op *before = open > 0 ? &ops->ops[open - 1] : NULL;
    uint32_t end;

    if (before == NULL || before->kind != OP_ELSE || ops->ops[open].kind != OP_IF) {
        return false;
    }
    end = ops->ops[open].match;
    end = ops->ops[end].kind == OP_ELSE ? ops->ops[end].match : end;
    return before->match == end + 1;
}

/* An IF around one statement, without ELSE. */
static bool is_short_if(const struct op_list *ops, size_t i) {
    const struct op *op = &ops->ops[i], *body = op + 1;

    return op->kind == OP_IF && op->match == i + 2 && ops->ops[op->match].kind == OP_END &&
           (body->kind == OP_GATE || body->kind == OP_MEASURE || body->kind == OP_RESET ||
            body->kind == OP_ASSIGN);
}

static enum status open_block(struct printer *p, size_t i) {
    const struct op *op = &p->ops->ops[i];

    if (op->kind == OP_REPEAT) {
        text_printf(p->out, "for uint %s in [1:%llu] ", p->variable, (unsigned long long)op->arg);
    } else {
        TRY(print_condition(p, op, op->kind == OP_IF ? "if" : "while"));
    }
    if (is_short_if(p->ops, i) && !is_else_if(p->ops, i)) {
        return print_op(p, op + 1);
    }
    text_add(p->out, "{\n");
    p->depth++;
    return STATUS_OK;
}

/* An ELSE, which may take the IF behind it with it. */
static enum status print_else(struct printer *p, size_t i, size_t *out_next) {
    p->depth--;
    indent(p);
    text_add(p->out, "} else ");
    *out_next = i + 1;
    if (is_else_if(p->ops, i + 1)) {
        *out_next = i + 2;
        return open_block(p, i + 1);
    }
    text_add(p->out, "{\n");
    p->depth++;
    return STATUS_OK;
}

static enum status print_next(struct printer *p, size_t i, size_t *out_next) {
    const struct op *op = &p->ops->ops[i];

    *out_next = i + 1;
    if (op->kind == OP_ELSE) {
        return print_else(p, i, out_next);
    }
    if (op->kind == OP_END) {
        if (!is_else_if(p->ops, op->match)) { /* else the END after it closes both */
            p->depth--;
            indent(p);
            text_add(p->out, "}\n");
        }
        return STATUS_OK;
    }
    indent(p);
    if (op->kind == OP_IF || op->kind == OP_WHILE || op->kind == OP_REPEAT) {
        *out_next = is_short_if(p->ops, i) ? i + 3 : i + 1;
        return open_block(p, i);
    }
    return print_op(p, op);
}

static enum status print_all(struct printer *p) {
    for (size_t i = 0; i < p->ops->n_ops; i++) {
        if (p->ops->ops[i].kind == OP_GATE) {
            p->is_used[p->ops->ops[i].which] = true;
        }
    }
    TRY(copy_registers(p, &p->qregs, p->circuit->qregs, p->circuit->n_qregs));
    TRY(copy_registers(p, &p->cregs, p->circuit->cregs, p->circuit->n_cregs));
    TRY(choose_variable(p));
    p->bits = (struct condition_names){
        .cregs = p->cregs, .n_cregs = p->circuit->n_cregs, .has_slices = true};
    TRY(print_head(p));
    for (size_t i = 0; i < p->ops->n_ops;) {
        TRY(print_next(p, i, &i));
    }
    return p->out->failed ? log_error(STATUS_NOFIT, "out of memory for the text of a circuit")
                          : STATUS_OK;
}

enum status qasm3_print(struct text *out, const struct circuit *circuit) {
    struct printer p = {.out = out, .circuit = circuit, .ops = &circuit->ops};
    enum status status = print_all(&p);

    arena_fini(&p.arena);
    return status;
}
