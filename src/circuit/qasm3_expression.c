#include <string.h>

#include "circuit/qasm3_internal.h"
#include "circuit/qasm3_parse.h"
#include "circuit/qasm3_words.h"

enum status qasm3_new_node(struct qasm3 *p, struct qasm3_node **out, enum qasm3_node_kind kind) {
    struct qasm3_node *node = arena_alloc(p->ast, sizeof *node);

    if (node == NULL) {
        return STATUS_NOFIT;
    }
    node->kind = kind;
    node->loc = p->lexer.token.loc;
    node->file = sources_file(&p->sources);
    *out = node;
    return STATUS_OK;
}

enum status qasm3_enter(struct qasm3 *p) {
    if (p->depth >= QASM3_MAX_DEPTH) {
        return log_error_at(STATUS_INPUT, p->lexer.token.loc,
                            "nested more than %d deep; that is too deep", (int)QASM3_MAX_DEPTH);
    }
    p->depth++;
    return STATUS_OK;
}

enum status qasm3_current_symbol(struct qasm3 *p, uint32_t *out_sym) {
    return qasm3_intern(p, out_sym, p->lexer.token.text, p->lexer.token.n);
}

enum status qasm3_refuse_token(struct qasm3 *p, const char *expected) {
    char text[TOKEN_TEXT_SIZE];

    return log_error_at(STATUS_INPUT, p->lexer.token.loc, "%s: expected %s",
                        token_describe(&p->lexer.token, text), expected);
}

void qasm3_warn_once(struct qasm3 *p, enum qasm3_warning which, const char *text) {
    if ((p->warned >> which & 1) == 0) {
        log_warning_at(p->lexer.token.loc, "%s", text);
    }
    p->warned |= UINT32_C(1) << which;
}

enum status qasm3_parse_list(struct qasm3 *p, struct qasm3_node **out_first, enum token_kind end,
                             const char *where) {
    struct qasm3_node **last = out_first;
    bool found;

    *out_first = NULL;
    while (p->lexer.token.kind != end) {
        TRY(qasm3_parse_expression(p, last));
        last = &(*last)->next;
        TRY(lexer_accept(&p->lexer, &found, TOKEN_COMMA));
        if (!found) {
            break;
        }
    }
    return lexer_expect(&p->lexer, end, where);
}

/* `[start : step : stop]`, each part optional, or an expression; ends before ']' or ','. */
static enum status parse_index_item(struct qasm3 *p, struct qasm3_node **out) {
    struct qasm3_node *range, *part = NULL;
    bool found;

    TRY(qasm3_new_node(p, &range, QASM3_RANGE));
    if (p->lexer.token.kind != TOKEN_COLON) {
        TRY(qasm3_parse_expression(p, &part));
    }
    TRY(lexer_accept(&p->lexer, &found, TOKEN_COLON));
    if (!found) {
        *out = part;
        return STATUS_OK;
    }
    range->a = part;
    part = NULL;
    if (p->lexer.token.kind != TOKEN_RBRACKET && p->lexer.token.kind != TOKEN_COMMA &&
        p->lexer.token.kind != TOKEN_COLON) {
        TRY(qasm3_parse_expression(p, &part));
    }
    range->c = part;
    TRY(lexer_accept(&p->lexer, &found, TOKEN_COLON));
    if (found) {
        range->b = part;
        range->c = NULL;
        if (p->lexer.token.kind != TOKEN_RBRACKET && p->lexer.token.kind != TOKEN_COMMA) {
            TRY(qasm3_parse_expression(p, &range->c));
        }
    }
    *out = range;
    return STATUS_OK;
}

enum status qasm3_parse_set(struct qasm3 *p, struct qasm3_node **out) {
    TRY(qasm3_new_node(p, out, QASM3_SET));
    TRY(lexer_next(&p->lexer));
    return qasm3_parse_list(p, &(*out)->list, TOKEN_RBRACE, "after a set of values");
}

enum status qasm3_parse_index(struct qasm3 *p, struct qasm3_node **out, struct qasm3_node *base) {
    struct qasm3_node *node, **last;
    bool found = true;

    TRY(qasm3_new_node(p, &node, QASM3_INDEX));
    TRY(lexer_next(&p->lexer));
    node->a = base;
    last = &node->list;
    while (found) {
        if (p->lexer.token.kind == TOKEN_LBRACE) {
            TRY(qasm3_parse_set(p, last));
        } else if (p->lexer.token.kind == TOKEN_RBRACKET) {
            return qasm3_refuse_token(p, "an index");
        } else {
            TRY(parse_index_item(p, last));
        }
        last = &(*last)->next;
        TRY(lexer_accept(&p->lexer, &found, TOKEN_COMMA));
    }
    *out = node;
    return lexer_expect(&p->lexer, TOKEN_RBRACKET, "after an index");
}

enum status qasm3_parse_range(struct qasm3 *p, struct qasm3_node **out) {
    TRY(lexer_next(&p->lexer));
    TRY(parse_index_item(p, out));
    return lexer_expect(&p->lexer, TOKEN_RBRACKET, "after a range");
}

/* QASM3_VOID: no type. */
static enum qasm3_type_kind type_word(uint32_t sym) {
    switch (sym) {
    case QASM3_W_bool:
        return QASM3_T_BOOL;
    case QASM3_W_bit:
    case QASM3_W_creg:
        return QASM3_T_BIT;
    case QASM3_W_int:
        return QASM3_T_INT;
    case QASM3_W_uint:
        return QASM3_T_UINT;
    case QASM3_W_float:
        return QASM3_T_FLOAT;
    case QASM3_W_angle:
        return QASM3_T_ANGLE;
    case QASM3_W_duration:
        return QASM3_T_DURATION;
    case QASM3_W_stretch:
        return QASM3_T_STRETCH;
    }
    return QASM3_VOID;
}

enum status qasm3_parse_type(struct qasm3 *p, struct qasm3_type *out) {
    uint32_t sym;
    bool found;

    TRY(qasm3_current_symbol(p, &sym));
    out->kind = type_word(sym);
    out->size = NULL;
    if (sym == QASM3_W_complex || sym == QASM3_W_array || sym == QASM3_W_readonly ||
        sym == QASM3_W_mutable) {
        return log_error_at(STATUS_INPUT, p->lexer.token.loc, "%s is not supported",
                            sym == QASM3_W_complex ? "complex" : "array");
    }
    if (out->kind == QASM3_VOID) {
        return qasm3_refuse_token(p, "a type");
    }
    TRY(lexer_next(&p->lexer));
    TRY(lexer_accept(&p->lexer, &found, TOKEN_LBRACKET));
    if (!found) {
        return STATUS_OK;
    }
    TRY(qasm3_parse_expression(p, &out->size));
    return lexer_expect(&p->lexer, TOKEN_RBRACKET, "after the size of a type");
}

static enum status parse_quantity(struct qasm3 *p, struct qasm3_node *node) {
    static const struct {
        const char *unit;
        double seconds;
    } units[] = {{"ns", 1e-9}, {"us", 1e-6}, {"\xC2\xB5s", 1e-6}, {"\xCE\xBCs", 1e-6},
                 {"ms", 1e-3}, {"s", 1},     {"dt", 1e-9}};
    const struct token *token = &p->lexer.token;
    size_t n = 0;
    char digits[64];
    struct token number;

    while (n < token->n && strchr("0123456789._eE+-", token->text[n]) != NULL &&
           token->text[n] != '\0') {
        n++;
    }
    if (n > 0 && (token->text[n - 1] | 0x20) == 'e') {
        n--;
    }
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        size_t n_unit = strlen(units[i].unit);
        if (token->n - n != n_unit || memcmp(token->text + n, units[i].unit, n_unit) != 0 ||
            n >= sizeof digits) {
            continue;
        }
        number = *token;
        TRY(lexer_push_view(&p->lexer, token->text, n, token->loc));
        enum status status = lexer_next(&p->lexer);
        node->real = p->lexer.token.real * units[i].seconds;
        lexer_pop(&p->lexer);
        p->lexer.token = number;
        return status;
    }
    if (token->n - n == 2 && memcmp(token->text + n, "im", 2) == 0) {
        return qasm3_refuse_token(p, "a real number; complex is not supported");
    }
    return qasm3_refuse_token(p, "a number, or a duration in ns, us, ms, s or dt");
}

static bool is_bitstring(const struct token *token) {
    bool has_digit = false;
    for (size_t i = 0; i < token->n; i++) {
        char c = token->text[i];
        if (c != '0' && c != '1' && c != '_') {
            return false;
        }
        has_digit = has_digit || c != '_';
    }
    return has_digit;
}

static enum status copy_text(struct qasm3 *p, struct qasm3_node *node) {
    node->n = p->lexer.token.n;
    node->text = arena_strndup(p->ast, p->lexer.token.text, node->n);
    return node->text == NULL ? STATUS_NOFIT : STATUS_OK;
}

static enum status parse_literal(struct qasm3 *p, struct qasm3_node *node) {
    const struct token *token = &p->lexer.token;

    switch ((int)token->kind) {
    case TOKEN_INT:
        node->kind = QASM3_INT;
        node->integer = token->integer;
        node->real = token->real;
        if (token->is_wide) {
            TRY(copy_text(p, node));
        }
        break;
    case TOKEN_REAL:
        node->kind = QASM3_REAL;
        node->real = token->real;
        break;
    case TOKEN_QUANTITY:
        node->kind = QASM3_QUANTITY;
        TRY(parse_quantity(p, node));
        break;
    case TOKEN_STRING:
        node->kind = QASM3_BITS;
        if (!is_bitstring(token)) {
            return qasm3_refuse_token(p, "a bitstring of 0 and 1");
        }
        TRY(copy_text(p, node));
        break;
    }
    return lexer_next(&p->lexer);
}

/* A cast, a call or a name, at a TOKEN_NAME. */
static enum status parse_named(struct qasm3 *p, struct qasm3_node *node) {
    const struct token *token = &p->lexer.token;
    bool found;

    if (token->text[0] == '$') {
        node->kind = QASM3_PHYSICAL;
        for (size_t i = 1; i < token->n; i++) {
            node->integer = node->integer * 10 + (uint64_t)(token->text[i] - '0');
        }
        return lexer_next(&p->lexer);
    }
    TRY(qasm3_current_symbol(p, &node->sym));
    if (node->sym == QASM3_W_true || node->sym == QASM3_W_false) {
        node->kind = QASM3_BOOL;
        node->integer = node->sym == QASM3_W_true;
        return lexer_next(&p->lexer);
    }
    if (node->sym == QASM3_W_durationof) {
        return log_error_at(STATUS_INPUT, token->loc, "durationof is not supported");
    }
    if (node->sym == QASM3_W_complex || node->sym == QASM3_W_array ||
        type_word(node->sym) != QASM3_VOID) {
        node->kind = QASM3_CAST;
        TRY(qasm3_parse_type(p, &node->type));
        TRY(lexer_expect(&p->lexer, TOKEN_LPAREN, "after the type of a cast"));
        TRY(qasm3_parse_expression(p, &node->a));
        return lexer_expect(&p->lexer, TOKEN_RPAREN, "after a cast");
    }
    if (node->sym < QASM3_W_pi && node->sym != QASM3_W_pow) {
        return qasm3_refuse_token(p, "an expression");
    }
    TRY(lexer_next(&p->lexer));
    TRY(lexer_accept(&p->lexer, &found, TOKEN_LPAREN));
    node->kind = found ? QASM3_CALL : QASM3_NAME;
    return found ? qasm3_parse_list(p, &node->list, TOKEN_RPAREN, "after arguments") : STATUS_OK;
}

static enum status parse_primary(struct qasm3 *p, struct qasm3_node **out) {
    const struct token *token = &p->lexer.token;
    struct qasm3_node *node;

    TRY(qasm3_new_node(p, &node, QASM3_NAME));
    switch ((int)token->kind) {
    case TOKEN_INT:
    case TOKEN_REAL:
    case TOKEN_QUANTITY:
    case TOKEN_STRING:
        TRY(parse_literal(p, node));
        break;
    case TOKEN_LPAREN:
        TRY(lexer_next(&p->lexer));
        TRY(qasm3_parse_expression(p, &node));
        TRY(lexer_expect(&p->lexer, TOKEN_RPAREN, "after an expression"));
        break;
    case TOKEN_NAME:
        if (token_is(token, "measure")) {
            node->kind = QASM3_MEASURE;
            TRY(lexer_next(&p->lexer));
            TRY(qasm3_parse_expression(p, &node->a));
            *out = node;
            return STATUS_OK;
        }
        TRY(parse_named(p, node));
        break;
    default:
        return qasm3_refuse_token(p, "an expression");
    }
    while (token->kind == TOKEN_LBRACKET) {
        TRY(qasm3_parse_index(p, &node, node));
    }
    *out = node;
    return STATUS_OK;
}

/* Binding strength of a binary operator; 0: none. */
static int strength_of(const struct token *token) {
    switch ((int)token->kind) {
    case TOKEN_OR:
        return 2;
    case TOKEN_AND:
        return 3;
    case TOKEN_BIT_OR:
        return 4;
    case TOKEN_CARET:
        return 5;
    case TOKEN_BIT_AND:
        return 6;
    case TOKEN_EQ:
    case TOKEN_NE:
        return 7;
    case TOKEN_LT:
    case TOKEN_LE:
    case TOKEN_GT:
    case TOKEN_GE:
        return 8;
    case TOKEN_SHL:
    case TOKEN_SHR:
        return 9;
    case TOKEN_PLUS:
    case TOKEN_MINUS:
        return 10;
    case TOKEN_STAR:
    case TOKEN_SLASH:
    case TOKEN_PERCENT:
        return 11;
    case TOKEN_POWER:
        return 13;
    }
    return 0;
}
enum { CONCAT_STRENGTH = 1, UNARY_STRENGTH = 12 };

static enum status parse_strength(struct qasm3 *p, struct qasm3_node **out, int least);

static enum status parse_unary(struct qasm3 *p, struct qasm3_node **out) {
    enum token_kind kind = p->lexer.token.kind;
    struct qasm3_node *node;

    if (kind != TOKEN_MINUS && kind != TOKEN_PLUS && kind != TOKEN_NOT && kind != TOKEN_BIT_NOT) {
        return parse_primary(p, out);
    }
    TRY(qasm3_new_node(p, &node, QASM3_UNARY));
    node->op = kind;
    TRY(lexer_next(&p->lexer));
    TRY(parse_strength(p, &node->a, UNARY_STRENGTH));
    *out = node;
    return STATUS_OK;
}

/* `++` is two tokens that touch; so is an operator with '=', which ends the expression. */
static enum status look_at_operator(struct qasm3 *p, int *out_strength, bool *out_is_concat) {
    struct lexer *lexer = &p->lexer;
    const struct lexer_source *source = &lexer->sources[lexer->n_sources - 1];
    char next = source->pos < source->n ? source->text[source->pos] : '\0';

    *out_strength = strength_of(&lexer->token);
    *out_is_concat = lexer->token.kind == TOKEN_PLUS && next == '+';
    if (*out_is_concat) {
        *out_strength = CONCAT_STRENGTH;
    } else if (*out_strength > 0 && *out_strength != 7 && *out_strength != 8 && next == '=') {
        *out_strength = 0;
    }
    return STATUS_OK;
}

static enum status parse_strength(struct qasm3 *p, struct qasm3_node **out, int least) {
    struct qasm3_node *left = NULL, *node;
    uint32_t depth = p->depth;

    TRY(qasm3_enter(p));
    TRY(parse_unary(p, &left));
    for (;;) {
        int strength;
        bool is_concat;
        TRY(look_at_operator(p, &strength, &is_concat));
        if (strength == 0 || strength < least) {
            break;
        }
        /* A chain is as deep as it is long. */
        TRY(qasm3_enter(p));
        TRY(qasm3_new_node(p, &node, QASM3_BINARY));
        node->op = p->lexer.token.kind;
        if (is_concat) {
            TRY(lexer_next(&p->lexer));
            node->op = TOKEN_END;
        }
        TRY(lexer_next(&p->lexer));
        node->a = left;
        /* ** binds to the right */
        TRY(parse_strength(p, &node->b, node->op == TOKEN_POWER ? strength : strength + 1));
        left = node;
    }
    p->depth = depth;
    *out = left;
    return STATUS_OK;
}

enum status qasm3_parse_expression(struct qasm3 *p, struct qasm3_node **out) {
    return parse_strength(p, out, CONCAT_STRENGTH);
}
