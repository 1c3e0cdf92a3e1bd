/* Products of vectors: a group takes in wires, another group, or a copy of one of its wires. */
#include <omp.h>
#include <string.h>

#include "base/bits.h"
#include "base/log.h"
#include "base/mem.h"
#include "engine/statevector/layout_internal.h"
#include "engine/statevector/pass.h"
#include "engine/statevector/store.h"

enum { MANY_CHUNKS = 4 }; /* per thread, to share them out */

/* Growth of a group: new wires stand right above its internal bits. */
struct growth {
    struct store *store;
    uint32_t group, q;
    unsigned n_bits;  /* new wires */
    bool is_streamed; /* past the caches, which it does not fit */
    struct store_view from, to;
    struct store_table *old, *new;
};

/* Where the old chunk number `index` (of this rank's), times the new wires' value j, goes. */
static union statevector_block *growth_target(const struct growth *growth, size_t index,
                                              uint64_t j) {
    const struct store_view *from = &growth->from, *to = &growth->to;
    unsigned per_slice = from->slice_bits - from->chunk_bits;
    uint64_t slice = index >> per_slice, x = index & (BIT64(per_slice) - 1);
    uint64_t local = j << from->slice_bits | x << from->chunk_bits;
    uint64_t chunk = (slice << (to->slice_bits - to->chunk_bits)) + (local >> to->chunk_bits);
    uint64_t offset = local & (BIT64(to->chunk_bits) - 1);
    return pool_at(&growth->store->pool, growth->new->handles[chunk]) + (offset >> to->lane_bits);
}

static bool grows_in_place(const struct growth *growth) {
    return growth->from.slice_bits >= growth->store->layout->tuning.chunk_bits;
}

/* New chunks first .. last-1 of this rank's. */
static enum status take_growth(const struct growth *growth, size_t first, size_t last) {
    struct store *store = growth->store;
    const struct store_view *from = &growth->from;
    unsigned per_slice = from->slice_bits - from->chunk_bits;
    uint64_t size = store_chunk_blocks(&growth->to);
    for (size_t i = first; i < last; i++) {
        uint64_t j = i >> per_slice & (BIT64(growth->n_bits) - 1);
        if (grows_in_place(growth) && j == 0) {
            size_t slice = i >> (per_slice + growth->n_bits);
            size_t old = slice << per_slice | (i & (BIT64(per_slice) - 1));
            growth->new->handles[i] = growth->old->handles[old];
        } else {
            TRY(pool_take(&store->pool, &growth->new->handles[i], size));
        }
    }
    return STATUS_OK;
}

/* The copied bit is one inside the chunk. */
static void copy_chunk(const struct growth *growth, union statevector_block *dst,
                       const union statevector_block *src, uint64_t j) {
    const struct store_view *from = &growth->from;
    const struct statevector_kernels *kernels = growth->store->kernels;
    uint16_t lanes[2] = {0, 0};
    uint64_t block_bit = 0;
    if (growth->q >= from->lane_bits) {
        block_bit = BIT64(growth->q - from->lane_bits);
        lanes[j] = (uint16_t)kernels->all_lanes;
    } else {
        const unsigned ones = statevector_lanes_with(growth->q);
        lanes[0] = (uint16_t)(kernels->all_lanes & (j != 0 ? ones : ~ones));
    }
    kernels->keep(dst, src, store_chunk_blocks(from), block_bit, lanes);
}

/* Old chunk number `index` times the factor of j, in its place. */
static void write_chunk(const struct growth *growth, size_t index, uint64_t j, const double *f) {
    const struct store *store = growth->store;
    const struct store_view *from = &growth->from;
    const union statevector_block *src = pool_at(&store->pool, growth->old->handles[index]);
    union statevector_block *dst = growth_target(growth, index, j);
    const bool is_copy = growth->q != STORE_NO_BIT;
    if (is_copy && growth->q < from->chunk_bits) {
        copy_chunk(growth, dst, src, j);
        return;
    }
    double re = f[0];
    if (is_copy) {
        bool value = (from->first + index) >> (growth->q - from->chunk_bits) & 1;
        re = value == (j != 0);
    }
    const bool is_past = growth->is_streamed && dst != src;
    (is_past ? store->kernels->scale_past
             : store->kernels->scale)(dst, src, store_chunk_blocks(from), re, is_copy ? 0 : f[1]);
}

/* An old chunk's places are written while it is in the cache: the lowest, which may be its own,
 * last. */
static void write_places(const struct growth *growth, size_t index,
                         const union statevector_block *factors, uint64_t base, uint64_t first,
                         uint64_t last) {
    for (uint64_t j = last; j-- > first;) {
        double f[2];
        statevector_get(f, factors, growth->from.lane_bits, j - base);
        write_chunk(growth, index, j, f);
    }
}

/* Writes old chunks old .. old_end-1 times factors[j - base] to their places for j = first ..
 * last-1. */
static void write_chunks(const struct growth *growth, size_t old, size_t old_end,
                         const union statevector_block *factors, uint64_t base, uint64_t first,
                         uint64_t last) {
    const size_t n_old = old_end - old;
    const bool is_large = store_is_large((size_t)(n_old * (last - first)),
                                         store_chunk_blocks(&growth->from), growth->from.lane_bits);
    if (!is_large || n_old >= MANY_CHUNKS * (size_t)omp_get_max_threads()) {
#pragma omp parallel for schedule(static) if (is_large)
        for (size_t index = old; index < old_end; index++) {
            write_places(growth, index, factors, base, first, last);
        }
        return;
    }
    const uint64_t next = first == 0 ? 1 : first;
#pragma omp parallel for schedule(static) collapse(2)
    for (size_t index = old; index < old_end; index++) {
        for (uint64_t j = next; j < last; j++) {
            write_places(growth, index, factors, base, j, j + 1);
        }
    }
    for (size_t index = old; index < old_end && first == 0; index++) {
        write_places(growth, index, factors, base, 0, 1);
    }
}

static void write_growth(const struct growth *growth, const union statevector_block *factors,
                         uint64_t base, uint64_t first, uint64_t last) {
    write_chunks(growth, 0, growth->old->n, factors, base, first, last);
}

/* A wire that is alone, as a vector. */
static void put_alone(union statevector_block *vector, unsigned lane_bits, const double *amp) {
    memset(vector, 0, sizeof *vector);
    statevector_put(vector, lane_bits, 0, amp[0], amp[1]);
    statevector_put(vector, lane_bits, 1, amp[2], amp[3]);
}

/* ---- factors ---- */

/* The whole vector of a factor, in order, on all ranks of store->ranks. */
static void read_whole(struct store *store, const struct store_factor *factor,
                       union statevector_block *out, size_t n_ranks) {
    if (factor->group == LAYOUT_ALONE) {
        put_alone(out, store->layout->lane_bits, factor->amp);
        return;
    }
    struct store_view view = store_view_group(store, factor->group);
    uint64_t n_blocks = store_chunk_blocks(&view);
    for (uint64_t chunk = view.first; chunk < view.last; chunk++) {
        memcpy(out + chunk * n_blocks, store_chunk(store, factor->group, &view, chunk),
               n_blocks * sizeof *out);
    }
    unsigned log = view.slice_bits - view.chunk_bits;
    for (size_t i = 0; i < view.deal->n_ranks; i++) {
        uint64_t first = 0, count = 0;
        layout_share(view.deal, i, &first, &count);
        store_spread(store, out + (first << log) * n_blocks,
                     (size_t)((count << log) * n_blocks) * sizeof *out, store->ranks, n_ranks,
                     store_find_rank(store, n_ranks, view.deal->ranks[i]));
    }
}

/* The product that kernels->scale forms, for one amplitude. */
static void put_product(union statevector_block *vector, unsigned lane_bits, uint64_t i,
                        const double *f, const double *a) {
    const double re = f[0], im = f[1], x = a[0], y = a[1];
    const float mr = (float)re, mi = (float)im, u = (float)x, v = (float)y;
    if (re == 0 && im == 0) {
        statevector_put(vector, lane_bits, i, 0, 0);
    } else if (re == 1 && im == 0) {
        statevector_put(vector, lane_bits, i, x, y);
    } else if (im == 0) {
        statevector_put(vector, lane_bits, i, re * x, re * y);
    } else if (lane_bits == 4) {
        statevector_put(vector, lane_bits, i, mr * u - mi * v, mr * v + mi * u);
    } else {
        statevector_put(vector, lane_bits, i, re * x - im * y, re * y + im * x);
    }
}

/* Of vectors of n and n_more wires, into the first's place. */
static void multiply_in_place(union statevector_block *vector, uint32_t n,
                              const union statevector_block *more, uint32_t n_more,
                              unsigned lane_bits) {
    for (uint64_t j = BIT64(n_more); j-- > 0;) {
        double f[2], x[2];
        statevector_get(f, more, lane_bits, j);
        for (uint64_t i = 0; i < BIT64(n); i++) {
            statevector_get(x, vector, lane_bits, i);
            put_product(vector, lane_bits, j << n | i, f, x);
        }
    }
}

/* The factor's ranks and those of `to` into store->ranks; false: this rank is none of them. */
static bool meet(struct store *store, size_t *out_n_ranks, const struct store_factor *factor,
                 const struct layout_deal *to) {
    size_t n = store_unite_ranks(store, 0, to);
    if (factor->group != LAYOUT_ALONE) {
        n = store_unite_ranks(store, n, &store->layout->groups[factor->group].deal);
    }
    *out_n_ranks = n;
    return store_find_rank(store, n, store->rank) < n;
}

/* The product's vector on all ranks of `to`, into the stages from number `first` on. */
static void read_product(struct store *store, const struct store_product *product,
                         const struct layout_deal *to, unsigned first) {
    CHECK(product->n <= store->stage_bits);
    uint32_t n = 0;
    for (size_t i = 0; i < product->n_factors; i++) {
        const struct store_factor *factor = &product->factors[i];
        union statevector_block small, *out = i == 0 ? store->stage[first] : &small;
        size_t n_ranks = 0;
        CHECK(i == 0 || factor->n <= store->layout->lane_bits);
        if (meet(store, &n_ranks, factor, to)) {
            read_whole(store, factor, out, n_ranks);
        }
        if (i > 0) {
            multiply_in_place(store->stage[first], n, out, factor->n, store->layout->lane_bits);
        }
        n += factor->n;
    }
}

/* ---- growth ---- */

/* All values j but 0, then 0: the old vector itself may be scaled last. b's chunks come in order
 * from their owners. */
static void multiply_group(const struct growth *growth, const struct store_factor *b) {
    struct store *store = growth->store;
    struct store_view view = store_view_group(store, b->group);
    size_t n_ranks = 0;
    if (!meet(store, &n_ranks, b, growth->to.deal)) {
        return;
    }
    uint64_t n_blocks = store_chunk_blocks(&view);
    size_t n_bytes = (size_t)n_blocks * sizeof *store->memory;
    union statevector_block first = {{0}};
    for (uint64_t chunk = 0; chunk < BIT64(view.n - view.chunk_bits); chunk++) {
        if (chunk >= view.first && chunk < view.last) {
            memcpy(store->stage[0], store_chunk(store, b->group, &view, chunk), n_bytes);
        }
        uint64_t slice = chunk >> (view.slice_bits - view.chunk_bits);
        int owner = view.deal->ranks[layout_owner(view.deal, slice)];
        store_spread(store, store->stage[0], n_bytes, store->ranks, n_ranks,
                     store_find_rank(store, n_ranks, owner));
        uint64_t j = chunk << view.chunk_bits;
        if (j == 0) {
            first = *store->stage[0];
        }
        write_growth(growth, store->stage[0], j, j == 0, j + BIT64(view.chunk_bits));
    }
    write_growth(growth, &first, 0, 0, 1);
}

static double share_bytes(const struct store *store, const struct store_view *view) {
    return (double)store->layout->amp_bytes *
           (double)((view->last - view->first) << view->chunk_bits);
}

/* Slices of one chunk at most: each is written to new ones and given back. */
static enum status grow_slices(const struct growth *growth) {
    struct store *store = growth->store;
    const unsigned per_slice = growth->to.slice_bits - growth->to.chunk_bits;
    for (size_t slice = 0; slice < growth->old->n; slice++) {
        TRY(take_growth(growth, slice << per_slice, (slice + 1) << per_slice));
        write_chunks(growth, slice, slice + 1, store->stage[0], 0, 0, BIT64(growth->n_bits));
        pool_give(&store->pool, growth->old->handles[slice]);
    }
    return STATUS_OK;
}

/* What is new is then written by the next pass, which would have read it. Zeros are
 * not formed by products, which have signs. The new wires' vector is in the first stage. */
static bool may_wait(const struct growth *growth) {
    bool may =
        growth->q == STORE_NO_BIT && grows_in_place(growth) && growth->n_bits <= STORE_LATE_BITS;
    for (uint64_t j = 0; may && j < BIT64(growth->n_bits); j++) {
        double f[2];
        statevector_get(f, growth->store->stage[0], growth->from.lane_bits, j);
        may = f[0] != 0 || f[1] != 0;
    }
    return may;
}

static void wait_for_pass(const struct growth *growth) {
    struct store *store = growth->store;
    store->late.group = growth->group;
    store->late.first_bit = growth->from.slice_bits;
    store->late.n_bits = growth->n_bits;
    for (uint64_t j = 0; j < BIT64(growth->n_bits); j++) {
        statevector_get(store->late.factors + 2 * j, store->stage[0], growth->from.lane_bits, j);
    }
}

static struct growth growth_of(struct store *store, uint32_t group, uint32_t n, unsigned n_bits,
                               uint32_t q) {
    const struct layout_deal *deal = &store->layout->groups[group].deal;
    struct growth growth = {.store = store, .group = group, .q = q, .n_bits = n_bits};
    growth.from = store_view_of(store, deal, n);
    growth.to = store_view_of(store, deal, n + n_bits);
    growth.is_streamed = store_is_streamed(store, &growth.to);
    return growth;
}

static void count_growth(const struct growth *growth) {
    struct store *store = growth->store;
    const double n_read = share_bytes(store, &growth->from),
                 n_written = share_bytes(store, &growth->to);
    const double n_kept = grows_in_place(growth) ? n_read : 0;
    pass_count_growth(store->pass, n_read + n_written,
                      growth->is_streamed ? n_written - n_kept : 0);
}

/* The new table's chunks, and what they hold where that does not wait. */
static enum status fill_growth(const struct growth *growth, const struct store_product *b) {
    struct store *store = growth->store;
    const bool is_whole = b->n <= store->stage_bits;
    if (is_whole) {
        read_product(store, b, growth->to.deal, 0);
    }
    if (is_whole && may_wait(growth)) {
        wait_for_pass(growth);
        return take_growth(growth, 0, growth->new->n);
    }
    count_growth(growth);
    if (is_whole && !grows_in_place(growth)) {
        return grow_slices(growth);
    }
    TRY(take_growth(growth, 0, growth->new->n));
    if (is_whole) {
        write_growth(growth, store->stage[0], 0, 0, BIT64(b->n));
    } else {
        multiply_group(growth, &b->factors[0]);
    }
    if (!grows_in_place(growth)) {
        store_free(store, growth->group);
    }
    return STATUS_OK;
}

enum status store_grow(struct store *store, uint32_t group, const struct store_product *b,
                       uint32_t q) {
    struct growth growth = growth_of(store, group, store->layout->groups[group].n, b->n, q);
    struct store_table *table = &store->tables[group], *spare = &store->spare;
    store->n_events++;
    spare->n = (size_t)(growth.to.last - growth.to.first);
    TRY(vec_reserve(&spare->handles, 0, &spare->cap, spare->n, sizeof *spare->handles));
    growth.old = table;
    growth.new = spare;
    TRY(fill_growth(&growth, b));
    struct store_table old = *table;
    *table = *spare;
    *spare = old;
    spare->n = 0;
    return STATUS_OK;
}

void store_settle(struct store *store) {
    const struct store_late *late = &store->late;
    if (late->group == LAYOUT_ALONE) {
        return;
    }
    const uint32_t n = store->layout->groups[late->group].n - late->n_bits;
    struct growth growth = growth_of(store, late->group, n, late->n_bits, STORE_NO_BIT);
    union statevector_block factors[(1 << STORE_LATE_BITS) >> 3];
    for (uint64_t j = 0; j < BIT64(late->n_bits); j++) {
        const double *f = late->factors + 2 * j;
        statevector_put(factors, growth.from.lane_bits, j, f[0], f[1]);
    }
    growth.old = &store->spare;
    growth.new = &store->tables[late->group];
    growth.old->n = (size_t)(growth.from.last - growth.from.first);
    count_growth(&growth);
    write_growth(&growth, factors, 0, 0, BIT64(late->n_bits));
    growth.old->n = 0;
    store->late.group = LAYOUT_ALONE;
}

enum status store_build(struct store *store, uint32_t group, const struct store_factor *a,
                        const struct store_product *b, uint32_t q) {
    store->n_events++;
    TRY(store_take(store, group));
    struct store_view view = store_view_group(store, group);
    pass_count_growth(store->pass, share_bytes(store, &view), 0);
    read_product(store, &(struct store_product){a, 1, a->n}, view.deal, 1);
    read_product(store, b, view.deal, 0);
    for (uint64_t chunk = view.first; chunk < view.last; chunk++) {
        union statevector_block *out = store_chunk(store, group, &view, chunk);
        for (uint64_t i = 0; i < BIT64(view.chunk_bits); i++) {
            uint64_t number = chunk << view.chunk_bits | i, j = number >> a->n;
            double x[2], f[2];
            statevector_get(x, store->stage[1], view.lane_bits, number & (BIT64(a->n) - 1));
            if (q == STORE_NO_BIT) {
                statevector_get(f, store->stage[0], view.lane_bits, j);
                put_product(out, view.lane_bits, i, f, x);
            } else if ((number >> q & 1) == j) {
                statevector_put(out, view.lane_bits, i, x[0], x[1]);
            }
        }
    }
    return STATUS_OK;
}
