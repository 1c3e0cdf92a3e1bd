/* Gate names of Amazon Braket's dialect of OpenQASM 3 (`--dialect braket`). */
#ifndef QSPAN_CIRCUIT_QASM3_BRAKET_H
#define QSPAN_CIRCUIT_QASM3_BRAKET_H

#include "circuit/qasm3_internal.h"

struct qasm3_braket_gate {
    const char *name;
    uint32_t n_params, n_qubits;
    /* Gates of the table with a phase, in order, as text: see qasm3_braket.c. */
    const char *body;
};

/* NULL: the name means what it means in OpenQASM 3. */
const struct qasm3_braket_gate *qasm3_braket_find(const char *name);
enum status qasm3_braket_add(struct qasm3 *p, const struct qasm3_braket_gate *gate,
                             const double *params, const uint32_t *qubits);

#endif
