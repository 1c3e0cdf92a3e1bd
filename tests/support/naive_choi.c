#include "support/naive_choi.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "support/naive_state.h"

struct choi {
    const struct choi_spec *spec;
    size_t n_qubits, n_amps, dim;
    double *rho;
};
struct case_state {
    double *amps;
    uint64_t bits[64];
    size_t pc;
    /* WHILEs that it is in, and the rounds that each began. */
    struct {
        size_t pc;
        uint32_t rounds;
    } loops[4];
    size_t n_loops;
};

static void apply(const struct choi *choi, double *amps, enum gate_id gate, const double *params,
                  const uint32_t *wires) {
    struct naive_state state = {(unsigned)choi->n_qubits, amps};
    naive_gate(&state, gate, params, wires);
}

static struct case_state fork_case(const struct choi *choi, const struct case_state *from) {
    struct case_state copy = *from;
    copy.amps = malloc(2 * choi->n_amps * sizeof *copy.amps);
    memcpy(copy.amps, from->amps, 2 * choi->n_amps * sizeof *copy.amps);
    return copy;
}

/* Projects wire on value; false: nothing is left. */
static bool project(const struct choi *choi, double *amps, uint32_t wire, size_t value) {
    double norm = 0;
    for (size_t i = 0; i < choi->n_amps; i++) {
        if (((i >> wire) & 1) != value) {
            amps[2 * i] = amps[2 * i + 1] = 0;
        }
        norm += amps[2 * i] * amps[2 * i] + amps[2 * i + 1] * amps[2 * i + 1];
    }
    return norm > 1e-14;
}

static uint32_t kept_qubit(const struct choi *choi, size_t i) {
    const struct choi_spec *spec = choi->spec;
    return i < spec->n_in ? spec->n_wires + (uint32_t)i : spec->out[i - spec->n_in];
}

static void finish(const struct choi *choi, const struct case_state *state) {
    const struct choi_spec *spec = choi->spec;
    const size_t n_kept = spec->n_in + spec->n_out;
    size_t key = 0, kept_mask = 0;
    for (uint32_t b = 0; b < spec->n_output_bits; b++) {
        key |= (size_t)(state->bits[spec->bits[b]] & 1) << b;
    }
    for (size_t q = 0; q < n_kept; q++) {
        kept_mask |= (size_t)1 << kept_qubit(choi, q);
    }
    double *rho = choi->rho + 2 * choi->dim * choi->dim * key;
    for (size_t i = 0; i < choi->n_amps; i++) {
        size_t row = 0;
        const double re = state->amps[2 * i], im = state->amps[2 * i + 1];
        if (re == 0 && im == 0) {
            continue;
        }
        for (size_t q = 0; q < n_kept; q++) {
            row |= ((i >> kept_qubit(choi, q)) & 1) << q;
        }
        for (size_t col = 0; col < choi->dim; col++) {
            size_t j = i & ~kept_mask;
            for (size_t q = 0; q < n_kept; q++) {
                j |= ((col >> q) & 1) << kept_qubit(choi, q);
            }
            const double re2 = state->amps[2 * j], im2 = state->amps[2 * j + 1];
            rho[2 * (row * choi->dim + col)] += re * re2 + im * im2;
            rho[2 * (row * choi->dim + col) + 1] += im * re2 - re * im2;
        }
    }
}

static void walk(const struct choi *choi, struct case_state state);

/* All values of the op's wires; a MEASURE writes its bit, others return to |0>. */
static void branch(const struct choi *choi, const struct case_state *state, const struct op *op) {
    const uint32_t *wires = op_qubits(choi->spec->ops, op);
    for (size_t value = 0; value < (size_t)1 << op->n_qubits; value++) {
        struct case_state next = fork_case(choi, state);
        bool is_left = true;
        for (uint32_t q = 0; q < op->n_qubits; q++) {
            is_left = is_left && project(choi, next.amps, wires[q], (value >> q) & 1);
            if (op->kind != OP_MEASURE && ((value >> q) & 1)) {
                apply(choi, next.amps, GATE_X, NULL, &wires[q]);
            }
        }
        if (!is_left) {
            free(next.amps);
            continue;
        }
        if (op->kind == OP_MEASURE) {
            next.bits[op->bit] = value;
        } else if (op->kind == OP_EBIT) {
            apply(choi, next.amps, GATE_H, NULL, wires);
            apply(choi, next.amps, GATE_CX, NULL, wires);
        }
        next.pc++;
        walk(choi, next);
    }
}

/* At a WHILE; false: it had as many rounds as it may. */
static bool go_round(const struct choi *choi, struct case_state *state) {
    const struct op_list *ops = choi->spec->ops;
    const struct op *op = &ops->ops[state->pc];
    if (state->n_loops == 0 || state->loops[state->n_loops - 1].pc != state->pc) {
        CHECK(state->n_loops < 4);
        state->loops[state->n_loops].pc = state->pc;
        state->loops[state->n_loops++].rounds = 0;
    }
    if (!(expr_eval_word(ops, op->expr, state->bits, 1, 0) & 1)) {
        state->n_loops--;
        state->pc = op->match;
        return true;
    }
    return state->loops[state->n_loops - 1].rounds++ < choi->spec->max_rounds;
}

static void walk(const struct choi *choi, struct case_state state) {
    const struct op_list *ops = choi->spec->ops;
    for (; state.pc < ops->n_ops; state.pc++) {
        const struct op *op = &ops->ops[state.pc];
        if (op->kind == OP_MEASURE || op->kind == OP_RESET || op->kind == OP_EBIT) {
            branch(choi, &state, op);
            free(state.amps);
            return;
        }
        if (op->kind == OP_GATE) {
            apply(choi, state.amps, (enum gate_id)op->which, op_params(ops, op),
                  op_qubits(ops, op));
        } else if (op->kind == OP_ASSIGN) {
            state.bits[op->bit] = expr_eval_word(ops, op->expr, state.bits, 1, 0) & 1;
        } else if (op->kind == OP_ELSE ||
                   (op->kind == OP_IF && !(expr_eval_word(ops, op->expr, state.bits, 1, 0) & 1))) {
            state.pc = op->match; /* past ELSE or END */
        } else if (op->kind == OP_END && ops->ops[op->match].kind == OP_WHILE) {
            state.pc = (size_t)op->match - 1;
        } else if (op->kind == OP_WHILE && !go_round(choi, &state)) {
            free(state.amps);
            return;
        }
    }
    finish(choi, &state);
    free(state.amps);
}

double *naive_choi(const struct choi_spec *spec) {
    struct choi choi = {.spec = spec, .n_qubits = spec->n_wires + spec->n_in};
    struct case_state state = {0};
    choi.n_amps = (size_t)1 << choi.n_qubits;
    choi.dim = (size_t)1 << (spec->n_in + spec->n_out);
    choi.rho = calloc((2 * choi.dim * choi.dim) << spec->n_output_bits, sizeof *choi.rho);
    state.amps = calloc(2 * choi.n_amps, sizeof *state.amps);
    state.amps[0] = 1;
    for (uint32_t i = 0; i < spec->n_in; i++) {
        const uint32_t pair[2] = {spec->n_wires + i, spec->in[i]};
        apply(&choi, state.amps, GATE_H, NULL, pair);
        apply(&choi, state.amps, GATE_CX, NULL, pair);
    }
    walk(&choi, state);
    return choi.rho;
}

double naive_choi_difference(const double *a, const double *b, const struct choi_spec *spec) {
    const size_t dim = (size_t)1 << (spec->n_in + spec->n_out);
    double largest = 0;
    for (size_t i = 0; i < (2 * dim * dim) << spec->n_output_bits; i++) {
        largest = fmax(largest, fabs(a[i] - b[i]));
    }
    return largest;
}
