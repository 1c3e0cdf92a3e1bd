#include "schedule/noise_apply.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"

/* A rule with its qubits as wires. */
struct bound {
    const struct noise_rule *rule;
    uint32_t *wires; /* rule->n_qubits */
    bool *qpus;      /* program QPUs; NULL: all */
};
struct apply {
    struct program *program;
    const struct machine *machine;
    uint32_t *machine_qpu; /* of the program's */
    struct bound *bounds;
    size_t n_bounds;
    uint32_t *order; /* ops as they will stand */
    size_t n_order, cap_order;
    size_t n_old;
};

/* ---- names ---- */

static bool is_number(const char *text) {
    return *text != '\0' && strspn(text, "0123456789") == strlen(text) && strlen(text) < 10;
}

/* OP_NO_QPU: none. */
static uint32_t find_wire(const struct program *program, const char *name) {
    for (size_t i = 0; i < program->n_in; i++) {
        if (strcmp(program->in[i].qubit, name) == 0) {
            return program->in[i].wire;
        }
    }
    if (is_number(name)) {
        const size_t i = (size_t)atol(name);
        if (program->n_in > 0) {
            return i < program->n_in ? program->in[i].wire : OP_NO_QPU;
        }
        return i < program->n_wires ? (uint32_t)i : OP_NO_QPU;
    }
    uint32_t found = OP_NO_QPU;
    struct text text = {0};
    for (uint32_t wire = 0; wire < program->n_wires && found == OP_NO_QPU; wire++) {
        text.n = 0;
        program_add_wire_name(&text, program, wire);
        found = !text.failed && strcmp(text.data, name) == 0 ? wire : OP_NO_QPU;
    }
    text_fini(&text);
    return found;
}

static enum status bind_rule(struct bound *bound, const struct program *program,
                             const struct noise_rule *rule) {
    bound->rule = rule;
    bound->wires = mem_alloc(rule->n_qubits, sizeof *bound->wires);
    bound->qpus = rule->n_qpus > 0 ? mem_alloc(program->n_qpus, sizeof *bound->qpus) : NULL;
    if (bound->wires == NULL || (rule->n_qpus > 0 && bound->qpus == NULL)) {
        return STATUS_NOFIT;
    }
    for (size_t i = 0; i < rule->n_qubits; i++) {
        bound->wires[i] = find_wire(program, rule->qubits[i]);
        if (bound->wires[i] == OP_NO_QPU) {
            return log_error_at(STATUS_INPUT, rule->loc, "the program has no qubit '%.64s'",
                                rule->qubits[i]);
        }
    }
    for (size_t i = 0; i < rule->n_qpus; i++) {
        const uint32_t qpu = program_find_qpu(program, rule->qpus[i]);
        if (qpu == OP_NO_QPU) {
            return log_error_at(STATUS_INPUT, rule->loc, "the program has no QPU '%.64s'",
                                rule->qpus[i]);
        }
        bound->qpus[qpu] = true;
    }
    return STATUS_OK;
}

/* ---- which rules ---- */

static bool is_for_op(const struct noise_rule *rule, const struct op *op) {
    switch (op->kind) {
    case OP_MEASURE:
        return rule->is_measure;
    case OP_RESET:
        return rule->is_reset;
    default:
        return rule->arity != 0 ? rule->arity == op->n_qubits : rule->gates[op->which];
    }
}

/* 0: not for it; the more, the better it fits. */
static unsigned fit_rule(const struct bound *bound, const struct op *op, const uint32_t *wires) {
    const struct noise_rule *rule = bound->rule;
    unsigned place = 1;
    if (!is_for_op(rule, op)) {
        return 0;
    }
    if (rule->n_qpus > 0) {
        if (op->qpu == OP_NO_QPU || !bound->qpus[op->qpu]) {
            return 0;
        }
        place = 2;
    }
    if (rule->n_qubits > 0) {
        bool is_listed = false;
        const size_t n = rule->n_operands;
        for (size_t i = 0; n == op->n_qubits && i < rule->n_qubits && !is_listed; i += n) {
            is_listed = memcmp(bound->wires + i, wires, n * sizeof *wires) == 0;
        }
        if (!is_listed) {
            return 0;
        }
        place = 3;
    }
    return 2 * place + (rule->arity == 0);
}

/* ---- ops ---- */

static enum status push(struct apply *apply, size_t op) {
    TRY(vec_reserve(&apply->order, apply->n_order, &apply->cap_order, 1, sizeof *apply->order));
    apply->order[apply->n_order++] = u32_from_size(op);
    return STATUS_OK;
}

/* wires may lie in the pool of the list, which moves. */
static enum status add_noise(struct apply *apply, size_t at, enum op_noise noise,
                             const uint32_t *wires, size_t n_wires, const double *p) {
    struct op_list *ops = &apply->program->ops;
    uint32_t copy[OP_MAX_PAULI_LETTERS];
    struct op *op;
    CHECK(n_wires <= OP_MAX_PAULI_LETTERS);
    memcpy(copy, wires, n_wires * sizeof *wires);
    TRY(op_list_add(ops, &op, OP_NOISE, copy, n_wires, p, op_noise_n_params(noise),
                    program_loc(apply->program, &ops->ops[at])));
    op->which = (uint16_t)noise;
    op->qpu = ops->ops[at].qpu;
    op->file = ops->ops[at].file;
    return push(apply, ops->n_ops - 1);
}

static enum status misread(struct apply *apply, size_t at, const double *p) {
    struct op_list *ops = &apply->program->ops;
    struct op *op = &ops->ops[at];
    if (p[0] == 0 && p[1] == 0) {
        return STATUS_OK;
    }
    if (op->n_params > 0) {
        return log_error_at(STATUS_INPUT, program_loc(apply->program, op),
                            "this result is given two chances to be wrong");
    }
    TRY(vec_reserve(&ops->params, ops->n_params, &ops->cap_params, 2, sizeof *ops->params));
    op->param0 = u32_from_size(ops->n_params);
    op->n_params = p[0] == p[1] ? 1 : 2;
    memcpy(ops->params + ops->n_params, p, op->n_params * sizeof *p);
    ops->n_params += op->n_params;
    return STATUS_OK;
}

/* Errors on the qubits of a gate come together, on those of a measurement one by one. */
static bool is_joint(const struct apply *apply, size_t at) {
    const struct op *op = &apply->program->ops.ops[at];
    return op->kind == OP_GATE && op->n_qubits == 2;
}

/* p: of an error that is one of the Paulis but the identity. */
static enum status depolarize(struct apply *apply, size_t at, const uint32_t *wires, size_t n,
                              double p) {
    const enum op_noise noise = is_joint(apply, at) ? NOISE_DEPOLARIZE2 : NOISE_DEPOLARIZE1;
    return p == 0 ? STATUS_OK : add_noise(apply, at, noise, wires, n, &p);
}

static enum status add_channel(struct apply *apply, size_t at,
                               const struct noise_channel *channel) {
    const struct op_list *ops = &apply->program->ops;
    uint32_t wires[OP_MAX_PAULI_LETTERS];
    size_t n = ops->ops[at].n_qubits;
    const double *p = channel->p;
    memcpy(wires, op_qubits(ops, &ops->ops[at]), n * sizeof *wires);
    if (channel->operand != UINT32_MAX) {
        wires[0] = wires[channel->operand];
        n = 1;
    }
    switch (channel->kind) {
    case NOISE_CHANNEL_DEPOLARIZING:
        return depolarize(apply, at, wires, n, p[0] * (is_joint(apply, at) ? 15.0 / 16 : 3.0 / 4));
    case NOISE_CHANNEL_ERROR:
        return depolarize(apply, at, wires, n, p[0]);
    case NOISE_CHANNEL_PAULI:
        return add_noise(apply, at, channel->n == 1 ? NOISE_PAULI1 : NOISE_PAULI2, wires, n, p);
    case NOISE_CHANNEL_RELAX:
    case NOISE_CHANNEL_RESET:
        if (p[0] > 0 || p[1] > 0) {
            TRY(add_noise(apply, at,
                          channel->kind == NOISE_CHANNEL_RELAX ? NOISE_RELAX : NOISE_RESET, wires,
                          n, p));
        }
        return p[2] > 0 ? add_noise(apply, at, NOISE_Z, wires, n, &p[2]) : STATUS_OK;
    case NOISE_CHANNEL_READOUT:
        break;
    }
    return misread(apply, at, p);
}

static enum status add_rules(struct apply *apply, size_t at) {
    const struct op_list *ops = &apply->program->ops;
    unsigned best = 0;
    for (size_t i = 0; i < apply->n_bounds; i++) {
        const struct op *op = &ops->ops[at];
        const unsigned fit = fit_rule(&apply->bounds[i], op, op_qubits(ops, op));
        best = fit > best ? fit : best;
    }
    for (size_t i = 0; best > 0 && i < apply->n_bounds; i++) {
        const struct op *op = &ops->ops[at];
        const struct noise_rule *rule = apply->bounds[i].rule;
        if (fit_rule(&apply->bounds[i], op, op_qubits(ops, op)) == best) {
            for (size_t k = 0; k < rule->n_channels; k++) {
                TRY(add_channel(apply, at, &rule->channels[k]));
            }
        }
    }
    return STATUS_OK;
}

/* ---- the machine's own ---- */

static enum status add_machine(struct apply *apply, size_t at) {
    const struct op_list *ops = &apply->program->ops;
    const struct op *op = &ops->ops[at];
    if (apply->machine == NULL || op->qpu == OP_NO_QPU) {
        return STATUS_OK;
    }
    const struct machine_qpu *qpu = &apply->machine->qpus[apply->machine_qpu[op->qpu]];
    if (op->kind == OP_MEASURE) {
        return misread(apply, at, (const double[2]){qpu->measure.p_err, qpu->measure.p_err});
    }
    const uint32_t *wires = op_qubits(ops, op);
    if (op->kind == OP_RESET) {
        const double p = qpu->reset.p_err;
        return p > 0 ? add_noise(apply, at, NOISE_X, wires, 1, &p) : STATUS_OK;
    }
    const struct machine_op *gate = op->n_qubits == 1 ? &qpu->gate1 : &qpu->gate2;
    if (gate->p_err > 0 && op->n_qubits > 2) {
        return log_error_at(STATUS_INPUT, program_loc(apply->program, op),
                            "gate2.error of QPU %s says nothing of gates on %u qubits; write the "
                            "gate as gates on two",
                            qpu->name, op->n_qubits);
    }
    return depolarize(apply, at, wires, op->n_qubits, gate->p_err);
}

static bool has_errors(const struct machine *machine) {
    bool has = false;
    for (size_t q = 0; machine != NULL && q < machine->n_qpus; q++) {
        const struct machine_qpu *qpu = &machine->qpus[q];
        has |= qpu->gate1.p_err > 0 || qpu->gate2.p_err > 0 || qpu->measure.p_err > 0 ||
               qpu->reset.p_err > 0;
    }
    return has;
}

static enum status match_machine(struct apply *apply) {
    const struct program *program = apply->program;
    apply->machine_qpu = mem_alloc(program->n_qpus, sizeof *apply->machine_qpu);
    if (apply->machine_qpu == NULL) {
        return STATUS_NOFIT;
    }
    for (size_t q = 0; apply->machine != NULL && q < program->n_qpus; q++) {
        apply->machine_qpu[q] = machine_find_qpu(apply->machine, program->qpus[q].name);
        if (apply->machine_qpu[q] == UINT32_MAX) {
            return log_error_at(STATUS_INPUT, program->qpus[q].loc,
                                "machine %s has no QPU named %s", apply->machine->name,
                                program->qpus[q].name);
        }
    }
    return STATUS_OK;
}

/* ---- in order ---- */

static enum status list_order(struct apply *apply) {
    for (size_t i = 0; i < apply->n_old; i++) {
        const enum op_kind kind = (enum op_kind)apply->program->ops.ops[i].kind;
        const bool has_errors = kind == OP_GATE || kind == OP_MEASURE || kind == OP_RESET;
        if (kind != OP_MEASURE) {
            TRY(push(apply, i));
        }
        if (has_errors) {
            TRY(add_rules(apply, i));
            TRY(add_machine(apply, i));
        }
        if (kind == OP_MEASURE) {
            TRY(push(apply, i));
        }
    }
    return STATUS_OK;
}

static enum status put_in_order(struct apply *apply) {
    struct op_list *ops = &apply->program->ops;
    if (ops->n_ops == 0) {
        return STATUS_OK;
    }
    struct op *sorted = mem_alloc(ops->n_ops, sizeof *sorted);
    uint32_t *place = mem_alloc(ops->n_ops, sizeof *place);
    if (sorted == NULL || place == NULL) {
        mem_free(sorted);
        mem_free(place);
        return STATUS_NOFIT;
    }
    CHECK(apply->n_order == ops->n_ops);
    for (size_t i = 0; i < ops->n_ops; i++) {
        sorted[i] = ops->ops[apply->order[i]];
        place[apply->order[i]] = u32_from_size(i);
    }
    for (size_t i = 0; i < ops->n_ops; i++) {
        if (sorted[i].match != OP_NO_MATCH) {
            sorted[i].match = place[sorted[i].match];
        }
    }
    memcpy(ops->ops, sorted, ops->n_ops * sizeof *sorted);
    op_list_number_sites(ops);
    mem_free(sorted);
    mem_free(place);
    return STATUS_OK;
}

enum status noise_apply(struct program *program, const struct noise_model *model,
                        const struct machine *machine) {
    const size_t n_rules = model != NULL ? model->n_rules : 0;
    struct apply apply = {.program = program,
                          .machine = program->has_machine_errors ? NULL : machine,
                          .bounds = mem_alloc(n_rules, sizeof *apply.bounds),
                          .n_old = program->ops.n_ops};
    enum status status = apply.bounds == NULL ? STATUS_NOFIT : STATUS_OK;
    for (size_t i = 0; i < n_rules && status == STATUS_OK; i++) {
        apply.n_bounds++;
        status = bind_rule(&apply.bounds[i], program, &model->rules[i]);
    }
    TRY_GOTO(status, done);
    TRY_GOTO(match_machine(&apply), done);
    TRY_GOTO(list_order(&apply), done);
    status = put_in_order(&apply);
    if (program->has_machine_errors && has_errors(machine)) {
        log_note("the program has its errors of operations: machine %s adds none", machine->name);
    }
    program->has_machine_errors |= has_errors(apply.machine);
done:
    for (size_t i = 0; i < apply.n_bounds; i++) {
        mem_free(apply.bounds[i].wires);
        mem_free(apply.bounds[i].qpus);
    }
    mem_free(apply.bounds);
    mem_free(apply.machine_qpu);
    mem_free(apply.order);
    return status;
}
