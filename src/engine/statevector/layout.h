/* Which wire is where: entanglement groups, their order of bits, their ranks, and the memory they
 * take.
 *
 * A wire is alone (two amplitudes, held by every rank) or a member of a group of n wires with one
 * vector of 2^n amplitudes. In a group every wire has a bit `pos` of the amplitude's number; its
 * value is that bit, inverted if `flip`. A vector is cut into 2^slice_log slices of equal size by
 * its highest bits; the slices are dealt in order over the deal's ranks, the first (2^slice_log mod
 * n_ranks) of which hold one more. Bits below are internal: a gate that is not diagonal in a wire
 * needs it there.
 *
 * All of this is replicated on all ranks and follows from the ops alone. Without a store (plans)
 * the same functions run on the bookkeeping only; with one they move the amplitudes along.
 *
 * Memory: every rank's use is counted on every rank as the sum of block sizes, and a pool fits
 * whatever sums fit (pool.h). The plan walks all IF bodies as taken and frees nothing inside them.
 * A run that skips an IF, or measures in one, has groups that are parts of the planned ones; parts
 * of n' + n'' = n wires need at most 2^n' + 2^n'' <= 2^n amplitudes, so the sum over ranks never
 * exceeds the plan's. On one rank it can, where a part of a group lives on fewer ranks than the
 * whole; a group that does not fit its own ranks is therefore dealt over the whole team, and only
 * if that fails too the run ends with STATUS_NOFIT. All ranks reserve the peak of the fullest. */
#ifndef QSPAN_ENGINE_STATEVECTOR_LAYOUT_H
#define QSPAN_ENGINE_STATEVECTOR_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "engine/engine.h"
#include "engine/statevector/schedule.h"

#define LAYOUT_ALONE UINT32_MAX

struct store;
struct fuse;
struct costs;
struct uncompute;

/* Sizes that do not change any result, but costs do in the last digits; tests make them small. They
 * are those of double precision: in single there is a bit more in each but balance_log, for the
 * same number of bytes. */
struct layout_tuning {
    unsigned chunk_bits;     /* largest block of memory: 4 to 16 */
    unsigned min_slice_bits; /* smaller vectors use fewer ranks; at least 8: targets above lanes */
    unsigned pass_bits;      /* amplitudes of a tile (pass.h); 0: a pass for every block of gates */
    unsigned more_bits;      /* of a tile where they save a pass */
    unsigned piece_bits;     /* of a tile's pieces: 3 to 11 */
    unsigned stream_log;     /* 2^this bytes of a vector on a node are more than caches hold */
    unsigned balance_log;    /* at least 2^this slices per rank when ranks are no power of two */
    const struct costs *costs; /* of operators, borrowed; NULL: costs_fixed */
};
extern const struct layout_tuning layout_tuning_default;

struct layout_wire {
    uint32_t group, pos;
    bool flip;
    bool is_basis; /* alone in |0> or |1> */
    bool is_fresh; /* no operator has changed it since all wires were |0>; plans know this too */
    /* Another name of a wire (alias.h): 1 + that wire; 0: none. The rest is then that of the wire
     * itself, |0> and alone. */
    uint32_t alias;
    bool is_inverted; /* alias: its value is the opposite */
    bool is_due;      /* alone: as a group's */
    uint32_t bond;    /* alone, but for that: 1 + index; 0: none */
    double amp[4];    /* alone: amplitudes of |0> and |1> (plans: not kept up) */
};
struct layout_deal {
    int *ranks; /* ascending */
    size_t n_ranks, cap_ranks;
    unsigned slice_log;
};
struct layout_group {
    uint32_t n;      /* 0: free slot */
    uint32_t *wires; /* by bit */
    size_t cap_wires;
    struct layout_deal deal;
    uint32_t bond; /* 1 + index; 0: none */
    bool is_due;   /* what waits for such wires only is being planned (bond.c) */
};
/* Groups and lone wires that will be one group: operators on several of them wait (bond.c). */
struct layout_part {
    uint32_t carrier; /* of one of its wires (fuse.h); while it is settled, that wire */
    uint32_t step;    /* in which it joins the first one: counted from the last; the first has the
                         highest */
};
struct layout_bond {
    uint32_t n; /* wires in all; 0: free */
    struct layout_part *parts;
    size_t n_parts, cap_parts;
    size_t n_joined; /* of the parts, in order; 0: it is not being settled */
};
struct layout {
    const struct engine_task *task;
    struct layout_tuning tuning; /* as it is for this precision */
    unsigned lane_bits, amp_bytes;
    int n_ranks;
    struct layout_wire *wires;
    struct layout_group *groups;
    uint32_t n_groups; /* slots */
    uint32_t *free_slots;
    uint32_t n_free_slots;
    struct layout_bond *bonds;
    uint32_t n_bonds, n_open_bonds; /* slots; in use */
    uint32_t first_free_bond;       /* none before it is free */
    uint32_t *joined;               /* scratch: wires of the parts that a group takes in */
    struct layout_deal scratch;
    uint8_t *marks;      /* per rank */
    double capacity;     /* bytes per rank; infinite in plans */
    double *used, *peak; /* bytes per rank */
    double *kept, *left; /* per rank, of the last layout_flow */
    double amps, peak_amps;
    double exchanged_bytes; /* of amplitudes, sent by all ranks so far */
    uint64_t n_exchanges;   /* of wires that choose slices with others */
    uint32_t peak_group_qubits;
    size_t next_op; /* of the program: those before have been done, or wait */
    struct schedule schedule;
    struct fuse *fuse;           /* operators that wait */
    struct uncompute *uncompute; /* gates that may never come to that */
    struct store *store;         /* NULL in plans */
};

/* Not collective. */
enum status layout_init(struct layout *layout, const struct engine_task *task, int n_ranks,
                        const struct layout_tuning *tuning);
void layout_fini(struct layout *layout);
/* All wires alone in |0>. Peaks stay. */
void layout_reset(struct layout *layout);

static inline bool layout_is_alone(const struct layout *layout, uint32_t wire) {
    return layout->wires[wire].group == LAYOUT_ALONE && layout->wires[wire].bond == 0;
}
static inline bool layout_is_basis(const double *amp) {
    return (amp[0] == 0 && amp[1] == 0) || (amp[2] == 0 && amp[3] == 0);
}
static inline unsigned layout_slice_bits(uint32_t n, const struct layout_deal *deal) {
    return n - deal->slice_log;
}
/* Slices first .. first + count - 1 belong to the deal's i-th rank. */
void layout_share(const struct layout_deal *deal, size_t i, uint64_t *out_first,
                  uint64_t *out_count);
/* Index in deal->ranks of the owner of a slice. */
size_t layout_owner(const struct layout_deal *deal, uint64_t slice);
/* Index of a rank, or n_ranks. */
size_t layout_find_rank(const struct layout_deal *deal, int rank);
enum status layout_copy_deal(struct layout_deal *out, const struct layout_deal *deal);
/* Bytes of the i-th rank's share of a vector of n wires. */
double layout_share_bytes(const struct layout *layout, const struct layout_deal *deal, size_t i,
                          uint32_t n);

/* These wires will be in one group: at the latest when what waits for them is flushed. Errors:
 * STATUS_NOFIT (logged), also below. */
enum status layout_join(struct layout *layout, const uint32_t *wires, size_t n_wires);
/* Wires of the group that a wire is or will be in. */
uint32_t layout_size_of(const struct layout *layout, uint32_t wire);
/* Makes one group of all that is bound to the wire, and runs what waits for it. Collective where
 * there is a store. */
enum status layout_settle(struct layout *layout, uint32_t wire);
enum status layout_settle_all(struct layout *layout);
/* |q> -> |q>_q |q>_b for a wire b that is alone in |0>. */
enum status layout_copy(struct layout *layout, uint32_t q, uint32_t b);
/* Two wires that are alone become (|00> + |11>) / sqrt 2. */
enum status layout_pair(struct layout *layout, uint32_t a, uint32_t b);
/* Makes the bits of these wires of one group internal, for a stage that is about to run or for
 * none (schedule.h). */
void layout_localize(struct layout *layout, const uint32_t *wires, size_t n_wires,
                     const struct fuse_stage *stage);
/* A wire of a group leaves it with that value; the rest is multiplied by `factor`. The wire is then
 * alone in the basis state |value>. */
enum status layout_leave(struct layout *layout, uint32_t wire, bool value, double factor);
/* The wires on two bits of a group change places: the amplitudes have been moved. */
void layout_cross(struct layout *layout, uint32_t group, uint32_t pos_a, uint32_t pos_b);
/* Two wires change places. */
void layout_swap(struct layout *layout, uint32_t a, uint32_t b);

/* For snapshots: a group with given wires in bit order and a given deal; the wires must be alone.
 */
enum status layout_place(struct layout *layout, uint32_t *out_group, const uint32_t *wires,
                         uint32_t n_wires, const struct layout_deal *deal);

#endif
