#include "circuit/qasm3_braket.h"

#include <math.h>
#include <string.h>

/* Bodies: NAME OPERANDS [*FACTOR of the first parameter | =ANGLE in units of pi ...], statements
 * joined by ';'. Operands are letters a, b, c. `g` is a global phase. Exact with phases, so that
 * modifiers may act on them. Definitions: Braket's gate documentation. */
static const struct qasm3_braket_gate gates[] = {
    {"i", 0, 1, "id a"},
    {"v", 0, 1, "sx a"},
    {"vi", 0, 1, "sxdg a"},
    {"si", 0, 1, "sdg a"},
    {"ti", 0, 1, "tdg a"},
    {"phaseshift", 1, 1, "p a *1"},
    {"gpi", 1, 1, "rz a *-1;x a;rz a *1"},
    {"gpi2", 1, 1, "rz a *-1;rx a =0.5;rz a *1"},
    {"prx", 2, 1, ""},
    {"cnot", 0, 2, "cx ab"},
    {"cv", 0, 2, "csx ab"},
    {"cphaseshift", 1, 2, "cp ab *1"},
    {"cphaseshift00", 1, 2, "x a;x b;cp ab *1;x a;x b"},
    {"cphaseshift01", 1, 2, "x a;cp ab *1;x a"},
    {"cphaseshift10", 1, 2, "x b;cp ab *1;x b"},
    {"xx", 1, 2, "rxx ab *1"},
    {"yy", 1, 2, "ryy ab *1"},
    {"zz", 1, 2, "rzz ab *1"},
    /* xy(t) = exp(i t/4 (XX + YY)) */
    {"xy", 1, 2, "rxx ab *-0.5;ryy ab *-0.5"},
    {"iswap", 0, 2, "rxx ab =-0.5;ryy ab =-0.5"},
    {"pswap", 1, 2, "cx ab;p b *1;cx ab;swap ab"},
    {"ecr", 0, 2, "rzx ab =0.25;x a;rzx ab =-0.25"},
    {"ccnot", 0, 3, "ccx abc"},
};

const struct qasm3_braket_gate *qasm3_braket_find(const char *name) {
    for (size_t i = 0; i < sizeof gates / sizeof gates[0]; i++) {
        if (strcmp(gates[i].name, name) == 0) {
            return &gates[i];
        }
    }
    return NULL;
}

/* prx(angle, axis) = r(angle, axis) = rz(axis) rx(angle) rz(-axis) */
static enum status add_prx(struct qasm3 *p, const double *params, const uint32_t *qubits) {
    struct qasm3_prim prim = {.gate = GATE_RZ, .n_targets = 1, .params = {-params[1]}};

    TRY(qasm3_add_prim(p, prim, qubits));
    prim.gate = GATE_RX;
    prim.params[0] = params[0];
    TRY(qasm3_add_prim(p, prim, qubits));
    prim.gate = GATE_RZ;
    prim.params[0] = params[1];
    return qasm3_add_prim(p, prim, qubits);
}

/* A decimal with sign, halves and quarters only: exact. */
static double read_number(const char *text) {
    double value = 0, scale = 1, sign = 1;
    bool is_fraction = false;

    if (*text == '-') {
        sign = -1;
        text++;
    }
    for (; (*text >= '0' && *text <= '9') || *text == '.'; text++) {
        if (*text == '.') {
            is_fraction = true;
        } else {
            value = 10 * value + (*text - '0');
            scale *= is_fraction ? 10 : 1;
        }
    }
    return sign * value / scale;
}

enum status qasm3_braket_add(struct qasm3 *p, const struct qasm3_braket_gate *gate,
                             const double *params, const uint32_t *qubits) {
    const char *at = gate->body;

    if (*at == '\0') {
        return add_prx(p, params, qubits);
    }
    while (*at != '\0') {
        struct qasm3_prim prim = {0};
        uint32_t targets[GATE_MAX_QUBITS];
        char name[8] = "";
        size_t n = strcspn(at, " ");
        memcpy(name, at, n);
        prim.gate = gate_find(name);
        for (at += n + 1; *at >= 'a' && *at <= 'c'; at++) {
            targets[prim.n_targets++] = qubits[*at - 'a'];
        }
        if (*at == ' ') {
            prim.params[0] = read_number(at + 2) * (at[1] == '*' ? params[0] : M_PI);
        }
        TRY(qasm3_add_prim(p, prim, targets));
        at += strcspn(at, ";");
        at += *at == ';';
    }
    return STATUS_OK;
}
