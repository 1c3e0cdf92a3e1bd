#include "engine/statevector/measure.h"

#include <math.h>
#include <omp.h>
#include <string.h>

#include "base/bits.h"
#include "base/log.h"
#include "base/mem.h"
#include "engine/statevector/layout_internal.h"

enum { V = STATEVECTOR_MAX_LANES, MAX_LOW = 8 };

void measure_add(struct measure_sum *sum, double hi, double lo) {
    const double scale = (double)(INT64_C(1) << STATEVECTOR_SUM_SCALE);
    sum->hi += (int64_t)(hi * scale);
    sum->lo += (int64_t)(lo * scale * scale);
    measure_settle(sum);
}

double measure_value(const struct measure_sum *sum) {
    const double scale = (double)(INT64_C(1) << STATEVECTOR_SUM_SCALE);
    return (double)sum->hi / scale + (double)sum->lo / scale / scale;
}

static double clamp(const struct store *store, double p) {
    const bool is_single = store->layout->task->precision == PRECISION_SINGLE;
    const double least = is_single ? MEASURE_CLAMP_SINGLE : MEASURE_CLAMP;
    return p < least ? 0 : p > 1 - least ? 1 : p;
}

double measure_ratio(const struct store *store, const struct measure_sum *zero,
                     const struct measure_sum *one) {
    struct measure_sum all = {zero->hi + one->hi, zero->lo + one->lo};
    double total = measure_value(&all);
    return total > 0 ? clamp(store, measure_value(one) / total) : 0;
}

void measure_combine(const struct store *store, struct measure_sum *sums, size_t n) {
    for (size_t i = 0; i < n; i++) {
        measure_settle(&sums[i]);
    }
    _Static_assert(sizeof *sums == 2 * sizeof(int64_t), "summed as integers");
    comm_sum_i64(store->team, &sums->hi, 2 * n);
    for (size_t i = 0; i < n; i++) {
        measure_settle(&sums[i]);
    }
}

double measure_alone(const struct store *store, const double *amp) {
    double zero = amp[0] * amp[0] + amp[1] * amp[1], one = amp[2] * amp[2] + amp[3] * amp[3];
    return clamp(store, one / (zero + one));
}

/* What a condition on amplitude numbers means for blocks and lanes. */
struct filter {
    struct store_view view;
    uint64_t chunk_mask, chunk_value, block_offset;
    unsigned lanes;
    uint64_t block_mask; /* bits of the block number that are fixed */
};

static struct filter make_filter(const struct store_view *view, uint64_t mask, uint64_t value) {
    struct filter filter = {.view = *view, .lanes = statevector_all_lanes(view->lane_bits)};
    filter.chunk_mask = mask >> view->chunk_bits;
    filter.chunk_value = value >> view->chunk_bits;
    uint64_t inside = BIT64(view->chunk_bits) - 1;
    filter.block_mask = (mask & inside) >> view->lane_bits;
    filter.block_offset = (value & inside) >> view->lane_bits;
    const unsigned n_lanes = 1u << view->lane_bits;
    unsigned lane_mask = (unsigned)(mask & inside) & (n_lanes - 1);
    unsigned lane_value = (unsigned)(value & inside) & (n_lanes - 1);
    for (unsigned v = 0; v < n_lanes; v++) {
        if ((v & lane_mask) != lane_value) {
            filter.lanes &= ~(1u << v);
        }
    }
    return filter;
}

static struct statevector_span make_span(uint64_t n_blocks, uint64_t fixed) {
    struct statevector_span span = {.first = 0};
    for (; fixed != 0 && span.n_fixed < STATEVECTOR_MAX_FIXED; fixed &= fixed - 1) {
        span.fixed[span.n_fixed++] = (uint8_t)bits_lowest(fixed);
    }
    span.last = n_blocks >> span.n_fixed;
    return span;
}

static enum status count_read(struct store *store, uint32_t group, uint64_t mask) {
    const unsigned n_free = store->layout->groups[group].n - (unsigned)bits_popcount(mask);
    store->n_read_amps += layout_amps(n_free);
    return store_heed(store, layout_amps(n_free));
}

enum status measure_norm(struct store *store, struct measure_sum *out, uint32_t group,
                         uint64_t mask, uint64_t value) {
    struct store_view view = store_view_group(store, group);
    struct filter filter = make_filter(&view, mask, value);
    size_t n_chunks = 0;
    TRY(count_read(store, group, mask));
    TRY(store_list_chunks(store, &n_chunks, &view, filter.chunk_mask, filter.chunk_value));
    struct statevector_span all = make_span(store_chunk_blocks(&view), filter.block_mask);
    uint64_t n_pieces = store_count_pieces(n_chunks, all.last);
    bool is_large = store_is_large(n_chunks, all.last, view.lane_bits);
    int64_t hi = 0, lo = 0;
#pragma omp parallel for schedule(static) reduction(+ : hi, lo) if (is_large)
    for (uint64_t item = 0; item < n_chunks * n_pieces; item++) {
        struct statevector_span span = all;
        span.first = item % n_pieces * all.last / n_pieces;
        span.last = (item % n_pieces + 1) * all.last / n_pieces;
        const union statevector_block *a =
            store_chunk(store, group, &view, store->work[item / n_pieces]);
        double part_hi[V], part_lo[V];
        store->kernels->norm(a + filter.block_offset, &span, part_hi, part_lo);
        struct measure_sum sum = {0};
        for (unsigned v = 0; v < 1u << view.lane_bits; v++) {
            if (filter.lanes >> v & 1) {
                measure_add(&sum, part_hi[v], part_lo[v]);
            }
        }
        hi += sum.hi;
        lo += sum.lo;
    }
    *out = (struct measure_sum){hi, lo};
    measure_settle(out);
    return STATUS_OK;
}

/* The bins' bits by place. */
struct binning {
    unsigned n_chunk, n_block, n_lane;
    uint8_t chunk[64], chunk_to[64];
    uint8_t block[STATEVECTOR_MAX_FIXED], block_to[STATEVECTOR_MAX_FIXED];
    uint8_t lane[STATEVECTOR_MAX_LANE_BITS], lane_to[STATEVECTOR_MAX_LANE_BITS];
    uint64_t block_mask;
    uint8_t which[V];     /* of a lane's bins */
    uint64_t lane_bin[V]; /* and its part of the bin's index */
};

static struct binning make_binning(const struct store_view *view, const uint8_t *positions,
                                   unsigned n) {
    struct binning binning = {0};
    for (unsigned j = 0; j < n; j++) {
        unsigned pos = positions[j];
        if (pos >= view->chunk_bits) {
            binning.chunk_to[binning.n_chunk] = (uint8_t)j;
            binning.chunk[binning.n_chunk++] = (uint8_t)(pos - view->chunk_bits);
        } else if (pos >= view->lane_bits) {
            binning.block_to[binning.n_block] = (uint8_t)j;
            binning.block[binning.n_block++] = (uint8_t)(pos - view->lane_bits);
            binning.block_mask |= BIT64(pos - view->lane_bits);
        } else {
            binning.lane_to[binning.n_lane] = (uint8_t)j;
            binning.lane[binning.n_lane++] = (uint8_t)pos;
        }
    }
    for (unsigned x = 0; x < V; x++) {
        for (unsigned j = 0; j < binning.n_lane; j++) {
            binning.which[x] = (uint8_t)(binning.which[x] | (x >> binning.lane[j] & 1) << j);
            binning.lane_bin[x] |= (uint64_t)(x >> j & 1) << binning.lane_to[j];
        }
    }
    return binning;
}

/* Where the binned bits of a call and of a chunk lead. */
struct bin_place {
    uint64_t bin, block;
};

static struct bin_place place_call(const struct binning *binning, uint64_t call, uint64_t chunk) {
    struct bin_place place = {0};
    for (unsigned j = 0; j < binning->n_chunk; j++) {
        place.bin |= (chunk >> binning->chunk[j] & 1) << binning->chunk_to[j];
    }
    for (unsigned j = 0; j < binning->n_block; j++) {
        place.bin |= (call >> j & 1) << binning->block_to[j];
        place.block |= (call >> j & 1) << binning->block[j];
    }
    return place;
}

/* Adds one call's lanes to their bins; where is_shared other threads add to the same ones. */
static void add_lanes(struct measure_sum *bins, uint64_t bin, const struct binning *binning,
                      unsigned lanes, const double *hi, const double *lo, bool is_shared) {
    struct measure_sum sums[V] = {{0}};
    for (unsigned v = 0; v < V; v++) {
        if (lanes >> v & 1) {
            measure_add(&sums[binning->which[v]], hi[v], lo[v]);
        }
    }
    for (unsigned which = 0; which < 1u << binning->n_lane; which++) {
        struct measure_sum *to = &bins[bin | binning->lane_bin[which]];
        if (!is_shared) {
            to->hi += sums[which].hi;
            to->lo += sums[which].lo;
            continue;
        }
#pragma omp atomic
        to->hi += sums[which].hi;
#pragma omp atomic
        to->lo += sums[which].lo;
    }
}

enum status measure_histogram(struct store *store, struct measure_sum *bins, uint32_t group,
                              const uint8_t *positions, unsigned n, uint64_t mask, uint64_t value) {
    struct store_view view = store_view_group(store, group);
    struct filter filter = make_filter(&view, mask, value);
    struct binning binning = make_binning(&view, positions, n);
    size_t n_chunks = 0;
    TRY(count_read(store, group, mask));
    TRY(store_list_chunks(store, &n_chunks, &view, filter.chunk_mask, filter.chunk_value));
    struct statevector_span span =
        make_span(store_chunk_blocks(&view), filter.block_mask | binning.block_mask);
    const unsigned n_low = binning.n_block < MAX_LOW ? binning.n_block : MAX_LOW;
    const uint64_t n_high = BIT64(binning.n_block - n_low);
    struct bin_place low[1 << MAX_LOW];
    for (uint64_t i = 0; i < BIT64(n_low); i++) {
        low[i] = place_call(&binning, i, 0);
    }
    bool is_large = store_is_large(n_chunks, BIT64(binning.n_block) * span.last, view.lane_bits);
#pragma omp parallel for schedule(static) if (is_large)
    for (uint64_t item = 0; item < n_chunks * n_high; item++) {
        const uint64_t chunk = store->work[item / n_high];
        const struct bin_place high = place_call(&binning, item % n_high << n_low, chunk);
        const union statevector_block *a =
            store_chunk(store, group, &view, chunk) + filter.block_offset + high.block;
        const bool is_shared = omp_get_num_threads() > 1;
        for (uint64_t i = 0; i < BIT64(n_low); i++) {
            double hi[V], lo[V];
            store->kernels->norm(a + low[i].block, &span, hi, lo);
            add_lanes(bins, high.bin | low[i].bin, &binning, filter.lanes, hi, lo, is_shared);
        }
    }
    return STATUS_OK;
}

enum status measure_probability(struct store *store, double *out_p, uint32_t wire) {
    const struct layout_wire *w = &store->layout->wires[wire];
    if (w->group == LAYOUT_ALONE) {
        *out_p = measure_alone(store, w->amp);
        return STATUS_OK;
    }
    struct measure_sum sums[2];
    for (unsigned bit = 0; bit < 2; bit++) {
        uint64_t value = (uint64_t)(bit ^ w->flip) << w->pos;
        TRY(measure_norm(store, &sums[bit], w->group, BIT64(w->pos), value));
    }
    measure_combine(store, sums, 2);
    *out_p = measure_ratio(store, &sums[0], &sums[1]);
    return STATUS_OK;
}

enum status measure_normalize(struct store *store) {
    for (uint32_t slot = 0; slot < store->layout->n_groups; slot++) {
        struct measure_sum sum = {0};
        if (store->layout->groups[slot].n == 0) {
            continue;
        }
        TRY(measure_norm(store, &sum, slot, 0, 0));
        measure_combine(store, &sum, 1);
        CHECK(measure_value(&sum) > 0);
        TRY(store_scale(store, slot, 1 / sqrt(measure_value(&sum))));
    }
    return STATUS_OK;
}
