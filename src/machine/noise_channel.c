/* Channels of noise models: from the words of YAML to probabilities. */
#include <math.h>
#include <string.h>

#include "base/detmath.h"
#include "machine/noise_model.h"
#include "machine/value.h"
#include "machine/yaml_value.h"

enum channel_key {
    KEY_DEPOLARIZING,
    KEY_ERROR,
    KEY_PAULI,
    KEY_AMPLITUDE_DAMPING,
    KEY_PHASE_DAMPING,
    KEY_DEPHASING,
    KEY_RELAXATION,
    KEY_RESET,
    KEY_READOUT,
};
const char *const noise_channel_keys[] = {"depolarizing",      "error",         "pauli",
                                          "amplitude_damping", "phase_damping", "dephasing",
                                          "relaxation",        "reset_error",   "readout"};
_Static_assert(sizeof noise_channel_keys / sizeof *noise_channel_keys == NOISE_N_CHANNEL_KEYS,
               "a name for each key");

struct reader {
    struct machine_yaml *yaml;
    struct noise_rule *rule;
};

static enum status read_p(struct reader *r, double *out_p, const yaml_node_t *node,
                          const char *key) {
    const char *text, *why;
    TRY(machine_yaml_scalar(r->yaml, &text, node, key));
    return machine_parse_probability(out_p, &why, text) == STATUS_OK
               ? STATUS_OK
               : machine_yaml_refuse(r->yaml, node, key, text, why);
}

static enum status add(struct reader *r, const struct noise_channel *channel,
                       const yaml_node_t *node) {
    struct noise_rule *rule = r->rule;
    TRY(vec_reserve(&rule->channels, rule->n_channels, &rule->cap_channels, 1,
                    sizeof *rule->channels));
    rule->channels[rule->n_channels] = *channel;
    rule->channels[rule->n_channels++].loc = machine_yaml_loc(r->yaml, node);
    return STATUS_OK;
}

/* ---- Paulis ---- */

/* As in Qiskit the rightmost letter is for the first qubit. 0: no such string. */
static unsigned parse_letters(const char *text, size_t n) {
    static const char letters[] = "IXYZ";
    unsigned value = 0;
    for (size_t i = n; i-- > 0;) {
        const char *letter = text[i] == '\0' ? NULL : strchr(letters, text[i]);
        if (letter == NULL) {
            return UINT32_MAX;
        }
        value = 4 * value + (unsigned)(letter - letters);
    }
    return value;
}

/* { X: p, ZZ: p, ...}; the identity has the rest, and may be written. */
static enum status read_pauli(struct reader *r, const yaml_node_t *node) {
    struct noise_channel channel = {.kind = NOISE_CHANNEL_PAULI, .operand = UINT32_MAX};
    double sum = 0, p_identity = -1;
    if (node->type != YAML_MAPPING_NODE) {
        return log_error_at(STATUS_INPUT, machine_yaml_loc(r->yaml, node),
                            "pauli: expected a map of Pauli strings to probabilities");
    }
    for (const yaml_node_pair_t *pair = node->data.mapping.pairs.start;
         pair < node->data.mapping.pairs.top; pair++) {
        const yaml_node_t *key = yaml_document_get_node(&r->yaml->doc, pair->key),
                          *value = yaml_document_get_node(&r->yaml->doc, pair->value);
        const char *text;
        double p;
        TRY(machine_yaml_scalar(r->yaml, &text, key, "pauli"));
        const size_t n = strlen(text);
        const unsigned letters = n == 1 || n == 2 ? parse_letters(text, n) : UINT32_MAX;
        if (letters == UINT32_MAX || (channel.n != 0 && channel.n != n)) {
            return machine_yaml_refuse(r->yaml, key, "pauli", text,
                                       "expected I, X, Y and Z, one letter each or two each");
        }
        channel.n = (unsigned)n;
        TRY(read_p(r, &p, value, text));
        *(letters == 0 ? &p_identity : &channel.p[letters - 1]) = p;
        sum += letters == 0 ? 0 : p;
    }
    if (sum > 1 + 1e-12 || (p_identity >= 0 && fabs(p_identity + sum - 1) > 1e-9)) {
        return log_error_at(STATUS_INPUT, machine_yaml_loc(r->yaml, node),
                            "pauli: probabilities add to %g",
                            sum + (p_identity >= 0 ? p_identity : 0));
    }
    return channel.n > 0 ? add(r, &channel, node) : STATUS_OK;
}

/* ---- damping ---- */

/* Z with the probability that brings coherence from `has` down to `wants`. */
static double z_for(double wants, double has) {
    return has > 0 && wants < has ? (1 - wants / has) / 2 : 0;
}

/* p: a number, or {p: ..., excited: ...}. */
static enum status read_amplitude_damping(struct reader *r, const yaml_node_t *node) {
    static const char *const keys[] = {"p", "excited"};
    static const struct machine_yaml_schema schema = {"amplitude_damping", keys, 2, 1, NULL};
    struct noise_channel channel = {.kind = NOISE_CHANNEL_RELAX, .operand = UINT32_MAX};
    const yaml_node_t *values[2];
    double p, excited = 0;
    if (node->type == YAML_SCALAR_NODE) {
        TRY(read_p(r, &p, node, "amplitude_damping"));
    } else {
        TRY(machine_yaml_map(r->yaml, values, node, &schema));
        TRY(read_p(r, &p, values[0], "p"));
        if (values[1] != NULL) {
            TRY(read_p(r, &excited, values[1], "excited"));
        }
    }
    channel.p[0] = p * (1 - excited);
    channel.p[1] = p * excited;
    channel.p[2] = z_for(sqrt(1 - p), sqrt((1 - channel.p[0]) * (1 - channel.p[1])));
    return add(r, &channel, node);
}

static enum status add_dephasing(struct reader *r, const yaml_node_t *node, double p) {
    const struct noise_channel channel = {
        .kind = NOISE_CHANNEL_PAULI, .operand = UINT32_MAX, .n = 1, .p = {0, 0, p}};
    return add(r, &channel, node);
}

static enum status read_lifetime(struct reader *r, double *out_ratio, const yaml_node_t *node,
                                 const char *key, int64_t t_ps) {
    const char *text, *why;
    int64_t life_ps;
    *out_ratio = 0;
    if (node == NULL) {
        return STATUS_OK;
    }
    TRY(machine_yaml_scalar(r->yaml, &text, node, key));
    if (strcmp(text, "infinite") == 0) {
        return STATUS_OK;
    }
    if (units_parse_time(&life_ps, &why, text) != STATUS_OK || life_ps <= 0) {
        return machine_yaml_refuse(r->yaml, node, key, text,
                                   "expected a time above 0, or infinite");
    }
    *out_ratio = (double)t_ps / (double)life_ps;
    return STATUS_OK;
}

/* Coherence e^(-t/T2). With T2 <= T1 the channel is a mixture of resets, Z and nothing, which never
 * has to look at the state. */
static struct noise_channel relax(double t1_ratio, double t2_ratio, double excited) {
    const double gamma = 1 - det_exp(-t1_ratio), coherence = det_exp(-t2_ratio);
    struct noise_channel channel = {.kind = NOISE_CHANNEL_RESET};
    channel.p[0] = gamma * (1 - excited);
    channel.p[1] = gamma * excited;
    channel.p[2] = z_for(coherence, 1 - gamma);
    if (t2_ratio < t1_ratio) {
        channel.kind = NOISE_CHANNEL_RELAX;
        channel.p[2] = z_for(coherence, sqrt((1 - channel.p[0]) * (1 - channel.p[1])));
    }
    return channel;
}

static enum status read_relaxation(struct reader *r, const yaml_node_t *node, uint32_t operand) {
    static const char *const keys[] = {"T1", "T2", "time", "excited"};
    static const struct machine_yaml_schema schema = {"relaxation", keys, 4, 1u << 2, NULL};
    const yaml_node_t *values[4];
    double t1, t2, excited = 0;
    int64_t t_ps = 0;
    TRY(machine_yaml_map(r->yaml, values, node, &schema));
    TRY(machine_yaml_time(r->yaml, &t_ps, values[2], "time"));
    TRY(read_lifetime(r, &t1, values[0], "T1", t_ps));
    TRY(read_lifetime(r, &t2, values[1], "T2", t_ps));
    if (values[3] != NULL) {
        TRY(read_p(r, &excited, values[3], "excited"));
    }
    t2 = values[1] == NULL ? t1 / 2 : t2; /* T2 = 2 T1: nothing but relaxation */
    if (t2 < t1 / 2 * (1 - 1e-12)) {
        return log_error_at(STATUS_INPUT, machine_yaml_loc(r->yaml, node),
                            "relaxation: T2 is more than twice T1");
    }
    struct noise_channel channel = relax(t1, t2, excited);
    channel.operand = operand;
    return add(r, &channel, node);
}

/* One map for all qubits of the operation, or a list with one for each. */
static enum status read_relaxations(struct reader *r, const yaml_node_t *node) {
    const yaml_node_item_t *items;
    size_t n;
    if (node->type != YAML_SEQUENCE_NODE) {
        return read_relaxation(r, node, UINT32_MAX);
    }
    TRY(machine_yaml_list(r->yaml, &items, &n, node, "relaxation"));
    for (size_t i = 0; i < n; i++) {
        TRY(read_relaxation(r, machine_yaml_item(r->yaml, items, i), (uint32_t)i));
    }
    return STATUS_OK;
}

/* ---- resets and results ---- */

static enum status read_reset(struct reader *r, const yaml_node_t *node) {
    static const char *const keys[] = {"zero", "one"};
    static const struct machine_yaml_schema schema = {"reset_error", keys, 2, 0, NULL};
    struct noise_channel channel = {.kind = NOISE_CHANNEL_RESET, .operand = UINT32_MAX};
    const yaml_node_t *values[2];
    TRY(machine_yaml_map(r->yaml, values, node, &schema));
    for (size_t i = 0; i < 2; i++) {
        if (values[i] != NULL) {
            TRY(read_p(r, &channel.p[i], values[i], keys[i]));
        }
    }
    if (channel.p[0] + channel.p[1] > 1 + 1e-12) {
        return log_error_at(STATUS_INPUT, machine_yaml_loc(r->yaml, node),
                            "reset_error: probabilities add to %g", channel.p[0] + channel.p[1]);
    }
    return add(r, &channel, node);
}

/* p, or [[p(0|0), p(1|0)], [p(0|1), p(1|1)]]. */
static enum status read_readout(struct reader *r, const yaml_node_t *node) {
    struct noise_channel channel = {.kind = NOISE_CHANNEL_READOUT, .operand = UINT32_MAX};
    const yaml_node_item_t *rows, *row;
    size_t n_rows, n;
    if (node->type == YAML_SCALAR_NODE) {
        TRY(read_p(r, &channel.p[0], node, "readout"));
        channel.p[1] = channel.p[0];
        return add(r, &channel, node);
    }
    TRY(machine_yaml_list(r->yaml, &rows, &n_rows, node, "readout"));
    for (size_t i = 0; i < n_rows && n_rows == 2; i++) {
        const yaml_node_t *line = machine_yaml_item(r->yaml, rows, i);
        double p[2];
        TRY(machine_yaml_list(r->yaml, &row, &n, line, "readout"));
        for (size_t j = 0; j < n && n == 2; j++) {
            TRY(read_p(r, &p[j], machine_yaml_item(r->yaml, row, j), "readout"));
        }
        if (n != 2 || fabs(p[0] + p[1] - 1) > 1e-9) {
            return log_error_at(STATUS_INPUT, machine_yaml_loc(r->yaml, line),
                                "readout: expected two probabilities that add to 1: to read 0, to "
                                "read 1");
        }
        channel.p[i] = p[1 - i];
    }
    return n_rows == 2 ? add(r, &channel, node)
                       : log_error_at(STATUS_INPUT, machine_yaml_loc(r->yaml, node),
                                      "readout: expected a row for 0 and a row for 1");
}

/* ---- all ---- */

static enum status read_channel(struct reader *r, enum channel_key key, const yaml_node_t *node) {
    struct noise_channel channel = {.kind = NOISE_CHANNEL_DEPOLARIZING, .operand = UINT32_MAX};
    double p;
    switch (key) {
    case KEY_DEPOLARIZING:
        TRY(read_p(r, &channel.p[0], node, "depolarizing"));
        return add(r, &channel, node);
    case KEY_ERROR:
        channel.kind = NOISE_CHANNEL_ERROR;
        TRY(read_p(r, &channel.p[0], node, "error"));
        return add(r, &channel, node);
    case KEY_PAULI:
        return read_pauli(r, node);
    case KEY_AMPLITUDE_DAMPING:
        return read_amplitude_damping(r, node);
    case KEY_PHASE_DAMPING:
        TRY(read_p(r, &p, node, "phase_damping"));
        return add_dephasing(r, node, (1 - sqrt(1 - p)) / 2);
    case KEY_DEPHASING:
        TRY(read_p(r, &p, node, "dephasing"));
        return add_dephasing(r, node, p);
    case KEY_RELAXATION:
        return read_relaxations(r, node);
    case KEY_RESET:
        return read_reset(r, node);
    case KEY_READOUT:
        break;
    }
    return read_readout(r, node);
}

enum status noise_channels_read(struct noise_rule *rule, struct machine_yaml *yaml,
                                const yaml_node_t *rule_node) {
    struct reader r = {yaml, rule};
    for (const yaml_node_pair_t *pair = rule_node->data.mapping.pairs.start;
         pair < rule_node->data.mapping.pairs.top; pair++) {
        const yaml_node_t *key = yaml_document_get_node(&yaml->doc, pair->key),
                          *value = yaml_document_get_node(&yaml->doc, pair->value);
        for (unsigned i = 0; i < NOISE_N_CHANNEL_KEYS; i++) {
            if (strcmp((const char *)key->data.scalar.value, noise_channel_keys[i]) == 0) {
                TRY(read_channel(&r, (enum channel_key)i, value));
            }
        }
    }
    return STATUS_OK;
}
