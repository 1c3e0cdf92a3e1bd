#include "machine/import.h"

#include <stdlib.h>
#include <string.h>

#include "machine/import_impl.h"

/* ---- nodes of a document ---- */

enum { MAX_MERGES = 8 }; /* one in the other */

static const yaml_node_t *find_own(struct importer *im, const yaml_node_t *map, const char *key) {
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

const yaml_node_t *import_find(struct importer *im, const yaml_node_t *map, const char *key) {
    for (int depth = 0; depth <= MAX_MERGES && map != NULL; depth++) {
        const yaml_node_t *node = find_own(im, map, key);
        if (node != NULL) {
            return node;
        }
        map = find_own(im, map, "<<");
    }
    return NULL;
}

static enum status need(struct importer *im, const yaml_node_t **out_node, const yaml_node_t *map,
                        const char *key) {
    *out_node = import_find(im, map, key);
    return *out_node != NULL ? STATUS_OK
                             : log_error_at(STATUS_INPUT, machine_yaml_loc(&im->yaml, map),
                                            "'%s' is missing", key);
}

enum status import_need_text(struct importer *im, const char **out_text, const yaml_node_t *map,
                             const char *key) {
    const yaml_node_t *node;
    TRY(need(im, &node, map, key));
    return machine_yaml_scalar(&im->yaml, out_text, node, key);
}

enum status import_read_up_to(struct importer *im, double *out_value, const yaml_node_t *map,
                              const char *key, double usual, double huge) {
    const yaml_node_t *node = import_find(im, map, key);
    const char *text;
    char digits[64];
    size_t n = 0;
    if (node == NULL && usual >= 0) {
        *out_value = usual;
        return STATUS_OK;
    }
    TRY(import_need_text(im, &text, map, key));
    for (const char *c = text; *c != '\0' && n + 1 < sizeof digits; c++) {
        if (*c != '_') {
            digits[n++] = *c;
        }
    }
    digits[n] = '\0';
    char *end;
    double value = strtod(digits, &end);
    value = huge > 0 && value > huge ? huge : value;
    if (n == 0 || *end != '\0' || !(value >= 0 && value < 1e18)) {
        return machine_yaml_refuse(&im->yaml, node, key, text, "expected a number from 0 to 1e18");
    }
    *out_value = value;
    return STATUS_OK;
}

enum status import_read_number(struct importer *im, double *out_value, const yaml_node_t *map,
                               const char *key, double usual) {
    return import_read_up_to(im, out_value, map, key, usual, 0);
}

enum status import_need_list(struct importer *im, const yaml_node_item_t **out_items, size_t *out_n,
                             const yaml_node_t *map, const char *key) {
    const yaml_node_t *node;
    TRY(need(im, &node, map, key));
    return machine_yaml_list(&im->yaml, out_items, out_n, node, key);
}

/* What is not read might matter; "dummy" is how SquidASM's files say that there is nothing. */
static enum status check_own_keys(struct importer *im, const yaml_node_t *map, const char *what,
                                  const char *const *known) {
    for (const yaml_node_pair_t *pair = map->data.mapping.pairs.start;
         pair < map->data.mapping.pairs.top; pair++) {
        const yaml_node_t *node = yaml_document_get_node(&im->yaml.doc, pair->key);
        const char *key;
        size_t i = 0;
        TRY(machine_yaml_scalar(&im->yaml, &key, node, what));
        while (known[i] != NULL && strcmp(known[i], key) != 0) {
            i++;
        }
        if (known[i] == NULL && strcmp(key, "<<") != 0 && strcmp(key, "dummy") != 0) {
            return log_error_at(STATUS_INPUT, machine_yaml_loc(&im->yaml, node),
                                "'%.64s' in %s is not read: write a machine file that says it", key,
                                what);
        }
    }
    return STATUS_OK;
}

enum status import_check_keys(struct importer *im, const yaml_node_t *map, const char *what,
                              const char *const *known) {
    int depth = 0;
    for (; map != NULL && map->type == YAML_MAPPING_NODE; depth++) {
        const yaml_node_t *merged = find_own(im, map, "<<");
        if (depth > MAX_MERGES || (merged != NULL && merged->type != YAML_MAPPING_NODE)) {
            return log_error_at(STATUS_INPUT, machine_yaml_loc(&im->yaml, merged ? merged : map),
                                "<<: expected one map, and at most %d one in the other",
                                MAX_MERGES);
        }
        TRY(check_own_keys(im, map, what, known));
        map = merged;
    }
    return STATUS_OK;
}

void import_add_number(struct importer *im, const char *before, double value, const char *unit) {
    text_add(im->out, before);
    text_add_double(im->out, value);
    text_add(im->out, unit);
}

void import_add_item(struct importer *im, const char *key, const char *name) {
    text_printf(im->out, "  - {%s: ", key);
    machine_print_label(im->out, name);
}

void import_add_between(struct importer *im, const char *a, const char *b) {
    text_add(im->out, "  - {between: [");
    machine_print_label(im->out, a);
    text_add(im->out, ", ");
    machine_print_label(im->out, b);
    text_add(im->out, "]");
}

/* ---- files ---- */

static enum status import(struct text *out, const char *file, const char *text, size_t n,
                          import_convert_fn *convert) {
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
    return import(out, file, text, n, import_convert_squidasm);
}

enum status machine_import_sequence(struct text *out, const char *file, const char *text,
                                    size_t n) {
    return import(out, file, text, n, import_convert_sequence);
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
    if (has_key(text, n, "stacks") || has_key(text, n, "processing_nodes")) {
        return MACHINE_FORMAT_SQUIDASM;
    }
    return has_key(text, n, "qconnections") || has_key(text, n, "qchannels")
               ? MACHINE_FORMAT_SEQUENCE
               : MACHINE_FORMAT_OWN;
}
