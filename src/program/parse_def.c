#include <stdio.h>

#include "base/log.h"
#include "program/parse.h"
#include "program/qnu.h"

/* Past the '}' that closes the block whose '{' is the current token; its inside in body. */
static enum status skip_block(struct parser *p, const char **out_body, size_t *out_n,
                              struct src_loc *out_loc) {
    const struct token *token = &p->lexer.token;
    size_t n_open = 1;

    if (token->kind != TOKEN_LBRACE) {
        return parse_refuse(p, "'{'");
    }
    *out_body = token->text + token->n;
    TRY(lexer_next(&p->lexer));
    *out_loc = token->loc;
    for (;;) {
        n_open += token->kind == TOKEN_LBRACE ? 1 : 0;
        n_open -= token->kind == TOKEN_RBRACE ? 1 : 0;
        if (n_open == 0) {
            break;
        }
        if (token->kind == TOKEN_END) {
            return parse_refuse(p, "'}'");
        }
        TRY(lexer_next(&p->lexer));
    }
    *out_n = (size_t)(token->text - *out_body);
    return lexer_next(&p->lexer);
}

/* Gates are known from the gate table; a test compares their definitions. */
static enum status skip_gate(struct parser *p) {
    struct src_loc loc;
    const char *body;
    size_t n;

    while (p->lexer.token.kind != TOKEN_LBRACE && p->lexer.token.kind != TOKEN_END) {
        TRY(lexer_next(&p->lexer));
    }
    return skip_block(p, &body, &n, &loc);
}

/* `qubit a`, `bit m` or `angle theta`. */
static enum status parse_formal(struct parser *p, struct parse_def *def) {
    const struct token *token = &p->lexer.token;
    struct parse_binding *formal = &def->formals[def->n_formals++];

    CHECK(def->n_formals <= PARSE_MAX_BINDINGS);
    if (!token_is(token, "qubit") && !token_is(token, "bit") && !token_is(token, "angle")) {
        return parse_refuse(p, "'qubit', 'bit' or 'angle'");
    }
    formal->kind = token_is(token, "qubit") ? BINDING_WIRE
                   : token_is(token, "bit") ? BINDING_BIT
                                            : BINDING_PARAM;
    TRY(lexer_next(&p->lexer));
    formal->name = token->text;
    formal->n = token->n;
    if (formal->kind == BINDING_PARAM) {
        formal->index = u32_from_size(def->n_formals - 1);
        TRY(names_add(&def->params, formal->name, formal->n, formal->index));
    }
    return lexer_expect(&p->lexer, TOKEN_NAME, "of a formal");
}

static enum status parse_def(struct parser *p) {
    const struct token *token = &p->lexer.token;
    struct parse_def *def;
    bool has_more = true;

    TRY(vec_reserve(&p->defs, p->n_defs, &p->cap_defs, 1, sizeof *p->defs));
    def = &p->defs[p->n_defs++];
    *def = (struct parse_def){.name = token->text, .n_name = token->n};
    def->is_ebit = token_is(token, "ebit");
    def->is_message = token_is(token, "send_bit") || token_is(token, "recv_bit");
    TRY(names_add(&p->def_names, def->name, def->n_name, u32_from_size(p->n_defs - 1)));
    TRY(lexer_expect(&p->lexer, TOKEN_NAME, "of a def"));
    TRY(lexer_expect(&p->lexer, TOKEN_LPAREN, "after the name of a def"));
    while (has_more) {
        TRY(parse_formal(p, def));
        TRY(lexer_accept(&p->lexer, &has_more, TOKEN_COMMA));
    }
    TRY(lexer_expect(&p->lexer, TOKEN_RPAREN, "after formals"));
    return skip_block(p, &def->body, &def->n_body, &def->body_loc);
}

enum status parse_include_qnu(struct parser *p) {
    const struct token *token = &p->lexer.token;
    struct token after = *token; /* the token that follows the include */
    struct src_loc loc = {.file = "qnu.inc", .line = 1, .col = 1};

    TRY(lexer_push_view(&p->lexer, qnu_text, qnu_n, loc));
    TRY(lexer_next(&p->lexer));
    while (token->kind != TOKEN_END) {
        bool is_def = token_is(token, "def");
        CHECK(is_def || token_is(token, "gate"));
        TRY(lexer_next(&p->lexer));
        TRY(is_def ? parse_def(p) : skip_gate(p));
    }
    lexer_pop(&p->lexer);
    p->lexer.token = after;
    p->has_qnu = true;
    return STATUS_OK;
}

/* Binds the actual argument at the current token. */
static enum status parse_argument(struct parser *p, struct parse_call *call, size_t i) {
    struct parse_binding binding = call->def->formals[i];

    switch (binding.kind) {
    case BINDING_WIRE:
        TRY(parse_wire(p, &binding.index));
        TRY(parse_push_wire(p, binding.index));
        break;
    case BINDING_BIT:
        TRY(parse_bit(p, &binding.index));
        break;
    case BINDING_PARAM:
        TRY(parse_angle(p, &call->params[i]));
        break;
    }
    call->bindings[call->n_bindings++] = binding;
    return STATUS_OK;
}

static enum status parse_arguments(struct parser *p, struct parse_call *call) {
    const struct parse_def *def = call->def;
    char name[PARSE_NAME_SIZE];
    bool has_more = true;

    snprintf(name, sizeof name, "%.*s", (int)def->n_name, def->name);
    p->n_wires = 0;
    TRY(lexer_expect(&p->lexer, TOKEN_LPAREN, "after the name of a def"));
    for (size_t i = 0; has_more; i++) {
        if (i == def->n_formals) {
            return log_error_at(STATUS_INPUT, p->lexer.token.loc, "'%s' takes %zu arguments", name,
                                def->n_formals);
        }
        TRY(parse_argument(p, call, i));
        TRY(lexer_accept(&p->lexer, &has_more, TOKEN_COMMA));
    }
    if (call->n_bindings != def->n_formals) {
        return log_error_at(STATUS_INPUT, p->lexer.token.loc, "'%s' takes %zu arguments, not %zu",
                            name, def->n_formals, call->n_bindings);
    }
    TRY(lexer_expect(&p->lexer, TOKEN_RPAREN, "after the arguments"));
    return parse_check_distinct(p, 0, call->loc, name);
}

/* The body's text is read again with the formals bound; the ops stand where the call stands. */
static enum status inline_body(struct parser *p, struct parse_call *call) {
    const struct parse_def *def = call->def;

    if (p->lexer.token.kind != TOKEN_SEMICOLON) {
        return parse_refuse(p, "';' after a call");
    }
    p->n_calls += call->outer == NULL ? 1 : 0;
    p->call = call;
    TRY(lexer_push_view(&p->lexer, def->body, def->n_body, def->body_loc));
    TRY(lexer_next(&p->lexer));
    while (p->lexer.token.kind != TOKEN_END) {
        TRY(parse_statement(p));
    }
    lexer_pop(&p->lexer);
    p->call = call->outer;
    return lexer_next(&p->lexer);
}

/* `send_bit(bit, wire of the receiver);`, `recv_bit(bit);` at the QPU of @qspan.at. */
static enum status parse_message(struct parser *p, const struct parse_call *call) {
    const bool is_send = call->n_bindings > 1;
    char name[PARSE_NAME_SIZE];
    struct op *op;

    TRY(lexer_expect(&p->lexer, TOKEN_SEMICOLON, "after a call"));
    if (is_send && p->program->wire_qpu[call->bindings[1].index] == OP_NO_QPU) {
        return log_error_at(
            STATUS_INPUT, call->loc, "wire %s belongs to no QPU so far",
            program_wire_name(p->program, call->bindings[1].index, name, sizeof name));
    }
    TRY(parse_add_op(p, &op, is_send ? OP_SEND : OP_RECV, NULL, 0, NULL, 0, call->loc));
    op->bit = call->bindings[0].index;
    op->qpu = p->at_qpu;
    op->arg = is_send ? p->program->wire_qpu[call->bindings[1].index] : 0;
    return STATUS_OK;
}

enum status parse_call(struct parser *p, const struct parse_def *def, struct src_loc loc) {
    struct parse_call call = {.def = def, .outer = p->call, .loc = loc};
    struct op *op;

    if (def->is_message && !p->has_at) {
        return log_error_at(STATUS_INPUT, loc,
                            "'%.*s' belongs to no QPU: expected a line '@qspan.at NAME' before it",
                            (int)def->n_name, def->name);
    }
    TRY(parse_arguments(p, &call));
    if (def->is_message) {
        return parse_message(p, &call);
    }
    if (def->is_ebit) {
        TRY(lexer_expect(&p->lexer, TOKEN_SEMICOLON, "after a call"));
        TRY(parse_add_op(p, &op, OP_EBIT, p->wires, 2, NULL, 0, loc));
        op->which = (uint16_t)p->ebit_class;
        op->arg = (uint64_t)p->t_ebit_due_ps;
        return STATUS_OK;
    }
    return inline_body(p, &call);
}
