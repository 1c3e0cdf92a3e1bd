/* From raw pairs to the pair that was asked for: purification, swapping, storage, delivery. */
#include <inttypes.h>
#include <string.h>

#include "base/detmath.h"
#include "base/units.h"
#include "network/service_impl.h"

enum status service_overflow(const struct service *s, const struct request *request) {
    struct src_loc loc = {0};
    if (request->has_route) {
        loc = s->physical->fibres[request->route->segments[0].fibres[0]].loc;
    }
    return log_error_at(STATUS_INPUT, loc,
                        "the ebit between QPUs %s and %s (request %" PRIu64
                        "): simulated time passes 2^63 ps (106 days)",
                        s->machine->qpus[request->set->a].name,
                        s->machine->qpus[request->set->b].name, request->id);
}

/* Of the pair from the start of segment `first` to the end of segment `last`. */
static struct pair_decay region_decay(const struct service *s, const struct route *route,
                                      uint32_t first, uint32_t last) {
    return pair_decay_sum(s->decays[route->segments[first].ends[0]],
                          s->decays[route->segments[last].ends[1]]);
}

/* ---- attempts ---- */

enum status request_start_attempts(struct service *s, uint32_t slot, uint32_t index, int64_t t_ps) {
    struct request *request = &s->requests[slot];
    struct making *making = &request->makings[index];
    const struct link_figures *figures = making->figures;
    const int64_t n = draw_attempts(s, request, figures);
    int64_t t_ready_ps;
    if (!link_ready_time(&t_ready_ps, figures, n)) {
        return service_overflow(s, request);
    }
    TRY(service_later(s, request, &t_ready_ps, t_ps, t_ready_ps));
    const struct service_event event = {EVENT_HERALD, index, slot, making->stamp};
    TRY(service_push(s, t_ready_ps, event));
    if (request->ladders != NULL) {
        ladder_expect(s, request, index, t_ready_ps);
    }
    return STATUS_OK;
}

/* Class `none`: the qubits are used before anybody knows. Success or not, one attempt. */
static enum status start_blind(struct service *s, uint32_t slot, int64_t t_ps) {
    struct request *request = &s->requests[slot];
    const struct route *route = request->route;
    const struct pair mixed = {0, 0, 0};
    struct pair pair = {1, 1, 1};
    double p_all = 1;
    int64_t t_local_ps = 0;
    for (uint32_t i = 0; i < route->n_segments; i++) {
        const struct link_figures *figures = request->makings[i].figures;
        const int64_t last_ps = figures->t_notify_a_ps > figures->t_notify_b_ps
                                    ? figures->t_notify_a_ps
                                    : figures->t_notify_b_ps;
        const int64_t local_ps = last_ps - figures->t_age_ps;
        const struct pair_ops ops =
            i > 0 ? service_ops(s, route->segments[i].ends[0]) : pair_ideal_ops;
        p_all *= figures->p_success;
        pair = i > 0 ? pair_swap(&pair, &figures->fresh, &ops) : figures->fresh;
        t_local_ps = local_ps > t_local_ps ? local_ps : t_local_ps;
    }
    request->pair = pair_mix(&pair, &mixed, p_all);
    ledger_of(request)->generated += route->n_segments;
    ledger_of(request)->swapped += route->n_segments - 1;
    TRY(service_later(s, request, &t_ps, t_ps, t_local_ps));
    request->t_pair_ps = t_ps;
    return service_push(s, t_ps, (struct service_event){EVENT_DONE, 0, slot, request->stamp});
}

enum status request_start(struct service *s, uint32_t slot) {
    struct request *request = &s->requests[slot];
    const struct machine_control *control = &s->physical->control;
    int64_t t_ps, round_trip_ps = 0;
    TRY(service_later(s, request, &t_ps, s->t_now_ps, control->t_decision_ps));
    if (control->handshake == HANDSHAKE_RTT) {
        TRY(service_later(s, request, &round_trip_ps, request->route->t_light_ps,
                          control->t_message_ps));
        TRY(service_later(s, request, &round_trip_ps, round_trip_ps, round_trip_ps));
        s->stats.n_messages += 2;
    }
    TRY(service_later(s, request, &t_ps, t_ps, round_trip_ps));
    s->stats.reconfigure_ps += (double)request->t_start_ps;
    TRY(service_later(s, request, &t_ps, t_ps,
                      request->t_start_ps)); /* holds the time to reconfigure */
    request->t_start_ps = t_ps;
    if (request->wait == WAIT_NONE) {
        return start_blind(s, slot, t_ps);
    }
    for (uint32_t i = 0; i < request->n_segments; i++) {
        request->makings[i].is_ready = false;
        request->makings[i].n_rungs = 0;
        if (request->ladders != NULL) {
            ladder_set(s, request, i);
        }
        TRY(request_start_attempts(s, slot, i, t_ps));
    }
    return STATUS_OK;
}

/* ---- heralds ---- */

enum status request_herald(struct service *s, uint32_t slot, uint32_t index) {
    struct request *request = &s->requests[slot];
    struct making *making = &request->makings[index];
    const struct link_figures *figures = making->figures;
    ledger_of(request)->generated++;
    s->stats.n_messages += 2;
    if (s->policy->purify != PURIFY_NONE) {
        return ladder_climb(s, slot, index);
    }
    const struct pair_decay decay = service_segment_decay(s, request, index);
    making->pair = figures->fresh;
    pair_age_alike(&making->pair, &making->at_herald, figures->t_age_ps, &decay);
    making->t_ps = making->t_born_ps = s->t_now_ps;
    return request_segment_ready(s, slot, index);
}

/* ---- swapping ---- */

/* Regions [.., middle] and [middle + 1, ..] become one. The pair of a region is kept at both ends.
 */
static void join(struct service *s, struct request *request, uint32_t middle) {
    struct making *makings = request->makings;
    const struct route *route = request->route;
    struct making *left = &makings[middle], *right = &makings[middle + 1];
    const uint32_t first = left->first, last = right->last;
    const struct pair_decay left_decay = region_decay(s, route, first, middle);
    const struct pair_decay right_decay = region_decay(s, route, middle + 1, last);
    const struct pair_ops ops = service_ops(s, route->segments[middle + 1].ends[0]);
    pair_age(&left->pair, s->t_now_ps - left->t_ps, &left_decay);
    pair_age(&right->pair, s->t_now_ps - right->t_ps, &right_decay);
    struct making joined = *left;
    joined.pair = pair_swap(&left->pair, &right->pair, &ops);
    joined.t_ps = s->t_now_ps;
    joined.t_born_ps = left->t_born_ps < right->t_born_ps ? left->t_born_ps : right->t_born_ps;
    const uint32_t ends[2] = {first, last};
    makings[first].stamp++; /* expiries of the two regions are void */
    makings[middle + 1].stamp++;
    for (int i = 0; i < 2; i++) {
        struct making *end = &makings[ends[i]];
        end->pair = joined.pair;
        end->t_ps = joined.t_ps;
        end->t_born_ps = joined.t_born_ps;
        end->first = first;
        end->last = last;
    }
    ledger_of(request)->swapped++;
    s->stats.n_messages += 2;
}

static enum status finish(struct service *s, uint32_t slot) {
    struct request *request = &s->requests[slot];
    const struct route *route = request->route;
    int64_t t_ps = s->t_now_ps;
    request->pair = request->makings[0].pair;
    request->t_pair_ps = request->makings[0].t_ps;
    for (uint32_t i = 1; i < request->n_segments; i++) {
        const int64_t swap_ps = routes_qnu(s->routes, route->segments[i].ends[0])->t_swap_ps;
        t_ps = s->t_now_ps + swap_ps > t_ps ? s->t_now_ps + swap_ps : t_ps;
    }
    if (request->n_segments > 1 && request->wait == WAIT_FRAME) {
        TRY(service_later(s, request, &t_ps, t_ps, route->t_frame_ps));
        TRY(service_later(s, request, &t_ps, t_ps, s->physical->control.t_message_ps));
    }
    const struct service_event event = {EVENT_DONE, 0, slot, request->stamp};
    return t_ps > s->t_now_ps ? service_push(s, t_ps, event) : request_deliver(s, slot);
}

static enum status expect_expiry(struct service *s, uint32_t slot, uint32_t first) {
    const struct request *request = &s->requests[slot];
    const struct making *making = &request->makings[first];
    int64_t t_ps;
    TRY(service_later(s, request, &t_ps, making->t_born_ps, s->policy->t_cutoff_ps));
    const struct service_event event = {EVENT_EXPIRE, first, slot, making->stamp};
    return service_push(s, t_ps > s->t_now_ps ? t_ps : s->t_now_ps, event);
}

enum status request_segment_ready(struct service *s, uint32_t slot, uint32_t index) {
    struct request *request = &s->requests[slot];
    const uint32_t n = request->n_segments;
    struct making *makings = request->makings;
    const bool may_expire = n > 1 && s->policy->t_cutoff_ps > 0;
    makings[index].is_ready = true;
    makings[index].first = makings[index].last = index;
    if (!may_expire) { /* else it may have to start anew, and must not wait for channels then */
        TRY(segment_release(s, request, index));
    }
    if (index > 0 && makings[index - 1].is_ready) {
        join(s, request, index - 1);
    }
    if (index + 1 < n && makings[index + 1].is_ready) {
        join(s, request, index);
    }
    const uint32_t first = makings[index].first;
    const bool is_first_whole = makings[first].first == 0 && makings[first].last == n - 1;
    if (is_first_whole) {
        return finish(s, slot);
    }
    return may_expire ? expect_expiry(s, slot, makings[index].first) : STATUS_OK;
}

enum status request_expire(struct service *s, uint32_t slot, uint32_t segment) {
    struct request *request = &s->requests[slot];
    ledger_of(request)->expired++;
    if (segment == EVENT_POOL) {
        const uint32_t ends[2] = {request->set->a, request->set->b};
        for (int i = 0; i < 2; i++) {
            TRY(resource_give(s, RESOURCE_BUFFER, buffer_of(s, ends[i]), 1));
        }
        s->hints[request->hint].slot = UINT32_MAX;
        request_free(s, slot);
        return STATUS_OK;
    }
    const uint32_t last = request->makings[segment].last;
    for (uint32_t i = segment; i <= last; i++) {
        request->makings[i].is_ready = false;
        request->makings[i].stamp++;
        TRY(request_start_attempts(s, slot, i, s->t_now_ps));
    }
    return STATUS_OK;
}

/* ---- delivery ---- */

static enum status keep_in_pool(struct service *s, uint32_t slot) {
    struct request *request = &s->requests[slot];
    request->state = REQUEST_POOLED;
    if (request->is_wanted) { /* asked for meanwhile, when all comm qubits were in use */
        return request_enter(s, slot);
    }
    s->stats.n_pooled++;
    if (s->policy->t_cutoff_ps > 0) {
        int64_t t_ps;
        TRY(service_later(s, request, &t_ps, s->t_now_ps, s->policy->t_cutoff_ps));
        const struct service_event event = {EVENT_EXPIRE, EVENT_POOL, slot, request->stamp};
        TRY(service_push(s, t_ps, event));
    }
    return STATUS_OK;
}

static void count_delivery(struct service *s, const struct request *request) {
    struct network_stats *stats = &s->stats;
    const double fidelity = pair_fidelity(&request->pair);
    const bool is_first = stats->n_delivered++ == 0;
    histogram_add(&stats->latency_ps, s->t_now_ps - request->t_submit_ps);
    const int64_t t_grant_ps =
        request->t_grant_ps > request->t_submit_ps ? request->t_grant_ps : request->t_submit_ps;
    stats->queue_ps += (double)(t_grant_ps - request->t_submit_ps);
    stats->make_ps += (double)(s->t_now_ps - t_grant_ps);
    stats->fidelity_delivered += fidelity;
    stats->min_fidelity_delivered = is_first || fidelity < stats->min_fidelity_delivered
                                        ? fidelity
                                        : stats->min_fidelity_delivered;
}

enum status request_deliver(struct service *s, uint32_t slot) {
    struct request *request = &s->requests[slot];
    const uint32_t ends[2] = {request->set->a, request->set->b};
    const struct pair_decay decay = pair_decay_sum(s->decays[ends[0]], s->decays[ends[1]]);
    struct path_set *set = request->set;
    TRY(request_release_all(s, request));
    pair_age(&request->pair, s->t_now_ps - request->t_pair_ps, &decay);
    request->t_pair_ps = s->t_now_ps;
    request_unpark(s, request);
    if (!request->has_comm) {
        TRY(keep_in_pool(s, slot));
        return service_continue_batch(s, set);
    }
    for (int i = 0; i < 2 && request->has_buffer; i++) {
        TRY(resource_give(s, RESOURCE_BUFFER, buffer_of(s, ends[i]), 1));
    }
    request->has_buffer = false;
    request->state = REQUEST_READY;
    request->t_ready_ps = s->t_now_ps;
    count_delivery(s, request);
    TRY(vec_reserve(&s->ready, s->n_ready, &s->cap_ready, 1, sizeof *s->ready));
    s->ready[s->n_ready++] = slot;
    return service_continue_batch(s, set);
}

enum status request_abort(struct service *s, uint32_t slot) {
    struct request *request = &s->requests[slot];
    for (uint32_t i = 0; i < request->route->n_segments; i++) {
        const struct making *making = &request->makings[i];
        ledger_of(request)->expired += making->n_rungs + (making->is_ready && making->first == i);
    }
    TRY(request_release_all(s, request));
    TRY(request_release_ends(s, request)); /* who waits holds nothing */
    s->stats.n_aborted++;
    request_unpark(s, request);
    request->state = REQUEST_WAITING;
    return request_enter(s, slot);
}
