#include "engine/statevector/pool.h"

#include <string.h>

#include "base/log.h"
#include "base/mem.h"

void pool_init(struct pool *pool, union statevector_block *base, uint64_t capacity,
               uint64_t chunk) {
    *pool = (struct pool){.base = base, .capacity = capacity, .chunk = chunk};
    pool->chunk_floor = capacity;
}

void pool_fini(struct pool *pool) {
    mem_free(pool->blocks);
    mem_free(pool->free_handles);
    mem_free(pool->small);
    mem_free(pool->holes);
    *pool = (struct pool){0};
}

void pool_clear(struct pool *pool) {
    pool->used = 0;
    pool->small_top = 0;
    pool->chunk_floor = pool->capacity;
    pool->n_blocks = pool->n_free_handles = pool->n_small = pool->n_holes = 0;
}

/* Slides the living small blocks down; drops dead entries. */
static void compact_small(struct pool *pool) {
    uint64_t top = 0;
    size_t n = 0;
    for (size_t i = 0; i < pool->n_small; i++) {
        uint32_t handle = pool->small[i];
        if (handle == UINT32_MAX) {
            continue;
        }
        struct pool_block *block = &pool->blocks[handle];
        if (block->offset != top) {
            memmove(pool->base + top, pool->base + block->offset, block->size * sizeof *pool->base);
            block->offset = top;
        }
        top += block->size;
        pool->small[n++] = handle;
    }
    pool->n_small = n;
    pool->small_top = top;
}

/* Frees the lowest chunk of the chunk area by moving its contents into a hole. */
static void raise_floor(struct pool *pool) {
    CHECK(pool->n_holes > 0);
    uint64_t low = pool->chunk_floor;
    size_t hole = pool->n_holes - 1;
    for (size_t i = 0; i < pool->n_holes; i++) {
        hole = pool->holes[i] == low ? i : hole;
    }
    if (pool->holes[hole] != low) {
        for (size_t i = 0; i < pool->n_blocks; i++) {
            if (pool->blocks[i].size == pool->chunk && pool->blocks[i].offset == low) {
                memcpy(pool->base + pool->holes[hole], pool->base + low,
                       pool->chunk * sizeof *pool->base);
                pool->blocks[i].offset = pool->holes[hole];
            }
        }
    }
    pool->holes[hole] = pool->holes[--pool->n_holes];
    pool->chunk_floor += pool->chunk;
}

static enum status take_handle(struct pool *pool, uint32_t *out_handle) {
    if (pool->n_free_handles == 0) {
        TRY(vec_reserve(&pool->blocks, pool->n_blocks, &pool->cap_blocks, 1, sizeof *pool->blocks));
        *out_handle = u32_from_size(pool->n_blocks++);
        return STATUS_OK;
    }
    *out_handle = pool->free_handles[--pool->n_free_handles];
    return STATUS_OK;
}

static void place_chunk(struct pool *pool, struct pool_block *block) {
    if (pool->n_holes > 0) {
        block->offset = pool->holes[--pool->n_holes];
        return;
    }
    if (pool->small_top + pool->chunk > pool->chunk_floor) {
        compact_small(pool);
    }
    pool->chunk_floor -= pool->chunk;
    block->offset = pool->chunk_floor;
}

static enum status place_small(struct pool *pool, struct pool_block *block, uint32_t handle) {
    TRY(vec_reserve(&pool->small, pool->n_small, &pool->cap_small, 1, sizeof *pool->small));
    if (pool->small_top + block->size > pool->chunk_floor) {
        compact_small(pool);
    }
    while (pool->small_top + block->size > pool->chunk_floor) {
        raise_floor(pool);
    }
    block->offset = pool->small_top;
    pool->small_top += block->size;
    pool->small[pool->n_small++] = handle;
    return STATUS_OK;
}

enum status pool_take(struct pool *pool, uint32_t *out_handle, uint64_t size) {
    CHECK(size > 0 && size <= pool->chunk && size <= pool->capacity - pool->used);
    /* Room for giving everything back, so that pool_give cannot fail. */
    TRY(vec_reserve(&pool->free_handles, 0, &pool->cap_free_handles, pool->n_blocks + 1,
                    sizeof *pool->free_handles));
    TRY(vec_reserve(&pool->holes, 0, &pool->cap_holes, pool->n_blocks + 1, sizeof *pool->holes));
    uint32_t handle = 0;
    TRY(take_handle(pool, &handle));
    struct pool_block *block = &pool->blocks[handle];
    block->size = size;
    if (size == pool->chunk) {
        place_chunk(pool, block);
    } else {
        enum status status = place_small(pool, block, handle);
        if (status != STATUS_OK) {
            block->size = 0;
            return status;
        }
    }
    pool->used += size;
    *out_handle = handle;
    return STATUS_OK;
}

static void give_small(struct pool *pool, uint32_t handle) {
    for (size_t i = pool->n_small; i-- > 0;) {
        if (pool->small[i] == handle) {
            pool->small[i] = UINT32_MAX;
            break;
        }
    }
    while (pool->n_small > 0 && pool->small[pool->n_small - 1] == UINT32_MAX) {
        pool->n_small--;
    }
    pool->small_top = 0;
    if (pool->n_small > 0) {
        const struct pool_block *last = &pool->blocks[pool->small[pool->n_small - 1]];
        pool->small_top = last->offset + last->size;
    }
}

void pool_give(struct pool *pool, uint32_t handle) {
    struct pool_block *block = &pool->blocks[handle];
    CHECK(block->size > 0);
    pool->used -= block->size;
    if (block->size == pool->chunk) {
        pool->holes[pool->n_holes++] = block->offset;
        if (pool->used == 0) {
            pool->n_holes = 0;
            pool->chunk_floor = pool->capacity;
        }
    } else {
        give_small(pool, handle);
    }
    block->size = 0;
    pool->free_handles[pool->n_free_handles++] = handle;
}

void pool_trade(struct pool *pool, uint32_t handle, union statevector_block **inout_place) {
    struct pool_block *block = &pool->blocks[handle];
    CHECK(block->size == pool->chunk);
    union statevector_block *place = pool->base + block->offset;
    block->offset = (uint64_t)(*inout_place - pool->base);
    *inout_place = place;
}
