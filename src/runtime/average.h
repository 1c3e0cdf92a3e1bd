/* Mean and standard error of a quantity over shots, the same bits in whatever order shots come.
 *
 * Values in [-1, 1] are added as integers: multiples of 2^-60 for the mean, their squares as
 * multiples of 2^-92 for the error, so that equal values have the error 0. Up to 2^32 - 1 shots. */
#ifndef QSPAN_RUNTIME_AVERAGE_H
#define QSPAN_RUNTIME_AVERAGE_H

#include <stdint.h>

__extension__ typedef unsigned __int128 average_word; /* modulo 2^128 */

struct average {
    average_word fine, sum, square;
    uint64_t n;
};

/* n_shots with that value. */
void average_add(struct average *average, double value, uint64_t n_shots);
void average_merge(struct average *average, const struct average *other);
double average_mean(const struct average *average);
/* sample deviation / sqrt(n); 0 for less than two. */
double average_std_error(const struct average *average);

#endif
