/* The state of an analysis: analyze.c walks blocks and loops backwards, undo.c takes ops back. */
#ifndef QSPAN_DEM_ANALYZER_H
#define QSPAN_DEM_ANALYZER_H

#include "base/log.h"
#include "dem/coins.h"
#include "dem/combine.h"
#include "dem/mechanisms.h"
#include "dem/model.h"
#include "dem/sensitivity.h"

struct analyzer {
    const struct dem_source *source;
    const struct dem_options *options;
    uint64_t iteration; /* of the loops around, as in runtime/site.h, where none is folded */
    struct sensitivity sensitivity;
    struct mechanisms mechanisms;
    struct combiner combiner;
    struct target_set scratch, other; /* between calls: nothing */
    /* Steps of gates without parameters; is_made: 0 not yet, 1 Clifford, 2 not. One array for an
     * analysis and its scouts. */
    struct gate_steps *steps;
    uint8_t *is_made;
    double share; /* of the shots in which an error may happen: 1, or 1/2 under a condition */
    /* Looks at the conditions of errors alone (dem/coins.h), which are the targets: it makes no
     * errors and no model. */
    bool counts_coins;
    bool has_coins; /* there are such errors */
    struct coins coins;
    /* A scout looks for the period of a loop: it makes no errors, no model and no messages. */
    bool is_scout;
    struct dem_model *model;
    struct dem_block *block; /* being written */
};

static inline bool analyzer_makes_errors(const struct analyzer *a) {
    return !a->is_scout && !a->counts_coins;
}
struct src_loc analyzer_loc(const struct analyzer *a, const struct op *op);
/* Takes back an op that is no block; ops[at]. */
enum status undo_op(struct analyzer *a, size_t at);
/* Paulis and errors in IF ... ELSE ... END at ops[open] .. ops[close]. */
enum status undo_condition(struct analyzer *a, size_t open, size_t close);
/* Noise at ops[at]; *out_first: the first op of its chain of correlated errors. */
enum status undo_noise(struct analyzer *a, size_t at, size_t *out_first);
/* A pair's errors, on `wire`. */
enum status undo_pair_errors(struct analyzer *a, const struct op *op, const double *weights,
                             uint32_t wire);
/* The record and the bit that a result of this op is written to: *out is what depends on it, which
 * is then met no more. */
enum status undo_result(struct analyzer *a, struct target_set *out, const struct op *op);
/* |0> at the start. */
enum status undo_start(struct analyzer *a);

#endif
