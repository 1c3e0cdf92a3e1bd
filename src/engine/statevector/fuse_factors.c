/* Phases of a block together. All phases commute, and a phase commutes with what mixes other wires:
 * in a block of operators on up to three targets phases wait until one of their wires is mixed.
 * Those that depend on few enough wires beside the targets are then done by one product of their
 * factors, from a table over the bits of these wires, if that is less work. Which ones depends on
 * wires alone, not on where they lie. */
#include <string.h>

#include "base/mem.h"
#include "engine/statevector/fuse.h"

enum { MAX_OUTSIDE = FUSE_FACTOR_WIRES - FUSE_BLOCK_TARGETS };

/* A block being rewritten. */
struct tabulation {
    struct fuse *fuse;
    uint32_t most_outside;
    const struct fuse_block *block;
    size_t last_mix[FUSE_BLOCK_TARGETS]; /* 1 + place in the order; 0: none */
    uint32_t *out;                       /* the new order, at most as long as the old one */
    size_t n_out;
    uint32_t pending[FUSE_MAX_STEPS]; /* phases */
    size_t n_pending;
};
/* Phases that one table does. */
struct bunch {
    uint32_t outside[MAX_OUTSIDE], n_outside;
    uint32_t members[FUSE_MAX_STEPS];
    size_t n;
};

static const struct fuse_op *op_at(const struct tabulation *t, uint32_t i) {
    return &t->fuse->work[0].ops[i];
}

static bool has_wire(const uint32_t *wires, uint32_t n, uint32_t wire) {
    uint32_t i = 0;
    while (i < n && wires[i] != wire) {
        i++;
    }
    return i < n;
}

static bool is_target(const struct tabulation *t, uint32_t wire) {
    return has_wire(t->block->targets, t->block->n_targets, wire);
}

/* ---- tables ---- */

/* The phase is done where (x & mask) == value, x the bits of the table's wires. */
static void find_condition(unsigned *out_mask, unsigned *out_value,
                           const struct fuse_factors *table, const struct fuse_op *op) {
    *out_mask = *out_value = 0;
    for (unsigned k = 0; k < op->n_controls; k++) {
        unsigned i = 0;
        while (table->wires[i] != op->wires[k]) {
            i++;
        }
        *out_mask |= 1u << i;
        *out_value |= (unsigned)(op->values >> k & 1) << i;
    }
}

static void multiply_by(double *out, const double *factor) {
    const double re = out[0] * factor[0] - out[1] * factor[1];
    out[1] = out[0] * factor[1] + out[1] * factor[0];
    out[0] = re;
}

static void multiply_where(double *data, const struct fuse_factors *table,
                           const struct fuse_op *op) {
    unsigned mask, value;
    find_condition(&mask, &value, table, op);
    for (unsigned x = 0; x < 1u << table->n_wires; x++) {
        if ((x & mask) == value) {
            multiply_by(data + 2 * (size_t)x, op->m);
        }
    }
}

/* Rotations of the plane whose half tangents are below sqrt(3), if all are: three shears take fewer
 * operations than a product. */
static bool make_rotations(double *data, size_t n) {
    for (size_t x = 0; x < n; x++) {
        if (data[2 * x] < -0.5 || !fuse_is_unit(data[2 * x], data[2 * x + 1])) {
            return false;
        }
    }
    for (size_t x = 0; x < n; x++) {
        data[2 * x] = data[2 * x + 1] / (1 + data[2 * x]);
    }
    return true;
}

/* The product of all members' factors, in their order. */
static enum status add_table(struct tabulation *t, struct fuse_factors *table,
                             const struct bunch *bunch) {
    struct fuse *fuse = t->fuse;
    TRY(fuse_new_data(fuse, &table->first, table->n_wires));
    double *data = fuse->data + table->first;
    for (size_t x = 0; x < (size_t)1 << table->n_wires; x++) {
        data[2 * x] = 1;
        data[2 * x + 1] = 0;
    }
    for (size_t i = 0; i < bunch->n; i++) {
        multiply_where(data, table, op_at(t, bunch->members[i]));
    }
    if (make_rotations(data, (size_t)1 << table->n_wires)) {
        table->kind = FUSE_FACTORS_ROTATE;
    }
    t->out[t->n_out++] = u32_from_size(fuse->work[0].n);
    return fuse_push_factors(fuse, &fuse->work[0], table);
}

static bool needs_one(const struct fuse_op *op, uint32_t wire) {
    bool needs = false;
    for (unsigned k = 0; k < op->n_controls; k++) {
        needs = needs || (op->wires[k] == wire && (op->values >> k & 1) != 0);
    }
    return needs;
}

/* A target whose bit all members want to be 1 comes first. */
static void find_wires(struct fuse_factors *out, const struct tabulation *t,
                       const struct bunch *bunch) {
    const struct fuse_block *block = t->block;
    *out = (struct fuse_factors){0};
    for (unsigned i = 0; i < block->n_targets && !out->has_pivot; i++) {
        size_t n = 0;
        while (n < bunch->n && needs_one(op_at(t, bunch->members[n]), block->targets[i])) {
            n++;
        }
        out->has_pivot = n == bunch->n;
        out->wires[0] = block->targets[i];
    }
    out->n_wires = out->has_pivot;
    for (size_t i = 0; i < bunch->n; i++) {
        const struct fuse_op *op = op_at(t, bunch->members[i]);
        for (unsigned k = 0; k < op->n_controls; k++) {
            if (!has_wire(out->wires, out->n_wires, op->wires[k])) {
                out->wires[out->n_wires++] = op->wires[k];
            }
        }
    }
}

/* The bunch as a table or, where that is more work, one by one. */
static enum status emit_bunch(struct tabulation *t, const struct bunch *bunch) {
    struct fuse *fuse = t->fuse;
    struct fuse_factors table;
    double apart = 0;
    for (size_t i = 0; i < bunch->n; i++) {
        apart += costs_of(fuse->costs, op_at(t, bunch->members[i])) + fuse->costs->visit;
    }
    find_wires(&table, t, bunch);
    double together = fuse->costs->factors / (table.has_pivot ? 2 : 1) + fuse->costs->visit;
    if (apart <= together) {
        memcpy(t->out + t->n_out, bunch->members, bunch->n * sizeof *bunch->members);
        t->n_out += bunch->n;
        return STATUS_OK;
    }
    return add_table(t, &table, bunch);
}

/* ---- bunches ---- */

static bool try_add(const struct tabulation *t, struct bunch *bunch, uint32_t i) {
    const struct fuse_op *op = op_at(t, i);
    uint32_t n = bunch->n_outside, outside[MAX_OUTSIDE + FUSE_MAX_WIRES];
    memcpy(outside, bunch->outside, sizeof bunch->outside);
    for (unsigned k = 0; k < op->n_controls; k++) {
        if (!is_target(t, op->wires[k]) && !has_wire(outside, n, op->wires[k])) {
            outside[n++] = op->wires[k];
        }
    }
    if (n > t->most_outside) {
        return false;
    }
    memcpy(bunch->outside, outside, sizeof bunch->outside);
    bunch->n_outside = n;
    bunch->members[bunch->n++] = i;
    return true;
}

/* Takes the pending phases that fit out, those of which `wanted` is true, in their order. */
static void gather(struct tabulation *t, struct bunch *bunch, const bool *wanted, bool *gone) {
    for (size_t i = 0; i < t->n_pending; i++) {
        if (wanted[i] && !gone[i]) {
            gone[i] = try_add(t, bunch, t->pending[i]);
        }
    }
}

/* Emits the pending phases in `must`; others in `may` come along where they ask for no table of
 * their own. */
static enum status emit(struct tabulation *t, const bool *must, const bool *may) {
    bool gone[FUSE_MAX_STEPS] = {false};
    for (size_t first = 0; first < t->n_pending; first++) {
        if (must[first] && !gone[first]) {
            struct bunch bunch = {.n = 0};
            gather(t, &bunch, must, gone);
            gather(t, &bunch, may, gone);
            TRY(emit_bunch(t, &bunch));
        }
    }
    size_t n = 0;
    for (size_t i = 0; i < t->n_pending; i++) {
        if (!gone[i]) {
            t->pending[n++] = t->pending[i];
        }
    }
    t->n_pending = n;
    return STATUS_OK;
}

static bool touches(const struct fuse_op *phase, const struct fuse_op *mix) {
    bool does = false;
    for (unsigned k = 0; k < phase->n_controls; k++) {
        does = does || has_wire(mix->wires, mix->n_targets, phase->wires[k]);
    }
    return does;
}

/* Is one of its wires mixed at or after that place of the old order? */
static bool is_touched_after(const struct tabulation *t, const struct fuse_op *phase,
                             size_t place) {
    bool is = false;
    for (unsigned j = 0; j < t->block->n_targets; j++) {
        is = is || (t->last_mix[j] > place &&
                    has_wire(phase->wires, phase->n_controls, t->block->targets[j]));
    }
    return is;
}

/* Phases that must not wait longer than the operator at this place, and, with them, those that
 * could not wait much longer. */
static enum status release(struct tabulation *t, const struct fuse_op *mix, size_t place) {
    bool must[FUSE_MAX_STEPS] = {false}, may[FUSE_MAX_STEPS] = {false};
    for (size_t i = 0; i < t->n_pending; i++) {
        const struct fuse_op *phase = op_at(t, t->pending[i]);
        must[i] = touches(phase, mix);
        may[i] = is_touched_after(t, phase, place);
    }
    return emit(t, must, may);
}

static enum status rewrite(struct tabulation *t) {
    const size_t first = t->block->first, last = t->block->last;
    uint32_t old[FUSE_MAX_STEPS];
    for (size_t i = first; i < last; i++) {
        old[i - first] = t->fuse->order[i];
    }
    for (size_t i = first; i < last; i++) {
        const uint32_t at = old[i - first];
        const struct fuse_op op = *op_at(t, at);
        if (op.kind != FUSE_PHASE) {
            TRY(release(t, &op, i));
            t->out[t->n_out++] = at;
        } else {
            t->pending[t->n_pending++] = at;
        }
    }
    bool all[FUSE_MAX_STEPS];
    memset(all, true, sizeof all);
    return emit(t, all, all);
}

/* ---- factors of all amplitudes ---- */

static bool is_common(const struct fuse_op *op) {
    return op->kind == FUSE_PHASE && op->n_controls == 0;
}

/* The list's factors of all amplitudes, as one. */
struct common {
    struct fuse_block *block; /* of one of them; NULL: there is none */
    uint32_t wire;            /* any of the group */
    double factor[2];
};

/* Takes those of a block out of its order, where something else is in it. */
static void take_common(struct common *common, struct fuse *fuse, struct fuse_block *block) {
    size_t n = block->first;
    for (size_t i = block->first; i < block->last; i++) {
        const struct fuse_op *op = &fuse->work[0].ops[fuse->order[i]];
        if (!is_common(op) || (i + 1 == block->last && n == block->first)) {
            fuse->order[n++] = fuse->order[i];
            continue;
        }
        multiply_by(common->factor, op->m);
        common->block = block;
        common->wire = op->wires[0];
    }
    block->last = n;
}

/* Without more work? */
static bool can_take(const struct fuse_factors *table, const double *factor) {
    return !table->has_pivot && (table->kind == FUSE_FACTORS_ANY ||
                                 (table->kind == FUSE_FACTORS_SCALE && factor[1] == 0));
}

/* Gives a factor of all amplitudes to the first table that can take it, from a block on; false:
 * there is none. ops: what the blocks are of. */
static bool give_factor(const struct fuse *fuse, const struct fuse_op *ops, size_t first_block,
                        const double *factor) {
    for (size_t b = first_block; b < fuse->n_blocks; b++) {
        for (size_t i = fuse->blocks[b].first; i < fuse->blocks[b].last; i++) {
            const struct fuse_op *op = &ops[fuse->order[i]];
            if (op->kind == FUSE_FACTORS && can_take(&fuse->factors[op->first], factor)) {
                const struct fuse_factors *table = &fuse->factors[op->first];
                for (size_t x = 0; x < (size_t)1 << table->n_wires; x++) {
                    multiply_by(fuse->data + table->first + 2 * x, factor);
                }
                return true;
            }
        }
    }
    return false;
}

/* A table of their own, of any wire, where one was. */
static enum status add_common(const struct common *common, struct fuse *fuse) {
    struct fuse_factors table = {.n_wires = 1,
                                 .wires = {common->wire},
                                 .kind = common->factor[1] == 0 ? FUSE_FACTORS_SCALE
                                                                : FUSE_FACTORS_ANY};
    TRY(fuse_new_data(fuse, &table.first, table.n_wires));
    for (unsigned x = 0; x < 2; x++) {
        memcpy(fuse->data + table.first + (size_t)2 * x, common->factor, sizeof common->factor);
    }
    fuse->order[common->block->last++] = u32_from_size(fuse->work[0].n);
    return fuse_push_factors(fuse, &fuse->work[0], &table);
}

static enum status settle_common(const struct common *common, struct fuse *fuse) {
    if (common->block == NULL) {
        return STATUS_OK;
    }
    const bool is_given = give_factor(fuse, fuse->work[0].ops, fuse->first_block, common->factor);
    return is_given ? STATUS_OK : add_common(common, fuse);
}

enum status fuse_tabulate(struct fuse *fuse, uint32_t n_wires) {
    const bool has_tables = fuse_has_tables(fuse, n_wires);
    struct common common = {.factor = {1, 0}};
    for (size_t b = fuse->first_block; b < fuse->n_blocks && has_tables; b++) {
        struct fuse_block *block = &fuse->blocks[b];
        const struct fuse_op *op = &fuse->work[0].ops[fuse->order[block->first]];
        if (op->kind == FUSE_ANGLES || op->n_targets > FUSE_BLOCK_TARGETS) {
            continue;
        }
        take_common(&common, fuse, block);
        struct tabulation t = {.fuse = fuse,
                               .most_outside = fuse_factor_wires(n_wires) - FUSE_BLOCK_TARGETS,
                               .block = block,
                               .out = fuse->order + block->first};
        for (size_t i = block->first; i < block->last; i++) {
            op = &fuse->work[0].ops[fuse->order[i]];
            for (unsigned j = 0; j < block->n_targets; j++) {
                bool is_mixed = has_wire(op->wires, op->n_targets, block->targets[j]);
                t.last_mix[j] = is_mixed ? i + 1 : t.last_mix[j];
            }
        }
        TRY(rewrite(&t));
        block->last = block->first + t.n_out;
    }
    return settle_common(&common, fuse);
}

/* ---- what lone wires bring ---- */

static void divide_by(double *out, const double *by) {
    const double norm = by[0] * by[0] + by[1] * by[1], re = out[0] * by[0] + out[1] * by[1];
    out[1] = (out[1] * by[0] - out[0] * by[1]) / norm;
    out[0] = re / norm;
}

/* Which of its amplitudes is the larger. */
static unsigned larger_of(const double *amp) {
    return amp[2] * amp[2] + amp[3] * amp[3] > amp[0] * amp[0] + amp[1] * amp[1];
}

/* The table, of whose index bit i is that of the wire, takes the other amplitude's ratio to the
 * larger one, which then both have. */
static void give_ratio(const struct fuse *fuse, const struct fuse_factors *table, unsigned i,
                       double *amp) {
    const unsigned larger = larger_of(amp), other = 1 - larger;
    divide_by(amp + 2 * other, amp + 2 * larger);
    for (size_t x = 0; x < (size_t)1 << table->n_wires; x++) {
        if ((x >> i & 1) == other) {
            multiply_by(fuse->data + table->first + 2 * x, amp + 2 * other);
        }
    }
    memcpy(amp + 2 * other, amp + 2 * larger, 2 * sizeof *amp);
}

/* What an operator does with wires whose ratios are still theirs: it mixes them, or is a table that
 * can take a ratio. Their marks have a state. */
static void meet_alone(struct layout *layout, const struct fuse_op *op) {
    struct fuse *fuse = layout->fuse;
    const bool is_table = op->kind == FUSE_FACTORS;
    const struct fuse_factors *table = is_table ? &fuse->factors[op->first] : NULL;
    const unsigned n = is_table ? table->n_wires : op->n_targets;
    for (unsigned i = 0; i < n; i++) {
        const uint32_t wire = is_table ? table->wires[i] : op->wires[i];
        struct fuse_mark *mark = fuse_mark_of(fuse, wire);
        if (is_table && mark->state > 0 && table->kind == FUSE_FACTORS_ANY && !table->has_pivot) {
            give_ratio(fuse, table, i, layout->wires[wire].amp);
            mark->state = 0;
        }
        mark->state = is_table ? mark->state : 0;
    }
}

/* The next part of a bond, from number *inout_i on, that is a lone wire; NULL: none. */
static struct layout_wire *next_alone(const struct layout *layout, const struct layout_bond *bond,
                                      size_t *inout_i) {
    while (*inout_i < bond->n_parts) {
        struct layout_wire *wire = &layout->wires[bond->parts[(*inout_i)++].carrier];
        if (wire->group == LAYOUT_ALONE) {
            return wire;
        }
    }
    return NULL;
}

void fuse_give_amps(struct layout *layout, const struct layout_bond *bond) {
    struct fuse *fuse = layout->fuse;
    double common[2] = {1, 0};
    struct layout_wire *wire;
    fuse->epoch++;
    for (size_t i = 0; (wire = next_alone(layout, bond, &i)) != NULL;) {
        multiply_by(common, wire->amp + (size_t)2 * larger_of(wire->amp));
        fuse_mark_of(fuse, bond->parts[i - 1].carrier)->state = !layout_is_basis(wire->amp);
    }
    for (size_t b = 0; b < fuse->n_blocks; b++) {
        for (size_t i = fuse->blocks[b].first; i < fuse->blocks[b].last; i++) {
            meet_alone(layout, &fuse->ops.ops[fuse->order[i]]);
        }
    }
    if (!give_factor(fuse, fuse->ops.ops, 0, common)) {
        return;
    }
    for (size_t i = 0; (wire = next_alone(layout, bond, &i)) != NULL;) {
        const double *larger = wire->amp + (size_t)2 * larger_of(wire->amp),
                     by[2] = {larger[0], larger[1]};
        divide_by(wire->amp, by);
        divide_by(wire->amp + 2, by);
    }
}
