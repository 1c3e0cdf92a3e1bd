/* Generated circuits on a naive state vector, against closed forms: states and transforms. */
#include <stdio.h>
#include <stdlib.h>

#include "circuit/generated.h"

Test(generate, ghz) {
    for (uint32_t n = 1; n <= 8; n++) {
        struct circuit *circuit = make("ghz", n, NULL);
        double *p = key_probabilities(circuit);
        cr_expect_float_eq(p[0], 0.5, 1e-14);
        cr_expect_float_eq(p[(1u << n) - 1], 0.5, 1e-14);
        free(p);
        circuit_destroy(circuit);
    }
}

/* All amplitudes are equal: the states with one 1 have 1 / sqrt(n), with the same phase. */
Test(generate, w) {
    for (uint32_t n = 1; n <= 9; n++) {
        struct circuit *circuit = make("w", n, NULL);
        struct naive_state state = final_state(circuit, 0);
        for (uint32_t row = 0; row < 1u << n; row++) {
            double want = __builtin_popcount(row) == 1 ? 1 / sqrt(n) : 0;
            cr_expect_float_eq(state.amps[2 * row], want, 1e-14, "n=%u row=%u", n, row);
            cr_expect_float_eq(state.amps[2 * row + 1], 0, 1e-14);
        }
        naive_fini(&state);
        circuit_destroy(circuit);
    }
}

/* Without swaps, amplitude k of the transform of basis state j lies at k with its bits reversed. */
Test(generate, qft_is_the_fourier_matrix) {
    for (uint32_t n = 1; n <= 5; n++) {
        uint32_t dim = 1u << n;
        struct circuit *circuit = make("qft", n, NULL);
        cr_assert_eq(circuit->ops.n_ops, n * (n + 3) / 2);
        for (uint32_t j = 0; j < dim; j++) {
            struct naive_state state = final_state(circuit, j);
            for (uint32_t k = 0; k < dim; k++) {
                uint32_t at = 0;
                for (uint32_t b = 0; b < n; b++) {
                    at |= (k >> b & 1) << (n - 1 - b);
                }
                double angle = 2 * M_PI * (double)(j * k % dim) / dim, size = 1 / sqrt(dim);
                cr_expect_float_eq(state.amps[2 * at], size * cos(angle), 1e-13);
                cr_expect_float_eq(state.amps[2 * at + 1], size * sin(angle), 1e-13);
            }
            naive_fini(&state);
        }
        circuit_destroy(circuit);
    }
}

Test(generate, inverse_qft_undoes_qft) {
    for (uint32_t n = 1; n <= 6; n++) {
        struct circuit *there = make("qft", n, NULL), *back = make("inverse-qft", n, NULL);
        for (uint32_t j = 0; j < 1u << n; j++) {
            struct naive_state state = final_state(there, j);
            apply_gates(&state, back);
            for (uint32_t k = 0; k < 1u << n; k++) {
                cr_expect_float_eq(state.amps[2 * k], j == k, 1e-13);
                cr_expect_float_eq(state.amps[2 * k + 1], 0, 1e-13);
            }
            naive_fini(&state);
        }
        circuit_destroy(there);
        circuit_destroy(back);
    }
}

static struct circuit *make_qpe(uint32_t n, double phase) {
    struct gen_args args = {0};
    gen_set_real(&args, GEN_PHASE, phase);
    return make("qpe", n, &args);
}

/* |sum_k e^{2 pi i k (phase - v / N)} / N|^2 */
static double qpe_probability(uint32_t n, double phase, uint32_t v) {
    double dim = ldexp(1, (int)n), re = 0, im = 0;

    for (uint32_t k = 0; k < 1u << n; k++) {
        re += cos(2 * M_PI * k * (phase - v / dim)) / dim;
        im += sin(2 * M_PI * k * (phase - v / dim)) / dim;
    }
    return re * re + im * im;
}

Test(generate, qpe_estimates_the_phase) {
    static const double phases[] = {0, 0.5, 0.3141592653589793, 1.0 / 3, -0.125, 7.8125, 1e-9};

    for (uint32_t n = 1; n <= 6; n++) {
        for (size_t i = 0; i < sizeof phases / sizeof phases[0]; i++) {
            struct circuit *circuit = make_qpe(n, phases[i]);
            cr_assert_eq(circuit->n_bits, n);
            cr_assert_eq(circuit->n_qubits, n + 1);
            double *p = key_probabilities(circuit);
            for (uint32_t v = 0; v < 1u << n; v++) {
                cr_expect_float_eq(p[v], qpe_probability(n, phases[i], v), 1e-12,
                                   "n=%u phase=%g v=%u", n, phases[i], v);
            }
            free(p);
            circuit_destroy(circuit);
        }
    }
}

/* A phase of n bits comes out as the key with certainty. */
Test(generate, qpe_of_exact_phases) {
    for (uint32_t v = 0; v < 64; v++) {
        struct circuit *circuit = make_qpe(6, v / 64.0);
        double *p = key_probabilities(circuit);
        cr_expect_float_eq(p[v], 1, 1e-13);
        free(p);
        circuit_destroy(circuit);
    }
}

/* Angles stay exact however many counting qubits: 2^k phase is reduced to one turn. */
Test(generate, qpe_of_many_qubits) {
    double phase = 0.3141592653589793;
    struct circuit *circuit = make_qpe(100, phase);

    for (size_t i = 0, k = 0; i < circuit->ops.n_ops; i++) {
        const struct op *op = &circuit->ops.ops[i];
        if (op->kind == OP_GATE && op->which == GATE_CP && op_qubits(&circuit->ops, op)[1] == 100) {
            double turns = op_params(&circuit->ops, op)[0] / (2 * M_PI);
            cr_expect_float_eq(turns, fmod(ldexp(phase, (int)k), 1), 1e-15);
            k++;
        }
    }
    circuit_destroy(circuit);
}

/* examples/qpe16.qasm is what the generator makes, with comments. */
Test(generate, example_is_generated) {
    const char *folder = getenv("QSPAN_SOURCE_DIR");
    struct circuit *made = make_qpe(15, 0.3141592653589793), *read = NULL;
    struct text want = {0}, got = {0};
    char path[4096];

    cr_assert_not_null(folder);
    snprintf(path, sizeof path, "%s/examples/qpe16.qasm", folder);
    messages_keep();
    cr_assert_eq(circuit_read_file(&read, path, NULL), STATUS_OK, "%s", messages_all());
    dump_circuit(&want, made);
    dump_circuit(&got, read);
    cr_expect_str_eq(got.data, want.data);
    text_fini(&want);
    text_fini(&got);
    circuit_destroy(made);
    circuit_destroy(read);
}

static void refused(const char *name, uint64_t n, const struct gen_args *given, enum status status,
                    const char *message) {
    struct gen_args args = given ? *given : (struct gen_args){0};
    struct circuit *circuit = NULL;
    struct text want = {0};

    gen_set_count(&args, GEN_N, n);
    text_printf(&want, "qspan: error: %s", message);
    messages_keep();
    cr_expect_eq(gen_circuit(&circuit, gen_find(name), &args), status, "%s", name);
    cr_expect_str_eq(messages_all(), want.data);
    cr_expect_null(circuit);
    text_fini(&want);
}

Test(generate, refuses) {
    struct gen_args args = {0};

    refused("ghz", 0, NULL, STATUS_USAGE, "gen ghz: --n 0: expected from 1 to 67108864");
    refused("mctr", 4, NULL, STATUS_USAGE, "gen mctr: --n 4: expected at least 5");
    refused("grover", 63, NULL, STATUS_USAGE, "gen grover: --n 63: expected at most 62");
    refused("uccsd-pairs", 5, NULL, STATUS_USAGE,
            "gen uccsd-pairs: --n 5: expected an even number of spin orbitals");
    refused("qft", 100000, NULL, STATUS_NOFIT,
            "qft: --n 100000 with these parameters needs 5e+09 operations; at most 268435456 are "
            "possible");
    refused("grover", 60, NULL, STATUS_NOFIT,
            "grover: --n 60 with these parameters needs 5.06e+11 operations; at most 268435456 are "
            "possible");
    refused("qpe", 3, NULL, STATUS_USAGE, "gen qpe: --phase is missing");
    gen_set_real(&args, GEN_PHASE, NAN);
    refused("ghz", 3, &args, STATUS_USAGE, "gen ghz takes no --phase");
    refused("qpe", 3, &args, STATUS_USAGE,
            "gen qpe: --phase nan: expected a number between -1e6 and 1e6");
    args = (struct gen_args){0};
    gen_set_count(&args, GEN_VALUE, 8);
    refused("bv", 3, &args, STATUS_USAGE, "bv: --value 8 does not fit into 3 bits");
    args = (struct gen_args){0};
    gen_set_real(&args, GEN_EDGES, 1.5);
    refused("qaoa-maxcut", 3, &args, STATUS_USAGE,
            "gen qaoa-maxcut: --edges 1.5: expected a probability");
    args = (struct gen_args){0};
    gen_set_real(&args, GEN_TIME, 1e6);
    gen_set_real(&args, GEN_FIELD, 1e6);
    refused("tfim-trotter", 3, &args, STATUS_USAGE,
            "tfim-trotter: angles of -200000 and -2e+11 are too large; take more steps");
    messages_keep();
    cr_expect_null(gen_find("qftt"));
    cr_expect_str_eq(messages_all(),
                     "qspan: error: gen: unknown circuit 'qftt'; did you mean qft?");
}

/* The same parameters give the same circuit, another seed another one. */
Test(generate, seeds) {
    for (size_t i = 0; i < gen_count; i++) {
        struct text texts[3] = {{0}};
        uint32_t takes_seed = gen_table[i].params >> GEN_SEED & 1;
        for (uint64_t run = 0; run < 3; run++) {
            struct gen_args args = {0};
            if (takes_seed) {
                gen_set_count(&args, GEN_SEED, run / 2);
            }
            if (gen_table[i].params >> GEN_PHASE & 1) {
                gen_set_real(&args, GEN_PHASE, 0.1);
            }
            struct circuit *circuit = make(gen_table[i].name, 10, &args);
            dump_circuit(&texts[run], circuit);
            circuit_destroy(circuit);
        }
        cr_expect_str_eq(texts[0].data, texts[1].data, "%s", gen_table[i].name);
        cr_expect_eq(strcmp(texts[0].data, texts[2].data) != 0, takes_seed, "%s",
                     gen_table[i].name);
        for (int run = 0; run < 3; run++) {
            text_fini(&texts[run]);
        }
    }
}

/* Every generator has a section in docs/generators.md, every section a generator. */
Test(generate, all_are_documented) {
    const char *folder = getenv("QSPAN_SOURCE_DIR");
    char path[4096], heading[64];
    char *text = NULL;
    size_t n, n_sections = 0;

    cr_assert_not_null(folder);
    snprintf(path, sizeof path, "%s/docs/generators.md", folder);
    cr_assert_eq(file_read(&text, &n, path, 1 << 20), STATUS_OK);
    for (size_t i = 0; i < gen_count; i++) {
        snprintf(heading, sizeof heading, "\n## %s\n", gen_table[i].name);
        cr_expect_not_null(strstr(text, heading), "%s has no section", gen_table[i].name);
    }
    for (const char *at = text; (at = strstr(at, "\n## ")) != NULL; at++) {
        n_sections++;
    }
    cr_expect_eq(n_sections, gen_count);
    mem_free(text);
}
