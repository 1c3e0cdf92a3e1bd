#include <string.h>

#include "base/bits.h"
#include "base/log.h"
#include "circuit/stim_reader.h"

enum { MAX_DEPTH = 256 };

/* ---- blocks ---- */

static enum status open_repeat(struct stim_reader *r) {
    struct repeat repeat = {.n_records = r->n_records};

    stim_scan_skip_blanks(&r->scan);
    struct src_loc loc = stim_scan_loc(&r->scan);
    TRY(stim_scan_count(&r->scan, &repeat.rounds));
    if (repeat.rounds == 0) {
        return log_error_at(STATUS_INPUT, loc, "REPEAT 0: expected at least one round");
    }
    stim_scan_skip_blanks(&r->scan);
    if (stim_scan_peek(&r->scan) != '{') {
        return stim_scan_refuse(&r->scan, "'{' after the rounds of a REPEAT");
    }
    stim_scan_skip(&r->scan, 1);
    if (r->n_repeats == MAX_DEPTH) {
        return log_error_at(STATUS_INPUT, r->loc, "REPEAT nested deeper than %d", (int)MAX_DEPTH);
    }
    TRY(op_list_open(&r->circuit->ops, &repeat.open, OP_REPEAT, OP_NO_EXPR, repeat.rounds, r->loc));
    r->circuit->ops.ops[repeat.open].tag = r->tag;
    TRY(vec_reserve(&r->repeats, r->n_repeats, &r->cap_repeats, 1, sizeof *r->repeats));
    r->repeats[r->n_repeats++] = repeat;
    return STATUS_OK;
}

static enum status close_repeat(struct stim_reader *r) {
    const struct repeat *repeat;
    uint64_t per_round;

    r->loc = stim_scan_loc(&r->scan);
    if (r->n_repeats == 0) {
        return log_error_at(STATUS_INPUT, r->loc, "'}' closes no REPEAT");
    }
    repeat = &r->repeats[--r->n_repeats];
    per_round = r->n_records - repeat->n_records;
    if (per_round > 0 && repeat->rounds > (UINT64_MAX - repeat->n_records) / per_round) {
        r->n_records = UINT64_MAX;
    } else {
        r->n_records = repeat->n_records + per_round * repeat->rounds;
    }
    stim_scan_skip(&r->scan, 1);
    return op_list_close(&r->circuit->ops, repeat->open, r->loc);
}

static enum status intern_tag(struct stim_reader *r, const char *text, size_t n) {
    struct circuit *circuit = r->circuit;
    uint32_t index;

    r->tag = 0;
    if (n == 0) {
        return STATUS_OK;
    }
    if (!names_find(&r->tag_names, &index, text, n)) {
        const char *copy = arena_strndup(&circuit->arena, text, n);
        if (copy == NULL) {
            return STATUS_NOFIT;
        }
        index = u32_from_size(circuit->n_tags);
        TRY(vec_reserve(&circuit->tags, circuit->n_tags, &circuit->cap_tags, 1,
                        sizeof *circuit->tags));
        TRY(names_add(&r->tag_names, copy, n, index));
        circuit->tags[circuit->n_tags++] = copy;
    }
    r->tag = index + 1;
    return STATUS_OK;
}

static enum status check_params(const struct stim_reader *r) {
    const struct stim_name *name = r->name;
    size_t n = r->scan.n_params;

    if (n >= name->n_params_min && n <= name->n_params_max) {
        return STATUS_OK;
    }
    if (name->n_params_min == name->n_params_max) {
        return log_error_at(STATUS_INPUT, r->loc, "%s with %zu arguments: expected %u", name->name,
                            n, name->n_params_min);
    }
    return log_error_at(STATUS_INPUT, r->loc, "%s with %zu arguments: expected %u to %u",
                        name->name, n, name->n_params_min, name->n_params_max);
}

static enum status check_probabilities(const struct stim_reader *r) {
    double sum = 0;

    for (size_t i = 0; i < r->scan.n_params; i++) {
        double p = r->scan.params[i];
        if (!(p >= 0 && p <= 1)) {
            return log_error_at(STATUS_INPUT, r->loc,
                                "%s with probability %g: expected a number from 0 to 1",
                                r->name->name, p);
        }
        sum += p;
    }
    return sum <= 1 + 1e-12
               ? STATUS_OK
               : log_error_at(STATUS_INPUT, r->loc,
                              "%s with probabilities that add to %g: expected at most 1",
                              r->name->name, sum);
}

/* From the first line that holds more than blanks and a comment on. */
static const char *skip_comments(const char *at, const char *end) {
    if (end - at >= 3 && memcmp(at, "\xef\xbb\xbf", 3) == 0) {
        at += 3;
    }
    while (at < end && memchr(" \t\r\n#", *at, 5) != NULL) {
        const char *line_end = *at == '#' ? memchr(at, '\n', (size_t)(end - at)) : at + 1;
        at = line_end == NULL ? end : line_end;
    }
    return at;
}

bool stim_is_text(const char *text, size_t n) {
    enum { SHORT_NAME = 2 }; /* of a gate, which may stand on a line of its own in OpenQASM */
    const char *at = skip_comments(text, text + n), *end = text + n;
    size_t n_name = 0, n_line, n_blank;

    while (at + n_name < end && memchr(" \t\r\n([", at[n_name], 6) == NULL) {
        n_name++;
    }
    for (n_line = n_name; at + n_line < end && memchr("\n#", at[n_line], 2) == NULL; n_line++) {
        if (at[n_line] == ';') {
            return false;
        }
    }
    if (stim_find_name(at, n_name) == NULL) {
        return false;
    }
    for (n_blank = n_name; n_blank < n_line && memchr(" \t\r", at[n_blank], 3) != NULL;) {
        n_blank++;
    }
    if (n_blank == n_line) {
        return n_name > SHORT_NAME;
    }
    return at[n_blank] == '[' || memchr("0123456789!(XYZxyz", at[n_blank], 18) != NULL ||
           (n_line - n_blank > 4 && memcmp(at + n_blank, "rec[", 4) == 0) ||
           (n_line - n_blank > 6 && memcmp(at + n_blank, "sweep[", 6) == 0);
}

static enum status find_name(struct stim_reader *r, const char *text, size_t n) {
    const char *near;

    r->name = stim_find_name(text, n);
    if (r->name != NULL && !(r->name->is_dialect && r->limits.strict)) {
        return STATUS_OK;
    }
    near = stim_find_near_name(text, n);
    if (r->name != NULL || near == NULL) {
        return log_error_at(STATUS_INPUT, r->loc, "'%.*s' is no instruction of Stim",
                            (int)(n < 40 ? n : 40), text);
    }
    return log_error_at(STATUS_INPUT, r->loc, "'%.*s' is no instruction of Stim; did you mean %s?",
                        (int)(n < 40 ? n : 40), text, near);
}

static enum status read_instruction(struct stim_reader *r) {
    const char *text;
    size_t n;

    r->loc = stim_scan_loc(&r->scan);
    stim_scan_name(&r->scan, &text, &n);
    if (n == 0) {
        return stim_scan_refuse(&r->scan, "an instruction");
    }
    TRY(find_name(r, text, n));
    TRY(stim_scan_tag(&r->scan, &text, &n));
    TRY(intern_tag(r, text, n));
    TRY(stim_scan_params(&r->scan));
    TRY(check_params(r));
    if (r->name->class == STIM_REPEAT) {
        return open_repeat(r);
    }
    if (r->name->class != STIM_DETECTOR && r->name->class != STIM_OBSERVABLE &&
        r->name->class != STIM_COORDS && r->name->class != STIM_SHIFT && !r->name->is_dialect) {
        TRY(check_probabilities(r));
    }
    TRY(stim_scan_targets(&r->scan));
    if (stim_scan_peek(&r->scan) == '{') {
        return stim_scan_refuse(&r->scan, "the end of the line");
    }
    return stim_read_targets(r);
}

/* ---- the whole ---- */

/* Labels become indices in ascending order. */
static enum status renumber(struct stim_reader *r) {
    struct circuit *circuit = r->circuit;
    struct op_list *list = &circuit->ops;
    struct src_loc loc = {.file = r->scan.file, .line = 1, .col = 1};
    uint32_t *before = mem_alloc(r->n_used_words, sizeof *before);
    uint32_t n = 0;

    if (before == NULL) {
        return STATUS_NOFIT;
    }
    for (size_t w = 0; w < r->n_used_words; w++) {
        before[w] = n;
        n += (uint32_t)__builtin_popcountll(r->used[w]);
    }
    for (size_t i = 0; i < list->n_qubits; i++) {
        uint32_t label = list->qubits[i];
        uint64_t below = r->used[label / 64] & (BIT64(label % 64) - 1);
        list->qubits[i] = before[label / 64] + (uint32_t)__builtin_popcountll(below);
    }
    mem_free(before);
    if (n > r->limits.max_qubits) {
        return log_error_at(STATUS_NOFIT, loc, "%u qubits; at most %llu are possible", n,
                            (unsigned long long)r->limits.max_qubits);
    }
    circuit->labels = arena_alloc(&circuit->arena, n * sizeof *circuit->labels);
    if (circuit->labels == NULL) {
        return STATUS_NOFIT;
    }
    n = 0;
    for (size_t label = 0; label < 64 * r->n_used_words; label++) {
        if (bits_get(r->used, label)) {
            circuit->labels[n++] = (uint32_t)label;
        }
    }
    if (n > 0) {
        TRY(circuit_add_qreg(circuit, "q", n, loc));
    }
    TRY(stim_place_qubits(r));
    circuit->measures = r->n_bits > 0;
    return r->n_bits > 0 ? circuit_add_creg(circuit, "rec", r->n_bits, loc) : STATUS_OK;
}

static enum status read_all(struct stim_reader *r) {
    struct circuit *circuit = r->circuit;

    TRY(vec_reserve(&circuit->files, 0, &circuit->cap_files, 1, sizeof *circuit->files));
    circuit->files[0] = arena_strdup(&circuit->arena, r->scan.file);
    if (circuit->files[0] == NULL) {
        return STATUS_NOFIT;
    }
    circuit->n_files = 1;
    for (;;) {
        stim_scan_skip_lines(&r->scan);
        if (r->scan.has_comment) {
            TRY(stim_read_comment(r));
            continue;
        }
        int c = stim_scan_peek(&r->scan);
        if (c < 0) {
            break;
        }
        TRY(c == '}' ? close_repeat(r) : read_instruction(r));
    }
    if (r->n_repeats > 0) {
        const struct op *open = &circuit->ops.ops[r->repeats[r->n_repeats - 1].open];
        return log_error_at(STATUS_INPUT, circuit_loc(circuit, open),
                            "REPEAT is not closed: expected '}' before the end of the text");
    }
    return renumber(r);
}

enum status stim_read_text(struct circuit **out_circuit, const char *name, const char *text,
                           size_t n, const struct circuit_limits *limits) {
    struct stim_reader r = {.circuit = circuit_create(), .limits = circuit_fill_limits(limits)};
    enum status status = r.circuit == NULL ? STATUS_NOFIT : STATUS_OK;

    TRY_GOTO(status, done);
    if (n > r.limits.max_file_bytes) {
        status =
            log_error_at(STATUS_INPUT, (struct src_loc){.file = name}, "is larger than %llu bytes",
                         (unsigned long long)r.limits.max_file_bytes);
        goto done;
    }
    TRY_GOTO(stim_scan_init(&r.scan, name, text, n), done);
    TRY_GOTO(read_all(&r), done);
    *out_circuit = r.circuit;
    r.circuit = NULL;
done:
    stim_scan_fini(&r.scan);
    mem_free(r.qubits);
    mem_free(r.used);
    mem_free(r.repeats);
    mem_free(r.ranges);
    names_fini(&r.tag_names);
    names_fini(&r.qpu_names);
    circuit_destroy(r.circuit);
    return status;
}
