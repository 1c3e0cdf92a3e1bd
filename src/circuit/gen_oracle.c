/* Algorithms that question an oracle. */
#include <math.h>

#include "circuit/gen_build.h"

/* z on all n qubits from 0 on together; from n = 4 on with the n - 3 ancillas from qubit `anc` on,
 * which hold the AND of ever more qubits and are undone. */
static enum status add_all_z(struct gen_build *build, uint32_t n, uint32_t anc) {
    if (n == 1) {
        return gen_add1(build, GATE_Z, 0);
    }
    if (n == 2) {
        return gen_add2(build, GATE_CZ, 0, 1);
    }
    for (uint32_t i = 0; i + 3 < n; i++) {
        TRY(gen_add3(build, GATE_CCX, i == 0 ? 0 : anc + i - 1, i + 1, anc + i));
    }
    TRY(gen_add3(build, GATE_CCZ, n == 3 ? 0 : anc + n - 4, n - 2, n - 1));
    for (uint32_t i = n - 3; i-- > 0;) {
        TRY(gen_add3(build, GATE_CCX, i == 0 ? 0 : anc + i - 1, i + 1, anc + i));
    }
    return STATUS_OK;
}

static enum status add_round(struct gen_build *build, uint32_t n) {
    for (uint32_t i = 0; i < n; i++) {
        if (!gen_bit(build, GEN_VALUE, i)) {
            TRY(gen_add1(build, GATE_X, i));
        }
    }
    TRY(add_all_z(build, n, n));
    for (uint32_t i = 0; i < n; i++) {
        if (!gen_bit(build, GEN_VALUE, i)) {
            TRY(gen_add1(build, GATE_X, i));
        }
    }
    for (uint32_t i = 0; i < n; i++) {
        TRY(gen_add1(build, GATE_H, i));
        TRY(gen_add1(build, GATE_X, i));
    }
    TRY(add_all_z(build, n, n));
    for (uint32_t i = 0; i < n; i++) {
        TRY(gen_add1(build, GATE_X, i));
        TRY(gen_add1(build, GATE_H, i));
    }
    return STATUS_OK;
}

enum status gen_build_grover(struct gen_build *build) {
    uint32_t n = build->n;
    double size = sqrt(ldexp(1, (int)n));
    double best = floor(GEN_PI / 4 * size);
    double rounds =
        gen_is_given(build->args, GEN_ROUNDS) ? (double)build->args->count[GEN_ROUNDS] : best;

    TRY(gen_check_bits(build, GEN_VALUE, n));
    TRY(gen_limit(build, 2.0 * n + rounds * 10.0 * n));
    TRY(gen_add_qreg(build, NULL, "q", n));
    if (n > 3) {
        TRY(gen_add_qreg(build, NULL, "work", n - 3));
    }
    for (uint32_t i = 0; i < n; i++) {
        TRY(gen_add1(build, GATE_H, i));
    }
    for (double round = 0; round < rounds; round++) {
        TRY(add_round(build, n));
    }
    return gen_measure_range(build, 0, n);
}

enum status gen_build_bv(struct gen_build *build) {
    uint32_t n = build->n, target;

    TRY(gen_check_bits(build, GEN_VALUE, n));
    TRY(gen_limit(build, 4.0 * n + 2));
    TRY(gen_add_qreg(build, NULL, "q", n));
    TRY(gen_add_qreg(build, &target, "target", 1));
    TRY(gen_add1(build, GATE_X, target));
    for (uint32_t i = 0; i <= n; i++) {
        TRY(gen_add1(build, GATE_H, i));
    }
    for (uint32_t i = 0; i < n; i++) {
        if (gen_bit(build, GEN_VALUE, i)) {
            TRY(gen_add2(build, GATE_CX, i, target));
        }
    }
    for (uint32_t i = 0; i < n; i++) {
        TRY(gen_add1(build, GATE_H, i));
    }
    return gen_measure_range(build, 0, n);
}
