#include <string.h>

#include "base/mem.h"
#include "circuit/qasm2_parser.h"

/* Names of a gate's parameters and qubits, while its body is read. */
struct scope {
    struct names params, qubits;
};

static enum status check_redefinition(const struct qasm2_parser *p, const char *name,
                                      struct src_loc loc) {
    const struct qasm2_symbol *old = qasm2_library_find(&p->library, name, strlen(name));

    if (old == NULL) {
        return STATUS_OK;
    }
    if (old->loc.file != NULL) {
        return log_error_at(STATUS_INPUT, loc, "gate '%.48s' is defined twice; first at %s:%u:%u",
                            name, old->loc.file, old->loc.line, old->loc.col);
    }
    if (p->limits.strict) {
        return log_error_at(STATUS_INPUT, loc, "gate '%.48s' of qelib1.inc is defined again", name);
    }
    return STATUS_OK;
}

static enum status check_is_no_register(const struct qasm2_parser *p, const char *name,
                                        struct src_loc loc) {
    const struct reg *reg = circuit_find_qreg(p->circuit, name, strlen(name));

    if (reg == NULL) {
        reg = circuit_find_creg(p->circuit, name, strlen(name));
    }
    if (reg != NULL && p->limits.strict) {
        return log_error_at(STATUS_INPUT, loc, "'%.48s' is declared twice; first in line %u", name,
                            reg->loc.line);
    }
    return STATUS_OK;
}

/* Names up to the token that is no comma, as formals 0, 1, ... */
static enum status read_formals(struct qasm2_parser *p, size_t *out_n, struct names *names,
                                const struct names *others, const char *what) {
    bool has_more = true;
    size_t n = 0;

    while (has_more) {
        struct src_loc loc = p->lexer.token.loc;
        const char *name;
        uint32_t index;
        TRY(qasm2_read_new_name(p, &name, &p->arena, what));
        if (names_find(names, &index, name, strlen(name)) ||
            (others != NULL && names_find(others, &index, name, strlen(name)))) {
            return log_error_at(STATUS_INPUT, loc, "'%.48s' names two things in one gate", name);
        }
        TRY(names_add(names, name, strlen(name), u32_from_size(n)));
        n++;
        TRY(lexer_accept(&p->lexer, &has_more, TOKEN_COMMA));
    }
    *out_n = n;
    return STATUS_OK;
}

/* `name(a, b) q, r` */
static enum status read_signature(struct qasm2_parser *p, struct qasm2_definition *out,
                                  struct scope *scope) {
    bool found;

    out->loc = p->lexer.token.loc;
    TRY(qasm2_read_new_name(p, &out->name, &p->circuit->arena, "a gate"));
    TRY(check_redefinition(p, out->name, out->loc));
    TRY(check_is_no_register(p, out->name, out->loc));
    TRY(lexer_accept(&p->lexer, &found, TOKEN_LPAREN));
    if (found) {
        if (p->lexer.token.kind != TOKEN_RPAREN) {
            TRY(read_formals(p, &out->n_params, &scope->params, NULL, "a parameter"));
        }
        TRY(lexer_expect(&p->lexer, TOKEN_RPAREN, "or ',' after a parameter"));
    }
    return read_formals(p, &out->n_qubits, &scope->qubits, &scope->params, "a qubit of the gate");
}

/* `(angle, angle)`, if there is one; codes go to the library. */
static enum status read_codes(struct qasm2_parser *p, size_t *out_n, const struct scope *scope) {
    struct qasm2_library *library = &p->library;
    bool found, has_more;
    size_t n = 0;

    TRY(lexer_accept(&p->lexer, &found, TOKEN_LPAREN));
    has_more = found && p->lexer.token.kind != TOKEN_RPAREN;
    while (has_more) {
        TRY(vec_reserve(&library->codes, library->n_codes, &library->cap_codes, 1,
                        sizeof *library->codes));
        TRY(angle_compile(&library->codes[library->n_codes], &library->angles, &p->lexer,
                          &scope->params));
        library->n_codes++;
        n++;
        TRY(lexer_accept(&p->lexer, &has_more, TOKEN_COMMA));
    }
    *out_n = n;
    return found ? lexer_expect(&p->lexer, TOKEN_RPAREN, "or ',' after an angle") : STATUS_OK;
}

/* One qubit of a body's call; seen[i] = number of the last call that used formal i. */
static enum status read_body_qubit(struct qasm2_parser *p, const struct scope *scope,
                                   uint64_t *seen, uint64_t call) {
    struct qasm2_library *library = &p->library;
    const struct token *token = &p->lexer.token;
    char text[TOKEN_TEXT_SIZE];
    uint32_t index;

    if (token->kind != TOKEN_NAME) {
        return lexer_expect(&p->lexer, TOKEN_NAME, "of a qubit of the gate");
    }
    if (!names_find(&scope->qubits, &index, token->text, token->n)) {
        return log_error_at(STATUS_INPUT, token->loc, "%s is no qubit of this gate",
                            token_describe(token, text));
    }
    if (seen[index] == call) {
        return log_error_at(STATUS_INPUT, token->loc, "qubit %s is used twice in one gate",
                            token_describe(token, text));
    }
    seen[index] = call;
    TRY(vec_reserve(&library->formals, library->n_formals, &library->cap_formals, 1,
                    sizeof *library->formals));
    library->formals[library->n_formals++] = index;
    TRY(lexer_next(&p->lexer));
    if (token->kind == TOKEN_LBRACKET) {
        return log_error_at(STATUS_INPUT, token->loc,
                            "'[': qubits of a gate have no index in its body");
    }
    return STATUS_OK;
}

static enum status read_body_qubits(struct qasm2_parser *p, size_t *out_n,
                                    const struct scope *scope, uint64_t *seen, uint64_t call) {
    size_t first = p->library.n_formals;
    bool has_more = true;

    while (has_more) {
        TRY(read_body_qubit(p, scope, seen, call));
        TRY(lexer_accept(&p->lexer, &has_more, TOKEN_COMMA));
    }
    *out_n = p->library.n_formals - first;
    return lexer_expect(&p->lexer, TOKEN_SEMICOLON, "or ',' after a qubit");
}

static enum status read_body_statement(struct qasm2_parser *p, const struct scope *scope,
                                       uint64_t *seen, uint64_t call) {
    const struct token *token = &p->lexer.token;
    struct src_loc loc = token->loc;
    enum qasm2_keyword keyword = qasm2_keyword_of(token);
    struct qasm2_symbol symbol;
    size_t n_params, n_qubits;
    char text[TOKEN_TEXT_SIZE];

    if (keyword == QASM2_BARRIER) {
        TRY(lexer_next(&p->lexer));
        TRY(read_body_qubits(p, &n_qubits, scope, seen, call));
        return qasm2_library_add_call(&p->library, NULL, n_qubits, 0);
    }
    if (keyword < QASM2_RESERVED || token->kind != TOKEN_NAME) {
        return log_error_at(STATUS_INPUT, loc,
                            "%s in the body of a gate: expected a gate, barrier "
                            "or '}'",
                            token_describe(token, text));
    }
    TRY(qasm2_find_gate(p, &symbol));
    TRY(lexer_next(&p->lexer));
    TRY(read_codes(p, &n_params, scope));
    TRY(read_body_qubits(p, &n_qubits, scope, seen, call));
    TRY(qasm2_check_counts(&symbol, n_params, n_qubits, loc));
    return qasm2_library_add_call(&p->library, &symbol, n_qubits, n_params);
}

static enum status read_body(struct qasm2_parser *p, struct qasm2_definition def,
                             const struct scope *scope) {
    struct qasm2_library *library = &p->library;
    uint64_t *seen = mem_alloc(def.n_qubits, sizeof *seen);
    enum status status = STATUS_OK;

    if (seen == NULL) {
        return STATUS_NOFIT;
    }
    def.call0 = library->n_calls;
    TRY_GOTO(vec_reserve(&library->definitions, library->n_definitions, &library->cap_definitions,
                         1, sizeof *library->definitions),
             done);
    library->definitions[library->n_definitions++] = def;
    TRY_GOTO(lexer_expect(&p->lexer, TOKEN_LBRACE, "or ',' before the body of a gate"), done);
    for (uint64_t call = 1; p->lexer.token.kind != TOKEN_RBRACE; call++) {
        TRY_GOTO(read_body_statement(p, scope, seen, call), done);
    }
done:
    mem_free(seen);
    return status;
}

/* Makes the last definition callable: as the table's gate where it is the same. */
static enum status publish(struct qasm2_parser *p) {
    uint32_t index = u32_from_size(p->library.n_definitions - 1);
    const struct qasm2_definition *def = &p->library.definitions[index];
    enum gate_id gate = gate_find(def->name);
    struct qasm2_symbol symbol = {.kind = QASM2_DEFINED,
                                  .index = index,
                                  .n_params = def->n_params,
                                  .n_qubits = def->n_qubits,
                                  .name = def->name,
                                  .loc = def->loc};
    bool is_known = qasm2_library_find(&p->library, def->name, strlen(def->name)) != NULL;
    bool is_equal = false;

    if (gate != GATE_NONE) {
        TRY(qasm2_library_equals(&p->library, &is_equal, index, gate));
    }
    if (is_equal) {
        symbol.kind = QASM2_TABLE;
        symbol.index = gate;
    } else if (is_known) {
        log_warning_at(def->loc,
                       "gate '%.48s' of qelib1.inc is defined anew; the new definition "
                       "differs and is used from here on",
                       def->name);
    }
    return qasm2_library_put(&p->library, symbol);
}

enum status qasm2_define_gate(struct qasm2_parser *p) {
    struct scope scope = {0};
    struct qasm2_definition def = {0};
    enum status status;

    TRY_GOTO(read_signature(p, &def, &scope), done);
    TRY_GOTO(read_body(p, def, &scope), done);
    TRY_GOTO(publish(p), done);
    status = lexer_next(&p->lexer);
done:
    names_fini(&scope.params);
    names_fini(&scope.qubits);
    return status;
}

enum status qasm2_declare_opaque(struct qasm2_parser *p) {
    struct scope scope = {0};
    struct qasm2_definition def = {0};
    enum status status = read_signature(p, &def, &scope);

    names_fini(&scope.params);
    names_fini(&scope.qubits);
    TRY(status);
    TRY(lexer_expect(&p->lexer, TOKEN_SEMICOLON, "or ',' after a qubit"));
    return qasm2_library_put(&p->library, (struct qasm2_symbol){.kind = QASM2_OPAQUE,
                                                                .n_params = def.n_params,
                                                                .n_qubits = def.n_qubits,
                                                                .name = def.name,
                                                                .loc = def.loc});
}
