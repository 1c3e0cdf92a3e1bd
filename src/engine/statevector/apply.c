#include "engine/statevector/apply.h"

#include <string.h>

#include "base/bits.h"
#include "base/log.h"

enum { V = STATEVECTOR_LANES, MAX_DIM = 1 << GATE_MAX_QUBITS };

/* Where an operator acts: which chunks, which blocks in them, which lanes. */
struct reach {
    struct store_view view;
    uint64_t chunk_mask, chunk_value;
    uint64_t block_offset; /* set bits of controls */
    unsigned lanes;
    struct statevector_span span;
    size_t n_chunks; /* in store->work */
    uint64_t n_pieces, n_items;
};

static void fix_bit(struct statevector_span *span, unsigned bit) {
    unsigned at = span->n_fixed++;
    for (; at > 0 && span->fixed[at - 1] > bit; at--) {
        span->fixed[at] = span->fixed[at - 1];
    }
    span->fixed[at] = (uint8_t)bit;
}

static unsigned lanes_with(unsigned pos, bool value) {
    static const uint8_t ones[STATEVECTOR_LANE_BITS] = {0xaa, 0xcc, 0xf0};
    return value ? ones[pos] : (uint8_t)~ones[pos];
}

/* Only amplitudes whose bit `pos` is `bit`. */
static void require_bit(struct reach *reach, unsigned pos, bool bit) {
    unsigned c = reach->view.chunk_bits;
    if (pos >= c) {
        reach->chunk_mask |= BIT64(pos - c);
        reach->chunk_value |= (uint64_t)bit << (pos - c);
    } else if (pos >= STATEVECTOR_LANE_BITS) {
        fix_bit(&reach->span, pos - STATEVECTOR_LANE_BITS);
        reach->block_offset |= (uint64_t)bit << (pos - STATEVECTOR_LANE_BITS);
    } else {
        reach->lanes &= lanes_with(pos, bit);
    }
}

static enum status finish_reach(struct store *store, struct reach *reach) {
    TRY(store_list_chunks(store, &reach->n_chunks, &reach->view, reach->chunk_mask,
                          reach->chunk_value));
    uint64_t n_blocks = store_chunk_blocks(&reach->view) >> reach->span.n_fixed;
    reach->span.last = n_blocks;
    reach->n_pieces = store_count_pieces(reach->n_chunks, n_blocks);
    reach->n_items = reach->n_chunks * reach->n_pieces;
    return STATUS_OK;
}

static bool reach_is_large(const struct reach *reach) {
    return store_is_large(reach->n_chunks, reach->span.last);
}

/* Chunk and part of its blocks of one item of work. */
static uint64_t reach_item(const struct store *store, const struct reach *reach, uint64_t item,
                           struct statevector_span *out_span) {
    uint64_t piece = item % reach->n_pieces, n = reach->span.last;
    *out_span = reach->span;
    out_span->first = piece * n / reach->n_pieces;
    out_span->last = (piece + 1) * n / reach->n_pieces;
    return store->work[item / reach->n_pieces];
}

static struct reach start_reach(struct store *store, uint32_t group,
                                const struct apply_part *part) {
    struct reach reach = {.view = store_view_group(store, group), .lanes = STATEVECTOR_ALL_LANES};
    for (unsigned i = 0; i < part->n_controls; i++) {
        const struct layout_wire *wire = &store->layout->wires[part->controls[i]];
        require_bit(&reach, wire->pos, part->values[i] != wire->flip);
    }
    return reach;
}

/* ---- matrices ---- */

/* Addresses of the tuple of blocks that a matrix mixes: targets above the lanes, in order. */
struct tuple {
    unsigned n_high;
    uint64_t chunk[MAX_DIM], block[MAX_DIM];
};

static struct tuple make_tuple(struct reach *reach, const struct layout *layout,
                               const struct apply_part *part) {
    struct tuple tuple = {0};
    unsigned c = reach->view.chunk_bits;
    for (unsigned i = 0; i < part->n_targets; i++) {
        const struct layout_wire *wire = &layout->wires[part->targets[i]];
        if (wire->pos < STATEVECTOR_LANE_BITS) {
            continue;
        }
        unsigned size = 1u << tuple.n_high++;
        memcpy(tuple.chunk + size, tuple.chunk, size * sizeof *tuple.chunk);
        memcpy(tuple.block + size, tuple.block, size * sizeof *tuple.block);
        unsigned from = wire->flip ? 0 : size; /* the half where the physical bit is 1 */
        for (unsigned j = from; j < from + size; j++) {
            if (wire->pos >= c) {
                tuple.chunk[j] |= BIT64(wire->pos - c);
            } else {
                tuple.block[j] |= BIT64(wire->pos - STATEVECTOR_LANE_BITS);
            }
        }
        require_bit(reach, wire->pos, false);
    }
    return tuple;
}

static void point_tuple(double **out, const struct store *store, uint32_t group,
                        const struct reach *reach, const struct tuple *tuple, uint64_t chunk) {
    for (unsigned j = 0; j < 1u << tuple->n_high; j++) {
        out[j] = store_chunk(store, group, &reach->view, chunk | tuple->chunk[j]) +
                 (tuple->block[j] + reach->block_offset) * STATEVECTOR_BLOCK;
    }
}

/* Column (or row) number -> block of the tuple, and the lane bits that it asks for. */
static void split_column(const struct layout *layout, const struct apply_part *part,
                         unsigned column, unsigned *out_block, unsigned *out_lane) {
    unsigned n_high = 0;
    *out_block = *out_lane = 0;
    for (unsigned i = 0; i < part->n_targets; i++) {
        const struct layout_wire *wire = &layout->wires[part->targets[i]];
        bool bit = (column >> i) & 1;
        if (wire->pos < STATEVECTOR_LANE_BITS) {
            *out_lane |= (unsigned)(bit != wire->flip) << wire->pos;
        } else {
            *out_block |= (unsigned)bit << n_high++;
        }
    }
}

static unsigned lane_targets(const struct layout *layout, const struct apply_part *part) {
    unsigned mask = 0;
    for (unsigned i = 0; i < part->n_targets; i++) {
        uint32_t pos = layout->wires[part->targets[i]].pos;
        mask |= pos < STATEVECTOR_LANE_BITS ? 1u << pos : 0;
    }
    return mask;
}

static void fill_lane_matrix(struct statevector_lane_matrix *out, double *coefs,
                             const struct layout *layout, const struct apply_part *part,
                             unsigned n_high) {
    unsigned dim = 1u << part->n_targets, mask = lane_targets(layout, part);
    out->n_blocks = 1u << n_high;
    out->n_columns = dim;
    out->coefs = coefs;
    for (unsigned i = 0; i < dim; i++) {
        unsigned block = 0, lane = 0;
        split_column(layout, part, i, &block, &lane);
        out->block[i] = (uint8_t)block;
        for (unsigned v = 0; v < V; v++) {
            out->source[i][v] = (uint8_t)((v & ~mask) | lane);
            if ((v & mask) != lane) {
                continue;
            }
            for (unsigned column = 0; column < dim; column++) { /* i is the row here */
                double *coef = coefs + ((size_t)block * dim + column) * STATEVECTOR_BLOCK;
                coef[v] = part->matrix[2 * (i * dim + column)];
                coef[V + v] = part->matrix[2 * (i * dim + column) + 1];
            }
        }
    }
}

static bool is_exchange(const struct apply_part *part) {
    static const double x[8] = {0, 0, 1, 0, 1, 0, 0, 0};
    if (part->n_targets != 1) {
        return false;
    }
    bool is_x = true;
    for (unsigned i = 0; i < 8; i++) {
        is_x = is_x && part->matrix[i] == x[i];
    }
    return is_x;
}

static enum status apply_lane_matrix(struct store *store, uint32_t group,
                                     const struct apply_part *part, struct reach *reach) {
    struct tuple tuple = make_tuple(reach, store->layout, part);
    double coefs[(MAX_DIM / 2) * MAX_DIM * STATEVECTOR_BLOCK];
    struct statevector_lane_matrix matrix = {.lanes = reach->lanes};
    fill_lane_matrix(&matrix, coefs, store->layout, part, tuple.n_high);
    TRY(finish_reach(store, reach));
    bool is_large = reach_is_large(reach);
#pragma omp parallel for schedule(static) if (is_large)
    for (uint64_t item = 0; item < reach->n_items; item++) {
        struct statevector_span span;
        double *blocks[MAX_DIM];
        uint64_t chunk = reach_item(store, reach, item, &span);
        point_tuple(blocks, store, group, reach, &tuple, chunk);
        store->kernels->lane_matrix(blocks, &span, &matrix);
    }
    return STATUS_OK;
}

static enum status apply_high_matrix(struct store *store, uint32_t group,
                                     const struct apply_part *part, struct reach *reach) {
    struct tuple tuple = make_tuple(reach, store->layout, part);
    TRY(finish_reach(store, reach));
    bool is_large = reach_is_large(reach), is_x = is_exchange(part);
#pragma omp parallel for schedule(static) if (is_large)
    for (uint64_t item = 0; item < reach->n_items; item++) {
        struct statevector_span span;
        double *blocks[MAX_DIM];
        uint64_t chunk = reach_item(store, reach, item, &span);
        point_tuple(blocks, store, group, reach, &tuple, chunk);
        if (is_x) {
            store->kernels->exchange(blocks[0], blocks[1], &span, reach->lanes);
        } else {
            store->kernels->matrix(blocks, part->n_targets, &span, part->matrix, reach->lanes);
        }
    }
    return STATUS_OK;
}

/* X on a lane bit. */
static enum status apply_permute(struct store *store, uint32_t group, unsigned pos,
                                 struct reach *reach) {
    uint8_t source[V];
    for (unsigned v = 0; v < V; v++) {
        source[v] = (uint8_t)((reach->lanes >> v) & 1 ? v ^ (1u << pos) : v);
    }
    TRY(finish_reach(store, reach));
    bool is_large = reach_is_large(reach);
#pragma omp parallel for schedule(static) if (is_large)
    for (uint64_t item = 0; item < reach->n_items; item++) {
        struct statevector_span span;
        uint64_t chunk = reach_item(store, reach, item, &span);
        double *a = store_chunk(store, group, &reach->view, chunk);
        store->kernels->permute(a + reach->block_offset * STATEVECTOR_BLOCK, &span, source);
    }
    return STATUS_OK;
}

/* ---- diagonals ---- */

/* Diagonal elements by chunk variant, block bits and lanes. */
struct table {
    unsigned n_high, n_block; /* operands that choose chunks; that choose blocks */
    uint8_t high[GATE_MAX_QUBITS], block[GATE_MAX_QUBITS];
    double factors[MAX_DIM * STATEVECTOR_BLOCK];
    uint8_t masks[MAX_DIM];
};

static void fill_table(struct table *table, const struct layout *layout,
                       const struct apply_part *part, const struct reach *reach) {
    unsigned rank[GATE_MAX_QUBITS] = {0}, c = reach->view.chunk_bits;
    for (unsigned i = 0; i < part->n_targets; i++) {
        uint32_t pos = layout->wires[part->targets[i]].pos;
        if (pos >= c) {
            rank[i] = table->n_high;
            table->high[table->n_high++] = (uint8_t)(pos - c);
        } else if (pos >= STATEVECTOR_LANE_BITS) {
            rank[i] = table->n_block;
            table->block[table->n_block++] = (uint8_t)(pos - STATEVECTOR_LANE_BITS);
        }
    }
    for (unsigned entry = 0; entry < 1u << (table->n_high + table->n_block); entry++) {
        table->masks[entry] = 0;
        for (unsigned v = 0; v < V; v++) {
            unsigned index = 0;
            for (unsigned i = 0; i < part->n_targets; i++) {
                const struct layout_wire *wire = &layout->wires[part->targets[i]];
                unsigned bit = wire->pos >= c ? entry >> (table->n_block + rank[i])
                               : wire->pos >= STATEVECTOR_LANE_BITS ? entry >> rank[i]
                                                                    : v >> wire->pos;
                index |= ((bit & 1) ^ wire->flip) << i;
            }
            double re = part->matrix[2 * index], im = part->matrix[2 * index + 1];
            table->factors[entry * STATEVECTOR_BLOCK + v] = re;
            table->factors[entry * STATEVECTOR_BLOCK + V + v] = im;
            bool is_one = re == 1 && im == 0;
            if (!is_one && (reach->lanes >> v & 1)) {
                table->masks[entry] = (uint8_t)(table->masks[entry] | 1u << v);
            }
        }
    }
}

static enum status apply_diagonal(struct store *store, uint32_t group,
                                  const struct apply_part *part, struct reach *reach) {
    struct table table = {0};
    fill_table(&table, store->layout, part, reach);
    TRY(finish_reach(store, reach));
    bool is_large = reach_is_large(reach);
#pragma omp parallel for schedule(static) if (is_large)
    for (uint64_t item = 0; item < reach->n_items; item++) {
        struct statevector_span span;
        uint64_t chunk = reach_item(store, reach, item, &span);
        unsigned variant = 0;
        for (unsigned j = 0; j < table.n_high; j++) {
            variant |= (unsigned)(chunk >> table.high[j] & 1) << (table.n_block + j);
        }
        struct statevector_diagonal diagonal = {.n_bits = table.n_block,
                                                .table =
                                                    table.factors + variant * STATEVECTOR_BLOCK,
                                                .masks = table.masks + variant};
        memcpy(diagonal.bits, table.block, sizeof diagonal.bits);
        double *a = store_chunk(store, group, &reach->view, chunk);
        store->kernels->diagonal(a + reach->block_offset * STATEVECTOR_BLOCK, &span, &diagonal);
    }
    return STATUS_OK;
}

/* An operand for which all elements with bit 0 are exactly 1 only restricts the others. */
static bool find_control(const struct apply_part *part, unsigned *out_operand) {
    for (unsigned i = 0; i < part->n_targets; i++) {
        bool is_control = true;
        for (unsigned index = 0; index < 1u << part->n_targets; index++) {
            bool is_one = part->matrix[2 * index] == 1 && part->matrix[2 * index + 1] == 0;
            is_control = is_control && (is_one || (index >> i & 1));
        }
        if (is_control) {
            *out_operand = i;
            return true;
        }
    }
    return false;
}

static enum status apply_reduced_diagonal(struct store *store, uint32_t group,
                                          const struct apply_part *part) {
    struct apply_part reduced = *part;
    double elements[2 * MAX_DIM];
    memcpy(elements, part->matrix, sizeof(double) << (part->n_targets + 1));
    reduced.matrix = elements;
    unsigned at = 0;
    while (reduced.n_targets > 1 && find_control(&reduced, &at)) {
        reduced.controls[reduced.n_controls] = reduced.targets[at];
        reduced.values[reduced.n_controls++] = true;
        reduced.n_targets--;
        for (unsigned i = at; i < reduced.n_targets; i++) {
            reduced.targets[i] = reduced.targets[i + 1];
        }
        for (unsigned i = 0; i < 1u << reduced.n_targets; i++) {
            uint64_t from = bits_insert_zero(i, at) | BIT64(at);
            elements[2 * i] = elements[2 * from];
            elements[2 * i + 1] = elements[2 * from + 1];
        }
    }
    struct reach reach = start_reach(store, group, &reduced);
    return apply_diagonal(store, group, &reduced, &reach);
}

enum status apply_part(struct store *store, const struct apply_part *part) {
    uint32_t group = store->layout->wires[part->targets[0]].group;
    if (part->is_diagonal) {
        return apply_reduced_diagonal(store, group, part);
    }
    struct reach reach = start_reach(store, group, part);
    if (lane_targets(store->layout, part) == 0) {
        return apply_high_matrix(store, group, part, &reach);
    }
    if (is_exchange(part)) {
        return apply_permute(store, group, store->layout->wires[part->targets[0]].pos, &reach);
    }
    return apply_lane_matrix(store, group, part, &reach);
}
