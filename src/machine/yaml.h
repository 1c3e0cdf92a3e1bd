/* YAML as machine files need it: one document of maps, lists and scalars whose places are known.
 *
 * Values are borrowed from the document and are text; what they mean is the reader's business.
 * Errors are STATUS_INPUT with file:line:column, logged here. A document is a graph (aliases), so
 * nothing here recurses or copies: hostile files cost no more than their length. */
#ifndef QSPAN_MACHINE_YAML_H
#define QSPAN_MACHINE_YAML_H

#include <stddef.h>
#include <stdint.h>
#include <yaml.h>

#include "base/log.h"
#include "base/status.h"

struct machine_yaml {
    yaml_document_t doc;
    const char *file; /* borrowed; stays valid longer than the document */
};

/* The keys that a map may have; at most 32. */
struct machine_yaml_schema {
    const char *what; /* "a link" */
    const char *const *keys;
    size_t n_keys;
    uint32_t required;              /* bit i: keys[i] must be given */
    const char *const *unsupported; /* NULL-terminated keys that are known but refused, or NULL */
};

/* Parses text that holds exactly one document; refuses syntax errors, invalid UTF-8, nesting deeper
 * than 32, empty files and further documents. On success machine_yaml_close the document. */
enum status machine_yaml_open(struct machine_yaml *yaml, const char *file, const char *text,
                              size_t n);
void machine_yaml_close(struct machine_yaml *yaml);

struct src_loc machine_yaml_loc(const struct machine_yaml *yaml, const yaml_node_t *node);
const yaml_node_t *machine_yaml_root(struct machine_yaml *yaml);

/* values[i] = value of schema->keys[i], NULL when absent. Refuses anything but a map, unknown
 * (with the nearest key that exists), repeated and missing keys. */
enum status machine_yaml_map(struct machine_yaml *yaml, const yaml_node_t **out_values,
                             const yaml_node_t *node, const struct machine_yaml_schema *schema);
/* Items of a list; item i is machine_yaml_item(yaml, items, i). `key` is for messages. */
enum status machine_yaml_list(struct machine_yaml *yaml, const yaml_node_item_t **out_items,
                              size_t *out_n, const yaml_node_t *node, const char *key);
const yaml_node_t *machine_yaml_item(struct machine_yaml *yaml, const yaml_node_item_t *items,
                                     size_t i);
/* Text of a scalar that has a value; never empty unless quoted, no NUL inside. */
enum status machine_yaml_scalar(struct machine_yaml *yaml, const char **out_text,
                                const yaml_node_t *node, const char *key);

#endif
