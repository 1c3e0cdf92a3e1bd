/* Fibres and nodes that fail: what was on its way is lost, what waits goes another way. */
#include "network/service_impl.h"

static bool touches(const struct service *s, const struct machine_outage *outage, uint32_t fibre) {
    const struct machine_fibre *f = &s->physical->fibres[fibre];
    return outage->is_fibre ? outage->index == fibre
                            : f->a == outage->index || f->b == outage->index;
}

static bool is_down(struct service *s, const struct segment *segment) {
    for (uint32_t k = 0; k < segment->n_fibres; k++) {
        if (s->resources[channel_of(s, segment->fibres[k])].is_down) {
            return true;
        }
    }
    return false;
}

/* Is a photon on a fibre that fails, or half of a pair kept where it fails? */
static bool is_hit(struct service *s, const struct request *request,
                   const struct machine_outage *outage) {
    for (uint32_t i = 0; i < request->route->n_segments; i++) {
        const struct segment *segment = &request->route->segments[i];
        const bool is_end = !outage->is_fibre && (segment->ends[0] == outage->index ||
                                                  segment->ends[1] == outage->index);
        if (is_end || (request->makings[i].has_circuit && is_down(s, segment))) {
            return true;
        }
    }
    return false;
}

static enum status hit(struct service *s, uint32_t slot, const struct machine_outage *outage) {
    struct request *request = &s->requests[slot];
    const bool is_end =
        !outage->is_fibre && (request->set->a == outage->index || request->set->b == outage->index);
    switch (request->state) {
    case REQUEST_MAKING:
        return request->has_route && is_hit(s, request, outage) ? request_abort(s, slot)
                                                                : STATUS_OK;
    case REQUEST_POOLED:
        /* one that is wanted and waits for comm qubits is lost as one that is delivered */
        if (is_end && !request->is_wanted) {
            return request_expire(s, slot, EVENT_POOL);
        }
        break;
    case REQUEST_READY:
    case REQUEST_SPARE:
    case REQUEST_WAITING:
        break;
    }
    if (is_end && (request->state == REQUEST_READY || request->state == REQUEST_POOLED)) {
        request->pair = (struct pair){0, 0, 0}; /* its qubits start anew: noise */
        s->stats.n_lost++;
    }
    return STATUS_OK;
}

enum status outage_start(struct service *s, uint32_t index) {
    const struct machine_outage *outage = &s->physical->outages[index];
    s->stats.n_outages++;
    s->n_outages_now++;
    s->outage_epoch++;
    for (uint32_t i = 0; i < s->physical->n_fibres; i++) {
        const size_t channel = channel_of(s, i);
        s->n_down[channel] += touches(s, outage, i);
        s->resources[channel].is_down = s->n_down[channel] > 0;
        resource_count(s, channel);
    }
    for (uint32_t slot = 0; slot < s->n_requests; slot++) {
        TRY(hit(s, slot, outage));
    }
    return service_retry(s); /* what waits for a path that is down may go round it now */
}

enum status outage_end(struct service *s, uint32_t index) {
    const struct machine_outage *outage = &s->physical->outages[index];
    s->n_outages_now--;
    s->outage_epoch++;
    for (uint32_t i = 0; i < s->physical->n_fibres; i++) {
        if (touches(s, outage, i)) {
            const size_t channel = channel_of(s, i);
            s->resources[channel].is_down = --s->n_down[channel] > 0;
            TRY(resource_note(s, channel));
        }
    }
    return STATUS_OK;
}

static enum status find_detour(struct service *s, struct path_set *set) {
    bool *banned = mem_alloc(s->physical->n_fibres, sizeof *banned);
    if (banned == NULL) {
        return STATUS_NOFIT;
    }
    for (uint32_t i = 0; i < s->physical->n_fibres; i++) {
        banned[i] = s->resources[channel_of(s, i)].is_down;
    }
    const enum status status = routes_detour(s->routes, set, banned);
    mem_free(banned);
    return status;
}

enum status outage_detour(struct service *s, struct route **out_route, struct path_set *set) {
    *out_route = NULL;
    for (const struct route *route = set->routes[0]; route; route = route->next) {
        bool is_dead = false;
        for (uint32_t i = 0; i < route->n_segments; i++) {
            is_dead = is_dead || is_down(s, &route->segments[i]);
        }
        if (!is_dead) {
            return STATUS_OK;
        }
    }
    if (set->detour_epoch != s->outage_epoch) {
        TRY(find_detour(s, set));
        set->detour_epoch = s->outage_epoch;
    }
    *out_route = set->detour;
    return STATUS_OK;
}
