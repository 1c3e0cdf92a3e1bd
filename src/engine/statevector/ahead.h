/* What the wires of a group will be needed for: by the stages to come, which have all been planned,
 * those of the steps in which other parts join the group (bond.c) too; then by the operators that
 * wait, then by the rest of the program. */
#ifndef QSPAN_ENGINE_STATEVECTOR_AHEAD_H
#define QSPAN_ENGINE_STATEVECTOR_AHEAD_H

#include "engine/statevector/fuse.h"

#define AHEAD_NEVER UINT32_MAX

/* Times are indices of stages, then go on counting. */
struct ahead {
    const struct fuse_stage *stages; /* borrowed */
    uint32_t n_stages;
    uint32_t *members, n_members; /* wires: the group's, then those that join, in their order */
    uint8_t *is_member;           /* per wire */
    uint32_t *next;               /* per member: when it is mixed or measured next */
    uint32_t *beyond;             /* the same, after the stages */
    uint32_t n_unknown;           /* members of which this is not known */
    uint32_t *called; /* per wire: which wire will have its name, while looking beyond SWAPs */
};

enum status ahead_init(struct ahead *ahead, uint32_t n_wires);
void ahead_fini(struct ahead *ahead);
/* Fills it for a group. stage: of layout->fuse, the first to come; NULL: the next of those planned,
 * if any. */
void ahead_look(struct ahead *ahead, const struct layout *layout, uint32_t group,
                const struct fuse_stage *stage);

#endif
