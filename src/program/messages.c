/* Which bits travel where. A write makes a new value of its bit, with a list of the QPUs that may
 * have written it and a set of those that have received it; values stay as they are, but for the
 * receivers. Where two ways meet, a bit with two values gets a third one.
 *
 * A message is sent once, at the birth of its bit, whatever way its receiver takes. For receptions,
 * what was received in a block that may not run is forgotten at its end, unless both ways of an IF
 * received it; for an IF that holds only gates, bits are waited for whether it is taken or not. */
#include <stdlib.h>

#include "base/log.h"
#include "program/flow.h"
#include "program/program.h"

#define NO_NODE UINT32_MAX

struct node {
    uint32_t qpu, next;
};
/* Lists of QPUs in tracker.nodes. */
struct value {
    uint32_t writers, receivers;
};
/* Keys that an open block has received: from first_new on those of the body, from first_else on
 * those of the ELSE, up to end. */
struct received_frame {
    size_t first_new, first_else, end;
    bool has_else, always_counts;
};
struct tracker {
    const struct program *program;
    program_message_visit *visit;
    void *ctx;
    bool forgets;     /* receptions, not messages */
    struct flow flow; /* by bit: index of its value; 0: never written */
    struct value *values;
    size_t n_values, cap_values;
    struct node *nodes;
    size_t n_nodes, cap_nodes;
    uint64_t *received; /* map of value << 32 | QPU, open addressing, 0: free (value 0 never is) */
    bool *is_received;  /* of each slot: still so on the way that is tracked */
    size_t n_received, cap_received;
    uint64_t *news; /* keys received inside open blocks */
    size_t n_news, cap_news;
    struct received_frame *frames;
    size_t n_frames, cap_frames;
    uint32_t *bits; /* that a condition reads */
    size_t n_bits, cap_bits;
    uint32_t *qpus; /* that need it */
    size_t n_qpus, cap_qpus;
    uint32_t *qpu_stamps, *bit_stamps;
    uint32_t stamp;
    enum status status; /* of callbacks */
};

/* Where the key is or would go; cap is a power of two, and the set has room. */
static size_t find_slot(const uint64_t *set, size_t cap, uint64_t key) {
    uint64_t hash = key * UINT64_C(0x9E3779B97F4A7C15);
    size_t slot = (size_t)(hash >> 20) & (cap - 1);

    while (set[slot] != 0 && set[slot] != key) {
        slot = (slot + 1) & (cap - 1);
    }
    return slot;
}

static uint64_t receiver_key(uint32_t value, uint32_t qpu) {
    return (uint64_t)value << 32 | qpu;
}

static bool has_received(const struct tracker *tracker, uint32_t value, uint32_t qpu) {
    uint64_t key = receiver_key(value, qpu);
    size_t slot;

    if (tracker->cap_received == 0) {
        return false;
    }
    slot = find_slot(tracker->received, tracker->cap_received, key);
    return tracker->received[slot] == key && tracker->is_received[slot];
}

static void set_received(struct tracker *tracker, uint64_t key, bool is_received) {
    tracker->is_received[find_slot(tracker->received, tracker->cap_received, key)] = is_received;
}

static enum status grow_received(struct tracker *tracker) {
    size_t cap = tracker->cap_received == 0 ? 64 : 2 * tracker->cap_received;
    uint64_t *set = mem_alloc(cap, sizeof *set);
    bool *is_received = mem_alloc(cap, sizeof *is_received);

    if (set == NULL || is_received == NULL) {
        mem_free(set);
        mem_free(is_received);
        return STATUS_NOFIT;
    }
    for (size_t i = 0; i < tracker->cap_received; i++) {
        if (tracker->received[i] != 0) {
            size_t slot = find_slot(set, cap, tracker->received[i]);
            set[slot] = tracker->received[i];
            is_received[slot] = tracker->is_received[i];
        }
    }
    mem_free(tracker->received);
    mem_free(tracker->is_received);
    tracker->received = set;
    tracker->is_received = is_received;
    tracker->cap_received = cap;
    return STATUS_OK;
}

static enum status push_node(struct tracker *tracker, uint32_t *list, uint32_t qpu) {
    TRY(vec_reserve(&tracker->nodes, tracker->n_nodes, &tracker->cap_nodes, 1,
                    sizeof *tracker->nodes));
    tracker->nodes[tracker->n_nodes] = (struct node){.qpu = qpu, .next = *list};
    *list = u32_from_size(tracker->n_nodes++);
    return STATUS_OK;
}

static enum status add_receiver(struct tracker *tracker, uint32_t value, uint32_t qpu) {
    uint64_t key = receiver_key(value, qpu);
    size_t slot;

    if (2 * (tracker->n_received + 1) > tracker->cap_received) {
        TRY(grow_received(tracker));
    }
    if (has_received(tracker, value, qpu)) {
        return STATUS_OK;
    }
    if (tracker->n_frames > 0) {
        TRY(vec_reserve(&tracker->news, tracker->n_news, &tracker->cap_news, 1,
                        sizeof *tracker->news));
        tracker->news[tracker->n_news++] = key;
    }
    slot = find_slot(tracker->received, tracker->cap_received, key);
    tracker->is_received[slot] = true;
    if (tracker->received[slot] == 0) {
        tracker->received[slot] = key;
        tracker->n_received++;
        TRY(push_node(tracker, &tracker->values[value].receivers, qpu));
    }
    return STATUS_OK;
}

static bool holds_only_gates(const struct op_list *ops, size_t first, size_t end) {
    for (size_t i = first; i < end; i++) {
        enum op_kind kind = (enum op_kind)ops->ops[i].kind;
        if (kind == OP_EBIT || kind == OP_MEASURE || kind == OP_RESET || kind == OP_FREE ||
            kind == OP_SEND || kind == OP_RECV || kind == OP_ASSIGN || kind == OP_WHILE) {
            return false;
        }
    }
    return true;
}

static size_t find_end(const struct op_list *ops, size_t open) {
    size_t end = ops->ops[open].match;

    return ops->ops[end].kind == OP_ELSE ? ops->ops[end].match : end;
}

static enum status open_received(struct tracker *tracker, size_t at) {
    const struct op_list *ops = &tracker->program->ops;
    const struct op *op = &ops->ops[at];
    bool is_sure = op->kind == OP_REPEAT && op->arg > 0;
    bool is_group = op->kind == OP_IF && holds_only_gates(ops, at + 1, find_end(ops, at));

    TRY(vec_reserve(&tracker->frames, tracker->n_frames, &tracker->cap_frames, 1,
                    sizeof *tracker->frames));
    tracker->frames[tracker->n_frames++] = (struct received_frame){
        .first_new = tracker->n_news, .always_counts = !tracker->forgets || is_sure || is_group};
    return STATUS_OK;
}

static void turn_received(struct tracker *tracker) {
    struct received_frame *frame = &tracker->frames[tracker->n_frames - 1];

    frame->has_else = true;
    frame->first_else = tracker->n_news;
    for (size_t i = frame->first_new; i < tracker->n_news && !frame->always_counts; i++) {
        set_received(tracker, tracker->news[i], false);
    }
}

static int compare_keys(const void *a_ptr, const void *b_ptr) {
    const uint64_t *a = a_ptr, *b = b_ptr;

    return *a < *b ? -1 : *a > *b;
}

/* Before the values are joined. */
static void sort_received(struct tracker *tracker) {
    struct received_frame *frame = &tracker->frames[tracker->n_frames - 1];

    if (frame->always_counts) {
        return;
    }
    frame->end = tracker->n_news;
    frame->first_else = frame->has_else ? frame->first_else : frame->end;
    if (frame->first_else > frame->first_new) {
        qsort(tracker->news + frame->first_new, frame->first_else - frame->first_new,
              sizeof *tracker->news, compare_keys);
    }
    if (frame->end > frame->first_else) {
        qsort(tracker->news + frame->first_else, frame->end - frame->first_else,
              sizeof *tracker->news, compare_keys);
    }
}

static bool has_key(const struct tracker *tracker, uint64_t key, size_t first, size_t end) {
    return end > first &&
           bsearch(&key, tracker->news + first, end - first, sizeof key, compare_keys) != NULL;
}

/* At the END of an IF: before it, or on that way through it. */
static bool has_received_on_way(const struct tracker *tracker, uint32_t value, uint32_t qpu,
                                bool is_body) {
    const struct received_frame *frame = &tracker->frames[tracker->n_frames - 1];
    uint64_t key = receiver_key(value, qpu);
    if (frame->always_counts) {
        return has_received(tracker, value, qpu);
    }
    bool in_body = has_key(tracker, key, frame->first_new, frame->first_else);
    bool in_else = has_key(tracker, key, frame->first_else, frame->end);

    return in_body || in_else ? (is_body ? in_body : in_else) : has_received(tracker, value, qpu);
}

/* After the join. What is kept is news to the block around. */
static void close_received(struct tracker *tracker) {
    struct received_frame frame = tracker->frames[--tracker->n_frames];
    uint64_t *news = tracker->news;
    size_t n = frame.first_new;

    if (frame.always_counts) {
        tracker->n_news = tracker->n_frames > 0 ? tracker->n_news : 0;
        return;
    }
    for (size_t i = frame.first_else; i < frame.end; i++) {
        set_received(tracker, news[i], false);
    }
    for (size_t i = frame.first_new; i < frame.first_else; i++) {
        bool is_kept = has_key(tracker, news[i], frame.first_else, frame.end);
        set_received(tracker, news[i], is_kept);
        if (is_kept) {
            news[n++] = news[i];
        }
    }
    for (size_t i = frame.end; i < tracker->n_news; i++) {
        news[n++] = news[i];
    }
    tracker->n_news = n;
}

static enum status new_value(struct tracker *tracker, uint32_t *out_value) {
    TRY(vec_reserve(&tracker->values, tracker->n_values, &tracker->cap_values, 1,
                    sizeof *tracker->values));
    tracker->values[tracker->n_values] = (struct value){.writers = NO_NODE, .receivers = NO_NODE};
    *out_value = u32_from_size(tracker->n_values++);
    return STATUS_OK;
}

static enum status add_writer(struct tracker *tracker, uint32_t value, uint32_t qpu) {
    for (uint32_t i = tracker->values[value].writers; i != NO_NODE; i = tracker->nodes[i].next) {
        if (tracker->nodes[i].qpu == qpu) {
            return STATUS_OK;
        }
    }
    return push_node(tracker, &tracker->values[value].writers, qpu);
}

static enum status add_writers_of(struct tracker *tracker, uint32_t value, uint32_t from) {
    uint32_t i = tracker->values[from].writers;

    for (; i != NO_NODE; i = tracker->nodes[i].next) {
        TRY(add_writer(tracker, value, tracker->nodes[i].qpu));
    }
    return STATUS_OK;
}

/* One QPU needs the bits of a condition. */
static enum status use_bit(struct tracker *tracker, size_t at, uint32_t bit, uint32_t qpu) {
    uint32_t value = tracker->flow.values[bit];

    if (value == 0 || has_received(tracker, value, qpu)) {
        return STATUS_OK;
    }
    for (uint32_t i = tracker->values[value].writers; i != NO_NODE; i = tracker->nodes[i].next) {
        if (tracker->nodes[i].qpu != qpu) {
            tracker->visit(tracker->ctx, at, bit, tracker->nodes[i].qpu, qpu);
        }
    }
    return add_receiver(tracker, value, qpu);
}

static void collect_bit(void *ctx, uint32_t bit) {
    struct tracker *tracker = ctx;

    if (tracker->status == STATUS_OK) {
        tracker->status = vec_reserve(&tracker->bits, tracker->n_bits, &tracker->cap_bits, 1,
                                      sizeof *tracker->bits);
    }
    if (tracker->status == STATUS_OK) {
        tracker->bits[tracker->n_bits++] = bit;
    }
}

static enum status collect_qpu(struct tracker *tracker, uint32_t qpu) {
    if (qpu == OP_NO_QPU || tracker->qpu_stamps[qpu] == tracker->stamp) {
        return STATUS_OK;
    }
    tracker->qpu_stamps[qpu] = tracker->stamp;
    TRY(vec_reserve(&tracker->qpus, tracker->n_qpus, &tracker->cap_qpus, 1, sizeof *tracker->qpus));
    tracker->qpus[tracker->n_qpus++] = qpu;
    return STATUS_OK;
}

static int compare_bits(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

/* The bits that the op at `at` reads, in ascending order. */
static enum status collect_bits(struct tracker *tracker, size_t at) {
    const struct op_list *ops = &tracker->program->ops;

    tracker->n_bits = 0;
    expr_visit_bits(ops, ops->ops[at].expr, collect_bit, tracker);
    TRY(tracker->status);
    if (tracker->n_bits > 1) {
        qsort(tracker->bits, tracker->n_bits, sizeof *tracker->bits, compare_bits);
    }
    return STATUS_OK;
}

static enum status use_assigned(struct tracker *tracker, size_t at) {
    TRY(collect_bits(tracker, at));
    for (size_t i = 0; i < tracker->n_bits; i++) {
        TRY(use_bit(tracker, at, tracker->bits[i], tracker->program->ops.ops[at].qpu));
    }
    return STATUS_OK;
}

/* The bits of the condition at `open`, in ascending order, go to each QPU of the block, in order of
 * appearance. */
static enum status use_condition(struct tracker *tracker, size_t open) {
    const struct op_list *ops = &tracker->program->ops;
    size_t end = find_end(ops, open);

    tracker->n_qpus = 0;
    tracker->stamp++;
    TRY(collect_bits(tracker, open));
    for (size_t i = open + 1; i < end; i++) {
        const struct op *op = &ops->ops[i];
        TRY(collect_qpu(tracker, op->qpu));
        if (op->kind == OP_EBIT) {
            TRY(collect_qpu(tracker, tracker->program->wire_qpu[op_qubits(ops, op)[1]]));
        }
    }
    for (size_t i = 0; i < tracker->n_bits; i++) {
        for (size_t j = 0; j < tracker->n_qpus; j++) {
            TRY(use_bit(tracker, open, tracker->bits[i], tracker->qpus[j]));
        }
    }
    return STATUS_OK;
}

/* At the head of a loop, a bit that its body writes may come from before or from a round. */
static enum status enter_loop(struct tracker *tracker, size_t open) {
    const struct op_list *ops = &tracker->program->ops;
    uint32_t stamp = ++tracker->stamp;

    for (size_t i = open + 1; i < ops->ops[open].match; i++) {
        const struct op *op = &ops->ops[i];
        if (op->kind != OP_MEASURE && op->kind != OP_ASSIGN) {
            continue;
        }
        if (tracker->bit_stamps[op->bit] != stamp) {
            uint32_t before = tracker->flow.values[op->bit], head;
            tracker->bit_stamps[op->bit] = stamp;
            TRY(new_value(tracker, &head));
            TRY(add_writers_of(tracker, head, before));
            TRY(flow_set(&tracker->flow, op->bit, head));
        }
        TRY(add_writer(tracker, tracker->flow.values[op->bit], op->qpu));
    }
    return STATUS_OK;
}

static enum status join_branches(void *ctx, uint32_t *out_value, uint32_t item, uint32_t entry,
                                 uint32_t body, uint32_t other) {
    struct tracker *tracker = ctx;

    (void)item;
    (void)entry;
    if (body == other) {
        *out_value = body;
        return STATUS_OK;
    }
    TRY(new_value(tracker, out_value));
    TRY(add_writers_of(tracker, *out_value, body));
    TRY(add_writers_of(tracker, *out_value, other));
    for (uint32_t i = tracker->values[body].receivers; i != NO_NODE; i = tracker->nodes[i].next) {
        uint32_t qpu = tracker->nodes[i].qpu;
        if (has_received_on_way(tracker, body, qpu, true) &&
            has_received_on_way(tracker, other, qpu, false)) {
            TRY(add_receiver(tracker, *out_value, qpu));
        }
    }
    return STATUS_OK;
}

/* WHILE is left at its head. */
static enum status join_while(void *ctx, uint32_t *out_value, uint32_t item, uint32_t entry,
                              uint32_t body, uint32_t other) {
    (void)ctx;
    (void)item;
    (void)body;
    (void)other;
    *out_value = entry;
    return STATUS_OK;
}

static enum status join_repeat(void *ctx, uint32_t *out_value, uint32_t item, uint32_t entry,
                               uint32_t body, uint32_t other) {
    (void)ctx;
    (void)item;
    (void)entry;
    (void)other;
    *out_value = body;
    return STATUS_OK;
}

static enum status close_block(struct tracker *tracker, const struct op *open) {
    flow_join *join = open->kind == OP_IF      ? join_branches
                      : open->kind == OP_WHILE ? join_while
                                               : join_repeat;

    sort_received(tracker);
    TRY(flow_close(&tracker->flow, join, tracker));
    close_received(tracker);
    return STATUS_OK;
}

static enum status track_op(struct tracker *tracker, size_t at) {
    const struct op_list *ops = &tracker->program->ops;
    const struct op *op = &ops->ops[at];
    uint32_t value;

    if (op->kind == OP_ASSIGN) {
        TRY(use_assigned(tracker, at));
    }
    if (op->kind == OP_RECV) {
        return use_bit(tracker, at, op->bit, op->qpu);
    }
    if (op->kind == OP_MEASURE || op->kind == OP_ASSIGN) {
        TRY(new_value(tracker, &value));
        TRY(add_writer(tracker, value, op->qpu));
        return flow_set(&tracker->flow, op->bit, value);
    }
    if (op->kind == OP_WHILE || op->kind == OP_REPEAT) {
        TRY(enter_loop(tracker, at));
    }
    if (op->kind == OP_IF || op->kind == OP_WHILE) {
        TRY(use_condition(tracker, at));
    }
    if (op->kind == OP_IF || op->kind == OP_WHILE || op->kind == OP_REPEAT) {
        TRY(open_received(tracker, at));
        return flow_open(&tracker->flow);
    }
    if (op->kind == OP_ELSE) {
        turn_received(tracker);
        return flow_turn(&tracker->flow);
    }
    return op->kind == OP_END ? close_block(tracker, &ops->ops[op->match]) : STATUS_OK;
}

static enum status track(struct tracker *tracker) {
    const struct program *program = tracker->program;
    uint32_t never_written;

    TRY(flow_init(&tracker->flow, program->n_bits, NULL, NULL));
    tracker->qpu_stamps = mem_alloc(program->n_qpus, sizeof *tracker->qpu_stamps);
    tracker->bit_stamps = mem_alloc(program->n_bits, sizeof *tracker->bit_stamps);
    if (tracker->qpu_stamps == NULL || tracker->bit_stamps == NULL) {
        return STATUS_NOFIT;
    }
    TRY(new_value(tracker, &never_written));
    for (size_t i = 0; i < program->ops.n_ops; i++) {
        TRY(track_op(tracker, i));
    }
    return STATUS_OK;
}

static enum status visit_all(struct tracker *tracker) {
    enum status status = track(tracker);

    flow_fini(&tracker->flow);
    mem_free(tracker->values);
    mem_free(tracker->nodes);
    mem_free(tracker->received);
    mem_free(tracker->is_received);
    mem_free(tracker->news);
    mem_free(tracker->frames);
    mem_free(tracker->bits);
    mem_free(tracker->qpus);
    mem_free(tracker->qpu_stamps);
    mem_free(tracker->bit_stamps);
    return status;
}

enum status program_visit_messages(const struct program *program, program_message_visit *visit,
                                   void *ctx) {
    struct tracker tracker = {.program = program, .visit = visit, .ctx = ctx};

    return visit_all(&tracker);
}

enum status program_visit_receptions(const struct program *program, program_message_visit *visit,
                                     void *ctx) {
    struct tracker tracker = {.program = program, .visit = visit, .ctx = ctx, .forgets = true};

    return visit_all(&tracker);
}
