/* A GHZ state over three QPUs from C: distribute, plan, run, read the counts. No MPI.
 *
 *     cc plain.c $(pkg-config --cflags --libs qspan) -o plain && ./plain */
#include <inttypes.h>
#include <qspan/qspan.h>
#include <stdio.h>
#include <string.h>

static const char ghz[] = "OPENQASM 2.0;\n"
                          "include \"qelib1.inc\";\n"
                          "qreg q[6];\n"
                          "creg c[6];\n"
                          "h q[0];\n"
                          "cx q[0],q[1]; cx q[1],q[2]; cx q[2],q[3]; cx q[3],q[4]; cx q[4],q[5];\n"
                          "measure q -> c;\n";

/* All objects of the example; a NULL is nothing to destroy. */
struct work {
    struct qspan_circuit *circuit;
    struct qspan_machine *machine;
    struct qspan_program *program;
    struct qspan_plan *plan;
    struct qspan_options *options;
    struct qspan_results *results;
};

static enum qspan_status run(struct qspan_session *session, struct work *work) {
    enum qspan_status status = QSPAN_OK;
    if ((status = qspan_circuit_parse(session, &work->circuit, "ghz.qasm", ghz, strlen(ghz))) ||
        (status = qspan_machine_ideal(session, &work->machine, 3, work->circuit)) ||
        (status = qspan_distribute(&work->program, work->circuit, work->machine)) ||
        (status = qspan_options_create(session, &work->options)) ||
        (status = qspan_options_set_shots(work->options, 1000)) ||
        (status = qspan_options_set_seed(work->options, 7)) ||
        (status = qspan_options_set_observables(work->options, "stabiliser: XXXXXX")) ||
        (status = qspan_plan_create(&work->plan, work->program, work->machine, 1, work->options)) ||
        (status = qspan_run(&work->results, work->program, work->machine, work->options))) {
        return status;
    }
    return QSPAN_OK;
}

static void print(const struct work *work) {
    char key[7];
    double value, std_error;
    printf("plan: %" PRIu64 " ebits, %" PRIu64 " bytes, engine %s\n",
           qspan_plan_n_ebits(work->plan), qspan_plan_bytes_per_rank(work->plan),
           qspan_plan_engine(work->plan));
    for (size_t i = 0; i < qspan_results_n_counts(work->results); i++) {
        const uint64_t n = qspan_results_count(work->results, key, i);
        printf("%s %" PRIu64 "\n", key, n);
    }
    const char *name = qspan_results_observable(work->results, &value, &std_error, 0);
    printf("%s = %.3f +- %.3f\n", name, value, std_error);
}

int main(void) {
    struct qspan_session *session = NULL;
    struct work work = {NULL, NULL, NULL, NULL, NULL, NULL};
    if (qspan_open(&session) != QSPAN_OK) {
        return 1;
    }
    const enum qspan_status status = run(session, &work);
    if (status == QSPAN_OK) {
        print(&work);
    } else {
        fprintf(stderr, "%s\n", qspan_error(session));
    }
    qspan_results_destroy(work.results);
    qspan_options_destroy(work.options);
    qspan_plan_destroy(work.plan);
    qspan_program_destroy(work.program);
    qspan_machine_destroy(work.machine);
    qspan_circuit_destroy(work.circuit);
    qspan_close(session);
    return (int)status;
}
