/* What is asked of states at the end: expectation values, the final state, fidelity; against dense
 * vectors and closed forms. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "distribute/distribute.h"
#include "runtime/final_state.h"
#include "runtime/runtime.h"
#include "support/checked.h"
#include "support/naive_state.h"
#include "support/random_circuit.h"

enum { N = 6, DIM = 1 << N };

static void start(void) {
    cr_assert_eq(comm_start_alone(), STATUS_OK);
}
TestSuite(states, .init = start, .fini = comm_stop);

static struct pauli_sums *read_sums(const char *text, uint32_t n) {
    struct pauli_sums *sums = NULL;
    cr_assert_eq(pauli_sums_read_text(&sums, "o.txt", text, strlen(text), n), STATUS_OK);
    return sums;
}

static double naive_sum(const struct naive_state *state, const struct pauli_sums *sums, size_t i) {
    double value = 0;
    for (size_t t = sums->sums[i].first; t < sums->sums[i].first + sums->sums[i].n; t++) {
        const struct pauli_term *term = &sums->terms[t];
        value += term->coefficient * naive_expect(state, sums->qubits + term->first,
                                                  sums->letters + term->first, term->n);
    }
    return value;
}

static void run_naive(struct naive_state *state, const struct circuit *circuit) {
    naive_init(state, circuit->n_qubits);
    for (size_t i = 0; i < circuit->ops.n_ops; i++) {
        const struct op *op = &circuit->ops.ops[i];
        if (op->kind == OP_GATE) {
            naive_gate(state, (enum gate_id)op->which, op_params(&circuit->ops, op),
                       op_qubits(&circuit->ops, op));
        }
    }
}

struct seen {
    double amps[2 * DIM];
    int n_visits;
};

/* In pieces of four. */
static enum status see(void *ctx, struct engine *engine, const struct final_qubits *qubits) {
    struct seen *seen = ctx;
    cr_assert_eq(qubits->n, N);
    seen->n_visits++;
    for (uint64_t piece = 0; piece < DIM / 4; piece++) {
        TRY(engine->class->read(engine, seen->amps + 8 * piece, qubits->wires, N, 2, piece, 0));
    }
    return STATUS_OK;
}

static const char two_sums[] = "one: 0.5 X0 Z3 - 0.25 Y1*X2*X3 + 0.125 I\n"
                               "two: ZZZZZZ + XXIIYY\n Y0 + 2 Z5\n";

static void check_random(uint64_t seed, bool is_exact) {
    const struct random_circuit spec = {
        .seed = seed, .n_qubits = N, .n_ops = 40, .max_operands = 3, .is_measured = seed % 2 == 0};
    struct circuit *circuit = random_circuit_create(&spec);
    struct machine *machine = NULL;
    struct program *program = NULL, *ideal = NULL;
    struct pauli_sums *sums = read_sums(two_sums, N);
    struct results *results = NULL;
    struct naive_state naive;
    struct seen seen = {{0}, 0};
    cr_assert_eq(machine_create_ideal(&machine, 3, N, MACHINE_UNLIMITED), STATUS_OK);
    cr_assert_eq(distribute_simple(&program, circuit, machine), STATUS_OK);
    machine_destroy(machine);
    cr_assert_eq(machine_create_ideal(&machine, 1, N, 0), STATUS_OK);
    cr_assert_eq(distribute_simple(&ideal, circuit, machine), STATUS_OK);
    const struct run_options options = {
        .engine = &engine_statevector,
        .n_shots = 100,
        .seed = seed,
        .shots_per_timeline = 1024,
        .max_branches = 1000,
        .n_probabilities = is_exact ? RUN_ALL : 0,
        .observables = sums,
        .ideal = is_exact ? NULL : ideal,
        .visit_state = see,
        .state_ctx = &seen,
    };
    cr_assert_eq(runtime_run(&results, program, NULL, comm_world(), &options), STATUS_OK);
    run_naive(&naive, circuit);
    cr_assert_eq(results->n_observables, 2);
    for (size_t i = 0; i < 2; i++) {
        const struct run_observable *observable = &results->observables[i];
        cr_expect_lt(fabs(observable->value - naive_sum(&naive, sums, i)), 1e-12);
        cr_expect_lt(observable->std_error, 1e-12);
    }
    cr_expect_eq(seen.n_visits, 1);
    cr_expect_lt(naive_infidelity(&naive, seen.amps), 1e-12);
    cr_expect_eq(results->fidelity.is_set, !is_exact);
    cr_expect(is_exact || fabs(results->fidelity.mean - 1) < 1e-12);
    naive_fini(&naive);
    results_destroy(results);
    pauli_sums_destroy(sums);
    program_destroy(program);
    program_destroy(ideal);
    machine_destroy(machine);
    circuit_destroy(circuit);
}

Test(states, of_random_circuits) {
    for (uint64_t seed = 0; seed < 8; seed++) {
        check_random(seed, false);
        check_random(seed, true);
    }
}

/* ---- programs as text ---- */

static struct program *read_program(const char *body) {
    static const char head[] = "OPENQASM 3.0;\ninclude \"stdgates.inc\";\ninclude \"qnu.inc\";\n"
                               "qubit[3] a;\nqubit[3] b;\nbit[3] m;\noutput bit o;\n"
                               "pragma qspan qpu A data a[0:1] comm a[2]\n"
                               "pragma qspan qpu B data b[0:1] comm b[2]\n"
                               "pragma qspan logical in q a[0]\n";
    char text[2048];
    snprintf(text, sizeof text, "%s%s", head, body);
    return checked_program(text);
}

static enum status run_text(struct results **out_results, const char *body, const char *sums_text,
                            const char *link, struct run_options options) {
    struct program *program = read_program(body);
    struct machine *machine = NULL;
    struct pauli_sums *sums = sums_text ? read_sums(sums_text, 1) : NULL;
    char text[512];
    const int n = snprintf(text, sizeof text,
                           "qpus:\n  - {name: A, data: 2, comm: 1}\n  - {name: B, like: A}\n"
                           "links:\n  - {between: [A, B], %s}\n",
                           link);
    cr_assert_eq(machine_read_text(&machine, "m.yaml", text, (size_t)n), STATUS_OK, "%s",
                 log_get_error());
    options.engine = &engine_statevector;
    options.seed = 11;
    options.shots_per_timeline = 256;
    options.max_branches = 1000;
    options.observables = sums;
    options.ideal = options.ideal != NULL ? program : NULL;
    const enum status status = runtime_run(out_results, program, machine, comm_world(), &options);
    program_destroy(program);
    machine_destroy(machine);
    pauli_sums_destroy(sums);
    return status;
}

#define ANY_PROGRAM (const struct program *)1 /* itself */

static const char teleport[] = "pragma qspan logical out q b[0]\n"
                               "ry(1.1) a[0]; rz(0.4) a[0];\n"
                               "ebit(a[2], b[2]);\ncx a[0], a[2];\nh a[0];\n"
                               "m[0] = measure a[2];\nm[1] = measure a[0];\n"
                               "if (m[0]) x b[2];\nif (m[1]) z b[2];\n"
                               "swap b[2], b[0];\nreset b[2];\no = measure b[0];\n";

/* Every pure state has the mean fidelity (2 F + 1) / 3 after Werner teleportation; <P> shrinks by
 * (4 F - 1) / 3. */
Test(states, of_teleportation_over_werner_pairs) {
    static const double fidelities[] = {1, 0.9, 0.5, 0.25};
    for (size_t i = 0; i < 4; i++) {
        const double f = fidelities[i];
        char link[32];
        struct results *results = NULL;
        const struct run_options options = {.n_shots = 20000, .ideal = ANY_PROGRAM};
        snprintf(link, sizeof link, "fidelity: %.2f", f);
        cr_assert_eq(run_text(&results, teleport, "x: X0\ny: Y\nz: Z", link, options), STATUS_OK);
        const double want = (2 * f + 1) / 3, error = results->fidelity.std_error;
        cr_expect_leq(fabs(results->fidelity.mean - want), 4 * error + 1e-12, "F = %g: %g", f,
                      results->fidelity.mean);
        cr_expect(f == 1 ? error < 1e-12 : error > 1e-4 && error < 1e-2, "F = %g: %g", f, error);
        const double ideal[3] = {sin(1.1) * cos(0.4), sin(1.1) * sin(0.4), cos(1.1)};
        for (size_t k = 0; k < 3; k++) {
            const struct run_observable *seen = &results->observables[k];
            cr_expect_leq(fabs(seen->value - ideal[k] * (4 * f - 1) / 3),
                          4 * seen->std_error + 1e-12, "F = %g: %s %g", f, seen->name, seen->value);
        }
        results_destroy(results);
    }
}

/* Only Z errors of pairs with probability p: <X> and <Y> times 1 - 2 p, <Z> as it was, exactly. */
Test(states, of_teleportation_with_phase_errors) {
    struct results *results = NULL;
    const struct run_options options = {.n_shots = 10000};
    cr_assert_eq(run_text(&results, teleport, "x: X0\nz: Z", "weights: [0.8, 0, 0, 0.2]", options),
                 STATUS_OK);
    const struct run_observable *seen = results->observables;
    cr_expect_leq(fabs(seen[0].value - 0.6 * sin(1.1) * cos(0.4)), 4 * seen[0].std_error);
    cr_expect_leq(fabs(seen[1].value - cos(1.1)), 1e-12);
    cr_expect_eq(seen[1].std_error, 0);
    results_destroy(results);
}

/* A measured qubit: random over outcomes, certain in each shot. */
static const char measured[] = "pragma qspan logical out q a[0]\n"
                               "ry(1.1) a[0];\nm[0] = measure a[0];\nif (m[0]) h a[0];\n"
                               "o = measure a[0];\n";

Test(states, averaged_over_outcomes_or_shots) {
    struct results *results = NULL;
    const double p = (1 - cos(1.1)) / 2; /* then |->: <X> = -1 */
    const struct run_options exact = {.n_probabilities = RUN_ALL};
    cr_assert_eq(run_text(&results, measured, "x: X\nz: Z", "fidelity: 1", exact), STATUS_OK);
    cr_expect_lt(fabs(results->observables[0].value + p), 1e-12);
    cr_expect_lt(fabs(results->observables[1].value - (1 - p)), 1e-12);
    cr_expect_eq(results->observables[0].std_error, 0);
    results_destroy(results);
    const struct run_options shots = {.n_shots = 4000};
    cr_assert_eq(run_text(&results, measured, "x: X\nz: Z", "fidelity: 1", shots), STATUS_OK);
    const struct run_observable *seen = results->observables;
    cr_expect_leq(fabs(seen[0].value + p), 4 * seen[0].std_error);
    cr_expect_lt(fabs(seen[0].std_error - sqrt(p * (1 - p) / 4000)), 0.1 * seen[0].std_error);
    results_destroy(results);
}

/* Coins that are corrected, or act as stabilizers, leave one state; others do not. */
Test(states, where_the_final_state_is_pure) {
    static const char coin[] = "pragma qspan logical out q a[0]\n"
                               "h a[0];\nm[0] = measure a[0];\nx a[0];\n";
    static const struct {
        const char *body, *message;
    } cases[] = {
        {teleport, NULL},
        {"pragma qspan logical out q a[0]\nh a[0];\nm[0] = measure a[0];\nif (m[0]) x a[0];\n",
         NULL},
        {"pragma qspan logical out q a[0]\nh a[1];\nm[0] = measure a[1];\nif (m[0]) z a[0];\n",
         NULL},
        {coin, "that of q depends on the outcome"},
        {measured, "p.qasm:13:1: error: the qubits do not end in one"},
        {"pragma qspan logical out q a[0]\nh a[0];\ncx a[0], a[1];\n",
         "may be entangled with others"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct results *results = NULL;
        const struct run_options options = {.n_shots = 10, .ideal = ANY_PROGRAM};
        const bool is_pure = cases[i].message == NULL;
        const enum status status =
            run_text(&results, cases[i].body, NULL, "fidelity: 0.9", options);
        cr_expect_eq(status, is_pure ? STATUS_OK : STATUS_INPUT, "case %zu", i);
        cr_expect(is_pure || strstr(log_get_error(), cases[i].message), "case %zu: %s", i,
                  log_get_error());
        results_destroy(results);
    }
}

static enum status refuse_visit(void *ctx, struct engine *engine,
                                const struct final_qubits *qubits) {
    (void)ctx, (void)engine, (void)qubits;
    cr_expect_fail("visited");
    return STATUS_INTERNAL;
}

Test(states, of_a_noisy_program_is_not_pure) {
    struct results *results = NULL;
    const struct run_options options = {.n_shots = 10, .visit_state = refuse_visit};
    cr_assert_eq(run_text(&results, teleport, NULL, "fidelity: 0.9", options), STATUS_INPUT);
    cr_assert(strstr(log_get_error(), "p.qasm:13:1: error: one pure state at the end needs"), "%s",
              log_get_error());
}
