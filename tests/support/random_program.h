/* Random programs that pass the checker, and machines to run them on. */
#ifndef QSPAN_TESTS_SUPPORT_RANDOM_PROGRAM_H
#define QSPAN_TESTS_SUPPORT_RANDOM_PROGRAM_H

#include "machine/machine.h"
#include "program/program.h"

enum { RANDOM_MAX_QPUS = 4, RANDOM_N_BITS = 6 };

/* 2 to 4 QPUs A, B ..., each with 2 data and up to 3 comm wires; gates, barriers, measurements,
 * ebits, IFs that hold only gates, REPEAT; with branches also WHILE and IFs that hold anything. */
struct program *random_program(uint64_t seed, bool has_branches);
/* QPUs A to D, all joined; times of a few picoseconds, or all zero. */
struct machine *random_machine(uint64_t seed);
/* Whether an IF or WHILE is taken. */
bool random_decision(uint64_t seed, size_t op_index, uint64_t iteration);

#endif
