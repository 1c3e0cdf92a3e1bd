/* Bits of slice numbers change places with bits inside slices: several at once, in place.
 *
 * With m such pairs of bits a slice is 2^m parts, by the values of its m victim bits. Part v of the
 * slice whose m slice bits are b changes places with part b of the slice whose bits are v. Round x
 * = 1 .. 2^m - 1 does this for v = b ^ x: slices meet in pairs, and each gives one part. So 1 -
 * 2^-m of every slice moves, and a part is never where it has to wait for another.
 *
 * Between ranks a part goes in pieces, of which a few are under way at a time: that, and no more,
 * is the memory needed. A piece that is no run of memory is packed. Where victims are bits that
 * choose chunks, pieces are chunks, and nothing is copied: what comes is received in a spare one,
 * and the one that has been sent is the next spare one. */
#include <omp.h>
#include <string.h>

#include "base/bits.h"
#include "base/log.h"
#include "engine/statevector/layout_internal.h"
#include "engine/statevector/store.h"

enum {
    BLOCK_BYTES = sizeof(union statevector_block),
    MAX_WINDOW = 4,
    PACKED_BYTES = STORE_PIECE_BYTES / 2, /* of a packed piece: it is in the cache twice */
    AHEAD_BLOCKS = 32,                    /* of runs that are prefetched */
    LOCAL_BYTES = 1 << 13, /* of a piece that stays on its rank: two of them in the first cache */
};

/* What one slice gives to another and takes back. */
struct part {
    uint64_t slice, blocks; /* value of the victim bits in block numbers */
    unsigned lanes;         /* and in lane numbers */
};
struct flight {
    struct part part;
    uint64_t first;  /* packed block */
    uint32_t handle; /* of a chunk */
    struct comm_request requests[2];
};
struct swap {
    struct store *store;
    uint32_t group;
    struct store_view view;
    const struct store_swap *pairs;
    unsigned n_pairs, n_extra;
    unsigned slice_bits;    /* of a slice that takes part: n_extra less than the view's */
    uint64_t victim_blocks; /* mask of block numbers */
    unsigned victim_lanes;  /* mask of lane numbers */
    unsigned block_bytes;   /* of a block's amplitudes that belong to one part */
    uint64_t n_blocks;      /* of a part */
    uint64_t n_in_chunk;    /* of these, in a chunk */
    uint64_t run, n_piece;  /* blocks one after the other; blocks of a piece between ranks */
    struct flight flights[MAX_WINDOW];
    unsigned n_window;
    uint64_t n_posted, n_taken;
    bool is_by_chunks;
    union statevector_block *spares[MAX_WINDOW];
    uint32_t guests[MAX_WINDOW]; /* chunks in the stages */
};

static int find_owner(const struct swap *swap, uint64_t slice) {
    return swap->view.deal->ranks[layout_owner(swap->view.deal, slice >> swap->n_extra)];
}

static uint32_t *find_handle(const struct swap *swap, uint64_t slice, uint64_t block) {
    const unsigned log = swap->view.chunk_bits - swap->view.lane_bits;
    block |= slice << (swap->slice_bits - swap->view.lane_bits);
    return &swap->store->tables[swap->group].handles[(block >> log) - swap->view.first];
}

static union statevector_block *find_block(const struct swap *swap, uint64_t slice,
                                           uint64_t block) {
    unsigned log = swap->view.chunk_bits - swap->view.lane_bits;
    block |= slice << (swap->slice_bits - swap->view.lane_bits);
    return store_chunk(swap->store, swap->group, &swap->view, block >> log) +
           (block & (BIT64(log) - 1));
}

/* Block number in the slice of the part's i-th block. */
static uint64_t spread_block(const struct swap *swap, const struct part *part, uint64_t i) {
    for (uint64_t rest = swap->victim_blocks; rest != 0; rest &= rest - 1) {
        i = bits_insert_zero(i, (unsigned)bits_lowest(rest));
    }
    return i | part->blocks;
}

/* Blocks of a part in one chunk: `block` first; the bits in `mask` stay. */
struct span {
    union statevector_block *chunk;
    uint64_t block, mask, n;
    unsigned n_elements; /* of a block that belong to the part, and where they are */
    uint16_t offsets[2 * STATEVECTOR_MAX_LANES];
};

static uint64_t next_block(const struct span *span, uint64_t block, uint64_t run) {
    return (((block | span->mask) + run) & ~span->mask) | (span->block & span->mask);
}

/* The hardware does not foresee short runs that lie apart. */
static void prefetch_run(const union statevector_block *at, uint64_t run) {
    for (uint64_t i = 0; i < run; i++) {
        __builtin_prefetch(at + i);
        __builtin_prefetch((const char *)(at + i) + BLOCK_BYTES / 2);
    }
}

static void copy_runs(const struct span *span, char *packed, bool is_back) {
    uint64_t run = span->mask == 0 ? span->n : span->mask & -span->mask, block = span->block;
    run = run < span->n ? run : span->n;
    const uint64_t ahead = run < AHEAD_BLOCKS ? AHEAD_BLOCKS : 0;
    size_t n_bytes = (size_t)run * BLOCK_BYTES;
    uint64_t soon = block, n_soon = 0;
    for (uint64_t i = 0; i < span->n; i += run, packed += n_bytes) {
        char *at = (char *)(span->chunk + block);
        for (; n_soon < span->n && n_soon < i + ahead; n_soon += run) {
            prefetch_run(span->chunk + soon, run);
            soon = next_block(span, soon, run);
        }
        if (run == 1) {
            memcpy(is_back ? at : packed, is_back ? packed : at, BLOCK_BYTES);
        } else {
            memcpy(is_back ? at : packed, is_back ? packed : at, n_bytes);
        }
        block = next_block(span, block, run);
    }
}

/* A size that is a constant makes these moves of one element. */
static inline void copy_elements(const struct span *span, char *packed, size_t size, bool is_back) {
    uint64_t block = span->block;
    for (uint64_t i = 0; i < span->n; i++) {
        char *at = (char *)(span->chunk + block);
        for (unsigned j = 0; j < span->n_elements; j++, packed += size) {
            char *element = at + span->offsets[j];
            memcpy(is_back ? element : packed, is_back ? packed : element, size);
        }
        block = next_block(span, block, 1);
    }
}

static void copy_span(const struct span *span, char *packed, unsigned lane_bits, bool is_back) {
    if (span->n_elements == 2u << lane_bits) {
        copy_runs(span, packed, is_back);
    } else if (lane_bits == 3 && is_back) {
        copy_elements(span, packed, sizeof(double), true);
    } else if (lane_bits == 3) {
        copy_elements(span, packed, sizeof(double), false);
    } else {
        copy_elements(span, packed, sizeof(float), is_back);
    }
}

/* Real parts, then imaginary parts. */
static void find_elements(struct span *span, const struct swap *swap, const struct part *part) {
    size_t n = (size_t)2 << swap->view.lane_bits, size = BLOCK_BYTES / n;
    for (size_t i = 0; i < n; i++) {
        if ((i & swap->victim_lanes) == part->lanes) {
            span->offsets[span->n_elements++] = (uint16_t)(i * size);
        }
    }
}

/* Blocks first .. first + n - 1 of a part, to packed memory or back. */
static void copy_piece(const struct swap *swap, const struct part *part, char *packed,
                       uint64_t first, uint64_t n, bool is_back) {
    unsigned log = swap->view.chunk_bits - swap->view.lane_bits;
    uint64_t inside = BIT64(log) - 1;
    struct span span = {.mask = swap->victim_blocks & inside};
    find_elements(&span, swap, part);
    span.n = swap->n_in_chunk < n ? swap->n_in_chunk : n;
    for (uint64_t i = 0; i < n; i += span.n) {
        uint64_t block = spread_block(swap, part, first + i);
        block |= part->slice << (swap->slice_bits - swap->view.lane_bits);
        span.chunk = store_chunk(swap->store, swap->group, &swap->view, block >> log);
        span.block = block & inside;
        copy_span(&span, packed, swap->view.lane_bits, is_back);
        packed += span.n * swap->block_bytes;
    }
}

static void swap_chunks(const struct swap *swap, const struct part *a, const struct part *b) {
    for (uint64_t i = 0; i < swap->n_blocks; i += swap->n_piece) {
        uint32_t *x = find_handle(swap, a->slice, spread_block(swap, a, i));
        uint32_t *y = find_handle(swap, b->slice, spread_block(swap, b, i));
        const uint32_t handle = *x;
        *x = *y;
        *y = handle;
    }
}

/* Two slices of this rank. */
static void swap_local(const struct swap *swap, const struct part *a, const struct part *b) {
    if (swap->is_by_chunks) {
        swap_chunks(swap, a, b);
        return;
    }
    uint64_t most = LOCAL_BYTES / swap->block_bytes;
    uint64_t n = swap->n_blocks < most ? swap->n_blocks : most, n_pieces = swap->n_blocks / n;
    bool is_large = store_is_large(1, swap->n_blocks, swap->view.lane_bits);
#pragma omp parallel for schedule(static) if (is_large)
    for (uint64_t i = 0; i < n_pieces; i++) {
        char from_a[LOCAL_BYTES], from_b[LOCAL_BYTES];
        copy_piece(swap, a, from_a, i * n, n, false);
        copy_piece(swap, b, from_b, i * n, n, false);
        copy_piece(swap, a, from_b, i * n, n, true);
        copy_piece(swap, b, from_a, i * n, n, true);
    }
}

static char *stage_at(const struct swap *swap, unsigned stage, uint64_t flight) {
    size_t n_bytes = (size_t)swap->n_piece * swap->block_bytes;
    return (char *)swap->store->stage[stage] + flight % swap->n_window * n_bytes;
}

static void take_oldest(struct swap *swap) {
    const size_t i = swap->n_taken % swap->n_window;
    struct flight *flight = &swap->flights[i];
    comm_wait(flight->requests, 2);
    if (swap->is_by_chunks) {
        swap->guests[i] = swap->n_taken < swap->n_window ? flight->handle : swap->guests[i];
        pool_trade(&swap->store->pool, flight->handle, &swap->spares[i]);
    } else {
        copy_piece(swap, &flight->part, stage_at(swap, 1, swap->n_taken), flight->first,
                   swap->n_piece, true);
    }
    swap->n_taken++;
}

static union statevector_block *spare_at(const struct swap *swap, size_t i) {
    return swap->store->stage[0] + i * swap->n_piece;
}

/* The first chunks received go from the stages to where those lie that were sent last. */
static void send_home(struct swap *swap) {
    for (size_t i = 0; i < swap->n_window && i < swap->n_taken; i++) {
        memcpy(swap->spares[i], spare_at(swap, i), swap->n_piece * sizeof *swap->spares[i]);
        pool_trade(&swap->store->pool, swap->guests[i], &swap->spares[i]);
    }
}

static void post_piece(struct swap *swap, const struct part *part, uint64_t first, int peer) {
    struct store *store = swap->store;
    if (swap->n_posted - swap->n_taken == swap->n_window) {
        take_oldest(swap);
    }
    struct flight *flight = &swap->flights[swap->n_posted % swap->n_window];
    size_t n_bytes = (size_t)swap->n_piece * swap->block_bytes;
    const void *data = NULL;
    void *into = stage_at(swap, 1, swap->n_posted);
    *flight = (struct flight){.part = *part, .first = first};
    if (swap->is_by_chunks) {
        flight->handle = *find_handle(swap, part->slice, spread_block(swap, part, first));
        data = pool_at(&store->pool, flight->handle);
        into = swap->spares[swap->n_posted % swap->n_window];
    } else if (swap->victim_lanes == 0 && swap->run >= swap->n_piece) {
        data = find_block(swap, part->slice, spread_block(swap, part, first));
    } else {
        char *packed = stage_at(swap, 0, swap->n_posted);
        copy_piece(swap, part, packed, first, swap->n_piece, false);
        data = packed;
    }
    comm_irecv(store->team, &flight->requests[0], into, n_bytes, peer, TAG_EXCHANGE,
               store->n_events);
    comm_isend(store->team, &flight->requests[1], data, n_bytes, peer, TAG_EXCHANGE,
               store->n_events);
    store->sent_bytes += (double)n_bytes;
    swap->n_posted++;
}

static struct part find_part(const struct swap *swap, uint64_t slice, uint64_t other) {
    struct part part = {.slice = slice};
    for (unsigned i = 0; i < swap->n_pairs; i++) {
        uint64_t value = other >> swap->pairs[i].slice_bit & 1;
        unsigned victim = swap->pairs[i].victim;
        if (victim < swap->view.lane_bits) {
            part.lanes |= (unsigned)value << victim;
        } else {
            part.blocks |= value << (victim - swap->view.lane_bits);
        }
    }
    return part;
}

/* Two slices of which this rank may own both, one or none. */
static void swap_slices(struct swap *swap, uint64_t slice, uint64_t other) {
    int rank = swap->store->rank;
    int a = find_owner(swap, slice), b = find_owner(swap, other);
    if (a != rank && b != rank) {
        return;
    }
    struct part here = find_part(swap, slice, other), there = find_part(swap, other, slice);
    if (a == b) {
        swap_local(swap, &here, &there);
        return;
    }
    for (uint64_t i = 0; i < swap->n_blocks; i += swap->n_piece) {
        post_piece(swap, a == rank ? &here : &there, i, a == rank ? b : a);
    }
}

/* Pairs of slices come in one order on all ranks: of those not done, the first can always go on. */
static void swap_all(struct swap *swap) {
    uint64_t n_slices = BIT64(swap->view.deal->slice_log + swap->n_extra);
    for (unsigned round = 1; round < 1u << swap->n_pairs; round++) {
        uint64_t x = 0;
        for (unsigned i = 0; i < swap->n_pairs; i++) {
            x |= (uint64_t)(round >> i & 1) << swap->pairs[i].slice_bit;
        }
        for (uint64_t slice = 0; slice < n_slices; slice++) {
            if (slice < (slice ^ x)) {
                swap_slices(swap, slice, slice ^ x);
            }
        }
    }
    while (swap->n_taken < swap->n_posted) {
        take_oldest(swap);
    }
    if (swap->is_by_chunks) {
        send_home(swap);
    }
}

static size_t least_of(size_t a, size_t b) {
    return a < b ? a : b;
}

static void choose_pieces(struct swap *swap) {
    unsigned n_lane_victims = 0, n_block_victims = 0;
    swap->is_by_chunks = true;
    for (unsigned i = 0; i < swap->n_pairs; i++) {
        unsigned victim = swap->pairs[i].victim;
        CHECK(victim < swap->slice_bits);
        swap->is_by_chunks = swap->is_by_chunks && victim >= swap->view.chunk_bits;
        if (victim < swap->view.lane_bits) {
            swap->victim_lanes |= 1u << victim;
            n_lane_victims++;
        } else {
            swap->victim_blocks |= BIT64(victim - swap->view.lane_bits);
            n_block_victims++;
        }
    }
    swap->block_bytes = BLOCK_BYTES >> n_lane_victims;
    swap->n_blocks = BIT64(swap->slice_bits - swap->view.lane_bits - n_block_victims);
    unsigned chunk_bits = swap->view.chunk_bits;
    chunk_bits = chunk_bits < swap->slice_bits ? chunk_bits : swap->slice_bits;
    swap->run = BIT64(chunk_bits - swap->view.lane_bits);
    swap->n_in_chunk = swap->run >> bits_popcount(swap->victim_blocks & (swap->run - 1));
    if (swap->victim_blocks != 0) {
        uint64_t run = swap->victim_blocks & -swap->victim_blocks;
        swap->run = run < swap->run ? run : swap->run;
    }
    size_t n_stage = (size_t)swap->store->layout->amp_bytes << swap->store->stage_bits;
    uint64_t most = least_of(STORE_PIECE_BYTES, n_stage / 2) / BLOCK_BYTES;
    if (swap->victim_lanes != 0 || swap->run < most) {
        most = least_of(PACKED_BYTES, n_stage / MAX_WINDOW) / swap->block_bytes;
    }
    swap->n_piece = swap->n_blocks < most ? swap->n_blocks : most;
    if (swap->is_by_chunks) {
        swap->n_piece = store_chunk_blocks(&swap->view);
        n_stage *= 2;
    }
    size_t n_window = n_stage / (swap->n_piece * swap->block_bytes);
    CHECK(n_window > 0);
    swap->n_window = n_window < MAX_WINDOW ? (unsigned)n_window : MAX_WINDOW;
    for (size_t i = 0; i < swap->n_window && swap->is_by_chunks; i++) {
        swap->spares[i] = spare_at(swap, i);
    }
}

void store_exchange(struct store *store, uint32_t group, unsigned n_extra,
                    const struct store_swap *pairs, unsigned n_pairs) {
    struct swap swap = {
        .store = store, .group = group, .pairs = pairs, .n_pairs = n_pairs, .n_extra = n_extra};
    store_settle(store);
    swap.view = store_view_group(store, group);
    swap.slice_bits = swap.view.slice_bits - n_extra;
    CHECK(swap.slice_bits >= swap.view.lane_bits);
    double start_s = omp_get_wtime();
    store->n_events++;
    choose_pieces(&swap);
    swap_all(&swap);
    store->exchange_s += omp_get_wtime() - start_s;
}
