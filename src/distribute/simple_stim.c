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
    TRY(simple_note_birth(simple, op->bit, qpu));
    return simple_note_history(simple, op->bit);
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

static bool is_at_home(const struct simple *simple, const struct op *op) {
    const uint32_t *qubits = qubits_of(simple, op);
    bool is_local = op->n_qubits > 0;
    for (uint32_t i = 1; i < op->n_qubits; i++) {
        is_local = is_local && qpu_of(simple, qubits[i]) == qpu_of(simple, qubits[0]);
    }
    return is_local;
}

uint32_t simple_birth_qpu(const struct simple *simple, const struct op *op) {
    return is_at_home(simple, op) ? qpu_of(simple, qubits_of(simple, op)[0])
                                  : choose_qpu(simple, op);
}

enum status simple_measure(struct simple *simple, const struct op *op) {
    TRY(simple_keep_result(simple));
    return is_at_home(simple, op) ? measure_at_home(simple, op) : measure_by_ancilla(simple, op);
}

enum status simple_reset(struct simple *simple, const struct op *op) {
    const uint32_t wire = simple->emit.home[qubits_of(simple, op)[0]];
    TRY(add_reset(simple, wire));
    return add_basis(simple, op->arg == 0 ? 3 : (unsigned)op->arg, wire, true);
}

/* ---- noise and annotations ---- */

static bool is_heralded(const struct op *op) {
    return op->which == NOISE_HERALDED_ERASE || op->which == NOISE_HERALDED_PAULI1;
}

/* The herald, a comm qubit in |0>, is flipped together with the error: letters X I, X X, X Y, X Z
 * of a channel on both. */
static enum status copy_herald(struct simple *simple, const struct op *op) {
    const double *p = op_params(&simple->circuit->ops, op);
    const uint32_t qb = qubits_of(simple, op)[0], qpu = qpu_of(simple, qb);
    double channel[15] = {0};
    uint32_t wires[2] = {0, simple->emit.home[qb]};
    struct op *copy;
    if (emit_count_free_comm(&simple->emit, qpu) == 0) {
        return log_error_at(STATUS_INPUT, simple->emit.loc,
                            "%s needs a comm qubit for its herald on QPU '%s', which has none",
                            op_noise_name((enum op_noise)op->which),
                            simple->machine->qpus[qpu].name);
    }
    for (unsigned letter = 0; letter < 4; letter++) {
        channel[3 + letter] = op->which == NOISE_HERALDED_ERASE ? p[0] / 4 : p[letter];
    }
    TRY(simple_keep_result(simple));
    TRY(emit_borrow(&simple->emit, &wires[0], qpu));
    TRY(add_reset(simple, wires[0]));
    TRY(op_list_add(&simple->emit.program->ops, &copy, OP_NOISE, wires, 2, channel, 15,
                    simple->emit.loc));
    copy->which = NOISE_PAULI2;
    TRY(op_list_add(&simple->emit.program->ops, &copy, OP_MEASURE, wires, 1, NULL, 0,
                    simple->emit.loc));
    copy->bit = op->bit;
    emit_give_back(&simple->emit, wires[0]);
    return note_result(simple, op, qpu);
}

static enum status copy_error(struct simple *simple, const struct op *op, const uint32_t *qubits,
                              uint32_t n_qubits) {
    const struct op_list *from = &simple->circuit->ops;
    uint32_t wires[OP_MAX_PAULI_LETTERS];
    struct op *copy;
    for (uint32_t k = 0; k < n_qubits; k++) {
        wires[k] = simple->emit.home[qubits[k]];
    }
    TRY(op_list_add(&simple->emit.program->ops, &copy, OP_NOISE, wires, n_qubits,
                    op_params(from, op), op->n_params, simple->emit.loc));
    copy->which = op->which;
    copy->arg = op->arg;
    return STATUS_OK;
}

enum status simple_copy_noise(struct simple *simple, const struct op *op) {
    const uint32_t *qubits = qubits_of(simple, op);
    if (op->which == NOISE_CORRELATED || op->which == NOISE_ELSE) { /* even on no qubit at all */
        return copy_error(simple, op, qubits, op->n_qubits);
    }
    if (is_heralded(op)) {
        return copy_herald(simple, op);
    }
    if (op->which == NOISE_I || op->which == NOISE_II) {
        return STATUS_OK;
    }
    const uint32_t group = op_noise_group((enum op_noise)op->which);
    for (uint32_t i = 0; i < op->n_qubits; i += group) {
        TRY(copy_error(simple, op, qubits + i, group));
    }
    return STATUS_OK;
}

enum status simple_copy_annotation(struct simple *simple, const struct op *op) {
    const uint32_t *qubits = qubits_of(simple, op);
    struct op *copy;
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
