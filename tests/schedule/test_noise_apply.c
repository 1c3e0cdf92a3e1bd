/* Noise models on small programs: the density matrix that follows, against the Kraus operators that
 * Qiskit Aer's documentation gives for the same words; which rule is for which operation; what is
 * refused, and where. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "schedule/noise_apply.h"
#include "support/naive_density.h"

static struct program *read_program(const char *body) {
    char text[4096];
    struct program *program = NULL;
    snprintf(
        text, sizeof text,
        "OPENQASM 3.0;\ninclude \"stdgates.inc\";\nqubit[2] a;\nqubit[1] b;\noutput bit[3] c;\n"
        "pragma qspan qpu A data a[0:1]\npragma qspan qpu B data b[0]\n"
        "pragma qspan logical in q[0] a[1]\npragma qspan logical in q[1] a[0]\n%s",
        body);
    cr_assert_eq(program_read_text(&program, "p.qasm", text, strlen(text), NULL), STATUS_OK,
                 "%s\n%s", log_get_error(), text);
    return program;
}

static struct program *apply(const char *body, const char *yaml) {
    struct program *program = read_program(body);
    struct noise_model *model = NULL;
    cr_assert_eq(noise_model_read_text(&model, "n.yaml", yaml, strlen(yaml)), STATUS_OK, "%s\n%s",
                 log_get_error(), yaml);
    cr_assert_eq(noise_apply(program, model, NULL), STATUS_OK, "%s\n%s", log_get_error(), yaml);
    cr_assert(op_list_is_valid(&program->ops, program->n_wires, program->n_bits));
    noise_model_destroy(model);
    return program;
}

/* ---- channels ---- */

#define PREPARE "ry(0.9) a[0]; rz(0.4) a[0]; cz a[0],a[1]; ry(0.7) a[1]; rx(1.3) a[0];\n"

/* The model's channel on a[0] after its t gate, against Kraus operators. */
static void check_channel(const char *channel, const double *kraus, unsigned n) {
    char yaml[512];
    static const uint32_t wire = 0;
    snprintf(yaml, sizeof yaml, "errors:\n- {gates: [t], %s}\n", channel);
    struct program *noisy = apply(PREPARE "t a[0];", yaml),
                   *plain = read_program(PREPARE "t a[0];");
    struct naive_density *got = naive_density_run(noisy), *want = naive_density_run(plain);
    naive_density_apply(&want->rho[0], kraus, n, 1, &wire);
    cr_expect_lt(dense_distance(&got->rho[0], &want->rho[0]), 1e-12, "%s", channel);
    free(got);
    free(want);
    program_destroy(noisy);
    program_destroy(plain);
}

static void put(double *kraus, unsigned i, double a, double b, double c, double d) {
    const double values[4] = {a, b, c, d};
    for (unsigned k = 0; k < 4; k++) {
        kraus[8 * i + 2 * k] = values[k];
    }
}

Test(noise_apply, channels_of_one_qubit) {
    double k[40] = {0};
    const double r = sqrt(0.3 / 4);
    put(k, 0, sqrt(1 - 0.3 * 3 / 4), 0, 0, sqrt(1 - 0.3 * 3 / 4));
    put(k, 1, 0, r, r, 0);
    put(k, 2, r, 0, 0, -r);
    k[27] = -r; /* Y */
    k[29] = r;
    check_channel("depolarizing: 0.3", k, 4);
    check_channel("error: 0.225", k, 4);
    check_channel("pauli: {X: 0.075, Y: 0.075, Z: 0.075, I: 0.775}", k, 4);

    memset(k, 0, sizeof k);
    put(k, 0, 1, 0, 0, sqrt(0.8));
    put(k, 1, 0, sqrt(0.2), 0, 0);
    check_channel("amplitude_damping: 0.2", k, 2);
    put(k, 0, sqrt(0.9), 0, 0, sqrt(0.9 * 0.8));
    put(k, 1, 0, sqrt(0.9 * 0.2), 0, 0);
    put(k, 2, sqrt(0.1 * 0.8), 0, 0, sqrt(0.1));
    put(k, 3, 0, 0, sqrt(0.1 * 0.2), 0);
    check_channel("amplitude_damping: {p: 0.2, excited: 0.1}", k, 4);

    memset(k, 0, sizeof k);
    put(k, 0, 1, 0, 0, sqrt(0.7));
    put(k, 1, 0, 0, 0, sqrt(0.3));
    check_channel("phase_damping: 0.3", k, 2);
    put(k, 0, sqrt(0.7), 0, 0, sqrt(0.7));
    put(k, 1, sqrt(0.3), 0, 0, -sqrt(0.3));
    check_channel("dephasing: 0.3", k, 2);

    memset(k, 0, sizeof k);
    put(k, 0, sqrt(0.5), 0, 0, sqrt(0.5));
    put(k, 1, sqrt(0.3), 0, 0, 0);
    put(k, 2, 0, sqrt(0.3), 0, 0);
    put(k, 3, 0, 0, sqrt(0.2), 0);
    put(k, 4, 0, 0, 0, sqrt(0.2));
    check_channel("reset_error: {zero: 0.3, one: 0.2}", k, 5);
}

/* Populations go to (1 - p1, p1) as e^(-t/T1), coherence to 0 as e^(-t/T2): that is one channel. */
static void check_relaxation(const char *text, double t1, double t2, double t, double p1) {
    char yaml[512];
    snprintf(yaml, sizeof yaml, "errors: [{gates: [t], relaxation: {%s}}]\n", text);
    struct program *noisy = apply("h a[0]; rx(0.8) a[0]; t a[0];", yaml),
                   *plain = read_program("h a[0]; rx(0.8) a[0]; t a[0];");
    struct naive_density *got = naive_density_run(noisy), *want = naive_density_run(plain);
    const struct cplx(*a)[DENSE_MAX_DIM] = got->rho[0].at, (*b)[DENSE_MAX_DIM] = want->rho[0].at;
    const double keep = t1 > 0 ? exp(-t / t1) : 1, coherence = t2 > 0 ? exp(-t / t2) : 1;
    cr_expect_float_eq(a[1][1].re, p1 + (b[1][1].re - p1) * keep, 1e-12, "%s", text);
    cr_expect_float_eq(a[0][1].re, b[0][1].re * coherence, 1e-12, "%s", text);
    cr_expect_float_eq(a[0][1].im, b[0][1].im * coherence, 1e-12, "%s", text);
    free(got);
    free(want);
    program_destroy(noisy);
    program_destroy(plain);
}

Test(noise_apply, relaxation) {
    check_relaxation("T1: 50 us, T2: 30 us, time: 10 us", 50, 30, 10, 0);
    check_relaxation("T1: 50 us, T2: 50 us, time: 10 us, excited: 0.2", 50, 50, 10, 0.2);
    check_relaxation("T1: 50 us, T2: 80 us, time: 20 us", 50, 80, 20, 0);
    check_relaxation("T1: 50 us, T2: 70 us, time: 20 us, excited: 0.3", 50, 70, 20, 0.3);
    check_relaxation("T1: 50 us, T2: 100 us, time: 20 us, excited: 0.3", 50, 100, 20, 0.3);
    check_relaxation("T1: 50 us, time: 500 ns", 50, 100, 0.5, 0);
    check_relaxation("T1: infinite, T2: 40 us, time: 500 ns", 0, 40, 0.5, 0);
    check_relaxation("T1: infinite, time: 500 ns", 0, 0, 0.5, 0);
    check_relaxation("T1: 1 ns, T2: 2 ns, time: 1 ms", 1e-3, 2e-3, 1e3, 0);
}

static const struct op *find_op(const struct program *program, size_t from, enum op_kind kind) {
    for (size_t i = from; i < program->ops.n_ops; i++) {
        if (program->ops.ops[i].kind == kind) {
            return &program->ops.ops[i];
        }
    }
    return NULL;
}

/* The rightmost letter of a string is for the gate's first qubit. */
Test(noise_apply, channels_of_two_qubits) {
    struct program *program =
        apply("cx a[1],a[0];", "errors: [{gates: [cx], pauli: {XZ: 0.1, IY: 0.2}}]");
    const struct op *noise = find_op(program, 0, OP_NOISE);
    cr_assert_eq(noise->which, NOISE_PAULI2);
    cr_assert_eq(op_qubits(&program->ops, noise)[0], 1);
    for (unsigned i = 0; i < 15; i++) {
        const double p = i + 1 == 3 * 4 + 1 ? 0.1 : i + 1 == 2 * 4 ? 0.2 : 0;
        cr_expect_eq(op_params(&program->ops, noise)[i], p, "%u", i);
    }
    program_destroy(program);
    program = apply("cx a[1],a[0];", "errors: [{arity: 2, depolarizing: 0.16, dephasing: 0.1}]");
    cr_assert_eq(program->ops.n_ops, 3);
    cr_assert_eq(program->ops.ops[1].which, NOISE_DEPOLARIZE2);
    cr_assert_float_eq(op_params(&program->ops, &program->ops.ops[1])[0], 0.15, 1e-15);
    cr_assert_eq(program->ops.ops[2].which, NOISE_PAULI1);
    cr_assert_eq(program->ops.ops[2].n_qubits, 2);
    program_destroy(program);
    program = apply("cx a[1],a[0];", "errors:\n- gates: [cx]\n  relaxation:\n"
                                     "  - {T1: 1 us, T2: 2 us, time: 1 us}\n"
                                     "  - {T1: 2 us, T2: 4 us, time: 1 us}\n");
    cr_assert_eq(program->ops.n_ops, 3);
    cr_assert_eq(op_qubits(&program->ops, &program->ops.ops[1])[0], 1);
    cr_assert_float_eq(op_params(&program->ops, &program->ops.ops[1])[0], 1 - exp(-1), 1e-15);
    cr_assert_float_eq(op_params(&program->ops, &program->ops.ops[2])[0], 1 - exp(-0.5), 1e-15);
    program_destroy(program);
}

Test(noise_apply, measurements_and_resets) {
    struct program *program =
        apply("reset a[0]; c[0] = measure a[0];",
              "errors:\n- {gates: [measure], readout: [[0.9, 0.1], [0.3, 0.7]], dephasing: 0.1}\n"
              "- {gates: [reset], pauli: {X: 0.05}}\n");
    const struct op *ops = program->ops.ops;
    cr_assert_eq(program->ops.n_ops, 4);
    cr_assert_eq(ops[0].kind, OP_RESET);
    cr_assert_eq(ops[1].kind, OP_NOISE);
    cr_assert_eq(ops[2].kind, OP_NOISE);
    cr_assert_eq(ops[3].kind, OP_MEASURE);
    cr_assert_eq(ops[3].n_params, 2);
    cr_assert_float_eq(op_params(&program->ops, &ops[3])[0], 0.1, 1e-15);
    cr_assert_float_eq(op_params(&program->ops, &ops[3])[1], 0.3, 1e-15);
    cr_assert_eq(program->ops.n_sites, 6);
    program_destroy(program);
}

/* ---- rules ---- */

/* p of the first error after each gate; 0: none. */
static void check_rules(const char *yaml, const double *want, size_t n) {
    struct program *program = apply("h a[0]; h a[1]; x a[0]; cx a[0],a[1]; cx a[1],a[0]; h b[0]; "
                                    "if (c[0]) { h b[0]; x b[0]; }",
                                    yaml);
    size_t k = 0;
    for (size_t i = 0; i < program->ops.n_ops; i++) {
        const struct op *op = &program->ops.ops[i];
        if (op->kind == OP_GATE) {
            const struct op *next = i + 1 < program->ops.n_ops ? op + 1 : NULL;
            const bool has_noise = next != NULL && next->kind == OP_NOISE;
            cr_assert_lt(k, n);
            cr_expect_float_eq(has_noise ? op_params(&program->ops, next)[0] : 0, want[k], 1e-15,
                               "gate %zu: %s", k, yaml);
            k++;
        }
    }
    cr_assert_eq(k, n);
    program_destroy(program);
}

Test(noise_apply, a_program_that_does_nothing) {
    struct program *program = apply("", "errors:\n- {gates: [x], depolarizing: 0.1}\n");
    cr_expect_eq(program->ops.n_ops, 0);
    program_destroy(program);
}

Test(noise_apply, the_rule_that_fits_best) {
    check_rules("errors: [{arity: 1, error: 0.1}]",
                (const double[]){0.1, 0.1, 0.1, 0, 0, 0.1, 0.1, 0.1}, 8);
    check_rules("errors: [{gates: [h], error: 0.2}, {arity: 1, error: 0.1}]",
                (const double[]){0.2, 0.2, 0.1, 0, 0, 0.2, 0.2, 0.1}, 8);
    check_rules("errors: [{gates: [h, x], error: 0.2}, {arity: 1, qpus: [B], error: 0.1}]",
                (const double[]){0.2, 0.2, 0.2, 0, 0, 0.1, 0.1, 0.1}, 8);
    /* q[0] is a[1], and so is 0 */
    check_rules("errors: [{gates: [h], error: 0.2}, {arity: 1, qubits: [0, \"a[0]\"], error: 0.1}]",
                (const double[]){0.1, 0.1, 0.1, 0, 0, 0.2, 0.2, 0}, 8);
    check_rules(
        "errors: [{arity: 2, error: 0.3}, {gates: [cx], qubits: [[\"q[0]\", 1]], error: 0.1}]",
        (const double[]){0, 0, 0, 0.3, 0.1, 0, 0, 0}, 8);
}

/* ---- machines ---- */

Test(noise_apply, errors_of_machines) {
    struct machine *machine = NULL;
    static const char yaml[] = "qpus:\n- {name: B, data: 2, gate1: {error: 0.5}}\n"
                               "- {name: A, data: 2, gate1: {error: 0.1}, gate2: {error: 0.2}, "
                               "measure: {error: 0.3}, reset: {error: 0.4}}\n";
    cr_assert_eq(machine_read_text(&machine, "m.yaml", yaml, sizeof yaml - 1), STATUS_OK);
    struct program *program =
        read_program("h a[0]; cz a[0],a[1]; reset a[0]; c[0] = measure a[0]; h b[0];");
    cr_assert_eq(noise_apply(program, NULL, machine), STATUS_OK);
    const struct op *ops = program->ops.ops;
    static const struct {
        uint8_t kind;
        uint16_t which;
        double p;
    } want[] = {{OP_NOISE, NOISE_DEPOLARIZE1, 0.1},
                {OP_NOISE, NOISE_DEPOLARIZE2, 0.2},
                {OP_NOISE, NOISE_X, 0.4},
                {OP_MEASURE, 0, 0.3},
                {OP_NOISE, NOISE_DEPOLARIZE1, 0.5}};
    static const size_t at[] = {1, 3, 5, 6, 8};
    cr_assert_eq(program->ops.n_ops, 9);
    for (size_t i = 0; i < 5; i++) {
        cr_expect_eq(ops[at[i]].kind, want[i].kind, "%zu", i);
        cr_expect_eq(ops[at[i]].which, want[i].which, "%zu", i);
        cr_expect_eq(op_params(&program->ops, &ops[at[i]])[0], want[i].p, "%zu", i);
    }
    program_destroy(program);
    program = read_program("c[0] = measure a[0]; ccx a[0],a[1],b[0];");
    log_set_quiet(true);
    cr_assert_eq(noise_apply(program, NULL, machine), STATUS_INPUT);
    cr_assert_not_null(strstr(log_get_error(), "gate2.error of QPU A says nothing of gates on 3"));
    program_destroy(program);
    machine_destroy(machine);
}

/* ---- refused ---- */

Test(noise_apply, refused_models) {
    static const struct {
        const char *yaml, *message;
    } cases[] = {
        {"name: x\n", "n.yaml:1:1: error: a noise model needs the key 'errors'"},
        {"errors: [{gates: [h], eror: 0.1}]",
         "n.yaml:1:23: error: unknown key 'eror' in a rule; did "
         "you mean 'error'?"},
        {"errors: [{error: 0.1}]", "n.yaml:1:10: error: a rule has either gates or arity"},
        {"errors: [{gates: [hh], error: 0.1}]", "n.yaml:1:19: error: gates: 'hh': no such gate"},
        {"errors: [{gates: [h], error: 1.1}]", "n.yaml:1:30: error: error: '1.1': "},
        {"errors: [{gates: [h, cx], error: 0.1}]",
         "n.yaml:1:10: error: operations on different numbers of qubits"},
        {"errors: [{gates: [ccx], error: 0.1}]",
         "n.yaml:1:32: error: errors on 3 qubits at once are not supported"},
        {"errors: [{gates: [h], pauli: {XX: 0.1}}]", "strings of two letters are for gates on two"},
        {"errors: [{gates: [cx], pauli: {XX: 0.6, YY: 0.5}}]", "pauli: probabilities add to 1.1"},
        {"errors: [{gates: [cx], pauli: {XQ: 0.6}}]",
         "n.yaml:1:32: error: pauli: 'XQ': expected I"},
        {"errors: [{gates: [h], readout: 0.1}]", "readout: only 'measure' is read out"},
        {"errors: [{gates: [measure], readout: [[0.9, 0.2], [0, 1]]}]",
         "n.yaml:1:39: error: readout: expected two probabilities that add to 1"},
        {"errors: [{gates: [h], relaxation: {T1: 1 us, T2: 3 us, time: 1 us}}]",
         "relaxation: T2 is more than twice T1"},
        {"errors: [{gates: [h], relaxation: {T1: 1 us, time: 10}}]", "a unit is missing"},
        {"errors: [{gates: [h], qubits: [[0, 1]], error: 0.1}]",
         "qubits: 2 each, but the operations "
         "have 1"},
        {"errors: [{gates: [cx], qubits: [[0, 1], 2], error: 0.1}]",
         "n.yaml:1:41: error: qubits: 1 "
         "here, 2 before"},
    };
    log_set_quiet(true);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct noise_model *model = NULL;
        cr_expect_eq(noise_model_read_text(&model, "n.yaml", cases[i].yaml, strlen(cases[i].yaml)),
                     STATUS_INPUT, "%s", cases[i].yaml);
        cr_expect_not_null(strstr(log_get_error(), cases[i].message), "%s\n%s", cases[i].yaml,
                           log_get_error());
    }
}

Test(noise_apply, refused_places) {
    static const char *const cases[][2] = {
        {"errors: [{arity: 1, qubits: [2], error: 0.1}]", "the program has no qubit '2'"},
        {"errors: [{arity: 1, qubits: [\"r[0]\"], error: 0.1}]", "the program has no qubit 'r[0]'"},
        {"errors: [{arity: 1, qpus: [C], error: 0.1}]", "the program has no QPU 'C'"},
        {"errors: [{gates: [measure], readout: 0.1}, {gates: [measure], readout: 0.2}]",
         "p.qasm:10:1: error: this result is given two chances to be wrong"},
    };
    log_set_quiet(true);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct noise_model *model = NULL;
        struct program *program = read_program("c[0] = measure a[0];");
        cr_assert_eq(noise_model_read_text(&model, "n.yaml", cases[i][0], strlen(cases[i][0])),
                     STATUS_OK);
        cr_expect_eq(noise_apply(program, model, NULL), STATUS_INPUT, "%s", cases[i][0]);
        cr_expect_not_null(strstr(log_get_error(), cases[i][1]), "%s", log_get_error());
        noise_model_destroy(model);
        program_destroy(program);
    }
}
