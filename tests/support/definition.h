/* A small reader of "gate name(params) operands { ... }" that multiplies the dense unitaries of the
 * body: an evaluator of definitions that shares no code with the library but gate_unitary. */
#ifndef SUPPORT_DEFINITION_H
#define SUPPORT_DEFINITION_H

#include "gate/gate.h"
#include "support/dense.h"

struct definition {
    char name[32];
    unsigned n_params, n_operands, n_gates;
    /* Gates of the body, at most 128. */
    enum gate_id gates[128];
    struct dense unitary;
};
/* NULL, or what is wrong with the text. */
const char *definition_eval(struct definition *out, const char *text, const double *params);

#endif
