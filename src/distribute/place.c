#include "distribute/place.h"

#include <string.h>

/* Where the circuit first names that QPU. */
static enum status refuse_name(const char *name, struct src_loc loc,
                               const struct machine *machine) {
    struct text names = {0};
    for (size_t i = 0; i < machine->n_qpus && i < 8; i++) {
        text_printf(&names, "%s%s", i == 0 ? "" : ", ", machine->qpus[i].name);
    }
    text_add(&names, machine->n_qpus > 8 ? ", ..." : "");
    const enum status status = log_error_at(STATUS_INPUT, loc,
                                            "the circuit places qubits on QPU '%s', but the "
                                            "machine '%s' has %s: rename one of them, or "
                                            "place the qubits otherwise (--placement)",
                                            name, machine->name == NULL ? "" : machine->name,
                                            names.data == NULL ? "none" : names.data);
    text_fini(&names);
    return status;
}

static enum status place_named(uint32_t *qpu_of, uint32_t *n_used, const struct circuit *circuit,
                               const struct machine *machine) {
    uint32_t *qpus = mem_alloc(circuit->n_placed_qpus, sizeof *qpus);
    if (qpus == NULL) {
        return STATUS_NOFIT;
    }
    enum status status = STATUS_OK;
    for (size_t i = 0; i < circuit->n_placed_qpus && status == STATUS_OK; i++) {
        qpus[i] = machine_find_qpu(machine, circuit->placed_qpus[i]);
        if (qpus[i] == OP_NO_QPU) {
            status = refuse_name(circuit->placed_qpus[i], circuit->placed_locs[i], machine);
        }
    }
    for (uint32_t qb = 0; qb < circuit->n_qubits && status == STATUS_OK; qb++) {
        if (circuit->n_placed_qpus > 0 && circuit->placement[qb] != OP_NO_QPU) {
            qpu_of[qb] = qpus[circuit->placement[qb]];
            n_used[qpu_of[qb]]++;
        }
    }
    for (size_t i = 0; i < circuit->n_placed_qpus && status == STATUS_OK; i++) {
        const struct machine_qpu *qpu = &machine->qpus[qpus[i]];
        if (n_used[qpus[i]] > qpu->n_data) {
            status =
                log_error_at(STATUS_INPUT, circuit->placed_locs[i],
                             "the circuit places %u qubits on QPU '%s', which has %u data qubits",
                             n_used[qpus[i]], qpu->name, qpu->n_data);
        }
    }
    mem_free(qpus);
    return status;
}

static enum status place_rest(uint32_t *qpu_of, uint32_t *n_used, const struct circuit *circuit,
                              const struct machine *machine) {
    uint32_t qpu = 0;
    uint64_t n_data = 0;
    for (size_t i = 0; i < machine->n_qpus; i++) {
        n_data += machine->qpus[i].n_data;
    }
    if (circuit->n_qubits > n_data) {
        const struct src_loc loc = circuit_loc(circuit, &(struct op){0});
        return log_error_at(STATUS_INPUT, loc,
                            "the circuit has %u qubits, the %zu QPUs of the machine '%s' have %llu "
                            "data qubits in all: give them more `data`",
                            circuit->n_qubits, machine->n_qpus,
                            machine->name == NULL ? "" : machine->name, (unsigned long long)n_data);
    }
    for (uint32_t qb = 0; qb < circuit->n_qubits; qb++) {
        if (qpu_of[qb] != OP_NO_QPU) {
            continue;
        }
        while (n_used[qpu] >= machine->qpus[qpu].n_data) {
            qpu++;
        }
        qpu_of[qb] = qpu;
        n_used[qpu]++;
    }
    return STATUS_OK;
}

enum status place_qubits(uint32_t **out_qpu_of, const struct circuit *circuit,
                         const struct machine *machine) {
    uint32_t *qpu_of = mem_alloc(circuit->n_qubits, sizeof *qpu_of);
    uint32_t *n_used = mem_alloc(machine->n_qpus, sizeof *n_used);
    enum status status = STATUS_NOFIT;
    if (qpu_of == NULL || n_used == NULL) {
        goto done;
    }
    memset(qpu_of, 0xff, circuit->n_qubits * sizeof *qpu_of);
    TRY_GOTO(place_named(qpu_of, n_used, circuit, machine), done);
    TRY_GOTO(place_rest(qpu_of, n_used, circuit, machine), done);
    *out_qpu_of = qpu_of;
    qpu_of = NULL;
done:
    mem_free(qpu_of);
    mem_free(n_used);
    return status;
}
