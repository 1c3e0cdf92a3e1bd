/* Circuits print as OpenQASM 3 that reads back as the same circuits. */
#include <math.h>
#include <stdio.h>

#include "base/bits.h"
#include "circuit/generated.h"
#include "support/random_circuit.h"

static struct src_loc place = {"r.qasm", 1, 1};

/* ---- a naive rendering of all that a circuit holds ---- */

static void dump_tree(struct text *out, const struct op_list *list, uint32_t index) {
    static const char *const names[] = {"const", "bit", "not", "and", "or", "xor", "eq"};
    const struct expr *expr = &list->exprs[index];

    text_printf(out, "(%s", names[expr->kind]);
    if (expr->kind == EXPR_CONST) {
        text_printf(out, " %u", expr->value0);
    } else if (expr->kind == EXPR_BIT) {
        text_printf(out, " %u", expr->a);
    } else if (expr->kind == EXPR_EQ) {
        text_printf(out, " %u+%u", expr->a, expr->n);
        for (uint32_t i = 0; i < bits_words(expr->n); i++) {
            text_printf(out, " %llx", (unsigned long long)list->words[expr->value0 + i]);
        }
    } else {
        dump_tree(out, list, expr->a);
        if (expr->kind != EXPR_NOT) {
            dump_tree(out, list, expr->b);
        }
    }
    text_add(out, ")");
}

static void dump_all_ops(struct text *out, const struct op_list *list) {
    for (size_t i = 0; i < list->n_ops; i++) {
        const struct op *op = &list->ops[i];
        text_printf(out, "%s", op_kind_name((enum op_kind)op->kind));
        if (op->kind == OP_GATE) {
            text_printf(out, " %s", gate_get((enum gate_id)op->which)->name);
        }
        for (uint32_t k = 0; k < op->n_params; k++) {
            text_printf(out, " %a", op_params(list, op)[k]);
        }
        for (uint32_t k = 0; k < op->n_qubits; k++) {
            text_printf(out, " %u", op_qubits(list, op)[k]);
        }
        text_printf(out, " bit %d arg %llu match %d ", (int)op->bit, (unsigned long long)op->arg,
                    (int)op->match);
        if (op->expr != OP_NO_EXPR) {
            dump_tree(out, list, op->expr);
        }
        text_add(out, "\n");
    }
}

static void dump_registers(struct text *out, const struct reg *regs, size_t n) {
    for (size_t i = 0; i < n; i++) {
        text_printf(out, "%s %u+%u %d%d%d\n", regs[i].is_local ? "-" : regs[i].name, regs[i].first,
                    regs[i].n, regs[i].is_output, regs[i].is_scalar && !regs[i].is_local,
                    regs[i].is_local);
    }
}

static void dump_all(struct text *out, const struct circuit *circuit) {
    text_add(out, "");
    dump_registers(out, circuit->qregs, circuit->n_qregs);
    dump_registers(out, circuit->cregs, circuit->n_cregs);
    for (uint32_t qb = 0; circuit->n_placed_qpus > 0 && qb < circuit->n_qubits; qb++) {
        uint32_t qpu = circuit->placement[qb];
        text_printf(out, "%u at %s\n", qb, qpu == OP_NO_QPU ? "-" : circuit->placed_qpus[qpu]);
    }
    dump_all_ops(out, &circuit->ops);
}

static struct circuit *read_3(const char *text) {
    const struct circuit_limits strict = {.strict = true};
    struct circuit *circuit = NULL;

    messages_keep();
    cr_assert_eq(circuit_read_text(&circuit, "t.qasm", text, strlen(text), &strict), STATUS_OK,
                 "%s\n%s", messages_all(), text);
    cr_assert(op_list_is_valid(&circuit->ops, circuit->n_qubits, circuit->n_bits), "%s", text);
    return circuit;
}

/* Takes the circuit. */
static void expect_same_again(struct circuit *circuit) {
    struct text first = {0}, second = {0}, want = {0}, got = {0};
    struct circuit *again;

    cr_assert(op_list_is_valid(&circuit->ops, circuit->n_qubits, circuit->n_bits));
    messages_keep();
    cr_assert_eq(qasm3_print(&first, circuit), STATUS_OK, "%s", messages_all());
    again = read_3(first.data);
    dump_all(&want, circuit);
    dump_all(&got, again);
    cr_assert_str_eq(got.data, want.data, "%s\ngives\n%sinstead of\n%s", first.data, got.data,
                     want.data);
    cr_assert_eq(again->measures, circuit->measures);
    cr_assert_eq(qasm3_print(&second, again), STATUS_OK);
    cr_assert_str_eq(first.data, second.data);
    text_fini(&first);
    text_fini(&second);
    text_fini(&want);
    text_fini(&got);
    circuit_destroy(circuit);
    circuit_destroy(again);
}

/* ---- random circuits over all kinds of ops ---- */

struct maker {
    struct random_stream stream;
    struct circuit *circuit;
};

static uint32_t below(struct maker *m, uint32_t n) {
    return random_below(&m->stream, n);
}

static uint32_t make_eq(struct maker *m) {
    struct op_list *ops = &m->circuit->ops;
    const struct reg *reg = &m->circuit->cregs[below(m, (uint32_t)m->circuit->n_cregs)];
    uint32_t first = 0, n = reg->n, expr;
    uint64_t words[8] = {0};

    if (below(m, 2) == 0) {
        first = below(m, reg->n);
        n = 1 + below(m, reg->n - first);
    }
    for (uint32_t i = 0; i < n; i++) {
        bits_set(words, i, below(m, 2));
    }
    cr_assert_eq(expr_add_eq(ops, &expr, reg->first + first, n, words), STATUS_OK);
    return expr;
}

/* Trees as readers make them: no two equal operands, NOT never twice, constants at the root. */
static uint32_t make_tree(struct maker *m, uint32_t depth, bool may_be_not) {
    struct op_list *ops = &m->circuit->ops;
    struct expr node = {.kind = EXPR_BIT, .a = below(m, m->circuit->n_bits)};
    uint32_t choice = below(m, 8), expr;

    if (depth == 0 || choice < 2) {
        if (choice % 2 == 0) {
            return make_eq(m);
        }
    } else if (choice == 2 && may_be_not) {
        node = (struct expr){.kind = EXPR_NOT, .a = make_tree(m, depth - 1, false)};
    } else if (choice > 2) {
        static const enum expr_kind kinds[] = {EXPR_AND, EXPR_OR, EXPR_XOR};
        node.kind = kinds[below(m, 3)];
        node.a = make_tree(m, depth - 1, true);
        do {
            node.b = make_tree(m, depth - 1, true);
        } while (ops->exprs[node.a].kind == EXPR_BIT && ops->exprs[node.b].kind == EXPR_BIT &&
                 ops->exprs[node.a].a == ops->exprs[node.b].a);
    }
    cr_assert_eq(expr_add(ops, &expr, node), STATUS_OK);
    return expr;
}

static uint32_t make_condition(struct maker *m) {
    struct expr constant = {.kind = EXPR_CONST, .value0 = below(m, 2)};
    uint32_t expr;

    if (below(m, 8) > 0) {
        return make_tree(m, below(m, 5), true);
    }
    cr_assert_eq(expr_add(&m->circuit->ops, &expr, constant), STATUS_OK);
    return expr;
}

static void choose_qubits(struct maker *m, uint32_t *out, uint32_t n) {
    for (uint32_t i = 0; i < n;) {
        bool is_new = true;
        out[i] = below(m, m->circuit->n_qubits);
        for (uint32_t j = 0; j < i; j++) {
            is_new = is_new && out[j] != out[i];
        }
        i += is_new;
    }
}

static void make_gate(struct maker *m) {
    static const double special[] = {0.0,  -0.0, M_PI,    1e-300, 5e-324, 268435455.5,
                                     -1e8, 0.1,  1.0 / 3, 3,      -7,     2.2250738585072014e-308};
    enum gate_id gate = below(m, GATE_COUNT);
    double params[GATE_MAX_PARAMS];
    uint32_t qubits[GATE_MAX_QUBITS];

    choose_qubits(m, qubits, gate_get(gate)->n_qubits);
    for (int i = 0; i < GATE_MAX_PARAMS; i++) {
        params[i] = below(m, 2) == 0 ? special[below(m, 12)] : 20 * random_unit(&m->stream) - 10;
    }
    cr_assert_eq(op_list_add_gate(&m->circuit->ops, gate, qubits, params, place), STATUS_OK);
}

static void make_statement(struct maker *m) {
    struct op_list *ops = &m->circuit->ops;
    uint32_t qubits[32], kind = below(m, 8);
    uint32_t n = kind == 6 ? 1 + below(m, m->circuit->n_qubits) : 1;
    struct op *op;

    if (kind < 4) {
        make_gate(m);
        return;
    }
    if (kind == 7) {
        uint32_t expr = make_condition(m), bit = below(m, m->circuit->n_bits);
        bool is_same = ops->exprs[expr].kind == EXPR_BIT && ops->exprs[expr].a == bit;
        cr_assert_eq(op_list_add(ops, &op, OP_ASSIGN, NULL, 0, NULL, 0, place), STATUS_OK);
        op->bit = is_same ? (bit + 1) % m->circuit->n_bits : bit;
        op->expr = expr;
        return;
    }
    choose_qubits(m, qubits, n);
    cr_assert_eq(op_list_add(ops, &op,
                             kind == 4   ? OP_MEASURE
                             : kind == 5 ? OP_RESET
                                         : OP_BARRIER,
                             qubits, n, NULL, 0, place),
                 STATUS_OK);
    if (kind == 4) {
        op->bit = below(m, m->circuit->n_bits);
        m->circuit->measures = true;
    }
}

static void make_block(struct maker *m, uint32_t depth);

static void make_statements(struct maker *m, uint32_t depth) {
    for (uint32_t i = below(m, depth == 0 ? 30 : 4); i > 0; i--) {
        if (depth < 4 && below(m, 4) == 0) {
            make_block(m, depth + 1);
        } else {
            make_statement(m);
        }
    }
}

static void make_block(struct maker *m, uint32_t depth) {
    struct op_list *ops = &m->circuit->ops;
    static const enum op_kind kinds[] = {OP_IF, OP_IF, OP_WHILE, OP_REPEAT};
    enum op_kind kind = kinds[below(m, 4)];
    uint32_t expr = kind == OP_IF      ? make_condition(m)
                    : kind == OP_WHILE ? make_tree(m, 3, true)
                                       : OP_NO_EXPR;
    size_t open;

    cr_assert_eq(
        op_list_open(ops, &open, kind, expr, kind == OP_REPEAT ? 1 + below(m, 40) : 0, place),
        STATUS_OK);
    make_statements(m, depth);
    if (kind == OP_IF && below(m, 2) == 0) {
        cr_assert_eq(op_list_else(ops, open, place), STATUS_OK);
        if (below(m, 2) == 0) {
            make_block(m, depth); /* maybe `else if` */
        } else {
            make_statements(m, depth);
        }
    }
    cr_assert_eq(op_list_close(ops, open, place), STATUS_OK);
}

static void make_registers(struct maker *m) {
    struct circuit *circuit = m->circuit;
    char name[16];

    for (uint32_t i = 0; i < 3; i++) {
        snprintf(name, sizeof name, "q%u", i);
        cr_assert_eq(circuit_add_qreg(circuit, name, i == 1 ? 1 : 2 + below(m, 4), place),
                     STATUS_OK);
        snprintf(name, sizeof name, "c%u", i);
        cr_assert_eq(circuit_add_creg(circuit, name, 1 + below(m, 1u << (4 * i)), place),
                     STATUS_OK);
        circuit->cregs[i].is_output = below(m, 3) == 0;
        circuit->cregs[i].is_local = !circuit->cregs[i].is_output && below(m, 3) == 0;
    }
    circuit->qregs[1].is_scalar = below(m, 2);
    circuit->cregs[0].is_scalar = below(m, 2);
}

static void make_placement(struct maker *m) {
    static const char *const names[] = {"B", "A", "node_3"};
    struct circuit *circuit = m->circuit;

    circuit->placement = arena_alloc(&circuit->arena, circuit->n_qubits * sizeof(uint32_t));
    for (uint32_t i = 0; i < 3; i++) {
        cr_assert_eq(vec_reserve(&circuit->placed_qpus, i, &circuit->cap_placed_qpus, 1,
                                 sizeof *circuit->placed_qpus),
                     STATUS_OK);
        circuit->placed_qpus[circuit->n_placed_qpus++] = names[i];
    }
    for (uint32_t qb = 0; qb < circuit->n_qubits; qb++) {
        uint32_t qpu = below(m, 4);
        circuit->placement[qb] = qb < 3 ? qb : qpu == 3 ? OP_NO_QPU : qpu;
    }
}

Test(qasm3_print, random_circuits_read_back) {
    struct maker m = {.stream = {.seed = 3}};

    for (unsigned round = 0; round < 300; round++) {
        m.circuit = circuit_create();
        make_registers(&m);
        if (below(&m, 2) == 0) {
            make_placement(&m);
        }
        make_statements(&m, 0);
        expect_same_again(m.circuit);
    }
}

/* Families whose circuits OpenQASM 3 cannot say are refused by name of what it lacks. */
Test(qasm3_print, what_generators_make_reads_back) {
    size_t n_printed = 0;

    for (size_t i = 0; i < gen_count; i++) {
        struct gen_args args = {0};
        struct circuit *circuit = NULL;
        struct text text = {0};
        gen_set_count(&args, GEN_N, 6);
        if ((gen_table[i].params >> GEN_PHASE & 1) != 0) {
            gen_set_real(&args, GEN_PHASE, 0.3);
        }
        messages_keep();
        enum status status = gen_circuit(&circuit, &gen_table[i], &args);
        cr_assert(status == STATUS_OK || status == STATUS_USAGE, "%s", gen_table[i].name);
        if (status == STATUS_OK && qasm3_print(&text, circuit) == STATUS_OK) {
            n_printed++;
            expect_same_again(circuit);
        } else if (status == STATUS_OK) {
            cr_expect(strstr(messages_all(), "cannot be said in OpenQASM 3") != NULL, "%s: %s",
                      gen_table[i].name, messages_all());
            circuit_destroy(circuit);
        }
        text_fini(&text);
    }
    cr_expect_geq(n_printed, 15);
}

static struct circuit *read_body(const char *body) {
    struct text text = {0};
    struct circuit *circuit;

    text_printf(&text, "OPENQASM 3.0;\ninclude \"stdgates.inc\";\n%s", body);
    circuit = read_3(text.data);
    text_fini(&text);
    return circuit;
}

Test(qasm3_print, what_is_read_reads_back) {
    static const char *const bodies[] = {
        "",
        "qubit q; bit c; c = measure q;",
        "qubit[3] q; bit[3] c; if (c == 2) x q[0]; else if (c == 3) { y q[0]; z q[1]; } else h q;",
        "qubit q; bit c; while (!c) { h q; c = measure q; }",
        "qubit q; bit c; while (true) { h q; c = measure q; if (c) break; x q; }",
        "qubit[2] q; output bit[2] c; int[8] n = 0; bit b;\n"
        "for int i in [1:5] { h q; b = measure q[0]; if (b) { n += i; continue; } x q[1]; }\n"
        "if (n > 7) { z q[0]; } c = measure q;",
        "qubit[2] q; bit[2] c; c = measure q; switch (c) { case 0 { x q; } case 1, 2 { y q; }\n"
        "default { z q; } }",
        "qubit[2] q; bit m; for uint i in [1:100] { h q; m = measure q[1]; if (m) reset q[1]; }",
        "qubit[6] q; ctrl(4) @ x q[0], q[1], q[2], q[3], q[4]; ctrl @ swap q[0], q[1], q[2];\n"
        "inv @ sx q[0]; U(1, 2, 3) q[0]; gphase(1); barrier q; barrier q[1], q[0];",
        "qubit x_; qubit[2] i; bit i_; h i; i_ = measure x_;",
        "qubit[2] q; bit[3] a; bit[3] b; a[0] = measure q[0]; b[2] = measure q[1];\n"
        "if ((a[0] ^ b[2]) == 1 && a[1:2] != \"10\" || a < b) x q[0]; uint[3] n = a; n = n + 3;\n"
        "if (n[1]) h q[0]; if (n == 2) h q[1]; output angle[3] w; w = angle[3](b);",
    };

    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        expect_same_again(read_body(bodies[i]));
    }
}

/* A chain of branches is no nesting, in either direction. */
Test(qasm3_print, long_chains) {
    struct text text = {0}, printed = {0};
    struct circuit *circuit;

    text_add(&text, "qubit[13] q; bit[13] c; c = measure q; switch (c) {");
    for (unsigned i = 0; i < 5000; i++) {
        text_printf(&text, "case %u { x q[%u]; }\n", i, i % 13);
    }
    text_add(&text, "default { h q; } }");
    circuit = read_body(text.data);
    cr_assert_eq(qasm3_print(&printed, circuit), STATUS_OK);
    cr_expect_not_null(strstr(printed.data, "} else if (c == 4999) {\n    x q[7];\n} else {\n"));
    expect_same_again(circuit);
    text_fini(&text);
    text_fini(&printed);
}

static void expect_printed(const char *text, const char *want, const char *messages) {
    struct circuit *circuit = NULL;
    struct text got = {0};

    cr_assert_eq(circuit_read_text(&circuit, "t.qasm", text, strlen(text), NULL), STATUS_OK);
    messages_keep();
    cr_expect_eq(qasm3_print(&got, circuit), STATUS_OK);
    cr_expect_str_eq(got.data, want);
    cr_expect_str_eq(messages_all(), messages);
    text_fini(&got);
    circuit_destroy(circuit);
}

Test(qasm3_print, spelling) {
    expect_printed(
        "OPENQASM 2.0; include \"qelib1.inc\"; qreg q[3]; creg c[3]; creg d[1];\n"
        "u(0.5,pi,-0.0) q[0]; rccx q[0],q[1],q[2]; measure q -> c; if(c==2) x q[0];\n"
        "if(d==1) reset q[1]; barrier q[1]; barrier q;",
        "OPENQASM 3.0;\ninclude \"stdgates.inc\";\npragma qspan verbatim\n"
        "gate rccx a,b,c { h c; t c; cx b,c; tdg c; cx a,c; t c; cx b,c; tdg c; h c; }\n"
        "qubit[3] q;\nbit[3] c;\nbit[1] d;\n"
        "U(0.5, 3.141592653589793, -0.0) q[0];\nrccx q[0], q[1], q[2];\n"
        "c[0] = measure q[0];\nc[1] = measure q[1];\nc[2] = measure q[2];\nif (c == 2) x q[0];\n"
        "if (d == 1) reset q[1];\nbarrier q[1];\nbarrier q;\n",
        "");
    expect_printed("OPENQASM 2.0; qreg ctrl[1]; creg x[1]; creg x_[1]; U(0,0,0) ctrl[0];",
                   "OPENQASM 3.0;\ninclude \"stdgates.inc\";\nqubit[1] ctrl_;\nbit[1] x__;\n"
                   "bit[1] x_;\nU(0, 0, 0) ctrl_[0];\n",
                   "t.qasm:1:20: warning: register 'ctrl' is written as 'ctrl_': its name has a "
                   "meaning in OpenQASM 3\n"
                   "t.qasm:1:34: warning: register 'x' is written as 'x__': its name has a "
                   "meaning in OpenQASM 3");
    expect_printed("OPENQASM 3.0; qubit q; bit c; c = measure q; if (c) { if (!c) {} } else {}",
                   "OPENQASM 3.0;\ninclude \"stdgates.inc\";\npragma qspan verbatim\nqubit q;\n"
                   "bit c;\nc = measure q;\nif (c) {\n    if (!c) {\n    }\n} else {\n}\n",
                   "");
}

/* ---- what the language lacks ---- */

static void expect_refused(struct circuit *circuit, const char *want) {
    struct text text = {0};

    messages_keep();
    cr_expect_eq(qasm3_print(&text, circuit), STATUS_INPUT);
    cr_expect_str_eq(messages_all(), want);
    text_fini(&text);
    circuit_destroy(circuit);
}

static void expect_stim_refused(const char *text, const char *want) {
    struct circuit *circuit = NULL;

    cr_assert_eq(stim_read_text(&circuit, "t.stim", text, strlen(text), NULL), STATUS_OK);
    expect_refused(circuit, want);
}

Test(qasm3_print, refuses_what_the_language_lacks) {
    struct circuit *circuit = circuit_create();

    expect_stim_refused("H 0\nDEPOLARIZE1(0.1) 0", "t.stim:2:1: error: DEPOLARIZE1 cannot be said "
                                                   "in OpenQASM 3");
    expect_stim_refused("M 0\nDETECTOR rec[-1]",
                        "t.stim:2:1: error: DETECTOR cannot be said in OpenQASM 3");
    expect_stim_refused("MPP X0*Z1", "t.stim:1:5: error: measurement of a Pauli product other than "
                                     "Z cannot be said in OpenQASM 3");
    expect_stim_refused("MPAD 0", "t.stim:1:6: error: a constant in the record cannot be said in "
                                  "OpenQASM 3");
    expect_stim_refused("M(0.1) 0", "t.stim:1:8: error: a result that may be wrong cannot be said "
                                    "in OpenQASM 3");
    expect_stim_refused("M !0", "t.stim:1:3: error: an inverted result, or one with a reset cannot "
                                "be said in OpenQASM 3");
    expect_stim_refused("RX 0",
                        "t.stim:1:4: error: a reset to X or Y cannot be said in OpenQASM 3");
    expect_stim_refused("M 0\nCX rec[-1] 1", "t.stim:2:4: error: a condition on the record cannot "
                                             "be said in OpenQASM 3");
    cr_assert_eq(circuit_add_qreg(circuit, "a b", 1, (struct src_loc){"t.qasm", 7, 3}), STATUS_OK);
    expect_refused(circuit, "t.qasm:7:3: error: 'a b' cannot be a name in OpenQASM 3");
}
