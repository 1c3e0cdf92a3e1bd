/* Random circuits print as texts that read back as the same circuits. */
#include <math.h>
#include <stdio.h>

#include "base/bits.h"
#include "base/rng.h"
#include "circuit/reading.h"

struct draws {
    uint64_t seed, n;
};
static uint32_t draw(struct draws *draws, uint32_t below) {
    return rng_draw(draws->seed, draws->n++, 0, RNG_TEST).word[0] % below;
}

static double draw_angle(struct draws *draws) {
    static const double special[] = {0.0,  -0.0, M_PI,    1e-300, 5e-324, 268435455.5,
                                     -1e8, 0.1,  1.0 / 3, 3,      -7,     2.2250738585072014e-308};
    uint32_t choice = draw(draws, 24);

    if (choice < sizeof special / sizeof special[0]) {
        return special[choice];
    }
    return 20 * rng_uniform(draws->seed, draws->n++, 1, RNG_TEST) - 10;
}

/* n different qubits. */
static void draw_qubits(struct draws *draws, uint32_t *out, uint32_t n, uint32_t n_qubits) {
    for (uint32_t i = 0; i < n; i++) {
        bool is_new = false;
        while (!is_new) {
            out[i] = draw(draws, n_qubits);
            is_new = true;
            for (uint32_t j = 0; j < i; j++) {
                is_new = is_new && out[j] != out[i];
            }
        }
    }
}

static void add_random_op(struct circuit *circuit, struct draws *draws, bool may_be_barrier) {
    struct src_loc loc = {"r.qasm", 1, 1};
    uint32_t qubits[32], kind = draw(draws, may_be_barrier ? 8 : 7);
    struct op_list *list = &circuit->ops;
    struct op *op;

    if (kind < 5) {
        enum gate_id gate = draw(draws, GATE_COUNT);
        double params[GATE_MAX_PARAMS];
        draw_qubits(draws, qubits, gate_get(gate)->n_qubits, circuit->n_qubits);
        for (unsigned i = 0; i < GATE_MAX_PARAMS; i++) {
            params[i] = draw_angle(draws);
        }
        cr_assert_eq(op_list_add_gate(list, gate, qubits, params, loc), STATUS_OK);
    } else if (kind == 5) {
        draw_qubits(draws, qubits, 1, circuit->n_qubits);
        cr_assert_eq(op_list_add(list, &op, OP_MEASURE, qubits, 1, NULL, 0, loc), STATUS_OK);
        op->bit = draw(draws, circuit->n_bits);
        circuit->measures = true;
    } else if (kind == 6) {
        draw_qubits(draws, qubits, 1, circuit->n_qubits);
        cr_assert_eq(op_list_add(list, NULL, OP_RESET, qubits, 1, NULL, 0, loc), STATUS_OK);
    } else {
        uint32_t n = 1 + draw(draws, circuit->n_qubits);
        draw_qubits(draws, qubits, n, circuit->n_qubits);
        cr_assert_eq(op_list_add(list, NULL, OP_BARRIER, qubits, n, NULL, 0, loc), STATUS_OK);
    }
}

static void add_random_if(struct circuit *circuit, struct draws *draws) {
    struct src_loc loc = {"r.qasm", 1, 1};
    const struct reg *reg = &circuit->cregs[draw(draws, (uint32_t)circuit->n_cregs)];
    struct expr never = {.kind = EXPR_CONST};
    uint64_t words[8] = {0};
    uint32_t expr;
    size_t open;

    for (uint32_t i = 0; i < reg->n; i++) {
        bits_set(words, i, draw(draws, 2));
    }
    if (draw(draws, 8) == 0) {
        cr_assert_eq(expr_add(&circuit->ops, &expr, never), STATUS_OK);
    } else {
        cr_assert_eq(expr_add_eq(&circuit->ops, &expr, reg->first, reg->n, words), STATUS_OK);
    }
    cr_assert_eq(op_list_open(&circuit->ops, &open, OP_IF, expr, 0, loc), STATUS_OK);
    add_random_op(circuit, draws, false);
    cr_assert_eq(op_list_close(&circuit->ops, open, loc), STATUS_OK);
}

static void add_random_placement(struct circuit *circuit, struct draws *draws) {
    static const char *names[] = {"B", "A", "node_3"};

    circuit->placement = arena_alloc(&circuit->arena, circuit->n_qubits * sizeof(uint32_t));
    for (uint32_t i = 0; i < 3; i++) {
        cr_assert_eq(vec_reserve(&circuit->placed_qpus, i, &circuit->cap_placed_qpus, 1,
                                 sizeof *circuit->placed_qpus),
                     STATUS_OK);
        circuit->placed_qpus[circuit->n_placed_qpus++] = names[i];
    }
    for (uint32_t qb = 0; qb < circuit->n_qubits; qb++) {
        uint32_t qpu = draw(draws, 4);
        circuit->placement[qb] = qb < 3 ? qb : qpu == 3 ? OP_NO_QPU : qpu;
    }
}

static struct circuit *random_circuit(struct draws *draws) {
    struct src_loc loc = {"r.qasm", 1, 1};
    struct circuit *circuit = circuit_create();
    char name[16];

    for (uint32_t i = 0; i < 3; i++) {
        snprintf(name, sizeof name, "q%u", i);
        cr_assert_eq(circuit_add_qreg(circuit, name, 2 + draw(draws, 4), loc), STATUS_OK);
        snprintf(name, sizeof name, "c%u", i);
        cr_assert_eq(circuit_add_creg(circuit, name, 1 + draw(draws, 1u << (4 * i)), loc),
                     STATUS_OK);
    }
    if (draw(draws, 2) == 0) {
        add_random_placement(circuit, draws);
    }
    for (uint32_t i = draw(draws, 40); i > 0; i--) {
        if (draw(draws, 4) == 0) {
            add_random_if(circuit, draws);
        } else {
            add_random_op(circuit, draws, true);
        }
    }
    return circuit;
}

Test(print, random_circuits_read_back) {
    struct draws draws = {.seed = 6};

    for (unsigned round = 0; round < 300; round++) {
        struct circuit *circuit = random_circuit(&draws), *again = NULL;
        struct text first = {0}, second = {0}, want = {0}, got = {0};
        cr_assert(op_list_is_valid(&circuit->ops, circuit->n_qubits, circuit->n_bits));
        messages_keep();
        cr_assert_eq(qasm2_print(&first, circuit), STATUS_OK, "%s", messages_all());
        cr_assert_eq(reading_try(&again, first.data, NULL), STATUS_OK, "%s\n%s", messages_all(),
                     first.data);
        dump_circuit(&want, circuit);
        dump_circuit(&got, again);
        cr_assert_str_eq(got.data, want.data, "%s", first.data);
        cr_assert_eq(again->measures, circuit->measures);
        cr_assert_eq(qasm2_print(&second, again), STATUS_OK);
        cr_assert_str_eq(first.data, second.data);
        text_fini(&first);
        text_fini(&second);
        text_fini(&want);
        text_fini(&got);
        circuit_destroy(circuit);
        circuit_destroy(again);
    }
}

/* Blocks of several ops print as several conditions. */
Test(print, blocks_are_split) {
    struct circuit *circuit = must_read("OPENQASM 2.0; qreg q[2]; creg c[2]; creg d[2];\n"
                                        "if(c==2) measure q -> d; if(d==1) CX q[0],q[1];");
    struct text text = {0};

    cr_assert_eq(qasm2_print(&text, circuit), STATUS_OK);
    cr_expect_str_eq(text.data, "OPENQASM 2.0;\ninclude \"qelib1.inc\";\nqreg q[2];\ncreg c[2];\n"
                                "creg d[2];\nif(c==2) measure q[0] -> d[0];\n"
                                "if(c==2) measure q[1] -> d[1];\nif(d==1) cx q[0],q[1];\n");
    text_fini(&text);
    circuit_destroy(circuit);
}

static void expect_refused(struct circuit *circuit, const char *want) {
    struct text text = {0};

    messages_keep();
    cr_expect_eq(qasm2_print(&text, circuit), STATUS_INPUT);
    cr_expect_str_eq(messages_all(), want);
    text_fini(&text);
    circuit_destroy(circuit);
}

Test(print, refuses_what_the_language_lacks) {
    static const char base[] = "OPENQASM 2.0; qreg q[2]; creg c[2]; U(0,0,1) q[0];";
    const uint32_t qubits[2] = {0, 1};
    struct src_loc loc = {"t.qasm", 7, 3};
    struct circuit *circuit;
    struct op *op;
    uint32_t expr;
    size_t open;

    expect_refused(must_read("OPENQASM 2.0; qreg q[2]; creg c[2];\n if(c==2) measure q -> c;"),
                   "t.qasm:2:11: error: a conditional block that changes its condition cannot be "
                   "said in OpenQASM 2");
    circuit = must_read(base);
    cr_assert_eq(op_list_open(&circuit->ops, &open, OP_REPEAT, OP_NO_EXPR, 5, loc), STATUS_OK);
    cr_assert_eq(op_list_close(&circuit->ops, open, loc), STATUS_OK);
    expect_refused(circuit, "t.qasm:7:3: error: REPEAT cannot be said in OpenQASM 2");
    circuit = must_read(base);
    cr_assert_eq(op_list_add(&circuit->ops, &op, OP_MEASURE, qubits, 2, NULL, 0, loc), STATUS_OK);
    op->bit = 0;
    op->arg = 15;
    expect_refused(circuit, "t.qasm:7:3: error: measurement of a Pauli product cannot be said in "
                            "OpenQASM 2");
    circuit = must_read(base);
    cr_assert_eq(expr_add(&circuit->ops, &expr, (struct expr){.kind = EXPR_BIT, .a = 1}),
                 STATUS_OK);
    cr_assert_eq(op_list_open(&circuit->ops, &open, OP_IF, expr, 0, loc), STATUS_OK);
    cr_assert_eq(op_list_add_gate(&circuit->ops, GATE_X, qubits, NULL, loc), STATUS_OK);
    cr_assert_eq(op_list_close(&circuit->ops, open, loc), STATUS_OK);
    expect_refused(circuit, "t.qasm:7:3: error: a condition other than a register's value cannot "
                            "be said in OpenQASM 2");
    circuit = must_read(base);
    cr_assert_eq(expr_add_eq(&circuit->ops, &expr, 1, 1, (const uint64_t[]){1}), STATUS_OK);
    cr_assert_eq(op_list_open(&circuit->ops, &open, OP_IF, expr, 0, loc), STATUS_OK);
    cr_assert_eq(op_list_add_gate(&circuit->ops, GATE_X, qubits, NULL, loc), STATUS_OK);
    cr_assert_eq(op_list_close(&circuit->ops, open, loc), STATUS_OK);
    expect_refused(circuit, "t.qasm:7:3: error: a condition on a part of a register cannot be said "
                            "in OpenQASM 2");
    circuit = circuit_create();
    cr_assert_eq(circuit_add_qreg(circuit, "\xCF\x80", 1, loc), STATUS_OK);
    expect_refused(circuit, "t.qasm:7:3: error: '\xCF\x80' cannot be a name in OpenQASM 2");
    circuit = circuit_create();
    cr_assert_eq(circuit_add_creg(circuit, "gate", 1, loc), STATUS_OK);
    expect_refused(circuit, "t.qasm:7:3: error: 'gate' cannot be a name in OpenQASM 2");
}
