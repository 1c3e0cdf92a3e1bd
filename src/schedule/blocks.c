#include "schedule/blocks.h"

#include <string.h>

void blocks_fini(struct blocks *blocks) {
    mem_free(blocks->blocks);
    mem_free(blocks->of_op);
    memset(blocks, 0, sizeof *blocks);
}

static bool is_timing(enum op_kind kind) {
    return kind == OP_EBIT || kind == OP_MEASURE || kind == OP_RESET || kind == OP_FREE ||
           kind == OP_ASSIGN || kind == OP_WHILE;
}

/* The body that the marker opens: IF, WHILE, REPEAT in block `cur`, or the ELSE of the IF body
 * `cur`. */
static enum status open_block(struct blocks *blocks, const struct op_list *ops, size_t marker,
                              uint32_t cur) {
    const struct op *op = &ops->ops[marker];
    const bool is_else = op->kind == OP_ELSE;
    const uint32_t id = u32_from_size(blocks->n);
    TRY(vec_reserve(&blocks->blocks, blocks->n, &blocks->cap, 1, sizeof *blocks->blocks));
    const struct block *twin = &blocks->blocks[cur];
    struct block block = {
        .kind = (enum op_kind)op->kind,
        .parent = is_else ? twin->parent : cur,
        .marker = is_else ? twin->marker : marker,
        .first = marker + 1,
        .limit = op->match,
        .close = op->match,
        .twin = is_else ? cur : id,
        .group = BLOCK_NO_GROUP,
    };
    if (op->kind == OP_IF && ops->ops[op->match].kind == OP_ELSE) {
        block.close = ops->ops[op->match].match;
    }
    block.n_loops = blocks->blocks[block.parent].n_loops + block_is_loop(&block);
    blocks->of_op[marker] = block.parent;
    blocks->blocks[blocks->n++] = block;
    return STATUS_OK;
}

/* An IF and its ELSE are one to the outside: what one holds, both do. */
static void close_block(struct blocks *blocks, uint32_t id) {
    struct block *block = &blocks->blocks[id], *twin = &blocks->blocks[block->twin];
    block->has_timing = twin->has_timing = block->has_timing || twin->has_timing;
    if (block->has_timing) {
        blocks->blocks[block->parent].has_timing = true;
    }
}

static void find_groups(struct blocks *blocks) {
    for (size_t i = 1; i < blocks->n; i++) {
        struct block *block = &blocks->blocks[i];
        const bool is_if = block->kind == OP_IF || block->kind == OP_ELSE;
        block->group = blocks->blocks[block->parent].group;
        if (block->group == BLOCK_NO_GROUP && is_if && !block->has_timing) {
            block->group = block->marker;
        }
    }
}

static enum status fill(struct blocks *blocks, const struct op_list *ops) {
    uint32_t cur = BLOCK_TOP;
    TRY(vec_reserve(&blocks->blocks, 0, &blocks->cap, 1, sizeof *blocks->blocks));
    blocks->blocks[blocks->n++] =
        (struct block){.limit = ops->n_ops, .close = ops->n_ops, .group = BLOCK_NO_GROUP};
    for (size_t i = 0; i < ops->n_ops; i++) {
        const enum op_kind kind = (enum op_kind)ops->ops[i].kind;
        if (is_timing(kind)) {
            blocks->blocks[cur].has_timing = true;
        }
        if (kind == OP_IF || kind == OP_WHILE || kind == OP_REPEAT || kind == OP_ELSE) {
            TRY(open_block(blocks, ops, i, cur));
            cur = u32_from_size(blocks->n - 1);
        } else if (kind == OP_END) {
            close_block(blocks, cur);
            cur = blocks->blocks[cur].parent;
            blocks->of_op[i] = cur;
        } else {
            blocks->of_op[i] = cur;
        }
    }
    CHECK(cur == BLOCK_TOP);
    return STATUS_OK;
}

enum status blocks_init(struct blocks *out_blocks, const struct program *program) {
    struct blocks blocks = {0};
    enum status status = STATUS_NOFIT;
    blocks.of_op = mem_alloc(program->ops.n_ops, sizeof *blocks.of_op);
    if (!blocks.of_op) {
        return status;
    }
    TRY_GOTO(fill(&blocks, &program->ops), failed);
    find_groups(&blocks);
    *out_blocks = blocks;
    return STATUS_OK;
failed:
    blocks_fini(&blocks);
    return status;
}
