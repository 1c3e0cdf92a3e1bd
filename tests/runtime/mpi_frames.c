/* Runs by frames on a team: counts, marginals and records bit for bit as on one rank, for any
 * number of ranks and threads, and the records add up to the counts. */
#include <omp.h>
#include <stdio.h>

#include "engine/engine.h"
#include "runtime/runtime.h"
#include "support/checked.h"
#include "support/same_results.h"

static const char *const text =
    "OPENQASM 3.0;\ninclude \"stdgates.inc\";\ninclude \"qnu.inc\";\n"
    "qubit[4] a;\nqubit[4] b;\nbit[4] m;\noutput bit[9] out;\n"
    "pragma qspan qpu A data a[0:1] comm a[2:3]\npragma qspan qpu B data b[0:1] comm b[2:3]\n"
    "h a[0];\nfor uint i in [1:5] {\n  telegate_cx(a[0], a[2], b[2], b[0]);\n"
    "  @qspan.stim DEPOLARIZE2(0.05) a[0] b[0]\n  barrier;\n  h a[1];\n"
    "  m[0] = measure a[1];\n  if (m[0]) x b[1];\n}\n"
    "out[0] = measure a[0];\nout[1] = measure b[0];\nout[2] = measure a[1];\n"
    "out[8] = measure b[1];\n";

static bool is_run(struct results **out, const struct program *program, const struct team *team,
                   uint64_t n_shots) {
    struct machine *machine = NULL;
    const struct run_options options = {.engine = &engine_frame,
                                        .n_shots = n_shots,
                                        .seed = 11,
                                        .shots_per_timeline = 1024,
                                        .max_branches = 65536,
                                        .keeps_records = true};
    enum status status = machine_read(&machine, "werner:n=2,data=2,comm=2,F=0.9,time=10us");
    status = status == STATUS_OK ? runtime_run(out, program, machine, team, &options) : status;
    machine_destroy(machine);
    return status == STATUS_OK;
}

static bool is_record_of_counts(const struct results *results) {
    uint64_t n_sum = 0;
    for (size_t i = 0; i < results->n_counts; i++) {
        uint64_t n = 0;
        for (uint64_t shot = 0; shot < results->n_shots; shot++) {
            const uint8_t *record = results->records + shot * results->record_bytes;
            n += (record[0] | (uint64_t)record[1] << 8) == results->counts[i].key[0];
        }
        n_sum += n;
        if (n != results->counts[i].n) {
            return false;
        }
    }
    return n_sum == results->n_shots;
}

/* Every rank runs alone what all run together. */
static int check(const struct program *program, const struct team *alone, uint64_t n_shots,
                 int n_threads) {
    struct results *one = NULL, *all = NULL;
    omp_set_num_threads(1);
    bool is_good = is_run(&one, program, alone, n_shots);
    omp_set_num_threads(n_threads);
    is_good = is_run(&all, program, comm_world(), n_shots) && is_good;
    if (is_good && team_rank(comm_world()) == 0) {
        is_good = same_shots(one, all, program->n_qpus) && one->n_ebits == all->n_ebits &&
                  is_record_of_counts(all);
    }
    if (!is_good) {
        fprintf(stderr, "%d shots, %d threads: other numbers than on one rank\n", (int)n_shots,
                n_threads);
    }
    results_destroy(one);
    results_destroy(all);
    return !is_good;
}

int main(int argc, char **argv) {
    struct team *alone = NULL;
    int n_bad = comm_start(&argc, &argv) != STATUS_OK;
    n_bad += team_split(&alone, comm_world(), team_rank(comm_world())) != STATUS_OK;
    struct program *program = checked_program(text);
    const uint64_t n_shots[] = {0, 1, 1000, 1024, 5003, 40001};
    for (size_t i = 0; i < sizeof n_shots / sizeof *n_shots && n_bad == 0; i++) {
        n_bad += check(program, alone, n_shots[i], 1 + (int)(i % 3));
    }
    const enum status status = comm_agree(comm_world(), n_bad == 0 ? STATUS_OK : STATUS_INTERNAL);
    program_destroy(program);
    team_destroy(alone);
    comm_stop();
    return status == STATUS_OK ? 0 : 1;
}
