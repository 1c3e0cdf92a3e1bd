/* Parts of verify_against: naming what differs, what faults do, which change repairs. */
#ifndef QSPAN_VERIFY_PROVE_H
#define QSPAN_VERIFY_PROVE_H

#include "verify/against.h"
#include "verify/dense.h"
#include "verify/match.h"

struct prove {
    struct verify_proof *proof;
    const struct program *program;
    struct match *match;
    struct flows target; /* averaged */
    bool is_dense;       /* gates that are no Cliffords: instruments instead of flows */
    struct instrument dense_target;
    double target_lost; /* probability of its runs that were left out */
};

/* A name for what a program does wrong. */
struct prove_residual {
    const char *name; /* "Z on b[0] (QPU B)", "nothing"; in the proof's arena */
    uint32_t weight;  /* logical qubits that it acts on */
};

/* Verdict on the program as it is now, edited or not, with an insertion; undecided counts as not
 * equal. Nothing is logged. */
enum status prove_try(bool *out_is_equal, const struct prove *prove,
                      const struct walk_insert *insert);
/* The program leaves runs out as likely as the target does, if that has loops; else
 * STATUS_UNVERIFIED, logged unless quiet. */
enum status prove_check_lost(const struct prove *prove, double lost, bool is_quiet);
/* Fills proof->outcomes of a walk of one branch. If `only_lost`, on_input is only what the target
 * keeps to itself: an input Pauli that some relation of the target does not commute with. */
enum status prove_outcomes(struct prove *prove, const struct walk *walk, bool only_lost);
/* Findings of a walk that failed, or whose average is not the target. */
enum status prove_findings(struct prove *prove, const struct walk *walk);
/* Appends a sentence; frees the text. */
enum status prove_add_finding(struct prove *prove, struct text *text);
/* "b[0] (QPU B)" */
void prove_add_wire(struct text *text, const struct program *program, uint32_t wire);

/* The dense counterparts (prove_dense.c, dense_findings.c, dense_certificate.c). */
enum status prove_dense_target(struct prove *prove, bool is_quiet);
enum status prove_dense_compare(struct prove *prove);
enum status prove_dense_try(bool *out_is_equal, const struct prove *prove,
                            const struct walk_insert *insert);
/* Both sides as instruments; the program with an insertion and faults, or without (NULL, 0). */
enum status prove_dense_run(struct instrument *out, struct dense *dense, const struct prove *prove);
enum status prove_dense_findings(struct prove *prove, const struct instrument *own, size_t worst);
enum status prove_dense_certificate(struct prove *prove, const struct dense *dense);
/* Faults on state vectors; of a program with a WHILE those of first rounds, in runs in which each
 * WHILE ends with its first. proof->has_faults stays false if that is too much. */
enum status prove_dense_faults(struct prove *prove);
/* What takes the target's vector to this one. */
enum status prove_dense_residual(struct prove_residual *out, struct prove *prove,
                                 const struct instrument_vector *vector,
                                 const struct instrument_vector *target);

/* Sets proof->repair if a single change repairs the program. */
enum status prove_repair(struct prove *prove);
/* Ebits, bits, bounds, faults of a program that is proved. */
enum status prove_certificate(struct prove *prove, const struct walk *walk);
/* Ebits and bits alone, of the pairs that these ops make; of programs with a WHILE each of the text
 * once. */
enum status prove_traffic(struct prove *prove, const size_t *ebit_ops, size_t n_ebits);
/* Depth, rounds of messages, comm qubits. */
enum status prove_depth(struct prove *prove);
/* Channel and fidelity of noisy pairs: residual forms of n_form_words words for each unknown, and
 * the column of the X fault of each pair, which that of its Z fault follows. */
enum status prove_noise(struct prove *prove, const uint64_t *residual, size_t n_form_words,
                        const size_t *columns, size_t n_pairs);
enum status prove_add_fault(struct prove *prove, struct verify_fault fault);
enum status prove_add_cut(struct prove *prove, struct verify_cut cut);

/* Symbol `column - 1` (0: the constant) of residual forms as words: "Z on b[2] (QPU B)". Returns
 * NULL without memory; *out_weight: logical qubits and output bits it touches. */
const char *prove_effect(struct prove *prove, const uint64_t *residual, size_t n_form_words,
                         size_t column, uint32_t *out_weight);
/* The residual forms of a walk against the target; mem_free *out_forms. Rows that are missing count
 * as equal. */
enum status prove_residual(uint64_t **out_forms, const struct prove *prove, const struct walk *walk,
                           size_t *out_n_missing);

#endif
