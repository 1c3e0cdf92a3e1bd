#include "engine/statevector/apply.h"

#include <string.h>

#include "base/bits.h"
#include "base/log.h"
#include "engine/statevector/pass.h"

enum { V = STATEVECTOR_LANES, MAX_DIM = 1 << GATE_MAX_QUBITS };

static struct pass_item *open_item(struct store *store, uint32_t group, enum pass_kind kind,
                                   const struct apply_part *part, size_t n_data) {
    struct pass_item *item = pass_open(store, group, n_data);
    item->kind = kind;
    for (unsigned i = 0; i < part->n_controls; i++) {
        const struct layout_wire *wire = &store->layout->wires[part->controls[i]];
        pass_require_bit(item, wire->pos, part->values[i] != wire->flip);
    }
    return item;
}

/* ---- matrices ---- */

/* Offsets of the tuple of blocks that a matrix mixes: targets above the lanes, in order. */
static void fill_tuple(struct pass_item *item, const struct layout *layout,
                       const struct apply_part *part) {
    for (unsigned i = 0; i < part->n_targets; i++) {
        const struct layout_wire *wire = &layout->wires[part->targets[i]];
        if (wire->pos < STATEVECTOR_LANE_BITS) {
            continue;
        }
        unsigned size = 1u << item->n_high++;
        memcpy(item->tuple + size, item->tuple, size * sizeof *item->tuple);
        unsigned from = wire->flip ? 0 : size; /* the half where the physical bit is 1 */
        for (unsigned j = from; j < from + size; j++) {
            if (wire->pos >= item->piece_bits) {
                item->tuple[j].piece |= BIT64(wire->pos - item->piece_bits);
            } else {
                item->tuple[j].block |= BIT64(wire->pos - STATEVECTOR_LANE_BITS);
            }
        }
        item->mixed |= wire->pos >= item->piece_bits ? BIT64(wire->pos - item->piece_bits) : 0;
        pass_require_bit(item, wire->pos, false);
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

static void fill_lane_matrix(struct pass_item *item, const struct layout *layout,
                             const struct apply_part *part) {
    struct statevector_lane_matrix *out = &item->lane_matrix;
    unsigned dim = 1u << part->n_targets, mask = lane_targets(layout, part);
    out->n_blocks = 1u << item->n_high;
    out->n_columns = dim;
    out->coefs = item->data;
    out->lanes = item->lanes;
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
                double *coef = item->data + ((size_t)block * dim + column) * STATEVECTOR_BLOCK;
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

static void apply_lane_matrix(struct store *store, uint32_t group, const struct apply_part *part) {
    size_t n = (size_t)STATEVECTOR_BLOCK << (2 * part->n_targets - 1);
    struct pass_item *item = open_item(store, group, PASS_LANE_MATRIX, part, n);
    fill_tuple(item, store->layout, part);
    fill_lane_matrix(item, store->layout, part);
}

static void apply_high_matrix(struct store *store, uint32_t group, const struct apply_part *part) {
    bool is_x = is_exchange(part);
    size_t n = is_x ? 0 : (size_t)2 << 2 * part->n_targets;
    struct pass_item *item = open_item(store, group, is_x ? PASS_EXCHANGE : PASS_MATRIX, part, n);
    fill_tuple(item, store->layout, part);
    memcpy(item->data, part->matrix, n * sizeof *item->data);
}

/* X on a lane bit. */
static void apply_permute(struct store *store, uint32_t group, const struct apply_part *part) {
    struct pass_item *item = open_item(store, group, PASS_PERMUTE, part, 0);
    unsigned pos = store->layout->wires[part->targets[0]].pos;
    for (unsigned v = 0; v < V; v++) {
        item->source[v] = (uint8_t)((item->lanes >> v) & 1 ? v ^ (1u << pos) : v);
    }
}

/* ---- diagonals ---- */

/* Factors by variant of the piece, block bits and lanes. */
static void fill_table(struct pass_item *item, const struct layout *layout,
                       const struct apply_part *part) {
    unsigned rank[GATE_MAX_QUBITS] = {0}, w = item->piece_bits;
    for (unsigned i = 0; i < part->n_targets; i++) {
        uint32_t pos = layout->wires[part->targets[i]].pos;
        if (pos >= w) {
            rank[i] = item->n_variant;
            item->variant[item->n_variant++] = (uint8_t)(pos - w);
        } else if (pos >= STATEVECTOR_LANE_BITS) {
            rank[i] = item->n_block;
            item->block[item->n_block++] = (uint8_t)(pos - STATEVECTOR_LANE_BITS);
        }
    }
    for (unsigned entry = 0; entry < 1u << (item->n_variant + item->n_block); entry++) {
        for (unsigned v = 0; v < V; v++) {
            unsigned index = 0;
            for (unsigned i = 0; i < part->n_targets; i++) {
                const struct layout_wire *wire = &layout->wires[part->targets[i]];
                unsigned bit = wire->pos >= w ? entry >> (item->n_block + rank[i])
                               : wire->pos >= STATEVECTOR_LANE_BITS ? entry >> rank[i]
                                                                    : v >> wire->pos;
                index |= ((bit & 1) ^ wire->flip) << i;
            }
            double re = part->matrix[2 * index], im = part->matrix[2 * index + 1];
            item->data[entry * STATEVECTOR_BLOCK + v] = re;
            item->data[entry * STATEVECTOR_BLOCK + V + v] = im;
            bool is_one = re == 1 && im == 0;
            if (!is_one && (item->lanes >> v & 1)) {
                item->masks[entry] = (uint8_t)(item->masks[entry] | 1u << v);
            }
        }
    }
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

static void apply_diagonal(struct store *store, uint32_t group, const struct apply_part *part) {
    struct apply_part reduced = *part;
    double elements[2 * MAX_DIM];
    memcpy(elements, part->matrix, sizeof(double) << (part->n_targets + 1));
    reduced.matrix = elements;
    unsigned at = 0;
    while (reduced.n_targets > 0 && find_control(&reduced, &at)) {
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
    size_t n = (size_t)STATEVECTOR_BLOCK << reduced.n_targets;
    struct pass_item *item = open_item(store, group, PASS_DIAGONAL, &reduced, n);
    fill_table(item, store->layout, &reduced);
}

void apply_part(struct store *store, const struct apply_part *part) {
    uint32_t group = store->layout->wires[part->targets[0]].group;
    if (part->is_diagonal) {
        apply_diagonal(store, group, part);
    } else if (lane_targets(store->layout, part) == 0) {
        apply_high_matrix(store, group, part);
    } else if (is_exchange(part)) {
        apply_permute(store, group, part);
    } else {
        apply_lane_matrix(store, group, part);
    }
    pass_close(store);
}
