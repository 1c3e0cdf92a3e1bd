/* Where in a running program we are: the random site of an op (docs/design.md, contract 1).
 *
 * site = static id + n_sites x iteration, iteration in mixed radix over the enclosing loops,
 * outermost first (a REPEAT has its count as radix, a WHILE 2^20). Beyond 2^63 it is refused. */
#ifndef QSPAN_RUNTIME_SITE_H
#define QSPAN_RUNTIME_SITE_H

#include <stddef.h>
#include <stdint.h>

#include "base/log.h"

#define SITE_WHILE_RADIX (UINT64_C(1) << 20)

struct site_loop {
    uint64_t radix, round;
    uint64_t outer; /* iteration number of the loops around it */
    uint64_t tag;   /* the caller's own */
};
struct site_walk {
    uint32_t n_sites;
    uint64_t iteration; /* of the innermost loop, in mixed radix; 0 outside loops */
    struct site_loop *loops;
    size_t n_loops, cap_loops;
};

void site_walk_init(struct site_walk *walk, uint32_t n_sites);
void site_walk_fini(struct site_walk *walk);
enum status site_walk_copy(struct site_walk *out_walk, const struct site_walk *walk);
/* Enters a loop, in round 0. Refuses (STATUS_INPUT at loc) when sites would pass 2^63. */
enum status site_push(struct site_walk *walk, uint64_t radix, struct src_loc loc);
/* Next round of the innermost loop; a WHILE past its radix is refused (STATUS_INPUT at loc). */
enum status site_next(struct site_walk *walk, struct src_loc loc);
void site_pop(struct site_walk *walk);
/* Round of the innermost loop. */
uint64_t site_round(const struct site_walk *walk);

static inline uint64_t site_at(const struct site_walk *walk, uint32_t static_id) {
    return static_id + walk->n_sites * walk->iteration;
}

#endif
