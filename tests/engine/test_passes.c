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
    struct engine_task task;
    struct op_list ops;
    uint8_t modes[2000];
    uint32_t copies[2000], wire_qpu[FUSE_LARGE_GROUP];
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
    uint32_t n = gates->task.n_wires / n_parts, first = below(gates, n_parts) * n;
    uint32_t wires[GATE_MAX_QUBITS], at = below(gates, n);
    uint32_t step = pick_step(gates, n);
    double params[GATE_MAX_PARAMS];
    struct src_loc loc = {0};
    for (unsigned i = 0; i < info->n_qubits; i++) {
        wires[i] = first + (at + i * step) % n;
    }
    for (unsigned i = 0; i < info->n_params; i++) {
        params[i] = 0.1 * (double)below(gates, 60) - 3;
    }
    gates->modes[gates->ops.n_ops] = ENGINE_APPLY;
    cr_assert_eq(op_list_add_gate(&gates->ops, id, wires, params, loc), STATUS_OK);
}

static void gates_init(struct gates *gates, uint64_t seed, uint32_t n_wires, size_t n,
                       uint32_t n_parts) {
    *gates = (struct gates){.seed = seed};
    gates->task = (struct engine_task){.ops = &gates->ops,
                                       .modes = gates->modes,
                                       .copy_wires = gates->copies,
                                       .n_wires = n_wires,
                                       .n_qpus = 1,
                                       .wire_qpu = gates->wire_qpu};
    for (size_t i = 0; i < n; i++) {
        add_gate(gates, n_parts);
    }
}

static void read_amplitudes(struct engine *engine, double *out, uint32_t n) {
    uint32_t wires[FUSE_LARGE_GROUP];
    for (uint32_t i = 0; i < n; i++) {
        wires[i] = i;
    }
    cr_assert_eq(engine->class->amplitudes(engine, out, wires, n), STATUS_OK);
}

/* In calls of 1 to max_step ops, the same at every call; a probability is asked for in between. */
static void run_cut(double *out, struct gates *gates, const struct layout_tuning *tuning,
                    uint32_t max_step) {
    const struct layout_tuning chosen = random_tuning(tuning, gates->seed);
    struct engine *engine = open_engine(&gates->task, &chosen);
    gates->n_drawn = UINT64_C(1) << 32;
    for (size_t i = 0; i < gates->ops.n_ops;) {
        size_t last = i + 1 + below(gates, max_step);
        last = last < gates->ops.n_ops ? last : gates->ops.n_ops;
        cr_assert_eq(engine->class->run(engine, i, last), STATUS_OK);
        i = last;
        double p = 0;
        uint32_t wire = below(gates, gates->task.n_wires);
        cr_assert_eq(engine->class->probability(engine, &p, wire), STATUS_OK);
    }
    read_amplitudes(engine, out, gates->task.n_wires);
    engine->class->destroy(engine);
}

static void check_gates(uint64_t seed, uint32_t n_wires, size_t n_gates, uint32_t n_parts) {
    static struct gates gates;
    static double expected[2 << MAX_WIRES], seen[2 << MAX_WIRES], apart[2 << MAX_WIRES];
    size_t n_doubles = (size_t)2 << n_wires, n_bytes = n_doubles * sizeof(double);
    gates_init(&gates, seed, n_wires, n_gates, n_parts);
    run_cut(apart, &gates, &sweeps[seed % N_SWEEPS], 1);
    for (uint32_t max_step = (uint32_t)n_gates; max_step > 3; max_step /= 12) {
        run_cut(expected, &gates, &sweeps[seed % N_SWEEPS], max_step);
        double error = 0;
        for (size_t i = 0; i < n_doubles; i++) {
            error = fmax(error, fabs(expected[i] - apart[i]));
        }
        cr_assert_lt(error, 1e-13, "seed %d, %u at once: off by %g", (int)seed, max_step, error);
        for (int i = 0; i < N_PASSES; i++) {
            omp_set_num_threads(1 + i % 2);
            run_cut(seen, &gates, &passes[i], max_step);
            cr_assert_eq(memcmp(seen, expected, n_bytes), 0, "seed %d, tuning %d, %u at once",
                         (int)seed, i, max_step);
        }
    }
    op_list_fini(&gates.ops);
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
    static struct gates gates;
    double *amps[3];
    const struct layout_tuning *tunings[3] = {&layout_tuning_default, &sweeps[0], &passes[2]};
    comm_start_alone();
    gates = (struct gates){.seed = 70};
    gates.task = (struct engine_task){.ops = &gates.ops,
                                      .modes = gates.modes,
                                      .copy_wires = gates.copies,
                                      .n_wires = N,
                                      .n_qpus = 1,
                                      .wire_qpu = gates.wire_qpu};
    for (uint32_t i = 0; i < 9 * N; i++) {
        static const enum gate_id ids[] = {GATE_H, GATE_CZ, GATE_RX};
        uint32_t layer = i / N, wire = i % N, wires[2] = {wire, (wire + layer) % N};
        double angle = 0.1 * i;
        gates.modes[i] = ENGINE_APPLY;
        cr_assert_eq(
            op_list_add_gate(&gates.ops, ids[layer % 3], wires, &angle, (struct src_loc){0}),
            STATUS_OK);
    }
    for (int i = 0; i < 3; i++) {
        omp_set_num_threads(1 + i % 2);
        amps[i] = malloc(sizeof(double) << (N + 1));
        struct engine *engine = open_engine(&gates.task, tunings[i]);
        cr_assert_eq(engine->class->run(engine, 0, gates.ops.n_ops), STATUS_OK);
        read_amplitudes(engine, amps[i], N);
        engine->class->destroy(engine);
        cr_assert_eq(memcmp(amps[0], amps[i], sizeof(double) << (N + 1)), 0, "tuning %d", i);
    }
    for (int i = 0; i < 3; i++) {
        free(amps[i]);
    }
    op_list_fini(&gates.ops);
}

/* What waits belongs to the state that a snapshot keeps, and to none that begins or comes back. */
Test(passes, waiting_gates_and_snapshots) {
    static struct gates gates;
    static double expected[2 << 10], seen[2 << 10];
    void *snapshot = NULL;
    comm_start_alone();
    gates_init(&gates, 60, 10, 100, 1);
    struct engine *engine = open_engine(&gates.task, &passes[2]);
    cr_assert_eq(engine->class->run(engine, 0, 50), STATUS_OK);
    cr_assert_eq(engine->class->snapshot(engine, &snapshot), STATUS_OK);
    cr_assert_eq(engine->class->run(engine, 50, 100), STATUS_OK);
    read_amplitudes(engine, expected, 10);
    cr_assert_eq(engine->class->run(engine, 20, 40), STATUS_OK);
    cr_assert_eq(engine->class->restore(engine, snapshot), STATUS_OK);
    cr_assert_eq(engine->class->run(engine, 50, 100), STATUS_OK);
    read_amplitudes(engine, seen, 10);
    cr_assert_eq(memcmp(seen, expected, sizeof seen), 0);
    cr_assert_eq(engine->class->run(engine, 20, 40), STATUS_OK);
    cr_assert_eq(engine->class->begin(engine), STATUS_OK);
    cr_assert_eq(engine->class->run(engine, 0, 50), STATUS_OK);
    cr_assert_eq(engine->class->run(engine, 50, 100), STATUS_OK);
    read_amplitudes(engine, seen, 10);
    cr_assert_eq(memcmp(seen, expected, sizeof seen), 0);
    engine->class->drop(engine, snapshot);
    engine->class->destroy(engine);
    op_list_fini(&gates.ops);
}

/* Wires that are alone, joined one by one by phases and then mixed: the phases among the first go
 * on small vectors, and the whole vector is swept once or twice, not once for each join. */
Test(passes, joins_wait_for_one_another) {
    enum { N = 18 };
    struct gates gates = {.task = {.n_wires = N, .n_qpus = 1}};
    const struct src_loc loc = {0};
    const double angle = 0.7;
    comm_start_alone();
    gates.task.ops = &gates.ops;
    gates.task.modes = gates.modes;
    gates.task.copy_wires = gates.copies;
    gates.task.wire_qpu = gates.wire_qpu;
    memset(gates.modes, ENGINE_APPLY, sizeof gates.modes);
    for (uint32_t i = 0; i < N; i++) {
        op_list_add_gate(&gates.ops, GATE_RY, &i, &angle, loc);
    }
    for (uint32_t i = 0; i + 1 < N; i++) {
        op_list_add_gate(&gates.ops, GATE_CP, (uint32_t[]){i, i + 1}, &angle, loc);
    }
    for (uint32_t i = 0; i < N; i++) {
        op_list_add_gate(&gates.ops, GATE_RY, &i, &angle, loc);
    }
    struct engine *engine = open_engine(&gates.task, &layout_tuning_default);
    cr_assert_eq(engine->class->run(engine, 0, gates.ops.n_ops), STATUS_OK);
    const double sweep = 32.0 * (1 << N);
    cr_expect_leq(statevector_work(engine).n_bytes, 1.5 * sweep);
    engine->class->destroy(engine);
    op_list_fini(&gates.ops);
}
