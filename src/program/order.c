#include "program/order.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"

/* ---- pairs ---- */

static size_t after_unit(const struct op_list *ops, size_t i) {
    const struct op *op = &ops->ops[i];
    if (op->kind != OP_IF && op->kind != OP_WHILE && op->kind != OP_REPEAT) {
        return i + 1;
    }
    const struct op *turn = &ops->ops[op->match];
    return (turn->kind == OP_ELSE ? turn->match : op->match) + (size_t)1;
}

static int compare_pairs(const void *a_ptr, const void *b_ptr) {
    const struct order_pair *a = a_ptr, *b = b_ptr;
    const size_t at_a = a->send == ORDER_NONE ? a->receive : a->send;
    const size_t at_b = b->send == ORDER_NONE ? b->receive : b->send;
    if (a->bit != b->bit) {
        return a->bit < b->bit ? -1 : 1;
    }
    if (a->to != b->to) {
        return a->to < b->to ? -1 : 1;
    }
    if ((a->send == ORDER_NONE) != (b->send == ORDER_NONE)) {
        return a->send == ORDER_NONE ? 1 : -1;
    }
    return at_a < at_b ? -1 : at_a > at_b;
}

/* Sorted: of each bit and QPU the sends, then the receives. */
static size_t join_pairs(struct order_pair *pairs, size_t n) {
    size_t n_out = 0, first = 0;
    while (first < n) {
        size_t n_sends = 0, end = first;
        while (end < n && pairs[end].bit == pairs[first].bit && pairs[end].to == pairs[first].to) {
            n_sends += pairs[end].send != ORDER_NONE;
            end++;
        }
        for (size_t i = first; i < end; i++) {
            const size_t k = i - first;
            struct order_pair pair = pairs[i];
            if (k < n_sends && first + n_sends + k < end) {
                pair.receive = pairs[first + n_sends + k].receive;
            } else if (k >= n_sends && k - n_sends < n_sends) {
                continue; /* joined to its send */
            }
            pairs[n_out++] = pair;
        }
        first = end;
    }
    return n_out;
}

enum status order_find_pairs(struct order_pair **out_pairs, size_t *out_n,
                             const struct program *program, size_t first, size_t last) {
    struct order_pair *pairs = NULL;
    size_t n = 0, cap = 0;
    for (size_t i = first; i < last; i = after_unit(&program->ops, i)) {
        const struct op *op = &program->ops.ops[i];
        if (op->kind != OP_SEND && op->kind != OP_RECV) {
            continue;
        }
        enum status status = vec_reserve(&pairs, n, &cap, 1, sizeof *pairs);
        if (status != STATUS_OK) {
            mem_free(pairs);
            return status;
        }
        const bool is_send = op->kind == OP_SEND;
        pairs[n++] = (struct order_pair){.send = is_send ? i : ORDER_NONE,
                                         .receive = is_send ? ORDER_NONE : i,
                                         .bit = op->bit,
                                         .to = is_send ? (uint32_t)op->arg : op->qpu};
    }
    if (n > 0) {
        qsort(pairs, n, sizeof *pairs, compare_pairs);
    }
    *out_n = join_pairs(pairs, n);
    *out_pairs = pairs;
    return STATUS_OK;
}

/* ---- units: ops of the outermost level, blocks as a whole ---- */

struct unit {
    size_t first, n;
    uint32_t n_waits; /* edges into it that are left */
    uint32_t edges;   /* first edge out of it, NO_EDGE: none */
};
#define NO_EDGE UINT32_MAX
struct edge {
    uint32_t to, next;
};
struct reader {
    uint32_t unit, next;
};
struct order {
    const struct program *program;
    struct unit *units;
    size_t n_units, cap_units;
    struct edge *edges;
    size_t n_edges, cap_edges;
    struct reader *readers;
    size_t n_readers, cap_readers;
    struct order_pair *pairs;
    size_t n_pairs;
    uint32_t *unit_of;                /* by op */
    uint32_t *last;                   /* by QPU: its last unit + 1 */
    uint32_t *last_write, *last_read; /* by bit: unit + 1; first of readers + 1 */
    uint32_t *n_writes;               /* by bit */
    bool *is_sent;                    /* by bit: explicitly */
    uint32_t *done;                   /* units in their new order */
    size_t n_done;
    uint32_t at; /* unit that edges are made for */
    enum status status;
};

static void order_fini(struct order *order) {
    mem_free(order->units);
    mem_free(order->edges);
    mem_free(order->readers);
    mem_free(order->pairs);
    mem_free(order->unit_of);
    mem_free(order->last);
    mem_free(order->last_write);
    mem_free(order->last_read);
    mem_free(order->n_writes);
    mem_free(order->is_sent);
    mem_free(order->done);
}

static enum status add_edge(struct order *order, uint32_t from, uint32_t to) {
    if (from == to) {
        return STATUS_OK;
    }
    TRY(vec_reserve(&order->edges, order->n_edges, &order->cap_edges, 1, sizeof *order->edges));
    order->edges[order->n_edges] = (struct edge){.to = to, .next = order->units[from].edges};
    order->units[from].edges = u32_from_size(order->n_edges++);
    order->units[to].n_waits++;
    return STATUS_OK;
}

/* A bit that is sent explicitly and written once waits for nothing but its receive. */
static bool is_free_bit(const struct order *order, uint32_t bit) {
    return order->is_sent[bit] && order->n_writes[bit] <= 1;
}

static void read_bit(void *ctx, uint32_t bit) {
    struct order *order = ctx;
    if (order->status != STATUS_OK || is_free_bit(order, bit)) {
        return;
    }
    if (order->last_write[bit] > 0) {
        order->status = add_edge(order, order->last_write[bit] - 1, order->at);
    }
    if (order->status == STATUS_OK) {
        order->status = vec_reserve(&order->readers, order->n_readers, &order->cap_readers, 1,
                                    sizeof *order->readers);
    }
    if (order->status == STATUS_OK) {
        order->readers[order->n_readers++] =
            (struct reader){.unit = order->at, .next = order->last_read[bit]};
        order->last_read[bit] = u32_from_size(order->n_readers);
    }
}

static enum status write_bit(struct order *order, uint32_t bit) {
    if (is_free_bit(order, bit)) {
        return STATUS_OK;
    }
    if (order->last_write[bit] > 0) {
        TRY(add_edge(order, order->last_write[bit] - 1, order->at));
    }
    for (uint32_t i = order->last_read[bit]; i > 0; i = order->readers[i - 1].next) {
        TRY(add_edge(order, order->readers[i - 1].unit, order->at));
    }
    order->last_read[bit] = 0;
    order->last_write[bit] = order->at + 1;
    return STATUS_OK;
}

static enum status follow_qpu(struct order *order, uint32_t qpu) {
    if (qpu == OP_NO_QPU) {
        return STATUS_OK;
    }
    if (order->last[qpu] > 0) {
        TRY(add_edge(order, order->last[qpu] - 1, order->at));
    }
    order->last[qpu] = order->at + 1;
    return STATUS_OK;
}

static enum status add_op_edges(struct order *order, const struct op *op) {
    const struct op_list *ops = &order->program->ops;
    TRY(follow_qpu(order, op->qpu));
    for (uint32_t q = 0; q < op->n_qubits; q++) {
        TRY(follow_qpu(order, order->program->wire_qpu[op_qubits(ops, op)[q]]));
    }
    if (op->expr != OP_NO_EXPR) {
        expr_visit_bits(ops, op->expr, read_bit, order);
        TRY(order->status);
    }
    return op->kind == OP_MEASURE || op->kind == OP_ASSIGN ? write_bit(order, op->bit) : STATUS_OK;
}

static enum status add_unit(struct order *order, size_t first, size_t n) {
    const bool has_qpu = order->program->ops.ops[first].qpu != OP_NO_QPU || n > 1;
    TRY(vec_reserve(&order->units, order->n_units, &order->cap_units, 1, sizeof *order->units));
    order->at = u32_from_size(order->n_units);
    order->units[order->n_units++] = (struct unit){.first = first, .n = n, .edges = NO_EDGE};
    if (!has_qpu && order->at > 0) { /* TICK and the like stay behind what they follow */
        TRY(add_edge(order, order->at - 1, order->at));
    }
    for (size_t i = first; i < first + n; i++) {
        order->unit_of[i] = order->at;
        TRY(add_op_edges(order, &order->program->ops.ops[i]));
    }
    return STATUS_OK;
}

static enum status order_init(struct order *order, const struct program *program) {
    const struct op_list *ops = &program->ops;
    *order = (struct order){.program = program};
    order->unit_of = mem_alloc(ops->n_ops, sizeof *order->unit_of);
    order->last = mem_alloc(program->n_qpus, sizeof *order->last);
    order->last_write = mem_alloc(program->n_bits, sizeof *order->last_write);
    order->last_read = mem_alloc(program->n_bits, sizeof *order->last_read);
    order->n_writes = mem_alloc(program->n_bits, sizeof *order->n_writes);
    order->is_sent = mem_alloc(program->n_bits, sizeof *order->is_sent);
    if (!order->unit_of || !order->last || !order->last_write || !order->last_read ||
        !order->n_writes || !order->is_sent) {
        return STATUS_NOFIT;
    }
    for (size_t i = 0; i < ops->n_ops; i++) {
        const struct op *op = &ops->ops[i];
        if (op->kind == OP_MEASURE || op->kind == OP_ASSIGN) {
            order->n_writes[op->bit]++;
        } else if (op->kind == OP_SEND || op->kind == OP_RECV) {
            order->is_sent[op->bit] = true;
        }
    }
    for (size_t i = 0, end; i < ops->n_ops; i = end) {
        end = after_unit(ops, i);
        TRY(add_unit(order, i, end - i));
    }
    TRY(order_find_pairs(&order->pairs, &order->n_pairs, program, 0, ops->n_ops));
    for (size_t i = 0; i < order->n_pairs; i++) {
        const struct order_pair *pair = &order->pairs[i];
        if (pair->send != ORDER_NONE && pair->receive != ORDER_NONE) {
            TRY(add_edge(order, order->unit_of[pair->send], order->unit_of[pair->receive]));
        }
    }
    return STATUS_OK;
}

/* ---- sorting ---- */

/* A binary heap of units: the earliest in the text goes first. */
static void sift(uint32_t *heap, size_t n) {
    for (size_t i = n - 1; i > 0 && heap[i] < heap[(i - 1) / 2]; i = (i - 1) / 2) {
        const uint32_t unit = heap[i];
        heap[i] = heap[(i - 1) / 2];
        heap[(i - 1) / 2] = unit;
    }
}

static uint32_t take(uint32_t *heap, size_t n) {
    const uint32_t least = heap[0], moved = heap[n - 1];
    size_t i = 0;
    for (size_t child = 1; child < n - 1; child = 2 * i + 1) {
        child += child + 1 < n - 1 && heap[child + 1] < heap[child];
        if (heap[child] >= moved) {
            break;
        }
        heap[i] = heap[child];
        i = child;
    }
    heap[i] = moved;
    return least;
}

static enum status sort_units(struct order *order) {
    uint32_t *heap = mem_alloc(order->n_units, sizeof *heap);
    size_t n = 0;
    order->done = mem_alloc(order->n_units, sizeof *order->done);
    if (!heap || !order->done) {
        mem_free(heap);
        return STATUS_NOFIT;
    }
    for (uint32_t unit = 0; unit < order->n_units; unit++) {
        if (order->units[unit].n_waits == 0) {
            heap[n++] = unit;
            sift(heap, n);
        }
    }
    while (n > 0) {
        const uint32_t unit = take(heap, n--);
        order->done[order->n_done++] = unit;
        for (uint32_t e = order->units[unit].edges; e != NO_EDGE; e = order->edges[e].next) {
            const uint32_t to = order->edges[e].to;
            if (--order->units[to].n_waits == 0) {
                heap[n++] = to;
                sift(heap, n);
            }
        }
    }
    mem_free(heap);
    return STATUS_OK;
}

static enum status move_ops(struct program *program, const struct order *order) {
    struct op_list *list = &program->ops;
    struct op *moved = mem_alloc(list->n_ops, sizeof *moved);
    size_t n = 0;
    if (!moved) {
        return STATUS_NOFIT;
    }
    for (size_t i = 0; i < order->n_done; i++) {
        const struct unit *unit = &order->units[order->done[i]];
        for (size_t j = 0; j < unit->n; j++) {
            struct op op = list->ops[unit->first + j];
            if (op.match != OP_NO_MATCH) {
                op.match = u32_from_size(op.match - unit->first + n);
            }
            moved[n + j] = op;
        }
        n += unit->n;
    }
    memcpy(list->ops, moved, list->n_ops * sizeof *moved);
    mem_free(moved);
    return STATUS_OK;
}

/* A receive stands before its send. */
static bool needs_order(const struct order_pair *pairs, size_t n) {
    for (size_t i = 0; i < n; i++) {
        if (pairs[i].send != ORDER_NONE && pairs[i].receive < pairs[i].send) {
            return true;
        }
    }
    return false;
}

static bool has_messages(const struct program *program) {
    for (size_t i = 0; i < program->ops.n_ops; i++) {
        if (program->ops.ops[i].kind == OP_SEND || program->ops.ops[i].kind == OP_RECV) {
            return true;
        }
    }
    return false;
}

enum status order_ops(struct program *program) {
    struct order order = {0};
    if (!has_messages(program)) {
        return STATUS_OK;
    }
    enum status status;
    TRY_GOTO(order_init(&order, program), cleanup);
    if (needs_order(order.pairs, order.n_pairs)) {
        TRY_GOTO(sort_units(&order), cleanup);
        if (order.n_done == order.n_units) {
            status = move_ops(program, &order);
        }
    }
cleanup:
    order_fini(&order);
    return status;
}

/* ---- who waits for whom ---- */

static void add_separator(struct text *out) {
    text_add(out, out->n > 0 ? "; " : "");
}

/* `unit` waits for `after` in the cycle. */
static void describe_unit(struct text *out, struct src_loc *out_loc, const struct order *order,
                          uint32_t unit, uint32_t after) {
    const struct program *program = order->program;
    const struct op *op = &program->ops.ops[order->units[unit].first];
    const struct src_loc loc = program_loc(program, op);
    char name[256];
    if (op->kind == OP_RECV) {
        size_t i = 0;
        while (i < order->n_pairs && order->pairs[i].receive != order->units[unit].first) {
            i++;
        }
        if (i == order->n_pairs || order->pairs[i].send == ORDER_NONE ||
            order->unit_of[order->pairs[i].send] != after) {
            return; /* it waits for its own QPU */
        }
        const struct op *send = &program->ops.ops[order->pairs[i].send];
        add_separator(out);
        text_printf(out, "QPU %s waits in line %u for bit %s, which QPU %s sends in line %u",
                    program->qpus[op->qpu].name, loc.line,
                    program_bit_name(program, op->bit, name, sizeof name),
                    program->qpus[send->qpu].name, send->line);
    } else if (op->kind == OP_EBIT) {
        const uint32_t *wires = op_qubits(&program->ops, op);
        add_separator(out);
        text_printf(out, "QPUs %s and %s wait for each other's half of the ebit of line %u",
                    program->qpus[program->wire_qpu[wires[0]]].name,
                    program->qpus[program->wire_qpu[wires[1]]].name, loc.line);
    } else {
        return;
    }
    if (out_loc->line == 0 || loc.line < out_loc->line) {
        *out_loc = loc;
    }
}

/* Edges go from what is waited for; the cycle is walked against them, from `start` back to it. */
static enum status describe(struct text *out, struct src_loc *out_loc, const struct order *order) {
    uint32_t *next =
        mem_alloc(order->n_units, sizeof *next); /* stuck unit that it waits for, + 1 */
    bool *is_seen = mem_alloc(order->n_units, sizeof *is_seen);
    uint32_t unit = 0;
    if (!next || !is_seen) {
        mem_free(next);
        mem_free(is_seen);
        return STATUS_NOFIT;
    }
    for (uint32_t from = 0; from < order->n_units; from++) {
        for (uint32_t e = order->units[from].edges; e != NO_EDGE; e = order->edges[e].next) {
            if (order->units[from].n_waits > 0) {
                next[order->edges[e].to] = from + 1;
            }
        }
    }
    while (order->units[unit].n_waits == 0) {
        unit++;
    }
    for (; !is_seen[unit]; unit = next[unit] - 1) { /* onto the cycle */
        is_seen[unit] = true;
    }
    const uint32_t start = unit;
    do {
        describe_unit(out, out_loc, order, unit, next[unit] - 1);
        unit = next[unit] - 1;
    } while (unit != start);
    mem_free(next);
    mem_free(is_seen);
    return out->failed ? STATUS_NOFIT : STATUS_OK;
}

enum status order_describe_cycle(struct text *out, struct src_loc *out_loc,
                                 const struct program *program) {
    struct order order = {0};
    enum status status;
    *out_loc = (struct src_loc){0};
    TRY_GOTO(order_init(&order, program), cleanup);
    TRY_GOTO(sort_units(&order), cleanup);
    if (order.n_done < order.n_units) {
        status = describe(out, out_loc, &order);
    }
cleanup:
    order_fini(&order);
    return status;
}
