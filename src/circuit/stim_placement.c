/* Comments `# qspan qpu NAME 0:16 20` before the first instruction: which QPU holds which labels.
 */
#include <string.h>

#include "base/log.h"
#include "circuit/stim_reader.h"

enum { MAX_QPU_NAME = 64 };

static bool is_name(const char *text, size_t n) {
    for (size_t i = 0; i < n; i++) {
        bool is_letter = (text[i] >= 'a' && text[i] <= 'z') || (text[i] >= 'A' && text[i] <= 'Z');
        bool is_other = (text[i] >= '0' && text[i] <= '9') || text[i] == '_';
        if (!is_letter && !(is_other && i > 0)) {
            return false;
        }
    }
    return n > 0 && n <= MAX_QPU_NAME;
}

/* The next word of a comment; its column goes to *loc. */
static bool next_word(const struct stim_comment *comment, size_t *inout_at, const char **out_word,
                      size_t *out_n, struct src_loc *loc) {
    size_t at = *inout_at, n = 0;

    while (at < comment->n && memchr(" \t\r", comment->text[at], 3) != NULL) {
        at++;
    }
    while (at + n < comment->n && memchr(" \t\r", comment->text[at + n], 3) == NULL) {
        n++;
    }
    *out_word = comment->text + at;
    *out_n = n;
    *loc = comment->loc;
    loc->col += (uint32_t)at;
    *inout_at = at + n;
    return n > 0;
}

static size_t read_label(uint32_t *out, const char *text, size_t n) {
    uint64_t value = 0;
    size_t i;

    for (i = 0; i < n && text[i] >= '0' && text[i] <= '9'; i++) {
        value = value > STIM_MAX_LABEL ? value : 10 * value + (uint64_t)(text[i] - '0');
    }
    *out = (uint32_t)value;
    return value > STIM_MAX_LABEL ? 0 : i;
}

/* `5` or `0:16`, the last inclusive. */
static enum status read_range(struct stim_range *out, const char *text, size_t n,
                              struct src_loc loc) {
    size_t n_first = read_label(&out->first, text, n), n_last = 0;

    out->last = out->first;
    if (n_first > 0 && n_first < n && text[n_first] == ':') {
        n_last = 1 + read_label(&out->last, text + n_first + 1, n - n_first - 1);
    }
    if (n_first == 0 || n_last == 1 || n_first + n_last != n || out->last < out->first) {
        return log_error_at(STATUS_INPUT, loc, "'%.*s': expected labels of qubits, a or a:b",
                            (int)(n < 40 ? n : 40), text);
    }
    out->loc = loc;
    return STATUS_OK;
}

static enum status find_qpu(struct stim_reader *r, uint32_t *out_qpu, const char *text, size_t n,
                            struct src_loc loc) {
    struct circuit *circuit = r->circuit;

    if (names_find(&r->qpu_names, out_qpu, text, n)) {
        return STATUS_OK;
    }
    *out_qpu = u32_from_size(circuit->n_placed_qpus);
    TRY(circuit_add_placed_qpu(circuit, text, n, loc));
    TRY(names_add(&r->qpu_names, circuit->placed_qpus[*out_qpu], n, *out_qpu));
    return STATUS_OK;
}

enum status stim_read_comment(struct stim_reader *r) {
    const struct stim_comment *comment = &r->scan.comment;
    struct stim_range range = {0};
    struct src_loc loc;
    const char *word;
    size_t at = 0, n;

    r->scan.has_comment = false;
    next_word(comment, &at, &word, &n, &loc);
    if (n != 3 || memcmp(word, "qpu", 3) != 0) {
        return log_error_at(STATUS_INPUT, comment->loc,
                            "unknown comment for qspan; expected # qspan qpu NAME a:b ...");
    }
    if (r->circuit->ops.n_ops > 0) {
        return log_error_at(STATUS_INPUT, comment->loc,
                            "placement after the first instruction; expected it before");
    }
    next_word(comment, &at, &word, &n, &loc);
    if (!is_name(word, n)) {
        return log_error_at(STATUS_INPUT, loc, "'%.*s': expected the name of a QPU",
                            (int)(n < 40 ? n : 40), word);
    }
    TRY(find_qpu(r, &range.qpu, word, n, loc));
    while (next_word(comment, &at, &word, &n, &loc)) {
        TRY(read_range(&range, word, n, loc));
        TRY(vec_reserve(&r->ranges, r->n_ranges, &r->cap_ranges, 1, sizeof *r->ranges));
        r->ranges[r->n_ranges++] = range;
    }
    return STATUS_OK;
}

/* Index of the first qubit with that label or a higher one. */
static uint32_t first_from(const struct circuit *circuit, uint32_t label) {
    uint32_t low = 0, high = circuit->n_qubits;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (circuit->labels[middle] < label) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static enum status place(struct circuit *circuit, const struct stim_range *range) {
    uint32_t qb = first_from(circuit, range->first);

    if (qb == circuit->n_qubits || circuit->labels[qb] > range->last) {
        return log_error_at(STATUS_INPUT, range->loc,
                            "the circuit has no qubit with a label from %u to %u", range->first,
                            range->last);
    }
    for (; qb < circuit->n_qubits && circuit->labels[qb] <= range->last; qb++) {
        if (circuit->placement[qb] != OP_NO_QPU) {
            return log_error_at(STATUS_INPUT, range->loc,
                                "qubit %u is already placed on QPU '%.48s'", circuit->labels[qb],
                                circuit->placed_qpus[circuit->placement[qb]]);
        }
        circuit->placement[qb] = range->qpu;
    }
    return STATUS_OK;
}

enum status stim_place_qubits(struct stim_reader *r) {
    struct circuit *circuit = r->circuit;
    size_t n_bytes = circuit->n_qubits * sizeof *circuit->placement;

    if (circuit->n_placed_qpus == 0) {
        return STATUS_OK;
    }
    circuit->placement = arena_alloc(&circuit->arena, n_bytes);
    if (circuit->placement == NULL) {
        return STATUS_NOFIT;
    }
    memset(circuit->placement, 0xff, n_bytes); /* OP_NO_QPU */
    for (size_t i = 0; i < r->n_ranges; i++) {
        TRY(place(circuit, &r->ranges[i]));
    }
    return STATUS_OK;
}
