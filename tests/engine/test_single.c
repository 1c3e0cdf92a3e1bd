/* The state-vector engine in single precision beside double. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

#include "base/rng.h"
#include "support/written.h"

enum { N = 12 };
#define EPSILON 0x1p-24 /* of a rounding to float */

static double draw(uint64_t *n_drawn) {
    return rng_uniform(17, (*n_drawn)++, 0, RNG_TEST);
}

/* Layers of random rotations and of two-qubit gates on random pairs. */
static void fill_random(struct written *written, size_t n_gates) {
    static const enum gate_id ids[] = {GATE_RX, GATE_RY, GATE_RZ, GATE_H,
                                       GATE_CX, GATE_CZ, GATE_RX, GATE_RY};
    uint64_t n_drawn = 0;
    for (size_t i = 0; i < n_gates; i++) {
        const enum gate_id id = ids[(size_t)(draw(&n_drawn) * 8)];
        const uint32_t a = (uint32_t)(draw(&n_drawn) * N);
        const uint32_t b = (a + 1 + (uint32_t)(draw(&n_drawn) * (N - 1))) % N;
        written_gate(written, id, a, b, 6 * draw(&n_drawn));
    }
}

static double *run(struct written *written, enum precision precision) {
    written->task.precision = precision;
    return written_run(written, &layout_tuning_default);
}

/* Roundings of different gates add up as a random walk does. */
Test(single, errors_grow_with_the_root_of_the_gates) {
    static struct written written;
    comm_start_alone();
    for (size_t n_gates = 250; n_gates <= 4000; n_gates *= 4) {
        written_init(&written, N, 1);
        fill_random(&written, n_gates);
        double *exact = run(&written, PRECISION_DOUBLE), *amps = run(&written, PRECISION_SINGLE);
        double distance = 0, norm = 0;
        for (size_t i = 0; i < 2 << N; i++) {
            distance += (amps[i] - exact[i]) * (amps[i] - exact[i]);
            norm += amps[i] * amps[i];
        }
        const double bound = 2 * EPSILON * sqrt((double)n_gates);
        cr_assert_lt(sqrt(distance), bound, "%zu gates: off by %g, not %g", n_gates, sqrt(distance),
                     bound);
        cr_assert_lt(fabs(norm - 1), 2 * bound, "%zu gates: norm %.9f", n_gates, norm);
        cr_assert_gt(distance, 0, "that is double precision");
        free(exact);
        free(amps);
        written_fini(&written);
    }
}

/* A ladder of phases: angles are integers, so that small ones are not lost. */
Test(single, small_angles_add_up) {
    static struct written written;
    uint64_t n_drawn = 0;
    comm_start_alone();
    written_init(&written, N, 1);
    fill_random(&written, 100);
    for (size_t i = 0; i < 3000; i++) {
        const uint32_t a = (uint32_t)(i % N), b = (a + 1 + (uint32_t)(i / N) % (N - 1)) % N;
        written_gate(&written, GATE_CP, a, b, 1e-7 * (1 + draw(&n_drawn)));
    }
    double *exact = run(&written, PRECISION_DOUBLE), *amps = run(&written, PRECISION_SINGLE);
    for (size_t i = 0; i < 2 << N; i++) {
        cr_assert_lt(fabs(amps[i] - exact[i]), 1e-6);
    }
    free(exact);
    free(amps);
    written_fini(&written);
}

Test(single, plans_need_half_the_bytes) {
    static struct written written;
    struct engine_figures in_double, in_single;
    written_init(&written, 30, 1);
    for (uint32_t i = 0; i < 30; i++) {
        written_gate(&written, i == 0 ? GATE_H : GATE_CX, i == 0 ? 0 : i - 1, i, 0);
    }
    for (int n_ranks = 1; n_ranks <= 5; n_ranks++) {
        written.task.precision = PRECISION_DOUBLE;
        cr_assert_eq(engine_statevector.plan(&in_double, &written.task, n_ranks), STATUS_OK);
        written.task.precision = PRECISION_SINGLE;
        cr_assert_eq(engine_statevector.plan(&in_single, &written.task, n_ranks), STATUS_OK);
        const double ratio = (double)in_single.peak_bytes / (double)in_double.peak_bytes;
        cr_assert(ratio > 0.49 && ratio < 0.52, "%d ranks: %g", n_ranks, ratio);
        cr_assert_eq(in_single.total_amps, in_double.total_amps);
        cr_assert_leq(in_single.exchanged_bytes, in_double.exchanged_bytes);
    }
    written_fini(&written);
}
