/* The gate table against naive dense matrices and against what the two standards say. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "base/rng.h"
#include "gate/gate.h"
#include "gate/op.h"
#include "support/definition.h"
#include "support/dense.h"

static double uniform(uint64_t site) {
    return rng_uniform(1, site, 0, RNG_TEST);
}

/* Round 0: zeros; 1 to 8: multiples of pi/4 that differ; then anything. */
static void draw_params(double *params, unsigned gate, unsigned round) {
    for (unsigned i = 0; i < GATE_MAX_PARAMS; i++) {
        double u = uniform(gate * 4096u + round * 8u + i);
        params[i] = round == 0   ? 0
                    : round <= 8 ? M_PI_4 * (floor(u * 17) - 8)
                                 : (u - 0.5) * 4 * M_PI;
    }
}

static void load_unitary(struct dense *out, enum gate_id gate, const double *params) {
    double matrix[GATE_MAX_MATRIX];
    gate_unitary(matrix, gate, params);
    dense_from_array(out, matrix, gate_get(gate)->n_qubits);
}

static bool is_unitary(const struct dense *u) {
    struct dense dagger, product, one;
    dense_dagger(&dagger, u);
    dense_mul(&product, u, &dagger);
    dense_identity(&one, u->n_qubits);
    return dense_distance(&product, &one) < 1e-14;
}

static bool commutes_with_z(const struct dense *u, unsigned operand, double tolerance) {
    struct dense z, left, right;
    dense_pauli(&z, UINT32_C(1) << (u->n_qubits + operand), u->n_qubits);
    dense_mul(&left, &z, u);
    dense_mul(&right, u, &z);
    return dense_distance(&left, &right) < tolerance;
}

/* Written once more, so that a record that slips by a line is seen. */
static const char *const names_in_order[] = {
    "id",     "u0",      "x",      "y",       "z",         "h",      "s",      "sdg",    "t",
    "tdg",    "sx",      "sxdg",   "rx",      "ry",        "rz",     "p",      "u1",     "u2",
    "u3",     "u",       "r",      "cx",      "cy",        "cz",     "ch",     "csx",    "cs",
    "csdg",   "crx",     "cry",    "crz",     "cp",        "cu1",    "cu3",    "cu",     "swap",
    "iswap",  "iswapdg", "dcx",    "dcxdg",   "ecr",       "rxx",    "ryy",    "rzz",    "rzx",
    "c_xyz",  "c_zyx",   "c_nxyz", "c_xnyz",  "c_xynz",    "c_nzyx", "c_znyx", "c_zynx", "h_xy",
    "h_yz",   "h_nxy",   "h_nxz",  "h_nyz",   "sy",        "sydg",   "xcx",    "xcy",    "ycy",
    "czswap", "sxx",     "sxxdg",  "syy",     "syydg",     "szz",    "szzdg",  "ccx",    "ccz",
    "cswap",  "rccx",    "c3x",    "c3sqrtx", "c3sqrtxdg", "rc3x",   "rc3xdg", "c4x",
};

Test(gate, table_is_in_order_and_names_are_found) {
    cr_assert_eq(sizeof names_in_order / sizeof *names_in_order, GATE_COUNT);
    for (unsigned g = 0; g < GATE_COUNT; g++) {
        const struct gate_info *info = gate_get(g);
        cr_assert_str_eq(info->name, names_in_order[g]);
        cr_assert_eq(gate_find(info->name), g, "%s", info->name);
        cr_assert(info->n_qubits >= 1 && info->n_qubits <= GATE_MAX_QUBITS);
        cr_assert(info->n_params <= GATE_MAX_PARAMS);
        cr_assert(info->help && *info->help);
    }
    static const struct {
        const char *name;
        enum gate_id gate;
    } others[] = {{"CX", GATE_CX},     {"U", GATE_U},         {"phase", GATE_P},
                  {"cphase", GATE_CP}, {"c3sx", GATE_C3SX},   {"cnot", GATE_NONE},
                  {"", GATE_NONE},     {"X", GATE_NONE},      {"u4", GATE_NONE},
                  {"zz", GATE_NONE},   {"c3sqrt", GATE_NONE}, {"CU", GATE_NONE}};
    for (unsigned i = 0; i < sizeof others / sizeof *others; i++) {
        cr_assert_eq(gate_find(others[i].name), others[i].gate, "%s", others[i].name);
    }
}

static unsigned count_flags(bool qelib1) {
    unsigned n = 0;
    for (unsigned g = 0; g < GATE_COUNT; g++) {
        n += qelib1 ? gate_get(g)->in_qelib1 : gate_get(g)->in_stdgates;
    }
    return n;
}

Test(gate, standards_are_complete) {
    static const char *const qelib1[] = {
        "u3",  "u2",   "u1",  "cx",  "id",    "u0",   "u",   "p",       "x",   "y",    "z",
        "h",   "s",    "sdg", "t",   "tdg",   "rx",   "ry",  "rz",      "sx",  "sxdg", "cz",
        "cy",  "swap", "ch",  "ccx", "cswap", "crx",  "cry", "crz",     "cu1", "cp",   "cu3",
        "csx", "cu",   "rxx", "rzz", "rccx",  "rc3x", "c3x", "c3sqrtx", "c4x"};
    static const char *const stdgates[] = {"p",   "x",   "y",   "z",   "h",  "s",    "sdg", "t",
                                           "tdg", "sx",  "rx",  "ry",  "rz", "cx",   "cy",  "cz",
                                           "cp",  "crx", "cry", "crz", "ch", "swap", "ccx", "cswap",
                                           "cu",  "id",  "u1",  "u2",  "u3"};
    for (unsigned i = 0; i < sizeof qelib1 / sizeof *qelib1; i++) {
        cr_assert(gate_get(gate_find(qelib1[i]))->in_qelib1, "%s", qelib1[i]);
    }
    for (unsigned i = 0; i < sizeof stdgates / sizeof *stdgates; i++) {
        cr_assert(gate_get(gate_find(stdgates[i]))->in_stdgates, "%s", stdgates[i]);
    }
    cr_assert_eq(count_flags(true), sizeof qelib1 / sizeof *qelib1);
    cr_assert_eq(count_flags(false), sizeof stdgates / sizeof *stdgates);
}

Test(gate, definitions_give_the_unitaries) {
    for (unsigned g = 0; g < GATE_COUNT; g++) {
        const struct gate_info *info = gate_get(g);
        if (!info->definition) {
            cr_assert(g == GATE_U3 || g == GATE_CX);
            continue;
        }
        for (unsigned round = 0; round < (info->n_params ? 24u : 1u); round++) {
            double params[GATE_MAX_PARAMS];
            struct definition def;
            struct dense u;
            draw_params(params, g, round);
            const char *error = definition_eval(&def, info->definition, params);
            cr_assert_null(error, "%s: %s", info->name, error);
            cr_assert_str_eq(def.name, info->name);
            cr_assert_eq(def.n_params, info->n_params);
            cr_assert_eq(def.n_operands, info->n_qubits);
            load_unitary(&u, g, params);
            cr_assert(is_unitary(&u), "%s", info->name);
            cr_assert_lt(dense_distance_up_to_phase(&u, &def.unitary), 4e-15 * (1 + def.n_gates),
                         "%s round %u", info->name, round);
        }
    }
}

/* So they can be printed in any file of either language, and lead down to u3 and cx. */
Test(gate, definitions_use_common_small_gates) {
    static const double zeros[GATE_MAX_PARAMS];
    int depth[GATE_COUNT] = {0};
    for (unsigned round = 0; round < 8; round++) {
        for (unsigned g = 0; g < GATE_COUNT; g++) {
            struct definition def;
            if (!gate_get(g)->definition) {
                continue;
            }
            cr_assert_null(definition_eval(&def, gate_get(g)->definition, zeros));
            for (unsigned i = 0; i < def.n_gates; i++) {
                const struct gate_info *used = gate_get(def.gates[i]);
                cr_assert(used->in_qelib1 && used->in_stdgates && used->n_qubits <= 2, "%s uses %s",
                          def.name, used->name);
                depth[g] = depth[def.gates[i]] + 1 > depth[g] ? depth[def.gates[i]] + 1 : depth[g];
            }
            cr_assert_lt(depth[g], 7, "%s is defined by itself", def.name);
        }
    }
}

/* Matrices written from the documentation of Qiskit, index = sum of operand i times 2^i. */
Test(gate, phases_that_matter) {
    struct dense u, want;
    double t = 0.7, f = 0.3, l = -1.1, g = 2.3;

    load_unitary(&u, GATE_U3, (double[]){t, f, l});
    dense_from_array(&want,
                     (double[]){cos(t / 2), 0, -cos(l) * sin(t / 2), -sin(l) * sin(t / 2),
                                cos(f) * sin(t / 2), sin(f) * sin(t / 2), cos(f + l) * cos(t / 2),
                                sin(f + l) * cos(t / 2)},
                     1);
    cr_assert_lt(dense_distance(&u, &want), 1e-15);
    struct dense base = want;

    load_unitary(&u, GATE_CU, (double[]){t, f, l, g});
    dense_identity(&want, 2);
    for (unsigned i = 0; i < 4; i++) {
        want.at[1 + 2 * (i / 2)][1 + 2 * (i % 2)] =
            cplx_mul((struct cplx){cos(g), sin(g)}, base.at[i / 2][i % 2]);
    }
    cr_assert_lt(dense_distance(&u, &want), 1e-15);

    load_unitary(&u, GATE_CU3, (double[]){t, f, l});
    for (unsigned i = 0; i < 4; i++) {
        want.at[1 + 2 * (i / 2)][1 + 2 * (i % 2)] = base.at[i / 2][i % 2];
    }
    cr_assert_lt(dense_distance(&u, &want), 1e-15);

    load_unitary(&u, GATE_CRZ, &t);
    dense_identity(&want, 2);
    want.at[1][1] = (struct cplx){cos(t / 2), -sin(t / 2)};
    want.at[3][3] = (struct cplx){cos(t / 2), sin(t / 2)};
    cr_assert_lt(dense_distance(&u, &want), 1e-15);

    load_unitary(&u, GATE_RZX, &t);
    dense_identity(&want, 2);
    for (unsigned i = 0; i < 4; i++) {
        want.at[i][i].re = cos(t / 2);
        want.at[i][i ^ 2].im = i & 1 ? sin(t / 2) : -sin(t / 2);
    }
    cr_assert_lt(dense_distance(&u, &want), 1e-15);

    load_unitary(&u, GATE_RYY, &t);
    for (unsigned i = 0; i < 4; i++) {
        want.at[i][i ^ 2].im = 0;
        want.at[i][i ^ 3].im = i == 0 || i == 3 ? sin(t / 2) : -sin(t / 2);
    }
    cr_assert_lt(dense_distance(&u, &want), 1e-15);
}

Test(gate, relative_phase_toffolis) {
    struct dense u, want;
    load_unitary(&u, GATE_RCCX, NULL);
    dense_identity(&want, 3);
    want.at[3][3].re = want.at[7][7].re = 0;
    want.at[3][7].im = -1;
    want.at[7][3].im = 1;
    want.at[5][5].re = -1;
    cr_assert_eq(dense_distance(&u, &want), 0);

    load_unitary(&u, GATE_RC3X, NULL);
    dense_identity(&want, 4);
    want.at[3][3] = (struct cplx){0, 1};
    want.at[11][11] = (struct cplx){0, -1};
    want.at[7][7].re = want.at[15][15].re = 0;
    want.at[7][15].re = 1;
    want.at[15][7].re = -1;
    cr_assert_eq(dense_distance(&u, &want), 0);
}

Test(gate, inverse_is_the_dagger) {
    for (unsigned g = 0; g < GATE_COUNT; g++) {
        for (unsigned round = 0; round < 16; round++) {
            double params[GATE_MAX_PARAMS], inverse_params[GATE_MAX_PARAMS];
            enum gate_id inverse;
            struct dense u, v, dagger;
            draw_params(params, g, round);
            gate_inverse(&inverse, inverse_params, g, params);
            cr_assert_eq(gate_get(inverse)->n_qubits, gate_get(g)->n_qubits);
            load_unitary(&u, g, params);
            load_unitary(&v, inverse, inverse_params);
            dense_dagger(&dagger, &u);
            cr_assert_lt(dense_distance(&v, &dagger), 1e-15, "%s", gate_get(g)->name);
            gate_inverse(&inverse, params, g, params); /* in place */
            cr_assert_arr_eq(params, inverse_params, gate_get(inverse)->n_params * sizeof *params);
        }
    }
}

Test(gate, diagonal_mask_and_identity) {
    for (unsigned g = 0; g < GATE_COUNT; g++) {
        const struct gate_info *info = gate_get(g);
        unsigned mask = (1u << info->n_qubits) - 1;
        for (unsigned round = 0; round < (info->n_params ? 24u : 1u); round++) {
            double params[GATE_MAX_PARAMS];
            struct dense u;
            draw_params(params, g, round);
            load_unitary(&u, g, params);
            for (unsigned q = 0; q < info->n_qubits; q++) {
                bool commutes = commutes_with_z(&u, q, 1e-14);
                cr_assert_eq(gate_is_diagonal_on(g, params, q), commutes, "%s", info->name);
                mask &= commutes ? ~0u : ~(1u << q);
            }
        }
        cr_assert_eq(mask, info->diagonal_mask, "%s", info->name);
    }
}

static bool is_identity(enum gate_id gate, const double *params) {
    struct dense unitary, one;
    load_unitary(&unitary, gate, params);
    dense_identity(&one, gate_get(gate)->n_qubits);
    return dense_distance_up_to_phase(&one, &unitary) < 1e-15;
}

Test(gate, special_angles_are_exact) {
    cr_assert(is_identity(GATE_RX, (double[]){2 * M_PI}));
    cr_assert(is_identity(GATE_RZ, (double[]){-4 * M_PI}));
    cr_assert(is_identity(GATE_CP, (double[]){2 * M_PI}));
    cr_assert(is_identity(GATE_CRX, (double[]){4 * M_PI}));
    cr_assert_not(is_identity(GATE_CRX, (double[]){2 * M_PI}));
    cr_assert(gate_is_diagonal_on(GATE_CRX, (double[]){2 * M_PI}, 1));
    cr_assert(is_identity(GATE_U3, (double[]){0, 0.3, -0.3}));
    cr_assert_not(is_identity(GATE_RX, (double[]){1e-14}));
    cr_assert_not(gate_is_diagonal_on(GATE_RX, (double[]){2 * M_PI + 1e-14}, 0));
    cr_assert(is_identity(GATE_U0, (double[]){3}));
}

/* Angles far from 0: the sum phi + lambda is rounded, the matrix must stay unitary. */
Test(gate, large_angles_stay_unitary) {
    for (unsigned i = 0; i < 64; i++) {
        double params[] = {0.4, (uniform(i) - 0.5) * 0x1.8p28, uniform(100 + i), 1e8};
        struct dense u;
        load_unitary(&u, GATE_CU, params);
        cr_assert(is_unitary(&u));
    }
}

Test(gate, decomposition_is_the_gate) {
    static const uint32_t qubits[GATE_MAX_QUBITS] = {2, 0, 4, 1, 3};
    for (unsigned g = 0; g < GATE_COUNT; g++) {
        const struct gate_info *info = gate_get(g);
        if (info->n_qubits < 3) {
            continue;
        }
        struct op_list list = {0};
        struct dense u, whole, product;
        struct src_loc loc = {"file", 3, 4};
        cr_assert_eq(gate_decompose(&list, g, NULL, qubits, loc), STATUS_OK);
        dense_identity(&product, 5);
        for (size_t i = 0; i < list.n_ops; i++) {
            const struct op *op = &list.ops[i];
            cr_assert(op->kind == OP_GATE && op->n_qubits <= 2 && op->line == 3 && op->col == 4);
            load_unitary(&u, op->which, op_params(&list, op));
            dense_apply(&product, &u, op_qubits(&list, op));
        }
        dense_identity(&whole, 5);
        load_unitary(&u, g, NULL);
        dense_apply(&whole, &u, qubits);
        cr_assert_lt(dense_distance_up_to_phase(&whole, &product), 1e-13, "%s", info->name);
        op_list_fini(&list);
    }
}

Test(gate, printed_definitions_read_back) {
    static const double params[GATE_MAX_PARAMS] = {0.1, 0.2, 0.3, 0.4};
    for (unsigned g = 0; g < GATE_COUNT; g++) {
        struct text text = {0};
        struct definition def;
        struct dense u;
        if (!gate_get(g)->definition) {
            continue;
        }
        cr_assert_eq(gate_print_definition(&text, g), STATUS_OK);
        cr_assert_null(definition_eval(&def, text.data, params), "%s", text.data);
        load_unitary(&u, g, params);
        cr_assert_lt(dense_distance_up_to_phase(&u, &def.unitary), 1e-13, "%s", text.data);
        for (const char *line = text.data; *line; line = strchr(line, '\n') + 1) {
            cr_assert_leq(strcspn(line, "\n"), 100);
            cr_assert(strcspn(line, "\n") == 0 || line[strcspn(line, "\n") - 1] != ' ');
        }
        text_fini(&text);
    }
}
