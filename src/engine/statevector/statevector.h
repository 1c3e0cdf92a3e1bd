/* The state-vector engine beyond its class: what tests choose. */
#ifndef QSPAN_ENGINE_STATEVECTOR_STATEVECTOR_H
#define QSPAN_ENGINE_STATEVECTOR_STATEVECTOR_H

#include "engine/engine.h"
#include "engine/statevector/layout.h"
#include "engine/statevector/pass.h"

/* engine_statevector.create and .plan with other sizes of chunks and slices. */
enum status statevector_create(struct engine **out_engine, const struct engine_task *task,
                               const struct team *team, const struct layout_tuning *tuning);
enum status statevector_plan(struct engine_figures *out_figures, const struct engine_task *task,
                             int n_ranks, const struct layout_tuning *tuning);
/* Chosen when it was created. */
const struct statevector_kernels *statevector_kernels_of(const struct engine *engine);
/* What passes have done so far on this rank; the floors count from when the rates of the rank's
 * machine were set. */
struct pass_work statevector_work(const struct engine *engine);
void statevector_set_rates(struct engine *engine, const struct pass_rates *rates);
/* Amplitudes read so far, on all ranks, for probabilities, samples and expectation values. */
double statevector_read_amps(const struct engine *engine);

/* Bytes of amplitudes that changed their rank since the engine was created. `counted`: sent by all
 * ranks, by the rule that plans use, the same on all ranks. `sent`: by this rank, as messages were
 * posted. Seconds that this rank spent in exchanges of wires. */
struct statevector_traffic {
    double counted, sent, exchange_s;
    uint64_t n_exchanges;
};
struct statevector_traffic statevector_get_traffic(const struct engine *engine);

#endif
