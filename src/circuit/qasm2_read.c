#include <string.h>

#include "base/mem.h"
#include "circuit/qasm2_parser.h"

enum qasm2_keyword qasm2_keyword_of(const struct token *token) {
    static const struct {
        const char *word;
        enum qasm2_keyword keyword;
    } words[] = {
        {"measure", QASM2_MEASURE},   {"barrier", QASM2_BARRIER},    {"if", QASM2_IF},
        {"reset", QASM2_RESET},       {"qreg", QASM2_QREG},          {"creg", QASM2_CREG},
        {"gate", QASM2_GATE},         {"opaque", QASM2_OPAQUE_GATE}, {"include", QASM2_INCLUDE},
        {"OPENQASM", QASM2_OPENQASM}, {"U", QASM2_RESERVED},         {"CX", QASM2_RESERVED},
        {"pi", QASM2_RESERVED},       {"sin", QASM2_RESERVED},       {"cos", QASM2_RESERVED},
        {"tan", QASM2_RESERVED},      {"exp", QASM2_RESERVED},       {"ln", QASM2_RESERVED},
        {"sqrt", QASM2_RESERVED}};

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (token_is(token, words[i].word)) {
            return words[i].keyword;
        }
    }
    return QASM2_NO_KEYWORD;
}

enum status qasm2_read_new_name(struct qasm2_parser *p, const char **out_name, struct arena *arena,
                                const char *what) {
    const struct token *token = &p->lexer.token;
    char text[TOKEN_TEXT_SIZE];

    token_describe(token, text);
    if (token->kind != TOKEN_NAME) {
        return log_error_at(STATUS_INPUT, token->loc, "%s: expected a name for %s",
                            token_describe(token, text), what);
    }
    if (qasm2_keyword_of(token) != QASM2_NO_KEYWORD) {
        return log_error_at(STATUS_INPUT, token->loc,
                            "%s is a word of the language; expected a "
                            "name for %s",
                            text, what);
    }
    if (p->limits.strict && !(token->text[0] >= 'a' && token->text[0] <= 'z')) {
        return log_error_at(STATUS_INPUT, token->loc,
                            "%s: names of OpenQASM 2 begin with a lower-case letter", text);
    }
    *out_name = arena_strndup(arena, token->text, token->n);
    return *out_name == NULL ? STATUS_NOFIT : lexer_next(&p->lexer);
}

static enum status include_qelib1(struct qasm2_parser *p, struct src_loc loc) {
    const struct qasm2_symbol *clash = qasm2_library_find_clash(&p->library);

    if (clash != NULL) {
        return log_error_at(STATUS_INPUT, loc,
                            "qelib1.inc defines gate '%s' in another way than %s:%u:%u",
                            clash->name, clash->loc.file, clash->loc.line, clash->loc.col);
    }
    p->has_qelib1 = true;
    return qasm2_library_include_qelib1(&p->library);
}

static enum status read_include(struct qasm2_parser *p) {
    struct src_loc loc;
    const char *name;

    TRY(sources_read_include(&p->sources, &name, &loc));
    if (strcmp(name, "qelib1.inc") == 0) {
        TRY(include_qelib1(p, loc));
    } else {
        TRY(sources_include(&p->sources, name, loc)); /* its first token comes next */
    }
    return lexer_next(&p->lexer);
}

static enum status read_register(struct qasm2_parser *p, bool is_bits) {
    const struct token *token = &p->lexer.token;
    struct circuit *circuit = p->circuit;
    char text[TOKEN_TEXT_SIZE];
    struct src_loc loc;
    const char *name;
    uint64_t n, n_left;

    TRY(lexer_next(&p->lexer));
    loc = token->loc;
    TRY(qasm2_read_new_name(p, &name, &p->arena, "a register"));
    if (p->limits.strict && qasm2_library_find(&p->library, name, strlen(name)) != NULL) {
        return log_error_at(STATUS_INPUT, loc, "'%.48s' is the name of a gate already", name);
    }
    TRY(lexer_expect(&p->lexer, TOKEN_LBRACKET, "and the size of the register"));
    if (token->kind != TOKEN_INT) {
        return lexer_expect(&p->lexer, TOKEN_INT, "as size of the register");
    }
    n = token->integer;
    n_left =
        is_bits ? CIRCUIT_MAX_QUBITS - circuit->n_bits : p->limits.max_qubits - circuit->n_qubits;
    if (token->is_wide || n > n_left) {
        return log_error_at(
            STATUS_NOFIT, token->loc, "register of size %s; at most %llu more %s are possible",
            token_describe(token, text), (unsigned long long)n_left, is_bits ? "bits" : "qubits");
    }
    TRY(lexer_next(&p->lexer));
    TRY(lexer_expect(&p->lexer, TOKEN_RBRACKET, "after a size"));
    TRY(lexer_expect(&p->lexer, TOKEN_SEMICOLON, "after a declaration"));
    return (is_bits ? circuit_add_creg : circuit_add_qreg)(circuit, name, n, loc);
}

/* `OPENQASM 2.0;`, or a warning where it lacks. */
static enum status read_version(struct qasm2_parser *p) {
    const struct token *token = &p->lexer.token;
    char text[TOKEN_TEXT_SIZE];

    if (!token_is(token, "OPENQASM")) {
        if (token->kind == TOKEN_END || p->limits.strict) {
            return log_error_at(STATUS_INPUT, token->loc, "%s: expected OPENQASM 2.0;",
                                token_describe(token, text));
        }
        log_warning_at(token->loc, "no version line; read as OPENQASM 2.0");
        return STATUS_OK;
    }
    TRY(lexer_next(&p->lexer));
    if ((token->kind != TOKEN_REAL && token->kind != TOKEN_INT) || token->real != 2.0 ||
        (p->limits.strict && token->kind == TOKEN_INT)) {
        return log_error_at(STATUS_INPUT, token->loc, "version %s of OpenQASM; expected 2.0",
                            token_describe(token, text));
    }
    TRY(lexer_next(&p->lexer));
    return lexer_expect(&p->lexer, TOKEN_SEMICOLON, "after the version");
}

static enum status read_statement(struct qasm2_parser *p) {
    const struct token *token = &p->lexer.token;
    enum qasm2_keyword keyword = qasm2_keyword_of(token);
    char text[TOKEN_TEXT_SIZE];

    if (token->kind == TOKEN_SEMICOLON && !p->limits.strict) {
        return lexer_next(&p->lexer);
    }
    if (token->kind != TOKEN_NAME) {
        return log_error_at(STATUS_INPUT, token->loc, "%s: expected a statement",
                            token_describe(token, text));
    }
    switch (keyword) {
    case QASM2_OPENQASM:
        return log_error_at(STATUS_INPUT, token->loc,
                            "the OPENQASM line is expected as first statement only");
    case QASM2_INCLUDE:
        return read_include(p);
    case QASM2_QREG:
    case QASM2_CREG:
        return read_register(p, keyword == QASM2_CREG);
    case QASM2_GATE:
        TRY(lexer_next(&p->lexer));
        return qasm2_define_gate(p);
    case QASM2_OPAQUE_GATE:
        TRY(lexer_next(&p->lexer));
        return qasm2_declare_opaque(p);
    case QASM2_IF:
    case QASM2_MEASURE:
    case QASM2_RESET:
    case QASM2_BARRIER:
    case QASM2_RESERVED:
    case QASM2_NO_KEYWORD:
        break;
    }
    return qasm2_read_operation(p, keyword);
}

static enum status read_program(struct qasm2_parser *p) {
    TRY(qasm2_library_put(
        &p->library,
        (struct qasm2_symbol){.index = GATE_U, .n_params = 3, .n_qubits = 1, .name = "U"}));
    TRY(qasm2_library_put(&p->library,
                          (struct qasm2_symbol){.index = GATE_CX, .n_qubits = 2, .name = "CX"}));
    TRY(lexer_next(&p->lexer));
    TRY(read_version(p));
    for (;;) {
        TRY(placements_collect(&p->placements));
        if (p->lexer.token.kind != TOKEN_END) {
            TRY(read_statement(p));
        } else if (sources_return(&p->sources)) {
            TRY(lexer_next(&p->lexer));
        } else {
            return placements_finish(&p->placements);
        }
    }
}

static void parser_fini(struct qasm2_parser *p) {
    lexer_fini(&p->lexer);
    qasm2_library_fini(&p->library);
    angle_pool_fini(&p->angles);
    mem_free(p->params);
    mem_free(p->stack);
    mem_free(p->operands);
    mem_free(p->sorted);
    mem_free(p->qubits);
    mem_free(p->words);
    placements_fini(&p->placements);
    arena_fini(&p->arena);
    circuit_destroy(p->circuit);
}

static enum status parser_init(struct qasm2_parser *p, const struct circuit_limits *limits) {
    *p = (struct qasm2_parser){.limits = circuit_fill_limits(limits)};
    lexer_init(&p->lexer, LEXER_QASM2);
    p->circuit = circuit_create();
    p->sources =
        (struct sources){p->circuit, &p->lexer, &p->arena, p->limits.max_file_bytes, {{0}}, 0, 0};
    p->placements =
        (struct placements){.circuit = p->circuit, .lexer = &p->lexer, .arena = &p->arena};
    return p->circuit == NULL ? STATUS_NOFIT : STATUS_OK;
}

/* The first source is open, or status says why not. */
static enum status read_all(struct circuit **out_circuit, struct qasm2_parser *p,
                            enum status status) {
    if (status == STATUS_OK) {
        status = read_program(p);
    }
    if (status == STATUS_OK) {
        *out_circuit = p->circuit;
        p->circuit = NULL;
    }
    parser_fini(p);
    return status;
}

enum status qasm2_read_text(struct circuit **out_circuit, const char *name, const char *text,
                            size_t n, const struct circuit_limits *limits) {
    struct qasm2_parser p;
    enum status status = parser_init(&p, limits);

    if (status == STATUS_OK) {
        status = sources_open(&p.sources, name, text, n);
    }
    return read_all(out_circuit, &p, status);
}
