#include "circuit/angle.h"

#include <math.h>
#include <string.h>

#include "base/detmath.h"
#include "base/mem.h"

void angle_pool_fini(struct angle_pool *pool) {
    mem_free(pool->ops);
    mem_free(pool->waiting);
    mem_free(pool->are_integers);
    *pool = (struct angle_pool){0};
}

/* State of one compilation. */
struct compiler {
    struct angle_pool *pool;
    struct lexer *lexer;
    const struct names *formals;
    size_t n_open; /* parentheses */
    size_t depth, max_depth;
};

static bool is_function(uint32_t kind) {
    return kind >= ANGLE_SIN && kind <= ANGLE_SQRT;
}

static int precedence(uint32_t kind) {
    switch ((enum angle_kind)kind) {
    case ANGLE_ADD:
    case ANGLE_SUB:
        return 1;
    case ANGLE_MUL:
    case ANGLE_DIV:
    case ANGLE_DIV_INTEGERS:
        return 2;
    case ANGLE_NEG:
        return 3;
    case ANGLE_POW:
        return 4;
    case ANGLE_CONST:
    case ANGLE_PARAM:
    case ANGLE_SIN:
    case ANGLE_COS:
    case ANGLE_TAN:
    case ANGLE_EXP:
    case ANGLE_LN:
    case ANGLE_SQRT:
    case ANGLE_PAREN:
        break;
    }
    return 0; /* never moved by an operator that comes later */
}

static struct angle_op make_op(enum angle_kind kind, struct src_loc loc) {
    return (struct angle_op){.kind = kind, .line = loc.line, .col = loc.col};
}

/* Keeps the depth of the stack and which values on it are integers. A quotient of integers becomes
 * a division of its own. */
static enum status track_values(struct compiler *c, struct angle_op *op) {
    struct angle_pool *pool = c->pool;
    bool *top;

    if (op->kind == ANGLE_CONST || op->kind == ANGLE_PARAM) {
        TRY(vec_reserve(&pool->are_integers, c->depth, &pool->cap_are_integers, 1,
                        sizeof *pool->are_integers));
        pool->are_integers[c->depth++] = op->kind == ANGLE_CONST && op->param != 0;
        c->max_depth = c->depth > c->max_depth ? c->depth : c->max_depth;
        return STATUS_OK;
    }
    top = pool->are_integers + c->depth - 1;
    if (is_function(op->kind)) {
        *top = false;
    } else if (op->kind != ANGLE_NEG) {
        c->depth--;
        top[-1] = top[-1] && *top;
        op->kind = op->kind == ANGLE_DIV && top[-1] ? ANGLE_DIV_INTEGERS : op->kind;
    }
    return STATUS_OK;
}

static enum status emit(struct compiler *c, struct angle_op op) {
    struct angle_pool *pool = c->pool;

    TRY(track_values(c, &op));
    TRY(vec_reserve(&pool->ops, pool->n_ops, &pool->cap_ops, 1, sizeof *pool->ops));
    pool->ops[pool->n_ops++] = op;
    return STATUS_OK;
}

static enum status wait(struct compiler *c, enum angle_kind kind, struct src_loc loc) {
    struct angle_pool *pool = c->pool;

    TRY(vec_reserve(&pool->waiting, pool->n_waiting, &pool->cap_waiting, 1, sizeof *pool->waiting));
    pool->waiting[pool->n_waiting++] = make_op(kind, loc);
    return STATUS_OK;
}

/* Emits the waiting operators that bind their left side more tightly than the precedence given. */
static enum status emit_waiting(struct compiler *c, int least) {
    struct angle_pool *pool = c->pool;

    while (pool->n_waiting > 0 && precedence(pool->waiting[pool->n_waiting - 1].kind) >= least) {
        TRY(emit(c, pool->waiting[--pool->n_waiting]));
    }
    return STATUS_OK;
}

static enum angle_kind find_function(const struct lexer *lexer) {
    static const struct {
        const char *names[2]; /* of OpenQASM 2 and 3 */
        enum angle_kind kind;
    } functions[] = {{{"sin", "sin"}, ANGLE_SIN}, {{"cos", "cos"}, ANGLE_COS},
                     {{"tan", "tan"}, ANGLE_TAN}, {{"exp", "exp"}, ANGLE_EXP},
                     {{"ln", "log"}, ANGLE_LN},   {{"sqrt", "sqrt"}, ANGLE_SQRT}};

    for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++) {
        if (token_is(&lexer->token, functions[i].names[lexer->language == LEXER_QASM3])) {
            return functions[i].kind;
        }
    }
    return ANGLE_PAREN;
}

static bool find_constant(const struct lexer *lexer, double *out_value) {
    static const struct {
        const char *name;
        double value;
    } constants[] = {{"pi", M_PI},       {"tau", 2 * M_PI},      {"euler", M_E},
                     {"\xCF\x80", M_PI}, {"\xCF\x84", 2 * M_PI}, {"\xE2\x84\x87", M_E}};
    size_t n = lexer->language == LEXER_QASM3 ? sizeof constants / sizeof constants[0] : 1;

    for (size_t i = 0; i < n; i++) {
        if (token_is(&lexer->token, constants[i].name)) {
            *out_value = constants[i].value;
            return true;
        }
    }
    return false;
}

static enum status read_name(struct compiler *c, bool *out_is_value) {
    const struct token *token = &c->lexer->token;
    struct src_loc loc = token->loc;
    enum angle_kind function = find_function(c->lexer);
    struct angle_op op = make_op(ANGLE_PARAM, loc);
    char text[TOKEN_TEXT_SIZE];

    *out_is_value = function == ANGLE_PAREN;
    if (function != ANGLE_PAREN) {
        TRY(lexer_next(c->lexer));
        TRY(lexer_expect(c->lexer, TOKEN_LPAREN, "after the name of a function"));
        c->n_open++;
        TRY(wait(c, function, loc));
        return wait(c, ANGLE_PAREN, loc);
    }
    if (find_constant(c->lexer, &op.value)) {
        op.kind = ANGLE_CONST;
    } else if (c->formals == NULL || !names_find(c->formals, &op.param, token->text, token->n)) {
        return log_error_at(STATUS_INPUT, loc,
                            "unknown name %s; expected a number, pi, %ssin cos "
                            "tan exp %s sqrt or '('",
                            token_describe(token, text),
                            c->formals == NULL ? "" : "a parameter of the gate, ",
                            c->lexer->language == LEXER_QASM3 ? "log" : "ln");
    }
    TRY(lexer_next(c->lexer));
    return emit(c, op);
}

/* One token where a value may begin; *out_is_value: the value is complete. */
static enum status read_operand(struct compiler *c, bool *out_is_value) {
    const struct token *token = &c->lexer->token;
    struct src_loc loc = token->loc;
    struct angle_op op = make_op(ANGLE_CONST, loc);
    char text[TOKEN_TEXT_SIZE];

    *out_is_value = false;
    switch ((int)token->kind) {
    case TOKEN_INT:
    case TOKEN_REAL:
        if (!isfinite(token->real)) {
            return log_error_at(STATUS_INPUT, loc, "number %s is beyond the range of double",
                                token_describe(token, text));
        }
        op.value = token->real;
        op.param = c->lexer->language == LEXER_QASM3 && token->kind == TOKEN_INT;
        *out_is_value = true;
        TRY(emit(c, op));
        return lexer_next(c->lexer);
    case TOKEN_NAME:
        return read_name(c, out_is_value);
    case TOKEN_MINUS:
        TRY(wait(c, ANGLE_NEG, loc));
        return lexer_next(c->lexer);
    case TOKEN_LPAREN:
        c->n_open++;
        TRY(wait(c, ANGLE_PAREN, loc));
        return lexer_next(c->lexer);
    }
    return log_error_at(STATUS_INPUT, loc, "%s: expected a number, pi, a function or '('",
                        token_describe(token, text));
}

static enum angle_kind find_operator(const struct lexer *lexer) {
    switch ((int)lexer->token.kind) {
    case TOKEN_PLUS:
        return ANGLE_ADD;
    case TOKEN_MINUS:
        return ANGLE_SUB;
    case TOKEN_STAR:
        return ANGLE_MUL;
    case TOKEN_SLASH:
        return ANGLE_DIV;
    case TOKEN_CARET:
        return lexer->language == LEXER_QASM2 ? ANGLE_POW : ANGLE_PAREN;
    case TOKEN_POWER:
        return lexer->language == LEXER_QASM3 ? ANGLE_POW : ANGLE_PAREN;
    }
    return ANGLE_PAREN;
}

static enum status close_paren(struct compiler *c) {
    struct angle_pool *pool = c->pool;

    TRY(emit_waiting(c, 1));
    pool->n_waiting--; /* the parenthesis */
    c->n_open--;
    if (pool->n_waiting > 0 && is_function(pool->waiting[pool->n_waiting - 1].kind)) {
        TRY(emit(c, pool->waiting[--pool->n_waiting]));
    }
    return lexer_next(c->lexer);
}

/* One token after a complete value; *out_is_value: still complete. */
static enum status read_operator(struct compiler *c, bool *out_is_value, bool *out_is_end) {
    const struct token *token = &c->lexer->token;
    enum angle_kind kind = find_operator(c->lexer);
    char text[TOKEN_TEXT_SIZE];

    *out_is_value = kind == ANGLE_PAREN;
    if (kind != ANGLE_PAREN) {
        /* ^ binds to the right: only what binds more tightly goes first */
        TRY(emit_waiting(c, precedence(kind) + (kind == ANGLE_POW)));
        TRY(wait(c, kind, token->loc));
        return lexer_next(c->lexer);
    }
    if (token->kind == TOKEN_RPAREN && c->n_open > 0) {
        return close_paren(c);
    }
    *out_is_end = c->n_open == 0 && (token->kind == TOKEN_RPAREN || token->kind == TOKEN_COMMA);
    if (*out_is_end) {
        return emit_waiting(c, 1);
    }
    return log_error_at(STATUS_INPUT, token->loc, "%s in an angle: expected an operator%s or ')'",
                        token_describe(token, text), c->n_open == 0 ? ", ','" : "");
}

enum status angle_compile(struct angle_code *out_code, struct angle_pool *pool, struct lexer *lexer,
                          const struct names *formals) {
    struct compiler c = {.pool = pool, .lexer = lexer, .formals = formals};
    size_t first = pool->n_ops;
    bool is_value = false, is_end = false;

    pool->n_waiting = 0;
    while (!is_end) {
        if (is_value) {
            TRY(read_operator(&c, &is_value, &is_end));
        } else {
            TRY(read_operand(&c, &is_value));
        }
    }
    *out_code = (struct angle_code){.first = first, .n = pool->n_ops - first, .depth = c.max_depth};
    return STATUS_OK;
}

static double power(double base, double exponent) {
    bool is_integer = exponent == floor(exponent);
    double magnitude = fabs(exponent), square = base, product = 1;

    if (is_integer && magnitude <= 1024) {
        for (unsigned n = (unsigned)magnitude; n > 0; n >>= 1) {
            product *= n & 1 ? square : 1;
            square *= n > 1 ? square : 1;
        }
        return exponent < 0 ? 1 / product : product;
    }
    if (base == 0) {
        return exponent > 0 ? 0 : INFINITY;
    }
    if (base < 0 && !is_integer) {
        return NAN;
    }
    product = det_exp(exponent * det_log(fabs(base)));
    return base < 0 && fmod(exponent, 2) != 0 ? -product : product;
}

static double unary(enum angle_kind kind, double x) {
    double sine, cosine;

    switch ((int)kind) {
    case ANGLE_NEG:
        return -x;
    case ANGLE_EXP:
        return det_exp(x);
    case ANGLE_LN:
        return det_log(x);
    case ANGLE_SQRT:
        return sqrt(x);
    }
    det_sincos(&sine, &cosine, x);
    return kind == ANGLE_SIN ? sine : kind == ANGLE_COS ? cosine : sine / cosine;
}

static double binary(enum angle_kind kind, double x, double y) {
    switch ((int)kind) {
    case ANGLE_ADD:
        return x + y;
    case ANGLE_SUB:
        return x - y;
    case ANGLE_MUL:
        return x * y;
    case ANGLE_DIV:
        return x / y;
    case ANGLE_DIV_INTEGERS:
        return y != 0 && fmod(x, y) != 0 ? (double)NAN : x / y;
    }
    return power(x, y);
}

static const char *explain(enum angle_kind kind, double last) {
    switch ((int)kind) {
    case ANGLE_DIV:
        return last == 0 ? "division by zero" : "quotient beyond the range of double";
    case ANGLE_DIV_INTEGERS:
        return last == 0 ? "division by zero"
                         : "division of integers, of which OpenQASM 3 drops the remainder; "
                           "expected a decimal point in one of them";
    case ANGLE_LN:
        return last == 0 ? "ln of zero" : "ln of a negative number";
    case ANGLE_SQRT:
        return "square root of a negative number";
    case ANGLE_POW:
        return "power that is not a real number in the range of double";
    case ANGLE_SIN:
    case ANGLE_COS:
    case ANGLE_TAN:
        return "sin, cos or tan of a number beyond 2^30, or at a pole";
    }
    return "value beyond the range of double";
}

const struct angle_op *angle_eval(double *out_value, const char **out_why, double *stack,
                                  const struct angle_pool *pool, struct angle_code code,
                                  const double *params) {
    const struct angle_op *ops = pool->ops + code.first;
    size_t top = 0;

    for (size_t i = 0; i < code.n; i++) {
        enum angle_kind kind = (enum angle_kind)ops[i].kind;
        double last = top > 0 ? stack[top - 1] : 0;
        if (kind == ANGLE_CONST || kind == ANGLE_PARAM) {
            stack[top++] = kind == ANGLE_CONST ? ops[i].value : params[ops[i].param];
        } else if (kind >= ANGLE_ADD && kind <= ANGLE_POW) {
            top--;
            stack[top - 1] = binary(kind, stack[top - 1], last);
        } else {
            stack[top - 1] = unary(kind, last);
        }
        if (!isfinite(stack[top - 1])) {
            *out_why = explain(kind, last);
            return &ops[i];
        }
    }
    *out_value = stack[0];
    return NULL;
}
