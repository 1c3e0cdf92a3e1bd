/* Which bits travel where: by hand, and against naive walks. */
#include <stdio.h>
#include <stdlib.h>

#include "program/programs.h"

#define MACHINE                                                                                    \
    HEAD "qubit[3] q; bit m; bit k; bit[3] c;\n"                                                   \
         "pragma qspan qpu A data q[0]\n"                                                          \
         "pragma qspan qpu B data q[1]\n"                                                          \
         "pragma qspan qpu C data q[2]\n"

enum { MOST = 512 };
struct message {
    size_t op;
    uint32_t bit, from, to;
};
struct messages {
    struct message all[MOST];
    size_t n;
};

static void keep(void *ctx, size_t op_index, uint32_t bit, uint32_t from_qpu, uint32_t to_qpu) {
    struct messages *messages = ctx;

    cr_assert(messages->n < MOST);
    messages->all[messages->n++] =
        (struct message){.op = op_index, .bit = bit, .from = from_qpu, .to = to_qpu};
}

/* "op bit from to" each, joined by blanks. */
static void dump_messages(struct text *out, const struct messages *messages) {
    text_add(out, "");
    for (size_t i = 0; i < messages->n; i++) {
        const struct message *message = &messages->all[i];
        text_printf(out, "%s%zu:b%u:%c%c", i == 0 ? "" : " ", message->op, message->bit,
                    "ABC"[message->from], "ABC"[message->to]);
    }
}

Test(messages, by_hand) {
    static const struct {
        const char *text, *want;
    } cases[] = {
        {"m = measure q[0];", ""},
        {"m = measure q[0]; if (m) x q[0];", ""},
        {"m = measure q[0]; if (m) x q[1];", "1:b0:AB"},
        /* first use only, one for each place */
        {"m = measure q[0]; if (m) x q[1]; if (m) z q[1]; if (m) { x q[0]; x q[2]; x q[1]; }",
         "1:b0:AB 7:b0:AC"},
        /* a rewritten bit is a new value */
        {"m = measure q[0]; if (m) x q[1]; m = measure q[0]; if (m) x q[1];", "1:b0:AB 5:b0:AB"},
        {"m = measure q[0]; m = measure q[1]; if (m) x q[1];", ""},
        /* every bit of the condition, to every place of the block */
        {"m = measure q[0]; k = measure q[1]; if (m ^ k) { x q[1]; x q[2]; }",
         "2:b0:AB 2:b0:AC 2:b1:BC"},
        {"c[0] = measure q[0]; c[2] = measure q[2]; if (c == 5) x q[1];", "2:b2:AB 2:b4:CB"},
        {"m = measure q[0]; k = measure q[0]; if (m) { if (k) x q[1]; }", "2:b0:AB 3:b1:AB"},
        {"m = measure q[0]; if (m) { } else { x q[1]; }", "1:b0:AB"},
        {"m = measure q[0]; if (m) { k = measure q[1]; }", "1:b0:AB"},
        /* what a branch has used is there afterwards: it was sent at its birth */
        {"m = measure q[0]; k = measure q[0]; if (m) { if (k) x q[1]; } if (k) x q[1];",
         "2:b0:AB 3:b1:AB"},
        {"m = measure q[0]; k = measure q[0]; if (m) { if (k) x q[1]; } else { if (k) x q[1]; }",
         "2:b0:AB 3:b1:AB"},
        /* two places may have written it: each sends */
        {"m = measure q[0]; k = measure q[0]; if (m) { k = measure q[1]; } if (k) x q[2];",
         "2:b0:AB 5:b1:AC 5:b1:BC"},
        {"m = measure q[0]; if (m) { k = measure q[0]; } else { k = measure q[1]; } if (k) x q[1];",
         "1:b0:AB 6:b1:AB"},
        /* only if both ways had it */
        {"m = measure q[0]; if (m) { k = measure q[0]; if (k) x q[1]; } else { k = measure q[0]; }"
         "if (k) x q[1];",
         "1:b0:AB 3:b1:AB 9:b1:AB"},
        {"m = measure q[0]; if (m) { k = measure q[0]; if (k) x q[1]; } "
         "else { k = measure q[0]; if (k) x q[1]; } if (k) x q[1];",
         "1:b0:AB 3:b1:AB 8:b1:AB"},
        /* a bit born outside a loop travels once, at its first use there */
        {"m = measure q[0]; for uint i in [1:9] { if (m) x q[1]; if (m) x q[1]; }", "2:b0:AB"},
        {"m = measure q[0]; for uint i in [1:9] { m = measure q[0]; if (m) x q[1]; }", "3:b0:AB"},
        /* what the body writes is new at its head */
        {"m = measure q[0]; if (m) x q[1]; for uint i in [1:9] { if (m) x q[1]; m = measure q[0]; "
         "}",
         "1:b0:AB 5:b0:AB"},
        {"m = measure q[0]; for uint i in [1:9] { if (m) x q[2]; m = measure q[1]; }",
         "2:b0:BC 2:b0:AC"},
        {"for uint i in [1:9] { m = measure q[0]; } if (m) x q[1];", "3:b0:AB"},
        /* the condition of a while is evaluated at its head, and once more at its end */
        {"m = measure q[0]; while (m) { x q[1]; m = measure q[0]; } if (m) x q[1];", "1:b0:AB"},
        {"m = measure q[0]; while (m) { m = measure q[1]; } if (m) x q[2];",
         "1:b0:AB 4:b0:BC 4:b0:AC"},
        {"m = measure q[0]; k = measure q[0]; while (m) { if (k) x q[1]; m = measure q[0]; }",
         "2:b0:AB 3:b1:AB"},
        /* results are read for free */
        {"m = measure q[0];\npragma qspan op detector m\n", ""},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct text source = {0}, got = {0};
        struct messages messages = {.n = 0};
        struct program *program;
        text_printf(&source, MACHINE "%s", cases[i].text);
        program = must_read(source.data);
        cr_assert_eq(program_visit_messages(program, keep, &messages), STATUS_OK);
        dump_messages(&got, &messages);
        cr_expect_str_eq(got.data, cases[i].want, "%s\n gives %s\n not %s", cases[i].text, got.data,
                         cases[i].want);
        program_destroy(program);
        text_fini(&source);
        text_fini(&got);
    }
}

Test(messages, an_ebit_in_a_block_has_two_places) {
    struct messages messages = {.n = 0};
    struct program *program =
        must_read(HEAD "qubit[3] q; bit m;\n"
                       "pragma qspan qpu A data q[0]\npragma qspan qpu B comm q[1]\n"
                       "pragma qspan qpu C comm q[2]\n"
                       "m = measure q[0]; if (m) { ebit(q[1], q[2]); }");
    struct text got = {0};

    cr_assert_eq(program_visit_messages(program, keep, &messages), STATUS_OK);
    dump_messages(&got, &messages);
    cr_expect_str_eq(got.data, "1:b0:AB 1:b0:AC");
    text_fini(&got);
    program_destroy(program);
}

/* ---- random programs ---- */

static void write_ops(struct text *out, struct draws *draws, unsigned depth, bool conditional) {
    static const char *const bits[] = {"m", "k", "c[0]", "c[1]", "c[2]"};

    for (uint32_t n = 1 + draw(draws, 5); n > 0; n--) {
        uint32_t which = draw(draws, depth < 3 ? 8 : 3);
        if (which < 2 || (which < 3 && !conditional && depth > 0)) {
            text_printf(out, "x q[%u];\n", draw(draws, 3));
        } else if (which < 4) {
            if (conditional || depth == 0) {
                text_printf(out, "%s = measure q[%u];\n", bits[draw(draws, 5)], draw(draws, 3));
            }
        } else {
            bool is_loop = conditional && which == 7;
            bool is_while = is_loop && draw(draws, 2);
            if (is_loop && !is_while) {
                text_printf(out, "for uint i in [1:%u] {\n", 1 + draw(draws, 2));
            } else {
                text_printf(out, "%s (%s ^ %s) {\n", is_while ? "while" : "if",
                            bits[draw(draws, 5)], bits[draw(draws, 5)]);
            }
            write_ops(out, draws, depth + 1, conditional);
            if (!is_loop && draw(draws, 3) == 0) {
                text_add(out, "} else {\n");
                write_ops(out, draws, depth + 1, conditional);
            }
            text_add(out, "}\n");
        }
    }
}

static void collect(void *ctx, uint32_t bit) {
    *(uint32_t *)ctx |= UINT32_C(1) << bit;
}

static size_t end_of(const struct op_list *ops, size_t open) {
    size_t match = ops->ops[open].match;

    return ops->ops[match].kind == OP_ELSE ? ops->ops[match].match : match;
}

/* QPUs that have an op in the block. */
static uint32_t places_of(const struct op_list *ops, size_t open) {
    uint32_t places = 0;

    for (size_t i = open + 1; i < end_of(ops, open); i++) {
        places |= ops->ops[i].qpu == OP_NO_QPU ? 0 : UINT32_C(1) << ops->ops[i].qpu;
    }
    return places;
}

/* Measurements under no condition: the messages are exactly these. */
static void walk_exactly(struct messages *out, const struct program *program) {
    uint32_t writer[8], has[8] = {0};

    for (unsigned i = 0; i < 8; i++) {
        writer[i] = OP_NO_QPU;
    }
    for (size_t i = 0; i < program->ops.n_ops; i++) {
        const struct op *op = &program->ops.ops[i];
        uint32_t bits = 0, places;
        if (op->kind == OP_MEASURE) {
            writer[op->bit] = op->qpu;
            has[op->bit] = UINT32_C(1) << op->qpu;
        }
        if (op->kind != OP_IF) {
            continue;
        }
        places = places_of(&program->ops, i);
        expr_visit_bits(&program->ops, op->expr, collect, &bits);
        for (uint32_t bit = 0; bit < program->n_bits; bit++) {
            for (uint32_t qpu = 0; qpu < 3; qpu++) {
                if (!(bits >> bit & 1) || !(places >> qpu & 1) || writer[bit] == OP_NO_QPU ||
                    has[bit] >> qpu & 1) {
                    continue;
                }
                has[bit] |= UINT32_C(1) << qpu;
                keep(out, i, bit, writer[bit], qpu);
            }
        }
    }
}

static int by_place(const void *a, const void *b) {
    const struct message *x = a, *y = b;
    size_t left[4] = {x->op, x->bit, x->from, x->to}, right[4] = {y->op, y->bit, y->from, y->to};

    for (unsigned i = 0; i < 4; i++) {
        if (left[i] != right[i]) {
            return left[i] < right[i] ? -1 : 1;
        }
    }
    return 0;
}

Test(messages, bits_written_under_no_condition) {
    struct draws draws = {.seed = 21};
    size_t n_messages = 0;

    for (unsigned i = 0; i < 200; i++) {
        struct text source = {0}, want_text = {0}, got_text = {0};
        struct messages want = {.n = 0}, got = {.n = 0};
        struct program *program;
        text_add(&source, MACHINE);
        for (unsigned j = 0; j < 4; j++) {
            write_ops(&source, &draws, 0, false);
        }
        program = must_read(source.data);
        walk_exactly(&want, program);
        cr_assert_eq(program_visit_messages(program, keep, &got), STATUS_OK);
        qsort(want.all, want.n, sizeof *want.all, by_place);
        qsort(got.all, got.n, sizeof *got.all, by_place);
        dump_messages(&want_text, &want);
        dump_messages(&got_text, &got);
        cr_assert_str_eq(got_text.data, want_text.data, "%s\n gives %s\n not %s", source.data,
                         got_text.data, want_text.data);
        n_messages += got.n;
        program_destroy(program);
        text_fini(&source);
        text_fini(&want_text);
        text_fini(&got_text);
    }
    cr_expect(n_messages > 500);
}

/* One way through a program: which op wrote each bit last. */
struct way {
    const struct program *program;
    const struct messages *messages;
    struct draws *draws;
    size_t writer[8]; /* SIZE_MAX: none */
    size_t n_used;
};

/* A loop holds both ops. */
static bool share_loop(const struct op_list *ops, size_t a, size_t b) {
    for (size_t i = 0; i <= a && i <= b; i++) {
        const struct op *op = &ops->ops[i];
        if ((op->kind == OP_WHILE || op->kind == OP_REPEAT) && op->match > a && op->match > b) {
            return true;
        }
    }
    return false;
}

/* Some message carries that write there, not later than its use at op `at`. */
static bool is_sent(const struct way *way, size_t at, uint32_t bit, size_t writer, uint32_t to) {
    const struct op_list *ops = &way->program->ops;

    for (size_t i = 0; i < way->messages->n; i++) {
        const struct message *message = &way->messages->all[i];
        if (message->bit == bit && message->to == to && message->from == ops->ops[writer].qpu &&
            (message->op > writer || share_loop(ops, message->op, writer)) &&
            (message->op <= at || share_loop(ops, message->op, at))) {
            return true;
        }
    }
    return false;
}

static void use(struct way *way, size_t at, const char *source) {
    const struct op_list *ops = &way->program->ops;
    uint32_t bits = 0, places = places_of(ops, at);

    expr_visit_bits(ops, ops->ops[at].expr, collect, &bits);
    for (uint32_t bit = 0; bit < way->program->n_bits; bit++) {
        for (uint32_t qpu = 0; qpu < 3; qpu++) {
            size_t writer = way->writer[bit];
            if (!(bits >> bit & 1) || !(places >> qpu & 1) || writer == SIZE_MAX ||
                ops->ops[writer].qpu == qpu) {
                continue;
            }
            way->n_used++;
            cr_assert(is_sent(way, at, bit, writer, qpu), "bit %u, op %zu to op %zu at %u\n%s", bit,
                      writer, at, qpu, source);
        }
    }
}

static void walk(struct way *way, size_t first, size_t last, const char *source) {
    const struct op_list *ops = &way->program->ops;

    for (size_t i = first; i < last; i++) {
        const struct op *op = &ops->ops[i];
        size_t match = op->match, end;
        if (op->kind == OP_MEASURE) {
            way->writer[op->bit] = i;
        } else if (op->kind == OP_IF) {
            end = end_of(ops, i);
            use(way, i, source);
            if (draw(way->draws, 2)) {
                walk(way, i + 1, match, source);
            } else if (end != match) {
                walk(way, match + 1, end, source);
            }
            i = end;
        } else if (op->kind == OP_WHILE) {
            for (uint32_t rounds = draw(way->draws, 4); rounds > 0; rounds--) {
                use(way, i, source);
                walk(way, i + 1, match, source);
            }
            use(way, i, source);
            i = match;
        } else if (op->kind == OP_REPEAT) {
            for (uint64_t round = 0; round < op->arg; round++) {
                walk(way, i + 1, match, source);
            }
            i = match;
        }
    }
}

/* On every way, what a QPU uses was sent to it. */
Test(messages, nothing_that_is_used_is_missing) {
    struct draws draws = {.seed = 22};
    size_t n_used = 0;

    for (unsigned i = 0; i < 300; i++) {
        struct text source = {0};
        struct messages messages = {.n = 0};
        struct program *program;
        text_add(&source, MACHINE);
        write_ops(&source, &draws, 0, true);
        write_ops(&source, &draws, 0, true);
        program = must_read(source.data);
        cr_assert_eq(program_visit_messages(program, keep, &messages), STATUS_OK);
        for (unsigned j = 0; j < 20; j++) {
            struct way way = {.program = program, .messages = &messages, .draws = &draws};
            memset(way.writer, 0xFF, sizeof way.writer);
            walk(&way, 0, program->ops.n_ops, source.data);
            n_used += way.n_used;
        }
        program_destroy(program);
        text_fini(&source);
    }
    cr_expect(n_used > 5000, "%zu", n_used);
}

/* Many places and many uses cost no more than their number. */
Test(messages, one_bit_for_a_thousand_qpus) {
    enum { N = 1000 };
    struct program *program = program_create();
    struct op_list *ops = &program->ops;
    struct program_check check;
    uint32_t qpu, wire, bit, expr;
    struct op *op;

    for (unsigned i = 0; i < N; i++) {
        char name[16];
        snprintf(name, sizeof name, "Q%u", i);
        cr_assert_eq(program_add_qpu(program, &qpu, name), STATUS_OK);
        cr_assert_eq(program_add_qreg(program, &wire, name, 1, qpu, false), STATUS_OK);
    }
    cr_assert_eq(program_add_creg(program, &bit, "m", 1, true, true), STATUS_OK);
    wire = 0;
    cr_assert_eq(op_list_add(ops, &op, OP_MEASURE, &wire, 1, NULL, 0, (struct src_loc){0}),
                 STATUS_OK);
    op->bit = 0;
    for (unsigned round = 0; round < 100; round++) {
        for (wire = 0; wire < N; wire++) {
            size_t open;
            cr_assert_eq(expr_add(ops, &expr, (struct expr){.kind = EXPR_BIT}), STATUS_OK);
            cr_assert_eq(op_list_open(ops, &open, OP_IF, expr, 0, (struct src_loc){0}), STATUS_OK);
            cr_assert_eq(op_list_add_gate(ops, GATE_X, &wire, NULL, (struct src_loc){0}),
                         STATUS_OK);
            cr_assert_eq(op_list_close(ops, open, (struct src_loc){0}), STATUS_OK);
        }
    }
    cr_assert_eq(program_resolve(program), STATUS_OK);
    cr_assert_eq(program_check(&check, program), STATUS_OK);
    cr_expect_eq(check.n_bits_sent, N - 1);
    program_check_fini(&check);
    program_destroy(program);
}
