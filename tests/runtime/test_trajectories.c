/* Noisy shots on state vectors against density matrices: every channel, mixed with gates,
 * measurements, conditions and resets; and that a shot is the same whoever is with it, and whether
 * there is memory for copies of states or not. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/runtime.h"
#include "support/checked.h"
#include "support/naive_density.h"
#include "support/random_circuit.h"

enum { TEXT_SIZE = 1 << 14, N_WIRES = 4, N_BITS = 6, N_OUTCOMES = 1 << N_BITS };

static const char head[] = "OPENQASM 3.0;\ninclude \"stdgates.inc\";\n"
                           "qubit[4] a;\noutput bit[6] c;\n"
                           "pragma qspan qpu A data a[0:3]\n";

struct writer {
    char text[TEXT_SIZE];
    size_t n;
    struct random_stream random;
};

__attribute__((format(printf, 2, 3))) static void add(struct writer *w, const char *format, ...) {
    va_list args;
    va_start(args, format);
    w->n += (size_t)vsnprintf(w->text + w->n, TEXT_SIZE - w->n, format, args);
    va_end(args);
    cr_assert_lt(w->n, TEXT_SIZE);
}

static struct results *run_with(const struct program *program, uint64_t n_shots, uint64_t max_bytes,
                                const struct pauli_sums *sums) {
    struct results *results = NULL;
    const struct run_options options = {.engine = &engine_statevector,
                                        .n_shots = n_shots,
                                        .seed = 5,
                                        .shots_per_timeline = 1024,
                                        .max_branches = 65536,
                                        .max_bytes = max_bytes,
                                        .keeps_records = true,
                                        .observables = sums};
    cr_assert_eq(runtime_run(&results, program, NULL, comm_world(), &options), STATUS_OK, "%s",
                 log_get_error());
    return results;
}

/* Frequencies of all outcomes within 4.5 sigma, and their chi-square within 5 of its own. */
static void assert_distribution(const struct results *results, const double *p, unsigned n_bits,
                                const char *text) {
    uint64_t counts[N_OUTCOMES] = {0};
    const double n_shots = (double)results->n_shots;
    double chi2 = 0, rare = 0, n_rare = 0;
    unsigned n_degrees = 0;
    for (size_t i = 0; i < results->n_counts; i++) {
        counts[results->counts[i].key[0]] = results->counts[i].n;
    }
    for (unsigned x = 0; x < 1u << n_bits; x++) {
        const double n = (double)counts[x], mean = n_shots * p[x];
        cr_assert(n == 0 || p[x] > 1e-13, "%u should not be there\n%s", x, text);
        cr_assert(fabs(n - mean) <= 4.5 * sqrt(mean * (1 - p[x])) + 4, "%u: %g, expected %g\n%s", x,
                  n, mean, text);
        if (mean < 10) {
            rare += mean;
            n_rare += n;
            continue;
        }
        chi2 += (n - mean) * (n - mean) / mean;
        n_degrees++;
    }
    if (rare > 5) {
        chi2 += (n_rare - rare) * (n_rare - rare) / rare;
        n_degrees++;
    }
    cr_assert(n_degrees < 2 || chi2 <= n_degrees - 1 + 5 * sqrt(2.0 * (n_degrees - 1)),
              "chi2 %g on %u\n%s", chi2, n_degrees - 1, text);
}

static void check_text(const char *text, uint64_t n_shots) {
    double p[N_OUTCOMES];
    struct program *program = checked_program(text);
    struct naive_density *density = naive_density_run(program);
    struct results *results = run_with(program, n_shots, 0, NULL);
    naive_density_probabilities(p, density);
    assert_distribution(results, p, program->n_bits, text);
    results_destroy(results);
    free(density);
    program_destroy(program);
}

/* ---- each channel by itself ---- */

/* Preparations and bases that see every element of a one-qubit channel. */
static const char *const before[] = {"", "x a[0];", "h a[0];", "h a[0]; s a[0];",
                                     "ry(1.1) a[0]; rz(0.4) a[0];"};
static const char *const after[] = {"", "h a[0];", "sdg a[0]; h a[0];"};

static void check_channel(const char *channel) {
    for (size_t i = 0; i < sizeof before / sizeof *before; i++) {
        for (size_t j = 0; j < sizeof after / sizeof *after; j++) {
            struct writer w = {0};
            add(&w, "%s%s\ncx a[0],a[1]; ry(0.3) a[1]; cx a[0],a[1];\n%s\n%s\n", head, before[i],
                channel, after[j]);
            add(&w, "c[0] = measure a[0]; c[1] = measure a[1];\n");
            check_text(w.text, 4096);
        }
    }
}

Test(trajectories, one_qubit_channels) {
    static const char *const channels[] = {
        "pragma qspan stim X_ERROR(0.2) a[0]",
        "pragma qspan stim Y_ERROR(0.3) a[0]",
        "pragma qspan stim Z_ERROR(0.25) a[0] a[1]",
        "pragma qspan stim DEPOLARIZE1(0.4) a[0]",
        "pragma qspan stim PAULI_CHANNEL_1(0.1, 0.05, 0.3) a[0]",
        "pragma qspan op relax(0.3, 0) a[0]",
        "pragma qspan op relax(0, 0.35) a[0] a[1]",
        "pragma qspan op relax(0.4, 0.15) a[0]",
        "pragma qspan op relax(0.2, 0.2) a[0]",
        "pragma qspan op relax(1, 0) a[0]",
        "pragma qspan op relax(0, 1) a[0]",
        "pragma qspan op random_reset(0.2, 0.3) a[0]",
        "pragma qspan op random_reset(1, 0) a[0]",
        "pragma qspan op random_reset(0, 1) a[0]",
    };
    comm_start_alone();
    for (size_t i = 0; i < sizeof channels / sizeof *channels; i++) {
        check_channel(channels[i]);
    }
}

Test(trajectories, two_qubit_channels) {
    comm_start_alone();
    check_channel("pragma qspan stim DEPOLARIZE2(0.4) a[0] a[1]");
    check_channel(
        "pragma qspan stim PAULI_CHANNEL_2(0.02, 0.03, 0.04, 0.05, 0.06, 0.01, 0.02, 0.03, "
        "0.04, 0.05, 0.06, 0.07, 0.01, 0.02, 0.03) a[0] a[1]");
}

/* Without waiting for a pair's loss of coherence: a Bell pair relaxes in closed form. */
Test(trajectories, a_pair_relaxes) {
    const double d = 0.3;
    const uint64_t n_shots = 100000;
    comm_start_alone();
    struct writer w = {0};
    add(&w, "%sh a[0]; cx a[0],a[1];\npragma qspan op relax(%g, 0) a[0] a[1]\n", head, d);
    add(&w, "c[0] = measure a[0]; c[1] = measure a[1];\n");
    const double p[4] = {(1 + d * d) / 2, d * (1 - d) / 2, d * (1 - d) / 2, (1 - d) * (1 - d) / 2};
    struct program *program = checked_program(w.text);
    struct results *results = run_with(program, n_shots, 0, NULL);
    assert_distribution(results, p, 2, w.text);
    results_destroy(results);
    program_destroy(program);
}

/* ---- results that are wrong ---- */

Test(trajectories, results_read_wrongly) {
    comm_start_alone();
    struct writer w = {0};
    add(&w, "%sh a[0]; ry(0.7) a[1];\n", head);
    add(&w, "pragma qspan op measure(0.1, 0.3) c[0] Z a[0]\n"); /* read, and used */
    add(&w, "if (c[0]) x a[1];\n");
    add(&w, "pragma qspan op measure(0.2) c[1] Z a[1]\n");
    add(&w, "pragma qspan op measure(0, 0.4) c[2] Z a[0]\n");
    add(&w, "pragma qspan op measure(0.25, 0) c[3] Z a[2]\n");
    add(&w, "pragma qspan op measure(1, 1) c[4] Z a[3]\n");
    check_text(w.text, 50000);
}

Test(trajectories, products_read_wrongly) {
    comm_start_alone();
    struct writer w = {0};
    add(&w, "%sh a[0]; cx a[0],a[1]; ry(0.8) a[2];\n", head);
    add(&w, "pragma qspan op measure(0.3, 0.1) c[0] X a[0] X a[1]\n"); /* +1: 0 */
    struct program *program = checked_program(w.text);
    struct results *results = run_with(program, 20000, 0, NULL);
    assert_distribution(results, (const double[2]){0.7, 0.3}, 1, w.text);
    results_destroy(results);
    program_destroy(program);
}

/* ---- everything at once ---- */

static uint32_t other(struct writer *w, uint32_t a) {
    return (a + 1 + random_below(&w->random, N_WIRES - 1)) % N_WIRES;
}

static void add_gate(struct writer *w) {
    const uint32_t a = random_below(&w->random, N_WIRES), b = other(w, a);
    const double angle = 6 * random_unit(&w->random);
    switch (random_below(&w->random, 9)) {
    case 0:
        add(w, "h a[%u];\n", a);
        return;
    case 1:
        add(w, "t a[%u];\n", a);
        return;
    case 2:
        add(w, "ry(%.3f) a[%u];\n", angle, a);
        return;
    case 3:
        add(w, "rz(%.3f) a[%u];\n", angle, a);
        return;
    case 4:
        add(w, "cx a[%u],a[%u];\n", a, b);
        return;
    case 5:
        add(w, "cp(%.3f) a[%u],a[%u];\n", angle, a, b);
        return;
    case 6:
        add(w, "swap a[%u],a[%u];\n", a, b);
        return;
    case 7:
        add(w, "cz a[%u],a[%u];\n", a, b);
        return;
    default:
        add(w, "rx(%.3f) a[%u];\n", angle, a);
    }
}

static void add_noise(struct writer *w) {
    const uint32_t a = random_below(&w->random, N_WIRES), b = other(w, a);
    const double p = 0.3 * random_unit(&w->random), q = 0.3 * random_unit(&w->random);
    switch (random_below(&w->random, 7)) {
    case 0:
        add(w, "pragma qspan stim DEPOLARIZE1(%.3f) a[%u]\n", p, a);
        return;
    case 1:
        add(w, "pragma qspan stim DEPOLARIZE2(%.3f) a[%u] a[%u]\n", p, a, b);
        return;
    case 2:
        add(w, "pragma qspan stim PAULI_CHANNEL_1(%.3f, %.3f, 0.1) a[%u]\n", p, q, a);
        return;
    case 3:
        add(w, "pragma qspan op relax(%.3f, 0) a[%u] a[%u]\n", p, a, b);
        return;
    case 4:
        add(w, "pragma qspan op relax(%.3f, %.3f) a[%u]\n", p, q, a);
        return;
    case 5:
        add(w, "pragma qspan op random_reset(%.3f, %.3f) a[%u]\n", p, q, a);
        return;
    default:
        add(w, "pragma qspan stim Z_ERROR(%.3f) a[%u]\n", p, a);
    }
}

static void add_control(struct writer *w) {
    const uint32_t a = random_below(&w->random, N_WIRES), m = 4 + random_below(&w->random, 2);
    switch (random_below(&w->random, 4)) {
    case 0:
        add(w, "c[%u] = measure a[%u];\n", m, a);
        return;
    case 1:
        add(w, "pragma qspan op measure(%.3f, %.3f) c[%u] Z a[%u]\n", 0.2 * random_unit(&w->random),
            0.2 * random_unit(&w->random), m, a);
        return;
    case 2:
        add(w, "reset a[%u];\n", a);
        return;
    default:
        add(w, "c[%u] = measure a[%u];\nif (c[%u]) { x a[%u]; ry(0.4) a[%u]; }\n", m, a, m,
            other(w, a), a);
    }
}

static void write_random(struct writer *w, uint64_t seed, unsigned n_ops) {
    memset(w, 0, sizeof *w);
    w->random.seed = seed;
    add(w, "%s", head);
    for (unsigned i = 0; i < n_ops; i++) {
        const uint32_t kind = random_below(&w->random, 10);
        (kind < 5 ? add_gate : kind < 9 ? add_noise : add_control)(w);
    }
    for (uint32_t i = 0; i < N_WIRES; i++) {
        add(w, "c[%u] = measure a[%u];\n", i, i);
    }
}

Test(trajectories, random_programs) {
    comm_start_alone();
    for (uint64_t seed = 0; seed < 24; seed++) {
        struct writer w;
        write_random(&w, seed, 6 + 2 * (unsigned)seed);
        check_text(w.text, 6000);
    }
}

/* Means over trajectories of <P>, against tr(P rho). */
Test(trajectories, expectation_values) {
    comm_start_alone();
    for (uint64_t seed = 100; seed < 110; seed++) {
        struct writer w;
        struct pauli_sums *sums = NULL;
        static const char text[] = "a: ZIII\nb: XXII\nc: IYZX\nd: IIXY\n";
        static const unsigned letters[4][N_WIRES] = {
            {0, 0, 0, 3}, {0, 0, 1, 1}, {1, 3, 2, 0}, {2, 1, 0, 0}};
        write_random(&w, seed, 30);
        struct program *program = checked_program(w.text);
        *strstr(w.text, "c[0] = measure a[0];\nc[1] = measure a[1]") = '\0';
        struct program *open = checked_program(w.text);
        struct naive_density *density = naive_density_run(open);
        cr_assert_eq(pauli_sums_read_text(&sums, "s", text, sizeof text - 1, N_WIRES), STATUS_OK);
        struct results *results = run_with(program, 4096, 0, sums);
        for (size_t i = 0; i < 4; i++) {
            const double exact = naive_density_expect(density, letters[i]);
            cr_expect(fabs(results->observables[i].value - exact) <=
                          4.5 * results->observables[i].std_error + 1e-9,
                      "%zu: %g +- %g, expected %g\n%s", i, results->observables[i].value,
                      results->observables[i].std_error, exact, w.text);
        }
        results_destroy(results);
        pauli_sums_destroy(sums);
        free(density);
        program_destroy(open);
        program_destroy(program);
    }
}

/* ---- company and memory ---- */

static void assert_same(const struct results *a, const struct results *b, uint64_t n_shots) {
    cr_assert_eq(a->record_bytes, b->record_bytes);
    cr_assert_eq(memcmp(a->records, b->records, n_shots * a->record_bytes), 0);
}

/* A few layers on `n` wires, all entangled, with errors after each gate. */
static void write_layers(struct writer *w, unsigned n, double p) {
    memset(w, 0, sizeof *w);
    add(w, "OPENQASM 3.0;\ninclude \"stdgates.inc\";\nqubit[%u] a;\noutput bit[%u] c;\n", n, n);
    add(w, "pragma qspan qpu A data a[0:%u]\n", n - 1);
    for (unsigned layer = 0; layer < 6; layer++) {
        for (unsigned i = 0; i < n; i++) {
            add(w, "ry(0.%u) a[%u];\npragma qspan op relax(%g, %g) a[%u]\n", 3 + layer, i, p, p / 5,
                i);
        }
        for (unsigned i = layer % 2; i + 1 < n; i += 2) {
            add(w, "cx a[%u],a[%u];\npragma qspan stim DEPOLARIZE2(%g) a[%u] a[%u]\n", i, i + 1, p,
                i, i + 1);
        }
        add(w, "pragma qspan op random_reset(%g, 0) a[%u]\n", p, layer % n);
    }
    for (unsigned i = 0; i < n; i++) {
        add(w, "c[%u] = measure a[%u];\n", i, i);
    }
}

Test(trajectories, a_shot_does_not_depend_on_others) {
    comm_start_alone();
    struct writer w;
    struct pauli_sums *sums = NULL;
    write_layers(&w, 8, 0.01);
    struct program *program = checked_program(w.text);
    cr_assert_eq(pauli_sums_read_text(&sums, "s", "z0: Z0\n", 7, 8), STATUS_OK);
    struct results *many = run_with(program, 3000, 0, sums),
                   *few = run_with(program, 1100, 0, sums);
    assert_same(many, few, 1100);
    cr_assert_gt(many->n_branches, 100);
    results_destroy(few);
    results_destroy(many);
    pauli_sums_destroy(sums);
    program_destroy(program);
}

/* Copies of 2^16 amplitudes do not fit: branches start again, and give the same to the last bit. */
Test(trajectories, memory_does_not_matter) {
    comm_start_alone();
    struct writer w;
    struct pauli_sums *sums = NULL;
    write_layers(&w, 16, 0.002);
    struct program *program = checked_program(w.text);
    cr_assert_eq(pauli_sums_read_text(&sums, "s", "z0: Z0 X3\n", 10, 16), STATUS_OK);
    struct results *rich = run_with(program, 24, 0, sums);
    struct results *poor = run_with(program, 24, rich->planned_bytes + 1000, sums);
    assert_same(rich, poor, 24);
    cr_assert_eq(rich->observables[0].value, poor->observables[0].value);
    cr_assert_gt(rich->n_branches, 3);
    results_destroy(rich);
    results_destroy(poor);
    pauli_sums_destroy(sums);
    program_destroy(program);
}

/* ---- refused ---- */

Test(trajectories, exact_probabilities_are_refused) {
    static const char *const lines[][2] = {
        {"pragma qspan op relax(0.1, 0) a[0]\n", "p.qasm:7:17: error: exact probabilities need a "
                                                 "program without noise; this NOISE has errors "
                                                 "with probability 0.1"},
        {"pragma qspan op random_reset(0, 0.2) a[0]\n",
         "this NOISE has errors with probability 0.2"},
        {"pragma qspan op measure(0, 0.3) c[0] Z a[0]\nif (c[0]) x a[1];",
         "this MEASURE has errors with probability 0.3"},
    };
    comm_start_alone();
    log_set_quiet(true);
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct writer w = {0};
        struct results *results = NULL;
        const struct run_options options = {.engine = &engine_statevector,
                                            .seed = 5,
                                            .shots_per_timeline = 1024,
                                            .max_branches = 65536,
                                            .n_probabilities = RUN_ALL};
        add(&w, "%sh a[0];\n%sc[1] = measure a[1];\n", head, lines[i][0]);
        struct program *program = checked_program(w.text);
        cr_assert_eq(runtime_run(&results, program, NULL, comm_world(), &options), STATUS_INPUT);
        cr_assert_not_null(strstr(log_get_error(), lines[i][1]), "%s", log_get_error());
        program_destroy(program);
    }
}
