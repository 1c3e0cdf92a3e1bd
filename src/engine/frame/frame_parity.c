/* What depends on results: parities, detectors, feedback and, in a team, what of it travels. */
#include <math.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "engine/frame/frame_build.h"

static enum status add_source(struct frame_plan *plan, uint32_t word) {
    return frame_add_words(&plan->sources, &plan->n_sources, &plan->cap_sources, &word, 1);
}

static enum status push_node(struct frame_builder *b, size_t *n, uint32_t node) {
    TRY(vec_reserve(&b->stack, *n, &b->cap_stack, 1, sizeof *b->stack));
    b->stack[(*n)++] = node;
    return STATUS_OK;
}

static enum status add_leaf(struct frame_builder *b, const struct expr *node) {
    struct frame_plan *plan = b->plan;
    switch ((enum expr_kind)node->kind) {
    case EXPR_BIT:
    case EXPR_EQ:
        if (node->a >= b->task->n_bits) {
            return frame_refuse(b, "it reads bits of registers");
        }
        return add_source(plan, FRAME_BIT | node->a);
    case EXPR_REC:
        plan->max_lookback = node->a > plan->max_lookback ? node->a : plan->max_lookback;
        return add_source(plan, FRAME_REC | node->a);
    case EXPR_SWEEP:
        plan->n_sweeps = node->a >= plan->n_sweeps ? node->a + 1 : plan->n_sweeps;
        return b->leaves_sweeps ? STATUS_OK : add_source(plan, FRAME_SWEEP | node->a);
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
static enum status add_parity(struct frame_builder *b, uint32_t expr) {
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
                return frame_refuse(b,
                                    "the condition compares several bits: it is no parity of them");
            }
            TRY(add_leaf(b, node));
            break;
        case EXPR_AND:
        case EXPR_OR:
            return frame_refuse(b, "the condition is no parity of bits");
        case EXPR_BIT:
        case EXPR_REC:
        case EXPR_SWEEP:
            TRY(add_leaf(b, node));
            break;
        }
    }
    return STATUS_OK;
}

static void note_writer(struct frame_builder *b, uint32_t bit, uint32_t writer) {
    if (bit < b->task->n_bits) {
        b->writer[bit] = b->writer[bit] == 0 || b->writer[bit] == writer ? writer : FRAME_NONE;
    }
}

enum status frame_find_writers(struct frame_builder *b) {
    const struct op_list *ops = b->task->ops;
    b->writer = mem_alloc(b->task->n_bits + 1u, sizeof *b->writer);
    if (b->writer == NULL) {
        return STATUS_NOFIT;
    }
    for (size_t i = 0; i < ops->n_ops; i++) {
        const struct op *op = &ops->ops[i];
        if (op->kind == OP_MEASURE || op->kind == OP_NOISE) {
            note_writer(b, op->bit,
                        op->n_qubits > 0 ? 1 + b->task->qubit_rank[op_qubits(ops, op)[0]] : 1);
        } else if (op->kind == OP_ASSIGN) {
            note_writer(b, op->bit, FRAME_NONE);
        }
    }
    return STATUS_OK;
}

/* Does rank have a part of the parity whose sources are those from `source0` on? */
static bool has_part(const struct frame_builder *b, uint32_t rank, size_t source0) {
    for (size_t i = source0; i < b->plan->n_sources; i++) {
        const uint32_t source = b->plan->sources[i], number = source & FRAME_SOURCE_MASK;
        if ((source & ~FRAME_SOURCE_MASK) == FRAME_REC ||
            ((source & ~FRAME_SOURCE_MASK) == FRAME_BIT &&
             (b->writer[number] == FRAME_NONE || b->writer[number] == 1 + rank))) {
            return true;
        }
    }
    return false;
}

/* Rows from a rank come in the order in which it sent them: what waits for one of those before goes
 * first. */
static enum status take_earlier(struct frame_builder *b, size_t source0) {
    const struct frame_waiting *waiting = &b->waiting;
    size_t until = waiting->n;
    for (; until > waiting->head; until--) {
        const struct frame_instr *instr = &waiting->instrs[until - 1];
        if (instr->kind == FRAME_RECEIVE && has_part(b, instr->which, source0)) {
            break;
        }
    }
    while (until > waiting->head && waiting->instrs[until - 1].kind != FRAME_FEEDBACK) {
        until++; /* to the one that it is for */
    }
    return frame_end_waiting(b, until);
}

/* The parity that feedback or errors want goes from the ranks that have parts of it to those with
 * targets; a bit of a sweep is known to all. Only RECEIVE and FEEDBACK stand at a target's rank,
 * and wait where this rank has no part, whose rows could change. */
static enum status pass_parts(struct frame_builder *b, const bool *is_target, size_t source0,
                              bool does_wait) {
    const struct frame_task *task = b->task;
    TRY(is_target[task->rank] && !does_wait ? take_earlier(b, source0) : STATUS_OK);
    for (uint32_t to = 0; to < task->n_ranks; to++) {
        for (uint32_t from = 0; from < task->n_ranks && is_target[to]; from++) {
            if (from == to || !has_part(b, from, source0)) {
                continue;
            }
            if (from == task->rank) {
                struct frame_instr send = frame_begin_instr(b, FRAME_SEND);
                send.source0 = (uint32_t)source0;
                send.which = to;
                TRY(frame_end_instr(b, send));
            } else if (to == task->rank) {
                struct frame_instr receive = frame_begin_instr(b, FRAME_RECEIVE);
                receive.which = from;
                TRY(does_wait ? frame_put_off(b, receive) : frame_end_instr(b, receive));
            }
        }
    }
    return STATUS_OK;
}

/* In a team: the ranks that make errors of the IF learn its condition. Of a chain of errors all do,
 * as what is left of it may be anywhere. */
static enum status tell_condition(struct frame_builder *b, size_t source0) {
    const struct op_list *ops = b->task->ops;
    bool *is_target = mem_alloc(b->task->n_ranks, sizeof *is_target);
    if (is_target == NULL) {
        return STATUS_NOFIT;
    }
    for (size_t i = b->op; ops->ops[i].kind != OP_END; i++) {
        const struct op *op = &ops->ops[i];
        const bool is_chain = op->which == NOISE_CORRELATED || op->which == NOISE_ELSE;
        for (uint32_t q = 0; op->kind == OP_NOISE && q < op->n_qubits; q++) {
            is_target[b->task->qubit_rank[op_qubits(ops, op)[q]]] = true;
        }
        for (uint32_t rank = 0; op->kind == OP_NOISE && is_chain && rank < b->task->n_ranks;
             rank++) {
            is_target[rank] = true;
        }
    }
    const enum status status = pass_parts(b, is_target, source0, false);
    mem_free(is_target);
    return status;
}

/* Errors of the block of an IF and of its ELSE, each where its condition holds. The op is the IF,
 * and then its END. */
static enum status compile_errors(struct frame_builder *b) {
    const size_t source0 = b->plan->n_sources;
    TRY(add_parity(b, frame_op(b)->expr));
    TRY(b->local != NULL ? tell_condition(b, source0) : STATUS_OK);
    struct frame_instr condition = frame_begin_instr(b, FRAME_CONDITION);
    condition.source0 = (uint32_t)source0;
    TRY(frame_end_instr(b, condition));
    b->plan->n_conditions += b->plan->n_conditions < INT64_MAX;
    for (b->op++; frame_op(b)->kind != OP_END; b->op++) {
        if (frame_op(b)->kind == OP_ELSE) {
            condition = frame_begin_instr(b, FRAME_CONDITION);
            condition.is_else = true;
            TRY(frame_end_instr(b, condition));
        } else if (frame_op(b)->kind == OP_NOISE) {
            TRY(frame_compile_noise(b, true));
            b->site += op_count_sites(frame_op(b));
        }
    }
    return STATUS_OK;
}

static enum status compile_paulis(struct frame_builder *b);

enum status frame_compile_feedback(struct frame_builder *b) {
    const size_t at = b->op;
    const bool has_errors = op_list_has_inside(b->task->ops, at, OP_NOISE);
    TRY(compile_paulis(b));
    if (has_errors) {
        b->op = at;
        return compile_errors(b);
    }
    return STATUS_OK;
}

/* Paulis that a parity applies; also of an ELSE part, whose condition flips with it. */
static enum status compile_paulis(struct frame_builder *b) {
    const struct op_list *ops = b->task->ops;
    const struct op *open = frame_op(b);
    const size_t source0 = b->plan->n_sources, target0 = b->plan->n_targets;
    bool *is_target = mem_alloc(b->task->n_ranks + 1u, sizeof *is_target);
    enum status status = is_target != NULL ? add_parity(b, open->expr) : STATUS_NOFIT;
    for (b->op++; status == STATUS_OK && ops->ops[b->op].kind != OP_END; b->op++) {
        const struct op *op = frame_op(b);
        const bool is_pauli = op_is_pauli(op);
        const bool is_error = op->kind == OP_NOISE;
        if (is_error && !b->task->knows_reference) {
            status = frame_refuse(b, "it depends on a bit, which takes a reference shot");
            break;
        }
        if (!is_pauli && !is_error && op->kind != OP_ELSE && op->kind != OP_BARRIER &&
            op->kind != OP_TICK) {
            status = frame_refuse(b, "it depends on a bit; only Paulis may");
            break;
        }
        if (is_pauli && op->which != GATE_I) {
            const unsigned letter = op->which == GATE_X ? 1 : op->which == GATE_Y ? 2 : 3;
            const uint32_t qubit = op_qubits(ops, op)[0];
            status = frame_add_pauli(b, qubit, letter);
            is_target[b->local != NULL ? b->task->qubit_rank[qubit] : 0] = true;
        }
    }
    const bool does_wait = b->local != NULL && !has_part(b, b->task->rank, source0);
    if (status == STATUS_OK && b->local != NULL) {
        status = pass_parts(b, is_target, source0, does_wait);
    }
    mem_free(is_target);
    if (status != STATUS_OK || b->plan->n_targets == target0) {
        return status;
    }
    struct frame_instr instr = frame_begin_instr(b, FRAME_FEEDBACK);
    instr.source0 = (uint32_t)source0;
    instr.target0 = (uint32_t)target0;
    return does_wait ? frame_put_off(b, instr) : frame_end_instr(b, instr);
}

enum status frame_compile_parity(struct frame_builder *b) {
    const struct op_list *ops = b->task->ops;
    const struct op *op = frame_op(b);
    struct frame_plan *plan = b->plan;
    struct frame_instr instr = frame_begin_instr(b, FRAME_DETECTOR);
    if (op->kind == OP_DETECTOR) {
        TRY(add_source(plan, 0));
        instr.n = 1;
        plan->n_detectors += plan->n_detectors < INT64_MAX;
    } else {
        instr.kind = op->kind == OP_ASSIGN ? FRAME_ASSIGN : FRAME_OBSERVABLE;
        instr.which = op->kind == OP_ASSIGN ? op->bit : (uint32_t)op->arg;
    }
    b->leaves_sweeps = b->local != NULL && b->task->rank != 0;
    const enum status status = op->expr != OP_NO_EXPR ? add_parity(b, op->expr) : STATUS_OK;
    b->leaves_sweeps = false;
    TRY(status);
    if (op->kind == OP_DETECTOR) {
        plan->sources[instr.source0] = (uint32_t)plan->n_sources - instr.source0 - 1;
    } else if (op->kind == OP_OBSERVABLE) {
        if (instr.which >= plan->n_observables) {
            plan->n_observables = instr.which + 1;
        }
        for (uint32_t i = 0; i < op->n_qubits; i++) {
            const unsigned letter = (unsigned)fabs(op_params(ops, op)[i]);
            TRY(frame_add_pauli(b, op_qubits(ops, op)[i], letter));
        }
    }
    return frame_end_instr(b, instr);
}
