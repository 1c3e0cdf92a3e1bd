/* Errors of operations become NOISE ops of a program: those of a noise model and those that a
 * machine file gives its QPUs. */
#ifndef QSPAN_SCHEDULE_NOISE_APPLY_H
#define QSPAN_SCHEDULE_NOISE_APPLY_H

#include "machine/machine.h"
#include "machine/noise_model.h"
#include "program/program.h"

/* Writes after each gate and reset, and before and into each measurement, the channels of the rules
 * that fit it best, in the order of the file, then the error of the machine. A rule with qubits
 * fits better than one with QPUs, that better than one for all; among these `gates` fits better
 * than `arity`. Pairs have their own errors: an EBIT gets none. A program that has a machine's
 * errors already (as the text that `plan --machine` writes) gets none of another one.
 *
 * Qubits are named as the program's logical qubits at the start, by their number among those, or as
 * wires. model, machine: NULL: none. Sites are numbered again. Errors: STATUS_INPUT where a rule
 * names qubits or QPUs that the program lacks, where two rules misread one measurement, and where
 * gate2.error of the machine meets a gate on more than two qubits. */
enum status noise_apply(struct program *program, const struct noise_model *model,
                        const struct machine *machine);

#endif
