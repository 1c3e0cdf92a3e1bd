/* Detector error models: which independent errors a circuit has, and which detectors and
 * observables each flips.
 *
 * The circuit is walked backwards, with the detectors and observables that depend on each qubit
 * (dem/sensitivity.h); where noise is met, what depends on the qubit says what the error flips.
 * Errors that flip the same are fused. The text is Stim's .dem. Ref: Gidney, Stim (Quantum 5, 497,
 * 2021), and its ErrorAnalyzer, whose rules for splitting errors are followed so that models agree.
 */
#ifndef QSPAN_DEM_DEM_H
#define QSPAN_DEM_DEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "circuit/circuit.h"
#include "gate/op.h"
#include "machine/machine.h"
#include "program/program.h"
#include "runtime/clock.h"

struct dem_options {
    bool decompose;       /* split errors into parts of at most two detectors */
    bool ignore_failures; /* keep what cannot be split */
    bool block_remnants;  /* no part that no error flips by itself */
    bool fold_loops;      /* a REPEAT that becomes periodic stays one */
    bool allow_gauge;     /* a detector that is random gets an error of probability 1/2 */
    double approximate;   /* disjoint cases, and errors under one condition, of at most this
                           * probability are taken as independent; 0: never */
};

/* What is analysed; all borrowed. */
struct dem_source {
    const struct op_list *ops;
    uint32_t n_qubits, n_bits;
    const char *const *files; /* by op.file */
    const char *const *tags;  /* by op.tag - 1; NULL: ops have none */
    const bool *recorded;     /* programs: results of this bit are in the record; NULL: all are */
    const void *ctx;
    const char *(*qubit_name)(const void *ctx, uint32_t qubit, char *buffer, size_t n);
    /* Probabilities of I, X, Y, Z on the second qubit of a pair that EBIT makes at a run-time site
     * (runtime/site.h); NULL: no errors. */
    enum status (*pair_weights)(const void *ctx, double *out_weights, const uint32_t *wires,
                                uint64_t site);
    bool pairs_vary; /* from site to site: no loop is folded, sites are right; else sites are
                      * those of no round in particular */
};

struct dem_model;
/* A text that Stim reads comes from dem_print. Errors: STATUS_INPUT at the op: no Clifford,
 * feedback other than Paulis on an XOR of bits, a detector or observable that is random (named),
 * cases that no independent errors give, errors under conditions that are
 * no coins of their own (dem/coins.h), an error that cannot be split. STATUS_NOFIT. Cost: O(ops x
 * weight); REPEAT is walked round by round unless it folds. */
enum status dem_create(struct dem_model **out_model, const struct dem_source *source,
                       const struct dem_options *options);
enum status dem_from_circuit(struct dem_model **out_model, const struct circuit *circuit,
                             const struct dem_options *options);
/* machine NULL: pairs without errors. The program must have passed program_check. clock: of a
 * physical machine, which keeps the pairs of one timeline (runtime/clock.h): the model is that of
 * its shots; else NULL. */
enum status dem_from_program(struct dem_model **out_model, const struct program *program,
                             const struct machine *machine, const struct run_clock *clock,
                             const struct dem_options *options);
void dem_destroy(struct dem_model *model);
/* Stim's text, numbers with 19 digits as Stim writes them. */
enum status dem_print(struct text *out, const struct dem_model *model);

#endif
