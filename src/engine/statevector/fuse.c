#include "engine/statevector/fuse.h"

#include <string.h>

#include "base/bits.h"
#include "base/log.h"
#include "base/mem.h"
#include "engine/statevector/layout_internal.h"
#include "engine/statevector/pass.h"

enum { MAX_WAITING = 8192 };

enum status fuse_init(struct fuse *fuse, uint32_t n_wires, const struct costs *costs) {
    *fuse = (struct fuse){.costs = costs, .epoch = 1};
    fuse->carrier_of = mem_alloc(n_wires, sizeof *fuse->carrier_of);
    fuse->wire_of = mem_alloc(n_wires, sizeof *fuse->wire_of);
    fuse->marks = mem_alloc(n_wires, sizeof *fuse->marks);
    if (fuse->carrier_of == NULL || fuse->wire_of == NULL || fuse->marks == NULL) {
        return STATUS_NOFIT;
    }
    for (uint32_t i = 0; i < n_wires; i++) {
        fuse->carrier_of[i] = fuse->wire_of[i] = i;
    }
    return STATUS_OK;
}

void fuse_fini(struct fuse *fuse) {
    mem_free(fuse->waiting.ops);
    mem_free(fuse->apart.ops);
    mem_free(fuse->work[0].ops);
    mem_free(fuse->work[1].ops);
    mem_free(fuse->ops.ops);
    mem_free(fuse->data);
    mem_free(fuse->terms);
    mem_free(fuse->factors);
    mem_free(fuse->carrier_of);
    mem_free(fuse->wire_of);
    mem_free(fuse->marks);
    mem_free(fuse->order);
    mem_free(fuse->rest);
    mem_free(fuse->taken);
    mem_free(fuse->touches);
    mem_free(fuse->touched);
    mem_free(fuse->numbered);
    mem_free(fuse->states);
    mem_free(fuse->clusters);
    mem_free(fuse->next);
    mem_free(fuse->blocks);
    mem_free(fuse->stages);
    *fuse = (struct fuse){0};
}

void fuse_clear(struct fuse *fuse) {
    fuse->waiting.n = fuse->apart.n = 0;
    fuse_end(fuse);
}

void fuse_swap(struct fuse *fuse, uint32_t a, uint32_t b) {
    uint32_t carrier = fuse->carrier_of[a];
    fuse->carrier_of[a] = fuse->carrier_of[b];
    fuse->carrier_of[b] = carrier;
    fuse->wire_of[fuse->carrier_of[a]] = a;
    fuse->wire_of[fuse->carrier_of[b]] = b;
}

/* ---- forms ---- */

enum fuse_form fuse_form_of(const double *m) {
    bool is_real = m[1] == 0 && m[3] == 0 && m[5] == 0 && m[7] == 0;
    if (m[2] == 0 && m[3] == 0 && m[4] == 0 && m[5] == 0) {
        bool is_one = is_real && m[0] == 1 && m[6] == 1;
        return is_one ? FUSE_IDENTITY : FUSE_DIAGONAL;
    }
    if (is_real && m[0] == 0 && m[2] == 1 && m[4] == 1 && m[6] == 0) {
        return FUSE_NOT;
    }
    if (is_real && m[0] == m[6] && m[2] == -m[4]) {
        return FUSE_ROTATION;
    }
    if (is_real && m[0] == m[2] && m[0] == m[4] && m[0] == -m[6]) {
        return FUSE_HADAMARD;
    }
    if (m[1] == 0 && m[7] == 0 && m[2] == 0 && m[4] == 0 && m[0] == m[6] && m[3] == m[5]) {
        return FUSE_TWIST;
    }
    return is_real ? FUSE_REAL : FUSE_COMPLEX;
}

/* ---- what waits ---- */

enum status fuse_push(struct fuse_list *list, const struct fuse_op *op) {
    TRY(vec_reserve(&list->ops, list->n, &list->cap, 1, sizeof *list->ops));
    list->ops[list->n++] = *op;
    return STATUS_OK;
}

enum status fuse_new_data(struct fuse *fuse, size_t *out_first, unsigned k) {
    size_t n = (size_t)2 << k;
    TRY(vec_reserve(&fuse->data, fuse->n_data, &fuse->cap_data, n, sizeof *fuse->data));
    *out_first = fuse->n_data;
    fuse->n_data += n;
    return STATUS_OK;
}

enum status fuse_push_factors(struct fuse *fuse, struct fuse_list *list,
                              const struct fuse_factors *table) {
    struct fuse_op op = {
        .kind = FUSE_FACTORS, .n_controls = (uint8_t)table->n_wires, .first = fuse->n_factors};
    memcpy(op.wires, table->wires, sizeof table->wires);
    TRY(vec_reserve(&fuse->factors, fuse->n_factors, &fuse->cap_factors, 1, sizeof *fuse->factors));
    fuse->factors[fuse->n_factors++] = *table;
    return fuse_push(list, &op);
}

/* Index of the matrix element that a flipped target's bit asks for. */
static unsigned find_flips(const struct layout *layout, const struct fuse_op *op) {
    unsigned flips = 0;
    for (unsigned i = 0; i < op->n_targets; i++) {
        flips |= (unsigned)layout->wires[op->wires[i]].flip << i;
    }
    return flips;
}

static enum status push_waiting(struct layout *layout, struct fuse_op *op) {
    struct fuse *fuse = layout->fuse;
    for (unsigned i = 0; i < op->n_controls; i++) {
        if (layout->wires[op->wires[op->n_targets + i]].flip) {
            op->values ^= 1u << i;
        }
    }
    for (unsigned i = 0; i == 0 || i < fuse_n_wires(op); i++) {
        op->wires[i] = fuse->carrier_of[op->wires[i]];
    }
    TRY(fuse_push(&fuse->waiting, op));
    return fuse->waiting.n < MAX_WAITING ? STATUS_OK : layout_settle_all(layout);
}

enum status fuse_add_matrix(struct layout *layout, const struct fuse_op *shape,
                            const double *matrix) {
    struct fuse_op op = *shape;
    unsigned flips = find_flips(layout, shape), dim = 1u << op.n_targets;
    double *out = op.m;
    op.kind = op.n_targets == 1 ? FUSE_MIX : FUSE_DENSE;
    if (op.kind == FUSE_DENSE) {
        TRY(fuse_new_data(layout->fuse, &op.first, 2u * op.n_targets));
        out = layout->fuse->data + op.first;
    }
    for (unsigned row = 0; row < dim; row++) {
        for (unsigned column = 0; column < dim; column++) {
            memcpy(out + 2 * (size_t)(row * dim + column),
                   matrix + 2 * (size_t)((row ^ flips) * dim + (column ^ flips)),
                   2 * sizeof *matrix);
        }
    }
    return push_waiting(layout, &op);
}

enum status fuse_add_phase(struct layout *layout, const struct fuse_op *shape, double re,
                           double im) {
    struct fuse_op op = *shape;
    op.kind = FUSE_PHASE;
    op.n_targets = 0;
    op.m[0] = re;
    op.m[1] = im;
    return push_waiting(layout, &op);
}

/* ---- flushing ---- */

enum { HELD_TARGETS = 1, HELD = 2 };

static bool is_due(const struct layout *layout, uint32_t wire) {
    const struct layout_wire *w = &layout->wires[wire];
    return w->group == LAYOUT_ALONE ? w->is_due : layout->groups[w->group].is_due;
}

/* All its wires are due, and it commutes with those that stay: on its targets with none, on its
 * controls with those that are diagonal there too. */
static bool can_go(struct layout *layout, const struct fuse_op *op) {
    struct fuse *fuse = layout->fuse;
    bool can = is_due(layout, fuse->wire_of[op->wires[0]]);
    for (unsigned i = 0; can && i < fuse_n_wires(op); i++) {
        const uint32_t wire = fuse->wire_of[op->wires[i]];
        const uint32_t held = i < op->n_targets ? HELD | HELD_TARGETS : HELD;
        can = is_due(layout, wire) && !(fuse_mark_of(fuse, wire)->state & held);
    }
    return can;
}

/* It stays, and what does not commute with it. */
static void hold(struct fuse *fuse, const struct fuse_op *op) {
    for (unsigned i = 0; i < fuse_n_wires(op); i++) {
        fuse_mark_of(fuse, fuse->wire_of[op->wires[i]])->state |=
            i < op->n_targets ? HELD : HELD_TARGETS;
    }
}

/* false: the operator is on wires of others. */
static bool find_numbers(uint32_t *out, struct fuse *fuse, const struct fuse_op *op) {
    bool is_found = true;
    for (unsigned i = 0; is_found && i < fuse_n_wires(op); i++) {
        const uint32_t number = fuse_mark_of(fuse, fuse->wire_of[op->wires[i]])->state;
        is_found = number > 0;
        out[i] = number - 1;
    }
    return is_found;
}

void fuse_count_stopped(size_t *out, struct layout *layout, const uint32_t *wires, unsigned n,
                        uint64_t absent) {
    struct fuse *fuse = layout->fuse;
    const uint64_t all = UINT64_MAX >> (FUSE_MAX_COUNTED - n);
    struct fuse_stops stops = {0};
    fuse->epoch++;
    for (unsigned i = 0; i < n; i++) {
        fuse_mark_of(fuse, wires[i])->state = i + 1;
        stops.all[i] = absent >> i & 1 ? all : BIT64(i);
        out[i] = 0;
    }
    for (size_t i = 0; i < fuse->waiting.n && i < FUSE_COUNTED_AHEAD; i++) {
        const struct fuse_op *op = &fuse->waiting.ops[i];
        uint32_t numbers[FUSE_MAX_WIRES];
        if (!find_numbers(numbers, fuse, op)) {
            continue;
        }
        uint64_t stopped = fuse_stop(&stops, numbers, fuse_n_wires(op), op->n_targets);
        for (; op->n_targets > 0 && stopped != 0; stopped &= stopped - 1) {
            out[bits_lowest(stopped)]++;
        }
    }
}

/* The operators that can go move to work[0], with wires instead of carriers. */
static enum status take_out(struct layout *layout) {
    struct fuse *fuse = layout->fuse;
    struct fuse_list *waiting = &fuse->waiting;
    size_t n_kept = 0;
    fuse->work[0].n = 0;
    fuse->epoch++;
    for (size_t i = 0; i < waiting->n; i++) {
        const struct fuse_op *op = &waiting->ops[i];
        if (can_go(layout, op)) {
            TRY(fuse_push(&fuse->work[0], op));
            struct fuse_op *taken = &fuse->work[0].ops[fuse->work[0].n - 1];
            for (unsigned j = 0; j == 0 || j < fuse_n_wires(op); j++) {
                taken->wires[j] = fuse->wire_of[op->wires[j]];
            }
            continue;
        }
        hold(fuse, op);
        if (n_kept < i) {
            waiting->ops[n_kept] = *op;
        }
        n_kept++;
    }
    waiting->n = n_kept;
    return STATUS_OK;
}

/* What has been planned goes after the rest. */
static enum status add_planned(struct fuse *fuse, uint32_t n_wires) {
    struct fuse_list *ops = &fuse->ops;
    const struct fuse_list *work = &fuse->work[0];
    TRY(vec_reserve(&ops->ops, ops->n, &ops->cap, work->n, sizeof *ops->ops));
    if (work->n > 0) { /* operators may cancel */
        memcpy(ops->ops + ops->n, work->ops, work->n * sizeof *ops->ops);
    }
    for (size_t i = fuse->first_order; i < fuse->n_order; i++) {
        fuse->order[i] += u32_from_size(ops->n);
    }
    for (size_t i = fuse->first_stage; i < fuse->n_stages; i++) {
        fuse->stages[i].n_wires = n_wires;
    }
    ops->n += work->n;
    fuse->first_order = fuse->n_order;
    fuse->first_block = fuse->n_blocks;
    fuse->first_stage = fuse->n_stages;
    return STATUS_OK;
}

enum status fuse_plan(struct layout *layout, uint32_t n_wires) {
    struct fuse *fuse = layout->fuse;
    if (fuse->waiting.n == 0) {
        return STATUS_OK;
    }
    TRY(take_out(layout));
    if (fuse->work[0].n == 0) {
        return STATUS_OK;
    }
    TRY(fuse_merge(fuse, n_wires));
    TRY(fuse_order(fuse, n_wires));
    if (layout->store != NULL) { /* plans need no numbers */
        TRY(fuse_tabulate(fuse, n_wires));
    }
    return add_planned(fuse, n_wires);
}

enum status fuse_run(struct layout *layout, uint32_t group) {
    struct fuse *fuse = layout->fuse;
    const uint32_t n_wires = layout->groups[group].n;
    while (fuse->next_stage < fuse->n_stages && fuse->stages[fuse->next_stage].n_wires == n_wires) {
        const struct fuse_stage *stage = &fuse->stages[fuse->next_stage++];
        if (layout->store != NULL) {
            TRY(store_heed(layout->store, layout_amps(n_wires)));
        }
        TRY(pass_run_stage(layout, group, stage));
    }
    return STATUS_OK;
}

void fuse_end(struct fuse *fuse) {
    fuse->ops.n = fuse->n_order = fuse->n_blocks = fuse->n_stages = 0;
    fuse->first_order = fuse->first_block = fuse->first_stage = fuse->next_stage = 0;
    if (fuse->waiting.n == 0 && fuse->apart.n == 0) {
        fuse->n_data = fuse->n_terms = fuse->n_factors = 0;
    }
}
