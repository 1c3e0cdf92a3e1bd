/* Groups and lone wires that will be one group, and when they become it.
 *
 * An operator on several groups only binds them: its work, and that of all that follow, waits. When
 * it is due, operators inside one part go first, where they are cheapest. Then parts are multiplied
 * in steps of STEP_WIRES wires or one larger part, the largest first, and after each goes what then
 * can. Longer steps would do more on the whole vector, shorter ones sweep more. Of lone wires those
 * come last without which most can be done. Steps depend on the program alone. */
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "base/log.h"
#include "base/mem.h"
#include "engine/statevector/fuse.h"
#include "engine/statevector/layout_internal.h"
#include "engine/statevector/store.h"

enum {
    STEP_WIRES = LAYOUT_MAX_PARTS,
    MANY_WAITING = 128,
    CHOSEN_STEPS = 4, /* the last: each works on a vector four times as large as the one before */
};

_Static_assert(STEP_WIRES == 2, "the last are chosen by twos");

static uint32_t bond_of(const struct layout *layout, uint32_t wire) {
    const struct layout_wire *w = &layout->wires[wire];
    return w->group == LAYOUT_ALONE ? w->bond : layout->groups[w->group].bond;
}

static void set_bond(struct layout *layout, uint32_t wire, uint32_t bond) {
    struct layout_wire *w = &layout->wires[wire];
    *(w->group == LAYOUT_ALONE ? &w->bond : &layout->groups[w->group].bond) = bond;
}

static uint32_t part_size(const struct layout *layout, uint32_t wire) {
    const uint32_t group = layout->wires[wire].group;
    return group == LAYOUT_ALONE ? 1 : layout->groups[group].n;
}

uint32_t layout_size_of(const struct layout *layout, uint32_t wire) {
    const uint32_t bond = bond_of(layout, wire);
    return bond == 0 ? part_size(layout, wire) : layout->bonds[bond - 1].n;
}

static bool is_together(const struct layout *layout, uint32_t a, uint32_t b) {
    const struct layout_wire *w = layout->wires;
    const uint32_t bond = bond_of(layout, a);
    return a == b || (bond != 0 && bond == bond_of(layout, b)) ||
           (w[a].group != LAYOUT_ALONE && w[a].group == w[b].group);
}

static enum status add_part(struct layout *layout, uint32_t index, uint32_t wire) {
    struct layout_bond *bond = &layout->bonds[index];
    TRY(vec_reserve(&bond->parts, bond->n_parts, &bond->cap_parts, 1, sizeof *bond->parts));
    bond->parts[bond->n_parts++].carrier = layout->fuse->carrier_of[wire];
    bond->n += part_size(layout, wire);
    set_bond(layout, wire, index + 1);
    return STATUS_OK;
}

/* The bond of a wire; a new one, of its part alone, if it has none. */
static enum status open_bond(struct layout *layout, uint32_t *out_index, uint32_t wire) {
    const uint32_t bond = bond_of(layout, wire);
    if (bond != 0) {
        *out_index = bond - 1;
        return STATUS_OK;
    }
    uint32_t index = layout->first_free_bond;
    while (index < layout->n_bonds && layout->bonds[index].n > 0) {
        index++;
    }
    CHECK(index < layout->n_bonds);
    layout->first_free_bond = index + 1;
    layout->bonds[index].n_parts = layout->bonds[index].n_joined = 0;
    layout->n_open_bonds++;
    *out_index = index;
    return add_part(layout, index, wire);
}

static void close_bond(struct layout *layout, uint32_t index) {
    layout->bonds[index].n = 0;
    layout->n_open_bonds--;
    if (index < layout->first_free_bond) {
        layout->first_free_bond = index;
    }
}

static enum status bind(struct layout *layout, uint32_t a, uint32_t b) {
    uint32_t index = 0, other = bond_of(layout, b);
    TRY(open_bond(layout, &index, a));
    if (other == 0) {
        return add_part(layout, index, b);
    }
    const struct layout_bond *from = &layout->bonds[other - 1];
    for (size_t i = 0; i < from->n_parts; i++) {
        TRY(add_part(layout, index, layout->fuse->wire_of[from->parts[i].carrier]));
    }
    close_bond(layout, other - 1);
    return STATUS_OK;
}

enum status layout_join(struct layout *layout, const uint32_t *wires, size_t n_wires) {
    uint32_t base = wires[0];
    for (size_t i = 1; i < n_wires; i++) {
        bool is_larger = layout_size_of(layout, wires[i]) > layout_size_of(layout, base);
        base = is_larger ? wires[i] : base;
    }
    for (size_t i = 0; i < n_wires; i++) {
        if (!is_together(layout, base, wires[i])) {
            TRY(bind(layout, base, wires[i]));
        }
    }
    return STATUS_OK;
}

void layout_clear_bonds(struct layout *layout) {
    for (uint32_t i = 0; layout->n_open_bonds > 0 && i < layout->n_bonds; i++) {
        layout->bonds[i].n = 0;
    }
    layout->n_open_bonds = layout->first_free_bond = 0;
}

/* ---- one vector ---- */

/* By size, else by number. */
static int compare_parts(const void *a, const void *b, void *layout) {
    const struct layout_part *left = a, *right = b;
    const uint32_t n_left = part_size(layout, left->carrier);
    const uint32_t n_right = part_size(layout, right->carrier);
    return n_left != n_right ? (n_left < n_right ? 1 : -1) : (left->step < right->step ? -1 : 1);
}

/* Wires instead of carriers; larger parts first, else in the order in which they came. */
static void sort_parts(struct layout *layout, struct layout_bond *bond) {
    for (size_t i = 0; i < bond->n_parts; i++) {
        bond->parts[i].carrier = layout->fuse->wire_of[bond->parts[i].carrier];
        bond->parts[i].step = u32_from_size(i);
    }
    qsort_r(bond->parts, bond->n_parts, sizeof *bond->parts, compare_parts, layout);
}

/* Wires of a bond by their numbers, lone ones last, in the order of their parts. */
struct members {
    uint32_t wires[FUSE_MAX_COUNTED];
    unsigned n, first_lone; /* the first of those that come after others */
};

static void list_members(struct members *out, const struct layout *layout,
                         const struct layout_bond *bond) {
    out->n = out->first_lone = 0;
    for (size_t i = 0; i < bond->n_parts; i++) {
        const uint32_t wire = bond->parts[i].carrier, group = layout->wires[wire].group;
        if (group == LAYOUT_ALONE) {
            out->wires[out->n++] = wire;
            continue;
        }
        for (uint32_t j = 0; j < layout->groups[group].n; j++) {
            out->wires[out->n++] = layout->groups[group].wires[j];
        }
        out->first_lone = out->n;
    }
    out->first_lone += out->first_lone == 0;
}

static bool is_left(const struct members *members, uint64_t absent, unsigned i) {
    return i >= members->first_lone && !(absent >> i & 1);
}

/* The lone wire of fewest, of those not absent; of equal ones the last. */
static unsigned find_fewest(const size_t *n_stopped, const struct members *members,
                            uint64_t absent) {
    unsigned best = members->n;
    for (unsigned i = members->n; i-- > members->first_lone;) {
        const bool is_fewer = best == members->n || n_stopped[i] < n_stopped[best];
        best = is_left(members, absent, i) && is_fewer ? i : best;
    }
    return best;
}

/* Fewer than *inout_n operators must wait for this wire, another one, and those absent: then *out
 * are the two. */
static void try_wire(uint64_t *out, size_t *inout_n, struct layout *layout,
                     const struct members *members, uint64_t absent, unsigned wire) {
    size_t n_stopped[FUSE_MAX_COUNTED];
    absent |= BIT64(wire);
    fuse_count_stopped(n_stopped, layout, members->wires, members->n, absent);
    const unsigned other = find_fewest(n_stopped, members, absent);
    if (n_stopped[other] < *inout_n) {
        *inout_n = n_stopped[other];
        *out = BIT64(wire) | BIT64(other);
    }
}

/* The last two of those not absent, or those without which more can be done. */
static uint64_t choose_two(struct layout *layout, const struct members *members, uint64_t absent) {
    size_t n_stopped[FUSE_MAX_COUNTED], n = 0;
    uint64_t two = 0;
    unsigned last = members->n;
    while (bits_popcount(two) < 2) {
        two |= is_left(members, absent, --last) ? BIT64(last) : 0;
    }
    fuse_count_stopped(n_stopped, layout, members->wires, members->n, absent | two);
    n = n_stopped[last];
    fuse_count_stopped(n_stopped, layout, members->wires, members->n, absent);
    const unsigned idlest = find_fewest(n_stopped, members, absent);
    try_wire(&two, &n, layout, members, absent, idlest);
    for (unsigned i = members->n; i-- > members->first_lone;) {
        if (i != idlest && is_left(members, absent, i) && n_stopped[i] < n) {
            try_wire(&two, &n, layout, members, absent, i);
        }
    }
    return two;
}

/* Which lone wires come in the last steps. */
static void choose_steps(struct layout *layout, struct layout_bond *bond) {
    struct members members;
    uint64_t absent = 0;
    size_t at = bond->n_parts;
    if (bond->n < FUSE_LARGE_GROUP || bond->n > FUSE_MAX_COUNTED) {
        return;
    }
    list_members(&members, layout, bond);
    unsigned n_left = members.n - members.first_lone;
    for (unsigned k = 0; k < CHOSEN_STEPS && n_left > 2; k++) {
        const uint64_t chosen = choose_two(layout, &members, absent);
        for (unsigned i = members.n; i-- > members.first_lone;) {
            if (chosen >> i & 1) {
                bond->parts[--at].carrier = members.wires[i];
            }
        }
        absent |= chosen;
        n_left -= 2;
    }
    for (unsigned i = members.n; i-- > members.first_lone;) {
        if (!(absent >> i & 1)) {
            bond->parts[--at].carrier = members.wires[i];
        }
    }
}

/* The first of the parts before `last` that come in one step. */
static size_t find_step(const struct layout *layout, const struct layout_bond *bond, size_t last) {
    size_t first = last - 1;
    uint32_t n = part_size(layout, bond->parts[first].carrier);
    while (first > 1 && n < STEP_WIRES) {
        n += part_size(layout, bond->parts[first - 1].carrier);
        if (n > STORE_MAX_PRODUCT) {
            return first;
        }
        first--;
    }
    return first;
}

static void number_steps(const struct layout *layout, struct layout_bond *bond) {
    uint32_t step = 0;
    for (size_t last = bond->n_parts; last > 1; step++) {
        const size_t first = find_step(layout, bond, last);
        while (last > first) {
            bond->parts[--last].step = step;
        }
    }
    bond->parts[0].step = step;
}

/* All wires of a part. */
static void set_due(struct layout *layout, uint32_t wire, bool is_due) {
    struct layout_wire *w = &layout->wires[wire];
    *(w->group == LAYOUT_ALONE ? &w->is_due : &layout->groups[w->group].is_due) = is_due;
}

static void end(struct layout *layout) {
    CHECK(layout->fuse->next_stage == layout->fuse->n_stages);
    fuse_end(layout->fuse);
}

/* What waits for wires of one part only. */
static enum status settle_part(struct layout *layout, uint32_t wire) {
    const uint32_t group = layout->wires[wire].group;
    if (group != LAYOUT_ALONE) {
        set_due(layout, wire, true);
        TRY(fuse_plan(layout, part_size(layout, wire)));
        set_due(layout, wire, false);
        TRY(fuse_run(layout, group));
        end(layout);
    }
    return STATUS_OK;
}

/* The end of the parts that come in one step with this one. */
static size_t end_step(const struct layout_bond *bond, size_t first) {
    size_t last = first;
    while (last < bond->n_parts && bond->parts[last].step == bond->parts[first].step) {
        last++;
    }
    return last;
}

/* All that waits, in the first part and after every step: so that exchanges see it. */
static enum status plan_steps(struct layout *layout, const struct layout_bond *bond) {
    uint32_t n = 0;
    for (size_t i = 0; i < bond->n_parts;) {
        for (const size_t last = end_step(bond, i); i < last; i++) {
            set_due(layout, bond->parts[i].carrier, true);
            n += part_size(layout, bond->parts[i].carrier);
        }
        if (n > 1) {
            TRY(fuse_plan(layout, n));
        }
    }
    for (size_t i = 0; i < bond->n_parts; i++) {
        set_due(layout, bond->parts[i].carrier, false);
    }
    return STATUS_OK;
}

/* The first part and those joined take in what comes in one step. */
static enum status join_step(struct layout *layout, struct layout_bond *bond) {
    uint32_t wires[1 + LAYOUT_MAX_PARTS] = {bond->parts[0].carrier};
    const size_t last = end_step(bond, bond->n_joined);
    size_t n = 1;
    for (size_t i = bond->n_joined; i < last; i++) {
        wires[n++] = bond->parts[i].carrier;
    }
    TRY(layout_merge(layout, wires, n, false));
    bond->n_joined = last;
    TRY(fuse_run(layout, layout->wires[wires[0]].group));
    if (layout->store != NULL) {
        store_settle(layout->store);
    }
    return STATUS_OK;
}

static enum status settle_bond(struct layout *layout, struct layout_bond *bond) {
    const uint32_t first = bond->parts[0].carrier;
    for (size_t i = 1; i < bond->n_parts; i++) {
        TRY(settle_part(layout, bond->parts[i].carrier));
    }
    TRY(plan_steps(layout, bond));
    if (layout->store != NULL) { /* plans need no numbers */
        fuse_give_amps(layout, bond);
    }
    if (layout->wires[first].group != LAYOUT_ALONE) {
        TRY(fuse_run(layout, layout->wires[first].group));
    }
    while (bond->n_joined < bond->n_parts) {
        TRY(join_step(layout, bond));
    }
    end(layout);
    return STATUS_OK;
}

enum status layout_settle(struct layout *layout, uint32_t wire) {
    const uint32_t index = bond_of(layout, wire);
    if (index == 0) {
        return settle_part(layout, wire);
    }
    struct layout_bond *bond = &layout->bonds[index - 1];
    sort_parts(layout, bond);
    choose_steps(layout, bond);
    number_steps(layout, bond);
    bond->n_joined = 1;
    TRY(settle_bond(layout, bond));
    set_bond(layout, bond->parts[0].carrier, 0);
    close_bond(layout, index - 1);
    return STATUS_OK;
}

/* ---- many vectors ---- */

/* One wire, the same for all operators that will be on one vector with this one. */
static uint32_t find_first(const struct layout *layout, const struct fuse_op *op) {
    const uint32_t wire = layout->fuse->wire_of[op->wires[0]], group = layout->wires[wire].group;
    const uint32_t bond = bond_of(layout, wire);
    if (bond != 0) {
        return layout->fuse->wire_of[layout->bonds[bond - 1].parts[0].carrier];
    }
    return group == LAYOUT_ALONE ? wire : layout->groups[group].wires[0];
}

/* Many operators wait; those of others would be looked at for each vector. Where they may count
 * for what is done on a vector (fuse_count_stopped), they stay. */
static bool can_part(const struct layout *layout) {
    const struct fuse *fuse = layout->fuse;
    bool can = fuse->waiting.n > MANY_WAITING;
    for (size_t i = 0; can && fuse->waiting.n > FUSE_COUNTED_AHEAD && i < fuse->waiting.n; i++) {
        const uint32_t wire = fuse->wire_of[fuse->waiting.ops[i].wires[0]];
        can = layout_size_of(layout, wire) < FUSE_LARGE_GROUP;
    }
    return can;
}

/* What waits lies apart, by vectors, in the order of the first operator on each. */
static enum status part(struct layout *layout) {
    struct fuse *fuse = layout->fuse;
    struct fuse_list *apart = &fuse->apart;
    size_t n = 0;
    TRY(vec_reserve(&apart->ops, 0, &apart->cap, fuse->waiting.n, sizeof *apart->ops));
    fuse->epoch++;
    for (size_t i = 0; i < fuse->waiting.n; i++) {
        fuse_mark_of(fuse, find_first(layout, &fuse->waiting.ops[i]))->last++;
    }
    for (size_t i = 0; i < fuse->waiting.n; i++) {
        const struct fuse_op *op = &fuse->waiting.ops[i];
        struct fuse_mark *mark = fuse_mark_of(fuse, find_first(layout, op));
        if (mark->last > 0) { /* how many; then where the next goes */
            mark->last_mix = n;
            n += mark->last;
            mark->last = 0;
        }
        apart->ops[mark->last_mix++] = *op;
    }
    apart->n = n;
    fuse->waiting.n = 0;
    return STATUS_OK;
}

/* One vector after the other, without the operators of those to come. */
static enum status settle_apart(struct layout *layout) {
    struct fuse *fuse = layout->fuse;
    TRY(part(layout));
    const size_t n = fuse->apart.n;
    while (fuse->apart.n > 0) {
        const uint32_t first = find_first(layout, &fuse->apart.ops[n - fuse->apart.n]);
        while (fuse->apart.n > 0 &&
               find_first(layout, &fuse->apart.ops[n - fuse->apart.n]) == first) {
            TRY(fuse_push(&fuse->waiting, &fuse->apart.ops[n - fuse->apart.n]));
            fuse->apart.n--;
        }
        TRY(layout_settle(layout, first));
        CHECK(fuse->waiting.n == 0);
    }
    return STATUS_OK;
}

enum status layout_settle_all(struct layout *layout) {
    if (can_part(layout)) {
        TRY(settle_apart(layout));
    }
    while (layout->fuse->waiting.n > 0) {
        TRY(layout_settle(layout, layout->fuse->wire_of[layout->fuse->waiting.ops[0].wires[0]]));
    }
    for (uint32_t i = 0; layout->n_open_bonds > 0 && i < layout->n_bonds; i++) {
        if (layout->bonds[i].n > 0) {
            TRY(layout_settle(layout, layout->fuse->wire_of[layout->bonds[i].parts[0].carrier]));
        }
    }
    return STATUS_OK;
}
