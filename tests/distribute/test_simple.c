/* The fixed rules: what they cost, what they refuse, and that the program does what the circuit
 * does (small cases against a brute force over every outcome of every protocol). */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "distribute/distribute.h"
#include "support/messages.h"
#include "support/naive_program.h"
#include "support/random_circuit.h"

/* ---- help ---- */

static struct circuit *must_read(const char *text) {
    struct circuit *circuit = NULL;
    messages_keep();
    cr_assert_eq(qasm2_read_text(&circuit, "c.qasm", text, strlen(text), NULL), STATUS_OK, "%s\n%s",
                 messages_all(), text);
    return circuit;
}

static struct machine *must_make(const char *text) {
    struct machine *machine = NULL;
    messages_keep();
    cr_assert_eq(machine_read_text(&machine, "m.yaml", text, strlen(text)), STATUS_OK, "%s",
                 messages_all());
    return machine;
}

static struct program *must_distribute(const struct circuit *circuit,
                                       const struct machine *machine) {
    struct program *program = NULL;
    messages_keep();
    cr_assert_eq(distribute_simple(&program, circuit, machine), STATUS_OK, "%s", messages_all());
    cr_assert(op_list_is_valid(&program->ops, program->n_wires, program->n_bits));
    return program;
}

/* QPUs as --qpus makes them, with `n_spare` data qubits more. */
static struct machine *make_machine(uint32_t n_qpus, uint32_t n_qubits, uint32_t n_comm,
                                    uint32_t n_spare) {
    struct machine *machine;
    cr_assert_eq(machine_create_ideal(&machine, n_qpus, n_qubits, n_comm), STATUS_OK);
    for (uint32_t i = 0; i < n_qpus; i++) {
        machine->qpus[i].n_data += n_spare;
    }
    return machine;
}

/* Placement comments that spread the qubits as --qpus does, whatever room there is. */
static void spread(struct circuit *circuit, uint32_t n_qpus) {
    static const char *const names[] = {"A", "B", "C", "D"};
    const uint32_t n = circuit->n_qubits;
    cr_assert_eq(vec_reserve(&circuit->placed_qpus, 0, &circuit->cap_placed_qpus, n_qpus,
                             sizeof *circuit->placed_qpus),
                 STATUS_OK);
    circuit->placement = arena_alloc(&circuit->arena, n * sizeof *circuit->placement);
    circuit->n_placed_qpus = n_qpus;
    for (uint32_t qpu = 0, qb = 0; qpu < n_qpus; qpu++) {
        circuit->placed_qpus[qpu] = names[qpu];
        for (uint32_t i = 0; i < n / n_qpus + (qpu < n % n_qpus); i++) {
            circuit->placement[qb++] = qpu;
        }
    }
}

static struct program_check must_pass(const struct program *program) {
    struct program_check check;
    messages_keep();
    cr_assert_eq(program_check(&check, program), STATUS_OK, "%s", messages_all());
    return check;
}

/* ---- counts ---- */

/* The gate commutes with Z on the operand, read off its unitary. */
static bool commutes_with_z(const struct op_list *ops, const struct op *op, uint32_t operand) {
    static double u[GATE_MAX_MATRIX];
    gate_unitary(u, (enum gate_id)op->which, op_params(ops, op));
    const size_t dim = (size_t)1 << op->n_qubits;
    for (size_t row = 0; row < dim; row++) {
        for (size_t col = 0; col < dim; col++) {
            const double *entry = u + 2 * (row * dim + col);
            if (((row ^ col) >> operand & 1) && fabs(entry[0]) + fabs(entry[1]) > 1e-14) {
                return false;
            }
        }
    }
    return true;
}

struct cost {
    uint64_t n_gates, n_copies, n_moves;
};

static void add_cost(struct cost *cost, const struct op_list *ops, const struct op *op,
                     const uint32_t *qpu_of) {
    const uint32_t *qubits = op_qubits(ops, op);
    const uint32_t n = op->n_qubits;
    uint32_t home = qpu_of[qubits[0]], most = 0;
    cost->n_gates++;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t there = 0;
        for (uint32_t j = 0; j < n; j++) {
            there += qpu_of[qubits[i]] == qpu_of[qubits[j]];
        }
        if (there > most) {
            most = there;
            home = qpu_of[qubits[i]];
        }
    }
    if (n == 2) {
        const bool only_1 = !commutes_with_z(ops, op, 0) && commutes_with_z(ops, op, 1);
        home = qpu_of[qubits[only_1 ? 0 : 1]];
    }
    for (uint32_t i = 0; i < n; i++) {
        if (qpu_of[qubits[i]] != home) {
            *(commutes_with_z(ops, op, i) ? &cost->n_copies : &cost->n_moves) += 1;
        }
    }
}

Test(simple, counts_follow_the_rules) {
    uint64_t n_copies = 0, n_moves = 0;
    for (uint64_t seed = 0; seed < 300; seed++) {
        const struct random_circuit spec = {
            .seed = seed, .n_qubits = 2 + (uint32_t)seed % 8, .n_ops = 30, .max_operands = 5};
        const uint32_t n_qpus = 1 + (uint32_t)(seed / 8) % 4;
        struct circuit *circuit = random_circuit_create(&spec);
        struct machine *machine = make_machine(n_qpus, spec.n_qubits, MACHINE_UNLIMITED, 0);
        struct program *program = must_distribute(circuit, machine);
        struct program_check check = must_pass(program);
        uint32_t qpu_of[16], qb = 0;
        struct cost cost = {0};
        for (uint32_t qpu = 0; qpu < n_qpus; qpu++) {
            for (uint32_t i = 0; i < machine->qpus[qpu].n_data; i++) {
                qpu_of[qb++] = qpu;
            }
        }
        for (size_t i = 0; i < circuit->ops.n_ops; i++) {
            if (circuit->ops.ops[i].kind == OP_GATE) {
                add_cost(&cost, &circuit->ops, &circuit->ops.ops[i], qpu_of);
            }
        }
        cr_assert_eq(check.n_ebits, cost.n_copies + 2 * cost.n_moves, "seed %d", (int)seed);
        cr_assert_eq(check.n_bits_sent, 2 * check.n_ebits);
        cr_assert_eq(check.n_measurements, 2 * check.n_ebits);
        /* cx, x, h, z for each copy; twice cx, h, x, z and one swap for each move. */
        cr_assert_eq(check.n_local_gates, cost.n_gates + 4 * cost.n_copies + 9 * cost.n_moves);
        n_copies += cost.n_copies;
        n_moves += cost.n_moves;
        program_check_fini(&check);
        program_destroy(program);
        machine_destroy(machine);
        circuit_destroy(circuit);
    }
    cr_assert(n_copies > 1000 && n_moves > 1000);
}

struct gate_cost {
    const char *gate;
    uint32_t n_ebits;
};

/* Two QPUs of two qubits; operands alternate: q[0] on A, q[2] on B, q[1] on A, q[3] on B. */
Test(simple, ebits_of_each_kind_of_gate) {
    static const struct gate_cost costs[] = {
        {"cx q[0],q[2]", 1},         {"cx q[2],q[0]", 1},
        {"cz q[0],q[2]", 1},         {"cu1(0.3) q[0],q[2]", 1},
        {"rzz(0.3) q[0],q[2]", 1},   {"cu3(1,2,3) q[2],q[1]", 1},
        {"swap q[0],q[2]", 2},       {"rxx(0.3) q[0],q[2]", 2},
        {"rxx(0) q[0],q[2]", 1},     {"rxx(2*pi) q[0],q[2]", 1},
        {"cx q[0],q[1]", 0},         {"swap q[2],q[3]", 0},
        {"ccx q[0],q[1],q[2]", 2},   {"ccx q[0],q[2],q[1]", 1},
        {"ccx q[0],q[2],q[3]", 1},   {"cswap q[0],q[2],q[3]", 1},
        {"cswap q[0],q[1],q[2]", 2}, {"c3x q[0],q[2],q[1],q[3]", 3},
        {"cu1(0) q[0],q[2]", 1},     {"id q[0]", 0},
    };
    struct machine *machine = make_machine(2, 4, MACHINE_UNLIMITED, 0);
    for (size_t i = 0; i < sizeof costs / sizeof *costs; i++) {
        char text[256];
        snprintf(text, sizeof text, "OPENQASM 2.0;\ninclude \"qelib1.inc\";\nqreg q[4];\n%s;\n",
                 costs[i].gate);
        struct circuit *circuit = must_read(text);
        struct program *program = must_distribute(circuit, machine);
        struct program_check check = must_pass(program);
        cr_expect_eq(check.n_ebits, costs[i].n_ebits, "%s: %d", costs[i].gate, (int)check.n_ebits);
        program_check_fini(&check);
        program_destroy(program);
        circuit_destroy(circuit);
    }
    machine_destroy(machine);
}

Test(simple, comm_qubits_stay_within_the_machine) {
    for (uint64_t seed = 0; seed < 300; seed++) {
        const struct random_circuit spec = {.seed = 1000 + seed,
                                            .n_qubits = 2 + (uint32_t)seed % 8,
                                            .n_ops = 30,
                                            .n_measures = 3,
                                            .max_operands = 5};
        const uint32_t n_qpus = 1 + (uint32_t)(seed / 8) % 4, n_comm = 1 + (uint32_t)seed % 3;
        struct circuit *circuit = random_circuit_create(&spec);
        struct machine *machine =
            make_machine(n_qpus, spec.n_qubits, n_comm, (uint32_t)(seed / 3) % 2);
        spread(circuit, n_qpus);
        struct program *program = must_distribute(circuit, machine);
        struct program_check check = must_pass(program);
        for (uint32_t qpu = 0; qpu < n_qpus; qpu++) {
            cr_assert_leq(program->qpus[qpu].n_comm, n_comm);
            cr_assert_leq(program->qpus[qpu].n_data, machine->qpus[qpu].n_data);
            cr_assert_leq(check.peak_comm[qpu], n_comm, "seed %d", (int)seed);
        }
        program_check_fini(&check);
        program_destroy(program);
        machine_destroy(machine);
        circuit_destroy(circuit);
    }
}

/* A swap with one comm qubit each: into the spare data qubit if there is one, else as three cx. */
Test(simple, decomposes_for_lack_of_comm_qubits) {
    static const uint64_t n_ebits[2][3] = {{3, 2, 2}, {2, 2, 2}};
    static const char text[] =
        "OPENQASM 2.0;\ninclude \"qelib1.inc\";\nqreg q[2];\n// qspan qpu A q[0]\n"
        "// qspan qpu B q[1]\nswap q[0],q[1];\n";
    struct circuit *circuit = must_read(text);
    for (uint32_t spare = 0; spare < 2; spare++) {
        for (uint32_t n_comm = 1; n_comm <= 3; n_comm++) {
            struct machine *machine = make_machine(2, 2, n_comm, spare);
            struct program *program = must_distribute(circuit, machine);
            struct program_check check = must_pass(program);
            cr_expect_eq(check.n_ebits, n_ebits[spare][n_comm - 1], "%u %u", spare, n_comm);
            program_check_fini(&check);
            program_destroy(program);
            machine_destroy(machine);
        }
    }
    circuit_destroy(circuit);
}

/* ---- the same distribution ---- */

/* Of the circuit's bits, which come first in the program. */
static void fold(double *out_p, uint32_t n_bits, const struct program *program,
                 const double *weights) {
    double *p = calloc((size_t)1 << program->n_bits, sizeof *p);
    naive_distribution(p, program, weights, 1000000);
    memset(out_p, 0, sizeof *out_p << n_bits);
    for (size_t key = 0; key < (size_t)1 << program->n_bits; key++) {
        out_p[key & (((size_t)1 << n_bits) - 1)] += p[key];
    }
    free(p);
}

static const double perfect_pair[4] = {1, 0, 0, 0};

static void assert_same_distribution(const struct circuit *circuit, const struct program *program,
                                     int seed) {
    double expected[256], found[256];
    const struct program alone = {
        .ops = circuit->ops, .n_wires = circuit->n_qubits, .n_bits = circuit->n_bits};
    cr_assert_leq(circuit->n_bits, 8);
    fold(expected, circuit->n_bits, &alone, perfect_pair);
    fold(found, circuit->n_bits, program, perfect_pair);
    for (size_t key = 0; key < (size_t)1 << circuit->n_bits; key++) {
        cr_assert_float_eq(found[key], expected[key], 1e-12, "seed %d, key %d: %.15g, not %.15g",
                           seed, (int)key, found[key], expected[key]);
    }
}

Test(simple, small_programs_act_as_their_circuits) {
    static const uint32_t n_comms[] = {MACHINE_UNLIMITED, 1, 2, 3};
    uint32_t n_done = 0;
    for (uint64_t seed = 0; seed < 4000 && n_done < 60; seed++) {
        const struct random_circuit spec = {.seed = 5000 + seed,
                                            .n_qubits = 2 + (uint32_t)seed % 3,
                                            .n_ops = 6,
                                            .n_measures = 2,
                                            .max_operands = 3,
                                            .is_measured = true};
        struct circuit *circuit = random_circuit_create(&spec);
        const uint32_t n_qpus = 2 + (uint32_t)(seed / 3) % 2;
        struct machine *machine =
            make_machine(n_qpus, spec.n_qubits, n_comms[seed % 4], (uint32_t)(seed / 4) % 2);
        spread(circuit, n_qpus);
        struct program *program = must_distribute(circuit, machine);
        struct program_check check = must_pass(program);
        if (check.n_ebits > 0 && check.n_ebits <= 4 && program->n_wires <= 7 &&
            program->n_bits <= 13) {
            assert_same_distribution(circuit, program, (int)seed);
            n_done++;
        }
        program_check_fini(&check);
        program_destroy(program);
        machine_destroy(machine);
        circuit_destroy(circuit);
    }
    cr_assert_eq(n_done, 60);
}

/* Bits that are born later or never leave the conditions. */
Test(simple, conditions_on_bits_that_nothing_wrote) {
    static const char head[] = "OPENQASM 2.0;\ninclude \"qelib1.inc\";\nqreg q[2];\ncreg c[3];\n"
                               "creg d[1];\n";
    static const struct {
        const char *text;
        double p_one; /* of d */
    } cases[] = {
        {"if(c==0) x q[0]; if(c==0) cx q[0],q[1]; measure q[1] -> d[0];", 1},
        {"if(c==1) x q[1]; measure q[1] -> d[0];", 0},
        {"x q[0]; measure q[0] -> c[1]; if(c==2) x q[1]; measure q[1] -> d[0];", 1},
        {"x q[0]; measure q[0] -> c[1]; if(c==6) x q[1]; measure q[1] -> d[0];", 0},
        {"x q[0]; measure q[0] -> c[1]; if(c==0) x q[1]; measure q[1] -> d[0];", 0},
        {"x q[0]; if(c==2) x q[1]; measure q[0] -> c[1]; measure q[1] -> d[0];", 0},
        {"h q[0]; measure q[0] -> c[1]; if(c==2) cx q[0],q[1]; measure q[1] -> d[0];", 0.5},
    };
    struct machine *machine = make_machine(2, 2, 1, 0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[512];
        double p[16], p_one = 0;
        snprintf(text, sizeof text, "%s%s", head, cases[i].text);
        struct circuit *circuit = must_read(text);
        struct program *program = must_distribute(circuit, machine);
        struct program_check check = must_pass(program);
        assert_same_distribution(circuit, program, (int)i);
        fold(p, 4, program, perfect_pair);
        for (size_t key = 8; key < 16; key++) {
            p_one += p[key];
        }
        cr_expect_float_eq(p_one, cases[i].p_one, 1e-12, "%s: %g", cases[i].text, p_one);
        program_check_fini(&check);
        program_destroy(program);
        circuit_destroy(circuit);
    }
    machine_destroy(machine);
}

/* A condition stays inside the packet: the ebit is used whatever the bit says. */
Test(simple, ebits_do_not_depend_on_data) {
    struct circuit *circuit =
        must_read("OPENQASM 2.0;\ninclude \"qelib1.inc\";\nqreg q[2];\ncreg c[1];\nh q[0];\n"
                  "measure q[0] -> c[0];\nif(c==1) cx q[0],q[1];\nif(c==1) swap q[0],q[1];\n");
    struct machine *machine = make_machine(2, 2, 2, 0);
    struct program *program = must_distribute(circuit, machine);
    struct program_check check = must_pass(program);
    cr_assert_eq(check.n_ebits, 3);
    cr_assert_not(program->is_data_dependent);
    program_check_fini(&check);
    program_destroy(program);
    machine_destroy(machine);
    circuit_destroy(circuit);
}

/* ---- placement ---- */

static const char machine_text[] = "name: two\nqpus:\n"
                                   "  - {name: left, data: 2, comm: 1}\n"
                                   "  - {name: right, data: 3, comm: 1}\n"
                                   "  - {name: far, data: 1, comm: 0}\n"
                                   "links:\n"
                                   "  - {between: [left, right]}\n"
                                   "  - {between: [right, far]}\n";

static void assert_placed(const char *text, const struct machine *machine, const char *expected) {
    struct circuit *circuit = must_read(text);
    struct program *program = must_distribute(circuit, machine);
    char found[256] = "";
    for (size_t i = 0; i < program->n_in; i++) {
        const size_t n = strlen(found);
        snprintf(found + n, sizeof found - n, "%s:%s ", program->in[i].qubit,
                 program->qpus[program->wire_qpu[program->in[i].wire]].name);
        cr_assert_eq(program->in[i].wire, program->out[i].wire);
        cr_assert_str_eq(program->in[i].qubit, program->out[i].qubit);
    }
    cr_expect_str_eq(found, expected);
    program_destroy(program);
    circuit_destroy(circuit);
}

Test(simple, places_in_order_and_by_comments) {
    struct machine *machine = must_make(machine_text);
    assert_placed("OPENQASM 2.0;\nqreg a[2];\nqreg b[4];\n", machine,
                  "a[0]:left a[1]:left b[0]:right b[1]:right b[2]:right b[3]:far ");
    assert_placed("OPENQASM 2.0;\nqreg a[2];\nqreg b[3];\n// qspan qpu far a[1]\n"
                  "// qspan qpu right b[0:1]\n",
                  machine, "a[0]:left a[1]:far b[0]:right b[1]:right b[2]:left ");
    machine_destroy(machine);
    machine = make_machine(3, 7, MACHINE_UNLIMITED, 0);
    assert_placed("OPENQASM 2.0;\nqreg q[7];\n", machine,
                  "q[0]:A q[1]:A q[2]:A q[3]:B q[4]:B q[5]:C q[6]:C ");
    machine_destroy(machine);
}

/* ---- refusals ---- */

static void assert_refused(const char *body, const struct machine *machine, const char *message) {
    char text[512];
    struct program *program = NULL;
    snprintf(text, sizeof text, "OPENQASM 2.0;\ninclude \"qelib1.inc\";\n%s", body);
    struct circuit *circuit = must_read(text);
    messages_keep();
    cr_expect_eq(distribute_simple(&program, circuit, machine), STATUS_INPUT);
    cr_expect_str_eq(messages_all(), message);
    cr_expect_null(program);
    circuit_destroy(circuit);
}

Test(simple, refuses_with_place_and_reason) {
    struct machine *machine = must_make(machine_text);
    assert_refused("qreg q[6];\n  cx q[0],q[5];\n", machine,
                   "c.qasm:4:3: error: cx joins qubits on QPUs 'left' and 'far', which no link "
                   "joins");
    assert_refused("qreg q[6];\n\nccx q[0],q[1],q[5];\n", machine,
                   "c.qasm:5:1: error: ccx joins qubits on QPUs 'far' and 'left', which no link "
                   "joins");
    assert_refused("qreg q[6];\nh q[0];cx q[5],q[2];\n", machine,
                   "c.qasm:4:8: error: cx joins qubits on QPUs 'far' and 'right', and 'far' has "
                   "no comm qubit");
    assert_refused("qreg q[7];\n", machine,
                   "c.qasm: error: the circuit has 7 qubits, the 3 QPUs of the machine 'two' have "
                   "6 data qubits in all: give them more `data`");
    assert_refused(
        "qreg q[3];\n// qspan qpu left q[0:2]\n", machine,
        "c.qasm:4:14: error: the circuit places 3 qubits on QPU 'left', which has 2 data "
        "qubits");
    assert_refused("qreg q[3];\n// qspan qpu middle q[0:2]\n", machine,
                   "c.qasm:4:14: error: the circuit places qubits on QPU 'middle', but the machine "
                   "'two' has left, right, far: rename one of them, or place the qubits "
                   "otherwise (--placement)");
    machine_destroy(machine);
}

/* ---- names ---- */

Test(simple, registers_do_not_clash_with_the_circuit) {
    struct circuit *circuit =
        must_read("OPENQASM 2.0;\ninclude \"qelib1.inc\";\nqreg q[2];\ncreg a_bits[1];\n"
                  "creg a_data[2];\nh q[0];\ncx q[0],q[1];\nmeasure q -> a_data;\n");
    struct machine *machine = must_make("qpus:\n  - {name: a, data: 1, comm: 1}\n"
                                        "  - {name: b, data: 1, comm: 1}\n"
                                        "default_link: {}\n");
    struct program *program = must_distribute(circuit, machine);
    for (size_t i = 0; i < circuit->n_cregs; i++) {
        cr_assert_str_eq(program->cregs[i].name, circuit->cregs[i].name);
        cr_assert(program->cregs[i].is_output);
    }
    cr_assert_str_eq(program->qregs[0].name, "a_data_");
    program_destroy(program);
    machine_destroy(machine);
    circuit_destroy(circuit);
}

/* ---- text ---- */

Test(simple, programs_read_back) {
    for (uint64_t seed = 0; seed < 60; seed++) {
        const struct random_circuit spec = {.seed = 9000 + seed,
                                            .n_qubits = 2 + (uint32_t)seed % 8,
                                            .n_ops = 25,
                                            .n_measures = 3,
                                            .max_operands = 5,
                                            .is_measured = true};
        struct circuit *circuit = random_circuit_create(&spec);
        struct machine *machine =
            make_machine(1 + (uint32_t)seed % 4, spec.n_qubits, 1 + (uint32_t)seed % 3, 1);
        spread(circuit, 1 + (uint32_t)seed % 4);
        struct program *program = must_distribute(circuit, machine), *again = NULL;
        struct text text = {0}, text_again = {0};
        messages_keep();
        cr_assert_eq(program_print(&text, program), STATUS_OK, "%s", messages_all());
        cr_assert_eq(program_read_text(&again, "p.qasm", text.data, text.n, NULL), STATUS_OK, "%s",
                     messages_all());
        cr_assert_eq(program_print(&text_again, again), STATUS_OK);
        cr_assert_str_eq(text_again.data, text.data);
        struct program_check check = must_pass(again);
        program_check_fini(&check);
        text_fini(&text);
        text_fini(&text_again);
        program_destroy(again);
        program_destroy(program);
        machine_destroy(machine);
        circuit_destroy(circuit);
    }
}

/* ---- size ---- */

/* Many QPUs, and barriers over all of them: time must stay linear. */
Test(simple, a_thousand_qpus, .timeout = 30) {
    enum { N_QPUS = 1000, N_QUBITS = 4000 };
    struct circuit *circuit = circuit_create();
    const struct src_loc loc = {"big.qasm", 1, 1};
    struct random_stream stream = {11, 0};
    uint32_t *all = malloc(N_QUBITS * sizeof *all);
    cr_assert_eq(circuit_add_qreg(circuit, "q", N_QUBITS, loc), STATUS_OK);
    for (uint32_t i = 0; i < N_QUBITS; i++) {
        all[i] = i;
    }
    for (uint32_t i = 0; i < 100; i++) {
        cr_assert_eq(op_list_add(&circuit->ops, NULL, OP_BARRIER, all, N_QUBITS, NULL, 0, loc),
                     STATUS_OK);
        for (uint32_t j = 0; j < 100; j++) {
            uint32_t qubits[2] = {random_below(&stream, N_QUBITS), 0};
            qubits[1] = (qubits[0] + 1 + random_below(&stream, N_QUBITS - 1)) % N_QUBITS;
            cr_assert_eq(op_list_add_gate(&circuit->ops, GATE_CX, qubits, NULL, loc), STATUS_OK);
        }
    }
    struct machine *machine = make_machine(N_QPUS, N_QUBITS, 1, 0);
    struct program *program = must_distribute(circuit, machine);
    size_t n_barriers = 0;
    for (size_t i = 0; i < program->ops.n_ops; i++) {
        n_barriers += program->ops.ops[i].kind == OP_BARRIER;
    }
    cr_assert_eq(n_barriers, 100 * N_QPUS);
    program_destroy(program);
    machine_destroy(machine);
    circuit_destroy(circuit);
    free(all);
}
