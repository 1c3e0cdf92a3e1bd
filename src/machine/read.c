/* Machine files: YAML nodes to QPUs and links (docs/machine.md lists the keys). */
#include <stdlib.h>
#include <string.h>

#include "base/nearest.h"
#include "base/units.h"
#include "machine/build.h"
#include "machine/physical_fields.h"
#include "machine/value.h"
#include "machine/yaml_value.h"

enum root_key {
    ROOT_NAME,
    ROOT_QPUS,
    ROOT_LINKS,
    ROOT_DEFAULT_LINK,
    ROOT_PHYSICAL,
    ROOT_N_KEYS = ROOT_PHYSICAL + PHYSICAL_N_KEYS
};
static const char *const root_keys[] = {
    "name",   "qpus",     "links",  "default_link", "qnus",    "switches", "repeaters",
    "fibres", "topology", "herald", "detectors",    "control", "policy",   "outages"};
static const struct machine_yaml_schema root_schema = {"the machine", root_keys, ROOT_N_KEYS,
                                                       1u << ROOT_QPUS, NULL};

enum qpu_key {
    QPU_NAME,
    QPU_COUNT,
    QPU_LIKE,
    QPU_DATA,
    QPU_COMM,
    QPU_RACK,
    QPU_DATA_CENTRE,
    QPU_T1,
    QPU_T2,
    QPU_GATE1,
    QPU_GATE2,
    QPU_MEASURE,
    QPU_RESET,
    QPU_N_KEYS
};
static const char *const qpu_keys[] = {"name",  "count",       "like", "data", "comm",
                                       "rack",  "data_centre", "T1",   "T2",   "gate1",
                                       "gate2", "measure",     "reset"};
static const struct machine_yaml_schema qpu_schema = {"a QPU", qpu_keys, QPU_N_KEYS, 1u << QPU_NAME,
                                                      NULL};

enum op_key { OP_TIME, OP_ERROR, OP_N_KEYS };
static const char *const op_keys[] = {"time", "error"};
static const struct machine_yaml_schema op_schema = {"an operation", op_keys, OP_N_KEYS, 0, NULL};

enum link_key { LINK_FIDELITY, LINK_WEIGHTS, LINK_TIME, LINK_CLASSICAL, LINK_BETWEEN, LINK_N_KEYS };
static const char *const link_keys[] = {"fidelity", "weights", "time", "classical", "between"};
static const struct machine_yaml_schema link_schema = {"a link", link_keys, LINK_N_KEYS,
                                                       1u << LINK_BETWEEN, NULL};
static const struct machine_yaml_schema default_link_schema = {"default_link", link_keys,
                                                               LINK_BETWEEN, 0, NULL};

enum entry_state { ENTRY_NEW, ENTRY_OPEN, ENTRY_DONE };

/* One item of `qpus`; it makes n QPUs that differ in their names only. */
struct entry {
    const yaml_node_t *node;
    const yaml_node_t *values[QPU_N_KEYS];
    enum entry_state state;
    uint32_t like; /* entry, or UINT32_MAX */
    uint32_t first_qpu, n;
    struct machine_qpu qpu; /* the merged values once DONE; without name */
    bool has_data;
};

struct reader {
    struct machine_yaml yaml;
    struct machine *machine;
    struct entry *entries;
    size_t n_entries;
    uint32_t *entry_of; /* QPU -> entry */
    uint32_t *chain;    /* entries on the way along `like` */
};

/* T1, T2: 0 stands for infinite. */
static enum status read_lifetime(struct reader *r, int64_t *out_t_ps, struct src_loc *out_loc,
                                 const yaml_node_t *node, const char *key) {
    if (node == NULL) {
        return STATUS_OK;
    }
    const char *text, *why;
    int64_t t_ps = 0;
    TRY(machine_yaml_scalar(&r->yaml, &text, node, key));
    if (strcmp(text, "infinite") != 0) {
        if (units_parse_time(&t_ps, &why, text) != STATUS_OK) {
            return machine_yaml_refuse(&r->yaml, node, key, text, why);
        }
        if (t_ps == 0) {
            return machine_yaml_refuse(&r->yaml, node, key, text,
                                       "must be more than 0; 'infinite' for no decay");
        }
    }
    *out_t_ps = t_ps;
    *out_loc = machine_yaml_loc(&r->yaml, node);
    return STATUS_OK;
}

static enum status read_op(struct reader *r, struct machine_op *op, const yaml_node_t *node,
                           const char *key) {
    if (node == NULL) {
        return STATUS_OK;
    }
    const yaml_node_t *values[OP_N_KEYS];
    struct machine_yaml_schema schema = op_schema;
    schema.what = key;
    TRY(machine_yaml_map(&r->yaml, values, node, &schema));
    if (values[OP_TIME] != NULL) {
        TRY(machine_yaml_time(&r->yaml, &op->t_ps, values[OP_TIME], "time"));
        op->loc_t = machine_yaml_loc(&r->yaml, values[OP_TIME]);
    }
    if (values[OP_ERROR] != NULL) {
        const char *text, *why;
        TRY(machine_yaml_scalar(&r->yaml, &text, values[OP_ERROR], "error"));
        if (machine_parse_probability(&op->p_err, &why, text) != STATUS_OK) {
            return machine_yaml_refuse(&r->yaml, values[OP_ERROR], "error", text, why);
        }
        op->loc_err = machine_yaml_loc(&r->yaml, values[OP_ERROR]);
    }
    return STATUS_OK;
}

static enum status add_qpu(struct reader *r, const char *name, struct src_loc loc) {
    struct machine *m = r->machine;
    if (name == NULL) {
        return STATUS_NOFIT;
    }
    TRY(vec_reserve(&m->qpus, m->n_qpus, &m->cap_qpus, 1, sizeof *m->qpus));
    m->qpus[m->n_qpus++] = (struct machine_qpu){.name = name, .loc = loc};
    return STATUS_OK;
}

/* Keys, name and count of an item of `qpus`; adds its QPUs, yet without values. */
static enum status open_entry(struct reader *r, struct entry *entry, const yaml_node_t *node) {
    struct machine *m = r->machine;
    entry->node = node;
    TRY(machine_yaml_map(&r->yaml, entry->values, node, &qpu_schema));
    const yaml_node_t *name_node = entry->values[QPU_NAME];
    const char *name;
    TRY(machine_yaml_scalar(&r->yaml, &name, name_node, "name"));
    if (!machine_is_qpu_name(name)) {
        return machine_yaml_refuse(
            &r->yaml, name_node, "name", name,
            "expected letters, digits and _, a letter first, at most 64 in all");
    }
    entry->n = 1;
    entry->first_qpu = u32_from_size(m->n_qpus);
    const yaml_node_t *count = entry->values[QPU_COUNT];
    TRY(machine_yaml_count(&r->yaml, &entry->n, count, "count", machine_parse_qpu_count));
    if (m->n_qpus + entry->n > MACHINE_MAX_QPUS) {
        return log_error_at(STATUS_INPUT, machine_yaml_loc(&r->yaml, count ? count : node),
                            "more than %d QPUs", MACHINE_MAX_QPUS);
    }
    struct src_loc loc = machine_yaml_loc(&r->yaml, name_node);
    if (count == NULL) {
        return add_qpu(r, arena_strdup(&m->arena, name), loc);
    }
    for (uint32_t i = 0; i < entry->n; i++) {
        TRY(add_qpu(r, arena_printf(&m->arena, "%s%u", name, i), loc));
    }
    return STATUS_OK;
}

static enum status refuse_unknown_qpu(struct reader *r, const yaml_node_t *node, const char *key,
                                      const char *name) {
    struct nearest near = nearest_start(name);
    for (size_t i = 0; i < r->machine->n_qpus; i++) {
        nearest_offer(&near, r->machine->qpus[i].name);
    }
    struct src_loc loc = machine_yaml_loc(&r->yaml, node);
    return near.best == NULL
               ? log_error_at(STATUS_INPUT, loc, "%s: there is no QPU '%.64s'", key, name)
               : log_error_at(STATUS_INPUT, loc, "%s: there is no QPU '%.64s'; did you mean '%s'?",
                              key, name, near.best);
}

/* The entry that `like` names: by a QPU, or by the name before `count` numbered it. */
static enum status find_like(struct reader *r, struct entry *entry) {
    const yaml_node_t *node = entry->values[QPU_LIKE];
    entry->like = UINT32_MAX;
    if (node == NULL) {
        return STATUS_OK;
    }
    const char *name;
    TRY(machine_yaml_scalar(&r->yaml, &name, node, "like"));
    uint32_t qpu = machine_find_qpu(r->machine, name);
    if (qpu == UINT32_MAX && strlen(name) <= MACHINE_MAX_NAME) {
        char first[MACHINE_MAX_NAME + 2];
        stpcpy(stpcpy(first, name), "0");
        qpu = machine_find_qpu(r->machine, first);
        if (qpu != UINT32_MAX && r->entries[r->entry_of[qpu]].values[QPU_COUNT] == NULL) {
            qpu = UINT32_MAX;
        }
    }
    if (qpu == UINT32_MAX) {
        return refuse_unknown_qpu(r, node, "like", name);
    }
    entry->like = r->entry_of[qpu];
    return STATUS_OK;
}

static const char *entry_name(const struct entry *entry) {
    return (const char *)entry->values[QPU_NAME]->data.scalar.value;
}

/* chain[from .. n-1] are each like the next one, the last like the first. */
static enum status refuse_circle(struct reader *r, size_t from, size_t n) {
    struct text path = {0};
    for (size_t k = from; k < n; k++) {
        if (k == from + 4 && k + 1 < n) {
            text_add(&path, "... is like ");
            k = n - 1;
        }
        text_printf(&path, "%s is like ", entry_name(&r->entries[r->chain[k]]));
    }
    text_add(&path, entry_name(&r->entries[r->chain[from]]));
    const yaml_node_t *node = r->entries[r->chain[n - 1]].values[QPU_LIKE];
    enum status status = log_error_at(STATUS_INPUT, machine_yaml_loc(&r->yaml, node),
                                      "like: a circle: %s", path.data != NULL ? path.data : "");
    text_fini(&path);
    return status;
}

static enum status check_lifetimes(struct reader *r, const struct entry *entry) {
    const struct machine_qpu *qpu = &entry->qpu;
    if (qpu->t1_ps == 0 || (qpu->t2_ps != 0 && qpu->t2_ps - qpu->t1_ps <= qpu->t1_ps)) {
        return STATUS_OK;
    }
    /* What is inherited was checked there, so the entry has one of its own. */
    const yaml_node_t *own = entry->values[QPU_T2] ? entry->values[QPU_T2] : entry->values[QPU_T1];
    char t1[32], t2[32];
    units_print_time(t1, sizeof t1, qpu->t1_ps);
    units_print_time(t2, sizeof t2, qpu->t2_ps);
    return log_error_at(STATUS_INPUT, machine_yaml_loc(&r->yaml, own),
                        "QPU '%s': T2 (%s) must be given and at most twice T1 (%s)",
                        entry_name(entry), qpu->t2_ps == 0 ? "infinite" : t2, t1);
}

/* Copies what the entry is like, then applies its own keys. */
static enum status fill_entry(struct reader *r, struct entry *entry) {
    if (entry->like != UINT32_MAX) {
        entry->qpu = r->entries[entry->like].qpu;
        entry->has_data = r->entries[entry->like].has_data;
    }
    const yaml_node_t **values = entry->values;
    struct machine_qpu *qpu = &entry->qpu;
    TRY(machine_yaml_count(&r->yaml, &qpu->n_data, values[QPU_DATA], "data", machine_parse_count));
    TRY(machine_yaml_count(&r->yaml, &qpu->n_comm, values[QPU_COMM], "comm", machine_parse_comm));
    TRY(machine_yaml_label(&r->yaml, &qpu->rack, &r->machine->arena, values[QPU_RACK], "rack"));
    TRY(machine_yaml_label(&r->yaml, &qpu->data_centre, &r->machine->arena, values[QPU_DATA_CENTRE],
                           "data_centre"));
    TRY(read_lifetime(r, &qpu->t1_ps, &qpu->loc_t1, values[QPU_T1], "T1"));
    TRY(read_lifetime(r, &qpu->t2_ps, &qpu->loc_t2, values[QPU_T2], "T2"));
    TRY(read_op(r, &qpu->gate1, values[QPU_GATE1], "gate1"));
    TRY(read_op(r, &qpu->gate2, values[QPU_GATE2], "gate2"));
    TRY(read_op(r, &qpu->measure, values[QPU_MEASURE], "measure"));
    TRY(read_op(r, &qpu->reset, values[QPU_RESET], "reset"));
    entry->has_data = entry->has_data || values[QPU_DATA] != NULL;
    if (!entry->has_data) {
        return log_error_at(STATUS_INPUT, machine_yaml_loc(&r->yaml, entry->node),
                            "QPU '%s' needs the key 'data', its own or by 'like'",
                            entry_name(entry));
    }
    TRY(check_lifetimes(r, entry));
    entry->state = ENTRY_DONE;
    return STATUS_OK;
}

/* Follows `like` to an entry that is done or like none, then fills on the way back. No recursion:
 * a chain may be as long as the file. */
static enum status resolve_entry(struct reader *r, uint32_t start) {
    size_t n = 0;
    for (uint32_t i = start; i != UINT32_MAX && r->entries[i].state != ENTRY_DONE;) {
        struct entry *entry = &r->entries[i];
        if (entry->state == ENTRY_OPEN) {
            size_t from = 0;
            while (r->chain[from] != i) {
                from++;
            }
            return refuse_circle(r, from, n);
        }
        entry->state = ENTRY_OPEN;
        TRY(find_like(r, entry));
        r->chain[n++] = i;
        i = entry->like;
    }
    while (n > 0) {
        TRY(fill_entry(r, &r->entries[r->chain[--n]]));
    }
    return STATUS_OK;
}

static enum status open_entries(struct reader *r, const yaml_node_item_t *items) {
    r->entries = mem_alloc(r->n_entries, sizeof *r->entries);
    r->chain = mem_alloc(r->n_entries, sizeof *r->chain);
    if (r->entries == NULL || r->chain == NULL) {
        return STATUS_NOFIT;
    }
    for (size_t i = 0; i < r->n_entries; i++) {
        TRY(open_entry(r, &r->entries[i], machine_yaml_item(&r->yaml, items, i)));
    }
    TRY(machine_index_names(r->machine));
    r->entry_of = mem_alloc(r->machine->n_qpus, sizeof *r->entry_of);
    if (r->entry_of == NULL) {
        return STATUS_NOFIT;
    }
    for (size_t i = 0; i < r->n_entries; i++) {
        for (uint32_t k = 0; k < r->entries[i].n; k++) {
            r->entry_of[r->entries[i].first_qpu + k] = u32_from_size(i);
        }
    }
    return STATUS_OK;
}

static enum status read_qpus(struct reader *r, const yaml_node_t *node) {
    const yaml_node_item_t *items;
    struct machine *m = r->machine;
    TRY(machine_yaml_list(&r->yaml, &items, &r->n_entries, node, "qpus"));
    if (r->n_entries == 0) {
        return log_error_at(STATUS_INPUT, machine_yaml_loc(&r->yaml, node),
                            "qpus: at least one QPU is needed");
    }
    TRY(open_entries(r, items));
    uint64_t n_wires = 0;
    for (size_t i = 0; i < r->n_entries; i++) {
        TRY(resolve_entry(r, u32_from_size(i)));
        const struct entry *entry = &r->entries[i];
        const struct machine_qpu *qpu = &entry->qpu;
        bool is_limited = qpu->n_comm != MACHINE_UNLIMITED;
        n_wires += entry->n * ((uint64_t)qpu->n_data + (is_limited ? qpu->n_comm : 0));
        if (n_wires >= UINT32_MAX) {
            return log_error_at(STATUS_INPUT, machine_yaml_loc(&r->yaml, entry->node),
                                "up to here the machine has %llu qubits; at most 2^32 - 2 are "
                                "supported",
                                (unsigned long long)n_wires);
        }
        for (uint32_t k = entry->first_qpu; k < entry->first_qpu + entry->n; k++) {
            const struct machine_qpu named = m->qpus[k];
            m->qpus[k] = *qpu;
            m->qpus[k].name = named.name;
            m->qpus[k].loc = named.loc;
        }
    }
    return STATUS_OK;
}

static enum status read_weights(struct reader *r, double out_weights[4], const yaml_node_t *node) {
    const yaml_node_item_t *items;
    size_t n;
    double weights[4], sum = 0;
    TRY(machine_yaml_list(&r->yaml, &items, &n, node, "weights"));
    struct src_loc loc = machine_yaml_loc(&r->yaml, node);
    if (n != 4) {
        return log_error_at(STATUS_INPUT, loc,
                            "weights: expected the four numbers [pI, pX, pY, pZ], not %zu", n);
    }
    for (size_t i = 0; i < 4; i++) {
        const yaml_node_t *item = machine_yaml_item(&r->yaml, items, i);
        const char *text, *why;
        TRY(machine_yaml_scalar(&r->yaml, &text, item, "weights"));
        if (machine_parse_probability(&weights[i], &why, text) != STATUS_OK) {
            return machine_yaml_refuse(&r->yaml, item, "weights", text, why);
        }
        sum += weights[i];
    }
    if (sum < 1 - 1e-12 || sum > 1 + 1e-12) {
        return log_error_at(STATUS_INPUT, loc, "weights: the sum is %.15g; it must be 1", sum);
    }
    memcpy(out_weights, weights, sizeof weights);
    return STATUS_OK;
}

/* All but `between`. */
static enum status read_link_values(struct reader *r, struct machine_link *link,
                                    const yaml_node_t *const *values) {
    const yaml_node_t *fidelity = values[LINK_FIDELITY], *weights = values[LINK_WEIGHTS];
    machine_werner_weights(link->weights, 1);
    if (fidelity != NULL && weights != NULL) {
        return log_error_at(STATUS_INPUT, machine_yaml_loc(&r->yaml, weights),
                            "weights: fidelity is given too (line %u); give one of them",
                            machine_yaml_loc(&r->yaml, fidelity).line);
    }
    if (fidelity != NULL) {
        const char *text, *why;
        double value;
        TRY(machine_yaml_scalar(&r->yaml, &text, fidelity, "fidelity"));
        if (machine_parse_fidelity(&value, &why, text) != STATUS_OK) {
            return machine_yaml_refuse(&r->yaml, fidelity, "fidelity", text, why);
        }
        machine_werner_weights(link->weights, value);
    }
    if (weights != NULL) {
        TRY(read_weights(r, link->weights, weights));
    }
    TRY(machine_yaml_time(&r->yaml, &link->t_ebit_ps, values[LINK_TIME], "time"));
    return machine_yaml_time(&r->yaml, &link->t_bit_ps, values[LINK_CLASSICAL], "classical");
}

static enum status read_between(struct reader *r, struct machine_link *link,
                                const yaml_node_t *node) {
    const yaml_node_item_t *items;
    size_t n;
    uint32_t ends[2];
    TRY(machine_yaml_list(&r->yaml, &items, &n, node, "between"));
    if (n != 2) {
        return log_error_at(STATUS_INPUT, machine_yaml_loc(&r->yaml, node),
                            "between: expected two QPUs, [A, B], not %zu", n);
    }
    for (size_t i = 0; i < 2; i++) {
        const yaml_node_t *item = machine_yaml_item(&r->yaml, items, i);
        const char *name;
        TRY(machine_yaml_scalar(&r->yaml, &name, item, "between"));
        ends[i] = machine_find_qpu(r->machine, name);
        if (ends[i] == UINT32_MAX) {
            return refuse_unknown_qpu(r, item, "between", name);
        }
        if (i == 1 && ends[0] == ends[1]) {
            return machine_yaml_refuse(&r->yaml, item, "between", name,
                                       "a link joins two different QPUs");
        }
    }
    link->a = ends[0] < ends[1] ? ends[0] : ends[1];
    link->b = ends[0] < ends[1] ? ends[1] : ends[0];
    return STATUS_OK;
}

static int compare_locs(struct src_loc a, struct src_loc b) {
    return a.line != b.line ? (a.line > b.line) - (a.line < b.line)
                            : (a.col > b.col) - (a.col < b.col);
}

static int compare_links(const void *a, const void *b) {
    const struct machine_link *x = a, *y = b;
    if (x->a != y->a) {
        return x->a < y->a ? -1 : 1;
    }
    if (x->b != y->b) {
        return x->b < y->b ? -1 : 1;
    }
    return compare_locs(x->loc, y->loc);
}

/* Sorts; a pair that is joined twice is refused at the earliest repetition. */
static enum status sort_links(struct machine *m) {
    if (m->n_links == 0) {
        return STATUS_OK;
    }
    qsort(m->links, m->n_links, sizeof *m->links, compare_links);
    const struct machine_link *again = NULL;
    for (size_t i = 1; i < m->n_links; i++) {
        const struct machine_link *a = &m->links[i - 1], *b = &m->links[i];
        bool is_same = a->a == b->a && a->b == b->b;
        if (is_same && (again == NULL || compare_locs(b->loc, again->loc) < 0)) {
            again = b;
        }
    }
    if (again != NULL) {
        return log_error_at(STATUS_INPUT, again->loc,
                            "'%s' and '%s' are joined twice (the other link is at line %u)",
                            m->qpus[again->a].name, m->qpus[again->b].name, again[-1].loc.line);
    }
    return STATUS_OK;
}

static enum status read_links(struct reader *r, const yaml_node_t *node) {
    const yaml_node_item_t *items;
    size_t n;
    struct machine *m = r->machine;
    TRY(machine_yaml_list(&r->yaml, &items, &n, node, "links"));
    for (size_t i = 0; i < n; i++) {
        const yaml_node_t *item = machine_yaml_item(&r->yaml, items, i);
        const yaml_node_t *values[LINK_N_KEYS];
        struct machine_link link = {.loc = machine_yaml_loc(&r->yaml, item)};
        TRY(machine_yaml_map(&r->yaml, values, item, &link_schema));
        TRY(read_between(r, &link, values[LINK_BETWEEN]));
        TRY(read_link_values(r, &link, values));
        TRY(vec_reserve(&m->links, m->n_links, &m->cap_links, 1, sizeof *m->links));
        m->links[m->n_links++] = link;
    }
    return sort_links(m);
}

static enum status read_default_link(struct reader *r, const yaml_node_t *node) {
    const yaml_node_t *values[LINK_BETWEEN];
    struct machine_link *link = &r->machine->default_link;
    TRY(machine_yaml_map(&r->yaml, values, node, &default_link_schema));
    TRY(read_link_values(r, link, values));
    link->loc = machine_yaml_loc(&r->yaml, node);
    r->machine->is_complete = true;
    return STATUS_OK;
}

/* Links say what an ebit is, fibres how it is made: a machine has the ones or the others. */
static enum status read_network(struct reader *r, const yaml_node_t *const *values) {
    size_t first = ROOT_PHYSICAL;
    while (first < ROOT_N_KEYS && values[first] == NULL) {
        first++;
    }
    if (first == ROOT_N_KEYS) {
        if (values[ROOT_LINKS] != NULL) {
            TRY(read_links(r, values[ROOT_LINKS]));
        }
        return values[ROOT_DEFAULT_LINK] != NULL ? read_default_link(r, values[ROOT_DEFAULT_LINK])
                                                 : STATUS_OK;
    }
    const yaml_node_t *link =
        values[ROOT_LINKS] != NULL ? values[ROOT_LINKS] : values[ROOT_DEFAULT_LINK];
    if (link != NULL) {
        return log_error_at(STATUS_INPUT, machine_yaml_loc(&r->yaml, link),
                            "links are given, and '%s' describes the physical network: give one of "
                            "them",
                            root_keys[first]);
    }
    if (values[ROOT_PHYSICAL + PHYSICAL_FIBRES] == NULL &&
        values[ROOT_PHYSICAL + PHYSICAL_TOPOLOGY] == NULL && r->machine->n_qpus > 1) {
        return log_error_at(STATUS_INPUT, machine_yaml_loc(&r->yaml, values[first]),
                            "'%s' is of a physical network, which needs 'fibres' or a 'topology'",
                            root_keys[first]);
    }
    return machine_read_physical(&r->yaml, r->machine, values + ROOT_PHYSICAL);
}

static enum status read_root(struct reader *r) {
    const yaml_node_t *values[ROOT_N_KEYS];
    TRY(machine_yaml_map(&r->yaml, values, machine_yaml_root(&r->yaml), &root_schema));
    TRY(machine_yaml_label(&r->yaml, &r->machine->name, &r->machine->arena, values[ROOT_NAME],
                           "name"));
    TRY(read_qpus(r, values[ROOT_QPUS]));
    return read_network(r, values);
}

/* "dir/two_racks.yaml" -> "two_racks": the name of a machine whose file gives none. */
static const char *make_default_name(struct arena *arena, const char *path) {
    const char *slash = strrchr(path, '/');
    const char *base = slash != NULL ? slash + 1 : path;
    const char *dot = strrchr(base, '.');
    size_t n = dot > base ? (size_t)(dot - base) : strlen(base);
    struct text name = {0};
    text_add_escaped(&name, base, n < 255 ? n : 255);
    bool is_stdin = strcmp(path, "-") == 0;
    const char *copy = name.n > 0 && !is_stdin ? arena_strdup(arena, name.data) : "machine";
    text_fini(&name);
    return copy;
}

/* ---- settings ---- */

static const char *const short_keys[][2] = {
    {"n", "qpus.0.count"},
    {"data", "qpus.0.data"},
    {"comm", "qpus.0.comm"},
    {"topology", "topology.kind"},
    {"radix", "topology.radix"},
    {"analysers", "topology.switch.analysers"},
    {"analysers_total", "topology.analysers_total"},
    {"stage_loss", "topology.switch.stage_loss"},
    {"reconfiguration", "topology.switch.reconfiguration"},
    {"length", "topology.fibre.length"},
    {"channels", "topology.fibre.channels"},
    {"cutoff", "policy.cutoff"},
    {"purify", "policy.purify"},
    {"rounds", "policy.rounds"},
};

static const char *long_key(const char *key) {
    for (size_t i = 0; i < sizeof short_keys / sizeof *short_keys; i++) {
        if (strcmp(key, short_keys[i][0]) == 0) {
            return short_keys[i][1];
        }
    }
    return key;
}

/* Splits "n=4,policy.cutoff=50us" in place. */
static enum status apply_settings(struct machine_yaml *yaml, char *settings) {
    while (settings != NULL) {
        char *item = strsep(&settings, ",");
        char *value = strchr(item, '=');
        if (value == NULL || value[1] == '\0') {
            return log_error(STATUS_INPUT, "%s: '%.64s': expected KEY=VALUE", yaml->file, item);
        }
        *value++ = '\0';
        TRY(machine_yaml_set(yaml, long_key(item), value));
    }
    return STATUS_OK;
}

static enum status read_document(struct reader *r, const char *settings) {
    if (settings != NULL) {
        char *copy = arena_strdup(&r->machine->arena, settings);
        if (copy == NULL) {
            return STATUS_NOFIT;
        }
        TRY(apply_settings(&r->yaml, copy));
    }
    return read_root(r);
}

/* With settings the text that was read says too little: the machine as it prints, which reads back
 * as the same. */
static enum status keep_text(struct machine *machine, const char *settings) {
    struct text text = {0};
    text_printf(&text, "# with %s\n", settings);
    enum status status = machine_print(&text, machine);
    if (status == STATUS_OK) {
        machine->text = arena_strndup(&machine->arena, text.data, text.n);
        status = machine->text != NULL ? STATUS_OK : STATUS_NOFIT;
    }
    text_fini(&text);
    return status;
}

enum status machine_read_text(struct machine **out_machine, const char *name, const char *text,
                              size_t n) {
    return machine_read_text_set(out_machine, name, text, n, NULL);
}

enum status machine_read_text_set(struct machine **out_machine, const char *name, const char *text,
                                  size_t n, const char *settings) {
    enum status status = STATUS_NOFIT;
    struct reader r = {.machine = machine_create()};
    if (r.machine == NULL) {
        return STATUS_NOFIT;
    }
    r.machine->name = make_default_name(&r.machine->arena, name);
    r.machine->text = arena_strndup(&r.machine->arena, text, n);
    const char *file = arena_strdup(&r.machine->arena, name);
    if (r.machine->name == NULL || r.machine->text == NULL || file == NULL) {
        goto fail;
    }
    TRY_GOTO(machine_yaml_open(&r.yaml, file, text, n), fail);
    status = read_document(&r, settings);
    machine_yaml_close(&r.yaml);
    mem_free(r.entries);
    mem_free(r.entry_of);
    mem_free(r.chain);
    if (status == STATUS_OK && settings != NULL) {
        status = keep_text(r.machine, settings);
    }
    if (status != STATUS_OK) {
        goto fail;
    }
    *out_machine = r.machine;
    return STATUS_OK;
fail:
    machine_destroy(r.machine);
    return status;
}
