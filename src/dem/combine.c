#include "dem/combine.h"

#include "base/mem.h"

void combiner_fini(struct combiner *combiner) {
    for (unsigned k = 0; k < COMBINE_MAX_CASES; k++) {
        target_set_fini(&combiner->sets[k]);
        mem_free(combiner->splits[k].items);
    }
    *combiner = (struct combiner){0};
}

enum status sequence_add(struct sequence *sequence, const uint64_t *targets, size_t n) {
    TRY(vec_reserve(&sequence->items, sequence->n, &sequence->cap, n, sizeof *sequence->items));
    for (size_t i = 0; i < n; i++) {
        sequence->items[sequence->n++] = targets[i];
    }
    return STATUS_OK;
}

/* ---- splitting ---- */

/* What the cases of a channel flip, as masks over the detectors that its basic errors flip. */
struct split {
    struct combiner *combiner;
    unsigned n_cases;
    uint64_t masks[COMBINE_MAX_CASES];
    uint64_t singles;                 /* detectors that some case flips alone */
    uint8_t pairs[COMBINE_MAX_CASES]; /* cases that flip two, not both of `singles` */
    unsigned n_pairs;
};

/* false: more detectors than a mask has bits. */
static bool make_masks(struct split *split, const struct combination *c) {
    uint64_t detectors[COMBINE_MAX_DETECTORS];
    unsigned n = 0;
    for (unsigned b = 0; b < c->n_basic; b++) {
        for (uint32_t i = 0; i < c->basic[b]->n; i++) {
            const uint64_t target = c->basic[b]->items[i];
            unsigned at = 0;
            if (!target_is_detector(target)) {
                break;
            }
            while (at < n && detectors[at] != target) {
                at++;
            }
            if (at == COMBINE_MAX_DETECTORS) {
                return false;
            }
            detectors[at] = target;
            n += at == n;
            split->masks[1u << b] |= UINT64_C(1) << at;
        }
    }
    for (unsigned k = 1; k < split->n_cases; k++) {
        split->masks[k] = split->masks[k & (k - 1)] ^ split->masks[k & (0 - k)];
    }
    return true;
}

static unsigned count_flips(const struct split *split, unsigned k) {
    return (unsigned)__builtin_popcountll(split->masks[k]);
}

static void find_parts(struct split *split) {
    for (unsigned k = 1; k < split->n_cases; k++) {
        split->singles |= count_flips(split, k) == 1 ? split->masks[k] : 0;
    }
    for (unsigned k = 1; k < split->n_cases; k++) {
        if (count_flips(split, k) == 2 && (split->masks[k] & ~split->singles) != 0) {
            split->pairs[split->n_pairs++] = (uint8_t)k;
        }
    }
}

static bool is_solved(const struct split *split, unsigned k) {
    const unsigned n = count_flips(split, k);
    return n < 2 || (n == 2 && (split->masks[k] & ~split->singles) != 0);
}

static enum status add_part(const struct split *split, struct sequence *out, unsigned k) {
    const struct target_set *set = &split->combiner->sets[k];
    const uint64_t separator = DEM_SEPARATOR;
    if (out->n > 0) {
        TRY(sequence_add(out, &separator, 1));
    }
    return sequence_add(out, set->items, set->n);
}

static bool is_before(const struct split *split, unsigned a, unsigned b) {
    const struct target_set *set_a = &split->combiner->sets[a], *set_b = &split->combiner->sets[b];
    return target_compare(set_a->items, set_a->n, set_b->items, set_b->n) < 0;
}

/* One or two pairs that leave only single detectors of `goal`: adds them, *out_rest: the others. */
static enum status add_pairs(const struct split *split, struct sequence *out, uint64_t *out_rest,
                             uint64_t goal, bool *out_found) {
    *out_found = true;
    for (unsigned i = 0; i < split->n_pairs; i++) {
        const uint64_t mask = split->masks[split->pairs[i]];
        if ((goal & mask) == mask && (goal & ~(split->singles | mask)) == 0) {
            *out_rest = goal & ~mask;
            return add_part(split, out, split->pairs[i]);
        }
    }
    for (unsigned i = 0; i < split->n_pairs; i++) {
        for (unsigned j = i + 1; j < split->n_pairs; j++) {
            unsigned a = split->pairs[i], b = split->pairs[j];
            const uint64_t both = split->masks[a] | split->masks[b];
            if ((split->masks[a] & split->masks[b]) != 0 ||
                (goal & ~(split->singles | both)) != 0) {
                continue;
            }
            *out_rest = goal & ~both;
            TRY(add_part(split, out, is_before(split, b, a) ? b : a));
            return add_part(split, out, is_before(split, b, a) ? a : b);
        }
    }
    *out_found = false;
    return STATUS_OK;
}

/* Leaves `out` empty where no cases of the channel make the case up. */
static enum status split_case(const struct split *split, struct sequence *out, unsigned k) {
    uint64_t rest = split->masks[k];
    bool is_found = true;
    if ((rest & ~split->singles) != 0) {
        TRY(add_pairs(split, out, &rest, split->masks[k], &is_found));
    }
    for (unsigned i = 1; is_found && rest != 0 && i < split->n_cases; i++) {
        if (count_flips(split, i) == 1 && (split->masks[i] & ~rest) == 0) {
            rest &= ~split->masks[i];
            TRY(add_part(split, out, i));
        }
    }
    return STATUS_OK;
}

static enum status split_cases(struct combiner *combiner, const struct combination *c) {
    struct split split = {.combiner = combiner, .n_cases = 1u << c->n_basic};
    if (!make_masks(&split, c)) {
        return STATUS_OK;
    }
    find_parts(&split);
    for (unsigned k = 1; k < split.n_cases; k++) {
        if (!is_solved(&split, k)) {
            TRY(split_case(&split, &combiner->splits[k], k));
        }
    }
    return STATUS_OK;
}

/* ---- cases ---- */

static enum status make_sets(struct combiner *combiner, const struct combination *c) {
    for (unsigned k = 1; k < 1u << c->n_basic; k++) {
        const unsigned last = (unsigned)__builtin_ctz(k);
        TRY(target_set_copy(&combiner->sets[k], &combiner->sets[k & (k - 1)]));
        TRY(target_set_xor(&combiner->sets[k], c->basic[last]));
        combiner->splits[k].n = 0;
    }
    return STATUS_OK;
}

/* A case that flips nothing makes cases that differ by it one. */
static void merge_cases(const struct combiner *combiner, double *p, unsigned n_cases) {
    for (unsigned k = 1; k < n_cases; k++) {
        for (unsigned to = 0; combiner->sets[k].n == 0 && to < n_cases; to++) {
            const unsigned from = to ^ k;
            if (from > to) {
                p[to] += p[from];
                p[from] = 0;
            }
        }
    }
}

enum status combine_errors(struct combiner *combiner, struct mechanisms *mechanisms,
                           const struct combination *c) {
    const unsigned n_cases = 1u << c->n_basic;
    double p[COMBINE_MAX_CASES];
    bool is_empty = true;
    for (unsigned b = 0; b < c->n_basic; b++) {
        is_empty = is_empty && c->basic[b]->n == 0;
    }
    if (is_empty) {
        return STATUS_OK;
    }
    TRY(make_sets(combiner, c));
    if (c->splits) {
        TRY(split_cases(combiner, c));
    }
    for (unsigned k = 0; k < n_cases; k++) {
        p[k] = c->p[k];
    }
    if (c->is_disjoint) {
        merge_cases(combiner, p, n_cases);
    }
    for (unsigned k = 1; k < n_cases; k++) {
        const struct sequence *split = &combiner->splits[k];
        const struct target_set *set = &combiner->sets[k];
        TRY(split->n > 0 ? mechanisms_add(mechanisms, p[k], split->items, split->n, c->tag)
                         : mechanisms_add(mechanisms, p[k], set->items, set->n, c->tag));
    }
    return STATUS_OK;
}
