/* What operators cost, by which fuse_merge.c chooses how they are done. */
#ifndef QSPAN_ENGINE_STATEVECTOR_COSTS_H
#define QSPAN_ENGINE_STATEVECTOR_COSTS_H

#include "kernels/statevector.h"

struct fuse_op;

/* Work per amplitude, in vector instructions of a table or in multiples of what was measured; of
 * an operator with c controls 2^-c of it. */
struct costs {
    double flip, diagonal, real, complex; /* 2 x 2 matrices without controls */
    double controlled_real, controlled_complex;
    double sign, phase;
    double factors;     /* of a table, one for each amplitude; with a pivot half of it */
    double table_wires; /* of a group, at least, where tables are worth their making */
    double dense[STATEVECTOR_MAX_TARGETS + 1]; /* by number of targets */
    double angles;
    double polynomial; /* phases one by one that are worth an ANGLES */
    double visit;      /* of a phase, beside its arithmetic */
};
/* The same everywhere, so that programs give the same bits everywhere. */
extern const struct costs costs_fixed;

double costs_of(const struct costs *costs, const struct fuse_op *op);
/* Times kernels on this processor, in the nearest cache: a few milliseconds, no memory but the
 * stack's. Two calls may differ. */
void costs_measure(struct costs *out, const struct statevector_kernels *kernels);

#endif
