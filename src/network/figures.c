/* What the service tells about itself: use of resources, ledgers, who waits for what. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/units.h"
#include "network/service_impl.h"

enum { MAX_WAITERS_NAMED = 8 };

uint64_t service_count_waiting(const struct service *s) {
    return s->n_waiting;
}

static struct network_use *use_of(struct network_stats *stats, enum resource_kind kind) {
    switch (kind) {
    case RESOURCE_COMM:
        return &stats->comm;
    case RESOURCE_BUFFER:
        return &stats->buffer;
    case RESOURCE_CHANNEL:
        return &stats->channels;
    case RESOURCE_ANALYSER:
    case RESOURCE_N_KINDS:
        break;
    }
    return &stats->analysers;
}

const struct network_stats *service_stats(struct service *s) {
    struct network_stats *stats = &s->stats;
    stats->comm = stats->buffer = stats->channels = stats->analysers = (struct network_use){0};
    stats->t_end_ps = s->t_now_ps;
    stats->n_timelines = 1;
    for (size_t i = 0; i < s->n_resources; i++) {
        const struct resource *resource = &s->resources[i];
        uint32_t place;
        struct network_use *use = use_of(stats, resource_kind_of(s, i, &place));
        const uint32_t n_most = s->n_total[i] - resource->n_least;
        use->capacity += s->n_total[i] == MACHINE_UNLIMITED ? 0 : s->n_total[i];
        use->available_ps = (double)use->capacity * (double)s->t_now_ps;
        use->peak = n_most > use->peak ? n_most : use->peak;
    }
    for (int kind = 0; kind < RESOURCE_N_KINDS; kind++) {
        use_of(stats, (enum resource_kind)kind)->busy_ps = s->busy_ps[kind];
    }
    return stats;
}

static void add_use(struct network_use *sum, const struct network_use *one) {
    sum->capacity = one->capacity;
    sum->busy_ps += one->busy_ps;
    sum->available_ps += one->available_ps;
    sum->peak = one->peak > sum->peak ? one->peak : sum->peak;
}

static void add_histogram(struct histogram *sum, const struct histogram *one) {
    if (one->n == 0) {
        return;
    }
    sum->min = sum->n == 0 || one->min < sum->min ? one->min : sum->min;
    sum->max = sum->n == 0 || one->max > sum->max ? one->max : sum->max;
    sum->n += one->n;
    sum->sum += one->sum;
    for (int i = 0; i < HISTOGRAM_BINS; i++) {
        sum->bins[i] += one->bins[i];
    }
}

void network_stats_add(struct network_stats *sum, const struct network_stats *one) {
    const bool is_lower =
        sum->n_delivered == 0 || one->min_fidelity_delivered < sum->min_fidelity_delivered;
    if (one->n_delivered > 0 && is_lower) {
        sum->min_fidelity_delivered = one->min_fidelity_delivered;
    }
    sum->n_timelines++;
    sum->n_events += one->n_events;
    sum->n_submitted += one->n_submitted;
    sum->n_delivered += one->n_delivered;
    sum->n_used += one->n_used;
    sum->n_reconfigured += one->n_reconfigured;
    sum->n_from_pool += one->n_from_pool;
    sum->n_pooled += one->n_pooled;
    sum->n_messages += one->n_messages;
    sum->n_outages += one->n_outages;
    sum->n_aborted += one->n_aborted;
    sum->n_lost += one->n_lost;
    sum->n_below_target += one->n_below_target;
    sum->queue_ps += one->queue_ps;
    sum->reconfigure_ps += one->reconfigure_ps;
    sum->make_ps += one->make_ps;
    sum->fidelity_delivered += one->fidelity_delivered;
    sum->fidelity_used += one->fidelity_used;
    sum->n_due += one->n_due;
    sum->n_late += one->n_late;
    for (int i = 0; i < 3; i++) {
        sum->n_used_by_wait[i] += one->n_used_by_wait[i];
    }
    for (int i = 0; i <= 100; i++) {
        sum->used_by_fidelity[i] += one->used_by_fidelity[i];
    }
    add_histogram(&sum->latency_ps, &one->latency_ps);
    add_histogram(&sum->age_ps, &one->age_ps);
    add_use(&sum->comm, &one->comm);
    add_use(&sum->buffer, &one->buffer);
    add_use(&sum->channels, &one->channels);
    add_use(&sum->analysers, &one->analysers);
    sum->t_end_ps = one->t_end_ps > sum->t_end_ps ? one->t_end_ps : sum->t_end_ps;
}

static void list_reals(double **out, struct network_stats *stats) {
    double *const all[NETWORK_N_REALS] = {
        &stats->latency_ps.sum,
        &stats->age_ps.sum,
        &stats->queue_ps,
        &stats->reconfigure_ps,
        &stats->make_ps,
        &stats->fidelity_delivered,
        &stats->fidelity_used,
        &stats->comm.busy_ps,
        &stats->comm.available_ps,
        &stats->buffer.busy_ps,
        &stats->buffer.available_ps,
        &stats->channels.busy_ps,
        &stats->channels.available_ps,
        &stats->analysers.busy_ps,
        &stats->analysers.available_ps,
    };
    memcpy(out, all, sizeof all);
}

void network_stats_get_reals(double *out_reals, const struct network_stats *stats) {
    double *reals[NETWORK_N_REALS];
    list_reals(reals, (struct network_stats *)(uintptr_t)stats);
    for (int i = 0; i < NETWORK_N_REALS; i++) {
        out_reals[i] = *reals[i];
    }
}

void network_stats_set_reals(struct network_stats *stats, const double *reals) {
    double *own[NETWORK_N_REALS];
    list_reals(own, stats);
    for (int i = 0; i < NETWORK_N_REALS; i++) {
        *own[i] = reals[i];
    }
}

const struct ebit_ledger *service_ledger(struct service *s, size_t *out_n) {
    size_t n_sets, n = 0;
    struct path_set *const *sets = routes_sets(s->routes, &n_sets);
    *out_n = 0;
    if (vec_reserve(&s->ledger, 0, &s->cap_ledger, n_sets + 1, sizeof *s->ledger) != STATUS_OK) {
        return NULL;
    }
    for (size_t i = 0; i < n_sets; i++) {
        if (sets[i]->ledger.requested > 0 || sets[i]->ledger.generated > 0) {
            s->ledger[n++] = sets[i]->ledger;
        }
    }
    qsort(s->ledger, n, sizeof *s->ledger, ebit_ledger_compare);
    *out_n = n;
    return s->ledger;
}

enum status service_bit_latency(struct service *s, int64_t *out_t_ps, uint32_t a, uint32_t b) {
    int64_t light_ps;
    TRY(routes_light_time(s->routes, &light_ps, a, b));
    if (!time_add(out_t_ps, light_ps, s->physical->control.t_message_ps)) {
        return log_error_at(STATUS_INPUT, s->physical->policy_loc,
                            "a message from QPU %s to %s takes longer than 2^63 ps (106 days)",
                            s->machine->qpus[a].name, s->machine->qpus[b].name);
    }
    return STATUS_OK;
}

/* ---- who waits for what ---- */

static void name_resource(const struct service *s, struct text *out, size_t index) {
    const struct machine *machine = s->machine;
    uint32_t i;
    switch (resource_kind_of(s, index, &i)) {
    case RESOURCE_COMM:
        text_printf(out, "a comm qubit of %s", machine->qpus[i].name);
        break;
    case RESOURCE_BUFFER:
        text_printf(out, "a buffer qubit of node %u", i);
        break;
    case RESOURCE_CHANNEL:
        text_printf(out, "a channel of fibre %u%s", i,
                    s->resources[index].is_down ? " (down)" : "");
        break;
    case RESOURCE_ANALYSER:
        text_printf(out, "an analyser of switch %s", s->physical->switches[i].name);
        break;
    case RESOURCE_N_KINDS:
        break;
    }
}

static const char *state_name(enum request_state state) {
    switch (state) {
    case REQUEST_SPARE:
        return "spare";
    case REQUEST_WAITING:
        return "waits";
    case REQUEST_MAKING:
        return "is being made";
    case REQUEST_POOLED:
        return "is in the pool";
    case REQUEST_READY:
        return "is ready, not used";
    }
    return "";
}

static bool is_end(const struct request *request, uint32_t node) {
    return request->set->a == node || request->set->b == node;
}

static bool holds(const struct service *s, const struct request *request, size_t index) {
    uint32_t at;
    const enum resource_kind kind = resource_kind_of(s, index, &at);
    if (kind == RESOURCE_COMM) {
        return request->has_comm && is_end(request, at);
    }
    if (kind == RESOURCE_BUFFER && request->has_buffer && is_end(request, at)) {
        return true;
    }
    for (uint32_t i = 0; request->has_route && i < request->route->n_segments; i++) {
        const struct segment *segment = &request->route->segments[i];
        const struct making *making = &request->makings[i];
        if (kind == RESOURCE_ANALYSER && making->has_circuit && making->analyser == at) {
            return true;
        }
        if (kind == RESOURCE_BUFFER && i > 0 && segment->ends[0] == at) {
            return true;
        }
        for (uint32_t k = 0; k < segment->n_fibres && kind == RESOURCE_CHANNEL; k++) {
            if (making->has_circuit && segment->fibres[k] == at) {
                return true;
            }
        }
    }
    return false;
}

static void describe_holders(const struct service *s, struct text *out, size_t index) {
    unsigned n = 0;
    for (uint32_t slot = 0; slot < s->n_requests && n < MAX_WAITERS_NAMED; slot++) {
        const struct request *request = &s->requests[slot];
        if (request->state != REQUEST_SPARE && holds(s, request, index)) {
            text_printf(out, "%s%s-%s #%" PRIu64 " (%s)", n++ == 0 ? ", held by " : ", ",
                        s->machine->qpus[request->set->a].name,
                        s->machine->qpus[request->set->b].name, request->id,
                        state_name(request->state));
        }
    }
}

void service_describe(const struct service *s, struct text *out) {
    unsigned n = 0;
    text_printf(out, "%" PRIu64 " ebits are waited for", s->n_waiting);
    for (size_t i = 0; i < s->n_resources && n < MAX_WAITERS_NAMED; i++) {
        for (uint32_t slot = 0; slot < s->n_requests && n < MAX_WAITERS_NAMED; slot++) {
            const struct request *request = &s->requests[slot];
            if (!s->resources[i].is_awaited || !line_waits(s, slot, i)) {
                continue;
            }
            text_printf(out, "; %s-%s #%" PRIu64 " waits for ",
                        s->machine->qpus[request->set->a].name,
                        s->machine->qpus[request->set->b].name, request->id);
            name_resource(s, out, i);
            describe_holders(s, out, i);
            n++;
        }
    }
}
