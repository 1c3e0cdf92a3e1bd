/* Tables of factors of as many wires as there can be, against a naive state. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

#include "base/bits.h"
#include "engine/statevector/fuse.h"
#include "support/written.h"

enum { N = FUSE_LARGE_GROUP };

static const double angle = 0.3; /* of all gates */
static struct written circuit;
static double naive[2 << N];

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

static void check(enum precision precision, double bound) {
    double most = 0;
    circuit.task.precision = precision;
    double *amps = written_run(&circuit, &layout_tuning_default);
    for (size_t i = 0; i < 2 << N; i++) {
        most = fmax(most, fabs(amps[i] - naive[i]));
    }
    cr_assert_lt(most, bound, "off by %g", most);
    free(amps);
}

/* A ladder of phases asks for tables beside rotations of a few wires, the last rotations of all
 * wires for tables of what they put off. */
Test(tables, of_many_wires) {
    comm_start_alone();
    written_init(&circuit, N, 1);
    naive[0] = 1;
    for (uint32_t i = 0; i < N; i++) {
        written_gate(&circuit, GATE_RY, i, 0, angle);
        rotate(i, false);
    }
    for (uint32_t i = N; i-- > 0;) {
        for (uint32_t j = 0; j < i; j++) {
            written_gate(&circuit, GATE_CP, i, j, angle);
        }
        written_gate(&circuit, GATE_RX, i, 0, angle);
        turn_below(i);
        rotate(i, true);
    }
    check(PRECISION_DOUBLE, 1e-13);
    check(PRECISION_SINGLE, 1e-6);
    written_fini(&circuit);
}
