/* Assignment files: the same assignment in all its spellings, and what is refused. */
#include "circuit/placement_file.h"
#include "circuit/reading.h"

static const char source[] = "OPENQASM 2.0; include \"qelib1.inc\"; qreg q[4]; qreg r[2]; h q[0];";

static enum status read_into(struct circuit *circuit, const char *text) {
    static const char *const names[] = {"left", "right"};
    return placement_file_read_text(circuit, "p", text, strlen(text), names, 2);
}

/* One letter or digit a qubit: the first of the QPU's name, '-' for none. */
static void expect_places(const char *text, const char *want) {
    struct circuit *circuit = must_read(source);
    char got[8] = "";
    messages_keep();
    cr_assert_eq(read_into(circuit, text), STATUS_OK, "%s\n%s", text, messages_all());
    for (uint32_t qb = 0; qb < circuit->n_qubits; qb++) {
        uint32_t qpu = circuit->placement[qb];
        got[qb] = qpu == OP_NO_QPU ? '-' : circuit->placed_qpus[qpu][0];
    }
    cr_expect_str_eq(got, want, "%s", text);
    circuit_destroy(circuit);
}

Test(placement_file, places) {
    expect_places("q A\nr B\n", "AAAABB");
    expect_places("q[0] A\nq[1:3],B # by hand\r\n\n  5\tC", "ABBB-C");
    expect_places("A\nA\nB\nA\nB\nB", "AABABB");
    expect_places("0\n1\n1\n0\n", "lrrl--");
    expect_places("q 1\nr 0\n", "rrrrll");
    expect_places("{\"q\": \"A\", \"r\": \"B\"}", "AAAABB");
    expect_places("\n {\"q[0]\": \"A\", \"q[1:3]\": 1, \"5\": \"C\"}", "Arrr-C");
    expect_places("[\"A\", \"A\", 0, 1]", "AAlr--");
}

/* Without names of QPUs, numbers are letters; comments of the circuit are replaced. */
Test(placement_file, without_machine) {
    struct circuit *circuit =
        must_read("OPENQASM 2.0;\n// qspan qpu X q\nqreg q[2]; creg c[2];\nmeasure q -> c;");
    cr_assert_eq(placement_file_read_text(circuit, "p", "25\n0\n", 5, NULL, 0), STATUS_OK);
    cr_expect_eq(circuit->n_placed_qpus, 2);
    cr_expect_str_eq(circuit->placed_qpus[circuit->placement[0]], "Z");
    cr_expect_str_eq(circuit->placed_qpus[circuit->placement[1]], "A");
    circuit_destroy(circuit);
}

static void refused(const char *text, const char *message) {
    struct circuit *circuit = must_read(source);
    messages_keep();
    cr_expect_eq(read_into(circuit, text), STATUS_INPUT, "%s", text);
    cr_expect_not_null(strstr(messages_all(), message), "%s\ngives %s\ninstead of %s", text,
                       messages_all(), message);
    circuit_destroy(circuit);
}

Test(placement_file, refuses) {
    refused("", "p: error: places no qubit");
    refused("# nothing\n", "places no qubit");
    refused("q A\n s B\n", "p:2:2: error: 's' is no qubit of the circuit; expected a register");
    refused("q[4] A", "p:1:1: error: 'q[4]' is outside of q[4]");
    refused("q[2:1] A", "'q[2:1]' is outside of q[4]");
    refused("q[ A", "'q[' is outside of q[4]");
    refused("q[] A", "'q[]' is outside of q[4]");
    refused("q[0]x A", "'q[0]x' is outside of q[4]");
    refused("q[:2] A", "'q[:2]' is outside of q[4]");
    refused("6 A", "'6' is no qubit");
    refused("99999999999999999999 A", "is no qubit");
    refused("q A\nq[1] B", "p:2:6: error: qubit q[1] is already placed on QPU 'A'");
    refused("q[0] A B", "expected a qubit and a QPU, not more");
    refused("A\nq[0] A", "p:2:1: error: lines with a qubit and a QPU are mixed");
    refused("q[0] A\nA", "are mixed");
    refused("A\nA\nA\nA\nA\nA\nA", "p:7:1: error: more entries than the circuit's 6 qubits");
    refused("q 2", "p:1:3: error: QPU 2: there are QPUs 0 to 1; others need a name");
    refused("q A-1", "'A-1' is no name of a QPU");
    refused("q \x1b[31m", "\\x1B[31m' is no name of a QPU");
    refused("{\"q\": \"A\",}", "p:1:");
    refused("{\"q\": \"A\", \"q\": \"B\"}", "duplicate object key");
    refused("{\"q\": [1]}", "p: error: \"q\": expected the name or number of a QPU");
    refused("{\"q\": -1}", "\"q\": expected the name or number of a QPU");
    refused("{\"q\": \"A\", \"q[2]\": \"B\"}", "\"q[2]\": qubit q[2] is already placed");
    refused("[0, 1, 2]", "p: error: [2]: QPU 2: there are QPUs 0 to 1");
    refused("[0, null]", "[1]: expected the name");
    refused("[]", "places no qubit");
}
