/* Errors that depend on the state: relaxation, resets, results read wrongly.
 *
 * A shot is a candidate for a jump with a probability that does not depend on the state, as rarely
 * as any error; whether the jump happens is [u(site, shot) < p] with p from its own state. Those
 * for which it does not go back to the others; their state has not been looked at. */
#include <string.h>

#include "base/bits.h"
#include "base/detmath.h"
#include "base/log.h"
#include "base/rng.h"
#include "runtime/noise.h"
#include "runtime/walker_impl.h"

#define uthash_fatal(message) check_fail(message, __FILE__, __LINE__)
#include <uthash.h>

/* A candidate that went back. */
struct rejected {
    struct {
        uint64_t site, column;
    } key;
    UT_hash_handle hh;
};

struct jump {
    struct walker *walker;
    const struct op *op;
    uint32_t wire;
    uint64_t site;
    uint64_t *candidates, *targets; /* rows: candidates, and whether to |1> */
    size_t n;
};

/* ---- candidates ---- */

void walk_forget_rejected(struct walker *walker) {
    struct rejected *entry, *next;
    HASH_ITER(hh, walker->rejected, entry, next) {
        HASH_DEL(walker->rejected, entry);
        mem_free(entry);
    }
}

static bool is_rejected(const struct jump *jump, size_t column) {
    struct rejected probe = {.key = {jump->site, column}}, *found;
    HASH_FIND(hh, jump->walker->rejected, &probe.key, sizeof probe.key, found);
    return found != NULL;
}

static enum status note_rejected(const struct jump *jump, size_t column) {
    struct rejected *entry = mem_alloc(1, sizeof *entry);
    if (entry == NULL) {
        return STATUS_NOFIT;
    }
    entry->key.site = jump->site;
    entry->key.column = column;
    HASH_ADD(hh, jump->walker->rejected, key, sizeof entry->key, entry);
    return STATUS_OK;
}

static void add_candidate(void *ctx, size_t column, uint32_t letter) {
    struct jump *jump = ctx;
    if (!is_rejected(jump, column)) {
        bits_set(jump->candidates, column, true);
        bits_set(jump->targets, column, letter == 2);
        jump->n++;
    }
}

static double accept_uniform(const struct walker *walker, uint64_t site, size_t column) {
    return rng_uniform(walker->options.seed, site, (uint32_t)(walker->first_shot + column),
                       RNG_ACCEPT);
}

static void find_candidates(struct jump *jump) {
    struct walker *walker = jump->walker;
    const size_t stride = walker->columns.stride;
    const struct noise_chain chain = {walker->options.seed, jump->site, RNG_NOISE,
                                      op_params(&walker->lowered->ops, jump->op), 2};
    jump->candidates = walker->scratch;
    jump->targets = walker->scratch + stride;
    memset(walker->scratch, 0, 2 * stride * sizeof *walker->scratch);
    noise_visit(&chain, &walker->columns, walker->first_shot / walker->options.block_shots,
                walker->options.block_shots, add_candidate, jump);
}

/* ---- those that jump and those that do not ---- */

/* keys[0] = the jump happens, keys[1] = the shared state is then found in |1>. */
static void decide(const struct jump *jump, double p_one) {
    const struct walker *walker = jump->walker;
    const struct columns *columns = &walker->columns;
    const uint64_t *flips = rows_x(&walker->rows, jump->wire);
    uint64_t *happens = walker->keys, *found = walker->keys + columns->stride;
    memset(walker->keys, 0, 2 * columns->stride * sizeof *walker->keys);
    for (size_t i = 0; i < columns->n_words; i++) {
        const uint32_t w = columns->words[i];
        for (uint64_t rest = columns->mask[w]; rest != 0; rest &= rest - 1) {
            const size_t column = 64 * (size_t)w + (unsigned)bits_lowest(rest);
            const bool flip = bits_get(flips, column), to_one = bits_get(jump->targets, column);
            const double p = flip ? 1 - p_one : p_one, /* of this shot's own state */
                u = accept_uniform(walker, jump->site, column);
            const bool is_one = jump->op->which == NOISE_RESET ? u < p : !to_one;
            const bool does = jump->op->which == NOISE_RESET || u < (to_one ? 1 - p : p);
            bits_set(happens, column, does);
            bits_set(found, column, does && is_one != flip);
        }
    }
}

/* The columns of `mask` go on as if they had been no candidates, with those that wait. */
static enum status send_back(const struct jump *jump, struct saved *saved, bool has_others,
                             uint64_t *mask) {
    struct walker *walker = jump->walker;
    const size_t stride = walker->columns.stride;
    size_t n = 0;
    for (size_t w = 0; w < stride; w++) {
        for (uint64_t rest = mask[w]; rest != 0; rest &= rest - 1, n++) {
            TRY(note_rejected(jump, 64 * w + (unsigned)bits_lowest(rest)));
        }
    }
    if (n == 0) {
        return STATUS_OK;
    }
    if (!has_others) {
        return walker_park(walker, saved, mask, (struct forced){0}, walker->weight);
    }
    struct columns *others = &walker->waiting[walker->n_waiting - 1].columns, both;
    for (size_t w = 0; w < stride; w++) {
        mask[w] |= others->mask[w];
    }
    TRY(columns_create(&both, mask, stride));
    columns_fini(others);
    *others = both;
    return STATUS_OK;
}

/* The frame of columns of `row` becomes X^target on a wire that is |is_one>. */
static void set_frames(const struct jump *jump, const uint64_t *row, bool is_one) {
    const struct columns *columns = &jump->walker->columns;
    struct rows *rows = &jump->walker->rows;
    for (size_t i = 0; i < columns->n_words; i++) {
        const uint32_t w = columns->words[i];
        const uint64_t mask = row[w] & columns->mask[w];
        uint64_t *x = rows_x(rows, jump->wire) + w, *z = rows_z(rows, jump->wire) + w;
        *x = (*x & ~mask) | (mask & (is_one ? ~jump->targets[w] : jump->targets[w]));
        *z &= ~mask;
    }
    rows->is_dirty[jump->wire] = true;
}

/* All columns of the branch jump. */
static enum status do_jump(const struct jump *jump, double p_one) {
    struct walker *walker = jump->walker;
    uint32_t pattern;
    bool is_known;
    memcpy(walker->keys, walker->keys + walker->columns.stride,
           walker->columns.stride * sizeof *walker->keys);
    TRY(walker_part(walker, 1, &pattern));
    TRY(walker_flush_to_change(walker));
    TRY(walker->engine->class->reset(walker->engine, jump->wire, pattern != 0,
                                     pattern != 0 ? p_one : 1 - p_one));
    TRY(tracker_remove(walker->tracker, &is_known, &walker->string, &jump->wire, 1, 1));
    TRY(tracker_set_alone(walker->tracker, jump->wire));
    set_frames(jump, walker->columns.mask, false);
    walker->applied = walker->pc + 1; /* nothing without a jump happens here */
    return STATUS_OK;
}

/* Columns without the ones of `row`; empty: the branch is over. */
static enum status leave_out(struct walker *walker, const uint64_t *row) {
    const size_t stride = walker->columns.stride;
    uint64_t *mask = walker->masks;
    for (size_t w = 0; w < stride; w++) {
        mask[w] = walker->columns.mask[w] & ~row[w];
    }
    return walker_keep(walker, mask);
}

/* The columns of the branch are candidates. A wire in a basis state only gets another frame. */
static enum status try_jump(const struct jump *jump, struct saved *saved, bool has_others) {
    struct walker *walker = jump->walker;
    const size_t stride = walker->columns.stride;
    uint64_t *back = walker->scratch + 2 * stride;
    double p_one;
    TRY(walker_flush(walker));
    TRY(walker->engine->class->probability(walker->engine, &p_one, jump->wire));
    decide(jump, p_one);
    const bool is_basis = p_one <= 0 || p_one >= 1;
    if (is_basis) {
        set_frames(jump, walker->keys, p_one >= 1);
    }
    for (size_t w = 0; w < stride; w++) {
        back[w] = walker->columns.mask[w] & (is_basis ? UINT64_MAX : ~walker->keys[w]);
    }
    TRY(leave_out(walker, back));
    TRY(send_back(jump, saved, has_others, back));
    return walker->columns.n_shots > 0 ? do_jump(jump, p_one) : STATUS_OK;
}

/* Candidates are looked at apart from the others, which wait; without memory to wait, the
 * candidates do, and start again. Then *out_are_apart is false. */
static enum status part_candidates(const struct jump *jump, struct saved *saved,
                                   bool *out_has_others, bool *out_are_apart) {
    struct walker *walker = jump->walker;
    *out_has_others = jump->n < walker->columns.n_shots;
    *out_are_apart = true;
    if (!*out_has_others) {
        return STATUS_OK;
    }
    if (saved == NULL) {
        *out_are_apart = false;
        TRY(walker_park(walker, NULL, jump->candidates, (struct forced){0}, walker->weight));
        return leave_out(walker, jump->candidates);
    }
    const size_t stride = walker->columns.stride;
    uint64_t *others = walker->masks;
    for (size_t w = 0; w < stride; w++) {
        others[w] = walker->columns.mask[w] & ~jump->candidates[w];
    }
    TRY(walker_park(walker, saved, others, (struct forced){0}, walker->weight));
    return walker_keep(walker, jump->candidates);
}

static enum status look_at_candidates(const struct jump *jump, bool *out_are_apart) {
    struct walker *walker = jump->walker;
    struct saved *saved = NULL;
    bool has_others;
    TRY(walker_save(walker, &saved));
    enum status status = part_candidates(jump, saved, &has_others, out_are_apart);
    if (status == STATUS_OK && *out_are_apart) {
        status = try_jump(jump, saved, has_others);
    }
    walker_release(walker, saved);
    return status;
}

/* ---- relaxation ---- */

/* sqrt(1 - u) |0><0| + sqrt(1 - d) |1><1| keeps Z, and no X. */
static enum status damp(struct walker *walker, const struct op *op, uint32_t wire) {
    const double *p = op_params(&walker->lowered->ops, op), angle = 1;
    const double most = p[0] > p[1] ? p[0] : p[1];
    struct pauli_map map;
    if (p[0] == p[1]) {
        return STATUS_OK;
    }
    const bool has_frame = walk_has_frames(walker, &wire, 1);
    const bool is_silent = tracker_is_silent(walker->tracker, &wire, 1);
    if (has_frame || !is_silent) {
        pauli_map_from_gate(&map, GATE_RZ, &angle);
        TRY(walk_map(walker, &wire, &map, has_frame, is_silent));
    }
    walker->decay += most < 1 ? -det_log(1 - most) : 2 * WALKER_MAX_DECAY;
    return STATUS_OK;
}

enum status walk_jump(struct walker *walker, const struct op *op) {
    struct jump jump = {.walker = walker,
                        .op = op,
                        .wire = op_qubits(&walker->lowered->ops, op)[0],
                        .site = site_at(&walker->loops, op->site)};
    const double *p = op_params(&walker->lowered->ops, op);
    TRY(walk_check_exact(walker, op, p[0] + p[1]));
    if (walker->options.is_exact) {
        return STATUS_OK;
    }
    find_candidates(&jump);
    if (jump.n > 0) {
        bool are_apart;
        TRY(look_at_candidates(&jump, &are_apart));
        if (are_apart) {
            return STATUS_OK;
        }
    }
    return op->which == NOISE_RELAX ? damp(walker, op, jump.wire) : STATUS_OK;
}

/* ---- results ---- */

struct misread {
    const struct walker *walker;
    uint64_t *bit, site;
    double p[2], p_most; /* of a 0, of a 1 */
};

static void misread_column(void *ctx, size_t column, uint32_t letter) {
    const struct misread *misread = ctx;
    const double p = misread->p[bits_get(misread->bit, column)];
    (void)letter;
    if (p == misread->p_most ||
        accept_uniform(misread->walker, misread->site, column) * misread->p_most < p) {
        bits_flip(misread->bit, column);
    }
}

enum status walk_misread(struct walker *walker, const struct op *op) {
    if (op->n_params == 0 || walker->options.is_ideal) {
        return STATUS_OK;
    }
    const double *p = op_params(&walker->lowered->ops, op);
    struct misread misread = {.walker = walker,
                              .bit = rows_bit(&walker->rows, op->bit),
                              .site = site_at(&walker->loops, op->site + 1),
                              .p = {p[0], p[op->n_params - 1]}};
    misread.p_most = misread.p[0] > misread.p[1] ? misread.p[0] : misread.p[1];
    TRY(walk_check_exact(walker, op, misread.p_most));
    const struct noise_chain chain = {walker->options.seed, misread.site, RNG_NOISE,
                                      &misread.p_most, 1};
    noise_visit(&chain, &walker->columns, walker->first_shot / walker->options.block_shots,
                walker->options.block_shots, misread_column, &misread);
    return STATUS_OK;
}
