/* Resources: all that a request needs, at once or not at all. */
#include <string.h>

#include "network/service_impl.h"

static void account(struct service *s, struct resource *resource) {
    const uint32_t n_used = resource->n_total - resource->n_free;
    resource->busy_ps += (double)n_used * (double)(s->t_now_ps - resource->t_changed_ps);
    resource->t_changed_ps = s->t_now_ps;
}

bool resource_has(const struct service *s, const struct resource *resource, uint32_t n) {
    return resource->n_down == 0 && (resource->n_free >= n || (resource->kind == RESOURCE_CHANNEL &&
                                                               s->idle[resource->index].n > 0));
}

void resource_take(struct service *s, struct resource *resource, uint32_t n) {
    CHECK(resource->n_free >= n);
    account(s, resource);
    resource->n_free -= n;
    const uint32_t n_used = resource->n_total - resource->n_free;
    resource->n_peak = n_used > resource->n_peak ? n_used : resource->n_peak;
}

static enum status note_released(struct service *s, const struct resource *resource) {
    if (resource->waiting.n == 0) {
        return STATUS_OK;
    }
    TRY(vec_reserve(&s->released, s->n_released, &s->cap_released, 1, sizeof *s->released));
    s->released[s->n_released++] = (uint32_t)(resource - s->resources);
    return STATUS_OK;
}

enum status resource_give(struct service *s, struct resource *resource, uint32_t n) {
    account(s, resource);
    resource->n_free += n;
    return note_released(s, resource);
}

/* ---- circuits ---- */

static void drop_from_fibre(struct idle_list *list, const struct circuit *circuit) {
    size_t i = 0;
    while (list->circuits[i] != circuit) {
        i++;
    }
    memmove(list->circuits + i, list->circuits + i + 1, (--list->n - i) * sizeof *list->circuits);
}

/* No longer idle: off all lists; its channels stay taken. */
static void unlist_circuit(struct service *s, struct circuit *circuit) {
    struct segment *segment = circuit->segment;
    struct circuit **at = &segment->idle;
    while (*at != circuit) {
        at = &(*at)->next;
    }
    *at = circuit->next;
    for (uint32_t i = 0; i < segment->n_fibres; i++) {
        drop_from_fibre(&s->idle[segment->fibres[i]], circuit);
    }
    circuit->next = s->spare_circuits;
    s->spare_circuits = circuit;
}

static enum status tear_down(struct service *s, struct circuit *circuit) {
    struct segment *segment = circuit->segment;
    unlist_circuit(s, circuit);
    for (uint32_t i = 0; i < segment->n_fibres; i++) {
        TRY(resource_give(s, channel_of(s, segment->fibres[i]), s->policy->n_width));
    }
    return STATUS_OK;
}

static enum status keep_circuit(struct service *s, struct segment *segment) {
    struct circuit *circuit = s->spare_circuits;
    if (circuit != NULL) {
        s->spare_circuits = circuit->next;
    } else {
        circuit = arena_alloc(&s->arena, sizeof *circuit);
        if (circuit == NULL) {
            return STATUS_NOFIT;
        }
    }
    *circuit = (struct circuit){segment, segment->idle, s->n_circuits++};
    segment->idle = circuit;
    for (uint32_t i = 0; i < segment->n_fibres; i++) {
        struct idle_list *list = &s->idle[segment->fibres[i]];
        TRY(vec_reserve(&list->circuits, list->n, &list->cap, 1, sizeof *list->circuits));
        list->circuits[list->n++] = circuit; /* oldest first */
        TRY(note_released(s, channel_of(s, segment->fibres[i])));
    }
    return STATUS_OK;
}

/* Channels of a segment: an idle circuit of its own, or free ones for which idle circuits go. */
static enum status take_channels(struct service *s, bool *out_is_new, struct segment *segment) {
    if (segment->idle != NULL) {
        unlist_circuit(s, segment->idle);
        *out_is_new = false;
        return STATUS_OK;
    }
    for (uint32_t i = 0; i < segment->n_fibres; i++) {
        struct resource *channel = channel_of(s, segment->fibres[i]);
        while (channel->n_free < s->policy->n_width) {
            TRY(tear_down(s, s->idle[segment->fibres[i]].circuits[0]));
        }
        resource_take(s, channel, s->policy->n_width);
    }
    *out_is_new = segment->t_reconf_ps > 0;
    return STATUS_OK;
}

static enum status add_span(struct service *s, enum trace_kind kind, uint32_t index,
                            const struct request *request, int64_t t_from_ps) {
    return s->trace == NULL ? STATUS_OK
                            : trace_add(s->trace, (struct trace_span){.kind = kind,
                                                                      .index = index,
                                                                      .request = request->id,
                                                                      .t_from_ps = t_from_ps,
                                                                      .t_until_ps = s->t_now_ps});
}

enum status segment_release(struct service *s, struct request *request, uint32_t index) {
    struct making *making = &request->makings[index];
    struct segment *segment = &request->route->segments[index];
    if (!making->has_circuit) {
        return STATUS_OK;
    }
    making->has_circuit = false;
    if (making->analyser != NO_ANALYSER) {
        TRY(add_span(s, TRACE_ANALYSER, making->analyser, request, making->t_channel_ps));
        TRY(resource_give(s, analyser_of(s, making->analyser), 1));
    }
    for (uint32_t i = 0; i < segment->n_fibres && s->trace != NULL; i++) {
        for (uint32_t k = 0; k < s->policy->n_width; k++) {
            TRY(add_span(s, TRACE_CHANNEL, segment->fibres[i], request, making->t_channel_ps));
        }
    }
    if (segment->t_reconf_ps > 0) {
        return keep_circuit(s, segment);
    }
    for (uint32_t i = 0; i < segment->n_fibres; i++) {
        TRY(resource_give(s, channel_of(s, segment->fibres[i]), s->policy->n_width));
    }
    return STATUS_OK;
}

/* ---- what a request needs ---- */

/* The analyser nearest to the middle that is free: index into the segment's switches. */
static bool find_analyser(struct service *s, uint32_t *out_index, const struct segment *segment) {
    const uint32_t n = segment->n_fibres - 1, middle = n / 2;
    for (uint32_t i = 0; i < n; i++) {
        const uint32_t away = (i + 1) / 2;
        const uint32_t at = i % 2 == 0 ? (middle + away) % n : (middle + n - away) % n;
        if (resource_has(s, analyser_of(s, segment->switches[at]), 1)) {
            *out_index = at;
            return true;
        }
    }
    return false;
}

/* The first thing that a segment lacks; NULL: nothing. */
static struct resource *segment_lacks(struct service *s, const struct segment *segment) {
    uint32_t analyser;
    for (uint32_t i = 0; i < segment->n_fibres; i++) {
        struct resource *channel = channel_of(s, segment->fibres[i]);
        if (channel->n_down > 0 ||
            (segment->idle == NULL && !resource_has(s, channel, s->policy->n_width))) {
            return channel;
        }
    }
    if (segment->n_fibres > 1 && !find_analyser(s, &analyser, segment)) {
        return analyser_of(s, segment->switches[0]);
    }
    return NULL;
}

/* *out_segment: where it is lacking. */
static struct resource *route_lacks(struct service *s, const struct segment **out_segment,
                                    const struct route *route) {
    for (uint32_t i = 0; i < route->n_segments; i++) {
        const struct segment *segment = &route->segments[i];
        *out_segment = segment;
        struct resource *lacking = segment_lacks(s, segment);
        struct resource *relay = i > 0 ? buffer_of(s, segment->ends[0]) : NULL;
        if (lacking != NULL) {
            return lacking;
        }
        if (relay != NULL && !resource_has(s, relay, 2 + 2 * s->n_extra)) {
            return relay;
        }
    }
    return NULL;
}

/* Where the pair will be held: comm qubits when wanted, buffer qubits when made in advance. */
static struct resource *end_lacks(struct service *s, const struct request *request, uint32_t qpu) {
    const bool is_making = request->state == REQUEST_WAITING;
    const uint32_t n_buffer =
        (is_making ? s->n_extra : 0) + (!request->is_wanted && !request->has_buffer);
    if (request->is_wanted && !request->has_comm && !resource_has(s, comm_of(s, qpu), 1)) {
        return comm_of(s, qpu);
    }
    if (n_buffer > 0 && !resource_has(s, buffer_of(s, qpu), n_buffer)) {
        return buffer_of(s, qpu);
    }
    return NULL;
}

static bool is_parked(const struct request *request, uint32_t index) {
    for (uint32_t i = 0; i < request->n_parked; i++) {
        if (request->parked[i] == index) {
            return true;
        }
    }
    return false;
}

static enum status park(struct service *s, struct resource *resource, uint32_t slot) {
    struct request *request = &s->requests[slot];
    const uint32_t index = (uint32_t)(resource - s->resources);
    if (is_parked(request, index)) {
        return STATUS_OK;
    }
    if (request->n_parked == MAX_PARKED) { /* what it waited for earlier may matter no more */
        request_unpark(request);
    }
    request->parked[request->n_parked++] = index;
    const bool is_shortest = s->policy->schedule == SCHEDULE_SHORTEST_FIRST;
    const int64_t expected_ps =
        is_shortest && request->set->routes ? request->set->routes->t_expected_ps : 0;
    const int64_t rank = request->is_wanted ? expected_ps : INT64_MAX; /* in advance: last */
    return event_heap_push(
        &resource->waiting,
        (struct event){rank, request->seq, (uint64_t)slot << 32 | request->stamp});
}

/* Any analyser of a segment will do. */
static enum status park_for(struct service *s, struct resource *lacking,
                            const struct segment *segment, uint32_t slot) {
    if (lacking->kind != RESOURCE_ANALYSER) {
        return park(s, lacking, slot);
    }
    for (uint32_t i = 0; i + 1 < segment->n_fibres; i++) {
        TRY(park(s, analyser_of(s, segment->switches[i]), slot));
    }
    return STATUS_OK;
}

static void take_ends(struct service *s, struct request *request, bool with_extra) {
    const uint32_t ends[2] = {request->set->a, request->set->b};
    for (int i = 0; i < 2; i++) {
        if (request->is_wanted && !request->has_comm) {
            resource_take(s, comm_of(s, ends[i]), 1);
        }
        const uint32_t n_buffer =
            (with_extra ? s->n_extra : 0) + (!request->is_wanted && !request->has_buffer);
        if (n_buffer > 0) {
            resource_take(s, buffer_of(s, ends[i]), n_buffer);
        }
    }
    request->has_comm = request->has_comm || request->is_wanted;
    request->has_buffer = request->has_buffer || !request->is_wanted;
}

static enum status reserve_makings(struct service *s, struct request *request, uint32_t n) {
    const uint32_t n_rungs = s->policy->purify == PURIFY_NONE ? 0 : s->policy->n_rounds + 2;
    if (n > MAX_SEGMENTS - 1) {
        return log_error(STATUS_INPUT, "a path of more than %d relays: not supported",
                         MAX_SEGMENTS - 2);
    }
    if (request->cap_makings >= n) {
        return STATUS_OK;
    }
    struct making *makings = mem_resize(request->makings, n, sizeof *makings);
    if (makings == NULL) {
        return STATUS_NOFIT;
    }
    memset(makings + request->cap_makings, 0, (n - request->cap_makings) * sizeof *makings);
    request->makings = makings;
    request->cap_makings = n;
    if (n_rungs > 0) {
        struct rung *rungs = mem_resize(request->rungs, (size_t)n * n_rungs, sizeof *rungs);
        if (rungs == NULL) {
            return STATUS_NOFIT;
        }
        request->rungs = rungs;
    }
    return STATUS_OK;
}

static enum status take_route(struct service *s, struct request *request, struct route *route) {
    TRY(reserve_makings(s, request, route->n_segments));
    request->route = route;
    request->has_route = true;
    bool is_new = false;
    for (uint32_t i = 0; i < route->n_segments; i++) {
        struct segment *segment = &route->segments[i];
        struct making *making = &request->makings[i];
        uint32_t at = 0;
        bool is_segment_new;
        making->analyser = NO_ANALYSER;
        if (segment->n_fibres > 1) {
            CHECK(find_analyser(s, &at, segment));
            making->analyser = segment->switches[at];
            resource_take(s, analyser_of(s, making->analyser), 1);
        }
        making->figures = segment->figures[at];
        TRY(take_channels(s, &is_segment_new, segment));
        making->has_circuit = true;
        making->t_channel_ps = s->t_now_ps;
        is_new = is_new || is_segment_new;
        if (i > 0) {
            resource_take(s, buffer_of(s, segment->ends[0]), 2 + 2 * s->n_extra);
        }
    }
    request->t_start_ps = 0;
    for (uint32_t i = 0; i < route->n_segments && is_new; i++) {
        const int64_t reconf_ps = route->segments[i].t_reconf_ps;
        request->t_start_ps = reconf_ps > request->t_start_ps ? reconf_ps : request->t_start_ps;
    }
    s->stats.n_reconfigured += is_new;
    return STATUS_OK;
}

static enum status grant(struct service *s, uint32_t slot, struct route *route) {
    struct request *request = &s->requests[slot];
    s->n_waiting--;
    request_unpark(request);
    request->t_grant_ps = s->t_now_ps;
    if (request->state == REQUEST_POOLED) {
        take_ends(s, request, false);
        return request_deliver(s, slot);
    }
    take_ends(s, request, true);
    TRY(take_route(s, request, route));
    request->state = REQUEST_MAKING;
    return request_start(s, slot);
}

enum status request_try(struct service *s, bool *out_granted, uint32_t slot) {
    struct request *request = &s->requests[slot];
    struct resource *lacking = end_lacks(s, request, request->set->a);
    struct route *route = NULL;
    *out_granted = false;
    lacking = lacking != NULL ? lacking : end_lacks(s, request, request->set->b);
    if (lacking != NULL) {
        return park(s, lacking, slot);
    }
    for (uint32_t i = 0; request->state == REQUEST_WAITING; i++) {
        TRY(routes_get(s->routes, &route, request->set, i));
        if (route == NULL) {
            return STATUS_OK; /* it waits for what each path lacks */
        }
        const struct segment *segment;
        lacking = route_lacks(s, &segment, route);
        if (lacking == NULL) {
            break;
        }
        TRY(park_for(s, lacking, segment, slot));
    }
    *out_granted = true;
    return grant(s, slot, route);
}

/* ---- giving back ---- */

enum status request_release_all(struct service *s, struct request *request) {
    const uint32_t ends[2] = {request->set->a, request->set->b};
    if (!request->has_route) {
        return STATUS_OK;
    }
    for (uint32_t i = 0; i < request->route->n_segments; i++) {
        TRY(segment_release(s, request, i));
        request->makings[i].stamp++;
        request->makings[i].is_ready = false;
        if (i > 0) {
            struct resource *relay = buffer_of(s, request->route->segments[i].ends[0]);
            TRY(add_span(s, TRACE_BUFFER, relay->index, request, request->t_grant_ps));
            TRY(resource_give(s, relay, 2 + 2 * s->n_extra));
        }
    }
    for (int i = 0; i < 2 && s->n_extra > 0; i++) {
        TRY(resource_give(s, buffer_of(s, ends[i]), s->n_extra));
    }
    request->has_route = false;
    return STATUS_OK;
}

static bool is_waiting(const struct service *s, uint32_t slot, uint32_t stamp) {
    const struct request *request = &s->requests[slot];
    return request->stamp == stamp &&
           (request->state == REQUEST_WAITING || request->state == REQUEST_POOLED);
}

/* The static schedule: whoever comes first is served first, and nobody overtakes. */
static enum status serve_in_order(struct service *s) {
    const struct event *top = event_heap_top(&s->in_order);
    while (top != NULL) {
        const uint32_t slot = (uint32_t)top->id;
        bool is_granted = true;
        struct event event;
        const struct request *request = &s->requests[slot];
        if (request->seq == top->tie &&
            (request->state == REQUEST_WAITING ||
             (request->state == REQUEST_POOLED && request->is_wanted))) {
            TRY(request_try(s, &is_granted, slot));
        }
        if (!is_granted) {
            return STATUS_OK;
        }
        event_heap_pop(&s->in_order, &event);
        top = event_heap_top(&s->in_order);
    }
    return STATUS_OK;
}

enum status request_enter(struct service *s, uint32_t slot) {
    struct request *request = &s->requests[slot];
    bool is_granted;
    s->n_waiting++;
    if (s->policy->schedule == SCHEDULE_STATIC) {
        TRY(event_heap_push(&s->in_order, (struct event){0, request->seq, slot}));
        return serve_in_order(s);
    }
    TRY(request_try(s, &is_granted, slot));
    if (!is_granted && s->policy->n_batch > 1) {
        TRY(event_heap_push(&request->set->waiting, (struct event){0, request->seq, slot}));
    }
    return STATUS_OK;
}

static void forget_parked(struct request *request, uint32_t index) {
    for (uint32_t i = 0; i < request->n_parked; i++) {
        if (request->parked[i] == index) {
            request->parked[i] = request->parked[--request->n_parked];
            return;
        }
    }
}

static enum status wake_one(struct service *s, struct resource *resource) {
    while (resource->waiting.n > 0 && resource_has(s, resource, 1)) {
        struct event event;
        bool is_granted = false;
        event_heap_pop(&resource->waiting, &event);
        const uint32_t slot = (uint32_t)(event.id >> 32);
        if (!is_waiting(s, slot, (uint32_t)event.id)) {
            continue;
        }
        forget_parked(&s->requests[slot], (uint32_t)(resource - s->resources));
        if (s->policy->schedule == SCHEDULE_STATIC) {
            return serve_in_order(s);
        }
        TRY(request_try(s, &is_granted, slot));
        const struct event *top = event_heap_top(&resource->waiting);
        if (!is_granted && top != NULL && (uint32_t)(top->id >> 32) == slot) {
            return STATUS_OK; /* it needs more units than there are: it keeps its place */
        }
    }
    return STATUS_OK;
}

enum status service_wake(struct service *s) {
    while (s->n_released > 0) {
        /* waking may release more; the list only grows at its end */
        const size_t n = s->n_released;
        for (size_t i = 0; i < n; i++) {
            TRY(wake_one(s, &s->resources[s->released[i]]));
        }
        s->n_released -= n;
        memmove(s->released, s->released + n, s->n_released * sizeof *s->released);
    }
    return STATUS_OK;
}

enum status service_continue_batch(struct service *s, struct path_set *set) {
    if (s->policy->n_batch < 2) {
        return STATUS_OK;
    }
    bool is_granted = false;
    struct event event;
    while (set->n_in_a_row + 1 < s->policy->n_batch && !is_granted &&
           event_heap_pop(&set->waiting, &event)) {
        const uint32_t slot = (uint32_t)event.id;
        const struct request *request = &s->requests[slot];
        if (request->state != REQUEST_WAITING || request->seq != event.tie) {
            continue;
        }
        TRY(request_try(s, &is_granted, slot));
        if (!is_granted) {
            TRY(event_heap_push(&set->waiting, event));
            break;
        }
    }
    set->n_in_a_row = is_granted ? set->n_in_a_row + 1 : 0;
    return STATUS_OK;
}
