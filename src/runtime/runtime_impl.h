/* A run under way: what runtime.c and run_figures.c share; for nobody else. */
#ifndef QSPAN_RUNTIME_RUNTIME_IMPL_H
#define QSPAN_RUNTIME_RUNTIME_IMPL_H

#include "base/progress.h"
#include "runtime/bulk.h"
#include "runtime/clock.h"
#include "runtime/expectation.h"
#include "runtime/fidelity.h"
#include "runtime/final_state.h"
#include "runtime/lower.h"
#include "runtime/replicas.h"
#include "runtime/settle.h"
#include "runtime/tally.h"
#include "runtime/walker.h"

struct run {
    const struct program *program;
    const struct run_options *options;
    struct replicas replicas;
    const struct team *world, *team; /* team: of this rank's replica */
    struct results *results;
    struct lowered lowered;
    struct engine *engine;
    struct run_clock clock;
    struct settle *settle; /* where shots have timelines that differ; else NULL */
    bool is_settling;      /* a walk to find out about pairs: its results are not counted */
    struct walker *walker; /* state vectors; or */
    struct bulk *bulk;     /* frames */
    struct progress progress;
    struct final_qubits qubits; /* where something is asked of their state */
    struct expectation expectation;
    struct fidelity fidelity;
    bool is_keeper;      /* holds the histograms: team rank 0 */
    uint64_t first_kept; /* shot of the first record */
    struct tally tally;
    struct tally *marginals;         /* per QPU */
    uint32_t *bit_postponed, *wires; /* exact runs */
    uint64_t digest;
    uint64_t first_shot;
    double makespan_sum;
    enum status keeper_status; /* what failed on this rank alone; agreed on after the last batch */
};

/* Times, ledger, memory and work, on all ranks. Collective over the world. */
enum status run_set_figures(struct run *run, uint32_t block_shots);

#endif
