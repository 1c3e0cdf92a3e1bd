/* What walker.c and the parts walk_*.c share; for nobody else. */
#ifndef QSPAN_RUNTIME_WALKER_IMPL_H
#define QSPAN_RUNTIME_WALKER_IMPL_H

#include "base/mem.h"
#include "runtime/site.h"
#include "runtime/tracker.h"
#include "runtime/walker.h"

enum { WALKER_MAX_KEYS = 2 * GATE_MAX_QUBITS };
/* Of exact probabilities, by loops that were broken off: more is said; more is refused. */
#define WALKER_LOST_NAMED 1e-12
#define WALKER_LOST_MOST 1e-6
#define WALKER_MAX_DECAY 8.0 /* then the state is normalised */

/* A copy of the engine's state. */
struct base {
    void *snapshot;
    size_t n_users;
};
/* Where branches go on: at op `pc`, from a state of the engine that may be older. A branch is not
 * brought up to date where another leaves it, so what is computed for a shot depends on its own
 * outcomes and errors alone, whoever else is there. */
struct saved {
    struct base *base;
    struct tracker *tracker;
    struct site_walk loops;
    const struct decision *decisions;
    size_t pc, applied, n_users; /* ops before `applied` are in the copy */
    double decay;
};
/* An outcome that is already decided when a branch goes on at its MEASURE. */
struct forced {
    bool is_set, bit;
    double p;
};
struct branch {
    struct saved *saved; /* NULL: from the beginning */
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
    bool has_dropped; /* exact: a case below WALKER_P_MIN was left out in this branch */
    double lost;      /* exact: probability of the loops that were broken off */
    size_t n_symbols;
    size_t pc, applied; /* next op; ops before `applied` are in the branch's state */
    struct base *base;  /* a copy of that state, or NULL; and does the engine have the state? */
    bool is_stale;
    double decay;              /* the squared norm may have fallen to e^-decay */
    struct rejected *rejected; /* jumps that did not happen */

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
/* The same; the caller then changes the engine's state. */
enum status walker_flush_to_change(struct walker *walker);
/* A place to go on from, for walker_park; NULL in *out_saved: no memory, start again. */
enum status walker_save(struct walker *walker, struct saved **out_saved);
void walker_release(struct walker *walker, struct saved *saved);
/* What it holds, not the record. */
void walker_fini_branch(struct walker *walker, struct branch *branch);
/* Tells columns apart by n_keys rows of walker->keys. If they agree, *out_pattern is their pattern
 * and nothing else happens. Else the walked branch keeps one class (pattern 0 if there is one) and
 * the others wait at pc. Exact: the branch is split on coins until the forms are constant. */
enum status walker_part(struct walker *walker, size_t n_keys, uint32_t *out_pattern);
/* A copy of the walked branch with those columns (exact: all) waits with that forced outcome, to go
 * on from where it was saved (borrowed); NULL: from the beginning. */
enum status walker_park(struct walker *walker, struct saved *saved, const uint64_t *mask,
                        struct forced forced, double weight);
/* Keeps only the columns of the mask. */
enum status walker_keep(struct walker *walker, const uint64_t *mask);
/* A fresh fair coin into walker->keys: sampling: row of [u(site, shot) < 1/2]; exact: a new symbol.
 */
enum status walker_toss(struct walker *walker, uint64_t site);

/* Some column has a frame on the wires. */
bool walk_has_frames(const struct walker *walker, const uint32_t *wires, uint32_t n_wires);
/* An operator that maps Paulis so, or to none, where there are frames or known stabilizers. */
enum status walk_map(struct walker *walker, const uint32_t *wires, const struct pauli_map *map,
                     bool has_frame, bool is_silent);
/* Refuses an error of that probability in exact runs. */
enum status walk_check_exact(const struct walker *walker, const struct op *op, double p_any);
enum status walk_gate(struct walker *walker, const struct op *op);
enum status walk_measure(struct walker *walker, const struct op *op);
enum status walk_reset(struct walker *walker, const struct op *op);
enum status walk_ebit(struct walker *walker, const struct op *op);
enum status walk_noise(struct walker *walker, const struct op *op);
/* NOISE_RELAX and NOISE_RESET of one wire (walk_jump.c). */
enum status walk_jump(struct walker *walker, const struct op *op);
void walk_forget_rejected(struct walker *walker);
/* A measured bit of the columns is read wrongly with the probabilities of its MEASURE. */
enum status walk_misread(struct walker *walker, const struct op *op);
enum status walk_assign(struct walker *walker, const struct op *op);
enum status walk_frame_if(struct walker *walker, const struct op *op);
/* The condition's value, the same for all columns that stay (others wait). */
enum status walk_decide(struct walker *walker, const struct op *op, bool *out_is_taken);
enum status walk_postponed(struct walker *walker);

#endif
