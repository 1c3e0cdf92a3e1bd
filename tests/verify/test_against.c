/* Verdicts against dense Choi matrices of random Clifford programs, and what a failure says. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "comm/comm.h"
#include "support/messages.h"
#include "support/naive_choi.h"
#include "support/random_map.h"
#include "verify/against.h"

static void start(void) {
    comm_start_alone();
}
TestSuite(against, .init = start);

static const struct src_loc nowhere;

static void add_clifford(struct op_list *ops, struct random_stream *stream, bool is_conditional) {
    static const enum gate_id gates[] = {GATE_X,  GATE_Y,  GATE_Z,     GATE_H,   GATE_S,
                                         GATE_SX, GATE_CX, GATE_CY,    GATE_CZ,  GATE_ECR,
                                         GATE_CX, GATE_RZ, GATE_ISWAP, GATE_RXX, GATE_U2};
    const bool is_pauli = is_conditional && random_below(stream, 4) > 0;
    const enum gate_id gate = gates[random_below(stream, is_pauli ? 3 : 15)];
    const double quarter = 1.57079632679489661923;
    double params[2] = {quarter * random_below(stream, 4), quarter * random_below(stream, 4)};
    uint32_t wires[2] = {random_below(stream, RANDOM_MAP_WIRES), 0};
    wires[1] = (wires[0] + 1 + random_below(stream, RANDOM_MAP_WIRES - 1)) % RANDOM_MAP_WIRES;
    cr_assert_eq(op_list_add_gate(ops, gate, wires, params, nowhere), STATUS_OK);
}

/* A small change that may or may not matter. */
static void change(struct program *program, struct random_stream *stream) {
    for (;;) {
        struct op *op = &program->ops.ops[random_below(stream, (uint32_t)program->ops.n_ops)];
        if (op->kind == OP_GATE && op->n_qubits == 1 && op->n_params == 0) {
            op->which = (uint16_t)(GATE_X + random_below(stream, 3));
            return;
        }
        if (random_map_move(program, op, stream)) {
            return;
        }
    }
}

Test(against, agrees_with_dense_choi_matrices) {
    unsigned n_equal = 0, n_different = 0, n_undecided = 0;
    for (uint64_t seed = 0; seed < 400; seed++) {
        const uint32_t n_ops = 8 + (uint32_t)(seed % 12);
        struct random_stream stream = {.seed = seed + 1000};
        struct program *a = random_map_create(seed, n_ops, add_clifford);
        struct program *b = random_map_create(seed, n_ops, add_clifford);
        if (seed % 8 != 0) {
            change(b, &stream);
        }
        bool is_equal = false;
        const enum status status = verify_is_equal(&is_equal, a, NULL, b, VERIFY_MAX_ROUNDS);
        if (status == STATUS_UNVERIFIED) {
            n_undecided++;
        } else {
            cr_assert_eq(status, STATUS_OK);
            cr_assert_eq(is_equal, random_map_is_same(a, b), "seed %lu", (unsigned long)seed);
            n_equal += is_equal;
            n_different += !is_equal;
        }
        program_destroy(a);
        program_destroy(b);
    }
    printf("random Clifford programs: %u equal, %u different, %u undecided\n", n_equal, n_different,
           n_undecided);
    cr_assert(n_equal > 80 && n_different > 80 && n_undecided == 0);
}

/* ---- what a failure says ---- */

static const char telegate[] = "OPENQASM 3.0;\n"
                               "include \"stdgates.inc\";\n"
                               "include \"qnu.inc\";\n"
                               "qubit[2] a; qubit[2] b; bit m; bit k;\n"
                               "pragma qspan qpu A data a[0] comm a[1]\n"
                               "pragma qspan qpu B data b[0] comm b[1]\n"
                               "pragma qspan logical in q[0] a[0]\n"
                               "pragma qspan logical in q[1] b[0]\n"
                               "ebit(a[1], b[1]); cx a[0], a[1];\n"
                               "m = measure a[1];\n"
                               "%s\n"
                               "cx b[1], b[0]; h b[1];\n"
                               "k = measure b[1];\n"
                               "%s\n"
                               "pragma qspan logical out q[0] a[0]\n"
                               "pragma qspan logical out q[1] b[0]\n";
static const char cx_text[] = "OPENQASM 2.0; include \"qelib1.inc\"; qreg q[2]; cx q[0], q[1];";

static enum status judge(struct text *report, const char *first, const char *second) {
    char text[2048];
    struct program *program = NULL;
    struct circuit *circuit = NULL;
    struct verify_proof proof = {0};
    snprintf(text, sizeof text, telegate, first, second);
    messages_keep();
    cr_assert_eq(program_read_text(&program, "p.qasm", text, strlen(text), NULL), STATUS_OK, "%s",
                 messages_last());
    cr_assert_eq(qasm2_read_text(&circuit, "t.qasm", cx_text, strlen(cx_text), NULL), STATUS_OK);
    const enum status status = verify_against(&proof, program, circuit, NULL, VERIFY_MAX_ROUNDS);
    if (status == STATUS_OK) {
        verify_add_proof(report, &proof, program, "p.qasm", "t.qasm");
    }
    verify_proof_fini(&proof);
    circuit_destroy(circuit);
    program_destroy(program);
    return status;
}

static void must_say(const char *first, const char *second, const char *a, const char *b) {
    struct text report = {0};
    cr_assert_eq(judge(&report, first, second), STATUS_OK, "%s", messages_last());
    cr_assert(strstr(report.data, a) && strstr(report.data, b), "%s", report.data);
    text_fini(&report);
}

Test(against, says_what_is_wrong) {
    must_say("if (m) x b[1];", "if (k) z a[0];", "proved equal to t.qasm", "F = pI1");
    must_say("if (m) x b[1];", "", "k = 1 (measured in line 13) leaves Z on a[0] (QPU A)",
             "adding `if (k) z a[0];` at the end repairs it");
    must_say("", "if (k) z a[0];", "m = 1 (measured in line 10) leaves X on b[0] (QPU B)",
             "adding `if (m) x b[0];` at the end repairs it");
    must_say("if (m) x b[1];", "if (m) z a[0];", "k = 1 (measured in line 13) leaves Z on a[0]",
             "`if (m) z a[0];` (line 14) reads the wrong bit: `if (k) z a[0];` repairs it");
    must_say("if (m) x b[1];", "if (k) x a[0];", "NOT equal",
             "`if (k) x a[0];` (line 14) is the wrong Pauli: `if (k) z a[0];` repairs it");
    must_say("if (m) x b[1];", "if (k) z b[0];", "NOT equal",
             "`if (k) z b[0];` (line 14) acts on the wrong qubit: `if (k) z a[0];` repairs it");
    must_say("if (m) x b[1];", "if (k) z a[0]; if (m) z b[0];", "m = 1", "removing");
    must_say("if (m) x b[1];", "if (k) z a[0]; x b[0];",
             "every other outcome 0 leaves X on b[0] (QPU B)", "NOT equal");
    must_say("if (m) x b[1];", "if (k) z a[0]; cx a[0], a[1];", "relations between", "entangled");
}

Test(against, says_what_outcomes_are) {
    must_say("if (m) x b[1];", "if (k) z a[0];",
             "outcomes: 2 fair coins, independent of the input\n", "proved equal");
    must_say("bit n; n = measure a[1]; if (n) x b[1];", "if (k) z a[0];",
             "outcomes: 2 fair coins, independent of the input; 1 determined by others\n",
             "proved");
    must_say("if (m) x b[1];", "reset b[1]; bit n; n = measure b[1]; if (k) z a[0];",
             "outcomes: 2 fair coins, independent of the input; 1 always the same\n", "proved");
    must_say("bit n; n = measure a[0]; if (m) x b[1];", "if (k) z a[0];", "NOT equal",
             "  n (line 11) depends on the input\n");
    /* Half of a pair is dropped: the other half is as random as what it was. */
    must_say("if (m) x b[1];",
             "if (k) z a[0]; reset a[1]; reset b[1]; ebit(a[1], b[1]); reset a[1]; bit n; n = "
             "measure b[1];",
             "outcomes: 3 fair coins, independent of the input\n", "proved");
    /* Neither tells of the inputs, both do. */
    must_say("reset a[1]; cx a[0], a[1]; h a[1]; bit n; n = measure a[1]; if (m) x b[1];",
             "if (k) z a[0];", "leaves Z on a[0]", "NOT equal");
    must_say("ebit(a[1], b[1]); cx a[0], a[1]; bit n; bit l; n = measure a[1]; l = measure b[1];",
             "", "  l (line 11) ^ n (line 11) depends on the input\n", "NOT equal");
}

/* Gates, drops and four measurements, each into a bit of its own. */
static struct program *random_measured(uint64_t seed) {
    struct random_stream stream = {.seed = seed};
    struct program *program = program_create();
    uint32_t qpu, first;
    cr_assert_eq(program_add_qpu(program, &qpu, "A"), STATUS_OK);
    cr_assert_eq(program_add_qreg(program, &first, "a", RANDOM_MAP_WIRES, qpu, false), STATUS_OK);
    cr_assert_eq(program_add_creg(program, &first, "m", RANDOM_MAP_BITS, false, false), STATUS_OK);
    for (uint32_t i = 0; i < 2; i++) {
        const char *name = i == 0 ? "q[0]" : "q[1]";
        cr_assert_eq(program_add_logical(program, false, name, i), STATUS_OK);
        cr_assert_eq(program_add_logical(program, true, name, 2 * i), STATUS_OK);
    }
    for (uint32_t bit = 0; bit < RANDOM_MAP_BITS; bit++) {
        struct op *op;
        for (uint32_t i = 0; i < 4; i++) {
            add_clifford(&program->ops, &stream, false);
        }
        uint32_t wire = random_below(&stream, RANDOM_MAP_WIRES);
        if (random_below(&stream, 2)) {
            cr_assert_eq(op_list_add(&program->ops, NULL, OP_RESET, &wire, 1, NULL, 0, nowhere),
                         STATUS_OK);
        }
        wire = random_below(&stream, RANDOM_MAP_WIRES);
        cr_assert_eq(op_list_add(&program->ops, &op, OP_MEASURE, &wire, 1, NULL, 0, nowhere),
                     STATUS_OK);
        op->bit = bit;
    }
    cr_assert_eq(program_resolve(program), STATUS_OK);
    return program;
}

/* What an outcome pattern tells of two inputs is a projector of rank 4 / 2^n_on_input. */
static void check_outcomes(const struct program *program, const struct verify_outcomes *outcomes) {
    static const uint32_t in[] = {0, 1}, bits[] = {0, 1, 2, 3};
    const struct choi_spec spec = {.ops = &program->ops,
                                   .n_wires = RANDOM_MAP_WIRES,
                                   .n_bits = RANDOM_MAP_BITS,
                                   .in = in,
                                   .bits = bits,
                                   .n_in = 2,
                                   .n_output_bits = RANDOM_MAP_BITS};
    const uint64_t n_patterns = UINT64_C(1) << (outcomes->n_coins + outcomes->n_on_input);
    double *rho = naive_choi(&spec);
    uint64_t n_seen = 0;
    for (size_t key = 0; key < 1u << RANDOM_MAP_BITS; key++) {
        const double *matrix = rho + 32 * key;
        double trace = 0, squares = 0;
        for (size_t i = 0; i < 16; i++) {
            trace += i % 5 == 0 ? matrix[2 * i] : 0;
            squares += matrix[2 * i] * matrix[2 * i] + matrix[2 * i + 1] * matrix[2 * i + 1];
        }
        if (trace < 1e-9) {
            continue;
        }
        n_seen++;
        cr_assert_float_eq(trace, 1 / (double)n_patterns, 1e-9);
        cr_assert_float_eq(squares / (trace * trace),
                           (double)(UINT64_C(1) << outcomes->n_on_input) / 4, 1e-9);
    }
    cr_assert_eq(n_seen, n_patterns);
    free(rho);
}

Test(against, counts_outcomes_as_dense_choi_matrices_do) {
    unsigned n_on_input = 0, n_determined = 0, n_certain = 0;
    for (uint64_t seed = 0; seed < 200; seed++) {
        struct program *program = random_measured(seed);
        struct verify_proof proof = {0};
        cr_assert_eq(verify_against(&proof, program, NULL, program, VERIFY_MAX_ROUNDS), STATUS_OK);
        const struct verify_outcomes *outcomes = &proof.outcomes;
        cr_assert(proof.is_proved && outcomes->is_known);
        cr_assert_eq(outcomes->n_coins + outcomes->n_on_input + outcomes->n_determined +
                         outcomes->n_certain,
                     RANDOM_MAP_BITS);
        check_outcomes(program, outcomes);
        n_on_input += outcomes->n_on_input > 0;
        n_determined += outcomes->n_determined > 0;
        n_certain += outcomes->n_certain > 0;
        verify_proof_fini(&proof);
        program_destroy(program);
    }
    cr_assert(n_on_input > 50 && n_determined > 10 && n_certain > 5, "%u %u %u", n_on_input,
              n_determined, n_certain);
}

Test(against, leaves_out_loops_without_end) {
    struct text report = {0};
    cr_assert_eq(judge(&report, "while (m) { m = measure a[1]; }", ""), STATUS_OK);
    cr_assert(strstr(report.data, "others have probability 0.5"), "%s", report.data);
    text_fini(&report);
    cr_assert_eq(judge(&report,
                       "x a[1]; reset a[1]; x a[1]; m = measure a[1];\n"
                       "while (m) { m = measure a[1]; }",
                       ""),
                 STATUS_UNVERIFIED);
    cr_assert(strstr(messages_last(), "p.qasm:12:1: error: not proved: no run ends within"), "%s",
              messages_last());
    text_fini(&report);
}
