/* What each op does to frames, stabilizers and the engine. */
#include <math.h>
#include <string.h>

#include "base/bits.h"
#include "base/rng.h"
#include "runtime/noise.h"
#include "runtime/walker_impl.h"

static uint32_t wire_of(const struct walker *walker, const struct op *op) {
    return op_qubits(&walker->lowered->ops, op)[0];
}

static struct src_loc loc_of(const struct walker *walker, const struct op *op) {
    return program_loc(walker->program, op);
}

/* Multiplies a Pauli string onto the frames of the columns in `row`. */
static void multiply_frames(struct walker *walker, const struct tracker_string *string,
                            const uint64_t *row) {
    struct rows *rows = &walker->rows;
    for (size_t i = 0; i < string->n; i++) {
        const uint32_t wire = string->wires[i];
        if ((string->letters[i] & 1) != 0) {
            columns_xor(&walker->columns, rows_x(rows, wire), row);
        }
        if ((string->letters[i] & 2) != 0) {
            columns_xor(&walker->columns, rows_z(rows, wire), row);
        }
        rows->is_dirty[wire] = true;
    }
}

bool walk_has_frames(const struct walker *walker, const uint32_t *wires, uint32_t n_wires) {
    for (uint32_t i = 0; i < n_wires; i++) {
        if (walker->rows.is_dirty[wires[i]] &&
            (columns_any(&walker->columns, rows_x(&walker->rows, wires[i])) ||
             columns_any(&walker->columns, rows_z(&walker->rows, wires[i])))) {
            return true;
        }
    }
    return false;
}

/* ---- gates ---- */

/* A gate that maps some strings to no Pauli: known stabilizers that it destroys are first used to
 * move frames into the subspace where it acts, then leave. */
static enum status use_up_stabilizers(struct walker *walker, const uint32_t *wires,
                                      const struct pauli_map *map, bool has_frame) {
    for (uint32_t j = 0; j < map->n_checks; j++) {
        bool found;
        TRY(tracker_remove(walker->tracker, &found, &walker->string, wires, map->n_qubits,
                           map->check[j]));
        if (found && has_frame) {
            rows_parity(&walker->rows, &walker->columns, walker->keys, wires, map->n_qubits,
                        map->check[j]);
            multiply_frames(walker, &walker->string, walker->keys);
        }
    }
    return STATUS_OK;
}

/* Applies the part of the frames that the gate cannot map to the state itself. */
static enum status settle_frames(struct walker *walker, const uint32_t *wires,
                                 const struct pauli_map *map) {
    uint32_t pattern;
    for (uint32_t j = 0; j < map->n_checks; j++) {
        rows_parity(&walker->rows, &walker->columns, walker->keys + j * walker->columns.stride,
                    wires, map->n_qubits, map->check[j]);
    }
    TRY(walker_part(walker, map->n_checks, &pattern));
    if (pattern == 0) {
        return STATUS_OK;
    }
    const uint32_t part = pauli_map_representative(map, pattern), k = map->n_qubits;
    memset(walker->scratch, 0, walker->row_words * sizeof *walker->scratch);
    if (walker->options.is_exact) {
        walker->scratch[0] = 1; /* the constant */
    } else {
        memcpy(walker->scratch, walker->columns.mask,
               walker->columns.stride * sizeof *walker->scratch);
    }
    TRY(walker_flush_to_change(walker));
    for (uint32_t i = 0; i < k; i++) {
        const bool x = (part >> i) & 1, z = (part >> (k + i)) & 1;
        if (x) {
            columns_xor(&walker->columns, rows_x(&walker->rows, wires[i]), walker->scratch);
        }
        if (z) {
            columns_xor(&walker->columns, rows_z(&walker->rows, wires[i]), walker->scratch);
        }
        if (x || z) {
            TRY(walker->engine->class->apply_pauli(walker->engine, wires[i], x, z));
        }
    }
    return STATUS_OK;
}

/* Multiplies a Pauli gate onto the frames of those columns of `row`. */
static void multiply_gate(struct walker *walker, const struct op *gate, const uint64_t *row) {
    const uint32_t wire = op_qubits(&walker->lowered->ops, gate)[0];
    if (gate->which == GATE_I) {
        return;
    }
    if (gate->which != GATE_Z) {
        columns_xor(&walker->columns, rows_x(&walker->rows, wire), row);
    }
    if (gate->which != GATE_X) {
        columns_xor(&walker->columns, rows_z(&walker->rows, wire), row);
    }
    walker->rows.is_dirty[wire] = true;
}

/* The row that is 1 for all columns of the branch: exact: the constant form. */
static const uint64_t *make_ones(struct walker *walker) {
    memset(walker->scratch, 0, walker->row_words * sizeof *walker->scratch);
    walker->scratch[0] = 1;
    return walker->options.is_exact ? walker->scratch : walker->columns.mask;
}

enum status walk_map(struct walker *walker, const uint32_t *wires, const struct pauli_map *map,
                     bool has_frame, bool is_silent) {
    if (!is_silent) {
        TRY(use_up_stabilizers(walker, wires, map, has_frame));
    }
    if (has_frame) {
        TRY(settle_frames(walker, wires, map));
    }
    if (map->is_identity) {
        return STATUS_OK;
    }
    if (has_frame) {
        rows_map(&walker->rows, &walker->columns, wires, map, walker->scratch);
    }
    return is_silent ? STATUS_OK : tracker_map(walker->tracker, wires, map);
}

enum status walk_gate(struct walker *walker, const struct op *op) {
    const struct op_list *ops = &walker->lowered->ops;
    const uint32_t *wires = op_qubits(ops, op);
    const bool has_frame = walk_has_frames(walker, wires, op->n_qubits);
    const bool is_silent = tracker_is_silent(walker->tracker, wires, op->n_qubits);
    struct pauli_map map;
    if (walker->lowered->roles[walker->pc] == ROLE_FRAME_GATE) {
        multiply_gate(walker, op, make_ones(walker));
        return STATUS_OK;
    }
    if (is_silent && !has_frame) {
        return STATUS_OK;
    }
    pauli_map_from_gate(&map, (enum gate_id)op->which, op_params(ops, op));
    return walk_map(walker, wires, &map, has_frame, is_silent);
}

/* ---- measurement ---- */

struct outcome {
    uint64_t site;
    double p_one;  /* of the shared state */
    uint64_t *row; /* outcome of the shared state, per column */
};

/* Sampling: r = [u < p] ^ frame, where p is the column's own probability of 1. */
static void draw_outcomes(const struct walker *walker, const struct outcome *outcome,
                          const uint64_t *frame) {
    const struct columns *columns = &walker->columns;
    for (size_t i = 0; i < columns->n_words; i++) {
        const uint32_t w = columns->words[i];
        uint64_t bits = 0;
        for (uint64_t rest = columns->mask[w]; rest != 0; rest &= rest - 1) {
            const int k = bits_lowest(rest);
            const bool flip = (frame[w] >> k) & 1;
            const double p = flip ? 1.0 - outcome->p_one : outcome->p_one;
            const double u =
                rng_uniform(walker->options.seed, outcome->site,
                            (uint32_t)(walker->first_shot + 64 * w + (unsigned)k), RNG_MEASURE);
            bits |= (uint64_t)((u < p) != flip) << k;
        }
        outcome->row[w] = bits;
    }
}

/* Which outcome of the shared state this branch follows; others are parked. */
static enum status choose_outcome(struct walker *walker, uint32_t wire, uint64_t site,
                                  struct forced *out_outcome) {
    double p_one;
    uint32_t pattern;
    if (walker->forced.is_set) {
        *out_outcome = walker->forced;
        walker->forced.is_set = false;
        return STATUS_OK;
    }
    TRY(walker->engine->class->probability(walker->engine, &p_one, wire));
    if (p_one <= 0 || p_one >= 1) {
        *out_outcome = (struct forced){true, p_one >= 1, 1.0};
        return STATUS_OK;
    }
    if (walker->options.is_exact && walker->weight * fmin(p_one, 1.0 - p_one) < WALKER_P_MIN) {
        walker->has_dropped = true;
        *out_outcome = (struct forced){true, p_one > 0.5, fmax(p_one, 1.0 - p_one)};
        return STATUS_OK;
    }
    if (walker->options.is_exact) {
        struct saved *saved = NULL;
        *out_outcome = (struct forced){true, false, 1.0 - p_one};
        const double weight = walker->weight;
        walker->weight *= 1.0 - p_one;
        TRY(walker_save(walker, &saved));
        const enum status status = walker_park(walker, saved, walker->columns.mask,
                                               (struct forced){true, true, p_one}, weight * p_one);
        walker_release(walker, saved);
        return status;
    }
    const struct outcome outcome = {site, p_one, walker->keys};
    draw_outcomes(walker, &outcome, rows_x(&walker->rows, wire));
    TRY(walker_part(walker, 1, &pattern));
    *out_outcome = (struct forced){true, pattern != 0, pattern != 0 ? p_one : 1.0 - p_one};
    return STATUS_OK;
}

/* A fair coin: the shared state takes outcome 0, columns with the other outcome take S into their
 * frames. */
static enum status measure_coin(struct walker *walker, const struct op *op, uint32_t wire,
                                uint64_t site) {
    TRY(walker_toss(walker, site));
    columns_xor(&walker->columns, walker->keys, rows_x(&walker->rows, wire));
    multiply_frames(walker, &walker->string, walker->keys);
    if (walker->lowered->roles[op - walker->lowered->ops.ops] == ROLE_COIN) {
        return STATUS_OK;
    }
    TRY(walker_flush_to_change(walker));
    return walker->engine->class->project(walker->engine, wire, false, 0.5);
}

/* Measures Z and leaves the wire alone; its X frame then is the outcome. */
static enum status collapse(struct walker *walker, const struct op *op, uint32_t wire) {
    const uint32_t check_x = 1;
    const uint64_t site = site_at(&walker->loops, op->site);
    bool is_coin = false;
    if (!walker->forced.is_set) {
        TRY(tracker_remove(walker->tracker, &is_coin, &walker->string, &wire, 1, check_x));
    }
    if (is_coin) {
        TRY(measure_coin(walker, op, wire, site));
    } else {
        CHECK(walker->lowered->roles[op - walker->lowered->ops.ops] != ROLE_COIN);
        struct forced outcome;
        TRY(walker_flush(walker));
        TRY(choose_outcome(walker, wire, site, &outcome));
        TRY(walker_flush_to_change(walker));
        TRY(walker->engine->class->project(walker->engine, wire, outcome.bit, outcome.p));
        if (outcome.bit) {
            /* Shared state |1>: call it |0> with a flip in every frame. */
            TRY(walker->engine->class->clear(walker->engine, wire));
            columns_xor(&walker->columns, rows_x(&walker->rows, wire), make_ones(walker));
            walker->rows.is_dirty[wire] = true;
        }
    }
    columns_clear(&walker->columns, rows_z(&walker->rows, wire));
    return tracker_set_alone(walker->tracker, wire);
}

enum status walk_measure(struct walker *walker, const struct op *op) {
    const uint32_t wire = wire_of(walker, op);
    TRY(collapse(walker, op, wire));
    uint64_t *bit = rows_bit(&walker->rows, op->bit);
    columns_clear(&walker->columns, bit);
    columns_xor(&walker->columns, bit, rows_x(&walker->rows, wire));
    return walk_misread(walker, op);
}

enum status walk_reset(struct walker *walker, const struct op *op) {
    const uint32_t wire = wire_of(walker, op);
    TRY(collapse(walker, op, wire));
    columns_clear(&walker->columns, rows_x(&walker->rows, wire));
    return STATUS_OK;
}

/* ---- pairs and noise ---- */

struct error_target {
    struct walker *walker;
    const uint32_t *wires;
    uint32_t n_wires;
    const uint64_t *only; /* columns that the error is for; NULL: all */
};

/* Letter i = 1 .. 4^n - 1; the first wire's letter is the most significant digit (I X Y Z = 0 ..
 * 3). */
static void put_error(void *ctx, size_t column, uint32_t letter) {
    const struct error_target *target = ctx;
    struct rows *rows = &target->walker->rows;
    if (target->only != NULL && !bits_get(target->only, column)) {
        return;
    }
    for (uint32_t i = 0; i < target->n_wires; i++) {
        const uint32_t digit = (letter >> (2 * (target->n_wires - 1 - i))) & 3;
        const uint32_t wire = target->wires[i];
        if (digit == 1 || digit == 2) {
            bits_flip(rows_x(rows, wire), column);
        }
        if (digit >= 2) {
            bits_flip(rows_z(rows, wire), column);
        }
        rows->is_dirty[wire] = rows->is_dirty[wire] || digit != 0;
    }
}

enum status walk_check_exact(const struct walker *walker, const struct op *op, double p_any) {
    if (p_any > 0 && walker->options.is_exact) {
        return log_error_at(STATUS_INPUT, loc_of(walker, op),
                            "%s a program without noise; this %s has errors with probability %g",
                            walker->options.is_pure ? "one pure state at the end needs"
                                                    : "exact probabilities need",
                            op_kind_name((enum op_kind)op->kind), p_any);
    }
    return STATUS_OK;
}

static enum status check_exact(const struct walker *walker, const struct op *op,
                               const struct noise_chain *chain) {
    double p_any = 0;
    for (uint32_t i = 0; i < chain->n_letters; i++) {
        p_any += chain->p_letters[i];
    }
    return walk_check_exact(walker, op, p_any);
}

static enum status draw_errors(struct walker *walker, const struct op *op, uint64_t site,
                               const double *p_letters, const struct error_target *target,
                               enum rng_stream stream) {
    const struct noise_chain chain = {walker->options.seed, site, stream, p_letters,
                                      target->n_wires == 2 ? 15u : 3u};
    TRY(check_exact(walker, op, &chain));
    noise_visit(&chain, &walker->columns, walker->first_shot / walker->options.block_shots,
                walker->options.block_shots, put_error, (void *)(uintptr_t)target);
    return STATUS_OK;
}

static bool has_columns(const struct columns *columns, size_t first, size_t end) {
    for (size_t i = first; i < end;) {
        if (i % 64 == 0 && end - i >= 64) {
            if (columns->mask[i / 64] != 0) {
                return true;
            }
            i += 64;
        } else if (bits_get(columns->mask, i++)) {
            return true;
        }
    }
    return false;
}

/* Each block of shots has its own pair: its own timeline delivered it. */
static enum status draw_pairs(struct walker *walker, const struct op *op, uint64_t site,
                              const uint32_t *wires) {
    const struct columns *columns = &walker->columns;
    const struct error_target half = {walker, wires + 1, 1, NULL};
    const size_t n_columns = 64 * columns->stride;
    const size_t block_shots = walker->options.is_exact ? n_columns : walker->options.block_shots;
    const uint64_t first_block = walker->first_shot / block_shots;
    double weights[4];
    const struct noise_chain chain = {walker->options.seed, site, RNG_PAIR, weights + 1, 3};
    for (size_t first = 0; first < n_columns; first += block_shots) {
        const uint64_t block = first_block + first / block_shots;
        const size_t n = n_columns - first < block_shots ? n_columns - first : block_shots;
        if (has_columns(columns, first, first + n)) {
            TRY(walker->options.pair_weights(walker->options.pair_ctx, weights, wires, site,
                                             block));
            TRY(check_exact(walker, op, &chain));
            noise_visit_block(&chain, columns, block, first, n, put_error,
                              (void *)(uintptr_t)&half);
        }
    }
    return STATUS_OK;
}

enum status walk_ebit(struct walker *walker, const struct op *op) {
    const uint32_t *wires = op_qubits(&walker->lowered->ops, op);
    const uint64_t site = site_at(&walker->loops, op->site);
    double weights[4];
    for (uint32_t i = 0; i < 2; i++) {
        columns_clear(&walker->columns, rows_x(&walker->rows, wires[i]));
        columns_clear(&walker->columns, rows_z(&walker->rows, wires[i]));
    }
    TRY(tracker_set_pair(walker->tracker, wires[0], wires[1]));
    const struct error_target half = {walker, wires + 1, 1, NULL};
    if (walker->options.do_pairs_vary) {
        return draw_pairs(walker, op, site, wires);
    }
    TRY(walker->options.pair_weights(walker->options.pair_ctx, weights, wires, site, 0));
    return draw_errors(walker, op, site, weights + 1, &half, RNG_PAIR);
}

/* Paulis on the columns of `only`. */
static enum status put_paulis(struct walker *walker, const struct op *op, const uint64_t *only) {
    const struct op_list *ops = &walker->lowered->ops;
    const uint32_t group = op_noise_group((enum op_noise)op->which);
    double p_letters[15];
    CHECK(op_noise_letters(p_letters, op, op_params(ops, op)) >= 3);
    for (uint32_t i = 0; i < op->n_qubits / group; i++) {
        const struct error_target target = {walker, op_qubits(ops, op) + i * group, group, only};
        const uint64_t site = site_at(&walker->loops, op->site + i);
        TRY(draw_errors(walker, op, site, p_letters, &target, RNG_NOISE));
    }
    return STATUS_OK;
}

enum status walk_noise(struct walker *walker, const struct op *op) {
    if (walker->options.is_ideal) {
        return STATUS_OK;
    }
    return op->which == NOISE_RELAX || op->which == NOISE_RESET ? walk_jump(walker, op)
                                                                : put_paulis(walker, op, NULL);
}

/* ---- conditions ---- */

static void condition_row(const struct walker *walker, const struct op *op, uint64_t *out_row) {
    const struct columns *columns = &walker->columns;
    memset(out_row, 0, columns->stride * sizeof *out_row);
    for (size_t i = 0; i < columns->n_words; i++) {
        const uint32_t w = columns->words[i];
        out_row[w] = columns->mask[w] & expr_eval_word(&walker->lowered->ops, op->expr,
                                                       walker->rows.bits, columns->stride, w);
    }
}

struct bit_list {
    struct walker *walker;
    uint64_t *out;
};

static void add_bit_form(void *ctx, uint32_t bit) {
    const struct bit_list *list = ctx;
    columns_xor(&list->walker->columns, list->out, rows_bit(&list->walker->rows, bit));
}

/* Exact: the condition as an affine form: XOR of its bits, constant from evaluating it on zeros. */
static void affine_condition(struct walker *walker, const struct op *op, uint64_t *out_row) {
    const struct op_list *ops = &walker->lowered->ops;
    const struct bit_list list = {walker, out_row};
    memset(out_row, 0, walker->row_words * sizeof *out_row);
    expr_visit_bits(ops, op->expr, add_bit_form, (void *)(uintptr_t)&list);
    const uint64_t zero = 0; /* stride 0: every bit reads this word */
    out_row[0] ^= expr_eval_word(ops, op->expr, &zero, 0, 0) & 1;
}

struct settle_bits {
    struct walker *walker;
    enum status status;
};

static void settle_bit(void *ctx, uint32_t bit) {
    struct settle_bits *settle = ctx;
    struct walker *walker = settle->walker;
    uint32_t pattern;
    if (settle->status == STATUS_OK) {
        memcpy(walker->keys, rows_bit(&walker->rows, bit),
               walker->columns.stride * sizeof *walker->keys);
        settle->status = walker_part(walker, 1, &pattern);
    }
}

enum status walk_decide(struct walker *walker, const struct op *op, bool *out_is_taken) {
    const struct op_list *ops = &walker->lowered->ops;
    uint32_t pattern = 0;
    if (!walker->options.is_exact) {
        condition_row(walker, op, walker->keys);
        TRY(walker_part(walker, 1, &pattern));
    } else if (expr_is_affine(ops, op->expr)) {
        affine_condition(walker, op, walker->keys);
        TRY(walker_part(walker, 1, &pattern));
    } else {
        struct settle_bits settle = {walker, STATUS_OK};
        expr_visit_bits(ops, op->expr, settle_bit, &settle);
        TRY(settle.status);
        pattern =
            (uint32_t)expr_eval_word(ops, op->expr, walker->rows.bits, walker->columns.stride, 0) &
            1;
    }
    *out_is_taken = pattern != 0;
    return STATUS_OK;
}

/* The condition per column, in walker->scratch; exact: as a form, settled where it is none. */
static enum status condition_to_scratch(struct walker *walker, const struct op *op) {
    uint64_t *condition = walker->scratch;
    if (!walker->options.is_exact) {
        condition_row(walker, op, condition);
    } else if (expr_is_affine(&walker->lowered->ops, op->expr)) {
        affine_condition(walker, op, condition);
    } else {
        bool is_taken;
        TRY(walk_decide(walker, op, &is_taken));
        memset(condition, 0, walker->row_words * sizeof *condition);
        condition[0] = is_taken; /* the constant column */
    }
    return STATUS_OK;
}

enum status walk_assign(struct walker *walker, const struct op *op) {
    TRY(condition_to_scratch(walker, op));
    uint64_t *bit = rows_bit(&walker->rows, op->bit);
    columns_clear(&walker->columns, bit);
    columns_xor(&walker->columns, bit, walker->scratch);
    return STATUS_OK;
}

enum status walk_frame_if(struct walker *walker, const struct op *op) {
    const struct op_list *ops = &walker->lowered->ops;
    const uint64_t *condition = walker->scratch;
    TRY(condition_to_scratch(walker, op));
    for (size_t i = (size_t)(op - ops->ops) + 1; i < op->match; i++) {
        if (ops->ops[i].kind == OP_GATE) {
            multiply_gate(walker, &ops->ops[i], condition);
        } else if (ops->ops[i].kind == OP_NOISE && !walker->options.is_ideal) {
            TRY(put_paulis(walker, &ops->ops[i], condition));
        }
    }
    return STATUS_OK;
}

/* ---- the end ---- */

struct draw {
    const struct walker *walker;
    const uint32_t *shots; /* column of each shot */
};

static double draw_u(void *ctx, size_t i, size_t shot) {
    const struct draw *draw = ctx;
    const struct walker *walker = draw->walker;
    const struct op *op = &walker->lowered->ops.ops[walker->lowered->postponed[i]];
    return rng_uniform(walker->options.seed, op->site,
                       (uint32_t)(walker->first_shot + draw->shots[shot]), RNG_MEASURE);
}

struct tail {
    uint32_t *wires, *shots;
    uint64_t *packed;
    size_t words;
};

static void pack(struct walker *walker, const struct tail *tail, size_t n, bool is_back) {
    for (size_t i = 0; i < n; i++) {
        const struct op *op = &walker->lowered->ops.ops[walker->lowered->postponed[i]];
        const uint64_t *frame = rows_x(&walker->rows, tail->wires[i]);
        uint64_t *bit = rows_bit(&walker->rows, op->bit), *packed = tail->packed + i * tail->words;
        for (size_t s = 0; s < walker->columns.n_shots; s++) {
            if (is_back) {
                bits_set(bit, tail->shots[s], bits_get(packed, s));
            } else {
                bits_set(packed, s, bits_get(frame, tail->shots[s]));
            }
        }
    }
}

enum status walk_postponed(struct walker *walker) {
    const struct lowered *lowered = walker->lowered;
    const struct columns *columns = &walker->columns;
    const size_t n = lowered->n_postponed;
    struct tail tail = {.words = bits_words(columns->n_shots)};
    enum status status = STATUS_NOFIT;
    if (n == 0) {
        return STATUS_OK;
    }
    tail.wires = mem_alloc(n, sizeof *tail.wires);
    tail.shots = mem_alloc(columns->n_shots, sizeof *tail.shots);
    tail.packed = mem_alloc(n * tail.words, sizeof *tail.packed);
    if (tail.wires == NULL || tail.shots == NULL || tail.packed == NULL) {
        goto done;
    }
    for (size_t i = 0, s = 0; i < columns->n_words; i++) {
        const uint32_t w = columns->words[i];
        for (uint64_t rest = columns->mask[w]; rest != 0; rest &= rest - 1) {
            tail.shots[s++] = 64 * w + (uint32_t)bits_lowest(rest);
        }
    }
    for (size_t i = 0; i < n; i++) {
        tail.wires[i] = wire_of(walker, &lowered->ops.ops[lowered->postponed[i]]);
    }
    struct draw draw = {walker, tail.shots};
    pack(walker, &tail, n, false);
    TRY_GOTO(walker->engine->class->sample(walker->engine, tail.packed, tail.wires, n,
                                           columns->n_shots, draw_u, &draw),
             done);
    pack(walker, &tail, n, true);
    for (size_t i = 0; i < n && status == STATUS_OK; i++) {
        status = walk_misread(walker, &lowered->ops.ops[lowered->postponed[i]]);
    }
done:
    mem_free(tail.wires);
    mem_free(tail.shots);
    mem_free(tail.packed);
    return status;
}
