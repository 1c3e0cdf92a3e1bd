#include "network/route.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "network/route_impl.h"

/* ---- graph ---- */

static bool is_switch(const struct routes *r, uint32_t node) {
    return node >= r->machine->n_qpus && node < r->machine->n_qpus + r->physical->n_switches;
}

const struct machine_qnu *routes_qnu(const struct routes *r, uint32_t node) {
    const size_t n_qpus = r->machine->n_qpus, n_switches = r->physical->n_switches;
    CHECK(!is_switch(r, node));
    return node < n_qpus ? &r->physical->qnus[node]
                         : &r->physical->repeaters[node - n_qpus - n_switches].qnu;
}

const struct pair_decay *routes_decays(const struct routes *r) {
    return r->decays;
}

static int64_t nano_db(double loss_db) {
    return loss_db > 1e9 ? INT64_C(1000000000000000000) : (int64_t)(loss_db * 1e9 + 0.5);
}

static double switch_db(const struct machine_switch *sw) {
    return machine_switch_stages(sw->radix) * sw->stage_db;
}

static enum status make_graph(struct routes *r) {
    const struct machine_physical *p = r->physical;
    r->n_nodes = r->machine->n_qpus + p->n_switches + p->n_repeaters;
    r->first = mem_alloc(r->n_nodes + 2, sizeof *r->first);
    r->edges = mem_alloc(2 * p->n_fibres, sizeof *r->edges);
    r->leave_cost = mem_alloc(r->n_nodes, sizeof *r->leave_cost);
    r->decays = mem_alloc(r->n_nodes, sizeof *r->decays);
    r->distances = mem_alloc(r->machine->n_qpus, sizeof *r->distances);
    if (!r->first || !r->edges || !r->leave_cost || !r->decays || !r->distances) {
        return STATUS_NOFIT;
    }
    for (size_t i = 0; i < p->n_fibres; i++) {
        r->first[p->fibres[i].a + 2]++;
        r->first[p->fibres[i].b + 2]++;
    }
    for (size_t i = 2; i < r->n_nodes + 2; i++) {
        r->first[i] += r->first[i - 1];
    }
    for (size_t i = 0; i < p->n_fibres; i++) {
        const struct machine_fibre *fibre = &p->fibres[i];
        const int64_t cost = nano_db(fibre->length_m * fibre->loss_db_m) + 1;
        const uint32_t f = u32_from_size(i);
        r->edges[r->first[fibre->a + 1]++] = (struct edge){fibre->b, f, cost};
        r->edges[r->first[fibre->b + 1]++] = (struct edge){fibre->a, f, cost};
    }
    for (uint32_t node = 0; node < r->n_nodes; node++) {
        if (is_switch(r, node)) {
            r->leave_cost[node] = nano_db(switch_db(&p->switches[node - r->machine->n_qpus]));
            continue;
        }
        const struct machine_qnu *qnu = routes_qnu(r, node);
        r->leave_cost[node] = qnu->n_buffer >= 2 ? nano_db(p->policy.relay_db) : -1;
        r->decays[node] = pair_decay_of(qnu->t1_ps, qnu->t2_ps);
    }
    return STATUS_OK;
}

enum status routes_create(struct routes **out_routes, const struct machine *machine) {
    CHECK(machine->physical != NULL);
    struct routes *r = mem_alloc(1, sizeof *r);
    if (r == NULL) {
        return STATUS_NOFIT;
    }
    r->machine = machine;
    r->physical = machine->physical;
    r->arena.is_huge = true;
    const enum status status = make_graph(r);
    if (status != STATUS_OK) {
        routes_destroy(r);
        return status;
    }
    *out_routes = r;
    return STATUS_OK;
}

void routes_destroy(struct routes *r) {
    if (r == NULL) {
        return;
    }
    for (size_t i = 0; r->distances && i < r->machine->n_qpus; i++) {
        mem_free(r->distances[i]);
    }
    for (size_t i = 0; i < r->n_sets; i++) {
        event_heap_fini(&r->sets[i]->waiting);
    }
    mem_free(r->first);
    mem_free(r->edges);
    mem_free(r->leave_cost);
    mem_free(r->decays);
    mem_free(r->distances);
    mem_free(r->slots);
    mem_free(r->sets);
    mem_free(r->figures);
    mem_free(r->setups);
    mem_free(r->figure_slots);
    event_heap_fini(&r->heap);
    arena_fini(&r->arena);
    mem_free(r);
}

/* ---- Dijkstra ---- */

/* Least cost from `start` to each node, not counting the node itself; INT64_MAX: none. `banned`
 * (may be NULL) marks nodes, `banned_fibres` fibres that must not be used. */
enum status route_distances(struct routes *r, int64_t *dist, uint32_t start, const bool *banned,
                            const bool *banned_fibres) {
    for (size_t i = 0; i < r->n_nodes; i++) {
        dist[i] = INT64_MAX;
    }
    event_heap_clear(&r->heap);
    dist[start] = 0;
    TRY(event_heap_push(&r->heap, (struct event){0, start, start}));
    struct event event;
    while (event_heap_pop(&r->heap, &event)) {
        const uint32_t node = (uint32_t)event.id;
        if (event.t_ps > dist[node] || (node != start && r->leave_cost[node] < 0)) {
            continue;
        }
        const int64_t leave = node == start ? 0 : r->leave_cost[node];
        for (uint32_t k = r->first[node]; k < r->first[node + 1]; k++) {
            const struct edge *edge = &r->edges[k];
            const int64_t cost = event.t_ps + leave + edge->cost;
            if (cost < dist[edge->to] && !(banned && banned[edge->to]) &&
                !(banned_fibres && banned_fibres[edge->fibre])) {
                dist[edge->to] = cost;
                TRY(event_heap_push(&r->heap, (struct event){cost, edge->to, edge->to}));
            }
        }
    }
    return STATUS_OK;
}

static enum status find_distances(struct routes *r, const int64_t **out_dist, uint32_t start) {
    if (r->distances[start] == NULL) {
        int64_t *dist = mem_alloc(r->n_nodes, sizeof *dist);
        if (dist == NULL) {
            return STATUS_NOFIT;
        }
        const enum status status = route_distances(r, dist, start, NULL, NULL);
        if (status != STATUS_OK) {
            mem_free(dist);
            return status;
        }
        r->distances[start] = dist;
    }
    *out_dist = r->distances[start];
    return STATUS_OK;
}

/* ---- from fibres to a route ---- */

static bool has_analyser_pass(enum machine_herald_model model) {
    return model != HERALD_SENDER_RECEIVER && model != HERALD_MEASURED;
}

static uint64_t mix(uint64_t x) {
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

static uint64_t hash_setup(const struct link_setup *setup) {
    uint64_t words[sizeof *setup / 8], hash = 0;
    _Static_assert(sizeof *setup % 8 == 0, "whole words");
    memcpy(words, setup, sizeof words);
    for (size_t i = 0; i < sizeof words / 8; i++) {
        hash = mix(hash ^ words[i]) + i;
    }
    return hash;
}

/* Where the setup is, or belongs; grows the table to be at most half full. */
static enum status find_figure_slot(struct routes *r, uint32_t **out_slot,
                                    const struct link_setup *setup) {
    if (2 * r->n_figures >= r->n_figure_slots) {
        const size_t n = r->n_figure_slots == 0 ? 64 : 2 * r->n_figure_slots;
        uint32_t *slots = mem_alloc(n, sizeof *slots);
        if (slots == NULL) {
            return STATUS_NOFIT;
        }
        for (size_t i = 0; i < r->n_figures; i++) {
            uint64_t at = hash_setup(&r->setups[i]) & (n - 1);
            while (slots[at] != 0) {
                at = (at + 1) & (n - 1);
            }
            slots[at] = u32_from_size(i + 1);
        }
        mem_free(r->figure_slots);
        r->figure_slots = slots;
        r->n_figure_slots = n;
    }
    uint64_t at = hash_setup(setup) & (r->n_figure_slots - 1);
    while (r->figure_slots[at] != 0 &&
           memcmp(&r->setups[r->figure_slots[at] - 1], setup, sizeof *setup) != 0) {
        at = (at + 1) & (r->n_figure_slots - 1);
    }
    *out_slot = &r->figure_slots[at];
    return STATUS_OK;
}

static enum status find_figures(struct routes *r, uint32_t *out_index,
                                const struct link_setup *setup, struct src_loc loc) {
    uint32_t *slot;
    TRY(find_figure_slot(r, &slot, setup));
    if (*slot != 0) {
        *out_index = *slot - 1;
        return STATUS_OK;
    }
    TRY(vec_reserve(&r->figures, r->n_figures, &r->cap_figures, 1, sizeof *r->figures));
    TRY(vec_reserve(&r->setups, r->n_figures, &r->cap_setups, 1, sizeof *r->setups));
    r->setups[r->n_figures] = *setup;
    r->figures[r->n_figures] = arena_alloc(&r->arena, sizeof *r->figures[0]);
    if (r->figures[r->n_figures] == NULL) {
        return STATUS_NOFIT;
    }
    TRY(link_solve(r->figures[r->n_figures], setup, loc));
    *out_index = u32_from_size(r->n_figures++);
    *slot = *out_index + 1;
    return STATUS_OK;
}

const struct link_figures *routes_figures(const struct routes *r, uint32_t index) {
    return r->figures[index];
}

static void set_arm(struct link_arm *arm, const struct machine_qnu *qnu, double loss_db) {
    arm->efficiency = qnu->efficiency;
    arm->added_noise = qnu->added_noise;
    arm->clock_ps = qnu->clock_ps;
    arm->loss_db = qnu->loss_db + loss_db;
}

/* The link of a segment whose analyser (if its model has one) is at a switch of loss `twice_db`. */
static void fill_setup(const struct routes *r, struct link_setup *setup,
                       const struct segment *segment, double loss_db, double twice_db) {
    const struct machine_qnu *a = routes_qnu(r, segment->ends[0]);
    const struct machine_qnu *b = routes_qnu(r, segment->ends[1]);
    double length_m = 0, light_s = 0;
    for (uint32_t i = 0; i < segment->n_fibres; i++) {
        const struct machine_fibre *fibre = &r->physical->fibres[segment->fibres[i]];
        length_m += fibre->length_m;
        light_s += fibre->length_m / fibre->speed_m_s;
    }
    memset(setup, 0, sizeof *setup); /* setups are compared as bytes */
    const double each_db =
        (loss_db + (has_analyser_pass(r->physical->herald.model) ? twice_db : 0)) / 2;
    set_arm(&setup->a, a, each_db);
    set_arm(&setup->b, b, each_db);
    setup->herald = &r->physical->herald;
    setup->detectors = &r->physical->detectors;
    setup->length_m = length_m;
    setup->speed_m_s = light_s > 0 ? length_m / light_s : 2e8;
    const int64_t local_a = a->t_source_ps + a->t_reset_ps;
    const int64_t local_b = b->t_source_ps + b->t_reset_ps;
    setup->t_local_ps = local_a > local_b ? local_a : local_b;
    setup->repetition_hz = a->repetition_hz;
    if (b->repetition_hz > 0 &&
        (b->repetition_hz < setup->repetition_hz || a->repetition_hz <= 0)) {
        setup->repetition_hz = b->repetition_hz;
    }
}

/* Switches with analysers, the nearest to the middle first; a link without switches is one spot. */
static enum status solve_spots(struct routes *r, struct segment *segment, uint32_t *spots,
                               uint32_t *figures, double loss_db) {
    const struct machine_physical *p = r->physical;
    const uint32_t n = segment->n_fibres - 1, middle = n / 2;
    double last_db = -1; /* alike switches, alike figures */
    const struct src_loc loc = p->fibres[segment->fibres[0]].loc;
    struct link_setup setup;
    if (n == 0) {
        fill_setup(r, &setup, segment, loss_db, 0);
        spots[0] = UINT32_MAX;
        segment->n_spots = 1;
        return find_figures(r, &figures[0], &setup, loc);
    }
    for (uint32_t i = 0; i < n; i++) {
        const uint32_t away = (i + 1) / 2;
        const uint32_t at = i % 2 == 0 ? (middle + away) % n : (middle + n - away) % n;
        const struct machine_switch *sw = &p->switches[segment->switches[at]];
        if (sw->n_analysers > 0) {
            const uint32_t k = segment->n_spots++;
            const double own_db = switch_db(sw);
            spots[k] = segment->switches[at];
            if (own_db == last_db) {
                figures[k] = figures[k - 1];
                continue;
            }
            last_db = own_db;
            fill_setup(r, &setup, segment, loss_db, own_db);
            TRY(find_figures(r, &figures[k], &setup, loc));
        }
    }
    return STATUS_OK;
}

static enum status solve_segment(struct routes *r, struct segment *segment, uint32_t *spots,
                                 uint32_t *figures) {
    const struct machine_physical *p = r->physical;
    double loss_db = 0, light_ps = 0;
    for (uint32_t i = 0; i < segment->n_fibres; i++) {
        const struct machine_fibre *fibre = &p->fibres[segment->fibres[i]];
        loss_db += fibre->length_m * fibre->loss_db_m;
        light_ps += fibre->length_m / fibre->speed_m_s * 1e12;
    }
    for (uint32_t i = 0; i + 1 < segment->n_fibres; i++) {
        const struct machine_switch *sw = &p->switches[segment->switches[i]];
        loss_db += switch_db(sw);
        segment->t_reconf_ps =
            sw->t_reconf_ps > segment->t_reconf_ps ? sw->t_reconf_ps : segment->t_reconf_ps;
    }
    if (!(light_ps < 0x1p61)) {
        return log_error_at(STATUS_INPUT, p->fibres[segment->fibres[0]].loc,
                            "fibres so long that light takes longer than 2^61 ps (26 days)");
    }
    segment->t_light_ps = (int64_t)(light_ps + 0.5);
    return solve_spots(r, segment, spots, figures, loss_db);
}

static int64_t expected_ps(const struct routes *r, const struct segment *segment) {
    if (segment->n_spots == 0) {
        return INT64_MAX;
    }
    const struct link_figures *figures = r->figures[segment->figures[0]];
    const double t_ps = (double)figures->t_attempt_ps / figures->p_success;
    return t_ps < 0x1p62 ? (int64_t)t_ps : INT64_MAX;
}

static void sum_route(const struct routes *r, struct route *route) {
    int64_t before = 0;
    for (uint32_t i = 0; i < route->n_segments; i++) {
        route->t_light_ps += route->segments[i].t_light_ps;
        const int64_t expected = expected_ps(r, &route->segments[i]);
        route->t_expected_ps = expected > route->t_expected_ps ? expected : route->t_expected_ps;
    }
    for (uint32_t i = 0; i + 1 < route->n_segments; i++) {
        before += route->segments[i].t_light_ps;
        const int64_t after = route->t_light_ps - before;
        const int64_t far = before > after ? before : after;
        route->t_frame_ps = far > route->t_frame_ps ? far : route->t_frame_ps;
    }
}

/* Segment from node `start` to node `end` of the path; places: room for its fibres, figures, spots
 * and switches. */
static enum status make_segment(struct routes *r, struct segment *segment, uint32_t *places,
                                const uint32_t *nodes, const uint32_t *fibres, uint32_t start,
                                uint32_t end) {
    const uint32_t n = end - start;
    uint32_t *figures = places + n, *spots = figures + n, *switches = spots + n;
    memcpy(places, &fibres[start], n * sizeof *fibres);
    for (uint32_t k = 1; k < n; k++) {
        switches[k - 1] = nodes[start + k] - (uint32_t)r->machine->n_qpus;
    }
    *segment = (struct segment){.ends = {nodes[start], nodes[end]},
                                .n_fibres = n,
                                .fibres = places,
                                .spots = spots,
                                .figures = figures,
                                .switches = switches};
    return solve_segment(r, segment, spots, figures);
}

/* At the beginning of a line of the cache. */
static void *alloc_lines(struct routes *r, size_t n_bytes) {
    char *block = arena_alloc(&r->arena, n_bytes + 48); /* it is at a multiple of 16 */
    return block == NULL ? NULL : block + (64 - (uintptr_t)block % 64) % 64;
}

/* nodes[0 .. n_fibres] and the fibres between them. */
static enum status make_route(struct routes *r, struct route **out_route, const uint32_t *nodes,
                              const uint32_t *fibres, uint32_t n_fibres) {
    uint32_t n_segments = 1;
    for (uint32_t i = 1; i < n_fibres; i++) {
        n_segments += !is_switch(r, nodes[i]);
    }
    /* one block, so that they are near: a segment has at most a spot per fibre */
    struct route *route =
        arena_alloc(&r->arena, sizeof *route + n_segments * sizeof(struct segment) +
                                   4 * (size_t)n_fibres * sizeof(uint32_t));
    if (route == NULL) {
        return STATUS_NOFIT;
    }
    struct segment *segments = (struct segment *)(route + 1);
    uint32_t *places = (uint32_t *)(segments + n_segments);
    uint32_t s = 0, start = 0;
    for (uint32_t i = 1; i <= n_fibres; i++) {
        if (i < n_fibres && is_switch(r, nodes[i])) {
            continue;
        }
        TRY(make_segment(r, &segments[s++], places, nodes, fibres, start, i));
        places += 4 * (i - start);
        start = i;
    }
    route->segments = segments;
    route->n_segments = n_segments;
    sum_route(r, route);
    *out_route = route;
    return STATUS_OK;
}

static uint32_t count_spots(const struct segment *segment) {
    return segment->spots[0] == UINT32_MAX ? 0 : segment->n_spots;
}

/* Words of a path in path_set.needs. */
static uint32_t count_needs(const struct route *route) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < route->n_segments; i++) {
        n += 3 + route->segments[i].n_fibres + count_spots(&route->segments[i]);
    }
    return n; /* the first segment has no relay, but the path its length */
}

static void write_needs(uint32_t *out, const struct route *route) {
    *out++ = count_needs(route);
    for (uint32_t i = 0; i < route->n_segments; i++) {
        const struct segment *segment = &route->segments[i];
        *out++ = segment->n_fibres;
        *out++ = count_spots(segment);
        if (i > 0) {
            *out++ = segment->ends[0];
        }
        memcpy(out, segment->fibres, segment->n_fibres * sizeof *out);
        out += segment->n_fibres;
        memcpy(out, segment->spots, count_spots(segment) * sizeof *out);
        out += count_spots(segment);
    }
}

static uint32_t max_ways(const struct routes *r) {
    const struct machine_policy *policy = &r->physical->policy;
    const uint32_t n = policy->routing == ROUTING_SHORTEST ? 1 : policy->n_paths;
    return n < MAX_WAYS ? n : MAX_WAYS;
}

/* False: the route is too long, or passes relays, or the machine is too large. */
static bool fill_way(const struct routes *r, struct way *out, struct route *route) {
    const struct segment *segment = &route->segments[0];
    const uint32_t n_spots = count_spots(segment);
    const size_t n_fibres = r->physical->n_fibres, n_switches = r->physical->n_switches;
    if (route->n_segments > 1 || segment->n_fibres > WAY_PLACES || n_spots > WAY_PLACES ||
        n_fibres > UINT16_MAX || n_switches > UINT16_MAX) {
        return false;
    }
    *out = (struct way){.route = route, .n_spots = (uint8_t)n_spots};
    out->n_fibres = (uint8_t)segment->n_fibres;
    for (uint32_t i = 0; i < WAY_PLACES; i++) {
        out->fibres[i] = (uint16_t)(i < segment->n_fibres ? segment->fibres[i] : n_fibres);
        out->spots[i] = (uint16_t)(i < n_spots ? segment->spots[i] : n_switches);
        const uint32_t figures = i < segment->n_spots ? segment->figures[i] : 0;
        if (figures > UINT16_MAX) {
            return false;
        }
        out->figures[i] = (uint16_t)figures;
    }
    return true;
}

static enum status add_needs(struct routes *r, struct path_set *set, const struct route *route,
                             uint32_t n_max) {
    const size_t n = count_needs(route);
    if (set->n_needs + n > set->cap_needs) {
        const size_t n_more = n_max < ROUTES_AT_HAND ? n_max : ROUTES_AT_HAND;
        const size_t cap = set->n_needs + n_more * n;
        uint32_t *needs = alloc_lines(r, cap * sizeof *needs);
        if (needs == NULL) {
            return STATUS_NOFIT;
        }
        if (set->n_needs > 0) {
            memcpy(needs, set->needs, set->n_needs * sizeof *needs);
        }
        set->needs = needs;
        set->cap_needs = cap;
    }
    write_needs(set->needs + set->n_needs, route);
    set->n_needs += n;
    return STATUS_OK;
}

/* The last route of the set is looked at as a way; by its needs, as all others then, if it is none;
 * by both if there are outages. */
static enum status add_look(struct routes *r, struct path_set *set, struct route *route,
                            uint32_t n_max) {
    const bool had_ways = !set->has_no_ways;
    if (had_ways && set->n_ways < max_ways(r) && fill_way(r, &set->ways[set->n_ways], route)) {
        set->n_ways++;
        return r->physical->n_outages > 0 ? add_needs(r, set, route, n_max) : STATUS_OK;
    }
    set->has_no_ways = true;
    set->n_ways = 0;
    if (had_ways && r->physical->n_outages == 0) {
        for (const struct route *other = set->routes[0]; other != route; other = other->next) {
            TRY(add_needs(r, set, other, n_max));
        }
    }
    return add_needs(r, set, route, n_max);
}

/* The route is the last of the set. */
static enum status append_route(struct routes *r, struct path_set *set, struct route *route,
                                uint32_t n_max) {
    if (set->n_routes > 0) {
        routes_at(set, set->n_routes - 1)->next = route;
    }
    if (set->n_routes < ROUTES_AT_HAND) {
        set->routes[set->n_routes] = route;
    }
    set->n_routes++;
    return add_look(r, set, route, n_max);
}

/* ---- paths of least cost ---- */

/* Walks back from b over edges of least cost; where several are, `choice` decides (0: the first).
 */
static enum status walk_back(struct routes *r, struct path *out, const int64_t *dist, uint32_t a,
                             uint32_t b, uint64_t choice, const bool *banned_fibres) {
    uint32_t nodes[ROUTE_MAX_FIBRES + 1], fibres[ROUTE_MAX_FIBRES], n = 0;
    nodes[0] = b;
    for (uint32_t at = b; at != a;) {
        const struct edge *chosen = NULL;
        uint32_t n_equal = 0;
        if (n == ROUTE_MAX_FIBRES) {
            return log_error(STATUS_INPUT, "a path of more than %d fibres: not supported",
                             ROUTE_MAX_FIBRES);
        }
        for (uint32_t k = r->first[at]; k < r->first[at + 1]; k++) {
            const struct edge *edge = &r->edges[k];
            const int64_t leave = edge->to == a ? 0 : r->leave_cost[edge->to];
            if (dist[edge->to] == INT64_MAX || leave < 0 ||
                dist[edge->to] + leave + edge->cost != dist[at] ||
                (banned_fibres != NULL && banned_fibres[edge->fibre])) {
                continue;
            }
            n_equal++;
            if (choice == 0 ? chosen == NULL : mix(choice + n) % n_equal == 0) {
                chosen = edge;
            }
            choice = choice == 0 ? 0 : mix(choice + k) | 1;
        }
        CHECK(chosen != NULL);
        fibres[n++] = chosen->fibre;
        nodes[n] = at = chosen->to;
    }
    out->n_fibres = n;
    for (uint32_t i = 0; i < n; i++) {
        out->fibres[i] = fibres[n - 1 - i];
        out->nodes[i] = nodes[n - i];
    }
    out->nodes[n] = nodes[0];
    return STATUS_OK;
}

static bool is_known(const struct path_set *set, const struct path *path) {
    for (const struct route *route = set->routes[0]; route; route = route->next) {
        uint32_t n = 0;
        bool is_same = true;
        for (uint32_t s = 0; s < route->n_segments; s++) {
            for (uint32_t k = 0; k < route->segments[s].n_fibres; k++, n++) {
                is_same = is_same && n < path->n_fibres &&
                          route->segments[s].fibres[k] == path->fibres[n];
            }
        }
        if (is_same && n == path->n_fibres) {
            return true;
        }
    }
    return false;
}

/* ---- sets ---- */

static uint64_t key_of(uint32_t a, uint32_t b) {
    return a < b ? (uint64_t)a << 32 | b : (uint64_t)b << 32 | a;
}

static bool are_few(const struct routes *r) {
    return r->machine->n_qpus <= FEW_QPUS;
}

/* Where the set is looked for first: where it is, if QPUs are few. */
static uint64_t slot_of(const struct routes *r, uint32_t low, uint32_t high) {
    return are_few(r) ? (uint64_t)high * (high - 1) / 2 + low
                      : mix(key_of(low, high)) & (r->n_slots - 1);
}

static enum status grow_slots(struct routes *r) {
    const size_t n_qpus = r->machine->n_qpus;
    const size_t n = are_few(r) ? n_qpus * (n_qpus - 1) / 2 : r->n_slots == 0 ? 64 : 2 * r->n_slots;
    struct path_set **slots = mem_alloc(n, sizeof *slots);
    if (slots == NULL) {
        return STATUS_NOFIT;
    }
    mem_free(r->slots);
    r->slots = slots;
    r->n_slots = n;
    for (size_t i = 0; i < r->n_sets; i++) {
        uint64_t at = slot_of(r, r->sets[i]->a, r->sets[i]->b);
        while (slots[at] != NULL) {
            at = (at + 1) & (n - 1);
        }
        slots[at] = r->sets[i];
    }
    return STATUS_OK;
}

/* Into the slot that is free for it. */
static enum status add_set(struct routes *r, struct path_set **slot, uint32_t low, uint32_t high) {
    struct path_set *set = alloc_lines(r, sizeof *set + max_ways(r) * sizeof *set->ways);
    if (set == NULL) {
        return STATUS_NOFIT;
    }
    TRY(vec_reserve(&r->sets, r->n_sets, &r->cap_sets, 1, sizeof *r->sets));
    set->ledger = (struct ebit_ledger){.qpu_a = low, .qpu_b = high};
    set->key = key_of(low, high);
    r->sets[r->n_sets++] = set;
    *slot = set;
    return STATUS_OK;
}

enum status routes_find(struct routes *r, struct path_set **out_set, uint32_t a, uint32_t b) {
    CHECK(a != b && a < r->machine->n_qpus && b < r->machine->n_qpus);
    const uint32_t low = a < b ? a : b, high = a < b ? b : a;
    if (r->n_slots == 0 || (!are_few(r) && 2 * r->n_sets >= r->n_slots)) {
        TRY(grow_slots(r));
    }
    uint64_t at = slot_of(r, low, high);
    while (r->slots[at] != NULL && (r->slots[at]->a != low || r->slots[at]->b != high)) {
        at = (at + 1) & (r->n_slots - 1);
    }
    if (r->slots[at] == NULL) {
        TRY(add_set(r, &r->slots[at], low, high));
    }
    *out_set = r->slots[at];
    return STATUS_OK;
}

enum { LINES_AHEAD = 5 };

void routes_expect(const struct routes *r, uint32_t a, uint32_t b, bool is_sooner) {
    __asm__ volatile(""); /* else compilers drop the call, as it changes nothing that they know */
    if (r->n_slots == 0) {
        return;
    }
    struct path_set *const *slot = &r->slots[slot_of(r, a < b ? a : b, a < b ? b : a)];
    if (!is_sooner) {
        __builtin_prefetch(slot);
        return;
    }
    if (*slot != NULL) { /* another's, seldom */
        __builtin_prefetch(*slot);
        for (int line = 0; line < LINES_AHEAD - 1; line++) {
            __builtin_prefetch((const char *)(*slot)->ways + 64 * line);
        }
    }
}

struct path_set *const *routes_sets(const struct routes *r, size_t *out_n) {
    *out_n = r->n_sets;
    return r->sets;
}

enum { TRIES_PER_PATH = 4 };

/* The next path of the set: one of least cost that is not known yet, or the next of Yen's. */
static enum status next_path(struct routes *r, struct path *path, bool *out_is_new,
                             const struct path_set *set) {
    const int64_t *dist;
    TRY(find_distances(r, &dist, set->a));
    if (dist[set->b] == INT64_MAX) {
        return log_error(STATUS_INPUT, "no path joins QPUs %s and %s",
                         r->machine->qpus[set->a].name, r->machine->qpus[set->b].name);
    }
    *out_is_new = true;
    if (r->physical->policy.routing == ROUTING_K_SHORTEST && set->n_routes > 0) {
        return route_next_shortest(r, path, out_is_new, set);
    }
    const bool is_spread = r->physical->policy.routing == ROUTING_SPREAD;
    for (uint64_t i = 0; i < TRIES_PER_PATH; i++) {
        const uint64_t choice = mix(set->key + (set->n_routes * TRIES_PER_PATH + i) * 2) | 1;
        TRY(walk_back(r, path, dist, set->a, set->b, is_spread ? choice : 0, NULL));
        *out_is_new = !is_known(set, path);
        if (*out_is_new) {
            break;
        }
    }
    return STATUS_OK;
}

/* Photons must meet somewhere in each segment that passes switches. */
static bool is_usable(const struct route *route) {
    for (uint32_t s = 0; s < route->n_segments; s++) {
        if (route->segments[s].n_spots == 0) {
            return false;
        }
    }
    return true;
}

static enum status extend(struct routes *r, struct path_set *set) {
    const struct machine_policy *policy = &r->physical->policy;
    const uint32_t n_max = policy->routing == ROUTING_SHORTEST ? 1 : policy->n_paths;
    struct path path;
    bool is_new;
    TRY(next_path(r, &path, &is_new, set));
    if (!is_new) {
        set->is_complete = true;
        return STATUS_OK;
    }
    struct route *route;
    TRY(make_route(r, &route, path.nodes, path.fibres, path.n_fibres));
    if (!is_usable(route)) {
        set->is_complete = true;
        return set->n_routes > 0
                   ? STATUS_OK
                   : log_error(STATUS_INPUT,
                               "the path from QPU %s to %s passes no switch with an analyser",
                               r->machine->qpus[set->a].name, r->machine->qpus[set->b].name);
    }
    TRY(append_route(r, set, route, n_max));
    set->is_complete = set->n_routes >= n_max;
    return STATUS_OK;
}

enum status routes_extend(struct routes *r, struct path_set *set) {
    if (set->is_complete) {
        return STATUS_OK;
    }
    return extend(r, set);
}

enum status routes_get(struct routes *r, struct route **out_route, struct path_set *set,
                       uint32_t i) {
    while (set->n_routes <= i && !set->is_complete) {
        TRY(routes_extend(r, set));
    }
    *out_route = i < set->n_routes ? routes_at(set, i) : NULL;
    return STATUS_OK;
}

static enum status set_detour(struct routes *r, struct path_set *set, const struct path *path) {
    struct route *route;
    TRY(make_route(r, &route, path->nodes, path->fibres, path->n_fibres));
    if (!is_usable(route)) {
        return STATUS_OK;
    }
    set->detour_needs = arena_alloc(&r->arena, count_needs(route) * sizeof(uint32_t));
    if (set->detour_needs == NULL) {
        return STATUS_NOFIT;
    }
    write_needs(set->detour_needs, route);
    set->detour = route;
    return STATUS_OK;
}

enum status routes_detour(struct routes *r, struct path_set *set, const bool *banned_fibres) {
    struct path path;
    int64_t *dist = mem_alloc(r->n_nodes, sizeof *dist);
    enum status status = dist == NULL ? STATUS_NOFIT : STATUS_OK;
    set->detour = NULL;
    TRY_GOTO(status, done);
    TRY_GOTO(route_distances(r, dist, set->a, NULL, banned_fibres), done);
    if (dist[set->b] != INT64_MAX) {
        TRY_GOTO(walk_back(r, &path, dist, set->a, set->b, 0, banned_fibres), done);
        TRY_GOTO(set_detour(r, set, &path), done);
    }
done:
    mem_free(dist);
    return status;
}

enum status routes_light_time(struct routes *r, int64_t *out_t_ps, uint32_t a, uint32_t b) {
    struct path_set *set;
    struct route *route;
    TRY(routes_find(r, &set, a, b));
    TRY(routes_get(r, &route, set, 0));
    *out_t_ps = route->t_light_ps;
    return STATUS_OK;
}
