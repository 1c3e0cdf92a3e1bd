/* Every ISA gives what the scalar table gives, and the table asked for is the table used. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "base/cpu.h"
#include "base/rng.h"
#include "kernels/statevector.h"

enum { BLOCKS = 64, MAX_DIM = 16 };

static uint64_t n_drawn;

static double draw(void) {
    return 2 * rng_uniform(2, n_drawn++, 0, RNG_TEST) - 1;
}

static void fill(union statevector_block *out, enum precision precision) {
    const unsigned lane_bits = statevector_lane_bits(precision);
    for (uint64_t i = 0; i < (uint64_t)BLOCKS << lane_bits; i++) {
        double re = draw() / 8, im = draw() / 8;
        statevector_put(out, lane_bits, i, re, im);
    }
}

/* Reals of either precision. */
union numbers {
    double d[2 * MAX_DIM * MAX_DIM];
    float f[2 * MAX_DIM * MAX_DIM];
};
static void fill_numbers(union numbers *out, enum precision precision) {
    for (size_t i = 0; i < 2 * MAX_DIM * MAX_DIM; i++) {
        if (precision == PRECISION_SINGLE) {
            out->f[i] = (float)(draw() / 8);
        } else {
            out->d[i] = draw() / 8;
        }
    }
}

/* A matrix, a program and angles: multiply-add is fused on some ISAs. */
static void run_fused(const struct statevector_kernels *kernels, union statevector_block *chunk,
                      const union numbers *matrix) {
    struct statevector_span span = {.last = 4, .n_fixed = 4, .fixed = {0, 1, 2, 3}};
    static const uint64_t registers[8] = {0, 1, 2, 3, 4, 5, 6, 7};
    static struct statevector_angles angles;
    const struct statevector_step step = {.code = STATEVECTOR_DENSE3,
                                          .regs = 0xff,
                                          .lanes = (uint16_t)kernels->all_lanes,
                                          .order = {0, 1, 2, 3, 4, 5, 6, 7},
                                          .matrix = matrix};
    const struct statevector_step *steps[1] = {&step};
    union statevector_block *blocks[16];
    for (unsigned c = 0; c < 16; c++) {
        blocks[c] = chunk + c;
    }
    kernels->matrix(blocks, 4, &span, matrix, 0x5a);
    span = (struct statevector_span){.last = 8, .n_fixed = 3, .fixed = {0, 1, 2}};
    kernels->program(chunk, &span, registers, steps, 1);
    angles = (struct statevector_angles){.n_bits = 6, .lanes = {1, 2, 3}};
    angles.linear[2][5] = UINT64_C(1) << 61;
    angles.pairs[1][5] = angles.pairs[5][1] = UINT64_C(0x123456789abcdef0);
    kernels->angles(chunk, &angles);
}

static void run_exact(const struct statevector_kernels *kernels, union statevector_block *chunk,
                      double *sums) {
    const struct statevector_span all = {.last = BLOCKS};
    struct statevector_pauli pauli = {
        .source = {1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14}, .signs = 0x3ca5};
    kernels->scale(chunk, chunk, all.last, 0.3, -0.7);
    kernels->norm(chunk, &all, sums, sums + 16);
    kernels->pauli(chunk, chunk, &all, &pauli, sums + 32, sums + 48);
}

static void check_same_bits(enum precision precision) {
    static union statevector_block start[BLOCKS], expected[BLOCKS], chunk[BLOCKS];
    double expected_sums[64] = {0}, sums[64] = {0};
    enum cpu_isa best;
    cr_assert_eq(cpu_detect_isa(&best), STATUS_OK);
    fill(start, precision);
    memcpy(expected, start, sizeof start);
    run_exact(statevector_kernels_get(CPU_SCALAR, precision), expected, expected_sums);
    for (int isa = CPU_SCALAR; isa <= (int)best; isa++) {
        const struct statevector_kernels *kernels =
            statevector_kernels_get((enum cpu_isa)isa, precision);
        cr_assert_str_eq(kernels->isa, cpu_isa_name((enum cpu_isa)isa));
        memcpy(chunk, start, sizeof start);
        run_exact(kernels, chunk, sums);
        cr_assert_eq(memcmp(chunk, expected, sizeof chunk), 0, "%s", kernels->isa);
        cr_assert_eq(memcmp(sums, expected_sums, sizeof sums), 0, "%s", kernels->isa);
    }
}

Test(isas, give_the_same_bits_without_multiply_add) {
    check_same_bits(PRECISION_DOUBLE);
    check_same_bits(PRECISION_SINGLE);
}

/* Amplitudes are at most a quarter. */
static void check_close(enum precision precision, double bound) {
    static union statevector_block start[BLOCKS], expected[BLOCKS], chunk[BLOCKS];
    static union numbers matrix;
    const unsigned lane_bits = statevector_lane_bits(precision);
    enum cpu_isa best;
    cr_assert_eq(cpu_detect_isa(&best), STATUS_OK);
    fill(start, precision);
    fill_numbers(&matrix, precision);
    memcpy(expected, start, sizeof start);
    run_fused(statevector_kernels_get(CPU_SCALAR, precision), expected, &matrix);
    for (int isa = CPU_SCALAR; isa <= (int)best; isa++) {
        const struct statevector_kernels *kernels =
            statevector_kernels_get((enum cpu_isa)isa, precision);
        memcpy(chunk, start, sizeof start);
        run_fused(kernels, chunk, &matrix);
        for (uint64_t i = 0; i < (uint64_t)BLOCKS << lane_bits; i++) {
            double a[2], b[2];
            statevector_get(a, chunk, lane_bits, i);
            statevector_get(b, expected, lane_bits, i);
            cr_assert_lt(fabs(a[0] - b[0]) + fabs(a[1] - b[1]), bound, "%s", kernels->isa);
        }
    }
}

Test(isas, agree_with_multiply_add) {
    check_close(PRECISION_DOUBLE, 1e-15);
    check_close(PRECISION_SINGLE, 5e-7);
}
