/* Gates, modifiers and definitions of OpenQASM 3 as dense unitaries: those of the ops that are
 * read, against matrices that are controlled, inverted and raised naively. */
#include <math.h>

#include "base/rng.h"
#include "circuit/reading.h"
#include "support/dense.h"

static struct circuit *read_3(const char *text, enum circuit_dialect dialect) {
    struct circuit *circuit = NULL;
    struct circuit_limits limits = {.dialect = dialect};

    messages_keep();
    cr_assert_eq(qasm3_read_text(&circuit, "t.qasm", text, strlen(text), &limits), STATUS_OK,
                 "%s\n%s", messages_all(), text);
    cr_assert(op_list_is_valid(&circuit->ops, circuit->n_qubits, circuit->n_bits), "%s", text);
    return circuit;
}

static void unitary_of(struct dense *out, const struct circuit *circuit) {
    const struct op_list *list = &circuit->ops;

    dense_identity(out, circuit->n_qubits);
    for (size_t i = 0; i < list->n_ops; i++) {
        const struct op *op = &list->ops[i];
        double matrix[GATE_MAX_MATRIX];
        static struct dense gate;
        cr_assert_eq(op->kind, OP_GATE);
        gate_unitary(matrix, (enum gate_id)op->which, op_params(list, op));
        dense_from_array(&gate, matrix, op->n_qubits);
        dense_apply(out, &gate, op_qubits(list, op));
    }
}

/* Both texts mean the same on n qubits q, up to a global phase. */
static void expect_same(unsigned n, const char *a, const char *b) {
    static struct dense of_a, of_b;
    const char *texts[2] = {a, b};

    for (int i = 0; i < 2; i++) {
        struct text text = {0};
        text_printf(&text, "OPENQASM 3.0; include \"stdgates.inc\"; qubit[%u] q;\n%s", n, texts[i]);
        struct circuit *circuit = read_3(text.data, CIRCUIT_STANDARD);
        unitary_of(i == 0 ? &of_a : &of_b, circuit);
        circuit_destroy(circuit);
        text_fini(&text);
    }
    double distance = dense_distance_up_to_phase(&of_a, &of_b);
    cr_expect_lt(distance, 1e-12, "%s\nis not\n%s: %g", a, b, distance);
}

Test(qasm3_gates, named_forms) {
    expect_same(2, "ctrl @ x q[0], q[1];", "cx q[0], q[1];");
    expect_same(3, "ctrl(2) @ x q[0], q[1], q[2];", "ccx q[0], q[1], q[2];");
    expect_same(3, "ctrl @ ctrl @ x q[0], q[1], q[2];", "ccx q[0], q[1], q[2];");
    expect_same(2, "ctrl @ rz(0.3) q[0], q[1];", "crz(0.3) q[0], q[1];");
    expect_same(2, "ctrl @ gphase(0.3) q[0];", "p(0.3) q[0];");
    expect_same(2, "ctrl @ ctrl @ gphase(0.3) q[0], q[1];", "cp(0.3) q[0], q[1];");
    expect_same(2, "negctrl @ x q[0], q[1];", "x q[0]; cx q[0], q[1]; x q[0];");
    expect_same(3, "ctrl @ swap q[0], q[1], q[2];", "cswap q[0], q[1], q[2];");
    expect_same(4, "ctrl @ cswap q[0], q[1], q[2], q[3];",
                "cx q[3], q[2]; ctrl @ ccx q[0], q[1], q[2], q[3]; cx q[3], q[2];");
    expect_same(4, "inv @ negctrl @ cswap q[0], q[1], q[2], q[3];",
                "x q[0]; ctrl(2) @ swap q[0], q[1], q[2], q[3]; x q[0];");
    expect_same(1, "pow(0.5) @ x q[0];", "sx q[0];");
    expect_same(1, "pow(1/4.) @ z q[0];", "pow(0.5) @ s q[0];");
    expect_same(2, "pow(0.5) @ ctrl @ z q[0], q[1];", "ctrl @ s q[0], q[1];");
    expect_same(1, "pow(-2) @ t q[0];", "sdg q[0];");
    expect_same(1, "inv @ pow(3) @ rx(0.4) q[0];", "rx(-1.2) q[0];");
    expect_same(2, "CX q[0], q[1];", "cx q[0], q[1];");
}

Test(qasm3_gates, phases_show_under_control) {
    /* U = e^{i theta/2} u3 (as of 3.0), u2 and u3 have determinant 1. */
    expect_same(2, "ctrl @ U(0.3, 0.5, 0.7) q[0], q[1];", "cu(0.3, 0.5, 0.7, 0.15) q[0], q[1];");
    expect_same(2, "ctrl @ u3(0.3, 0.5, 0.7) q[0], q[1];", "cu(0.3, 0.5, 0.7, -0.6) q[0], q[1];");
    expect_same(2, "ctrl @ u2(0.5, 0.7) q[0], q[1];", "cu(pi/2, 0.5, 0.7, -0.6) q[0], q[1];");
    expect_same(2, "gate f a { gphase(0.4); x a; } ctrl @ f q[0], q[1];",
                "p(0.4) q[0]; cx q[0], q[1];");
    expect_same(2, "gate f a { gphase(0.4); x a; } ctrl @ inv @ f q[0], q[1];",
                "p(-0.4) q[0]; cx q[0], q[1];");
    expect_same(2, "gate f a { s a; x a; } ctrl @ pow(2) @ f q[0], q[1];", "p(pi/2) q[0];");
}

Test(qasm3_gates, definitions) {
    expect_same(2, "gate g(t) a, b { rx(t/2) a; cx a, b; } g(0.8) q[1], q[0];",
                "rx(0.4) q[1]; cx q[1], q[0];");
    expect_same(3,
                "gate g a, b { cx a, b; } gate f a, b, c { g a, b; g b, c; } f q[0], q[1], q[2];",
                "cx q[0], q[1]; cx q[1], q[2];");
    expect_same(3, "gate g a, b { h a; cx a, b; } ctrl @ g q[0], q[1], q[2];",
                "ch q[0], q[1]; ccx q[0], q[1], q[2];");
    expect_same(3, "h q; cx q[0], q[1:2];",
                "h q[0]; h q[1]; h q[2]; cx q[0], q[1]; cx q[0], q[2];");
    expect_same(4, "cx q[0:1], q[{3, 2}];", "cx q[0], q[3]; cx q[1], q[2];");
    expect_same(4, "let a = q[0:2:3]; let b = a ++ q[1]; x b[1]; y b[-1];", "x q[2]; y q[1];");
    expect_same(1, "gate g(a) q { for int i in [1:3] { rx(a * i) q; } } g(0.1) q[0];",
                "rx(0.6) q[0];");
}

/* ---- random calls ---- */

enum { N_BASES = 17 };
static const struct {
    const char *name;
    unsigned n_params, n_qubits;
} bases[N_BASES] = {{"x", 0, 1},    {"y", 0, 1},  {"z", 0, 1},  {"h", 0, 1},  {"s", 0, 1},
                    {"t", 0, 1},    {"sx", 0, 1}, {"rx", 1, 1}, {"ry", 1, 1}, {"rz", 1, 1},
                    {"p", 1, 1},    {"U", 3, 1},  {"u2", 2, 1}, {"u3", 3, 1}, {"cx", 0, 2},
                    {"swap", 0, 2}, {"crz", 1, 2}};

static void multiply_phase(struct dense *m, double phase) {
    struct cplx factor = {cos(phase), sin(phase)};

    for (unsigned i = 0; i < 1u << m->n_qubits; i++) {
        for (unsigned j = 0; j < 1u << m->n_qubits; j++) {
            m->at[i][j] = cplx_mul(m->at[i][j], factor);
        }
    }
}

static void base_unitary(struct dense *out, const char *name, const double *params) {
    double matrix[GATE_MAX_MATRIX];
    enum gate_id gate = gate_find(name);

    gate_unitary(matrix, gate, params);
    dense_from_array(out, matrix, gate_get(gate)->n_qubits);
    if (strcmp(name, "U") == 0) {
        multiply_phase(out, params[0] / 2);
    } else if (strcmp(name, "u2") == 0) {
        multiply_phase(out, -(params[0] + params[1]) / 2);
    } else if (strcmp(name, "u3") == 0) {
        multiply_phase(out, -(params[1] + params[2]) / 2);
    }
}

/* The new control is operand 0. */
static void control(struct dense *m, bool on) {
    static struct dense out;
    unsigned dim = 2u << m->n_qubits;

    dense_identity(&out, m->n_qubits + 1);
    for (unsigned i = 0; i < dim; i++) {
        for (unsigned j = 0; j < dim; j++) {
            if ((i & 1) == on && (j & 1) == on) {
                out.at[i][j] = m->at[i >> 1][j >> 1];
            }
        }
    }
    *m = out;
}

static void raise(struct dense *m, unsigned power) {
    static struct dense once, product;

    once = *m;
    for (unsigned i = 1; i < power; i++) {
        dense_mul(&product, &once, m);
        *m = product;
    }
}

static uint32_t draw(uint32_t test, uint32_t k, uint32_t n) {
    return rng_draw(5, test, k, RNG_TEST).word[0] % n;
}

/* Modifiers, the innermost first, in `text` from right to left. */
static void add_modifiers(struct text *text, struct dense *m, uint32_t test, unsigned n_most) {
    static const char *const names[] = {"ctrl", "negctrl", "inv", "pow(2)", "pow(5)", "ctrl"};
    const char *chosen[4];
    unsigned n = draw(test, 1, 5);

    n = n > 4 ? 4 : n;
    for (unsigned i = 0; i < n; i++) {
        uint32_t which = draw(test, 10 + i, 6);
        bool is_control = which < 2 || which == 5;
        if (is_control && m->n_qubits >= n_most) {
            which = 2;
        }
        chosen[i] = names[which];
        if (which == 0 || which == 5 || which == 1) {
            control(m, which != 1);
        } else if (which == 2) {
            static struct dense dagger;
            dense_dagger(&dagger, m);
            *m = dagger;
        } else {
            raise(m, which == 3 ? 2 : 5);
        }
    }
    for (unsigned i = n; i-- > 0;) {
        text_printf(text, "%s @ ", chosen[i]);
    }
}

static void check_random_call(uint32_t test) {
    static struct dense want, got;
    struct text text = {0}, call = {0};
    uint32_t base = draw(test, 0, N_BASES);
    double params[3];

    for (unsigned i = 0; i < 3; i++) {
        params[i] = (double)draw(test, 2 + i, 1000) / 300 - 1.5;
    }
    base_unitary(&want, bases[base].name, params);
    add_modifiers(&call, &want, test, 5);
    text_printf(&text, "OPENQASM 3.0; include \"stdgates.inc\"; qubit[%u] q;\n%s%s", want.n_qubits,
                call.n > 0 ? call.data : "", bases[base].name);
    for (unsigned i = 0; i < bases[base].n_params; i++) {
        text_printf(&text, "%s%.17g", i == 0 ? "(" : ", ", params[i]);
    }
    text_add(&text, bases[base].n_params > 0 ? ")" : "");
    for (unsigned i = 0; i < want.n_qubits; i++) {
        text_printf(&text, "%s q[%u]", i == 0 ? "" : ",", i);
    }
    text_add(&text, ";");
    struct circuit *circuit = read_3(text.data, CIRCUIT_STANDARD);
    unitary_of(&got, circuit);
    double distance = dense_distance_up_to_phase(&got, &want);
    cr_expect_lt(distance, 1e-11, "%s: %g", text.data, distance);
    circuit_destroy(circuit);
    text_fini(&text);
    text_fini(&call);
}

Test(qasm3_gates, random_modifiers) {
    for (uint32_t test = 0; test < 400; test++) {
        check_random_call(test);
    }
}

/* ---- many controls: permutations, so basis states show all ---- */

static uint32_t apply_permutation(const struct circuit *circuit, uint32_t state,
                                  double *out_phase) {
    *out_phase = 0;
    for (size_t i = 0; i < circuit->ops.n_ops; i++) {
        const struct op *op = &circuit->ops.ops[i];
        const uint32_t *q = op_qubits(&circuit->ops, op);
        uint32_t all = 0;
        for (uint32_t k = 0; k + 1 < op->n_qubits; k++) {
            all |= UINT32_C(1) << q[k];
        }
        if (op->which == GATE_P || op->which == GATE_CP || op->which == GATE_Z ||
            op->which == GATE_CZ) {
            all |= UINT32_C(1) << q[op->n_qubits - 1];
            if ((state & all) == all) {
                *out_phase += op->n_params > 0 ? op_params(&circuit->ops, op)[0] : M_PI;
            }
            continue;
        }
        cr_assert(op->which == GATE_X || op->which == GATE_CX || op->which == GATE_CCX ||
                  op->which == GATE_C3X || op->which == GATE_C4X);
        if ((state & all) == all) {
            state ^= UINT32_C(1) << q[op->n_qubits - 1];
        }
    }
    return state;
}

Test(qasm3_gates, many_controls) {
    for (unsigned n = 4; n <= 12; n++) {
        struct text text = {0};
        text_printf(&text,
                    "OPENQASM 3.0; include \"stdgates.inc\"; qubit[%u] q; ctrl(%u) @ p(0.75) q[0]",
                    n, n - 1);
        for (unsigned i = 1; i < n; i++) {
            text_printf(&text, ", q[%u]", i);
        }
        text_add(&text, ";");
        struct circuit *circuit = read_3(text.data, CIRCUIT_STANDARD);
        for (uint32_t state = 0; state < UINT32_C(1) << n; state++) {
            double phase, want = state + 1 == UINT32_C(1) << n ? 0.75 : 0;
            cr_expect_eq(apply_permutation(circuit, state, &phase), state);
            phase = remainder(phase - want, 2 * M_PI);
            cr_expect_lt(fabs(phase), 1e-12, "%u controls, state %u: off by %g", n - 1, state,
                         phase);
        }
        circuit_destroy(circuit);
        text_fini(&text);
    }
}

/* ---- Braket ---- */

static void expect_braket(unsigned n, const char *call, const char *same) {
    static struct dense of_call, of_same;
    struct text text = {0};

    text_printf(&text, "OPENQASM 3.0; qubit[%u] q;\n%s", n, call);
    struct circuit *circuit = read_3(text.data, CIRCUIT_BRAKET);
    unitary_of(&of_call, circuit);
    circuit_destroy(circuit);
    text_fini(&text);
    text = (struct text){0};
    text_printf(&text, "OPENQASM 3.0; include \"qelib1.inc\"; qubit[%u] q;\n%s", n, same);
    circuit = read_3(text.data, CIRCUIT_STANDARD);
    unitary_of(&of_same, circuit);
    circuit_destroy(circuit);
    text_fini(&text);
    cr_expect_lt(dense_distance_up_to_phase(&of_call, &of_same), 1e-12, "%s is not %s", call, same);
}

Test(qasm3_gates, braket) {
    expect_braket(2, "cnot q[0], q[1];", "cx q[0], q[1];");
    expect_braket(1, "v q[0]; vi q[0]; ti q[0]; si q[0];", "tdg q[0]; sdg q[0];");
    expect_braket(1, "prx(0.3, 0.5) q[0];", "r(0.3, 0.5) q[0];");
    expect_braket(2, "iswap q[0], q[1];", "iswap q[0], q[1];");
    expect_braket(2, "xy(pi) q[0], q[1];", "iswap q[0], q[1];");
    expect_braket(2, "ecr q[0], q[1];", "ecr q[0], q[1];");
    expect_braket(2, "pswap(0.3) q[0], q[1];",
                  "swap q[0], q[1]; cx q[0], q[1]; p(0.3) q[1]; cx q[0], q[1];");
    expect_braket(2, "cphaseshift01(0.3) q[0], q[1];", "x q[0]; cp(0.3) q[0], q[1]; x q[0];");
    expect_braket(1, "gpi(0) q[0];", "x q[0];");
    expect_braket(1, "gpi2(pi/2) q[0];", "ry(pi/2) q[0];");
    expect_braket(3, "ccnot q[0], q[1], q[2];", "ccx q[0], q[1], q[2];");
}
