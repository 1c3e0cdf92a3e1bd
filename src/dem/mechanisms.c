#include "dem/mechanisms.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "dem/target_set.h"

void mechanisms_fini(struct mechanisms *mechanisms) {
    mem_free(mechanisms->items);
    mem_free(mechanisms->pool);
    mem_free(mechanisms->slots);
    *mechanisms = (struct mechanisms){0};
}

void mechanisms_clear(struct mechanisms *mechanisms) {
    mechanisms->n = 0;
    mechanisms->n_pool = 0;
    if (mechanisms->n_slots > 0) {
        memset(mechanisms->slots, 0, mechanisms->n_slots * sizeof *mechanisms->slots);
    }
}

static uint64_t hash_targets(const uint64_t *targets, size_t n, uint32_t tag) {
    uint64_t hash = tag + UINT64_C(0x9e3779b97f4a7c15) * n;
    for (size_t i = 0; i < n; i++) {
        hash = (hash ^ targets[i]) * UINT64_C(0xbf58476d1ce4e5b9);
        hash ^= hash >> 29;
    }
    return hash;
}

static enum status grow_slots(struct mechanisms *mechanisms) {
    const size_t n_slots = mechanisms->n_slots == 0 ? 1024 : 2 * mechanisms->n_slots;
    uint32_t *slots = mem_alloc(n_slots, sizeof *slots);
    if (slots == NULL) {
        return STATUS_NOFIT;
    }
    for (size_t i = 0; i < mechanisms->n; i++) {
        size_t at = mechanisms->items[i].hash & (n_slots - 1);
        while (slots[at] != 0) {
            at = (at + 1) & (n_slots - 1);
        }
        slots[at] = (uint32_t)i + 1;
    }
    mem_free(mechanisms->slots);
    mechanisms->slots = slots;
    mechanisms->n_slots = n_slots;
    return STATUS_OK;
}

static double fuse(double p1, double p2) {
    return p1 * (1 - p2) + p2 * (1 - p1);
}

enum status mechanisms_add(struct mechanisms *mechanisms, double p, const uint64_t *targets,
                           size_t n, uint32_t tag) {
    if (p == 0 || n == 0) {
        return STATUS_OK;
    }
    if (2 * (mechanisms->n + 1) > mechanisms->n_slots) {
        TRY(grow_slots(mechanisms));
    }
    const uint64_t hash = hash_targets(targets, n, tag);
    size_t at = hash & (mechanisms->n_slots - 1);
    for (; mechanisms->slots[at] != 0; at = (at + 1) & (mechanisms->n_slots - 1)) {
        const size_t item = mechanisms->slots[at] - 1;
        struct mechanism *mechanism = &mechanisms->items[item];
        if (mechanism->hash == hash && mechanism->n == n && mechanism->tag == tag &&
            memcmp(mechanism_targets(mechanisms, item), targets, n * sizeof *targets) == 0) {
            mechanism->p = fuse(mechanism->p, p);
            return STATUS_OK;
        }
    }
    TRY(vec_reserve(&mechanisms->pool, mechanisms->n_pool, &mechanisms->cap_pool, n,
                    sizeof *mechanisms->pool));
    TRY(vec_reserve(&mechanisms->items, mechanisms->n, &mechanisms->cap, 1,
                    sizeof *mechanisms->items));
    memcpy(mechanisms->pool + mechanisms->n_pool, targets, n * sizeof *targets);
    mechanisms->items[mechanisms->n] = (struct mechanism){
        .p = p, .hash = hash, .first = mechanisms->n_pool, .n = u32_from_size(n), .tag = tag};
    mechanisms->n_pool += n;
    mechanisms->slots[at] = u32_from_size(++mechanisms->n);
    return STATUS_OK;
}

static int compare_tags(const struct mechanisms *mechanisms, uint32_t a, uint32_t b) {
    if (a == b) {
        return 0;
    }
    return strcmp(a == 0 ? "" : mechanisms->tags[a - 1], b == 0 ? "" : mechanisms->tags[b - 1]);
}

static int compare_items(const void *a_ptr, const void *b_ptr, void *ctx) {
    const struct mechanisms *mechanisms = ctx;
    const uint32_t i = *(const uint32_t *)a_ptr, j = *(const uint32_t *)b_ptr;
    const struct mechanism *a = &mechanisms->items[i], *b = &mechanisms->items[j];
    const int by_targets = target_compare(mechanism_targets(mechanisms, i), a->n,
                                          mechanism_targets(mechanisms, j), b->n);
    return by_targets != 0 ? by_targets : compare_tags(mechanisms, a->tag, b->tag);
}

enum status mechanisms_sort(const struct mechanisms *mechanisms, uint32_t **out_order,
                            size_t *out_n) {
    uint32_t *order = mem_alloc(mechanisms->n, sizeof *order);
    size_t n = 0;
    if (order == NULL) {
        return STATUS_NOFIT;
    }
    for (size_t i = 0; i < mechanisms->n; i++) {
        if (mechanisms->items[i].p > 0) {
            order[n++] = (uint32_t)i;
        }
    }
    struct mechanisms view = *mechanisms;
    qsort_r(order, n, sizeof *order, compare_items, &view);
    *out_order = order;
    *out_n = n;
    return STATUS_OK;
}
