/* Values of `input` variables, from the limits' list of parameters. */
#ifndef QSPAN_CIRCUIT_QASM3_INPUT_H
#define QSPAN_CIRCUIT_QASM3_INPUT_H

#include "circuit/qasm3_internal.h"

/* Errors: none given, or not of that type. */
enum status qasm3_read_input(struct qasm3 *p, struct qasm3_value *out,
                             const struct qasm3_value *type, const struct qasm3_node *node);

#endif
