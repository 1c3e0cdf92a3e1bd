/* Gates of the table on the wires of a layout. */
#ifndef QSPAN_ENGINE_STATEVECTOR_GATE_H
#define QSPAN_ENGINE_STATEVECTOR_GATE_H

#include "engine/statevector/layout.h"
#include "gate/gate.h"

/* Any gate of the table: operands in a basis state with which it commutes only choose a block of
 * it; X and swaps change the records of wires; CX onto a wire that is alone in a basis state
 * copies; what is left joins groups and waits (fuse.h). *n_updates (may be NULL) grows by the
 * amplitudes touched. */
enum status apply_gate(struct layout *layout, double *n_updates, enum gate_id gate,
                       const double *params, const uint32_t *wires);

/* A FUSE_MIX of one target or a FUSE_PHASE (fuse.h), on wires that are no aliases. Controls in a
 * basis state drop out. */
struct fuse_op;
enum status apply_controlled(struct layout *layout, double *n_updates, const struct fuse_op *op);
/* 2^n factors d(x) become f: d(x) = product over subsets S of x of f(S). */
void apply_split_diagonal(double *inout, unsigned n);

/* diag(a, b) up to a factor, a, b >= 0, one of them > 0. */
enum status apply_damping(struct layout *layout, uint32_t wire, double a, double b);
/* Amplitudes where the wire is not |bit> become 0, the others are multiplied by factor. The wire is
 * not alone. */
enum status apply_projector(struct layout *layout, uint32_t wire, bool bit, double factor);

#endif
