/* Circuits with control flow and assignments, distributed: they do what the circuit does, and their
 * programs pass the checker and read back from their text. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "distribute/distribute.h"
#include "support/naive_program.h"

static const char head[] = "OPENQASM 3.0; include \"stdgates.inc\"; qubit[3] q; bit[3] c; ";
static const char *const bodies[] = {
    /* else, with gates across QPUs */
    "h q[0]; c[0] = measure q[0]; if (c[0]) cx q[1], q[2]; else { x q[1]; cx q[1], q[2]; } "
    "c[1:2] = measure q[1:2];",
    /* nested, gates alone */
    "h q[0]; h q[2]; c[0] = measure q[0]; c[2] = measure q[2]; x q[1]; "
    "if (c[0]) { if (c[2]) cx q[1], q[2]; else cx q[1], q[0]; } c[1] = measure q[2];",
    /* measurement and a gate across QPUs under a condition: protocols inside */
    "h q[0]; c[0] = measure q[0]; if (c[0]) { h q[2]; cx q[2], q[1]; c[1] = measure q[1]; } "
    "c[2] = measure q[2];",
    /* assignments of bits born on both QPUs */
    "h q[0]; h q[2]; c[0] = measure q[0]; c[2] = measure q[2]; c[1] = c[0] ^ c[2]; "
    "if (c[1]) x q[1]; c[0] = measure q[1];",
    "h q; c = measure q; c = c << 1; if (c == 4) x q[0]; c[0] = measure q[0];",
    /* a loop that reads a bit before the bit is written */
    "x q[0]; for int i in [1:16] { if (c[0]) x q[2]; c[0] = measure q[0]; } c[2] = measure q[2];",
    "h q[0]; cx q[0], q[2]; c = measure q; bit b; while (c[0]) { x q[0]; cx q[0], q[2]; "
    "c[0] = measure q[0]; }",
    "h q[0]; c[0] = measure q[0]; for int i in [0:2] { if (c[0] && i == 1) break; x q[2]; } "
    "c[2] = measure q[2];",
    /* a measured qubit that a condition swaps with one of another QPU */
    "h q[0]; h q[1]; c[1] = measure q[1]; c[2] = measure q[2]; if (!c[1]) swap q[0], q[2]; "
    "c[0] = measure q[2];",
    "h q[0]; h q[1]; c[1] = measure q[1]; c[2] = measure q[2]; if (c[1]) swap q[2], q[0]; "
    "c[0] = measure q[0];",
};

static const double perfect_pair[4] = {1, 0, 0, 0};

/* Of the circuit's first three bits. */
static void distribution_of(double out_p[8], const struct program *program) {
    double *p = calloc((size_t)1 << program->n_bits, sizeof *p);

    cr_assert_leq(program->n_bits, 16);
    naive_distribution(p, program, perfect_pair, 1000000);
    memset(out_p, 0, 8 * sizeof *out_p);
    for (size_t key = 0; key < (size_t)1 << program->n_bits; key++) {
        out_p[key & 7] += p[key];
    }
    free(p);
}

static void check_text(const struct program *program, const char *body) {
    struct text once = {0}, again = {0};
    struct program *read = NULL;

    cr_assert_eq(program_print(&once, program), STATUS_OK);
    cr_assert_eq(program_read_text(&read, "p", once.data, once.n, NULL), STATUS_OK, "%s\n%s\n%s",
                 log_get_error(), body, once.data);
    cr_assert_eq(program_print(&again, read), STATUS_OK);
    cr_expect_str_eq(once.data, again.data, "%s", body);
    program_destroy(read);
    text_fini(&once);
    text_fini(&again);
}

static void check_body(const char *body, uint32_t n_qpus) {
    struct text text = {0};
    struct circuit *circuit = NULL;
    struct machine *machine = NULL;
    struct program *program = NULL;
    struct program_check check = {0};
    double want[8], got[8];

    text_printf(&text, "%s%s", head, body);
    cr_assert_eq(circuit_read_text(&circuit, "c", text.data, text.n, NULL), STATUS_OK, "%s\n%s",
                 log_get_error(), body);
    cr_assert_eq(machine_create_ideal(&machine, n_qpus, circuit->n_qubits, MACHINE_UNLIMITED),
                 STATUS_OK);
    cr_assert_eq(distribute_simple(&program, circuit, machine), STATUS_OK, "%s\n%s",
                 log_get_error(), body);
    cr_expect(op_list_is_valid(&program->ops, program->n_wires, program->n_bits), "%s", body);
    cr_expect_eq(program_check(&check, program), STATUS_OK, "%s\n%s", log_get_error(), body);
    program_check_fini(&check);
    const struct program alone = {
        .ops = circuit->ops, .n_wires = circuit->n_qubits, .n_bits = circuit->n_bits};
    distribution_of(want, &alone);
    distribution_of(got, program);
    for (size_t key = 0; key < 8; key++) {
        cr_expect_float_eq(got[key], want[key], 1e-9, "%s\non %u QPUs, key %zu: %g, not %g", body,
                           n_qpus, key, got[key], want[key]);
    }
    check_text(program, body);
    program_destroy(program);
    machine_destroy(machine);
    circuit_destroy(circuit);
    text_fini(&text);
}

Test(qasm3, programs_act_as_their_circuits) {
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        check_body(bodies[i], 1);
        check_body(bodies[i], 2);
    }
}
