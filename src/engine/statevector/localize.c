/* Wires move between the bits inside slices and those that choose slices. */
#include "base/bits.h"
#include "base/log.h"
#include "engine/statevector/layout_internal.h"
#include "engine/statevector/store.h"

/* Amplitudes of parts whose two slices lie on different ranks (swap.c). */
static double count_moved(const struct layout_group *group, const struct store_swap *pairs,
                          unsigned n) {
    const struct layout_deal *deal = &group->deal;
    uint64_t n_slices = BIT64(deal->slice_log), n_parts = 0;
    double part = layout_amps(layout_slice_bits(group->n, deal) - n);
    if (n_slices == deal->n_ranks) {
        return part * (double)n_slices * (double)(BIT64(n) - 1);
    }
    for (uint64_t round = 1; round < BIT64(n); round++) {
        uint64_t x = 0;
        for (unsigned i = 0; i < n; i++) {
            x |= (round >> i & 1) << pairs[i].slice_bit;
        }
        for (uint64_t slice = 0; slice < n_slices; slice++) {
            n_parts += layout_owner(deal, slice) != layout_owner(deal, slice ^ x);
        }
    }
    return part * (double)n_parts;
}

static void exchange(struct layout *layout, uint32_t slot, const struct schedule_choice *choice) {
    const struct layout_group *group = &layout->groups[slot];
    unsigned inside = layout_slice_bits(group->n, &group->deal);
    struct store_swap pairs[SCHEDULE_MAX_WIRES];
    for (unsigned i = 0; i < choice->n; i++) {
        pairs[i].slice_bit = layout->wires[choice->in[i]].pos - inside;
        pairs[i].victim = layout->wires[choice->out[i]].pos;
    }
    layout->n_exchanges++;
    layout->exchanged_bytes += layout->amp_bytes * count_moved(group, pairs, choice->n);
    if (layout->store != NULL) {
        store_exchange(layout->store, slot, 0, pairs, choice->n);
    }
    for (unsigned i = 0; i < choice->n; i++) {
        layout_cross(layout, slot, pairs[i].slice_bit + inside, pairs[i].victim);
    }
}

void layout_localize(struct layout *layout, const uint32_t *wires, size_t n_wires,
                     const struct fuse_stage *stage) {
    uint32_t slot = layout->wires[wires[0]].group;
    struct schedule_choice choice;
    do {
        schedule_choose(&choice, layout, slot, wires, n_wires, stage);
        if (choice.n > 0) {
            exchange(layout, slot, &choice);
        }
    } while (choice.n > 0);
}

void layout_localize_early(struct layout *layout, uint32_t slot) {
    struct schedule_choice choice;
    schedule_choose_early(&choice, layout, slot);
    if (choice.n > 0) {
        exchange(layout, slot, &choice);
    }
}

/* The wires on two internal bits change places; the lower one is below `top`. */
static void turn(struct layout *layout, uint32_t slot, unsigned top, unsigned high, unsigned low) {
    const struct layout_group *group = &layout->groups[slot];
    struct store_swap pair = {.slice_bit = high - top, .victim = low};
    if (layout->store != NULL) {
        store_exchange(layout->store, slot, layout_slice_bits(group->n, &group->deal) - top, &pair,
                       1);
    }
    layout_cross(layout, slot, high, low);
}

void layout_raise_last(struct layout *layout, uint32_t slot, const struct layout_deal *to) {
    const struct layout_group *group = &layout->groups[slot];
    uint32_t wires[64];
    if (to->slice_log <= group->deal.slice_log) {
        return;
    }
    unsigned n = to->slice_log - group->deal.slice_log;
    unsigned top = layout_slice_bits(group->n, &group->deal) - n;
    CHECK(n <= 64 && top > 0);
    schedule_choose_last(wires, n, layout, slot);
    for (unsigned i = 0; i < n; i++) {
        uint32_t pos = layout->wires[wires[i]].pos;
        if (pos > top && pos != top + i) {
            turn(layout, slot, top, pos, 0);
            pos = 0;
        }
        if (pos != top + i) {
            turn(layout, slot, top, top + i, pos);
        }
    }
}
