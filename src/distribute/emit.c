#include "distribute/emit.h"

#include <string.h>

/* ---- wires and bits ---- */

static enum status new_wire(struct emit *emit, uint32_t *out_wire, uint32_t qpu) {
    TRY(vec_reserve(&emit->wire_qpu, emit->n_wires, &emit->cap_wires, 1, sizeof *emit->wire_qpu));
    emit->wire_qpu[emit->n_wires] = qpu;
    *out_wire = u32_from_size(emit->n_wires++);
    return STATUS_OK;
}

static enum status add_data(struct emit *emit, uint32_t *out_wire, uint32_t qpu) {
    struct emit_qpu *q = &emit->qpus[qpu];
    TRY(vec_reserve(&q->data, q->n_data, &q->cap_data, 1, sizeof *q->data));
    TRY(new_wire(emit, &q->data[q->n_data], qpu));
    *out_wire = q->data[q->n_data++];
    return STATUS_OK;
}

static enum status get_bit(struct emit *emit, uint32_t *out_bit, uint32_t qpu, size_t index) {
    struct emit_qpu *q = &emit->qpus[qpu];
    while (q->n_bits <= index) {
        TRY(vec_reserve(&q->bits, q->n_bits, &q->cap_bits, 1, sizeof *q->bits));
        q->bits[q->n_bits++] = OP_NO_BIT;
    }
    if (q->bits[index] == OP_NO_BIT) {
        q->bits[index] = u32_from_size(emit->circuit->n_bits + emit->n_protocol_bits++);
    }
    *out_bit = q->bits[index];
    return STATUS_OK;
}

enum status emit_init(struct emit *emit, const struct circuit *circuit,
                      const struct machine *machine, const uint32_t *qpu_of) {
    *emit = (struct emit){.circuit = circuit, .machine = machine};
    emit->program = program_create();
    emit->qpus = mem_alloc(machine->n_qpus, sizeof *emit->qpus);
    emit->home = mem_alloc(circuit->n_qubits, sizeof *emit->home);
    emit->qpu_of = mem_alloc(circuit->n_qubits, sizeof *emit->qpu_of);
    if (emit->program == NULL || emit->qpus == NULL || emit->home == NULL || emit->qpu_of == NULL) {
        return STATUS_NOFIT;
    }
    for (uint32_t qb = 0; qb < circuit->n_qubits; qb++) {
        emit->qpu_of[qb] = qpu_of[qb];
        TRY(add_data(emit, &emit->home[qb], qpu_of[qb]));
        emit->qpus[qpu_of[qb]].n_assigned++;
    }
    return STATUS_OK;
}

void emit_fini(struct emit *emit) {
    for (size_t i = 0; emit->qpus != NULL && i < emit->machine->n_qpus; i++) {
        mem_free(emit->qpus[i].data);
        mem_free(emit->qpus[i].comm);
        mem_free(emit->qpus[i].is_lent);
        mem_free(emit->qpus[i].bits);
        mem_free(emit->qpus[i].kept);
    }
    mem_free(emit->qpus);
    mem_free(emit->home);
    mem_free(emit->qpu_of);
    mem_free(emit->wire_qpu);
    program_destroy(emit->program);
    memset(emit, 0, sizeof *emit);
}

size_t emit_count_free_comm(const struct emit *emit, uint32_t qpu) {
    const struct emit_qpu *q = &emit->qpus[qpu];
    size_t n_lent = 0;
    if (emit->machine->qpus[qpu].n_comm == MACHINE_UNLIMITED) {
        return SIZE_MAX;
    }
    for (size_t i = 0; i < q->n_comm; i++) {
        n_lent += q->is_lent[i];
    }
    return emit->machine->qpus[qpu].n_comm - n_lent;
}

bool emit_has_spare_data(const struct emit *emit, uint32_t qpu) {
    const struct emit_qpu *q = &emit->qpus[qpu];
    return !q->is_spare_lent && q->n_assigned < emit->machine->qpus[qpu].n_data;
}

/* The lowest free comm qubit, which the caller knows to exist. */
static enum status borrow(struct emit *emit, uint32_t *out_wire, size_t *out_index, uint32_t qpu) {
    struct emit_qpu *q = &emit->qpus[qpu];
    size_t i = 0;
    while (i < q->n_comm && q->is_lent[i]) {
        i++;
    }
    if (i == q->n_comm) {
        TRY(vec_reserve(&q->comm, i, &q->cap_comm, 1, sizeof *q->comm));
        TRY(vec_reserve(&q->is_lent, i, &q->cap_lent, 1, sizeof *q->is_lent));
        TRY(new_wire(emit, &q->comm[i], qpu));
        q->n_comm++;
    }
    q->is_lent[i] = true;
    *out_wire = q->comm[i];
    *out_index = i;
    return STATUS_OK;
}

static void give_back(struct emit *emit, uint32_t wire) {
    struct emit_qpu *q = &emit->qpus[emit->wire_qpu[wire]];
    for (size_t i = 0; i < q->n_comm; i++) {
        if (q->comm[i] == wire) {
            q->is_lent[i] = false;
        }
    }
}

static size_t index_of_comm(const struct emit *emit, uint32_t wire) {
    const struct emit_qpu *q = &emit->qpus[emit->wire_qpu[wire]];
    size_t i = 0;
    while (q->comm[i] != wire) {
        i++;
    }
    return i;
}

enum status emit_add_bit(struct emit *emit, uint32_t *out_bit, uint32_t qpu) {
    struct emit_qpu *q = &emit->qpus[qpu];
    TRY(vec_reserve(&q->kept, q->n_kept, &q->cap_kept, 1, sizeof *q->kept));
    *out_bit = u32_from_size(emit->circuit->n_bits + emit->n_protocol_bits++);
    q->kept[q->n_kept++] = *out_bit;
    return STATUS_OK;
}

enum status emit_borrow(struct emit *emit, uint32_t *out_wire, uint32_t qpu) {
    size_t ignored;
    return borrow(emit, out_wire, &ignored, qpu);
}

void emit_give_back(struct emit *emit, uint32_t wire) {
    give_back(emit, wire);
}

/* ---- ops ---- */

static enum status add_gate(struct emit *emit, enum gate_id gate, uint32_t a, uint32_t b) {
    const uint32_t wires[2] = {a, b};
    return op_list_add_gate(&emit->program->ops, gate, wires, NULL, emit->loc);
}

static enum status add_measure(struct emit *emit, uint32_t wire, uint32_t bit) {
    struct op *op;
    TRY(op_list_add(&emit->program->ops, &op, OP_MEASURE, &wire, 1, NULL, 0, emit->loc));
    op->bit = bit;
    return STATUS_OK;
}

/* if (bit) gate wire; */
static enum status add_correction(struct emit *emit, uint32_t bit, enum gate_id gate,
                                  uint32_t wire) {
    struct op_list *ops = &emit->program->ops;
    uint32_t expr;
    size_t open;
    TRY(expr_add(ops, &expr, (struct expr){.kind = EXPR_BIT, .a = bit, .n = 1}));
    TRY(op_list_open(ops, &open, OP_IF, expr, 0, emit->loc));
    TRY(add_gate(emit, gate, wire, wire));
    return op_list_close(ops, open, emit->loc);
}

static enum status add_ebit(struct emit *emit, uint32_t *out_a, uint32_t *out_b, uint32_t qpu_a,
                            uint32_t qpu_b) {
    size_t ignored;
    TRY(borrow(emit, out_a, &ignored, qpu_a));
    TRY(borrow(emit, out_b, &ignored, qpu_b));
    const uint32_t wires[2] = {*out_a, *out_b};
    return op_list_add(&emit->program->ops, NULL, OP_EBIT, wires, 2, NULL, 0, emit->loc);
}

/* Bit of a comm wire: its index; bit of a data wire: after the comm qubits that a QPU can have. */
static enum status bit_of_wire(struct emit *emit, uint32_t *out_bit, uint32_t wire, bool is_comm) {
    const uint32_t qpu = emit->wire_qpu[wire];
    return get_bit(emit, out_bit, qpu, is_comm ? index_of_comm(emit, wire) + 1 : 0);
}

enum status emit_copy(struct emit *emit, struct loan *out_loan, uint32_t source, uint32_t qpu) {
    uint32_t a, b, m;
    TRY(add_ebit(emit, &a, &b, emit->wire_qpu[source], qpu));
    TRY(bit_of_wire(emit, &m, a, true));
    TRY(add_gate(emit, GATE_CX, source, a));
    TRY(add_measure(emit, a, m));
    TRY(add_correction(emit, m, GATE_X, b));
    give_back(emit, a);
    *out_loan = (struct loan){source, b, qpu, true, false};
    return STATUS_OK;
}

enum status emit_uncopy(struct emit *emit, const struct loan *loan) {
    uint32_t k;
    TRY(bit_of_wire(emit, &k, loan->wire, true));
    TRY(add_gate(emit, GATE_H, loan->wire, loan->wire));
    TRY(add_measure(emit, loan->wire, k));
    TRY(add_correction(emit, k, GATE_Z, loan->source));
    give_back(emit, loan->wire);
    return STATUS_OK;
}

/* The state of `from` arrives on a comm qubit of `qpu`; `from` and its comm qubit are measured. */
static enum status teleport(struct emit *emit, uint32_t *out_wire, uint32_t from, bool from_is_comm,
                            uint32_t qpu) {
    uint32_t a, b, m, k;
    TRY(add_ebit(emit, &a, &b, emit->wire_qpu[from], qpu));
    TRY(bit_of_wire(emit, &m, a, true));
    TRY(bit_of_wire(emit, &k, from, from_is_comm));
    TRY(add_gate(emit, GATE_CX, from, a));
    TRY(add_gate(emit, GATE_H, from, from));
    TRY(add_measure(emit, a, m));
    TRY(add_measure(emit, from, k));
    TRY(add_correction(emit, m, GATE_X, b));
    TRY(add_correction(emit, k, GATE_Z, b));
    give_back(emit, a);
    *out_wire = b;
    return STATUS_OK;
}

enum status emit_move(struct emit *emit, struct loan *out_loan, uint32_t source, uint32_t qpu) {
    struct emit_qpu *q = &emit->qpus[qpu];
    struct loan loan = {source, 0, qpu, false, false};
    TRY(teleport(emit, &loan.wire, source, false, qpu));
    if (emit_has_spare_data(emit, qpu)) {
        uint32_t spare;
        if (q->n_data == q->n_assigned) {
            TRY(add_data(emit, &spare, qpu));
        }
        spare = q->data[q->n_assigned];
        TRY(add_gate(emit, GATE_SWAP, loan.wire, spare));
        give_back(emit, loan.wire);
        loan.wire = spare;
        loan.is_spare = true;
        q->is_spare_lent = true;
    }
    *out_loan = loan;
    return STATUS_OK;
}

enum status emit_move_back(struct emit *emit, const struct loan *loan) {
    uint32_t arrived;
    TRY(teleport(emit, &arrived, loan->wire, !loan->is_spare, emit->wire_qpu[loan->source]));
    TRY(add_gate(emit, GATE_SWAP, arrived, loan->source));
    give_back(emit, arrived);
    if (loan->is_spare) {
        emit->qpus[loan->qpu].is_spare_lent = false;
    } else {
        give_back(emit, loan->wire);
    }
    return STATUS_OK;
}

/* ---- registers ---- */

/* "A_data", with underscores until no register of the circuit has that name. */
static const char *make_name(struct emit *emit, const char *qpu, const char *what) {
    struct arena *arena = &emit->program->arena;
    const char *name = arena_printf(arena, "%s_%s", qpu, what);
    while (name != NULL && circuit_find_creg(emit->circuit, name, strlen(name)) != NULL) {
        name = arena_printf(arena, "%s_", name);
    }
    return name;
}

static enum status declare_wires(struct emit *emit, uint32_t qpu, bool is_comm, uint32_t *map) {
    struct emit_qpu *q = &emit->qpus[qpu];
    const size_t n = is_comm ? q->n_comm : q->n_data;
    const uint32_t *wires = is_comm ? q->comm : q->data;
    uint32_t first;
    if (n == 0) {
        return STATUS_OK;
    }
    const char *name = make_name(emit, emit->machine->qpus[qpu].name, is_comm ? "comm" : "data");
    if (name == NULL) {
        return STATUS_NOFIT;
    }
    TRY(program_add_qreg(emit->program, &first, name, u32_from_size(n), qpu, is_comm));
    for (size_t i = 0; i < n; i++) {
        map[wires[i]] = first + u32_from_size(i);
    }
    return STATUS_OK;
}

static enum status declare_protocol_bits(struct emit *emit, uint32_t qpu, uint32_t *map) {
    const struct emit_qpu *q = &emit->qpus[qpu];
    uint32_t n_used = u32_from_size(q->n_kept), first, next = 0;
    for (size_t i = 0; i < q->n_bits; i++) {
        n_used += q->bits[i] != OP_NO_BIT;
    }
    if (n_used == 0) {
        return STATUS_OK;
    }
    const char *name = make_name(emit, emit->machine->qpus[qpu].name, "bits");
    if (name == NULL) {
        return STATUS_NOFIT;
    }
    TRY(program_add_creg(emit->program, &first, name, n_used, false, false));
    for (size_t i = 0; i < q->n_bits; i++) {
        if (q->bits[i] != OP_NO_BIT) {
            map[q->bits[i]] = first + next++;
        }
    }
    for (size_t i = 0; i < q->n_kept; i++) {
        map[q->kept[i]] = first + next++;
    }
    return STATUS_OK;
}

static enum status declare_bits(struct emit *emit, uint32_t *map) {
    const struct circuit *circuit = emit->circuit;
    struct program *program = emit->program;
    uint32_t first;
    bool has_output = false, has_key = false;
    for (size_t i = 0; i < circuit->n_cregs; i++) {
        has_output = has_output || circuit->cregs[i].is_output;
    }
    for (size_t i = 0; i < circuit->n_cregs; i++) {
        const struct reg *reg = &circuit->cregs[i];
        const bool is_key = has_output ? reg->is_output : !reg->is_local;
        TRY(program_add_creg(program, &first, reg->name, reg->n, is_key, reg->is_scalar));
        CHECK(first == reg->first);
        program->cregs[program->n_cregs - 1].is_local = !is_key;
        has_key = has_key || is_key;
        for (uint32_t b = 0; b < reg->n; b++) {
            map[first + b] = first + b;
        }
    }
    for (uint32_t qpu = 0; qpu < emit->machine->n_qpus; qpu++) {
        const size_t n_cregs = program->n_cregs;
        TRY(declare_protocol_bits(emit, qpu, map));
        if (!has_key && program->n_cregs > n_cregs) {
            program->cregs[n_cregs].is_local = true; /* no output would mean all */
        }
    }
    return STATUS_OK;
}

static void renumber(struct op_list *ops, const uint32_t *wire_map, const uint32_t *bit_map) {
    for (size_t i = 0; i < ops->n_qubits; i++) {
        ops->qubits[i] = wire_map[ops->qubits[i]];
    }
    for (size_t i = 0; i < ops->n_ops; i++) {
        if (ops->ops[i].bit != OP_NO_BIT) {
            ops->ops[i].bit = bit_map[ops->ops[i].bit];
        }
    }
    for (size_t i = 0; i < ops->n_exprs; i++) {
        struct expr *expr = &ops->exprs[i];
        if (expr->kind == EXPR_BIT || expr->kind == EXPR_EQ) {
            expr->a = bit_map[expr->a];
        }
    }
}

static enum status declare_logical(struct emit *emit, const uint32_t *wire_map) {
    const struct circuit *circuit = emit->circuit;
    enum status status = STATUS_OK;
    for (uint32_t qb = 0; qb < circuit->n_qubits && status == STATUS_OK; qb++) {
        struct text name = {0};
        circuit_add_qubit_name(&name, circuit, qb);
        status = name.failed ? STATUS_NOFIT : STATUS_OK;
        for (int is_out = 0; is_out < 2 && status == STATUS_OK; is_out++) {
            status = program_add_logical(emit->program, is_out != 0, name.data,
                                         wire_map[emit->home[qb]]);
        }
        text_fini(&name);
    }
    return status;
}

static enum status copy_files(struct emit *emit) {
    struct program *program = emit->program;
    TRY(vec_reserve(&program->files, 0, &program->cap_files, emit->circuit->n_files,
                    sizeof *program->files));
    for (size_t i = 0; i < emit->circuit->n_files; i++) {
        program->files[i] = arena_strdup(&program->arena, emit->circuit->files[i]);
        if (program->files[i] == NULL) {
            return STATUS_NOFIT;
        }
    }
    program->n_files = emit->circuit->n_files;
    return STATUS_OK;
}

enum status emit_finish(struct emit *emit, struct program **out_program) {
    uint32_t *wire_map = mem_alloc(emit->n_wires, sizeof *wire_map);
    uint32_t *bit_map = mem_alloc(emit->circuit->n_bits + emit->n_protocol_bits, sizeof *bit_map);
    enum status status = wire_map == NULL || bit_map == NULL ? STATUS_NOFIT : STATUS_OK;
    for (uint32_t qpu = 0; qpu < emit->machine->n_qpus && status == STATUS_OK; qpu++) {
        uint32_t ignored;
        TRY_GOTO(program_add_qpu(emit->program, &ignored, emit->machine->qpus[qpu].name), done);
        TRY_GOTO(declare_wires(emit, qpu, false, wire_map), done);
        TRY_GOTO(declare_wires(emit, qpu, true, wire_map), done);
    }
    if (status == STATUS_OK) {
        TRY_GOTO(declare_bits(emit, bit_map), done);
        renumber(&emit->program->ops, wire_map, bit_map);
        TRY_GOTO(declare_logical(emit, wire_map), done);
        TRY_GOTO(copy_files(emit), done);
        emit->program->distribute = "simple";
        TRY_GOTO(program_resolve(emit->program), done);
        *out_program = emit->program;
        emit->program = NULL;
    }
done:
    mem_free(wire_map);
    mem_free(bit_map);
    return status;
}
