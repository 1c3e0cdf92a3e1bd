/* What noisy pairs do to a proved program, as formulas in their weights. */
#include <string.h>

#include "base/bits.h"
#include "base/log.h"
#include "verify/prove.h"

/* All products of faults are listed for so many pairs; beyond, sums over 2^rank correlators. */
enum { NOISE_MAX_PAIRS = 3, NOISE_MAX_RANK = 4 };

static const char letters[] = "IXZY"; /* by X fault, and twice the Z fault */

struct noise {
    struct prove *prove;
    const uint64_t *residual;
    size_t n_form_words, n_unknowns, n_out_unknowns; /* the latter: Paulis on logical qubits */
    const size_t *columns;                           /* of the X fault of each pair; Z follows */
    size_t n_pairs;
};

/* ---- up to three pairs: every product of faults ---- */

/* The residual of some faults as a bit set over unknowns. */
static void add_up(const struct noise *noise, uint64_t *out_set, uint32_t faults) {
    memset(out_set, 0, bits_words(noise->n_unknowns + 1) * sizeof *out_set);
    for (size_t i = 0; i < noise->n_unknowns; i++) {
        bool odd = false;
        for (size_t bit = 0; bit < 2 * noise->n_pairs; bit++) {
            odd ^= ((faults >> bit) & 1) && bits_get(noise->residual + noise->n_form_words * i,
                                                     noise->columns[bit / 2] + bit % 2);
        }
        bits_set(out_set, i, odd);
    }
}

static void add_product(struct text *text, uint32_t faults, size_t n_pairs) {
    text_add(text, text->n > 0 ? " + " : "");
    for (size_t p = 0; p < n_pairs; p++) {
        text_printf(text, "%sp%c%zu", p > 0 ? " " : "", letters[(faults >> (2 * p)) & 3], p + 1);
    }
}

static const char *keep(const struct noise *noise, struct text *text) {
    const char *copy = text->failed ? NULL : arena_strdup(&noise->prove->proof->arena, text->data);
    text_fini(text);
    return copy;
}

/* Effects of the products, each with its weight; the first is that of no fault. */
static enum status list_channel(const struct noise *noise) {
    struct verify_proof *proof = noise->prove->proof;
    const size_t n_words = bits_words(noise->n_unknowns + 1);
    const uint32_t n_products = 1u << (2 * noise->n_pairs);
    uint64_t *sets = mem_alloc((size_t)n_products + 1, n_words * sizeof *sets);
    struct text *weights = mem_alloc(n_products, sizeof *weights);
    uint64_t *flat = mem_alloc(noise->n_unknowns, sizeof *flat); /* a word per unknown */
    size_t n = 0;
    enum status status = sets && weights && flat ? STATUS_OK : STATUS_NOFIT;
    for (uint32_t faults = 0; status == STATUS_OK && faults < n_products; faults++) {
        size_t i = 0;
        add_up(noise, sets + n_words * n, faults);
        while (memcmp(sets + n_words * i, sets + n_words * n, n_words * sizeof *sets) != 0) {
            i++;
        }
        n += i == n;
        add_product(&weights[i], faults, noise->n_pairs);
    }
    proof->channel = arena_alloc(&proof->arena, n * sizeof *proof->channel);
    status = status == STATUS_OK && proof->channel ? STATUS_OK : STATUS_NOFIT;
    for (size_t i = 0; i < n && status == STATUS_OK; i++) {
        struct verify_effect *effect = &proof->channel[proof->n_channel++];
        for (size_t u = 0; u < noise->n_unknowns; u++) {
            flat[u] = bits_get(sets + n_words * i, u);
            effect->flips_output |= u >= noise->n_out_unknowns && flat[u];
        }
        effect->effect = prove_effect(noise->prove, flat, 1, 0, &effect->weight);
        effect->probability = keep(noise, &weights[i]);
        status = effect->effect && effect->probability ? STATUS_OK : STATUS_NOFIT;
    }
    for (uint32_t i = 0; weights && i < n_products; i++) {
        text_fini(&weights[i]);
    }
    mem_free(sets);
    mem_free(weights);
    mem_free(flat);
    return status;
}

/* Every output bit of the target is certain: one that is flipped shows a fault. */
static bool has_certain_outputs(const struct flows *target) {
    size_t n_certain = 0;
    for (size_t t = 0; t < target->n_rows; t++) {
        const uint64_t *row = flows_row(target, t);
        int n_bits = 0;
        bool is_bit = true;
        for (size_t w = 0; w < 2 * target->n_words; w++) {
            is_bit &= row[w] == 0;
        }
        for (size_t w = 0; w < target->n_output_words; w++) {
            n_bits += bits_popcount(flows_outputs(target, t)[w]);
        }
        n_certain += is_bit && n_bits == 1;
    }
    return n_certain == target->n_outputs;
}

/* The fidelity, or where outputs tell of faults that of the runs where they don't. */
static enum status add_fidelity(const struct noise *noise) {
    struct verify_proof *proof = noise->prove->proof;
    struct text text = {0}, kept = {0};
    if (proof->is_unitary) {
        proof->fidelity = arena_printf(&proof->arena, "F = %s", proof->channel[0].probability);
        return proof->fidelity ? STATUS_OK : STATUS_NOFIT;
    }
    if (noise->n_unknowns == noise->n_out_unknowns || !has_certain_outputs(&noise->prove->target)) {
        return STATUS_OK;
    }
    for (size_t i = 0; i < proof->n_channel; i++) {
        if (!proof->channel[i].flips_output) {
            text_add(&kept, kept.n > 0 ? " + " : "");
            text_add(&kept, proof->channel[i].probability);
        }
    }
    text_printf(&text, "F = (%s) / (%s)", proof->channel[0].probability,
                kept.failed ? "" : kept.data);
    proof->kept = keep(noise, &kept);
    proof->fidelity = keep(noise, &text);
    return proof->kept && proof->fidelity ? STATUS_OK : STATUS_NOFIT;
}

/* ---- any number of pairs: correlators ---- */

/* Rows of the map from faults to residuals, reduced: rank rows of 2 n_pairs bits. */
static size_t find_rows(const struct noise *noise, uint64_t *rows, size_t n_words) {
    size_t rank = 0;
    for (size_t i = 0; i < noise->n_unknowns && rank <= NOISE_MAX_RANK; i++) {
        uint64_t *row = rows + n_words * rank;
        memset(row, 0, n_words * sizeof *row);
        for (size_t bit = 0; bit < 2 * noise->n_pairs; bit++) {
            bits_set(row, bit,
                     bits_get(noise->residual + noise->n_form_words * i,
                              noise->columns[bit / 2] + bit % 2));
        }
        for (size_t j = 0; j < rank; j++) { /* each row's lowest bit is only its own */
            const uint64_t *other = rows + n_words * j;
            size_t w = 0;
            while (other[w] == 0) {
                w++;
            }
            if (row[w] & (other[w] & -other[w])) {
                for (size_t k = 0; k < n_words; k++) {
                    row[k] ^= other[k];
                }
            }
        }
        bool is_new = false;
        for (size_t w = 0; w < n_words; w++) {
            is_new |= row[w] != 0;
        }
        rank += is_new;
    }
    return rank;
}

/* "lx1 lz2", runs as "lx1..lx9"; 1 for no pair. */
static void add_correlators(struct text *text, const uint64_t *row, size_t n_pairs) {
    static const char names[] = " zxy"; /* X faults flip zz, Z faults xx */
    bool is_first = true;
    for (size_t p = 0, end; p < n_pairs; p = end) {
        const unsigned s = (unsigned)bits_get(row, 2 * p) | (unsigned)bits_get(row, 2 * p + 1) << 1;
        end = p + 1;
        while (end < n_pairs && s == ((unsigned)bits_get(row, 2 * end) |
                                      (unsigned)bits_get(row, 2 * end + 1) << 1)) {
            end++;
        }
        if (s == 0) {
            continue;
        }
        text_printf(text, "%sl%c%zu", is_first ? "" : " ", names[s], p + 1);
        if (end > p + 1) {
            text_printf(text, "%sl%c%zu", end > p + 2 ? ".." : " ", names[s], end);
        }
        is_first = false;
    }
    text_add(text, is_first ? "1" : "");
}

/* F = sum over the row space of products of correlators, / 2^rank. */
static enum status add_correlator_sum(const struct noise *noise) {
    struct verify_proof *proof = noise->prove->proof;
    const size_t n_words = bits_words(2 * noise->n_pairs);
    uint64_t *rows = mem_alloc(NOISE_MAX_RANK + 2, n_words * sizeof *rows);
    uint64_t *sum = mem_alloc(1, n_words * sizeof *sum);
    struct text text = {0};
    enum status status = rows && sum ? STATUS_OK : STATUS_NOFIT;
    const size_t rank = status == STATUS_OK ? find_rows(noise, rows, n_words) : 0;
    if (status == STATUS_OK && rank <= NOISE_MAX_RANK) {
        text_add(&text, "F = (");
        for (uint32_t set = 0; set < 1u << rank; set++) {
            memset(sum, 0, n_words * sizeof *sum);
            for (size_t j = 0; j < rank; j++) {
                for (size_t w = 0; ((set >> j) & 1) && w < n_words; w++) {
                    sum[w] ^= rows[n_words * j + w];
                }
            }
            text_add(&text, set > 0 ? " + " : "");
            add_correlators(&text, sum, noise->n_pairs);
        }
        text_printf(&text, ")/%u", 1u << rank);
        proof->fidelity = keep(noise, &text);
        status = proof->fidelity ? STATUS_OK : STATUS_NOFIT;
    }
    text_fini(&text);
    mem_free(rows);
    mem_free(sum);
    return status;
}

enum status prove_noise(struct prove *prove, const uint64_t *residual, size_t n_form_words,
                        const size_t *columns, size_t n_pairs) {
    const struct walk_source *source = &prove->match->own.source;
    const size_t n_out_unknowns = 2 * (size_t)source->n_out;
    const struct noise noise = {.prove = prove,
                                .residual = residual,
                                .n_form_words = n_form_words,
                                .n_unknowns = n_out_unknowns + source->n_output_bits,
                                .n_out_unknowns = n_out_unknowns,
                                .columns = columns,
                                .n_pairs = n_pairs};
    if (n_pairs == 0) {
        return STATUS_OK;
    }
    if (n_pairs > NOISE_MAX_PAIRS) {
        return prove->proof->is_unitary ? add_correlator_sum(&noise) : STATUS_OK;
    }
    TRY(list_channel(&noise));
    return add_fidelity(&noise);
}
