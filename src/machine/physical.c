#include "machine/physical.h"

#include <string.h>

#include "machine/physical_fields.h"

const char *const machine_herald_words[] = {"two_click",
                                            "barrett_kok",
                                            "barrett_kok_negotiated",
                                            "single_click",
                                            "sender_receiver",
                                            "midpoint_source",
                                            "measured",
                                            NULL};
const char *const machine_handshake_words[] = {"none", "rtt", NULL};
const char *const machine_routing_words[] = {"shortest", "spread", "k_shortest", NULL};
const char *const machine_schedule_words[] = {
    "fcfs", "static", "shortest_first", "edf", "max_weight", "tdma", NULL};
const char *const machine_purify_words[] = {"none", "dejmps", "bbpssw", "pump", "epl", NULL};
const char *const machine_wait_words[] = {"none", "herald", "frame", NULL};

const struct machine_qnu machine_default_qnu = {.efficiency = 1, .swap_gate = 1};
const struct machine_switch machine_default_switch = {.radix = 8, .n_analysers = MACHINE_UNLIMITED};
const struct machine_fibre machine_default_fibre = {.speed_m_s = 2e8, .n_channels = 1};
const struct machine_herald machine_default_herald = {
    .visibility = 1, .bright = 0.1, .fidelity = 1};
const struct machine_detectors machine_default_detectors = {.efficiency = 1};
const struct machine_policy machine_default_policy = {.routing = ROUTING_SPREAD,
                                                      .wait = WAIT_FRAME,
                                                      .n_paths = 4,
                                                      .relay_db = 3,
                                                      .n_batch = 1,
                                                      .n_width = 1,
                                                      .n_rounds = 1};

#define TABLE(array, name, due)                                                                    \
    { name, array, sizeof(array) / sizeof *(array), due }
#define AT(type, member) offsetof(struct type, member)

#define QNU_FIELDS                                                                                 \
    {"loss", FIELD_LOSS, AT(machine_qnu, loss_db), NULL},                                          \
        {"source", FIELD_TIME, AT(machine_qnu, t_source_ps), NULL},                                \
        {"reset", FIELD_TIME, AT(machine_qnu, t_reset_ps), NULL},                                  \
        {"T1", FIELD_LIFETIME, AT(machine_qnu, t1_ps), NULL},                                      \
        {"T2", FIELD_LIFETIME, AT(machine_qnu, t2_ps), NULL},                                      \
        {"clock", FIELD_CLOCK, AT(machine_qnu, clock_ps), NULL},                                   \
        {"swap_gate", FIELD_PROBABILITY, AT(machine_qnu, swap_gate), NULL},                        \
        {"swap_flip", FIELD_PROBABILITY, AT(machine_qnu, swap_flip), NULL},                        \
        {"swap_time", FIELD_TIME, AT(machine_qnu, t_swap_ps), NULL}, {                             \
        "buffer", FIELD_LIMIT, AT(machine_qnu, n_buffer), NULL                                     \
    }
static const struct machine_field qnu_fields[] = {
    {"qpu", FIELD_OTHER, 0, NULL}, {"transducer", FIELD_OTHER, 0, NULL}, QNU_FIELDS};
const struct machine_fields machine_qnu_fields = TABLE(qnu_fields, "a QNU", 0);
static const struct machine_field repeater_fields[] = {
    {"name", FIELD_OTHER, 0, NULL}, {"transducer", FIELD_OTHER, 0, NULL}, QNU_FIELDS};
const struct machine_fields machine_repeater_fields = TABLE(repeater_fields, "a repeater", 1);

static const struct machine_field transducer_fields[] = {
    {"efficiency", FIELD_EFFICIENCY, AT(machine_qnu, efficiency), NULL},
    {"added_noise", FIELD_NUMBER, AT(machine_qnu, added_noise), NULL},
    {"repetition", FIELD_REPETITION, AT(machine_qnu, repetition_hz), NULL},
};
const struct machine_fields machine_transducer_fields = TABLE(transducer_fields, "a transducer", 0);

#define SWITCH_FIELDS                                                                              \
    {"radix", FIELD_COUNT, AT(machine_switch, radix), NULL},                                       \
        {"stage_loss", FIELD_LOSS, AT(machine_switch, stage_db), NULL},                            \
        {"reconfiguration", FIELD_TIME, AT(machine_switch, t_reconf_ps), NULL}, {                  \
        "analysers", FIELD_LIMIT, AT(machine_switch, n_analysers), NULL                            \
    }
static const struct machine_field switch_fields[] = {
    {"name", FIELD_OTHER, 0, NULL}, {"count", FIELD_OTHER, 0, NULL}, SWITCH_FIELDS};
static const struct machine_field switch_template_fields[] = {SWITCH_FIELDS};
const struct machine_fields machine_switch_fields = TABLE(switch_fields, "a switch", 1);
const struct machine_fields machine_switch_template_fields =
    TABLE(switch_template_fields, "a topology's switch", 0);

#define FIBRE_FIELDS                                                                               \
    {"length", FIELD_LENGTH, AT(machine_fibre, length_m), NULL},                                   \
        {"loss", FIELD_LOSS_PER_LENGTH, AT(machine_fibre, loss_db_m), NULL},                       \
        {"speed", FIELD_SPEED, AT(machine_fibre, speed_m_s), NULL}, {                              \
        "channels", FIELD_COUNT, AT(machine_fibre, n_channels), NULL                               \
    }
static const struct machine_field fibre_fields[] = {{"between", FIELD_OTHER, 0, NULL},
                                                    FIBRE_FIELDS};
static const struct machine_field fibre_template_fields[] = {FIBRE_FIELDS};
const struct machine_fields machine_fibre_fields = TABLE(fibre_fields, "a fibre", 1);
const struct machine_fields machine_fibre_template_fields =
    TABLE(fibre_template_fields, "a topology's fibre", 0);

static const struct machine_field herald_fields[] = {
    {"model", FIELD_WORD, AT(machine_herald, model), machine_herald_words},
    {"visibility", FIELD_PROBABILITY, AT(machine_herald, visibility), NULL},
    {"bright", FIELD_EFFICIENCY, AT(machine_herald, bright), NULL},
    {"mean_pairs", FIELD_PROBABILITY, AT(machine_herald, mean_pairs), NULL},
    {"photon", FIELD_TIME, AT(machine_herald, t_photon_ps), NULL},
    {"fidelity", FIELD_FIDELITY, AT(machine_herald, fidelity), NULL},
    {"rate", FIELD_FREQUENCY, AT(machine_herald, rate_hz), NULL},
    {"attempt", FIELD_TIME, AT(machine_herald, t_attempt_ps), NULL},
    {"deterministic", FIELD_FLAG, AT(machine_herald, is_deterministic), NULL},
};
const struct machine_fields machine_herald_fields = TABLE(herald_fields, "herald", 1);

static const struct machine_field detectors_fields[] = {
    {"efficiency", FIELD_EFFICIENCY, AT(machine_detectors, efficiency), NULL},
    {"dark", FIELD_FREQUENCY, AT(machine_detectors, dark_hz), NULL},
    {"window", FIELD_TIME, AT(machine_detectors, t_window_ps), NULL},
};
const struct machine_fields machine_detectors_fields = TABLE(detectors_fields, "detectors", 0);

static const struct machine_field control_fields[] = {
    {"decision", FIELD_TIME, AT(machine_control, t_decision_ps), NULL},
    {"message", FIELD_TIME, AT(machine_control, t_message_ps), NULL},
    {"handshake", FIELD_WORD, AT(machine_control, handshake), machine_handshake_words},
};
const struct machine_fields machine_control_fields = TABLE(control_fields, "control", 0);

static const struct machine_field policy_fields[] = {
    {"routing", FIELD_WORD, AT(machine_policy, routing), machine_routing_words},
    {"paths", FIELD_COUNT, AT(machine_policy, n_paths), NULL},
    {"relay_cost", FIELD_LOSS, AT(machine_policy, relay_db), NULL},
    {"schedule", FIELD_WORD, AT(machine_policy, schedule), machine_schedule_words},
    {"batch", FIELD_COUNT, AT(machine_policy, n_batch), NULL},
    {"lookahead", FIELD_COUNT_0, AT(machine_policy, n_lookahead), NULL},
    {"width", FIELD_COUNT, AT(machine_policy, n_width), NULL},
    {"purify", FIELD_WORD, AT(machine_policy, purify), machine_purify_words},
    {"rounds", FIELD_COUNT, AT(machine_policy, n_rounds), NULL},
    {"target", FIELD_FIDELITY, AT(machine_policy, target), NULL},
    {"slot", FIELD_TIME, AT(machine_policy, t_slot_ps), NULL},
    {"cutoff", FIELD_LIFETIME, AT(machine_policy, t_cutoff_ps), NULL},
    {"wait", FIELD_WORD, AT(machine_policy, wait), machine_wait_words},
};
const struct machine_fields machine_policy_fields = TABLE(policy_fields, "policy", 0);

static const struct machine_field outage_fields[] = {
    {"node", FIELD_OTHER, 0, NULL},
    {"between", FIELD_OTHER, 0, NULL},
    {"from", FIELD_TIME, AT(machine_outage, t_from_ps), NULL},
    {"until", FIELD_TIME, AT(machine_outage, t_until_ps), NULL},
};
const struct machine_fields machine_outage_fields = TABLE(outage_fields, "an outage", 4 | 8);

struct machine_physical *machine_physical_create(size_t n_qpus) {
    struct machine_physical *physical = mem_alloc(1, sizeof *physical);
    if (physical == NULL) {
        return NULL;
    }
    physical->qnus = mem_alloc(n_qpus, sizeof *physical->qnus);
    if (physical->qnus == NULL) {
        mem_free(physical);
        return NULL;
    }
    for (size_t i = 0; i < n_qpus; i++) {
        physical->qnus[i] = machine_default_qnu;
    }
    physical->herald = machine_default_herald;
    physical->detectors = machine_default_detectors;
    physical->policy = machine_default_policy;
    return physical;
}

void machine_physical_destroy(struct machine_physical *physical) {
    if (physical == NULL) {
        return;
    }
    mem_free(physical->qnus);
    mem_free(physical->switches);
    mem_free(physical->repeaters);
    mem_free(physical->fibres);
    mem_free(physical->outages);
    mem_free(physical);
}

uint32_t machine_switch_stages(uint32_t radix) {
    uint32_t log = 0;
    while ((UINT64_C(1) << log) < radix) {
        log++;
    }
    return log == 0 ? 0 : 2 * log - 1;
}

const char *machine_node_name(const struct machine *machine, uint32_t node) {
    const struct machine_physical *physical = machine->physical;
    if (node < machine->n_qpus) {
        return machine->qpus[node].name;
    }
    node -= (uint32_t)machine->n_qpus;
    return node < physical->n_switches ? physical->switches[node].name
                                       : physical->repeaters[node - physical->n_switches].name;
}
