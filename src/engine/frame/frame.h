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

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "comm/comm.h"
#include "engine/frame/frame_plan.h"

enum { FRAME_SHOTS = 1024, FRAME_GATHERED = 512, FRAME_GATHER_ROWS = 64, FRAME_MAX_BLOCKS = 64 };

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
    const uint64_t *conditions; /* the plan's n_conditions, of the reference; NULL without any */
    const struct team *team;    /* of the plan's ranks, if there are several; runs are collective */
    uint32_t lane;              /* team: tells apart the states of a rank, as on the other ranks */
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
 * n_blocks words, NULL: all 0. stop: once it is not 0, the run breaks off, returns false and leaves
 * no rows; not with a team; NULL: never. Cost: for each instruction its targets times n_blocks
 * times some cycles, for rare errors 1 + 1024 p draws a site and block. */
bool frame_state_run(struct frame_state *state, uint64_t first_block, const uint64_t *sweep,
                     const volatile sig_atomic_t *stop);

/* The same in steps, for the states of a team, whose ranks need rows of each other: `advance` goes
 * on while it can, and returns whether that was to the end; `talk`, by the thread that may call
 * MPI, sends and receives without waiting, and returns whether anything came or went. is_quiet: all
 * that was sent has arrived. */
void frame_state_begin(struct frame_state *state, uint64_t first_block, const uint64_t *sweep);
bool frame_state_advance(struct frame_state *state);
bool frame_state_talk(struct frame_state *state);
bool frame_state_is_quiet(const struct frame_state *state);

size_t frame_count_rows(const struct frame_state *state, enum frame_output output);
/* Row i, 16 n_blocks words; shot s of the batch is bit s. Borrowed, until the next run. */
const uint64_t *frame_row(const struct frame_state *state, enum frame_output output, size_t i);
/* Of a team's plan: for each row, has this rank a part of it? The row of all is the XOR of the
 * parts; the same after each run. NULL: it has all of all rows. Borrowed. */
const uint8_t *frame_parts(const struct frame_state *state, enum frame_output output);
/* Shot by shot: of n rows that start at a multiple of FRAME_GATHERED shots, row_words apart and
 * with memory up to a multiple of 64 rows, bit s of row i (s < FRAME_GATHERED) is bit i of
 * out + s * stride; bits up to the end of the last word are 0. */
void frame_gather_rows(const struct frame_state *state, const uint64_t *rows, size_t n,
                       size_t row_words, uint64_t *out, size_t stride);

#endif
