/* The state-vector engine on one process against the naive reference. */
#include <criterion/criterion.h>
#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "base/rng.h"
#include "engine/statevector/costs.h"
#include "engine/statevector/plan.h"
#include "engine/statevector/statevector.h"
#include "engine/statevector/store.h"
#include "support/messages.h"
#include "support/random_run.h"
#include "support/written.h"

static const struct layout_tuning small = {
    .chunk_bits = 5, .min_slice_bits = 8, .pass_bits = 7, .piece_bits = 4, .balance_log = 1};
static const struct layout_tuning tiny = {.chunk_bits = 4, .min_slice_bits = 8, .balance_log = 1};

static struct engine *open_engine(const struct random_task *random,
                                  const struct layout_tuning *tuning) {
    struct engine *engine = NULL;
    cr_assert_eq(statevector_create(&engine, &random->task, comm_world(), tuning), STATUS_OK);
    return engine;
}

static void check_random(uint64_t seed, uint32_t n_wires, size_t n_ops,
                         const struct layout_tuning *tuning, enum precision precision) {
    const double bound = precision == PRECISION_SINGLE ? 1e-5 : 1e-11;
    struct random_task random;
    struct naive_state naive;
    double error = 0;
    random_task_init(&random, seed, n_wires, 3, n_ops);
    random.task.precision = precision;
    naive_init(&naive, n_wires);
    struct engine *engine = open_engine(&random, tuning);
    random_run(engine, &random, &naive, &error);
    cr_assert_lt(error, bound, "seed %d, %u wires: probabilities off by %g", (int)seed, n_wires,
                 error);
    random_look(engine, &random, &naive, &error);
    cr_assert_lt(error, bound, "seed %d, %u wires: state off by %g", (int)seed, n_wires, error);
    engine->class->destroy(engine);
    naive_fini(&naive);
    random_task_fini(&random);
}

Test(statevector, random_programs_agree_with_the_naive_state) {
    comm_start_alone();
    for (uint64_t seed = 0; seed < 60; seed++) {
        uint32_t n_wires = 1 + (uint32_t)(seed % 8);
        check_random(seed, n_wires, 30 + seed, &layout_tuning_default, PRECISION_DOUBLE);
        check_random(seed + 1000, n_wires, 30 + seed, &tiny, PRECISION_DOUBLE);
        check_random(seed, n_wires, 30 + seed, &layout_tuning_default, PRECISION_SINGLE);
        check_random(seed + 1000, n_wires, 30 + seed, &tiny, PRECISION_SINGLE);
    }
}

/* Kernels are those that QSPAN_ISA names, of the task's precision. */
Test(statevector, the_isa_asked_for_is_used) {
    enum cpu_isa best;
    comm_start_alone();
    unsetenv("QSPAN_ISA");
    cr_assert_eq(cpu_detect_isa(&best), STATUS_OK);
    for (int choice = 0; choice <= 2 * (int)best + 1; choice++) {
        const char *isa = cpu_isa_name((enum cpu_isa)(choice / 2));
        struct random_task random;
        random_task_init(&random, 1, 4, 3, 20);
        random.task.precision = choice % 2 ? PRECISION_SINGLE : PRECISION_DOUBLE;
        setenv("QSPAN_ISA", isa, 1);
        struct engine *engine = open_engine(&random, &layout_tuning_default);
        cr_assert_str_eq(statevector_kernels_of(engine)->isa, isa);
        cr_assert_eq(statevector_kernels_of(engine)->precision, random.task.precision);
        engine->class->destroy(engine);
        random_task_fini(&random);
    }
}

/* Whatever operators are said to cost, the state is the same. */
Test(statevector, any_costs_give_the_same_state) {
    comm_start_alone();
    for (uint64_t seed = 0; seed < 40; seed++) {
        struct costs costs;
        double *const all = (double *)&costs;
        for (size_t i = 0; i < sizeof costs / sizeof *all; i++) {
            const uint32_t u = rng_draw(seed, i, 0, RNG_TEST).word[0];
            all[i] = ldexp((double)u, -32) * (u % 4 == 0 ? 100 : 10);
        }
        struct layout_tuning tuning = seed % 2 ? small : tiny;
        tuning.costs = &costs;
        check_random(seed + 2000, 1 + (uint32_t)(seed % 8), 60, &tuning, PRECISION_DOUBLE);
        check_random(seed + 2000, 1 + (uint32_t)(seed % 8), 60, &tuning, PRECISION_SINGLE);
    }
}

Test(statevector, measured_costs_are_sound) {
    enum cpu_isa best = CPU_SCALAR;
    cr_assert_eq(cpu_detect_isa(&best), STATUS_OK);
    for (int isa = CPU_SCALAR; isa <= (int)best; isa++) {
        struct costs costs;
        costs_measure(&costs, statevector_kernels_get((enum cpu_isa)isa, PRECISION_DOUBLE));
        const double *const all = (const double *)&costs;
        for (size_t i = 0; i < sizeof costs / sizeof *all; i++) {
            cr_expect(isfinite(all[i]) && all[i] >= 0, "%zu is %g", i, all[i]);
        }
        cr_expect_gt(costs.real, 0);
        cr_expect_gt(costs.dense[3], 0);
    }
}

Test(statevector, large_groups_in_many_chunks) {
    comm_start_alone();
    for (uint64_t seed = 100; seed < 104; seed++) {
        check_random(seed, 10, 120, &small, PRECISION_DOUBLE);
        check_random(seed, 11, 60, &tiny, PRECISION_DOUBLE);
        check_random(seed, 11, 120, &small, PRECISION_SINGLE);
        check_random(seed, 12, 60, &tiny, PRECISION_SINGLE);
    }
}

/* ---- what plans and runs need ---- */

static void gate(struct written *written, enum gate_id id, uint32_t a, uint32_t b) {
    static const double params[GATE_MAX_PARAMS] = {0.3, 0.4, 0.5, 0.6};
    written_add_gate(written, id, (uint32_t[]){a, b}, params);
}

static struct engine_figures plan_of(const struct written *written, int n_ranks) {
    struct engine_figures figures;
    cr_assert_eq(engine_statevector.plan(&figures, &written->task, n_ranks), STATUS_OK);
    return figures;
}

Test(plan, qpus_that_share_bits_only_cost_their_own_vectors) {
    static struct written written;
    written_init(&written, 40, 2);
    for (uint32_t i = 0; i < 40; i++) {
        gate(&written, GATE_H, i, 0);
    }
    for (uint32_t i = 0; i < 39; i++) {
        if (i != 19) {
            gate(&written, GATE_CX, i, i + 1);
            gate(&written, GATE_RX, i, 0);
        }
    }
    for (int n_ranks = 1; n_ranks <= 4; n_ranks++) {
        struct engine_figures figures = plan_of(&written, n_ranks);
        cr_assert_eq(figures.peak_group_qubits, 20);
        cr_assert_eq(figures.total_amps, UINT64_C(2) << 20);
        uint64_t per_rank =
            n_ranks == 1 ? UINT64_C(2) << 24 : UINT64_C(1) << (26 - (n_ranks > 3 ? 3 : 2));
        cr_assert_leq(figures.peak_bytes, per_rank + (UINT64_C(5) << 20), "%d ranks", n_ranks);
    }
    written_fini(&written);
}

Test(plan, what_is_too_large_is_refused_with_a_figure) {
    static struct written written;
    static const uint32_t sizes[] = {40, 60, 64, 100, 1500};
    comm_start_alone();
    messages_keep();
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct engine *engine = NULL;
        written_init(&written, sizes[i], 4);
        gate(&written, GATE_H, 0, 0);
        for (uint32_t j = 1; j < sizes[i]; j++) {
            gate(&written, GATE_H, j, 0);
            gate(&written, GATE_CX, j - 1, j);
        }
        for (int n_ranks = 1; n_ranks < 300; n_ranks = 3 * n_ranks + 1) {
            struct engine_figures figures = plan_of(&written, n_ranks);
            cr_assert_eq(figures.peak_group_qubits, sizes[i]);
            cr_assert_geq(figures.peak_bytes, UINT64_C(1) << 34);
            cr_assert_eq(figures.total_amps == UINT64_MAX, sizes[i] >= 64);
        }
        cr_assert_eq(engine_statevector.create(&engine, &written.task, comm_world()), STATUS_NOFIT);
        written_fini(&written);
    }
}

Test(plan, max_bytes_is_kept) {
    static struct written written;
    struct engine *engine = NULL;
    comm_start_alone();
    messages_keep();
    written_init(&written, 18, 1);
    for (uint32_t j = 0; j < 18; j++) {
        gate(&written, GATE_H, j, 0);
        if (j > 0) {
            gate(&written, GATE_CX, j - 1, j);
        }
    }
    struct engine_figures figures = plan_of(&written, 1);
    written.task.max_bytes = figures.peak_bytes;
    cr_assert_eq(engine_statevector.create(&engine, &written.task, comm_world()), STATUS_OK);
    uint32_t peak = 0;
    uint64_t n_bytes = 0;
    void *snapshot = NULL;
    engine->class->begin(engine);
    engine->class->run(engine, 0, written.ops.n_ops);
    engine->class->usage(engine, &peak, &n_bytes);
    cr_assert_eq(peak, 18);
    cr_assert_leq(n_bytes, figures.peak_bytes);
    cr_assert_eq(engine->class->snapshot(engine, &snapshot), STATUS_NOFIT);
    engine->class->destroy(engine);
    written.task.max_bytes = figures.peak_bytes - 1;
    cr_assert_eq(engine_statevector.create(&engine, &written.task, comm_world()), STATUS_NOFIT);
    written_fini(&written);
}

static void write_dense(struct written *written, uint32_t n) {
    written_init(written, n, 1);
    for (uint32_t j = 0; j < n; j++) {
        gate(written, GATE_RX, j, 0);
    }
    for (uint32_t j = 0; j < 3 * n; j++) {
        gate(written, GATE_CRY, j % n, (j + 1) % n);
    }
}

/* One copy of the state, a share of it on every rank, and little more: from 16 MiB per rank on. */
Test(plan, memory_is_that_of_the_state) {
    static struct written written;
    for (unsigned log_ranks = 0; log_ranks <= 3; log_ranks++) {
        for (uint32_t n = 20; n <= 32; n += n < 23 ? 1 : 3) {
            write_dense(&written, n + log_ranks);
            for (int choice = 0; choice < 6; choice++) {
                const bool is_single = choice % 2;
                const double share = (is_single ? 8.0 : 16.0) * (double)BIT64(n);
                omp_set_num_threads(1 << choice / 2);
                written.task.precision = is_single ? PRECISION_SINGLE : PRECISION_DOUBLE;
                struct engine_figures figures = plan_of(&written, 1 << log_ranks);
                cr_assert_eq(figures.exchanged_bytes > 0, log_ranks > 0);
                if (share >= 0x1p24) {
                    cr_assert_leq((double)figures.peak_bytes, 1.1 * share,
                                  "%u wires, %d ranks, %d threads, %g of the state", n + log_ranks,
                                  1 << log_ranks, 1 << choice / 2,
                                  (double)figures.peak_bytes / share);
                }
            }
            written_fini(&written);
        }
    }
    omp_set_num_threads(1);
    write_dense(&written, 28);
    cr_assert_leq((double)plan_of(&written, 3).peak_bytes, 1.1 * 16.0 / 3 * (double)BIT64(28));
    written_fini(&written);
}

/* What is reserved is what was planned. */
Test(plan, is_what_a_run_reserves) {
    static struct written written;
    comm_start_alone();
    for (int n_threads = 1; n_threads <= 4; n_threads *= 2) {
        struct engine *engine = NULL;
        uint32_t n_qubits = 0;
        uint64_t n_bytes = 0;
        omp_set_num_threads(n_threads);
        write_dense(&written, 20);
        double planned = (double)plan_of(&written, 1).peak_bytes;
        cr_assert_eq(engine_statevector.create(&engine, &written.task, comm_world()), STATUS_OK);
        engine->class->usage(engine, &n_qubits, &n_bytes);
        cr_assert_leq((double)n_bytes, planned);
        cr_assert_geq((double)n_bytes, planned - 8192);
        engine->class->destroy(engine);
        written_fini(&written);
    }
}

/* Ops that a loop's later rounds merge although its first rounds do not. */
Test(plan, loops_are_walked_until_nothing_changes) {
    static struct written written;
    static const uint64_t rounds[] = {1, 3, 100};
    static const uint32_t peaks[] = {1, 3, 6};
    for (size_t i = 0; i < 3; i++) {
        size_t open = 0;
        struct src_loc loc = {0};
        written_init(&written, 6, 1);
        cr_assert_eq(op_list_open(&written.ops, &open, OP_REPEAT, OP_NO_EXPR, rounds[i], loc),
                     STATUS_OK);
        for (uint32_t j = 5; j > 0; j--) {
            gate(&written, GATE_CX, j - 1, j);
        }
        gate(&written, GATE_H, 0, 0);
        cr_assert_eq(op_list_close(&written.ops, open, loc), STATUS_OK);
        cr_assert_eq(plan_of(&written, 1).peak_group_qubits, peaks[i], "%u of %u rounds",
                     plan_of(&written, 1).peak_group_qubits, (unsigned)rounds[i]);
        written_fini(&written);
    }
}

Test(plan, measured_wires_leave_unless_in_an_if) {
    static struct written written;
    for (int is_in_if = 0; is_in_if < 2; is_in_if++) {
        size_t open = 0;
        struct src_loc loc = {0};
        written_init(&written, 8, 2);
        for (uint32_t round = 0; round < 7; round++) {
            gate(&written, GATE_H, 0, 0);
            gate(&written, GATE_CX, 0, round + 1);
            if (is_in_if) {
                uint32_t expr = 0;
                cr_assert_eq(expr_add(&written.ops, &expr, (struct expr){.kind = EXPR_CONST}),
                             STATUS_OK);
                cr_assert_eq(op_list_open(&written.ops, &open, OP_IF, expr, 0, loc), STATUS_OK);
            }
            written_op(&written, OP_MEASURE, ENGINE_MEASURE, &(uint32_t){round + 1}, 1, 0);
            if (is_in_if) {
                cr_assert_eq(op_list_close(&written.ops, open, loc), STATUS_OK);
            }
        }
        cr_assert_eq(plan_of(&written, 2).peak_group_qubits, is_in_if ? 8 : 2);
        written_fini(&written);
    }
}

/* ---- snapshots, samples ---- */

Test(statevector, snapshots_restore_several_times) {
    comm_start_alone();
    for (uint64_t seed = 300; seed < 303; seed++) {
        struct random_task random, other;
        double error = 0;
        void *snapshot = NULL;
        random_task_init(&random, seed, 9, 2, 80);
        struct engine *engine = open_engine(&random, seed % 2 ? &small : &layout_tuning_default);
        random_run(engine, &random, NULL, &error);
        uint64_t expected = random_look(engine, &random, NULL, &error);
        cr_assert_eq(engine->class->snapshot(engine, &snapshot), STATUS_OK);
        for (int i = 0; i < 2; i++) {
            other = random;
            other.seed = seed + 50 + (uint64_t)i; /* other outcomes */
            random_run(engine, &other, NULL, &error);
            cr_assert_eq(engine->class->restore(engine, snapshot), STATUS_OK);
            cr_assert_eq(random_look(engine, &random, NULL, &error), expected);
        }
        engine->class->drop(engine, snapshot);
        engine->class->destroy(engine);
        random_task_fini(&random);
    }
}

static double draw(void *ctx, size_t i, size_t shot) {
    return rng_uniform(*(const uint64_t *)ctx, i, (uint32_t)shot, RNG_MEASURE);
}

/* Shots drawn one wire at a time from the exact distribution, as the contract says. */
Test(statevector, samples_follow_conditional_marginals) {
    enum { N = 7, SHOTS = 5000 };
    comm_start_alone();
    for (uint64_t seed = 400; seed < 404; seed++) {
        struct random_task random;
        struct naive_state naive;
        double error = 0;
        uint32_t wires[N] = {4, 0, 6, 2, 5, 1, 3};
        static uint64_t rows[N * ((SHOTS + 63) / 64)], few[N];
        size_t words = bits_words(SHOTS);
        random_task_init(&random, seed, N, 2, 60);
        naive_init(&naive, N);
        struct engine *engine = open_engine(&random, &layout_tuning_default);
        random_run(engine, &random, &naive, &error);
        for (size_t i = 0; i < N; i++) {
            for (size_t w = 0; w < words; w++) {
                rows[i * words + w] = i % 2 ? 0x0ff0f0f0 : 0;
            }
            few[i] = rows[i * words];
        }
        cr_assert_eq(engine->class->sample(engine, rows, wires, N, SHOTS, draw, &seed), STATUS_OK);
        cr_assert_eq(engine->class->sample(engine, few, wires, N, 30, draw, &seed), STATUS_OK);
        for (size_t shot = 0; shot < SHOTS; shot++) {
            size_t known = 0, mask = 0;
            for (size_t i = 0; i < N; i++) {
                bool flip = i % 2 && (UINT64_C(0x0ff0f0f0) >> (shot % 64) & 1);
                double p[2] = {0, 0};
                for (size_t s = 0; s < 1 << N; s++) {
                    const double *a = naive.amps + 2 * s;
                    if ((s & mask) == known) {
                        p[s >> wires[i] & 1] += a[0] * a[0] + a[1] * a[1];
                    }
                }
                double p_one = p[1] / (p[0] + p[1]), u = draw(&seed, i, shot);
                double p_bit = flip ? 1 - p_one : p_one;
                bool bit = bits_get(rows + i * words, shot);
                cr_assert(bit == (u < p_bit) || fabs(u - p_bit) < 1e-12);
                cr_assert(shot >= 30 || bits_get(few + i, shot) == bit, "depends on n_shots");
                mask |= (size_t)1 << wires[i];
                known |= (size_t)(bit != flip) << wires[i];
            }
        }
        engine->class->destroy(engine);
        naive_fini(&naive);
        random_task_fini(&random);
    }
}

Test(statevector, no_gates_no_wires) {
    static struct written written;
    comm_start_alone();
    for (uint32_t n = 0; n < 3; n++) {
        struct engine *engine = NULL;
        double p = 1, amps[8];
        written_init(&written, n, 1);
        cr_assert_eq(engine_statevector.create(&engine, &written.task, comm_world()), STATUS_OK);
        engine->class->begin(engine);
        for (uint32_t i = 0; i < n; i++) {
            cr_assert_eq(engine->class->probability(engine, &p, i), STATUS_OK);
            cr_assert_eq(p, 0);
        }
        cr_assert_eq(engine->class->amplitudes(engine, amps, (uint32_t[]){0, 1}, n), STATUS_OK);
        cr_assert_eq(amps[0], 1);
        engine->class->destroy(engine);
        written_fini(&written);
    }
}

Test(statevector, amplitudes_of_part_of_a_group) {
    static struct written written;
    struct engine *engine = NULL;
    double amps[8];
    comm_start_alone();
    messages_keep();
    written_init(&written, 3, 1);
    gate(&written, GATE_RX, 0, 0);
    gate(&written, GATE_H, 2, 0);
    gate(&written, GATE_CX, 2, 1);
    gate(&written, GATE_CP, 1, 0);
    gate(&written, GATE_CX, 2, 1); /* 1 is |0> again but in the group */
    cr_assert_eq(engine_statevector.create(&engine, &written.task, comm_world()), STATUS_OK);
    engine->class->begin(engine);
    engine->class->run(engine, 0, 5);
    cr_assert_eq(engine->class->amplitudes(engine, amps, (uint32_t[]){0, 2}, 2), STATUS_OK);
    double c = cos(0.15), s = sin(0.15);
    const double *big = fabs(amps[0]) > fabs(amps[1]) ? amps : amps + 1;
    cr_assert_float_eq(fabs(big[0]), c / sqrt(2), 1e-12);
    cr_assert_float_eq(hypot(amps[6], amps[7]), s / sqrt(2), 1e-12);
    cr_assert_eq(engine->class->amplitudes(engine, amps, (uint32_t[]){2}, 1), STATUS_INPUT);
    engine->class->destroy(engine);
    written_fini(&written);
}

Test(engine, is_found_by_name) {
    size_t n = 0;
    const struct engine_class *const *list = engine_list(&n);
    cr_assert_geq(n, 1);
    for (size_t i = 0; i < n; i++) {
        cr_assert_eq(engine_find(list[i]->name), list[i]);
    }
    cr_assert_null(engine_find("Statevector"));
}

/* ---- wires that join ---- */

static double angle_of(uint32_t wire) {
    return 0.3 + 0.1 * wire;
}

/* Rotated wires, and phases between neighbours. */
static void write_chain(struct written *written, uint32_t n) {
    written_init(written, n, 1);
    for (uint32_t i = 0; i < n; i++) {
        written_gate(written, GATE_RY, i, 0, angle_of(i));
    }
    for (uint32_t i = 0; i + 1 < n; i++) {
        written_gate(written, GATE_CP, i, i + 1, angle_of(i));
    }
}

/* The whole vector does not fit the caches: it is written past them. */
Test(statevector, lone_wires_become_a_large_vector) {
    enum { N = 22 };
    static struct written chain;
    struct engine *engine = NULL;
    comm_start_alone();
    write_chain(&chain, N);
    cr_assert_eq(statevector_create(&engine, &chain.task, comm_world(), &layout_tuning_default),
                 STATUS_OK);
    cr_assert_eq(engine->class->begin(engine), STATUS_OK);
    cr_assert_eq(engine->class->run(engine, 0, chain.ops.n_ops), STATUS_OK);
    double *amps = written_amplitudes(&chain, engine);
    for (uint64_t at = 0; at < BIT64(N); at += 1 + at % 61) {
        double size = 1, phase = 0;
        for (uint32_t i = 0; i < N; i++) {
            size *= at >> i & 1 ? sin(angle_of(i) / 2) : cos(angle_of(i) / 2);
            phase += (at >> i & 3) == 3 ? angle_of(i) : 0;
        }
        cr_assert_float_eq(amps[2 * at], size * cos(phase), 1e-13);
        cr_assert_float_eq(amps[2 * at + 1], size * sin(phase), 1e-13);
    }
    free(amps);
    engine->class->destroy(engine);
    written_fini(&chain);
}

static double plan_bytes(uint32_t n_wires, int n_ranks) {
    static struct written chain;
    struct engine_figures figures;
    write_chain(&chain, n_wires);
    cr_assert_eq(statevector_plan(&figures, &chain.task, n_ranks, &layout_tuning_default),
                 STATUS_OK);
    written_fini(&chain);
    return (double)figures.peak_bytes;
}

/* From 8 MiB per rank on, whatever the number of ranks, buffers and what the last wires need while
 * they join included. */
Test(statevector, a_tenth_more_than_the_state) {
    comm_start_alone();
    omp_set_num_threads(1);
    for (uint32_t n_wires = 19; n_wires <= 24; n_wires++) {
        for (int n_ranks = 1; n_ranks <= 16; n_ranks++) {
            const double state = 16.0 * (double)BIT64(n_wires) / n_ranks;
            if (state >= 0x1p23) {
                const double bytes = plan_bytes(n_wires, n_ranks);
                cr_expect_leq(bytes, 1.1 * state, "%u wires, %d ranks: %.3f", n_wires, n_ranks,
                              bytes / state);
            }
        }
    }
}

Test(statevector, small_states_have_small_buffers) {
    comm_start_alone();
    omp_set_num_threads(1);
    for (uint32_t n_wires = 4; n_wires <= 18; n_wires++) {
        const double state = 16.0 * (double)BIT64(n_wires), bytes = plan_bytes(n_wires, 1);
        cr_expect_leq(bytes, 1.35 * state + 0x1p18, "%u wires: %g bytes", n_wires, bytes);
    }
}

/* Parts join in any order: each wire to the first ones, or as drawn. */
static void join_all(struct layout *layout, uint32_t n_wires, uint64_t seed) {
    for (uint32_t i = 1, k = 0; i < n_wires; k++) {
        const uint32_t wire = (uint32_t)(n_wires * rng_uniform(seed, 2 * k, 0, RNG_TEST));
        const uint32_t other = (uint32_t)(n_wires * rng_uniform(seed, 2 * k + 1, 0, RNG_TEST));
        const uint32_t pair[2] = {seed == 0 ? 0 : wire, seed == 0 ? i : other};
        const uint32_t group = layout->wires[pair[0]].group;
        if (pair[0] == pair[1] ||
            (group != LAYOUT_ALONE && group == layout->wires[pair[1]].group)) {
            continue;
        }
        cr_assert_eq(layout_join(layout, pair, 2), STATUS_OK);
        cr_assert_eq(layout_settle(layout, pair[0]), STATUS_OK, "%u wires, %d ranks, seed %d",
                     n_wires, layout->n_ranks, (int)seed);
        i++;
    }
}

/* A run may merge in other steps than the plan. */
Test(statevector, what_is_planned_is_enough_for_all_steps) {
    static struct written chain;
    comm_start_alone();
    omp_set_num_threads(1);
    for (uint32_t n_wires = 6; n_wires <= 24; n_wires++) {
        for (int n_ranks = 1; n_ranks <= 16; n_ranks++) {
            const uint64_t seed = n_wires + (uint64_t)n_ranks;
            struct plan_result plan;
            write_chain(&chain, n_wires);
            chain.task.precision = seed % 2 ? PRECISION_SINGLE : PRECISION_DOUBLE;
            cr_assert_eq(plan_make(&plan, &chain.task, n_ranks, &layout_tuning_default), STATUS_OK);
            struct layout_tuning tuning = layout_tuning_default;
            tuning.chunk_bits = plan.chunk_bits;
            for (unsigned k = 0; k < 3; k++) {
                struct layout layout;
                cr_assert_eq(layout_init(&layout, &chain.task, n_ranks, &tuning), STATUS_OK);
                store_fit(&layout, plan.pool_bytes, 1);
                layout.capacity = plan.pool_bytes;
                join_all(&layout, n_wires, k * seed);
                layout_fini(&layout);
            }
            written_fini(&chain);
        }
    }
}

Test(statevector, records_that_do_not_fit_are_refused) {
    const struct op_list none = {0};
    const struct engine_task task = {.ops = &none, .n_wires = UINT32_MAX, .n_qpus = 1};
    struct engine_figures figures;
    messages_keep();
    cr_assert_eq(engine_statevector.plan(&figures, &task, 1), STATUS_NOFIT);
    cr_assert_not_null(strstr(messages_all(), "records of 4294967295 qubits need"));
    cr_assert_not_null(strstr(messages_all(), " available"));
}
