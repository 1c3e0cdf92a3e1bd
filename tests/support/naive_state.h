/* A state vector without any clever code: the reference for engines. Qubit i is bit i of the index.
 */
#ifndef SUPPORT_NAIVE_STATE_H
#define SUPPORT_NAIVE_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gate/gate.h"

struct naive_state {
    unsigned n;
    double *amps; /* 2 * 2^n, interleaved */
};
void naive_init(struct naive_state *state, unsigned n); /* |0...0> */
void naive_fini(struct naive_state *state);
void naive_copy(struct naive_state *to, const struct naive_state *from); /* of equal size */
void naive_matrix(struct naive_state *state, const double *matrix, const uint32_t *qubits,
                  unsigned k);
void naive_gate(struct naive_state *state, enum gate_id gate, const double *params,
                const uint32_t *qubits);
double naive_probability(const struct naive_state *state, uint32_t qubit);
void naive_project(struct naive_state *state, uint32_t qubit, bool bit);
/* Projects as measured and flips to |0>. */
void naive_reset(struct naive_state *state, uint32_t qubit, bool measured);
double naive_expect(const struct naive_state *state, const uint32_t *qubits, const uint8_t *letters,
                    size_t n);
/* 1 - |<a|b>|^2 with b's norm divided out. */
double naive_infidelity(const struct naive_state *a, const double *amps);

#endif
