#include "runtime/lower.h"

#include <string.h>

#include "runtime/lower_fused.h"

enum { POSTPONE_FREE_QUBITS = 20, SECTIONS = 8, MIN_SECTION = 24 };

/* ---- copy of the op list, product measurements expanded ---- */

struct copier {
    struct op_list *out;
    const struct program *program;
    size_t **source;
    size_t cap_source;
    size_t index; /* of the op being copied */
};

static enum status note_source(struct copier *copier) {
    size_t n = copier->out->n_ops - 1;
    TRY(vec_reserve(copier->source, n, &copier->cap_source, 1, sizeof **copier->source));
    (*copier->source)[n] = copier->index;
    return STATUS_OK;
}

static enum status add_gate(struct copier *copier, enum gate_id gate, uint32_t q0, uint32_t q1,
                            struct src_loc loc) {
    const uint32_t qubits[2] = {q0, q1};
    TRY(op_list_add_gate(copier->out, gate, qubits, NULL, loc));
    return note_source(copier);
}

/* Maps the Pauli letter on `wire` to Z, or back. */
static enum status add_basis_change(struct copier *copier, unsigned letter, uint32_t wire,
                                    bool is_back, struct src_loc loc) {
    if (letter == 2 && !is_back) {
        TRY(add_gate(copier, GATE_SDG, wire, 0, loc));
    }
    if (letter == 1 || letter == 2) {
        TRY(add_gate(copier, GATE_H, wire, 0, loc));
    }
    if (letter == 2 && is_back) {
        TRY(add_gate(copier, GATE_S, wire, 0, loc));
    }
    return STATUS_OK;
}

static enum status copy_plain(struct copier *copier, const struct op *op) {
    const struct op_list *from = &copier->program->ops;
    struct op *copy;
    const struct src_loc loc = program_loc(copier->program, op);
    TRY(op_list_add(copier->out, &copy, (enum op_kind)op->kind, op_qubits(from, op), op->n_qubits,
                    op_params(from, op), op->n_params, loc));
    const uint32_t qubit0 = copy->qubit0, param0 = copy->param0;
    *copy = *op;
    copy->qubit0 = qubit0;
    copy->param0 = param0;
    copy->match = OP_NO_MATCH;
    TRY(note_source(copier));
    if (op->expr != OP_NO_EXPR) {
        uint32_t expr;
        TRY(expr_copy(copier->out, &expr, from, op->expr, NULL));
        copier->out->ops[copier->out->n_ops - 1].expr = expr;
    }
    return STATUS_OK;
}

static enum status copy_product(struct copier *copier, const struct op *op) {
    const uint32_t *wires = op_qubits(&copier->program->ops, op);
    const struct src_loc loc = program_loc(copier->program, op);
    uint32_t last = OP_NO_QPU;
    for (uint32_t i = 0; i < op->n_qubits; i++) {
        if (op_pauli(op, i) == 0) {
            continue;
        }
        TRY(add_basis_change(copier, op_pauli(op, i), wires[i], false, loc));
        if (last != OP_NO_QPU) {
            TRY(add_gate(copier, GATE_CX, last, wires[i], loc));
        }
        last = wires[i];
    }
    CHECK(last != OP_NO_QPU);
    struct op *measure;
    TRY(op_list_add(copier->out, &measure, OP_MEASURE, &last, 1,
                    op_params(&copier->program->ops, op), op->n_params, loc));
    measure->bit = op->bit;
    measure->qpu = op->qpu;
    measure->site = op->site;
    TRY(note_source(copier));
    for (uint32_t i = op->n_qubits; i-- > 0;) {
        if (op_pauli(op, i) == 0) {
            continue;
        }
        uint32_t before = OP_NO_QPU;
        for (uint32_t j = 0; j < i; j++) {
            before = op_pauli(op, j) != 0 ? wires[j] : before;
        }
        if (before != OP_NO_QPU) {
            TRY(add_gate(copier, GATE_CX, before, wires[i], loc));
        }
        TRY(add_basis_change(copier, op_pauli(op, i), wires[i], true, loc));
    }
    return STATUS_OK;
}

/* Errors that look at the state, wire by wire. */
static bool is_jump(const struct op *op) {
    return op->kind == OP_NOISE && (op->which == NOISE_RELAX || op->which == NOISE_RESET);
}

static enum status copy_jumps(struct copier *copier, const struct op *op) {
    const struct op_list *from = &copier->program->ops;
    struct op *copy;
    for (uint32_t i = 0; i < op->n_qubits; i++) {
        TRY(op_list_add(copier->out, &copy, OP_NOISE, op_qubits(from, op) + i, 1,
                        op_params(from, op), op->n_params, program_loc(copier->program, op)));
        copy->which = op->which;
        copy->qpu = op->qpu;
        copy->file = op->file;
        copy->site = op->site + i;
        TRY(note_source(copier));
    }
    return STATUS_OK;
}

static bool is_plain_z(const struct op *op) {
    return op->n_qubits == 1 && op_pauli(op, 0) == 3;
}

static enum status copy_ops(struct lowered *lowered, const struct program *program) {
    const struct op_list *from = &program->ops;
    struct copier copier = {&lowered->ops, program, &lowered->source, 0, 0};
    size_t *position = mem_alloc(from->n_ops, sizeof *position);
    if (position == NULL) {
        return STATUS_NOFIT;
    }
    enum status status = STATUS_OK;
    for (size_t i = 0; i < from->n_ops && status == STATUS_OK; i++) {
        const struct op *op = &from->ops[i];
        copier.index = i;
        position[i] = lowered->ops.n_ops;
        status = op->kind == OP_MEASURE && !is_plain_z(op) ? copy_product(&copier, op)
                 : is_jump(op)                             ? copy_jumps(&copier, op)
                                                           : copy_plain(&copier, op);
    }
    for (size_t i = 0; i < from->n_ops && status == STATUS_OK; i++) {
        if (from->ops[i].match != OP_NO_MATCH) {
            lowered->ops.ops[position[i]].match = u32_from_size(position[from->ops[i].match]);
        }
    }
    lowered->ops.n_sites = from->n_sites;
    mem_free(position);
    return status;
}

/* ---- modes of single ops ---- */

static enum engine_mode plain_mode(const struct op_list *ops, const struct op *op) {
    switch ((enum op_kind)op->kind) {
    case OP_GATE:
    case OP_EBIT:
        return ENGINE_APPLY;
    case OP_MEASURE:
    case OP_RESET:
    case OP_FREE:
    case OP_ALLOC:
        return ENGINE_MEASURE;
    case OP_NOISE:
        return op->which == NOISE_RELAX && op_params(ops, op)[0] != op_params(ops, op)[1]
                   ? ENGINE_APPLY
                   : ENGINE_SKIP;
    case OP_BARRIER:
    case OP_SEND:
    case OP_RECV:
    case OP_IF:
    case OP_ELSE:
    case OP_WHILE:
    case OP_REPEAT:
    case OP_END:
    case OP_IDLE:
    case OP_DETECTOR:
    case OP_OBSERVABLE:
    case OP_TICK:
    case OP_COORDS:
    case OP_SHIFT_COORDS:
    case OP_ASSIGN:
    case OP_CALL:
    case OP_KIND_COUNT:
        break;
    }
    return ENGINE_SKIP;
}

static void mark_frame_ifs(struct lowered *lowered) {
    struct op_list *ops = &lowered->ops;
    for (size_t i = 0; i < ops->n_ops; i++) {
        if (ops->ops[i].kind != OP_IF || ops->ops[ops->ops[i].match].kind != OP_END) {
            continue;
        }
        const size_t end = ops->ops[i].match;
        bool only_paulis = true;
        for (size_t j = i + 1; j < end && only_paulis; j++) {
            const struct op *op = &ops->ops[j];
            only_paulis =
                op_is_pauli(op) || op->kind == OP_BARRIER || (op->kind == OP_NOISE && !is_jump(op));
        }
        if (only_paulis) {
            lowered->roles[i] = ROLE_FRAME_IF;
            memset(lowered->modes + i, ENGINE_SKIP, end - i);
        }
    }
}

static void mark_frame_gates(struct lowered *lowered, const struct program *program) {
    const struct op_list *ops = &lowered->ops;
    for (size_t i = 0; i < ops->n_ops; i++) {
        if (lowered->modes[i] == ENGINE_APPLY && op_is_pauli(&ops->ops[i]) &&
            program->wire_is_comm[op_qubits(ops, &ops->ops[i])[0]]) {
            lowered->modes[i] = ENGINE_SKIP;
            lowered->roles[i] = ROLE_FRAME_GATE;
        }
    }
}

/* ---- entanglers ---- */

/* What is known of a wire while a pair is pending on it. */
struct pending {
    enum { NOTHING, HALF, COPIED, HELD } phase;
    uint32_t partner;
    size_t ebit, cx, block;
};

struct entangler_pass {
    struct lowered *lowered;
    struct pending *pending; /* per wire */
    size_t block;            /* first op of the enclosing block */
};

static void forget_pair(struct entangler_pass *pass, uint32_t wire) {
    struct pending *p = &pass->pending[wire];
    if (p->phase != NOTHING) {
        pass->pending[p->partner].phase = NOTHING;
        p->phase = NOTHING;
    }
}

static bool try_copy(struct entangler_pass *pass, size_t i, const struct op *op, uint32_t wire) {
    struct pending *p = &pass->pending[wire];
    const uint32_t *qubits = op_qubits(&pass->lowered->ops, op);
    if (op->kind != OP_GATE || op->which != GATE_CX || qubits[1] != wire ||
        qubits[0] == p->partner || p->phase != HALF || p->block != pass->block) {
        return false;
    }
    p->phase = COPIED;
    p->cx = i;
    pass->pending[p->partner].phase = HELD;
    return true;
}

static bool try_measure(struct entangler_pass *pass, size_t i, const struct op *op, uint32_t wire) {
    struct pending *p = &pass->pending[wire];
    struct lowered *lowered = pass->lowered;
    if (op->kind != OP_MEASURE || p->phase != COPIED || p->block != pass->block) {
        return false;
    }
    lowered->modes[p->ebit] = ENGINE_CLEAR;
    lowered->modes[p->cx] = ENGINE_COPY;
    lowered->copy_wires[p->cx] = p->partner;
    lowered->modes[i] = ENGINE_SKIP;
    lowered->roles[i] = ROLE_COIN;
    forget_pair(pass, wire);
    return true;
}

static void touch(struct entangler_pass *pass, size_t i, const struct op *op) {
    const uint32_t *qubits = op_qubits(&pass->lowered->ops, op);
    for (uint32_t k = 0; k < op->n_qubits; k++) {
        const uint32_t wire = qubits[k];
        if (pass->pending[wire].phase != NOTHING && !try_copy(pass, i, op, wire) &&
            !try_measure(pass, i, op, wire)) {
            forget_pair(pass, wire);
        }
    }
    if (op->kind == OP_EBIT) {
        const struct pending half = {HALF, qubits[1], i, 0, pass->block};
        pass->pending[qubits[0]] = half;
        pass->pending[qubits[1]] = half;
        pass->pending[qubits[1]].partner = qubits[0];
    }
}

static enum status mark_entanglers(struct lowered *lowered, uint32_t n_wires) {
    struct op_list *ops = &lowered->ops;
    struct entangler_pass pass = {lowered, mem_alloc(n_wires, sizeof *pass.pending), 0};
    if (pass.pending == NULL) {
        return STATUS_NOFIT;
    }
    for (size_t i = 0; i < ops->n_ops; i++) {
        const struct op *op = &ops->ops[i];
        if (op->match != OP_NO_MATCH) {
            /* Any marker starts a new straight line; what is pending across it is not an entangler.
             */
            pass.block = i + 1;
        } else if (op->kind == OP_GATE || op->kind == OP_EBIT || is_jump(op) ||
                   plain_mode(ops, op) == ENGINE_MEASURE) {
            touch(&pass, i, op);
        }
    }
    mem_free(pass.pending);
    return STATUS_OK;
}

/* ---- sections ---- */

/* With errors, branches go on from states at the ends of sections, so these must not depend on
 * where branches part. */
static enum status mark_ends(struct lowered *lowered) {
    const size_t n_ops = lowered->ops.n_ops;
    size_t n_gates = 0, n_noise = 0;
    for (size_t i = 0; i < n_ops; i++) {
        n_gates += lowered->modes[i] == ENGINE_APPLY;
        n_noise += lowered->ops.ops[i].kind == OP_NOISE;
    }
    if (n_noise == 0) {
        return STATUS_OK;
    }
    const size_t section = n_gates / SECTIONS < MIN_SECTION ? MIN_SECTION : n_gates / SECTIONS;
    lowered->is_end = mem_alloc(n_ops, sizeof *lowered->is_end);
    if (lowered->is_end == NULL) {
        return STATUS_NOFIT;
    }
    n_gates = 0;
    for (size_t i = 0; i < n_ops; i++) {
        lowered->is_end[i] =
            lowered->modes[i] == ENGINE_APPLY && n_gates > 0 && n_gates % section == 0;
        n_gates += lowered->modes[i] == ENGINE_APPLY;
    }
    return STATUS_OK;
}

void lowered_drop_noise(struct lowered *lowered) {
    for (size_t i = 0; i < lowered->ops.n_ops; i++) {
        if (lowered->ops.ops[i].kind == OP_NOISE) {
            lowered->modes[i] = ENGINE_SKIP;
        }
    }
}

/* ---- terminal measurements ---- */

struct later_use {
    bool *wire_used, *bit_used;
};

static void note_bit(void *ctx, uint32_t bit) {
    ((struct later_use *)ctx)->bit_used[bit] = true;
}

static void note_uses(const struct op_list *ops, const struct op *op, struct later_use *use) {
    if (op->kind != OP_BARRIER && op->kind != OP_COORDS) {
        for (uint32_t k = 0; k < op->n_qubits; k++) {
            use->wire_used[op_qubits(ops, op)[k]] = true;
        }
    }
    if (op->bit != OP_NO_BIT) {
        use->bit_used[op->bit] = true;
    }
    if (op->expr != OP_NO_EXPR &&
        (op->kind == OP_IF || op->kind == OP_WHILE || op->kind == OP_ASSIGN)) {
        expr_visit_bits(ops, op->expr, note_bit, use);
    }
}

/* Lists terminal measurements, last first. */
static enum status find_terminal(struct lowered *lowered, const struct program *program) {
    const struct op_list *ops = &lowered->ops;
    struct later_use use = {mem_alloc(program->n_wires, sizeof(bool)),
                            mem_alloc(program->n_bits, sizeof(bool))};
    size_t cap = 0, depth = 0;
    enum status status = use.wire_used == NULL || use.bit_used == NULL ? STATUS_NOFIT : STATUS_OK;
    for (size_t i = ops->n_ops; i-- > 0 && status == STATUS_OK;) {
        const struct op *op = &ops->ops[i];
        depth += op->kind == OP_END;
        if (op->kind == OP_MEASURE && depth == 0 && lowered->roles[i] == ROLE_PLAIN &&
            !use.wire_used[op_qubits(ops, op)[0]] && !use.bit_used[op->bit]) {
            status = vec_reserve(&lowered->postponed, lowered->n_postponed, &cap, 1,
                                 sizeof *lowered->postponed);
            if (status == STATUS_OK) {
                lowered->postponed[lowered->n_postponed++] = i;
            }
        }
        note_uses(ops, op, &use);
        depth -= op->kind == OP_IF || op->kind == OP_WHILE || op->kind == OP_REPEAT;
    }
    mem_free(use.wire_used);
    mem_free(use.bit_used);
    return status;
}

static void set_postponed(struct lowered *lowered, bool is_postponed) {
    for (size_t k = 0; k < lowered->n_postponed; k++) {
        const size_t i = lowered->postponed[k];
        lowered->roles[i] = is_postponed ? ROLE_POSTPONED : ROLE_PLAIN;
        lowered->modes[i] = is_postponed ? ENGINE_SKIP : ENGINE_MEASURE;
    }
}

static enum status decide_postponing(struct lowered *lowered, const struct program *program,
                                     const struct engine_class *engine, bool keeps_state) {
    TRY(find_terminal(lowered, program));
    for (size_t k = 0; k < lowered->n_postponed / 2; k++) {
        const size_t other = lowered->n_postponed - 1 - k, i = lowered->postponed[k];
        lowered->postponed[k] = lowered->postponed[other];
        lowered->postponed[other] = i;
    }
    const struct engine_task task = lowered_task(lowered, program, PRECISION_DOUBLE, 0);
    struct engine_figures in_place, postponed;
    TRY(engine->plan(&in_place, &task, 1));
    set_postponed(lowered, true);
    TRY(engine->plan(&postponed, &task, 1));
    if (!keeps_state && postponed.peak_group_qubits > in_place.peak_group_qubits &&
        postponed.peak_group_qubits > POSTPONE_FREE_QUBITS) {
        set_postponed(lowered, false);
        lowered->n_postponed = 0;
    }
    return STATUS_OK;
}

/* What the text of a program can say and gates and errors of one or two qubits cannot. */
static enum status check_supported(const struct program *program) {
    for (size_t i = 0; i < program->ops.n_ops; i++) {
        const struct op *op = &program->ops.ops[i];
        if (op->kind == OP_NOISE && op->which > NOISE_COUNT) {
            return log_error_at(STATUS_INPUT, program_loc(program, op),
                                "a correlated error is not supported by engines that run gates; "
                                "--engine frame and qspan sample take it");
        }
    }
    return STATUS_OK;
}

enum status lower_program(struct lowered *out_lowered, const struct program *program,
                          const struct engine_class *engine, bool keeps_state) {
    struct lowered lowered = {0};
    enum status status;
    TRY(check_supported(program));
    TRY_GOTO(copy_ops(&lowered, program), fail);
    const size_t n_ops = lowered.ops.n_ops;
    lowered.modes = mem_alloc(n_ops, sizeof *lowered.modes);
    lowered.roles = mem_alloc(n_ops, sizeof *lowered.roles);
    lowered.copy_wires = mem_alloc(n_ops, sizeof *lowered.copy_wires);
    if (lowered.modes == NULL || lowered.roles == NULL || lowered.copy_wires == NULL) {
        status = STATUS_NOFIT;
        goto fail;
    }
    for (size_t i = 0; i < n_ops; i++) {
        lowered.modes[i] = (uint8_t)plain_mode(&lowered.ops, &lowered.ops.ops[i]);
    }
    mark_frame_ifs(&lowered);
    mark_frame_gates(&lowered, program);
    TRY_GOTO(mark_entanglers(&lowered, program->n_wires), fail);
    TRY_GOTO(program->is_fused ? lower_fuse(&lowered, program) : STATUS_OK, fail);
    TRY_GOTO(mark_ends(&lowered), fail);
    TRY_GOTO(decide_postponing(&lowered, program, engine, keeps_state), fail);
    *out_lowered = lowered;
    return STATUS_OK;
fail:
    lowered_fini(&lowered);
    return status;
}

void lowered_fini(struct lowered *lowered) {
    op_list_fini(&lowered->ops);
    mem_free(lowered->modes);
    mem_free(lowered->roles);
    mem_free(lowered->copy_wires);
    mem_free(lowered->source);
    mem_free(lowered->is_end);
    mem_free(lowered->postponed);
    memset(lowered, 0, sizeof *lowered);
}

struct engine_task lowered_task(const struct lowered *lowered, const struct program *program,
                                enum precision precision, uint64_t max_bytes) {
    return (struct engine_task){
        .ops = &lowered->ops,
        .modes = lowered->modes,
        .copy_wires = lowered->copy_wires,
        .n_wires = program->n_wires,
        .n_qpus = (uint32_t)program->n_qpus,
        .wire_qpu = program->wire_qpu,
        .precision = precision,
        .max_bytes = max_bytes,
    };
}
