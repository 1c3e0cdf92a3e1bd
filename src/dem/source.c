#include <string.h>

#include "base/log.h"
#include "base/mem.h"
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
    const struct run_clock *clock;
};

static const char *name_wire(const void *ctx, uint32_t wire, char *buffer, size_t n) {
    const struct placed *placed = ctx;
    return program_wire_name(placed->program, wire, buffer, n);
}

static enum status timeline_weights(const void *ctx, double *out_weights, const uint32_t *wires,
                                    uint64_t site) {
    const struct placed *placed = ctx;
    (void)wires;
    clock_kept_weights(placed->clock, out_weights, site, placed->clock->first_kept);
    return STATUS_OK;
}

static enum status link_weights(const void *ctx, double *out_weights, const uint32_t *wires,
                                uint64_t site) {
    const struct placed *placed = ctx;
    uint32_t qpus[2];
    (void)site;
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

/* Results of output registers form the record. *out_recorded: by bit; mem_free it. */
static enum status list_recorded(bool **out_recorded, const struct program *program) {
    bool *recorded = mem_alloc(program->n_bits, sizeof *recorded);
    if (recorded == NULL) {
        return STATUS_NOFIT;
    }
    for (size_t i = 0; i < program->n_cregs; i++) {
        const struct reg *reg = &program->cregs[i];
        for (uint32_t b = 0; b < reg->n; b++) {
            recorded[reg->first + b] = reg->is_output;
        }
    }
    *out_recorded = recorded;
    return STATUS_OK;
}

static enum status check_machine(const struct machine *machine, const struct run_clock *clock) {
    if (machine == NULL) {
        return STATUS_OK;
    }
    if (machine->physical != NULL && clock == NULL) {
        return log_error(STATUS_INPUT,
                         "machine %s: pairs of a physical network differ from timeline to "
                         "timeline: --timeline K gives the model of timeline K",
                         machine->name);
    }
    return machine_check_lifetimes(machine);
}

enum status dem_from_program(struct dem_model **out_model, const struct program *program,
                             const struct machine *machine, const struct run_clock *clock,
                             const struct dem_options *options) {
    const struct placed placed = {program, machine, clock};
    bool *recorded;
    TRY(check_machine(machine, clock));
    TRY(list_recorded(&recorded, program));
    const struct dem_source source = {
        .ops = &program->ops,
        .n_qubits = program->n_wires,
        .n_bits = program->n_bits,
        .files = program->n_files > 0 ? (const char *const *)program->files : &no_file,
        .recorded = recorded,
        .ctx = &placed,
        .qubit_name = name_wire,
        .pair_weights = machine == NULL ? NULL
                        : clock != NULL ? timeline_weights
                                        : link_weights,
        .pairs_vary = clock != NULL,
    };
    const enum status status = dem_create(out_model, &source, options);
    mem_free(recorded);
    return status;
}
