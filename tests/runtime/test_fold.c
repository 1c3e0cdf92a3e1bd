/* Folding coins leaves the distribution of keys as it was: random cases, against enumeration. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "base/bits.h"
#include "base/mem.h"
#include "base/rng.h"
#include "runtime/fold.h"

enum { MAX_FACTORS = 4, MAX_KEY_BITS = 12, MAX_WIRES = 10, MAX_COINS = 5, N_CASES = 400 };

struct sample {
    struct engine_distribution distribution;
    struct coins coins;
    uint64_t flips[MAX_COINS];
    uint32_t key_index[MAX_WIRES];
};

static uint32_t random_below(uint64_t seed, uint32_t *counter, uint32_t n) {
    return rng_draw(seed, (*counter)++, 0, RNG_TEST).word[0] % n;
}

/* Wires 0, 1, ... go to the factors in turn; wire i has key bit i, or none. Key bits from n_wires
 * on belong to no factor. */
static void make_sample(struct sample *out, uint64_t seed) {
    uint32_t counter = 0, n_wires = 0;
    *out = (struct sample){.coins = {.words = 1}};
    out->distribution.factors = mem_alloc(MAX_FACTORS, sizeof *out->distribution.factors);
    out->distribution.n_factors = random_below(seed, &counter, MAX_FACTORS + 1);
    for (size_t f = 0; f < out->distribution.n_factors; f++) {
        struct engine_factor *factor = &out->distribution.factors[f];
        factor->n = random_below(seed, &counter, 2) + 1;
        factor->index = mem_alloc(factor->n, sizeof *factor->index);
        factor->p = mem_alloc(BIT64(factor->n), sizeof *factor->p);
        for (uint32_t j = 0; j < factor->n; j++) {
            factor->index[j] = n_wires;
            out->key_index[n_wires] = random_below(seed, &counter, 5) == 0 ? UINT32_MAX : n_wires;
            n_wires++;
        }
        for (uint64_t o = 0; o < BIT64(factor->n); o++) {
            factor->p[o] = (double)random_below(seed, &counter, 1000) / 1000;
        }
    }
    out->coins.flips = out->flips;
    out->coins.n = random_below(seed, &counter, MAX_COINS + 1);
    for (size_t c = 0; c < out->coins.n; c++) {
        out->flips[c] = random_below(seed, &counter, 1u << (n_wires + 1));
        for (uint32_t i = 0; i < n_wires; i++) {
            out->flips[c] &= out->key_index[i] == UINT32_MAX ? ~BIT64(i) : UINT64_MAX;
        }
    }
}

/* out[key] = its probability (the factors are not normalised). */
static void enumerate(double *out, const struct sample *sample) {
    const struct engine_distribution *distribution = &sample->distribution;
    uint64_t n_outcomes = 1;
    memset(out, 0, BIT64(MAX_KEY_BITS) * sizeof *out);
    for (size_t f = 0; f < distribution->n_factors; f++) {
        n_outcomes <<= distribution->factors[f].n;
    }
    for (uint64_t o = 0; o < n_outcomes << sample->coins.n; o++) {
        uint64_t key = 0, rest = o;
        double p = ldexp(1, -(int)sample->coins.n);
        for (size_t f = 0; f < distribution->n_factors; f++) {
            const struct engine_factor *factor = &distribution->factors[f];
            for (uint32_t j = 0; j < factor->n; j++) {
                const uint32_t i = sample->key_index[factor->index[j]];
                key |= i != UINT32_MAX && (rest >> j & 1) != 0 ? BIT64(i) : 0;
            }
            p *= factor->p[rest & (BIT64(factor->n) - 1)];
            rest >>= factor->n;
        }
        for (size_t c = 0; c < sample->coins.n; c++) {
            key ^= (rest >> c & 1) != 0 ? sample->flips[c] : 0;
        }
        out[key] += p;
    }
}

static void check_case(uint64_t seed, uint32_t max_join, size_t *inout_n_folded) {
    static double before[1 << MAX_KEY_BITS], after[1 << MAX_KEY_BITS];
    struct sample sample;
    make_sample(&sample, seed);
    const size_t n_coins = sample.coins.n;
    enumerate(before, &sample);
    cr_assert_eq(fold_coins(&sample.distribution, &sample.coins, sample.key_index, max_join),
                 STATUS_OK);
    enumerate(after, &sample);
    for (size_t key = 0; key < BIT64(MAX_KEY_BITS); key++) {
        cr_assert_float_eq(after[key], before[key], 1e-14, "case %zu key %zu", (size_t)seed, key);
    }
    *inout_n_folded += n_coins - sample.coins.n;
    engine_distribution_fini(&sample.distribution);
}

Test(fold, keeps_the_distribution) {
    size_t n_folded = 0, n_folded_joined = 0;
    for (uint64_t seed = 0; seed < N_CASES; seed++) {
        check_case(seed, 0, &n_folded);
        check_case(seed, MAX_WIRES, &n_folded_joined);
    }
    cr_assert_gt(n_folded, N_CASES / 8);
    cr_assert_gt(n_folded_joined, 3 * n_folded / 2);
}

/* Two coins on the same four outcomes: none is left, and the outcomes are even. */
Test(fold, makes_a_register_uniform) {
    struct sample sample = {.flips = {1, 3}, .coins = {.n = 2, .words = 1}, .key_index = {0, 1}};
    struct engine_factor *factor = mem_alloc(1, sizeof *factor);
    *factor = (struct engine_factor){mem_alloc(2, sizeof(uint32_t)), 2, mem_alloc(4, 8)};
    factor->index[1] = 1;
    factor->p[2] = 1;
    sample.coins.flips = sample.flips;
    sample.distribution = (struct engine_distribution){factor, 1};
    cr_assert_eq(fold_coins(&sample.distribution, &sample.coins, sample.key_index, 0), STATUS_OK);
    cr_assert_eq(sample.coins.n, 0);
    for (size_t o = 0; o < 4; o++) {
        cr_assert_eq(factor->p[o], 0.25);
    }
    engine_distribution_fini(&sample.distribution);
}
