/* The instructions of Stim's language, by name. */
#ifndef QSPAN_CIRCUIT_STIM_NAMES_H
#define QSPAN_CIRCUIT_STIM_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gate/op.h"

enum stim_class {
    STIM_GATE,    /* gate; swapped: operands in the other order */
    STIM_PRODUCT, /* SPP, SPP_DAG (gate = the root of Z) */
    STIM_RESET,   /* letter */
    STIM_MEASURE, /* letter, resets; n_qubits 1 or 2 */
    STIM_MPP,
    STIM_PAD,
    STIM_NOISE,  /* noise; n_qubits of its group */
    STIM_CHAIN,  /* noise: NOISE_CORRELATED or NOISE_ELSE */
    STIM_HERALD, /* noise */
    STIM_DETECTOR,
    STIM_OBSERVABLE,
    STIM_COORDS,
    STIM_SHIFT,
    STIM_TICK,
    STIM_REPEAT,
};

struct stim_name {
    const char *name;
    enum stim_class class;
    uint16_t which; /* enum gate_id or enum op_noise */
    uint8_t letter; /* Pauli: 1, 2, 3 */
    uint8_t n_qubits;
    uint8_t n_params_min, n_params_max;
    bool swapped, resets;
    bool is_alias;   /* not the name to print */
    bool is_dialect; /* not of Stim itself; parameters are angles in half turns */
};

/* n letters in upper or lower case; NULL: none. */
const struct stim_name *stim_find_name(const char *text, size_t n);
/* The name nearest to those letters, NULL: none is near. */
const char *stim_find_near_name(const char *text, size_t n);
/* What prints a gate, NULL: Stim has no name for it. */
const struct stim_name *stim_name_of_gate(enum gate_id gate);

#endif
