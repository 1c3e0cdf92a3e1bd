#include "circuit/lexer.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "base/mem.h"

static const char *const kind_names[TOKEN_KIND_COUNT] = {
    [TOKEN_END] = "the end of the file",
    [TOKEN_NAME] = "a name",
    [TOKEN_INT] = "an integer",
    [TOKEN_REAL] = "a number",
    [TOKEN_QUANTITY] = "a number with a unit",
    [TOKEN_STRING] = "a string",
    [TOKEN_PRAGMA] = "a pragma",
    [TOKEN_ANNOTATION] = "an annotation",
    [TOKEN_LPAREN] = "'('",
    [TOKEN_RPAREN] = "')'",
    [TOKEN_LBRACKET] = "'['",
    [TOKEN_RBRACKET] = "']'",
    [TOKEN_LBRACE] = "'{'",
    [TOKEN_RBRACE] = "'}'",
    [TOKEN_SEMICOLON] = "';'",
    [TOKEN_COMMA] = "','",
    [TOKEN_COLON] = "':'",
    [TOKEN_PLUS] = "'+'",
    [TOKEN_MINUS] = "'-'",
    [TOKEN_STAR] = "'*'",
    [TOKEN_SLASH] = "'/'",
    [TOKEN_PERCENT] = "'%'",
    [TOKEN_POWER] = "'**'",
    [TOKEN_CARET] = "'^'",
    [TOKEN_ARROW] = "'->'",
    [TOKEN_ASSIGN] = "'='",
    [TOKEN_EQ] = "'=='",
    [TOKEN_NE] = "'!='",
    [TOKEN_LT] = "'<'",
    [TOKEN_LE] = "'<='",
    [TOKEN_GT] = "'>'",
    [TOKEN_GE] = "'>='",
    [TOKEN_SHL] = "'<<'",
    [TOKEN_SHR] = "'>>'",
    [TOKEN_AND] = "'&&'",
    [TOKEN_OR] = "'||'",
    [TOKEN_NOT] = "'!'",
    [TOKEN_BIT_AND] = "'&'",
    [TOKEN_BIT_OR] = "'|'",
    [TOKEN_BIT_NOT] = "'~'",
    [TOKEN_AT] = "'@'",
};

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
static bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\f' || c == '\v';
}
static bool is_line_end(char c) {
    return c == '\n' || c == '\r';
}
static bool is_beyond_ascii(char c) {
    return (unsigned char)c >= 0x80;
}
static bool is_name_start(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
static bool is_name_char(char c) {
    return is_name_start(c) || is_digit(c);
}

bool lexer_is_identifier(const char *name, size_t n) {
    bool is_one = n > 0 && !is_digit(name[0]);
    for (size_t i = 0; i < n && is_one; i++) {
        is_one = is_name_char(name[i]) || is_beyond_ascii(name[i]);
    }
    return is_one;
}

static struct lexer_source *top(struct lexer *lexer) {
    return &lexer->sources[lexer->n_sources - 1];
}
/* Byte at an offset from the position; 0 beyond the end. */
static char look(const struct lexer_source *source, size_t ahead) {
    return source->n - source->pos > ahead ? source->text[source->pos + ahead] : '\0';
}
static struct src_loc here(const struct lexer_source *source) {
    return (struct src_loc){.file = source->name,
                            .line = source->line,
                            .col = (uint32_t)((int64_t)source->pos - source->col0)};
}

void lexer_init(struct lexer *lexer, enum lexer_language language) {
    *lexer = (struct lexer){.language = language};
    lexer->c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    CHECK(lexer->c_locale != (locale_t)0);
}

void lexer_fini(struct lexer *lexer) {
    while (lexer->n_sources > 0) {
        lexer_pop(lexer);
    }
    mem_free(lexer->sources);
    mem_free(lexer->directives);
    if (lexer->c_locale != (locale_t)0) {
        freelocale(lexer->c_locale);
    }
    *lexer = (struct lexer){0};
}

/* Byte order marks of UTF-16, or an ASCII first character in two bytes. */
static bool is_utf16(const char *text, size_t n) {
    const unsigned char *byte = (const unsigned char *)text;

    if (n < 2) {
        return false;
    }
    return (byte[0] == 0xFF && byte[1] == 0xFE) || (byte[0] == 0xFE && byte[1] == 0xFF) ||
           (byte[0] == 0) != (byte[1] == 0);
}

static enum status push(struct lexer *lexer, struct lexer_source source) {
    TRY(vec_reserve(&lexer->sources, lexer->n_sources, &lexer->cap_sources, 1,
                    sizeof *lexer->sources));
    lexer->sources[lexer->n_sources++] = source;
    return STATUS_OK;
}

enum status lexer_push(struct lexer *lexer, const char *name, char *text, size_t n) {
    struct lexer_source source = {
        .name = name, .owned = text, .text = text, .n = n, .line = 1, .col0 = -1};
    enum status status;

    if (is_utf16(text, n)) {
        struct src_loc loc = {.file = name, .line = 1, .col = 1};
        mem_free(text);
        return log_error_at(STATUS_INPUT, loc, "this looks like UTF-16; expected UTF-8 text");
    }
    if (n >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0) {
        source.pos = 3;
        source.col0 = 2;
    }
    status = push(lexer, source);
    if (status != STATUS_OK) {
        mem_free(text);
    }
    return status;
}

enum status lexer_push_view(struct lexer *lexer, const char *text, size_t n, struct src_loc loc) {
    return push(lexer, (struct lexer_source){.name = loc.file,
                                             .text = text,
                                             .n = n,
                                             .line = loc.line,
                                             .col0 = -(int64_t)loc.col,
                                             .line_has_token = true});
}

void lexer_pop(struct lexer *lexer) {
    CHECK(lexer->n_sources > 0);
    mem_free(top(lexer)->owned);
    lexer->n_sources--;
}

/* Length of the UTF-8 sequence at text (n >= 1 bytes follow), its code point in *out; 0: malformed.
 */
static size_t utf8_decode(uint32_t *out_code, const char *text, size_t n) {
    const unsigned char *byte = (const unsigned char *)text;
    static const uint32_t least[5] = {0, 0, 0x80, 0x800, 0x10000};
    size_t length = byte[0] < 0x80   ? 1
                    : byte[0] < 0xC0 ? 0
                    : byte[0] < 0xE0 ? 2
                    : byte[0] < 0xF0 ? 3
                    : byte[0] < 0xF8 ? 4
                                     : 0;
    uint32_t code;

    if (length == 0 || length > n) {
        return 0;
    }
    code = length == 1 ? byte[0] : byte[0] & (0x7Fu >> length);
    for (size_t i = 1; i < length; i++) {
        if ((byte[i] & 0xC0) != 0x80) {
            return 0;
        }
        code = code << 6 | (byte[i] & 0x3F);
    }
    if (code < least[length] || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) {
        return 0;
    }
    *out_code = code;
    return length;
}

static enum status refuse_character(const struct lexer_source *source) {
    const char *text = source->text + source->pos;
    uint32_t code;
    size_t length = utf8_decode(&code, text, source->n - source->pos);

    if (length == 0) {
        return log_error_at(STATUS_INPUT, here(source), "byte 0x%02X is not UTF-8 text",
                            (unsigned char)*text);
    }
    if (code < 0x20 || code == 0x7F) {
        return log_error_at(STATUS_INPUT, here(source), "control character 0x%02X in the text",
                            (unsigned)code);
    }
    return log_error_at(STATUS_INPUT, here(source), "unexpected character '%.*s' (U+%04X)",
                        (int)length, text, (unsigned)code);
}

/* Steps over one character that is no line end; malformed UTF-8 counts byte by byte. */
static void skip_character(struct lexer_source *source) {
    uint32_t code;
    size_t length = 1;

    if (is_beyond_ascii(look(source, 0))) {
        length = utf8_decode(&code, source->text + source->pos, source->n - source->pos);
        length = length == 0 ? 1 : length;
    }
    source->pos += length;
    source->col0 += (int64_t)length - 1;
}

static void skip_line_end(struct lexer_source *source) {
    source->pos += look(source, 0) == '\r' && look(source, 1) == '\n' ? 2 : 1;
    source->line++;
    source->col0 = (int64_t)source->pos - 1;
    source->line_has_token = false;
}

static void skip_blanks(struct lexer_source *source) {
    while (source->pos < source->n && is_blank(source->text[source->pos])) {
        source->pos++;
    }
}

/* The text from here to the end of the line or to a `//` after a blank; blanks at its end cut. */
static void take_rest_of_line(struct lexer_source *source, const char **out_text, size_t *out_n,
                              bool stop_at_comment) {
    size_t begin = source->pos, end;

    while (source->pos < source->n && !is_line_end(look(source, 0))) {
        if (stop_at_comment && look(source, 0) == '/' && look(source, 1) == '/' &&
            (source->pos == begin || is_blank(source->text[source->pos - 1]))) {
            break;
        }
        skip_character(source);
    }
    end = source->pos;
    while (end > begin && is_blank(source->text[end - 1])) {
        end--;
    }
    *out_text = source->text + begin;
    *out_n = end - begin;
}

static enum status read_line_comment(struct lexer *lexer) {
    struct lexer_source *source = top(lexer);
    struct lexer_directive directive;

    source->pos += 2;
    skip_blanks(source);
    if (source->n - source->pos > 5 && memcmp(source->text + source->pos, "qspan", 5) == 0 &&
        is_blank(look(source, 5))) {
        source->pos += 5;
        skip_blanks(source);
        directive.loc = here(source);
        take_rest_of_line(source, &directive.text, &directive.n, false);
        TRY(vec_reserve(&lexer->directives, lexer->n_directives, &lexer->cap_directives, 1,
                        sizeof *lexer->directives));
        lexer->directives[lexer->n_directives++] = directive;
        return STATUS_OK;
    }
    while (source->pos < source->n && !is_line_end(source->text[source->pos])) {
        source->pos++; /* columns do not matter up to the line end */
    }
    return STATUS_OK;
}

static enum status skip_block_comment(struct lexer_source *source) {
    struct src_loc loc = here(source);

    source->pos += 2;
    while (source->pos < source->n) {
        if (look(source, 0) == '*' && look(source, 1) == '/') {
            source->pos += 2;
            return STATUS_OK;
        }
        if (is_line_end(look(source, 0))) {
            skip_line_end(source);
        } else {
            skip_character(source);
        }
    }
    return log_error_at(STATUS_INPUT, loc, "comment is not closed; expected '*/'");
}

static enum status skip_space(struct lexer *lexer) {
    struct lexer_source *source = top(lexer);

    for (;;) {
        char c;
        skip_blanks(source);
        c = look(source, 0);
        if (is_line_end(c)) {
            skip_line_end(source);
        } else if (c == '/' && look(source, 1) == '/') {
            TRY(read_line_comment(lexer));
        } else if (c == '/' && look(source, 1) == '*') {
            TRY(skip_block_comment(source));
        } else {
            return STATUS_OK;
        }
    }
}

/* Reads name characters; in OpenQASM 3 also anything valid beyond ASCII. */
static enum status skip_name(const struct lexer *lexer, struct lexer_source *source) {
    for (;;) {
        while (source->pos < source->n && is_name_char(source->text[source->pos])) {
            source->pos++;
        }
        if (!is_beyond_ascii(look(source, 0))) {
            return STATUS_OK;
        }
        uint32_t code;
        if (lexer->language == LEXER_QASM2 ||
            utf8_decode(&code, source->text + source->pos, source->n - source->pos) == 0) {
            return refuse_character(source);
        }
        skip_character(source);
    }
}

static void read_line_token(struct lexer_source *source, struct token *token,
                            enum token_kind kind) {
    skip_blanks(source);
    token->kind = kind;
    token->loc = here(source);
    take_rest_of_line(source, &token->text, &token->n, true);
}

static enum status read_name(struct lexer *lexer, struct token *token, bool is_first) {
    struct lexer_source *source = top(lexer);
    size_t begin = source->pos;

    token->kind = TOKEN_NAME;
    TRY(skip_name(lexer, source));
    token->n = source->pos - begin;
    if (is_first && lexer->language == LEXER_QASM3 && token_is(token, "pragma")) {
        read_line_token(source, token, TOKEN_PRAGMA);
    }
    return STATUS_OK;
}

/* $n, a physical qubit */
static enum status read_physical(struct lexer_source *source, struct token *token) {
    enum { MOST_DIGITS = 18 };

    token->kind = TOKEN_NAME;
    for (source->pos++; is_digit(look(source, 0)); source->pos++) {
        token->n++;
    }
    if (token->n > MOST_DIGITS) {
        return log_error_at(STATUS_INPUT, token->loc,
                            "the number of a physical qubit has %zu digits", token->n);
    }
    token->n++;
    return STATUS_OK;
}

static int digit_value(char c) {
    return is_digit(c)            ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : 99;
}

static unsigned integer_base(const char *text, size_t n) {
    if (n < 2 || text[0] != '0') {
        return 10;
    }
    switch (text[1] | 0x20) {
    case 'x':
        return 16;
    case 'o':
        return 8;
    case 'b':
        return 2;
    }
    return 10;
}

/* *out = *out * factor + addend; true when it no longer fits. */
static bool mul_add_overflows(uint64_t *inout, uint64_t factor, uint64_t addend) {
    return __builtin_mul_overflow(*inout, factor, inout) ||
           __builtin_add_overflow(*inout, addend, inout);
}

/* Value of the number's text by strtod, underscores removed. */
static enum status convert_slowly(const struct lexer *lexer, struct token *token) {
    char small[64];
    char *copy = token->n < sizeof small ? small : mem_alloc(token->n + 1, 1);
    size_t n = 0;

    if (copy == NULL) {
        return STATUS_NOFIT;
    }
    for (size_t i = 0; i < token->n; i++) {
        if (token->text[i] != '_') {
            copy[n++] = token->text[i];
        }
    }
    copy[n] = '\0';
    token->real = strtod_l(copy, NULL, lexer->c_locale);
    if (copy != small) {
        mem_free(copy);
    }
    return STATUS_OK;
}

static enum status finish_integer(const struct lexer *lexer, struct token *token) {
    unsigned base = integer_base(token->text, token->n);

    token->kind = TOKEN_INT;
    if (token->n > LEXER_MAX_DIGITS) {
        return log_error_at(STATUS_INPUT, token->loc, "integer of %zu digits; at most %d are read",
                            token->n, (int)LEXER_MAX_DIGITS);
    }
    token->real = 0;
    for (size_t i = base == 10 ? 0 : 2; i < token->n; i++) {
        if (token->text[i] != '_') {
            uint64_t digit = (uint64_t)digit_value(token->text[i]);
            token->is_wide = token->is_wide || mul_add_overflows(&token->integer, base, digit);
            token->real = token->real * base + (double)digit;
        }
    }
    if (!token->is_wide) {
        token->real = (double)token->integer;
        return STATUS_OK;
    }
    token->integer = 0;
    return base == 10 ? convert_slowly(lexer, token) : STATUS_OK;
}

/* A real of at most 19 digits whose mantissa and power of ten are exact doubles needs one rounding.
 */
static enum status finish_real(const struct lexer *lexer, struct token *token) {
    static const double power[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                   1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                   1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    uint64_t mantissa = 0;
    int n_fraction = 0;
    bool is_fraction = false, is_exact = token->n < sizeof power / sizeof power[0];

    token->kind = TOKEN_REAL;
    for (size_t i = 0; is_exact && i < token->n; i++) {
        char c = token->text[i];
        if (c == '.') {
            is_fraction = true;
        } else if (is_digit(c)) {
            is_exact = !mul_add_overflows(&mantissa, 10, (uint64_t)(c - '0'));
            n_fraction += is_fraction;
        } else {
            is_exact = false;
        }
    }
    if (is_exact && mantissa <= BIT64(53)) {
        token->real = (double)mantissa / power[n_fraction];
        return STATUS_OK;
    }
    TRY(convert_slowly(lexer, token));
    if (!isfinite(token->real)) {
        char text[TOKEN_TEXT_SIZE];
        return log_error_at(STATUS_INPUT, token->loc, "number %s is beyond the range of double",
                            token_describe(token, text));
    }
    return STATUS_OK;
}

static void skip_digits(struct lexer_source *source, bool underscores, int base) {
    while (digit_value(look(source, 0)) < base ||
           (underscores && look(source, 0) == '_' && digit_value(look(source, 1)) < base)) {
        source->pos++;
    }
}

/* Steps over the number at the position; false for an integer. */
static bool skip_number(struct lexer_source *source, bool is_qasm3) {
    bool is_real = false;
    unsigned base =
        is_qasm3 ? integer_base(source->text + source->pos, source->n - source->pos) : 10;
    size_t sign;

    if (base != 10) {
        source->pos += 2;
        skip_digits(source, true, (int)base);
        return false;
    }
    skip_digits(source, is_qasm3, 10);
    if (look(source, 0) == '.') {
        is_real = true;
        source->pos++;
        skip_digits(source, is_qasm3, 10);
    }
    sign = look(source, 1) == '+' || look(source, 1) == '-';
    if ((look(source, 0) | 0x20) == 'e' && is_digit(look(source, 1 + sign))) {
        is_real = true;
        source->pos += 1 + sign;
        skip_digits(source, is_qasm3, 10);
    }
    return is_real;
}

static enum status read_number(struct lexer *lexer, struct token *token) {
    struct lexer_source *source = top(lexer);
    bool is_qasm3 = lexer->language == LEXER_QASM3;
    bool has_base = is_qasm3 && integer_base(token->text, source->n - source->pos) != 10;
    bool is_real = skip_number(source, is_qasm3);

    token->n = source->pos - (size_t)(token->text - source->text);
    if (is_name_start(look(source, 0)) || is_beyond_ascii(look(source, 0)) ||
        (has_base && (token->n == 2 || is_digit(look(source, 0))))) {
        char text[TOKEN_TEXT_SIZE];
        TRY(skip_name(lexer, source));
        token->n = source->pos - (size_t)(token->text - source->text);
        token->kind = TOKEN_QUANTITY;
        if (is_qasm3 && !has_base) {
            return STATUS_OK;
        }
        return log_error_at(STATUS_INPUT, token->loc, "malformed number %s",
                            token_describe(token, text));
    }
    return is_real ? finish_real(lexer, token) : finish_integer(lexer, token);
}

static enum status read_string(struct lexer_source *source, struct token *token) {
    char quote = look(source, 0);

    source->pos++;
    token->kind = TOKEN_STRING;
    token->text++;
    while (source->pos < source->n && look(source, 0) != quote) {
        uint32_t code = 0;
        if (is_line_end(look(source, 0))) {
            break;
        }
        if (utf8_decode(&code, source->text + source->pos, source->n - source->pos) == 0 ||
            (code < 0x20 && code != '\t') || code == 0x7F) {
            return refuse_character(source);
        }
        skip_character(source);
    }
    if (look(source, 0) != quote) {
        return log_error_at(STATUS_INPUT, token->loc,
                            "string is not closed; expected %c on its line", quote);
    }
    token->n = (size_t)(source->text + source->pos - token->text);
    source->pos++;
    return STATUS_OK;
}

/* Kind of the punctuation at the position, its length in *out_n; TOKEN_END: none. */
static enum token_kind punctuation(size_t *out_n, char c, char next) {
    static const struct {
        char text[2];
        enum token_kind kind;
    } pairs[] = {{"->", TOKEN_ARROW}, {"==", TOKEN_EQ},   {"!=", TOKEN_NE}, {"<=", TOKEN_LE},
                 {">=", TOKEN_GE},    {"&&", TOKEN_AND},  {"||", TOKEN_OR}, {"<<", TOKEN_SHL},
                 {">>", TOKEN_SHR},   {"**", TOKEN_POWER}};
    static const unsigned char singles[128] = {
        ['('] = TOKEN_LPAREN,    [')'] = TOKEN_RPAREN,  ['['] = TOKEN_LBRACKET,
        [']'] = TOKEN_RBRACKET,  ['{'] = TOKEN_LBRACE,  ['}'] = TOKEN_RBRACE,
        [';'] = TOKEN_SEMICOLON, [','] = TOKEN_COMMA,   [':'] = TOKEN_COLON,
        ['+'] = TOKEN_PLUS,      ['-'] = TOKEN_MINUS,   ['*'] = TOKEN_STAR,
        ['/'] = TOKEN_SLASH,     ['%'] = TOKEN_PERCENT, ['^'] = TOKEN_CARET,
        ['='] = TOKEN_ASSIGN,    ['<'] = TOKEN_LT,      ['>'] = TOKEN_GT,
        ['!'] = TOKEN_NOT,       ['&'] = TOKEN_BIT_AND, ['|'] = TOKEN_BIT_OR,
        ['~'] = TOKEN_BIT_NOT,   ['@'] = TOKEN_AT};

    if (next == '=' || next == c || next == '>') {
        for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
            if (pairs[i].text[0] == c && pairs[i].text[1] == next) {
                *out_n = 2;
                return pairs[i].kind;
            }
        }
    }
    *out_n = 1;
    return is_beyond_ascii(c) ? TOKEN_END : (enum token_kind)singles[(unsigned char)c];
}

static enum status read_punctuation(struct lexer *lexer, struct token *token, bool is_first) {
    struct lexer_source *source = top(lexer);

    if (lexer->language == LEXER_QASM3 && is_first) {
        if (look(source, 0) == '@') {
            source->pos++;
            read_line_token(source, token, TOKEN_ANNOTATION);
            return STATUS_OK;
        }
        if (source->n - source->pos > 7 && memcmp(token->text, "#pragma", 7) == 0 &&
            is_blank(look(source, 7))) {
            source->pos += 7;
            read_line_token(source, token, TOKEN_PRAGMA);
            return STATUS_OK;
        }
    }
    token->kind = punctuation(&token->n, look(source, 0), look(source, 1));
    if (token->kind == TOKEN_END) {
        return refuse_character(source);
    }
    source->pos += token->n;
    return STATUS_OK;
}

enum status lexer_next(struct lexer *lexer) {
    struct lexer_source *source = top(lexer);
    struct token *token = &lexer->token;
    bool is_first;
    char c;

    TRY(skip_space(lexer));
    *token = (struct token){.text = source->text + source->pos, .loc = here(source)};
    if (source->pos == source->n) {
        token->is_line_end = source->owned == NULL;
        return STATUS_OK;
    }
    is_first = !source->line_has_token;
    source->line_has_token = true;
    c = source->text[source->pos];
    if (c == '$' && lexer->language == LEXER_QASM3 && is_digit(look(source, 1))) {
        return read_physical(source, token);
    }
    if (is_name_start(c) || (is_beyond_ascii(c) && lexer->language == LEXER_QASM3)) {
        return read_name(lexer, token, is_first);
    }
    if (is_digit(c) || (c == '.' && is_digit(look(source, 1)))) {
        return read_number(lexer, token);
    }
    if (c == '"' || (c == '\'' && lexer->language == LEXER_QASM3)) {
        return read_string(source, token);
    }
    return read_punctuation(lexer, token, is_first);
}

enum status lexer_accept(struct lexer *lexer, bool *out_found, enum token_kind kind) {
    *out_found = lexer->token.kind == kind;
    return *out_found ? lexer_next(lexer) : STATUS_OK;
}

enum status lexer_expect(struct lexer *lexer, enum token_kind kind, const char *where) {
    char text[TOKEN_TEXT_SIZE];

    if (lexer->token.kind == kind) {
        return lexer_next(lexer);
    }
    return log_error_at(STATUS_INPUT, lexer->token.loc, "%s: expected %s %s",
                        token_describe(&lexer->token, text), token_kind_name(kind), where);
}

bool token_is(const struct token *token, const char *word) {
    return token->kind == TOKEN_NAME && strlen(word) == token->n &&
           memcmp(token->text, word, token->n) == 0;
}

const char *token_kind_name(enum token_kind kind) {
    return kind_names[kind];
}

const char *token_describe(const struct token *token, char buffer[TOKEN_TEXT_SIZE]) {
    enum { MOST = 48 };
    size_t n = token->n;

    if (token->kind == TOKEN_END) {
        return token->is_line_end ? "the end of the line" : kind_names[TOKEN_END];
    }
    if (n > MOST) {
        n = MOST;
        while (n > 0 && (token->text[n] & 0xC0) == 0x80) {
            n--; /* not within a character */
        }
    }
    snprintf(buffer, TOKEN_TEXT_SIZE, token->kind == TOKEN_STRING ? "\"%.*s%s\"" : "'%.*s%s'",
             (int)n, token->text, n < token->n ? "..." : "");
    return buffer;
}

bool token_to_words(uint64_t *out_words, size_t n_bits, const struct token *token) {
    unsigned base = integer_base(token->text, token->n);
    size_t n_words = bits_words(n_bits), n_used = 0;

    CHECK(token->kind == TOKEN_INT);
    memset(out_words, 0, n_words * sizeof *out_words);
    for (size_t i = base == 10 ? 0 : 2; i < token->n;) {
        uint64_t factor = 1, carry = 0;
        /* as many digits as a word holds at once */
        for (; i < token->n && factor < UINT64_MAX / 16 / 16; i++) {
            if (token->text[i] != '_') {
                factor *= base;
                carry = carry * base + (uint64_t)digit_value(token->text[i]);
            }
        }
        for (size_t w = 0; w < n_used; w++) {
            unsigned __int128 product = (unsigned __int128)out_words[w] * factor + carry;
            out_words[w] = (uint64_t)product;
            carry = (uint64_t)(product >> 64);
        }
        if (carry != 0) {
            if (n_used == n_words) {
                return false;
            }
            out_words[n_used++] = carry;
        }
    }
    return n_bits % 64 == 0 || n_used < n_words || out_words[n_words - 1] >> (n_bits % 64) == 0;
}
