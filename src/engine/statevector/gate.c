#include "engine/statevector/gate.h"

#include <math.h>
#include <string.h>

#include "base/bits.h"
#include "base/log.h"
#include "engine/statevector/alias.h"
#include "engine/statevector/fuse.h"
#include "engine/statevector/layout_internal.h"

enum { MAX_DIM = 1 << GATE_MAX_QUBITS };

/* A gate on the operands that are left. */
struct reduced {
    unsigned n;
    uint32_t wires[GATE_MAX_QUBITS];
    double matrix[GATE_MAX_MATRIX];
};

static const double *element(const struct reduced *gate, unsigned row, unsigned column) {
    return gate->matrix + 2 * ((row << gate->n) + column);
}

static bool is_zero(const double *element) {
    return element[0] == 0 && element[1] == 0;
}

static bool is_one(const double *element) {
    return element[0] == 1 && element[1] == 0;
}

/* Bit i: the gate commutes with Z on operand i. */
static unsigned find_diagonal(const struct reduced *gate) {
    unsigned dim = 1u << gate->n, mixed = 0;
    for (unsigned row = 0; row < dim; row++) {
        for (unsigned column = 0; column < dim; column++) {
            mixed |= is_zero(element(gate, row, column)) ? 0 : row ^ column;
        }
    }
    return ~mixed & (dim - 1);
}

static bool is_identity(const struct reduced *gate) {
    unsigned dim = 1u << gate->n;
    bool is = true;
    for (unsigned i = 0; is && i < dim; i++) {
        is = is_one(element(gate, i, i));
    }
    return is && find_diagonal(gate) == dim - 1;
}

/* Each column has one element: basis states go to basis states. */
static bool is_monomial(const struct reduced *gate) {
    unsigned dim = 1u << gate->n;
    for (unsigned column = 0; column < dim; column++) {
        unsigned n = 0;
        for (unsigned row = 0; row < dim; row++) {
            n += !is_zero(element(gate, row, column));
        }
        if (n != 1) {
            return false;
        }
    }
    return true;
}

static bool is_swap(const struct reduced *gate) {
    static const unsigned image[4] = {0, 2, 1, 3};
    bool is = gate->n == 2 && is_monomial(gate);
    for (unsigned i = 0; is && i < 4; i++) {
        is = is_one(element(gate, image[i], i));
    }
    return is;
}

/* Keeps the block of the matrix where operand `at` is `value`; the operand goes. */
static void fix_operand(struct reduced *gate, unsigned at, bool value) {
    struct reduced old = *gate;
    gate->n--;
    for (unsigned i = at; i < gate->n; i++) {
        gate->wires[i] = old.wires[i + 1];
    }
    uint64_t bit = (uint64_t)value << at;
    for (unsigned row = 0; row < 1u << gate->n; row++) {
        for (unsigned column = 0; column < 1u << gate->n; column++) {
            const double *from = element(&old, (unsigned)(bits_insert_zero(row, at) | bit),
                                         (unsigned)(bits_insert_zero(column, at) | bit));
            memcpy(gate->matrix + 2 * ((row << gate->n) + column), from, 2 * sizeof *from);
        }
    }
}

/* Wires in a basis state with which the gate commutes only choose a block. Plans do not know the
 * value: they take 1, and *out_unknown is set. */
static void fix_basis_operands(struct reduced *gate, const struct layout *layout,
                               bool *out_unknown) {
    for (unsigned i = gate->n; i-- > 0;) {
        const struct layout_wire *wire = &layout->wires[gate->wires[i]];
        if (!layout_is_alone(layout, gate->wires[i]) || !wire->is_basis ||
            !(find_diagonal(gate) >> i & 1)) {
            continue;
        }
        *out_unknown = *out_unknown || layout->store == NULL;
        fix_operand(gate, i, layout->store == NULL || !is_zero(wire->amp + 2));
    }
}

static void apply_alone(struct layout_wire *wire, const struct reduced *gate, bool has_amps,
                        bool keeps_basis) {
    wire->is_fresh = wire->is_fresh && find_diagonal(gate) == 1;
    if (!has_amps) {
        wire->is_basis = wire->is_basis && keeps_basis;
        return;
    }
    double out[4];
    for (unsigned row = 0; row < 2; row++) {
        const double *m = element(gate, row, 0), *a = wire->amp;
        out[2 * row] = (m[0] * a[0] - m[1] * a[1]) + (m[2] * a[2] - m[3] * a[3]);
        out[2 * row + 1] = (m[0] * a[1] + m[1] * a[0]) + (m[2] * a[3] + m[3] * a[2]);
    }
    for (unsigned i = 0; i < 4; i += 2) { /* H T Tdg H gives a basis state again */
        const bool is_rounding = out[i] * out[i] + out[i + 1] * out[i + 1] < 1e-30;
        out[i] = is_rounding ? 0 : out[i];
        out[i + 1] = is_rounding ? 0 : out[i + 1];
    }
    memcpy(wire->amp, out, sizeof out);
    wire->is_basis = layout_is_basis(wire->amp);
}

static void count_updates(const struct layout *layout, double *n_updates, uint32_t wire,
                          unsigned n_controls) {
    if (n_updates != NULL) {
        *n_updates += layout_amps(layout_size_of(layout, wire) - n_controls);
    }
}

void apply_split_diagonal(double *d, unsigned n) {
    for (unsigned j = 0; j < n; j++) {
        for (unsigned i = 0; i < 1u << n; i++) {
            if (i >> j & 1) {
                const double *low = d + 2 * (i ^ 1u << j);
                double re = d[2 * i] * low[0] + d[2 * i + 1] * low[1];
                d[2 * i + 1] = d[2 * i + 1] * low[0] - d[2 * i] * low[1];
                d[2 * i] = re;
            }
        }
    }
}

/* A phase for every subset of the wires, where all of these are 1. */
static enum status do_diagonal(struct layout *layout, const struct reduced *gate) {
    double d[2 * MAX_DIM];
    for (unsigned i = 0; i < 1u << gate->n; i++) {
        memcpy(d + 2 * i, element(gate, i, i), 2 * sizeof *d);
    }
    apply_split_diagonal(d, gate->n);
    for (unsigned i = 0; i < 1u << gate->n; i++) {
        struct fuse_op shape = {.wires = {gate->wires[0]}};
        for (unsigned j = 0; j < gate->n; j++) {
            if (i >> j & 1) {
                shape.values |= 1u << shape.n_controls;
                shape.wires[shape.n_controls++] = gate->wires[j];
            }
        }
        if (!is_one(d + 2 * i)) {
            TRY(fuse_add_phase(layout, &shape, d[2 * i], d[2 * i + 1]));
        }
    }
    return STATUS_OK;
}

/* One controlled matrix for every value of the operands that the gate leaves diagonal. */
static enum status do_blocks(struct layout *layout, double *n_updates, const struct reduced *gate,
                             unsigned diagonal) {
    unsigned n_controls = (unsigned)bits_popcount(diagonal), n_targets = gate->n - n_controls;
    for (unsigned values = 0; values < 1u << n_controls; values++) {
        struct reduced block = *gate;
        struct fuse_op shape = {
            .n_targets = (uint8_t)n_targets, .n_controls = (uint8_t)n_controls, .values = values};
        unsigned at = n_controls;
        for (unsigned i = gate->n; i-- > 0;) {
            if (diagonal >> i & 1) {
                at--;
                shape.wires[n_targets + at] = gate->wires[i];
                fix_operand(&block, i, values >> at & 1);
            }
        }
        if (!is_identity(&block)) {
            memcpy(shape.wires, block.wires, n_targets * sizeof *block.wires);
            count_updates(layout, n_updates, block.wires[0], n_controls);
            TRY(fuse_add_matrix(layout, &shape, block.matrix));
        }
    }
    return STATUS_OK;
}

static const double matrix_x[8] = {0, 0, 1, 0, 1, 0, 0, 0};

/* |0><1| and |1><0| only: X, then a phase. */
static void take_flip(struct layout *layout, struct reduced *gate) {
    double *m = gate->matrix;
    if (gate->n != 1 || !is_zero(m) || !is_zero(m + 6)) {
        return;
    }
    struct layout_wire *wire = &layout->wires[gate->wires[0]];
    wire->flip = !wire->flip;
    memcpy(m, m + 2, 2 * sizeof *m);
    memcpy(m + 6, m + 4, 2 * sizeof *m);
    memset(m + 2, 0, 4 * sizeof *m);
}

/* X on one operand for one value of the other. */
static bool is_controlled_x(const struct reduced *gate, unsigned *out_target, bool *out_value) {
    unsigned diagonal = find_diagonal(gate);
    if (gate->n != 2 || (diagonal != 1 && diagonal != 2)) {
        return false;
    }
    unsigned target = diagonal == 1;
    struct reduced blocks[2] = {*gate, *gate};
    fix_operand(&blocks[0], 1 - target, false);
    fix_operand(&blocks[1], 1 - target, true);
    bool on_one = memcmp(blocks[1].matrix, matrix_x, sizeof matrix_x) == 0;
    bool on_zero = memcmp(blocks[0].matrix, matrix_x, sizeof matrix_x) == 0;
    *out_target = target;
    *out_value = on_one;
    return (on_one && is_identity(&blocks[0])) || (on_zero && is_identity(&blocks[1]));
}

/* CX onto a wire alone in |0> or |1>: a copy, with no room for what would be 0 anyway. */
static enum status try_copy(struct layout *layout, double *n_updates, const struct reduced *gate,
                            bool *out_is_done) {
    unsigned target = 0;
    bool value = false;
    *out_is_done = false;
    if (!is_controlled_x(gate, &target, &value)) {
        return STATUS_OK;
    }
    uint32_t from = gate->wires[1 - target], to = gate->wires[target];
    const struct layout_wire *wire = &layout->wires[to];
    if (!layout_is_alone(layout, to) || !wire->is_basis) {
        return STATUS_OK;
    }
    bool bit = layout->store != NULL && !is_zero(wire->amp + 2);
    /* A phase that the wire has been given stays with the state. */
    double amp[2] = {1, 0};
    memcpy(amp, wire->amp + (bit ? 2 : 0), layout->store != NULL ? sizeof amp : 0);
    TRY(layout_copy(layout, from, to));
    layout->wires[to].flip = layout->wires[to].flip != (bit == value);
    count_updates(layout, n_updates, to, 0);
    *out_is_done = true;
    struct fuse_op shape = {.wires = {to}};
    return is_one(amp) ? STATUS_OK : fuse_add_phase(layout, &shape, amp[0], amp[1]);
}

/* The wires that the operands are names of; the matrix in their values. */
static void resolve_aliases(const struct layout *layout, struct reduced *gate) {
    unsigned inverted = 0;
    for (unsigned i = 0; i < gate->n; i++) {
        inverted |= (unsigned)layout->wires[gate->wires[i]].is_inverted << i;
        gate->wires[i] = alias_root(layout, gate->wires[i]);
    }
    const unsigned dim = 1u << gate->n;
    for (unsigned i = 0; inverted != 0 && i < dim * dim; i++) {
        const unsigned j = i ^ (inverted << gate->n | inverted);
        for (unsigned k = 0; i < j && k < 2; k++) {
            const double kept = gate->matrix[2 * i + k];
            gate->matrix[2 * i + k] = gate->matrix[2 * j + k];
            gate->matrix[2 * j + k] = kept;
        }
    }
}

static enum status apply_reduced(struct layout *layout, double *n_updates, struct reduced *gate) {
    bool is_unknown = false, keeps_basis = is_monomial(gate);
    bool is_trivial = is_identity(gate);
    fix_basis_operands(gate, layout, &is_unknown);
    if (is_trivial || gate->n == 0 || (!is_unknown && is_identity(gate))) {
        return STATUS_OK;
    }
    if (gate->n == 1 && layout_is_alone(layout, gate->wires[0])) {
        apply_alone(&layout->wires[gate->wires[0]], gate, layout->store != NULL, keeps_basis);
        return STATUS_OK;
    }
    if (gate->n > 1) {
        bool is_done = false;
        TRY(try_copy(layout, n_updates, gate, &is_done));
        if (is_done) {
            return STATUS_OK;
        }
        TRY(layout_join(layout, gate->wires, gate->n));
    }
    take_flip(layout, gate);
    unsigned diagonal = find_diagonal(gate);
    if (diagonal != (1u << gate->n) - 1) {
        return do_blocks(layout, n_updates, gate, diagonal);
    }
    count_updates(layout, is_identity(gate) ? NULL : n_updates, gate->wires[0], 0);
    return do_diagonal(layout, gate);
}

enum status apply_gate(struct layout *layout, double *n_updates, enum gate_id gate,
                       const double *params, const uint32_t *wires) {
    struct reduced reduced = {.n = gate_get(gate)->n_qubits};
    memcpy(reduced.wires, wires, reduced.n * sizeof *wires);
    gate_unitary(reduced.matrix, gate, params);
    resolve_aliases(layout, &reduced);
    if (is_swap(&reduced)) {
        layout_swap(layout, wires[0], wires[1]);
        return STATUS_OK;
    }
    return apply_reduced(layout, n_updates, &reduced);
}

/* ---- many controls ---- */

/* Without controls in a basis state. false: one that is known is not what the operator asks for. */
static bool drop_basis_controls(struct fuse_op *op, const struct layout *layout) {
    const unsigned n = op->n_controls;
    const uint32_t values = op->values;
    op->n_controls = 0;
    op->values = 0;
    for (unsigned i = 0; i < n; i++) {
        const uint32_t at = op->wires[op->n_targets + i];
        const struct layout_wire *wire = &layout->wires[at];
        const uint32_t value = values >> i & 1;
        if (!layout_is_alone(layout, at) || !wire->is_basis) {
            op->values |= value << op->n_controls;
            op->wires[op->n_targets + op->n_controls++] = at;
        } else if (layout->store != NULL && is_zero(wire->amp + 2) == (value == 1)) {
            return false;
        }
    }
    return true;
}

/* The matrix of an operator on at most two wires. */
static void expand(struct reduced *out, const struct fuse_op *op) {
    const unsigned n = fuse_n_wires(op), dim = 1u << n;
    *out = (struct reduced){.n = n};
    memcpy(out->wires, op->wires, n * sizeof *op->wires);
    for (unsigned row = 0; row < dim; row++) {
        const bool is_on = row >> op->n_targets == op->values;
        for (unsigned column = 0; column < dim; column++) {
            double *to = out->matrix + 2 * (row * dim + column);
            to[0] = row == column;
            if (is_on && column >> op->n_targets == op->values) {
                const unsigned at = op->n_targets == 0 ? 0 : (row & 1) * 2 + (column & 1);
                memcpy(to, op->m + 2 * at, 2 * sizeof *to);
            }
        }
    }
}

static void scale_alone(struct layout_wire *wire, double re, double im) {
    for (unsigned i = 0; i < 4; i += 2) {
        const double x = wire->amp[i];
        wire->amp[i] = x * re - wire->amp[i + 1] * im;
        wire->amp[i + 1] = x * im + wire->amp[i + 1] * re;
    }
}

enum status apply_controlled(struct layout *layout, double *n_updates, const struct fuse_op *op) {
    struct fuse_op left = *op;
    if (!drop_basis_controls(&left, layout)) {
        return STATUS_OK;
    }
    const unsigned n = fuse_n_wires(&left);
    if (n == 0 && layout_is_alone(layout, op->wires[0])) {
        scale_alone(&layout->wires[op->wires[0]], op->m[0], op->m[1]);
        return STATUS_OK;
    }
    if (n == 1 || n == 2) {
        struct reduced reduced;
        expand(&reduced, &left);
        return apply_reduced(layout, n_updates, &reduced);
    }
    if (n > 0) {
        TRY(layout_join(layout, left.wires, n));
        count_updates(layout, n_updates, left.wires[0], left.n_controls);
    }
    return left.kind == FUSE_PHASE ? fuse_add_phase(layout, &left, op->m[0], op->m[1])
                                   : fuse_add_matrix(layout, &left, op->m);
}

/* ---- operators that are not unitary ---- */

enum status apply_damping(struct layout *layout, uint32_t wire, double a, double b) {
    struct layout_wire *w = &layout->wires[wire];
    const bool is_one = b < a; /* the smaller one damps */
    if (!layout_is_alone(layout, wire)) {
        struct fuse_op shape = {.n_controls = 1, .values = is_one, .wires = {wire}};
        return fuse_add_phase(layout, &shape, is_one ? b / a : a / b, 0);
    }
    if (layout->store == NULL || w->is_basis) {
        return STATUS_OK;
    }
    for (unsigned i = 0; i < 4; i++) {
        w->amp[i] *= i < 2 ? a : b;
    }
    const double *amp = w->amp, norm = sqrt((amp[0] * amp[0] + amp[1] * amp[1]) +
                                            (amp[2] * amp[2] + amp[3] * amp[3]));
    for (unsigned i = 0; i < 4; i++) {
        w->amp[i] /= norm;
    }
    w->is_basis = layout_is_basis(w->amp);
    return STATUS_OK;
}

enum status apply_projector(struct layout *layout, uint32_t wire, bool bit, double factor) {
    struct fuse_op half = {.n_controls = 1, .values = !bit, .wires = {wire}};
    struct fuse_op all = {.wires = {wire}};
    CHECK(!layout_is_alone(layout, wire));
    TRY(fuse_add_phase(layout, &half, 0, 0));
    return fuse_add_phase(layout, &all, factor, 0);
}
