/* Angle expressions of OpenQASM 2: + - * / ^, unary minus, sin cos tan exp ln sqrt, pi, parameters.
 * Of OpenQASM 3, by the language of the lexer: ** for ^, log for ln, tau, euler and the Greek
 * letters. There the quotient of two integers is an integer: one with a remainder is refused, since
 * dropping it is hardly what was meant.
 *
 * Expressions compile to postfix code, without recursion, so that depth costs heap and not stack.
 * Values come from det_* and IEEE operations alone: equal on all ranks, within 1e-13 of libm. As in
 * Qiskit, ^ binds to the right and more tightly than unary minus: -2^2 = -4, 2^-1 = 0.5. */
#ifndef QSPAN_CIRCUIT_ANGLE_H
#define QSPAN_CIRCUIT_ANGLE_H

#include <stdint.h>

#include "circuit/lexer.h"
#include "circuit/names.h"

enum angle_kind {
    ANGLE_CONST, /* value; param: 1 for an integer of OpenQASM 3 */
    ANGLE_PARAM, /* param */
    ANGLE_NEG,
    ANGLE_ADD,
    ANGLE_SUB,
    ANGLE_MUL,
    ANGLE_DIV,
    ANGLE_DIV_INTEGERS,
    ANGLE_POW,
    ANGLE_SIN,
    ANGLE_COS,
    ANGLE_TAN,
    ANGLE_EXP,
    ANGLE_LN,
    ANGLE_SQRT,
    ANGLE_PAREN, /* only while compiling */
};

struct angle_op {
    uint32_t kind, param;
    double value;
    uint32_t line, col;
};

/* Code of many expressions. Zero-initialise. */
struct angle_pool {
    struct angle_op *ops;
    size_t n_ops, cap_ops;
    struct angle_op *waiting; /* operators of the expression being compiled */
    size_t n_waiting, cap_waiting;
    bool *are_integers; /* the values on the stack of the expression being compiled */
    size_t cap_are_integers;
};
struct angle_code {
    size_t first, n, depth; /* ops in the pool; values on the stack at most */
};
void angle_pool_fini(struct angle_pool *pool);

/* Compiles the expression that begins at the current token and ends before the ',' or ')' that does
 * not belong to it. Formals: names of parameters to indices; NULL where there are none. Errors:
 * STATUS_INPUT (unknown names, syntax). Cost: linear. */
enum status angle_compile(struct angle_code *out_code, struct angle_pool *pool, struct lexer *lexer,
                          const struct names *formals);

/* Evaluation needs code.depth doubles of stack. Returns NULL, or the op whose value is not finite
 * (or not real) and the reason. */
const struct angle_op *angle_eval(double *out_value, const char **out_why, double *stack,
                                  const struct angle_pool *pool, struct angle_code code,
                                  const double *params);

#endif
