#include "base/detmath.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

/* Every value is a double and every step one IEEE operation (no FMA: -ffp-contract=off), so that
 * the last bit is the same everywhere. Polynomials are Taylor series, long enough for the reduced
 * range. */

static const double ln2_hi = 0x1.62e42fefa3800p-1; /* 42 bits: times 11-bit integers exactly */
static const double ln2_lo = 0x1.ef35793c76730p-45;
static const double sqrt_half = 0x1.6a09e667f3bcdp-1;

/* pi/2 in parts of 23 bits, so that parts times 30-bit integers are exact, and a rest. */
static const double half_pi[4] = {
    0x1.921fb40000000p+0,
    0x1.4442d00000000p-24,
    0x1.8469880000000p-48,
    0x1.8cc51701b839ap-72,
};
static const double two_over_pi = 0x1.45f306dc9c883p-1;

static uint64_t bits_of(double x) {
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static double from_bits(uint64_t bits) {
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* 2^e for normal results. */
static double power_of_two(int e) {
    return from_bits((uint64_t)(e + 1023) << 52);
}

/* a[0] + z (a[1] + z (...)) */
static double polynomial(const double *a, int n, double z) {
    double sum = a[n - 1];
    for (int i = n - 2; i >= 0; i--) {
        sum = sum * z + a[i];
    }
    return sum;
}

/* x = m 2^e with sqrt(1/2) <= m < sqrt(2); x positive and finite. */
static double split_exponent(int *out_e, double x) {
    int e = 0;
    if (x < 0x1p-1022) {
        x *= 0x1p54;
        e = -54;
    }
    uint64_t bits = bits_of(x);
    e += (int)(bits >> 52) - 1022;
    double m = from_bits((bits & 0xfffffffffffff) | UINT64_C(1022) << 52);
    if (m < sqrt_half) {
        m *= 2;
        e -= 1;
    }
    *out_e = e;
    return m;
}

/* log(1 + f) = f - (f^2/2 - s (f^2/2 + R)), s = f / (2 + f), R = sum over i of 2 s^2i / (2i + 1):
 * the leading terms are exact or small. */
double det_log(double x) {
    static const double a[] = {2.0 / 3,  2.0 / 5,  2.0 / 7,  2.0 / 9,  2.0 / 11, 2.0 / 13,
                               2.0 / 15, 2.0 / 17, 2.0 / 19, 2.0 / 21, 2.0 / 23};
    if (x == 0) {
        return -INFINITY;
    }
    if (!(x > 0) || x == INFINITY) {
        return x > 0 ? x : NAN;
    }
    int e;
    double f = split_exponent(&e, x) - 1;
    double s = f / (2 + f);
    double z = s * s;
    double rest = z * polynomial(a, 11, z);
    double half_square = 0.5 * f * f;
    return e * ln2_hi - ((half_square - (s * (half_square + rest) + e * ln2_lo)) - f);
}

/* x = k ln2 + hi + lo; exp = 2^k (1 + hi + p), where 1 + hi is kept with its rounding error. */
double det_exp(double x) {
    static const double a[] = {
        1.0 / 2,         1.0 / 6,          1.0 / 24,          1.0 / 120,           1.0 / 720,
        1.0 / 5040,      1.0 / 40320,      1.0 / 362880,      1.0 / 3628800,       1.0 / 39916800,
        1.0 / 479001600, 1.0 / 6227020800, 1.0 / 87178291200, 1.0 / 1307674368000,
    };
    if (isnan(x)) {
        return NAN;
    }
    if (x > 710 || x < -746) {
        return x > 0 ? INFINITY : 0.0;
    }
    int k = (int)(x / (ln2_hi + ln2_lo) + (x < 0 ? -0.5 : 0.5));
    double high = x - k * ln2_hi;
    double low = k * ln2_lo;
    double hi = high - low;
    double lo = (high - hi) - low;
    double p = hi * hi * polynomial(a, 14, hi) + (lo + lo * hi);
    double sum = 1 + hi;
    double lost = (1 - sum) + hi;
    double y = sum + (lost + p);
    int k_half = k / 2;
    return y * power_of_two(k_half) * power_of_two(k - k_half);
}

/* sum + lost = a + b exactly (Knuth). */
static double two_sum(double *out_lost, double a, double b) {
    double sum = a + b;
    double b_used = sum - a;
    *out_lost = (a - (sum - b_used)) + (b - b_used);
    return sum;
}

/* r + lost = x - n pi/2. The double nearest n pi/2 is taken off first, which is exact; what remains
 * is either 0 or no smaller than half a unit in the last place of x, so nothing cancels after it.
 */
static double reduce_quadrant(double *out_lost, double x, double n) {
    double lost_a;
    double lost_b;
    double lost_c;
    double rest = n * half_pi[3];
    double near = two_sum(&lost_a, n * half_pi[0], n * half_pi[1]);
    near = two_sum(&lost_b, near, n * half_pi[2]);
    double low = two_sum(&lost_c, lost_a, lost_b);
    low = two_sum(&lost_a, low, rest);
    lost_c += lost_a;
    near = two_sum(&lost_b, near, low);
    if (x == near) {
        *out_lost = 0;
        return 0;
    }
    double r = two_sum(&lost_a, x - near, -lost_b);
    *out_lost = lost_a - lost_c;
    return r;
}

/* sin(r + lost) for |r| <= pi/4 */
static double sin_kernel(double r, double lost) {
    static const double a[] = {
        -1.0 / 6,
        1.0 / 120,
        -1.0 / 5040,
        1.0 / 362880,
        -1.0 / 39916800,
        1.0 / 6227020800,
        -1.0 / 1307674368000,
        1.0 / 355687428096000,
        -1.0 / 121645100408832000.0,
    };
    double z = r * r;
    return r + (r * z * polynomial(a, 9, z) + lost * (1 - 0.5 * z));
}

/* cos(r + lost) for |r| <= pi/4 */
static double cos_kernel(double r, double lost) {
    static const double a[] = {
        1.0 / 24,
        -1.0 / 720,
        1.0 / 40320,
        -1.0 / 3628800,
        1.0 / 479001600,
        -1.0 / 87178291200,
        1.0 / 20922789888000,
        -1.0 / 6402373705728000,
        1.0 / 2432902008176640000.0,
    };
    double z = r * r;
    double half = 0.5 * z;
    double main_part = 1 - half;
    double lost_part = (1 - main_part) - half;
    return main_part + (lost_part + (z * z * polynomial(a, 9, z) - r * lost));
}

void det_sincos(double *out_sin, double *out_cos, double x) {
    if (!(fabs(x) < 0x1p30)) {
        *out_sin = *out_cos = NAN;
        return;
    }
    if (fabs(x) < 0x1p-27) {
        *out_sin = x; /* keeps -0 */
        *out_cos = 1;
        return;
    }
    int64_t n = (int64_t)(x * two_over_pi + (x < 0 ? -0.5 : 0.5));
    double lost = 0;
    double r = n == 0 ? x : reduce_quadrant(&lost, x, (double)n);
    double s = sin_kernel(r, lost);
    double c = cos_kernel(r, lost);
    switch (n & 3) {
    case 0:
        *out_sin = s, *out_cos = c;
        return;
    case 1:
        *out_sin = c, *out_cos = -s;
        return;
    case 2:
        *out_sin = -s, *out_cos = -c;
        return;
    case 3:
        *out_sin = -c, *out_cos = s;
        return;
    }
}
