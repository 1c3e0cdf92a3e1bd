/* Exact sums over amplitudes: probabilities, histograms, expectation values.
 *
 * |a|^2 of every amplitude is rounded to a multiple of 2^-80 and added as integers, so a sum is the
 * same, bit for bit, in any order: for any number of ranks and threads and any layout. */
#ifndef QSPAN_ENGINE_STATEVECTOR_MEASURE_H
#define QSPAN_ENGINE_STATEVECTOR_MEASURE_H

#include "engine/statevector/store.h"

/* hi 2^-40 + lo 2^-80, 0 <= lo < 2^40 once settled. */
struct measure_sum {
    int64_t hi, lo;
};
/* Probabilities closer than that to 0 or 1 are 0 or 1. */
#define MEASURE_CLAMP 1e-14
#define MEASURE_CLAMP_SINGLE 1e-10

/* One lane's accumulators of a kernel. */
void measure_add(struct measure_sum *sum, double hi, double lo);
static inline void measure_settle(struct measure_sum *sum) {
    sum->hi += sum->lo >> STATEVECTOR_SUM_SCALE;
    sum->lo &= (INT64_C(1) << STATEVECTOR_SUM_SCALE) - 1;
}
double measure_value(const struct measure_sum *sum);
/* one / (zero + one), clamped; 0 for an empty sum. */
double measure_ratio(const struct store *store, const struct measure_sum *zero,
                     const struct measure_sum *one);
/* The sums of all ranks, on all ranks. */
void measure_combine(const struct store *store, struct measure_sum *sums, size_t n);

/* This rank's part of the sum of |a|^2 over amplitudes whose number & mask is value. */
enum status measure_norm(struct store *store, struct measure_sum *out, uint32_t group,
                         uint64_t mask, uint64_t value);
/* As measure_norm, by the bits at `positions` (none of them in mask): bit j of a bin's index is
 * that at positions[j]. Added to the 2^n bins; not settled. */
enum status measure_histogram(struct store *store, struct measure_sum *bins, uint32_t group,
                              const uint8_t *positions, unsigned n, uint64_t mask, uint64_t value);
/* Amplitudes of one wire that is alone: P(1). */
double measure_alone(const struct store *store, const double *amp);
/* P(1) of any wire. Collective. */
enum status measure_probability(struct store *store, double *out_p, uint32_t wire);
/* All groups get the norm 1. Collective. */
enum status measure_normalize(struct store *store);

#endif
