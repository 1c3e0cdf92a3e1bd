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
    const uint32_t *figures; /* of the link, by spot */
    int64_t t_reconf_ps, t_light_ps;
    struct circuit *idle;
    const uint32_t *spots;    /* switches where photons may meet, the nearest to the middle first;
                                 UINT32_MAX: none is needed */
    const uint32_t *switches; /* n_fibres - 1: index in the machine's list */
};
struct route {
    struct route *next; /* another path between the same QPUs */
    uint32_t n_segments;
    struct segment *segments;
    int64_t t_light_ps;    /* from end to end */
    int64_t t_frame_ps;    /* from the relay that is farthest from an end to that end */
    int64_t t_expected_ps; /* mean time to make the slowest segment's pair */
};
/* What a segment takes at once. */
struct route_needs {
    uint32_t n_fibres, n_spots; /* n_spots 0: no analyser is needed */
    uint32_t relay;             /* node where it starts; of those behind a relay */
    const uint32_t *fibres, *spots;
};
enum { ROUTES_AT_HAND = 4, WAY_PLACES = 8, MAX_WAYS = 16 };
/* All that most requests look at of a path: one of a single segment, short, in a line of the cache.
 * Unused places have the fibre and the switch behind the machine's last. */
struct way {
    struct route *route;
    uint16_t fibres[WAY_PLACES], spots[WAY_PLACES];
    uint16_t figures[WAY_PLACES]; /* by spot; the first if none is needed */
    uint8_t n_fibres, n_spots;    /* n_spots 0: no analyser is needed */
};
/* Everything about two QPUs a < b that asked for ebits. Many pairs of QPUs have more than a cache
 * holds: what each request looks at is in the first line and in the ways, which can be fetched
 * beforehand. */
struct path_set {
    union {
        struct {
            uint32_t a, b;
        };
        struct ebit_ledger ledger; /* of a and b */
    };
    uint32_t n_waiting; /* requests that wait for these QPUs */
    uint32_t n_ways;    /* of the routes known, all or none */
    uint32_t n_routes;
    uint32_t n_in_a_row; /* served over one circuit */
    bool is_complete;    /* no further path is to be tried */
    bool has_no_ways;    /* some path is none */
    /* By path: number of words; by segment: n_fibres, n_spots, relay (but of the first), fibres,
     * spots. Many paths are looked at for one that is free. NULL: ways are enough. */
    uint32_t *needs;
    struct route *routes[ROUTES_AT_HAND]; /* further ones are behind the last */
    uint64_t key;
    size_t n_needs, cap_needs;
    struct event_heap waiting; /* requests, for batches */
    struct route *detour;      /* round what is down; NULL: none is known */
    uint32_t *detour_needs;
    uint64_t detour_epoch; /* of the outages that it goes round */
    _Alignas(64) struct way ways[];
};
/* Reads the needs of a segment; those of the next are at the result. */
static inline const uint32_t *route_read_needs(struct route_needs *out, const uint32_t *at,
                                               bool is_first) {
    out->n_fibres = at[0];
    out->n_spots = at[1];
    out->relay = is_first ? 0 : at[2];
    out->fibres = at + (is_first ? 2 : 3);
    out->spots = out->fibres + out->n_fibres;
    return out->spots + out->n_spots;
}
struct routes;

enum status routes_create(struct routes **out_routes, const struct machine *machine);
void routes_destroy(struct routes *routes);
/* a != b, in any order. Cost: O(1) when known, else one walk over the graph per QPU a. */
enum status routes_find(struct routes *routes, struct path_set **out_set, uint32_t a, uint32_t b);
/* These QPUs will be asked for soon, or sooner: fetches into the cache what will be looked at. Asks
 * for soon first. */
void routes_expect(const struct routes *routes, uint32_t a, uint32_t b, bool is_sooner);
/* The i-th path by the machine's routing; NULL: there are no more. *out needs no freeing. */
enum status routes_get(struct routes *routes, struct route **out_route, struct path_set *set,
                       uint32_t i);
/* One path more at the end of the set, if there is one; is_complete: there are no more. */
enum status routes_extend(struct routes *routes, struct path_set *set);
/* Path i of those known. */
static inline struct route *routes_at(const struct path_set *set, uint32_t i) {
    struct route *route = set->routes[i < ROUTES_AT_HAND ? i : ROUTES_AT_HAND - 1];
    for (uint32_t k = ROUTES_AT_HAND; k <= i; k++) {
        route = route->next;
    }
    return route;
}
/* The set's detour: the best path that leaves out fibres (a flag per fibre); NULL: there is none.
 */
enum status routes_detour(struct routes *routes, struct path_set *set, const bool *banned_fibres);
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
