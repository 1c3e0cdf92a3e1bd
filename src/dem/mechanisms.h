/* Error mechanisms: each flips a set of targets with a probability, independently of the others.
 *
 * One entry per (targets, tag); what is added to an entry is fused: p = p1 (1 - p2) + p2 (1 - p1).
 * Targets of a decomposed error are its parts, each ascending, with DEM_SEPARATOR between them. */
#ifndef QSPAN_DEM_MECHANISMS_H
#define QSPAN_DEM_MECHANISMS_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

struct mechanism {
    double p;
    uint64_t hash;
    size_t first; /* target in the pool */
    uint32_t n, tag;
};
struct mechanisms {
    const char *const *tags; /* by tag - 1, borrowed; for the order */
    struct mechanism *items;
    size_t n, cap;
    uint64_t *pool;
    size_t n_pool, cap_pool;
    uint32_t *slots; /* 1 + item, 0: free; n_slots is a power of two or 0 */
    size_t n_slots;
};

void mechanisms_fini(struct mechanisms *mechanisms);
void mechanisms_clear(struct mechanisms *mechanisms);
static inline const uint64_t *mechanism_targets(const struct mechanisms *mechanisms, size_t item) {
    return mechanisms->pool + mechanisms->items[item].first;
}
/* targets must not lie in the pool. Nothing happens for p = 0 or n = 0. Cost: a hash look-up. */
enum status mechanisms_add(struct mechanisms *mechanisms, double p, const uint64_t *targets,
                           size_t n, uint32_t tag);
/* *out_order (mem_free it): items with p > 0 by targets, then tags. */
enum status mechanisms_sort(const struct mechanisms *mechanisms, uint32_t **out_order,
                            size_t *out_n);

#endif
