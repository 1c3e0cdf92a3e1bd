/* The timing side of a run: skeleton, ebit source, timelines, ledgers. */
#ifndef QSPAN_RUNTIME_CLOCK_H
#define QSPAN_RUNTIME_CLOCK_H

#include "runtime/runtime.h"
#include "runtime/timeline.h"
#include "runtime/walker.h"

struct clock_pair {
    uint64_t site;
    double weights[4];
};
struct run_clock {
    const struct program *program;
    const struct machine *machine;
    struct machine *ideal; /* owned: when the caller gave no machine */
    struct skeleton *skeleton;
    struct ebit_source *source;
    struct timeline *timeline;
    struct clock_pair *pairs; /* static programs: by site */
    size_t n_pairs, cap_pairs;
    enum status hook_status;
    struct timeline_result last;
    /* Sums over timelines, each with its weight: the shots that it serves, or a probability. */
    struct ebit_ledger_mean *links; /* program QPU indices, sorted */
    size_t n_links, cap_links;
    double n_ebits, n_bits_sent;
};

/* machine NULL: ideal links, the program's QPUs. */
enum status clock_create(struct run_clock *out_clock, const struct program *program,
                         const struct machine *machine);
void clock_fini(struct run_clock *clock);
/* Runs a timeline with the branch's decisions (NULL for static programs) and adds it to the sums
 * `weight` times; the result is in clock->last. */
enum status clock_run(struct run_clock *clock, const struct decision *decisions, double weight);
/* Weights of the pair delivered to two wires at a site (static programs), or of a fresh pair of
 * their link. */
enum status clock_pair_weights(void *clock, double *out_weights, const uint32_t *wires,
                               uint64_t site);

#endif
