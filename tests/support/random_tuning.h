/* The state-vector engine's sizes and costs, by seed. */
#ifndef SUPPORT_RANDOM_TUNING_H
#define SUPPORT_RANDOM_TUNING_H

#include "engine/statevector/costs.h"
#include "engine/statevector/layout.h"

/* That tuning; for half of the seeds all vectors are too large for caches; for odd seeds tables of
 * factors cost nothing: all phases of a block that may be done together are, in groups of any size.
 */
static inline struct layout_tuning random_tuning(const struct layout_tuning *tuning,
                                                 uint64_t seed) {
    static struct costs eager;
    struct layout_tuning out = *tuning;
    eager = costs_fixed;
    eager.factors = eager.table_wires = 0;
    out.stream_log = seed / 2 % 2 != 0 ? 0 : layout_tuning_default.stream_log;
    out.costs = seed % 2 != 0 ? &eager : NULL;
    return out;
}

#endif
