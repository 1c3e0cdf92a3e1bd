/* Writes the items of a skeleton, QPU by QPU, in one pass over the ops of a program. */
#ifndef QSPAN_SCHEDULE_BUILD_H
#define QSPAN_SCHEDULE_BUILD_H

#include "schedule/blocks.h"
#include "schedule/messages.h"
#include "schedule/schedule.h"

struct qpu_durations {
    int64_t gate1_ps, gate2_ps, measure_ps, reset_ps;
};
/* Fills the items of skeleton->qpus, which exist; durations: one per QPU. */
enum status build_items(struct skeleton *skeleton, const struct program *program,
                        const struct qpu_durations *durations, const struct blocks *blocks,
                        const struct messages *messages);

#endif
