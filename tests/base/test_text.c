#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "base/text.h"

Test(text, grows_and_ends_with_0) {
    struct text text = {0};
    text_add_n(&text, "", 0);
    cr_assert_str_eq(text.data, "");
    for (int i = 0; i < 1000; i++) {
        text_printf(&text, "%d,", i % 10);
        cr_assert_eq(text.n, 2 * (size_t)(i + 1));
        cr_assert_eq(strlen(text.data), text.n);
    }
    text_add(&text, "end");
    cr_assert_str_eq(text.data + 1996, "8,9,end");
    text_fini(&text);
    cr_assert_null(text.data);
}

Test(text, failure_sticks) {
    struct text text = {0};
    text_add(&text, "abc");
    text_add_n(&text, NULL, SIZE_MAX - 2);
    cr_assert(text.failed);
    text_add(&text, "def");
    cr_assert_str_eq(text.data, "abc");
    text_fini(&text);
}

static const char *print_double(double value) {
    static char kept[64];
    struct text text = {0};
    text_add_double(&text, value);
    snprintf(kept, sizeof kept, "%s", text.data);
    text_fini(&text);
    return kept;
}

/* Fewest digits that read back, found by trying all counts from 1. */
static int count_digits_naively(double value) {
    char buffer[40];
    int n = 1;
    do {
        snprintf(buffer, sizeof buffer, "%.*e", n - 1, value);
    } while (strtod(buffer, NULL) != value && ++n <= 17);
    return n;
}

static int count_significant(const char *text) {
    int n = 0, n_zeros = 0;
    for (; *text && *text != 'e'; text++) {
        if (*text >= '1' && *text <= '9') {
            n += n_zeros + 1;
            n_zeros = 0;
        } else if (*text == '0') {
            n_zeros += n > 0;
        }
    }
    return n;
}

Test(text, doubles_are_shortest) {
    for (uint32_t i = 0; i < 4000; i++) {
        struct rng_block block = rng_draw(5, i, 0, RNG_TEST);
        double scale = pow(10, (double)(block.word[2] % 18));
        double u = rng_block_uniform(&block, 0);
        double value =
            i % 2 ? floor(u * scale) / scale : ldexp(u, (int)(block.word[3] % 600) - 300);
        cr_assert_eq(count_significant(print_double(value)),
                     value == 0 ? 0 : count_digits_naively(value), "%.17g", value);
        cr_assert(strtod(print_double(value), NULL) == value);
    }
}

Test(text, doubles_read_well) {
    cr_assert_str_eq(print_double(0), "0");
    cr_assert_str_eq(print_double(-0.0), "-0");
    cr_assert_str_eq(print_double(0.1), "0.1");
    cr_assert_str_eq(print_double(M_PI), "3.141592653589793");
    cr_assert_str_eq(print_double(-2.5), "-2.5");
    cr_assert_str_eq(print_double(100000), "100000");
    cr_assert_str_eq(print_double(9007199254740992), "9007199254740992");
    cr_assert_str_eq(print_double(1e22), "1e+22");
    cr_assert_str_eq(print_double(1e-7), "1e-07");
    cr_assert_str_eq(print_double(0x1p-1074), "5e-324");
    cr_assert_str_eq(print_double(1.7976931348623157e308), "1.7976931348623157e+308");
    cr_assert_str_eq(print_double(INFINITY), "inf");
    cr_assert_str_eq(print_double(-INFINITY), "-inf");
    cr_assert_str_eq(print_double(NAN), "nan");
}

/* Any bit pattern reads back, with no digit too many. */
Test(text, doubles_round_trip) {
    for (uint32_t i = 0; i < 20000; i++) {
        struct rng_block block = rng_draw(4, i, 0, RNG_TEST);
        double value;
        memcpy(&value, block.word, sizeof value);
        if (i % 2) {
            value = (double)(int32_t)block.word[0] / 1000;
        }
        if (!isfinite(value)) {
            continue;
        }
        const char *text = print_double(value);
        cr_assert_eq(strtod(text, NULL), value, "%a printed as %s", value, text);
        char naive[40];
        int n_digits = 0;
        do {
            snprintf(naive, sizeof naive, "%.*g", ++n_digits, value);
        } while (strtod(naive, NULL) != value);
        size_t n_more = strlen(text) > strlen(naive) ? strlen(text) - strlen(naive) : 0;
        cr_assert(n_more == 0 || (strchr(naive, 'e') && !strchr(text, 'e')), "%s %s", text, naive);
    }
}

static void check_escaped(const char *piece, size_t n, const char *expected) {
    struct text text = {0};
    text_add_escaped(&text, piece, n);
    cr_assert_str_eq(text.data, expected);
    text_fini(&text);
}

Test(text, escapes) {
    check_escaped("", 0, "");
    check_escaped("a\tb\n\x1b[31m\x7f", 10, "a\\x09b\\x0A\\x1B[31m\\x7F");
    check_escaped("a\0b", 3, "a\\x00b");
    check_escaped("\xcf\x80 \xe2\x9f\xa9 \xf0\x9f\x90\xb1", 11,
                  "\xcf\x80 \xe2\x9f\xa9 \xf0\x9f\x90\xb1");
    check_escaped("\xcf", 1, "\\xCF");                   /* cut */
    check_escaped("\x80x", 2, "\\x80x");                 /* no lead byte */
    check_escaped("\xc0\xaf", 2, "\\xC0\\xAF");          /* overlong */
    check_escaped("\xed\xa0\x80", 3, "\\xED\\xA0\\x80"); /* surrogate */
    check_escaped("\xf5\x80\x80\x80", 4, "\\xF5\\x80\\x80\\x80");
    check_escaped("\xf4\x90\x80\x80", 4, "\\xF4\\x90\\x80\\x80"); /* above U+10FFFF */
    check_escaped("\xc2\x9b"
                  "31m",
                  5, "\\xC2\\x9B31m");                   /* C1: CSI */
    check_escaped("\xe2\x80\xae", 3, "\\xE2\\x80\\xAE"); /* right-to-left override */
}
