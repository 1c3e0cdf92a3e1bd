/* Every ISA gives the bits of the scalar table, and the table asked for is the table used. */
#include <criterion/criterion.h>
#include <string.h>

#include "base/cpu.h"
#include "base/rng.h"
#include "kernels/statevector.h"

enum { BITS = 9, DOUBLES = 2 << BITS, MAX_DIM = 32 };

static uint64_t n_drawn;

static double draw(void) {
    return 2 * rng_uniform(2, n_drawn++, 0, RNG_TEST) - 1;
}

static void fill(double *out, size_t n) {
    for (size_t i = 0; i < n; i++) {
        out[i] = draw() / 8;
    }
}

/* All targets above the lanes, from bit `first` on. */
static void run_matrix(const struct statevector_kernels *kernels, double *chunk, unsigned k,
                       const double *matrix, unsigned lanes) {
    struct statevector_span span = {.last = UINT64_C(1) << (BITS - STATEVECTOR_LANE_BITS - k),
                                    .n_fixed = k};
    double *blocks[MAX_DIM];
    for (unsigned j = 0; j < k; j++) {
        span.fixed[j] = (uint8_t)j;
    }
    for (unsigned c = 0; c < 1u << k; c++) {
        blocks[c] = chunk + c * STATEVECTOR_BLOCK;
    }
    kernels->matrix(blocks, k, &span, matrix, lanes);
}

static void run_all(const struct statevector_kernels *kernels, double *chunk, double *sums,
                    const double *matrix) {
    static const uint8_t masks[2] = {0xff, 0x0f};
    const struct statevector_span all = {.last = UINT64_C(1) << (BITS - STATEVECTOR_LANE_BITS)};
    const struct statevector_diagonal diagonal = {1, {2}, matrix, masks};
    struct statevector_lane_matrix lane = {1, 2, {0, 0}, {{0, 1, 2, 3, 4, 5, 6, 7}}, matrix, 0xff};
    struct statevector_pauli pauli = {.source = {1, 0, 3, 2, 5, 4, 7, 6}, .signs = 0xa5};
    double *blocks[1] = {chunk};
    for (unsigned v = 0; v < STATEVECTOR_LANES; v++) {
        lane.source[1][v] = (uint8_t)(v ^ 2);
    }
    for (unsigned k = 1; k <= STATEVECTOR_MAX_TARGETS; k++) {
        run_matrix(kernels, chunk, k, matrix, k % 2 == 0 ? 0x5a : 0xff);
    }
    kernels->lane_matrix(blocks, &all, &lane);
    kernels->diagonal(chunk, &all, &diagonal);
    kernels->scale(chunk, chunk, all.last, 0.3, -0.7);
    kernels->norm(chunk, &all, sums, sums + 8);
    kernels->pauli(chunk, chunk, &all, &pauli, sums + 16, sums + 24);
}

Test(isas, give_the_same_bits) {
    static double start[DOUBLES], expected[DOUBLES], chunk[DOUBLES], matrix[2 * MAX_DIM * MAX_DIM];
    double expected_sums[32], sums[32];
    enum cpu_isa best;
    cr_assert_eq(cpu_detect_isa(&best), STATUS_OK);
    fill(start, DOUBLES);
    fill(matrix, sizeof matrix / sizeof *matrix);
    memcpy(expected, start, sizeof start);
    run_all(statevector_kernels_get(CPU_SCALAR), expected, expected_sums, matrix);
    for (int isa = CPU_SCALAR; isa <= (int)best; isa++) {
        const struct statevector_kernels *kernels = statevector_kernels_get((enum cpu_isa)isa);
        cr_assert_str_eq(kernels->isa, cpu_isa_name((enum cpu_isa)isa));
        memcpy(chunk, start, sizeof start);
        run_all(kernels, chunk, sums, matrix);
        cr_assert_eq(memcmp(chunk, expected, sizeof chunk), 0, "%s", kernels->isa);
        cr_assert_eq(memcmp(sums, expected_sums, sizeof sums), 0, "%s", kernels->isa);
    }
}
