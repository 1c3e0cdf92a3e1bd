/* Models against what errors do when they are carried forward one by one, texts that Stim 1.16
 * writes, refusals with their places. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "dem/channel.h"
#include "dem/dem.h"
#include "distribute/distribute.h"
#include "support/messages.h"
#include "support/naive_dem.h"
#include "support/random_circuit.h"

static struct circuit *read_circuit(const char *text) {
    struct circuit *circuit = NULL;
    messages_keep();
    cr_assert_eq(stim_read_text(&circuit, "t.stim", text, strlen(text), NULL), STATUS_OK, "%s\n%s",
                 messages_all(), text);
    return circuit;
}

static enum status try_model(struct text *out, const char *text,
                             const struct dem_options *options) {
    struct circuit *circuit = read_circuit(text);
    struct dem_model *model = NULL;
    const enum status status = dem_from_circuit(&model, circuit, options);
    if (status == STATUS_OK) {
        cr_assert_eq(dem_print(out, model), STATUS_OK);
        text_add(out, "");
        dem_destroy(model);
    }
    circuit_destroy(circuit);
    return status;
}

static void expect_model(const char *text, struct dem_options options, const char *want) {
    struct text got = {0};
    cr_assert_eq(try_model(&got, text, &options), STATUS_OK, "%s\n%s", messages_all(), text);
    cr_expect_str_eq(got.data, want, "%s\ngives\n%sinstead of\n%s", text, got.data, want);
    text_fini(&got);
}

static void expect_refused(const char *text, struct dem_options options, const char *want) {
    struct text got = {0};
    cr_expect_eq(try_model(&got, text, &options), STATUS_INPUT, "%s", text);
    cr_expect_not_null(strstr(messages_all(), want), "%s\nsays\n%s", text, messages_all());
    text_fini(&got);
}

/* ---- texts ---- */

Test(dem, writes_what_stim_writes) {
    expect_model("", (struct dem_options){0}, "");
    expect_model("R 0 1\nX_ERROR(0.125) 0\nX_ERROR[t](0.25) 0\nM 0 1\nDETECTOR(1, 0.5) rec[-2]\n"
                 "DETECTOR rec[-1]\nSHIFT_COORDS(0, 1)\nOBSERVABLE_INCLUDE(3) rec[-2] rec[-1]\n",
                 (struct dem_options){0},
                 "error(0.125) D0 L3\nerror[t](0.25) D0 L3\ndetector(1, 0.5) D0\ndetector D1\n"
                 "shift_detectors(0, 1) 0\n");
    expect_model("R 0 1 2\nDEPOLARIZE2(0.00123456) 0 1\nMR 2\nM 0 1\nDETECTOR rec[-1]\n"
                 "DETECTOR rec[-2]\nOBSERVABLE_INCLUDE(0) rec[-2]\n",
                 (struct dem_options){.decompose = true},
                 "error(0.0003293244545963466569) D0\nerror(0.0003293244545963466569) D1 L0\n"
                 "error(0.0003293244545963466569) D1 L0 ^ D0\n");
}

Test(dem, folds_loops) {
    const char *const text = "R 0 1\nREPEAT 1000000000000 {\n    X_ERROR(0.125) 1\n    MR 1\n"
                             "    SHIFT_COORDS(0, 1)\n    DETECTOR(5) rec[-1]\n}\nMR 1\n"
                             "DETECTOR rec[-1]\n";
    expect_model(text, (struct dem_options){.fold_loops = true},
                 "repeat 1000000000000 {\n    error(0.125) D0\n    shift_detectors(0, 1) 0\n"
                 "    detector(5) D0\n    shift_detectors 1\n}\ndetector D0\n");
    expect_refused(text, (struct dem_options){0}, "--fold-loops keeps loops");
}

Test(dem, gives_random_detectors_an_error_of_one_half) {
    const char *const text = "R 0 1\nH 0\nCX 0 1\nM 0 1\nDETECTOR rec[-1]\nDETECTOR rec[-2]\n";
    expect_model(text, (struct dem_options){.allow_gauge = true}, "error(0.5) D0 D1\n");
    expect_refused(text, (struct dem_options){0},
                   "t.stim:1:3: error: D0 D1 is random (together): what happens here on q[0]");
    expect_refused("H 0\nM 0\nDETECTOR rec[-1]\n", (struct dem_options){0},
                   "t.stim: error: D0 is random: the start in |0> on q[0]");
    expect_refused("H 0\nM 0\nOBSERVABLE_INCLUDE(0) rec[-1]\n",
                   (struct dem_options){.allow_gauge = true}, "an observable must not be");
}

Test(dem, refuses_with_place_and_reason) {
    const struct dem_options none = {0}, split = {.decompose = true};
    expect_refused("H 0\nT 0\n", none, "t.stim:2:3: error: t is no Clifford: error models need");
    expect_refused("R 0\nPAULI_CHANNEL_1(0.1, 0, 0.1) 0\nMX 0\n", none,
                   "t.stim:2:1: error: PAULI_CHANNEL_1: its cases exclude each other");
    expect_refused("HERALDED_ERASE(0.1) 0\n", (struct dem_options){.approximate = 0.01},
                   "t.stim:1:21: error: HERALDED_ERASE: a case is more probable than");
    expect_refused("E(0.1) X0\nELSE_CORRELATED_ERROR(0.1) X1\n", none,
                   "t.stim:1:1: error: E: its cases");
    expect_refused("DEPOLARIZE1(0.8) 0\n", none, "mixes more than completely");
    expect_refused("R 0 1 2 3\nE(0.1) X0 X1 X2 X3\nM 0 1 2 3\nDETECTOR rec[-1]\nDETECTOR rec[-2]\n"
                   "DETECTOR rec[-3]\nDETECTOR rec[-4]\n",
                   split, "an error that flips D0 D1 D2 D3 cannot be split");
}

/* ---- channels ---- */

Test(dem, independent_cases_give_the_channel_back) {
    struct random_stream stream = {.seed = 11};
    unsigned n_solved = 0;
    for (int trial = 0; trial < 300; trial++) {
        const unsigned s = 2 + random_below(&stream, 3), n = 1u << s;
        double p[16] = {0}, q[16], made[16] = {1};
        for (unsigned k = 1; k < n; k++) {
            p[k] = random_unit(&stream) * (trial % 3 == 0 ? 0.9 : 0.02) / n;
            q[k] = p[k];
        }
        if (!channel_make_independent(q, s)) {
            continue;
        }
        n_solved++;
        for (unsigned k = 1; k < n; k++) {
            double next[16];
            for (unsigned i = 0; i < n; i++) {
                next[i] = made[i] * (1 - q[k]) + made[i ^ k] * q[k];
            }
            memcpy(made, next, sizeof next);
        }
        for (unsigned k = 1; k < n; k++) {
            cr_expect_float_eq(made[k], p[k], 1e-14);
        }
    }
    cr_expect_gt(n_solved, 150);
}

Test(dem, a_likely_case_is_undone) {
    double p[4] = {0, 0.95 * 0.9, 0.05 * 0.1, 0.95 * 0.1};
    cr_assert(channel_make_independent(p, 2));
    cr_expect_float_eq(p[1], 0.95, 1e-14);
    cr_expect_float_eq(p[2], 0.1, 1e-14);
    cr_expect_eq(p[3], 0);
}

/* ---- random circuits ---- */

enum { N_DATA = 4, N_CHECKS = 3 };

static void add_product(struct text *out, const unsigned *letters) {
    bool is_first = true;
    text_add(out, " ");
    for (unsigned q = 0; q < N_DATA; q++) {
        if (letters[q] != 0) {
            text_printf(out, "%s%c%u", is_first ? "" : "*", " XYZ"[letters[q]], q);
            is_first = false;
        }
    }
}

/* Products of Paulis that commute with each other. */
static void draw_checks(unsigned checks[N_CHECKS][N_DATA], struct random_stream *stream) {
    for (unsigned i = 0; i < N_CHECKS;) {
        unsigned weight = 0;
        bool commutes = true;
        for (unsigned q = 0; q < N_DATA; q++) {
            checks[i][q] = random_below(stream, 4);
            weight += checks[i][q] != 0;
        }
        for (unsigned j = 0; j < i; j++) {
            unsigned n = 0;
            for (unsigned q = 0; q < N_DATA; q++) {
                n += checks[i][q] != 0 && checks[j][q] != 0 && checks[i][q] != checks[j][q];
            }
            commutes = commutes && n % 2 == 0;
        }
        i += weight > 0 && commutes;
    }
}

struct draw {
    struct text *out;
    struct random_stream stream;
    unsigned n_records; /* of a round, before the checks */
    bool no_heralds;
};

/* An ancilla that is measured and fed back, or a herald: a result of its own, looked at by a
 * detector. At most one in a round. */
static void add_result(struct draw *d, unsigned a, double p) {
    if (d->n_records > 0) {
        return;
    }
    d->n_records++;
    if (random_below(&d->stream, 2) == 0 && !d->no_heralds) {
        text_printf(d->out, "HERALDED_PAULI_CHANNEL_1(0, %.3f, 0, 0) %u\n", p, a);
    } else {
        text_printf(d->out, "R 4\nX_ERROR(%.3f) 4\nMR(%.3f) 4\n", p, p / 2);
    }
    text_printf(d->out, "C%c rec[-1] %u\nDETECTOR rec[-1]\n", "XYZ"[random_below(&d->stream, 3)],
                a);
}

static void add_noise(struct draw *d) {
    const unsigned a = random_below(&d->stream, N_DATA), b = (a + 1) % N_DATA;
    const double p = 0.01 + 0.05 * random_unit(&d->stream);
    struct text *out = d->out;
    switch (random_below(&d->stream, 9)) {
    case 0:
        text_printf(out, "X_ERROR(%.3f) %u %u\n", p, a, b);
        return;
    case 1:
        text_printf(out, "Y_ERROR(%.3f) %u\n", p, a);
        return;
    case 2:
        text_printf(out, "Z_ERROR(%.3f) %u\n", p, a);
        return;
    case 3:
        text_printf(out, "DEPOLARIZE1(%.3f) %u %u\n", p, b, a);
        return;
    case 4:
        text_printf(out, "DEPOLARIZE2(%.3f) %u %u\n", p, b, a);
        return;
    case 5:
        text_printf(out, "PAULI_CHANNEL_1(%.3f, %.3f, %.3f) %u\n", p, 0.9 * p, 0.8 * p, a);
        return;
    case 6:
        text_printf(out, "E(%.3f) X%u Y%u Z%u\n", p, a, b, (b + 1) % N_DATA);
        return;
    case 7:
        text_add(out, "PAULI_CHANNEL_2(");
        for (unsigned k = 0; k < 15; k++) {
            text_printf(out, "%s%.6f", k == 0 ? "" : ", ",
                        p * (1 + 0.02 * random_unit(&d->stream)) / 15);
        }
        text_printf(out, ") %u %u\n", a, b);
        return;
    default:
        add_result(d, a, p);
    }
}

/* Gates, noise, and the gates taken back: what commuted with the checks still does. */
static void add_round(struct draw *d) {
    static const char *const gates[][2] = {
        {"H", "H"},
        {"S", "S_DAG"},
        {"C_XYZ", "C_ZYX"},
        {"SQRT_X", "SQRT_X_DAG"},
        {"H_YZ", "H_YZ"},
        {"CX", "CX"},
        {"ISWAP", "ISWAP_DAG"},
        {"XCY", "XCY"},
        {"CXSWAP", "SWAPCX"},
        {"SQRT_YY_DAG", "SQRT_YY"},
        {"CZSWAP", "CZSWAP"},
        {"SWAP", "SWAP"},
    };
    enum { N_GATES = 6, N_ONE = 5 };
    unsigned kinds[N_GATES], a[N_GATES];
    for (unsigned i = 0; i < 2 * N_GATES; i++) {
        const bool is_back = i >= N_GATES;
        const unsigned k = is_back ? 2 * N_GATES - 1 - i : i;
        if (!is_back) {
            kinds[k] = random_below(&d->stream, 12);
            a[k] = random_below(&d->stream, N_DATA - 1);
        }
        text_printf(d->out, "%s %u", gates[kinds[k]][is_back], a[k]);
        if (kinds[k] >= N_ONE) { /* SWAPCX undoes CXSWAP on the same pair */
            text_printf(d->out, " %u", a[k] + 1);
        }
        text_add(d->out, "\n");
        if (i % 3 == 2) {
            add_noise(d);
        }
    }
}

static void draw_circuit(struct draw *d) {
    unsigned checks[N_CHECKS][N_DATA];
    struct text products = {0};
    draw_checks(checks, &d->stream);
    for (unsigned i = 0; i < N_CHECKS; i++) {
        add_product(&products, checks[i]);
    }
    text_printf(d->out, "R 0 1 2 3 4\nMPP%s\nREPEAT 3 {\n", products.data);
    add_round(d);
    text_printf(d->out, "MPP(0.02)%s\n", products.data);
    for (unsigned i = 1; i <= N_CHECKS; i++) {
        text_printf(d->out, "DETECTOR rec[-%u] rec[-%u]\n", i, i + N_CHECKS + d->n_records);
    }
    text_printf(d->out, "OBSERVABLE_INCLUDE(0) rec[-1] rec[-%u]\n}\n", 1 + N_CHECKS + d->n_records);
    text_fini(&products);
}

static void expect_distribution(const struct naive_distribution *want, const char *text,
                                const struct dem_options *options) {
    static struct naive_distribution got;
    struct text model = {0};
    unsigned widest;
    cr_assert_eq(try_model(&model, text, options), STATUS_OK, "%s\n%s", messages_all(), text);
    got = (struct naive_distribution){.n_detectors = want->n_detectors, .n_bits = want->n_bits};
    naive_from_text(&got, &widest, model.data);
    for (unsigned i = 0; i < 1u << want->n_bits; i++) {
        cr_assert_float_eq(got.p[i], want->p[i], 1e-13, "outcome %x: %.17g, not %.17g\n%s\n%s", i,
                           got.p[i], want->p[i], text, model.data);
    }
    cr_assert(!options->decompose || widest <= 2, "%s\n%s", text, model.data);
    text_fini(&model);
}

Test(dem, random_circuits_are_what_errors_do_one_by_one) {
    static struct naive_distribution want;
    for (uint64_t seed = 0; seed < 40; seed++) {
        struct text text = {0};
        struct draw draw = {.out = &text, .stream = {.seed = seed}};
        draw_circuit(&draw);
        struct circuit *circuit = read_circuit(text.data);
        naive_from_ops(&want, &circuit->ops, circuit->n_qubits, circuit->n_bits, NULL);
        circuit_destroy(circuit);
        expect_distribution(&want, text.data, &(struct dem_options){0});
        expect_distribution(&want, text.data, &(struct dem_options){.fold_loops = true});
        text_fini(&text);
    }
}

/* The checks Z0 Z1, Z1 Z2, Z2 Z3 of a chain: every error can be split. */
Test(dem, split_errors_flip_the_same) {
    static struct naive_distribution want;
    const char *const text =
        "R 0 1 2 3 4 5 6\nREPEAT 3 {\n    DEPOLARIZE1(0.03) 0 2 4 6\n    CX 0 1 2 3 4 5\n"
        "    DEPOLARIZE2(0.02) 0 1 2 3 4 5\n    CX 2 1 4 3 6 5\n"
        "    DEPOLARIZE2(0.01) 2 1 4 3 6 5\n    MR(0.04) 1 3 5\n    DETECTOR rec[-1]\n"
        "    DETECTOR rec[-2]\n    DETECTOR rec[-3]\n}\nM 0 2 4 6\n"
        "DETECTOR rec[-4] rec[-3] rec[-7]\nDETECTOR rec[-3] rec[-2] rec[-6]\n"
        "OBSERVABLE_INCLUDE(0) rec[-1]\n";
    struct circuit *circuit = read_circuit(text);
    naive_from_ops(&want, &circuit->ops, circuit->n_qubits, circuit->n_bits, NULL);
    circuit_destroy(circuit);
    expect_distribution(&want, text, &(struct dem_options){.decompose = true});
    expect_distribution(&want, text, &(struct dem_options){.decompose = true, .fold_loops = true});
}

/* ---- programs ---- */

static const char *const program_text =
    "OPENQASM 3.0;\ninclude \"stdgates.inc\";\ninclude \"qnu.inc\";\n"
    "qubit[2] a;\nqubit[2] b;\nbit m;\nbit k;\noutput bit[2] c;\n"
    "pragma qspan qpu A data a[0] comm a[1]\npragma qspan qpu B data b[0] comm b[1]\n"
    "for uint i in [1:2] {\n  reset a[0];\n  reset b[0];\n  x a[0];\n"
    "  ebit(a[1], b[1]);\n  cx a[0], a[1];\n  m = measure a[1];\n  if (m) x b[1];\n"
    "  cx b[1], b[0];\n  h b[1];\n  k = measure b[1];\n  if (k) z a[0];\n"
    "  @qspan.stim DEPOLARIZE1(0.01) a[0]\n  barrier;\n"
    "  c[0] = measure a[0];\n  c[1] = measure b[0];\n"
    "  @qspan.op detector(1) c[0] c[1]\n  barrier;\n"
    "  @qspan.op observable(0) c[1]\n  barrier;\n}\n";

Test(dem, errors_of_links_belong_to_the_model) {
    static struct naive_distribution want, got;
    const double weights[4] = {0.9, 0.1 / 3, 0.1 / 3, 0.1 / 3};
    struct program *program = NULL;
    struct machine *machine = NULL;
    struct dem_model *model = NULL;
    struct text text = {0};
    unsigned widest;
    messages_keep();
    cr_assert_eq(program_read_text(&program, "p.qasm", program_text, strlen(program_text), NULL),
                 STATUS_OK, "%s", messages_all());
    cr_assert_eq(machine_read(&machine, "werner:n=2,data=1,comm=1,F=0.9"), STATUS_OK);
    cr_assert_eq(dem_from_program(&model, program, machine, NULL, &(struct dem_options){0}),
                 STATUS_OK, "%s", messages_all());
    cr_assert_eq(dem_print(&text, model), STATUS_OK);
    naive_from_ops(&want, &program->ops, program->n_wires, program->n_bits, weights);
    got = (struct naive_distribution){.n_detectors = want.n_detectors, .n_bits = want.n_bits};
    naive_from_text(&got, &widest, text.data);
    for (unsigned i = 0; i < 1u << want.n_bits; i++) {
        cr_expect_float_eq(got.p[i], want.p[i], 1e-13, "%s", text.data);
    }
    cr_expect_float_eq(got.p[0], pow(1 - 2 * 0.1 / 3, 2) * pow(1 - 2 * 0.01 / 3, 2), 1e-3, "%s",
                       text.data);
    text_fini(&text);
    dem_destroy(model);
    machine_destroy(machine);
    program_destroy(program);
}

/* ---- errors under conditions ---- */

#define HEADER                                                                                     \
    "OPENQASM 3.0;\ninclude \"stdgates.inc\";\ninclude \"qnu.inc\";\nqubit[3] a;\n"                \
    "bit[3] m;\noutput bit[3] c;\npragma qspan qpu A data a[0:2]\n"
#define ERROR_IF(condition, error) "if (" condition ") {\n  @qspan.stim " error "\n  barrier;\n}\n"
#define COIN(bit) "reset a[0];\nh a[0];\nm[" bit "] = measure a[0];\n"
#define ENDING                                                                                     \
    "c[0] = measure a[0];\nc[1] = measure a[1];\nc[2] = measure a[2];\n"                           \
    "pragma qspan op detector c[1]\npragma qspan op detector c[2]\n"

static enum status try_program(struct text *out, struct program **out_program, const char *text,
                               const struct machine *machine, struct dem_options options) {
    struct dem_model *model = NULL;
    messages_keep();
    cr_assert_eq(program_read_text(out_program, "p.qasm", text, strlen(text), NULL), STATUS_OK,
                 "%s\n%s", messages_all(), text);
    const enum status status = dem_from_program(&model, *out_program, machine, NULL, &options);
    if (status == STATUS_OK) {
        cr_assert_eq(dem_print(out, model), STATUS_OK);
        text_add(out, "");
        dem_destroy(model);
    }
    return status;
}

static void expect_all_ways(const char *text, const char *machine_name, const double *weights) {
    static struct naive_distribution want, got;
    struct machine *machine = NULL;
    struct program *program = NULL;
    struct text model = {0};
    unsigned widest;
    if (machine_name != NULL) {
        cr_assert_eq(machine_read(&machine, machine_name), STATUS_OK);
    }
    cr_assert_eq(try_program(&model, &program, text, machine, (struct dem_options){0}), STATUS_OK,
                 "%s\n%s", messages_all(), text);
    naive_from_all_ways(&want, &program->ops, program->n_wires, program->n_bits, weights);
    got = (struct naive_distribution){.n_detectors = want.n_detectors, .n_bits = want.n_bits};
    naive_from_text(&got, &widest, model.data);
    for (unsigned i = 0; i < 1u << want.n_bits; i++) {
        cr_expect_float_eq(got.p[i], want.p[i], 1e-13, "%x: %.17g, not %.17g\n%s\n%s", i, got.p[i],
                           want.p[i], text, model.data);
    }
    text_fini(&model);
    program_destroy(program);
    machine_destroy(machine);
}

/* Errors that flip what other errors wait for, too. */
Test(dem, errors_under_conditions_happen_in_half_of_the_shots) {
    const double weights[4] = {0.9, 0.1 / 3, 0.1 / 3, 0.1 / 3};
    expect_all_ways(
        "OPENQASM 3.0;\ninclude \"stdgates.inc\";\ninclude \"qnu.inc\";\n"
        "qubit[2] a;\nqubit[2] b;\nbit m;\nbit k;\noutput bit[2] c;\n"
        "pragma qspan qpu A data a[0] comm a[1]\npragma qspan qpu B data b[0] comm b[1]\n"
        "x a[0];\nebit(a[1], b[1]);\ncx a[0], a[1];\nm = measure a[1];\n"
        "if (m) {\n  x b[1];\n  @qspan.stim DEPOLARIZE1(0.2) b[1]\n  barrier;\n}\n"
        "cx b[1], b[0];\nh b[1];\nk = measure b[1];\n"
        "if (k) {\n  z a[0];\n  @qspan.stim PAULI_CHANNEL_1(0.1, 0.05, 0.02) a[0]\n  barrier;\n}\n"
        "c[0] = measure a[0];\nc[1] = measure b[0];\n"
        "pragma qspan op detector c[0]\npragma qspan op observable(0) c[1]\n",
        "werner:n=2,data=1,comm=1,F=0.9", weights);
    expect_all_ways(HEADER COIN("0") COIN("1") ERROR_IF("m[0] ^ m[1]", "X_ERROR(0.25) a[1]")
                        ERROR_IF("m[1]", "E(0.375) X a[1] X a[2]") ENDING,
                    NULL, NULL);
    expect_all_ways(HEADER COIN("0") COIN("1") COIN("2")
                        ERROR_IF("m[0] ^ m[1] ^ m[2]", "X_ERROR(0.25) a[1]")
                            ERROR_IF("!m[0]", "DEPOLARIZE2(0.5) a[1] a[2]")
                                ERROR_IF("m[1]", "Y_ERROR(0.125) a[2]") ENDING,
                    NULL, NULL);
}

static void expect_program(const char *text, struct dem_options options, const char *want) {
    struct program *program = NULL;
    struct text got = {0};
    cr_assert_eq(try_program(&got, &program, text, NULL, options), STATUS_OK, "%s\n%s",
                 messages_all(), text);
    cr_expect_str_eq(got.data, want, "%s\ngives\n%sinstead of\n%s", text, got.data, want);
    text_fini(&got);
    program_destroy(program);
}

static void expect_program_refused(const char *text, struct dem_options options, const char *want) {
    struct program *program = NULL;
    struct text got = {0};
    cr_expect_eq(try_program(&got, &program, text, NULL, options), STATUS_INPUT, "%s\n%s", text,
                 got.n > 0 ? got.data : "");
    cr_expect_not_null(strstr(messages_all(), want), "%s\nsays\n%s", text, messages_all());
    text_fini(&got);
    program_destroy(program);
}

Test(dem, errors_that_wait_for_the_same_are_not_independent) {
    const char *const twice = HEADER COIN("0") ERROR_IF("m[0]", "X_ERROR(0.25) a[1]")
        ERROR_IF("m[0]", "X_ERROR(0.25) a[2]") ENDING;
    const char *const group = HEADER COIN("0") ERROR_IF("m[0]", "X_ERROR(0.25) a[1] a[2]") ENDING;
    const char *const three = HEADER COIN("0") COIN("1") ERROR_IF("m[0]", "X_ERROR(0.25) a[1]")
        ERROR_IF("m[1]", "X_ERROR(0.25) a[1]") ERROR_IF("m[0] ^ m[1]", "X_ERROR(0.25) a[2]") ENDING;
    const struct dem_options none = {0}, some = {.approximate = 0.125}, few = {.approximate = 0.1};
    expect_program_refused(twice, none,
                           "p.qasm:12:15: error: an error under a condition that "
                           "other errors wait for as well: they are not independent");
    expect_program_refused(group, none, "p.qasm:12:15: error: an error under a condition that");
    expect_program_refused(three, none, "error: an error under a condition that other errors");
    expect_program_refused(twice, few, "it is more probable than --approximate-disjoint-errors");
    expect_program(twice, some, "error(0.125) D0\nerror(0.125) D1\n");
    expect_program(group, some, "error(0.125) D0\nerror(0.125) D1\n");
    expect_program(three, some, "error(0.21875) D0\nerror(0.125) D1\n");
}

Test(dem, errors_that_wait_for_errors_are_refused) {
    const struct dem_options none = {0}, some = {.approximate = 0.5};
    const char *const known =
        HEADER "m[0] = measure a[0];\n" ERROR_IF("m[0]", "X_ERROR(0.25) a[1]") ENDING;
    expect_program_refused(known, none,
                           "p.qasm:10:15: error: an error under a condition that is "
                           "not random but for errors");
    expect_program_refused(known, some, "not random but for errors");
    expect_program_refused(HEADER COIN("0") ERROR_IF("m[0]", "X_ERROR(0.25) a[1]") ENDING
                           "pragma qspan op detector m[0]\n",
                           (struct dem_options){.allow_gauge = true},
                           "D2 is random: what happens here on a[0] makes it so; errors under "
                           "conditions may depend on it");
}

/* A thousand million rounds with an error under a condition in each. */
Test(dem, loops_with_errors_under_conditions_fold) {
    expect_program(HEADER "for uint i in [1:1000000000] {\n" COIN("0") ERROR_IF(
                       "m[0]", "X_ERROR(0.25) a[1]") "c[0] = measure a[1];\nreset a[1];\n"
                                                     "@qspan.op detector c[0]\nbarrier;\n}\n",
                   (struct dem_options){.fold_loops = true},
                   "repeat 999999999 {\n    error(0.125) D0\n    shift_detectors 1\n}\n"
                   "error(0.125) D0\n");
}

/* ---- distributed circuits ---- */

static void print_program_model(struct text *out, const struct program *program) {
    const struct dem_options fold = {.fold_loops = true};
    struct dem_model *model = NULL;
    cr_assert_eq(dem_from_program(&model, program, NULL, NULL, &fold), STATUS_OK, "%s",
                 messages_all());
    cr_assert_eq(dem_print(out, model), STATUS_OK);
    text_add(out, "");
    dem_destroy(model);
}

/* Products across QPUs, noise across QPUs, loops, feedback: the model of the program, made or read
 * from its text, is that of the circuit to the last digit, so no outcome of any protocol reaches a
 * detector. */
Test(dem, distributed_circuits_have_the_same_model) {
    for (uint64_t seed = 0; seed < 30; seed++) {
        struct text text = {0}, want = {0}, made = {0}, printed = {0}, again = {0};
        struct draw draw = {.out = &text, .stream = {.seed = seed + 1000}, .no_heralds = true};
        struct machine *machine = NULL;
        struct program *program = NULL, *copy = NULL;
        draw_circuit(&draw);
        cr_assert_eq(try_model(&want, text.data, &(struct dem_options){.fold_loops = true}),
                     STATUS_OK);
        struct circuit *circuit = read_circuit(text.data);
        cr_assert_eq(
            machine_create_ideal(&machine, 2 + seed % 4, circuit->n_qubits, MACHINE_UNLIMITED),
            STATUS_OK);
        cr_assert_eq(distribute_simple(&program, circuit, machine), STATUS_OK, "%s\n%s",
                     messages_all(), text.data);
        struct program_check check = {0};
        cr_assert_eq(program_check(&check, program), STATUS_OK, "%s", messages_all());
        program_check_fini(&check);
        print_program_model(&made, program);
        cr_assert_str_eq(made.data, want.data, "%s", text.data);
        cr_assert_eq(program_print(&printed, program), STATUS_OK);
        cr_assert_eq(program_read_text(&copy, "p.qasm", printed.data, printed.n, NULL), STATUS_OK,
                     "%s\n%s", messages_all(), printed.data);
        print_program_model(&again, copy);
        cr_assert_str_eq(again.data, want.data, "%s", text.data);
        circuit_destroy(circuit);
        machine_destroy(machine);
        program_destroy(program);
        program_destroy(copy);
        text_fini(&text);
        text_fini(&want);
        text_fini(&made);
        text_fini(&printed);
        text_fini(&again);
    }
}
