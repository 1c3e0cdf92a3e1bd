#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "base/mem.h"
#include "base/units.h"
#include "circuit/qasm2_parser.h"

/* Growth of memory below this is not worth asking the system about. */
enum { SMALL_GROWTH_BYTES = 1 << 26 };
/* Up to here each operand is compared with each other one. */
enum { FEW_OPERANDS = 5 };
/* Constants of conditions, in 64-bit words: 512 MiB. */
enum { MAX_CONDITION_WORDS = 1 << 26 };

static double growth_bytes(size_t n, size_t cap, uint64_t n_more, size_t item_size) {
    double need = (double)n + (double)n_more;

    if (need <= (double)cap) {
        return 0;
    }
    return (double)item_size * (need > 2.0 * (double)cap ? need : 2.0 * (double)cap);
}

/* Refuses what would not fit limits, memory or indices before anything is appended. */
static enum status check_budget(struct qasm2_parser *p, struct qasm2_cost cost,
                                struct src_loc loc) {
    const struct op_list *list = &p->circuit->ops;
    uint64_t max_steps = p->limits.max_ops * QASM2_STEPS_PER_OP;
    double n_bytes = growth_bytes(list->n_ops, list->cap_ops, cost.n_ops, sizeof *list->ops) +
                     growth_bytes(list->n_qubits, list->cap_qubits, cost.n_qubits, 4) +
                     growth_bytes(list->n_params, list->cap_params, cost.n_params, 8);

    if (cost.n_ops > p->limits.max_ops - list->n_ops ||
        cost.n_qubits > UINT32_MAX - list->n_qubits ||
        cost.n_params > UINT32_MAX - list->n_params) {
        return log_error_at(STATUS_NOFIT, loc,
                            "this statement expands to %llu operations on %llu qubits, after %zu "
                            "others; at most %llu are possible",
                            (unsigned long long)cost.n_ops, (unsigned long long)cost.n_qubits,
                            list->n_ops, (unsigned long long)p->limits.max_ops);
    }
    if (cost.n_steps > max_steps - p->n_steps) {
        return log_error_at(STATUS_NOFIT, loc,
                            "the definitions behind this statement take %llu steps to expand; at "
                            "most %llu are taken for a file",
                            (unsigned long long)cost.n_steps, (unsigned long long)max_steps);
    }
    if (n_bytes > SMALL_GROWTH_BYTES && n_bytes > (double)mem_available()) {
        char text[32];
        return log_error_at(STATUS_NOFIT, loc,
                            "the operations up to this statement need %s; that exceeds the memory "
                            "there is",
                            units_print_bytes(text, sizeof text, (uint64_t)n_bytes));
    }
    p->n_steps += cost.n_steps;
    return STATUS_OK;
}

static void set_file(struct qasm2_parser *p, uint32_t file) {
    struct op_list *list = &p->circuit->ops;
    list->ops[list->n_ops - 1].file = file;
}

static uint32_t current_file(const struct qasm2_parser *p) {
    return sources_file(&p->sources);
}

/* Before the ops of a statement: limits, placement at the first of all, the IF that waits. */
static enum status begin_ops(struct qasm2_parser *p, struct qasm2_cost cost, struct src_loc loc) {
    struct qasm2_condition *condition = &p->condition;

    cost.n_ops += condition->is_pending && cost.n_ops < UINT64_MAX - 2 ? 2 : 0;
    TRY(check_budget(p, cost, loc));
    TRY(placements_close(&p->placements));
    if (condition->is_pending) {
        TRY(op_list_open(&p->circuit->ops, &condition->op_index, OP_IF, condition->expr, 0,
                         condition->loc));
        set_file(p, condition->file);
        condition->is_open = true;
    }
    return STATUS_OK;
}

static enum status end_ops(struct qasm2_parser *p) {
    if (p->condition.is_open) {
        TRY(op_list_close(&p->circuit->ops, p->condition.op_index, p->condition.loc));
        set_file(p, p->condition.file);
        p->condition.is_open = false;
    }
    return STATUS_OK;
}

static enum status refuse_register(const struct qasm2_parser *p, const struct token *token,
                                   bool is_bit) {
    char text[TOKEN_TEXT_SIZE];
    bool is_other =
        (is_bit ? circuit_find_qreg : circuit_find_creg)(p->circuit, token->text, token->n) != NULL;

    token_describe(token, text);
    if (is_other) {
        return log_error_at(STATUS_INPUT, token->loc, "%s is a %s register; expected a %s one",
                            text, is_bit ? "quantum" : "classical",
                            is_bit ? "classical" : "quantum");
    }
    return log_error_at(STATUS_INPUT, token->loc,
                        "undeclared register %s; expected a %s declared before this line", text,
                        is_bit ? "creg" : "qreg");
}

/* `name` or `name[index]` */
static enum status read_operand(struct qasm2_parser *p, struct qasm2_operand *out, bool is_bit) {
    const struct token *token = &p->lexer.token;
    const struct reg *reg;

    if (token->kind != TOKEN_NAME) {
        return lexer_expect(&p->lexer, TOKEN_NAME,
                            is_bit ? "of a classical register" : "of a quantum register");
    }
    reg = (is_bit ? circuit_find_creg : circuit_find_qreg)(p->circuit, token->text, token->n);
    if (reg == NULL) {
        return refuse_register(p, token, is_bit);
    }
    *out = (struct qasm2_operand){
        .first = reg->first, .n = reg->n, .is_whole = true, .loc = token->loc};
    TRY(lexer_next(&p->lexer));
    if (token->kind != TOKEN_LBRACKET) {
        return STATUS_OK;
    }
    TRY(lexer_next(&p->lexer));
    if (token->kind != TOKEN_INT) {
        return lexer_expect(&p->lexer, TOKEN_INT, "as index of a register");
    }
    if (token->is_wide || token->integer >= reg->n) {
        char text[TOKEN_TEXT_SIZE];
        return log_error_at(STATUS_INPUT, token->loc, "index %s is outside of %.48s[%u]",
                            token_describe(token, text), reg->name, reg->n);
    }
    out->first = reg->first + (uint32_t)token->integer;
    out->n = 1;
    out->is_whole = false;
    TRY(lexer_next(&p->lexer));
    return lexer_expect(&p->lexer, TOKEN_RBRACKET, "after an index");
}

/* Quantum operands up to the semicolon, which is read too. */
static enum status read_operands(struct qasm2_parser *p) {
    bool has_more = true;

    p->n_operands = 0;
    while (has_more) {
        TRY(vec_reserve(&p->operands, p->n_operands, &p->cap_operands, 1, sizeof *p->operands));
        TRY(read_operand(p, &p->operands[p->n_operands], false));
        p->n_operands++;
        TRY(lexer_accept(&p->lexer, &has_more, TOKEN_COMMA));
    }
    return lexer_expect(&p->lexer, TOKEN_SEMICOLON, "or ',' after an operand");
}

static int compare_operands(const void *a, const void *b) {
    const struct qasm2_operand *left = a, *right = b;
    return left->first != right->first ? (left->first > right->first) - (left->first < right->first)
                                       : (left->n > right->n) - (left->n < right->n);
}

static bool overlap(const struct qasm2_operand *a, const struct qasm2_operand *b) {
    return a->first < b->first + b->n && b->first < a->first + a->n;
}

/* *out_found: two operands share *out_qubit; the second of them is at *out_loc. */
static enum status find_overlap(struct qasm2_parser *p, bool *out_found, uint32_t *out_qubit,
                                struct src_loc *out_loc) {
    const struct qasm2_operand *operands = p->operands, *one = NULL, *other = NULL;
    size_t n = p->n_operands;

    if (n > FEW_OPERANDS) {
        TRY(vec_reserve(&p->sorted, 0, &p->cap_sorted, n, sizeof *p->sorted));
        memcpy(p->sorted, operands, n * sizeof *p->sorted);
        qsort(p->sorted, n, sizeof *p->sorted, compare_operands);
        operands = p->sorted;
    }
    for (size_t i = 1; i < n; i++) {
        for (size_t j = n > FEW_OPERANDS ? i - 1 : 0; j < i; j++) {
            if (overlap(&operands[i], &operands[j])) {
                one = &operands[j];
                other = &operands[i];
            }
        }
    }
    *out_found = one != NULL;
    if (one != NULL) {
        *out_qubit = one->first > other->first ? one->first : other->first;
        *out_loc = other->loc;
    }
    return STATUS_OK;
}

/* Number of times a gate on the operands is applied: the size of the registers among them. */
static enum status check_broadcast(struct qasm2_parser *p, uint32_t *out_n) {
    const struct qasm2_operand *whole = NULL;
    struct src_loc loc;
    uint32_t twice;
    bool found;

    for (size_t i = 0; i < p->n_operands; i++) {
        const struct qasm2_operand *operand = &p->operands[i];
        if (operand->is_whole && whole != NULL && whole->n != operand->n) {
            return log_error_at(STATUS_INPUT, operand->loc,
                                "register of %u qubits beside one of %u; expected equal sizes",
                                operand->n, whole->n);
        }
        whole = operand->is_whole ? operand : whole;
    }
    TRY(find_overlap(p, &found, &twice, &loc));
    if (found) {
        char name[64];
        return log_error_at(STATUS_INPUT, loc, "qubit %s is used twice in one gate",
                            circuit_qubit_name(p->circuit, twice, name, sizeof name));
    }
    *out_n = whole == NULL ? 1 : whole->n;
    return STATUS_OK;
}

/* `(angle, angle)`, if there is one, into p->params. */
static enum status read_params(struct qasm2_parser *p) {
    bool found, has_more;

    p->n_params = 0;
    TRY(lexer_accept(&p->lexer, &found, TOKEN_LPAREN));
    has_more = found && p->lexer.token.kind != TOKEN_RPAREN;
    while (has_more) {
        struct angle_code code;
        const char *why;
        p->angles.n_ops = 0;
        TRY(angle_compile(&code, &p->angles, &p->lexer, NULL));
        TRY(vec_reserve(&p->params, p->n_params, &p->cap_params, 1, sizeof *p->params));
        TRY(vec_reserve(&p->stack, 0, &p->cap_stack, code.depth, sizeof *p->stack));
        const struct angle_op *fault =
            angle_eval(&p->params[p->n_params++], &why, p->stack, &p->angles, code, NULL);
        if (fault != NULL) {
            struct src_loc loc = {p->lexer.token.loc.file, fault->line, fault->col};
            return log_error_at(STATUS_INPUT, loc, "%s; expected a finite angle", why);
        }
        TRY(lexer_accept(&p->lexer, &has_more, TOKEN_COMMA));
    }
    return found ? lexer_expect(&p->lexer, TOKEN_RPAREN, "or ',' after an angle") : STATUS_OK;
}

static bool looks_like_qasm3(const struct token *token) {
    static const char *const words[] = {"qubit", "bit",   "input", "output", "const",
                                        "let",   "def",   "int",   "uint",   "float",
                                        "bool",  "angle", "for",   "while"};

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (token_is(token, words[i])) {
            return true;
        }
    }
    return false;
}

static bool is_of_qelib1(const struct token *token) {
    char name[32] = "";
    enum gate_id gate;

    if (token->n >= sizeof name) {
        return false;
    }
    memcpy(name, token->text, token->n);
    gate = gate_find(name);
    return gate != GATE_NONE && gate_get(gate)->in_qelib1 &&
           strcmp(gate_get(gate)->name, name) == 0;
}

static enum status refuse_gate(const struct qasm2_parser *p, const struct token *token) {
    char text[TOKEN_TEXT_SIZE];
    const char *expected = p->has_qelib1         ? "one of qelib1's gates"
                           : is_of_qelib1(token) ? "include \"qelib1.inc\""
                                                 : "U, CX";

    return log_error_at(STATUS_INPUT, token->loc,
                        "unknown gate %s; expected %s or a definition before this line%s",
                        token_describe(token, text), expected,
                        looks_like_qasm3(token) ? " (this looks like OpenQASM 3)" : "");
}

enum status qasm2_find_gate(struct qasm2_parser *p, struct qasm2_symbol *out_symbol) {
    const struct token *token = &p->lexer.token;
    const struct qasm2_symbol *symbol = qasm2_library_find(&p->library, token->text, token->n);

    if (symbol == NULL) {
        return refuse_gate(p, token);
    }
    if (symbol->kind == QASM2_OPAQUE) {
        return log_error_at(STATUS_INPUT, token->loc,
                            "gate '%.48s' is opaque (%s:%u:%u): without a definition it cannot be "
                            "simulated",
                            symbol->name, symbol->loc.file, symbol->loc.line, symbol->loc.col);
    }
    *out_symbol = *symbol;
    return STATUS_OK;
}

enum status qasm2_check_counts(const struct qasm2_symbol *symbol, size_t n_params, size_t n_qubits,
                               struct src_loc loc) {
    if (n_params != symbol->n_params) {
        return log_error_at(STATUS_INPUT, loc, "gate '%.48s' with %zu parameter%s; expected %zu",
                            symbol->name, n_params, n_params == 1 ? "" : "s", symbol->n_params);
    }
    if (n_qubits != symbol->n_qubits) {
        return log_error_at(STATUS_INPUT, loc, "gate '%.48s' on %zu operand%s; expected %zu",
                            symbol->name, n_qubits, n_qubits == 1 ? "" : "s", symbol->n_qubits);
    }
    return STATUS_OK;
}

static enum status apply_symbol(struct qasm2_parser *p, const struct qasm2_symbol *symbol,
                                uint32_t row, struct src_loc loc) {
    struct op_list *list = &p->circuit->ops;

    for (size_t i = 0; i < p->n_operands; i++) {
        p->qubits[i] = p->operands[i].first + (p->operands[i].is_whole ? row : 0);
    }
    if (symbol->kind == QASM2_DEFINED) {
        return qasm2_library_expand(&p->library, list, symbol->index, p->params, p->qubits, loc,
                                    current_file(p), false);
    }
    TRY(op_list_add_gate(list, (enum gate_id)symbol->index, p->qubits, p->params, loc));
    set_file(p, current_file(p));
    return STATUS_OK;
}

static enum status read_call(struct qasm2_parser *p) {
    struct src_loc loc = p->lexer.token.loc;
    struct qasm2_symbol symbol;
    struct qasm2_cost cost;
    uint32_t n_rows = 0;

    TRY(qasm2_find_gate(p, &symbol));
    TRY(lexer_next(&p->lexer));
    TRY(read_params(p));
    TRY(read_operands(p));
    TRY(qasm2_check_counts(&symbol, p->n_params, p->n_operands, loc));
    TRY(check_broadcast(p, &n_rows));
    if (symbol.kind == QASM2_TABLE) {
        TRY(qasm2_check_angles((enum gate_id)symbol.index, p->params, loc, false));
    }
    cost = qasm2_cost_times(qasm2_library_cost(&p->library, &symbol), n_rows);
    if (cost.n_ops == 0) {
        return STATUS_OK;
    }
    TRY(begin_ops(p, cost, loc));
    TRY(vec_reserve(&p->qubits, 0, &p->cap_qubits, p->n_operands, sizeof *p->qubits));
    for (uint32_t row = 0; row < n_rows; row++) {
        TRY(apply_symbol(p, &symbol, row, loc));
    }
    return end_ops(p);
}

static enum status read_measure(struct qasm2_parser *p) {
    struct src_loc loc = p->lexer.token.loc;
    struct qasm2_operand qubits, bits;
    struct op *op;

    TRY(lexer_next(&p->lexer));
    TRY(read_operand(p, &qubits, false));
    TRY(lexer_expect(&p->lexer, TOKEN_ARROW, "after the qubits to measure"));
    TRY(read_operand(p, &bits, true));
    if (qubits.n != bits.n) {
        return log_error_at(STATUS_INPUT, bits.loc, "measure of %u qubit%s into %u bit%s", qubits.n,
                            qubits.n == 1 ? "" : "s", bits.n, bits.n == 1 ? "" : "s");
    }
    TRY(lexer_expect(&p->lexer, TOKEN_SEMICOLON, "after measure"));
    TRY(begin_ops(p, (struct qasm2_cost){qubits.n, qubits.n, 0, qubits.n}, loc));
    for (uint32_t i = 0; i < qubits.n; i++) {
        uint32_t qb = qubits.first + i;
        TRY(op_list_add(&p->circuit->ops, &op, OP_MEASURE, &qb, 1, NULL, 0, loc));
        op->bit = bits.first + i;
        op->file = current_file(p);
    }
    p->circuit->measures = true;
    return end_ops(p);
}

static enum status read_reset(struct qasm2_parser *p) {
    struct src_loc loc = p->lexer.token.loc;
    struct qasm2_operand qubits;

    TRY(lexer_next(&p->lexer));
    TRY(read_operand(p, &qubits, false));
    TRY(lexer_expect(&p->lexer, TOKEN_SEMICOLON, "after reset"));
    TRY(begin_ops(p, (struct qasm2_cost){qubits.n, qubits.n, 0, qubits.n}, loc));
    for (uint32_t i = 0; i < qubits.n; i++) {
        uint32_t qb = qubits.first + i;
        TRY(op_list_add(&p->circuit->ops, NULL, OP_RESET, &qb, 1, NULL, 0, loc));
        set_file(p, current_file(p));
    }
    return end_ops(p);
}

/* Operands of a barrier, a qubit named twice only once: sorted where that is so. */
static void drop_overlaps(struct qasm2_parser *p) {
    uint32_t end = 0;
    size_t n = 0;

    qsort(p->operands, p->n_operands, sizeof *p->operands, compare_operands);
    for (size_t i = 0; i < p->n_operands; i++) {
        struct qasm2_operand operand = p->operands[i];
        uint32_t operand_end = operand.first + operand.n;
        if (operand_end > end) {
            operand.first = operand.first > end ? operand.first : end;
            operand.n = operand_end - operand.first;
            p->operands[n++] = operand;
            end = operand_end;
        }
    }
    p->n_operands = n;
}

static enum status read_barrier(struct qasm2_parser *p) {
    struct src_loc loc = p->lexer.token.loc, twice_loc;
    size_t n = 0, at = 0;
    uint32_t twice;
    bool found;

    TRY(lexer_next(&p->lexer));
    TRY(read_operands(p));
    TRY(find_overlap(p, &found, &twice, &twice_loc));
    if (found) {
        drop_overlaps(p);
    }
    for (size_t i = 0; i < p->n_operands; i++) {
        n += p->operands[i].n;
    }
    TRY(begin_ops(p, (struct qasm2_cost){1, n, 0, n}, loc));
    TRY(vec_reserve(&p->qubits, 0, &p->cap_qubits, n, sizeof *p->qubits));
    for (size_t i = 0; i < p->n_operands; i++) {
        for (uint32_t j = 0; j < p->operands[i].n; j++) {
            p->qubits[at++] = p->operands[i].first + j;
        }
    }
    TRY(op_list_add(&p->circuit->ops, NULL, OP_BARRIER, p->qubits, n, NULL, 0, loc));
    set_file(p, current_file(p));
    return STATUS_OK;
}

/* The expression `register == value`; a value wider than the register never holds. */
static enum status add_condition(struct qasm2_parser *p, uint32_t *out_expr, const struct reg *reg,
                                 const struct token *value) {
    struct op_list *list = &p->circuit->ops;
    size_t n_words = bits_words(reg->n);
    char text[TOKEN_TEXT_SIZE];

    if (list->n_words + n_words > MAX_CONDITION_WORDS) {
        return log_error_at(STATUS_NOFIT, value->loc,
                            "the constants of all conditions exceed %d x 64 bits",
                            (int)MAX_CONDITION_WORDS);
    }
    TRY(vec_reserve(&p->words, 0, &p->cap_words, n_words, sizeof *p->words));
    if (!token_to_words(p->words, reg->n, value)) {
        if (p->n_warnings++ < QASM2_MAX_WARNINGS) {
            log_warning_at(value->loc, "%s is wider than %.48s[%u]: this condition never holds",
                           token_describe(value, text), reg->name, reg->n);
        }
        return expr_add(list, out_expr, (struct expr){.kind = EXPR_CONST, .value0 = 0});
    }
    return expr_add_eq(list, out_expr, reg->first, reg->n, p->words);
}

/* `if (register == integer)`, up to the operation. */
static enum status read_condition(struct qasm2_parser *p) {
    const struct token *token = &p->lexer.token;
    const struct reg *reg;

    p->condition.loc = token->loc;
    p->condition.file = current_file(p);
    TRY(lexer_next(&p->lexer));
    TRY(lexer_expect(&p->lexer, TOKEN_LPAREN, "after 'if'"));
    if (token->kind != TOKEN_NAME) {
        return lexer_expect(&p->lexer, TOKEN_NAME, "of a classical register");
    }
    reg = circuit_find_creg(p->circuit, token->text, token->n);
    if (reg == NULL) {
        return refuse_register(p, token, true);
    }
    TRY(lexer_next(&p->lexer));
    if (token->kind == TOKEN_LBRACKET) {
        return log_error_at(STATUS_INPUT, token->loc,
                            "'[': OpenQASM 2 compares whole registers; expected '=='");
    }
    TRY(lexer_expect(&p->lexer, TOKEN_EQ, "after the register"));
    if (token->kind != TOKEN_INT) {
        return lexer_expect(&p->lexer, TOKEN_INT, "to compare with");
    }
    TRY(add_condition(p, &p->condition.expr, reg, token));
    TRY(lexer_next(&p->lexer));
    return lexer_expect(&p->lexer, TOKEN_RPAREN, "after the value");
}

static enum status read_if(struct qasm2_parser *p) {
    const struct token *token = &p->lexer.token;
    enum qasm2_keyword keyword;
    enum status status;
    char text[TOKEN_TEXT_SIZE];

    TRY(read_condition(p));
    keyword = qasm2_keyword_of(token);
    if (token->kind != TOKEN_NAME || keyword < QASM2_MEASURE || keyword == QASM2_BARRIER) {
        return log_error_at(STATUS_INPUT, token->loc,
                            "%s after a condition: expected a gate, measure or reset",
                            token_describe(token, text));
    }
    p->condition.is_pending = true;
    status = qasm2_read_operation(p, keyword);
    p->condition.is_pending = false;
    return status;
}

enum status qasm2_read_operation(struct qasm2_parser *p, enum qasm2_keyword keyword) {
    switch ((int)keyword) {
    case QASM2_IF:
        return read_if(p);
    case QASM2_MEASURE:
        return read_measure(p);
    case QASM2_RESET:
        return read_reset(p);
    case QASM2_BARRIER:
        return read_barrier(p);
    }
    return read_call(p);
}
