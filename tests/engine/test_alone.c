/* Lone wires of many kinds become one vector: what they bring to it is kept, and its norm. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

#include "base/bits.h"
#include "base/rng.h"
#include "support/naive_state.h"
#include "support/random_tuning.h"
#include "support/written.h"

enum { N = 12, N_SEEDS = 120 };

struct pair {
    struct written written;
    struct naive_state naive;
    uint64_t seed;
    uint32_t n_drawn;
};

static double draw(struct pair *pair) {
    return rng_uniform(pair->seed, 2, pair->n_drawn++, RNG_TEST);
}

static uint32_t below(struct pair *pair, uint32_t n) {
    return (uint32_t)(n * draw(pair));
}

static void add(struct pair *pair, enum gate_id gate, uint32_t a, uint32_t b) {
    const double params[GATE_MAX_PARAMS] = {7 * draw(pair) - 3.5, 7 * draw(pair), 7 * draw(pair)};
    const uint32_t wires[2] = {a, b};
    written_add_gate(&pair->written, gate, wires, params);
    naive_gate(&pair->naive, gate, params, wires);
}

/* |0>, |1>, amplitudes of one size, none alike, and one that is 1e-9 or less. */
static void add_alone(struct pair *pair, uint32_t wire) {
    static const enum gate_id kinds[5] = {GATE_X, GATE_H, GATE_RY, GATE_RX, GATE_U};
    const uint32_t kind = below(pair, 7);
    if (kind < 5) {
        add(pair, kinds[kind], wire, 0);
    } else if (kind == 5) {
        const double params[GATE_MAX_PARAMS] = {2e-9 * draw(pair)};
        written_add_gate(&pair->written, GATE_RY, &wire, params);
        naive_gate(&pair->naive, GATE_RY, params, &wire);
    }
}

/* Phases among these wires and mixes of some of them, in layers; where there are no other ones in
 * the first, what the wires bring may go to tables of the phases. */
static void add_layers(struct pair *pair, uint32_t first, uint32_t n) {
    static const enum gate_id phases[4] = {GATE_CP, GATE_RZZ, GATE_CZ, GATE_RZ},
                              mixes[5] = {GATE_RX, GATE_RY, GATE_U, GATE_H, GATE_CX};
    const uint32_t n_layers = 1 + below(pair, 3), share = 1 + below(pair, 4);
    for (uint32_t layer = 0; layer < n_layers; layer++) {
        for (uint32_t i = 0; i < n; i++) {
            for (uint32_t j = 0; j < i; j++) {
                if (below(pair, 4) < share) {
                    add(pair, phases[below(pair, 4)], first + i, first + j);
                }
            }
            if (below(pair, 4) < share) {
                add(pair, mixes[below(pair, 5)], first + i, first + (i + 1) % n);
            }
        }
    }
}

static void check(struct pair *pair, enum precision precision, double bound) {
    static const struct layout_tuning small = {
        .chunk_bits = 5, .min_slice_bits = 8, .pass_bits = 7, .piece_bits = 4, .balance_log = 1};
    const struct layout_tuning tuning = random_tuning(&small, pair->seed);
    double norm = 0;
    pair->written.task.precision = precision;
    double *amps = written_run(&pair->written, &tuning);
    for (size_t i = 0; i < (size_t)2 << N; i++) {
        norm += amps[i] * amps[i];
    }
    const double infidelity = naive_infidelity(&pair->naive, amps);
    cr_assert_lt(fabs(norm - 1), bound, "seed %d: norm %g", (int)pair->seed, norm);
    cr_assert_lt(fabs(infidelity), bound, "seed %d: infidelity %g", (int)pair->seed, infidelity);
    free(amps);
}

Test(alone, amplitudes_and_norm_are_kept) {
    comm_start_alone();
    for (uint64_t seed = 0; seed < N_SEEDS; seed++) {
        struct pair pair = {.seed = seed};
        written_init(&pair.written, N, 1);
        naive_init(&pair.naive, N);
        for (uint32_t i = 0; i < N; i++) {
            add_alone(&pair, i);
        }
        add_layers(&pair, 0, N / 2);
        add_layers(&pair, N / 2, N / 2);
        if (seed % 3 == 0) {
            add_layers(&pair, 0, N);
        }
        check(&pair, PRECISION_DOUBLE, 1e-13);
        check(&pair, PRECISION_SINGLE, 2e-6);
        naive_fini(&pair.naive);
        written_fini(&pair.written);
    }
}
