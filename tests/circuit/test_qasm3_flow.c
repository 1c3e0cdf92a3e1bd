/* Control flow and arithmetic of OpenQASM 3 on measured bits and on known values, against plain C:
 * circuits that only permute basis states, run by a naive interpreter of the ops. */
#include "base/rng.h"
#include "circuit/classical.h"
#include "circuit/reading.h"

static struct circuit *must_read_3(const char *text) {
    struct circuit *circuit = NULL;

    messages_keep();
    cr_assert_eq(qasm3_read_text(&circuit, "t.qasm", text, strlen(text), NULL), STATUS_OK, "%s\n%s",
                 messages_all(), text);
    cr_assert(op_list_is_valid(&circuit->ops, circuit->n_qubits, circuit->n_bits), "%s", text);
    return circuit;
}

/* The body, after declarations, leaves that in register r. */
static void expect_result(const char *body, uint64_t want) {
    struct text text = {0};
    struct classical state;
    struct circuit *circuit;

    text_printf(&text,
                "OPENQASM 3.0;\ninclude \"stdgates.inc\";\nqubit[4] q;\nbit[4] c;\nbit[8] r;\n%s",
                body);
    circuit = must_read_3(text.data);
    classical_run(&state, circuit);
    cr_expect_eq(classical_register(&state, circuit, "r"), want, "%s\ngives %llu, not %llu", body,
                 (unsigned long long)classical_register(&state, circuit, "r"),
                 (unsigned long long)want);
    circuit_destroy(circuit);
    text_fini(&text);
}

Test(qasm3_flow, branches) {
    expect_result("x q[0]; c = measure q; if (c[0]) r = 5; else r = 6;", 5);
    expect_result("x q[1]; c = measure q; if (c[0]) r = 5; else r = 6;", 6);
    expect_result("x q[1]; c = measure q; if (c == 2) { r = 1; } else if (c == 3) r = 2;", 1);
    expect_result("x q[1]; c = measure q; if (!c[0] && c[1]) { r = 9; r[1] = true; }", 11);
    expect_result("c = measure q; int n = 3; if (c[0]) n = 4; r = n;", 3);
    expect_result("x q[0]; c = measure q; int n = 3; if (c[0]) { n = 4; n += 2; } r = n;", 6);
    expect_result("x q[0]; c = measure q; int n = 3; if (c[0]) n += 1; else n -= 1; r = n;", 4);
    expect_result("x q; c = measure q; if (c == 15) if (c[2]) r = 3;", 3);
    expect_result("bit b; b = measure q[0]; if (b == 0) r = 1;", 1);
}

Test(qasm3_flow, switches) {
    expect_result("x q[1]; c = measure q; switch (uint[4](c)) { case 0, 1 { r = 1; } "
                  "case 2 { r = 2; } default { r = 3; } }",
                  2);
    expect_result("x q[3]; c = measure q; switch (int(c)) { case 0 { r = 1; } default { r = 3; } }",
                  3);
    expect_result("int i = 15; switch (i) { case 1, 2 { r = 1; } case 15 { r = 2; } }", 2);
}

Test(qasm3_flow, loops) {
    expect_result("for int i in [0:3] { r[i] = i % 2 == 1; }", 10);
    expect_result("int n = 0; for int i in [6:-2:0] n += i; r = n;", 12);
    expect_result("int n = 0; for int i in {1, 5, 7} n += i; r = n;", 13);
    expect_result(
        "x q[2]; c = measure q; uint n = 0; for bit b in c { n = 2 * n + uint(b); } r = n;", 2);
    expect_result("int n = 0; while (n < 10) { n += 3; } r = n;", 12);
    expect_result(
        "int n = 0; for int i in [0:9] { if (i == 2) continue; if (i == 5) break; n += i; } "
        "r = n;",
        8);
    expect_result("x q[0]; uint[8] n = 0; c[0] = measure q[0]; while (c[0]) { n += 1; "
                  "if (n == 4) x q[0]; c[0] = measure q[0]; } r = n;",
                  4);
    expect_result("x q[0]; uint[8] n = 0; while (true) { n += 1; c[0] = measure q[0]; "
                  "if (!c[0]) break; if (n == 3) x q[0]; } r = n;",
                  4);
    expect_result("for int i in [1:20] { x q[0]; } x q[1]; c = measure q; r = uint(c);", 2);
    expect_result("c = measure q; int n = 0; for int i in [0:3] { if (c[0]) break; "
                  "if (i == 1) { c[0] = true; continue; } n += 1 + i; } r = n;",
                  1);
    expect_result("x q[0]; c = measure q; int n = 0; for int i in [0:3] { if (c[0]) { n += 1; "
                  "if (i == 1) continue; n += 4; } n += 8; } r = n;",
                  40);
}

Test(qasm3_flow, nested_loops_with_jumps) {
    expect_result("x q[0]; c = measure q; uint[8] n = 0; for int i in [0:2] { "
                  "for int j in [0:5] { if (c[0] && j == i) break; n += 1; } } r = n;",
                  3);
    expect_result("x q[0]; uint[8] n = 0; uint[8] k = 0; c = measure q; while (k < 3 && c[0]) { "
                  "k += 1; uint[8] j = 0; while (j < 9) { j += 1; c = measure q; "
                  "if (c[0] && j == 2) break; n += 1; } } r = n;",
                  3);
}

Test(qasm3_flow, subroutines) {
    expect_result("def f(int a) -> int { return 2 * a; } r = f(3) + f(4);", 14);
    expect_result("def f(bit b) -> int { if (b) return 7; return 9; } x q[0]; c = measure q; "
                  "r = f(c[0]) + f(c[1]);",
                  16);
    expect_result("def f(qubit a, qubit[2] b) -> bit { x a; cx a, b[1]; return measure b[1]; } "
                  "r[0] = f(q[0], q[1:2]);",
                  1);
    expect_result("def f(bit b) -> int { for int i in [0:5] { if (b) return i + 3; b = true; } "
                  "return 0; } c = measure q; r = f(c[0]);",
                  4);
    expect_result("def g(int a) -> int { int b = a; b += 1; return b; } "
                  "def f(int a) -> int { int b = 5; return g(a) + b; } int b = 100; r = f(1);",
                  7);
    expect_result("def f(qubit a) { x a; } f(q[1]); c = measure q; r = uint(c);", 2);
}

Test(qasm3_flow, ends) {
    expect_result("r = 1; end; r = 2;", 1);
    expect_result("x q[0]; c = measure q; r = 1; if (c[0]) end; r = 2;", 1);
    expect_result("c = measure q; r = 1; if (c[0]) { end; } r = 2;", 2);
}

Test(qasm3_flow, assignment_reads_before_it_writes) {
    expect_result("x q[0]; c = measure q; c = c << 1; r = uint(c);", 2);
    expect_result("x q[0]; x q[2]; c = measure q; c = c >> 1; r = uint(c);", 2);
    expect_result("x q[0]; c = measure q; c[{0, 1}] = c[{1, 0}]; r = uint(c);", 2);
    expect_result("x q[0]; c = measure q; c = rotl(c, 3); r = uint(c);", 8);
}

/* ---- arithmetic ---- */

struct arithmetic {
    const char *text;
    uint64_t (*value)(uint32_t a, uint32_t b);
};

#define ARITHMETIC(name, expression)                                                               \
    static uint64_t name(uint32_t a, uint32_t b) {                                                 \
        (void)a;                                                                                   \
        (void)b;                                                                                   \
        return (uint64_t)(expression)&0xff;                                                        \
    }
ARITHMETIC(value_add, (a + b) & 15)
ARITHMETIC(value_sub, (a - b) & 15)
ARITHMETIC(value_mul, (a * b) & 15)
ARITHMETIC(value_and, a &b)
ARITHMETIC(value_or, a | b)
ARITHMETIC(value_xor, a ^ b)
ARITHMETIC(value_not, ~a & 15)
ARITHMETIC(value_lt, a < b)
ARITHMETIC(value_le, a <= b)
ARITHMETIC(value_gt, a > b)
ARITHMETIC(value_ge, a >= b)
ARITHMETIC(value_eq, a == b)
ARITHMETIC(value_ne, a != b)
ARITHMETIC(value_shl, a << 2 & 15)
ARITHMETIC(value_shr, a >> 1)
ARITHMETIC(value_and_or, (a && b) || a > 12)
ARITHMETIC(value_div, a / 4)
ARITHMETIC(value_mod, a % 8)
ARITHMETIC(value_scaled, 3 * a + 2 * b + 1)
ARITHMETIC(value_popcount, __builtin_popcount(a) + __builtin_popcount(b))
ARITHMETIC(value_signed_lt, (int)((a ^ 8) - 8) < (int)((b ^ 8) - 8))
ARITHMETIC(value_negated, (uint8_t)(int8_t) - (int)((a ^ 8) - 8))
ARITHMETIC(value_mixed, a < 20 && 3 < b)

static const struct arithmetic arithmetics[] = {
    {"a + b", value_add},
    {"a - b", value_sub},
    {"a * b", value_mul},
    {"a & b", value_and},
    {"a | b", value_or},
    {"a ^ b", value_xor},
    {"~a", value_not},
    {"int(a < b)", value_lt},
    {"int(a <= b)", value_le},
    {"int(a > b)", value_gt},
    {"int(a >= b)", value_ge},
    {"int(a == b)", value_eq},
    {"int(a != b)", value_ne},
    {"a << 2", value_shl},
    {"a >> 1", value_shr},
    {"int((bool(a) && bool(b)) || a > 12)", value_and_or},
    {"a / 4", value_div},
    {"a % 8", value_mod},
    {"3 * uint[8](a) + 2 * uint[8](b) + 1", value_scaled},
    {"popcount(a) + popcount(b)", value_popcount},
    {"int(int[4](a) < int[4](b))", value_signed_lt},
    {"-int[8](int[4](a))", value_negated},
    {"int(a < 20 && 3 < b)", value_mixed},
};

/* The same expression on values that are measured, and on values that are known. */
static void check_arithmetic(const struct arithmetic *test, uint32_t a, uint32_t b,
                             bool is_measured) {
    struct text text = {0};
    struct classical state;
    struct circuit *circuit;
    uint64_t got;

    text_add(&text, "OPENQASM 3.0;\ninclude \"stdgates.inc\";\nqubit[8] q;\nbit[8] m;\n");
    for (uint32_t i = 0; i < 8; i++) {
        if (((a | b << 4) >> i & 1) != 0) {
            text_printf(&text, "x q[%u];\n", i);
        }
    }
    text_add(&text, "m = measure q;\n");
    if (is_measured) {
        text_add(&text, "uint[4] a = uint[4](m[0:3]); uint[4] b = uint[4](m[4:7]);\n");
    } else {
        text_printf(&text, "uint[4] a = %u; uint[4] b = %u;\n", a, b);
    }
    text_printf(&text, "output uint[8] r; r = %s;\n", test->text);
    circuit = must_read_3(text.data);
    classical_run(&state, circuit);
    got = classical_register(&state, circuit, "r");
    cr_expect_eq(got, test->value(a, b), "%s for %u, %u, %s: %llu, not %llu", test->text, a, b,
                 is_measured ? "measured" : "known", (unsigned long long)got,
                 (unsigned long long)test->value(a, b));
    circuit_destroy(circuit);
    text_fini(&text);
}

Test(qasm3_flow, arithmetic) {
    for (size_t i = 0; i < sizeof arithmetics / sizeof arithmetics[0]; i++) {
        for (uint32_t k = 0; k < 24; k++) {
            struct rng_block random = rng_draw(11, i, k, RNG_TEST);
            uint32_t a = random.word[0] % 16, b = k % 4 == 0 ? a : random.word[1] % 16;
            check_arithmetic(&arithmetics[i], a, b, true);
            check_arithmetic(&arithmetics[i], a, b, false);
        }
    }
}

Test(qasm3_flow, loops_that_repeat_stay_loops) {
    struct circuit *circuit =
        must_read_3("OPENQASM 3.0; include \"stdgates.inc\"; qubit q; bit c;"
                    "for int i in [1:1000000] { h q; c = measure q; if (c) x q; }");
    cr_expect_eq(circuit->ops.ops[0].kind, OP_REPEAT);
    cr_expect_eq(circuit->ops.ops[0].arg, 1000000);
    cr_expect_leq(circuit->ops.n_ops, 7);
    circuit_destroy(circuit);
}
