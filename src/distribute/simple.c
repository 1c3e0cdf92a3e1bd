#include <string.h>

#include "distribute/distribute.h"
#include "distribute/emit.h"
#include "distribute/place.h"
#include "distribute/simple.h"

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
    case EXPR_REC:
        return simple_copy_record(simple, out_expr, node->a);
    case EXPR_SWEEP:
        return log_error_at(STATUS_INPUT, simple->emit.loc,
                            "sweep[%u] has no value: there are no data of a sweep", node->a);
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

enum status simple_note_birth(struct simple *simple, uint32_t bit, uint32_t qpu) {
    simple->born_at[bit] = qpu;
    if (simple->is_born[bit]) {
        return STATUS_OK;
    }
    TRY(vec_reserve(&simple->births, simple->n_births, &simple->cap_births, 1,
                    sizeof *simple->births));
    simple->births[simple->n_births++] = bit;
    simple->is_born[bit] = true;
    return STATUS_OK;
}

enum status simple_assign(struct simple *simple, uint32_t bit, uint32_t expr, uint32_t qpu) {
    struct op *assign;
    TRY(op_list_add(&simple->emit.program->ops, &assign, OP_ASSIGN, NULL, 0, NULL, 0,
                    simple->emit.loc));
    assign->bit = bit;
    assign->expr = expr;
    assign->qpu = qpu;
    return STATUS_OK;
}

static enum status emit_assign(struct simple *simple, uint32_t bit, uint32_t expr, uint32_t qpu) {
    TRY(simple_assign(simple, bit, expr, qpu));
    return simple_note_birth(simple, bit, qpu);
}

static void find_first_bit(void *ctx, uint32_t bit) {
    uint32_t *first = ctx;
    *first = bit < *first ? bit : *first;
}

/* Where the first of the bits that it reads was born; constants: where the bit was, or QPU 0. */
static enum status distribute_assign(struct simple *simple, const struct op *op) {
    uint32_t expr, first = OP_NO_BIT;
    TRY(copy_born(simple, &expr, op->expr));
    expr_visit_bits(&simple->emit.program->ops, expr, find_first_bit, &first);
    const uint32_t from = first != OP_NO_BIT ? first : op->bit;
    return emit_assign(simple, op->bit, expr, simple->is_born[from] ? simple->born_at[from] : 0);
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
    case OP_ASSIGN:
        return distribute_assign(simple, op);
    case OP_NOISE:
        return simple_copy_noise(simple, op);
    case OP_MEASURE:
    case OP_RESET: {
        size_t open = 0;
        TRY(open_condition(simple, &open));
        TRY(op->kind == OP_RESET ? simple_reset(simple, op) : simple_measure(simple, op));
        return close_condition(simple, open);
    }
    case OP_DETECTOR:
    case OP_OBSERVABLE:
    case OP_COORDS:
    case OP_TICK:
    case OP_SHIFT_COORDS:
        return simple_copy_annotation(simple, op);
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
    case OP_IDLE:
    case OP_CALL:
    case OP_KIND_COUNT:
        break;
    }
    return log_error_at(STATUS_INPUT, simple->emit.loc,
                        "--distribute simple cannot distribute %s here",
                        op_kind_name((enum op_kind)op->kind));
}

static void set_file(struct op_list *ops, size_t first, uint32_t file) {
    for (size_t i = first; i < ops->n_ops; i++) {
        ops->ops[i].file = file;
    }
}

/* ---- blocks ---- */

static size_t end_of(const struct op_list *ops, size_t open) {
    const size_t match = ops->ops[open].match;
    return ops->ops[match].kind == OP_ELSE ? ops->ops[match].match : match;
}

/* What a block asks for. */
struct block_needs {
    bool is_local; /* no gate joins QPUs */
    bool is_plain; /* gates, resets and conditions alone: nothing in it changes a bit */
};

static struct block_needs find_needs(const struct simple *simple, size_t first, size_t end) {
    struct block_needs needs = {true, true};
    for (size_t i = first; i < end; i++) {
        const struct op *op = &simple->circuit->ops.ops[i];
        needs.is_local = needs.is_local && is_local(simple, op);
        needs.is_plain = needs.is_plain && op->kind != OP_MEASURE && op->kind != OP_ASSIGN &&
                         op->kind != OP_WHILE && op->kind != OP_REPEAT;
    }
    return needs;
}

static enum status distribute_range(struct simple *simple, size_t first, size_t end);

static enum status conjunction(struct simple *simple, uint32_t *out_expr, uint32_t a, uint32_t b) {
    if (a == OP_NO_EXPR) {
        *out_expr = b;
        return STATUS_OK;
    }
    return expr_add(&simple->emit.program->ops, out_expr,
                    (struct expr){.kind = EXPR_AND, .a = a, .b = b});
}

/* A part of an IF whose gates get the condition each, inside their packets. */
static enum status distribute_part(struct simple *simple, uint32_t expr, size_t first, size_t end) {
    const uint32_t around = simple->expr;
    TRY(conjunction(simple, &simple->expr, around, expr));
    const enum status status = distribute_range(simple, first, end);
    simple->expr = around;
    return status;
}

/* Ebits never depend on data: each gate gets the condition of its own. */
static enum status distribute_flat(struct simple *simple, size_t i, uint32_t expr) {
    const struct op *op = &simple->circuit->ops.ops[i];
    const size_t end = end_of(&simple->circuit->ops, i);
    uint32_t not ;
    TRY(distribute_part(simple, expr, i + 1, op->match));
    if (end == op->match) {
        return STATUS_OK;
    }
    TRY(expr_add(&simple->emit.program->ops, &not, (struct expr){.kind = EXPR_NOT, .a = expr}));
    return distribute_part(simple, not, op->match + 1, end);
}

static void set_births(struct simple *simple, size_t first, bool is_born) {
    for (size_t i = first; i < simple->n_births; i++) {
        simple->is_born[simple->births[i]] = is_born;
    }
}

/* The block stays, with protocols inside it where gates join QPUs: then the program depends on
 * data. */
static enum status distribute_kept(struct simple *simple, size_t i, uint32_t expr) {
    struct op_list *to = &simple->emit.program->ops;
    const struct op *op = &simple->circuit->ops.ops[i];
    const size_t end = end_of(&simple->circuit->ops, i), n_births = simple->n_births;
    const struct src_loc loc = simple->emit.loc;
    size_t open;
    TRY(op_list_open(to, &open, OP_IF, expr, 0, loc));
    TRY(distribute_range(simple, i + 1, op->match));
    if (end != op->match) {
        set_births(simple, n_births, false);
        TRY(op_list_else(to, open, loc));
        TRY(distribute_range(simple, op->match + 1, end));
        set_births(simple, n_births, true);
    }
    return op_list_close(to, open, loc);
}

static enum status distribute_if(struct simple *simple, size_t i) {
    const struct op_list *ops = &simple->circuit->ops;
    const struct op *op = &ops->ops[i];
    const size_t end = end_of(ops, i);
    uint32_t expr;
    TRY(copy_born(simple, &expr, op->expr));
    const struct expr root = simple->emit.program->ops.exprs[expr];
    if (root.kind == EXPR_CONST) {
        return root.value0 != 0   ? distribute_range(simple, i + 1, op->match)
               : end != op->match ? distribute_range(simple, op->match + 1, end)
                                  : STATUS_OK;
    }
    const struct block_needs needs = find_needs(simple, i + 1, end);
    const bool is_flat = simple->expr != OP_NO_EXPR || (needs.is_plain && !needs.is_local);
    return is_flat ? distribute_flat(simple, i, expr) : distribute_kept(simple, i, expr);
}

/* ---- loops ---- */

static void mark_read(void *ctx, uint32_t bit) {
    bool *is_read = ctx;
    is_read[bit] = true;
}

/* Bits that a loop both reads and writes, and that nothing has written so far, are 0 in its first
 * round: the QPU that writes them says so. */
static enum status write_zeros(struct simple *simple, size_t i) {
    const struct op_list *ops = &simple->circuit->ops;
    bool *is_read = mem_alloc(simple->circuit->n_bits, sizeof *is_read);
    enum status status = is_read == NULL ? STATUS_NOFIT : STATUS_OK;
    for (size_t k = i; k < ops->ops[i].match && status == STATUS_OK; k++) {
        if (ops->ops[k].expr != OP_NO_EXPR) {
            expr_visit_bits(ops, ops->ops[k].expr, mark_read, is_read);
        }
    }
    for (size_t k = i; k < ops->ops[i].match && status == STATUS_OK; k++) {
        const struct op *op = &ops->ops[k];
        const bool is_write = op->kind == OP_MEASURE || op->kind == OP_ASSIGN;
        if (is_write && is_read[op->bit] && !simple->is_born[op->bit]) {
            uint32_t zero;
            const uint32_t qpu = op->kind == OP_MEASURE ? qpu_of(simple, op_qubits(ops, op)[0]) : 0;
            status = add_const(&simple->emit.program->ops, &zero, 0);
            if (status == STATUS_OK) {
                status = emit_assign(simple, op->bit, zero, qpu);
            }
        }
    }
    mem_free(is_read);
    return status;
}

static enum status distribute_loop(struct simple *simple, size_t i) {
    struct op_list *to = &simple->emit.program->ops;
    const struct op *op = &simple->circuit->ops.ops[i];
    const struct src_loc loc = simple->emit.loc;
    const size_t n_records = simple->n_records, reach = simple->reach;
    uint32_t expr = OP_NO_EXPR;
    size_t open;
    TRY(write_zeros(simple, i));
    if (op->kind == OP_WHILE) {
        TRY(copy_born(simple, &expr, op->expr));
        if (to->exprs[expr].kind == EXPR_CONST && to->exprs[expr].value0 == 0) {
            return STATUS_OK;
        }
    }
    if (op->kind != OP_REPEAT || op->arg != 1) {
        TRY(simple_open_rounds(simple, i));
        simple->reach = n_records;
    }
    TRY(op_list_open(to, &open, (enum op_kind)op->kind, expr, op->arg, loc));
    TRY(distribute_range(simple, i + 1, op->match));
    simple_close_rounds(simple);
    simple->reach = simple->n_records == n_records ? reach : simple->reach;
    return op_list_close(to, open, loc);
}

static enum status distribute_range(struct simple *simple, size_t first, size_t end) {
    const struct op_list *ops = &simple->circuit->ops;
    for (size_t i = first; i < end; i++) {
        const struct op *op = &ops->ops[i];
        const size_t first_made = simple->emit.program->ops.n_ops;
        simple->emit.loc = circuit_loc(simple->circuit, op);
        if (op->kind == OP_IF) {
            TRY(distribute_if(simple, i));
            i = end_of(ops, i);
        } else if (op->kind == OP_WHILE || op->kind == OP_REPEAT) {
            TRY(distribute_loop(simple, i));
            i = op->match;
        } else {
            TRY(distribute_op(simple, op));
        }
        set_file(&simple->emit.program->ops, first_made, op->file);
    }
    return STATUS_OK;
}

/* With a history of so many results; out_n_needed more than that: it is too short, no program. */
static enum status distribute(struct program **out_program, uint32_t *out_n_needed,
                              const struct circuit *circuit, const struct machine *machine,
                              uint32_t n_history) {
    struct simple simple = {
        .circuit = circuit, .machine = machine, .expr = OP_NO_EXPR, .history = {.n = n_history}};
    uint32_t *placement = NULL;
    enum status status;
    TRY(place_qubits(&placement, circuit, machine));
    TRY_GOTO(emit_init(&simple.emit, circuit, machine, placement), done);
    simple.is_born = mem_alloc(circuit->n_bits, sizeof *simple.is_born);
    simple.barriers = mem_alloc(machine->n_qpus, sizeof *simple.barriers);
    simple.born_at = mem_alloc(circuit->n_bits, sizeof *simple.born_at);
    if (simple.is_born == NULL || simple.barriers == NULL || simple.born_at == NULL) {
        status = STATUS_NOFIT;
        goto done;
    }
    memset(simple.barriers, 0xff, machine->n_qpus * sizeof *simple.barriers);
    TRY_GOTO(simple_open_history(&simple), done);
    TRY_GOTO(distribute_range(&simple, 0, circuit->ops.n_ops), done);
    *out_n_needed = simple.history.n_needed;
    status = simple.history.n_needed > 0 ? STATUS_OK : emit_finish(&simple.emit, out_program);
done:
    emit_fini(&simple.emit);
    simple_close_rounds(&simple);
    mem_free(simple.is_born);
    mem_free(simple.born_at);
    mem_free(simple.births);
    mem_free(simple.records);
    mem_free(simple.barriers);
    mem_free(simple.next);
    mem_free(simple.wires);
    mem_free(placement);
    return status;
}

enum status distribute_simple(struct program **out_program, const struct circuit *circuit,
                              const struct machine *machine) {
    uint32_t n_needed;
    TRY(distribute(out_program, &n_needed, circuit, machine, 0));
    return n_needed > 0 ? distribute(out_program, &n_needed, circuit, machine, n_needed)
                        : STATUS_OK;
}
