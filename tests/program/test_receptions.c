/* Receptions along the ways that a program can take: no QPU reads a bit that it has not been sent.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "support/protocol.h"
#include "support/random_program.h"

enum { MAX_MESSAGES = 1000, MAX_STEPS = 20000 };

struct message {
    size_t op;
    uint32_t bit, from, to;
};
struct walk {
    const struct program *program;
    uint64_t seed;
    struct message messages[MAX_MESSAGES];
    size_t n_messages, n_sent, n_needed, n_steps;
    bool is_written[RANDOM_N_BITS], has[RANDOM_N_BITS][RANDOM_MAX_QPUS];
    uint32_t reader; /* of the condition under test */
};

static void note_message(void *ctx, size_t op_index, uint32_t bit, uint32_t from, uint32_t to) {
    struct walk *walk = ctx;
    cr_assert_lt(walk->n_messages, MAX_MESSAGES);
    walk->messages[walk->n_messages++] = (struct message){op_index, bit, from, to};
}

static size_t end_of(const struct op_list *ops, size_t open) {
    const size_t match = ops->ops[open].match;
    return ops->ops[match].kind == OP_ELSE ? ops->ops[match].match : match;
}

static bool any_on(const struct program *program, size_t first, size_t end, uint32_t qpu) {
    for (size_t i = first; i < end; i++) {
        const struct op *op = &program->ops.ops[i];
        for (uint32_t k = 0; k < op->n_qubits; k++) {
            if (program->wire_qpu[op_qubits(&program->ops, op)[k]] == qpu) {
                return true;
            }
        }
    }
    return false;
}

static bool only_gates(const struct op_list *ops, size_t first, size_t end) {
    for (size_t i = first; i < end; i++) {
        const uint8_t kind = ops->ops[i].kind;
        if (kind == OP_MEASURE || kind == OP_RESET || kind == OP_EBIT || kind == OP_WHILE) {
            return false;
        }
    }
    return true;
}

static void read_bit(void *ctx, uint32_t bit) {
    const struct walk *walk = ctx;
    cr_assert(!walk->is_written[bit] || walk->has[bit][walk->reader],
              "seed %llu: a QPU reads a bit that it has not been sent",
              (unsigned long long)walk->seed);
}

/* The condition is read by all QPUs with ops in the block. */
static void read_condition(struct walk *walk, size_t open) {
    const struct program *program = walk->program;
    for (size_t i = 0; i < walk->n_messages; i++) {
        const struct message *message = &walk->messages[i];
        if (message->op == open) {
            walk->n_sent++;
            walk->n_needed += !walk->has[message->bit][message->to];
            walk->has[message->bit][message->to] = true;
        }
    }
    for (uint32_t qpu = 0; qpu < program->n_qpus; qpu++) {
        if (any_on(program, open, end_of(&program->ops, open), qpu)) {
            walk->reader = qpu;
            expr_visit_bits(&program->ops, program->ops.ops[open].expr, read_bit, walk);
        }
    }
}

static void follow(struct walk *walk, size_t first, size_t limit, uint64_t iteration);

static void follow_block(struct walk *walk, size_t open, uint64_t iteration) {
    const struct op_list *ops = &walk->program->ops;
    const struct op *op = &ops->ops[open];
    const size_t end = end_of(ops, open);
    if (op->kind == OP_IF && only_gates(ops, open, end)) {
        for (size_t i = open; i < end; i++) { /* all its bits are waited for, taken or not */
            if (ops->ops[i].kind == OP_IF) {
                read_condition(walk, i);
            }
        }
    } else if (op->kind == OP_IF) {
        read_condition(walk, open);
        if (random_decision(walk->seed, open, iteration)) {
            follow(walk, open + 1, op->match, iteration);
        } else if (op->match != end) {
            follow(walk, op->match + 1, end, iteration);
        }
    } else if (op->kind == OP_REPEAT) {
        for (uint64_t i = 0; i < op->arg; i++) {
            follow(walk, open + 1, end, iteration * op->arg + i);
        }
    } else {
        read_condition(walk, open);
        for (uint64_t i = iteration << 20; random_decision(walk->seed, open, i); i++) {
            follow(walk, open + 1, end, i);
            read_condition(walk, open);
        }
    }
}

static void follow(struct walk *walk, size_t first, size_t limit, uint64_t iteration) {
    const struct op_list *ops = &walk->program->ops;
    for (size_t i = first; i < limit && walk->n_steps < MAX_STEPS; i++, walk->n_steps++) {
        const struct op *op = &ops->ops[i];
        if (op->kind == OP_MEASURE) {
            memset(walk->has[op->bit], 0, sizeof walk->has[op->bit]);
            walk->has[op->bit][op->qpu] = true;
            walk->is_written[op->bit] = true;
        } else if (op->kind == OP_IF || op->kind == OP_WHILE || op->kind == OP_REPEAT) {
            follow_block(walk, i, iteration);
            i = end_of(ops, i);
        }
    }
}

static void start(struct walk *walk, const struct program *program, uint64_t seed) {
    *walk = (struct walk){.program = program, .seed = seed};
    cr_assert_eq(program_visit_receptions(program, note_message, walk), STATUS_OK);
}

Test(receptions, every_way_through_random_programs_has_its_bits) {
    static struct walk walk;
    size_t n_sent = 0;
    for (uint64_t i = 0; i < 400; i++) {
        struct program *program = random_program(i, true);
        for (uint64_t way = 0; way < 5; way++) {
            start(&walk, program, 5 * i + way);
            follow(&walk, 0, program->ops.n_ops, 0);
            n_sent += walk.n_sent;
        }
        program_destroy(program);
    }
    cr_assert_gt(n_sent, 1000);
}

/* Without loops and branches there is one way, and no message goes where the bit is already. */
Test(receptions, straight_programs_send_nothing_twice) {
    static struct walk walk;
    size_t n_sent = 0;
    for (uint64_t seed = 0; seed < 400; seed++) {
        struct program *program = random_program(seed, false);
        bool has_loops = false;
        for (size_t i = 0; i < program->ops.n_ops; i++) {
            has_loops = has_loops || program->ops.ops[i].kind == OP_REPEAT;
        }
        start(&walk, program, seed);
        follow(&walk, 0, program->ops.n_ops, 0);
        cr_assert(has_loops || walk.n_sent == walk.n_needed, "seed %llu", (unsigned long long)seed);
        n_sent += has_loops ? 0 : walk.n_sent;
        program_destroy(program);
    }
    cr_assert_gt(n_sent, 50);
}

static size_t count(const struct program *program) {
    static struct walk walk;
    start(&walk, program, 0);
    return walk.n_messages;
}

/* if (k) { if (m) x b; j = measure b; } [else ...]  if (m) x b; */
static size_t count_with_branches(bool body_uses, bool has_else, bool else_uses, bool writes_body,
                                  bool writes_else) {
    struct program *program = put_program(3);
    const uint32_t a = put_qpu(program, "A", 1, 0), b = put_qpu(program, "B", 2, 0);
    put_measure(program, a, 0);
    put_measure(program, b, 1);
    const size_t open = put_if(program, 1);
    if (writes_body) {
        put_measure(program, a, 0);
    }
    if (body_uses) {
        put_x_if(program, 0, b);
    }
    put_measure(program, b + 1, 2);
    if (has_else) {
        put_else(program, open);
        if (else_uses) {
            put_x_if(program, 0, b);
        }
        if (writes_else) {
            put_measure(program, a, 0);
        }
        put_measure(program, b + 1, 2);
    }
    put_end(program, open);
    put_x_if(program, 0, b);
    put_x_if(program, 0, b + 1);
    put_done(program, true);
    const size_t n = count(program);
    program_destroy(program);
    return n;
}

Test(receptions, one_way_through_a_branch_is_not_enough) {
    cr_expect_eq(count_with_branches(false, false, false, false, false), 1);
    cr_expect_eq(count_with_branches(true, false, false, false, false), 2);
    cr_expect_eq(count_with_branches(true, true, false, false, false), 2);
    cr_expect_eq(count_with_branches(false, true, true, false, false), 2);
    cr_expect_eq(count_with_branches(true, true, true, false, false), 2, "both ways have it");
    /* A takes part in the branch when it writes there: k goes to A */
    cr_expect_eq(count_with_branches(true, true, true, true, false), 3, "both ways have it");
    cr_expect_eq(count_with_branches(true, true, false, true, false), 3);
    cr_expect_eq(count_with_branches(true, true, true, false, true), 4);
}
