/* Closed forms of the literature, and Pauli bookkeeping that enumerates every case. */
#include <criterion/criterion.h>
#include <math.h>

#include "base/rng.h"
#include "network/pair.h"

/* Average state fidelity of a teleportation over the pair. */
static double teleport_fidelity(const struct pair *pair) {
    return (2 * pair_fidelity(pair) + 1) / 3;
}

/* n nested rounds from equal pairs; *out_n_raw: raw pairs expected, the product of 2/p. */
static struct pair purify_nested(double *out_n_raw, const struct pair *raw, unsigned n_rounds,
                                 enum pair_protocol protocol, const struct pair_ops *ops) {
    struct pair pair = *raw;
    *out_n_raw = 1;
    for (unsigned i = 0; i < n_rounds; i++) {
        struct pair better;
        *out_n_raw *= 2 / pair_purify(&better, &pair, &pair, protocol, ops);
        pair = better;
    }
    return pair;
}

/* Of a stored Phi+ under exact amplitude damping and dephasing (no twirl), halves waiting t_a and
 * t_b: [1 + a1 b1 + (1-a1)(1-b1)]/4 + exp(-ta/T2a - tb/T2b)/2. */
static double exact_storage_fidelity(int64_t t_a_ps, const struct pair_decay *a, int64_t t_b_ps,
                                     const struct pair_decay *b) {
    const double t_a = (double)t_a_ps, t_b = (double)t_b_ps;
    const double a1 = exp(-t_a * a->rate1), b1 = exp(-t_b * b->rate1);
    return (1 + a1 * b1 + (1 - a1) * (1 - b1)) / 4 + exp(-t_a * a->rate2 - t_b * b->rate2) / 2;
}

static double draw(uint64_t *site) {
    return rng_uniform(7, (*site)++, 0, RNG_TEST);
}

static void draw_weights(double out[4], uint64_t *site) {
    double sum = 0;
    for (int i = 0; i < 4; i++) {
        out[i] = -log(1 - draw(site));
        sum += out[i];
    }
    for (int i = 0; i < 4; i++) {
        out[i] /= sum;
    }
}

/* Paulis as x + 2 z: I, X, Z, Y. */
static int pauli_bits(int index) {
    static const int bits[] = {0, 1, 3, 2};
    return bits[index];
}

static int pauli_index(int bits) {
    static const int index[] = {0, 1, 3, 2};
    return index[bits];
}

static void convolve(double out[4], const double a[4], const double b[4]) {
    for (int i = 0; i < 4; i++) {
        out[i] = 0;
    }
    for (int i = 0; i < 4; i++) {
        for (int j = 0; j < 4; j++) {
            out[pauli_index(pauli_bits(i) ^ pauli_bits(j))] += a[i] * b[j];
        }
    }
}

static void expect_weights(const struct pair *pair, const double want[4], double tolerance) {
    double got[4];
    pair_to_weights(got, pair);
    for (int i = 0; i < 4; i++) {
        cr_expect_float_eq(got[i], want[i], tolerance, "weight %d: %.12g, not %.12g", i, got[i],
                           want[i]);
    }
}

Test(pair, weights_and_correlators_are_inverse) {
    uint64_t site = 0;
    for (int n = 0; n < 50; n++) {
        double weights[4];
        draw_weights(weights, &site);
        const struct pair pair = pair_from_weights(weights);
        expect_weights(&pair, weights, 1e-15);
        cr_expect_float_eq(pair_fidelity(&pair), weights[0], 1e-15);
    }
}

Test(pair, swapping_convolves_the_paulis) {
    uint64_t site = 1000;
    for (int n = 0; n < 50; n++) {
        double a[4], b[4], want[4], noisy[4], flipped[4];
        draw_weights(a, &site);
        draw_weights(b, &site);
        const double g = draw(&site), m = 1 - draw(&site) / 2;
        const double flips[4] = {m * m, m * (1 - m), (1 - m) * (1 - m), m * (1 - m)};
        convolve(want, a, b);
        convolve(flipped, want, flips);
        for (int i = 0; i < 4; i++) {
            noisy[i] = g * flipped[i] + (1 - g) / 4;
        }
        const struct pair pa = pair_from_weights(a), pb = pair_from_weights(b);
        const struct pair_ops ops = {g, 1 - m};
        struct pair out = pair_swap(&pa, &pb, &pair_ideal_ops);
        expect_weights(&out, want, 1e-14);
        out = pair_swap(&pa, &pb, &ops);
        expect_weights(&out, noisy, 1e-14);
        /* SeQUeNCe's e1 = g[m^2 cI + m(1-m)(cX+cZ) + (1-m)^2 cY] + (1-g)/4 */
        const double e1 = g * (m * m * want[0] + m * (1 - m) * (want[1] + want[3]) +
                               (1 - m) * (1 - m) * want[2]) +
                          (1 - g) / 4;
        cr_expect_float_eq(pair_fidelity(&out), e1, 1e-14);
    }
}

Test(pair, swap_chains_of_the_literature) {
    static const struct {
        unsigned n;
        double fidelity;
    } chains[] = {{2, .960533}, {4, .923143}, {8, .854163}, {16, .736684}};
    const struct pair link = pair_from_fidelity(0.98);
    for (size_t i = 0; i < sizeof chains / sizeof *chains; i++) {
        struct pair chain = link;
        for (unsigned k = 1; k < chains[i].n; k++) {
            chain = pair_swap(&chain, &link, &pair_ideal_ops);
        }
        const double l = (4 * 0.98 - 1) / 3;
        cr_expect_float_eq(pair_fidelity(&chain), (1 + 3 * pow(l, chains[i].n)) / 4, 1e-12);
        cr_expect_float_eq(pair_fidelity(&chain), chains[i].fidelity, 6e-7);
    }
    static const double two[][3] = {
        {.9, .9, .813333333333}, {.9, .8, .726666666667}, {.99, .95, .940666666667}};
    for (size_t i = 0; i < 3; i++) {
        const struct pair a = pair_from_fidelity(two[i][0]), b = pair_from_fidelity(two[i][1]);
        const struct pair out = pair_swap(&a, &b, &pair_ideal_ops);
        cr_expect_float_eq(pair_fidelity(&out), two[i][2], 1e-9);
    }
}

/* Every pair of Paulis, X of `kept` and Z of `spent` copied by the two CNOTs, bits compared. */
static double enumerate(double out[4], const double kept[4], const double spent[4], double wrong) {
    double p = 0;
    for (int i = 0; i < 4; i++) {
        out[i] = 0;
    }
    for (int i = 0; i < 4; i++) {
        for (int j = 0; j < 4; j++) {
            const int a = pauli_bits(i), b = pauli_bits(j);
            const int parity = (a ^ b) & 1, result = a ^ (b & 2);
            const double pass = parity == 0 ? 1 - wrong : wrong;
            out[pauli_index(result)] += pass * kept[i] * spent[j];
            p += pass * kept[i] * spent[j];
        }
    }
    for (int i = 0; i < 4; i++) {
        out[i] /= p;
    }
    return p;
}

Test(pair, dejmps_is_the_enumeration_after_exchanging_y_and_z) {
    uint64_t site = 2000;
    for (int n = 0; n < 50; n++) {
        double a[4], b[4], want[4];
        draw_weights(a, &site);
        draw_weights(b, &site);
        const struct pair_ops ops = {1, draw(&site) / 2};
        const double wrong = 2 * ops.flip * (1 - ops.flip);
        const double ea[4] = {a[0], a[1], a[3], a[2]}, eb[4] = {b[0], b[1], b[3], b[2]};
        const double p = enumerate(want, ea, eb, wrong);
        const struct pair pa = pair_from_weights(a), pb = pair_from_weights(b);
        struct pair out;
        cr_expect_float_eq(pair_purify(&out, &pa, &pb, PAIR_DEJMPS, &ops), p, 1e-14);
        expect_weights(&out, want, 1e-13);
    }
}

Test(pair, dejmps_closed_form_of_equal_pairs) {
    uint64_t site = 3000;
    for (int n = 0; n < 20; n++) {
        double w[4];
        draw_weights(w, &site);
        const double a = w[0], b = w[2], c = w[1], d = w[3]; /* phi+, psi-, psi+, phi- */
        const double norm = (a + b) * (a + b) + (c + d) * (c + d);
        const double want[4] = {(a * a + b * b) / norm, (c * c + d * d) / norm, 2 * c * d / norm,
                                2 * a * b / norm};
        const struct pair pair = pair_from_weights(w);
        struct pair out;
        cr_expect_float_eq(pair_purify(&out, &pair, &pair, PAIR_DEJMPS, &pair_ideal_ops), norm,
                           1e-14);
        expect_weights(&out, want, 1e-13);
    }
}

Test(pair, bbpssw_values) {
    static const double rows[][3] = {
        {.6, .6088889, .6204380},  {.75, .7222222, .7884615},
        {.9, .8755556, .9263959},  {.99, .9867556, .9932664},
        {.7, .68, .7352941},       {.8, .7688889, .8381503},
        {.95, .9355556, .9649644}, {.25, .5, .25},
        {.5, .5555556, .5},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const double f = rows[i][0], e = (1 - f) / 3, p = f * f + 2 * f * e + 5 * e * e;
        const struct pair pair = pair_from_fidelity(f);
        struct pair out;
        const double got = pair_purify(&out, &pair, &pair, PAIR_BBPSSW, &pair_ideal_ops);
        cr_expect_float_eq(got, p, 1e-14);
        cr_expect_float_eq(got, rows[i][1], 6e-8);
        cr_expect_float_eq(pair_fidelity(&out), (f * f + e * e) / p, 1e-14);
        cr_expect_float_eq(pair_fidelity(&out), rows[i][2], 6e-8);
    }
}

/* Two qubits, real: populations by z of each half and correlators, coherences by correlators. */
static void set_density(double rho[4][4], const struct pair_raw *raw) {
    double w[4];
    pair_to_weights(w, &raw->pair);
    const double zz = w[1] + w[2] - w[0] - w[3]; /* the heralded state is Psi */
    for (int i = 0; i < 4; i++) {
        const double a = i & 2 ? -1 : 1, b = i & 1 ? -1 : 1;
        rho[i][i] = (1 + a * raw->z[0] + b * raw->z[1] + a * b * zz) / 4;
    }
    rho[1][2] = rho[2][1] = (w[0] - w[3]) / 2;
    rho[0][3] = rho[3][0] = (w[1] - w[2]) / 2;
}

/* Four qubits A1 B1 A2 B2: CNOT from 1 to 2 at both ends is i -> i ^ i >> 2, then 2 is found in 11.
 */
static double distil_density(double out[4][4], const struct pair_raw *a, const struct pair_raw *b) {
    double ra[4][4] = {{0}}, rb[4][4] = {{0}}, p = 0;
    set_density(ra, a);
    set_density(rb, b);
    for (int i = 0; i < 4; i++) {
        for (int j = 0; j < 4; j++) {
            out[i][j] = ra[i][j] * rb[3 ^ i][3 ^ j];
        }
        p += out[i][i];
    }
    return p;
}

static double draw_below(double a, double b, uint64_t *site) {
    return 2 * sqrt(a * b) * (2 * draw(site) - 1);
}

/* Bright share a, lossy arms: F = 1 - a before; 1 after, with probability (1 - a)^2 / 2. */
Test(pair, distillation_of_single_clicks) {
    uint64_t site = 0;
    for (int i = 1; i < 10; i++) {
        const double a = i / 10., weights[4] = {1 - a, a / 2, a / 2, 0};
        const struct pair_raw raw = {pair_from_weights(weights), {-a, -a}};
        struct pair out;
        const double p = pair_purify_epl(&out, &raw, &raw, &pair_ideal_ops);
        cr_expect_float_eq(p, (1 - a) * (1 - a) / 2, 1e-14);
        cr_expect_float_eq(pair_fidelity(&out), 1, 1e-14);
    }
    for (int i = 0; i < 300; i++) {
        struct pair_raw raw[2];
        double rho[4][4] = {{0}}, weights[4];
        for (int k = 0; k < 2; k++) {
            draw_weights(weights, &site);
            /* how unequal populations may be beside their coherence */
            const double bright = draw_below(weights[1], weights[2], &site);
            const double odd = draw_below(weights[0], weights[3], &site);
            raw[k] = (struct pair_raw){pair_from_weights(weights), {bright + odd, bright - odd}};
        }
        struct pair out;
        const double p = pair_purify_epl(&out, &raw[0], &raw[1], &pair_ideal_ops);
        const double want_p = distil_density(rho, &raw[0], &raw[1]);
        const double odd = (rho[1][1] + rho[2][2]) / want_p, even = 1 - odd;
        const double want[4] = {odd / 2 + rho[1][2] / want_p, even / 2 + rho[0][3] / want_p,
                                even / 2 - rho[0][3] / want_p, odd / 2 - rho[1][2] / want_p};
        cr_expect_float_eq(p, want_p, 1e-14);
        expect_weights(&out, want, 1e-13);
    }
    /* bits read wrongly with probability 1/2, or gates that only depolarise, tell nothing */
    const struct pair_raw perfect = {pair_from_fidelity(1), {0, 0}};
    struct pair out;
    const struct pair_ops blind = {1, 0.5}, noise = {0, 0};
    cr_expect_float_eq(pair_purify_epl(&out, &perfect, &perfect, &blind), 0.25, 1e-14);
    cr_expect_float_eq(pair_purify_epl(&out, &perfect, &perfect, &noise), 0.25, 1e-14);
    cr_expect_float_eq(pair_fidelity(&out), 0.25, 1e-14);
}

Test(pair, nested_ladders) {
    static const struct {
        double raw;
        unsigned n_rounds;
        double fidelity, n_raw, tolerance;
    } ladder[] = {
        {.7, 1, .735, 2.9, 6e-4},    {.7, 2, .846, 9.2, 6e-4},    {.7, 3, .934, 24, 6e-4},
        {.7, 4, .972, 53, 6e-4},     {.804, 1, .842, 2.6, 6e-4},  {.804, 2, .946, 6.9, 6e-4},
        {.804, 3, .989, 15, 6e-4},   {.804, 4, .997, 31, 6e-4},   {.9, 1, .926, 2.3, 6e-4},
        {.9, 2, .989, 5.3, 6e-4},    {.9, 3, .99907, 10.8, 6e-6}, {.94, 1, .9575, 2.2, 6e-5},
        {.94, 2, .9963, 4.7, 6e-5},  {.94, 3, .9998, 9.5, 6e-5},  {.969, 1, .9787, 2.1, 6e-5},
        {.969, 2, .9991, 4.3, 6e-5}, {.649, 1, .678, 3.1, 6e-4},  {.649, 2, .772, 10, 6e-4},
        {.649, 3, .869, 30, 6e-4},   {.649, 4, .929, 75, 6e-4},   {.649, 5, .984, 170, 6e-4},
        {.649, 6, .998, 351, 6e-4},
    };
    for (size_t i = 0; i < sizeof ladder / sizeof *ladder; i++) {
        const struct pair raw = pair_from_fidelity(ladder[i].raw);
        double n_raw;
        const struct pair out =
            purify_nested(&n_raw, &raw, ladder[i].n_rounds, PAIR_DEJMPS, &pair_ideal_ops);
        cr_expect_float_eq(pair_fidelity(&out), ladder[i].fidelity, ladder[i].tolerance,
                           "%g after %u: %.6f", ladder[i].raw, ladder[i].n_rounds,
                           pair_fidelity(&out));
        cr_expect_float_eq(n_raw, ladder[i].n_raw, ladder[i].n_raw < 10 ? 0.06 : 0.6,
                           "%g after %u: %.6f", ladder[i].raw, ladder[i].n_rounds, n_raw);
    }
    static const double twirled[] = {.735, .773, .812, .849};
    const struct pair raw = pair_from_fidelity(.7);
    double n_raw = 0;
    for (unsigned r = 1; r <= 4; r++) {
        const struct pair out = purify_nested(&n_raw, &raw, r, PAIR_BBPSSW, &pair_ideal_ops);
        cr_expect_float_eq(pair_fidelity(&out), twirled[r - 1], 6e-4);
    }
    cr_expect_float_eq(n_raw, 57, 0.5);
}

Test(pair, storage_of_the_literature) {
    static const struct {
        double fidelity;
        int64_t t1, t2, t; /* us */
        double want, teleport;
    } rows[] = {
        {1, 1000, 1000, 10, .985149, .990099},   {1, 1000, 1000, 100, .864048, .909365},
        {1, 1000, 1000, 1000, .351501, .567668}, {.97, 300, 200, 10, .908844, 0},
        {.97, 300, 200, 100, .549802, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const int64_t us = 1000000;
        struct pair pair = pair_from_fidelity(rows[i].fidelity);
        const struct pair_decay one = pair_decay_of(rows[i].t1 * us, rows[i].t2 * us);
        const struct pair_decay both = pair_decay_sum(one, one);
        pair_age(&pair, rows[i].t * us, &both);
        cr_expect_float_eq(pair_fidelity(&pair), rows[i].want, 6e-7);
        if (rows[i].teleport > 0) {
            cr_expect_float_eq(teleport_fidelity(&pair), rows[i].teleport, 6e-7);
        }
    }
    /* protocols: T1 = 1, T2 = 0.7 in units of 1 s, the halves' times add */
    const struct pair_decay decay = pair_decay_of(1000000000000, 700000000000);
    static const double twirled[][2] = {{1, .6464034947}, {.9, .5935496954}};
    for (size_t i = 0; i < 2; i++) {
        struct pair pair = pair_from_fidelity(twirled[i][0]);
        pair_age(&pair, 300000000000, &decay);
        pair_age(&pair, 200000000000, &decay);
        cr_expect_float_eq(pair_fidelity(&pair), twirled[i][1], 1e-9);
    }
    cr_expect_float_eq(exact_storage_fidelity(300000000000, &decay, 300000000000, &decay), .6161831,
                       5e-8);
    cr_expect_float_eq(exact_storage_fidelity(500000000000, &decay, 100000000000, &decay), .6087502,
                       5e-8);
}

Test(pair, no_decay_and_no_time_change_nothing) {
    struct pair pair = pair_from_fidelity(.9);
    const struct pair before = pair;
    const struct pair_decay never = pair_decay_of(0, 0), some = pair_decay_of(10, 10);
    pair_age(&pair, INT64_MAX, &never);
    pair_age(&pair, 0, &some);
    cr_expect(pair.lx == before.lx && pair.ly == before.ly && pair.lz == before.lz);
    pair_age(&pair, INT64_MAX, &some);
    cr_expect_eq(pair_fidelity(&pair), 0.25);
}

/* What was computed for another time or decay must not be used: waits and decays at random, few of
 * each, so that all sequences occur. */
Test(pair, ageing_alike_is_ageing) {
    static const int64_t waits[] = {0, -5, 1, 1000000, 50000000, INT64_MAX};
    struct pair_keep keep = {0};
    for (uint64_t i = 0; i < 2000; i++) {
        const struct rng_block block = rng_draw(8, i, 0, RNG_TEST);
        const struct pair_decay decay = {block.word[0] % 3 * 1e-8, block.word[1] % 3 * 1e-8};
        const int64_t t_ps = waits[block.word[2] % 6];
        struct pair a = {.9, .8, .7}, b = a;
        pair_age(&a, t_ps, &decay);
        pair_age_alike(&b, &keep, t_ps, &decay);
        cr_assert(a.lx == b.lx && a.ly == b.ly && a.lz == b.lz, "draw %llu", (unsigned long long)i);
    }
}

Test(pair, other_maps_of_the_literature) {
    const struct pair phi = pair_from_fidelity(1), none = pair_from_fidelity(0.25);
    const struct pair isotropic = pair_mix(&phi, &none, 0.6);
    cr_expect_float_eq(pair_fidelity(&isotropic), (1 + 3 * 0.6) / 4, 1e-15);
    const struct pair werner = pair_from_fidelity(.9), half = pair_from_fidelity(.5);
    cr_expect_float_eq(teleport_fidelity(&werner), 0.933333333, 1e-9);
    cr_expect_float_eq(teleport_fidelity(&half), 2. / 3, 1e-12);
}
