/* What OpenQASM 3 texts are refused for: place and reason. */
#include "circuit/reading.h"

struct refusal {
    const char *text, *message;
    enum status status;
};

static void expect_refusals(const struct refusal *refusals, size_t n) {
    for (size_t i = 0; i < n; i++) {
        struct circuit *circuit = NULL;
        messages_keep();
        enum status status =
            qasm3_read_text(&circuit, "t", refusals[i].text, strlen(refusals[i].text), NULL);
        cr_expect_eq(status, refusals[i].status, "%s\nstatus %d, %s", refusals[i].text, status,
                     messages_all());
        cr_expect_not_null(strstr(messages_all(), refusals[i].message), "%s\ngives %s\nnot   %s",
                           refusals[i].text, messages_all(), refusals[i].message);
        circuit_destroy(circuit);
    }
}
#define EXPECT_REFUSALS(list) expect_refusals(list, sizeof(list) / sizeof *(list))

Test(qasm3_errors, features_that_are_not_supported_are_named) {
    static const struct refusal list[] = {
        {"extern f(int) -> int;", "t:1:1: error: extern is not supported", STATUS_INPUT},
        {"cal { }", "t:1:1: error: cal is not supported", STATUS_INPUT},
        {"defcal x $0 { }", "t:1:1: error: defcal is not supported", STATUS_INPUT},
        {"defcalgrammar \"openpulse\";", "defcalgrammar is not supported", STATUS_INPUT},
        {"complex[float[64]] z;", "t:1:1: error: complex is not supported", STATUS_INPUT},
        {"array[int[8], 3] a;", "t:1:1: error: array is not supported", STATUS_INPUT},
        {"float a = 2im;", "complex is not supported", STATUS_INPUT},
        {"duration d = durationof({ x $0; });", "durationof is not supported", STATUS_INPUT},
        {"stretch s; qubit q; delay[2 * s] q;", "arithmetic on stretches is not supported",
         STATUS_INPUT},
        {"def f(int a) -> int { return f(a); } int b = f(1);", "calls itself", STATUS_INPUT},
        {"opaque f a;", "opaque is not supported", STATUS_INPUT},
        {"qubit[2] q; bit[2] c; c = measure q; int a = 6 / int(c);",
         "'/' of values that depend on measured bits is not supported", STATUS_INPUT},
        {"include \"stdgates.inc\"; qubit[2] q; bit c; c = measure q[0]; x q[int(c)];",
         "an index depends on measured bits", STATUS_INPUT},
    };

    EXPECT_REFUSALS(list);
}

Test(qasm3_errors, meaning) {
    static const struct refusal list[] = {
        {"OPENQASM 4.0;", "t:1:10: error: version '4.0' of OpenQASM; expected 3.0 or 3.1",
         STATUS_INPUT},
        {"qubit q; qubit q;", "t:1:10: error: 'q' is declared twice", STATUS_INPUT},
        {"qubit[2] q; U(0, 0, 0) q[2];", "t:1:26: error: index 2 is outside of 2 items",
         STATUS_INPUT},
        {"qubit[2] q; U(0, 0, 0) r;", "undeclared qubit 'r'", STATUS_INPUT},
        {"qubit q; foo q;", "unknown gate 'foo'", STATUS_INPUT},
        {"include \"stdgates.inc\"; qubit[2] q; cx q[0], q[0];", "comes twice", STATUS_INPUT},
        {"include \"stdgates.inc\"; qubit[2] q; cx q, q;", "comes twice", STATUS_INPUT},
        {"include \"stdgates.inc\"; qubit[2] q; qubit[3] r; cx q, r;",
         "'cx' on registers of 2 and 3 qubits", STATUS_INPUT},
        {"include \"stdgates.inc\"; qubit q; rx q;", "takes 1 parameters, not 0", STATUS_INPUT},
        {"gate g(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, r) q {} qubit q; "
         "g(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17) q;",
         "'g' has 17 parameters; 16 are the most", STATUS_INPUT},
        {"include \"stdgates.inc\"; qubit[2] q; ctrl @ x q[0];", "takes 2 qubits, not 1",
         STATUS_INPUT},
        {"include \"stdgates.inc\"; qubit q; ctrl(0) @ x q;", "0 controls", STATUS_INPUT},
        {"qubit[3] q; bit[2] c; c = measure q;", "measurement of 3 qubits into 2 bits",
         STATUS_INPUT},
        {"const int n = 3; n = 4;", "t:1:18: error: 'n' cannot be assigned", STATUS_INPUT},
        {"int a = 1 / 0;", "division by zero", STATUS_INPUT},
        {"float a = sqrt(-1);", "no finite real number", STATUS_INPUT},
        {"bit[2] a = \"011\";", "does not fit", STATUS_INPUT},
        {"for int i in [0:0:3] { }", "a range with step 0", STATUS_INPUT},
        {"break;", "outside of a loop", STATUS_INPUT},
        {"return 1;", "outside of a subroutine", STATUS_INPUT},
        {"gate g a { measure a; }", "", STATUS_OK},
        {"qubit q; gate g a { reset a; } g q;", "only gates", STATUS_INPUT},
        {"gate g a { g a; } qubit q; g q;", "calls itself", STATUS_INPUT},
        {"gate g a { x a[0]; } qubit q; g q;", "indexing is not allowed in a gate", STATUS_INPUT},
        {"qubit q; U(0, 0, 0) $0;", "beside declared qubits", STATUS_INPUT},
        {"input int n;", "no value for input 'n'", STATUS_INPUT},
        {"def f(qubit[2] a) { } qubit[3] q; f(q);", "3 qubits for a parameter of 2", STATUS_INPUT},
        {"def f(int a) { } f();", "takes 1 arguments", STATUS_INPUT},
        {"if (true) { qubit q; }", "outside of all blocks", STATUS_INPUT},
        {"int[65] a;", "at most 64", STATUS_INPUT},
        {"qubit[-1] q;", "", STATUS_INPUT},
    };

    EXPECT_REFUSALS(list);
}

Test(qasm3_errors, types) {
    static const struct refusal list[] = {
        {"duration d = 3;", "cannot become duration", STATUS_INPUT},
        {"int a = 10ns;", "duration cannot become int", STATUS_INPUT},
        {"if (10ns) { }", "duration is no condition", STATUS_INPUT},
        {"int a = 1e300;", "too large for int", STATUS_INPUT},
        {"float f = 10ns;", "duration is no number", STATUS_INPUT},
        {"int a = sizeof(3);", "sizeof takes the name of a register", STATUS_INPUT},
        {"int a = sizeof(b);", "'b' is no register", STATUS_INPUT},
        {"int a = foo(1);", "unknown function or subroutine 'foo'", STATUS_INPUT},
        {"float a = sin(1, 2);", "sin takes 1 arguments, not 2", STATUS_INPUT},
        {"int a = rotl(1.5, 1);", "rotl and rotr take bits or uint", STATUS_INPUT},
        {"int a = popcount(1.5);", "popcount counts bits; got float", STATUS_INPUT},
        {"qubit q; bit c; c = measure q; rx(sin(c)) q;",
         "sin of a value that depends on measured bits", STATUS_INPUT},
        {"qubit q; bit c; c = measure q; int a = abs(int(c));",
         "abs of a value that depends on measured bits", STATUS_INPUT},
        {"qubit q; int a = q;", "'q' is no value", STATUS_INPUT},
        {"stretch s; duration a = s;", "arithmetic on stretches is not supported", STATUS_INPUT},
        {"bool[3] b;", "bool has no size", STATUS_INPUT},
        {"int[0] a;", "expected a size of at least 1", STATUS_INPUT},
        {"float f = 1.0; bit b = f[0];", "float has no bits to index", STATUS_INPUT},
        {"bit a; bit b; b = a ++ 3;", "'++' joins bits, not bit and int", STATUS_INPUT},
        {"def f() { } int a = 1 + f();", "has no value", STATUS_INPUT},
        {"def f() { } int a = -f();", "has no value", STATUS_INPUT},
        {"int a = 3; int b = a(1);", "'a' is no subroutine", STATUS_INPUT},
        {"qubit q; bit c; c = measure q; for int i in [0:c] { }", "depends on measured bits",
         STATUS_INPUT},
        {"qubit[2.5] q;", "expected an integer, not float", STATUS_INPUT},
        {"qubit q; bit c; c = measure q; angle[3] a = angle[3](c);", "cannot become angle",
         STATUS_INPUT},
    };

    EXPECT_REFUSALS(list);
}

Test(qasm3_errors, syntax) {
    static const struct refusal list[] = {
        {"qubit q", "the end of the file: expected ';'", STATUS_INPUT},
        {"if (true) { ", "expected '}' after a block", STATUS_INPUT},
        {"/* open", "comment is not closed", STATUS_INPUT},
        {"int a = ;", "';': expected an expression", STATUS_INPUT},
        {"int if = 3;", "a name that is no word of the language", STATUS_INPUT},
        {"switch (1) { }", "at least one case", STATUS_INPUT},
        {"const int a;", "'=' and the value of a constant", STATUS_INPUT},
        {"bit[2] c = \"0a\";", "expected a bitstring", STATUS_INPUT},
        {"delay[3 qs] q;", "", STATUS_INPUT},
        {"x;", "expected '='", STATUS_INPUT},
    };

    EXPECT_REFUSALS(list);
}

Test(qasm3_errors, limits) {
    static const struct refusal list[] = {
        {"qubit[1000000000] q;", "at most 67108864", STATUS_NOFIT},
        {"bit[1000000000] c;", "at most", STATUS_NOFIT},
        {"while (true) { }", "this loop never ends", STATUS_NOFIT},
        {"int i = 0; while (i < 3) { i -= 1; }", "more than 2^20 rounds", STATUS_NOFIT},
        {"qubit q; int n = 0; for int i in [0:4000000000000000000] { n = i; }",
         "a loop of 4000000000000000001 rounds", STATUS_NOFIT},
        {"include \"stdgates.inc\"; qubit q; for int i in [0:4000000000000000000] { x q; }",
         "a loop of 4000000000000000001 rounds", STATUS_NOFIT},
        {"include \"stdgates.inc\"; qubit q; gate a q { x q; x q; } pow(100000000) @ inv @ a q;",
         "", STATUS_OK},
        {"include \"stdgates.inc\"; qubit[2] q; gate a b, c { cx b, c; h b; } "
         "pow(100000000) @ a q[0], q[1];",
         "is too large", STATUS_NOFIT},
    };

    EXPECT_REFUSALS(list);
}

/* n times `open`, then n times `close`. */
static void expect_deep(const char *head, const char *open, const char *close, size_t n) {
    struct text text = {0};
    struct circuit *circuit = NULL;

    text_add(&text, head);
    for (size_t i = 0; i < n; i++) {
        text_add(&text, open);
    }
    text_add(&text, "1");
    for (size_t i = 0; i < n; i++) {
        text_add(&text, close);
    }
    text_add(&text, ";");
    messages_keep();
    cr_expect_eq(qasm3_read_text(&circuit, "t", text.data, text.n, NULL), STATUS_INPUT, "%s", open);
    cr_expect_not_null(strstr(messages_all(), "deep"), "%s", messages_all());
    circuit_destroy(circuit);
    text_fini(&text);
}

Test(qasm3_errors, depth) {
    expect_deep("int a = ", "(", ")", 1000000);
    expect_deep("int a = ", "-", "", 1000000);
    expect_deep("int a = 0", " ** 2", "", 1000000);
    expect_deep("int a = ", "int(", ")", 1000000);
    expect_deep("", "{", "}", 1000000);
    expect_deep("", "if (true) ", "", 1000000);
    expect_deep("int a = ", "sin(", ")", 1000000);
    expect_deep("bit[4] c; bit d; d = c[", "c[", "]", 1000000);
    expect_deep("", "box {", "}", 1000000);
    expect_deep("", "for int i in [0:1] {", "}", 1000000);
    expect_deep("", "switch (1) { case 1 {", "} }", 1000000);
    expect_deep("int[", "int[", "](1)]", 1000000);
}

/* Modifiers and branches in a row are a list. */
Test(qasm3_errors, length) {
    struct circuit *circuit = NULL;
    struct text text = {0};

    text_add(&text, "include \"stdgates.inc\"; qubit q;\n");
    for (size_t i = 0; i < 300001; i++) {
        text_add(&text, "inv @ ");
    }
    text_add(&text, "s q;\n");
    for (size_t i = 0; i < 300000; i++) {
        text_add(&text, "if (false) ; else ");
    }
    text_add(&text, "x q;");
    messages_keep();
    cr_assert_eq(qasm3_read_text(&circuit, "t", text.data, text.n, NULL), STATUS_OK, "%s",
                 messages_all());
    cr_expect_eq(circuit->ops.n_ops, 2);
    cr_expect_eq(circuit->ops.ops[0].which, GATE_SDG);
    cr_expect_eq(circuit->ops.ops[1].which, GATE_X);
    circuit_destroy(circuit);
    text_fini(&text);
}

/* 2^40 gates in a kilobyte. */
Test(qasm3_errors, exponential_definitions) {
    struct text text = {0};
    struct circuit *circuit = NULL;

    text_add(&text, "include \"stdgates.inc\"; gate g0 a { x a; h a; }\n");
    for (int i = 1; i < 40; i++) {
        text_printf(&text, "gate g%d a { g%d a; g%d a; }\n", i, i - 1, i - 1);
    }
    text_add(&text, "qubit q; g39 q;");
    messages_keep();
    cr_expect_eq(qasm3_read_text(&circuit, "t", text.data, text.n, NULL), STATUS_NOFIT);
    cr_expect_not_null(strstr(messages_all(), "expands to more than"), "%s", messages_all());
    text_fini(&text);
}
