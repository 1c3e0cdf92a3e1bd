/* Parts of the service: resources, requests, making pairs. */
#ifndef QSPAN_NETWORK_SERVICE_IMPL_H
#define QSPAN_NETWORK_SERVICE_IMPL_H

#include <uthash.h>

#include "base/log.h"
#include "base/rng.h"
#include "network/route.h"
#include "network/service.h"

#define NO_ANALYSER UINT32_MAX

enum resource_kind { RESOURCE_COMM, RESOURCE_BUFFER, RESOURCE_CHANNEL, RESOURCE_ANALYSER };
/* Units of one thing in one place. Unlimited ones are never waited for. */
struct resource {
    enum resource_kind kind;
    uint32_t index; /* node, fibre or switch */
    uint32_t n_total, n_free;
    uint32_t n_down; /* outages that cover it */
    uint32_t n_peak;
    int64_t t_changed_ps;
    double busy_ps;
    struct event_heap waiting; /* event.id: slot << 32 | stamp */
};
/* A circuit that stands idle: channels are still its own, reconfiguration was paid. */
struct circuit {
    struct segment *segment;
    struct circuit *next; /* of the segment, or of the spare ones */
    uint64_t order;       /* the oldest is torn down first */
};
struct idle_list { /* per fibre */
    struct circuit **circuits;
    size_t n, cap;
};

enum request_state {
    REQUEST_SPARE,
    REQUEST_WAITING,
    REQUEST_MAKING,
    REQUEST_POOLED,
    REQUEST_READY
};
/* One pair on the ladder of purification. */
struct rung {
    struct pair pair;
    int64_t t_ps, t_born_ps;
    uint32_t level;
};
struct making { /* one segment of a request */
    uint32_t figures, analyser;
    bool has_circuit, is_ready;
    uint32_t first, last; /* at both ends of a region of swapped segments: the region */
    struct pair pair;
    int64_t t_ps, t_born_ps;
    uint32_t stamp; /* events of earlier attempts are void */
    uint32_t n_rungs;
    int64_t t_channel_ps; /* since when it has its channels */
};
enum { MAX_PARKED = 24 };
struct request {
    uint64_t id, seq;
    uint32_t parked[MAX_PARKED], n_parked; /* resources whose queues hold an entry of it */
    enum request_state state;
    struct path_set *set;
    struct route *route;
    struct making *makings;
    struct rung *rungs; /* n_segments x (rounds + 1) */
    uint32_t cap_makings, cap_rungs;
    uint32_t stamp; /* waiters of earlier waits are void */
    uint32_t n_draws;
    uint32_t hint;  /* UINT32_MAX: none */
    bool is_wanted; /* submitted; a prefetched pair need not be */
    bool has_comm, has_buffer, has_route;
    int64_t t_submit_ps, t_grant_ps, t_start_ps, t_ready_ps;
    struct pair pair;
    int64_t t_pair_ps;
};
struct hint {
    struct ebit_request request;
    uint32_t slot; /* UINT32_MAX: not started */
    bool is_submitted;
    UT_hash_handle hh;
};
enum event_kind {
    EVENT_HERALD,
    EVENT_SEGMENT,
    EVENT_DONE,
    EVENT_EXPIRE,
    EVENT_OUTAGE_START,
    EVENT_OUTAGE_END
};
/* Packed into event.id. */
struct service_event {
    enum event_kind kind;
    uint32_t segment; /* below 2^13; EVENT_POOL: the whole pair */
    uint32_t slot;    /* below 2^24; outages: their index */
    uint32_t stamp;   /* low 24 bits */
};
enum { MAX_SEGMENTS = (1 << 13) - 1, EVENT_POOL = MAX_SEGMENTS, MAX_REQUESTS = 1 << 24 };
static inline uint64_t event_pack(struct service_event event) {
    return (uint64_t)event.kind << 61 | (uint64_t)event.segment << 48 | (uint64_t)event.slot << 24 |
           (event.stamp & 0xffffff);
}
static inline struct service_event event_unpack(uint64_t id) {
    return (struct service_event){(enum event_kind)(id >> 61), (uint32_t)(id >> 48) & 0x1fff,
                                  (uint32_t)(id >> 24) & 0xffffff, (uint32_t)id & 0xffffff};
}
static inline bool event_is_current(uint32_t stamp, struct service_event event) {
    return (stamp & 0xffffff) == event.stamp;
}

struct service {
    const struct machine *machine;
    const struct machine_physical *physical;
    const struct machine_policy *policy;
    struct routes *routes;
    uint64_t seed;
    uint32_t timeline;
    struct resource *resources; /* comm per QPU, buffer per node, channels, analysers */
    size_t n_resources, first_buffer, first_channel, first_analyser;
    struct idle_list *idle; /* per fibre */
    struct circuit *spare_circuits;
    struct arena arena;
    struct request *requests;
    uint32_t n_requests;
    size_t cap_requests;
    uint32_t *spare;
    size_t n_spare, cap_spare;
    struct event_heap events;
    uint32_t *ready;                        /* slots, in order of time; a ring */
    size_t first_ready, n_ready, cap_ready; /* n_ready: end of the list */
    struct event_heap in_order;             /* static schedule */
    uint64_t n_seq, n_ties, n_waiting, n_circuits;
    int64_t t_now_ps;
    uint32_t *released; /* resources to wake */
    size_t n_released, cap_released;
    struct hint *hints, *hints_by_id;
    size_t n_hints, cap_hints, first_hint;
    uint32_t n_extra; /* buffer qubits that purification takes at each end */
    struct ebit_ledger *ledger;
    size_t cap_ledger;
    struct network_stats stats;
    struct network_trace *trace;
};

/* ---- resources (acquire.c) ---- */

static inline struct resource *comm_of(struct service *s, uint32_t qpu) {
    return &s->resources[qpu];
}
static inline struct resource *buffer_of(struct service *s, uint32_t qpu_or_repeater) {
    return &s->resources[s->first_buffer + qpu_or_repeater];
}
static inline struct resource *channel_of(struct service *s, uint32_t fibre) {
    return &s->resources[s->first_channel + fibre];
}
static inline struct resource *analyser_of(struct service *s, uint32_t sw) {
    return &s->resources[s->first_analyser + sw];
}
bool resource_has(const struct service *s, const struct resource *resource, uint32_t n);
void resource_take(struct service *s, struct resource *resource, uint32_t n);
/* Given back; whoever waits is woken by service_wake. */
enum status resource_give(struct service *s, struct resource *resource, uint32_t n);
/* Its entries in queues are void from now on. */
static inline void request_unpark(struct request *request) {
    request->stamp++;
    request->n_parked = 0;
}
/* Takes all that the request needs, or notes what it waits for. */
enum status request_try(struct service *s, bool *out_granted, uint32_t slot);
/* Tries those that wait for what was given back since the last call. */
enum status service_wake(struct service *s);
enum status segment_release(struct service *s, struct request *request, uint32_t segment);
/* Ledger of the request's QPUs. */
static inline struct ebit_ledger *ledger_of(struct request *request) {
    return &request->set->ledger;
}
enum status request_release_all(struct service *s, struct request *request);
/* A request of this pair next, over the circuit that was just freed, if batches go on. */
enum status service_continue_batch(struct service *s, struct path_set *set);

/* ---- pairs (make.c) ---- */

enum status request_start(struct service *s, uint32_t slot);
enum status request_herald(struct service *s, uint32_t slot, uint32_t segment);
enum status request_segment_ready(struct service *s, uint32_t slot, uint32_t segment);
enum status request_expire(struct service *s, uint32_t slot, uint32_t segment);
/* The pair is there: to its QPUs, or to the pool. */
enum status request_deliver(struct service *s, uint32_t slot);
/* Everything made so far is lost; the request waits again. */
enum status request_abort(struct service *s, uint32_t slot);
/* Tries at once; waits if it must. */
enum status request_enter(struct service *s, uint32_t slot);
void request_free(struct service *s, uint32_t slot);
enum status service_push(struct service *s, int64_t t_ps, struct service_event event);
enum status service_prefetch(struct service *s);
enum status service_overflow(void);

#endif
