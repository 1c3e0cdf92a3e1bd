/* Every library protocol with one thing wrong: each correction deleted, flipped, moved to another
 * bit or qubit, made another Pauli, each ebit rewired, bits that keep
 * a pair computed wrongly. The verdict on each is compared with dense
 * Choi matrices. */
#include <criterion/criterion.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "comm/comm.h"
#include "support/example.h"
#include "support/messages.h"
#include "support/naive_choi.h"
#include "verify/against.h"

static void start(void) {
    comm_start_alone();
}
TestSuite(mutants, .init = start);

struct counts {
    unsigned n_mutants, n_refused, n_caught, n_harmless;
};
struct subject {
    struct program *program;
    struct circuit *circuit;
    struct choi_spec spec;
    double *target; /* Choi matrices */
    struct counts counts;
};

static uint32_t find_qubit(const struct circuit *circuit, const char *name) {
    for (uint32_t qb = 0; qb < circuit->n_qubits; qb++) {
        char buffer[64];
        if (strcmp(circuit_qubit_name(circuit, qb, buffer, sizeof buffer), name) == 0) {
            return qb;
        }
    }
    cr_assert_fail("no qubit %s", name);
    return 0;
}

static void drop_results(struct program *program) {
    for (size_t i = 0; i < program->ops.n_ops; i++) {
        struct op *op = &program->ops.ops[i];
        for (size_t r = 0; op->kind == OP_MEASURE && r < program->n_cregs; r++) {
            const struct reg *reg = &program->cregs[r];
            if (reg->is_output && op->bit >= reg->first && op->bit < reg->first + reg->n) {
                op->kind = OP_TICK;
                op->n_qubits = 0;
                op->bit = OP_NO_BIT;
            }
        }
    }
}

/* Dense sides of program and circuit, matched by hand: one output register, the first one. */
static void load(struct subject *subject, const char *name) {
    static uint32_t in[2][8], out[2][8], bits[2][8];
    subject->program = example_program(name);
    subject->circuit = example_target(name);
    struct program *program = subject->program;
    struct choi_spec spec = {.in = in[0], .out = out[0], .bits = bits[0]};
    spec.n_wires = program->n_wires;
    spec.n_bits = program->n_bits;
    for (size_t i = 0; i < program->n_in; i++) {
        in[0][i] = program->in[i].wire;
        in[1][i] = find_qubit(subject->circuit, program->in[i].qubit);
    }
    for (size_t i = 0; i < program->n_out; i++) {
        out[0][i] = program->out[i].wire;
        out[1][i] = find_qubit(subject->circuit, program->out[i].qubit);
    }
    spec.n_in = (uint32_t)program->n_in;
    spec.n_out = (uint32_t)program->n_out;
    if (!subject->circuit->measures) {
        drop_results(program);
    } else {
        for (size_t r = 0; r < program->n_cregs; r++) {
            const struct reg *reg = &program->cregs[r];
            for (uint32_t i = 0; reg->is_output && i < reg->n; i++) {
                bits[0][spec.n_output_bits] = reg->first + i;
                bits[1][spec.n_output_bits] = spec.n_output_bits;
                spec.n_output_bits++;
            }
        }
    }
    spec.ops = &program->ops;
    subject->spec = spec;
    struct choi_spec target = spec;
    target.ops = &subject->circuit->ops;
    target.n_wires = subject->circuit->n_qubits;
    target.n_bits = subject->circuit->n_bits;
    target.in = in[1];
    target.out = out[1];
    target.bits = bits[1];
    subject->target = naive_choi(&target);
}

static bool is_same_densely(const struct subject *subject) {
    double *own = naive_choi(&subject->spec);
    const double difference = naive_choi_difference(own, subject->target, &subject->spec);
    free(own);
    return difference < 1e-9;
}

static void judge(struct subject *subject, const char *what) {
    struct program_check check = {0};
    bool is_equal = false;
    const bool is_refused = program_check(&check, subject->program) != STATUS_OK;
    program_check_fini(&check);
    cr_assert_eq(
        verify_is_equal(&is_equal, subject->program, subject->circuit, NULL, VERIFY_MAX_ROUNDS),
        STATUS_OK);
    cr_assert_eq(is_equal, is_same_densely(subject), "%s: proof says %d", what, is_equal);
    subject->counts.n_mutants++;
    subject->counts.n_refused += is_refused;
    subject->counts.n_caught += !is_refused && !is_equal;
    subject->counts.n_harmless += !is_refused && is_equal;
}

static void mutate_correction(struct subject *subject, struct op *op, struct op *gate) {
    struct program *program = subject->program;
    struct op_list *ops = &program->ops;
    const uint16_t which = gate->which;
    const uint32_t wire = op_qubits(ops, gate)[0], old_root = op->expr;
    gate->which = GATE_I;
    judge(subject, "deleted");
    gate->which = which;
    uint32_t flipped;
    cr_assert_eq(expr_add(ops, &flipped, (struct expr){.kind = EXPR_NOT, .a = old_root}),
                 STATUS_OK);
    op->expr = flipped;
    judge(subject, "flipped");
    for (uint32_t bit = 0; bit < program->n_bits; bit++) {
        uint32_t root;
        cr_assert_eq(expr_add(ops, &root, (struct expr){.kind = EXPR_BIT, .a = bit}), STATUS_OK);
        if (ops->exprs[old_root].kind != EXPR_BIT || ops->exprs[old_root].a != bit) {
            op->expr = root;
            judge(subject, "another bit");
        }
    }
    op->expr = old_root;
    for (uint32_t other = 0; other < program->n_wires; other++) {
        if (other != wire) {
            ops->qubits[gate->qubit0] = other;
            judge(subject, "another qubit");
        }
    }
    ops->qubits[gate->qubit0] = wire;
    for (uint16_t pauli = GATE_X; pauli <= GATE_Z; pauli++) {
        if (pauli != which) {
            gate->which = pauli;
            judge(subject, "another Pauli");
        }
    }
    gate->which = which;
}

/* A bit that says whether to keep what was made: flipped, or another bit alone. */
static void mutate_assignment(struct subject *subject, struct op *op) {
    struct op_list *ops = &subject->program->ops;
    const uint32_t old_root = op->expr;
    uint32_t root;
    cr_assert_eq(expr_add(ops, &root, (struct expr){.kind = EXPR_NOT, .a = old_root}), STATUS_OK);
    op->expr = root;
    judge(subject, "flipped");
    for (uint32_t bit = 0; bit < subject->program->n_bits; bit++) {
        cr_assert_eq(expr_add(ops, &root, (struct expr){.kind = EXPR_BIT, .a = bit}), STATUS_OK);
        op->expr = root;
        judge(subject, "another bit");
    }
    op->expr = old_root;
}

static void rewire(struct subject *subject, const struct op *op) {
    uint32_t *wires = subject->program->ops.qubits + op->qubit0;
    for (unsigned end = 0; end < 2; end++) {
        const uint32_t wire = wires[end];
        for (uint32_t other = 0; other < subject->program->n_wires; other++) {
            if (subject->program->wire_is_comm[other] && other != wires[0] && other != wires[1]) {
                wires[end] = other;
                judge(subject, "rewired");
                wires[end] = wire;
            }
        }
    }
}

static struct counts mutate(const char *name) {
    struct subject subject = {0};
    bool is_equal = false;
    messages_keep();
    load(&subject, name);
    cr_assert(is_same_densely(&subject), "%s", name);
    cr_assert_eq(
        verify_is_equal(&is_equal, subject.program, subject.circuit, NULL, VERIFY_MAX_ROUNDS),
        STATUS_OK);
    cr_assert(is_equal, "%s", name);
    for (size_t i = 0; i < subject.program->ops.n_ops; i++) {
        struct op *op = &subject.program->ops.ops[i];
        if (op->kind == OP_IF) {
            cr_assert_eq(op->match, i + 2, "a correction is one gate");
            mutate_correction(&subject, op, op + 1);
        } else if (op->kind == OP_EBIT) {
            rewire(&subject, op);
        } else if (op->kind == OP_ASSIGN) {
            mutate_assignment(&subject, op);
        }
    }
    printf("%-24s %4u mutants: %4u refused by the checks, %4u caught by the proof, %3u harmless\n",
           name, subject.counts.n_mutants, subject.counts.n_refused, subject.counts.n_caught,
           subject.counts.n_harmless);
    free(subject.target);
    circuit_destroy(subject.circuit);
    program_destroy(subject.program);
    return subject.counts;
}

/* Protocols of the library whose number is `part` modulo N_PARTS: as many tests, for the clock. */
enum { N_PARTS = 4 };

static void mutate_part(size_t part, unsigned n_mutants, unsigned n_harmless) {
    struct counts sum = {0};
    char pattern[512];
    glob_t found;
    snprintf(pattern, sizeof pattern, "%s/examples/protocols/*.qasm", getenv("QSPAN_SOURCE_DIR"));
    cr_assert_eq(glob(pattern, 0, NULL, &found), 0);
    for (size_t i = part; i < found.gl_pathc; i += N_PARTS) {
        char name[64];
        const char *file = strrchr(found.gl_pathv[i], '/') + 1;
        snprintf(name, sizeof name, "%.*s", (int)strcspn(file, "."), file);
        const struct counts counts = mutate(name);
        sum.n_mutants += counts.n_mutants;
        sum.n_refused += counts.n_refused;
        sum.n_caught += counts.n_caught;
        sum.n_harmless += counts.n_harmless;
    }
    printf("part %zu: %u mutants, %u refused by the checks, %u caught by the proof, %u harmless\n",
           part, sum.n_mutants, sum.n_refused, sum.n_caught, sum.n_harmless);
    globfree(&found);
    cr_expect_eq(sum.n_mutants, n_mutants);
    cr_expect_eq(sum.n_harmless, n_harmless);
}

Test(mutants, first) {
    mutate_part(0, 185, 0);
}

Test(mutants, second) {
    mutate_part(1, 223, 3);
}

Test(mutants, third) {
    mutate_part(2, 278, 4);
}

Test(mutants, fourth) {
    mutate_part(3, 351, 5);
}
