/* Generated algorithms against what they are for: sums, secrets, truth tables, dynamics. */
#include "circuit/generated.h"

static uint32_t sum_by(const char *name, uint32_t n, uint32_t a, uint32_t b) {
    struct gen_args args = {0};
    gen_set_count(&args, GEN_A, a);
    gen_set_count(&args, GEN_B, b);
    struct circuit *circuit = make(name, n, &args);
    uint32_t key = certain_key(circuit);
    circuit_destroy(circuit);
    return key;
}

Test(generate_algorithms, adders_add) {
    for (uint32_t n = 1; n <= 3; n++) {
        for (uint32_t a = 0; a < 1u << n; a++) {
            for (uint32_t b = 0; b < 1u << n; b++) {
                cr_expect_eq(sum_by("cuccaro", n, a, b), a + b, "%u + %u", a, b);
                cr_expect_eq(sum_by("rca", n, a, b), a + b, "%u + %u", a, b);
                cr_expect_eq(sum_by("draper", n, a, b), (a + b) % (1u << n), "%u + %u", a, b);
            }
        }
    }
}

/* The published ripple-carry adder of 100 qubits starts with these gates; 49 bits fill it. */
Test(generate_algorithms, rca_is_interleaved) {
    struct gen_args args = {0};
    gen_set_count(&args, GEN_A, 0);
    gen_set_count(&args, GEN_B, 0);
    struct circuit *circuit = make("rca", 49, &args);
    struct text ops = {0};
    dump_ops(&ops, &circuit->ops);
    cr_expect_eq(circuit->n_qubits, 100);
    cr_expect_eq(strncmp(ops.data, "cx : 2 1\ncx : 2 0\nccx : 0 1 2\ncx : 4 3\n", 38), 0, "%.60s",
                 ops.data);
    text_fini(&ops);
    circuit_destroy(circuit);
}

Test(generate_algorithms, mctr_truth_table) {
    for (uint32_t n = 5; n <= 8; n++) {
        uint32_t controls = (1u << (n - 2)) - 1;
        for (uint32_t value = 0; value < 1u << n; value++) {
            struct gen_args args = {0};
            gen_set_count(&args, GEN_VALUE, value);
            struct circuit *circuit = make("mctr", n, &args);
            bool flips = (value & controls) == controls;
            cr_expect_eq(certain_key(circuit), value ^ (uint32_t)flips << (n - 1));
            circuit_destroy(circuit);
        }
    }
}

/* 8 (n - 5) Toffolis, as the corollary says and as the published circuit of 100 qubits has. */
Test(generate_algorithms, mctr_size) {
    struct circuit *circuit = make("mctr", 100, NULL);
    uint32_t n_toffoli = 0;
    for (size_t i = 0; i < circuit->ops.n_ops; i++) {
        const struct op *op = &circuit->ops.ops[i];
        n_toffoli += op->kind == OP_GATE && op->which == GATE_CCX;
    }
    cr_expect_eq(n_toffoli, 760);
    circuit_destroy(circuit);
}

Test(generate_algorithms, grover_succeeds_as_it_should) {
    for (uint32_t n = 1; n <= 5; n++) {
        double theta = asin(1 / sqrt((double)(1u << n)));
        for (uint64_t rounds = 0; rounds <= 4; rounds++) {
            struct gen_args args = {0};
            uint32_t value = (uint32_t)(5 * rounds + n) % (1u << n);
            gen_set_count(&args, GEN_VALUE, value);
            gen_set_count(&args, GEN_ROUNDS, rounds);
            struct circuit *circuit = make("grover", n, &args);
            double *p = key_probabilities(circuit), s = sin((double)(2 * rounds + 1) * theta);
            cr_expect_float_eq(p[value], s * s, 1e-12, "n=%u rounds=%u", n, (unsigned)rounds);
            free(p);
            circuit_destroy(circuit);
        }
    }
}

/* 3 rounds for 4 qubits, and ancillas that are clean again. */
Test(generate_algorithms, grover_default) {
    struct gen_args args = {0};
    gen_set_count(&args, GEN_VALUE, 11);
    struct circuit *circuit = make("grover", 4, &args);
    struct naive_state state = final_state(circuit, 0);
    double *p = key_probabilities(circuit), s = sin(7 * asin(0.25));
    cr_expect_float_eq(p[11], s * s, 1e-12);
    cr_expect_float_eq(naive_probability(&state, 4), 0, 1e-13);
    naive_fini(&state);
    free(p);
    circuit_destroy(circuit);
}

Test(generate_algorithms, bv_finds_the_secret) {
    for (uint32_t n = 1; n <= 5; n++) {
        for (uint32_t secret = 0; secret < 1u << n; secret++) {
            struct gen_args args = {0};
            gen_set_count(&args, GEN_VALUE, secret);
            struct circuit *circuit = make("bv", n, &args);
            cr_expect_eq(certain_key(circuit), secret);
            circuit_destroy(circuit);
        }
    }
}

/* --- QAOA --- */

enum { QAOA_N = 7 };

/* Edges by the rzz gates; true: every pair at most once. */
static bool find_edges(bool (*edges)[QAOA_N], const struct circuit *circuit) {
    for (size_t i = 0; i < circuit->ops.n_ops; i++) {
        const struct op *op = &circuit->ops.ops[i];
        if (op->kind == OP_GATE && op->which == GATE_RZZ) {
            const uint32_t *q = op_qubits(&circuit->ops, op);
            if (edges[q[0]][q[1]] || q[0] == q[1]) {
                return false;
            }
            edges[q[0]][q[1]] = edges[q[1]][q[0]] = true;
        }
    }
    return true;
}

/* Expected part of the edge (u, v) in the cut: Wang, Hadfield, Jiang, Rieffel, arXiv:1706.02998,
 * theorem 1. */
static double cut_by_formula(bool (*edges)[QAOA_N], int u, int v, double gamma, double beta) {
    int d = -1, e = -1, f = 0;
    for (int w = 0; w < QAOA_N; w++) {
        d += edges[u][w];
        e += edges[v][w];
        f += edges[u][w] && edges[v][w];
    }
    double s = sin(2 * beta), c = cos(gamma);
    return 0.5 + sin(4 * beta) * sin(gamma) * (pow(c, d) + pow(c, e)) / 4 -
           s * s * pow(c, d + e - 2 * f) * (1 - pow(cos(2 * gamma), f)) / 4;
}

Test(generate_algorithms, qaoa_cuts_as_the_formula_says) {
    for (uint64_t seed = 0; seed < 6; seed++) {
        struct gen_args args = {0};
        double gamma = 0.3 + 0.2 * (double)seed, beta = 0.9 - 0.15 * (double)seed;
        bool edges[QAOA_N][QAOA_N] = {{false}};
        gen_set_count(&args, GEN_SEED, seed);
        gen_set_real(&args, GEN_GAMMA, gamma);
        gen_set_real(&args, GEN_BETA, beta);
        struct circuit *circuit = make("qaoa-maxcut", QAOA_N, &args);
        double *p = key_probabilities(circuit);
        cr_assert(find_edges(edges, circuit));
        for (int u = 0; u < QAOA_N; u++) {
            for (int v = u + 1; v < QAOA_N; v++) {
                double cut = 0;
                for (uint32_t key = 0; key < 1u << QAOA_N; key++) {
                    cut += (key >> u & 1) != (key >> v & 1) ? p[key] : 0;
                }
                if (edges[u][v]) {
                    cr_expect_float_eq(cut, cut_by_formula(edges, u, v, gamma, beta), 1e-12);
                }
            }
        }
        free(p);
        circuit_destroy(circuit);
    }
}

Test(generate_algorithms, qaoa_edges_are_as_frequent_as_asked) {
    struct gen_args args = {0};
    uint32_t n_edges = 0;
    double n_pairs = 200 * 199 / 2;
    gen_set_real(&args, GEN_EDGES, 0.3);
    gen_set_count(&args, GEN_LAYERS, 2);
    struct circuit *circuit = make("qaoa-maxcut", 200, &args);
    for (size_t i = 0; i < circuit->ops.n_ops; i++) {
        n_edges += circuit->ops.ops[i].kind == OP_GATE && circuit->ops.ops[i].which == GATE_RZZ;
    }
    cr_expect_eq(n_edges % 2, 0, "layers differ");
    cr_expect_float_eq(n_edges / 2, 0.3 * n_pairs, 5 * sqrt(0.21 * n_pairs));
    circuit_destroy(circuit);
}

/* --- Ising chain --- */

enum { ISING_N = 5 };

/* out += factor * H |in>, H = -J sum Z Z - h sum X. */
static void add_ising(double *out, const double *in, double coupling, double field) {
    for (uint32_t row = 0; row < 1u << ISING_N; row++) {
        double energy = 0;
        for (int i = 0; i + 1 < ISING_N; i++) {
            energy -= (row >> i & 1) == (row >> (i + 1) & 1) ? coupling : -coupling;
        }
        for (uint32_t part = 0; part < 2; part++) {
            out[2 * row + part] = energy * in[2 * row + part];
            for (int i = 0; i < ISING_N; i++) {
                out[2 * row + part] -= field * in[2 * (row ^ 1u << i) + part];
            }
        }
    }
}

/* e^{-iHt} |0..0> by its power series. */
static void evolve(double *out, double coupling, double field, double t) {
    double term[2 << ISING_N] = {1}, next[2 << ISING_N];
    memcpy(out, term, sizeof term);
    for (int k = 1; k < 120; k++) {
        add_ising(next, term, coupling, field);
        for (int row = 0; row < 1 << ISING_N; row++) {
            term[2 * row] = next[2 * row + 1] * t / k; /* times -i t / k */
            term[2 * row + 1] = -next[2 * row] * t / k;
            out[2 * row] += term[2 * row];
            out[2 * row + 1] += term[2 * row + 1];
        }
    }
}

/* Distance of the states, for the phase that makes it least. */
static double trotter_error(double coupling, double field, double t, uint64_t n_steps) {
    struct gen_args args = {0};
    double exact[2 << ISING_N], re = 0, im = 0;
    gen_set_real(&args, GEN_TIME, t);
    gen_set_real(&args, GEN_COUPLING, coupling);
    gen_set_real(&args, GEN_FIELD, field);
    gen_set_count(&args, GEN_STEPS, n_steps);
    struct circuit *circuit = make("tfim-trotter", ISING_N, &args);
    struct naive_state state = final_state(circuit, 0);
    evolve(exact, coupling, field, t);
    for (int row = 0; row < 1 << ISING_N; row++) {
        const double *a = &exact[2 * row], *b = &state.amps[2 * row];
        re += a[0] * b[0] + a[1] * b[1];
        im += a[0] * b[1] - a[1] * b[0];
    }
    naive_fini(&state);
    circuit_destroy(circuit);
    return sqrt(fmax(0, 2 - 2 * sqrt(re * re + im * im)));
}

/* |error| <= t^2 / (2 r) |[ZZ part, X part]| (Childs et al., arXiv:1912.08854, proposition 9), and
 * the commutator has at most 4 J h per bond; halved by twice as many steps. */
Test(generate_algorithms, tfim_is_within_the_trotter_bound) {
    double coupling = 1.3, field = 0.7, t = 0.8;
    double before = 0;
    for (uint64_t n_steps = 4; n_steps <= 64; n_steps *= 2) {
        double error = trotter_error(coupling, field, t, n_steps);
        double bound = t * t / (2.0 * (double)n_steps) * 4 * coupling * field * (ISING_N - 1);
        cr_expect_leq(error, bound);
        if (n_steps >= 16) {
            cr_expect_float_eq(before / error, 2, 0.1);
        }
        before = error;
    }
    cr_expect_lt(trotter_error(0, field, t, 1), 1e-7);
    cr_expect_lt(trotter_error(coupling, 0, t, 1), 1e-7);
}

/* --- pair excitations --- */

/* With four spin orbitals: a rotation of |0011> and |1100> and nothing else. */
Test(generate_algorithms, pair_excitation_rotates_two_states) {
    struct circuit *circuit = make("uccsd-pairs", 4, NULL);
    double theta = 0;
    for (size_t i = circuit->ops.n_ops; i-- > 0;) {
        const struct op *op = &circuit->ops.ops[i];
        if (op->kind == OP_GATE && op->which == GATE_RZ) {
            theta = -4 * op_params(&circuit->ops, op)[0]; /* in the end: of the first */
        }
    }
    cr_assert_neq(theta, 0);
    for (uint32_t start = 0; start < 16; start++) {
        struct naive_state state = final_state(circuit, start ^ 3); /* x x fills the lowest pair */
        for (uint32_t row = 0; row < 16; row++) {
            double want = row == start;
            if (start == 3 || start == 12) {
                want = row == start ? cos(theta) : 0;
                want = row == (start ^ 15) ? (start == 3 ? sin(theta) : -sin(theta)) : want;
            }
            cr_expect_float_eq(state.amps[2 * row], want, 1e-13, "%u -> %u", start, row);
            cr_expect_float_eq(state.amps[2 * row + 1], 0, 1e-13);
        }
        naive_fini(&state);
    }
    circuit_destroy(circuit);
}

/* Two pairs in four orbitals stay two pairs. */
Test(generate_algorithms, pair_excitations_keep_pairs) {
    struct circuit *circuit = make("uccsd-pairs", 8, NULL);
    double *p = key_probabilities(circuit), kept = 0;
    uint32_t n_seen = 0;
    for (uint32_t key = 0; key < 256; key++) {
        bool paired = (key & 0x55) == (key >> 1 & 0x55) && __builtin_popcount(key) == 4;
        kept += paired ? p[key] : 0;
        n_seen += p[key] > 1e-9;
    }
    cr_expect_float_eq(kept, 1, 1e-12);
    cr_expect_eq(n_seen, 6);
    free(p);
    circuit_destroy(circuit);
}
