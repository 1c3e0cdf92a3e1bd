/* Formulas of certificates against what is known of noisy protocols, to 1e-12. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "comm/comm.h"
#include "support/example.h"
#include "support/random_circuit.h"
#include "verify/against.h"

static void start(void) {
    comm_start_alone();
}
TestSuite(closed_forms, .init = start);

enum { MAX_PAIRS = 8 };

/* Weights of I, X, Y, Z of each pair. */
struct weights {
    double p[MAX_PAIRS][4];
};

static struct weights random_weights(uint64_t seed) {
    struct random_stream stream = {.seed = seed};
    struct weights weights;
    for (unsigned k = 0; k < MAX_PAIRS; k++) {
        double sum = 0;
        for (unsigned i = 0; i < 4; i++) {
            weights.p[k][i] = -log(1e-9 + random_unit(&stream));
            sum += weights.p[k][i];
        }
        for (unsigned i = 0; i < 4; i++) {
            weights.p[k][i] /= sum;
        }
    }
    return weights;
}

static struct weights werner(const double *f, unsigned n) {
    struct weights weights = {{{0}}};
    for (unsigned k = 0; k < n; k++) {
        for (unsigned i = 0; i < 4; i++) {
            weights.p[k][i] = i == 0 ? f[k] : (1 - f[k]) / 3;
        }
    }
    return weights;
}

/* ---- formulas: sums of products of pX1, lx1, numbers and brackets; / ends one ---- */

struct reader {
    const char *at;
    const struct weights *weights;
};

static double read_sum(struct reader *reader);

static double read_factor(struct reader *reader) {
    if (*reader->at == '(') {
        reader->at++;
        const double value = read_sum(reader);
        cr_assert_eq(*reader->at, ')', "%s", reader->at);
        reader->at++;
        return value;
    }
    if (*reader->at != 'p' && *reader->at != 'l') {
        char *end;
        const double value = strtod(reader->at, &end);
        cr_assert(end > reader->at, "%s", reader->at);
        reader->at = end;
        return value;
    }
    const char kind = reader->at[0], letter = reader->at[1];
    char *end;
    const unsigned long pair = strtoul(reader->at + 2, &end, 10);
    cr_assert(pair >= 1 && pair <= MAX_PAIRS, "%s", reader->at);
    const double *p = reader->weights->p[pair - 1];
    reader->at = end;
    if (kind == 'p') {
        return p[strchr("IXYZ", letter) - "IXYZ"];
    }
    const double own = letter == 'x' ? p[1] : letter == 'y' ? p[2] : p[3];
    return 2 * (p[0] + own) - 1;
}

static double read_product(struct reader *reader) {
    double value = read_factor(reader);
    for (;;) {
        if (strncmp(reader->at, "..", 2) == 0) { /* lx1..lx9: those between */
            const char letter = reader->at[3];
            const unsigned long last = strtoul(reader->at + 4, NULL, 10);
            const char *back = reader->at - 1;
            while (*back != 'l') {
                back--;
            }
            const unsigned long first = strtoul(back + 2, NULL, 10);
            reader->at += 2;
            for (unsigned long k = first + 1; k < last; k++) {
                char name[32];
                snprintf(name, sizeof name, "l%c%lu", letter, k);
                struct reader between = {name, reader->weights};
                value *= read_factor(&between);
            }
            value *= read_factor(reader);
        } else if (*reader->at == '/') {
            reader->at++;
            value /= read_factor(reader);
        } else if (strncmp(reader->at, " / ", 3) == 0) {
            reader->at += 3;
            value /= read_factor(reader);
        } else if (*reader->at == ' ' && strchr("pl(0123456789", reader->at[1])) {
            reader->at++;
            value *= read_factor(reader);
        } else {
            return value;
        }
    }
}

static double read_sum(struct reader *reader) {
    double value = read_product(reader);
    while (strncmp(reader->at, " + ", 3) == 0) {
        reader->at += 3;
        value += read_product(reader);
    }
    return value;
}

static double evaluate(const char *formula, const struct weights *weights) {
    cr_assert_not_null(formula);
    struct reader reader = {formula, weights};
    if (strncmp(formula, "F = ", 4) == 0) {
        reader.at += 4;
    }
    const double value = read_sum(&reader);
    cr_assert_eq(*reader.at, '\0', "%s", reader.at);
    return value;
}

/* ---- proofs ---- */

struct subject {
    struct program *program;
    struct circuit *circuit;
    struct verify_proof proof;
};

static void prove_texts(struct subject *subject, const char *program, const char *target) {
    cr_assert_eq(program_read_text(&subject->program, "p.qasm", program, strlen(program), NULL),
                 STATUS_OK);
    cr_assert_eq(qasm2_read_text(&subject->circuit, "t.qasm", target, strlen(target), NULL),
                 STATUS_OK);
    cr_assert_eq(verify_against(&subject->proof, subject->program, subject->circuit, NULL,
                                VERIFY_MAX_ROUNDS),
                 STATUS_OK);
    cr_assert(subject->proof.is_proved);
}

static void prove(struct subject *subject, const char *name) {
    subject->program = example_program(name);
    subject->circuit = example_target(name);
    cr_assert_eq(verify_against(&subject->proof, subject->program, subject->circuit, NULL,
                                VERIFY_MAX_ROUNDS),
                 STATUS_OK);
    cr_assert(subject->proof.is_proved);
}

static void subject_fini(struct subject *subject) {
    verify_proof_fini(&subject->proof);
    circuit_destroy(subject->circuit);
    program_destroy(subject->program);
}

static double effect_of(const struct subject *subject, const char *effect,
                        const struct weights *weights) {
    for (size_t i = 0; i < subject->proof.n_channel; i++) {
        if (strcmp(subject->proof.channel[i].effect, effect) == 0) {
            return evaluate(subject->proof.channel[i].probability, weights);
        }
    }
    cr_assert_fail("no effect %s", effect);
    return 0;
}

static void must_be(double value, double expected) {
    cr_assert_float_eq(value, expected, 1e-12, "%.15g instead of %.15g", value, expected);
}

/* ---- gates ---- */

Test(closed_forms, telegate_and_fanout) {
    struct subject cx = {0}, cz = {0}, fanout = {0};
    prove(&cx, "telegate_cx");
    prove(&cz, "telegate_cz");
    prove(&fanout, "fanout");
    for (uint64_t seed = 0; seed < 20; seed++) {
        const struct weights w = random_weights(seed);
        const double *c = w.p[0];
        must_be(evaluate(cx.proof.fidelity, &w), c[0]);
        must_be(effect_of(&cx, "X on b[0] (QPU B)", &w), c[1]);
        must_be(effect_of(&cx, "Z on a[0] (QPU A), X on b[0] (QPU B)", &w), c[2]);
        must_be(effect_of(&cx, "Z on a[0] (QPU A)", &w), c[3]);
        must_be(evaluate(cz.proof.fidelity, &w), c[0]);
        must_be(evaluate(fanout.proof.fidelity, &w), c[0]);
        must_be(effect_of(&fanout, "nothing", &w), c[0]);
        must_be(effect_of(&fanout, "Z on a[0] (QPU A)", &w), c[3]);
    }
    cr_expect_eq(cx.proof.max_weight, 2);
    cr_expect_eq(fanout.proof.max_weight, 4);
    subject_fini(&cx);
    subject_fini(&cz);
    subject_fini(&fanout);
}

/* Readout flips of m and k with q1 and q2: faults of the list, together by XOR. */
Test(closed_forms, readout_flips) {
    struct subject cx = {0};
    double channel[2][2] = {{0}}; /* X on the target, Z on the control */
    const double q[2] = {0.1, 0.03};
    bool flips[2][2] = {{0}};
    unsigned n = 0;
    prove(&cx, "telegate_cx");
    for (size_t i = 0; i < cx.proof.n_faults; i++) {
        if (cx.proof.faults[i].letter == 'F') {
            flips[n][0] = strstr(cx.proof.faults[i].effect, "X on b[0]") != NULL;
            flips[n++][1] = strstr(cx.proof.faults[i].effect, "Z on a[0]") != NULL;
        }
    }
    cr_assert_eq(n, 2);
    for (unsigned v = 0; v < 4; v++) {
        const bool first = v & 1, second = v >> 1;
        channel[(first && flips[0][0]) ^ (second && flips[1][0])]
               [(first && flips[0][1]) ^ (second && flips[1][1])] +=
            (first ? q[0] : 1 - q[0]) * (second ? q[1] : 1 - q[1]);
    }
    must_be(channel[0][0], 0.873);
    must_be(channel[1][0], 0.097);
    must_be(channel[0][1], 0.027);
    must_be(channel[1][1], 0.003);
    subject_fini(&cx);
}

Test(closed_forms, toffoli) {
    struct subject toffoli = {0};
    prove(&toffoli, "telegate_toffoli");
    for (uint64_t seed = 0; seed < 20; seed++) {
        const struct weights w = random_weights(seed);
        const double *a = w.p[0], *b = w.p[1]; /* I X Y Z */
        must_be(evaluate(toffoli.proof.fidelity, &w),
                a[0] * b[0] + (a[0] * b[1] + a[1] * b[0] + a[1] * b[1] + a[1] * b[3] + a[3] * b[1] +
                               a[2] * b[2]) /
                                  4);
    }
    const double f[2] = {0.9, 0.85}, e[2] = {0.1 / 3, 0.15 / 3};
    const struct weights w = werner(f, 2);
    must_be(evaluate(toffoli.proof.fidelity, &w),
            f[0] * f[1] + (f[0] * e[1] + f[1] * e[0] + 4 * e[0] * e[1]) / 4);
    subject_fini(&toffoli);
}

Test(closed_forms, teleportation_there_and_back) {
    struct subject teledata = {0};
    const double f[2] = {0.9, 0.85};
    const struct weights w = werner(f, 2);
    prove(&teledata, "teledata_return");
    must_be(evaluate(teledata.proof.fidelity, &w), f[0] * f[1] + (1 - f[0]) * (1 - f[1]) / 9);
    subject_fini(&teledata);
}

/* ---- pairs ---- */

Test(closed_forms, swapping) {
    struct subject swap = {0}, ghz = {0}, chain = {0};
    const double f[3] = {0.9, 0.8, 0.95};
    const struct weights w = werner(f, 3);
    double product = 1;
    prove(&swap, "entanglement_swap");
    prove(&ghz, "ghz_fusion");
    prove(&chain, "swapping_chain");
    must_be(evaluate(swap.proof.fidelity, &w), f[0] * f[1] + (1 - f[0]) * (1 - f[1]) / 3);
    must_be(evaluate(ghz.proof.fidelity, &w), f[0] * f[1] + (1 - f[0]) * (1 - f[1]) / 9);
    for (unsigned k = 0; k < 3; k++) {
        product *= (4 * f[k] - 1) / 3;
    }
    must_be(evaluate(chain.proof.fidelity, &w), (1 + 3 * product) / 4);
    for (uint64_t seed = 0; seed < 20; seed++) { /* XOR convolution */
        const struct weights any = random_weights(seed);
        double f_swap = 0;
        for (unsigned i = 0; i < 4; i++) {
            f_swap += any.p[0][i] * any.p[1][i];
        }
        must_be(evaluate(swap.proof.fidelity, &any), f_swap);
    }
    subject_fini(&swap);
    subject_fini(&ghz);
    subject_fini(&chain);
}

/* A chain of eight links: correlators instead of 4^8 products. */
Test(closed_forms, long_chain) {
    struct text text = {0};
    struct subject chain = {0};
    enum { N = 8 };
    text_add(&text, "OPENQASM 3.0; include \"stdgates.inc\"; include \"qnu.inc\";\n");
    text_printf(&text, "bit[%d] mx; bit[%d] mz;\n", N, N);
    for (unsigned i = 0; i <= N; i++) {
        text_printf(&text, "qubit[3] r%u;\npragma qspan qpu N%u data r%u[0] comm r%u[1:2]\n", i, i,
                    i, i);
    }
    text_add(&text, "pragma qspan logical in q[0] r0[0]\nswap r0[0], r0[1];\n");
    for (unsigned i = 0; i < N; i++) {
        text_printf(&text,
                    "ebit(r%u[2], r%u[1]);\ncx r%u[1], r%u[2];\nh r%u[1];\nmz[%u] = measure "
                    "r%u[1];\nmx[%u] = measure r%u[2];\nif (mx[%u]) x r%u[1];\nif (mz[%u]) z "
                    "r%u[1];\n",
                    i, i + 1, i, i, i, i, i, i, i, i, i + 1, i, i + 1);
    }
    text_printf(&text, "swap r%d[1], r%d[0];\npragma qspan logical out q[0] r%d[0]\n", N, N, N);
    prove_texts(&chain, text.data, "OPENQASM 2.0; include \"qelib1.inc\"; qreg q[1]; id q[0];");
    cr_expect_str_eq(chain.proof.fidelity, "F = (1 + lz1..lz8 + lx1..lx8 + ly1..ly8)/4");
    const double f[N] = {0.99, 0.9, 0.95, 0.8, 0.97, 0.93, 0.85, 0.88};
    const struct weights w = werner(f, N);
    double product = 1;
    for (unsigned k = 0; k < N; k++) {
        product *= (4 * f[k] - 1) / 3;
    }
    must_be(evaluate(chain.proof.fidelity, &w), (1 + 3 * product) / 4);
    subject_fini(&chain);
    text_fini(&text);
}

Test(closed_forms, bbpssw) {
    struct subject pair = {0};
    const double fidelities[4] = {0.6, 0.75, 0.9, 0.99};
    prove(&pair, "bbpssw_pair");
    for (unsigned i = 0; i < 4; i++) {
        const double f = fidelities[i], both[2] = {f, f}, e = (1 - f) / 3;
        const struct weights w = werner(both, 2);
        const double p = f * f + 2 * f * e + 5 * e * e;
        must_be(evaluate(pair.proof.kept, &w), p);
        must_be(evaluate(pair.proof.fidelity, &w), (f * f + e * e) / p);
    }
    for (uint64_t seed = 0; seed < 20; seed++) {
        const struct weights w = random_weights(seed);
        const double *a = w.p[0], *b = w.p[1];
        const double n = (a[0] + a[3]) * (b[0] + b[3]) + (a[1] + a[2]) * (b[1] + b[2]);
        must_be(evaluate(pair.proof.kept, &w), n);
        must_be(effect_of(&pair, "nothing", &w), a[0] * b[0] + a[3] * b[3]);
        must_be(effect_of(&pair, "X on a[0] (QPU A)", &w), a[1] * b[1] + a[2] * b[2]);
        must_be(effect_of(&pair, "Y on a[0] (QPU A)", &w), a[1] * b[2] + a[2] * b[1]);
        must_be(effect_of(&pair, "Z on a[0] (QPU A)", &w), a[0] * b[3] + a[3] * b[0]);
    }
    subject_fini(&pair);
}

/* A = phi+, B = psi-, C = psi+, D = phi-. */
Test(closed_forms, dejmps) {
    struct subject pair = {0};
    prove(&pair, "dejmps_pair");
    for (uint64_t seed = 0; seed < 20; seed++) {
        const struct weights w = random_weights(seed);
        const double a1 = w.p[0][0], b1 = w.p[0][2], c1 = w.p[0][1], d1 = w.p[0][3];
        const double a2 = w.p[1][0], b2 = w.p[1][2], c2 = w.p[1][1], d2 = w.p[1][3];
        const double n = (a1 + b1) * (a2 + b2) + (c1 + d1) * (c2 + d2);
        must_be(evaluate(pair.proof.kept, &w), n);
        must_be(evaluate(pair.proof.fidelity, &w), (a1 * a2 + b1 * b2) / n);
        must_be(effect_of(&pair, "Y on a[0] (QPU A)", &w), c1 * d2 + d1 * c2);
        must_be(effect_of(&pair, "X on a[0] (QPU A)", &w), c1 * c2 + d1 * d2);
        must_be(effect_of(&pair, "Z on a[0] (QPU A)", &w), a1 * b2 + b1 * a2);
    }
    subject_fini(&pair);
}
