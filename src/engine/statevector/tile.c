/* One pass: tile by tile, copied to a thread's buffer where a tile is not one piece of memory. */
#include <omp.h>
#include <string.h>

#include "base/bits.h"
#include "engine/statevector/pass_internal.h"

enum {
    PARALLEL_UPDATES = 1 << 19, /* amplitudes touched; below this one thread is quicker */
    MAX_PIECES = 1 << STATEVECTOR_MAX_FIXED,
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

/* Pieces of a tile: consecutive in the buffer. */
struct pieces {
    union statevector_block *at[MAX_PIECES];
    size_t n;
    unsigned log; /* blocks of one */
};

/* A thread's tile and what it reads next. */
struct worker {
    const struct pass *pass;
    unsigned share, n_shares; /* whose tiles it takes, and how many there are */
    union statevector_block *buffer;
    struct pieces pieces[2], to;
    struct pieces *from, *next; /* of pieces[2] */
    unsigned n_programs;        /* of a tile, at most */
    /* Of the next tile, in lines for each eight blocks of a program: asked for, in all. */
    unsigned n_asked, n_lines;
    unsigned n_left; /* programs */
};

/* Of the tile at `base`, or of what the vector was before it grew: the same pieces for all values
 * of the bits `grown`. */
static void find_pieces(const struct pass *pass, struct pieces *pieces, uint64_t base,
                        uint64_t grown) {
    unsigned n_run = (unsigned)bits_lowest(~pass->inside);
    n_run = n_run < pass->view.chunk_bits ? n_run : pass->view.chunk_bits;
    uint64_t high = pass->inside & ~(BIT64(n_run) - 1), x = 0;
    pieces->log = n_run < pass->lane_bits ? 0 : n_run - pass->lane_bits;
    pieces->n = 0;
    do {
        pieces->at[pieces->n++] = find_piece(pass, (base | x) & ~grown);
        x = next_subset(x, high);
    } while (x != 0);
}

static void copy_in(union statevector_block *buffer, const struct pieces *pieces) {
    size_t n = (size_t)1 << pieces->log;
    for (size_t i = 0; i < pieces->n; i++) {
        memcpy(buffer + i * n, pieces->at[i], n * sizeof *buffer);
    }
}

static void copy_out(const struct pass *pass, const struct pieces *pieces,
                     const union statevector_block *buffer) {
    size_t n = (size_t)1 << pieces->log;
    if (pass->grown != 0 && pass->is_streamed) {
        store_of(pass)->kernels->stream(pieces->at, pieces->n, n, buffer);
        return;
    }
    for (size_t i = 0; i < pieces->n; i++) {
        memcpy(pieces->at[i], buffer + i * n, n * sizeof *buffer);
    }
}

/* ---- what is read next ---- */

enum { LINES_OF_EIGHT = 8 * sizeof(union statevector_block) / 64 };

/* Pieces that a tile reads. */
static void find_read(const struct pass *pass, struct pieces *pieces, uint64_t base) {
    if (pass->in_place && pass->grown == 0) {
        pieces->at[0] = find_piece(pass, base);
        pieces->n = 1;
        pieces->log = pass->n_bits - pass->lane_bits;
    } else {
        find_pieces(pass, pieces, base, pass->grown);
    }
}

/* Before a tile: while its programs run, the amplitudes of the tile at `next` come to the cache, as
 * many of them with each program. Not those of vectors that grow, which are few. */
static void prepare_asks(struct worker *worker, bool has_next, uint64_t next) {
    worker->n_asked = worker->n_lines = 0;
    worker->n_left = worker->n_programs;
    if (has_next) {
        find_read(worker->pass, worker->next, next);
        worker->n_lines = worker->pass->grown == 0 ? LINES_OF_EIGHT : 0;
    }
}

/* The share of a program. */
static struct statevector_asks take_asks(struct worker *worker,
                                         const struct statevector_span *span) {
    struct statevector_asks asks = {0};
    if (worker->n_asked < worker->n_lines) {
        asks.pieces = worker->next->at;
        asks.log = worker->next->log;
        asks.n = (worker->n_lines - worker->n_asked + worker->n_left - 1) / worker->n_left;
        asks.first = worker->n_asked * span->last;
        worker->n_asked += asks.n;
        worker->n_left--;
    }
    return asks;
}

/* ---- units ---- */

static bool is_on(const struct pass_step *step, uint64_t base) {
    return (base & step->outer_mask) == step->outer_value;
}

/* before: a step that comes first; NULL: none. */
static void run_program(struct worker *worker, const struct pass_unit *unit,
                        union statevector_block *tile, uint64_t base,
                        struct statevector_route route, const struct statevector_step *before) {
    const struct pass *pass = worker->pass;
    const struct statevector_step *steps[STATEVECTOR_MAX_STEPS];
    size_t n = 0;
    if (before != NULL) {
        steps[n++] = before;
    }
    for (size_t i = unit->first; i < unit->last; i++) {
        if (is_on(&pass->steps[i], base)) {
            steps[n++] = &pass->steps[i].step;
        }
    }
    route.asks = take_asks(worker, &unit->span);
    store_of(pass)->kernels->program_along(tile, &route, &unit->span, unit->blocks, steps, n);
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
    struct statevector_angles angles = {.n_bits = pass->n_bits - pass->lane_bits};
    for (size_t i = 0; i < unit->op->n; i++) {
        add_term(&angles, pass, &pass->layout->fuse->terms[unit->op->first + i], base);
    }
    store_of(pass)->kernels->angles(tile, &angles);
}

/* Does the unit do anything in this tile? */
static bool is_needed(const struct pass *pass, const struct pass_unit *unit, uint64_t base) {
    bool is = unit->kind != UNIT_PROGRAM &&
              (base & unit->condition.outer_mask) == unit->condition.outer_value;
    for (size_t i = unit->first; !is && i < unit->last; i++) {
        is = is_on(&pass->steps[i], base);
    }
    return is;
}

static void run_unit(struct worker *worker, const struct pass_unit *unit,
                     union statevector_block *tile, uint64_t base, struct statevector_route route) {
    const struct pass *pass = worker->pass;
    if (!is_needed(pass, unit, base)) {
        return;
    }
    switch (unit->kind) {
    case UNIT_PROGRAM:
        run_program(worker, unit, tile, base, route, NULL);
        return;
    case UNIT_MATRIX:
        run_matrix(pass, unit, tile);
        return;
    case UNIT_ANGLES:
        run_angles(pass, unit, tile, base);
        return;
    }
}

static void run_units(struct worker *worker, union statevector_block *tile, uint64_t base) {
    const struct statevector_route route = {0};
    for (size_t i = 0; i < worker->pass->n_units; i++) {
        run_unit(worker, &worker->pass->units[i], tile, base, route);
    }
}

/* A tile in pieces: the first program reads the pieces themselves, the last one writes them. */
static void run_gathered(struct worker *worker, uint64_t base) {
    const struct pass *pass = worker->pass;
    union statevector_block *buffer = worker->buffer;
    const struct pieces *pieces = worker->from;
    size_t first = 0, last = pass->n_units;
    while (first < last && !is_needed(pass, &pass->units[first], base)) {
        first++;
    }
    if (first == last) {
        return;
    }
    while (!is_needed(pass, &pass->units[last - 1], base)) {
        last--;
    }
    bool is_read = pass->units[first].kind == UNIT_PROGRAM;
    bool is_written = pass->units[last - 1].kind == UNIT_PROGRAM;
    if (!is_read) {
        copy_in(buffer, pieces);
    }
    for (size_t i = first; i < last; i++) {
        struct statevector_route route = {.log = pieces->log};
        route.from = is_read && i == first ? pieces->at : NULL;
        route.to = is_written && i + 1 == last ? pieces->at : NULL;
        run_unit(worker, &pass->units[i], buffer, base, route);
    }
    if (!is_written) {
        copy_out(pass, pieces, buffer);
    }
}

/* ---- vectors that have grown in their table only ---- */

/* The factors of a tile, a row for each choice of the grown bits in it that are not registers'. */
struct growth {
    struct statevector_step step;
    bool is_needed;
    union {
        double d[16 << STORE_LATE_BITS];
        float f[16 << STORE_LATE_BITS];
    } rows;
};

/* Grown bits in the tile, as bits of the block's number. */
static uint64_t grown_blocks(const struct pass *pass) {
    uint64_t mask = 0;
    for (unsigned i = pass->lane_bits; i < pass->n_bits; i++) {
        mask |= (pass->grown >> pass->bits[i] & 1) << (i - pass->lane_bits);
    }
    return mask;
}

/* The number of the factor of a block: its grown bits. */
static uint64_t find_factor(const struct pass *pass, uint64_t base, uint64_t block) {
    uint64_t number = base;
    for (unsigned i = pass->lane_bits; i < pass->n_bits; i++) {
        number |= (block >> (i - pass->lane_bits) & 1) << pass->bits[i];
    }
    return (number & pass->grown) >> store_of(pass)->late.first_bit;
}

static void fill_growth(struct growth *growth, const struct pass *pass,
                        const struct pass_unit *unit, uint64_t base) {
    const uint64_t row_mask = grown_blocks(pass) & ~unit->blocks[7];
    uint64_t rest = 0;
    growth->step = (struct statevector_step){
        .code = STATEVECTOR_GROW, .row_mask = row_mask, .matrix = &growth->rows};
    growth->is_needed = false;
    for (size_t row = 0; row == 0 || rest != 0; row++) {
        for (unsigned r = 0; r < 8; r++) {
            const double *f =
                store_of(pass)->late.factors + 2 * find_factor(pass, base, rest | unit->blocks[r]);
            const size_t at = 2 * (8 * row + r);
            growth->is_needed |= f[0] != 1 || f[1] != 0;
            for (unsigned part = 0; part < 2; part++) {
                if (pass->precision == PRECISION_SINGLE) {
                    growth->rows.f[at + part] = (float)f[part];
                } else {
                    growth->rows.d[at + part] = f[part];
                }
            }
        }
        rest = next_subset(rest, row_mask);
    }
}

/* No steps, on any registers. */
static struct pass_unit reading_unit(const struct pass *pass) {
    struct pass_unit unit = {.kind = UNIT_PROGRAM};
    unit.span = (struct statevector_span){
        .last = BIT64(pass->n_bits - pass->lane_bits - FUSE_BLOCK_TARGETS),
        .n_fixed = FUSE_BLOCK_TARGETS,
        .fixed = {0, 1, 2}};
    for (unsigned r = 0; r < 8; r++) {
        unit.blocks[r] = r;
    }
    return unit;
}

/* The first program reads what the vector was. It may write what it is where no other of its
 * amplitudes come from there. What caches do not hold is written past them. */
static void run_grown(struct worker *worker, union statevector_block *tile, uint64_t base) {
    const struct pass *pass = worker->pass;
    const struct pieces *from = worker->from, *to = &worker->to;
    const struct pass_unit reading = reading_unit(pass), *units = pass->units, *unit = &reading;
    struct growth growth;
    size_t i = 0, n = pass->n_units;
    while (i < n && !is_needed(pass, &units[i], base)) {
        i++;
    }
    while (n > i && !is_needed(pass, &units[n - 1], base)) {
        n--;
    }
    if (i < n && units[i].kind == UNIT_PROGRAM) {
        unit = &units[i++];
    }
    find_pieces(pass, &worker->to, base, 0);
    fill_growth(&growth, pass, unit, base);
    const struct statevector_route out = {.to = to->at,
                                          .log = to->log,
                                          .is_streamed = pass->is_streamed,
                                          .has_known = (base & pass->grown) == 0,
                                          .unknown = grown_blocks(pass)},
                                   in_tile = {0};
    bool is_out = !pass->in_place && i == n && growth.step.row_mask == 0;
    bool is_written = pass->in_place || is_out;
    struct statevector_route route = {.log = from->log};
    if (is_out) {
        route = out;
    }
    route.from = from->at;
    run_program(worker, unit, tile, base, route, growth.is_needed ? &growth.step : NULL);
    for (; i < n; i++) {
        is_out = !pass->in_place && i + 1 == n && units[i].kind == UNIT_PROGRAM;
        run_unit(worker, &units[i], tile, base, is_out ? out : in_tile);
        is_written |= is_out;
    }
    if (!is_written) {
        copy_out(pass, to, tile);
    }
}

/* ---- tiles ---- */

/* A vector too small for what is mixed: zeros make it larger. */
static void run_padded(struct worker *worker, uint64_t base) {
    const struct pass *pass = worker->pass;
    union statevector_block *buffer = worker->buffer;
    memset(buffer, 0, sizeof *buffer << (pass->n_bits - pass->lane_bits));
    copy_in(buffer, worker->from);
    run_units(worker, buffer, base);
    copy_out(pass, worker->from, buffer);
}

static void run_tile(struct worker *worker, uint64_t base) {
    const struct pass *pass = worker->pass;
    union statevector_block *tile = pass->in_place ? find_piece(pass, base) : worker->buffer;
    if (pass->grown != 0) {
        run_grown(worker, tile, base);
    } else if (pass->in_place) {
        run_units(worker, tile, base);
    } else if (pass->is_padded) {
        run_padded(worker, base);
    } else {
        run_gathered(worker, base);
    }
}

static bool take_of(struct pass_share *share, uint64_t *out) {
    uint64_t tile;
#pragma omp atomic read
    tile = share->next;
    if (tile < share->last) {
#pragma omp atomic capture
        tile = share->next++;
    }
    *out = tile;
    return tile < share->last;
}

/* The next of the thread's own tiles; when these are gone, one of those that slower threads have
 * left. */
static bool take_tile(struct worker *worker, uint64_t *out) {
    const struct pass *pass = worker->pass;
    for (unsigned i = 0; i < worker->n_shares; i++) {
        if (take_of(&pass->shares[worker->share], out)) {
            return true;
        }
        worker->share = (worker->share + 1) % worker->n_shares;
    }
    return false;
}

/* Until none is left. */
static void run_tiles(struct worker *worker) {
    const struct pass *pass = worker->pass;
    /* Tiles that differ in these bits read the same amplitudes: those that write them are last. */
    const uint64_t apart = pass->grown & ~pass->inside, outside = pass->inside | apart,
                   start = pass->view.first << pass->view.chunk_bits;
    uint64_t tile = 0, next = 0;
    bool has_tile = take_tile(worker, &tile);
    if (has_tile) {
        find_read(pass, worker->from, start + insert_zeros(tile, outside));
    }
    while (has_tile) {
        const uint64_t base = start + insert_zeros(tile, outside);
        for (uint64_t x = apart; x > 0; x = (x - 1) & apart) {
            prepare_asks(worker, false, 0);
            run_tile(worker, base | x);
        }
        has_tile = take_tile(worker, &next);
        prepare_asks(worker, has_tile, start + insert_zeros(next, outside));
        run_tile(worker, base);
        struct pieces *old = worker->from;
        worker->from = worker->next;
        worker->next = old;
        tile = next;
    }
}

static unsigned count_programs(const struct pass *pass) {
    unsigned n = 0;
    for (size_t i = 0; i < pass->n_units; i++) {
        n += pass->units[i].kind == UNIT_PROGRAM;
    }
    return n > 0 ? n : 1; /* one without steps may read */
}

void pass_run_tiles(struct pass *pass) {
    const uint64_t n_amps = (pass->view.last - pass->view.first) << pass->view.chunk_bits,
                   n_tiles = n_amps >> pass->n_vector >> bits_popcount(pass->grown & ~pass->inside);
    const bool is_large = (double)pass->n_units * (double)n_amps >= PARALLEL_UPDATES;
    const int n_threads =
        omp_get_max_threads() < pass->n_threads ? omp_get_max_threads() : pass->n_threads;
    const unsigned n_programs = count_programs(pass);
#pragma omp parallel num_threads(n_threads) if (n_tiles > 1 && is_large)
    {
        const uint64_t n = (uint64_t)omp_get_num_threads(), i = (uint64_t)omp_get_thread_num();
        const size_t stride = (size_t)1 << (pass->buffer_bits - pass->lane_bits);
        struct worker worker;
        worker.pass = pass;
        worker.buffer = pass->buffers + i * stride;
        worker.from = &worker.pieces[0];
        worker.next = &worker.pieces[1];
        worker.n_programs = n_programs;
        worker.share = (unsigned)i;
        worker.n_shares = (unsigned)n;
        pass->shares[i].next = n_tiles * i / n;
        pass->shares[i].last = n_tiles * (i + 1) / n;
#pragma omp barrier
        run_tiles(&worker);
    }
}
