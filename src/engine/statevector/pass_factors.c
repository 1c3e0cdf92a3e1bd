/* Tables of factors as steps. A table's wires lie anywhere: what is a bit of the registers' numbers
 * or of the lanes' spans a row, a bit of the block's number chooses the row, one outside the tile
 * the table. */
#include <string.h>

#include "base/bits.h"
#include "base/mem.h"
#include "engine/statevector/pass_internal.h"

enum { LINE = 64 };

/* Where the wires of a table lie: its bit i is ... */
struct places {
    const struct fuse_factors *factors;
    uint8_t bit[FUSE_FACTOR_WIRES]; /* of what: */
    enum places_of { OF_REGISTERS, OF_LANES, OF_BLOCK, OF_NUMBER } of[FUSE_FACTOR_WIRES];
    uint64_t row_mask, outer_mask;
    bool has_lanes;
};

static void find_places(struct places *out, const struct pass *pass, const struct fuse_op *op,
                        const uint8_t *registers) {
    const struct fuse_factors *factors = &pass->layout->fuse->factors[op->first];
    *out = (struct places){.factors = factors};
    for (uint32_t i = 0; i < factors->n_wires; i++) {
        uint32_t pos = pass->layout->wires[factors->wires[i]].pos;
        unsigned place = pos < 64 ? pass->place[pos] : PASS_OUTSIDE;
        if (place == PASS_OUTSIDE) {
            out->of[i] = OF_NUMBER;
            out->bit[i] = (uint8_t)pos;
            out->outer_mask |= BIT64(pos);
        } else if (place < pass->lane_bits) {
            out->of[i] = OF_LANES;
            out->bit[i] = (uint8_t)place;
            out->has_lanes = true;
        } else {
            uint8_t bit = (uint8_t)(place - pass->lane_bits), j = 0;
            while (j < FUSE_BLOCK_TARGETS && registers[j] != bit) {
                j++;
            }
            bool is_register = j < FUSE_BLOCK_TARGETS;
            out->of[i] = is_register ? OF_REGISTERS : OF_BLOCK;
            out->bit[i] = is_register ? j : bit;
            out->row_mask |= is_register ? 0 : BIT64(bit);
        }
    }
}

/* What the table's number has of registers, lanes, the block or the tile with this number. */
static size_t find_number(const struct places *places, enum places_of of, uint64_t number) {
    size_t x = 0;
    for (uint32_t i = 0; i < places->factors->n_wires; i++) {
        x |= places->of[i] == of ? (size_t)(number >> places->bit[i] & 1) << i : 0;
    }
    return x;
}

/* ---- memory ---- */

/* A line is never cut. */
static enum status reserve_blocks(struct pass_tables *tables, size_t n_more) {
    size_t cap = tables->cap > 0 ? tables->cap : 64;
    if (tables->n + n_more <= tables->cap) {
        return STATUS_OK;
    }
    while (cap < tables->n + n_more) {
        cap *= 2;
    }
    char *memory = mem_alloc(cap + 1, sizeof *tables->blocks);
    if (memory == NULL) {
        return STATUS_NOFIT;
    }
    char *aligned = memory + (LINE - (uintptr_t)memory % LINE) % LINE;
    if (tables->n > 0) {
        memcpy(aligned, tables->blocks, tables->n * sizeof *tables->blocks);
    }
    mem_free(tables->memory);
    *tables = (struct pass_tables){memory, (void *)aligned, tables->n, cap};
    return STATUS_OK;
}

void pass_set_tables(struct pass *pass) {
    for (size_t i = 0; i < pass->n_steps; i++) {
        struct pass_step *step = &pass->steps[i];
        if (step->step.code >= STATEVECTOR_FACTORS_BIT) {
            step->step.matrix = pass->tables.blocks + step->table;
        }
    }
}

/* ---- steps ---- */

static void put(const struct pass *pass, union statevector_block *table, size_t at, double x) {
    if (pass->precision == PRECISION_SINGLE) {
        ((float *)table)[at] = (float)x;
    } else {
        ((double *)table)[at] = x;
    }
}

/* Of a row; `number`: what the table's has of the block and the tile. */
static void fill_row(const struct pass *pass, const struct places *places,
                     union statevector_block *table, size_t row, size_t number) {
    const double *data = pass->layout->fuse->data + places->factors->first;
    const size_t n_lanes = places->has_lanes ? (size_t)1 << pass->lane_bits : 1;
    const bool is_real = places->factors->kind == FUSE_FACTORS_SCALE;
    size_t of_lane[STATEVECTOR_MAX_LANES];
    for (unsigned lane = 0; lane < n_lanes; lane++) {
        of_lane[lane] = number | find_number(places, OF_LANES, lane);
    }
    for (unsigned reg = 0; reg < 8; reg++) {
        const size_t of_reg = find_number(places, OF_REGISTERS, reg),
                     at = (8 * row + reg) * n_lanes * (is_real ? 1 : 2);
        for (unsigned lane = 0; lane < n_lanes; lane++) {
            const double *factor = data + 2 * (of_reg | of_lane[lane]);
            put(pass, table, at + lane, factor[0]);
            if (!is_real) {
                put(pass, table, at + n_lanes + lane, factor[1]);
            }
        }
    }
}

static uint8_t find_code(const struct places *places) {
    static const uint8_t codes[3][2] = {
        [FUSE_FACTORS_ANY] = {STATEVECTOR_FACTORS_BIT, STATEVECTOR_LANE_FACTORS_BIT},
        [FUSE_FACTORS_ROTATE] = {STATEVECTOR_ROTATIONS_BIT, STATEVECTOR_LANE_ROTATIONS_BIT},
        [FUSE_FACTORS_SCALE] = {STATEVECTOR_SCALES, STATEVECTOR_LANE_SCALES}};
    const unsigned first = codes[places->factors->kind][places->has_lanes];
    if (places->factors->kind == FUSE_FACTORS_SCALE) {
        return (uint8_t)first;
    }
    return (uint8_t)(first + (places->factors->has_pivot ? places->bit[0] : 3));
}

static enum status add_table(struct pass *pass, const struct places *places, uint64_t outer) {
    const size_t n_rows = (size_t)1 << bits_popcount(places->row_mask),
                 n_blocks = places->has_lanes ? 8 * n_rows : n_rows,
                 number = find_number(places, OF_NUMBER, outer);
    struct pass_step *step;
    TRY(pass_add_step(pass, &step));
    step->outer_mask = places->outer_mask;
    step->outer_value = outer;
    step->step.code = find_code(places);
    step->step.row_mask = places->row_mask;
    step->table = pass->tables.n;
    TRY(reserve_blocks(&pass->tables, n_blocks));
    uint64_t block = 0;
    for (size_t row = 0; row < n_rows; row++) {
        fill_row(pass, places, pass->tables.blocks + step->table, row,
                 number | find_number(places, OF_BLOCK, block));
        block = (block - places->row_mask) & places->row_mask;
    }
    pass->tables.n += n_blocks;
    return STATUS_OK;
}

enum status pass_add_factors(struct pass *pass, const struct fuse_op *op,
                             const uint8_t *registers) {
    struct places places;
    find_places(&places, pass, op, registers);
    uint64_t outer = 0;
    do {
        TRY(add_table(pass, &places, outer));
        outer = (outer - places.outer_mask) & places.outer_mask;
    } while (outer != 0);
    return STATUS_OK;
}
