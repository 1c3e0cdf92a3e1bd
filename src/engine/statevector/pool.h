/* The amplitude memory of one rank: one reservation, from which vectors take blocks.
 *
 * Sizes are powers of two of blocks of amplitudes (kernels/statevector.h) up to one chunk. Whole
 * chunks grow down from the end, smaller blocks up from the start; both kinds are moved when holes
 * would keep a request from fitting. So a request succeeds if and only if the sum of sizes fits,
 * whatever was taken and given before: who counts sums on all ranks knows the answer without
 * asking. A block is named by a handle; its address is valid until the next pool_take. */
#ifndef QSPAN_ENGINE_STATEVECTOR_POOL_H
#define QSPAN_ENGINE_STATEVECTOR_POOL_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "kernels/statevector.h"

struct pool_block {
    uint64_t offset; /* amplitude blocks */
    uint64_t size;   /* amplitude blocks; 0: the handle is free */
};
struct pool {
    union statevector_block *base;
    uint64_t capacity, chunk; /* amplitude blocks */
    uint64_t used;            /* sum of the sizes taken */
    uint64_t small_top;       /* end of the small blocks */
    uint64_t chunk_floor;     /* start of the chunk area */
    struct pool_block *blocks;
    size_t n_blocks, cap_blocks;
    uint32_t *free_handles;
    size_t n_free_handles, cap_free_handles;
    uint32_t *small; /* handles in order of address; some may be dead or taken again elsewhere */
    size_t n_small, cap_small;
    uint64_t *holes; /* free chunks above the floor */
    size_t n_holes, cap_holes;
};

/* base: borrowed. */
void pool_init(struct pool *pool, union statevector_block *base, uint64_t capacity, uint64_t chunk);
void pool_fini(struct pool *pool);
/* Everything is given back. */
void pool_clear(struct pool *pool);
/* CHECKs that the sum of sizes fits: the caller counts. STATUS_NOFIT only without memory for the
 * bookkeeping. Contents undefined. */
enum status pool_take(struct pool *pool, uint32_t *out_handle, uint64_t size);
void pool_give(struct pool *pool, uint32_t handle);
/* A chunk's address changes places with another, which holds as much: by the time of the next take
 * or give all addresses must be among those of the pool's chunks again. */
void pool_trade(struct pool *pool, uint32_t handle, union statevector_block **inout_place);

static inline union statevector_block *pool_at(const struct pool *pool, uint32_t handle) {
    return pool->base + pool->blocks[handle].offset;
}

#endif
