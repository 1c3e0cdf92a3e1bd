/* The network at work: requests for ebits in, ready pairs out, in simulated time.
 *
 * A request takes everything it needs at once (comm qubits at both ends, channels of every fibre,
 * an analyser per segment, qubits to relay and to purify) or waits holding nothing, so requests
 * never wait for each other in a circle. What it waits for wakes it, oldest first. Attempts are
 * drawn once, as one event; draws depend on (seed, request id, timeline, count within the request)
 * alone. Deterministic, int64 ps, detmath only; replicated on all ranks. */
#ifndef QSPAN_NETWORK_SERVICE_H
#define QSPAN_NETWORK_SERVICE_H

#include "base/text.h"
#include "machine/machine.h"
#include "network/ebit_source.h"
#include "network/trace.h"

/* Logarithmic histogram: 64 bins per factor 2, so quantiles are good to 1.6 %. */
enum { HISTOGRAM_BINS = 64 * 64 };
struct histogram {
    uint64_t n, bins[HISTOGRAM_BINS];
    double sum;
    int64_t min, max;
};
/* Bins 0 to 63 hold the values themselves; above, 64 bins per factor 2. */
static inline unsigned histogram_bin(int64_t value) {
    const uint64_t v = value > 0 ? (uint64_t)value : 0;
    if (v < 64) {
        return (unsigned)v;
    }
    const unsigned shift = 57 - (unsigned)__builtin_clzll(v);
    return 64 * (shift + 1) + (unsigned)(v >> shift) - 64;
}
static inline void histogram_add(struct histogram *histogram, int64_t value) {
    histogram->bins[histogram_bin(value)]++;
    histogram->sum += (double)value;
    histogram->min = histogram->n == 0 || value < histogram->min ? value : histogram->min;
    histogram->max = histogram->n == 0 || value > histogram->max ? value : histogram->max;
    histogram->n++;
}
/* The middle of the bin of the value below which a share q of all lie; 0 if there are none. */
int64_t histogram_quantile(const struct histogram *histogram, double q);

/* A kind of resource over the whole network: how much of it was in use. */
struct network_use {
    uint64_t capacity;   /* of those with a limit */
    double busy_ps;      /* summed over units */
    double available_ps; /* capacity x time */
    uint64_t peak;       /* in use at once in one place */
};
struct network_stats {
    uint64_t n_timelines;
    uint64_t n_events, n_submitted, n_delivered, n_used, n_reconfigured, n_from_pool, n_pooled;
    uint64_t n_messages, n_outages, n_aborted, n_lost, n_below_target;
    uint64_t n_used_by_wait[3];  /* classes none, herald, frame */
    uint64_t n_due, n_late;      /* used ones with a time when they were due; ready after it */
    struct histogram latency_ps; /* from request to ready pair */
    double queue_ps, reconfigure_ps, make_ps; /* its parts, summed */
    double fidelity_delivered, fidelity_used; /* summed */
    double min_fidelity_delivered;
    uint64_t used_by_fidelity[101]; /* per cent */
    struct histogram age_ps;        /* from ready to used */
    struct network_use comm, buffer, channels, analysers;
    int64_t t_end_ps;
};

/* sum += one, for timelines one after the other; n_timelines of a sum counts them. */
void network_stats_add(struct network_stats *sum, const struct network_stats *one);
/* The sums in them that are no integers, so that they depend on the order of timelines. */
enum { NETWORK_N_REALS = 15 };
void network_stats_get_reals(double *out_reals, const struct network_stats *stats);
void network_stats_set_reals(struct network_stats *stats, const double *reals);

struct service;
/* The machine must be physical and outlive the service. */
enum status service_create(struct service **out_service, const struct machine *machine,
                           uint64_t seed);
void service_destroy(struct service *service);
/* Forgets all requests and statistics; starts timeline `timeline` at time 0. */
enum status service_begin(struct service *service, uint64_t timeline);
/* NULL: no trace. Times from 0 on, of this and further timelines; owned by the caller. */
void service_set_trace(struct service *service, struct network_trace *trace);

/* Requests that will come, in program order; appended. Taken note of with a lookahead only. */
enum status service_hint(struct service *service, const struct ebit_request *requests, size_t n);
/* These QPUs will ask soon (as the next but one, say), or sooner: only saves time. */
void service_expect(const struct service *service, uint32_t a, uint32_t b, bool is_sooner);
/* *out_slot names the request until it is taken. Not before earlier times. */
enum status service_submit(struct service *service, uint32_t *out_slot, struct ebit_request request,
                           int64_t t_ps);
/* The next ready pair up to t_limit; *out_any false: none. Errors: time beyond int64. */
enum status service_next(struct service *service, bool *out_any, uint32_t *out_slot,
                         int64_t *out_t_ps, int64_t t_limit_ps);
uint64_t service_request_id(const struct service *service, uint32_t slot);
/* Was the pair ready after it was due? */
bool service_is_late(const struct service *service, uint32_t slot);
/* Uses a ready pair: its weights aged to t, its comm qubits free again. */
enum status service_take(struct service *service, double *out_weights, uint32_t slot, int64_t t_ps);

/* Requests that hold nothing and wait. */
uint64_t service_count_waiting(const struct service *service);
/* Who waits for what, and who holds it. */
void service_describe(const struct service *service, struct text *out);
const struct network_stats *service_stats(struct service *service);
/* Ledgers with traffic, sorted by (a, b); borrowed until the next call. */
const struct ebit_ledger *service_ledger(struct service *service, size_t *out_n);
/* Latency of a classical bit between two QPUs, message overhead included. */
enum status service_bit_latency(struct service *service, int64_t *out_t_ps, uint32_t a, uint32_t b);

#endif
