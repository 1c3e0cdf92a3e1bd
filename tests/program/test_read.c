/* Program text and the ops that it means. */
#include "program/programs.h"

#define REGISTERS                                                                                  \
    "qubit[3] a; qubit[3] b; qubit q; bit m; bit[3] c; output bit[2] d; bit[70] w; bit[1] one;\n"

Test(read, the_program_of_the_manual) {
    struct text got = {0};
    struct program *program = must_read("OPENQASM 3.0;\n"
                                        "include \"stdgates.inc\";\n"
                                        "include \"qnu.inc\";  // what QNUs do\n"
                                        "qubit[2] a; qubit[2] b; bit m; bit k; output bit[2] c;\n"
                                        "pragma qspan qpu A data a[0] comm a[1]\n"
                                        "pragma qspan qpu B data b[0] comm b[1]\n"
                                        "pragma qspan logical in q[0] a[0]    // at the start\n"
                                        "pragma qspan logical in q[1] b[0]\n"
                                        "ebit(a[1], b[1]);\n"
                                        "cx a[0], a[1];  m = measure a[1];\n"
                                        "if (m) x b[1];\n"
                                        "cx b[1], b[0];\n"
                                        "h b[1];  k = measure b[1];\n"
                                        "if (k) z a[0];\n"
                                        "pragma qspan logical out q[0] a[0]\n"
                                        "pragma qspan logical out q[1] b[0]\n"
                                        "c[0] = measure a[0];  c[1] = measure b[0];\n");

    dump_program(&got, program);
    cr_expect_str_eq(got.data,
                     "hand 0\n"
                     "qubits a 0+2 0\nqubits b 2+2 0\n"
                     "bits m 0+1 100\nbits k 1+1 100\nbits c 2+2 010\n"
                     "qpu A data 0 comm 1\nqpu B data 2 comm 3\n"
                     "wire 0 0 0\nwire 1 0 1\nwire 2 1 0\nwire 3 1 1\n"
                     "in q[0] 0\nin q[1] 2\nout q[0] 0\nout q[1] 2\n"
                     "0 0 4294967295 EBIT 1 3\n"
                     "0 1 4294967295 cx 0 1\n"
                     "0 1 4294967295 MEASURE 1 -> b0\n"
                     "4294967295 2 5 IF b0\n"
                     "1 2 4294967295 x 3\n"
                     "4294967295 2 3 END\n"
                     "1 2 4294967295 cx 3 2\n"
                     "1 2 4294967295 h 3\n"
                     "1 2 4294967295 MEASURE 3 -> b1\n"
                     "4294967295 3 11 IF b1\n"
                     "0 3 4294967295 z 0\n"
                     "4294967295 3 9 END\n"
                     "0 3 4294967295 MEASURE 0 -> b2\n"
                     "1 4 4294967295 MEASURE 2 -> b3\n",
                     "%s", got.data);
    struct src_loc loc = program_loc(program, &program->ops.ops[2]);
    cr_expect_str_eq(loc.file, "t.qasm");
    cr_expect(loc.line == 10 && loc.col == 17, "%u:%u", loc.line, loc.col);
    text_fini(&got);
    program_destroy(program);
}

Test(read, statements) {
    static const struct {
        const char *text, *want;
    } cases[] = {
        {"h a[2];", "h 2\n"},
        {"x q;", "x 6\n"},
        {"rz(-pi/2) a[0];", "rz -0x1.921fb54442d18p+0 0\n"},
        {"U(1, 2., 1e0) a[0]; u(0,0,0) a[0];",
         "u 0x1p+0 0x1p+1 0x1p+0 0\nu 0x0p+0 0x0p+0 0x0p+0 0\n"},
        {"rx(2**3/4 + tau - 2*\xCF\x80) a[0];", "rx 0x1p+1 0\n"},
        {"p(log(euler)*sqrt(4)*cos(0)) a[1];", "p 0x1p+1 1\n"},
        {"CX a[0], a[1]; cphase(1) a[1], a[2];", "cx 0 1\ncp 0x1p+0 1 2\n"},
        {"c4x a[0],a[1],a[2],b[0],q;", "c4x 0 1 2 3 6\n"},
        {"m = measure q; c[2] = measure a[1];", "MEASURE 6 -> b0\nMEASURE 1 -> b3\n"},
        {"measure a[0] -> m; measure b[2] -> c[0];", "MEASURE 0 -> b0\nMEASURE 5 -> b1\n"},
        {"bit new = measure a[0];", "MEASURE 0 -> b77\n"},
        {"reset a[0]; barrier a[0], b[1]; barrier;",
         "RESET 0\nBARRIER 0 4\nBARRIER 0 1 2 3 4 5 6\n"},
        {"ebit(a[0], b[0]);;", "EBIT 0 3\n"},
        {"for uint i in [1:5] { x q; }", "REPEAT #5\nx 6\nEND\n"},
        {"for int[8] i in [-2:2] x q;", "REPEAT #5\nx 6\nEND\n"},
        {"for uint i in [0:3:10] {}", "REPEAT #4\nEND\n"},
        {"for uint i in [9:-4:0] {}", "REPEAT #3\nEND\n"},
        {"for uint i in [1:0] {}", "REPEAT\nEND\n"},
        {"for uint a in [1:2] { for uint a in [1:3] { x q; } }",
         "REPEAT #2\nREPEAT #3\nx 6\nEND\nEND\n"},
        {"for uint i in [-9223372036854775807:9223372036854775807] {}",
         "REPEAT #18446744073709551615\nEND\n"},
        {"while (m) { m = measure a[0]; }", "WHILE b0\nMEASURE 0 -> b0\nEND\n"},
        {"if (m) x q; else { y q; z q; }", "IF b0\nx 6\nELSE\ny 6\nz 6\nEND\n"},
        {"if (m) x q; else if (c[0]) y q; else z q;",
         "IF b0\nx 6\nELSE\nIF b1\ny 6\nELSE\nz 6\nEND\nEND\n"},
        {"if (m) if (c[0]) x q; else y q;", "IF b0\nIF b1\nx 6\nELSE\ny 6\nEND\nEND\n"},
        {"if (m) {}", "IF b0\nEND\n"},
        {"@qspan.op free a[0]\nreset a[0];\n@qspan.stim TICK\nbarrier;", "FREE 0\nTICK\n"},
        {"pragma qspan op alloc q\n#pragma qspan op idle a[1] 7\n", "ALLOC 6\nIDLE 1 #7\n"},
        {"pragma qspan op measure m X a[0] Y b[1] Z q\n", "MEASURE 0 4 6 #57 -> b0\n"},
        {"pragma qspan op measure m Z a[0]\n", "MEASURE 0 -> b0\n"},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct text source = {0};
        text_printf(&source, REGISTERS "%s", cases[i].text);
        expect_ops(source.data, cases[i].want);
        text_fini(&source);
    }
}

Test(read, conditions) {
    static const struct {
        const char *text, *want;
    } cases[] = {
        {"m", "b0"},
        {"((m))", "b0"},
        {"c[2]", "b3"},
        {"!m", "!b0"},
        {"!!m", "!!b0"},
        {"~m", "!b0"},
        {"true", "1"},
        {"m == false", "!(b0 ^ 0)"},
        {"c == 5", "(b1+3 == 5)"},
        {"5 == c", "(b1+3 == 5)"},
        {"c != 5", "!(b1+3 == 5)"},
        {"c == \"011\"", "(b1+3 == 3)"},
        {"c == 0b110", "(b1+3 == 6)"},
        {"c", "!(b1+3 == 0)"},
        {"!c", "!!(b1+3 == 0)"},
        {"one", "b76"},
        {"one == 1", "(b76+1 == 1)"},
        {"m == 1", "b0"},
        {"m == 0", "!b0"},
        {"m != 1", "!b0"},
        {"0 != c[1]", "b2"},
        {"m == c[1]", "!(b0 ^ b2)"},
        {"m != c[1]", "(b0 ^ b2)"},
        {"(m && c[0]) == 0", "!(b0 & b1)"},
        {"m ^ c[0] ^ c[1]", "((b0 ^ b1) ^ b2)"},
        {"m ^ (c[0] ^ c[1])", "(b0 ^ (b1 ^ b2))"},
        {"m || c[0] && c[1]", "(b0 | (b1 & b2))"},
        {"m | c[0] ^ c[1] & c[2]", "(b0 | (b1 ^ (b2 & b3)))"},
        {"m & c[0] == 1", "(b0 & b1)"},
        {"m && c == 2 || !c[0]", "((b0 & (b1+3 == 2)) | !b1)"},
        {"w == 18446744073709551617", "(b6+70 == 1 1)"},
        {"w == 0x10000000000000000", "(b6+70 == 0 1)"},
        {"w == \"10_000000000000000000000000000000000000000000000000000000000000000_00001\"",
         "(b6+70 == 1 20)"},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct text source = {0}, want = {0};
        text_printf(&source, REGISTERS "if (%s) x q;", cases[i].text);
        text_printf(&want, "IF %s\nx 6\nEND\n", cases[i].want);
        expect_ops(source.data, want.data);
        text_fini(&source);
        text_fini(&want);
    }
}

Test(read, lines_of_stim) {
    expect_ops(REGISTERS "pragma qspan stim X_ERROR(0.25) a[0] a[1]\n"
                         "pragma qspan stim DEPOLARIZE2(0.5) a[0] a[1] b[0] b[1]\n"
                         "pragma qspan stim PAULI_CHANNEL_1(0.5,0.25,0.125) q\n"
                         "pragma qspan stim TICK\n"
                         "pragma qspan stim QUBIT_COORDS(1, -2.5) a[0]\n"
                         "pragma qspan stim SHIFT_COORDS(0,0,1)\n"
                         "d[0] = measure a[0];\n"
                         "m = measure a[1];   // no output: not counted\n"
                         "d[1] = measure a[2];\n"
                         "pragma qspan stim DETECTOR(1,2) rec[-1] rec[-2]\n"
                         "pragma qspan stim DETECTOR\n"
                         "pragma qspan stim OBSERVABLE_INCLUDE(3) rec[-1]\n"
                         "pragma qspan op detector(0.5) m c[0]\n"
                         "pragma qspan op observable(0) m\n",
               "X_ERROR 0x1p-2 0 1\n"
               "DEPOLARIZE2 0x1p-1 0 1 3 4\n"
               "PAULI_CHANNEL_1 0x1p-1 0x1p-2 0x1p-3 6\n"
               "TICK\n"
               "COORDS 0x1p+0 -0x1.4p+1 0\n"
               "SHIFT_COORDS 0x0p+0 0x0p+0 0x1p+0\n"
               "MEASURE 0 -> b4\nMEASURE 1 -> b0\nMEASURE 2 -> b5\n"
               "DETECTOR 0x1p+0 0x1p+1 (b5 ^ b4)\n"
               "DETECTOR 0\n"
               "OBSERVABLE #3 b5\n"
               "DETECTOR 0x1p-1 (b0 ^ b1)\n"
               "OBSERVABLE b0\n");
}

Test(read, records_within_loops) {
    expect_ops("qubit a; output bit[2] d;\n"
               "d[0] = measure a;\n"
               "for uint i in [1:9] {\n"
               "  d[1] = measure a;\n"
               "  pragma qspan stim DETECTOR rec[-1]\n"
               "}\n"
               "pragma qspan stim DETECTOR rec[-1]\n",
               "MEASURE 0 -> b0\nREPEAT #9\nMEASURE 0 -> b1\nDETECTOR b1\nEND\n"
               "DETECTOR b1\n");
}

Test(read, calls_expand_with_fresh_bits) {
    struct text got = {0};
    struct program *program = must_read(HEAD "qubit[2] a; qubit[2] b; output bit c;\n"
                                             "cat_entangle(a[0], a[1], b[1]);\n"
                                             "  telegate_cp(pi/2, a[0], a[1], b[1], b[0]);\n");

    dump_ops(&got, &program->ops);
    cr_expect_str_eq(got.data, "EBIT 1 3\ncx 0 1\nMEASURE 1 -> b1\nIF b1\nx 3\nEND\n"
                               "EBIT 1 3\ncx 0 1\nMEASURE 1 -> b2\nIF b2\nx 3\nEND\n"
                               "cp 0x1.921fb54442d18p+0 3 2\n"
                               "h 3\nMEASURE 3 -> b3\nIF b3\nz 0\nEND\n");
    for (size_t i = 6; i < program->ops.n_ops; i++) {
        const struct op *op = &program->ops.ops[i];
        cr_expect(op->line == 4 && op->col == 3, "op %zu at %u:%u", i, op->line, op->col);
    }
    for (size_t i = 0; i < program->n_cregs; i++) {
        cr_expect_eq(program->cregs[i].is_local, i > 0);
    }
    text_fini(&got);
    program_destroy(program);
}

Test(read, foreign_pragmas_and_annotations_are_ignored_with_a_warning) {
    struct program *program = NULL;

    cr_expect_eq(reading_try(&program, HEAD "qubit a;\npragma ibm fast\n@crosstalk\nx a;\n", NULL),
                 STATUS_OK);
    cr_expect_str_eq(messages_all(),
                     "t.qasm:3:8: warning: pragma 'ibm fast' is not for qspan: ignored\n"
                     "t.qasm:4:2: warning: annotation 'crosstalk' is not for qspan: ignored");
    program_destroy(program);
}

Test(read, names_of_qpus_and_registers) {
    struct program *program =
        must_read(HEAD "qubit[2] data; qubit[2] comm; qubit \xCE\xB1;\n"
                       "pragma qspan qpu \"rack 0/A-1\" comm comm[0:1] data data[1] data[0]\n"
                       "pragma qspan qpu B data \xCE\xB1\n"
                       "pragma qspan logical in \"my qubit\" data[0]\n"
                       "pragma qspan logical out alone data[0]\n"
                       "pragma qspan distribute simple\n");

    cr_expect_eq(program_find_qpu(program, "rack 0/A-1"), 0);
    cr_expect_eq(program_find_qpu(program, "B"), 1);
    cr_expect_eq(program_find_qpu(program, "b"), OP_NO_QPU);
    cr_expect_eq(program->qpus[0].data[0], 1);
    cr_expect_eq(program->qpus[0].data[1], 0);
    cr_expect_eq(program->wire_qpu[4], 1);
    cr_expect(program->wire_is_comm[2] && !program->wire_is_comm[0]);
    cr_expect_str_eq(program->in[0].qubit, "my qubit");
    cr_expect_str_eq(program->out[0].qubit, "alone");
    cr_expect_str_eq(program->distribute, "simple");
    program_destroy(program);
}

Test(read, is_program_text_goes_by_content) {
    static const struct {
        const char *text;
        bool want;
    } cases[] = {
        {"OPENQASM 3.0;\npragma qspan qpu A data a[0]\n", true},
        {"// c\n/* pragma\n */ OPENQASM 3;\nqubit a;\n  #pragma  qspan\tqpu A", true},
        {"\xEF\xBB\xBFOPENQASM 3.1;\r\npragma qspan qpu A", true},
        {"pragma qspan qpu A", true},
        {"OPENQASM 2.0;\npragma qspan qpu A", false},
        {"OPENQASM 3.0;\n// pragma qspan qpu A", false},
        {"OPENQASM 3.0;\n/*\npragma qspan qpu A\n*/", false},
        {"OPENQASM 3.0;\nx a; // qspan qpu A a[0]\n", false},
        {"OPENQASM 3.0;\npragma qspan logical in q a", false},
        {"OPENQASM 3.0;\n/* open", false},
        {"OPENQASM 2.0;\n// qspan qpu A a[0]\n", false},
        {"", false},
        {"/", false},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        cr_expect_eq(program_is_program_text(cases[i].text, strlen(cases[i].text)), cases[i].want,
                     "%s", cases[i].text);
    }
}
