#include <string.h>

#include "base/log.h"
#include "circuit/circuit.h"

enum { MAX_UNROLLED = 1 << 20 };

struct loop {
    size_t open;
    uint64_t rounds_left;
};

struct lowering {
    const struct circuit *from;
    struct circuit *to;
    const struct op *op;     /* being lowered */
    const struct op *repeat; /* the last REPEAT outside all others */
    struct src_loc loc;
    uint32_t n_records;
    struct loop *loops;
    size_t n_loops, cap_loops;
};

static enum status refuse(const struct lowering *l, const char *why) {
    return log_error_at(STATUS_INPUT, l->loc, "%s", why);
}

static enum status add_op(struct lowering *l, struct op **out_op, enum op_kind kind,
                          const uint32_t *qubits, size_t n_qubits, const double *params,
                          size_t n_params) {
    TRY(op_list_add(&l->to->ops, out_op, kind, qubits, n_qubits, params, n_params, l->loc));
    (*out_op)->file = l->op->file;
    return STATUS_OK;
}

static enum status add_gate(struct lowering *l, enum gate_id gate, uint32_t qb) {
    struct op *op;

    TRY(add_op(l, &op, OP_GATE, &qb, 1, NULL, 0));
    op->which = (uint16_t)gate;
    return STATUS_OK;
}

/* A Pauli that turns the result of measuring `letter` over. */
static enum gate_id flip_of(unsigned letter) {
    return letter == 3 ? GATE_X : GATE_Z;
}

/* ---- results ---- */

static enum status add_reset(struct lowering *l, uint32_t qb, unsigned letter) {
    struct op *op;

    TRY(add_op(l, &op, OP_RESET, &qb, 1, NULL, 0));
    if (letter == 1 || letter == 2) {
        TRY(add_gate(l, GATE_H, qb));
    }
    return letter == 2 ? add_gate(l, GATE_S, qb) : STATUS_OK;
}

/* A constant 0 is a bit that is never written; a 1 that is wrong with p, a 0 with 1 - p. */
static enum status lower_constant(struct lowering *l, uint32_t bit) {
    const struct expr one = {.kind = EXPR_CONST, .value0 = 1};
    const double p = l->op->n_params > 0 ? op_params(&l->from->ops, l->op)[0] : 0;
    const bool is_one = (l->op->which & MEASURE_INVERTED) != 0;
    const double p_one = is_one ? 1 - p : p;
    struct op *copy;
    uint32_t expr;

    if (p > 0) {
        TRY(add_op(l, &copy, OP_MEASURE, NULL, 0, &p_one, 1));
        copy->bit = bit;
        return STATUS_OK;
    }
    if (!is_one) {
        return STATUS_OK;
    }
    TRY(expr_add(&l->to->ops, &expr, one));
    TRY(add_op(l, &copy, OP_ASSIGN, NULL, 0, NULL, 0));
    copy->bit = bit;
    copy->expr = expr;
    return STATUS_OK;
}

static enum status lower_measure(struct lowering *l) {
    const struct op *op = l->op;
    const uint32_t *qubits = op_qubits(&l->from->ops, op);
    uint32_t bit = l->n_records++;
    struct op *copy;

    if (op->n_qubits == 0) {
        return lower_constant(l, bit);
    }
    unsigned letter = op_pauli(op, 0);
    enum gate_id flip = flip_of(letter);
    if ((op->which & MEASURE_INVERTED) != 0) {
        TRY(add_gate(l, flip, qubits[0]));
    }
    TRY(add_op(l, &copy, OP_MEASURE, qubits, op->n_qubits, op_params(&l->from->ops, op),
               op->n_params));
    copy->bit = bit;
    copy->arg = op->arg;
    if ((op->which & MEASURE_RESETS) != 0) {
        return add_reset(l, qubits[0], letter);
    }
    return (op->which & MEASURE_INVERTED) != 0 ? add_gate(l, flip, qubits[0]) : STATUS_OK;
}

/* ---- noise ---- */

/* The Paulis of a chain of correlated errors, on one or two qubits: none or one of them happens. */
struct chain {
    uint32_t qubits[2];
    uint32_t n;
    double p[16]; /* by letters: 4 x that of qubits[0] + that of qubits[1] */
    double p_none;
};

/* The letters of one error of the chain as an index of p. false: a third qubit. */
static bool find_letters(struct chain *chain, unsigned *out_index, const struct op_list *list,
                         const struct op *op) {
    *out_index = 0;
    for (uint32_t i = 0; i < op->n_qubits; i++) {
        uint32_t qb = op_qubits(list, op)[i], at = 0;
        while (at < chain->n && chain->qubits[at] != qb) {
            at++;
        }
        if (at == 2) {
            return false;
        }
        chain->qubits[at] = qb;
        chain->n = at == chain->n ? at + 1 : chain->n;
        *out_index |= ((unsigned)(op->arg >> (2 * i)) & 3) << (at == 0 ? 2 : 0);
    }
    return true;
}

/* Collects the chain that begins at *inout_at; its last op goes there. false: it has more than two
 * qubits. */
static bool find_chain(struct chain *chain, const struct op_list *list, size_t *inout_at) {
    bool is_small = true;
    size_t at = *inout_at;
    do {
        const struct op *op = &list->ops[at];
        const double p = op_params(list, op)[0];
        unsigned index;
        is_small = is_small && find_letters(chain, &index, list, op);
        if (is_small) {
            chain->p[index] += chain->p_none * p;
            chain->p_none *= 1 - p;
        }
        *inout_at = at++;
    } while (at < list->n_ops && list->ops[at].kind == OP_NOISE &&
             list->ops[at].which == NOISE_ELSE);
    return is_small;
}

static enum status copy_noise(struct lowering *l, const struct op *op) {
    const struct op_list *list = &l->from->ops;
    struct op *copy;
    TRY(add_op(l, &copy, OP_NOISE, op_qubits(list, op), op->n_qubits, op_params(list, op),
               op->n_params));
    copy->which = op->which;
    copy->arg = op->arg;
    return STATUS_OK;
}

/* A correlated error and those that happen only if it did not: one channel of Paulis, if there are
 * at most two qubits. The last op of the chain goes to *inout_at. */
static enum status lower_chain(struct lowering *l, size_t *inout_at) {
    struct chain chain = {.p_none = 1};
    struct op *copy;
    const size_t first = *inout_at;

    if (!find_chain(&chain, &l->from->ops, inout_at)) {
        for (size_t at = first; at <= *inout_at; at++) {
            TRY(copy_noise(l, &l->from->ops.ops[at]));
        }
        return STATUS_OK;
    }
    if (chain.n == 0) {
        return STATUS_OK;
    }
    const double single[3] = {chain.p[4], chain.p[8], chain.p[12]};
    TRY(add_op(l, &copy, OP_NOISE, chain.qubits, chain.n, chain.n == 1 ? single : chain.p + 1,
               chain.n == 1 ? 3 : 15));
    copy->which = chain.n == 1 ? NOISE_PAULI1 : NOISE_PAULI2;
    return STATUS_OK;
}

/* The result of a herald is the next one of the record. */
static enum status lower_herald(struct lowering *l) {
    TRY(copy_noise(l, l->op));
    l->to->ops.ops[l->to->ops.n_ops - 1].bit = l->n_records++;
    return STATUS_OK;
}

static enum status lower_noise(struct lowering *l, size_t *inout_at) {
    const struct op *op = l->op;

    switch ((enum op_noise)op->which) {
    case NOISE_I:
    case NOISE_II:
        return STATUS_OK;
    case NOISE_CORRELATED:
        return lower_chain(l, inout_at);
    case NOISE_ELSE:
        return refuse(l, "ELSE_CORRELATED_ERROR without a correlated error right before it");
    case NOISE_HERALDED_ERASE:
    case NOISE_HERALDED_PAULI1:
        return lower_herald(l);
    case NOISE_X:
    case NOISE_Y:
    case NOISE_Z:
    case NOISE_DEPOLARIZE1:
    case NOISE_DEPOLARIZE2:
    case NOISE_PAULI1:
    case NOISE_PAULI2:
    case NOISE_RELAX:
    case NOISE_RESET:
    case NOISE_COUNT:
    case NOISE_END:
        break;
    }
    return copy_noise(l, op);
}

/* ---- blocks ---- */

/* Feedback: a condition on a result, around gates. */
static enum status open_condition(struct lowering *l) {
    struct expr expr = l->from->ops.exprs[l->op->expr];
    uint32_t copy;
    size_t open;

    if (expr.kind == EXPR_SWEEP) {
        return log_error_at(STATUS_INPUT, l->loc,
                            "sweep[%u] has no value: there are no data of a sweep", expr.a);
    }
    if (expr.kind != EXPR_REC) {
        return refuse(l, "a condition other than rec[-k] between instructions of Stim");
    }
    CHECK(expr.a <= l->n_records);
    expr = (struct expr){.kind = EXPR_BIT, .a = l->n_records - expr.a, .n = 1};
    TRY(expr_add(&l->to->ops, &copy, expr));
    TRY(op_list_open(&l->to->ops, &open, OP_IF, copy, 0, l->loc));
    l->to->ops.ops[open].file = l->op->file;
    TRY(vec_reserve(&l->loops, l->n_loops, &l->cap_loops, 1, sizeof *l->loops));
    l->loops[l->n_loops++] = (struct loop){.open = open};
    return STATUS_OK;
}

static enum status open_repeat(struct lowering *l, size_t at) {
    l->repeat = l->n_loops == 0 ? l->op : l->repeat;
    TRY(vec_reserve(&l->loops, l->n_loops, &l->cap_loops, 1, sizeof *l->loops));
    l->loops[l->n_loops++] = (struct loop){.open = at, .rounds_left = l->op->arg - 1};
    return STATUS_OK;
}

/* The next op is *inout_at + 1. */
static enum status close_block(struct lowering *l, size_t *inout_at) {
    struct loop *loop = &l->loops[l->n_loops - 1];

    if (l->from->ops.ops[l->op->match].kind == OP_IF) {
        l->n_loops--;
        return op_list_close(&l->to->ops, loop->open, l->loc);
    }
    if (loop->rounds_left > 0) {
        loop->rounds_left--;
        *inout_at = loop->open;
    } else {
        l->n_loops--;
    }
    return STATUS_OK;
}

static enum status lower_gate(struct lowering *l) {
    const struct op *op = l->op;
    struct op *copy;

    TRY(add_op(l, &copy, OP_GATE, op_qubits(&l->from->ops, op), op->n_qubits,
               op_params(&l->from->ops, op), op->n_params));
    copy->which = op->which;
    return STATUS_OK;
}

static enum status lower_op(struct lowering *l, size_t *inout_at) {
    switch ((int)l->op->kind) {
    case OP_GATE:
        return lower_gate(l);
    case OP_MEASURE:
        return lower_measure(l);
    case OP_RESET:
        return add_reset(l, op_qubits(&l->from->ops, l->op)[0], (unsigned)l->op->arg);
    case OP_NOISE:
        return lower_noise(l, inout_at);
    case OP_IF:
        return open_condition(l);
    case OP_REPEAT:
        return open_repeat(l, *inout_at);
    case OP_END:
        return close_block(l, inout_at);
    case OP_DETECTOR:
    case OP_OBSERVABLE:
    case OP_TICK:
    case OP_COORDS:
    case OP_SHIFT_COORDS:
        return STATUS_OK;
    }
    return log_error_at(STATUS_INPUT, l->loc, "%s between instructions of Stim",
                        op_kind_name((enum op_kind)l->op->kind));
}

static enum status lower_all(struct lowering *l) {
    const struct op_list *ops = &l->from->ops;
    size_t n_steps = 0;

    for (size_t at = 0; at < ops->n_ops; at++) {
        l->op = &ops->ops[at];
        l->loc = circuit_loc(l->from, l->op);
        if (++n_steps > ops->n_ops + MAX_UNROLLED) {
            return log_error_at(STATUS_INPUT, circuit_loc(l->from, l->repeat),
                                "REPEAT of %llu rounds is more than the 2^20 operations that "
                                "engines that run gates unroll",
                                (unsigned long long)l->repeat->arg);
        }
        TRY(lower_op(l, &at));
    }
    return STATUS_OK;
}

static enum status copy_placement(struct circuit *to, const struct circuit *from) {
    size_t n_bytes = from->n_qubits * sizeof *from->placement;

    if (from->n_placed_qpus == 0) {
        return STATUS_OK;
    }
    to->placement = arena_alloc(&to->arena, n_bytes);
    if (to->placement == NULL) {
        return STATUS_NOFIT;
    }
    memcpy(to->placement, from->placement, n_bytes);
    for (size_t i = 0; i < from->n_placed_qpus; i++) {
        const char *name = from->placed_qpus[i];
        TRY(circuit_add_placed_qpu(to, name, strlen(name), from->placed_locs[i]));
    }
    return STATUS_OK;
}

static enum status copy_names(struct circuit *to, const struct circuit *from) {
    struct src_loc nowhere = {.file = "(made)"};
    size_t n_bytes = from->n_qubits * sizeof *from->labels;

    TRY(vec_reserve(&to->files, 0, &to->cap_files, from->n_files, sizeof *to->files));
    for (size_t i = 0; i < from->n_files; i++) {
        to->files[i] = arena_strdup(&to->arena, from->files[i]);
        if (to->files[i] == NULL) {
            return STATUS_NOFIT;
        }
        to->n_files++;
    }
    for (size_t i = 0; i < from->n_qregs; i++) {
        TRY(circuit_add_qreg(to, from->qregs[i].name, from->qregs[i].n, nowhere));
    }
    if (from->labels != NULL) {
        to->labels = arena_alloc(&to->arena, n_bytes);
        if (to->labels == NULL) {
            return STATUS_NOFIT;
        }
        memcpy(to->labels, from->labels, n_bytes);
    }
    return copy_placement(to, from);
}

enum status stim_lower(struct circuit **out_circuit, const struct circuit *circuit) {
    struct lowering l = {.from = circuit, .to = circuit_create()};
    enum status status = STATUS_NOFIT;

    if (l.to == NULL) {
        goto done;
    }
    TRY_GOTO(copy_names(l.to, circuit), done);
    TRY_GOTO(lower_all(&l), done);
    if (l.n_records > 0) {
        TRY_GOTO(circuit_add_creg(l.to, "rec", l.n_records, (struct src_loc){.file = "(made)"}),
                 done);
    }
    l.to->measures = circuit->measures;
    *out_circuit = l.to;
    l.to = NULL;
done:
    circuit_destroy(l.to);
    mem_free(l.loops);
    return status;
}

static bool is_beyond_gates(const struct op_list *list, const struct op *op) {
    switch ((int)op->kind) {
    case OP_MEASURE:
        return op->which != 0 || (op->n_qubits == 0 && op->n_params == 0);
    case OP_RESET:
        return op->arg != 0;
    case OP_NOISE:
        return op->which == NOISE_I || op->which == NOISE_II || op->which == NOISE_ELSE;
    case OP_IF:
        return list->exprs[op->expr].kind == EXPR_REC || list->exprs[op->expr].kind == EXPR_SWEEP;
    case OP_REPEAT:
    case OP_DETECTOR:
    case OP_OBSERVABLE:
    case OP_TICK:
    case OP_COORDS:
    case OP_SHIFT_COORDS:
        return true;
    }
    return false;
}

bool stim_needs_lowering(const struct circuit *circuit) {
    const struct op_list *list = &circuit->ops;
    for (size_t i = 0; circuit->labels != NULL && i < list->n_ops; i++) {
        const struct op *op = &list->ops[i];
        struct chain chain = {0};
        if (is_beyond_gates(list, op)) {
            return true;
        }
        if (op->kind == OP_NOISE && op->which == NOISE_CORRELATED && find_chain(&chain, list, &i)) {
            return true;
        }
    }
    return false;
}

enum status stim_spell_out(struct circuit **inout_circuit) {
    struct circuit *plain = NULL;
    if (!stim_needs_lowering(*inout_circuit)) {
        return STATUS_OK;
    }
    TRY(stim_lower(&plain, *inout_circuit));
    circuit_destroy(*inout_circuit);
    *inout_circuit = plain;
    return STATUS_OK;
}
