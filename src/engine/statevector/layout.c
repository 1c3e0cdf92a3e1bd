#include "engine/statevector/layout.h"

#include <math.h>
#include <string.h>

#include "base/bits.h"
#include "base/log.h"
#include "base/mem.h"
#include "engine/statevector/fuse.h"
#include "engine/statevector/layout_internal.h"
#include "engine/statevector/store.h"
#include "engine/statevector/uncompute.h"

const struct layout_tuning layout_tuning_default = {.chunk_bits = 15,
                                                    .min_slice_bits = 12,
                                                    .pass_bits = 15,
                                                    .more_bits = 1,
                                                    .piece_bits = 5,
                                                    .stream_log = 26,
                                                    .balance_log = 3};

static void set_sizes(struct layout *layout, const struct layout_tuning *tuning) {
    const unsigned lane_bits = statevector_lane_bits(layout->task->precision);
    const unsigned more = lane_bits - statevector_lane_bits(PRECISION_DOUBLE);
    layout->lane_bits = lane_bits;
    layout->amp_bytes = precision_amp_bytes(layout->task->precision);
    layout->tuning =
        (struct layout_tuning){.chunk_bits = tuning->chunk_bits + more,
                               .min_slice_bits = tuning->min_slice_bits + more,
                               .pass_bits = tuning->pass_bits > 0 ? tuning->pass_bits + more : 0,
                               .more_bits = tuning->more_bits,
                               .piece_bits = tuning->piece_bits + more,
                               .stream_log = tuning->stream_log,
                               .balance_log = tuning->balance_log,
                               .costs = tuning->costs != NULL ? tuning->costs : &costs_fixed};
    CHECK(layout->tuning.min_slice_bits >= lane_bits + GATE_MAX_QUBITS);
    CHECK(layout->tuning.chunk_bits > lane_bits &&
          layout->tuning.chunk_bits <= lane_bits + STATEVECTOR_MAX_FIXED);
    CHECK(tuning->pass_bits == 0 || layout->tuning.piece_bits >= lane_bits);
}

enum status layout_init(struct layout *layout, const struct engine_task *task, int n_ranks,
                        const struct layout_tuning *tuning) {
    *layout = (struct layout){.task = task, .n_ranks = n_ranks};
    set_sizes(layout, tuning);
    layout->n_groups = task->n_wires / 2 + 2;
    layout->capacity = INFINITY;
    size_t n = (size_t)n_ranks;
    layout->wires = mem_alloc(task->n_wires, sizeof *layout->wires);
    layout->groups = mem_alloc(layout->n_groups, sizeof *layout->groups);
    layout->free_slots = mem_alloc(layout->n_groups, sizeof *layout->free_slots);
    layout->n_bonds = layout->n_groups;
    layout->bonds = mem_alloc(layout->n_bonds, sizeof *layout->bonds);
    layout->joined = mem_alloc(task->n_wires, sizeof *layout->joined);
    layout->marks = mem_alloc(n, sizeof *layout->marks);
    layout->used = mem_alloc(n, sizeof *layout->used);
    layout->peak = mem_alloc(n, sizeof *layout->peak);
    layout->kept = mem_alloc(n, sizeof *layout->kept);
    layout->left = mem_alloc(n, sizeof *layout->left);
    layout->fuse = mem_alloc(1, sizeof *layout->fuse);
    layout->uncompute = uncompute_create(task->n_wires);
    if (layout->wires == NULL || layout->groups == NULL || layout->free_slots == NULL ||
        layout->marks == NULL || layout->used == NULL || layout->peak == NULL ||
        layout->kept == NULL || layout->left == NULL || layout->fuse == NULL ||
        layout->uncompute == NULL || layout->bonds == NULL || layout->joined == NULL) {
        return STATUS_NOFIT;
    }
    TRY(fuse_init(layout->fuse, task->n_wires, layout->tuning.costs));
    TRY(schedule_init(&layout->schedule, task->n_wires));
    struct layout_deal *scratch = &layout->scratch;
    TRY(vec_reserve(&scratch->ranks, 0, &scratch->cap_ranks, n, sizeof *scratch->ranks));
    layout_reset(layout);
    return STATUS_OK;
}

void layout_fini(struct layout *layout) {
    for (uint32_t i = 0; layout->groups != NULL && i < layout->n_groups; i++) {
        mem_free(layout->groups[i].wires);
        mem_free(layout->groups[i].deal.ranks);
    }
    for (uint32_t i = 0; layout->bonds != NULL && i < layout->n_bonds; i++) {
        mem_free(layout->bonds[i].parts);
    }
    mem_free(layout->bonds);
    mem_free(layout->joined);
    mem_free(layout->wires);
    mem_free(layout->groups);
    mem_free(layout->free_slots);
    mem_free(layout->scratch.ranks);
    mem_free(layout->marks);
    mem_free(layout->used);
    mem_free(layout->peak);
    mem_free(layout->kept);
    mem_free(layout->left);
    schedule_fini(&layout->schedule);
    uncompute_destroy(layout->uncompute);
    if (layout->fuse != NULL) {
        fuse_fini(layout->fuse);
        mem_free(layout->fuse);
    }
    *layout = (struct layout){0};
}

static void set_alone(struct layout *layout, uint32_t wire, bool value) {
    layout->wires[wire] = (struct layout_wire){.group = LAYOUT_ALONE, .is_basis = true};
    layout->wires[wire].amp[value ? 2 : 0] = 1;
}

void layout_reset(struct layout *layout) {
    for (uint32_t i = 0; i < layout->task->n_wires; i++) {
        set_alone(layout, i, false);
        layout->wires[i].is_fresh = true;
    }
    uncompute_clear(layout->uncompute);
    for (uint32_t i = 0; i < layout->n_groups; i++) {
        layout->groups[i].n = layout->groups[i].bond = 0;
        layout->free_slots[i] = layout->n_groups - 1 - i;
    }
    layout->n_free_slots = layout->n_groups;
    for (int i = 0; i < layout->n_ranks; i++) {
        layout->used[i] = 0;
    }
    layout->amps = 0;
    layout->next_op = 0;
    fuse_clear(layout->fuse);
    layout_clear_bonds(layout);
    if (layout->store != NULL) {
        store_clear(layout->store);
    }
}

static enum status refuse(uint32_t n_wires) {
    return log_error(STATUS_NOFIT,
                     "a group of %u qubits does not fit the memory planned for this run", n_wires);
}

/* Books a slot with room for n wires. */
static enum status open_slot(struct layout *layout, uint32_t *out_group, uint32_t n,
                             const struct layout_deal *deal) {
    CHECK(layout->n_free_slots > 0);
    uint32_t slot = layout->free_slots[layout->n_free_slots - 1];
    struct layout_group *group = &layout->groups[slot];
    TRY(vec_reserve(&group->wires, 0, &group->cap_wires, n, sizeof *group->wires));
    TRY(layout_copy_deal(&group->deal, deal));
    layout->n_free_slots--;
    group->n = n;
    if (n > layout->peak_group_qubits) {
        layout->peak_group_qubits = n;
    }
    *out_group = slot;
    return STATUS_OK;
}

static void close_slot(struct layout *layout, uint32_t slot) {
    struct layout_group *group = &layout->groups[slot];
    layout_count(layout, &group->deal, group->n, -1);
    layout_count_amps(layout, -layout_amps(group->n));
    if (layout->store != NULL) {
        store_free(layout->store, slot);
    }
    group->n = group->bond = 0;
    layout->free_slots[layout->n_free_slots++] = slot;
}

static void put_wire(struct layout *layout, uint32_t slot, uint32_t pos, uint32_t wire) {
    layout->groups[slot].wires[pos] = wire;
    layout->wires[wire].group = slot;
    layout->wires[wire].pos = pos;
    layout->wires[wire].is_basis = layout->wires[wire].is_fresh = false;
    layout->wires[wire].bond = 0;
}

/* A wire alone, or the whole group of a wire. */
static struct store_factor factor_of(const struct layout *layout, uint32_t wire) {
    const struct layout_wire *w = &layout->wires[wire];
    if (w->group == LAYOUT_ALONE) {
        return (struct store_factor){.group = LAYOUT_ALONE, .n = 1, .amp = w->amp};
    }
    return (struct store_factor){.group = w->group, .n = layout->groups[w->group].n};
}

/* The parts that hold n wires, with these in order in layout->joined. */
static struct store_product product_of(struct layout *layout, struct store_factor *factors,
                                       const uint32_t *wires, size_t n) {
    struct store_product product = {.factors = factors, .n_factors = n};
    CHECK(n <= LAYOUT_MAX_PARTS);
    for (size_t i = 0; i < n; i++) {
        factors[i] = factor_of(layout, wires[i]);
        const bool is_alone = factors[i].group == LAYOUT_ALONE;
        memcpy(layout->joined + product.n,
               is_alone ? &wires[i] : layout->groups[factors[i].group].wires,
               factors[i].n * sizeof *wires);
        product.n += factors[i].n;
    }
    return product;
}

/* Moves a group to another deal; the order of bits stays. */
static enum status move_group(struct layout *layout, uint32_t slot, const struct layout_cut *from,
                              const struct layout_deal *to) {
    if (!layout_flow(layout, from, to)) {
        return refuse(from->n);
    }
    if (layout->store != NULL) {
        TRY(store_move(layout->store, slot, from, to));
    }
    return layout_copy_deal(&layout->groups[slot].deal, to);
}

/* The deal in layout->scratch, before a group grows. */
static enum status adopt_deal(struct layout *layout, uint32_t slot) {
    const struct layout_group *group = &layout->groups[slot];
    if (layout_is_same_deal(&group->deal, &layout->scratch)) {
        return STATUS_OK;
    }
    layout_raise_last(layout, slot, &layout->scratch);
    struct layout_cut from = {.deal = &group->deal, .n = group->n};
    return move_group(layout, slot, &from, &layout->scratch);
}

static void count_spreads(struct layout *layout, const struct store_product *product) {
    for (size_t i = 0; i < product->n_factors; i++) {
        layout_count_spread(layout, &product->factors[i]);
    }
}

/* Adds the wires of b (or a copy of wire q of the group) on top of the internal bits of a group. */
static enum status grow(struct layout *layout, uint32_t slot, const struct store_product *b,
                        uint32_t q) {
    struct layout_group *group = &layout->groups[slot];
    uint32_t n_old = group->n, n = n_old + b->n;
    TRY(vec_reserve(&group->wires, n_old, &group->cap_wires, b->n, sizeof *group->wires));
    unsigned at = layout_slice_bits(n_old, &group->deal);
    count_spreads(layout, b);
    layout_count_resize(layout, &group->deal, n_old, n);
    if (layout->store != NULL) {
        TRY(store_grow(layout->store, slot, b, q));
    }
    layout_count_amps(layout, layout_amps(n) - layout_amps(n_old));
    for (uint32_t pos = n_old; pos-- > at;) {
        put_wire(layout, slot, pos + b->n, group->wires[pos]);
    }
    for (uint32_t i = 0; i < b->n; i++) {
        put_wire(layout, slot, at + i, layout->joined[i]);
    }
    group->n = n;
    if (n > layout->peak_group_qubits) {
        layout->peak_group_qubits = n;
    }
    return STATUS_OK;
}

/* A new group from small parts, which every rank of the group reads whole. */
static enum status build(struct layout *layout, uint32_t wire_a, const struct store_factor *a,
                         const struct store_product *b, uint32_t q) {
    uint32_t slot = 0, n = a->n + b->n;
    const uint32_t bond =
        a->group == LAYOUT_ALONE ? layout->wires[wire_a].bond : layout->groups[a->group].bond;
    TRY(open_slot(layout, &slot, n, &layout->scratch));
    layout_count(layout, &layout->scratch, n, 1);
    layout_count_amps(layout, layout_amps(n));
    layout_count_spread(layout, a);
    count_spreads(layout, b);
    if (layout->store != NULL) {
        TRY(store_build(layout->store, slot, a, b, q));
    }
    for (uint32_t i = 0; i < a->n; i++) {
        bool is_alone = a->group == LAYOUT_ALONE;
        put_wire(layout, slot, i, is_alone ? wire_a : layout->groups[a->group].wires[i]);
    }
    for (uint32_t i = 0; i < b->n; i++) {
        put_wire(layout, slot, a->n + i, layout->joined[i]);
    }
    layout->groups[slot].bond = bond;
    if (a->group != LAYOUT_ALONE) {
        close_slot(layout, a->group);
    }
    return STATUS_OK;
}

enum status layout_merge(struct layout *layout, const uint32_t *wires, size_t n_wires,
                         bool is_copy) {
    struct store_factor a = factor_of(layout, wires[0]), factors[LAYOUT_MAX_PARTS];
    struct store_product b = product_of(layout, factors, wires + 1, n_wires - 1);
    bool is_group = a.group != LAYOUT_ALONE;
    const struct layout_group *group = is_group ? &layout->groups[a.group] : NULL;
    if (!layout_choose_deal(layout, is_group ? group->wires : wires, a.n, layout->joined, b.n,
                            is_group ? &group->deal : NULL, a.n)) {
        return refuse(a.n + b.n);
    }
    bool can_grow = is_group && a.n >= layout->scratch.slice_log + layout->lane_bits;
    if (can_grow) {
        TRY(adopt_deal(layout, a.group));
        layout_localize_early(layout, a.group);
    }
    uint32_t q = STORE_NO_BIT;
    if (is_copy) {
        q = is_group ? layout->wires[wires[0]].pos : 0;
        layout->wires[wires[1]].flip = layout->wires[wires[0]].flip;
    }
    TRY(can_grow ? grow(layout, a.group, &b, q) : build(layout, wires[0], &a, &b, q));
    for (size_t i = 0; i < b.n_factors; i++) {
        if (factors[i].group != LAYOUT_ALONE) {
            close_slot(layout, factors[i].group);
        }
    }
    return STATUS_OK;
}

enum status layout_copy(struct layout *layout, uint32_t q, uint32_t b) {
    CHECK(layout_is_alone(layout, b) && layout->wires[b].is_basis);
    if (layout_is_alone(layout, q) && layout->wires[q].is_basis) {
        layout->wires[b] = layout->wires[q];
        return STATUS_OK;
    }
    TRY(layout_settle(layout, q));
    set_alone(layout, b, false);
    return layout_merge(layout, (uint32_t[]){q, b}, 2, true);
}

enum status layout_pair(struct layout *layout, uint32_t a, uint32_t b) {
    CHECK(layout_is_alone(layout, a) && layout_is_alone(layout, b));
    if (!layout_choose_deal(layout, &a, 1, &b, 1, NULL, 0)) {
        return refuse(2);
    }
    uint32_t slot = 0;
    set_alone(layout, a, false);
    set_alone(layout, b, false);
    TRY(layout_place(layout, &slot, (uint32_t[]){a, b}, 2, &layout->scratch));
    return layout->store == NULL ? STATUS_OK : store_set_pair(layout->store, slot);
}

enum status layout_place(struct layout *layout, uint32_t *out_group, const uint32_t *wires,
                         uint32_t n_wires, const struct layout_deal *deal) {
    TRY(open_slot(layout, out_group, n_wires, deal));
    layout_count(layout, deal, n_wires, 1);
    layout_count_amps(layout, layout_amps(n_wires));
    for (uint32_t i = 0; i < n_wires; i++) {
        CHECK(layout_is_alone(layout, wires[i]));
        put_wire(layout, *out_group, i, wires[i]);
    }
    return layout->store == NULL ? STATUS_OK : store_take(layout->store, *out_group);
}

static void take_out_wire(struct layout *layout, uint32_t slot, uint32_t pos) {
    struct layout_group *group = &layout->groups[slot];
    if (group->n > LAYOUT_MAX_DEALT) { /* no order of bits is better than another */
        put_wire(layout, slot, pos, group->wires[group->n - 1]);
    }
    for (uint32_t i = pos; i + 1 < group->n && group->n <= LAYOUT_MAX_DEALT; i++) {
        put_wire(layout, slot, i, group->wires[i + 1]);
    }
    group->n--;
    layout_count_amps(layout, -layout_amps(group->n));
}

/* The last wire but one leaves: both are alone. */
static enum status dissolve(struct layout *layout, uint32_t slot, uint32_t wire, bool bit,
                            double factor) {
    struct layout_group *group = &layout->groups[slot];
    uint32_t pos = layout->wires[wire].pos, other = group->wires[1 - pos];
    struct layout_wire *rest = &layout->wires[other];
    double amp[4] = {0};
    layout->exchanged_bytes += 32.0 * (layout->n_ranks - 1);
    if (layout->store != NULL) {
        store_read_pair(layout->store, slot, amp, pos, bit, factor);
    }
    close_slot(layout, slot);
    unsigned zero = rest->flip ? 2 : 0;
    *rest = (struct layout_wire){.group = LAYOUT_ALONE};
    rest->amp[zero] = amp[0];
    rest->amp[zero + 1] = amp[1];
    rest->amp[2 - zero] = amp[2];
    rest->amp[3 - zero] = amp[3];
    rest->is_basis = layout->store != NULL && layout_is_basis(rest->amp);
    return STATUS_OK;
}

/* An internal bit goes, within each slice; then the group may move to fewer ranks. */
static enum status drop_internal(struct layout *layout, uint32_t slot, uint32_t pos, bool bit,
                                 double factor, bool may_move) {
    struct layout_group *group = &layout->groups[slot];
    layout_count_resize(layout, &group->deal, group->n, group->n - 1);
    if (layout->store != NULL) {
        TRY(store_drop(layout->store, slot, pos, bit, factor));
    }
    take_out_wire(layout, slot, pos);
    if (!may_move || layout_is_same_deal(&group->deal, &layout->scratch)) {
        return STATUS_OK;
    }
    struct layout_cut from = {.deal = &group->deal, .n = group->n};
    if (!layout_flow(layout, &from, &layout->scratch)) {
        return STATUS_OK; /* it may stay where it is */
    }
    if (layout->store != NULL) {
        TRY(store_move(layout->store, slot, &from, &layout->scratch));
    }
    return layout_copy_deal(&group->deal, &layout->scratch);
}

enum status layout_leave(struct layout *layout, uint32_t wire, bool value, double factor) {
    CHECK(!layout_is_alone(layout, wire));
    uint32_t slot = layout->wires[wire].group, pos = layout->wires[wire].pos;
    struct layout_group *group = &layout->groups[slot];
    bool bit = value != layout->wires[wire].flip;
    unsigned internal = layout_slice_bits(group->n, &group->deal);
    enum status status = STATUS_OK;
    if (group->n == 2) {
        status = dissolve(layout, slot, wire, bit, factor);
        set_alone(layout, wire, value);
        return status;
    }
    bool may_move = layout_choose_deal(layout, group->wires, pos, group->wires + pos + 1,
                                       group->n - 1 - pos, &group->deal, group->n);
    struct layout_cut from = {.deal = &group->deal, .n = group->n, .is_cut = true};
    if (pos >= internal) {
        from.slice_bit = pos - internal;
        from.value = bit;
        if (may_move && layout_flow(layout, &from, &layout->scratch)) {
            if (layout->store != NULL) {
                TRY(store_move(layout->store, slot, &from, &layout->scratch));
            }
            TRY(layout_copy_deal(&group->deal, &layout->scratch));
            take_out_wire(layout, slot, pos);
            set_alone(layout, wire, value);
            return layout->store == NULL ? STATUS_OK : store_scale(layout->store, slot, factor);
        }
        layout_localize(layout, &wire, 1, NULL);
        pos = layout->wires[wire].pos;
        may_move = false;
    }
    status = drop_internal(layout, slot, pos, bit, factor, may_move);
    set_alone(layout, wire, value);
    return status;
}

void layout_cross(struct layout *layout, uint32_t group, uint32_t pos_a, uint32_t pos_b) {
    uint32_t a = layout->groups[group].wires[pos_a], b = layout->groups[group].wires[pos_b];
    put_wire(layout, group, pos_b, a);
    put_wire(layout, group, pos_a, b);
}

void layout_swap(struct layout *layout, uint32_t a, uint32_t b) {
    fuse_swap(layout->fuse, a, b);
    struct layout_wire kept = layout->wires[a];
    layout->wires[a] = layout->wires[b];
    layout->wires[b] = kept;
    if (layout->wires[a].group != LAYOUT_ALONE) {
        layout->groups[layout->wires[a].group].wires[layout->wires[a].pos] = a;
    }
    if (layout->wires[b].group != LAYOUT_ALONE) {
        layout->groups[layout->wires[b].group].wires[layout->wires[b].pos] = b;
    }
}
