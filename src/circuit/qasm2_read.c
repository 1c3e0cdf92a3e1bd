#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

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

static enum status open_source(struct qasm2_parser *p, const char *name, char *text, size_t n,
                               const char *real_path) {
    struct circuit *circuit = p->circuit;
    const char *copy = arena_strdup(&circuit->arena, name);
    enum status status = copy == NULL ? STATUS_NOFIT : STATUS_OK;

    if (status == STATUS_OK) {
        status = vec_reserve(&circuit->files, circuit->n_files, &circuit->cap_files, 1,
                             sizeof *circuit->files);
    }
    if (status != STATUS_OK) {
        mem_free(text);
        return status;
    }
    TRY(lexer_push(&p->lexer, copy, text, n));
    p->files[p->n_files].index = u32_from_size(circuit->n_files);
    p->files[p->n_files].real_path = real_path;
    p->n_files++;
    p->n_bytes_left -= n;
    circuit->files[circuit->n_files++] = copy;
    return STATUS_OK;
}

static bool has_suffix(const char *name, const char *suffix) {
    size_t n = strlen(name), n_suffix = strlen(suffix);
    return n >= n_suffix && strcmp(name + n - n_suffix, suffix) == 0;
}

/* Relative to the folder of the file that includes. */
static char *resolve_path(struct qasm2_parser *p, const char *name) {
    const char *from = p->circuit->files[p->files[p->n_files - 1].index];
    const char *slash = strrchr(from, '/');

    if (name[0] == '/' || slash == NULL) {
        return arena_strdup(&p->arena, name);
    }
    return arena_printf(&p->arena, "%.*s/%s", (int)(slash - from), from, name);
}

/* The reason not to read the file at path; NULL: none. */
static const char *why_not_include(const struct qasm2_parser *p, const char *path,
                                   const char *real_path) {
    struct stat info;

    if (!has_suffix(path, ".inc") && !has_suffix(path, ".qasm")) {
        return "expected a file name that ends in .inc or .qasm";
    }
    if (real_path == NULL || stat(path, &info) != 0) {
        return strerror(errno);
    }
    if (!S_ISREG(info.st_mode)) {
        return S_ISDIR(info.st_mode) ? "is a directory; expected a file" : "is no regular file";
    }
    if ((uint64_t)info.st_size > p->n_bytes_left) {
        return "is larger than what may be read";
    }
    for (size_t i = 0; i < p->n_files; i++) {
        if (p->files[i].real_path != NULL && strcmp(p->files[i].real_path, real_path) == 0) {
            return "the file includes itself";
        }
    }
    if (p->n_files == QASM2_MAX_INCLUDE_DEPTH) {
        return "files include each other too deeply";
    }
    return p->n_includes == QASM2_MAX_INCLUDES ? "too many files are included" : NULL;
}

/* Copy of realpath(path) in the arena; NULL (errno is set) where there is no such file. */
static const char *find_real_path(struct qasm2_parser *p, const char *path) {
    char *resolved = realpath(path, NULL);
    const char *copy = resolved == NULL ? NULL : arena_strdup(&p->arena, resolved);
    int error = errno;

    free(resolved);
    errno = error;
    return copy;
}

static enum status include_file(struct qasm2_parser *p, const char *name, struct src_loc loc) {
    const char *path = resolve_path(p, name), *real_path, *why;
    char *text;
    size_t n;

    if (path == NULL) {
        return STATUS_NOFIT;
    }
    real_path = find_real_path(p, path);
    why = why_not_include(p, path, real_path);
    if (why != NULL) {
        return log_error_at(STATUS_INPUT, loc, "include \"%.200s\": %s", name, why);
    }
    p->n_includes++;
    TRY(file_read(&text, &n, path, p->n_bytes_left));
    return open_source(p, path, text, n, real_path);
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
    const struct token *token = &p->lexer.token;
    struct src_loc loc;
    const char *name;

    TRY(lexer_next(&p->lexer));
    if (token->kind != TOKEN_STRING) {
        return lexer_expect(&p->lexer, TOKEN_STRING, "with the name of a file after 'include'");
    }
    loc = token->loc;
    name = arena_strndup(&p->arena, token->text, token->n);
    if (name == NULL) {
        return STATUS_NOFIT;
    }
    TRY(lexer_next(&p->lexer));
    if (token->kind != TOKEN_SEMICOLON) {
        return lexer_expect(&p->lexer, TOKEN_SEMICOLON, "after the name of a file");
    }
    if (strcmp(name, "qelib1.inc") == 0) {
        TRY(include_qelib1(p, loc));
    } else {
        TRY(include_file(p, name, loc)); /* its first token comes next */
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
        } else if (p->n_files > 1) {
            lexer_pop(&p->lexer);
            p->n_files--;
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

/* Takes over text, which mem_alloc or file_read made. */
static enum status read_owned(struct circuit **out_circuit, const char *name, char *text, size_t n,
                              const char *path, struct circuit_limits limits) {
    struct qasm2_parser p = {.limits = limits, .n_bytes_left = limits.max_file_bytes};
    enum status status = STATUS_NOFIT;

    lexer_init(&p.lexer, LEXER_QASM2);
    p.circuit = circuit_create();
    if (p.circuit == NULL) {
        mem_free(text);
        goto done;
    }
    p.placements = (struct placements){.circuit = p.circuit, .lexer = &p.lexer, .arena = &p.arena};
    TRY_GOTO(open_source(&p, name, text, n, path == NULL ? NULL : find_real_path(&p, path)), done);
    TRY_GOTO(read_program(&p), done);
    *out_circuit = p.circuit;
    p.circuit = NULL;
done:
    parser_fini(&p);
    return status;
}

enum status qasm2_read_file(struct circuit **out_circuit, const char *path,
                            const struct circuit_limits *limits) {
    struct circuit_limits all = circuit_fill_limits(limits);
    bool is_stdin = strcmp(path, "-") == 0;
    char *text;
    size_t n;

    TRY(file_read(&text, &n, path, all.max_file_bytes));
    return read_owned(out_circuit, is_stdin ? "<stdin>" : path, text, n, is_stdin ? NULL : path,
                      all);
}

enum status qasm2_read_text(struct circuit **out_circuit, const char *name, const char *text,
                            size_t n, const struct circuit_limits *limits) {
    struct circuit_limits all = circuit_fill_limits(limits);
    struct src_loc loc = {.file = name};
    size_t n_bytes;
    char *copy;

    if (n > all.max_file_bytes || !size_add(&n_bytes, n, 1)) {
        return log_error_at(STATUS_INPUT, loc, "is larger than %llu bytes",
                            (unsigned long long)all.max_file_bytes);
    }
    copy = mem_alloc(n_bytes, 1);
    if (copy == NULL) {
        return STATUS_NOFIT;
    }
    memcpy(copy, text, n);
    return read_owned(out_circuit, name, copy, n, NULL, all);
}
