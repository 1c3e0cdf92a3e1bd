#include "support/naive_dem.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "gate/pauli.h"

enum { MAX_QUBITS = 16, MAX_RECORDS = 4096, MAX_CASES = 16, MAX_TURNS = 64 };

/* A way that a shot goes: which case it takes at each turn. */
struct way {
    unsigned taken[MAX_TURNS], n_cases[MAX_TURNS], n, n_met;
    double p;
};

/* One pass forward with at most one error in it, or along a way. */
struct pass {
    const struct op_list *ops;
    const double *pair_weights;
    bool x[MAX_QUBITS], z[MAX_QUBITS], records[MAX_RECORDS], bits[MAX_RECORDS];
    unsigned n_records, n_detectors, flips, n_observables;
    unsigned n_channels;       /* met so far */
    unsigned channel, error;   /* the error: this case of that channel */
    unsigned observables;      /* flipped */
    double p_cases[MAX_CASES]; /* of the channel in question */
    unsigned n_cases;
    struct way *way; /* NULL: none */
};

static void put_pauli(struct pass *pass, unsigned qubit, unsigned letter) {
    pass->x[qubit] ^= letter == 1 || letter == 2;
    pass->z[qubit] ^= letter == 2 || letter == 3;
}

/* Cases 1 .. n, and 0 for none, of which the way takes one. */
static unsigned turn(struct way *way, const double *p, unsigned n) {
    const unsigned at = way->n_met++;
    double p_none = 1;
    cr_assert_lt(at, MAX_TURNS);
    if (at == way->n) {
        way->taken[way->n++] = 0;
    }
    way->n_cases[at] = n;
    for (unsigned i = 0; i < n; i++) {
        p_none -= p[i];
    }
    way->p *= way->taken[at] == 0 ? p_none : p[way->taken[at] - 1];
    return way->taken[at];
}

/* The next way; false: that was the last. */
static bool next_way(struct way *way) {
    while (way->n > 0 && way->taken[way->n - 1] == way->n_cases[way->n - 1]) {
        way->n--;
    }
    if (way->n > 0) {
        way->taken[way->n - 1]++;
    }
    way->n_met = 0;
    way->p = 1;
    return way->n > 0;
}

/* After a measurement or reset it can't be known whether that Pauli acted. */
static bool is_random(struct pass *pass) {
    const double half = 0.5;
    return pass->way != NULL && turn(pass->way, &half, 1) != 0;
}

/* A channel with n cases: true if `k`, from 1, happens now. */
static unsigned meet(struct pass *pass, const double *p, unsigned n) {
    if (pass->way != NULL) {
        return turn(pass->way, p, n);
    }
    if (pass->n_channels++ != pass->channel) {
        return 0;
    }
    memcpy(pass->p_cases, p, n * sizeof *p);
    pass->n_cases = n;
    return pass->error;
}

static void meet_paulis(struct pass *pass, const uint32_t *qubits, unsigned n, const double *p) {
    const unsigned k = meet(pass, p, n == 1 ? 3 : 15);
    if (n == 1) {
        put_pauli(pass, qubits[0], k);
    } else {
        put_pauli(pass, qubits[0], k >> 2);
        put_pauli(pass, qubits[1], k & 3);
    }
}

static void run_noise(struct pass *pass, const struct op *op) {
    const uint32_t *qubits = op_qubits(pass->ops, op);
    const double p = op_params(pass->ops, op)[0];
    double cases[15] = {0};
    unsigned group = op_noise_group((enum op_noise)op->which);
    if (op->which == NOISE_CORRELATED) {
        const unsigned k = meet(pass, &p, 1);
        for (unsigned i = 0; k != 0 && i < op->n_qubits; i++) {
            put_pauli(pass, qubits[i], (unsigned)(op->arg >> (2 * i)) & 3);
        }
        return;
    }
    if (op->which == NOISE_HERALDED_PAULI1) {
        const unsigned k = meet(pass, op_params(pass->ops, op), 4);
        pass->records[pass->n_records++] = k != 0;
        put_pauli(pass, qubits[0], k == 0 ? 0 : k - 1);
        return;
    }
    for (unsigned i = 0; i < 15; i++) {
        cases[i] = op->which == NOISE_DEPOLARIZE1         ? p / 3
                   : op->which == NOISE_DEPOLARIZE2       ? p / 15
                   : op->n_params > 1 && i < op->n_params ? op_params(pass->ops, op)[i]
                                                          : 0;
    }
    if (op->which <= NOISE_Z) {
        cases[op->which - NOISE_X] = p;
    }
    for (unsigned i = 0; i < op->n_qubits; i += group) {
        meet_paulis(pass, qubits + i, group, cases);
    }
}

static bool read_expr(const struct pass *pass, uint32_t expr) {
    const struct expr *node = &pass->ops->exprs[expr];
    switch ((enum expr_kind)node->kind) {
    case EXPR_XOR:
        return read_expr(pass, node->a) ^ read_expr(pass, node->b);
    case EXPR_NOT:
        return read_expr(pass, node->a);
    case EXPR_BIT:
        return pass->bits[node->a];
    case EXPR_REC:
        return pass->records[pass->n_records - node->a];
    default:
        return false;
    }
}

static void run_measure(struct pass *pass, const struct op *op) {
    const uint32_t *qubits = op_qubits(pass->ops, op);
    bool flip = false;
    for (unsigned i = 0; i < op->n_qubits; i++) {
        const unsigned letter = op_pauli(op, i);
        flip ^= (letter != 1 && pass->x[qubits[i]]) ^ (letter != 3 && pass->z[qubits[i]]);
    }
    for (unsigned i = 0, acts = is_random(pass); i < op->n_qubits; i++) {
        put_pauli(pass, qubits[i], acts ? op_pauli(op, i) : 0);
    }
    if (op->n_params > 0) {
        flip ^= meet(pass, op_params(pass->ops, op), 1) != 0;
    }
    pass->records[pass->n_records++] = flip;
    pass->bits[op->bit] = flip;
    if ((op->which & MEASURE_RESETS) != 0) {
        pass->x[qubits[0]] = false;
        pass->z[qubits[0]] = is_random(pass);
    }
}

static void run_ebit(struct pass *pass, const uint32_t *wires) {
    pass->x[wires[0]] = pass->z[wires[0]] = pass->x[wires[1]] = pass->z[wires[1]] = false;
    for (unsigned letter = 1; letter <= 3; letter += 2) {
        const bool acts = is_random(pass);
        put_pauli(pass, wires[0], acts ? letter : 0);
        put_pauli(pass, wires[1], acts ? letter : 0);
    }
    if (pass->pair_weights != NULL) {
        meet_paulis(pass, &wires[1], 1, pass->pair_weights + 1);
    }
}

static void run_gate(struct pass *pass, const struct op *op) {
    const uint32_t *qubits = op_qubits(pass->ops, op);
    struct pauli_map map;
    uint32_t v = 0;
    pauli_map_from_gate(&map, (enum gate_id)op->which, op_params(pass->ops, op));
    for (unsigned i = 0; i < op->n_qubits; i++) {
        v |= (uint32_t)pass->x[qubits[i]] << i | (uint32_t)pass->z[qubits[i]] << (op->n_qubits + i);
    }
    v = pauli_map_apply(&map, v);
    for (unsigned i = 0; i < op->n_qubits; i++) {
        pass->x[qubits[i]] = v >> i & 1;
        pass->z[qubits[i]] = v >> (op->n_qubits + i) & 1;
    }
}

static void run_ops(struct pass *pass, size_t first, size_t last) {
    static const unsigned letters[] = {[GATE_X] = 1, [GATE_Y] = 2, [GATE_Z] = 3};
    for (size_t i = first; i < last; i++) {
        const struct op *op = &pass->ops->ops[i];
        const uint32_t *qubits = op_qubits(pass->ops, op);
        if (op->kind == OP_REPEAT) {
            for (uint64_t round = 0; round < op->arg; round++) {
                run_ops(pass, i + 1, op->match);
            }
            i = op->match;
        } else if (op->kind == OP_IF) {
            for (size_t k = i + 1; read_expr(pass, op->expr) && k < op->match; k++) {
                if (pass->ops->ops[k].kind == OP_NOISE) {
                    run_noise(pass, &pass->ops->ops[k]);
                } else if (pass->ops->ops[k].kind == OP_GATE) {
                    put_pauli(pass, op_qubits(pass->ops, &pass->ops->ops[k])[0],
                              letters[pass->ops->ops[k].which]);
                }
            }
            i = op->match;
        } else if (op->kind == OP_GATE) {
            run_gate(pass, op);
        } else if (op->kind == OP_MEASURE) {
            run_measure(pass, op);
        } else if (op->kind == OP_RESET) {
            pass->x[qubits[0]] = false;
            pass->z[qubits[0]] = is_random(pass);
        } else if (op->kind == OP_EBIT) {
            run_ebit(pass, qubits);
        } else if (op->kind == OP_NOISE) {
            run_noise(pass, op);
        } else if (op->kind == OP_ASSIGN) {
            pass->bits[op->bit] = read_expr(pass, op->expr);
        } else if (op->kind == OP_DETECTOR) {
            pass->flips |= (unsigned)read_expr(pass, op->expr) << pass->n_detectors++;
        } else if (op->kind == OP_OBSERVABLE) {
            pass->observables ^= (unsigned)read_expr(pass, op->expr) << op->arg;
            pass->n_observables =
                op->arg + 1 > pass->n_observables ? (unsigned)op->arg + 1 : pass->n_observables;
        }
    }
}

static unsigned run(struct pass *pass, const struct op_list *ops, const double *pair_weights,
                    unsigned channel, unsigned error) {
    *pass =
        (struct pass){.ops = ops, .pair_weights = pair_weights, .channel = channel, .error = error};
    run_ops(pass, 0, ops->n_ops);
    return pass->flips | pass->observables << pass->n_detectors;
}

void naive_from_ops(struct naive_distribution *out, const struct op_list *ops, unsigned n_qubits,
                    unsigned n_bits, const double *pair_weights) {
    static struct pass pass;
    static double next[NAIVE_MAX_OUTCOMES];
    cr_assert(n_qubits <= MAX_QUBITS && n_bits <= MAX_RECORDS);
    run(&pass, ops, pair_weights, UINT32_MAX, 0);
    const unsigned n_channels = pass.n_channels;
    memset(out, 0, sizeof *out);
    out->n_detectors = pass.n_detectors;
    out->n_bits = pass.n_detectors + pass.n_observables;
    cr_assert_leq(out->n_bits, NAIVE_MAX_BITS);
    out->p[0] = 1;
    for (unsigned channel = 0; channel < n_channels; channel++) {
        double p_none = 1;
        memset(next, 0, sizeof next);
        run(&pass, ops, pair_weights, channel, 0);
        const unsigned n_cases = pass.n_cases;
        for (unsigned k = 1; k <= n_cases; k++) {
            const unsigned mask = run(&pass, ops, pair_weights, channel, k);
            p_none -= pass.p_cases[k - 1];
            for (unsigned i = 0; i < 1u << out->n_bits; i++) {
                next[i ^ mask] += out->p[i] * pass.p_cases[k - 1];
            }
        }
        for (unsigned i = 0; i < 1u << out->n_bits; i++) {
            out->p[i] = next[i] + out->p[i] * p_none;
        }
    }
}

void naive_from_all_ways(struct naive_distribution *out, const struct op_list *ops,
                         unsigned n_qubits, unsigned n_bits, const double *pair_weights) {
    static struct pass pass;
    struct way way = {.p = 1};
    cr_assert(n_qubits <= MAX_QUBITS && n_bits <= MAX_RECORDS);
    memset(out, 0, sizeof *out);
    do {
        pass = (struct pass){.ops = ops, .pair_weights = pair_weights, .way = &way};
        for (unsigned q = 0; q < n_qubits; q++) {
            pass.z[q] = is_random(&pass);
        }
        run_ops(&pass, 0, ops->n_ops);
        out->p[pass.flips | pass.observables << pass.n_detectors] += way.p;
    } while (next_way(&way));
    out->n_detectors = pass.n_detectors;
    out->n_bits = pass.n_detectors + pass.n_observables;
}

/* ---- the text of a model ---- */

struct reader {
    struct naive_distribution *out;
    unsigned *widest;
    unsigned long shift;
};

static void apply_error(struct reader *r, const char *line) {
    static double next[NAIVE_MAX_OUTCOMES];
    unsigned mask = 0, width = 0;
    char *end;
    const double p = strtod(strchr(line, '(') + 1, &end);
    for (const char *at = end + 1; *at != '\n'; at++) {
        width = *at == '^' ? 0 : width;
        if (*at == 'D' || *at == 'L') {
            unsigned long index = strtoul(at + 1, &end, 10);
            width += *at == 'D';
            index = *at == 'D' ? index + r->shift : r->out->n_detectors + index;
            cr_assert_lt(index, r->out->n_bits, "%s", line);
            mask ^= 1u << index;
            at = end - 1;
        }
        *r->widest = width > *r->widest ? width : *r->widest;
    }
    for (unsigned i = 0; i < 1u << r->out->n_bits; i++) {
        next[i] = r->out->p[i] * (1 - p) + r->out->p[i ^ mask] * p;
    }
    memcpy(r->out->p, next, sizeof next);
}

/* Lines up to the end or to the } of a block; returns what follows. */
static const char *apply_lines(struct reader *r, const char *text) {
    while (*text != '\0') {
        const char *next = strchr(text, '\n') + 1;
        text += strspn(text, " ");
        if (*text == '}') {
            return next;
        }
        if (strncmp(text, "error", 5) == 0) {
            apply_error(r, text);
        } else if (strncmp(text, "shift_detectors", 15) == 0) {
            const char *count = next - 1;
            while (count[-1] != ' ') {
                count--;
            }
            r->shift += strtoul(count, NULL, 10);
        } else if (strncmp(text, "repeat", 6) == 0) {
            const unsigned long n = strtoul(strchr(text, ' '), NULL, 10);
            const char *body = next;
            for (unsigned long i = 0; i < n; i++) {
                next = apply_lines(r, body);
            }
        }
        text = next;
    }
    return text;
}

void naive_from_text(struct naive_distribution *inout, unsigned *out_widest, const char *text) {
    struct reader reader = {.out = inout, .widest = out_widest};
    *out_widest = 0;
    memset(inout->p, 0, sizeof inout->p);
    inout->p[0] = 1;
    apply_lines(&reader, text);
}
