/* What detectors and observables do, by hand: each noise channel is met in turn, each of its cases
 * is put in by itself and carried forward through the whole circuit, and the distribution of all
 * detectors and observables is the convolution of the channels. No independence of errors is used.
 *
 * Where errors wait for results that is not enough: there every way that a shot can go is gone, all
 * cases of all channels and all random results.
 *
 * And the same distribution from the text of a detector error model. */
#ifndef SUPPORT_NAIVE_DEM_H
#define SUPPORT_NAIVE_DEM_H

#include "base/text.h"
#include "gate/op.h"

enum { NAIVE_MAX_BITS = 14, NAIVE_MAX_OUTCOMES = 1 << NAIVE_MAX_BITS };

/* Bit d: detector d flips; bit n_detectors + l: observable l. */
struct naive_distribution {
    unsigned n_detectors, n_bits;
    double p[NAIVE_MAX_OUTCOMES];
};

/* Pairs of EBIT are X, Y or Z on the second wire with pair_weights[1 ... 3] (NULL: never). */
void naive_from_ops(struct naive_distribution *out, const struct op_list *ops, unsigned n_qubits,
                    unsigned n_bits, const double *pair_weights);
/* The same by all ways, for programs with few channels and results, and conditions that are random.
 * Cost: exponential in them. */
void naive_from_all_ways(struct naive_distribution *out, const struct op_list *ops,
                         unsigned n_qubits, unsigned n_bits, const double *pair_weights);
/* n_detectors and n_bits are given; errors in `text`, with repeat blocks and shifts. The largest
 * number of detectors in a part of an error: *out_widest. */
void naive_from_text(struct naive_distribution *inout, unsigned *out_widest, const char *text);

#endif
