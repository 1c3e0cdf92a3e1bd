#include "engine/statevector/pass.h"

#include <limits.h>
#include <string.h>

#include "base/bits.h"
#include "base/log.h"
#include "base/mem.h"
#include "engine/statevector/pass_internal.h"

enum { SPARE_BITS = 3 };

static unsigned max_bits(const struct layout *layout) {
    return STATEVECTOR_MAX_FIXED + layout->lane_bits;
}

/* Lanes and the registers of a block. */
static unsigned min_bits(const struct layout *layout) {
    return layout->lane_bits + FUSE_BLOCK_TARGETS;
}

static unsigned buffer_bits(const struct layout *layout) {
    const struct layout_tuning *tuning = &layout->tuning;
    unsigned least = tuning->piece_bits + GATE_MAX_QUBITS;
    unsigned padded = 2 * layout->lane_bits + GATE_MAX_QUBITS; /* for small slices */
    unsigned most = tuning->pass_bits + tuning->more_bits, n = most > least ? most : least;
    n = n > padded ? n : padded;
    return n < max_bits(layout) ? n : max_bits(layout);
}

size_t pass_buffer_bytes(const struct layout *layout) {
    return (size_t)layout->amp_bytes << buffer_bits(layout);
}

struct pass *pass_create(union statevector_block *buffers, int n_threads,
                         const struct layout *layout) {
    struct pass *pass = mem_alloc(1, sizeof *pass);
    if (pass != NULL) {
        pass->shares = mem_alloc((size_t)n_threads, sizeof *pass->shares);
        if (pass->shares == NULL) {
            mem_free(pass);
            return NULL;
        }
        pass->buffers = buffers;
        pass->n_threads = n_threads;
        pass->buffer_bits = buffer_bits(layout);
        pass->precision = layout->task->precision;
        pass->lane_bits = layout->lane_bits;
        pass->all_lanes = statevector_all_lanes(layout->lane_bits);
    }
    return pass;
}

void pass_destroy(struct pass *pass) {
    if (pass != NULL) {
        mem_free(pass->shares);
        mem_free(pass->steps);
        mem_free(pass->tables.memory);
        mem_free(pass->units);
        mem_free(pass->matrices);
        mem_free(pass);
    }
}

/* ---- the tile ---- */

static unsigned count_bits(uint64_t mask) {
    return (unsigned)bits_popcount(mask);
}

static uint64_t low_mask(unsigned n) {
    return BIT64(n) - 1;
}

static bool needs_pads(const struct layout *layout, unsigned n_slice, uint64_t mixed) {
    return n_slice < min_bits(layout) || n_slice < count_bits(mixed) + layout->lane_bits;
}

/* Bits that a tile needs at least. */
static unsigned least_bits(const struct layout *layout, unsigned n_slice, uint64_t mixed) {
    const unsigned lane_bits = layout->lane_bits, piece_bits = layout->tuning.piece_bits;
    unsigned n_low = piece_bits < n_slice ? piece_bits : n_slice;
    n_low = n_low < lane_bits ? lane_bits : n_low;
    unsigned n = count_bits(mixed | low_mask(n_low)), free = count_bits(mixed) + lane_bits;
    n = n > free ? n : free;
    return n > min_bits(layout) ? n : min_bits(layout);
}

/* It fits the cache, and there are several for threads to share. */
static unsigned most_bits(const struct layout *layout, unsigned n_slice, unsigned pass_bits) {
    const unsigned least = min_bits(layout) + 4;
    unsigned most = n_slice > least + SPARE_BITS ? n_slice - SPARE_BITS : least;
    most = most < pass_bits ? most : pass_bits;
    most = most < max_bits(layout) ? most : max_bits(layout);
    return most < n_slice ? most : n_slice;
}

unsigned pass_most_bits(const struct layout *layout, double n_bytes) {
    const double n_amps = n_bytes / layout->amp_bytes, most = (double)BIT64(max_bits(layout) + 8);
    const uint64_t n = n_amps < 1 ? 1 : (uint64_t)(n_amps < most ? n_amps : most);
    return most_bits(layout, floor_log2(n), UINT_MAX);
}

static uint64_t targets_of(const struct layout *layout, const struct fuse_block *block) {
    uint64_t mixed = 0;
    for (unsigned i = 0; i < block->n_targets; i++) {
        mixed |= BIT64(layout->wires[block->targets[i]].pos);
    }
    return mixed;
}

/* As many blocks as one tile of up to 2^pass_bits amplitudes takes, at least one. */
static size_t cut_pass(struct pass *pass, size_t first, size_t last, unsigned pass_bits) {
    const struct layout *layout = pass->layout;
    const struct fuse_block *blocks = layout->fuse->blocks;
    unsigned n_slice = pass->view.slice_bits;
    unsigned most = most_bits(layout, n_slice, pass_bits);
    pass->mixed = targets_of(layout, &blocks[first]);
    pass->is_padded = needs_pads(layout, n_slice, pass->mixed);
    size_t i = first + 1;
    for (; i < last; i++) {
        uint64_t mixed = pass->mixed | targets_of(layout, &blocks[i]);
        bool fits = pass->is_padded || (!needs_pads(layout, n_slice, mixed) &&
                                        least_bits(layout, n_slice, mixed) <= most);
        if (!fits) {
            break;
        }
        pass->mixed = mixed;
    }
    return i - first;
}

static size_t count_passes(struct pass *pass, size_t first, size_t last, unsigned pass_bits) {
    size_t n = 0;
    for (; first < last; n++) {
        first += cut_pass(pass, first, last, pass_bits);
    }
    return n;
}

/* Larger tiles where they save a pass. */
static unsigned choose_pass_bits(struct pass *pass, size_t first, size_t last) {
    const struct layout_tuning *tuning = &pass->layout->tuning;
    unsigned few = tuning->pass_bits, many = few + tuning->more_bits;
    bool saves = count_passes(pass, first, last, many) < count_passes(pass, first, last, few);
    return saves ? many : few;
}

static void choose_bits(struct pass *pass) {
    const struct layout *layout = pass->layout;
    unsigned n_slice = pass->view.slice_bits;
    unsigned n = n_slice;
    pass->inside = low_mask(n_slice);
    if (!pass->is_padded) {
        unsigned least = least_bits(layout, n_slice, pass->mixed);
        n = most_bits(layout, n_slice, layout->tuning.pass_bits);
        n = n > least ? n : least;
        pass->inside = pass->mixed | low_mask(pass->lane_bits);
        for (unsigned pos = 0; count_bits(pass->inside) < n; pos++) {
            pass->inside |= BIT64(pos);
        }
    }
    unsigned n_used = 0;
    memset(pass->place, PASS_OUTSIDE, sizeof pass->place);
    memset(pass->bits, PASS_OUTSIDE, sizeof pass->bits);
    for (uint64_t rest = pass->inside; rest != 0; rest &= rest - 1) {
        unsigned pos = (unsigned)bits_lowest(rest);
        pass->place[pos] = (uint8_t)n_used;
        pass->bits[n_used++] = (uint8_t)pos;
    }
    pass->n_vector = n;
    pass->n_bits =
        pass->is_padded ? (n < pass->lane_bits ? pass->lane_bits : n) + pass->lane_bits : n;
    CHECK(pass->n_bits <= pass->buffer_bits);
    pass->in_place = !pass->is_padded && pass->inside == low_mask(n) && n <= pass->view.chunk_bits;
}

/* Lane bits that are mixed change places with bits that are not, before the first unit that mixes
 * them. */
static void choose_crosses(struct pass *pass) {
    unsigned bit = pass->is_padded ? pass->n_bits - pass->lane_bits : pass->lane_bits;
    pass->n_crosses = 0;
    for (unsigned lane = 0; lane < pass->lane_bits; lane++) {
        if (!(pass->mixed >> lane & 1)) {
            continue;
        }
        while (!pass->is_padded && (pass->mixed >> pass->bits[bit] & 1)) {
            bit++;
        }
        CHECK(bit < pass->n_bits);
        pass->crosses[pass->n_crosses++] =
            (struct pass_cross){.lane = (uint8_t)lane, .bit = (uint8_t)bit};
        bit++;
    }
}

/* ---- units ---- */

static enum status add_unit(struct pass *pass, struct pass_unit **out, enum pass_unit_kind kind) {
    TRY(vec_reserve(&pass->units, pass->n_units, &pass->cap_units, 1, sizeof *pass->units));
    *out = &pass->units[pass->n_units++];
    **out = (struct pass_unit){.kind = kind, .first = pass->n_steps, .last = pass->n_steps};
    return STATUS_OK;
}

static void fix_bits(struct statevector_span *span, const struct pass *pass, uint64_t mask) {
    *span =
        (struct statevector_span){.last = BIT64(pass->n_bits - pass->lane_bits - count_bits(mask))};
    uint64_t rest = mask;
    for (; rest != 0 && span->n_fixed < STATEVECTOR_MAX_FIXED; rest &= rest - 1) {
        span->fixed[span->n_fixed++] = (uint8_t)bits_lowest(rest);
    }
}

/* Registers are spanned by the n bits of block numbers in `bits`, and others if these are less than
 * three. */
static void span_registers(struct pass_unit *unit, const struct pass *pass, uint8_t *bits,
                           unsigned n) {
    uint64_t mask = 0;
    for (unsigned i = 0; i < n; i++) {
        mask |= BIT64(bits[i]);
    }
    for (uint8_t bit = 0; n < FUSE_BLOCK_TARGETS; bit++) {
        if (!(mask >> bit & 1)) {
            bits[n++] = bit;
            mask |= BIT64(bit);
        }
    }
    fix_bits(&unit->span, pass, mask);
    for (unsigned r = 0; r < 8; r++) {
        unit->blocks[r] = (r & 1 ? BIT64(bits[0]) : 0) | (r & 2 ? BIT64(bits[1]) : 0) |
                          (r & 4 ? BIT64(bits[2]) : 0);
    }
}

static struct pass_condition find_condition(const struct pass *pass, const struct fuse_op *op) {
    struct pass_condition condition = {.lanes = pass->all_lanes};
    for (unsigned i = 0; i < op->n_controls; i++) {
        uint32_t pos = pass->layout->wires[op->wires[op->n_targets + i]].pos;
        unsigned place = pos < 64 ? pass->place[pos] : PASS_OUTSIDE;
        uint64_t value = op->values >> i & 1;
        if (place == PASS_OUTSIDE) {
            condition.outer_mask |= BIT64(pos);
            condition.outer_value |= value << pos;
        } else if (place < pass->lane_bits) {
            unsigned ones = statevector_lanes_with(place);
            condition.lanes &= value ? ones : ~ones;
        } else {
            condition.block_mask |= BIT64(place - pass->lane_bits);
            condition.block_value |= value << (place - pass->lane_bits);
        }
    }
    return condition;
}

static unsigned block_bit(const struct pass *pass, uint32_t wire) {
    return pass->place[pass->layout->wires[wire].pos] - pass->lane_bits;
}

enum status pass_add_step(struct pass *pass, struct pass_step **out) {
    TRY(vec_reserve(&pass->steps, pass->n_steps, &pass->cap_steps, 1, sizeof *pass->steps));
    *out = &pass->steps[pass->n_steps++];
    **out = (struct pass_step){.step = {.regs = 0xff, .lanes = (uint16_t)pass->all_lanes}};
    memset((*out)->step.mask, 0xff, sizeof(*out)->step.mask);
    return STATUS_OK;
}

/* The cross as a step; bit `reg` of the registers' numbers is its bit. */
static enum status add_cross(struct pass *pass, struct pass_cross *cross, unsigned reg) {
    struct pass_step *step;
    TRY(pass_add_step(pass, &step));
    step->step.code = (uint8_t)(STATEVECTOR_CROSS0 + 3u * cross->lane + reg);
    pass->place[cross->lane] = cross->bit;
    if (!pass->is_padded) {
        pass->place[pass->bits[cross->bit]] = cross->lane;
    }
    cross->is_done = true;
    return STATUS_OK;
}

/* Those that are not done, as many at a time as there are register bits. */
static enum status add_crosses(struct pass *pass) {
    struct pass_cross *cross = pass->crosses, *end = cross + pass->n_crosses;
    while (cross < end) {
        struct pass_cross *chosen[FUSE_BLOCK_TARGETS];
        struct pass_unit *unit;
        uint8_t bits[FUSE_BLOCK_TARGETS];
        unsigned n = 0;
        for (; n < FUSE_BLOCK_TARGETS && cross < end; cross++) {
            if (!cross->is_done) {
                bits[n] = (uint8_t)(cross->bit - pass->lane_bits);
                chosen[n++] = cross;
            }
        }
        if (n > 0) {
            TRY(add_unit(pass, &unit, UNIT_PROGRAM));
            span_registers(unit, pass, bits, n);
            for (unsigned i = 0; i < n; i++) {
                TRY(add_cross(pass, chosen[i], i));
            }
            unit->last = pass->n_steps;
        }
    }
    return STATUS_OK;
}

/* All have been done, and are undone. */
static enum status add_crosses_back(struct pass *pass) {
    for (unsigned i = 0; i < pass->n_crosses; i++) {
        CHECK(pass->crosses[i].is_done);
        pass->crosses[i].is_done = false;
    }
    return add_crosses(pass);
}

/* NULL: the wire's bit is not a lane's. */
static struct pass_cross *find_cross(struct pass *pass, uint32_t wire) {
    unsigned place = pass->place[pass->layout->wires[wire].pos], i = 0;
    if (place >= pass->lane_bits) {
        return NULL;
    }
    while (pass->crosses[i].lane != place || pass->crosses[i].is_done) {
        i++;
        CHECK(i < pass->n_crosses);
    }
    return &pass->crosses[i];
}

/* Shapes with ones, for all registers and lanes. */
static void fill_shape(struct statevector_step *step, const struct fuse_op *op) {
    static const uint8_t codes[3][5] = {
        {[FUSE_LEAN] = STATEVECTOR_LEAN,
         [FUSE_LEAN_BACK] = STATEVECTOR_LEAN_BACK,
         [FUSE_TURN] = STATEVECTOR_TURN,
         [FUSE_TURN_BACK] = STATEVECTOR_TURN_BACK},
        {[FUSE_LEAN] = STATEVECTOR_TWIST_LEAN,
         [FUSE_LEAN_BACK] = STATEVECTOR_TWIST_LEAN_BACK,
         [FUSE_TURN] = STATEVECTOR_TWIST_TURN,
         [FUSE_TURN_BACK] = STATEVECTOR_TWIST_TURN_BACK},
        {[FUSE_LEAN] = STATEVECTOR_FULL_LEAN, [FUSE_TURN] = STATEVECTOR_FULL_TURN},
    };
    enum fuse_numbers numbers = fuse_numbers_of(op);
    step->code = codes[numbers][op->shape];
    if (numbers == FUSE_ALL_COMPLEX) {
        memcpy(step->m, op->m, 4 * sizeof *op->m);
        return;
    }
    unsigned part = numbers == FUSE_IMAGINARY;
    step->m[0] = op->m[part];
    step->m[1] = op->m[2 + part];
}

/* A fused operator's matrix as a step. */
static void fill_mix(struct statevector_step *step, const struct fuse_op *op) {
    const double *m = op->m;
    if (op->shape != FUSE_WHOLE) {
        fill_shape(step, op);
        return;
    }
    memcpy(step->m, m, sizeof step->m);
    step->code = STATEVECTOR_FULL;
    switch (fuse_form_of(m)) {
    case FUSE_NOT:
        step->code = STATEVECTOR_SWAP;
        return;
    case FUSE_ROTATION:
    case FUSE_HADAMARD:
    case FUSE_REAL:
        step->code = STATEVECTOR_REAL;
        for (unsigned i = 0; i < 4; i++) {
            step->m[i] = m[2 * i];
        }
        return;
    case FUSE_TWIST:
    case FUSE_IDENTITY:
    case FUSE_DIAGONAL:
    case FUSE_COMPLEX:
        return;
    }
}

/* Two targets: the matrix, its lower bit that of the lower register bit. Registers are 0 .. 7 less
 * the third bit. */
static void fill_dense2(struct statevector_step *step, const double *matrix, const uint8_t *at) {
    unsigned third = 3u - at[0] - at[1];
    bool is_turned = at[0] > at[1];
    static const uint8_t turned[4] = {0, 2, 1, 3};
    step->code = (uint8_t)(STATEVECTOR_DENSE2 + 2 - third);
    for (unsigned row = 0; row < 4; row++) {
        double *out = step->dense + (size_t)16 * row;
        for (unsigned column = 0; column < 4; column++) {
            unsigned r = is_turned ? turned[row] : row, c = is_turned ? turned[column] : column;
            const double *m = matrix + 2 * (4 * r + c);
            out[column] = m[0];
            out[4 + column] = m[1];
            out[8 + column] = m[0] + m[1];
            out[12 + column] = m[1] - m[0];
        }
    }
}

/* Three: registers in the order of the matrix's rows. */
static void fill_dense3(struct statevector_step *step, const void *matrix, const uint8_t *at) {
    step->code = STATEVECTOR_DENSE3;
    step->matrix = matrix;
    for (unsigned x = 0; x < 8; x++) {
        step->order[x] =
            (uint8_t)((x & 1u) << at[0] | (x >> 1 & 1u) << at[1] | (x >> 2 & 1u) << at[2]);
    }
}

/* Lanes that are written, or, for is_sign, that change sign. */
static void fill_mask(struct statevector_step *step, enum precision precision, bool is_sign) {
    for (unsigned v = 0; v < 1u << statevector_lane_bits(precision); v++) {
        bool is_set = step->lanes >> v & 1;
        if (precision == PRECISION_SINGLE) {
            step->mask_f[v] = !is_set ? 0 : is_sign ? INT32_MIN : -1;
        } else {
            step->mask[v] = !is_set ? 0 : is_sign ? INT64_MIN : -1;
        }
    }
}

/* Numbers are filled in as doubles; single precision rounds them once, here. */
static void round_numbers(struct statevector_step *step, enum precision precision) {
    if (precision == PRECISION_DOUBLE) {
        return;
    }
    double m[8], dense[64];
    memcpy(m, step->m, sizeof m);
    memcpy(dense, step->dense, sizeof dense);
    for (unsigned i = 0; i < 8; i++) {
        step->m_f[i] = (float)m[i];
    }
    for (unsigned i = 0; i < 64; i++) {
        step->dense_f[i] = (float)dense[i];
    }
}

/* The matrices of waiting operators, at the same places, in the state's precision. */
static enum status copy_matrices(struct pass *pass) {
    const struct fuse *fuse = pass->layout->fuse;
    if (pass->precision == PRECISION_DOUBLE) {
        return STATUS_OK;
    }
    TRY(vec_reserve(&pass->matrices, 0, &pass->cap_matrices, fuse->n_data, sizeof *pass->matrices));
    for (size_t i = 0; i < fuse->n_data; i++) {
        pass->matrices[i] = (float)fuse->data[i];
    }
    return STATUS_OK;
}

const void *pass_matrix(const struct pass *pass, const struct fuse_op *op) {
    return pass->precision == PRECISION_SINGLE ? (const void *)(pass->matrices + op->first)
                                               : pass->layout->fuse->data + op->first;
}

/* The code for the registers and lanes of the step, of those that follow code_bit. */
static uint8_t find_ones(const struct pass *pass, const struct statevector_step *step,
                         uint8_t code_bit) {
    static const uint8_t regs[7] = {0xaa, 0xcc, 0xf0, 0x88, 0xa0, 0xc0, 0xff};
    uint8_t i = 0;
    while (i < 7 && (step->regs != regs[i] || step->lanes != pass->all_lanes)) {
        i++;
    }
    return (uint8_t)(code_bit + i);
}

/* A factor of modulus 1 by three shears, of angles of at most a quarter turn. */
static void fill_phase(struct pass *pass, struct statevector_step *step, const struct fuse_op *op) {
    double re = op->m[0], im = op->m[1];
    if (re == -1 && im == 0) {
        step->code = find_ones(pass, step, STATEVECTOR_NEGATE_BIT);
        fill_mask(step, pass->precision, true);
        return;
    }
    if (!fuse_is_unit(re, im)) {
        step->code = STATEVECTOR_PHASE;
        memcpy(step->m, op->m, sizeof step->m);
        return;
    }
    bool is_back = re < 0;
    re = is_back ? -re : re;
    im = is_back ? -im : im;
    step->code = find_ones(pass, step, is_back ? STATEVECTOR_SPIN_BACK_BIT : STATEVECTOR_SPIN_BIT);
    step->m[0] = im / (1 + re);
    step->m[1] = im;
}

static void fill_kind(struct pass *pass, struct statevector_step *step, const struct fuse_op *op,
                      const uint8_t *at) {
    switch (op->kind) {
    case FUSE_MIX:
        fill_mix(step, op);
        step->code = (uint8_t)(step->code + at[0]);
        return;
    case FUSE_PHASE:
        fill_phase(pass, step, op);
        return;
    case FUSE_DENSE:
        if (op->n_targets == 2) {
            fill_dense2(step, pass->layout->fuse->data + op->first, at);
        } else {
            fill_dense3(step, pass_matrix(pass, op), at);
        }
        return;
    case FUSE_FACTORS:
    case FUSE_ANGLES:
        break;
    }
    CHECK(op->kind == FUSE_MIX);
}

static enum status add_op(struct pass *pass, const struct fuse_op *op, const uint8_t *bits) {
    static const uint8_t ones[FUSE_BLOCK_TARGETS] = {0xaa, 0xcc, 0xf0};
    struct pass_step *to;
    TRY(pass_add_step(pass, &to));
    struct statevector_step *step = &to->step;
    struct pass_condition condition = find_condition(pass, op);
    uint8_t at[FUSE_BLOCK_TARGETS] = {0};
    for (unsigned i = 0; i < op->n_targets; i++) {
        while (bits[at[i]] != block_bit(pass, op->wires[i])) {
            at[i]++;
        }
    }
    for (unsigned j = 0; j < FUSE_BLOCK_TARGETS; j++) {
        if (condition.block_mask >> bits[j] & 1) {
            bool value = condition.block_value >> bits[j] & 1;
            step->regs &= value ? ones[j] : (uint8_t)~ones[j];
            condition.block_mask &= ~BIT64(bits[j]);
            condition.block_value &= ~BIT64(bits[j]);
        }
    }
    step->block_mask = condition.block_mask;
    step->block_value = condition.block_value;
    step->lanes = (uint16_t)condition.lanes;
    fill_mask(step, pass->precision, false);
    to->outer_mask = condition.outer_mask;
    to->outer_value = condition.outer_value;
    fill_kind(pass, step, op, at);
    round_numbers(step, pass->precision);
    return STATUS_OK;
}

static enum status add_program(struct pass *pass, const struct fuse_block *block) {
    const struct fuse *fuse = pass->layout->fuse;
    struct pass_unit *unit;
    struct pass_cross *crosses[FUSE_BLOCK_TARGETS];
    uint8_t bits[FUSE_BLOCK_TARGETS];
    TRY(add_unit(pass, &unit, UNIT_PROGRAM));
    for (unsigned i = 0; i < block->n_targets; i++) {
        crosses[i] = find_cross(pass, block->targets[i]);
        bits[i] = crosses[i] != NULL ? (uint8_t)(crosses[i]->bit - pass->lane_bits)
                                     : (uint8_t)block_bit(pass, block->targets[i]);
    }
    span_registers(unit, pass, bits, block->n_targets);
    for (unsigned i = 0; i < block->n_targets; i++) {
        if (crosses[i] != NULL) {
            TRY(add_cross(pass, crosses[i], i));
        }
    }
    for (size_t i = block->first; i < block->last; i++) {
        const struct fuse_op *op = &fuse->ops.ops[fuse->order[i]];
        TRY(op->kind == FUSE_FACTORS ? pass_add_factors(pass, op, bits) : add_op(pass, op, bits));
    }
    unit->last = pass->n_steps;
    return STATUS_OK;
}

static enum status add_apart(struct pass *pass, const struct fuse_op *op) {
    struct pass_unit *unit;
    TRY(add_crosses(pass));
    TRY(add_unit(pass, &unit, op->kind == FUSE_ANGLES ? UNIT_ANGLES : UNIT_MATRIX));
    unit->op = op;
    unit->condition = find_condition(pass, op);
    if (unit->kind == UNIT_ANGLES) {
        return STATUS_OK;
    }
    uint64_t mask = unit->condition.block_mask;
    for (unsigned i = 0; i < op->n_targets; i++) {
        unsigned bit = block_bit(pass, op->wires[i]);
        mask |= BIT64(bit);
        for (unsigned x = 0; x < 1u << op->n_targets; x++) {
            unit->blocks[x] |= x >> i & 1 ? BIT64(bit) : 0;
        }
    }
    fix_bits(&unit->span, pass, mask);
    return STATUS_OK;
}

static enum status add_blocks(struct pass *pass, size_t first, size_t last) {
    const struct fuse *fuse = pass->layout->fuse;
    for (size_t i = first; i < last; i++) {
        const struct fuse_block *block = &fuse->blocks[i];
        const struct fuse_op *op = &fuse->ops.ops[fuse->order[block->first]];
        bool is_apart = op->kind == FUSE_ANGLES || op->n_targets > FUSE_BLOCK_TARGETS;
        TRY(is_apart ? add_apart(pass, op) : add_program(pass, block));
    }
    return STATUS_OK;
}

/* ---- stages ---- */

/* The wires follow the bits that the pass moved. */
static void move_wires(struct pass *pass) {
    for (unsigned i = 0; i < pass->n_crosses && !pass->is_padded; i++) {
        layout_cross(pass->layout, pass->group, pass->crosses[i].lane,
                     pass->bits[pass->crosses[i].bit]);
    }
}

/* Does this pass write a vector that has grown in its table only? Tiles that read the same
 * amplitudes are one thread's: if these are few, that is done before. */
static void choose_growth(struct pass *pass) {
    struct store *store = pass->layout->store;
    const struct store_late *late = &store->late;
    pass->grown = 0;
    if (late->group != pass->group) {
        return;
    }
    const uint64_t grown = low_mask(late->n_bits) << late->first_bit;
    const unsigned n_apart = count_bits(grown & ~pass->inside);
    const uint64_t n_amps = (pass->view.last - pass->view.first) << pass->view.chunk_bits;
    if (pass->is_padded || n_amps >> pass->n_vector >> n_apart < (uint64_t)pass->n_threads) {
        store_settle(store);
    } else {
        pass->grown = grown;
        pass->is_streamed = store_is_streamed(store, &pass->view);
    }
}

static void run_pass(struct pass *pass) {
    pass_run_tiles(pass);
    if (pass->grown != 0) {
        pass->layout->store->late.group = LAYOUT_ALONE;
    }
}

static enum status run_blocks(struct pass *pass, size_t first, size_t last) {
    const unsigned pass_bits = choose_pass_bits(pass, first, last);
    while (first < last) {
        size_t n = cut_pass(pass, first, last, pass_bits);
        choose_bits(pass);
        choose_crosses(pass);
        choose_growth(pass);
        pass->n_steps = pass->n_units = pass->tables.n = 0;
        TRY(add_blocks(pass, first, first + n));
        if (pass->is_padded) {
            TRY(add_crosses_back(pass));
        }
        pass_set_tables(pass);
        run_pass(pass);
        pass_count(pass, first, first + n);
        move_wires(pass);
        first += n;
    }
    return STATUS_OK;
}

static enum status run_here(struct layout *layout, uint32_t group, size_t first, size_t last) {
    struct store *store = layout->store;
    if (store == NULL) {
        return STATUS_OK;
    }
    struct pass *pass = store->pass;
    pass->layout = layout;
    pass->group = group;
    pass->view = store_view_of(store, &layout->groups[group].deal, layout->groups[group].n);
    TRY(copy_matrices(pass));
    return run_blocks(pass, first, last);
}

/* Adds a block's targets to n others; returns how many there are then. */
static uint32_t add_targets(uint32_t *targets, uint32_t n, const struct fuse_block *block) {
    for (unsigned i = 0; i < block->n_targets; i++) {
        uint32_t at = 0;
        while (at < n && targets[at] != block->targets[i]) {
            at++;
        }
        targets[at] = block->targets[i];
        n += at == n;
    }
    return n;
}

/* Blocks of a stage, from the first on at least one, that mix no more wires than slices hold. */
static size_t cut_stage(uint32_t *out_targets, uint32_t *out_n, const struct fuse *fuse,
                        size_t first, size_t last, unsigned most) {
    uint32_t n = add_targets(out_targets, 0, &fuse->blocks[first]);
    size_t i = first + 1;
    for (; i < last; i++) {
        const uint32_t n_more = add_targets(out_targets, n, &fuse->blocks[i]);
        if (n_more > most && n_more > n) {
            break;
        }
        n = n_more;
    }
    *out_n = n;
    return i;
}

enum status pass_run_stage(struct layout *layout, uint32_t group, const struct fuse_stage *stage) {
    const struct layout_group *g = &layout->groups[group];
    const unsigned n_slice = layout_slice_bits(g->n, &g->deal);
    const bool is_cut = g->deal.slice_log > 0;
    const unsigned most = n_slice > layout->lane_bits ? n_slice - layout->lane_bits : 1;
    for (size_t i = stage->first; i < stage->last;) {
        uint32_t targets[FUSE_STAGE_TARGETS], n = 0;
        const size_t end = cut_stage(targets, &n, layout->fuse, i, stage->last,
                                     is_cut ? most : FUSE_STAGE_TARGETS);
        if (n > 0) {
            layout_localize(layout, targets, n, stage);
        }
        TRY(run_here(layout, group, i, end));
        i = end;
    }
    return STATUS_OK;
}
