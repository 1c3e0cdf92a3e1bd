/* The exact distribution of the record of a small noisy circuit, by following every outcome and
 * every error on a state vector. No clever code on purpose. */
#ifndef SUPPORT_NAIVE_RECORD_H
#define SUPPORT_NAIVE_RECORD_H

#include <stdint.h>

#include "gate/op.h"
#include "support/naive_state.h"

enum { NAIVE_MAX_RECORD = 12 };

/* Measures a product of Paulis (letters 1 X, 2 Y, 3 Z; 0 I): the probability of result 1. */
double naive_product_probability(const struct naive_state *state, const uint32_t *qubits,
                                 const uint8_t *letters, unsigned n);
/* Projects on that result and renormalises. */
void naive_product_project(struct naive_state *state, const uint32_t *qubits,
                           const uint8_t *letters, unsigned n, bool result);
void naive_pauli(struct naive_state *state, uint32_t qubit, unsigned letter);

/* out[r]: probability of the record r (bit i: i-th result), 2^NAIVE_MAX_RECORD entries. GATE,
 * MEASURE, RESET, NOISE of every kind, IF on a parity of EXPR_REC around Paulis. At most
 * NAIVE_MAX_RECORD results. */
void naive_record_distribution(double *out, const struct op_list *ops, uint32_t n_qubits);

#endif
