/* Many shots of many wires: drawn as from the amplitudes themselves, in at most three reads of all
 * of them, whatever the number of shots. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

#include "base/bits.h"
#include "base/rng.h"
#include "engine/engine.h"
#include "engine/statevector/statevector.h"

enum { N = 19 };

static const uint64_t seed = 7;

static double draw(void *ctx, size_t i, size_t shot) {
    (void)ctx;
    return rng_uniform(seed, i, (uint32_t)shot, RNG_MEASURE);
}

/* All wires entangled, no amplitude like another. */
static void add_gates(struct op_list *ops) {
    for (uint32_t layer = 0; layer < 3; layer++) {
        for (uint32_t i = 0; i < N; i++) {
            const double angle = 0.3 + 0.1 * i + layer;
            cr_assert_eq(op_list_add_gate(ops, GATE_RY, &i, &angle, (struct src_loc){0}),
                         STATUS_OK);
        }
        for (uint32_t i = layer % 2; i + 1 < N; i += 2) {
            const uint32_t pair[2] = {i, i + 1};
            cr_assert_eq(op_list_add_gate(ops, GATE_CX, pair, NULL, (struct src_loc){0}),
                         STATUS_OK);
        }
    }
}

/* P(first wires, in order, have the low bits of x): level k at table + (1 << k). */
static double *make_table(struct engine *engine, const uint32_t *wires) {
    uint32_t all[N];
    double *amps = malloc(sizeof *amps * 2 << N), *table = calloc((size_t)2 << N, sizeof *table);
    for (uint32_t i = 0; i < N; i++) {
        all[i] = i;
    }
    cr_assert_eq(engine->class->amplitudes(engine, amps, all, N), STATUS_OK);
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
    uint8_t modes[128] = {0};
    uint32_t copies[128] = {0}, qpus[N] = {0};
    struct op_list ops = {0};
    struct engine *engine = NULL;
    comm_start_alone();
    add_gates(&ops);
    cr_assert_leq(ops.n_ops, 128);
    for (size_t i = 0; i < ops.n_ops; i++) {
        modes[i] = ENGINE_APPLY;
    }
    const struct engine_task task = {.ops = &ops,
                                     .modes = modes,
                                     .copy_wires = copies,
                                     .n_wires = N,
                                     .n_qpus = 1,
                                     .wire_qpu = qpus};
    cr_assert_eq(statevector_create(&engine, &task, comm_world(), &layout_tuning_default),
                 STATUS_OK);
    cr_assert_eq(engine->class->begin(engine), STATUS_OK);
    cr_assert_eq(engine->class->run(engine, 0, ops.n_ops), STATUS_OK);
    double *table = make_table(engine, wires);
    for (size_t i = 0; i < sizeof n_shots / sizeof *n_shots; i++) {
        check_shots(engine, wires, table, n_shots[i]);
    }
    free(table);
    engine->class->destroy(engine);
    op_list_fini(&ops);
}
