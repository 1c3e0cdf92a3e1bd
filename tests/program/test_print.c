/* What is printed reads back as the same program, and prints the same again. */
#include <math.h>

#include "program/programs.h"

static struct program *must_reread(const char *text) {
    struct program *program = NULL;
    enum status status = reading_try(&program, text, NULL);

    cr_assert_eq(status, STATUS_OK, "%s\n%s", messages_all(), text);
    return program;
}

static void expect_round_trip(const struct program *program) {
    struct text first = {0}, second = {0}, want = {0}, got = {0};
    struct program *again;

    cr_assert_eq(program_print(&first, program), STATUS_OK);
    again = must_reread(first.data);
    dump_program(&want, program);
    dump_program(&got, again);
    cr_assert_str_eq(got.data, want.data, "%s\nreads as\n%sinstead of\n%s", first.data, got.data,
                     want.data);
    cr_assert_eq(program_print(&second, again), STATUS_OK);
    cr_assert_str_eq(second.data, first.data, "%s\nthen\n%s", first.data, second.data);
    text_fini(&first);
    text_fini(&second);
    text_fini(&want);
    text_fini(&got);
    program_destroy(again);
}

/* The text of a program, printed, is itself. */
static void expect_same_text(const char *text) {
    struct program *program = must_read(text);
    struct text out = {0};

    cr_assert_eq(program_print(&out, program), STATUS_OK);
    cr_expect_str_eq(out.data, text, "%s", out.data);
    text_fini(&out);
    program_destroy(program);
}

/* ---- random programs ---- */

struct writer {
    struct program *program;
    struct draws draws;
    unsigned depth;
    uint32_t last_record; /* an output bit that was measured since the last loop began */
};

static double random_number(struct writer *w) {
    static const double usual[] = {0, -0.0, 1, 0.1, -0.5, 1e-300, 12345678.9, M_PI, M_PI / 3};
    uint32_t which = draw(&w->draws, 12);

    if (which < COUNT(usual)) {
        return usual[which];
    }
    return ldexp((double)draw(&w->draws, UINT32_MAX) - 0x1p31, -(int)draw(&w->draws, 60) - 8);
}

/* n distinct wires of one QPU. */
static void random_wires(struct writer *w, uint32_t *out, uint32_t n) {
    const struct program_qpu *qpu =
        &w->program->qpus[draw(&w->draws, (uint32_t)w->program->n_qpus)];
    uint32_t start = draw(&w->draws, (uint32_t)qpu->n_data);

    cr_assert(n <= qpu->n_data);
    for (uint32_t i = 0; i < n; i++) {
        out[i] = qpu->data[(start + i) % qpu->n_data];
    }
}

static uint32_t random_bit(struct writer *w) {
    return draw(&w->draws, w->program->n_bits);
}

/* EQ on a whole register of more than a single bit by itself: others print as what they mean. */
static uint32_t random_eq(struct writer *w) {
    const struct reg *reg = &w->program->cregs[draw(&w->draws, (uint32_t)w->program->n_cregs)];
    uint64_t words[4] = {0};
    uint32_t expr;

    if (reg->is_scalar) {
        cr_assert_eq(
            expr_add(&w->program->ops, &expr, (struct expr){.kind = EXPR_BIT, .a = reg->first}),
            STATUS_OK);
        return expr;
    }
    for (uint32_t i = 0; i < reg->n; i++) {
        words[i / 64] |= (uint64_t)draw(&w->draws, 2) << (i % 64);
    }
    cr_assert_eq(expr_add_eq(&w->program->ops, &expr, reg->first, reg->n, words), STATUS_OK);
    return expr;
}

static uint32_t random_expr(struct writer *w, unsigned depth) {
    uint32_t which = draw(&w->draws, depth == 0 ? 3 : 8), out;
    struct expr node = {0};

    if (which == 0) {
        return random_eq(w);
    }
    node.kind = which == 1   ? (draw(&w->draws, 4) == 0 ? EXPR_CONST : EXPR_BIT)
                : which == 2 ? EXPR_BIT
                : which == 3 ? EXPR_NOT
                : which < 6  ? EXPR_XOR
                : which == 6 ? EXPR_AND
                             : EXPR_OR;
    if (node.kind == EXPR_CONST) {
        node.value0 = draw(&w->draws, 2);
    } else if (node.kind == EXPR_BIT) {
        node.a = random_bit(w);
    } else {
        node.a = random_expr(w, depth - 1);
        node.b = node.kind == EXPR_NOT ? 0 : random_expr(w, depth - 1);
    }
    cr_assert_eq(expr_add(&w->program->ops, &out, node), STATUS_OK);
    return out;
}

static void add(struct writer *w, struct op **out_op, enum op_kind kind, const uint32_t *wires,
                size_t n_wires, const double *params, size_t n_params) {
    cr_assert_eq(op_list_add(&w->program->ops, out_op, kind, wires, n_wires, params, n_params,
                             (struct src_loc){0}),
                 STATUS_OK);
}

static void random_gate(struct writer *w) {
    enum gate_id gate = (enum gate_id)draw(&w->draws, GATE_COUNT);
    const struct gate_info *info = gate_get(gate);
    double params[GATE_MAX_PARAMS];
    uint32_t wires[GATE_MAX_QUBITS];

    random_wires(w, wires, info->n_qubits);
    for (unsigned i = 0; i < info->n_params; i++) {
        params[i] = random_number(w);
    }
    cr_assert_eq(op_list_add_gate(&w->program->ops, gate, wires, params, (struct src_loc){0}),
                 STATUS_OK);
}

static void random_noise(struct writer *w) {
    enum op_noise noise = (enum op_noise)draw(&w->draws, NOISE_COUNT);
    double params[15];
    uint32_t wires[4];
    struct op *op;

    random_wires(w, wires, 4);
    for (unsigned i = 0; i < op_noise_n_params(noise); i++) {
        params[i] = draw(&w->draws, 1000) / 15000.0;
    }
    add(w, &op, OP_NOISE, wires, 4, params, op_noise_n_params(noise));
    op->which = (uint16_t)noise;
}

static void random_measure(struct writer *w) {
    uint32_t wires[3], n = draw(&w->draws, 4) == 0 ? 1 + draw(&w->draws, 3) : 1;
    struct op *op;

    random_wires(w, wires, n);
    add(w, &op, OP_MEASURE, wires, n, NULL, 0);
    op->bit = random_bit(w);
    for (uint32_t i = 0; n > 1 && i < n; i++) {
        op->arg |= (uint64_t)(1 + draw(&w->draws, 3)) << (2 * i);
    }
    if (n == 1 && draw(&w->draws, 5) == 0) {
        op->arg = 1 + draw(&w->draws, 2);
    }
}

static void random_detector(struct writer *w, enum op_kind kind) {
    struct op_list *ops = &w->program->ops;
    double coords[2] = {random_number(w), random_number(w)};
    uint32_t expr, bit;
    struct op *op;

    cr_assert_eq(expr_add(ops, &expr, (struct expr){.kind = EXPR_BIT, .a = random_bit(w)}),
                 STATUS_OK);
    for (uint32_t i = draw(&w->draws, 4); i > 0; i--) {
        cr_assert_eq(expr_add(ops, &bit, (struct expr){.kind = EXPR_BIT, .a = random_bit(w)}),
                     STATUS_OK);
        cr_assert_eq(expr_add(ops, &expr, (struct expr){.kind = EXPR_XOR, .a = expr, .b = bit}),
                     STATUS_OK);
    }
    add(w, &op, kind, NULL, 0, coords, kind == OP_DETECTOR ? draw(&w->draws, 3) : 0);
    op->expr = expr;
    op->arg = kind == OP_DETECTOR ? 0 : draw(&w->draws, 100);
}

static void random_ops(struct writer *w, uint32_t n);

static void random_block(struct writer *w) {
    static const enum op_kind kinds[] = {OP_IF, OP_IF, OP_WHILE, OP_REPEAT};
    enum op_kind kind = kinds[draw(&w->draws, 4)];
    struct op_list *ops = &w->program->ops;
    uint32_t expr = kind == OP_REPEAT ? OP_NO_EXPR : random_expr(w, 3);
    size_t open;

    if (w->depth == 4) {
        return;
    }
    w->depth++;
    cr_assert_eq(op_list_open(ops, &open, kind, expr, kind == OP_REPEAT ? draw(&w->draws, 1000) : 0,
                              (struct src_loc){0}),
                 STATUS_OK);
    random_ops(w, draw(&w->draws, 4));
    if (kind == OP_IF && draw(&w->draws, 2) == 0) {
        cr_assert_eq(op_list_else(ops, open, (struct src_loc){0}), STATUS_OK);
        random_ops(w, draw(&w->draws, 4));
    }
    cr_assert_eq(op_list_close(ops, open, (struct src_loc){0}), STATUS_OK);
    w->depth--;
}

static void random_op(struct writer *w) {
    static const enum op_kind on_one_wire[] = {OP_RESET, OP_ALLOC, OP_FREE, OP_IDLE};
    double coords[3] = {random_number(w), random_number(w), random_number(w)};
    uint32_t which = draw(&w->draws, 20), wires[5];
    struct op *op;

    random_wires(w, wires, 5);
    if (which < 6) {
        random_gate(w);
    } else if (which < 9) {
        random_measure(w);
    } else if (which < 11) {
        random_block(w);
    } else if (which < 13) {
        add(w, &op, on_one_wire[draw(&w->draws, 4)], wires, 1, NULL, 0);
        op->arg = op->kind == OP_IDLE ? draw(&w->draws, 50) : 0;
    } else if (which == 13) {
        add(w, NULL, OP_BARRIER, wires, 1 + draw(&w->draws, 5), NULL, 0);
    } else if (which == 14) {
        wires[0] = w->program->qpus[0].comm[0];
        wires[1] = w->program->qpus[1].comm[draw(&w->draws, 2)];
        add(w, &op, OP_EBIT, wires, 2, NULL, 0);
        op->which = (uint16_t)draw(&w->draws, EBIT_CLASS_COUNT);
        op->arg = (uint64_t[]){0, 1, 1500000, INT64_MAX}[draw(&w->draws, 4)];
    } else if (which == 15) {
        random_noise(w);
    } else if (which == 16) {
        random_detector(w, OP_DETECTOR);
    } else if (which == 17) {
        random_detector(w, OP_OBSERVABLE);
    } else if (which == 18) {
        add(w, NULL, OP_COORDS, wires, 1 + draw(&w->draws, 2), coords, draw(&w->draws, 4));
    } else {
        add(w, NULL, draw(&w->draws, 2) ? OP_TICK : OP_SHIFT_COORDS, NULL, 0, NULL, 0);
    }
}

static void random_ops(struct writer *w, uint32_t n) {
    for (uint32_t i = 0; i < n; i++) {
        random_op(w);
    }
}

static struct program *random_program(uint64_t seed, bool with_outputs) {
    struct writer w = {.program = program_create(), .draws = {.seed = seed}};
    uint32_t qpu, first;

    for (uint32_t i = 0; i < 2 + draw(&w.draws, 2); i++) {
        cr_assert_eq(program_add_qpu(w.program, &qpu, (const char *[]){"A", "b-1", "C"}[i % 3]),
                     STATUS_OK);
        cr_assert_eq(program_add_qreg(w.program, &first, "d", 4, qpu, false), STATUS_OK);
        cr_assert_eq(program_add_qreg(w.program, &first, "comm", 2, qpu, true), STATUS_OK);
        cr_assert_eq(program_add_qreg(w.program, &first, "e", 2, qpu, false), STATUS_OK);
        if (i == 2) {
            break;
        }
    }
    for (uint32_t i = 0; i < 6; i++) {
        static const uint32_t sizes[] = {1, 1, 3, 64, 65, 130};
        cr_assert_eq(program_add_creg(w.program, &first, "i", sizes[i],
                                      with_outputs && draw(&w.draws, 2) == 0, i == 0),
                     STATUS_OK);
        w.program->cregs[i].is_local = !w.program->cregs[i].is_output && draw(&w.draws, 4) == 0;
    }
    cr_assert_eq(program_add_logical(w.program, false, "q[0]", 1), STATUS_OK);
    cr_assert_eq(program_add_logical(w.program, true, "q[0]", 2), STATUS_OK);
    cr_assert_eq(program_add_logical(w.program, true, "an odd name", 3), STATUS_OK);
    w.program->distribute = draw(&w.draws, 2) ? "simple" : "hand";
    random_ops(&w, 30);
    cr_assert_eq(program_resolve(w.program), STATUS_OK);
    cr_assert(op_list_is_valid(&w.program->ops, w.program->n_wires, w.program->n_bits));
    return w.program;
}

Test(print, random_programs_read_back) {
    for (uint64_t seed = 0; seed < 150; seed++) {
        struct program *program = random_program(seed, seed % 3 != 0);
        expect_round_trip(program);
        program_destroy(program);
    }
}

/* ---- by hand ---- */

Test(print, as_people_write_it) {
    const char *text = "OPENQASM 3.0;\n"
                       "include \"stdgates.inc\";\n"
                       "include \"qnu.inc\";\n"
                       "qubit[3] a;\n"
                       "qubit b;\n"
                       "qubit[2] e;\n"
                       "bit m;\n"
                       "@qspan.local\n"
                       "bit k;\n"
                       "output bit[2] c;\n"
                       "pragma qspan qpu A data a[0] a[2] comm a[1]\n"
                       "pragma qspan qpu \"B 2\" data b comm e[0:1]\n"
                       "pragma qspan logical in q[0] a[0]\n"
                       "\n"
                       "@qspan.ebit herald due 1.5 ms\n"
                       "ebit(a[1], e[0]);\n"
                       "U(0.5, -1, 0) a[0];\n"
                       "cx a[0], a[1];\n"
                       "m = measure a[1];\n"
                       "if (m) x e[0];\n"
                       "if (m ^ k) {\n"
                       "    reset a[1];\n"
                       "    @qspan.ebit none\n"
                       "    ebit(a[1], e[1]);\n"
                       "    for uint i in [1:3] {\n"
                       "        barrier a[0], a[2];\n"
                       "        @qspan.stim X_ERROR(0.001) a[0] a[2]\n"
                       "        barrier;\n"
                       "        @qspan.op free a[1]\n"
                       "        reset a[1];\n"
                       "    }\n"
                       "} else {\n"
                       "    while (c != 3) {\n"
                       "        c[0] = measure a[0];\n"
                       "    }\n"
                       "}\n"
                       "c[1] = measure b;\n"
                       "pragma qspan stim DETECTOR(1, 2) rec[-1]\n"
                       "pragma qspan op detector m c[1]\n"
                       "pragma qspan op measure m X a[0] Y a[2]\n"
                       "pragma qspan stim OBSERVABLE_INCLUDE(0) rec[-1]\n"
                       "pragma qspan logical out q[0] a[0]\n";
    expect_same_text(text);
}

/* An `else` that has nothing but an `if`, but no other. */
Test(print, chains_of_else_if) {
    expect_same_text("OPENQASM 3.0;\n"
                     "include \"stdgates.inc\";\n"
                     "include \"qnu.inc\";\n"
                     "qubit a;\n"
                     "bit[3] m;\n"
                     "pragma qspan qpu A data a\n"
                     "\n"
                     "if (m[0]) {\n"
                     "    if (m[1]) {\n"
                     "    } else if (m[2]) {\n"
                     "        x a;\n"
                     "    }\n"
                     "} else if (m[1]) {\n"
                     "    x a;\n"
                     "} else if (m[2]) {\n"
                     "    y a;\n"
                     "} else {\n"
                     "    if (m[0]) x a;\n"
                     "    z a;\n"
                     "}\n"
                     "if (m[0]) {\n"
                     "    x a;\n"
                     "} else {\n"
                     "    z a;\n"
                     "    if (m[1]) x a;\n"
                     "}\n");
}

/* An EQ that is no whole register prints bit by bit: the same truth table. */
Test(print, comparison_with_part_of_a_register) {
    struct program *program = program_create();
    uint32_t qpu, wire, bit, expr;
    uint64_t value = 0x5;
    struct text out = {0};
    size_t open;

    cr_assert_eq(program_add_qpu(program, &qpu, "A"), STATUS_OK);
    cr_assert_eq(program_add_qreg(program, &wire, "a", 1, qpu, false), STATUS_OK);
    cr_assert_eq(program_add_creg(program, &bit, "v", 3, false, false), STATUS_OK);
    cr_assert_eq(program_add_creg(program, &bit, "m", 1, false, true), STATUS_OK);
    cr_assert_eq(expr_add_eq(&program->ops, &expr, 1, 3, &value), STATUS_OK);
    cr_assert_eq(expr_add(&program->ops, &expr, (struct expr){.kind = EXPR_NOT, .a = expr}),
                 STATUS_OK);
    cr_assert_eq(op_list_open(&program->ops, &open, OP_IF, expr, 0, (struct src_loc){0}),
                 STATUS_OK);
    cr_assert_eq(op_list_add_gate(&program->ops, GATE_X, &wire, NULL, (struct src_loc){0}),
                 STATUS_OK);
    cr_assert_eq(op_list_close(&program->ops, open, (struct src_loc){0}), STATUS_OK);
    cr_assert_eq(program_resolve(program), STATUS_OK);
    cr_assert_eq(program_print(&out, program), STATUS_OK);
    cr_expect_not_null(strstr(out.data, "if (!(v[1] && !v[2] && m)) x a[0];"), "%s", out.data);

    struct program *again = must_read(out.data);
    for (uint32_t bits = 0; bits < 16; bits++) {
        uint64_t table[4];
        for (unsigned i = 0; i < 4; i++) {
            table[i] = (bits >> i) & 1 ? UINT64_MAX : 0;
        }
        cr_expect_eq(expr_eval_word(&again->ops, again->ops.ops[0].expr, table, 1, 0),
                     expr_eval_word(&program->ops, expr, table, 1, 0), "%u", bits);
    }
    text_fini(&out);
    program_destroy(program);
    program_destroy(again);
}

/* Depth costs no stack: a parity of many bits, and as many NOTs. */
Test(print, deep_conditions) {
    enum { N = 100000 };
    struct program *program = must_read(HEAD "qubit a; bit[2] c;\n");
    struct op_list *ops = &program->ops;
    struct text out = {0};
    uint32_t tree, bit;
    size_t open;

    cr_assert_eq(expr_add(ops, &tree, (struct expr){.kind = EXPR_BIT, .a = 0}), STATUS_OK);
    cr_assert_eq(expr_add(ops, &bit, (struct expr){.kind = EXPR_BIT, .a = 1}), STATUS_OK);
    for (unsigned i = 0; i < N; i++) {
        cr_assert_eq(expr_add(ops, &tree, (struct expr){.kind = EXPR_XOR, .a = tree, .b = bit}),
                     STATUS_OK);
    }
    for (unsigned i = 0; i < N; i++) {
        cr_assert_eq(expr_add(ops, &tree, (struct expr){.kind = EXPR_NOT, .a = tree}), STATUS_OK);
    }
    cr_assert_eq(op_list_open(ops, &open, OP_IF, tree, 0, (struct src_loc){0}), STATUS_OK);
    cr_assert_eq(op_list_close(ops, open, (struct src_loc){0}), STATUS_OK);
    cr_assert_eq(program_print(&out, program), STATUS_OK);
    cr_expect(out.n > (size_t)N * 8);
    text_fini(&out);
    program_destroy(program);
}

Test(print, what_the_text_cannot_say_is_refused) {
    struct program *program = must_read(HEAD "qubit a; bit m;\n");
    struct text out = {0};
    struct op *op;

    cr_assert_eq(op_list_add(&program->ops, &op, OP_CALL, NULL, 0, NULL, 0, (struct src_loc){0}),
                 STATUS_OK);
    op->bit = 0;
    cr_expect_eq(program_print(&out, program), STATUS_INPUT);
    cr_expect_not_null(strstr(messages_all(), "'CALL' cannot be printed in a program"), "%s",
                       messages_all());
    text_fini(&out);
    program_destroy(program);
}

/* Results of other rounds, wrong results, correlated errors: what circuits of Stim's language need.
 */
Test(print, what_stim_says) {
    const char *text = "OPENQASM 3.0;\n"
                       "include \"stdgates.inc\";\n"
                       "include \"qnu.inc\";\n"
                       "qubit[2] a;\n"
                       "qubit[2] b;\n"
                       "output bit[3] c;\n"
                       "pragma qspan qpu A data a[0:1]\n"
                       "pragma qspan qpu B data b[0:1]\n"
                       "\n"
                       "pragma qspan op measure(0.25) c[0] Z a[0]\n"
                       "for uint i in [1:5] {\n"
                       "    @qspan.op measure(0.125) c[1] X a[0] Y a[1]\n"
                       "    barrier;\n"
                       "    @qspan.stim E(0.5) X a[0] Z b[1]\n"
                       "    barrier;\n"
                       "    @qspan.stim ELSE_CORRELATED_ERROR(0.25) Y b[0]\n"
                       "    barrier;\n"
                       "    @qspan.stim DEPOLARIZE2(0.5) a[0] b[0]\n"
                       "    barrier;\n"
                       "    @qspan.stim DETECTOR(1) rec[-1] rec[-2]\n"
                       "    barrier;\n"
                       "}\n"
                       "c[2] = measure b[0];\n"
                       "pragma qspan stim DETECTOR rec[-1] rec[-2]\n"
                       "pragma qspan stim OBSERVABLE_INCLUDE(0) rec[-1] rec[-7]\n";
    expect_same_text(text);
}
