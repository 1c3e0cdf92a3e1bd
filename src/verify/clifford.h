/* A Clifford gate as what it does to Pauli strings, with signs.
 *
 * Strings on k operands are vectors as in gate/pauli.h (bit i: X part of operand i, bit k+i: Z
 * part), each the Hermitian product of I, X, Y, Z with sign +. U P(v) U^dagger = (-1)^sign(v)
 * P(image(v)). No gate of the table on three or more qubits is a Clifford, so k is at most 2. */
#ifndef QSPAN_VERIFY_CLIFFORD_H
#define QSPAN_VERIFY_CLIFFORD_H

#include <stdbool.h>
#include <stdint.h>

#include "gate/gate.h"

enum { CLIFFORD_MAX_QUBITS = 2, CLIFFORD_MAX_STRINGS = 16 };

struct clifford {
    uint32_t n_qubits;
    uint8_t image[CLIFFORD_MAX_STRINGS];
    uint16_t signs; /* bit v */
};

/* From the gate's flows, or its unitary; false: no Clifford for these parameters. Cost: 1 to 10 us.
 */
bool clifford_from_gate(struct clifford *out, enum gate_id gate, const double *params);
/* The gate is a Pauli string up to a phase: which one. */
bool clifford_is_pauli(uint32_t *out_string, const struct clifford *clifford);

#endif
