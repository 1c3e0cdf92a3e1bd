#include "gate/gate_table.h"

#include <math.h>

static const double matrix_i[] = {1, 0, 0, 0, 0, 0, 1, 0};
static const double matrix_x[] = {0, 0, 1, 0, 1, 0, 0, 0};
static const double matrix_y[] = {0, 0, 0, -1, 0, 1, 0, 0};
static const double matrix_z[] = {1, 0, 0, 0, 0, 0, -1, 0};
static const double matrix_h[] = {M_SQRT1_2, 0, M_SQRT1_2, 0, M_SQRT1_2, 0, -M_SQRT1_2, 0};
static const double matrix_s[] = {1, 0, 0, 0, 0, 0, 0, 1};
static const double matrix_sdg[] = {1, 0, 0, 0, 0, 0, 0, -1};
static const double matrix_t[] = {1, 0, 0, 0, 0, 0, M_SQRT1_2, M_SQRT1_2};
static const double matrix_tdg[] = {1, 0, 0, 0, 0, 0, M_SQRT1_2, -M_SQRT1_2};
static const double matrix_sx[] = {0.5, 0.5, 0.5, -0.5, 0.5, -0.5, 0.5, 0.5};
static const double matrix_sxdg[] = {0.5, -0.5, 0.5, 0.5, 0.5, 0.5, 0.5, -0.5};
static const double matrix_ecr[] = {
    0,         0,          M_SQRT1_2, 0,
    0,         0,          0,         M_SQRT1_2, /* row 0 */
    M_SQRT1_2, 0,          0,         0,
    0,         -M_SQRT1_2, 0,         0, /* row 1 */
    0,         0,          0,         M_SQRT1_2,
    0,         0,          M_SQRT1_2, 0, /* row 2 */
    0,         -M_SQRT1_2, 0,         0,
    M_SQRT1_2, 0,          0,         0, /* row 3 */
};

static const double matrix_c_xyz[] = {0.5, -0.5, -0.5, -0.5, 0.5, -0.5, 0.5, 0.5};
static const double matrix_c_zyx[] = {0.5, 0.5, 0.5, 0.5, -0.5, 0.5, 0.5, -0.5};
static const double matrix_c_nxyz[] = {0.5, 0.5, 0.5, -0.5, -0.5, -0.5, 0.5, -0.5};
static const double matrix_c_xnyz[] = {0.5, 0.5, -0.5, 0.5, 0.5, 0.5, 0.5, -0.5};
static const double matrix_c_xynz[] = {0.5, -0.5, 0.5, 0.5, -0.5, 0.5, 0.5, 0.5};
static const double matrix_c_nzyx[] = {0.5, 0.5, -0.5, -0.5, 0.5, -0.5, 0.5, -0.5};
static const double matrix_c_znyx[] = {0.5, -0.5, 0.5, -0.5, -0.5, -0.5, 0.5, 0.5};
static const double matrix_c_zynx[] = {0.5, -0.5, -0.5, 0.5, 0.5, 0.5, 0.5, 0.5};
static const double matrix_h_xy[] = {0, 0, M_SQRT1_2, -M_SQRT1_2, M_SQRT1_2, M_SQRT1_2, 0, 0};
static const double matrix_h_yz[] = {M_SQRT1_2, 0, 0, -M_SQRT1_2, 0, M_SQRT1_2, -M_SQRT1_2, 0};
static const double matrix_h_nxy[] = {0, 0, M_SQRT1_2, M_SQRT1_2, M_SQRT1_2, -M_SQRT1_2, 0, 0};
static const double matrix_h_nxz[] = {-M_SQRT1_2, 0, M_SQRT1_2, 0, M_SQRT1_2, 0, M_SQRT1_2, 0};
static const double matrix_h_nyz[] = {-M_SQRT1_2, 0, 0, -M_SQRT1_2, 0, M_SQRT1_2, M_SQRT1_2, 0};
static const double matrix_sy[] = {0.5, 0.5, -0.5, -0.5, 0.5, 0.5, 0.5, 0.5};
static const double matrix_sydg[] = {0.5, -0.5, 0.5, -0.5, -0.5, 0.5, 0.5, -0.5};
static const double matrix_xcx[] = {0.5, 0,    0.5,  0,   0.5, 0,   -0.5, 0,    0.5, 0,   0.5,
                                    0,   -0.5, 0,    0.5, 0,   0.5, 0,    -0.5, 0,   0.5, 0,
                                    0.5, 0,    -0.5, 0,   0.5, 0,   0.5,  0,    0.5, 0};
static const double matrix_xcy[] = {0.5, 0, 0.5, 0,    0,    -0.5, 0,   0.5, 0.5,  0,   0.5,
                                    0,   0, 0.5, 0,    -0.5, 0,    0.5, 0,   -0.5, 0.5, 0,
                                    0.5, 0, 0,   -0.5, 0,    0.5,  0.5, 0,   0.5,  0};
static const double matrix_ycy[] = {0.5, 0,    0,   -0.5, 0,    -0.5, 0.5, 0,    0,   0.5, 0.5,
                                    0,   -0.5, 0,   0,    -0.5, 0,    0.5, -0.5, 0,   0.5, 0,
                                    0,   -0.5, 0.5, 0,    0,    0.5,  0,   0.5,  0.5, 0};
static const double matrix_sxx[] = {0.5, 0.5, 0,    0,    0, 0, 0.5, -0.5, 0,    0,   0.5,
                                    0.5, 0.5, -0.5, 0,    0, 0, 0,   0.5,  -0.5, 0.5, 0.5,
                                    0,   0,   0.5,  -0.5, 0, 0, 0,   0,    0.5,  0.5};
static const double matrix_sxxdg[] = {0.5,  -0.5, 0,   0,   0, 0, 0.5, 0.5, 0,   0,   0.5,
                                      -0.5, 0.5,  0.5, 0,   0, 0, 0,   0.5, 0.5, 0.5, -0.5,
                                      0,    0,    0.5, 0.5, 0, 0, 0,   0,   0.5, -0.5};
static const double matrix_syy[] = {0.5, 0.5, 0,    0,   0, 0, -0.5, 0.5, 0,    0,   0.5,
                                    0.5, 0.5, -0.5, 0,   0, 0, 0,    0.5, -0.5, 0.5, 0.5,
                                    0,   0,   -0.5, 0.5, 0, 0, 0,    0,   0.5,  0.5};
static const double matrix_syydg[] = {0.5,  -0.5, 0,    0,    0, 0, -0.5, -0.5, 0,   0,   0.5,
                                      -0.5, 0.5,  0.5,  0,    0, 0, 0,    0.5,  0.5, 0.5, -0.5,
                                      0,    0,    -0.5, -0.5, 0, 0, 0,    0,    0.5, -0.5};

/* What a gate does to Pauli strings (its stabilizer flows) is not kept here: pauli_map_from_gate
 * derives it from the unitary. */
/* clang-format off */
const struct gate_record gate_table[GATE_COUNT] = {
    [GATE_I] = {
        .info = {.name = "id", .n_qubits = 1, .diagonal_mask = 1, .is_clifford = true,
                 .in_qelib1 = true, .in_stdgates = true,
                 .flows = "X Z",
                 .help = "identity",
                 .definition = "gate id a { u3(0,0,0) a; }"},
        .form = FORM_MATRIX, .matrix = matrix_i, .inverse = GATE_I,
    },
    [GATE_U0] = {
        .info = {.name = "u0", .n_qubits = 1, .n_params = 1, .diagonal_mask = 1,
                 .is_clifford = true, .in_qelib1 = true,
                 .help = "identity that lasts gamma gate times",
                 .definition = "gate u0(gamma) a { id a; }"},
        .form = FORM_MATRIX, .matrix = matrix_i, .inverse = GATE_U0,
    },
    [GATE_X] = {
        .info = {.name = "x", .n_qubits = 1, .is_clifford = true, .in_qelib1 = true,
                 .in_stdgates = true,
                 .flows = "X -Z",
                 .help = "Pauli X: [[0, 1], [1, 0]]",
                 .definition = "gate x a { u3(pi,0,pi) a; }"},
        .form = FORM_MATRIX, .matrix = matrix_x, .inverse = GATE_X,
    },
    [GATE_Y] = {
        .info = {.name = "y", .n_qubits = 1, .is_clifford = true, .in_qelib1 = true,
                 .in_stdgates = true,
                 .flows = "-X -Z",
                 .help = "Pauli Y: [[0, -i], [i, 0]]",
                 .definition = "gate y a { u3(pi,pi/2,pi/2) a; }"},
        .form = FORM_MATRIX, .matrix = matrix_y, .inverse = GATE_Y,
    },
    [GATE_Z] = {
        .info = {.name = "z", .n_qubits = 1, .diagonal_mask = 1, .is_clifford = true,
                 .in_qelib1 = true, .in_stdgates = true,
                 .flows = "-X Z",
                 .help = "Pauli Z: diag(1, -1)",
                 .definition = "gate z a { p(pi) a; }"},
        .form = FORM_MATRIX, .matrix = matrix_z, .inverse = GATE_Z,
    },
    [GATE_H] = {
        .info = {.name = "h", .n_qubits = 1, .is_clifford = true, .in_qelib1 = true,
                 .in_stdgates = true,
                 .flows = "Z X",
                 .help = "Hadamard: (X + Z) / sqrt(2)",
                 .definition = "gate h a { u2(0,pi) a; }"},
        .form = FORM_MATRIX, .matrix = matrix_h, .inverse = GATE_H,
    },
    [GATE_S] = {
        .info = {.name = "s", .n_qubits = 1, .diagonal_mask = 1, .is_clifford = true,
                 .in_qelib1 = true, .in_stdgates = true,
                 .flows = "Y Z",
                 .help = "diag(1, i)",
                 .definition = "gate s a { p(pi/2) a; }"},
        .form = FORM_MATRIX, .matrix = matrix_s, .inverse = GATE_SDG,
    },
    [GATE_SDG] = {
        .info = {.name = "sdg", .n_qubits = 1, .diagonal_mask = 1, .is_clifford = true,
                 .in_qelib1 = true, .in_stdgates = true,
                 .flows = "-Y Z",
                 .help = "diag(1, -i)",
                 .definition = "gate sdg a { p(-pi/2) a; }"},
        .form = FORM_MATRIX, .matrix = matrix_sdg, .inverse = GATE_S,
    },
    [GATE_T] = {
        .info = {.name = "t", .n_qubits = 1, .diagonal_mask = 1, .in_qelib1 = true,
                 .in_stdgates = true,
                 .help = "diag(1, e^{i pi/4})",
                 .definition = "gate t a { p(pi/4) a; }"},
        .form = FORM_MATRIX, .matrix = matrix_t, .inverse = GATE_TDG,
    },
    [GATE_TDG] = {
        .info = {.name = "tdg", .n_qubits = 1, .diagonal_mask = 1, .in_qelib1 = true,
                 .in_stdgates = true,
                 .help = "diag(1, e^{-i pi/4})",
                 .definition = "gate tdg a { p(-pi/4) a; }"},
        .form = FORM_MATRIX, .matrix = matrix_tdg, .inverse = GATE_T,
    },
    [GATE_SX] = {
        .info = {.name = "sx", .n_qubits = 1, .is_clifford = true, .in_qelib1 = true,
                 .in_stdgates = true,
                 .flows = "X -Y",
                 .help = "square root of X: [[1+i, 1-i], [1-i, 1+i]] / 2",
                 .definition = "gate sx a { h a; s a; h a; }"},
        .form = FORM_MATRIX, .matrix = matrix_sx, .inverse = GATE_SXDG,
    },
    [GATE_SXDG] = {
        .info = {.name = "sxdg", .n_qubits = 1, .is_clifford = true, .in_qelib1 = true,
                 .flows = "X Y",
                 .help = "inverse of sx: [[1-i, 1+i], [1+i, 1-i]] / 2",
                 .definition = "gate sxdg a { h a; sdg a; h a; }"},
        .form = FORM_MATRIX, .matrix = matrix_sxdg, .inverse = GATE_SX,
    },
    [GATE_RX] = {
        .info = {.name = "rx", .n_qubits = 1, .n_params = 1, .in_qelib1 = true,
                 .in_stdgates = true,
                 .help = "exp(-i theta/2 X)",
                 .definition = "gate rx(theta) a { u3(theta,-pi/2,pi/2) a; }"},
        .form = FORM_AXIS, .axis = "X", .inverse = GATE_RX, .inverse_rule = INVERSE_NEGATE,
    },
    [GATE_RY] = {
        .info = {.name = "ry", .n_qubits = 1, .n_params = 1, .in_qelib1 = true,
                 .in_stdgates = true,
                 .help = "exp(-i theta/2 Y)",
                 .definition = "gate ry(theta) a { u3(theta,0,0) a; }"},
        .form = FORM_AXIS, .axis = "Y", .inverse = GATE_RY, .inverse_rule = INVERSE_NEGATE,
    },
    [GATE_RZ] = {
        .info = {.name = "rz", .n_qubits = 1, .n_params = 1, .diagonal_mask = 1, .in_qelib1 = true,
                 .in_stdgates = true,
                 .help = "exp(-i theta/2 Z)",
                 .definition = "gate rz(theta) a { p(theta) a; }"},
        .form = FORM_AXIS, .axis = "Z", .inverse = GATE_RZ, .inverse_rule = INVERSE_NEGATE,
    },
    [GATE_P] = {
        .info = {.name = "p", .n_qubits = 1, .n_params = 1, .diagonal_mask = 1, .in_qelib1 = true,
                 .in_stdgates = true,
                 .help = "diag(1, e^{i lambda})",
                 .definition = "gate p(lambda) a { u3(0,0,lambda) a; }"},
        .form = FORM_PHASE, .inverse = GATE_P, .inverse_rule = INVERSE_NEGATE,
    },
    [GATE_U1] = {
        .info = {.name = "u1", .n_qubits = 1, .n_params = 1, .diagonal_mask = 1, .in_qelib1 = true,
                 .in_stdgates = true,
                 .help = "diag(1, e^{i lambda})",
                 .definition = "gate u1(lambda) a { u3(0,0,lambda) a; }"},
        .form = FORM_PHASE, .inverse = GATE_U1, .inverse_rule = INVERSE_NEGATE,
    },
    [GATE_U2] = {
        .info = {.name = "u2", .n_qubits = 1, .n_params = 2, .in_qelib1 = true,
                 .in_stdgates = true,
                 .help = "u3(pi/2, phi, lambda)",
                 .definition = "gate u2(phi,lambda) a { u3(pi/2,phi,lambda) a; }"},
        .form = FORM_EULER, .inverse = GATE_U3, .inverse_rule = INVERSE_U2,
    },
    [GATE_U3] = {
        .info = {.name = "u3", .n_qubits = 1, .n_params = 3, .in_qelib1 = true,
                 .in_stdgates = true,
                 .help = "[[cos theta/2, -e^{i lambda} sin theta/2], [e^{i phi} sin theta/2, e^{"
                         "i (phi+lambda)} cos theta/2]]"},
        .form = FORM_EULER, .inverse = GATE_U3, .inverse_rule = INVERSE_EULER,
    },
    [GATE_U] = {
        .info = {.name = "u", .n_qubits = 1, .n_params = 3, .in_qelib1 = true,
                 .help = "u3(theta, phi, lambda)",
                 .definition = "gate u(theta,phi,lambda) a { u3(theta,phi,lambda) a; }"},
        .form = FORM_EULER, .inverse = GATE_U, .inverse_rule = INVERSE_EULER,
    },
    [GATE_R] = {
        .info = {.name = "r", .n_qubits = 1, .n_params = 2,
                 .help = "exp(-i theta/2 (cos phi X + sin phi Y))",
                 .definition = "gate r(theta,phi) a { u3(theta,phi-pi/2,pi/2-phi) a; }"},
        .form = FORM_EQUATOR, .inverse = GATE_R, .inverse_rule = INVERSE_THETA,
    },
    [GATE_CX] = {
        .info = {.name = "cx", .n_qubits = 2, .diagonal_mask = 1, .is_clifford = true,
                 .in_qelib1 = true, .in_stdgates = true,
                 .flows = "XX IX ZI ZZ",
                 .help = "controlled X"},
        .form = FORM_CONTROLLED, .base = GATE_X, .inverse = GATE_CX,
    },
    [GATE_CY] = {
        .info = {.name = "cy", .n_qubits = 2, .diagonal_mask = 1, .is_clifford = true,
                 .in_qelib1 = true, .in_stdgates = true,
                 .flows = "XY ZX ZI ZZ",
                 .help = "controlled Y",
                 .definition = "gate cy a,b { sdg b; cx a,b; s b; }"},
        .form = FORM_CONTROLLED, .base = GATE_Y, .inverse = GATE_CY,
    },
    [GATE_CZ] = {
        .info = {.name = "cz", .n_qubits = 2, .diagonal_mask = 3, .is_clifford = true,
                 .in_qelib1 = true, .in_stdgates = true,
                 .flows = "XZ ZX ZI IZ",
                 .help = "controlled Z: diag(1, 1, 1, -1)",
                 .definition = "gate cz a,b { h b; cx a,b; h b; }"},
        .form = FORM_CONTROLLED, .base = GATE_Z, .inverse = GATE_CZ,
    },
    [GATE_CH] = {
        .info = {.name = "ch", .n_qubits = 2, .diagonal_mask = 1, .in_qelib1 = true,
                 .in_stdgates = true,
                 .help = "controlled h",
                 .definition = "gate ch a,b { s b; h b; t b; cx a,b; tdg b; h b; sdg b; }"},
        .form = FORM_CONTROLLED, .base = GATE_H, .inverse = GATE_CH,
    },
    [GATE_CSX] = {
        .info = {.name = "csx", .n_qubits = 2, .diagonal_mask = 1, .in_qelib1 = true,
                 .help = "controlled sx",
                 .definition = "gate csx a,b { h b; cp(pi/2) a,b; h b; }"},
        .form = FORM_CONTROLLED, .base = GATE_SX, .inverse = GATE_CU, .inverse_rule = INVERSE_CSX,
    },
    [GATE_CS] = {
        .info = {.name = "cs", .n_qubits = 2, .diagonal_mask = 3,
                 .help = "controlled s: diag(1, 1, 1, i)",
                 .definition = "gate cs a,b { cp(pi/2) a,b; }"},
        .form = FORM_CONTROLLED, .base = GATE_S, .inverse = GATE_CSDG,
    },
    [GATE_CSDG] = {
        .info = {.name = "csdg", .n_qubits = 2, .diagonal_mask = 3,
                 .help = "controlled sdg: diag(1, 1, 1, -i)",
                 .definition = "gate csdg a,b { cp(-pi/2) a,b; }"},
        .form = FORM_CONTROLLED, .base = GATE_SDG, .inverse = GATE_CS,
    },
    [GATE_CRX] = {
        .info = {.name = "crx", .n_qubits = 2, .n_params = 1, .diagonal_mask = 1,
                 .in_qelib1 = true, .in_stdgates = true,
                 .help = "controlled rx(theta)",
                 .definition = "gate crx(theta) a,b { h b; rz(theta/2) b; cx a,b; "
                               "rz(-theta/2) b; cx a,b; h b; }"},
        .form = FORM_CONTROLLED, .base = GATE_RX,
        .inverse = GATE_CRX, .inverse_rule = INVERSE_NEGATE,
    },
    [GATE_CRY] = {
        .info = {.name = "cry", .n_qubits = 2, .n_params = 1, .diagonal_mask = 1,
                 .in_qelib1 = true, .in_stdgates = true,
                 .help = "controlled ry(theta)",
                 .definition = "gate cry(theta) a,b { ry(theta/2) b; cx a,b; ry(-theta/2) b; "
                               "cx a,b; }"},
        .form = FORM_CONTROLLED, .base = GATE_RY,
        .inverse = GATE_CRY, .inverse_rule = INVERSE_NEGATE,
    },
    [GATE_CRZ] = {
        .info = {.name = "crz", .n_qubits = 2, .n_params = 1, .diagonal_mask = 3,
                 .in_qelib1 = true, .in_stdgates = true,
                 .help = "controlled rz(theta): diag(1, e^{-i theta/2}, 1, e^{i theta/2})",
                 .definition = "gate crz(theta) a,b { rz(theta/2) b; cx a,b; rz(-theta/2) b; "
                               "cx a,b; }"},
        .form = FORM_CONTROLLED, .base = GATE_RZ,
        .inverse = GATE_CRZ, .inverse_rule = INVERSE_NEGATE,
    },
    [GATE_CP] = {
        .info = {.name = "cp", .n_qubits = 2, .n_params = 1, .diagonal_mask = 3, .in_qelib1 = true,
                 .in_stdgates = true,
                 .help = "controlled p: diag(1, 1, 1, e^{i lambda})",
                 .definition = "gate cp(lambda) a,b { p(lambda/2) a; p(lambda/2) b; cx a,b; "
                               "p(-lambda/2) b; cx a,b; }"},
        .form = FORM_CONTROLLED, .base = GATE_P, .inverse = GATE_CP, .inverse_rule = INVERSE_NEGATE,
    },
    [GATE_CU1] = {
        .info = {.name = "cu1", .n_qubits = 2, .n_params = 1, .diagonal_mask = 3,
                 .in_qelib1 = true,
                 .help = "controlled p: diag(1, 1, 1, e^{i lambda})",
                 .definition = "gate cu1(lambda) a,b { cp(lambda) a,b; }"},
        .form = FORM_CONTROLLED, .base = GATE_U1,
        .inverse = GATE_CU1, .inverse_rule = INVERSE_NEGATE,
    },
    [GATE_CU3] = {
        .info = {.name = "cu3", .n_qubits = 2, .n_params = 3, .diagonal_mask = 1,
                 .in_qelib1 = true,
                 .help = "controlled u3(theta, phi, lambda)",
                 .definition = "gate cu3(theta,phi,lambda) a,b { p((phi+lambda)/2) a; "
                               "p((lambda-phi)/2) b; cx a,b; u3(-theta/2,0,-(phi+lambda)/2) b; "
                               "cx a,b; u3(theta/2,phi,0) b; }"},
        .form = FORM_CONTROLLED, .base = GATE_U3,
        .inverse = GATE_CU3, .inverse_rule = INVERSE_EULER,
    },
    [GATE_CU] = {
        .info = {.name = "cu", .n_qubits = 2, .n_params = 4, .diagonal_mask = 1, .in_qelib1 = true,
                 .in_stdgates = true,
                 .help = "controlled e^{i gamma} u3(theta, phi, lambda)",
                 .definition = "gate cu(theta,phi,lambda,gamma) a,b { p(gamma) a; "
                               "p((phi+lambda)/2) a; p((lambda-phi)/2) b; cx a,b; "
                               "u3(-theta/2,0,-(phi+lambda)/2) b; cx a,b; u3(theta/2,phi,0) b; }"},
        .form = FORM_CONTROLLED, .base = GATE_U, .inverse = GATE_CU, .inverse_rule = INVERSE_EULER,
    },
    [GATE_SWAP] = {
        .info = {.name = "swap", .n_qubits = 2, .is_clifford = true, .in_qelib1 = true,
                 .in_stdgates = true,
                 .flows = "IX XI IZ ZI",
                 .help = "exchanges a and b",
                 .definition = "gate swap a,b { cx a,b; cx b,a; cx a,b; }"},
        .form = FORM_MONOMIAL, .n_entries = 2, .entries = {{1, 2, 0}, {2, 1, 0}},
        .inverse = GATE_SWAP,
    },
    [GATE_ISWAP] = {
        .info = {.name = "iswap", .n_qubits = 2, .is_clifford = true,
                 .flows = "ZY YZ IZ ZI",
                 .help = "exp(i pi/4 (XX + YY))",
                 .definition = "gate iswap a,b { s a; s b; h a; cx a,b; cx b,a; h b; }"},
        .form = FORM_MONOMIAL, .n_entries = 2, .entries = {{1, 2, 1}, {2, 1, 1}},
        .inverse = GATE_ISWAPDG,
    },
    [GATE_ISWAPDG] = {
        .info = {.name = "iswapdg", .n_qubits = 2, .is_clifford = true,
                 .flows = "-ZY -YZ IZ ZI",
                 .help = "exp(-i pi/4 (XX + YY))",
                 .definition = "gate iswapdg a,b { h b; cx b,a; cx a,b; h a; sdg b; sdg a; }"},
        .form = FORM_MONOMIAL, .n_entries = 2, .entries = {{1, 2, 3}, {2, 1, 3}},
        .inverse = GATE_ISWAP,
    },
    [GATE_DCX] = {
        .info = {.name = "dcx", .n_qubits = 2, .is_clifford = true,
                 .flows = "IX XX ZZ ZI",
                 .help = "cx a,b, then cx b,a",
                 .definition = "gate dcx a,b { cx a,b; cx b,a; }"},
        .form = FORM_MONOMIAL, .n_entries = 3, .entries = {{1, 2, 0}, {2, 3, 0}, {3, 1, 0}},
        .inverse = GATE_DCXDG,
    },
    [GATE_DCXDG] = {
        .info = {.name = "dcxdg", .n_qubits = 2, .is_clifford = true,
                 .flows = "XX XI IZ ZZ",
                 .help = "cx b,a, then cx a,b",
                 .definition = "gate dcxdg a,b { cx b,a; cx a,b; }"},
        .form = FORM_MONOMIAL, .n_entries = 3, .entries = {{1, 3, 0}, {2, 1, 0}, {3, 2, 0}},
        .inverse = GATE_DCX,
    },
    [GATE_ECR] = {
        .info = {.name = "ecr", .n_qubits = 2, .is_clifford = true,
                 .flows = "-YX IX -ZI ZY",
                 .help = "echoed cross resonance: (X(a) - Y(a) X(b)) / sqrt(2)",
                 .definition = "gate ecr a,b { s a; sx b; cx a,b; x a; }"},
        .form = FORM_MATRIX, .matrix = matrix_ecr, .inverse = GATE_ECR,
    },
    [GATE_RXX] = {
        .info = {.name = "rxx", .n_qubits = 2, .n_params = 1, .in_qelib1 = true,
                 .help = "exp(-i theta/2 XX)",
                 .definition = "gate rxx(theta) a,b { h a; h b; cx a,b; rz(theta) b; cx a,b; "
                               "h b; h a; }"},
        .form = FORM_AXIS, .axis = "XX", .inverse = GATE_RXX, .inverse_rule = INVERSE_NEGATE,
    },
    [GATE_RYY] = {
        .info = {.name = "ryy", .n_qubits = 2, .n_params = 1,
                 .help = "exp(-i theta/2 YY)",
                 .definition = "gate ryy(theta) a,b { rx(pi/2) a; rx(pi/2) b; cx a,b; "
                               "rz(theta) b; cx a,b; rx(-pi/2) b; rx(-pi/2) a; }"},
        .form = FORM_AXIS, .axis = "YY", .inverse = GATE_RYY, .inverse_rule = INVERSE_NEGATE,
    },
    [GATE_RZZ] = {
        .info = {.name = "rzz", .n_qubits = 2, .n_params = 1, .diagonal_mask = 3,
                 .in_qelib1 = true,
                 .help = "exp(-i theta/2 ZZ)",
                 .definition = "gate rzz(theta) a,b { cx a,b; rz(theta) b; cx a,b; }"},
        .form = FORM_AXIS, .axis = "ZZ", .inverse = GATE_RZZ, .inverse_rule = INVERSE_NEGATE,
    },
    [GATE_RZX] = {
        .info = {.name = "rzx", .n_qubits = 2, .n_params = 1, .diagonal_mask = 1,
                 .help = "exp(-i theta/2 Z(a) X(b))",
                 .definition = "gate rzx(theta) a,b { h b; cx a,b; rz(theta) b; cx a,b; h b; }"},
        .form = FORM_AXIS, .axis = "ZX", .inverse = GATE_RZX, .inverse_rule = INVERSE_NEGATE,
    },
    [GATE_C_XYZ] = {
        .info = {.name = "c_xyz", .n_qubits = 1, .is_clifford = true,
                 .flows = "Y X",
                 .help = "conjugation takes X -> Y -> Z -> X",
                 .definition = "gate c_xyz a { sdg a; h a; }"},
        .form = FORM_MATRIX, .matrix = matrix_c_xyz,
        .inverse = GATE_C_ZYX,
    },
    [GATE_C_ZYX] = {
        .info = {.name = "c_zyx", .n_qubits = 1, .is_clifford = true,
                 .flows = "Z Y",
                 .help = "conjugation takes X -> Z -> Y -> X",
                 .definition = "gate c_zyx a { h a; s a; }"},
        .form = FORM_MATRIX, .matrix = matrix_c_zyx,
        .inverse = GATE_C_XYZ,
    },
    [GATE_C_NXYZ] = {
        .info = {.name = "c_nxyz", .n_qubits = 1, .is_clifford = true,
                 .flows = "-Y -X",
                 .help = "conjugation takes -X -> Y -> Z -> -X",
                 .definition = "gate c_nxyz a { sx a; sdg a; }"},
        .form = FORM_MATRIX, .matrix = matrix_c_nxyz,
        .inverse = GATE_C_ZYNX,
    },
    [GATE_C_XNYZ] = {
        .info = {.name = "c_xnyz", .n_qubits = 1, .is_clifford = true,
                 .flows = "-Y X",
                 .help = "conjugation takes X -> -Y -> Z -> X",
                 .definition = "gate c_xnyz a { h a; sx a; }"},
        .form = FORM_MATRIX, .matrix = matrix_c_xnyz,
        .inverse = GATE_C_ZNYX,
    },
    [GATE_C_XYNZ] = {
        .info = {.name = "c_xynz", .n_qubits = 1, .is_clifford = true,
                 .flows = "Y -X",
                 .help = "conjugation takes X -> Y -> -Z -> X",
                 .definition = "gate c_xynz a { h a; y a; sx a; }"},
        .form = FORM_MATRIX, .matrix = matrix_c_xynz,
        .inverse = GATE_C_NZYX,
    },
    [GATE_C_NZYX] = {
        .info = {.name = "c_nzyx", .n_qubits = 1, .is_clifford = true,
                 .flows = "-Z -Y",
                 .help = "conjugation takes X -> -Z -> -Y -> X",
                 .definition = "gate c_nzyx a { sdg a; sx a; }"},
        .form = FORM_MATRIX, .matrix = matrix_c_nzyx,
        .inverse = GATE_C_XYNZ,
    },
    [GATE_C_ZNYX] = {
        .info = {.name = "c_znyx", .n_qubits = 1, .is_clifford = true,
                 .flows = "Z -Y",
                 .help = "conjugation takes X -> Z -> -Y -> X",
                 .definition = "gate c_znyx a { h a; sdg a; }"},
        .form = FORM_MATRIX, .matrix = matrix_c_znyx,
        .inverse = GATE_C_XNYZ,
    },
    [GATE_C_ZYNX] = {
        .info = {.name = "c_zynx", .n_qubits = 1, .is_clifford = true,
                 .flows = "-Z Y",
                 .help = "conjugation takes -X -> Z -> Y -> -X",
                 .definition = "gate c_zynx a { h a; s a; y a; }"},
        .form = FORM_MATRIX, .matrix = matrix_c_zynx,
        .inverse = GATE_C_NXYZ,
    },
    [GATE_H_XY] = {
        .info = {.name = "h_xy", .n_qubits = 1, .is_clifford = true,
                 .flows = "Y -Z",
                 .help = "half turn about X + Y",
                 .definition = "gate h_xy a { s a; y a; }"},
        .form = FORM_MATRIX, .matrix = matrix_h_xy,
        .inverse = GATE_H_XY,
    },
    [GATE_H_YZ] = {
        .info = {.name = "h_yz", .n_qubits = 1, .is_clifford = true,
                 .flows = "-X Y",
                 .help = "half turn about Y + Z",
                 .definition = "gate h_yz a { y a; sx a; }"},
        .form = FORM_MATRIX, .matrix = matrix_h_yz,
        .inverse = GATE_H_YZ,
    },
    [GATE_H_NXY] = {
        .info = {.name = "h_nxy", .n_qubits = 1, .is_clifford = true,
                 .flows = "-Y -Z",
                 .help = "half turn about X - Y",
                 .definition = "gate h_nxy a { s a; x a; }"},
        .form = FORM_MATRIX, .matrix = matrix_h_nxy,
        .inverse = GATE_H_NXY,
    },
    [GATE_H_NXZ] = {
        .info = {.name = "h_nxz", .n_qubits = 1, .is_clifford = true,
                 .flows = "-Z -X",
                 .help = "half turn about X - Z",
                 .definition = "gate h_nxz a { h a; y a; }"},
        .form = FORM_MATRIX, .matrix = matrix_h_nxz,
        .inverse = GATE_H_NXZ,
    },
    [GATE_H_NYZ] = {
        .info = {.name = "h_nyz", .n_qubits = 1, .is_clifford = true,
                 .flows = "-X -Y",
                 .help = "half turn about Y - Z",
                 .definition = "gate h_nyz a { z a; sx a; }"},
        .form = FORM_MATRIX, .matrix = matrix_h_nyz,
        .inverse = GATE_H_NYZ,
    },
    [GATE_SY] = {
        .info = {.name = "sy", .n_qubits = 1, .is_clifford = true,
                 .flows = "-Z X",
                 .help = "square root of Y",
                 .definition = "gate sy a { h a; x a; }"},
        .form = FORM_MATRIX, .matrix = matrix_sy,
        .inverse = GATE_SYDG,
    },
    [GATE_SYDG] = {
        .info = {.name = "sydg", .n_qubits = 1, .is_clifford = true,
                 .flows = "Z -X",
                 .help = "inverse of sy",
                 .definition = "gate sydg a { h a; z a; }"},
        .form = FORM_MATRIX, .matrix = matrix_sydg,
        .inverse = GATE_SY,
    },
    [GATE_XCX] = {
        .info = {.name = "xcx", .n_qubits = 2, .is_clifford = true,
                 .flows = "XI IX ZX XZ",
                 .help = "X on b if a is |->",
                 .definition = "gate xcx a,b { h a; cx a,b; h a; }"},
        .form = FORM_MATRIX, .matrix = matrix_xcx,
        .inverse = GATE_XCX,
    },
    [GATE_XCY] = {
        .info = {.name = "xcy", .n_qubits = 2, .is_clifford = true,
                 .flows = "XI XX ZY XZ",
                 .help = "Y on b if a is |->",
                 .definition = "gate xcy a,b { h a; cy a,b; h a; }"},
        .form = FORM_MATRIX, .matrix = matrix_xcy,
        .inverse = GATE_XCY,
    },
    [GATE_YCY] = {
        .info = {.name = "ycy", .n_qubits = 2, .is_clifford = true,
                 .flows = "XY YX ZY YZ",
                 .help = "Y on b if a is |-i>",
                 .definition = "gate ycy a,b { sdg a; h a; cy a,b; h a; s a; }"},
        .form = FORM_MATRIX, .matrix = matrix_ycy,
        .inverse = GATE_YCY,
    },
    [GATE_CZSWAP] = {
        .info = {.name = "czswap", .n_qubits = 2, .is_clifford = true,
                 .flows = "ZX XZ IZ ZI",
                 .help = "cz and swap",
                 .definition = "gate czswap a,b { h a; cx a,b; cx b,a; h b; }"},
        .form = FORM_MONOMIAL, .n_entries = 3, .entries = {{1, 2, 0}, {2, 1, 0}, {3, 3, 2}},
        .inverse = GATE_CZSWAP,
    },
    [GATE_SXX] = {
        .info = {.name = "sxx", .n_qubits = 2, .is_clifford = true,
                 .flows = "XI IX -YX -XY",
                 .help = "square root of XX",
                 .definition = "gate sxx a,b { h a; h b; cx a,b; s b; cx a,b; h b; h a; }"},
        .form = FORM_MATRIX, .matrix = matrix_sxx,
        .inverse = GATE_SXXDG,
    },
    [GATE_SXXDG] = {
        .info = {.name = "sxxdg", .n_qubits = 2, .is_clifford = true,
                 .flows = "XI IX YX XY",
                 .help = "inverse of sxx",
                 .definition = "gate sxxdg a,b { h a; h b; cx a,b; sdg b; cx a,b; h b; h a; }"},
        .form = FORM_MATRIX, .matrix = matrix_sxxdg,
        .inverse = GATE_SXX,
    },
    [GATE_SYY] = {
        .info = {.name = "syy", .n_qubits = 2, .is_clifford = true,
                 .flows = "-ZY -YZ XY YX",
                 .help = "square root of YY",
                 .definition = "gate syy a,b { sdg a; sdg b; h a; h b; cx a,b; s b; cx a,b; h "
                               "b; h a; s b; s a; }"},
        .form = FORM_MATRIX, .matrix = matrix_syy,
        .inverse = GATE_SYYDG,
    },
    [GATE_SYYDG] = {
        .info = {.name = "syydg", .n_qubits = 2, .is_clifford = true,
                 .flows = "ZY YZ -XY -YX",
                 .help = "inverse of syy",
                 .definition = "gate syydg a,b { sdg a; sdg b; h a; h b; cx a,b; sdg b; cx a,b; "
                               "h b; h a; s b; s a; }"},
        .form = FORM_MATRIX, .matrix = matrix_syydg,
        .inverse = GATE_SYY,
    },
    [GATE_SZZ] = {
        .info = {.name = "szz", .n_qubits = 2, .diagonal_mask = 3, .is_clifford = true,
                 .flows = "YZ ZY ZI IZ",
                 .help = "square root of ZZ: diag(1, i, i, 1)",
                 .definition = "gate szz a,b { cx a,b; s b; cx a,b; }"},
        .form = FORM_MONOMIAL, .n_entries = 2, .entries = {{1, 1, 1}, {2, 2, 1}},
        .inverse = GATE_SZZDG,
    },
    [GATE_SZZDG] = {
        .info = {.name = "szzdg", .n_qubits = 2, .diagonal_mask = 3, .is_clifford = true,
                 .flows = "-YZ -ZY ZI IZ",
                 .help = "inverse of szz: diag(1, -i, -i, 1)",
                 .definition = "gate szzdg a,b { cx a,b; sdg b; cx a,b; }"},
        .form = FORM_MONOMIAL, .n_entries = 2, .entries = {{1, 1, 3}, {2, 2, 3}},
        .inverse = GATE_SZZ,
    },
    [GATE_CCX] = {
        .info = {.name = "ccx", .n_qubits = 3, .diagonal_mask = 3, .in_qelib1 = true,
                 .in_stdgates = true,
                 .help = "Toffoli: X on c if a and b are 1",
                 .definition = "gate ccx a,b,c { h c; cx b,c; tdg c; cx a,c; t c; cx b,c; tdg c; "
                               "cx a,c; t b; t c; h c; cx a,b; t a; tdg b; cx a,b; }"},
        .form = FORM_CONTROLLED, .base = GATE_X, .inverse = GATE_CCX,
    },
    [GATE_CCZ] = {
        .info = {.name = "ccz", .n_qubits = 3, .diagonal_mask = 7,
                 .help = "-1 on |111>",
                 .definition = "gate ccz a,b,c { cx b,c; tdg c; cx a,c; t c; cx b,c; tdg c; "
                               "cx a,c; t b; t c; cx a,b; t a; tdg b; cx a,b; }"},
        .form = FORM_CONTROLLED, .base = GATE_Z, .inverse = GATE_CCZ,
    },
    [GATE_CSWAP] = {
        .info = {.name = "cswap", .n_qubits = 3, .diagonal_mask = 1, .in_qelib1 = true,
                 .in_stdgates = true,
                 .help = "Fredkin: exchanges b and c if a is 1",
                 .definition = "gate cswap a,b,c { cx c,b; h c; cx b,c; tdg c; cx a,c; t c; "
                               "cx b,c; tdg c; cx a,c; t b; t c; h c; cx a,b; t a; tdg b; "
                               "cx a,b; cx c,b; }"},
        .form = FORM_MONOMIAL, .n_entries = 2, .entries = {{3, 5, 0}, {5, 3, 0}},
        .inverse = GATE_CSWAP,
    },
    [GATE_RCCX] = {
        .info = {.name = "rccx", .n_qubits = 3, .diagonal_mask = 3, .in_qelib1 = true,
                 .help = "ccx up to phases: Y on c if a and b are 1, Z on c if a alone is",
                 .definition = "gate rccx a,b,c { h c; t c; cx b,c; tdg c; cx a,c; t c; cx b,c; "
                               "tdg c; h c; }"},
        .form = FORM_MONOMIAL, .n_entries = 3, .entries = {{3, 7, 1}, {5, 5, 2}, {7, 3, 3}},
        .inverse = GATE_RCCX,
    },
    [GATE_C3X] = {
        .info = {.name = "c3x", .n_qubits = 4, .diagonal_mask = 7, .in_qelib1 = true,
                 .help = "X on d if a, b and c are 1",
                 .definition = "gate c3x a,b,c,d { h d; p(pi/8) a; p(pi/8) b; cx a,b; "
                               "p(-pi/8) b; cx a,b; p(pi/8) c; cx a,c; p(-pi/8) c; cx b,c; "
                               "p(pi/8) c; cx a,c; p(-pi/8) c; cx b,c; p(pi/8) d; cx a,d; "
                               "p(-pi/8) d; cx b,d; p(pi/8) d; cx a,d; p(-pi/8) d; cx c,d; "
                               "p(pi/8) d; cx a,d; p(-pi/8) d; cx b,d; p(pi/8) d; cx a,d; "
                               "p(-pi/8) d; cx c,d; h d; }"},
        .form = FORM_CONTROLLED, .base = GATE_X, .inverse = GATE_C3X,
    },
    [GATE_C3SX] = {
        .info = {.name = "c3sqrtx", .n_qubits = 4, .diagonal_mask = 7, .in_qelib1 = true,
                 .help = "sx on d if a, b and c are 1",
                 .definition = "gate c3sqrtx a,b,c,d { h d; p(pi/16) a; p(pi/16) b; cx a,b; "
                               "p(-pi/16) b; cx a,b; p(pi/16) c; cx a,c; p(-pi/16) c; cx b,c; "
                               "p(pi/16) c; cx a,c; p(-pi/16) c; cx b,c; p(pi/16) d; cx a,d; "
                               "p(-pi/16) d; cx b,d; p(pi/16) d; cx a,d; p(-pi/16) d; cx c,d; "
                               "p(pi/16) d; cx a,d; p(-pi/16) d; cx b,d; p(pi/16) d; cx a,d; "
                               "p(-pi/16) d; cx c,d; h d; }"},
        .form = FORM_CONTROLLED, .base = GATE_SX, .inverse = GATE_C3SXDG,
    },
    [GATE_C3SXDG] = {
        .info = {.name = "c3sqrtxdg", .n_qubits = 4, .diagonal_mask = 7,
                 .help = "sxdg on d if a, b and c are 1",
                 .definition = "gate c3sqrtxdg a,b,c,d { h d; p(-pi/16) a; p(-pi/16) b; cx a,b; "
                               "p(pi/16) b; cx a,b; p(-pi/16) c; cx a,c; p(pi/16) c; cx b,c; "
                               "p(-pi/16) c; cx a,c; p(pi/16) c; cx b,c; p(-pi/16) d; cx a,d; "
                               "p(pi/16) d; cx b,d; p(-pi/16) d; cx a,d; p(pi/16) d; cx c,d; "
                               "p(-pi/16) d; cx a,d; p(pi/16) d; cx b,d; p(-pi/16) d; cx a,d; "
                               "p(pi/16) d; cx c,d; h d; }"},
        .form = FORM_CONTROLLED, .base = GATE_SXDG, .inverse = GATE_C3SX,
    },
    [GATE_RC3X] = {
        .info = {.name = "rc3x", .n_qubits = 4, .diagonal_mask = 7, .in_qelib1 = true,
                 .help = "c3x up to phases: 3 -> i 3, 7 -> -15, 11 -> -i 11, 15 -> 7",
                 .definition = "gate rc3x a,b,c,d { h d; t d; cx c,d; tdg d; h d; cx a,d; t d; "
                               "cx b,d; tdg d; cx a,d; t d; cx b,d; tdg d; h d; t d; cx c,d; "
                               "tdg d; h d; }"},
        .form = FORM_MONOMIAL, .n_entries = 4,
        .entries = {{3, 3, 1}, {7, 15, 2}, {11, 11, 3}, {15, 7, 0}},
        .inverse = GATE_RC3XDG,
    },
    [GATE_RC3XDG] = {
        .info = {.name = "rc3xdg", .n_qubits = 4, .diagonal_mask = 7,
                 .help = "inverse of rc3x",
                 .definition = "gate rc3xdg a,b,c,d { h d; t d; cx c,d; tdg d; h d; t d; cx b,d; "
                               "tdg d; cx a,d; t d; cx b,d; tdg d; cx a,d; h d; t d; cx c,d; "
                               "tdg d; h d; }"},
        .form = FORM_MONOMIAL, .n_entries = 4,
        .entries = {{3, 3, 3}, {7, 15, 0}, {11, 11, 1}, {15, 7, 2}},
        .inverse = GATE_RC3X,
    },
    [GATE_C4X] = {
        .info = {.name = "c4x", .n_qubits = 5, .diagonal_mask = 15, .in_qelib1 = true,
                 .help = "X on e if a, b, c and d are 1",
                 .definition = "gate c4x a,b,c,d,e { h e; p(pi/16) a; p(pi/16) b; cx a,b; "
                               "p(-pi/16) b; cx a,b; p(pi/16) c; cx a,c; p(-pi/16) c; cx b,c; "
                               "p(pi/16) c; cx a,c; p(-pi/16) c; cx b,c; p(pi/16) d; cx a,d; "
                               "p(-pi/16) d; cx b,d; p(pi/16) d; cx a,d; p(-pi/16) d; cx c,d; "
                               "p(pi/16) d; cx a,d; p(-pi/16) d; cx b,d; p(pi/16) d; cx a,d; "
                               "p(-pi/16) d; cx c,d; p(pi/16) e; cx a,e; p(-pi/16) e; cx b,e; "
                               "p(pi/16) e; cx a,e; p(-pi/16) e; cx c,e; p(pi/16) e; cx a,e; "
                               "p(-pi/16) e; cx b,e; p(pi/16) e; cx a,e; p(-pi/16) e; cx d,e; "
                               "p(pi/16) e; cx a,e; p(-pi/16) e; cx b,e; p(pi/16) e; cx a,e; "
                               "p(-pi/16) e; cx c,e; p(pi/16) e; cx a,e; p(-pi/16) e; cx b,e; "
                               "p(pi/16) e; cx a,e; p(-pi/16) e; cx d,e; h e; }"},
        .form = FORM_CONTROLLED, .base = GATE_X, .inverse = GATE_C4X,
    },
};
