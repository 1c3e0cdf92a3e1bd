#include "engine/statevector/schedule.h"

#include "base/bits.h"
#include "base/log.h"
#include "base/mem.h"
#include "engine/statevector/ahead.h"

enum place { PLACE_INSIDE, PLACE_NEEDED, PLACE_OUTSIDE, PLACE_TAKEN };

enum status schedule_init(struct schedule *schedule, uint32_t n_wires) {
    *schedule = (struct schedule){0};
    schedule->ahead = mem_alloc(1, sizeof *schedule->ahead);
    schedule->place = mem_alloc(n_wires, sizeof *schedule->place);
    schedule->is_out = mem_alloc(n_wires, sizeof *schedule->is_out);
    schedule->later = mem_alloc(n_wires, sizeof *schedule->later);
    if (schedule->ahead == NULL || schedule->place == NULL || schedule->is_out == NULL ||
        schedule->later == NULL) {
        return STATUS_NOFIT;
    }
    return ahead_init(schedule->ahead, n_wires);
}

void schedule_fini(struct schedule *schedule) {
    if (schedule->ahead != NULL) {
        ahead_fini(schedule->ahead);
        mem_free(schedule->ahead);
    }
    mem_free(schedule->place);
    mem_free(schedule->is_out);
    mem_free(schedule->later);
    *schedule = (struct schedule){0};
}

struct view {
    const struct layout *layout;
    struct schedule *schedule;
    const struct layout_group *group;
    const struct ahead *ahead;
};

/* Of the first n_members at `place`, the one that is needed last, or first; a fixed one of equals.
 */
static uint32_t pick(const struct view *view, uint32_t n_members, const uint32_t *next,
                     const uint8_t *places, uint8_t place, bool is_last) {
    uint32_t best = AHEAD_NEVER;
    for (uint32_t i = 0; i < n_members; i++) {
        uint32_t wire = view->ahead->members[i];
        if (places[wire] != place) {
            continue;
        }
        bool is_later = best != AHEAD_NEVER &&
                        (next[wire] != next[best] ? next[wire] > next[best] : wire > best);
        if (best == AHEAD_NEVER || is_later == is_last) {
            best = wire;
        }
    }
    return best;
}

static uint32_t pick_now(const struct view *view, uint8_t place, bool is_last) {
    return pick(view, view->group->n, view->ahead->next, view->schedule->place, place, is_last);
}

/* Part of the vector that moves. */
static double volume(unsigned n_wires) {
    return 1 - 1.0 / (double)BIT64(n_wires);
}

/* Fills `later`: when wires are needed after a stage. */
static void find_later(const struct view *view, uint32_t after) {
    uint32_t *later = view->schedule->later;
    for (uint32_t i = 0; i < view->ahead->n_members; i++) {
        uint32_t wire = view->ahead->members[i];
        later[wire] = view->ahead->beyond[wire];
    }
    for (uint32_t i = view->ahead->n_stages; --i > after;) {
        const struct fuse_stage *stage = &view->ahead->stages[i];
        for (uint32_t j = 0; j < stage->n_targets; j++) {
            later[stage->targets[j]] = i;
        }
    }
}

/* Of the vector in a stage, compared to now. */
static double size_of(const struct view *view, const struct fuse_stage *stage) {
    return (double)BIT64(stage->n_wires - view->group->n);
}

/* What the stages to come move from the present is_out, if only what is needed comes in. */
static double walk_stages(const struct view *view) {
    uint8_t *is_out = view->schedule->is_out;
    double moved = 0;
    for (uint32_t k = 0; k < view->ahead->n_stages; k++) {
        const struct fuse_stage *stage = &view->ahead->stages[k];
        unsigned n = 0;
        for (uint32_t i = 0; i < stage->n_targets; i++) {
            n += is_out[stage->targets[i]] == PLACE_OUTSIDE;
            is_out[stage->targets[i]] = PLACE_NEEDED;
        }
        if (n > 0) {
            find_later(view, k);
            moved += volume(n) * size_of(view, stage);
        }
        for (; n > 0; n--) {
            uint32_t wire =
                pick(view, stage->n_wires, view->schedule->later, is_out, PLACE_INSIDE, true);
            if (wire == AHEAD_NEVER) {
                break; /* a stage that does not fit at once */
            }
            is_out[wire] = PLACE_OUTSIDE;
        }
        for (uint32_t i = 0; i < stage->n_targets; i++) {
            is_out[stage->targets[i]] = PLACE_INSIDE;
        }
    }
    return moved;
}

/* All that will move if the choice is what is done now. */
static double rate(const struct view *view, const struct schedule_choice *choice) {
    uint8_t *is_out = view->schedule->is_out;
    uint32_t inside = layout_slice_bits(view->group->n, &view->group->deal);
    for (uint32_t i = 0; i < view->ahead->n_members; i++) {
        is_out[view->ahead->members[i]] = PLACE_INSIDE;
    }
    for (uint32_t i = inside; i < view->group->n; i++) {
        is_out[view->group->wires[i]] = PLACE_OUTSIDE;
    }
    for (unsigned i = 0; i < choice->n; i++) {
        is_out[choice->in[i]] = PLACE_INSIDE;
        is_out[choice->out[i]] = PLACE_OUTSIDE;
    }
    return volume(choice->n) + walk_stages(view);
}

static void take_pair(struct schedule_choice *choice, const struct view *view, uint32_t in) {
    struct schedule *schedule = view->schedule;
    uint32_t out = pick_now(view, PLACE_INSIDE, true);
    CHECK(out != AHEAD_NEVER);
    schedule->place[in] = schedule->place[out] = PLACE_TAKEN;
    choice->in[choice->n] = in;
    choice->out[choice->n++] = out;
}

/* As many pairs more as make the least move. */
static void extend(struct schedule_choice *choice, const struct view *view) {
    const uint32_t *next = view->ahead->next;
    struct schedule_choice longer = *choice;
    double least = rate(view, choice);
    while (longer.n < SCHEDULE_MAX_WIRES) {
        uint32_t in = pick_now(view, PLACE_OUTSIDE, false);
        uint32_t out = pick_now(view, PLACE_INSIDE, true);
        if (in == AHEAD_NEVER || out == AHEAD_NEVER || next[in] >= next[out]) {
            return;
        }
        take_pair(&longer, view, in);
        double moved = rate(view, &longer);
        if (moved < least) {
            least = moved;
            *choice = longer;
        }
    }
}

/* The lowest slice bits for the wires that are needed first. */
static void sort_pairs(struct schedule_choice *choice, const struct view *view) {
    const struct layout_wire *wires = view->layout->wires;
    const uint32_t *next = view->ahead->next;
    for (unsigned i = 0; i < choice->n; i++) {
        for (unsigned j = i + 1; j < choice->n; j++) {
            uint32_t a = choice->in[i], b = choice->in[j];
            if (wires[a].pos > wires[b].pos) {
                choice->in[i] = b;
                choice->in[j] = a;
            }
            a = choice->out[i];
            b = choice->out[j];
            if (next[a] != next[b] ? next[a] > next[b] : a > b) {
                choice->out[i] = b;
                choice->out[j] = a;
            }
        }
    }
}

static struct view open_view(struct layout *layout, uint32_t slot, const struct fuse_stage *stage) {
    struct view view = {.layout = layout, .schedule = &layout->schedule};
    view.group = &layout->groups[slot];
    view.ahead = view.schedule->ahead;
    ahead_look(view.schedule->ahead, layout, slot, stage);
    uint32_t inside = layout_slice_bits(view.group->n, &view.group->deal);
    for (uint32_t i = 0; i < view.group->n; i++) {
        view.schedule->place[view.group->wires[i]] = i < inside ? PLACE_INSIDE : PLACE_OUTSIDE;
    }
    return view;
}

void schedule_choose(struct schedule_choice *out, struct layout *layout, uint32_t group,
                     const uint32_t *wires, size_t n_wires, const struct fuse_stage *stage) {
    out->n = 0;
    uint32_t inside = layout_slice_bits(layout->groups[group].n, &layout->groups[group].deal);
    bool is_inside = true;
    for (size_t i = 0; i < n_wires; i++) {
        is_inside = is_inside && layout->wires[wires[i]].pos < inside;
    }
    if (is_inside) {
        return;
    }
    const bool is_whole = stage != NULL && n_wires == stage->n_targets;
    const struct view view = open_view(layout, group, is_whole ? stage + 1 : stage);
    for (size_t i = 0; i < n_wires; i++) {
        if (layout->wires[wires[i]].pos < inside) {
            view.schedule->place[wires[i]] = PLACE_NEEDED;
        }
    }
    for (size_t i = 0; i < n_wires && out->n < SCHEDULE_MAX_WIRES; i++) {
        if (layout->wires[wires[i]].pos >= inside) {
            take_pair(out, &view, wires[i]);
        }
    }
    if (stage != NULL) {
        extend(out, &view);
    }
    sort_pairs(out, &view);
}

void schedule_choose_early(struct schedule_choice *out, struct layout *layout, uint32_t group) {
    out->n = 0;
    if (layout->groups[group].deal.slice_log > 0) {
        const struct view view = open_view(layout, group, NULL);
        extend(out, &view);
        sort_pairs(out, &view);
    }
}

void schedule_choose_last(uint32_t *out, unsigned n, struct layout *layout, uint32_t group) {
    const struct view view = open_view(layout, group, NULL);
    for (unsigned i = n; i-- > 0;) {
        out[i] = pick_now(&view, PLACE_INSIDE, true);
        CHECK(out[i] != AHEAD_NEVER);
        view.schedule->place[out[i]] = PLACE_TAKEN;
    }
}
