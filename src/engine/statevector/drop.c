/* A measured wire leaves its group. */
#include <string.h>

#include "base/bits.h"
#include "base/log.h"
#include "base/mem.h"
#include "engine/statevector/layout_internal.h"
#include "engine/statevector/store.h"

/* A bit that chooses chunks: one half of them goes, the other is scaled. */
static void drop_chunks(struct store *store, uint32_t group, const struct store_view *view,
                        unsigned chunk_bit, bool bit, double factor) {
    struct store_table *table = &store->tables[group];
    size_t n = 0;
    for (size_t i = 0; i < table->n; i++) {
        if (((view->first + i) >> chunk_bit & 1) == bit) {
            table->handles[n++] = table->handles[i];
        } else {
            pool_give(&store->pool, table->handles[i]);
        }
    }
    table->n = n;
    uint64_t n_blocks = store_chunk_blocks(view);
    bool is_large = store_is_large(n, n_blocks, view->lane_bits);
#pragma omp parallel for schedule(static) if (is_large)
    for (size_t i = 0; i < n; i++) {
        union statevector_block *a = pool_at(&store->pool, table->handles[i]);
        store->kernels->scale(a, a, n_blocks, factor, 0);
    }
}

/* Slices of several chunks: each two chunks become one. */
static void drop_in_pairs(struct store *store, uint32_t group, const struct store_view *view,
                          unsigned pos, bool bit, double factor) {
    struct store_table *table = &store->tables[group];
    size_t n = table->n / 2;
    uint64_t n_blocks = store_chunk_blocks(view), half = n_blocks / 2;
    bool is_large = store_is_large(table->n, n_blocks, view->lane_bits);
#pragma omp parallel for schedule(static) if (is_large)
    for (size_t i = 0; i < n; i++) {
        union statevector_block *even = pool_at(&store->pool, table->handles[2 * i]);
        const union statevector_block *odd = pool_at(&store->pool, table->handles[2 * i + 1]);
        store->kernels->gather(even, even, n_blocks, 0, half, pos, bit, factor);
        store->kernels->gather(even + half, odd, n_blocks, 0, half, pos, bit, factor);
    }
    for (size_t i = 0; i < n; i++) {
        pool_give(&store->pool, table->handles[2 * i + 1]);
        table->handles[i] = table->handles[2 * i];
    }
    table->n = n;
}

/* Slices of one chunk at most: each is written to a block of half the size. */
static enum status drop_to_new(struct store *store, uint32_t group, const struct store_view *view,
                               unsigned pos, bool bit, double factor) {
    struct store_table *table = &store->tables[group];
    uint64_t n_blocks = store_chunk_blocks(view), n_new = n_blocks > 1 ? n_blocks / 2 : 1;
    for (size_t i = 0; i < table->n; i++) {
        uint32_t handle = 0;
        TRY(pool_take(&store->pool, &handle, n_new));
        store->kernels->gather(pool_at(&store->pool, handle),
                               pool_at(&store->pool, table->handles[i]), n_blocks, 0, n_new, pos,
                               bit, factor);
        pool_give(&store->pool, table->handles[i]);
        table->handles[i] = handle;
    }
    return STATUS_OK;
}

enum status store_drop(struct store *store, uint32_t group, unsigned pos, bool bit, double factor) {
    struct store_view view = store_view_group(store, group);
    if (view.slice_bits <= view.chunk_bits) {
        return drop_to_new(store, group, &view, pos, bit, factor);
    }
    if (pos >= view.chunk_bits) {
        drop_chunks(store, group, &view, pos - view.chunk_bits, bit, factor);
    } else {
        drop_in_pairs(store, group, &view, pos, bit, factor);
    }
    return STATUS_OK;
}

void store_read_pair(struct store *store, uint32_t group, double *out_amp, unsigned pos, bool bit,
                     double factor) {
    struct store_view view = store_view_group(store, group);
    if (view.first < view.last) {
        const union statevector_block *a = store_chunk(store, group, &view, 0);
        for (unsigned other = 0; other < 2; other++) {
            unsigned i = (unsigned)bit << pos | other << (1 - pos);
            double amp[2];
            statevector_get(amp, a, view.lane_bits, i);
            out_amp[2 * other] = factor * amp[0];
            out_amp[2 * other + 1] = factor * amp[1];
        }
    }
    comm_bcast(store->team, out_amp, 4 * sizeof *out_amp, view.deal->ranks[0]);
    if (store->rank == view.deal->ranks[0]) {
        store->sent_bytes += 4 * sizeof *out_amp * (team_size(store->team) - 1.0);
    }
}
