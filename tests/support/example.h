/* The protocols of examples/protocols, by name. Their files must be good: else the test ends. */
#ifndef QSPAN_TESTS_SUPPORT_EXAMPLE_H
#define QSPAN_TESTS_SUPPORT_EXAMPLE_H

#include "circuit/circuit.h"
#include "program/program.h"

/* The caller destroys them. */
struct program *example_program(const char *name);
struct circuit *example_target(const char *name);

#endif
