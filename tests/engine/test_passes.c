/* Whatever the tiles, chunks, ranks and threads, the same calls give the same bits; other cuts of a
 * run change the last digits only. */
#include <criterion/criterion.h>
#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "engine/statevector/fuse.h"
#include "engine/statevector/statevector.h"
#include "support/random_run.h"
#include "support/random_tuning.h"
#include "support/written.h"

static const struct layout_tuning sweeps[] = {
    {.chunk_bits = 16, .min_slice_bits = 12, .balance_log = 3},
    {.chunk_bits = 5, .min_slice_bits = 8, .balance_log = 1},
};
static const struct layout_tuning passes[] = {
    {.chunk_bits = 16, .min_slice_bits = 12, .pass_bits = 16, .piece_bits = 11, .balance_log = 3},
    {.chunk_bits = 16, .min_slice_bits = 12, .pass_bits = 3, .piece_bits = 3, .balance_log = 3},
    {.chunk_bits = 16,
     .min_slice_bits = 12,
     .pass_bits = 7,
     .more_bits = 1,
     .piece_bits = 4,
     .balance_log = 3},
    {.chunk_bits = 8,
     .min_slice_bits = 8,
     .pass_bits = 9,
     .more_bits = 2,
     .piece_bits = 6,
     .balance_log = 1},
    {.chunk_bits = 5, .min_slice_bits = 8, .pass_bits = 30, .piece_bits = 9, .balance_log = 1},
    {.chunk_bits = 4, .min_slice_bits = 8, .pass_bits = 5, .piece_bits = 3, .balance_log = 0},
};
enum { N_SWEEPS = 2, N_PASSES = sizeof passes / sizeof *passes, MAX_WIRES = 13 };

static struct engine *open_engine(const struct engine_task *task,
                                  const struct layout_tuning *tuning) {
    struct engine *engine = NULL;
    cr_assert_eq(statevector_create(&engine, task, comm_world(), tuning), STATUS_OK);
    cr_assert_eq(engine->class->begin(engine), STATUS_OK);
    return engine;
}

/* ---- programs with pairs, copies, measurements ---- */

struct digest {
    uint64_t run, look;
};

static struct digest digest_of(const struct random_task *random,
                               const struct layout_tuning *tuning) {
    double error = 0;
    const struct layout_tuning chosen = random_tuning(tuning, random->seed);
    struct engine *engine = open_engine(&random->task, &chosen);
    struct digest digest = {.run = random_run(engine, random, NULL, &error)};
    digest.look = random_look(engine, random, NULL, &error);
    engine->class->destroy(engine);
    return digest;
}

Test(passes, whole_programs_give_the_same_bits) {
    comm_start_alone();
    for (uint64_t seed = 0; seed < 12; seed++) {
        struct random_task random;
        random_task_init(&random, seed, 1 + (uint32_t)seed, 2, 100);
        struct digest expected = digest_of(&random, &sweeps[seed % N_SWEEPS]);
        for (int i = 0; i < N_PASSES; i++) {
            omp_set_num_threads(1 + i % 2);
            struct digest seen = digest_of(&random, &passes[i]);
            cr_assert_eq(seen.run, expected.run, "seed %d, tuning %d", (int)seed, i);
            cr_assert_eq(seen.look, expected.look, "seed %d, tuning %d", (int)seed, i);
        }
        random_task_fini(&random);
    }
}

/* ---- gates only ---- */

struct gates {
    struct written written;
    uint64_t seed, n_drawn;
};

static uint32_t below(struct gates *gates, uint32_t n) {
    return (uint32_t)(rng_uniform(gates->seed, gates->n_drawn++, 3, RNG_TEST) * n);
}

/* Prime to n: steps from any wire meet all n. */
static uint32_t pick_step(struct gates *gates, uint32_t n) {
    uint32_t step = 1 + below(gates, n - 1), a = n, b = step;
    while (b != 0) {
        uint32_t rest = a % b;
        a = b;
        b = rest;
    }
    return a == 1 ? step : 1;
}

/* Any gate, on wires of one half or (with n_parts = 1) of all. */
static void add_gate(struct gates *gates, uint32_t n_parts) {
    enum gate_id id = (enum gate_id)below(gates, GATE_COUNT);
    const struct gate_info *info = gate_get(id);
    uint32_t n = gates->written.task.n_wires / n_parts, first = below(gates, n_parts) * n;
    uint32_t wires[GATE_MAX_QUBITS], at = below(gates, n);
    uint32_t step = pick_step(gates, n);
    double params[GATE_MAX_PARAMS];
    for (unsigned i = 0; i < info->n_qubits; i++) {
        wires[i] = first + (at + i * step) % n;
    }
    for (unsigned i = 0; i < info->n_params; i++) {
        params[i] = 0.1 * (double)below(gates, 60) - 3;
    }
    written_add_gate(&gates->written, id, wires, params);
}

static void gates_init(struct gates *gates, uint64_t seed, uint32_t n_wires, size_t n,
                       uint32_t n_parts) {
    *gates = (struct gates){.seed = seed};
    written_init(&gates->written, n_wires, 1);
    for (size_t i = 0; i < n; i++) {
        add_gate(gates, n_parts);
    }
}

/* In calls of 1 to max_step ops, the same at every call; a probability is asked for in between. */
static double *run_cut(struct gates *gates, const struct layout_tuning *tuning, uint32_t max_step) {
    const struct engine_task *task = &gates->written.task;
    const struct layout_tuning chosen = random_tuning(tuning, gates->seed);
    struct engine *engine = open_engine(task, &chosen);
    gates->n_drawn = UINT64_C(1) << 32;
    for (size_t i = 0; i < task->ops->n_ops;) {
        size_t last = i + 1 + below(gates, max_step);
        last = last < task->ops->n_ops ? last : task->ops->n_ops;
        cr_assert_eq(engine->class->run(engine, i, last), STATUS_OK);
        i = last;
        double p = 0;
        uint32_t wire = below(gates, task->n_wires);
        cr_assert_eq(engine->class->probability(engine, &p, wire), STATUS_OK);
    }
    double *amps = written_amplitudes(&gates->written, engine);
    engine->class->destroy(engine);
    return amps;
}

static void check_gates(uint64_t seed, uint32_t n_wires, size_t n_gates, uint32_t n_parts) {
    static struct gates gates;
    size_t n_doubles = (size_t)2 << n_wires, n_bytes = n_doubles * sizeof(double);
    gates_init(&gates, seed, n_wires, n_gates, n_parts);
    double *apart = run_cut(&gates, &sweeps[seed % N_SWEEPS], 1);
    for (uint32_t max_step = (uint32_t)n_gates; max_step > 3; max_step /= 12) {
        double *expected = run_cut(&gates, &sweeps[seed % N_SWEEPS], max_step), error = 0;
        for (size_t i = 0; i < n_doubles; i++) {
            error = fmax(error, fabs(expected[i] - apart[i]));
        }
        cr_assert_lt(error, 1e-13, "seed %d, %u at once: off by %g", (int)seed, max_step, error);
        for (int i = 0; i < N_PASSES; i++) {
            omp_set_num_threads(1 + i % 2);
            double *seen = run_cut(&gates, &passes[i], max_step);
            cr_assert_eq(memcmp(seen, expected, n_bytes), 0, "seed %d, tuning %d, %u at once",
                         (int)seed, i, max_step);
            free(seen);
        }
        free(expected);
    }
    free(apart);
    written_fini(&gates.written);
}

Test(passes, tiles_do_not_matter) {
    comm_start_alone();
    for (uint64_t seed = 0; seed < 6; seed++) {
        check_gates(seed, 9 + (uint32_t)seed % 3, 150, 1);
    }
    check_gates(20, MAX_WIRES, 40, 1);
}

Test(passes, many_gates_at_once) {
    comm_start_alone();
    check_gates(40, 7, 1000, 1);
}

Test(passes, groups_that_take_turns) {
    comm_start_alone();
    for (uint64_t seed = 50; seed < 52; seed++) {
        check_gates(seed, 12, 200, 2);
    }
}

/* Stages of many wires. */
Test(passes, large_groups) {
    enum { N = FUSE_LARGE_GROUP };
    struct written written;
    double *amps[3];
    const struct layout_tuning *tunings[3] = {&layout_tuning_default, &sweeps[0], &passes[2]};
    comm_start_alone();
    written_init(&written, N, 1);
    for (uint32_t i = 0; i < 9 * N; i++) {
        static const enum gate_id ids[] = {GATE_H, GATE_CZ, GATE_RX};
        const uint32_t layer = i / N, wire = i % N;
        written_gate(&written, ids[layer % 3], wire, (wire + layer) % N, 0.1 * i);
    }
    for (int i = 0; i < 3; i++) {
        omp_set_num_threads(1 + 2 * i); /* more than cores: some take tiles of others */
        amps[i] = written_run(&written, tunings[i]);
        cr_assert_eq(memcmp(amps[0], amps[i], sizeof(double) << (N + 1)), 0, "tuning %d", i);
    }
    for (int i = 0; i < 3; i++) {
        free(amps[i]);
    }
    written_fini(&written);
}

/* What waits belongs to the state that a snapshot keeps, and to none that begins or comes back. */
Test(passes, waiting_gates_and_snapshots) {
    static struct gates gates;
    const size_t n_bytes = sizeof(double) << 11;
    void *snapshot = NULL;
    comm_start_alone();
    gates_init(&gates, 60, 10, 100, 1);
    struct engine *engine = open_engine(&gates.written.task, &passes[2]);
    cr_assert_eq(engine->class->run(engine, 0, 50), STATUS_OK);
    cr_assert_eq(engine->class->snapshot(engine, &snapshot), STATUS_OK);
    cr_assert_eq(engine->class->run(engine, 50, 100), STATUS_OK);
    double *expected = written_amplitudes(&gates.written, engine);
    cr_assert_eq(engine->class->run(engine, 20, 40), STATUS_OK);
    cr_assert_eq(engine->class->restore(engine, snapshot), STATUS_OK);
    cr_assert_eq(engine->class->run(engine, 50, 100), STATUS_OK);
    double *seen = written_amplitudes(&gates.written, engine);
    cr_assert_eq(memcmp(seen, expected, n_bytes), 0);
    free(seen);
    cr_assert_eq(engine->class->run(engine, 20, 40), STATUS_OK);
    cr_assert_eq(engine->class->begin(engine), STATUS_OK);
    cr_assert_eq(engine->class->run(engine, 0, 50), STATUS_OK);
    cr_assert_eq(engine->class->run(engine, 50, 100), STATUS_OK);
    seen = written_amplitudes(&gates.written, engine);
    cr_assert_eq(memcmp(seen, expected, n_bytes), 0);
    free(seen);
    free(expected);
    engine->class->drop(engine, snapshot);
    engine->class->destroy(engine);
    written_fini(&gates.written);
}
