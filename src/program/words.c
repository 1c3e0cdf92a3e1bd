#include "program/words.h"

#include <stdlib.h>
#include <string.h>

#include "gate/gate.h"
#include "program/qnu.h"

/* Sorted. */
static const char *const keywords[] = {
    "OPENQASM",   "angle",   "array",   "barrier",       "bit",     "bool",     "box",
    "break",      "cal",     "case",    "complex",       "const",   "continue", "creg",
    "ctrl",       "def",     "defcal",  "defcalgrammar", "default", "delay",    "duration",
    "durationof", "else",    "end",     "extern",        "float",   "for",      "gate",
    "gphase",     "if",      "in",      "include",       "input",   "int",      "inv",
    "let",        "measure", "mutable", "negctrl",       "nop",     "output",   "pow",
    "pragma",     "qreg",    "qubit",   "readonly",      "reset",   "return",   "stretch",
    "switch",     "uint",    "void",    "while",
};
static const char *const builtins[] = {
    "arccos",   "arcsin", "arctan", "ceiling", "cos",      "euler",    "exp",
    "false",    "floor",  "im",     "imag",    "log",      "mod",      "pi",
    "popcount", "real",   "rec",    "rotl",    "rotr",     "sin",      "sizeof",
    "sqrt",     "tan",    "tau",    "true",    "\xCF\x80", "\xCF\x84", "\xE2\x84\x87",
};

struct slice {
    const char *text;
    size_t n;
};

static int compare(const void *key, const void *word) {
    const struct slice *slice = key;
    const char *other = *(const char *const *)word;
    int order = strncmp(slice->text, other, slice->n);

    return order != 0 ? order : other[slice->n] == '\0' ? 0 : -1;
}

static bool is_among(const char *const *words, size_t n_words, const char *name, size_t n) {
    struct slice key = {.text = name, .n = n};

    return bsearch(&key, words, n_words, sizeof *words, compare) != NULL;
}

bool word_is_keyword(const char *name, size_t n) {
    return is_among(keywords, sizeof keywords / sizeof *keywords, name, n);
}

const char *word_reserved_as(const char *name, size_t n) {
    char copy[32];

    if (word_is_keyword(name, n)) {
        return "a keyword of OpenQASM 3";
    }
    if (is_among(builtins, sizeof builtins / sizeof *builtins, name, n)) {
        return "a constant or function of OpenQASM 3";
    }
    if (n >= sizeof copy) {
        return NULL;
    }
    memcpy(copy, name, n);
    copy[n] = '\0';
    const enum gate_id gate = gate_find(copy);
    if (gate != GATE_NONE) {
        return strcmp(copy, "U") == 0        ? "a gate of OpenQASM 3"
               : gate_get(gate)->in_stdgates ? "a gate of stdgates.inc"
                                             : "a gate of qnu.inc";
    }
    return qnu_has_def(name, n) ? "a def of qnu.inc" : NULL;
}
