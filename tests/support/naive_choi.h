/* What an op list does, densely: its Choi matrix for each value of the output bits, summed over all
 * other outcomes. Every branch is followed on state vectors of wires and references. */
#ifndef SUPPORT_NAIVE_CHOI_H
#define SUPPORT_NAIVE_CHOI_H

#include "gate/op.h"

struct choi_spec {
    const struct op_list *ops;
    uint32_t n_wires, n_bits; /* at most 64 bits */
    const uint32_t *in, *out, *bits;
    uint32_t n_in, n_out, n_output_bits;
    uint32_t max_rounds; /* of each WHILE: runs that would go on are left out */
};
/* Interleaved, 2^n_output_bits matrices of dimension 2^(n_in + n_out), row major; references are
 * the lowest index bits. free() it. Gates, MEASURE of one qubit in Z, RESET, EBIT, IF,
 * WHILE, up to four within each other, ASSIGN. */
double *naive_choi(const struct choi_spec *spec);
/* Largest difference of two such results. */
double naive_choi_difference(const double *a, const double *b, const struct choi_spec *spec);

#endif
