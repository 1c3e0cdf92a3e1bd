/* Runs of random programs against brute force: exact distributions, and samples of noisy ones. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/rng.h"
#include "runtime/runtime.h"
#include "support/naive_program.h"

enum { N_QPUS = 3, N_DATA = 2, N_COMM = 1, N_WIRES = N_QPUS * (N_DATA + N_COMM), N_BITS = 5 };

static uint64_t test_seed, test_draw;

static uint32_t pick(uint32_t n) {
    const struct rng_block block = rng_draw(test_seed, test_draw++, 0, RNG_TEST);
    return block.word[0] % n;
}

static const struct src_loc nowhere = {0};

static struct program *make_empty(void) {
    struct program *program = program_create();
    char name[16];
    uint32_t first;
    for (uint32_t q = 0; q < N_QPUS; q++) {
        uint32_t qpu;
        snprintf(name, sizeof name, "Q%u", q);
        cr_assert(program_add_qpu(program, &qpu, name) == STATUS_OK);
        snprintf(name, sizeof name, "d%u", q);
        cr_assert(program_add_qreg(program, &first, name, N_DATA, qpu, false) == STATUS_OK);
        snprintf(name, sizeof name, "c%u", q);
        cr_assert(program_add_qreg(program, &first, name, N_COMM, qpu, true) == STATUS_OK);
    }
    cr_assert(program_add_creg(program, &first, "m", N_BITS, true, false) == STATUS_OK);
    return program;
}

static uint32_t wire_of(uint32_t qpu, uint32_t i) {
    return qpu * (N_DATA + N_COMM) + i;
}

static void add_random_gate(struct program *program, bool only_clifford) {
    static const enum gate_id cliffords[] = {GATE_H,  GATE_S,  GATE_X,  GATE_Z,   GATE_SX,
                                             GATE_CX, GATE_CZ, GATE_CY, GATE_SWAP};
    static const enum gate_id others[] = {GATE_T,  GATE_RX,  GATE_RY,  GATE_RZ,  GATE_U3,
                                          GATE_CP, GATE_CRX, GATE_RXX, GATE_CCX, GATE_CH};
    const enum gate_id gate = only_clifford || pick(2) == 0 ? cliffords[pick(9)] : others[pick(10)];
    double params[4];
    const uint32_t qpu = pick(N_QPUS), first = pick(3);
    uint32_t wires[3] = {wire_of(qpu, first), wire_of(qpu, (first + 1) % 3),
                         wire_of(qpu, (first + 2) % 3)};
    for (int i = 0; i < 4; i++) {
        params[i] = pick(4) == 0 ? M_PI / 2 * pick(4) : 0.01 * pick(600);
    }
    cr_assert(op_list_add_gate(&program->ops, gate, wires, params, nowhere) == STATUS_OK);
}

static void add_measure(struct program *program, enum op_kind kind, uint32_t wire, uint32_t bit) {
    struct op *op;
    cr_assert(op_list_add(&program->ops, &op, kind, &wire, 1, NULL, 0, nowhere) == STATUS_OK);
    if (kind == OP_MEASURE) {
        op->bit = bit;
    }
}

static size_t open_if(struct program *program) {
    uint32_t expr, other;
    size_t open;
    const uint64_t value = pick(8);
    if (pick(3) == 0) {
        cr_assert(expr_add_eq(&program->ops, &expr, pick(2), 3, &value) == STATUS_OK);
    } else {
        cr_assert(expr_add(&program->ops, &expr,
                           (struct expr){.kind = EXPR_BIT, .a = pick(N_BITS), .n = 1}) ==
                  STATUS_OK);
        if (pick(2) == 0) {
            cr_assert(expr_add(&program->ops, &other,
                               (struct expr){.kind = EXPR_BIT, .a = pick(N_BITS), .n = 1}) ==
                      STATUS_OK);
            cr_assert(expr_add(&program->ops, &expr,
                               (struct expr){.kind = EXPR_XOR, .a = expr, .b = other}) ==
                      STATUS_OK);
        }
    }
    cr_assert(op_list_open(&program->ops, &open, OP_IF, expr, 0, nowhere) == STATUS_OK);
    return open;
}

static void close_block(struct program *program, size_t open) {
    cr_assert(op_list_close(&program->ops, open, nowhere) == STATUS_OK);
}

static void add_pauli_if(struct program *program) {
    static const enum gate_id paulis[] = {GATE_X, GATE_Y, GATE_Z};
    const size_t open = open_if(program);
    const uint32_t wire = pick(N_WIRES);
    cr_assert(op_list_add_gate(&program->ops, paulis[pick(3)], &wire, NULL, nowhere) == STATUS_OK);
    close_block(program, open);
}

/* A cat-entangler from QPU a to b, or a pair that is left alone. */
static void add_pair(struct program *program, bool is_entangler) {
    const uint32_t a = pick(N_QPUS), b = (a + 1 + pick(N_QPUS - 1)) % N_QPUS;
    const uint32_t wires[2] = {wire_of(a, N_DATA), wire_of(b, N_DATA)};
    const uint32_t cx[2] = {wire_of(a, pick(N_DATA)), wires[0]};
    add_measure(program, OP_RESET, wires[0], 0);
    add_measure(program, OP_RESET, wires[1], 0);
    cr_assert(op_list_add(&program->ops, NULL, OP_EBIT, wires, 2, NULL, 0, nowhere) == STATUS_OK);
    if (is_entangler) {
        const uint32_t bit = pick(N_BITS);
        uint32_t expr;
        size_t open;
        cr_assert(op_list_add_gate(&program->ops, GATE_CX, cx, NULL, nowhere) == STATUS_OK);
        add_measure(program, OP_MEASURE, wires[0], bit);
        cr_assert(expr_add(&program->ops, &expr,
                           (struct expr){.kind = EXPR_BIT, .a = bit, .n = 1}) == STATUS_OK);
        cr_assert(op_list_open(&program->ops, &open, OP_IF, expr, 0, nowhere) == STATUS_OK);
        cr_assert(op_list_add_gate(&program->ops, GATE_X, wires + 1, NULL, nowhere) == STATUS_OK);
        close_block(program, open);
    }
}

static void add_noise(struct program *program) {
    static const enum op_noise noises[] = {NOISE_X, NOISE_Y, NOISE_Z, NOISE_DEPOLARIZE1,
                                           NOISE_DEPOLARIZE2};
    const enum op_noise noise = noises[pick(5)];
    const double p = 0.02 * (1 + pick(8));
    const uint32_t first = pick(N_WIRES), wires[2] = {first, (first + 1) % N_WIRES};
    struct op *op;
    cr_assert(op_list_add(&program->ops, &op, OP_NOISE, wires, op_noise_group(noise), &p, 1,
                          nowhere) == STATUS_OK);
    op->which = (uint16_t)noise;
}

static void add_gates(struct program *program, uint32_t n, bool only_clifford) {
    for (uint32_t i = 0; i < n; i++) {
        add_random_gate(program, only_clifford);
    }
}

static void add_something(struct program *program, bool is_noisy, bool only_clifford) {
    size_t open;
    switch (pick(is_noisy ? 8 : 7)) {
    case 0:
        add_measure(program, OP_MEASURE, pick(N_WIRES), pick(N_BITS));
        return;
    case 1:
        add_pauli_if(program);
        return;
    case 2:
        open = open_if(program);
        add_random_gate(program, only_clifford);
        close_block(program, open);
        return;
    case 3:
        add_pair(program, pick(3) != 0);
        return;
    case 4:
        open = open_if(program);
        add_measure(program, OP_MEASURE, pick(N_WIRES), pick(N_BITS));
        close_block(program, open);
        return;
    case 5:
        cr_assert(op_list_open(&program->ops, &open, OP_REPEAT, 0, 2, nowhere) == STATUS_OK);
        add_random_gate(program, only_clifford);
        add_measure(program, OP_RESET, pick(N_WIRES), 0);
        close_block(program, open);
        return;
    case 6:
        add_gates(program, 3, only_clifford);
        return;
    default:
        add_noise(program);
    }
}

static struct program *make_random(bool is_noisy) {
    struct program *program = make_empty();
    const bool only_clifford = pick(4) == 0;
    const uint32_t n = 3 + pick(5);
    add_gates(program, 6, only_clifford);
    for (uint32_t i = 0; i < n; i++) {
        add_something(program, is_noisy, only_clifford);
        add_random_gate(program, only_clifford);
    }
    for (uint32_t i = 0; i < 3; i++) {
        add_measure(program, OP_MEASURE, pick(N_WIRES), i);
    }
    cr_assert(program_resolve(program) == STATUS_OK);
    return program;
}

static struct run_options default_options(void) {
    return (struct run_options){.engine = &engine_statevector,
                                .n_shots = 4000,
                                .seed = 5,
                                .shots_per_timeline = 1024,
                                .max_branches = 65536};
}

static void check_exact(const struct program *program, uint64_t number) {
    static const double perfect[4] = {1, 0, 0, 0};
    double expected[1 << N_BITS], sum = 0;
    struct run_options options = default_options();
    struct results *results;
    options.n_probabilities = RUN_ALL;
    naive_distribution(expected, program, perfect, 10000);
    cr_assert(runtime_run(&results, program, NULL, comm_world(), &options) == STATUS_OK,
              "program %llu", (unsigned long long)number);
    cr_assert_eq(results->n_key_bits, N_BITS);
    for (size_t i = 0; i < results->n_probabilities; i++) {
        const struct run_probability *outcome = &results->probabilities[i];
        cr_assert_float_eq(outcome->p, expected[outcome->key[0]], 1e-11,
                           "program %llu key %llx: %.15g, expected %.15g",
                           (unsigned long long)number, (unsigned long long)outcome->key[0],
                           outcome->p, expected[outcome->key[0]]);
        sum += outcome->p;
    }
    cr_assert_float_eq(sum, 1, 1e-11, "program %llu: sum %.15g", (unsigned long long)number, sum);
    results_destroy(results);
}

/* Pearson's statistic against its mean and deviation: 6 sigma with few degrees of freedom in mind.
 */
static void check_samples(const struct program *program, uint64_t number,
                          const double *pair_weights, const struct machine *machine) {
    double expected[1 << N_BITS], seen[1 << N_BITS] = {0}, chi = 0, n_cells = 0;
    struct run_options options = default_options();
    struct results *results;
    naive_distribution(expected, program, pair_weights, 10000);
    cr_assert(runtime_run(&results, program, machine, comm_world(), &options) == STATUS_OK,
              "program %llu", (unsigned long long)number);
    for (size_t i = 0; i < results->n_counts; i++) {
        seen[results->counts[i].key[0]] = (double)results->counts[i].n;
    }
    for (size_t key = 0; key < 1 << N_BITS; key++) {
        const double mean = expected[key] * (double)options.n_shots;
        if (mean < 1e-6) {
            cr_assert(seen[key] == 0, "program %llu key %zx: impossible outcome seen",
                      (unsigned long long)number, key);
        } else {
            chi += (seen[key] - mean) * (seen[key] - mean) / mean;
            n_cells++;
        }
    }
    cr_assert(chi < n_cells + 8 * sqrt(2 * n_cells) + 20, "program %llu: chi %g for %g cells",
              (unsigned long long)number, chi, n_cells);
    results_destroy(results);
}

static void start(void) {
    cr_assert(comm_start_alone() == STATUS_OK);
}

TestSuite(runtime, .init = start);

Test(runtime, exact_distributions_match_brute_force) {
    for (test_seed = 0; test_seed < 150; test_seed++) {
        test_draw = 0;
        struct program *program = make_random(false);
        check_exact(program, test_seed);
        program_destroy(program);
    }
}

Test(runtime, a_program_without_ebits_runs) {
    const uint32_t wire = wire_of(0, 0);
    struct program *program = make_empty();
    cr_assert(op_list_add_gate(&program->ops, GATE_H, &wire, NULL, nowhere) == STATUS_OK);
    add_measure(program, OP_MEASURE, wire, 0);
    cr_assert(program_resolve(program) == STATUS_OK);
    check_exact(program, 0);
    program_destroy(program);
}

Test(runtime, samples_match_brute_force) {
    static const double perfect[4] = {1, 0, 0, 0};
    for (test_seed = 1000; test_seed < 1030; test_seed++) {
        test_draw = 0;
        struct program *program = make_random(true);
        check_samples(program, test_seed, perfect, NULL);
        program_destroy(program);
    }
}

Test(runtime, samples_of_noisy_pairs_match_brute_force) {
    static const double werner[4] = {0.7, 0.1, 0.1, 0.1};
    static const char *const names[N_QPUS] = {"Q0", "Q1", "Q2"};
    struct machine *machine;
    cr_assert(machine_read(&machine, "werner:n=3,data=2,comm=1,F=0.7,time=10us") == STATUS_OK);
    cr_assert(machine_rename_qpus(machine, names) == STATUS_OK);
    for (test_seed = 2000; test_seed < 2030; test_seed++) {
        test_draw = 0;
        struct program *program = make_random(true);
        check_samples(program, test_seed, werner, machine);
        program_destroy(program);
    }
    machine_destroy(machine);
}
