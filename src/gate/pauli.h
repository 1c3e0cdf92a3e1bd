/* What a gate does to Pauli strings, without phases.
 *
 * A string on k operands is a vector v in GF(2)^{2k}: bit i = X part of operand i, bit k+i = Z
 * part. For a unitary U the strings P for which U P U^dagger is again a Pauli (times a phase) form
 * a subspace M of GF(2)^{2k}: if U P U^dagger = a P' and U Q U^dagger = b Q', then U PQ U^dagger =
 * ab P'Q', and products of strings are sums of vectors up to a phase. Images are linear for the
 * same reason. v is in M iff parity(v & check[j]) = 0 for all j < n_checks; then the image is w
 * with w bit i = parity(v & image[i]). Outside M the image means nothing. Cliffords have n_checks =
 * 0, and the map is their stabilizer flows without signs.
 *
 * For v outside M, rep[s] (s = the bits parity(v & check[j])) is a fixed representative r of its
 * coset: v ^ r is in M, so the part r must be applied to the state itself. Ref: docs/design.md.
 */
#ifndef QSPAN_GATE_PAULI_H
#define QSPAN_GATE_PAULI_H

#include <stdbool.h>
#include <stdint.h>

#include "gate/gate.h"

struct pauli_map {
    uint32_t n_qubits;
    uint32_t n_checks; /* 2k - dim M, at most 2k */
    uint32_t check[2 * GATE_MAX_QUBITS];
    uint32_t image[2 * GATE_MAX_QUBITS];
    bool is_identity; /* n_checks = 0 or not: image is v on all of M */
};

/* From the unitary, to 1e-12 in each entry: a gate that maps a string to a Pauli within that does
 * map it. Same result on all ranks. Cost: gates without parameters are looked up, rotations and
 * controlled rotations have closed forms (tens of ns), other one- and two-qubit gates take 1 to 3
 * us. */
void pauli_map_from_gate(struct pauli_map *out_map, enum gate_id gate, const double *params);
/* From any unitary on k operands (2 * 4^k doubles). */
void pauli_map_from_unitary(struct pauli_map *out_map, const double *matrix, unsigned n_qubits);
/* Representative of the coset with syndrome s (bit j = parity(v & check[j])), s < 2^n_checks; 0 for
 * 0. */
uint32_t pauli_map_representative(const struct pauli_map *map, uint32_t syndrome);
uint32_t pauli_map_apply(const struct pauli_map *map, uint32_t v);

#endif
