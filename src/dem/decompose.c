#include "dem/decompose.h"

#include <string.h>

#include "base/mem.h"
#include "dem/combine.h"
#include "dem/target_set.h"

enum { MAX_PROBLEM = 64, MAX_STEPS = 1 << 20 };

/* A part of one or two detectors (second = DEM_SEPARATOR: one), as targets of a mechanism. */
struct known {
    uint64_t first, second;
    const uint64_t *targets;
    size_t n;
};
struct decomposer {
    const struct mechanisms *mechanisms;
    const struct dem_options *options;
    struct known *slots;
    size_t n_slots;
    struct sequence out;
    bool has_high; /* observables beyond what a mask holds */
    /* the search */
    const uint64_t *problem;
    size_t n_problem;
    const struct known *chosen[MAX_PROBLEM];
    size_t n_chosen, n_steps;
};

static size_t count_detectors(const uint64_t *targets, size_t n) {
    size_t n_detectors = 0;
    for (size_t i = 0; i < n; i++) {
        n_detectors += target_is_detector(targets[i]);
    }
    return n_detectors;
}

/* The end of the part that starts at `first`. */
static size_t end_of_part(const uint64_t *targets, size_t n, size_t first) {
    size_t end = first;
    while (end < n && targets[end] != DEM_SEPARATOR) {
        end++;
    }
    return end;
}

static bool is_graphlike(const uint64_t *targets, size_t n) {
    for (size_t first = 0, end; first < n; first = end + 1) {
        end = end_of_part(targets, n, first);
        if (count_detectors(targets + first, end - first) > 2) {
            return false;
        }
    }
    return true;
}

/* ---- parts that are known ---- */

static struct known *find_slot(const struct decomposer *d, uint64_t first, uint64_t second) {
    const uint64_t hash =
        (first * UINT64_C(0x9e3779b97f4a7c15) ^ second) * UINT64_C(0xbf58476d1ce4e5b9);
    size_t at = (size_t)(hash >> 17) & (d->n_slots - 1);
    while (d->slots[at].targets != NULL &&
           (d->slots[at].first != first || d->slots[at].second != second)) {
        at = (at + 1) & (d->n_slots - 1);
    }
    return &d->slots[at];
}

static const struct known *find_known(const struct decomposer *d, uint64_t first, uint64_t second) {
    const struct known *known = find_slot(d, first, second);
    return known->targets == NULL ? NULL : known;
}

/* Of parts that flip the same detectors, the last one in order counts. */
static enum status note_parts(struct decomposer *d, const uint32_t *order, size_t n) {
    size_t n_parts = 0;
    for (size_t i = 0; i < n; i++) {
        n_parts += d->mechanisms->items[order[i]].n;
    }
    for (d->n_slots = 64; d->n_slots < 2 * n_parts; d->n_slots *= 2) {
    }
    d->slots = mem_alloc(d->n_slots, sizeof *d->slots);
    if (d->slots == NULL) {
        return STATUS_NOFIT;
    }
    for (size_t i = 0; i < n; i++) {
        const uint64_t *targets = mechanism_targets(d->mechanisms, order[i]);
        const size_t n_targets = d->mechanisms->items[order[i]].n;
        for (size_t first = 0, end; first < n_targets; first = end + 1) {
            end = end_of_part(targets, n_targets, first);
            const size_t n_detectors = count_detectors(targets + first, end - first);
            if (n_detectors == 1 || n_detectors == 2) {
                const uint64_t second = n_detectors == 2 ? targets[first + 1] : DEM_SEPARATOR;
                *find_slot(d, targets[first], second) =
                    (struct known){targets[first], second, targets + first, end - first};
            }
        }
    }
    return STATUS_OK;
}

/* ---- one part ---- */

static enum status add_part(struct decomposer *d, const uint64_t *targets, size_t n) {
    const uint64_t separator = DEM_SEPARATOR;
    if (d->out.n > 0) {
        TRY(sequence_add(&d->out, &separator, 1));
    }
    return sequence_add(&d->out, targets, n);
}

static uint64_t mask_of_observables(const uint64_t *targets, size_t n) {
    uint64_t mask = 0;
    for (size_t i = 0; i < n; i++) {
        mask |= target_is_detector(targets[i]) ? 0 : UINT64_C(1) << (targets[i] & 63);
    }
    return mask;
}

/* Detectors of `used` are dealt with; those left are matched to known parts, the observables of
 * which must add up to `observables`. */
static bool search(struct decomposer *d, size_t start, uint64_t used, uint64_t observables) {
    while (start < d->n_problem && (used >> start & 1) != 0) {
        start++;
    }
    if (start == d->n_problem) {
        return observables == 0;
    }
    used |= UINT64_C(1) << start;
    for (size_t k = start + 1; k <= d->n_problem; k++) {
        const bool is_pair = k < d->n_problem;
        if ((is_pair && (used >> k & 1) != 0) || ++d->n_steps > MAX_STEPS) {
            continue;
        }
        const struct known *known =
            find_known(d, d->problem[start], is_pair ? d->problem[k] : DEM_SEPARATOR);
        if (known == NULL) {
            continue;
        }
        const uint64_t flips = mask_of_observables(known->targets, known->n);
        d->chosen[d->n_chosen++] = known;
        if (search(d, start + 1, is_pair ? used | UINT64_C(1) << k : used, observables ^ flips)) {
            return true;
        }
        d->n_chosen--;
    }
    return false;
}

static bool has_high_observable(const uint64_t *targets, size_t n) {
    for (size_t i = 0; i < n; i++) {
        if (targets[i] > (DEM_OBSERVABLE | 63) && targets[i] != DEM_SEPARATOR) {
            return true;
        }
    }
    return false;
}

static enum status split_exactly(struct decomposer *d, const uint64_t *part, size_t n,
                                 bool *out_done) {
    uint64_t used = 0;
    *out_done = false;
    if (n >= MAX_PROBLEM || d->has_high) {
        return STATUS_OK;
    }
    for (size_t i = 0; i < n; i++) {
        used |= target_is_detector(part[i]) ? 0 : UINT64_C(1) << i;
    }
    d->problem = part;
    d->n_problem = n;
    d->n_chosen = d->n_steps = 0;
    *out_done = search(d, 0, used, mask_of_observables(part, n));
    for (size_t i = 0; *out_done && i < d->n_chosen; i++) {
        TRY(add_part(d, d->chosen[i]->targets, d->chosen[i]->n));
    }
    return STATUS_OK;
}

static enum status use_known(struct decomposer *d, struct target_set *rest,
                             const struct known *known) {
    TRY(add_part(d, known->targets, known->n));
    return target_set_xor_items(rest, known->targets, known->n);
}

/* Takes pairs, then single detectors, as they come; at most two detectors may be left over. */
static enum status take_known(struct decomposer *d, struct target_set *rest, const uint64_t *part,
                              size_t n_detectors, size_t *out_missed) {
    uint64_t done = 0;
    *out_missed = 0;
    for (size_t i = 0; i < n_detectors; i++) {
        for (size_t k = i + 1; k < n_detectors && (done >> i & 1) == 0; k++) {
            const struct known *known =
                (done >> k & 1) != 0 ? NULL : find_known(d, part[i], part[k]);
            if (known != NULL) {
                done |= UINT64_C(1) << i | UINT64_C(1) << k;
                TRY(use_known(d, rest, known));
            }
        }
    }
    for (size_t i = 0; i < n_detectors; i++) {
        const struct known *known =
            (done >> i & 1) != 0 ? NULL : find_known(d, part[i], DEM_SEPARATOR);
        if (known != NULL) {
            TRY(use_known(d, rest, known));
        } else {
            *out_missed += (done >> i & 1) == 0;
        }
    }
    return STATUS_OK;
}

static enum status split_with_remnant(struct decomposer *d, const uint64_t *part, size_t n,
                                      bool *out_done) {
    const size_t n_detectors = count_detectors(part, n), n_before = d->out.n;
    struct target_set rest = {0};
    size_t missed;
    enum status status;
    *out_done = n_detectors <= 2;
    if (n_detectors <= 2) {
        return add_part(d, part, n);
    }
    if (n_detectors > MAX_PROBLEM) {
        return STATUS_OK;
    }
    TRY_GOTO(target_set_xor_items(&rest, part, n), done);
    TRY_GOTO(take_known(d, &rest, part, n_detectors, &missed), done);
    *out_done = missed <= 2;
    if (!*out_done) {
        d->out.n = n_before;
    } else if (rest.n > 0) {
        status = add_part(d, rest.items, rest.n);
    }
done:
    target_set_fini(&rest);
    return status;
}

static enum status refuse_part(const uint64_t *part, size_t n, struct src_loc loc) {
    struct text text = {0};
    for (size_t i = 0; i < n; i++) {
        const bool is_detector = target_is_detector(part[i]);
        text_printf(&text, "%s%c%llu", i == 0 ? "" : " ", is_detector ? 'D' : 'L',
                    (unsigned long long)(is_detector ? part[i] : part[i] ^ DEM_OBSERVABLE));
    }
    const enum status status =
        log_error_at(STATUS_INPUT, loc,
                     "an error that flips %s cannot be split into parts of at most two detectors; "
                     "--ignore-decomposition-failures keeps it whole",
                     text.failed ? "many detectors" : text.data);
    text_fini(&text);
    return status;
}

static enum status split_part(struct decomposer *d, const uint64_t *part, size_t n,
                              struct src_loc loc) {
    bool is_done;
    TRY(split_exactly(d, part, n, &is_done));
    if (!is_done && !d->options->block_remnants) {
        TRY(split_with_remnant(d, part, n, &is_done));
    }
    if (!is_done && !d->options->ignore_failures) {
        return refuse_part(part, n, loc);
    }
    return is_done ? STATUS_OK : add_part(d, part, n);
}

/* ---- all ---- */

/* What becomes of the mechanisms, which stay until all are split: parts of one are known to all. */
static enum status split_all(struct decomposer *d, struct mechanisms *result, const uint32_t *order,
                             size_t n, struct src_loc loc) {
    for (size_t i = 0; i < n; i++) {
        const struct mechanism *mechanism = &d->mechanisms->items[order[i]];
        const uint64_t *targets = mechanism_targets(d->mechanisms, order[i]);
        if (is_graphlike(targets, mechanism->n)) {
            TRY(mechanisms_add(result, mechanism->p, targets, mechanism->n, mechanism->tag));
        }
    }
    for (size_t i = 0; i < n; i++) {
        const struct mechanism *mechanism = &d->mechanisms->items[order[i]];
        const uint64_t *targets = mechanism_targets(d->mechanisms, order[i]);
        if (is_graphlike(targets, mechanism->n)) {
            continue;
        }
        d->out.n = 0;
        for (size_t first = 0, end; first < mechanism->n; first = end + 1) {
            end = end_of_part(targets, mechanism->n, first);
            TRY(split_part(d, targets + first, end - first, loc));
        }
        TRY(mechanisms_add(result, mechanism->p, d->out.items, d->out.n, mechanism->tag));
    }
    return STATUS_OK;
}

enum status decompose_mechanisms(struct mechanisms *mechanisms, const struct dem_options *options,
                                 struct src_loc loc) {
    struct decomposer d = {
        .mechanisms = mechanisms,
        .options = options,
        .has_high = has_high_observable(mechanisms->pool, mechanisms->n_pool),
    };
    struct mechanisms result = {.tags = mechanisms->tags};
    uint32_t *order = NULL;
    size_t n = 0;
    bool is_done = true;
    enum status status = STATUS_OK;
    for (size_t i = 0; i < mechanisms->n; i++) {
        is_done = is_done && is_graphlike(mechanism_targets(mechanisms, i), mechanisms->items[i].n);
    }
    if (is_done) {
        return STATUS_OK;
    }
    TRY_GOTO(mechanisms_sort(mechanisms, &order, &n), done);
    TRY_GOTO(note_parts(&d, order, n), done);
    TRY_GOTO(split_all(&d, &result, order, n, loc), done);
    mechanisms_fini(mechanisms);
    *mechanisms = result;
    result = (struct mechanisms){0};
done:
    mechanisms_fini(&result);
    mem_free(d.slots);
    mem_free(d.out.items);
    mem_free(order);
    return status;
}
