/* A pass as pass.c makes it and tile.c runs it. */
#ifndef QSPAN_ENGINE_STATEVECTOR_PASS_INTERNAL_H
#define QSPAN_ENGINE_STATEVECTOR_PASS_INTERNAL_H

#include "engine/statevector/pass.h"

enum {
    PASS_MAX_BITS = STATEVECTOR_MAX_FIXED + STATEVECTOR_MAX_LANE_BITS,
    PASS_MAX_PADS = STATEVECTOR_MAX_LANE_BITS,
    PASS_OUTSIDE = 0xff
};

/* Where controls lie: bits of the amplitude's number outside the tile, of the block's number in it,
 * and lanes. */
struct pass_condition {
    uint64_t outer_mask, outer_value, block_mask, block_value;
    unsigned lanes;
};
struct pass_step {
    struct statevector_step step;
    uint64_t outer_mask, outer_value;
    size_t table; /* FACTORS: where its table is among the pass's */
};
/* Tables of factors, in the state's precision: blocks, aligned to lines of the cache. */
struct pass_tables {
    void *memory;
    union statevector_block *blocks; /* in it */
    size_t n, cap;
};
enum pass_unit_kind { UNIT_PROGRAM, UNIT_MATRIX, UNIT_ANGLES };
struct pass_unit {
    enum pass_unit_kind kind;
    size_t first, last; /* UNIT_PROGRAM: steps */
    struct statevector_span span;
    uint64_t blocks[1 << STATEVECTOR_MAX_TARGETS];
    const struct fuse_op *op; /* the others */
    struct pass_condition condition;
};
/* A lane bit and a bit of the tile that change places. */
struct pass_cross {
    uint8_t lane, bit;
    bool is_done;
};
/* Tiles of a thread that nobody has taken yet. As large as a line of the cache, which threads would
 * otherwise take from each other. */
struct pass_share {
    uint64_t next, last;
    char rest[48];
};
struct pass {
    union statevector_block *buffers;
    struct pass_share *shares; /* of n_threads */
    int n_threads;
    unsigned buffer_bits, lane_bits, all_lanes;
    enum precision precision;
    float *matrices; /* of dense operators, in single precision */
    size_t cap_matrices;
    struct pass_step *steps;
    size_t n_steps, cap_steps;
    struct pass_tables tables;
    struct pass_unit *units;
    size_t n_units, cap_units;
    struct pass_work work;
    struct pass_rates rates;

    struct layout *layout;
    uint32_t group;
    struct store_view view;
    unsigned n_bits;   /* of a tile, pads included */
    unsigned n_vector; /* of these, bits of the vector */
    bool is_padded, in_place;
    uint64_t inside, mixed; /* bits of an amplitude's number */
    uint64_t grown;         /* those new in a vector that this pass writes first (store_late) */
    bool is_streamed;       /* it is then written past the caches, which do not hold it */
    uint8_t bits[PASS_MAX_BITS +
                 PASS_MAX_PADS]; /* of the tile, ascending: positions; pads: PASS_OUTSIDE */
    uint8_t place[64];           /* position -> bit of the tile, or PASS_OUTSIDE */
    struct pass_cross crosses[STATEVECTOR_MAX_LANE_BITS];
    unsigned n_crosses;
};

/* Reals in the state's precision. */
const void *pass_matrix(const struct pass *pass, const struct fuse_op *op);
enum status pass_add_step(struct pass *pass, struct pass_step **out);
/* pass_factors.c: a table as a step for each choice of the bits outside the tile. registers: bits
 * of the block's number. */
enum status pass_add_factors(struct pass *pass, const struct fuse_op *op, const uint8_t *registers);
/* The steps' pointers, when all tables are there. */
void pass_set_tables(struct pass *pass);
/* pass_work.c: a pass that did the blocks first .. last-1. */
void pass_count(struct pass *pass, size_t first, size_t last);
/* tile.c: all tiles of this rank. */
void pass_run_tiles(struct pass *pass);

#endif
