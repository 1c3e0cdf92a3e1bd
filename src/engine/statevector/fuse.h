/* Gates wait, are fused and put in order, and run in passes.
 *
 * An operator on a group's wires is not applied when it comes: it is kept until somebody looks at
 * amplitudes or a section of the program ends (or a wire is copied). One on wires of several groups
 * waits for them to become one (bond.c). Then the waiting
 * operators of the group become a list that does the same with less work: one-qubit gates of a wire
 * and pairs of wires are multiplied where a table of costs says so, runs of diagonal
 * operators become one polynomial of phases, factors common to all amplitudes are put off to the
 * end. The list is put into stages, whose targets fit a tile of the cache, and blocks, whose
 * targets fit the registers, by a fixed rule that lets operators overtake those with which they
 * commute.
 *
 * With the fixed table (costs.h) all this depends on the program and on which wires form a group,
 * not on where a group lies: the same arithmetic is done in the same order on any number of ranks
 * and threads. Where a bit is, and how a stage is cut into passes (pass.h), decides only in which
 * order amplitudes are visited.
 *
 * Operators speak of bits, not of values: a wire that is flipped (layout_wire.flip) has been
 * translated when they were added. */
#ifndef QSPAN_ENGINE_STATEVECTOR_FUSE_H
#define QSPAN_ENGINE_STATEVECTOR_FUSE_H

#include "engine/statevector/costs.h"
#include "engine/statevector/layout.h"
#include "gate/gate.h"

enum {
    FUSE_BLOCK_TARGETS = 3,  /* bits that registers hold */
    FUSE_STAGE_TARGETS = 13, /* bits that a tile mixes, where that saves stages, ... */
    FUSE_FEW_TARGETS = 10,   /* ... or else, and in groups of fewer than FUSE_LARGE_GROUP wires, */
    FUSE_LARGE_GROUP = 20,   /* ... whose slices on many ranks would not hold more */
    FUSE_MAX_STEPS = STATEVECTOR_MAX_STEPS - FUSE_BLOCK_TARGETS - 1, /* operators of a block: a pass
                                              may add a cross a target, and what lets it grow */
    FUSE_FACTOR_WIRES = 10,    /* that a table of factors depends on, ... */
    FUSE_FEW_FACTOR_WIRES = 8, /* ... in groups of fewer than FUSE_LARGE_GROUP wires */
    FUSE_MAX_WIRES = 24,       /* of an operator, with its controls */
    FUSE_MAX_COUNTED = 64,     /* wires, of fuse_stops; larger groups are only planned */
    FUSE_COUNTED_AHEAD = 1024, /* operators */
};

enum fuse_kind {
    FUSE_MIX,     /* 2 x 2 matrix m on wires[0] */
    FUSE_PHASE,   /* factor m[0] + i m[1] where the controls have their values; no target. Without
                     controls wires[0] only tells the group */
    FUSE_DENSE,   /* 2^n_targets matrix at data + first */
    FUSE_ANGLES,  /* e^(2 pi i turns), turns = sum of terms first .. first + n - 1 */
    FUSE_FACTORS, /* fuse.factors[first], its wires the controls; the phases of a block, when it has
                     been chosen, and what waits at the end of the list */
};
/* How a FUSE_MIX without controls is done: what a and b become. x, y are m[0 .. 1], m[2 .. 3]: both
 * real, or both imaginary, or, but for the BACK shapes, complex. */
enum fuse_shape {
    FUSE_WHOLE,     /* matrix m */
    FUSE_LEAN,      /* a + x b, b + y a */
    FUSE_LEAN_BACK, /* a + x b, y a - b */
    FUSE_TURN,      /* x a + b, y b + a */
    FUSE_TURN_BACK, /* x a + b, y b - a */
};
struct fuse_op {
    enum fuse_kind kind;
    enum fuse_shape shape;
    uint8_t n_targets, n_controls;
    uint32_t values;                /* of the controls' bits */
    uint32_t wires[FUSE_MAX_WIRES]; /* targets, the matrix's lowest bit first; controls */
    size_t first, n;
    double m[8];
};
/* turns / 2^64 where the bits of all (at most 2) wires are 1. */
struct fuse_term {
    uint32_t n, wires[2];
    uint64_t turns;
};
/* A product of diagonal operators, tabulated: where wire i has the bit x_i, all amplitudes times
 * data[first + 2 x] + i data[first + 2 x + 1], x = sum of x_i 2^i. With a pivot only those whose
 * pivot's bit is 1, the factors of the others being 1: it is the wire wires[0], a target of the
 * block. */
struct fuse_factors {
    uint32_t wires[FUSE_FACTOR_WIRES], n_wires;
    bool has_pivot;
    enum fuse_factors_kind {
        FUSE_FACTORS_ANY,
        FUSE_FACTORS_ROTATE, /* e^(i phi), none near -1; data has tan(phi / 2) and sin phi */
        FUSE_FACTORS_SCALE,  /* real */
    } kind;
    size_t first;
};
/* order[first .. last-1] in registers; or one DENSE of more targets, or one ANGLES. */
struct fuse_block {
    size_t first, last;
    uint32_t targets[GATE_MAX_QUBITS];
    uint8_t n_targets;
};
/* Blocks first .. last-1, on n_targets wires in all, in a vector of n_wires. */
struct fuse_stage {
    size_t first, last;
    uint32_t targets[FUSE_STAGE_TARGETS];
    uint32_t n_targets, n_wires;
};

/* Scratch of merging and ordering, per wire; valid in the fuse's epoch. */
struct fuse_mark {
    uint32_t epoch;
    uint32_t state;
    size_t last, last_mix, phase; /* 1 + index of an op in the list made; 0: none */
    double factor[2];             /* put off, of amplitudes whose bit is 1 */
    bool has_factor;
};
/* What ordering needs of an operator: touched[first .. first + n - 1] are its wires, by their
 * numbers in the group, targets first. */
struct fuse_touch {
    size_t first;
    uint32_t n_targets, n;
    bool is_apart; /* a block of its own */
};
/* Consecutive operators on one or two wires. */
struct fuse_cluster {
    uint32_t wires[2], n_wires;
    uint32_t head, tail; /* of a list by fuse.next */
    double cost;
    bool is_open;
};

struct fuse_list {
    struct fuse_op *ops;
    size_t n, cap;
};
struct fuse {
    const struct costs *costs; /* borrowed */
    struct fuse_list waiting;  /* wires are carriers */
    struct fuse_list apart;   /* waits too, while others are settled (bond.c); the last n of them */
    struct fuse_list work[2]; /* of the vector that is planned */
    struct fuse_list ops;     /* of all stages */
    double *data;             /* matrices */
    size_t n_data, cap_data;
    struct fuse_term *terms;
    size_t n_terms, cap_terms;
    struct fuse_factors *factors;
    size_t n_factors, cap_factors;
    /* Swapping two wires changes who they are, not where waiting operators act: those name the
     * carrier, which the wire then had. */
    uint32_t *carrier_of, *wire_of;
    struct fuse_mark *marks; /* per wire, scratch */
    uint32_t epoch;
    uint32_t *order, *rest, *taken; /* indices of work[0]; in order, before first_order, of ops */
    size_t cap_order, cap_rest, cap_taken, n_order;
    size_t first_order, first_block, first_stage; /* of what is being planned */
    struct fuse_touch *touches;                   /* of work[0] */
    size_t cap_touches;
    uint32_t *touched, *numbered; /* numbers of wires; the wires that have these */
    size_t n_touched, cap_touched, cap_numbered;
    uint32_t n_numbered;
    uint8_t *states; /* of these wires, scratch */
    size_t cap_states;
    struct fuse_cluster *clusters;
    size_t n_clusters, cap_clusters;
    uint32_t *next;
    size_t cap_next;
    struct fuse_block *blocks;
    size_t n_blocks, cap_blocks;
    struct fuse_stage *stages;
    size_t n_stages, cap_stages;
    size_t next_stage; /* that has not run */
};

enum status fuse_init(struct fuse *fuse, uint32_t n_wires, const struct costs *costs);
void fuse_fini(struct fuse *fuse);
/* Forgets what waits. */
void fuse_clear(struct fuse *fuse);
void fuse_swap(struct fuse *fuse, uint32_t a, uint32_t b);

/* A matrix (row major, interleaved) on targets where all controls have these bits; wires that have
 * been joined. A matrix on more than FUSE_BLOCK_TARGETS targets has no more than GATE_MAX_QUBITS.
 */
enum status fuse_add_matrix(struct layout *layout, const struct fuse_op *shape,
                            const double *matrix);
enum status fuse_add_phase(struct layout *layout, const struct fuse_op *shape, double re,
                           double im);
/* Which operators must wait, one after the other, if a wire is missing: bit w of a word is about
 * wire w of at most FUSE_MAX_COUNTED. Of a wire: what stops operators on it, and those that mix it.
 */
struct fuse_stops {
    uint64_t all[FUSE_MAX_COUNTED], targets[FUSE_MAX_COUNTED];
};
/* What stops the operator on these wires, targets first; that then stops those after it with which
 * it does not commute. */
static inline uint64_t fuse_stop(struct fuse_stops *stops, const uint32_t *wires, uint32_t n,
                                 uint32_t n_targets) {
    uint64_t stopped = 0;
    for (uint32_t i = 0; i < n; i++) {
        stopped |= stops->all[wires[i]] | (i < n_targets ? stops->targets[wires[i]] : 0);
    }
    for (uint32_t i = 0; i < n; i++) {
        *(i < n_targets ? &stops->all[wires[i]] : &stops->targets[wires[i]]) |= stopped;
    }
    return stopped;
}
/* For each of these wires, which are all of a bond, how many of the first operators that wait and
 * mix cannot be done before it is there, and those whose bits `absent` has. */
void fuse_count_stopped(size_t *out, struct layout *layout, const uint32_t *wires, unsigned n,
                        uint64_t absent);
/* Makes stages, after those there are, of what waits for the n_wires wires that are due
 * (layout_wire), less what must come after operators on others. */
enum status fuse_plan(struct layout *layout, uint32_t n_wires);
/* fuse_factors.c: what the lone wires of a bond bring to its vector, amplitudes of |0> and |1>,
 * goes to tables of the stages as far as that makes no more work, so that it grows by copies: where
 * a table comes before anything mixes a wire, both its amplitudes become the larger one; where one
 * takes the product of all the larger ones, these become 1. */
void fuse_give_amps(struct layout *layout, const struct layout_bond *bond);
/* Runs the stages to come that are for vectors of this group's size. Collective where the layout
 * has a store. */
enum status fuse_run(struct layout *layout, uint32_t group);
/* Forgets the stages, which have run. */
void fuse_end(struct fuse *fuse);

/* fuse_merge.c: work[0] becomes a list that does the same with less work. n_wires: of the group. */
enum status fuse_merge(struct fuse *fuse, uint32_t n_wires);
/* fuse_shape.c: mixing gates lose the factors that can wait. scale: of all amplitudes, from
 * merging; wire: any of the group. The list goes from work[0] to work[1]. */
enum status fuse_choose_shapes(struct fuse *fuse, uint32_t n_wires, const double *scale,
                               uint32_t wire);
/* fuse_order.c: blocks and stages of work[0]. */
enum status fuse_order(struct fuse *fuse, uint32_t n_wires);
/* fuse_factors.c: in every block, phases that may be done together and are worth a table become
 * FUSE_FACTORS. */
enum status fuse_tabulate(struct fuse *fuse, uint32_t n_wires);

static inline struct fuse_mark *fuse_mark_of(struct fuse *fuse, uint32_t wire) {
    struct fuse_mark *mark = &fuse->marks[wire];
    if (mark->epoch != fuse->epoch) {
        *mark = (struct fuse_mark){.epoch = fuse->epoch};
    }
    return mark;
}
static inline unsigned fuse_n_wires(const struct fuse_op *op) {
    return (unsigned)op->n_targets + op->n_controls;
}
enum status fuse_push(struct fuse_list *list, const struct fuse_op *op);
/* Room for 2^k complex numbers; *out_first: where. */
enum status fuse_new_data(struct fuse *fuse, size_t *out_first, unsigned k);
/* Are tables worth their making? */
static inline bool fuse_has_tables(const struct fuse *fuse, uint32_t n_wires) {
    return n_wires >= fuse->costs->table_wires;
}
/* That a table depends on at most. */
static inline uint32_t fuse_factor_wires(uint32_t n_wires) {
    return n_wires < FUSE_LARGE_GROUP ? FUSE_FEW_FACTOR_WIRES : FUSE_FACTOR_WIRES;
}
/* Adds the table, whose data is there, and an operator that does it to a list. */
enum status fuse_push_factors(struct fuse *fuse, struct fuse_list *list,
                              const struct fuse_factors *table);

/* What a 2 x 2 matrix is, by exact comparison. */
enum fuse_form {
    FUSE_IDENTITY,
    FUSE_NOT,
    FUSE_DIAGONAL,
    FUSE_ROTATION,
    FUSE_TWIST,
    FUSE_HADAMARD,
    FUSE_REAL,
    FUSE_COMPLEX
};
enum fuse_form fuse_form_of(const double *m);
/* What the numbers of a shape other than FUSE_WHOLE are. */
enum fuse_numbers { FUSE_ALL_REAL, FUSE_IMAGINARY, FUSE_ALL_COMPLEX };
static inline enum fuse_numbers fuse_numbers_of(const struct fuse_op *op) {
    const double *m = op->m;
    if (m[1] == 0 && m[3] == 0) {
        return FUSE_ALL_REAL;
    }
    return m[0] == 0 && m[2] == 0 ? FUSE_IMAGINARY : FUSE_ALL_COMPLEX;
}
/* A factor that a rotation of the plane can do. */
static inline bool fuse_is_unit(double re, double im) {
    double rest = re * re + im * im - 1;
    return rest < 1e-12 && rest > -1e-12;
}

#endif
