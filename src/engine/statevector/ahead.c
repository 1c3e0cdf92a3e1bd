#include "engine/statevector/ahead.h"

#include "base/mem.h"
#include "engine/statevector/layout_internal.h"

enum {
    STAGES_AHEAD = 64,
    MAX_MEMBERS = 64,   /* larger vectors are only planned */
    GATES_AHEAD = 1024, /* of the program */
    OPS_AHEAD = 16 * GATES_AHEAD,
};

enum status ahead_init(struct ahead *ahead, uint32_t n_wires) {
    *ahead = (struct ahead){0};
    ahead->members = mem_alloc(n_wires, sizeof *ahead->members);
    ahead->is_member = mem_alloc(n_wires, sizeof *ahead->is_member);
    ahead->next = mem_alloc(n_wires, sizeof *ahead->next);
    ahead->beyond = mem_alloc(n_wires, sizeof *ahead->beyond);
    ahead->called = mem_alloc(n_wires, sizeof *ahead->called);
    if (ahead->members == NULL || ahead->is_member == NULL || ahead->next == NULL ||
        ahead->beyond == NULL || ahead->called == NULL) {
        return STATUS_NOFIT;
    }
    for (uint32_t i = 0; i < n_wires; i++) {
        ahead->called[i] = i;
    }
    return STATUS_OK;
}

void ahead_fini(struct ahead *ahead) {
    mem_free(ahead->members);
    mem_free(ahead->is_member);
    mem_free(ahead->next);
    mem_free(ahead->beyond);
    mem_free(ahead->called);
    *ahead = (struct ahead){0};
}

static void add_member(struct ahead *ahead, uint32_t wire) {
    ahead->members[ahead->n_members++] = wire;
    ahead->is_member[wire] = 1;
    ahead->next[wire] = ahead->beyond[wire] = AHEAD_NEVER;
}

/* All wires of the group of a wire. */
static void add_part(struct ahead *ahead, const struct layout *layout, uint32_t wire) {
    const uint32_t slot = layout->wires[wire].group;
    if (slot == LAYOUT_ALONE) {
        add_member(ahead, wire);
        return;
    }
    const struct layout_group *group = &layout->groups[slot];
    for (uint32_t i = 0; i < group->n; i++) {
        add_member(ahead, group->wires[i]);
    }
}

/* Those that join in the steps of which stages are looked at. */
static void add_parts(struct ahead *ahead, const struct layout *layout, uint32_t slot) {
    const struct layout_group *group = &layout->groups[slot];
    if (group->bond == 0) {
        return;
    }
    const struct layout_bond *bond = &layout->bonds[group->bond - 1];
    if (bond->n_joined == 0 || layout->wires[bond->parts[0].carrier].group != slot) {
        return;
    }
    for (size_t i = bond->n_joined; i < bond->n_parts && ahead->n_members < MAX_MEMBERS; i++) {
        add_part(ahead, layout, bond->parts[i].carrier);
    }
}

static void find_stages(struct ahead *ahead, const struct fuse *fuse,
                        const struct fuse_stage *first) {
    const struct fuse_stage *end = fuse->stages + fuse->n_stages;
    ahead->stages = first != NULL ? first : fuse->stages + fuse->next_stage;
    ahead->n_stages = 0;
    while (ahead->n_stages < STAGES_AHEAD && ahead->stages + ahead->n_stages < end &&
           ahead->stages[ahead->n_stages].n_wires <= ahead->n_members) {
        ahead->n_stages++;
    }
}

/* ---- beyond ---- */

struct view {
    struct ahead *ahead;
    const struct engine_task *task;
};

static void note_use(struct ahead *ahead, uint32_t wire, uint32_t time) {
    if (ahead->is_member[wire] && ahead->beyond[wire] == AHEAD_NEVER) {
        ahead->beyond[wire] = time;
        ahead->n_unknown--;
    }
}

static uint32_t note_waiting(struct ahead *ahead, const struct fuse *fuse, uint32_t time) {
    for (size_t i = 0; i < fuse->waiting.n && ahead->n_unknown > 0; i++, time++) {
        const struct fuse_op *op = &fuse->waiting.ops[i];
        for (unsigned j = 0; j < op->n_targets; j++) {
            note_use(ahead, fuse->wire_of[op->wires[j]], time);
        }
    }
    return time;
}

/* Wires that the op mixes or measures. */
static void note_op(struct view *view, const struct op *op, enum engine_mode mode, uint32_t time) {
    const uint32_t *qubits = op_qubits(view->task->ops, op);
    unsigned diagonal = 0;
    if (op->kind == OP_GATE && mode == ENGINE_COPY) {
        return;
    }
    if (op->kind == OP_GATE) {
        diagonal = gate_get((enum gate_id)op->which)->diagonal_mask;
    }
    for (uint32_t j = 0; j < op->n_qubits; j++) {
        if (j >= 32 || !(diagonal >> j & 1)) {
            note_use(view->ahead, view->ahead->called[qubits[j]], time);
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
    const struct engine_task *task = view->task;
    uint32_t *called = view->ahead->called, end = time + GATES_AHEAD;
    size_t last = task->ops->n_ops - first < OPS_AHEAD ? task->ops->n_ops : first + OPS_AHEAD;
    size_t i = first;
    for (; i < last && time < end && view->ahead->n_unknown > 0; i++) {
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
    for (size_t i = first; i < last; i++) {
        uint32_t wires[2];
        if (find_swap(wires, view->task, i)) {
            view->ahead->called[wires[0]] = wires[0];
            view->ahead->called[wires[1]] = wires[1];
        }
    }
}

static void note_beyond(struct ahead *ahead, const struct layout *layout) {
    struct view view = {ahead, layout->task};
    const size_t first = layout->next_op;
    ahead->n_unknown = ahead->n_members;
    const uint32_t time = note_waiting(ahead, layout->fuse, ahead->n_stages);
    if (first < layout->task->ops->n_ops) {
        forget_names(&view, first, note_ops(&view, first, time));
    }
}

void ahead_look(struct ahead *ahead, const struct layout *layout, uint32_t group,
                const struct fuse_stage *stage) {
    ahead->n_members = 0;
    add_part(ahead, layout, layout->groups[group].wires[0]);
    add_parts(ahead, layout, group);
    find_stages(ahead, layout->fuse, stage);
    note_beyond(ahead, layout);
    for (uint32_t i = 0; i < ahead->n_members; i++) {
        const uint32_t wire = ahead->members[i];
        ahead->next[wire] = ahead->beyond[wire];
        ahead->is_member[wire] = 0;
    }
    for (uint32_t i = ahead->n_stages; i-- > 0;) {
        const struct fuse_stage *to_come = &ahead->stages[i];
        for (uint32_t j = 0; j < to_come->n_targets; j++) {
            ahead->next[to_come->targets[j]] = i;
        }
    }
}
