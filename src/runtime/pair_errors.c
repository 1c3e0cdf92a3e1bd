#include "runtime/pair_errors.h"

#include "base/bits.h"
#include "runtime/noise.h"

static uint64_t count_ebits(const struct op_list *ops, size_t first, size_t last) {
    uint64_t sum = 0;
    for (size_t i = first; i < last; i++) {
        const struct op *op = &ops->ops[i];
        uint64_t n = op->kind == OP_EBIT;
        if (op->kind == OP_REPEAT) {
            const uint64_t n_inside = count_ebits(ops, i + 1, op->match);
            n = n_inside > 0 && op->arg > UINT64_MAX / n_inside ? UINT64_MAX : op->arg * n_inside;
            i = op->match;
        }
        sum = sum > UINT64_MAX - n ? UINT64_MAX : sum + n;
    }
    return sum;
}

uint64_t pair_errors_bytes(const struct program *program) {
    const uint64_t n = count_ebits(&program->ops, 0, program->ops.n_ops);
    return n > UINT64_MAX / sizeof(struct clock_pair) ? UINT64_MAX : n * sizeof(struct clock_pair);
}

struct pair_rows {
    uint64_t *x, *z;
    uint64_t first, end;   /* shots in the rows */
    uint64_t first_column; /* shot of the timeline's column 0 */
};

static void put_error(void *ctx, size_t column, uint32_t letter) {
    const struct pair_rows *rows = ctx;
    const uint64_t shot = rows->first_column + column;
    if (shot < rows->first || shot >= rows->end) {
        return;
    }
    if (letter != 3) {
        bits_flip(rows->x, (size_t)(shot - rows->first));
    }
    if (letter != 1) {
        bits_flip(rows->z, (size_t)(shot - rows->first));
    }
}

void pair_errors_add(void *ctx, uint64_t *x, uint64_t *z, uint64_t site, uint64_t first_shot,
                     size_t n_shots) {
    const struct pair_errors *errors = ctx;
    const struct run_clock *clock = errors->clock;
    const uint64_t block_shots = errors->block_shots;
    struct pair_rows rows = {x, z, first_shot, first_shot + n_shots, 0};
    double weights[4];
    const struct noise_chain chain = {errors->seed, site, RNG_PAIR, weights + 1, 3};
    for (uint64_t block = first_shot / block_shots;
         block * block_shots < rows.end && block < clock->first_kept + clock->n_kept; block++) {
        clock_kept_weights(clock, weights, site, block);
        rows.first_column = block * block_shots;
        noise_visit_block(&chain, NULL, block, 0, (size_t)block_shots, put_error, &rows);
    }
}
