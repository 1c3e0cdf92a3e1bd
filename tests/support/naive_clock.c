#include "support/naive_clock.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"

enum step_kind { STEP_OP, STEP_GROUP, STEP_EBIT, STEP_RECV, STEP_ENTER, STEP_LEAVE };
enum { NONE = -1, MAX_INSTANCES = 20000, MAX_MESSAGES = 2000, MAX_TICKS = 200000 };

/* What one QPU does at one place of the unrolled program, which is the order of steps. */
struct step {
    enum step_kind kind;
    uint32_t qpu;
    size_t op;
    int instance; /* that it stands in */
    int inner;    /* ENTER, LEAVE */
    int ebit;
    uint32_t bit, from; /* RECV */
    bool is_condition_again;
    bool is_done; /* its times are known */
    int64_t t_end;
};
/* One run through a body; a loop (as a whole) and each of its rounds are instances of their own. */
struct instance {
    int parent, round_before;
    bool is_round;
    size_t first, limit; /* static ops of the block */
};
struct ebit {
    size_t op;
    uint64_t site;
    int steps[2], frees[2]; /* frees: step whose end frees the wire; NONE: free from the start */
    int closes[2];
    bool is_submitted, is_granted, is_delivered;
    int n_arrived;
    int64_t t_ready;
};
struct message {
    size_t op;
    uint32_t bit, from, to;
};
struct counted {
    int step;
    uint32_t bit, to;
};
struct naive {
    const struct program *program;
    const struct op_list *ops;
    const struct machine *machine;
    bool (*is_taken)(void *ctx, size_t op_index, uint64_t iteration);
    struct step steps[NAIVE_MAX_STEPS];
    int n_steps;
    struct instance instances[MAX_INSTANCES];
    int n_instances;
    struct ebit ebits[NAIVE_MAX_EBITS];
    int n_ebits;
    struct message messages[MAX_MESSAGES];
    int n_messages;
    struct counted counted[NAIVE_MAX_STEPS];
    int n_counted;
    int list[NAIVE_MAX_QPUS][NAIVE_MAX_STEPS], n_list[NAIVE_MAX_QPUS], at[NAIVE_MAX_QPUS];
    int64_t t_there[NAIVE_MAX_QPUS]; /* when the QPU reaches its next step */
    bool has_arrived[NAIVE_MAX_QPUS];
    int64_t t_link_free[NAIVE_MAX_QPUS][NAIVE_MAX_QPUS];
    struct naive_times *times;
    bool is_too_long;
};

static const struct op *op_of(const struct naive *naive, size_t op) {
    return &naive->ops->ops[op];
}

static size_t end_of(const struct naive *naive, size_t open) {
    const size_t match = op_of(naive, open)->match;
    return op_of(naive, match)->kind == OP_ELSE ? op_of(naive, match)->match : match;
}

static bool is_on(const struct naive *naive, size_t op, uint32_t qpu) {
    const uint32_t *wires = op_qubits(naive->ops, op_of(naive, op));
    for (uint32_t i = 0; i < op_of(naive, op)->n_qubits; i++) {
        if (naive->program->wire_qpu[wires[i]] == qpu) {
            return true;
        }
    }
    return false;
}

static bool any_on(const struct naive *naive, size_t first, size_t limit, uint32_t qpu) {
    for (size_t i = first; i < limit; i++) {
        if (is_on(naive, i, qpu)) {
            return true;
        }
    }
    return false;
}

static bool only_gates(const struct naive *naive, size_t first, size_t limit) {
    for (size_t i = first; i < limit; i++) {
        const enum op_kind kind = (enum op_kind)op_of(naive, i)->kind;
        if (kind == OP_MEASURE || kind == OP_RESET || kind == OP_EBIT || kind == OP_WHILE) {
            return false;
        }
    }
    return true;
}

static bool writes_bit(const struct naive *naive, size_t op, uint32_t bit, uint32_t qpu) {
    return op_of(naive, op)->kind == OP_MEASURE && op_of(naive, op)->bit == bit &&
           op_of(naive, op)->qpu == qpu;
}

static bool any_writes(const struct naive *naive, size_t first, size_t limit, uint32_t bit,
                       uint32_t qpu) {
    for (size_t i = first; i < limit; i++) {
        if (writes_bit(naive, i, bit, qpu)) {
            return true;
        }
    }
    return false;
}

/* ---- unrolling ---- */

static struct step *add_step(struct naive *naive, enum step_kind kind, uint32_t qpu, size_t op,
                             int instance) {
    static struct step spare;
    if (naive->n_steps == NAIVE_MAX_STEPS) {
        naive->is_too_long = true;
        return &spare;
    }
    naive->list[qpu][naive->n_list[qpu]++] = naive->n_steps;
    struct step *step = &naive->steps[naive->n_steps++];
    *step = (struct step){.kind = kind, .qpu = qpu, .op = op, .instance = instance};
    return step;
}

static int add_instance(struct naive *naive, int parent, size_t first, size_t limit) {
    if (naive->n_instances == MAX_INSTANCES) {
        naive->is_too_long = true;
        return 0;
    }
    naive->instances[naive->n_instances] =
        (struct instance){.parent = parent, .round_before = NONE, .first = first, .limit = limit};
    return naive->n_instances++;
}

/* Waits for what program_visit_receptions names for these ops, each bit and sender once. */
static void add_receptions(struct naive *naive, uint32_t qpu, size_t first, size_t limit,
                           int instance, bool is_condition_again) {
    const int n_before = naive->n_steps;
    for (int i = 0; i < naive->n_messages; i++) {
        const struct message *message = &naive->messages[i];
        bool is_new = message->op >= first && message->op < limit && message->to == qpu;
        for (int j = n_before; j < naive->n_steps; j++) {
            is_new = is_new &&
                     (naive->steps[j].bit != message->bit || naive->steps[j].from != message->from);
        }
        if (is_new) {
            struct step *step = add_step(naive, STEP_RECV, qpu, message->op, instance);
            step->bit = message->bit;
            step->from = message->from;
            step->is_condition_again = is_condition_again;
        }
    }
}

static void unroll(struct naive *naive, size_t first, size_t limit, int instance,
                   uint64_t iteration);

static void mark(struct naive *naive, enum step_kind kind, size_t open, int instance, int inner) {
    for (uint32_t qpu = 0; qpu < naive->program->n_qpus; qpu++) {
        if (any_on(naive, open, end_of(naive, open), qpu)) {
            add_step(naive, kind, qpu, open, instance)->inner = inner;
        }
    }
}

static void receive(struct naive *naive, size_t open, size_t limit, int instance, bool again) {
    for (uint32_t qpu = 0; qpu < naive->program->n_qpus; qpu++) {
        if (any_on(naive, open, end_of(naive, open), qpu)) {
            add_receptions(naive, qpu, open, limit, instance, again);
        }
    }
}

static void unroll_if(struct naive *naive, size_t open, int instance, uint64_t iteration) {
    const size_t match = op_of(naive, open)->match, end = end_of(naive, open);
    if (only_gates(naive, open, end)) {
        receive(naive, open, end, instance, false);
        for (uint32_t qpu = 0; qpu < naive->program->n_qpus; qpu++) {
            if (any_on(naive, open, end, qpu)) {
                add_step(naive, STEP_GROUP, qpu, open, instance);
            }
        }
        return;
    }
    receive(naive, open, open + 1, instance, false);
    const int inner = add_instance(naive, instance, open, end);
    mark(naive, STEP_ENTER, open, instance, inner);
    if (naive->is_taken(NULL, open, iteration)) {
        unroll(naive, open + 1, match, inner, iteration);
    } else if (match != end) {
        unroll(naive, match + 1, end, inner, iteration);
    }
    mark(naive, STEP_LEAVE, open, instance, inner);
}

static void unroll_loop(struct naive *naive, size_t open, int instance, uint64_t iteration) {
    const bool is_while = op_of(naive, open)->kind == OP_WHILE;
    const uint64_t radix = is_while ? UINT64_C(1) << 20 : op_of(naive, open)->arg;
    const size_t end = end_of(naive, open);
    int before = NONE;
    if (is_while) {
        receive(naive, open, open + 1, instance, false);
    }
    const int loop = add_instance(naive, instance, open, end);
    mark(naive, STEP_ENTER, open, instance, loop);
    for (uint64_t i = 0; !naive->is_too_long; i++) {
        if (is_while ? !naive->is_taken(NULL, open, iteration * radix + i) : i == radix) {
            break;
        }
        const int round = add_instance(naive, loop, open, end);
        naive->instances[round].is_round = true;
        naive->instances[round].round_before = before;
        before = round;
        mark(naive, STEP_ENTER, open, loop, round);
        unroll(naive, open + 1, end, round, iteration * radix + i);
        if (is_while) {
            receive(naive, open, open + 1, round, true);
        }
        mark(naive, STEP_LEAVE, open, loop, round);
    }
    mark(naive, STEP_LEAVE, open, instance, loop);
}

static void unroll_ebit(struct naive *naive, size_t op, int instance, uint64_t iteration) {
    const uint32_t *wires = op_qubits(naive->ops, op_of(naive, op));
    if (naive->n_ebits == NAIVE_MAX_EBITS) {
        naive->is_too_long = true;
        return;
    }
    struct ebit *ebit = &naive->ebits[naive->n_ebits];
    *ebit =
        (struct ebit){.op = op, .site = op_of(naive, op)->site + naive->ops->n_sites * iteration};
    for (int end = 0; end < 2; end++) {
        ebit->steps[end] = naive->n_steps;
        add_step(naive, STEP_EBIT, naive->program->wire_qpu[wires[end]], op, instance)->ebit =
            naive->n_ebits;
    }
    naive->n_ebits++;
}

static void unroll(struct naive *naive, size_t first, size_t limit, int instance,
                   uint64_t iteration) {
    for (size_t i = first; i < limit && !naive->is_too_long; i++) {
        const struct op *op = op_of(naive, i);
        if (op->kind == OP_IF) {
            unroll_if(naive, i, instance, iteration);
            i = end_of(naive, i);
        } else if (op->kind == OP_WHILE || op->kind == OP_REPEAT) {
            unroll_loop(naive, i, instance, iteration);
            i = end_of(naive, i);
        } else if (op->kind == OP_EBIT) {
            unroll_ebit(naive, i, instance, iteration);
        } else if (op->n_qubits > 0) {
            add_step(naive, STEP_OP, op->qpu, i, instance);
        }
    }
}

/* ---- what waits for what ---- */

static bool any_uses(const struct naive *naive, size_t first, size_t limit, uint32_t wire) {
    for (size_t i = first; i < limit; i++) {
        const uint32_t *wires = op_qubits(naive->ops, op_of(naive, i));
        for (uint32_t k = 0; k < op_of(naive, i)->n_qubits; k++) {
            if (wires[k] == wire) {
                return true;
            }
        }
    }
    return false;
}

/* Whether it happens or not: what a block that is left may have done counts. */
static bool step_uses_wire(const struct naive *naive, const struct step *step, uint32_t wire) {
    switch (step->kind) {
    case STEP_OP:
    case STEP_EBIT:
        return any_uses(naive, step->op, step->op + 1, wire);
    case STEP_GROUP:
        return any_uses(naive, step->op, end_of(naive, step->op), wire);
    case STEP_LEAVE:
        return any_uses(naive, naive->instances[step->inner].first,
                        naive->instances[step->inner].limit, wire);
    case STEP_RECV:
    case STEP_ENTER:
        break;
    }
    return false;
}

static int find_mark(const struct naive *naive, enum step_kind kind, uint32_t qpu, int inner) {
    for (int i = 0; i < naive->n_steps; i++) {
        const struct step *step = &naive->steps[i];
        if (step->kind == kind && step->qpu == qpu && step->inner == inner) {
            return i;
        }
    }
    return NONE;
}

/* The step whose end frees the wire of an EBIT step; the EBIT itself: when it is reached. */
static int find_free(const struct naive *naive, int at, uint32_t wire) {
    const struct step *ebit = &naive->steps[at];
    for (int i = at - 1; i >= 0; i--) {
        const struct step *step = &naive->steps[i];
        if (step->qpu == ebit->qpu && step->instance == ebit->instance &&
            step_uses_wire(naive, step, wire)) {
            return step->kind == STEP_EBIT ? at : i;
        }
    }
    return ebit->instance == 0 ? NONE : find_mark(naive, STEP_ENTER, ebit->qpu, ebit->instance);
}

static int find_close(const struct naive *naive, int at, uint32_t wire) {
    for (int i = at + 1; i < naive->n_steps; i++) {
        const struct step *step = &naive->steps[i];
        const struct op *op = op_of(naive, step->op);
        if (step->kind == STEP_OP && step_uses_wire(naive, step, wire) &&
            (op->kind == OP_RESET || (op->kind == OP_MEASURE && op->n_qubits == 1))) {
            return i;
        }
    }
    return NONE;
}

static void link_ebits(struct naive *naive) {
    for (int e = 0; e < naive->n_ebits; e++) {
        struct ebit *ebit = &naive->ebits[e];
        const uint32_t *wires = op_qubits(naive->ops, op_of(naive, ebit->op));
        for (int end = 0; end < 2; end++) {
            ebit->frees[end] = find_free(naive, ebit->steps[end], wires[end]);
            ebit->closes[end] = find_close(naive, ebit->steps[end], wires[end]);
        }
    }
}

/* The last step of `from` that stands in this instance, before `at`, and settles the bit. */
static int last_settling(const struct naive *naive, int at, int instance, uint32_t bit,
                         uint32_t from) {
    for (int i = at - 1; i >= 0; i--) {
        const struct step *step = &naive->steps[i];
        if (step->qpu != from || step->instance != instance) {
            continue;
        }
        if (step->kind == STEP_OP && writes_bit(naive, step->op, bit, from)) {
            return i;
        }
        if (step->kind == STEP_LEAVE &&
            any_writes(naive, naive->instances[step->inner].first,
                       naive->instances[step->inner].limit, bit, from)) {
            return i;
        }
    }
    return NONE;
}

static int find_settling(const struct naive *naive, int at) {
    const struct step *use = &naive->steps[at];
    int instance = use->instance;
    while (instance != NONE) {
        int found = last_settling(naive, at, instance, use->bit, use->from);
        if (found == NONE && use->is_condition_again) {
            return NONE;
        }
        const int before = naive->instances[instance].round_before;
        if (found == NONE && before != NONE) {
            found = last_settling(naive, at, before, use->bit, use->from);
        }
        if (found != NONE) {
            return found;
        }
        if (naive->instances[instance].is_round) {
            instance =
                naive->instances[instance].parent; /* the loop as a whole holds only rounds */
        }
        instance = naive->instances[instance].parent;
    }
    return NONE;
}

/* ---- segments ---- */

struct slot {
    uint64_t wires;
    int64_t t_start, t_end;
};

static int64_t op_time(const struct naive *naive, const struct op *op) {
    const struct machine_qpu *qpu = &naive->machine->qpus[op->qpu];
    switch (op->kind) {
    case OP_GATE:
        return op->n_qubits == 1 ? qpu->gate1.t_ps : qpu->gate2.t_ps;
    case OP_MEASURE:
        return qpu->measure.t_ps;
    case OP_RESET:
        return qpu->reset.t_ps;
    }
    return 0;
}

static uint64_t op_wires(const struct naive *naive, const struct op *op) {
    uint64_t wires = 0;
    for (uint32_t i = 0; i < op->n_qubits; i++) {
        wires |= UINT64_C(1) << op_qubits(naive->ops, op)[i];
    }
    return wires;
}

static int64_t place_slot(struct slot *slots, size_t n, uint64_t wires, int64_t t_first,
                          int64_t t_op) {
    int64_t t_start = t_first;
    for (size_t i = 0; i < n; i++) {
        if ((slots[i].wires & wires) && slots[i].t_end > t_start) {
            t_start = slots[i].t_end;
        }
    }
    slots[n] = (struct slot){wires, t_start, t_start + t_op};
    return t_start + t_op;
}

/* How long these ops of a QPU take on their own, and which wires they use. */
static int64_t body_time(const struct naive *naive, uint64_t *out_wires, size_t first, size_t limit,
                         uint32_t qpu) {
    struct slot slots[256];
    size_t n = 0;
    int64_t t_last = 0;
    *out_wires = 0;
    for (size_t i = first; i < limit; i++) {
        const struct op *op = op_of(naive, i);
        uint64_t wires, other = 0;
        int64_t t_op;
        if (op->kind == OP_IF || op->kind == OP_REPEAT) {
            const size_t match = op->match, end = end_of(naive, i);
            t_op = body_time(naive, &wires, i + 1, match, qpu);
            if (end != match) {
                const int64_t t_else = body_time(naive, &other, match + 1, end, qpu);
                t_op = t_else > t_op ? t_else : t_op;
            }
            wires |= other;
            t_op *= op->kind == OP_REPEAT ? (int64_t)op->arg : 1;
            i = end;
        } else if (op->n_qubits > 0 && op->qpu == qpu) {
            wires = op_wires(naive, op);
            t_op = op_time(naive, op);
        } else {
            continue;
        }
        CHECK(n < 255);
        const int64_t t_end = place_slot(slots, n++, wires, 0, t_op);
        t_last = t_end > t_last ? t_end : t_last;
        *out_wires |= wires;
    }
    return t_last;
}

struct reads {
    bool bits[1024];
};

static void note_read(void *ctx, uint32_t bit) {
    ((struct reads *)ctx)->bits[bit] = true;
}

/* When the bits are there that a group reads and this segment has written, the last write of each.
 */
static int64_t bits_ready(const struct naive *naive, uint32_t qpu, int first, int at,
                          const struct slot *slots) {
    static struct reads reads;
    int64_t t_ready = 0;
    const size_t open = naive->steps[naive->list[qpu][at]].op;
    memset(&reads, 0, sizeof reads);
    for (size_t i = open; i < end_of(naive, open); i++) {
        if (op_of(naive, i)->kind == OP_IF && any_on(naive, i, end_of(naive, i), qpu)) {
            expr_visit_bits(naive->ops, op_of(naive, i)->expr, note_read, &reads);
        }
    }
    for (int i = at - 1; i >= first; i--) {
        const struct step *step = &naive->steps[naive->list[qpu][i]];
        const struct op *op = op_of(naive, step->op);
        if (step->kind == STEP_OP && op->kind == OP_MEASURE && reads.bits[op->bit]) {
            reads.bits[op->bit] = false;
            t_ready = slots[i - first].t_end > t_ready ? slots[i - first].t_end : t_ready;
        }
    }
    return t_ready;
}

/* Gives times to the ops from here to the next step that is none. */
static void run_segment(struct naive *naive, uint32_t qpu, int64_t t) {
    static struct slot slots[NAIVE_MAX_STEPS];
    const int first = naive->at[qpu];
    int64_t t_last = 0;
    int i = first;
    for (; i < naive->n_list[qpu]; i++) {
        struct step *step = &naive->steps[naive->list[qpu][i]];
        uint64_t wires;
        int64_t t_op, t_first = 0;
        if (step->kind == STEP_OP) {
            wires = op_wires(naive, op_of(naive, step->op));
            t_op = op_time(naive, op_of(naive, step->op));
        } else if (step->kind == STEP_GROUP) {
            t_op = body_time(naive, &wires, step->op, end_of(naive, step->op) + 1, qpu);
            t_first = bits_ready(naive, qpu, first, i, slots);
        } else {
            break;
        }
        const int64_t t_end = place_slot(slots, (size_t)(i - first), wires, t_first, t_op);
        step->is_done = true;
        step->t_end = t + t_end;
        t_last = t_end > t_last ? t_end : t_last;
    }
    naive->at[qpu] = i;
    naive->t_there[qpu] = t + t_last;
}

/* ---- ticks ---- */

static int64_t latency(const struct naive *naive, uint32_t a, uint32_t b) {
    return machine_find_link(naive->machine, a, b)->t_bit_ps;
}

static void count_message(struct naive *naive, int settling, uint32_t bit, uint32_t to) {
    for (int i = 0; i < naive->n_counted; i++) {
        const struct counted *counted = &naive->counted[i];
        if (counted->step == settling && counted->bit == bit && counted->to == to) {
            return;
        }
    }
    naive->counted[naive->n_counted++] = (struct counted){settling, bit, to};
    naive->times->n_bits_sent++;
}

static bool try_recv(struct naive *naive, int at, int64_t t) {
    const struct step *step = &naive->steps[at];
    const int settling = find_settling(naive, at);
    if (settling == NONE) {
        return true;
    }
    if (!naive->steps[settling].is_done ||
        naive->steps[settling].t_end + latency(naive, step->from, step->qpu) > t) {
        return false;
    }
    count_message(naive, settling, step->bit, step->qpu);
    return true;
}

static bool try_ebit(struct naive *naive, struct ebit *ebit, uint32_t qpu, int64_t t) {
    if (!naive->has_arrived[qpu]) {
        naive->has_arrived[qpu] = true;
        ebit->n_arrived++;
    }
    if (!ebit->is_granted || ebit->n_arrived < 2) {
        return false;
    }
    ebit->is_delivered = true;
    naive->times->n_ebits++;
    naive->times->pairs[ebit - naive->ebits] = (struct naive_pair){ebit->site, t};
    for (int end = 0; end < 2; end++) {
        const uint32_t other = naive->steps[ebit->steps[end]].qpu;
        naive->at[other]++;
        naive->t_there[other] = t;
        naive->has_arrived[other] = false;
    }
    return true;
}

/* One step of this QPU at t; false: it waits or is done. */
static bool move_qpu(struct naive *naive, uint32_t qpu, int64_t t) {
    if (naive->at[qpu] == naive->n_list[qpu] || naive->t_there[qpu] > t) {
        return false;
    }
    const int at = naive->list[qpu][naive->at[qpu]];
    struct step *step = &naive->steps[at];
    switch (step->kind) {
    case STEP_OP:
    case STEP_GROUP:
        run_segment(naive, qpu, t);
        return true;
    case STEP_EBIT:
        return try_ebit(naive, &naive->ebits[step->ebit], qpu, t);
    case STEP_RECV:
        if (!try_recv(naive, at, t)) {
            return false;
        }
        break;
    case STEP_ENTER:
    case STEP_LEAVE:
        break;
    }
    step->is_done = true;
    step->t_end = t;
    naive->t_there[qpu] = t;
    naive->at[qpu]++;
    return true;
}

static bool is_free(const struct naive *naive, const struct ebit *ebit, int end, int64_t t) {
    const int free = ebit->frees[end];
    if (free == NONE) {
        return true;
    }
    const uint32_t qpu = naive->steps[ebit->steps[end]].qpu;
    if (free == ebit->steps[end]) {
        return naive->at[qpu] < naive->n_list[qpu] && naive->list[qpu][naive->at[qpu]] == free &&
               naive->t_there[qpu] <= t;
    }
    return naive->steps[free].is_done && naive->steps[free].t_end <= t;
}

static bool submit_all(struct naive *naive, int64_t t) {
    bool any = false;
    for (;;) {
        struct ebit *best = NULL;
        for (int e = 0; e < naive->n_ebits; e++) {
            struct ebit *ebit = &naive->ebits[e];
            if (ebit->is_submitted || !is_free(naive, ebit, 0, t) || !is_free(naive, ebit, 1, t)) {
                continue;
            }
            const uint32_t qpu = naive->steps[ebit->steps[0]].qpu;
            const uint32_t best_qpu = best ? naive->steps[best->steps[0]].qpu : UINT32_MAX;
            if (!best || qpu < best_qpu || (qpu == best_qpu && ebit->op < best->op)) {
                best = ebit;
            }
        }
        if (!best) {
            return any;
        }
        uint32_t a = naive->steps[best->steps[0]].qpu, b = naive->steps[best->steps[1]].qpu;
        if (a > b) {
            const uint32_t c = a;
            a = b, b = c;
        }
        int64_t *t_free = &naive->t_link_free[a][b];
        *t_free = (*t_free > t ? *t_free : t) + machine_find_link(naive->machine, a, b)->t_ebit_ps;
        best->t_ready = *t_free;
        best->is_submitted = true;
        any = true;
    }
}

static void count_comm(struct naive *naive, uint32_t qpu, int64_t t) {
    uint32_t n = 0;
    for (int e = 0; e < naive->n_ebits; e++) {
        const struct ebit *ebit = &naive->ebits[e];
        for (int end = 0; end < 2; end++) {
            const int close = ebit->closes[end];
            const bool is_closed =
                close != NONE && naive->steps[close].is_done && naive->steps[close].t_end <= t;
            n += ebit->is_granted && !is_closed && naive->steps[ebit->steps[end]].qpu == qpu;
        }
    }
    naive->times->peak_comm[qpu] =
        n > naive->times->peak_comm[qpu] ? n : naive->times->peak_comm[qpu];
}

static bool grant_all(struct naive *naive, int64_t t) {
    bool any = false;
    for (int e = 0; e < naive->n_ebits; e++) {
        struct ebit *ebit = &naive->ebits[e];
        if (!ebit->is_submitted || ebit->is_granted || ebit->t_ready > t) {
            continue;
        }
        ebit->is_granted = any = true;
        for (int end = 0; end < 2; end++) {
            count_comm(naive, naive->steps[ebit->steps[end]].qpu, t);
        }
    }
    return any;
}

/* Pairs first, then QPUs until none moves, then requests; again until nothing happens at t. */
static void tick(struct naive *naive, int64_t t) {
    for (bool any = true; any;) {
        any = grant_all(naive, t);
        for (bool moved = true; moved;) {
            moved = false;
            for (uint32_t qpu = 0; qpu < naive->program->n_qpus; qpu++) {
                moved = move_qpu(naive, qpu, t) || moved;
            }
            any = any || moved;
        }
        any = submit_all(naive, t) || any;
    }
}

static void note_message(void *ctx, size_t op_index, uint32_t bit, uint32_t from, uint32_t to) {
    struct naive *naive = ctx;
    CHECK(naive->n_messages < MAX_MESSAGES);
    naive->messages[naive->n_messages++] = (struct message){op_index, bit, from, to};
}

static bool is_all_done(const struct naive *naive) {
    for (uint32_t qpu = 0; qpu < naive->program->n_qpus; qpu++) {
        if (naive->at[qpu] < naive->n_list[qpu]) {
            return false;
        }
    }
    return true;
}

static bool run(struct naive *naive) {
    const struct program *program = naive->program;
    CHECK(program->n_qpus <= NAIVE_MAX_QPUS);
    CHECK(program_visit_receptions(program, note_message, naive) == STATUS_OK);
    add_instance(naive, NONE, 0, program->ops.n_ops);
    unroll(naive, 0, program->ops.n_ops, 0, 0);
    if (naive->is_too_long) {
        return false;
    }
    link_ebits(naive);
    int64_t t = 0;
    for (; !is_all_done(naive); t++) {
        if (t == MAX_TICKS) {
            return false;
        }
        tick(naive, t);
    }
    for (uint32_t qpu = 0; qpu < program->n_qpus; qpu++) {
        const int64_t t_end = naive->t_there[qpu];
        naive->times->makespan_ps =
            t_end > naive->times->makespan_ps ? t_end : naive->times->makespan_ps;
    }
    return true;
}

bool naive_clock_run(struct naive_times *out_times, const struct program *program,
                     const struct machine *machine,
                     bool (*is_taken)(void *ctx, size_t op_index, uint64_t iteration)) {
    struct naive *naive = calloc(1, sizeof *naive);
    CHECK(naive != NULL);
    memset(out_times, 0, sizeof *out_times);
    naive->program = program;
    naive->ops = &program->ops;
    naive->machine = machine;
    naive->is_taken = is_taken;
    naive->times = out_times;
    const bool is_complete = run(naive);
    free(naive);
    return is_complete;
}
