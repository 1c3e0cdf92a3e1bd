/* Files of Pauli sums: what they mean, what is refused and where. */
#include <criterion/criterion.h>
#include <string.h>

#include "base/log.h"
#include "circuit/observables.h"

static struct pauli_sums *read_text(const char *text, uint32_t n_qubits) {
    struct pauli_sums *sums = NULL;
    cr_assert_eq(pauli_sums_read_text(&sums, "o.txt", text, strlen(text), n_qubits), STATUS_OK,
                 "%s", log_get_error());
    return sums;
}

/* The t-th term as one letter per qubit, qubit 0 first. */
static void check_term(const struct pauli_sums *sums, size_t t, double coefficient,
                       const char *letters) {
    char seen[16] = {0};
    memset(seen, 'I', strlen(letters));
    cr_assert_lt(t, sums->n_terms);
    const struct pauli_term *term = &sums->terms[t];
    for (size_t k = term->first; k < term->first + term->n; k++) {
        seen[sums->qubits[k]] = "IXYZ"[sums->letters[k]];
    }
    cr_assert_str_eq(seen, letters);
    cr_assert_eq(term->coefficient, coefficient);
}

Test(observables, terms_in_every_form) {
    struct pauli_sums *sums = read_text("# a comment\n"
                                        "0.5 X0 Z3\n"
                                        "\n"
                                        " - 1.25e-1 * Y1*X2 + IIXZ # Qiskit's order\r\n"
                                        "energy: 2X3Y0 - I +.5 I\n"
                                        "  + 0X0 + -2 X0 - -.5*Z1 -+3I\n"
                                        "Z Z : ZZZZ",
                                        4);
    cr_assert_eq(sums->n_sums, 3);
    cr_assert_str_eq(sums->sums[0].name, "observable");
    cr_assert_str_eq(sums->sums[1].name, "energy");
    cr_assert_str_eq(sums->sums[2].name, "Z Z");
    cr_assert(sums->sums[0].first == 0 && sums->sums[0].n == 3);
    cr_assert(sums->sums[1].first == 3 && sums->sums[1].n == 7);
    cr_assert(sums->sums[2].first == 10 && sums->sums[2].n == 1);
    check_term(sums, 0, 0.5, "XIIZ");
    check_term(sums, 1, -0.125, "IYXI");
    check_term(sums, 2, 1, "ZXII");
    check_term(sums, 3, 2, "YIIX");
    check_term(sums, 4, -1, "IIII");
    check_term(sums, 5, 0.5, "IIII");
    check_term(sums, 6, 0, "XIII");
    check_term(sums, 7, -2, "XIII");
    check_term(sums, 8, 0.5, "IZII");
    check_term(sums, 9, -3, "IIII");
    check_term(sums, 10, 1, "ZZZZ");
    pauli_sums_destroy(sums);
}

Test(observables, one_qubit) {
    struct pauli_sums *sums = read_text("X", 1);
    check_term(sums, 0, 1, "X");
    pauli_sums_destroy(sums);
}

Test(observables, refused_with_their_place) {
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"", "o.txt: error: there is no Pauli sum"},
        {"# nothing\n", "there is no Pauli sum"},
        {"a:\n", "o.txt:1:1: error: the sum 'a' has no terms"},
        {"a: X0\n b: # later\nc: Z0", "o.txt:2:2: error: the sum 'b' has no terms"},
        {"X0\n\n  Z4", "o.txt:3:3: error: qubit 4: the number of qubits is 4"},
        {"X0 Z99999999999999999999", "the number of qubits is 4"},
        {"X0 X0", "o.txt:1:4: error: qubit 0 twice"},
        {"XIZ", "o.txt:1:1: error: 3 letters for 4 qubits"},
        {"Z", "one qubit is written as in X0"},
        {"XIZI X0", "o.txt:1:6: error: a term is one word"},
        {"X0 XIZI", "o.txt:1:4: error: a term is one word"},
        {"X0 0.5 Z1", "o.txt:1:4: error: expected + or - and another term, not '0'"},
        {"0.5", "o.txt:1:4: error: expected I, X, Y or Z, not the end of the line"},
        {"0.5 *", "not the end of the line"},
        {"X0 *", "not the end of the line"},
        {"X0 + ", "not the end of the line"},
        {"1e999 X0", "o.txt:1:1: error: this number cannot be read"},
        {"1.2.3 X0", "this number cannot be read"},
        {"1234567890123456789012345678901234567890123456789012345678901234567890 X0",
         "o.txt:1:1: error: this number cannot be read"},
        {"1j X0", "o.txt:1:2: error: expected I, X, Y or Z, not 'j'"},
        {"x0", "o.txt:1:1: error: expected I, X, Y or Z, not 'x'"},
        {"X0 + + Z1", "not '+'"},
        {"X0 + - -1Z1", "not '-'"},
        {"X0 + --1Z1", "not '-'"},
        {": X0", "has 1 to 256 characters"},
        {"a\x1b[2J: X0", "o.txt:1:2: error: a name with a control character"},
        {"\xff: X0", "o.txt:1:1: error: a name with a control character or invalid UTF-8"},
        {"a: X0\na: Z0", "o.txt:2:1: error: there are two sums called 'a'"},
        {"X0Z", "o.txt:1:4: error: expected the number of a qubit, not the end of the line"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct pauli_sums *sums = NULL;
        const char *text = cases[i].text;
        cr_expect_eq(pauli_sums_read_text(&sums, "o.txt", text, strlen(text), 4), STATUS_INPUT,
                     "%s", text);
        cr_expect(strstr(log_get_error(), cases[i].message), "%s: %s", text, log_get_error());
    }
}
