/* Expectation values of Pauli strings, and amplitudes: what reads a whole state. */
#ifndef QSPAN_ENGINE_STATEVECTOR_EXPECT_H
#define QSPAN_ENGINE_STATEVECTOR_EXPECT_H

#include "engine/statevector/measure.h"

/* As engine_class.expect and .amplitudes say. */
enum status expect_pauli(struct store *store, double *out_value, const uint32_t *wires,
                         const uint8_t *letters, size_t n);
enum status expect_amplitudes(struct store *store, double *out, const uint32_t *wires, size_t n);

#endif
