#include <string.h>

#include "distribute/distribute.h"
#include "distribute/emit.h"
#include "distribute/place.h"

struct simple {
    struct emit emit;
    const struct circuit *circuit;
    const struct machine *machine;
    bool *is_born; /* per circuit bit: a measurement before may have written it */
    uint32_t expr; /* condition around the gates that are emitted now; OP_NO_EXPR: none */
    /* Barriers: first and last operand of each QPU (OP_NO_QPU: none yet), and the next of each. */
    struct barrier_list {
        uint32_t first, last;
    } * barriers;
    uint32_t *next, *wires;
    size_t cap_next, cap_wires;
};

/* ---- conditions ---- */

/* Bits that nothing has written yet are 0: they leave the tree, so that every bit that is read has
 * been born. EQ over such bits becomes a conjunction over the others. */
static enum status copy_born(struct simple *simple, uint32_t *out_expr, uint32_t from);

static enum status add_const(struct op_list *ops, uint32_t *out_expr, uint32_t value) {
    return expr_add(ops, out_expr, (struct expr){.kind = EXPR_CONST, .value0 = value});
}

static enum status copy_eq(struct simple *simple, uint32_t *out_expr, const struct expr *eq) {
    struct op_list *ops = &simple->emit.program->ops;
    const uint64_t *value = simple->circuit->ops.words + eq->value0;
    uint32_t n_born = 0, all = OP_NO_EXPR;
    for (uint32_t i = 0; i < eq->n; i++) {
        const bool bit = (value[i / 64] >> (i % 64)) & 1;
        n_born += simple->is_born[eq->a + i];
        if (bit && !simple->is_born[eq->a + i]) {
            return add_const(ops, out_expr, 0);
        }
    }
    if (n_born == eq->n) {
        return expr_add_eq(ops, out_expr, eq->a, eq->n, value);
    }
    for (uint32_t i = 0; i < eq->n; i++) {
        uint32_t term;
        if (!simple->is_born[eq->a + i]) {
            continue;
        }
        TRY(expr_add(ops, &term, (struct expr){.kind = EXPR_BIT, .a = eq->a + i, .n = 1}));
        if (((value[i / 64] >> (i % 64)) & 1) == 0) {
            TRY(expr_add(ops, &term, (struct expr){.kind = EXPR_NOT, .a = term}));
        }
        if (all == OP_NO_EXPR) {
            all = term;
        } else {
            TRY(expr_add(ops, &all, (struct expr){.kind = EXPR_AND, .a = all, .b = term}));
        }
    }
    *out_expr = all;
    return all == OP_NO_EXPR ? add_const(ops, out_expr, 1) : STATUS_OK;
}

static enum status copy_operator(struct simple *simple, uint32_t *out_expr,
                                 const struct expr *node) {
    struct op_list *ops = &simple->emit.program->ops;
    struct expr copy = *node;
    TRY(copy_born(simple, &copy.a, node->a));
    const struct expr a = ops->exprs[copy.a];
    if (node->kind == EXPR_NOT) {
        return a.kind == EXPR_CONST ? add_const(ops, out_expr, !a.value0)
                                    : expr_add(ops, out_expr, copy);
    }
    TRY(copy_born(simple, &copy.b, node->b));
    const struct expr b = ops->exprs[copy.b];
    if (a.kind != EXPR_CONST && b.kind != EXPR_CONST) {
        return expr_add(ops, out_expr, copy);
    }
    const uint32_t value = a.kind == EXPR_CONST ? a.value0 : b.value0;
    const uint32_t other = a.kind == EXPR_CONST ? copy.b : copy.a;
    if (node->kind == EXPR_XOR && value != 0) {
        return ops->exprs[other].kind == EXPR_CONST
                   ? add_const(ops, out_expr, !ops->exprs[other].value0)
                   : expr_add(ops, out_expr, (struct expr){.kind = EXPR_NOT, .a = other});
    }
    if (node->kind == EXPR_XOR || (node->kind == EXPR_AND) == (value != 0)) {
        *out_expr = other;
        return STATUS_OK;
    }
    return add_const(ops, out_expr, value);
}

static enum status copy_born(struct simple *simple, uint32_t *out_expr, uint32_t from) {
    const struct expr *node = &simple->circuit->ops.exprs[from];
    struct op_list *ops = &simple->emit.program->ops;
    switch ((enum expr_kind)node->kind) {
    case EXPR_CONST:
        return add_const(ops, out_expr, node->value0);
    case EXPR_BIT:
        return simple->is_born[node->a] ? expr_add(ops, out_expr, *node)
                                        : add_const(ops, out_expr, 0);
    case EXPR_EQ:
        return copy_eq(simple, out_expr, node);
    case EXPR_NOT:
    case EXPR_AND:
    case EXPR_OR:
    case EXPR_XOR:
        break;
    }
    return copy_operator(simple, out_expr, node);
}

/* Opens the condition around what follows, if there is one. */
static enum status open_condition(struct simple *simple, size_t *out_open) {
    return simple->expr == OP_NO_EXPR ? STATUS_OK
                                      : op_list_open(&simple->emit.program->ops, out_open, OP_IF,
                                                     simple->expr, 0, simple->emit.loc);
}

static enum status close_condition(struct simple *simple, size_t open) {
    return simple->expr == OP_NO_EXPR
               ? STATUS_OK
               : op_list_close(&simple->emit.program->ops, open, simple->emit.loc);
}

/* ---- gates ---- */

static uint32_t qpu_of(const struct simple *simple, uint32_t qb) {
    return simple->emit.qpu_of[qb];
}

static bool is_local(const struct simple *simple, const struct op *op) {
    const uint32_t *qubits = op_qubits(&simple->circuit->ops, op);
    for (uint32_t i = 1; i < op->n_qubits; i++) {
        if (qpu_of(simple, qubits[i]) != qpu_of(simple, qubits[0])) {
            return false;
        }
    }
    return true;
}

/* A gate to distribute: of the circuit, or a piece of one. */
struct gate_call {
    enum gate_id gate;
    uint32_t n_qubits;
    const uint32_t *qubits;
    const double *params;
};

static enum status emit_gate(struct simple *simple, const struct gate_call *call,
                             const uint32_t *wires) {
    size_t open = 0;
    TRY(open_condition(simple, &open));
    TRY(op_list_add_gate(&simple->emit.program->ops, call->gate, wires, call->params,
                         simple->emit.loc));
    return close_condition(simple, open);
}

/* The QPU that runs the gate: two qubits: the last operand's, but the first one's if only the
 * second can be copied; more: the one that holds most, ties to the lowest operand. */
static uint32_t choose_qpu(const struct simple *simple, const struct gate_call *call) {
    uint32_t best = 0, most = 0;
    if (call->n_qubits == 2) {
        const bool from_0 = gate_is_diagonal_on(call->gate, call->params, 0);
        const bool from_1 = gate_is_diagonal_on(call->gate, call->params, 1);
        return qpu_of(simple, call->qubits[!from_0 && from_1 ? 0 : 1]);
    }
    for (uint32_t i = 0; i < call->n_qubits; i++) {
        uint32_t n = 0;
        for (uint32_t j = 0; j < call->n_qubits; j++) {
            n += qpu_of(simple, call->qubits[j]) == qpu_of(simple, call->qubits[i]);
        }
        if (n > most) {
            most = n;
            best = qpu_of(simple, call->qubits[i]);
        }
    }
    return best;
}

static enum status check_link(const struct simple *simple, const struct gate_call *call, uint32_t a,
                              uint32_t b) {
    const struct machine_qpu *qpus = simple->machine->qpus;
    const char *name = gate_get(call->gate)->name;
    if (machine_find_link(simple->machine, a, b) == NULL) {
        return log_error_at(STATUS_INPUT, simple->emit.loc,
                            "%s joins qubits on QPUs '%s' and '%s', which no link joins", name,
                            qpus[a].name, qpus[b].name);
    }
    const uint32_t without = qpus[a].n_comm == 0 ? a : b;
    if (qpus[without].n_comm == 0) {
        return log_error_at(STATUS_INPUT, simple->emit.loc,
                            "%s joins qubits on QPUs '%s' and '%s', and '%s' has no comm qubit",
                            name, qpus[a].name, qpus[b].name, qpus[without].name);
    }
    return STATUS_OK;
}

/* Comm qubits that the gate needs at `qpu` at once: one per operand that is away, one more to send
 * back a state that has no spare data qubit to lie in. */
static size_t count_comm(const struct simple *simple, const struct gate_call *call, uint32_t qpu) {
    size_t n = 0, n_moved = 0;
    for (uint32_t i = 0; i < call->n_qubits; i++) {
        if (qpu_of(simple, call->qubits[i]) == qpu) {
            continue;
        }
        if (gate_is_diagonal_on(call->gate, call->params, i)) {
            n++;
        } else {
            n_moved++;
        }
    }
    const bool has_spare = emit_has_spare_data(&simple->emit, qpu);
    n += n_moved - (n_moved > 0 && has_spare);
    return n + (n_moved > 0);
}

static enum status distribute_gate(struct simple *simple, const struct gate_call *call);

static bool can_decompose(const struct gate_call *call) {
    const struct gate_info *info = gate_get(call->gate);
    return info->n_qubits >= 3 || info->diagonal_mask == 0;
}

static enum status decompose(struct simple *simple, const struct gate_call *call) {
    struct op_list pieces = {0};
    enum status status =
        gate_decompose(&pieces, call->gate, call->params, call->qubits, simple->emit.loc);
    for (size_t i = 0; i < pieces.n_ops && status == STATUS_OK; i++) {
        const struct op *op = &pieces.ops[i];
        const struct gate_call piece = {(enum gate_id)op->which, op->n_qubits,
                                        op_qubits(&pieces, op), op_params(&pieces, op)};
        status = distribute_gate(simple, &piece);
    }
    op_list_fini(&pieces);
    return status;
}

static enum status run_at(struct simple *simple, const struct gate_call *call, uint32_t qpu) {
    struct emit *emit = &simple->emit;
    struct loan loans[GATE_MAX_QUBITS];
    uint32_t wires[GATE_MAX_QUBITS], n_loans = 0;
    for (uint32_t i = 0; i < call->n_qubits; i++) {
        const uint32_t home = emit->home[call->qubits[i]];
        wires[i] = home;
        if (qpu_of(simple, call->qubits[i]) == qpu) {
            continue;
        }
        const bool is_copy = gate_is_diagonal_on(call->gate, call->params, i);
        TRY(is_copy ? emit_copy(emit, &loans[n_loans], home, qpu)
                    : emit_move(emit, &loans[n_loans], home, qpu));
        wires[i] = loans[n_loans++].wire;
    }
    TRY(emit_gate(simple, call, wires));
    while (n_loans-- > 0) {
        TRY(loans[n_loans].is_copy ? emit_uncopy(emit, &loans[n_loans])
                                   : emit_move_back(emit, &loans[n_loans]));
    }
    return STATUS_OK;
}

static enum status distribute_gate(struct simple *simple, const struct gate_call *call) {
    const uint32_t qpu = choose_qpu(simple, call);
    bool is_one = true;
    for (uint32_t i = 0; i < call->n_qubits; i++) {
        const uint32_t other = qpu_of(simple, call->qubits[i]);
        if (other != qpu) {
            is_one = false;
            TRY(check_link(simple, call, other, qpu));
        }
    }
    if (is_one) {
        uint32_t wires[GATE_MAX_QUBITS];
        for (uint32_t i = 0; i < call->n_qubits; i++) {
            wires[i] = simple->emit.home[call->qubits[i]];
        }
        return emit_gate(simple, call, wires);
    }
    const size_t n_comm = count_comm(simple, call, qpu);
    if (n_comm <= emit_count_free_comm(&simple->emit, qpu)) {
        return run_at(simple, call, qpu);
    }
    if (can_decompose(call)) {
        return decompose(simple, call);
    }
    return log_error_at(STATUS_INPUT, simple->emit.loc,
                        "%s needs %zu comm qubits on QPU '%s', which has %u",
                        gate_get(call->gate)->name, n_comm, simple->machine->qpus[qpu].name,
                        simple->machine->qpus[qpu].n_comm);
}

/* ---- ops ---- */

/* Copies an op that needs no protocol, operands at home. */
static enum status copy_op(struct simple *simple, const struct op *op) {
    const struct op_list *from = &simple->circuit->ops;
    struct op_list *to = &simple->emit.program->ops;
    struct op *copy;
    TRY(op_list_add(to, &copy, (enum op_kind)op->kind, op_qubits(from, op), op->n_qubits,
                    op_params(from, op), op->n_params, simple->emit.loc));
    copy->which = op->which;
    copy->bit = op->bit;
    copy->arg = op->arg;
    for (uint32_t i = 0; i < op->n_qubits; i++) {
        uint32_t *wire = &to->qubits[copy->qubit0 + i];
        *wire = simple->emit.home[*wire];
    }
    if (op->kind == OP_MEASURE) {
        simple->is_born[op->bit] = true;
    }
    return STATUS_OK;
}

/* One barrier per QPU, in order of their first operands. */
static enum status copy_barrier(struct simple *simple, const struct op *op) {
    const uint32_t *qubits = op_qubits(&simple->circuit->ops, op);
    TRY(vec_reserve(&simple->next, 0, &simple->cap_next, op->n_qubits, sizeof *simple->next));
    TRY(vec_reserve(&simple->wires, 0, &simple->cap_wires, op->n_qubits, sizeof *simple->wires));
    for (uint32_t i = 0; i < op->n_qubits; i++) {
        struct barrier_list *list = &simple->barriers[qpu_of(simple, qubits[i])];
        simple->next[i] = OP_NO_QPU;
        if (list->first == OP_NO_QPU) {
            list->first = i;
        } else {
            simple->next[list->last] = i;
        }
        list->last = i;
    }
    for (uint32_t i = 0; i < op->n_qubits; i++) {
        struct barrier_list *list = &simple->barriers[qpu_of(simple, qubits[i])];
        size_t n = 0;
        if (list->first != i) {
            continue;
        }
        for (uint32_t j = i; j != OP_NO_QPU; j = simple->next[j]) {
            simple->wires[n++] = simple->emit.home[qubits[j]];
        }
        list->first = OP_NO_QPU;
        TRY(op_list_add(&simple->emit.program->ops, NULL, OP_BARRIER, simple->wires, n, NULL, 0,
                        simple->emit.loc));
    }
    return STATUS_OK;
}

static enum status distribute_op(struct simple *simple, const struct op *op) {
    const struct op_list *ops = &simple->circuit->ops;
    switch ((enum op_kind)op->kind) {
    case OP_GATE: {
        const struct gate_call call = {(enum gate_id)op->which, op->n_qubits, op_qubits(ops, op),
                                       op_params(ops, op)};
        return distribute_gate(simple, &call);
    }
    case OP_BARRIER:
        return copy_barrier(simple, op);
    case OP_MEASURE:
    case OP_RESET: {
        size_t open = 0;
        if (!is_local(simple, op)) {
            break;
        }
        TRY(open_condition(simple, &open));
        TRY(copy_op(simple, op));
        return close_condition(simple, open);
    }
    case OP_ALLOC:
    case OP_FREE:
    case OP_EBIT:
    case OP_SEND:
    case OP_RECV:
    case OP_IF:
    case OP_ELSE:
    case OP_WHILE:
    case OP_REPEAT:
    case OP_END:
    case OP_NOISE:
    case OP_IDLE:
    case OP_DETECTOR:
    case OP_OBSERVABLE:
    case OP_TICK:
    case OP_COORDS:
    case OP_SHIFT_COORDS:
    case OP_CALL:
    case OP_KIND_COUNT:
        break;
    }
    return log_error_at(STATUS_INPUT, simple->emit.loc,
                        "--distribute simple cannot distribute %s here",
                        op_kind_name((enum op_kind)op->kind));
}

/* ---- blocks ---- */

/* What an IF body asks for: its gates can stay in one block, or need protocols around each. */
static bool is_local_body(const struct simple *simple, size_t first, size_t end) {
    for (size_t i = first; i < end; i++) {
        const struct op *op = &simple->circuit->ops.ops[i];
        if (op->match != OP_NO_MATCH || !is_local(simple, op)) {
            return false;
        }
    }
    return true;
}

static enum status distribute_body(struct simple *simple, size_t first, size_t end) {
    for (size_t i = first; i < end; i++) {
        const struct op *op = &simple->circuit->ops.ops[i];
        simple->emit.loc = circuit_loc(simple->circuit, op);
        if (simple->expr != OP_NO_EXPR && op->kind == OP_MEASURE) {
            return log_error_at(STATUS_INPUT, simple->emit.loc,
                                "--distribute simple cannot distribute a condition on both a "
                                "measurement and a gate across QPUs");
        }
        TRY(distribute_op(simple, op));
    }
    return STATUS_OK;
}

/* A condition whose gates stay on their QPUs keeps its block; else each gate gets the condition of
 * its own inside its packet, so that ebits never depend on data. */
static enum status distribute_if(struct simple *simple, size_t i) {
    struct op_list *to = &simple->emit.program->ops;
    const struct op *op = &simple->circuit->ops.ops[i];
    const size_t end = op->match;
    uint32_t expr;
    size_t open;
    if (simple->circuit->ops.ops[end].kind != OP_END) {
        return log_error_at(STATUS_INPUT, simple->emit.loc,
                            "--distribute simple cannot distribute else");
    }
    TRY(copy_born(simple, &expr, op->expr));
    if (to->exprs[expr].kind == EXPR_CONST) {
        return to->exprs[expr].value0 != 0 ? distribute_body(simple, i + 1, end) : STATUS_OK;
    }
    if (is_local_body(simple, i + 1, end)) {
        TRY(op_list_open(to, &open, OP_IF, expr, 0, simple->emit.loc));
        TRY(distribute_body(simple, i + 1, end));
        return op_list_close(to, open, simple->emit.loc);
    }
    simple->expr = expr;
    const enum status status = distribute_body(simple, i + 1, end);
    simple->expr = OP_NO_EXPR;
    return status;
}

static void set_file(struct op_list *ops, size_t first, uint32_t file) {
    for (size_t i = first; i < ops->n_ops; i++) {
        ops->ops[i].file = file;
    }
}

static enum status distribute_all(struct simple *simple) {
    const struct op_list *ops = &simple->circuit->ops;
    for (size_t i = 0; i < ops->n_ops; i++) {
        const struct op *op = &ops->ops[i];
        const size_t first = simple->emit.program->ops.n_ops;
        simple->emit.loc = circuit_loc(simple->circuit, op);
        if (op->kind == OP_IF) {
            TRY(distribute_if(simple, i));
            i = op->match;
        } else {
            TRY(distribute_op(simple, op));
        }
        set_file(&simple->emit.program->ops, first, op->file);
    }
    return STATUS_OK;
}

enum status distribute_simple(struct program **out_program, const struct circuit *circuit,
                              const struct machine *machine) {
    struct simple simple = {.circuit = circuit, .machine = machine, .expr = OP_NO_EXPR};
    uint32_t *placement = NULL;
    enum status status;
    TRY(place_qubits(&placement, circuit, machine));
    TRY_GOTO(emit_init(&simple.emit, circuit, machine, placement), done);
    simple.is_born = mem_alloc(circuit->n_bits, sizeof *simple.is_born);
    simple.barriers = mem_alloc(machine->n_qpus, sizeof *simple.barriers);
    if (simple.is_born == NULL || simple.barriers == NULL) {
        status = STATUS_NOFIT;
        goto done;
    }
    memset(simple.barriers, 0xff, machine->n_qpus * sizeof *simple.barriers);
    TRY_GOTO(distribute_all(&simple), done);
    status = emit_finish(&simple.emit, out_program);
done:
    emit_fini(&simple.emit);
    mem_free(simple.is_born);
    mem_free(simple.barriers);
    mem_free(simple.next);
    mem_free(simple.wires);
    mem_free(placement);
    return status;
}
