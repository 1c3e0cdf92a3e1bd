#include <string.h>

#include "base/log.h"
#include "dem/dem.h"

/* ---- circuits ---- */

static const char *name_qubit(const void *ctx, uint32_t qubit, char *buffer, size_t n) {
    return circuit_qubit_name(ctx, qubit, buffer, n);
}

static const char *const no_file = "(made)";

enum status dem_from_circuit(struct dem_model **out_model, const struct circuit *circuit,
                             const struct dem_options *options) {
    const struct dem_source source = {
        .ops = &circuit->ops,
        .n_qubits = circuit->n_qubits,
        .n_bits = circuit->n_bits,
        .files = circuit->n_files > 0 ? (const char *const *)circuit->files : &no_file,
        .tags = circuit->n_tags > 0 ? circuit->tags : NULL,
        .ctx = circuit,
        .qubit_name = name_qubit,
    };
    return dem_create(out_model, &source, options);
}

/* ---- programs ---- */

struct placed {
    const struct program *program;
    const struct machine *machine;
};

static const char *name_wire(const void *ctx, uint32_t wire, char *buffer, size_t n) {
    const struct placed *placed = ctx;
    return program_wire_name(placed->program, wire, buffer, n);
}

static enum status find_weights(const void *ctx, double *out_weights, const uint32_t *wires) {
    const struct placed *placed = ctx;
    uint32_t qpus[2];
    for (int i = 0; i < 2; i++) {
        const struct program_qpu *qpu = &placed->program->qpus[placed->program->wire_qpu[wires[i]]];
        qpus[i] = machine_find_qpu(placed->machine, qpu->name);
        if (qpus[i] == UINT32_MAX) {
            return log_error(STATUS_INPUT, "the machine has no QPU '%s'", qpu->name);
        }
    }
    const struct machine_link *link = machine_find_link(placed->machine, qpus[0], qpus[1]);
    if (link == NULL) {
        return log_error(STATUS_INPUT, "the machine has no link between QPUs '%s' and '%s'",
                         placed->machine->qpus[qpus[0]].name, placed->machine->qpus[qpus[1]].name);
    }
    memcpy(out_weights, link->weights, sizeof link->weights);
    return STATUS_OK;
}

enum status dem_from_program(struct dem_model **out_model, const struct program *program,
                             const struct machine *machine, const struct dem_options *options) {
    const struct placed placed = {program, machine};
    const struct dem_source source = {
        .ops = &program->ops,
        .n_qubits = program->n_wires,
        .n_bits = program->n_bits,
        .files = program->n_files > 0 ? (const char *const *)program->files : &no_file,
        .ctx = &placed,
        .qubit_name = name_wire,
        .pair_weights = machine == NULL ? NULL : find_weights,
    };
    if (machine != NULL && machine->physical != NULL) {
        return log_error(STATUS_INPUT,
                         "machine %s: pairs of a physical network differ from ebit to ebit: no "
                         "error model; give abstract links",
                         machine->name);
    }
    if (machine != NULL) {
        TRY(machine_check_runnable(machine));
    }
    return dem_create(out_model, &source, options);
}
