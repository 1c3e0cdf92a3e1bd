/* Definitions of gates in files, against dense matrices. */
#include <math.h>
#include <stdio.h>

#include "base/rng.h"
#include "circuit/reading.h"
#include "support/dense.h"

static void unitary_of_ops(struct dense *out, const struct circuit *circuit) {
    const struct op_list *list = &circuit->ops;

    dense_identity(out, circuit->n_qubits);
    for (size_t i = 0; i < list->n_ops; i++) {
        const struct op *op = &list->ops[i];
        double matrix[GATE_MAX_MATRIX];
        struct dense gate;
        cr_assert_eq(op->kind, OP_GATE);
        gate_unitary(matrix, (enum gate_id)op->which, op_params(list, op));
        dense_from_array(&gate, matrix, op->n_qubits);
        dense_apply(out, &gate, op_qubits(list, op));
    }
}

static void unitary_of_gate(struct dense *out, enum gate_id gate, const double *params,
                            const uint32_t *qubits, unsigned n_qubits) {
    double matrix[GATE_MAX_MATRIX];
    struct dense small;

    gate_unitary(matrix, gate, params);
    dense_from_array(&small, matrix, gate_get(gate)->n_qubits);
    dense_identity(out, n_qubits);
    dense_apply(out, &small, qubits);
}

/* Text of the gate's definition under another name and with one more statement at its end. */
static void add_definition(struct text *out, const struct gate_info *info, const char *name,
                           const char *extra) {
    const char *rest = info->definition + strlen("gate ") + strlen(info->name);

    text_printf(out, "gate %s%.*s %s }\n", name, (int)(strlen(rest) - 1), rest, extra);
}

static void add_call(struct text *out, const struct gate_info *info, const char *name,
                     const double *params, const uint32_t *qubits) {
    text_add(out, name);
    for (unsigned i = 0; i < info->n_params; i++) {
        text_printf(out, "%s%.17g%s", i == 0 ? "(" : ",", params[i],
                    i + 1 == info->n_params ? ")" : "");
    }
    for (unsigned i = 0; i < info->n_qubits; i++) {
        text_printf(out, "%s q[%u]", i == 0 ? "" : ",", qubits[i]);
    }
    text_add(out, ";\n");
}

/* A call of the table's own definition, renamed so that it expands, has the table's unitary. */
Test(define, expansions_equal_the_table) {
    static const uint32_t qubits[5] = {3, 0, 4, 2, 1};

    for (enum gate_id gate = 0; gate < GATE_COUNT; gate++) {
        const struct gate_info *info = gate_get(gate);
        struct text source = {0};
        struct dense got, want;
        double params[GATE_MAX_PARAMS];
        if (info->definition == NULL) {
            continue;
        }
        for (unsigned i = 0; i < GATE_MAX_PARAMS; i++) {
            params[i] = 8 * rng_uniform(5, gate, i, RNG_TEST) - 4;
        }
        text_add(&source, "OPENQASM 2.0;include \"qelib1.inc\";\n");
        add_definition(&source, info, "mine", "");
        text_add(&source, "qreg q[5];\n");
        add_call(&source, info, "mine", params, qubits);
        struct circuit *circuit = must_read(source.data);
        unitary_of_ops(&got, circuit);
        unitary_of_gate(&want, gate, params, qubits, 5);
        cr_expect(dense_distance_up_to_phase(&got, &want) < 1e-12, "%s", info->name);
        circuit_destroy(circuit);
        text_fini(&source);
    }
}

static void expect_kept(const struct gate_info *info, const char *header, const char *extra,
                        const char *want_message, bool want_whole) {
    static const uint32_t qubits[5] = {0, 1, 2, 3, 4};
    static const double params[GATE_MAX_PARAMS] = {0.5, 1.5, -2.25, 3};
    struct text source = {0};
    struct circuit *circuit = NULL;

    text_printf(&source, "OPENQASM 2.0;%s\n", header);
    add_definition(&source, info, info->name, extra);
    text_add(&source, "qreg q[5];\n");
    add_call(&source, info, info->name, params, qubits);
    cr_assert_eq(reading_try(&circuit, source.data, NULL), STATUS_OK, "%s", messages_all());
    if (want_message != NULL) {
        cr_expect_str_eq(messages_all(), want_message, "%s", source.data);
    }
    cr_expect_eq(circuit->ops.n_ops == 1 && circuit->ops.ops[0].which == gate_find(info->name),
                 want_whole, "%s", source.data);
    circuit_destroy(circuit);
    text_fini(&source);
}

/* What a file defines as the table has it stays whole; what differs is expanded. */
Test(define, equal_definitions_stay_whole) {
    for (enum gate_id gate = 0; gate < GATE_COUNT; gate++) {
        const struct gate_info *info = gate_get(gate);
        if (info->definition == NULL) {
            continue;
        }
        char warning[160] = "";
        if (info->in_qelib1) {
            snprintf(warning, sizeof warning,
                     "t.qasm:2:6: warning: gate '%s' of qelib1.inc is defined anew; the new "
                     "definition differs and is used from here on",
                     info->name);
        }
        expect_kept(info, "include \"qelib1.inc\";", "", "", true);
        expect_kept(info, "include \"qelib1.inc\";", "x a;", warning, false);
        expect_kept(info, "include \"qelib1.inc\";", "rz(0.000001) a;", NULL,
                    false); /* once is enough */
    }
}

/* A header written out in the file, by U and CX alone, gives the named gates. */
Test(define, header_in_the_file) {
    struct circuit *circuit = must_read(
        "OPENQASM 2.0;\n"
        "gate u3(theta,phi,lambda) q { U(theta,phi,lambda) q; }\n"
        "gate u2(phi,lambda) q { U(pi/2,phi,lambda) q; }\n"
        "gate u1(lambda) q { U(0,0,lambda) q; }\n"
        "gate cx c,t { CX c,t; } gate id a { U(0,0,0) a; }\n"
        "gate h a { u2(0,pi) a; } gate s a { u1(pi/2) a; } gate sdg a { u1(-pi/2) a; }\n"
        "gate rz(phi) a { u1(phi) a; } gate x a { u3(pi,0,pi) a; }\n"
        "gate ryy(t) a,b { sdg a; sdg b; h a; h b; cx a,b; rz(t) b; cx a,b; h a; h b; s a; s b; }\n"
        "gate rzz(t) a,b { cx a,b; u1(t) b; cx a,b; }\n"
        "gate phase(t) a { u1(t) a; }\n"
        "gate mirror(t) a,b { rzz(t) b,a; ryy(-t) a,b; }\n"
        "qreg q[2]; h q[0]; ryy(0.5) q[0],q[1]; mirror(1) q[0],q[1]; phase(2) q[0]; id q;\n");
    struct text got = {0};

    dump_ops(&got, &circuit->ops);
    cr_expect_str_eq(got.data, "h : 0\nryy 0x1p-1 : 0 1\nrzz 0x1p+0 : 1 0\nryy -0x1p+0 : 0 1\n"
                               "p 0x1p+1 : 0\nid : 0\nid : 1\n");
    text_fini(&got);
    circuit_destroy(circuit);
}

/* Equal at small angles only, undefined at some, other arity, swapped operands: the file's own. */
Test(define, what_looks_equal) {
    static const char *const bodies[] = {"rz(t) a { u1(sqrt(t*t)) a; }",
                                         "rz(t) a { u1(exp(ln(t))) a; }",
                                         "rz(t,s) a { u1(t+s) a; }", "rz(t) a { u1(3e9*t) a; }"};

    for (size_t i = 0; i < 4; i++) {
        struct text source = {0};
        struct circuit *circuit = NULL;
        text_printf(&source,
                    "OPENQASM 2.0; include \"qelib1.inc\";%*s gate %s qreg q[1]; rz(%s) q[0];",
                    (int)i, "", bodies[i], i == 2 ? "0.01,0" : "0.01");
        cr_assert_eq(reading_try(&circuit, source.data, NULL), STATUS_OK, "%s", messages_all());
        cr_expect(strstr(messages_all(), "is defined anew") != NULL);
        cr_expect_eq(circuit->ops.ops[0].which, GATE_U1, "%s", bodies[i]);
        circuit_destroy(circuit);
        text_fini(&source);
    }
}
