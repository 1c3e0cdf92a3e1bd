/* Operators on values: numbers where both are known, else boolean circuits on their bits. */
#include <math.h>

#include "base/bits.h"
#include "circuit/qasm3_internal.h"

static bool is_integral(const struct qasm3_value *value) {
    return value->kind == QASM3_T_INT || value->kind == QASM3_T_UINT ||
           value->kind == QASM3_T_BIT || value->kind == QASM3_T_BOOL;
}

static enum status refuse_operator(uint32_t op, const struct qasm3_value *a,
                                   const struct qasm3_value *b, const struct qasm3_node *node) {
    return qasm3_fail(node, "%s is not defined for %s and %s", token_kind_name(op),
                      qasm3_type_name(a->kind), qasm3_type_name(b->kind));
}

static bool is_comparison(uint32_t op) {
    return op == TOKEN_EQ || op == TOKEN_NE || op == TOKEN_LT || op == TOKEN_LE || op == TOKEN_GT ||
           op == TOKEN_GE;
}

/* ---- types of results ---- */

/* Bits that a literal needs, with its sign. */
static uint32_t bits_needed(const struct qasm3_value *value) {
    uint64_t bits = value->bits;

    if (value->kind == QASM3_T_INT && (int64_t)bits < 0) {
        return bits == UINT64_MAX ? 1 : 65 - (uint32_t)__builtin_clzll(~bits);
    }
    return bits == 0 ? 1 : 64 - (uint32_t)__builtin_clzll(bits);
}

/* A truth value, which counts as 0 or 1 in arithmetic. */
static bool is_truth(const struct qasm3_value *value) {
    return value->kind == QASM3_T_BOOL || (value->kind == QASM3_T_BIT && value->is_scalar);
}

/* The type of a op b: the other's where one is a literal without a type, or a truth value; an int
 * where there is no other; the wider one; int with uint is uint, as in C. */
static struct qasm3_value common_type(const struct qasm3_value *a, const struct qasm3_value *b) {
    struct qasm3_value type = {.kind = QASM3_T_UINT};
    bool a_adapts = a->is_literal || is_truth(a), b_adapts = b->is_literal || is_truth(b);
    const struct qasm3_value *typed = a_adapts ? b : a;

    if (a_adapts && b_adapts && !(a->is_literal && b->is_literal)) {
        bool is_long =
            bits_needed(a) >= QASM3_DEFAULT_WIDTH || bits_needed(b) >= QASM3_DEFAULT_WIDTH;
        type.kind = QASM3_T_INT;
        type.width = is_long ? QASM3_MAX_WIDTH : QASM3_DEFAULT_WIDTH;
        return type;
    }
    if (a_adapts != b_adapts) {
        type.kind = typed->kind == QASM3_T_INT ? QASM3_T_INT : QASM3_T_UINT;
        type.width = typed->width;
        return type;
    }
    type.is_literal = a->is_literal;
    type.width = a->width > b->width ? a->width : b->width;
    if (a->kind == QASM3_T_INT && b->kind == QASM3_T_INT) {
        type.kind = QASM3_T_INT;
    }
    return type;
}

static struct qasm3_value wrapped(struct qasm3_value type, uint64_t bits) {
    type.bits = bits;
    if (type.width < 64) {
        uint64_t mask = (UINT64_C(1) << type.width) - 1;
        type.bits &= mask;
        if (type.kind == QASM3_T_INT && (type.bits >> (type.width - 1) & 1) != 0) {
            type.bits |= ~mask;
        }
    }
    return type;
}

/* ---- known integers ---- */

static enum status divide(struct qasm3_value *out, bool is_remainder, struct qasm3_value type,
                          const struct qasm3_value *a, const struct qasm3_value *b,
                          const struct qasm3_node *node) {
    uint64_t dividend = wrapped(type, a->bits).bits, divisor = wrapped(type, b->bits).bits;
    int64_t x = (int64_t)dividend, y = (int64_t)divisor;

    if (divisor == 0) {
        return qasm3_fail(node, "division by zero");
    }
    if (type.kind == QASM3_T_UINT) {
        *out = wrapped(type, is_remainder ? dividend % divisor : dividend / divisor);
    } else if (y == -1) {
        *out = wrapped(type, is_remainder ? 0 : UINT64_C(0) - dividend);
    } else {
        *out = wrapped(type, (uint64_t)(is_remainder ? x % y : x / y));
    }
    return STATUS_OK;
}

static uint64_t power(uint64_t base, uint64_t n) {
    uint64_t result = 1;

    for (; n > 0; n >>= 1) {
        result *= (n & 1) != 0 ? base : 1;
        base *= base;
    }
    return result;
}

static enum status operate_known(struct qasm3_value *out, uint32_t op, const struct qasm3_value *a,
                                 const struct qasm3_value *b, const struct qasm3_node *node) {
    struct qasm3_value type = common_type(a, b);

    switch (op) {
    case TOKEN_PLUS:
        *out = wrapped(type, a->bits + b->bits);
        return STATUS_OK;
    case TOKEN_MINUS:
        *out = wrapped(type, a->bits - b->bits);
        return STATUS_OK;
    case TOKEN_STAR:
        *out = wrapped(type, a->bits * b->bits);
        return STATUS_OK;
    case TOKEN_SLASH:
    case TOKEN_PERCENT:
        return divide(out, op == TOKEN_PERCENT, type, a, b, node);
    case TOKEN_POWER:
        if (b->kind == QASM3_T_INT && (int64_t)b->bits < 0) {
            *out =
                qasm3_float_value(qasm3_power((double)(int64_t)a->bits, (double)(int64_t)b->bits));
            return STATUS_OK;
        }
        *out = wrapped(type, power(a->bits, b->bits));
        return STATUS_OK;
    }
    return refuse_operator(op, a, b, node);
}

/* As mathematics has it, whatever the types. */
static int compare_known(const struct qasm3_value *a, const struct qasm3_value *b) {
    bool a_negative = a->kind == QASM3_T_INT && (int64_t)a->bits < 0;
    bool b_negative = b->kind == QASM3_T_INT && (int64_t)b->bits < 0;

    if (a_negative != b_negative) {
        return a_negative ? -1 : 1;
    }
    return a->bits < b->bits ? -1 : a->bits > b->bits;
}

static bool holds(uint32_t op, int order) {
    return op == TOKEN_EQ   ? order == 0
           : op == TOKEN_NE ? order != 0
           : op == TOKEN_LT ? order < 0
           : op == TOKEN_LE ? order <= 0
           : op == TOKEN_GT ? order > 0
                            : order >= 0;
}

/* ---- bits at run time ---- */

static enum status full_add(struct qasm3 *p, uint32_t *out_sum, uint32_t *inout_carry, uint32_t a,
                            uint32_t b) {
    uint32_t differ, both, carried;

    TRY(qasm3_lit_binary(p, &differ, EXPR_XOR, a, b));
    TRY(qasm3_lit_binary(p, &both, EXPR_AND, a, b));
    TRY(qasm3_lit_binary(p, &carried, EXPR_AND, differ, *inout_carry));
    TRY(qasm3_lit_binary(p, out_sum, EXPR_XOR, differ, *inout_carry));
    return qasm3_lit_binary(p, inout_carry, EXPR_OR, both, carried);
}

/* sum = a + b or a - b in n bits. */
static enum status add_lits(struct qasm3 *p, uint32_t *sum, const uint32_t *a, const uint32_t *b,
                            uint32_t n, bool is_minus) {
    uint32_t carry = is_minus;

    for (uint32_t i = 0; i < n; i++) {
        uint32_t addend = b[i];
        if (is_minus) {
            TRY(qasm3_lit_not(p, &addend, addend));
        }
        TRY(full_add(p, &sum[i], &carry, a[i], addend));
    }
    return STATUS_OK;
}

static enum status multiply_lits(struct qasm3 *p, uint32_t *product, const uint32_t *a,
                                 const uint32_t *b, uint32_t n) {
    uint32_t row[QASM3_MAX_WIDTH];

    for (uint32_t i = 0; i < n; i++) {
        product[i] = QASM3_FALSE;
    }
    for (uint32_t shift = 0; shift < n; shift++) {
        if (b[shift] == QASM3_FALSE) {
            continue;
        }
        for (uint32_t i = 0; i + shift < n; i++) {
            TRY(qasm3_lit_binary(p, &row[i], EXPR_AND, a[i], b[shift]));
        }
        TRY(add_lits(p, product + shift, product + shift, row, n - shift, false));
    }
    return STATUS_OK;
}

/* n literals of the value in scratch */
static uint32_t *lits_of(struct qasm3 *p, const struct qasm3_value *value, uint32_t n) {
    uint32_t *lits = qasm3_alloc(p, n, sizeof *lits);

    for (uint32_t i = 0; lits != NULL && i < n; i++) {
        lits[i] = qasm3_value_lit(value, i);
    }
    return lits;
}

static enum status arithmetic_lits(struct qasm3 *p, struct qasm3_value *out, uint32_t op,
                                   const struct qasm3_value *a, const struct qasm3_value *b,
                                   const struct qasm3_node *node) {
    struct qasm3_value type = common_type(a, b);
    uint32_t n = type.width, *x, *y, *result;
    bool is_power = b->lits == NULL && is_power_of_two(b->bits);

    if (op == TOKEN_PERCENT && is_power && a->kind != QASM3_T_INT) {
        struct qasm3_value mask = wrapped(type, b->bits - 1);
        return qasm3_operate(p, out, TOKEN_BIT_AND, a, &mask, node);
    }
    if (op == TOKEN_SLASH && is_power && a->kind != QASM3_T_INT) {
        return qasm3_shift(p, out, a, -(int64_t)floor_log2(b->bits), false);
    }
    if (op != TOKEN_PLUS && op != TOKEN_MINUS && op != TOKEN_STAR) {
        return qasm3_fail(node, "%s of values that depend on measured bits is not supported",
                          token_kind_name(op));
    }
    if (n > QASM3_MAX_WIDTH) {
        return qasm3_fail(node, "arithmetic on %u bits; at most %d", n, (int)QASM3_MAX_WIDTH);
    }
    x = lits_of(p, a, n);
    y = lits_of(p, b, n);
    result = qasm3_alloc(p, n, sizeof *result);
    if (x == NULL || y == NULL || result == NULL) {
        return STATUS_NOFIT;
    }
    TRY(op == TOKEN_STAR ? multiply_lits(p, result, x, y, n)
                         : add_lits(p, result, x, y, n, op == TOKEN_MINUS));
    *out = qasm3_from_lits(type.kind, n, result);
    return STATUS_OK;
}

/* a < b for signed numbers of n bits */
static enum status less_lits(struct qasm3 *p, uint32_t *out, const uint32_t *a, const uint32_t *b,
                             uint32_t n) {
    uint32_t less = QASM3_FALSE;

    for (uint32_t i = 0; i < n; i++) {
        uint32_t differ, smaller, keep;
        TRY(qasm3_lit_binary(p, &differ, EXPR_XOR, a[i], b[i]));
        TRY(qasm3_lit_binary(p, &smaller, EXPR_AND, differ, i + 1 == n ? a[i] : b[i]));
        TRY(qasm3_lit_not(p, &differ, differ));
        TRY(qasm3_lit_binary(p, &keep, EXPR_AND, less, differ));
        TRY(qasm3_lit_binary(p, &less, EXPR_OR, smaller, keep));
    }
    *out = less;
    return STATUS_OK;
}

static uint32_t compared_width(const struct qasm3_value *a) {
    return (a->lits == NULL ? bits_needed(a) : a->width) +
           (a->kind != QASM3_T_INT || a->lits == NULL);
}

static enum status compare_lits(struct qasm3 *p, struct qasm3_value *out, uint32_t op,
                                const struct qasm3_value *a, const struct qasm3_value *b) {
    uint32_t n_a = compared_width(a), n_b = compared_width(b), n = n_a > n_b ? n_a : n_b;
    bool is_equality = op == TOKEN_EQ || op == TOKEN_NE, swap = op == TOKEN_GT || op == TOKEN_LE;
    uint32_t *lit = qasm3_alloc(p, 1, sizeof *lit), *x, *y;

    if (is_equality && n - 1 <= (a->lits != NULL ? a->width : b->width) && a->kind != QASM3_T_INT &&
        (b->kind != QASM3_T_INT || b->lits == NULL)) {
        n = a->lits != NULL ? a->width : b->width; /* a register and a number that fits */
        n = a->lits != NULL && b->lits != NULL && b->width > n ? b->width : n;
    }
    x = lits_of(p, swap ? b : a, n);
    y = lits_of(p, swap ? a : b, n);
    if (lit == NULL || x == NULL || y == NULL) {
        return STATUS_NOFIT;
    }
    TRY(is_equality ? qasm3_lit_equals(p, lit, x, y, n) : less_lits(p, lit, x, y, n));
    if (op == TOKEN_NE || op == TOKEN_LE || op == TOKEN_GE) {
        TRY(qasm3_lit_not(p, lit, *lit));
    }
    *out = qasm3_from_lits(QASM3_T_BOOL, 1, lit);
    return STATUS_OK;
}

/* ---- bitwise, shifts ---- */

static bool is_register(const struct qasm3_value *value) {
    return value->kind == QASM3_T_BIT && !value->is_scalar;
}

/* Bits with a number are bits; truth values with each other, or with 0 and 1, stay such; numbers
 * are as in arithmetic. */
static struct qasm3_value bitwise_type(const struct qasm3_value *a, const struct qasm3_value *b) {
    const struct qasm3_value *typed = a->is_literal ? b : a, *other = typed == a ? b : a;
    struct qasm3_value type = {.kind = typed->kind, .width = typed->width};
    bool is_small = is_truth(other) || (other->is_literal && other->bits <= 1);

    if (is_register(a) || is_register(b)) {
        type.width = !other->is_literal && other->width > type.width ? other->width : type.width;
        return type;
    }
    return is_truth(typed) && is_small ? type : common_type(a, b);
}

static enum status bitwise(struct qasm3 *p, struct qasm3_value *out, enum expr_kind kind,
                           const struct qasm3_value *a, const struct qasm3_value *b,
                           const struct qasm3_node *node) {
    struct qasm3_value type = bitwise_type(a, b);
    uint32_t n = type.width, *x, *y;

    if (a->kind == QASM3_T_BIT && b->kind == QASM3_T_BIT && a->width != b->width) {
        return qasm3_fail(node, "bits of different number: %u and %u", a->width, b->width);
    }
    x = lits_of(p, a, n);
    y = lits_of(p, b, n);
    if (x == NULL || y == NULL) {
        return STATUS_NOFIT;
    }
    for (uint32_t i = 0; i < n; i++) {
        TRY(qasm3_lit_binary(p, &x[i], kind, x[i], y[i]));
    }
    *out = qasm3_from_lits(type.kind, n, x);
    out->is_scalar = type.kind == QASM3_T_BIT && a->is_scalar && b->is_scalar;
    out->is_literal = a->is_literal && b->is_literal;
    return STATUS_OK;
}

enum status qasm3_shift(struct qasm3 *p, struct qasm3_value *out, const struct qasm3_value *a,
                        int64_t n, bool is_rotation) {
    uint32_t width = a->width, *lits = qasm3_alloc(p, width, sizeof *lits);
    bool is_literal = a->is_literal;

    if (lits == NULL) {
        return STATUS_NOFIT;
    }
    for (uint32_t i = 0; i < width; i++) {
        int64_t from = (int64_t)i - n;
        if (is_rotation) {
            from = ((int64_t)i - n % (int64_t)width + (int64_t)width) % (int64_t)width;
        }
        lits[i] =
            from >= 0 && from < (int64_t)width ? qasm3_value_lit(a, (uint32_t)from) : QASM3_FALSE;
        if (!is_rotation && n < 0 && a->kind == QASM3_T_INT && from >= (int64_t)width) {
            lits[i] = qasm3_value_lit(a, width); /* the sign */
        }
    }
    *out = qasm3_from_lits(a->kind, width, lits);
    out->is_literal = is_literal;
    return STATUS_OK;
}

static enum status shift(struct qasm3 *p, struct qasm3_value *out, uint32_t op,
                         const struct qasm3_value *a, const struct qasm3_value *b,
                         const struct qasm3_node *node) {
    struct qasm3_value from = *a;
    int64_t n = (int64_t)b->bits;

    if (a->kind == QASM3_T_FLOAT || a->kind == QASM3_T_DURATION || !is_integral(b)) {
        return refuse_operator(op, a, b, node);
    }
    if (b->lits != NULL) {
        return qasm3_fail(node,
                          "a shift by a value that depends on measured bits is not supported");
    }
    if (n < 0) {
        return qasm3_fail(node, "a shift by %lld; expected 0 or more", (long long)n);
    }
    if (a->kind == QASM3_T_ANGLE && a->lits == NULL) {
        struct qasm3_value bits = {.kind = QASM3_T_BIT, .width = a->width};
        TRY(qasm3_convert(p, &from, &bits, node));
    }
    n = n > 65536 ? 65536 : n;
    TRY(qasm3_shift(p, out, &from, op == TOKEN_SHL ? n : -n, false));
    if (a->kind == QASM3_T_ANGLE) {
        struct qasm3_value type = {.kind = QASM3_T_ANGLE, .width = a->width};
        out->kind = out->lits == NULL ? QASM3_T_BIT : QASM3_T_ANGLE;
        return qasm3_convert(p, out, &type, node);
    }
    return STATUS_OK;
}

/* ---- reals ---- */

static struct qasm3_value scaled(struct qasm3 *p, const struct qasm3_value *a, double factor) {
    struct qasm3_value out = *a;

    out.real *= factor;
    out.terms = qasm3_alloc(p, a->n_terms, sizeof *out.terms);
    for (size_t i = 0; out.terms != NULL && i < a->n_terms; i++) {
        out.terms[i] = (struct qasm3_term){a->terms[i].factor * factor, a->terms[i].lit};
    }
    return out;
}

/* Sums, and products with known numbers, of reals that depend on bits. */
static enum status operate_terms(struct qasm3 *p, struct qasm3_value *out, uint32_t op,
                                 const struct qasm3_value *a, const struct qasm3_value *b,
                                 const struct qasm3_node *node) {
    const struct qasm3_value *known = a->n_terms == 0 ? a : b, *other = known == a ? b : a;

    if (op == TOKEN_STAR && known->n_terms == 0) {
        *out = scaled(p, other, known->real);
    } else if (op == TOKEN_SLASH && b->n_terms == 0 && b->real != 0) {
        *out = scaled(p, a, 1 / b->real);
    } else if (op == TOKEN_PLUS || op == TOKEN_MINUS) {
        struct qasm3_value second = scaled(p, b, op == TOKEN_PLUS ? 1 : -1);
        *out = *a;
        out->real += second.real;
        out->terms = qasm3_alloc(p, a->n_terms + b->n_terms, sizeof *out->terms);
        out->n_terms = 0;
        if (out->terms == NULL || second.terms == NULL) {
            return STATUS_NOFIT;
        }
        for (size_t i = 0; i < a->n_terms; i++) {
            out->terms[out->n_terms++] = a->terms[i];
        }
        for (size_t i = 0; i < b->n_terms; i++) {
            out->terms[out->n_terms++] = second.terms[i];
        }
    } else {
        return qasm3_fail(node, "%s of real numbers that depend on measured bits is not supported",
                          token_kind_name(op));
    }
    return out->terms == NULL ? STATUS_NOFIT : STATUS_OK;
}

static enum status operate_reals(struct qasm3 *p, struct qasm3_value *out, uint32_t op,
                                 struct qasm3_value a, struct qasm3_value b,
                                 const struct qasm3_node *node) {
    double x, y, result;

    TRY(qasm3_to_real(p, &a, node));
    TRY(qasm3_to_real(p, &b, node));
    if (a.n_terms > 0 || b.n_terms > 0) {
        return operate_terms(p, out, op, &a, &b, node);
    }
    x = a.real;
    y = b.real;
    if (is_comparison(op)) {
        *out = qasm3_bool_value(holds(op, x < y ? -1 : x > y));
        return STATUS_OK;
    }
    switch (op) {
    case TOKEN_PLUS:
        result = x + y;
        break;
    case TOKEN_MINUS:
        result = x - y;
        break;
    case TOKEN_STAR:
        result = x * y;
        break;
    case TOKEN_SLASH:
        result = x / y;
        break;
    case TOKEN_PERCENT:
        result = fmod(x, y);
        break;
    case TOKEN_POWER:
        result = qasm3_power(x, y);
        break;
    default:
        return refuse_operator(op, &a, &b, node);
    }
    if (!isfinite(result)) {
        return qasm3_fail(node, "%s: the result is no finite real number", token_kind_name(op));
    }
    *out = qasm3_float_value(result);
    return STATUS_OK;
}

/* duration +- duration, duration * number, duration / number or duration, comparison. */
static enum status operate_durations(struct qasm3 *p, struct qasm3_value *out, uint32_t op,
                                     struct qasm3_value a, struct qasm3_value b,
                                     const struct qasm3_node *node) {
    bool both = a.kind == b.kind;
    bool stays = both ? op == TOKEN_PLUS || op == TOKEN_MINUS
                      : op == TOKEN_STAR || (op == TOKEN_SLASH && a.kind == QASM3_T_DURATION);

    if (!stays && !(both && (op == TOKEN_SLASH || is_comparison(op)))) {
        return refuse_operator(op, &a, &b, node);
    }
    a.kind = a.kind == QASM3_T_DURATION ? QASM3_T_FLOAT : a.kind;
    b.kind = b.kind == QASM3_T_DURATION ? QASM3_T_FLOAT : b.kind;
    TRY(operate_reals(p, out, op, a, b, node));
    if (stays) {
        out->kind = QASM3_T_DURATION;
    }
    return STATUS_OK;
}

/* ---- all ---- */

static enum status operate_integers(struct qasm3 *p, struct qasm3_value *out, uint32_t op,
                                    const struct qasm3_value *a, const struct qasm3_value *b,
                                    const struct qasm3_node *node) {
    bool is_known = a->lits == NULL && b->lits == NULL;

    if (is_comparison(op)) {
        if (is_known) {
            *out = qasm3_bool_value(holds(op, compare_known(a, b)));
            return STATUS_OK;
        }
        return compare_lits(p, out, op, a, b);
    }
    return is_known ? operate_known(out, op, a, b, node) : arithmetic_lits(p, out, op, a, b, node);
}

/* Angles are compared as n bits of a turn, so that pi + pi is 0. */
static enum status compare_angles(struct qasm3 *p, struct qasm3_value *out, uint32_t op,
                                  struct qasm3_value a, struct qasm3_value b,
                                  const struct qasm3_node *node) {
    uint32_t of_a = a.kind == QASM3_T_ANGLE ? a.width : 0;
    uint32_t of_b = b.kind == QASM3_T_ANGLE ? b.width : 0;
    uint32_t width = of_a > of_b ? of_a : of_b;
    const struct qasm3_value angle = {.kind = QASM3_T_ANGLE, .width = width};
    const struct qasm3_value bits = {.kind = QASM3_T_BIT, .width = width};

    TRY(qasm3_convert(p, &a, &angle, node));
    TRY(qasm3_convert(p, &a, &bits, node));
    TRY(qasm3_convert(p, &b, &angle, node));
    TRY(qasm3_convert(p, &b, &bits, node));
    return operate_integers(p, out, op, &a, &b, node);
}

static enum status operate_angles(struct qasm3 *p, struct qasm3_value *out, uint32_t op,
                                  const struct qasm3_value *a, const struct qasm3_value *b,
                                  const struct qasm3_node *node) {
    if (is_comparison(op)) {
        return compare_angles(p, out, op, *a, *b, node);
    }
    TRY(operate_reals(p, out, op, *a, *b, node));
    if (out->kind == QASM3_T_FLOAT && out->n_terms == 0 &&
        !(op == TOKEN_SLASH && a->kind == b->kind)) {
        out->kind = QASM3_T_ANGLE;
        out->width = a->kind == QASM3_T_ANGLE ? a->width : b->width;
    }
    return STATUS_OK;
}

static enum status logical(struct qasm3 *p, struct qasm3_value *out, uint32_t op,
                           const struct qasm3_value *a, const struct qasm3_value *b,
                           const struct qasm3_node *node) {
    uint32_t x, y, *lit = qasm3_alloc(p, 1, sizeof *lit);

    if (lit == NULL) {
        return STATUS_NOFIT;
    }
    TRY(qasm3_truth(p, &x, a, node));
    TRY(qasm3_truth(p, &y, b, node));
    TRY(qasm3_lit_binary(p, lit, op == TOKEN_AND ? EXPR_AND : EXPR_OR, x, y));
    *out = qasm3_from_lits(QASM3_T_BOOL, 1, lit);
    return STATUS_OK;
}

enum status qasm3_operate(struct qasm3 *p, struct qasm3_value *out, uint32_t op,
                          const struct qasm3_value *a, const struct qasm3_value *b,
                          const struct qasm3_node *node) {
    bool has_bits = (is_integral(a) || a->kind == QASM3_T_ANGLE) &&
                    (is_integral(b) || b->kind == QASM3_T_ANGLE);

    if (op == TOKEN_AND || op == TOKEN_OR) {
        return logical(p, out, op, a, b, node);
    }
    if (op == TOKEN_SHL || op == TOKEN_SHR) {
        return shift(p, out, op, a, b, node);
    }
    if (op == TOKEN_BIT_AND || op == TOKEN_BIT_OR || op == TOKEN_CARET) {
        if (!has_bits || a->kind == QASM3_T_ANGLE || b->kind == QASM3_T_ANGLE) {
            return refuse_operator(op, a, b, node);
        }
        return bitwise(p, out,
                       op == TOKEN_BIT_AND  ? EXPR_AND
                       : op == TOKEN_BIT_OR ? EXPR_OR
                                            : EXPR_XOR,
                       a, b, node);
    }
    if (a->kind == QASM3_T_DURATION || b->kind == QASM3_T_DURATION) {
        return operate_durations(p, out, op, *a, *b, node);
    }
    if (is_integral(a) && is_integral(b)) {
        return operate_integers(p, out, op, a, b, node);
    }
    if (a->kind == QASM3_T_ANGLE || b->kind == QASM3_T_ANGLE) {
        return operate_angles(p, out, op, a, b, node);
    }
    return operate_reals(p, out, op, *a, *b, node);
}

/* - ~ ! of one value. */
enum status qasm3_negate(struct qasm3 *p, struct qasm3_value *out, uint32_t op,
                         const struct qasm3_value *a, const struct qasm3_node *node) {
    struct qasm3_value zero = qasm3_int_value(0);
    uint32_t *lits;

    if (op == TOKEN_MINUS) {
        if (a->kind == QASM3_T_DURATION || (a->kind == QASM3_T_FLOAT && a->n_terms == 0)) {
            *out = *a;
            out->real = -a->real;
            return STATUS_OK;
        }
        return qasm3_operate(p, out, op, &zero, a, node);
    }
    if (op == TOKEN_NOT) {
        lits = qasm3_alloc(p, 1, sizeof *lits);
        if (lits == NULL) {
            return STATUS_NOFIT;
        }
        TRY(qasm3_truth(p, lits, a, node));
        TRY(qasm3_lit_not(p, lits, *lits));
        *out = qasm3_from_lits(QASM3_T_BOOL, 1, lits);
        return STATUS_OK;
    }
    if (!is_integral(a)) {
        return refuse_operator(op, a, a, node);
    }
    lits = lits_of(p, a, a->width);
    if (lits == NULL) {
        return STATUS_NOFIT;
    }
    for (uint32_t i = 0; i < a->width; i++) {
        TRY(qasm3_lit_not(p, &lits[i], lits[i]));
    }
    *out = qasm3_from_lits(a->kind, a->width, lits);
    out->is_scalar = a->is_scalar;
    out->is_literal = a->is_literal;
    return STATUS_OK;
}
