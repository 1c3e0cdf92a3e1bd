#include "engine/statevector/schedule.h"

#include "base/bits.h"
#include "base/log.h"
#include "base/mem.h"
#include "engine/statevector/fuse.h"
#include "engine/statevector/layout.h"

enum {
    GATES_AHEAD = 1024, /* of the program, beyond the stages */
    OPS_AHEAD = 16 * GATES_AHEAD,
    STAGES_AHEAD = 64,
};
#define NEVER UINT32_MAX

enum place { PLACE_INSIDE, PLACE_NEEDED, PLACE_OUTSIDE, PLACE_TAKEN };

enum status schedule_init(struct schedule *schedule, uint32_t n_wires) {
    *schedule = (struct schedule){0};
    schedule->next = mem_alloc(n_wires, sizeof *schedule->next);
    schedule->called = mem_alloc(n_wires, sizeof *schedule->called);
    schedule->place = mem_alloc(n_wires, sizeof *schedule->place);
    schedule->is_out = mem_alloc(n_wires, sizeof *schedule->is_out);
    schedule->later = mem_alloc(n_wires, sizeof *schedule->later);
    if (schedule->next == NULL || schedule->called == NULL || schedule->place == NULL ||
        schedule->is_out == NULL || schedule->later == NULL) {
        return STATUS_NOFIT;
    }
    for (uint32_t i = 0; i < n_wires; i++) {
        schedule->called[i] = i;
    }
    return STATUS_OK;
}

void schedule_fini(struct schedule *schedule) {
    mem_free(schedule->next);
    mem_free(schedule->called);
    mem_free(schedule->place);
    mem_free(schedule->is_out);
    mem_free(schedule->later);
    *schedule = (struct schedule){0};
}

/* ---- what comes next ---- */

struct view {
    struct layout *layout;
    struct schedule *schedule;
    uint32_t slot;
    const struct layout_group *group;
    const struct fuse_stage *stages, *end; /* to come */
    uint32_t n_unknown;                    /* wires of the group whose next use is not known */
};

static void note_use(struct view *view, uint32_t wire, uint32_t time) {
    uint32_t *next = &view->schedule->next[wire];
    if (view->layout->wires[wire].group == view->slot && *next == NEVER) {
        *next = time;
        view->n_unknown--;
    }
}

/* Wires that the op mixes or measures. */
static void note_op(struct view *view, const struct op *op, enum engine_mode mode, uint32_t time) {
    const uint32_t *qubits = op_qubits(view->layout->task->ops, op);
    unsigned diagonal = 0;
    if (op->kind == OP_GATE && mode == ENGINE_COPY) {
        return;
    }
    if (op->kind == OP_GATE) {
        diagonal = gate_get((enum gate_id)op->which)->diagonal_mask;
    }
    for (uint32_t j = 0; j < op->n_qubits; j++) {
        if (j >= 32 || !(diagonal >> j & 1)) {
            note_use(view, view->schedule->called[qubits[j]], time);
        }
    }
}

/* Two wires exchange what they are: a SWAP, or a state that moves. */
static bool find_swap(uint32_t out_wires[2], const struct engine_task *task, size_t i) {
    const struct op *op = &task->ops->ops[i];
    const uint32_t *qubits = op_qubits(task->ops, op);
    const bool is_move = task->modes[i] == ENGINE_MOVE;
    if (!is_move &&
        !(op->kind == OP_GATE && task->modes[i] == ENGINE_APPLY && op->which == GATE_SWAP)) {
        return false;
    }
    out_wires[0] = qubits[0];
    out_wires[1] = is_move ? task->copy_wires[i] : qubits[1];
    return true;
}

/* Nothing for amplitudes. */
static bool is_record(enum engine_mode mode) {
    return mode == ENGINE_SKIP || mode == ENGINE_CLEAR || mode == ENGINE_ALIAS ||
           mode == ENGINE_PART;
}

/* Ops first .. until all is known; a swap gives names only. Returns where it stopped. */
static size_t note_ops(struct view *view, size_t first, uint32_t time) {
    const struct engine_task *task = view->layout->task;
    uint32_t *called = view->schedule->called, end = time + GATES_AHEAD;
    size_t last = task->ops->n_ops - first < OPS_AHEAD ? task->ops->n_ops : first + OPS_AHEAD;
    size_t i = first;
    for (; i < last && time < end && view->n_unknown > 0; i++) {
        const struct op *op = &task->ops->ops[i];
        enum engine_mode mode = (enum engine_mode)task->modes[i];
        uint32_t wires[2];
        if (is_record(mode)) {
            continue;
        }
        if (find_swap(wires, task, i)) {
            uint32_t kept = called[wires[0]];
            called[wires[0]] = called[wires[1]];
            called[wires[1]] = kept;
        } else {
            note_op(view, op, mode, time++);
        }
    }
    return i;
}

static void forget_names(struct view *view, size_t first, size_t last) {
    const struct engine_task *task = view->layout->task;
    for (size_t i = first; i < last; i++) {
        uint32_t wires[2];
        if (find_swap(wires, task, i)) {
            view->schedule->called[wires[0]] = wires[0];
            view->schedule->called[wires[1]] = wires[1];
        }
    }
}

/* Operators that wait for other wires. Returns the time after them. */
static uint32_t note_waiting(struct view *view, uint32_t time) {
    const struct fuse *fuse = view->layout->fuse;
    for (size_t i = 0; i < fuse->waiting.n && view->n_unknown > 0; i++, time++) {
        const struct fuse_op *op = &fuse->waiting.ops[i];
        for (unsigned j = 0; j < op->n_targets; j++) {
            note_use(view, fuse->wire_of[op->wires[j]], time);
        }
    }
    return time;
}

/* Fills `next`: stages to come, then what waits, then the rest of the program. */
static void look_ahead(struct view *view) {
    const size_t op = view->layout->next_op;
    uint32_t time = 0;
    view->n_unknown = view->group->n;
    for (uint32_t i = 0; i < view->group->n; i++) {
        view->schedule->next[view->group->wires[i]] = NEVER;
    }
    for (const struct fuse_stage *stage = view->stages; stage < view->end; stage++, time++) {
        for (uint32_t i = 0; i < stage->n_targets; i++) {
            note_use(view, stage->targets[i], time);
        }
    }
    time = note_waiting(view, time);
    if (op < view->layout->task->ops->n_ops) {
        size_t last = note_ops(view, op, time);
        forget_names(view, op, last);
    }
}

/* ---- choices ---- */

/* Of the wires at `place`, the one that is needed last, or first; a fixed one of equals. */
static uint32_t pick(const struct view *view, const uint32_t *next, const uint8_t *places,
                     uint8_t place, bool is_last) {
    uint32_t best = NEVER;
    for (uint32_t i = 0; i < view->group->n; i++) {
        uint32_t wire = view->group->wires[i];
        if (places[wire] != place) {
            continue;
        }
        bool is_later =
            best != NEVER && (next[wire] != next[best] ? next[wire] > next[best] : wire > best);
        if (best == NEVER || is_later == is_last) {
            best = wire;
        }
    }
    return best;
}

/* Part of the vector that moves. */
static double volume(unsigned n_wires) {
    return 1 - 1.0 / (double)BIT64(n_wires);
}

static void find_later(const struct view *view, const struct fuse_stage *after) {
    uint32_t *later = view->schedule->later;
    for (uint32_t i = 0; i < view->group->n; i++) {
        later[view->group->wires[i]] = NEVER;
    }
    for (const struct fuse_stage *stage = view->end; --stage > after;) {
        for (uint32_t i = 0; i < stage->n_targets; i++) {
            later[stage->targets[i]] = (uint32_t)(stage - after);
        }
    }
}

/* What the stages to come move from the present is_out, if only what is needed comes in. */
static double walk_stages(const struct view *view) {
    uint8_t *is_out = view->schedule->is_out;
    double moved = 0;
    for (const struct fuse_stage *stage = view->stages; stage < view->end; stage++) {
        unsigned n = 0;
        for (uint32_t i = 0; i < stage->n_targets; i++) {
            n += is_out[stage->targets[i]] == PLACE_OUTSIDE;
            is_out[stage->targets[i]] = PLACE_NEEDED;
        }
        if (n > 0) {
            find_later(view, stage);
            moved += volume(n);
        }
        for (; n > 0; n--) {
            uint32_t wire = pick(view, view->schedule->later, is_out, PLACE_INSIDE, true);
            if (wire == NEVER) {
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
    for (uint32_t i = 0; i < view->group->n; i++) {
        is_out[view->group->wires[i]] = i < inside ? PLACE_INSIDE : PLACE_OUTSIDE;
    }
    for (unsigned i = 0; i < choice->n; i++) {
        is_out[choice->in[i]] = PLACE_INSIDE;
        is_out[choice->out[i]] = PLACE_OUTSIDE;
    }
    return volume(choice->n) + walk_stages(view);
}

static void take_pair(struct schedule_choice *choice, struct view *view, uint32_t in) {
    struct schedule *schedule = view->schedule;
    uint32_t out = pick(view, schedule->next, schedule->place, PLACE_INSIDE, true);
    CHECK(out != NEVER);
    schedule->place[in] = schedule->place[out] = PLACE_TAKEN;
    choice->in[choice->n] = in;
    choice->out[choice->n++] = out;
}

/* The first `n_least` pairs are needed; as many more as make the least move. */
static void extend(struct schedule_choice *choice, struct view *view) {
    struct schedule *schedule = view->schedule;
    struct schedule_choice longer = *choice;
    double least = rate(view, choice);
    while (longer.n < SCHEDULE_MAX_WIRES) {
        uint32_t in = pick(view, schedule->next, schedule->place, PLACE_OUTSIDE, false);
        uint32_t out = pick(view, schedule->next, schedule->place, PLACE_INSIDE, true);
        if (in == NEVER || out == NEVER || schedule->next[in] >= schedule->next[out]) {
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
    const uint32_t *next = view->schedule->next;
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

static struct view open_view(struct layout *layout, uint32_t slot) {
    struct view view = {.layout = layout, .schedule = &layout->schedule, .slot = slot};
    view.group = &layout->groups[slot];
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
    struct view view = open_view(layout, group);
    if (stage != NULL) {
        const struct fuse_stage *end = layout->fuse->stages + layout->fuse->n_stages;
        view.stages = n_wires < stage->n_targets ? stage : stage + 1;
        view.end = end - view.stages < STAGES_AHEAD ? end : view.stages + STAGES_AHEAD;
    }
    look_ahead(&view);
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

void schedule_choose_last(uint32_t *out, unsigned n, struct layout *layout, uint32_t group) {
    struct view view = open_view(layout, group);
    look_ahead(&view);
    for (unsigned i = n; i-- > 0;) {
        out[i] = pick(&view, view.schedule->next, view.schedule->place, PLACE_INSIDE, true);
        CHECK(out[i] != NEVER);
        view.schedule->place[out[i]] = PLACE_TAKEN;
    }
}
