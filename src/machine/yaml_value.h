/* Values of YAML nodes with their places: quantities, counts, labels, words, and whole maps of them
 * by a table, which also prints them.
 *
 * The readers leave the target as it is when the key is absent (node NULL). Errors are STATUS_INPUT
 * with file:line:column, logged here. */
#ifndef QSPAN_MACHINE_YAML_VALUE_H
#define QSPAN_MACHINE_YAML_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"
#include "base/text.h"
#include "base/units.h"
#include "machine/yaml.h"

enum status machine_yaml_refuse(struct machine_yaml *yaml, const yaml_node_t *node, const char *key,
                                const char *text, const char *why);
enum status machine_yaml_time(struct machine_yaml *yaml, int64_t *out_t_ps, const yaml_node_t *node,
                              const char *key);
typedef enum status machine_parse_count_fn(uint32_t *out_n, const char **out_why, const char *text);
enum status machine_yaml_count(struct machine_yaml *yaml, uint32_t *out_n, const yaml_node_t *node,
                               const char *key, machine_parse_count_fn *parse);
/* Text of 1 to 1024 bytes, kept by the arena. */
enum status machine_yaml_label(struct machine_yaml *yaml, const char **out_label,
                               struct arena *arena, const yaml_node_t *node, const char *key);

/* A key of a map and the member of a record that it sets. */
enum machine_field_kind {
    FIELD_OTHER,           /* the caller reads and prints it */
    FIELD_COUNT,           /* uint32_t from 1 */
    FIELD_COUNT_0,         /* uint32_t from 0 */
    FIELD_LIMIT,           /* uint32_t from 0, or unlimited */
    FIELD_TIME,            /* int64_t ps */
    FIELD_LIFETIME,        /* int64_t ps; infinite is 0 */
    FIELD_CLOCK,           /* double ps, from a time */
    FIELD_NUMBER,          /* double from 0, no unit */
    FIELD_PROBABILITY,     /* double from 0 to 1 */
    FIELD_EFFICIENCY,      /* double above 0, to 1 */
    FIELD_FIDELITY,        /* double from 1/4 to 1 */
    FIELD_LENGTH,          /* double m */
    FIELD_LOSS,            /* double dB */
    FIELD_LOSS_PER_LENGTH, /* double dB/m */
    FIELD_FREQUENCY,       /* double Hz */
    FIELD_REPETITION,      /* double Hz above 0; by default, 0, as often as you like */
    FIELD_SPEED,           /* double m/s */
    FIELD_FLAG,            /* bool: yes or no */
    FIELD_WORD,            /* an enum (of int's size): one of `words` */
};
struct machine_field {
    const char *key;
    enum machine_field_kind kind;
    size_t offset;
    const char *const *words;
};
struct machine_fields {
    const char *what; /* "a switch" */
    const struct machine_field *fields;
    size_t n; /* at most 32 */
    uint32_t required;
};

/* Reads a map into a record; values[i] is the node of field i, NULL when absent. Quantities must
 * not be negative. */
enum status machine_yaml_fields(struct machine_yaml *yaml, const yaml_node_t **out_values,
                                void *record, const yaml_node_t *node,
                                const struct machine_fields *fields);
/* ", key: value" for each field whose value differs from that of `defaults`; the first without the
 * comma if is_first. Returns whether something was printed. */
bool machine_print_fields(struct text *out, const struct machine_fields *fields, const void *record,
                          const void *defaults, bool is_first);
/* A label as a YAML scalar, quoted where it must be. */
void machine_print_label(struct text *out, const char *label);

/* Sets the scalar at a path of keys and list indices, such as policy.cutoff or qpus.0.count; keys
 * that are absent are added to their map. Before anything is read: pointers to nodes may move.
 * STATUS_INPUT (logged) where the path does not lead. */
enum status machine_yaml_set(struct machine_yaml *yaml, const char *path, const char *value);

#endif
