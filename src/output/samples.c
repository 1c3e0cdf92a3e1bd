#include "output/samples.h"

#include <string.h>

#include "base/bits.h"
#include "base/log.h"

const char *const samples_format_names[SAMPLES_FORMAT_COUNT] = {"01",   "b8",   "r8",
                                                                "hits", "dets", "ptb64"};

/* ---- shot by shot ---- */

/* Words of a shot from bit `first` on, bits beyond n cleared. */
static uint64_t get_word(const uint64_t *shot, const struct samples_layout *layout, size_t w) {
    const size_t bit = layout->first + 64 * w, n_left = layout->n - 64 * w;
    const unsigned shift = bit % 64;
    const size_t last = (layout->first + layout->n - 1) / 64;
    uint64_t word = shot[bit / 64] >> shift;
    if (shift != 0 && bit / 64 < last) {
        word |= shot[bit / 64 + 1] << (64 - shift);
    }
    return n_left < 64 ? word & (BIT64(n_left) - 1) : word;
}

static void add_01(struct text *out, const struct samples_layout *layout, const uint64_t *shot) {
    char *at = text_extend(out, layout->n + 1);
    if (at == NULL) {
        return;
    }
    for (size_t w = 0; w < bits_words(layout->n); w++) {
        const size_t n = layout->n - 64 * w < 64 ? layout->n - 64 * w : 64;
        const uint64_t word = get_word(shot, layout, w);
        for (size_t i = 0; i < n; i++) {
            *at++ = (char)('0' + (word >> i & 1));
        }
    }
    *at = '\n';
}

/* Words lie with their lowest byte first on the machines that this is built for. */
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "b8 is copied from words");

static void add_b8(struct text *out, const struct samples_layout *layout, const uint64_t *shot) {
    const size_t n_bytes = (layout->n + 7) / 8;
    char *at = text_extend(out, n_bytes);
    if (at == NULL || n_bytes == 0) {
        return;
    }
    if (layout->first == 0) {
        memcpy(at, shot, n_bytes);
        const unsigned n_last = layout->n % 8;
        at[n_bytes - 1] = (char)(at[n_bytes - 1] & (n_last != 0 ? (1 << n_last) - 1 : 0xff));
        return;
    }
    for (size_t w = 0; w < bits_words(layout->n); w++) {
        const size_t n = n_bytes - 8 * w < 8 ? n_bytes - 8 * w : 8;
        const uint64_t word = get_word(shot, layout, w);
        memcpy(at + 8 * w, &word, n);
    }
}

/* Calls add for the number of each one. */
static void visit_ones(struct text *out, const struct samples_layout *layout, const uint64_t *shot,
                       void (*add)(struct text *out, const struct samples_layout *layout,
                                   size_t *state, size_t bit),
                       size_t *state) {
    for (size_t w = 0; w < bits_words(layout->n); w++) {
        for (uint64_t word = get_word(shot, layout, w); word != 0; word &= word - 1) {
            add(out, layout, state, 64 * w + (size_t)bits_lowest(word));
        }
    }
}

/* state: the first bit that no byte stands for yet */
static void add_run(struct text *out, const struct samples_layout *layout, size_t *state,
                    size_t bit) {
    (void)layout;
    size_t n_zeros = bit - *state;
    for (; n_zeros >= 255; n_zeros -= 255) {
        text_add_n(out, "\xff", 1);
    }
    const char byte = (char)n_zeros;
    text_add_n(out, &byte, 1);
    *state = bit + 1;
}

static void add_number(struct text *out, size_t number) {
    char digits[24];
    size_t n = sizeof digits;
    do {
        digits[--n] = (char)('0' + number % 10);
        number /= 10;
    } while (number != 0);
    text_add_n(out, digits + n, sizeof digits - n);
}

/* state: ones so far */
static void add_hit(struct text *out, const struct samples_layout *layout, size_t *state,
                    size_t bit) {
    (void)layout;
    if ((*state)++ > 0) {
        text_add_n(out, ",", 1);
    }
    add_number(out, bit);
}

static void add_det(struct text *out, const struct samples_layout *layout, size_t *state,
                    size_t bit) {
    (void)state;
    const bool is_observable = layout->letter == 'D' && bit >= layout->n_detectors;
    const char head[2] = {' ', is_observable ? 'L' : layout->letter};
    text_add_n(out, head, 2);
    add_number(out, is_observable ? bit - layout->n_detectors : bit);
}

static void add_dets(struct text *out, const struct samples_layout *layout, const uint64_t *shot) {
    text_add(out, "shot");
    if (layout->observables_first) {
        struct samples_layout part = {
            .first = layout->n_detectors, .n = layout->n - layout->n_detectors, .letter = 'L'};
        visit_ones(out, &part, shot, add_det, NULL);
        part = (struct samples_layout){
            .n = layout->n_detectors, .letter = 'D', .n_detectors = layout->n_detectors};
        visit_ones(out, &part, shot, add_det, NULL);
    } else {
        visit_ones(out, layout, shot, add_det, NULL);
    }
    text_add_n(out, "\n", 1);
}

static void add_shot(struct text *out, const struct samples_layout *layout, const uint64_t *shot) {
    size_t state = 0;
    switch (layout->format) {
    case SAMPLES_01:
        add_01(out, layout, shot);
        return;
    case SAMPLES_B8:
        add_b8(out, layout, shot);
        return;
    case SAMPLES_R8:
        visit_ones(out, layout, shot, add_run, &state);
        add_run(out, layout, &state, layout->n);
        return;
    case SAMPLES_HITS:
        visit_ones(out, layout, shot, add_hit, &state);
        text_add_n(out, "\n", 1);
        return;
    case SAMPLES_DETS:
        add_dets(out, layout, shot);
        return;
    case SAMPLES_PTB64:
    case SAMPLES_FORMAT_COUNT:
        break;
    }
}

/* ---- 64 shots at a time ---- */

static void add_ptb64(struct text *out, const struct samples_layout *layout,
                      const struct sample_block *block) {
    for (size_t w = 0; w < block->n_shots / 64; w++) {
        char *at = text_extend(out, 8 * layout->n);
        for (size_t i = 0; i < layout->n && at != NULL; i++, at += 8) {
            const size_t bit = layout->first + i;
            uint64_t word = block->rows[bit * block->row_words + w];
            if (block->reference != NULL && bits_get(block->reference, bit)) {
                word = ~word;
            }
            memcpy(at, &word, sizeof word);
        }
    }
}

uint64_t samples_bytes_of_64(const struct samples_layout *layout) {
    switch (layout->format) {
    case SAMPLES_01:
        return 64 * ((uint64_t)layout->n + 1);
    case SAMPLES_B8:
        return 64 * (((uint64_t)layout->n + 7) / 8);
    case SAMPLES_PTB64:
        return 8 * (uint64_t)layout->n;
    case SAMPLES_R8:
    case SAMPLES_HITS:
    case SAMPLES_DETS:
    case SAMPLES_FORMAT_COUNT:
        break;
    }
    return 0;
}

void samples_add(struct text *out, const struct samples_layout *layout,
                 const struct sample_block *block) {
    if (layout->format == SAMPLES_PTB64) {
        add_ptb64(out, layout, block);
        return;
    }
    for (size_t s = 0; s < block->n_shots; s++) {
        add_shot(out, layout, block->bits + s * block->stride);
    }
}

/* ---- reading ---- */

static enum status refuse(const char *name, const char *what) {
    return log_error(STATUS_INPUT, "%s: %s", name, what);
}

static enum status read_01(uint64_t *out_rows, size_t row_words, const char *name, const char *text,
                           size_t n, size_t n_bits, uint64_t n_shots) {
    size_t at = 0;
    for (uint64_t s = 0; s < n_shots; s++) {
        for (size_t i = 0; i < n_bits; i++, at++) {
            if (at >= n || (text[at] != '0' && text[at] != '1')) {
                return refuse(name, "expected a line of as many digits 0 and 1 as there are bits, "
                                    "for each shot");
            }
            bits_set(out_rows + i * row_words, s, text[at] == '1');
        }
        at += at < n && text[at] == '\r';
        if (at < n ? text[at] != '\n' : s + 1 < n_shots) {
            return refuse(name, "a line has another number of digits than there are bits, or there "
                                "are too few lines");
        }
        at++;
    }
    return at < n ? refuse(name, "there are more lines than shots") : STATUS_OK;
}

static enum status read_bytes(uint64_t *out_rows, size_t row_words, bool is_ptb64, const char *name,
                              const char *text, size_t n, size_t n_bits, uint64_t n_shots) {
    const size_t n_bytes = is_ptb64 ? n_bits : (n_bits + 7) / 8; /* a shot; ptb64: 8 shots */
    if ((is_ptb64 && n_shots % 64 != 0) || n != n_bytes * (is_ptb64 ? n_shots / 8 : n_shots)) {
        return refuse(name, "it has another length than that many bits of that many shots have");
    }
    for (uint64_t s = 0; s < n_shots; s++) {
        for (size_t i = 0; i < n_bits; i++) {
            const size_t bit = is_ptb64 ? (s / 64 * n_bits + i) * 64 + s % 64 : s * 8 * n_bytes + i;
            bits_set(out_rows + i * row_words, s,
                     ((unsigned char)text[bit / 8] >> (bit % 8) & 1) != 0);
        }
    }
    return STATUS_OK;
}

enum status samples_read(uint64_t *out_rows, size_t row_words, enum samples_format format,
                         const char *name, const char *text, size_t n, size_t n_bits,
                         uint64_t n_shots) {
    switch (format) {
    case SAMPLES_01:
        return read_01(out_rows, row_words, name, text, n, n_bits, n_shots);
    case SAMPLES_B8:
    case SAMPLES_PTB64:
        return read_bytes(out_rows, row_words, format == SAMPLES_PTB64, name, text, n, n_bits,
                          n_shots);
    case SAMPLES_R8:
    case SAMPLES_HITS:
    case SAMPLES_DETS:
    case SAMPLES_FORMAT_COUNT:
        break;
    }
    return refuse(name, "only 01, b8 and ptb64 are read");
}
