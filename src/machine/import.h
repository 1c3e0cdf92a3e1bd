/* Machines of other tools, rewritten as machine files: SquidASM's network YAML, SeQUeNCe's JSON.
 *
 * What another tool says and a machine file cannot is refused with its place, not left out. JSON is
 * read as YAML, which it nearly is. */
#ifndef QSPAN_MACHINE_IMPORT_H
#define QSPAN_MACHINE_IMPORT_H

#include "machine/machine.h"

enum machine_format { MACHINE_FORMAT_OWN, MACHINE_FORMAT_SQUIDASM, MACHINE_FORMAT_SEQUENCE };

/* By the keys at the top: "stacks" is SquidASM's, "nodes" SeQUeNCe's. */
enum machine_format machine_guess_format(const char *text, size_t n);
/* The machine file that says the same. Errors: STATUS_INPUT, logged with file:line:column. */
enum status machine_import_squidasm(struct text *out, const char *file, const char *text, size_t n);
enum status machine_import_sequence(struct text *out, const char *file, const char *text, size_t n);

#endif
