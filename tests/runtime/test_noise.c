/* Rare errors: rates, letters, and independence of how columns and blocks are batched. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "runtime/noise.h"

enum { SHOTS = 1 << 16, WORDS = SHOTS / 64 };

struct seen {
    uint8_t letter[SHOTS];
    size_t n[16], n_total;
};

static void note(void *ctx, size_t column, uint32_t letter) {
    struct seen *seen = ctx;
    cr_assert(column < SHOTS && letter >= 1 && letter <= 15 && seen->letter[column] == 0);
    seen->letter[column] = (uint8_t)letter;
    seen->n[letter]++;
    seen->n_total++;
}

static void draw(struct seen *out, const double *p, uint32_t n_letters, uint32_t block,
                 uint64_t first_block, size_t n_words, uint64_t pattern) {
    uint64_t *mask = malloc(n_words * sizeof *mask);
    struct columns columns;
    const struct noise_chain chain = {7, 11, RNG_NOISE, p, n_letters};
    memset(out, 0, sizeof *out);
    for (size_t w = 0; w < n_words; w++) {
        mask[w] = pattern;
    }
    cr_assert(columns_create(&columns, mask, n_words) == STATUS_OK);
    noise_visit(&chain, &columns, first_block, block, note, out);
    columns_fini(&columns);
    free(mask);
}

Test(noise, letters_come_at_their_rates) {
    static struct seen seen;
    static const double rates[][3] = {
        {0.01, 0, 0.03}, {0.3, 0.2, 0.4}, {1e-3, 1e-3, 1e-3}, {0, 1, 0}, {0, 0, 0}};
    for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
        draw(&seen, rates[i], 3, 1024, 0, WORDS, ~UINT64_C(0));
        for (int letter = 1; letter <= 3; letter++) {
            const double p = rates[i][letter - 1], mean = p * SHOTS;
            cr_assert(fabs((double)seen.n[letter] - mean) <= 4.5 * sqrt(mean * (1 - p)) + 1e-9,
                      "rate %g: %zu of %d", p, seen.n[letter], SHOTS);
        }
    }
}

Test(noise, an_error_depends_on_its_block_alone) {
    static struct seen all, part;
    static const double p[3] = {0.02, 0.01, 0.03};
    const uint32_t blocks[] = {1, 64, 100, 1000, 1024};
    for (size_t i = 0; i < 5; i++) {
        const uint32_t block = blocks[i];
        const size_t n_blocks = 7;
        draw(&all, p, 3, block, 0, WORDS, ~UINT64_C(0));
        /* the same blocks as a batch of their own */
        draw(&part, p, 3, block, n_blocks, WORDS / 2, ~UINT64_C(0));
        for (size_t s = 0; s < SHOTS / 2 && s + n_blocks * block < SHOTS; s++) {
            cr_assert_eq(part.letter[s], all.letter[s + n_blocks * block], "block %u shot %zu",
                         block, s);
        }
        /* other columns present or not */
        draw(&part, p, 3, block, 0, WORDS, UINT64_C(0xf0f00000ffff1234));
        for (size_t s = 0; s < SHOTS; s++) {
            const bool is_in = (UINT64_C(0xf0f00000ffff1234) >> (s % 64)) & 1;
            cr_assert_eq(part.letter[s], is_in ? all.letter[s] : 0);
        }
    }
}

Test(noise, gaps_are_geometric) {
    static struct seen seen;
    const double p[3] = {0.05, 0, 0};
    size_t n_gaps = 0, n_next = 0;
    draw(&seen, p, 3, SHOTS, 0, WORDS, ~UINT64_C(0));
    for (size_t s = 0; s + 1 < SHOTS; s++) {
        n_gaps += seen.letter[s] != 0;
        n_next += seen.letter[s] != 0 && seen.letter[s + 1] != 0;
    }
    cr_assert_float_eq((double)n_next / (double)n_gaps, 0.05,
                       4.5 * sqrt(0.05 * 0.95 / (double)n_gaps));
}
