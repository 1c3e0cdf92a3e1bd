/* The distribution of a program's bits by density matrices: one for each value of the bits, and for
 * every gate, measurement and error its Kraus operators, as dense matrices. Knows nothing of shots,
 * frames or jumps. */
#ifndef QSPAN_TESTS_NAIVE_DENSITY_H
#define QSPAN_TESTS_NAIVE_DENSITY_H

#include "program/program.h"
#include "support/dense.h"

enum { NAIVE_DENSITY_MAX_BITS = 6 };

struct naive_density {
    unsigned n_wires, n_bits; /* at most 5 and 6 */
    struct dense rho[1 << NAIVE_DENSITY_MAX_BITS];
};
/* rho = sum of K rho K^dagger, for n operators on k of the wires; interleaved, row major, one after
 * the other. */
void naive_density_apply(struct dense *rho, const double *kraus, unsigned n, unsigned k,
                         const uint32_t *wires);
/* Gates, NOISE of programs, MEASURE of one qubit (wrong results too), RESET, IF, ASSIGN; pairs are
 * perfect. free() it. */
struct naive_density *naive_density_run(const struct program *program);
/* out_p: 2^n_bits probabilities, index bit b = program bit b. */
void naive_density_probabilities(double *out_p, const struct naive_density *density);
/* Sum over bits of tr(P rho), letters 0 .. 3 per wire. */
double naive_density_expect(const struct naive_density *density, const unsigned *letters);

#endif
