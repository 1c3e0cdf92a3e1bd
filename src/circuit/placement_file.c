#include "circuit/placement_file.h"

#include <jansson.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"

enum { MAX_NAME = 64 };

struct reader {
    struct circuit *circuit;
    struct names qpus; /* names to indices of placed_qpus */
    const char *const *qpu_names;
    size_t n_names;
    struct src_loc loc; /* of the entry; JSON: without line */
    const char *where;  /* JSON: its key or index, to be put before messages; else "" */
};

/* A word of the file, borrowed. */
struct word {
    const char *text;
    size_t n;
};

#define WORD_ARGS(word) (int)((word).n < 80 ? (word).n : 80), (word).text

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Digits alone, below 2^32. */
static bool read_number(uint32_t *out, struct word word) {
    uint64_t value = 0;
    for (size_t i = 0; i < word.n; i++) {
        if (!is_digit(word.text[i]) || value > UINT32_MAX) {
            return false;
        }
        value = 10 * value + (uint64_t)(word.text[i] - '0');
    }
    *out = (uint32_t)value;
    return word.n > 0 && value <= UINT32_MAX;
}

static bool is_qpu_name(struct word word) {
    for (size_t i = 0; i < word.n; i++) {
        if (!is_letter(word.text[i]) && !is_digit(word.text[i]) && word.text[i] != '_') {
            return false;
        }
    }
    return word.n > 0 && word.n <= MAX_NAME && is_letter(word.text[0]);
}

static enum status find_number(const struct reader *r, struct word *inout_word, char *buffer) {
    uint32_t k;
    if (!read_number(&k, *inout_word) || k >= (r->n_names > 0 ? r->n_names : 26)) {
        return log_error_at(STATUS_INPUT, r->loc,
                            "%sQPU %.*s: there are QPUs 0 to %zu; others need a name", r->where,
                            WORD_ARGS(*inout_word), (r->n_names > 0 ? r->n_names : 26) - 1);
    }
    buffer[0] = (char)('A' + (int)(k % 26));
    inout_word->text = r->n_names > 0 ? r->qpu_names[k] : buffer;
    inout_word->n = r->n_names > 0 ? strlen(r->qpu_names[k]) : 1;
    return STATUS_OK;
}

/* Index of the QPU in placed_qpus, added when it is new. */
static enum status find_qpu(struct reader *r, uint32_t *out_qpu, struct word word) {
    struct circuit *circuit = r->circuit;
    char buffer[1];
    if (word.n > 0 && is_digit(word.text[0])) {
        TRY(find_number(r, &word, buffer));
    }
    if (!is_qpu_name(word)) {
        return log_error_at(STATUS_INPUT, r->loc,
                            "%s'%.*s' is no name of a QPU; expected letters, digits and _, a "
                            "letter first, or a number",
                            r->where, WORD_ARGS(word));
    }
    if (names_find(&r->qpus, out_qpu, word.text, word.n)) {
        return STATUS_OK;
    }
    *out_qpu = u32_from_size(circuit->n_placed_qpus);
    TRY(circuit_add_placed_qpu(circuit, word.text, word.n, r->loc));
    TRY(names_add(&r->qpus, circuit->placed_qpus[*out_qpu], word.n, *out_qpu));
    return STATUS_OK;
}

/* `reg`, `reg[i]`, `reg[i:j]` or a number, as qubits *out_first .. *out_last. */
static enum status find_qubits(const struct reader *r, uint32_t *out_first, uint32_t *out_last,
                               struct word word) {
    const char *bracket = memchr(word.text, '[', word.n);
    size_t n_name = bracket ? (size_t)(bracket - word.text) : word.n;
    uint32_t first, last;
    if (read_number(&first, word) && first < r->circuit->n_qubits) {
        *out_first = *out_last = first;
        return STATUS_OK;
    }
    const struct reg *reg = circuit_find_qreg(r->circuit, word.text, n_name);
    if (!reg) {
        return log_error_at(STATUS_INPUT, r->loc,
                            "%s'%.*s' is no qubit of the circuit; expected a register, reg[i], "
                            "reg[i:j] or a number below %u",
                            r->where, WORD_ARGS(word), r->circuit->n_qubits);
    }
    first = 0;
    last = reg->n - 1;
    if (bracket) {
        struct word inner = {bracket + 1, word.n - n_name - 1};
        const char *colon = memchr(inner.text, ':', inner.n);
        bool is_closed = inner.n > 0 && inner.text[--inner.n] == ']';
        struct word low = {inner.text, colon ? (size_t)(colon - inner.text) : inner.n};
        struct word high = colon ? (struct word){colon + 1, inner.n - low.n - 1} : low;
        if (!is_closed || !read_number(&first, low) || !read_number(&last, high) || first > last ||
            last >= reg->n) {
            return log_error_at(STATUS_INPUT, r->loc, "%s'%.*s' is outside of %.64s[%u]", r->where,
                                WORD_ARGS(word), reg->name, reg->n);
        }
    }
    *out_first = reg->first + first;
    *out_last = reg->first + last;
    return STATUS_OK;
}

static enum status place(struct reader *r, uint32_t first, uint32_t last, struct word qpu_word) {
    uint32_t qpu;
    char name[96];
    TRY(find_qpu(r, &qpu, qpu_word));
    for (uint32_t qb = first; qb <= last; qb++) {
        if (r->circuit->placement[qb] != OP_NO_QPU) {
            return log_error_at(STATUS_INPUT, r->loc, "%squbit %s is already placed on QPU '%s'",
                                r->where, circuit_qubit_name(r->circuit, qb, name, sizeof name),
                                r->circuit->placed_qpus[r->circuit->placement[qb]]);
        }
        r->circuit->placement[qb] = qpu;
    }
    return STATUS_OK;
}

static enum status place_next(struct reader *r, uint32_t *inout_next, struct word qpu) {
    if (*inout_next >= r->circuit->n_qubits) {
        return log_error_at(STATUS_INPUT, r->loc, "%smore entries than the circuit's %u qubits",
                            r->where, r->circuit->n_qubits);
    }
    TRY(place(r, *inout_next, *inout_next, qpu));
    (*inout_next)++;
    return STATUS_OK;
}

/* --- plain --- */

static bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == ',';
}

/* The next word of the line from *inout_at on; empty at its end. */
static struct word next_word(const char *line, size_t n, size_t *inout_at) {
    size_t at = *inout_at;
    while (at < n && is_blank(line[at])) {
        at++;
    }
    size_t start = at;
    while (at < n && !is_blank(line[at])) {
        at++;
    }
    *inout_at = at;
    return (struct word){line + start, at - start};
}

static enum status read_line(struct reader *r, uint32_t *inout_next, bool *inout_has_pairs,
                             const char *line, size_t n) {
    const char *comment = memchr(line, '#', n);
    size_t at = 0;
    n = comment ? (size_t)(comment - line) : n;
    struct word first = next_word(line, n, &at);
    struct word second = next_word(line, n, &at);
    struct word third = next_word(line, n, &at);
    uint32_t first_qb, last_qb;
    if (first.n == 0) {
        return STATUS_OK;
    }
    r->loc.col = u32_from_size((size_t)(first.text - line) + 1);
    if (third.n > 0) {
        return log_error_at(STATUS_INPUT, r->loc, "expected a qubit and a QPU, not more");
    }
    if ((second.n > 0 && *inout_next > 0) || (second.n == 0 && *inout_has_pairs)) {
        return log_error_at(STATUS_INPUT, r->loc,
                            "lines with a qubit and a QPU are mixed with lines with a QPU alone");
    }
    if (second.n == 0) {
        return place_next(r, inout_next, first);
    }
    *inout_has_pairs = true;
    TRY(find_qubits(r, &first_qb, &last_qb, first));
    r->loc.col = u32_from_size((size_t)(second.text - line) + 1);
    return place(r, first_qb, last_qb, second);
}

static enum status read_plain(struct reader *r, const char *text, size_t n) {
    uint32_t next = 0;
    bool has_pairs = false;
    r->loc.line = 0;
    for (size_t at = 0; at < n; at++) {
        const char *end = memchr(text + at, '\n', n - at);
        size_t length = end ? (size_t)(end - text) - at : n - at;
        r->loc.line++;
        TRY(read_line(r, &next, &has_pairs, text + at, length));
        at += length;
    }
    return STATUS_OK;
}

/* --- JSON --- */

static enum status read_value(struct reader *r, struct word *out_word, char *buffer, size_t size,
                              const json_t *value) {
    if (json_is_string(value)) {
        *out_word = (struct word){json_string_value(value), json_string_length(value)};
        return STATUS_OK;
    }
    if (json_is_integer(value) && json_integer_value(value) >= 0) {
        int n = snprintf(buffer, size, "%lld", (long long)json_integer_value(value));
        *out_word = (struct word){buffer, (size_t)n};
        return STATUS_OK;
    }
    return log_error_at(STATUS_INPUT, r->loc, "%sexpected the name or number of a QPU", r->where);
}

static enum status read_array(struct reader *r, const json_t *root) {
    uint32_t next = 0;
    for (size_t i = 0; i < json_array_size(root); i++) {
        char where[32], buffer[32];
        struct word word;
        snprintf(where, sizeof where, "[%zu]: ", i);
        r->where = where;
        TRY(read_value(r, &word, buffer, sizeof buffer, json_array_get(root, i)));
        TRY(place_next(r, &next, word));
    }
    return STATUS_OK;
}

static enum status read_object(struct reader *r, json_t *root) {
    const char *key;
    json_t *value;
    json_object_foreach(root, key, value) {
        char where[96], buffer[32];
        struct word word;
        uint32_t first, last;
        snprintf(where, sizeof where, "\"%.80s\": ", key);
        r->where = where;
        TRY(find_qubits(r, &first, &last, (struct word){key, strlen(key)}));
        TRY(read_value(r, &word, buffer, sizeof buffer, value));
        TRY(place(r, first, last, word));
    }
    return STATUS_OK;
}

static enum status read_json(struct reader *r, const char *text, size_t n) {
    json_error_t error;
    json_t *root = json_loadb(text, n, JSON_REJECT_DUPLICATES, &error);
    if (!root) {
        r->loc.line = error.line > 0 ? (uint32_t)error.line : 0;
        r->loc.col = error.column > 0 ? (uint32_t)error.column : 1;
        return log_error_at(STATUS_INPUT, r->loc, "%s", error.text);
    }
    enum status status = json_is_array(root) ? read_array(r, root) : read_object(r, root);
    json_decref(root);
    return status;
}

enum status placement_file_read_text(struct circuit *circuit, const char *name, const char *text,
                                     size_t n, const char *const *qpu_names, size_t n_names) {
    struct reader r = {.circuit = circuit,
                       .qpu_names = qpu_names,
                       .n_names = n_names,
                       .loc = {.file = name},
                       .where = ""};
    size_t start = 0;
    uint32_t *placement = arena_alloc(&circuit->arena, circuit->n_qubits * sizeof *placement);
    if (!placement) {
        return STATUS_NOFIT;
    }
    memset(placement, 0xff, circuit->n_qubits * sizeof *placement);
    circuit->placement = placement;
    circuit->n_placed_qpus = 0;
    if (n >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0) { /* a byte order mark */
        text += 3;
        n -= 3;
    }
    while (start < n && (is_blank(text[start]) || text[start] == '\n')) {
        start++;
    }
    bool is_json = start < n && (text[start] == '{' || text[start] == '[');
    enum status status = is_json ? read_json(&r, text, n) : read_plain(&r, text, n);
    names_fini(&r.qpus);
    if (status == STATUS_OK && circuit->n_placed_qpus == 0) {
        return log_error_at(STATUS_INPUT, (struct src_loc){.file = name}, "places no qubit");
    }
    return status;
}
