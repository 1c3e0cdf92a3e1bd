/* Instructions for frames under construction: words in the pools, which of them join, and which
 * wait. */
#include <string.h>

#include "base/log.h"
#include "engine/frame/frame_build.h"

enum { MAX_RESULTS = 4096 }; /* of one instruction: bounds the window of the record */

enum status frame_add_words(uint32_t **pool, size_t *n, size_t *cap, const uint32_t *words,
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

static enum status add_target(struct frame_plan *plan, uint32_t word) {
    return frame_add_words(&plan->targets, &plan->n_targets, &plan->cap_targets, &word, 1);
}

static uint32_t local_qubit(const struct frame_builder *b, uint32_t qubit) {
    return b->local != NULL ? b->local[qubit] : qubit;
}

enum status frame_add_qubits(struct frame_builder *b, const uint32_t *qubits, size_t n) {
    for (size_t i = 0; i < n; i++) {
        TRY(add_target(b->plan, local_qubit(b, qubits[i])));
    }
    return STATUS_OK;
}

bool frame_is_mine(const struct frame_builder *b, uint32_t qubit) {
    return b->local == NULL || b->task->qubit_rank[qubit] == b->task->rank;
}

uint32_t frame_count_mine(const struct frame_builder *b, const uint32_t *qubits, uint32_t n) {
    uint32_t n_mine = 0;
    for (uint32_t i = 0; i < n; i++) {
        n_mine += frame_is_mine(b, qubits[i]);
    }
    return n_mine;
}

enum status frame_add_pauli(struct frame_builder *b, uint32_t qubit, unsigned letter) {
    return frame_is_mine(b, qubit) && letter != 0
               ? add_target(b->plan, frame_pauli(local_qubit(b, qubit), letter))
               : STATUS_OK;
}

enum status frame_check_place(struct frame_builder *b, bool *out_is_mine) {
    const struct op *op = frame_op(b);
    const uint32_t *qubits = op_qubits(b->task->ops, op);
    for (uint32_t i = 1; i < op->n_qubits && b->local != NULL; i++) {
        if (b->task->qubit_rank[qubits[i]] != b->task->qubit_rank[qubits[0]]) {
            return frame_refuse(b, "its qubits are on QPUs of different ranks");
        }
    }
    *out_is_mine = op->n_qubits == 0 ? b->task->rank == 0 : frame_is_mine(b, qubits[0]);
    return STATUS_OK;
}

/* Where a new instruction's targets, sources and sites begin. */
struct frame_instr frame_begin_instr(const struct frame_builder *b, enum frame_kind kind) {
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
    if ((next->n_targets > 0 && last->target0 + last->n_targets != next->target0) ||
        (next->n_sources > 0 && last->source0 + last->n_sources != next->source0)) {
        return false; /* something that waits lies between them in the pools */
    }
    if (last->kind != next->kind || last->which != next->which || last->letter != next->letter ||
        last->group != next->group || last->resets != next->resets ||
        last->is_recorded != next->is_recorded || last->is_conditional != next->is_conditional ||
        last->site_stride != next->site_stride ||
        (last->bit0 == FRAME_NONE) != (next->bit0 == FRAME_NONE)) {
        return false;
    }
    switch ((enum frame_kind)next->kind) {
    case FRAME_GATE:
    case FRAME_LINEAR:
    case FRAME_DETECTOR:
        return true;
    case FRAME_FOREIGN:
        return last->n + next->n <= MAX_RESULTS;
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
    case FRAME_CONDITION:
    case FRAME_SEND:
    case FRAME_RECEIVE:
    case FRAME_FEEDBACK:
    case FRAME_ASSIGN:
    case FRAME_OBSERVABLE:
    case FRAME_REPEAT:
    case FRAME_END:
        return false;
    }
    return false;
}

static enum status push_instr(struct frame_plan *plan, const struct frame_instr *instr) {
    if (plan->n_instrs >= FRAME_NONE) {
        return log_error(STATUS_NOFIT, "frames: more than 2^32 - 2 instructions");
    }
    TRY(vec_reserve(&plan->instrs, plan->n_instrs, &plan->cap_instrs, 1, sizeof *plan->instrs));
    plan->instrs[plan->n_instrs++] = *instr;
    return STATUS_OK;
}

static void set_sizes(const struct frame_plan *plan, struct frame_instr *instr) {
    instr->n_targets = (uint32_t)plan->n_targets - instr->target0;
    instr->n_sources = (uint32_t)plan->n_sources - instr->source0;
}

enum status frame_put_off(struct frame_builder *b, struct frame_instr instr) {
    struct frame_waiting *waiting = &b->waiting;
    set_sizes(b->plan, &instr);
    TRY(vec_reserve(&waiting->instrs, waiting->n, &waiting->cap, 1, sizeof *waiting->instrs));
    waiting->instrs[waiting->n++] = instr;
    waiting->n_receives += instr.kind == FRAME_RECEIVE;
    for (uint32_t i = 0; i < instr.n_targets; i++) {
        waiting->until[b->plan->targets[instr.target0 + i] >> 2] = waiting->n;
    }
    while (instr.kind == FRAME_FEEDBACK && waiting->n_receives > FRAME_MAX_WAITING) {
        size_t first = waiting->head; /* with its RECEIVEs, which are for no other */
        while (waiting->instrs[first].kind != FRAME_FEEDBACK) {
            first++;
        }
        TRY(frame_end_waiting(b, first + 1));
    }
    return STATUS_OK;
}

enum status frame_end_waiting(struct frame_builder *b, size_t until) {
    struct frame_waiting *waiting = &b->waiting;
    for (; waiting->head < until; waiting->head++) {
        const struct frame_instr *instr = &waiting->instrs[waiting->head];
        TRY(push_instr(b->plan, instr));
        waiting->n_receives -= instr->kind == FRAME_RECEIVE;
    }
    return STATUS_OK;
}

/* How many of the instructions that wait must come before this one: errors and Paulis commute with
 * Paulis. */
static size_t find_until(const struct frame_builder *b, const struct frame_instr *instr) {
    const uint32_t *targets = b->plan->targets + instr->target0;
    size_t until = 0;
    unsigned shift = 0;
    switch ((enum frame_kind)instr->kind) {
    case FRAME_NOISE:
    case FRAME_CHAIN:
    case FRAME_HERALD:
    case FRAME_CONDITION:
    case FRAME_FOREIGN:
    case FRAME_SEND:
    case FRAME_RECEIVE:
    case FRAME_FEEDBACK:
    case FRAME_ASSIGN:
    case FRAME_DETECTOR:
    case FRAME_REPEAT: /* nothing waits into or out of a loop */
    case FRAME_END:
        return 0;
    case FRAME_PRODUCT:
    case FRAME_OBSERVABLE:
        shift = 2; /* letters */
        break;
    case FRAME_GATE:
    case FRAME_LINEAR:
    case FRAME_MEASURE:
    case FRAME_RESET:
    case FRAME_EBIT:
        break;
    }
    for (uint32_t i = 0; i < instr->n_targets; i++) {
        const size_t own = b->waiting.until[targets[i] >> shift];
        until = own > until ? own : until;
    }
    return until;
}

/* Its targets and sources are in the pools already. */
enum status frame_end_instr(struct frame_builder *b, struct frame_instr instr) {
    struct frame_plan *plan = b->plan;
    set_sizes(plan, &instr);
    if (b->waiting.head < b->waiting.n) {
        TRY(frame_end_waiting(b, find_until(b, &instr)));
    }
    if (plan->n_instrs > 0 && can_join(&plan->instrs[plan->n_instrs - 1], &instr)) {
        struct frame_instr *last = &plan->instrs[plan->n_instrs - 1];
        last->n += instr.n;
        last->n_targets += instr.n_targets;
        last->n_sources += instr.n_sources;
        return STATUS_OK;
    }
    return push_instr(plan, &instr);
}
