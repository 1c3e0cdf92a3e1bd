/* Functions of the language: mathematics on known numbers; popcount and rotations on all bits. */
#include <math.h>
#include <string.h>

#include "base/detmath.h"
#include "circuit/qasm3_internal.h"

enum function {
    F_ARCCOS,
    F_ARCSIN,
    F_ARCTAN,
    F_COS,
    F_SIN,
    F_TAN,
    F_EXP,
    F_LOG,
    F_SQRT,
    F_CEILING,
    F_FLOOR,
    F_MOD,
    F_POW,
    F_POPCOUNT,
    F_ROTL,
    F_ROTR,
    F_ABS,
    F_COUNT,
};

static const struct {
    const char *name;
    enum function function;
    uint32_t n_arguments;
} functions[] = {{"arccos", F_ARCCOS, 1}, {"acos", F_ARCCOS, 1},     {"arcsin", F_ARCSIN, 1},
                 {"asin", F_ARCSIN, 1},   {"arctan", F_ARCTAN, 1},   {"atan", F_ARCTAN, 1},
                 {"cos", F_COS, 1},       {"sin", F_SIN, 1},         {"tan", F_TAN, 1},
                 {"exp", F_EXP, 1},       {"log", F_LOG, 1},         {"ln", F_LOG, 1},
                 {"sqrt", F_SQRT, 1},     {"ceiling", F_CEILING, 1}, {"floor", F_FLOOR, 1},
                 {"mod", F_MOD, 2},       {"pow", F_POW, 2},         {"popcount", F_POPCOUNT, 1},
                 {"rotl", F_ROTL, 2},     {"rotr", F_ROTR, 2},       {"abs", F_ABS, 1}};

static double tangent(double x) {
    double sine, cosine;
    det_sincos(&sine, &cosine, x);
    return sine / cosine;
}

static double sine_of(double x, bool is_cosine) {
    double sine, cosine;
    det_sincos(&sine, &cosine, x);
    return is_cosine ? cosine : sine;
}

static double real_function(enum function function, double x) {
    switch ((int)function) {
    case F_ARCCOS:
        return fabs(x) > 1 ? NAN : qasm3_atan2(sqrt((1 - x) * (1 + x)), x);
    case F_ARCSIN:
        return fabs(x) > 1 ? NAN : qasm3_atan2(x, sqrt((1 - x) * (1 + x)));
    case F_ARCTAN:
        return qasm3_atan2(x, 1);
    case F_COS:
        return sine_of(x, true);
    case F_SIN:
        return sine_of(x, false);
    case F_TAN:
        return tangent(x);
    case F_EXP:
        return det_exp(x);
    case F_LOG:
        return det_log(x);
    case F_SQRT:
        return sqrt(x);
    case F_CEILING:
        return ceil(x);
    case F_FLOOR:
        return floor(x);
    }
    return NAN;
}

static enum status popcount(struct qasm3 *p, struct qasm3_value *out, const struct qasm3_value *a,
                            const struct qasm3_node *node) {
    struct qasm3_value sum = {.kind = QASM3_T_UINT, .width = QASM3_DEFAULT_WIDTH};

    if (a->kind != QASM3_T_BIT && a->kind != QASM3_T_UINT && a->kind != QASM3_T_INT) {
        return qasm3_fail(node, "popcount counts bits; got %s", qasm3_type_name(a->kind));
    }
    for (uint32_t i = 0; i < a->width; i++) {
        uint32_t *lits = qasm3_alloc(p, 1, sizeof *lits);
        if (lits == NULL) {
            return STATUS_NOFIT;
        }
        lits[0] = qasm3_value_lit(a, i);
        struct qasm3_value bit = qasm3_from_lits(QASM3_T_UINT, 1, lits), old = sum;
        TRY(qasm3_operate(p, &sum, TOKEN_PLUS, &old, &bit, node));
    }
    *out = sum;
    return STATUS_OK;
}

static enum status rotate(struct qasm3 *p, struct qasm3_value *out, const struct qasm3_value *a,
                          const struct qasm3_value *b, bool is_left,
                          const struct qasm3_node *node) {
    if ((a->kind != QASM3_T_BIT && a->kind != QASM3_T_UINT) || b->lits != NULL ||
        (b->kind != QASM3_T_INT && b->kind != QASM3_T_UINT)) {
        return qasm3_fail(node, "rotl and rotr take bits or uint, and a known integer");
    }
    int64_t n = (int64_t)b->bits % (int64_t)a->width;
    return qasm3_shift(p, out, a, is_left ? n : -n, true);
}

static enum status absolute(struct qasm3_value *out, const struct qasm3_value *a,
                            const struct qasm3_node *node) {
    if (!qasm3_is_known(a)) {
        return qasm3_fail(node, "abs of a value that depends on measured bits is not supported");
    }
    *out = *a;
    out->real = fabs(a->real);
    if (a->kind == QASM3_T_INT && (int64_t)a->bits < 0) {
        out->bits = UINT64_C(0) - a->bits;
    }
    return STATUS_OK;
}

static enum status apply_real(struct qasm3 *p, struct qasm3_value *out, enum function function,
                              struct qasm3_value a, const struct qasm3_node *node) {
    double result;

    TRY(qasm3_to_real(p, &a, node));
    if (a.n_terms > 0) {
        return qasm3_fail(node, "%.48s of a value that depends on measured bits is not supported",
                          qasm3_name(p, node->sym));
    }
    result = real_function(function, a.real);
    if (!isfinite(result)) {
        return qasm3_fail(node, "%.48s(%g) is no finite real number", qasm3_name(p, node->sym),
                          a.real);
    }
    *out = qasm3_float_value(result);
    return STATUS_OK;
}

static enum status apply(struct qasm3 *p, struct qasm3_value *out, enum function function,
                         const struct qasm3_value *a, const struct qasm3_value *b,
                         const struct qasm3_node *node) {
    switch ((int)function) {
    case F_MOD:
        return qasm3_operate(p, out, TOKEN_PERCENT, a, b, node);
    case F_POW:
        return qasm3_operate(p, out, TOKEN_POWER, a, b, node);
    case F_POPCOUNT:
        return popcount(p, out, a, node);
    case F_ROTL:
    case F_ROTR:
        return rotate(p, out, a, b, function == F_ROTL, node);
    case F_ABS:
        return absolute(out, a, node);
    }
    TRY(apply_real(p, out, function, *a, node));
    return STATUS_OK;
}

/* sizeof(register): the number of its bits or qubits. */
static enum status size_of(struct qasm3 *p, struct qasm3_value *out,
                           const struct qasm3_node *node) {
    const struct qasm3_node *a = node->list;
    const struct qasm3_decl *decl;

    if (a == NULL || a->next != NULL || a->kind != QASM3_NAME) {
        return qasm3_fail(node, "sizeof takes the name of a register");
    }
    decl = qasm3_lookup(p, a->sym);
    if (decl == NULL || (decl->kind != QASM3_D_QUBITS && decl->kind != QASM3_D_VAR)) {
        return qasm3_fail(a, "'%.48s' is no register", qasm3_name(p, a->sym));
    }
    *out = qasm3_int_value(decl->kind == QASM3_D_QUBITS ? decl->list.n : decl->value.width);
    return STATUS_OK;
}

enum status qasm3_call_function(struct qasm3 *p, struct qasm3_value *out,
                                const struct qasm3_node *node) {
    const char *name = qasm3_name(p, node->sym);
    struct qasm3_value arguments[2] = {{0}};
    uint32_t n = 0;
    size_t i = 0;

    if (strcmp(name, "sizeof") == 0) {
        return size_of(p, out, node);
    }
    while (i < sizeof functions / sizeof functions[0] && strcmp(functions[i].name, name) != 0) {
        i++;
    }
    if (i == sizeof functions / sizeof functions[0]) {
        return qasm3_fail(node, "unknown function or subroutine '%.48s'", name);
    }
    for (const struct qasm3_node *a = node->list; a != NULL; a = a->next, n++) {
        if (n < 2) {
            TRY(qasm3_eval(p, &arguments[n], a));
        }
    }
    if (n != functions[i].n_arguments) {
        return qasm3_fail(node, "%.48s takes %u arguments, not %u", name, functions[i].n_arguments,
                          n);
    }
    return apply(p, out, functions[i].function, &arguments[0], &arguments[1], node);
}
