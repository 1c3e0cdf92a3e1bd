/* Frame kernels: every ISA against naive code, one bit or one draw at a time. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "base/bits.h"
#include "base/cpu.h"
#include "base/detmath.h"
#include "base/rng.h"
#include "kernels/frame.h"

enum { N_QUBITS = 5, N_BLOCKS = 3, N_WORDS = N_BLOCKS * FRAME_BLOCK_WORDS, N_ITEMS = 203 };
enum { SEED = 99 };
static const enum rng_stream STREAM = RNG_TEST;

static uint64_t n_drawn;

static uint64_t draw_word(void) {
    const struct rng_block block = rng_draw(7, n_drawn++, 0, RNG_TEST);
    return (uint64_t)block.word[1] << 32 | block.word[0];
}

static void fill(uint64_t *words, size_t n) {
    for (size_t i = 0; i < n; i++) {
        words[i] = draw_word();
    }
}

static const struct frame_kernels *next_isa(int isa) {
    enum cpu_isa best;
    cr_assert_eq(cpu_detect_isa(&best), STATUS_OK);
    return isa <= (int)best ? frame_kernels_get((enum cpu_isa)isa) : NULL;
}

#define EACH_ISA(k)                                                                                \
    for (int isa_ = 0; isa_ < 3; isa_++)                                                           \
        for (const struct frame_kernels *k = next_isa(isa_); k != NULL; k = NULL)

/* Bit s of a row of coins, as the header defines it. */
static bool naive_coin(uint64_t site, uint32_t first_block, size_t shot) {
    const size_t block = shot / 1024, word = shot % 1024 / 64, bit = shot % 64;
    const struct rng_block drawn =
        rng_draw(SEED, site, (uint32_t)(8 * (first_block + block) + word % 8), STREAM);
    const uint32_t *half = &drawn.word[word < 8 ? 0 : 2];
    return ((uint64_t)half[1] << 32 | half[0]) >> bit & 1;
}

Test(frame, isas_have_their_names) {
    EACH_ISA(k) {
        cr_expect_str_eq(k->isa, cpu_isa_name((enum cpu_isa)isa_));
    }
}

Test(frame, toss) {
    _Alignas(64) uint64_t row[N_WORDS];
    const struct frame_coins coins = {SEED, UINT64_C(0xfffffffff7), 2, 11, STREAM};
    EACH_ISA(k) {
        k->toss(row, N_WORDS, &coins);
        for (size_t s = 0; s < 64 * N_WORDS; s++) {
            cr_assert_eq(bits_get(row, s), naive_coin(coins.site, 11, s), "%s shot %zu", k->isa, s);
        }
    }
}

/* A row-wise model of each core on pairs (0, 3) and (3, 1): scalar tables are compared with the
 * unitaries in the tests of the engine. */
Test(frame, gates_are_the_same_on_every_isa) {
    static const uint32_t qubits[4] = {0, 3, 3, 1};
    static const uint32_t image[6] = {5, 1, 40, 63, 2, 17};
    _Alignas(64) uint64_t start[2 * N_QUBITS * N_WORDS], want[2 * N_QUBITS * N_WORDS],
        got[2 * N_QUBITS * N_WORDS];
    fill(start, sizeof start / sizeof *start);
    for (unsigned core = 1; core < FRAME_CORE_COUNT; core++) {
        memcpy(want, start, sizeof want);
        frame_kernels_scalar.gate[core](want, N_WORDS, qubits, 2);
        EACH_ISA(k) {
            memcpy(got, start, sizeof got);
            k->gate[core](got, N_WORDS, qubits, 2);
            cr_expect_arr_eq(got, want, sizeof want, "%s core %u", k->isa, core);
        }
    }
    EACH_ISA(k) {
        static const uint32_t three[3] = {4, 0, 2};
        memcpy(got, start, sizeof got);
        k->linear(got, N_WORDS, three, 1, image, 3);
        for (unsigned r = 0; r < 6; r++) {
            for (size_t w = 0; w < N_WORDS; w++) {
                uint64_t sum = 0;
                for (unsigned c = 0; c < 6; c++) {
                    sum ^= image[r] >> c & 1 ? start[(2 * three[c % 3] + c / 3) * N_WORDS + w] : 0;
                }
                cr_assert_eq(got[(2 * three[r % 3] + r / 3) * N_WORDS + w], sum);
            }
        }
    }
}

Test(frame, measure_and_reset) {
    static const uint32_t qubits[2] = {4, 1};
    _Alignas(64) uint64_t start[2 * N_QUBITS * N_WORDS], got[2 * N_QUBITS * N_WORDS],
        out[2 * N_WORDS];
    const struct frame_coins coins = {SEED, 40, 2, 0, STREAM};
    fill(start, sizeof start / sizeof *start);
    EACH_ISA(k) {
        for (unsigned mode = 0; mode < 9; mode++) {
            const unsigned letter = 1 + mode % 3;
            const bool resets = mode >= 3;
            memcpy(got, start, sizeof got);
            if (mode < 6) {
                k->measure(got, N_WORDS, qubits, 2, letter, resets, out, &coins);
            } else {
                k->reset(got, N_WORDS, qubits, 2, letter, &coins);
            }
            for (size_t i = 0; i < 2; i++) {
                const uint64_t *x = start + 2 * qubits[i] * N_WORDS, *z = x + N_WORDS;
                const uint64_t *new_x = got + 2 * qubits[i] * N_WORDS, *new_z = new_x + N_WORDS;
                for (size_t s = 0; s < 64 * N_WORDS; s++) {
                    const bool coin = naive_coin(40 + 2 * i, 0, s);
                    const bool has_x = letter != 3 && coin, has_z = letter != 1 && coin;
                    const bool flip =
                        (letter != 1 && bits_get(x, s)) != (letter != 3 && bits_get(z, s));
                    /* what anticommutes stays, the letter itself is a coin */
                    const bool is_z =
                        (letter != 1 && bits_get(new_x, s)) != (letter != 3 && bits_get(new_z, s));
                    cr_assert_eq(is_z, resets ? false : flip);
                    cr_assert(letter != 3 ? true : bits_get(new_z, s) == has_z);
                    cr_assert(letter != 1 ? true : bits_get(new_x, s) == has_x);
                    cr_assert(letter != 2 ? true : bits_get(new_z, s) == coin);
                    cr_assert(mode >= 6 || bits_get(out + i * N_WORDS, s) == flip);
                }
            }
        }
    }
}

/* One chain by hand; true: an error `gap` shots on. */
static bool naive_gap(uint64_t *out_gap, uint64_t *out_letter, uint64_t site, uint32_t block,
                      uint32_t j, double log_keep, uint32_t rest) {
    const struct rng_block drawn = rng_draw(SEED, site, block, (enum rng_stream)(STREAM + 256 * j));
    const double gap = floor(det_log(1.0 - rng_block_uniform(&drawn, 0)) / log_keep);
    if (gap >= rest) {
        return false;
    }
    *out_gap = (uint64_t)gap;
    *out_letter = (uint64_t)(rng_block_uniform(&drawn, 1) * 0x1p53);
    return true;
}

Test(frame, advance) {
    static const double rates[] = {1e-9, 1e-5, 1e-3, 0.01, 0.02, 0.4};
    uint64_t items[N_ITEMS + 8], draws[N_ITEMS + 8], before[N_ITEMS];
    for (size_t r = 0; r < sizeof rates / sizeof *rates; r++) {
        const struct frame_rare rare = {SEED,
                                        UINT64_C(0x2fffffff0),
                                        3,
                                        5,
                                        STREAM,
                                        det_log(1 - rates[r]),
                                        (uint64_t)(0x1p53 * pow(1 - rates[r], 1024) * (1 - 1e-9))};
        EACH_ISA(k) {
            size_t n = N_ITEMS;
            for (uint32_t i = 0; i < N_ITEMS; i++) {
                items[i] = frame_item(i / 2, i % 2, FRAME_ITEM_START);
            }
            for (uint32_t j = 0; n > 0 && j < 30; j++) {
                size_t n_want = 0;
                memcpy(before, items, n * sizeof *items);
                const size_t n_got = k->advance(items, draws, n, &rare, j);
                for (size_t i = 0; i < n; i++) {
                    const uint32_t target = frame_item_target(before[i]);
                    const uint32_t block = (uint32_t)before[i] >> 16,
                                   rest = ((uint32_t)before[i] & 0xffff) - 1;
                    uint64_t gap, letter;
                    if (!naive_gap(&gap, &letter, rare.site + 3 * target, 5 + block, j,
                                   rare.log_keep, rest)) {
                        continue;
                    }
                    cr_assert_lt(n_want, n_got);
                    cr_assert_eq(frame_item_target(items[n_want]), target);
                    cr_assert_eq(frame_item_shot(items[n_want]), 1024 * block + 1024 - rest + gap);
                    cr_assert_eq(draws[n_want], letter);
                    n_want++;
                }
                cr_assert_eq(n_got, n_want, "%s p %g draw %u", k->isa, rates[r], j);
                n = n_got;
            }
        }
    }
}

Test(frame, transpose) {
    enum { STRIDE = 3 };
    _Alignas(64) static uint64_t rows[64 * N_WORDS], out[512 * STRIDE];
    fill(rows, sizeof rows / sizeof *rows);
    EACH_ISA(k) {
        memset(out, 0, sizeof out);
        k->transpose(out + 1, STRIDE, rows + 8, N_WORDS);
        for (size_t s = 0; s < 512; s++) {
            for (size_t r = 0; r < 64; r++) {
                cr_assert_eq(out[s * STRIDE + 1] >> r & 1,
                             (uint64_t)bits_get(rows + r * N_WORDS + 8, s));
            }
            cr_assert_eq(out[s * STRIDE], 0);
        }
    }
}
