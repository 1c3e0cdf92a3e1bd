/* Conditions by precedence: || && | ^ & == !=, then ! and ~. */
#include <string.h>

#include "base/bits.h"
#include "base/log.h"
#include "program/parse.h"

/* A value in a condition: one bit as a tree, a whole register, or a constant that needs a partner.
 */
enum value_kind { VALUE_TREE, VALUE_REGISTER, VALUE_CONSTANT };
struct value {
    enum value_kind kind;
    uint32_t tree, first, n; /* root; bits */
    struct token token;      /* where it began; the integer or string */
};
enum { LEVEL_EQUALITY = 5, LEVEL_UNARY = 6 };

static enum status parse_level(struct parser *p, struct value *out, int level);

static enum status refuse_value(const struct value *value, const char *what) {
    char text[TOKEN_TEXT_SIZE];

    return log_error_at(STATUS_INPUT, value->token.loc, "%s in a condition: expected %s",
                        token_describe(&value->token, text), what);
}

static enum status add_node(struct parser *p, struct value *out, enum expr_kind kind, uint32_t a,
                            uint32_t b) {
    out->kind = VALUE_TREE;
    return expr_add(&p->program->ops, &out->tree,
                    (struct expr){.kind = (uint32_t)kind, .a = a, .b = b});
}

static enum status add_constant(struct parser *p, struct value *out, bool bit) {
    out->kind = VALUE_TREE;
    return expr_add(&p->program->ops, &out->tree, (struct expr){.kind = EXPR_CONST, .value0 = bit});
}

/* The constant as n bits in p->words. */
static enum status read_constant(struct parser *p, const struct value *constant, uint32_t n) {
    const struct token *token = &constant->token;
    size_t at = n;
    char text[TOKEN_TEXT_SIZE];

    TRY(vec_reserve(&p->words, 0, &p->cap_words, bits_words(n), sizeof *p->words));
    memset(p->words, 0, bits_words(n) * sizeof *p->words);
    if (token->kind == TOKEN_INT) {
        return token_to_words(p->words, n, token)
                   ? STATUS_OK
                   : log_error_at(STATUS_INPUT, token->loc, "%s does not fit into %u bit%s",
                                  token_describe(token, text), n, n == 1 ? "" : "s");
    }
    for (size_t i = 0; i < token->n; i++) {
        char c = token->text[i];
        if (c == '_') {
            continue;
        }
        if ((c != '0' && c != '1') || at == 0) {
            at = 1;
            break;
        }
        bits_set(p->words, --at, c == '1');
    }
    return at == 0 ? STATUS_OK
                   : log_error_at(STATUS_INPUT, token->loc,
                                  "\"%.*s\" is compared with %u bits: expected as many of 0 and 1",
                                  (int)(token->n < 80 ? token->n : 80), token->text, n);
}

/* The truth value: of a register, that it is not 0. */
static enum status make_tree(struct parser *p, struct value *value) {
    struct op_list *ops = &p->program->ops;

    switch (value->kind) {
    case VALUE_TREE:
        return STATUS_OK;
    case VALUE_CONSTANT:
        if (value->token.kind != TOKEN_INT) {
            return refuse_value(value, "a register to compare it with");
        }
        TRY(read_constant(p, value, 1));
        return add_constant(p, value, p->words[0] != 0);
    case VALUE_REGISTER:
        break;
    }
    if (value->n == 1) {
        return add_node(p, value, EXPR_BIT, value->first, 0);
    }
    TRY(vec_reserve(&p->words, 0, &p->cap_words, bits_words(value->n), sizeof *p->words));
    memset(p->words, 0, bits_words(value->n) * sizeof *p->words);
    TRY(expr_add_eq(ops, &value->tree, value->first, value->n, p->words));
    return add_node(p, value, EXPR_NOT, value->tree, 0);
}

static enum status parse_name(struct parser *p, struct value *out) {
    const struct token *token = &p->lexer.token;
    const struct reg *reg;

    if (token_is(token, "true") || token_is(token, "false")) {
        TRY(add_constant(p, out, token_is(token, "true")));
        return lexer_next(&p->lexer);
    }
    if (parse_find_binding(p) == NULL) {
        reg = parse_find_register(p, token, true);
        if (reg == NULL) {
            return STATUS_INPUT;
        }
        if (!reg->is_scalar) {
            bool has_index;
            TRY(lexer_next(&p->lexer));
            TRY(lexer_accept(&p->lexer, &has_index, TOKEN_LBRACKET));
            if (!has_index) {
                *out = (struct value){
                    .kind = VALUE_REGISTER, .first = reg->first, .n = reg->n, .token = out->token};
                return STATUS_OK;
            }
            TRY(parse_index(p, &out->first, reg));
            TRY(lexer_expect(&p->lexer, TOKEN_RBRACKET, "after an index"));
            return add_node(p, out, EXPR_BIT, reg->first + out->first, 0);
        }
    }
    TRY(parse_bit(p, &out->first));
    return add_node(p, out, EXPR_BIT, out->first, 0);
}

static enum status parse_not(struct parser *p, struct value *out, bool is_logical) {
    TRY(lexer_next(&p->lexer));
    TRY(parse_level(p, out, LEVEL_UNARY));
    if (!is_logical && out->kind == VALUE_REGISTER && out->n > 1) {
        return refuse_value(out, "a single bit after '~'");
    }
    TRY(make_tree(p, out));
    return add_node(p, out, EXPR_NOT, out->tree, 0);
}

static enum status parse_primary(struct parser *p, struct value *out) {
    const struct token *token = &p->lexer.token;

    switch ((int)token->kind) {
    case TOKEN_LPAREN:
        TRY(lexer_next(&p->lexer));
        TRY(parse_level(p, out, 0));
        return lexer_expect(&p->lexer, TOKEN_RPAREN, "in a condition");
    case TOKEN_NOT:
    case TOKEN_BIT_NOT:
        return parse_not(p, out, token->kind == TOKEN_NOT);
    case TOKEN_NAME:
        return parse_name(p, out);
    case TOKEN_INT:
    case TOKEN_STRING:
        out->kind = VALUE_CONSTANT;
        return lexer_next(&p->lexer);
    }
    return parse_refuse(p, "a bit, a register, a constant, '!' or '('");
}

/* Level of a binary operator, lowest first; -1: it is none. */
static int find_level(enum token_kind kind) {
    switch ((int)kind) {
    case TOKEN_OR:
        return 0;
    case TOKEN_AND:
        return 1;
    case TOKEN_BIT_OR:
        return 2;
    case TOKEN_CARET:
        return 3;
    case TOKEN_BIT_AND:
        return 4;
    case TOKEN_EQ:
    case TOKEN_NE:
        return LEVEL_EQUALITY;
    }
    return -1;
}

/* left == right: a register with a constant, or bits. */
static enum status join_equal(struct parser *p, struct value *left, struct value *right) {
    struct op_list *ops = &p->program->ops;
    bool is_swapped = left->kind == VALUE_CONSTANT;
    struct value *value = is_swapped ? right : left, *other = is_swapped ? left : right;

    if (value->kind == VALUE_REGISTER && other->kind == VALUE_CONSTANT) {
        TRY(read_constant(p, other, value->n));
        TRY(expr_add_eq(ops, &value->tree, value->first, value->n, p->words));
        left->tree = value->tree;
        left->kind = VALUE_TREE;
        return STATUS_OK;
    }
    if (value->kind == VALUE_TREE && other->kind == VALUE_CONSTANT) {
        TRY(read_constant(p, other, 1));
        left->tree = value->tree;
        left->kind = VALUE_TREE;
        return p->words[0] != 0 ? STATUS_OK : add_node(p, left, EXPR_NOT, left->tree, 0);
    }
    if ((value->kind == VALUE_REGISTER && value->n > 1) ||
        (other->kind == VALUE_REGISTER && other->n > 1)) {
        return refuse_value(other, "a constant: registers are compared with constants only");
    }
    TRY(make_tree(p, left));
    TRY(make_tree(p, right));
    TRY(add_node(p, left, EXPR_XOR, left->tree, right->tree));
    return add_node(p, left, EXPR_NOT, left->tree, 0);
}

/* Drops the NOT that join_equal has just put on top, or puts one there. */
static enum status negate(struct parser *p, struct value *value) {
    const struct expr *top = &p->program->ops.exprs[value->tree];

    if (top->kind == EXPR_NOT) {
        value->tree = top->a;
        return STATUS_OK;
    }
    return add_node(p, value, EXPR_NOT, value->tree, 0);
}

static enum status join_values(struct parser *p, struct value *left, struct value *right,
                               enum token_kind kind) {
    int level = find_level(kind);

    if (level == LEVEL_EQUALITY) {
        TRY(join_equal(p, left, right));
        return kind == TOKEN_NE ? negate(p, left) : STATUS_OK;
    }
    if (level > 1 && ((left->kind == VALUE_REGISTER && left->n > 1) ||
                      (right->kind == VALUE_REGISTER && right->n > 1))) {
        return refuse_value(left->kind == VALUE_REGISTER && left->n > 1 ? left : right,
                            "a single bit with '&', '|' and '^'");
    }
    TRY(make_tree(p, left));
    TRY(make_tree(p, right));
    return add_node(p, left,
                    kind == TOKEN_CARET                          ? EXPR_XOR
                    : kind == TOKEN_AND || kind == TOKEN_BIT_AND ? EXPR_AND
                                                                 : EXPR_OR,
                    left->tree, right->tree);
}

static enum status parse_level(struct parser *p, struct value *out, int level) {
    struct value right = {0};

    if (++p->n_levels > PARSE_MAX_BRACKETS * (LEVEL_UNARY + 1)) {
        return parse_refuse(p, "fewer brackets within brackets");
    }
    if (level == LEVEL_UNARY) {
        out->token = p->lexer.token;
        TRY(parse_primary(p, out));
    } else {
        TRY(parse_level(p, out, level + 1));
        while (find_level(p->lexer.token.kind) == level) {
            enum token_kind kind = p->lexer.token.kind;
            TRY(lexer_next(&p->lexer));
            TRY(parse_level(p, &right, level + 1));
            TRY(join_values(p, out, &right, kind));
        }
    }
    p->n_levels--;
    return STATUS_OK;
}

enum status parse_condition(struct parser *p, uint32_t *out_expr) {
    struct value value = {0};

    TRY(parse_level(p, &value, 0));
    TRY(make_tree(p, &value));
    *out_expr = value.tree;
    return STATUS_OK;
}
