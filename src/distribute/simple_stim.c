#include "distribute/simple.h"

#include "base/log.h"

static uint32_t qpu_of(const struct simple *simple, uint32_t qb) {
    return simple->emit.qpu_of[qb];
}

static const uint32_t *qubits_of(const struct simple *simple, const struct op *op) {
    return op_qubits(&simple->circuit->ops, op);
}

static enum status add_op(struct simple *simple, struct op **out_op, enum op_kind kind,
                          const uint32_t *wires, uint32_t n_wires, const struct op *from) {
    return op_list_add(&simple->emit.program->ops, out_op, kind, wires, n_wires,
                       op_params(&simple->circuit->ops, from), from->n_params, simple->emit.loc);
}

static enum status add_gate(struct simple *simple, enum gate_id gate, uint32_t a, uint32_t b) {
    const uint32_t wires[2] = {a, b};
    return op_list_add_gate(&simple->emit.program->ops, gate, wires, NULL, simple->emit.loc);
}

static enum status add_reset(struct simple *simple, uint32_t wire) {
    return op_list_add(&simple->emit.program->ops, NULL, OP_RESET, &wire, 1, NULL, 0,
                       simple->emit.loc);
}

/* Takes the letter on the wire to Z, or back. */
static enum status add_basis(struct simple *simple, unsigned letter, uint32_t wire, bool is_back) {
    if (letter == 2 && !is_back) {
        TRY(add_gate(simple, GATE_SDG, wire, wire));
    }
    if (letter != 3) {
        TRY(add_gate(simple, GATE_H, wire, wire));
    }
    return letter == 2 && is_back ? add_gate(simple, GATE_S, wire, wire) : STATUS_OK;
}

/* ---- results ---- */

static enum status note_result(struct simple *simple, const struct op *op, uint32_t qpu) {
    TRY(vec_reserve(&simple->records, simple->n_records, &simple->cap_records, 1,
                    sizeof *simple->records));
    simple->records[simple->n_records++] = op->bit;
    return simple_note_birth(simple, op->bit, qpu);
}

static enum status measure_at_home(struct simple *simple, const struct op *op) {
    const uint32_t *qubits = qubits_of(simple, op);
    const enum gate_id flip = op_pauli(op, 0) == 3 ? GATE_X : GATE_Z;
    const bool is_inverted = (op->which & MEASURE_INVERTED) != 0;
    uint32_t wires[OP_MAX_PAULI_LETTERS];
    struct op *copy;
    for (uint32_t i = 0; i < op->n_qubits; i++) {
        wires[i] = simple->emit.home[qubits[i]];
    }
    if (is_inverted) {
        TRY(add_gate(simple, flip, wires[0], wires[0]));
    }
    TRY(add_op(simple, &copy, OP_MEASURE, wires, op->n_qubits, op));
    copy->bit = op->bit;
    copy->arg = op->arg;
    TRY(note_result(simple, op, qpu_of(simple, qubits[0])));
    if ((op->which & MEASURE_RESETS) != 0) {
        TRY(add_reset(simple, wires[0]));
        return add_basis(simple, op_pauli(op, 0), wires[0], true);
    }
    return is_inverted ? add_gate(simple, flip, wires[0], wires[0]) : STATUS_OK;
}

/* ---- products across QPUs ---- */

static uint32_t choose_qpu(const struct simple *simple, const struct op *op) {
    const uint32_t *qubits = qubits_of(simple, op);
    uint32_t best = 0, most = 0;
    for (uint32_t i = 0; i < op->n_qubits; i++) {
        uint32_t n = 0;
        for (uint32_t j = 0; j < op->n_qubits; j++) {
            n += qpu_of(simple, qubits[j]) == qpu_of(simple, qubits[i]);
        }
        best = n > most ? qpu_of(simple, qubits[i]) : best;
        most = n > most ? n : most;
    }
    return best;
}

static enum status check_room(const struct simple *simple, const struct op *op, uint32_t qpu) {
    const struct machine_qpu *qpus = simple->machine->qpus;
    const size_t n_needed = op->n_qubits > 0 ? 2 : 1;
    for (uint32_t i = 0; i < op->n_qubits; i++) {
        const uint32_t other = qpu_of(simple, qubits_of(simple, op)[i]);
        if (other != qpu && machine_find_link(simple->machine, other, qpu) == NULL) {
            return log_error_at(STATUS_INPUT, simple->emit.loc,
                                "a product on QPUs '%s' and '%s', which no link joins",
                                qpus[other].name, qpus[qpu].name);
        }
        if (other != qpu && emit_count_free_comm(&simple->emit, other) == 0) {
            return log_error_at(STATUS_INPUT, simple->emit.loc,
                                "a product on QPU '%s', which has no comm qubit", qpus[other].name);
        }
    }
    if (emit_count_free_comm(&simple->emit, qpu) < n_needed) {
        return log_error_at(STATUS_INPUT, simple->emit.loc,
                            "a product across QPUs needs %zu comm qubits on QPU '%s', which has %u",
                            n_needed, qpus[qpu].name, qpus[qpu].n_comm);
    }
    return STATUS_OK;
}

/* Adds the parity of the operand to the ancilla. */
static enum status add_operand(struct simple *simple, uint32_t qb, unsigned letter, uint32_t qpu,
                               uint32_t ancilla) {
    const uint32_t home = simple->emit.home[qb];
    struct loan loan;
    TRY(add_basis(simple, letter, home, false));
    if (qpu_of(simple, qb) == qpu) {
        TRY(add_gate(simple, GATE_CX, home, ancilla));
    } else {
        TRY(emit_copy(&simple->emit, &loan, home, qpu));
        TRY(add_gate(simple, GATE_CX, loan.wire, ancilla));
        TRY(emit_uncopy(&simple->emit, &loan));
    }
    return add_basis(simple, letter, home, true);
}

static enum status measure_by_ancilla(struct simple *simple, const struct op *op) {
    const uint32_t qpu = choose_qpu(simple, op);
    uint32_t ancilla;
    struct op *copy;
    TRY(check_room(simple, op, qpu));
    TRY(emit_borrow(&simple->emit, &ancilla, qpu));
    TRY(add_reset(simple, ancilla));
    for (uint32_t i = 0; i < op->n_qubits; i++) {
        TRY(add_operand(simple, qubits_of(simple, op)[i], op_pauli(op, i), qpu, ancilla));
    }
    if ((op->which & MEASURE_INVERTED) != 0) {
        TRY(add_gate(simple, GATE_X, ancilla, ancilla));
    }
    TRY(add_op(simple, &copy, OP_MEASURE, &ancilla, 1, op));
    copy->bit = op->bit;
    emit_give_back(&simple->emit, ancilla);
    return note_result(simple, op, qpu);
}

enum status simple_measure(struct simple *simple, const struct op *op) {
    const uint32_t *qubits = qubits_of(simple, op);
    bool is_local = op->n_qubits > 0;
    for (uint32_t i = 1; i < op->n_qubits; i++) {
        is_local = is_local && qpu_of(simple, qubits[i]) == qpu_of(simple, qubits[0]);
    }
    return is_local ? measure_at_home(simple, op) : measure_by_ancilla(simple, op);
}

enum status simple_reset(struct simple *simple, const struct op *op) {
    const uint32_t wire = simple->emit.home[qubits_of(simple, op)[0]];
    TRY(add_reset(simple, wire));
    return add_basis(simple, op->arg == 0 ? 3 : (unsigned)op->arg, wire, true);
}

enum status simple_copy_record(struct simple *simple, uint32_t *out_expr, uint32_t back) {
    if (back > simple->n_records || simple->n_records - back < simple->reach) {
        return log_error_at(STATUS_INPUT, simple->emit.loc,
                            "feedback on rec[-%u], a result of another round of a loop, is not "
                            "supported in programs",
                            back);
    }
    return expr_add(
        &simple->emit.program->ops, out_expr,
        (struct expr){.kind = EXPR_BIT, .a = simple->records[simple->n_records - back], .n = 1});
}

/* ---- noise and annotations ---- */

enum status simple_copy_noise(struct simple *simple, const struct op *op) {
    const struct op_list *from = &simple->circuit->ops;
    const bool is_chain = op->which == NOISE_CORRELATED || op->which == NOISE_ELSE;
    const uint32_t *qubits = op_qubits(from, op);
    const uint32_t group = is_chain ? op->n_qubits : op_noise_group((enum op_noise)op->which);
    uint32_t wires[OP_MAX_PAULI_LETTERS];
    if (op->which > NOISE_COUNT && !is_chain) {
        return op->which == NOISE_I || op->which == NOISE_II
                   ? STATUS_OK
                   : log_error_at(STATUS_INPUT, simple->emit.loc,
                                  "--distribute simple cannot distribute %s: programs have no "
                                  "heralded errors",
                                  op_noise_name((enum op_noise)op->which));
    }
    for (uint32_t i = 0; i < op->n_qubits; i += group) {
        struct op *copy;
        for (uint32_t k = 0; k < group; k++) {
            wires[k] = simple->emit.home[qubits[i + k]];
        }
        TRY(op_list_add(&simple->emit.program->ops, &copy, OP_NOISE, wires, group,
                        op_params(from, op), op->n_params, simple->emit.loc));
        copy->which = op->which;
        copy->arg = op->arg;
    }
    return STATUS_OK;
}

enum status simple_copy_annotation(struct simple *simple, const struct op *op) {
    const uint32_t *qubits = qubits_of(simple, op);
    struct op *copy;
    if (op->kind == OP_OBSERVABLE && op->n_qubits > 0) {
        return log_error_at(STATUS_INPUT, simple->emit.loc,
                            "an observable of Paulis is not supported in programs");
    }
    TRY(add_op(simple, &copy, (enum op_kind)op->kind, qubits, op->n_qubits, op));
    copy->arg = op->arg;
    for (uint32_t i = 0; i < op->n_qubits; i++) {
        uint32_t *wire = &simple->emit.program->ops.qubits[copy->qubit0 + i];
        *wire = simple->emit.home[*wire];
    }
    if (op->expr != OP_NO_EXPR) {
        uint32_t expr;
        TRY(expr_copy(&simple->emit.program->ops, &expr, &simple->circuit->ops, op->expr, NULL));
        copy->expr = expr;
    }
    return STATUS_OK;
}
