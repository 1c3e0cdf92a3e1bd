/* What the wires of a group will be needed for: the rest of the stages that run now, then those of
 * the steps in which other parts join the group (bond.c), then the rest of the program.
 *
 * Stages to come are found as fuse_order.c finds them, but of operators that have not been merged:
 * a bit more of them, mixing the same wires. */
#ifndef QSPAN_ENGINE_STATEVECTOR_AHEAD_H
#define QSPAN_ENGINE_STATEVECTOR_AHEAD_H

#include "engine/statevector/fuse.h"

#define AHEAD_NEVER UINT32_MAX

/* Mixes these of the first n_members of ahead.members, in a vector of `size` times as many
 * amplitudes as now. */
struct ahead_stage {
    uint32_t targets[FUSE_STAGE_TARGETS], n_targets, n_members;
    double size;
};
/* Times are indices of stages, then go on counting. */
struct ahead {
    struct ahead_stage *stages;
    uint32_t n_stages;
    uint32_t *members, n_members; /* wires: the group's, then those that join, in their order */
    uint8_t *is_member;           /* per wire */
    uint32_t *next;               /* per member: when it is mixed or measured next */
    uint32_t *beyond;             /* the same, after the stages */
    uint32_t n_unknown;           /* members of which this is not known */
    uint8_t *is_gone;             /* of the operators that wait: in a stage */
    size_t n_gone, n_visits;      /* the first n_gone are; looks at one */
    uint32_t *called; /* per wire: which wire will have its name, while looking beyond SWAPs */
};

enum status ahead_init(struct ahead *ahead, uint32_t n_wires);
void ahead_fini(struct ahead *ahead);
/* Fills it for a group. stage: of layout->fuse, the first to come; NULL: none runs. */
void ahead_look(struct ahead *ahead, const struct layout *layout, uint32_t group,
                const struct fuse_stage *stage);

#endif
