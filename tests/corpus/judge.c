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
    deviation = fmax(deviation - judge->expect->truncated, 0);
    if (deviation > *judge->deviation) {
        *judge->deviation = deviation;
        if (deviation > JUDGE_TOLERANCE) {
            text_printf(judge->why, "%s%s%s is %.12g, expected %.12g", judge->why->n ? "; " : "",
                        what, name, p, p_expected);
        }
    }
}

/* The key bit of an expected bit. */
static size_t key_bit(const struct judge *judge, size_t i) {
    return judge->first_bit + (judge->expect->positions ? judge->expect->positions[i] : i);
}

/* The keys to look for, sorted. */
static void prepare(struct judge *judge) {
    const struct expect *expect = judge->expect;
    size_t words = judge->results->key_words;
    for (size_t t = 0; t < expect->n_top; t++) {
        uint64_t *key = judge->keys + t * words;
        for (size_t i = 0; i < expect->n_bits; i++) {
            size_t bit = key_bit(judge, i);
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
    if (expect->collision > 0) { /* else it is not told */
        note(judge, collision, expect->collision, "collision probability", "");
        note(judge, parity_odd, expect->parity_odd, "odd parity", "");
    }
}

static void judge_marginals(struct judge *judge) {
    char name[32];
    for (size_t i = 0, next = 0; i < judge->results->n_key_bits; i++) {
        bool is_expected = next < judge->expect->n_bits && i == key_bit(judge, next);
        snprintf(name, sizeof name, "%zu", i);
        note(judge, judge->results->p_one[i], is_expected ? judge->expect->p_one[next++] : 0,
             "p(1) of key bit ", name);
    }
}

/* The last expected bit is the last of the key, or some may follow if positions are told. */
static bool has_bits(const struct expect *expect, const struct results *results, size_t first_bit) {
    size_t n = expect->positions ? expect->positions[expect->n_bits - 1] + 1 : expect->n_bits;
    return expect->positions ? results->n_key_bits >= first_bit + n
                             : results->n_key_bits == first_bit + n;
}

void judge_results(double *out_deviation, struct text *why, const struct expect *expect,
                   const struct results *results, size_t first_bit) {
    double deviation = 0;
    if (!has_bits(expect, results, first_bit)) {
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

static double *count_ones(const struct results *results) {
    double *n_ones = mem_alloc(results->n_key_bits, sizeof *n_ones);
    for (size_t c = 0; n_ones && c < results->n_counts; c++) {
        const struct run_count *count = &results->counts[c];
        for (size_t i = 0; i < results->n_key_bits; i++) {
            bool bit = count->key[i / 64] >> (i % 64) & 1;
            n_ones[i] += bit ? (double)count->n : 0;
        }
    }
    return n_ones;
}

/* Frequency f among n against probability p, which was found among m. */
static void note_frequency(double *inout_sigmas, struct text *why, double f, double n, double p,
                           double m, size_t bit) {
    double variance = fmax(p * (1 - p), 1 / n) * (1 / n + 1 / m);
    double sigmas = fabs(f - p) / sqrt(variance);
    if (sigmas > *inout_sigmas) {
        *inout_sigmas = sigmas;
        if (sigmas > JUDGE_SIGMAS) {
            text_printf(why, "%sbit %zu is 1 in %.5f of %.0f shots, expected %.5f",
                        why->n ? "; " : "", bit, f, n, p);
        }
    }
}

void judge_samples(double *out_sigmas, struct text *why, const struct expect *expect,
                   const struct results *results, size_t first_bit) {
    double *n_ones = count_ones(results), n = (double)results->n_shots, sum = 0;
    *out_sigmas = 0;
    if (!n_ones || results->n_key_bits != first_bit + expect->n_bits) {
        text_printf(why, "key of %zu bits, expected %zu", results->n_key_bits,
                    first_bit + expect->n_bits);
        *out_sigmas = INFINITY;
        mem_free(n_ones);
        return;
    }
    for (size_t i = 0; i < expect->n_bits; i++) {
        double f = n_ones[first_bit + i] / n;
        sum += f;
        if (!expect->is_mean_only) {
            double off = fmax(fabs(f - expect->p_one[i]) - expect->truncated, 0);
            f = f > expect->p_one[i] ? expect->p_one[i] + off : expect->p_one[i] - off;
            note_frequency(out_sigmas, why, f, n, expect->p_one[i], (double)expect->n_shots, i);
        }
    }
    if (expect->is_mean_only && expect->n_bits > 0) {
        /* Bits of a shot may go together: as if they all did. */
        note_frequency(out_sigmas, why, sum / (double)expect->n_bits, n, expect->p_one[0],
                       (double)expect->n_shots, 0);
    }
    mem_free(n_ones);
}
