/* Every way to be refused by the parser: the exact place and words. */
#include "program/programs.h"

#define REGISTERS "qubit[2] a; bit m; bit[3] c; output bit[2] d;\n"

struct refusal {
    const char *text, *want; /* want: after "t.qasm:" */
};

static void expect_refusal(const char *text, const char *want, enum status want_status,
                           const struct circuit_limits *limits) {
    struct program *program = NULL;
    struct text message = {0};
    enum status status = reading_try(&program, text, limits);

    text_printf(&message, "t.qasm:%s", want);
    cr_expect_eq(status, want_status, "%s: status %d", text, status);
    cr_expect_str_eq(messages_all(), message.data, "%s\n gives %s\n not %s", text, messages_all(),
                     message.data);
    cr_expect_null(program);
    text_fini(&message);
}

/* The texts come after `head`. */
static void expect_refusals(const char *head, const struct refusal *cases, size_t n) {
    for (size_t i = 0; i < n; i++) {
        struct text source = {0};
        text_printf(&source, "%s%s", head, cases[i].text);
        expect_refusal(source.data, cases[i].want, STATUS_INPUT, NULL);
        text_fini(&source);
    }
}

Test(errors, the_beginning) {
    static const struct refusal cases[] = {
        {"",
         "1:1: error: the end of the file: expected 'OPENQASM 3.0;' at the beginning of a program"},
        {"qubit q;", "1:1: error: 'qubit': expected 'OPENQASM 3.0;' at the beginning of a program"},
        {"OPENQASM 2.0;\nqubit q;", "1:10: error: '2.0': expected version 3.0 of OpenQASM"},
        {"OPENQASM 3.0 qubit q;", "1:14: error: 'qubit': expected ';' after the version"},
        {"OPENQASM;", "1:9: error: ';': expected version 3.0 of OpenQASM"},
        {"OPENQASM 4;", "1:10: error: '4': expected version 3.0 of OpenQASM"},
        {"OPENQASM 3;\ninclude \"qelib1.inc\";",
         "2:9: error: include of \"qelib1.inc\": expected \"stdgates.inc\" or \"qnu.inc\", which "
         "are built in"},
        {"OPENQASM 3;\ninclude stdgates;",
         "2:9: error: 'stdgates': expected \"stdgates.inc\" or \"qnu.inc\""},
        {"OPENQASM 3;\ninclude \"stdgates.inc\"\nqubit q;",
         "3:1: error: 'qubit': expected ';' after an include"},
        {"OPENQASM 3;\nqubit q; h q;",
         "2:10: error: gate 'h' is not known yet: expected include \"stdgates.inc\""},
        {"OPENQASM 3;\ninclude \"stdgates.inc\"; qubit q; sxdg q;",
         "2:34: error: gate 'sxdg' is not known yet: expected include \"qnu.inc\""},
        {"OPENQASM 3;\nqubit[2] q; ebit(q[0], q[1]);",
         "2:13: error: 'ebit' is not known yet: expected include \"qnu.inc\""},
        {"OPENQASM 3;\nOPENQASM 3;",
         "2:1: error: 'OPENQASM': expected the version as the first statement only"},
        {"OPENQASM 3;\n// qspan qpu A q[0]\nqubit q;",
         "2:10: error: comment '// qspan qpu A q[0]' in a program: expected 'pragma qspan'"},
    };

    expect_refusals("", cases, COUNT(cases));
}

Test(errors, declarations) {
    static const struct refusal cases[] = {
        {"qubit[0] q;", "2:7: error: '0': expected a size of at least 1"},
        {"qubit[n] q;", "2:7: error: 'n': expected a size of at least 1"},
        {"qubit[2 q;", "2:9: error: 'q': expected ']' after a size"},
        {"qubit 5;", "2:7: error: '5': expected a name"},
        {"qubit q", "2:8: error: the end of the file: expected ';' after a declaration"},
        {"qubit a; bit a;", "2:14: error: 'a' is declared twice; the other is in line 2"},
        {"bit h;", "2:5: error: 'h' is a gate of stdgates.inc; expected another name"},
        {"bit qubit;", "2:5: error: 'qubit' is a keyword of OpenQASM 3; expected another name"},
        {"qubit pi;",
         "2:7: error: 'pi' is a constant or function of OpenQASM 3; expected another name"},
        {"bit teledata;", "2:5: error: 'teledata' is a def of qnu.inc; expected another name"},
        {"qubit comm;",
         "2:7: error: 'comm' is a word of 'pragma qspan qpu'; expected another name"},
        {"qubit[2] comm; bit data;",
         "2:20: error: 'data' is a word of 'pragma qspan qpu'; expected another name"},
        {"output qubit q;",
         "2:8: error: 'qubit': expected 'bit': only bits are output of programs"},
        {"output int v;", "2:8: error: 'int': expected 'bit': only bits are output of programs"},
        {"bit[2] v = measure a;", "2:10: error: '=': expected ';' after a declaration"},
        {"bit v = 1;",
         "2:9: error: '1': expected 'measure': only measurements write bits in a program"},
        {"if (true) { qubit q; }", "2:13: error: 'qubit' in a block: expected it outside"},
        {"if (true) { output bit v; }", "2:13: error: 'output' in a block: expected it outside"},
        {"if (true) include \"qnu.inc\";",
         "2:11: error: 'include' in a block: expected it outside"},
        {"if (true) bit v;", "2:11: error: 'bit': expected declarations outside of blocks"},
        {"telegate_x(a);", "2:1: error: unknown gate 'telegate_x'; did you mean 'telegate_cx'?"},
        {"qreg q[2];", "2:1: error: 'qreg' is not supported in programs"},
    };

    expect_refusals(HEAD, cases, COUNT(cases));
}

Test(errors, what_programs_do_not_have) {
    static const struct refusal cases[] = {
        {"def f(qubit q) { }", "2:1: error: 'def' is not supported in programs"},
        {"gate g q { }", "2:1: error: 'gate' is not supported in programs"},
        {"int n = 1;", "2:1: error: 'int' is not supported in programs"},
        {"const int n = 1;", "2:1: error: 'const' is not supported in programs"},
        {"let q = a;", "2:1: error: 'let' is not supported in programs"},
        {"input float f;", "2:1: error: 'input' is not supported in programs"},
        {"float f;", "2:1: error: 'float' is not supported in programs"},
        {"extern f();", "2:1: error: 'extern' is not supported in programs"},
        {"cal { }", "2:1: error: 'cal' is not supported in programs"},
        {"box { }", "2:1: error: 'box' is not supported in programs"},
        {"delay[10ns] a;", "2:1: error: 'delay' is not supported in programs"},
        {"switch (1) { }", "2:1: error: 'switch' is not supported in programs"},
        {"break;", "2:1: error: 'break' is not supported in programs"},
        {"end;", "2:1: error: 'end' is not supported in programs"},
        {"return;", "2:1: error: 'return' is not supported in programs"},
        {"gphase(1);", "2:1: error: 'gphase' is not supported in programs"},
        {"ctrl @ x a, b;", "2:1: error: 'ctrl' is not supported in programs"},
        {"inv @ s a;", "2:1: error: 'inv' is not supported in programs"},
        {"array[int, 2] v;", "2:1: error: 'array' is not supported in programs"},
        {"nop;", "2:1: error: 'nop' is not supported in programs"},
        {"defcal x q {}", "2:1: error: 'defcal' is not supported in programs"},
        {"qubit q; x q; pragma qspan stim TICK",
         "2:15: error: 'pragma': expected pragmas at the beginning of a line"},
        {"creg v[2];", "2:1: error: 'creg' is not supported in programs"},
        {"bool v;", "2:1: error: 'bool' is not supported in programs"},
        {"stretch s0;", "2:1: error: 'stretch' is not supported in programs"},
    };

    expect_refusals(HEAD, cases, COUNT(cases));
}

Test(errors, operands) {
    static const struct refusal cases[] = {
        {"x;", "3:2: error: ';': expected a qubit"},
        {"x a;", "3:4: error: 'a' is a register of 2: expected an index, a[i]"},
        {"x a[2];", "3:5: error: index '2' of a: expected 0 to 1"},
        {"x a[-1];", "3:5: error: '-': expected an integer as index"},
        {"x a[i];", "3:5: error: 'i': expected an integer as index"},
        {"x a[0]", "3:7: error: the end of the file: expected ';' after a gate"},
        {"x a[0], ;", "3:9: error: ';': expected a qubit"},
        {"x a[0] a[1];", "3:8: error: 'a': expected ';' after a gate"},
        {"x m;", "3:3: error: 'm' is a bit; expected a qubit"},
        {"x b[0];", "3:3: error: unknown qubit 'b'"},
        {"x c[0];", "3:3: error: 'c' is a bit; expected a qubit"},
        {"cx a[0];", "3:1: error: gate 'cx' takes 2 qubits, not 1"},
        {"cx a[0], a[0];", "3:1: error: 'cx' takes a[0] twice"},
        {"ccx a[0], a[1], a[0];", "3:1: error: 'ccx' takes a[0] twice"},
        {"x a[0], a[1];", "3:1: error: gate 'x' takes 1 qubit, not 2"},
        {"foo a[0];", "3:1: error: unknown gate 'foo'"},
        {"cxx a[0];", "3:1: error: unknown gate 'cxx'; did you mean 'cx'?"},
        {"ebitt(a[0], a[1]);", "3:1: error: unknown gate 'ebitt'; did you mean 'ebit'?"},
        {"x 5;", "3:3: error: '5': expected a qubit"},
        {"x a[0:1];", "3:6: error: ':': expected ']' after an index"},
        {"rx a[0];", "3:1: error: gate 'rx' takes 1 parameter, not 0"},
        {"rx() a[0];", "3:4: error: ')': expected a number, pi, a function or '('"},
        {"rx(1,2) a[0];", "3:1: error: gate 'rx' takes 1 parameter, not 2"},
        {"rx(1 a[0];", "3:6: error: 'a' in an angle: expected an operator, ',' or ')'"},
        {"rx(q) a[0];",
         "3:4: error: unknown name 'q'; expected a number, pi, sin cos tan exp log sqrt or '('"},
        {"rx(1/2) a[0];", "3:5: error: division of integers, of which OpenQASM 3 drops the "
                          "remainder; expected a decimal point in one of them"},
        {"rx(1/0) a[0];", "3:5: error: division by zero"},
        {"rx(1e9) a[0];", "3:1: error: angle 1e+09 of gate 'rx': expected less than 2^28"},
        {"rx(1^2) a[0];", "3:5: error: '^' in an angle: expected an operator, ',' or ')'"},
        {"rx(ln(2)) a[0];",
         "3:4: error: unknown name 'ln'; expected a number, pi, sin cos tan exp log sqrt or '('"},
        {"rx(10ns) a[0];", "3:4: error: '10ns': expected a number, pi, a function or '('"},
        {"h(1) a[0];", "3:1: error: gate 'h' takes 0 parameters, not 1"},
        {"reset a;", "3:8: error: 'a' is a register of 2: expected an index, a[i]"},
        {"reset a[0]", "3:11: error: the end of the file: expected ';' after a reset"},
        {"reset m;", "3:7: error: 'm' is a bit; expected a qubit"},
        {"barrier a;", "3:10: error: 'a' is a register of 2: expected an index, a[i]"},
        {"barrier a[0] a[1];", "3:14: error: 'a': expected ';' after a barrier"},
    };

    expect_refusals(HEAD REGISTERS, cases, COUNT(cases));
}

Test(errors, measurements) {
    static const struct refusal cases[] = {
        {"measure a[0];", "3:13: error: ';': expected '->' and a bit: a measurement needs one"},
        {"measure a -> m;", "3:11: error: 'a' is a register of 2: expected an index, a[i]"},
        {"measure a[0] -> a[1];", "3:17: error: 'a' is a qubit; expected a bit"},
        {"measure a[0] -> c;", "3:18: error: 'c' is a register of 3: expected an index, c[i]"},
        {"measure a[0] -> m", "3:18: error: the end of the file: expected ';' after a measurement"},
        {"m = a[0];",
         "3:5: error: 'a': expected 'measure': only measurements write bits in a program"},
        {"m = 1;",
         "3:5: error: '1': expected 'measure': only measurements write bits in a program"},
        {"m measure a[0];", "3:3: error: 'measure': expected '=' and a measurement"},
        {"c = measure a;", "3:3: error: 'c' is a register of 3: expected an index, c[i]"},
        {"c[3] = measure a[0];", "3:3: error: index '3' of c: expected 0 to 2"},
        {"m[0] = measure a[0];", "3:2: error: 'm' was declared without a size: expected no index"},
        {"m = measure a[0]", "3:17: error: the end of the file: expected ';' after a measurement"},
        {"a[0] = measure m;", "3:1: error: 'a' is a qubit; expected a bit"},
        {"m == measure a[0];", "3:3: error: '==': expected '=' and a measurement"},
        {"m = measure measure a[0];", "3:13: error: unknown qubit 'measure'"},
    };

    expect_refusals(HEAD REGISTERS, cases, COUNT(cases));
}

Test(errors, conditions) {
    static const struct refusal cases[] = {
        {"if m x a[0];", "3:4: error: 'm': expected '(' after 'if'"},
        {"if (m x a[0];", "3:7: error: 'x': expected ')' after a condition"},
        {"if () x a[0];", "3:5: error: ')': expected a bit, a register, a constant, '!' or '('"},
        {"if (a[0]) x a[0];", "3:5: error: 'a' is a qubit; expected a bit"},
        {"if (z) x a[0];", "3:5: error: unknown bit 'z'"},
        {"if (c[3]) x a[0];", "3:7: error: index '3' of c: expected 0 to 2"},
        {"if (c[0:1] == 1) x a[0];", "3:8: error: ':': expected ']' after an index"},
        {"if (c == 8) x a[0];", "3:10: error: '8' does not fit into 3 bits"},
        {"if (c == \"01\") x a[0];",
         "3:10: error: \"01\" is compared with 3 bits: expected as many of 0 and 1"},
        {"if (c == \"0101\") x a[0];",
         "3:10: error: \"0101\" is compared with 3 bits: expected as many of 0 and 1"},
        {"if (c == \"01x\") x a[0];",
         "3:10: error: \"01x\" is compared with 3 bits: expected as many of 0 and 1"},
        {"if (m == 2) x a[0];", "3:10: error: '2' does not fit into 1 bit"},
        {"if (c == -1) x a[0];",
         "3:10: error: '-': expected a bit, a register, a constant, '!' or '('"},
        {"if (c < 2) x a[0];", "3:7: error: '<': expected ')' after a condition"},
        {"if (c + 1 == 2) x a[0];", "3:7: error: '+': expected ')' after a condition"},
        {"if (c == d) x a[0];", "3:10: error: 'd' in a condition: expected a constant: registers "
                                "are compared with constants only"},
        {"if (c ^ m) x a[0];",
         "3:5: error: 'c' in a condition: expected a single bit with '&', '|' and '^'"},
        {"if (~c) x a[0];", "3:6: error: 'c' in a condition: expected a single bit after '~'"},
        {"if (2) x a[0];", "3:5: error: '2' does not fit into 1 bit"},
        {"if (\"1\") x a[0];",
         "3:5: error: \"1\" in a condition: expected a register to compare it with"},
        {"if (1.5) x a[0];",
         "3:5: error: '1.5': expected a bit, a register, a constant, '!' or '('"},
        {"if (m &&) x a[0];",
         "3:9: error: ')': expected a bit, a register, a constant, '!' or '('"},
        {"if (m & ) x a[0];",
         "3:9: error: ')': expected a bit, a register, a constant, '!' or '('"},
        {"if (m == ) x a[0];",
         "3:10: error: ')': expected a bit, a register, a constant, '!' or '('"},
        {"if (m[0]) x a[0];", "3:6: error: 'm' was declared without a size: expected no index"},
        {"else x a[0];", "3:1: error: 'else': expected an 'if' and its statement before it"},
        {"if (m) else x a[0];", "3:8: error: 'else': expected an 'if' and its statement before it"},
        {"if (m)", "3:7: error: the end of the file: expected a statement"},
        {"if (m) {", "3:8: error: block is not closed: expected '}'"},
        {"if (m) { x a[0];", "3:8: error: block is not closed: expected '}'"},
        {"x a[0]; }", "3:9: error: '}': expected a statement"},
        {"while m {}", "3:7: error: 'm': expected '(' after 'while'"},
        {"while (m) {", "3:11: error: block is not closed: expected '}'"},
        {"{ x a[0]; }", "3:1: error: '{': expected a statement"},
    };

    expect_refusals(HEAD REGISTERS, cases, COUNT(cases));
}

Test(errors, loops) {
    static const struct refusal cases[] = {
        {"for i in [0:1] {}", "3:5: error: 'i': expected 'uint' or 'int' after 'for'"},
        {"for float i in [0:1] {}", "3:5: error: 'float': expected 'uint' or 'int' after 'for'"},
        {"for uint in [0:1] {}", "3:10: error: 'in': expected the name of a loop variable"},
        {"for uint i [0:1] {}", "3:12: error: '[': expected 'in'"},
        {"for uint i in {1, 2} {}",
         "3:15: error: '{': expected '[' and a range: loops run over [first:last]"},
        {"for uint i in a {}",
         "3:15: error: 'a': expected '[' and a range: loops run over [first:last]"},
        {"for uint i in [0:] {}",
         "3:18: error: ']': expected an integer constant below 2^63 in the range of a loop"},
        {"for uint i in [0:0:5] {}", "3:15: error: step 0 in the range of a loop"},
        {"for uint i in [0:1",
         "3:19: error: the end of the file: expected ']' after the range of a loop"},
        {"for uint i in [0:n] {}",
         "3:18: error: 'n': expected an integer constant below 2^63 in the range of a loop"},
        {"for uint i in [0:99999999999999999999] {}",
         "3:18: error: '99999999999999999999': expected an integer constant below 2^63 in the "
         "range of a loop"},
        {"for uint i in [0:9223372036854775808] {}",
         "3:18: error: '9223372036854775808': expected an integer constant below 2^63 in the range "
         "of a loop"},
        {"for uint i in [0:1] x a[i];", "3:25: error: 'i': expected an integer as index"},
        {"for uint i in [0:1] { if (i == 0) x a[0]; }",
         "3:27: error: 'i' is a loop variable, which programs cannot use; expected a bit"},
        {"for uint a in [0:1] { x a[0]; }",
         "3:25: error: 'a' is a loop variable, which programs cannot use; expected a qubit"},
        {"for uint i in [0:1] ", "3:21: error: the end of the file: expected a statement"},
        {"for uint[0] i in [0:1] {}", "3:10: error: '0': expected a size of at least 1"},
    };

    expect_refusals(HEAD REGISTERS, cases, COUNT(cases));
}

Test(errors, calls) {
    static const struct refusal cases[] = {
        {"ebit(a[0]);", "3:10: error: 'ebit' takes 2 arguments, not 1"},
        {"ebit(a[0], a[1], a[0]);", "3:18: error: 'ebit' takes 2 arguments"},
        {"ebit(a[0], a[0]);", "3:1: error: 'ebit' takes a[0] twice"},
        {"ebit a[0], a[1];", "3:6: error: 'a': expected '(' after the name of a def"},
        {"ebit(a[0], m);", "3:12: error: 'm' is a bit; expected a qubit"},
        {"ebit(a[0], a[1])", "3:17: error: the end of the file: expected ';' after a call"},
        {"ebit();", "3:6: error: ')': expected a qubit"},
        {"telegate_cp(a[0], a[1], a[0], a[1]);",
         "3:13: error: unknown name 'a'; expected a number, pi, sin cos tan exp log sqrt or '('"},
        {"teledata(a[0], a[1], a[0], a[1]);", "3:1: error: 'teledata' takes a[0] twice"},
        {"cat_entangle(a[0], a[1], b[0]);", "3:26: error: unknown qubit 'b'"},
        {"send_bit(m, a[0]);",
         "3:1: error: 'send_bit' belongs to no QPU: expected a line '@qspan.at NAME' before it"},
        {"recv_bit(m);",
         "3:1: error: 'recv_bit' belongs to no QPU: expected a line '@qspan.at NAME' before it"},
        {"@qspan.at A\nsend_bit(m, a[0]);", "3:11: error: unknown QPU 'A'"},
        {"pragma qspan qpu A data a[0]\n@qspan.at A\nsend_bit(m, a[1]);",
         "5:1: error: wire a[1] belongs to no QPU so far"},
        {"pragma qspan qpu A data a[0]\n@qspan.at A\nrecv_bit(m, a[0]);",
         "5:13: error: 'recv_bit' takes 1 arguments"},
        {"pragma qspan qpu A data a[0]\n@qspan.at A\nx a[0];",
         "4:2: error: '@qspan.at' before a statement that belongs to the QPU of its wires"},
        {"@qspan.at\nsend_bit(m, a[0]);",
         "3:10: error: the end of the line: expected the name of a QPU after '@qspan.at'"},
    };

    expect_refusals(HEAD REGISTERS, cases, COUNT(cases));
}

Test(errors, pragmas_that_place) {
    static const struct refusal cases[] = {
        {"pragma qspan\n", "3:13: error: the end of the line: expected qpu, logical, stim, op, "
                           "distribute or protocol after 'pragma qspan'"},
        {"pragma qspan foo\n", "3:14: error: 'foo': expected qpu, logical, stim, op, distribute or "
                               "protocol after 'pragma qspan'"},
        {"pragma qspan qpu\n", "3:17: error: the end of the line: expected the name of a QPU"},
        {"pragma qspan qpu 5\n", "3:18: error: '5': expected the name of a QPU"},
        {"pragma qspan qpu A a[0]\n", "3:20: error: 'a': expected 'data' or 'comm' and wires"},
        {"pragma qspan qpu A data a\n",
         "3:26: error: the end of the line: expected '[' and an index or a range of wires"},
        {"pragma qspan qpu A data a[2]\n", "3:27: error: index '2' of a: expected 0 to 1"},
        {"pragma qspan qpu A data a[0:2]\n", "3:29: error: index '2' of a: expected 0 to 1"},
        {"pragma qspan qpu A data a[1:0]\n", "3:29: error: range 1:0: expected it to ascend"},
        {"pragma qspan qpu A data b[0]\n", "3:25: error: unknown qubit 'b'"},
        {"pragma qspan qpu A data m\n", "3:25: error: 'm' is a bit; expected a qubit"},
        {"pragma qspan qpu A data a[0] comm a[0]\n",
         "3:35: error: wire a[0] belongs to QPU A already"},
        {"pragma qspan qpu A data a[0]\npragma qspan qpu B data a[0:1]\n",
         "4:25: error: wire a[0] belongs to QPU A already"},
        {"pragma qspan qpu A data a[0]\npragma qspan qpu A data a[1]\n",
         "4:18: error: QPU A is declared twice"},
        {"pragma qspan qpu A data a[0\n",
         "3:28: error: the end of the line: expected ']' after wires"},
        {"pragma qspan qpu A data a[0],a[1]\n", "3:29: error: ',': expected a qubit"},
        {"pragma qspan qpu \"\" data a[0]\n", "3:18: error: \"\": expected the name of a QPU"},
        {"if (m) {\npragma qspan qpu A data a[0]\n}",
         "4:14: error: 'pragma qspan qpu' in a block: expected it outside"},
        {"pragma qspan logical\n",
         "3:21: error: the end of the line: expected 'in' or 'out' after 'logical'"},
        {"pragma qspan logical q[0] a[0]\n",
         "3:22: error: 'q': expected 'in' or 'out' after 'logical'"},
        {"pragma qspan logical in a[0]\n", "3:29: error: the end of the line: expected a qubit"},
        {"pragma qspan logical in q[0]\n", "3:29: error: the end of the line: expected a qubit"},
        {"pragma qspan logical in q[x] a[0]\n", "3:27: error: 'x': expected an integer as index"},
        {"pragma qspan logical in q[0] a\n",
         "3:31: error: 'a' is a register of 2: expected an index, a[i]"},
        {"pragma qspan logical in q[0] a[0] a[1]\n",
         "3:35: error: 'a': expected the end of the line"},
        {"pragma qspan logical out q[0] m\n", "3:31: error: 'm' is a bit; expected a qubit"},
        {"pragma qspan distribute\n",
         "3:24: error: the end of the line: expected how the program was distributed"},
    };

    expect_refusals(HEAD REGISTERS, cases, COUNT(cases));
}

Test(errors, lines) {
    static const struct refusal cases[] = {
        {"pragma qspan stim\n",
         "3:18: error: the end of the line: expected a name of an instruction after 'stim'"},
        {"pragma qspan stim FOO a[0]\n",
         "3:19: error: 'FOO': expected noise, TICK, DETECTOR, OBSERVABLE_INCLUDE, QUBIT_COORDS or "
         "SHIFT_COORDS after 'stim'"},
        {"pragma qspan stim M a[0]\n",
         "3:19: error: Stim's 'M' is not supported in programs: write gates, measure, reset and "
         "for as statements, products as 'pragma qspan op measure'"},
        {"pragma qspan stim MPP X0*X1\n",
         "3:19: error: Stim's 'MPP' is not supported in programs: write gates, measure, reset and "
         "for as statements, products as 'pragma qspan op measure'"},
        {"pragma qspan stim X_ERROR a[0]\n", "3:19: error: X_ERROR takes 1 probability, not 0"},
        {"pragma qspan stim X_ERROR(0.1,0.1) a[0]\n",
         "3:19: error: X_ERROR takes 1 probability, not 2"},
        {"pragma qspan stim X_ERROR(1.5) a[0]\n",
         "3:19: error: X_ERROR with probability 1.5: expected a number from 0 to 1"},
        {"pragma qspan stim X_ERROR(-0.1) a[0]\n",
         "3:19: error: X_ERROR with probability -0.1: expected a number from 0 to 1"},
        {"pragma qspan stim PAULI_CHANNEL_1(0.5,0.5,0.1) a[0]\n",
         "3:19: error: PAULI_CHANNEL_1 with probabilities that add to 1.1: expected at most 1"},
        {"pragma qspan stim X_ERROR(0.1)\n",
         "3:19: error: X_ERROR on 0 wires: expected one or more"},
        {"pragma qspan stim DEPOLARIZE2(0.1) a[0]\n",
         "3:19: error: DEPOLARIZE2 on 1 wires: expected pairs"},
        {"pragma qspan stim DEPOLARIZE2(0.1) a[0] a[0]\n",
         "3:19: error: DEPOLARIZE2 on a pair of one wire"},
        {"pragma qspan stim X_ERROR(0.1) 5\n", "3:32: error: '5': expected a qubit"},
        {"pragma qspan stim TICK a[0]\n", "3:24: error: 'a': expected the end of the line"},
        {"pragma qspan stim QUBIT_COORDS(1)\n", "3:19: error: QUBIT_COORDS without wires"},
        {"pragma qspan stim SHIFT_COORDS(1) a[0]\n", "3:19: error: SHIFT_COORDS with wires"},
        {"pragma qspan stim DETECTOR rec[-1]\n",
         "3:28: error: rec[-1], but only 0 measurements into output bits come before it"},
        {"pragma qspan stim DETECTOR rec[1]\n", "3:32: error: '1': expected '-' in rec[-k]"},
        {"pragma qspan stim DETECTOR rec[-0]\n",
         "3:33: error: '0': expected an integer above 0 in rec[-k]"},
        {"pragma qspan stim DETECTOR a[0]\n", "3:28: error: 'a': expected rec[-k]"},
        {"pragma qspan stim DETECTOR rec -1\n", "3:32: error: '-': expected '[' after 'rec'"},
        {"pragma qspan stim OBSERVABLE_INCLUDE rec[-1]\n",
         "3:19: error: an observable takes one index, an integer"},
        {"pragma qspan stim OBSERVABLE_INCLUDE(0.5)\n",
         "3:19: error: an observable takes one index, an integer"},
        {"pragma qspan op\n",
         "3:16: error: the end of the line: expected a name of an operation after 'op'"},
        {"pragma qspan op foo a[0]\n", "3:17: error: unknown operation 'foo'; expected alloc, "
                                       "free, idle, measure, relax, random_reset, detector or "
                                       "observable"},
        {"pragma qspan op alloc\n", "3:22: error: the end of the line: expected a qubit"},
        {"pragma qspan op alloc a[0] a[1]\n", "3:28: error: 'a': expected the end of the line"},
        {"pragma qspan op free m\n", "3:22: error: 'm' is a bit; expected a qubit"},
        {"pragma qspan op idle a[0]\n",
         "3:26: error: the end of the line: expected the number of a segment"},
        {"pragma qspan op measure X a[0]\n", "3:25: error: unknown bit 'X'"},
        {"pragma qspan op measure m\n",
         "3:26: error: the end of the line: expected X, Y or Z and a wire"},
        {"pragma qspan op measure m W a[0]\n", "3:27: error: 'W': expected X, Y or Z and a wire"},
        {"pragma qspan op measure m X a[0] X a[0]\n", "3:17: error: 'measure' takes a[0] twice"},
        {"pragma qspan op detector a[0]\n", "3:26: error: 'a' is a qubit; expected a bit"},
        {"pragma qspan op call f\n", "3:17: error: unknown operation 'call'; expected alloc, free, "
                                     "idle, measure, relax, random_reset, detector or "
                                     "observable"},
        {"@qspan.stim X_ERROR(0.1) a[0]\nx a[0];",
         "4:1: error: 'x': expected the 'barrier' or 'reset' that the annotation replaces"},
        {"@qspan.stim X_ERROR(0.1) a[0]\nbarrier (", "4:9: error: '(': expected ';'"},
        {"@qspan.op free a[0]", "3:20: error: the end of the file: expected the 'barrier' or "
                                "'reset' that the annotation replaces"},
        {"@qspan.foo\nbarrier;",
         "3:2: error: 'qspan.foo': expected qspan.local, qspan.stim, qspan.op, qspan.ebit or "
         "qspan.at"},
        {"@qspan.local\nqubit q;",
         "4:1: error: 'qubit': expected a declaration of bits after '@qspan.local'"},
        {"@qspan.local\nx a[0];",
         "4:1: error: 'x': expected a declaration of bits after '@qspan.local'"},
    };

    expect_refusals(HEAD REGISTERS, cases, COUNT(cases));
}

Test(errors, classes_of_ebits) {
    static const struct refusal cases[] = {
        {"@qspan.ebit\n", "4:12: error: the end of the line: expected none, herald, frame or 'due "
                          "TIME' after '@qspan.ebit'"},
        {"@qspan.ebit blind\n", "4:13: error: 'blind': expected none, herald, frame or 'due TIME' "
                                "after '@qspan.ebit'"},
        {"@qspan.ebit herald  frame\n",
         "4:21: error: 'frame': expected 'due TIME' after '@qspan.ebit'"},
        {"@qspan.ebit due\n", "4:16: error: due : a number with a unit is due; expected one of ps, "
                              "ns, us, ms, s, min"},
        {"@qspan.ebit none due  10\n",
         "4:23: error: due 10: a unit is missing; expected one of ps, "
         "ns, us, ms, s, min"},
        {"@qspan.ebit due 10 us frame\n", "4:17: error: due 10 us frame: unknown unit; expected "
                                          "one of ps, ns, us, ms, s, min"},
        {"@qspan.ebit due -1 us\n", "4:17: error: due -1 us: a time must not be negative"},
        {"@qspan.ebit due 0 us\n", "4:17: error: due 0 us: expected a time after the request, > 0"},
        {"@qspan.ebit frame\nx a[0];",
         "4:2: error: '@qspan.ebit' before a statement that makes no ebit"},
        {"@qspan.ebit frame\n@qspan.ebit none\nebit(a[0], a[1]);",
         "4:2: error: '@qspan.ebit' before a statement that makes no ebit"},
        {"@qspan.ebit frame", "4:2: error: '@qspan.ebit' before a statement that makes no ebit"},
    };

    expect_refusals(HEAD "include \"qnu.inc\";\n" REGISTERS, cases, COUNT(cases));
}

Test(errors, what_does_not_fit) {
    struct circuit_limits few = {.max_ops = 3, .max_qubits = 5};

    expect_refusal(HEAD "qubit[67108865] q;",
                   "2:7: error: size '67108865': more than 67108864 qubits or bits in all",
                   STATUS_NOFIT, NULL);
    expect_refusal(
        HEAD "bit[99999999999999999999] c;",
        "2:5: error: size '99999999999999999999': more than 67108864 qubits or bits in all",
        STATUS_NOFIT, NULL);
    expect_refusal(HEAD "qubit[5] q; qubit more;", "2:19: error: more than 5 qubits or bits",
                   STATUS_NOFIT, &few);
    expect_refusal(HEAD "qubit q; x q; x q;\nx q; y q;", "3:6: error: more than 3 operations",
                   STATUS_NOFIT, &few);
    expect_refusal(HEAD "qubit[2] q; x q[0]; x q[0]; x q[0]; ebit(q[0], q[1]);",
                   "2:37: error: more than 3 operations", STATUS_NOFIT, &few);
    expect_refusal(HEAD "qubit q; x q; x q; x q; if (true) {}",
                   "2:25: error: more than 3 operations", STATUS_NOFIT, &few);
}

/* Depth is bounded, and what is deep but allowed is read. */
Test(errors, depth) {
    struct text text = {0};
    struct program *program = NULL;

    text_add(&text, HEAD "qubit q; bit m; if (");
    for (unsigned i = 0; i < 190; i++) {
        text_add(&text, "(");
    }
    text_add(&text, "m");
    for (unsigned i = 0; i < 190; i++) {
        text_add(&text, ")");
    }
    text_add(&text, ") x q;\n");
    for (unsigned i = 0; i < 1000; i++) {
        text_add(&text, "if (m) ");
    }
    text_add(&text, "x q;");
    cr_expect_eq(reading_try(&program, text.data, NULL), STATUS_OK, "%s", messages_all());
    program_destroy(program);
    text_fini(&text);

    text_add(&text, HEAD "qubit q; bit m; ");
    for (unsigned i = 0; i < 100000; i++) {
        text_add(&text, "if (m) x q; else ");
    }
    text_add(&text, "{ y q; }");
    cr_expect_eq(reading_try(&program, text.data, NULL), STATUS_OK, "%s", messages_all());
    cr_expect_eq(program->ops.n_ops, (size_t)400001);
    program_destroy(program);
    text_fini(&text);

    text_add(&text, HEAD "bit m; if (");
    for (unsigned i = 0; i < 100000; i++) {
        text_add(&text, "(");
    }
    expect_refusal(text.data, "2:212: error: '(': expected fewer brackets within brackets",
                   STATUS_INPUT, NULL);
    text_fini(&text);

    text_add(&text, HEAD "bit m;\n");
    for (unsigned i = 0; i < 100000; i++) {
        text_add(&text, "if (m) ");
    }
    expect_refusal(text.data, "3:7008: error: more than 1000 blocks within each other",
                   STATUS_INPUT, NULL);
    text_fini(&text);
}
