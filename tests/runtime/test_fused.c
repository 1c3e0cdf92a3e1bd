/* Fused packets: what they do to data is compared with density matrices that are evolved by the
 * rule "draw (x, z), invert the control if x, then Z^z", with brute force over the explicit
 * protocol, and, shot by shot, with the explicit protocol in the same runtime. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "distribute/distribute.h"
#include "engine/engine.h"
#include "program/packets.h"
#include "runtime/final_state.h"
#include "runtime/runtime.h"
#include "support/checked.h"
#include "support/dense.h"
#include "support/naive_program.h"
#include "support/naive_state.h"
#include "support/random_circuit.h"
#include "support/random_program.h"

enum { TEXT_SIZE = 16384 };

static void start(void) {
    cr_assert_eq(comm_start_alone(), STATUS_OK);
}
TestSuite(fused, .init = start, .fini = comm_stop);

struct writer {
    char text[TEXT_SIZE];
    size_t n;
};

static void put(struct writer *out, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void put(struct writer *out, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    out->n += (size_t)vsnprintf(out->text + out->n, TEXT_SIZE - out->n, fmt, args);
    va_end(args);
    cr_assert_lt(out->n, TEXT_SIZE);
}

static struct program *read_program(const struct writer *text, bool is_fused) {
    struct program *program = checked_program(text->text);
    program->is_fused = is_fused;
    return program;
}

/* QPUs A, B and C, all joined, with these weights of pairs; times of their own. */
static struct machine *make_machine(const double *weights) {
    struct writer text = {.n = 0};
    struct machine *machine = NULL;
    put(&text,
        "qpus:\n  - {name: A, data: 4, comm: 4, gate1: {time: 30 ns}, gate2: {time: 70 ns}, "
        "measure: {time: 500 ns}}\n  - {name: B, like: A}\n  - {name: C, like: A}\n"
        "default_link: {weights: [%.17g, %.17g, %.17g, %.17g], time: 3 us, "
        "classical: 200 ns}\n",
        weights[0], weights[1], weights[2], weights[3]);
    cr_assert_eq(machine_read_text(&machine, "m.yaml", text.text, text.n), STATUS_OK, "%s",
                 log_get_error());
    return machine;
}

static struct results *run_on(const struct engine_class *engine, const struct program *program,
                              const double *weights, uint64_t n_shots, uint64_t seed) {
    struct machine *machine = make_machine(weights);
    struct results *results = NULL;
    const struct run_options options = {.engine = engine,
                                        .n_shots = n_shots,
                                        .seed = seed,
                                        .shots_per_timeline = 1024,
                                        .max_branches = 65536};
    cr_assert_eq(runtime_run(&results, program, machine, comm_world(), &options), STATUS_OK, "%s",
                 log_get_error());
    machine_destroy(machine);
    return results;
}

static struct results *run(const struct program *program, const double *weights, uint64_t n_shots,
                           uint64_t seed) {
    return run_on(&engine_statevector, program, weights, n_shots, seed);
}

static bool has_noise(const struct program *program) {
    bool has = false;
    for (size_t i = 0; i < program->ops.n_ops; i++) {
        has = has || program->ops.ops[i].kind == OP_NOISE;
    }
    return has;
}

/* All that the two protocols must have in common. An error that frames can carry in one of them
 * alone may keep gates from cancelling in the other. */
static void assert_same(const struct results *a, const struct results *b, const char *what) {
    cr_assert_eq(a->n_counts, b->n_counts, "%s", what);
    for (size_t i = 0; i < a->n_counts; i++) {
        cr_assert_arr_eq(a->counts[i].key, b->counts[i].key, a->key_words * sizeof(uint64_t), "%s",
                         what);
        cr_assert_eq(a->counts[i].n, b->counts[i].n, "%s", what);
    }
    cr_assert_eq(a->n_ebits, b->n_ebits);
    cr_assert_eq(a->n_bits_sent, b->n_bits_sent);
    cr_assert_eq(a->n_links, b->n_links);
    cr_assert_eq(memcmp(a->links, b->links, a->n_links * sizeof *a->links), 0);
    cr_assert_eq(memcmp(&a->makespan_ps, &b->makespan_ps, sizeof a->makespan_ps), 0);
    cr_assert_eq(memcmp(a->peak_comm, b->peak_comm, a->program->n_qpus * sizeof *a->peak_comm), 0);
    cr_assert(b->peak_group_qubits <= a->peak_group_qubits || has_noise(a->program));
}

/* ---- density matrices by the rule ---- */

/* Data qubits 0, 1 on A, 2 on B, 3 on C; two comm wires on each QPU. */
static const char *const data[4] = {"a[0]", "a[1]", "b[0]", "c[0]"};
static const char *const comm[4] = {"a", "a", "b", "c"};
enum { N_DATA = 4 };

static unsigned comm_wire(const char *reg, unsigned i) {
    return *reg == 'a' ? 2 + i : 1 + i;
}

struct remote {
    uint32_t sources[2]; /* controls, copied to the QPU of the target */
    unsigned n_sources;
    enum gate_id gate; /* operands: sources, then target(s) */
    double params[4];
    uint32_t targets[2];
    unsigned n_targets;    /* of gates with one target each: the gate once for each */
    double p_link, p_copy; /* readout flips */
    const char *prefix;    /* register of the copies */
    bool is_misread;       /* the flips are said as such, else as errors before */
};

static void multiply(struct dense *m, enum gate_id gate, const double *params,
                     const uint32_t *qubits) {
    double matrix[GATE_MAX_MATRIX];
    struct dense small;
    gate_unitary(matrix, gate, params);
    dense_from_array(&small, matrix, gate_get(gate)->n_qubits);
    dense_apply(m, &small, qubits);
}

static void apply_remote(struct dense *m, const struct remote *remote, const unsigned *x,
                         const unsigned *z) {
    for (unsigned side = 0; side < 2; side++) {
        for (unsigned s = 0; s < remote->n_sources; s++) {
            if (x[s]) {
                multiply(m, GATE_X, NULL, &remote->sources[s]);
            }
            if (side == 1 && z[s]) {
                multiply(m, GATE_Z, NULL, &remote->sources[s]);
            }
        }
        for (unsigned t = 0; side == 0 && t < remote->n_targets; t++) {
            uint32_t qubits[3];
            memcpy(qubits, remote->sources, sizeof remote->sources);
            qubits[remote->n_sources] = remote->targets[t];
            multiply(m, remote->gate, remote->params, qubits);
        }
    }
}

static void dense_add(struct dense *sum, const struct dense *m, double p) {
    for (unsigned i = 0; i < 1u << m->n_qubits; i++) {
        for (unsigned j = 0; j < 1u << m->n_qubits; j++) {
            sum->at[i][j].re += p * m->at[i][j].re;
            sum->at[i][j].im += p * m->at[i][j].im;
        }
    }
}

/* Weights of (x, z): the pair's letters, composed with flips of the two records. */
static double weight_of(const struct remote *remote, const double *pair, unsigned x, unsigned z) {
    static const unsigned letter[2][2] = {{0, 3}, {1, 2}};
    double p = 0;
    for (unsigned i = 0; i < 2; i++) {
        for (unsigned j = 0; j < 2; j++) {
            const double flips = (i ? remote->p_link : 1 - remote->p_link) *
                                 (j ? remote->p_copy : 1 - remote->p_copy);
            p += pair[letter[x ^ i][z ^ j]] * flips;
        }
    }
    return p;
}

static void evolve_remote(struct dense *rho, const struct remote *remote, const double *pair) {
    static struct dense sum, term, turned;
    memset(&sum, 0, sizeof sum);
    sum.n_qubits = N_DATA;
    for (unsigned c = 0; c < 1u << (2 * remote->n_sources); c++) {
        const unsigned x[2] = {c & 1, c >> 2 & 1}, z[2] = {c >> 1 & 1, c >> 3 & 1};
        double p = 1;
        for (unsigned s = 0; s < remote->n_sources; s++) {
            p *= weight_of(remote, pair, x[s], z[s]);
        }
        term = *rho;
        apply_remote(&term, remote, x, z);
        dense_dagger(&turned, &term);
        apply_remote(&turned, remote, x, z);
        dense_add(&sum, &turned, p);
    }
    *rho = sum;
}

static void evolve_local(struct dense *rho, enum gate_id gate, const double *params,
                         const uint32_t *qubits) {
    static struct dense turned;
    multiply(rho, gate, params, qubits);
    dense_dagger(&turned, rho);
    multiply(&turned, gate, params, qubits);
    *rho = turned;
}

/* ---- the same as a program ---- */

/* A record that is wrong with probability p, said in one of two ways. */
static void put_measure(struct writer *out, double p, bool is_misread, const char *wire, unsigned i,
                        unsigned bit) {
    if (is_misread) {
        put(out, "pragma qspan op measure(%.17g) m[%u] Z %s[%u]\n", p, bit, wire, i);
        return;
    }
    if (p > 0) {
        put(out, "pragma qspan stim X_ERROR(%.17g) %s[%u]\n", p, wire, i);
    }
    put(out, "m[%u] = measure %s[%u];\n", bit, wire, i);
}

static void put_remote(struct writer *out, const struct remote *remote) {
    const char *far = remote->prefix;
    for (unsigned s = 0; s < remote->n_sources; s++) {
        const char *near = comm[remote->sources[s]];
        const unsigned link = comm_wire(near, s), copy = comm_wire(far, s);
        put(out, "ebit(%s[%u], %s[%u]);\ncx %s, %s[%u];\n", near, link, far, copy,
            data[remote->sources[s]], near, link);
        put_measure(out, remote->p_link, remote->is_misread, near, link, 2 * s);
        put(out, "if (m[%u]) x %s[%u];\n", 2 * s, far, copy);
    }
    for (unsigned t = 0; t < remote->n_targets; t++) {
        put(out, "%s", gate_get(remote->gate)->name);
        if (gate_get(remote->gate)->n_params > 0) {
            put(out, "(%.17g)", remote->params[0]);
        }
        for (unsigned s = 0; s < remote->n_sources; s++) {
            put(out, "%s %s[%u]", s == 0 ? "" : ",", far, comm_wire(far, s));
        }
        put(out, ", %s;\n", data[remote->targets[t]]);
    }
    for (unsigned s = 0; s < remote->n_sources; s++) {
        const unsigned copy = comm_wire(far, s);
        put(out, "h %s[%u];\n", far, copy);
        put_measure(out, remote->p_copy, remote->is_misread, far, copy, 2 * s + 1);
        put(out, "if (m[%u]) z %s;\n", 2 * s + 1, data[remote->sources[s]]);
    }
}

static void put_head(struct writer *out) {
    put(out, "OPENQASM 3.0;\ninclude \"stdgates.inc\";\ninclude \"qnu.inc\";\n"
             "qubit[4] a;\nqubit[3] b;\nqubit[3] c;\noutput bit[4] out;\nbit[4] m;\n"
             "pragma qspan qpu A data a[0:1] comm a[2:3]\npragma qspan qpu B data b[0] comm "
             "b[1:2]\npragma qspan qpu C data c[0] comm c[1:2]\n");
}

/* Local gates that mix everything: each qubit a generic rotation, and a CX on A. */
static void put_mixer(struct writer *out, struct dense *rho, struct random_stream *random) {
    for (uint32_t q = 0; q < N_DATA; q++) {
        const double params[3] = {3 * random_unit(random), 3 * random_unit(random),
                                  3 * random_unit(random)};
        evolve_local(rho, GATE_U3, params, &q);
        put(out, "u3(%.17g, %.17g, %.17g) %s;\n", params[0], params[1], params[2], data[q]);
    }
    evolve_local(rho, GATE_CX, NULL, (const uint32_t[]){0, 1});
    put(out, "cx a[0], a[1];\n");
}

/* The same of Cliffords. */
static void put_clifford_mixer(struct writer *out, struct dense *rho,
                               struct random_stream *random) {
    static const enum gate_id gates[] = {GATE_H, GATE_S, GATE_SX, GATE_X, GATE_SDG};
    for (uint32_t i = 0; i < 3 * N_DATA; i++) {
        const uint32_t q = i % N_DATA;
        const enum gate_id gate = gates[random_below(random, 5)];
        evolve_local(rho, gate, NULL, &q);
        put(out, "%s %s;\n", gate_get(gate)->name, data[q]);
    }
    evolve_local(rho, GATE_CX, NULL, (const uint32_t[]){0, 1});
    put(out, "cx a[0], a[1];\n");
}

static void put_results(struct writer *out) {
    for (unsigned q = 0; q < N_DATA; q++) {
        put(out, "out[%u] = measure %s;\n", q, data[q]);
    }
}

static void assert_drawn_from(const struct results *results, const struct dense *rho) {
    double chi = 0, n_cells = 0;
    uint64_t counts[1 << N_DATA] = {0};
    for (size_t i = 0; i < results->n_counts; i++) {
        counts[results->counts[i].key[0]] = results->counts[i].n;
    }
    for (unsigned i = 0; i < 1u << N_DATA; i++) {
        const double expected = (double)results->n_shots * rho->at[i][i].re;
        if (expected < 1e-9) {
            cr_assert_eq(counts[i], 0);
            continue;
        }
        chi += ((double)counts[i] - expected) * ((double)counts[i] - expected) / expected;
        n_cells++;
    }
    /* 15 degrees of freedom: beyond 44 with probability 1e-4. */
    cr_assert_lt(chi, 44, "chi-square %g over %g cells", chi, n_cells);
}

static void check_remote(const struct remote *remote, const double *pair, uint64_t seed,
                         bool is_brute) {
    struct writer text = {.n = 0};
    struct random_stream random = {.seed = seed};
    static struct dense rho;
    memset(&rho, 0, sizeof rho);
    rho.n_qubits = N_DATA;
    rho.at[0][0].re = 1;
    put_head(&text);
    put_mixer(&text, &rho, &random);
    evolve_remote(&rho, remote, pair);
    put_remote(&text, remote);
    put_mixer(&text, &rho, &random);
    put_results(&text);
    struct program *fused = read_program(&text, true), *plain = read_program(&text, false);
    struct results *a = run(plain, pair, 20000, seed), *b = run(fused, pair, 20000, seed);
    cr_assert_eq(b->packets.n_fused, remote->n_sources);
    cr_assert_leq(b->peak_group_qubits, N_DATA);
    assert_drawn_from(b, &rho);
    assert_same(a, b, text.text);
    if (is_brute) {
        static double p[1 << 8];
        naive_distribution(p, plain, pair, 1000);
        for (unsigned i = 0; i < 1u << N_DATA; i++) {
            double sum = 0;
            for (unsigned m = 0; m < 16; m++) {
                sum += p[m << N_DATA | i];
            }
            cr_assert_float_eq(sum, rho.at[i][i].re, 1e-11);
        }
    }
    results_destroy(a);
    results_destroy(b);
    program_destroy(fused);
    program_destroy(plain);
}

static const double werner[4] = {0.85, 0.05, 0.05, 0.05}, general[4] = {0.7, 0.15, 0.04, 0.11};

static const struct remote kinds[] = {
    {{0}, 1, GATE_CX, {0}, {2}, 1, 0.1, 0.03, "b", false},
    {{2}, 1, GATE_CZ, {0}, {3}, 1, 0.05, 0.2, "c", false},
    {{3}, 1, GATE_CP, {0.7}, {1}, 1, 0.1, 0.03, "a", false},
    {{2}, 1, GATE_CX, {0}, {0, 1}, 2, 0.02, 0.1, "a", false}, /* fan-out */
    {{3}, 1, GATE_CRY, {1.1}, {0, 1}, 2, 0, 0, "a", false},
    {{1}, 1, GATE_CH, {0}, {2}, 1, 0, 0.1, "b", false},
    {{0, 2}, 2, GATE_CCX, {0}, {3}, 1, 0, 0, "c", false},
    {{0, 3}, 2, GATE_CCZ, {0}, {2}, 1, 0.04, 0.1, "b", false},
};

Test(fused, gates_follow_the_rule_for_werner_pairs) {
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        check_remote(&kinds[i], werner, 10 + i, kinds[i].n_sources == 1);
    }
}

Test(fused, gates_follow_the_rule_for_bell_diagonal_pairs) {
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        check_remote(&kinds[i], general, 30 + i, false);
    }
}

/* Clifford packets as Pauli channels. */
static void check_frames(const struct remote *remote, const double *pair, uint64_t seed) {
    struct writer text = {.n = 0};
    struct random_stream random = {.seed = seed};
    static struct dense rho;
    memset(&rho, 0, sizeof rho);
    rho.n_qubits = N_DATA;
    rho.at[0][0].re = 1;
    put_head(&text);
    put_clifford_mixer(&text, &rho, &random);
    for (unsigned i = 0; i < 2; i++) {
        evolve_remote(&rho, remote, pair);
        put_remote(&text, remote);
        put_clifford_mixer(&text, &rho, &random);
    }
    put_results(&text);
    struct program *fused = read_program(&text, true), *plain = read_program(&text, false);
    struct results *a = run_on(&engine_frame, fused, pair, 20000, seed);
    struct results *b = run_on(&engine_frame, plain, pair, 20000, seed);
    cr_assert_eq(a->packets.n_fused, remote->is_misread ? 2 : 0);
    cr_assert_eq(b->packets.n_fused, 0);
    assert_drawn_from(a, &rho);
    assert_drawn_from(b, &rho);
    cr_assert_eq(a->n_ebits, b->n_ebits);
    cr_assert_eq(a->n_bits_sent, b->n_bits_sent);
    cr_assert_eq(memcmp(&a->makespan_ps, &b->makespan_ps, sizeof a->makespan_ps), 0);
    results_destroy(a);
    results_destroy(b);
    program_destroy(fused);
    program_destroy(plain);
}

static const struct remote clifford_kinds[] = {
    {{0}, 1, GATE_CX, {0}, {2}, 1, 0.1, 0.03, "b", true},
    {{2}, 1, GATE_CZ, {0}, {3}, 1, 0.05, 0.2, "c", true},
    {{3}, 1, GATE_CY, {0}, {1}, 1, 0, 0.1, "a", true},
    {{2}, 1, GATE_CX, {0}, {0, 1}, 2, 0.02, 0.1, "a", true},
    {{3}, 1, GATE_CY, {0}, {0, 1}, 2, 0.1, 0, "a", true},
    {{0}, 1, GATE_CX, {0}, {2}, 1, 0.1, 0.03, "b", false}, /* errors of its own: explicit */
};

Test(fused, frames_follow_the_rule) {
    for (uint64_t seed = 0; seed < 4; seed++) {
        for (size_t i = 0; i < sizeof clifford_kinds / sizeof *clifford_kinds; i++) {
            check_frames(&clifford_kinds[i], seed % 2 == 0 ? werner : general, 100 * i + seed);
        }
    }
}

/* ---- random programs, against the explicit protocol shot by shot ---- */

/* Data wires 0 to 3 of each register hold qubits (3: arrivals), 4 to 7 are comm wires. */
enum { N_COMM = 4, MAX_OPEN = 4 };

struct open_copy {
    unsigned source_reg, source, reg, wire; /* of the copy */
    unsigned bit;
};
struct maker {
    struct writer text;
    struct random_stream random;
    bool is_used[3][N_COMM];
    struct open_copy open[MAX_OPEN];
    unsigned n_open, n_bits, depth;
};

static unsigned draw(struct maker *maker, unsigned n) {
    return random_below(&maker->random, n);
}

static int take_comm(struct maker *maker, unsigned reg) {
    for (int i = 0; i < N_COMM; i++) {
        if (!maker->is_used[reg][i]) {
            maker->is_used[reg][i] = true;
            return 4 + i;
        }
    }
    return -1;
}

static void give_comm(struct maker *maker, unsigned reg, unsigned wire) {
    maker->is_used[reg][wire - 4] = false;
}

static void put_noise(struct maker *maker, unsigned reg, unsigned wire) {
    static const char *const errors[] = {
        "stim X_ERROR(0.1)",     "stim Z_ERROR(0.1)", "stim PAULI_CHANNEL_1(0.05, 0.02, 0.1)",
        "stim DEPOLARIZE1(0.1)", "stim Y_ERROR(0.1)", "op relax(0.1, 0.05)"};
    if (draw(maker, 4) == 0 && maker->depth == 0) {
        put(&maker->text, "pragma qspan %s %c[%u]\n", errors[draw(maker, 6)], 'a' + (int)reg, wire);
    }
}

static void put_local(struct maker *maker) {
    static const char *const one[] = {"h", "t", "x", "sdg", "rx(0.4)", "y", "rz(1.1)", "z"};
    static const char *const two[] = {"cx", "cp(0.8)", "swap", "cry(0.3)"};
    const int reg = 'a' + (int)draw(maker, 3);
    const unsigned w = draw(maker, 3);
    if (draw(maker, 2) == 0) {
        put(&maker->text, "%s %c[%u];\n", one[draw(maker, 8)], reg, w);
    } else {
        put(&maker->text, "%s %c[%u], %c[%u];\n", two[draw(maker, 4)], reg, w, reg, (w + 1) % 3);
    }
}

static void put_open(struct maker *maker) {
    struct open_copy copy = {.source_reg = draw(maker, 3), .source = draw(maker, 3)};
    copy.reg = (copy.source_reg + 1 + draw(maker, 2)) % 3;
    if (maker->n_open > 0 && draw(maker, 4) == 0) { /* a copy of a copy */
        copy.source_reg = maker->open[0].reg;
        copy.source = maker->open[0].wire;
        copy.reg = (copy.source_reg + 1 + draw(maker, 2)) % 3;
    }
    if (maker->n_open == MAX_OPEN || maker->depth > 0) {
        return;
    }
    const int link = take_comm(maker, copy.source_reg), far = take_comm(maker, copy.reg);
    if (link < 0 || far < 0) {
        if (link >= 0) {
            give_comm(maker, copy.source_reg, (unsigned)link);
        }
        return;
    }
    const int from = 'a' + (int)copy.source_reg, to = 'a' + (int)copy.reg;
    copy.wire = (unsigned)far;
    copy.bit = maker->n_bits++;
    put(&maker->text, "ebit(%c[%d], %c[%d]);\n", from, link, to, far);
    put_noise(maker, copy.source_reg, (unsigned)link);
    put(&maker->text, "cx %c[%u], %c[%d];\n", from, copy.source, from, link);
    put_noise(maker, copy.source_reg, (unsigned)link);
    put(&maker->text, "m[%u] = measure %c[%d];\n", copy.bit, from, link);
    put_noise(maker, copy.reg, copy.wire);
    put(&maker->text, "if (m[%u]) x %c[%d];\n", copy.bit, to, far);
    give_comm(maker, copy.source_reg, (unsigned)link);
    maker->open[maker->n_open++] = copy;
}

static void put_use(struct maker *maker) {
    static const char *const gates[] = {"cx", "cz", "cp(0.6)", "crx(0.9)", "cx", "rzz(0.3)"};
    if (maker->n_open == 0) {
        return;
    }
    const struct open_copy *copy = &maker->open[draw(maker, maker->n_open)];
    const int reg = 'a' + (int)copy->reg;
    const unsigned w = draw(maker, 3), kind = draw(maker, 12);
    if (kind == 0) {
        put(&maker->text, "ccx %c[%u], %c[%u], %c[%u];\n", reg, copy->wire, reg, w, reg,
            (w + 1) % 3);
    } else if (kind == 1) {
        put(&maker->text, "h %c[%u];\n", reg, copy->wire); /* no copy any more */
    } else if (kind == 2) {
        put(&maker->text, "y %c[%u];\n", reg, copy->wire);
    } else if (kind == 3) {
        put(&maker->text, "t %c[%u];\n", reg, copy->wire);
    } else {
        put(&maker->text, "%s %c[%u], %c[%u];\n", gates[draw(maker, 6)], reg, copy->wire, reg, w);
    }
    put_noise(maker, copy->reg, copy->wire);
}

static void put_close(struct maker *maker) {
    if (maker->n_open == 0 || maker->depth > 0) {
        return;
    }
    const struct open_copy copy = maker->open[--maker->n_open];
    const int reg = 'a' + (int)copy.reg, home = 'a' + (int)copy.source_reg;
    const unsigned bit = maker->n_bits++;
    if (draw(maker, 4) == 0) {
        put(&maker->text, "pragma qspan op measure(0.1) m[%u] X %c[%u]\n", bit, reg, copy.wire);
    } else {
        put(&maker->text, "h %c[%u];\n", reg, copy.wire);
        put_noise(maker, copy.reg, copy.wire);
        put(&maker->text, "m[%u] = measure %c[%u];\n", bit, reg, copy.wire);
    }
    put(&maker->text, "if (m[%u]) z %c[%u];\n", bit, home, copy.source);
    give_comm(maker, copy.reg, copy.wire);
}

/* There and back again. */
static void put_visit(struct maker *maker) {
    const unsigned reg = draw(maker, 3), to = (reg + 1 + draw(maker, 2)) % 3, w = draw(maker, 3);
    if (maker->depth > 0 || maker->n_open > 1) {
        return;
    }
    const int link = take_comm(maker, reg), far = take_comm(maker, to);
    put(&maker->text,
        "teledata(%c[%u], %c[%d], %c[%d], %c[3]);\ncry(0.7) %c[0], %c[3];\ncx %c[3], %c[1];\n"
        "teledata(%c[3], %c[%d], %c[%d], %c[%u]);\n",
        'a' + (int)reg, w, 'a' + (int)reg, link, 'a' + (int)to, far, 'a' + (int)to, 'a' + (int)to,
        'a' + (int)to, 'a' + (int)to, 'a' + (int)to, 'a' + (int)to, 'a' + (int)to, far,
        'a' + (int)reg, link, 'a' + (int)reg, w);
    give_comm(maker, reg, (unsigned)link);
    give_comm(maker, to, (unsigned)far);
}

static void put_block(struct maker *maker, bool may_branch) {
    if (maker->depth > 0 || maker->n_bits == 0) {
        return;
    }
    if (may_branch && draw(maker, 2) == 0) {
        put(&maker->text, "if (m[%u]) {\n", draw(maker, maker->n_bits));
    } else {
        put(&maker->text, "for uint i in [1:2] {\n");
    }
    maker->depth++;
    put_local(maker);
    put_use(maker);
    put_use(maker);
    maker->depth--;
    put(&maker->text, "}\n");
}

static void put_step(struct maker *maker) {
    switch (draw(maker, 10)) {
    case 0:
    case 1:
        put_open(maker);
        return;
    case 2:
        put_close(maker);
        return;
    case 3:
        put_visit(maker);
        return;
    case 4:
        put_block(maker, true);
        return;
    case 5:
    case 6:
        put_local(maker);
        return;
    default:
        put_use(maker);
    }
}

static void make_program(struct maker *maker, uint64_t seed) {
    memset(maker, 0, sizeof *maker);
    maker->random.seed = seed;
    put(&maker->text, "OPENQASM 3.0;\ninclude \"stdgates.inc\";\ninclude \"qnu.inc\";\n"
                      "qubit[8] a;\nqubit[8] b;\nqubit[8] c;\noutput bit[9] out;\nbit[64] m;\n"
                      "pragma qspan qpu A data a[0:3] comm a[4:7]\n"
                      "pragma qspan qpu B data b[0:3] comm b[4:7]\n"
                      "pragma qspan qpu C data c[0:3] comm c[4:7]\n");
    for (unsigned i = 0; i < 9; i++) {
        put(&maker->text, "u3(0.%u, 0.3, 0.%u) %c[%u];\n", 9 + i, 5 + i, 'a' + (int)(i / 3), i % 3);
    }
    for (unsigned i = 0; i < 24; i++) {
        put_step(maker);
    }
    while (maker->n_open > 0) {
        put_close(maker);
    }
    for (unsigned i = 0; i < 9; i++) {
        put(&maker->text, "out[%u] = measure %c[%u];\n", i, 'a' + (int)(i / 3), i % 3);
    }
}

Test(fused, random_programs_draw_what_the_explicit_protocol_draws) {
    static struct maker maker;
    uint64_t n_fused = 0, n_explicit = 0;
    for (uint64_t seed = 0; seed < 30; seed++) {
        make_program(&maker, seed);
        struct program *fused = read_program(&maker.text, true);
        struct program *plain = read_program(&maker.text, false);
        const double *pair = seed % 3 == 0 ? werner : general;
        struct results *a = run(plain, pair, 100, seed), *b = run(fused, pair, 100, seed);
        assert_same(a, b, maker.text.text);
        n_fused += b->packets.n_fused;
        n_explicit += b->packets.n_explicit;
        results_destroy(a);
        results_destroy(b);
        program_destroy(fused);
        program_destroy(plain);
    }
    cr_assert_gt(n_fused, 40);
    cr_assert_gt(n_explicit, 10);
}

/* Loops, conditions on gates, pairs that are used for anything. */
Test(fused, programs_of_any_shape_draw_the_same) {
    for (uint64_t seed = 0; seed < 40; seed++) {
        struct program *program = random_program(seed, false);
        struct machine *machine = random_machine(seed);
        struct results *results[2];
        struct run_options options = {.engine = &engine_statevector,
                                      .n_shots = 30,
                                      .seed = seed,
                                      .shots_per_timeline = 16,
                                      .max_branches = 65536};
        for (unsigned i = 0; i < 2; i++) {
            program->is_fused = i != 0;
            cr_assert_eq(runtime_run(&results[i], program, machine, comm_world(), &options),
                         STATUS_OK, "%s", log_get_error());
        }
        assert_same(results[0], results[1], "random program");
        results_destroy(results[0]);
        results_destroy(results[1]);
        machine_destroy(machine);
        program_destroy(program);
    }
}

/* A wire that was measured in X is closed, but not in |0>: a pair replaces what it held. */
Test(fused, pairs_replace_what_their_wires_held) {
    static const double ideal[4] = {1, 0, 0, 0};
    struct writer text = {.n = 0};
    struct results *results = NULL;
    static double p[1 << 8];
    put_head(&text);
    put(&text, "pragma qspan op measure m[0] X b[1]\npragma qspan op measure m[1] Y a[2]\n"
               "ry(0.7) a[0];\nebit(a[2], b[1]);\ncx a[0], a[2];\nm[2] = measure a[2];\n"
               "if (m[2]) x b[1];\ncx b[1], b[0];\nh b[1];\nm[3] = measure b[1];\n"
               "if (m[3]) z a[0];\n");
    put_results(&text);
    for (unsigned is_fused = 0; is_fused < 2; is_fused++) {
        struct program *program = read_program(&text, is_fused != 0);
        const struct run_options options = {.engine = &engine_statevector,
                                            .shots_per_timeline = 1024,
                                            .max_branches = 65536,
                                            .n_probabilities = RUN_ALL};
        naive_distribution(p, program, ideal, 1000);
        cr_assert_eq(runtime_run(&results, program, NULL, comm_world(), &options), STATUS_OK);
        for (size_t i = 0; i < results->n_probabilities; i++) {
            double sum = 0;
            for (uint64_t m = 0; m < 16; m++) {
                sum += p[m << N_DATA | results->probabilities[i].key[0]];
            }
            cr_assert_float_eq(results->probabilities[i].p, sum, 1e-12);
        }
        results_destroy(results);
        program_destroy(program);
    }
}

/* ---- ideal pairs: the state of the undistributed circuit ---- */

enum { N_QUBITS = 7 };

static enum status see(void *ctx, struct engine *engine, const struct final_qubits *qubits) {
    cr_assert_eq(qubits->n, N_QUBITS);
    return engine->class->amplitudes(engine, ctx, qubits->wires, N_QUBITS);
}

static void run_naive(struct naive_state *state, const struct circuit *circuit) {
    naive_init(state, N_QUBITS);
    for (size_t i = 0; i < circuit->ops.n_ops; i++) {
        const struct op *op = &circuit->ops.ops[i];
        if (op->kind == OP_GATE) {
            naive_gate(state, (enum gate_id)op->which, op_params(&circuit->ops, op),
                       op_qubits(&circuit->ops, op));
        }
    }
}

Test(fused, ideal_pairs_leave_the_state_of_the_circuit) {
    for (uint64_t seed = 0; seed < 24; seed++) {
        const struct random_circuit spec = {
            .seed = seed, .n_qubits = N_QUBITS, .n_ops = 60, .max_operands = 3};
        struct circuit *circuit = random_circuit_create(&spec);
        struct machine *machine = NULL;
        struct program *program = NULL;
        struct results *results = NULL;
        struct naive_state naive;
        static double amps[2 << N_QUBITS];
        cr_assert_eq(
            machine_create_ideal(&machine, 2 + (uint32_t)seed % 3, N_QUBITS, MACHINE_UNLIMITED),
            STATUS_OK);
        cr_assert_eq(distribute_simple(&program, circuit, machine), STATUS_OK);
        program->is_fused = true;
        const struct run_options options = {.engine = &engine_statevector,
                                            .shots_per_timeline = 1024,
                                            .max_branches = 65536,
                                            .visit_state = see,
                                            .state_ctx = amps};
        cr_assert_eq(runtime_run(&results, program, NULL, comm_world(), &options), STATUS_OK, "%s",
                     log_get_error());
        run_naive(&naive, circuit);
        cr_assert_lt(naive_infidelity(&naive, amps), 1e-12);
        cr_assert_eq(results->packets.n_explicit, 0);
        cr_assert_leq(results->peak_group_qubits, N_QUBITS);
        naive_fini(&naive);
        results_destroy(results);
        program_destroy(program);
        machine_destroy(machine);
        circuit_destroy(circuit);
    }
}
