/* The C API on one process: the whole way, errors, lifetimes. */
#include <criterion/criterion.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "qspan/qspan.h"

static const char bell[] = "OPENQASM 2.0;\ninclude \"qelib1.inc\";\nqreg q[2];\ncreg c[2];\n"
                           "h q[0];\ncx q[0],q[1];\nmeasure q -> c;\n";

static struct qspan_session *session;
static struct qspan_circuit *circuit;
static struct qspan_machine *machine;
static struct qspan_program *program;

static void start(void) {
    cr_assert_eq(qspan_open(&session), QSPAN_OK);
    cr_assert_eq(qspan_circuit_parse(session, &circuit, "bell.qasm", bell, strlen(bell)), QSPAN_OK);
    cr_assert_eq(qspan_machine_ideal(session, &machine, 2, circuit), QSPAN_OK);
    cr_assert_eq(qspan_distribute(&program, circuit, machine), QSPAN_OK);
}
static void stop(void) {
    qspan_program_destroy(program);
    qspan_machine_destroy(machine);
    qspan_circuit_destroy(circuit);
    qspan_close(session);
}
TestSuite(api, .init = start, .fini = stop);

Test(api, counts) {
    struct qspan_options *options = NULL;
    struct qspan_results *results = NULL;
    char key[3], first[3], last[3];
    cr_assert_eq(qspan_options_create(session, &options), QSPAN_OK);
    cr_assert_eq(qspan_options_set_shots(options, 1000), QSPAN_OK);
    cr_assert_eq(qspan_options_set_seed(options, 3), QSPAN_OK);
    cr_assert_eq(qspan_options_keep_records(options, 1), QSPAN_OK);
    cr_assert_eq(qspan_options_set_engine(options, QSPAN_STATEVECTOR), QSPAN_OK);
    cr_assert_eq(qspan_run(&results, program, machine, options), QSPAN_OK);
    qspan_options_destroy(options);
    cr_assert_eq(qspan_results_seed(results), 3);
    cr_assert_eq(qspan_results_n_shots(results), 1000);
    cr_assert_eq(qspan_results_n_key_bits(results), 2);
    cr_assert_eq(qspan_results_n_counts(results), 2);
    const uint64_t n = qspan_results_count(results, first, 0);
    cr_assert_eq(n + qspan_results_count(results, last, 1), 1000);
    cr_assert(strcmp(first, "00") == 0 && strcmp(last, "11") == 0);
    cr_assert(n > 400 && n < 600);
    cr_assert_eq(qspan_results_find_count(results, "00"), n);
    cr_assert_eq(qspan_results_find_count(results, "11"), 1000 - n);
    cr_assert_eq(qspan_results_find_count(results, "01"), 0);
    cr_assert_eq(qspan_results_find_count(results, "x1"), 0);
    cr_assert_eq(qspan_results_find_count(results, "011"), 0);
    uint64_t n_zeros = 0;
    for (uint64_t s = 0; s < 1000; s++) {
        cr_assert_eq(qspan_results_record(results, key, s), QSPAN_OK);
        n_zeros += strcmp(key, "00") == 0;
    }
    cr_assert_eq(n_zeros, n);
    cr_assert_eq(qspan_results_record(results, key, 1000), QSPAN_USAGE);
    cr_assert(qspan_results_n_ebits(results) == 1 && qspan_results_n_bits_sent(results) == 2);
    cr_assert_eq(qspan_results_makespan_ps(results), 0);
    cr_assert_eq(qspan_results_peak_group_qubits(results), 3);
    cr_assert_str_eq(qspan_results_engine(results), "statevector");
    qspan_results_destroy(results);
}

Test(api, exact_observables_and_defaults) {
    struct qspan_options *options = NULL;
    struct qspan_results *results = NULL;
    double value, error, mean;
    char key[3];
    cr_assert_eq(qspan_options_create(session, &options), QSPAN_OK);
    cr_assert_eq(qspan_options_set_probabilities(options, QSPAN_ALL), QSPAN_OK);
    cr_assert_eq(qspan_options_set_observables(options, "xx: XX\nzi: 2 Z1"), QSPAN_OK);
    cr_assert_eq(qspan_run(&results, program, NULL, options), QSPAN_OK);
    cr_assert_eq(qspan_results_n_probabilities(results), 2);
    cr_assert_lt(fabs(qspan_results_probability(results, key, 0) - 0.5), 1e-12);
    cr_assert_str_eq(key, "00");
    cr_assert_eq(qspan_results_n_observables(results), 2);
    cr_assert_str_eq(qspan_results_observable(results, &value, &error, 0), "xx");
    cr_assert(fabs(value - 1) < 1e-12 && error == 0);
    cr_assert_str_eq(qspan_results_observable(results, &value, &error, 1), "zi");
    cr_assert_lt(fabs(value), 1e-12);
    cr_assert_eq(qspan_results_fidelity(results, &mean, &error), QSPAN_USAGE);
    qspan_results_destroy(results);
    cr_assert_eq(qspan_options_set_observables(options, "XZX"), QSPAN_OK);
    cr_assert_eq(qspan_run(&results, program, NULL, options), QSPAN_INPUT);
    cr_assert(strstr(qspan_error(session), "observables:1:1: error: 3 letters for 2 qubits"));
    qspan_options_destroy(options);
    cr_assert_eq(qspan_run(&results, program, machine, NULL), QSPAN_OK);
    cr_assert_eq(qspan_results_n_shots(results), 1024);
    qspan_results_destroy(results);
}

/* Results outlive the program; a noisy machine lowers the fidelity with one QPU. */
Test(api, fidelity_and_files) {
    static const char noisy[] = "werner:n=2,data=1,comm=1,F=0.8";
    char folder[] = "/tmp/qspan_api_XXXXXX", path[64], state[64];
    struct qspan_machine *werner = NULL, *one = NULL;
    struct qspan_program *cut = NULL, *whole = NULL;
    struct qspan_options *options = NULL;
    struct qspan_results *results = NULL;
    double mean = 0, error = 0;
    char *text = NULL;
    cr_assert_not_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/r.h5", folder);
    snprintf(state, sizeof state, "%s/s.h5", folder);
    cr_assert_eq(qspan_machine_read(session, &werner, noisy), QSPAN_OK);
    cr_assert_eq(qspan_machine_n_qpus(werner), 2);
    cr_assert_eq(qspan_machine_ideal(session, &one, 1, circuit), QSPAN_OK);
    cr_assert_eq(qspan_distribute(&cut, circuit, werner), QSPAN_OK);
    cr_assert_eq(qspan_distribute(&whole, circuit, one), QSPAN_OK);
    cr_assert_eq(qspan_options_create(session, &options), QSPAN_OK);
    cr_assert_eq(qspan_options_set_ideal(options, whole), QSPAN_OK);
    cr_assert_eq(qspan_options_set_shots(options, 4000), QSPAN_OK);
    cr_assert_eq(qspan_options_set_state_file(options, state), QSPAN_OK);
    cr_assert_eq(qspan_run(&results, cut, werner, options), QSPAN_INPUT); /* no pure state */
    cr_assert_eq(qspan_run(&results, whole, one, options), QSPAN_OK);
    cr_assert_eq(unlink(state), 0);
    qspan_results_destroy(results);
    cr_assert_eq(qspan_options_set_state_file(options, NULL), QSPAN_OK);
    cr_assert_eq(qspan_run(&results, cut, werner, options), QSPAN_OK);
    qspan_options_destroy(options);
    qspan_program_destroy(cut);
    qspan_program_destroy(whole);
    qspan_machine_destroy(werner);
    qspan_machine_destroy(one);
    /* II and ZZ keep the Bell state; X and Y errors of the pair flip the target. */
    cr_assert_eq(qspan_results_fidelity(results, &mean, &error), QSPAN_OK);
    cr_assert(mean > 0.75 && mean < 0.95 && error > 0);
    cr_assert_eq(qspan_results_json(results, &text), QSPAN_OK);
    json_t *root = json_loads(text, 0, NULL);
    cr_assert_eq(json_integer_value(json_object_get(root, "shots")), 4000);
    json_decref(root);
    qspan_free(text);
    cr_assert_eq(qspan_results_write(results, path), QSPAN_OK);
    cr_assert_eq(unlink(path), 0);
    cr_assert_eq(qspan_results_write(results, "/nowhere/r.h5"), QSPAN_USAGE);
    qspan_results_destroy(results);
    cr_assert_eq(rmdir(folder), 0);
}

Test(api, single_precision) {
    struct qspan_options *options = NULL;
    struct qspan_results *results = NULL;
    struct qspan_plan *plan = NULL;
    char *json = NULL;
    cr_assert_eq(qspan_options_create(session, &options), QSPAN_OK);
    cr_assert_eq(qspan_options_set_precision(options, (enum qspan_precision)7), QSPAN_USAGE);
    cr_assert_eq(qspan_options_set_precision(options, QSPAN_SINGLE), QSPAN_OK);
    cr_assert_eq(qspan_options_set_fast(options, 1), QSPAN_OK);
    cr_assert_eq(qspan_run(&results, program, NULL, options), QSPAN_OK);
    cr_assert_eq(qspan_results_json(results, &json), QSPAN_OK);
    cr_assert_not_null(strstr(json, "\"precision\": \"single\""));
    cr_assert_not_null(strstr(json, "\"fast\": true"));
    qspan_free(json);
    qspan_results_destroy(results);
    cr_assert_eq(qspan_plan_create(&plan, program, NULL, 1, options), QSPAN_OK);
    cr_assert_eq(qspan_plan_peak_group_qubits(plan), 3);
    cr_assert_str_eq(qspan_plan_engine(plan), "statevector");
    qspan_plan_destroy(plan);
    cr_assert_eq(qspan_options_set_engine(options, QSPAN_FRAME), QSPAN_OK);
    cr_assert_eq(qspan_plan_create(&plan, program, NULL, 1, options), QSPAN_USAGE);
    cr_assert_eq(qspan_run(&results, program, NULL, options), QSPAN_USAGE);
    qspan_options_destroy(options);
}

Test(api, programs_and_plans) {
    struct qspan_program *again = NULL;
    struct qspan_plan *plan = NULL;
    char *text = NULL, *text_again = NULL;
    cr_assert_eq(qspan_circuit_n_qubits(circuit), 2);
    cr_assert_eq(qspan_program_n_qpus(program), 2);
    cr_assert_str_eq(qspan_program_qpu_name(program, 1), "B");
    cr_assert_eq(qspan_program_print(program, &text), QSPAN_OK);
    cr_assert_eq(qspan_program_parse(session, &again, "p.qasm", text, strlen(text)), QSPAN_OK);
    cr_assert_eq(qspan_program_print(again, &text_again), QSPAN_OK);
    cr_assert_str_eq(text, text_again);
    qspan_free(text);
    qspan_free(text_again);
    cr_assert_eq(qspan_plan_create(&plan, again, NULL, 4, NULL), QSPAN_OK);
    cr_assert(qspan_plan_n_ebits(plan) == 1 && qspan_plan_n_bits_sent(plan) == 2);
    cr_assert_str_eq(qspan_plan_engine(plan), "frame");
    cr_assert_eq(qspan_plan_peak_group_qubits(plan), 0);
    cr_assert_gt(qspan_plan_bytes_per_rank(plan), 64);
    cr_assert_eq(qspan_plan_makespan_ps(plan), 0);
    qspan_plan_destroy(plan);
    cr_assert_eq(qspan_plan_create(&plan, again, NULL, 1 << 20, NULL), QSPAN_OK);
    qspan_plan_destroy(plan);
    cr_assert_eq(qspan_plan_create(&plan, again, NULL, (1 << 20) + 1, NULL), QSPAN_USAGE);
    cr_assert_eq(qspan_plan_create(&plan, again, NULL, 0, NULL), QSPAN_USAGE);
    qspan_program_destroy(again);
}

Test(api, fused_programs) {
    struct qspan_plan *plan = NULL;
    struct qspan_options *options = NULL;
    struct qspan_results *results = NULL;
    char *json = NULL;
    cr_assert_eq(qspan_program_set_protocol(program, QSPAN_FUSED), QSPAN_OK);
    cr_assert_eq(qspan_options_create(session, &options), QSPAN_OK);
    cr_assert_eq(qspan_options_set_engine(options, QSPAN_STATEVECTOR), QSPAN_OK);
    cr_assert_eq(qspan_plan_create(&plan, program, NULL, 1, options), QSPAN_OK);
    qspan_options_destroy(options);
    cr_assert_eq(qspan_plan_peak_group_qubits(plan), 2);
    cr_assert(qspan_plan_n_ebits(plan) == 1 && qspan_plan_n_bits_sent(plan) == 2);
    qspan_plan_destroy(plan);
    cr_assert_eq(qspan_run(&results, program, machine, NULL), QSPAN_OK);
    cr_assert_eq(qspan_results_json(results, &json), QSPAN_OK);
    cr_assert_not_null(strstr(json, "\"protocol\": \"fused\""));
    qspan_free(json);
    cr_assert_eq(qspan_program_set_protocol(program, QSPAN_EXPLICIT), QSPAN_USAGE);
    qspan_results_destroy(results);
    cr_assert_eq(qspan_program_set_protocol(program, QSPAN_EXPLICIT), QSPAN_OK);
}

/* One gate and one bit, with what `run` gives of 40,000 shots: the share of ones. */
static double share_of_ones(const struct qspan_machine *on, const struct qspan_noise *noise,
                            enum qspan_engine engine, const char *engine_name) {
    static const char text[] = "OPENQASM 2.0;\ninclude \"qelib1.inc\";\nqreg q[1];\ncreg c[1];\n"
                               "x q[0];\nmeasure q -> c;\n";
    struct qspan_circuit *flip = NULL;
    struct qspan_program *cut = NULL;
    struct qspan_options *options = NULL;
    struct qspan_results *results = NULL;
    cr_assert_eq(qspan_circuit_parse(session, &flip, "x.qasm", text, strlen(text)), QSPAN_OK);
    cr_assert_eq(qspan_distribute(&cut, flip, on), QSPAN_OK);
    cr_assert_eq(qspan_options_create(session, &options), QSPAN_OK);
    cr_assert_eq(qspan_options_set_shots(options, 40000), QSPAN_OK);
    cr_assert_eq(qspan_options_set_seed(options, 11), QSPAN_OK);
    cr_assert_eq(qspan_options_set_noise(options, noise), QSPAN_OK);
    cr_assert_eq(qspan_options_set_engine(options, engine), QSPAN_OK);
    cr_assert_eq(qspan_run(&results, cut, on, options), QSPAN_OK, "%s", qspan_error(session));
    qspan_program_destroy(cut); /* the results keep what they need */
    cr_assert_str_eq(qspan_results_engine(results), engine_name);
    const double share = (double)qspan_results_find_count(results, "1") / 40000;
    qspan_results_destroy(results);
    qspan_options_destroy(options);
    qspan_circuit_destroy(flip);
    return share;
}

/* X with 0.1 after the gate, then a bit that is wrong with 0.2: 0.9 x 0.8 + 0.1 x 0.2 ones. */
Test(api, noise_and_errors_of_machines) {
    static const char pauli[] = "errors:\n- {gates: [x], pauli: {X: 0.1}}\n";
    static const char damping[] = "errors:\n- {gates: [x], amplitude_damping: 0.1}\n";
    static const char yaml[] = "qpus: [{name: A, data: 1, measure: {error: 0.2}}]\n";
    static const double right = 0.9 * 0.8 + 0.1 * 0.2, five_sigma = 0.011;
    struct qspan_noise *noise = NULL;
    struct qspan_machine *on = NULL;
    cr_assert_eq(qspan_noise_parse(session, &noise, "n.yaml", "errors: [{gates: [fnord]}]", 26),
                 QSPAN_INPUT);
    cr_assert(strstr(qspan_error(session), "n.yaml:1:"), "%s", qspan_error(session));
    cr_assert_eq(qspan_noise_read(session, &noise, "/nowhere/n.yaml"), QSPAN_INPUT);
    cr_assert_null(noise);
    cr_assert_eq(qspan_noise_parse(session, &noise, "n.yaml", pauli, strlen(pauli)), QSPAN_OK);
    cr_assert_eq(qspan_machine_parse(session, &on, "m.yaml", yaml, strlen(yaml)), QSPAN_OK);
    cr_expect_lt(fabs(share_of_ones(on, noise, QSPAN_AUTO, "frame") - right), five_sigma);
    cr_expect_lt(fabs(share_of_ones(on, noise, QSPAN_STATEVECTOR, "statevector") - right),
                 five_sigma);
    cr_expect_lt(fabs(share_of_ones(on, NULL, QSPAN_FRAME, "frame") - 0.8), five_sigma);
    qspan_noise_destroy(noise);
    cr_assert_eq(qspan_noise_parse(session, &noise, "n.yaml", damping, strlen(damping)), QSPAN_OK);
    cr_expect_lt(fabs(share_of_ones(on, noise, QSPAN_AUTO, "statevector") - right), five_sigma);
    qspan_noise_destroy(noise);
    qspan_machine_destroy(on);
}

static void keep_message(void *ctx, enum qspan_level level, const char *text) {
    snprintf(ctx, 200, "%d %s", (int)level, text);
}

Test(api, engines_say_why_and_where) {
    static const char text[] = "OPENQASM 2.0;\ninclude \"qelib1.inc\";\nqreg q[1];\nt q[0];\n";
    struct qspan_circuit *odd = NULL;
    struct qspan_program *cut = NULL;
    struct qspan_options *options = NULL;
    struct qspan_results *results = NULL;
    char message[200] = "";
    qspan_set_log(session, keep_message, message);
    cr_assert_eq(qspan_circuit_parse(session, &odd, "t.qasm", text, strlen(text)), QSPAN_OK);
    cr_expect_str_eq(message,
                     "2 qspan: note: t.qasm measures nothing: all qubits are measured at the end");
    cr_assert_eq(qspan_distribute(&cut, odd, machine), QSPAN_OK);
    cr_assert_eq(qspan_options_create(session, &options), QSPAN_OK);
    cr_assert_eq(qspan_run(&results, cut, machine, options), QSPAN_OK);
    cr_expect(strstr(message, "engine statevector: frames cannot follow t.qasm:4:1:"), "%s",
              message);
    cr_expect_str_eq(qspan_results_engine(results), "statevector");
    qspan_results_destroy(results);
    cr_assert_eq(qspan_options_set_engine(options, (enum qspan_engine)3), QSPAN_USAGE);
    cr_assert_eq(qspan_options_set_engine(options, QSPAN_FRAME), QSPAN_OK);
    cr_assert_eq(qspan_run(&results, cut, machine, options), QSPAN_INPUT);
    cr_expect(strstr(message, "0 t.qasm:4:1: error: "), "%s", message);
    qspan_program_destroy(cut);
    qspan_circuit_destroy(odd);
    cr_assert_eq(qspan_options_set_probabilities(options, 4), QSPAN_OK);
    cr_assert_eq(qspan_run(&results, program, machine, options), QSPAN_INPUT);
    cr_assert_eq(qspan_options_set_engine(options, QSPAN_AUTO), QSPAN_OK);
    cr_assert_eq(qspan_options_set_replicas(options, 2), QSPAN_OK);
    cr_assert_eq(qspan_run(&results, program, machine, options), QSPAN_USAGE);
    cr_expect(strstr(message, "2 replicas: expected a divisor of the number of ranks, 1"), "%s",
              message);
    cr_assert_eq(qspan_options_set_replicas(options, 0), QSPAN_OK);
    cr_assert_eq(qspan_run(&results, program, machine, options), QSPAN_OK);
    cr_expect_eq(qspan_results_n_replicas(results), 1);
    qspan_results_destroy(results);
    qspan_options_destroy(options);
}

static void count_messages(void *ctx, enum qspan_level level, const char *text) {
    cr_assert(level == QSPAN_LEVEL_ERROR && strlen(text) > 0);
    ++*(int *)ctx;
}

Test(api, what_is_refused_says_why) {
    struct qspan_session *second = NULL;
    struct qspan_circuit *bad = NULL;
    struct qspan_machine *none = NULL;
    struct qspan_program *untold = NULL;
    struct qspan_options *options = NULL;
    int n_messages = 0;
    qspan_set_log(session, count_messages, &n_messages);
    cr_assert_eq(qspan_open(&second), QSPAN_USAGE);
    cr_assert_eq(qspan_circuit_parse(session, &bad, "bad.qasm", "OPENQASM 2.0;\nfnord;", 20),
                 QSPAN_INPUT);
    cr_assert(strstr(qspan_error(session), "bad.qasm:2:1: error:"), "%s", qspan_error(session));
    cr_assert_eq(n_messages, 1);
    cr_assert_eq(qspan_circuit_read(session, &bad, "/nowhere/x.qasm"), QSPAN_INPUT);
    char *text = NULL;
    cr_assert_eq(qspan_program_print(program, &text), QSPAN_OK);
    cr_assert_eq(qspan_circuit_parse(session, &bad, "p.qasm", text, strlen(text)), QSPAN_INPUT);
    cr_assert(strstr(qspan_error(session), "p.qasm: a distributed program"));
    qspan_free(text);
    cr_assert_eq(qspan_program_set_protocol(program, (enum qspan_protocol)2), QSPAN_USAGE);
    cr_assert_eq(qspan_program_read(session, &untold, "/nowhere/x.qasm"), QSPAN_INPUT);
    cr_assert_eq(qspan_machine_read(session, &none, "fnord"), QSPAN_INPUT);
    cr_assert_eq(qspan_machine_ideal(session, &none, 0, circuit), QSPAN_USAGE);
    cr_assert_eq(qspan_machine_parse(session, &none, "m.yaml", "{", 1), QSPAN_INPUT);
    cr_assert_eq(qspan_options_create(session, &options), QSPAN_OK);
    cr_assert_eq(qspan_options_set_shots(options, 0), QSPAN_USAGE);
    cr_assert_eq(qspan_options_set_shots(options, UINT64_C(1) << 32), QSPAN_USAGE);
    cr_assert_eq(qspan_options_set_seed(options, UINT64_C(1) << 63), QSPAN_USAGE);
    cr_assert_eq(qspan_options_set_shots_per_timeline(options, 0), QSPAN_USAGE);
    cr_assert_eq(qspan_options_set_max_branches(options, 0), QSPAN_USAGE);
    qspan_options_destroy(options);
    cr_assert_eq(n_messages, 13);
    cr_assert(bad == NULL && none == NULL && untold == NULL && second == NULL);
}

static void count_all(void *ctx, enum qspan_level level, const char *text) {
    (void)level, (void)text;
    ++*(int *)ctx;
}

/* Errors and warnings are a session's own: the next one starts without, and hears them anew. */
Test(api, sessions_keep_their_messages) {
    static const char warns[] = "qreg q[1]; creg c[1]; measure q -> c;"; /* no version line */
    for (int round = 0; round < 2; round++) {
        struct qspan_results *results = NULL;
        struct qspan_circuit *other = NULL;
        char *before = NULL, *after = NULL;
        int n_messages = 0;
        cr_assert_str_eq(qspan_error(session), "");
        cr_assert_eq(qspan_run(&results, program, machine, NULL), QSPAN_OK);
        cr_assert_eq(qspan_results_json(results, &before), QSPAN_OK);
        cr_assert_null(strstr(before, "version line"));
        qspan_set_log(session, count_all, &n_messages);
        cr_assert_eq(qspan_circuit_parse(session, &other, "w.qasm", warns, strlen(warns)),
                     QSPAN_OK);
        cr_assert_eq(qspan_circuit_read(session, &other, "/nowhere"), QSPAN_INPUT);
        cr_assert_eq(n_messages, 2);
        cr_assert(strstr(qspan_error(session), "/nowhere") != NULL);
        cr_assert_eq(qspan_results_json(results, &after), QSPAN_OK);
        cr_assert(strstr(after, "version line") != NULL);
        qspan_free(before);
        qspan_free(after);
        qspan_circuit_destroy(other);
        qspan_results_destroy(results);
        stop();
        start();
    }
}

Test(api, sessions_follow_each_other) {
    stop();
    start();
    qspan_close(NULL);
    qspan_circuit_destroy(NULL);
    qspan_machine_destroy(NULL);
    qspan_program_destroy(NULL);
    qspan_plan_destroy(NULL);
    qspan_options_destroy(NULL);
    qspan_results_destroy(NULL);
    cr_assert_str_eq(qspan_version(), "0.1.0");
    cr_assert(qspan_rank(session) == 0 && qspan_n_ranks(session) == 1);
}
