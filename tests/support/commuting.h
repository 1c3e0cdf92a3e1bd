/* Which operators on a state vector must keep their order: read off their wires. */
#ifndef SUPPORT_COMMUTING_H
#define SUPPORT_COMMUTING_H

#include "engine/statevector/fuse.h"

/* Does a share a wire with b that not both leave as it is? */
static inline bool must_keep_order(const struct fuse_op *a, const struct fuse_op *b) {
    for (unsigned i = 0; i < fuse_n_wires(a); i++) {
        for (unsigned j = 0; j < fuse_n_wires(b); j++) {
            if (a->wires[i] == b->wires[j] && (i < a->n_targets || j < b->n_targets)) {
                return true;
            }
        }
    }
    return false;
}

#endif
