/* Noise models: which errors follow which operations, from YAML (docs/noise.md).
 *
 * A model is a list of rules. A rule names operations - gates, measure, reset, or every gate on so
 * many qubits - and perhaps the qubits or QPUs that it is for; its channels are given in the order
 * in which they act. Which rule is for which operation is decided where the model meets a program
 * (schedule/noise_apply.h). */
#ifndef QSPAN_MACHINE_NOISE_MODEL_H
#define QSPAN_MACHINE_NOISE_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/log.h"
#include "base/mem.h"
#include "gate/gate.h"
#include "machine/yaml.h"

enum noise_channel_kind {
    NOISE_CHANNEL_DEPOLARIZING, /* p[0]: Qiskit's lambda, rho -> (1 - p) rho + p I / 2^n */
    NOISE_CHANNEL_ERROR,        /* p[0]: one of the Paulis that are not the identity */
    NOISE_CHANNEL_PAULI,        /* p: letters 1 .. 4^n - 1 (first qubit most significant) */
    NOISE_CHANNEL_RELAX,        /* p: down, up, then Z */
    NOISE_CHANNEL_RESET,        /* p: to |0>, to |1>, then Z */
    NOISE_CHANNEL_READOUT,      /* p: read 1 | 0, read 0 | 1 */
};
struct noise_channel {
    enum noise_channel_kind kind;
    uint32_t operand; /* of the operation; UINT32_MAX: each on its own, or all together */
    unsigned n;       /* PAULI: letters of a string, 1 or 2 */
    double p[15];
    struct src_loc loc;
};
struct noise_rule {
    bool gates[GATE_COUNT], is_measure, is_reset;
    uint32_t arity; /* 0: as `gates` says */
    /* tuples of n_operands names each; none: all qubits */
    const char **qubits;
    size_t n_qubits, cap_qubits, n_operands;
    const char **qpus;
    size_t n_qpus, cap_qpus;
    struct noise_channel *channels;
    size_t n_channels, cap_channels;
    struct src_loc loc;
};
struct noise_model {
    struct arena arena; /* names and text */
    const char *name, *file;
    const char *text; /* as read, for provenance */
    struct noise_rule *rules;
    size_t n_rules, cap_rules;
};

/* `file` is for messages (copied, as is the text). Errors: STATUS_INPUT with file:line:column,
 * STATUS_NOFIT (logged). */
enum status noise_model_read_text(struct noise_model **out_model, const char *file,
                                  const char *text, size_t n);
void noise_model_destroy(struct noise_model *model);

/* The channels of a rule's map from their nodes, in the order of the text (noise_channel.c). */
enum status noise_channels_read(struct noise_rule *rule, struct machine_yaml *yaml,
                                const yaml_node_t *rule_node);
/* The keys that name channels. */
extern const char *const noise_channel_keys[];
enum { NOISE_N_CHANNEL_KEYS = 9 };

#endif
