/* Parts of verify_against: naming what differs, what faults do, which change repairs. */
#ifndef QSPAN_VERIFY_PROVE_H
#define QSPAN_VERIFY_PROVE_H

#include "verify/against.h"
#include "verify/match.h"

struct prove {
    struct verify_proof *proof;
    const struct program *program;
    struct match *match;
    struct flows target; /* averaged */
};

/* Verdict on the program as it is now, edited or not, with an insertion; undecided counts as not
 * equal. Nothing is logged. */
enum status prove_try(bool *out_is_equal, const struct prove *prove,
                      const struct walk_insert *insert);
/* Findings of a walk that failed, or whose average is not the target. */
enum status prove_findings(struct prove *prove, const struct walk *walk);
/* Sets proof->repair if a single change repairs the program. */
enum status prove_repair(struct prove *prove);
/* Ebits, bits, bounds, faults of a program that is proved. */
enum status prove_certificate(struct prove *prove, const struct walk *walk);

/* Symbol `column - 1` (0: the constant) of residual forms as words: "Z on b[2] (QPU B)". Returns
 * NULL without memory; *out_weight: logical qubits and output bits it touches. */
const char *prove_effect(struct prove *prove, const uint64_t *residual, size_t n_form_words,
                         size_t column, uint32_t *out_weight);
/* The residual forms of a walk against the target; mem_free *out_forms. Rows that are missing count
 * as equal. */
enum status prove_residual(uint64_t **out_forms, const struct prove *prove, const struct walk *walk,
                           size_t *out_n_missing);

#endif
