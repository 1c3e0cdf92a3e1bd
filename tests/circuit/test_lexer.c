/* The lexer against hand-written token streams, and numbers against libc. */
#include "circuit/lexer.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "base/mem.h"
#include "base/rng.h"
#include "base/text.h"
#include "support/messages.h"

static void start(struct lexer *lexer, enum lexer_language language, const char *text, size_t n) {
    char *copy = mem_alloc(n + 1, 1);

    messages_keep();
    memcpy(copy, text, n);
    lexer_init(lexer, language);
    cr_assert_eq(lexer_push(lexer, "f.qasm", copy, n), STATUS_OK);
}

/* Every token as KIND<text>@line:col, or the error. */
static void render(struct text *out, enum lexer_language language, const char *text, size_t n) {
    struct lexer lexer;

    start(&lexer, language, text, n);
    for (;;) {
        const struct token *token = &lexer.token;
        if (lexer_next(&lexer) != STATUS_OK) {
            text_printf(out, "error %s", messages_last());
            break;
        }
        if (token->kind == TOKEN_END) {
            text_printf(out, "end@%u:%u", token->loc.line, token->loc.col);
            break;
        }
        text_printf(out, "%.*s@%u:%u ", (int)token->n, token->text, token->loc.line,
                    token->loc.col);
    }
    lexer_fini(&lexer);
}

static void expect_stream(enum lexer_language language, const char *text, size_t n,
                          const char *want) {
    struct text got = {0};

    render(&got, language, text, n);
    cr_expect_str_eq(got.data, want, "for %s:\n got  %s\n want %s", text, got.data, want);
    text_fini(&got);
}

struct stream {
    const char *text, *want;
};

Test(lexer, streams_of_qasm2) {
    static const struct stream cases[] = {
        {"", "end@1:1"},
        {"  \t\n ", "end@2:2"},
        {"qreg q[2];", "qreg@1:1 q@1:6 [@1:7 2@1:8 ]@1:9 ;@1:10 end@1:11"},
        {"a->b==c", "a@1:1 ->@1:2 b@1:4 ==@1:5 c@1:7 end@1:8"},
        {"-1.5e-3*.5/2.^x", "-@1:1 1.5e-3@1:2 *@1:8 .5@1:9 /@1:11 2.@1:12 ^@1:14 x@1:15 end@1:16"},
        {"a// x\nb/*c\n\nd*/e", "a@1:1 b@2:1 e@4:4 end@4:5"},
        {"a\rb\r\nc\n\rd", "a@1:1 b@2:1 c@3:1 d@5:1 end@5:2"},
        {"\xEF\xBB\xBFx y", "x@1:1 y@1:3 end@1:4"},
        {"/*\xC3\xA9*/x // \xC3\xA9 \xFF\ny", "x@1:6 y@2:1 end@2:2"},
        {"include \"a \xC3\xA9\";x", "include@1:1 a \xC3\xA9@1:9 ;@1:14 x@1:15 end@1:16"},
        {"pragma x", "pragma@1:1 x@1:8 end@1:9"},
        {"== = ! != && & ** *", "==@1:1 =@1:4 !@1:6 !=@1:8 &&@1:11 &@1:14 **@1:16 *@1:19 end@1:20"},
        {"1e5 1e x", "1e5@1:1 error f.qasm:1:5: error: malformed number '1e'"},
        {"3q", "error f.qasm:1:1: error: malformed number '3q'"},
        {"0x10", "error f.qasm:1:1: error: malformed number '0x10'"},
        {"1e999", "error f.qasm:1:1: error: number '1e999' is beyond the range of double"},
        {" \xCF\x80", "error f.qasm:1:2: error: unexpected character '\xCF\x80' (U+03C0)"},
        {"x\xCF\x80", "error f.qasm:1:2: error: unexpected character '\xCF\x80' (U+03C0)"},
        {"\n\n\xFFq", "error f.qasm:3:1: error: byte 0xFF is not UTF-8 text"},
        {"\xED\xA0\x80", "error f.qasm:1:1: error: byte 0xED is not UTF-8 text"},
        {"\xC0\x80", "error f.qasm:1:1: error: byte 0xC0 is not UTF-8 text"},
        {"\x01", "error f.qasm:1:1: error: control character 0x01 in the text"},
        {"x $", "x@1:1 error f.qasm:1:3: error: unexpected character '$' (U+0024)"},
        {"x /* y", "x@1:1 error f.qasm:1:3: error: comment is not closed; expected '*/'"},
        {" \"ab\n\"", "error f.qasm:1:2: error: string is not closed; expected \" on its line"},
        {"'a'", "error f.qasm:1:1: error: unexpected character ''' (U+0027)"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        expect_stream(LEXER_QASM2, cases[i].text, strlen(cases[i].text), cases[i].want);
    }
    expect_stream(LEXER_QASM2, "ab\0c", 4,
                  "ab@1:1 error f.qasm:1:3: error: control character 0x00 in the text");
}

Test(lexer, streams_of_qasm3) {
    static const struct stream cases[] = {
        {"pragma qspan qpu A // x\ny", "qspan qpu A@1:8 y@2:1 end@2:2"},
        {"#pragma a//b \r\ny", "a//b@1:9 y@2:1 end@2:2"},
        {"pragma\n", "@1:7 end@2:1"},
        {"x pragma y", "x@1:1 pragma@1:3 y@1:10 end@1:11"},
        {" @qspan.at A\nctrl @ x", "qspan.at A@1:3 ctrl@2:1 @@2:6 x@2:8 end@2:9"},
        {"0xfF 0b1_0 0o17 1_000", "0xfF@1:1 0b1_0@1:6 0o17@1:12 1_000@1:17 end@1:22"},
        {"10us 1.5ms", "10us@1:1 1.5ms@1:6 end@1:11"},
        {"\xCF\x80\xCE\xB8 x", "\xCF\x80\xCE\xB8@1:1 x@1:4 end@1:5"},
        {"'a' \"b'\"", "a@1:1 b'@1:5 end@1:9"},
        {"0x", "error f.qasm:1:1: error: malformed number '0x'"},
        {"0b2", "error f.qasm:1:1: error: malformed number '0b2'"},
        {"\xFFx", "error f.qasm:1:1: error: byte 0xFF is not UTF-8 text"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        expect_stream(LEXER_QASM3, cases[i].text, strlen(cases[i].text), cases[i].want);
    }
}

Test(lexer, refuses_utf16) {
    static const char *const texts[] = {"\xFF\xFEO\0", "\xFE\xFF\0O", "O\0P\0", "\0O\0P"};

    messages_keep();
    for (size_t i = 0; i < 4; i++) {
        struct lexer lexer;
        char *copy = mem_alloc(5, 1);
        memcpy(copy, texts[i], 4);
        lexer_init(&lexer, LEXER_QASM2);
        cr_expect_eq(lexer_push(&lexer, "u.qasm", copy, 4), STATUS_INPUT);
        cr_expect_str_eq(messages_last(),
                         "u.qasm:1:1: error: this looks like UTF-16; expected UTF-8 text");
        lexer_fini(&lexer);
    }
}

static double read_real(const char *text) {
    struct lexer lexer;
    double value;

    start(&lexer, LEXER_QASM2, text, strlen(text));
    cr_assert_eq(lexer_next(&lexer), STATUS_OK, "%s", text);
    value = lexer.token.real;
    cr_assert_eq(lexer_next(&lexer), STATUS_OK);
    cr_assert_eq(lexer.token.kind, TOKEN_END, "%s", text);
    lexer_fini(&lexer);
    return value;
}

/* Any double, printed with 1 to 20 digits, is read as strtod reads it. */
Test(lexer, numbers_equal_strtod) {
    static const char *const formats[] = {"%.*g", "%.*e", "%.*f"};
    char text[512];

    for (uint32_t i = 0; i < 3000; i++) {
        struct rng_block block = rng_draw(1, i, 0, RNG_TEST);
        double value = ldexp(rng_block_uniform(&block, 0), (int)(block.word[2] % 120) - 60);
        snprintf(text, sizeof text, formats[i % 3], (int)(block.word[3] % 20), value);
        cr_expect_eq(read_real(text), strtod(text, NULL), "%s", text);
    }
    cr_expect_eq(read_real("18446744073709551615"), 18446744073709551615.0);
    cr_expect_eq(read_real("18446744073709551616"), 18446744073709551616.0);
    cr_expect_eq(read_real("9007199254740993."), 9007199254740992.0);
    cr_expect_eq(read_real("0.00000000000000000000000001"), 1e-26);
}

/* Naive: decimal text of a random bit string by repeated division by ten. */
static void print_decimal(char *out, const uint64_t *words, size_t n_words) {
    uint64_t rest[8];
    char reversed[200];
    size_t n = 0;
    bool is_zero;

    memcpy(rest, words, n_words * sizeof *rest);
    do {
        uint64_t remainder = 0;
        is_zero = true;
        for (size_t bit = 64 * n_words; bit-- > 0;) {
            remainder = 2 * remainder + bits_get(rest, bit);
            bits_set(rest, bit, remainder >= 10);
            remainder -= remainder >= 10 ? 10 : 0;
            is_zero = is_zero && !bits_get(rest, bit);
        }
        reversed[n++] = (char)('0' + remainder);
    } while (!is_zero);
    for (size_t i = 0; i < n; i++) {
        out[i] = reversed[n - 1 - i];
    }
    out[n] = '\0';
}

static bool read_words(uint64_t *out, size_t n_bits, enum lexer_language language,
                       const char *text) {
    struct lexer lexer;
    bool fits;

    start(&lexer, language, text, strlen(text));
    cr_assert_eq(lexer_next(&lexer), STATUS_OK);
    fits = token_to_words(out, n_bits, &lexer.token);
    lexer_fini(&lexer);
    return fits;
}

Test(lexer, big_integers) {
    for (uint32_t i = 0; i < 200; i++) {
        uint64_t words[5] = {0}, got[5];
        char text[200];
        size_t n_bits = 1 + i;
        for (size_t b = 0; b < n_bits; b++) {
            bits_set(words, b, rng_draw(2, b, i, RNG_TEST).word[0] & 1);
        }
        bits_set(words, n_bits - 1, true);
        print_decimal(text, words, 5);
        cr_assert(read_words(got, n_bits, LEXER_QASM2, text), "%s", text);
        cr_expect_arr_eq(got, words, bits_words(n_bits) * sizeof *got, "%s", text);
        if (n_bits > 1) {
            cr_expect_not(read_words(got, n_bits - 1, LEXER_QASM2, text), "%s", text);
        }
    }
}

Test(lexer, big_integers_of_other_bases) {
    uint64_t got[2];

    cr_expect(read_words(got, 68, LEXER_QASM3, "0xF_0000_0000_0000_0001"));
    cr_expect_eq(got[0], 1);
    cr_expect_eq(got[1], 15);
    cr_expect_not(read_words(got, 67, LEXER_QASM3, "0xF_0000_0000_0000_0001"));
    cr_expect(read_words(got, 3, LEXER_QASM3, "0b0000101"));
    cr_expect_eq(got[0], 5);
    cr_expect(read_words(got, 0, LEXER_QASM3, "000"));
    cr_expect_not(read_words(got, 0, LEXER_QASM3, "001"));
}

Test(lexer, keeps_directives) {
    static const char text[] =
        "// qspan qpu A a[0:9] \nx //qspan\n//qspanner\n  //qspan   q\r// qspan";
    struct lexer lexer;

    start(&lexer, LEXER_QASM2, text, strlen(text));
    do {
        cr_assert_eq(lexer_next(&lexer), STATUS_OK);
    } while (lexer.token.kind != TOKEN_END);
    cr_assert_eq(lexer.n_directives, 2);
    cr_expect_eq(lexer.directives[0].n, strlen("qpu A a[0:9]"));
    cr_expect_eq(lexer.directives[0].loc.col, 10);
    cr_expect_eq(lexer.directives[1].loc.line, 4);
    cr_expect_eq(lexer.directives[1].loc.col, 13);
    cr_expect_eq(lexer.directives[1].n, 1);
    lexer_fini(&lexer);
}

/* A view of a directive continues at its place; an included source comes in between two tokens. */
Test(lexer, stacks_sources) {
    static const char text[] = "// qspan qpu A\na;b";
    struct lexer lexer;
    char *included = mem_alloc(4, 1);

    start(&lexer, LEXER_QASM2, text, strlen(text));
    cr_assert_eq(lexer_next(&lexer), STATUS_OK);
    cr_assert(token_is(&lexer.token, "a"));
    cr_assert_eq(lexer_push_view(&lexer, lexer.directives[0].text, lexer.directives[0].n,
                                 lexer.directives[0].loc),
                 STATUS_OK);
    cr_assert_eq(lexer_next(&lexer), STATUS_OK);
    cr_expect_eq(lexer.token.loc.col, 10);
    cr_assert_eq(lexer_next(&lexer), STATUS_OK);
    cr_expect_eq(lexer.token.loc.col, 14);
    cr_expect_eq(lexer.token.loc.line, 1);
    cr_assert_eq(lexer_next(&lexer), STATUS_OK);
    cr_expect_eq(lexer.token.kind, TOKEN_END);
    lexer_pop(&lexer);
    cr_assert_eq(lexer_next(&lexer), STATUS_OK);
    cr_assert_eq(lexer.token.kind, TOKEN_SEMICOLON);
    memcpy(included, "\nz", 3);
    cr_assert_eq(lexer_push(&lexer, "g.inc", included, 2), STATUS_OK);
    cr_assert_eq(lexer_next(&lexer), STATUS_OK);
    cr_expect(token_is(&lexer.token, "z"));
    cr_expect_str_eq(lexer.token.loc.file, "g.inc");
    cr_expect_eq(lexer_expect(&lexer, TOKEN_COMMA, "after a name"), STATUS_INPUT);
    cr_expect_str_eq(messages_last(), "g.inc:2:1: error: 'z': expected ',' after a name");
    cr_assert_eq(lexer_next(&lexer), STATUS_OK);
    cr_expect_eq(lexer.token.kind, TOKEN_END);
    lexer_pop(&lexer);
    cr_assert_eq(lexer_next(&lexer), STATUS_OK);
    cr_expect(token_is(&lexer.token, "b"));
    cr_expect_eq(lexer.token.loc.col, 3);
    lexer_fini(&lexer);
}

Test(lexer, integers_have_a_limit) {
    struct lexer lexer;
    size_t n = LEXER_MAX_DIGITS + 1;
    char *text = mem_alloc(n + 1, 1);

    memset(text, '7', n);
    start(&lexer, LEXER_QASM2, text, n);
    cr_expect_eq(lexer_next(&lexer), STATUS_INPUT);
    cr_expect_str_eq(messages_last(),
                     "f.qasm:1:1: error: integer of 100001 digits; at most 100000 are read");
    lexer_fini(&lexer);
    start(&lexer, LEXER_QASM2, text, n - 1);
    cr_expect_eq(lexer_next(&lexer), STATUS_OK);
    cr_expect(isinf(lexer.token.real) && lexer.token.is_wide);
    lexer_fini(&lexer);
    mem_free(text);
}
