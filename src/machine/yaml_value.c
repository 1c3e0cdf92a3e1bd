#include "machine/yaml_value.h"

#include <stdlib.h>
#include <string.h>

#include "base/nearest.h"
#include "machine/machine.h"
#include "machine/value.h"

enum { MAX_FIELDS = 32 };

enum status machine_yaml_refuse(struct machine_yaml *yaml, const yaml_node_t *node, const char *key,
                                const char *text, const char *why) {
    return log_error_at(STATUS_INPUT, machine_yaml_loc(yaml, node), "%s: '%.64s': %s", key, text,
                        why);
}

enum status machine_yaml_time(struct machine_yaml *yaml, int64_t *out_t_ps, const yaml_node_t *node,
                              const char *key) {
    if (node == NULL) {
        return STATUS_OK;
    }
    const char *text, *why;
    TRY(machine_yaml_scalar(yaml, &text, node, key));
    if (units_parse_time(out_t_ps, &why, text) != STATUS_OK) {
        return machine_yaml_refuse(yaml, node, key, text, why);
    }
    return STATUS_OK;
}

enum status machine_yaml_count(struct machine_yaml *yaml, uint32_t *out_n, const yaml_node_t *node,
                               const char *key, machine_parse_count_fn *parse) {
    if (node == NULL) {
        return STATUS_OK;
    }
    const char *text, *why;
    TRY(machine_yaml_scalar(yaml, &text, node, key));
    if (parse(out_n, &why, text) != STATUS_OK) {
        return machine_yaml_refuse(yaml, node, key, text, why);
    }
    return STATUS_OK;
}

enum status machine_yaml_label(struct machine_yaml *yaml, const char **out_label,
                               struct arena *arena, const yaml_node_t *node, const char *key) {
    if (node == NULL) {
        return STATUS_OK;
    }
    const char *text;
    TRY(machine_yaml_scalar(yaml, &text, node, key));
    if (*text == '\0' || strlen(text) > 1024) {
        return machine_yaml_refuse(yaml, node, key, text, "expected a text of 1 to 1024 bytes");
    }
    const char *label = arena_strdup(arena, text);
    if (label == NULL) {
        return STATUS_NOFIT;
    }
    *out_label = label;
    return STATUS_OK;
}

/* ---- fields ---- */

static enum status parse_lifetime(int64_t *out_t_ps, const char **out_why, const char *text) {
    int64_t t_ps = 0;
    if (strcmp(text, "infinite") != 0) {
        TRY(units_parse_time(&t_ps, out_why, text));
        if (t_ps == 0) {
            *out_why = "must be more than 0, or 'infinite'";
            return STATUS_INPUT;
        }
    }
    *out_t_ps = t_ps;
    return STATUS_OK;
}

static enum status parse_clock(double *out_ps, const char **out_why, const char *text) {
    int64_t t_ps;
    TRY(units_parse_time(&t_ps, out_why, text));
    *out_ps = (double)t_ps;
    return STATUS_OK;
}

static enum status parse_number(double *out_value, const char **out_why, const char *text) {
    char *end;
    const double value = strtod(text, &end);
    const bool is_decimal = strspn(text, "+-.0123456789eE") == strlen(text);
    if (end == text || *end != '\0' || !is_decimal || !(value >= 0 && value < 1e300)) {
        *out_why = "expected a number from 0, without unit";
        return STATUS_INPUT;
    }
    *out_value = value == 0 ? 0 : value;
    return STATUS_OK;
}

static enum status parse_quantity(double *out_value, const char **out_why, const char *text,
                                  enum unit_kind kind) {
    double value;
    TRY(units_parse(&value, out_why, text, kind));
    if (!(value >= 0)) {
        *out_why = "must not be negative";
        return STATUS_INPUT;
    }
    *out_value = value == 0 ? 0 : value;
    return STATUS_OK;
}

static enum status refuse_zero(const double *value, const char **out_why, const char *why) {
    if (*value > 0) {
        return STATUS_OK;
    }
    *out_why = why;
    return STATUS_INPUT;
}

static enum status parse_flag(bool *out_flag, const char **out_why, const char *text) {
    const bool is_yes = strcmp(text, "yes") == 0 || strcmp(text, "true") == 0;
    if (!is_yes && strcmp(text, "no") != 0 && strcmp(text, "false") != 0) {
        *out_why = "expected yes or no";
        return STATUS_INPUT;
    }
    *out_flag = is_yes;
    return STATUS_OK;
}

static enum status parse_positive_count(uint32_t *out_n, const char **out_why, const char *text) {
    uint32_t n;
    TRY(machine_parse_count(&n, out_why, text));
    if (n == 0) {
        *out_why = "must be at least 1";
        return STATUS_INPUT;
    }
    *out_n = n;
    return STATUS_OK;
}

static enum status refuse_word(struct machine_yaml *yaml, const yaml_node_t *node,
                               const struct machine_field *field, const char *text) {
    struct text list = {0};
    struct nearest near = nearest_start(text);
    for (size_t i = 0; field->words[i]; i++) {
        text_printf(&list, "%s%s", i == 0 ? "" : ", ", field->words[i]);
        nearest_offer(&near, field->words[i]);
    }
    const enum status status = log_error_at(
        STATUS_INPUT, machine_yaml_loc(yaml, node), "%s: '%.64s': expected one of %s%s%s%s",
        field->key, text, list.data ? list.data : "", near.best ? "; did you mean '" : "",
        near.best ? near.best : "", near.best ? "'?" : "");
    text_fini(&list);
    return status;
}

static enum status parse_field(void *target, const char **out_why, const char *text,
                               const struct machine_field *field) {
    switch (field->kind) {
    case FIELD_COUNT:
        return parse_positive_count(target, out_why, text);
    case FIELD_COUNT_0:
        return machine_parse_count(target, out_why, text);
    case FIELD_LIMIT:
        return machine_parse_comm(target, out_why, text);
    case FIELD_TIME:
        return units_parse_time(target, out_why, text);
    case FIELD_LIFETIME:
        return parse_lifetime(target, out_why, text);
    case FIELD_CLOCK:
        return parse_clock(target, out_why, text);
    case FIELD_NUMBER:
        return parse_number(target, out_why, text);
    case FIELD_PROBABILITY:
        return machine_parse_probability(target, out_why, text);
    case FIELD_EFFICIENCY:
        TRY(machine_parse_probability(target, out_why, text));
        return refuse_zero(target, out_why, "must be more than 0: no light would get through");
    case FIELD_FIDELITY:
        return machine_parse_fidelity(target, out_why, text);
    case FIELD_LENGTH:
        return parse_quantity(target, out_why, text, UNIT_LENGTH);
    case FIELD_LOSS:
        return parse_quantity(target, out_why, text, UNIT_LOSS);
    case FIELD_LOSS_PER_LENGTH:
        return parse_quantity(target, out_why, text, UNIT_LOSS_PER_LENGTH);
    case FIELD_FREQUENCY:
        return parse_quantity(target, out_why, text, UNIT_FREQUENCY);
    case FIELD_REPETITION:
        TRY(parse_quantity(target, out_why, text, UNIT_FREQUENCY));
        return refuse_zero(target, out_why, "must be more than 0; without it there is no limit");
    case FIELD_SPEED:
        return parse_quantity(target, out_why, text, UNIT_SPEED);
    case FIELD_FLAG:
        return parse_flag(target, out_why, text);
    case FIELD_WORD:
    case FIELD_OTHER:
        break;
    }
    *out_why = "not a value";
    return STATUS_INTERNAL;
}

static enum status read_field(struct machine_yaml *yaml, void *target, const yaml_node_t *node,
                              const struct machine_field *field) {
    const char *text, *why;
    TRY(machine_yaml_scalar(yaml, &text, node, field->key));
    if (field->kind == FIELD_WORD) {
        for (int i = 0; field->words[i]; i++) {
            if (strcmp(field->words[i], text) == 0) {
                memcpy(target, &i, sizeof i);
                return STATUS_OK;
            }
        }
        return refuse_word(yaml, node, field, text);
    }
    if (parse_field(target, &why, text, field) != STATUS_OK) {
        return machine_yaml_refuse(yaml, node, field->key, text, why);
    }
    return STATUS_OK;
}

enum status machine_yaml_fields(struct machine_yaml *yaml, const yaml_node_t **out_values,
                                void *record, const yaml_node_t *node,
                                const struct machine_fields *fields) {
    const char *keys[MAX_FIELDS];
    CHECK(fields->n <= MAX_FIELDS);
    for (size_t i = 0; i < fields->n; i++) {
        keys[i] = fields->fields[i].key;
    }
    const struct machine_yaml_schema schema = {fields->what, keys, fields->n, fields->required,
                                               NULL};
    TRY(machine_yaml_map(yaml, out_values, node, &schema));
    for (size_t i = 0; i < fields->n; i++) {
        const struct machine_field *field = &fields->fields[i];
        if (out_values[i] != NULL && field->kind != FIELD_OTHER) {
            TRY(read_field(yaml, (char *)record + field->offset, out_values[i], field));
        }
    }
    return STATUS_OK;
}

/* ---- printing ---- */

static size_t field_size(enum machine_field_kind kind) {
    switch (kind) {
    case FIELD_OTHER:
        return 0;
    case FIELD_COUNT:
    case FIELD_COUNT_0:
    case FIELD_LIMIT:
        return sizeof(uint32_t);
    case FIELD_TIME:
    case FIELD_LIFETIME:
        return sizeof(int64_t);
    case FIELD_FLAG:
        return sizeof(bool);
    case FIELD_WORD:
        return sizeof(int);
    case FIELD_CLOCK:
    case FIELD_NUMBER:
    case FIELD_PROBABILITY:
    case FIELD_EFFICIENCY:
    case FIELD_FIDELITY:
    case FIELD_LENGTH:
    case FIELD_LOSS:
    case FIELD_LOSS_PER_LENGTH:
    case FIELD_FREQUENCY:
    case FIELD_REPETITION:
    case FIELD_SPEED:
        break;
    }
    return sizeof(double);
}

static void print_number(struct text *out, const void *value, const char *unit) {
    double number;
    memcpy(&number, value, sizeof number);
    text_add_double(out, number);
    text_add(out, unit);
}

static void print_time(struct text *out, int64_t t_ps) {
    char buffer[32];
    text_add(out, units_print_time(buffer, sizeof buffer, t_ps));
}

static void print_integer(struct text *out, const struct machine_field *field, const void *value) {
    uint32_t n;
    memcpy(&n, value, sizeof n);
    if (field->kind == FIELD_WORD) {
        text_add(out, field->words[n]);
    } else if (field->kind == FIELD_LIMIT && n == MACHINE_UNLIMITED) {
        text_add(out, "unlimited");
    } else {
        text_printf(out, "%u", n);
    }
}

static void print_value(struct text *out, const struct machine_field *field, const void *value) {
    int64_t t_ps = 0;
    double clock_ps = 0;
    switch (field->kind) {
    case FIELD_TIME:
    case FIELD_LIFETIME:
        memcpy(&t_ps, value, sizeof t_ps);
        if (t_ps == 0 && field->kind == FIELD_LIFETIME) {
            text_add(out, "infinite");
        } else {
            print_time(out, t_ps);
        }
        break;
    case FIELD_CLOCK:
        memcpy(&clock_ps, value, sizeof clock_ps);
        print_time(out, (int64_t)clock_ps);
        break;
    case FIELD_NUMBER:
    case FIELD_PROBABILITY:
    case FIELD_EFFICIENCY:
    case FIELD_FIDELITY:
        print_number(out, value, "");
        break;
    case FIELD_LENGTH:
        print_number(out, value, " m");
        break;
    case FIELD_LOSS:
        print_number(out, value, " dB");
        break;
    case FIELD_LOSS_PER_LENGTH:
        print_number(out, value, " dB/m");
        break;
    case FIELD_FREQUENCY:
    case FIELD_REPETITION:
        print_number(out, value, " Hz");
        break;
    case FIELD_SPEED:
        print_number(out, value, " m/s");
        break;
    case FIELD_FLAG:
        text_add(out, *(const bool *)value ? "yes" : "no");
        break;
    case FIELD_COUNT:
    case FIELD_COUNT_0:
    case FIELD_LIMIT:
    case FIELD_WORD:
        print_integer(out, field, value);
        break;
    case FIELD_OTHER:
        break;
    }
}

bool machine_print_fields(struct text *out, const struct machine_fields *fields, const void *record,
                          const void *defaults, bool is_first) {
    bool is_any = false;
    for (size_t i = 0; i < fields->n; i++) {
        const struct machine_field *field = &fields->fields[i];
        const char *value = (const char *)record + field->offset;
        const char *usual = (const char *)defaults + field->offset;
        if (field->kind == FIELD_OTHER || memcmp(value, usual, field_size(field->kind)) == 0) {
            continue;
        }
        text_printf(out, "%s%s: ", is_first && !is_any ? "" : ", ", field->key);
        print_value(out, field, value);
        is_any = true;
    }
    return is_any;
}

/* ---- setting ---- */

static enum status refuse_path(const struct machine_yaml *yaml, const char *path) {
    return log_error(STATUS_INPUT, "%s: there is no '%.64s' to set", yaml->file, path);
}

static int find_value(struct machine_yaml *yaml, int map, const char *key, size_t n) {
    const yaml_node_t *node = yaml_document_get_node(&yaml->doc, map);
    for (const yaml_node_pair_t *pair = node->data.mapping.pairs.start;
         pair < node->data.mapping.pairs.top; pair++) {
        const yaml_node_t *name = yaml_document_get_node(&yaml->doc, pair->key);
        if (name->type == YAML_SCALAR_NODE && name->data.scalar.length == n &&
            memcmp(name->data.scalar.value, key, n) == 0) {
            return pair->value;
        }
    }
    return 0;
}

static int add_scalar(struct machine_yaml *yaml, const char *text, size_t n) {
    return yaml_document_add_scalar(&yaml->doc, NULL, (const yaml_char_t *)text, (int)n,
                                    YAML_PLAIN_SCALAR_STYLE);
}

/* The value of a key, added as an empty map (or, for the last key, as the scalar) when absent. */
static int need_value(struct machine_yaml *yaml, int map, const char *key, size_t n,
                      const char *last) {
    const int found = find_value(yaml, map, key, n);
    if (found != 0) {
        return found;
    }
    const int name = add_scalar(yaml, key, n);
    const int value = last ? add_scalar(yaml, last, strlen(last))
                           : yaml_document_add_mapping(&yaml->doc, NULL, YAML_FLOW_MAPPING_STYLE);
    if (name == 0 || value == 0 ||
        yaml_document_append_mapping_pair(&yaml->doc, map, name, value) == 0) {
        return 0;
    }
    return value;
}

static int step(struct machine_yaml *yaml, int at, const char *key, size_t n, const char *last) {
    const yaml_node_t *node = yaml_document_get_node(&yaml->doc, at);
    if (node->type == YAML_MAPPING_NODE) {
        return need_value(yaml, at, key, n, last);
    }
    if (node->type == YAML_SEQUENCE_NODE && strspn(key, "0123456789") == n && n < 8) {
        const size_t i = (size_t)atol(key);
        const yaml_node_item_t *items = node->data.sequence.items.start;
        return i < (size_t)(node->data.sequence.items.top - items) ? items[i] : 0;
    }
    return 0;
}

enum status machine_yaml_set(struct machine_yaml *yaml, const char *path, const char *value) {
    int at = 1;
    for (const char *key = path; at != 0;) {
        const size_t n = strcspn(key, ".");
        const bool is_last = key[n] == '\0';
        at = n > 0 ? step(yaml, at, key, n, is_last ? value : NULL) : 0;
        if (is_last) {
            break;
        }
        key += n + 1;
    }
    yaml_node_t *node = at != 0 ? yaml_document_get_node(&yaml->doc, at) : NULL;
    if (node == NULL || node->type != YAML_SCALAR_NODE) {
        return refuse_path(yaml, path);
    }
    yaml_char_t *copy = (yaml_char_t *)strdup(value); /* the document frees it */
    if (copy == NULL) {
        return log_error(STATUS_NOFIT, "no memory to read the machine");
    }
    free(node->data.scalar.value);
    node->data.scalar.value = copy;
    node->data.scalar.length = strlen(value);
    node->data.scalar.style = YAML_PLAIN_SCALAR_STYLE;
    return STATUS_OK;
}
