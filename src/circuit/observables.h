/* Pauli sums on the qubits of a circuit, from text (docs/formats.md):
 *
 *     energy: 0.5 X0 Z3 - 1.25 * Y1       # factors: a letter and a qubit
 *     0.25 ZZII                           # or a letter for each qubit, qubit 0 rightmost
 *     parity: ZZZZ
 *
 * `NAME:` begins a sum; lines without a name go on with the one before. Terms before any name
 * belong to a sum called "observable". */
#ifndef QSPAN_CIRCUIT_OBSERVABLES_H
#define QSPAN_CIRCUIT_OBSERVABLES_H

#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"

struct pauli_term {
    double coefficient;
    size_t first, n; /* of the letters; n = 0: the identity */
};
struct pauli_sum {
    const char *name;
    size_t first, n; /* of the terms; n > 0 */
};
struct pauli_sums {
    struct arena arena; /* names */
    struct pauli_sum *sums;
    struct pauli_term *terms;
    uint32_t *qubits;
    uint8_t *letters; /* 1 X, 2 Y, 3 Z; each qubit at most once in a term */
    size_t n_sums, cap_sums, n_terms, cap_terms, n_letters, cap_qubits, cap_letters;
};

/* `file` is for messages. Errors: STATUS_INPUT with line and column (logged). Cost: one pass. */
enum status pauli_sums_read_text(struct pauli_sums **out_sums, const char *file, const char *text,
                                 size_t n, uint32_t n_qubits);
void pauli_sums_destroy(struct pauli_sums *sums);

#endif
