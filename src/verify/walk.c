#include "verify/walk.h"

#include <string.h>

#include "base/bits.h"
#include "base/log.h"
#include "base/mem.h"

enum { WALK_MAX_LOOPS = 64, WALK_MAX_IFS = 16, WALK_MAX_CHOICES = 60 };

/* One branch. */
struct branch {
    struct symbolic *state; /* bits: the source's, then one for what is dropped */
    size_t pc;
    /* Open REPEATs, and the rounds they still have; open WHILEs, and those they had. */
    size_t loops[WALK_MAX_LOOPS];
    uint64_t rounds[WALK_MAX_LOOPS];
    size_t n_loops;
    bool is_again; /* the op at pc was met before: at the last choice, or a round ago */
};

struct src_loc walk_loc(const struct walk_source *source, size_t i) {
    if (i >= source->ops->n_ops) {
        return (struct src_loc){0};
    }
    const struct op *op = &source->ops->ops[i];
    if (op->line == 0 || op->file >= source->n_files) {
        return (struct src_loc){0};
    }
    return (struct src_loc){.file = source->files[op->file], .line = op->line, .col = op->col};
}

static enum status give_up(const struct walk *walk, const struct branch *branch, const char *what,
                           const char *why) {
    if (walk->is_quiet) {
        return STATUS_UNVERIFIED;
    }
    return log_error_at(STATUS_UNVERIFIED, walk_loc(walk->source, branch->pc), "not proved: %s %s",
                        what, why);
}

static enum status note_symbols(struct walk *walk, const struct branch *branch,
                                enum walk_origin origin, uint32_t bit) {
    while (walk->n_symbols < branch->state->n_symbols) {
        TRY(vec_reserve(&walk->symbols, walk->n_symbols, &walk->cap_symbols, 1,
                        sizeof *walk->symbols));
        walk->symbols[walk->n_symbols++] =
            (struct walk_symbol){.origin = origin, .op = branch->pc, .bit = bit};
    }
    return STATUS_OK;
}

static void apply_named(struct branch *branch, enum gate_id id, const uint32_t *qubits) {
    struct clifford gate;
    CHECK(clifford_from_gate(&gate, id, NULL));
    symbolic_apply(branch->state, &gate, qubits);
}

/* A new symbol added to the bit's form. */
static enum status add_flip(struct walk *walk, struct branch *branch, uint32_t bit) {
    uint32_t symbol;
    TRY(symbolic_add_symbol(branch->state, &symbol));
    bits_flip(symbolic_bit(branch->state, bit), symbol + 1);
    return note_symbols(walk, branch, WALK_FLIP, bit);
}

static bool is_output(const struct walk_source *source, uint32_t bit) {
    for (uint32_t i = 0; i < source->n_output_bits; i++) {
        if (source->output_bits[i] == bit) {
            return true;
        }
    }
    return false;
}

static bool is_constant(const struct symbolic *state, const uint64_t *form) {
    uint64_t rest = form[0] & ~UINT64_C(1);
    for (size_t i = 1; i < state->n_form_words; i++) {
        rest |= form[i];
    }
    return rest == 0;
}

/* A symbol of what was dropped that is in the form, or UINT32_MAX. */
static uint32_t find_dropped(const struct walk *walk, const struct symbolic *state,
                             const uint64_t *form) {
    for (size_t w = 0; w < state->n_form_words; w++) {
        for (uint64_t word = w == 0 ? form[w] & ~UINT64_C(1) : form[w]; word; word &= word - 1) {
            const size_t symbol = 64 * w + (size_t)bits_lowest(word) - 1;
            if (walk->symbols[symbol].origin == WALK_DROPPED) {
                return u32_from_size(symbol);
            }
        }
    }
    return UINT32_MAX;
}

/* The state knows the outcome. If something that was dropped has a part in it, the outcome takes
 * over that symbol: it is one that no other outcome fixes. */
static enum status count_known(struct walk *walk, const struct branch *branch, uint32_t bit) {
    struct symbolic *state = branch->state;
    const uint64_t *form = symbolic_bit(state, bit);
    if (walk->n_choices > 0 || walk->has_failed) {
        return STATUS_OK; /* symbols belong to other branches too */
    }
    if (is_constant(state, form)) {
        walk->n_certain++;
        return STATUS_OK;
    }
    const uint32_t symbol = find_dropped(walk, state, form);
    if (symbol == UINT32_MAX) {
        walk->n_determined++;
        return STATUS_OK;
    }
    uint64_t *copy = mem_alloc(state->n_form_words, sizeof *copy);
    if (!copy) {
        return STATUS_NOFIT;
    }
    memcpy(copy, form, state->n_form_words * sizeof *copy);
    symbolic_substitute(state, symbol, copy);
    mem_free(copy);
    walk->symbols[symbol] =
        (struct walk_symbol){.origin = WALK_OUTCOME, .op = branch->pc, .bit = bit};
    return STATUS_OK;
}

static enum status step_measure(struct walk *walk, struct branch *branch, const struct op *op) {
    const uint32_t *qubits = op_qubits(walk->source->ops, op);
    uint8_t letters[OP_MAX_PAULI_LETTERS];
    bool is_random;
    CHECK(op->n_qubits <= OP_MAX_PAULI_LETTERS);
    for (uint32_t i = 0; i < op->n_qubits; i++) {
        letters[i] = (uint8_t)op_pauli(op, i);
    }
    TRY(symbolic_measure(branch->state, &is_random, op->bit, qubits, letters, op->n_qubits));
    TRY(note_symbols(walk, branch, WALK_OUTCOME, op->bit));
    if (!is_random) {
        TRY(count_known(walk, branch, op->bit));
    }
    if (walk->has_faults && !is_output(walk->source, op->bit)) {
        TRY(add_flip(walk, branch, op->bit));
    }
    return STATUS_OK;
}

/* To |0>, whatever was there. */
static enum status drop(struct walk *walk, struct branch *branch, uint32_t wire) {
    static const uint8_t x = 1, z = 3;
    const uint32_t spare = walk->source->n_bits;
    bool is_random;
    if (symbolic_clear(branch->state, wire)) {
        return STATUS_OK;
    }
    TRY(symbolic_measure(branch->state, &is_random, spare, &wire, &z, 1));
    TRY(note_symbols(walk, branch, WALK_DROPPED, OP_NO_BIT));
    symbolic_flip(branch->state, &wire, &x, 1, symbolic_bit(branch->state, spare));
    return STATUS_OK;
}

static enum status add_fault(struct walk *walk, struct branch *branch, uint32_t wire,
                             uint8_t letter, enum walk_origin origin) {
    const uint32_t spare = walk->source->n_bits;
    uint32_t symbol;
    TRY(symbolic_add_symbol(branch->state, &symbol));
    uint64_t *form = symbolic_bit(branch->state, spare);
    memset(form, 0, branch->state->n_form_words * sizeof *form);
    bits_set(form, symbol + 1, true);
    symbolic_flip(branch->state, &wire, &letter, 1, form);
    return note_symbols(walk, branch, origin, OP_NO_BIT);
}

static enum status step_ebit(struct walk *walk, struct branch *branch, const struct op *op) {
    const uint32_t *wires = op_qubits(walk->source->ops, op);
    TRY(drop(walk, branch, wires[0]));
    TRY(drop(walk, branch, wires[1]));
    if (!symbolic_pair(branch->state, wires[0], wires[1])) {
        apply_named(branch, GATE_H, wires);
        apply_named(branch, GATE_CX, wires);
    }
    if (walk->has_faults) {
        TRY(add_fault(walk, branch, wires[1], 1, WALK_PAIR_X));
        TRY(add_fault(walk, branch, wires[1], 3, WALK_PAIR_Z));
    }
    if (walk->n_branches == 0) {
        TRY(vec_reserve(&walk->ebit_ops, walk->n_ebits, &walk->cap_ebits, 1,
                        sizeof *walk->ebit_ops));
        walk->ebit_ops[walk->n_ebits++] = branch->pc;
    }
    return STATUS_OK;
}

static enum status step_gate(struct walk *walk, struct branch *branch, const struct op *op) {
    struct clifford gate;
    const enum gate_id id = (enum gate_id)op->which;
    if (!clifford_from_gate(&gate, id, op_params(walk->source->ops, op))) {
        return give_up(walk, branch, gate_get(id)->name,
                       "is not Clifford; only Clifford programs can be proved yet");
    }
    symbolic_apply(branch->state, &gate, op_qubits(walk->source->ops, op));
    return STATUS_OK;
}

/* ---- conditions ---- */

struct form_sum {
    const struct symbolic *state;
    uint64_t *form;
};

static void add_bit(void *ctx, uint32_t bit) {
    const struct form_sum *sum = ctx;
    const uint64_t *form = symbolic_bit(sum->state, bit);
    for (size_t i = 0; i < sum->state->n_form_words; i++) {
        sum->form[i] ^= form[i];
    }
}

struct open_bit {
    const struct symbolic *state;
    uint64_t *values; /* a word per bit */
    uint32_t bit;     /* one that is not known, or OP_NO_BIT */
};

static void find_open(void *ctx, uint32_t bit) {
    struct open_bit *found = ctx;
    const uint64_t *form = symbolic_bit(found->state, bit);
    found->values[bit] = form[0] & 1;
    if (found->bit == OP_NO_BIT && !is_constant(found->state, form)) {
        found->bit = bit;
    }
}

/* The condition as a form, if it is one: it is affine, or all its bits are known. */
static enum status find_condition(const struct walk *walk, const struct branch *branch,
                                  uint32_t expr, uint64_t *out_form, uint32_t *out_open_bit) {
    const struct op_list *ops = walk->source->ops;
    const struct symbolic *state = branch->state;
    uint64_t *zeros = mem_alloc((size_t)walk->source->n_bits + 1, sizeof *zeros);
    if (!zeros) {
        return STATUS_NOFIT;
    }
    *out_open_bit = OP_NO_BIT;
    memset(out_form, 0, state->n_form_words * sizeof *out_form);
    if (expr_is_affine(ops, expr)) {
        struct form_sum sum = {.state = state, .form = out_form};
        out_form[0] = expr_eval_word(ops, expr, zeros, 1, 0) & 1;
        expr_visit_bits(ops, expr, add_bit, &sum);
    } else {
        struct open_bit found = {.state = state, .values = zeros, .bit = OP_NO_BIT};
        expr_visit_bits(ops, expr, find_open, &found);
        *out_open_bit = found.bit;
        out_form[0] = expr_eval_word(ops, expr, zeros, 1, 0) & 1;
    }
    mem_free(zeros);
    return STATUS_OK;
}

/* Both ways of an IF hold only Pauli gates. */
static bool holds_paulis(const struct walk_source *source, size_t open, size_t *out_end) {
    const struct op_list *ops = source->ops;
    for (size_t i = open + 1;; i++) {
        const struct op *op = &ops->ops[i];
        struct clifford gate;
        uint32_t string;
        if (op->kind == OP_END) {
            *out_end = i;
            return true;
        }
        if (op->kind == OP_ELSE || op->kind == OP_BARRIER || op->kind == OP_TICK) {
            continue;
        }
        if (op->kind != OP_GATE ||
            !clifford_from_gate(&gate, (enum gate_id)op->which, op_params(ops, op)) ||
            !clifford_is_pauli(&string, &gate)) {
            return false;
        }
    }
}

/* The Pauli gates of both ways, each where its way is taken. */
static void apply_corrections(const struct walk *walk, struct branch *branch, size_t open,
                              size_t end, uint64_t *form) {
    static const uint8_t letter_of[4] = {0, 1, 3, 2}; /* by X part, and twice the Z part */
    const struct op_list *ops = walk->source->ops;
    for (size_t i = open + 1; i < end; i++) {
        const struct op *op = &ops->ops[i];
        struct clifford gate;
        uint32_t string = 0;
        uint8_t letters[CLIFFORD_MAX_QUBITS];
        if (op->kind == OP_ELSE) {
            form[0] ^= 1;
        }
        if (op->kind != OP_GATE) {
            continue;
        }
        CHECK(clifford_from_gate(&gate, (enum gate_id)op->which, op_params(ops, op)) &&
              clifford_is_pauli(&string, &gate));
        for (uint32_t q = 0; q < op->n_qubits; q++) {
            letters[q] = letter_of[((string >> q) & 1) | ((string >> (op->n_qubits + q)) & 1) << 1];
        }
        symbolic_flip(branch->state, op_qubits(ops, op), letters, op->n_qubits, form);
    }
}

static enum status run_branch(struct flows *out_flows, struct walk *walk, struct branch *branch);

/* Highest symbol of a form that is no constant. */
static uint32_t last_symbol(const struct symbolic *state, const uint64_t *form) {
    size_t word = state->n_form_words - 1;
    while (word > 0 && form[word] == 0) {
        word--;
    }
    return (uint32_t)(64 * word) + floor_log2(form[word]) - 1;
}

/* The branch with the bit known: a symbol of its form is replaced by the rest of it. */
static enum status run_fixed(struct flows *out_flows, struct walk *walk,
                             const struct branch *branch, uint32_t bit, bool value) {
    struct branch fixed = *branch;
    fixed.is_again = true;
    TRY(symbolic_clone(&fixed.state, branch->state));
    const size_t n_words = fixed.state->n_form_words;
    uint64_t *form = mem_alloc(n_words, sizeof *form);
    enum status status = form ? STATUS_OK : STATUS_NOFIT;
    if (status == STATUS_OK) {
        memcpy(form, symbolic_bit(fixed.state, bit), n_words * sizeof *form);
        const uint32_t symbol = last_symbol(fixed.state, form);
        bits_flip(form, symbol + 1);
        form[0] ^= value;
        symbolic_substitute(fixed.state, symbol, form);
        status = run_branch(out_flows, walk, &fixed);
    }
    mem_free(form);
    symbolic_destroy(fixed.state);
    return status;
}

/* Choices between the ways of an IF so far. */
static size_t count_ifs(const struct walk *walk) {
    size_t n = 0;
    for (size_t i = 0; i < walk->n_choices; i++) {
        n += walk->source->ops->ops[walk->choices[i].op].kind == OP_IF;
    }
    return n;
}

/* What both halves do, each of probability 1/2, less what was lost of them. */
static enum status mix(struct flows *out_flows, struct walk *walk, const struct branch *branch,
                       struct flows *halves, const double *lost) {
    bool is_group = true;
    walk->lost = (lost[0] + lost[1]) / 2;
    if (lost[0] >= 1 || lost[1] >= 1 || (lost[0] != lost[1])) {
        const unsigned kept = lost[0] >= 1;
        is_group = lost[0] >= 1 || lost[1] >= 1 || flows_are_equal(&halves[0], &halves[1]);
        *out_flows = halves[kept];
        halves[kept] = (struct flows){0};
    } else {
        TRY(flows_mix(out_flows, &is_group, &halves[0], &halves[1]));
    }
    if (!is_group) {
        const bool is_loop = walk->source->ops->ops[branch->pc].kind == OP_WHILE;
        return is_loop
                   ? give_up(walk, branch, "the rounds of the loop", "do not all end in the same")
                   : give_up(walk, branch, "the two ways of the condition",
                             "do different things that no single Clifford program does");
    }
    return STATUS_OK;
}

/* first: the value of the bit that is followed first. */
static enum status split(struct flows *out_flows, struct walk *walk, const struct branch *branch,
                         uint32_t bit, bool first) {
    struct flows halves[2] = {{0}, {0}};
    double lost[2] = {0, 0};
    const size_t depth = walk->n_choices;
    const size_t n_symbols = walk->n_symbols;
    const uint64_t n_ebits = walk->n_ebits;
    enum status status = STATUS_OK;
    if (count_ifs(walk) >= WALK_MAX_IFS || depth >= WALK_MAX_CHOICES ||
        walk->n_branches > WALK_MAX_BRANCHES) {
        return give_up(walk, branch, "the condition", "leads to more than 65536 branches");
    }
    if (walk->has_faults) {
        return give_up(walk, branch, "faults", "change which way the condition takes");
    }
    for (unsigned k = 0; k < 2; k++) {
        const bool value = first != (k == 1);
        if (!walk->has_failed) {
            walk->choices[depth] =
                (struct walk_choice){.op = branch->pc, .bit = bit, .value = value};
            walk->n_choices = depth + 1;
            walk->n_symbols = n_symbols;
        }
        walk->n_ebits = walk->n_branches == 0 ? n_ebits : walk->n_ebits;
        TRY_GOTO(run_fixed(&halves[value], walk, branch, bit, value), cleanup);
        lost[value] = walk->lost;
    }
    if (!walk->has_failed) {
        walk->n_choices = depth;
    }
    status = mix(out_flows, walk, branch, halves, lost);
cleanup:
    flows_fini(&halves[0]);
    flows_fini(&halves[1]);
    return status;
}

/* Splits at a bit of the condition that is not known; first the way on which the condition is
 * false, as far as that bit alone says so. */
static enum status split_condition(struct flows *out_flows, struct walk *walk,
                                   struct branch *branch, const struct op *op) {
    const struct op_list *ops = walk->source->ops;
    struct open_bit found = {.state = branch->state, .values = NULL, .bit = OP_NO_BIT};
    found.values = mem_alloc((size_t)walk->source->n_bits + 1, sizeof *found.values);
    if (!found.values) {
        return STATUS_NOFIT;
    }
    expr_visit_bits(ops, op->expr, find_open, &found);
    found.values[found.bit] = 0;
    const bool is_true_at_0 = expr_eval_word(ops, op->expr, found.values, 1, 0) & 1;
    mem_free(found.values);
    return split(out_flows, walk, branch, found.bit, op->kind == OP_WHILE && is_true_at_0);
}

/* *out_is_split: the rest of the branch was run, as two. */
static enum status step_if(struct flows *out_flows, bool *out_is_split, struct walk *walk,
                           struct branch *branch, const struct op *op) {
    uint32_t open_bit;
    size_t end;
    uint64_t *form = mem_alloc(branch->state->n_form_words, sizeof *form);
    enum status status = form ? STATUS_OK : STATUS_NOFIT;
    TRY_GOTO(status, cleanup);
    TRY_GOTO(find_condition(walk, branch, op->expr, form, &open_bit), cleanup);
    if (open_bit == OP_NO_BIT && is_constant(branch->state, form)) {
        branch->pc = form[0] & 1 ? branch->pc + 1 : (size_t)op->match + 1;
    } else if (open_bit == OP_NO_BIT && holds_paulis(walk->source, branch->pc, &end)) {
        apply_corrections(walk, branch, branch->pc, end, form);
        branch->pc = end + 1;
    } else {
        *out_is_split = true;
        status = split_condition(out_flows, walk, branch, op);
    }
cleanup:
    mem_free(form);
    return status;
}

/* One more round of the WHILE at pc; *out_is_over: it had as many as it may have. */
static enum status enter_round(bool *out_is_over, struct walk *walk, struct branch *branch) {
    const bool is_open = branch->n_loops > 0 && branch->loops[branch->n_loops - 1] == branch->pc;
    if (!is_open && branch->n_loops == WALK_MAX_LOOPS) {
        return give_up(walk, branch, "the loop", "is one of too many within each other");
    }
    if (!is_open) {
        branch->loops[branch->n_loops] = branch->pc;
        branch->rounds[branch->n_loops++] = 0;
    }
    *out_is_over = branch->rounds[branch->n_loops - 1]++ == walk->source->max_rounds;
    branch->pc++;
    return STATUS_OK;
}

/* *out_is_done: the rest of the branch was run, as two, or is left out. */
static enum status step_while(struct flows *out_flows, bool *out_is_done, struct walk *walk,
                              struct branch *branch, const struct op *op) {
    uint32_t open_bit;
    if (walk->source->max_rounds == 0) {
        return give_up(walk, branch, "while", "has no fixed number of rounds");
    }
    uint64_t *form = mem_alloc(branch->state->n_form_words, sizeof *form);
    enum status status = form ? STATUS_OK : STATUS_NOFIT;
    TRY_GOTO(status, cleanup);
    TRY_GOTO(find_condition(walk, branch, op->expr, form, &open_bit), cleanup);
    if (open_bit != OP_NO_BIT || !is_constant(branch->state, form)) {
        *out_is_done = true;
        status = split_condition(out_flows, walk, branch, op);
    } else if (form[0] & 1) {
        status = enter_round(out_is_done, walk, branch);
        walk->lost = *out_is_done ? 1 : walk->lost;
    } else {
        branch->n_loops -= branch->n_loops > 0 && branch->loops[branch->n_loops - 1] == branch->pc;
        branch->pc = (size_t)op->match + 1;
    }
cleanup:
    mem_free(form);
    return status;
}

static enum status step_repeat(struct walk *walk, struct branch *branch, const struct op *op) {
    if (branch->n_loops == WALK_MAX_LOOPS) {
        return give_up(walk, branch, "the loop", "is one of too many within each other");
    }
    if (op->arg == 0) {
        branch->pc = (size_t)op->match + 1;
        return STATUS_OK;
    }
    branch->loops[branch->n_loops] = branch->pc;
    branch->rounds[branch->n_loops++] = op->arg;
    branch->pc++;
    return STATUS_OK;
}

static void step_end(const struct walk *walk, struct branch *branch, const struct op *op) {
    const struct op *open = &walk->source->ops->ops[op->match];
    if (open->kind == OP_REPEAT) {
        if (--branch->rounds[branch->n_loops - 1] > 0) {
            branch->pc = branch->loops[branch->n_loops - 1];
        } else {
            branch->n_loops--;
        }
    }
    branch->is_again = open->kind == OP_WHILE;
    branch->pc = branch->is_again ? (size_t)op->match : branch->pc + 1;
}

static enum status step_assign(struct walk *walk, struct branch *branch, const struct op *op) {
    uint32_t open_bit;
    const size_t size = branch->state->n_form_words * sizeof(uint64_t);
    uint64_t *form = mem_alloc(1, size);
    enum status status = form ? STATUS_OK : STATUS_NOFIT;
    TRY_GOTO(status, cleanup);
    TRY_GOTO(find_condition(walk, branch, op->expr, form, &open_bit), cleanup);
    if (open_bit != OP_NO_BIT) {
        status = give_up(walk, branch, "the value", "is no XOR of measured bits");
    } else {
        memcpy(symbolic_bit(branch->state, op->bit), form, size);
    }
cleanup:
    mem_free(form);
    return status;
}

/* An op that is no block marker. */
static enum status step_op(struct walk *walk, struct branch *branch, const struct op *op) {
    const uint32_t *qubits = op_qubits(walk->source->ops, op);
    switch ((enum op_kind)op->kind) {
    case OP_GATE:
        return step_gate(walk, branch, op);
    case OP_MEASURE:
        return step_measure(walk, branch, op);
    case OP_RESET:
    case OP_ALLOC:
    case OP_FREE:
        return drop(walk, branch, qubits[0]);
    case OP_EBIT:
        return step_ebit(walk, branch, op);
    case OP_ASSIGN:
        return step_assign(walk, branch, op);
    case OP_NOISE:
    case OP_IDLE:
    case OP_CALL:
        return give_up(walk, branch, op_kind_name((enum op_kind)op->kind),
                       "is not ideal; only ideal programs can be proved");
    case OP_WHILE:
    case OP_BARRIER:
    case OP_SEND:
    case OP_RECV:
    case OP_DETECTOR:
    case OP_OBSERVABLE:
    case OP_TICK:
    case OP_COORDS:
    case OP_SHIFT_COORDS:
    case OP_IF:
    case OP_ELSE:
    case OP_REPEAT:
    case OP_END:
    case OP_KIND_COUNT:
        break;
    }
    return STATUS_OK;
}

static void try_insert(const struct walk *walk, struct branch *branch) {
    const struct walk_insert *insert = &walk->insert;
    if (insert->letter != 0 && branch->pc == insert->before) {
        symbolic_flip(branch->state, &insert->wire, &insert->letter, 1,
                      symbolic_bit(branch->state, insert->bit));
    }
}

/* A wire that is kept in vain adds a row if it is in a state of its own, two if it is entangled. */
static enum status find_leftover(struct walk *walk, const struct branch *branch, uint32_t *keep,
                                 uint32_t n_keep, size_t n_rows) {
    const struct walk_source *source = walk->source;
    for (uint32_t wire = 0; wire < source->n_wires && wire < 256; wire++) {
        bool is_kept = false;
        for (uint32_t i = 0; i < n_keep; i++) {
            is_kept |= keep[i] == wire;
        }
        struct flows more = {0};
        keep[n_keep] = wire;
        if (!is_kept) {
            TRY(flows_from_state(&more, branch->state, keep, n_keep + 1, source->output_bits,
                                 source->n_output_bits));
        }
        const bool is_found = more.n_rows > n_rows + 1;
        flows_fini(&more);
        if (is_found) {
            walk->leftover = wire;
            return STATUS_OK;
        }
    }
    return STATUS_OK;
}

/* Does the branch hold all of the target? */
static enum status judge(struct walk *walk, const struct branch *branch, const struct flows *own,
                         uint32_t *keep, uint32_t n_keep) {
    const size_t n_form_words = own->n_form_words;
    uint64_t *forms = mem_alloc(walk->target->n_rows, n_form_words * sizeof *forms);
    bool *is_missing = mem_alloc(walk->target->n_rows, sizeof *is_missing), lacks_any = false;
    enum status status = forms && is_missing ? STATUS_OK : STATUS_NOFIT;
    TRY_GOTO(status, cleanup);
    TRY_GOTO(flows_compare(forms, is_missing, own, walk->target), cleanup);
    for (size_t t = 0; t < walk->target->n_rows; t++) {
        lacks_any |= is_missing[t];
        for (size_t w = 0; w < n_form_words; w++) {
            walk->has_failed |= forms[n_form_words * t + w] != 0;
        }
    }
    walk->has_failed |= lacks_any;
    walk->leftover = OP_NO_QPU;
    if (lacks_any && walk->finds_leftover) {
        status = find_leftover(walk, branch, keep, n_keep, own->n_rows);
    }
cleanup:
    mem_free(forms);
    mem_free(is_missing);
    return status;
}

static enum status end_branch(struct flows *out_flows, struct walk *walk,
                              const struct branch *branch) {
    const struct walk_source *source = walk->source;
    const uint32_t n_keep = source->n_in + source->n_out;
    uint32_t *keep = mem_alloc((size_t)n_keep + 1, sizeof *keep);
    struct flows own = {0};
    enum status status = keep ? STATUS_OK : STATUS_NOFIT;
    TRY_GOTO(status, cleanup);
    for (uint32_t i = 0; i < n_keep; i++) {
        keep[i] = i < source->n_in ? source->n_wires + i : source->out[i - source->n_in];
    }
    TRY_GOTO(flows_from_state(&own, branch->state, keep, n_keep, source->output_bits,
                              source->n_output_bits),
             cleanup);
    walk->n_branches++;
    walk->lost = 0;
    TRY_GOTO(flows_average(out_flows, &own), cleanup);
    if (walk->has_failed) {
        goto cleanup;
    }
    if (walk->target) {
        TRY_GOTO(judge(walk, branch, &own, keep, n_keep), cleanup);
    }
    flows_fini(&walk->own);
    walk->own = own;
    own = (struct flows){0};
cleanup:
    mem_free(keep);
    flows_fini(&own);
    return status;
}

static enum status run_branch(struct flows *out_flows, struct walk *walk, struct branch *branch) {
    const struct op_list *ops = walk->source->ops;
    const bool *is_skipped = walk->source->is_skipped;
    bool is_done = false;
    while (branch->pc < ops->n_ops) {
        const struct op *op = &ops->ops[branch->pc];
        if (++walk->n_steps > WALK_MAX_STEPS) {
            return give_up(walk, branch, "the program", "takes more than 2^26 steps");
        }
        if (!branch->is_again) {
            try_insert(walk, branch);
        }
        branch->is_again = false;
        if (is_skipped && is_skipped[branch->pc]) {
            branch->pc++;
        } else if (op->kind == OP_IF || op->kind == OP_WHILE) {
            TRY(op->kind == OP_IF ? step_if(out_flows, &is_done, walk, branch, op)
                                  : step_while(out_flows, &is_done, walk, branch, op));
            if (is_done) {
                return STATUS_OK;
            }
        } else if (op->kind == OP_ELSE) {
            branch->pc = (size_t)op->match + 1;
        } else if (op->kind == OP_REPEAT) {
            TRY(step_repeat(walk, branch, op));
        } else if (op->kind == OP_END) {
            step_end(walk, branch, op);
        } else {
            TRY(step_op(walk, branch, op));
            branch->pc++;
        }
    }
    try_insert(walk, branch);
    return end_branch(out_flows, walk, branch);
}

enum status walk_run(struct flows *out_flows, struct walk *walk) {
    const struct walk_source *source = walk->source;
    struct branch branch = {0};
    TRY(symbolic_create(&branch.state, source->n_wires + source->n_in, source->n_bits + 1));
    for (uint32_t i = 0; i < source->n_in; i++) {
        const uint32_t pair[2] = {source->n_wires + i, source->in[i]};
        apply_named(&branch, GATE_H, pair);
        apply_named(&branch, GATE_CX, pair);
    }
    enum status status = run_branch(out_flows, walk, &branch);
    symbolic_destroy(branch.state);
    if (status == STATUS_OK && walk->n_branches == 0) {
        for (branch.pc = 0; source->ops->ops[branch.pc].kind != OP_WHILE;) {
            branch.pc++;
        }
        return give_up(walk, &branch, "no run", "ends within the rounds that each while may have");
    }
    return status;
}

void walk_fini(struct walk *walk) {
    mem_free(walk->symbols);
    mem_free(walk->ebit_ops);
    flows_fini(&walk->own);
    walk->symbols = NULL;
    walk->ebit_ops = NULL;
}
