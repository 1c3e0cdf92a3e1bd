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
    struct halt halt;
    struct final_qubits qubits; /* where something is asked of their state */
    struct expectation expectation;
    struct fidelity fidelity;
    bool is_keeper;      /* holds the histograms: team rank 0 */
    uint64_t begin, end; /* shots of this run without its past; end falls when it is stopped */
    /* The engine's work on what is done, without turns that were broken off. */
    uint64_t n_branches;
    uint32_t peak_group_qubits;
    uint8_t *records; /* of the shots from first_kept on: those of results, or of a turn */
    uint64_t first_kept;
    struct tally tally;
    struct tally *marginals;         /* per QPU */
    uint32_t *bit_postponed, *wires; /* exact runs */
    uint64_t digest;
    uint64_t first_shot;
    double makespan_sum;
    enum status keeper_status; /* what failed on this rank alone; agreed on after the last batch */
};

/* Shots that frames draw together. */
enum { RUN_FRAME_SHOTS = 1024 };

/* Frames and bits of one batch of shots take at most about this much memory. */
#define RUN_BATCH_BYTES (UINT64_C(64) << 20)

/* How many timelines' pairs may be kept at once; one was run. */
static inline uint64_t run_kept_timelines(const struct run *run) {
    return RUN_BATCH_BYTES / ((run->clock.n_pairs + 1) * sizeof(struct clock_pair)) + 1;
}

/* Keys, marginals and their empty histograms, in the results and the run. */
enum status run_set_keys(struct run *run);
/* Makespans and records of all shots where they are wanted, past ones too; records on the first
 * rank alone. Collective over the world. */
enum status run_make_shot_arrays(struct run *run);
/* run->records for the n shots from first on that this rank counts, 0: none; the world's first rank
 * has those of all shots. Collective over the world. */
enum status run_keep_records(struct run *run, uint64_t first, uint64_t n);
/* Adds the shots from run->first_shot on to histograms, but for the first n_past, and to
 * run->records unless NULL. */
enum status run_count_batch(struct run *run, const struct rows *rows, size_t n_past,
                            size_t n_shots);
/* The histograms as lists in the results. */
enum status run_list_counts(struct run *run);

/* Shots are drawn from the start of a block on, of which the past may have the first ones. */
static inline uint64_t run_first_drawn(const struct run *run, uint32_t block_shots) {
    return run->begin == run->end ? run->end : run->begin - run->begin % block_shots;
}
/* How many of the shots from `first` on the past has; first is what run_first_drawn says, or later.
 */
static inline size_t run_count_past(const struct run *run, uint64_t first) {
    return first < run->begin ? (size_t)(run->begin - first) : 0;
}

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

/* May the shots of the options be a run of their own, and go on after its past? STATUS_USAGE,
 * logged. */
enum status run_check_range(const struct run *run, uint32_t block_shots);
/* Figures of a physical network are added in the order of shots, past ones first. */
enum status run_keep_reals(struct run *run);
/* The network of the past, where this rank has it; or NULL. */
const struct network_stats *run_past_network(const struct run *run);
/* Counts, records, averages and ledgers of shots before join those of this run, on the first rank.
 */
enum status run_add_past(struct run *run);
/* The same of what run_set_figures sets. */
void run_add_past_figures(struct run *run);
/* Sums that a turn of shots adds to before it is known that it comes to its end. */
struct turn_mark {
    struct clock_mark clock;
    struct average *averages; /* of observables */
    struct average fidelity;
};
/* Overwrites an earlier mark. STATUS_NOFIT. */
enum status run_mark_turn(struct turn_mark *mark, const struct run *run);
/* The turn never was. */
void run_undo_turn(struct run *run, const struct turn_mark *mark);
void turn_mark_fini(struct turn_mark *mark);
/* Branches and the largest group, as they are now. */
void run_note_work(struct run *run);

/* Has any rank been told to stop? Then run->end becomes `done`. *inout_figures: the largest of all
 * ranks. Collective over the world. */
bool run_asks_to_stop(struct run *run, uint64_t done, uint64_t *inout_figures, size_t n_figures);
/* Says that shots up to `done` are kept, if there are any (run_options.keep). */
void run_keep(const struct run *run, uint64_t done);
/* STATUS_INTERRUPTED (not logged) for a run that was stopped before its first shots were done. */
enum status run_set_done(struct run *run);

/* Times, ledger, memory and work, on all ranks. Collective over the world. */
enum status run_set_figures(struct run *run, uint32_t block_shots);

#endif
