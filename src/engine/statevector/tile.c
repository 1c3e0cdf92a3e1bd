/* One pass: tile by tile, copied to a thread's buffer where a tile is not one piece of memory. */
#include <omp.h>
#include <string.h>

#include "base/bits.h"
#include "engine/statevector/pass_internal.h"

enum {
    PARALLEL_UPDATES = 1 << 19, /* amplitudes touched; below this one thread is quicker */
};

/* ---- pieces ---- */

static const struct store *store_of(const struct pass *pass) {
    return pass->layout->store;
}

static union statevector_block *find_piece(const struct pass *pass, uint64_t number) {
    unsigned log = pass->view.chunk_bits;
    union statevector_block *chunk =
        store_chunk(store_of(pass), pass->group, &pass->view, number >> log);
    return chunk + ((number & (BIT64(log) - 1)) >> pass->lane_bits);
}

/* The next number that has bits of `mask` only; 0 after the last. */
static uint64_t next_subset(uint64_t subset, uint64_t mask) {
    return (subset - mask) & mask;
}

static uint64_t insert_zeros(uint64_t number, uint64_t mask) {
    for (; mask != 0; mask &= mask - 1) {
        number = bits_insert_zero(number, floor_log2(mask & -mask));
    }
    return number;
}

static void copy_pieces(const struct pass *pass, union statevector_block *buffer, uint64_t base,
                        bool is_back) {
    unsigned n_run = (unsigned)bits_lowest(~pass->inside);
    n_run = n_run < pass->view.chunk_bits ? n_run : pass->view.chunk_bits;
    uint64_t high = pass->inside & ~(BIT64(n_run) - 1), x = 0;
    size_t n = (size_t)1 << (n_run < pass->lane_bits ? 0 : n_run - pass->lane_bits);
    do {
        union statevector_block *piece = find_piece(pass, base | x);
        memcpy(is_back ? piece : buffer, is_back ? buffer : piece, n * sizeof *buffer);
        buffer += n;
        x = next_subset(x, high);
    } while (x != 0);
}

/* ---- units ---- */

static void run_program(const struct pass *pass, const struct pass_unit *unit,
                        union statevector_block *tile, uint64_t base) {
    const struct statevector_step *steps[FUSE_MAX_STEPS];
    size_t n = 0;
    for (size_t i = unit->first; i < unit->last; i++) {
        const struct pass_step *step = &pass->steps[i];
        if ((base & step->outer_mask) == step->outer_value) {
            steps[n++] = &step->step;
        }
    }
    if (n > 0) {
        store_of(pass)->kernels->program(tile, &unit->span, unit->blocks, steps, n);
    }
}

static void run_matrix(const struct pass *pass, const struct pass_unit *unit,
                       union statevector_block *tile) {
    union statevector_block *blocks[1 << STATEVECTOR_MAX_TARGETS];
    for (unsigned i = 0; i < 1u << unit->op->n_targets; i++) {
        blocks[i] = tile + (unit->blocks[i] | unit->condition.block_value);
    }
    store_of(pass)->kernels->matrix(blocks, unit->op->n_targets, &unit->span,
                                    pass_matrix(pass, unit->op), unit->condition.lanes);
}

static void add_to_lanes(uint64_t *lanes, unsigned mask, uint64_t turns) {
    for (unsigned v = 0; v < STATEVECTOR_MAX_LANES; v++) {
        lanes[v] += (v & mask) == mask ? turns : 0;
    }
}

/* Wires outside the tile are constants, lanes are spelt out. */
static void add_term(struct statevector_angles *angles, const struct pass *pass,
                     const struct fuse_term *term, uint64_t base) {
    unsigned lanes = 0, n = 0, bits[2];
    for (unsigned i = 0; i < term->n; i++) {
        uint32_t pos = pass->layout->wires[term->wires[i]].pos;
        unsigned place = pass->place[pos];
        if (place == PASS_OUTSIDE) {
            if (!(base >> pos & 1)) {
                return;
            }
        } else if (place < pass->lane_bits) {
            lanes |= 1u << place;
        } else {
            bits[n++] = place - pass->lane_bits;
        }
    }
    if (n == 2) {
        angles->pairs[bits[0]][bits[1]] += term->turns;
        angles->pairs[bits[1]][bits[0]] += term->turns;
    } else {
        add_to_lanes(n == 1 ? angles->linear[bits[0]] : angles->lanes, lanes, term->turns);
    }
}

static void run_angles(const struct pass *pass, const struct pass_unit *unit,
                       union statevector_block *tile, uint64_t base) {
    struct statevector_angles angles = {.n_bits = pass->n_bits - pass->lane_bits,
                                        .lane_mask = unit->condition.lanes,
                                        .block_mask = unit->condition.block_mask,
                                        .block_value = unit->condition.block_value};
    for (size_t i = 0; i < unit->op->n; i++) {
        add_term(&angles, pass, &pass->layout->fuse->terms[unit->op->first + i], base);
    }
    store_of(pass)->kernels->angles(tile, &angles);
}

static void run_unit(const struct pass *pass, const struct pass_unit *unit,
                     union statevector_block *tile, uint64_t base) {
    if ((base & unit->condition.outer_mask) != unit->condition.outer_value) {
        return;
    }
    switch (unit->kind) {
    case UNIT_PROGRAM:
        run_program(pass, unit, tile, base);
        return;
    case UNIT_MATRIX:
        run_matrix(pass, unit, tile);
        return;
    case UNIT_ANGLES:
        run_angles(pass, unit, tile, base);
        return;
    }
}

static void run_tile(const struct pass *pass, union statevector_block *buffer, uint64_t base) {
    union statevector_block *tile = pass->in_place ? find_piece(pass, base) : buffer;
    if (pass->is_padded) {
        memset(buffer, 0, sizeof *buffer << (pass->n_bits - pass->lane_bits));
    }
    if (!pass->in_place) {
        copy_pieces(pass, buffer, base, false);
    }
    for (size_t i = 0; i < pass->n_units; i++) {
        run_unit(pass, &pass->units[i], tile, base);
    }
    if (!pass->in_place) {
        copy_pieces(pass, buffer, base, true);
    }
}

void pass_run_tiles(struct pass *pass) {
    uint64_t first = pass->view.first << pass->view.chunk_bits;
    uint64_t n_amps = (pass->view.last - pass->view.first) << pass->view.chunk_bits;
    uint64_t n_tiles = n_amps >> pass->n_vector;
    bool is_large = (double)pass->n_units * (double)n_amps >= PARALLEL_UPDATES;
    int n_threads =
        omp_get_max_threads() < pass->n_threads ? omp_get_max_threads() : pass->n_threads;
#pragma omp parallel for schedule(static) num_threads(n_threads) if (n_tiles > 1 && is_large)
    for (uint64_t tile = 0; tile < n_tiles; tile++) {
        size_t stride = (size_t)1 << (pass->buffer_bits - pass->lane_bits);
        union statevector_block *buffer = pass->buffers + (size_t)omp_get_thread_num() * stride;
        run_tile(pass, buffer, first + insert_zeros(tile, pass->inside));
    }
}
