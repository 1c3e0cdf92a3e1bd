/* The k shortest loopless paths: Yen, Management Science 17, 712 (1971). Each call finds one more,
 * from those known; graphs are small where this routing is asked for. */
#include <string.h>

#include "network/route_impl.h"

struct yen {
    struct routes *r;
    const struct path_set *set;
    bool *nodes, *fibres; /* banned */
    int64_t *dist;
    struct path *spur, *known;
};

static void copy_route(struct path *out, const struct route *route) {
    out->n_fibres = 0;
    for (uint32_t s = 0; s < route->n_segments; s++) {
        for (uint32_t k = 0; k < route->segments[s].n_fibres; k++) {
            out->fibres[out->n_fibres++] = route->segments[s].fibres[k];
        }
    }
}

static void name_nodes(const struct routes *r, struct path *path, uint32_t start) {
    path->nodes[0] = start;
    for (uint32_t i = 0; i < path->n_fibres; i++) {
        const struct machine_fibre *fibre = &r->physical->fibres[path->fibres[i]];
        path->nodes[i + 1] = fibre->a == path->nodes[i] ? fibre->b : fibre->a;
    }
}

static int64_t path_cost(const struct routes *r, const struct path *path) {
    int64_t cost = 0;
    for (uint32_t i = 0; i < path->n_fibres; i++) {
        const uint32_t node = path->nodes[i];
        for (uint32_t k = r->first[node]; k < r->first[node + 1]; k++) {
            if (r->edges[k].fibre == path->fibres[i]) {
                cost += r->edges[k].cost + (i > 0 ? r->leave_cost[node] : 0);
                break;
            }
        }
    }
    return cost;
}

static bool is_same(const struct path *a, const struct path *b) {
    return a->n_fibres == b->n_fibres &&
           memcmp(a->fibres, b->fibres, a->n_fibres * sizeof *a->fibres) == 0;
}

/* Paths that share the first `n` fibres of `known` must leave them another way. */
static void ban_continuations(struct yen *y, const struct path *known, uint32_t n) {
    struct path *other = y->spur;
    for (const struct route *route = y->set->routes[0]; route; route = route->next) {
        copy_route(other, route);
        if (other->n_fibres > n &&
            memcmp(other->fibres, known->fibres, n * sizeof(uint32_t)) == 0) {
            y->fibres[other->fibres[n]] = true;
        }
    }
}

/* The best path that follows `known` for n fibres and then leaves it; false: none. */
static enum status find_spur(struct yen *y, bool *out_found, uint32_t n) {
    struct routes *r = y->r;
    const struct path *known = y->known;
    memset(y->nodes, 0, r->n_nodes * sizeof *y->nodes);
    memset(y->fibres, 0, r->physical->n_fibres * sizeof *y->fibres);
    for (uint32_t i = 0; i < n; i++) {
        y->nodes[known->nodes[i]] = true;
    }
    ban_continuations(y, known, n);
    const uint32_t from = known->nodes[n];
    TRY(route_distances(r, y->dist, from, y->nodes, y->fibres));
    *out_found = y->dist[y->set->b] != INT64_MAX && (n == 0 || r->leave_cost[from] >= 0);
    if (!*out_found) {
        return STATUS_OK;
    }
    /* walking back must not use what is banned: such nodes have no distance, such fibres no match
     */
    struct path *tail = y->spur;
    tail->n_fibres = 0;
    uint32_t at = y->set->b, n_tail = 0;
    while (at != from) {
        uint32_t chosen = UINT32_MAX, via = 0;
        for (uint32_t k = r->first[at]; k < r->first[at + 1] && chosen == UINT32_MAX; k++) {
            const struct edge *edge = &r->edges[k];
            const int64_t leave = edge->to == from ? 0 : r->leave_cost[edge->to];
            if (!y->fibres[edge->fibre] && y->dist[edge->to] != INT64_MAX && leave >= 0 &&
                y->dist[edge->to] + leave + edge->cost == y->dist[at]) {
                chosen = edge->fibre;
                via = edge->to;
            }
        }
        if (chosen == UINT32_MAX || n + n_tail >= ROUTE_MAX_FIBRES) {
            *out_found = false;
            return STATUS_OK;
        }
        tail->fibres[n_tail++] = chosen;
        at = via;
    }
    for (uint32_t i = 0; i < n_tail / 2; i++) {
        const uint32_t swap = tail->fibres[i];
        tail->fibres[i] = tail->fibres[n_tail - 1 - i];
        tail->fibres[n_tail - 1 - i] = swap;
    }
    memmove(tail->fibres + n, tail->fibres, n_tail * sizeof *tail->fibres);
    memcpy(tail->fibres, known->fibres, n * sizeof *tail->fibres);
    tail->n_fibres = n + n_tail;
    name_nodes(r, tail, y->set->a);
    return STATUS_OK;
}

static bool is_better(const struct path *path, const struct path *best, int64_t cost,
                      int64_t best_cost) {
    if (best_cost == INT64_MAX || cost != best_cost) {
        return cost < best_cost;
    }
    const uint32_t n = path->n_fibres < best->n_fibres ? path->n_fibres : best->n_fibres;
    return memcmp(path->fibres, best->fibres, n * sizeof *path->fibres) < 0;
}

static enum status search(struct yen *y, struct path *best, bool *out_is_new) {
    int64_t best_cost = INT64_MAX;
    for (const struct route *route = y->set->routes[0]; route; route = route->next) {
        copy_route(y->known, route);
        name_nodes(y->r, y->known, y->set->a);
        for (uint32_t n = 0; n < y->known->n_fibres; n++) {
            bool is_found;
            TRY(find_spur(y, &is_found, n));
            if (!is_found || is_same(y->spur, y->known)) {
                continue;
            }
            const int64_t cost = path_cost(y->r, y->spur);
            if (is_better(y->spur, best, cost, best_cost)) {
                *best = *y->spur;
                best_cost = cost;
            }
        }
    }
    *out_is_new = best_cost != INT64_MAX;
    return STATUS_OK;
}

enum status route_next_shortest(struct routes *r, struct path *out, bool *out_is_new,
                                const struct path_set *set) {
    struct yen y = {.r = r, .set = set};
    enum status status = STATUS_NOFIT;
    y.nodes = mem_alloc(r->n_nodes, sizeof *y.nodes);
    y.fibres = mem_alloc(r->physical->n_fibres, sizeof *y.fibres);
    y.dist = mem_alloc(r->n_nodes, sizeof *y.dist);
    y.spur = mem_alloc(1, sizeof *y.spur);
    y.known = mem_alloc(1, sizeof *y.known);
    if (y.nodes && y.fibres && y.dist && y.spur && y.known) {
        status = search(&y, out, out_is_new);
    }
    mem_free(y.nodes);
    mem_free(y.fibres);
    mem_free(y.dist);
    mem_free(y.spur);
    mem_free(y.known);
    return status;
}
