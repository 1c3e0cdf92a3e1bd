/* What a run will need, from the bookkeeping alone. */
#ifndef QSPAN_ENGINE_STATEVECTOR_PLAN_H
#define QSPAN_ENGINE_STATEVECTOR_PLAN_H

#include "engine/statevector/layout.h"

struct plan_result {
    struct engine_figures figures;
    double pool_bytes;   /* amplitudes on the fullest rank */
    double peak_bytes;   /* and buffers; may exceed 64 bits */
    unsigned chunk_bits; /* of the tuning: those of a run that needs no more */
};
/* Not collective, O(ops) for straight-line programs. */
enum status plan_make(struct plan_result *out, const struct engine_task *task, int n_ranks,
                      const struct layout_tuning *tuning);

#endif
