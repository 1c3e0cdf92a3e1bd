/* SeQUeNCe's network JSON. */
#include <stdlib.h>
#include <string.h>

#include "machine/import_impl.h"

static const yaml_node_t *find_delay(struct importer *im, const yaml_node_t *root, const char *a,
                                     const char *b) {
    const yaml_node_t *list = import_find(im, root, "cconnections");
    if (list == NULL || list->type != YAML_SEQUENCE_NODE) {
        return NULL;
    }
    for (const yaml_node_item_t *item = list->data.sequence.items.start;
         item < list->data.sequence.items.top; item++) {
        const yaml_node_t *node = yaml_document_get_node(&im->yaml.doc, *item);
        const char *one, *two;
        if (import_find(im, node, "node1") == NULL || import_find(im, node, "node2") == NULL ||
            machine_yaml_scalar(&im->yaml, &one, import_find(im, node, "node1"), "node1") !=
                STATUS_OK ||
            machine_yaml_scalar(&im->yaml, &two, import_find(im, node, "node2"), "node2") !=
                STATUS_OK) {
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
    TRY(import_check_keys(im, node, "a node", known));
    TRY(import_need_text(im, &name, node, "name"));
    TRY(import_need_text(im, &type, node, "type"));
    if (strcmp(type, "BSMNode") == 0) {
        return STATUS_OK; /* the middle of a connection */
    }
    if (strcmp(type, "QuantumRouter") != 0) {
        return machine_yaml_refuse(&im->yaml, import_find(im, node, "type"), "type", type,
                                   "expected QuantumRouter or BSMNode");
    }
    TRY(import_read_number(im, &n_memories, node, "memo_size", 50));
    import_add_item(im, "name", name);
    text_printf(im->out, ", data: 1, comm: %.0f}\n", n_memories);
    return STATUS_OK;
}

static const yaml_node_t *find_table(struct importer *im, const yaml_node_t *root) {
    const yaml_node_t *table = import_find(im, root, "cconnections_table");
    return table != NULL ? table : import_find(im, root, "cchannels_table");
}

/* Round trips between all nodes; *out_ps untouched where there is no table or the node is not in
 * it. */
static enum status read_table(struct importer *im, double *out_ps, const yaml_node_t *root,
                              const char *const ends[2]) {
    const yaml_node_t *table = find_table(im, root);
    const yaml_node_item_t *labels, *rows, *row;
    size_t n_labels, n_rows, n_row, at[2] = {SIZE_MAX, SIZE_MAX};
    const char *text;
    char *end;
    if (table == NULL) {
        return STATUS_OK;
    }
    TRY(import_need_list(im, &labels, &n_labels, table, "labels"));
    TRY(import_need_list(im, &rows, &n_rows, table, "table"));
    for (size_t i = 0; i < n_labels; i++) {
        TRY(machine_yaml_scalar(&im->yaml, &text, machine_yaml_item(&im->yaml, labels, i),
                                "labels"));
        for (int k = 0; k < 2; k++) {
            at[k] = strcmp(text, ends[k]) == 0 ? i : at[k];
        }
    }
    if (at[0] == SIZE_MAX || at[1] == SIZE_MAX) {
        return STATUS_OK;
    }
    if (at[0] >= n_rows) {
        return log_error_at(STATUS_INPUT, machine_yaml_loc(&im->yaml, table),
                            "table: fewer rows than labels");
    }
    const yaml_node_t *node = machine_yaml_item(&im->yaml, rows, at[0]);
    TRY(machine_yaml_list(&im->yaml, &row, &n_row, node, "table"));
    if (at[1] >= n_row) {
        return log_error_at(STATUS_INPUT, machine_yaml_loc(&im->yaml, node),
                            "table: fewer numbers than labels");
    }
    node = machine_yaml_item(&im->yaml, row, at[1]);
    TRY(machine_yaml_scalar(&im->yaml, &text, node, "table"));
    const double round_trip_ps = strtod(text, &end);
    if (*end != '\0' || !(round_trip_ps >= 0 && round_trip_ps < 1e18)) {
        return machine_yaml_refuse(&im->yaml, node, "table", text,
                                   "expected a number from 0 to 1e18");
    }
    *out_ps = round_trip_ps / 2;
    return STATUS_OK;
}

static enum status check_table(struct importer *im, const yaml_node_t *root) {
    static const char *const known[] = {"type", "labels", "table", NULL};
    const yaml_node_t *table = find_table(im, root);
    const char *type;
    if (table == NULL) {
        return STATUS_OK;
    }
    TRY(import_check_keys(im, table, "a table of delays", known));
    TRY(import_need_text(im, &type, table, "type"));
    return strcmp(type, "RT") == 0 ? STATUS_OK
                                   : machine_yaml_refuse(&im->yaml, import_find(im, table, "type"),
                                                         "type", type, "expected RT");
}

/* Attempts wait for messages, which have a delay of their own there: light is made as fast as they
 * are. */
static enum status add_connection(struct importer *im, const yaml_node_t *root,
                                  const yaml_node_t *link) {
    static const char *const known[] = {"node1", "node2", "attenuation", "distance",
                                        "type",  "seed",  NULL};
    const char *a, *b, *type = "meet_in_the_middle";
    double loss_db_m, length_m, delay_ps = 0;
    TRY(import_check_keys(im, link, "a qconnection", known));
    TRY(import_need_text(im, &a, link, "node1"));
    TRY(import_need_text(im, &b, link, "node2"));
    TRY(import_read_number(im, &loss_db_m, link, "attenuation", -1));
    TRY(import_read_number(im, &length_m, link, "distance", -1));
    if (import_find(im, link, "type") != NULL) {
        TRY(import_need_text(im, &type, link, "type"));
    }
    if (strcmp(type, "meet_in_the_middle") != 0) {
        return machine_yaml_refuse(&im->yaml, import_find(im, link, "type"), "type", type,
                                   "expected meet_in_the_middle");
    }
    const yaml_node_t *messages = find_delay(im, root, a, b);
    TRY(read_table(im, &delay_ps, root, (const char *const[]){a, b}));
    if (messages != NULL) {
        TRY(import_read_number(im, &delay_ps, messages, "delay", -1));
    }
    import_add_between(im, a, b);
    import_add_number(im, ", length: ", length_m, " m");
    import_add_number(im, ", loss: ", loss_db_m, " dB/m");
    if (delay_ps > 0 && length_m > 0) {
        import_add_number(im, ", speed: ", length_m / (delay_ps * 1e-12), " m/s");
    }
    text_add(im->out, "}\n");
    return STATUS_OK;
}

/* Messages go at the speed of their delay, whatever the distance. */
static enum status check_messages(struct importer *im, const yaml_node_t *root) {
    static const char *const known[] = {"node1", "node2", "delay", "distance", NULL};
    const yaml_node_item_t *items;
    size_t n;
    if (import_find(im, root, "cconnections") == NULL) {
        return STATUS_OK;
    }
    TRY(import_need_list(im, &items, &n, root, "cconnections"));
    for (size_t i = 0; i < n; i++) {
        TRY(import_check_keys(im, machine_yaml_item(&im->yaml, items, i), "a cconnection", known));
    }
    return STATUS_OK;
}

enum status import_convert_sequence(struct importer *im) {
    /* the last two are about the run, not about the machine */
    static const char *const known[] = {
        "nodes",           "qconnections", "cconnections", "cconnections_table",
        "cchannels_table", "is_parallel",  "stop_time",    NULL};
    const yaml_node_t *root = machine_yaml_root(&im->yaml);
    const yaml_node_item_t *nodes, *links;
    size_t n_nodes, n_links;
    if (import_find(im, root, "templates") != NULL) {
        return log_error_at(STATUS_INPUT,
                            machine_yaml_loc(&im->yaml, import_find(im, root, "templates")),
                            "templates: not read; set what they say in the machine file");
    }
    TRY(import_check_keys(im, root, "the network", known));
    TRY(check_messages(im, root));
    TRY(check_table(im, root));
    TRY(import_need_list(im, &nodes, &n_nodes, root, "nodes"));
    TRY(import_need_list(im, &links, &n_links, root, "qconnections"));
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
