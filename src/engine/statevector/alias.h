/* Wires that are other names of wires: copies in fused packets (program/packets.h).
 *
 * b = q or b = 1 - q in every basis state, and b has no bit of its own: a gate that is diagonal on
 * b acts on q instead. Records only; nothing here touches amplitudes. */
#ifndef QSPAN_ENGINE_STATEVECTOR_ALIAS_H
#define QSPAN_ENGINE_STATEVECTOR_ALIAS_H

#include "engine/statevector/layout.h"

/* b, alone in |0>, becomes a name of q, or of the wire that q is a name of. */
void alias_begin(struct layout *layout, uint32_t q, uint32_t b);
void alias_end(struct layout *layout, uint32_t b);
/* b, a name of q, takes over q's state; q is then what b was. Other names of q are then b's. */
enum status alias_move(struct layout *layout, uint32_t q, uint32_t b);
/* X on a wire: what it means for names. True: the wire is one, and nothing else is to be done. */
bool alias_flip(struct layout *layout, uint32_t wire);
/* The wire that has the state. */
static inline uint32_t alias_root(const struct layout *layout, uint32_t wire) {
    const uint32_t alias = layout->wires[wire].alias;
    return alias == 0 ? wire : alias - 1;
}

#endif
