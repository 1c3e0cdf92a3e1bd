#include <math.h>
#include <string.h>

#include "base/log.h"
#include "verify/prove.h"

/* Tries stop once this much was spent, in ops times qubits. */
static const double max_work = 2e9;

/* `if (bit) pauli wire;` */
struct correction {
    size_t open; /* the IF */
    uint32_t expr, bit, wire;
    size_t gate; /* op */
};
struct repair {
    struct prove *prove;
    struct op_list ops; /* the program's, edited and put back */
    struct correction *corrections;
    size_t n_corrections, cap_corrections;
    double work, work_per_try;
    bool is_done;
};

static const enum gate_id pauli_gates[4] = {GATE_I, GATE_X, GATE_Y, GATE_Z};

static enum status find_corrections(struct repair *repair) {
    const struct op_list *ops = &repair->ops;
    for (size_t i = 0; i + 2 < ops->n_ops; i++) {
        const struct op *open = &ops->ops[i], *gate = &ops->ops[i + 1];
        if (open->kind != OP_IF || open->match != i + 2 || gate->kind != OP_GATE ||
            gate->which < GATE_X || gate->which > GATE_Z ||
            ops->exprs[open->expr].kind != EXPR_BIT) {
            continue;
        }
        TRY(vec_reserve(&repair->corrections, repair->n_corrections, &repair->cap_corrections, 1,
                        sizeof *repair->corrections));
        repair->corrections[repair->n_corrections++] =
            (struct correction){.open = i,
                                .expr = open->expr,
                                .bit = ops->exprs[open->expr].a,
                                .wire = op_qubits(ops, gate)[0],
                                .gate = i + 1};
    }
    return STATUS_OK;
}

/* ---- words ---- */

static void add_correction(struct text *text, const struct program *program, uint32_t bit,
                           const char *gate, uint32_t wire) {
    char bit_name[256], wire_name[256];
    text_printf(text, "`if (%s) %s %s;`", program_bit_name(program, bit, bit_name, sizeof bit_name),
                gate, program_wire_name(program, wire, wire_name, sizeof wire_name));
}

static const char *gate_name(const struct repair *repair, const struct correction *correction) {
    return gate_get((enum gate_id)repair->ops.ops[correction->gate].which)->name;
}

static void add_place(struct text *text, const struct repair *repair, size_t op) {
    text_printf(text, " (line %u)", repair->ops.ops[op].line);
}

/* Takes the text as the repair. */
static enum status keep(struct repair *repair, struct text *text) {
    struct verify_proof *proof = repair->prove->proof;
    proof->repair = text->failed ? NULL : arena_strdup(&proof->arena, text->data);
    text_fini(text);
    repair->is_done = true;
    return proof->repair ? STATUS_OK : STATUS_NOFIT;
}

static enum status attempt(struct repair *repair, bool *out_works,
                           const struct walk_insert *insert) {
    *out_works = false;
    repair->work += repair->work_per_try;
    if (repair->work > max_work) {
        repair->is_done = true;
        return STATUS_OK;
    }
    return prove_try(out_works, repair->prove, insert);
}

/* "`if (m) x b[1];` (line 20) PROBLEM: `if (k) x b[1];` repairs it" */
static enum status try_change(struct repair *repair, const struct correction *correction,
                              uint32_t bit, enum gate_id gate, uint32_t wire, const char *problem) {
    struct op_list *ops = &repair->ops;
    struct op *op = &ops->ops[correction->gate];
    const uint16_t old_gate = op->which;
    bool works;
    ops->exprs[correction->expr].a = bit;
    ops->qubits[op->qubit0] = wire;
    op->which = (uint16_t)gate;
    enum status status = attempt(repair, &works, NULL);
    ops->exprs[correction->expr].a = correction->bit;
    ops->qubits[op->qubit0] = correction->wire;
    op->which = old_gate;
    if (status != STATUS_OK || !works) {
        return status;
    }
    struct text text = {0};
    const struct program *program = repair->prove->program;
    add_correction(&text, program, correction->bit, gate_name(repair, correction),
                   correction->wire);
    add_place(&text, repair, correction->open);
    text_printf(&text, " %s: ", problem);
    add_correction(&text, program, bit, gate_get(gate)->name, wire);
    text_add(&text, " repairs it");
    return keep(repair, &text);
}

/* ---- candidates ---- */

static enum status try_bits(struct repair *repair, const struct correction *correction) {
    const enum gate_id gate = (enum gate_id)repair->ops.ops[correction->gate].which;
    for (uint32_t bit = 0; bit < repair->prove->program->n_bits && !repair->is_done; bit++) {
        if (bit != correction->bit) {
            TRY(try_change(repair, correction, bit, gate, correction->wire, "reads the wrong bit"));
        }
    }
    return STATUS_OK;
}

static enum status try_wires(struct repair *repair, const struct correction *correction) {
    const enum gate_id gate = (enum gate_id)repair->ops.ops[correction->gate].which;
    for (uint32_t wire = 0; wire < repair->prove->program->n_wires && !repair->is_done; wire++) {
        if (wire != correction->wire) {
            TRY(try_change(repair, correction, correction->bit, gate, wire,
                           "acts on the wrong qubit"));
        }
    }
    return STATUS_OK;
}

static enum status try_letters(struct repair *repair, const struct correction *correction) {
    for (unsigned letter = 1; letter < 4 && !repair->is_done; letter++) {
        if (pauli_gates[letter] != repair->ops.ops[correction->gate].which) {
            TRY(try_change(repair, correction, correction->bit, pauli_gates[letter],
                           correction->wire, "is the wrong Pauli"));
        }
    }
    return STATUS_OK;
}

static enum status try_deleting(struct repair *repair, const struct correction *correction) {
    struct op *op = &repair->ops.ops[correction->gate];
    const uint16_t gate = op->which;
    bool works;
    op->which = GATE_I;
    enum status status = attempt(repair, &works, NULL);
    op->which = gate;
    if (status != STATUS_OK || !works) {
        return status;
    }
    struct text text = {0};
    text_add(&text, "removing ");
    add_correction(&text, repair->prove->program, correction->bit, gate_name(repair, correction),
                   correction->wire);
    add_place(&text, repair, correction->open);
    text_add(&text, " repairs it");
    return keep(repair, &text);
}

static enum status try_exchange(struct repair *repair, const struct correction *a,
                                const struct correction *b) {
    struct expr *exprs = repair->ops.exprs;
    bool works;
    if (a->bit == b->bit) {
        return STATUS_OK;
    }
    exprs[a->expr].a = b->bit;
    exprs[b->expr].a = a->bit;
    enum status status = attempt(repair, &works, NULL);
    exprs[a->expr].a = a->bit;
    exprs[b->expr].a = b->bit;
    if (status != STATUS_OK || !works) {
        return status;
    }
    struct text text = {0};
    const struct program *program = repair->prove->program;
    text_add(&text, "exchanging the bits of ");
    add_correction(&text, program, a->bit, gate_name(repair, a), a->wire);
    add_place(&text, repair, a->open);
    text_add(&text, " and ");
    add_correction(&text, program, b->bit, gate_name(repair, b), b->wire);
    add_place(&text, repair, b->open);
    text_add(&text, " repairs it");
    return keep(repair, &text);
}

/* ---- a missing correction ---- */

static enum status try_insert(struct repair *repair, struct walk_insert insert) {
    bool works;
    TRY(attempt(repair, &works, &insert));
    if (!works) {
        return STATUS_OK;
    }
    struct text text = {0};
    text_add(&text, "adding ");
    add_correction(&text, repair->prove->program, insert.bit,
                   gate_get(pauli_gates[insert.letter])->name, insert.wire);
    if (insert.before < repair->ops.n_ops) {
        text_printf(&text, " before line %u", repair->ops.ops[insert.before].line);
    } else {
        text_add(&text, " at the end");
    }
    text_add(&text, " repairs it");
    return keep(repair, &text);
}

/* Corrections that are tried: at the end, then before each op on the wire that runs, the last one
 * first, back to the measurement of the bit. */
static enum status try_inserts_on(struct repair *repair, uint32_t bit, uint32_t wire) {
    const bool *is_skipped = repair->prove->match->own.is_skipped;
    const struct op_list *ops = &repair->ops;
    size_t depth = 0;
    for (size_t i = ops->n_ops; !repair->is_done; i--) {
        const struct op *op = i < ops->n_ops ? &ops->ops[i] : NULL;
        bool is_place = !op;
        if (op) {
            depth += op->kind == OP_END;
            depth -= op->kind == OP_IF || op->kind == OP_WHILE || op->kind == OP_REPEAT;
            for (uint32_t q = 0; depth == 0 && !is_skipped[i] && q < op->n_qubits; q++) {
                is_place |= op_qubits(ops, op)[q] == wire;
            }
        }
        for (uint8_t letter = 1; is_place && letter < 4 && !repair->is_done; letter++) {
            TRY(try_insert(repair, (struct walk_insert){
                                       .before = i, .bit = bit, .wire = wire, .letter = letter}));
        }
        if (i == 0 || (op && op->kind == OP_MEASURE && op->bit == bit)) {
            break;
        }
    }
    return STATUS_OK;
}

static enum status try_inserts(struct repair *repair) {
    const struct walk_source *source = &repair->prove->match->own.source;
    bool *is_measured = mem_alloc(source->n_bits, sizeof *is_measured);
    enum status status = is_measured ? STATUS_OK : STATUS_NOFIT;
    TRY_GOTO(status, cleanup);
    for (size_t i = 0; i < repair->ops.n_ops; i++) {
        const struct op *op = &repair->ops.ops[i];
        if (op->kind == OP_MEASURE && !source->is_skipped[i]) {
            is_measured[op->bit] = true;
        }
    }
    for (uint32_t i = 0; i < source->n_out + source->n_wires; i++) {
        const uint32_t wire = i < source->n_out ? source->out[i] : i - source->n_out;
        for (uint32_t bit = 0; bit < source->n_bits && !repair->is_done; bit++) {
            if (is_measured[bit]) {
                TRY_GOTO(try_inserts_on(repair, bit, wire), cleanup);
            }
        }
    }
cleanup:
    mem_free(is_measured);
    return status;
}

static enum status try_all(struct repair *repair) {
    typedef enum status candidate(struct repair * repair, const struct correction *correction);
    static candidate *const candidates[] = {try_bits, try_letters, try_deleting, try_wires};
    for (size_t kind = 0; kind < sizeof candidates / sizeof *candidates; kind++) {
        for (size_t i = 0; i < repair->n_corrections && !repair->is_done; i++) {
            TRY(candidates[kind](repair, &repair->corrections[i]));
        }
    }
    for (size_t i = 0; i < repair->n_corrections; i++) {
        for (size_t j = 0; j < i && !repair->is_done; j++) {
            TRY(try_exchange(repair, &repair->corrections[j], &repair->corrections[i]));
        }
    }
    return repair->is_done ? STATUS_OK : try_inserts(repair);
}

enum status prove_repair(struct prove *prove) {
    struct repair repair = {.prove = prove};
    struct walk_source *source = &prove->match->own.source;
    const struct op_list *ops = source->ops;
    const uint32_t n_dense_qubits = prove->dense_target.n_qubits;
    enum status status = op_list_copy(&repair.ops, ops);
    TRY_GOTO(status, cleanup);
    repair.work_per_try = prove->is_dense
                              ? 2.5e5 * fmax(4, (double)prove->proof->n_branches) +
                                    (double)(ops->n_ops + 1) * ldexp(1, (int)n_dense_qubits)
                              : (double)(ops->n_ops + 1) * (source->n_wires + source->n_in);
    TRY_GOTO(find_corrections(&repair), cleanup);
    source->ops = &repair.ops;
    status = try_all(&repair);
    source->ops = ops;
cleanup:
    mem_free(repair.corrections);
    op_list_fini(&repair.ops);
    return status;
}
