/* In which order lone wires become one vector: against counts made by going through all pairs of
 * operators. */
#include <criterion/criterion.h>
#include <string.h>

#include "base/rng.h"
#include "engine/statevector/fuse.h"
#include "engine/statevector/layout.h"
#include "support/commuting.h"

enum { N_WIRES = 26, N_STEPS = 4, MOST_OPS = 1024 };

struct lone {
    struct op_list ops;
    struct engine_task task;
    struct layout layout;
    uint32_t qpus[N_WIRES];
    uint64_t seed;
    uint32_t n_drawn;
};

static void open_lone(struct lone *lone, uint64_t seed) {
    static const struct layout_tuning tuning = {
        .chunk_bits = 5, .min_slice_bits = 8, .pass_bits = 8, .piece_bits = 5};
    *lone = (struct lone){.seed = seed};
    lone->task = (struct engine_task){
        .ops = &lone->ops, .n_wires = N_WIRES, .n_qpus = 1, .wire_qpu = lone->qpus};
    cr_assert_eq(layout_init(&lone->layout, &lone->task, 1, &tuning), STATUS_OK);
}

static uint32_t below(struct lone *lone, uint32_t n) {
    return (uint32_t)(n * rng_uniform(lone->seed, 1, lone->n_drawn++, RNG_TEST));
}

static void shuffle(struct lone *lone, uint32_t *items, uint32_t n) {
    for (uint32_t i = 0; i < n; i++) {
        items[i] = i;
    }
    for (uint32_t i = n; i > 1; i--) {
        const uint32_t other = below(lone, i), item = items[i - 1];
        items[i - 1] = items[other];
        items[other] = item;
    }
}

static void add_mix(struct lone *lone, uint32_t wire) {
    static const double matrix[8] = {0.8, 0, 0, 0.6, 0, 0.6, 0.8, 0};
    const struct fuse_op shape = {.n_targets = 1, .wires = {wire}};
    cr_assert_eq(fuse_add_matrix(&lone->layout, &shape, matrix), STATUS_OK);
}

static void add_phase(struct lone *lone, uint32_t a, uint32_t b) {
    const struct fuse_op shape = {.n_controls = 2, .values = 3, .wires = {a, b}};
    cr_assert_eq(layout_join(&lone->layout, shape.wires, 2), STATUS_OK);
    cr_assert_eq(fuse_add_phase(&lone->layout, &shape, -1, 0), STATUS_OK);
}

/* Steps of an Ising chain of the first n wires, neighbours in random order. */
static void add_chain(struct lone *lone, uint32_t n, unsigned n_layers) {
    uint32_t places[N_WIRES];
    for (unsigned layer = 0; layer < n_layers; layer++) {
        shuffle(lone, places, n - 1);
        for (uint32_t i = 0; i + 1 < n; i++) {
            add_phase(lone, places[i], places[i] + 1);
        }
        for (uint32_t i = 0; i < n; i++) {
            add_mix(lone, i);
        }
    }
}

static void add_random(struct lone *lone, uint32_t n, unsigned n_ops) {
    add_chain(lone, n, 1); /* so that they are one bond */
    for (unsigned i = 0; i < n_ops; i++) {
        const uint32_t a = below(lone, n), b = below(lone, n);
        if (a == b) {
            add_mix(lone, a);
        } else {
            add_phase(lone, a, b);
        }
    }
}

/* ---- operators that must wait ---- */

/* Those that mix. */
static size_t count_stopped(const struct fuse_op *ops, size_t n_ops, uint64_t absent) {
    bool is_stopped[MOST_OPS] = {false};
    size_t n = 0;
    for (size_t i = 0; i < n_ops; i++) {
        for (unsigned j = 0; j < fuse_n_wires(&ops[i]); j++) {
            is_stopped[i] |= absent >> ops[i].wires[j] & 1;
        }
        for (size_t j = 0; j < i; j++) {
            is_stopped[i] |= is_stopped[j] && must_keep_order(&ops[j], &ops[i]);
        }
        n += is_stopped[i] && ops[i].n_targets > 0;
    }
    return n;
}

Test(bond, operators_stopped_are_counted) {
    static struct lone lone;
    for (uint64_t seed = 0; seed < 20; seed++) {
        uint32_t wires[N_WIRES];
        size_t n_stopped[FUSE_MAX_COUNTED];
        const uint32_t n = 4 + (uint32_t)seed;
        open_lone(&lone, seed);
        add_random(&lone, n, seed % 2 == 0 ? 10 : 200);
        if (n + 1 < N_WIRES) { /* of another bond */
            add_phase(&lone, n, n + 1);
            add_mix(&lone, n + 1);
        }
        const struct fuse_list *waiting = &lone.layout.fuse->waiting;
        cr_assert_leq(waiting->n, MOST_OPS);
        shuffle(&lone, wires, n);
        const uint64_t absent = seed % 4 == 0 ? 0 : UINT64_C(1) << below(&lone, n);
        fuse_count_stopped(n_stopped, &lone.layout, wires, n, absent);
        for (uint32_t i = 0; i < n; i++) {
            uint64_t without = UINT64_C(1) << wires[i];
            for (uint32_t j = 0; j < n; j++) {
                without |= (absent >> j & 1) << wires[j];
            }
            cr_assert_eq(n_stopped[i], count_stopped(waiting->ops, waiting->n, without));
        }
        layout_fini(&lone.layout);
    }
}

/* ---- which come last ---- */

static void list_parts(uint32_t *out, const struct layout *layout) {
    size_t n_bonds = 0;
    for (uint32_t i = 0; i < layout->n_bonds; i++) {
        const struct layout_bond *bond = &layout->bonds[i];
        n_bonds += bond->n_parts == N_WIRES;
        for (size_t j = 0; bond->n_parts == N_WIRES && j < N_WIRES; j++) {
            out[j] = bond->parts[j].carrier;
        }
    }
    cr_assert_eq(n_bonds, 1);
}

/* The last of these wires, but for those absent. */
static uint64_t last_two(const uint32_t *wires, uint64_t absent) {
    uint64_t last = 0;
    unsigned n = 0;
    for (unsigned i = N_WIRES; n < 2;) {
        const uint64_t bit = UINT64_C(1) << wires[--i];
        n += !(absent & bit);
        last |= ~absent & bit;
    }
    return last;
}

/* Operators that must wait for the last wires, in all steps that are chosen; and those that would
 * have to if, in each, the wires bound last came last. */
static void compare_steps(size_t *inout_chosen, size_t *inout_given, struct lone *lone) {
    static struct fuse_op ops[MOST_OPS];
    struct layout *layout = &lone->layout;
    const size_t n_ops = layout->fuse->waiting.n;
    uint32_t given[N_WIRES], chosen[N_WIRES];
    uint64_t absent = 0;
    cr_assert_leq(n_ops, MOST_OPS);
    memcpy(ops, layout->fuse->waiting.ops, n_ops * sizeof *ops);
    list_parts(given, layout);
    cr_assert_eq(layout_settle_all(layout), STATUS_OK);
    list_parts(chosen, layout);
    for (unsigned i = 0; i < N_STEPS; i++) {
        const uint64_t last = last_two(chosen, absent);
        const size_t n_chosen = count_stopped(ops, n_ops, absent | last);
        const size_t n_given = count_stopped(ops, n_ops, absent | last_two(given, absent));
        cr_assert(n_chosen < n_given || last == last_two(given, absent));
        *inout_chosen += n_chosen;
        *inout_given += n_given;
        absent |= last;
    }
}

/* No other two wires stop fewer; the one bound first is not moved. */
Test(bond, no_two_wires_stop_fewer_than_the_last) {
    static struct lone lone;
    static struct fuse_op ops[MOST_OPS];
    for (uint64_t seed = 0; seed < 4; seed++) {
        uint32_t wires[N_WIRES];
        open_lone(&lone, seed);
        add_random(&lone, N_WIRES, 120);
        const size_t n_ops = lone.layout.fuse->waiting.n;
        cr_assert_leq(n_ops, MOST_OPS);
        memcpy(ops, lone.layout.fuse->waiting.ops, n_ops * sizeof *ops);
        cr_assert_eq(layout_settle_all(&lone.layout), STATUS_OK);
        list_parts(wires, &lone.layout);
        const size_t n_last = count_stopped(ops, n_ops, last_two(wires, 0));
        for (unsigned i = 1; i < N_WIRES; i++) {
            for (unsigned j = 1; j < i; j++) {
                const uint64_t two = UINT64_C(1) << wires[i] | UINT64_C(1) << wires[j];
                cr_assert_leq(n_last, count_stopped(ops, n_ops, two));
            }
        }
        layout_fini(&lone.layout);
    }
}

Test(bond, wires_without_which_most_can_be_done_come_last) {
    static struct lone lone;
    size_t n_chosen = 0, n_given = 0;
    for (uint64_t seed = 0; seed < 10; seed++) {
        open_lone(&lone, seed);
        if (seed % 2 == 0) {
            add_random(&lone, N_WIRES, 300);
        } else {
            add_chain(&lone, N_WIRES, 5);
        }
        compare_steps(&n_chosen, &n_given, &lone);
        layout_fini(&lone.layout);
    }
    cr_assert_leq(5 * n_chosen, 4 * n_given, "%zu wait, of %zu", n_chosen, n_given);
}

/* Steps of the same chain, whatever the order of the neighbours in each: at its ends light cones
 * are smallest. */
Test(bond, of_a_chain_an_end_comes_last) {
    static struct lone lone;
    for (uint64_t seed = 0; seed < 10; seed++) {
        uint32_t wires[N_WIRES];
        open_lone(&lone, seed);
        add_chain(&lone, N_WIRES, 3);
        cr_assert_eq(layout_settle_all(&lone.layout), STATUS_OK);
        list_parts(wires, &lone.layout);
        for (unsigned i = N_WIRES - 2 * N_STEPS; i < N_WIRES; i++) {
            const uint32_t wire = wires[i];
            cr_assert(wire < 2 * N_STEPS || wire >= N_WIRES - 2 * N_STEPS, "%d", (int)wire);
        }
        layout_fini(&lone.layout);
    }
}
