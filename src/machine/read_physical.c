/* Machine files: QNUs, switches, repeaters, fibres, outages; the policies are tables. */
#include <stdlib.h>
#include <string.h>

#include "base/nearest.h"
#include "machine/physical_fields.h"
#include "machine/value.h"

enum { MAX_FIELD_VALUES = 32 };

struct node_name {
    const char *name;
    uint32_t node;
    struct src_loc loc;
};
struct physical_reader {
    struct machine_yaml *yaml;
    struct machine *machine;
    struct machine_physical *physical;
    struct node_name *names; /* sorted */
    size_t n_names;
};

static enum status read_transducer(struct physical_reader *r, struct machine_qnu *qnu,
                                   const yaml_node_t *node) {
    const yaml_node_t *values[MAX_FIELD_VALUES];
    return node == NULL
               ? STATUS_OK
               : machine_yaml_fields(r->yaml, values, qnu, node, &machine_transducer_fields);
}

/* ---- QNUs ---- */

/* "node" names node0, node1 ...: a QPU that `count` numbered. */
static bool is_numbered(const char *name, const char *base, size_t n_base) {
    return strncmp(name, base, n_base) == 0 && name[n_base] != '\0' &&
           strspn(name + n_base, "0123456789") == strlen(name + n_base);
}

static enum status apply_qnu(struct physical_reader *r, const yaml_node_t *item, uint32_t qpu) {
    const yaml_node_t *values[MAX_FIELD_VALUES];
    struct machine_qnu *qnu = &r->physical->qnus[qpu];
    TRY(machine_yaml_fields(r->yaml, values, qnu, item, &machine_qnu_fields));
    return read_transducer(r, qnu, values[QNU_FIELD_TRANSDUCER]);
}

static enum status apply_named_qnu(struct physical_reader *r, const yaml_node_t *item,
                                   const yaml_node_t *name_node) {
    const char *name;
    TRY(machine_yaml_scalar(r->yaml, &name, name_node, "qpu"));
    const uint32_t exact = machine_find_qpu(r->machine, name);
    if (exact != UINT32_MAX) {
        return apply_qnu(r, item, exact);
    }
    size_t n = 0;
    struct nearest near = nearest_start(name);
    for (uint32_t i = 0; i < r->machine->n_qpus; i++) {
        nearest_offer(&near, r->machine->qpus[i].name);
        if (is_numbered(r->machine->qpus[i].name, name, strlen(name))) {
            TRY(apply_qnu(r, item, i));
            n++;
        }
    }
    const struct src_loc loc = machine_yaml_loc(r->yaml, name_node);
    return n > 0 ? STATUS_OK
                 : log_error_at(STATUS_INPUT, loc, "qpu: there is no QPU '%.64s'%s%s%s", name,
                                near.best ? "; did you mean '" : "", near.best ? near.best : "",
                                near.best ? "'?" : "");
}

static enum status read_qnus(struct physical_reader *r, const yaml_node_t *node) {
    const yaml_node_item_t *items;
    size_t n;
    TRY(machine_yaml_list(r->yaml, &items, &n, node, "qnus"));
    for (size_t i = 0; i < n; i++) {
        const yaml_node_t *item = machine_yaml_item(r->yaml, items, i);
        const yaml_node_t *values[MAX_FIELD_VALUES];
        struct machine_qnu unused = machine_default_qnu;
        TRY(machine_yaml_fields(r->yaml, values, &unused, item, &machine_qnu_fields));
        if (values[QNU_FIELD_QPU] != NULL) {
            TRY(apply_named_qnu(r, item, values[QNU_FIELD_QPU]));
        } else {
            for (uint32_t q = 0; q < r->machine->n_qpus; q++) {
                TRY(apply_qnu(r, item, q));
            }
        }
    }
    return STATUS_OK;
}

/* ---- switches and repeaters ---- */

static enum status read_name(struct physical_reader *r, const char **out_name,
                             const yaml_node_t *node) {
    TRY(machine_yaml_scalar(r->yaml, out_name, node, "name"));
    if (!machine_is_qpu_name(*out_name)) {
        return machine_yaml_refuse(r->yaml, node, "name", *out_name,
                                   "expected letters, digits and _, a letter first, at most 64 in "
                                   "all");
    }
    return STATUS_OK;
}

static enum status read_switch(struct physical_reader *r, const yaml_node_t *item) {
    const yaml_node_t *values[MAX_FIELD_VALUES];
    struct machine_physical *p = r->physical;
    struct machine_switch sw = machine_default_switch;
    uint32_t n = 1;
    const char *name;
    TRY(machine_yaml_fields(r->yaml, values, &sw, item, &machine_switch_fields));
    TRY(read_name(r, &name, values[SWITCH_FIELD_NAME]));
    const yaml_node_t *count = values[SWITCH_FIELD_COUNT];
    TRY(machine_yaml_count(r->yaml, &n, count, "count", machine_parse_qpu_count));
    sw.loc = machine_yaml_loc(r->yaml, item);
    TRY(vec_reserve(&p->switches, p->n_switches, &p->cap_switches, n, sizeof *p->switches));
    for (uint32_t i = 0; i < n; i++) {
        sw.name = count == NULL ? arena_strdup(&r->machine->arena, name)
                                : arena_printf(&r->machine->arena, "%s%u", name, i);
        if (sw.name == NULL) {
            return STATUS_NOFIT;
        }
        p->switches[p->n_switches++] = sw;
    }
    return STATUS_OK;
}

static enum status read_repeater(struct physical_reader *r, const yaml_node_t *item) {
    const yaml_node_t *values[MAX_FIELD_VALUES];
    struct machine_physical *p = r->physical;
    struct machine_repeater repeater = {.qnu = machine_default_qnu};
    const char *name;
    repeater.qnu.n_buffer = MACHINE_UNLIMITED;
    TRY(machine_yaml_fields(r->yaml, values, &repeater.qnu, item, &machine_repeater_fields));
    TRY(read_name(r, &name, values[REPEATER_FIELD_NAME]));
    TRY(read_transducer(r, &repeater.qnu, values[REPEATER_FIELD_QNU]));
    repeater.name = arena_strdup(&r->machine->arena, name);
    repeater.loc = machine_yaml_loc(r->yaml, item);
    if (repeater.name == NULL) {
        return STATUS_NOFIT;
    }
    TRY(vec_reserve(&p->repeaters, p->n_repeaters, &p->cap_repeaters, 1, sizeof *p->repeaters));
    p->repeaters[p->n_repeaters++] = repeater;
    return STATUS_OK;
}

typedef enum status read_item(struct physical_reader *r, const yaml_node_t *item);

static enum status read_list(struct physical_reader *r, const yaml_node_t *node, const char *key,
                             read_item *read) {
    const yaml_node_item_t *items;
    size_t n;
    if (node == NULL) {
        return STATUS_OK;
    }
    TRY(machine_yaml_list(r->yaml, &items, &n, node, key));
    for (size_t i = 0; i < n; i++) {
        TRY(read(r, machine_yaml_item(r->yaml, items, i)));
    }
    return STATUS_OK;
}

/* ---- names of nodes ---- */

static int compare_names(const void *a, const void *b) {
    const struct node_name *x = a, *y = b;
    const int order = strcmp(x->name, y->name);
    return order != 0 ? order : (x->node > y->node) - (x->node < y->node);
}

static enum status index_nodes(struct physical_reader *r) {
    const struct machine_physical *p = r->physical;
    const size_t n_qpus = r->machine->n_qpus;
    r->n_names = n_qpus + p->n_switches + p->n_repeaters;
    r->names = mem_alloc(r->n_names, sizeof *r->names);
    if (r->names == NULL) {
        return STATUS_NOFIT;
    }
    for (size_t i = 0; i < r->n_names; i++) {
        const uint32_t node = u32_from_size(i);
        struct src_loc loc = {0};
        if (i >= n_qpus + p->n_switches) {
            loc = p->repeaters[i - n_qpus - p->n_switches].loc;
        } else if (i >= n_qpus) {
            loc = p->switches[i - n_qpus].loc;
        }
        r->names[i] = (struct node_name){machine_node_name(r->machine, node), node, loc};
    }
    qsort(r->names, r->n_names, sizeof *r->names, compare_names);
    for (size_t i = 1; i < r->n_names; i++) {
        if (strcmp(r->names[i - 1].name, r->names[i].name) == 0) {
            return log_error_at(STATUS_INPUT, r->names[i].loc,
                                "two nodes are named '%s'; QPUs, switches and repeaters share "
                                "their names",
                                r->names[i].name);
        }
    }
    return STATUS_OK;
}

static enum status find_node(struct physical_reader *r, uint32_t *out_node, const yaml_node_t *node,
                             const char *key) {
    struct node_name wanted = {0};
    TRY(machine_yaml_scalar(r->yaml, &wanted.name, node, key));
    size_t low = 0, high = r->n_names;
    while (low < high) {
        const size_t mid = low + (high - low) / 2;
        const int order = strcmp(r->names[mid].name, wanted.name);
        if (order == 0) {
            *out_node = r->names[mid].node;
            return STATUS_OK;
        }
        if (order < 0) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    struct nearest near = nearest_start(wanted.name);
    for (size_t i = 0; i < r->n_names; i++) {
        nearest_offer(&near, r->names[i].name);
    }
    return log_error_at(STATUS_INPUT, machine_yaml_loc(r->yaml, node),
                        "%s: there is no node '%.64s'%s%s%s", key, wanted.name,
                        near.best ? "; did you mean '" : "", near.best ? near.best : "",
                        near.best ? "'?" : "");
}

static enum status read_ends(struct physical_reader *r, uint32_t out_ends[2],
                             const yaml_node_t *node) {
    const yaml_node_item_t *items;
    size_t n;
    TRY(machine_yaml_list(r->yaml, &items, &n, node, "between"));
    if (n != 2) {
        return log_error_at(STATUS_INPUT, machine_yaml_loc(r->yaml, node),
                            "between: expected two nodes, [a, b], not %zu", n);
    }
    for (size_t i = 0; i < 2; i++) {
        TRY(find_node(r, &out_ends[i], machine_yaml_item(r->yaml, items, i), "between"));
    }
    if (out_ends[0] == out_ends[1]) {
        return log_error_at(STATUS_INPUT, machine_yaml_loc(r->yaml, node),
                            "between: a fibre joins two different nodes");
    }
    return STATUS_OK;
}

/* ---- fibres and outages ---- */

static enum status read_fibre(struct physical_reader *r, const yaml_node_t *item) {
    const yaml_node_t *values[MAX_FIELD_VALUES];
    struct machine_physical *p = r->physical;
    struct machine_fibre fibre = machine_default_fibre;
    uint32_t ends[2];
    TRY(machine_yaml_fields(r->yaml, values, &fibre, item, &machine_fibre_fields));
    TRY(read_ends(r, ends, values[FIBRE_FIELD_BETWEEN]));
    fibre.a = ends[0];
    fibre.b = ends[1];
    fibre.loc = machine_yaml_loc(r->yaml, item);
    TRY(vec_reserve(&p->fibres, p->n_fibres, &p->cap_fibres, 1, sizeof *p->fibres));
    p->fibres[p->n_fibres++] = fibre;
    return STATUS_OK;
}

static enum status find_fibre(struct physical_reader *r, uint32_t *out_fibre,
                              const yaml_node_t *node) {
    uint32_t ends[2];
    TRY(read_ends(r, ends, node));
    for (size_t i = 0; i < r->physical->n_fibres; i++) {
        const struct machine_fibre *fibre = &r->physical->fibres[i];
        if ((fibre->a == ends[0] && fibre->b == ends[1]) ||
            (fibre->a == ends[1] && fibre->b == ends[0])) {
            *out_fibre = u32_from_size(i);
            return STATUS_OK;
        }
    }
    return log_error_at(STATUS_INPUT, machine_yaml_loc(r->yaml, node),
                        "between: no fibre joins these nodes");
}

static enum status read_outage(struct physical_reader *r, const yaml_node_t *item) {
    const yaml_node_t *values[MAX_FIELD_VALUES];
    struct machine_physical *p = r->physical;
    struct machine_outage outage = {.loc = machine_yaml_loc(r->yaml, item)};
    TRY(machine_yaml_fields(r->yaml, values, &outage, item, &machine_outage_fields));
    const yaml_node_t *node = values[OUTAGE_FIELD_NODE], *between = values[OUTAGE_FIELD_BETWEEN];
    if ((node == NULL) == (between == NULL)) {
        return log_error_at(STATUS_INPUT, outage.loc,
                            "an outage is of a 'node' or of the fibre 'between' two: give one");
    }
    if (outage.t_from_ps >= outage.t_until_ps) {
        return log_error_at(STATUS_INPUT, outage.loc, "an outage must end after it starts");
    }
    outage.is_fibre = between != NULL;
    TRY(outage.is_fibre ? find_fibre(r, &outage.index, between)
                        : find_node(r, &outage.index, node, "node"));
    TRY(vec_reserve(&p->outages, p->n_outages, &p->cap_outages, 1, sizeof *p->outages));
    p->outages[p->n_outages++] = outage;
    return STATUS_OK;
}

/* ---- all ---- */

static enum status read_record(struct physical_reader *r, void *record, const yaml_node_t *node,
                               const struct machine_fields *fields) {
    const yaml_node_t *values[MAX_FIELD_VALUES];
    return node == NULL ? STATUS_OK : machine_yaml_fields(r->yaml, values, record, node, fields);
}

static enum status read_herald(struct physical_reader *r, const yaml_node_t *node) {
    struct machine_herald *herald = &r->physical->herald;
    if (node == NULL) {
        return STATUS_OK;
    }
    TRY(read_record(r, herald, node, &machine_herald_fields));
    const struct src_loc loc = machine_yaml_loc(r->yaml, node);
    if (herald->model == HERALD_SINGLE_CLICK && herald->bright >= 1) {
        return log_error_at(STATUS_INPUT, loc,
                            "herald: bright 1 makes no pairs: both qubits always shine");
    }
    if (herald->model != HERALD_MEASURED) {
        return STATUS_OK;
    }
    if (herald->rate_hz <= 0) {
        return log_error_at(STATUS_INPUT, loc, "herald: model measured needs a 'rate' above 0");
    }
    const double attempts = herald->rate_hz * (double)herald->t_attempt_ps * 1e-12;
    if (!herald->is_deterministic && !(attempts > 0 && attempts <= 1)) {
        return log_error_at(STATUS_INPUT, loc,
                            "herald: model measured needs 'attempt', at most 1/rate, or "
                            "'deterministic: yes'");
    }
    return STATUS_OK;
}

static enum status read_all(struct physical_reader *r, const yaml_node_t *const *nodes) {
    struct machine_physical *p = r->physical;
    if (nodes[PHYSICAL_QNUS] != NULL) {
        TRY(read_qnus(r, nodes[PHYSICAL_QNUS]));
    }
    TRY(read_list(r, nodes[PHYSICAL_SWITCHES], "switches", read_switch));
    TRY(read_list(r, nodes[PHYSICAL_REPEATERS], "repeaters", read_repeater));
    if (nodes[PHYSICAL_TOPOLOGY] != NULL) {
        TRY(machine_read_topology(r->yaml, r->machine, nodes[PHYSICAL_TOPOLOGY]));
    }
    TRY(index_nodes(r));
    TRY(read_list(r, nodes[PHYSICAL_FIBRES], "fibres", read_fibre));
    TRY(read_list(r, nodes[PHYSICAL_OUTAGES], "outages", read_outage));
    TRY(read_herald(r, nodes[PHYSICAL_HERALD]));
    TRY(read_record(r, &p->detectors, nodes[PHYSICAL_DETECTORS], &machine_detectors_fields));
    TRY(read_record(r, &p->control, nodes[PHYSICAL_CONTROL], &machine_control_fields));
    TRY(read_record(r, &p->policy, nodes[PHYSICAL_POLICY], &machine_policy_fields));
    if (nodes[PHYSICAL_POLICY] != NULL) {
        p->policy_loc = machine_yaml_loc(r->yaml, nodes[PHYSICAL_POLICY]);
    }
    return machine_check_physical(r->machine);
}

enum status machine_read_physical(struct machine_yaml *yaml, struct machine *machine,
                                  const yaml_node_t *const *nodes) {
    struct physical_reader r = {.yaml = yaml, .machine = machine};
    machine->physical = machine_physical_create(machine->n_qpus);
    if (machine->physical == NULL) {
        return STATUS_NOFIT;
    }
    r.physical = machine->physical;
    const enum status status = read_all(&r, nodes);
    mem_free(r.names);
    machine->is_complete = true;
    machine_werner_weights(machine->default_link.weights, 1);
    return status;
}
