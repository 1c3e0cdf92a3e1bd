/* What importers of other tools' machines share: nodes of a document, its keys and numbers. */
#ifndef QSPAN_MACHINE_IMPORT_IMPL_H
#define QSPAN_MACHINE_IMPORT_IMPL_H

#include "machine/value.h"
#include "machine/yaml_value.h"

struct importer {
    struct machine_yaml yaml;
    struct text *out;
    double t_light_ns; /* SquidASM: the longest of a link */
};

/* The value of a key of the map itself, or of what `<<` merges into it; NULL: there is none. */
const yaml_node_t *import_find(struct importer *im, const yaml_node_t *map, const char *key);
enum status import_need_text(struct importer *im, const char **out_text, const yaml_node_t *map,
                             const char *key);
/* A number from 0; `usual` when the key is absent (negative: it must be there). Underscores between
 * digits are YAML's. */
enum status import_read_number(struct importer *im, double *out_value, const yaml_node_t *map,
                               const char *key, double usual);
/* The same; what is above `huge` becomes it; 0: numbers above 1e18 are refused. */
enum status import_read_up_to(struct importer *im, double *out_value, const yaml_node_t *map,
                              const char *key, double usual, double huge);
enum status import_need_list(struct importer *im, const yaml_node_item_t **out_items, size_t *out_n,
                             const yaml_node_t *map, const char *key);
/* Refuses keys that are not known (NULL-terminated): what is not read might matter. */
enum status import_check_keys(struct importer *im, const yaml_node_t *map, const char *what,
                              const char *const *known);
void import_add_number(struct importer *im, const char *before, double value, const char *unit);
/* "  - {KEY: name", the beginning of an item; "  - {between: [a, b]", that of a link or fibre. */
void import_add_item(struct importer *im, const char *key, const char *name);
void import_add_between(struct importer *im, const char *a, const char *b);

typedef enum status import_convert_fn(struct importer *im);
import_convert_fn import_convert_squidasm, import_convert_sequence;

#endif
