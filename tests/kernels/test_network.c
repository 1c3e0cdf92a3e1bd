/* Network kernels: every ISA against draws one by one, libm and the pair algebra written out. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "base/cpu.h"
#include "base/rng.h"
#include "kernels/network.h"

enum { SEED = 99, N_CASES = 400 };

static const struct network_kernels *next_isa(int isa) {
    enum cpu_isa best;
    cr_assert_eq(cpu_detect_isa(&best), STATUS_OK);
    return isa <= (int)best ? network_kernels_get((enum cpu_isa)isa) : NULL;
}

#define EACH_ISA(k)                                                                                \
    for (int isa_ = 0; isa_ < 3; isa_++)                                                           \
        for (const struct network_kernels *k = next_isa(isa_); k != NULL; k = NULL)

Test(network_kernels, isas_have_their_names) {
    EACH_ISA(k) {
        cr_expect_str_eq(k->isa, cpu_isa_name((enum cpu_isa)isa_));
    }
}

static void expect_log(const struct network_draws *got, int i, const char *isa) {
    const double want = log1p(-got->u[i]);
    cr_assert_leq(fabs(got->log_rest[i] - want), 1e-11 * fabs(want), "%s: log(1 - %a)", isa,
                  got->u[i]);
}

Test(network_kernels, draws_are_those_of_rng) {
    EACH_ISA(k) {
        for (uint64_t c = 0; c < N_CASES; c++) {
            const uint64_t site = c * UINT64_C(0x123456789ab) * 8;
            const uint32_t shot = (uint32_t)c * 77, stream = (uint32_t)(RNG_NETWORK + (c << 20));
            struct network_draws by_stream, by_site;
            k->draw_streams(&by_stream, SEED, site, shot, stream);
            k->draw_sites(&by_site, SEED, site, shot, stream);
            for (unsigned i = 0; i < NETWORK_ABREAST; i++) {
                cr_assert_eq(by_stream.u[i],
                             rng_uniform(SEED, site, shot, (enum rng_stream)(stream + 256 * i)));
                cr_assert_eq(by_site.u[i],
                             rng_uniform(SEED, site + i, shot, (enum rng_stream)stream));
                expect_log(&by_stream, (int)i, k->isa);
                expect_log(&by_site, (int)i, k->isa);
            }
        }
    }
}

/* Streams wrap as 32-bit numbers do. */
Test(network_kernels, last_streams) {
    EACH_ISA(k) {
        struct network_draws got;
        k->draw_streams(&got, SEED, 1, 2, UINT32_MAX - 300);
        for (unsigned i = 0; i < NETWORK_ABREAST; i++) {
            const uint32_t stream = UINT32_MAX - 300 + 256 * i;
            cr_assert_eq(got.u[i], rng_uniform(SEED, 1, 2, (enum rng_stream)stream));
        }
    }
}

static double uniform(uint64_t n) {
    return rng_uniform(SEED, n, 0, RNG_TEST);
}

/* Weights of a random Bell-diagonal pair, and its correlators. */
static void draw_pair(double weights[4], double l[3], uint64_t n) {
    double sum = 0;
    for (unsigned i = 0; i < 4; i++) {
        weights[i] = pow(uniform(4 * n + i), 3);
        sum += weights[i];
    }
    for (unsigned i = 0; i < 4; i++) {
        weights[i] /= sum;
    }
    l[0] = weights[0] + weights[1] - weights[2] - weights[3];
    l[1] = weights[0] - weights[1] + weights[2] - weights[3];
    l[2] = weights[0] - weights[1] - weights[2] + weights[3];
}

/* Pauli by Pauli: index = x + 2 z of I, X, Z, Y; DEJMPS turns Z into Y and Y into Z. Parities are
 * equal if both pairs have an X or none has; the Z of the measured pair goes to the kept one. */
static double purify_naively(double out[4], const double kept[4], const double spent[4],
                             double p_wrong) {
    static const unsigned x_of[4] = {0, 1, 0, 1}, z_of[4] = {0, 0, 1, 1}; /* I, X, Y, Z, turned */
    static const unsigned pauli_of[2][2] = {{0, 3}, {1, 2}};              /* [x][z] */
    double p = 0;
    memset(out, 0, 4 * sizeof *out);
    for (unsigned a = 0; a < 4; a++) {
        for (unsigned b = 0; b < 4; b++) {
            const double share = kept[a] * spent[b];
            const double seen = x_of[a] == x_of[b] ? 1 - p_wrong : p_wrong;
            out[pauli_of[x_of[a]][z_of[a] ^ z_of[b]]] += share * seen;
            p += share * seen;
        }
    }
    for (unsigned i = 0; i < 4; i++) {
        out[i] /= p;
    }
    return p;
}

Test(network_kernels, dejmps) {
    EACH_ISA(k) {
        for (uint64_t c = 0; c < N_CASES; c++) {
            double kept[4], spent[4], want[4], l[3];
            struct network_pairs pairs = {.keep = 1 - 0.2 * uniform(c + 9000),
                                          .p_wrong = 0.3 * uniform(c + 10000)};
            draw_pair(kept, pairs.kept, 2 * c);
            draw_pair(spent, pairs.spent, 2 * c + 1);
            for (unsigned i = 0; i < 4; i++) { /* depolarised */
                kept[i] = pairs.keep * kept[i] + (1 - pairs.keep) / 4;
                spent[i] = pairs.keep * spent[i] + (1 - pairs.keep) / 4;
            }
            const double p = purify_naively(want, kept, spent, pairs.p_wrong);
            cr_assert_float_eq(k->dejmps(l, &pairs), p, 1e-14);
            cr_assert_float_eq((1 + l[0] + l[1] + l[2]) / 4, want[0], 1e-14);
            cr_assert_float_eq((1 + l[0] - l[1] - l[2]) / 4, want[1], 1e-14);
            cr_assert_float_eq((1 - l[0] + l[1] - l[2]) / 4, want[2], 1e-14);
            cr_assert_float_eq((1 - l[0] - l[1] + l[2]) / 4, want[3], 1e-14);
            double scalar[3];
            cr_assert_eq(k->dejmps(l, &pairs), network_kernels_scalar.dejmps(scalar, &pairs));
            cr_assert_arr_eq(l, scalar, sizeof l);
        }
    }
}
