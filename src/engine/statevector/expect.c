/* Expectation values of Pauli strings. */
#include "engine/statevector/expect.h"

#include <string.h>

#include "base/bits.h"
#include "base/log.h"

enum { V = STATEVECTOR_LANES };

/* A string on one group, in physical bits: i^(number of Y) times X and Z masks, times `sign`. */
struct string {
    uint64_t x, z;
    unsigned n_y;
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

static void add_terms(struct store *store, struct measure_sum *sum, const double *a,
                      const double *b, uint64_t n_blocks, const struct statevector_pauli *pauli,
                      bool is_negative) {
    struct statevector_span span = {.first = 0, .last = n_blocks};
    double hi[V], lo[V];
    store->kernels->pauli(a, b, &span, pauli, hi, lo);
    double sign = is_negative ? -1 : 1;
    for (unsigned v = 0; v < V; v++) {
        measure_add(sum, sign * hi[v], sign * lo[v]);
    }
}

/* Pairs of chunks (chunk, chunk ^ x), each once: the owner of the lower one takes the other's copy.
 */
static void sum_pairs(struct store *store, struct measure_sum *sum, uint32_t group,
                      const struct string *string, const struct statevector_pauli *pauli) {
    struct store_view view = store_view_group(store, group);
    uint64_t x = string->x >> view.chunk_bits, z = string->z >> view.chunk_bits;
    uint64_t n_blocks = store_chunk_blocks(&view), top = BIT64(floor_log2(x));
    size_t n_bytes = (size_t)n_blocks * STATEVECTOR_BLOCK * sizeof(double);
    unsigned log = view.slice_bits - view.chunk_bits;
    for (uint64_t pair = 0; pair < BIT64(view.n - view.chunk_bits) / 2; pair++) {
        uint64_t low = bits_insert_zero(pair, floor_log2(x)), high = low ^ x;
        CHECK(high & top);
        bool has_low = low >= view.first && low < view.last;
        bool has_high = high >= view.first && high < view.last;
        struct comm_request request;
        const double *b = store->stage[0];
        if (has_high && has_low) {
            b = store_chunk(store, group, &view, high);
        } else if (has_high) {
            int to = view.deal->ranks[layout_owner(view.deal, low >> log)];
            comm_isend(store->team, &request, store_chunk(store, group, &view, high), n_bytes, to,
                       TAG_EXCHANGE, store->n_events);
            comm_wait(&request, 1);
        } else if (has_low) {
            int from = view.deal->ranks[layout_owner(view.deal, high >> log)];
            comm_irecv(store->team, &request, store->stage[0], n_bytes, from, TAG_EXCHANGE,
                       store->n_events);
            comm_wait(&request, 1);
        }
        if (has_low) {
            bool is_odd = bits_popcount(low & z) & 1;
            add_terms(store, sum, store_chunk(store, group, &view, low), b, n_blocks, pauli,
                      is_odd);
        }
    }
    sum->hi *= 2;
    sum->lo *= 2;
    measure_settle(sum);
}

static enum status expect_group(struct store *store, double *out, uint32_t group,
                                const struct string *string) {
    struct store_view view = store_view_group(store, group);
    uint64_t inside = BIT64(view.chunk_bits) - 1;
    struct statevector_pauli pauli = {.is_imaginary = string->n_y & 1};
    pauli.x_block = (string->x & inside) >> STATEVECTOR_LANE_BITS;
    pauli.z_block = (string->z & inside) >> STATEVECTOR_LANE_BITS;
    for (unsigned v = 0; v < V; v++) {
        pauli.source[v] = (uint8_t)(v ^ (string->x & inside & (V - 1)));
        pauli.signs |= (uint8_t)((bits_popcount(v & string->z & inside) & 1) << v);
    }
    store->n_events++;
    struct measure_sum sums[2] = {{0}};
    if (string->x >> view.chunk_bits != 0) {
        sum_pairs(store, &sums[0], group, string, &pauli);
    } else {
        for (uint64_t chunk = view.first; chunk < view.last; chunk++) {
            const double *a = store_chunk(store, group, &view, chunk);
            bool is_odd = bits_popcount(chunk & string->z >> view.chunk_bits) & 1;
            add_terms(store, &sums[0], a, a, store_chunk_blocks(&view), &pauli, is_odd);
        }
    }
    TRY(measure_norm(store, &sums[1], group, 0, 0));
    measure_combine(store, sums, 2);
    double value = measure_value(&sums[0]) / measure_value(&sums[1]);
    *out = string->is_negative != (string->n_y >> 1 & 1) ? -value : value;
    return STATUS_OK;
}

enum status expect_pauli(struct store *store, double *out_value, const uint32_t *wires,
                         const uint8_t *letters, size_t n) {
    const struct layout_wire *all = store->layout->wires;
    double product = 1;
    for (size_t i = 0; i < n; i++) {
        const struct layout_wire *first = &all[wires[i]];
        if (first->group == LAYOUT_ALONE) {
            product *= expect_alone(first->amp, letters[i]);
            continue;
        }
        struct string string = {0};
        bool is_done = false;
        for (size_t j = 0; j < n; j++) {
            const struct layout_wire *wire = &all[wires[j]];
            if (wire->group != first->group) {
                continue;
            }
            is_done = is_done || j < i;
            string.x |= letters[j] != 3 ? BIT64(wire->pos) : 0;
            string.z |= letters[j] != 1 ? BIT64(wire->pos) : 0;
            string.n_y += letters[j] == 2;
            string.is_negative ^= letters[j] != 1 && wire->flip;
        }
        if (!is_done) {
            double value = 0;
            TRY(expect_group(store, &value, first->group, &string));
            product *= value;
        }
    }
    *out_value = product;
    return STATUS_OK;
}
