/* Proofs of programs that are no Cliffords, against dense Choi matrices of every branch. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "comm/comm.h"
#include "support/messages.h"
#include "support/random_map.h"
#include "verify/against.h"

static void start(void) {
    comm_start_alone();
}
TestSuite(dense, .init = start);

static const struct src_loc nowhere;

static void add_gate(struct op_list *ops, struct random_stream *stream, bool is_conditional) {
    static const enum gate_id gates[] = {GATE_X,  GATE_Z, GATE_H,  GATE_T,    GATE_RX,  GATE_CX,
                                         GATE_CP, GATE_P, GATE_CX, GATE_SWAP, GATE_RYY, GATE_CCX};
    const enum gate_id gate = gates[random_below(stream, 12)];
    double params[2] = {0.1 + random_unit(stream), 0};
    uint32_t wires[3] = {random_below(stream, RANDOM_MAP_WIRES), 0, 0};
    (void)is_conditional;
    wires[1] = (wires[0] + 1 + random_below(stream, RANDOM_MAP_WIRES - 2)) % RANDOM_MAP_WIRES;
    wires[2] = (wires[0] + RANDOM_MAP_WIRES - 1) % RANDOM_MAP_WIRES;
    cr_assert_eq(op_list_add_gate(ops, gate, wires, params, nowhere), STATUS_OK);
}

/* Changes that never, perhaps, or always matter. */
static void change(struct program *program, struct random_stream *stream) {
    for (unsigned tries = 0; tries < 1000; tries++) {
        struct op *op = &program->ops.ops[random_below(stream, (uint32_t)program->ops.n_ops)];
        if (op->kind == OP_GATE && op->which == GATE_CP) {
            uint32_t *wires = program->ops.qubits + op->qubit0, first = wires[0];
            wires[0] = wires[1];
            wires[1] = first;
            return;
        }
        if (op->kind == OP_GATE && (op->which == GATE_X || op->which == GATE_Z)) {
            op->which = GATE_T;
            return;
        }
        if (random_map_move(program, op, stream)) {
            return;
        }
    }
}

Test(dense, agrees_with_choi_matrices) {
    unsigned n_equal = 0, n_different = 0;
    for (uint64_t seed = 0; seed < 120; seed++) {
        const uint32_t n_ops = 6 + (uint32_t)(seed % 10);
        struct random_stream stream = {.seed = seed + 1000};
        struct program *a = random_map_create(seed, n_ops, add_gate);
        struct program *b = random_map_create(seed, n_ops, add_gate);
        if (seed % 6 != 0) {
            change(b, &stream);
        }
        bool is_equal = false;
        cr_assert_eq(verify_is_equal(&is_equal, a, NULL, b, VERIFY_MAX_ROUNDS), STATUS_OK,
                     "seed %lu", (unsigned long)seed);
        cr_assert_eq(is_equal, random_map_is_same(a, b), "seed %lu", (unsigned long)seed);
        n_equal += is_equal;
        n_different += !is_equal;
        program_destroy(a);
        program_destroy(b);
    }
    printf("random programs: %u equal, %u different\n", n_equal, n_different);
    cr_assert(n_equal > 30 && n_different > 30);
}

/* ---- what a failure says ---- */

/* The report on cp(0.3) between two QPUs by telegate, with these lines. */
static enum status judge(struct text *report, const char *first, const char *middle,
                         const char *second, const char *target) {
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
                                   "%s h b[1];\n"
                                   "k = measure b[1];\n"
                                   "%s\n"
                                   "pragma qspan logical out q[0] a[0]\n"
                                   "pragma qspan logical out q[1] b[0]\n";
    char text[2048];
    struct program *program = NULL;
    struct circuit *circuit = NULL;
    struct verify_proof proof = {0};
    snprintf(text, sizeof text, telegate, first, middle, second);
    messages_keep();
    cr_assert_eq(program_read_text(&program, "p.qasm", text, strlen(text), NULL), STATUS_OK, "%s",
                 messages_last());
    snprintf(text, sizeof text, "OPENQASM 2.0; include \"qelib1.inc\"; qreg q[2]; %s", target);
    cr_assert_eq(qasm2_read_text(&circuit, "t.qasm", text, strlen(text), NULL), STATUS_OK);
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
    cr_assert_eq(judge(&report, first, "cp(0.3) b[1], b[0];", second, "cu1(0.3) q[0], q[1];"),
                 STATUS_OK, "%s", messages_last());
    cr_assert(strstr(report.data, a) && strstr(report.data, b), "%s", report.data);
    text_fini(&report);
}

Test(dense, says_what_is_wrong) {
    must_say("if (m) x b[1];", "if (k) z a[0];", "proved equal to t.qasm", "X on ebit 1 (line 9)");
    must_say("if (m) x b[1];", "if (k) z a[0];", "at least 1 needed",
             "Z on ebit 1 (line 9): Z on a[0] (QPU A)");
    must_say("if (m) x b[1];", "", "k = 1 (measured in line 13) leaves Z on a[0] (QPU A)",
             "adding `if (k) z a[0];` at the end repairs it");
    must_say("", "if (k) z a[0];", "m = 1 (measured in line 10) leaves",
             "adding `if (m) x b[1];` before line 12 repairs it");
    must_say("if (m) x b[1];", "if (m) z a[0];", "leaves Z on a[0]",
             "`if (m) z a[0];` (line 14) reads the wrong bit: `if (k) z a[0];` repairs it");
    must_say("if (m) x b[1];", "if (k) z a[0]; rz(0.25) b[0];",
             "every outcome 0 leaves rz(0.25) on b[0] (QPU B)", "NOT equal");
    must_say("if (m) x b[1];", "if (k) z a[0]; t a[0];", "rz(0.785398) on a[0] (QPU A)", "NOT");
}

Test(dense, says_what_it_cannot_prove) {
    struct text report = {0};
    cr_assert_eq(judge(&report, "if (m) x b[1];",
                       "cp(0.3) b[1], b[0]; x a[1]; reset a[1]; x a[1]; m = measure a[1];\n"
                       " while (m) { m = measure a[1]; }",
                       "", "t q[0];"),
                 STATUS_UNVERIFIED);
    cr_assert(strstr(messages_last(), "error: not proved: no run ends within the rounds"), "%s",
              messages_last());
    text_fini(&report);
}

/* Product measurements, loops and wires that are left entangled. */
Test(dense, products_and_loops) {
    struct text report = {0};
    cr_assert_eq(judge(&report, "if (m) x b[1];\nfor uint i in [1:3] { p(0.1) b[0]; }",
                       "cp(0.3) b[1], b[0];", "if (k) z a[0];",
                       "u1(0.3) q[1]; cu1(0.3) q[0], q[1];"),
                 STATUS_OK, "%s", messages_last());
    cr_assert(strstr(report.data, "proved equal"), "%s", report.data);
    text_fini(&report);
    cr_assert_eq(judge(&report, "if (m) x b[1];\npragma qspan op measure k Y b[1] Y b[0]",
                       "cp(0.3) b[1], b[0];", "if (k) z a[0];", "cu1(0.3) q[0], q[1];"),
                 STATUS_OK, "%s", messages_last());
    cr_assert(strstr(report.data, "NOT equal"), "%s", report.data);
    text_fini(&report);
}
