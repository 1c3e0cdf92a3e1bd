#include <math.h>
#include <string.h>

#include "base/bits.h"
#include "base/detmath.h"
#include "circuit/qasm3_internal.h"
#include "circuit/qasm3_words.h"

/* ---- leaves ---- */

static enum status eval_wide_integer(struct qasm3 *p, struct qasm3_value *out,
                                     const struct qasm3_node *node) {
    struct token token = {.kind = TOKEN_INT, .text = node->text, .n = node->n, .is_wide = true};
    uint32_t width = u32_from_size(node->n) * 4 + 1;
    uint64_t *words = qasm3_alloc(p, bits_words(width), sizeof *words);
    uint32_t *lits = qasm3_alloc(p, width, sizeof *lits);

    if (words == NULL || lits == NULL) {
        return STATUS_NOFIT;
    }
    CHECK(token_to_words(words, width, &token));
    while (width > 1 && !bits_get(words, width - 1)) {
        width--;
    }
    for (uint32_t i = 0; i < width; i++) {
        lits[i] = bits_get(words, i);
    }
    *out = qasm3_from_lits(QASM3_T_UINT, width, lits);
    out->is_literal = true;
    return STATUS_OK;
}

static enum status eval_bitstring(struct qasm3 *p, struct qasm3_value *out,
                                  const struct qasm3_node *node) {
    uint32_t n = 0, *lits = qasm3_alloc(p, node->n, sizeof *lits);

    if (lits == NULL) {
        return STATUS_NOFIT;
    }
    for (size_t i = node->n; i-- > 0;) {
        if (node->text[i] != '_') {
            lits[n++] = node->text[i] == '1';
        }
    }
    *out = qasm3_from_lits(QASM3_T_BIT, n, lits);
    return STATUS_OK;
}

static bool find_constant(double *out, const char *name) {
    static const struct {
        const char *name;
        double value;
    } constants[] = {{"pi", M_PI},           {"\xCF\x80", M_PI}, {"tau", 2 * M_PI},
                     {"\xCF\x84", 2 * M_PI}, {"euler", M_E},     {"\xE2\x84\x87", M_E}};

    for (size_t i = 0; i < sizeof constants / sizeof constants[0]; i++) {
        if (strcmp(name, constants[i].name) == 0) {
            *out = constants[i].value;
            return true;
        }
    }
    return false;
}

static enum status eval_name(struct qasm3 *p, struct qasm3_value *out,
                             const struct qasm3_node *node) {
    struct qasm3_decl *decl = qasm3_lookup(p, node->sym);
    double constant;

    if (decl == NULL) {
        if (find_constant(&constant, qasm3_name(p, node->sym))) {
            *out = qasm3_float_value(constant);
            return STATUS_OK;
        }
        return qasm3_fail(node, "undeclared name '%.48s'", qasm3_name(p, node->sym));
    }
    switch (decl->kind) {
    case QASM3_D_VALUE:
        *out = decl->value;
        return STATUS_OK;
    case QASM3_D_VAR:
        return qasm3_read_var(p, out, decl);
    case QASM3_D_STRETCH:
        return qasm3_fail(node, "stretch '%.48s': arithmetic on stretches is not supported",
                          qasm3_name(p, node->sym));
    case QASM3_D_QUBITS:
    case QASM3_D_GATE:
    case QASM3_D_DEF:
        break;
    }
    return qasm3_fail(node, "'%.48s' is no value", qasm3_name(p, node->sym));
}

static enum status eval_measure(struct qasm3 *p, struct qasm3_value *out,
                                const struct qasm3_node *node) {
    struct qasm3_list qubits, bits;
    uint32_t *lits, *targets;

    TRY(qasm3_eval_qubits(p, &qubits, node->a));
    TRY(qasm3_add_bits(p, &bits, "m", qubits.n, true, node->loc));
    lits = qasm3_alloc(p, qubits.n, sizeof *lits);
    targets = qasm3_alloc(p, qubits.n, sizeof *targets);
    if (lits == NULL || targets == NULL) {
        return STATUS_NOFIT;
    }
    for (uint32_t i = 0; i < qubits.n; i++) {
        targets[i] = bits.first + i;
    }
    p->loc = node->loc;
    TRY(qasm3_measure(p, &qubits, targets));
    for (uint32_t i = 0; i < qubits.n; i++) {
        TRY(qasm3_bit_lit(p, &lits[i], targets[i]));
    }
    *out = qasm3_from_lits(QASM3_T_BIT, qubits.n, lits);
    out->is_scalar = qubits.is_single;
    return STATUS_OK;
}

/* ---- inner nodes ---- */

/* Bits of a value: value[index]. */
static enum status eval_indexed(struct qasm3 *p, struct qasm3_value *out,
                                const struct qasm3_node *node) {
    struct qasm3_value base;
    struct qasm3_list positions;
    uint32_t *lits;

    TRY(qasm3_eval(p, &base, node->a));
    if (base.kind == QASM3_T_FLOAT || base.kind == QASM3_T_DURATION || base.kind == QASM3_VOID) {
        return qasm3_fail(node, "%s has no bits to index", qasm3_type_name(base.kind));
    }
    if (base.kind == QASM3_T_ANGLE && base.lits == NULL) {
        struct qasm3_value bits = {.kind = QASM3_T_BIT, .width = base.width};
        TRY(qasm3_convert(p, &base, &bits, node));
    }
    TRY(qasm3_eval_index(p, &positions, node, base.width));
    lits = qasm3_alloc(p, positions.n, sizeof *lits);
    if (lits == NULL) {
        return STATUS_NOFIT;
    }
    for (uint32_t i = 0; i < positions.n; i++) {
        lits[i] = qasm3_value_lit(&base, qasm3_item(&positions, i));
    }
    *out = qasm3_from_lits(QASM3_T_BIT, positions.n, lits);
    out->is_scalar = positions.is_single;
    return STATUS_OK;
}

static enum status concatenate(struct qasm3 *p, struct qasm3_value *out,
                               const struct qasm3_value *a, const struct qasm3_value *b,
                               const struct qasm3_node *node) {
    uint32_t *lits;

    if (a->kind != QASM3_T_BIT || b->kind != QASM3_T_BIT) {
        return qasm3_fail(node, "'++' joins bits, not %s and %s", qasm3_type_name(a->kind),
                          qasm3_type_name(b->kind));
    }
    lits = qasm3_alloc(p, a->width + b->width, sizeof *lits);
    if (lits == NULL) {
        return STATUS_NOFIT;
    }
    for (uint32_t i = 0; i < a->width + b->width; i++) {
        lits[i] = i < a->width ? qasm3_value_lit(a, i) : qasm3_value_lit(b, i - a->width);
    }
    *out = qasm3_from_lits(QASM3_T_BIT, a->width + b->width, lits);
    return STATUS_OK;
}

static enum status eval_binary(struct qasm3 *p, struct qasm3_value *out,
                               const struct qasm3_node *node) {
    struct qasm3_value a, b;

    TRY(qasm3_eval(p, &a, node->a));
    TRY(qasm3_eval(p, &b, node->b));
    if (a.kind == QASM3_VOID || b.kind == QASM3_VOID) {
        return qasm3_fail(node, "a subroutine that returns nothing has no value");
    }
    return node->op == TOKEN_END ? concatenate(p, out, &a, &b, node)
                                 : qasm3_operate(p, out, node->op, &a, &b, node);
}

static enum status eval_unary(struct qasm3 *p, struct qasm3_value *out,
                              const struct qasm3_node *node) {
    struct qasm3_value a;

    TRY(qasm3_eval(p, &a, node->a));
    if (a.kind == QASM3_VOID) {
        return qasm3_fail(node, "a subroutine that returns nothing has no value");
    }
    if (node->op == TOKEN_PLUS) {
        *out = a;
        return STATUS_OK;
    }
    return qasm3_negate(p, out, node->op, &a, node);
}

static enum status eval_cast(struct qasm3 *p, struct qasm3_value *out,
                             const struct qasm3_node *node) {
    struct qasm3_value type;

    TRY(qasm3_eval_type(p, &type, &node->type, node));
    TRY(qasm3_eval(p, out, node->a));
    /* bit(x) and bit[n](x) of a number take its lowest bits. */
    return qasm3_convert(p, out, &type, node);
}

static enum status eval_call(struct qasm3 *p, struct qasm3_value *out,
                             const struct qasm3_node *node) {
    struct qasm3_decl *decl = qasm3_lookup(p, node->sym);

    if (decl == NULL) {
        return qasm3_call_function(p, out, node);
    }
    if (decl->kind != QASM3_D_DEF) {
        return qasm3_fail(node, "'%.48s' is no subroutine", qasm3_name(p, node->sym));
    }
    return qasm3_call_def(p, out, decl, node);
}

static enum status eval_node(struct qasm3 *p, struct qasm3_value *out,
                             const struct qasm3_node *node) {
    *out = (struct qasm3_value){0};
    switch ((int)node->kind) {
    case QASM3_INT:
        if (node->text != NULL) {
            return eval_wide_integer(p, out, node);
        }
        *out = qasm3_int_value((int64_t)node->integer);
        if (node->integer > INT64_MAX) {
            out->kind = QASM3_T_UINT;
        }
        return STATUS_OK;
    case QASM3_REAL:
        *out = qasm3_float_value(node->real);
        return STATUS_OK;
    case QASM3_BOOL:
        *out = qasm3_bool_value(node->integer != 0);
        return STATUS_OK;
    case QASM3_QUANTITY:
        *out = (struct qasm3_value){.kind = QASM3_T_DURATION, .real = node->real};
        return STATUS_OK;
    case QASM3_BITS:
        return eval_bitstring(p, out, node);
    case QASM3_NAME:
        return eval_name(p, out, node);
    case QASM3_UNARY:
        return eval_unary(p, out, node);
    case QASM3_BINARY:
        return eval_binary(p, out, node);
    case QASM3_INDEX:
        return eval_indexed(p, out, node);
    case QASM3_CAST:
        return eval_cast(p, out, node);
    case QASM3_CALL:
        return eval_call(p, out, node);
    case QASM3_MEASURE:
        return eval_measure(p, out, node);
    }
    return qasm3_fail(node, "expected a value here");
}

enum status qasm3_eval(struct qasm3 *p, struct qasm3_value *out, const struct qasm3_node *node) {
    TRY(qasm3_enter_level(p, node));
    TRY(eval_node(p, out, node));
    p->n_nested--;
    return STATUS_OK;
}

/* ---- known values ---- */

enum status qasm3_eval_int(struct qasm3 *p, int64_t *out, const struct qasm3_node *node,
                           const char *what) {
    struct qasm3_value value;

    TRY(qasm3_eval(p, &value, node));
    if (!qasm3_is_known(&value)) {
        return qasm3_fail(node, "%s depends on measured bits; that is not supported", what);
    }
    if (value.kind == QASM3_T_FLOAT && value.real == floor(value.real) &&
        fabs(value.real) < 0x1p53) {
        *out = (int64_t)value.real;
        return STATUS_OK;
    }
    if (value.kind != QASM3_T_INT && value.kind != QASM3_T_UINT && value.kind != QASM3_T_BIT &&
        value.kind != QASM3_T_BOOL) {
        return qasm3_fail(node, "%s: expected an integer, not %s", what,
                          qasm3_type_name(value.kind));
    }
    if (value.kind != QASM3_T_INT && value.bits > INT64_MAX) {
        return qasm3_fail(node, "%s: %llu is too large", what, (unsigned long long)value.bits);
    }
    *out = (int64_t)value.bits;
    return STATUS_OK;
}

enum status qasm3_eval_real(struct qasm3 *p, double *out, const struct qasm3_node *node,
                            const char *what) {
    struct qasm3_value value;

    TRY(qasm3_eval(p, &value, node));
    TRY(qasm3_to_real(p, &value, node));
    if (value.n_terms > 0) {
        return qasm3_fail(node, "%s depends on measured bits; that is not supported", what);
    }
    *out = value.real;
    return STATUS_OK;
}

static enum status eval_width(struct qasm3 *p, uint32_t *out, const struct qasm3_type *type,
                              const struct qasm3_node *node) {
    int64_t n, most = type->kind == QASM3_T_BIT     ? CIRCUIT_MAX_QUBITS
                      : type->kind == QASM3_T_FLOAT ? 1 << 16 /* all are doubles */
                                                    : QASM3_MAX_WIDTH;

    if (type->kind == QASM3_T_BOOL || type->kind == QASM3_T_DURATION ||
        type->kind == QASM3_T_STRETCH) {
        return qasm3_fail(type->size, "%s has no size", qasm3_type_name(type->kind));
    }
    TRY(qasm3_eval_int(p, &n, type->size, "the size of a type"));
    if (n > most) {
        return log_error_at(type->kind == QASM3_T_BIT ? STATUS_NOFIT : STATUS_INPUT, node->loc,
                            "%s[%lld]: at most %lld are possible", qasm3_type_name(type->kind),
                            (long long)n, (long long)most);
    }
    if (n < 1) {
        return qasm3_fail(type->size, "%s[%lld]: expected a size of at least 1",
                          qasm3_type_name(type->kind), (long long)n);
    }
    *out = (uint32_t)n;
    return STATUS_OK;
}

enum status qasm3_eval_type(struct qasm3 *p, struct qasm3_value *out_type,
                            const struct qasm3_type *type, const struct qasm3_node *node) {
    *out_type = (struct qasm3_value){.kind = type->kind};
    if (type->kind == QASM3_T_INT || type->kind == QASM3_T_UINT) {
        out_type->width = QASM3_DEFAULT_WIDTH;
    } else if (type->kind == QASM3_T_ANGLE) {
        out_type->width = 53; /* of a double */
    } else if (type->kind == QASM3_T_BOOL || type->kind == QASM3_T_BIT) {
        out_type->width = 1;
        out_type->is_scalar = type->kind == QASM3_T_BIT && type->size == NULL;
    }
    if (type->size == NULL) {
        return STATUS_OK;
    }
    TRY(eval_width(p, &out_type->width, type, node));
    if (type->kind == QASM3_T_FLOAT) {
        out_type->width = 0;
    }
    return STATUS_OK;
}
