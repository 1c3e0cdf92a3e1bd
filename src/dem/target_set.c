#include "dem/target_set.h"

#include <string.h>

#include "base/mem.h"

void target_set_fini(struct target_set *set) {
    mem_free(set->items);
    *set = (struct target_set){0};
}

static enum status reserve(struct target_set *set, size_t n) {
    if (n <= set->cap) {
        return STATUS_OK;
    }
    const size_t cap = n < 4 ? 4 : n + n / 2;
    uint64_t *items = mem_resize(set->items, cap, sizeof *items);
    if (items == NULL) {
        return STATUS_NOFIT;
    }
    set->items = items;
    set->cap = u32_from_size(cap);
    return STATUS_OK;
}

/* Merges from the back, so that no item is written over before it is read. */
enum status target_set_xor_items(struct target_set *set, const uint64_t *items, size_t n) {
    if (n == 0) {
        return STATUS_OK;
    }
    TRY(reserve(set, set->n + n));
    size_t left = set->n, right = n, at = left + n;
    const size_t end = at;
    uint64_t *own = set->items;
    while (right > 0) {
        if (left > 0 && own[left - 1] == items[right - 1]) {
            left--;
            right--;
        } else if (left > 0 && own[left - 1] > items[right - 1]) {
            own[--at] = own[--left];
        } else {
            own[--at] = items[--right];
        }
    }
    memmove(own + left, own + at, (end - at) * sizeof *own);
    set->n = u32_from_size(left + end - at);
    return STATUS_OK;
}

enum status target_set_xor(struct target_set *set, const struct target_set *other) {
    return target_set_xor_items(set, other->items, other->n);
}

enum status target_set_toggle(struct target_set *set, uint64_t target) {
    return target_set_xor_items(set, &target, 1);
}

enum status target_set_copy(struct target_set *set, const struct target_set *from) {
    TRY(reserve(set, from->n));
    if (from->n > 0) {
        memcpy(set->items, from->items, from->n * sizeof *from->items);
    }
    set->n = from->n;
    return STATUS_OK;
}

bool target_set_contains(const struct target_set *set, uint64_t target) {
    size_t low = 0, high = set->n;
    while (low < high) {
        const size_t middle = (low + high) / 2;
        if (set->items[middle] < target) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < set->n && set->items[low] == target;
}

static uint64_t shifted(uint64_t target, uint64_t shift) {
    return target_is_detector(target) ? target + shift : target;
}

bool target_set_equals_shifted(const struct target_set *a, const struct target_set *b,
                               uint64_t shift) {
    if (a->n != b->n) {
        return false;
    }
    for (uint32_t i = 0; i < a->n; i++) {
        if (a->items[i] != shifted(b->items[i], shift)) {
            return false;
        }
    }
    return true;
}

void target_set_shift(struct target_set *set, uint64_t shift) {
    for (uint32_t i = 0; i < set->n; i++) {
        set->items[i] = shifted(set->items[i], shift);
    }
}

int target_compare(const uint64_t *a, size_t n_a, const uint64_t *b, size_t n_b) {
    for (size_t i = 0; i < n_a && i < n_b; i++) {
        if (a[i] != b[i]) {
            return a[i] < b[i] ? -1 : 1;
        }
    }
    return n_a < n_b ? -1 : n_a > n_b;
}
