/* Every ISA gives what the scalar table gives, and the table asked for is the table used. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "base/cpu.h"
#include "base/rng.h"
#include "kernels/statevector.h"

enum { BITS = 9, DOUBLES = 2 << BITS, MAX_DIM = 16 };

static uint64_t n_drawn;

static double draw(void) {
    return 2 * rng_uniform(2, n_drawn++, 0, RNG_TEST) - 1;
}

static void fill(double *out, size_t n) {
    for (size_t i = 0; i < n; i++) {
        out[i] = draw() / 8;
    }
}

/* A matrix, a program and angles: multiply-add is fused on some ISAs. */
static void run_fused(const struct statevector_kernels *kernels, double *chunk,
                      const double *matrix) {
    struct statevector_span span = {.last = 4, .n_fixed = 4, .fixed = {0, 1, 2, 3}};
    static const uint64_t registers[8] = {0, 1, 2, 3, 4, 5, 6, 7};
    static struct statevector_angles angles;
    const struct statevector_step step = {.code = STATEVECTOR_DENSE3,
                                          .regs = 0xff,
                                          .lanes = 0xff,
                                          .order = {0, 1, 2, 3, 4, 5, 6, 7},
                                          .matrix = matrix};
    const struct statevector_step *steps[1] = {&step};
    double *blocks[16];
    for (unsigned c = 0; c < 16; c++) {
        blocks[c] = chunk + c * STATEVECTOR_BLOCK;
    }
    kernels->matrix(blocks, 4, &span, matrix, 0x5a);
    span = (struct statevector_span){.last = 8, .n_fixed = 3, .fixed = {0, 1, 2}};
    kernels->program(chunk, &span, registers, steps, 1);
    angles = (struct statevector_angles){.n_bits = BITS - 3, .lane_mask = 0xff, .lanes = {1, 2, 3}};
    angles.linear[2][5] = UINT64_C(1) << 61;
    angles.pairs[1][5] = angles.pairs[5][1] = UINT64_C(0x123456789abcdef0);
    kernels->angles(chunk, &angles);
}

static void run_exact(const struct statevector_kernels *kernels, double *chunk, double *sums) {
    const struct statevector_span all = {.last = UINT64_C(1) << (BITS - STATEVECTOR_LANE_BITS)};
    struct statevector_pauli pauli = {.source = {1, 0, 3, 2, 5, 4, 7, 6}, .signs = 0xa5};
    kernels->scale(chunk, chunk, all.last, 0.3, -0.7);
    kernels->norm(chunk, &all, sums, sums + 8);
    kernels->pauli(chunk, chunk, &all, &pauli, sums + 16, sums + 24);
}

Test(isas, give_the_same_bits_without_multiply_add) {
    static double start[DOUBLES], expected[DOUBLES], chunk[DOUBLES];
    double expected_sums[32], sums[32];
    enum cpu_isa best;
    cr_assert_eq(cpu_detect_isa(&best), STATUS_OK);
    fill(start, DOUBLES);
    memcpy(expected, start, sizeof start);
    run_exact(statevector_kernels_get(CPU_SCALAR), expected, expected_sums);
    for (int isa = CPU_SCALAR; isa <= (int)best; isa++) {
        const struct statevector_kernels *kernels = statevector_kernels_get((enum cpu_isa)isa);
        cr_assert_str_eq(kernels->isa, cpu_isa_name((enum cpu_isa)isa));
        memcpy(chunk, start, sizeof start);
        run_exact(kernels, chunk, sums);
        cr_assert_eq(memcmp(chunk, expected, sizeof chunk), 0, "%s", kernels->isa);
        cr_assert_eq(memcmp(sums, expected_sums, sizeof sums), 0, "%s", kernels->isa);
    }
}

Test(isas, agree_with_multiply_add) {
    static double start[DOUBLES], expected[DOUBLES], chunk[DOUBLES], matrix[2 * MAX_DIM * MAX_DIM];
    enum cpu_isa best;
    cr_assert_eq(cpu_detect_isa(&best), STATUS_OK);
    fill(start, DOUBLES);
    fill(matrix, sizeof matrix / sizeof *matrix);
    memcpy(expected, start, sizeof start);
    run_fused(statevector_kernels_get(CPU_SCALAR), expected, matrix);
    for (int isa = CPU_SCALAR; isa <= (int)best; isa++) {
        const struct statevector_kernels *kernels = statevector_kernels_get((enum cpu_isa)isa);
        memcpy(chunk, start, sizeof start);
        run_fused(kernels, chunk, matrix);
        for (size_t i = 0; i < DOUBLES; i++) {
            cr_assert_lt(fabs(chunk[i] - expected[i]), 1e-15, "%s", kernels->isa);
        }
    }
}
