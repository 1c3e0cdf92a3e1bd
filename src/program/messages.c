/* Which bits travel where. A write makes a new value of its bit, with a list of the QPUs that may
 * have written it and a set of those that have received it; values stay as they are, but for the
 * receivers. Where two ways meet, a bit with two values gets a third one. */
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
struct tracker {
    const struct program *program;
    program_message_visit *visit;
    void *ctx;
    struct flow flow; /* by bit: index of its value; 0: never written */
    struct value *values;
    size_t n_values, cap_values;
    struct node *nodes;
    size_t n_nodes, cap_nodes;
    uint64_t *received; /* set of value << 32 | QPU, open addressing, 0: free (value 0 never is) */
    size_t n_received, cap_received;
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

    return tracker->cap_received > 0 &&
           tracker->received[find_slot(tracker->received, tracker->cap_received, key)] == key;
}

static enum status grow_received(struct tracker *tracker) {
    size_t cap = tracker->cap_received == 0 ? 64 : 2 * tracker->cap_received;
    uint64_t *set = mem_alloc(cap, sizeof *set);

    if (set == NULL) {
        return STATUS_NOFIT;
    }
    for (size_t i = 0; i < tracker->cap_received; i++) {
        if (tracker->received[i] != 0) {
            set[find_slot(set, cap, tracker->received[i])] = tracker->received[i];
        }
    }
    mem_free(tracker->received);
    tracker->received = set;
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
    size_t slot;

    if (2 * (tracker->n_received + 1) > tracker->cap_received) {
        TRY(grow_received(tracker));
    }
    slot = find_slot(tracker->received, tracker->cap_received, receiver_key(value, qpu));
    if (tracker->received[slot] == 0) {
        tracker->received[slot] = receiver_key(value, qpu);
        tracker->n_received++;
        TRY(push_node(tracker, &tracker->values[value].receivers, qpu));
    }
    return STATUS_OK;
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

static size_t find_end(const struct op_list *ops, size_t open) {
    size_t end = ops->ops[open].match;

    return ops->ops[end].kind == OP_ELSE ? ops->ops[end].match : end;
}

static int compare_bits(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

/* The bits of the condition at `open`, in ascending order, go to each QPU of the block, in order of
 * appearance. */
static enum status use_condition(struct tracker *tracker, size_t open) {
    const struct op_list *ops = &tracker->program->ops;
    size_t end = find_end(ops, open);

    tracker->n_bits = 0;
    tracker->n_qpus = 0;
    tracker->stamp++;
    expr_visit_bits(ops, ops->ops[open].expr, collect_bit, tracker);
    TRY(tracker->status);
    if (tracker->n_bits > 1) {
        qsort(tracker->bits, tracker->n_bits, sizeof *tracker->bits, compare_bits);
    }
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
        if (op->kind != OP_MEASURE) {
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
        if (has_received(tracker, other, tracker->nodes[i].qpu)) {
            TRY(add_receiver(tracker, *out_value, tracker->nodes[i].qpu));
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

    return flow_close(&tracker->flow, join, tracker);
}

static enum status track_op(struct tracker *tracker, size_t at) {
    const struct op_list *ops = &tracker->program->ops;
    const struct op *op = &ops->ops[at];
    uint32_t value;

    if (op->kind == OP_MEASURE) {
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
        return flow_open(&tracker->flow);
    }
    if (op->kind == OP_ELSE) {
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

enum status program_visit_messages(const struct program *program, program_message_visit *visit,
                                   void *ctx) {
    struct tracker tracker = {.program = program, .visit = visit, .ctx = ctx};
    enum status status = track(&tracker);

    flow_fini(&tracker.flow);
    mem_free(tracker.values);
    mem_free(tracker.nodes);
    mem_free(tracker.received);
    mem_free(tracker.bits);
    mem_free(tracker.qpus);
    mem_free(tracker.qpu_stamps);
    mem_free(tracker.bit_stamps);
    return status;
}
