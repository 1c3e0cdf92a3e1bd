/* The state in the order of wires, piece by piece, each on the rank that wants it. */
#include <string.h>

#include "base/bits.h"
#include "base/log.h"
#include "base/mem.h"
#include "engine/statevector/expect.h"
#include "engine/statevector/layout_internal.h"

enum { HALF_BITS = ENGINE_MAX_PIECE_BITS / 2, HALF = 1 << HALF_BITS };

/* Bit j of a number below 2^ENGINE_MAX_PIECE_BITS goes to place[j]; by two tables. */
struct spread {
    uint64_t low[HALF], high[HALF];
};

static uint64_t put_bits(uint64_t x, const uint8_t *place, unsigned n) {
    uint64_t out = 0;
    for (unsigned j = 0; j < n; j++) {
        out |= (x >> j & 1) << place[j];
    }
    return out;
}

static void set_spread(struct spread *spread, const uint8_t *place, unsigned n) {
    unsigned n_low = n < HALF_BITS ? n : HALF_BITS;
    for (uint64_t i = 0; i < HALF; i++) {
        spread->low[i] = put_bits(i, place, n_low);
        spread->high[i] = put_bits(i, place + n_low, n - n_low);
    }
}

static inline uint64_t spread_bits(const struct spread *spread, uint64_t x) {
    return spread->low[x & (HALF - 1)] | spread->high[x >> HALF_BITS];
}

/* What a group gives to a piece: a cube of 2^n_free of its amplitudes, by the piece's bits that are
 * bits of the group. Of those the inner ones lie inside slices, the outer ones choose slices. */
struct cube {
    uint32_t group;
    struct store_view view;
    unsigned n_free, n_inner, n_outer;
    uint8_t piece_bit[ENGINE_MAX_PIECE_BITS]; /* of bit m of the cube */
    uint8_t inner[ENGINE_MAX_PIECE_BITS], inner_cube[ENGINE_MAX_PIECE_BITS]; /* places */
    uint8_t outer[ENGINE_MAX_PIECE_BITS], outer_cube[ENGINE_MAX_PIECE_BITS];
};

struct read {
    struct store *store;
    const uint32_t *wires;
    size_t n;
    unsigned piece_bits;
    uint64_t flip;
    uint64_t *pieces;                      /* per rank */
    double *cube, *packed, *sent;          /* 2^piece_bits amplitudes each */
    struct spread *number, *place, *piece; /* inner bits: to amplitude numbers, to the cube; cube */
};

static const struct layout_wire *wire_at(const struct read *read, size_t j) {
    return &read->store->layout->wires[read->wires[j]];
}

static void set_cube(struct cube *out, const struct read *read, uint32_t group) {
    *out = (struct cube){.group = group, .view = store_view_group(read->store, group)};
    for (unsigned j = 0; j < read->piece_bits; j++) {
        const struct layout_wire *wire = wire_at(read, j);
        if (wire->group != group) {
            continue;
        }
        if (wire->pos < out->view.slice_bits) {
            out->inner_cube[out->n_inner] = (uint8_t)out->n_free;
            out->inner[out->n_inner++] = (uint8_t)wire->pos;
        } else {
            out->outer_cube[out->n_outer] = (uint8_t)out->n_free;
            out->outer[out->n_outer++] = (uint8_t)wire->pos;
        }
        out->piece_bit[out->n_free++] = (uint8_t)j;
    }
    set_spread(read->number, out->inner, out->n_inner);
    set_spread(read->place, out->inner_cube, out->n_inner);
}

/* Number in the group of the cube's amplitude 0; flips of all its bits are in it. */
static uint64_t find_base(const struct read *read, const struct cube *cube, uint64_t piece) {
    uint64_t base = 0, value = piece << read->piece_bits ^ read->flip;
    for (size_t j = 0; j < read->n; j++) {
        const struct layout_wire *wire = wire_at(read, j);
        if (wire->group == cube->group) {
            base |= ((value >> j & 1) ^ wire->flip) << wire->pos;
        }
    }
    return base;
}

static int find_owner(const struct cube *cube, uint64_t number) {
    const struct layout_deal *deal = cube->view.deal;
    return deal->ranks[layout_owner(deal, number >> cube->view.slice_bits)];
}

/* Amplitudes base ^ (inner bits of u), u = 0 .. 2^n_inner - 1. */
static void pack_slice(const struct read *read, const struct cube *cube, double *out,
                       uint64_t base) {
    const struct store_view *view = &cube->view;
    uint64_t n = BIT64(cube->n_inner), inside = BIT64(view->chunk_bits) - 1;
#pragma omp parallel for schedule(static) if (n >= STORE_PARALLEL_AMPS)
    for (uint64_t u = 0; u < n; u++) {
        uint64_t number = base ^ spread_bits(read->number, u), at = number & inside;
        const union statevector_block *chunk =
            store_chunk(read->store, cube->group, view, number >> view->chunk_bits);
        statevector_get(out + 2 * u, chunk, view->lane_bits, at);
    }
}

/* What `owner` holds of the cube for `piece`, in order of slices: packs it (out not NULL), or
 * unpacks it from `packed` into the cube. Returns how many amplitudes. */
static uint64_t visit_slices(const struct read *read, const struct cube *cube, double *out,
                             const double *packed, uint64_t piece, int owner) {
    uint64_t base = find_base(read, cube, piece), done = 0, n = BIT64(cube->n_inner);
    for (uint64_t o = 0; o < BIT64(cube->n_outer); o++) {
        uint64_t start = base ^ put_bits(o, cube->outer, cube->n_outer);
        if (find_owner(cube, start) != owner) {
            continue;
        }
        if (out) {
            pack_slice(read, cube, out + 2 * done, start);
        } else if (packed) {
            uint64_t at = put_bits(o, cube->outer_cube, cube->n_outer);
            for (uint64_t u = 0; u < n; u++) {
                double *to = read->cube + 2 * (at | spread_bits(read->place, u));
                to[0] = packed[2 * (done + u)];
                to[1] = packed[2 * (done + u) + 1];
            }
        }
        done += n;
    }
    return done;
}

/* In round d every rank serves the one d above it: nobody waits for a message that is not sent. */
static void fetch_cube(const struct read *read, const struct cube *cube) {
    struct store *store = read->store;
    int n_ranks = store->layout->n_ranks;
    store->n_events++;
    for (int d = 0; d < n_ranks; d++) {
        int to = (store->rank + d) % n_ranks, from = (store->rank + n_ranks - d) % n_ranks;
        struct comm_request requests[2];
        size_t n_requests = 0;
        if (read->pieces[to] != ENGINE_NO_PIECE) {
            uint64_t n = visit_slices(read, cube, read->sent, NULL, read->pieces[to], store->rank);
            if (n > 0) {
                comm_isend(store->team, &requests[n_requests++], read->sent, 16 * (size_t)n, to,
                           TAG_EXCHANGE, store->n_events);
            }
        }
        uint64_t piece = read->pieces[store->rank], n_in = 0;
        if (piece != ENGINE_NO_PIECE) {
            n_in = visit_slices(read, cube, NULL, NULL, piece, from);
            if (n_in > 0) {
                comm_irecv(store->team, &requests[n_requests++], read->packed, 16 * (size_t)n_in,
                           from, TAG_EXCHANGE, store->n_events);
            }
        }
        comm_wait(requests, n_requests);
        if (n_in > 0) {
            visit_slices(read, cube, NULL, read->packed, piece, from);
        }
    }
}

/* out[i] *= factor[bits of i that are the factor's] */
static void multiply(const struct read *read, double *out, const double *factor,
                     const uint8_t *piece_bit, unsigned n) {
    uint8_t place[ENGINE_MAX_PIECE_BITS];
    uint64_t mask = 0;
    for (unsigned m = 0; m < n; m++) {
        mask |= BIT64(piece_bit[m]);
    }
    for (unsigned j = 0, m = 0; j < read->piece_bits; j++) {
        place[j] = (uint8_t)m;
        m += (unsigned)(mask >> j & 1);
    }
    set_spread(read->piece, place, read->piece_bits);
    uint64_t n_amps = BIT64(read->piece_bits);
#pragma omp parallel for schedule(static) if (n_amps >= STORE_PARALLEL_AMPS)
    for (uint64_t i = 0; i < n_amps; i++) {
        const double *f = factor + 2 * spread_bits(read->piece, i & mask);
        double re = out[2 * i], im = out[2 * i + 1];
        out[2 * i] = re * f[0] - im * f[1] + 0.0; /* no negative zeros */
        out[2 * i + 1] = re * f[1] + im * f[0] + 0.0;
    }
}

/* Wire j, which is alone. */
static void multiply_alone(const struct read *read, double *out, size_t j) {
    const double *amp = wire_at(read, j)->amp;
    uint64_t bit = read->flip >> j & 1;
    double factor[4];
    uint8_t piece_bit = (uint8_t)j;
    if (j < read->piece_bits) {
        memcpy(factor, amp + 2 * bit, 2 * sizeof *factor);
        memcpy(factor + 2, amp + 2 * (1 - bit), 2 * sizeof *factor);
        multiply(read, out, factor, &piece_bit, 1);
    } else {
        bit ^= read->pieces[read->store->rank] >> (j - read->piece_bits) & 1;
        multiply(read, out, amp + 2 * bit, NULL, 0);
    }
}

static void read_piece(const struct read *read, double *out) {
    struct cube cube;
    bool wants = read->pieces[read->store->rank] != ENGINE_NO_PIECE;
    for (uint64_t i = 0; wants && i < BIT64(read->piece_bits); i++) {
        out[2 * i] = 1;
        out[2 * i + 1] = 0;
    }
    for (size_t j = 0; j < read->n; j++) {
        uint32_t group = wire_at(read, j)->group;
        size_t first = 0;
        while (group != LAYOUT_ALONE && wire_at(read, first)->group != group) {
            first++;
        }
        if (group == LAYOUT_ALONE && wants) {
            multiply_alone(read, out, j);
        } else if (group != LAYOUT_ALONE && first == j) {
            set_cube(&cube, read, group);
            fetch_cube(read, &cube);
            if (wants) {
                multiply(read, out, read->cube, cube.piece_bit, cube.n_free);
            }
        }
    }
}

static enum status check_alone(const struct read *read) {
    for (size_t j = 0; j < read->n; j++) {
        uint32_t group = wire_at(read, j)->group, n = 0;
        for (size_t i = 0; i < read->n && group != LAYOUT_ALONE; i++) {
            n += wire_at(read, i)->group == group;
        }
        if (group != LAYOUT_ALONE && n != read->store->layout->groups[group].n) {
            return log_error(STATUS_INPUT, "the qubits whose state is asked for may be entangled "
                                           "with others, which were neither measured nor reset");
        }
    }
    return STATUS_OK;
}

enum status expect_read(struct store *store, double *out, const uint32_t *wires, size_t n,
                        unsigned piece_bits, uint64_t piece, uint64_t flip) {
    CHECK(n < 64 && piece_bits <= n && piece_bits <= ENGINE_MAX_PIECE_BITS);
    struct read read = {store, wires, n,    piece_bits, flip, NULL,
                        NULL,  NULL,  NULL, NULL,       NULL, NULL};
    TRY(check_alone(&read));
    TRY(store_heed(store, layout_amps(piece_bits) * store->layout->n_ranks));
    size_t n_doubles = (size_t)2 << piece_bits;
    read.pieces = mem_alloc((size_t)store->layout->n_ranks, sizeof *read.pieces);
    double *buffers = mem_alloc(3 * n_doubles, sizeof *buffers);
    struct spread *spreads = mem_alloc(3, sizeof *spreads);
    bool has_all = read.pieces && buffers && spreads;
    enum status status = comm_agree(store->team, has_all ? STATUS_OK : STATUS_NOFIT);
    if (status == STATUS_OK) {
        read.cube = buffers;
        read.packed = buffers + n_doubles;
        read.sent = buffers + 2 * n_doubles;
        read.number = spreads;
        read.place = spreads + 1;
        read.piece = spreads + 2;
        comm_allgather(store->team, read.pieces, &piece, sizeof piece);
        read_piece(&read, out);
    }
    mem_free(spreads);
    mem_free(buffers);
    mem_free(read.pieces);
    return status;
}
