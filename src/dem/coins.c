#include "dem/coins.h"

#include <string.h>

#include "base/mem.h"

void coins_fini(struct coins *coins) {
    mem_free(coins->items);
    *coins = (struct coins){0};
}

enum status coins_add(struct coins *coins, uint64_t target, size_t op) {
    TRY(vec_reserve(&coins->items, coins->n, &coins->cap, 1, sizeof *coins->items));
    coins->items[coins->n++] = (struct coin){.target = target, .op = op};
    return STATUS_OK;
}

/* n: it is not there. */
static size_t find_coin(const struct coins *coins, uint64_t target) {
    size_t low = 0, high = coins->n;
    while (low < high) {
        const size_t middle = (low + high) / 2;
        if (coins->items[middle].target > target) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < coins->n && coins->items[low].target == target ? low : coins->n;
}

void coins_settle(struct coins *coins, const struct target_set *gauge) {
    for (uint32_t i = 0; i < gauge->n; i++) {
        const size_t at = find_coin(coins, gauge->items[i]);
        if (at == coins->n) {
            continue; /* a scout does not know those of before */
        }
        coins->items[at].is_bound = true;
        if (i + 1 == gauge->n) {
            memmove(coins->items + at, coins->items + at + 1,
                    (coins->n - at - 1) * sizeof *coins->items);
            coins->n--;
        }
    }
}

void coins_shift(struct coins *coins, uint64_t shift) {
    for (size_t i = 0; i < coins->n; i++) {
        coins->items[i].target += shift;
    }
}
