/* Runs on replicas: counts, records, ledger, times, expectation values and fidelity bit for bit as
 * on one rank, for every way to divide the ranks. */
#include <stdio.h>
#include <string.h>

#include "engine/engine.h"
#include "runtime/runtime.h"
#include "support/checked.h"
#include "support/same_results.h"

#define HEAD                                                                                       \
    "OPENQASM 3.0;\ninclude \"stdgates.inc\";\ninclude \"qnu.inc\";\n"                             \
    "qubit[4] a;\nqubit[4] b;\nbit[4] m;\noutput bit[4] out;\n"                                    \
    "pragma qspan qpu A data a[0:1] comm a[2:3]\npragma qspan qpu B data b[0:1] comm b[2:3]\n"
#define TAIL                                                                                       \
    "out[0] = measure a[0];\nout[1] = measure b[0];\nout[2] = measure a[1];\n"                     \
    "pragma qspan op measure(0.1, 0.2) out[3] Z b[1]\n"

/* Errors of all kinds; and ebits that depend on outcomes. */
static const char *const texts[] = {
    HEAD "ry(0.4) a[0];\nfor uint i in [1:4] {\n  telegate_cx(a[0], a[2], b[2], b[0]);\n"
         "  @qspan.stim DEPOLARIZE2(0.05) a[0] b[0]\n  barrier;\n  rx(0.7) b[0];\n"
         "  @qspan.op relax(0.1, 0.02) b[0]\n  barrier;\n  cx b[0],b[1];\n"
         "  @qspan.op random_reset(0.1, 0) b[1]\n  barrier;\n}\n" TAIL,
    HEAD "ry(0.4) a[0];\nh a[1];\nm[0] = measure a[1];\nif (m[0]) {\n"
         "  telegate_cx(a[0], a[2], b[2], b[0]);\n  rx(0.3) b[0];\n}\n"
         "pragma qspan stim DEPOLARIZE1(0.1) a[0]\n" TAIL,
};

static bool is_run(struct results **out, const struct program *program, const struct team *team,
                   const struct pauli_sums *sums, uint64_t n_shots, uint64_t n_replicas) {
    struct machine *machine = NULL;
    const struct run_options options = {.engine = &engine_statevector,
                                        .n_shots = n_shots,
                                        .seed = 11,
                                        .shots_per_timeline = 64,
                                        .max_branches = 65536,
                                        .observables = sums,
                                        .ideal = program->is_data_dependent ? NULL : program,
                                        .n_replicas = n_replicas,
                                        .keeps_records = true};
    enum status status = machine_read(&machine, "werner:n=2,data=2,comm=2,F=0.9,time=10us");
    status = status == STATUS_OK ? runtime_run(out, program, machine, team, &options) : status;
    machine_destroy(machine);
    return status == STATUS_OK;
}

static bool has_same_figures(const struct results *a, const struct results *b) {
    bool is_same = a->n_ebits == b->n_ebits && a->n_bits_sent == b->n_bits_sent &&
                   a->n_links == b->n_links && a->makespan_ps.mean == b->makespan_ps.mean &&
                   a->makespan_ps.std_error == b->makespan_ps.std_error &&
                   a->makespan_ps.n == b->makespan_ps.n && a->peak_comm[0] == b->peak_comm[0] &&
                   a->peak_group_qubits == b->peak_group_qubits &&
                   a->fidelity.mean == b->fidelity.mean &&
                   a->fidelity.std_error == b->fidelity.std_error;
    for (size_t i = 0; i < a->n_links && is_same; i++) {
        is_same = memcmp(&a->links[i], &b->links[i], sizeof a->links[i]) == 0;
    }
    for (size_t i = 0; i < a->n_observables && is_same; i++) {
        is_same = a->observables[i].value == b->observables[i].value &&
                  a->observables[i].std_error == b->observables[i].std_error;
    }
    return is_same;
}

/* Every rank runs alone what all run together. */
static int check(const struct program *program, const struct team *alone,
                 const struct pauli_sums *sums, uint64_t n_shots, uint64_t n_replicas) {
    struct results *one = NULL, *all = NULL;
    bool is_good = is_run(&one, program, alone, sums, n_shots, 0);
    is_good = is_run(&all, program, comm_world(), sums, n_shots, n_replicas) && is_good;
    if (is_good && team_rank(comm_world()) == 0) {
        is_good =
            same_shots(one, all, 2) && has_same_figures(one, all) && all->n_replicas == n_replicas;
    }
    if (!is_good) {
        fprintf(stderr, "%d shots, %d replicas: other numbers than on one rank\n", (int)n_shots,
                (int)n_replicas);
    }
    results_destroy(one);
    results_destroy(all);
    return !is_good;
}

static int check_text(const char *text, const struct team *alone, const struct pauli_sums *sums) {
    static const uint64_t n_shots[] = {1, 100, 501};
    struct program *program = checked_program(text);
    const uint64_t n_ranks = (uint64_t)team_size(comm_world());
    int n_bad = 0;
    for (uint64_t n = 1; n <= n_ranks && n_bad == 0; n++) {
        for (size_t i = 0; i < 3 && n_ranks % n == 0; i++) {
            n_bad += check(program, alone, sums, n_shots[i], n);
        }
    }
    program_destroy(program);
    return n_bad;
}

int main(int argc, char **argv) {
    static const char sum_text[] = "z: 0.3 Z0 X1 + 0.2 Z2\ny: Y1\n";
    struct team *alone = NULL;
    struct pauli_sums *sums = NULL;
    int n_bad = comm_start(&argc, &argv) != STATUS_OK;
    n_bad += team_split(&alone, comm_world(), team_rank(comm_world())) != STATUS_OK;
    n_bad += pauli_sums_read_text(&sums, "s", sum_text, sizeof sum_text - 1, 4) != STATUS_OK;
    for (size_t i = 0; i < sizeof texts / sizeof *texts && n_bad == 0; i++) {
        n_bad += check_text(texts[i], alone, sums);
    }
    const enum status status = comm_agree(comm_world(), n_bad == 0 ? STATUS_OK : STATUS_INTERNAL);
    pauli_sums_destroy(sums);
    team_destroy(alone);
    comm_stop();
    return status == STATUS_OK ? 0 : 1;
}
