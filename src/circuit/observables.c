#include "circuit/observables.h"

#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"

enum { MAX_NAME = 256, MAX_NUMBER = 64 };

struct reader {
    struct pauli_sums *sums;
    const char *at, *end, *line_start;
    const char *file;
    uint32_t line, n_qubits;
    struct src_loc last; /* where the last sum begins */
    locale_t locale;     /* "C": a point in numbers */
};

static struct src_loc loc_of(const struct reader *r, const char *at) {
    return (struct src_loc){r->file, r->line, (uint32_t)(at - r->line_start) + 1};
}

static void skip_blanks(struct reader *r) {
    while (r->at < r->end && (*r->at == ' ' || *r->at == '\t' || *r->at == '\r')) {
        r->at++;
    }
}

static bool is_digit(const struct reader *r, const char *at) {
    return at < r->end && *at >= '0' && *at <= '9';
}

/* 0 I, 1 X, 2 Y, 3 Z; -1: none */
static int letter_of(char c) {
    static const char letters[] = "IXYZ";
    const char *at = c == '\0' ? NULL : strchr(letters, c);
    return at ? (int)(at - letters) : -1;
}

static enum status refuse_here(const struct reader *r, const char *expected) {
    if (r->at == r->end) {
        return log_error_at(STATUS_INPUT, loc_of(r, r->at), "expected %s, not the end of the line",
                            expected);
    }
    return log_error_at(STATUS_INPUT, loc_of(r, r->at), "expected %s, not '%c'", expected, *r->at);
}

/* ---- sums and terms ---- */

static enum status check_name(const struct reader *r, const char *name, size_t n) {
    for (size_t i = 0; i < n;) {
        size_t length = text_utf8_length(name + i, n - i);
        if (length == 0 || text_is_control(name + i, length)) {
            return log_error_at(STATUS_INPUT, loc_of(r, name + i),
                                "a name with a control character or invalid UTF-8");
        }
        i += length;
    }
    return STATUS_OK;
}

static enum status end_sum(const struct reader *r) {
    const struct pauli_sums *sums = r->sums;
    if (sums->n_sums > 0 && sums->sums[sums->n_sums - 1].n == 0) {
        return log_error_at(STATUS_INPUT, r->last, "the sum '%s' has no terms",
                            sums->sums[sums->n_sums - 1].name);
    }
    return STATUS_OK;
}

static enum status begin_sum(struct reader *r, const char *name, size_t n_name) {
    struct pauli_sums *sums = r->sums;
    const struct src_loc loc = loc_of(r, name);
    TRY(end_sum(r));
    if (n_name == 0 || n_name > MAX_NAME) {
        return log_error_at(STATUS_INPUT, loc, "the name of a sum has 1 to %d characters",
                            MAX_NAME);
    }
    TRY(check_name(r, name, n_name));
    for (size_t i = 0; i < sums->n_sums; i++) {
        if (strlen(sums->sums[i].name) == n_name && memcmp(sums->sums[i].name, name, n_name) == 0) {
            return log_error_at(STATUS_INPUT, loc, "there are two sums called '%.*s'", (int)n_name,
                                name);
        }
    }
    TRY(vec_reserve(&sums->sums, sums->n_sums, &sums->cap_sums, 1, sizeof *sums->sums));
    const char *copy = arena_strndup(&sums->arena, name, n_name);
    if (!copy) {
        return STATUS_NOFIT;
    }
    sums->sums[sums->n_sums++] = (struct pauli_sum){.name = copy, .first = sums->n_terms};
    r->last = loc;
    return STATUS_OK;
}

static enum status add_letter(struct reader *r, const char *at, uint32_t qubit, int letter) {
    struct pauli_sums *sums = r->sums;
    struct pauli_term *term = &sums->terms[sums->n_terms - 1];
    for (size_t i = term->first; i < sums->n_letters; i++) {
        if (sums->qubits[i] == qubit) {
            return log_error_at(STATUS_INPUT, loc_of(r, at), "qubit %u twice in one term", qubit);
        }
    }
    if (letter == 0) {
        return STATUS_OK;
    }
    TRY(vec_reserve(&sums->qubits, sums->n_letters, &sums->cap_qubits, 1, sizeof *sums->qubits));
    TRY(vec_reserve(&sums->letters, sums->n_letters, &sums->cap_letters, 1, sizeof *sums->letters));
    sums->qubits[sums->n_letters] = qubit;
    sums->letters[sums->n_letters++] = (uint8_t)letter;
    term->n++;
    return STATUS_OK;
}

/* X0, Z3: one factor after the other. */
static enum status read_factors(struct reader *r) {
    while (r->at < r->end && letter_of(*r->at) >= 0) {
        const char *start = r->at++;
        uint64_t qubit = 0;
        if (!is_digit(r, r->at)) {
            return refuse_here(r, "the number of a qubit");
        }
        for (; is_digit(r, r->at) && qubit < UINT32_MAX; r->at++) {
            qubit = 10 * qubit + (uint64_t)(*r->at - '0');
        }
        if (qubit >= r->n_qubits) {
            return log_error_at(STATUS_INPUT, loc_of(r, start),
                                "qubit %llu: the number of qubits is %u, the first has number 0",
                                (unsigned long long)qubit, r->n_qubits);
        }
        TRY(add_letter(r, start, (uint32_t)qubit, letter_of(*start)));
    }
    return STATUS_OK;
}

/* A letter for each qubit, the last for qubit 0; a single I is the identity on any number. */
static enum status read_dense(struct reader *r, size_t length) {
    const char *start = r->at;
    r->at += length;
    if (length == 1 && *start == 'I') {
        return STATUS_OK;
    }
    if (length != r->n_qubits) {
        return log_error_at(STATUS_INPUT, loc_of(r, start),
                            "%zu letters for %u qubits; one qubit is written as in X0", length,
                            r->n_qubits);
    }
    for (size_t i = 0; i < length; i++) {
        const uint32_t qubit = (uint32_t)(length - 1 - i);
        TRY(add_letter(r, start + i, qubit, letter_of(start[i])));
    }
    return STATUS_OK;
}

static size_t count_letters(const struct reader *r) {
    size_t n = 0;
    while (r->at + n < r->end && letter_of(r->at[n]) >= 0) {
        n++;
    }
    return n;
}

static enum status read_string(struct reader *r) {
    bool is_dense = false, has_star = false;
    for (size_t n_words = 0;; n_words++) {
        size_t length = count_letters(r);
        if (length == 0) {
            return n_words > 0 && !has_star ? STATUS_OK : refuse_here(r, "I, X, Y or Z");
        }
        bool has_number = is_digit(r, r->at + length);
        if ((is_dense || !has_number) && n_words > 0) {
            return log_error_at(STATUS_INPUT, loc_of(r, r->at),
                                "a term is one word of letters, or factors such as X0");
        }
        TRY(has_number ? read_factors(r) : read_dense(r, length));
        is_dense = !has_number;
        skip_blanks(r);
        has_star = r->at < r->end && *r->at == '*';
        r->at += has_star;
        skip_blanks(r);
    }
}

/* Characters of a decimal number: digits with a point, and an exponent if it has digits. */
static size_t count_number(const struct reader *r) {
    const char *at = r->at;
    while (is_digit(r, at) || (at < r->end && *at == '.')) {
        at++;
    }
    if (at < r->end && (*at == 'e' || *at == 'E')) {
        const char *power = at + 1;
        power += power < r->end && (*power == '+' || *power == '-');
        while (is_digit(r, power)) {
            at = ++power;
        }
    }
    return (size_t)(at - r->at);
}

static enum status read_number(struct reader *r, double *out) {
    char buffer[MAX_NUMBER + 1] = {0}, *stop = buffer;
    size_t n = count_number(r);
    if (n <= MAX_NUMBER) {
        memcpy(buffer, r->at, n);
        *out = strtod_l(buffer, &stop, r->locale);
    }
    if (n > MAX_NUMBER || stop != buffer + n || !isfinite(*out)) {
        return log_error_at(STATUS_INPUT, loc_of(r, r->at), "this number cannot be read");
    }
    r->at += n;
    return STATUS_OK;
}

static bool is_sign(const struct reader *r, const char *at) {
    return at < r->end && (*at == '+' || *at == '-');
}

static bool is_number(const struct reader *r, const char *at) {
    return is_digit(r, at) || (at < r->end && *at == '.');
}

/* [+|-] [[+|-]NUMBER] [*] STRING; numbers have signs of their own as programs print them. */
static enum status read_term(struct reader *r, bool is_first) {
    struct pauli_sums *sums = r->sums;
    double sign = 1, number = 1;
    bool has_sign = is_sign(r, r->at);
    if (!is_first && !has_sign) {
        return refuse_here(r, "+ or - and another term");
    }
    if (has_sign) {
        sign = *r->at++ == '-' ? -1 : 1;
        skip_blanks(r);
    }
    if (is_sign(r, r->at) && is_number(r, r->at + 1)) {
        sign *= *r->at++ == '-' ? -1 : 1;
    }
    if (is_number(r, r->at)) {
        TRY(read_number(r, &number));
        skip_blanks(r);
        r->at += r->at < r->end && *r->at == '*';
        skip_blanks(r);
    }
    TRY(vec_reserve(&sums->terms, sums->n_terms, &sums->cap_terms, 1, sizeof *sums->terms));
    sums->terms[sums->n_terms++] =
        (struct pauli_term){.coefficient = sign * number, .first = sums->n_letters};
    sums->sums[sums->n_sums - 1].n++;
    return read_string(r);
}

/* One line without its end and comment. */
static enum status read_line(struct reader *r) {
    const char *colon = memchr(r->at, ':', (size_t)(r->end - r->at));
    skip_blanks(r);
    if (r->at == r->end) {
        return STATUS_OK;
    }
    if (colon) {
        const char *name = r->at, *stop = colon;
        while (stop > name && (stop[-1] == ' ' || stop[-1] == '\t')) {
            stop--;
        }
        TRY(begin_sum(r, name, (size_t)(stop - name)));
        r->at = colon + 1;
    } else if (r->sums->n_sums == 0) {
        static const char name[] = "observable";
        TRY(begin_sum(r, name, sizeof name - 1));
    }
    skip_blanks(r);
    for (bool is_first = true; r->at < r->end; is_first = false) {
        TRY(read_term(r, is_first));
        skip_blanks(r);
    }
    return STATUS_OK;
}

static enum status read_all(struct reader *r, const char *text, size_t n) {
    const char *stop = text + n;
    for (const char *next = text; next < stop;) {
        const char *line_end = memchr(next, '\n', (size_t)(stop - next));
        line_end = line_end ? line_end : stop;
        const char *comment = memchr(next, '#', (size_t)(line_end - next));
        r->line++;
        r->line_start = r->at = next;
        r->end = comment ? comment : line_end;
        TRY(read_line(r));
        next = line_end + (line_end < stop);
    }
    if (r->sums->n_sums == 0) {
        const struct src_loc whole = {.file = r->file};
        return log_error_at(STATUS_INPUT, whole, "there is no Pauli sum");
    }
    return end_sum(r);
}

enum status pauli_sums_read_text(struct pauli_sums **out_sums, const char *file, const char *text,
                                 size_t n, uint32_t n_qubits) {
    struct reader r = {.file = file, .n_qubits = n_qubits};
    r.sums = mem_alloc(1, sizeof *r.sums);
    r.locale = newlocale(LC_ALL_MASK, "C", NULL);
    enum status status = STATUS_NOFIT;
    if (r.sums && r.locale) {
        status = read_all(&r, text, n);
    }
    if (r.locale) {
        freelocale(r.locale);
    }
    if (status != STATUS_OK) {
        pauli_sums_destroy(r.sums);
        return status;
    }
    *out_sums = r.sums;
    return STATUS_OK;
}

void pauli_sums_destroy(struct pauli_sums *sums) {
    if (sums) {
        mem_free(sums->sums);
        mem_free(sums->terms);
        mem_free(sums->qubits);
        mem_free(sums->letters);
        arena_fini(&sums->arena);
        mem_free(sums);
    }
}
