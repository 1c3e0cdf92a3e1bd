/* Bulk sampling of noisy Clifford lists: Pauli frames, packed along shots.
 *
 * A state holds the frames of a batch of whole blocks of 1024 shots and walks the plan once for a
 * batch. What comes out is how results differ from those of one noiseless reference shot (all of it
 * is 0 where there is no noise and no random result); detectors need no reference. Bits depend on
 * (seed, plan, shot) only, not on batches, threads or ISA. Memory does not grow with the length of
 * the list, except for outputs that are kept. States are independent of each other: one per thread.
 * Ref: Gidney, Quantum 5, 497 (2021), section 3. */
#ifndef QSPAN_ENGINE_FRAME_FRAME_H
#define QSPAN_ENGINE_FRAME_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "comm/comm.h"
#include "engine/frame/frame_plan.h"

enum { FRAME_SHOTS = 1024, FRAME_GATHERED = 512, FRAME_MAX_BLOCKS = 64 };

/* Pairs whose errors differ from shot to shot: adds those of shots first_shot .. first_shot +
 * n_shots - 1 to the X and Z rows of the second qubit of the EBIT at this run-time site. Called by
 * each state on its own thread. */
struct frame_pairs {
    void (*add_errors)(void *ctx, uint64_t *x, uint64_t *z, uint64_t site, uint64_t first_shot,
                       size_t n_shots);
    void *ctx;
};
struct frame_options {
    uint64_t seed;
    const struct frame_pairs *pairs; /* instead of what the plan says of EBITs; NULL: the plan */
    uint32_t n_blocks;               /* of a batch, 1 .. FRAME_MAX_BLOCKS */
    bool keeps_records, keeps_detectors;
    const struct team *team; /* of the plan's ranks, if there are several; runs are collective */
};
/* What a batch leaves: rows of bits, one bit a shot. */
enum frame_output {
    FRAME_OUT_RECORDS,     /* keeps_records */
    FRAME_OUT_DETECTORS,   /* keeps_detectors; then the observables */
    FRAME_OUT_OBSERVABLES, /* always */
    FRAME_OUT_BITS,        /* the plan's n_bits */
};

struct frame_state;
/* Bytes of a state, saturating. */
uint64_t frame_state_bytes(const struct frame_plan *plan, const struct frame_options *options);
/* The plan is borrowed. Kernels are those that the CPU (or QSPAN_ISA) wants. Errors: STATUS_NOFIT,
 * STATUS_USAGE. */
enum status frame_state_create(struct frame_state **out_state, const struct frame_plan *plan,
                               const struct frame_options *options);
void frame_state_destroy(struct frame_state *state);
/* A good number of blocks for a batch: frames that fit a core's cache, where they can. */
uint32_t frame_suggest_blocks(const struct frame_plan *plan);

/* Runs blocks first_block .. first_block + n_blocks - 1. sweep: the plan's n_sweeps rows of 16
 * n_blocks words, NULL: all 0. Cost: for each instruction its targets times n_blocks times some
 * cycles, for rare errors 1 + 1024 p draws a site and block. */
void frame_state_run(struct frame_state *state, uint64_t first_block, const uint64_t *sweep);

/* The same for states with blocks after each other, one thread each; the states of a team's plan
 * must run so: what travels is sent and received by the calling thread. sweeps: one for each. */
void frame_states_run(struct frame_state *const *states, size_t n_states, uint64_t first_block,
                      const uint64_t *const *sweeps);

size_t frame_count_rows(const struct frame_state *state, enum frame_output output);
/* Row i, 16 n_blocks words; shot s of the batch is bit s. Borrowed, until the next run. */
const uint64_t *frame_row(const struct frame_state *state, enum frame_output output, size_t i);
/* A team's plan: the rows of all ranks, added to those of rank 0 (others keep theirs). Collective.
 * Volume: rows that are not 0. */
void frame_collect(struct frame_state *state, enum frame_output output);
/* Shot by shot: bit i of the s-th of FRAME_GATHERED shots from first_shot on (of this batch, a
 * multiple of FRAME_GATHERED) is bit i of out + s * stride; bits up to the end of the last word are
 * 0. */
void frame_gather(const struct frame_state *state, enum frame_output output, size_t first_shot,
                  uint64_t *out, size_t stride);

#endif
