#include "runtime/site.h"

#include <string.h>

#include "base/mem.h"

void site_walk_init(struct site_walk *walk, uint32_t n_sites) {
    *walk = (struct site_walk){.n_sites = n_sites == 0 ? 1 : n_sites};
}

void site_walk_fini(struct site_walk *walk) {
    mem_free(walk->loops);
    memset(walk, 0, sizeof *walk);
}

enum status site_walk_copy(struct site_walk *out_walk, const struct site_walk *walk) {
    struct site_walk copy = *walk;
    copy.loops = NULL;
    copy.cap_loops = 0;
    TRY(vec_reserve(&copy.loops, 0, &copy.cap_loops, walk->n_loops, sizeof *copy.loops));
    if (walk->n_loops > 0) {
        memcpy(copy.loops, walk->loops, walk->n_loops * sizeof *copy.loops);
    }
    *out_walk = copy;
    return STATUS_OK;
}

static enum status refuse(struct src_loc loc) {
    return log_error_at(STATUS_INPUT, loc,
                        "the loops here have more rounds than random sites can be numbered for "
                        "(2^63 over all enclosing loops and ops)");
}

enum status site_push(struct site_walk *walk, uint64_t radix, struct src_loc loc) {
    const uint64_t outer = walk->iteration;
    uint64_t first, last, end;
    TRY(vec_reserve(&walk->loops, walk->n_loops, &walk->cap_loops, 1, sizeof *walk->loops));
    if (__builtin_mul_overflow(outer, radix, &first) ||
        __builtin_add_overflow(first, radix, &last) ||
        __builtin_mul_overflow(last, walk->n_sites, &end) || end > INT64_MAX) {
        return refuse(loc);
    }
    walk->loops[walk->n_loops++] = (struct site_loop){radix, 0, outer, 0};
    walk->iteration = first;
    return STATUS_OK;
}

enum status site_next(struct site_walk *walk, struct src_loc loc) {
    CHECK(walk->n_loops > 0);
    struct site_loop *loop = &walk->loops[walk->n_loops - 1];
    if (loop->round + 1 >= loop->radix) {
        return log_error_at(STATUS_INPUT, loc, "a while loop here runs for more than %llu rounds",
                            (unsigned long long)loop->radix);
    }
    loop->round++;
    walk->iteration++;
    return STATUS_OK;
}

void site_pop(struct site_walk *walk) {
    CHECK(walk->n_loops > 0);
    walk->iteration = walk->loops[--walk->n_loops].outer;
}

uint64_t site_round(const struct site_walk *walk) {
    CHECK(walk->n_loops > 0);
    return walk->loops[walk->n_loops - 1].round;
}
