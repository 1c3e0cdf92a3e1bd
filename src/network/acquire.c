/* Resources: all that a request needs, at once or not at all. */
#include <string.h>

#include "network/service_impl.h"

enum resource_kind resource_kind_of(const struct service *s, size_t index, uint32_t *out_place) {
    const size_t firsts[] = {0, s->first_buffer, s->first_channel, s->first_analyser};
    int kind = RESOURCE_ANALYSER;
    while (index < firsts[kind]) {
        kind--;
    }
    *out_place = u32_from_size(index - firsts[kind]);
    return (enum resource_kind)kind;
}

enum status resource_release(struct service *s, size_t index) {
    TRY(vec_reserve(&s->released, s->n_released, &s->cap_released, 1, sizeof *s->released));
    s->released[s->n_released++] = (uint32_t)index;
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

static enum status give_way(struct service *s, const struct way *way) {
    for (uint32_t i = 0; i < way->n_fibres; i++) {
        TRY(resource_give_here(s, channel_of(s, way->fibres[i]), s->n_width));
    }
    s->n_in_use[RESOURCE_CHANNEL] -= (double)way->n_fibres * s->n_width;
    return STATUS_OK;
}

enum status segment_release(struct service *s, struct request *request, uint32_t index) {
    struct making *making = &request->makings[index];
    if (!making->has_circuit) {
        return STATUS_OK;
    }
    making->has_circuit = false;
    if (making->analyser != NO_ANALYSER) {
        TRY(add_span(s, TRACE_ANALYSER, making->analyser, request, making->t_channel_ps));
        TRY(resource_give(s, RESOURCE_ANALYSER, analyser_of(s, making->analyser), 1));
    }
    if (making->way != NULL && s->trace == NULL) {
        return give_way(s, making->way);
    }
    struct segment *segment = &request->route->segments[index];
    for (uint32_t i = 0; i < segment->n_fibres && s->trace != NULL; i++) {
        for (uint32_t k = 0; k < s->policy->n_width; k++) {
            TRY(add_span(s, TRACE_CHANNEL, segment->fibres[i], request, making->t_channel_ps));
        }
    }
    return circuit_give(s, segment);
}

/* ---- what a request needs ---- */

/* Index of the first resource that a segment lacks; NO_RESOURCE: none. */
static inline size_t segment_lacks(const struct service *s, const struct route_needs *needs) {
    const bool *is_short = s->is_short + s->first_channel;
    bool is_any = false, is_all = needs->n_spots > 0;
    for (uint32_t i = 0; i < needs->n_fibres; i++) { /* without a branch each */
        is_any |= is_short[needs->fibres[i]];
    }
    for (uint32_t i = 0; is_any; i++) {
        if (is_short[needs->fibres[i]]) {
            return s->first_channel + needs->fibres[i];
        }
    }
    is_short = s->is_short + s->first_analyser;
    for (uint32_t i = 0; i < needs->n_spots; i++) {
        is_all &= is_short[needs->spots[i]];
    }
    return is_all ? s->first_analyser + needs->spots[0] : NO_RESOURCE;
}

/* path: its needs. *out_needs: of the segment where it is lacking. */
static inline size_t route_lacks(const struct service *s, struct route_needs *out_needs,
                                 const uint32_t *path) {
    const uint32_t *at = path + 1, *end = path + path[0];
    for (bool is_first = true; at < end; is_first = false) {
        at = route_read_needs(out_needs, at, is_first);
        const size_t lacking = segment_lacks(s, out_needs);
        if (lacking != NO_RESOURCE) {
            return lacking;
        }
        if (!is_first && resource_left(s, buffer_of(s, out_needs->relay)) < 2 + 2 * s->n_extra) {
            return buffer_of(s, out_needs->relay);
        }
    }
    return NO_RESOURCE;
}

/* Where the pair will be held: comm qubits when wanted, buffer qubits when made in advance. */
static size_t end_lacks(const struct service *s, const struct request *request, uint32_t qpu) {
    const bool is_making = request->state == REQUEST_WAITING;
    const uint32_t n_buffer =
        (is_making ? s->n_extra : 0) + (!request->is_wanted && !request->has_buffer);
    if (request->is_wanted && !request->has_comm && resource_left(s, comm_of(s, qpu)) == 0) {
        return qpu;
    }
    if (n_buffer > 0 && resource_left(s, buffer_of(s, qpu)) < n_buffer) {
        return s->first_buffer + qpu;
    }
    return NO_RESOURCE;
}

static enum status wait_for(struct service *s, size_t lacking, uint32_t slot) {
    if (s->requests[slot].place == NO_PLACE) {
        TRY(line_enter(s, slot));
    }
    line_wait(s, s->requests[slot].place, lacking);
    return STATUS_OK;
}

/* Any of the switches will do. */
static enum status wait_for_spots(struct service *s, const struct way *way, uint32_t slot) {
    if (s->requests[slot].place == NO_PLACE) {
        TRY(line_enter(s, slot));
    }
    const uint64_t place = s->requests[slot].place, bit = UINT64_C(1) << place % LINE_PLACES;
    uint64_t *bits = line_bits(s, place, s->first_analyser);
    struct resource *analysers = s->resources + s->first_analyser;
    for (uint32_t i = 0; i < way->n_spots; i++) {
        bits[way->spots[i]] |= bit;
        analysers[way->spots[i]].is_awaited = true;
    }
    return STATUS_OK;
}

/* Any analyser of a segment will do. */
static enum status wait_for_route(struct service *s, size_t lacking,
                                  const struct route_needs *needs, uint32_t slot) {
    TRY(wait_for(s, lacking, slot));
    if (lacking < s->first_analyser) {
        return STATUS_OK;
    }
    const uint64_t place = s->requests[slot].place, bit = UINT64_C(1) << place % LINE_PLACES;
    uint64_t *bits = line_bits(s, place, s->first_analyser);
    struct resource *analysers = s->resources + s->first_analyser;
    for (uint32_t i = 0, n = needs->n_spots; i < n; i++) {
        const uint32_t sw = needs->spots[i];
        bits[sw] |= bit;
        analysers[sw].is_awaited = true;
    }
    return STATUS_OK;
}

static void take_ends(struct service *s, struct request *request, bool with_extra) {
    const uint32_t ends[2] = {request->set->a, request->set->b};
    for (int i = 0; i < 2; i++) {
        if (request->is_wanted && !request->has_comm) {
            resource_take(s, RESOURCE_COMM, comm_of(s, ends[i]), 1);
        }
        const uint32_t n_buffer =
            (with_extra ? s->n_extra : 0) + (!request->is_wanted && !request->has_buffer);
        if (n_buffer > 0) {
            resource_take(s, RESOURCE_BUFFER, buffer_of(s, ends[i]), n_buffer);
        }
    }
    request->has_comm = request->has_comm || request->is_wanted;
    request->has_buffer = request->has_buffer || !request->is_wanted;
}

static enum status reserve_makings(struct service *s, struct request *request, uint32_t n) {
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
    if (s->ladder_bytes > 0) {
        struct ladder *ladders = mem_resize(request->ladders, n, s->ladder_bytes);
        if (ladders == NULL) {
            return STATUS_NOFIT;
        }
        request->ladders = ladders;
        if (request->ahead == NULL) {
            request->ahead = mem_alloc(1, sizeof *request->ahead);
        }
        if (request->ahead == NULL) {
            return STATUS_NOFIT;
        }
    }
    return STATUS_OK;
}

/* The first with a free analyser; none may be needed. */
static uint32_t find_spot(const struct service *s, const struct segment *segment) {
    const bool *is_short = s->is_short + s->first_analyser;
    uint32_t i = 0;
    while (segment->spots[i] != NO_ANALYSER && is_short[segment->spots[i]]) {
        i++;
        CHECK(i < segment->n_spots);
    }
    return i;
}

/* The first of the way's switches has a free analyser, or none is needed: all at once, by the way
 * alone. */
static enum status take_way(struct service *s, struct request *request, const struct way *way,
                            uint32_t spot) {
    TRY(reserve_makings(s, request, 1));
    struct making *making = request->makings;
    request->route = way->route;
    request->n_segments = 1;
    request->has_route = true;
    request->t_start_ps = 0;
    making->analyser = way->n_spots > 0 ? way->spots[spot] : NO_ANALYSER;
    if (making->analyser != NO_ANALYSER) {
        resource_take(s, RESOURCE_ANALYSER, analyser_of(s, making->analyser), 1);
    }
    making->figures = routes_figures(s->routes, way->figures[spot]);
    making->way = way;
    making->has_circuit = true;
    making->t_channel_ps = s->t_now_ps;
    for (uint32_t i = 0; i < way->n_fibres; i++) {
        resource_take_here(s, channel_of(s, way->fibres[i]), s->n_width);
    }
    s->n_in_use[RESOURCE_CHANNEL] += (double)way->n_fibres * s->n_width;
    return STATUS_OK;
}

static enum status take_route(struct service *s, struct request *request, struct route *route) {
    TRY(reserve_makings(s, request, route->n_segments));
    request->route = route;
    request->n_segments = route->n_segments;
    request->has_route = true;
    bool is_new = false;
    for (uint32_t i = 0; i < route->n_segments; i++) {
        struct segment *segment = &route->segments[i];
        struct making *making = &request->makings[i];
        const uint32_t spot = find_spot(s, segment);
        bool is_segment_new;
        making->analyser = segment->spots[spot];
        if (making->analyser != NO_ANALYSER) {
            resource_take(s, RESOURCE_ANALYSER, analyser_of(s, making->analyser), 1);
        }
        making->figures = routes_figures(s->routes, segment->figures[spot]);
        making->way = NULL;
        TRY(circuit_take(s, &is_segment_new, segment));
        making->has_circuit = true;
        making->t_channel_ps = s->t_now_ps;
        is_new = is_new || is_segment_new;
        if (i > 0) {
            resource_take(s, RESOURCE_BUFFER, buffer_of(s, segment->ends[0]), 2 + 2 * s->n_extra);
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

/* A path for which there is all: its way and the first of its switches with a free analyser, if it
 * has one and nothing takes time to set up; else the route. */
struct found {
    struct route *route; /* NULL: nothing was found */
    const struct way *way;
    uint32_t spot;
};

static enum status grant(struct service *s, uint32_t slot, const struct found *found) {
    struct request *request = &s->requests[slot];
    count_waiting(s, request, false);
    request_unpark(s, request);
    request->t_grant_ps = s->t_now_ps;
    if (request->state == REQUEST_POOLED) {
        take_ends(s, request, false);
        return request_deliver(s, slot);
    }
    take_ends(s, request, true);
    TRY(found->way != NULL ? take_way(s, request, found->way, found->spot)
                           : take_route(s, request, found->route));
    request->state = REQUEST_MAKING;
    return request_start(s, slot);
}

/* ---- slots: rounds of a tournament, in which each QPU has one other ---- */

static uint64_t round_of(const struct service *s, const struct path_set *set) {
    const uint64_t n_rounds = (s->machine->n_qpus - 1) | 1; /* odd: a bye where QPUs are odd */
    return set->b == n_rounds ? 2 * (uint64_t)set->a % n_rounds
                              : ((uint64_t)set->a + set->b) % n_rounds;
}

/* Is this a slot of its own? Else it is called when the next one begins. */
static enum status check_slot(struct service *s, bool *out_is_own, uint32_t slot) {
    struct request *request = &s->requests[slot];
    const uint64_t n_rounds = (s->machine->n_qpus - 1) | 1;
    const uint64_t number = (uint64_t)(s->t_now_ps / s->policy->t_slot_ps);
    const uint64_t ahead = (round_of(s, request->set) + n_rounds - number % n_rounds) % n_rounds;
    int64_t t_ps;
    *out_is_own = ahead == 0;
    if (*out_is_own || request->is_called) {
        return STATUS_OK;
    }
    if (__builtin_mul_overflow((int64_t)(number + ahead), s->policy->t_slot_ps, &t_ps)) {
        return service_overflow(s, request);
    }
    request->is_called = true;
    return service_push(s, t_ps, (struct service_event){EVENT_SLOT, 0, slot, request->stamp});
}

enum status request_slot(struct service *s, uint32_t slot) {
    bool is_granted;
    s->requests[slot].is_called = false;
    return request_try(s, &is_granted, slot);
}

/* Notes what the path lacks, if it does; else it is found. */
static inline enum status try_path(struct service *s, bool *out_found, const uint32_t *path,
                                   uint32_t slot) {
    struct route_needs needs;
    const size_t lacking = route_lacks(s, &needs, path);
    *out_found = lacking == NO_RESOURCE;
    return *out_found ? STATUS_OK : wait_for_route(s, lacking, &needs, slot);
}

/* A path for which there is all; NULL: what each lacks is waited for. */
static enum status find_route(struct service *s, struct route **out_route, uint32_t slot) {
    struct path_set *set = s->requests[slot].set;
    bool is_found;
    size_t at = 0;
    *out_route = NULL;
    for (uint32_t i = 0;; i++) {
        if (i == set->n_routes && !set->is_complete) {
            TRY(routes_extend(s->routes, set));
        }
        if (i == set->n_routes) {
            break;
        }
        const uint32_t *path = set->needs + at;
        TRY(try_path(s, &is_found, path, slot));
        if (is_found) {
            *out_route = routes_at(set, i);
            return STATUS_OK;
        }
        at += path[0];
    }
    if (s->n_outages_now == 0) {
        return STATUS_OK;
    }
    struct route *detour;
    TRY(outage_detour(s, &detour, set));
    if (detour == NULL) {
        return STATUS_OK;
    }
    TRY(try_path(s, &is_found, set->detour_needs, slot));
    if (is_found) {
        *out_route = detour;
    }
    return STATUS_OK;
}

/* Which of the places are short, a bit each. */
static inline uint32_t short_ones(const bool *is_short, const uint16_t places[WAY_PLACES]) {
    uint32_t bits = 0;
    for (int i = 0; i < WAY_PLACES; i++) {
        bits |= (uint32_t)is_short[places[i]] << i;
    }
    return bits;
}

/* As find_route, by ways, further ones of which are made; has_no_ways: nothing is found by them. */
static enum status find_way(struct service *s, struct found *out, struct path_set *set,
                            uint32_t slot) {
    const bool *short_fibres = s->is_short + s->first_channel;
    const bool *short_spots = s->is_short + s->first_analyser;
    for (uint32_t i = 0;; i++) {
        if (i == set->n_ways) {
            TRY(routes_extend(s->routes, set));
        }
        if (i >= set->n_ways) {
            return STATUS_OK;
        }
        const struct way *way = &set->ways[i];
        const uint32_t fibres = short_ones(short_fibres, way->fibres);
        const uint32_t spots = short_ones(short_spots, way->spots);
        if (fibres != 0) {
            const uint32_t first = way->fibres[__builtin_ctz(fibres)];
            TRY(wait_for(s, channel_of(s, first), slot));
        } else if (way->n_spots > 0 && spots == (1 << WAY_PLACES) - 1) {
            TRY(wait_for_spots(s, way, slot));
        } else {
            *out = (struct found){way->route, s->is_instant ? way : NULL,
                                  way->n_spots > 0 ? (uint32_t)__builtin_ctz(~spots) : 0};
            return STATUS_OK;
        }
    }
}

static enum status find_path(struct service *s, struct found *out, uint32_t slot) {
    struct path_set *set = s->requests[slot].set;
    if (!set->has_no_ways && s->n_outages_now == 0) {
        TRY(find_way(s, out, set, slot));
        if (!set->has_no_ways) {
            return STATUS_OK;
        }
    }
    return find_route(s, &out->route, slot);
}

enum status request_try(struct service *s, bool *out_granted, uint32_t slot) {
    struct request *request = &s->requests[slot];
    struct found found = {0};
    size_t lacking = end_lacks(s, request, request->set->a);
    *out_granted = false;
    lacking = lacking != NO_RESOURCE ? lacking : end_lacks(s, request, request->set->b);
    if (lacking != NO_RESOURCE) {
        return wait_for(s, lacking, slot);
    }
    if (request->state == REQUEST_WAITING) {
        bool is_own = true;
        TRY(s->policy->schedule == SCHEDULE_TDMA ? check_slot(s, &is_own, slot) : STATUS_OK);
        if (!is_own) {
            return STATUS_OK;
        }
        TRY(find_path(s, &found, slot));
        if (found.route == NULL) {
            return STATUS_OK;
        }
    }
    *out_granted = true;
    return grant(s, slot, &found);
}

/* ---- giving back ---- */

enum status request_release_all(struct service *s, struct request *request) {
    const uint32_t ends[2] = {request->set->a, request->set->b};
    if (!request->has_route) {
        return STATUS_OK;
    }
    for (uint32_t i = 0; i < request->n_segments; i++) {
        TRY(segment_release(s, request, i));
        request->makings[i].stamp++;
        request->makings[i].is_ready = false;
        if (i > 0) {
            const uint32_t node = request->route->segments[i].ends[0];
            TRY(add_span(s, TRACE_BUFFER, node, request, request->t_grant_ps));
            TRY(resource_give(s, RESOURCE_BUFFER, buffer_of(s, node), 2 + 2 * s->n_extra));
        }
    }
    for (int i = 0; i < 2 && s->n_extra > 0; i++) {
        TRY(resource_give(s, RESOURCE_BUFFER, buffer_of(s, ends[i]), s->n_extra));
    }
    request->has_route = false;
    return STATUS_OK;
}

enum status request_release_ends(struct service *s, struct request *request) {
    const uint32_t ends[2] = {request->set->a, request->set->b};
    for (int i = 0; i < 2; i++) {
        if (request->has_comm) {
            TRY(resource_give(s, RESOURCE_COMM, comm_of(s, ends[i]), 1));
        }
        if (request->has_buffer) {
            TRY(resource_give(s, RESOURCE_BUFFER, buffer_of(s, ends[i]), 1));
        }
    }
    request->has_comm = request->has_buffer = false;
    return STATUS_OK;
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
    count_waiting(s, request, true);
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

static enum status wake_one(struct service *s, size_t index) {
    while (s->resources[index].is_awaited && resource_left(s, index) > 0) {
        const uint32_t slot = line_next(s, index);
        bool is_granted;
        if (slot == NO_SLOT) {
            return STATUS_OK;
        }
        if (s->policy->schedule == SCHEDULE_STATIC) {
            return serve_in_order(s);
        }
        TRY(request_try(s, &is_granted, slot));
        if (!is_granted && line_waits(s, slot, index)) {
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
            TRY(wake_one(s, s->released[i]));
        }
        s->n_released -= n;
        memmove(s->released, s->released + n, s->n_released * sizeof *s->released);
    }
    return STATUS_OK;
}

enum status service_retry(struct service *s) {
    const size_t n = s->line.n_in_line;
    uint32_t *slots = mem_alloc(n, sizeof *slots);
    enum status status = slots == NULL ? STATUS_NOFIT : STATUS_OK;
    if (slots != NULL) {
        line_list(s, slots);
    }
    for (size_t i = 0; i < n && status == STATUS_OK; i++) {
        bool is_granted;
        if (s->policy->schedule == SCHEDULE_STATIC) {
            status = serve_in_order(s);
        } else if (s->requests[slots[i]].place != NO_PLACE) {
            status = request_try(s, &is_granted, slots[i]);
        }
    }
    mem_free(slots);
    return status;
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
