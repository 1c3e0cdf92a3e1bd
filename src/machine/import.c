#include "machine/import.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "machine/value.h"
#include "machine/yaml_value.h"

struct importer {
    struct machine_yaml yaml;
    struct text *out;
};

/* ---- nodes of a document ---- */

static const yaml_node_t *find(struct importer *im, const yaml_node_t *map, const char *key) {
    if (map == NULL || map->type != YAML_MAPPING_NODE) {
        return NULL;
    }
    for (const yaml_node_pair_t *pair = map->data.mapping.pairs.start;
         pair < map->data.mapping.pairs.top; pair++) {
        const yaml_node_t *name = yaml_document_get_node(&im->yaml.doc, pair->key);
        if (name->type == YAML_SCALAR_NODE &&
            strcmp((const char *)name->data.scalar.value, key) == 0) {
            return yaml_document_get_node(&im->yaml.doc, pair->value);
        }
    }
    return NULL;
}

static enum status need_text(struct importer *im, const char **out_text, const yaml_node_t *map,
                             const char *key) {
    const yaml_node_t *node = find(im, map, key);
    if (node == NULL) {
        return log_error_at(STATUS_INPUT, machine_yaml_loc(&im->yaml, map), "'%s' is missing", key);
    }
    return machine_yaml_scalar(&im->yaml, out_text, node, key);
}

/* A number from 0; `usual` when the key is absent (negative: it must be there). Underscores between
 * digits are YAML's. */
static enum status read_number(struct importer *im, double *out_value, const yaml_node_t *map,
                               const char *key, double usual) {
    const yaml_node_t *node = find(im, map, key);
    const char *text;
    char digits[64];
    size_t n = 0;
    if (node == NULL && usual >= 0) {
        *out_value = usual;
        return STATUS_OK;
    }
    TRY(need_text(im, &text, map, key));
    for (const char *c = text; *c != '\0' && n + 1 < sizeof digits; c++) {
        if (*c != '_') {
            digits[n++] = *c;
        }
    }
    digits[n] = '\0';
    char *end;
    const double value = strtod(digits, &end);
    if (n == 0 || *end != '\0' || !(value >= 0 && value < 1e18)) {
        return machine_yaml_refuse(&im->yaml, node, key, text, "expected a number from 0 to 1e18");
    }
    *out_value = value;
    return STATUS_OK;
}

static enum status need_list(struct importer *im, const yaml_node_item_t **out_items, size_t *out_n,
                             const yaml_node_t *map, const char *key) {
    const yaml_node_t *node = find(im, map, key);
    if (node == NULL) {
        return log_error_at(STATUS_INPUT, machine_yaml_loc(&im->yaml, map), "'%s' is missing", key);
    }
    return machine_yaml_list(&im->yaml, out_items, out_n, node, key);
}

/* What is not read might matter. */
static enum status check_keys(struct importer *im, const yaml_node_t *map, const char *what,
                              const char *const *known) {
    if (map == NULL || map->type != YAML_MAPPING_NODE) {
        return STATUS_OK;
    }
    for (const yaml_node_pair_t *pair = map->data.mapping.pairs.start;
         pair < map->data.mapping.pairs.top; pair++) {
        const yaml_node_t *node = yaml_document_get_node(&im->yaml.doc, pair->key);
        const char *key;
        size_t i = 0;
        TRY(machine_yaml_scalar(&im->yaml, &key, node, what));
        while (known[i] != NULL && strcmp(known[i], key) != 0) {
            i++;
        }
        if (known[i] == NULL) {
            return log_error_at(STATUS_INPUT, machine_yaml_loc(&im->yaml, node),
                                "'%.64s' in %s is not read: write a machine file that says it", key,
                                what);
        }
    }
    return STATUS_OK;
}

static void add_number(struct importer *im, const char *before, double value, const char *unit) {
    text_add(im->out, before);
    text_add_double(im->out, value);
    text_add(im->out, unit);
}

/* Their times are in ns. */
static void add_time(struct importer *im, const char *before, double t_ns) {
    text_printf(im->out, "%s%.0f ps", before, t_ns * 1e3);
}

/* ---- SquidASM ---- */

static void add_gate(struct importer *im, const char *key, double t_ns, double error) {
    if (t_ns > 0 || error > 0) {
        text_printf(im->out, ", %s: {", key);
        add_time(im, "time: ", t_ns);
        add_number(im, ", error: ", error, "}");
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
    const yaml_node_t *node = find(im, stack, "qdevice_typ");
    const char *type = "generic";
    TRY(check_keys(im, stack, "a stack", keys));
    if (node != NULL) {
        TRY(machine_yaml_scalar(&im->yaml, &type, node, "qdevice_typ"));
    }
    return strcmp(type, "generic") == 0
               ? check_keys(im, find(im, stack, "qdevice_cfg"), "a generic qdevice_cfg",
                            device_keys)
               : machine_yaml_refuse(&im->yaml, node, "qdevice_typ", type, "expected generic");
}

static enum status add_stack(struct importer *im, const yaml_node_t *stack) {
    const yaml_node_t *config = find(im, stack, "qdevice_cfg");
    const char *name;
    double n, t1, t2, t_init, t_one, t_two, t_measure, p_one, p_two;
    TRY(check_stack(im, stack));
    TRY(need_text(im, &name, stack, "name"));
    if (config == NULL) {
        return log_error_at(STATUS_INPUT, machine_yaml_loc(&im->yaml, stack),
                            "stack '%.64s' needs 'qdevice_cfg'", name);
    }
    TRY(read_number(im, &n, config, "num_qubits", -1));
    TRY(read_number(im, &t1, config, "T1", 0));
    TRY(read_number(im, &t2, config, "T2", 0));
    TRY(read_number(im, &t_init, config, "init_time", 0));
    TRY(read_number(im, &t_one, config, "single_qubit_gate_time", 0));
    TRY(read_number(im, &t_two, config, "two_qubit_gate_time", 0));
    TRY(read_number(im, &t_measure, config, "measure_time", 0));
    TRY(read_number(im, &p_one, config, "single_qubit_gate_depolar_prob", 0));
    TRY(read_number(im, &p_two, config, "two_qubit_gate_depolar_prob", 0));
    if (n < 2 || n > 1e6) {
        return log_error_at(STATUS_INPUT, machine_yaml_loc(&im->yaml, config),
                            "num_qubits: expected 2 or more (one of them communicates)");
    }
    text_add(im->out, "  - {name: ");
    machine_print_label(im->out, name);
    text_printf(im->out, ", data: %.0f, comm: 1", n - 1);
    if (t1 > 0 || t2 > 0) { /* 0 is their "never"; T2 alone needs a T1 at least as long */
        add_time(im, ", T1: ", t1 > 0 ? t1 : t2);
        add_time(im, ", T2: ", t2 > 0 ? t2 : 2 * t1);
    }
    add_gate(im, "gate1", t_one, p_one);
    add_gate(im, "gate2", t_two, p_two);
    add_gate(im, "measure", t_measure, 0);
    add_gate(im, "reset", t_init, 0);
    text_add(im->out, "}\n");
    return STATUS_OK;
}

/* T1 and T2 hold for the qubit that communicates, too. */
static enum status add_memories(struct importer *im, const yaml_node_t *stack) {
    const yaml_node_t *config = find(im, stack, "qdevice_cfg");
    const char *name;
    double t1, t2;
    TRY(need_text(im, &name, stack, "name"));
    TRY(read_number(im, &t1, config, "T1", 0));
    TRY(read_number(im, &t2, config, "T2", 0));
    text_add(im->out, "  - {qpu: ");
    machine_print_label(im->out, name);
    if (t1 > 0 || t2 > 0) {
        add_time(im, ", T1: ", t1 > 0 ? t1 : t2);
        add_time(im, ", T2: ", t2 > 0 ? t2 : 2 * t1);
    }
    text_add(im->out, "}\n");
    return STATUS_OK;
}

static enum status add_depolarise(struct importer *im, struct text *herald,
                                  const yaml_node_t *config) {
    static const char *const keys[] = {"fidelity", "prob_success", "t_cycle", NULL};
    double fidelity, p, t_ns;
    TRY(check_keys(im, config, "a depolarise link", keys));
    TRY(read_number(im, &fidelity, config, "fidelity", -1));
    TRY(read_number(im, &p, config, "prob_success", 1));
    TRY(read_number(im, &t_ns, config, "t_cycle", -1));
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

static enum status read_optics(struct importer *im, struct optics *o, const yaml_node_t *config) {
    TRY(read_number(im, &o->length_km, config, "length", -1));
    TRY(read_number(im, &o->loss, config, "p_loss_length", 0.25));
    TRY(read_number(im, &o->speed, config, "speed_of_light", 200000));
    TRY(read_number(im, &o->efficiency, config, "detector_efficiency", 1));
    TRY(read_number(im, &o->visibility, config, "visibility", 1));
    TRY(read_number(im, &o->p_dark, config, "dark_count_probability", 0));
    TRY(read_number(im, &o->p_init, config, "p_loss_init", 0));
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
                                       "p_loss_init",
                                       "p_loss_length",
                                       "speed_of_light",
                                       "dark_count_probability",
                                       "detector_efficiency",
                                       "visibility",
                                       "num_resolving",
                                       NULL};
    struct optics o;
    TRY(check_keys(im, config, "a heralded link", keys));
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

static enum status add_fibre(struct importer *im, const yaml_node_t *link, const char *type) {
    const yaml_node_t *config = find(im, link, "cfg");
    const char *a, *b;
    TRY(need_text(im, &a, link, "stack1"));
    TRY(need_text(im, &b, link, "stack2"));
    text_add(im->out, "  - {between: [");
    machine_print_label(im->out, a);
    text_add(im->out, ", ");
    machine_print_label(im->out, b);
    text_add(im->out, "]");
    if (strcmp(type, "heralded") == 0) {
        struct optics o;
        TRY(read_optics(im, &o, config));
        add_number(im, ", length: ", o.length_km, " km");
        add_number(im, ", loss: ", o.loss, " dB/km");
        add_number(im, ", speed: ", o.speed, " km/s");
    }
    text_add(im->out, "}\n");
    return STATUS_OK;
}

static enum status describe_link(struct importer *im, struct text *herald,
                                 const yaml_node_t *link) {
    static const char *const keys[] = {"stack1", "stack2", "typ", "cfg", NULL};
    const yaml_node_t *config = find(im, link, "cfg");
    const char *type;
    TRY(check_keys(im, link, "a link", keys));
    TRY(need_text(im, &type, link, "typ"));
    const bool is_perfect = strcmp(type, "perfect") == 0;
    if (config == NULL && !is_perfect) {
        return log_error_at(STATUS_INPUT, machine_yaml_loc(&im->yaml, link), "'cfg' is missing");
    }
    if (is_perfect) {
        text_add(herald, "model: two_click");
        return STATUS_OK;
    }
    if (strcmp(type, "depolarise") == 0) {
        return add_depolarise(im, herald, config);
    }
    if (strcmp(type, "heralded") == 0) {
        return add_heralded(im, herald, config);
    }
    return machine_yaml_refuse(&im->yaml, find(im, link, "typ"), "typ", type,
                               "expected depolarise or heralded");
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
            status = need_text(im, &type, link, "typ");
        }
        if (status == STATUS_OK && strcmp(type, "perfect") == 0) {
            status = log_error_at(STATUS_INPUT, machine_yaml_loc(&im->yaml, link),
                                  "a perfect link takes no time: use the preset ideal");
        }
        if (status == STATUS_OK && strcmp(type, "heralded") == 0) {
            status = read_number(im, &p_init, find(im, link, "cfg"), "p_loss_init", 0);
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

static enum status convert_squidasm(struct importer *im) {
    const yaml_node_t *root = machine_yaml_root(&im->yaml);
    const yaml_node_item_t *stacks, *links;
    static const char *const keys[] = {"stacks", "links", NULL};
    struct text herald = {0};
    size_t n_stacks, n_links;
    double p_init = 0;
    TRY(check_keys(im, root, "the network", keys));
    TRY(need_list(im, &stacks, &n_stacks, root, "stacks"));
    TRY(need_list(im, &links, &n_links, root, "links"));
    text_add(im->out, "# from SquidASM\nqpus:\n");
    for (size_t i = 0; i < n_stacks; i++) {
        TRY(add_stack(im, machine_yaml_item(&im->yaml, stacks, i)));
    }
    text_add(im->out, "fibres:\n");
    enum status status = add_links(im, &herald, &p_init, links, n_links);
    text_printf(im->out, "herald: {%s}\nqnus:\n", herald.data ? herald.data : "model: two_click");
    text_fini(&herald);
    add_number(im, "  - {buffer: 2, transducer: {efficiency: ", 1 - p_init, "}}\n");
    for (size_t i = 0; i < n_stacks && status == STATUS_OK; i++) {
        status = add_memories(im, machine_yaml_item(&im->yaml, stacks, i));
    }
    return status;
}

/* ---- SeQUeNCe ---- */

static const yaml_node_t *find_delay(struct importer *im, const yaml_node_t *root, const char *a,
                                     const char *b) {
    const yaml_node_t *list = find(im, root, "cconnections");
    if (list == NULL || list->type != YAML_SEQUENCE_NODE) {
        return NULL;
    }
    for (const yaml_node_item_t *item = list->data.sequence.items.start;
         item < list->data.sequence.items.top; item++) {
        const yaml_node_t *node = yaml_document_get_node(&im->yaml.doc, *item);
        const char *one, *two;
        if (find(im, node, "node1") == NULL || find(im, node, "node2") == NULL ||
            machine_yaml_scalar(&im->yaml, &one, find(im, node, "node1"), "node1") != STATUS_OK ||
            machine_yaml_scalar(&im->yaml, &two, find(im, node, "node2"), "node2") != STATUS_OK) {
            return NULL;
        }
        if ((strcmp(one, a) == 0 && strcmp(two, b) == 0) ||
            (strcmp(one, b) == 0 && strcmp(two, a) == 0)) {
            return node;
        }
    }
    return NULL;
}

static enum status add_router(struct importer *im, const yaml_node_t *node) {
    static const char *const known[] = {"name", "type", "seed", "memo_size", NULL};
    const char *name, *type;
    double n_memories;
    TRY(check_keys(im, node, "a node", known));
    TRY(need_text(im, &name, node, "name"));
    TRY(need_text(im, &type, node, "type"));
    if (strcmp(type, "BSMNode") == 0) {
        return STATUS_OK; /* the middle of a connection */
    }
    if (strcmp(type, "QuantumRouter") != 0) {
        return machine_yaml_refuse(&im->yaml, find(im, node, "type"), "type", type,
                                   "expected QuantumRouter or BSMNode");
    }
    TRY(read_number(im, &n_memories, node, "memo_size", 50));
    text_add(im->out, "  - {name: ");
    machine_print_label(im->out, name);
    text_printf(im->out, ", data: 1, comm: %.0f}\n", n_memories);
    return STATUS_OK;
}

/* Attempts wait for messages, which have a delay of their own there: light is made as fast as they
 * are. */
static enum status add_connection(struct importer *im, const yaml_node_t *root,
                                  const yaml_node_t *link) {
    static const char *const known[] = {"node1", "node2", "attenuation", "distance",
                                        "type",  "seed",  NULL};
    const char *a, *b, *type = "meet_in_the_middle";
    double loss_db_m, length_m, delay_ps = 0;
    TRY(check_keys(im, link, "a qconnection", known));
    TRY(need_text(im, &a, link, "node1"));
    TRY(need_text(im, &b, link, "node2"));
    TRY(read_number(im, &loss_db_m, link, "attenuation", -1));
    TRY(read_number(im, &length_m, link, "distance", -1));
    if (find(im, link, "type") != NULL) {
        TRY(need_text(im, &type, link, "type"));
    }
    if (strcmp(type, "meet_in_the_middle") != 0) {
        return machine_yaml_refuse(&im->yaml, find(im, link, "type"), "type", type,
                                   "expected meet_in_the_middle");
    }
    const yaml_node_t *messages = find_delay(im, root, a, b);
    if (messages != NULL) {
        TRY(read_number(im, &delay_ps, messages, "delay", -1));
    }
    text_add(im->out, "  - {between: [");
    machine_print_label(im->out, a);
    text_add(im->out, ", ");
    machine_print_label(im->out, b);
    add_number(im, "], length: ", length_m, " m");
    add_number(im, ", loss: ", loss_db_m, " dB/m");
    if (delay_ps > 0 && length_m > 0) {
        add_number(im, ", speed: ", length_m / (delay_ps * 1e-12), " m/s");
    }
    text_add(im->out, "}\n");
    return STATUS_OK;
}

/* Messages go at the speed of their delay, whatever the distance. */
static enum status check_messages(struct importer *im, const yaml_node_t *root) {
    static const char *const known[] = {"node1", "node2", "delay", "distance", NULL};
    const yaml_node_item_t *items;
    size_t n;
    if (find(im, root, "cconnections") == NULL) {
        return STATUS_OK;
    }
    TRY(need_list(im, &items, &n, root, "cconnections"));
    for (size_t i = 0; i < n; i++) {
        TRY(check_keys(im, machine_yaml_item(&im->yaml, items, i), "a cconnection", known));
    }
    return STATUS_OK;
}

static enum status convert_sequence(struct importer *im) {
    /* the last two are about the run, not about the machine */
    static const char *const known[] = {"nodes",       "qconnections", "cconnections",
                                        "is_parallel", "stop_time",    NULL};
    const yaml_node_t *root = machine_yaml_root(&im->yaml);
    const yaml_node_item_t *nodes, *links;
    size_t n_nodes, n_links;
    if (find(im, root, "templates") != NULL) {
        return log_error_at(STATUS_INPUT, machine_yaml_loc(&im->yaml, find(im, root, "templates")),
                            "templates: not read; set what they say in the machine file");
    }
    TRY(check_keys(im, root, "the network", known));
    TRY(check_messages(im, root));
    TRY(need_list(im, &nodes, &n_nodes, root, "nodes"));
    TRY(need_list(im, &links, &n_links, root, "qconnections"));
    text_add(im->out, "# from SeQUeNCe\nqpus:\n");
    for (size_t i = 0; i < n_nodes; i++) {
        TRY(add_router(im, machine_yaml_item(&im->yaml, nodes, i)));
    }
    text_add(im->out, "fibres:\n");
    for (size_t i = 0; i < n_links; i++) {
        TRY(add_connection(im, root, machine_yaml_item(&im->yaml, links, i)));
    }
    text_add(im->out, "qnus: [{buffer: 2}]\nherald: {model: barrett_kok_negotiated}\n");
    return STATUS_OK;
}

/* ---- both ---- */

typedef enum status convert_fn(struct importer *im);

static enum status import(struct text *out, const char *file, const char *text, size_t n,
                          convert_fn *convert) {
    struct importer im = {.out = out};
    TRY(machine_yaml_open(&im.yaml, file, text, n));
    enum status status = convert(&im);
    machine_yaml_close(&im.yaml);
    if (status == STATUS_OK && out->failed) {
        status = log_error(STATUS_NOFIT, "no memory to import the machine");
    }
    return status;
}

enum status machine_import_squidasm(struct text *out, const char *file, const char *text,
                                    size_t n) {
    return import(out, file, text, n, convert_squidasm);
}

enum status machine_import_sequence(struct text *out, const char *file, const char *text,
                                    size_t n) {
    return import(out, file, text, n, convert_sequence);
}

/* A key at the start of a line, or the first of a JSON object. */
static bool has_key(const char *text, size_t n, const char *key) {
    const size_t n_key = strlen(key);
    for (const char *at = text; at != NULL && at + n_key < text + n; at++) {
        at = memmem(at, (size_t)(text + n - at), key, n_key);
        if (at == NULL) {
            return false;
        }
        const char *before = at;
        while (before > text && (before[-1] == '"' || before[-1] == ' ' || before[-1] == '\t')) {
            before--;
        }
        const char *after = at + n_key + (at > text && at[-1] == '"');
        const bool is_start =
            before == text || before[-1] == '\n' || before[-1] == '{' || before[-1] == ',';
        const bool is_indented = at > text && (at[-1] == ' ' || at[-1] == '\t');
        if (is_start && !is_indented && after < text + n && *after == ':') {
            return true;
        }
    }
    return false;
}

enum machine_format machine_guess_format(const char *text, size_t n) {
    if (has_key(text, n, "qpus")) {
        return MACHINE_FORMAT_OWN;
    }
    if (has_key(text, n, "stacks")) {
        return MACHINE_FORMAT_SQUIDASM;
    }
    return has_key(text, n, "qconnections") ? MACHINE_FORMAT_SEQUENCE : MACHINE_FORMAT_OWN;
}
