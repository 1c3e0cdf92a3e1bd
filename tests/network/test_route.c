/* Paths against an enumeration of all loopless ones on small random graphs. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "network/route.h"

enum { MAX_NODES = 16, MAX_PATHS = 4096 };

struct naive {
    const struct machine *machine;
    double costs[MAX_PATHS]; /* of all loopless paths from a to b */
    size_t n;
};

static bool is_transit(const struct machine *m, uint32_t node) {
    return node >= m->n_qpus || m->physical->qnus[node].n_buffer >= 2;
}

static double leave_cost(const struct machine *m, uint32_t node) {
    const struct machine_physical *p = m->physical;
    if (node >= m->n_qpus && node < m->n_qpus + p->n_switches) {
        const struct machine_switch *sw = &p->switches[node - m->n_qpus];
        return machine_switch_stages(sw->radix) * sw->stage_db;
    }
    return p->policy.relay_db;
}

static void enumerate(struct naive *naive, uint32_t at, uint32_t b, bool *seen, double cost,
                      bool is_start) {
    const struct machine_physical *p = naive->machine->physical;
    if (at == b) {
        cr_assert_lt(naive->n, MAX_PATHS);
        naive->costs[naive->n++] = cost;
        return;
    }
    if (!is_start && !is_transit(naive->machine, at)) {
        return;
    }
    cost += is_start ? 0 : leave_cost(naive->machine, at);
    seen[at] = true;
    for (size_t i = 0; i < p->n_fibres; i++) {
        const struct machine_fibre *f = &p->fibres[i];
        if (f->a != at && f->b != at) {
            continue;
        }
        const uint32_t to = f->a == at ? f->b : f->a;
        if (!seen[to]) {
            enumerate(naive, to, b, seen, cost + f->length_m * f->loss_db_m, false);
        }
    }
    seen[at] = false;
}

static int compare_doubles(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double route_cost(const struct machine *m, const struct route *route) {
    double cost = 0;
    for (uint32_t s = 0; s < route->n_segments; s++) {
        const struct segment *segment = &route->segments[s];
        cost += s > 0 ? m->physical->policy.relay_db : 0;
        for (uint32_t i = 0; i < segment->n_fibres; i++) {
            const struct machine_fibre *f = &m->physical->fibres[segment->fibres[i]];
            cost += f->length_m * f->loss_db_m;
            cost += i + 1 < segment->n_fibres
                        ? leave_cost(m, (uint32_t)m->n_qpus + segment->switches[i])
                        : 0;
        }
    }
    return cost;
}

/* The route starts at a, ends at b, and its fibres hang together. */
static void expect_connected(const struct machine *m, const struct route *route, uint32_t a,
                             uint32_t b) {
    uint32_t at = a;
    for (uint32_t s = 0; s < route->n_segments; s++) {
        const struct segment *segment = &route->segments[s];
        cr_expect_eq(segment->ends[0], at);
        for (uint32_t i = 0; i < segment->n_fibres; i++) {
            const struct machine_fibre *f = &m->physical->fibres[segment->fibres[i]];
            cr_assert(f->a == at || f->b == at);
            at = f->a == at ? f->b : f->a;
            if (i + 1 < segment->n_fibres) {
                cr_expect_eq(at, m->n_qpus + segment->switches[i]);
            }
        }
        cr_expect_eq(segment->ends[1], at);
    }
    cr_expect_eq(at, b);
}

static unsigned draw(uint64_t *site, unsigned n) {
    return (unsigned)(rng_uniform(5, (*site)++, 0, RNG_TEST) * n);
}

/* 4 QPUs (two of which relay), 4 switches, random fibres of random loss; connected by a ring. */
static struct machine *draw_machine(uint64_t *site, const char *routing) {
    struct text text = {0};
    text_add(&text, "qpus: [{name: q, count: 4, data: 1, comm: 1}]\n"
                    "qnus: [{qpu: q0, buffer: 2}, {qpu: q1, buffer: 2}]\n"
                    "switches: [{name: s, count: 4, radix: 16, stage_loss: 0.1 dB}]\nfibres:\n");
    static const char *const names[] = {"q0", "q1", "q2", "q3", "s0", "s1", "s2", "s3"};
    for (unsigned i = 0; i < 8; i++) {
        text_printf(&text, "  - {between: [%s, s%u], length: %u km, loss: 0.2 dB/km}\n", names[i],
                    i < 4 ? i : (i + 1) % 4, 1 + draw(site, 9));
    }
    for (unsigned i = 0; i < 5; i++) {
        const unsigned a = draw(site, 8), b = (a + 1 + draw(site, 7)) % 8;
        text_printf(&text, "  - {between: [%s, %s], length: %u km, loss: 0.2 dB/km}\n", names[a],
                    names[b], 1 + draw(site, 9));
    }
    text_printf(&text, "herald: {model: two_click}\npolicy: {routing: %s, paths: 6}\n", routing);
    struct machine *machine = NULL;
    cr_assert_eq(machine_read_text(&machine, "m", text.data, text.n), STATUS_OK);
    text_fini(&text);
    return machine;
}

static void check_routes(const struct machine *m, bool is_k_shortest) {
    struct routes *routes;
    cr_assert_eq(routes_create(&routes, m), STATUS_OK);
    for (uint32_t a = 0; a < 4; a++) {
        for (uint32_t b = a + 1; b < 4; b++) {
            static struct naive naive;
            bool seen[MAX_NODES] = {false};
            naive = (struct naive){.machine = m};
            enumerate(&naive, a, b, seen, 0, true);
            qsort(naive.costs, naive.n, sizeof *naive.costs, compare_doubles);
            struct path_set *set;
            cr_assert_eq(routes_find(routes, &set, b, a), STATUS_OK);
            for (uint32_t i = 0;; i++) {
                struct route *route;
                cr_assert_eq(routes_get(routes, &route, set, i), STATUS_OK);
                if (route == NULL) {
                    cr_expect_gt(i, 0);
                    cr_expect(!is_k_shortest || i == (naive.n < 6 ? naive.n : 6), "%u of %zu", i,
                              naive.n);
                    break;
                }
                expect_connected(m, route, a, b);
                const double want = naive.costs[is_k_shortest ? i : 0];
                cr_expect_float_eq(route_cost(m, route), want, 1e-6, "path %u: %g, not %g", i,
                                   route_cost(m, route), want);
            }
        }
    }
    routes_destroy(routes);
}

Test(route, k_shortest_paths_are_those_of_an_enumeration) {
    uint64_t site = 0;
    for (int n = 0; n < 30; n++) {
        struct machine *machine = draw_machine(&site, "k_shortest");
        check_routes(machine, true);
        machine_destroy(machine);
    }
}

Test(route, other_routings_take_least_cost) {
    uint64_t site = 10000;
    for (int n = 0; n < 30; n++) {
        struct machine *machine = draw_machine(&site, n % 2 == 0 ? "shortest" : "spread");
        check_routes(machine, false);
        machine_destroy(machine);
    }
}

Test(route, equal_paths_of_a_fat_tree_are_spread) {
    struct machine *machine = NULL;
    struct routes *routes;
    cr_assert_eq(machine_read(&machine, "cisco-qdc-2026"), STATUS_OK);
    cr_assert_eq(routes_create(&routes, machine), STATUS_OK);
    struct path_set *set;
    struct route *route;
    unsigned n = 0;
    cr_assert_eq(routes_find(routes, &set, 0, 15), STATUS_OK);
    do {
        cr_assert_eq(routes_get(routes, &route, set, n), STATUS_OK);
        if (route != NULL) {
            cr_expect_eq(route->n_segments, 1);
            cr_expect_eq(route->segments[0].n_fibres, 6);
            n++;
        }
    } while (route != NULL);
    cr_expect_gt(n, 2); /* of the four there are */
    routes_destroy(routes);
    machine_destroy(machine);
}
