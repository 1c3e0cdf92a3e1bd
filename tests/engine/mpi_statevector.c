/* The state-vector engine on a team, in both precisions: right, and bit for bit as on one rank, for
 * any number of threads. */
#include <omp.h>
#include <stdio.h>

#include "comm/comm.h"
#include "engine/statevector/statevector.h"
#include "support/random_run.h"
#include "support/random_tuning.h"

/* Alone on one rank: gate by gate. */
static const struct layout_tuning sweeps = {
    .chunk_bits = 16, .min_slice_bits = 12, .balance_log = 3};
static const struct layout_tuning tunings[] = {
    /* slices of many chunks, tiles of several chunks and of parts of one */
    {.chunk_bits = 5, .min_slice_bits = 8, .pass_bits = 8, .piece_bits = 5, .balance_log = 0},
    /* slices smaller than a chunk */
    {.chunk_bits = 9,
     .min_slice_bits = 8,
     .pass_bits = 7,
     .more_bits = 1,
     .piece_bits = 4,
     .balance_log = 2},
    {.chunk_bits = 16, .min_slice_bits = 12, .pass_bits = 16, .piece_bits = 11, .balance_log = 3},
};
enum { N_TUNINGS = sizeof tunings / sizeof *tunings };

struct digest {
    uint64_t run, look, peak;
};

static bool run_once(struct digest *out, const struct random_task *random, const struct team *team,
                     const struct layout_tuning *tuning, bool is_compared) {
    struct engine *engine = NULL;
    struct naive_state naive;
    double error = 0, look_error = 0;
    uint32_t peak = 0;
    uint64_t n_bytes = 0;
    const struct layout_tuning chosen = random_tuning(tuning, random->seed / 2);
    if (statevector_create(&engine, &random->task, team, &chosen) != STATUS_OK) {
        return false;
    }
    naive_init(&naive, random->task.n_wires);
    out->run = random_run(engine, random, is_compared ? &naive : NULL, &error);
    out->look = random_look(engine, random, is_compared ? &naive : NULL, &look_error);
    engine->class->usage(engine, &peak, &n_bytes);
    out->peak = peak;
    struct statevector_traffic traffic = statevector_get_traffic(engine);
    int64_t sent = (int64_t)traffic.sent;
    comm_sum_i64(team, &sent, 1);
    if (traffic.counted != (double)sent) {
        fprintf(stderr, "seed %d: %.0f bytes sent, %.0f counted\n", (int)random->seed, (double)sent,
                traffic.counted);
        return false;
    }
    engine->class->destroy(engine);
    naive_fini(&naive);
    const double bound = random->task.precision == PRECISION_SINGLE ? 1e-5 : 1e-11;
    if (error > bound || look_error > bound) {
        fprintf(stderr, "seed %d: off by %g, %g\n", (int)random->seed, error, look_error);
        return false;
    }
    return true;
}

static bool is_equal(const struct digest *a, const struct digest *b) {
    return a->run == b->run && a->look == b->look && a->peak == b->peak;
}

/* On one rank alone as expected; on the team with every tuning the same. */
static int check_seed(uint64_t seed, uint32_t n_wires, uint32_t n_qpus, size_t n_ops,
                      const struct team *alone, enum precision precision, bool is_compared) {
    struct random_task random;
    struct digest expected, seen;
    int n_bad = 0;
    random_task_init(&random, seed, n_wires, n_qpus, n_ops);
    random.task.precision = precision;
    omp_set_num_threads(1);
    n_bad += !run_once(&expected, &random, alone, &sweeps, is_compared);
    for (int i = 0; i < N_TUNINGS; i++) {
        omp_set_num_threads(1 + i % 2);
        n_bad += !run_once(&seen, &random, comm_world(), &tunings[i], false);
        if (!is_equal(&expected, &seen)) {
            fprintf(stderr, "seed %d, %s, tuning %d: rank %d of %d sees other numbers than alone\n",
                    (int)seed, precision_name(precision), i, team_rank(comm_world()),
                    team_size(comm_world()));
            n_bad++;
        }
    }
    random_task_fini(&random);
    return n_bad;
}

int main(int argc, char **argv) {
    struct team *alone = NULL;
    int n_bad = comm_start(&argc, &argv) != STATUS_OK;
    n_bad += team_split(&alone, comm_world(), team_rank(comm_world())) != STATUS_OK;
    for (uint64_t seed = 0; seed < 8; seed++) {
        n_bad += check_seed(seed, 1 + (uint32_t)seed % 5, 1 + (uint32_t)seed % 3, 40, alone,
                            seed % 2 ? PRECISION_SINGLE : PRECISION_DOUBLE, true);
    }
    for (uint64_t seed = 100; seed < 104; seed++) {
        n_bad += check_seed(seed, 12, 1 + (uint32_t)seed % 5, 150, alone,
                            seed % 2 ? PRECISION_SINGLE : PRECISION_DOUBLE, seed < 102);
    }
    n_bad += check_seed(200, 15, 4, 40, alone, PRECISION_DOUBLE, false);
    n_bad += check_seed(200, 15, 4, 40, alone, PRECISION_SINGLE, false);
    enum status status = comm_agree(comm_world(), n_bad == 0 ? STATUS_OK : STATUS_INTERNAL);
    team_destroy(alone);
    comm_stop();
    return status == STATUS_OK ? 0 : 1;
}
