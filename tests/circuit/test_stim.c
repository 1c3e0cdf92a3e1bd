/* Stim's language: what each instruction becomes, parse(print(x)) = x on random texts, refusals
 * with their places. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/rng.h"
#include "circuit/reading.h"

static enum status try_stim(struct circuit **out, const char *text) {
    messages_keep();
    return stim_read_text(out, "t.stim", text, strlen(text), NULL);
}

static struct circuit *read_stim(const char *text) {
    struct circuit *circuit = NULL;
    enum status status = try_stim(&circuit, text);

    cr_assert_eq(status, STATUS_OK, "%s\n%s", messages_all(), text);
    cr_assert(op_list_is_valid(&circuit->ops, circuit->n_qubits, circuit->n_bits), "%s", text);
    return circuit;
}

static void print_stim(struct text *out, const struct circuit *circuit) {
    cr_assert_eq(stim_print(out, circuit), STATUS_OK, "%s", messages_all());
}

static void expect_print(const char *text, const char *want) {
    struct circuit *circuit = read_stim(text);
    struct text got = {0};

    print_stim(&got, circuit);
    cr_expect_str_eq(got.data, want, "%s\nprints as\n%sinstead of\n%s", text, got.data, want);
    text_fini(&got);
    circuit_destroy(circuit);
}

Test(stim, prints_what_it_reads) {
    static const char *const same[] = {
        "",
        "H 0 1 5\nS_DAG 2\nSQRT_Y_DAG 2\nC_NZYX 1\nH_NYZ 3\n",
        "CX 0 1 2 3\nSWAPCX 1 2\nCXSWAP 1 2\nCZSWAP 0 2\nSQRT_XX_DAG 0 1\nXCY 3 4\nYCY 1 0\n",
        "M 0 !1 0\nMX(0.125) !2\nMY 3\nMR 0\nMRX !1\nMRY(0.5) 2\nMXX !0 1\nMYY(0.25) 1 2\nMZZ 0 "
        "3\n",
        "MPP !X0*Y1*Z2 X3*Z0\nMPAD 0 1 0\nMPAD(0.125) 1\n",
        "R 0 1\nRX 2\nRY 3\n",
        "X_ERROR(0.125) 0 1\nDEPOLARIZE2(0.001) 0 1 2 3\nPAULI_CHANNEL_1(0.1, 0.2, 0.3) 4\n",
        "E(0.5) X0 Y3\nELSE_CORRELATED_ERROR(0.25) Z1\nI_ERROR(0.1, 0.2) 3\nII_ERROR 1 2\n",
        "HERALDED_ERASE(0.25) 0 1\nHERALDED_PAULI_CHANNEL_1(0.1, 0.2, 0.3, 0.4) 2\n"
        "DETECTOR rec[-1] rec[-3]\n",
        "M 0\nCX rec[-1] 1 0 2\nCY sweep[5] 1\nCZ rec[-1] 3\n",
        "QUBIT_COORDS(1, 2.5) 7 9\nM 7\nTICK\nDETECTOR(0.5, -1e-07) rec[-1]\nSHIFT_COORDS(0, 1)\n"
        "DETECTOR\nOBSERVABLE_INCLUDE(3) rec[-1] X7 !Z9\n",
        "REPEAT 1000000000000000000 {\n    H 0\n    REPEAT 3 {\n        M 0\n        DETECTOR "
        "rec[-1]\n    }\n}\nDETECTOR rec[-3]\n",
        "REPEAT[loop] 2 {\n}\nH[a\\Cb\\n] 0\nH 0\nM[t] 0\nCX[fb] rec[-1] 0\n",
        "T 0\nT_DAG 1\nR_X(0.3) 0\nR_ZZ(0.02) 0 1\nU3(0.1, -0.7, 0.25) 1\n",
    };
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        expect_print(same[i], same[i]);
    }
}

Test(stim, spells_each_thing_in_one_way) {
    expect_print("h 0 # half\r\n\t cnot\t0 1\r\n", "H 0\nCX 0 1\n");
    expect_print("\xef\xbb\xbfZCX 0 1\nXCZ 0 1\nYCZ 0 1\nYCX 2 3\nSWAPCZ 0 1\nSQRT_Z 1",
                 "CX 0 1\nCX 1 0\nCY 1 0\nXCY 3 2\nCZSWAP 0 1\nS 1\n");
    expect_print("II 0 1\nMZ 0\nMRZ 0\nRZ 0\nCORRELATED_ERROR(1) X1*X2*X1",
                 "I 0 1\nM 0\nMR 0\nR 0\nE(1) X2\n");
    expect_print("M 0\nXCZ 1 rec[-1]\nCZ 2 rec[-1]\nCZ rec[-1] sweep[0]",
                 "M 0\nCX rec[-1] 1\nCZ rec[-1] 2\n");
    expect_print("MPP X0*Y0*Z0*Y0*X0 Z1*X2*X2 X1*X1 !Y1 !X1*X2", /* XYZ = i, YX = -iZ */
                 "M 0 1\nMPAD 0\nMY !1\nMXX !1 2\n");
    expect_print("SPP Y0\nSPP !Z0\nSPP_DAG X0*Z1",
                 "S_DAG 0\nH 0\nS 0\nH 0\nS 0\nS_DAG 0\nH 0\nCX 0 1\nS_DAG 1\nCX 0 1\nH 0\n");
    expect_print("REPEAT 2 { H 0\n}H 1", "REPEAT 2 {\n    H 0\n}\nH 1\n");
    expect_print("M\nX_ERROR(0.5)\nMPP\nQUBIT_COORDS(1)\nH", "");
    expect_print("X_ERROR( +.5 ) 1\nM(1e-3) !1", "X_ERROR(0.5) 1\nM(0.001) !1\n");
}

Test(stim, labels_are_renumbered_in_ascending_order) {
    struct circuit *circuit =
        read_stim("H 203301 16777215\nQUBIT_COORDS(1) 7\nCX 16777215 63 64 7");
    char name[32];

    cr_assert_eq(circuit->n_qubits, 5);
    cr_assert_arr_eq(circuit->labels, ((uint32_t[]){7, 63, 64, 203301, 16777215}),
                     5 * sizeof(uint32_t));
    cr_assert_eq(op_qubits(&circuit->ops, &circuit->ops.ops[0])[0], 3);
    cr_assert_eq(op_qubits(&circuit->ops, &circuit->ops.ops[3])[1], 1);
    cr_assert_str_eq(circuit_qubit_name(circuit, 3, name, sizeof name), "q[203301]");
    circuit_destroy(circuit);
}

Test(stim, results_have_a_bit_each_in_text_order) {
    struct circuit *circuit =
        read_stim("M 0 1\nREPEAT 5 {\nMR 0\nHERALDED_ERASE(0.1) 1\n}\nMPAD 1");

    cr_assert_eq(circuit->n_bits, 5);
    cr_assert_eq(circuit->n_cregs, 1);
    cr_assert_str_eq(circuit->cregs[0].name, "rec");
    cr_assert(circuit->measures);
    cr_assert_eq(circuit->ops.ops[4].bit, 3);
    cr_assert_eq(circuit->ops.ops[6].bit, 4);
    cr_assert_eq(circuit->ops.ops[6].which, MEASURE_INVERTED);
    cr_assert_eq(circuit->ops.ops[6].n_qubits, 0);
    circuit_destroy(circuit);
}

/* ---- refusals ---- */

Test(stim, refuses_with_place_and_reason) {
    static const struct {
        const char *text, *want;
    } cases[] = {
        {"H 0\nFOO 1", "t.stim:2:1: error: 'FOO' is no instruction of Stim"},
        {"DEPOLARISE1(0.1) 1", "did you mean DEPOLARIZE1?"},
        {"X_ERROR(2) 0", "t.stim:1:1: error: X_ERROR with probability 2: expected a number from 0"},
        {"X_ERROR(-0.1) 0", "probability -0.1"},
        {"X_ERROR(nan) 0", "t.stim:1:9: error: 'nan)': expected a number"},
        {"X_ERROR(0x1) 0", "t.stim:1:10: error: 'x1)': expected ',' or ')'"},
        {"X_ERROR(1e999) 0", "t.stim:1:9: error: '1e999)': expected a finite number"},
        {"X_ERROR(0.1,) 0", "t.stim:1:13: error: ')': expected a number"},
        {"X_ERROR 0", "X_ERROR with 0 arguments: expected 1"},
        {"M(0.1,0.1) 0", "M with 2 arguments: expected 0 to 1"},
        {"PAULI_CHANNEL_1(0.5,0.5,0.1) 0", "add to 1.1"},
        {"H(0.1) 0", "H with 1 arguments: expected 0"},
        {"H 16777216", "t.stim:1:3: error: '16777216': expected the number of a qubit"},
        {"H 18446744073709551616", "t.stim:1:3: error: '18446744073709551616'"},
        {"H 0,1", "t.stim:1:4: error: ',1': expected a blank before a target"},
        {"H !0", "t.stim:1:3: error: H gives no result that ! could invert"},
        {"H -1", "t.stim:1:3: error: '-1': expected a target"},
        {"H X1", "t.stim:1:3: error: H takes qubits only"},
        {"H 0*1", "t.stim:1:5: error: H takes no product"},
        {"H 0 }", "t.stim:1:5: error: '}': expected a target"},
        {"CX 0 1 2", "t.stim:1:1: error: CX on 3 targets: expected pairs"},
        {"CX 3 3", "t.stim:1:6: error: CX on a pair of one qubit"},
        {"MXX 0 !0", "on a pair of one qubit"},
        {"M 0\nCX 0 rec[-1]", "t.stim:2:6: error: CX takes qubits, and a bit as control only"},
        {"M 0\nSWAP rec[-1] 0", "t.stim:2:6: error: SWAP takes qubits only"},
        {"CX rec[-1] 0", "t.stim:1:4: error: rec[-1], but only 0 results come before it"},
        {"REPEAT 3 {\nM 0\nDETECTOR rec[-2]\n}", "t.stim:3:10: error: rec[-2], but only 1 results"},
        {"REPEAT 3 {\nM 0\n}\nDETECTOR rec[-4]", "but only 3 results"},
        {"M 0\nDETECTOR rec[0]", "t.stim:2:10: error: 'rec[0]': expected rec[-k] with k from 1"},
        {"M 0\nDETECTOR rec[-0]", "'rec[-0]': expected rec[-k]"},
        {"M 0\nDETECTOR rec[-1", "'rec[-1': expected rec[-k]"},
        {"DETECTOR 0", "t.stim:1:10: error: DETECTOR takes rec[-k] only"},
        {"OBSERVABLE_INCLUDE(1.5)", "takes an index, an integer"},
        {"OBSERVABLE_INCLUDE(0) 3", "takes rec[-k] and Paulis only"},
        {"MPP X1*", "t.stim:1:8: error: the end of the text: expected a target"},
        {"MPP *X1", "t.stim:1:5: error: '*X1': expected a target"},
        {"MPP X1**X2", "t.stim:1:8: error: '*X2': expected a target"},
        {"MPP 1*2", "t.stim:1:5: error: MPP takes Pauli targets only"},
        {"MPP Z5 X0*Y0", "t.stim:1:8: error: MPP of a product that is i times a Pauli string"},
        {"SPP X0*Y0*X1", "i times a Pauli string"},
        {"MPAD 2", "MPAD takes 0 and 1 only"},
        {"TICK 1", "t.stim:1:6: error: TICK takes no targets"},
        {"SHIFT_COORDS(1) 1", "SHIFT_COORDS takes no targets"},
        {"REPEAT 0 {\n}", "t.stim:1:8: error: REPEAT 0: expected at least one round"},
        {"REPEAT 9223372036854775808 {\n}", "expected a number of rounds, at most 2^63 - 1"},
        {"REPEAT {\n}", "t.stim:1:8: error: '{': expected a number of rounds"},
        {"REPEAT 2\n{\n}", "t.stim:1:9: error: the end of the line: expected '{'"},
        {"REPEAT 2 3 {\n}", "'3': expected '{'"},
        {"H 0\nREPEAT 5 {\nH 0\n", "t.stim:2:1: error: REPEAT is not closed"},
        {"H 0\n}", "t.stim:2:1: error: '}' closes no REPEAT"},
        {"H 0 {", "t.stim:1:5: error: '{': expected the end of the line"},
        {"H[ab", "t.stim:1:5: error: the end of the text: expected ']' at the end of a tag"},
        {"H[a\\x] 0", "t.stim:1:4: error: '\\x]': expected \\n, \\r, \\B or \\C in a tag"},
        {"H[t\xc3\xa9] X", "t.stim:1:8: error: the end of"},
        {"H[a\033b] 0",
         "t.stim:1:4: error: '\\x1Bb]': expected a tag of UTF-8 text without control"},
        {"H[\xff] 0", "expected a tag of UTF-8 text"},
        {"H[\xc2\x9b] 0", "t.stim:1:3: error: '\\xC2\\x9B]': expected a tag"},
        {"H [t] 0", "t.stim:1:3: error: '[t]': expected a target"},
        {"rec[-1] 0", "'rec' is no instruction"},
        {"!H 0", "t.stim:1:1: error: '!H': expected an instruction"},
        {"R_Z(1e12) 0", "an angle of 2^28 or more"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct circuit *circuit = NULL;
        cr_expect_eq(try_stim(&circuit, cases[i].text), STATUS_INPUT, "%s", cases[i].text);
        cr_expect_not_null(strstr(messages_all(), cases[i].want), "%s\ngives\n%s\nnot\n%s",
                           cases[i].text, messages_all(), cases[i].want);
    }
}

Test(stim, limits) {
    const struct circuit_limits strict = {.strict = true}, few = {.max_qubits = 2, .max_ops = 3};
    struct circuit *circuit = NULL;
    struct text deep = {0}, wide = {0};

    messages_keep();
    cr_expect_eq(stim_read_text(&circuit, "t.stim", "T 0", 3, &strict), STATUS_INPUT);
    cr_expect_eq(stim_read_text(&circuit, "t.stim", "H 0 1 2", 7, &few), STATUS_NOFIT);
    cr_expect_eq(stim_read_text(&circuit, "t.stim", "H 0 0 0 0", 9, &few), STATUS_NOFIT);
    for (int i = 0; i < 1000000; i++) {
        text_add(&deep, "REPEAT 2 {\n");
    }
    cr_expect_eq(try_stim(&circuit, deep.data), STATUS_INPUT);
    cr_expect_not_null(strstr(messages_all(), "t.stim:257:1: error: REPEAT nested deeper"));
    text_add(&wide, "MPP X0");
    for (int i = 1; i <= 32; i++) {
        text_printf(&wide, "*X%d", i);
    }
    cr_expect_eq(try_stim(&circuit, wide.data), STATUS_INPUT);
    cr_expect_not_null(strstr(messages_all(), "of more than 32 qubits"));
    text_fini(&deep);
    text_fini(&wide);
}

/* ---- random texts ---- */

struct source {
    uint64_t seed, at;
};

static uint32_t draw(struct source *s, uint32_t n) {
    return (uint32_t)(rng_uniform(s->seed, s->at++, 0, RNG_TEST) * n);
}

static uint32_t add_pair(struct text *out, struct source *s, const char *format) {
    uint32_t a = 3 * draw(s, 9), b = (a + 3 + 3 * draw(s, 8)) % 27;
    text_printf(out, format, a, draw(s, 2) ? "" : "!", b);
    return b;
}

static void add_products(struct text *out, struct source *s, const char *separator) {
    for (uint32_t n = 1 + draw(s, 3), i = 0; i < n; i++) {
        uint32_t first = draw(s, 9);
        for (uint32_t m = 1 + draw(s, 4), k = 0; k < m; k++) {
            text_printf(out, "%s%s%c%u", k == 0 ? " " : separator, draw(s, 3) ? "" : "!",
                        "XYZ"[draw(s, 3)], 3 * ((first + 2 * k) % 9));
        }
    }
}

static void add_tag(struct text *out, struct source *s) {
    static const char *const tags[] = {"", "", "", "[a]", "[\\B x=1\\C]"};
    text_add(out, tags[draw(s, 5)]);
}

static void add_line(struct text *out, struct source *s, bool has_records) {
    static const char *const singles[] = {"H",  "SQRT_Y", "C_XYNZ", "h_nxz", "R",         "RX",
                                          "RY", "S_DAG",  "T",      "X",     "SQRT_X_DAG"};
    static const char *const pairs[] = {"CX", "XCY", "YCX", "SQRT_ZZ", "ISWAP_DAG", "SWAPCX", "II"};
    static const char *const results[] = {"M", "MX", "MRY", "MR(0.125)", "MZ(0.01)"};
    static const char *const noises[] = {"X_ERROR(0.1)", "DEPOLARIZE1(1)", "I_ERROR(0.1,0.2)",
                                         "HERALDED_ERASE(0.1)", "QUBIT_COORDS(1,2)"};
    uint32_t kind = draw(s, has_records ? 12 : 9);
    const char *word = kind == 0    ? singles[draw(s, 11)]
                       : kind == 1  ? pairs[draw(s, 7)]
                       : kind == 2  ? results[draw(s, 5)]
                       : kind == 3  ? noises[draw(s, 5)]
                       : kind == 4  ? (draw(s, 2) ? "MXX" : "MYY(0.5)")
                       : kind == 5  ? "MPP"
                       : kind == 6  ? (draw(s, 2) ? "E(0.25)" : "ELSE_CORRELATED_ERROR(0.5)")
                       : kind == 7  ? "TICK"
                       : kind == 8  ? "MPAD"
                       : kind == 9  ? "DETECTOR(1,2)"
                       : kind == 10 ? "OBSERVABLE_INCLUDE(2)"
                                    : "CX";
    size_t n_name = strcspn(word, "(");
    text_add_n(out, word, n_name);
    add_tag(out, s);
    text_add(out, word + n_name);
    for (uint32_t n = draw(s, 4); n > 0; n--) {
        if (kind == 0 || kind == 3 || kind == 2) {
            text_printf(out, " %s%u", kind == 2 && draw(s, 2) ? "!" : "", 3 * draw(s, 9));
        } else if (kind == 1) {
            uint32_t a = 3 * draw(s, 9);
            text_printf(out, " %u %u", a, (a + 3) % 27);
        } else if (kind == 4) {
            add_pair(out, s, " %u %s%u");
        } else if (kind == 8) {
            text_printf(out, " %u", draw(s, 2));
        } else if (kind >= 9) {
            text_printf(out, " rec[-%u]", 1 + draw(s, 2));
        }
        if (kind == 11) {
            text_printf(out, " %u", draw(s, 30));
        }
    }
    if (kind == 5) {
        /* Distinct qubits: products that commute with their own letters. */
        add_products(out, s, "*");
    } else if (kind == 6) {
        add_products(out, s, " ");
    }
    text_add(out, "\n");
}

static void add_block(struct text *out, struct source *s, unsigned depth) {
    for (uint32_t n = 1 + draw(s, 12); n > 0; n--) {
        if (depth < 3 && draw(s, 8) == 0) {
            text_add(out, "REPEAT");
            add_tag(out, s);
            text_printf(out, " %u {\n", 1 + draw(s, 1000000));
            add_block(out, s, depth + 1);
            text_add(out, "}\n");
        } else {
            add_line(out, s, true);
        }
    }
}

/* All but the places. Tags: by their text. */
static void expect_same(const struct circuit *a, const struct circuit *b, const char *text) {
    cr_assert_eq(a->ops.n_ops, b->ops.n_ops, "%s", text);
    cr_assert_eq(a->n_qubits, b->n_qubits);
    cr_assert_eq(a->n_bits, b->n_bits);
    cr_assert_arr_eq(a->labels, b->labels, a->n_qubits * sizeof *a->labels);
    for (size_t i = 0; i < a->ops.n_ops; i++) {
        const struct op *x = &a->ops.ops[i], *y = &b->ops.ops[i];
        const char *where = op_kind_name((enum op_kind)x->kind);
        cr_assert(x->kind == y->kind && x->which == y->which && x->arg == y->arg &&
                      x->bit == y->bit && x->match == y->match && x->n_qubits == y->n_qubits &&
                      x->n_params == y->n_params && (x->tag == 0) == (y->tag == 0) &&
                      (x->expr == OP_NO_EXPR) == (y->expr == OP_NO_EXPR),
                  "op %zu, %s\n%s", i, where, text);
        cr_assert(x->tag == 0 || strcmp(a->tags[x->tag - 1], b->tags[y->tag - 1]) == 0);
        cr_assert(x->n_qubits == 0 || memcmp(op_qubits(&a->ops, x), op_qubits(&b->ops, y),
                                             x->n_qubits * sizeof(uint32_t)) == 0);
        cr_assert(x->n_params == 0 || memcmp(op_params(&a->ops, x), op_params(&b->ops, y),
                                             x->n_params * sizeof(double)) == 0);
    }
    cr_assert_eq(a->ops.n_exprs, b->ops.n_exprs);
    for (size_t i = 0; i < a->ops.n_exprs; i++) {
        const struct expr *x = &a->ops.exprs[i], *y = &b->ops.exprs[i];
        cr_assert(x->kind == y->kind && x->a == y->a && x->b == y->b && x->value0 == y->value0);
    }
}

Test(stim, what_is_printed_reads_back_as_the_same) {
    for (uint64_t seed = 0; seed < 400; seed++) {
        struct source s = {.seed = seed};
        struct text text = {0}, once = {0}, twice = {0};
        struct circuit *first, *second;
        text_add(&text, "M 0 3\nT 0 3 6 9 12 15 18 21 24\n");
        add_block(&text, &s, 0);
        if (try_stim(&first, text.data) != STATUS_OK) {
            cr_assert(strstr(messages_all(), "i times"), "%s\n%s", messages_all(), text.data);
            text_fini(&text);
            continue;
        }
        cr_assert(op_list_is_valid(&first->ops, first->n_qubits, first->n_bits), "%s", text.data);
        print_stim(&once, first);
        second = read_stim(once.data);
        expect_same(first, second, text.data);
        print_stim(&twice, second);
        cr_assert_str_eq(once.data, twice.data);
        text_fini(&text);
        text_fini(&once);
        text_fini(&twice);
        circuit_destroy(first);
        circuit_destroy(second);
    }
}

/* ---- other languages ---- */

Test(stim, prints_circuits_of_other_languages) {
    struct circuit *circuit =
        must_read("OPENQASM 2.0;\ninclude \"qelib1.inc\";\nqreg a[2];\nqreg b[1];\ncreg m[1];\n"
                  "creg k[1];\nh a[0];\ncx a[0],b[0];\nbarrier a,b;\nsxdg a[1];\nreset b;\n"
                  "measure a[1] -> m[0];\nif(m==1) z b[0];\nmeasure b[0] -> k[0];\n");
    struct text got = {0};

    print_stim(&got, circuit);
    cr_expect_str_eq(got.data, "H 0\nCX 0 2\nTICK\nSQRT_X_DAG 1\nR 2\nM 1\nCZ rec[-1] 2\nM 2\n");
    text_fini(&got);
    circuit_destroy(circuit);
}

Test(stim, refuses_to_print_what_it_cannot_say) {
    static const struct {
        const char *text, *want;
    } cases[] = {
        {"ccx q[0],q[1],q[2];", "t.qasm:4:1: error: ccx cannot be said in Stim's language"},
        {"measure q[0] -> c[1];", "a result that is not in the order of its bits"},
        {"measure q[0] -> c[0];", "1 of 2 bits are never measured"},
        {"measure q[0]->c[0];\nmeasure q[1]->c[1];\nif(c==1) x q[0];",
         "t.qasm:6:1: error: this condition cannot"},
        {"barrier q[0],q[1];", "a barrier on a part of the qubits cannot"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[256];
        struct text got = {0};
        snprintf(text, sizeof text,
                 "OPENQASM 2.0;include \"qelib1.inc\";\nqreg q[3];\ncreg c[2];\n%s\n",
                 cases[i].text);
        struct circuit *circuit = must_read(text);
        cr_expect_eq(stim_print(&got, circuit), STATUS_INPUT, "%s", text);
        cr_expect_not_null(strstr(messages_all(), cases[i].want), "%s\ngives\n%s", text,
                           messages_all());
        text_fini(&got);
        circuit_destroy(circuit);
    }
}

/* ---- plain ops ---- */

static void expect_lowered(const char *text, const char *want) {
    struct circuit *circuit = read_stim(text), *plain = NULL;
    struct text got = {0};

    cr_assert_eq(stim_needs_lowering(circuit), true, "%s", text);
    cr_assert_eq(stim_lower(&plain, circuit), STATUS_OK, "%s\n%s", messages_all(), text);
    cr_assert(op_list_is_valid(&plain->ops, plain->n_qubits, plain->n_bits), "%s", text);
    cr_assert(!stim_needs_lowering(plain));
    print_stim(&got, plain);
    cr_expect_str_eq(got.data, want, "%s\nlowers to\n%sinstead of\n%s", text, got.data, want);
    text_fini(&got);
    circuit_destroy(circuit);
    circuit_destroy(plain);
}

Test(stim, lowers_to_plain_ops) {
    expect_lowered("M !0", "X 0\nM 0\nX 0\n");
    expect_lowered("MX !0\nMXX !0 1", "Z 0\nMX 0\nZ 0\nZ 0\nMXX 0 1\nZ 0\n");
    expect_lowered("MR(0.25) 0\nMRY 0", "M(0.25) 0\nR 0\nMY 0\nR 0\nH 0\nS 0\n");
    expect_lowered("RX 0\nRY 1\nTICK", "R 0\nH 0\nR 1\nH 1\nS 1\n");
    expect_lowered("M(0.5) !0\nMPP(0.125) X0*Z1\nTICK", "X 0\nM(0.5) 0\nX 0\nMPP(0.125) X0*Z1\n");
    expect_lowered("MPAD(0.25) 0 1 1\nHERALDED_ERASE(0.5) 0\nTICK",
                   "MPAD(0.25) 0\nMPAD(0.75) 0 0\nHERALDED_ERASE(0.5) 0\n");
    expect_lowered("E(0.25) X0 X1\nELSE_CORRELATED_ERROR(0.5) Z2\nTICK",
                   "E(0.25) X0 X1\nELSE_CORRELATED_ERROR(0.5) Z2\n");
    expect_lowered("E(0.5) Y0\nE(0.25) X0 Z1\nI_ERROR(1) 0",
                   "PAULI_CHANNEL_1(0, 0.5, 0) 0\n"
                   "PAULI_CHANNEL_2(0, 0, 0, 0, 0, 0, 0.25, 0, 0, 0, 0, 0, 0, 0, 0) 0 1\n");
    expect_lowered("M 0\nREPEAT 3 {\nREPEAT 2 {\nM 1\nCX rec[-2] 0\n}\nX 0\n}\nDETECTOR rec[-7]",
                   "M 0\nM 1\nCX rec[-2] 0\nM 1\nCX rec[-2] 0\nX 0\nM 1\nCX rec[-2] 0\nM 1\n"
                   "CX rec[-2] 0\nX 0\nM 1\nCX rec[-2] 0\nM 1\nCX rec[-2] 0\nX 0\n");
}

Test(stim, chains_of_correlated_errors_become_one_channel) {
    expect_lowered("E(0.5) X3\nELSE_CORRELATED_ERROR(0.25) Y3\nELSE_CORRELATED_ERROR(0.5)\n"
                   "ELSE_CORRELATED_ERROR(1) Z3\nE(0.25) X3",
                   "PAULI_CHANNEL_1(0.5, 0.125, 0.1875) 3\nPAULI_CHANNEL_1(0.25, 0, 0) 3\n");
    /* XY = 6, IZ = 3, ZI = 12 of IX IY IZ XI ... ZZ, counted from 1 */
    expect_lowered("E(0.5) X0 Y7\nELSE_CORRELATED_ERROR(0.25) Z7\nELSE_CORRELATED_ERROR(0.5) Z0\n"
                   "ELSE_CORRELATED_ERROR(0) X7",
                   "PAULI_CHANNEL_2(0, 0, 0.125, 0, 0, 0.5, 0, 0, 0, 0, 0, 0.1875, 0, 0, 0) 0 7\n");
    expect_lowered("E(0.5) Y7 X0", "PAULI_CHANNEL_2(0, 0, 0, 0, 0, 0, 0, 0, 0.5, 0, 0, 0, 0, 0, 0)"
                                   " 7 0\n");
    expect_lowered("E(0.5)\nTICK", "");
}

Test(stim, refuses_to_lower_with_the_place) {
    static const struct {
        const char *text, *want;
    } cases[] = {
        {"H 0\nCX sweep[3] 0", "t.stim:2:4: error: sweep[3] has no value"},
        {"E(0.1) X0\nH 0\nELSE_CORRELATED_ERROR(0.1) Z0",
         "t.stim:3:1: error: ELSE_CORRELATED_ERROR without a correlated error right before it"},
        {"H 0\nREPEAT 1000000000000000000 {\nTICK\n}", "t.stim:2:1: error: REPEAT of 1000000000"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct circuit *circuit = read_stim(cases[i].text), *plain = NULL;
        cr_expect_eq(stim_lower(&plain, circuit), STATUS_INPUT, "%s", cases[i].text);
        cr_expect_not_null(strstr(messages_all(), cases[i].want), "%s\ngives\n%s", cases[i].text,
                           messages_all());
        circuit_destroy(circuit);
    }
}
