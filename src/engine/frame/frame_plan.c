#include "engine/frame/frame_plan.h"

#include <math.h>
#include <string.h>

#include "base/bits.h"
#include "base/detmath.h"
#include "engine/frame/frame_gate.h"

enum { MAX_RESULTS = 4096 }; /* of one instruction: bounds the window of the record */

struct open_loop {
    size_t instr;
    uint64_t n_records, n_detectors; /* before it */
    double n_gates, n_noise_sites;
    uint64_t n_iterations; /* of the loops around it */
};

struct builder {
    struct frame_plan *plan;
    const struct frame_task *task;
    struct frame_cores cores;
    uint16_t core_of[GATE_COUNT]; /* 1 + core of gates without parameters; 0: not looked up */
    struct open_loop *loops;
    size_t n_loops, cap_loops;
    uint32_t *stack; /* of expressions */
    size_t cap_stack;
    uint64_t site, n_iterations;
    size_t op;          /* being compiled */
    const char *reason; /* why it is refused */
    bool is_quiet;
};

static const struct op *current(const struct builder *b) {
    return &b->task->ops->ops[b->op];
}

static enum status refuse(struct builder *b, const char *reason) {
    const struct op *op = current(b);
    const struct src_loc loc = {b->task->files != NULL ? b->task->files[op->file] : NULL, op->line,
                                op->col};
    const char *name = op->kind == OP_GATE ? gate_get((enum gate_id)op->which)->name
                                           : op_kind_name((enum op_kind)op->kind);
    b->reason = reason;
    return b->is_quiet
               ? STATUS_INPUT
               : log_error_at(STATUS_INPUT, loc, "frames cannot follow %s: %s", name, reason);
}

/* ---- pools ---- */

static enum status add_words(uint32_t **pool, size_t *n, size_t *cap, const uint32_t *words,
                             size_t n_words) {
    if (n_words > UINT32_MAX - *n) {
        return log_error(STATUS_NOFIT, "frames: more than 2^32 - 1 targets");
    }
    TRY(vec_reserve(pool, *n, cap, n_words, sizeof **pool));
    if (n_words > 0) {
        memcpy(*pool + *n, words, n_words * sizeof **pool);
    }
    *n += n_words;
    return STATUS_OK;
}

static enum status add_targets(struct frame_plan *plan, const uint32_t *words, size_t n) {
    return add_words(&plan->targets, &plan->n_targets, &plan->cap_targets, words, n);
}

static enum status add_source(struct frame_plan *plan, uint32_t word) {
    return add_words(&plan->sources, &plan->n_sources, &plan->cap_sources, &word, 1);
}

/* Where a new instruction's targets, sources and sites begin. */
static struct frame_instr begin_instr(const struct builder *b, enum frame_kind kind) {
    return (struct frame_instr){
        .kind = (uint8_t)kind,
        .group = 1,
        .site_stride = 1,
        .which = FRAME_NONE,
        .target0 = (uint32_t)b->plan->n_targets,
        .source0 = (uint32_t)b->plan->n_sources,
        .bit0 = FRAME_NONE,
        .site = (uint32_t)b->site,
        .match = FRAME_NONE,
        .op = (uint32_t)b->op,
    };
}

static bool can_join(const struct frame_instr *last, const struct frame_instr *next) {
    if (last->kind != next->kind || last->which != next->which || last->letter != next->letter ||
        last->group != next->group || last->resets != next->resets ||
        last->is_recorded != next->is_recorded || last->site_stride != next->site_stride ||
        (last->bit0 == FRAME_NONE) != (next->bit0 == FRAME_NONE)) {
        return false;
    }
    switch ((enum frame_kind)next->kind) {
    case FRAME_GATE:
    case FRAME_LINEAR:
    case FRAME_DETECTOR:
        return true;
    case FRAME_MEASURE:
    case FRAME_HERALD:
        return last->n + next->n <= MAX_RESULTS &&
               next->site == last->site + (uint64_t)last->n * last->site_stride;
    case FRAME_RESET:
    case FRAME_NOISE:
        return next->site == last->site + (uint64_t)last->n * last->site_stride;
    case FRAME_PRODUCT:
    case FRAME_EBIT:
    case FRAME_CHAIN:
    case FRAME_FEEDBACK:
    case FRAME_ASSIGN:
    case FRAME_OBSERVABLE:
    case FRAME_REPEAT:
    case FRAME_END:
        return false;
    }
    return false;
}

/* Its targets and sources are in the pools already. */
static enum status end_instr(struct builder *b, struct frame_instr instr) {
    struct frame_plan *plan = b->plan;
    instr.n_targets = (uint32_t)plan->n_targets - instr.target0;
    instr.n_sources = (uint32_t)plan->n_sources - instr.source0;
    if (plan->n_instrs > 0 && can_join(&plan->instrs[plan->n_instrs - 1], &instr)) {
        struct frame_instr *last = &plan->instrs[plan->n_instrs - 1];
        last->n += instr.n;
        last->n_targets += instr.n_targets;
        last->n_sources += instr.n_sources;
        return STATUS_OK;
    }
    if (plan->n_instrs >= FRAME_NONE) {
        return log_error(STATUS_NOFIT, "frames: more than 2^32 - 2 instructions");
    }
    TRY(vec_reserve(&plan->instrs, plan->n_instrs, &plan->cap_instrs, 1, sizeof *plan->instrs));
    plan->instrs[plan->n_instrs++] = instr;
    return STATUS_OK;
}

/* ---- channels ---- */

/* log(1 - p) without cancellation for small p. */
static double log_one_minus(double p) {
    const double y = 1.0 - p;
    return y == 1.0 ? -p : det_log(y) * (-p / (y - 1.0));
}

static enum status add_channel(struct builder *b, uint32_t *out_channel, const double *p,
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

/* Probabilities of the letters; returns their number, 0 for noise that does nothing. */
static uint32_t noise_letters(double *out_p, const struct op *op, const double *params) {
    memset(out_p, 0, 15 * sizeof *out_p);
    switch ((enum op_noise)op->which) {
    case NOISE_X:
    case NOISE_Y:
    case NOISE_Z:
        out_p[op->which - NOISE_X] = params[0];
        return 3;
    case NOISE_DEPOLARIZE1:
        for (int i = 0; i < 3; i++) {
            out_p[i] = params[0] / 3;
        }
        return 3;
    case NOISE_DEPOLARIZE2:
        for (int i = 0; i < 15; i++) {
            out_p[i] = params[0] / 15;
        }
        return 15;
    case NOISE_PAULI1:
        memcpy(out_p, params, 3 * sizeof *out_p);
        return 3;
    case NOISE_PAULI2:
        memcpy(out_p, params, 15 * sizeof *out_p);
        return 15;
    case NOISE_CORRELATED:
    case NOISE_ELSE:
        out_p[0] = params[0];
        return 1;
    case NOISE_HERALDED_ERASE:
        for (int i = 0; i < 4; i++) {
            out_p[i] = params[0] / 4;
        }
        return 4;
    case NOISE_HERALDED_PAULI1:
        memcpy(out_p, params, 4 * sizeof *out_p);
        return 4;
    case NOISE_I:
    case NOISE_II:
    case NOISE_COUNT:
    case NOISE_END:
        break;
    }
    return 0;
}

/* ---- parities ---- */

static enum status push_node(struct builder *b, size_t *n, uint32_t node) {
    TRY(vec_reserve(&b->stack, *n, &b->cap_stack, 1, sizeof *b->stack));
    b->stack[(*n)++] = node;
    return STATUS_OK;
}

static enum status add_leaf(struct builder *b, const struct expr *node) {
    struct frame_plan *plan = b->plan;
    switch ((enum expr_kind)node->kind) {
    case EXPR_BIT:
    case EXPR_EQ:
        if (node->a >= b->task->n_bits) {
            return refuse(b, "it reads bits of registers");
        }
        return add_source(plan, FRAME_BIT | node->a);
    case EXPR_REC:
        plan->max_lookback = node->a > plan->max_lookback ? node->a : plan->max_lookback;
        return add_source(plan, FRAME_REC | node->a);
    case EXPR_SWEEP:
        plan->n_sweeps = node->a >= plan->n_sweeps ? node->a + 1 : plan->n_sweeps;
        return add_source(plan, FRAME_SWEEP | node->a);
    case EXPR_CONST:
    case EXPR_NOT:
    case EXPR_AND:
    case EXPR_OR:
    case EXPR_XOR:
        break;
    }
    return STATUS_OK;
}

/* Appends the bits whose XOR the tree is, up to a constant. */
static enum status add_parity(struct builder *b, uint32_t expr) {
    const struct op_list *ops = b->task->ops;
    size_t n = 0;
    TRY(push_node(b, &n, expr));
    while (n > 0) {
        const struct expr *node = &ops->exprs[b->stack[--n]];
        switch ((enum expr_kind)node->kind) {
        case EXPR_XOR:
            TRY(push_node(b, &n, node->b));
            TRY(push_node(b, &n, node->a));
            break;
        case EXPR_NOT:
            TRY(push_node(b, &n, node->a));
            break;
        case EXPR_CONST:
            break;
        case EXPR_EQ:
            if (node->n != 1) {
                return refuse(b, "the condition compares several bits: it is no parity of them");
            }
            TRY(add_leaf(b, node));
            break;
        case EXPR_AND:
        case EXPR_OR:
            return refuse(b, "the condition is no parity of bits");
        case EXPR_BIT:
        case EXPR_REC:
        case EXPR_SWEEP:
            TRY(add_leaf(b, node));
            break;
        }
    }
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

static enum status compile_gate(struct builder *b) {
    const struct op_list *ops = b->task->ops;
    const struct op *op = current(b);
    struct frame_instr instr = begin_instr(b, FRAME_GATE);
    unsigned core = b->core_of[op->which];
    b->plan->n_gates++;
    if (core == 0) {
        struct pauli_map map;
        pauli_map_from_gate(&map, (enum gate_id)op->which, op_params(ops, op));
        if (map.n_checks > 0) {
            return refuse(b, op->n_params > 0 ? "it is no Clifford gate at this angle"
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
    if (core == 1 + FRAME_CORE_I) {
        return STATUS_OK;
    }
    if (instr.kind == FRAME_GATE) {
        instr.which = core - 1;
    }
    instr.group = (uint8_t)op->n_qubits;
    instr.n = 1;
    TRY(add_targets(b->plan, op_qubits(ops, op), op->n_qubits));
    return end_instr(b, instr);
}

static enum status add_result(struct builder *b, struct frame_instr *instr, uint32_t n_results) {
    const struct op *op = current(b);
    struct frame_plan *plan = b->plan;
    const bool keeps = op->bit < b->task->n_bits;
    instr->is_recorded =
        b->task->recorded == NULL || (keeps && bits_get(b->task->recorded, op->bit));
    if (keeps) {
        instr->bit0 = (uint32_t)plan->n_bit_refs;
        for (uint32_t i = 0; i < n_results; i++) {
            const uint32_t bit = op->bit + i;
            TRY(add_words(&plan->bits, &plan->n_bit_refs, &plan->cap_bits, &bit, 1));
        }
    }
    if (instr->is_recorded && plan->n_records < INT64_MAX) {
        plan->n_records += n_results;
    }
    return STATUS_OK;
}

static enum status compile_measure(struct builder *b) {
    const struct op_list *ops = b->task->ops;
    const struct op *op = current(b);
    const uint32_t *qubits = op_qubits(ops, op);
    const bool is_single = op->n_qubits == 1;
    struct frame_instr instr = begin_instr(b, is_single ? FRAME_MEASURE : FRAME_PRODUCT);
    b->plan->n_gates++;
    instr.n = 1;
    instr.resets = (op->which & MEASURE_RESETS) != 0;
    if (op->n_params > 0) {
        instr.site_stride = 2;
        b->plan->n_noise_sites++;
        TRY(add_channel(b, &instr.which, op_params(ops, op), 1));
    }
    if (is_single && op_pauli(op, 0) != 0) {
        instr.letter = (uint8_t)op_pauli(op, 0);
        TRY(add_targets(b->plan, qubits, 1));
    } else {
        instr.kind = FRAME_PRODUCT;
        for (uint32_t i = 0; i < op->n_qubits; i++) {
            const uint32_t target = frame_pauli(qubits[i], op_pauli(op, i));
            TRY(op_pauli(op, i) != 0 ? add_targets(b->plan, &target, 1) : STATUS_OK);
        }
    }
    TRY(add_result(b, &instr, 1));
    return end_instr(b, instr);
}

static enum status compile_reset(struct builder *b) {
    const struct op *op = current(b);
    struct frame_instr instr = begin_instr(b, FRAME_RESET);
    b->plan->n_gates++;
    instr.letter = op->kind == OP_RESET && op->arg != 0 ? (uint8_t)op->arg : 3;
    instr.n = 1;
    TRY(add_targets(b->plan, op_qubits(b->task->ops, op), 1));
    return end_instr(b, instr);
}

static enum status compile_ebit(struct builder *b) {
    struct frame_instr instr = begin_instr(b, FRAME_EBIT);
    const double *weights = b->task->ebit_weights;
    if (weights != NULL) {
        const double *p = weights + 4 * b->op + 1;
        if (p[0] + p[1] + p[2] > 0) {
            TRY(add_channel(b, &instr.which, p, 3));
            b->plan->n_noise_sites++;
        }
    }
    b->plan->n_gates++;
    instr.n = 1;
    TRY(add_targets(b->plan, op_qubits(b->task->ops, current(b)), 2));
    return end_instr(b, instr);
}

static enum status compile_chain(struct builder *b, uint32_t channel) {
    const struct op *op = current(b);
    const uint32_t *qubits = op_qubits(b->task->ops, op);
    struct frame_instr instr = begin_instr(b, FRAME_CHAIN);
    instr.which = channel;
    instr.is_else = op->which == NOISE_ELSE;
    instr.n = 1;
    for (uint32_t i = 0; i < op->n_qubits; i++) {
        const uint32_t target = frame_pauli(qubits[i], op_pauli(op, i));
        TRY(add_targets(b->plan, &target, 1));
    }
    return end_instr(b, instr);
}

static enum status compile_noise(struct builder *b) {
    const struct op_list *ops = b->task->ops;
    const struct op *op = current(b);
    const enum op_noise noise = (enum op_noise)op->which;
    const bool is_herald = noise == NOISE_HERALDED_ERASE || noise == NOISE_HERALDED_PAULI1;
    double p[15];
    const uint32_t n_letters = noise_letters(p, op, op_params(ops, op));
    struct frame_instr instr = begin_instr(b, is_herald ? FRAME_HERALD : FRAME_NOISE);
    if (n_letters == 0) {
        return STATUS_OK;
    }
    TRY(add_channel(b, &instr.which, p, n_letters));
    b->plan->n_noise_sites += op_count_sites(op);
    if (n_letters == 1) {
        return compile_chain(b, instr.which);
    }
    if (!is_herald && b->plan->channels[instr.which].p_any <= 0) {
        return STATUS_OK;
    }
    instr.group = (uint8_t)op_noise_group(noise);
    instr.n = op->n_qubits / instr.group;
    TRY(add_targets(b->plan, op_qubits(ops, op), op->n_qubits));
    if (is_herald) {
        TRY(add_result(b, &instr, instr.n));
    }
    return instr.n > 0 ? end_instr(b, instr) : STATUS_OK;
}

/* Paulis that a parity applies; also of an ELSE part, whose condition flips with it. */
static enum status compile_feedback(struct builder *b) {
    const struct op_list *ops = b->task->ops;
    const struct op *open = current(b);
    struct frame_instr instr = begin_instr(b, FRAME_FEEDBACK);
    TRY(add_parity(b, open->expr));
    for (b->op++; ops->ops[b->op].kind != OP_END; b->op++) {
        const struct op *op = current(b);
        const bool is_pauli = op->kind == OP_GATE && (op->which == GATE_X || op->which == GATE_Y ||
                                                      op->which == GATE_Z || op->which == GATE_I);
        if (!is_pauli && op->kind != OP_ELSE && op->kind != OP_BARRIER && op->kind != OP_TICK) {
            return refuse(b, "it depends on a bit; only Paulis may");
        }
        if (is_pauli && op->which != GATE_I) {
            const unsigned letter = op->which == GATE_X ? 1 : op->which == GATE_Y ? 2 : 3;
            const uint32_t target = frame_pauli(op_qubits(ops, op)[0], letter);
            TRY(add_targets(b->plan, &target, 1));
        }
    }
    return end_instr(b, instr);
}

static enum status compile_parity(struct builder *b) {
    const struct op_list *ops = b->task->ops;
    const struct op *op = current(b);
    struct frame_plan *plan = b->plan;
    struct frame_instr instr = begin_instr(b, FRAME_DETECTOR);
    if (op->kind == OP_DETECTOR) {
        TRY(add_source(plan, 0));
        instr.n = 1;
        plan->n_detectors += plan->n_detectors < INT64_MAX;
    } else {
        instr.kind = op->kind == OP_ASSIGN ? FRAME_ASSIGN : FRAME_OBSERVABLE;
        instr.which = op->kind == OP_ASSIGN ? op->bit : (uint32_t)op->arg;
    }
    TRY(op->expr != OP_NO_EXPR ? add_parity(b, op->expr) : STATUS_OK);
    if (op->kind == OP_DETECTOR) {
        plan->sources[instr.source0] = (uint32_t)plan->n_sources - instr.source0 - 1;
    } else if (op->kind == OP_OBSERVABLE) {
        if (instr.which >= plan->n_observables) {
            plan->n_observables = instr.which + 1;
        }
        for (uint32_t i = 0; i < op->n_qubits; i++) {
            const unsigned letter = (unsigned)fabs(op_params(ops, op)[i]);
            const uint32_t target = frame_pauli(op_qubits(ops, op)[i], letter);
            TRY(add_targets(plan, &target, 1));
        }
    }
    return end_instr(b, instr);
}

/* ---- loops ---- */

static enum status compile_repeat(struct builder *b) {
    struct frame_plan *plan = b->plan;
    struct frame_instr instr = begin_instr(b, FRAME_REPEAT);
    uint64_t n_iterations, n_sites;
    instr.rounds = current(b)->arg;
    if (__builtin_mul_overflow(b->n_iterations, instr.rounds, &n_iterations) ||
        __builtin_mul_overflow(n_iterations, (uint64_t)plan->n_sites, &n_sites) ||
        n_sites > INT64_MAX) {
        return refuse(b, "its rounds have more random sites than can be numbered, 2^63");
    }
    TRY(vec_reserve(&b->loops, b->n_loops, &b->cap_loops, 1, sizeof *b->loops));
    b->loops[b->n_loops++] =
        (struct open_loop){plan->n_instrs, plan->n_records,     plan->n_detectors,
                           plan->n_gates,  plan->n_noise_sites, b->n_iterations};
    b->n_iterations = n_iterations;
    plan->max_depth = b->n_loops > plan->max_depth ? (uint32_t)b->n_loops : plan->max_depth;
    return end_instr(b, instr);
}

static uint64_t multiply_added(uint64_t before, uint64_t now, uint64_t rounds) {
    uint64_t n;
    if (__builtin_mul_overflow(now - before, rounds, &n) || __builtin_add_overflow(n, before, &n) ||
        n > INT64_MAX) {
        return INT64_MAX;
    }
    return n;
}

static enum status compile_end(struct builder *b) {
    struct frame_plan *plan = b->plan;
    const struct open_loop *loop = &b->loops[--b->n_loops];
    struct frame_instr instr = begin_instr(b, FRAME_END);
    struct frame_instr *open = &plan->instrs[loop->instr];
    const double rounds = (double)open->rounds;
    plan->n_records = multiply_added(loop->n_records, plan->n_records, open->rounds);
    plan->n_detectors = multiply_added(loop->n_detectors, plan->n_detectors, open->rounds);
    plan->n_gates = loop->n_gates + (plan->n_gates - loop->n_gates) * rounds;
    plan->n_noise_sites =
        loop->n_noise_sites + (plan->n_noise_sites - loop->n_noise_sites) * rounds;
    b->n_iterations = loop->n_iterations;
    instr.match = (uint32_t)loop->instr;
    open->match = (uint32_t)plan->n_instrs;
    return end_instr(b, instr);
}

static enum status compile_op(struct builder *b) {
    switch ((enum op_kind)current(b)->kind) {
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
        return compile_noise(b);
    case OP_IF:
        return compile_feedback(b);
    case OP_ASSIGN:
    case OP_DETECTOR:
    case OP_OBSERVABLE:
        return compile_parity(b);
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
        return refuse(b, "the number of its rounds depends on results");
    case OP_IDLE:
        return refuse(b, "its error depends on the time that passes");
    case OP_CALL:
        return refuse(b, "its bits are no parities of results");
    case OP_ELSE:
    case OP_KIND_COUNT:
        break;
    }
    return log_error(STATUS_INTERNAL, "frames: an op of kind %u", current(b)->kind);
}

static enum status compile(struct builder *b) {
    const struct op_list *ops = b->task->ops;
    struct frame_plan *plan = b->plan;
    uint64_t n_sites = 0;
    for (size_t i = 0; i < ops->n_ops; i++) {
        n_sites += op_count_sites(&ops->ops[i]);
    }
    plan->n_sites = n_sites == 0 ? 1 : u32_from_size(n_sites);
    for (b->op = 0; b->op < ops->n_ops; b->op++) {
        const uint32_t n = op_count_sites(current(b));
        TRY(compile_op(b));
        b->site += n;
    }
    for (size_t i = 0; i < plan->n_instrs; i++) {
        const struct frame_instr *instr = &plan->instrs[i];
        const bool has_results = instr->kind == FRAME_MEASURE || instr->kind == FRAME_PRODUCT ||
                                 instr->kind == FRAME_HERALD;
        if (has_results && instr->n > plan->max_results) {
            plan->max_results = instr->n;
        }
    }
    return STATUS_OK;
}

static enum status build(struct builder *b) {
    b->plan = mem_alloc(1, sizeof *b->plan);
    if (b->plan == NULL) {
        return STATUS_NOFIT;
    }
    b->plan->n_qubits = b->task->n_qubits;
    b->plan->n_bits = b->task->n_bits;
    b->n_iterations = 1;
    frame_cores_init(&b->cores);
    const enum status status = compile(b);
    mem_free(b->loops);
    mem_free(b->stack);
    return status;
}

enum status frame_plan_create(struct frame_plan **out_plan, const struct frame_task *task) {
    struct builder builder = {.task = task};
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
    struct builder builder = {.task = task, .is_quiet = true};
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
    mem_free(plan);
}
