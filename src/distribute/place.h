/* Which QPU holds each qubit: placement comments first, then in order. */
#ifndef QSPAN_DISTRIBUTE_PLACE_H
#define QSPAN_DISTRIBUTE_PLACE_H

#include "circuit/circuit.h"
#include "machine/machine.h"

/* *out_qpu_of (mem_free it): QPU index of each qubit. Qubits that no comment places fill what is
 * free, in order. STATUS_INPUT: a QPU that the machine lacks, or more qubits than data qubits. */
enum status place_qubits(uint32_t **out_qpu_of, const struct circuit *circuit,
                         const struct machine *machine);

#endif
