/* Stages and blocks: from a list, always the operators that fit next, in the order of the list. One
 * that does not fit holds back those that do not commute with it: on its targets all, on its
 * controls all but those that are diagonal there too.
 *
 * Where stages are many, four wires are left cold: the first is the one without which most of the
 * rest can be done, the second the one without which and the first most can, and so on. When stages
 * have become thin by that, the last is replaced, then the last two. What waits for a cold wire is
 * then done together: there are fewer stages, and wires that choose slices (schedule.h) can stay
 * out for longer, one for longest, two for less long: how many there are depends on the ranks,
 * which wires are cold does not. */
#include <string.h>

#include "base/bits.h"
#include "base/log.h"
#include "base/mem.h"
#include "engine/statevector/fuse.h"

enum { HELD_TARGETS = 1, HELD = 2, CHOSEN = 4 };
enum {
    MANY_STAGES = 4,
    MOST_COLD = 4,
    COLD_AHEAD = 512, /* operators that are looked at to choose cold wires */
    COLD_AHEAD_LOG = 9,
    COLD_CANDIDATES = 64, /* larger groups are only planned */
};

/* Wires by their numbers in the group. */
struct cold {
    uint32_t wires[MOST_COLD];
    unsigned n;
};
/* What fits: operators on at most max_targets targets and max_ops in all. */
struct choice {
    struct fuse *fuse;
    uint32_t n_wires; /* that these operators touch, at most */
    size_t max_targets, max_ops;
    bool is_block;
    const struct cold *cold; /* no targets; may be NULL */
    uint32_t *targets;       /* NULL: not asked for */
    uint32_t n_targets, n_held;
    size_t n; /* chosen */
    bool is_closed;
};

/* ---- what operators touch ---- */

/* A block of its own: done by another kernel. */
static bool is_apart(const struct fuse_op *op) {
    return op->kind == FUSE_ANGLES || op->n_targets > FUSE_BLOCK_TARGETS;
}

static uint32_t number_wire(struct fuse *fuse, uint32_t wire) {
    struct fuse_mark *mark = fuse_mark_of(fuse, wire);
    if (mark->state == 0) {
        fuse->numbered[fuse->n_numbered++] = wire;
        mark->state = fuse->n_numbered;
    }
    return mark->state - 1;
}

static enum status add_touched(struct fuse *fuse, struct fuse_touch *touch, uint32_t wire) {
    const uint32_t number = number_wire(fuse, wire);
    TRY(vec_reserve(&fuse->touched, fuse->n_touched, &fuse->cap_touched, 1, sizeof *fuse->touched));
    if (fuse->states[number] == 0) {
        fuse->touched[fuse->n_touched++] = number;
        fuse->states[number] = CHOSEN;
        touch->n++;
    }
    return STATUS_OK;
}

static enum status list_touched(struct fuse *fuse, struct fuse_touch *touch,
                                const struct fuse_op *op) {
    *touch = (struct fuse_touch){
        .first = fuse->n_touched, .n_targets = op->n_targets, .is_apart = is_apart(op)};
    for (unsigned i = 0; i < fuse_n_wires(op); i++) {
        TRY(add_touched(fuse, touch, op->wires[i]));
    }
    for (size_t i = 0; i < op->n && op->kind == FUSE_ANGLES; i++) {
        const struct fuse_term *term = &fuse->terms[op->first + i];
        for (unsigned j = 0; j < term->n; j++) {
            TRY(add_touched(fuse, touch, term->wires[j]));
        }
    }
    for (uint32_t i = 0; i < touch->n; i++) {
        fuse->states[fuse->touched[touch->first + i]] = 0;
    }
    return STATUS_OK;
}

static enum status list_all_touched(struct fuse *fuse, uint32_t n_wires) {
    const size_t n = fuse->work[0].n;
    TRY(vec_reserve(&fuse->touches, 0, &fuse->cap_touches, n, sizeof *fuse->touches));
    TRY(vec_reserve(&fuse->numbered, 0, &fuse->cap_numbered, n_wires, sizeof *fuse->numbered));
    TRY(vec_reserve(&fuse->states, 0, &fuse->cap_states, n_wires, sizeof *fuse->states));
    memset(fuse->states, 0, n_wires);
    fuse->n_touched = fuse->n_numbered = 0;
    fuse->epoch++;
    for (size_t i = 0; i < n; i++) {
        TRY(list_touched(fuse, &fuse->touches[i], &fuse->work[0].ops[i]));
    }
    return STATUS_OK;
}

/* How many wires these operators touch; more, if one touches none: when all are held, it fits. */
static uint32_t count_touched(struct fuse *fuse, const uint32_t *from, size_t n) {
    uint32_t n_touched = 0;
    memset(fuse->states, 0, fuse->n_numbered);
    for (size_t i = 0; i < n; i++) {
        const struct fuse_touch *touch = &fuse->touches[from[i]];
        n_touched += touch->n == 0;
        for (uint32_t j = 0; j < touch->n; j++) {
            uint8_t *state = &fuse->states[fuse->touched[touch->first + j]];
            n_touched += *state == 0;
            *state = CHOSEN;
        }
    }
    return n_touched;
}

/* ---- what fits ---- */

static bool fits(const struct choice *choice, const struct fuse_touch *touch,
                 const uint32_t *wires) {
    const uint8_t *states = choice->fuse->states;
    uint32_t n_new = 0;
    for (uint32_t i = 0; i < touch->n; i++) {
        const unsigned held = i < touch->n_targets ? HELD | HELD_TARGETS : HELD;
        if (states[wires[i]] & held) {
            return false;
        }
        n_new += i < touch->n_targets && !(states[wires[i]] & CHOSEN);
    }
    if (choice->is_block && touch->is_apart) {
        return choice->n == 0;
    }
    return choice->n_targets + n_new <= choice->max_targets;
}

static void hold(struct choice *choice, const struct fuse_touch *touch, const uint32_t *wires) {
    uint8_t *states = choice->fuse->states;
    for (uint32_t i = 0; i < touch->n; i++) {
        const uint8_t how = i < touch->n_targets ? HELD : HELD_TARGETS;
        choice->n_held += how == HELD && !(states[wires[i]] & HELD);
        states[wires[i]] |= how;
    }
}

static void choose(struct choice *choice, const struct fuse_touch *touch, const uint32_t *wires) {
    for (uint32_t i = 0; i < touch->n_targets; i++) {
        uint8_t *state = &choice->fuse->states[wires[i]];
        if (!(*state & CHOSEN)) {
            *state |= CHOSEN;
            if (choice->targets != NULL) {
                choice->targets[choice->n_targets] = choice->fuse->numbered[wires[i]];
            }
            choice->n_targets++;
        }
    }
    choice->n++;
    choice->is_closed = choice->n == choice->max_ops || (choice->is_block && touch->is_apart);
}

/* Moves what fits from `from` to `to` (with room for it); to = NULL: only counts it. */
static void take(struct choice *choice, uint32_t *to, uint32_t *from, size_t *inout_n) {
    struct fuse *fuse = choice->fuse;
    size_t n_rest = 0, i = 0;
    memset(fuse->states, 0, fuse->n_numbered);
    for (unsigned j = 0; choice->cold != NULL && j < choice->cold->n; j++) {
        fuse->states[choice->cold->wires[j]] = HELD_TARGETS;
    }
    for (; i < *inout_n && !choice->is_closed && choice->n_held < choice->n_wires; i++) {
        const uint32_t op = from[i];
        const struct fuse_touch *touch = &fuse->touches[op];
        const uint32_t *wires = &fuse->touched[touch->first];
        const bool is_taken = fits(choice, touch, wires);
        if (is_taken) {
            choose(choice, touch, wires);
        } else {
            hold(choice, touch, wires);
        }
        if (to != NULL && is_taken) {
            to[choice->n - 1] = op;
        } else if (to != NULL) {
            from[n_rest++] = op;
        }
    }
    if (to != NULL) {
        memmove(from + n_rest, from + i, (*inout_n - i) * sizeof *from);
        *inout_n = n_rest + (*inout_n - i);
    }
}

/* ---- cold wires ---- */

/* How many operators fit. */
static size_t count(const struct choice *template, const struct cold *cold, uint32_t *from,
                    size_t n) {
    struct choice choice = *template;
    choice.cold = cold;
    choice.targets = NULL;
    take(&choice, NULL, from, &n);
    return choice.n;
}

/* Wires that these operators mix, a bit each. */
static uint64_t find_mixed(const struct fuse *fuse, const uint32_t *from, size_t n) {
    uint64_t mixed = 0;
    for (size_t i = 0; i < n; i++) {
        const struct fuse_touch *touch = &fuse->touches[from[i]];
        for (uint32_t j = 0; j < touch->n_targets; j++) {
            mixed |= BIT64(fuse->touched[touch->first + j]);
        }
    }
    return mixed;
}

/* For each wire, how many of the operators cannot be done, on however many targets, without it and
 * the cold ones. Bit w of a word is about wire w; sums lie across words. */
static void count_stopped(size_t *out, const struct fuse *fuse, const struct cold *cold,
                          const uint32_t *from, size_t n) {
    uint64_t held[COLD_CANDIDATES] = {0}, held_targets[COLD_CANDIDATES];
    uint64_t sums[COLD_AHEAD_LOG + 1] = {0};
    for (uint32_t i = 0; i < COLD_CANDIDATES; i++) {
        held_targets[i] = BIT64(i);
    }
    for (unsigned i = 0; i < cold->n; i++) {
        held_targets[cold->wires[i]] = UINT64_MAX;
    }
    for (size_t i = 0; i < n; i++) {
        const struct fuse_touch *touch = &fuse->touches[from[i]];
        const uint32_t *wires = &fuse->touched[touch->first];
        uint64_t stopped = 0;
        for (uint32_t j = 0; j < touch->n; j++) {
            stopped |= held[wires[j]] | (j < touch->n_targets ? held_targets[wires[j]] : 0);
        }
        for (uint32_t j = 0; j < touch->n; j++) {
            *(j < touch->n_targets ? &held[wires[j]] : &held_targets[wires[j]]) |= stopped;
        }
        for (unsigned j = 0; stopped != 0; j++) {
            const uint64_t carry = sums[j] & stopped;
            sums[j] ^= stopped;
            stopped = carry;
        }
    }
    for (uint32_t i = 0; i < COLD_CANDIDATES; i++) {
        out[i] = 0;
        for (unsigned j = 0; j <= COLD_AHEAD_LOG; j++) {
            out[i] |= (size_t)(sums[j] >> i & 1) << j;
        }
    }
}

/* Up to n_most, one after the other, of those that are mixed the one without which, and without
 * those before it, most can be done. */
static void add_cold(struct cold *cold, unsigned n_most, uint64_t mixed, const struct fuse *fuse,
                     const uint32_t *from, size_t n) {
    for (unsigned i = 0; i < cold->n; i++) {
        mixed &= ~BIT64(cold->wires[i]);
    }
    while (cold->n < n_most) {
        size_t n_stopped[COLD_CANDIDATES];
        count_stopped(n_stopped, fuse, cold, from, n);
        uint32_t best = (uint32_t)bits_lowest(mixed);
        for (uint64_t left = mixed; left != 0; left &= left - 1) {
            const uint32_t wire = (uint32_t)bits_lowest(left);
            best = n_stopped[wire] < n_stopped[best] ? wire : best;
        }
        cold->wires[cold->n++] = best;
        mixed &= ~BIT64(best);
    }
}

/* Without those that nothing mixes any more. */
static void drop_idle(struct cold *cold, unsigned n_most, uint64_t mixed) {
    unsigned n = 0;
    for (unsigned i = 0; i < cold->n && n < n_most; i++) {
        if (mixed >> cold->wires[i] & 1) {
            cold->wires[n++] = cold->wires[i];
        }
    }
    cold->n = n;
}

/* Keeps the cold wires if a stage does `eighths` / 8 of the most without them; or else as many of
 * the first as can be, and picks the others anew: the first stay cold longest. None, if no choice
 * does. Returns how many of those before were not kept. */
static unsigned choose_cold(struct choice *choice, struct cold *cold, unsigned eighths,
                            uint32_t *from, size_t n) {
    n = n < COLD_AHEAD ? n : COLD_AHEAD;
    const uint64_t mixed = find_mixed(choice->fuse, from, n);
    const uint32_t n_idle = choice->n_wires - (uint32_t)bits_popcount(mixed);
    const unsigned n_most = n_idle < MOST_COLD ? MOST_COLD - n_idle : 0;
    const size_t most = count(choice, NULL, from, n);
    drop_idle(cold, n_most, mixed);
    unsigned n_kept = cold->n;
    add_cold(cold, n_most, mixed, choice->fuse, from, n);
    while (8 * count(choice, cold, from, n) < eighths * most) {
        if (n_kept == 0) {
            cold->n = 0;
            break;
        }
        cold->n = --n_kept;
        add_cold(cold, n_most, mixed, choice->fuse, from, n);
    }
    choice->cold = cold;
    return n_most - n_kept;
}

static enum status order_blocks(struct fuse *fuse, size_t n_taken) {
    const uint32_t n_wires = count_touched(fuse, fuse->taken, n_taken);
    while (n_taken > 0) {
        TRY(vec_reserve(&fuse->blocks, fuse->n_blocks, &fuse->cap_blocks, 1, sizeof *fuse->blocks));
        struct fuse_block *block = &fuse->blocks[fuse->n_blocks++];
        *block = (struct fuse_block){.first = fuse->n_order};
        struct choice choice = {.fuse = fuse,
                                .n_wires = n_wires,
                                .max_targets = FUSE_BLOCK_TARGETS,
                                .max_ops = FUSE_MAX_STEPS,
                                .is_block = true,
                                .targets = block->targets};
        take(&choice, fuse->order + fuse->n_order, fuse->taken, &n_taken);
        CHECK(choice.n > 0);
        fuse->n_order += choice.n;
        block->last = fuse->n_order;
        block->n_targets = (uint8_t)choice.n_targets;
    }
    return STATUS_OK;
}

/* eighths: of the operators that fit, to be done without cold wires; 0: none are cold.
 * out_n_new (may be NULL): how many wires became cold. */
static enum status order_stages(struct fuse *fuse, size_t *out_n_new, uint32_t n_wires,
                                size_t max_targets, unsigned eighths) {
    struct cold cold = {.n = 0};
    size_t n = fuse->work[0].n, n_rest = n;
    TRY(vec_reserve(&fuse->rest, 0, &fuse->cap_rest, n, sizeof *fuse->rest));
    TRY(vec_reserve(&fuse->taken, 0, &fuse->cap_taken, n, sizeof *fuse->taken));
    fuse->n_order = fuse->first_order;
    fuse->n_blocks = fuse->first_block;
    fuse->n_stages = fuse->first_stage;
    TRY(vec_reserve(&fuse->order, fuse->n_order, &fuse->cap_order, n, sizeof *fuse->order));
    for (size_t i = 0; i < n; i++) {
        fuse->rest[i] = (uint32_t)i;
    }
    while (n_rest > 0) {
        TRY(vec_reserve(&fuse->stages, fuse->n_stages, &fuse->cap_stages, 1, sizeof *fuse->stages));
        struct fuse_stage *stage = &fuse->stages[fuse->n_stages++];
        *stage = (struct fuse_stage){.first = fuse->n_blocks};
        struct choice choice = {.fuse = fuse,
                                .n_wires = n_wires,
                                .max_targets = max_targets,
                                .max_ops = SIZE_MAX,
                                .targets = stage->targets};
        if (eighths > 0) {
            *out_n_new += choose_cold(&choice, &cold, eighths, fuse->rest, n_rest);
        }
        take(&choice, fuse->taken, fuse->rest, &n_rest);
        CHECK(choice.n > 0);
        stage->n_targets = choice.n_targets;
        TRY(order_blocks(fuse, choice.n));
        stage->last = fuse->n_blocks;
    }
    return STATUS_OK;
}

static size_t count_stages(const struct fuse *fuse) {
    return fuse->n_stages - fuse->first_stage;
}

/* With cold wires, if that makes no more stages. A wire that becomes cold costs an exchange on some
 * number of ranks, counted as a quarter of a stage. */
static enum status order_cold(struct fuse *fuse, uint32_t n_wires, size_t max_targets) {
    static const unsigned eighths[] = {4, 6, 7};
    static const unsigned n_trials = sizeof eighths / sizeof *eighths;
    const size_t n_full = count_stages(fuse);
    size_t least = SIZE_MAX;
    unsigned best = 0, last = 0;
    for (unsigned i = 0; i < n_trials; i++) {
        size_t n_new = 0;
        last = eighths[i];
        TRY(order_stages(fuse, &n_new, n_wires, max_targets, last));
        if (count_stages(fuse) <= n_full && 4 * count_stages(fuse) + n_new < least) {
            least = 4 * count_stages(fuse) + n_new;
            best = last;
        }
    }
    size_t n_new = 0;
    return best == last ? STATUS_OK : order_stages(fuse, &n_new, n_wires, max_targets, best);
}

/* A last block of one target goes to the next stage, where that saves a block. */
static enum status order_whole_blocks(struct fuse *fuse, uint32_t n_wires, size_t *max_targets) {
    const size_t n_stages = count_stages(fuse), n_blocks = fuse->n_blocks,
                 whole = *max_targets - *max_targets % FUSE_BLOCK_TARGETS;
    if (n_stages == 1) {
        return STATUS_OK;
    }
    TRY(order_stages(fuse, NULL, n_wires, whole, 0));
    if (count_stages(fuse) == n_stages && fuse->n_blocks < n_blocks) {
        *max_targets = whole;
        return STATUS_OK;
    }
    return order_stages(fuse, NULL, n_wires, *max_targets, 0);
}

/* Tiles that mix more bits have smaller pieces and more lanes to move: they are to save a fifth of
 * the stages. */
enum status fuse_order(struct fuse *fuse, uint32_t n_wires) {
    size_t max_targets = FUSE_FEW_TARGETS;
    TRY(list_all_touched(fuse, n_wires));
    TRY(order_stages(fuse, NULL, n_wires, max_targets, 0));
    const size_t n_few = count_stages(fuse);
    if (n_wires < FUSE_LARGE_GROUP || n_few == 1) {
        return STATUS_OK;
    }
    TRY(order_stages(fuse, NULL, n_wires, FUSE_STAGE_TARGETS, 0));
    if (5 * count_stages(fuse) <= 4 * n_few) {
        max_targets = FUSE_STAGE_TARGETS;
    } else {
        TRY(order_stages(fuse, NULL, n_wires, max_targets, 0));
    }
    TRY(order_whole_blocks(fuse, n_wires, &max_targets));
    const bool is_many = count_stages(fuse) >= MANY_STAGES && n_wires <= COLD_CANDIDATES;
    return is_many ? order_cold(fuse, n_wires, max_targets) : STATUS_OK;
}
