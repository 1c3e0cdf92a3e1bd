#include <math.h>
#include <string.h>

#include "base/detmath.h"
#include "circuit/qasm3_internal.h"

struct qasm3_value qasm3_int_value(int64_t value) {
    return (struct qasm3_value){
        .kind = QASM3_T_INT, .width = 64, .is_literal = true, .bits = (uint64_t)value};
}

struct qasm3_value qasm3_bool_value(bool value) {
    return (struct qasm3_value){.kind = QASM3_T_BOOL, .width = 1, .bits = value};
}

struct qasm3_value qasm3_float_value(double value) {
    return (struct qasm3_value){.kind = QASM3_T_FLOAT, .real = value};
}

bool qasm3_is_known(const struct qasm3_value *value) {
    return value->lits == NULL && value->n_terms == 0;
}

uint32_t qasm3_value_lit(const struct qasm3_value *value, uint32_t i) {
    bool is_signed = value->kind == QASM3_T_INT;

    if (value->lits != NULL) {
        return i < value->width ? value->lits[i]
               : is_signed      ? value->lits[value->width - 1]
                                : QASM3_FALSE;
    }
    if (i >= 64) {
        return is_signed && value->bits >> 63 != 0;
    }
    return (value->bits >> i) & 1;
}

static uint64_t wrap(enum qasm3_type_kind kind, uint32_t width, uint64_t bits) {
    if (width >= 64) {
        return bits;
    }
    bits &= (UINT64_C(1) << width) - 1;
    if (kind == QASM3_T_INT && (bits >> (width - 1) & 1) != 0) {
        bits |= ~((UINT64_C(1) << width) - 1);
    }
    return bits;
}

static bool is_integral(enum qasm3_type_kind kind) {
    return kind == QASM3_T_INT || kind == QASM3_T_UINT || kind == QASM3_T_BIT ||
           kind == QASM3_T_BOOL;
}

static double angle_of_bits(uint64_t bits, uint32_t width) {
    return 2 * M_PI * ((double)bits / ldexp(1, (int)width));
}

static uint64_t bits_of_angle(double angle, uint32_t width) {
    double turns = angle / (2 * M_PI);
    double scaled;

    turns -= floor(turns);
    scaled = floor(turns * ldexp(1, (int)width) + 0.5);
    return scaled >= ldexp(1, (int)width) ? 0 : (uint64_t)scaled;
}

struct qasm3_value qasm3_from_lits(enum qasm3_type_kind kind, uint32_t width, uint32_t *lits) {
    struct qasm3_value value = {.kind = kind, .width = width, .lits = lits};

    for (uint32_t i = 0; i < width; i++) {
        if (lits[i] > 1 || width > 64) {
            return value;
        }
        value.bits |= (uint64_t)lits[i] << i;
    }
    value.lits = NULL;
    value.bits = wrap(kind, width, value.bits);
    if (kind == QASM3_T_ANGLE) {
        value.real = angle_of_bits(value.bits, width);
    }
    return value;
}

const char *qasm3_type_name(enum qasm3_type_kind kind) {
    switch (kind) {
    case QASM3_VOID:
        return "no value";
    case QASM3_T_BOOL:
        return "bool";
    case QASM3_T_BIT:
        return "bit";
    case QASM3_T_INT:
        return "int";
    case QASM3_T_UINT:
        return "uint";
    case QASM3_T_FLOAT:
        return "float";
    case QASM3_T_ANGLE:
        return "angle";
    case QASM3_T_DURATION:
        return "duration";
    case QASM3_T_STRETCH:
        return "stretch";
    case QASM3_T_QUBIT:
        return "qubit";
    }
    return "?";
}

/* ---- conversion ---- */

static enum status refuse_conversion(const struct qasm3_value *from, const struct qasm3_value *to,
                                     const struct qasm3_node *node) {
    return qasm3_fail(node, "%s cannot become %s", qasm3_type_name(from->kind),
                      qasm3_type_name(to->kind));
}

enum status qasm3_truth(struct qasm3 *p, uint32_t *out_lit, const struct qasm3_value *value,
                        const struct qasm3_node *node) {
    uint32_t any = QASM3_FALSE;

    if (value->kind == QASM3_T_FLOAT && qasm3_is_known(value)) {
        *out_lit = value->real != 0;
        return STATUS_OK;
    }
    if (value->kind == QASM3_T_ANGLE && qasm3_is_known(value)) {
        *out_lit = bits_of_angle(value->real, value->width) != 0;
        return STATUS_OK;
    }
    if (!is_integral(value->kind) && value->kind != QASM3_T_ANGLE) {
        return qasm3_fail(node, "%s is no condition", qasm3_type_name(value->kind));
    }
    if (value->lits == NULL) {
        *out_lit = value->bits != 0;
        return STATUS_OK;
    }
    if (value->width > 1) {
        uint32_t *zeros = qasm3_alloc(p, value->width, sizeof *zeros);
        if (zeros == NULL) {
            return STATUS_NOFIT;
        }
        TRY(qasm3_lit_equals(p, &any, value->lits, zeros, value->width));
        return qasm3_lit_not(p, out_lit, any);
    }
    *out_lit = value->lits[0];
    return STATUS_OK;
}

static enum status to_bits(struct qasm3 *p, struct qasm3_value *value,
                           const struct qasm3_value *type) {
    uint32_t *lits;

    if (value->lits == NULL && type->width <= 64) {
        value->bits = wrap(type->kind, type->width, value->bits);
        return STATUS_OK;
    }
    lits = qasm3_alloc(p, type->width, sizeof *lits);
    if (lits == NULL) {
        return STATUS_NOFIT;
    }
    for (uint32_t i = 0; i < type->width; i++) {
        lits[i] = qasm3_value_lit(value, i);
    }
    *value = qasm3_from_lits(type->kind, type->width, lits);
    return STATUS_OK;
}

static enum status real_to_integer(struct qasm3_value *value, const struct qasm3_value *type,
                                   const struct qasm3_node *node) {
    if (!(fabs(value->real) < 0x1p63)) {
        return qasm3_fail(node, "%g is too large for %s", value->real, qasm3_type_name(type->kind));
    }
    value->bits = wrap(type->kind, type->width, (uint64_t)(int64_t)value->real);
    return STATUS_OK;
}

static enum status to_integral(struct qasm3 *p, struct qasm3_value *value,
                               const struct qasm3_value *type, const struct qasm3_node *node) {
    if (type->kind == QASM3_T_BOOL) {
        uint32_t *lit = qasm3_alloc(p, 1, sizeof *lit);
        if (lit == NULL) {
            return STATUS_NOFIT;
        }
        TRY(qasm3_truth(p, lit, value, node));
        *value = qasm3_from_lits(QASM3_T_BOOL, 1, lit);
        return STATUS_OK;
    }
    if (type->kind == QASM3_T_BIT && value->kind == QASM3_T_BIT && value->width != type->width) {
        return qasm3_fail(node, "bit[%u] does not fit bit[%u]; expected as many bits", value->width,
                          type->width);
    }
    if (is_integral(value->kind)) {
        return to_bits(p, value, type);
    }
    if (value->kind == QASM3_T_ANGLE && type->kind == QASM3_T_BIT) {
        if (value->lits == NULL) {
            value->bits = bits_of_angle(value->real, type->width);
            return STATUS_OK;
        }
        if (value->width == type->width) {
            return STATUS_OK;
        }
    }
    if (value->kind == QASM3_T_FLOAT && value->n_terms == 0) {
        return real_to_integer(value, type, node);
    }
    return refuse_conversion(value, type, node);
}

/* Bits of more or fewer, with the same highest ones. */
static enum status resize_angle(struct qasm3 *p, struct qasm3_value *value, uint32_t width) {
    uint32_t *lits = qasm3_alloc(p, width, sizeof *lits);

    if (lits == NULL) {
        return STATUS_NOFIT;
    }
    for (uint32_t i = 0; i < width; i++) {
        uint64_t from = (uint64_t)i + value->width;
        lits[i] = from < width ? QASM3_FALSE : value->lits[from - width];
    }
    *value = qasm3_from_lits(QASM3_T_ANGLE, width, lits);
    return STATUS_OK;
}

static bool is_single_bit(uint64_t bits) {
    return bits != 0 && (bits & (bits - 1)) == 0;
}

/* inout op= the bits of factor where lit is 1 */
static enum status add_multiple(struct qasm3 *p, struct qasm3_value *inout, uint64_t factor,
                                uint32_t lit, const struct qasm3_node *node) {
    uint32_t *lits = qasm3_alloc(p, inout->width, sizeof *lits);
    struct qasm3_value sum = *inout, more;

    if (lits == NULL) {
        return STATUS_NOFIT;
    }
    for (uint32_t i = 0; i < inout->width; i++) {
        lits[i] = (factor >> i & 1) != 0 ? lit : QASM3_FALSE;
    }
    more = qasm3_from_lits(QASM3_T_UINT, inout->width, lits);
    return qasm3_operate(p, inout, TOKEN_PLUS, &sum, &more, node);
}

/* A sum of terms as bits of a turn: terms of one bit are added, or taken away, all at once. */
static enum status terms_to_angle(struct qasm3 *p, struct qasm3_value *value, uint32_t width,
                                  const struct qasm3_node *node) {
    uint32_t *plus = qasm3_alloc(p, width, sizeof *plus);
    uint32_t *minus = qasm3_alloc(p, width, sizeof *minus);
    struct qasm3_value sum = {
        .kind = QASM3_T_UINT, .width = width, .bits = bits_of_angle(value->real, width)};
    struct qasm3_value more, rest;

    if (plus == NULL || minus == NULL) {
        return STATUS_NOFIT;
    }
    for (size_t i = 0; i < value->n_terms; i++) {
        uint64_t factor = bits_of_angle(value->terms[i].factor, width);
        uint64_t opposite = bits_of_angle(-value->terms[i].factor, width);
        uint32_t lit = value->terms[i].lit;
        if (is_single_bit(factor) && plus[__builtin_ctzll(factor)] == QASM3_FALSE) {
            plus[__builtin_ctzll(factor)] = lit;
        } else if (is_single_bit(opposite) && minus[__builtin_ctzll(opposite)] == QASM3_FALSE) {
            minus[__builtin_ctzll(opposite)] = lit;
        } else {
            TRY(add_multiple(p, &sum, factor, lit, node));
        }
    }
    more = qasm3_from_lits(QASM3_T_UINT, width, plus);
    TRY(qasm3_operate(p, &rest, TOKEN_PLUS, &sum, &more, node));
    more = qasm3_from_lits(QASM3_T_UINT, width, minus);
    TRY(qasm3_operate(p, value, TOKEN_MINUS, &rest, &more, node));
    value->kind = QASM3_T_ANGLE;
    if (value->lits == NULL) {
        value->real = angle_of_bits(value->bits, width);
    }
    return STATUS_OK;
}

static enum status to_angle(struct qasm3 *p, struct qasm3_value *value,
                            const struct qasm3_value *type, const struct qasm3_node *node) {
    if (value->lits != NULL && value->kind == QASM3_T_ANGLE) {
        return value->width == type->width ? STATUS_OK : resize_angle(p, value, type->width);
    }
    if (value->lits != NULL) {
        bool fits = value->width == type->width && value->kind == QASM3_T_BIT;
        return fits ? STATUS_OK : refuse_conversion(value, type, node);
    }
    if (value->n_terms > 0) {
        return terms_to_angle(p, value, type->width, node);
    }
    if (value->kind == QASM3_T_BIT) {
        value->real = angle_of_bits(value->bits, type->width);
        value->bits = 0;
    } else if (is_integral(value->kind)) {
        value->real =
            value->kind == QASM3_T_INT ? (double)(int64_t)value->bits : (double)value->bits;
    }
    return isfinite(value->real) ? STATUS_OK : refuse_conversion(value, type, node);
}

enum status qasm3_to_real(struct qasm3 *p, struct qasm3_value *value,
                          const struct qasm3_node *node) {
    double unit = value->kind == QASM3_T_ANGLE ? 2 * M_PI / ldexp(1, (int)value->width) : 1;

    if (value->kind == QASM3_T_FLOAT || (value->kind == QASM3_T_ANGLE && value->lits == NULL)) {
        value->kind = QASM3_T_FLOAT;
        return STATUS_OK;
    }
    if (!is_integral(value->kind) && value->kind != QASM3_T_ANGLE) {
        return qasm3_fail(node, "%s is no number", qasm3_type_name(value->kind));
    }
    if (value->lits == NULL) {
        *value = qasm3_float_value(value->kind == QASM3_T_INT ? (double)(int64_t)value->bits
                                                              : (double)value->bits);
        return STATUS_OK;
    }
    struct qasm3_value sum = qasm3_float_value(0);
    sum.terms = qasm3_alloc(p, value->width, sizeof *sum.terms);
    if (sum.terms == NULL) {
        return STATUS_NOFIT;
    }
    for (uint32_t i = 0; i < value->width; i++) {
        bool is_sign = value->kind == QASM3_T_INT && i + 1 == value->width;
        double factor = (is_sign ? -1 : 1) * ldexp(unit, (int)i);
        if (value->lits[i] > 1) {
            sum.terms[sum.n_terms++] = (struct qasm3_term){factor, value->lits[i]};
        } else {
            sum.real += value->lits[i] * factor;
        }
    }
    *value = sum;
    return STATUS_OK;
}

enum status qasm3_convert(struct qasm3 *p, struct qasm3_value *inout,
                          const struct qasm3_value *type, const struct qasm3_node *node) {
    switch (type->kind) {
    case QASM3_T_BOOL:
    case QASM3_T_BIT:
    case QASM3_T_INT:
    case QASM3_T_UINT:
        TRY(to_integral(p, inout, type, node));
        break;
    case QASM3_T_FLOAT:
        TRY(qasm3_to_real(p, inout, node));
        break;
    case QASM3_T_ANGLE:
        TRY(to_angle(p, inout, type, node));
        break;
    case QASM3_T_DURATION:
        if (inout->kind != QASM3_T_DURATION) {
            return refuse_conversion(inout, type, node);
        }
        break;
    case QASM3_VOID:
    case QASM3_T_STRETCH:
    case QASM3_T_QUBIT:
        return refuse_conversion(inout, type, node);
    }
    inout->kind = type->kind;
    inout->width = type->width;
    inout->is_scalar = type->is_scalar;
    inout->is_literal = false;
    return STATUS_OK;
}

/* ---- elementary functions, in a fixed order of operations ---- */

/* Three halvings of the angle, then the series: |x| < tan(pi/32) there. */
static double arctan(double x) {
    double scale = 1, sum = 0, power, square;

    for (int i = 0; i < 3; i++) {
        x /= 1 + sqrt(1 + x * x);
        scale *= 2;
    }
    square = x * x;
    power = x;
    for (int i = 1; i < 24; i += 2) {
        sum += (i % 4 == 1 ? power : -power) / i;
        power *= square;
    }
    return scale * sum;
}

double qasm3_atan2(double y, double x) {
    if (x == 0 && y == 0) {
        return 0;
    }
    if (fabs(y) > fabs(x)) {
        return (y > 0 ? M_PI_2 : -M_PI_2) - arctan(x / y);
    }
    if (x > 0) {
        return arctan(y / x);
    }
    return arctan(y / x) + (y >= 0 ? M_PI : -M_PI);
}

double qasm3_power(double a, double b) {
    double result = 1, base = a;

    if (b == floor(b) && fabs(b) < 0x1p31) {
        for (uint64_t n = (uint64_t)fabs(b); n > 0; n >>= 1) {
            result *= (n & 1) != 0 ? base : 1;
            base *= base;
        }
        return b < 0 ? 1 / result : result;
    }
    return a == 0 ? 0 : det_exp(b * det_log(a)); /* NaN below 0 */
}
