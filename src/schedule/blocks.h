/* The block structure of a program: which IF, WHILE or REPEAT body holds an op. */
#ifndef QSPAN_SCHEDULE_BLOCKS_H
#define QSPAN_SCHEDULE_BLOCKS_H

#include "program/program.h"

#define BLOCK_TOP 0
#define BLOCK_NO_GROUP SIZE_MAX

/* One body: of a WHILE, a REPEAT, an IF, or an ELSE (its own block). Block 0 is the whole program.
 */
struct block {
    enum op_kind kind;   /* OP_IF, OP_ELSE, OP_WHILE, OP_REPEAT */
    uint32_t parent;     /* block around the marker */
    uint32_t n_loops;    /* loops around the ops of this body, itself included */
    size_t marker;       /* opening op: IF (for the ELSE body too), WHILE, REPEAT */
    size_t first, limit; /* ops of the body: first .. limit - 1 */
    size_t close;        /* its END op */
    uint32_t twin;       /* ELSE: its IF body; else itself */
    bool has_timing;     /* holds an op that is no gate: EBIT, MEASURE, RESET, FREE, WHILE */
    size_t group; /* outermost IF around or at the marker that holds only gates; BLOCK_NO_GROUP */
};
/* A group is an IF that holds only gates: it takes its time whether it is taken or not. */
struct blocks {
    struct block *blocks; /* parents before children */
    size_t n, cap;
    uint32_t *of_op; /* innermost block; for markers the block around them */
};

/* Errors: STATUS_NOFIT. */
enum status blocks_init(struct blocks *out_blocks, const struct program *program);
void blocks_fini(struct blocks *blocks);
/* The op itself, or the first op of the group that holds it. */
static inline size_t blocks_place(const struct blocks *blocks, size_t op_index) {
    const size_t group = blocks->blocks[blocks->of_op[op_index]].group;
    return group == BLOCK_NO_GROUP ? op_index : group;
}
static inline bool block_is_loop(const struct block *block) {
    return block->kind == OP_WHILE || block->kind == OP_REPEAT;
}

#endif
