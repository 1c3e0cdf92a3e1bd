#include "engine/statevector/pass.h"

#include <omp.h>
#include <string.h>

#include "base/bits.h"
#include "base/log.h"
#include "base/mem.h"

enum {
    MAX_ITEMS = 256,
    PARALLEL_UPDATES = 1 << 19, /* amplitudes touched; below this one thread is quicker */
    MAX_DATA = 2 * (PASS_MAX_DIM / 2) * PASS_MAX_DIM * STATEVECTOR_BLOCK, /* two of the largest */
};

struct pass_queue {
    struct pass_item items[MAX_ITEMS];
    size_t n_items, n_data;
    double data[MAX_DATA];
};

/* Items of one group that one sweep applies. */
struct pass {
    const struct store *store;
    uint32_t group;
    struct store_view view;
    unsigned piece_bits;
    uint64_t first_piece, n_pieces; /* owned */
    uint64_t inside;                /* bits of a piece's number that lie in the tile */
    const struct pass_item *items[MAX_ITEMS];
    size_t n_items;
};

struct pass_queue *pass_create(void) {
    return mem_alloc(1, sizeof(struct pass_queue));
}

void pass_destroy(struct pass_queue *queue) {
    mem_free(queue);
}

void pass_discard(struct store *store) {
    store->queue->n_items = store->queue->n_data = 0;
}

/* ---- items ---- */

static unsigned choose_piece_bits(const struct store *store, const struct store_view *view) {
    const struct layout_tuning *tuning = &store->layout->tuning;
    bool is_whole = tuning->pass_bits == 0 || tuning->piece_bits >= view->chunk_bits;
    return is_whole ? view->chunk_bits : tuning->piece_bits;
}

struct pass_item *pass_open(struct store *store, uint32_t group, size_t n_data) {
    struct pass_queue *queue = store->queue;
    if (queue->n_items == MAX_ITEMS || n_data > MAX_DATA - queue->n_data) {
        pass_flush(store);
    }
    CHECK(n_data <= MAX_DATA);
    struct store_view view = store_view_group(store, group);
    struct pass_item *item = &queue->items[queue->n_items++];
    memset(item, 0, sizeof *item);
    item->group = group;
    item->piece_bits = choose_piece_bits(store, &view);
    item->lanes = STATEVECTOR_ALL_LANES;
    item->span.last = item->piece_bits <= STATEVECTOR_LANE_BITS
                          ? 1
                          : BIT64(item->piece_bits - STATEVECTOR_LANE_BITS);
    item->data = queue->data + queue->n_data;
    queue->n_data += n_data;
    return item;
}

static void fix_bit(struct statevector_span *span, unsigned bit) {
    unsigned at = span->n_fixed++;
    for (; at > 0 && span->fixed[at - 1] > bit; at--) {
        span->fixed[at] = span->fixed[at - 1];
    }
    span->fixed[at] = (uint8_t)bit;
    span->last /= 2;
}

static unsigned lanes_with(unsigned pos, bool value) {
    static const uint8_t ones[STATEVECTOR_LANE_BITS] = {0xaa, 0xcc, 0xf0};
    return value ? ones[pos] : (uint8_t)~ones[pos];
}

void pass_require_bit(struct pass_item *item, unsigned pos, bool bit) {
    if (pos >= item->piece_bits) {
        item->piece_mask |= BIT64(pos - item->piece_bits);
        item->piece_value |= (uint64_t)bit << (pos - item->piece_bits);
    } else if (pos >= STATEVECTOR_LANE_BITS) {
        fix_bit(&item->span, pos - STATEVECTOR_LANE_BITS);
        item->block_offset |= (uint64_t)bit << (pos - STATEVECTOR_LANE_BITS);
    } else {
        item->lanes &= lanes_with(pos, bit);
    }
}

void pass_close(struct store *store) {
    if (store->layout->tuning.pass_bits == 0) {
        pass_flush(store);
    }
}

/* ---- one item on one piece ---- */

static double *find_piece(const struct pass *pass, uint64_t piece) {
    unsigned log = pass->view.chunk_bits - pass->piece_bits;
    double *chunk = store_chunk(pass->store, pass->group, &pass->view, piece >> log);
    return chunk + ((piece & (BIT64(log) - 1)) << pass->piece_bits) * 2;
}

static void point_tuple(double **out, const struct pass *pass, const struct pass_item *item,
                        uint64_t piece) {
    for (unsigned j = 0; j < 1u << item->n_high; j++) {
        out[j] = find_piece(pass, piece | item->tuple[j].piece) +
                 (item->tuple[j].block + item->block_offset) * STATEVECTOR_BLOCK;
    }
}

static void apply_diagonal(const struct pass *pass, const struct pass_item *item, uint64_t piece) {
    unsigned variant = 0, seen = 0;
    for (unsigned j = 0; j < item->n_variant; j++) {
        variant |= (unsigned)(piece >> item->variant[j] & 1) << (item->n_block + j);
    }
    for (unsigned j = 0; j < 1u << item->n_block; j++) {
        seen |= item->masks[variant + j];
    }
    if (seen == 0) {
        return;
    }
    struct statevector_diagonal diagonal = {.n_bits = item->n_block,
                                            .table = item->data + variant * STATEVECTOR_BLOCK,
                                            .masks = item->masks + variant};
    memcpy(diagonal.bits, item->block, sizeof diagonal.bits);
    double *a = find_piece(pass, piece) + item->block_offset * STATEVECTOR_BLOCK;
    pass->store->kernels->diagonal(a, &item->span, &diagonal);
}

static void apply_item(const struct pass *pass, const struct pass_item *item, uint64_t piece) {
    const struct statevector_kernels *kernels = pass->store->kernels;
    double *blocks[PASS_MAX_DIM];
    switch (item->kind) {
    case PASS_MATRIX:
        point_tuple(blocks, pass, item, piece);
        kernels->matrix(blocks, item->n_high, &item->span, item->data, item->lanes);
        return;
    case PASS_LANE_MATRIX:
        point_tuple(blocks, pass, item, piece);
        kernels->lane_matrix(blocks, &item->span, &item->lane_matrix);
        return;
    case PASS_EXCHANGE:
        point_tuple(blocks, pass, item, piece);
        kernels->exchange(blocks[0], blocks[1], &item->span, item->lanes);
        return;
    case PASS_PERMUTE:
        point_tuple(blocks, pass, item, piece);
        kernels->permute(blocks[0], &item->span, item->source);
        return;
    case PASS_DIAGONAL:
        apply_diagonal(pass, item, piece);
        return;
    }
}

/* ---- passes ---- */

/* The next number that has bits of `mask` only; 0 after the last. */
static uint64_t next_subset(uint64_t subset, uint64_t mask) {
    return (subset - mask) & mask;
}

static uint64_t insert_zeros(uint64_t number, uint64_t mask) {
    for (; mask != 0; mask &= mask - 1) {
        number = bits_insert_zero(number, floor_log2(mask & -mask));
    }
    return number;
}

static void apply_to_tile(const struct pass *pass, const struct pass_item *item, uint64_t tile) {
    uint64_t outside = item->piece_mask & ~pass->inside;
    if ((tile & outside) != (item->piece_value & outside)) {
        return;
    }
    uint64_t first = tile | (item->piece_value & pass->inside), x = 0;
    uint64_t free = pass->inside & ~item->piece_mask;
    do {
        apply_item(pass, item, first | x);
        x = next_subset(x, free);
    } while (x != 0);
}

/* Items that mix nothing beyond a piece: all of them on one piece, then the next. */
static void apply_to_pieces(const struct pass *pass, const struct pass_item *const *items,
                            size_t n_items, uint64_t tile) {
    uint64_t x = 0;
    do {
        uint64_t piece = tile | x;
        for (size_t i = 0; i < n_items; i++) {
            if ((piece & items[i]->piece_mask) == items[i]->piece_value) {
                apply_item(pass, items[i], piece);
            }
        }
        x = next_subset(x, pass->inside);
    } while (x != 0);
}

static void run_tile(const struct pass *pass, uint64_t tile) {
    size_t i = 0;
    while (i < pass->n_items) {
        size_t n = 0;
        while (i + n < pass->n_items && pass->items[i + n]->mixed == 0) {
            n++;
        }
        if (n > 0) {
            apply_to_pieces(pass, pass->items + i, n, tile);
        } else {
            apply_to_tile(pass, pass->items[i], tile);
            n = 1;
        }
        i += n;
    }
}

static bool is_large(const struct pass *pass, size_t n_items) {
    return (double)n_items * (double)(pass->n_pieces << pass->piece_bits) >= PARALLEL_UPDATES;
}

static void run_pass(const struct pass *pass) {
    uint64_t n_tiles = pass->n_pieces >> bits_popcount(pass->inside);
    bool is_parallel = n_tiles > 1 && is_large(pass, pass->n_items);
#pragma omp parallel for schedule(static) if (is_parallel)
    for (uint64_t tile = 0; tile < n_tiles; tile++) {
        run_tile(pass, pass->first_piece + insert_zeros(tile, pass->inside));
    }
}

/* Bits that a tile may have above a piece: it fits the cache, and every thread has tiles. */
static unsigned count_high_bits(const struct pass *pass, size_t n_items) {
    const struct layout_tuning *tuning = &pass->store->layout->tuning;
    unsigned n = tuning->pass_bits > pass->piece_bits ? tuning->pass_bits - pass->piece_bits : 0;
    uint64_t n_threads = (uint64_t)omp_get_max_threads();
    bool is_shared = n_threads > 1 && is_large(pass, n_items);
    while (is_shared && n > 0 && pass->n_pieces >> n < 2 * n_threads) {
        n--;
    }
    return n;
}

/* As many of the items as fit one tile, at least one. */
static size_t cut_pass(struct pass *pass, const struct pass_item *const *items, size_t n_items) {
    unsigned n_high = count_high_bits(pass, n_items);
    pass->inside = items[0]->mixed;
    pass->items[0] = items[0];
    pass->n_items = 1;
    while (pass->n_items < n_items) {
        const struct pass_item *item = items[pass->n_items];
        uint64_t inside = pass->inside | item->mixed;
        if ((unsigned)bits_popcount(inside) > n_high) {
            break;
        }
        pass->inside = inside;
        pass->items[pass->n_items++] = item;
    }
    return pass->n_items;
}

static void run_group(struct store *store, uint32_t group, const struct pass_item *const *items,
                      size_t n_items) {
    struct pass pass = {.store = store, .group = group, .view = store_view_group(store, group)};
    pass.piece_bits = items[0]->piece_bits;
    unsigned log = pass.view.chunk_bits - pass.piece_bits;
    pass.first_piece = pass.view.first << log;
    pass.n_pieces = (pass.view.last - pass.view.first) << log;
    for (size_t i = 0; i < n_items && pass.n_pieces > 0;) {
        i += cut_pass(&pass, items + i, n_items - i);
        run_pass(&pass);
    }
}

void pass_flush(struct store *store) {
    struct pass_queue *queue = store->queue;
    const struct pass_item *items[MAX_ITEMS];
    bool is_done[MAX_ITEMS] = {false};
    for (size_t first = 0; first < queue->n_items; first++) {
        uint32_t group = queue->items[first].group;
        size_t n = 0;
        for (size_t i = first; i < queue->n_items && !is_done[first]; i++) {
            if (queue->items[i].group == group) {
                is_done[i] = i > first;
                items[n++] = &queue->items[i];
            }
        }
        if (n > 0) {
            run_group(store, group, items, n);
        }
    }
    pass_discard(store);
}
