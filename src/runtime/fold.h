/* Coins that only mix the outcomes of a measured register are folded into its distribution: n coins
 * that act within 2^k outcomes then cost 2^k, not 2^(k+n). */
#ifndef QSPAN_RUNTIME_FOLD_H
#define QSPAN_RUNTIME_FOLD_H

#include <stddef.h>
#include <stdint.h>

#include "engine/engine.h"

/* Fair coins: vector i (words each) says which key bits coin i inverts. */
struct coins {
    uint64_t *flips;
    size_t n, words;
};

/* A coin whose key bits all come from one factor - or, with max_join > 0, from factors that have at
 * most max_join bits together and are multiplied out for it - is removed:
 *     p(o) <- (p(o) + p(o ^ flip)) / 2.
 * key_index: key bit of each measured wire, UINT32_MAX: none. The joint distribution of the key
 * stays what it was. Errors: STATUS_NOFIT without memory. Cost: coins x (wires + 2^bits). */
enum status fold_coins(struct engine_distribution *distribution, struct coins *coins,
                       const uint32_t *key_index, uint32_t max_join);

#endif
