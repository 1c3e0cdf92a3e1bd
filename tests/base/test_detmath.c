#include <criterion/criterion.h>
#include <float.h>
#include <math.h>
#include <string.h>

#include "base/detmath.h"
#include "base/rng.h"

static uint64_t count_draws;

static double from_bits(uint64_t bits) {
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static uint64_t draw_bits(void) {
    struct rng_block block = rng_draw(11, count_draws++, 0, RNG_TEST);
    return (uint64_t)block.word[0] << 32 | block.word[1];
}

static double draw_between(double low, double high) {
    return low + (high - low) * (double)(draw_bits() >> 11) * 0x1p-53;
}

/* Error in units of the last place of the exact result. */
static double ulps(double value, long double exact) {
    double nearest = (double)exact;
    if (value == nearest) {
        return 0;
    }
    double size = fabs(nearest);
    double ulp = size < DBL_MIN ? 0x1p-1074 : nextafter(size, INFINITY) - size;
    return (double)(fabsl((long double)value - exact) / (long double)ulp);
}

static void check_log(double x) {
    double error = ulps(det_log(x), logl((long double)x));
    cr_assert_leq(error, 1.0, "log(%a): %g ulp", x, error);
}

Test(detmath, log) {
    cr_assert_eq(det_log(1.0), 0.0);
    cr_assert_eq(det_log(0.0), -INFINITY);
    cr_assert_eq(det_log(-0.0), -INFINITY);
    cr_assert_eq(det_log(INFINITY), INFINITY);
    cr_assert(isnan(det_log(-1.0)) && isnan(det_log(NAN)) && isnan(det_log(-INFINITY)));
    for (int e = -1074; e < 1024; e++) {
        check_log(ldexp(1.0, e));
        check_log(nextafter(ldexp(1.0, e), 0) > 0 ? nextafter(ldexp(1.0, e), 0) : 0x1p-1074);
        check_log(nextafter(ldexp(1.0, e), INFINITY));
    }
    for (int i = 0; i < 200000; i++) {
        check_log(from_bits(draw_bits() >> 1 & ~(UINT64_C(1) << 62) & 0x7fefffffffffffff));
        check_log(from_bits((draw_bits() >> 1) % 0x7ff0000000000000));
        check_log(draw_between(0.5, 2.0));
        check_log(1 + draw_between(-1, 1) * 0x1p-20);
    }
}

static void check_exp(double x) {
    double error = ulps(det_exp(x), expl((long double)x));
    cr_assert_leq(error, 1.0, "exp(%a): %g ulp", x, error);
}

Test(detmath, exp) {
    cr_assert_eq(det_exp(0.0), 1.0);
    cr_assert_eq(det_exp(-0.0), 1.0);
    cr_assert_eq(det_exp(INFINITY), INFINITY);
    cr_assert_eq(det_exp(-INFINITY), 0.0);
    cr_assert_eq(det_exp(1e300), INFINITY);
    cr_assert_eq(det_exp(-1e300), 0.0);
    cr_assert(isnan(det_exp(NAN)));
    cr_assert_eq(det_exp(nextafter(709.782712893384, 710)), INFINITY);
    check_exp(709.782712893384);
    check_exp(-745.13);
    cr_assert_eq(det_exp(-745.14), 0.0);
    for (int k = -1074; k < 1024; k++) {
        check_exp(k * M_LN2);
        check_exp((k + 0.5) * M_LN2);
    }
    for (int i = 0; i < 200000; i++) {
        check_exp(draw_between(-745.1, 709.7));
        check_exp(draw_between(-1, 1));
        check_exp(draw_between(-1, 1) * 0x1p-30);
        check_exp(draw_between(-745.1, -708));
    }
}

static void check_sincos(double x) {
    double s;
    double c;
    det_sincos(&s, &c, x);
    double error = ulps(s, sinl((long double)x));
    cr_assert_leq(error, 1.0, "sin(%a): %g ulp", x, error);
    error = ulps(c, cosl((long double)x));
    cr_assert_leq(error, 1.0, "cos(%a): %g ulp", x, error);
    double s_mirror;
    double c_mirror;
    det_sincos(&s_mirror, &c_mirror, -x);
    cr_assert(s_mirror == -s && c_mirror == c);
}

Test(detmath, sincos) {
    double s;
    double c;
    det_sincos(&s, &c, -0.0);
    cr_assert(s == 0 && signbit(s) && c == 1);
    check_sincos(0x1p-1074);
    check_sincos(M_PI_4);
    check_sincos(nextafter(0x1p30, 0));
    for (int i = 0; i < 200000; i++) {
        check_sincos(draw_between(-M_PI, M_PI));
        check_sincos(draw_between(-1, 1) * 0x1p-20);
        check_sincos(draw_between(0, 100));
        check_sincos(draw_between(0, 0x1p30));
        check_sincos(from_bits(draw_bits() % 0x41c0000000000000)); /* any size below 2^29 */
    }
    const double outside[] = {0x1p30, -0x1p30, 1e300, INFINITY, -INFINITY, NAN};
    for (size_t i = 0; i < sizeof outside / sizeof *outside; i++) {
        det_sincos(&s, &c, outside[i]);
        cr_assert(isnan(s) && isnan(c));
    }
}

static bool is_exact_at(double x, uint64_t n) {
    static const double sines[] = {0, 1, 0, -1};
    static const double cosines[] = {1, 0, -1, 0};
    double s;
    double c;
    det_sincos(&s, &c, x);
    return s == sines[n % 4] && c == cosines[n % 4];
}

/* At the double nearest n pi/2 the result is exact; its neighbours are ordinary points. Where n
 * pi/2 lies halfway between two doubles, long double cannot tell which of them is nearer. */
Test(detmath, multiples_of_half_pi) {
    const long double half_pi = 1.57079632679489661923132169163975144L;
    for (uint64_t n = 1; n < UINT64_C(683000000); n = n < 100000 ? n + 1 : n * 9 / 8) {
        double x = (double)(half_pi * (long double)n);
        double above = nextafter(x, INFINITY);
        double below = nextafter(x, 0);
        long double off = fabsl((long double)x - half_pi * (long double)n);
        if (off > 0.49L * (long double)(above - x)) {
            int n_exact = is_exact_at(x, n) + is_exact_at(above, n) + is_exact_at(below, n);
            cr_assert_eq(n_exact, 1, "n = %lu", (unsigned long)n);
            continue;
        }
        cr_assert(is_exact_at(x, n), "n = %lu", (unsigned long)n);
        check_sincos(above);
        check_sincos(below);
    }
    cr_assert(is_exact_at(0x1.c787eb5753b15p+7, 145)); /* 0.4999 units away, by exact arithmetic */
}
