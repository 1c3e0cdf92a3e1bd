#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/nearest.h"
#include "program/parse.h"
#include "program/registers.h"
#include "program/words.h"

const struct parse_binding *parse_find_binding(const struct parser *p) {
    const struct token *token = &p->lexer.token;

    for (size_t i = 0; p->call != NULL && i < p->call->n_bindings; i++) {
        const struct parse_binding *binding = &p->call->bindings[i];
        if (binding->n == token->n && memcmp(binding->name, token->text, token->n) == 0) {
            return binding;
        }
    }
    return NULL;
}

static bool is_loop_variable(const struct parser *p, const struct token *token) {
    for (size_t i = 0; i < p->n_loops; i++) {
        if (p->loops[i].variable != NULL && p->loops[i].n == token->n &&
            memcmp(p->loops[i].variable, token->text, token->n) == 0) {
            return true;
        }
    }
    return false;
}

const struct reg *parse_find_register(const struct parser *p, const struct token *token,
                                      bool wants_bits) {
    const char *what = wants_bits ? "bit" : "qubit";
    char text[TOKEN_TEXT_SIZE];
    const struct reg *reg;
    bool is_bits = false;

    if (token->kind != TOKEN_NAME) {
        log_error_at(STATUS_INPUT, token->loc, "%s: expected a %s", token_describe(token, text),
                     what);
        return NULL;
    }
    if (is_loop_variable(p, token)) {
        log_error_at(STATUS_INPUT, token->loc,
                     "%s is a loop variable, which programs cannot use; expected a %s",
                     token_describe(token, text), what);
        return NULL;
    }
    reg = register_find_name(p->program, &is_bits, token->text, token->n);
    if (reg == NULL || p->call != NULL) {
        log_error_at(STATUS_INPUT, token->loc, "unknown %s %s", what, token_describe(token, text));
        return NULL;
    }
    if (is_bits != wants_bits) {
        log_error_at(STATUS_INPUT, token->loc, "%s is a %s; expected a %s",
                     token_describe(token, text), is_bits ? "bit" : "qubit", what);
        return NULL;
    }
    return reg;
}

enum status parse_index(struct parser *p, uint32_t *out_index, const struct reg *reg) {
    const struct token *token = &p->lexer.token;
    char text[TOKEN_TEXT_SIZE];

    if (token->kind != TOKEN_INT) {
        return parse_refuse(p, "an integer as index");
    }
    if (token->is_wide || token->integer >= reg->n) {
        return log_error_at(STATUS_INPUT, token->loc, "index %s of %s: expected 0 to %u",
                            token_describe(token, text), reg->name, reg->n - 1);
    }
    *out_index = (uint32_t)token->integer;
    return lexer_next(&p->lexer);
}

/* The element of a register whose name is the current token. */
static enum status parse_element(struct parser *p, uint32_t *out, const struct reg *reg) {
    uint32_t index = 0;

    TRY(lexer_next(&p->lexer));
    if (reg->is_scalar) {
        if (p->lexer.token.kind == TOKEN_LBRACKET) {
            return log_error_at(STATUS_INPUT, p->lexer.token.loc,
                                "'%s' was declared without a size: expected no index", reg->name);
        }
    } else {
        if (p->lexer.token.kind != TOKEN_LBRACKET) {
            return log_error_at(STATUS_INPUT, p->lexer.token.loc,
                                "'%s' is a register of %u: expected an index, %s[i]", reg->name,
                                reg->n, reg->name);
        }
        TRY(lexer_next(&p->lexer));
        TRY(parse_index(p, &index, reg));
        TRY(lexer_expect(&p->lexer, TOKEN_RBRACKET, "after an index"));
    }
    *out = reg->first + index;
    return STATUS_OK;
}

static enum status parse_operand(struct parser *p, uint32_t *out, bool wants_bits) {
    const struct parse_binding *binding = parse_find_binding(p);
    const struct reg *reg;

    if (binding != NULL && binding->kind == (wants_bits ? BINDING_BIT : BINDING_WIRE)) {
        *out = binding->index;
        return lexer_next(&p->lexer);
    }
    reg = parse_find_register(p, &p->lexer.token, wants_bits);
    return reg == NULL ? STATUS_INPUT : parse_element(p, out, reg);
}

enum status parse_wire(struct parser *p, uint32_t *out_wire) {
    return parse_operand(p, out_wire, false);
}

enum status parse_bit(struct parser *p, uint32_t *out_bit) {
    return parse_operand(p, out_bit, true);
}

enum status parse_push_wire(struct parser *p, uint32_t wire) {
    TRY(vec_reserve(&p->wires, p->n_wires, &p->cap_wires, 1, sizeof *p->wires));
    p->wires[p->n_wires++] = wire;
    return STATUS_OK;
}

/* `w, w, w;` into p->wires. */
static enum status parse_wires(struct parser *p, const char *where) {
    bool has_more = true;

    p->n_wires = 0;
    while (has_more) {
        uint32_t wire;
        TRY(parse_wire(p, &wire));
        TRY(parse_push_wire(p, wire));
        TRY(lexer_accept(&p->lexer, &has_more, TOKEN_COMMA));
    }
    return lexer_expect(&p->lexer, TOKEN_SEMICOLON, where);
}

enum status parse_check_distinct(struct parser *p, size_t from, struct src_loc loc,
                                 const char *what) {
    char name[PARSE_NAME_SIZE];

    for (size_t i = from; i < p->n_wires; i++) {
        for (size_t j = from; j < i; j++) {
            if (p->wires[i] == p->wires[j]) {
                return log_error_at(STATUS_INPUT, loc, "'%s' takes %s twice", what,
                                    program_wire_name(p->program, p->wires[i], name, sizeof name));
            }
        }
    }
    return STATUS_OK;
}

enum status parse_angle(struct parser *p, double *out_value) {
    const struct names *formals = p->call != NULL ? &p->call->def->params : NULL;
    const struct angle_op *fault;
    struct angle_code code;
    const char *why;

    p->angles.n_ops = 0;
    TRY(angle_compile(&code, &p->angles, &p->lexer, formals));
    TRY(vec_reserve(&p->stack, 0, &p->cap_stack, code.depth, sizeof *p->stack));
    fault = angle_eval(out_value, &why, p->stack, &p->angles, code,
                       p->call != NULL ? p->call->params : NULL);
    if (fault != NULL) {
        struct src_loc loc = {p->lexer.token.loc.file, fault->line, fault->col};
        return log_error_at(STATUS_INPUT, loc, "%s", why);
    }
    return STATUS_OK;
}

enum status parse_params(struct parser *p) {
    bool has_more;

    p->n_params = 0;
    TRY(lexer_accept(&p->lexer, &has_more, TOKEN_LPAREN));
    if (!has_more) {
        return STATUS_OK;
    }
    while (has_more) {
        double value;
        TRY(parse_angle(p, &value));
        TRY(vec_reserve(&p->params, p->n_params, &p->cap_params, 1, sizeof *p->params));
        p->params[p->n_params++] = value;
        TRY(lexer_accept(&p->lexer, &has_more, TOKEN_COMMA));
    }
    return lexer_expect(&p->lexer, TOKEN_RPAREN, "or ',' after a number");
}

static enum status parse_gate(struct parser *p, enum gate_id gate, struct src_loc loc) {
    const struct gate_info *info = gate_get(gate);

    TRY(lexer_next(&p->lexer));
    TRY(parse_params(p));
    if (p->n_params != info->n_params) {
        return log_error_at(STATUS_INPUT, loc, "gate '%s' takes %u parameter%s, not %zu",
                            info->name, info->n_params, info->n_params == 1 ? "" : "s",
                            p->n_params);
    }
    for (size_t i = 0; i < p->n_params; i++) {
        if (!(fabs(p->params[i]) < GATE_MAX_ANGLE)) {
            return log_error_at(STATUS_INPUT, loc, "angle %g of gate '%s': expected less than 2^28",
                                p->params[i], info->name);
        }
    }
    TRY(parse_wires(p, "after a gate"));
    if (p->n_wires != info->n_qubits) {
        return log_error_at(STATUS_INPUT, loc, "gate '%s' takes %u qubit%s, not %zu", info->name,
                            info->n_qubits, info->n_qubits == 1 ? "" : "s", p->n_wires);
    }
    TRY(parse_check_distinct(p, 0, loc, info->name));
    TRY(parse_check_limit(p, loc));
    return op_list_add_gate(&p->program->ops, gate, p->wires, p->params, loc);
}

enum status parse_note_record(struct parser *p, uint32_t bit) {
    size_t n_bits = p->program->n_bits;

    if (!register_find(p->program->cregs, p->program->n_cregs, bit)->is_output) {
        return STATUS_OK;
    }
    if (n_bits > p->n_last_record) {
        TRY(vec_reserve(&p->last_record, p->n_last_record, &p->cap_last_record,
                        n_bits - p->n_last_record, sizeof *p->last_record));
        memset(p->last_record + p->n_last_record, 0,
               (n_bits - p->n_last_record) * sizeof *p->last_record);
        p->n_last_record = n_bits;
    }
    TRY(vec_reserve(&p->records, p->n_records, &p->cap_records, 1, sizeof *p->records));
    p->records[p->n_records++] = bit;
    p->last_record[bit] = u32_from_size(p->n_records);
    p->n_results += p->n_results < UINT64_MAX;
    return STATUS_OK;
}

static enum status add_measure(struct parser *p, uint32_t wire, uint32_t bit, struct src_loc loc) {
    struct op *op;

    TRY(parse_add_op(p, &op, OP_MEASURE, &wire, 1, NULL, 0, loc));
    op->bit = bit;
    return parse_note_record(p, bit);
}

enum status parse_measure_into(struct parser *p, uint32_t bit, struct src_loc loc) {
    uint32_t wire;

    if (!token_is(&p->lexer.token, "measure")) {
        return parse_refuse(p, "'measure': only measurements write bits in a program");
    }
    TRY(lexer_next(&p->lexer));
    TRY(parse_wire(p, &wire));
    TRY(lexer_expect(&p->lexer, TOKEN_SEMICOLON, "after a measurement"));
    return add_measure(p, wire, bit, loc);
}

enum status parse_measure(struct parser *p) {
    struct src_loc loc = parse_loc(p);
    uint32_t wire, bit;

    TRY(lexer_next(&p->lexer));
    TRY(parse_wire(p, &wire));
    TRY(lexer_expect(&p->lexer, TOKEN_ARROW, "and a bit: a measurement needs one"));
    TRY(parse_bit(p, &bit));
    TRY(lexer_expect(&p->lexer, TOKEN_SEMICOLON, "after a measurement"));
    return add_measure(p, wire, bit, loc);
}

enum status parse_reset(struct parser *p) {
    struct src_loc loc = parse_loc(p);
    uint32_t wire;

    TRY(lexer_next(&p->lexer));
    TRY(parse_wire(p, &wire));
    TRY(lexer_expect(&p->lexer, TOKEN_SEMICOLON, "after a reset"));
    return parse_add_op(p, NULL, OP_RESET, &wire, 1, NULL, 0, loc);
}

enum status parse_barrier(struct parser *p) {
    struct src_loc loc = parse_loc(p);

    TRY(lexer_next(&p->lexer));
    p->n_wires = 0;
    if (p->lexer.token.kind == TOKEN_SEMICOLON) {
        TRY(lexer_next(&p->lexer));
        for (uint32_t wire = 0; wire < p->program->n_wires; wire++) {
            TRY(parse_push_wire(p, wire));
        }
    } else {
        TRY(parse_wires(p, "after a barrier"));
    }
    return parse_add_op(p, NULL, OP_BARRIER, p->wires, p->n_wires, NULL, 0, loc);
}

/* `bit = measure w;` with the bit at the current token. */
static enum status parse_assignment(struct parser *p, struct src_loc loc) {
    uint32_t bit;

    TRY(parse_bit(p, &bit));
    TRY(lexer_expect(&p->lexer, TOKEN_ASSIGN, "and a measurement"));
    return parse_measure_into(p, bit, loc);
}

enum status parse_assign(struct parser *p, struct src_loc loc) {
    uint32_t bit, expr;
    struct op *op;

    TRY(parse_bit(p, &bit));
    TRY(lexer_expect(&p->lexer, TOKEN_ASSIGN, "and a condition"));
    TRY(parse_condition(p, &expr));
    TRY(lexer_expect(&p->lexer, TOKEN_SEMICOLON, "after an assignment"));
    TRY(parse_add_op(p, &op, OP_ASSIGN, NULL, 0, NULL, 0, loc));
    op->bit = bit;
    op->expr = expr;
    op->qpu = p->at_qpu;
    return STATUS_OK;
}

/* The gate that the current token names, if the file may know it; GATE_NONE: no gate. */
static enum status find_gate(struct parser *p, enum gate_id *out_gate) {
    const struct token *token = &p->lexer.token;
    char name[32];
    uint32_t known;
    enum gate_id gate;

    *out_gate = GATE_NONE;
    if (names_find(&p->gates, &known, token->text, token->n)) {
        *out_gate = (enum gate_id)known;
        return STATUS_OK;
    }
    if (token->n >= sizeof name) {
        return STATUS_OK;
    }
    memcpy(name, token->text, token->n);
    name[token->n] = '\0';
    gate = gate_find(name);
    if (gate == GATE_NONE) {
        return STATUS_OK;
    }
    if (strcmp(name, "U") != 0 && !(gate_get(gate)->in_stdgates ? p->has_stdgates : p->has_qnu)) {
        return log_error_at(STATUS_INPUT, token->loc,
                            "gate '%s' is not known yet: expected include \"%s\"", name,
                            gate_get(gate)->in_stdgates ? "stdgates.inc" : "qnu.inc");
    }
    *out_gate = gate;
    return names_add(&p->gates, token->text, token->n, gate);
}

static enum status refuse_keyword(struct parser *p) {
    const struct token *token = &p->lexer.token;
    char text[TOKEN_TEXT_SIZE];

    if (token_is(token, "pragma")) {
        return parse_refuse(p, "pragmas at the beginning of a line");
    }
    if (token_is(token, "else")) {
        return parse_refuse(p, "an 'if' and its statement before it");
    }
    if (token_is(token, "OPENQASM")) {
        return parse_refuse(p, "the version as the first statement only");
    }
    return log_error_at(STATUS_INPUT, token->loc, "%s is not supported in programs",
                        token_describe(token, text));
}

/* With the gate or def whose name is nearest. */
static enum status refuse_unknown(const struct parser *p) {
    const struct token *token = &p->lexer.token;
    char word[64], name[64], best[64] = "", text[TOKEN_TEXT_SIZE];
    token_describe(token, text);
    if (token->n < sizeof word) {
        memcpy(word, token->text, token->n);
        word[token->n] = '\0';
        struct nearest near = nearest_start(word);
        for (uint32_t gate = 0; gate < GATE_COUNT; gate++) {
            nearest_offer(&near, gate_get((enum gate_id)gate)->name);
        }
        for (size_t i = 0; i < p->n_defs; i++) {
            snprintf(name, sizeof name, "%.*s", (int)p->defs[i].n_name, p->defs[i].name);
            nearest_offer(&near, name);
            if (near.best == name) { /* the next def overwrites it */
                near.best = strcpy(best, name);
            }
        }
        if (near.best != NULL) {
            return log_error_at(STATUS_INPUT, token->loc, "unknown gate %s; did you mean '%s'?",
                                text, near.best);
        }
    }
    return log_error_at(STATUS_INPUT, token->loc, "unknown gate %s", text);
}

enum status parse_simple_statement(struct parser *p) {
    const struct token *token = &p->lexer.token;
    struct src_loc loc = parse_loc(p);
    const struct parse_binding *binding = parse_find_binding(p);
    enum gate_id gate;
    uint32_t index;
    bool is_bits;
    char text[TOKEN_TEXT_SIZE];

    if (binding != NULL) {
        return parse_assignment(p, loc);
    }
    TRY(find_gate(p, &gate));
    if (gate != GATE_NONE) {
        return parse_gate(p, gate, loc);
    }
    if (register_find_name(p->program, &is_bits, token->text, token->n) != NULL) {
        return parse_assignment(p, loc);
    }
    if (names_find(&p->def_names, &index, token->text, token->n)) {
        TRY(lexer_next(&p->lexer));
        return parse_call(p, &p->defs[index], loc);
    }
    if (word_is_keyword(token->text, token->n)) {
        return refuse_keyword(p);
    }
    if (!p->has_qnu && word_reserved_as(token->text, token->n) != NULL) {
        return log_error_at(STATUS_INPUT, token->loc,
                            "%s is not known yet: expected include \"qnu.inc\"",
                            token_describe(token, text));
    }
    return refuse_unknown(p);
}
