/* The timing side of a run: skeleton, ebit source, timelines, ledgers.
 *
 * Not collective: every rank that makes the same calls has the same times and pairs. Errors of what
 * runs timelines: those of timeline_run, and STATUS_NOFIT; of the rest: STATUS_NOFIT (both logged).
 * Cost: that of the timelines. */
#ifndef QSPAN_RUNTIME_CLOCK_H
#define QSPAN_RUNTIME_CLOCK_H

#include "runtime/runtime.h"
#include "runtime/timeline.h"
#include "runtime/walker.h"

struct clock_pair {
    uint64_t site;
    double weights[4];
};
/* Decisions of one walk, sorted by place. */
struct decision_list {
    struct decision *items;
    size_t n;
};
struct run_clock {
    const struct program *program;
    const struct machine *machine;
    struct machine *ideal; /* owned: when the caller gave no machine */
    struct skeleton *skeleton;
    struct ebit_source *source;
    struct timeline *timeline;
    /* Static programs, and shots: pairs of each timeline kept, one after the other, by site. */
    struct clock_pair *pairs;
    size_t n_pairs, cap_pairs;
    uint64_t first_kept, n_kept; /* timelines */
    bool does_vary;              /* timelines differ: one per block of shots */
    enum status hook_status;
    struct timeline_result last;
    uint64_t digest;    /* of all pairs delivered */
    int64_t *makespans; /* of the timelines run by clock_run_blocks, in order */
    size_t n_makespans, cap_makespans;
    struct network_trace *trace;   /* of timeline 0, when it is counted; or NULL */
    struct network_stats *network; /* sums over timelines; NULL: the source keeps no figures */
    /* Of each counted timeline NETWORK_N_REALS of its figures, and the sums of those that the
     * replicas have put together (replicas_add_reals). */
    bool keeps_reals;
    double *reals, *real_sums;
    size_t n_reals, cap_reals;
    /* Sums over timelines, each with its weight: the shots that it serves, or a probability. */
    struct ebit_ledger_mean *links; /* program QPU indices, sorted */
    size_t n_links, cap_links;
    double n_ebits, n_bits_sent;
};

/* Sums and peaks at one time. */
struct clock_mark {
    struct ebit_ledger_mean *links;
    size_t n_links, cap_links, n_makespans, n_reals;
    double n_ebits, n_bits_sent;
    struct network_stats *network;
    uint32_t *peak_comm;
};

/* machine NULL: ideal links, the program's QPUs. */
enum status clock_create(struct run_clock *out_clock, const struct program *program,
                         const struct machine *machine, uint64_t seed);
void clock_fini(struct run_clock *clock);
/* Runs a timeline with the branch's decisions (NULL for static programs) and adds it to the sums
 * `weight` times; the result is in clock->last. */
enum status clock_run(struct run_clock *clock, const struct decision *decisions, double weight);
/* Static programs whose timelines vary: runs those of blocks first .. first + n - 1, adds each from
 * first_counted on once to the sums and keeps their pairs instead of those kept so far. */
enum status clock_run_blocks(struct run_clock *clock, uint64_t first, uint64_t n,
                             uint64_t first_counted);
/* Remembers what timelines add to, instead of what the mark remembered before. STATUS_NOFIT. */
enum status clock_set_mark(struct clock_mark *mark, const struct run_clock *clock);
/* Timelines since then do not count. */
void clock_go_back(struct run_clock *clock, const struct clock_mark *mark);
void clock_mark_fini(struct clock_mark *mark);
/* Adds to the sums of a link. */
enum status clock_add_link(struct run_clock *clock, const struct ebit_ledger_mean *link);
/* Programs that depend on data: runs a timeline with these decisions and keeps its pairs alone. */
enum status clock_run_shot(struct run_clock *clock, const struct decision_list *decisions,
                           uint64_t number, bool is_counted);
/* Weights of the pair at a site in a timeline that is kept (clock_run_blocks). */
void clock_kept_weights(const struct run_clock *clock, double *out_weights, uint64_t site,
                        uint64_t block);
/* Copies decisions into the arena, sorted. */
enum status decision_list_fill(struct decision_list *out_list, struct arena *arena,
                               const struct decision *decisions);
/* Of pairs sorted by site; NULL: none was delivered there. */
const struct clock_pair *clock_find_pair(const struct clock_pair *pairs, size_t n, uint64_t site);
/* Weights of the pair delivered to two wires at a site in a block's timeline (static programs), or
 * of a fresh pair of their link. Blocks are looked at only where timelines vary. */
enum status clock_pair_weights(void *clock, double *out_weights, const uint32_t *wires,
                               uint64_t site, uint64_t block);

#endif
