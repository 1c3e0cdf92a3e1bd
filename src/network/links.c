/* Ebits over abstract links: per link one pair at a time, first come first served. */
#define HASH_NONFATAL_OOM 1
#include "network/ebit_source.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/units.h"
#include "network/event_heap.h"

struct link_state {
    uint64_t key; /* a << 32 | b, a < b */
    const struct machine_link *link;
    int64_t t_free_ps; /* when its last pair accepted so far is ready */
    struct ebit_ledger ledger;
    UT_hash_handle hh;
};
/* A pair that was asked for and not yet taken. */
struct pair_state {
    uint64_t id;
    struct link_state *link;
    bool is_ready;
    struct pair_state *next_spare;
    UT_hash_handle hh;
};
struct links_source {
    struct ebit_source base;
    const struct machine *machine; /* NULL: ideal links between all */
    struct arena arena;            /* link and pair states; reused over timelines */
    struct link_state *links;      /* hash by key; grows with the links that are used */
    struct pair_state *pairs;      /* hash by id */
    struct pair_state *spare;
    struct event_heap grants;
    uint64_t n_submitted;
    int64_t t_now_ps; /* nothing may be submitted before */
    struct ebit_ledger *ledger;
    size_t cap_ledger;
};

static const struct machine_link ideal_link = {.weights = {1, 0, 0, 0}};

static struct links_source *links_of(struct ebit_source *source) {
    return (struct links_source *)source;
}

static void spare_pair(struct links_source *source, struct pair_state *pair) {
    pair->next_spare = source->spare;
    source->spare = pair;
}

static enum status links_begin(struct ebit_source *base, uint64_t timeline) {
    struct links_source *source = links_of(base);
    struct pair_state *pair, *next_pair;
    struct link_state *link, *next_link;
    (void)timeline;
    HASH_ITER(hh, source->pairs, pair, next_pair) {
        HASH_DEL(source->pairs, pair);
        spare_pair(source, pair);
    }
    HASH_ITER(hh, source->links, link, next_link) {
        link->t_free_ps = 0;
        link->ledger =
            (struct ebit_ledger){.qpu_a = link->ledger.qpu_a, .qpu_b = link->ledger.qpu_b};
    }
    event_heap_clear(&source->grants);
    source->n_submitted = 0;
    source->t_now_ps = 0;
    return STATUS_OK;
}

static enum status no_memory(void) {
    return log_error(STATUS_NOFIT, "out of memory: a table of links or pairs cannot grow");
}

static enum status refuse_pair(const struct machine *machine, uint32_t a, uint32_t b) {
    return log_error(STATUS_INPUT, "machine %s has no link between %s and %s, so no ebit there",
                     machine->name, machine->qpus[a].name, machine->qpus[b].name);
}

/* State of the link between a < b, made on first use: a complete machine has too many to list. */
static enum status find_link(struct link_state **out_link, struct links_source *source, uint32_t a,
                             uint32_t b) {
    const uint64_t key = (uint64_t)a << 32 | b;
    struct link_state *state;
    HASH_FIND(hh, source->links, &key, sizeof key, state);
    if (state) {
        *out_link = state;
        return STATUS_OK;
    }
    const struct machine_link *link = &ideal_link;
    if (source->machine) {
        CHECK(b < source->machine->n_qpus);
        link = machine_find_link(source->machine, a, b);
        if (!link) {
            return refuse_pair(source->machine, a, b);
        }
    }
    const size_t n_links = HASH_COUNT(source->links);
    TRY(vec_reserve(&source->ledger, n_links, &source->cap_ledger, 1, sizeof *source->ledger));
    state = arena_alloc(&source->arena, sizeof *state);
    if (!state) {
        return STATUS_NOFIT;
    }
    *state = (struct link_state){.key = key, .link = link, .ledger = {.qpu_a = a, .qpu_b = b}};
    HASH_ADD(hh, source->links, key, sizeof state->key, state);
    if (!state->hh.tbl) {
        return no_memory();
    }
    *out_link = state;
    return STATUS_OK;
}

static enum status add_pair(struct links_source *source, uint64_t id, struct link_state *link) {
    struct pair_state *pair;
    HASH_FIND(hh, source->pairs, &id, sizeof id, pair);
    CHECK(!pair);
    pair = source->spare;
    if (pair) {
        source->spare = pair->next_spare;
    } else {
        pair = arena_alloc(&source->arena, sizeof *pair);
        if (!pair) {
            return STATUS_NOFIT;
        }
    }
    *pair = (struct pair_state){.id = id, .link = link};
    HASH_ADD(hh, source->pairs, id, sizeof pair->id, pair);
    if (!pair->hh.tbl) {
        spare_pair(source, pair);
        return no_memory();
    }
    return STATUS_OK;
}

static enum status links_submit(struct ebit_source *base, struct ebit_request request,
                                int64_t t_ps) {
    struct links_source *source = links_of(base);
    CHECK(request.qpu_a != request.qpu_b && t_ps >= source->t_now_ps);
    const uint32_t a = request.qpu_a < request.qpu_b ? request.qpu_a : request.qpu_b;
    const uint32_t b = request.qpu_a < request.qpu_b ? request.qpu_b : request.qpu_a;
    struct link_state *link = NULL;
    TRY(find_link(&link, source, a, b));
    int64_t t_ready_ps = t_ps > link->t_free_ps ? t_ps : link->t_free_ps;
    if (!time_add(&t_ready_ps, t_ready_ps, link->link->t_ebit_ps)) {
        return log_error(STATUS_INPUT, "an ebit would be ready after the end of time (2^63 ps)");
    }
    TRY(add_pair(source, request.id, link));
    TRY(event_heap_push(&source->grants,
                        (struct event){t_ready_ps, source->n_submitted, request.id}));
    source->n_submitted++;
    source->t_now_ps = t_ps;
    link->t_free_ps = t_ready_ps;
    link->ledger.requested++;
    return STATUS_OK;
}

static enum status links_next(struct ebit_source *base, bool *out_any, struct ebit_grant *out_grant,
                              int64_t t_limit_ps) {
    struct links_source *source = links_of(base);
    const struct event *top = event_heap_top(&source->grants);
    struct event event;
    if (!top || top->t_ps > t_limit_ps || !event_heap_pop(&source->grants, &event)) {
        source->t_now_ps = t_limit_ps > source->t_now_ps ? t_limit_ps : source->t_now_ps;
        *out_any = false;
        return STATUS_OK;
    }
    struct pair_state *pair;
    HASH_FIND(hh, source->pairs, &event.id, sizeof event.id, pair);
    CHECK(pair);
    pair->is_ready = true;
    pair->link->ledger.generated++;
    source->t_now_ps = event.t_ps > source->t_now_ps ? event.t_ps : source->t_now_ps;
    *out_grant = (struct ebit_grant){event.id, event.t_ps};
    *out_any = true;
    return STATUS_OK;
}

static enum status links_take(struct ebit_source *base, double *out_weights, uint64_t id,
                              int64_t t_ps) {
    struct links_source *source = links_of(base);
    struct pair_state *pair;
    (void)t_ps;
    HASH_FIND(hh, source->pairs, &id, sizeof id, pair);
    CHECK(pair && pair->is_ready);
    memcpy(out_weights, pair->link->link->weights, sizeof pair->link->link->weights);
    pair->link->ledger.used++;
    HASH_DEL(source->pairs, pair);
    spare_pair(source, pair);
    return STATUS_OK;
}

static const struct ebit_ledger *links_ledger(const struct ebit_source *base, size_t *out_n) {
    const struct links_source *source = (const struct links_source *)base;
    size_t n = 0;
    for (const struct link_state *link = source->links; link; link = link->hh.next) {
        if (link->ledger.requested > 0) {
            source->ledger[n++] = link->ledger;
        }
    }
    if (n > 0) {
        qsort(source->ledger, n, sizeof *source->ledger, ebit_ledger_compare);
    }
    *out_n = n;
    return source->ledger;
}

static void links_destroy(struct ebit_source *base) {
    struct links_source *source = links_of(base);
    HASH_CLEAR(hh, source->links);
    HASH_CLEAR(hh, source->pairs);
    event_heap_fini(&source->grants);
    arena_fini(&source->arena);
    mem_free(source->ledger);
    mem_free(source);
}

static const struct ebit_source_class links_class = {
    .name = "links",
    .begin = links_begin,
    .hint = NULL,
    .submit = links_submit,
    .next = links_next,
    .take = links_take,
    .ledger = links_ledger,
    .destroy = links_destroy,
};

enum status ebit_source_create_links(struct ebit_source **out_source,
                                     const struct machine *machine) {
    CHECK(machine == NULL || machine->physical == NULL);
    struct links_source *source = mem_alloc(1, sizeof *source);
    if (!source) {
        return STATUS_NOFIT;
    }
    source->base = (struct ebit_source){.class = &links_class, .is_stationary = true};
    source->machine = machine;
    *out_source = &source->base;
    return STATUS_OK;
}
