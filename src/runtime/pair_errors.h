/* Errors of pairs that differ from timeline to timeline, as frames take them. */
#ifndef QSPAN_RUNTIME_PAIR_ERRORS_H
#define QSPAN_RUNTIME_PAIR_ERRORS_H

#include "engine/frame/frame.h"
#include "runtime/clock.h"

struct pair_errors {
    const struct run_clock *clock;
    uint64_t seed, block_shots; /* of a timeline */
};
/* Bytes of the pairs of one timeline that a clock keeps, loops multiplied out; saturating. */
uint64_t pair_errors_bytes(const struct program *program);
/* For struct frame_pairs, ctx = struct pair_errors: adds the errors of those shots whose timelines
 * the clock keeps. They depend on (seed, site, timeline, place in it) alone. */
void pair_errors_add(void *ctx, uint64_t *x, uint64_t *z, uint64_t site, uint64_t first_shot,
                     size_t n_shots);

#endif
