#include <math.h>

#include "dem/analyzer.h"
#include "dem/channel.h"

static uint32_t tag_of(const struct analyzer *a, const struct op *op) {
    return a->source->tags == NULL ? 0 : op->tag;
}

/* ---- disjoint cases ---- */

static enum status refuse_cases(const struct analyzer *a, const struct op *op, const char *why) {
    return a->is_scout ? STATUS_INPUT
                       : log_error_at(STATUS_INPUT, analyzer_loc(a, op), "%s: %s",
                                      op_noise_name((enum op_noise)op->which), why);
}

static enum status check_small(const struct analyzer *a, const struct op *op, double p) {
    return p > a->options->approximate
               ? refuse_cases(a, op,
                              a->options->approximate == 0
                                  ? "its cases exclude each other, and no independent errors do "
                                    "the same; --approximate-disjoint-errors takes them as if"
                                  : "a case is more probable than --approximate-disjoint-errors "
                                    "allows")
               : STATUS_OK;
}

/* Cases that exclude each other, as Stim treats them: those of a single qubit exactly if they can
 * be, others as if they were independent if the options say so; else exactly or not at all. */
static enum status settle_cases(const struct analyzer *a, const struct op *op,
                                struct combination *c, bool is_exact_first) {
    const unsigned n_cases = 1u << c->n_basic;
    unsigned n_used = 0;
    for (unsigned k = 1; k < n_cases; k++) {
        n_used += c->p[k] > 0;
    }
    if (n_used <= 1 && !is_exact_first) {
        c->is_disjoint = true;
        return STATUS_OK;
    }
    if ((is_exact_first || a->options->approximate == 0) &&
        channel_make_independent(c->p, c->n_basic)) {
        return STATUS_OK;
    }
    for (unsigned k = 1; k < n_cases && n_used > 1; k++) {
        TRY(c->p[k] > 0 ? check_small(a, op, c->p[k]) : STATUS_OK);
    }
    c->is_disjoint = true;
    return STATUS_OK;
}

static enum status add_combination(struct analyzer *a, struct combination *c, const struct op *op) {
    if (!analyzer_makes_errors(a)) {
        return STATUS_OK;
    }
    c->splits = a->options->decompose;
    c->tag = tag_of(a, op);
    return combine_errors(&a->combiner, &a->mechanisms, c);
}

/* ---- channels ---- */

/* A Pauli on a qubit, letters 1 X, 2 Y, 3 Z. */
static enum status undo_letter(struct analyzer *a, const struct op *op, unsigned letter) {
    const double p = a->share * op_params(a->source->ops, op)[0];
    for (uint32_t i = 0; i < op->n_qubits && analyzer_makes_errors(a); i++) {
        a->scratch.n = 0;
        TRY(sensitivity_add_flips(&a->sensitivity, &a->scratch, op_qubits(a->source->ops, op)[i],
                                  letter));
        TRY(mechanisms_add(&a->mechanisms, p, a->scratch.items, a->scratch.n, tag_of(a, op)));
    }
    return STATUS_OK;
}

static enum status undo_depolarize(struct analyzer *a, const struct op *op, unsigned n) {
    const double p = a->share * op_params(a->source->ops, op)[0], most = n == 1 ? 0.75 : 0.9375;
    const uint32_t *qubits = op_qubits(a->source->ops, op);
    if (p > most) {
        return refuse_cases(a, op, "it mixes more than completely: no independent errors do that");
    }
    const double each =
        0.5 - 0.5 * (n == 1 ? sqrt(1 - (4 * p) / 3) : pow(1 - (16 * p) / 15, 0.125));
    for (uint32_t i = 0; i < op->n_qubits; i += n) {
        struct combination c = {.n_basic = 2 * n};
        for (unsigned k = 0; k < n; k++) {
            c.basic[2 * k] = &a->sensitivity.xs[qubits[i + k]];
            c.basic[2 * k + 1] = &a->sensitivity.zs[qubits[i + k]];
        }
        for (unsigned k = 1; k < 1u << c.n_basic; k++) {
            c.p[k] = each;
        }
        TRY(add_combination(a, &c, op));
    }
    return STATUS_OK;
}

/* Case of a letter when the basic errors are X, then Z: X 1, Y 3, Z 2. */
static unsigned case_of(unsigned letter) {
    return letter == 2 ? 3 : letter == 3 ? 2 : letter;
}

static enum status undo_pauli1(struct analyzer *a, const struct op *op, const double *p,
                               uint32_t qubit) {
    struct combination c = {
        .n_basic = 2,
        .basic = {&a->sensitivity.zs[qubit], &a->sensitivity.xs[qubit]},
        .p = {0, a->share * p[0], a->share * p[2], a->share * p[1]},
    };
    TRY(settle_cases(a, op, &c, true));
    return add_combination(a, &c, op);
}

static enum status undo_pauli2(struct analyzer *a, const struct op *op, const uint32_t *pair) {
    const double *p = op_params(a->source->ops, op);
    struct combination c = {
        .n_basic = 4,
        .basic = {&a->sensitivity.zs[pair[1]], &a->sensitivity.xs[pair[1]],
                  &a->sensitivity.zs[pair[0]], &a->sensitivity.xs[pair[0]]},
    };
    for (unsigned k = 1; k < 16; k++) {
        c.p[case_of(k & 3) | case_of(k >> 2) << 2] = a->share * p[k - 1];
    }
    TRY(settle_cases(a, op, &c, false));
    return add_combination(a, &c, op);
}

static enum status undo_herald(struct analyzer *a, const struct op *op, double p_i, double p_x,
                               double p_y, double p_z) {
    const uint32_t qubit = op_qubits(a->source->ops, op)[0];
    TRY(undo_result(a, &a->scratch, op));
    struct combination c = {
        .n_basic = 3,
        .basic = {&a->sensitivity.xs[qubit], &a->sensitivity.zs[qubit], &a->scratch},
        .p = {0, 0, 0, 0, p_i, p_z, p_x, p_y},
    };
    TRY(settle_cases(a, op, &c, false));
    return add_combination(a, &c, op);
}

enum status undo_pair_errors(struct analyzer *a, const struct op *op, const double *weights,
                             uint32_t wire) {
    return undo_pauli1(a, op, weights + 1, wire);
}

/* ---- correlated errors ---- */

static enum status add_product(struct analyzer *a, const struct op *op, double p) {
    const uint32_t *qubits = op_qubits(a->source->ops, op);
    a->scratch.n = 0;
    for (uint32_t i = 0; i < op->n_qubits; i++) {
        const unsigned letter = (unsigned)(op->arg >> (2 * i)) & 3;
        TRY(sensitivity_add_flips(&a->sensitivity, &a->scratch, qubits[i], letter));
    }
    return analyzer_makes_errors(a)
               ? mechanisms_add(&a->mechanisms, p, a->scratch.items, a->scratch.n, tag_of(a, op))
               : STATUS_OK;
}

/* E, ELSE ... ELSE: each happens if none before it has. */
static enum status undo_chain(struct analyzer *a, size_t last, size_t *out_first) {
    const struct op_list *ops = a->source->ops;
    size_t first = last;
    double p_none = 1;
    while (first > 0 && ops->ops[first].which == NOISE_ELSE &&
           ops->ops[first - 1].kind == OP_NOISE &&
           (ops->ops[first - 1].which == NOISE_ELSE ||
            ops->ops[first - 1].which == NOISE_CORRELATED)) {
        first--;
    }
    *out_first = first;
    if (ops->ops[first].which != NOISE_CORRELATED) {
        return refuse_cases(a, &ops->ops[first], "no CORRELATED_ERROR stands right before it");
    }
    for (size_t i = first; i <= last; i++) {
        const double p = op_params(ops, &ops->ops[i])[0], p_case = a->share * p * p_none;
        if (last > first) {
            TRY(check_small(a, &ops->ops[i], p_case));
        }
        TRY(add_product(a, &ops->ops[i], p_case));
        p_none *= 1 - p;
    }
    return STATUS_OK;
}

/* ---- all ---- */

static enum status undo_groups(struct analyzer *a, const struct op *op) {
    const uint32_t *qubits = op_qubits(a->source->ops, op);
    const double *p = op_params(a->source->ops, op);
    for (uint32_t i = 0; i < op->n_qubits; i += op->which == NOISE_PAULI2 ? 2 : 1) {
        TRY(op->which == NOISE_PAULI2 ? undo_pauli2(a, op, qubits + i)
                                      : undo_pauli1(a, op, p, qubits[i]));
    }
    return STATUS_OK;
}

enum status undo_noise(struct analyzer *a, size_t at, size_t *out_first) {
    const struct op *op = &a->source->ops->ops[at];
    const double *p = op_params(a->source->ops, op);
    *out_first = at;
    switch ((enum op_noise)op->which) {
    case NOISE_X:
        return undo_letter(a, op, 1);
    case NOISE_Y:
        return undo_letter(a, op, 2);
    case NOISE_Z:
        return undo_letter(a, op, 3);
    case NOISE_DEPOLARIZE1:
        return undo_depolarize(a, op, 1);
    case NOISE_DEPOLARIZE2:
        return undo_depolarize(a, op, 2);
    case NOISE_PAULI1:
    case NOISE_PAULI2:
        return undo_groups(a, op);
    case NOISE_CORRELATED:
    case NOISE_ELSE:
        return undo_chain(a, at, out_first);
    case NOISE_HERALDED_ERASE:
        return undo_herald(a, op, p[0] / 4, p[0] / 4, p[0] / 4, p[0] / 4);
    case NOISE_HERALDED_PAULI1:
        return undo_herald(a, op, p[0], p[1], p[2], p[3]);
    case NOISE_RELAX:
    case NOISE_RESET:
        return refuse_cases(a, op, "it is no Pauli error");
    case NOISE_I:
    case NOISE_II:
    case NOISE_COUNT:
    case NOISE_END:
        break;
    }
    return STATUS_OK;
}
