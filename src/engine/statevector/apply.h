/* Operators on the wires of one group. */
#ifndef QSPAN_ENGINE_STATEVECTOR_APPLY_H
#define QSPAN_ENGINE_STATEVECTOR_APPLY_H

#include "engine/statevector/store.h"
#include "gate/gate.h"

/* A matrix on the targets where every control has its value. Wires of one group; targets of a
 * matrix that is not diagonal must be internal (layout_localize). */
struct apply_part {
    unsigned n_targets, n_controls;
    uint32_t targets[GATE_MAX_QUBITS], controls[GATE_MAX_QUBITS];
    bool values[GATE_MAX_QUBITS];
    bool is_diagonal;     /* matrix: the 2^n_targets diagonal elements only */
    const double *matrix; /* interleaved, row major */
};
/* Queues it (pass.h). */
void apply_part(struct store *store, const struct apply_part *part);

/* Any gate of the table: joins groups, localizes, applies. Without a store only the bookkeeping is
 * done, and *n_updates (may be NULL) grows by the amplitudes touched. op: its place in the op list.
 */
enum status apply_gate(struct layout *layout, double *n_updates, enum gate_id gate,
                       const double *params, const uint32_t *wires, size_t op);

#endif
