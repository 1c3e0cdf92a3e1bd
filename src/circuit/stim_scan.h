/* The text of Stim's language: names, tags, arguments and targets, each with its place. */
#ifndef QSPAN_CIRCUIT_STIM_SCAN_H
#define QSPAN_CIRCUIT_STIM_SCAN_H

#include <locale.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/log.h"

enum {
    STIM_MAX_LABEL = (1 << 24) - 1, /* of qubits, records, sweep bits: as in Stim */
    STIM_MAX_PARAMS = 255,
};

enum stim_target_kind { STIM_QUBIT, STIM_PAULI, STIM_REC, STIM_SWEEP };

struct stim_target {
    enum stim_target_kind kind;
    uint8_t letter; /* PAULI: 1 X, 2 Y, 3 Z */
    bool is_inverted;
    bool is_joined; /* by * to the target before */
    uint32_t value; /* label; REC: how far back, from 1; SWEEP: index */
    uint32_t col;
};

/* What follows `# qspan`. */
struct stim_comment {
    const char *text;
    size_t n;
    struct src_loc loc; /* of its first character */
};

struct stim_scan {
    const char *file, *text;
    size_t n, pos;
    uint32_t line;
    int64_t col0; /* column = pos - col0: characters from 1 */
    locale_t c_locale;
    double params[STIM_MAX_PARAMS];
    size_t n_params;
    struct stim_target *targets;
    size_t n_targets, cap_targets;
    struct stim_comment comment;
    bool has_comment; /* for qspan, on this line */
};

/* The text is borrowed. */
enum status stim_scan_init(struct stim_scan *scan, const char *file, const char *text, size_t n);
void stim_scan_fini(struct stim_scan *scan);

/* Where the next character stands. */
struct src_loc stim_scan_loc(const struct stim_scan *scan);
/* The next character, -1 at the end of the text. */
int stim_scan_peek(const struct stim_scan *scan);
void stim_scan_skip(struct stim_scan *scan, size_t n);
/* To the next character that is no blank, line end or comment; to the end of the line of a comment
 * for qspan. */
void stim_scan_skip_lines(struct stim_scan *scan);
/* To the next character of this line that is no blank; a comment ends the line. */
void stim_scan_skip_blanks(struct stim_scan *scan);
/* Refuses what stands here: "'foo': expected WHAT". */
enum status stim_scan_refuse(const struct stim_scan *scan, const char *what);

/* A name: *out_n letters, digits and _ from *out_name on, none for another character. */
void stim_scan_name(struct stim_scan *scan, const char **out_name, size_t *out_n);
/* `[tag]`, its text between the brackets as it stands; NULL: there is none. */
enum status stim_scan_tag(struct stim_scan *scan, const char **out_tag, size_t *out_n);
/* `(1, 2.5)` into params; none for another character. */
enum status stim_scan_params(struct stim_scan *scan);
/* Targets up to the end of the line into `targets`. */
enum status stim_scan_targets(struct stim_scan *scan);
/* A count of at most 2^63 - 1. */
enum status stim_scan_count(struct stim_scan *scan, uint64_t *out_count);

#endif
