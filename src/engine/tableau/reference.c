#include "engine/tableau/reference.h"

#include <string.h>

#include "base/bits.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/units.h"
#include "engine/tableau/tableau.h"

struct loop {
    size_t open;
    uint64_t round;
};

struct walk {
    const struct reference_task *task;
    struct tableau tableau;
    struct tableau_gate *gates; /* by gate, those without parameters */
    bool *is_known;
    uint64_t *records, *bits;
    uint64_t n_records, n_conditions; /* so far */
    struct loop *loops;
    size_t n_loops, cap_loops;
    const struct op *op;
};

static enum status refuse(const struct walk *walk, const char *reason) {
    const struct op *op = walk->op;
    const char *const *files = walk->task->files;
    const struct src_loc loc = {files != NULL ? files[op->file] : NULL, op->line, op->col};
    const char *name = op->kind == OP_GATE ? gate_get((enum gate_id)op->which)->name
                                           : op_kind_name((enum op_kind)op->kind);
    return log_error_at(STATUS_INPUT, loc, "no tableau for %s: %s", name, reason);
}

/* ---- conditions ---- */

static bool equals(const struct walk *walk, const struct expr *node) {
    const uint64_t *value = walk->task->ops->words + node->value0;
    for (uint32_t i = 0; i < node->n; i++) {
        if (bits_get(walk->bits, node->a + i) != bits_get(value, i)) {
            return false;
        }
    }
    return true;
}

static bool leaf_value(const struct walk *walk, const struct expr *node) {
    switch ((enum expr_kind)node->kind) {
    case EXPR_CONST:
        return node->value0 != 0;
    case EXPR_BIT:
        return bits_get(walk->bits, node->a);
    case EXPR_REC:
        return bits_get(walk->records, walk->n_records - node->a);
    case EXPR_EQ:
        return equals(walk, node);
    case EXPR_SWEEP:
    case EXPR_NOT:
    case EXPR_AND:
    case EXPR_OR:
    case EXPR_XOR:
        break;
    }
    return false;
}

static bool is_inner(const struct expr *node) {
    return node->kind == EXPR_NOT || node->kind == EXPR_XOR || node->kind == EXPR_AND ||
           node->kind == EXPR_OR;
}

/* The bigger child is walked in the loop: the depth is the logarithm of the nodes. */
static bool evaluate(const struct walk *walk, uint32_t expr) {
    const struct expr *nodes = walk->task->ops->exprs;
    bool flips = false;
    for (;;) {
        const struct expr *node = &nodes[expr];
        if (!is_inner(node)) {
            return flips != leaf_value(walk, node);
        }
        if (node->kind == EXPR_NOT) {
            flips = !flips;
            expr = node->a;
            continue;
        }
        const struct expr *a = &nodes[node->a], *b = &nodes[node->b];
        const bool a_is_big = (is_inner(a) ? a->n : 1) > (is_inner(b) ? b->n : 1);
        const bool side = evaluate(walk, a_is_big ? node->b : node->a);
        expr = a_is_big ? node->a : node->b;
        if (node->kind == EXPR_XOR) {
            flips = flips != side;
        } else if (side == (node->kind == EXPR_OR)) {
            return flips != side;
        }
    }
}

/* ---- ops ---- */

static enum status apply_gate(struct walk *walk) {
    const struct op_list *ops = walk->task->ops;
    const struct op *op = walk->op;
    struct tableau_gate made, *gate = op->n_params == 0 ? &walk->gates[op->which] : &made;
    if (op->n_params > 0 || !walk->is_known[op->which]) {
        if (!tableau_find_gate(gate, (enum gate_id)op->which, op_params(ops, op))) {
            return refuse(walk, "it is no Clifford gate");
        }
        walk->is_known[op->which] = walk->is_known[op->which] || op->n_params == 0;
    }
    tableau_apply(&walk->tableau, gate, op_qubits(ops, op));
    return STATUS_OK;
}

static void note_result(struct walk *walk, uint32_t bit, bool value) {
    const struct reference_task *task = walk->task;
    const bool keeps = bit < task->n_bits;
    if (keeps) {
        bits_set(walk->bits, bit, value);
    }
    if (task->recorded == NULL || (keeps && bits_get(task->recorded, bit))) {
        CHECK(walk->n_records < task->n_records);
        bits_set(walk->records, walk->n_records++, value);
    }
}

static void measure(struct walk *walk) {
    const struct op *op = walk->op;
    const uint32_t *qubits = op_qubits(walk->task->ops, op);
    uint8_t letters[OP_MAX_PAULI_LETTERS];
    for (unsigned i = 0; i < op->n_qubits; i++) {
        letters[i] = (uint8_t)op_pauli(op, i);
    }
    const bool result = tableau_measure(&walk->tableau, qubits, letters, op->n_qubits);
    if (result && (op->which & MEASURE_RESETS) != 0) {
        tableau_apply_pauli(&walk->tableau, qubits[0], letters[0] == 1 ? 3 : 1);
    }
    note_result(walk, op->bit, result != ((op->which & MEASURE_INVERTED) != 0));
}

static void reset(struct walk *walk, uint32_t qubit, unsigned letter) {
    const uint8_t letters[1] = {(uint8_t)letter};
    if (tableau_measure(&walk->tableau, &qubit, letters, 1)) {
        tableau_apply_pauli(&walk->tableau, qubit, letter == 1 ? 3 : 1);
    }
}

/* XX and ZZ are measured, which then have the results 0, on qubits in |0>. */
static void make_ebit(struct walk *walk) {
    static const uint8_t letters[2] = {1, 1};
    const uint32_t *pair = op_qubits(walk->task->ops, walk->op);
    reset(walk, pair[0], 3);
    reset(walk, pair[1], 3);
    tableau_measure(&walk->tableau, pair, letters, 2);
}

static void herald(struct walk *walk) {
    const bool is_herald =
        walk->op->which == NOISE_HERALDED_ERASE || walk->op->which == NOISE_HERALDED_PAULI1;
    for (uint32_t i = 0; is_herald && i < walk->op->n_qubits; i++) {
        note_result(walk, walk->op->bit + i, false);
    }
}

/* ---- control ---- */

static bool decide(struct walk *walk, size_t pc) {
    const struct reference_task *task = walk->task;
    const bool is_taken = evaluate(walk, walk->op->expr);
    if (task->conditions != NULL && op_list_has_inside(task->ops, pc, OP_NOISE)) {
        CHECK(walk->n_conditions < task->n_conditions);
        bits_set(task->conditions, walk->n_conditions++, is_taken);
    }
    return is_taken;
}

static enum status open_loop(struct walk *walk, size_t pc) {
    TRY(vec_reserve(&walk->loops, walk->n_loops, &walk->cap_loops, 1, sizeof *walk->loops));
    walk->loops[walk->n_loops++] = (struct loop){pc, 0};
    return STATUS_OK;
}

static size_t close_block(struct walk *walk, size_t pc) {
    const struct op_list *ops = walk->task->ops;
    const size_t open = ops->ops[pc].match;
    if (ops->ops[open].kind != OP_REPEAT) {
        return pc + 1;
    }
    if (++walk->loops[walk->n_loops - 1].round < ops->ops[open].arg) {
        return open + 1;
    }
    walk->n_loops--;
    return pc + 1;
}

static enum status step(struct walk *walk, size_t *inout_pc) {
    const struct op *op = walk->op;
    size_t next = *inout_pc + 1;
    switch ((enum op_kind)op->kind) {
    case OP_GATE:
        TRY(apply_gate(walk));
        break;
    case OP_MEASURE:
        measure(walk);
        break;
    case OP_RESET:
    case OP_FREE:
        reset(walk, op_qubits(walk->task->ops, op)[0],
              op->kind == OP_RESET && op->arg != 0 ? (unsigned)op->arg : 3);
        break;
    case OP_EBIT:
        make_ebit(walk);
        break;
    case OP_NOISE:
        herald(walk);
        break;
    case OP_IF:
        next = decide(walk, *inout_pc) ? next : (size_t)op->match + 1;
        break;
    case OP_ELSE: /* the end of what was taken */
        next = (size_t)op->match + 1;
        break;
    case OP_ASSIGN:
        bits_set(walk->bits, op->bit, evaluate(walk, op->expr));
        break;
    case OP_REPEAT:
        TRY(open_loop(walk, *inout_pc));
        break;
    case OP_END:
        next = close_block(walk, *inout_pc);
        break;
    case OP_WHILE:
    case OP_CALL:
        return refuse(walk, "it depends on results");
    case OP_ALLOC:
    case OP_BARRIER:
    case OP_SEND:
    case OP_RECV:
    case OP_IDLE:
    case OP_DETECTOR:
    case OP_OBSERVABLE:
    case OP_TICK:
    case OP_COORDS:
    case OP_SHIFT_COORDS:
    case OP_KIND_COUNT:
        break;
    }
    *inout_pc = next;
    return STATUS_OK;
}

uint64_t reference_bytes(const struct reference_task *task) {
    return tableau_bytes(task->n_qubits) + task->n_records / 8 + task->n_conditions / 8;
}

enum status reference_run(uint64_t *out_records, uint64_t *out_bits,
                          const struct reference_task *task) {
    const uint64_t n_bytes = reference_bytes(task);
    const uint64_t room = task->max_bytes != 0 ? task->max_bytes : mem_available();
    struct walk walk = {.task = task, .records = out_records};
    if (n_bytes > room || tableau_init(&walk.tableau, task->n_qubits) != STATUS_OK) {
        char need[32], has[32];
        return log_error(STATUS_NOFIT, "a tableau of %u qubits needs %s; %s available",
                         task->n_qubits, units_print_bytes(need, sizeof need, n_bytes),
                         units_print_bytes(has, sizeof has, room));
    }
    enum status status = STATUS_NOFIT;
    walk.gates = mem_alloc(GATE_COUNT, sizeof *walk.gates);
    walk.is_known = mem_alloc(GATE_COUNT, sizeof *walk.is_known);
    walk.bits = mem_alloc(bits_words(task->n_bits), sizeof *walk.bits);
    if (walk.gates != NULL && walk.is_known != NULL && walk.bits != NULL) {
        status = STATUS_OK;
        for (size_t pc = 0; pc < task->ops->n_ops && status == STATUS_OK;) {
            walk.op = &task->ops->ops[pc];
            status = step(&walk, &pc);
        }
    }
    if (status == STATUS_OK && out_bits != NULL) {
        memcpy(out_bits, walk.bits, bits_words(task->n_bits) * sizeof *out_bits);
    }
    tableau_fini(&walk.tableau);
    mem_free(walk.gates);
    mem_free(walk.is_known);
    mem_free(walk.bits);
    mem_free(walk.loops);
    return status;
}
