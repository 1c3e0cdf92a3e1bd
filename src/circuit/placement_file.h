/* Assignment files: which QPU holds which qubit of a circuit, from a partitioner or by hand. */
#ifndef QSPAN_CIRCUIT_PLACEMENT_FILE_H
#define QSPAN_CIRCUIT_PLACEMENT_FILE_H

#include "circuit/circuit.h"

/* Sets the circuit's placement from a text (name for messages), in place of any that it has. A JSON
 * text starts with { or [, anything else is plain (docs/formats.md):
 *     plain   lines `QUBITS QPU`, or a single `QPU` for each qubit in order; # starts a comment
 *     JSON    {"QUBITS": QPU, ...} or [QPU, ...]
 * QUBITS: `q`, `q[3]`, `q[0:3]` (inclusive) or the number of a qubit, counted over all registers.
 * QPU: a name, or a number k: the name of qpu_names[k], without names (n_names = 0) A, B, ... Z for
 * 0 ... 25. Qubits that are not named stay unplaced.
 * Errors, logged with line and column (JSON: with the key or index): STATUS_INPUT. */
enum status placement_file_read_text(struct circuit *circuit, const char *name, const char *text,
                                     size_t n, const char *const *qpu_names, size_t n_names);

#endif
