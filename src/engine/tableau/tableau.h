/* Rows of a dense inverse tableau. */
#ifndef QSPAN_ENGINE_TABLEAU_TABLEAU_H
#define QSPAN_ENGINE_TABLEAU_TABLEAU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "gate/gate.h"

/* A row is i^e X^x Z^z, all X to the left: n_words words of x, then of z. Words without a mark (a
 * bit of n_marks words for x, then as many for z) are 0: rows of few qubits cost what they have. */
struct tableau_row {
    uint64_t *words, *marks;
    uint64_t *fold; /* of x, of z: the OR of the marks, what is looked at first */
};
struct tableau {
    uint32_t n_qubits;
    size_t n_words, n_marks;
    uint64_t **rows; /* X of qubit q: rows[2 q], Z: rows[2 q + 1] */
    uint64_t *marks; /* of all rows in their order, of the spare ones, of the product */
    uint64_t *folds;
    uint8_t *phases; /* e of each row, mod 4 */
    uint64_t *spare[2 * GATE_MAX_QUBITS];
    uint64_t *product; /* of a measurement */
    uint64_t *memory;
    size_t n_bytes;
};
/* What a gate does to the rows of its operands: row i of (X, Z of operand 0, X, Z of operand 1 ...)
 * becomes i^e times the product of those in `image`, X of all operands first, then Z. */
struct tableau_gate {
    uint32_t n_qubits;
    uint16_t image[2 * GATE_MAX_QUBITS]; /* bit 2 j: X of operand j, bit 2 j + 1: its Z */
    uint8_t phase[2 * GATE_MAX_QUBITS];
};

uint64_t tableau_bytes(uint32_t n_qubits);
/* All qubits in |0>. Errors: STATUS_NOFIT, not logged. */
enum status tableau_init(struct tableau *out_tableau, uint32_t n_qubits);
void tableau_fini(struct tableau *tableau);
/* false: the gate is no Clifford. */
bool tableau_find_gate(struct tableau_gate *out_gate, enum gate_id gate, const double *params);
void tableau_apply(struct tableau *tableau, const struct tableau_gate *gate,
                   const uint32_t *qubits);
/* letter: 1 X, 2 Y, 3 Z */
void tableau_apply_pauli(struct tableau *tableau, uint32_t qubit, unsigned letter);
/* Measures a product of Paulis; a random result is 0. */
bool tableau_measure(struct tableau *tableau, const uint32_t *qubits, const uint8_t *letters,
                     size_t n);

#endif
