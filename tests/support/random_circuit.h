/* Random circuits over the whole gate table, with conditions, measurements, resets and barriers. */
#ifndef SUPPORT_RANDOM_CIRCUIT_H
#define SUPPORT_RANDOM_CIRCUIT_H

#include <stdbool.h>
#include <stdint.h>

#include "circuit/circuit.h"

struct random_circuit {
    uint64_t seed;
    uint32_t n_qubits, n_ops;
    uint32_t n_measures; /* at most, in the middle, into c[2] */
    uint32_t max_operands;
    bool is_measured; /* every qubit at the end, into out */
};
/* Registers c[2] (written by measurements in the middle), d[2] (never written), out[n_qubits].
 * Angles are generic, or multiples of pi/2 up to 4 pi, so that gates become diagonal. Op i has line
 * i + 1 of "random.qasm". */
struct circuit *random_circuit_create(const struct random_circuit *spec);

/* A stream of numbers that depends on the seed alone. */
struct random_stream {
    uint64_t seed, n;
};
uint32_t random_below(struct random_stream *stream, uint32_t n);
double random_unit(struct random_stream *stream);

#endif
