/* Pauli errors of shots, drawn as rare events (docs/design.md, contract 2).
 *
 * For one site and one block of B shots the gaps between errors are geometric: gap = floor(log u /
 * log(1 - p)), u in (0, 1]; the chain starts anew in every block, so an error depends on (seed,
 * site, block) alone, not on how blocks are batched. Cost: one Philox block per error plus one per
 * block of shots. */
#ifndef QSPAN_RUNTIME_NOISE_H
#define QSPAN_RUNTIME_NOISE_H

#include <stdint.h>

#include "base/rng.h"
#include "runtime/ensemble.h"

struct noise_chain {
    uint64_t seed, site;
    enum rng_stream stream;
    const double *p_letters; /* probabilities of letters 1 .. n_letters */
    uint32_t n_letters;
};
/* Columns 0, B, 2B, ... begin blocks first_block, first_block + 1, ...; visits errors on `columns`.
 */
void noise_visit(const struct noise_chain *chain, const struct columns *columns,
                 uint64_t first_block, uint32_t block_shots,
                 void (*visit)(void *ctx, size_t column, uint32_t letter), void *ctx);
/* The same for one block, number `block`, of n_shots columns from first_column on; columns NULL:
 * all. */
void noise_visit_block(const struct noise_chain *chain, const struct columns *columns,
                       uint64_t block, size_t first_column, size_t n_shots,
                       void (*visit)(void *ctx, size_t column, uint32_t letter), void *ctx);

#endif
