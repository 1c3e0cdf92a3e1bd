#include "verify/match.h"

#include <string.h>

#include "base/log.h"
#include "circuit/names.h"

static void side_fini(struct match_side *side) {
    mem_free(side->in);
    mem_free(side->out);
    mem_free(side->bits);
    mem_free(side->is_skipped);
}

void match_fini(struct match *match) {
    side_fini(&match->own);
    side_fini(&match->target);
}

static enum status side_init(struct match_side *side, const struct program *program,
                             uint32_t n_bits) {
    const size_t n_ops = side->source.ops->n_ops;
    side->in = mem_alloc(program->n_in, sizeof *side->in);
    side->out = mem_alloc(program->n_out, sizeof *side->out);
    side->bits = mem_alloc(n_bits, sizeof *side->bits);
    side->is_skipped = mem_alloc(n_ops, sizeof *side->is_skipped);
    if (!side->in || !side->out || !side->bits || !side->is_skipped) {
        return STATUS_NOFIT;
    }
    side->source.in = side->in;
    side->source.out = side->out;
    side->source.output_bits = side->bits;
    side->source.is_skipped = side->is_skipped;
    side->source.n_in = u32_from_size(program->n_in);
    side->source.n_out = u32_from_size(program->n_out);
    return STATUS_OK;
}

/* ---- qubits ---- */

static enum status fill_from_names(uint32_t *out_wires, const struct program_logical *list,
                                   size_t n, const struct names *names) {
    for (size_t i = 0; i < n; i++) {
        if (!names_find(names, &out_wires[i], list[i].qubit, strlen(list[i].qubit))) {
            return log_error_at(STATUS_INPUT, list[i].loc, "logical qubit %s is not in the target",
                                list[i].qubit);
        }
    }
    return STATUS_OK;
}

static enum status match_circuit_qubits(struct match_side *side, const struct program *program,
                                        const struct circuit *circuit) {
    struct arena arena = {0};
    struct names names = {0};
    enum status status = STATUS_OK;
    for (uint32_t qb = 0; status == STATUS_OK && qb < circuit->n_qubits; qb++) {
        struct text text = {0};
        circuit_add_qubit_name(&text, circuit, qb);
        const char *name = text.failed ? NULL : arena_strdup(&arena, text.data);
        status = name ? names_add(&names, name, strlen(name), qb) : STATUS_NOFIT;
        text_fini(&text);
    }
    TRY_GOTO(status, cleanup);
    TRY_GOTO(fill_from_names(side->in, program->in, program->n_in, &names), cleanup);
    TRY_GOTO(fill_from_names(side->out, program->out, program->n_out, &names), cleanup);
cleanup:
    names_fini(&names);
    arena_fini(&arena);
    return status;
}

static enum status match_program_list(uint32_t *out_wires, const struct program_logical *list,
                                      size_t n, const struct program_logical *other,
                                      size_t n_other) {
    struct names names = {0};
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < n_other; i++) {
        status = names_add(&names, other[i].qubit, strlen(other[i].qubit), other[i].wire);
    }
    if (status == STATUS_OK && n != n_other) {
        status = log_error(STATUS_INPUT, "the program has %zu logical qubits and the target %zu", n,
                           n_other);
    }
    if (status == STATUS_OK) {
        status = fill_from_names(out_wires, list, n, &names);
    }
    names_fini(&names);
    return status;
}

/* ---- bits ---- */

static bool is_named(const struct reg *reg, const char *name) {
    const size_t n = strlen(name);
    return strncmp(reg->name, name, n) == 0 && strspn(reg->name + n, "_") == strlen(reg->name + n);
}

static const struct reg *find_output(const struct program *program, const struct reg *like) {
    const struct reg *found = NULL;
    for (size_t i = 0; i < program->n_cregs; i++) {
        const struct reg *reg = &program->cregs[i];
        if (reg->is_output && strcmp(reg->name, like->name) == 0) {
            return reg;
        }
        if (reg->is_output && is_named(reg, like->name)) {
            found = reg;
        }
    }
    return found;
}

static enum status match_bits(struct match *match, const struct program *program,
                              const struct reg *regs, size_t n_regs, bool all_are_output) {
    uint32_t n = 0, n_own = 0;
    for (size_t i = 0; i < program->n_cregs; i++) {
        n_own += program->cregs[i].is_output ? program->cregs[i].n : 0;
    }
    for (size_t i = 0; i < n_regs && n_own > 0; i++) {
        if (regs[i].is_local || (!all_are_output && !regs[i].is_output)) {
            continue;
        }
        const struct reg *own = find_output(program, &regs[i]);
        if (!own || own->n != regs[i].n) {
            return log_error_at(STATUS_INPUT, own ? own->loc : (struct src_loc){0},
                                "the target's bits %s[%u] are no output register of the program",
                                regs[i].name, regs[i].n);
        }
        for (uint32_t j = 0; j < own->n && n < n_own; j++) {
            match->own.bits[n] = own->first + j;
            match->target.bits[n++] = regs[i].first + j;
        }
    }
    if (n != n_own) {
        return log_error(STATUS_INPUT, "the program has %u output bits that the target lacks",
                         n_own - n);
    }
    match->own.source.n_output_bits = n;
    match->target.source.n_output_bits = n;
    return STATUS_OK;
}

/* ---- measurements that only read the result ---- */

struct last_uses {
    bool *is_wire_used, *is_bit_read;
};

static void note_read(void *ctx, uint32_t bit) {
    const struct last_uses *uses = ctx;
    uses->is_bit_read[bit] = true;
}

static bool is_in(const uint32_t *list, size_t n, uint32_t value) {
    for (size_t i = 0; i < n; i++) {
        if (list[i] == value) {
            return true;
        }
    }
    return false;
}

static bool reads_result(const struct program *program, const struct match_side *side,
                         const struct op *op, const struct last_uses *uses) {
    const uint32_t wire = op->n_qubits == 1 ? op_qubits(&program->ops, op)[0] : 0;
    if (op->kind != OP_MEASURE || op->n_qubits != 1 || op_pauli(op, 0) != 3 ||
        uses->is_wire_used[wire] || uses->is_bit_read[op->bit]) {
        return false;
    }
    for (size_t i = 0; i < program->n_cregs; i++) {
        const struct reg *reg = &program->cregs[i];
        if (op->bit >= reg->first && op->bit - reg->first < reg->n) {
            return reg->is_output && is_in(side->out, program->n_out, wire);
        }
    }
    return false;
}

static enum status skip_results(struct match_side *side, const struct program *program) {
    struct last_uses uses = {
        .is_wire_used = mem_alloc(program->n_wires, sizeof(bool)),
        .is_bit_read = mem_alloc(program->n_bits, sizeof(bool)),
    };
    const struct op_list *ops = &program->ops;
    size_t depth = 0;
    enum status status = uses.is_wire_used && uses.is_bit_read ? STATUS_OK : STATUS_NOFIT;
    for (size_t i = ops->n_ops; status == STATUS_OK && i-- > 0;) {
        const struct op *op = &ops->ops[i];
        depth += op->kind == OP_END;
        depth -= op->kind == OP_IF || op->kind == OP_WHILE || op->kind == OP_REPEAT;
        if (op->expr != OP_NO_EXPR &&
            (op->kind == OP_IF || op->kind == OP_WHILE || op->kind == OP_ASSIGN)) {
            expr_visit_bits(ops, op->expr, note_read, &uses);
        }
        if (depth == 0 && reads_result(program, side, op, &uses)) {
            side->is_skipped[i] = true;
            continue;
        }
        for (uint32_t q = 0; q < op->n_qubits && op->kind != OP_BARRIER; q++) {
            uses.is_wire_used[op_qubits(ops, op)[q]] = true;
        }
    }
    mem_free(uses.is_wire_used);
    mem_free(uses.is_bit_read);
    return status;
}

/* Is one of its bits a result that is left out? */
static bool has_skipped(const struct match_side *side, const struct program *program,
                        const struct reg *reg) {
    for (size_t i = 0; i < program->ops.n_ops; i++) {
        const struct op *op = &program->ops.ops[i];
        if (side->is_skipped[i] && op->bit >= reg->first && op->bit - reg->first < reg->n) {
            return true;
        }
    }
    return false;
}

/* Registers that a target which measures nothing declares as `output`: their bits are 0. */
static enum status match_declared_bits(struct match *match, const struct program *program,
                                       const struct reg *regs, size_t n_regs) {
    uint32_t n = 0;
    for (size_t i = 0; i < n_regs; i++) {
        const struct reg *own = regs[i].is_output ? find_output(program, &regs[i]) : NULL;
        if (!own || has_skipped(&match->own, program, own)) {
            continue;
        }
        if (own->n != regs[i].n) {
            return log_error_at(STATUS_INPUT, own->loc,
                                "register %s has %u bits, the target's %s has %u", own->name,
                                own->n, regs[i].name, regs[i].n);
        }
        for (uint32_t j = 0; j < own->n && n < program->n_bits; j++) {
            match->own.bits[n] = own->first + j;
            match->target.bits[n++] = regs[i].first + j;
        }
    }
    match->own.source.n_output_bits = match->target.source.n_output_bits = n;
    match->is_unitary = n == 0;
    return STATUS_OK;
}

/* ---- both ---- */

static struct walk_source source_of_program(const struct program *program) {
    return (struct walk_source){.ops = &program->ops,
                                .files = program->files,
                                .n_files = program->n_files,
                                .n_wires = program->n_wires,
                                .n_bits = program->n_bits};
}

static bool has_output_register(const struct reg *regs, size_t n) {
    for (size_t i = 0; i < n; i++) {
        if (regs[i].is_output) {
            return true;
        }
    }
    return false;
}

static enum status fill(struct match *match, const struct program *program,
                        const struct circuit *circuit, const struct program *target) {
    TRY(side_init(&match->own, program, program->n_bits));
    TRY(side_init(&match->target, program, program->n_bits));
    if (circuit) {
        TRY(match_circuit_qubits(&match->target, program, circuit));
    } else {
        TRY(match_program_list(match->target.in, program->in, program->n_in, target->in,
                               target->n_in));
        TRY(match_program_list(match->target.out, program->out, program->n_out, target->out,
                               target->n_out));
    }
    for (size_t i = 0; i < program->n_in; i++) {
        match->own.in[i] = program->in[i].wire;
    }
    for (size_t i = 0; i < program->n_out; i++) {
        match->own.out[i] = program->out[i].wire;
    }
    if (match->is_unitary) {
        TRY(skip_results(&match->own, program));
        return match_declared_bits(match, program, circuit ? circuit->cregs : target->cregs,
                                   circuit ? circuit->n_cregs : target->n_cregs);
    }
    return circuit ? match_bits(match, program, circuit->cregs, circuit->n_cregs,
                                !has_output_register(circuit->cregs, circuit->n_cregs))
                   : match_bits(match, program, target->cregs, target->n_cregs, false);
}

/* Two instruments without outputs and output bits are equal, whatever they do. */
static enum status check_any(const struct match *match, const struct program *program) {
    const char *file = program->n_files > 0 ? program->files[0] : NULL;
    if (program->n_out > 0 || match->own.source.n_output_bits > 0) {
        return STATUS_OK;
    }
    return log_error_at(
        STATUS_INPUT, (struct src_loc){.file = file},
        "there is nothing to compare with the target: `pragma qspan logical in "
        "q[0] WIRE` and `logical out` say where the program has its qubits, `output "
        "bit` which bits count");
}

bool match_is_summed(const struct match *match, const struct program *program,
                     const struct reg *reg) {
    for (uint32_t i = 0; i < match->own.source.n_output_bits; i++) {
        if (match->own.bits[i] == reg->first) {
            return false;
        }
    }
    return reg->is_output && reg->n > 0 && !has_skipped(&match->own, program, reg);
}

enum status match_create(struct match *out, const struct program *program,
                         const struct circuit *circuit, const struct program *target) {
    struct match match = {.own.source = source_of_program(program)};
    CHECK((circuit == NULL) != (target == NULL));
    if (circuit) {
        match.target.source = (struct walk_source){.ops = &circuit->ops,
                                                   .files = circuit->files,
                                                   .n_files = circuit->n_files,
                                                   .n_wires = circuit->n_qubits,
                                                   .n_bits = circuit->n_bits};
        match.is_unitary = !circuit->measures;
    } else {
        match.target.source = source_of_program(target);
        match.is_unitary = !has_output_register(target->cregs, target->n_cregs);
    }
    enum status status = fill(&match, program, circuit, target);
    status = status == STATUS_OK ? check_any(&match, program) : status;
    if (status != STATUS_OK) {
        match_fini(&match);
        return status;
    }
    *out = match;
    return STATUS_OK;
}
