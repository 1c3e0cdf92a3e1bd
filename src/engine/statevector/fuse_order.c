/* Stages and blocks: from a list, always the operators that fit next, in the order of the list. One
 * that does not fit holds back those that do not commute with it: on its targets all, on its
 * controls all but those that are diagonal there too.
 *
 * Where stages are many, four or five wires are left cold: the first is the one without which most
 * of the rest can be done, the second the one without which and the first most can, and so on. When
 * stages have become thin by that, the last is replaced, then the last two. What waits for a cold
 * wire is then done together: there are fewer stages, and wires that choose slices (schedule.h) can
 * stay out for longer, one for longest, two for less long: how many there are depends on the ranks,
 * which wires are cold does not. How many are cold, and how thin stages may become, is tried. */
#include <string.h>

#include "base/bits.h"
#include "base/log.h"
#include "base/mem.h"
#include "engine/statevector/fuse.h"

enum { HELD_TARGETS = 1, HELD = 2, CHOSEN = 4 };
enum {
    MANY_STAGES = 4,
    MOST_COLD = 5,
    COUNTED_AHEAD_LOG = 10,
    MOST_OUTSIDE = 3, /* wires that choose slices, of those orders are rated by */
};

_Static_assert(FUSE_COUNTED_AHEAD == 1 << COUNTED_AHEAD_LOG, "sums of so many");

/* Operators, by their indices in work[0]. */
struct span {
    uint32_t *ops;
    size_t n;
};
/* Wires by their numbers in the group. */
struct cold {
    uint32_t wires[MOST_COLD];
    unsigned n;
};
/* How many wires are cold, and what part of the operators that fit a stage is to do without them.
 */
struct cold_rule {
    unsigned n, eighths; /* n = 0: none */
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
static uint32_t count_touched(struct fuse *fuse, const struct span *from) {
    uint32_t n_touched = 0;
    memset(fuse->states, 0, fuse->n_numbered);
    for (size_t i = 0; i < from->n; i++) {
        const struct fuse_touch *touch = &fuse->touches[from->ops[i]];
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

/* Moves what fits from the list `rest` to `to` (with room for it); to = NULL: only counts it. */
static void take(struct choice *choice, uint32_t *to, struct span *rest) {
    struct fuse *fuse = choice->fuse;
    uint32_t *from = rest->ops;
    size_t n_kept = 0, i = 0;
    memset(fuse->states, 0, fuse->n_numbered);
    for (unsigned j = 0; choice->cold != NULL && j < choice->cold->n; j++) {
        fuse->states[choice->cold->wires[j]] = HELD_TARGETS;
    }
    for (; i < rest->n && !choice->is_closed && choice->n_held < choice->n_wires; i++) {
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
            from[n_kept++] = op;
        }
    }
    if (to != NULL) { /* those kept go up to those not looked at */
        memmove(from + choice->n, from, n_kept * sizeof *from);
        rest->ops += choice->n;
        rest->n -= choice->n;
    }
}

/* ---- cold wires ---- */

/* How many operators fit, if the first n_cold of these wires are cold. */
static size_t count(const struct choice *template, const struct cold *cold, unsigned n_cold,
                    const struct span *from) {
    struct choice choice = *template;
    struct span span = *from;
    struct cold first = *cold;
    first.n = n_cold;
    choice.cold = &first;
    choice.targets = NULL;
    take(&choice, NULL, &span);
    return choice.n;
}

/* Wires that these operators mix, a bit each. */
static uint64_t find_mixed(const struct fuse *fuse, const struct span *from) {
    const uint64_t all = UINT64_MAX >> (FUSE_MAX_COUNTED - fuse->n_numbered);
    uint64_t mixed = 0;
    for (size_t i = 0; i < from->n && mixed != all; i++) {
        const struct fuse_touch *touch = &fuse->touches[from->ops[i]];
        for (uint32_t j = 0; j < touch->n_targets; j++) {
            mixed |= BIT64(fuse->touched[touch->first + j]);
        }
    }
    return mixed;
}

/* For each wire that is mixed, how many of the operators cannot be done, on however many targets,
 * without it and the cold ones; less those from one on, of which none can. Bit w of a word is about
 * wire w; sums lie across words. */
static void count_stopped(size_t *out, const struct fuse *fuse, const struct cold *cold,
                          uint64_t mixed, const struct span *from) {
    uint64_t open = mixed; /* wires that some operator can mix without some wire */
    struct fuse_stops stops = {0};
    uint64_t sums[COUNTED_AHEAD_LOG + 1] = {0};
    for (uint32_t i = 0; i < FUSE_MAX_COUNTED; i++) {
        stops.targets[i] = BIT64(i);
    }
    for (unsigned i = 0; i < cold->n; i++) {
        stops.targets[cold->wires[i]] = UINT64_MAX;
    }
    for (size_t i = 0; i < from->n && open != 0; i++) {
        const struct fuse_touch *touch = &fuse->touches[from->ops[i]];
        const uint32_t *wires = &fuse->touched[touch->first];
        uint64_t stopped = fuse_stop(&stops, wires, touch->n, touch->n_targets);
        for (uint32_t j = 0; j < touch->n; j++) {
            open &= ~((uint64_t)((stops.all[wires[j]] & mixed) == mixed) << wires[j]);
        }
        for (unsigned j = 0; stopped != 0; j++) {
            const uint64_t carry = sums[j] & stopped;
            sums[j] ^= stopped;
            stopped = carry;
        }
    }
    for (uint32_t i = 0; i < FUSE_MAX_COUNTED; i++) {
        out[i] = 0;
        for (unsigned j = 0; j <= COUNTED_AHEAD_LOG; j++) {
            out[i] |= (size_t)(sums[j] >> i & 1) << j;
        }
    }
}

/* Up to n_most, one after the other, of those that are mixed the one without which, and without
 * those before it, most can be done. */
static void add_cold(struct cold *cold, unsigned n_most, uint64_t mixed, const struct fuse *fuse,
                     const struct span *from) {
    const uint64_t all = mixed;
    for (unsigned i = 0; i < cold->n; i++) {
        mixed &= ~BIT64(cold->wires[i]);
    }
    while (cold->n < n_most) {
        size_t n_stopped[FUSE_MAX_COUNTED];
        count_stopped(n_stopped, fuse, cold, all, from);
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

/* Keeps the cold wires if a stage does the rule's part of the most without them; or else as many of
 * the first as can be, and picks the others anew: the first stay cold longest. None, if no choice
 * does. */
static void choose_cold(struct choice *choice, struct cold *cold, struct cold_rule rule,
                        const struct span *rest) {
    const struct span from = {rest->ops,
                              rest->n < FUSE_COUNTED_AHEAD ? rest->n : FUSE_COUNTED_AHEAD};
    const uint64_t mixed = find_mixed(choice->fuse, &from);
    const uint32_t n_idle = choice->n_wires - (uint32_t)bits_popcount(mixed);
    const unsigned n_most = n_idle < rule.n ? rule.n - n_idle : 0;
    const size_t least = (rule.eighths * count(choice, cold, 0, &from) + 7) / 8;
    drop_idle(cold, n_most, mixed);
    for (unsigned n_kept = cold->n + 1; n_kept-- > 0;) {
        cold->n = n_kept;
        if (count(choice, cold, n_kept, &from) >= least) {
            add_cold(cold, n_most, mixed, choice->fuse, &from);
            if (cold->n == n_kept || count(choice, cold, cold->n, &from) >= least) {
                choice->cold = cold;
                return;
            }
        }
    }
    cold->n = 0;
}

static enum status order_blocks(struct fuse *fuse, size_t n_taken) {
    struct span rest = {fuse->taken, n_taken};
    const uint32_t n_wires = count_touched(fuse, &rest);
    while (rest.n > 0) {
        TRY(vec_reserve(&fuse->blocks, fuse->n_blocks, &fuse->cap_blocks, 1, sizeof *fuse->blocks));
        struct fuse_block *block = &fuse->blocks[fuse->n_blocks++];
        *block = (struct fuse_block){.first = fuse->n_order};
        struct choice choice = {.fuse = fuse,
                                .n_wires = n_wires,
                                .max_targets = FUSE_BLOCK_TARGETS,
                                .max_ops = FUSE_MAX_STEPS,
                                .is_block = true,
                                .targets = block->targets};
        take(&choice, fuse->order + fuse->n_order, &rest);
        CHECK(choice.n > 0);
        fuse->n_order += choice.n;
        block->last = fuse->n_order;
        block->n_targets = (uint8_t)choice.n_targets;
    }
    return STATUS_OK;
}

/* has_blocks: or stages only, to see how many they are and what they mix. */
static enum status order_stages(struct fuse *fuse, uint32_t n_wires, size_t max_targets,
                                struct cold_rule rule, bool has_blocks) {
    struct cold cold = {.n = 0};
    const size_t n = fuse->work[0].n;
    TRY(vec_reserve(&fuse->rest, 0, &fuse->cap_rest, n, sizeof *fuse->rest));
    TRY(vec_reserve(&fuse->taken, 0, &fuse->cap_taken, n, sizeof *fuse->taken));
    fuse->n_order = fuse->first_order;
    fuse->n_blocks = fuse->first_block;
    fuse->n_stages = fuse->first_stage;
    TRY(vec_reserve(&fuse->order, fuse->n_order, &fuse->cap_order, n, sizeof *fuse->order));
    for (size_t i = 0; i < n; i++) {
        fuse->rest[i] = (uint32_t)i;
    }
    struct span rest = {fuse->rest, n};
    while (rest.n > 0) {
        TRY(vec_reserve(&fuse->stages, fuse->n_stages, &fuse->cap_stages, 1, sizeof *fuse->stages));
        struct fuse_stage *stage = &fuse->stages[fuse->n_stages++];
        *stage = (struct fuse_stage){.first = fuse->n_blocks};
        struct choice choice = {.fuse = fuse,
                                .n_wires = n_wires,
                                .max_targets = max_targets,
                                .max_ops = SIZE_MAX,
                                .targets = stage->targets};
        if (rule.n > 0) {
            choose_cold(&choice, &cold, rule, &rest);
        }
        take(&choice, fuse->taken, &rest);
        CHECK(choice.n > 0);
        stage->n_targets = choice.n_targets;
        if (has_blocks) {
            TRY(order_blocks(fuse, choice.n));
        }
        stage->last = fuse->n_blocks;
    }
    return STATUS_OK;
}

static size_t count_stages(const struct fuse *fuse) {
    return fuse->n_stages - fuse->first_stage;
}

static enum status try_order(size_t *out_n, struct fuse *fuse, uint32_t n_wires, size_t max_targets,
                             struct cold_rule rule) {
    TRY(order_stages(fuse, n_wires, max_targets, rule, false));
    *out_n = count_stages(fuse);
    return STATUS_OK;
}

/* How often n_outside wires must be others: the stages from one on, until they have mixed all wires
 * but these, need no exchange. */
static size_t count_renewals(struct fuse *fuse, uint32_t n_wires, unsigned n_outside) {
    uint64_t mixed = 0;
    size_t n = 0;
    for (size_t i = fuse->first_stage; i < fuse->n_stages; i++) {
        const struct fuse_stage *stage = &fuse->stages[i];
        uint64_t targets = 0;
        for (uint32_t j = 0; j < stage->n_targets; j++) {
            targets |= BIT64(number_wire(fuse, stage->targets[j]));
        }
        mixed |= targets;
        if ((unsigned)bits_popcount(mixed) + n_outside > n_wires) {
            mixed = targets;
            n++;
        }
    }
    return n;
}

/* A stage costs a sweep, on any number of ranks; exchanges on 2, 4 and 8 ranks count half. */
static size_t rate_order(struct fuse *fuse, uint32_t n_wires) {
    size_t cost = 2 * count_stages(fuse);
    for (unsigned n_outside = 1; n_outside <= MOST_OUTSIDE; n_outside++) {
        cost += count_renewals(fuse, n_wires, n_outside);
    }
    return cost;
}

/* The rule of least cost, of those that make no more than n_full stages. */
static enum status choose_rule(struct cold_rule *out, struct fuse *fuse, uint32_t n_wires,
                               size_t max_targets, size_t n_full) {
    static const struct cold_rule rules[] = {{4, 4}, {4, 6}, {5, 6}};
    size_t least = SIZE_MAX;
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        size_t n = 0;
        TRY(try_order(&n, fuse, n_wires, max_targets, rules[i]));
        const size_t cost = n <= n_full ? rate_order(fuse, n_wires) : SIZE_MAX;
        if (cost < least) {
            least = cost;
            *out = rules[i];
        }
    }
    return STATUS_OK;
}

/* A last block of one target goes to the next stage, where that saves a block and makes no stage.
 */
static enum status keep_blocks_whole(size_t *inout_max_targets, struct fuse *fuse, uint32_t n_wires,
                                     size_t n_stages) {
    const struct cold_rule none = {0};
    const size_t most = *inout_max_targets, whole = most - most % FUSE_BLOCK_TARGETS;
    size_t n = 0;
    if (n_stages > 1) {
        TRY(try_order(&n, fuse, n_wires, whole, none));
    }
    if (n != n_stages || n_stages == 1) {
        return STATUS_OK;
    }
    TRY(order_stages(fuse, n_wires, most, none, true));
    const size_t n_blocks = fuse->n_blocks;
    TRY(order_stages(fuse, n_wires, whole, none, true));
    *inout_max_targets = fuse->n_blocks < n_blocks ? whole : most;
    return STATUS_OK;
}

/* Tiles that mix more bits have smaller pieces and more lanes to move: they are to save a fifth of
 * the stages. */
enum status fuse_order(struct fuse *fuse, uint32_t n_wires) {
    struct cold_rule rule = {0};
    size_t max_targets = FUSE_FEW_TARGETS, n_stages = 0, n_more = 0;
    TRY(list_all_touched(fuse, n_wires));
    if (n_wires >= FUSE_LARGE_GROUP) {
        TRY(try_order(&n_stages, fuse, n_wires, max_targets, rule));
        TRY(try_order(&n_more, fuse, n_wires, FUSE_STAGE_TARGETS, rule));
        if (5 * n_more <= 4 * n_stages) {
            max_targets = FUSE_STAGE_TARGETS;
            n_stages = n_more;
        }
        TRY(keep_blocks_whole(&max_targets, fuse, n_wires, n_stages));
    }
    if (n_stages >= MANY_STAGES && n_wires <= FUSE_MAX_COUNTED) {
        TRY(choose_rule(&rule, fuse, n_wires, max_targets, n_stages));
    }
    return order_stages(fuse, n_wires, max_targets, rule, true);
}
