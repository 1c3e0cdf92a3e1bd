/* The distribution of a program's key by brute force: dense vector of all wires, every outcome and
 * every error followed on its own. Knows nothing of frames, groups, stabilizers or shots. */
#ifndef QSPAN_TESTS_NAIVE_PROGRAM_H
#define QSPAN_TESTS_NAIVE_PROGRAM_H

#include "program/program.h"

/* out_p: 2^n_bits probabilities, index bit b = program bit b (at most 16 bits, 12 wires).
 * pair_weights: of every ebit (pI, pX, pY, pZ on its second wire). At most `max_steps` ops on a
 * path (loops). */
void naive_distribution(double *out_p, const struct program *program, const double *pair_weights,
                        size_t max_steps);

#endif
