/* Expectation values of Pauli strings, by X mask: strings with the same one are summed in one pass.
 */
#include "engine/statevector/expect.h"

#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "base/log.h"
#include "base/mem.h"
#include "engine/statevector/layout_internal.h"

enum {
    V = STATEVECTOR_MAX_LANES,
    LOW = 8,              /* amplitudes transformed at once: no more than a block has */
    MAX_MASKS = 512,      /* Z masks of one pass */
    PIECE_AMPS = 1 << 12, /* 64 KiB at most: stays in the cache for all masks */
    TRANSFORM_MASKS = 6,  /* strings from which on one transform serves all */
};

/* The part of a string on one group, in physical bits: i^popcount(x & z) X^x Z^z times a sign. */
struct part {
    uint32_t group;
    uint64_t x, z;
    size_t string;
    bool is_negative;
};

static double expect_alone(const double *a, uint8_t letter) {
    double zero = a[0] * a[0] + a[1] * a[1], one = a[2] * a[2] + a[3] * a[3], value = 0;
    if (letter == 1) {
        value = 2 * (a[0] * a[2] + a[1] * a[3]);
    } else if (letter == 2) {
        value = 2 * (a[0] * a[3] - a[1] * a[2]);
    } else {
        value = zero - one;
    }
    return value / (zero + one);
}

/* ---- one pass: all strings of a group with one X mask ---- */

struct sweep {
    struct store *store;
    struct store_view view;
    uint32_t group;
    uint64_t x, masks[MAX_MASKS];
    unsigned n;
    struct statevector_pauli paulis[MAX_MASKS];
    struct measure_sum sums[MAX_MASKS];
    bool is_transformed[2]; /* strings that are not, or are, imaginary: by one transform */
};

static void set_pauli(struct sweep *sweep, unsigned i) {
    uint64_t inside = BIT64(sweep->view.chunk_bits) - 1, x = sweep->x, z = sweep->masks[i];
    struct statevector_pauli *pauli = &sweep->paulis[i];
    *pauli = (struct statevector_pauli){.is_imaginary = bits_popcount(x & z) & 1};
    const unsigned lane_bits = sweep->view.lane_bits, n_lanes = 1u << lane_bits;
    pauli->x_block = (x & inside) >> lane_bits;
    pauli->z_block = (z & inside) >> lane_bits;
    for (unsigned v = 0; v < n_lanes; v++) {
        pauli->source[v] = (uint8_t)(v ^ (x & inside & (n_lanes - 1)));
        pauli->signs |= (uint16_t)((bits_popcount(v & z & inside) & 1) << v);
    }
}

/* Blocks of `chunk` (at a) with their partners in the chunk at b. */
static void add_span(const struct sweep *sweep, struct measure_sum *sums, uint64_t chunk,
                     const union statevector_block *a, const union statevector_block *b,
                     const struct statevector_span *span) {
    for (unsigned i = 0; i < sweep->n; i++) {
        if (sweep->is_transformed[sweep->paulis[i].is_imaginary]) {
            continue;
        }
        double hi[V], lo[V];
        sweep->store->kernels->pauli(a, b, span, &sweep->paulis[i], hi, lo);
        bool is_odd = bits_popcount(chunk & sweep->masks[i] >> sweep->view.chunk_bits) & 1;
        double sign = is_odd ? -1 : 1;
        for (unsigned v = 0; v < 1u << sweep->view.lane_bits; v++) {
            measure_add(&sums[i], sign * hi[v], sign * lo[v]);
        }
    }
}

/* w[k] = sum_i (-1)^popcount(i & k) v[i], in place; n is a power of two, at least LOW. */
static void transform_signs(double *v, size_t n) {
    for (size_t i = 0; i < n; i += LOW) {
        for (size_t h = 1; h < LOW; h *= 2) {
            for (size_t j = 0; j < LOW; j++) {
                if ((j & h) == 0) {
                    double x = v[i + j], y = v[i + j + h];
                    v[i + j] = x + y;
                    v[i + j + h] = x - y;
                }
            }
        }
    }
    for (size_t h = LOW; h < n; h *= 2) {
        for (size_t i = 0; i < n; i += 2 * h) {
            for (size_t j = i; j < i + h; j++) {
                double x = v[j], y = v[j + h];
                v[j] = x + y;
                v[j + h] = x - y;
            }
        }
    }
}

/* The span's terms of a string's sum, but for the signs of its Z part, as multiples of 2^-40 and
 * 2^-80. */
static inline void fill_terms(double *hi, double *lo, const union statevector_block *a,
                              const union statevector_block *b, const struct statevector_span *span,
                              const struct statevector_pauli *pauli, unsigned lane_bits) {
    const double round_hi = 0x1.8p12, round_lo = 0x1.8p-28;
    for (uint64_t block = span->first; block < span->last; block++) {
        const union statevector_block *left = &a[block], *right = &b[block ^ pauli->x_block];
        for (unsigned v = 0; v < 1u << lane_bits; v++) {
            double p[2], q[2];
            statevector_get(p, left, lane_bits, v);
            statevector_get(q, right, lane_bits, pauli->source[v]);
            const double t =
                pauli->is_imaginary ? q[1] * p[0] - q[0] * p[1] : q[0] * p[0] + q[1] * p[1];
            const double h = (t + round_hi) - round_hi;
            *hi++ = h;
            *lo++ = ((t - h) + round_lo) - round_lo;
        }
    }
}

/* As add_span for the strings that are imaginary or are not (there is one), with the signs of all
 * low Z masks at once. A double holds the sums of the parts exactly. */
static void add_transformed(const struct sweep *sweep, struct measure_sum *sums, uint64_t chunk,
                            const union statevector_block *a, const union statevector_block *b,
                            const struct statevector_span *span, bool is_imaginary) {
    double hi[PIECE_AMPS], lo[PIECE_AMPS];
    const unsigned lane_bits = sweep->view.lane_bits;
    const size_t n = (size_t)((span->last - span->first) << lane_bits);
    const uint64_t above =
        (chunk << sweep->view.chunk_bits | span->first << lane_bits) & ~(uint64_t)(n - 1);
    unsigned first = 0;
    while (sweep->paulis[first].is_imaginary != is_imaginary) {
        first++;
    }
    if (lane_bits == 3) { /* two copies of the loop, one for each width */
        fill_terms(hi, lo, a, b, span, &sweep->paulis[first], 3);
    } else {
        fill_terms(hi, lo, a, b, span, &sweep->paulis[first], 4);
    }
    transform_signs(hi, n);
    transform_signs(lo, n);
    for (unsigned i = first; i < sweep->n; i++) {
        if (sweep->paulis[i].is_imaginary == is_imaginary) {
            const uint64_t z = sweep->masks[i];
            const double sign = bits_popcount(above & z) & 1 ? -1 : 1;
            measure_add(&sums[i], sign * hi[z & (n - 1)], sign * lo[z & (n - 1)]);
        }
    }
}

/* Integers: the order does not matter. */
static void add_sums(struct sweep *sweep, const struct measure_sum *sums) {
    for (unsigned i = 0; i < sweep->n; i++) {
#pragma omp atomic
        sweep->sums[i].hi += sums[i].hi;
#pragma omp atomic
        sweep->sums[i].lo += sums[i].lo;
    }
}

/* Chunks first .. last-1 (b NULL: each with itself), or the one at `a` with b. */
static void add_chunks(struct sweep *sweep, uint64_t first, uint64_t last,
                       const union statevector_block *b) {
    uint64_t n_blocks = store_chunk_blocks(&sweep->view);
    const uint64_t most = PIECE_AMPS >> sweep->view.lane_bits;
    uint64_t n_pieces = n_blocks > most ? n_blocks / most : 1;
    uint64_t piece_blocks = n_blocks / n_pieces;
    bool is_large =
        store_is_large((size_t)(last - first), n_blocks * sweep->n, sweep->view.lane_bits);
#pragma omp parallel if (is_large)
    {
        struct measure_sum sums[MAX_MASKS] = {{0}};
#pragma omp for schedule(static)
        for (uint64_t item = 0; item < (last - first) * n_pieces; item++) {
            uint64_t chunk = first + item / n_pieces;
            const union statevector_block *a =
                store_chunk(sweep->store, sweep->group, &sweep->view, chunk);
            struct statevector_span span = {.first = item % n_pieces * piece_blocks};
            span.last = span.first + piece_blocks;
            const union statevector_block *partner = b ? b : a;
            add_span(sweep, sums, chunk, a, partner, &span);
            for (int is_imaginary = 0; is_imaginary < 2; is_imaginary++) {
                if (sweep->is_transformed[is_imaginary]) {
                    add_transformed(sweep, sums, chunk, a, partner, &span, is_imaginary);
                }
            }
        }
        add_sums(sweep, sums);
    }
}

/* The chunk that pairs with the owned one `low`: own memory, or the other rank's copy. */
static const union statevector_block *find_partner(const struct sweep *sweep, uint64_t low,
                                                   uint64_t high) {
    struct store *store = sweep->store;
    const struct store_view *view = &sweep->view;
    unsigned log = view->slice_bits - view->chunk_bits;
    size_t n_bytes = (size_t)store_chunk_blocks(view) * sizeof *store->memory;
    bool has_low = low >= view->first && low < view->last;
    bool has_high = high >= view->first && high < view->last;
    struct comm_request request;
    if (has_high && has_low) {
        return store_chunk(store, sweep->group, view, high);
    }
    if (has_high) {
        int to = view->deal->ranks[layout_owner(view->deal, low >> log)];
        comm_isend(store->team, &request, store_chunk(store, sweep->group, view, high), n_bytes, to,
                   TAG_EXCHANGE, store->n_events);
        comm_wait(&request, 1);
    } else if (has_low) {
        int from = view->deal->ranks[layout_owner(view->deal, high >> log)];
        comm_irecv(store->team, &request, store->stage[0], n_bytes, from, TAG_EXCHANGE,
                   store->n_events);
        comm_wait(&request, 1);
        return store->stage[0];
    }
    return NULL;
}

/* Pairs of chunks (chunk, chunk ^ x), each once: the owner of the lower one takes the other's copy.
 */
static void sum_pairs(struct sweep *sweep) {
    const struct store_view *view = &sweep->view;
    uint64_t x = sweep->x >> view->chunk_bits;
    for (uint64_t pair = 0; pair < BIT64(view->n - view->chunk_bits) / 2; pair++) {
        uint64_t low = bits_insert_zero(pair, floor_log2(x));
        const union statevector_block *b = find_partner(sweep, low, low ^ x);
        if (b) {
            add_chunks(sweep, low, low + 1, b);
        }
    }
    for (unsigned i = 0; i < sweep->n; i++) {
        sweep->sums[i].hi *= 2;
        sweep->sums[i].lo *= 2;
    }
}

static enum status run_sweep(struct sweep *sweep) {
    TRY(store_heed(sweep->store, sweep->n * layout_amps(sweep->view.n)));
    unsigned n_alike[2] = {0};
    for (unsigned i = 0; i < sweep->n; i++) {
        set_pauli(sweep, i);
        n_alike[sweep->paulis[i].is_imaginary]++;
    }
    for (int k = 0; k < 2; k++) {
        sweep->is_transformed[k] = n_alike[k] >= TRANSFORM_MASKS;
    }
    sweep->store->n_events++;
    sweep->store->n_read_amps += layout_amps(sweep->view.n);
    if (sweep->x >> sweep->view.chunk_bits != 0) {
        sum_pairs(sweep);
    } else {
        add_chunks(sweep, sweep->view.first, sweep->view.last, NULL);
    }
    measure_combine(sweep->store, sweep->sums, sweep->n);
    return STATUS_OK;
}

/* ---- strings to parts ---- */

static int compare_parts(const void *left, const void *right) {
    const struct part *a = left, *b = right;
    if (a->group != b->group) {
        return a->group < b->group ? -1 : 1;
    }
    if (a->x != b->x) {
        return a->x < b->x ? -1 : 1;
    }
    return (a->z > b->z) - (a->z < b->z);
}

/* Parts of string i, one per group; wires that are alone count at once. */
static size_t add_parts(const struct store *store, struct part *parts, double *out_value,
                        const struct engine_paulis *paulis, size_t i) {
    size_t n = 0;
    *out_value = 1;
    for (size_t k = paulis->first[i]; k < paulis->first[i + 1]; k++) {
        const struct layout_wire *wire = &store->layout->wires[paulis->wires[k]];
        const uint8_t letter = paulis->letters[k];
        if (wire->group == LAYOUT_ALONE) {
            *out_value *= expect_alone(wire->amp, letter);
            continue;
        }
        size_t j = 0;
        while (j < n && parts[j].group != wire->group) {
            j++;
        }
        if (j == n) {
            parts[n++] = (struct part){.group = wire->group, .string = i};
        }
        parts[j].x |= letter != 3 ? BIT64(wire->pos) : 0;
        parts[j].z |= letter != 1 ? BIT64(wire->pos) : 0;
        parts[j].is_negative ^= letter != 1 && wire->flip;
    }
    return n;
}

/* Multiplies the values of parts first .. last-1, of one group and X mask, onto their strings. */
static enum status sum_parts(struct store *store, double *values, const struct part *parts,
                             size_t first, size_t last, double norm) {
    for (size_t i = first; i < last;) {
        struct sweep sweep = {.store = store, .group = parts[i].group, .x = parts[i].x};
        const size_t start = i;
        sweep.view = store_view_group(store, sweep.group);
        for (; i < last; i++) {
            bool is_new = sweep.n == 0 || sweep.masks[sweep.n - 1] != parts[i].z;
            if (is_new && sweep.n == MAX_MASKS) {
                break;
            }
            if (is_new) {
                sweep.masks[sweep.n++] = parts[i].z;
            }
        }
        TRY(run_sweep(&sweep));
        unsigned mask = 0;
        for (size_t k = start; k < i; k++) {
            mask += sweep.masks[mask] != parts[k].z;
            double value = measure_value(&sweep.sums[mask]) / norm;
            bool is_minus = bits_popcount(parts[k].x & parts[k].z) >> 1 & 1;
            values[parts[k].string] *= is_minus != parts[k].is_negative ? -value : value;
        }
    }
    return STATUS_OK;
}

enum status expect_paulis(struct store *store, double *out_values,
                          const struct engine_paulis *paulis) {
    size_t n = 0, n_letters = paulis->first[paulis->n] - paulis->first[0];
    struct part *parts = mem_alloc(n_letters, sizeof *parts);
    enum status status = comm_agree(store->team, parts ? STATUS_OK : STATUS_NOFIT);
    for (size_t i = 0; i < paulis->n && status == STATUS_OK; i++) {
        n += add_parts(store, parts + n, &out_values[i], paulis, i);
    }
    if (status == STATUS_OK) {
        qsort(parts, n, sizeof *parts, compare_parts);
    }
    double norm = 1;
    for (size_t first = 0, last; first < n && status == STATUS_OK; first = last) {
        last = first;
        while (last < n && parts[last].group == parts[first].group &&
               parts[last].x == parts[first].x) {
            last++;
        }
        if (first == 0 || parts[first - 1].group != parts[first].group) {
            struct measure_sum sum;
            TRY_GOTO(measure_norm(store, &sum, parts[first].group, 0, 0), done);
            measure_combine(store, &sum, 1);
            norm = measure_value(&sum);
        }
        TRY_GOTO(sum_parts(store, out_values, parts, first, last, norm), done);
    }
done:
    mem_free(parts);
    return status;
}
