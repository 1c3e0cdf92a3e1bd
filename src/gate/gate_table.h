/* The gate table's records: what gate_info says, and how the unitary and the inverse are made. */
#ifndef QSPAN_GATE_GATE_TABLE_H
#define QSPAN_GATE_GATE_TABLE_H

#include <stdint.h>

#include "gate/gate.h"

/* How the unitary is made from the record and the parameters. */
enum gate_form {
    FORM_MATRIX,     /* constant: matrix */
    FORM_MONOMIAL,   /* constant: the identity, but for the columns in entries */
    FORM_AXIS,       /* exp(-i theta/2 P), P = the Pauli letters of axis, operand 0 first */
    FORM_PHASE,      /* diag(1, e^{i lambda}) */
    FORM_EULER,      /* u3 of (theta, phi, lambda); two parameters: theta = pi/2 */
    FORM_EQUATOR,    /* r(theta, phi) */
    FORM_CONTROLLED, /* base on the last operand if all others are 1; a parameter more than base
                      * has: a phase of the base */
};

/* Parameters of the inverse. */
enum inverse_rule {
    INVERSE_SAME,
    INVERSE_NEGATE, /* each times -1 */
    INVERSE_THETA,  /* the first times -1 */
    INVERSE_EULER,  /* (theta, phi, lambda, ...) -> (-theta, -lambda, -phi, - ...) */
    INVERSE_U2,     /* u2 -> u3 */
    INVERSE_CSX,    /* csx -> cu */
};

/* The only nonzero entry of a column is i^power in that row. */
struct gate_entry {
    uint8_t col, row, power;
};

struct gate_record {
    struct gate_info info;
    enum gate_form form;
    enum gate_id base, inverse;
    enum inverse_rule inverse_rule;
    const double *matrix;
    const char *axis;
    uint8_t n_entries;
    struct gate_entry entries[4];
};

extern const struct gate_record gate_table[GATE_COUNT];

#endif
