/* The graph, shared by the two ways to find paths. */
#ifndef QSPAN_NETWORK_ROUTE_IMPL_H
#define QSPAN_NETWORK_ROUTE_IMPL_H

#include "network/route.h"

enum { ROUTE_MAX_FIBRES = 4096, FEW_QPUS = 2048 };

struct edge {
    uint32_t to, fibre;
    int64_t cost;
};
struct path {
    uint32_t n_fibres;
    uint32_t nodes[ROUTE_MAX_FIBRES + 1], fibres[ROUTE_MAX_FIBRES];
};
struct routes {
    const struct machine *machine;
    const struct machine_physical *physical;
    struct arena arena;
    size_t n_nodes;
    uint32_t *first; /* edges of a node: CSR */
    struct edge *edges;
    int64_t *leave_cost; /* of going on from a node; -1: it does not relay */
    struct pair_decay *decays;
    int64_t **distances; /* per QPU, NULL until asked for */
    struct event_heap heap;
    struct path_set **slots; /* by pair of QPUs if they are few, else open addressing; NULL: none */
    size_t n_slots;
    struct path_set **sets;
    size_t n_sets, cap_sets;
    struct link_figures **figures;
    struct link_setup *setups; /* that the figures are of */
    size_t n_figures, cap_figures, cap_setups;
    uint32_t *figure_slots; /* open addressing by the bytes of the setup; 0: none, else index + 1 */
    size_t n_figure_slots;
};

enum status route_distances(struct routes *r, int64_t *dist, uint32_t start, const bool *banned,
                            const bool *banned_fibres);
/* Yen's next path after those of the set; *out_is_new false: there is none. */
enum status route_next_shortest(struct routes *r, struct path *out, bool *out_is_new,
                                const struct path_set *set);

#endif
