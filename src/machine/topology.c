/* Topologies made from a few numbers: `topology: {kind: fat_tree, ...}`. The QPUs are those of the
 * file, in order; switches and fibres are added. */
#include <string.h>

#include "machine/physical_fields.h"

enum kind {
    KIND_LINE,
    KIND_RING,
    KIND_STAR,
    KIND_GRID,
    KIND_MESH,
    KIND_FAT_TREE,
    KIND_CLOS,
    KIND_BCUBE,
    KIND_QFLY,
    KIND_TWO_CENTRES
};
static const char *const kind_words[] = {"line", "ring",  "star", "grid",        "mesh", "fat_tree",
                                         "clos", "bcube", "qfly", "two_centres", NULL};

struct topology {
    struct machine *machine;
    struct machine_physical *physical;
    enum kind kind;
    uint32_t n;                                            /* QPUs */
    uint32_t radix, rows, levels, groups, analysers_total; /* 0: chosen */
    struct machine_switch sw;
    struct machine_fibre fibre, trunk; /* trunk: from switch to switch */
    struct src_loc loc;
};

enum { FIELD_SWITCH = 6, FIELD_FIBRE, FIELD_TRUNK };
#define AT(member) offsetof(struct topology, member)
static const struct machine_field topology_fields[] = {
    {"kind", FIELD_WORD, AT(kind), kind_words},
    {"radix", FIELD_COUNT, AT(radix), NULL},
    {"rows", FIELD_COUNT, AT(rows), NULL},
    {"levels", FIELD_COUNT, AT(levels), NULL},
    {"groups", FIELD_COUNT, AT(groups), NULL},
    {"analysers_total", FIELD_COUNT_0, AT(analysers_total), NULL},
    {"switch", FIELD_OTHER, 0, NULL},
    {"fibre", FIELD_OTHER, 0, NULL},
    {"trunk", FIELD_OTHER, 0, NULL},
};
static const struct machine_fields fields = {"topology", topology_fields,
                                             sizeof topology_fields / sizeof *topology_fields, 1};

static enum status add_switches(struct topology *t, const char *prefix, uint32_t n,
                                uint32_t radix) {
    struct machine_physical *p = t->physical;
    TRY(vec_reserve(&p->switches, p->n_switches, &p->cap_switches, n, sizeof *p->switches));
    for (uint32_t i = 0; i < n; i++) {
        struct machine_switch *sw = &p->switches[p->n_switches];
        *sw = t->sw;
        sw->radix = radix > sw->radix ? radix : sw->radix;
        sw->loc = t->loc;
        sw->name = arena_printf(&t->machine->arena, "%s%u", prefix, i);
        if (sw->name == NULL) {
            return STATUS_NOFIT;
        }
        p->n_switches++;
    }
    return STATUS_OK;
}

static enum status add_fibre(struct topology *t, const struct machine_fibre *like, uint32_t a,
                             uint32_t b) {
    struct machine_physical *p = t->physical;
    TRY(vec_reserve(&p->fibres, p->n_fibres, &p->cap_fibres, 1, sizeof *p->fibres));
    struct machine_fibre *fibre = &p->fibres[p->n_fibres++];
    *fibre = *like;
    fibre->a = a;
    fibre->b = b;
    fibre->loc = t->loc;
    return STATUS_OK;
}

static uint32_t div_up(uint32_t a, uint32_t b) {
    return a / b + (a % b != 0);
}

/* The least integer whose power is at least n. */
static uint32_t root_up(uint32_t n, uint32_t power) {
    for (uint32_t base = 1;; base++) {
        uint64_t product = 1;
        for (uint32_t i = 0; i < power && product < n; i++) {
            product *= base;
        }
        if (product >= n) {
            return base;
        }
    }
}

static enum status refuse_size(const struct topology *t, const char *what, uint64_t limit) {
    return log_error_at(STATUS_INPUT, t->loc, "topology: %u QPUs do not fit: %s holds %llu", t->n,
                        what, (unsigned long long)limit);
}

static enum status make_line(struct topology *t, bool is_ring) {
    for (uint32_t i = 0; i + 1 < t->n; i++) {
        TRY(add_fibre(t, &t->fibre, i, i + 1));
    }
    return is_ring && t->n > 2 ? add_fibre(t, &t->fibre, t->n - 1, 0) : STATUS_OK;
}

static enum status make_grid(struct topology *t) {
    uint32_t rows = t->rows;
    if (rows == 0) {
        rows = root_up(t->n + 1, 2);
        rows -= (uint64_t)rows * rows > t->n;
        rows = rows == 0 ? 1 : rows;
    }
    const uint32_t cols = div_up(t->n, rows);
    for (uint32_t i = 0; i < t->n; i++) {
        if (i % cols + 1 < cols && i + 1 < t->n) {
            TRY(add_fibre(t, &t->fibre, i, i + 1));
        }
        if ((uint64_t)i + cols < t->n) {
            TRY(add_fibre(t, &t->fibre, i, i + cols));
        }
    }
    return STATUS_OK;
}

static enum status make_mesh(struct topology *t) {
    if (t->n > 4096) {
        return refuse_size(t, "a mesh", 4096);
    }
    for (uint32_t i = 0; i < t->n; i++) {
        for (uint32_t j = i + 1; j < t->n; j++) {
            TRY(add_fibre(t, &t->fibre, i, j));
        }
    }
    return STATUS_OK;
}

/* n QPUs from `first` on at one switch. */
static enum status join_star(struct topology *t, uint32_t sw, uint32_t first, uint32_t n) {
    for (uint32_t i = 0; i < n; i++) {
        TRY(add_fibre(t, &t->fibre, first + i, sw));
    }
    return STATUS_OK;
}

/* k pods of k/2 edge and k/2 aggregation switches, (k/2)^2 cores; k^3/4 QPUs. */
static enum status make_fat_tree(struct topology *t) {
    uint32_t k = t->radix;
    while (k == 0 || (t->radix == 0 && (uint64_t)k * k * k / 4 < t->n)) {
        k += 2;
    }
    if (k % 2 != 0 || k > 256) {
        return log_error_at(STATUS_INPUT, t->loc,
                            "topology: a fat tree's radix is even, up to 256");
    }
    const uint32_t half = k / 2, n = (uint32_t)t->machine->n_qpus;
    if ((uint64_t)k * half * half < t->n) {
        return refuse_size(t, "a fat tree of this radix", (uint64_t)k * half * half);
    }
    const uint32_t edge = n, aggregation = n + k * half, core = n + 2 * k * half;
    TRY(add_switches(t, "edge", k * half, k));
    TRY(add_switches(t, "agg", k * half, k));
    TRY(add_switches(t, "core", half * half, k));
    for (uint32_t i = 0; i < t->n; i++) {
        TRY(add_fibre(t, &t->fibre, i, edge + i / half));
    }
    for (uint32_t pod = 0; pod < k; pod++) {
        for (uint32_t a = 0; a < half; a++) {
            for (uint32_t b = 0; b < half; b++) {
                TRY(add_fibre(t, &t->trunk, edge + pod * half + a, aggregation + pod * half + b));
                TRY(add_fibre(t, &t->trunk, aggregation + pod * half + a, core + a * half + b));
            }
        }
    }
    return STATUS_OK;
}

/* Leaves with half their ports down, half up to as many spines. */
static enum status make_clos(struct topology *t) {
    const uint32_t radix = t->radix == 0 ? 8 : t->radix, half = radix / 2;
    if (radix < 2) {
        return log_error_at(STATUS_INPUT, t->loc, "topology: a clos needs a radix of 2 or more");
    }
    const uint32_t n_leaves = div_up(t->n, half), n = (uint32_t)t->machine->n_qpus;
    TRY(add_switches(t, "leaf", n_leaves, radix));
    TRY(add_switches(t, "spine", half, n_leaves > radix ? n_leaves : radix));
    for (uint32_t leaf = 0; leaf < n_leaves; leaf++) {
        const uint32_t first = leaf * half, rest = t->n - first;
        TRY(join_star(t, n + leaf, first, rest < half ? rest : half));
        for (uint32_t s = 0; s < half; s++) {
            TRY(add_fibre(t, &t->trunk, n + leaf, n + n_leaves + s));
        }
    }
    return STATUS_OK;
}

/* QPU i has digits in base `radix`; a switch of level l joins those that differ in digit l only. */
static enum status make_bcube(struct topology *t) {
    const uint32_t levels = t->levels == 0 ? 2 : t->levels;
    if (levels > 8) {
        return log_error_at(STATUS_INPUT, t->loc, "topology: a bcube has at most 8 levels");
    }
    uint32_t ports = t->radix == 0 ? root_up(t->n, levels) : t->radix;
    ports = ports < 2 ? 2 : ports;
    uint64_t size = 1, below = 1;
    for (uint32_t l = 0; l < levels; l++) {
        size *= ports;
    }
    if (size < t->n) {
        return refuse_size(t, "a bcube of this radix", size);
    }
    const uint64_t per_level = size / ports;
    uint32_t next = (uint32_t)(t->machine->n_qpus + t->physical->n_switches);
    for (uint32_t l = 0; l < levels; l++, below *= ports) {
        char prefix[32] = {'l', (char)('0' + l), '_', 0};
        /* only switches that some QPU is joined to: QPUs are the first of the cube */
        uint32_t n_used = 0;
        for (uint64_t s = 0; s < per_level; s++) {
            n_used += s / below * below * ports + s % below < t->n;
        }
        TRY(add_switches(t, prefix, n_used, ports));
        uint32_t used = 0;
        for (uint64_t s = 0; s < per_level; s++) {
            const uint64_t first = s / below * below * ports + s % below;
            for (uint64_t d = 0; d < ports && first + d * below < t->n; d++) {
                TRY(add_fibre(t, &t->fibre, (uint32_t)(first + d * below), next + used));
            }
            used += first < t->n;
        }
        next += n_used;
    }
    return STATUS_OK;
}

/* Groups of QPUs at one switch each; every switch is joined to every other. */
static enum status make_qfly(struct topology *t) {
    const uint32_t half = root_up(div_up(t->n, 2), 2), n = (uint32_t)t->machine->n_qpus;
    const uint32_t groups = t->groups != 0 ? t->groups : half < 2 ? 2 : half;
    const uint32_t per_group = div_up(t->n, groups);
    if (groups > 4096) {
        return log_error_at(STATUS_INPUT, t->loc, "topology: at most 4096 groups");
    }
    TRY(add_switches(t, "group", groups, per_group + groups - 1));
    for (uint32_t i = 0; i < t->n; i++) {
        TRY(add_fibre(t, &t->fibre, i, n + i / per_group));
    }
    for (uint32_t g = 0; g < groups; g++) {
        for (uint32_t h = g + 1; h < groups; h++) {
            TRY(add_fibre(t, &t->trunk, n + g, n + h));
        }
    }
    return STATUS_OK;
}

/* Half of the QPUs at each of two switches, joined by a trunk. */
static enum status make_two_centres(struct topology *t) {
    const uint32_t half = div_up(t->n, 2), n = (uint32_t)t->machine->n_qpus;
    TRY(add_switches(t, "centre", 2, half + 1));
    TRY(join_star(t, n, 0, half));
    TRY(join_star(t, n + 1, half, t->n - half));
    for (uint32_t i = 0; i < t->n; i++) {
        struct machine_qpu *qpu = &t->machine->qpus[i];
        qpu->data_centre = qpu->data_centre != NULL ? qpu->data_centre : i < half ? "0" : "1";
    }
    return add_fibre(t, &t->trunk, n, n + 1);
}

static enum status make(struct topology *t) {
    const uint32_t sw = (uint32_t)t->machine->n_qpus;
    switch (t->kind) {
    case KIND_LINE:
    case KIND_RING:
        return make_line(t, t->kind == KIND_RING);
    case KIND_STAR:
        TRY(add_switches(t, "hub", 1, t->n));
        return join_star(t, sw, 0, t->n);
    case KIND_GRID:
        return make_grid(t);
    case KIND_MESH:
        return make_mesh(t);
    case KIND_FAT_TREE:
        return make_fat_tree(t);
    case KIND_CLOS:
        return make_clos(t);
    case KIND_BCUBE:
        return make_bcube(t);
    case KIND_QFLY:
        return make_qfly(t);
    case KIND_TWO_CENTRES:
        return make_two_centres(t);
    }
    return STATUS_INTERNAL;
}

enum status machine_read_topology(struct machine_yaml *yaml, struct machine *machine,
                                  const yaml_node_t *node) {
    const yaml_node_t *values[32], *unused[32];
    struct machine_physical *physical = machine->physical;
    struct topology t = {
        .machine = machine,
        .physical = physical,
        .n = (uint32_t)machine->n_qpus,
        .sw = machine_default_switch,
        .fibre = machine_default_fibre,
        .loc = machine_yaml_loc(yaml, node),
    };
    t.sw.radix = 1;
    TRY(machine_yaml_fields(yaml, values, &t, node, &fields));
    if (physical->n_switches + physical->n_repeaters > 0) {
        return log_error_at(STATUS_INPUT, t.loc,
                            "topology: switches or repeaters are listed too; give one of them");
    }
    if (values[FIELD_SWITCH] != NULL) {
        TRY(machine_yaml_fields(yaml, unused, &t.sw, values[FIELD_SWITCH],
                                &machine_switch_template_fields));
    }
    if (values[FIELD_FIBRE] != NULL) {
        TRY(machine_yaml_fields(yaml, unused, &t.fibre, values[FIELD_FIBRE],
                                &machine_fibre_template_fields));
    }
    t.trunk = t.fibre;
    if (values[FIELD_TRUNK] != NULL) {
        TRY(machine_yaml_fields(yaml, unused, &t.trunk, values[FIELD_TRUNK],
                                &machine_fibre_template_fields));
    }
    TRY(make(&t));
    const uint64_t n = physical->n_switches;
    for (uint64_t i = 0; t.analysers_total > 0 && i < n; i++) {
        physical->switches[i].n_analysers =
            (uint32_t)((i + 1) * t.analysers_total / n - i * t.analysers_total / n);
    }
    return STATUS_OK;
}
