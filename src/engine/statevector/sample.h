/* Outcomes of many wires: drawn, or as a distribution. */
#ifndef QSPAN_ENGINE_STATEVECTOR_SAMPLE_H
#define QSPAN_ENGINE_STATEVECTOR_SAMPLE_H

#include "engine/statevector/measure.h"

typedef double sample_uniform(void *ctx, size_t i, size_t shot);

/* As engine_class.sample and .distribution say. */
enum status sample_draw(struct store *store, uint64_t *inout, const uint32_t *wires, size_t n_wires,
                        size_t n_shots, sample_uniform *u, void *ctx);
enum status sample_distribution(struct store *store, struct engine_distribution *out,
                                const uint32_t *wires, size_t n_wires);

#endif
