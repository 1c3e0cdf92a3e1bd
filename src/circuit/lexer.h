/* Tokens of OpenQASM 2 and of the OpenQASM 3 text that programs are written in.
 *
 * A lexer is a stack of sources: the file itself, files that it includes, and views of text that
 * was already read (the rest of a pragma line). Each source ends with TOKEN_END, also an included
 * one: the parser decides whether a file may end there, and pops it. One token is current at a
 * time.
 *
 * Line ends are LF, CR LF or CR. A UTF-8 byte order mark is skipped; columns count characters.
 * Comments are skipped, but a line comment `// qspan REST` is kept in `directives`. Cost: one pass.
 */
#ifndef QSPAN_CIRCUIT_LEXER_H
#define QSPAN_CIRCUIT_LEXER_H

#include <locale.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/log.h"

enum {
    LEXER_MAX_DIGITS = 100000, /* of one integer: keeps big integers quick to read */
};

enum lexer_language {
    LEXER_QASM2, /* ASCII; decimal integers; strings in double quotes */
    LEXER_QASM3, /* letters beyond ASCII; 0x 0o 0b and 1_000; units; pragma and annotation lines */
};

enum token_kind {
    TOKEN_END,        /* of this source */
    TOKEN_NAME,       /* identifier or keyword; in OpenQASM 3 also $n; text */
    TOKEN_INT,        /* integer, real; is_wide: more than 64 bits, see token_to_words */
    TOKEN_REAL,       /* real, finite */
    TOKEN_QUANTITY,   /* OpenQASM 3: number and unit, `10us`; text */
    TOKEN_STRING,     /* text without the quotes, as it stands */
    TOKEN_PRAGMA,     /* `pragma REST` or `#pragma REST`: text = REST, without blanks and comment */
    TOKEN_ANNOTATION, /* `@REST` first on its line: text = REST, likewise */
    TOKEN_LPAREN,
    TOKEN_RPAREN,
    TOKEN_LBRACKET,
    TOKEN_RBRACKET,
    TOKEN_LBRACE,
    TOKEN_RBRACE,
    TOKEN_SEMICOLON,
    TOKEN_COMMA,
    TOKEN_COLON,
    TOKEN_PLUS,
    TOKEN_MINUS,
    TOKEN_STAR,
    TOKEN_SLASH,
    TOKEN_PERCENT,
    TOKEN_POWER, /* ** */
    TOKEN_CARET,
    TOKEN_ARROW, /* -> */
    TOKEN_ASSIGN,
    TOKEN_EQ,
    TOKEN_NE,
    TOKEN_LT,
    TOKEN_LE,
    TOKEN_GT,
    TOKEN_GE,
    TOKEN_SHL,
    TOKEN_SHR,
    TOKEN_AND, /* && */
    TOKEN_OR,  /* || */
    TOKEN_NOT, /* ! */
    TOKEN_BIT_AND,
    TOKEN_BIT_OR,
    TOKEN_BIT_NOT,
    TOKEN_AT,
    TOKEN_KIND_COUNT,
};

struct token {
    enum token_kind kind;
    bool is_wide;
    bool is_line_end; /* TOKEN_END of a view: the line ends, not the file */
    const char *text; /* borrowed from the source, not 0-terminated; until that source is popped */
    size_t n;
    uint64_t integer;
    double real; /* of an integer as well; inf beyond the range of double */
    struct src_loc loc;
};

/* `// qspan TEXT`, blanks trimmed; borrowed from its source. */
struct lexer_directive {
    const char *text;
    size_t n;
    struct src_loc loc; /* of text */
};

struct lexer_source {
    const char *name;
    char *owned; /* freed when popped; NULL for a view */
    const char *text;
    size_t n, pos;
    uint32_t line;
    int64_t col0; /* column = pos - col0, continuation bytes of UTF-8 discounted */
    bool line_has_token;
};

struct lexer {
    enum lexer_language language;
    locale_t c_locale; /* a decimal point is a point wherever the library is used */
    struct lexer_source *sources;
    size_t n_sources, cap_sources;
    struct token token; /* the current one, after the first lexer_next */
    /* Met so far, in text order; the parser sets n_directives = 0 when it has read them. */
    struct lexer_directive *directives;
    size_t n_directives, cap_directives;
};

void lexer_init(struct lexer *lexer, enum lexer_language language);
void lexer_fini(struct lexer *lexer);

/* Pushes a source of n bytes; `text` was allocated by mem_alloc (file_read), text[n] is 0, and it
 * is freed by lexer_pop, by lexer_fini, and at once on failure. `name` is borrowed, for messages.
 * Tokens come from it after the next lexer_next. Errors: UTF-16 text (STATUS_INPUT); no memory. */
enum status lexer_push(struct lexer *lexer, const char *name, char *text, size_t n);
/* Pushes n bytes that stay valid by themselves and begin at loc: the text of a pragma, annotation
 * or directive. text[n] need not be 0. */
enum status lexer_push_view(struct lexer *lexer, const char *text, size_t n, struct src_loc loc);
/* Back to the source below; its next token comes with lexer_next. */
void lexer_pop(struct lexer *lexer);

/* Reads the next token of the top source into lexer->token. Errors (STATUS_INPUT, logged):
 * characters that no token begins with, open strings and comments, malformed or overflowing
 * numbers. */
enum status lexer_next(struct lexer *lexer);
/* If the current token is of that kind, reads the next one and sets *out_found (never NULL). */
enum status lexer_accept(struct lexer *lexer, bool *out_found, enum token_kind kind);
/* The same, but another kind is an error: "'foo': expected ';' WHERE", e.g. where = "after a gate".
 */
enum status lexer_expect(struct lexer *lexer, enum token_kind kind, const char *where);

/* A letter or underscore, then letters, digits, underscores (bytes beyond ASCII are letters): what
 * a name of OpenQASM 3 looks like. */
bool lexer_is_identifier(const char *name, size_t n);

/* The token is the name (or keyword) `word`. */
bool token_is(const struct token *token, const char *word);
/* How messages call it: "'foo'", "the end of the file"; long text is cut. Returns buffer. */
enum { TOKEN_TEXT_SIZE = 80 };
const char *token_describe(const struct token *token, char buffer[TOKEN_TEXT_SIZE]);
/* "';'", "an integer" */
const char *token_kind_name(enum token_kind kind);
/* The integer as bits, least significant first: (n_bits + 63) / 64 words. False when it does not
 * fit n_bits (words then undefined). Cost: quadratic in digits, bounded by LEXER_MAX_DIGITS. */
bool token_to_words(uint64_t *out_words, size_t n_bits, const struct token *token);

#endif
