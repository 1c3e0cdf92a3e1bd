/* Building programs and asking about them. */
#include "program/programs.h"

static void expect_ok(enum status status) {
    cr_assert_eq(status, STATUS_OK, "%s", messages_all());
}

Test(program, wires_and_bits_by_number_and_name) {
    struct program *program = program_create();
    uint32_t a, b, first;
    char buffer[32];

    expect_ok(program_add_qpu(program, &a, "A"));
    expect_ok(program_add_qreg(program, &first, "data", 3, a, false));
    cr_expect_eq(first, 0);
    expect_ok(program_add_qpu(program, &b, "B"));
    expect_ok(program_add_qreg(program, &first, "link", 2, b, true));
    cr_expect_eq(first, 3);
    expect_ok(program_add_qreg(program, &first, "later", 100, a, false));
    cr_expect_eq(first, 5);
    cr_expect(a == 0 && b == 1 && program->n_wires == 105);
    cr_expect_eq(program->qpus[a].n_data, 103);
    cr_expect_eq(program->qpus[a].data[3], 5);
    cr_expect_eq(program->qpus[b].n_comm, 2);
    cr_expect(program->wire_qpu[4] == b && program->wire_is_comm[4]);
    cr_expect(program->wire_qpu[104] == a && !program->wire_is_comm[104]);
    cr_expect_str_eq(program_wire_name(program, 0, buffer, sizeof buffer), "data[0]");
    cr_expect_str_eq(program_wire_name(program, 4, buffer, sizeof buffer), "link[1]");
    cr_expect_str_eq(program_wire_name(program, 104, buffer, sizeof buffer), "later[99]");

    expect_ok(program_add_creg(program, &first, "m", 1, false, true));
    cr_expect_eq(first, 0);
    expect_ok(program_add_creg(program, &first, "one", 1, false, false));
    expect_ok(program_add_creg(program, &first, "c", 70, true, false));
    cr_expect_eq(first, 2);
    cr_expect_str_eq(program_bit_name(program, 0, buffer, sizeof buffer), "m");
    cr_expect_str_eq(program_bit_name(program, 1, buffer, sizeof buffer), "one[0]");
    cr_expect_str_eq(program_bit_name(program, 71, buffer, sizeof buffer), "c[69]");
    cr_expect_eq(program_find_qpu(program, "B"), b);
    cr_expect_eq(program_find_qpu(program, "C"), OP_NO_QPU);
    program_destroy(program);
    program_destroy(NULL);
}

Test(program, names_that_are_taken_get_underscores) {
    static const char *const names[] = {"c",  "c",  "c",    "int",     "x",  "rec",
                                        "pi", "u0", "ebit", "measure", "c_", "CX"};
    static const char *const want[] = {"c",   "c_",  "c__",   "int_",     "x_",   "rec_",
                                       "pi_", "u0_", "ebit_", "measure_", "c___", "CX_"};
    struct program *program = program_create();
    uint32_t first;

    for (size_t i = 0; i < COUNT(names); i++) {
        expect_ok(program_add_creg(program, &first, names[i], 1, false, false));
        cr_expect_str_eq(program->cregs[i].name, want[i]);
    }
    expect_ok(program_add_qreg(program, &first, "c", 1, OP_NO_QPU, false));
    cr_expect_str_eq(program->qregs[0].name, "c____");
    program_destroy(program);
}

Test(program, names_that_no_text_can_carry_are_refused) {
    static const char *const registers[] = {"", "1a", "a b", "a[0]", "a-b"};
    static const char *const qpus[] = {"", "a\"b", "a\nb", "a//b"};
    struct program *program = program_create();
    uint32_t out = 77;

    messages_keep();
    for (size_t i = 0; i < COUNT(registers); i++) {
        cr_expect_eq(program_add_creg(program, &out, registers[i], 1, false, false), STATUS_INPUT);
    }
    for (size_t i = 0; i < COUNT(qpus); i++) {
        cr_expect_eq(program_add_qpu(program, &out, qpus[i]), STATUS_INPUT);
    }
    cr_expect_eq(out, 77);
    expect_ok(program_add_qpu(program, &out, "rack 1/A"));
    cr_expect_eq(program_add_qpu(program, &out, "rack 1/A"), STATUS_INPUT);
    expect_ok(program_add_qreg(program, &out, "a", 1, 0, false));
    cr_expect_eq(program_add_logical(program, true, "\"", 0), STATUS_INPUT);
    cr_expect(program->n_cregs == 0 && program->n_qpus == 1 && program->n_out == 0);
    program_destroy(program);
}

static void expect_key(const char *declarations, const char *want) {
    struct text source = {0}, got = {0};
    struct program *program;
    uint32_t *bits;
    size_t n;

    text_printf(&source, HEAD "qubit[2] a; qubit[2] b; %s\n", declarations);
    program = must_read(source.data);
    expect_ok(program_key_bits(program, &bits, &n));
    text_add(&got, "");
    for (size_t i = 0; i < n; i++) {
        text_printf(&got, "%s%u", i == 0 ? "" : " ", bits[i]);
    }
    cr_expect_str_eq(got.data, want, "%s: %s", declarations, got.data);
    mem_free(bits);
    program_destroy(program);
    text_fini(&source);
    text_fini(&got);
}

Test(program, key_bits) {
    expect_key("", "");
    expect_key("bit m;", "0");
    expect_key("bit m; bit[3] c;", "0 1 2 3");
    expect_key("bit m; output bit[2] c; bit k; output bit d;", "1 2 4");
    /* bits of inlined defs are no results */
    expect_key("bit m; teledata(a[0], a[1], b[1], b[0]); bit k;", "0 3");
    expect_key("teledata(a[0], a[1], b[1], b[0]);", "");
    expect_key("teledata(a[0], a[1], b[1], b[0]); output bit k;", "2");
}

/* After printing too: the text says which bits are of a def. */
Test(program, key_bits_survive_the_text) {
    struct program *program = must_read(HEAD "qubit[2] a; qubit[2] b; bit m;\n"
                                             "teledata(a[0], a[1], b[1], b[0]);\n");
    struct program *again;
    struct text out = {0};
    uint32_t *bits;
    size_t n;

    expect_ok(program_print(&out, program));
    again = must_read(out.data);
    expect_ok(program_key_bits(again, &bits, &n));
    cr_expect(n == 1 && bits[0] == 0);
    mem_free(bits);
    text_fini(&out);
    program_destroy(program);
    program_destroy(again);
}

Test(program, resolve_finds_what_depends_on_data) {
    static const struct {
        const char *text;
        bool want;
    } cases[] = {
        {"m = measure a;", false},
        {"if (m) x a;", false},
        {"if (m) { x a; } else { for uint i in [1:3] { x a; } }", false},
        {"for uint i in [1:3] { m = measure a; reset a; }", false},
        {"if (m) m = measure a;", true},
        {"if (m) { x a; } else { reset a; }", true},
        {"if (m) { for uint i in [1:3] { m = measure a; } }", true},
        {"for uint i in [1:3] { if (m) { if (m) { ebit(a, b); } } }", true},
        {"if (m) {\n@qspan.op free a\nreset a;\n}", true},
        {"if (m) { x a; } m = measure a; if (m) { } reset a;", false},
        {"while (m) { x a; }", true},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct text source = {0};
        struct program *program;
        text_printf(&source, HEAD "qubit a; qubit b; bit m;\n%s", cases[i].text);
        program = must_read(source.data);
        cr_expect_eq(program->is_data_dependent, cases[i].want, "%s", cases[i].text);
        program_destroy(program);
        text_fini(&source);
    }
}

Test(program, resolve_places_ops_and_numbers_sites) {
    struct program *program =
        must_read(HEAD "qubit[2] a; qubit[2] b; bit m;\n"
                       "m = measure b[0];\n"
                       "pragma qspan qpu A data a[0:1]\npragma qspan qpu B data b[0:1]\n"
                       "pragma qspan stim X_ERROR(0.1) a[0] a[1]\n"
                       "pragma qspan stim TICK\n"
                       "pragma qspan stim QUBIT_COORDS(1) a[0]\n"
                       "for uint i in [1:2] { reset b[1]; barrier; }\n"
                       "ebit(b[0], a[0]);\n");
    static const uint32_t qpus[] = {1, 0, OP_NO_QPU, OP_NO_QPU, OP_NO_QPU, 1, 0, OP_NO_QPU, 1};
    static const uint32_t sites[] = {0, 1, 3, 3, 3, 3, 4, 4, 4};

    cr_assert_eq(program->ops.n_ops, COUNT(qpus));
    for (size_t i = 0; i < COUNT(qpus); i++) {
        cr_expect_eq(program->ops.ops[i].qpu, qpus[i], "op %zu", i);
        cr_expect_eq(program->ops.ops[i].site, sites[i], "op %zu", i);
    }
    cr_expect_eq(program->ops.n_sites, 5);
    program_destroy(program);
}

Test(program, empty) {
    struct program *program = program_create();
    struct program_check check;
    struct text out = {0};
    uint32_t *bits;
    size_t n;

    expect_ok(program_resolve(program));
    expect_ok(program_check(&check, program));
    cr_expect(check.n_errors == 0 && check.n_ebits == 0 && check.n_bits_sent == 0);
    expect_ok(program_key_bits(program, &bits, &n));
    cr_expect_eq(n, 0);
    expect_ok(program_print(&out, program));
    cr_expect_str_eq(out.data,
                     "OPENQASM 3.0;\ninclude \"stdgates.inc\";\ninclude \"qnu.inc\";\n\n");
    text_fini(&out);
    mem_free(bits);
    program_check_fini(&check);
    program_destroy(program);
}
