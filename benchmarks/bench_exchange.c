/* Times the state-vector engine on several ranks, and counts what they send.
 *
 *     mpirun -n RANKS bench_exchange [-r REPEATS] FILE...
 *
 * For each circuit one line on rank 0, tab separated: name, ranks, threads of a rank, median of the
 * seconds of the gates (wall; CPU of all threads of all ranks, divided by ranks and threads),
 * seconds in exchanges, their number, MiB sent by all ranks, MiB that the plan says, MiB of the
 * state, reserved memory over all ranks divided by the state. A rank that waits burns CPU. */
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "circuit/circuit.h"
#include "engine/statevector/statevector.h"

enum { MAX_REPEATS = 99 };

struct measured {
    double wall_s[MAX_REPEATS], cpu_s[MAX_REPEATS], exchange_s[MAX_REPEATS];
    double sent, planned, state;
    uint64_t n_exchanges, n_bytes;
};

static double read_clock(clockid_t id) {
    struct timespec t;
    clock_gettime(id, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values, int n) {
    qsort(values, (size_t)n, sizeof *values, compare);
    return n % 2 ? values[n / 2] : 0.5 * (values[n / 2 - 1] + values[n / 2]);
}

static uint64_t sum_over_ranks(double x) {
    int64_t sum = (int64_t)x;
    comm_sum_i64(comm_world(), &sum, 1);
    return (uint64_t)sum;
}

static enum status run_once(struct measured *out, int repeat, const struct engine_task *task) {
    struct engine *engine = NULL;
    struct engine_figures figures;
    TRY(engine_statevector.plan(&figures, task, team_size(comm_world())));
    TRY(engine_statevector.create(&engine, task, comm_world()));
    comm_barrier(comm_world());
    double wall_s = read_clock(CLOCK_MONOTONIC), cpu_s = read_clock(CLOCK_PROCESS_CPUTIME_ID);
    engine->class->begin(engine);
    enum status status = engine->class->run(engine, 0, task->ops->n_ops);
    comm_barrier(comm_world());
    out->wall_s[repeat] = read_clock(CLOCK_MONOTONIC) - wall_s;
    cpu_s = read_clock(CLOCK_PROCESS_CPUTIME_ID) - cpu_s;
    int n_cpus = team_size(comm_world()) * omp_get_max_threads();
    out->cpu_s[repeat] = 1e-9 * (double)sum_over_ranks(1e9 * cpu_s) / n_cpus;
    struct statevector_traffic traffic = statevector_get_traffic(engine);
    uint32_t n_qubits = 0;
    uint64_t n_bytes = 0;
    engine->class->usage(engine, &n_qubits, &n_bytes);
    out->exchange_s[repeat] = traffic.exchange_s;
    out->n_exchanges = traffic.n_exchanges;
    out->sent = (double)sum_over_ranks(traffic.sent);
    out->planned = (double)figures.exchanged_bytes;
    out->n_bytes = sum_over_ranks((double)n_bytes);
    out->state = precision_amp_bytes(task->precision) * (double)(UINT64_C(1) << n_qubits);
    engine->class->destroy(engine);
    return status;
}

static enum status run_file(const char *name, const struct circuit *circuit, int n_repeats) {
    size_t n = circuit->ops.n_ops;
    struct measured measured = {0};
    uint8_t *modes = calloc(n + 1, 1);
    uint32_t *copies = calloc(n + 1, sizeof *copies);
    uint32_t *qpus = calloc(circuit->n_qubits + 1, sizeof *qpus);
    for (size_t i = 0; i < n; i++) {
        modes[i] = circuit->ops.ops[i].kind == OP_GATE ? ENGINE_APPLY : ENGINE_SKIP;
    }
    struct engine_task task = {.ops = &circuit->ops,
                               .modes = modes,
                               .copy_wires = copies,
                               .n_wires = circuit->n_qubits,
                               .n_qpus = 1,
                               .wire_qpu = qpus};
    enum status status = STATUS_OK;
    for (int i = 0; i < n_repeats && status == STATUS_OK; i++) {
        status = run_once(&measured, i, &task);
    }
    const char *base = strrchr(name, '/') ? strrchr(name, '/') + 1 : name;
    if (status == STATUS_OK && team_rank(comm_world()) == 0) {
        printf("%s\t%d\t%d\t%.4f\t%.4f\t%.4f\t%d\t%.1f\t%.1f\t%.1f\t%.3f\n", base,
               team_size(comm_world()), omp_get_max_threads(), median(measured.wall_s, n_repeats),
               median(measured.cpu_s, n_repeats), median(measured.exchange_s, n_repeats),
               (int)measured.n_exchanges, measured.sent / 1048576, measured.planned / 1048576,
               measured.state / 1048576, (double)measured.n_bytes / measured.state);
    }
    free(modes);
    free(copies);
    free(qpus);
    return status;
}

int main(int argc, char **argv) {
    int first = 1, n_repeats = 1;
    if (argc > 2 && strcmp(argv[1], "-r") == 0) {
        n_repeats = atoi(argv[2]);
        first = 3;
    }
    if (n_repeats < 1 || n_repeats > MAX_REPEATS || comm_start(&argc, &argv) != STATUS_OK) {
        return 1;
    }
    enum status status = STATUS_OK;
    for (int i = first; i < argc && status == STATUS_OK; i++) {
        struct circuit *circuit = NULL;
        status = comm_agree(comm_world(), circuit_read_file(&circuit, argv[i], NULL));
        if (status == STATUS_OK) {
            status = run_file(argv[i], circuit, n_repeats);
        }
        circuit_destroy(circuit);
    }
    comm_stop();
    return status == STATUS_OK ? 0 : 1;
}
