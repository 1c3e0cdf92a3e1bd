#include "runtime/tracker.h"

#include <string.h>

#include "base/bits.h"
#include "base/log.h"
#include "base/mem.h"

/* Which generators 64 w ... 64 w + 63 act on a wire with X, with Z: not all of them neither. */
struct letters {
    size_t w;
    uint64_t x, z;
};
/* Of a wire, by w. */
struct column {
    struct letters *words;
    size_t n, cap;
    bool is_touched; /* if not, implicitly Z alone */
};
/* Some of the generators 64 w ... 64 w + 63. */
struct part {
    size_t w;
    uint64_t bits;
};
/* By w. */
struct parts {
    struct part *items;
    size_t n, cap;
};
/* Of a generator: all wires that it acts on, some of them more than once, and some others. */
struct row {
    uint32_t *wires;
    size_t n, cap;
};
struct tracker {
    struct column *columns;    /* per wire */
    uint32_t *met, n_meetings; /* per wire: scratch of prune_row */
    uint32_t n_wires;
    uint32_t *touched;
    size_t n_touched, cap_touched;
    struct row *rows; /* 64 * n_words */
    uint64_t *live;   /* generators in use */
    size_t n_words, n_live;
    size_t first_free; /* words of live before have no zero */
    /* scratch */
    struct parts odd, added;
    struct column images[GATE_MAX_QUBITS];
};

enum status tracker_create(struct tracker **out_tracker, uint32_t n_wires) {
    struct tracker *tracker = mem_alloc(1, sizeof *tracker);
    if (tracker == NULL) {
        return STATUS_NOFIT;
    }
    tracker->n_wires = n_wires;
    tracker->columns = mem_alloc(n_wires, sizeof *tracker->columns);
    tracker->met = mem_alloc(n_wires, sizeof *tracker->met);
    if (tracker->columns == NULL || tracker->met == NULL) {
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
        mem_free(tracker->columns[tracker->touched[i]].words);
    }
    for (size_t g = 0; g < 64 * tracker->n_words; g++) {
        mem_free(tracker->rows[g].wires);
    }
    mem_free(tracker->columns);
    mem_free(tracker->met);
    mem_free(tracker->touched);
    mem_free(tracker->rows);
    mem_free(tracker->live);
    mem_free(tracker->odd.items);
    mem_free(tracker->added.items);
    for (size_t i = 0; i < GATE_MAX_QUBITS; i++) {
        mem_free(tracker->images[i].words);
    }
    mem_free(tracker);
}

static enum status new_column(struct tracker *tracker, uint32_t wire) {
    TRY(vec_reserve(&tracker->touched, tracker->n_touched, &tracker->cap_touched, 1,
                    sizeof *tracker->touched));
    tracker->touched[tracker->n_touched++] = wire;
    tracker->columns[wire].is_touched = true;
    return STATUS_OK;
}

/* ---- generators ---- */

static enum status widen(struct tracker *tracker, size_t n_words) {
    const size_t old = tracker->n_words;
    uint64_t *live = mem_resize(tracker->live, n_words, sizeof *live);
    tracker->live = live != NULL ? live : tracker->live;
    struct row *rows = mem_resize(tracker->rows, n_words, 64 * sizeof *rows);
    tracker->rows = rows != NULL ? rows : tracker->rows;
    if (live == NULL || rows == NULL) {
        return STATUS_NOFIT;
    }
    memset(live + old, 0, (n_words - old) * sizeof *live);
    memset(rows + 64 * old, 0, (n_words - old) * 64 * sizeof *rows);
    tracker->n_words = n_words;
    return STATUS_OK;
}

enum status tracker_copy(struct tracker **out_tracker, const struct tracker *tracker) {
    struct tracker *copy;
    TRY(tracker_create(&copy, tracker->n_wires));
    enum status status = widen(copy, tracker->n_words);
    copy->n_live = tracker->n_live;
    copy->first_free = tracker->first_free;
    if (status == STATUS_OK && tracker->n_words > 0) {
        memcpy(copy->live, tracker->live, tracker->n_words * sizeof *copy->live);
    }
    for (size_t i = 0; i < tracker->n_touched && status == STATUS_OK; i++) {
        const struct column *from = &tracker->columns[tracker->touched[i]];
        struct column *to = &copy->columns[tracker->touched[i]];
        TRY_GOTO(new_column(copy, tracker->touched[i]), done);
        TRY_GOTO(vec_reserve(&to->words, 0, &to->cap, from->n, sizeof *to->words), done);
        if (from->n > 0) {
            memcpy(to->words, from->words, from->n * sizeof *to->words);
        }
        to->n = from->n;
    }
    for (size_t g = 0; g < 64 * tracker->n_words && status == STATUS_OK; g++) {
        const struct row *from = &tracker->rows[g];
        struct row *to = &copy->rows[g];
        TRY_GOTO(vec_reserve(&to->wires, 0, &to->cap, from->n, sizeof *to->wires), done);
        if (from->n > 0) {
            memcpy(to->wires, from->wires, from->n * sizeof *to->wires);
        }
        to->n = from->n;
    }
done:
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

/* The first word of a column from w on. */
static size_t find_word(const struct column *column, size_t w) {
    size_t low = 0, high = column->n;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (column->words[middle].w < w) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* 1: X, 2: Z, 3: Y. */
static uint8_t get_letter(const struct tracker *tracker, uint32_t wire, size_t g) {
    const struct column *column = &tracker->columns[wire];
    const size_t i = find_word(column, g / 64);
    if (i == column->n || column->words[i].w != g / 64) {
        return 0;
    }
    return (uint8_t)((column->words[i].x >> g % 64 & 1) | (column->words[i].z >> g % 64 & 1) << 1);
}

/* Each wire that the generator acts on once, and no others. */
static void prune_row(struct tracker *tracker, size_t g) {
    struct row *row = &tracker->rows[g];
    size_t n = 0;
    if (++tracker->n_meetings == 0) {
        memset(tracker->met, 0, tracker->n_wires * sizeof *tracker->met);
        tracker->n_meetings = 1;
    }
    for (size_t i = 0; i < row->n; i++) {
        const uint32_t wire = row->wires[i];
        if (tracker->met[wire] != tracker->n_meetings && get_letter(tracker, wire, g) != 0) {
            tracker->met[wire] = tracker->n_meetings;
            row->wires[n++] = wire;
        }
    }
    row->n = n;
}

/* Half of the places are free after that, so that a wire costs the same however long the row. */
static enum status add_to_row(struct tracker *tracker, size_t g, uint32_t wire) {
    struct row *row = &tracker->rows[g];
    if (row->n == row->cap && row->n > 0) {
        prune_row(tracker, g);
        TRY(vec_reserve(&row->wires, row->n, &row->cap, row->n + 1, sizeof *row->wires));
    }
    TRY(vec_reserve(&row->wires, row->n, &row->cap, 1, sizeof *row->wires));
    row->wires[row->n++] = wire;
    return STATUS_OK;
}

static bool is_empty(struct tracker *tracker, size_t g) {
    struct row *row = &tracker->rows[g];
    while (row->n > 0 && get_letter(tracker, row->wires[row->n - 1], g) == 0) {
        row->n--;
    }
    return row->n == 0;
}

/* Puts a word after the others. */
static enum status push_word(struct column *image, size_t w, uint64_t x, uint64_t z) {
    if ((x | z) == 0) {
        return STATUS_OK;
    }
    TRY(vec_reserve(&image->words, image->n, &image->cap, 1, sizeof *image->words));
    image->words[image->n++] = (struct letters){.w = w, .x = x, .z = z};
    return STATUS_OK;
}

static enum status push_part(struct parts *parts, size_t w, uint64_t bits) {
    if (bits == 0) {
        return STATUS_OK;
    }
    TRY(vec_reserve(&parts->items, parts->n, &parts->cap, 1, sizeof *parts->items));
    parts->items[parts->n++] = (struct part){.w = w, .bits = bits};
    return STATUS_OK;
}

/* Generators that act by the image and did not by the column. */
static enum status list_new(struct parts *out, const struct column *column,
                            const struct column *image) {
    out->n = 0;
    for (size_t i = 0, at = 0; i < image->n; i++) {
        const struct letters *word = &image->words[i];
        while (at < column->n && column->words[at].w < word->w) {
            at++;
        }
        const bool has = at < column->n && column->words[at].w == word->w;
        const uint64_t old = has ? column->words[at].x | column->words[at].z : 0;
        TRY(push_part(out, word->w, (word->x | word->z) & ~old));
    }
    return STATUS_OK;
}

/* Copied, so that a column takes no more than it needs. */
static enum status set_column(struct tracker *tracker, uint32_t wire, const struct column *image) {
    struct column *column = &tracker->columns[wire];
    TRY(list_new(&tracker->added, column, image));
    if (column->cap / 8 > image->n) {
        mem_free(column->words);
        column->words = NULL;
        column->n = column->cap = 0;
    }
    TRY(vec_reserve(&column->words, 0, &column->cap, image->n, sizeof *column->words));
    if (image->n > 0) {
        memcpy(column->words, image->words, image->n * sizeof *column->words);
    }
    column->n = image->n;
    for (size_t i = 0; i < tracker->added.n; i++) {
        const struct part *part = &tracker->added.items[i];
        for (uint64_t rest = part->bits; rest != 0; rest &= rest - 1) {
            TRY(add_to_row(tracker, 64 * part->w + (size_t)bits_lowest(rest), wire));
        }
    }
    return STATUS_OK;
}

static void drop_generator(struct tracker *tracker, size_t g) {
    bits_set(tracker->live, g, false);
    tracker->n_live--;
    tracker->rows[g].n = 0;
    tracker->first_free = g / 64 < tracker->first_free ? g / 64 : tracker->first_free;
}

/* The first number that is free, acting on nothing. */
static enum status new_generator(struct tracker *tracker, size_t *out_index) {
    size_t w = tracker->first_free;
    while (w < tracker->n_words && ~tracker->live[w] == 0) {
        w++;
    }
    tracker->first_free = w;
    if (w == tracker->n_words) {
        TRY(widen(tracker, w == 0 ? 1 : 2 * w));
    }
    *out_index = 64 * w + (size_t)bits_lowest(~tracker->live[w]);
    bits_set(tracker->live, *out_index, true);
    tracker->n_live++;
    return STATUS_OK;
}

/* A generator that does not act on the wire yet. */
static enum status add_letter(struct tracker *tracker, size_t g, uint32_t wire, bool x, bool z) {
    struct column *column = &tracker->columns[wire];
    const size_t w = g / 64, i = find_word(column, w);
    if (i == column->n || column->words[i].w != w) {
        TRY(vec_reserve(&column->words, column->n, &column->cap, 1, sizeof *column->words));
        memmove(column->words + i + 1, column->words + i, (column->n - i) * sizeof *column->words);
        column->words[i] = (struct letters){.w = w};
        column->n++;
    }
    column->words[i].x |= (uint64_t)x << g % 64;
    column->words[i].z |= (uint64_t)z << g % 64;
    return add_to_row(tracker, g, wire);
}

/* An untouched wire gets its column and its generator Z. */
static enum status touch(struct tracker *tracker, uint32_t wire) {
    if (tracker->columns[wire].is_touched) {
        return STATUS_OK;
    }
    size_t g;
    TRY(new_column(tracker, wire));
    TRY(new_generator(tracker, &g));
    return add_letter(tracker, g, wire, false, true);
}

static enum status touch_all(struct tracker *tracker, const uint32_t *wires, uint32_t n_wires) {
    for (uint32_t i = 0; i < n_wires; i++) {
        TRY(touch(tracker, wires[i]));
    }
    return STATUS_OK;
}

/* No generator acts on the wire any more; those that then act on nothing go. */
static void clear_column(struct tracker *tracker, uint32_t wire) {
    struct column *column = &tracker->columns[wire];
    const size_t n = column->n;
    column->n = 0;
    for (size_t i = 0; i < n; i++) {
        const size_t w = column->words[i].w;
        uint64_t rest = (column->words[i].x | column->words[i].z) & tracker->live[w];
        for (; rest != 0; rest &= rest - 1) {
            const size_t g = 64 * w + (size_t)bits_lowest(rest);
            if (is_empty(tracker, g)) {
                drop_generator(tracker, g);
            }
        }
    }
}

/* A generator with this letter on a wire is multiplied onto those in tracker->odd there. */
static enum status multiply_letter(struct tracker *tracker, uint32_t wire, uint8_t letter) {
    const struct column *column = &tracker->columns[wire];
    const struct parts *odd = &tracker->odd;
    struct column *image = &tracker->images[0];
    image->n = 0;
    for (size_t a = 0, b = 0; a < column->n || b < odd->n;) {
        const bool has_word =
            a < column->n && (b == odd->n || column->words[a].w <= odd->items[b].w);
        const struct letters old =
            has_word ? column->words[a] : (struct letters){.w = odd->items[b].w};
        const bool has_bits = b < odd->n && odd->items[b].w == old.w;
        const uint64_t bits = has_bits ? odd->items[b].bits : 0;
        TRY(push_word(image, old.w, old.x ^ (letter & 1 ? bits : 0),
                      old.z ^ (letter & 2 ? bits : 0)));
        a += has_word;
        b += has_bits;
    }
    return set_column(tracker, wire, image);
}

/* Multiplies generator g, whose row is pruned, onto those in tracker->odd. */
static enum status multiply(struct tracker *tracker, size_t g) {
    for (size_t i = 0; i < tracker->rows[g].n; i++) {
        const uint32_t wire = tracker->rows[g].wires[i];
        TRY(multiply_letter(tracker, wire, get_letter(tracker, wire, g)));
    }
    return STATUS_OK;
}

/* Gaussian elimination: dependent generators become empty and go. */
static enum status compact(struct tracker *tracker) {
    struct parts *odd = &tracker->odd;
    uint64_t *todo = mem_alloc(tracker->n_words, sizeof *todo);
    if (todo == NULL) {
        return STATUS_NOFIT;
    }
    enum status status = STATUS_OK;
    memcpy(todo, tracker->live, tracker->n_words * sizeof *todo);
    for (size_t i = 0; i < 2 * tracker->n_touched; i++) {
        const struct column *column = &tracker->columns[tracker->touched[i / 2]];
        odd->n = 0;
        for (size_t k = 0; k < column->n; k++) {
            const struct letters *word = &column->words[k];
            const uint64_t bits = (i % 2 == 0 ? word->x : word->z) & todo[word->w];
            TRY_GOTO(push_part(odd, word->w, bits), done);
        }
        if (odd->n > 0) {
            const size_t g = 64 * odd->items[0].w + (size_t)bits_lowest(odd->items[0].bits);
            bits_set(todo, g, false);
            odd->items[0].bits &= odd->items[0].bits - 1;
            prune_row(tracker, g);
            TRY_GOTO(multiply(tracker, g), done);
        }
    }
    for (size_t g = 0; g < 64 * tracker->n_words; g++) {
        if (bits_get(tracker->live, g) && is_empty(tracker, g)) {
            drop_generator(tracker, g);
        }
    }
done:
    mem_free(todo);
    return status;
}

bool tracker_is_silent(const struct tracker *tracker, const uint32_t *wires, uint32_t n_wires) {
    for (uint32_t i = 0; i < n_wires; i++) {
        const struct column *column = &tracker->columns[wires[i]];
        if (!column->is_touched || column->n > 0) {
            return false;
        }
    }
    return true;
}

/* Columns side by side. */
struct meeting {
    const struct column *columns[GATE_MAX_QUBITS];
    size_t next[GATE_MAX_QUBITS];
    struct letters words[GATE_MAX_QUBITS]; /* of one w */
    uint32_t n;
};

static void meet(struct meeting *out, const struct tracker *tracker, const uint32_t *wires,
                 uint32_t n_wires) {
    CHECK(n_wires <= GATE_MAX_QUBITS);
    out->n = n_wires;
    for (uint32_t i = 0; i < n_wires; i++) {
        out->columns[i] = &tracker->columns[wires[i]];
        out->next[i] = 0;
    }
}

/* The next words that are not 0 on all wires. */
static bool next_words(struct meeting *meeting) {
    size_t w = SIZE_MAX;
    for (uint32_t i = 0; i < meeting->n; i++) {
        const struct column *column = meeting->columns[i];
        const size_t at = meeting->next[i];
        w = at < column->n && column->words[at].w < w ? column->words[at].w : w;
    }
    for (uint32_t i = 0; i < meeting->n && w < SIZE_MAX; i++) {
        const struct column *column = meeting->columns[i];
        const bool has = meeting->next[i] < column->n && column->words[meeting->next[i]].w == w;
        meeting->words[i] = has ? column->words[meeting->next[i]] : (struct letters){.w = w};
        meeting->next[i] += has;
    }
    return w < SIZE_MAX;
}

static uint64_t parity_word(const struct meeting *meeting, uint32_t mask) {
    uint64_t parity = 0;
    for (uint32_t rest = mask; rest != 0; rest &= rest - 1) {
        const uint32_t i = (uint32_t)bits_lowest(rest), n = meeting->n;
        parity ^= i < n ? meeting->words[i].x : meeting->words[i - n].z;
    }
    return parity;
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

static enum status list_letters(struct tracker_string *out, struct tracker *tracker, size_t g) {
    out->n = 0;
    prune_row(tracker, g);
    for (size_t i = 0; i < tracker->rows[g].n; i++) {
        const uint32_t wire = tracker->rows[g].wires[i];
        TRY(append(out, wire, get_letter(tracker, wire, g)));
    }
    return STATUS_OK;
}

enum status tracker_remove(struct tracker *tracker, bool *out_found,
                           struct tracker_string *out_string, const uint32_t *wires,
                           uint32_t n_wires, uint32_t check) {
    struct meeting meeting;
    TRY(touch_all(tracker, wires, n_wires));
    meet(&meeting, tracker, wires, n_wires);
    tracker->odd.n = 0;
    while (next_words(&meeting)) {
        TRY(push_part(&tracker->odd, meeting.words[0].w, parity_word(&meeting, check)));
    }
    *out_found = tracker->odd.n > 0;
    if (!*out_found) {
        return STATUS_OK;
    }
    /* The youngest generator (highest index) with parity 1: pairs come after what they meet. */
    const struct part *last = &tracker->odd.items[tracker->odd.n - 1];
    const size_t g = 64 * last->w + floor_log2(last->bits);
    TRY(list_letters(out_string, tracker, g));
    TRY(multiply(tracker, g));
    drop_generator(tracker, g);
    return STATUS_OK;
}

enum status tracker_map(struct tracker *tracker, const uint32_t *wires,
                        const struct pauli_map *map) {
    const uint32_t k = map->n_qubits;
    struct meeting meeting;
    TRY(touch_all(tracker, wires, k));
    meet(&meeting, tracker, wires, k);
    for (uint32_t i = 0; i < k; i++) {
        tracker->images[i].n = 0;
    }
    while (next_words(&meeting)) {
        for (uint32_t i = 0; i < k; i++) {
            TRY(push_word(&tracker->images[i], meeting.words[i].w,
                          parity_word(&meeting, map->image[i]),
                          parity_word(&meeting, map->image[k + i])));
        }
    }
    for (uint32_t i = 0; i < k; i++) {
        TRY(set_column(tracker, wires[i], &tracker->images[i]));
    }
    return STATUS_OK;
}

enum status tracker_set_alone(struct tracker *tracker, uint32_t wire) {
    size_t g;
    TRY(touch(tracker, wire));
    for (size_t i = 0; i < tracker->columns[wire].n; i++) {
        CHECK(tracker->columns[wire].words[i].x == 0);
    }
    clear_column(tracker, wire);
    if (tracker->n_live > 2 * tracker->n_touched + 64) {
        TRY(compact(tracker));
    }
    TRY(new_generator(tracker, &g));
    return add_letter(tracker, g, wire, false, true);
}

enum status tracker_set_pair(struct tracker *tracker, uint32_t a, uint32_t b) {
    const uint32_t wires[2] = {a, b};
    size_t xx, zz;
    TRY(touch_all(tracker, wires, 2));
    for (uint32_t i = 0; i < 2; i++) {
        clear_column(tracker, wires[i]);
    }
    TRY(new_generator(tracker, &xx));
    TRY(new_generator(tracker, &zz));
    for (uint32_t i = 0; i < 2; i++) {
        TRY(add_letter(tracker, xx, wires[i], true, false));
        TRY(add_letter(tracker, zz, wires[i], false, true));
    }
    return STATUS_OK;
}
