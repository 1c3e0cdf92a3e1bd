/* Which wires of a group choose its slices, and which lie inside them: by what comes next.
 *
 * Stages (fuse.h) need their targets inside. When one of them is outside, as many wires change
 * places at once as pays: of those inside, the ones that are mixed or measured last (Belady,
 * ahead.h), and of those outside, the ones needed now and maybe some that are needed soon: m wires
 * at once move 1 - 2^-m of the vector, one after the other m / 2 of it. How many more is decided by
 * walking the stages to come with each number. Of the wires that go, those needed last take the
 * highest bits of slice numbers: ranks of one node are neighbours (comm.h), so those bits are
 * between nodes.
 *
 * Choices depend on which wires are inside, not on where: a plan, which does not know where passes
 * put wires in a slice, makes the same. */
#ifndef QSPAN_ENGINE_STATEVECTOR_SCHEDULE_H
#define QSPAN_ENGINE_STATEVECTOR_SCHEDULE_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

enum { SCHEDULE_MAX_WIRES = 16 }; /* that change places at once */

struct fuse_stage;
struct layout;
struct ahead;
struct schedule {
    struct ahead *ahead;
    uint8_t *place;  /* per wire */
    uint8_t *is_out; /* per wire, while walking the stages to come */
    uint32_t *later; /* per wire: when it is needed after a stage to come */
};
/* Wires in[i], which choose slices, change places with out[i], which lie inside. */
struct schedule_choice {
    uint32_t in[SCHEDULE_MAX_WIRES], out[SCHEDULE_MAX_WIRES];
    unsigned n;
};

enum status schedule_init(struct schedule *schedule, uint32_t n_wires);
void schedule_fini(struct schedule *schedule);

/* What brings these wires of a group inside, or as many of them as change places at once; n = 0:
 * they are. `stage` of layout->fuse is about to run on these wires, or on these first; NULL:
 * nothing is known of what comes. */
void schedule_choose(struct schedule_choice *out, struct layout *layout, uint32_t group,
                     const uint32_t *wires, size_t n_wires, const struct fuse_stage *stage);
/* What changes places before the group grows, where that saves moving more of the larger vector;
 * n = 0: nothing. */
void schedule_choose_early(struct schedule_choice *out, struct layout *layout, uint32_t group);
/* The n wires inside that are needed last, the last of them last. */
void schedule_choose_last(uint32_t *out, unsigned n, struct layout *layout, uint32_t group);

#endif
