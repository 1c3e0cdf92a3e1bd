/* Which wires change places: against the least that any schedule moves, found by trying all. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "base/bits.h"
#include "base/rng.h"
#include "comm/comm.h"
#include "engine/statevector/fuse.h"
#include "engine/statevector/layout.h"

enum { N = 12, N_STAGES = 14, N_STATES = 1 << N };

static const struct layout_tuning tuning = {
    .chunk_bits = 5, .min_slice_bits = 8, .pass_bits = 8, .piece_bits = 5, .balance_log = 0};

struct plan {
    struct op_list ops;
    struct engine_task task;
    struct layout layout;
    uint8_t modes[64];
    uint32_t copies[64], qpus[N], group;
    uint32_t needs[N_STAGES]; /* masks of wires */
};

/* A vector of all wires on n_ranks ranks, no program, and stages with random targets. */
static void open_plan(struct plan *plan, int n_ranks, uint64_t seed, unsigned n_targets) {
    static struct fuse_stage stages[N_STAGES];
    uint32_t wires[N];
    int ranks[16];
    *plan = (struct plan){0};
    plan->task = (struct engine_task){.ops = &plan->ops,
                                      .modes = plan->modes,
                                      .copy_wires = plan->copies,
                                      .n_wires = N,
                                      .n_qpus = 1,
                                      .wire_qpu = plan->qpus};
    cr_assert_eq(layout_init(&plan->layout, &plan->task, n_ranks, &tuning), STATUS_OK);
    struct layout_deal deal = {.ranks = ranks, .n_ranks = (size_t)n_ranks};
    deal.slice_log = floor_log2((uint64_t)n_ranks);
    for (uint32_t i = 0; i < N; i++) {
        wires[i] = i;
    }
    for (int i = 0; i < n_ranks; i++) {
        ranks[i] = i;
    }
    cr_assert_eq(layout_place(&plan->layout, &plan->group, wires, N, &deal), STATUS_OK);
    for (size_t i = 0; i < N_STAGES; i++) {
        stages[i] = (struct fuse_stage){0};
        for (uint32_t j = 0; stages[i].n_targets < n_targets; j++) {
            uint32_t wire = (uint32_t)(N * rng_uniform(seed, i, j, RNG_TEST));
            if (!(plan->needs[i] >> wire & 1)) {
                plan->needs[i] |= 1u << wire;
                stages[i].targets[stages[i].n_targets++] = wire;
            }
        }
    }
    plan->layout.fuse->stages = stages;
    plan->layout.fuse->n_stages = N_STAGES;
}

static void close_plan(struct plan *plan) {
    plan->layout.fuse->stages = NULL; /* not its own */
    layout_fini(&plan->layout);
}

static double part_moved(uint32_t from, uint32_t to) {
    return 1 - 1.0 / (double)BIT64(bits_popcount(to & ~from));
}

/* Least part of the vector to move, from `out` outside, by going through all sets. */
static double find_least(const struct plan *plan, uint32_t out) {
    static double cost[2][N_STATES];
    int n_out = bits_popcount(out);
    for (uint32_t set = 0; set < N_STATES; set++) {
        cost[0][set] = set == out ? 0 : 1e9;
    }
    double least = 1e9;
    for (size_t i = 0; i < N_STAGES; i++) {
        const double *before = cost[i % 2];
        double *after = cost[(i + 1) % 2];
        least = 1e9;
        for (uint32_t to = 0; to < N_STATES; to++) {
            after[to] = 1e9;
            if (bits_popcount(to) != n_out || (to & plan->needs[i]) != 0) {
                continue;
            }
            for (uint32_t from = 0; from < N_STATES; from++) {
                double moved = before[from] + part_moved(from, to);
                after[to] = before[from] < 1e9 && moved < after[to] ? moved : after[to];
            }
            least = after[to] < least ? after[to] : least;
        }
    }
    return least;
}

static uint32_t list_outside(const struct plan *plan) {
    const struct layout_group *group = &plan->layout.groups[plan->group];
    uint32_t out = 0;
    for (unsigned pos = layout_slice_bits(group->n, &group->deal); pos < N; pos++) {
        out |= 1u << group->wires[pos];
    }
    return out;
}

/* Part of the vector that was moved. */
static double run_stages(struct plan *plan) {
    const struct fuse *fuse = plan->layout.fuse;
    for (size_t i = 0; i < N_STAGES; i++) {
        const struct fuse_stage *stage = &fuse->stages[i];
        layout_localize(&plan->layout, stage->targets, stage->n_targets, stage);
        cr_assert_eq(list_outside(plan) & plan->needs[i], 0, "stage %zu lacks wires", i);
    }
    return plan->layout.exchanged_bytes / 16 / N_STATES;
}

Test(schedule, one_wire_outside_moves_as_little_as_can_be) {
    for (uint64_t seed = 0; seed < 12; seed++) {
        struct plan plan;
        open_plan(&plan, 2, seed, 3 + (unsigned)seed % 6);
        double least = find_least(&plan, list_outside(&plan));
        double moved = run_stages(&plan);
        cr_assert_float_eq(moved, least, 1e-12, "seed %d: %g, but %g is enough", (int)seed, moved,
                           least);
        close_plan(&plan);
    }
}

Test(schedule, several_wires_outside_move_little_more_than_needed) {
    for (int n_ranks = 4; n_ranks <= 16; n_ranks *= 2) {
        double moved = 0, least = 0;
        for (uint64_t seed = 0; seed < 8; seed++) {
            struct plan plan;
            open_plan(&plan, n_ranks, 100 + seed, 2 + (unsigned)seed % 6);
            least += find_least(&plan, list_outside(&plan));
            moved += run_stages(&plan);
            close_plan(&plan);
        }
        cr_assert_geq(moved, least);
        cr_assert_leq(moved, 1.1 * least, "%d ranks: %g, but %g is enough", n_ranks, moved, least);
    }
}

/* The wires needed last go, all at once; then nothing more moves. */
Test(schedule, wires_that_are_used_up_go_together) {
    struct plan plan;
    open_plan(&plan, 8, 0, 1);
    for (uint32_t i = 0; i < N; i++) {
        plan.layout.fuse->stages[i].targets[0] = i;
        plan.needs[i] = 1u << i;
    }
    for (uint32_t i = N; i < N_STAGES; i++) {
        plan.layout.fuse->stages[i].targets[0] = N - 1;
        plan.needs[i] = 1u << (N - 1);
    }
    cr_assert_eq(list_outside(&plan), 0xe00u);
    double moved = run_stages(&plan);
    cr_assert_float_eq(moved, 0.875, 1e-12, "%g", moved);
    close_plan(&plan);
}

/* What waits for wires of other groups names carriers: after a swap, the other wire. */
Test(schedule, operators_that_wait_count) {
    struct plan plan;
    open_plan(&plan, 2, 0, 1);
    struct fuse *fuse = plan.layout.fuse;
    fuse->n_stages = 1;
    fuse->stages[0].targets[0] = N - 1;
    fuse_swap(fuse, 3, 4);
    for (uint32_t carrier = 0; carrier < N; carrier++) {
        struct fuse_op op = {.kind = FUSE_MIX, .n_targets = 1, .wires = {carrier}};
        if (carrier != 4) {
            cr_assert_eq(fuse_push(&fuse->waiting, &op), STATUS_OK);
        }
    }
    layout_localize(&plan.layout, fuse->stages[0].targets, 1, fuse->stages);
    cr_assert_eq(list_outside(&plan), 1u << 3);
    close_plan(&plan);
}
