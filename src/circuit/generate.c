#include <math.h>

#include "base/log.h"
#include "circuit/circuit.h"

static const double pi = 3.14159265358979323846;
static const struct src_loc nowhere = {.file = "(made)"};

/* Ops of a generated circuit beyond which it is refused, as for files. */
enum { MAX_OPS = 1 << 28 };

/* A circuit with one register of n qubits; n_ops is what it will hold. */
static enum status begin(struct circuit **out_circuit, const char *name, uint32_t n,
                         const char *reg_name, double n_ops) {
    enum status status;

    if (n == 0) {
        return log_error(STATUS_USAGE, "%s: expected at least one qubit", name);
    }
    if (n_ops > MAX_OPS) {
        return log_error(STATUS_NOFIT,
                         "%s: %u qubits need %.3g operations; at most %d are possible", name, n,
                         n_ops, (int)MAX_OPS);
    }
    *out_circuit = circuit_create();
    if (*out_circuit == NULL) {
        return STATUS_NOFIT;
    }
    status = circuit_add_qreg(*out_circuit, reg_name, n, nowhere);
    if (status != STATUS_OK) {
        circuit_destroy(*out_circuit);
    }
    return status;
}

static enum status add1(struct circuit *circuit, enum gate_id gate, uint32_t qb) {
    return op_list_add_gate(&circuit->ops, gate, &qb, NULL, nowhere);
}

static enum status add2(struct circuit *circuit, enum gate_id gate, double angle, uint32_t a,
                        uint32_t b) {
    return op_list_add_gate(&circuit->ops, gate, (const uint32_t[]){a, b}, &angle, nowhere);
}

/* measure: qubit i into bit `bit` of the circuit. */
static enum status add_measure(struct circuit *circuit, uint32_t qb, uint32_t bit) {
    struct op *op;

    TRY(op_list_add(&circuit->ops, &op, OP_MEASURE, &qb, 1, NULL, 0, nowhere));
    op->bit = bit;
    circuit->measures = true;
    return STATUS_OK;
}

static enum status finish(struct circuit **out_circuit, struct circuit *circuit,
                          enum status status) {
    if (status != STATUS_OK) {
        circuit_destroy(circuit);
        return status;
    }
    *out_circuit = circuit;
    return STATUS_OK;
}

static enum status build_ghz(struct circuit *circuit, uint32_t n) {
    TRY(circuit_add_creg(circuit, "c", n, nowhere));
    TRY(add1(circuit, GATE_H, 0));
    for (uint32_t i = 1; i < n; i++) {
        TRY(add2(circuit, GATE_CX, 0, i - 1, i));
    }
    for (uint32_t i = 0; i < n; i++) {
        TRY(add_measure(circuit, i, i));
    }
    return STATUS_OK;
}

enum status gen_ghz(struct circuit **out_circuit, uint32_t n) {
    struct circuit *circuit = NULL;

    TRY(begin(&circuit, "ghz", n, "q", 2.0 * n));
    return finish(out_circuit, circuit, build_ghz(circuit, n));
}

static enum status build_qft(struct circuit *circuit, uint32_t n) {
    TRY(circuit_add_creg(circuit, "c", n, nowhere));
    for (uint32_t i = n; i-- > 0;) {
        TRY(add1(circuit, GATE_H, i));
        for (uint32_t j = i; j-- > 0;) {
            TRY(add2(circuit, GATE_CP, ldexp(pi, -(int)(i - j)), j, i));
        }
    }
    for (uint32_t i = 0; i < n; i++) {
        TRY(add_measure(circuit, i, i));
    }
    return STATUS_OK;
}

enum status gen_qft(struct circuit **out_circuit, uint32_t n) {
    struct circuit *circuit = NULL;

    TRY(begin(&circuit, "qft", n, "q", 0.5 * n * (n + 3.0)));
    return finish(out_circuit, circuit, build_qft(circuit, n));
}

static enum status build_qpe(struct circuit *circuit, uint32_t n, double phase) {
    uint32_t target = n;
    double turns = phase - floor(phase);

    TRY(circuit_add_qreg(circuit, "target", 1, nowhere));
    TRY(circuit_add_creg(circuit, "c", n, nowhere));
    TRY(add1(circuit, GATE_X, target));
    for (uint32_t i = 0; i < n; i++) {
        TRY(add1(circuit, GATE_H, i));
    }
    for (uint32_t i = 0; i < n; i++) {
        TRY(add2(circuit, GATE_CP, 2 * pi * turns, i, target));
        turns = fmod(2 * turns, 1); /* exact: 2^i phase, whole turns dropped */
    }
    for (uint32_t i = n; i-- > 0;) {
        for (uint32_t j = n - 1; j > i; j--) {
            TRY(add2(circuit, GATE_CP, -ldexp(pi, -(int)(j - i)), j, i));
        }
        TRY(add1(circuit, GATE_H, i));
    }
    for (uint32_t i = 0; i < n; i++) {
        TRY(add_measure(circuit, n - 1 - i, i));
    }
    return STATUS_OK;
}

enum status gen_qpe(struct circuit **out_circuit, uint32_t n, double phase) {
    struct circuit *circuit = NULL;

    if (!isfinite(phase)) {
        return log_error(STATUS_USAGE, "qpe: expected a finite phase, in turns");
    }
    TRY(begin(&circuit, "qpe", n, "count", 0.5 * n * (n + 7.0) + 1));
    return finish(out_circuit, circuit, build_qpe(circuit, n, phase));
}
