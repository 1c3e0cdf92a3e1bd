/* Distances of distributions and their p-values, against values worked out by hand. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "output/compare.h"

/* Of a file with this text. */
static enum status read_text(struct outcomes *out, const char *text) {
    char path[] = "/tmp/qspan_compare_XXXXXX";
    const int fd = mkstemp(path);
    cr_assert(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    close(fd);
    const enum status status = outcomes_read(out, path);
    unlink(path);
    return status;
}

static struct comparison compare(const char *left, const char *right) {
    struct outcomes a, b;
    struct comparison out = {0};
    cr_assert_eq(read_text(&a, left), STATUS_OK, "%s", log_get_error());
    cr_assert_eq(read_text(&b, right), STATUS_OK, "%s", log_get_error());
    cr_assert_eq(outcomes_compare(&out, &a, &b), STATUS_OK);
    outcomes_fini(&a);
    outcomes_fini(&b);
    return out;
}

static void check_near(double got, double want, double tolerance) {
    cr_expect(fabs(got - want) <= tolerance * fabs(want), "%.17g instead of %.17g", got, want);
}

Test(compare, gamma_has_closed_forms) {
    for (double x = 0.01; x < 300; x *= 1.7) {
        double sum = 0, term = exp(-x);
        check_near(compare_gamma_q(0.5, x), erfc(sqrt(x)), 1e-12);
        for (int n = 1; n <= 40; n++) { /* Q(n, x) = e^-x sum_{k < n} x^k / k! */
            sum += term;
            term *= x / n;
            cr_expect_lt(fabs(compare_gamma_q(n, x) - sum), 1e-12);
        }
    }
    cr_expect_eq(compare_gamma_q(3, 0), 1);
    cr_expect_lt(fabs(compare_gamma_q(5000, 5000) - 0.498119335), 1e-6);
}

Test(compare, counts_with_counts) {
    const struct comparison seen =
        compare("{\"counts\": {\"00\": 60, \"11\": 40}}", "{\"11\": 50, \"00\": 50}");
    check_near(seen.total_variation, 0.1, 1e-12);
    check_near(seen.hellinger_fidelity, pow(sqrt(0.3) + sqrt(0.2), 2), 1e-12);
    check_near(seen.chi_square, 100.0 / 110 + 100.0 / 90, 1e-12);
    cr_expect(seen.has_chi_square && seen.dof == 1 && seen.n_bits == 2 && seen.n_outcomes == 2);
    check_near(seen.p_value, erfc(sqrt(seen.chi_square / 2)), 1e-12);
}

/* Totals differ: 100 and 400 shots; the same as counts against the pooled shares. */
Test(compare, samples_of_different_sizes) {
    const struct comparison seen = compare("{\"0\": 70, \"1\": 30}", "{\"0\": 200, \"1\": 200}");
    const double p = 270.0 / 500, q = 230.0 / 500;
    const double want = pow(70 - 100 * p, 2) / (100 * p) + pow(30 - 100 * q, 2) / (100 * q) +
                        pow(200 - 400 * p, 2) / (400 * p) + pow(200 - 400 * q, 2) / (400 * q);
    check_near(seen.chi_square, want, 1e-12);
    check_near(seen.total_variation, 0.2, 1e-12);
}

Test(compare, counts_with_probabilities) {
    static const char exact[] = "{\"probabilities\": {\"00\": 0.5, \"01\": 0.25, \"10\": 0.25}, "
                                "\"n_outcomes\": 3}";
    static const char drawn[] = "{\"counts\": {\"00\": 60, \"01\": 20, \"10\": 20}}";
    for (int order = 0; order < 2; order++) {
        const struct comparison seen = order ? compare(exact, drawn) : compare(drawn, exact);
        check_near(seen.chi_square, 100.0 / 50 + 25.0 / 25 + 25.0 / 25, 1e-12);
        cr_expect_eq(seen.dof, 2);
        check_near(seen.p_value, exp(-2), 1e-12);
        check_near(seen.total_variation, 0.1, 1e-12);
    }
    const struct comparison plain = /* of another tool */
        compare(drawn, "{\"00\": 0.5, \"01\": 0.25, \"10\": 0.25}");
    check_near(plain.chi_square, 4, 1e-12);
}

/* Expected 80, 12, 3, 3, 2: two of the last three are a cell, which the third joins. */
Test(compare, rare_outcomes_are_put_together) {
    const struct comparison seen =
        compare("{\"000\": 75, \"001\": 13, \"010\": 5, \"011\": 3, \"100\": 4}",
                "{\"probabilities\": {\"000\": 0.8, \"001\": 0.12, \"010\": 0.03, \"011\": 0.03, "
                "\"100\": 0.02}}");
    check_near(seen.chi_square, 25.0 / 80 + 1.0 / 12 + 16.0 / 8, 1e-12);
    cr_expect_eq(seen.dof, 2);
}

/* Expected 96, 2, 2: the two rare ones are still too few and join the first. */
Test(compare, too_few_rare_ones_join_the_smallest) {
    const struct comparison seen =
        compare("{\"00\": 90, \"01\": 5, \"10\": 5}",
                "{\"probabilities\": {\"00\": 0.96, \"01\": 0.02, \"10\": 0.02}}");
    cr_expect(seen.dof == 0 && seen.p_value == 1 && seen.chi_square == 0);
}

/* Expected 3 of each of the first 8 outcomes, in pairs; 1 of the others, five and the rest. */
Test(compare, many_rare_outcomes_are_many_cells) {
    char even[512] = "{", odd[512] = "{";
    for (int i = 0; i < 16; i++) {
        char key[8];
        for (int bit = 0; bit < 4; bit++) {
            key[bit] = (char)('0' + (i >> (3 - bit) & 1));
        }
        const char *end = i < 15 ? "," : "}";
        sprintf(even + strlen(even), "\"%.4s\": 2%s", key, end);
        sprintf(odd + strlen(odd), "\"%.4s\": %d%s", key, i < 8 ? 4 : 0, end);
    }
    const struct comparison seen = compare(even, odd);
    check_near(seen.chi_square, 4 * pow(4 - 8, 2) / (4 + 8) + pow(16 - 0, 2) / 16, 1e-12);
    cr_expect_eq(seen.dof, 4);
    cr_expect_lt(seen.p_value, 0.001);
}

Test(compare, impossible_outcomes) {
    const struct comparison seen =
        compare("{\"0\": 999, \"1\": 1}", "{\"probabilities\": {\"0\": 1}}");
    cr_expect(seen.p_value == 0 && isinf(seen.chi_square));
}

Test(compare, exact_with_exact) {
    const struct comparison seen =
        compare("{\"probabilities\": {\"0\": 0.5, \"1\": 0.5}}", "{\"probabilities\": {\"1\": 1}}");
    cr_expect(!seen.has_chi_square);
    check_near(seen.total_variation, 0.5, 1e-12);
    check_near(seen.hellinger_fidelity, 0.5, 1e-12);
}

Test(compare, refused) {
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"", "not JSON"},
        {"[1]", "neither counts nor probabilities"},
        {"{\"a\": 1}", "no bit strings"},
        {"{\"00\": 1, \"1\": 1}", "no bit strings of one length"},
        {"{\"0\": -1}", "cannot be"},
        {"{\"0\": \"x\"}", "neither counts nor probabilities"},
        {"{\"counts\": {}}", "holds no outcomes"},
        {"{\"0\": 0.5, \"1\": 0.25}", "do not add up to 1"},
        {"{\"0\": 3, \"1\": 2.5}", "no whole numbers"},
        {"{\"probabilities\": {\"0\": 0.5}, \"n_outcomes\": 2}", "only the most likely"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct outcomes outcomes;
        cr_expect_eq(read_text(&outcomes, cases[i].text), STATUS_INPUT);
        cr_expect(strstr(log_get_error(), cases[i].message), "%s: %s", cases[i].text,
                  log_get_error());
    }
    struct outcomes a, b;
    struct comparison seen;
    cr_assert_eq(read_text(&a, "{\"0\": 1}"), STATUS_OK);
    cr_assert_eq(read_text(&b, "{\"00\": 1}"), STATUS_OK);
    cr_expect_eq(outcomes_compare(&seen, &a, &b), STATUS_INPUT);
    outcomes_fini(&a);
    outcomes_fini(&b);
}
