#include "circuit/qasm3_parse.h"

#include <string.h>

#include "circuit/qasm3_words.h"

const char *const qasm3_words[QASM3_N_WORDS] = {
#define QASM3_WORD_TEXT(word) [QASM3_W_##word] = #word,
    QASM3_WORDS(QASM3_WORD_TEXT)
#undef QASM3_WORD_TEXT
};

static enum status expect_semicolon(struct qasm3 *p, const char *where) {
    return lexer_expect(&p->lexer, TOKEN_SEMICOLON, where);
}

static enum status parse_new_name(struct qasm3 *p, uint32_t *out_sym, const char *what) {
    if (p->lexer.token.kind != TOKEN_NAME) {
        return lexer_expect(&p->lexer, TOKEN_NAME, what);
    }
    if (p->lexer.token.text[0] == '$') {
        return qasm3_refuse_token(p, "a name that is no physical qubit");
    }
    TRY(qasm3_current_symbol(p, out_sym));
    if (*out_sym < QASM3_N_WORDS) {
        return qasm3_refuse_token(p, "a name that is no word of the language");
    }
    return lexer_next(&p->lexer);
}

/* ---- blocks ---- */

static enum status parse_block(struct qasm3 *p, struct qasm3_node **out_first, bool *out_jump) {
    struct qasm3_node **last = out_first;

    *out_first = NULL;
    TRY(lexer_expect(&p->lexer, TOKEN_LBRACE, "before a block"));
    while (p->lexer.token.kind != TOKEN_RBRACE) {
        if (p->lexer.token.kind == TOKEN_END) {
            return qasm3_refuse_token(p, "'}' after a block");
        }
        TRY(qasm3_parse_statement(p, last));
        *out_jump = *out_jump || (*last)->has_jump;
        last = &(*last)->next;
    }
    return lexer_next(&p->lexer);
}

/* A block, or one statement. */
static enum status parse_body(struct qasm3 *p, struct qasm3_node **out_first, bool *out_jump) {
    if (p->lexer.token.kind == TOKEN_LBRACE) {
        return parse_block(p, out_first, out_jump);
    }
    TRY(qasm3_parse_statement(p, out_first));
    *out_jump = *out_jump || (*out_first)->has_jump;
    return STATUS_OK;
}

static enum status parse_parenthesis(struct qasm3 *p, struct qasm3_node **out, const char *after) {
    TRY(lexer_expect(&p->lexer, TOKEN_LPAREN, after));
    TRY(qasm3_parse_expression(p, out));
    return lexer_expect(&p->lexer, TOKEN_RPAREN, "after a condition");
}

/* A chain of `else if` is a list, so that its length is no depth. */
static enum status parse_if(struct qasm3 *p, struct qasm3_node *node) {
    struct qasm3_node *arm = node, **last = &node->list;

    for (;;) {
        TRY(lexer_next(&p->lexer));
        TRY(parse_parenthesis(p, &arm->a, "after 'if'"));
        TRY(parse_body(p, &arm->body, &node->has_jump));
        if (!token_is(&p->lexer.token, "else")) {
            return STATUS_OK;
        }
        TRY(lexer_next(&p->lexer));
        if (!token_is(&p->lexer.token, "if")) {
            TRY(parse_body(p, &node->other, &node->has_jump));
            return node->other != NULL ? STATUS_OK : qasm3_new_node(p, &node->other, QASM3_EMPTY);
        }
        TRY(qasm3_new_node(p, &arm, QASM3_ELSE_IF));
        *last = arm;
        last = &arm->next;
    }
}

static enum status parse_while(struct qasm3 *p, struct qasm3_node *node) {
    TRY(lexer_next(&p->lexer));
    TRY(parse_parenthesis(p, &node->a, "after 'while'"));
    return parse_body(p, &node->body, &node->has_jump);
}

static enum status parse_counter_type(struct qasm3 *p, struct qasm3_type *out) {
    uint32_t sym = 0;

    if (p->lexer.token.kind == TOKEN_NAME) {
        TRY(qasm3_current_symbol(p, &sym));
    }
    if (sym < QASM3_N_WORDS || p->limits.strict) {
        return qasm3_parse_type(p, out);
    }
    qasm3_warn_once(p, QASM3_WARNED_COUNTER,
                    "a loop's variable without a type is an int; of an older OpenQASM 3");
    out->kind = QASM3_T_INT;
    return STATUS_OK;
}

static enum status parse_for(struct qasm3 *p, struct qasm3_node *node) {
    const struct token *token = &p->lexer.token;

    TRY(lexer_next(&p->lexer));
    TRY(parse_counter_type(p, &node->type));
    TRY(parse_new_name(p, &node->sym, "of the loop's variable"));
    if (!token_is(token, "in")) {
        return qasm3_refuse_token(p, "'in' after the loop's variable");
    }
    TRY(lexer_next(&p->lexer));
    if (token->kind == TOKEN_LBRACKET) {
        TRY(qasm3_parse_range(p, &node->a));
    } else if (token->kind == TOKEN_LBRACE) {
        TRY(qasm3_parse_set(p, &node->a));
    } else {
        TRY(qasm3_parse_expression(p, &node->a));
    }
    return parse_body(p, &node->body, &node->has_jump);
}

static enum status parse_case(struct qasm3 *p, struct qasm3_node **out, bool *out_jump) {
    bool is_default = token_is(&p->lexer.token, "default"), found = true;
    struct qasm3_node **last;

    if (!is_default && !token_is(&p->lexer.token, "case")) {
        return qasm3_refuse_token(p, "'case', 'default' or '}' in a switch");
    }
    TRY(qasm3_new_node(p, out, QASM3_CASE));
    TRY(lexer_next(&p->lexer));
    last = &(*out)->list;
    while (!is_default && found) {
        TRY(qasm3_parse_expression(p, last));
        last = &(*last)->next;
        TRY(lexer_accept(&p->lexer, &found, TOKEN_COMMA));
        found = found && p->lexer.token.kind != TOKEN_LBRACE;
    }
    if (p->lexer.token.kind != TOKEN_COLON || p->limits.strict) {
        return parse_block(p, &(*out)->body, out_jump);
    }
    qasm3_warn_once(p, QASM3_WARNED_CASE, "a colon after a case; of an older OpenQASM 3");
    TRY(lexer_next(&p->lexer));
    TRY(parse_block(p, &(*out)->body, out_jump));
    if (!token_is(&p->lexer.token, "break")) {
        return STATUS_OK;
    }
    TRY(lexer_next(&p->lexer));
    return expect_semicolon(p, "after 'break'");
}

static enum status parse_switch(struct qasm3 *p, struct qasm3_node *node) {
    struct qasm3_node **last = &node->list;

    TRY(lexer_next(&p->lexer));
    TRY(parse_parenthesis(p, &node->a, "after 'switch'"));
    TRY(lexer_expect(&p->lexer, TOKEN_LBRACE, "after 'switch (...)'"));
    while (p->lexer.token.kind != TOKEN_RBRACE) {
        TRY(parse_case(p, last, &node->has_jump));
        if ((*last)->list == NULL && p->lexer.token.kind != TOKEN_RBRACE) {
            return qasm3_refuse_token(p, "'}' after the default of a switch");
        }
        last = &(*last)->next;
    }
    if (node->list == NULL) {
        return qasm3_refuse_token(p, "at least one case in a switch");
    }
    return lexer_next(&p->lexer);
}

/* ---- declarations ---- */

static enum status parse_declaration(struct qasm3 *p, struct qasm3_node *node,
                                     enum qasm3_storage storage) {
    bool found, is_creg = token_is(&p->lexer.token, "creg");

    node->kind = QASM3_DECLARE;
    node->op = storage;
    if (is_creg) { /* creg c[4]; */
        TRY(lexer_next(&p->lexer));
        node->type.kind = QASM3_T_BIT;
        TRY(parse_new_name(p, &node->sym, "of a register"));
        TRY(lexer_accept(&p->lexer, &found, TOKEN_LBRACKET));
        if (found) {
            TRY(qasm3_parse_expression(p, &node->type.size));
            TRY(lexer_expect(&p->lexer, TOKEN_RBRACKET, "after a size"));
        }
        return expect_semicolon(p, "after a declaration");
    }
    TRY(qasm3_parse_type(p, &node->type));
    TRY(parse_new_name(p, &node->sym, "of a variable"));
    TRY(lexer_accept(&p->lexer, &found, TOKEN_ASSIGN));
    if (found) {
        TRY(qasm3_parse_expression(p, &node->a));
    } else if (storage == QASM3_CONST) {
        return qasm3_refuse_token(p, "'=' and the value of a constant");
    }
    return expect_semicolon(p, "after a declaration");
}

static enum status parse_qubits(struct qasm3 *p, struct qasm3_node *node) {
    bool is_qreg = token_is(&p->lexer.token, "qreg"), found;

    node->kind = QASM3_QUBITS;
    TRY(lexer_next(&p->lexer));
    if (is_qreg) {
        TRY(parse_new_name(p, &node->sym, "of a register"));
    }
    TRY(lexer_accept(&p->lexer, &found, TOKEN_LBRACKET));
    if (found) {
        TRY(qasm3_parse_expression(p, &node->b));
        TRY(lexer_expect(&p->lexer, TOKEN_RBRACKET, "after a size"));
    }
    if (!is_qreg && !found && p->lexer.token.text[0] == '$' && !p->limits.strict) {
        qasm3_warn_once(p, QASM3_WARNED_PHYSICAL,
                        "physical qubits need no declaration; of an older OpenQASM 3");
        return qasm3_parse_expression(p, &node->a);
    }
    return is_qreg ? STATUS_OK : parse_new_name(p, &node->sym, "of a qubit or register");
}

static enum status parse_let(struct qasm3 *p, struct qasm3_node *node) {
    TRY(lexer_next(&p->lexer));
    TRY(parse_new_name(p, &node->sym, "of an alias"));
    TRY(lexer_expect(&p->lexer, TOKEN_ASSIGN, "after the name of an alias"));
    TRY(qasm3_parse_expression(p, &node->a));
    return expect_semicolon(p, "after an alias");
}

static enum status parse_names(struct qasm3 *p, struct qasm3_node **out_first,
                               enum token_kind end) {
    struct qasm3_node **last = out_first;
    bool found = true;

    while (found && p->lexer.token.kind != end) {
        TRY(qasm3_new_node(p, last, QASM3_FORMAL));
        TRY(parse_new_name(p, &(*last)->sym, "of a gate's parameter or qubit"));
        last = &(*last)->next;
        TRY(lexer_accept(&p->lexer, &found, TOKEN_COMMA));
    }
    return STATUS_OK;
}

static enum status parse_gate(struct qasm3 *p, struct qasm3_node *node) {
    bool found;

    TRY(lexer_next(&p->lexer));
    TRY(parse_new_name(p, &node->sym, "of a gate"));
    TRY(lexer_accept(&p->lexer, &found, TOKEN_LPAREN));
    if (found) {
        TRY(parse_names(p, &node->list, TOKEN_RPAREN));
        TRY(lexer_expect(&p->lexer, TOKEN_RPAREN, "after the parameters of a gate"));
    }
    TRY(parse_names(p, &node->other, TOKEN_LBRACE));
    return parse_block(p, &node->body, &found);
}

static enum status parse_formal(struct qasm3 *p, struct qasm3_node **out) {
    uint32_t sym;

    if (p->lexer.token.kind != TOKEN_NAME) {
        return qasm3_refuse_token(p, "a type");
    }
    TRY(qasm3_new_node(p, out, QASM3_FORMAL));
    TRY(qasm3_current_symbol(p, &sym));
    if (sym == QASM3_W_qubit || sym == QASM3_W_qreg) {
        TRY(parse_qubits(p, *out));
        return (*out)->a == NULL ? STATUS_OK
                                 : qasm3_refuse_token(p, "a name, not a physical qubit, before");
    }
    TRY(qasm3_parse_type(p, &(*out)->type));
    return parse_new_name(p, &(*out)->sym, "of a parameter");
}

static enum status parse_def(struct qasm3 *p, struct qasm3_node *node) {
    struct qasm3_node **last = &node->list;
    bool found = true, has_jump = false;

    TRY(lexer_next(&p->lexer));
    TRY(parse_new_name(p, &node->sym, "of a subroutine"));
    TRY(lexer_expect(&p->lexer, TOKEN_LPAREN, "after the name of a subroutine"));
    while (found && p->lexer.token.kind != TOKEN_RPAREN) {
        TRY(parse_formal(p, last));
        last = &(*last)->next;
        TRY(lexer_accept(&p->lexer, &found, TOKEN_COMMA));
    }
    TRY(lexer_expect(&p->lexer, TOKEN_RPAREN, "after the parameters of a subroutine"));
    TRY(lexer_accept(&p->lexer, &found, TOKEN_ARROW));
    if (found) {
        TRY(qasm3_parse_type(p, &node->type));
    }
    TRY(parse_block(p, &node->body, &has_jump));
    node->integer = 0; /* a jump other than a return at the end */
    for (const struct qasm3_node *last_one = node->body; last_one != NULL;
         last_one = last_one->next) {
        node->integer |=
            last_one->has_jump && !(last_one->kind == QASM3_RETURN && last_one->next == NULL);
    }
    return STATUS_OK;
}

/* ---- gate calls, assignments ---- */

static enum status parse_modifiers(struct qasm3 *p, struct qasm3_node **out_first) {
    static const struct {
        uint32_t word;
        enum qasm3_node_kind kind;
    } modifiers[] = {{QASM3_W_ctrl, QASM3_CTRL},
                     {QASM3_W_negctrl, QASM3_NEGCTRL},
                     {QASM3_W_inv, QASM3_INV},
                     {QASM3_W_pow, QASM3_POW}};
    struct qasm3_node **last = out_first;

    for (;;) {
        uint32_t sym = QASM3_N_WORDS;
        size_t i = 0;
        bool found;
        if (p->lexer.token.kind == TOKEN_NAME) {
            TRY(qasm3_current_symbol(p, &sym));
        }
        while (i < 4 && modifiers[i].word != sym) {
            i++;
        }
        if (i == 4) {
            return STATUS_OK;
        }
        TRY(qasm3_new_node(p, last, modifiers[i].kind));
        TRY(lexer_next(&p->lexer));
        TRY(lexer_accept(&p->lexer, &found, TOKEN_LPAREN));
        if (found) {
            TRY(qasm3_parse_expression(p, &(*last)->a));
            TRY(lexer_expect(&p->lexer, TOKEN_RPAREN, "after the number of a modifier"));
        } else if (modifiers[i].kind == QASM3_POW) {
            return qasm3_refuse_token(p, "'(' after 'pow'");
        }
        TRY(lexer_expect(&p->lexer, TOKEN_AT, "after a modifier"));
        last = &(*last)->next;
    }
}

static enum status parse_operands(struct qasm3 *p, struct qasm3_node *node) {
    TRY(qasm3_parse_list(p, &node->b, TOKEN_SEMICOLON, "after the operands of a gate"));
    return STATUS_OK;
}

/* At the gate's name; modifiers were read. */
static enum status parse_gate_call(struct qasm3 *p, struct qasm3_node *node) {
    bool found;

    node->kind = QASM3_GATE_CALL;
    node->loc = p->lexer.token.loc;
    if (p->lexer.token.kind != TOKEN_NAME) {
        return qasm3_refuse_token(p, "the name of a gate");
    }
    TRY(qasm3_current_symbol(p, &node->sym));
    if (node->sym < QASM3_N_WORDS && node->sym != QASM3_W_gphase) {
        return qasm3_refuse_token(p, "the name of a gate");
    }
    TRY(lexer_next(&p->lexer));
    TRY(lexer_accept(&p->lexer, &found, TOKEN_LPAREN));
    if (found) {
        TRY(qasm3_parse_list(p, &node->list, TOKEN_RPAREN, "after the parameters of a gate"));
    }
    return parse_operands(p, node);
}

static enum status parse_assignment(struct qasm3 *p, struct qasm3_node *node,
                                    struct qasm3_node *target) {
    const struct token *token = &p->lexer.token;

    node->kind = QASM3_ASSIGN;
    node->a = target;
    switch ((int)token->kind) {
    case TOKEN_PLUS:
    case TOKEN_MINUS:
    case TOKEN_STAR:
    case TOKEN_SLASH:
    case TOKEN_PERCENT:
    case TOKEN_POWER:
    case TOKEN_CARET:
    case TOKEN_BIT_AND:
    case TOKEN_BIT_OR:
    case TOKEN_SHL:
    case TOKEN_SHR:
        node->op = token->kind;
        TRY(lexer_next(&p->lexer));
        break;
    default:
        break;
    }
    TRY(lexer_expect(&p->lexer, TOKEN_ASSIGN, "or the operands of a gate"));
    TRY(qasm3_parse_expression(p, &node->b));
    return expect_semicolon(p, "after an assignment");
}

/* A statement that begins with a name of the program: gate call, subroutine call, assignment. */
static enum status parse_named(struct qasm3 *p, struct qasm3_node *node) {
    const struct token *token = &p->lexer.token;
    struct qasm3_node *name;
    bool found;

    TRY(qasm3_new_node(p, &name, QASM3_NAME));
    TRY(qasm3_current_symbol(p, &name->sym));
    TRY(lexer_next(&p->lexer));
    if (token->kind == TOKEN_NAME) {
        node->kind = QASM3_GATE_CALL;
        node->sym = name->sym;
        return parse_operands(p, node);
    }
    TRY(lexer_accept(&p->lexer, &found, TOKEN_LPAREN));
    if (found) {
        name->kind = QASM3_CALL;
        TRY(qasm3_parse_list(p, &name->list, TOKEN_RPAREN, "after arguments"));
        if (token->kind != TOKEN_SEMICOLON) {
            node->kind = QASM3_GATE_CALL;
            node->sym = name->sym;
            node->list = name->list;
            return parse_operands(p, node);
        }
        node->kind = QASM3_EXPRESSION;
        node->a = name;
        return lexer_next(&p->lexer);
    }
    while (token->kind == TOKEN_LBRACKET) {
        TRY(qasm3_parse_index(p, &name, name));
    }
    return parse_assignment(p, node, name);
}

/* ---- other statements ---- */

static enum status parse_measure(struct qasm3 *p, struct qasm3_node *node) {
    bool found;

    TRY(lexer_next(&p->lexer));
    TRY(qasm3_parse_expression(p, &node->a));
    TRY(lexer_accept(&p->lexer, &found, TOKEN_ARROW));
    if (found) {
        TRY(qasm3_parse_expression(p, &node->b));
    }
    return expect_semicolon(p, "after a measurement");
}

static enum status parse_delay(struct qasm3 *p, struct qasm3_node *node) {
    TRY(lexer_next(&p->lexer));
    TRY(lexer_expect(&p->lexer, TOKEN_LBRACKET, "and a duration after 'delay'"));
    TRY(qasm3_parse_expression(p, &node->a));
    TRY(lexer_expect(&p->lexer, TOKEN_RBRACKET, "after a duration"));
    return qasm3_parse_list(p, &node->list, TOKEN_SEMICOLON, "after a delay");
}

static enum status parse_box(struct qasm3 *p, struct qasm3_node *node) {
    bool found;

    TRY(lexer_next(&p->lexer));
    TRY(lexer_accept(&p->lexer, &found, TOKEN_LBRACKET));
    if (found) {
        TRY(qasm3_parse_expression(p, &node->a));
        TRY(lexer_expect(&p->lexer, TOKEN_RBRACKET, "after a duration"));
    }
    return parse_block(p, &node->body, &node->has_jump);
}

static enum status parse_jump(struct qasm3 *p, struct qasm3_node *node, enum qasm3_node_kind kind) {
    node->kind = kind;
    node->has_jump = true;
    TRY(lexer_next(&p->lexer));
    if (kind == QASM3_RETURN && p->lexer.token.kind != TOKEN_SEMICOLON) {
        TRY(qasm3_parse_expression(p, &node->a));
    }
    return expect_semicolon(p, "after a jump");
}

static enum status parse_operand_list(struct qasm3 *p, struct qasm3_node *node,
                                      enum qasm3_node_kind kind) {
    node->kind = kind;
    TRY(lexer_next(&p->lexer));
    return qasm3_parse_list(p, &node->list, TOKEN_SEMICOLON, "after operands");
}

static enum status refuse_word(struct qasm3 *p, uint32_t sym) {
    switch (sym) {
    case QASM3_W_extern:
    case QASM3_W_cal:
    case QASM3_W_defcal:
    case QASM3_W_defcalgrammar:
    case QASM3_W_complex:
    case QASM3_W_array:
    case QASM3_W_durationof:
    case QASM3_W_opaque:
        return log_error_at(STATUS_INPUT, p->lexer.token.loc, "%s is not supported",
                            qasm3_words[sym]);
    case QASM3_W_OPENQASM:
        return log_error_at(STATUS_INPUT, p->lexer.token.loc,
                            "the OPENQASM line is expected as first statement only");
    case QASM3_W_include:
        return log_error_at(STATUS_INPUT, p->lexer.token.loc,
                            "include is expected outside of all blocks");
    }
    return qasm3_refuse_token(p, "a statement");
}

/* gate, def: only outside of blocks; their bodies stay. */
static enum status parse_definition(struct qasm3 *p, struct qasm3_node **out_node, bool is_gate) {
    struct arena *ast = p->ast;
    enum status status;

    const struct lexer_source *source = &p->lexer.sources[p->lexer.n_sources - 1];

    if (p->depth > 1) {
        return qasm3_refuse_token(p, "definitions outside of all blocks");
    }
    p->ast = &p->arena;
    status = qasm3_new_node(p, out_node, is_gate ? QASM3_GATE : QASM3_DEF);
    if (status == STATUS_OK) {
        (*out_node)->text = p->lexer.token.text;
        (*out_node)->n = (size_t)(source->text + source->n - (*out_node)->text);
        status = (is_gate ? parse_gate : parse_def)(p, *out_node);
    }
    p->ast = ast;
    return status;
}

static enum status parse_stored(struct qasm3 *p, struct qasm3_node *node,
                                enum qasm3_storage storage) {
    TRY(lexer_next(&p->lexer));
    if (p->lexer.token.kind != TOKEN_NAME) {
        return qasm3_refuse_token(p, "a type");
    }
    return parse_declaration(p, node, storage);
}

static enum status parse_word(struct qasm3 *p, struct qasm3_node *node, uint32_t sym) {
    switch (sym) {
    case QASM3_W_qubit:
    case QASM3_W_qreg:
        TRY(parse_qubits(p, node));
        return expect_semicolon(p, "after a declaration");
    case QASM3_W_bit:
    case QASM3_W_creg:
    case QASM3_W_bool:
    case QASM3_W_int:
    case QASM3_W_uint:
    case QASM3_W_float:
    case QASM3_W_angle:
    case QASM3_W_duration:
    case QASM3_W_stretch:
        return parse_declaration(p, node, QASM3_PLAIN);
    case QASM3_W_const:
        return parse_stored(p, node, QASM3_CONST);
    case QASM3_W_input:
        return parse_stored(p, node, QASM3_INPUT);
    case QASM3_W_output:
        return parse_stored(p, node, QASM3_OUTPUT);
    case QASM3_W_let:
        node->kind = QASM3_LET;
        return parse_let(p, node);
    case QASM3_W_measure:
        node->kind = QASM3_MEASURE_TO;
        return parse_measure(p, node);
    case QASM3_W_reset:
        node->kind = QASM3_RESET;
        TRY(lexer_next(&p->lexer));
        TRY(qasm3_parse_expression(p, &node->a));
        return expect_semicolon(p, "after a reset");
    case QASM3_W_barrier:
        return parse_operand_list(p, node, QASM3_BARRIER);
    case QASM3_W_nop:
        return parse_operand_list(p, node, QASM3_DELAY);
    case QASM3_W_delay:
        node->kind = QASM3_DELAY;
        return parse_delay(p, node);
    case QASM3_W_box:
        node->kind = QASM3_BOX;
        return parse_box(p, node);
    case QASM3_W_if:
        node->kind = QASM3_IF;
        return parse_if(p, node);
    case QASM3_W_while:
        node->kind = QASM3_WHILE;
        return parse_while(p, node);
    case QASM3_W_for:
        node->kind = QASM3_FOR;
        return parse_for(p, node);
    case QASM3_W_switch:
        node->kind = QASM3_SWITCH;
        return parse_switch(p, node);
    case QASM3_W_break:
        return parse_jump(p, node, QASM3_BREAK);
    case QASM3_W_continue:
        return parse_jump(p, node, QASM3_CONTINUE);
    case QASM3_W_end:
        return parse_jump(p, node, QASM3_END);
    case QASM3_W_return:
        return parse_jump(p, node, QASM3_RETURN);
    case QASM3_W_ctrl:
    case QASM3_W_negctrl:
    case QASM3_W_inv:
    case QASM3_W_pow:
    case QASM3_W_gphase:
        TRY(parse_modifiers(p, &node->body));
        return parse_gate_call(p, node);
    }
    return refuse_word(p, sym);
}

/* What no other statement begins with. */
static bool begins_value(const struct token *token) {
    return token->kind == TOKEN_INT || token->kind == TOKEN_REAL || token->kind == TOKEN_LPAREN ||
           token->kind == TOKEN_MINUS || token->kind == TOKEN_NOT || token->kind == TOKEN_BIT_NOT;
}

static bool says(const struct token *token, const char *text) {
    return token->n == strlen(text) && memcmp(token->text, text, token->n) == 0;
}

enum status qasm3_skip_notes(struct qasm3 *p) {
    const struct token *token = &p->lexer.token;

    while (token->kind == TOKEN_ANNOTATION || token->kind == TOKEN_PRAGMA) {
        if (token->kind == TOKEN_PRAGMA && says(token, "qspan verbatim")) {
            qasm3_set_verbatim(p);
        } else if (token->kind == TOKEN_ANNOTATION && says(token, "qspan.local")) {
            p->is_next_local = true;
        }
        TRY(lexer_next(&p->lexer));
    }
    return STATUS_OK;
}

enum status qasm3_parse_statement(struct qasm3 *p, struct qasm3_node **out_node) {
    const struct token *token = &p->lexer.token;
    uint32_t depth = p->depth, sym;

    TRY(qasm3_skip_notes(p));
    TRY(qasm3_enter(p));
    if (token->kind == TOKEN_NAME && (token_is(token, "gate") || token_is(token, "def"))) {
        TRY(parse_definition(p, out_node, token_is(token, "gate")));
        p->depth = depth;
        return STATUS_OK;
    }
    TRY(qasm3_new_node(p, out_node, QASM3_EMPTY));
    if (token->kind == TOKEN_SEMICOLON) {
        TRY(lexer_next(&p->lexer));
    } else if (token->kind == TOKEN_LBRACE) {
        (*out_node)->kind = QASM3_BLOCK;
        TRY(parse_block(p, &(*out_node)->body, &(*out_node)->has_jump));
    } else if (begins_value(token)) {
        (*out_node)->kind = QASM3_EXPRESSION;
        TRY(qasm3_parse_expression(p, &(*out_node)->a));
        TRY(expect_semicolon(p, "after an expression"));
    } else if (token->kind != TOKEN_NAME || token->text[0] == '$') {
        return qasm3_refuse_token(p, "a statement");
    } else {
        TRY(qasm3_current_symbol(p, &sym));
        TRY(sym < QASM3_W_pi ? parse_word(p, *out_node, sym) : parse_named(p, *out_node));
    }
    p->depth = depth;
    return STATUS_OK;
}
