#include <string.h>

#include "machine/physical_fields.h"

static void print_map(struct text *out, const char *key, const struct machine_fields *fields,
                      const void *record, const void *defaults) {
    struct text inside = {0};
    if (machine_print_fields(&inside, fields, record, defaults, true)) {
        text_printf(out, "%s: {%s}\n", key, inside.data != NULL ? inside.data : "");
    }
    out->failed = out->failed || inside.failed;
    text_fini(&inside);
}

static void print_qnu_values(struct text *out, const struct machine_fields *fields,
                             const struct machine_qnu *qnu, const struct machine_qnu *defaults) {
    struct text transducer = {0};
    if (machine_print_fields(&transducer, &machine_transducer_fields, qnu, defaults, true)) {
        text_printf(out, ", transducer: {%s}", transducer.data != NULL ? transducer.data : "");
    }
    out->failed = out->failed || transducer.failed;
    text_fini(&transducer);
    machine_print_fields(out, fields, qnu, defaults, false);
}

static void print_qnus(struct text *out, const struct machine *machine) {
    const struct machine_physical *p = machine->physical;
    text_add(out, "qnus:\n");
    for (size_t q = 0; q < machine->n_qpus; q++) {
        text_add(out, "  - {qpu: ");
        machine_print_label(out, machine->qpus[q].name);
        print_qnu_values(out, &machine_qnu_fields, &p->qnus[q], &machine_default_qnu);
        text_add(out, "}\n");
    }
}

static void print_switches(struct text *out, const struct machine_physical *p) {
    text_add(out, p->n_switches > 0 ? "switches:\n" : "");
    for (size_t i = 0; i < p->n_switches; i++) {
        text_printf(out, "  - {name: %s, radix: %u", p->switches[i].name, p->switches[i].radix);
        struct machine_switch usual = machine_default_switch;
        usual.radix = p->switches[i].radix;
        machine_print_fields(out, &machine_switch_fields, &p->switches[i], &usual, false);
        text_add(out, "}\n");
    }
}

static void print_repeaters(struct text *out, const struct machine_physical *p) {
    struct machine_qnu usual = machine_default_qnu;
    usual.n_buffer = MACHINE_UNLIMITED;
    text_add(out, p->n_repeaters > 0 ? "repeaters:\n" : "");
    for (size_t i = 0; i < p->n_repeaters; i++) {
        text_printf(out, "  - {name: %s", p->repeaters[i].name);
        print_qnu_values(out, &machine_repeater_fields, &p->repeaters[i].qnu, &usual);
        text_add(out, "}\n");
    }
}

static void print_between(struct text *out, const struct machine *machine, uint32_t a, uint32_t b) {
    text_add(out, "between: [");
    machine_print_label(out, machine_node_name(machine, a));
    text_add(out, ", ");
    machine_print_label(out, machine_node_name(machine, b));
    text_add(out, "]");
}

static void print_fibres(struct text *out, const struct machine *machine) {
    const struct machine_physical *p = machine->physical;
    text_add(out, p->n_fibres > 0 ? "fibres:\n" : "");
    for (size_t i = 0; i < p->n_fibres; i++) {
        text_add(out, "  - {");
        print_between(out, machine, p->fibres[i].a, p->fibres[i].b);
        machine_print_fields(out, &machine_fibre_fields, &p->fibres[i], &machine_default_fibre,
                             false);
        text_add(out, "}\n");
    }
}

static void print_outages(struct text *out, const struct machine *machine) {
    const struct machine_physical *p = machine->physical;
    const struct machine_outage none = {.t_from_ps = -1, .t_until_ps = -1};
    text_add(out, p->n_outages > 0 ? "outages:\n" : "");
    for (size_t i = 0; i < p->n_outages; i++) {
        const struct machine_outage *outage = &p->outages[i];
        text_add(out, "  - {");
        if (outage->is_fibre) {
            print_between(out, machine, p->fibres[outage->index].a, p->fibres[outage->index].b);
        } else {
            text_add(out, "node: ");
            machine_print_label(out, machine_node_name(machine, outage->index));
        }
        machine_print_fields(out, &machine_outage_fields, outage, &none, false);
        text_add(out, "}\n");
    }
}

void machine_print_physical(struct text *out, const struct machine *machine) {
    const struct machine_physical *p = machine->physical;
    const struct machine_control no_control = {0};
    struct machine_herald no_herald = machine_default_herald;
    no_herald.model = HERALD_N_MODELS; /* the model is always printed */
    print_qnus(out, machine);
    print_switches(out, p);
    print_repeaters(out, p);
    print_fibres(out, machine);
    print_map(out, "herald", &machine_herald_fields, &p->herald, &no_herald);
    print_map(out, "detectors", &machine_detectors_fields, &p->detectors,
              &machine_default_detectors);
    print_map(out, "control", &machine_control_fields, &p->control, &no_control);
    print_map(out, "policy", &machine_policy_fields, &p->policy, &machine_default_policy);
    print_outages(out, machine);
}
