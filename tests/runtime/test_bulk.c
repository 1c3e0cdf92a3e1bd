/* Frames and state vectors run the same programs: protocols between QPUs, with and without errors
 * of pairs, must have the same distribution of output bits. */
#include <criterion/criterion.h>
#include <math.h>
#include <signal.h>
#include <string.h>
#include <sys/time.h>

#include "engine/engine.h"
#include "runtime/runtime.h"
#include "support/checked.h"
#include "support/messages.h"

enum { N_SHOTS = 20000, MAX_KEYS = 1 << 8 };

static void start(void) {
    cr_assert_eq(comm_start_alone(), STATUS_OK);
}

TestSuite(bulk, .init = start);

static struct run_options options_of(const struct engine_class *engine, uint64_t seed) {
    return (struct run_options){.engine = engine,
                                .n_shots = N_SHOTS,
                                .seed = seed,
                                .shots_per_timeline = 1024,
                                .max_branches = 65536};
}

static struct results *run(const struct program *program, const char *preset,
                           const struct engine_class *engine, uint64_t seed) {
    struct machine *machine = NULL;
    struct results *results = NULL;
    const struct run_options options = options_of(engine, seed);
    cr_assert(preset == NULL || machine_read(&machine, preset) == STATUS_OK);
    cr_assert_eq(runtime_run(&results, program, machine, comm_world(), &options), STATUS_OK, "%s",
                 log_get_error());
    machine_destroy(machine);
    return results;
}

static void count(uint64_t *out, const struct results *results) {
    memset(out, 0, MAX_KEYS * sizeof *out);
    for (size_t i = 0; i < results->n_counts; i++) {
        cr_assert_lt(results->counts[i].key[0], MAX_KEYS);
        out[results->counts[i].key[0]] += results->counts[i].n;
    }
}

/* Two samples of one distribution: chi-square of the difference stays near its degrees of freedom.
 */
static void expect_same(const char *text, const char *preset) {
    static uint64_t a[MAX_KEYS], b[MAX_KEYS];
    struct program *program = checked_program(text);
    struct results *dense = run(program, preset, &engine_statevector, 11);
    struct results *frames = run(program, preset, &engine_frame, 12);
    double chi_square = 0, n_free = -1;
    count(a, dense);
    count(b, frames);
    for (unsigned k = 0; k < MAX_KEYS; k++) {
        const double sum = (double)(a[k] + b[k]), difference = (double)a[k] - (double)b[k];
        chi_square += sum > 0 ? difference * difference / sum : 0;
        n_free += sum > 0;
    }
    cr_expect(chi_square < n_free + 5 * sqrt(2 * (n_free > 1 ? n_free : 1)),
              "chi-square %.1f of %.0f\n%s", chi_square, n_free, text);
    cr_expect_eq(dense->n_ebits, frames->n_ebits);
    cr_expect_eq(dense->n_bits_sent, frames->n_bits_sent);
    cr_expect_eq(dense->makespan_ps.max, frames->makespan_ps.max);
    cr_expect_str_eq(frames->engine, "frame");
    results_destroy(dense);
    results_destroy(frames);
    program_destroy(program);
}

#define HEAD                                                                                       \
    "OPENQASM 3.0;\ninclude \"stdgates.inc\";\ninclude \"qnu.inc\";\n"                             \
    "qubit[4] a;\nqubit[4] b;\nqubit[4] c;\nbit[8] m;\noutput bit[6] out;\n"                       \
    "pragma qspan qpu A data a[0:1] comm a[2:3]\npragma qspan qpu B data b[0:1] comm b[2:3]\n"     \
    "pragma qspan qpu C data c[0:1] comm c[2:3]\n"

static const char *const noisy = "werner:n=3,data=2,comm=2,F=0.9,time=10us";

/* GHZ over three QPUs by cat-entanglers, measured in X on one side. */
static const char *const ghz =
    HEAD "h a[0];\ncat_entangle(a[0], a[2], b[2]);\nswap b[2], b[0];\n"
         "cat_entangle(b[0], b[2], c[2]);\nswap c[2], c[0];\n"
         "out[0] = measure a[0];\nout[1] = measure b[0];\nout[2] = measure c[0];\n";
static const char *const ghz_x =
    HEAD "h a[0];\ncat_entangle(a[0], a[2], b[2]);\nswap b[2], b[0];\n"
         "cat_entangle(b[0], b[2], c[2]);\nswap c[2], c[0];\nh a[0];\nh b[0];\nh c[0];\n"
         "out[0] = measure a[0];\nout[1] = measure b[0];\nout[2] = measure c[0];\n";
/* |+i> goes from A to B to C and is measured in Y there; it is taken twice. */
static const char *const chain =
    HEAD "h a[0];\ns a[0];\nteledata(a[0], a[2], b[2], b[0]);\nreset a[0];\n"
         "teledata(b[0], b[2], c[2], c[0]);\nreset b[0];\n"
         "sdg c[0];\nh c[0];\nout[0] = measure c[0];\n"
         "x a[1];\nteledata(a[1], a[2], b[2], b[1]);\nreset a[1];\n"
         "teledata(b[1], b[2], c[2], c[1]);\nreset b[1];\nout[1] = measure c[1];\n";
/* A pair of A and B and one of B and C become one of A and C. */
static const char *const swapping = HEAD
    "ebit(a[2], b[2]);\nebit(b[3], c[2]);\ncx b[2], b[3];\nh b[2];\n"
    "out[2] = measure b[2];\nout[3] = measure b[3];\nif (out[3]) x c[2];\nif (out[2]) z c[2];\n"
    "swap a[2], a[0];\nswap c[2], c[0];\nh a[0];\nh c[0];\n"
    "out[0] = measure a[0];\nout[1] = measure c[0];\n";
/* CNOTs A -> B -> C -> A, in a loop, with noise and a parity as condition. */
static const char *const ladder =
    HEAD "h a[0];\nx b[1];\nfor uint i in [1:3] {\n"
         "  telegate_cx(a[0], a[2], b[2], b[0]);\n  telegate_cx(b[0], b[2], c[2], c[0]);\n"
         "  telegate_cz(c[0], c[2], a[2], a[1]);\n  h a[1];\n"
         "  @qspan.stim DEPOLARIZE2(0.05) a[0] c[0]\n  barrier;\n"
         "  out[4] = measure a[1];\n  out[5] = measure b[1];\n"
         "  if (out[4] ^ out[5]) x c[1];\n}\n"
         "out[0] = measure a[0];\nout[1] = measure b[0];\nout[2] = measure c[0];\n"
         "out[3] = measure c[1];\n";

Test(bulk, protocols_without_errors) {
    expect_same(ghz, NULL);
    expect_same(ghz_x, NULL);
    expect_same(chain, NULL);
    expect_same(swapping, NULL);
    expect_same(ladder, NULL);
}

Test(bulk, protocols_over_noisy_links) {
    expect_same(ghz, noisy);
    expect_same(ghz_x, noisy);
    expect_same(chain, noisy);
    expect_same(swapping, noisy);
    expect_same(ladder, noisy);
}

/* Conditions on coins and on what noise made of them, in a loop, with an ELSE; fused too. */
static const char *const conditional =
    HEAD "h a[0];\nx a[1];\nfor uint i in [1:3] {\n  m[0] = measure a[0];\n  h a[0];\n"
         "  if (m[0]) {\n    @qspan.stim X_ERROR(0.25) b[0]\n    barrier;\n    x c[0];\n"
         "  } else {\n    @qspan.stim DEPOLARIZE2(0.4) b[0] b[1]\n    barrier;\n  }\n"
         "  telegate_cx(b[0], b[2], c[2], c[0]);\n  m[1] = measure c[0];\n"
         "  if (m[0] ^ m[1]) {\n    @qspan.stim PAULI_CHANNEL_1(0.1, 0.2, 0.1) a[1]\n"
         "    barrier;\n  }\n}\n"
         "out[0] = measure a[1];\nout[1] = measure b[0];\nout[2] = measure b[1];\n"
         "out[3] = measure c[0];\n";

Test(bulk, errors_that_depend_on_bits) {
    struct program *program = checked_program(conditional);
    expect_same(conditional, NULL);
    expect_same(conditional, noisy);
    struct results *explicit = run(program, noisy, &engine_frame, 7);
    program->is_fused = true;
    struct results *fused = run(program, noisy, &engine_frame, 7);
    cr_expect_eq(fused->packets.n_fused, 0); /* conditions need the bits */
    cr_expect_eq(explicit->n_counts, fused->n_counts);
    results_destroy(explicit);
    results_destroy(fused);
    program_destroy(program);
}

/* F of the swapped pair: XX of two Werner pairs, l = (4F - 1)/3 each. */
Test(bulk, a_swapped_pair_has_the_product_of_correlators) {
    struct program *program = checked_program(swapping);
    struct results *results = run(program, noisy, &engine_frame, 5);
    uint64_t counts[MAX_KEYS];
    double same = 0;
    count(counts, results);
    for (unsigned k = 0; k < MAX_KEYS; k++) {
        same += (k & 1) == (k >> 1 & 1) ? (double)counts[k] : 0;
    }
    const double l = (4 * 0.9 - 1) / 3, p = (1 + l * l) / 2;
    cr_expect_float_eq(same / N_SHOTS, p, 5 * sqrt(p * (1 - p) / N_SHOTS));
    results_destroy(results);
    program_destroy(program);
}

static void expect_refused(const char *body, const char *want) {
    struct text text = {0};
    struct results *results = NULL;
    const struct run_options options = options_of(&engine_frame, 1);
    text_printf(&text, "%s%s", HEAD, body);
    struct program *program = checked_program(text.data);
    cr_expect_eq(runtime_run(&results, program, NULL, comm_world(), &options), STATUS_INPUT);
    cr_expect_not_null(strstr(log_get_error(), want), "%s", log_get_error());
    program_destroy(program);
    text_fini(&text);
}

Test(bulk, refuses_with_place) {
    messages_keep();
    expect_refused("t a[0];\nout[0] = measure a[0];\n", "p.qasm:12:1: ");
    expect_refused("m[0] = measure a[0];\nif (m[0]) h a[1];\nout[0] = measure a[1];\n",
                   "p.qasm:13:");
    expect_refused("m[0] = measure a[0];\nm[1] = measure a[1];\nif (m[0] && m[1]) x b[0];\n"
                   "out[0] = measure b[0];\n",
                   "p.qasm:14:");
}

/* What is chosen, and a piece of why. */
static void expect_choice(const char *text, uint64_t max_bytes, const struct engine_class *engine,
                          const char *why) {
    struct run_choice choice;
    struct program *program = checked_program(text);
    cr_assert_eq(runtime_choose(&choice, program, max_bytes), STATUS_OK);
    cr_expect_eq(choice.engine, engine, "%s\n%s", choice.why, text);
    cr_expect_not_null(strstr(choice.why, why), "%s", choice.why);
    program_destroy(program);
}

Test(bulk, is_chosen_for_clifford_programs) {
    const uint64_t room = UINT64_C(1) << 30;
    const struct engine_class *dense = &engine_statevector;
    expect_choice(ghz, room, &engine_frame, "Clifford");
    expect_choice(ladder, room, &engine_frame, "Clifford");
    expect_choice(ghz, 1000, dense, "need");
    expect_choice(HEAD "h a[0];\nt a[0];\nout[0] = measure a[0];\n", room, dense, "p.qasm:13:1: ");
    expect_choice(HEAD "m[0] = measure a[0];\nif (m[0]) {\n  reset a[1];\n}\n"
                       "out[0] = measure a[1];\n",
                  room, dense, "p.qasm:14:");
}

/* More qubits than any state vector, and every shot is a GHZ shot. */
Test(bulk, runs_what_state_vectors_cannot) {
    struct text text = {0};
    text_add(&text, "OPENQASM 3.0;\ninclude \"stdgates.inc\";\nqubit[300] a;\noutput bit[6] out;\n"
                    "pragma qspan qpu A data a[0:299]\nh a[0];\n");
    for (unsigned i = 0; i + 1 < 300; i++) {
        text_printf(&text, "cx a[%u], a[%u];\n", i, i + 1);
    }
    for (unsigned i = 0; i < 6; i++) {
        text_printf(&text, "out[%u] = measure a[%u];\n", i, 59 * i);
    }
    expect_choice(text.data, UINT64_C(1) << 30, &engine_frame, "Clifford");
    struct program *program = checked_program(text.data);
    struct results *results = run(program, NULL, &engine_frame, 3);
    cr_expect_eq(results->n_counts, 2);
    cr_expect_eq(results->counts[0].key[0], 0);
    cr_expect_eq(results->counts[1].key[0], 63);
    results_destroy(results);
    program_destroy(program);
    text_fini(&text);
}

/* ---- the same errors, shot by shot ---- */

/* Rare errors are drawn from the same counters: where no coin reaches a result, shots of frames and
 * of state vectors are the same shots. */
static void expect_same_shots(const char *text, const char *preset) {
    struct program *program = checked_program(text);
    struct machine *machine = NULL;
    struct results *results[2] = {NULL, NULL};
    const struct engine_class *engines[2] = {&engine_statevector, &engine_frame};
    cr_assert(preset == NULL || machine_read(&machine, preset) == STATUS_OK);
    for (unsigned i = 0; i < 2; i++) {
        struct run_options options = options_of(engines[i], 21);
        options.keeps_records = true;
        cr_assert_eq(runtime_run(&results[i], program, machine, comm_world(), &options), STATUS_OK,
                     "%s", log_get_error());
    }
    const size_t n_bytes = N_SHOTS * results[0]->record_bytes;
    cr_expect_gt(results[0]->n_counts, 1, "no errors\n%s", text);
    cr_expect_eq(memcmp(results[0]->records, results[1]->records, n_bytes), 0, "%s", text);
    results_destroy(results[0]);
    results_destroy(results[1]);
    machine_destroy(machine);
    program_destroy(program);
}

Test(bulk, rare_errors_are_those_of_state_vectors) {
    static const char *const measure_all = "out[0] = measure a[0];\nout[1] = measure a[1];\n"
                                           "out[2] = measure b[0];\nout[3] = measure b[1];\n";
    static const char *const noise[] = {
        "pragma qspan stim X_ERROR(0.01) a[0] a[1] b[0]\n",
        "pragma qspan stim Y_ERROR(0.004) b[0]\npragma qspan stim Z_ERROR(0.01) a[0]\n",
        "pragma qspan stim DEPOLARIZE1(0.015) a[0] b[0] b[1]\n",
        "pragma qspan stim DEPOLARIZE2(0.02) a[0] b[0] a[1] b[1]\n",
        "pragma qspan stim PAULI_CHANNEL_1(0.001, 0.006, 0.002) a[0] a[1]\n",
        "pragma qspan stim PAULI_CHANNEL_2(0.001, 0, 0.002, 0.003, 0, 0, 0.001, 0, 0, 0.001, 0, "
        "0, 0, 0.004, 0) a[0] b[0]\ncx a[0], a[1];\ncx b[0], b[1];\n",
        "for uint i in [1:7] {\n  for uint j in [1:3] {\n    @qspan.stim X_ERROR(0.001) a[0] b[1]\n"
        "    barrier;\n    cx a[0], a[1];\n  }\n  @qspan.stim DEPOLARIZE1(0.002) b[0]\n"
        "  barrier;\n}\n",
        "pragma qspan stim X_ERROR(0.02) a[0]\nout[4] = measure a[0];\nif (out[4]) x b[0];\n",
        "pragma qspan op measure(0.01) out[4] Z a[0]\nif (out[4]) x a[1];\n",
        /* errors that depend on bits: of the reference 0, 1, wrong and in rounds 1, 0, 1 ... */
        "out[4] = measure a[0];\nif (out[4]) {\n  @qspan.stim X_ERROR(0.02) a[0]\n  barrier;\n} "
        "else {\n"
        "  @qspan.stim DEPOLARIZE2(0.02) b[0] b[1]\n  barrier;\n  x a[1];\n}\n",
        "x a[0];\npragma qspan op measure(0.02) out[4] Z a[0]\nif (out[4]) {\n  z b[0];\n"
        "  @qspan.stim DEPOLARIZE1(0.015) b[0] a[1]\n  barrier;\n"
        "  @qspan.stim X_ERROR(0.01) b[1]\n  barrier;\n}\n"
        "pragma qspan stim X_ERROR(0.01) b[1]\n",
        "for uint i in [1:7] {\n  x a[0];\n  out[4] = measure a[0];\n  out[5] = measure b[0];\n"
        "  if (out[4] ^ out[5]) {\n    @qspan.stim X_ERROR(0.005) b[0] b[1]\n    barrier;\n  }\n"
        "  if (!out[4]) {\n    x a[1];\n    @qspan.stim Y_ERROR(0.002) a[1]\n    barrier;\n  }\n"
        "}\n",
    };
    for (size_t i = 0; i < sizeof noise / sizeof *noise; i++) {
        struct text text = {0};
        text_printf(&text, "%s%s%s", HEAD, noise[i], measure_all);
        expect_same_shots(text.data, NULL);
        text_fini(&text);
    }
    /* |0> and |1> by noisy pairs: a result is wrong where an X is left of the errors */
    expect_same_shots(HEAD "x a[1];\nteledata(a[0], a[2], b[2], b[0]);\nreset a[0];\n"
                           "teledata(b[0], b[2], c[2], c[0]);\nreset b[0];\n"
                           "for uint i in [1:3] {\n  telegate_cx(a[1], a[2], b[2], b[1]);\n}\n"
                           "out[0] = measure c[0];\nout[1] = measure b[1];\n"
                           "out[2] = measure a[1];\n",
                      "werner:n=3,data=2,comm=2,F=0.99,time=10us");
}

static volatile sig_atomic_t told;

static void tell(int number) {
    (void)number;
    told = 1;
}

static void tell_after(long us) {
    const struct itimerval timer = {.it_value = {.tv_sec = us / 1000000, .tv_usec = us % 1000000}};
    told = 0;
    setitimer(ITIMER_REAL, &timer, NULL);
}

/* Wherever a run is told to stop, also inside of a batch, its shots are the first of a whole run.
 */
Test(bulk, stops_anywhere) {
    static const char text[] = HEAD "for uint i in [1:60000] {\n"
                                    "  @qspan.stim DEPOLARIZE2(0.000002) a[0] a[1]\n  barrier;\n  "
                                    "h a[0];\n  cx a[0], a[1];\n}\n"
                                    "out[0] = measure a[0];\nout[1] = measure a[1];\n";
    static uint64_t a[MAX_KEYS], b[MAX_KEYS];
    struct program *program = checked_program(text);
    struct run_options options = options_of(&engine_frame, 3);
    signal(SIGALRM, tell);
    for (long us = 10000; us < 100000; us *= 2) {
        struct results *part = NULL, *whole = NULL;
        options.n_shots = 1 << 30;
        options.stop = &told;
        tell_after(us);
        const enum status status = runtime_run(&part, program, NULL, comm_world(), &options);
        if (status == STATUS_INTERRUPTED) {
            continue; /* before the first shots */
        }
        cr_assert_eq(status, STATUS_OK);
        cr_assert(part->n_shots > 0 && part->n_shots < 1 << 30 && part->n_shots % 1024 == 0);
        options.n_shots = part->n_shots;
        options.stop = NULL;
        cr_assert_eq(runtime_run(&whole, program, NULL, comm_world(), &options), STATUS_OK);
        count(a, part);
        count(b, whole);
        cr_expect_arr_eq(a, b, sizeof a, "after %llu shots", (unsigned long long)part->n_shots);
        results_destroy(part);
        results_destroy(whole);
    }
    program_destroy(program);
}
