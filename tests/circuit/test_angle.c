/* Angle expressions against libm, and against values worked out by hand. */
#include <math.h>
#include <stdio.h>

#include "base/rng.h"
#include "circuit/reading.h"

/* Value of the expression as the angle of an rx; the test fails when it is refused. */
static double value_of(const char *expression) {
    struct text source = {0};
    struct circuit *circuit;
    double value;

    text_printf(&source, "OPENQASM 2.0;include \"qelib1.inc\";qreg q[1];rx(%s) q[0];", expression);
    circuit = must_read(source.data);
    value = op_params(&circuit->ops, &circuit->ops.ops[0])[0];
    text_fini(&source);
    circuit_destroy(circuit);
    return value;
}

Test(angle, precedence_by_hand) {
    static const struct {
        const char *text;
        double value;
    } cases[] = {{"1+2*3", 7},
                 {"(1+2)*3", 9},
                 {"7-2-1", 4},
                 {"8/4/2", 1},
                 {"2^3^2", 512},
                 {"-2^2", -4},
                 {"(-2)^2", 4},
                 {"2^-1", 0.5},
                 {"2^-1*4", 2},
                 {"2*-3", -6},
                 {"1--1", 2},
                 {"- - -2", -2},
                 {"-2*3+1", -5},
                 {"3/2", 1.5},
                 {"2^-2^2", 0.0625},
                 {"4^0.5", 2},
                 {"0^0", 1},
                 {"0^1.5", 0},
                 {"0^3", 0},
                 {"(-8)^3", -512},
                 {"sqrt(9)^2", 9},
                 {"-sqrt(4)", -2},
                 {"cos(0)+1", 2},
                 {"ln(exp(2))", 2},
                 {"tan(0)", 0},
                 {"pi", M_PI},
                 {"pi/2", M_PI_2},
                 {"-pi/4", -M_PI_4},
                 {"2*pi/3", 2 * M_PI / 3},
                 {"((((1))))", 1},
                 {"1.5e1", 15},
                 {".5", 0.5},
                 {"2.", 2},
                 {"sin(pi/6)", 0.5},
                 {"exp(0)", 1},
                 {"10^-2", 0.01},
                 {"1-2^3*2+1", -14},
                 {"2-(3-(4-5))", -2},
                 {"2/(4/(8/2))", 2}};

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        cr_expect_float_eq(value_of(cases[i].text), cases[i].value, 4e-16 * fabs(cases[i].value),
                           "%s = %.17g", cases[i].text, value_of(cases[i].text));
    }
}

/* Draws one number after the other. */
struct draws {
    uint64_t seed, n;
};
static uint32_t draw(struct draws *draws, uint32_t below) {
    return rng_draw(draws->seed, draws->n++, 0, RNG_TEST).word[0] % below;
}

static double apply_binary(char operator, double x, double y) {
    return operator== '+' ? x + y :
           operator== '-' ? x - y
           :
           operator== '*' ? x * y
           :
           operator== '/' ? x / y
                          : pow(x, y);
}

/* A random expression, written with all its parentheses, and its value by libm. Values that are
 * large, or small beside what they come from, would measure conditioning: NAN then. */
static double write_expression(struct text *out, struct draws *draws, unsigned depth) {
    static const char *const names[] = {"sin", "cos", "tan", "exp", "ln", "sqrt"};
    static double (*const functions[])(double) = {sin, cos, tan, exp, log, sqrt};
    uint32_t choice = depth == 0 ? 9 : draw(draws, 10);
    double value;

    if (choice == 9) {
        value = (1 + draw(draws, 2000)) / 256.0;
        text_printf(out, "%.17g", value);
    } else if (choice == 8) {
        text_add(out, "(-");
        value = -write_expression(out, draws, depth - 1);
        text_add(out, ")");
    } else if (choice >= 5) {
        uint32_t which = draw(draws, 6);
        text_printf(out, "%s(", names[which]);
        value = functions[which](write_expression(out, draws, depth - 1));
        text_add(out, ")");
    } else {
        char operator= "+-*/^"[choice];
        text_add(out, "(");
        value = write_expression(out, draws, depth - 1);
        text_printf(out, "%c", operator);
        value = apply_binary(operator, value, write_expression(out, draws, depth - 1));
        text_add(out, ")");
    }
    return fabs(value) < 1e3 && fabs(value) > 1e-2 ? value : NAN;
}

Test(angle, random_expressions_equal_libm) {
    struct draws draws = {.seed = 3};
    unsigned n_compared = 0;

    while (n_compared < 1500) {
        struct text text = {0};
        double want = write_expression(&text, &draws, 5);
        if (isfinite(want)) {
            double got = value_of(text.data);
            cr_expect_float_eq(got, want, 1e-9 * fabs(want), "%s = %.17g, not %.17g", text.data,
                               got, want);
            n_compared++;
        }
        text_fini(&text);
    }
}

/* a op b op c ... without parentheses against a value worked out operator by operator. */
Test(angle, random_chains_follow_precedence) {
    struct draws draws = {.seed = 4};

    for (unsigned round = 0; round < 500; round++) {
        double values[12];
        char operators[12];
        unsigned n = 2 + draw(&draws, 10);
        struct text text = {0};
        for (unsigned i = 0; i < n; i++) {
            values[i] = 1 + draw(&draws, 3);
            operators[i] = "+-*/^"[draw(&draws, 5)];
            if (i > 0 && operators[i - 1] == '^' && operators[i] == '^') {
                operators[i] = '*'; /* towers grow too fast */
            }
            text_printf(&text, "%g%c", values[i], i + 1 < n ? operators[i] : ' ');
        }
        for (const char *level = "^\0*/\0+-\0"; *level != '\0'; level += strlen(level) + 1) {
            for (unsigned i = 0; i + 1 < n;) {
                if (strchr(level, operators[i]) == NULL) {
                    i++;
                    continue;
                }
                values[i] = apply_binary(operators[i], values[i], values[i + 1]);
                memmove(values + i + 1, values + i + 2, (n - i - 2) * sizeof *values);
                memmove(operators + i, operators + i + 1, n - i - 1);
                n--;
            }
        }
        cr_expect_float_eq(value_of(text.data), values[0], 1e-12 * (1 + fabs(values[0])), "%s",
                           text.data);
        text_fini(&text);
    }
}

/* Depth costs heap, not stack. */
Test(angle, depth_is_no_limit) {
    enum { DEPTH = 200001 };
    struct text minus = {0}, parens = {0}, tower = {0}, calls = {0};

    for (unsigned i = 0; i < DEPTH; i++) {
        text_add(&minus, "-");
        text_add(&parens, "(");
        text_add(&tower, "1^(");
        text_add(&calls, "cos(");
    }
    text_add(&minus, "0.5");
    text_add(&parens, "0.25");
    text_add(&tower, "7");
    text_add(&calls, "0.7");
    for (unsigned i = 0; i < DEPTH; i++) {
        text_add(&parens, ")");
        text_add(&tower, ")");
        text_add(&calls, ")");
    }
    cr_expect_eq(value_of(minus.data), -0.5);
    cr_expect_eq(value_of(parens.data), 0.25);
    cr_expect_eq(value_of(tower.data), 1);
    cr_expect_float_eq(value_of(calls.data), 0.7390851332151607,
                       1e-15); /* the fixed point of cos */
    text_fini(&minus);
    text_fini(&parens);
    text_fini(&tower);
    text_fini(&calls);
}

static void expect_refused(const char *expression, const char *want) {
    struct text source = {0}, message = {0};
    struct circuit *circuit = NULL;

    text_printf(&source, "OPENQASM 2.0;include \"qelib1.inc\";qreg q[1];\nrx(%s) q[0];",
                expression);
    text_printf(&message, "t.qasm:2:%s", want);
    cr_expect_eq(reading_try(&circuit, source.data, NULL), STATUS_INPUT, "%s", expression);
    cr_expect_str_eq(messages_all(), message.data);
    text_fini(&source);
    text_fini(&message);
}

/* An integer of any length is a number, as long as it is in the range of double. */
Test(angle, long_integers) {
    struct text digits = {0};

    for (unsigned i = 0; i < 300; i++) {
        text_add(&digits, "9");
    }
    struct text quotient = {0};
    text_printf(&quotient, "%s/%s", digits.data, digits.data);
    cr_expect_eq(value_of(quotient.data), 1);
    text_add(&digits, "000000000");
    expect_refused(digits.data, "4: error: number '99999999999999999999999999999999999999999999999"
                                "9...' is beyond the range of double");
    text_fini(&digits);
    text_fini(&quotient);
}

Test(angle, refuses_what_is_no_finite_angle) {
    static const struct {
        const char *text, *want;
    } cases[] = {
        {"1/0", "5: error: division by zero; expected a finite angle"},
        {"1+2/(1-1)", "7: error: division by zero; expected a finite angle"},
        {"0/0", "5: error: division by zero; expected a finite angle"},
        {"sqrt(-1)", "4: error: square root of a negative number; expected a finite angle"},
        {"ln(0)", "4: error: ln of zero; expected a finite angle"},
        {"ln(0-2)", "4: error: ln of a negative number; expected a finite angle"},
        {"1e308*10", "9: error: value beyond the range of double; expected a finite angle"},
        {"exp(1000)", "4: error: value beyond the range of double; expected a finite angle"},
        {"(-2)^0.5", "8: error: power that is not a real number in the range of double; expected a "
                     "finite angle"},
        {"0^-1", "5: error: power that is not a real number in the range of double; expected a "
                 "finite angle"},
        {"sin(1e300)",
         "4: error: sin, cos or tan of a number beyond 2^30, or at a pole; expected a "
         "finite angle"},
        {"x", "4: error: unknown name 'x'; expected a number, pi, sin cos tan exp ln sqrt or '('"},
        {"1+", "6: error: ')': expected a number, pi, a function or '('"},
        {"", "1: error: gate 'rx' with 0 parameters; expected 1"},
        {"(1", "8: error: 'q' in an angle: expected an operator, ',' or ')'"},
        {"1)", "6: error: ')': expected a name of a quantum register"},
        {"1 2", "6: error: '2' in an angle: expected an operator, ',' or ')'"},
        {"sin 1", "8: error: '1': expected '(' after the name of a function"},
        {"1,", "6: error: ')': expected a number, pi, a function or '('"},
        {"1,2", "1: error: gate 'rx' with 2 parameters; expected 1"},
        {"2^31", "1: error: angle 2.14748e+09 of gate 'rx'; expected less than 268435456"},
        {"-268435456", "1: error: angle -2.68435e+08 of gate 'rx'; expected less than 268435456"},
        {"1**2", "5: error: '**' in an angle: expected an operator, ',' or ')'"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        expect_refused(cases[i].text, cases[i].want);
    }
}
