/* How long a program is, apart from durations. */
#include <string.h>

#include "base/log.h"
#include "verify/prove.h"

enum { DEPTH_MAX_BLOCKS = 1024 };

struct level {
    uint64_t depth, n_rounds; /* longest chains of ops and messages so far */
};
struct levels {
    const struct program *program;
    struct level *wires, *bits;
    uint32_t *born_at;                       /* QPU of each bit */
    const struct op *open[DEPTH_MAX_BLOCKS]; /* blocks around the op that have conditions */
    size_t n_open;
    struct level at; /* of the op */
    uint32_t qpu;    /* that it runs on */
};

static struct level later(struct level a, struct level b) {
    a.depth = a.depth > b.depth ? a.depth : b.depth;
    a.n_rounds = a.n_rounds > b.n_rounds ? a.n_rounds : b.n_rounds;
    return a;
}

/* A bit of another QPU arrives one step later. */
static void read_bit(void *ctx, uint32_t bit) {
    struct levels *levels = ctx;
    struct level level = levels->bits[bit];
    const bool travels = levels->born_at[bit] != levels->qpu && level.depth > 0;
    level.depth += travels;
    level.n_rounds += travels;
    levels->at = later(levels->at, level);
}

static void add_op(struct levels *levels, const struct op *op) {
    const struct op_list *ops = &levels->program->ops;
    const uint32_t *wires = op_qubits(ops, op);
    levels->at = (struct level){0};
    levels->qpu = op->qpu;
    for (uint32_t q = 0; q < op->n_qubits; q++) {
        levels->at = later(levels->at, levels->wires[wires[q]]);
    }
    for (size_t i = 0; i < levels->n_open; i++) {
        expr_visit_bits(ops, levels->open[i]->expr, read_bit, levels);
    }
    if (op->kind == OP_ASSIGN) {
        expr_visit_bits(ops, op->expr, read_bit, levels);
    }
    levels->at.depth += op->kind != OP_BARRIER && op->kind != OP_ASSIGN;
    for (uint32_t q = 0; q < op->n_qubits; q++) {
        levels->wires[wires[q]] = levels->at;
    }
    if (op->kind == OP_MEASURE || op->kind == OP_ASSIGN) {
        levels->bits[op->bit] = levels->at;
        levels->born_at[op->bit] = op->qpu;
    }
}

static void follow(struct levels *levels) {
    const struct op_list *ops = &levels->program->ops;
    for (size_t i = 0; i < ops->n_ops; i++) {
        const struct op *op = &ops->ops[i];
        const bool has_condition = op->kind == OP_IF || op->kind == OP_WHILE;
        if (has_condition && levels->n_open < DEPTH_MAX_BLOCKS) {
            levels->open[levels->n_open++] = op;
        } else if (op->kind == OP_END && levels->n_open > 0) {
            const struct op *open = &ops->ops[op->match];
            levels->n_open -= open == levels->open[levels->n_open - 1];
        } else if (op->n_qubits > 0 || op->kind == OP_ASSIGN) {
            add_op(levels, op);
        }
    }
}

static enum status note_comm(struct prove *prove) {
    struct program_check check = {0};
    const size_t n_qpus = prove->program->n_qpus;
    enum status status = program_check(&check, prove->program);
    if (status == STATUS_OK) {
        uint32_t *copy = arena_alloc(&prove->proof->arena, n_qpus * sizeof *copy);
        status = copy ? STATUS_OK : STATUS_NOFIT;
        if (copy) {
            memcpy(copy, check.peak_comm, n_qpus * sizeof *copy);
            prove->proof->peak_comm = copy;
        }
    } else if (status == STATUS_INPUT) { /* a test's own program */
        status = STATUS_OK;
    }
    program_check_fini(&check);
    return status;
}

enum status prove_depth(struct prove *prove) {
    const struct program *program = prove->program;
    struct levels *levels = mem_alloc(1, sizeof *levels);
    struct level last = {0};
    if (!levels) {
        return STATUS_NOFIT;
    }
    levels->program = program;
    levels->wires = mem_alloc(program->n_wires, sizeof *levels->wires);
    levels->bits = mem_alloc(program->n_bits, sizeof *levels->bits);
    levels->born_at = mem_alloc(program->n_bits, sizeof *levels->born_at);
    enum status status =
        levels->wires && levels->bits && levels->born_at ? STATUS_OK : STATUS_NOFIT;
    if (status == STATUS_OK) {
        follow(levels);
        for (uint32_t wire = 0; wire < program->n_wires; wire++) {
            last = later(last, levels->wires[wire]);
        }
        for (uint32_t bit = 0; bit < program->n_bits; bit++) {
            last = later(last, levels->bits[bit]);
        }
        prove->proof->depth = last.depth;
        prove->proof->n_rounds = last.n_rounds;
        status = note_comm(prove);
    }
    mem_free(levels->wires);
    mem_free(levels->bits);
    mem_free(levels->born_at);
    mem_free(levels);
    return status;
}
