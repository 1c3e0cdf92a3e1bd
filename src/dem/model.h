/* A detector error model while it is made: instructions in reverse order, detectors by their number
 * in the whole circuit (in a REPEAT: in its first round). */
#ifndef QSPAN_DEM_MODEL_H
#define QSPAN_DEM_MODEL_H

#include "base/mem.h"
#include "dem/dem.h"

enum dem_kind { DEM_ERROR, DEM_DETECTOR, DEM_LOGICAL, DEM_SHIFT, DEM_REPEAT };

struct dem_instruction {
    uint8_t kind;    /* enum dem_kind */
    uint32_t tag;    /* as op.tag */
    uint32_t n_args; /* numbers in brackets */
    size_t n_targets;
    const double *args;
    const uint64_t *targets; /* ERROR, DETECTOR, LOGICAL */
    uint64_t count;          /* SHIFT: detectors; REPEAT: rounds */
    struct dem_block *block; /* REPEAT */
};
struct dem_block {
    struct dem_instruction *items;
    size_t n, cap;
    struct dem_block *next; /* of all blocks of the model */
};
struct dem_model {
    struct arena arena; /* args, targets, tags, blocks */
    struct dem_block *blocks;
    const char **tags;
    size_t n_tags;
    struct dem_block *block;
};

/* Appends an instruction with copies of args and targets. */
enum status model_add(struct dem_model *model, struct dem_block *block,
                      struct dem_instruction instruction);
/* An empty block of the model; NULL without memory. */
struct dem_block *model_new_block(struct dem_model *model);
/* Detectors that the block's shifts pass, loops multiplied out. */
uint64_t model_count_shifts(const struct dem_block *block);
/* Adds a shift by `count` detectors as what the block does last. */
enum status model_add_last_shift(struct dem_model *model, struct dem_block *block, uint64_t count);

#endif
