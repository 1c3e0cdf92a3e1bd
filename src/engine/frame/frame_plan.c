#include "engine/frame/frame_plan.h"

#include <math.h>
#include <string.h>

#include "base/bits.h"
#include "base/detmath.h"
#include "engine/frame/frame_build.h"

enum status frame_refuse(struct frame_builder *b, const char *reason) {
    const struct op *op = frame_op(b);
    const struct src_loc loc = {b->task->files != NULL ? b->task->files[op->file] : NULL, op->line,
                                op->col};
    const char *name = op->kind == OP_GATE    ? gate_get((enum gate_id)op->which)->name
                       : op->kind == OP_NOISE ? op_noise_name((enum op_noise)op->which)
                                              : op_kind_name((enum op_kind)op->kind);
    b->reason = reason;
    return b->is_quiet
               ? STATUS_INPUT
               : log_error_at(STATUS_INPUT, loc, "frames cannot follow %s: %s", name, reason);
}

/* ---- channels ---- */

/* log(1 - p) without cancellation for small p. */
static double log_one_minus(double p) {
    const double y = 1.0 - p;
    return y == 1.0 ? -p : det_log(y) * (-p / (y - 1.0));
}

static enum status add_channel(struct frame_builder *b, uint32_t *out_channel, const double *p,
                               uint32_t n_letters) {
    struct frame_plan *plan = b->plan;
    struct frame_channel channel = {.n_letters = n_letters, .is_even = true};
    uint32_t n_happen = 0;
    for (uint32_t i = 0; i < n_letters; i++) {
        channel.p[i] = p[i];
        channel.p_any += p[i];
        channel.is_even = channel.is_even && p[i] == p[0];
        channel.only = p[i] > 0 ? i + 1 : channel.only;
        n_happen += p[i] > 0;
    }
    channel.only = n_happen == 1 ? channel.only : 0;
    channel.log_keep = channel.p_any < 1 ? log_one_minus(channel.p_any) : -INFINITY;
    for (size_t i = plan->n_channels; i-- > 0 && plan->n_channels - i <= 16;) {
        if (plan->channels[i].n_letters == n_letters &&
            memcmp(plan->channels[i].p, channel.p, sizeof channel.p) == 0) {
            *out_channel = (uint32_t)i;
            return STATUS_OK;
        }
    }
    TRY(vec_reserve(&plan->channels, plan->n_channels, &plan->cap_channels, 1, sizeof channel));
    plan->channels[plan->n_channels] = channel;
    *out_channel = u32_from_size(plan->n_channels++);
    return STATUS_OK;
}

/* ---- ops ---- */

static enum status add_map(struct frame_plan *plan, uint32_t *out_map,
                           const struct pauli_map *from) {
    struct frame_map map = {.n_qubits = from->n_qubits};
    memcpy(map.image, from->image, sizeof map.image);
    for (size_t i = plan->n_maps; i-- > 0 && plan->n_maps - i <= 16;) {
        if (memcmp(&plan->maps[i], &map, sizeof map) == 0) {
            *out_map = (uint32_t)i;
            return STATUS_OK;
        }
    }
    TRY(vec_reserve(&plan->maps, plan->n_maps, &plan->cap_maps, 1, sizeof map));
    plan->maps[plan->n_maps] = map;
    *out_map = u32_from_size(plan->n_maps++);
    return STATUS_OK;
}

static enum status compile_gate(struct frame_builder *b) {
    const struct op_list *ops = b->task->ops;
    const struct op *op = frame_op(b);
    struct frame_instr instr = frame_begin_instr(b, FRAME_GATE);
    unsigned core = b->core_of[op->which];
    bool mine;
    b->plan->n_gates++;
    TRY(frame_check_place(b, &mine));
    if (core == 0) {
        struct pauli_map map;
        pauli_map_from_gate(&map, (enum gate_id)op->which, op_params(ops, op));
        if (map.n_checks > 0) {
            return frame_refuse(b, op->n_params > 0 ? "it is no Clifford gate at this angle"
                                                    : "it is no Clifford gate");
        }
        core = 1u + frame_cores_find(&b->cores, &map);
        if (core > FRAME_CORE_COUNT) {
            instr.kind = FRAME_LINEAR;
            TRY(add_map(b->plan, &instr.which, &map));
        } else if (op->n_params == 0) {
            b->core_of[op->which] = (uint16_t)core;
        }
    }
    if (core == 1 + FRAME_CORE_I || !mine) {
        return STATUS_OK;
    }
    if (instr.kind == FRAME_GATE) {
        instr.which = core - 1;
    }
    instr.group = (uint8_t)op->n_qubits;
    instr.n = 1;
    TRY(frame_add_qubits(b, op_qubits(ops, op), op->n_qubits));
    return frame_end_instr(b, instr);
}

/* The instruction writes that bit. */
static enum status add_result(struct frame_builder *b, struct frame_instr *instr, uint32_t bit) {
    struct frame_plan *plan = b->plan;
    const bool keeps = bit < b->task->n_bits;
    instr->is_recorded = b->task->recorded == NULL || (keeps && bits_get(b->task->recorded, bit));
    if (keeps) {
        instr->bit0 = (uint32_t)plan->n_bit_refs;
        TRY(frame_add_words(&plan->bits, &plan->n_bit_refs, &plan->cap_bits, &bit, 1));
    }
    plan->n_records += instr->is_recorded && plan->n_records < INT64_MAX;
    return STATUS_OK;
}

/* A result that another rank has. */
static enum status add_foreign(struct frame_builder *b, uint32_t bit) {
    struct frame_instr instr = frame_begin_instr(b, FRAME_FOREIGN);
    instr.n = 1;
    TRY(add_result(b, &instr, bit));
    return instr.is_recorded || instr.bit0 != FRAME_NONE ? frame_end_instr(b, instr) : STATUS_OK;
}

static enum status compile_measure(struct frame_builder *b) {
    const struct op_list *ops = b->task->ops;
    const struct op *op = frame_op(b);
    const uint32_t *qubits = op_qubits(ops, op);
    const bool is_single = op->n_qubits == 1;
    struct frame_instr instr = frame_begin_instr(b, is_single ? FRAME_MEASURE : FRAME_PRODUCT);
    bool mine;
    b->plan->n_gates++;
    if (op->n_params > 1) {
        return frame_refuse(b, "how often its result is wrong depends on the result");
    }
    b->plan->n_noise_sites += op->n_params;
    TRY(frame_check_place(b, &mine));
    if (!mine) {
        return add_foreign(b, op->bit);
    }
    instr.n = 1;
    instr.resets = (op->which & MEASURE_RESETS) != 0;
    if (op->n_params > 0) {
        instr.site_stride = 2;
        TRY(add_channel(b, &instr.which, op_params(ops, op), 1));
    }
    if (is_single && op_pauli(op, 0) != 0) {
        instr.letter = (uint8_t)op_pauli(op, 0);
        TRY(frame_add_qubits(b, qubits, 1));
    } else {
        instr.kind = FRAME_PRODUCT;
        for (uint32_t i = 0; i < op->n_qubits; i++) {
            TRY(frame_add_pauli(b, qubits[i], op_pauli(op, i)));
        }
    }
    TRY(add_result(b, &instr, op->bit));
    return frame_end_instr(b, instr);
}

static enum status compile_reset(struct frame_builder *b) {
    const struct op *op = frame_op(b);
    struct frame_instr instr = frame_begin_instr(b, FRAME_RESET);
    const uint32_t *qubits = op_qubits(b->task->ops, op);
    b->plan->n_gates++;
    if (!frame_is_mine(b, qubits[0])) {
        return STATUS_OK;
    }
    instr.letter = op->kind == OP_RESET && op->arg != 0 ? (uint8_t)op->arg : 3;
    instr.n = 1;
    TRY(frame_add_qubits(b, qubits, 1));
    return frame_end_instr(b, instr);
}

static enum status compile_ebit(struct frame_builder *b) {
    struct frame_instr instr = frame_begin_instr(b, FRAME_EBIT);
    const uint32_t *pair = op_qubits(b->task->ops, frame_op(b));
    const double *weights = b->task->ebit_weights;
    b->plan->n_gates++;
    if (frame_count_mine(b, pair, 2) == 0) {
        return STATUS_OK;
    }
    if (weights != NULL) {
        const double *p = weights + 4 * b->op + 1;
        if (p[0] + p[1] + p[2] > 0) {
            TRY(add_channel(b, &instr.which, p, 3));
            b->plan->n_noise_sites++;
        }
    }
    instr.n = 1;
    TRY(frame_add_qubits(b, pair, 2));
    return frame_end_instr(b, instr);
}

static enum status compile_chain(struct frame_builder *b, uint32_t channel, bool is_conditional) {
    const struct op *op = frame_op(b);
    const uint32_t *qubits = op_qubits(b->task->ops, op);
    struct frame_instr instr = frame_begin_instr(b, FRAME_CHAIN);
    instr.which = channel;
    instr.is_else = op->which == NOISE_ELSE;
    instr.is_conditional = is_conditional;
    instr.n = 1;
    for (uint32_t i = 0; i < op->n_qubits; i++) {
        TRY(frame_add_pauli(b, qubits[i], op_pauli(op, i)));
    }
    return frame_end_instr(b, instr);
}

/* Group by group, where some are here and some are not. */
static enum status compile_noise_groups(struct frame_builder *b, struct frame_instr instr,
                                        uint32_t n) {
    const uint32_t *qubits = op_qubits(b->task->ops, frame_op(b));
    for (uint32_t i = 0; i < n; i++, qubits += instr.group) {
        if (frame_count_mine(b, qubits, instr.group) == 0) {
            continue;
        }
        struct frame_instr one = instr;
        one.target0 = (uint32_t)b->plan->n_targets;
        one.site = instr.site + i;
        one.n = 1;
        TRY(frame_add_qubits(b, qubits, instr.group));
        TRY(frame_end_instr(b, one));
    }
    return STATUS_OK;
}

static enum status compile_herald(struct frame_builder *b, struct frame_instr instr) {
    const struct op *op = frame_op(b);
    const uint32_t *qubits = op_qubits(b->task->ops, op);
    if (op->n_qubits != 1) {
        return frame_refuse(b, "it has another number of qubits than one");
    }
    if (!frame_is_mine(b, qubits[0])) {
        return add_foreign(b, op->bit);
    }
    instr.n = 1;
    TRY(frame_add_qubits(b, qubits, 1));
    TRY(add_result(b, &instr, op->bit));
    return frame_end_instr(b, instr);
}

enum status frame_compile_noise(struct frame_builder *b, bool is_conditional) {
    const struct op_list *ops = b->task->ops;
    const struct op *op = frame_op(b);
    const enum op_noise noise = (enum op_noise)op->which;
    const bool is_herald = noise == NOISE_HERALDED_ERASE || noise == NOISE_HERALDED_PAULI1;
    double p[15];
    const uint32_t n_letters = op_noise_letters(p, op, op_params(ops, op));
    struct frame_instr instr = frame_begin_instr(b, is_herald ? FRAME_HERALD : FRAME_NOISE);
    if (noise == NOISE_RELAX || noise == NOISE_RESET) {
        return frame_refuse(b, "it is no Pauli error");
    }
    if (n_letters == 0) {
        return STATUS_OK;
    }
    TRY(add_channel(b, &instr.which, p, n_letters));
    b->plan->n_noise_sites += op_count_sites(op);
    if (n_letters == 1) {
        return compile_chain(b, instr.which, is_conditional);
    }
    if (!is_herald && b->plan->channels[instr.which].p_any <= 0) {
        return STATUS_OK;
    }
    instr.group = (uint8_t)op_noise_group(noise);
    instr.is_conditional = is_conditional;
    if (is_herald && is_conditional) {
        return frame_refuse(b, "it depends on a bit, and so would its result");
    }
    if (is_herald) {
        return compile_herald(b, instr);
    }
    instr.n = op->n_qubits / instr.group;
    if (b->local != NULL) {
        return compile_noise_groups(b, instr, instr.n);
    }
    TRY(frame_add_qubits(b, op_qubits(ops, op), op->n_qubits));
    return instr.n > 0 ? frame_end_instr(b, instr) : STATUS_OK;
}

/* ---- loops ---- */

static enum status compile_repeat(struct frame_builder *b) {
    struct frame_plan *plan = b->plan;
    TRY(frame_end_waiting(b, b->waiting.n));
    struct frame_instr instr = frame_begin_instr(b, FRAME_REPEAT);
    uint64_t n_iterations, n_sites;
    instr.rounds = frame_op(b)->arg;
    if (__builtin_mul_overflow(b->n_iterations, instr.rounds, &n_iterations) ||
        __builtin_mul_overflow(n_iterations, (uint64_t)plan->n_sites, &n_sites) ||
        n_sites > INT64_MAX) {
        return frame_refuse(b, "its rounds have more random sites than can be numbered, 2^63");
    }
    TRY(vec_reserve(&b->loops, b->n_loops, &b->cap_loops, 1, sizeof *b->loops));
    b->loops[b->n_loops++] = (struct frame_open_loop){
        plan->n_instrs, plan->n_records,     plan->n_detectors, plan->n_conditions,
        plan->n_gates,  plan->n_noise_sites, b->n_iterations};
    b->n_iterations = n_iterations;
    plan->max_depth = b->n_loops > plan->max_depth ? (uint32_t)b->n_loops : plan->max_depth;
    return frame_end_instr(b, instr);
}

static uint64_t multiply_added(uint64_t before, uint64_t now, uint64_t rounds) {
    uint64_t n;
    if (__builtin_mul_overflow(now - before, rounds, &n) || __builtin_add_overflow(n, before, &n) ||
        n > INT64_MAX) {
        return INT64_MAX;
    }
    return n;
}

static enum status compile_end(struct frame_builder *b) {
    struct frame_plan *plan = b->plan;
    TRY(frame_end_waiting(b, b->waiting.n));
    const struct frame_open_loop *loop = &b->loops[--b->n_loops];
    struct frame_instr instr = frame_begin_instr(b, FRAME_END);
    struct frame_instr *open = &plan->instrs[loop->instr];
    const double rounds = (double)open->rounds;
    plan->n_records = multiply_added(loop->n_records, plan->n_records, open->rounds);
    plan->n_detectors = multiply_added(loop->n_detectors, plan->n_detectors, open->rounds);
    plan->n_conditions = multiply_added(loop->n_conditions, plan->n_conditions, open->rounds);
    plan->n_gates = loop->n_gates + (plan->n_gates - loop->n_gates) * rounds;
    plan->n_noise_sites =
        loop->n_noise_sites + (plan->n_noise_sites - loop->n_noise_sites) * rounds;
    b->n_iterations = loop->n_iterations;
    instr.match = (uint32_t)loop->instr;
    open->match = (uint32_t)plan->n_instrs;
    return frame_end_instr(b, instr);
}

static enum status compile_op(struct frame_builder *b) {
    switch ((enum op_kind)frame_op(b)->kind) {
    case OP_GATE:
        return compile_gate(b);
    case OP_MEASURE:
        return compile_measure(b);
    case OP_RESET:
    case OP_FREE:
        return compile_reset(b);
    case OP_EBIT:
        return compile_ebit(b);
    case OP_NOISE:
        return frame_compile_noise(b, false);
    case OP_IF:
        return frame_compile_feedback(b);
    case OP_ASSIGN:
    case OP_DETECTOR:
    case OP_OBSERVABLE:
        return frame_compile_parity(b);
    case OP_REPEAT:
        return compile_repeat(b);
    case OP_END:
        return compile_end(b);
    case OP_ALLOC: /* in |0> since the start or its last FREE */
    case OP_BARRIER:
    case OP_SEND:
    case OP_RECV:
    case OP_TICK:
    case OP_COORDS:
    case OP_SHIFT_COORDS:
        return STATUS_OK;
    case OP_WHILE:
        return frame_refuse(b, "the number of its rounds depends on results");
    case OP_IDLE:
        return frame_refuse(b, "its error depends on the time that passes");
    case OP_CALL:
        return frame_refuse(b, "its bits are no parities of results");
    case OP_ELSE:
    case OP_KIND_COUNT:
        break;
    }
    return log_error(STATUS_INTERNAL, "frames: an op of kind %u", frame_op(b)->kind);
}

static enum status compile(struct frame_builder *b) {
    const struct op_list *ops = b->task->ops;
    struct frame_plan *plan = b->plan;
    uint64_t n_sites = 0;
    for (size_t i = 0; i < ops->n_ops; i++) {
        n_sites += op_count_sites(&ops->ops[i]);
    }
    plan->n_sites = n_sites == 0 ? 1 : u32_from_size(n_sites);
    for (b->op = 0; b->op < ops->n_ops; b->op++) {
        const uint32_t n = op_count_sites(frame_op(b));
        TRY(compile_op(b));
        b->site += n;
    }
    for (size_t i = 0; i < plan->n_instrs; i++) {
        const struct frame_instr *instr = &plan->instrs[i];
        const bool has_results = instr->kind == FRAME_MEASURE || instr->kind == FRAME_PRODUCT ||
                                 instr->kind == FRAME_HERALD || instr->kind == FRAME_FOREIGN;
        if (has_results && instr->n > plan->max_results) {
            plan->max_results = instr->n;
        }
    }
    return STATUS_OK;
}

/* This rank's qubits in the list's order, then one for all others. */
static enum status number_qubits(struct frame_builder *b) {
    const struct frame_task *task = b->task;
    uint32_t n = 0;
    b->plan->qubits = mem_alloc(task->n_qubits + 1u, sizeof *b->plan->qubits);
    b->local = mem_alloc(task->n_qubits + 1u, sizeof *b->local);
    if (b->plan->qubits == NULL || b->local == NULL) {
        return STATUS_NOFIT;
    }
    for (uint32_t qubit = 0; qubit < task->n_qubits; qubit++) {
        if (task->qubit_rank[qubit] == task->rank) {
            b->plan->qubits[n] = qubit;
            b->local[qubit] = n++;
        }
    }
    for (uint32_t qubit = 0; qubit < task->n_qubits; qubit++) {
        b->local[qubit] = frame_is_mine(b, qubit) ? b->local[qubit] : n;
    }
    b->plan->n_qubits = n + 1;
    b->waiting.until = mem_alloc(n + 1u, sizeof *b->waiting.until);
    return b->waiting.until != NULL ? STATUS_OK : STATUS_NOFIT;
}

static enum status build(struct frame_builder *b) {
    enum status status = STATUS_OK;
    b->plan = mem_alloc(1, sizeof *b->plan);
    if (b->plan == NULL) {
        return STATUS_NOFIT;
    }
    b->plan->n_qubits = b->task->n_qubits;
    b->plan->n_bits = b->task->n_bits;
    b->plan->n_ranks = 1;
    b->n_iterations = 1;
    frame_cores_init(&b->cores);
    if (b->task->qubit_rank != NULL) {
        b->plan->n_ranks = b->task->n_ranks;
        status = number_qubits(b);
        status = status == STATUS_OK ? frame_find_writers(b) : status;
    }
    status = status == STATUS_OK ? compile(b) : status;
    status = status == STATUS_OK ? frame_end_waiting(b, b->waiting.n) : status;
    mem_free(b->waiting.instrs);
    mem_free(b->waiting.until);
    mem_free(b->loops);
    mem_free(b->stack);
    mem_free(b->local);
    mem_free(b->writer);
    return status;
}

enum status frame_plan_create(struct frame_plan **out_plan, const struct frame_task *task) {
    struct frame_builder builder = {.task = task};
    const enum status status = build(&builder);
    if (status != STATUS_OK) {
        frame_plan_destroy(builder.plan);
        return status;
    }
    *out_plan = builder.plan;
    return STATUS_OK;
}

bool frame_plan_is_possible(const struct frame_task *task, size_t *out_op,
                            const char **out_reason) {
    struct frame_builder builder = {.task = task, .is_quiet = true};
    const enum status status = build(&builder);
    frame_plan_destroy(builder.plan);
    if (status == STATUS_OK) {
        return true;
    }
    *out_op = builder.op;
    *out_reason = builder.reason != NULL ? builder.reason : "there is no memory";
    return false;
}

void frame_plan_destroy(struct frame_plan *plan) {
    if (plan == NULL) {
        return;
    }
    mem_free(plan->instrs);
    mem_free(plan->targets);
    mem_free(plan->sources);
    mem_free(plan->bits);
    mem_free(plan->channels);
    mem_free(plan->maps);
    mem_free(plan->qubits);
    mem_free(plan);
}
