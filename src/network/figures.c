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
        break;
    }
    return &stats->analysers;
}

const struct network_stats *service_stats(struct service *s) {
    struct network_stats *stats = &s->stats;
    stats->comm = stats->buffer = stats->channels = stats->analysers = (struct network_use){0};
    stats->t_end_ps = s->t_now_ps;
    for (size_t i = 0; i < s->n_resources; i++) {
        const struct resource *resource = &s->resources[i];
        struct network_use *use = use_of(stats, resource->kind);
        const double n_used = (double)(resource->n_total - resource->n_free);
        use->capacity += resource->n_total == MACHINE_UNLIMITED ? 0 : resource->n_total;
        use->busy_ps += resource->busy_ps + n_used * (double)(s->t_now_ps - resource->t_changed_ps);
        use->peak = resource->n_peak > use->peak ? resource->n_peak : use->peak;
    }
    return stats;
}

static int compare_ledgers(const void *a_ptr, const void *b_ptr) {
    const struct ebit_ledger *a = a_ptr, *b = b_ptr;
    if (a->qpu_a != b->qpu_a) {
        return a->qpu_a < b->qpu_a ? -1 : 1;
    }
    return a->qpu_b < b->qpu_b ? -1 : a->qpu_b > b->qpu_b;
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
    qsort(s->ledger, n, sizeof *s->ledger, compare_ledgers);
    *out_n = n;
    return s->ledger;
}

enum status service_bit_latency(struct service *s, int64_t *out_t_ps, uint32_t a, uint32_t b) {
    int64_t light_ps;
    TRY(routes_light_time(s->routes, &light_ps, a, b));
    return time_add(out_t_ps, light_ps, s->physical->control.t_message_ps) ? STATUS_OK
                                                                           : service_overflow();
}

/* ---- who waits for what ---- */

static void name_resource(const struct service *s, struct text *out,
                          const struct resource *resource) {
    const struct machine *machine = s->machine;
    const uint32_t i = resource->index;
    switch (resource->kind) {
    case RESOURCE_COMM:
        text_printf(out, "a comm qubit of %s", machine->qpus[i].name);
        break;
    case RESOURCE_BUFFER:
        text_printf(out, "a buffer qubit of node %u", i);
        break;
    case RESOURCE_CHANNEL:
        text_printf(out, "a channel of fibre %u%s", i, resource->n_down > 0 ? " (down)" : "");
        break;
    case RESOURCE_ANALYSER:
        text_printf(out, "an analyser of switch %s", s->physical->switches[i].name);
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

static bool holds(const struct request *request, const struct resource *resource) {
    if (resource->kind == RESOURCE_COMM) {
        return request->has_comm &&
               (request->set->a == resource->index || request->set->b == resource->index);
    }
    if (resource->kind == RESOURCE_BUFFER && request->has_buffer &&
        (request->set->a == resource->index || request->set->b == resource->index)) {
        return true;
    }
    for (uint32_t i = 0; request->has_route && i < request->route->n_segments; i++) {
        const struct segment *segment = &request->route->segments[i];
        const struct making *making = &request->makings[i];
        if (resource->kind == RESOURCE_ANALYSER && making->has_circuit &&
            making->analyser == resource->index) {
            return true;
        }
        if (resource->kind == RESOURCE_BUFFER && i > 0 && segment->ends[0] == resource->index) {
            return true;
        }
        for (uint32_t k = 0; k < segment->n_fibres && resource->kind == RESOURCE_CHANNEL; k++) {
            if (making->has_circuit && segment->fibres[k] == resource->index) {
                return true;
            }
        }
    }
    return false;
}

static void describe_holders(const struct service *s, struct text *out,
                             const struct resource *resource) {
    unsigned n = 0;
    for (uint32_t slot = 0; slot < s->n_requests && n < MAX_WAITERS_NAMED; slot++) {
        const struct request *request = &s->requests[slot];
        if (request->state != REQUEST_SPARE && holds(request, resource)) {
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
        const struct resource *resource = &s->resources[i];
        for (size_t k = 0; k < resource->waiting.n && n < MAX_WAITERS_NAMED; k++) {
            const uint64_t id = resource->waiting.events[k].id;
            const struct request *request = &s->requests[id >> 32];
            if (request->stamp != (uint32_t)id) {
                continue;
            }
            text_printf(out, "; %s-%s #%" PRIu64 " waits for ",
                        s->machine->qpus[request->set->a].name,
                        s->machine->qpus[request->set->b].name, request->id);
            name_resource(s, out, resource);
            describe_holders(s, out, resource);
            n++;
        }
    }
}
