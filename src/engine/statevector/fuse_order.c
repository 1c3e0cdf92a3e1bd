/* Stages and blocks: from a list, always the operators that fit next, in the order of the list. One
 * that does not fit holds back those that do not commute with it: on its targets all, on its
 * controls all but those that are diagonal there too.
 *
 * Where stages are many, some wires are left cold, those without which most of the rest can be
 * done, until stages have become thinner by that. What waits for a cold wire is then done together:
 * there are fewer stages, and wires that choose slices (schedule.h) can stay out for longer. Which
 * wires are cold does not depend on where they are. */
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "engine/statevector/fuse.h"

enum { HELD_TARGETS = 1, HELD = 2, CHOSEN = 4 };
enum {
    MANY_STAGES = 4,
    MOST_COLD = 4,
    FEWEST_COLD = 3,
    COLD_AHEAD = 512, /* operators that are looked at to choose cold wires */
    COLD_FINALISTS = 8,
    COLD_CANDIDATES = 64, /* larger groups are only planned */
};

struct cold {
    uint32_t wires[MOST_COLD];
    unsigned n;
};
/* What fits: operators on at most max_targets targets and max_ops in all. */
struct choice {
    struct fuse *fuse;
    uint32_t n_wires; /* of the group */
    size_t max_targets, max_ops;
    bool is_block;
    struct cold cold;  /* no targets */
    uint32_t *targets; /* NULL: not asked for */
    uint32_t n_targets, n_held;
    size_t n; /* chosen */
    bool is_closed;
};

static bool is_ready(struct choice *choice, const struct fuse_op *op) {
    for (unsigned i = 0; i < fuse_n_wires(op); i++) {
        unsigned held = i < op->n_targets ? HELD | HELD_TARGETS : HELD;
        if (fuse_mark_of(choice->fuse, op->wires[i])->state & held) {
            return false;
        }
    }
    for (size_t i = 0; i < op->n && op->kind == FUSE_ANGLES; i++) {
        const struct fuse_term *term = &choice->fuse->terms[op->first + i];
        for (unsigned j = 0; j < term->n; j++) {
            if (fuse_mark_of(choice->fuse, term->wires[j])->state & HELD) {
                return false;
            }
        }
    }
    return true;
}

static void hold(struct choice *choice, uint32_t wire, uint32_t how) {
    struct fuse_mark *mark = fuse_mark_of(choice->fuse, wire);
    choice->n_held += how == HELD && !(mark->state & HELD);
    mark->state |= how;
}

static void hold_wires(struct choice *choice, const struct fuse_op *op) {
    for (unsigned i = 0; i < fuse_n_wires(op); i++) {
        hold(choice, op->wires[i], i < op->n_targets ? HELD : HELD_TARGETS);
    }
    for (size_t i = 0; i < op->n && op->kind == FUSE_ANGLES; i++) {
        const struct fuse_term *term = &choice->fuse->terms[op->first + i];
        for (unsigned j = 0; j < term->n; j++) {
            hold(choice, term->wires[j], HELD_TARGETS);
        }
    }
}

/* A block of its own: done by another kernel. */
static bool is_apart(const struct fuse_op *op) {
    return op->kind == FUSE_ANGLES || op->n_targets > FUSE_BLOCK_TARGETS;
}

static bool fits(struct choice *choice, const struct fuse_op *op) {
    if (choice->is_block && is_apart(op)) {
        return choice->n == 0;
    }
    uint32_t n_new = 0;
    for (unsigned i = 0; i < op->n_targets; i++) {
        for (unsigned j = 0; j < choice->cold.n; j++) {
            if (op->wires[i] == choice->cold.wires[j]) {
                return false;
            }
        }
        n_new += !(fuse_mark_of(choice->fuse, op->wires[i])->state & CHOSEN);
    }
    return choice->n_targets + n_new <= choice->max_targets;
}

static void choose(struct choice *choice, const struct fuse_op *op) {
    for (unsigned i = 0; i < op->n_targets; i++) {
        struct fuse_mark *mark = fuse_mark_of(choice->fuse, op->wires[i]);
        if (!(mark->state & CHOSEN)) {
            mark->state |= CHOSEN;
            if (choice->targets != NULL) {
                choice->targets[choice->n_targets] = op->wires[i];
            }
            choice->n_targets++;
        }
    }
    choice->n++;
    choice->is_closed = choice->n == choice->max_ops || (choice->is_block && is_apart(op));
}

/* Moves what fits from `from` to `to` (with room for it). */
static void take(struct choice *choice, uint32_t *to, uint32_t *from, size_t *inout_n) {
    size_t n_rest = 0, i = 0;
    choice->fuse->epoch++;
    for (; i < *inout_n && !choice->is_closed && choice->n_held < choice->n_wires; i++) {
        const struct fuse_op *op = &choice->fuse->work[0].ops[from[i]];
        if (is_ready(choice, op) && fits(choice, op)) {
            to[choice->n] = from[i];
            choose(choice, op);
        } else {
            hold_wires(choice, op);
            from[n_rest++] = from[i];
        }
    }
    memmove(from + n_rest, from + i, (*inout_n - i) * sizeof *from);
    *inout_n = n_rest + (*inout_n - i);
}

/* How many operators fit. */
static size_t count(const struct choice *template, const struct cold *cold, const uint32_t *from,
                    size_t n) {
    struct choice choice = *template;
    choice.cold = *cold;
    choice.targets = NULL;
    choice.fuse->epoch++;
    for (size_t i = 0; i < n && choice.n_held < choice.n_wires; i++) {
        const struct fuse_op *op = &choice.fuse->work[0].ops[from[i]];
        if (is_ready(&choice, op) && fits(&choice, op)) {
            choose(&choice, op);
        } else {
            hold_wires(&choice, op);
        }
    }
    return choice.n;
}

/* Targets of these operators; returns how many. */
static uint32_t list_targets(uint32_t *out, struct fuse *fuse, const uint32_t *from, size_t n) {
    uint32_t n_out = 0;
    fuse->epoch++;
    for (size_t i = 0; i < n; i++) {
        const struct fuse_op *op = &fuse->work[0].ops[from[i]];
        for (unsigned j = 0; j < op->n_targets; j++) {
            struct fuse_mark *mark = fuse_mark_of(fuse, op->wires[j]);
            if (mark->state == 0) {
                out[n_out++] = op->wires[j];
            }
            mark->state = CHOSEN;
        }
    }
    return n_out;
}

/* How many of the operators can be done without the cold wires and one more of `wires`: of all of
 * these; the best first. */
static void sort_wires(uint32_t *wires, uint32_t n_wires, const struct choice *any,
                       const struct cold *cold, const uint32_t *from, size_t n) {
    size_t n_free[COLD_CANDIDATES];
    struct cold more = *cold;
    more.n++;
    for (uint32_t i = 0; i < n_wires; i++) {
        const uint32_t wire = wires[i];
        more.wires[cold->n] = wire;
        const size_t here = count(any, &more, from, n);
        uint32_t at = i;
        for (; at > 0 && n_free[at - 1] < here; at--) {
            n_free[at] = n_free[at - 1];
            wires[at] = wires[at - 1];
        }
        n_free[at] = here;
        wires[at] = wire;
    }
}

/* One after the other, the wire without which most can be done, less those that nothing mixes. The
 * first is sought among all, the others among those that were good then. */
static void pick_cold(struct cold *cold, const struct choice *template, unsigned n_cold,
                      const uint32_t *from, size_t n) {
    uint32_t wires[COLD_CANDIDATES];
    struct choice any = *template;
    uint32_t n_left = list_targets(wires, any.fuse, from, n);
    const uint32_t n_idle = any.n_wires - n_left;
    any.max_targets = SIZE_MAX;
    cold->n = 0;
    for (unsigned k = n_idle; k < n_cold; k++) {
        sort_wires(wires, n_left, &any, cold, from, n);
        cold->wires[cold->n++] = wires[0];
        n_left = n_left < COLD_FINALISTS ? n_left : COLD_FINALISTS;
        memmove(wires, wires + 1, --n_left * sizeof *wires);
    }
}

/* Keeps the cold wires, or picks others, if a stage does without them. */
static void choose_cold(struct choice *choice, struct cold *cold, unsigned n_cold,
                        const uint32_t *from, size_t n) {
    const struct cold none = {.n = 0};
    n = n < COLD_AHEAD ? n : COLD_AHEAD;
    const size_t most = count(choice, &none, from, n);
    if (cold->n == 0 || 5 * count(choice, cold, from, n) < 4 * most) {
        pick_cold(cold, choice, n_cold, from, n);
        if (5 * count(choice, cold, from, n) < 4 * most) {
            cold->n = 0;
        }
    }
    choice->cold = *cold;
}

static enum status order_blocks(struct fuse *fuse, uint32_t n_wires, size_t n_taken) {
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

static enum status order_stages(struct fuse *fuse, uint32_t n_wires, size_t max_targets,
                                unsigned n_cold) {
    struct cold cold = {.n = 0};
    size_t n = fuse->work[0].n, n_rest = n;
    TRY(vec_reserve(&fuse->rest, 0, &fuse->cap_rest, n, sizeof *fuse->rest));
    TRY(vec_reserve(&fuse->taken, 0, &fuse->cap_taken, n, sizeof *fuse->taken));
    TRY(vec_reserve(&fuse->order, 0, &fuse->cap_order, n, sizeof *fuse->order));
    fuse->n_order = fuse->n_blocks = fuse->n_stages = 0;
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
        if (n_cold > 0) {
            choose_cold(&choice, &cold, n_cold, fuse->rest, n_rest);
        }
        take(&choice, fuse->taken, fuse->rest, &n_rest);
        CHECK(choice.n > 0);
        stage->n_targets = choice.n_targets;
        TRY(order_blocks(fuse, n_wires, choice.n));
        stage->last = fuse->n_blocks;
    }
    return STATUS_OK;
}

/* With the number of cold wires that makes the fewest stages. */
static enum status order_cold(struct fuse *fuse, uint32_t n_wires, size_t max_targets) {
    size_t least = fuse->n_stages;
    unsigned best = 0, last = 0;
    for (unsigned n = MOST_COLD; n >= FEWEST_COLD; n--) {
        TRY(order_stages(fuse, n_wires, max_targets, n));
        last = n;
        if (fuse->n_stages < least || (fuse->n_stages == least && best == 0)) {
            least = fuse->n_stages;
            best = n;
        }
    }
    return best == last ? STATUS_OK : order_stages(fuse, n_wires, max_targets, best);
}

/* Tiles that mix more bits have smaller pieces and more lanes to move: they are to save a fifth of
 * the stages. */
enum status fuse_order(struct fuse *fuse, uint32_t n_wires) {
    size_t max_targets = FUSE_FEW_TARGETS;
    TRY(order_stages(fuse, n_wires, max_targets, 0));
    const size_t n_few = fuse->n_stages;
    if (n_wires < FUSE_LARGE_GROUP || n_few == 1) {
        return STATUS_OK;
    }
    TRY(order_stages(fuse, n_wires, FUSE_STAGE_TARGETS, 0));
    if (5 * fuse->n_stages <= 4 * n_few) {
        max_targets = FUSE_STAGE_TARGETS;
    } else {
        TRY(order_stages(fuse, n_wires, max_targets, 0));
    }
    const bool is_many = fuse->n_stages >= MANY_STAGES && n_wires <= COLD_CANDIDATES;
    return is_many ? order_cold(fuse, n_wires, max_targets) : STATUS_OK;
}
