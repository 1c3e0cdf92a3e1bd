/* Amplitudes change slices and ranks. */
#include <string.h>

#include "base/bits.h"
#include "base/log.h"
#include "base/mem.h"
#include "engine/statevector/layout_internal.h"
#include "engine/statevector/store.h"

enum { PIECE_BLOCKS = STORE_PIECE_BYTES / sizeof(union statevector_block), MAX_WINDOW = 8 };
#define NO_HANDLE UINT32_MAX

/* Binomial tree over the list. */
void store_spread(struct store *store, void *data, size_t n_bytes, const int *ranks, size_t n_ranks,
                  size_t root) {
    size_t me = (store_find_rank(store, n_ranks, store->rank) + n_ranks - root) % n_ranks;
    struct comm_request request;
    size_t step = 1;
    for (; step < n_ranks; step *= 2) {
        if (me & step) {
            int from = ranks[(me - step + root) % n_ranks];
            comm_irecv(store->team, &request, data, n_bytes, from, TAG_MERGE, store->n_events);
            comm_wait(&request, 1);
            break;
        }
    }
    for (step /= 2; step > 0; step /= 2) {
        if (me + step < n_ranks) {
            int to = ranks[(me + step + root) % n_ranks];
            comm_isend(store->team, &request, data, n_bytes, to, TAG_MERGE, store->n_events);
            comm_wait(&request, 1);
        }
    }
}

/* Swap of a slice bit with an internal bit: of two slices that differ in that bit, the half of the
 * first with victim = 1 changes places with the half of the second with victim = 0. */
struct swap {
    struct store *store;
    uint32_t group;
    struct store_view view;
    unsigned bit, victim;
    uint64_t piece_blocks, n_pieces, n_units; /* a unit: a chunk, or half of one */
};
struct piece {
    int peer;
    union statevector_block *chunk; /* with the half or whole that goes */
    uint64_t first, last;           /* blocks of the half, or of the chunk */
    unsigned value;                 /* of the victim bit there */
};

static bool swap_is_whole(const struct swap *swap) {
    return swap->victim >= swap->view.chunk_bits;
}

/* The unit-th chunk of a slice that takes part; value: of the victim bit. */
static union statevector_block *swap_chunk(const struct swap *swap, uint64_t slice, uint64_t unit,
                                           unsigned value) {
    const struct store_view *view = &swap->view;
    if (swap_is_whole(swap)) {
        unsigned bit = swap->victim - view->chunk_bits;
        unit = bits_insert_zero(unit, bit) | (uint64_t)value << bit;
    }
    uint64_t chunk = (slice << (view->slice_bits - view->chunk_bits)) + unit;
    return store_chunk(swap->store, swap->group, view, chunk);
}

static void swap_local(const struct swap *swap, uint64_t slice, uint64_t other) {
    const struct store_view *view = &swap->view;
    uint64_t n_blocks = store_chunk_blocks(view);
    struct statevector_span span = {.first = 0, .last = n_blocks};
    if (!swap_is_whole(swap)) {
        span.last = n_blocks / 2;
        span.n_fixed = 1;
        span.fixed[0] = (uint8_t)(swap->victim - view->lane_bits);
    }
    bool is_large = store_is_large((size_t)swap->n_units, n_blocks, view->lane_bits);
#pragma omp parallel for schedule(static) if (is_large)
    for (uint64_t unit = 0; unit < swap->n_units; unit++) {
        union statevector_block *a = swap_chunk(swap, slice, unit, 1),
                                *b = swap_chunk(swap, other, unit, 0);
        if (!swap_is_whole(swap)) {
            a += BIT64(swap->victim - view->lane_bits);
        }
        swap->store->kernels->exchange(a, b, &span, statevector_all_lanes(view->lane_bits));
    }
}

/* Item i of the stream of pieces of all pairs of slices in store->work. */
static struct piece swap_piece(const struct swap *swap, uint64_t i) {
    uint64_t per_pair = swap->n_units * swap->n_pieces;
    uint64_t slice = swap->store->work[i / per_pair], rest = i % per_pair;
    const struct store_view *view = &swap->view;
    unsigned log = view->slice_bits - view->chunk_bits;
    bool is_first = slice << log >= view->first && slice << log < view->last;
    uint64_t other = slice | BIT64(swap->bit);
    uint64_t mine = is_first ? slice : other, theirs = is_first ? other : slice;
    struct piece piece = {.value = is_first};
    piece.peer = view->deal->ranks[layout_owner(view->deal, theirs)];
    piece.chunk = swap_chunk(swap, mine, rest / swap->n_pieces, piece.value);
    piece.first = rest % swap->n_pieces * swap->piece_blocks;
    piece.last = piece.first + swap->piece_blocks;
    return piece;
}

/* Where a piece starts, if its blocks lie in one run; else NULL. */
static union statevector_block *piece_run(const struct swap *swap, const struct piece *piece) {
    if (swap_is_whole(swap)) {
        return piece->chunk + piece->first;
    }
    unsigned bit = swap->victim - swap->view.lane_bits;
    if (swap->piece_blocks > BIT64(bit)) {
        return NULL;
    }
    uint64_t block = bits_insert_zero(piece->first, bit) | (uint64_t)piece->value << bit;
    return piece->chunk + block;
}

static void post_piece(const struct swap *swap, const struct piece *piece, unsigned side,
                       struct comm_request *requests) {
    struct store *store = swap->store;
    size_t n = (size_t)swap->piece_blocks, n_bytes = n * sizeof(union statevector_block);
    const union statevector_block *data = piece_run(swap, piece);
    if (data == NULL) {
        union statevector_block *packed = store->stage[0] + side * n;
        store->kernels->gather(packed, piece->chunk, store_chunk_blocks(&swap->view), piece->first,
                               piece->last, swap->victim, piece->value, 1);
        data = packed;
    }
    comm_irecv(store->team, &requests[0], store->stage[1] + side * n, n_bytes, piece->peer,
               TAG_EXCHANGE, store->n_events);
    comm_isend(store->team, &requests[1], data, n_bytes, piece->peer, TAG_EXCHANGE,
               store->n_events);
}

static void take_piece(const struct swap *swap, const struct piece *piece, unsigned side) {
    size_t n = (size_t)swap->piece_blocks;
    const union statevector_block *data = swap->store->stage[1] + side * n;
    union statevector_block *run = piece_run(swap, piece);
    if (run != NULL) {
        memcpy(run, data, n * sizeof *run);
    } else {
        swap->store->kernels->scatter(piece->chunk, data, piece->first, piece->last, swap->victim,
                                      piece->value);
    }
}

/* Pairs in ascending order on every rank: of all pairs not done, the first can always go on. The
 * next piece is under way while one arrives. */
static void swap_remote(const struct swap *swap, uint64_t n_pairs) {
    uint64_t n = n_pairs * swap->n_units * swap->n_pieces;
    struct comm_request requests[2][2];
    struct piece pieces[2];
    for (uint64_t i = 0; i <= n; i++) {
        if (i < n) {
            pieces[i % 2] = swap_piece(swap, i);
            post_piece(swap, &pieces[i % 2], i % 2, requests[i % 2]);
        }
        if (i > 0) {
            comm_wait(requests[(i - 1) % 2], 2);
            take_piece(swap, &pieces[(i - 1) % 2], (i - 1) % 2);
        }
    }
}

enum status store_exchange(struct store *store, uint32_t group, unsigned slice_bit,
                           unsigned victim) {
    struct swap swap = {.store = store, .group = group, .bit = slice_bit, .victim = victim};
    swap.view = store_view_group(store, group);
    store->n_events++;
    const struct layout_deal *deal = swap.view.deal;
    unsigned log = swap.view.slice_bits - swap.view.chunk_bits;
    uint64_t n_blocks = store_chunk_blocks(&swap.view);
    swap.n_units = swap_is_whole(&swap) ? BIT64(log) / 2 : BIT64(log);
    uint64_t unit_blocks = swap_is_whole(&swap) ? n_blocks : n_blocks / 2;
    swap.piece_blocks = unit_blocks < PIECE_BLOCKS ? unit_blocks : PIECE_BLOCKS;
    swap.n_pieces = unit_blocks / swap.piece_blocks;

    uint64_t n_all = BIT64(deal->slice_log) / 2, n_remote = 0;
    TRY(vec_reserve(&store->work, 0, &store->cap_work, n_all, sizeof *store->work));
    for (uint64_t pair = 0; pair < n_all; pair++) {
        uint64_t slice = bits_insert_zero(pair, slice_bit), other = slice | BIT64(slice_bit);
        bool has_a = slice << log >= swap.view.first && slice << log < swap.view.last;
        bool has_b = other << log >= swap.view.first && other << log < swap.view.last;
        if (has_a && has_b) {
            swap_local(&swap, slice, other);
        } else if (has_a || has_b) {
            store->work[n_remote++] = slice;
        }
    }
    swap_remote(&swap, n_remote);
    return STATUS_OK;
}

/* Change of a deal. A piece is the smaller of the two chunks; its number counts from the start of
 * the vector (as it is after the cut). */
struct move {
    struct store *store;
    uint32_t group;
    const struct layout_cut *from;
    struct store_view old, new;
    unsigned piece_bits;
    uint64_t piece_blocks; /* at least one: a vector may be less than a block */
    struct comm_request window[MAX_WINDOW];
    unsigned n_posted;
};

static int old_owner(const struct move *move, uint64_t piece) {
    unsigned log = move->old.slice_bits - move->piece_bits;
    uint64_t slice = layout_old_slice(move->from, piece >> log);
    return move->old.deal->ranks[layout_owner(move->old.deal, slice)];
}

static int new_owner(const struct move *move, uint64_t piece) {
    uint64_t slice = piece >> (move->new.slice_bits - move->piece_bits);
    return move->new.deal->ranks[layout_owner(move->new.deal, slice)];
}

/* Number after the cut of an old chunk; false: the cut takes it away. */
static bool cut_chunk(const struct move *move, uint64_t chunk, uint64_t *out) {
    *out = chunk;
    if (!move->from->is_cut) {
        return true;
    }
    unsigned bit = move->from->slice_bit + move->old.slice_bits - move->old.chunk_bits;
    uint64_t low = chunk & (BIT64(bit) - 1);
    *out = chunk >> (bit + 1) << bit | low;
    return (chunk >> bit & 1) == move->from->value;
}

static union statevector_block *old_piece(const struct move *move, uint64_t piece) {
    unsigned log = move->old.chunk_bits - move->piece_bits;
    uint64_t chunk = piece >> log;
    if (move->from->is_cut) {
        unsigned bit = move->from->slice_bit + move->old.slice_bits - move->old.chunk_bits;
        chunk = bits_insert_zero(chunk, bit) | (uint64_t)move->from->value << bit;
    }
    return store_chunk(move->store, move->group, &move->old, chunk) +
           (piece & (BIT64(log) - 1)) * move->piece_blocks;
}

static union statevector_block *new_piece(const struct move *move, uint64_t piece) {
    unsigned log = move->new.chunk_bits - move->piece_bits;
    uint32_t handle = move->store->spare.handles[(piece >> log) - move->new.first];
    return pool_at(&move->store->pool, handle) + (piece & (BIT64(log) - 1)) * move->piece_blocks;
}

/* Gives back what the cut drops, hands on the chunks that stay, takes blocks for the others. */
static enum status prepare_move(struct move *move) {
    struct store *store = move->store;
    struct store_table *table = &store->tables[move->group], *spare = &store->spare;
    size_t n_new = (size_t)(move->new.last - move->new.first);
    TRY(vec_reserve(&spare->handles, 0, &spare->cap, n_new, sizeof *spare->handles));
    spare->n = n_new;
    for (size_t i = 0; i < n_new; i++) {
        spare->handles[i] = NO_HANDLE;
    }
    bool can_stay = move->old.chunk_bits == move->new.chunk_bits;
    for (size_t i = 0; i < table->n; i++) {
        uint64_t chunk = 0;
        if (!cut_chunk(move, move->old.first + i, &chunk)) {
            pool_give(&store->pool, table->handles[i]);
            table->handles[i] = NO_HANDLE;
        } else if (can_stay && chunk >= move->new.first &&chunk < move->new.last) {
            spare->handles[chunk - move->new.first] = table->handles[i];
        }
    }
    uint64_t size = store_chunk_blocks(&move->new);
    for (size_t i = 0; i < n_new; i++) {
        if (spare->handles[i] == NO_HANDLE) {
            TRY(pool_take(&store->pool, &spare->handles[i], size));
        }
    }
    return STATUS_OK;
}

/* Waits for the oldest when the window is full: events come in ascending order of pieces on all
 * ranks, so the lowest unfinished one has been posted on both sides. */
static struct comm_request *next_request(struct move *move) {
    struct comm_request *request = &move->window[move->n_posted % MAX_WINDOW];
    if (move->n_posted >= MAX_WINDOW) {
        comm_wait(request, 1);
    }
    move->n_posted++;
    return request;
}

static void move_piece(struct move *move, uint64_t piece, int from, int to) {
    struct store *store = move->store;
    size_t n_bytes = (size_t)move->piece_blocks * sizeof(union statevector_block);
    if (from == to) {
        union statevector_block *dst = new_piece(move, piece), *src = old_piece(move, piece);
        if (dst != src) {
            memcpy(dst, src, n_bytes);
        }
    } else if (from == store->rank) {
        comm_isend(store->team, next_request(move), old_piece(move, piece), n_bytes, to, TAG_MERGE,
                   store->n_events);
    } else {
        comm_irecv(store->team, next_request(move), new_piece(move, piece), n_bytes, from,
                   TAG_MERGE, store->n_events);
    }
}

static void finish_move(struct move *move) {
    struct store *store = move->store;
    unsigned n = move->n_posted < MAX_WINDOW ? move->n_posted : MAX_WINDOW;
    comm_wait(move->window, n);
    struct store_table *table = &store->tables[move->group];
    bool can_stay = move->old.chunk_bits == move->new.chunk_bits;
    for (size_t i = 0; i < table->n; i++) {
        uint64_t chunk = 0;
        if (table->handles[i] == NO_HANDLE) {
            continue;
        }
        cut_chunk(move, move->old.first + i, &chunk);
        if (!can_stay || chunk < move->new.first || chunk >= move->new.last) {
            pool_give(&store->pool, table->handles[i]);
        }
    }
    struct store_table old = *table;
    *table = store->spare;
    store->spare = old;
}

enum status store_move(struct store *store, uint32_t group, const struct layout_cut *from,
                       const struct layout_deal *to) {
    struct move move = {.store = store, .group = group, .from = from};
    move.old = store_view_of(store, from->deal, from->n);
    move.new = store_view_of(store, to, from->n - from->is_cut);
    move.piece_bits =
        move.old.chunk_bits < move.new.chunk_bits ? move.old.chunk_bits : move.new.chunk_bits;
    uint64_t old_blocks = store_chunk_blocks(&move.old), new_blocks = store_chunk_blocks(&move.new);
    move.piece_blocks = old_blocks < new_blocks ? old_blocks : new_blocks;
    store->n_events++;
    TRY(prepare_move(&move));
    uint64_t n_pieces = BIT64(from->n - from->is_cut - move.piece_bits);
    for (uint64_t piece = 0; piece < n_pieces; piece++) {
        int a = old_owner(&move, piece), b = new_owner(&move, piece);
        if (a == store->rank || b == store->rank) {
            move_piece(&move, piece, a, b);
        }
    }
    finish_move(&move);
    return STATUS_OK;
}
