/* Operators wait in a queue and are applied together, tile by tile.
 *
 * A sweep over a large vector costs as much as the memory it moves, whatever is done with an
 * amplitude once it is there. So the operators of a group are collected and cut into passes: runs
 * of consecutive operators that mix amplitudes of one tile only. A tile is what the low piece_bits
 * of an amplitude's number and a few higher, internal bits span: pieces of 2^piece_bits amplitudes,
 * of which a tile fits the cache. Every operator of a pass is applied to a tile before the next
 * tile is touched; controls and diagonal operators on bits outside the tile are constants in it.
 *
 * Only the order in which amplitudes are visited changes: each is computed by the same operations,
 * in the order of the program, so results do not depend on how the queue is cut. Whoever looks at
 * amplitudes, or changes where they are, calls pass_flush before. */
#ifndef QSPAN_ENGINE_STATEVECTOR_PASS_H
#define QSPAN_ENGINE_STATEVECTOR_PASS_H

#include "engine/statevector/store.h"

enum { PASS_MAX_DIM = 1 << STATEVECTOR_MAX_TARGETS };

enum pass_kind { PASS_MATRIX, PASS_LANE_MATRIX, PASS_EXCHANGE, PASS_PERMUTE, PASS_DIAGONAL };

/* An operator as the kernels take it. It acts on pieces with (number & piece_mask) == piece_value;
 * a matrix mixes each of them with those at the offsets in the tuple. */
struct pass_item {
    enum pass_kind kind;
    uint32_t group;
    unsigned piece_bits;
    uint64_t piece_mask, piece_value;
    uint64_t mixed;        /* of piece_mask: bits of the tuple */
    uint64_t block_offset; /* set bits of controls inside a piece */
    unsigned lanes;
    struct statevector_span span;
    unsigned n_high; /* 2^n_high blocks in the tuple: targets above the lanes */
    struct {
        uint64_t piece, block;
    } tuple[PASS_MAX_DIM];
    double *data; /* matrix, coefficients of lanes or factors of a diagonal */
    struct statevector_lane_matrix lane_matrix;
    uint8_t source[STATEVECTOR_LANES]; /* PASS_PERMUTE */
    /* PASS_DIAGONAL: operands that choose pieces and blocks; masks by variant. */
    unsigned n_variant, n_block;
    uint8_t variant[STATEVECTOR_MAX_TARGETS], block[STATEVECTOR_MAX_TARGETS];
    uint8_t masks[PASS_MAX_DIM];
};

/* NULL: no memory. */
struct pass_queue *pass_create(void);
void pass_destroy(struct pass_queue *queue);

/* The next item of the queue, which acts on the whole group, with room for n_data doubles: at most
 * PASS_MAX_DIM^2 / 2 blocks. May apply what is in the queue. */
struct pass_item *pass_open(struct store *store, uint32_t group, size_t n_data);
/* Only amplitudes whose bit `pos` is `bit`. */
void pass_require_bit(struct pass_item *item, unsigned pos, bool bit);
/* The item is complete. */
void pass_close(struct store *store);

/* Applies the queue. */
void pass_flush(struct store *store);
/* Forgets it. */
void pass_discard(struct store *store);

#endif
