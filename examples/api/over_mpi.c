/* qspan in a part of an MPI program's ranks: the even ones share a state, the others do something
 * else. MPI is the program's own.
 *
 *     mpicc over_mpi.c $(pkg-config --cflags --libs qspan) -o over_mpi && mpirun -n 4 ./over_mpi */
#include <inttypes.h>
#include <qspan/qspan_mpi.h>
#include <stdio.h>
#include <string.h>

static const char qft[] = "OPENQASM 2.0;\n"
                          "include \"qelib1.inc\";\n"
                          "qreg q[4];\n"
                          "x q[0]; x q[2];\n"
                          "h q[3]; cu1(pi/2) q[2],q[3]; cu1(pi/4) q[1],q[3]; cu1(pi/8) q[0],q[3];\n"
                          "h q[2]; cu1(pi/2) q[1],q[2]; cu1(pi/4) q[0],q[2];\n"
                          "h q[1]; cu1(pi/2) q[0],q[1];\n"
                          "h q[0];\n";

/* Errors of gates, beside those of the machine's pairs. */
static const char noise_yaml[] = "errors:\n- {arity: 2, depolarizing: 1e-2}\n";

static enum qspan_status run(struct qspan_session *session, struct qspan_results **out_results) {
    struct qspan_circuit *circuit = NULL;
    struct qspan_machine *machine = NULL;
    struct qspan_noise *noise = NULL;
    struct qspan_program *program = NULL;
    struct qspan_options *options = NULL;
    enum qspan_status status = QSPAN_OK;
    if ((status = qspan_circuit_parse(session, &circuit, "qft.qasm", qft, strlen(qft))) ||
        (status = qspan_machine_read(session, &machine, "werner:n=2,data=2,comm=2,F=0.95")) ||
        (status =
             qspan_noise_parse(session, &noise, "noise.yaml", noise_yaml, strlen(noise_yaml))) ||
        (status = qspan_distribute(&program, circuit, machine)) ||
        (status = qspan_options_create(session, &options)) ||
        (status = qspan_options_set_seed(options, 5)) ||
        (status = qspan_options_set_noise(options, noise)) ||
        (status = qspan_options_set_shots_per_timeline(options, 256)) ||
        (status = qspan_options_set_replicas(options, 0)) || /* as many as have room */
        (status = qspan_run(out_results, program, machine, options))) {
        fprintf(stderr, "rank %d: %s\n", qspan_rank(session), qspan_error(session));
    }
    qspan_options_destroy(options);
    qspan_program_destroy(program); /* the results keep what they need */
    qspan_noise_destroy(noise);
    qspan_machine_destroy(machine);
    qspan_circuit_destroy(circuit);
    return status;
}

static int emulate(MPI_Comm comm) {
    struct qspan_session *session = NULL;
    struct qspan_results *results = NULL;
    if (qspan_open_mpi(&session, comm) != QSPAN_OK) {
        return 1;
    }
    const enum qspan_status status = run(session, &results);
    if (status == QSPAN_OK && qspan_rank(session) == 0) {
        printf("%d ranks, %" PRIu64 " replicas, %g ebits per shot, %zu outcomes of %" PRIu64
               " shots\n",
               qspan_n_ranks(session), qspan_results_n_replicas(results),
               qspan_results_n_ebits(results), qspan_results_n_counts(results),
               qspan_results_n_shots(results));
    }
    qspan_results_destroy(results);
    qspan_close(session);
    return (int)status;
}

int main(int argc, char **argv) {
    int rank, level, failed = 0;
    MPI_Comm half;
    MPI_Init_thread(&argc, &argv, MPI_THREAD_FUNNELED, &level);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_split(MPI_COMM_WORLD, rank % 2, rank, &half);
    if (rank % 2 == 0) {
        failed = emulate(half);
    }
    MPI_Comm_free(&half);
    MPI_Finalize();
    return failed;
}
