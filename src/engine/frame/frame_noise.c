/* Errors. Rare ones come from chains of geometric gaps that start anew for each (site, block): the
 * work is that of the errors, not of the shots. Frequent ones compare the bits of a uniform number
 * with those of the probability, for all shots at once. */
#include <string.h>

#include "base/bits.h"
#include "base/detmath.h"
#include "base/rng.h"
#include "engine/frame/frame_state.h"

static const double most_rare_p = 0.02;

/* What errors act on: groups of qubits, or rows that are flipped, or both. */
struct victims {
    const uint32_t *qubits;
    unsigned group;
    uint64_t *flips;      /* row of target i at flips + i * n_words */
    bool has_identity;    /* letter 1 is I */
    const uint64_t *only; /* shots; NULL: all */
};

static bool is_rare(const struct frame_channel *channel) {
    return channel->p_any <= most_rare_p;
}

/* ---- rare ---- */

static uint32_t choose_letter(const struct frame_channel *channel, uint64_t drawn) {
    const double u = (double)drawn * 0x1p-53 * channel->p_any;
    uint32_t last = 1;
    double sum = 0;
    for (uint32_t i = 0; i < channel->n_letters; i++) {
        if (channel->p[i] > 0) {
            last = i + 1;
            sum += channel->p[i];
            if (u < sum) {
                break;
            }
        }
    }
    return last;
}

static inline uint32_t letter_of(const struct frame_channel *channel, uint64_t drawn) {
    if (channel->only != 0) {
        return channel->only;
    }
    return channel->is_even ? 1 + (uint32_t)((drawn * channel->n_letters) >> 53)
                            : choose_letter(channel, drawn);
}

/* letter: I X Y Z = 0 .. 3 */
static inline void hit_qubit(uint64_t *x, size_t n_words, uint32_t letter, unsigned shift) {
    x[0] ^= (uint64_t)((letter + 1) >> 1 & 1) << shift;
    x[n_words] ^= (uint64_t)(letter >> 1) << shift;
}

static inline bool is_spared(const struct victims *victims, uint32_t shot) {
    return victims->only != NULL && !bits_get(victims->only, shot);
}

static void hit_singles(const struct frame_state *s, const struct frame_channel *channel,
                        const struct victims *victims, uint32_t first, size_t n) {
    const uint32_t *qubits = victims->qubits + first;
    for (size_t i = 0; i < n; i++) {
        const uint32_t shot = frame_item_shot(s->items[i]);
        if (is_spared(victims, shot)) {
            continue;
        }
        uint64_t *x = frame_x(s, qubits[frame_item_target(s->items[i])]) + shot / 64;
        const uint32_t letter = letter_of(channel, s->draws[i]) - victims->has_identity;
        hit_qubit(x, s->n_words, letter, shot % 64);
    }
}

static void hit_pairs(const struct frame_state *s, const struct frame_channel *channel,
                      const struct victims *victims, uint32_t first, size_t n) {
    const uint32_t *qubits = victims->qubits + 2 * (size_t)first;
    for (size_t i = 0; i < n; i++) {
        const uint32_t shot = frame_item_shot(s->items[i]);
        if (is_spared(victims, shot)) {
            continue;
        }
        const uint32_t *pair = qubits + 2 * (size_t)frame_item_target(s->items[i]);
        const uint32_t letters = letter_of(channel, s->draws[i]);
        hit_qubit(frame_x(s, pair[0]) + shot / 64, s->n_words, letters >> 2, shot % 64);
        hit_qubit(frame_x(s, pair[1]) + shot / 64, s->n_words, letters & 3, shot % 64);
    }
}

static void hit_rows(const struct frame_state *s, const struct victims *victims, uint32_t first,
                     size_t n) {
    for (size_t i = 0; i < n; i++) {
        const uint32_t shot = frame_item_shot(s->items[i]);
        const size_t target = first + frame_item_target(s->items[i]);
        bits_flip(victims->flips + target * s->n_words, shot);
    }
}

/* All errors of targets first .. first + n - 1. */
static void draw_rare_part(struct frame_state *s, const struct frame_channel *channel,
                           const struct victims *victims, uint32_t first, size_t n,
                           const struct frame_rare *rare) {
    size_t n_items = n * s->options.n_blocks;
    memcpy(s->items, s->template, n_items * sizeof *s->items);
    for (uint32_t j = 0; n_items > 0; j++) {
        n_items = s->kernels->advance(s->items, s->draws, n_items, rare, j);
        if (victims->flips != NULL) {
            hit_rows(s, victims, first, n_items);
        }
        if (victims->group == 1) {
            hit_singles(s, channel, victims, first, n_items);
        } else if (victims->group == 2) {
            hit_pairs(s, channel, victims, first, n_items);
        }
    }
}

static void draw_rare(struct frame_state *s, const struct frame_channel *channel,
                      const struct victims *victims, uint32_t n, struct frame_rare rare) {
    const uint32_t n_part = FRAME_MAX_ITEMS / s->options.n_blocks;
    for (uint32_t first = 0; first < n; first += n_part) {
        const uint32_t n_left = n - first;
        draw_rare_part(s, channel, victims, first, n_left < n_part ? n_left : n_part, &rare);
        rare.site += (uint64_t)n_part * rare.site_stride;
    }
}

/* ---- frequent ---- */

/* out = 1 with probability p in each shot: u < p is decided at the first bit in which they differ.
 * `index` tells apart the rows of one site. */
static void draw_level_row(const struct frame_state *s, uint64_t *out, double p, uint64_t site,
                           uint32_t index) {
    uint64_t *undecided = s->rest, *coin = s->scratch;
    struct frame_coins coins = {s->options.seed, site, 0, s->first_block, 0};
    memset(out, p >= 1 ? 0xff : 0, s->n_words * sizeof *out);
    if (p >= 1 || p <= 0) {
        return;
    }
    memset(undecided, 0xff, s->n_words * sizeof *undecided);
    uint64_t bits = (uint64_t)(p * 0x1p64), any = UINT64_MAX;
    for (uint32_t level = 0; bits != 0 && any != 0; level++, bits <<= 1) {
        const uint64_t bit = (uint64_t)0 - (bits >> 63);
        coins.stream = RNG_LEVEL + ((64 * index + level) << 8);
        s->kernels->toss(coin, s->n_words, &coins);
        any = 0;
        for (size_t w = 0; w < s->n_words; w++) {
            out[w] |= undecided[w] & ~coin[w] & bit;
            undecided[w] &= ~(coin[w] ^ bit);
            any |= undecided[w];
        }
    }
}

/* The letters one after the other, each among the shots that have none yet. */
static void draw_frequent_target(struct frame_state *s, const struct frame_channel *channel,
                                 const struct victims *victims, uint32_t target, uint64_t site) {
    uint64_t *taken = s->hits, *row = s->letter;
    double p_left = 1;
    memset(taken, 0, s->n_words * sizeof *taken);
    for (uint32_t i = 0; i < channel->n_letters; i++) {
        if (channel->p[i] <= 0) {
            continue;
        }
        draw_level_row(s, row, channel->p[i] >= p_left ? 1.0 : channel->p[i] / p_left, site, i);
        p_left -= channel->p[i];
        for (size_t w = 0; w < s->n_words; w++) {
            row[w] &= ~taken[w];
            taken[w] |= row[w];
            row[w] &= victims->only != NULL ? victims->only[w] : UINT64_MAX;
        }
        const uint32_t letters = i + 1 - victims->has_identity;
        if (victims->group == 2) {
            frame_apply(s, frame_pauli(victims->qubits[2 * (size_t)target], letters >> 2), row);
            frame_apply(s, frame_pauli(victims->qubits[2 * (size_t)target + 1], letters & 3), row);
        } else if (victims->group == 1) {
            frame_apply(s, frame_pauli(victims->qubits[target], letters), row);
        }
    }
    if (victims->flips != NULL) {
        s->kernels->add(victims->flips + target * s->n_words, taken, s->n_words);
    }
}

static void draw_errors(struct frame_state *s, const struct frame_channel *channel,
                        const struct victims *victims, uint32_t n, uint64_t site,
                        uint32_t site_stride, uint32_t stream) {
    if (channel->p_any <= 0) {
        return;
    }
    if (is_rare(channel)) {
        const double least = det_exp(FRAME_BLOCK_SHOTS * channel->log_keep) * (1 - 1e-9);
        const struct frame_rare rare = {
            s->options.seed,           site, site_stride, s->first_block, stream, channel->log_keep,
            (uint64_t)(least * 0x1p53)};
        draw_rare(s, channel, victims, n, rare);
        return;
    }
    for (uint32_t i = 0; i < n; i++) {
        draw_frequent_target(s, channel, victims, i, site + (uint64_t)i * site_stride);
    }
}

void frame_draw_noise(struct frame_state *s, const struct frame_channel *channel,
                      const uint32_t *qubits, uint32_t n, unsigned group, uint64_t site,
                      uint32_t stream, const uint64_t *only) {
    const struct victims victims = {.qubits = qubits, .group = group, .only = only};
    draw_errors(s, channel, &victims, n, site, 1, stream);
}

void frame_draw_flips(struct frame_state *s, const struct frame_channel *channel, uint64_t *rows,
                      uint32_t n, uint64_t site, uint32_t site_stride) {
    const struct victims victims = {.flips = rows};
    draw_errors(s, channel, &victims, n, site, site_stride, RNG_NOISE);
}

void frame_draw_heralds(struct frame_state *s, const struct frame_channel *channel,
                        const uint32_t *qubits, uint64_t *rows, uint32_t n, uint64_t site) {
    const struct victims victims = {
        .qubits = qubits, .group = 1, .flips = rows, .has_identity = true};
    draw_errors(s, channel, &victims, n, site, 1, RNG_NOISE);
}
