/* The amplitudes of one rank, and what moves them: the data side of a layout.
 *
 * A group's vector is kept as a table of equal chunks of 2^chunk_bits amplitudes (a slice, where
 * that is smaller): the chunks that this rank owns, in order of the amplitude's number. Bits of a
 * number below chunk_bits lie inside a chunk, the others choose it. Functions here are called by
 * the layout, on all ranks with equal arguments, just before it changes its own records; memory was
 * counted before. */
#ifndef QSPAN_ENGINE_STATEVECTOR_STORE_H
#define QSPAN_ENGINE_STATEVECTOR_STORE_H

#include "comm/halt.h"
#include "engine/statevector/layout.h"
#include "engine/statevector/pool.h"
#include "kernels/statevector.h"

#define STORE_NO_BIT UINT32_MAX
#define STORE_AMP_NS 4.0 /* about, for an amplitude in a pass */

enum {
    STORE_PARALLEL_AMPS = 1 << 17, /* below this one thread is quicker */
    STORE_PIECE_BYTES = 1 << 18,   /* of an exchange between ranks */
    STORE_MAX_PRODUCT = 13,        /* wires of several factors: a stage holds as many */
    STORE_LATE_BITS = 6,           /* a vector grows by at most so many before it is written */
};

struct pass;
struct store_table {
    uint32_t *handles;
    size_t n, cap;
};
/* A large vector that has grown in its table only, the old one being the spare table: the next pass
 * writes what is new, as it goes. Until then the amplitude of number x is factors[j] times that of
 * x less the new bits, j. */
struct store_late {
    uint32_t group; /* LAYOUT_ALONE: none */
    unsigned first_bit, n_bits;
    double factors[2 << STORE_LATE_BITS];
};
struct store {
    struct layout *layout;
    const struct team *team;
    const struct statevector_kernels *kernels;
    int rank, n_here; /* ranks on this node */
    struct pool pool;
    union statevector_block *memory; /* of the pool */
    size_t n_memory_bytes;
    double n_read_amps; /* for probabilities, samples and expectation values, on all ranks */
    struct store_table *tables; /* per slot */
    struct store_table spare;   /* being built */
    struct store_late late;
    union statevector_block *stage[2]; /* two vectors of 2^stage_bits amplitudes, message buffers;
                                          where no pass runs, in the memory of its buffers */
    unsigned stage_bits;
    uint64_t *work; /* list of chunk numbers */
    size_t cap_work;
    struct pass *pass;
    int *ranks;        /* scratch: those that take part in something */
    uint32_t n_events; /* equal on all ranks: number of message tags */
    double sent_bytes; /* by this rank, of amplitudes that change their rank */
    double exchange_s; /* in swap.c */
};

/* A vector as this rank sees it. */
struct store_view {
    uint32_t n;
    unsigned slice_bits, chunk_bits, lane_bits;
    uint64_t first, last; /* chunks owned: first .. last-1 */
    const struct layout_deal *deal;
};

/* A factor of a product: a whole group, or one wire that is alone. */
struct store_factor {
    uint32_t group; /* LAYOUT_ALONE: amp */
    uint32_t n;
    const double *amp;
};
/* Of factors, the first's bits lowest; the others have at most as many wires as there are lane
 * bits, several at most STORE_MAX_PRODUCT in all. */
struct store_product {
    const struct store_factor *factors;
    size_t n_factors;
    uint32_t n; /* wires in all */
};
struct layout_cut;

/* Reserves and touches n_bytes, and what work on them needs. Collective. STATUS_NOFIT (logged) on
 * all ranks alike. */
enum status store_init(struct store *store, struct layout *layout, const struct team *team,
                       const struct statevector_kernels *kernels, size_t n_bytes);
void store_fini(struct store *store);
/* What a rank with n_bytes of amplitudes needs on n_threads threads: makes the layout's tiles and
 * chunks small enough for it, and returns the bytes to reserve beside them. From 16 MiB on that is
 * at most a tenth, for up to 2^5 threads; from 8 MiB on a twentieth with one. */
uint64_t store_fit(struct layout *layout, double n_bytes, uint64_t n_threads);

struct store_view store_view_of(const struct store *store, const struct layout_deal *deal,
                                uint32_t n);
/* Of a group that has grown in its table only nobody but a pass may see more. */
struct store_view store_view_group(const struct store *store, uint32_t group);
/* Chunk number `chunk`, which must be owned. */
static inline union statevector_block *store_chunk(const struct store *store, uint32_t group,
                                                   const struct store_view *view, uint64_t chunk) {
    return pool_at(&store->pool, store->tables[group].handles[chunk - view->first]);
}
static inline uint64_t store_chunk_blocks(const struct store_view *view) {
    return view->chunk_bits <= view->lane_bits
               ? 1
               : UINT64_C(1) << (view->chunk_bits - view->lane_bits);
}
/* Numbers of the owned chunks with (chunk & mask) == value, into store->work. */
enum status store_list_chunks(struct store *store, size_t *out_n, const struct store_view *view,
                              uint64_t mask, uint64_t value);
/* Pieces into which to cut the work on n_chunks times n_blocks blocks, for threads. */
uint64_t store_count_pieces(size_t n_chunks, uint64_t n_blocks);
/* Do caches not hold a node's part of a vector? Its ranks share them. */
static inline bool store_is_streamed(const struct store *store, const struct store_view *view) {
    const uint64_t n_bytes =
        (view->last - view->first) * store_chunk_blocks(view) * sizeof(union statevector_block);
    return n_bytes * (uint64_t)store->n_here >> store->layout->tuning.stream_log > 0;
}
static inline bool store_is_large(size_t n_chunks, uint64_t n_blocks, unsigned lane_bits) {
    return (uint64_t)n_chunks * n_blocks << lane_bits >= STORE_PARALLEL_AMPS;
}

/* Before a pass over so many amplitudes, of all ranks together: STATUS_INTERRUPTED (not logged) if
 * the engine was told to stop. Collective. */
static inline enum status store_heed(struct store *store, double n_amps) {
    return halt_heed(store->layout->task->halt, store->team,
                     STORE_AMP_NS * n_amps / store->layout->n_ranks);
}

/* Adds a deal's ranks to the n_ranks in store->ranks, ascending; returns how many there are now. */
size_t store_unite_ranks(struct store *store, size_t n_ranks, const struct layout_deal *deal);
/* Index of this rank in store->ranks, or n_ranks. */
size_t store_find_rank(const struct store *store, size_t n_ranks, int rank);

void store_clear(struct store *store);
void store_free(struct store *store, uint32_t group);
enum status store_take(struct store *store, uint32_t group); /* zeroed blocks for a new group */
enum status store_set_pair(struct store *store, uint32_t group);
enum status store_scale(struct store *store, uint32_t group, double factor);

/* merge.c: products of vectors. q: bit of the group (of a) that the new wire copies, or
 * STORE_NO_BIT. Without a copy a group may grow in its table only. */
enum status store_grow(struct store *store, uint32_t group, const struct store_product *b,
                       uint32_t q);
/* Writes what a group that has grown in its table only lacks. Local. */
void store_settle(struct store *store);
enum status store_build(struct store *store, uint32_t group, const struct store_factor *a,
                        const struct store_product *b, uint32_t q);

/* swap.c: bit slice_bit of slice numbers and the internal bit `victim` change places, for all n
 * pairs at once. With n_extra > 0 the highest n_extra internal bits count as the lowest bits of
 * slice numbers. */
struct store_swap {
    unsigned slice_bit, victim;
};
void store_exchange(struct store *store, uint32_t group, unsigned n_extra,
                    const struct store_swap *pairs, unsigned n_pairs);

/* exchange.c: between ranks. */
enum status store_move(struct store *store, uint32_t group, const struct layout_cut *from,
                       const struct layout_deal *to);
/* n_bytes from ranks[root] to all ranks of the list, of which this rank is one. */
void store_spread(struct store *store, void *data, size_t n_bytes, const int *ranks, size_t n_ranks,
                  size_t root);

/* drop.c: a wire leaves. */
enum status store_drop(struct store *store, uint32_t group, unsigned pos, bool bit, double factor);
/* Two-wire group: factor times the amplitudes with bit `pos` = bit, on every rank of the team. */
void store_read_pair(struct store *store, uint32_t group, double *out_amp, unsigned pos, bool bit,
                     double factor);

#endif
