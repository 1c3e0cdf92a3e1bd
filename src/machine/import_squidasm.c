/* SquidASM's network YAML. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "machine/import_impl.h"

/* Their times are in ns. */
static void add_time(struct importer *im, const char *before, double t_ns) {
    text_printf(im->out, "%s%.0f ps", before, t_ns * 1e3);
}

/* Longer ones, in ns, are their "never", as 0 is. */
#define LONGEST_LIFE 1e15

static enum status read_life(struct importer *im, double *out_t_ns, const yaml_node_t *config,
                             const char *key) {
    TRY(import_read_up_to(im, out_t_ns, config, key, 0, LONGEST_LIFE));
    *out_t_ns = *out_t_ns < LONGEST_LIFE ? *out_t_ns : 0;
    return STATUS_OK;
}

/* Links have `stack1` and `stack2`, or `node1` and `node2`. */
static enum status need_end(struct importer *im, const char **out_name, const yaml_node_t *link,
                            int i) {
    static const char *const keys[2][2] = {{"stack1", "node1"}, {"stack2", "node2"}};
    return import_need_text(im, out_name, link, keys[i][import_find(im, link, keys[i][1]) != NULL]);
}

static void add_gate(struct importer *im, const char *key, double t_ns, double error) {
    if (t_ns > 0 || error > 0) {
        text_printf(im->out, ", %s: {", key);
        add_time(im, "time: ", t_ns);
        import_add_number(im, ", error: ", error, "}");
    }
}

/* 0 is "never". */
static void add_lives(struct importer *im, double t1_ns, double t2_ns) {
    if (t1_ns > 0) {
        add_time(im, ", T1: ", t1_ns);
    }
    if (t1_ns > 0 || t2_ns > 0) {
        add_time(im, ", T2: ", t2_ns > 0 ? t2_ns : 2 * t1_ns);
    }
}

static enum status check_stack(struct importer *im, const yaml_node_t *stack) {
    static const char *const keys[] = {"name", "qdevice_typ", "qdevice_cfg", NULL};
    static const char *const device_keys[] = {"num_qubits",
                                              "T1",
                                              "T2",
                                              "init_time",
                                              "single_qubit_gate_time",
                                              "two_qubit_gate_time",
                                              "measure_time",
                                              "single_qubit_gate_depolar_prob",
                                              "two_qubit_gate_depolar_prob",
                                              NULL};
    const yaml_node_t *node = import_find(im, stack, "qdevice_typ");
    const char *type = "generic";
    TRY(import_check_keys(im, stack, "a stack", keys));
    if (node != NULL) {
        TRY(machine_yaml_scalar(&im->yaml, &type, node, "qdevice_typ"));
    }
    return strcmp(type, "generic") == 0
               ? import_check_keys(im, import_find(im, stack, "qdevice_cfg"),
                                   "a generic qdevice_cfg", device_keys)
               : machine_yaml_refuse(&im->yaml, node, "qdevice_typ", type, "expected generic");
}

static enum status add_stack(struct importer *im, const yaml_node_t *stack) {
    const yaml_node_t *config = import_find(im, stack, "qdevice_cfg");
    const char *name;
    double n, t1, t2, t_init, t_one, t_two, t_measure, p_one, p_two;
    TRY(check_stack(im, stack));
    TRY(import_need_text(im, &name, stack, "name"));
    if (config == NULL) {
        return log_error_at(STATUS_INPUT, machine_yaml_loc(&im->yaml, stack),
                            "stack '%.64s' needs 'qdevice_cfg'", name);
    }
    TRY(import_read_number(im, &n, config, "num_qubits", 2));
    TRY(read_life(im, &t1, config, "T1"));
    TRY(read_life(im, &t2, config, "T2"));
    TRY(import_read_number(im, &t_init, config, "init_time", 0));
    TRY(import_read_number(im, &t_one, config, "single_qubit_gate_time", 0));
    TRY(import_read_number(im, &t_two, config, "two_qubit_gate_time", 0));
    TRY(import_read_number(im, &t_measure, config, "measure_time", 0));
    TRY(import_read_number(im, &p_one, config, "single_qubit_gate_depolar_prob", 0));
    TRY(import_read_number(im, &p_two, config, "two_qubit_gate_depolar_prob", 0));
    if (n < 2 || n > 1e6) {
        return log_error_at(STATUS_INPUT, machine_yaml_loc(&im->yaml, config),
                            "num_qubits: expected 2 or more (one of them communicates)");
    }
    import_add_item(im, "name", name);
    text_printf(im->out, ", data: %.0f, comm: 1", n - 1);
    add_lives(im, t1, t2);
    add_gate(im, "gate1", t_one, p_one);
    add_gate(im, "gate2", t_two, p_two);
    add_gate(im, "measure", t_measure, 0);
    add_gate(im, "reset", t_init, 0);
    text_add(im->out, "}\n");
    return STATUS_OK;
}

/* T1 and T2 hold for the qubit that communicates, too. */
static enum status add_memories(struct importer *im, const yaml_node_t *stack) {
    const yaml_node_t *config = import_find(im, stack, "qdevice_cfg");
    const char *name;
    double t1, t2;
    TRY(import_need_text(im, &name, stack, "name"));
    TRY(read_life(im, &t1, config, "T1"));
    TRY(read_life(im, &t2, config, "T2"));
    import_add_item(im, "qpu", name);
    add_lives(im, t1, t2);
    text_add(im->out, "}\n");
    return STATUS_OK;
}

static enum status add_depolarise(struct importer *im, struct text *herald,
                                  const yaml_node_t *config) {
    static const char *const keys[] = {"fidelity", "prob_success", "t_cycle", NULL};
    double fidelity, p, t_ns;
    TRY(import_check_keys(im, config, "a depolarise link", keys));
    TRY(import_read_number(im, &fidelity, config, "fidelity", -1));
    TRY(import_read_number(im, &p, config, "prob_success", 1));
    TRY(import_read_number(im, &t_ns, config, "t_cycle", -1));
    if (!(t_ns > 0) || !(p > 0 && p <= 1)) {
        return log_error_at(STATUS_INPUT, machine_yaml_loc(&im->yaml, config),
                            "a depolarise link needs t_cycle above 0 and prob_success in (0, 1]");
    }
    text_add(herald, "model: measured, fidelity: ");
    text_add_double(herald, fidelity);
    text_add(herald, ", rate: ");
    text_add_double(herald, p / t_ns * 1e9);
    text_printf(herald, " Hz, attempt: %.0f ps", t_ns * 1e3);
    return STATUS_OK;
}

struct optics {
    double length_km, loss, speed, efficiency, visibility, p_dark, p_init;
};

/* The same on both sides of the middle: `key`, or `key`_A and `key`_B. */
static enum status read_sides(struct importer *im, double *out_value, const yaml_node_t *config,
                              const char *key, double usual) {
    char sides[2][32];
    double values[2];
    for (int i = 0; i < 2; i++) {
        snprintf(sides[i], sizeof sides[i], "%s_%c", key, "AB"[i]);
    }
    if (import_find(im, config, sides[0]) == NULL && import_find(im, config, sides[1]) == NULL) {
        return import_read_number(im, out_value, config, key, usual);
    }
    for (int i = 0; i < 2; i++) {
        TRY(import_read_number(im, &values[i], config, sides[i], -1));
    }
    if (values[0] != values[1]) {
        return log_error_at(
            STATUS_INPUT, machine_yaml_loc(&im->yaml, import_find(im, config, sides[1])),
            "%s differs from %s: photons meet in the middle here", sides[1], sides[0]);
    }
    *out_value = values[0];
    return STATUS_OK;
}

static enum status read_optics(struct importer *im, struct optics *o, const yaml_node_t *config) {
    const bool has_sides = import_find(im, config, "length_A") != NULL;
    TRY(read_sides(im, &o->length_km, config, "length", -1));
    o->length_km *= has_sides ? 2 : 1;
    TRY(read_sides(im, &o->loss, config, "p_loss_length", 0.25));
    TRY(read_sides(im, &o->speed, config, "speed_of_light", 200000));
    TRY(import_read_number(im, &o->efficiency, config, "detector_efficiency", 1));
    TRY(import_read_number(im, &o->visibility, config, "visibility", 1));
    TRY(import_read_number(im, &o->p_dark, config, "dark_count_probability", 0));
    TRY(read_sides(im, &o->p_init, config, "p_loss_init", 0));
    if (o->p_init > 1 || o->p_dark >= 1) {
        return log_error_at(STATUS_INPUT, machine_yaml_loc(&im->yaml, config),
                            "p_loss_init and dark_count_probability are probabilities");
    }
    return STATUS_OK;
}

/* All heralded links alike: the machine file has one herald and one kind of detector. */
static enum status add_heralded(struct importer *im, struct text *herald,
                                const yaml_node_t *config) {
    static const char *const keys[] = {"length",
                                       "length_A",
                                       "length_B",
                                       "p_loss_init",
                                       "p_loss_init_A",
                                       "p_loss_init_B",
                                       "p_loss_length",
                                       "p_loss_length_A",
                                       "p_loss_length_B",
                                       "speed_of_light",
                                       "speed_of_light_A",
                                       "speed_of_light_B",
                                       "dark_count_probability",
                                       "detector_efficiency",
                                       "visibility",
                                       "num_resolving",
                                       NULL};
    struct optics o;
    TRY(import_check_keys(im, config, "a heralded link", keys));
    TRY(read_optics(im, &o, config));
    text_add(herald, "model: two_click, visibility: ");
    text_add_double(herald, o.visibility);
    text_add(herald, "}\ndetectors: {efficiency: ");
    text_add_double(herald, o.efficiency);
    if (o.p_dark > 0) { /* per window; of 1 us here */
        text_add(herald, ", dark: ");
        text_add_double(herald, -log1p(-o.p_dark) * 1e6);
        text_add(herald, " Hz, window: 1 us");
    }
    return STATUS_OK;
}

static bool is_heralded(const char *type) {
    return strcmp(type, "heralded") == 0 || strcmp(type, "heralded-double-click") == 0;
}

static enum status add_fibre(struct importer *im, const yaml_node_t *link, const char *type) {
    const yaml_node_t *config = import_find(im, link, "cfg");
    const char *a, *b;
    TRY(need_end(im, &a, link, 0));
    TRY(need_end(im, &b, link, 1));
    import_add_between(im, a, b);
    if (is_heralded(type)) {
        struct optics o;
        TRY(read_optics(im, &o, config));
        im->t_light_ns = fmax(im->t_light_ns, o.length_km / o.speed * 1e9);
        import_add_number(im, ", length: ", o.length_km, " km");
        import_add_number(im, ", loss: ", o.loss, " dB/km");
        import_add_number(im, ", speed: ", o.speed, " km/s");
    }
    text_add(im->out, "}\n");
    return STATUS_OK;
}

static const char *const link_keys[] = {"stack1", "stack2", "node1", "node2", "typ", "cfg", NULL};

static enum status describe_link(struct importer *im, struct text *herald,
                                 const yaml_node_t *link) {
    const yaml_node_t *config = import_find(im, link, "cfg");
    const char *type;
    TRY(import_check_keys(im, link, "a link", link_keys));
    TRY(import_need_text(im, &type, link, "typ"));
    if (config == NULL) {
        return log_error_at(STATUS_INPUT, machine_yaml_loc(&im->yaml, link), "'cfg' is missing");
    }
    if (strcmp(type, "depolarise") == 0) {
        return add_depolarise(im, herald, config);
    }
    if (is_heralded(type)) {
        return add_heralded(im, herald, config);
    }
    return machine_yaml_refuse(&im->yaml, import_find(im, link, "typ"), "typ", type,
                               "expected depolarise, heralded or heralded-double-click; or all of "
                               "them perfect");
}

static enum status add_links(struct importer *im, struct text *herald, double *out_p_init,
                             const yaml_node_item_t *links, size_t n) {
    struct text other = {0};
    enum status status = STATUS_OK;
    for (size_t i = 0; i < n && status == STATUS_OK; i++) {
        const yaml_node_t *link = machine_yaml_item(&im->yaml, links, i);
        const char *type = "";
        double p_init = 0;
        other.n = 0;
        status = describe_link(im, i == 0 ? herald : &other, link);
        if (status == STATUS_OK) {
            status = import_need_text(im, &type, link, "typ");
        }
        if (status == STATUS_OK && is_heralded(type)) {
            status = read_sides(im, &p_init, import_find(im, link, "cfg"), "p_loss_init", 0);
        }
        if (status == STATUS_OK && i > 0 &&
            (strcmp(herald->data, other.data) != 0 || p_init != *out_p_init)) {
            status =
                log_error_at(STATUS_INPUT, machine_yaml_loc(&im->yaml, link),
                             "this link is made another way than the first: a machine file has "
                             "one herald for all");
        }
        *out_p_init = p_init;
        if (status == STATUS_OK) {
            status = add_fibre(im, link, type);
        }
    }
    text_fini(&other);
    return status;
}

/* The delay of a bit, the same over all `clinks`. */
static enum status read_clinks(struct importer *im, double *out_t_ns, const yaml_node_t *root) {
    static const char *const keys[] = {"delay", NULL};
    const yaml_node_item_t *items;
    size_t n;
    *out_t_ns = 0;
    if (import_find(im, root, "clinks") == NULL) {
        return STATUS_OK;
    }
    TRY(import_need_list(im, &items, &n, root, "clinks"));
    for (size_t i = 0; i < n; i++) {
        const yaml_node_t *clink = machine_yaml_item(&im->yaml, items, i);
        const char *type;
        double t_ns = 0;
        TRY(import_check_keys(im, clink, "a clink", link_keys));
        TRY(import_need_text(im, &type, clink, "typ"));
        if (strcmp(type, "default") == 0) {
            TRY(import_check_keys(im, import_find(im, clink, "cfg"), "a default clink", keys));
            TRY(import_read_number(im, &t_ns, import_find(im, clink, "cfg"), "delay", 0));
        } else if (strcmp(type, "instant") != 0) {
            return machine_yaml_refuse(&im->yaml, import_find(im, clink, "typ"), "typ", type,
                                       "expected instant or default");
        }
        if (i > 0 && t_ns != *out_t_ns) {
            return log_error_at(STATUS_INPUT, machine_yaml_loc(&im->yaml, clink),
                                "this clink takes another time than the first: a machine file has "
                                "one for all");
        }
        *out_t_ns = t_ns;
    }
    return STATUS_OK;
}

/* Keys with maps are there for their anchors; lists say what there is. */
static enum status check_network(struct importer *im, const yaml_node_t *root) {
    static const char *const keys[] = {"stacks", "processing_nodes", "links", "clinks", NULL};
    for (const yaml_node_pair_t *pair = root->data.mapping.pairs.start;
         root->type == YAML_MAPPING_NODE && pair < root->data.mapping.pairs.top; pair++) {
        const char *key;
        size_t i = 0;
        const yaml_node_t *name = yaml_document_get_node(&im->yaml.doc, pair->key);
        TRY(machine_yaml_scalar(&im->yaml, &key, name, "the network"));
        while (keys[i] != NULL && strcmp(keys[i], key) != 0) {
            i++;
        }
        if (keys[i] == NULL &&
            yaml_document_get_node(&im->yaml.doc, pair->value)->type != YAML_MAPPING_NODE) {
            return log_error_at(
                STATUS_INPUT, machine_yaml_loc(&im->yaml, name),
                "'%.64s' in the network is not read: write a machine file that says it", key);
        }
    }
    return STATUS_OK;
}

/* Links that take no time and make no error. */
static enum status add_perfect(struct importer *im, const yaml_node_item_t *links, size_t n,
                               double t_bit_ns) {
    text_add(im->out, "links:\n");
    for (size_t i = 0; i < n; i++) {
        const yaml_node_t *link = machine_yaml_item(&im->yaml, links, i);
        const char *a, *b, *type;
        TRY(import_check_keys(im, link, "a link", link_keys));
        TRY(import_need_text(im, &type, link, "typ"));
        if (strcmp(type, "perfect") != 0) {
            return machine_yaml_refuse(&im->yaml, import_find(im, link, "typ"), "typ", type,
                                       "expected perfect, as the first link is");
        }
        TRY(need_end(im, &a, link, 0));
        TRY(need_end(im, &b, link, 1));
        import_add_between(im, a, b);
        add_time(im, ", fidelity: 1, classical: ", t_bit_ns);
        text_add(im->out, "}\n");
    }
    return STATUS_OK;
}

enum status import_convert_squidasm(struct importer *im) {
    const yaml_node_t *root = machine_yaml_root(&im->yaml);
    const yaml_node_item_t *stacks, *links;
    const char *const key =
        import_find(im, root, "processing_nodes") ? "processing_nodes" : "stacks";
    const char *first = "";
    struct text herald = {0};
    size_t n_stacks, n_links;
    double p_init = 0, t_bit_ns;
    TRY(check_network(im, root));
    TRY(import_need_list(im, &stacks, &n_stacks, root, key));
    TRY(import_need_list(im, &links, &n_links, root, "links"));
    TRY(read_clinks(im, &t_bit_ns, root));
    text_add(im->out, "# from SquidASM\nqpus:\n");
    for (size_t i = 0; i < n_stacks; i++) {
        TRY(add_stack(im, machine_yaml_item(&im->yaml, stacks, i)));
    }
    if (n_links > 0) {
        TRY(import_need_text(im, &first, machine_yaml_item(&im->yaml, links, 0), "typ"));
    }
    if (strcmp(first, "perfect") == 0) {
        return add_perfect(im, links, n_links, t_bit_ns);
    }
    text_add(im->out, "fibres:\n");
    enum status status = add_links(im, &herald, &p_init, links, n_links);
    text_printf(im->out, "herald: {%s}\nqnus:\n", herald.data ? herald.data : "model: two_click");
    text_fini(&herald);
    import_add_number(im, "  - {buffer: 2, transducer: {efficiency: ", 1 - p_init, "}}\n");
    for (size_t i = 0; i < n_stacks && status == STATUS_OK; i++) {
        status = add_memories(im, machine_yaml_item(&im->yaml, stacks, i));
    }
    if (t_bit_ns > im->t_light_ns) { /* bits are as slow as light at least */
        add_time(im, "control: {message: ", t_bit_ns - im->t_light_ns);
        text_add(im->out, "}\n");
    }
    return status;
}
