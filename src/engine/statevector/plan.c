#include "engine/statevector/plan.h"

#include <omp.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/units.h"
#include "engine/statevector/alias.h"
#include "engine/statevector/fuse.h"
#include "engine/statevector/gate.h"
#include "engine/statevector/layout_internal.h"
#include "engine/statevector/store.h"
#include "engine/statevector/uncompute.h"

enum {
    MAX_ROUNDS = 64,      /* of a loop body, until nothing changes */
    MANY_WIRES = 1 << 20, /* whose records take much */
    SMALL_RECORDS = 14,   /* numbers of 32 bits for each wire, beside records that are larger */
};

struct plan {
    const struct engine_task *task;
    struct layout layout;
    double n_updates;
    bool is_first_round; /* of all loops around */
    bool may_part;       /* a section may end at any gate */
    uint32_t *canonical; /* per slot */
};

static enum status walk(struct plan *plan, size_t first, size_t last, bool is_certain);

static double *updates_of(struct plan *plan) {
    return plan->is_first_round ? &plan->n_updates : NULL;
}

static enum status settle(struct plan *plan) {
    TRY(uncompute_flush(&plan->layout, updates_of(plan)));
    return layout_settle_all(&plan->layout);
}

/* Wires that an IF may not have measured still count as members of their groups. */
static enum status plan_apply(struct plan *plan, size_t i) {
    const struct op *op = &plan->task->ops->ops[i];
    const uint32_t *qubits = op_qubits(plan->task->ops, op);
    struct layout *layout = &plan->layout;
    if (op->kind == OP_EBIT) {
        bool is_free = layout_is_alone(layout, qubits[0]) && layout_is_alone(layout, qubits[1]);
        return is_free ? layout_pair(layout, qubits[0], qubits[1]) : layout_join(layout, qubits, 2);
    }
    if (op->kind != OP_GATE) { /* damping makes no amplitudes and moves none */
        return STATUS_OK;
    }
    if (plan->task->modes[i] == ENGINE_COPY) {
        uint32_t pair[2] = {alias_root(layout, qubits[0]), plan->task->copy_wires[i]};
        bool is_free = layout_is_alone(layout, pair[1]) && layout->wires[pair[1]].is_basis;
        return is_free ? layout_copy(layout, pair[0], pair[1]) : layout_join(layout, pair, 2);
    }
    const enum gate_id gate = (enum gate_id)op->which;
    const double *params = op_params(plan->task->ops, op);
    return plan->may_part ? apply_gate(layout, updates_of(plan), gate, params, qubits)
                          : uncompute_gate(layout, updates_of(plan), gate, params, qubits);
}

static void plan_clear(struct plan *plan, const uint32_t *wires) {
    for (unsigned k = 0; k < 2; k++) {
        struct layout_wire *wire = &plan->layout.wires[wires[k]];
        wire->is_basis = wire->is_basis || layout_is_alone(&plan->layout, wires[k]);
    }
}

static enum status plan_alias(struct plan *plan, size_t i) {
    const uint32_t wire = op_qubits(plan->task->ops, &plan->task->ops->ops[i])[0];
    if (plan->task->modes[i] == ENGINE_MOVE) {
        return alias_move(&plan->layout, wire, plan->task->copy_wires[i]);
    }
    if (plan->task->modes[i] == ENGINE_ALIAS) {
        alias_begin(&plan->layout, wire, plan->task->copy_wires[i]);
    } else {
        alias_end(&plan->layout, wire);
    }
    return STATUS_OK;
}

static enum status plan_measure(struct plan *plan, size_t i, bool is_certain) {
    const struct op *op = &plan->task->ops->ops[i];
    const uint32_t *qubits = op_qubits(plan->task->ops, op);
    struct layout *layout = &plan->layout;
    if (op->n_qubits > 1) {
        return layout_join(layout, qubits, op->n_qubits);
    }
    if (!is_certain || op->n_qubits == 0) {
        return STATUS_OK;
    }
    if (layout_is_alone(layout, qubits[0])) {
        layout->wires[qubits[0]].is_basis = true;
        return STATUS_OK;
    }
    if (plan->is_first_round) {
        plan->n_updates += layout_amps(layout->groups[layout->wires[qubits[0]].group].n);
    }
    return layout_leave(layout, qubits[0], false, 1);
}

/* The k-th wire that an op acts on, by whatever name; false: it has no more. */
static bool get_wire(const struct plan *plan, uint32_t *out_wire, size_t i, uint32_t k) {
    const struct op *op = &plan->task->ops->ops[i];
    const enum engine_mode mode = (enum engine_mode)plan->task->modes[i];
    const bool has_copy = mode == ENGINE_COPY || mode == ENGINE_ALIAS || mode == ENGINE_MOVE;
    if (k / 2 >= op->n_qubits + (uint32_t)has_copy) {
        return false;
    }
    const uint32_t wire =
        k / 2 < op->n_qubits ? op_qubits(plan->task->ops, op)[k / 2] : plan->task->copy_wires[i];
    *out_wire = k % 2 == 0 ? wire : alias_root(&plan->layout, wire);
    return true;
}

/* Hash of the partition of the wires that ops first .. last - 1 act on, of the sizes of their
 * groups, and of what is known of lone ones. */
static uint64_t digest(struct plan *plan, size_t first, size_t last) {
    const struct layout *layout = &plan->layout;
    uint64_t hash = UINT64_C(14695981039346656037);
    uint32_t n_met = 0, id = 0;
    for (size_t i = first; i < last; i++) {
        for (uint32_t k = 0; get_wire(plan, &id, i, k); k++) {
            if (layout->wires[id].group != LAYOUT_ALONE) {
                plan->canonical[layout->wires[id].group] = UINT32_MAX;
            }
        }
    }
    for (size_t i = first; i < last; i++) {
        for (uint32_t k = 0; get_wire(plan, &id, i, k); k++, n_met++) {
            const struct layout_wire *wire = &layout->wires[id];
            uint64_t value = UINT64_MAX - wire->is_basis - wire->is_fresh;
            if (wire->group != LAYOUT_ALONE) {
                uint32_t *canonical = &plan->canonical[wire->group];
                *canonical = *canonical == UINT32_MAX ? n_met : *canonical;
                value = *canonical | (uint64_t)layout->groups[wire->group].n << 32;
            }
            hash = (hash ^ value) * UINT64_C(1099511628211);
        }
    }
    return hash;
}

/* A body is walked until a round leaves the partition as it was: no later round can then need more.
 * Other wires than its own move only with those.
 */
static enum status walk_loop(struct plan *plan, size_t first, size_t last, uint64_t n_rounds,
                             bool is_certain) {
    bool is_first_round = plan->is_first_round;
    uint64_t before = digest(plan, first, last),
             rounds = n_rounds < MAX_ROUNDS ? n_rounds : MAX_ROUNDS;
    bool is_stable = false;
    for (uint64_t i = 0; i < rounds && !is_stable; i++) {
        double exchanged = plan->layout.exchanged_bytes;
        uint64_t n_exchanges = plan->layout.n_exchanges;
        TRY(walk(plan, first, last, is_certain));
        if (!plan->is_first_round) {
            plan->layout.exchanged_bytes = exchanged;
            plan->layout.n_exchanges = n_exchanges;
        }
        plan->is_first_round = false;
        uint64_t after = digest(plan, first, last);
        is_stable = after == before;
        before = after;
    }
    plan->is_first_round = is_first_round;
    return STATUS_OK;
}

static enum status walk_block(struct plan *plan, size_t *inout, bool is_certain) {
    const struct op *ops = plan->task->ops->ops;
    size_t i = *inout;
    const struct op *op = &ops[i];
    *inout = op->match;
    if (op->kind == OP_REPEAT) {
        return walk_loop(plan, i + 1, op->match, op->arg, is_certain);
    }
    if (op->kind == OP_WHILE) {
        return walk_loop(plan, i + 1, op->match, MAX_ROUNDS, false);
    }
    TRY(walk(plan, i + 1, op->match, false));
    if (ops[op->match].kind == OP_ELSE) {
        *inout = ops[op->match].match;
        TRY(walk(plan, op->match + 1, *inout, false));
    }
    return STATUS_OK;
}

/* After it shots may have Pauli frames, and part at the first gate that does not map them. */
static bool may_part_after(const struct plan *plan, size_t i) {
    const struct op *op = &plan->task->ops->ops[i];
    const enum engine_mode mode = (enum engine_mode)plan->task->modes[i];
    switch ((enum op_kind)op->kind) {
    case OP_GATE:
        return mode != ENGINE_APPLY;
    case OP_MEASURE:
        return mode != ENGINE_SKIP;
    case OP_RESET:
    case OP_ALLOC:
        return !plan->layout.wires[op_qubits(plan->task->ops, op)[0]].is_fresh;
    case OP_BARRIER:
    case OP_SEND:
    case OP_RECV:
    case OP_REPEAT:
    case OP_END:
    case OP_DETECTOR:
    case OP_OBSERVABLE:
    case OP_TICK:
    case OP_COORDS:
    case OP_SHIFT_COORDS:
    case OP_ASSIGN:
        return false;
    case OP_FREE:
    case OP_EBIT:
    case OP_IF:
    case OP_ELSE:
    case OP_WHILE:
    case OP_NOISE:
    case OP_IDLE:
    case OP_CALL:
    case OP_KIND_COUNT:
        break;
    }
    return true;
}

static enum status walk_ops(struct plan *plan, size_t first, size_t last, bool is_certain) {
    const struct op *ops = plan->task->ops->ops;
    for (size_t i = first; i < last; i++) {
        plan->layout.next_op = i;
        if (!plan->may_part && may_part_after(plan, i)) {
            TRY(uncompute_flush(&plan->layout, updates_of(plan)));
            plan->may_part = true;
        }
        if (ops[i].kind == OP_IF || ops[i].kind == OP_WHILE || ops[i].kind == OP_REPEAT) {
            TRY(settle(plan));
            TRY(walk_block(plan, &i, is_certain));
            continue;
        }
        const enum engine_mode mode = (enum engine_mode)plan->task->modes[i];
        if (mode != ENGINE_SKIP && !(mode == ENGINE_APPLY && ops[i].kind == OP_GATE)) {
            TRY(uncompute_flush(&plan->layout, updates_of(plan)));
        }
        switch (mode) {
        case ENGINE_SKIP:
            break;
        case ENGINE_APPLY:
        case ENGINE_COPY:
            TRY(plan_apply(plan, i));
            break;
        case ENGINE_MEASURE:
            TRY(settle(plan));
            TRY(plan_measure(plan, i, is_certain));
            break;
        case ENGINE_CLEAR:
            plan_clear(plan, op_qubits(plan->task->ops, &ops[i]));
            break;
        case ENGINE_ALIAS:
        case ENGINE_PART:
        case ENGINE_MOVE:
            TRY(plan_alias(plan, i));
            break;
        }
    }
    return STATUS_OK;
}

static enum status walk(struct plan *plan, size_t first, size_t last, bool is_certain) {
    TRY(walk_ops(plan, first, last, is_certain));
    plan->layout.next_op = last;
    return settle(plan);
}

static uint64_t saturate(double x) {
    return x < 18446744073709549568.0 ? (uint64_t)x : UINT64_MAX;
}

/* A run may take smaller steps than the plan, and move a vector from few ranks to all, where it is
 * there twice meanwhile: on a rank at most 2^(balance_log + 1) slices of the least size, and half
 * as many anew, of which the largest vector, if it is no larger, leaves place for half. */
static double find_moved(const struct layout *layout, double most) {
    const struct layout_tuning *tuning = &layout->tuning;
    const double part =
        layout->amp_bytes / 2 * layout_amps(tuning->min_slice_bits + tuning->balance_log);
    const double lacks = 4 * part - most;
    return layout->n_ranks == 1 || lacks < 0 ? 0 : lacks < part ? lacks : part;
}

/* What a run may need beyond the plan, where it merges or measures what the plan did not: the
 * factor that is taken in, at most half of the wires, a slice smaller than a chunk that changes
 * its size, and vectors that move. */
static double find_slack(const struct layout *layout, double most) {
    uint32_t n = layout->peak_group_qubits / 2;
    double factor = layout->amp_bytes * layout_amps(n > layout->lane_bits ? n : layout->lane_bits);
    double slice = layout->amp_bytes / 2 * layout_amps(layout->tuning.chunk_bits);
    double moved = find_moved(layout, most);
    return (factor < most ? factor : most) + (slice < most ? slice : most) +
           (moved < most ? moved : most);
}

static void fill_result(struct plan_result *out, struct plan *plan, int n_ranks) {
    struct layout *layout = &plan->layout;
    double most = 0;
    for (int i = 0; i < n_ranks; i++) {
        most = layout->peak[i] > most ? layout->peak[i] : most;
    }
    most += find_slack(layout, most);
    out->pool_bytes = most;
    out->peak_bytes = most + (double)store_fit(layout, most, (uint64_t)omp_get_max_threads());
    bool has_wires = plan->task->n_wires > 0;
    out->figures = (struct engine_figures){
        .peak_group_qubits =
            layout->peak_group_qubits > 0 ? layout->peak_group_qubits : (uint32_t)has_wires,
        .peak_bytes = saturate(out->peak_bytes),
        .total_amps = saturate(layout->peak_amps),
        .exchanged_bytes = saturate(layout->exchanged_bytes),
        .n_exchanges = layout->n_exchanges,
        .n_amp_updates = plan->n_updates,
    };
}

/* Once. out_chunk_bits: what fits (store.h). */
/* What the records of wires take, which are there before any amplitude: refused before they are,
 * if they do not fit. */
static enum status check_records(const struct engine_task *task) {
    const uint64_t each = sizeof(struct layout_wire) + sizeof(struct fuse_mark) +
                          (sizeof(struct layout_group) + sizeof(struct layout_bond)) / 2 +
                          SMALL_RECORDS * sizeof(uint32_t);
    const uint64_t need = each * task->n_wires;
    char need_text[32], room_text[32];
    if (task->n_wires < MANY_WIRES) {
        return STATUS_OK;
    }
    const uint64_t room = mem_available();
    return need <= room
               ? STATUS_OK
               : log_error(STATUS_NOFIT, "records of %u qubits need %s; %s available",
                           task->n_wires, units_print_bytes(need_text, sizeof need_text, need),
                           units_print_bytes(room_text, sizeof room_text, room));
}

static enum status make_with(struct plan_result *out, unsigned *out_chunk_bits,
                             const struct engine_task *task, int n_ranks,
                             const struct layout_tuning *tuning) {
    struct plan plan = {.task = task, .is_first_round = true};
    enum status status = STATUS_OK;
    TRY_GOTO(check_records(task), done);
    TRY_GOTO(layout_init(&plan.layout, task, n_ranks, tuning), done);
    const unsigned chunk_bits = plan.layout.tuning.chunk_bits;
    plan.canonical = mem_alloc(plan.layout.n_groups, sizeof *plan.canonical);
    if (plan.canonical == NULL) {
        status = STATUS_NOFIT;
        goto done;
    }
    for (size_t i = 0; i < task->ops->n_ops && !plan.may_part; i++) {
        plan.may_part = task->ops->ops[i].kind == OP_NOISE; /* ends sections of many gates */
    }
    TRY_GOTO(walk(&plan, 0, task->ops->n_ops, true), done);
    fill_result(out, &plan, n_ranks);
    *out_chunk_bits = tuning->chunk_bits + plan.layout.tuning.chunk_bits - chunk_bits;
done:
    mem_free(plan.canonical);
    layout_fini(&plan.layout);
    return status;
}

/* With smaller chunks less is needed; a run has those of the plan. */
enum status plan_make(struct plan_result *out, const struct engine_task *task, int n_ranks,
                      const struct layout_tuning *tuning) {
    struct layout_tuning own = *tuning;
    unsigned chunk_bits = 0;
    TRY(make_with(out, &chunk_bits, task, n_ranks, &own));
    while (chunk_bits < own.chunk_bits) {
        own.chunk_bits = chunk_bits;
        TRY(make_with(out, &chunk_bits, task, n_ranks, &own));
    }
    out->chunk_bits = own.chunk_bits;
    return STATUS_OK;
}
