/* Which language a text is in, and reading it. */
#include <string.h>

#include "base/log.h"
#include "circuit/circuit.h"
#include "circuit/lexer.h"

/* Steps over blanks and comments. */
static size_t skip_space(const char *text, size_t n, size_t i) {
    while (i < n) {
        if (strchr(" \t\r\n\f\v", text[i]) != NULL && text[i] != '\0') {
            i++;
        } else if (text[i] == '/' && i + 1 < n && text[i + 1] == '/') {
            while (i < n && text[i] != '\n' && text[i] != '\r') {
                i++;
            }
        } else if (text[i] == '/' && i + 1 < n && text[i + 1] == '*') {
            for (i += 2; i + 1 < n && !(text[i] == '*' && text[i + 1] == '/');) {
                i++;
            }
            i = i + 2 < n ? i + 2 : n;
        } else {
            break;
        }
    }
    return i;
}

static bool is_word_char(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           (unsigned char)c >= 0x80;
}

static bool is_ascii(const char *text, size_t n) {
    for (size_t i = 0; i < n; i++) {
        if ((unsigned char)text[i] >= 0x80) {
            return false;
        }
    }
    return true;
}

/* Words that begin statements of OpenQASM 3 and mean nothing in OpenQASM 2. */
static bool is_word_of_3(const char *text, size_t n) {
    static const char *const words[] = {
        "qubit",    "bit",     "def",      "const",   "let",   "input",   "output", "for",
        "while",    "else",    "switch",   "int",     "uint",  "float",   "angle",  "bool",
        "duration", "stretch", "ctrl",     "negctrl", "inv",   "pow",     "gphase", "box",
        "delay",    "defcal",  "cal",      "extern",  "array", "complex", "pragma", "defcalgrammar",
        "return",   "break",   "continue", "end",     "tau",   "euler"};

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strlen(words[i]) == n && memcmp(words[i], text, n) == 0) {
            return true;
        }
    }
    return false;
}

/* `OPENQASM n`, at i: the digit decides. */
static bool find_version(enum circuit_language *out_language, const char *text, size_t n,
                         size_t i) {
    if (n - i < 10 || memcmp(text + i, "OPENQASM", 8) != 0 || is_word_char(text[i + 8])) {
        return false;
    }
    i = skip_space(text, n, i + 8);
    *out_language =
        i < n && text[i] >= '3' && text[i] <= '9' && text[i] != '9' ? CIRCUIT_QASM3 : CIRCUIT_QASM2;
    return true;
}

enum circuit_language circuit_detect(const char *text, size_t n) {
    enum circuit_language language;
    size_t i = n >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0, most = 1 << 20;

    i = skip_space(text, n, i);
    if (find_version(&language, text, n, i)) {
        return language;
    }
    if (stim_is_text(text, n)) {
        return CIRCUIT_STIM;
    }
    n = n < most ? n : most;
    for (bool is_word = false; i < n; i = skip_space(text, n, i)) {
        size_t begin = i;
        while (i < n && is_word_char(text[i])) {
            i++;
        }
        is_word = i > begin;
        if (is_word &&
            (is_word_of_3(text + begin, i - begin) || !is_ascii(text + begin, i - begin))) {
            return CIRCUIT_QASM3;
        }
        if (is_word) {
            continue;
        }
        if (text[i] == '@' || text[i] == '$' || text[i] == '#' || text[i] == '\'' ||
            (text[i] == '=' && i + 1 < n && text[i + 1] != '=' && text[i - (i > 0)] != '=')) {
            return CIRCUIT_QASM3;
        }
        if (text[i] == '"' && n - i > 13 && memcmp(text + i + 1, "stdgates.inc", 12) == 0) {
            return CIRCUIT_QASM3;
        }
        i++;
    }
    return CIRCUIT_QASM2;
}

static bool is_named_stim(const char *name) {
    size_t n = strlen(name);
    return n >= 5 && strcmp(name + n - 5, ".stim") == 0;
}

/* What only OpenQASM 3 has. */
static enum status refuse_limits(const struct circuit_limits *limits, const char *name,
                                 const char *language) {
    if (limits != NULL && limits->n_params > 0) {
        return log_error(STATUS_USAGE, "--param %.48s: %s is %s, which has no input variables",
                         limits->params[0], name, language);
    }
    if (limits != NULL && limits->dialect == CIRCUIT_BRAKET) {
        return log_error(STATUS_USAGE, "--dialect braket is of OpenQASM 3, and %s is %s", name,
                         language);
    }
    return STATUS_OK;
}

enum status circuit_read_text(struct circuit **out_circuit, const char *name, const char *text,
                              size_t n, const struct circuit_limits *limits) {
    switch (is_named_stim(name) ? CIRCUIT_STIM : circuit_detect(text, n)) {
    case CIRCUIT_QASM2:
        TRY(refuse_limits(limits, name, "OpenQASM 2"));
        return qasm2_read_text(out_circuit, name, text, n, limits);
    case CIRCUIT_QASM3:
        return qasm3_read_text(out_circuit, name, text, n, limits);
    case CIRCUIT_STIM:
        break;
    }
    TRY(refuse_limits(limits, name, "of Stim's language"));
    return stim_read_text(out_circuit, name, text, n, limits);
}

enum status circuit_read_file(struct circuit **out_circuit, const char *path,
                              const struct circuit_limits *limits) {
    struct circuit_limits all = circuit_fill_limits(limits);
    enum status status;
    char *text;
    size_t n;

    TRY(file_read(&text, &n, path, all.max_file_bytes));
    status =
        circuit_read_text(out_circuit, strcmp(path, "-") == 0 ? "<stdin>" : path, text, n, limits);
    mem_free(text);
    return status;
}
