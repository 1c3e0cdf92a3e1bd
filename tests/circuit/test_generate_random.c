/* Generated random circuits: what they are made of, and that their distribution is the right one.
 */
#include "circuit/generated.h"
#include "support/dense.h"

static struct circuit *make_seeded(const char *name, uint64_t n, uint64_t n_layers, uint64_t seed) {
    struct gen_args args = {0};
    gen_set_count(&args, GEN_SEED, seed);
    if (n_layers > 0) {
        gen_set_count(&args, GEN_LAYERS, n_layers);
    }
    return make(name, n, &args);
}

static uint32_t count_gates(const struct circuit *circuit, enum gate_id gate) {
    uint32_t n = 0;
    for (size_t i = 0; i < circuit->ops.n_ops; i++) {
        n += circuit->ops.ops[i].kind == OP_GATE && circuit->ops.ops[i].which == gate;
    }
    return n;
}

/* --- layers --- */

Test(generate_random, brick_alternates) {
    struct circuit *circuit = make_seeded("brick", 5, 4, 3);
    struct text got = {0};
    for (size_t i = 0; i < circuit->ops.n_ops; i++) {
        const struct op *op = &circuit->ops.ops[i];
        const uint32_t *q = op_qubits(&circuit->ops, op);
        if (op->kind == OP_GATE && op->n_qubits == 2) {
            text_printf(&got, "%u%u ", q[0], q[1]);
        }
    }
    cr_expect_str_eq(got.data, "01 23 12 34 01 23 12 34 ");
    cr_expect_eq(count_gates(circuit, GATE_RX) + count_gates(circuit, GATE_RY) +
                     count_gates(circuit, GATE_RZ),
                 20);
    text_fini(&got);
    circuit_destroy(circuit);
}

/* n layers; a qubit of a layer has an h, a CZ, or is the odd one out. */
Test(generate_random, cz_fraction_counts) {
    static const double fractions[] = {0, 0.1, 0.5, 0.9, 1};
    const double n = 32, n_places = n * n;

    for (size_t i = 0; i < sizeof fractions / sizeof fractions[0]; i++) {
        struct gen_args args = {0};
        gen_set_real(&args, GEN_FRACTION, fractions[i]);
        struct circuit *circuit = make("cz-fraction", 32, &args);
        double n_h = count_gates(circuit, GATE_H), n_cz = count_gates(circuit, GATE_CZ);
        double sigma = sqrt(n_places * fractions[i] * (1 - fractions[i]));
        cr_expect_float_eq(n_h, n_places * (1 - fractions[i]), 5 * sigma + 1e-9);
        cr_expect_leq(n_h + 2 * n_cz, n_places);
        cr_expect_geq(n_h + 2 * n_cz, n_places - n);
        circuit_destroy(circuit);
    }
}

/* --- quantum volume --- */

static void add_gate(struct dense *m, const struct circuit *circuit, size_t i) {
    const struct op *op = &circuit->ops.ops[i];
    double matrix[GATE_MAX_MATRIX];
    struct dense gate;
    gate_unitary(matrix, (enum gate_id)op->which, op_params(&circuit->ops, op));
    dense_from_array(&gate, matrix, op->n_qubits);
    dense_apply(m, &gate, op_qubits(&circuit->ops, op));
}

static void add_turn(struct dense *m, enum gate_id id, double angle) {
    double matrix[GATE_MAX_MATRIX];
    struct dense gate;
    gate_unitary(matrix, id, &angle);
    dense_from_array(&gate, matrix, 2);
    dense_apply(m, &gate, (const uint32_t[]){0, 1});
}

/* u3 u3, then eight gates that are exp(i (a XX + b YY + c ZZ)) with the angles that they show, then
 * u3 u3. */
Test(generate_random, quantum_volume_blocks_are_exact) {
    for (uint64_t seed = 0; seed < 20; seed++) {
        struct circuit *circuit = make_seeded("quantum-volume", 2, 1, seed);
        struct dense got, want;
        dense_identity(&got, 2);
        dense_identity(&want, 2);
        for (size_t i = 2; i < 10; i++) {
            add_gate(&got, circuit, i);
        }
        const struct op_list *ops = &circuit->ops;
        add_turn(&want, GATE_RZZ, op_params(ops, &ops->ops[4])[0] - M_PI / 2);
        add_turn(&want, GATE_RXX, -op_params(ops, &ops->ops[5])[0] - M_PI / 2);
        add_turn(&want, GATE_RYY, op_params(ops, &ops->ops[7])[0] - M_PI / 2);
        cr_expect_lt(dense_distance_up_to_phase(&got, &want), 1e-14);
        cr_expect_eq(ops->n_ops, 14); /* and two measurements */
        circuit_destroy(circuit);
    }
}

/* The mean purity of half of a Haar-random state of two qubits is 4/5; |tr U|^2 has mean 1 and
 * |tr U|^4 mean 2. Angles that are uniform would give a purity of 5/6. */
Test(generate_random, quantum_volume_blocks_are_haar) {
    enum { N_SEEDS = 3000 };
    double purity = 0, second = 0, fourth = 0;
    for (uint64_t seed = 0; seed < N_SEEDS; seed++) {
        struct circuit *circuit = make_seeded("quantum-volume", 2, 1, seed);
        struct dense u;
        dense_identity(&u, 2);
        for (size_t i = 0; i < 12; i++) {
            add_gate(&u, circuit, i);
        }
        struct cplx trace = {0, 0}, rho01 = {0, 0};
        double rho00 = 0;
        for (int i = 0; i < 4; i++) {
            trace = cplx_add(trace, u.at[i][i]);
        }
        for (int i = 0; i < 2; i++) {
            struct cplx a = u.at[2 * i][0], b = u.at[2 * i + 1][0];
            rho00 += a.re * a.re + a.im * a.im;
            rho01 = cplx_add(rho01, cplx_mul(a, (struct cplx){b.re, -b.im}));
        }
        double size = trace.re * trace.re + trace.im * trace.im;
        purity += rho00 * rho00 + (1 - rho00) * (1 - rho00) +
                  2 * (rho01.re * rho01.re + rho01.im * rho01.im);
        second += size;
        fourth += size * size;
        circuit_destroy(circuit);
    }
    cr_expect_float_eq(purity / N_SEEDS, 0.8, 0.016);
    cr_expect_float_eq(second / N_SEEDS, 1, 0.1);
    cr_expect_float_eq(fourth / N_SEEDS, 2, 0.45);
}

static int compare_doubles(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The outcomes above the median carry (1 + ln 2) / 2 = 0.85 of the probability on average. */
Test(generate_random, quantum_volume_has_heavy_outputs) {
    double heavy = 0;
    for (uint64_t seed = 0; seed < 10; seed++) {
        struct circuit *circuit = make_seeded("quantum-volume", 5, 0, seed);
        double *p = key_probabilities(circuit);
        cr_expect_eq(count_gates(circuit, GATE_CX), 3 * 2 * 5);
        qsort(p, 32, sizeof *p, compare_doubles);
        for (int i = 16; i < 32; i++) {
            heavy += p[i] / 10;
        }
        free(p);
        circuit_destroy(circuit);
    }
    cr_expect_gt(heavy, 2.0 / 3);
    cr_expect_float_eq(heavy, 0.85, 0.05);
}

/* --- random Cliffords --- */

/* U P U^+ has one entry in each row, of size 1: a Pauli up to a power of i, and its square is 1. */
Test(generate_random, cliffords_map_paulis_to_paulis) {
    for (uint64_t seed = 0; seed < 20; seed++) {
        struct circuit *circuit = make_seeded("random-clifford", 3, 0, seed);
        struct dense u, dagger;
        dense_identity(&u, 3);
        for (size_t i = 0; i < circuit->ops.n_ops; i++) {
            if (circuit->ops.ops[i].kind == OP_GATE) {
                add_gate(&u, circuit, i);
            }
        }
        dense_dagger(&dagger, &u);
        for (uint32_t v = 1; v < 64; v++) {
            struct dense pauli, half, image;
            uint32_t n_found = 0;
            dense_pauli(&pauli, v, 3);
            dense_mul(&half, &pauli, &dagger);
            dense_mul(&image, &u, &half);
            for (uint32_t w = 1; w < 64; w++) {
                dense_pauli(&pauli, w, 3);
                n_found += dense_distance_up_to_phase(&pauli, &image) < 1e-12;
            }
            cr_expect_eq(n_found, 1);
        }
        circuit_destroy(circuit);
    }
}

/* Images of X_0, Z_0, X_1, Z_1: x bits in 0 and 1, z bits in 2 and 3, sign in 4. */
static void conjugate(uint8_t *row, enum gate_id gate, const uint32_t *q) {
    uint32_t x = *row >> q[0] & 1, z = *row >> (2 + q[0]) & 1;
    uint32_t xb = *row >> q[1] & 1, zb = *row >> (2 + q[1]) & 1;
    uint32_t sign = 0, flips = 0;
    switch ((int)gate) {
    case GATE_H:
        sign = x & z;
        flips = (x ^ z) * (1u << q[0] | 4u << q[0]);
        break;
    case GATE_S:
        sign = x & z;
        flips = x * 4u << q[0];
        break;
    case GATE_CX:
        sign = x & zb & ~(xb ^ z);
        flips = x << q[1] | zb * 4u << q[0];
        break;
    case GATE_CZ:
        sign = x & xb & (z ^ zb);
        flips = xb * 4u << q[0] | x * 4u << q[1];
        break;
    case GATE_SWAP:
        flips = (x ^ xb) * 3 | (z ^ zb) * 12;
        break;
    case GATE_X:
        sign = z;
        break;
    case GATE_Y:
        sign = x ^ z;
        break;
    case GATE_Z:
        sign = x;
        break;
    default:
        cr_assert_fail("not in a random Clifford: %d", (int)gate);
    }
    *row = (uint8_t)(*row ^ flips ^ (sign & 1) << 4);
}

/* The four images as a number of 16 bits, signs apart. */
static uint32_t find_images(uint32_t *out_signs, const struct circuit *circuit) {
    uint8_t rows[4] = {1, 4, 2, 8};
    uint32_t key = 0;
    *out_signs = 0;
    for (size_t i = 0; i < circuit->ops.n_ops; i++) {
        const struct op *op = &circuit->ops.ops[i];
        uint32_t q[2] = {op_qubits(&circuit->ops, op)[0], 0};
        q[1] = op->n_qubits == 2 ? op_qubits(&circuit->ops, op)[1] : 0;
        for (int k = 0; k < 4 && op->kind == OP_GATE; k++) {
            conjugate(&rows[k], (enum gate_id)op->which, q);
        }
    }
    for (int k = 0; k < 4; k++) {
        key |= (rows[k] & 15u) << 4 * k;
        *out_signs |= (rows[k] >> 4 & 1u) << k;
    }
    return key;
}

/* Sum of (count - mean)^2 / mean over the cells that can occur; at most 5 sigma above its mean. */
static void expect_uniform(const uint32_t *counts, size_t n, uint32_t n_cells, uint32_t n_draws) {
    double mean = (double)n_draws / n_cells, chi2 = 0;
    uint32_t n_seen = 0;
    for (size_t i = 0; i < n; i++) {
        n_seen += counts[i] > 0;
        chi2 += counts[i] > 0 ? (counts[i] - mean) * (counts[i] - mean) / mean : 0;
    }
    cr_expect_leq(n_seen, n_cells);
    chi2 += (n_cells - n_seen) * mean;
    cr_expect_lt(chi2, n_cells - 1 + 5 * sqrt(2.0 * (n_cells - 1)), "chi2 %g of %u", chi2, n_cells);
}

/* 6 and 720 symplectic classes on one and two qubits, with 4 and 16 signs, all equally likely. */
Test(generate_random, cliffords_are_uniform) {
    static uint32_t classes[1 << 16];
    for (uint32_t n = 1; n <= 2; n++) {
        uint32_t signs[16] = {0}, n_draws = n == 1 ? 1200 : 14400, s;
        memset(classes, 0, sizeof classes);
        for (uint64_t seed = 0; seed < n_draws; seed++) {
            struct circuit *circuit = make_seeded("random-clifford", n, 0, seed);
            classes[find_images(&s, circuit)]++;
            signs[s]++;
            circuit_destroy(circuit);
        }
        expect_uniform(classes, 1 << 16, n == 1 ? 6 : 720, n_draws);
        expect_uniform(signs, 16, n == 1 ? 4 : 16, n_draws);
    }
}
