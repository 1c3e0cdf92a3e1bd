/* Tables of the keys of the physical part: they read it and print it. Entries that a table does not
 * set itself (FIELD_OTHER) are at the indices named here. */
#ifndef QSPAN_MACHINE_PHYSICAL_FIELDS_H
#define QSPAN_MACHINE_PHYSICAL_FIELDS_H

#include "machine/machine.h"
#include "machine/yaml_value.h"

enum { QNU_FIELD_QPU, QNU_FIELD_TRANSDUCER, QNU_FIELD_FIRST };
enum { SWITCH_FIELD_NAME, SWITCH_FIELD_COUNT };
enum { REPEATER_FIELD_NAME, REPEATER_FIELD_QNU };
enum { FIBRE_FIELD_BETWEEN };
enum { OUTAGE_FIELD_NODE, OUTAGE_FIELD_BETWEEN };
extern const struct machine_fields machine_qnu_fields, machine_transducer_fields,
    machine_switch_fields, machine_repeater_fields, machine_fibre_fields, machine_herald_fields,
    machine_detectors_fields, machine_control_fields, machine_policy_fields, machine_outage_fields;
/* Without name, count and between: for templates of a topology. */
extern const struct machine_fields machine_switch_template_fields, machine_fibre_template_fields;

extern const struct machine_qnu machine_default_qnu;
extern const struct machine_switch machine_default_switch;
extern const struct machine_fibre machine_default_fibre;
extern const struct machine_herald machine_default_herald;
extern const struct machine_detectors machine_default_detectors;
extern const struct machine_policy machine_default_policy;

/* The nodes of the root map that describe the physical part; NULL: absent. */
enum physical_key {
    PHYSICAL_QNUS,
    PHYSICAL_SWITCHES,
    PHYSICAL_REPEATERS,
    PHYSICAL_FIBRES,
    PHYSICAL_TOPOLOGY,
    PHYSICAL_HERALD,
    PHYSICAL_DETECTORS,
    PHYSICAL_CONTROL,
    PHYSICAL_POLICY,
    PHYSICAL_OUTAGES,
    PHYSICAL_N_KEYS
};
enum status machine_read_physical(struct machine_yaml *yaml, struct machine *machine,
                                  const yaml_node_t *const *nodes);
/* Adds the switches and fibres of `topology: {kind: ...}`. */
enum status machine_read_topology(struct machine_yaml *yaml, struct machine *machine,
                                  const yaml_node_t *node);
/* Ports, capacities, lifetimes, reachability. */
enum status machine_check_physical(const struct machine *machine);
void machine_print_physical(struct text *out, const struct machine *machine);

#endif
