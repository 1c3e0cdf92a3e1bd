/* A Clifford gate as a few additions and exchanges of rows.
 *
 * Rows are what depends on X of operand 0 ... k-1, then on Z of operand 0 ... k-1 after the gate;
 * the steps turn them into what depends on these before it: a Pauli P' that is looked at after U is
 * U^dagger P' U before. Signs do not matter. */
#ifndef QSPAN_DEM_STEPS_H
#define QSPAN_DEM_STEPS_H

#include <stdbool.h>
#include <stdint.h>

#include "gate/gate.h"

enum { STEPS_MAX = 20 };
struct gate_step {
    uint8_t to, from;
    bool is_swap; /* else row `to` += row `from` */
};
struct gate_steps {
    uint8_t n_qubits, n;
    struct gate_step steps[STEPS_MAX];
};
/* false: no Clifford for these parameters. Cost: 1 us or less for a gate without parameters. */
bool gate_steps_make(struct gate_steps *out_steps, enum gate_id gate, const double *params);

#endif
