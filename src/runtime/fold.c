#include "runtime/fold.h"

#include <string.h>

#include "base/bits.h"
#include "base/mem.h"

/* The outcome bits of a factor that a coin inverts. */
static uint64_t mask_in(const struct engine_factor *factor, const uint64_t *flip,
                        const uint32_t *key_index) {
    uint64_t mask = 0;
    for (uint32_t j = 0; j < factor->n; j++) {
        const uint32_t i = key_index[factor->index[j]];
        if (i != UINT32_MAX && bits_get(flip, i)) {
            mask |= BIT64(j);
        }
    }
    return mask;
}

/* What a coin acts on. */
struct reach {
    size_t first;      /* one of the factors */
    size_t n_factors;  /* in all */
    uint64_t n_bits;   /* of those factors */
    size_t n_inverted; /* key bits found in them */
};

static struct reach find_reach(const struct engine_distribution *distribution, const uint64_t *flip,
                               const uint32_t *key_index) {
    struct reach reach = {0};
    for (size_t f = distribution->n_factors; f-- > 0;) {
        const uint64_t mask = mask_in(&distribution->factors[f], flip, key_index);
        if (mask != 0) {
            reach.first = f;
            reach.n_factors++;
            reach.n_bits += distribution->factors[f].n;
            reach.n_inverted += (size_t)__builtin_popcountll(mask);
        }
    }
    return reach;
}

/* The product of two factors replaces the first. */
static enum status join(struct engine_factor *a, const struct engine_factor *b) {
    const uint32_t n = a->n + b->n;
    uint32_t *index = mem_alloc(n, sizeof *index);
    double *p = mem_alloc((size_t)BIT64(n), sizeof *p);
    if (index == NULL || p == NULL) {
        mem_free(index);
        mem_free(p);
        return STATUS_NOFIT;
    }
    memcpy(index, a->index, a->n * sizeof *index);
    memcpy(index + a->n, b->index, b->n * sizeof *index);
    for (uint64_t o = 0; o < BIT64(n); o++) {
        p[o] = a->p[o & (BIT64(a->n) - 1)] * b->p[o >> a->n];
    }
    mem_free(a->index);
    mem_free(a->p);
    *a = (struct engine_factor){.index = index, .n = n, .p = p};
    return STATUS_OK;
}

/* Joins to the factor `first` all later ones that the coin acts on. */
static enum status join_reached(struct engine_distribution *distribution, size_t first,
                                const uint64_t *flip, const uint32_t *key_index) {
    for (size_t f = distribution->n_factors; f-- > first + 1;) {
        struct engine_factor *factor = &distribution->factors[f];
        if (mask_in(factor, flip, key_index) != 0) {
            TRY(join(&distribution->factors[first], factor));
            mem_free(factor->index);
            mem_free(factor->p);
            *factor = distribution->factors[--distribution->n_factors];
        }
    }
    return STATUS_OK;
}

static void average(struct engine_factor *factor, uint64_t mask) {
    for (uint64_t o = 0; o < BIT64(factor->n); o++) {
        const uint64_t other = o ^ mask;
        if (o < other) {
            const double mean = 0.5 * (factor->p[o] + factor->p[other]);
            factor->p[o] = mean;
            factor->p[other] = mean;
        }
    }
}

static size_t count_bits(const uint64_t *flip, size_t words) {
    size_t n = 0;
    for (size_t w = 0; w < words; w++) {
        n += (size_t)__builtin_popcountll(flip[w]);
    }
    return n;
}

enum status fold_coins(struct engine_distribution *distribution, struct coins *coins,
                       const uint32_t *key_index, uint32_t max_join) {
    size_t n_kept = 0;
    for (size_t c = 0; c < coins->n; c++) {
        uint64_t *flip = coins->flips + c * coins->words;
        const struct reach reach = find_reach(distribution, flip, key_index);
        const bool is_covered =
            reach.n_factors > 0 && reach.n_inverted == count_bits(flip, coins->words);
        if (!is_covered || (reach.n_factors > 1 && reach.n_bits > max_join)) {
            memmove(coins->flips + n_kept++ * coins->words, flip, coins->words * sizeof *flip);
            continue;
        }
        TRY(join_reached(distribution, reach.first, flip, key_index));
        struct engine_factor *factor = &distribution->factors[reach.first];
        average(factor, mask_in(factor, flip, key_index));
    }
    coins->n = n_kept;
    return STATUS_OK;
}
