#include "gate/gate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/detmath.h"
#include "base/log.h"
#include "gate/gate_table.h"

/* Every spelling, in strcmp's order. */
static const struct gate_name {
    const char *name;
    enum gate_id gate;
} names[] = {
    {"CX", GATE_CX},         {"U", GATE_U},
    {"c3sqrtx", GATE_C3SX},  {"c3sqrtxdg", GATE_C3SXDG},
    {"c3sx", GATE_C3SX},     {"c3x", GATE_C3X},
    {"c4x", GATE_C4X},       {"c_nxyz", GATE_C_NXYZ},
    {"c_nzyx", GATE_C_NZYX}, {"c_xnyz", GATE_C_XNYZ},
    {"c_xynz", GATE_C_XYNZ}, {"c_xyz", GATE_C_XYZ},
    {"c_znyx", GATE_C_ZNYX}, {"c_zynx", GATE_C_ZYNX},
    {"c_zyx", GATE_C_ZYX},   {"ccx", GATE_CCX},
    {"ccz", GATE_CCZ},       {"ch", GATE_CH},
    {"cp", GATE_CP},         {"cphase", GATE_CP},
    {"crx", GATE_CRX},       {"cry", GATE_CRY},
    {"crz", GATE_CRZ},       {"cs", GATE_CS},
    {"csdg", GATE_CSDG},     {"cswap", GATE_CSWAP},
    {"csx", GATE_CSX},       {"cu", GATE_CU},
    {"cu1", GATE_CU1},       {"cu3", GATE_CU3},
    {"cx", GATE_CX},         {"cy", GATE_CY},
    {"cz", GATE_CZ},         {"czswap", GATE_CZSWAP},
    {"dcx", GATE_DCX},       {"dcxdg", GATE_DCXDG},
    {"ecr", GATE_ECR},       {"h", GATE_H},
    {"h_nxy", GATE_H_NXY},   {"h_nxz", GATE_H_NXZ},
    {"h_nyz", GATE_H_NYZ},   {"h_xy", GATE_H_XY},
    {"h_yz", GATE_H_YZ},     {"id", GATE_I},
    {"iswap", GATE_ISWAP},   {"iswapdg", GATE_ISWAPDG},
    {"p", GATE_P},           {"phase", GATE_P},
    {"r", GATE_R},           {"rc3x", GATE_RC3X},
    {"rc3xdg", GATE_RC3XDG}, {"rccx", GATE_RCCX},
    {"rx", GATE_RX},         {"rxx", GATE_RXX},
    {"ry", GATE_RY},         {"ryy", GATE_RYY},
    {"rz", GATE_RZ},         {"rzx", GATE_RZX},
    {"rzz", GATE_RZZ},       {"s", GATE_S},
    {"sdg", GATE_SDG},       {"swap", GATE_SWAP},
    {"sx", GATE_SX},         {"sxdg", GATE_SXDG},
    {"sxx", GATE_SXX},       {"sxxdg", GATE_SXXDG},
    {"sy", GATE_SY},         {"sydg", GATE_SYDG},
    {"syy", GATE_SYY},       {"syydg", GATE_SYYDG},
    {"szz", GATE_SZZ},       {"szzdg", GATE_SZZDG},
    {"t", GATE_T},           {"tdg", GATE_TDG},
    {"u", GATE_U},           {"u0", GATE_U0},
    {"u1", GATE_U1},         {"u2", GATE_U2},
    {"u3", GATE_U3},         {"x", GATE_X},
    {"xcx", GATE_XCX},       {"xcy", GATE_XCY},
    {"y", GATE_Y},           {"ycy", GATE_YCY},
    {"z", GATE_Z},
};

const struct gate_info *gate_get(enum gate_id gate) {
    CHECK(gate < GATE_COUNT);
    return &gate_table[gate].info;
}

static int compare_name(const void *key, const void *item) {
    return strcmp(key, ((const struct gate_name *)item)->name);
}

enum gate_id gate_find(const char *name) {
    const struct gate_name *found =
        bsearch(name, names, sizeof names / sizeof *names, sizeof *names, compare_name);
    return found ? found->gate : GATE_NONE;
}

/* e^{i (a + b)}. The rounding of a large sum would cost unitarity: it is put back to first order.
 */
static void sincos_of_sum(double *out_sin, double *out_cos, double a, double b) {
    double sum = a + b, part = sum - a;
    double error = (a - (sum - part)) + (b - part);
    double s, c;
    det_sincos(&s, &c, sum);
    bool is_large = fabs(sum) > 16.0;
    *out_sin = is_large ? s + error * c : s;
    *out_cos = is_large ? c - error * s : c;
}

static void set_entry(double *matrix, size_t dim, size_t row, size_t col, double re, double im) {
    matrix[2 * (row * dim + col)] = re;
    matrix[2 * (row * dim + col) + 1] = im;
}

static void set_identity(double *matrix, size_t dim) {
    memset(matrix, 0, 2 * dim * dim * sizeof *matrix);
    for (size_t i = 0; i < dim; i++) {
        set_entry(matrix, dim, i, i, 1, 0);
    }
}

static void build_monomial(double *matrix, const struct gate_record *record) {
    static const double power_re[] = {1, 0, -1, 0}, power_im[] = {0, 1, 0, -1};
    size_t dim = (size_t)1 << record->info.n_qubits;
    set_identity(matrix, dim);
    for (unsigned i = 0; i < record->n_entries; i++) {
        unsigned col = record->entries[i].col;
        set_entry(matrix, dim, col, col, 0, 0);
    }
    for (unsigned i = 0; i < record->n_entries; i++) {
        struct gate_entry entry = record->entries[i];
        set_entry(matrix, dim, entry.row, entry.col, power_re[entry.power], power_im[entry.power]);
    }
}

/* cos(theta/2) I - i sin(theta/2) P: column c of P has i^n_y (-1)^{parity(c & z)} in row c ^ x. */
static void build_axis(double *matrix, const char *axis, double theta) {
    unsigned n = (unsigned)strlen(axis), x = 0, z = 0, n_y = 0;
    for (unsigned i = 0; i < n; i++) {
        x |= (axis[i] != 'Z' ? 1u : 0u) << i;
        z |= (axis[i] != 'X' ? 1u : 0u) << i;
        n_y += axis[i] == 'Y';
    }
    double s, c;
    det_sincos(&s, &c, theta / 2);
    size_t dim = (size_t)1 << n;
    memset(matrix, 0, 2 * dim * dim * sizeof *matrix);
    for (size_t col = 0; col < dim; col++) {
        double sign = __builtin_parityl(col & z) ? -s : s;
        double *off = matrix + 2 * ((col ^ x) * dim + col);
        matrix[2 * (col * dim + col)] = c;
        /* -i i^n_y = (-i, 1, i)[n_y] */
        off[0] += n_y == 1 ? sign : 0.0;
        off[1] += n_y == 0 ? -sign : n_y == 2 ? sign : 0.0;
    }
}

static void build_euler(double *matrix, unsigned n_params, const double *params) {
    double theta = n_params == 2 ? M_PI_2 : params[0];
    double phi = params[n_params == 2 ? 0 : 1], lambda = params[n_params == 2 ? 1 : 2];
    double s, c, sp, cp, sl, cl, sum_s, sum_c;
    det_sincos(&s, &c, theta / 2);
    det_sincos(&sp, &cp, phi);
    det_sincos(&sl, &cl, lambda);
    sincos_of_sum(&sum_s, &sum_c, phi, lambda);
    set_entry(matrix, 2, 0, 0, c, 0);
    set_entry(matrix, 2, 0, 1, -cl * s, -sl * s);
    set_entry(matrix, 2, 1, 0, cp * s, sp * s);
    set_entry(matrix, 2, 1, 1, sum_c * c, sum_s * c);
}

static void build_equator(double *matrix, double theta, double phi) {
    double s, c, sp, cp;
    det_sincos(&s, &c, theta / 2);
    det_sincos(&sp, &cp, phi);
    set_entry(matrix, 2, 0, 0, c, 0);
    set_entry(matrix, 2, 0, 1, -sp * s, -cp * s);
    set_entry(matrix, 2, 1, 0, sp * s, -cp * s);
    set_entry(matrix, 2, 1, 1, c, 0);
}

static void build_phase(double *matrix, double lambda) {
    double s, c;
    det_sincos(&s, &c, lambda);
    set_identity(matrix, 2);
    set_entry(matrix, 2, 1, 1, c, s);
}

static void build_controlled(double *matrix, const struct gate_record *record,
                             const double *params) {
    size_t dim = (size_t)1 << record->info.n_qubits, ones = dim / 2 - 1;
    double base[8], s = 0, c = 1;
    gate_unitary(base, record->base, params);
    if (record->info.n_params > gate_table[record->base].info.n_params) {
        det_sincos(&s, &c, params[record->info.n_params - 1]);
    }
    set_identity(matrix, dim);
    for (size_t row = 0; row < 2; row++) {
        for (size_t col = 0; col < 2; col++) {
            const double *entry = base + 4 * row + 2 * col;
            set_entry(matrix, dim, ones + row * dim / 2, ones + col * dim / 2,
                      entry[0] * c - entry[1] * s, entry[0] * s + entry[1] * c);
        }
    }
}

void gate_unitary(double *out_matrix, enum gate_id gate, const double *params) {
    CHECK(gate < GATE_COUNT);
    const struct gate_record *record = &gate_table[gate];
    switch (record->form) {
    case FORM_MATRIX:
        memcpy(out_matrix, record->matrix,
               (size_t)2 * sizeof *out_matrix << (2 * record->info.n_qubits));
        return;
    case FORM_MONOMIAL:
        build_monomial(out_matrix, record);
        return;
    case FORM_AXIS:
        build_axis(out_matrix, record->axis, params[0]);
        return;
    case FORM_PHASE:
        build_phase(out_matrix, params[0]);
        return;
    case FORM_EULER:
        build_euler(out_matrix, record->info.n_params, params);
        return;
    case FORM_EQUATOR:
        build_equator(out_matrix, params[0], params[1]);
        return;
    case FORM_CONTROLLED:
        build_controlled(out_matrix, record, params);
        return;
    }
}

void gate_inverse(enum gate_id *out_gate, double *out_params, enum gate_id gate,
                  const double *params) {
    CHECK(gate < GATE_COUNT);
    const struct gate_record *record = &gate_table[gate];
    double sign = record->inverse_rule == INVERSE_SAME ? 1 : -1;
    *out_gate = record->inverse;
    switch (record->inverse_rule) {
    case INVERSE_SAME:
    case INVERSE_NEGATE:
        for (unsigned i = 0; i < record->info.n_params; i++) {
            out_params[i] = sign * params[i];
        }
        return;
    case INVERSE_THETA:
        out_params[0] = -params[0];
        out_params[1] = params[1];
        return;
    case INVERSE_EULER: {
        double phi = params[1], lambda = params[2];
        out_params[0] = -params[0];
        out_params[1] = -lambda;
        out_params[2] = -phi;
        if (record->info.n_params == 4) {
            out_params[3] = -params[3];
        }
        return;
    }
    case INVERSE_U2: {
        double phi = params[0], lambda = params[1];
        out_params[0] = -M_PI_2;
        out_params[1] = -lambda;
        out_params[2] = -phi;
        return;
    }
    case INVERSE_CSX: /* sx = e^{i pi/4} rx(pi/2) */
        out_params[0] = -M_PI_2;
        out_params[1] = -M_PI_2;
        out_params[2] = M_PI_2;
        out_params[3] = -M_PI_4;
        return;
    }
}

static const double entry_tolerance = 1e-15;

static bool is_near(const double *entry, double re, double im) {
    return fabs(entry[0] - re) <= entry_tolerance && fabs(entry[1] - im) <= entry_tolerance;
}

bool gate_is_diagonal_on(enum gate_id gate, const double *params, unsigned operand) {
    const struct gate_info *info = gate_get(gate);
    CHECK(operand < info->n_qubits);
    if (info->diagonal_mask >> operand & 1) {
        return true;
    }
    if (info->n_params == 0) {
        return false;
    }
    double matrix[GATE_MAX_MATRIX];
    gate_unitary(matrix, gate, params);
    size_t dim = (size_t)1 << info->n_qubits;
    for (size_t i = 0; i < dim * dim; i++) {
        size_t row = i / dim, col = i % dim;
        if (((row ^ col) >> operand & 1) && !is_near(matrix + 2 * i, 0, 0)) {
            return false;
        }
    }
    return true;
}
