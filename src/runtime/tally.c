#include "runtime/tally.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "base/log.h"
#include "runtime/fold.h"

#define uthash_fatal(message) check_fail(message, __FILE__, __LINE__)
#include <uthash.h>

struct tally_entry {
    UT_hash_handle hh;
    uint64_t n;
    double p;
    size_t words;
    uint64_t key[];
};

void tally_init(struct tally *tally, const uint32_t *bits, size_t n_bits) {
    *tally = (struct tally){.bits = bits, .n_bits = n_bits, .key_words = bits_words(n_bits)};
    tally->key_words += tally->key_words == 0;
}

void tally_fini(struct tally *tally) {
    struct tally_entry *entry, *next;
    HASH_ITER(hh, tally->entries, entry, next) {
        HASH_DEL(tally->entries, entry);
        mem_free(entry);
    }
    tally->n_entries = 0;
}

enum status tally_add(struct tally *tally, const uint64_t *key, uint64_t n, double p) {
    const size_t n_bytes = tally->key_words * sizeof *key;
    struct tally_entry *entry;
    HASH_FIND(hh, tally->entries, key, n_bytes, entry);
    if (entry == NULL) {
        entry = mem_alloc(1, sizeof *entry + n_bytes);
        if (entry == NULL) {
            return STATUS_NOFIT;
        }
        memcpy(entry->key, key, n_bytes);
        entry->words = tally->key_words;
        HASH_ADD_KEYPTR(hh, tally->entries, entry->key, n_bytes, entry);
        tally->n_entries++;
    }
    entry->n += n;
    entry->p += p;
    return STATUS_OK;
}

enum status tally_count_rows(struct tally *tally, const struct rows *rows, size_t first,
                             size_t end) {
    const size_t n_words = tally->key_words;
    uint64_t *keys = mem_alloc(n_words, 64 * sizeof *keys); /* of the shots in a word of a row */
    enum status status = keys == NULL ? STATUS_NOFIT : STATUS_OK;
    for (size_t s = first, last; s < end && status == STATUS_OK; s = last) {
        last = s - s % 64 + 64 < end ? s - s % 64 + 64 : end;
        memset(keys, 0, (last - s) * n_words * sizeof *keys);
        for (size_t i = 0; i < tally->n_bits; i++) {
            const uint64_t word = rows_bit(rows, tally->bits[i])[s / 64] >> s % 64;
            for (uint64_t rest = word & (UINT64_MAX >> (64 - (last - s))); rest != 0;
                 rest &= rest - 1) {
                keys[(size_t)bits_lowest(rest) * n_words + i / 64] |= BIT64(i % 64);
            }
        }
        for (size_t k = 0; k < last - s && status == STATUS_OK; k++) {
            status = tally_add(tally, keys + k * n_words, 1, 0);
        }
    }
    mem_free(keys);
    return status;
}

/* ---- ranks ---- */

/* Entry after entry: its count, then its key. */
static uint64_t *pack_entries(const struct tally *tally) {
    size_t n_words;
    if (!size_mul(&n_words, tally->n_entries, 1 + tally->key_words)) {
        return NULL;
    }
    uint64_t *packed = mem_alloc(n_words, sizeof *packed), *at = packed;
    struct tally_entry *entry, *next;
    if (packed == NULL) {
        return NULL;
    }
    HASH_ITER(hh, tally->entries, entry, next) {
        *at++ = entry->n;
        memcpy(at, entry->key, tally->key_words * sizeof *at);
        at += tally->key_words;
    }
    return packed;
}

static enum status add_packed(struct tally *tally, const uint64_t *packed, uint64_t n) {
    for (uint64_t i = 0; i < n; i++, packed += 1 + tally->key_words) {
        TRY(tally_add(tally, packed + 1, packed[0], 0));
    }
    return STATUS_OK;
}

/* Rank 0: the entries of the others, one rank after the other. */
static enum status take_others(struct tally *tally, const struct team *team, const uint64_t *n,
                               uint64_t *buffer) {
    enum status status = STATUS_OK;
    for (int rank = 1; rank < team_size(team); rank++) {
        struct comm_request request;
        const size_t n_bytes = (size_t)n[rank] * (1 + tally->key_words) * sizeof *buffer;
        comm_irecv(team, &request, buffer, n_bytes, rank, TAG_RESULT, 0);
        comm_wait(&request, 1);
        status = status == STATUS_OK ? add_packed(tally, buffer, n[rank]) : status;
    }
    return status;
}

static enum status move_entries(struct tally *tally, const struct team *team, const uint64_t *n,
                                const uint64_t *packed) {
    const size_t entry_bytes = (1 + tally->key_words) * sizeof *packed;
    enum status status = STATUS_OK;
    uint64_t most = 0;
    for (int rank = 1; rank < team_size(team); rank++) {
        most = n[rank] > most ? n[rank] : most;
    }
    const bool is_keeper = team_rank(team) == 0;
    uint64_t *buffer = is_keeper ? mem_alloc((size_t)most, entry_bytes) : NULL;
    TRY_GOTO(comm_agree(team, is_keeper && buffer == NULL ? STATUS_NOFIT : STATUS_OK), done);
    if (is_keeper) {
        status = take_others(tally, team, n, buffer);
    } else {
        struct comm_request request;
        comm_isend(team, &request, packed, tally->n_entries * entry_bytes, 0, TAG_RESULT, 0);
        comm_wait(&request, 1);
    }
    status = comm_agree(team, status);
done:
    mem_free(buffer);
    return status;
}

enum status tally_merge(struct tally *tally, const struct team *team) {
    const uint64_t n_own = tally->n_entries;
    const bool is_keeper = team_rank(team) == 0;
    enum status status;
    if (team_size(team) == 1) {
        return STATUS_OK;
    }
    uint64_t *n = mem_alloc((size_t)team_size(team), sizeof *n);
    uint64_t *packed = is_keeper ? NULL : pack_entries(tally);
    const bool failed = n == NULL || (!is_keeper && packed == NULL);
    TRY_GOTO(comm_agree(team, failed ? STATUS_NOFIT : STATUS_OK), done);
    comm_allgather(team, n, &n_own, sizeof n_own);
    status = move_entries(tally, team, n, packed);
done:
    mem_free(n);
    mem_free(packed);
    return status;
}

/* ---- sorted lists ---- */

static int compare_keys(const uint64_t *a, const uint64_t *b, size_t words) {
    for (size_t w = words; w-- > 0;) {
        if (a[w] != b[w]) {
            return a[w] < b[w] ? -1 : 1;
        }
    }
    return 0;
}

static int by_key(const void *a, const void *b) {
    const struct tally_entry *const *left = a, *const *right = b;
    return compare_keys((*left)->key, (*right)->key, (*left)->words);
}

/* Equal probabilities differ in their last bits: twelve digits decide. */
static double rounded(double p) {
    const double scale = 1e12;
    return floor(p * scale + 0.5);
}

static int by_probability(const void *a, const void *b) {
    const struct tally_entry *const *left = a, *const *right = b;
    const double p = rounded((*left)->p), q = rounded((*right)->p);
    return p != q ? (p > q ? -1 : 1) : by_key(a, b);
}

static struct tally_entry **sort_entries(const struct tally *tally,
                                         int (*compare)(const void *, const void *)) {
    struct tally_entry **sorted = mem_alloc(tally->n_entries, sizeof *sorted), *entry, *next;
    size_t n = 0;
    if (sorted == NULL) {
        return NULL;
    }
    HASH_ITER(hh, tally->entries, entry, next) {
        sorted[n++] = entry;
    }
    qsort(sorted, n, sizeof *sorted, compare);
    return sorted;
}

static uint64_t *copy_key(struct arena *arena, const struct tally_entry *entry) {
    uint64_t *key = arena_alloc(arena, entry->words * sizeof *key);
    if (key != NULL) {
        memcpy(key, entry->key, entry->words * sizeof *key);
    }
    return key;
}

enum status tally_list_counts(struct tally *tally, struct arena *arena,
                              struct run_count **out_counts, size_t *out_n) {
    struct run_count *counts = arena_alloc(arena, (tally->n_entries + 1) * sizeof *counts);
    struct tally_entry **sorted = sort_entries(tally, by_key);
    enum status status = counts == NULL || sorted == NULL ? STATUS_NOFIT : STATUS_OK;
    for (size_t i = 0; i < tally->n_entries && status == STATUS_OK; i++) {
        const uint64_t *key = copy_key(arena, sorted[i]);
        counts[i] = (struct run_count){key, sorted[i]->n};
        status = key == NULL ? STATUS_NOFIT : STATUS_OK;
    }
    mem_free(sorted);
    *out_counts = counts;
    *out_n = tally->n_entries;
    return status;
}

enum status tally_list_probabilities(struct tally *tally, struct arena *arena, uint64_t n_most,
                                     struct run_probability **out_probabilities, size_t *out_n,
                                     uint64_t *out_total, double *out_p_one) {
    const size_t n = n_most < tally->n_entries ? (size_t)n_most : tally->n_entries;
    struct run_probability *list = arena_alloc(arena, (n + 1) * sizeof *list);
    struct tally_entry **sorted = sort_entries(tally, by_probability);
    enum status status = list == NULL || sorted == NULL ? STATUS_NOFIT : STATUS_OK;
    memset(out_p_one, 0, tally->n_bits * sizeof *out_p_one);
    for (size_t i = 0; i < tally->n_entries && status == STATUS_OK; i++) {
        for (size_t b = 0; b < tally->n_bits; b++) {
            out_p_one[b] += bits_get(sorted[i]->key, b) ? sorted[i]->p : 0;
        }
    }
    for (size_t i = 0; i < n && status == STATUS_OK; i++) {
        const uint64_t *key = copy_key(arena, sorted[i]);
        list[i] = (struct run_probability){key, sorted[i]->p};
        status = key == NULL ? STATUS_NOFIT : STATUS_OK;
    }
    mem_free(sorted);
    *out_probabilities = list;
    *out_n = n;
    *out_total = tally->n_entries;
    return status;
}

/* ---- exact leaves ---- */

/* One leaf: keys are base ^ (a sum of flips) ^ (the outcomes of the factors). */
struct leaf_sum {
    struct tally *tally;
    struct engine_distribution *distribution;
    uint64_t *base; /* key_words */
    struct coins coins;
    uint32_t *key_index; /* key bit of each postponed measurement, UINT32_MAX: not in the key */
};

static const uint64_t *form_of(const struct tally *tally, const struct walker_leaf *leaf,
                               const struct exact_map *map, size_t i) {
    const uint32_t bit = tally->bits[i], j = map->bit_postponed[bit];
    return j == UINT32_MAX ? rows_bit(leaf->rows, bit) : rows_x(leaf->rows, map->wires[j]);
}

/* Adds a vector to the echelon basis unless it depends on what is there. */
static void add_flip(struct leaf_sum *sum, uint64_t *vector) {
    const size_t words = sum->tally->key_words;
    for (size_t i = 0; i < sum->coins.n; i++) {
        const uint64_t *flip = sum->coins.flips + i * words;
        size_t w = 0;
        while (flip[w] == 0) {
            w++;
        }
        if ((vector[w] >> bits_lowest(flip[w])) & 1) {
            for (size_t v = 0; v < words; v++) {
                vector[v] ^= flip[v];
            }
        }
    }
    for (size_t w = 0; w < words; w++) {
        if (vector[w] != 0) {
            memcpy(sum->coins.flips + sum->coins.n++ * words, vector, words * sizeof *vector);
            return;
        }
    }
}

static enum status find_flips(struct leaf_sum *sum, const struct walker_leaf *leaf,
                              const struct exact_map *map) {
    const struct tally *tally = sum->tally;
    uint64_t *vector = mem_alloc(tally->key_words, sizeof *vector);
    if (vector == NULL) {
        return STATUS_NOFIT;
    }
    for (size_t symbol = 0; symbol <= leaf->n_symbols; symbol++) {
        memset(vector, 0, tally->key_words * sizeof *vector);
        for (size_t i = 0; i < tally->n_bits; i++) {
            if (bits_get(form_of(tally, leaf, map, i), symbol)) {
                vector[i / 64] |= BIT64(i % 64);
            }
        }
        if (symbol == 0) {
            memcpy(sum->base, vector, tally->key_words * sizeof *vector);
        } else {
            add_flip(sum, vector);
        }
    }
    mem_free(vector);
    return STATUS_OK;
}

/* Keys to be added, each coin both ways. */
static double count_outcomes(const struct leaf_sum *sum) {
    double n_outcomes = ldexp(1, int_from_size(sum->coins.n));
    for (size_t f = 0; f < sum->distribution->n_factors; f++) {
        const struct engine_factor *factor = &sum->distribution->factors[f];
        size_t n = 0;
        for (uint64_t o = 0; o < BIT64(factor->n); o++) {
            n += factor->p[o] >= TALLY_P_MIN;
        }
        n_outcomes *= (double)n;
    }
    return n_outcomes;
}

static bool has_too_many_branches(const struct leaf_sum *sum, const struct exact_map *map) {
    return sum->coins.n >= 63 || BIT64(sum->coins.n) > map->max_branches;
}

/* Folds what coins it can; multiplies factors out for that only where there is no other way. */
static enum status fold(struct leaf_sum *sum, const struct exact_map *map) {
    TRY(fold_coins(sum->distribution, &sum->coins, sum->key_index, 0));
    if (has_too_many_branches(sum, map) || count_outcomes(sum) > (double)TALLY_MAX_OUTCOMES) {
        TRY(fold_coins(sum->distribution, &sum->coins, sum->key_index, TALLY_MAX_JOIN));
    }
    return STATUS_OK;
}

static enum status check_size(const struct leaf_sum *sum, const struct exact_map *map) {
    if (has_too_many_branches(sum, map)) {
        return log_error(STATUS_INPUT,
                         "exact probabilities of this program need 2^%zu outcome branches, more "
                         "than %llu (--max-branches)",
                         sum->coins.n, (unsigned long long)map->max_branches);
    }
    const double n_outcomes = count_outcomes(sum);
    if (n_outcomes > (double)TALLY_MAX_OUTCOMES) {
        return log_error(STATUS_INPUT,
                         "the exact distribution has %.3g outcomes, more than 2^24: sample it with "
                         "--shots",
                         n_outcomes);
    }
    return STATUS_OK;
}

static enum status add_flipped(struct leaf_sum *sum, uint64_t *key, double p) {
    const size_t words = sum->tally->key_words;
    const uint64_t n = BIT64(sum->coins.n);
    for (uint64_t i = 0; i < n; i++) {
        TRY(tally_add(sum->tally, key, 0, p));
        /* Gray code; after the last step all flips are back where they were. */
        const size_t next =
            i + 1 < n ? (size_t)bits_lowest(i + 1) : (sum->coins.n == 0 ? 0 : sum->coins.n - 1);
        for (size_t w = 0; w < words && sum->coins.n > 0; w++) {
            key[w] ^= sum->coins.flips[next * words + w];
        }
    }
    return STATUS_OK;
}

static void flip_outcome(const struct leaf_sum *sum, const struct engine_factor *factor,
                         uint64_t outcome, uint64_t *key) {
    for (uint32_t j = 0; j < factor->n; j++) {
        const uint32_t i = sum->key_index[factor->index[j]];
        if (((outcome >> j) & 1) != 0 && i != UINT32_MAX) {
            bits_flip(key, i);
        }
    }
}

/* Product of the factors, as a counter with one digit per factor. */
static enum status add_outcomes(struct leaf_sum *sum, double weight) {
    const struct engine_distribution *distribution = sum->distribution;
    const size_t n_factors = distribution->n_factors;
    uint64_t *digits = mem_alloc(n_factors, sizeof *digits);
    double *products = mem_alloc(n_factors + 1, sizeof *products);
    enum status status = digits == NULL || products == NULL ? STATUS_NOFIT : STATUS_OK;
    size_t level = 0;
    if (status == STATUS_OK) {
        products[0] = weight / (double)BIT64(sum->coins.n);
    }
    while (status == STATUS_OK) {
        if (level == n_factors) {
            status = add_flipped(sum, sum->base, products[level]);
        } else if (digits[level] < BIT64(distribution->factors[level].n)) {
            const struct engine_factor *factor = &distribution->factors[level];
            const double p = factor->p[digits[level]];
            if (p < TALLY_P_MIN) {
                digits[level]++;
                continue;
            }
            flip_outcome(sum, factor, digits[level], sum->base);
            products[level + 1] = products[level] * p;
            level++;
            if (level < n_factors) {
                digits[level] = 0;
            }
            continue;
        }
        if (level == 0) {
            break;
        }
        level--;
        flip_outcome(sum, &distribution->factors[level], digits[level], sum->base);
        digits[level]++;
    }
    mem_free(digits);
    mem_free(products);
    return status;
}

enum status tally_add_leaf(struct tally *tally, const struct walker_leaf *leaf,
                           const struct exact_map *map) {
    const size_t words = tally->key_words;
    struct leaf_sum sum = {
        .tally = tally, .distribution = leaf->distribution, .coins = {.words = words}};
    size_t n_postponed = 0;
    enum status status = STATUS_NOFIT;
    for (size_t f = 0; f < leaf->distribution->n_factors; f++) {
        n_postponed += leaf->distribution->factors[f].n;
    }
    sum.base = mem_alloc(words, sizeof *sum.base);
    sum.coins.flips = mem_alloc((tally->n_bits + 1) * words, sizeof *sum.coins.flips);
    sum.key_index = mem_alloc(n_postponed, sizeof *sum.key_index);
    if (sum.base == NULL || sum.coins.flips == NULL || sum.key_index == NULL) {
        goto done;
    }
    memset(sum.key_index, 0xff, n_postponed * sizeof *sum.key_index);
    for (size_t i = 0; i < tally->n_bits; i++) {
        const uint32_t j = map->bit_postponed[tally->bits[i]];
        if (j != UINT32_MAX) {
            sum.key_index[j] = (uint32_t)i;
        }
    }
    TRY_GOTO(find_flips(&sum, leaf, map), done);
    TRY_GOTO(fold(&sum, map), done);
    TRY_GOTO(check_size(&sum, map), done);
    status = map->is_keeper ? add_outcomes(&sum, leaf->weight) : STATUS_OK;
done:
    mem_free(sum.base);
    mem_free(sum.coins.flips);
    mem_free(sum.key_index);
    return status;
}
