/* Errors under conditions: which of them happen in half of the shots, whatever else happens.
 *
 * An error that waits for a result is independent of all others if the result is a coin: random,
 * and no function of the results that other errors wait for. To see that, a walk backwards has one
 * target, a coin, for each such error, and no others: it is what the error's condition depends on.
 * Where coins are random together, one of them is settled: its condition is independent of those of
 * the coins that are left. Errors flip conditions, but a coin that is flipped is a coin. */
#ifndef QSPAN_DEM_COINS_H
#define QSPAN_DEM_COINS_H

#include <stdbool.h>
#include <stddef.h>

#include "dem/target_set.h"

struct coin {
    uint64_t target;
    size_t op;     /* the error */
    bool is_bound; /* random, but maybe only together with others */
};
/* Those that are not settled, targets descending. Zeroed: none. */
struct coins {
    struct coin *items;
    size_t n, cap;
};

void coins_fini(struct coins *coins);
/* target: below all before. */
enum status coins_add(struct coins *coins, uint64_t target, size_t op);
/* What is random together: settles the last. */
void coins_settle(struct coins *coins, const struct target_set *gauge);
/* Adds `shift` (mod 2^64) to all targets. */
void coins_shift(struct coins *coins, uint64_t shift);

#endif
