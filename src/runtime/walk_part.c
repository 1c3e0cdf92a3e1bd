/* Branches part where their shots, or exactly their symbols, no longer agree. */
#include <string.h>

#include "base/bits.h"
#include "base/log.h"
#include "runtime/walker_impl.h"

static enum status check_branch_limit(const struct walker *walker) {
    if (walker->options.is_pure) {
        return log_error_at(STATUS_INPUT,
                            program_loc(walker->program, &walker->lowered->ops.ops[walker->pc]),
                            "the qubits do not end in one pure state: it depends on measured "
                            "outcomes from here on");
    }
    if (walker->options.is_exact &&
        walker->n_branches + walker->n_waiting >= walker->options.max_branches) {
        return log_error(STATUS_INPUT,
                         "exact probabilities of this program need more than %llu outcome branches "
                         "(--max-branches)",
                         (unsigned long long)walker->options.max_branches);
    }
    return STATUS_OK;
}

enum status walker_park(struct walker *walker, struct saved *saved, const uint64_t *mask,
                        struct forced forced, double weight) {
    struct branch branch = {
        .saved = saved, .forced = forced, .weight = weight, .n_symbols = walker->n_symbols};
    enum status status;
    if (saved != NULL) {
        saved->n_users++;
    }
    TRY_GOTO(check_branch_limit(walker), fail);
    TRY_GOTO(columns_create(&branch.columns, mask, walker->columns.stride), fail);
    if (walker->options.is_exact) {
        TRY_GOTO(rows_copy(&branch.rows, &walker->rows), fail);
    }
    TRY_GOTO(vec_reserve(&walker->waiting, walker->n_waiting, &walker->cap_waiting, 1,
                         sizeof *walker->waiting),
             fail);
    walker->waiting[walker->n_waiting++] = branch;
    return STATUS_OK;
fail:
    walker_fini_branch(walker, &branch);
    return status;
}

/* Walked next is the smallest class, so that as many copies of states wait as shots can be halved;
 * without memory for a copy the largest, as the others start again. */
static size_t choose_class(const struct walker *walker, const struct saved *saved, size_t n) {
    const struct branch *classes = walker->waiting + walker->n_waiting - n;
    size_t best = 0;
    for (size_t i = 1; i < n; i++) {
        const size_t a = classes[i].columns.n_shots, b = classes[best].columns.n_shots;
        best = (saved != NULL ? a < b : a > b) ? i : best;
    }
    return best;
}

/* The largest waits below the others: once it is walked nothing else holds its state. */
static void sink_largest(struct walker *walker, size_t n) {
    struct branch *classes = walker->waiting + walker->n_waiting - n;
    size_t best = 0;
    for (size_t i = 1; i < n; i++) {
        best = classes[i].columns.n_shots > classes[best].columns.n_shots ? i : best;
    }
    const struct branch first = classes[0];
    classes[0] = classes[best];
    classes[best] = first;
}

static uint32_t read_pattern(const struct walker *walker, size_t n_keys) {
    const struct columns *columns = &walker->columns;
    const uint32_t w = columns->words[0];
    const int bit = bits_lowest(columns->mask[w]);
    uint32_t pattern = 0;
    for (size_t j = 0; j < n_keys; j++) {
        pattern |= (uint32_t)(walker->keys[j * columns->stride + w] >> bit & 1) << j;
    }
    return pattern;
}

static bool do_agree(const struct walker *walker, size_t n_keys, uint32_t pattern) {
    const struct columns *columns = &walker->columns;
    bool do_all = true;
    for (size_t j = 0; j < n_keys; j++) {
        const uint64_t *row = walker->keys + j * columns->stride,
                       same = pattern >> j & 1 ? UINT64_MAX : 0;
        for (size_t i = 0; do_all && i < columns->n_words; i++) {
            const uint32_t w = columns->words[i];
            do_all = ((row[w] ^ same) & columns->mask[w]) == 0;
        }
    }
    return do_all;
}

static enum status part_shots(struct walker *walker, size_t n_keys, uint32_t *out_pattern) {
    const size_t stride = walker->columns.stride;
    uint64_t *rest = walker->masks, *class = walker->masks + stride;
    struct saved *saved = NULL;
    enum status status = STATUS_OK;
    size_t n = 0;
    *out_pattern = read_pattern(walker, n_keys);
    if (do_agree(walker, n_keys, *out_pattern)) {
        return STATUS_OK;
    }
    TRY(walker_save(walker, &saved));
    memcpy(rest, walker->columns.mask, stride * sizeof *rest);
    for (size_t n_left = walker->columns.n_shots; n_left > 0 && status == STATUS_OK; n++) {
        columns_take_class(class, rest, stride, walker->keys, n_keys);
        status = walker_park(walker, saved, class, (struct forced){0}, walker->weight);
        if (status == STATUS_OK) {
            n_left -= walker->waiting[walker->n_waiting - 1].columns.n_shots;
        }
    }
    if (status == STATUS_OK) {
        const size_t kept = choose_class(walker, saved, n);
        struct branch *branch = &walker->waiting[walker->n_waiting - n + kept];
        columns_fini(&walker->columns);
        walker->columns = branch->columns;
        branch->columns = (struct columns){0};
        walker_fini_branch(walker, branch);
        *branch = walker->waiting[--walker->n_waiting];
        sink_largest(walker, n - 1);
        *out_pattern = read_pattern(walker, n_keys);
    }
    walker_release(walker, saved);
    return status;
}

/* Every form gets `form` (with the constant column flipped if `value`) wherever it has the pivot.
 */
static void substitute(struct walker *walker, struct rows *rows, size_t pivot, const uint64_t *form,
                       bool value) {
    uint64_t *const parts[3] = {rows->x, rows->z, rows->bits};
    const size_t n_rows[3] = {rows->n_wires, rows->n_wires, rows->n_bits};
    for (size_t part = 0; part < 3; part++) {
        for (size_t i = 0; i < n_rows[part]; i++) {
            uint64_t *row = parts[part] + i * rows->stride;
            if (bits_get(row, pivot)) {
                columns_xor(&walker->columns, row, form);
                row[0] ^= value;
            }
        }
    }
}

static bool find_symbol(const uint64_t *row, size_t stride, size_t *out_symbol) {
    for (size_t w = 0; w < stride; w++) {
        const uint64_t symbols = w == 0 ? row[w] & ~UINT64_C(1) : row[w];
        if (symbols != 0) {
            *out_symbol = 64 * w + (size_t)bits_lowest(symbols);
            return true;
        }
    }
    return false;
}

/* The case in which the form is 1, unless it is rounding: a branch of half the weight that waits at
 * pc. *inout_saved: where all cases of this parting go on. */
static enum status park_case(struct walker *walker, struct saved **inout_saved, size_t pivot,
                             const uint64_t *form) {
    if (walker->weight / 2 < WALKER_P_MIN) {
        walker->has_dropped = true;
        return STATUS_OK;
    }
    if (*inout_saved == NULL) {
        TRY(walker_save(walker, inout_saved));
    }
    TRY(walker_park(walker, *inout_saved, walker->columns.mask, (struct forced){0},
                    walker->weight / 2));
    substitute(walker, &walker->waiting[walker->n_waiting - 1].rows, pivot, form, true);
    return STATUS_OK;
}

static enum status part_forms(struct walker *walker, size_t n_keys, uint32_t *out_pattern) {
    const size_t stride = walker->columns.stride;
    struct saved *saved = NULL;
    enum status status = STATUS_OK;
    *out_pattern = 0;
    for (size_t j = 0; j < n_keys; j++) {
        uint64_t *form = walker->keys + j * stride;
        size_t pivot;
        if (!find_symbol(form, stride, &pivot)) {
            *out_pattern |= (uint32_t)(form[0] & 1) << j;
            continue;
        }
        TRY_GOTO(park_case(walker, &saved, pivot, form), done);
        substitute(walker, &walker->rows, pivot, form, false);
        walker->weight /= 2;
        for (size_t i = j + 1; i < n_keys; i++) {
            uint64_t *later = walker->keys + i * stride;
            if (bits_get(later, pivot)) {
                columns_xor(&walker->columns, later, form);
            }
        }
    }
done:
    walker_release(walker, saved);
    return status;
}

enum status walker_part(struct walker *walker, size_t n_keys, uint32_t *out_pattern) {
    *out_pattern = 0;
    return walker->options.is_exact ? part_forms(walker, n_keys, out_pattern)
                                    : part_shots(walker, n_keys, out_pattern);
}
