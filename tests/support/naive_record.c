#include "support/naive_record.h"

#include <math.h>
#include <string.h>

#include "base/log.h"

void naive_pauli(struct naive_state *state, uint32_t qubit, unsigned letter) {
    static const enum gate_id gates[4] = {GATE_I, GATE_X, GATE_Y, GATE_Z};
    naive_gate(state, gates[letter], NULL, &qubit);
}

static void apply_product(struct naive_state *state, const uint32_t *qubits, const uint8_t *letters,
                          unsigned n) {
    for (unsigned i = 0; i < n; i++) {
        naive_pauli(state, qubits[i], letters[i]);
    }
}

double naive_product_probability(const struct naive_state *state, const uint32_t *qubits,
                                 const uint8_t *letters, unsigned n) {
    struct naive_state moved;
    double expectation = 0;
    naive_init(&moved, state->n);
    naive_copy(&moved, state);
    apply_product(&moved, qubits, letters, n);
    for (size_t i = 0; i < (size_t)2 << state->n; i++) {
        expectation += moved.amps[i] * state->amps[i];
    }
    naive_fini(&moved);
    return 0.5 - 0.5 * expectation;
}

void naive_product_project(struct naive_state *state, const uint32_t *qubits,
                           const uint8_t *letters, unsigned n, bool result) {
    struct naive_state moved;
    double norm = 0;
    naive_init(&moved, state->n);
    naive_copy(&moved, state);
    apply_product(&moved, qubits, letters, n);
    for (size_t i = 0; i < (size_t)2 << state->n; i++) {
        state->amps[i] = (state->amps[i] + (result ? -1 : 1) * moved.amps[i]) / 2;
        norm += state->amps[i] * state->amps[i];
    }
    for (size_t i = 0; i < (size_t)2 << state->n; i++) {
        state->amps[i] /= sqrt(norm);
    }
    naive_fini(&moved);
}

struct walk {
    const struct op_list *ops;
    double *out;
};

/* One way through the circuit so far. */
struct way {
    struct naive_state state;
    double p;
    uint32_t record;
    unsigned n_results;
    bool has_error; /* of the chain of correlated errors */
};

static void follow(const struct walk *walk, const struct way *way, size_t pc, size_t part);

/* Continues a copy of the way with probability p. */
static void branch(const struct walk *walk, const struct way *way, double p, size_t pc, size_t part,
                   void (*change)(struct way *way, const void *ctx), const void *ctx) {
    if (p < 1e-15) {
        return;
    }
    struct way copy = *way;
    naive_init(&copy.state, way->state.n);
    naive_copy(&copy.state, &way->state);
    copy.p *= p;
    change(&copy, ctx);
    follow(walk, &copy, pc, part);
    naive_fini(&copy.state);
}

static void add_bit(struct way *way, bool bit) {
    CHECK(way->n_results < NAIVE_MAX_RECORD);
    way->record |= (bit ? 1u : 0u) << way->n_results++;
}

struct result {
    const struct op *op;
    const uint32_t *qubits;
    const uint8_t *letters;
    bool result, is_wrong;
};

static void take_result(struct way *way, const void *ctx) {
    const struct result *r = ctx;
    naive_product_project(&way->state, r->qubits, r->letters, r->op->n_qubits, r->result);
    if (r->op->kind == OP_RESET || (r->op->which & MEASURE_RESETS) != 0) {
        if (r->result) {
            naive_pauli(&way->state, r->qubits[0], r->letters[0] == 1 ? 3 : 1);
        }
    }
    if (r->op->kind == OP_MEASURE) {
        add_bit(way, r->result ^ r->is_wrong ^ ((r->op->which & MEASURE_INVERTED) != 0));
    }
}

static void follow_measure(const struct walk *walk, const struct way *way, size_t pc) {
    const struct op *op = &walk->ops->ops[pc];
    uint8_t letters[OP_MAX_PAULI_LETTERS];
    const double p_wrong = op->n_params > 0 ? op_params(walk->ops, op)[0] : 0;
    struct result r = {op, op_qubits(walk->ops, op), letters, false, false};
    for (unsigned i = 0; i < op->n_qubits; i++) {
        letters[i] = (uint8_t)(op->kind == OP_RESET && op->arg != 0 ? op->arg : op_pauli(op, i));
    }
    const double p_one = naive_product_probability(&way->state, r.qubits, letters, op->n_qubits);
    for (unsigned k = 0; k < 4; k++) {
        r.result = k & 1;
        r.is_wrong = k >> 1;
        const double p = (r.result ? p_one : 1 - p_one) * (r.is_wrong ? p_wrong : 1 - p_wrong);
        branch(walk, way, p < 1e-12 ? 0 : p, pc + 1, 0, take_result, &r);
    }
}

struct error {
    const uint32_t *qubits;
    unsigned n, letters[OP_MAX_PAULI_LETTERS];
    bool is_herald, herald, is_chain, happened;
};

static void take_error(struct way *way, const void *ctx) {
    const struct error *e = ctx;
    for (unsigned i = 0; i < e->n; i++) {
        naive_pauli(&way->state, e->qubits[i], e->letters[i]);
    }
    if (e->is_herald) {
        add_bit(way, e->herald);
    }
    if (e->is_chain) {
        way->has_error = e->happened;
    }
}

/* Errors of target `part` of the op, then of the next. */
static void follow_noise(const struct walk *walk, const struct way *way, size_t pc, size_t part) {
    const struct op *op = &walk->ops->ops[pc];
    const double *p = op_params(walk->ops, op);
    const enum op_noise noise = (enum op_noise)op->which;
    const bool is_chain = noise == NOISE_CORRELATED || noise == NOISE_ELSE;
    const unsigned group = is_chain ? op->n_qubits : op_noise_group(noise);
    const bool is_herald = noise == NOISE_HERALDED_ERASE || noise == NOISE_HERALDED_PAULI1;
    const size_t n_parts = is_chain ? 1 : op->n_qubits / group;
    const size_t next = part + 1 < n_parts ? pc : pc + 1;
    const size_t next_part = part + 1 < n_parts ? part + 1 : 0;
    struct error e = {.qubits = op_qubits(walk->ops, op) + part * group,
                      .n = group,
                      .is_herald = is_herald,
                      .is_chain = is_chain};
    double p_none = 1;
    const bool may_happen = noise != NOISE_ELSE || !way->has_error;
    for (unsigned k = 0; k < 16; k++) {
        double q = 0;
        switch (noise) {
        case NOISE_X:
        case NOISE_Y:
        case NOISE_Z:
            q = k == 1u + noise - NOISE_X ? p[0] : 0;
            break;
        case NOISE_DEPOLARIZE1:
            q = k > 0 && k < 4 ? p[0] / 3 : 0;
            break;
        case NOISE_DEPOLARIZE2:
            q = k > 0 ? p[0] / 15 : 0;
            break;
        case NOISE_PAULI1:
            q = k > 0 && k < 4 ? p[k - 1] : 0;
            break;
        case NOISE_PAULI2:
            q = k > 0 ? p[k - 1] : 0;
            break;
        case NOISE_HERALDED_ERASE:
            q = k < 4 ? p[0] / 4 : 0;
            break;
        case NOISE_HERALDED_PAULI1:
            q = k < 4 ? p[k] : 0;
            break;
        case NOISE_CORRELATED:
        case NOISE_ELSE:
            q = k == 0 && may_happen ? p[0] : 0;
            break;
        case NOISE_I:
        case NOISE_II:
        case NOISE_RELAX:
        case NOISE_RESET:
        case NOISE_COUNT:
        case NOISE_END:
            break;
        }
        p_none -= q;
        for (unsigned i = 0; i < group; i++) {
            e.letters[i] = is_chain ? op_pauli(op, i) : k >> (2 * (group - 1 - i)) & 3;
        }
        e.herald = true;
        e.happened = true;
        branch(walk, way, q, next, next_part, take_error, &e);
    }
    memset(e.letters, 0, sizeof e.letters);
    e.herald = false;
    e.happened = noise == NOISE_ELSE && way->has_error;
    branch(walk, way, p_none, next, next_part, take_error, &e);
}

static bool parity_of(const struct walk *walk, const struct way *way, uint32_t expr) {
    const struct expr *node = &walk->ops->exprs[expr];
    switch ((enum expr_kind)node->kind) {
    case EXPR_XOR:
        return parity_of(walk, way, node->a) != parity_of(walk, way, node->b);
    case EXPR_NOT:
        return !parity_of(walk, way, node->a);
    case EXPR_CONST:
        return node->value0 != 0;
    case EXPR_REC:
        return way->record >> (way->n_results - node->a) & 1;
    case EXPR_BIT:
    case EXPR_AND:
    case EXPR_OR:
    case EXPR_EQ:
    case EXPR_SWEEP:
        break;
    }
    CHECK(!"a parity of results");
    return false;
}

static void take_gate(struct way *way, const void *ctx) {
    const struct error *gate = ctx;
    naive_gate(&way->state, (enum gate_id)gate->n, NULL, gate->qubits);
}
static void take_nothing(struct way *way, const void *ctx) {
    (void)way;
    (void)ctx;
}

static void follow(const struct walk *walk, const struct way *way, size_t pc, size_t part) {
    if (pc == walk->ops->n_ops) {
        walk->out[way->record] += way->p;
        return;
    }
    const struct op *op = &walk->ops->ops[pc];
    const struct error gate = {.qubits = op_qubits(walk->ops, op), .n = op->which};
    switch ((enum op_kind)op->kind) {
    case OP_GATE:
        branch(walk, way, 1, pc + 1, 0, take_gate, &gate);
        return;
    case OP_MEASURE:
    case OP_RESET:
        follow_measure(walk, way, pc);
        return;
    case OP_NOISE:
        follow_noise(walk, way, pc, part);
        return;
    case OP_IF:
        branch(walk, way, 1, parity_of(walk, way, op->expr) ? pc + 1 : (size_t)op->match + 1, 0,
               take_nothing, NULL);
        return;
    default:
        branch(walk, way, 1, pc + 1, 0, take_nothing, NULL);
        return;
    }
}

void naive_record_distribution(double *out, const struct op_list *ops, uint32_t n_qubits) {
    const struct walk walk = {ops, out};
    struct way way = {.p = 1};
    memset(out, 0, sizeof *out << NAIVE_MAX_RECORD);
    naive_init(&way.state, n_qubits);
    follow(&walk, &way, 0, 0);
    naive_fini(&way.state);
}
