#include "runtime/settle.h"

#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "base/mem.h"

struct shot_state {
    const struct decision_list *list; /* of the last walk; NULL: none yet */
    struct clock_pair *pairs;         /* of the timeline that follows from it, by site */
    size_t n_pairs;
};
struct settle {
    struct run_clock *clock;
    struct shot_state *shots;
    size_t n_shots, cap_shots, n_open;
    uint64_t first_shot;
    struct arena arena;  /* decisions and pairs of a batch */
    uint32_t *peak_comm; /* of timelines counted before the batch */
};

/* Of a pair that no timeline delivered yet: any that is neither sure nor hopeless, so that loops
 * which wait for luck end. */
static const double guess[4] = {0.97, 0.01, 0.01, 0.01};

enum status settle_create(struct settle **out_settle, struct run_clock *clock) {
    struct settle *settle = mem_alloc(1, sizeof *settle);
    if (settle == NULL) {
        return STATUS_NOFIT;
    }
    settle->clock = clock;
    settle->peak_comm = mem_alloc(clock->program->n_qpus, sizeof *settle->peak_comm);
    if (settle->peak_comm == NULL) {
        mem_free(settle);
        return STATUS_NOFIT;
    }
    *out_settle = settle;
    return STATUS_OK;
}

void settle_destroy(struct settle *settle) {
    if (settle == NULL) {
        return;
    }
    arena_fini(&settle->arena);
    mem_free(settle->shots);
    mem_free(settle->peak_comm);
    mem_free(settle);
}

enum status settle_begin(struct settle *settle, uint64_t first_shot, size_t n_shots) {
    TRY(vec_reserve(&settle->shots, 0, &settle->cap_shots, n_shots, sizeof *settle->shots));
    memset(settle->shots, 0, n_shots * sizeof *settle->shots);
    arena_fini(&settle->arena);
    settle->n_shots = n_shots;
    settle->first_shot = first_shot;
    settle->n_open = 0;
    memcpy(settle->peak_comm, timeline_peak_comm(settle->clock->timeline),
           settle->clock->program->n_qpus * sizeof *settle->peak_comm);
    return STATUS_OK;
}

enum status settle_pair_weights(void *ctx, double *out_weights, const uint32_t *wires,
                                uint64_t site, uint64_t shot) {
    const struct settle *settle = ctx;
    const struct shot_state *state = &settle->shots[shot - settle->first_shot];
    const struct clock_pair *pair = clock_find_pair(state->pairs, state->n_pairs, site);
    (void)wires;
    memcpy(out_weights, pair != NULL ? pair->weights : guess, sizeof guess);
    return STATUS_OK;
}

static bool is_same_list(const struct decision_list *a, const struct decision_list *b) {
    if (a == NULL || a->n != b->n) {
        return false;
    }
    for (size_t i = 0; i < a->n; i++) {
        const struct decision *left = &a->items[i], *right = &b->items[i];
        if (left->op != right->op || left->iteration != right->iteration ||
            left->taken != right->taken) {
            return false;
        }
    }
    return true;
}

/* The walk met the pairs of the shot's last timeline: are they those of this one? */
static enum status try_shot(struct settle *settle, struct shot_state *state,
                            const struct decision_list *list) {
    struct run_clock *clock = settle->clock;
    const uint64_t shot = settle->first_shot + (uint64_t)(state - settle->shots);
    if (is_same_list(state->list, list)) {
        return STATUS_OK;
    }
    TRY(clock_run_shot(clock, list, shot, false));
    const bool is_first = state->list == NULL;
    const size_t n_bytes = clock->n_pairs * sizeof *clock->pairs;
    state->list = list;
    if (!is_first && state->n_pairs == clock->n_pairs &&
        (n_bytes == 0 || memcmp(state->pairs, clock->pairs, n_bytes) == 0)) {
        return STATUS_OK;
    }
    settle->n_open++;
    state->n_pairs = clock->n_pairs;
    state->pairs = arena_copy(&settle->arena, clock->pairs, n_bytes);
    return state->pairs != NULL ? STATUS_OK : STATUS_NOFIT;
}

enum status settle_add_leaf(struct settle *settle, const struct walker_leaf *leaf) {
    const struct columns *columns = leaf->columns;
    struct decision_list *list = arena_alloc(&settle->arena, sizeof *list);
    if (list == NULL) {
        return STATUS_NOFIT;
    }
    TRY(decision_list_fill(list, &settle->arena, leaf->decisions));
    for (size_t i = 0; i < columns->n_words; i++) {
        const uint32_t w = columns->words[i];
        for (uint64_t rest = columns->mask[w]; rest != 0; rest &= rest - 1) {
            const size_t shot = 64 * (size_t)w + (unsigned)bits_lowest(rest);
            TRY(try_shot(settle, &settle->shots[shot], list));
        }
    }
    return STATUS_OK;
}

size_t settle_count_open(struct settle *settle) {
    const size_t n = settle->n_open;
    settle->n_open = 0;
    return n;
}

enum status settle_count(struct settle *settle, int64_t *out_makespans_ps) {
    timeline_restore_peak(settle->clock->timeline, settle->peak_comm);
    for (size_t i = 0; i < settle->n_shots; i++) {
        TRY(clock_run_shot(settle->clock, settle->shots[i].list, settle->first_shot + i, true));
        out_makespans_ps[i] = settle->clock->last.makespan_ps;
    }
    return STATUS_OK;
}
