#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "circuit/circuit.h"
#include "circuit/qasm3_input.h"
#include "circuit/qasm3_internal.h"
#include "circuit/qasm3_words.h"

enum { STATEMENTS_PER_SCRATCH = 256 };

/* ---- the file ---- */

static enum status read_include(struct qasm3 *p) {
    struct src_loc loc;
    const char *name;

    TRY(sources_read_include(&p->sources, &name, &loc));
    if (strcmp(name, "stdgates.inc") == 0 || strcmp(name, "qelib1.inc") == 0) {
        p->has_stdgates = p->has_stdgates || name[0] == 's';
        p->has_qelib1 = p->has_qelib1 || name[0] == 'q';
    } else {
        TRY(sources_include(&p->sources, name, loc));
    }
    return lexer_next(&p->lexer);
}

static enum status read_version(struct qasm3 *p) {
    const struct token *token = &p->lexer.token;
    char text[TOKEN_TEXT_SIZE];

    if (!token_is(token, "OPENQASM")) {
        if (token->kind == TOKEN_END || p->limits.strict) {
            return log_error_at(STATUS_INPUT, token->loc, "%s: expected OPENQASM 3.0;",
                                token_describe(token, text));
        }
        return STATUS_OK;
    }
    TRY(lexer_next(&p->lexer));
    if ((token->kind != TOKEN_REAL && token->kind != TOKEN_INT) || !(token->real >= 3) ||
        token->real >= 4) {
        return log_error_at(STATUS_INPUT, token->loc, "version %s of OpenQASM; expected 3.0 or 3.1",
                            token_describe(token, text));
    }
    TRY(lexer_next(&p->lexer));
    return lexer_expect(&p->lexer, TOKEN_SEMICOLON, "after the version");
}

/* Nodes of a statement live in scratch, unless they are a definition. */
static enum status read_statement(struct qasm3 *p, enum qasm3_flow *out_flow) {
    struct qasm3_node *node;

    TRY(qasm3_parse_statement(p, &node));
    p->file = node->file;
    TRY(qasm3_carry_out(p, out_flow, node));
    p->is_next_local = false;
    return STATUS_OK;
}

/* What follows an `end` that may have been met is guarded statement by statement. */
static enum status read_guarded(struct qasm3 *p, enum qasm3_flow *out_flow) {
    struct qasm3_node *node;

    TRY(qasm3_parse_statement(p, &node));
    *out_flow = QASM3_NEXT;
    if (node->kind == QASM3_GATE || node->kind == QASM3_DEF || node->kind == QASM3_DECLARE ||
        node->kind == QASM3_QUBITS || node->kind == QASM3_LET) {
        if (node->a != NULL && node->kind == QASM3_DECLARE && node->op != QASM3_CONST) {
            return qasm3_fail(node, "a value given to a variable after an 'end' that depends on "
                                    "measured bits is not supported");
        }
        return qasm3_carry_out(p, out_flow, node);
    }
    return qasm3_guard(p, out_flow, node);
}

static enum status read_statements(struct qasm3 *p) {
    const struct token *token = &p->lexer.token;
    enum qasm3_flow flow = QASM3_NEXT;
    uint64_t n = 0;

    for (;;) {
        TRY(placements_collect(&p->placements));
        if (token_is(token, "include")) {
            TRY(read_include(p));
        } else if (token->kind == TOKEN_PRAGMA || token->kind == TOKEN_ANNOTATION) {
            TRY(qasm3_skip_notes(p));
        } else if (token->kind != TOKEN_END) {
            TRY(p->jumps[0].may_skip ? read_guarded(p, &flow) : read_statement(p, &flow));
            if (++n % STATEMENTS_PER_SCRATCH == 0) {
                arena_fini(&p->scratch);
            }
        } else if (sources_return(&p->sources)) {
            TRY(lexer_next(&p->lexer));
        } else {
            return STATUS_OK;
        }
        if (flow == QASM3_F_END) {
            return STATUS_OK;
        }
    }
}

/* ---- physical qubits: numbered densely in ascending order of their labels ---- */

static int compare_labels(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

static enum status find_labels(struct qasm3 *p, const char *text, size_t n) {
    size_t n_distinct = 0;

    for (size_t i = 0; i + 1 < n; i++) {
        uint64_t label = 0;
        if (text[i] != '$' || text[i + 1] < '0' || text[i + 1] > '9') {
            continue;
        }
        for (i++; i < n && text[i] >= '0' && text[i] <= '9'; i++) {
            label = label * 10 + (uint64_t)(text[i] - '0');
        }
        TRY(vec_reserve(&p->label_list, p->n_labels, &p->cap_labels, 1, sizeof *p->label_list));
        p->label_list[p->n_labels++] = label;
    }
    if (p->n_labels == 0) {
        return STATUS_OK;
    }
    qsort(p->label_list, p->n_labels, sizeof *p->label_list, compare_labels);
    for (size_t i = 0; i < p->n_labels; i++) {
        if (i == 0 || p->label_list[i] != p->label_list[i - 1]) {
            p->label_list[n_distinct++] = p->label_list[i];
        }
    }
    p->n_labels = n_distinct;
    return STATUS_OK;
}

/* ---- input variables ---- */

static enum status parse_input(struct qasm3 *p, struct qasm3_value *out, const char *name,
                               const char *text) {
    struct token current = p->lexer.token;
    struct src_loc loc = {.file = "--param", .line = 1, .col = u32_from_size(strlen(name)) + 2};
    struct qasm3_node *node;
    enum status status;

    TRY(lexer_push_view(&p->lexer, text, strlen(text), loc));
    TRY_GOTO(lexer_next(&p->lexer), done);
    TRY_GOTO(qasm3_parse_expression(p, &node), done);
    if (p->lexer.token.kind != TOKEN_END) {
        status =
            log_error_at(STATUS_INPUT, p->lexer.token.loc, "--param %.48s: expected a value", name);
        goto done;
    }
    status = qasm3_eval(p, out, node);
done:
    lexer_pop(&p->lexer);
    p->lexer.token = current;
    return status;
}

static void note_param(struct qasm3 *p, const char *name) {
    const size_t n = strlen(name);
    for (size_t i = 0; i < p->limits.n_params; i++) {
        const char *param = p->limits.params[i];
        p->is_param_read[i] |= strncmp(param, name, n) == 0 && param[n] == '=';
    }
}

static enum status check_params(const struct qasm3 *p) {
    for (size_t i = 0; i < p->limits.n_params; i++) {
        if (!p->is_param_read[i]) {
            return log_error(STATUS_USAGE, "--param %.48s: there is no input variable of that name",
                             p->limits.params[i]);
        }
    }
    return STATUS_OK;
}

enum status qasm3_read_input(struct qasm3 *p, struct qasm3_value *out,
                             const struct qasm3_value *type, const struct qasm3_node *node) {
    const char *name = qasm3_name(p, node->sym);
    size_t n = strlen(name);

    for (size_t i = p->limits.n_params; i-- > 0;) {
        const char *param = p->limits.params[i];
        if (strncmp(param, name, n) != 0 || param[n] != '=') {
            continue;
        }
        TRY(parse_input(p, out, name, param + n + 1));
        note_param(p, name);
        if (type->kind == QASM3_T_BIT && out->kind == QASM3_T_BIT && out->width < type->width) {
            out->kind = QASM3_T_UINT; /* leading zeros may be left out */
        }
        return STATUS_OK;
    }
    return qasm3_fail(node, "no value for input '%.48s'; give it with --param %.48s=VALUE", name,
                      name);
}

/* ---- all ---- */

static enum status intern_words(struct qasm3 *p) {
    for (uint32_t i = 0; i < QASM3_N_WORDS; i++) {
        uint32_t sym;
        TRY(qasm3_intern(p, &sym, qasm3_words[i], strlen(qasm3_words[i])));
        CHECK(sym == i);
    }
    return STATUS_OK;
}

static enum status read_program(struct qasm3 *p) {
    TRY(intern_words(p));
    TRY(qasm3_push_scope(p));
    TRY(qasm3_push_jump(p, QASM3_J_FILE, NULL));
    TRY(lexer_next(&p->lexer));
    TRY(qasm3_skip_notes(p));
    TRY(read_version(p));
    TRY(read_statements(p));
    TRY(check_params(p));
    return placements_finish(&p->placements);
}

static void reader_fini(struct qasm3 *p) {
    lexer_fini(&p->lexer);
    names_fini(&p->symbol_names);
    mem_free(p->symbols);
    mem_free(p->label_list);
    mem_free(p->scopes);
    mem_free(p->jumps);
    mem_free(p->known);
    mem_free(p->journal);
    mem_free(p->bit_exprs);
    mem_free(p->prims);
    mem_free(p->prim_qubits);
    mem_free(p->is_param_read);
    placements_fini(&p->placements);
    arena_fini(&p->arena);
    arena_fini(&p->scratch);
    circuit_destroy(p->circuit);
    mem_free(p);
}

static struct qasm3 *reader_create(const struct circuit_limits *limits) {
    struct qasm3 *p = mem_alloc(1, sizeof *p);

    if (p == NULL) {
        return NULL;
    }
    p->limits = circuit_fill_limits(limits);
    p->is_braket = p->limits.dialect == CIRCUIT_BRAKET;
    p->has_stdgates = p->is_braket;
    p->ast = &p->scratch;
    p->n_repeats = 1;
    lexer_init(&p->lexer, LEXER_QASM3);
    p->circuit = circuit_create();
    p->sources =
        (struct sources){p->circuit, &p->lexer, &p->arena, p->limits.max_file_bytes, {{0}}, 0, 0};
    p->placements = (struct placements){p->circuit, &p->lexer, &p->arena, NULL, 0, 0, 0, false};
    p->is_param_read = mem_alloc(p->limits.n_params + 1, sizeof *p->is_param_read);
    if (p->circuit == NULL || p->is_param_read == NULL) {
        reader_fini(p);
        return NULL;
    }
    return p;
}

/* The first source is open, or status says why not. */
static enum status read_all(struct circuit **out_circuit, struct qasm3 *p, enum status status) {
    if (status == STATUS_OK) {
        status = find_labels(p, p->lexer.sources[0].text, p->lexer.sources[0].n);
    }
    if (status == STATUS_OK) {
        status = read_program(p);
    }
    if (status == STATUS_OK) {
        *out_circuit = p->circuit;
        p->circuit = NULL;
    }
    reader_fini(p);
    return status;
}

enum status qasm3_read_text(struct circuit **out_circuit, const char *name, const char *text,
                            size_t n, const struct circuit_limits *limits) {
    struct qasm3 *p = reader_create(limits);

    return p == NULL ? STATUS_NOFIT
                     : read_all(out_circuit, p, sources_open(&p->sources, name, text, n));
}
