#include "machine/noise_model.h"

#include <string.h>

#include "base/nearest.h"
#include "machine/value.h"
#include "machine/yaml_value.h"

enum rule_key { RULE_GATES, RULE_ARITY, RULE_QUBITS, RULE_QPUS, RULE_CHANNELS };
enum { RULE_N_KEYS = RULE_CHANNELS + NOISE_N_CHANNEL_KEYS };

struct reader {
    struct machine_yaml yaml;
    struct noise_model *model;
};

static enum status add_name(struct reader *r, const char ***names, size_t *n, size_t *cap,
                            const yaml_node_t *node, const char *key) {
    const char *name = NULL;
    TRY(machine_yaml_label(&r->yaml, &name, &r->model->arena, node, key));
    TRY(vec_reserve(names, *n, cap, 1, sizeof **names));
    (*names)[(*n)++] = name;
    return STATUS_OK;
}

/* ---- operations ---- */

static enum status add_operation(struct reader *r, struct noise_rule *rule,
                                 const yaml_node_t *node) {
    const char *name;
    TRY(machine_yaml_scalar(&r->yaml, &name, node, "gates"));
    if (strcmp(name, "measure") == 0) {
        rule->is_measure = true;
        return STATUS_OK;
    }
    if (strcmp(name, "reset") == 0) {
        rule->is_reset = true;
        return STATUS_OK;
    }
    const enum gate_id gate = gate_find(name);
    if (gate == GATE_NONE) {
        return machine_yaml_refuse(&r->yaml, node, "gates", name,
                                   "no such gate; expected a gate of OpenQASM, measure or reset");
    }
    rule->gates[gate] = true;
    return STATUS_OK;
}

static enum status read_operations(struct reader *r, struct noise_rule *rule,
                                   const yaml_node_t *const *values) {
    const yaml_node_item_t *items;
    size_t n;
    const struct src_loc loc = rule->loc;
    if ((values[RULE_GATES] != NULL) == (values[RULE_ARITY] != NULL)) {
        return log_error_at(STATUS_INPUT, loc, "a rule has either gates or arity");
    }
    if (values[RULE_ARITY] != NULL) {
        TRY(machine_yaml_count(&r->yaml, &rule->arity, values[RULE_ARITY], "arity",
                               machine_parse_count));
        return rule->arity >= 1 && rule->arity <= GATE_MAX_QUBITS
                   ? STATUS_OK
                   : log_error_at(STATUS_INPUT, machine_yaml_loc(&r->yaml, values[RULE_ARITY]),
                                  "arity: expected 1 to %d", (int)GATE_MAX_QUBITS);
    }
    TRY(machine_yaml_list(&r->yaml, &items, &n, values[RULE_GATES], "gates"));
    for (size_t i = 0; i < n; i++) {
        TRY(add_operation(r, rule, machine_yaml_item(&r->yaml, items, i)));
    }
    return n > 0 ? STATUS_OK : log_error_at(STATUS_INPUT, loc, "gates: an empty list");
}

/* ---- qubits ---- */

static enum status add_tuple(struct reader *r, struct noise_rule *rule, const yaml_node_t *node) {
    const yaml_node_item_t *items;
    size_t n = 1;
    if (node->type == YAML_SCALAR_NODE) {
        TRY(add_name(r, &rule->qubits, &rule->n_qubits, &rule->cap_qubits, node, "qubits"));
    } else {
        TRY(machine_yaml_list(&r->yaml, &items, &n, node, "qubits"));
        for (size_t i = 0; i < n; i++) {
            TRY(add_name(r, &rule->qubits, &rule->n_qubits, &rule->cap_qubits,
                         machine_yaml_item(&r->yaml, items, i), "qubits"));
        }
    }
    if (n == 0 || (rule->n_operands != 0 && rule->n_operands != n)) {
        return log_error_at(STATUS_INPUT, machine_yaml_loc(&r->yaml, node),
                            "qubits: %zu here, %zu before: a rule is for operations on one number "
                            "of qubits",
                            n, rule->n_operands);
    }
    rule->n_operands = n;
    return STATUS_OK;
}

static enum status read_places(struct reader *r, struct noise_rule *rule,
                               const yaml_node_t *const *values) {
    const yaml_node_item_t *items;
    size_t n;
    if (values[RULE_QUBITS] != NULL) {
        TRY(machine_yaml_list(&r->yaml, &items, &n, values[RULE_QUBITS], "qubits"));
        for (size_t i = 0; i < n; i++) {
            TRY(add_tuple(r, rule, machine_yaml_item(&r->yaml, items, i)));
        }
    }
    if (values[RULE_QPUS] != NULL) {
        TRY(machine_yaml_list(&r->yaml, &items, &n, values[RULE_QPUS], "qpus"));
        for (size_t i = 0; i < n; i++) {
            TRY(add_name(r, &rule->qpus, &rule->n_qpus, &rule->cap_qpus,
                         machine_yaml_item(&r->yaml, items, i), "qpus"));
        }
    }
    return STATUS_OK;
}

/* ---- do rules fit together ---- */

/* Qubits of the operations of a rule: all the same, or 0. */
static uint32_t common_arity(const struct noise_rule *rule) {
    uint32_t arity = rule->is_measure || rule->is_reset ? 1 : rule->arity;
    for (unsigned gate = 0; gate < GATE_COUNT; gate++) {
        if (rule->gates[gate]) {
            const uint32_t n = gate_get((enum gate_id)gate)->n_qubits;
            if (arity != 0 && arity != n) {
                return 0;
            }
            arity = n;
        }
    }
    return arity;
}

static enum status check_channel(const struct noise_rule *rule, const struct noise_channel *channel,
                                 uint32_t arity) {
    bool has_gate = rule->arity != 0;
    for (unsigned gate = 0; gate < GATE_COUNT; gate++) {
        has_gate = has_gate || rule->gates[gate];
    }
    if (channel->kind == NOISE_CHANNEL_READOUT && (has_gate || rule->is_reset)) {
        return log_error_at(STATUS_INPUT, channel->loc, "readout: only 'measure' is read out");
    }
    if (channel->kind == NOISE_CHANNEL_PAULI && channel->n == 2 && arity != 2) {
        return log_error_at(STATUS_INPUT, channel->loc,
                            "pauli: strings of two letters are for gates on two qubits");
    }
    if ((channel->kind == NOISE_CHANNEL_DEPOLARIZING || channel->kind == NOISE_CHANNEL_ERROR) &&
        arity > 2) {
        return log_error_at(STATUS_INPUT, channel->loc,
                            "errors on %u qubits at once are not supported; give channels of one "
                            "qubit",
                            arity);
    }
    if (channel->operand != UINT32_MAX && channel->operand >= arity) {
        return log_error_at(STATUS_INPUT, channel->loc,
                            "more entries than the operations have qubits");
    }
    return STATUS_OK;
}

static enum status check_rule(const struct noise_rule *rule) {
    const uint32_t arity = common_arity(rule);
    if (arity == 0) {
        return log_error_at(STATUS_INPUT, rule->loc,
                            "operations on different numbers of qubits: give each number a rule");
    }
    if (rule->n_qubits > 0 && rule->n_operands != arity) {
        return log_error_at(STATUS_INPUT, rule->loc, "qubits: %zu each, but the operations have %u",
                            rule->n_operands, arity);
    }
    if (rule->n_qubits > 0 && rule->n_qpus > 0) {
        return log_error_at(STATUS_INPUT, rule->loc, "a rule has qubits or qpus, not both");
    }
    for (size_t i = 0; i < rule->n_channels; i++) {
        TRY(check_channel(rule, &rule->channels[i], arity));
    }
    return STATUS_OK;
}

static enum status read_rule(struct reader *r, struct noise_rule *rule, const yaml_node_t *node) {
    const char *keys[RULE_N_KEYS] = {"gates", "arity", "qubits", "qpus"};
    const yaml_node_t *values[RULE_N_KEYS];
    memcpy(keys + RULE_CHANNELS, noise_channel_keys,
           NOISE_N_CHANNEL_KEYS * sizeof *noise_channel_keys);
    const struct machine_yaml_schema schema = {"a rule", keys, RULE_N_KEYS, 0, NULL};
    TRY(machine_yaml_map(&r->yaml, values, node, &schema));
    rule->loc = machine_yaml_loc(&r->yaml, node);
    TRY(read_operations(r, rule, values));
    TRY(read_places(r, rule, values));
    TRY(noise_channels_read(rule, &r->yaml, node));
    return check_rule(rule);
}

static enum status read_model(struct reader *r) {
    static const char *const keys[] = {"name", "errors"};
    static const struct machine_yaml_schema schema = {"a noise model", keys, 2, 1u << 1, NULL};
    const yaml_node_t *values[2];
    const yaml_node_item_t *items;
    struct noise_model *model = r->model;
    size_t n;
    TRY(machine_yaml_map(&r->yaml, values, machine_yaml_root(&r->yaml), &schema));
    model->name = model->file;
    TRY(machine_yaml_label(&r->yaml, &model->name, &model->arena, values[0], "name"));
    TRY(machine_yaml_list(&r->yaml, &items, &n, values[1], "errors"));
    for (size_t i = 0; i < n; i++) {
        TRY(vec_reserve(&model->rules, model->n_rules, &model->cap_rules, 1, sizeof *model->rules));
        struct noise_rule *rule = &model->rules[model->n_rules++];
        memset(rule, 0, sizeof *rule);
        TRY(read_rule(r, rule, machine_yaml_item(&r->yaml, items, i)));
    }
    return STATUS_OK;
}

enum status noise_model_read_text(struct noise_model **out_model, const char *file,
                                  const char *text, size_t n) {
    struct reader r = {.model = mem_alloc(1, sizeof *r.model)};
    if (r.model == NULL) {
        return STATUS_NOFIT;
    }
    char *copy = arena_alloc(&r.model->arena, n + 1); /* zeroed */
    r.model->file = arena_strdup(&r.model->arena, file);
    r.model->text = copy;
    enum status status = r.model->file == NULL || copy == NULL ? STATUS_NOFIT : STATUS_OK;
    TRY_GOTO(status, failed);
    memcpy(copy, text, n);
    TRY_GOTO(machine_yaml_open(&r.yaml, r.model->file, text, n), failed);
    status = read_model(&r);
    machine_yaml_close(&r.yaml);
    if (status == STATUS_OK) {
        *out_model = r.model;
        return STATUS_OK;
    }
failed:
    noise_model_destroy(r.model);
    return status;
}

void noise_model_destroy(struct noise_model *model) {
    for (size_t i = 0; model != NULL && i < model->n_rules; i++) {
        mem_free(model->rules[i].qubits);
        mem_free(model->rules[i].qpus);
        mem_free(model->rules[i].channels);
    }
    if (model != NULL) {
        mem_free(model->rules);
        arena_fini(&model->arena);
        mem_free(model);
    }
}
