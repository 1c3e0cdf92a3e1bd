/* circuit + machine -> program: which QPU holds each qubit, and which protocol each remote gate
 * uses. */
#ifndef QSPAN_DISTRIBUTE_DISTRIBUTE_H
#define QSPAN_DISTRIBUTE_DISTRIBUTE_H

#include "circuit/circuit.h"
#include "machine/machine.h"
#include "program/program.h"

/* Fixed rules, in program order (docs/distribute.md):
 * - placement: from the circuit's placement comments, else in order, each QPU filled to its `data`;
 * - a gate on one QPU stays; a two-qubit gate that is diagonal on an operand (operand 0 preferred,
 * up to the basis change that the rule table names) is a telegate: that operand is copied (1 ebit,
 * 2 bits) to the other operand's QPU; any other two-qubit gate: operand 0 is teleported to operand
 * 1's QPU and back (2 ebits, 4 bits);
 * - a gate on 3 or more qubits runs on the QPU that holds most operands (ties: the lowest
 * operand's); diagonal operands are copied there, others teleported there and back; with too few
 * comm qubits there it is decomposed first; no comm qubits or no link: refused with line and reason
 * (STATUS_INPUT).
 * - conditions stay on the gates inside a packet: ebits never depend on data.
 * Qubits that do not fit: STATUS_INPUT with the figures. */
enum status distribute_simple(struct program **out_program, const struct circuit *circuit,
                              const struct machine *machine);

#endif
