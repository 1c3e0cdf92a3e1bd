/* Expectation values of Pauli strings, and amplitudes: what reads a whole state. */
#ifndef QSPAN_ENGINE_STATEVECTOR_EXPECT_H
#define QSPAN_ENGINE_STATEVECTOR_EXPECT_H

#include "engine/statevector/measure.h"

/* As engine_class.expect_many, .read and .amplitudes say. */
enum status expect_paulis(struct store *store, double *out_values,
                          const struct engine_paulis *paulis);
enum status expect_read(struct store *store, double *out, const uint32_t *wires, size_t n,
                        unsigned piece_bits, uint64_t piece, uint64_t flip);
enum status expect_amplitudes(struct store *store, double *out, const uint32_t *wires, size_t n);

#endif
