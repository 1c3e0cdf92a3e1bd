#include "engine/statevector/store.h"

#include <omp.h>
#include <string.h>

#include "base/bits.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/units.h"
#include "engine/statevector/layout_internal.h"
#include "engine/statevector/pass.h"

/* Vectors that are read whole: parts of a build have at most slice_log + 3 wires. */
unsigned store_stage_bits(const struct layout *layout) {
    const struct layout_tuning *tuning = &layout->tuning;
    unsigned bits =
        floor_log2((uint64_t)layout->n_ranks) + 1 + tuning->balance_log + layout->lane_bits;
    unsigned piece = floor_log2(STORE_PIECE_BYTES * 2 / layout->amp_bytes);
    bits = bits > tuning->chunk_bits ? bits : tuning->chunk_bits;
    return bits > piece ? bits : piece;
}

uint64_t store_overhead_bytes(const struct layout *layout) {
    uint64_t stage = layout->amp_bytes * BIT64(store_stage_bits(layout));
    uint64_t buffers = pass_buffer_bytes(layout) * (uint64_t)omp_get_max_threads();
    return 2 * stage + buffers +
           layout->amp_bytes * BIT64(layout->tuning.chunk_bits); /* rounding up to whole chunks */
}

static void touch(void *memory, size_t n_bytes) {
    size_t step = (size_t)1 << 21, n_steps = n_bytes / step + (n_bytes % step != 0);
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < n_steps; i++) {
        size_t n = i + 1 < n_steps ? step : n_bytes - i * step;
        memset((char *)memory + i * step, 0, n);
    }
}

static enum status reserve(struct store *store, size_t n_bytes) {
    const struct layout *layout = store->layout;
    size_t chunk = (size_t)layout->amp_bytes << layout->tuning.chunk_bits;
    const size_t block = sizeof *store->memory;
    size_t n_pool = (n_bytes / chunk + 1) * chunk;
    size_t n_stage = (size_t)layout->amp_bytes << store->stage_bits;
    store->tables = mem_alloc(store->layout->n_groups, sizeof *store->tables);
    store->ranks = mem_alloc((size_t)store->layout->n_ranks, sizeof *store->ranks);
    if (store->tables == NULL || store->ranks == NULL) {
        return STATUS_NOFIT;
    }
    int n_threads = omp_get_max_threads();
    size_t n_buffers = (size_t)n_threads * pass_buffer_bytes(layout);
    store->n_memory_bytes = n_pool + 2 * n_stage + n_buffers;
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
    store->pass = pass_create(store->stage[1] + n_stage / block, n_threads, layout);
    store->layout->capacity = (double)n_pool;
    return store->pass == NULL ? STATUS_NOFIT : STATUS_OK;
}

enum status store_init(struct store *store, struct layout *layout, const struct team *team,
                       const struct statevector_kernels *kernels, size_t n_bytes) {
    *store = (struct store){.layout = layout, .team = team, .kernels = kernels};
    store->rank = team_rank(team);
    store->stage_bits = store_stage_bits(layout);
    enum status status = comm_agree(team, reserve(store, n_bytes));
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
