/* What a physical machine must hold before anybody routes over it. */
#include <string.h>

#include "base/units.h"
#include "machine/physical_fields.h"

static enum status check_decay(struct src_loc loc, const char *name,
                               const struct machine_qnu *qnu) {
    char t1[32], t2[32];
    const bool is_infinite = qnu->t1_ps == 0;
    if (is_infinite || (qnu->t2_ps > 0 && qnu->t2_ps - qnu->t1_ps <= qnu->t1_ps)) {
        return STATUS_OK;
    }
    return log_error_at(STATUS_INPUT, loc,
                        "QNU of '%s': T2 (%s) must be given and at most twice T1 (%s)", name,
                        qnu->t2_ps == 0 ? "infinite" : units_print_time(t2, sizeof t2, qnu->t2_ps),
                        units_print_time(t1, sizeof t1, qnu->t1_ps));
}

static enum status check_nodes(const struct machine *machine) {
    const struct machine_physical *p = machine->physical;
    for (size_t q = 0; q < machine->n_qpus; q++) {
        const struct machine_qpu *qpu = &machine->qpus[q];
        TRY(check_decay(qpu->loc, qpu->name, &p->qnus[q]));
        if (qpu->n_comm == 0) {
            return log_error_at(STATUS_INPUT, qpu->loc,
                                "QPU '%s' is on a network and has no comm qubit: 'comm' must be "
                                "at least 1",
                                qpu->name);
        }
    }
    for (size_t i = 0; i < p->n_repeaters; i++) {
        const struct machine_repeater *repeater = &p->repeaters[i];
        TRY(check_decay(repeater->loc, repeater->name, &repeater->qnu));
        if (repeater->qnu.n_buffer < 2) {
            return log_error_at(STATUS_INPUT, repeater->loc,
                                "repeater '%s' needs a buffer of 2 or more", repeater->name);
        }
    }
    for (size_t i = 0; i < p->n_fibres; i++) {
        if (p->fibres[i].speed_m_s <= 0) {
            return log_error_at(STATUS_INPUT, p->fibres[i].loc, "speed: light must move");
        }
    }
    return STATUS_OK;
}

static enum status check_ports(const struct machine *machine) {
    const struct machine_physical *p = machine->physical;
    uint32_t *n_used = mem_alloc(p->n_switches, sizeof *n_used);
    enum status status = n_used == NULL ? STATUS_NOFIT : STATUS_OK;
    uint64_t n_analysers = 0;
    for (size_t i = 0; i < p->n_fibres && status == STATUS_OK; i++) {
        const uint32_t ends[2] = {p->fibres[i].a, p->fibres[i].b};
        for (int end = 0; end < 2 && status == STATUS_OK; end++) {
            const size_t s = ends[end] - machine->n_qpus;
            if (ends[end] >= machine->n_qpus && s < p->n_switches &&
                ++n_used[s] > p->switches[s].radix) {
                status = log_error_at(STATUS_INPUT, p->fibres[i].loc,
                                      "switch '%s' has %u ports, and this is one fibre more",
                                      p->switches[s].name, p->switches[s].radix);
            }
        }
    }
    for (size_t i = 0; i < p->n_switches; i++) {
        n_analysers += p->switches[i].n_analysers;
    }
    if (status == STATUS_OK && p->n_switches > 0 && n_analysers == 0) {
        status = log_error_at(STATUS_INPUT, p->switches[0].loc,
                              "analysers: no switch has one, so no two photons can meet");
    }
    mem_free(n_used);
    return status;
}

/* ---- reachability ---- */

struct graph {
    size_t n_nodes;
    uint32_t *first, *to; /* neighbours, CSR */
    uint32_t *seen;       /* number of the walk that saw a node */
    uint32_t *queue;
};

static bool is_transit(const struct machine *machine, uint32_t node) {
    return node >= machine->n_qpus || machine->physical->qnus[node].n_buffer >= 2;
}

static enum status make_graph(struct graph *g, const struct machine *machine) {
    const struct machine_physical *p = machine->physical;
    g->n_nodes = machine->n_qpus + p->n_switches + p->n_repeaters;
    g->first = mem_alloc(g->n_nodes + 2, sizeof *g->first);
    g->to = mem_alloc(2 * p->n_fibres, sizeof *g->to);
    g->seen = mem_alloc(g->n_nodes, sizeof *g->seen);
    g->queue = mem_alloc(g->n_nodes, sizeof *g->queue);
    if (!g->first || !g->to || !g->seen || !g->queue) {
        return STATUS_NOFIT;
    }
    for (size_t i = 0; i < p->n_fibres; i++) {
        g->first[p->fibres[i].a + 2]++;
        g->first[p->fibres[i].b + 2]++;
    }
    for (size_t i = 2; i < g->n_nodes + 2; i++) {
        g->first[i] += g->first[i - 1];
    }
    for (size_t i = 0; i < p->n_fibres; i++) {
        g->to[g->first[p->fibres[i].a + 1]++] = p->fibres[i].b;
        g->to[g->first[p->fibres[i].b + 1]++] = p->fibres[i].a;
    }
    return STATUS_OK;
}

static void graph_fini(struct graph *g) {
    mem_free(g->first);
    mem_free(g->to);
    mem_free(g->seen);
    mem_free(g->queue);
}

/* Marks what `start` reaches through switches, repeaters and QPUs that relay. */
static void walk(struct graph *g, const struct machine *machine, uint32_t start, uint32_t mark) {
    size_t n = 0;
    g->seen[start] = mark;
    g->queue[n++] = start;
    for (size_t i = 0; i < n; i++) {
        const uint32_t node = g->queue[i];
        if (node != start && !is_transit(machine, node)) {
            continue;
        }
        for (uint32_t k = g->first[node]; k < g->first[node + 1]; k++) {
            if (g->seen[g->to[k]] != mark) {
                g->seen[g->to[k]] = mark;
                g->queue[n++] = g->to[k];
            }
        }
    }
}

/* A QPU that relays for nobody may still be the only way: walks start anew from each such QPU, but
 * one walk serves all QPUs that hang on the same node. */
static enum status check_reach(struct graph *g, const struct machine *machine) {
    uint32_t mark = 0;
    uint32_t last_hub = UINT32_MAX;
    for (uint32_t q = 0; q < machine->n_qpus; q++) {
        const uint32_t n_near = g->first[q + 1] - g->first[q];
        const uint32_t hub = n_near > 0 ? g->to[g->first[q]] : UINT32_MAX;
        const bool is_same = mark > 0 && n_near > 0 && is_transit(machine, hub) &&
                             (hub == last_hub || (last_hub != UINT32_MAX && g->seen[hub] == mark));
        if (is_same || n_near == machine->n_qpus - 1) {
            continue; /* what reaches the hub reaches this QPU, and the other way round */
        }
        walk(g, machine, q, ++mark);
        last_hub = hub != UINT32_MAX && is_transit(machine, hub) ? hub : UINT32_MAX;
        for (uint32_t other = 0; other < machine->n_qpus; other++) {
            if (g->seen[other] != mark) {
                return log_error_at(STATUS_INPUT, machine->qpus[other].loc,
                                    "QPU '%s' cannot be reached from '%s': fibres, switches and "
                                    "repeaters do not join them (a QPU relays if its QNU has a "
                                    "buffer of 2 or more)",
                                    machine->qpus[other].name, machine->qpus[q].name);
            }
        }
    }
    return STATUS_OK;
}

enum status machine_check_physical(const struct machine *machine) {
    struct graph graph = {0};
    TRY(check_nodes(machine));
    TRY(check_ports(machine));
    enum status status = make_graph(&graph, machine);
    if (status == STATUS_OK) {
        status = check_reach(&graph, machine);
    }
    graph_fini(&graph);
    return status;
}
