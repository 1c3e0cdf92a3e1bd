#include "dem/channel.h"

#include <math.h>
#include <string.h>

enum { MAX_CASES = 16 };
static const double rounding = 1e-13;

static double sign(unsigned a, unsigned b) {
    return (__builtin_popcount(a & b) & 1) != 0 ? -1.0 : 1.0;
}

/* Case 0 is among the likeliest. */
static bool solve(double *p, unsigned n) {
    double logs[MAX_CASES] = {0}, q[MAX_CASES] = {0}, size = 0;
    for (unsigned c = 1; c < n; c++) {
        double odd = 0;
        for (unsigned k = 1; k < n; k++) {
            odd += sign(c, k) < 0 ? p[k] : 0;
        }
        if (odd >= 0.5) {
            return false;
        }
        logs[c] = log1p(-2 * odd);
        size -= logs[c];
    }
    for (unsigned m = 1; m < n; m++) {
        double sum = 0;
        for (unsigned c = 1; c < n; c++) {
            sum += sign(c, m) * logs[c];
        }
        q[m] = -expm1(-2 * sum / n) / 2;
        if (q[m] < -rounding) {
            return false;
        }
        q[m] = q[m] > 0x1p-51 * size ? q[m] : 0; /* less is what rounding left */
    }
    memcpy(p, q, n * sizeof *p);
    return true;
}

/* A case that is likelier than none is taken to happen always, and then undone with 1 - q. */
bool channel_make_independent(double *p, unsigned s) {
    const unsigned n = 1u << s;
    double moved[MAX_CASES];
    unsigned likeliest = 0;
    double p_none = 1;
    for (unsigned k = 1; k < n; k++) {
        p_none -= p[k];
    }
    p_none = fmax(p_none, 0);
    for (unsigned k = 1; k < n; k++) {
        if (p[k] > (likeliest == 0 ? p_none : p[likeliest])) {
            likeliest = k;
        }
    }
    for (unsigned k = 0; k < n; k++) {
        const unsigned from = k ^ likeliest;
        moved[k] = from == 0 ? p_none : p[from];
    }
    if (!solve(moved, n)) {
        return false;
    }
    moved[0] = 0;
    if (likeliest != 0) {
        moved[likeliest] = 1 - moved[likeliest];
    }
    memcpy(p, moved, n * sizeof *p);
    return true;
}
