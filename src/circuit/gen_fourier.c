/* The Fourier transform and what is built on it. */
#include <math.h>

#include "circuit/gen_build.h"

/* The transform without swaps, and its inverse, on qubits first .. first+n-1. */
static enum status add_qft(struct gen_build *build, uint32_t first, uint32_t n) {
    for (uint32_t i = n; i-- > 0;) {
        TRY(gen_add1(build, GATE_H, first + i));
        for (uint32_t j = i; j-- > 0;) {
            TRY(gen_add_turn2(build, GATE_CP, ldexp(GEN_PI, -(int)(i - j)), first + j, first + i));
        }
    }
    return STATUS_OK;
}

static enum status add_inverse_qft(struct gen_build *build, uint32_t first, uint32_t n) {
    for (uint32_t i = 0; i < n; i++) {
        for (uint32_t j = 0; j < i; j++) {
            TRY(gen_add_turn2(build, GATE_CP, -ldexp(GEN_PI, -(int)(i - j)), first + j, first + i));
        }
        TRY(gen_add1(build, GATE_H, first + i));
    }
    return STATUS_OK;
}

enum status gen_build_qft(struct gen_build *build) {
    TRY(gen_limit(build, 0.5 * build->n * (build->n + 3.0)));
    TRY(gen_add_qreg(build, NULL, "q", build->n));
    TRY(add_qft(build, 0, build->n));
    return gen_measure_range(build, 0, build->n);
}

enum status gen_build_inverse_qft(struct gen_build *build) {
    TRY(gen_limit(build, 0.5 * build->n * (build->n + 3.0)));
    TRY(gen_add_qreg(build, NULL, "q", build->n));
    TRY(add_inverse_qft(build, 0, build->n));
    return gen_measure_range(build, 0, build->n);
}

enum status gen_build_qpe(struct gen_build *build) {
    uint32_t n = build->n, target;
    double phase = gen_real(build, GEN_PHASE);
    double turns = phase - floor(phase);

    TRY(gen_limit(build, 0.5 * n * (n + 7.0) + 1));
    TRY(gen_add_qreg(build, NULL, "count", n));
    TRY(gen_add_qreg(build, &target, "target", 1));
    TRY(gen_add1(build, GATE_X, target));
    for (uint32_t i = 0; i < n; i++) {
        TRY(gen_add1(build, GATE_H, i));
    }
    for (uint32_t i = 0; i < n; i++) {
        TRY(gen_add_turn2(build, GATE_CP, 2 * GEN_PI * turns, i, target));
        turns = fmod(2 * turns, 1); /* exact: 2^i phase, whole turns dropped */
    }
    for (uint32_t i = n; i-- > 0;) {
        for (uint32_t j = n - 1; j > i; j--) {
            TRY(gen_add_turn2(build, GATE_CP, -ldexp(GEN_PI, -(int)(j - i)), j, i));
        }
        TRY(gen_add1(build, GATE_H, i));
    }
    TRY(circuit_add_creg(build->circuit, "c", n, (struct src_loc){.file = "(made)"}));
    for (uint32_t i = 0; i < n; i++) {
        TRY(gen_add_measure(build, n - 1 - i, i));
    }
    return STATUS_OK;
}

enum status gen_build_draper(struct gen_build *build) {
    uint32_t n = build->n, a, b;

    TRY(gen_limit(build, 1.5 * n * (n + 3.0)));
    TRY(gen_add_qreg(build, &a, "a", n));
    TRY(gen_add_qreg(build, &b, "b", n));
    TRY(gen_prepare(build, GEN_A, a, n));
    TRY(gen_prepare(build, GEN_B, b, n));
    TRY(add_qft(build, b, n));
    for (uint32_t i = n; i-- > 0;) {
        for (uint32_t j = i + 1; j-- > 0;) {
            TRY(gen_add_turn2(build, GATE_CP, ldexp(GEN_PI, -(int)(i - j)), a + j, b + i));
        }
    }
    TRY(add_inverse_qft(build, b, n));
    return gen_measure_range(build, b, n);
}
