/* Parts of the service: resources, requests, making pairs. */
#ifndef QSPAN_NETWORK_SERVICE_IMPL_H
#define QSPAN_NETWORK_SERVICE_IMPL_H

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "base/log.h"
#include "base/rng.h"
#include "kernels/network.h"
#include "network/route.h"
#include "network/service.h"

#define NO_ANALYSER UINT32_MAX
#define NO_SLOT UINT32_MAX
#define NO_PLACE UINT64_MAX
#define NO_RESOURCE SIZE_MAX

enum resource_kind {
    RESOURCE_COMM,
    RESOURCE_BUFFER,
    RESOURCE_CHANNEL,
    RESOURCE_ANALYSER,
    RESOURCE_N_KINDS
};
/* Units of one thing in one place. Unlimited ones are never waited for. */
struct resource {
    uint32_t n_free;
    uint32_t n_least; /* the fewest that were free */
    uint32_t n_idle;  /* channels: circuits that stand idle on it and would go */
    uint16_t n_each;  /* the fewest of which anybody takes */
    bool is_down;     /* some outage covers it */
    bool is_awaited;
};
/* Those that wait, in order of coming, and what for: a bit per place and resource, 64 places a
 * block. Places are never reused before the line is rebuilt, so bits of those that left are dropped
 * when somebody looks. */
enum { LINE_PLACES = 64 };
struct waiting_line {
    uint32_t *slots; /* by place, modulo 64 n_blocks */
    uint64_t *live;  /* by block: places of those that did not leave */
    uint64_t *bits;  /* by block, then resource */
    uint64_t first, end;
    size_t n_blocks; /* a power of two */
    size_t n_in_line;
    uint64_t last_seq;
    bool is_sorted; /* order of places is order of requests */
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
    int64_t t_keep_ps; /* what will be left of it by then: the two factors of ageing */
    double keep1, keep2;
    uint32_t level;
};
/* A segment's ladder: what all its pairs have in common, and those that wait for another. */
struct ladder {
    struct pair_raw raw; /* when both ends know of it */
    struct pair_decay decay;
    double rate1[2]; /* of each end */
    struct pair_ops ops;
    int64_t t_step_ps;   /* how long a step takes */
    double keep1, keep2; /* what is left after a step */
    struct rung rungs[]; /* one per round, the result, and a raw one */
};
struct making { /* one segment of a request */
    const struct link_figures *figures;
    const struct way *way; /* which has the fibres; NULL: the route has them */
    int64_t t_channel_ps;  /* since when it has its channels */
    uint32_t analyser;
    uint32_t stamp;       /* events of earlier attempts are void */
    uint32_t first, last; /* at both ends of a region of swapped segments: the region */
    uint32_t n_rungs;
    bool has_circuit, is_ready;
    int64_t t_ps, t_born_ps;
    struct pair pair;
    struct pair_keep at_herald;
};
struct request { /* in order of looking */
    struct path_set *set;
    uint64_t place; /* in the line of those that wait; NO_PLACE: it does not */
    struct making *makings;
    uint64_t id, seq;
    uint32_t stamp; /* events of earlier states are void */
    uint32_t n_segments;
    uint32_t cap_makings;
    uint32_t n_draws;
    enum request_state state;
    bool is_wanted; /* submitted; a prefetched pair need not be */
    bool has_comm, has_buffer, has_route;
    struct ladder *ladders;      /* by segment, ladder_bytes each; NULL: no purification */
    struct network_draws *ahead; /* the next draws; NULL: one by one */
    int64_t t_submit_ps, t_grant_ps, t_start_ps, t_ready_ps, t_pair_ps;
    int64_t t_due_ps; /* INT64_MAX: never */
    struct pair pair;
    struct route *route;
    enum machine_wait wait;
    uint32_t hint;  /* UINT32_MAX: none */
    bool is_called; /* an event wakes it in the next slot of its own */
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
    EVENT_OUTAGE_END,
    EVENT_SLOT
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

/* First draws of 8 requests, whose ids are next to each other. */
struct first_draws {
    uint64_t group; /* of ids; NO_GROUP: none */
    struct network_draws draws;
};
enum { FIRST_DRAWS = 64 };
#define NO_GROUP UINT64_MAX

struct service {
    const struct machine *machine;
    const struct machine_physical *physical;
    const struct machine_policy *policy;
    struct routes *routes;
    const struct pair_decay *decays; /* by node */
    uint32_t n_width;                /* channels per link */
    uint64_t seed;
    uint32_t timeline;
    const struct network_kernels *kernels;
    struct first_draws first_draws[FIRST_DRAWS]; /* by group of ids */
    size_t ladder_bytes;                         /* 0: no purification */
    struct resource *resources; /* comm per QPU, buffer per node, channels, analysers */
    bool *is_short;             /* resource_left < n_each; looked at often */
    uint32_t *n_total, *n_down; /* of each; outages that cover it */
    /* One more than there are fibres, of which nothing is needed, and one more than switches, which
     * has nothing: places of ways that are not used. */
    size_t n_resources, first_buffer, first_channel, first_analyser;
    bool is_instant; /* circuits take no time to set up anywhere */
    struct waiting_line line;
    double n_in_use[RESOURCE_N_KINDS]; /* of all places together; whole numbers */
    double busy_ps[RESOURCE_N_KINDS];  /* unit-time in use until now */
    struct idle_list *idle;            /* per fibre */
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
    uint64_t outage_epoch; /* counts changes */
    uint32_t n_outages_now;
    int64_t t_now_ps;
    uint32_t *released; /* resources that somebody waits for */
    size_t n_released, cap_released;
    struct hint *hints, *hints_by_id;
    size_t n_hints, cap_hints, first_hint;
    uint32_t n_extra;        /* buffer qubits that purification takes at each end */
    struct pair_keep in_use; /* of the last pair that was used */
    struct ebit_ledger *ledger;
    size_t cap_ledger;
    struct network_stats stats;
    struct network_trace *trace;
};

/* ---- resources (acquire.c) ---- */

/* Indices of resources. */
static inline size_t comm_of(const struct service *s, uint32_t qpu) {
    (void)s;
    return qpu;
}
static inline size_t buffer_of(const struct service *s, uint32_t qpu_or_repeater) {
    return s->first_buffer + qpu_or_repeater;
}
static inline size_t channel_of(const struct service *s, uint32_t fibre) {
    return s->first_channel + fibre;
}
static inline size_t analyser_of(const struct service *s, uint32_t sw) {
    return s->first_analyser + sw;
}
/* How many units a request may have, at once or by tearing circuits down. */
static inline uint32_t resource_left(const struct service *s, size_t index) {
    const struct resource *resource = &s->resources[index];
    return resource->is_down ? 0 : resource->n_free + resource->n_idle * s->n_width;
}
/* After a change. */
static inline void resource_count(struct service *s, size_t index) {
    s->is_short[index] = resource_left(s, index) < s->resources[index].n_each;
}
/* Not yet counted in n_in_use. */
static inline void resource_take_here(struct service *s, size_t index, uint32_t n) {
    struct resource *resource = &s->resources[index];
    CHECK(resource->n_free >= n);
    resource->n_free -= n;
    if (resource->n_free < resource->n_least) {
        resource->n_least = resource->n_free;
    }
    resource_count(s, index);
}
static inline void resource_take(struct service *s, enum resource_kind kind, size_t index,
                                 uint32_t n) {
    s->n_in_use[kind] += n;
    resource_take_here(s, index, n);
}
/* It may serve now whom it did not before: service_wake sees to it. */
enum status resource_release(struct service *s, size_t index);
/* After a change of is_down or n_idle. */
static inline enum status resource_note(struct service *s, size_t index) {
    resource_count(s, index);
    return s->resources[index].is_awaited ? resource_release(s, index) : STATUS_OK;
}
static inline enum status resource_give_here(struct service *s, size_t index, uint32_t n) {
    struct resource *resource = &s->resources[index];
    resource->n_free += n;
    resource_count(s, index);
    return resource->is_awaited ? resource_release(s, index) : STATUS_OK;
}
static inline enum status resource_give(struct service *s, enum resource_kind kind, size_t index,
                                        uint32_t n) {
    s->n_in_use[kind] -= n;
    return resource_give_here(s, index, n);
}
enum resource_kind resource_kind_of(const struct service *s, size_t index, uint32_t *out_place);
/* Time goes on; unit-times in use are summed. */
static inline void service_set_now(struct service *s, int64_t t_ps) {
    if (t_ps > s->t_now_ps) {
        const double dt_ps = (double)(t_ps - s->t_now_ps);
        for (int k = 0; k < RESOURCE_N_KINDS; k++) {
            s->busy_ps[k] += s->n_in_use[k] * dt_ps;
        }
        s->t_now_ps = t_ps;
    }
}

/* ---- the line (line.c) ---- */

/* Empty; frees nothing. */
void line_clear(struct service *s);
void line_fini(struct waiting_line *line);
/* Gives the request a place. */
enum status line_enter(struct service *s, uint32_t slot);
static inline uint64_t *line_bits(const struct service *s, uint64_t place, size_t resource) {
    const struct waiting_line *line = &s->line;
    return &line->bits[(place / LINE_PLACES & (line->n_blocks - 1)) * s->n_resources + resource];
}
/* The request, which has a place, waits for the resource, too. */
static inline void line_wait(struct service *s, uint64_t place, size_t resource) {
    *line_bits(s, place, resource) |= UINT64_C(1) << place % LINE_PLACES;
    s->resources[resource].is_awaited = true;
}
/* Takes the one that is served first off the resource's waiters; NO_SLOT: there is none. */
uint32_t line_next(struct service *s, size_t resource);
bool line_waits(const struct service *s, uint32_t slot, size_t resource);
void line_leave(struct service *s, struct request *request);
/* All n_in_line, by place. */
void line_list(const struct service *s, uint32_t *out_slots);

/* Waits for nothing; its events are void from now on. */
static inline void request_unpark(struct service *s, struct request *request) {
    request->stamp++;
    request->is_called = false;
    if (request->place != NO_PLACE) {
        line_leave(s, request);
    }
}
/* Takes all that the request needs, or notes what it waits for. */
enum status request_try(struct service *s, bool *out_granted, uint32_t slot);
/* A slot of the request begins. */
enum status request_slot(struct service *s, uint32_t slot);
/* Tries those that wait for what was given back since the last call. */
enum status service_wake(struct service *s);
/* Tries all that wait, in their order. */
enum status service_retry(struct service *s);
/* Channels of a segment: an idle circuit of its own, or free ones for which idle circuits go. */
enum status circuit_take(struct service *s, bool *out_is_new, struct segment *segment);
/* Stands idle from now on, if it took time to set up; else its channels are free. */
enum status circuit_give(struct service *s, struct segment *segment);
enum status segment_release(struct service *s, struct request *request, uint32_t segment);
/* Ledger of the request's QPUs. */
static inline struct ebit_ledger *ledger_of(struct request *request) {
    return &request->set->ledger;
}
/* All but the qubits where the pair is held. */
enum status request_release_all(struct service *s, struct request *request);
enum status request_release_ends(struct service *s, struct request *request);
/* A request of this pair next, over the circuit that was just freed, if batches go on. */
enum status service_continue_batch(struct service *s, struct path_set *set);

/* A request begins or ceases to wait. */
static inline void count_waiting(struct service *s, struct request *request, bool waits) {
    s->n_waiting += waits ? 1 : UINT64_MAX;
    request->set->n_waiting += waits ? 1 : UINT32_MAX;
}

/* ---- outages (outage.c) ---- */

/* At t_now_ps, of outage `index` of the machine. Start aborts what is made or kept there. */
enum status outage_start(struct service *s, uint32_t index);
enum status outage_end(struct service *s, uint32_t index);
/* A path round what is down, if all paths of the set are; NULL: there is none, or need not be. */
enum status outage_detour(struct service *s, struct route **out_route, struct path_set *set);

/* ---- draws (draw.c) ---- */

/* Streams RNG_NETWORK + 256 k: draw k of the request in this timeline. */
double draw_uniform(struct service *s, struct request *request);
int64_t draw_attempts(struct service *s, struct request *request,
                      const struct link_figures *figures);

/* ---- pairs (make.c) ---- */

/* What happens to a request at t_now_ps: its resources are granted; both ends of a segment know of
 * its herald; a segment has its pair, purified; the pair over the segments that are joined from
 * `segment` on is older than the cutoff and made anew (EVENT_POOL: the one in the pool is dropped).
 */
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
/* Names the request, and a fibre that it uses. */
enum status service_overflow(const struct service *s, const struct request *request);
static inline enum status service_later(const struct service *s, const struct request *request,
                                        int64_t *out_t_ps, int64_t t_ps, int64_t more_ps) {
    int64_t sum_ps;
    if (__builtin_add_overflow(t_ps, more_ps, &sum_ps)) {
        (void)service_overflow(s, request);
        return STATUS_INPUT;
    }
    *out_t_ps = sum_ps;
    return STATUS_OK;
}
static inline struct pair_decay
service_segment_decay(const struct service *s, const struct request *request, uint32_t index) {
    const bool is_whole = request->n_segments == 1;
    const uint32_t *ends = is_whole ? NULL : request->route->segments[index].ends;
    return pair_decay_sum(s->decays[is_whole ? request->set->a : ends[0]],
                          s->decays[is_whole ? request->set->b : ends[1]]);
}
/* What its gates and measurements do to pairs. */
static inline struct pair_ops service_ops(const struct service *s, uint32_t node) {
    const struct machine_qnu *qnu = routes_qnu(s->routes, node);
    return (struct pair_ops){qnu->swap_gate, qnu->swap_flip};
}
enum status request_start_attempts(struct service *s, uint32_t slot, uint32_t segment,
                                   int64_t t_ps);

/* ---- purification (ladder.c) ---- */

/* Of the segment that was just granted. */
void ladder_set(struct service *s, struct request *request, uint32_t segment);
/* The next raw pair will be there at t: ages what waits for it. Only saves time. */
void ladder_expect(const struct service *s, struct request *request, uint32_t segment,
                   int64_t t_ps);
/* A raw pair joins the ladder; steps take their time one after the other. */
enum status ladder_climb(struct service *s, uint32_t slot, uint32_t segment);

#endif
