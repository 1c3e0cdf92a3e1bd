#include "corpus/judge.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* An expected outcome as a key of results. */
struct wanted {
    const uint64_t *key;
    size_t key_words;
    const struct expect_outcome *outcome;
    double p;
};
struct judge {
    double *deviation;
    struct text *why;
    const struct expect *expect;
    const struct results *results;
    size_t first_bit;
    struct wanted *wanted;
    uint64_t *keys;
};

static int compare_words(const uint64_t *a, const uint64_t *b, size_t n) {
    for (size_t i = 0; i < n; i++) {
        if (a[i] != b[i]) {
            return a[i] < b[i] ? -1 : 1;
        }
    }
    return 0;
}

static int compare_wanted(const void *a_ptr, const void *b_ptr) {
    const struct wanted *a = a_ptr;
    const struct wanted *b = b_ptr;
    return compare_words(a->key, b->key, a->key_words);
}

static void note(struct judge *judge, double p, double p_expected, const char *what,
                 const char *name) {
    double deviation = isfinite(p) ? fabs(p - p_expected) : INFINITY;
    if (deviation > *judge->deviation) {
        *judge->deviation = deviation;
        if (deviation > JUDGE_TOLERANCE) {
            text_printf(judge->why, "%s%s%s is %.12g, expected %.12g", judge->why->n ? "; " : "",
                        what, name, p, p_expected);
        }
    }
}

/* The keys to look for, sorted. */
static void prepare(struct judge *judge) {
    const struct expect *expect = judge->expect;
    size_t words = judge->results->key_words;
    for (size_t t = 0; t < expect->n_top; t++) {
        uint64_t *key = judge->keys + t * words;
        for (size_t i = 0; i < expect->n_bits; i++) {
            size_t bit = judge->first_bit + i;
            key[bit / 64] |= (uint64_t)(expect->top[t].bits[i] == '1') << (bit % 64);
        }
        judge->wanted[t] =
            (struct wanted){.key = key, .key_words = words, .outcome = &expect->top[t]};
    }
    qsort(judge->wanted, expect->n_top, sizeof *judge->wanted, compare_wanted);
}

static bool is_odd(const uint64_t *key, size_t words) {
    uint64_t fold = 0;
    for (size_t i = 0; i < words; i++) {
        fold ^= key[i];
    }
    return __builtin_parityll(fold);
}

static void judge_outcomes(struct judge *judge) {
    const struct expect *expect = judge->expect;
    const struct results *results = judge->results;
    double total = 0, collision = 0, parity_odd = 0;
    prepare(judge);
    for (size_t i = 0; i < results->n_probabilities; i++) {
        const struct run_probability *found = &results->probabilities[i];
        const struct wanted pattern = {.key = found->key, .key_words = results->key_words};
        struct wanted *wanted =
            bsearch(&pattern, judge->wanted, expect->n_top, sizeof *judge->wanted, compare_wanted);
        if (wanted) {
            wanted->p += found->p;
        }
        total += found->p;
        collision += found->p * found->p;
        parity_odd += is_odd(found->key, results->key_words) ? found->p : 0;
    }
    for (size_t t = 0; t < expect->n_top; t++) {
        note(judge, judge->wanted[t].p, judge->wanted[t].outcome->p, "p of ",
             judge->wanted[t].outcome->bits);
    }
    note(judge, total, expect->total, "total probability", "");
    note(judge, collision, expect->collision, "collision probability", "");
    note(judge, parity_odd, expect->parity_odd, "odd parity", "");
}

static void judge_marginals(struct judge *judge) {
    char name[32];
    for (size_t i = 0; i < judge->results->n_key_bits; i++) {
        bool is_expected = i >= judge->first_bit;
        snprintf(name, sizeof name, "%zu", i);
        note(judge, judge->results->p_one[i],
             is_expected ? judge->expect->p_one[i - judge->first_bit] : 0, "p(1) of key bit ",
             name);
    }
}

void judge_results(double *out_deviation, struct text *why, const struct expect *expect,
                   const struct results *results, size_t first_bit) {
    double deviation = 0;
    if (results->n_key_bits != first_bit + expect->n_bits) {
        text_printf(why, "key of %zu bits, expected %zu", results->n_key_bits,
                    first_bit + expect->n_bits);
        *out_deviation = INFINITY;
        return;
    }
    struct judge judge = {
        .deviation = &deviation,
        .why = why,
        .expect = expect,
        .results = results,
        .first_bit = first_bit,
        .wanted = mem_alloc(expect->n_top, sizeof *judge.wanted),
        .keys = mem_alloc(expect->n_top * results->key_words, sizeof *judge.keys),
    };
    if (judge.wanted && judge.keys) {
        judge_outcomes(&judge);
        judge_marginals(&judge);
    } else {
        text_add(why, "no memory to compare");
        deviation = INFINITY;
    }
    mem_free(judge.wanted);
    mem_free(judge.keys);
    *out_deviation = deviation;
}
