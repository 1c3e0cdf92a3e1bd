/* What can be said about a program without running it. */
#ifndef QSPAN_VERIFY_VERIFY_H
#define QSPAN_VERIFY_VERIFY_H

#include "base/text.h"
#include "program/program.h"

/* Runs the program's static checks; if they pass, appends a report for people to `out`: QPUs,
 * wires, ebits, messages, peak comm qubits. `name` is the file's name. Errors: STATUS_INPUT, each
 * finding logged; STATUS_NOFIT without memory. Collective: no. Cost: linear in the ops. */
enum status verify_static(struct text *out, const char *name, const struct program *program);

#endif
