/* The state-vector engine on one process against the naive reference. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

#include "base/bits.h"
#include "base/rng.h"
#include "engine/statevector/statevector.h"
#include "support/random_run.h"

static const struct layout_tuning small = {.chunk_bits = 5, .min_slice_bits = 8, .balance_log = 1};
static const struct layout_tuning tiny = {.chunk_bits = 4, .min_slice_bits = 8, .balance_log = 1};

static struct engine *open_engine(const struct random_task *random,
                                  const struct layout_tuning *tuning) {
    struct engine *engine = NULL;
    cr_assert_eq(statevector_create(&engine, &random->task, comm_world(), tuning), STATUS_OK);
    return engine;
}

static void check_random(uint64_t seed, uint32_t n_wires, size_t n_ops,
                         const struct layout_tuning *tuning) {
    struct random_task random;
    struct naive_state naive;
    double error = 0;
    random_task_init(&random, seed, n_wires, 3, n_ops);
    naive_init(&naive, n_wires);
    struct engine *engine = open_engine(&random, tuning);
    random_run(engine, &random, &naive, &error);
    cr_assert_lt(error, 1e-11, "seed %d, %u wires: probabilities off by %g", (int)seed, n_wires,
                 error);
    random_look(engine, &random, &naive, &error);
    cr_assert_lt(error, 1e-11, "seed %d, %u wires: state off by %g", (int)seed, n_wires, error);
    engine->class->destroy(engine);
    naive_fini(&naive);
    random_task_fini(&random);
}

Test(statevector, random_programs_agree_with_the_naive_state) {
    comm_start_alone();
    for (uint64_t seed = 0; seed < 60; seed++) {
        uint32_t n_wires = 1 + (uint32_t)(seed % 8);
        check_random(seed, n_wires, 30 + seed, &layout_tuning_default);
        check_random(seed + 1000, n_wires, 30 + seed, &tiny);
    }
}

Test(statevector, large_groups_in_many_chunks) {
    comm_start_alone();
    for (uint64_t seed = 100; seed < 104; seed++) {
        check_random(seed, 10, 120, &small);
        check_random(seed, 11, 60, &tiny);
    }
}
