/* What costs nothing, what one pass, and what less than a pass: counted, not timed. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

#include "base/bits.h"
#include "engine/statevector/statevector.h"
#include "support/written.h"

/* Several tiles, several chunks. */
enum { N = 19 };
static const double sweep = 2 * 16.0 * (1 << N); /* bytes: each amplitude is read and written */

/* Wires first .. last-1 in one vector, no two alike. */
static void entangle(struct written *written, uint32_t first, uint32_t last) {
    for (unsigned layer = 0; layer < 2; layer++) {
        for (uint32_t i = first; i < last; i++) {
            written_gate(written, GATE_RY, i, 0, 0.3 + 0.1 * i + layer);
        }
        for (uint32_t i = first; i + 1 < last; i++) {
            written_gate(written, GATE_CX, i, i + 1, 0);
        }
    }
}

static struct engine *open_engine(const struct written *written) {
    struct engine *engine = NULL;
    comm_start_alone();
    cr_assert_eq(engine_statevector.create(&engine, &written->task, comm_world()), STATUS_OK);
    cr_assert_eq(engine->class->begin(engine), STATUS_OK);
    return engine;
}

/* What ops first .. last-1 do, in one call. */
static struct pass_work work_of(struct engine *engine, size_t first, size_t last) {
    const struct pass_work before = statevector_work(engine);
    cr_assert_eq(engine->class->run(engine, first, last), STATUS_OK);
    struct pass_work work = statevector_work(engine);
    work.n_passes -= before.n_passes;
    work.n_bytes -= before.n_bytes;
    work.n_grown -= before.n_grown;
    work.n_streamed -= before.n_streamed;
    work.n_flops -= before.n_flops;
    return work;
}

static void finish(struct written *written, struct engine *engine) {
    engine->class->destroy(engine);
    written_fini(written);
}

/* What the ops from `first` on do, when those before are done. */
static struct pass_work work_after(struct written *written, size_t first) {
    struct engine *engine = open_engine(written);
    work_of(engine, 0, first);
    const struct pass_work work = work_of(engine, first, written->ops.n_ops);
    finish(written, engine);
    return work;
}

Test(work, flips_and_swaps_are_free) {
    struct written written;
    written_init(&written, N, 1);
    entangle(&written, 0, N);
    const size_t first = written.ops.n_ops;
    for (uint32_t i = 0; i < N; i++) {
        written_gate(&written, GATE_X, i, 0, 0);
        written_gate(&written, GATE_SWAP, i, (i + 7) % N, 0);
    }
    const struct pass_work work = work_after(&written, first);
    cr_expect(work.n_passes == 0 && work.n_bytes == 0 && work.n_grown == 0);
}

/* On all wires, between all of them, and under flips. */
Test(work, any_number_of_phases_is_one_pass) {
    struct written written;
    written_init(&written, N, 1);
    entangle(&written, 0, N);
    const size_t first = written.ops.n_ops;
    for (uint32_t i = 0; i < N; i++) {
        written_gate(&written, GATE_RZ, i, 0, 0.1 * i);
        written_gate(&written, GATE_X, i, 0, 0);
        for (uint32_t j = 0; j < i; j++) {
            written_gate(&written, GATE_CP, i, j, 0.01 * (i + j));
            written_gate(&written, GATE_RZZ, i, j, 0.02);
        }
        written_gate(&written, GATE_CZ, i, (i + 5) % N, 0);
    }
    const struct pass_work work = work_after(&written, first);
    cr_expect(work.n_passes == 1 && work.n_bytes == sweep, "%g passes", work.n_passes);
}

/* Many gates on as many wires as a tile mixes are one sweep. */
Test(work, gates_of_a_tile_are_one_pass) {
    struct written written;
    written_init(&written, N, 1);
    entangle(&written, 0, N);
    const size_t first = written.ops.n_ops;
    for (unsigned layer = 0; layer < 20; layer++) {
        for (uint32_t i = 0; i < 10; i++) {
            written_gate(&written, GATE_RX, i, 0, 0.3 + layer);
            written_gate(&written, GATE_CX, i, (i + 1) % 10, 0);
        }
    }
    const struct pass_work work = work_after(&written, first);
    cr_expect(work.n_passes == 1, "%g passes", work.n_passes);
}

/* A multiply-add for each real number and wire, and once the factor that all have in common. */
Test(work, rotations_and_reflections_take_a_multiply_add) {
    static const enum gate_id kinds[3] = {GATE_RX, GATE_RY, GATE_H};
    struct written written;
    written_init(&written, N, 1);
    entangle(&written, 0, N);
    const size_t first = written.ops.n_ops;
    for (uint32_t i = 0; i < N; i++) {
        written_gate(&written, kinds[i % 3], i, 0, 0.35 * i - 3);
    }
    const struct pass_work work = work_after(&written, first);
    cr_expect_eq(work.n_flops, (4.0 * N + 2) * (1 << N), "%g", work.n_flops / (1 << N));
}

/* A controlled gate whose control is |0>, and phases on it, need no vector. */
Test(work, fresh_wires_cost_nothing) {
    struct written written;
    written_init(&written, N, 1);
    for (uint32_t i = 0; i + 1 < N; i++) {
        written_gate(&written, GATE_RY, i, 0, 0.3);
        written_gate(&written, GATE_CX, N - 1, i, 0);
        written_gate(&written, GATE_CP, i, N - 1, 0.3);
        written_gate(&written, GATE_CRY, N - 1, i, 0.3);
    }
    struct engine *engine = open_engine(&written);
    const struct pass_work work = work_of(engine, 0, written.ops.n_ops);
    uint32_t n_qubits = 0;
    uint64_t n_bytes = 0;
    engine->class->usage(engine, &n_qubits, &n_bytes);
    cr_expect(work.n_passes == 0 && work.n_grown == 0 && n_qubits == 1);
    finish(&written, engine);
}

/* Each copy onto a wire in |0> reads a vector and writes one of twice the size: in all 3/2 of a
 * sweep over the last one, not one for each gate. */
Test(work, copies_double_the_vector) {
    struct written written;
    written_init(&written, N, 1);
    written_gate(&written, GATE_H, 0, 0, 0);
    for (uint32_t i = 0; i + 1 < N; i++) {
        written_gate(&written, GATE_CX, i, i + 1, 0);
    }
    struct engine *engine = open_engine(&written);
    const struct pass_work work = work_of(engine, 0, written.ops.n_ops);
    cr_expect_leq(work.n_bytes + work.n_grown, 1.5 * sweep, "%g of a sweep",
                  (work.n_bytes + work.n_grown) / sweep);
    finish(&written, engine);
}

/* Wires that are alone, joined one by one by phases and then mixed: the phases among the first go
 * on small vectors, and the whole vector is swept once or twice, not once for each join. */
Test(work, joins_wait_for_one_another) {
    struct written written;
    written_init(&written, N, 1);
    for (uint32_t i = 0; i < N; i++) {
        written_gate(&written, GATE_RY, i, 0, 0.7);
    }
    for (uint32_t i = 0; i + 1 < N; i++) {
        written_gate(&written, GATE_CP, i, i + 1, 0.7);
    }
    for (uint32_t i = 0; i < N; i++) {
        written_gate(&written, GATE_RY, i, 0, 0.7);
    }
    struct engine *engine = open_engine(&written);
    cr_expect_leq(work_of(engine, 0, written.ops.n_ops).n_bytes, 1.5 * sweep);
    finish(&written, engine);
}

/* Each wire that was measured halves what a pass moves. */
Test(work, measured_wires_leave_a_smaller_vector) {
    enum { N_MEASURED = 4 };
    struct written written;
    written_init(&written, N, 1);
    entangle(&written, 0, N);
    const size_t first = written.ops.n_ops;
    for (uint32_t i = N_MEASURED; i < N; i++) {
        written_gate(&written, GATE_RZZ, i, N_MEASURED + (i + 1) % (N - N_MEASURED), 0.3);
    }
    struct engine *engine = open_engine(&written);
    work_of(engine, 0, first);
    for (uint32_t i = 0; i < N_MEASURED; i++) {
        double p = 0;
        cr_assert_eq(engine->class->probability(engine, &p, i), STATUS_OK);
        cr_assert_eq(engine->class->project(engine, i, true, p), STATUS_OK);
    }
    const struct pass_work work = work_of(engine, first, written.ops.n_ops);
    cr_expect(work.n_passes == 1 && work.n_bytes == sweep / (1 << N_MEASURED));
    finish(&written, engine);
}

/* Wires of two vectors that nothing joins stay in two. */
Test(work, vectors_are_joined_when_a_gate_needs_it) {
    struct written written;
    written_init(&written, N, 1);
    entangle(&written, 0, N / 2);
    entangle(&written, N / 2, N);
    const size_t first = written.ops.n_ops;
    written_gate(&written, GATE_SWAP, 0, N - 1, 0);
    written_gate(&written, GATE_CX, 0, N - 1, 0);
    struct engine *engine = open_engine(&written);
    uint32_t n_qubits = 0;
    uint64_t n_bytes = 0;
    work_of(engine, 0, first + 1);
    engine->class->usage(engine, &n_qubits, &n_bytes);
    cr_expect_eq(n_qubits, N - N / 2);
    work_of(engine, first + 1, written.ops.n_ops);
    engine->class->usage(engine, &n_qubits, &n_bytes);
    cr_expect_eq(n_qubits, N);
    finish(&written, engine);
}

/* ---- floors ---- */

static const double never = 1e300; /* a second */

/* H on all wires and phases between them: a vector that grows past the caches, mixed in the end. */
static struct pass_work work_at(const struct pass_rates *rates) {
    struct layout_tuning tuning = layout_tuning_default;
    struct engine *engine = NULL;
    struct written written;
    tuning.stream_log = 0;
    written_init(&written, N, 1);
    for (uint32_t i = 0; i < N; i++) {
        written_gate(&written, GATE_H, i, 0, 0);
    }
    for (uint32_t i = 1; i < N; i++) {
        written_gate(&written, GATE_CP, i - 1, i, 0.3);
    }
    for (uint32_t i = 0; i < N; i++) {
        written_gate(&written, GATE_RX, i, 0, 0.4);
    }
    cr_assert_eq(statevector_create(&engine, &written.task, comm_world(), &tuning), STATUS_OK);
    statevector_set_rates(engine, rates);
    cr_assert_eq(engine->class->begin(engine), STATUS_OK);
    const struct pass_work work = work_of(engine, 0, written.ops.n_ops);
    finish(&written, engine);
    return work;
}

static bool are_close(double a, double b) {
    return a > 0.999999 * b && a < 1.000001 * b;
}

Test(work, floors_are_those_of_the_slowest) {
    comm_start_alone();
    const struct pass_work bytes = work_at(&(struct pass_rates){2, never, never}),
                           streams = work_at(&(struct pass_rates){never, 2, never}),
                           flops = work_at(&(struct pass_rates){never, never, 2}),
                           both = work_at(&(struct pass_rates){2, never, 2}),
                           unknown = work_at(&(struct pass_rates){2, 0, 2});
    const double n_bytes = bytes.n_bytes + bytes.n_grown;
    cr_expect(are_close(bytes.floor_s, n_bytes / 2), "%g", bytes.floor_s);
    cr_expect(are_close(streams.floor_s, streams.n_streamed / 2), "%g", streams.floor_s);
    cr_expect(are_close(flops.floor_s, flops.n_flops / 2), "%g", flops.floor_s);
    cr_expect_geq(flops.slot_floor_s, flops.floor_s);
    /* Most of the last vector is new. */
    cr_expect(streams.n_streamed > 0.5 * sweep / 2 && streams.n_streamed < n_bytes);
    cr_expect(are_close(both.sum_s, bytes.floor_s + flops.floor_s), "%g", both.sum_s);
    cr_expect(both.floor_s >= fmax(bytes.floor_s, flops.floor_s) && both.floor_s < both.sum_s);
    cr_expect(unknown.floor_s == 0 && unknown.n_bytes == bytes.n_bytes);
}

/* ---- what looks at the state ---- */

/* Strings with these X parts, and every pair of Z beside. */
static double reads_of_strings(struct engine *engine, unsigned n_x) {
    enum { MOST = 4 * N * N };
    static size_t starts[MOST + 1];
    static uint32_t wires[4 * MOST];
    static uint8_t letters[4 * MOST];
    static double values[MOST];
    struct engine_paulis paulis = {.first = starts, .wires = wires, .letters = letters};
    size_t at = 0;
    for (uint32_t x = 0; x < n_x; x++) {
        for (uint32_t i = 0; i < N; i++) {
            for (uint32_t j = i + 1; j < N; j++) {
                if (x > 0) { /* X on a wire of its own, which Z makes a Y */
                    const bool has_z = i == x || j == x;
                    wires[at] = x;
                    letters[at++] = has_z ? 2 : 1;
                }
                for (int k = 0; k < 2; k++) {
                    const uint32_t wire = k == 0 ? i : j;
                    if (x == 0 || wire != x) {
                        wires[at] = wire;
                        letters[at++] = 3;
                    }
                }
                starts[++paulis.n] = at;
            }
        }
    }
    const double before = statevector_read_amps(engine);
    cr_assert_eq(engine->class->expect_many(engine, values, &paulis), STATUS_OK);
    return (statevector_read_amps(engine) - before) / (1 << N);
}

/* One read for the norm, one for each X part, however many strings have it. */
Test(work, strings_with_one_x_part_are_one_read) {
    struct written written;
    written_init(&written, N, 1);
    entangle(&written, 0, N);
    struct engine *engine = open_engine(&written);
    work_of(engine, 0, written.ops.n_ops);
    for (unsigned n_x = 1; n_x <= 4; n_x++) {
        const double n_reads = reads_of_strings(engine, n_x);
        cr_expect_eq(n_reads, 1 + n_x, "%u X parts: %g reads", n_x, n_reads);
    }
    finish(&written, engine);
}
