/* Stages of a list of operators: what commutes with nothing between may overtake, nothing else. */
#include <criterion/criterion.h>
#include <string.h>

#include "base/rng.h"
#include "engine/statevector/fuse.h"
#include "support/commuting.h"

enum { N_OPS = 300, MOST_WIRES = 40 };

struct list {
    struct fuse fuse;
    uint32_t n_wires;
    uint64_t seed, n_drawn;
};

static uint32_t below(struct list *list, uint32_t n) {
    return (uint32_t)(n * rng_uniform(list->seed, 1, (uint32_t)list->n_drawn++, RNG_TEST));
}

/* Dense pairs, controlled gates, gates on one wire, phases: wires drawn, kinds in these parts. */
static void fill_list(struct list *list, uint32_t n_wires, uint64_t seed, const uint32_t parts[4]) {
    const uint32_t all = parts[0] + parts[1] + parts[2] + parts[3];
    *list = (struct list){.n_wires = n_wires, .seed = seed};
    cr_assert_eq(fuse_init(&list->fuse, n_wires, NULL), STATUS_OK);
    for (unsigned i = 0; i < N_OPS; i++) {
        struct fuse_op op = {.kind = FUSE_DENSE, .n_targets = 2};
        const uint32_t part = below(list, all);
        if (part >= parts[0]) {
            op.kind = part < all - parts[3] ? FUSE_MIX : FUSE_PHASE;
            op.n_targets = op.kind == FUSE_MIX;
            op.n_controls = op.kind == FUSE_PHASE ? 2 : part < parts[0] + parts[1];
        }
        op.wires[0] = below(list, n_wires);
        do {
            op.wires[1] = below(list, n_wires);
        } while (op.wires[1] == op.wires[0]);
        cr_assert_eq(fuse_push(&list->fuse.work[0], &op), STATUS_OK);
    }
}

static void check_order(const struct fuse *fuse) {
    static size_t at[N_OPS];
    memset(at, 0xff, sizeof at);
    cr_assert_eq(fuse->n_order, N_OPS);
    for (size_t i = 0; i < N_OPS; i++) {
        cr_assert_eq(at[fuse->order[i]], SIZE_MAX, "comes twice");
        at[fuse->order[i]] = i;
    }
    for (size_t i = 0; i < N_OPS; i++) {
        for (size_t j = 0; j < i; j++) {
            const struct fuse_op *ops = fuse->work[0].ops;
            cr_assert(at[j] < at[i] || !must_keep_order(&ops[j], &ops[i]), "%zu before %zu", i, j);
        }
    }
}

static void check_stages(const struct fuse *fuse) {
    size_t block = 0, op = 0;
    for (size_t i = 0; i < fuse->n_stages; i++) {
        const struct fuse_stage *stage = &fuse->stages[i];
        uint64_t targets = 0;
        cr_assert_eq(stage->first, block);
        cr_assert_leq(stage->n_targets, FUSE_STAGE_TARGETS);
        for (uint32_t j = 0; j < stage->n_targets; j++) {
            targets |= UINT64_C(1) << stage->targets[j];
        }
        for (; block < stage->last; block++) {
            cr_assert_eq(fuse->blocks[block].first, op);
            for (; op < fuse->blocks[block].last; op++) {
                const struct fuse_op *here = &fuse->work[0].ops[fuse->order[op]];
                for (unsigned j = 0; j < here->n_targets; j++) {
                    cr_assert(targets >> here->wires[j] & 1);
                }
            }
        }
    }
    cr_assert_eq(op, N_OPS);
}

/* Stages that always take what fits next. */
static size_t count_greedy(const struct fuse *fuse, size_t max_targets) {
    bool is_done[N_OPS] = {false};
    size_t n_done = 0, n_stages = 0;
    for (; n_done < N_OPS; n_stages++) {
        bool is_held[MOST_WIRES] = {false}, is_fixed[MOST_WIRES] = {false};
        bool is_in[MOST_WIRES] = {false};
        size_t n_in = 0;
        for (size_t i = 0; i < N_OPS; i++) {
            const struct fuse_op *op = &fuse->work[0].ops[i];
            size_t n_new = 0;
            bool can = !is_done[i];
            for (unsigned j = 0; j < fuse_n_wires(op); j++) {
                const bool is_target = j < op->n_targets;
                can = can && !is_held[op->wires[j]] && !(is_target && is_fixed[op->wires[j]]);
                n_new += is_target && !is_in[op->wires[j]];
            }
            can = can && n_in + n_new <= max_targets;
            for (unsigned j = 0; j < fuse_n_wires(op) && !is_done[i]; j++) {
                bool *mark = can ? is_in : j < op->n_targets ? is_held : is_fixed;
                mark[op->wires[j]] = !can || j < op->n_targets || mark[op->wires[j]];
            }
            n_in += can ? n_new : 0;
            n_done += can;
            is_done[i] = is_done[i] || can;
        }
    }
    return n_stages;
}

Test(order, only_what_commutes_overtakes) {
    static const uint32_t parts[4][4] = {{1, 0, 0, 0}, {0, 1, 1, 1}, {1, 1, 2, 2}, {0, 1, 0, 0}};
    static struct list list;
    for (uint32_t n_wires = 6; n_wires <= MOST_WIRES; n_wires += 2) {
        fill_list(&list, n_wires, n_wires, parts[n_wires / 2 % 4]);
        cr_assert_eq(fuse_order(&list.fuse, n_wires), STATUS_OK);
        check_order(&list.fuse);
        check_stages(&list.fuse);
        fuse_fini(&list.fuse);
    }
}

Test(order, cold_wires_make_no_more_stages) {
    static struct list list;
    size_t n_all = 0, n_greedy = 0;
    for (uint64_t seed = 0; seed < 12; seed++) {
        const uint32_t n_wires = 20 + 2 * (uint32_t)(seed % 5);
        fill_list(&list, n_wires, seed, (const uint32_t[4]){1, 0, 0, seed % 3 == 0});
        cr_assert_eq(fuse_order(&list.fuse, n_wires), STATUS_OK);
        const size_t greedy = count_greedy(&list.fuse, FUSE_STAGE_TARGETS);
        cr_expect_leq(list.fuse.n_stages, greedy);
        n_all += list.fuse.n_stages;
        n_greedy += greedy;
        fuse_fini(&list.fuse);
    }
    cr_assert_leq(10 * n_all, 9 * n_greedy, "%zu stages, %zu if each is as full as can be", n_all,
                  n_greedy);
}

/* The wires of the stages from one on until these have mixed all of them but n_out. */
static size_t count_renewals(const struct fuse *fuse, uint32_t n_wires, unsigned n_out) {
    size_t n = 0;
    uint64_t mixed = 0;
    for (size_t i = 0; i < fuse->n_stages; i++) {
        uint64_t targets = 0;
        for (uint32_t j = 0; j < fuse->stages[i].n_targets; j++) {
            targets |= UINT64_C(1) << fuse->stages[i].targets[j];
        }
        mixed |= targets;
        if (__builtin_popcountll(mixed) + (int)n_out > (int)n_wires) {
            mixed = targets;
            n++;
        }
    }
    return n;
}

/* Random pairs, as of a quantum volume. If one wire is outside, it must come in for a quarter of
 * the stages at most; if two are, for two in five. */
Test(order, cold_wires_stay_outside) {
    static struct list list;
    size_t n_renewals[2] = {0}, n_stages = 0;
    for (uint64_t seed = 0; seed < 8; seed++) {
        fill_list(&list, 24, 100 + seed, (const uint32_t[4]){1, 0, 0, 0});
        cr_assert_eq(fuse_order(&list.fuse, 24), STATUS_OK);
        n_renewals[0] += count_renewals(&list.fuse, 24, 1);
        n_renewals[1] += count_renewals(&list.fuse, 24, 2);
        n_stages += list.fuse.n_stages;
        fuse_fini(&list.fuse);
    }
    cr_expect_leq(4 * n_renewals[0], n_stages, "%zu, %zu stages", n_renewals[0], n_stages);
    cr_expect_leq(5 * n_renewals[1], 2 * n_stages, "%zu, %zu stages", n_renewals[1], n_stages);
}
