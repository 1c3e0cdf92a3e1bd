#include "engine/statevector/store.h"

#include <omp.h>
#include <string.h>

#include "base/bits.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/units.h"
#include "engine/statevector/layout_internal.h"
#include "engine/statevector/pass.h"

enum {
    LARGE_STAGE_LOG = 20, /* bytes of a stage of a large vector */
    LARGE_LOG = 26,       /* bytes of what is large */
    LEAST_STAGE_LOG = 17, /* bytes of a stage, but not more than of a vector */
    FIT_LOG = 24,         /* bytes from which on ... */
    TILES_SHARE_LOG = 4,  /* ... all threads' tiles take at most this part of the amplitudes */
    MIN_TILE_BITS = 11,   /* but not less, in double precision */
    FIT_FEW_LOG = 22,     /* bytes from which on at most these parts of the amplitudes are taken: */
    MORE_SHARE = 20,      /* by tiles larger than they must be, */
    CHUNK_SHARE = 64,     /* by a chunk, */
    STAGE_SHARE = 40,     /* by a stage */
    FIT_ONE_LOG = 23,     /* bytes from which on one tile takes at most 1 / MORE_SHARE */
    SMALL_SHARE = 8,      /* of less than 2^FIT_FEW_LOG bytes: by a chunk */
    MIN_CHUNK_BITS = 8,   /* but not less than this by that */
    PAGE_BYTES = 1 << 12, /* n_bytes are rounded up to */
    MANY_CHUNKS = 8,      /* ... where they are many; fewer have a spare one */
};

/* Vectors that are read whole: parts of a build have at most slice_log + 3 wires. */
static unsigned stage_bits(const struct layout *layout, double n_bytes) {
    const struct layout_tuning *tuning = &layout->tuning;
    const unsigned least = floor_log2(BIT64(LEAST_STAGE_LOG) / layout->amp_bytes);
    const unsigned large = floor_log2(BIT64(LARGE_STAGE_LOG) / layout->amp_bytes);
    const double n_amps = n_bytes * layout->n_ranks / layout->amp_bytes;
    unsigned bits =
        floor_log2((uint64_t)layout->n_ranks) + 1 + tuning->balance_log + layout->lane_bits;
    unsigned piece = floor_log2(STORE_PIECE_BYTES * 2 / layout->amp_bytes);
    while (piece > least && STAGE_SHARE * layout->amp_bytes * (double)BIT64(piece) > n_bytes) {
        piece--;
    }
    piece = piece > STORE_MAX_PRODUCT ? piece : STORE_MAX_PRODUCT;
    while (piece > bits && (double)BIT64(piece) > n_amps) {
        piece--;
    }
    bits = bits > piece ? bits : piece;
    bits = bits > tuning->chunk_bits ? bits : tuning->chunk_bits;
    return bits < large && n_bytes >= (double)BIT64(LARGE_LOG) ? large : bits;
}

static void fit_chunks(struct layout *layout, double n_bytes) {
    unsigned *bits = &layout->tuning.chunk_bits;
    const bool is_small = n_bytes < (double)BIT64(FIT_FEW_LOG);
    const double share = (is_small ? SMALL_SHARE : CHUNK_SHARE) * (double)layout->amp_bytes;
    while (*bits > MIN_CHUNK_BITS && share * (double)BIT64(*bits) > n_bytes) {
        --*bits;
    }
}

static void fit_tiles(struct layout *layout, double n_bytes, uint64_t n_threads) {
    unsigned *bits = &layout->tuning.pass_bits, least = MIN_TILE_BITS + layout->lane_bits - 3;
    unsigned *more = &layout->tuning.more_bits;
    const double one = layout->amp_bytes, tile = one * (double)n_threads;
    while (n_bytes >= (double)BIT64(FIT_FEW_LOG) && *more > 0 &&
           n_bytes < MORE_SHARE * tile * (double)BIT64(*bits + *more)) {
        --*more;
    }
    while (n_bytes >= (double)BIT64(FIT_ONE_LOG) && *bits + *more > least &&
           n_bytes < MORE_SHARE * one * (double)BIT64(*bits + *more)) {
        --*bits;
    }
    while (n_bytes >= (double)BIT64(FIT_LOG) && *bits + *more > least &&
           n_bytes < tile * (double)BIT64(*bits + *more + TILES_SHARE_LOG)) {
        --*bits;
    }
    const unsigned most = pass_most_bits(layout, n_bytes);
    *bits = *bits < most ? *bits : most;
    *more = *bits + *more < most ? *more : most - *bits;
}

static size_t pool_unit(const struct layout *layout, double n_bytes) {
    size_t chunk = (size_t)layout->amp_bytes << layout->tuning.chunk_bits;
    return n_bytes < (double)(MANY_CHUNKS * chunk) || chunk < PAGE_BYTES ? chunk : PAGE_BYTES;
}

uint64_t store_fit(struct layout *layout, double n_bytes, uint64_t n_threads) {
    fit_chunks(layout, n_bytes);
    fit_tiles(layout, n_bytes, n_threads);
    uint64_t stages = 2 * layout->amp_bytes * BIT64(stage_bits(layout, n_bytes));
    uint64_t buffers = pass_buffer_bytes(layout) * n_threads;
    return (stages > buffers ? stages : buffers) + pool_unit(layout, n_bytes);
}

static void touch(void *memory, size_t n_bytes) {
    size_t step = (size_t)1 << 21, n_steps = n_bytes / step + (n_bytes % step != 0);
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < n_steps; i++) {
        size_t n = i + 1 < n_steps ? step : n_bytes - i * step;
        memset((char *)memory + i * step, 0, n);
    }
}

static enum status reserve(struct store *store, size_t n_bytes, uint64_t n_threads) {
    const struct layout *layout = store->layout;
    size_t chunk = (size_t)layout->amp_bytes << layout->tuning.chunk_bits;
    const size_t block = sizeof *store->memory;
    const size_t unit = pool_unit(layout, (double)n_bytes);
    size_t n_pool = (n_bytes / unit + 1) * unit;
    size_t n_stage = (size_t)layout->amp_bytes << store->stage_bits;
    store->tables = mem_alloc(store->layout->n_groups, sizeof *store->tables);
    store->ranks = mem_alloc((size_t)store->layout->n_ranks, sizeof *store->ranks);
    if (store->tables == NULL || store->ranks == NULL) {
        return STATUS_NOFIT;
    }
    size_t n_buffers = n_threads * pass_buffer_bytes(layout);
    store->n_memory_bytes = n_pool + (2 * n_stage > n_buffers ? 2 * n_stage : n_buffers);
    store->memory = mem_map(store->n_memory_bytes);
    if (store->memory == NULL) {
        char text[32];
        return log_error(STATUS_NOFIT, "the system refuses to reserve %s for amplitudes",
                         units_print_bytes(text, sizeof text, store->n_memory_bytes));
    }
    touch(store->memory, store->n_memory_bytes);
    pool_init(&store->pool, store->memory, n_pool / block, chunk / block);
    store->stage[0] = store->memory + n_pool / block;
    store->stage[1] = store->stage[0] + n_stage / block;
    store->pass = pass_create(store->stage[0], (int)n_threads, layout);
    store->layout->capacity = (double)n_pool;
    return store->pass == NULL ? STATUS_NOFIT : STATUS_OK;
}

enum status store_init(struct store *store, struct layout *layout, const struct team *team,
                       const struct statevector_kernels *kernels, size_t n_bytes) {
    *store = (struct store){
        .layout = layout, .team = team, .kernels = kernels, .late = {.group = LAYOUT_ALONE}};
    store->rank = team_rank(team);
    store->n_here = comm_ranks_here();
    uint64_t n_threads = (uint64_t)omp_get_max_threads();
    comm_max_u64(team, &n_threads, 1); /* tiles are the same on all ranks */
    store_fit(layout, (double)n_bytes, n_threads);
    store->stage_bits = stage_bits(layout, (double)n_bytes);
    enum status status = comm_agree(team, reserve(store, n_bytes, n_threads));
    if (status == STATUS_OK) {
        layout->store = store;
    }
    return status;
}

void store_fini(struct store *store) {
    for (uint32_t i = 0; store->tables != NULL && i < store->layout->n_groups; i++) {
        mem_free(store->tables[i].handles);
    }
    mem_free(store->tables);
    mem_free(store->ranks);
    mem_free(store->spare.handles);
    mem_free(store->work);
    pass_destroy(store->pass);
    pool_fini(&store->pool);
    if (store->memory != NULL) {
        mem_unmap(store->memory, store->n_memory_bytes);
    }
    *store = (struct store){0};
}

struct store_view store_view_of(const struct store *store, const struct layout_deal *deal,
                                uint32_t n) {
    struct store_view view = {.n = n, .slice_bits = layout_slice_bits(n, deal), .deal = deal};
    view.chunk_bits = layout_chunk_bits(store->layout, view.slice_bits);
    view.lane_bits = store->layout->lane_bits;
    size_t i = layout_find_rank(deal, store->rank);
    if (i < deal->n_ranks) {
        uint64_t first = 0, count = 0;
        layout_share(deal, i, &first, &count);
        unsigned log = view.slice_bits - view.chunk_bits;
        view.first = first << log;
        view.last = (first + count) << log;
    }
    return view;
}

struct store_view store_view_group(const struct store *store, uint32_t group) {
    const struct layout_group *g = &store->layout->groups[group];
    CHECK(store->late.group != group);
    return store_view_of(store, &g->deal, g->n);
}

enum status store_list_chunks(struct store *store, size_t *out_n, const struct store_view *view,
                              uint64_t mask, uint64_t value) {
    TRY(vec_reserve(&store->work, 0, &store->cap_work, view->last - view->first,
                    sizeof *store->work));
    size_t n = 0;
    for (uint64_t chunk = view->first; chunk < view->last; chunk++) {
        if ((chunk & mask) == value) {
            store->work[n++] = chunk;
        }
    }
    *out_n = n;
    return STATUS_OK;
}

uint64_t store_count_pieces(size_t n_chunks, uint64_t n_blocks) {
    uint64_t wanted = 4 * (uint64_t)omp_get_max_threads();
    uint64_t pieces = n_chunks >= wanted || n_chunks == 0 ? 1 : wanted / n_chunks;
    return pieces < n_blocks ? pieces : n_blocks;
}

size_t store_find_rank(const struct store *store, size_t n_ranks, int rank) {
    size_t i = 0;
    while (i < n_ranks && store->ranks[i] != rank) {
        i++;
    }
    return i;
}

size_t store_unite_ranks(struct store *store, size_t n_ranks, const struct layout_deal *deal) {
    for (size_t i = 0; i < deal->n_ranks; i++) {
        size_t at = n_ranks;
        while (at > 0 && store->ranks[at - 1] > deal->ranks[i]) {
            at--;
        }
        if (at > 0 && store->ranks[at - 1] == deal->ranks[i]) {
            continue;
        }
        memmove(store->ranks + at + 1, store->ranks + at, (n_ranks - at) * sizeof *store->ranks);
        store->ranks[at] = deal->ranks[i];
        n_ranks++;
    }
    return n_ranks;
}

void store_clear(struct store *store) {
    for (uint32_t i = 0; i < store->layout->n_groups; i++) {
        store->tables[i].n = 0;
    }
    store->late.group = LAYOUT_ALONE;
    pool_clear(&store->pool);
}

void store_free(struct store *store, uint32_t group) {
    struct store_table *table = &store->tables[group];
    for (size_t i = 0; i < table->n; i++) {
        pool_give(&store->pool, table->handles[i]);
    }
    table->n = 0;
}

enum status store_take(struct store *store, uint32_t group) {
    struct store_view view = store_view_group(store, group);
    struct store_table *table = &store->tables[group];
    size_t n = (size_t)(view.last - view.first);
    uint64_t size = store_chunk_blocks(&view);
    CHECK(table->n == 0);
    TRY(vec_reserve(&table->handles, 0, &table->cap, n, sizeof *table->handles));
    for (; table->n < n; table->n++) {
        TRY(pool_take(&store->pool, &table->handles[table->n], size));
    }
    bool is_large = store_is_large(n, size, view.lane_bits);
#pragma omp parallel for schedule(static) if (is_large)
    for (size_t i = 0; i < n; i++) {
        memset(pool_at(&store->pool, table->handles[i]), 0, size * sizeof *store->memory);
    }
    return STATUS_OK;
}

enum status store_set_pair(struct store *store, uint32_t group) {
    struct store_view view = store_view_group(store, group);
    if (view.first < view.last) {
        union statevector_block *a = store_chunk(store, group, &view, 0);
        statevector_put(a, view.lane_bits, 0, 0.70710678118654757, 0);
        statevector_put(a, view.lane_bits, 3, 0.70710678118654757, 0);
    }
    return STATUS_OK;
}

enum status store_scale(struct store *store, uint32_t group, double factor) {
    struct store_view view = store_view_group(store, group);
    uint64_t n_blocks = store_chunk_blocks(&view);
    bool is_large = store_is_large((size_t)(view.last - view.first), n_blocks, view.lane_bits);
#pragma omp parallel for schedule(static) if (is_large)
    for (uint64_t chunk = view.first; chunk < view.last; chunk++) {
        union statevector_block *a = store_chunk(store, group, &view, chunk);
        store->kernels->scale(a, a, n_blocks, factor, 0);
    }
    return STATUS_OK;
}
