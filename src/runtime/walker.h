/* Walks a lowered program and keeps the tree of branches (docs/design.md, shared evolution).
 *
 * A branch is one dense state in the engine, the columns (shots, or symbols of one exact case) that
 * share it, and what is known of it: stabilizers, loop counters, decisions. Ops act on frames at
 * once and on the engine in runs. Where columns must part - an outcome that is no fair coin, a
 * condition on gates, a frame that meets a gate that maps it to no Pauli - the first class goes on
 * and the others wait with a snapshot, or, without memory for one, start again from the beginning
 * with their columns alone: what they draw does not depend on who else is there. */
#ifndef QSPAN_RUNTIME_WALKER_H
#define QSPAN_RUNTIME_WALKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/progress.h"
#include "comm/halt.h"
#include "engine/engine.h"
#include "program/program.h"
#include "runtime/ensemble.h"
#include "runtime/lower.h"

/* A control decision of a branch: IF or WHILE `op` (index in the program) in that iteration. */
struct decision {
    size_t op;
    uint64_t iteration;
    bool taken;
    const struct decision *previous;
};

/* The end of a branch. Sampling: bits of the columns are in rows. Exact: see struct exact_leaf. */
struct walker_leaf {
    const struct rows *rows;
    const struct columns *columns;
    const struct decision *decisions; /* last first; NULL if the program is not data dependent */
    double weight;                    /* exact: probability of the case */
    size_t n_symbols;                 /* exact: coins are columns 1 .. n_symbols */
    /* Exact: of the postponed measurements; the visitor may change it. */
    struct engine_distribution *distribution;
};

struct walker_options {
    uint64_t seed;
    uint32_t block_shots;
    uint64_t max_branches; /* exact */
    bool is_exact;
    bool is_pure;  /* exact: one branch, whose state is all that is asked for: no distribution */
    bool is_ideal; /* errors of the program are left out */
    /* Weights (pI, pX, pY, pZ) of the pair that an EBIT delivers to two wires at this run-time
     * site. */
    enum status (*pair_weights)(void *pair_ctx, double *out_weights, const uint32_t *wires,
                                uint64_t site, uint64_t block);
    void *pair_ctx;
    bool do_pairs_vary; /* from block to block; else block 0 stands for all */
    enum status (*leaf)(void *leaf_ctx, const struct walker_leaf *leaf);
    /* Before the postponed measurements of a branch are drawn, its state in the engine; NULL: not
     * asked for. */
    enum status (*state)(void *leaf_ctx, const struct walker_leaf *leaf);
    void *leaf_ctx;
    struct progress *progress; /* may be NULL */
    struct halt *halt;         /* what ends a walk with STATUS_INTERRUPTED (comm/halt.h), and */
    const struct team *team;   /* the engine's team that agrees on it */
};

/* Exact: cases of less probability are rounding, and are left out. */
#define WALKER_P_MIN 1e-15
#define WALKER_LOOP_P_MIN 1e-9

struct walker;
/* Program, lowered ops and engine are borrowed, options copied. Walks are collective over the
 * engine's team, with equal arguments; bits, leaves and weights are the same on all ranks. Errors:
 * what the engine says, STATUS_NOFIT, STATUS_INTERRUPTED, and STATUS_INPUT (logged with the place)
 * for what depends on the walk: a WHILE with too many rounds, more branches than there may be. */
enum status walker_create(struct walker **out_walker, const struct program *program,
                          const struct lowered *lowered, struct engine *engine,
                          const struct walker_options *options);
void walker_destroy(struct walker *walker);
/* Shots first_shot .. first_shot + n_shots - 1 without the first n_past (less than n_shots);
 * first_shot is the start of a block. Afterwards the bits are in *out_rows (borrowed, column s =
 * shot first_shot + s). Cost: the engine's ops once for each branch, from where it left another;
 * the frames of all shots. */
enum status walker_sample(struct walker *walker, const struct rows **out_rows, uint64_t first_shot,
                          size_t n_past, size_t n_shots);
/* All outcomes with their weights: one leaf per case. Programs with noise are refused. A WHILE is
 * broken off where a case of it was left out as rounding and its branch has a probability below
 * WALKER_LOOP_P_MIN: it might go on for ever. What that takes away is named in a warning, or
 * refused (STATUS_INPUT) above 1e-6. */
enum status walker_enumerate(struct walker *walker);
/* States evolved by all walks so far. */
uint64_t walker_count_branches(const struct walker *walker);

#endif
