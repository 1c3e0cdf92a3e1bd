#include "circuit/stim_scan.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

enum status stim_scan_init(struct stim_scan *scan, const char *file, const char *text, size_t n) {
    static const char mark[] = "\xef\xbb\xbf";

    *scan = (struct stim_scan){.file = file, .text = text, .n = n, .line = 1, .col0 = -1};
    scan->c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    if (scan->c_locale == (locale_t)0) {
        return log_error(STATUS_NOFIT, "no memory for a locale");
    }
    if (n >= 3 && memcmp(text, mark, 3) == 0) {
        scan->pos = 3;
        scan->col0 = 2;
    }
    return STATUS_OK;
}

void stim_scan_fini(struct stim_scan *scan) {
    if (scan->c_locale != (locale_t)0) {
        freelocale(scan->c_locale);
    }
    mem_free(scan->targets);
    *scan = (struct stim_scan){0};
}

struct src_loc stim_scan_loc(const struct stim_scan *scan) {
    return (struct src_loc){scan->file, scan->line, (uint32_t)((int64_t)scan->pos - scan->col0)};
}

int stim_scan_peek(const struct stim_scan *scan) {
    return scan->pos < scan->n ? (unsigned char)scan->text[scan->pos] : -1;
}

void stim_scan_skip(struct stim_scan *scan, size_t n) {
    for (size_t i = 0; i < n && scan->pos < scan->n; i++) {
        int c = stim_scan_peek(scan);
        scan->pos++;
        if (c == '\n') {
            scan->line++;
            scan->col0 = (int64_t)scan->pos - 1;
        } else if ((c & 0xc0) == 0x80) {
            scan->col0++; /* a continuation byte of UTF-8 */
        }
    }
}

static bool is_blank(int c) {
    return c == ' ' || c == '\t' || c == '\r';
}

static bool is_digit(int c) {
    return c >= '0' && c <= '9';
}

static bool is_name_letter(int c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_';
}

/* A comment for qspan is kept until it is read. */
static void skip_comment(struct stim_scan *scan) {
    static const char word[] = "qspan";
    const size_t n_word = sizeof word - 1;
    const char *text = scan->text + scan->pos, *end = memchr(text, '\n', scan->n - scan->pos);
    size_t n = end == NULL ? scan->n - scan->pos : (size_t)(end - text), at = 1;

    while (at < n && is_blank(text[at])) {
        at++;
    }
    if (n - at > n_word && memcmp(text + at, word, n_word) == 0 && is_blank(text[at + n_word])) {
        stim_scan_skip(scan, at + n_word);
        n -= at + n_word;
        scan->comment = (struct stim_comment){scan->text + scan->pos, n, stim_scan_loc(scan)};
        scan->has_comment = true;
    }
    stim_scan_skip(scan, n);
}

void stim_scan_skip_blanks(struct stim_scan *scan) {
    while (is_blank(stim_scan_peek(scan))) {
        scan->pos++;
    }
    if (stim_scan_peek(scan) == '#') {
        skip_comment(scan);
    }
}

void stim_scan_skip_lines(struct stim_scan *scan) {
    stim_scan_skip_blanks(scan);
    while (stim_scan_peek(scan) == '\n' && !scan->has_comment) {
        stim_scan_skip(scan, 1);
        stim_scan_skip_blanks(scan);
    }
}

enum status stim_scan_refuse(const struct stim_scan *scan, const char *what) {
    enum { MAX_SHOWN = 40 };
    int c = stim_scan_peek(scan);
    size_t n = 0;

    if (c < 0 || c == '\n') {
        return log_error_at(STATUS_INPUT, stim_scan_loc(scan), "the end of the %s: expected %s",
                            c < 0 ? "text" : "line", what);
    }
    while (n < MAX_SHOWN && scan->pos + n < scan->n &&
           (n == 0 || memchr(" \t\r\n#", scan->text[scan->pos + n], 5) == NULL)) {
        n++;
    }
    return log_error_at(STATUS_INPUT, stim_scan_loc(scan), "'%.*s': expected %s", (int)n,
                        scan->text + scan->pos, what);
}

void stim_scan_name(struct stim_scan *scan, const char **out_name, size_t *out_n) {
    size_t first = scan->pos;

    while (is_name_letter(stim_scan_peek(scan))) {
        scan->pos++;
    }
    *out_name = scan->text + first;
    *out_n = scan->pos - first;
}

enum status stim_scan_tag(struct stim_scan *scan, const char **out_tag, size_t *out_n) {
    size_t first = scan->pos + 1;

    *out_tag = NULL;
    *out_n = 0;
    if (stim_scan_peek(scan) != '[') {
        return STATUS_OK;
    }
    stim_scan_skip(scan, 1);
    while (stim_scan_peek(scan) != ']') {
        int c = stim_scan_peek(scan);
        size_t length = c < 0 ? 0 : text_utf8_length(scan->text + scan->pos, scan->n - scan->pos);
        if (c < 0 || c == '\n' || c == '\r') {
            return stim_scan_refuse(scan, "']' at the end of a tag");
        }
        if (c == '\\' &&
            (scan->pos + 1 == scan->n || memchr("nrBC", scan->text[scan->pos + 1], 4) == NULL)) {
            return stim_scan_refuse(scan, "\\n, \\r, \\B or \\C in a tag");
        }
        /* A tag is printed as it stands, maybe to a terminal. */
        if (length == 0 || (c != '\t' && text_is_control(scan->text + scan->pos, length))) {
            return stim_scan_refuse(scan, "a tag of UTF-8 text without control characters");
        }
        stim_scan_skip(scan, length);
    }
    *out_tag = scan->text + first;
    *out_n = scan->pos - first;
    stim_scan_skip(scan, 1);
    return STATUS_OK;
}

/* Bytes of a decimal number from pos on, 0: none. */
static size_t number_length(const struct stim_scan *scan) {
    const char *text = scan->text + scan->pos;
    size_t n = scan->n - scan->pos, i = 0, n_digits = 0;

    i += n > 0 && (text[0] == '+' || text[0] == '-');
    for (; i < n && is_digit(text[i]); i++) {
        n_digits++;
    }
    i += i < n && text[i] == '.';
    for (; i < n && is_digit(text[i]); i++) {
        n_digits++;
    }
    if (n_digits > 0 && i < n && (text[i] == 'e' || text[i] == 'E')) {
        size_t exponent = i + 1 + (i + 1 < n && (text[i + 1] == '+' || text[i + 1] == '-'));
        if (exponent < n && is_digit(text[exponent])) {
            for (i = exponent; i < n && is_digit(text[i]); i++) {
            }
        }
    }
    return n_digits > 0 ? i : 0;
}

static enum status scan_number(struct stim_scan *scan, double *out) {
    enum { MAX_DIGITS = 400 };
    char copy[MAX_DIGITS + 1];
    size_t n = number_length(scan);

    if (n == 0 || n > MAX_DIGITS) {
        return stim_scan_refuse(scan, n == 0 ? "a number" : "a number of at most 400 digits");
    }
    memcpy(copy, scan->text + scan->pos, n);
    copy[n] = '\0';
    *out = strtod_l(copy, NULL, scan->c_locale);
    if (!(*out >= -1.7976931348623157e308 && *out <= 1.7976931348623157e308)) {
        return stim_scan_refuse(scan, "a finite number");
    }
    stim_scan_skip(scan, n);
    return STATUS_OK;
}

enum status stim_scan_params(struct stim_scan *scan) {
    scan->n_params = 0;
    if (stim_scan_peek(scan) != '(') {
        return STATUS_OK;
    }
    do {
        stim_scan_skip(scan, 1);
        stim_scan_skip_blanks(scan);
        if (scan->n_params == STIM_MAX_PARAMS) {
            return stim_scan_refuse(scan, "at most 255 arguments");
        }
        TRY(scan_number(scan, &scan->params[scan->n_params]));
        scan->n_params++;
        stim_scan_skip_blanks(scan);
    } while (stim_scan_peek(scan) == ',');
    if (stim_scan_peek(scan) != ')') {
        return stim_scan_refuse(scan, "',' or ')' after an argument");
    }
    stim_scan_skip(scan, 1);
    return STATUS_OK;
}

static enum status scan_integer(struct stim_scan *scan, uint64_t *out, uint64_t max,
                                const char *what) {
    uint64_t value = 0;
    size_t pos = scan->pos;

    if (!is_digit(stim_scan_peek(scan))) {
        return stim_scan_refuse(scan, what);
    }
    for (; pos < scan->n && is_digit(scan->text[pos]); pos++) {
        uint64_t digit = (uint64_t)(scan->text[pos] - '0');
        if (value > (max - digit) / 10) {
            return stim_scan_refuse(scan, what);
        }
        value = 10 * value + digit;
    }
    scan->pos = pos;
    *out = value;
    return STATUS_OK;
}

enum status stim_scan_count(struct stim_scan *scan, uint64_t *out_count) {
    return scan_integer(scan, out_count, INT64_MAX, "a number of rounds, at most 2^63 - 1");
}

/* `rec[-` or `sweep[`, a number, `]` */
static enum status scan_bracketed(struct stim_scan *scan, struct stim_target *target) {
    bool is_rec = target->kind == STIM_REC;
    const char *word = is_rec ? "rec[-" : "sweep[";
    const char *what =
        is_rec ? "rec[-k] with k from 1 to 16777215" : "sweep[k] with k from 0 to 16777215";
    struct stim_scan start = *scan;
    uint64_t value = 0;
    size_t n = strlen(word);

    if (scan->n - scan->pos < n || memcmp(scan->text + scan->pos, word, n) != 0) {
        return stim_scan_refuse(scan, what);
    }
    stim_scan_skip(scan, n);
    if (!is_digit(stim_scan_peek(scan))) {
        return stim_scan_refuse(&start, what);
    }
    while (is_digit(stim_scan_peek(scan))) {
        value =
            value > STIM_MAX_LABEL ? value : 10 * value + (uint64_t)(stim_scan_peek(scan) - '0');
        scan->pos++;
    }
    if (stim_scan_peek(scan) != ']' || value > STIM_MAX_LABEL || (is_rec && value == 0)) {
        return stim_scan_refuse(&start, what);
    }
    stim_scan_skip(scan, 1);
    target->value = (uint32_t)value;
    return STATUS_OK;
}

static enum status scan_target(struct stim_scan *scan, struct stim_target *target) {
    uint64_t value = 0;
    int c;

    target->col = stim_scan_loc(scan).col;
    if (stim_scan_peek(scan) == '!') {
        target->is_inverted = true;
        scan->pos++;
    }
    c = stim_scan_peek(scan);
    if (!target->is_inverted && (c == 'r' || c == 's')) {
        target->kind = c == 'r' ? STIM_REC : STIM_SWEEP;
        return scan_bracketed(scan, target);
    }
    if (c > 0 && strchr("XYZxyz", c) != NULL) {
        target->kind = STIM_PAULI;
        target->letter = (uint8_t)(1 + (c | 32) - 'x');
        scan->pos++;
    } else if (!is_digit(c)) {
        return stim_scan_refuse(scan, "a target: 5, !5, X5, rec[-1] or sweep[0]");
    }
    TRY(scan_integer(scan, &value, STIM_MAX_LABEL, "the number of a qubit, at most 16777215"));
    target->value = (uint32_t)value;
    return STATUS_OK;
}

static bool is_line_end(int c) {
    return c < 0 || c == '\n' || c == '{';
}

enum status stim_scan_targets(struct stim_scan *scan) {
    bool is_joined = false;

    scan->n_targets = 0;
    for (;;) {
        size_t before = scan->pos;
        struct stim_target target = {.is_joined = is_joined};
        stim_scan_skip_blanks(scan);
        if (is_line_end(stim_scan_peek(scan)) && !is_joined) {
            return STATUS_OK;
        }
        if (stim_scan_peek(scan) == '*' && scan->n_targets > 0 && !is_joined) {
            is_joined = true;
            stim_scan_skip(scan, 1);
            continue;
        }
        if (scan->pos == before && !is_joined) {
            return stim_scan_refuse(scan, "a blank before a target");
        }
        TRY(scan_target(scan, &target));
        TRY(vec_reserve(&scan->targets, scan->n_targets, &scan->cap_targets, 1,
                        sizeof *scan->targets));
        scan->targets[scan->n_targets++] = target;
        is_joined = false;
    }
}
