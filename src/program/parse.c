#include "program/parse.h"

#include <string.h>

#include "base/log.h"
#include "program/cunqa.h"
#include "program/registers.h"
#include "program/words.h"

enum status parse_refuse(struct parser *p, const char *what) {
    char text[TOKEN_TEXT_SIZE];

    return log_error_at(STATUS_INPUT, p->lexer.token.loc, "%s: expected %s",
                        token_describe(&p->lexer.token, text), what);
}

struct src_loc parse_loc(const struct parser *p) {
    return p->call != NULL ? p->call->loc : p->lexer.token.loc;
}

enum status parse_check_limit(const struct parser *p, struct src_loc loc) {
    if (p->program->ops.n_ops >= p->limits.max_ops) {
        return log_error_at(STATUS_NOFIT, loc, "more than %llu operations",
                            (unsigned long long)p->limits.max_ops);
    }
    return STATUS_OK;
}

enum status parse_add_op(struct parser *p, struct op **out_op, enum op_kind kind,
                         const uint32_t *wires, size_t n_wires, const double *params,
                         size_t n_params, struct src_loc loc) {
    TRY(parse_check_limit(p, loc));
    return op_list_add(&p->program->ops, out_op, kind, wires, n_wires, params, n_params, loc);
}

static enum status parse_version(struct parser *p) {
    const struct token *token = &p->lexer.token;

    if (!token_is(token, "OPENQASM")) {
        return parse_refuse(p, "'OPENQASM 3.0;' at the beginning of a program");
    }
    TRY(lexer_next(&p->lexer));
    if ((token->kind != TOKEN_INT && token->kind != TOKEN_REAL) ||
        !(token->real >= 3 && token->real < 4)) {
        return parse_refuse(p, "version 3.0 of OpenQASM");
    }
    TRY(lexer_next(&p->lexer));
    return lexer_expect(&p->lexer, TOKEN_SEMICOLON, "after the version");
}

static enum status parse_include(struct parser *p) {
    const struct token *token = &p->lexer.token;
    char text[TOKEN_TEXT_SIZE];
    bool is_qnu;

    TRY(lexer_next(&p->lexer));
    if (token->kind != TOKEN_STRING) {
        return parse_refuse(p, "\"stdgates.inc\" or \"qnu.inc\"");
    }
    is_qnu = token->n == 7 && memcmp(token->text, "qnu.inc", 7) == 0;
    if (!is_qnu && !(token->n == 12 && memcmp(token->text, "stdgates.inc", 12) == 0)) {
        return log_error_at(STATUS_INPUT, token->loc,
                            "include of %s: expected \"stdgates.inc\" or \"qnu.inc\", which are "
                            "built in",
                            token_describe(token, text));
    }
    TRY(lexer_next(&p->lexer));
    if (is_qnu && !p->has_qnu) {
        TRY(parse_include_qnu(p));
    }
    p->has_stdgates = p->has_stdgates || !is_qnu;
    return lexer_expect(&p->lexer, TOKEN_SEMICOLON, "after an include");
}

/* `[n]` or nothing: *out_n = 1 and scalar. */
static enum status parse_size(struct parser *p, uint32_t *out_n, bool *out_is_scalar,
                              uint32_t n_before) {
    const struct token *token = &p->lexer.token;
    bool has_size;
    char text[TOKEN_TEXT_SIZE];

    TRY(lexer_accept(&p->lexer, &has_size, TOKEN_LBRACKET));
    *out_is_scalar = !has_size;
    *out_n = 1;
    if (!has_size) {
        return n_before < p->limits.max_qubits
                   ? STATUS_OK
                   : log_error_at(STATUS_NOFIT, token->loc, "more than %llu qubits or bits",
                                  (unsigned long long)p->limits.max_qubits);
    }
    if (token->kind != TOKEN_INT || (!token->is_wide && token->integer == 0)) {
        return parse_refuse(p, "a size of at least 1");
    }
    if (token->is_wide || token->integer > p->limits.max_qubits - n_before) {
        return log_error_at(STATUS_NOFIT, token->loc,
                            "size %s: more than %llu qubits or bits in all",
                            token_describe(token, text), (unsigned long long)p->limits.max_qubits);
    }
    *out_n = (uint32_t)token->integer;
    TRY(lexer_next(&p->lexer));
    return lexer_expect(&p->lexer, TOKEN_RBRACKET, "after a size");
}

/* The name of a new register, or of a local bit. */
static enum status parse_new_name(struct parser *p, const char **out_name, bool is_scalar) {
    const struct token *token = &p->lexer.token;
    char text[TOKEN_TEXT_SIZE];
    const char *reserved;
    bool is_bits, is_section;
    const struct reg *other;

    if (token->kind != TOKEN_NAME) {
        return parse_refuse(p, "a name");
    }
    reserved = word_reserved_as(token->text, token->n);
    is_section = is_scalar && (token_is(token, "data") || token_is(token, "comm"));
    if (reserved != NULL || is_section) {
        return log_error_at(STATUS_INPUT, token->loc, "%s is %s; expected another name",
                            token_describe(token, text),
                            is_section ? "a word of 'pragma qspan qpu'" : reserved);
    }
    other = register_find_name(p->program, &is_bits, token->text, token->n);
    if (other != NULL && p->call == NULL) {
        return log_error_at(STATUS_INPUT, token->loc,
                            "%s is declared twice; the other is %s line %u",
                            token_describe(token, text),
                            other->is_local ? "a bit of the def called in" : "in", other->loc.line);
    }
    *out_name = arena_strndup(&p->arena, token->text, token->n);
    return *out_name != NULL ? lexer_next(&p->lexer) : STATUS_NOFIT;
}

/* A bit of a def becomes a register of its own at each call. */
static enum status bind_local(struct parser *p, const char *name, uint32_t bit) {
    struct parse_call *call = p->call;

    CHECK(call->n_bindings < PARSE_MAX_BINDINGS);
    call->bindings[call->n_bindings++] =
        (struct parse_binding){.name = name, .n = strlen(name), .kind = BINDING_BIT, .index = bit};
    return STATUS_OK;
}

static enum status add_bits(struct parser *p, uint32_t *out_first, const char *name, uint32_t n,
                            bool is_output, bool is_scalar, struct src_loc loc) {
    struct program *program = p->program;
    struct reg *reg;

    if (p->call != NULL) {
        const char *unique = arena_printf(&p->arena, "%.*s_%s_%llu", (int)p->call->def->n_name,
                                          p->call->def->name, name, (unsigned long long)p->n_calls);
        if (unique == NULL) {
            return STATUS_NOFIT;
        }
        TRY(program_add_creg(program, out_first, unique, n, false, is_scalar));
        TRY(bind_local(p, name, *out_first));
    } else {
        TRY(program_add_creg(program, out_first, name, n, is_output, is_scalar));
    }
    reg = &program->cregs[program->n_cregs - 1];
    reg->loc = loc;
    reg->is_local = p->call != NULL || p->next_is_local;
    p->next_is_local = false;
    return STATUS_OK;
}

/* `bit[n] c;`, `bit m = measure w;` */
static enum status parse_bits(struct parser *p, bool is_output) {
    struct src_loc loc = parse_loc(p);
    const char *name;
    uint32_t n, first;
    bool is_scalar, has_value;

    TRY(lexer_next(&p->lexer));
    TRY(parse_size(p, &n, &is_scalar, p->program->n_bits));
    TRY(parse_new_name(p, &name, is_scalar));
    TRY(add_bits(p, &first, name, n, is_output, is_scalar, loc));
    if (!is_scalar) {
        return lexer_expect(&p->lexer, TOKEN_SEMICOLON, "after a declaration");
    }
    TRY(lexer_accept(&p->lexer, &has_value, TOKEN_ASSIGN));
    return has_value ? parse_measure_into(p, first, loc)
                     : lexer_expect(&p->lexer, TOKEN_SEMICOLON, "after a declaration");
}

static enum status parse_output(struct parser *p) {
    TRY(lexer_next(&p->lexer));
    if (!token_is(&p->lexer.token, "bit")) {
        return parse_refuse(p, "'bit': only bits are output of programs");
    }
    return parse_bits(p, true);
}

static enum status parse_qubits(struct parser *p) {
    struct src_loc loc = parse_loc(p);
    const char *name;
    uint32_t n, first;
    bool is_scalar;

    TRY(lexer_next(&p->lexer));
    TRY(parse_size(p, &n, &is_scalar, p->program->n_wires));
    TRY(parse_new_name(p, &name, is_scalar));
    TRY(program_add_qreg(p->program, &first, name, n, OP_NO_QPU, false));
    p->program->qregs[p->program->n_qregs - 1].loc = loc;
    p->program->qregs[p->program->n_qregs - 1].is_scalar = is_scalar;
    return lexer_expect(&p->lexer, TOKEN_SEMICOLON, "after a declaration");
}

/* `{ ... }` or one statement. */
static enum status parse_block(struct parser *p) {
    struct src_loc loc = p->lexer.token.loc;
    bool has_braces;

    if (++p->n_blocks > PARSE_MAX_BLOCKS) {
        return log_error_at(STATUS_INPUT, loc, "more than %d blocks within each other",
                            (int)PARSE_MAX_BLOCKS);
    }
    TRY(lexer_accept(&p->lexer, &has_braces, TOKEN_LBRACE));
    if (!has_braces) {
        TRY(parse_statement(p));
    }
    while (has_braces && p->lexer.token.kind != TOKEN_RBRACE) {
        if (p->lexer.token.kind == TOKEN_END) {
            return log_error_at(STATUS_INPUT, loc, "block is not closed: expected '}'");
        }
        TRY(parse_statement(p));
    }
    p->n_blocks--;
    return has_braces ? lexer_next(&p->lexer) : STATUS_OK;
}

/* `if (condition)` and what it is about, up to an `else`. */
static enum status parse_arm(struct parser *p) {
    struct op_list *ops = &p->program->ops;
    struct src_loc loc = parse_loc(p);
    uint32_t expr;
    size_t open;

    TRY(lexer_next(&p->lexer));
    TRY(lexer_expect(&p->lexer, TOKEN_LPAREN, "after 'if'"));
    TRY(parse_condition(p, &expr));
    TRY(lexer_expect(&p->lexer, TOKEN_RPAREN, "after a condition"));
    TRY(parse_check_limit(p, loc));
    TRY(op_list_open(ops, &open, OP_IF, expr, 0, loc));
    TRY(vec_reserve(&p->ifs, p->n_ifs, &p->cap_ifs, 1, sizeof *p->ifs));
    p->ifs[p->n_ifs].open = open;
    p->ifs[p->n_ifs].n_records = p->n_records;
    p->ifs[p->n_ifs].loc = loc;
    p->n_ifs++;
    return parse_block(p);
}

static enum status close_if(struct parser *p) {
    p->n_ifs--;
    p->reach = p->n_records > p->ifs[p->n_ifs].n_records ? p->n_records : p->reach;
    return op_list_close(&p->program->ops, p->ifs[p->n_ifs].open, p->ifs[p->n_ifs].loc);
}

/* A chain of `else if` is no deeper than its first `if`. */
static enum status parse_if(struct parser *p) {
    const size_t n_outside = p->n_ifs;
    bool is_chain = true;

    while (is_chain) {
        TRY(parse_arm(p));
        is_chain = false;
        if (token_is(&p->lexer.token, "else")) {
            TRY(op_list_else(&p->program->ops, p->ifs[p->n_ifs - 1].open, parse_loc(p)));
            TRY(lexer_next(&p->lexer));
            is_chain = token_is(&p->lexer.token, "if") && p->lexer.n_directives == 0;
            TRY(is_chain ? STATUS_OK : parse_block(p));
        }
    }
    while (p->n_ifs > n_outside) {
        TRY(close_if(p));
    }
    return STATUS_OK;
}

static enum status open_loop(struct parser *p, const char *variable, size_t n) {
    TRY(vec_reserve(&p->loops, p->n_loops, &p->cap_loops, 1, sizeof *p->loops));
    p->loops[p->n_loops].variable = variable;
    p->loops[p->n_loops].n = n;
    p->loops[p->n_loops].first_record = p->n_records;
    p->loops[p->n_loops].n_results = p->n_results;
    p->n_loops++;
    return STATUS_OK;
}

/* From now on text order does not say which result of the loop or before it is meant. */
static void close_loop(struct parser *p, uint64_t rounds) {
    const uint64_t before = p->loops[--p->n_loops].n_results;
    const size_t first = p->loops[p->n_loops].first_record;
    uint64_t n;
    if (rounds != 1 && p->n_records > first) {
        p->reach = first > p->reach ? first : p->reach;
    }
    if (__builtin_mul_overflow(p->n_results - before, rounds, &n) ||
        __builtin_add_overflow(before, n, &p->n_results)) {
        p->n_results = UINT64_MAX;
    }
}

static enum status parse_while(struct parser *p) {
    struct op_list *ops = &p->program->ops;
    struct src_loc loc = parse_loc(p);
    uint32_t expr;
    size_t open;

    TRY(lexer_next(&p->lexer));
    TRY(lexer_expect(&p->lexer, TOKEN_LPAREN, "after 'while'"));
    TRY(parse_condition(p, &expr));
    TRY(lexer_expect(&p->lexer, TOKEN_RPAREN, "after a condition"));
    TRY(parse_check_limit(p, loc));
    TRY(op_list_open(ops, &open, OP_WHILE, expr, 0, loc));
    TRY(open_loop(p, NULL, 0));
    TRY(parse_block(p));
    close_loop(p, 0);
    return op_list_close(ops, open, loc);
}

static enum status parse_bound(struct parser *p, int64_t *out) {
    const struct token *token = &p->lexer.token;
    bool is_negative;

    TRY(lexer_accept(&p->lexer, &is_negative, TOKEN_MINUS));
    if (token->kind != TOKEN_INT || token->is_wide || token->integer > INT64_MAX) {
        return parse_refuse(p, "an integer constant below 2^63 in the range of a loop");
    }
    *out = is_negative ? -(int64_t)token->integer : (int64_t)token->integer;
    return lexer_next(&p->lexer);
}

/* `[first:last]` or `[first:step:last]`, as a number of rounds. */
static enum status parse_range(struct parser *p, uint64_t *out_rounds) {
    struct src_loc loc = p->lexer.token.loc;
    int64_t first = 0, last = 0, step = 1;
    bool has_step;
    uint64_t distance;

    TRY(lexer_expect(&p->lexer, TOKEN_LBRACKET, "and a range: loops run over [first:last]"));
    TRY(parse_bound(p, &first));
    TRY(lexer_expect(&p->lexer, TOKEN_COLON, "in the range of a loop"));
    TRY(parse_bound(p, &last));
    TRY(lexer_accept(&p->lexer, &has_step, TOKEN_COLON));
    if (has_step) {
        step = last;
        TRY(parse_bound(p, &last));
    }
    TRY(lexer_expect(&p->lexer, TOKEN_RBRACKET, "after the range of a loop"));
    if (step == 0) {
        return log_error_at(STATUS_INPUT, loc, "step 0 in the range of a loop");
    }
    if (step > 0 ? first > last : first < last) {
        *out_rounds = 0;
        return STATUS_OK;
    }
    distance = step > 0 ? (uint64_t)last - (uint64_t)first : (uint64_t)first - (uint64_t)last;
    *out_rounds = distance / (step > 0 ? (uint64_t)step : -(uint64_t)step) + 1;
    return STATUS_OK;
}

static enum status parse_for(struct parser *p) {
    const struct token *token = &p->lexer.token;
    struct op_list *ops = &p->program->ops;
    struct src_loc loc = parse_loc(p);
    struct token variable;
    uint64_t rounds = 0;
    uint32_t width;
    bool is_scalar;
    size_t open;

    TRY(lexer_next(&p->lexer));
    if (!token_is(token, "uint") && !token_is(token, "int")) {
        return parse_refuse(p, "'uint' or 'int' after 'for'");
    }
    TRY(lexer_next(&p->lexer));
    TRY(parse_size(p, &width, &is_scalar, 0));
    variable = *token;
    if (token->kind != TOKEN_NAME || word_is_keyword(token->text, token->n)) {
        return parse_refuse(p, "the name of a loop variable");
    }
    TRY(lexer_next(&p->lexer));
    if (!token_is(token, "in")) {
        return parse_refuse(p, "'in'");
    }
    TRY(lexer_next(&p->lexer));
    TRY(parse_range(p, &rounds));
    TRY(parse_check_limit(p, loc));
    TRY(op_list_open(ops, &open, OP_REPEAT, OP_NO_EXPR, rounds, loc));
    TRY(open_loop(p, variable.text, variable.n));
    TRY(parse_block(p));
    close_loop(p, rounds);
    return op_list_close(ops, open, loc);
}

static const struct {
    const char *word;
    enum status (*parse)(struct parser *p);
    bool is_global; /* not within a block */
} statements[] = {
    {"measure", parse_measure, false}, {"reset", parse_reset, false},
    {"if", parse_if, false},           {"barrier", parse_barrier, false},
    {"while", parse_while, false},     {"for", parse_for, false},
    {"qubit", parse_qubits, true},     {"output", parse_output, true},
    {"include", parse_include, true},
};

static enum status parse_keyword(struct parser *p, bool *out_found) {
    const struct token *token = &p->lexer.token;
    char text[TOKEN_TEXT_SIZE];

    *out_found = true;
    if (token_is(token, "bit")) {
        return p->n_blocks == 0 || p->call != NULL
                   ? parse_bits(p, false)
                   : parse_refuse(p, "declarations outside of blocks");
    }
    for (size_t i = 0; i < sizeof statements / sizeof *statements; i++) {
        if (!token_is(token, statements[i].word)) {
            continue;
        }
        if (statements[i].is_global && p->n_blocks > 0) {
            return log_error_at(STATUS_INPUT, token->loc, "%s in a block: expected it outside",
                                token_describe(token, text));
        }
        return statements[i].parse(p);
    }
    *out_found = false;
    return STATUS_OK;
}

enum status parse_statement(struct parser *p) {
    const struct token *token = &p->lexer.token;
    bool found;

    if (p->lexer.n_directives > 0) {
        return log_error_at(STATUS_INPUT, p->lexer.directives[0].loc,
                            "comment '// qspan %.*s' in a program: expected 'pragma qspan'",
                            (int)(p->lexer.directives[0].n < 40 ? p->lexer.directives[0].n : 40),
                            p->lexer.directives[0].text);
    }
    switch ((int)token->kind) {
    case TOKEN_PRAGMA:
        return parse_pragma(p);
    case TOKEN_ANNOTATION:
        return parse_annotation(p);
    case TOKEN_NAME:
        break;
    case TOKEN_SEMICOLON:
        return lexer_next(&p->lexer);
    default:
        return parse_refuse(p, "a statement");
    }
    TRY(parse_keyword(p, &found));
    return found ? STATUS_OK : parse_simple_statement(p);
}

static enum status parse_program(struct parser *p) {
    TRY(lexer_next(&p->lexer));
    TRY(parse_version(p));
    while (p->lexer.token.kind != TOKEN_END) {
        TRY(parse_statement(p));
    }
    return program_resolve(p->program);
}

static void parser_fini(struct parser *p) {
    lexer_fini(&p->lexer);
    names_fini(&p->gates);
    names_fini(&p->def_names);
    for (size_t i = 0; i < p->n_defs; i++) {
        names_fini(&p->defs[i].params);
    }
    mem_free(p->defs);
    mem_free(p->loops);
    mem_free(p->ifs);
    mem_free(p->records);
    mem_free(p->last_record);
    angle_pool_fini(&p->angles);
    mem_free(p->params);
    mem_free(p->stack);
    mem_free(p->wires);
    mem_free(p->words);
    arena_fini(&p->arena);
}

/* Reads text[n] = 0, which it frees. */
static enum status read_owned(struct program **out_program, const char *name, char *text, size_t n,
                              struct circuit_limits limits) {
    struct parser p = {.limits = limits};
    const char *file;
    enum status status = STATUS_NOFIT;

    lexer_init(&p.lexer, LEXER_QASM3);
    p.program = program_create();
    file = p.program == NULL ? NULL : arena_strdup(&p.program->arena, name);
    if (file == NULL || vec_reserve(&p.program->files, 0, &p.program->cap_files, 1,
                                    sizeof *p.program->files) != STATUS_OK) {
        mem_free(text);
        goto done;
    }
    p.program->files[p.program->n_files++] = file;
    TRY_GOTO(lexer_push(&p.lexer, file, text, n), done);
    TRY_GOTO(parse_program(&p), done);
    *out_program = p.program;
    p.program = NULL;
done:
    program_destroy(p.program);
    parser_fini(&p);
    return status;
}

/* Made as text of a program, which its places then refer to. */
static enum status read_cunqa(struct program **out_program, const char *name, const char *text,
                              size_t n, struct circuit_limits limits) {
    struct text made = {0}, title = {0};
    enum status status;

    text_printf(&title, "%s (as a program)", name);
    text_add(&made, "");
    status = title.failed ? STATUS_NOFIT : cunqa_print(&made, name, text, n, &limits);
    if (status == STATUS_OK) {
        status = read_owned(out_program, title.data, made.data, made.n, limits);
        made.data = NULL;
    }
    text_fini(&made);
    text_fini(&title);
    return status;
}

enum status program_read_text(struct program **out_program, const char *name, const char *text,
                              size_t n, const struct circuit_limits *limits) {
    struct circuit_limits all = circuit_fill_limits(limits);
    char *copy;

    if (n > all.max_file_bytes) {
        return log_error(STATUS_INPUT, "%s: text of %zu bytes; at most %llu are read", name, n,
                         (unsigned long long)all.max_file_bytes);
    }
    if (cunqa_is_text(text, n)) {
        return read_cunqa(out_program, name, text, n, all);
    }
    copy = mem_alloc(n + 1, 1);
    if (copy == NULL) {
        return STATUS_NOFIT;
    }
    memcpy(copy, text, n);
    return read_owned(out_program, name, copy, n, all);
}
