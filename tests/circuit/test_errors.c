/* Every way to be refused: the exact place and words. */
#include <stdio.h>

#include "circuit/reading.h"

struct refusal {
    const char *text, *want; /* want: after "t.qasm:" */
};

static void expect_refusal(const char *text, const char *want, enum status want_status,
                           const struct circuit_limits *limits) {
    struct circuit *circuit = NULL;
    struct text message = {0};
    enum status status = reading_try(&circuit, text, limits);

    text_printf(&message, "t.qasm:%s", want);
    cr_expect_eq(status, want_status, "%s: status %d", text, status);
    cr_expect_str_eq(messages_all(), message.data, "%s\n gives %s\n not %s", text, messages_all(),
                     message.data);
    cr_expect_null(circuit);
    text_fini(&message);
}

/* The text comes after a version line and qelib1.inc, in line 2. */
static void expect_refusals(const struct refusal *cases, size_t n) {
    for (size_t i = 0; i < n; i++) {
        struct text source = {0};
        text_printf(&source, "OPENQASM 2.0; include \"qelib1.inc\";\n%s", cases[i].text);
        expect_refusal(source.data, cases[i].want, STATUS_INPUT, NULL);
        text_fini(&source);
    }
}

#define COUNT(array) (sizeof array / sizeof array[0])

Test(errors, first_statement) {
    static const struct refusal cases[] = {
        {"", "1:1: error: the end of the file: expected OPENQASM 2.0;"},
        {"\n\n// nothing", "3:11: error: the end of the file: expected OPENQASM 2.0;"},
        {"OPENQASM 2.1;", "1:10: error: version '2.1' of OpenQASM; expected 2.0"},
        {"OPENQASM 3;", "1:10: error: version '3' of OpenQASM; expected 2.0"},
        {"OPENQASM two;", "1:10: error: version 'two' of OpenQASM; expected 2.0"},
        {"OPENQASM 2.0 qreg q[1];", "1:14: error: 'qreg': expected ';' after the version"},
        {"OPENQASM 2.0;\nOPENQASM 2.0;",
         "2:1: error: the OPENQASM line is expected as first statement only"},
        {"OPENQASM 2.0;\n  qubit[2] q;",
         "2:3: error: unknown gate 'qubit'; expected U, CX or a "
         "definition before this line (this looks like OpenQASM 3)"},
        {"OPENQASM 2.0;\nqreg q[1]; h q[0];",
         "2:12: error: unknown gate 'h'; expected include \"qelib1.inc\" or a definition before "
         "this line"},
        {"OPENQASM 2.0;\nqreg q[1]; sdag q[0];",
         "2:12: error: unknown gate 'sdag'; expected U, CX or a definition before this line"},
        {"OPENQASM 2.0; include qelib1;",
         "1:23: error: 'qelib1': expected a string with the name of a file after 'include'"},
        {"OPENQASM 2.0; include \"qelib1.inc\" qreg",
         "1:36: error: 'qreg': expected ';' after the name of a file"},
        {"OPENQASM 2.0; include \"qelib1.inc;\n",
         "1:23: error: string is not closed; expected \" on its line"},
        {"OPENQASM 2.0;\ngate h a { }\ninclude \"qelib1.inc\";",
         "3:9: error: qelib1.inc defines gate 'h' in another way than t.qasm:2:6"},
        {"OPENQASM 2.0; /* open", "1:15: error: comment is not closed; expected '*/'"},
        {"OPENQASM 2.0; )", "1:15: error: ')': expected a statement"},
        {"OPENQASM 2.0; \"x\";", "1:15: error: \"x\": expected a statement"},
        {"OPENQASM 2.0; \x01", "1:15: error: control character 0x01 in the text"},
        {"OPENQASM 2.0; \xE9;", "1:15: error: byte 0xE9 is not UTF-8 text"},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        expect_refusal(cases[i].text, cases[i].want, STATUS_INPUT, NULL);
    }
}

Test(errors, registers) {
    static const struct refusal cases[] = {
        {"qreg q;", "2:7: error: ';': expected '[' and the size of the register"},
        {"qreg q[];", "2:8: error: ']': expected an integer as size of the register"},
        {"qreg q[-1];", "2:8: error: '-': expected an integer as size of the register"},
        {"qreg q[1.5];", "2:8: error: '1.5': expected an integer as size of the register"},
        {"creg c[2;", "2:9: error: ';': expected ']' after a size"},
        {"creg c[2]", "2:10: error: the end of the file: expected ';' after a declaration"},
        {"qreg 5[2];", "2:6: error: '5': expected a name for a register"},
        {"qreg measure[2];", "2:6: error: 'measure' is a word of the language; expected a name for "
                             "a register"},
        {"qreg pi[2];",
         "2:6: error: 'pi' is a word of the language; expected a name for a register"},
        {"qreg q[0];", "2:6: error: register 'q' has no qubits; expected at least one"},
        {"creg c[0];", "2:6: error: register 'c' has no bits; expected at least one"},
        {"qreg q[2];\n creg q[2];", "3:7: error: 'q' is declared twice; first in line 2"},
    };
    static const struct refusal too_large[] = {
        {"OPENQASM 2.0; qreg q[67108865];", "1:22: error: register of size '67108865'; at most "
                                            "67108864 more qubits are possible"},
        {"OPENQASM 2.0; qreg a[67108860]; qreg b[5];",
         "1:40: error: register of size '5'; at most 4 more qubits are possible"},
        {"OPENQASM 2.0; creg c[4294967298];", "1:22: error: register of size '4294967298'; at most "
                                              "67108864 more bits are possible"},
        {"OPENQASM 2.0; creg c[18446744073709551617];",
         "1:22: error: register of size '18446744073709551617'; at most 67108864 more bits are "
         "possible"},
    };

    expect_refusals(cases, COUNT(cases));
    for (size_t i = 0; i < COUNT(too_large); i++) {
        expect_refusal(too_large[i].text, too_large[i].want, STATUS_NOFIT, NULL);
    }
}

Test(errors, calls) {
    static const struct refusal cases[] = {
        {"frob q;", "2:1: error: unknown gate 'frob'; expected one of qelib1's gates or a "
                    "definition before this line"},
        {"ryy(1) q;", "2:1: error: unknown gate 'ryy'; expected one of qelib1's gates or a "
                      "definition before this line"},
        {"MEASURE q;", "2:1: error: unknown gate 'MEASURE'; expected one of qelib1's gates or a "
                       "definition before this line"},
        {"sin q;", "2:1: error: unknown gate 'sin'; expected one of qelib1's gates or a definition "
                   "before this line"},
        {"h q[0];",
         "2:3: error: undeclared register 'q'; expected a qreg declared before this line"},
        {"creg c[1]; h c[0];", "2:14: error: 'c' is a classical register; expected a quantum one"},
        {"qreg q[2]; h q[2];", "2:16: error: index '2' is outside of q[2]"},
        {"qreg q[2]; h q[18446744073709551616];",
         "2:16: error: index '18446744073709551616' is outside of q[2]"},
        {"qreg q[2]; h q[-1];", "2:16: error: '-': expected an integer as index of a register"},
        {"qreg q[2]; h q[0;", "2:17: error: ';': expected ']' after an index"},
        {"qreg q[2]; h q[0", "2:17: error: the end of the file: expected ']' after an index"},
        {"qreg q[2]; h 3;", "2:14: error: '3': expected a name of a quantum register"},
        {"qreg q[2]; h q[0]", "2:18: error: the end of the file: expected ';' or ',' after an "
                              "operand"},
        {"qreg q[2]; h q[0] q[1];", "2:19: error: 'q': expected ';' or ',' after an operand"},
        {"qreg q[2]; cx q[0];", "2:12: error: gate 'cx' on 1 operand; expected 2"},
        {"qreg q[2]; h q[0],q[1];", "2:12: error: gate 'h' on 2 operands; expected 1"},
        {"qreg q[2]; u3(1,2) q[0];", "2:12: error: gate 'u3' with 2 parameters; expected 3"},
        {"qreg q[2]; x(1) q[0];", "2:12: error: gate 'x' with 1 parameter; expected 0"},
        {"qreg q[2]; cx q[1],q[1];", "2:20: error: qubit q[1] is used twice in one gate"},
        {"qreg q[3]; cx q,q[1];", "2:17: error: qubit q[1] is used twice in one gate"},
        {"qreg q[3]; cx q[2],q;", "2:20: error: qubit q[2] is used twice in one gate"},
        {"qreg q[3]; cx q,q;", "2:17: error: qubit q[0] is used twice in one gate"},
        {"qreg q[9]; c4x q[0],q[1],q[2],q[3],q[0];",
         "2:36: error: qubit q[0] is used twice in one gate"},
        {"qreg q[9]; gate g a,b,c,d,e,f { cx a,f; } g q[8],q[1],q[2],q[3],q[4],q[8];",
         "2:70: error: qubit q[8] is used twice in one gate"},
        {"qreg q[2]; qreg r[3]; cx q,r;",
         "2:28: error: register of 3 qubits beside one of 2; expected equal sizes"},
        {"qreg q[1]; qreg r[3]; cx q,r;",
         "2:28: error: register of 3 qubits beside one of 1; expected equal sizes"},
        {"qreg q[1]; rx(theta) q[0];", "2:15: error: unknown name 'theta'; expected a number, pi, "
                                       "sin cos tan exp ln sqrt or '('"},
        {"qreg q[1]; rx(1 q[0];", "2:17: error: 'q' in an angle: expected an operator, ',' or ')'"},
    };

    expect_refusals(cases, COUNT(cases));
}

Test(errors, measure_reset_barrier_if) {
    static const struct refusal cases[] = {
        {"qreg q[3]; creg c[2]; measure q -> c;", "2:36: error: measure of 3 qubits into 2 bits"},
        {"qreg q[3]; creg c[2]; measure q -> c[1];", "2:36: error: measure of 3 qubits into 1 bit"},
        {"qreg q[3]; measure q[0] -> q[1];",
         "2:28: error: 'q' is a quantum register; expected a classical one"},
        {"creg c[3]; measure c -> c;",
         "2:20: error: 'c' is a classical register; expected a quantum one"},
        {"qreg q[1]; measure q;", "2:21: error: ';': expected '->' after the qubits to measure"},
        {"qreg q[1]; creg c[1]; measure q = c;",
         "2:33: error: '=': expected '->' after the qubits to measure"},
        {"qreg q[1]; creg c[1]; measure q -> c", "2:37: error: the end of the file: expected ';' "
                                                 "after measure"},
        {"qreg q[1]; creg c[1]; measure q -> c[1];", "2:38: error: index '1' is outside of c[1]"},
        {"reset r;", "2:7: error: undeclared register 'r'; expected a qreg declared before this "
                     "line"},
        {"qreg q[1]; reset q, q;", "2:19: error: ',': expected ';' after reset"},
        {"qreg q[1]; barrier;", "2:19: error: ';': expected a name of a quantum register"},
        {"qreg q[1]; if (c==1) x q;",
         "2:16: error: undeclared register 'c'; expected a creg declared before this line"},
        {"qreg q[1]; if (q==1) x q;",
         "2:16: error: 'q' is a quantum register; expected a classical one"},
        {"qreg q[1]; creg c[1]; if c==1 x q;", "2:26: error: 'c': expected '(' after 'if'"},
        {"qreg q[1]; creg c[1]; if (c[0]==1) x q;",
         "2:28: error: '[': OpenQASM 2 compares whole registers; expected '=='"},
        {"qreg q[1]; creg c[1]; if (c=1) x q;", "2:28: error: '=': expected '==' after the "
                                                "register"},
        {"qreg q[1]; creg c[1]; if (c!=1) x q;", "2:28: error: '!=': expected '==' after the "
                                                 "register"},
        {"qreg q[1]; creg c[1]; if (c==-1) x q;", "2:30: error: '-': expected an integer to "
                                                  "compare with"},
        {"qreg q[1]; creg c[1]; if (c==1.0) x q;", "2:30: error: '1.0': expected an integer to "
                                                   "compare with"},
        {"qreg q[1]; creg c[1]; if (c==1 x q;", "2:32: error: 'x': expected ')' after the value"},
        {"qreg q[1]; creg c[1]; if (c==1) barrier q;",
         "2:33: error: 'barrier' after a condition: expected a gate, measure or reset"},
        {"qreg q[1]; creg c[1]; if (c==1) if (c==0) x q;",
         "2:33: error: 'if' after a condition: expected a gate, measure or reset"},
        {"qreg q[1]; creg c[1]; if (c==1) { x q; }",
         "2:33: error: '{' after a condition: expected a gate, measure or reset"},
        {"qreg q[1]; creg c[1]; if (c==1) y z;",
         "2:35: error: undeclared register 'z'; expected a qreg declared before this line"},
    };

    expect_refusals(cases, COUNT(cases));
}

Test(errors, definitions) {
    static const struct refusal cases[] = {
        {"gate { }", "2:6: error: '{': expected a name for a gate"},
        {"gate g { }", "2:8: error: '{': expected a name for a qubit of the gate"},
        {"gate g(a b { }", "2:10: error: 'b': expected ')' or ',' after a parameter"},
        {"gate g(1) b { }", "2:8: error: '1': expected a name for a parameter"},
        {"gate g(a,a) b { }", "2:10: error: 'a' names two things in one gate"},
        {"gate g(a) b,a { }", "2:13: error: 'a' names two things in one gate"},
        {"gate g a,a { }", "2:10: error: 'a' names two things in one gate"},
        {"gate g a h a;", "2:10: error: 'h': expected '{' or ',' before the body of a gate"},
        {"gate if a { }", "2:6: error: 'if' is a word of the language; expected a name for a gate"},
        {"gate U a { }", "2:6: error: 'U' is a word of the language; expected a name for a gate"},
        {"gate g a { h a; ", "2:17: error: the end of the file in the body of a gate: expected a "
                             "gate, barrier or '}'"},
        {"gate g a { h a[0]; }", "2:15: error: '[': qubits of a gate have no index in its body"},
        {"gate g a { h b; }", "2:14: error: 'b' is no qubit of this gate"},
        {"gate g a { g a; }", "2:12: error: unknown gate 'g'; expected one of qelib1's gates or a "
                              "definition before this line"},
        {"gate g a { measure a -> c; }", "2:12: error: 'measure' in the body of a gate: expected a "
                                         "gate, barrier or '}'"},
        {"gate g a { reset a; }",
         "2:12: error: 'reset' in the body of a gate: expected a gate, barrier or '}'"},
        {"gate g a { if(c==1) x a; }",
         "2:12: error: 'if' in the body of a gate: expected a gate, barrier or '}'"},
        {"gate g a,b { cx a,a; }", "2:19: error: qubit 'a' is used twice in one gate"},
        {"gate g a,b { barrier a,b,a; }", "2:26: error: qubit 'a' is used twice in one gate"},
        {"gate g a,b { cx a; }", "2:14: error: gate 'cx' on 1 operand; expected 2"},
        {"gate g a { rx a; }", "2:12: error: gate 'rx' with 0 parameters; expected 1"},
        {"gate g(t) a { rx(s) a; }",
         "2:18: error: unknown name 's'; expected a number, pi, a parameter of the gate, sin cos "
         "tan exp ln sqrt or '('"},
        {"gate g a { x a; }\ngate g a { x a; }",
         "3:6: error: gate 'g' is defined twice; first at t.qasm:2:6"},
        {"opaque g a;\ngate g a { x a; }",
         "3:6: error: gate 'g' is defined twice; first at t.qasm:2:8"},
        {"gate h a { u2(0,pi) a; }\ngate h a { u2(0,pi) a; }",
         "3:6: error: gate 'h' is defined twice; first at t.qasm:2:6"},
        {"opaque g(t) a,b;\nqreg q[2]; g(1) q[0],q[1];",
         "3:12: error: gate 'g' is opaque (t.qasm:2:8): without a definition it cannot be "
         "simulated"},
        {"opaque g a;\ngate f a { g a; }",
         "3:12: error: gate 'g' is opaque (t.qasm:2:8): without a definition it cannot be "
         "simulated"},
        {"opaque g a { }", "2:12: error: '{': expected ';' or ',' after a qubit"},
        {"gate g(t) a { rx(1/t) a; }\nqreg q[1]; g(0.5) q[0]; g(0) q[0];",
         "2:19: error: division by zero, in gate 'g' as called from t.qasm:3:25"},
        {"gate g(t) a { rz(t) a; } gate f(t) a { g(t*t) a; }\nqreg q[1]; f(1e5) q[0];",
         "3:12: error: angle 1e+10 of gate 'rz'; expected less than 268435456"},
    };

    expect_refusals(cases, COUNT(cases));
}

Test(errors, placement) {
    static const struct refusal cases[] = {
        {"// qspan qpus A q\n",
         "2:10: error: unknown comment for qspan; expected // qspan qpu NAME "
         "reg[i:j] ..."},
        {"qreg q[2];\nh q[0];\n// qspan qpu A q", "4:10: error: placement after the first "
                                                  "operation; expected it before"},
        {"// qspan qpu A q\nqreg r[2];", "2:16: error: undeclared register 'q'; expected a qreg "
                                         "declared before the first operation"},
        {"qreg q[2]; // qspan qpu A\nh q;",
         "2:26: error: the end of the line: expected a name of a "
         "quantum register"},
        {"qreg q[2]; // qspan qpu 7 q\nh q;", "2:25: error: '7': expected a name of a QPU after "
                                              "'qpu'"},
        {"qreg q[2]; // qspan qpu A q[2]\nh q;", "2:29: error: index '2' is outside of q[2]"},
        {"qreg q[2]; // qspan qpu A q[0:2]\nh q;", "2:31: error: index '2' is outside of q[2]"},
        {"qreg q[2]; // qspan qpu A q[1:0]\nh q;", "2:31: error: range 1:0 runs backwards"},
        {"qreg q[2]; // qspan qpu A q[0:1\nh q;", "2:32: error: the end of the line: expected ']' "
                                                  "after an index"},
        {"qreg q[2]; // qspan qpu A q[0]\n// qspan qpu B q[0:1]\nh q;",
         "3:16: error: qubit q[0] is already placed on QPU 'A'"},
        {"qreg q[2]; // qspan qpu A q, r\nh q;", "2:28: error: ',': expected a name of a quantum "
                                                 "register"},
    };

    expect_refusals(cases, COUNT(cases));
}

Test(errors, strict) {
    const struct circuit_limits strict = {.strict = true};
    static const struct refusal cases[] = {
        {"qreg q[1];", "1:1: error: 'qreg': expected OPENQASM 2.0;"},
        {"OPENQASM 2; qreg q[1];", "1:10: error: version '2' of OpenQASM; expected 2.0"},
        {"OPENQASM 2.0; qreg Q[1];",
         "1:20: error: 'Q': names of OpenQASM 2 begin with a lower-case letter"},
        {"OPENQASM 2.0; gate _g a {}",
         "1:20: error: '_g': names of OpenQASM 2 begin with a lower-case letter"},
        {"OPENQASM 2.0;;", "1:14: error: ';': expected a statement"},
        {"OPENQASM 2.0; include \"qelib1.inc\"; gate h a { x a; }",
         "1:42: error: gate 'h' of qelib1.inc is defined again"},
        {"OPENQASM 2.0; include \"qelib1.inc\"; qreg x[1];",
         "1:42: error: 'x' is the name of a gate already"},
        {"OPENQASM 2.0; qreg g[1];\ngate g a {}",
         "2:6: error: 'g' is declared twice; first in line 1"},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        expect_refusal(cases[i].text, cases[i].want, STATUS_INPUT, &strict);
    }
}

/* Long text and control characters in what is quoted stay harmless. */
Test(errors, quotes_are_cut) {
    struct text source = {0}, want = {0};

    text_add(&source, "OPENQASM 2.0;");
    text_add(&want, "1:14: error: unknown gate '");
    for (unsigned i = 0; i < 100000; i++) {
        text_add(&source, "g");
        text_add(&want, i < 48 ? "g" : "");
    }
    text_add(&want, "...'; expected U, CX or a definition before this line");
    expect_refusal(source.data, want.data, STATUS_INPUT, NULL);
    text_fini(&source);
    text_fini(&want);
    expect_refusal("OPENQASM 2.0; include \"a\x1b[31m\";",
                   "1:25: error: control character 0x1B in the text", STATUS_INPUT, NULL);
}

/* --- what would grow without bound --- */

static void add_doubling(struct text *source, const char *first_body, unsigned n_levels) {
    text_printf(source, "OPENQASM 2.0;\ngate g0 a { %s }\n", first_body);
    for (unsigned i = 1; i <= n_levels; i++) {
        text_printf(source, "gate g%u a { g%u a; g%u a; }\n", i, i - 1, i - 1);
    }
    text_printf(source, "qreg q[1]; g%u q[0];\n", n_levels);
}

Test(errors, doubling_gates) {
    struct text source = {0};
    struct circuit *circuit = NULL;

    add_doubling(&source, "U(0,0,1) a;", 50);
    expect_refusal(source.data,
                   "53:12: error: this statement expands to 1125899906842624 operations on "
                   "1125899906842624 qubits, after 0 others; at most 268435456 are possible",
                   STATUS_NOFIT, NULL);
    text_fini(&source);
    source = (struct text){0};
    add_doubling(&source, "", 200); /* 2^200 calls that do nothing */
    cr_expect_eq(reading_try(&circuit, source.data, NULL), STATUS_OK);
    cr_expect_eq(circuit->ops.n_ops, 0);
    circuit_destroy(circuit);
    text_fini(&source);
    source = (struct text){0};
    add_doubling(&source, "U(0,0,1) a;", 200); /* beyond 64 bits */
    cr_expect_eq(reading_try(&circuit, source.data, NULL), STATUS_NOFIT);
    text_fini(&source);
    source = (struct text){0};
    add_doubling(&source, "U(0,0,1) a;", 10);
    circuit = must_read(source.data);
    cr_expect_eq(circuit->ops.n_ops, 1024);
    circuit_destroy(circuit);
    text_fini(&source);
}

Test(errors, limits_of_the_caller) {
    const struct circuit_limits limits = {.max_qubits = 3, .max_ops = 5, .max_file_bytes = 80};

    expect_refusal("OPENQASM 2.0; qreg q[2]; qreg r[2];",
                   "1:33: error: register of size '2'; at most 1 more qubits are possible",
                   STATUS_NOFIT, &limits);
    expect_refusal("OPENQASM 2.0; qreg q[3]; U(0,0,1) q; U(0,0,1) q;",
                   "1:38: error: this statement expands to 3 operations on 3 qubits, after 3 "
                   "others; at most 5 are possible",
                   STATUS_NOFIT, &limits);
    expect_refusal(
        "OPENQASM 2.0; // ...................................................................",
        " error: is larger than 80 bytes", STATUS_INPUT, &limits);
}

/* A chain of definitions as deep as the file is long. */
Test(errors, depth_of_definitions_is_no_limit) {
    enum { DEPTH = 30000 };
    struct text source = {0};
    struct circuit *circuit;

    text_add(&source, "OPENQASM 2.0;\ngate g0(t) a,b { U(t,0,0) a; CX b,a; }\n");
    for (unsigned i = 1; i <= DEPTH; i++) {
        text_printf(&source, "gate g%u(t) a,b { g%u(t) b,a; }\n", i, i - 1);
    }
    text_printf(&source, "qreg q[2]; g%u(0.5) q[0],q[1];", DEPTH);
    circuit = must_read(source.data);
    cr_assert_eq(circuit->ops.n_ops, 2);
    cr_expect_eq(op_params(&circuit->ops, &circuit->ops.ops[0])[0], 0.5);
    cr_expect_eq(op_qubits(&circuit->ops, &circuit->ops.ops[1])[0], 1);
    circuit_destroy(circuit);
    text_fini(&source);
}

/* Thousands of registers, operands and conditions: linear in the text. */
Test(errors, wide_files) {
    enum { N = 8000 };
    struct text source = {0};
    struct circuit *circuit;

    text_add(&source, "OPENQASM 2.0;\n");
    for (unsigned i = 0; i < N; i++) {
        text_printf(&source, "qreg q%u[1];creg c%u[1];gate g%u(t%u) a {U(t%u,0,0) a;}\n", i, i, i,
                    i, i);
    }
    for (unsigned i = 0; i < N; i++) {
        text_printf(&source, "if(c%u==1) g%u(0.5) q%u[0];\n", i, i, N - 1 - i);
    }
    text_add(&source, "barrier q0");
    for (unsigned i = 0; i < N; i++) {
        text_printf(&source, ",q%u", i);
    }
    text_add(&source, ";\n");
    circuit = must_read(source.data);
    cr_expect_eq(circuit->n_qubits, N);
    cr_expect_eq(circuit->ops.n_ops, 3 * N + 1);
    cr_expect_eq(circuit->ops.ops[3 * N].n_qubits, N);
    circuit_destroy(circuit);
    text_fini(&source);
}
