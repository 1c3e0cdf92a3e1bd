#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "base/units.h"
#include "cli/cli.h"
#include "machine/machine.h"
#include "machine/svg.h"

enum { UNIT_CHARS = 48, SHOWN_ROWS = 32 };

static void add_name(struct text *out, const char *name) {
    text_add_escaped(out, name, strlen(name));
}

static void add_time(struct text *out, const char *what, int64_t t_ps) {
    char buffer[UNIT_CHARS];
    text_printf(out, "%s %s", what, units_print_time(buffer, sizeof buffer, t_ps));
}

static void add_op(struct text *out, const char *what, const struct machine_op *op) {
    if (op->t_ps == 0 && op->p_err == 0) {
        return;
    }
    add_time(out, what, op->t_ps);
    if (op->p_err != 0) {
        text_add(out, " error ");
        text_add_double(out, op->p_err);
    }
}

/* Everything about a QPU that is not the default. */
static void add_qpu(struct text *out, const struct machine_qpu *qpu) {
    text_add(out, "#   QPU ");
    add_name(out, qpu->name);
    text_printf(out, ": %u data, ", qpu->n_data);
    if (qpu->n_comm == MACHINE_UNLIMITED) {
        text_add(out, "unlimited comm qubits");
    } else {
        text_printf(out, "%u comm qubits", qpu->n_comm);
    }
    if (qpu->rack) {
        text_add(out, ", rack ");
        add_name(out, qpu->rack);
    }
    if (qpu->t1_ps != 0) {
        add_time(out, ", T1", qpu->t1_ps);
    }
    if (qpu->t2_ps != 0) {
        add_time(out, ", T2", qpu->t2_ps);
    }
    add_op(out, ", gate1", &qpu->gate1);
    add_op(out, ", gate2", &qpu->gate2);
    add_op(out, ", measure", &qpu->measure);
    add_op(out, ", reset", &qpu->reset);
    text_add(out, "\n");
}

static void add_link(struct text *out, const struct machine_link *link) {
    text_printf(out, ": fidelity %.6g", link->weights[0]);
    add_time(out, ", an ebit every", link->t_ebit_ps);
    add_time(out, ", a bit takes", link->t_bit_ps);
    text_add(out, "\n");
}

static void add_links(struct text *out, const struct machine *machine) {
    for (size_t i = 0; i < machine->n_links && i < SHOWN_ROWS; i++) {
        text_add(out, "#   link ");
        add_name(out, machine->qpus[machine->links[i].a].name);
        text_add(out, "-");
        add_name(out, machine->qpus[machine->links[i].b].name);
        add_link(out, &machine->links[i]);
    }
    if (machine->n_links > SHOWN_ROWS) {
        text_printf(out, "#   and %zu more links\n", machine->n_links - SHOWN_ROWS);
    }
    if (machine->physical) {
        const struct machine_physical *p = machine->physical;
        text_printf(
            out, "#   physical network: %zu switches, %zu repeaters, %zu fibres, herald %s\n",
            p->n_switches, p->n_repeaters, p->n_fibres, machine_herald_words[p->herald.model]);
    } else if (machine->is_complete) {
        text_add(out, machine->n_links > 0 ? "#   every other pair" : "#   every pair");
        add_link(out, &machine->default_link);
    }
}

/* The summary is a comment, so that the whole output is a machine file. */
static void add_summary(struct text *out, const struct machine *machine) {
    text_add(out, "# ");
    add_name(out, machine->name ? machine->name : "machine");
    text_printf(out, ": %zu QPU%s", machine->n_qpus, machine->n_qpus == 1 ? "" : "s");
    if (machine->n_links > 0 || !(machine->physical || machine->is_complete)) {
        text_printf(out, ", %zu link%s", machine->n_links, machine->n_links == 1 ? "" : "s");
    }
    text_add(out, machine->physical      ? ", physical network\n"
                  : machine->is_complete ? ", all to all\n"
                                         : "\n");
    for (size_t i = 0; i < machine->n_qpus && i < SHOWN_ROWS; i++) {
        add_qpu(out, &machine->qpus[i]);
    }
    if (machine->n_qpus > SHOWN_ROWS) {
        text_printf(out, "#   and %zu more QPUs\n", machine->n_qpus - SHOWN_ROWS);
    }
    add_links(out, machine);
}

void cmd_machine_add_presets(struct text *out) {
    text_add(out, "Presets:\n");
    for (const char *const *pair = machine_presets(); pair[0]; pair += 2) {
        text_printf(out, "  %s: %s\n", pair[0], pair[1]);
    }
}

static enum status print(struct text *text, const struct machine *machine) {
    add_summary(text, machine);
    TRY(machine_print(text, machine));
    return file_write("-", text->data, text->n);
}

/* The text, the drawing, or both. */
static enum status show(struct text *text, const struct machine *machine, const char *svg) {
    if (svg == NULL || strcmp(svg, "-") != 0) {
        TRY(print(text, machine));
        text->n = 0;
    }
    if (svg == NULL) {
        return STATUS_OK;
    }
    TRY(machine_print_svg(text, machine));
    return file_write(svg, text->data, text->n);
}

enum status cmd_machine(const struct cli_options *options) {
    struct machine *machine = NULL;
    struct text text = {0};
    TRY(machine_read(&machine, options->args[0]));
    const enum status status = show(&text, machine, options->svg);
    text_fini(&text);
    machine_destroy(machine);
    return status;
}
