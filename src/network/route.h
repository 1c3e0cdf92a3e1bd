/* Paths between QPUs over fibres, switches and relays, and the links they are made of.
 *
 * A path is cut at its relays (repeaters, QPUs that relay) into segments; a segment runs between
 * two memories through switches only and makes pairs by one optical link. Its figures depend on the
 * switch whose analyser is used. Costs are loss in units of 1e-9 dB, so that equal losses are equal
 * numbers; ties go to fewer fibres. Made on first use and kept: memory for what is used. */
#ifndef QSPAN_NETWORK_ROUTE_H
#define QSPAN_NETWORK_ROUTE_H

#include "base/mem.h"
#include "machine/machine.h"
#include "network/ebit_source.h"
#include "network/event_heap.h"
#include "network/link.h"

struct circuit; /* of the service: set up and idle */
struct segment {
    uint32_t ends[2]; /* memories: nodes */
    uint32_t n_fibres, n_spots;
    const uint32_t *fibres;
    const uint32_t *spots;    /* switches where photons may meet, the nearest to the middle first;
                                 UINT32_MAX: none is needed */
    const uint32_t *figures;  /* of the link, by spot */
    const uint32_t *switches; /* n_fibres - 1: index in the machine's list */
    int64_t t_reconf_ps, t_light_ps;
    struct circuit *idle;
};
struct route {
    struct route *next; /* another path between the same QPUs */
    uint32_t n_segments;
    struct segment *segments;
    int64_t t_light_ps;    /* from end to end */
    int64_t t_frame_ps;    /* from the relay that is farthest from an end to that end */
    int64_t t_expected_ps; /* mean time to make the slowest segment's pair */
};
/* What each segment takes at once, right behind its route: many are looked at for one that is
 * free, and there are more than a cache holds. */
struct route_needs {
    uint32_t n_fibres, n_spots, relay; /* relay: the node where it starts */
    uint32_t places[];                 /* fibres, then spots, of the segment */
};
static inline const struct route_needs *route_needs(const struct route *route) {
    return (const struct route_needs *)(const void *)(route + 1);
}
static inline const struct route_needs *route_needs_next(const struct route_needs *needs) {
    const uint32_t *end = needs->places + needs->n_fibres + needs->n_spots;
    return (const struct route_needs *)(const void *)end;
}
/* Everything about two QPUs a < b that asked for ebits. */
struct path_set {
    uint64_t key;
    uint32_t a, b;
    struct route *routes;
    uint32_t n_routes;
    bool is_complete;          /* no further path is to be tried */
    uint32_t n_in_a_row;       /* served over one circuit */
    uint32_t n_waiting;        /* requests that wait for these QPUs */
    struct event_heap waiting; /* requests, for batches */
    struct route *detour;      /* round what is down; NULL: none is known */
    uint64_t detour_epoch;     /* of the outages that it goes round */
    struct ebit_ledger ledger;
};
struct routes;

enum status routes_create(struct routes **out_routes, const struct machine *machine);
void routes_destroy(struct routes *routes);
/* a != b, in any order. Cost: O(1) when known, else one walk over the graph per QPU a. */
enum status routes_find(struct routes *routes, struct path_set **out_set, uint32_t a, uint32_t b);
/* The i-th path by the machine's routing; NULL: there are no more. *out needs no freeing. */
enum status routes_get(struct routes *routes, struct route **out_route, struct path_set *set,
                       uint32_t i);
/* One path more at the end of the set, at *at; *at stays NULL if there is none. */
enum status routes_extend(struct routes *routes, struct route **at, struct path_set *set);
/* The path after *route (NULL: the first); *route is NULL then if there is none. */
static inline enum status routes_next(struct routes *routes, struct route **route,
                                      struct path_set *set) {
    struct route **at = *route == NULL ? &set->routes : &(*route)->next;
    if (*at == NULL) {
        TRY(routes_extend(routes, at, set));
    }
    *route = *at;
    return STATUS_OK;
}
/* Many pairs of QPUs have more paths than a cache holds: the next one comes while one is tried. */
static inline void routes_prefetch(const struct route *route) {
    for (int line = 0; route != NULL && line < 2; line++) {
        __builtin_prefetch((const char *)route + 64 * line);
    }
}
/* The best path that leaves out fibres (a flag per fibre); *out_route NULL: there is none. */
enum status routes_detour(struct routes *routes, struct route **out_route, struct path_set *set,
                          const bool *banned_fibres);
/* Stays where it is while the routes live. */
const struct link_figures *routes_figures(const struct routes *routes, uint32_t index);
/* By node. */
const struct pair_decay *routes_decays(const struct routes *routes);
const struct machine_qnu *routes_qnu(const struct routes *routes, uint32_t node);
/* All sets, in order of first use. */
struct path_set *const *routes_sets(const struct routes *routes, size_t *out_n);
/* Light time along the best path: latency of a classical bit without overhead. */
enum status routes_light_time(struct routes *routes, int64_t *out_t_ps, uint32_t a, uint32_t b);

#endif
