/* Which wires change places: against the least that any schedule moves, found by trying all. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "base/rng.h"
#include "comm/comm.h"
#include "engine/statevector/fuse.h"
#include "engine/statevector/layout.h"

enum { N = 12, N_STAGES = 14, N_STATES = 1 << N, N_STEPS = 3, N_ALL = N + 2 * N_STEPS };

static const struct layout_tuning tuning = {
    .chunk_bits = 5, .min_slice_bits = 8, .pass_bits = 8, .piece_bits = 5, .balance_log = 0};

struct plan {
    struct op_list ops;
    struct engine_task task;
    struct layout layout;
    uint8_t modes[64];
    uint32_t copies[64], qpus[N_ALL], group;
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
                                      .n_wires = N_ALL,
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
        stages[i] = (struct fuse_stage){.n_wires = N};
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

/* ---- vectors that grow, by wires in the order in which they were bound: they are small ---- */

enum { MAX_SETS = 4096 };

static void add_mix(struct layout *layout, uint32_t wire) {
    static const double matrix[8] = {0.8, 0, 0, 0.6, 0, 0.6, 0.8, 0};
    const struct fuse_op shape = {.n_targets = 1, .wires = {wire}};
    cr_assert_eq(fuse_add_matrix(layout, &shape, matrix), STATUS_OK);
}

/* Two wires join, then a stage mixes them and `more` others: these wait for the first of the two.
 */
static void add_step(struct plan *plan, unsigned step, uint64_t seed, unsigned n_more) {
    struct layout *layout = &plan->layout;
    const uint32_t first = N + 2 * step;
    uint32_t *need = &plan->needs[step];
    cr_assert_eq(layout_join(layout, (uint32_t[]){0, first, first + 1}, 3), STATUS_OK);
    add_mix(layout, first);
    add_mix(layout, first + 1);
    *need = 3u << first;
    for (uint32_t j = 0; n_more > 0; j++) {
        const uint32_t wire = (uint32_t)(first * rng_uniform(seed, step, j, RNG_TEST));
        if (!(*need >> wire & 1)) {
            const struct fuse_op shape = {.n_controls = 2, .values = 3, .wires = {first, wire}};
            cr_assert_eq(fuse_add_phase(layout, &shape, -1, 0), STATUS_OK);
            add_mix(layout, wire);
            *need |= 1u << wire;
            n_more--;
        }
    }
}

/* All sets of n_out of n wires. */
static size_t list_sets(uint32_t *out, uint32_t n, int n_out) {
    size_t n_sets = 0;
    for (uint32_t set = 0; set < 1u << n; set++) {
        if (bits_popcount(set) == n_out) {
            cr_assert_lt(n_sets, MAX_SETS);
            out[n_sets++] = set;
        }
    }
    return n_sets;
}

/* Every set may be left for every other, at the price of a vector of n wires. */
static void relax(double *costs, const uint32_t *sets, size_t n_sets, uint32_t n) {
    static double before[MAX_SETS];
    memcpy(before, costs, n_sets * sizeof *costs);
    for (size_t to = 0; to < n_sets; to++) {
        for (size_t from = 0; from < n_sets; from++) {
            const double cost = before[from] + part_moved(sets[from], sets[to]) * (double)BIT64(n);
            costs[to] = before[from] < 1e12 && cost < costs[to] ? cost : costs[to];
        }
    }
}

/* Least amplitudes to move in all steps. Wires that have not joined are inside; to leave a set
 * before the vector grows is cheaper than after. */
static double find_least_of_steps(const struct plan *plan, uint32_t out) {
    static uint32_t sets[MAX_SETS];
    static double costs[MAX_SETS];
    const size_t n_sets = list_sets(sets, N_ALL, bits_popcount(out));
    double least = 1e12;
    for (size_t i = 0; i < n_sets; i++) {
        costs[i] = sets[i] == out ? 0 : 1e12;
    }
    for (unsigned step = 0; step < N_STEPS; step++) {
        const uint32_t n = N + 2 * step;
        relax(costs, sets, n_sets, n);
        for (size_t i = 0; i < n_sets; i++) {
            costs[i] = sets[i] >> n != 0 ? 1e12 : costs[i];
        }
        relax(costs, sets, n_sets, n + 2);
        least = 1e12;
        for (size_t i = 0; i < n_sets; i++) {
            const bool can = sets[i] >> (n + 2) == 0 && (sets[i] & plan->needs[step]) == 0;
            costs[i] = can ? costs[i] : 1e12;
            least = costs[i] < least ? costs[i] : least;
        }
    }
    return least;
}

static void compare_steps(double *out_moved, double *out_least, int n_ranks, uint64_t seed) {
    struct plan plan;
    open_plan(&plan, n_ranks, 0, 1);
    plan.layout.fuse->stages = NULL; /* those of the operators below */
    plan.layout.fuse->n_stages = 0;
    const uint32_t out = list_outside(&plan);
    for (unsigned step = 0; step < N_STEPS; step++) {
        add_step(&plan, step, seed, 5 + (unsigned)(seed + step) % 4);
    }
    cr_assert_eq(layout_settle_all(&plan.layout), STATUS_OK);
    cr_assert_eq(plan.layout.groups[plan.layout.wires[0].group].n, N_ALL);
    *out_moved = plan.layout.exchanged_bytes / 16;
    *out_least = find_least_of_steps(&plan, out);
    layout_fini(&plan.layout);
}

Test(schedule, before_a_vector_grows_wires_go_that_will_not_be_missed) {
    for (int n_ranks = 2; n_ranks <= 8; n_ranks *= 2) {
        double moved = 0, least = 0;
        for (uint64_t seed = 0; seed < 12; seed++) {
            double moved_here, least_here;
            compare_steps(&moved_here, &least_here, n_ranks, seed);
            cr_assert_geq(moved_here, least_here);
            moved += moved_here;
            least += least_here;
        }
        cr_assert_leq(moved, 1.05 * least, "%d ranks: %g, but %g is enough", n_ranks, moved, least);
    }
}
