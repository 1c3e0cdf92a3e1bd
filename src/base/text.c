#include "base/text.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Allocates with realloc itself: messages about lack of memory are written with this buffer, so it
 * must not log. */
static bool reserve(struct text *text, size_t n_more) {
    size_t need;
    if (text->failed || __builtin_add_overflow(text->n, n_more, &need) ||
        __builtin_add_overflow(need, 1, &need)) {
        text->failed = true;
        return false;
    }
    if (need <= text->cap) {
        return true;
    }
    size_t cap = text->cap > 32 ? text->cap : 32;
    while (cap < need) {
        cap = cap > SIZE_MAX / 2 ? need : cap * 2;
    }
    char *data = realloc(text->data, cap);
    if (!data) {
        text->failed = true;
        return false;
    }
    text->data = data;
    text->cap = cap;
    return true;
}

void text_fini(struct text *text) {
    free(text->data);
    *text = (struct text){0};
}

void text_add_n(struct text *text, const char *piece, size_t n) {
    if (!reserve(text, n)) {
        return;
    }
    if (n > 0) {
        memcpy(text->data + text->n, piece, n);
    }
    text->n += n;
    text->data[text->n] = '\0';
}

char *text_extend(struct text *text, size_t n) {
    if (!reserve(text, n)) {
        return NULL;
    }
    char *at = text->data + text->n;
    text->n += n;
    text->data[text->n] = '\0';
    return at;
}

void text_add(struct text *text, const char *piece) {
    text_add_n(text, piece, strlen(piece));
}

void text_vprintf(struct text *text, const char *fmt, va_list args) {
    va_list again;
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, fmt, again);
    va_end(again);
    if (n < 0 || !reserve(text, (size_t)n)) {
        text->failed = true;
        return;
    }
    vsnprintf(text->data + text->n, (size_t)n + 1, fmt, args);
    text->n += (size_t)n;
}

void text_printf(struct text *text, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    text_vprintf(text, fmt, args);
    va_end(args);
}

void text_add_count(struct text *text, uint64_t value) {
    char digits[20];
    size_t first = sizeof digits;

    do {
        digits[--first] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    text_add_n(text, digits + first, sizeof digits - first);
}

void text_add_double(struct text *text, double value) {
    char buffer[40];
    if (!isfinite(value)) {
        text_add(text, isnan(value) ? "nan" : value < 0 ? "-inf" : "inf");
        return;
    }
    if (value == floor(value) && fabs(value) < 1e16) {
        text_add(text, signbit(value) ? "-" : ""); /* 100000, not 1e+05 */
        text_add_count(text, (uint64_t)fabs(value));
        return;
    }
    /* Of a normal number 15 digits keep any shorter decimal, and %g drops zeros at the end. */
    for (int n_digits = fabs(value) < DBL_MIN ? 1 : DBL_DIG; n_digits <= 17; n_digits++) {
        snprintf(buffer, sizeof buffer, "%.*g", n_digits, value);
        if (strtod(buffer, NULL) == value) {
            break;
        }
    }
    text_add(text, buffer);
}

size_t text_utf8_length(const char *piece, size_t n) {
    const unsigned char *s = (const unsigned char *)piece;
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t length = s[0] < 0x80 ? 1 : s[0] < 0xc0 ? 0 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;
    if (length <= 1 || length > n || s[0] > 0xf4) {
        return length == 1;
    }
    uint32_t code = s[0] & (0x7fu >> length);
    for (size_t i = 1; i < length; i++) {
        if ((s[i] & 0xc0) != 0x80) {
            return 0;
        }
        code = code << 6 | (s[i] & 0x3fu);
    }
    bool is_surrogate = code >= 0xd800 && code < 0xe000;
    return code < least[length] || code > 0x10ffff || is_surrogate ? 0 : length;
}

/* Control characters of ASCII, of C1 (two bytes) and the ones that turn the writing direction. */
bool text_is_control(const char *piece, size_t length) {
    const unsigned char *s = (const unsigned char *)piece;

    switch (length) {
    case 1:
        return s[0] < 0x20 || s[0] == 0x7f;
    case 2:
        return s[0] == 0xc2 && s[1] < 0xa0;
    case 3:
        return s[0] == 0xe2 && ((s[1] == 0x80 && s[2] >= 0xa8 && s[2] <= 0xae) ||
                                (s[1] == 0x81 && s[2] >= 0xa6 && s[2] <= 0xa9));
    default:
        return false;
    }
}

void text_add_escaped(struct text *text, const char *piece, size_t n) {
    const unsigned char *s = (const unsigned char *)piece;
    text_add_n(text, "", 0);
    for (size_t i = 0; i < n;) {
        size_t length = text_utf8_length(piece + i, n - i);
        if (length > 0 && !text_is_control(piece + i, length)) {
            text_add_n(text, piece + i, length);
            i += length;
            continue;
        }
        for (size_t end = i + (length > 0 ? length : 1); i < end; i++) {
            text_printf(text, "\\x%02X", s[i]);
        }
    }
}

uint64_t text_digest(uint64_t before, const char *text, size_t n) {
    uint64_t digest = before;
    for (size_t i = 0; i < n; i++) {
        digest = (digest ^ (unsigned char)text[i]) * UINT64_C(0x100000001b3);
    }
    return digest;
}
