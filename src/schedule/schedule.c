#include "schedule/schedule.h"

#include "base/log.h"
#include "schedule/blocks.h"
#include "schedule/build.h"
#include "schedule/messages.h"

static enum status refuse_size(const struct program *program, const struct machine *machine,
                               const struct skeleton *skeleton, uint32_t qpu) {
    const struct program_qpu *need = &program->qpus[qpu];
    const struct machine_qpu *have = &machine->qpus[skeleton->qpus[qpu].machine_qpu];
    if (need->n_data > have->n_data) {
        return log_error_at(STATUS_INPUT, need->loc,
                            "QPU %s needs %zu data qubits, and machine %s has %u there", need->name,
                            need->n_data, machine->name, have->n_data);
    }
    if (have->n_comm != MACHINE_UNLIMITED && need->n_comm > have->n_comm) {
        return log_error_at(STATUS_INPUT, need->loc,
                            "QPU %s needs %zu comm qubits, and machine %s has %u there", need->name,
                            need->n_comm, machine->name, have->n_comm);
    }
    return STATUS_OK;
}

static enum status match_qpus(struct skeleton *skeleton, const struct program *program,
                              const struct machine *machine) {
    for (uint32_t qpu = 0; qpu < program->n_qpus; qpu++) {
        if (!machine) {
            skeleton->qpus[qpu].machine_qpu = qpu;
            continue;
        }
        const uint32_t found = machine_find_qpu(machine, program->qpus[qpu].name);
        if (found == UINT32_MAX) {
            return log_error_at(STATUS_INPUT, program->qpus[qpu].loc,
                                "machine %s has no QPU named %s (it has %zu, the first is %s)",
                                machine->name, program->qpus[qpu].name, machine->n_qpus,
                                machine->n_qpus > 0 ? machine->qpus[0].name : "none");
        }
        skeleton->qpus[qpu].machine_qpu = found;
        TRY(refuse_size(program, machine, skeleton, qpu));
    }
    return STATUS_OK;
}

static bool is_joined(const struct skeleton *skeleton, const struct machine *machine, uint32_t a,
                      uint32_t b) {
    return !machine ||
           machine_find_link(machine, skeleton->qpus[a].machine_qpu, skeleton->qpus[b].machine_qpu);
}

static enum status check_ebits(const struct skeleton *skeleton, const struct program *program,
                               const struct machine *machine) {
    for (size_t i = 0; i < program->ops.n_ops; i++) {
        const struct op *op = &program->ops.ops[i];
        if (op->kind != OP_EBIT) {
            continue;
        }
        const uint32_t *wires = op_qubits(&program->ops, op);
        const uint32_t a = program->wire_qpu[wires[0]], b = program->wire_qpu[wires[1]];
        CHECK(a < program->n_qpus && b < program->n_qpus && a != b);
        if (!is_joined(skeleton, machine, a, b)) {
            return log_error_at(STATUS_INPUT, program_loc(program, op),
                                "machine %s has no link between %s and %s, so no ebit there",
                                machine->name, program->qpus[a].name, program->qpus[b].name);
        }
    }
    return STATUS_OK;
}

static enum status check_messages(const struct skeleton *skeleton, const struct program *program,
                                  const struct machine *machine, const struct messages *messages) {
    for (size_t i = 0; i < messages->n_receptions; i++) {
        const struct reception *reception = &messages->receptions[i];
        const struct channel *channel = &messages->channels[reception->channel];
        if (!is_joined(skeleton, machine, channel->from, channel->to)) {
            char name[64];
            return log_error_at(
                STATUS_INPUT, program_loc(program, &program->ops.ops[reception->op]),
                "bit %s travels from %s to %s, and machine %s has no link there that "
                "would tell how long that takes",
                program_bit_name(program, channel->bit, name, sizeof name),
                program->qpus[channel->from].name, program->qpus[channel->to].name, machine->name);
        }
    }
    return STATUS_OK;
}

static struct qpu_durations durations_of(const struct machine *machine, uint32_t machine_qpu) {
    if (!machine) {
        return (struct qpu_durations){0};
    }
    const struct machine_qpu *qpu = &machine->qpus[machine_qpu];
    return (struct qpu_durations){qpu->gate1.t_ps, qpu->gate2.t_ps, qpu->measure.t_ps,
                                  qpu->reset.t_ps};
}

static enum status fill(struct skeleton *skeleton, const struct program *program,
                        const struct machine *machine) {
    struct blocks blocks = {0};
    struct messages messages = {0};
    struct qpu_durations *durations = mem_alloc(program->n_qpus, sizeof *durations);
    enum status status = STATUS_NOFIT;
    if (!durations) {
        return status;
    }
    for (size_t qpu = 0; qpu < program->n_qpus; qpu++) {
        durations[qpu] = durations_of(machine, skeleton->qpus[qpu].machine_qpu);
    }
    TRY_GOTO(blocks_init(&blocks, program), done);
    TRY_GOTO(messages_init(&messages, program, &blocks), done);
    TRY_GOTO(check_messages(skeleton, program, machine, &messages), done);
    TRY_GOTO(build_items(skeleton, program, durations, &blocks, &messages), done);
    skeleton->n_channels = u32_from_size(messages.n_channels);
done:
    messages_fini(&messages);
    blocks_fini(&blocks);
    mem_free(durations);
    return status;
}

static enum status create(struct skeleton *skeleton, const struct program *program,
                          const struct machine *machine) {
    skeleton->qpus = mem_alloc(program->n_qpus, sizeof *skeleton->qpus);
    if (!skeleton->qpus) {
        return STATUS_NOFIT;
    }
    skeleton->n_qpus = program->n_qpus;
    TRY(match_qpus(skeleton, program, machine));
    TRY(check_ebits(skeleton, program, machine));
    return fill(skeleton, program, machine);
}

enum status schedule_create(struct skeleton **out_skeleton, const struct program *program,
                            const struct machine *machine) {
    struct skeleton *skeleton = mem_alloc(1, sizeof *skeleton);
    if (!skeleton) {
        return STATUS_NOFIT;
    }
    const enum status status = create(skeleton, program, machine);
    if (status != STATUS_OK) {
        skeleton_destroy(skeleton);
        return status;
    }
    *out_skeleton = skeleton;
    return STATUS_OK;
}

void skeleton_destroy(struct skeleton *skeleton) {
    if (!skeleton) {
        return;
    }
    for (size_t i = 0; i < skeleton->n_qpus; i++) {
        mem_free(skeleton->qpus[i].items);
    }
    mem_free(skeleton->qpus);
    mem_free(skeleton);
}
