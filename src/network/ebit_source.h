/* Where ebits come from: when a requested pair is ready and how good it is.
 *
 * The runtime owns the clock: it submits requests in time order (ties by QPU, then op) and never
 * lets `next` pass the earliest time at which any QPU could still submit. One source serves one
 * timeline at a time (`begin`). Replicated: every rank holds one and gets the same answers; detmath
 * only. */
#ifndef QSPAN_NETWORK_EBIT_SOURCE_H
#define QSPAN_NETWORK_EBIT_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "base/text.h"
#include "machine/machine.h"

/* When a pair counts as ready. */
enum ebit_wait {
    EBIT_WAIT_DEFAULT, /* as the machine's policy says */
    EBIT_WAIT_NONE,    /* at once: one attempt, nobody knows of what */
    EBIT_WAIT_HERALD,
    EBIT_WAIT_FRAME
};
struct ebit_request {
    uint64_t id;           /* the EBIT's run-time site: unique in a timeline */
    uint32_t qpu_a, qpu_b; /* of the machine, here and in ledgers */
    enum ebit_wait wait;
    int64_t t_due_ps; /* for schedules that go by deadlines; 0: none */
};
struct ebit_grant {
    uint64_t id;
    int64_t t_ready_ps; /* when both halves are on their comm qubits and both QPUs know it */
};
/* The ledger of one link in one timeline. requested = used + those still open;
 * generated = used + expired + swapped + purified_away + those still stored. */
struct ebit_ledger {
    uint32_t qpu_a, qpu_b; /* a < b */
    uint64_t requested, generated, swapped, purified_away, expired, used;
};
/* By (a, b); for qsort. */
int ebit_ledger_compare(const void *a_ptr, const void *b_ptr);

struct network_stats;
struct network_trace;
struct ebit_source;
struct ebit_source_class {
    const char *name;
    enum status (*begin)(struct ebit_source *source, uint64_t timeline);
    /* Requests that will come, in program order; NULL for a source that takes no hints. */
    enum status (*hint)(struct ebit_source *source, const struct ebit_request *requests, size_t n);
    enum status (*submit)(struct ebit_source *source, struct ebit_request request, int64_t t_ps);
    /* The next pair to be ready at or before t_limit_ps, in order of time; *out_any false: none by
     * then (*out_grant untouched). Errors: time beyond int64 (STATUS_INPUT, logged). */
    enum status (*next)(struct ebit_source *source, bool *out_any, struct ebit_grant *out_grant,
                        int64_t t_limit_ps);
    /* The pair is used at t: its weights (pI, pX, pY, pZ) aged to t. */
    enum status (*take)(struct ebit_source *source, double *out_weights, uint64_t id, int64_t t_ps);
    /* Ledgers of all links with traffic, sorted by (a, b); borrowed until the next call. */
    const struct ebit_ledger *(*ledger)(const struct ebit_source *source, size_t *out_n);
    /* Latency of a classical bit; NULL: that of the machine's links. */
    enum status (*bit_latency)(struct ebit_source *source, int64_t *out_t_ps, uint32_t qpu_a,
                               uint32_t qpu_b);
    /* Who waits for what, for a run that is stuck; may be NULL. */
    void (*describe)(const struct ebit_source *source, struct text *out);
    /* Figures of the timeline so far (network/service.h); NULL: none are kept. */
    const struct network_stats *(*stats)(struct ebit_source *source);
    /* Spans are added to the trace from now on (network/trace.h), NULL stops; NULL: no traces. */
    void (*set_trace)(struct ebit_source *source, struct network_trace *trace);
    void (*destroy)(struct ebit_source *source);
};
struct ebit_source {
    const struct ebit_source_class *class;
    /* Every timeline is the same, whatever its number: computed once, used for all. */
    bool is_stationary;
};

/* Abstract links of the machine file: each link makes one pair at a time, first come first served,
 * in a fixed time, with fixed weights; ideal links are those with F = 1 (and time 0). Two QPUs
 * without a link: submit refuses (STATUS_INPUT). The machine must outlive the source; NULL: ideal
 * links between all. Stationary. Cost: O(log pairs in flight) per request; memory for links that
 * are used, not for all pairs of QPUs. */
enum status ebit_source_create_links(struct ebit_source **out_source,
                                     const struct machine *machine);

/* Of a machine with a physical network that (network/service.h), which must outlive the source; it
 * is not stationary: each timeline has its own draws. Else its links; NULL: ideal links. Errors:
 * STATUS_INPUT for a policy that the machine's buffers cannot hold. */
enum status ebit_source_create(struct ebit_source **out_source, const struct machine *machine,
                               uint64_t seed);

#endif
