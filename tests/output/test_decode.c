#include <criterion/criterion.h>
#include <math.h>

#include "base/bits.h"
#include "base/rng.h"
#include "output/decode.h"
#include "support/messages.h"

enum { N_BITS = 8, N_SHOTS = 1000 };

/* Registers m (2 plain bits), c (5 output bits) and d (1 output bit): the key is c then d. */
static struct reg regs[] = {
    {.name = "m", .first = 0, .n = 2},
    {.name = "c", .first = 2, .n = 5, .is_output = true},
    {.name = "d", .first = 7, .n = 1, .is_output = true},
};
static uint32_t key_bits[] = {2, 3, 4, 5, 6, 7};
static struct program program = {.cregs = regs, .n_cregs = 3, .n_bits = N_BITS};

static struct results make_results(struct run_count *counts, size_t n_counts) {
    return (struct results){.program = &program,
                            .key_bits = key_bits,
                            .n_key_bits = 6,
                            .key_words = 1,
                            .counts = counts,
                            .n_counts = n_counts};
}

Test(decode, specs) {
    struct decode decode;
    messages_keep();
    cr_assert_eq(decode_parse(&decode, "phase:c", &program), STATUS_OK);
    cr_assert_eq(decode.kind, DECODE_PHASE);
    cr_assert_eq(decode.reg, &regs[1]);
    static const char *const bad[] = {"c", "phase:", "phase:x", "int:m", "PHASE:c", "phase", ""};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        cr_assert_eq(decode_parse(&decode, bad[i], &program), STATUS_USAGE, "%s", bad[i]);
    }
}

Test(decode, without_outputs_all_registers_count) {
    struct reg plain = {.name = "m", .n = 2};
    struct program other = {.cregs = &plain, .n_cregs = 1, .n_bits = 2};
    struct decode decode;
    cr_assert_eq(decode_parse(&decode, "int:m", &other), STATUS_OK);
}

Test(decode, too_many_bits) {
    struct reg wide = {.name = "w", .n = DECODE_MAX_BITS + 1};
    struct program other = {.cregs = &wide, .n_cregs = 1, .n_bits = wide.n};
    struct decode decode;
    messages_keep();
    cr_assert_eq(decode_parse(&decode, "int:w", &other), STATUS_USAGE);
}

/* Random counts over (c, d): compare with sums over single shots. */
Test(decode, integer_against_plain_sums) {
    uint64_t keys[64];
    struct run_count counts[64];
    uint64_t shots[32] = {0};
    double sum = 0, sum_squares = 0, n_shots = 0;
    for (uint64_t key = 0; key < 64; key++) {
        uint64_t n = rng_draw(1, key, 0, RNG_TEST).word[0] % 40 + (key == 37 ? 100 : 0);
        keys[key] = key;
        counts[key] = (struct run_count){.key = &keys[key], .n = n + 1};
        for (uint64_t i = 0; i <= n; i++) {
            double v = (double)(key & 31);
            sum += v;
            sum_squares += v * v;
            n_shots += 1;
        }
        shots[key & 31] += n + 1;
    }
    struct results results = make_results(counts, 64);
    struct decode decode = {.kind = DECODE_INT, .reg = &regs[1]};
    cr_assert_eq(decode_summarise(&decode, &results), STATUS_OK);
    cr_assert_eq(decode.most_likely, 37 & 31);
    cr_assert_float_eq(decode.share, (double)shots[5] / n_shots, 1e-15);
    cr_assert_float_eq(decode.mean, sum / n_shots, 1e-12);
    double variance = (sum_squares - sum * sum / n_shots) / (n_shots - 1);
    cr_assert_float_eq(decode.std_error, sqrt(variance / n_shots), 1e-12);
}

/* 31, 0 and 1 of 32: the mean phase is 0, not a third. */
Test(decode, phase_goes_round_the_circle) {
    uint64_t keys[] = {31, 0, 1};
    struct run_count counts[] = {{&keys[1], 6}, {&keys[2], 2}, {&keys[0], 2}};
    struct results results = make_results(counts, 3);
    struct decode decode = {.kind = DECODE_PHASE, .reg = &regs[1]};
    cr_assert_eq(decode_summarise(&decode, &results), STATUS_OK);
    cr_assert_eq(decode.most_likely, 0);
    cr_assert_eq(decode.mean, 0.0);
    cr_assert_float_eq(decode.std_error, sqrt(4.0 / 9 / 10) / 32, 1e-15);
}

Test(decode, one_shot_and_ties) {
    uint64_t keys[] = {32 + 3, 9};
    struct run_count counts[] = {{&keys[1], 1}, {&keys[0], 1}};
    struct results results = make_results(counts, 1);
    struct decode decode = {.kind = DECODE_PHASE, .reg = &regs[1]};
    cr_assert_eq(decode_summarise(&decode, &results), STATUS_OK);
    cr_assert_eq(decode.most_likely, 9);
    cr_assert_eq(decode.mean, 9.0 / 32);
    cr_assert_eq(decode.std_error, 0);
    results.n_counts = 2;
    cr_assert_eq(decode_summarise(&decode, &results), STATUS_OK);
    cr_assert_eq(decode.most_likely, 3);
}
