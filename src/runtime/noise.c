#include "runtime/noise.h"

#include <math.h>

#include "base/bits.h"
#include "base/detmath.h"

/* log(1 - p) without cancellation for small p. */
static double log_one_minus(double p) {
    const double y = 1.0 - p;
    return y == 1.0 ? -p : det_log(y) * (-p / (y - 1.0));
}

static uint32_t choose_letter(const struct noise_chain *chain, double p_any, double u) {
    double sum = 0;
    uint32_t last = 1;
    for (uint32_t i = 0; i < chain->n_letters; i++) {
        if (chain->p_letters[i] <= 0) {
            continue;
        }
        last = i + 1;
        sum += chain->p_letters[i];
        if (u * p_any < sum) {
            break;
        }
    }
    return last;
}

struct block_visit {
    const struct noise_chain *chain;
    const struct columns *columns;
    double p_any, log_keep;
};

static void visit_block(const struct block_visit *block, uint64_t number, size_t first,
                        size_t n_shots, void (*visit)(void *ctx, size_t column, uint32_t letter),
                        void *ctx) {
    const struct noise_chain *chain = block->chain;
    size_t column = first;
    for (uint32_t j = 0;; j++) {
        const struct rng_block draw =
            rng_draw(chain->seed, chain->site, (uint32_t)number,
                     (enum rng_stream)((uint32_t)chain->stream + (j << 8)));
        const double gap =
            block->p_any >= 1.0
                ? 0.0
                : floor(det_log(1.0 - rng_block_uniform(&draw, 0)) / block->log_keep);
        if (gap >= (double)(first + n_shots - column)) {
            return;
        }
        column += (size_t)gap;
        if (block->columns == NULL || bits_get(block->columns->mask, column)) {
            visit(ctx, column, choose_letter(chain, block->p_any, rng_block_uniform(&draw, 1)));
        }
        if (++column == first + n_shots) {
            return;
        }
    }
}

static struct block_visit prepare(const struct noise_chain *chain, const struct columns *columns) {
    struct block_visit block = {.chain = chain, .columns = columns};
    for (uint32_t i = 0; i < chain->n_letters; i++) {
        block.p_any += chain->p_letters[i];
    }
    block.log_keep = block.p_any > 0 ? log_one_minus(block.p_any) : 0;
    return block;
}

void noise_visit_block(const struct noise_chain *chain, const struct columns *columns,
                       uint64_t block, size_t first_column, size_t n_shots,
                       void (*visit)(void *ctx, size_t column, uint32_t letter), void *ctx) {
    const struct block_visit prepared = prepare(chain, columns);
    if (prepared.p_any > 0) {
        visit_block(&prepared, block, first_column, n_shots, visit, ctx);
    }
}

void noise_visit(const struct noise_chain *chain, const struct columns *columns,
                 uint64_t first_block, uint32_t block_shots,
                 void (*visit)(void *ctx, size_t column, uint32_t letter), void *ctx) {
    const struct block_visit block = prepare(chain, columns);
    if (block.p_any <= 0) {
        return;
    }
    const size_t n_columns = 64 * columns->stride;
    for (size_t i = 0, next = 0; i < columns->n_words; i++) {
        const size_t word_end = 64 * ((size_t)columns->words[i] + 1);
        size_t number = 64 * (size_t)columns->words[i] / block_shots;
        number = number < next ? next : number;
        for (; number * block_shots < word_end; number++) {
            const size_t first = number * block_shots;
            const size_t n = n_columns - first < block_shots ? n_columns - first : block_shots;
            visit_block(&block, first_block + number, first, n, visit, ctx);
            next = number + 1;
        }
    }
}
