/* Every feature of OpenQASM 3 that is read, once, beside plain statements that mean the same. */
#include <stdio.h>
#include <unistd.h>

#include "circuit/reading.h"

static const char head[] = "OPENQASM 3.0;\ninclude \"stdgates.inc\";\n";

static struct circuit *read_limits(const char *text, const struct circuit_limits *limits) {
    struct circuit *circuit = NULL;

    messages_keep();
    cr_assert_eq(circuit_read_text(&circuit, "t.qasm", text, strlen(text), limits), STATUS_OK,
                 "%s\n%s", messages_all(), text);
    cr_assert(op_list_is_valid(&circuit->ops, circuit->n_qubits, circuit->n_bits), "%s", text);
    return circuit;
}

/* The ops as text, behind the first one. */
static char *ops_of(const char *text, const struct circuit_limits *limits) {
    struct circuit *circuit = read_limits(text, limits);
    struct text out = {0};

    cr_assert_eq(qasm3_print(&out, circuit), STATUS_OK);
    circuit_destroy(circuit);
    const char *body = strstr(out.data, "\nh r[0];\n");
    cr_assert_not_null(body, "%s", out.data);
    char *copy = strdup(body);
    text_fini(&out);
    return copy;
}

/* Both bodies act on qubits q[4], r[2] and bits c[4], d, and mean the same. */
static void expect_same(const char *body, const char *plain, const struct circuit_limits *limits) {
    static const char registers[] = "qubit[4] q; qubit[2] r; bit[4] c; bit d; h r[0];\n";
    struct text text = {0}, want = {0};
    char *ops, *plain_ops;

    text_printf(&text, "%s%s%s", head, registers, body);
    text_printf(&want, "%s%s%s", head, registers, plain);
    ops = ops_of(text.data, limits);
    plain_ops = ops_of(want.data, NULL);
    cr_expect_str_eq(ops, plain_ops, "%s\ngives%sinstead of%s", body, ops, plain_ops);
    free(ops);
    free(plain_ops);
    text_fini(&text);
    text_fini(&want);
}

struct pair {
    const char *body, *plain;
};

static void expect_all(const struct pair *pairs, size_t n) {
    for (size_t i = 0; i < n; i++) {
        expect_same(pairs[i].body, pairs[i].plain, NULL);
    }
}
#define EXPECT_ALL(pairs) expect_all(pairs, sizeof(pairs) / sizeof *(pairs))

Test(qasm3_features, gates) {
    static const struct pair pairs[] = {
        {"U(1, 2, 3) q[0];", "U(1, 2, 3) q[0];"},
        {"CX q[0], q[1]; phase(1) q[0]; cphase(2) q[0], q[1];",
         "cx q[0], q[1]; p(1) q[0]; cp(2) q[0], q[1];"},
        {"gphase(1);", ""},
        {"ctrl @ gphase(1) q[0];", "p(1) q[0];"},
        {"negctrl @ gphase(1) q[0];", "x q[0]; p(1) q[0]; x q[0];"},
        {"ctrl(2) @ gphase(1) q[0], q[1];", "cp(1) q[0], q[1];"},
        {"gate g(t) a, b { rx(t / 2) a; cx a, b; } g(1) q[0], q[1];",
         "rx(0.5) q[0]; cx q[0], q[1];"},
        {"gate g a { x a; gphase(0.5); } ctrl @ g q[0], q[1];", "cx q[0], q[1]; p(0.5) q[0];"},
        {"gate g a, b { for int i in [1:2] { cx a, b; } } g q[0], q[1];",
         "cx q[0], q[1]; cx q[0], q[1];"},
        {"gate e a { } e q[0];", ""},
        {"h q;", "h q[0]; h q[1]; h q[2]; h q[3];"},
        {"cx q[0], r; cx r, q[1];", "cx q[0], r[0]; cx q[0], r[1]; cx r[0], q[1]; cx r[1], q[1];"},
        {"cx q[0:1], r;", "cx q[0], r[0]; cx q[1], r[1];"},
    };
    EXPECT_ALL(pairs);
}

Test(qasm3_features, modifiers) {
    static const struct pair pairs[] = {
        {"ctrl @ x q[0], q[1]; ctrl(2) @ x q[0], q[1], q[2];",
         "cx q[0], q[1]; ccx q[0], q[1], q[2];"},
        {"ctrl @ ctrl @ x q[0], q[1], q[2];", "ccx q[0], q[1], q[2];"},
        {"negctrl @ x q[0], q[1];", "x q[0]; cx q[0], q[1]; x q[0];"},
        {"negctrl(2) @ x q[0], q[1], q[2];",
         "x q[0]; x q[1]; ccx q[0], q[1], q[2]; x q[0]; x q[1];"},
        {"ctrl @ negctrl @ x q[0], q[1], q[2];", "x q[1]; ccx q[0], q[1], q[2]; x q[1];"},
        {"inv @ s q[0]; inv @ rx(1) q[0]; inv @ inv @ t q[0];", "sdg q[0]; rx(-1) q[0]; t q[0];"},
        {"pow(2) @ rz(1) q[0]; pow(0.5) @ rx(1) q[0]; pow(-1) @ rz(1) q[0];",
         "rz(1) q[0]; rz(1) q[0]; rx(0.5) q[0]; rz(-1) q[0];"},
        {"ctrl @ pow(2) @ rz(1) q[0], q[1];", "crz(1) q[0], q[1]; crz(1) q[0], q[1];"},
        {"inv @ ctrl @ pow(2) @ inv @ p(1) q[0], q[1];", "cp(1) q[0], q[1]; cp(1) q[0], q[1];"},
        {"const int n = 2; ctrl(n) @ z q[0], q[1], q[2];", "h q[2]; ccx q[0], q[1], q[2]; h q[2];"},
        {"gate g(t) a { rz(t) a; } pow(2) @ ctrl @ inv @ g(1) q[0], q[1];",
         "crz(-1) q[0], q[1]; crz(-1) q[0], q[1];"},
    };
    EXPECT_ALL(pairs);
}

Test(qasm3_features, measurement) {
    static const struct pair pairs[] = {
        {"measure q -> c;", "c[0] = measure q[0]; c[1] = measure q[1]; c[2] = measure q[2];\n"
                            "c[3] = measure q[3];"},
        {"c = measure q;", "measure q -> c;"},
        {"c[1:2] = measure r;", "c[1] = measure r[0]; c[2] = measure r[1];"},
        {"c[{3, 0}] = measure r;", "c[3] = measure r[0]; c[0] = measure r[1];"},
        {"reset q[0]; reset r;", "reset q[0]; reset r[0]; reset r[1];"},
    };
    EXPECT_ALL(pairs);
}

Test(qasm3_features, operands) {
    static const struct pair pairs[] = {
        {"let a = q[1:2]; x a; z a[0];", "x q[1]; x q[2]; z q[1];"},
        {"let a = q[{3, 0}]; x a;", "x q[3]; x q[0];"},
        {"let a = r ++ q[2:3]; x a[1]; x a[2];", "x r[1]; x q[2];"},
        {"x q[0:2:3]; y q[-1]; z q[2:-1];", "x q[0]; x q[2]; y q[3]; z q[2]; z q[3];"},
        {"x q[3:-2:0];", "x q[3]; x q[1];"},
        {"const int i = 1; x q[i + 1]; x q[i:i + 1];", "x q[2]; x q[1]; x q[2];"},
        {"barrier q; barrier; barrier q[0], r;", "barrier q; barrier q, r; barrier q[0], r;"},
        {"delay[10ns] q[0]; nop q; box [1us] { x q[0]; } box { y q[0]; }", "x q[0]; y q[0];"},
        {"pragma anything at all\n@note 1 2 3\nx q[0];", "x q[0];"},
        {"/* a\ncomment */ x q[0]; // another", "x q[0];"},
    };
    EXPECT_ALL(pairs);
}

Test(qasm3_features, values) {
    static const struct pair pairs[] = {
        {"const float a = 1.5; const int b = 2; rx(a * b + 7 / 2) q[0];", "rx(6) q[0];"},
        {"int[8] i = 127; i += 1; rx(i) q[0];", "rx(-128) q[0];"},
        {"uint[4] u = 15; u += 2; rx(u) q[0]; u <<= 2; rx(u) q[0];", "rx(1) q[0]; rx(4) q[0];"},
        {"bool b = true; b = !b || 1 < 2; if (b && 3 != 4) x q[0];", "x q[0];"},
        {"angle[4] a = pi / 2; a += pi; rz(a / 2) q[0]; rz(a) q[1];",
         "rz(2.356194490192345) q[0]; rz(4.71238898038469) q[1];"},
        {"rx(int[8](3.9)) q[0]; rx(float(7) / 2) q[0]; rx(uint[2](7)) q[0]; rx(int(true)) q[0];",
         "rx(3) q[0]; rx(3.5) q[0]; rx(3) q[0]; rx(1) q[0];"},
        {"bit[4] b = \"1010\"; if (b[1]) x q[0]; if (b[0]) y q[0]; if (b[2:3] == 2) z q[0];",
         "bit[4] b = \"1010\"; x q[0]; z q[0];"},
        {"rx(0xF) q[0]; rx(0b101) q[0]; rx(0o17) q[0]; rx(1_000) q[0];",
         "rx(15) q[0]; rx(5) q[0]; rx(15) q[0]; rx(1000) q[0];"},
        {"rx(6 & 3) q[0]; rx(6 | 3) q[0]; rx(6 ^ 3) q[0]; rx(1 << 3) q[0]; rx(9 >> 1) q[0];",
         "rx(2) q[0]; rx(7) q[0]; rx(5) q[0]; rx(8) q[0]; rx(4) q[0];"},
        {"rx(7 % 3) q[0]; rx(2 ** 3) q[0]; rx(-7 / 2) q[0]; rx(pi - \xCF\x80) q[0];",
         "rx(1) q[0]; rx(8) q[0]; rx(-3) q[0]; rx(0) q[0];"},
        {"rx(sqrt(4)) q[0]; rx(floor(2.5)) q[0]; rx(ceiling(2.5)) q[0]; rx(mod(7, 4)) q[0];\n"
         "rx(pow(2, 3)) q[0]; rx(popcount(\"0111\")) q[0]; rx(exp(0)) q[0]; rx(log(1)) q[0];\n"
         "rx(cos(0)) q[0]; rx(arcsin(0)) q[0]; rx(arctan(0)) q[0]; rx(tan(0)) q[0];",
         "rx(2) q[0]; rx(2) q[0]; rx(3) q[0]; rx(3) q[0]; rx(8) q[0]; rx(3) q[0];\n"
         "rx(1) q[0]; rx(0) q[0]; rx(1) q[0]; rx(0) q[0]; rx(0) q[0]; rx(0) q[0];"},
    };
    EXPECT_ALL(pairs);
}

/* Truth values count as 0 and 1, and take the other operand's type; int with uint is uint. */
Test(qasm3_features, mixed_types) {
    static const struct pair pairs[] = {
        {"bool b = true; rx(b * 2) q[0]; rx(b + b) q[0]; rx(-b) q[0]; rx(3 - b) q[0];",
         "rx(2) q[0]; rx(2) q[0]; rx(-1) q[0]; rx(2) q[0];"},
        {"bit b = 1; rx(b * 2) q[0]; rx(b + 255 * b) q[0]; rx(b | 2) q[0]; rx(b ^ 1) q[0];",
         "bit b = 1; rx(2) q[0]; rx(256) q[0]; rx(3) q[0]; rx(0) q[0];"},
        {"bool b = true; uint[2] u = 3; int[2] i = 1; rx(u + b) q[0]; rx(b + i) q[0];",
         "rx(0) q[0]; rx(-2) q[0];"},
        {"bool b = true; int[4] i = -2; rx(i & b) q[0]; rx(b | i) q[0];",
         "rx(0) q[0]; rx(-1) q[0];"},
        {"rx(int[8](-1) / uint[8](2)) q[0]; rx(int[4](-1) % uint[8](16)) q[0];\n"
         "rx(uint[8](6) / int[8](-1)) q[0]; rx(int[8](-1) & uint[8](240)) q[0];",
         "rx(127) q[0]; rx(15) q[0]; rx(0) q[0]; rx(240) q[0];"},
        {"angle[4] a = pi; a += pi; if (a == 0) x q[0]; if (a) x q[1]; if (a - 1.0 > pi) x q[2];",
         "x q[0]; x q[2];"},
        {"angle[4] a = 0.4; if (a == pi / 8) x q[0]; if (a != -15 * pi / 8) x q[1];", "x q[0];"},
        {"d = measure q[0]; p(d * 2) q[1]; p((d + d) * 0.25) q[1];",
         "d = measure q[0]; if (d) p(2) q[1]; if (d) p(0.5) q[1];"},
    };
    EXPECT_ALL(pairs);
}

Test(qasm3_features, conversions) {
    static const struct pair pairs[] = {
        {"angle[4] a = pi / 2; if (bit[4](a) == \"0100\") x q[0];", "x q[0];"},
        {"angle[4] a = angle[4](\"0100\"); rz(a) q[0]; if (a[2]) x q[0];",
         "rz(1.5707963267948966) q[0]; x q[0];"},
        {"if (1.5) x q[0]; if (0.0) y q[0]; if (\"00\") z q[0];", "x q[0];"},
        {"rx(abs(-3)) q[0]; rx(abs(-2.5)) q[0]; rx(arccos(1)) q[0]; rx(sizeof(q)) q[0];",
         "rx(3) q[0]; rx(2.5) q[0]; rx(0) q[0]; rx(4) q[0];"},
        {"if (rotl(\"1000\", 1) == \"0001\") x q[0]; if (rotr(\"0001\", 1) == \"1000\") x q[1];",
         "x q[0]; x q[1];"},
        {"if ((\"10\" ++ \"01\") == \"0110\") x q[0];", "x q[0];"},
        {"bit[70] w = 1180591620717411303423; if (w[69]) x q[0]; w[0] = measure q[0];\n"
         "if (w[0:1] == 3) y q[0];",
         "bit[70] w = 1180591620717411303423; x q[0]; w[0] = measure q[0]; if (w[0]) y q[0];"},
        {"const uint u = 0xFFFFFFFF; rx(u / 65536) q[0]; rx(float(u) * 0) q[1];",
         "rx(65535) q[0]; rx(0) q[1];"},
        {"c = measure q; rz(angle[4](c)) q[0];",
         "c = measure q; if (c[0]) rz(0.39269908169872414) q[0];\n"
         "if (c[1]) rz(0.7853981633974483) q[0]; if (c[2]) rz(1.5707963267948966) q[0];\n"
         "if (c[3]) rz(3.141592653589793) q[0];"},
    };
    EXPECT_ALL(pairs);
}

/* Sums, and other sizes, of angles in bits: by hand for every outcome. */
Test(qasm3_features, angles_in_bits) {
    struct circuit *circuit =
        read_limits("OPENQASM 3.0; qubit[4] q; bit[4] c; c = measure q; angle[4] a = angle[4](c);\n"
                    "angle[6] more = a; angle[2] less = a; angle[4] twice = a + a + pi / 8;\n"
                    "output bit[6] m; output bit[2] l; output bit[4] t; output uint[4] ones;\n"
                    "m = bit[6](more); l = bit[2](less); t = bit[4](twice); ones = popcount(c);",
                    NULL);
    const struct op_list *ops = &circuit->ops;

    for (unsigned outcome = 0; outcome < 16; outcome++) {
        uint64_t bits[1024] = {0};
        unsigned n_measured = 0, value = 0;
        cr_assert_lt(circuit->n_bits, 1024);
        for (size_t i = 0; i < ops->n_ops; i++) {
            const struct op *op = &ops->ops[i];
            cr_assert(op->kind == OP_MEASURE || op->kind == OP_ASSIGN);
            bits[op->bit] = op->kind == OP_MEASURE ? outcome >> n_measured++ & 1
                                                   : expr_eval_word(ops, op->expr, bits, 1, 0) & 1;
        }
        const uint32_t first = circuit_find_creg(circuit, "m", 1)->first;
        for (unsigned i = 0; i < 16; i++) {
            value |= (unsigned)bits[first + i] << i;
        }
        unsigned want = outcome << 2 | outcome >> 2 << 6 | ((2 * outcome + 1) & 15) << 8 |
                        (unsigned)__builtin_popcount(outcome) << 12;
        cr_expect_eq(value, want, "%u: %x, not %x", outcome, value, want);
    }
    circuit_destroy(circuit);
}

Test(qasm3_features, known_flow) {
    static const struct pair pairs[] = {
        {"if (1 == 1) x q[0]; else y q[0];", "x q[0];"},
        {"for int i in [0:2] x q[i];", "x q[0]; x q[1]; x q[2];"},
        {"for int i in [3:-2:0] { x q[i]; }", "x q[3]; x q[1];"},
        {"for uint i in {2, 0} x q[i];", "x q[2]; x q[0];"},
        {"for int i in [0:9] { if (i == 1) continue; if (i == 3) break; x q[i]; }",
         "x q[0]; x q[2];"},
        {"int i = 0; while (i < 3) { x q[i]; i += 2; }", "x q[0]; x q[2];"},
        {"int i = 2; switch (i) { case 0, 1 { x q[0]; } case 2 { y q[0]; } default { z q[0]; } }",
         "y q[0];"},
        {"x q[0]; end; y q[0];", "x q[0];"},
        {"def f(int[8] n, qubit a) -> int[8] { rx(n) a; return 2 * n; }\n"
         "int[8] k = f(3, q[0]); rx(k) q[1]; f(1, q[2]);",
         "rx(3) q[0]; rx(6) q[1]; rx(1) q[2];"},
        {"def g(qubit[2] a) { for int i in [0:1] { if (i == 1) return; x a[i]; } } g(q[1:2]);",
         "x q[1];"},
    };
    EXPECT_ALL(pairs);
}

Test(qasm3_features, measured_flow) {
    static const struct pair pairs[] = {
        {"c = measure q; if (c[0]) x q[0]; else y q[0];",
         "c = measure q; if (c[0]) { x q[0]; } else { y q[0]; }"},
        {"c = measure q; if (!c[0]) x q[0]; if (c == 5) x q[1]; if (c != 5) x q[2];",
         "c = measure q; if (c[0] == 0) x q[0]; if (c == \"0101\") x q[1]; if (!(c == 5)) x q[2];"},
        {"c = measure q; if (c[0] && c[1] || c[2]) x q[0];",
         "c = measure q; if ((c[0] && c[1]) || c[2]) { x q[0]; }"},
        {"c = measure q; if (c[1:2] == 3) x q[0];", "c = measure q; if (c[1:2] == \"11\") x q[0];"},
        {"c = measure q; if ((c[0] ^ c[1]) == 1) x q[0];",
         "c = measure q; if (c[0] ^ c[1]) x q[0];"},
        {"d = measure q[0]; while (d) { d = measure q[0]; }",
         "d = measure q[0]; while (d == 1) d = measure q[0];"},
        {"c = measure q; switch (c) { case 1 { x q[0]; } case 2 { y q[0]; } default { z q[0]; } }",
         "c = measure q; if (c == 1) x q[0]; else { if (c == 2) y q[0]; else z q[0]; }"},
        {"for uint i in [1:20] { d = measure q[0]; if (d) x q[0]; }",
         "for int k in [0:19] { d = measure q[0]; if (d) { x q[0]; } }"},
    };
    EXPECT_ALL(pairs);
}

Test(qasm3_features, older_spellings) {
    static const struct pair pairs[] = {
        {"for i in [0:2] x q[i];", "for int i in [0:2] x q[i];"},
        {"for i in {1, 3} x q[i];", "x q[1]; x q[3];"},
        {"c = measure q; switch (c) { case 1: { x q[0]; } break; default: { y q[0]; } }",
         "c = measure q; switch (c) { case 1 { x q[0]; } default { y q[0]; } }"},
        {"1 + 2; (c); -1; !c[0]; x q[0];", "x q[0];"},
    };
    EXPECT_ALL(pairs);
}

Test(qasm3_features, physical_qubits) {
    struct circuit *circuit = read_limits("OPENQASM 3.0; include \"stdgates.inc\"; qubit $7;\n"
                                          "bit c; cx $7, $3; c = measure $3;",
                                          NULL);

    cr_expect_eq(circuit->n_qubits, 2);
    cr_expect_eq(op_qubits(&circuit->ops, &circuit->ops.ops[0])[0], 1);
    cr_expect_eq(op_qubits(&circuit->ops, &circuit->ops.ops[0])[1], 0);
    cr_expect_str_eq(messages_all(), "t.qasm:1:45: warning: physical qubits need no "
                                     "declaration; of an older OpenQASM 3");
    circuit_destroy(circuit);
}

Test(qasm3_features, inputs) {
    static const char *const params[] = {"n=3", "t=pi/2", "b=\"0101\"", "f=true", "a=pi"};
    const struct circuit_limits limits = {.params = params, .n_params = 5};

    expect_same("input int n; input float t; input bit[4] b; input bool f; input angle[8] a;\n"
                "rx(n * t) q[0]; if (b[2]) x q[1]; if (b[1]) x q[2]; if (f) z q[3]; rz(a) q[0];",
                "rx(4.71238898038469) q[0]; x q[1]; z q[3]; rz(pi) q[0];", &limits);
}

/* Bits that the reader makes for itself are in no name's way. */
Test(qasm3_features, hidden_names) {
    struct circuit *circuit = read_limits(
        "OPENQASM 3.0; qubit[2] q; bit[2] c; c = measure q; { bit k; k = measure q[0]; }\n"
        "int[8] n = c; n = n + 3; if (n > 2) { U(0, 0, 0) q[0]; } bit k; bit t; bit m;",
        NULL);

    cr_expect_not_null(circuit_find_creg(circuit, "k", 1));
    cr_expect_not_null(circuit_find_creg(circuit, "t", 1));
    circuit_destroy(circuit);
}

Test(qasm3_features, outputs) {
    struct circuit *circuit = read_limits("OPENQASM 3.0; qubit q; bit hidden; output bit[2] o;\n"
                                          "o[1] = measure q; int n; { bit m; m = measure q; }",
                                          NULL);

    cr_expect(!circuit->cregs[0].is_output && !circuit->cregs[0].is_local);
    cr_expect(circuit->cregs[1].is_output);
    cr_expect(circuit->cregs[2].is_local);
    circuit_destroy(circuit);
}

/* Iterative phase estimation, as in the specification: the angle is fed back. */
Test(qasm3_features, angles_of_measured_bits) {
    struct circuit *circuit = read_limits(
        "OPENQASM 3.0; include \"stdgates.inc\"; qubit q; angle[3] c = 0; bit m; m = measure q;\n"
        "c[0] = m; c <<= 1; m = measure q; c[0] = m; angle[5] t = 3 * pi / 4; t -= c;\n"
        "output bit[5] o; o = bit[5](t);",
        NULL);
    const struct op_list *ops = &circuit->ops;

    /* every outcome, by hand: t = 12 - 4 c mod 32 in units of a turn / 32 */
    for (unsigned outcome = 0; outcome < 4; outcome++) {
        uint64_t bits[256] = {0};
        unsigned n_measured = 0, value = 0, c = (outcome & 1) * 2 + (outcome >> 1);
        for (size_t i = 0; i < ops->n_ops; i++) {
            const struct op *op = &ops->ops[i];
            cr_assert(op->kind == OP_MEASURE || op->kind == OP_ASSIGN);
            bits[op->bit] = op->kind == OP_MEASURE ? outcome >> n_measured++ & 1
                                                   : expr_eval_word(ops, op->expr, bits, 1, 0) & 1;
        }
        for (unsigned i = 0; i < 5; i++) {
            const struct reg *reg = circuit_find_creg(circuit, "o", 1);
            value |= (unsigned)bits[reg->first + i] << i;
        }
        cr_expect_eq(value, (12 - 4 * c) % 32, "%u: %u", outcome, value);
    }
    circuit_destroy(circuit);
}

Test(qasm3_features, include) {
    char name[] = "/tmp/qspan-include-XXXXXX.inc";
    int fd = mkstemps(name, 4);
    static const char text[] = "gate mine a { x a; }\n";
    struct text body = {0};

    cr_assert_eq(write(fd, text, sizeof text - 1), (ssize_t)sizeof text - 1);
    close(fd);
    text_printf(&body, "include \"%s\"; mine q[2];", name);
    expect_same(body.data, "x q[2];", NULL);
    text_fini(&body);
    unlink(name);
}

/* ---- which language, and how strictly ---- */

Test(qasm3_features, language_by_content) {
    static const struct {
        const char *text;
        enum circuit_language language;
    } cases[] = {
        {"OPENQASM 2.0; qubit q;", CIRCUIT_QASM2},
        {"OPENQASM 3; qreg q[1];", CIRCUIT_QASM3},
        {"// qubit\n/* bit */ OPENQASM 2.0;", CIRCUIT_QASM2},
        {"qreg q[1]; creg c[1]; measure q -> c; if (c == 1) U(0,0,0) q[0];", CIRCUIT_QASM2},
        {"qubit q;", CIRCUIT_QASM3},
        {"bit c;", CIRCUIT_QASM3},
        {"include \"stdgates.inc\"; qreg q[1];", CIRCUIT_QASM3},
        {"include 'mine.inc'; qreg q[1];", CIRCUIT_QASM3},
        {"qreg q[1]; ctrl @ x q[0];", CIRCUIT_QASM3},
        {"qreg q[2]; x $0;", CIRCUIT_QASM3},
        {"qreg q[1]; creg c[1]; c = measure q;", CIRCUIT_QASM3},
        {"gate g(\xCE\xB8) a { U(\xCE\xB8, 0, 0) a; }", CIRCUIT_QASM3},
        {"qreg q[1]; for int i in [0:1] x q[0];", CIRCUIT_QASM3},
        {"", CIRCUIT_QASM2},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cr_expect_eq(circuit_detect(cases[i].text, strlen(cases[i].text)), cases[i].language, "%s",
                     cases[i].text);
    }
}

static void expect_strictly_refused(const char *text, const char *want) {
    const struct circuit_limits strict = {.strict = true};
    struct circuit *circuit = NULL;

    circuit_destroy(read_limits(text, NULL));
    cr_expect_str_neq(messages_all(), "", "%s", text);
    messages_keep();
    cr_expect_eq(circuit_read_text(&circuit, "t.qasm", text, strlen(text), &strict), STATUS_INPUT);
    cr_expect_str_eq(messages_all(), want);
}

Test(qasm3_features, strict) {
    expect_strictly_refused("OPENQASM 3.0; qubit q; h q;",
                            "t.qasm:1:24: error: gate 'h' without include \"stdgates.inc\"");
    expect_strictly_refused("OPENQASM 3.0; qubit $0; U(0, 0, 0) $0;",
                            "t.qasm:1:21: error: '$0': expected a name that is no physical qubit");
    expect_strictly_refused("OPENQASM 3.0; qubit[2] q; for i in [0:1] U(0, 0, 0) q[i];",
                            "t.qasm:1:31: error: 'i': expected a type");
    expect_strictly_refused("OPENQASM 3.0; switch (1) { case 1: { } }",
                            "t.qasm:1:34: error: ':': expected '{' before a block");
    const struct circuit_limits strict = {.strict = true};
    struct circuit *circuit = NULL;
    messages_keep();
    cr_expect_eq(circuit_read_text(&circuit, "t.qasm", "qubit q;", 8, &strict), STATUS_INPUT);
    cr_expect_str_eq(messages_all(), "t.qasm:1:1: error: 'qubit': expected OPENQASM 3.0;");
}

static enum status read_jumps(struct circuit **out_circuit, unsigned n) {
    struct text text = {0};
    enum status status;

    text_add(&text, "OPENQASM 3.0; qubit q; bit c; c = measure q; while (!c) { c = measure q;\n");
    for (unsigned i = 0; i < n; i++) {
        text_add(&text, "if (c) break;\n");
    }
    text_add(&text, "}");
    messages_keep();
    status = qasm3_read_text(out_circuit, "t.qasm", text.data, text.n, NULL);
    text_fini(&text);
    return status;
}

/* Jumps after each other, each of which guards the rest, are no nesting of the text. */
Test(qasm3_features, many_jumps) {
    struct circuit *circuit = NULL;

    cr_assert_eq(read_jumps(&circuit, 10000), STATUS_OK, "%s", messages_all());
    cr_expect_gt(circuit->ops.n_ops, 40000);
    circuit_destroy(circuit);
    cr_expect_eq(read_jumps(&circuit, 100000), STATUS_INPUT);
    cr_expect_str_eq(messages_all(),
                     "t.qasm:16385:1: error: more than 16384 branches and loops on measured bits "
                     "depend on each other");
}
