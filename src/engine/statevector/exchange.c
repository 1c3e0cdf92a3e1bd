/* Amplitudes change slices and ranks. */
#include <string.h>

#include "base/bits.h"
#include "base/log.h"
#include "base/mem.h"
#include "engine/statevector/layout_internal.h"
#include "engine/statevector/store.h"

enum { MAX_WINDOW = 8 };
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
            store->sent_bytes += (double)n_bytes;
        }
    }
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
        store->sent_bytes += (double)n_bytes;
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
    store_settle(store);
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
