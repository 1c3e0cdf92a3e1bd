/* Tables of factors of as many wires as there can be, against a naive state. */
#include <criterion/criterion.h>
#include <math.h>

#include "base/bits.h"
#include "engine/statevector/fuse.h"
#include "engine/statevector/statevector.h"

enum { N = FUSE_LARGE_GROUP, MAX_OPS = N * N };

static const double angle = 0.3; /* of all gates */
static struct {
    struct engine_task task;
    struct op_list ops;
    uint8_t modes[MAX_OPS];
    uint32_t copies[MAX_OPS], wire_qpu[N];
} circuit;
static double naive[2 << N], amps[2 << N];

static void add_gate(enum gate_id id, uint32_t a, uint32_t b) {
    circuit.modes[circuit.ops.n_ops] = ENGINE_APPLY;
    cr_assert_eq(
        op_list_add_gate(&circuit.ops, id, (uint32_t[]){a, b}, &angle, (struct src_loc){0}),
        STATUS_OK);
}

/* a, b = c a - s b, s a + c b (RY) or c a - i s b, c b - i s a (RX). */
static void rotate(unsigned wire, bool is_rx) {
    const double c = cos(angle / 2), s = sin(angle / 2);
    for (uint64_t i = 0; i < BIT64(N); i++) {
        double *a = naive + 2 * i, *b = naive + 2 * (i | BIT64(wire));
        const double a0 = a[0], a1 = a[1], b0 = b[0], b1 = b[1];
        if (i >> wire & 1) {
            continue;
        }
        a[0] = c * a0 + s * (is_rx ? b1 : -b0);
        a[1] = c * a1 - s * (is_rx ? b0 : b1);
        b[0] = c * b0 + s * (is_rx ? a1 : a0);
        b[1] = c * b1 + s * (is_rx ? -a0 : a1);
    }
}

/* A phase between a wire and each one below it. */
static void turn_below(unsigned wire) {
    for (uint64_t i = 0; i < BIT64(N); i++) {
        if (i >> wire & 1) {
            const double turn = angle * bits_popcount(i & (BIT64(wire) - 1));
            const double c = cos(turn), s = sin(turn), re = naive[2 * i], im = naive[2 * i + 1];
            naive[2 * i] = c * re - s * im;
            naive[2 * i + 1] = s * re + c * im;
        }
    }
}

static void run(enum precision precision) {
    struct engine *engine = NULL;
    uint32_t wires[N];
    for (uint32_t i = 0; i < N; i++) {
        wires[i] = i;
    }
    circuit.task.precision = precision;
    cr_assert_eq(statevector_create(&engine, &circuit.task, comm_world(), &layout_tuning_default),
                 STATUS_OK);
    cr_assert_eq(engine->class->begin(engine), STATUS_OK);
    cr_assert_eq(engine->class->run(engine, 0, circuit.ops.n_ops), STATUS_OK);
    cr_assert_eq(engine->class->amplitudes(engine, amps, wires, N), STATUS_OK);
    engine->class->destroy(engine);
}

static void check(double bound) {
    double most = 0;
    for (size_t i = 0; i < 2 << N; i++) {
        most = fmax(most, fabs(amps[i] - naive[i]));
    }
    cr_assert_lt(most, bound, "off by %g", most);
}

/* A ladder of phases asks for tables beside rotations of a few wires, the last rotations of all
 * wires for tables of what they put off. */
Test(tables, of_many_wires) {
    comm_start_alone();
    circuit.task = (struct engine_task){.ops = &circuit.ops,
                                        .modes = circuit.modes,
                                        .copy_wires = circuit.copies,
                                        .n_wires = N,
                                        .n_qpus = 1,
                                        .wire_qpu = circuit.wire_qpu};
    naive[0] = 1;
    for (uint32_t i = 0; i < N; i++) {
        add_gate(GATE_RY, i, 0);
        rotate(i, false);
    }
    for (uint32_t i = N; i-- > 0;) {
        for (uint32_t j = 0; j < i; j++) {
            add_gate(GATE_CP, i, j);
        }
        add_gate(GATE_RX, i, 0);
        turn_below(i);
        rotate(i, true);
    }
    run(PRECISION_DOUBLE);
    check(1e-13);
    run(PRECISION_SINGLE);
    check(1e-6);
    op_list_fini(&circuit.ops);
}
