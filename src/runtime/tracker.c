#include "runtime/tracker.h"

#include <string.h>

#include "base/bits.h"
#include "base/log.h"
#include "base/mem.h"

struct column {
    uint64_t *x, *z; /* n_words each, one allocation; NULL: untouched, implicitly Z alone */
};
struct tracker {
    struct column *columns; /* per wire */
    uint32_t n_wires;
    uint32_t *touched;
    size_t n_touched, cap_touched;
    uint64_t *live; /* generators in use */
    size_t n_words, n_live;
};

enum status tracker_create(struct tracker **out_tracker, uint32_t n_wires) {
    struct tracker *tracker = mem_alloc(1, sizeof *tracker);
    if (tracker == NULL) {
        return STATUS_NOFIT;
    }
    tracker->n_wires = n_wires;
    tracker->n_words = 1;
    tracker->columns = mem_alloc(n_wires, sizeof *tracker->columns);
    tracker->live = mem_alloc(1, sizeof *tracker->live);
    if (tracker->columns == NULL || tracker->live == NULL) {
        tracker_destroy(tracker);
        return STATUS_NOFIT;
    }
    *out_tracker = tracker;
    return STATUS_OK;
}

void tracker_destroy(struct tracker *tracker) {
    if (tracker == NULL) {
        return;
    }
    for (size_t i = 0; i < tracker->n_touched; i++) {
        mem_free(tracker->columns[tracker->touched[i]].x);
    }
    mem_free(tracker->columns);
    mem_free(tracker->touched);
    mem_free(tracker->live);
    mem_free(tracker);
}

static enum status new_column(struct tracker *tracker, uint32_t wire) {
    struct column *column = &tracker->columns[wire];
    TRY(vec_reserve(&tracker->touched, tracker->n_touched, &tracker->cap_touched, 1,
                    sizeof *tracker->touched));
    column->x = mem_alloc(2 * tracker->n_words, sizeof *column->x);
    if (column->x == NULL) {
        return STATUS_NOFIT;
    }
    column->z = column->x + tracker->n_words;
    tracker->touched[tracker->n_touched++] = wire;
    return STATUS_OK;
}

enum status tracker_copy(struct tracker **out_tracker, const struct tracker *tracker) {
    struct tracker *copy;
    TRY(tracker_create(&copy, tracker->n_wires));
    const size_t n_words = tracker->n_words;
    enum status status = STATUS_OK;
    mem_free(copy->live);
    copy->n_words = n_words;
    copy->n_live = tracker->n_live;
    copy->live = mem_alloc(n_words, sizeof *copy->live);
    if (copy->live == NULL) {
        status = STATUS_NOFIT;
    } else {
        memcpy(copy->live, tracker->live, n_words * sizeof *copy->live);
    }
    for (size_t i = 0; i < tracker->n_touched && status == STATUS_OK; i++) {
        const uint32_t wire = tracker->touched[i];
        status = new_column(copy, wire);
        if (status == STATUS_OK) {
            memcpy(copy->columns[wire].x, tracker->columns[wire].x,
                   2 * n_words * sizeof *copy->live);
        }
    }
    if (status != STATUS_OK) {
        tracker_destroy(copy);
        return status;
    }
    *out_tracker = copy;
    return STATUS_OK;
}

void tracker_string_fini(struct tracker_string *string) {
    mem_free(string->wires);
    mem_free(string->letters);
    memset(string, 0, sizeof *string);
}

/* ---- generators ---- */

static enum status widen(struct tracker *tracker) {
    const size_t old = tracker->n_words, n_words = 2 * old;
    uint64_t *live = mem_resize(tracker->live, n_words, sizeof *live);
    if (live == NULL) {
        return STATUS_NOFIT;
    }
    memset(live + old, 0, old * sizeof *live);
    tracker->live = live;
    for (size_t i = 0; i < tracker->n_touched; i++) {
        struct column *column = &tracker->columns[tracker->touched[i]];
        uint64_t *x = mem_alloc(2 * n_words, sizeof *x);
        if (x == NULL) {
            return STATUS_NOFIT; /* columns differ in width: the caller gives up */
        }
        memcpy(x, column->x, old * sizeof *x);
        memcpy(x + n_words, column->z, old * sizeof *x);
        mem_free(column->x);
        column->x = x;
        column->z = x + n_words;
    }
    tracker->n_words = n_words;
    return STATUS_OK;
}

static enum status new_generator(struct tracker *tracker, size_t *out_index) {
    for (size_t w = 0; w < tracker->n_words; w++) {
        if (~tracker->live[w] != 0) {
            *out_index = 64 * w + (size_t)bits_lowest(~tracker->live[w]);
            bits_set(tracker->live, *out_index, true);
            tracker->n_live++;
            return STATUS_OK;
        }
    }
    *out_index = 64 * tracker->n_words;
    TRY(widen(tracker));
    bits_set(tracker->live, *out_index, true);
    tracker->n_live++;
    return STATUS_OK;
}

/* An untouched wire gets its columns and its generator Z. */
static enum status touch(struct tracker *tracker, uint32_t wire) {
    if (tracker->columns[wire].x != NULL) {
        return STATUS_OK;
    }
    size_t g;
    TRY(new_column(tracker, wire));
    TRY(new_generator(tracker, &g));
    bits_set(tracker->columns[wire].z, g, true);
    return STATUS_OK;
}

static enum status touch_all(struct tracker *tracker, const uint32_t *wires, uint32_t n_wires) {
    for (uint32_t i = 0; i < n_wires; i++) {
        TRY(touch(tracker, wires[i]));
    }
    return STATUS_OK;
}

/* Drops those of the generators in word w, `some` of it, that act on nothing. */
static void drop_empty(struct tracker *tracker, size_t w, uint64_t some) {
    uint64_t empty = tracker->live[w] & some;
    for (size_t i = 0; i < tracker->n_touched && empty != 0; i++) {
        const struct column *column = &tracker->columns[tracker->touched[i]];
        empty &= ~(column->x[w] | column->z[w]);
    }
    tracker->n_live -= (size_t)bits_popcount(empty);
    tracker->live[w] &= ~empty;
}

static void drop_all_empty(struct tracker *tracker) {
    for (size_t w = 0; w < tracker->n_words; w++) {
        drop_empty(tracker, w, UINT64_MAX);
    }
}

/* Makes generator g's letter on a column unique among the generators not yet done. */
static void eliminate(struct tracker *tracker, size_t g, uint64_t *others) {
    bits_set(others, g, false);
    for (size_t i = 0; i < tracker->n_touched; i++) {
        struct column *column = &tracker->columns[tracker->touched[i]];
        const bool has_x = bits_get(column->x, g), has_z = bits_get(column->z, g);
        for (size_t w = 0; w < tracker->n_words && (has_x || has_z); w++) {
            column->x[w] ^= has_x ? others[w] : 0;
            column->z[w] ^= has_z ? others[w] : 0;
        }
    }
}

/* Gaussian elimination: dependent generators become empty and go. */
static enum status compact(struct tracker *tracker) {
    const size_t n_words = tracker->n_words;
    uint64_t *todo = mem_alloc(2 * n_words, sizeof *todo);
    if (todo == NULL) {
        return STATUS_NOFIT;
    }
    uint64_t *odd = todo + n_words;
    memcpy(todo, tracker->live, n_words * sizeof *todo);
    for (size_t i = 0; i < 2 * tracker->n_touched; i++) {
        const struct column *column = &tracker->columns[tracker->touched[i / 2]];
        const uint64_t *row = i % 2 == 0 ? column->x : column->z;
        size_t first = n_words;
        for (size_t w = n_words; w-- > 0;) {
            odd[w] = row[w] & todo[w];
            first = odd[w] != 0 ? w : first;
        }
        if (first < n_words) {
            const size_t g = 64 * first + (size_t)bits_lowest(odd[first]);
            bits_set(todo, g, false);
            eliminate(tracker, g, odd);
        }
    }
    mem_free(todo);
    drop_all_empty(tracker);
    return STATUS_OK;
}

bool tracker_is_silent(const struct tracker *tracker, const uint32_t *wires, uint32_t n_wires) {
    for (uint32_t i = 0; i < n_wires; i++) {
        const struct column *column = &tracker->columns[wires[i]];
        if (column->x == NULL) {
            return false;
        }
        for (size_t w = 0; w < tracker->n_words; w++) {
            if ((column->x[w] | column->z[w]) != 0) {
                return false;
            }
        }
    }
    return true;
}

static uint64_t parity_word(const struct tracker *tracker, const uint32_t *wires, uint32_t n_wires,
                            uint32_t mask, size_t w) {
    uint64_t parity = 0;
    for (uint32_t rest = mask; rest != 0; rest &= rest - 1) {
        const uint32_t i = (uint32_t)bits_lowest(rest);
        parity ^= i < n_wires ? tracker->columns[wires[i]].x[w]
                              : tracker->columns[wires[i - n_wires]].z[w];
    }
    return parity;
}

/* The youngest generator (highest index) with parity 1: pairs come after what they meet. */
static bool find_odd(const struct tracker *tracker, size_t *out_index, const uint32_t *wires,
                     uint32_t n_wires, uint32_t check) {
    for (size_t w = tracker->n_words; w-- > 0;) {
        const uint64_t odd = parity_word(tracker, wires, n_wires, check, w) & tracker->live[w];
        if (odd != 0) {
            *out_index = 64 * w + floor_log2(odd);
            return true;
        }
    }
    return false;
}

static enum status append(struct tracker_string *string, uint32_t wire, uint8_t letter) {
    size_t cap = string->cap;
    TRY(vec_reserve(&string->wires, string->n, &cap, 1, sizeof *string->wires));
    TRY(vec_reserve(&string->letters, string->n, &string->cap, 1, sizeof *string->letters));
    string->cap = cap < string->cap ? cap : string->cap;
    string->wires[string->n] = wire;
    string->letters[string->n++] = letter;
    return STATUS_OK;
}

/* Multiplies generator g onto those in `others` (g among them: it vanishes) and lists its letters.
 */
static enum status multiply_out(struct tracker *tracker, struct tracker_string *out_string,
                                size_t g, const uint64_t *others) {
    out_string->n = 0;
    for (size_t i = 0; i < tracker->n_touched; i++) {
        const uint32_t wire = tracker->touched[i];
        struct column *column = &tracker->columns[wire];
        const bool has_x = bits_get(column->x, g), has_z = bits_get(column->z, g);
        if (!has_x && !has_z) {
            continue;
        }
        TRY(append(out_string, wire, (uint8_t)(has_x | has_z << 1)));
        for (size_t w = 0; w < tracker->n_words; w++) {
            column->x[w] ^= has_x ? others[w] : 0;
            column->z[w] ^= has_z ? others[w] : 0;
        }
    }
    bits_set(tracker->live, g, false);
    tracker->n_live--;
    return STATUS_OK;
}

enum status tracker_remove(struct tracker *tracker, bool *out_found,
                           struct tracker_string *out_string, const uint32_t *wires,
                           uint32_t n_wires, uint32_t check) {
    size_t g;
    TRY(touch_all(tracker, wires, n_wires));
    *out_found = find_odd(tracker, &g, wires, n_wires, check);
    if (!*out_found) {
        return STATUS_OK;
    }
    uint64_t *odd = mem_alloc(tracker->n_words, sizeof *odd);
    if (odd == NULL) {
        return STATUS_NOFIT;
    }
    for (size_t w = 0; w < tracker->n_words; w++) {
        odd[w] = parity_word(tracker, wires, n_wires, check, w) & tracker->live[w];
    }
    const enum status status = multiply_out(tracker, out_string, g, odd);
    mem_free(odd);
    return status;
}

enum status tracker_map(struct tracker *tracker, const uint32_t *wires,
                        const struct pauli_map *map) {
    const uint32_t k = map->n_qubits;
    TRY(touch_all(tracker, wires, k));
    for (size_t w = 0; w < tracker->n_words; w++) {
        uint64_t image[2 * GATE_MAX_QUBITS];
        for (uint32_t i = 0; i < 2 * k; i++) {
            image[i] = parity_word(tracker, wires, k, map->image[i], w);
        }
        for (uint32_t i = 0; i < k; i++) {
            tracker->columns[wires[i]].x[w] = image[i];
            tracker->columns[wires[i]].z[w] = image[k + i];
        }
    }
    return STATUS_OK;
}

enum status tracker_set_alone(struct tracker *tracker, uint32_t wire) {
    size_t g;
    TRY(touch(tracker, wire));
    struct column *column = &tracker->columns[wire];
    for (size_t w = 0; w < tracker->n_words; w++) {
        const uint64_t had_z = column->z[w];
        CHECK(column->x[w] == 0);
        column->z[w] = 0;
        drop_empty(tracker, w, had_z);
    }
    if (tracker->n_live > 2 * tracker->n_touched + 64) {
        TRY(compact(tracker));
    }
    TRY(new_generator(tracker, &g));
    bits_set(tracker->columns[wire].z, g, true);
    return STATUS_OK;
}

enum status tracker_set_pair(struct tracker *tracker, uint32_t a, uint32_t b) {
    const uint32_t wires[2] = {a, b};
    size_t xx, zz;
    TRY(touch_all(tracker, wires, 2));
    for (uint32_t i = 0; i < 2; i++) {
        memset(tracker->columns[wires[i]].x, 0, 2 * tracker->n_words * sizeof(uint64_t));
    }
    drop_all_empty(tracker);
    TRY(new_generator(tracker, &xx));
    TRY(new_generator(tracker, &zz));
    for (uint32_t i = 0; i < 2; i++) {
        bits_set(tracker->columns[wires[i]].x, xx, true);
        bits_set(tracker->columns[wires[i]].z, zz, true);
    }
    return STATUS_OK;
}
