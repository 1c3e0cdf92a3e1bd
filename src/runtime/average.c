#include "runtime/average.h"

#include <math.h>
#include <stdbool.h>

enum { FINE_BITS = 60, COARSE_BITS = 46 };

static average_word to_word(int64_t value) {
    return (average_word)value; /* sign extended */
}

static double to_double(average_word word) {
    const bool is_negative = word >> 127;
    const double size = (double)(is_negative ? -word : word);
    return is_negative ? -size : size;
}

void average_add(struct average *average, double value, uint64_t n_shots) {
    const average_word fine = to_word(llrint(ldexp(value, FINE_BITS)));
    const average_word coarse = to_word(llrint(ldexp(value, COARSE_BITS)));
    average->fine += fine * n_shots;
    average->sum += coarse * n_shots;
    average->square += coarse * coarse * n_shots;
    average->n += n_shots;
}

void average_merge(struct average *average, const struct average *other) {
    average->fine += other->fine;
    average->sum += other->sum;
    average->square += other->square;
    average->n += other->n;
}

double average_mean(const struct average *average) {
    return average->n == 0 ? 0 : ldexp(to_double(average->fine) / (double)average->n, -FINE_BITS);
}

double average_std_error(const struct average *average) {
    if (average->n < 2) {
        return 0;
    }
    const double n = (double)average->n;
    /* About an integer m near the mean: sum (v - m)^2 is exact, and so is sum (v - m). */
    const average_word m = to_word(llrint(to_double(average->sum) / n));
    const average_word rest = average->sum - m * average->n;
    const average_word square = average->square - 2 * m * average->sum + m * m * average->n;
    const double variance = (to_double(square) - to_double(rest) * to_double(rest) / n) / (n - 1);
    return variance > 0 ? ldexp(sqrt(variance / n), -COARSE_BITS) : 0;
}
