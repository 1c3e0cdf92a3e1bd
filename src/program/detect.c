#include <string.h>

#include "program/cunqa.h"
#include "program/program.h"

/* Words at a position of a text, comments and blanks between them skipped. */
struct scanner {
    const char *text;
    size_t n, pos;
};

static bool is_at(const struct scanner *scanner, const char *word) {
    size_t n = strlen(word);

    return scanner->n - scanner->pos >= n && memcmp(scanner->text + scanner->pos, word, n) == 0;
}

static void skip_to(struct scanner *scanner, const char *end, size_t n_skipped) {
    const char *from = scanner->text + scanner->pos;
    const char *at = memmem(from, scanner->n - scanner->pos, end, strlen(end));

    scanner->pos = at == NULL ? scanner->n : (size_t)(at - scanner->text) + n_skipped;
}

/* Past blanks, also line ends if `lines`. */
static void skip_blanks(struct scanner *scanner, bool lines) {
    while (scanner->pos < scanner->n &&
           strchr(lines ? " \t\f\v\r\n" : " \t\f\v", scanner->text[scanner->pos]) != NULL &&
           scanner->text[scanner->pos] != '\0') {
        scanner->pos++;
    }
}

/* To the next text that is no comment. */
static void skip_space(struct scanner *scanner) {
    for (;;) {
        skip_blanks(scanner, true);
        if (is_at(scanner, "//")) {
            skip_to(scanner, "\n", 0);
        } else if (is_at(scanner, "/*")) {
            scanner->pos += 2;
            skip_to(scanner, "*/", 2);
        } else {
            return;
        }
    }
}

static bool take(struct scanner *scanner, const char *word) {
    if (!is_at(scanner, word)) {
        return false;
    }
    scanner->pos += strlen(word);
    skip_blanks(scanner, false);
    return true;
}

bool program_is_program_text(const char *text, size_t n) {
    struct scanner scanner = {.text = text, .n = n};

    if (cunqa_is_text(text, n)) {
        return true;
    }
    if (is_at(&scanner, "\xEF\xBB\xBF")) {
        scanner.pos += 3;
    }
    skip_space(&scanner);
    if (take(&scanner, "OPENQASM") && !is_at(&scanner, "3")) {
        return false;
    }
    while (scanner.pos < scanner.n) {
        skip_space(&scanner);
        take(&scanner, "#");
        if (take(&scanner, "pragma") && take(&scanner, "qspan") && take(&scanner, "qpu")) {
            return true;
        }
        /* the rest of the line, unless a comment that may span lines begins in it */
        while (scanner.pos < scanner.n && scanner.text[scanner.pos] != '\n' &&
               !(scanner.text[scanner.pos] == '/' &&
                 (is_at(&scanner, "/*") || is_at(&scanner, "//")))) {
            scanner.pos++;
        }
    }
    return false;
}
