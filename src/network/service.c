/* The loop, requests, hints, outages, figures. */
#include "network/service.h"

#include <stdlib.h>
#include <string.h>

#include "base/units.h"
#include "network/service_impl.h"

/* ---- creation ---- */

static uint32_t extra_buffers(const struct machine_policy *policy) {
    switch (policy->purify) {
    case PURIFY_NONE:
        return 0;
    case PURIFY_PUMP:
        return 1;
    case PURIFY_DEJMPS:
    case PURIFY_BBPSSW:
    case PURIFY_EPL:
        break;
    }
    return policy->n_rounds;
}

static enum status check_policy(const struct service *s) {
    const struct machine_physical *p = s->physical;
    const uint32_t n_due = s->n_extra + (p->policy.n_lookahead > 0);
    if (p->policy.n_rounds > 64) {
        return log_error_at(STATUS_INPUT, p->policy_loc, "policy.rounds: %u; at most 64",
                            p->policy.n_rounds);
    }
    if (p->policy.purify == PURIFY_EPL && p->herald.model != HERALD_SINGLE_CLICK) {
        return log_error_at(STATUS_INPUT, p->policy_loc,
                            "policy.purify: epl is for pairs of herald.model "
                            "single_click; others have no bright error to find");
    }
    if (p->policy.schedule == SCHEDULE_TDMA && p->policy.t_slot_ps == 0) {
        return log_error_at(STATUS_INPUT, p->policy_loc,
                            "policy.schedule: tdma needs a policy.slot");
    }
    for (size_t q = 0; q < s->machine->n_qpus; q++) {
        if (p->qnus[q].n_buffer < n_due) {
            return log_error_at(STATUS_INPUT, s->machine->qpus[q].loc,
                                "the QNU of QPU '%s' has a buffer of %u; the policy needs %u (one "
                                "per round of purification, one with a lookahead)",
                                s->machine->qpus[q].name, p->qnus[q].n_buffer, n_due);
        }
    }
    for (size_t i = 0; i < p->n_repeaters; i++) {
        if (p->repeaters[i].qnu.n_buffer < 2 + 2 * s->n_extra) {
            return log_error_at(STATUS_INPUT, p->repeaters[i].loc,
                                "repeater '%s' has a buffer of %u; the policy needs %u",
                                p->repeaters[i].name, p->repeaters[i].qnu.n_buffer,
                                2 + 2 * s->n_extra);
        }
    }
    if (p->policy.n_width > UINT16_MAX) {
        return log_error_at(STATUS_INPUT, p->policy_loc, "policy.width: %u; at most 65535",
                            p->policy.n_width);
    }
    for (size_t i = 0; i < p->n_fibres; i++) {
        if (p->fibres[i].n_channels < p->policy.n_width) {
            return log_error_at(STATUS_INPUT, p->fibres[i].loc,
                                "this fibre has %u channels; policy.width needs %u",
                                p->fibres[i].n_channels, p->policy.n_width);
        }
    }
    return STATUS_OK;
}

static void set_resource(struct service *s, size_t index, uint32_t n, uint32_t n_each) {
    s->resources[index] = (struct resource){.n_free = n, .n_least = n, .n_each = (uint16_t)n_each};
    s->n_total[index] = n;
    s->n_down[index] = 0;
}

static void set_resources(struct service *s) {
    const struct machine_physical *p = s->physical;
    const uint32_t n_qpus = (uint32_t)s->machine->n_qpus;
    const uint32_t n_switches = (uint32_t)p->n_switches;
    for (uint32_t q = 0; q < n_qpus; q++) {
        set_resource(s, comm_of(s, q), s->machine->qpus[q].n_comm, 1);
        set_resource(s, buffer_of(s, q), p->qnus[q].n_buffer, 1);
    }
    for (uint32_t i = 0; i < n_switches; i++) {
        set_resource(s, buffer_of(s, n_qpus + i), 0, 1);
        set_resource(s, analyser_of(s, i), p->switches[i].n_analysers, 1);
    }
    for (uint32_t i = 0; i < p->n_repeaters; i++) {
        const uint32_t node = n_qpus + n_switches + i;
        set_resource(s, buffer_of(s, node), p->repeaters[i].qnu.n_buffer, 1);
    }
    for (uint32_t i = 0; i < p->n_fibres; i++) {
        set_resource(s, channel_of(s, i), p->fibres[i].n_channels, s->n_width);
    }
    set_resource(s, s->first_analyser - 1, 0, 0);
    set_resource(s, s->n_resources - 1, 0, 1);
    for (size_t i = 0; i < s->n_resources; i++) {
        resource_count(s, i);
    }
}

static enum status fill(struct service *s) {
    const struct machine_physical *p = s->physical;
    const size_t n_nodes = s->machine->n_qpus + p->n_switches + p->n_repeaters;
    s->first_buffer = s->machine->n_qpus;
    s->first_channel = s->first_buffer + n_nodes;
    s->first_analyser = s->first_channel + p->n_fibres + 1;
    s->n_resources = s->first_analyser + p->n_switches + 1;
    s->is_instant = true;
    for (size_t i = 0; i < p->n_switches; i++) {
        s->is_instant = s->is_instant && p->switches[i].t_reconf_ps == 0;
    }
    s->n_extra = extra_buffers(&p->policy);
    TRY(check_policy(s));
    enum cpu_isa isa;
    TRY(cpu_detect_isa(&isa));
    s->kernels = network_kernels_get(isa);
    if (p->policy.purify != PURIFY_NONE) {
        s->ladder_bytes = sizeof(struct ladder) + (p->policy.n_rounds + 2) * sizeof(struct rung);
    }
    s->resources = mem_alloc(s->n_resources, sizeof *s->resources);
    s->n_total = mem_alloc(s->n_resources, sizeof *s->n_total);
    s->n_down = mem_alloc(s->n_resources, sizeof *s->n_down);
    s->is_short = mem_alloc(s->n_resources, sizeof *s->is_short);
    s->idle = mem_alloc(p->n_fibres, sizeof *s->idle);
    if (s->resources == NULL || s->n_total == NULL || s->n_down == NULL || s->is_short == NULL ||
        s->idle == NULL) {
        return STATUS_NOFIT;
    }
    TRY(routes_create(&s->routes, s->machine));
    s->decays = routes_decays(s->routes);
    return service_begin(s, 0);
}

enum status service_create(struct service **out_service, const struct machine *machine,
                           uint64_t seed) {
    struct service *s = mem_alloc(1, sizeof *s);
    if (s == NULL) {
        return STATUS_NOFIT;
    }
    s->machine = machine;
    s->physical = machine->physical;
    s->policy = &machine->physical->policy;
    s->n_width = s->policy->n_width;
    s->seed = seed;
    const enum status status = fill(s);
    if (status != STATUS_OK) {
        service_destroy(s);
        return status;
    }
    *out_service = s;
    return STATUS_OK;
}

void service_destroy(struct service *s) {
    if (s == NULL) {
        return;
    }
    for (size_t i = 0; s->idle && i < s->physical->n_fibres; i++) {
        mem_free(s->idle[i].circuits);
    }
    for (uint32_t i = 0; i < s->n_requests; i++) {
        mem_free(s->requests[i].makings);
        mem_free(s->requests[i].ladders);
        mem_free(s->requests[i].ahead);
    }
    HASH_CLEAR(hh, s->hints_by_id);
    routes_destroy(s->routes);
    line_fini(&s->line);
    event_heap_fini(&s->events);
    event_heap_fini(&s->in_order);
    arena_fini(&s->arena);
    mem_free(s->resources);
    mem_free(s->n_total);
    mem_free(s->n_down);
    mem_free(s->is_short);
    mem_free(s->idle);
    mem_free(s->requests);
    mem_free(s->spare);
    mem_free(s->ready);
    mem_free(s->released);
    mem_free(s->hints);
    mem_free(s->ledger);
    mem_free(s);
}

static void forget_routes(struct service *s) {
    size_t n;
    struct path_set *const *sets = routes_sets(s->routes, &n);
    for (size_t i = 0; i < n; i++) {
        const uint32_t ends[2] = {sets[i]->a, sets[i]->b};
        sets[i]->ledger = (struct ebit_ledger){.qpu_a = ends[0], .qpu_b = ends[1]};
        event_heap_clear(&sets[i]->waiting);
        sets[i]->n_in_a_row = sets[i]->n_waiting = 0;
        for (struct route *route = sets[i]->routes[0]; route; route = route->next) {
            for (uint32_t k = 0; k < route->n_segments; k++) {
                route->segments[k].idle = NULL;
            }
        }
    }
}

enum status service_begin(struct service *s, uint64_t timeline) {
    s->timeline = (uint32_t)timeline;
    for (uint32_t i = 0; i < s->n_requests; i++) {
        s->requests[i].place = NO_PLACE;
    }
    set_resources(s);
    line_clear(s);
    forget_routes(s);
    for (size_t i = 0; i < s->physical->n_fibres; i++) {
        s->idle[i].n = 0;
    }
    s->spare_circuits = NULL; /* those of the arena stay there */
    s->n_spare = 0;
    for (uint32_t i = 0; i < s->n_requests; i++) {
        request_free(s, i);
    }
    HASH_CLEAR(hh, s->hints_by_id);
    s->n_hints = s->first_hint = 0;
    event_heap_clear(&s->events);
    event_heap_clear(&s->in_order);
    s->first_ready = s->n_ready = s->n_released = 0;
    s->n_seq = s->n_ties = s->n_waiting = s->n_circuits = 0;
    s->n_outages_now = 0;
    s->outage_epoch++;
    s->t_now_ps = 0;
    for (int i = 0; i < FIRST_DRAWS; i++) {
        s->first_draws[i].group = NO_GROUP;
    }
    memset(s->n_in_use, 0, sizeof s->n_in_use);
    memset(s->busy_ps, 0, sizeof s->busy_ps);
    memset(&s->stats, 0, sizeof s->stats);
    for (size_t i = 0; i < s->physical->n_outages; i++) {
        const struct machine_outage *outage = &s->physical->outages[i];
        const uint32_t slot = u32_from_size(i);
        TRY(service_push(s, outage->t_from_ps,
                         (struct service_event){EVENT_OUTAGE_START, 0, slot, 0}));
        TRY(service_push(s, outage->t_until_ps,
                         (struct service_event){EVENT_OUTAGE_END, 0, slot, 0}));
    }
    return STATUS_OK;
}

void service_set_trace(struct service *s, struct network_trace *trace) {
    s->trace = trace;
}

/* ---- requests ---- */

enum status service_push(struct service *s, int64_t t_ps, struct service_event event) {
    return event_heap_push(&s->events, (struct event){t_ps, s->n_ties++, event_pack(event)});
}

void request_free(struct service *s, uint32_t slot) {
    struct request *request = &s->requests[slot];
    request->state = REQUEST_SPARE;
    request_unpark(s, request);
    request->has_comm = request->has_buffer = request->has_route = false;
    s->spare[s->n_spare++] = slot; /* reserved when the slot was made */
}

static enum status new_request(struct service *s, uint32_t *out_slot, struct ebit_request what) {
    struct path_set *set;
    TRY(routes_find(s->routes, &set, what.qpu_a, what.qpu_b));
    if (s->n_spare == 0) {
        if (s->n_requests == MAX_REQUESTS) {
            return log_error(STATUS_INPUT, "more than %d ebits are asked for at once",
                             MAX_REQUESTS);
        }
        TRY(vec_reserve(&s->requests, s->n_requests, &s->cap_requests, 1, sizeof *s->requests));
        TRY(vec_reserve(&s->spare, s->n_requests, &s->cap_spare, 1, sizeof *s->spare));
        memset(&s->requests[s->n_requests], 0, sizeof *s->requests);
        s->requests[s->n_requests].place = NO_PLACE;
        s->spare[s->n_spare++] = s->n_requests++;
    }
    const uint32_t slot = s->spare[--s->n_spare];
    struct request *request = &s->requests[slot];
    request->id = what.id;
    request->seq = s->n_seq++;
    request->state = REQUEST_WAITING;
    request->set = set;
    request->n_draws = 0;
    request->hint = UINT32_MAX;
    request->is_wanted = false;
    request->wait =
        what.wait == EBIT_WAIT_DEFAULT ? s->policy->wait : (enum machine_wait)(what.wait - 1);
    request->t_due_ps = what.t_due_ps > 0 ? what.t_due_ps : INT64_MAX;
    *out_slot = slot;
    return STATUS_OK;
}

static struct hint *find_hint(struct service *s, uint64_t id) {
    struct hint *hint = NULL;
    if (s->n_hints > 0) {
        HASH_FIND(hh, s->hints_by_id, &id, sizeof id, hint);
    }
    return hint;
}

enum status service_hint(struct service *s, const struct ebit_request *requests, size_t n) {
    if (s->policy->n_lookahead == 0) {
        return STATUS_OK;
    }
    HASH_CLEAR(hh, s->hints_by_id); /* hints may move */
    TRY(vec_reserve(&s->hints, s->n_hints, &s->cap_hints, n, sizeof *s->hints));
    for (size_t i = 0; i < n; i++) {
        s->hints[s->n_hints++] = (struct hint){.request = requests[i], .slot = UINT32_MAX};
    }
    for (size_t i = 0; i < s->n_hints; i++) {
        struct hint *hint = &s->hints[i];
        HASH_ADD(hh, s->hints_by_id, request.id, sizeof hint->request.id, hint);
        if (hint->hh.tbl == NULL) {
            return log_error(STATUS_NOFIT, "out of memory: a table of hints cannot grow");
        }
    }
    return STATUS_OK;
}

/* Starts the pairs of the next requests of the window that were not asked for yet. */
enum status service_prefetch(struct service *s) {
    while (s->first_hint < s->n_hints && s->hints[s->first_hint].is_submitted) {
        s->first_hint++;
    }
    for (size_t i = s->first_hint; i < s->n_hints && i - s->first_hint < s->policy->n_lookahead;
         i++) {
        struct hint *hint = &s->hints[i];
        if (hint->is_submitted || hint->slot != UINT32_MAX) {
            continue;
        }
        uint32_t slot;
        TRY(new_request(s, &slot, hint->request));
        hint->slot = slot;
        s->requests[slot].hint = u32_from_size(i);
        s->requests[slot].t_submit_ps = s->t_now_ps;
        TRY(request_enter(s, slot));
    }
    return STATUS_OK;
}

/* A pair of its own is under way, in the pool, or still waits to be started. */
static enum status adopt(struct service *s, uint32_t slot) {
    struct request *request = &s->requests[slot];
    const bool was_pooled = request->state == REQUEST_POOLED;
    const bool was_waiting = request->state == REQUEST_WAITING;
    request->is_wanted = true;
    if (was_pooled || was_waiting) {
        request_unpark(s, request); /* its expiry and its waits are void */
    }
    s->stats.n_from_pool += was_pooled;
    if (was_waiting) {
        count_waiting(s, request, false);
    }
    return was_pooled || was_waiting ? request_enter(s, slot) : STATUS_OK;
}

static enum status advance(struct service *s, int64_t t_limit_ps, bool stops_when_ready);

enum status service_submit(struct service *s, uint32_t *out_slot, struct ebit_request what,
                           int64_t t_ps) {
    CHECK(t_ps >= s->t_now_ps);
    TRY(advance(s, t_ps, false));
    service_set_now(s, t_ps);
    struct hint *hint = find_hint(s, what.id);
    uint32_t slot;
    s->stats.n_submitted++;
    s->stats.n_events++;
    if (hint != NULL && hint->slot != UINT32_MAX) {
        slot = hint->slot;
        hint->is_submitted = true;
        s->requests[slot].t_submit_ps = t_ps;
        s->requests[slot].t_due_ps = what.t_due_ps > 0 ? what.t_due_ps : INT64_MAX;
        ledger_of(&s->requests[slot])->requested++;
        TRY(adopt(s, slot));
    } else {
        TRY(new_request(s, &slot, what));
        if (hint != NULL) {
            hint->is_submitted = true;
        }
        s->requests[slot].is_wanted = true;
        s->requests[slot].t_submit_ps = t_ps;
        ledger_of(&s->requests[slot])->requested++;
        TRY(request_enter(s, slot));
    }
    if (s->policy->n_lookahead > 0) {
        TRY(service_prefetch(s));
    }
    *out_slot = slot;
    return service_wake(s);
}

/* ---- the loop ---- */

static enum status run_event(struct service *s, struct service_event event) {
    if (event.kind == EVENT_OUTAGE_START) {
        return outage_start(s, event.slot);
    }
    if (event.kind == EVENT_OUTAGE_END) {
        return outage_end(s, event.slot);
    }
    const struct request *request = &s->requests[event.slot];
    const bool is_whole =
        event.kind == EVENT_DONE || event.kind == EVENT_SLOT || event.segment == EVENT_POOL;
    const uint32_t stamp = is_whole ? request->stamp
                           : event.segment < request->cap_makings
                               ? request->makings[event.segment].stamp
                               : 0;
    const bool is_making = request->state == REQUEST_MAKING;
    if (!event_is_current(stamp, event) ||
        (event.kind != EVENT_SLOT && event.segment != EVENT_POOL && !is_making)) {
        return STATUS_OK;
    }
    switch (event.kind) {
    case EVENT_HERALD:
        return request_herald(s, event.slot, event.segment);
    case EVENT_SEGMENT:
        return request_segment_ready(s, event.slot, event.segment);
    case EVENT_DONE:
        return request_deliver(s, event.slot);
    case EVENT_EXPIRE:
        return request_expire(s, event.slot, event.segment);
    case EVENT_SLOT:
        return request_slot(s, event.slot);
    case EVENT_OUTAGE_START:
    case EVENT_OUTAGE_END:
        break;
    }
    return STATUS_INTERNAL;
}

/* Runs events up to t; stops after the first that makes a pair ready if asked to. */
static enum status advance(struct service *s, int64_t t_limit_ps, bool stops_when_ready) {
    for (;;) {
        const struct event *top = event_heap_top(&s->events);
        if (top == NULL || top->t_ps > t_limit_ps ||
            (stops_when_ready && s->first_ready < s->n_ready)) {
            return STATUS_OK;
        }
        const struct service_event event = event_unpack(top->id);
        service_set_now(s, top->t_ps);
        event_heap_drop(&s->events);
        s->stats.n_events++;
        TRY(run_event(s, event));
        if (s->n_released > 0) {
            TRY(service_wake(s));
        }
    }
}

enum status service_next(struct service *s, bool *out_any, uint32_t *out_slot, int64_t *out_t_ps,
                         int64_t t_limit_ps) {
    TRY(advance(s, t_limit_ps, true));
    *out_any = s->first_ready < s->n_ready;
    if (!*out_any) {
        if (t_limit_ps != INT64_MAX) {
            service_set_now(s, t_limit_ps);
        }
        return STATUS_OK;
    }
    *out_slot = s->ready[s->first_ready++];
    *out_t_ps = s->requests[*out_slot].t_ready_ps;
    if (s->first_ready == s->n_ready) {
        s->first_ready = s->n_ready = 0;
    }
    return STATUS_OK;
}

void service_expect(const struct service *s, uint32_t a, uint32_t b, bool is_sooner) {
    routes_expect(s->routes, a, b, is_sooner);
}

uint64_t service_request_id(const struct service *s, uint32_t slot) {
    return s->requests[slot].id;
}

bool service_is_late(const struct service *s, uint32_t slot) {
    return s->requests[slot].t_ready_ps > s->requests[slot].t_due_ps;
}

static enum status trace_request(struct service *s, const struct request *request) {
    const struct trace_span span = {.kind = TRACE_REQUEST,
                                    .index = request->set->a,
                                    .peer = request->set->b,
                                    .request = request->id,
                                    .t_from_ps = request->t_submit_ps,
                                    .t_until_ps = request->t_ready_ps,
                                    .t_grant_ps = request->t_grant_ps > request->t_submit_ps
                                                      ? request->t_grant_ps
                                                      : request->t_submit_ps,
                                    .t_use_ps = s->t_now_ps};
    TRY(trace_add(s->trace, span));
    const uint32_t ends[2] = {request->set->a, request->set->b};
    for (int i = 0; i < 2; i++) {
        struct trace_span comm = {.kind = TRACE_COMM, .index = ends[i], .request = request->id};
        comm.t_from_ps = span.t_grant_ps;
        comm.t_until_ps = s->t_now_ps;
        TRY(trace_add(s->trace, comm));
    }
    return STATUS_OK;
}

enum status service_take(struct service *s, double *out_weights, uint32_t slot, int64_t t_ps) {
    struct request *request = &s->requests[slot];
    CHECK(request->state == REQUEST_READY && t_ps >= request->t_ready_ps && t_ps >= s->t_now_ps);
    TRY(advance(s, t_ps, false));
    request = &s->requests[slot];
    service_set_now(s, t_ps);
    const uint32_t ends[2] = {request->set->a, request->set->b};
    const struct pair_decay decay = pair_decay_sum(s->decays[ends[0]], s->decays[ends[1]]);
    pair_age_alike(&request->pair, &s->in_use, t_ps - request->t_ready_ps, &decay);
    pair_to_weights(out_weights, &request->pair);
    ledger_of(request)->used++;
    s->stats.n_used++;
    s->stats.n_events++;
    s->stats.fidelity_used += out_weights[0];
    s->stats.used_by_fidelity[(int)(out_weights[0] * 100)]++;
    s->stats.n_used_by_wait[request->wait]++;
    s->stats.n_due += request->t_due_ps != INT64_MAX;
    s->stats.n_late += service_is_late(s, slot);
    histogram_add(&s->stats.age_ps, t_ps - request->t_ready_ps);
    if (s->trace != NULL) {
        TRY(trace_request(s, request));
    }
    for (int i = 0; i < 2; i++) {
        TRY(resource_give(s, RESOURCE_COMM, comm_of(s, ends[i]), 1));
    }
    request_free(s, slot);
    return s->n_released > 0 ? service_wake(s) : STATUS_OK;
}
