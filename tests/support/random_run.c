#include "support/random_run.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "base/rng.h"

enum { SHOTS = 200, STRINGS = 12, SUM_STRINGS = 60 };

struct source {
    uint64_t seed, n;
};
static double uniform(struct source *source) {
    return rng_uniform(source->seed, source->n++, 0, RNG_TEST);
}
static uint32_t below(struct source *source, uint32_t n) {
    return (uint32_t)(uniform(source) * n);
}

static void pick_wires(struct source *source, uint32_t *out, uint32_t n, uint32_t n_wires) {
    for (uint32_t i = 0; i < n; i++) {
        bool is_new = false;
        while (!is_new) {
            out[i] = below(source, n_wires);
            is_new = true;
            for (uint32_t j = 0; j < i; j++) {
                is_new = is_new && out[j] != out[i];
            }
        }
    }
}

static void add(struct random_task *random, enum op_kind kind, enum engine_mode mode,
                const uint32_t *wires, size_t n, uint32_t copy) {
    random->modes[random->ops.n_ops] = (uint8_t)mode;
    random->copy_wires[random->ops.n_ops] = copy;
    struct src_loc loc = {0};
    op_list_add(&random->ops, NULL, kind, wires, n, NULL, 0, loc);
}

static void add_gate(struct random_task *random, struct source *source) {
    enum gate_id gate = (enum gate_id)below(source, GATE_COUNT);
    const struct gate_info *info = gate_get(gate);
    uint32_t wires[GATE_MAX_QUBITS];
    double params[GATE_MAX_PARAMS];
    if (info->n_qubits > random->task.n_wires) {
        return;
    }
    pick_wires(source, wires, info->n_qubits, random->task.n_wires);
    for (unsigned i = 0; i < info->n_params; i++) {
        params[i] = 6 * uniform(source) - 3;
    }
    random->modes[random->ops.n_ops] = ENGINE_APPLY;
    struct src_loc loc = {0};
    op_list_add_gate(&random->ops, gate, wires, params, loc);
}

void random_task_init(struct random_task *random, uint64_t seed, uint32_t n_wires, uint32_t n_qpus,
                      size_t n_ops) {
    struct source source = {seed, 0};
    *random = (struct random_task){.seed = seed};
    random->modes = calloc(4 * n_ops, sizeof *random->modes);
    random->copy_wires = calloc(4 * n_ops, sizeof *random->copy_wires);
    random->wire_qpu = calloc(n_wires, sizeof *random->wire_qpu);
    for (uint32_t i = 0; i < n_wires; i++) {
        random->wire_qpu[i] = i * n_qpus / n_wires;
    }
    random->task = (struct engine_task){.ops = &random->ops,
                                        .modes = random->modes,
                                        .copy_wires = random->copy_wires,
                                        .n_wires = n_wires,
                                        .n_qpus = n_qpus,
                                        .wire_qpu = random->wire_qpu};
    for (size_t i = 0; i < n_ops; i++) {
        uint32_t pair[2] = {0, 0}, kind = below(&source, 40);
        pick_wires(&source, pair, n_wires > 1 ? 2 : 1, n_wires);
        if (kind == 0 && n_wires > 1) {
            add(random, OP_RESET, ENGINE_MEASURE, &pair[0], 1, 0);
            add(random, OP_RESET, ENGINE_MEASURE, &pair[1], 1, 0);
            add(random, OP_EBIT, ENGINE_APPLY, pair, 2, 0);
        } else if (kind == 1 && n_wires > 1) {
            add(random, OP_RESET, ENGINE_MEASURE, &pair[1], 1, 0);
            add(random, OP_GATE, ENGINE_COPY, pair, 2, pair[1]);
        } else if (kind == 2) {
            add(random, OP_MEASURE, ENGINE_MEASURE, pair, 1, 0);
        } else {
            add_gate(random, &source);
        }
    }
}

void random_task_fini(struct random_task *random) {
    op_list_fini(&random->ops);
    free(random->modes);
    free(random->copy_wires);
    free(random->wire_qpu);
}

static uint64_t hash_bytes(uint64_t hash, const void *data, size_t n) {
    const unsigned char *bytes = data;
    for (; n >= sizeof(uint64_t); n -= sizeof(uint64_t), bytes += sizeof(uint64_t)) {
        uint64_t word = 0;
        memcpy(&word, bytes, sizeof word);
        hash = (hash ^ word) * UINT64_C(1099511628211);
        hash ^= hash >> 29;
    }
    for (size_t i = 0; i < n; i++) {
        hash = (hash ^ bytes[i]) * UINT64_C(1099511628211);
    }
    return hash;
}

static void note(double *error, double difference) {
    if (!(fabs(difference) <= *error)) {
        *error = fabs(difference);
    }
}

static bool measure(struct engine *engine, struct naive_state *naive, uint32_t wire, double u,
                    uint64_t *hash, double *error) {
    double p = 0;
    note(error, engine->class->probability(engine, &p, wire));
    *hash = hash_bytes(*hash, &p, sizeof p);
    bool bit = u < p;
    note(error, engine->class->project(engine, wire, bit, bit ? p : 1 - p));
    if (naive != NULL) {
        note(error, p - naive_probability(naive, wire));
        naive_project(naive, wire, bit);
    }
    return bit;
}

static void apply_naive(struct naive_state *naive, const struct random_task *random, size_t i) {
    const struct op *op = &random->ops.ops[i];
    const uint32_t *wires = op_qubits(&random->ops, op);
    uint32_t pair[2] = {wires[0], random->copy_wires[i]};
    if (random->modes[i] == ENGINE_COPY) {
        naive_gate(naive, GATE_CX, NULL, pair);
    } else if (op->kind == OP_EBIT) {
        naive_gate(naive, GATE_H, NULL, wires);
        naive_gate(naive, GATE_CX, NULL, wires);
    } else {
        naive_gate(naive, (enum gate_id)op->which, op_params(&random->ops, op), wires);
    }
}

uint64_t random_run(struct engine *engine, const struct random_task *random,
                    struct naive_state *naive, double *out_error) {
    uint64_t hash = 1;
    double error = engine->class->begin(engine);
    for (size_t i = 0; i < random->ops.n_ops; i++) {
        const struct op *op = &random->ops.ops[i];
        uint32_t wire = op_qubits(&random->ops, op)[0];
        if (random->modes[i] == ENGINE_MEASURE) {
            double u = rng_uniform(random->seed, i, 1, RNG_MEASURE);
            bool bit = measure(engine, naive, wire, u, &hash, &error);
            if (op->kind == OP_RESET) {
                note(&error, engine->class->clear(engine, wire));
                if (naive != NULL) {
                    naive_reset(naive, wire, bit);
                }
            }
            continue;
        }
        size_t last = i + 1; /* in one call up to the next measurement, at odd seeds */
        while (random->seed % 2 != 0 && last < random->ops.n_ops &&
               random->modes[last] != ENGINE_MEASURE) {
            last++;
        }
        note(&error, engine->class->run(engine, i, last));
        for (; naive != NULL && i < last; i++) {
            apply_naive(naive, random, i);
        }
        i = last - 1;
    }
    *out_error = error;
    return hash;
}

static double draw(void *ctx, size_t i, size_t shot) {
    const struct random_task *random = ctx;
    return rng_uniform(random->seed, i, (uint32_t)shot, RNG_MEASURE);
}

/* The probability that an independent product of factors gives to a basis state. */
static double product(const struct engine_distribution *distribution, size_t state) {
    double p = 1;
    for (size_t f = 0; f < distribution->n_factors; f++) {
        const struct engine_factor *factor = &distribution->factors[f];
        size_t index = 0;
        for (uint32_t j = 0; j < factor->n; j++) {
            index |= (state >> factor->index[j] & 1) << j;
        }
        p *= factor->p[index];
    }
    return p;
}

static uint64_t look_at_strings(struct engine *engine, const struct random_task *random,
                                const struct naive_state *naive, uint64_t hash, double *error) {
    struct source source = {random->seed, 1 << 20};
    for (int i = 0; i < STRINGS; i++) {
        uint32_t wires[64];
        uint8_t letters[64];
        uint32_t n = 1 + below(&source, random->task.n_wires);
        pick_wires(&source, wires, n, random->task.n_wires);
        for (uint32_t j = 0; j < n; j++) {
            letters[j] = (uint8_t)(1 + below(&source, 3));
        }
        double value = 0;
        note(error, engine->class->expect(engine, &value, wires, letters, n));
        hash = hash_bytes(hash, &value, sizeof value);
        if (naive != NULL) {
            note(error, value - naive_expect(naive, wires, letters, n));
        }
    }
    return hash;
}

/* Many strings at once: every X mask as often as one transform takes, with other Z parts. */
static uint64_t look_at_sums(struct engine *engine, const struct random_task *random,
                             const struct naive_state *naive, uint64_t hash, double *error) {
    struct source source = {random->seed, 1 << 21};
    uint32_t wires[SUM_STRINGS * 64];
    uint8_t letters[SUM_STRINGS * 64];
    size_t first[SUM_STRINGS + 1] = {0};
    double values[SUM_STRINGS];
    uint32_t mask = 0;
    for (size_t i = 0; i < SUM_STRINGS; i++) {
        mask = i >= 12 && i % 16 == 12 ? below(&source, 1u << random->task.n_wires) : mask;
        size_t n = first[i];
        for (uint32_t j = 0; j < random->task.n_wires; j++) {
            uint32_t letter = below(&source, 2) ? (mask >> j & 1 ? 2 : 3) : mask >> j & 1;
            wires[n] = j;
            letters[n] = (uint8_t)letter;
            n += letter != 0;
        }
        first[i + 1] = n;
    }
    const struct engine_paulis paulis = {SUM_STRINGS, first, wires, letters};
    note(error, engine->class->expect_many(engine, values, &paulis));
    for (size_t i = 0; i < SUM_STRINGS && naive != NULL; i++) {
        size_t n = first[i + 1] - first[i];
        note(error, values[i] - naive_expect(naive, wires + first[i], letters + first[i], n));
    }
    return hash_bytes(hash, values, sizeof values);
}

/* The state in pieces of several sizes, read round robin by the ranks, against `amps`. */
static void look_at_pieces(struct engine *engine, const double *amps, uint32_t n, double *error) {
    uint32_t wires[64];
    double *piece = calloc((size_t)2 << n, sizeof *piece);
    for (uint32_t i = 0; i < n; i++) {
        wires[i] = i;
    }
    for (unsigned bits = 0; bits <= n; bits += 1 + n / 4) {
        uint64_t flip = (UINT64_C(0x5a5a5a5a) >> bits) & (BIT64(n) - 1), n_pieces = BIT64(n - bits);
        for (uint64_t k = 0; k <= (n_pieces < 8 ? n_pieces : 8); k++) {
            uint64_t want = (k * 3 + (uint64_t)team_rank(comm_world())) % n_pieces;
            want = k == 8 && team_rank(comm_world()) == 0 ? ENGINE_NO_PIECE : want;
            note(error, engine->class->read(engine, piece, wires, n, bits, want, flip));
            for (uint64_t i = 0; want != ENGINE_NO_PIECE && i < BIT64(bits); i++) {
                const double *a = amps + 2 * ((want << bits | i) ^ flip);
                note(error, a[0] - piece[2 * i]);
                note(error, a[1] - piece[2 * i + 1]);
            }
        }
    }
    free(piece);
}

uint64_t random_look(struct engine *engine, const struct random_task *random,
                     const struct naive_state *naive, double *out_error) {
    uint32_t n = random->task.n_wires, wires[64] = {0};
    size_t dim = (size_t)1 << n, words = bits_words(SHOTS);
    double *amps = calloc(2 * dim, sizeof *amps), error = 0;
    uint64_t *shots = calloc(n * words, sizeof *shots), hash = 1;
    struct engine_distribution distribution;
    for (uint32_t i = 0; i < n; i++) {
        wires[i] = (i * 5 + 3) % n;              /* some order; n is no multiple of 5 */
        shots[i * words] = 0x5a5a00ff * (i & 1); /* frames */
    }
    if (n % 5 == 0) {
        for (uint32_t i = 0; i < n; i++) {
            wires[i] = n - 1 - i;
        }
    }
    note(&error, engine->class->sample(engine, shots, wires, n, SHOTS, draw, (void *)random));
    hash = hash_bytes(hash, shots, n * words * sizeof *shots);
    note(&error, engine->class->distribution(engine, &distribution, wires, n));
    for (size_t i = 0; i < dim; i++) {
        double p = product(&distribution, i);
        hash = hash_bytes(hash, &p, sizeof p);
        size_t state = 0;
        for (uint32_t j = 0; j < n; j++) {
            state |= (i >> j & 1) << wires[j];
        }
        if (naive != NULL) {
            const double *a = naive->amps + 2 * state;
            note(&error, p - (a[0] * a[0] + a[1] * a[1]));
        }
    }
    engine_distribution_fini(&distribution);
    for (uint32_t i = 0; i < n; i++) {
        wires[i] = i;
    }
    note(&error, engine->class->amplitudes(engine, amps, wires, n));
    hash = hash_bytes(hash, amps, 2 * dim * sizeof *amps);
    if (naive != NULL) {
        note(&error, naive_infidelity(naive, amps));
    }
    hash = look_at_strings(engine, random, naive, hash, &error);
    hash = look_at_sums(engine, random, naive, hash, &error);
    look_at_pieces(engine, amps, n, &error);
    free(amps);
    free(shots);
    *out_error = error;
    return hash;
}
