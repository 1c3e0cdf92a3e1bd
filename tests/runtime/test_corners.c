/* Programs that look odd and are allowed: what they do, and how their cost is counted. */
#include <criterion/criterion.h>

#include "engine/engine.h"
#include "runtime/runtime.h"
#include "support/checked.h"
#include "support/naive_program.h"

#define HEAD                                                                                       \
    "OPENQASM 3.0;\ninclude \"stdgates.inc\";\ninclude \"qnu.inc\";\n"                             \
    "qubit[2] a;\nqubit[2] b;\nbit m;\nbit k;\noutput bit[2] c;\n"                                 \
    "pragma qspan qpu A data a[0] comm a[1]\npragma qspan qpu B data b[0] comm b[1]\n"
#define TELEGATE                                                                                   \
    "ebit(a[1],b[1]); cx a[0],a[1]; m = measure a[1]; if (m) { x b[1]; } cx b[1],b[0]; h b[1]; "   \
    "k = measure b[1]; if (k) { z a[0]; } "

struct corner {
    struct program *program;
    struct results *results;
};

static void start(void) {
    cr_assert_eq(comm_start_alone(), STATUS_OK);
}
TestSuite(corners, .init = start);

static struct corner run(const char *text) {
    struct corner corner = {.program = checked_program(text)};
    const struct run_options options = {.engine = &engine_statevector,
                                        .shots_per_timeline = 1024,
                                        .max_branches = 65536,
                                        .n_probabilities = RUN_ALL};
    cr_assert_eq(runtime_run(&corner.results, corner.program, NULL, comm_world(), &options),
                 STATUS_OK, "%s", log_get_error());
    return corner;
}

static void finish(struct corner *corner) {
    results_destroy(corner->results);
    program_destroy(corner->program);
}

static double find_probability(const struct results *results, uint64_t key) {
    for (size_t i = 0; i < results->n_probabilities; i++) {
        if (results->probabilities[i].key[0] == key) {
            return results->probabilities[i].p;
        }
    }
    return 0;
}

/* The key's bits are c, which follow m and k. */
static void assert_as_naive(const char *text) {
    static const double perfect_pair[4] = {1, 0, 0, 0};
    struct corner corner = run(text);
    double p[16], expected[4] = {0};
    naive_distribution(p, corner.program, perfect_pair, 100000);
    for (size_t key = 0; key < 16; key++) {
        expected[key >> 2] += p[key];
    }
    for (size_t key = 0; key < 4; key++) {
        const double found = find_probability(corner.results, key);
        cr_expect_float_eq(found, expected[key], 1e-12, "key %d: %g, not %g in\n%s", (int)key,
                           found, expected[key], text);
    }
    finish(&corner);
}

/* An idle comm qubit that is flipped before its ebit: the pair replaces |1> too, wherever the
 * qubit is used afterwards. */
Test(corners, flipped_comm_qubits) {
    assert_as_naive(HEAD "h a[0]; x a[1]; " TELEGATE "c[0] = measure a[0]; c[1] = measure b[0];");
    assert_as_naive(HEAD "h a[0]; y b[1]; " TELEGATE "c[0] = measure a[0]; c[1] = measure b[0];");
    assert_as_naive(HEAD "x a[1]; ebit(a[1],b[1]); cx a[0],a[1]; m = measure a[1]; "
                         "if (m) { x b[1]; } if (m) { x a[1]; } cx b[1],b[0]; h b[1]; "
                         "k = measure b[1]; if (k) { z a[0]; } cx a[1],a[0]; m = measure a[1]; "
                         "c[0] = measure a[0]; c[1] = measure b[0];");
    assert_as_naive(HEAD "h a[0]; for int i in [1:2] { " TELEGATE
                         "x a[1]; } cx a[1],a[0]; k = measure a[1]; "
                         "c[0] = measure a[0]; c[1] = measure b[0];");
    assert_as_naive(HEAD "x a[1]; y a[1]; z a[1]; x b[1]; t b[1]; ry(0.3) a[0]; ebit(a[1],b[1]); "
                         "x b[1]; cx b[1],b[0]; m = measure b[1]; k = measure a[1]; "
                         "c[0] = measure a[0]; c[1] = measure b[0];");
}

/* A measurement whose other outcome is mere rounding opens no branch. */
Test(corners, certain_outcomes_open_no_branches) {
    struct text text = {0};
    text_add(&text, HEAD);
    for (int i = 0; i < 30; i++) {
        text_printf(&text,
                    "t a[0]; ry(%g) a[0]; rx(0.7) a[0]; rx(-0.7) a[0]; ry(-%g) a[0]; "
                    "m = measure a[0]; if (m) { h b[0]; } ",
                    0.1 * i, 0.1 * i);
    }
    text_add(&text, "c[0] = measure b[0];");
    struct corner corner = run(text.data);
    cr_assert_eq(corner.results->n_branches, 1);
    cr_assert_float_eq(find_probability(corner.results, 0), 1, 1e-12);
    finish(&corner);
    text_fini(&text);
}

/* A loop that goes on with probability 1/2 ends when what is left is below rounding. */
Test(corners, exact_loops_end) {
    struct corner corner = run(HEAD "h a[0]; c[0] = measure a[0]; while (c[0]) { " TELEGATE
                                    "h a[0]; c[0] = measure a[0]; } c[1] = measure b[0];");
    /* b is flipped once per round: an odd number of rounds has probability 1/3. */
    cr_assert_float_eq(find_probability(corner.results, 0), 2.0 / 3, 1e-12);
    cr_assert_float_eq(find_probability(corner.results, 2), 1.0 / 3, 1e-12);
    cr_assert_float_eq(corner.results->n_ebits, 1, 1e-12);
    finish(&corner);
}

/* One that goes on with 0.9, so that leaving it is the case that is left out at last. */
Test(corners, exact_loops_that_mostly_go_on_end) {
    struct corner corner =
        run(HEAD "ry(2.498091544796509) a[0]; c[0] = measure a[0]; while (c[0]) { " TELEGATE
                 "reset a[0]; ry(2.498091544796509) a[0]; c[0] = measure a[0]; } "
                 "c[1] = measure b[0];");
    /* P(k rounds) = 0.1 * 0.9^k */
    cr_assert_float_eq(find_probability(corner.results, 0), 1 / 1.9, 1e-12);
    cr_assert_float_eq(find_probability(corner.results, 2), 0.9 / 1.9, 1e-12);
    cr_assert_float_eq(corner.results->n_ebits, 9, 1e-9);
    cr_assert_lt(corner.results->n_branches, 500);
    finish(&corner);
}

/* Means over branches are weighted by their probabilities. */
Test(corners, exact_ledger_of_unequal_branches) {
    /* P(1) = sin^2(0.6435 / 2) = 0.1 */
    struct corner corner = run(HEAD "ry(0.6435011087932844) a[0]; c[0] = measure a[0]; "
                                    "if (c[0]) { " TELEGATE "} c[1] = measure b[0];");
    cr_assert_float_eq(find_probability(corner.results, 0), 0.9, 1e-12);
    cr_assert_float_eq(find_probability(corner.results, 3), 0.1, 1e-12);
    cr_assert_float_eq(corner.results->n_ebits, 0.1, 1e-12);
    cr_assert_eq(corner.results->n_links, 1);
    cr_assert_float_eq(corner.results->links[0].used, 0.1, 1e-12);
    /* c[0] goes to B in any case, m and k travel in the branch. */
    cr_assert_float_eq(corner.results->n_bits_sent, 1.2, 1e-12);
    finish(&corner);
}
