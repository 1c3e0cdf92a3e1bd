/* A run under way: what runtime.c and the parts run_*.c share; for nobody else. */
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

/* Frames and bits of one batch of shots take at most about this much memory. */
#define RUN_BATCH_BYTES (UINT64_C(64) << 20)

/* How many timelines' pairs may be kept at once; one was run. */
static inline uint64_t run_kept_timelines(const struct run *run) {
    return RUN_BATCH_BYTES / ((run->clock.n_pairs + 1) * sizeof(struct clock_pair)) + 1;
}

/* Keys, marginals and their empty histograms, in the results and the run. */
enum status run_set_keys(struct run *run);
/* Makespans and records of shots where they are wanted; n_kept: shots whose records this rank
 * holds. Collective over the world. */
enum status run_make_shot_arrays(struct run *run, uint64_t n_kept);
/* Adds the shots from run->first_shot on to histograms and records. */
enum status run_count_batch(struct run *run, const struct rows *rows, size_t n_shots);
/* The histograms as lists in the results. */
enum status run_list_counts(struct run *run);

static inline bool run_has_frames(const struct run_options *options) {
    return options->engine == &engine_frame;
}
/* Errors: STATUS_INPUT for what frames do not have. */
enum status run_check_frames(const struct run_options *options);
/* Every rank has the same plan and reference shot, and blocks of its own. */
enum status run_create_bulk(struct run *run);
/* All shots, from run->bulk; then histograms and records are on rank 0. Collective over the team.
 */
enum status run_sample_frames(struct run *run);

/* Times, ledger, memory and work, on all ranks. Collective over the world. */
enum status run_set_figures(struct run *run, uint32_t block_shots);

#endif
