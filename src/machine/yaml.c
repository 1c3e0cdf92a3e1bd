#include "machine/yaml.h"

#include <string.h>

#include "base/nearest.h"
#include "base/text.h"

enum { MAX_DEPTH = 32 }; /* libyaml's time is quadratic in the depth; machine files need 5 */

static const char utf8_bom[] = "\xEF\xBB\xBF";

static bool is_continuation(char c) {
    return ((unsigned char)c & 0xC0) == 0x80;
}

static struct src_loc mark_loc(const char *file, yaml_mark_t mark) {
    return (struct src_loc){file, (uint32_t)mark.line + 1, (uint32_t)mark.column + 1};
}

/* Place of a byte offset, in characters; for text that libyaml's reader refused. */
static struct src_loc offset_loc(const char *file, const char *text, size_t offset) {
    struct src_loc loc = {file, 1, 1};
    for (size_t i = 0; i < offset; i++) {
        if (text[i] == '\n') {
            loc.line++;
            loc.col = 1;
        } else if (!is_continuation(text[i])) {
            loc.col++;
        }
    }
    return loc;
}

static bool is_tab_at(const char *text, size_t n, yaml_mark_t mark) {
    size_t n_chars = 0;
    for (size_t i = 0; i < n; i++) {
        if (is_continuation(text[i])) {
            continue;
        }
        if (n_chars++ == mark.index) {
            return text[i] == '\t';
        }
    }
    return false;
}

static enum status report(const yaml_parser_t *parser, const char *file, const char *text,
                          size_t n) {
    const char *problem = parser->problem != NULL ? parser->problem : "syntax error";
    struct src_loc loc = mark_loc(file, parser->problem_mark);
    switch (parser->error) {
    case YAML_MEMORY_ERROR:
        return log_error(STATUS_NOFIT, "%s: no memory to read the file", file);
    case YAML_READER_ERROR:
        loc = offset_loc(file, text, parser->problem_offset < n ? parser->problem_offset : n);
        return log_error_at(STATUS_INPUT, loc, "not UTF-8 text: %s", problem);
    case YAML_COMPOSER_ERROR:
        if (parser->context != NULL) {
            return log_error_at(STATUS_INPUT, loc, "this anchor was already defined at line %zu",
                                parser->context_mark.line + 1);
        }
        return log_error_at(STATUS_INPUT, loc, "%s", problem);
    case YAML_NO_ERROR:
    case YAML_SCANNER_ERROR:
    case YAML_PARSER_ERROR:
    case YAML_WRITER_ERROR:
    case YAML_EMITTER_ERROR:
        break;
    }
    if (is_tab_at(text, n, parser->problem_mark)) {
        return log_error_at(STATUS_INPUT, loc, "a tab; YAML is indented with blanks");
    }
    if (parser->context == NULL) {
        return log_error_at(STATUS_INPUT, loc, "%s", problem);
    }
    return log_error_at(STATUS_INPUT, loc, "%s %s that starts at line %zu", problem,
                        parser->context, parser->context_mark.line + 1);
}

static int depth_change(yaml_event_type_t type) {
    switch (type) {
    case YAML_SEQUENCE_START_EVENT:
    case YAML_MAPPING_START_EVENT:
        return 1;
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        return -1;
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
    case YAML_STREAM_END_EVENT:
    case YAML_DOCUMENT_START_EVENT:
    case YAML_DOCUMENT_END_EVENT:
    case YAML_ALIAS_EVENT:
    case YAML_SCALAR_EVENT:
        break;
    }
    return 0;
}

static void start(yaml_parser_t *parser, const char *text, size_t n) {
    yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(parser, (const unsigned char *)text, n);
}

/* One pass over the events: syntax, depth, number of documents. */
static enum status check_events(yaml_parser_t *parser, const char *file, const char *text,
                                size_t n) {
    int depth = 0, n_documents = 0;
    start(parser, text, n);
    for (;;) {
        yaml_event_t event;
        if (yaml_parser_parse(parser, &event) == 0) {
            return report(parser, file, text, n);
        }
        yaml_event_type_t type = event.type;
        struct src_loc loc = mark_loc(file, event.start_mark);
        yaml_event_delete(&event);
        depth += depth_change(type);
        n_documents += type == YAML_DOCUMENT_START_EVENT;
        if (depth > MAX_DEPTH) {
            return log_error_at(STATUS_INPUT, loc, "nested deeper than %d levels", MAX_DEPTH);
        }
        if (n_documents > 1) {
            return log_error_at(STATUS_INPUT, loc,
                                "a second document; a machine file holds one ('---' starts "
                                "another)");
        }
        if (type == YAML_STREAM_END_EVENT) {
            return STATUS_OK;
        }
    }
}

static bool is_empty_scalar(const yaml_node_t *node) {
    return node->type == YAML_SCALAR_NODE && node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
           node->data.scalar.length == 0;
}

static enum status load(struct machine_yaml *yaml, yaml_parser_t *parser, const char *text,
                        size_t n) {
    start(parser, text, n);
    if (yaml_parser_load(parser, &yaml->doc) == 0) {
        return report(parser, yaml->file, text, n);
    }
    const yaml_node_t *root = yaml_document_get_root_node(&yaml->doc);
    if (root == NULL || is_empty_scalar(root)) {
        yaml_document_delete(&yaml->doc);
        return log_error_at(STATUS_INPUT, (struct src_loc){yaml->file, 1, 1},
                            "the file describes nothing");
    }
    return STATUS_OK;
}

enum status machine_yaml_open(struct machine_yaml *yaml, const char *file, const char *text,
                              size_t n) {
    yaml->file = file;
    size_t n_bom = sizeof utf8_bom - 1;
    if (n >= n_bom && memcmp(text, utf8_bom, n_bom) == 0) {
        text += n_bom; /* libyaml would count it as a column */
        n -= n_bom;
    }
    yaml_parser_t parser;
    if (yaml_parser_initialize(&parser) == 0) {
        return log_error(STATUS_NOFIT, "%s: no memory to read the file", file);
    }
    enum status status = check_events(&parser, file, text, n);
    yaml_parser_delete(&parser);
    if (status != STATUS_OK) {
        return status;
    }
    if (yaml_parser_initialize(&parser) == 0) {
        return log_error(STATUS_NOFIT, "%s: no memory to read the file", file);
    }
    status = load(yaml, &parser, text, n);
    yaml_parser_delete(&parser);
    return status;
}

void machine_yaml_close(struct machine_yaml *yaml) {
    yaml_document_delete(&yaml->doc);
}

struct src_loc machine_yaml_loc(const struct machine_yaml *yaml, const yaml_node_t *node) {
    return mark_loc(yaml->file, node->start_mark);
}

const yaml_node_t *machine_yaml_root(struct machine_yaml *yaml) {
    return yaml_document_get_root_node(&yaml->doc);
}

static const char *node_text(const yaml_node_t *node) {
    return (const char *)node->data.scalar.value;
}

/* Plain text that YAML tools read as "no value". */
static bool is_null(const yaml_node_t *node) {
    static const char *const words[] = {"", "~", "null", "Null", "NULL"};
    if (node->type != YAML_SCALAR_NODE || node->data.scalar.style != YAML_PLAIN_SCALAR_STYLE) {
        return false;
    }
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcmp(node_text(node), words[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* Refuses explicit tags, missing values and nodes of another type. `type_name`: "a list". */
static enum status expect(struct machine_yaml *yaml, const yaml_node_t *node, yaml_node_type_t type,
                          const char *tag, const char *key, const char *type_name) {
    struct src_loc loc = machine_yaml_loc(yaml, node);
    if (is_null(node)) {
        return log_error_at(STATUS_INPUT, loc, "%s: no value is given; expected %s", key,
                            type_name);
    }
    if (node->type != type) {
        return log_error_at(STATUS_INPUT, loc, "%s: expected %s", key, type_name);
    }
    if (strcmp((const char *)node->tag, tag) != 0) {
        return log_error_at(STATUS_INPUT, loc, "%s: tags such as '%.64s' have no meaning here", key,
                            (const char *)node->tag);
    }
    return STATUS_OK;
}

enum status machine_yaml_scalar(struct machine_yaml *yaml, const char **out_text,
                                const yaml_node_t *node, const char *key) {
    TRY(expect(yaml, node, YAML_SCALAR_NODE, YAML_STR_TAG, key, "one value"));
    if (strlen(node_text(node)) != node->data.scalar.length) {
        return log_error_at(STATUS_INPUT, machine_yaml_loc(yaml, node),
                            "%s: the text contains a NUL character", key);
    }
    *out_text = node_text(node);
    return STATUS_OK;
}

enum status machine_yaml_list(struct machine_yaml *yaml, const yaml_node_item_t **out_items,
                              size_t *out_n, const yaml_node_t *node, const char *key) {
    TRY(expect(yaml, node, YAML_SEQUENCE_NODE, YAML_SEQ_TAG, key, "a list"));
    *out_items = node->data.sequence.items.start;
    *out_n = (size_t)(node->data.sequence.items.top - node->data.sequence.items.start);
    return STATUS_OK;
}

const yaml_node_t *machine_yaml_item(struct machine_yaml *yaml, const yaml_node_item_t *items,
                                     size_t i) {
    return yaml_document_get_node(&yaml->doc, items[i]);
}

static enum status refuse_key(struct src_loc loc, const char *key,
                              const struct machine_yaml_schema *schema) {
    if (strcmp(key, "<<") == 0) {
        return log_error_at(STATUS_INPUT, loc,
                            "merge keys are not supported; use 'like: NAME' to share values");
    }
    for (const char *const *k = schema->unsupported; k != NULL && *k != NULL; k++) {
        if (strcmp(key, *k) == 0) {
            return log_error_at(STATUS_INPUT, loc,
                                "'%s' (physical network) is not supported yet; describe the "
                                "network by 'links' and 'default_link'",
                                key);
        }
    }
    struct nearest near = nearest_start(key);
    struct text list = {0};
    for (size_t i = 0; i < schema->n_keys; i++) {
        nearest_offer(&near, schema->keys[i]);
        text_printf(&list, "%s%s", i == 0 ? "" : ", ", schema->keys[i]);
    }
    enum status status =
        near.best != NULL
            ? log_error_at(STATUS_INPUT, loc, "unknown key '%.64s' in %s; did you mean '%s'?", key,
                           schema->what, near.best)
            : log_error_at(STATUS_INPUT, loc, "unknown key '%.64s' in %s; the keys are %s", key,
                           schema->what, list.data != NULL ? list.data : "");
    text_fini(&list);
    return status;
}

static enum status take_pair(struct machine_yaml *yaml, const yaml_node_t **values,
                             const yaml_node_pair_t *pair,
                             const struct machine_yaml_schema *schema) {
    const yaml_node_t *key_node = yaml_document_get_node(&yaml->doc, pair->key);
    struct src_loc loc = machine_yaml_loc(yaml, key_node);
    if (key_node->type != YAML_SCALAR_NODE) {
        return log_error_at(STATUS_INPUT, loc, "a key of %s must be a word", schema->what);
    }
    const char *key = node_text(key_node);
    size_t i = 0;
    while (i < schema->n_keys && strcmp(key, schema->keys[i]) != 0) {
        i++;
    }
    if (i == schema->n_keys || strlen(key) != key_node->data.scalar.length) {
        return refuse_key(loc, key, schema);
    }
    if (values[i] != NULL) {
        return log_error_at(STATUS_INPUT, loc, "'%s' is given twice in %s (already at line %u)",
                            key, schema->what, machine_yaml_loc(yaml, values[i]).line);
    }
    values[i] = yaml_document_get_node(&yaml->doc, pair->value);
    return STATUS_OK;
}

enum status machine_yaml_map(struct machine_yaml *yaml, const yaml_node_t **out_values,
                             const yaml_node_t *node, const struct machine_yaml_schema *schema) {
    TRY(expect(yaml, node, YAML_MAPPING_NODE, YAML_MAP_TAG, schema->what, "keys and values"));
    for (size_t i = 0; i < schema->n_keys; i++) {
        out_values[i] = NULL;
    }
    for (const yaml_node_pair_t *pair = node->data.mapping.pairs.start;
         pair < node->data.mapping.pairs.top; pair++) {
        TRY(take_pair(yaml, out_values, pair, schema));
    }
    for (size_t i = 0; i < schema->n_keys; i++) {
        if ((schema->required >> i & 1) != 0 && out_values[i] == NULL) {
            return log_error_at(STATUS_INPUT, machine_yaml_loc(yaml, node), "%s needs the key '%s'",
                                schema->what, schema->keys[i]);
        }
    }
    return STATUS_OK;
}
