/* The physical network as a source of ebits: names of requests to slots of the service. */
#define HASH_NONFATAL_OOM 1
#include <stdlib.h>
#include <uthash.h>

#include "base/log.h"
#include "base/mem.h"
#include "network/ebit_source.h"
#include "network/service.h"

struct ticket {
    uint64_t id;
    uint32_t slot;
    struct ticket *next_spare;
    UT_hash_handle hh;
};
struct network_source {
    struct ebit_source base;
    struct service *service;
    struct ticket *tickets, *spare; /* requests not yet taken, by id */
    struct arena arena;
};

static struct network_source *network_of(struct ebit_source *base) {
    return (struct network_source *)base;
}

static void spare_ticket(struct network_source *source, struct ticket *ticket) {
    HASH_DEL(source->tickets, ticket);
    ticket->next_spare = source->spare;
    source->spare = ticket;
}

static enum status network_begin(struct ebit_source *base, uint64_t timeline) {
    struct network_source *source = network_of(base);
    struct ticket *ticket, *next;
    HASH_ITER(hh, source->tickets, ticket, next) {
        spare_ticket(source, ticket);
    }
    return service_begin(source->service, timeline);
}

static enum status network_hint(struct ebit_source *base, const struct ebit_request *requests,
                                size_t n) {
    return service_hint(network_of(base)->service, requests, n);
}

static enum status network_submit(struct ebit_source *base, struct ebit_request request,
                                  int64_t t_ps) {
    struct network_source *source = network_of(base);
    struct ticket *ticket = source->spare;
    uint32_t slot;
    TRY(service_submit(source->service, &slot, request, t_ps));
    if (ticket != NULL) {
        source->spare = ticket->next_spare;
    } else {
        ticket = arena_alloc(&source->arena, sizeof *ticket);
        if (ticket == NULL) {
            return STATUS_NOFIT;
        }
    }
    *ticket = (struct ticket){.id = request.id, .slot = slot};
    HASH_ADD(hh, source->tickets, id, sizeof ticket->id, ticket);
    return ticket->hh.tbl != NULL
               ? STATUS_OK
               : log_error(STATUS_NOFIT, "out of memory: a table of ebits cannot grow");
}

static enum status network_next(struct ebit_source *base, bool *out_any,
                                struct ebit_grant *out_grant, int64_t t_limit_ps) {
    struct service *service = network_of(base)->service;
    uint32_t slot;
    int64_t t_ps;
    TRY(service_next(service, out_any, &slot, &t_ps, t_limit_ps));
    if (*out_any) {
        *out_grant = (struct ebit_grant){service_request_id(service, slot), t_ps};
    }
    return STATUS_OK;
}

static enum status network_take(struct ebit_source *base, double *out_weights, uint64_t id,
                                int64_t t_ps) {
    struct network_source *source = network_of(base);
    struct ticket *ticket;
    HASH_FIND(hh, source->tickets, &id, sizeof id, ticket);
    CHECK(ticket != NULL);
    const uint32_t slot = ticket->slot;
    spare_ticket(source, ticket);
    return service_take(source->service, out_weights, slot, t_ps);
}

static const struct ebit_ledger *network_ledger(const struct ebit_source *base, size_t *out_n) {
    return service_ledger(((const struct network_source *)base)->service, out_n);
}

static enum status network_bit_latency(struct ebit_source *base, int64_t *out_t_ps, uint32_t a,
                                       uint32_t b) {
    return service_bit_latency(network_of(base)->service, out_t_ps, a, b);
}

static void network_describe(const struct ebit_source *base, struct text *out) {
    service_describe(((const struct network_source *)base)->service, out);
}

static const struct network_stats *network_stats_of(struct ebit_source *base) {
    return service_stats(network_of(base)->service);
}

static void network_set_trace(struct ebit_source *base, struct network_trace *trace) {
    service_set_trace(network_of(base)->service, trace);
}

static void network_destroy(struct ebit_source *base) {
    struct network_source *source = network_of(base);
    HASH_CLEAR(hh, source->tickets);
    service_destroy(source->service);
    arena_fini(&source->arena);
    mem_free(source);
}

static const struct ebit_source_class network_class = {
    .name = "network",
    .begin = network_begin,
    .hint = network_hint,
    .submit = network_submit,
    .next = network_next,
    .take = network_take,
    .ledger = network_ledger,
    .bit_latency = network_bit_latency,
    .describe = network_describe,
    .stats = network_stats_of,
    .set_trace = network_set_trace,
    .destroy = network_destroy,
};

static enum status create_network(struct ebit_source **out_source, const struct machine *machine,
                                  uint64_t seed) {
    struct network_source *source = mem_alloc(1, sizeof *source);
    if (source == NULL) {
        return STATUS_NOFIT;
    }
    const enum status status = service_create(&source->service, machine, seed);
    if (status != STATUS_OK) {
        mem_free(source);
        return status;
    }
    source->base = (struct ebit_source){.class = &network_class, .is_stationary = false};
    *out_source = &source->base;
    return STATUS_OK;
}

int ebit_ledger_compare(const void *a_ptr, const void *b_ptr) {
    const struct ebit_ledger *a = a_ptr, *b = b_ptr;
    if (a->qpu_a != b->qpu_a) {
        return a->qpu_a < b->qpu_a ? -1 : 1;
    }
    return a->qpu_b < b->qpu_b ? -1 : a->qpu_b > b->qpu_b;
}

enum status ebit_source_create(struct ebit_source **out_source, const struct machine *machine,
                               uint64_t seed) {
    return machine != NULL && machine->physical != NULL
               ? create_network(out_source, machine, seed)
               : ebit_source_create_links(out_source, machine);
}
