/* Many shots of many wires: drawn as from the amplitudes themselves, in at most three reads of all
 * of them, whatever the number of shots. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

#include "base/bits.h"
#include "base/rng.h"
#include "engine/statevector/statevector.h"
#include "support/written.h"

enum { N = 19 };

static const uint64_t seed = 7;

static double draw(void *ctx, size_t i, size_t shot) {
    (void)ctx;
    return rng_uniform(seed, i, (uint32_t)shot, RNG_MEASURE);
}

/* All wires entangled, no amplitude like another. */
static void add_gates(struct written *written) {
    for (uint32_t layer = 0; layer < 3; layer++) {
        for (uint32_t i = 0; i < N; i++) {
            written_gate(written, GATE_RY, i, 0, 0.3 + 0.1 * i + layer);
        }
        for (uint32_t i = layer % 2; i + 1 < N; i += 2) {
            written_gate(written, GATE_CX, i, i + 1, 0);
        }
    }
}

/* P(first wires, in order, have the low bits of x): level k at table + (1 << k). */
static double *make_table(const struct written *written, struct engine *engine,
                          const uint32_t *wires) {
    double *amps = written_amplitudes(written, engine), *table = calloc(2 << N, sizeof *table);
    for (size_t s = 0; s < 1 << N; s++) {
        size_t x = 0;
        for (size_t i = 0; i < N; i++) {
            x |= (s >> wires[i] & 1) << i;
        }
        table[((size_t)1 << N) + x] = amps[2 * s] * amps[2 * s] + amps[2 * s + 1] * amps[2 * s + 1];
    }
    for (size_t k = N; k-- > 0;) {
        for (size_t x = 0; x < (size_t)1 << k; x++) {
            const double *next = table + ((size_t)2 << k);
            table[((size_t)1 << k) + x] = next[x] + next[x | (size_t)1 << k];
        }
    }
    free(amps);
    return table;
}

/* Flips by frames: of every third shot on every second wire. */
static bool is_flipped(size_t i, size_t shot) {
    return i % 2 == 1 && shot % 3 == 0;
}

static void check_shot(const uint64_t *rows, size_t words, size_t shot, const double *table) {
    size_t x = 0;
    for (size_t i = 0; i < N; i++) {
        const double *next = table + ((size_t)2 << i);
        const double zero = next[x], one = next[x | (size_t)1 << i];
        const bool flip = is_flipped(i, shot), bit = bits_get(rows + i * words, shot);
        const double p = (flip ? zero : one) / (zero + one), u = draw(NULL, i, shot);
        cr_assert(bit == (u < p) || fabs(u - p) < 1e-10, "shot %zu, wire %zu", shot, i);
        x |= (size_t)(bit != flip) << i;
    }
}

static void check_shots(struct engine *engine, const uint32_t *wires, const double *table,
                        size_t n_shots) {
    const size_t words = bits_words(n_shots);
    uint64_t *rows = calloc(N * words, sizeof *rows);
    for (size_t i = 0; i < N; i++) {
        for (size_t shot = 0; shot < n_shots; shot++) {
            bits_set(rows + i * words, shot, is_flipped(i, shot));
        }
    }
    const double before = statevector_read_amps(engine);
    cr_assert_eq(engine->class->sample(engine, rows, wires, N, n_shots, draw, NULL), STATUS_OK);
    const double n_reads = (statevector_read_amps(engine) - before) / (1 << N);
    cr_expect_leq(n_reads, 3, "%zu shots: %g reads", n_shots, n_reads);
    for (size_t shot = 0; shot < n_shots; shot++) {
        check_shot(rows, words, shot, table);
    }
    free(rows);
}

Test(sample, many_shots_in_three_reads) {
    static const uint32_t wires[N] = {4,  0, 16, 2, 15, 1, 3,  18, 7, 9,
                                      11, 5, 13, 6, 17, 8, 10, 12, 14};
    static const size_t n_shots[] = {1, 63, 300, 1500, 4000, 20000};
    struct written written;
    struct engine *engine = NULL;
    comm_start_alone();
    written_init(&written, N, 1);
    add_gates(&written);
    cr_assert_eq(statevector_create(&engine, &written.task, comm_world(), &layout_tuning_default),
                 STATUS_OK);
    cr_assert_eq(engine->class->begin(engine), STATUS_OK);
    cr_assert_eq(engine->class->run(engine, 0, written.ops.n_ops), STATUS_OK);
    double *table = make_table(&written, engine, wires);
    for (size_t i = 0; i < sizeof n_shots / sizeof *n_shots; i++) {
        check_shots(engine, wires, table, n_shots[i]);
    }
    free(table);
    engine->class->destroy(engine);
    written_fini(&written);
}
