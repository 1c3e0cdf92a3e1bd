/* Writing gates with any number of controls as gates of the table, without ancillas and with all
 * phases, and powers of one-qubit unitaries. */
#include <math.h>
#include <string.h>

#include "base/detmath.h"
#include "circuit/qasm3_internal.h"
#include "gate/gate_table.h"

/* ---- one-qubit unitaries ---- */

static double reduce_phase(double phase) {
    phase = fmod(phase, 2 * M_PI);
    phase = phase > M_PI ? phase - 2 * M_PI : phase;
    /* -1 has the phase pi, also when rounding has moved it to the other side */
    return phase < -M_PI + 1e-12 ? phase + 2 * M_PI : phase;
}

/* 2 x 2, row major. */
struct matrix {
    double re[4], im[4];
};

static struct matrix multiply(const struct matrix *a, const struct matrix *b) {
    struct matrix out = {{0}, {0}};

    for (int i = 0; i < 2; i++) {
        for (int j = 0; j < 2; j++) {
            for (int k = 0; k < 2; k++) {
                int x = 2 * i + k, y = 2 * k + j, z = 2 * i + j;
                out.re[z] += a->re[x] * b->re[y] - a->im[x] * b->im[y];
                out.im[z] += a->re[x] * b->im[y] + a->im[x] * b->re[y];
            }
        }
    }
    return out;
}

static void rotate(struct matrix *m, double phase) {
    double sine, cosine;

    det_sincos(&sine, &cosine, reduce_phase(phase));
    for (int i = 0; i < 4; i++) {
        double re = m->re[i];
        m->re[i] = re * cosine - m->im[i] * sine;
        m->im[i] = re * sine + m->im[i] * cosine;
    }
}

static void prim_matrix(struct matrix *out, const struct qasm3_prim *prim) {
    double matrix[GATE_MAX_MATRIX];

    gate_unitary(matrix, (enum gate_id)prim->gate, prim->params);
    for (int i = 0; i < 4; i++) {
        out->re[i] = matrix[2 * i];
        out->im[i] = matrix[2 * i + 1];
    }
    rotate(out, prim->phase);
}

/* e^{i alpha} exp(-i beta n.sigma), 0 <= beta <= pi */
struct rotation {
    double alpha, beta, n[3];
};

static struct rotation rotation_of(struct matrix m) {
    struct rotation r = {.n = {0, 0, 1}};
    double re = m.re[0] * m.re[3] - m.im[0] * m.im[3] - m.re[1] * m.re[2] + m.im[1] * m.im[2];
    double im = m.re[0] * m.im[3] + m.im[0] * m.re[3] - m.re[1] * m.im[2] - m.im[1] * m.re[2];
    double axis[3], norm;

    r.alpha = qasm3_atan2(im, re) / 2;
    rotate(&m, -r.alpha);
    axis[0] = -(m.im[1] + m.im[2]) / 2;
    axis[1] = (m.re[2] - m.re[1]) / 2;
    axis[2] = (m.im[3] - m.im[0]) / 2;
    norm = sqrt(axis[0] * axis[0] + axis[1] * axis[1] + axis[2] * axis[2]);
    r.beta = qasm3_atan2(norm, (m.re[0] + m.re[3]) / 2);
    for (int i = 0; i < 3 && norm > 1e-15; i++) {
        r.n[i] = axis[i] / norm;
    }
    return r;
}

static struct matrix matrix_of(const struct rotation *r) {
    double sine, cosine;
    struct matrix m;

    det_sincos(&sine, &cosine, r->beta);
    m.re[0] = m.re[3] = cosine;
    m.im[0] = -r->n[2] * sine;
    m.im[3] = r->n[2] * sine;
    m.re[1] = -r->n[1] * sine;
    m.re[2] = r->n[1] * sine;
    m.im[1] = m.im[2] = -r->n[0] * sine;
    rotate(&m, r->alpha);
    return m;
}

/* The principal power: eigenvalues e^{i a} with -pi < a <= pi become e^{i a power}. */
static void raise_matrix(struct matrix *m, double power) {
    struct rotation r = rotation_of(*m);
    double first = reduce_phase(r.alpha - r.beta) * power;
    double second = reduce_phase(r.alpha + r.beta) * power;

    first = reduce_phase(first);
    second = reduce_phase(second);
    r.alpha = (first + second) / 2;
    r.beta = (second - first) / 2;
    *m = matrix_of(&r);
}

/* The matrix as GATE_U with a phase. */
static void set_matrix(struct qasm3_prim *prim, const struct matrix *m) {
    double cosine = hypot(m->re[0], m->im[0]), sine = hypot(m->re[2], m->im[2]);
    double gamma, phi = 0, lambda = 0;

    if (cosine > 1e-9) {
        gamma = qasm3_atan2(m->im[0], m->re[0]);
        if (sine > 1e-9) {
            phi = qasm3_atan2(m->im[2], m->re[2]) - gamma;
            lambda = qasm3_atan2(-m->im[1], -m->re[1]) - gamma;
        } else {
            lambda = qasm3_atan2(m->im[3], m->re[3]) - gamma;
        }
    } else {
        gamma = qasm3_atan2(-m->im[1], -m->re[1]);
        phi = qasm3_atan2(m->im[2], m->re[2]) - gamma;
    }
    prim->gate = GATE_U;
    prim->params[0] = 2 * qasm3_atan2(sine, cosine);
    prim->params[1] = reduce_phase(phi);
    prim->params[2] = reduce_phase(lambda);
    prim->params[3] = 0;
    prim->phase = gamma;
}

/* ---- modifiers ---- */

/* Controls of the gate itself become controls of the prim: at the end a one-qubit gate, swap, or
 * what has no such form. */
static void split_controls(struct qasm3_prim *prim) {
    if (prim->gate == GATE_CSWAP) {
        prim->gate = GATE_SWAP;
        prim->n_controls++;
        prim->n_targets--;
    }
    while (prim->gate != GATE_NONE && gate_table[prim->gate].form == FORM_CONTROLLED) {
        uint32_t n = prim->n_targets - 1;
        if (prim->gate == GATE_CU) {
            prim->phase += prim->params[3];
            prim->params[3] = 0;
        }
        prim->gate = gate_table[prim->gate].base;
        prim->n_controls += n;
        prim->n_targets -= n;
    }
}

/* exp(-i theta/2 P): its powers multiply theta. */
static bool is_rotation(uint32_t gate) {
    return gate != GATE_NONE &&
           (gate_table[gate].form == FORM_AXIS || gate_table[gate].form == FORM_PHASE);
}

static bool can_raise(struct qasm3_prim prim) {
    split_controls(&prim);
    return prim.gate == GATE_NONE || prim.n_targets == 1 || is_rotation(prim.gate);
}

static enum status raise_prim(struct qasm3_prim *prim, double power,
                              const struct qasm3_node *node) {
    bool is_integer = power == floor(power);
    struct matrix m;

    split_controls(prim);
    if (prim->gate == GATE_NONE) {
        prim->params[0] = reduce_phase(is_integer ? prim->params[0] * power
                                                  : reduce_phase(prim->params[0]) * power);
        return STATUS_OK;
    }
    if (is_rotation(prim->gate) && prim->phase == 0 &&
        (is_integer ||
         fabs(prim->params[0]) < (gate_table[prim->gate].form == FORM_AXIS ? 2 * M_PI : M_PI))) {
        prim->params[0] = fmod(prim->params[0] * power, 4 * M_PI);
        return STATUS_OK;
    }
    if (prim->n_targets != 1) {
        return qasm3_fail(node, "pow(%g) of %s is not supported", power,
                          gate_get((enum gate_id)prim->gate)->name);
    }
    prim_matrix(&m, prim);
    raise_matrix(&m, power);
    set_matrix(prim, &m);
    return STATUS_OK;
}

/* Gates on one and the same qubit become one. */
static bool merge_prims(struct qasm3 *p, size_t first) {
    struct matrix product = {{1, 0, 0, 1}, {0, 0, 0, 0}};
    uint32_t qb = UINT32_MAX;
    double phase = 0;

    for (size_t i = first; i < p->n_prims; i++) {
        const struct qasm3_prim *prim = &p->prims[i];
        struct matrix m;
        if (prim->n_controls > 0 || prim->n_targets > 1) {
            return false;
        }
        if (prim->gate == GATE_NONE) {
            phase += prim->params[0];
            continue;
        }
        if (qb != UINT32_MAX && p->prim_qubits[prim->qubit0] != qb) {
            return false;
        }
        qb = p->prim_qubits[prim->qubit0];
        prim_matrix(&m, prim);
        product = multiply(&m, &product);
    }
    if (qb == UINT32_MAX) {
        p->prims[first].params[0] = phase;
    } else {
        rotate(&product, phase);
        for (size_t i = first; i < p->n_prims; i++) {
            if (p->prims[i].gate != GATE_NONE) {
                p->prims[first] = p->prims[i];
            }
        }
        set_matrix(&p->prims[first], &product);
    }
    p->n_prims = first + 1;
    return true;
}

static enum status repeat_prims(struct qasm3 *p, size_t first, double power,
                                const struct qasm3_node *node) {
    size_t n = p->n_prims - first;

    if (power * (double)n > QASM3_MAX_EXPANSION) {
        return log_error_at(STATUS_NOFIT, node->loc, "pow(%g) of %zu gates is too large", power, n);
    }
    for (size_t round = 1; round < (size_t)power; round++) {
        TRY(vec_reserve(&p->prims, p->n_prims, &p->cap_prims, n, sizeof *p->prims));
        memcpy(p->prims + p->n_prims, p->prims + first, n * sizeof *p->prims);
        p->n_prims += n;
    }
    return STATUS_OK;
}

enum status qasm3_power_prims(struct qasm3 *p, size_t first, double power,
                              const struct qasm3_node *node) {
    bool is_integer = power == floor(power);

    if (power == 0 || p->n_prims == first) {
        p->n_prims = first;
        return STATUS_OK;
    }
    if (is_integer && power < 0) {
        TRY(qasm3_invert_prims(p, first));
        power = -power;
    }
    if (is_integer && (power <= 3 || p->n_prims - first > 1 || !can_raise(p->prims[first])) &&
        !(power > 64 && merge_prims(p, first))) {
        return repeat_prims(p, first, power, node);
    }
    if (p->n_prims - first > 1 && !merge_prims(p, first)) {
        return qasm3_fail(node, "pow(%g) of a gate on several qubits: expected an integer", power);
    }
    return raise_prim(&p->prims[first], power, node);
}

enum status qasm3_invert_prims(struct qasm3 *p, size_t first) {
    for (size_t i = first, j = p->n_prims; i < j; i++) {
        if (--j > i) {
            struct qasm3_prim other = p->prims[i];
            p->prims[i] = p->prims[j];
            p->prims[j] = other;
        }
    }
    for (size_t i = first; i < p->n_prims; i++) {
        struct qasm3_prim *prim = &p->prims[i];
        double params[GATE_MAX_PARAMS] = {0};
        enum gate_id inverse;
        if (prim->gate == GATE_NONE) {
            prim->params[0] = -prim->params[0];
            continue;
        }
        gate_inverse(&inverse, params, (enum gate_id)prim->gate, prim->params);
        prim->gate = inverse;
        memcpy(prim->params, params, sizeof params);
        prim->phase = -prim->phase;
    }
    return STATUS_OK;
}

enum status qasm3_control_prims(struct qasm3 *p, size_t first, const uint32_t *controls,
                                uint32_t n) {
    for (size_t i = first; i < p->n_prims; i++) {
        struct qasm3_prim *prim = &p->prims[i];
        uint32_t n_old = prim->n_controls + prim->n_targets;
        size_t qubit0 = p->n_prim_qubits;
        TRY(vec_reserve(&p->prim_qubits, qubit0, &p->cap_prim_qubits, (size_t)n + n_old,
                        sizeof *p->prim_qubits));
        memcpy(p->prim_qubits + qubit0, controls, n * sizeof *controls);
        memcpy(p->prim_qubits + qubit0 + n, p->prim_qubits + prim->qubit0,
               n_old * sizeof *controls);
        p->n_prim_qubits += n + n_old;
        prim->qubit0 = qubit0;
        prim->n_controls += n;
    }
    return STATUS_OK;
}

/* ---- writing ---- */

static enum status write_gate(struct qasm3 *p, enum gate_id gate, const uint32_t *qubits,
                              const double *params) {
    const struct gate_info *info = gate_get(gate);

    for (unsigned i = 0; i < info->n_params; i++) {
        if (!(fabs(params[i]) < GATE_MAX_ANGLE)) {
            return log_error_at(STATUS_INPUT, p->loc, "the angle %g of %s is too large", params[i],
                                info->name);
        }
    }
    TRY(qasm3_check_ops(p, 1));
    TRY(op_list_add_gate(&p->circuit->ops, gate, qubits, params, p->loc));
    p->circuit->ops.ops[p->circuit->ops.n_ops - 1].file = p->file;
    return STATUS_OK;
}

static enum status write_1(struct qasm3 *p, enum gate_id gate, uint32_t qb) {
    return write_gate(p, gate, &qb, NULL);
}

static enum status write_ccx(struct qasm3 *p, uint32_t a, uint32_t b, uint32_t c) {
    const uint32_t qubits[3] = {a, b, c};
    return write_gate(p, GATE_CCX, qubits, NULL);
}

static enum status write_phase(struct qasm3 *p, double angle, const uint32_t *qubits, uint32_t n);
static enum status write_phase_ladder(struct qasm3 *p, double angle, const uint32_t *qubits,
                                      uint32_t n);

/* n - 2 borrowed qubits, in any state, as Barenco et al. 1995, lemma 7.2: a chain of Toffolis down
 * and up, twice. */
static enum status write_chain(struct qasm3 *p, const uint32_t *controls, uint32_t n,
                               uint32_t target, const uint32_t *borrowed) {
    for (uint32_t pass = 0; pass < 2; pass++) {
        uint32_t top = n - 1 - pass;
        for (uint32_t i = top; i >= 2; i--) {
            TRY(write_ccx(p, controls[i], borrowed[i - 2], i == n - 1 ? target : borrowed[i - 1]));
        }
        TRY(write_ccx(p, controls[0], controls[1], borrowed[0]));
        for (uint32_t i = 2; i <= top; i++) {
            TRY(write_ccx(p, controls[i], borrowed[i - 2], i == n - 1 ? target : borrowed[i - 1]));
        }
    }
    return STATUS_OK;
}

static enum status write_mcx(struct qasm3 *p, const uint32_t *controls, uint32_t n, uint32_t target,
                             const uint32_t *borrowed, uint32_t n_borrowed);

/* One borrowed qubit: twice each half, the other half lending its qubits (lemma 7.3). */
static enum status write_halves(struct qasm3 *p, const uint32_t *controls, uint32_t n,
                                uint32_t target, uint32_t borrowed) {
    uint32_t n_first = (n + 1) / 2, n_second = n - n_first;
    uint32_t *first = qasm3_alloc(p, n + 2, sizeof *first);
    uint32_t *second = qasm3_alloc(p, n + 2, sizeof *second);

    if (first == NULL || second == NULL) {
        return STATUS_NOFIT;
    }
    memcpy(first, controls, n * sizeof *first); /* the first half, then what it borrows */
    first[n] = target;
    memcpy(second, controls + n_first, n_second * sizeof *second);
    second[n_second] = borrowed;
    memcpy(second + n_second + 1, controls, n_first * sizeof *second);
    for (int round = 0; round < 2; round++) {
        TRY(write_mcx(p, first, n_first, borrowed, first + n_first, n_second + 1));
        TRY(write_mcx(p, second, n_second + 1, target, second + n_second + 1, n_first));
    }
    return STATUS_OK;
}

static enum status write_mcx(struct qasm3 *p, const uint32_t *controls, uint32_t n, uint32_t target,
                             const uint32_t *borrowed, uint32_t n_borrowed) {
    static const enum gate_id named[] = {GATE_X, GATE_CX, GATE_CCX, GATE_C3X, GATE_C4X};
    uint32_t *qubits;

    if (n < sizeof named / sizeof named[0]) {
        uint32_t operands[GATE_MAX_QUBITS];
        for (uint32_t i = 0; i < n; i++) {
            operands[i] = controls[i];
        }
        operands[n] = target;
        return write_gate(p, named[n], operands, NULL);
    }
    if (n_borrowed >= n - 2) {
        return write_chain(p, controls, n, target, borrowed);
    }
    if (n_borrowed > 0) {
        return write_halves(p, controls, n, target, borrowed[0]);
    }
    qubits = qasm3_alloc(p, (size_t)n + 1, sizeof *qubits);
    if (qubits == NULL) {
        return STATUS_NOFIT;
    }
    memcpy(qubits, controls, n * sizeof *qubits);
    qubits[n] = target;
    TRY(write_1(p, GATE_H, target));
    TRY(write_phase_ladder(p, M_PI, qubits, n + 1));
    return write_1(p, GATE_H, target);
}

static enum status write_cp(struct qasm3 *p, double angle, uint32_t a, uint32_t b) {
    const uint32_t qubits[2] = {a, b};
    return write_gate(p, GATE_CP, qubits, &angle);
}

/* Phase e^{i angle} where all n >= 3 qubits are 1. */
static enum status write_phase_ladder(struct qasm3 *p, double angle, const uint32_t *qubits,
                                      uint32_t n) {
    uint32_t last = qubits[n - 1], before = qubits[n - 2];
    uint32_t *rest = qasm3_alloc(p, n, sizeof *rest);

    if (rest == NULL) {
        return STATUS_NOFIT;
    }
    memcpy(rest, qubits, (n - 2) * sizeof *rest);
    rest[n - 2] = last;
    TRY(write_cp(p, angle / 2, before, last));
    TRY(write_mcx(p, qubits, n - 2, before, &last, 1));
    TRY(write_cp(p, -angle / 2, before, last));
    TRY(write_mcx(p, qubits, n - 2, before, &last, 1));
    return n - 1 >= 3 ? write_phase_ladder(p, angle / 2, rest, n - 1)
                      : write_phase(p, angle / 2, rest, n - 1);
}

static enum status write_phase(struct qasm3 *p, double angle, const uint32_t *qubits, uint32_t n) {
    bool is_minus = fabs(fabs(angle) - M_PI) < 1e-15;

    if (n == 0 || angle == 0) {
        return STATUS_OK;
    }
    if (n == 1) {
        return is_minus ? write_1(p, GATE_Z, qubits[0]) : write_gate(p, GATE_P, qubits, &angle);
    }
    if (n == 2) {
        return is_minus ? write_gate(p, GATE_CZ, qubits, NULL)
                        : write_cp(p, angle, qubits[0], qubits[1]);
    }
    if (is_minus && n <= 5) {
        TRY(write_1(p, GATE_H, qubits[n - 1]));
        TRY(write_mcx(p, qubits, n - 1, qubits[n - 1], NULL, 0));
        return write_1(p, GATE_H, qubits[n - 1]);
    }
    return write_phase_ladder(p, angle, qubits, n);
}

/* Any one-qubit unitary: in its eigenbasis the control only adds phases. */
static enum status write_controlled_matrix(struct qasm3 *p, const struct qasm3_prim *prim,
                                           const uint32_t *qubits) {
    struct matrix m;
    uint32_t n = prim->n_controls;
    struct rotation r;
    double basis[3], back[3], sine;

    prim_matrix(&m, prim);
    r = rotation_of(m);
    sine = hypot(r.n[0], r.n[1]);
    basis[0] = qasm3_atan2(sine, r.n[2]);
    basis[1] = qasm3_atan2(r.n[1], r.n[0]);
    basis[2] = 0;
    back[0] = -basis[0];
    back[1] = 0;
    back[2] = -basis[1];
    if (basis[0] != 0) {
        TRY(write_gate(p, GATE_U, &qubits[n], back));
    }
    TRY(write_phase(p, reduce_phase(r.alpha - r.beta), qubits, n));
    TRY(write_phase(p, reduce_phase(2 * r.beta), qubits, n + 1));
    return basis[0] != 0 ? write_gate(p, GATE_U, &qubits[n], basis) : STATUS_OK;
}

/* The phase of a diagonal gate diag(1, e^{i angle}). */
static bool is_phase_gate(double *out_angle, const struct qasm3_prim *prim) {
    switch ((int)prim->gate) {
    case GATE_Z:
        *out_angle = M_PI;
        return true;
    case GATE_S:
    case GATE_SDG:
        *out_angle = prim->gate == GATE_S ? M_PI_2 : -M_PI_2;
        return true;
    case GATE_T:
    case GATE_TDG:
        *out_angle = prim->gate == GATE_T ? M_PI_4 : -M_PI_4;
        return true;
    case GATE_P:
    case GATE_U1:
        *out_angle = prim->params[0];
        return true;
    }
    return false;
}

static enum status write_single_control(struct qasm3 *p, const struct qasm3_prim *prim,
                                        const uint32_t *qubits) {
    static const struct {
        enum gate_id base, gate;
    } named[] = {{GATE_Y, GATE_CY},   {GATE_H, GATE_CH},   {GATE_SX, GATE_CSX},
                 {GATE_RX, GATE_CRX}, {GATE_RY, GATE_CRY}, {GATE_RZ, GATE_CRZ}};
    double params[4] = {prim->params[0], prim->params[1], prim->params[2], prim->phase};

    for (size_t i = 0; i < sizeof named / sizeof named[0]; i++) {
        if (named[i].base == (enum gate_id)prim->gate) {
            TRY(write_phase(p, prim->phase, qubits, 1));
            return write_gate(p, named[i].gate, qubits, prim->params);
        }
    }
    if (prim->gate == GATE_U || prim->gate == GATE_U3) {
        return write_gate(p, GATE_CU, qubits, params);
    }
    if (prim->gate == GATE_U2) {
        params[0] = M_PI_2;
        params[1] = prim->params[0];
        params[2] = prim->params[1];
        return write_gate(p, GATE_CU, qubits, params);
    }
    return write_controlled_matrix(p, prim, qubits);
}

/* Two-qubit gates with controls: their basis change needs none. */
static enum status write_controlled_pair(struct qasm3 *p, const struct qasm3_prim *prim,
                                         const uint32_t *qubits) {
    uint32_t n = prim->n_controls, a = qubits[n], b = qubits[n + 1];
    const uint32_t forward[2] = {a, b}, backward[2] = {b, a};
    const char *axis = gate_table[prim->gate].axis;
    struct qasm3_prim inner = {.gate = GATE_RZ, .n_controls = n, .n_targets = 1};
    uint32_t *operands = qasm3_alloc(p, (size_t)n + 2, sizeof *operands);
    double turn = M_PI_2;

    if (operands == NULL) {
        return STATUS_NOFIT;
    }
    memcpy(operands, qubits, (n + 2) * sizeof *operands);
    if (prim->gate == GATE_SWAP) {
        TRY(write_phase(p, prim->phase, qubits, n));
        TRY(write_gate(p, GATE_CX, backward, NULL));
        if (n == 1) {
            TRY(write_ccx(p, qubits[0], a, b));
        } else {
            TRY(write_mcx(p, qubits, n + 1, b, NULL, 0));
        }
        return write_gate(p, GATE_CX, backward, NULL);
    }
    if (gate_table[prim->gate].form != FORM_AXIS) {
        return log_error_at(STATUS_INPUT, p->loc, "a control on %s is not supported",
                            gate_get((enum gate_id)prim->gate)->name);
    }
    for (int side = 0; side < 2; side++) {
        for (int i = 0; i < 2; i++) {
            const uint32_t *qb = i == 0 ? &a : &b;
            double angle = side == 0 ? turn : -turn;
            if (axis[i] == 'X') {
                TRY(write_1(p, GATE_H, *qb));
            } else if (axis[i] == 'Y') {
                TRY(write_gate(p, GATE_RX, qb, &angle));
            }
        }
        if (side == 0) {
            TRY(write_gate(p, GATE_CX, forward, NULL));
            inner.params[0] = prim->params[0];
            inner.phase = prim->phase;
            operands[n] = b;
            inner.qubit0 = 0;
            TRY(write_phase(p, inner.phase - inner.params[0] / 2, operands, n));
            TRY(write_phase(p, inner.params[0], operands, n + 1));
            TRY(write_gate(p, GATE_CX, forward, NULL));
        }
    }
    return STATUS_OK;
}

static enum status write_controlled(struct qasm3 *p, const struct qasm3_prim *prim,
                                    const uint32_t *qubits) {
    uint32_t n = prim->n_controls;
    double angle;

    if (prim->gate == GATE_NONE) {
        return write_phase(p, prim->params[0], qubits, n);
    }
    if (prim->n_targets > 1) {
        return write_controlled_pair(p, prim, qubits);
    }
    if (is_phase_gate(&angle, prim)) {
        TRY(write_phase(p, prim->phase, qubits, n));
        return write_phase(p, angle, qubits, n + 1);
    }
    if (prim->gate == GATE_X) {
        TRY(write_phase(p, prim->phase, qubits, n));
        return write_mcx(p, qubits, n, qubits[n], NULL, 0);
    }
    if (prim->gate == GATE_I) {
        return write_phase(p, prim->phase, qubits, n);
    }
    return n == 1 ? write_single_control(p, prim, qubits)
                  : write_controlled_matrix(p, prim, qubits);
}

static enum status write_prim(struct qasm3 *p, struct qasm3_prim prim) {
    uint32_t n = prim.n_controls + prim.n_targets, *qubits;

    if (prim.n_controls == 0) {
        return prim.gate == GATE_NONE ? STATUS_OK
                                      : write_gate(p, (enum gate_id)prim.gate,
                                                   p->prim_qubits + prim.qubit0, prim.params);
    }
    qubits = qasm3_alloc(p, n, sizeof *qubits);
    if (qubits == NULL) {
        return STATUS_NOFIT;
    }
    memcpy(qubits, p->prim_qubits + prim.qubit0, n * sizeof *qubits);
    for (int side = 0; side < 2; side++) {
        for (uint32_t i = 0; i < prim.n_controls; i++) {
            if ((p->prim_qubits[prim.qubit0 + i] & QASM3_NEGATIVE) != 0) {
                qubits[i] &= ~QASM3_NEGATIVE;
                TRY(write_1(p, GATE_X, qubits[i]));
            }
        }
        if (side == 0) {
            struct qasm3_prim split = prim;
            split_controls(&split);
            TRY(write_controlled(p, &split, qubits));
        }
    }
    return STATUS_OK;
}

enum status qasm3_flush_prims(struct qasm3 *p, size_t first) {
    for (size_t i = first; i < p->n_prims; i++) {
        TRY(write_prim(p, p->prims[i]));
    }
    p->n_prims = first;
    if (first == 0) {
        p->n_prim_qubits = 0;
    }
    return STATUS_OK;
}

enum status qasm3_add_prim(struct qasm3 *p, struct qasm3_prim prim, const uint32_t *qubits) {
    uint32_t n = prim.n_controls + prim.n_targets;

    if (p->n_prims >= QASM3_MAX_EXPANSION) {
        return log_error_at(STATUS_NOFIT, p->loc, "the gate expands to more than %d gates",
                            (int)QASM3_MAX_EXPANSION);
    }
    TRY(vec_reserve(&p->prims, p->n_prims, &p->cap_prims, 1, sizeof *p->prims));
    TRY(vec_reserve(&p->prim_qubits, p->n_prim_qubits, &p->cap_prim_qubits, n,
                    sizeof *p->prim_qubits));
    prim.qubit0 = p->n_prim_qubits;
    if (n > 0) {
        memcpy(p->prim_qubits + prim.qubit0, qubits, n * sizeof *qubits);
    }
    p->n_prim_qubits += n;
    p->prims[p->n_prims++] = prim;
    return STATUS_OK;
}
