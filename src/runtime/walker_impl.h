/* What walker.c and walk_ops.c share; for nobody else. */
#ifndef QSPAN_RUNTIME_WALKER_IMPL_H
#define QSPAN_RUNTIME_WALKER_IMPL_H

#include "base/mem.h"
#include "runtime/site.h"
#include "runtime/tracker.h"
#include "runtime/walker.h"

enum { WALKER_MAX_KEYS = 2 * GATE_MAX_QUBITS };

/* A branch was parted before step n_steps, and the engine brought up to date for it: engines give
 * the same bits only for the same calls, so a branch that starts again makes them again. */
struct cut {
    uint64_t n_steps;
    const struct cut *before;
};
/* A state before op `pc`, kept for the branches that go on from it. */
struct saved {
    void *snapshot; /* NULL: none, start from the beginning */
    struct tracker *tracker;
    struct site_walk loops;
    const struct decision *decisions;
    size_t pc, n_users;
    uint64_t n_steps;
};
/* An outcome that is already decided when a branch goes on at its MEASURE. */
struct forced {
    bool is_set, bit;
    double p;
};
struct branch {
    struct saved *saved; /* NULL: from the beginning */
    const struct cut *cuts;
    struct columns columns;
    struct forced forced;
    struct rows rows; /* exact only: the branch's own forms */
    double weight;
    size_t n_symbols;
};

struct walker {
    const struct program *program;
    const struct lowered *lowered;
    struct engine *engine;
    struct walker_options options;
    uint64_t first_shot;

    /* the branch that is walked */
    struct rows rows;
    struct columns columns;
    struct tracker *tracker;
    struct site_walk loops;
    const struct decision *decisions;
    struct forced forced;
    double weight;
    size_t n_symbols;
    size_t pc, applied; /* next op; ops before `applied` are in the engine */
    uint64_t n_steps;   /* since the beginning of the program */
    uint64_t next_cut;  /* least n_steps not yet passed of `cuts` */
    const struct cut *cuts;

    struct branch *waiting;
    size_t n_waiting, cap_waiting;
    struct arena decision_arena;
    uint64_t n_branches;
    uint64_t *keys;    /* WALKER_MAX_KEYS rows: what columns are told apart by */
    uint64_t *scratch; /* WALKER_MAX_KEYS rows */
    uint64_t *masks;   /* two rows */
    size_t row_words;  /* words of the work rows above */
    struct tracker_string string;
};

/* Brings the engine up to the op at pc. */
enum status walker_flush(struct walker *walker);
/* Tells columns apart by n_keys rows of walker->keys. If they agree, *out_pattern is their pattern
 * and nothing else happens. Else the walked branch keeps one class (pattern 0 if there is one) and
 * the others wait at pc. Exact: the branch is split on coins until the forms are constant. */
enum status walker_part(struct walker *walker, size_t n_keys, uint32_t *out_pattern);
/* A copy of the walked branch with those columns (exact: all) waits at pc with that forced outcome.
 */
enum status walker_park(struct walker *walker, struct saved **inout_saved, const uint64_t *mask,
                        struct forced forced, double weight);
/* Keeps only the columns of the mask. */
enum status walker_keep(struct walker *walker, const uint64_t *mask);
/* A fresh fair coin into walker->keys: sampling: row of [u(site, shot) < 1/2]; exact: a new symbol.
 */
enum status walker_toss(struct walker *walker, uint64_t site);

enum status walk_gate(struct walker *walker, const struct op *op);
enum status walk_measure(struct walker *walker, const struct op *op);
enum status walk_reset(struct walker *walker, const struct op *op);
enum status walk_ebit(struct walker *walker, const struct op *op);
enum status walk_noise(struct walker *walker, const struct op *op);
enum status walk_assign(struct walker *walker, const struct op *op);
enum status walk_frame_if(struct walker *walker, const struct op *op);
/* The condition's value, the same for all columns that stay (others wait). */
enum status walk_decide(struct walker *walker, const struct op *op, bool *out_is_taken);
enum status walk_postponed(struct walker *walker);

#endif
