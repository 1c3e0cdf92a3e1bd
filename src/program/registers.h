/* Registers and QPUs of a program by name, registers by what they hold. */
#ifndef QSPAN_PROGRAM_REGISTERS_H
#define QSPAN_PROGRAM_REGISTERS_H

#include "circuit/circuit.h"
#include "circuit/names.h"
#include "program/program.h"

struct program_index {
    struct names registers; /* qubits and bits: index * 2 + is_bits */
    struct names qpus;      /* index */
};

/* The register of that name; *out_is_bits: it is one of bits. NULL: none. Cost: one hash. */
const struct reg *register_find_name(const struct program *program, bool *out_is_bits,
                                     const char *name, size_t n);
/* The register of wire or bit i among registers that follow on each other; NULL: there are none.
 * Cost: a binary search. */
const struct reg *register_find(const struct reg *regs, size_t n_regs, uint32_t i);

#endif
