/* The checker: every finding at its exact place, and random programs against a naive walk. */
#include "program/programs.h"

/* Three QPUs; statements come in line 6. */
#define MACHINE                                                                                    \
    HEAD "qubit[4] a; qubit[4] b; qubit[2] e; bit m; bit k; output bit[3] c;\n"                    \
         "pragma qspan qpu A data a[0:1] comm a[2:3]\n"                                            \
         "pragma qspan qpu B data b[0:1] comm b[2:3]\n"                                            \
         "pragma qspan qpu E data e[0] comm e[1]\n"

struct check_case {
    const char *text, *want; /* want: a line for each finding, each after "t.qasm:" */
};

static void expect_findings(const char *text, const char *want) {
    struct text source = {0}, all = {0};
    struct program_check check;
    struct program *program;
    enum status status;

    text_printf(&source, MACHINE "%s", text);
    program = must_read(source.data);
    messages_keep();
    status = program_check(&check, program);
    text_add(&all, "");
    for (const char *line = want; *line != '\0';) {
        size_t n = strcspn(line, "\n");
        text_printf(&all, "%st.qasm:%.*s", line == want ? "" : "\n", (int)n, line);
        line += n + (line[n] == '\n');
    }
    cr_expect_str_eq(messages_all(), all.data, "%s\n gives %s\n not %s", text, messages_all(),
                     all.data);
    cr_expect_eq(status, *want == '\0' ? STATUS_OK : STATUS_INPUT);
    cr_expect_eq(check.n_errors == 0, *want == '\0');
    program_check_fini(&check);
    program_destroy(program);
    text_fini(&source);
    text_fini(&all);
}

static void expect_all_findings(const struct check_case *cases, size_t n) {
    for (size_t i = 0; i < n; i++) {
        expect_findings(cases[i].text, cases[i].want);
    }
}

Test(check, what_is_right) {
    static const struct check_case cases[] = {
        {"", ""},
        {"ebit(a[2], b[2]); m = measure a[2]; m = measure b[2];", ""},
        {"telegate_cx(a[0], a[2], b[2], b[0]); telegate_cz(b[0], b[2], a[3], a[1]);", ""},
        {"teledata(a[0], a[2], b[2], b[0]); teledata(b[0], b[2], a[2], a[0]);", ""},
        {"for uint i in [1:3] { telegate_cx(a[0], a[2], b[2], b[0]); }", ""},
        {"for uint i in [1:3] { teledata(a[0], a[2], b[2], b[0]); teledata(b[0], b[2], a[2], "
         "a[0]); }",
         ""},
        {"ebit(a[2], b[2]); m = measure a[2]; if (m) x a[2]; m = measure b[2]; if (m) { y b[2]; }",
         ""},
        {"ebit(a[2], b[2]); cx a[0], a[2]; m = measure a[2]; if (m) { x b[2]; } else { cz b[2], "
         "b[0]; } for uint i in [1:2] { cx b[2], b[0]; } k = measure b[2];",
         ""},
        {"ebit(a[2], b[2]); m = measure a[2]; if (m) { m = measure b[2]; } else { h b[2]; m = "
         "measure b[2]; }",
         ""},
        {"m = measure a[0]; if (m) { ebit(a[2], b[2]); } else { ebit(a[2], b[2]); x a[2]; } m = "
         "measure a[2]; m = measure b[2];",
         ""},
        {"ebit(a[2], b[2]); for uint i in [1:3] { c[0] = measure a[2]; c[1] = measure b[2]; "
         "ebit(a[2], b[2]); } c[0] = measure a[2]; c[1] = measure b[2];",
         ""},
        {"ebit(a[2], b[2]); x a[2]; x b[2]; reset a[2];\npragma qspan op free b[2]\nebit(a[2], "
         "b[2]); m = measure a[2]; m = measure b[2];",
         ""},
        {"c[0] = measure a[0]; c[1] = measure a[0]; c[2] = measure a[0]; if (c == 5) x b[0];", ""},
        {"m = measure a[0]; while (m) { m = measure a[0]; }", ""},
        {"pragma qspan op free a[0]\npragma qspan op alloc a[0]\nx a[0];", ""},
        {"c[0] = measure a[0];\npragma qspan stim DETECTOR rec[-1]\npragma qspan stim X_ERROR(0.1) "
         "a[0] a[1]\npragma qspan stim QUBIT_COORDS(1) a[0] b[0]\n",
         ""},
    };

    expect_all_findings(cases, COUNT(cases));
}

Test(check, gates_across_qpus) {
    static const struct check_case cases[] = {
        {"cx a[0], b[0];", "6:1: error: 'cx' acts on data wire a[0] of QPU A and on data wire b[0] "
                           "of QPU B: its wires must be of one QPU"},
        {"ccx a[0], a[1], b[0];", "6:1: error: 'ccx' acts on data wire a[0] of QPU A and on data "
                                  "wire b[0] of QPU B: its wires must be of one QPU"},
        {"x e[0]; barrier a[0], b[0];", "6:9: error: 'BARRIER' acts on data wire a[0] of QPU A and "
                                        "on data wire b[0] of QPU B: its wires must be of one QPU"},
        {"pragma qspan stim DEPOLARIZE2(0.1) a[0] b[0]\n", ""},
        {"pragma qspan op measure m X a[0] X b[0]\n",
         "6:17: error: 'MEASURE' acts on data wire a[0] of QPU A and on data wire b[0] of QPU B: "
         "its wires must be of one QPU"},
        {"swap a[2], b[2];", "6:1: error: 'swap' acts on comm wire a[2] of QPU A and on comm wire "
                             "b[2] of QPU B: its wires must be of one QPU"},
    };

    expect_all_findings(cases, COUNT(cases));
}

Test(check, ebits_and_comm_wires) {
    static const struct check_case cases[] = {
        {"ebit(a[2], a[3]); c[0] = measure a[2]; c[0] = measure a[3];",
         "6:1: error: an ebit of comm wire a[2] of QPU A and comm wire a[3] of QPU A: expected two "
         "QPUs"},
        {"ebit(a[0], b[2]); c[0] = measure a[0]; c[0] = measure b[2];",
         "6:1: error: an ebit on data wire a[0] of QPU A: expected a comm wire"},
        {"ebit(a[0], b[0]);",
         "6:1: error: an ebit on data wire a[0] of QPU A: expected a comm wire\n6:1: error: an "
         "ebit on data wire b[0] of QPU B: expected a comm wire"},
        {"ebit(a[2], b[2]);\nebit(a[2], b[3]);\nm = measure a[2]; m = measure b[2]; m = measure "
         "b[3];",
         "7:1: error: comm wire a[2] of QPU A still holds the ebit of line 6: measure, reset or "
         "free it before its next ebit"},
        {"ebit(a[2], b[2]); cx a[0], a[2];\ncx b[2], b[0];",
         "6:1: error: comm wire a[2] of QPU A still holds the ebit of line 6 at the end: measure, "
         "reset or free it\n6:1: error: comm wire b[2] of QPU B still holds the ebit of line 6 at "
         "the end: measure, reset or free it"},
        {"ebit(a[2], b[2]);\nm = measure a[2];", "6:1: error: half an ebit: comm wire b[2] of QPU "
                                                 "B is never used and left open at the end"},
        {"ebit(a[2], b[2]);\nm = measure a[2];\n  reset b[2];",
         "8:3: error: half an ebit: comm wire b[2] of QPU B drops the ebit of line 6 before "
         "anything has used it"},
        {"ebit(a[2], b[2]);\nm = measure a[2];\n  pragma qspan op free b[2]\n",
         "8:19: error: half an ebit: comm wire b[2] of QPU B drops the ebit of line 6 before "
         "anything has used it"},
        {"cx a[0], a[2];\nebit(a[2], b[2]); m = measure a[2]; m = measure b[2];",
         "7:1: error: comm wire a[2] of QPU A still holds the state of line 6: measure, reset or "
         "free it before its next ebit"},
        {"h a[2];", "6:1: error: comm wire a[2] of QPU A still holds the state of line 6 at the "
                    "end: measure, reset or free it"},
        {"cx a[0], a[2]; m = measure a[0];",
         "6:1: error: comm wire a[2] of QPU A still holds the state of line 6 at the end: measure, "
         "reset or free it"},
        {"ebit(a[2], b[2]); cx a[0], a[2]; m = measure a[2];\nx b[0]; swap b[2], b[0]; x b[0];",
         "7:1: error: comm wire b[2] of QPU B still holds the state of line 7 at the end: measure, "
         "reset or free it"},
        {"ebit(a[2], b[2]); cx a[0], a[2]; m = measure a[2];\nswap b[2], b[0]; swap b[0], b[3];",
         "6:1: error: comm wire b[3] of QPU B still holds the ebit of line 6 at the end: measure, "
         "reset or free it"},
        {"pragma qspan op measure m X a[2] X a[3]\n",
         "6:17: error: comm wire a[2] of QPU A still holds the state of line 6 at the end: "
         "measure, reset or free it\n6:17: error: comm wire a[3] of QPU A still holds the state of "
         "line 6 at the end: measure, reset or free it"},
        {"cat_entangle(a[0], a[2], b[2]);", "6:1: error: comm wire b[2] of QPU B still holds the "
                                            "ebit of line 6 at the end: measure, reset or free it"},
    };

    expect_all_findings(cases, COUNT(cases));
}

Test(check, logical_wires_hold_qubits) {
    static const struct check_case cases[] = {
        {"pragma qspan logical in q[0] b[0]\npragma qspan logical out q[0] b[1]\nebit(a[2], b[2]); "
         "m = measure a[2];\nswap b[2], b[0];",
         "6:25: error: comm wire b[2] of QPU B still holds the circuit's qubit q[0] at the end: "
         "measure, reset or free it"},
    };

    expect_all_findings(cases, COUNT(cases));
}

Test(check, blocks) {
    static const struct check_case cases[] = {
        {"m = measure a[0];\nif (m) { ebit(a[2], b[2]); }\n",
         "7:1: error: comm wire a[2] of QPU A holds the ebit of line 7 after one way through this "
         "'if' but not after the other\n7:1: error: comm wire b[2] of QPU B holds the ebit of line "
         "7 after one way through this 'if' but not after the other"},
        {"m = measure a[0];\nif (m) { x a[0]; } else { ebit(a[2], b[2]); k = measure b[2]; }\n",
         "7:1: error: comm wire a[2] of QPU A holds the ebit of line 7 after one way through this "
         "'if' but not after the other"},
        {"ebit(a[2], b[2]); m = measure a[2];\nif (m) { k = measure b[2]; }\n",
         "7:1: error: comm wire b[2] of QPU B holds the ebit of line 6 after one way through this "
         "'if' but not after the other"},
        {"ebit(a[2], b[2]); m = measure a[2];\nif (m) { swap b[2], b[0]; } k = measure b[2];", ""},
        {"ebit(a[2], b[2]); m = measure a[2];\nif (m) { swap b[2], b[0]; } else { swap b[2], b[0]; "
         "}",
         ""},
        {"ebit(a[2], b[2]); m = measure a[2];\nif (m) { swap b[2], b[0]; }\n",
         "6:1: error: comm wire b[2] of QPU B still holds the ebit of line 6 at the end: measure, "
         "reset or free it"},
        {"ebit(a[2], b[2]); m = measure a[2];\nif (m) { swap b[2], b[0]; } else { k = measure "
         "b[2]; }",
         ""},
        {"for uint i in [1:2] { ebit(a[2], b[2]); k = measure b[2]; }\n",
         "6:1: error: comm wire a[2] of QPU A holds the ebit of line 6 at the end of a round of "
         "this loop, but nothing before it: let each round begin with a reset of it"},
        {"ebit(a[2], b[2]); x a[2];\nfor uint i in [1:2] { m = measure a[2]; } m = measure b[2];\n",
         "7:1: error: comm wire a[2] of QPU A holds the ebit of line 6 before this loop, but "
         "nothing at the end of a round"},
        {"m = measure a[0];\nwhile (m) { m = measure a[0]; ebit(a[2], b[2]); k = measure a[2]; }\n",
         "7:1: error: comm wire b[2] of QPU B holds the ebit of line 7 at the end of a round of "
         "this loop, but nothing before it: let each round begin with a reset of it"},
        {"for uint i in [1:2] {\n  ebit(a[2], b[2]); k = measure a[2]; swap b[2], b[0]; }\n",
         "6:1: error: comm wire b[2] of QPU B holds the state of line 7 at the end of a round of "
         "this loop, but nothing before it: let each round begin with a reset of it"},
    };

    expect_all_findings(cases, COUNT(cases));
}

/* A loop may leave open what each round resets first: one that repeats until a pair is good. */
Test(check, loops_that_begin_with_a_reset) {
    static const struct check_case cases[] = {
        {"m = measure a[0];\nwhile (m) { reset a[2]; reset b[2]; ebit(a[2], b[2]);\n"
         "x a[2]; x b[2]; m = measure a[0]; }\ncx a[0], a[2]; m = measure a[2]; k = measure b[2];",
         ""},
        {"m = measure a[0];\nwhile (m) { if (m) reset a[2]; ebit(a[2], b[2]);\n"
         "x a[2]; k = measure b[2]; }\nm = measure a[2];",
         "7:1: error: comm wire a[2] of QPU A holds the ebit of line 7 at the end of a round of "
         "this loop, but nothing before it: let each round begin with a reset of it"},
        {"m = measure a[0];\nwhile (m) { reset a[2]; ebit(a[2], b[2]);\n"
         "k = measure b[2]; }\nm = measure a[2];",
         "7:1: error: comm wire a[2] of QPU A holds the ebit of line 7 at the end of a round of "
         "this loop, but nothing before it: let each round begin with a reset of it"},
        {"m = measure a[0];\nwhile (m) { reset a[2]; ebit(a[2], b[2]);\n"
         "x a[2]; k = measure b[2]; }\nebit(a[2], b[2]); m = measure a[2]; k = measure b[2];",
         "9:1: error: comm wire a[2] of QPU A still holds the ebit of line 7: measure, reset or "
         "free it before its next ebit"},
    };

    expect_all_findings(cases, COUNT(cases));
}

/* What a block may not have done is not relied on. */
Test(check, blocks_that_may_not_run) {
    static const struct check_case cases[] = {
        {"x b[0]; m = measure a[0]; while (m) { m = measure b[0]; }\n"
         "ebit(a[2], b[2]); m = measure a[2]; swap b[2], b[0];",
         "6:1: error: comm wire b[2] of QPU B still holds the state of line 6 at the end: measure, "
         "reset or free it"},
        {"x b[0]; for uint i in [1:0] { m = measure b[0]; }\n"
         "ebit(a[2], b[2]); m = measure a[2]; swap b[2], b[0];",
         "6:1: error: comm wire b[2] of QPU B still holds the state of line 6 at the end: measure, "
         "reset or free it"},
        {"x b[0]; for uint i in [1:1] { m = measure b[0]; }\n"
         "ebit(a[2], b[2]); m = measure a[2]; swap b[2], b[0];",
         ""},
        {"for uint i in [1:2] {\n"
         "ebit(a[2], b[2]); m = measure a[2]; swap b[2], b[0]; m = measure b[0]; }",
         ""},
        {"for uint i in [1:2] {\n"
         "ebit(a[2], b[2]); m = measure a[2]; swap b[2], b[0]; if (m) m = measure b[0]; }",
         "6:1: error: comm wire b[2] of QPU B holds the state of line 7 at the end of a round of "
         "this loop, but nothing before it: let each round begin with a reset of it"},
    };

    expect_all_findings(cases, COUNT(cases));
}

Test(check, bits) {
    static const struct check_case cases[] = {
        {"if (m) x a[0];",
         "6:1: error: bit m is used before any measurement or assignment has written it"},
        {"while (m) { m = measure a[0]; }",
         "6:1: error: bit m is used before any measurement or assignment has written it"},
        {"if (c == 5) x a[0];",
         "6:1: error: bit c[0] is used before any measurement or assignment has written it"},
        {"m = measure a[0];\nif (m) { k = measure a[0]; } else { if (k) x a[0]; }",
         "7:37: error: bit k is used before any measurement or assignment has written it"},
        {"m = measure a[0];\nif (m) { k = measure a[0]; } if (k) x a[0];", ""},
        {"for uint i in [1:2] {\n if (m) x a[0]; m = measure a[0]; }",
         "7:2: error: bit m is used before any measurement or assignment has written it"},
        {"pragma qspan op detector m\n",
         "6:17: error: bit m is used before any measurement or assignment has written it"},
        {"if (m) x a[0]; if (m) x a[0];",
         "6:1: error: bit m is used before any measurement or assignment has written it"},
    };

    expect_all_findings(cases, COUNT(cases));
}

Test(check, freed) {
    static const struct check_case cases[] = {
        {"pragma qspan op free a[0]\nx a[0];",
         "7:1: error: data wire a[0] of QPU A was freed: allocate it before it is used"},
        {"pragma qspan op free a[0]\nm = measure a[0];",
         "7:1: error: data wire a[0] of QPU A was freed: allocate it before it is used"},
        {"pragma qspan op free a[0]\nreset a[0];",
         "7:1: error: data wire a[0] of QPU A was freed: allocate it before it is used"},
        {"pragma qspan op free a[0]\npragma qspan op free a[0]\n",
         "7:17: error: data wire a[0] of QPU A was freed: allocate it before it is used"},
        {"x a[0];\npragma qspan op alloc a[0]\n",
         "7:17: error: alloc of data wire a[0] of QPU A, which holds the state of line 6"},
        {"pragma qspan op free a[0]\nswap a[0], a[1];",
         "7:1: error: data wire a[0] of QPU A was freed: allocate it before it is used"},
        {"ebit(a[2], b[2]);\npragma qspan op alloc a[2]\nm = measure a[2]; m = measure b[2];",
         "7:17: error: alloc of comm wire a[2] of QPU A, which holds the ebit of line 6"},
        {"pragma qspan op idle a[0] 3\n",
         "6:17: error: 'IDLE' comes from the schedule; a program must not have it"},
    };

    expect_all_findings(cases, COUNT(cases));
}

Test(check, logical) {
    static const struct check_case cases[] = {
        {"pragma qspan logical in q[0] a[2]\npragma qspan logical out q[0] a[0]\n",
         "6:25: error: logical in: q[0] is on comm wire a[2] of QPU A; expected a data wire"},
        {"pragma qspan logical in q[0] e[1]\npragma qspan logical out q[0] e[0]\n",
         "6:25: error: logical in: q[0] is on comm wire e[1] of QPU E; expected a data wire"},
        {"pragma qspan logical in q[0] a[0]\npragma qspan logical in q[1] a[0]\npragma qspan "
         "logical out q[0] a[0]\npragma qspan logical out q[1] a[1]\n",
         "7:25: error: logical in: data wire a[0] of QPU A holds two qubits"},
        {"pragma qspan logical in q[0] a[0]\npragma qspan logical in q[0] a[1]\npragma qspan "
         "logical out q[0] a[0]\n",
         "7:25: error: logical in: qubit q[0] is there twice"},
    };

    expect_all_findings(cases, COUNT(cases));
}

Test(check, wires_without_qpu) {
    struct program *program = must_read(HEAD "qubit[2] q; bit m;\n"
                                             "x q[1];\n"
                                             "pragma qspan qpu A data q[0]\n"
                                             "x q[0]; m = measure q[1];\n");
    struct program_check check;

    messages_keep();
    cr_expect_eq(program_check(&check, program), STATUS_INPUT);
    cr_expect_str_eq(messages_all(),
                     "t.qasm:3:1: error: wire q[1] belongs to no QPU; name it in a line 'pragma "
                     "qspan qpu'\n"
                     "t.qasm:5:9: error: wire q[1] belongs to no QPU; name it in a line 'pragma "
                     "qspan qpu'");
    cr_expect_eq(check.n_errors, 2);
    program_check_fini(&check);
    program_destroy(program);
}

Test(check, only_twenty_findings_are_told) {
    struct text source = {0};
    struct program *program;
    struct program_check check;

    text_add(&source, MACHINE);
    for (unsigned i = 0; i < 27; i++) {
        text_add(&source, "cx a[0], b[0];\n");
    }
    program = must_read(source.data);
    messages_keep();
    cr_expect_eq(program_check(&check, program), STATUS_INPUT);
    cr_expect_eq(check.n_errors, 27);
    cr_expect_eq(messages_count(), 21);
    cr_expect_not_null(strstr(messages_all(), "t.qasm:25:1:"));
    cr_expect_not_null(strstr(messages_all(), "error: 7 more errors"));
    program_check_fini(&check);
    program_destroy(program);
    text_fini(&source);
}

Test(check, placed_elsewhere_than_its_wires) {
    struct program *program = must_read(MACHINE "x a[0];");
    struct program_check check;

    program->ops.ops[0].qpu = 1;
    messages_keep();
    cr_expect_eq(program_check(&check, program), STATUS_INPUT);
    cr_expect_str_eq(messages_all(),
                     "t.qasm:6:1: error: 'x' on data wire a[0] of QPU A is placed at QPU B");
    program_check_fini(&check);
    program_destroy(program);
}

Test(check, figures) {
    struct program *program =
        must_read(MACHINE "telegate_cx(a[0], a[2], b[2], b[0]);\n" /* 1 ebit, 2 bits, 5 gates */
                          "ebit(a[2], b[2]); ebit(a[3], e[1]);\n"  /* 2 at A, 1 at B and E */
                          "m = measure a[2]; k = measure b[2];\n"  /* m, k: 2 to E, 1 each way */
                          "if (m ^ k) { x e[0]; x a[0]; z b[0]; y e[0]; }\n" /* 4 gates */
                          "for uint i in [1:100] { x a[0]; }\n"              /* counts once */
                          "c[0] = measure a[3]; c[1] = measure e[1];\n");
    struct program_check check;

    cr_assert_eq(program_check(&check, program), STATUS_OK, "%s", messages_all());
    cr_expect_eq(check.n_ebits, 3);
    cr_expect_eq(check.n_bits_sent, 6);
    cr_expect_eq(check.n_local_gates, 10);
    cr_expect_eq(check.n_measurements, 6);
    cr_expect_eq(check.peak_comm[0], 2);
    cr_expect_eq(check.peak_comm[1], 1);
    cr_expect_eq(check.peak_comm[2], 1);
    program_check_fini(&check);
    program_destroy(program);
}

/* ---- random programs ---- */

/* Wires of MACHINE: a[0] .. b[3] are 0 to 7. */
static const char *const wire_names[] = {"a[0]", "a[1]", "a[2]", "a[3]",
                                         "b[0]", "b[1]", "b[2]", "b[3]"};

static void write_ops(struct text *out, struct draws *draws, unsigned depth, bool with_blocks) {
    for (uint32_t n = 1 + draw(draws, 5); n > 0; n--) {
        uint32_t side = 4 * draw(draws, 2), data = side + draw(draws, 2),
                 comm = side + 2 + draw(draws, 2);
        switch (draw(draws, with_blocks && depth < 3 ? 13 : 10)) {
        case 0:
        case 1:
            text_printf(out, "ebit(%s, %s);\n", wire_names[2 + draw(draws, 2)],
                        wire_names[6 + draw(draws, 2)]);
            break;
        case 2:
        case 3:
        case 4:
            text_printf(out, "m = measure %s;\n", wire_names[comm]);
            break;
        case 5:
            text_printf(out, "%s %s;\n", draw(draws, 2) ? "x" : "h",
                        wire_names[draw(draws, 2) ? comm : data]);
            break;
        case 6:
            text_printf(out, "cx %s, %s;\n", wire_names[data], wire_names[comm]);
            break;
        case 7:
            text_printf(out, "swap %s, %s;\n", wire_names[comm], wire_names[data]);
            break;
        case 8:
            text_printf(out, "reset %s;\n", wire_names[draw(draws, 2) ? comm : data]);
            break;
        case 9:
            text_printf(out, "m = measure %s;\n", wire_names[data]);
            break;
        case 10:
            text_add(out, "if (m) {\n");
            write_ops(out, draws, depth + 1, true);
            if (draw(draws, 2) == 0) {
                text_add(out, "} else {\n");
                write_ops(out, draws, depth + 1, true);
            }
            text_add(out, "}\n");
            break;
        case 11:
            text_printf(out, "for uint i in [1:%u] {\n", 1 + draw(draws, 3));
            write_ops(out, draws, depth + 1, true);
            text_add(out, "}\n");
            break;
        case 12:
            text_add(out, "while (m) {\n");
            write_ops(out, draws, depth + 1, true);
            text_add(out, "}\n");
            break;
        }
    }
}

/* What a wire holds on one way through the program. */
struct naive_wire {
    bool is_held, is_ebit, is_touched;
};
struct naive {
    const struct program *program;
    struct draws *draws;
    struct naive_wire wires[10];
    bool has_open_wire, has_half_ebit;
};

static void naive_op(struct naive *naive, const struct op *op) {
    const uint32_t *wires = op_qubits(&naive->program->ops, op);

    if (op->kind == OP_GATE && op->which == GATE_SWAP) {
        struct naive_wire first = naive->wires[wires[0]];
        naive->wires[wires[0]] = naive->wires[wires[1]];
        naive->wires[wires[1]] = first;
        naive->wires[wires[0]].is_touched = naive->wires[wires[1]].is_touched = true;
        return;
    }
    for (uint32_t i = 0; i < op->n_qubits; i++) {
        struct naive_wire *wire = &naive->wires[wires[i]];
        switch ((int)op->kind) {
        case OP_EBIT:
            naive->has_open_wire = naive->has_open_wire || wire->is_held;
            *wire = (struct naive_wire){.is_held = true, .is_ebit = true};
            break;
        case OP_MEASURE:
            wire->is_held = false;
            break;
        case OP_RESET:
            naive->has_half_ebit =
                naive->has_half_ebit || (wire->is_held && wire->is_ebit && !wire->is_touched);
            wire->is_held = false;
            break;
        case OP_GATE:
            if (!wire->is_held &&
                !(op->which == GATE_X && naive->program->wire_is_comm[wires[i]])) {
                *wire = (struct naive_wire){.is_held = true};
            }
            wire->is_touched = true;
            break;
        }
    }
}

/* Ops first .. last-1, with a coin for each choice. */
static void naive_walk(struct naive *naive, size_t first, size_t last) {
    const struct op_list *ops = &naive->program->ops;

    for (size_t i = first; i < last; i++) {
        const struct op *op = &ops->ops[i];
        size_t match = op->match;
        if (op->kind == OP_IF) {
            bool has_else = ops->ops[match].kind == OP_ELSE;
            size_t end = has_else ? ops->ops[match].match : match;
            if (draw(naive->draws, 2) == 0) {
                naive_walk(naive, i + 1, match);
            } else if (has_else) {
                naive_walk(naive, match + 1, end);
            }
            i = end;
        } else if (op->kind == OP_WHILE || op->kind == OP_REPEAT) {
            uint64_t rounds = op->kind == OP_WHILE ? draw(naive->draws, 4) : op->arg;
            for (uint64_t round = 0; round < rounds; round++) {
                naive_walk(naive, i + 1, match);
            }
            i = match;
        } else {
            naive_op(naive, op);
        }
    }
}

static struct naive naive_run(const struct program *program, struct draws *draws) {
    struct naive naive = {.program = program, .draws = draws};

    naive_walk(&naive, 0, program->ops.n_ops);
    for (uint32_t wire = 0; wire < program->n_wires; wire++) {
        if (program->wire_is_comm[wire] && naive.wires[wire].is_held) {
            naive.has_open_wire = true;
        }
    }
    return naive;
}

static struct program *random_check_program(struct text *source, struct draws *draws,
                                            bool with_blocks) {
    text_add(source, MACHINE "m = measure e[0];\n");
    write_ops(source, draws, 0, with_blocks);
    if (draw(draws, 2)) {
        write_ops(source, draws, 0, with_blocks);
    }
    if (draw(draws, 2)) {
        text_add(source, "m = measure a[2]; m = measure a[3]; m = measure b[2]; "
                         "m = measure b[3];\n");
    }
    return must_read(source->data);
}

/* Without blocks the checker and the walk agree. */
Test(check, straight_programs_against_a_naive_walk) {
    struct draws draws = {.seed = 11};
    unsigned n_right = 0;

    for (unsigned i = 0; i < 500; i++) {
        struct text source = {0};
        struct program *program = random_check_program(&source, &draws, false);
        struct naive naive = naive_run(program, &draws);
        struct program_check check;
        bool is_right;
        messages_keep();
        is_right = program_check(&check, program) == STATUS_OK;
        cr_assert_eq(is_right, !naive.has_open_wire && !naive.has_half_ebit, "%s\n%s", source.data,
                     messages_all());
        n_right += is_right;
        program_check_fini(&check);
        program_destroy(program);
        text_fini(&source);
    }
    cr_expect(n_right > 75 && n_right < 425, "%u", n_right);
}

/* With blocks: what the checker lets pass is right on every way through. */
Test(check, what_passes_is_right_on_every_way) {
    struct draws draws = {.seed = 12};
    unsigned n_right = 0;

    for (unsigned i = 0; i < 1000; i++) {
        struct text source = {0};
        struct program *program = random_check_program(&source, &draws, true);
        struct program_check check;
        bool is_right;
        messages_keep();
        is_right = program_check(&check, program) == STATUS_OK;
        for (unsigned way = 0; is_right && way < 20; way++) {
            cr_assert(!naive_run(program, &draws).has_open_wire, "%s", source.data);
        }
        n_right += is_right && strchr(source.data + strlen(MACHINE), '{') != NULL;
        program_check_fini(&check);
        program_destroy(program);
        text_fini(&source);
    }
    cr_expect(n_right > 30, "%u", n_right);
}
