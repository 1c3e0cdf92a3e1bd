/* The checker walks the ops once and knows of each wire whether it may hold a state that someone
 * needs, and of each bit whether it may have been written (program/flow.h). */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "circuit/names.h"
#include "program/exchange.h"
#include "program/flow.h"
#include "program/program.h"

enum { MAX_LOGGED = 20, PLACE_SIZE = 160 };

/* What is known of a wire. */
enum {
    WIRE_IDLE,  /* in a basis state by itself: start, measured, reset */
    WIRE_FREED, /* not to be used before ALLOC */
    WIRE_HELD,  /* WIRE_HELD + i: holds the state held[i] */
};
struct held {
    size_t op; /* that put it there; for an input qubit of the circuit, its `logical in` */
    bool is_input, is_ebit, is_touched;
    bool is_moved; /* somewhere a swap took it to a free data wire */
};
struct checker {
    const struct program *program;
    const struct op_list *ops;
    struct program_check out;
    struct flow wires, bits; /* bits: 1 = may have been written */
    struct held *held;
    size_t n_held, cap_held;
    uint32_t *n_open; /* comm wires held now, by QPU */
    uint32_t *stamps; /* by wire */
    uint32_t stamp;
    uint32_t *nodes; /* of a condition, still to be looked at */
    size_t n_nodes, cap_nodes;
    size_t at; /* the op */
};

static void find_at(struct checker *checker, struct src_loc loc, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
static void find_at(struct checker *checker, struct src_loc loc, const char *fmt, ...) {
    char message[512];
    va_list args;

    checker->out.n_errors++;
    if (checker->out.n_errors > MAX_LOGGED) {
        return;
    }
    va_start(args, fmt);
    vsnprintf(message, sizeof message, fmt, args);
    va_end(args);
    log_error_at(STATUS_INPUT, loc, "%s", message);
}

static const struct op *op_here(const struct checker *checker) {
    return &checker->ops->ops[checker->at];
}
static struct src_loc loc_here(const struct checker *checker) {
    return program_loc(checker->program, op_here(checker));
}

static const char *qpu_name(const struct checker *checker, uint32_t qpu) {
    return qpu == OP_NO_QPU ? "(none)" : checker->program->qpus[qpu].name;
}

struct place {
    char text[PLACE_SIZE];
};
/* "comm wire a[1] of QPU A" */
static struct place describe_wire(const struct checker *checker, uint32_t wire) {
    const struct program *program = checker->program;
    struct place place;
    char name[PLACE_SIZE / 2];

    snprintf(place.text, sizeof place.text, "%s wire %s of QPU %.40s",
             program->wire_is_comm[wire] ? "comm" : "data",
             program_wire_name(program, wire, name, sizeof name),
             qpu_name(checker, program->wire_qpu[wire]));
    return place;
}

static struct place describe_bit(const struct checker *checker, uint32_t bit) {
    struct place place;

    program_bit_name(checker->program, bit, place.text, sizeof place.text);
    return place;
}

/* "the ebit of line 12" */
static struct place describe_held(const struct checker *checker, uint32_t value) {
    const struct held *held = &checker->held[value - WIRE_HELD];
    struct place place;

    if (held->is_input) {
        snprintf(place.text, sizeof place.text, "the circuit's qubit %s",
                 checker->program->in[held->op].qubit);
    } else if (checker->ops->ops[held->op].line == 0) {
        snprintf(place.text, sizeof place.text, "%s of op %zu",
                 held->is_ebit ? "the ebit" : "the state", held->op);
    } else {
        snprintf(place.text, sizeof place.text, "%s of line %u",
                 held->is_ebit ? "the ebit" : "the state", checker->ops->ops[held->op].line);
    }
    return place;
}

/* Keeps the number of open comm wires and its peak. */
static void count_open(void *ctx, uint32_t wire, uint32_t from, uint32_t to) {
    struct checker *checker = ctx;
    uint32_t qpu = checker->program->wire_qpu[wire];

    if (!checker->program->wire_is_comm[wire] || qpu == OP_NO_QPU) {
        return;
    }
    if (from < WIRE_HELD && to >= WIRE_HELD) {
        checker->n_open[qpu]++;
        if (checker->n_open[qpu] > checker->out.peak_comm[qpu]) {
            checker->out.peak_comm[qpu] = checker->n_open[qpu];
        }
    } else if (from >= WIRE_HELD && to < WIRE_HELD) {
        checker->n_open[qpu]--;
    }
}

static enum status hold(struct checker *checker, uint32_t wire, struct held held) {
    TRY(vec_reserve(&checker->held, checker->n_held, &checker->cap_held, 1, sizeof *checker->held));
    checker->held[checker->n_held] = held;
    return flow_set(&checker->wires, wire, WIRE_HELD + u32_from_size(checker->n_held++));
}

/* An op acts on what the wire holds. */
static void touch(struct checker *checker, uint32_t wire) {
    uint32_t value = checker->wires.values[wire];

    if (value >= WIRE_HELD) {
        checker->held[value - WIRE_HELD].is_touched = true;
    } else if (value == WIRE_FREED) {
        find_at(checker, loc_here(checker), "%s was freed: allocate it before it is used",
                describe_wire(checker, wire).text);
    }
}

/* What the wire holds is dropped, by RESET or FREE. */
static void drop(struct checker *checker, uint32_t wire) {
    uint32_t value = checker->wires.values[wire];

    if (value == WIRE_FREED) {
        touch(checker, wire);
    } else if (value >= WIRE_HELD && checker->held[value - WIRE_HELD].is_ebit &&
               !checker->held[value - WIRE_HELD].is_touched) {
        find_at(checker, loc_here(checker), "half an ebit: %s drops %s before anything has used it",
                describe_wire(checker, wire).text, describe_held(checker, value).text);
    }
}

static bool may_span(enum op_kind kind) {
    return kind == OP_EBIT || kind == OP_COORDS || kind == OP_NOISE || kind == OP_OBSERVABLE;
}

/* Wires belong to QPUs, and mostly to one only. */
static void check_places(struct checker *checker) {
    const struct op *op = op_here(checker);
    const uint32_t *wires = op_qubits(checker->ops, op);
    const uint32_t *wire_qpu = checker->program->wire_qpu;
    char name[PLACE_SIZE];
    const char *what = op->kind == OP_GATE    ? gate_get((enum gate_id)op->which)->name
                       : op->kind == OP_NOISE ? op_noise_name((enum op_noise)op->which)
                                              : op_kind_name((enum op_kind)op->kind);

    for (uint32_t i = 0; i < op->n_qubits; i++) {
        if (wire_qpu[wires[i]] == OP_NO_QPU) {
            find_at(checker, loc_here(checker),
                    "wire %s belongs to no QPU; name it in a line 'pragma qspan qpu'",
                    program_wire_name(checker->program, wires[i], name, sizeof name));
            return;
        }
    }
    for (uint32_t i = 1; i < op->n_qubits && !may_span((enum op_kind)op->kind); i++) {
        if (wire_qpu[wires[i]] != wire_qpu[wires[0]]) {
            find_at(checker, loc_here(checker),
                    "'%s' acts on %s and on %s: its wires must be of one QPU", what,
                    describe_wire(checker, wires[0]).text, describe_wire(checker, wires[i]).text);
            return;
        }
    }
    if (op->n_qubits > 0 && op->qpu != OP_NO_QPU && op->qpu != wire_qpu[wires[0]]) {
        find_at(checker, loc_here(checker), "'%s' on %s is placed at QPU %s", what,
                describe_wire(checker, wires[0]).text, qpu_name(checker, op->qpu));
    }
}

static enum status check_swap(struct checker *checker, uint32_t a, uint32_t b) {
    uint32_t value_a = checker->wires.values[a], value_b = checker->wires.values[b];

    touch(checker, a);
    touch(checker, b);
    if ((value_a >= WIRE_HELD) != (value_b >= WIRE_HELD)) {
        checker->held[(value_a >= WIRE_HELD ? value_a : value_b) - WIRE_HELD].is_moved = true;
    }
    TRY(flow_set(&checker->wires, a, value_b));
    return flow_set(&checker->wires, b, value_a);
}

/* The gate takes basis states to basis states. */
static bool keeps_basis(const struct op *op) {
    return op->n_qubits == 1 && (op->which == GATE_X || op->which == GATE_Y ||
                                 gate_get((enum gate_id)op->which)->diagonal_mask == 1);
}

static enum status use_wires(struct checker *checker) {
    const struct op *op = op_here(checker);
    const uint32_t *wires = op_qubits(checker->ops, op);

    for (uint32_t i = 0; i < op->n_qubits; i++) {
        bool stays_idle =
            op->kind == OP_GATE && keeps_basis(op) && checker->program->wire_is_comm[wires[i]];
        touch(checker, wires[i]);
        if (checker->wires.values[wires[i]] < WIRE_HELD && !stays_idle) {
            TRY(hold(checker, wires[i], (struct held){.op = checker->at}));
        }
    }
    return STATUS_OK;
}

static enum status check_ebit(struct checker *checker) {
    const uint32_t *wires = op_qubits(checker->ops, op_here(checker));
    const struct program *program = checker->program;

    checker->out.n_ebits++;
    if (program->wire_qpu[wires[0]] == program->wire_qpu[wires[1]]) {
        find_at(checker, loc_here(checker), "an ebit of %s and %s: expected two QPUs",
                describe_wire(checker, wires[0]).text, describe_wire(checker, wires[1]).text);
    }
    for (unsigned i = 0; i < 2; i++) {
        uint32_t value = checker->wires.values[wires[i]];
        if (!program->wire_is_comm[wires[i]]) {
            find_at(checker, loc_here(checker), "an ebit on %s: expected a comm wire",
                    describe_wire(checker, wires[i]).text);
        } else if (value >= WIRE_HELD) {
            find_at(checker, loc_here(checker),
                    "%s still holds %s: measure, reset or free it before its next ebit",
                    describe_wire(checker, wires[i]).text, describe_held(checker, value).text);
        }
        TRY(hold(checker, wires[i], (struct held){.op = checker->at, .is_ebit = true}));
    }
    return STATUS_OK;
}

static enum status check_measure(struct checker *checker) {
    const struct op *op = op_here(checker);
    uint32_t wire = op_qubits(checker->ops, op)[0];

    checker->out.n_measurements++;
    TRY(use_wires(checker));
    if (op->n_qubits == 1) {
        TRY(flow_set(&checker->wires, wire, WIRE_IDLE));
    }
    return flow_set(&checker->bits, op->bit, 1);
}

static enum status check_bit(struct checker *checker, uint32_t bit) {
    if (checker->bits.values[bit] != 0) {
        return STATUS_OK;
    }
    find_at(checker, loc_here(checker),
            "bit %s is used before any measurement or assignment has written it",
            describe_bit(checker, bit).text);
    return flow_set(&checker->bits, bit, 1); /* once is enough */
}

/* A register is compared as a whole: bits not written yet are 0, but one must be written. */
static enum status check_compared(struct checker *checker, const struct expr *eq) {
    for (uint32_t i = 0; i < eq->n; i++) {
        if (checker->bits.values[eq->a + i] != 0) {
            return STATUS_OK;
        }
    }
    return eq->n > 0 ? check_bit(checker, eq->a) : STATUS_OK;
}

static enum status push_node(struct checker *checker, uint32_t node) {
    TRY(vec_reserve(&checker->nodes, checker->n_nodes, &checker->cap_nodes, 1,
                    sizeof *checker->nodes));
    checker->nodes[checker->n_nodes++] = node;
    return STATUS_OK;
}

/* Bits that the tree reads may have been written. Trees may be deep: no recursion. */
static enum status check_condition(struct checker *checker) {
    checker->n_nodes = 0;
    TRY(push_node(checker, op_here(checker)->expr));
    while (checker->n_nodes > 0) {
        const struct expr *expr = &checker->ops->exprs[checker->nodes[--checker->n_nodes]];
        switch ((enum expr_kind)expr->kind) {
        case EXPR_CONST:
            break;
        case EXPR_BIT:
            TRY(check_bit(checker, expr->a));
            break;
        case EXPR_EQ:
            TRY(check_compared(checker, expr));
            break;
        case EXPR_AND:
        case EXPR_OR:
        case EXPR_XOR:
            TRY(push_node(checker, expr->b));
            TRY(push_node(checker, expr->a));
            break;
        case EXPR_NOT:
            TRY(push_node(checker, expr->a));
            break;
        case EXPR_REC: /* of detectors and observables; whoever makes it sees that it is there */
            break;
        case EXPR_SWEEP:
            CHECK(expr->kind != EXPR_SWEEP);
        }
    }
    return STATUS_OK;
}

/* Data wires whose last use in the loop is a gate hold a state when the next round begins. What a
 * nested block closes may stay open, for it may not run. */
static enum status enter_loop(struct checker *checker) {
    const struct op_list *ops = checker->ops;
    size_t end = op_here(checker)->match;
    unsigned depth = 0;

    checker->stamp++;
    for (size_t i = end; i-- > checker->at + 1;) {
        const struct op *op = &ops->ops[i];
        depth += op->kind == OP_END ? 1 : 0;
        depth -= op->kind == OP_IF || op->kind == OP_WHILE || op->kind == OP_REPEAT ? 1 : 0;
        if (op->kind != OP_GATE && depth > 0) {
            continue;
        }
        for (uint32_t j = 0; j < op->n_qubits; j++) {
            uint32_t wire = op_qubits(ops, op)[j];
            bool is_last = checker->stamps[wire] != checker->stamp;
            bool closes = op->n_qubits == 1 && (op->kind == OP_MEASURE || op->kind == OP_RESET ||
                                                op->kind == OP_FREE || op->kind == OP_ALLOC);
            if (is_last && (closes || op->kind == OP_GATE || op->kind == OP_MEASURE)) {
                checker->stamps[wire] = checker->stamp;
                if (!closes && !checker->program->wire_is_comm[wire] &&
                    checker->wires.values[wire] < WIRE_HELD) {
                    TRY(hold(checker, wire, (struct held){.op = i}));
                }
            }
        }
    }
    return STATUS_OK;
}

/* Does each round of the loop begin with a reset of the wire, before anything else happens to it?
 */
static bool begins_with_reset(const struct op_list *ops, size_t loop, uint32_t wire) {
    for (size_t i = loop + 1; i < ops->ops[loop].match; i++) {
        const struct op *op = &ops->ops[i];
        for (uint32_t j = 0; j < op->n_qubits; j++) {
            if (op_qubits(ops, op)[j] == wire) {
                return op->kind == OP_RESET;
            }
        }
        if (op->kind == OP_IF || op->kind == OP_WHILE || op->kind == OP_REPEAT) {
            return false; /* what stands there may not run */
        }
    }
    return false;
}

/* Comm wires must be open after both ways or after none. After an IF that may have swapped what one
 * held to a data wire, it counts as open. A loop may leave one open that each round resets first,
 * as one does that repeats until a pair is good. */
static enum status join_wires(void *ctx, uint32_t *out_value, uint32_t wire, uint32_t entry,
                              uint32_t body, uint32_t other) {
    struct checker *checker = ctx;
    const struct op *end = op_here(checker), *open = &checker->ops->ops[end->match];
    bool is_held = body >= WIRE_HELD, other_is_held = other >= WIRE_HELD;

    if (!checker->program->wire_is_comm[wire] || is_held == other_is_held) {
        bool is_repeat = open->kind == OP_REPEAT && open->arg > 0;
        *out_value = is_repeat || body > other ? body : other;
        return STATUS_OK;
    }
    if (open->kind == OP_IF && entry >= WIRE_HELD && checker->held[entry - WIRE_HELD].is_moved &&
        (body == entry || other == entry)) {
        *out_value = entry;
        return STATUS_OK;
    }
    if (open->kind != OP_IF && is_held && checker->held[body - WIRE_HELD].is_touched &&
        begins_with_reset(checker->ops, end->match, wire)) {
        *out_value = body;
        return STATUS_OK;
    }
    *out_value = WIRE_IDLE;
    if (open->kind == OP_IF) {
        find_at(checker, program_loc(checker->program, open),
                "%s holds %s after one way through this 'if' but not after the other",
                describe_wire(checker, wire).text,
                describe_held(checker, is_held ? body : other).text);
    } else if (is_held) {
        find_at(checker, program_loc(checker->program, open),
                "%s holds %s at the end of a round of this loop, but nothing before it: let each "
                "round begin with a reset of it",
                describe_wire(checker, wire).text, describe_held(checker, body).text);
    } else {
        find_at(checker, program_loc(checker->program, open),
                "%s holds %s before this loop, but nothing at the end of a round",
                describe_wire(checker, wire).text, describe_held(checker, entry).text);
    }
    return STATUS_OK;
}

static enum status join_bits(void *ctx, uint32_t *out_value, uint32_t bit, uint32_t entry,
                             uint32_t body, uint32_t other) {
    (void)ctx;
    (void)bit;
    (void)entry;
    *out_value = body | other;
    return STATUS_OK;
}

static enum status check_block(struct checker *checker) {
    const struct op *op = op_here(checker);

    switch (op->kind) {
    case OP_ELSE:
        TRY(flow_turn(&checker->bits));
        return flow_turn(&checker->wires);
    case OP_END:
        TRY(flow_close(&checker->bits, join_bits, checker));
        return flow_close(&checker->wires, join_wires, checker);
    case OP_IF:
        TRY(check_condition(checker));
        break;
    case OP_WHILE:
        TRY(check_condition(checker));
        TRY(enter_loop(checker));
        break;
    case OP_REPEAT:
        TRY(enter_loop(checker));
        break;
    }
    TRY(flow_open(&checker->bits));
    return flow_open(&checker->wires);
}

static enum status check_alloc(struct checker *checker, uint32_t wire) {
    uint32_t value = checker->wires.values[wire];

    if (value >= WIRE_HELD) {
        find_at(checker, loc_here(checker), "alloc of %s, which holds %s",
                describe_wire(checker, wire).text, describe_held(checker, value).text);
    }
    return flow_set(&checker->wires, wire, WIRE_IDLE);
}

static enum status check_op(struct checker *checker) {
    const struct op *op = op_here(checker);
    const uint32_t *wires = op_qubits(checker->ops, op);

    check_places(checker);
    switch ((enum op_kind)op->kind) {
    case OP_GATE:
        checker->out.n_local_gates++;
        return op->which == GATE_SWAP ? check_swap(checker, wires[0], wires[1])
                                      : use_wires(checker);
    case OP_MEASURE:
        return check_measure(checker);
    case OP_RESET:
    case OP_FREE:
        drop(checker, wires[0]);
        return flow_set(&checker->wires, wires[0], op->kind == OP_FREE ? WIRE_FREED : WIRE_IDLE);
    case OP_ALLOC:
        return check_alloc(checker, wires[0]);
    case OP_EBIT:
        return check_ebit(checker);
    case OP_IF:
    case OP_ELSE:
    case OP_WHILE:
    case OP_REPEAT:
    case OP_END:
        return check_block(checker);
    case OP_DETECTOR:
    case OP_OBSERVABLE:
        return check_condition(checker);
    case OP_ASSIGN:
        TRY(check_condition(checker));
        return flow_set(&checker->bits, op->bit, 1);
    case OP_SEND:
        return check_bit(checker, op->bit);
    case OP_RECV: /* from whom: exchange_check */
        return flow_set(&checker->bits, op->bit, 1);
    case OP_CALL:
        find_at(checker, loc_here(checker), "'%s' is not supported yet",
                op_kind_name((enum op_kind)op->kind));
        break;
    case OP_IDLE:
        find_at(checker, loc_here(checker),
                "'%s' comes from the schedule; a program must not have it",
                op_kind_name((enum op_kind)op->kind));
        break;
    case OP_BARRIER:
    case OP_NOISE:
    case OP_TICK:
    case OP_COORDS:
    case OP_SHIFT_COORDS:
    case OP_KIND_COUNT:
        break;
    }
    return STATUS_OK;
}

/* Each logical qubit once, on a data wire of its own. */
static enum status check_logical_list(struct checker *checker, struct names *names,
                                      const struct program_logical *list, size_t n,
                                      const char *side) {
    const struct program *program = checker->program;
    uint32_t wire;

    checker->stamp++;
    for (size_t i = 0; i < n; i++) {
        struct place place = describe_wire(checker, list[i].wire);
        if (program->wire_qpu[list[i].wire] == OP_NO_QPU || program->wire_is_comm[list[i].wire]) {
            find_at(checker, list[i].loc, "logical %s: %s is on %s; expected a data wire", side,
                    list[i].qubit, place.text);
        }
        if (checker->stamps[list[i].wire] == checker->stamp) {
            find_at(checker, list[i].loc, "logical %s: %s holds two qubits", side, place.text);
        }
        checker->stamps[list[i].wire] = checker->stamp;
        if (names_find(names, &wire, list[i].qubit, strlen(list[i].qubit))) {
            find_at(checker, list[i].loc, "logical %s: qubit %s is there twice", side,
                    list[i].qubit);
            continue;
        }
        TRY(names_add(names, list[i].qubit, strlen(list[i].qubit), list[i].wire));
    }
    return STATUS_OK;
}

static enum status check_logical(struct checker *checker) {
    const struct program *program = checker->program;
    struct names in = {0}, out = {0};
    enum status status;

    TRY_GOTO(check_logical_list(checker, &in, program->in, program->n_in, "in"), done);
    TRY_GOTO(check_logical_list(checker, &out, program->out, program->n_out, "out"), done);
    for (size_t i = 0; i < program->n_in; i++) {
        if (!program->wire_is_comm[program->in[i].wire]) {
            TRY_GOTO(hold(checker, program->in[i].wire, (struct held){.op = i, .is_input = true}),
                     done);
        }
    }
done:
    names_fini(&in);
    names_fini(&out);
    return status;
}

static void check_all_closed(struct checker *checker) {
    const struct program *program = checker->program;

    for (uint32_t wire = 0; wire < program->n_wires; wire++) {
        uint32_t value = checker->wires.values[wire];
        const struct held *held;
        struct src_loc loc;
        if (!program->wire_is_comm[wire] || value < WIRE_HELD) {
            continue;
        }
        held = &checker->held[value - WIRE_HELD];
        loc = held->is_input ? program->in[held->op].loc
                             : program_loc(program, &checker->ops->ops[held->op]);
        if (held->is_ebit && !held->is_touched) {
            find_at(checker, loc, "half an ebit: %s is never used and left open at the end",
                    describe_wire(checker, wire).text);
        } else {
            find_at(checker, loc, "%s still holds %s at the end: measure, reset or free it",
                    describe_wire(checker, wire).text, describe_held(checker, value).text);
        }
    }
}

static void find_exchange(void *ctx, struct src_loc loc, const char *message) {
    find_at(ctx, loc, "%s", message);
}

static enum status check_all(struct checker *checker) {
    const struct program *program = checker->program;

    checker->n_open = mem_alloc(program->n_qpus, sizeof *checker->n_open);
    checker->out.peak_comm = mem_alloc(program->n_qpus, sizeof *checker->out.peak_comm);
    checker->stamps = mem_alloc(program->n_wires, sizeof *checker->stamps);
    if (checker->n_open == NULL || checker->out.peak_comm == NULL || checker->stamps == NULL) {
        return STATUS_NOFIT;
    }
    TRY(flow_init(&checker->wires, program->n_wires, count_open, checker));
    TRY(flow_init(&checker->bits, program->n_bits, NULL, NULL));
    TRY(check_logical(checker));
    for (checker->at = 0; checker->at < checker->ops->n_ops; checker->at++) {
        TRY(check_op(checker));
    }
    check_all_closed(checker);
    return exchange_check(&checker->out.n_bits_sent, program, find_exchange, checker);
}

enum status program_check(struct program_check *out_check, const struct program *program) {
    struct checker checker = {.program = program, .ops = &program->ops};
    enum status status = check_all(&checker);

    flow_fini(&checker.wires);
    flow_fini(&checker.bits);
    mem_free(checker.held);
    mem_free(checker.n_open);
    mem_free(checker.stamps);
    mem_free(checker.nodes);
    if (checker.out.n_errors > MAX_LOGGED) {
        log_error(STATUS_INPUT, "%u more errors", checker.out.n_errors - MAX_LOGGED);
    }
    *out_check = checker.out;
    return status == STATUS_OK && checker.out.n_errors > 0 ? STATUS_INPUT : status;
}

void program_check_fini(struct program_check *check) {
    mem_free(check->peak_comm);
    *check = (struct program_check){0};
}
