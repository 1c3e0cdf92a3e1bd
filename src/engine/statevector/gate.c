/* From a gate of the table to parts that the kernels take. */
#include <string.h>

#include "base/bits.h"
#include "base/log.h"
#include "engine/statevector/apply.h"
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
        if (wire->group != LAYOUT_ALONE || !wire->is_basis || !(find_diagonal(gate) >> i & 1)) {
            continue;
        }
        *out_unknown = *out_unknown || layout->store == NULL;
        fix_operand(gate, i, layout->store == NULL || !is_zero(wire->amp + 2));
    }
}

static void apply_alone(struct layout_wire *wire, const struct reduced *gate, bool has_amps,
                        bool keeps_basis) {
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
    memcpy(wire->amp, out, sizeof out);
    wire->is_basis = layout_is_basis(wire->amp);
}

/* Either applies a part or counts the amplitudes that it touches. */
static void do_part(struct layout *layout, double *n_updates, const struct apply_part *part) {
    if (n_updates != NULL) {
        uint32_t n = layout->groups[layout->wires[part->targets[0]].group].n;
        *n_updates += layout_amps(n - part->n_controls);
    }
    if (layout->store != NULL) {
        apply_part(layout->store, part);
    }
}

static void do_diagonal(struct layout *layout, double *n_updates, const struct reduced *gate) {
    double elements[2 * MAX_DIM];
    struct apply_part part = {.n_targets = gate->n, .is_diagonal = true, .matrix = elements};
    memcpy(part.targets, gate->wires, sizeof part.targets);
    for (unsigned i = 0; i < 1u << gate->n; i++) {
        memcpy(elements + 2 * i, element(gate, i, i), 2 * sizeof *elements);
    }
    do_part(layout, n_updates, &part);
}

/* One controlled matrix for every value of the operands that the gate leaves diagonal. */
static void do_blocks(struct layout *layout, double *n_updates, const struct reduced *gate,
                      unsigned diagonal) {
    unsigned n_controls = (unsigned)bits_popcount(diagonal);
    for (unsigned values = 0; values < 1u << n_controls; values++) {
        struct reduced block = *gate;
        struct apply_part part = {.n_controls = n_controls};
        unsigned at = n_controls;
        for (unsigned i = gate->n; i-- > 0;) {
            if (diagonal >> i & 1) {
                bool value = values >> --at & 1;
                part.controls[at] = gate->wires[i];
                part.values[at] = value;
                fix_operand(&block, i, value);
            }
        }
        if (is_identity(&block)) {
            continue;
        }
        part.n_targets = block.n;
        part.matrix = block.matrix;
        memcpy(part.targets, block.wires, sizeof part.targets);
        do_part(layout, n_updates, &part);
    }
}

static enum status localize_targets(struct layout *layout, const struct reduced *gate,
                                    unsigned diagonal, size_t op) {
    uint32_t targets[GATE_MAX_QUBITS];
    size_t n = 0;
    for (unsigned i = 0; i < gate->n; i++) {
        if (!(diagonal >> i & 1)) {
            targets[n++] = gate->wires[i];
        }
    }
    return n == 0 ? STATUS_OK : layout_localize(layout, targets, n, op);
}

enum status apply_gate(struct layout *layout, double *n_updates, enum gate_id gate,
                       const double *params, const uint32_t *wires, size_t op) {
    struct reduced reduced = {.n = gate_get(gate)->n_qubits};
    memcpy(reduced.wires, wires, reduced.n * sizeof *wires);
    gate_unitary(reduced.matrix, gate, params);
    if (is_swap(&reduced)) {
        layout_swap(layout, wires[0], wires[1]);
        return STATUS_OK;
    }
    bool is_unknown = false, keeps_basis = is_monomial(&reduced);
    bool is_trivial = is_identity(&reduced);
    fix_basis_operands(&reduced, layout, &is_unknown);
    if (is_trivial || reduced.n == 0 || (!is_unknown && is_identity(&reduced))) {
        return STATUS_OK;
    }
    struct layout_wire *first = &layout->wires[reduced.wires[0]];
    if (reduced.n == 1 && first->group == LAYOUT_ALONE) {
        apply_alone(first, &reduced, layout->store != NULL, keeps_basis);
        return STATUS_OK;
    }
    static const double x[8] = {0, 0, 1, 0, 1, 0, 0, 0};
    if (reduced.n == 1 && memcmp(reduced.matrix, x, sizeof x) == 0) {
        first->flip = !first->flip;
        return STATUS_OK;
    }
    if (reduced.n > 1) {
        uint32_t group = 0;
        TRY(layout_join(layout, &group, reduced.wires, reduced.n));
    }
    unsigned diagonal = find_diagonal(&reduced);
    TRY(localize_targets(layout, &reduced, diagonal, op));
    if (diagonal == (1u << reduced.n) - 1) {
        do_diagonal(layout, n_updates, &reduced);
    } else {
        do_blocks(layout, n_updates, &reduced, diagonal);
    }
    return STATUS_OK;
}
