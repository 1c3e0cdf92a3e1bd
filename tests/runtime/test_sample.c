/* Bulk samples of small noisy Clifford circuits against exact distributions. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "base/bits.h"
#include "base/log.h"
#include "circuit/circuit.h"
#include "comm/comm.h"
#include "distribute/distribute.h"
#include "engine/tableau/reference.h"
#include "runtime/sample.h"
#include "support/naive_record.h"
#include "support/random_circuit.h"

enum { N_QUBITS = 4, N_SHOTS = 1 << 17, N_RECORDS = 1 << NAIVE_MAX_RECORD };

struct made {
    struct op_list ops;
    struct random_stream random;
    unsigned n_results;
    double n_ways; /* that naive code would follow */
};

static const struct src_loc nowhere = {NULL, 0, 0};

static struct op *add(struct made *made, enum op_kind kind, unsigned which, const uint32_t *qubits,
                      size_t n, const double *params, size_t n_params) {
    struct op *op;
    cr_assert_eq(op_list_add(&made->ops, &op, kind, qubits, n, params, n_params, nowhere),
                 STATUS_OK);
    op->which = (uint16_t)which;
    return op;
}

/* Distinct qubits. */
static void choose_qubits(struct made *made, uint32_t *out, unsigned n) {
    for (unsigned i = 0; i < n; i++) {
        bool is_new;
        do {
            is_new = true;
            out[i] = random_below(&made->random, N_QUBITS);
            for (unsigned j = 0; j < i; j++) {
                is_new = is_new && out[j] != out[i];
            }
        } while (!is_new);
    }
}

static void add_gate(struct made *made) {
    uint32_t qubits[2];
    unsigned gate;
    do {
        gate = random_below(&made->random, GATE_COUNT);
    } while (!gate_get((enum gate_id)gate)->is_clifford ||
             gate_get((enum gate_id)gate)->n_params > 0);
    const unsigned n = gate_get((enum gate_id)gate)->n_qubits;
    choose_qubits(made, qubits, n);
    add(made, OP_GATE, gate, qubits, n, NULL, 0);
}

static void add_measure(struct made *made) {
    uint32_t qubits[3];
    const unsigned n = 1 + (random_below(&made->random, 2) == 0) * random_below(&made->random, 3);
    const double p = 0.02 + 0.1 * random_below(&made->random, 4);
    const bool is_noisy = random_below(&made->random, 3) == 0;
    choose_qubits(made, qubits, n);
    struct op *op = add(made, OP_MEASURE, 0, qubits, n, &p, is_noisy);
    op->which = (uint16_t)random_below(&made->random, n == 1 ? 4 : 2);
    for (unsigned i = 0; i < n; i++) {
        op->arg |= (uint64_t)(1 + random_below(&made->random, 3)) << (2 * i);
    }
    made->n_results++;
    made->n_ways *= is_noisy ? 4 : 2;
}

static void add_noise(struct made *made) {
    static const double counts[NOISE_END] = {[NOISE_X] = 2,
                                             [NOISE_Y] = 2,
                                             [NOISE_Z] = 2,
                                             [NOISE_DEPOLARIZE1] = 4,
                                             [NOISE_PAULI1] = 4,
                                             [NOISE_DEPOLARIZE2] = 16,
                                             [NOISE_PAULI2] = 16,
                                             [NOISE_CORRELATED] = 2,
                                             [NOISE_ELSE] = 2,
                                             [NOISE_HERALDED_ERASE] = 5,
                                             [NOISE_HERALDED_PAULI1] = 5};
    uint32_t qubits[3];
    double p[15];
    unsigned noise;
    do {
        noise = random_below(&made->random, NOISE_END);
    } while (counts[noise] == 0);
    const bool is_chain = noise == NOISE_CORRELATED || noise == NOISE_ELSE;
    const unsigned n_params = op_noise_n_params((enum op_noise)noise),
                   n = is_chain ? random_below(&made->random, 4)
                                : op_noise_group((enum op_noise)noise);
    const double scale = random_below(&made->random, 2) == 0 ? 0.015 : 0.6;
    for (unsigned i = 0; i < n_params; i++) {
        p[i] = scale / n_params * (0.2 + 0.8 * random_unit(&made->random));
    }
    choose_qubits(made, qubits, n);
    struct op *op = add(made, OP_NOISE, noise, qubits, n, p, n_params);
    for (unsigned i = 0; is_chain && i < n; i++) {
        op->arg |= (uint64_t)(1 + random_below(&made->random, 3)) << (2 * i);
    }
    made->n_results += noise == NOISE_HERALDED_ERASE || noise == NOISE_HERALDED_PAULI1;
    made->n_ways *= counts[noise];
}

static void add_reset(struct made *made) {
    uint32_t qubit;
    choose_qubits(made, &qubit, 1);
    add(made, OP_RESET, 0, &qubit, 1, NULL, 0)->arg = random_below(&made->random, 4);
    made->n_ways *= 2;
}

static void add_feedback(struct made *made) {
    uint32_t a, b, sum, qubit;
    size_t open;
    if (made->n_results == 0) {
        return;
    }
    const uint32_t back = 1 + random_below(&made->random, made->n_results);
    cr_assert_eq(expr_add(&made->ops, &a, (struct expr){.kind = EXPR_REC, .a = back}), STATUS_OK);
    cr_assert_eq(expr_add(&made->ops, &b, (struct expr){.kind = EXPR_REC, .a = 1}), STATUS_OK);
    cr_assert_eq(expr_add(&made->ops, &sum, (struct expr){.kind = EXPR_XOR, .a = a, .b = b}),
                 STATUS_OK);
    cr_assert_eq(expr_add(&made->ops, &sum, (struct expr){.kind = EXPR_NOT, .a = sum}), STATUS_OK);
    cr_assert_eq(op_list_open(&made->ops, &open, OP_IF, sum, 0, nowhere), STATUS_OK);
    choose_qubits(made, &qubit, 1);
    static const enum gate_id paulis[3] = {GATE_X, GATE_Y, GATE_Z};
    add(made, OP_GATE, paulis[random_below(&made->random, 3)], &qubit, 1, NULL, 0);
    cr_assert_eq(op_list_close(&made->ops, open, nowhere), STATUS_OK);
}

static void make(struct made *made, uint64_t seed) {
    *made = (struct made){.random = {.seed = seed}, .n_ways = 1};
    while (made->n_results < NAIVE_MAX_RECORD - 1 && made->n_ways < 3000) {
        for (unsigned i = random_below(&made->random, 6); i > 0; i--) {
            add_gate(made);
        }
        switch (random_below(&made->random, 5)) {
        case 0:
            add_noise(made);
            break;
        case 1:
            add_reset(made);
            break;
        case 2:
            add_feedback(made);
            break;
        default:
            add_measure(made);
            break;
        }
    }
}

struct counts {
    uint64_t n[N_RECORDS], n_shots;
};

static void count_shots(void *ctx, struct text *out, const struct sample_block *block) {
    (void)ctx;
    for (size_t s = 0; s < block->n_shots; s++) {
        text_add_n(out, (const char *)(block->bits + s * block->stride), sizeof(uint64_t));
    }
}

static enum status take_shots(void *ctx, const char *data, size_t n) {
    struct counts *counts = ctx;
    for (size_t i = 0; i < n; i += sizeof(uint64_t)) {
        uint64_t record;
        memcpy(&record, data + i, sizeof record);
        cr_assert_lt(record, N_RECORDS);
        counts->n[record]++;
        counts->n_shots++;
    }
    return STATUS_OK;
}

static void sample(struct counts *counts, const struct frame_task *frames, uint64_t n_results) {
    struct frame_plan *plan;
    struct sample_figures figures;
    uint64_t reference[2] = {0};
    cr_assert_eq(frame_plan_create(&plan, frames), STATUS_OK, "%s", log_get_error());
    cr_assert_eq(plan->n_records, n_results);
    const struct reference_task task = {.ops = frames->ops,
                                        .n_qubits = frames->n_qubits,
                                        .n_bits = frames->n_bits,
                                        .recorded = frames->recorded,
                                        .n_records = plan->n_records};
    memset(counts, 0, sizeof *counts);
    cr_assert_eq(reference_run(reference, NULL, &task), STATUS_OK);
    const struct sample_task job = {
        .plan = plan,
        .n_shots = N_SHOTS,
        .seed = 11,
        .outputs = {{.what = FRAME_OUT_RECORDS,
                     .reference = reference,
                     .ctx = counts,
                     .format = count_shots,
                     .write = take_shots}},
        .n_outputs = 1,
    };
    cr_assert_eq(sample_run(&figures, &job, comm_world()), STATUS_OK);
    cr_assert_eq(counts->n_shots, N_SHOTS);
    frame_plan_destroy(plan);
}

/* Chi-square over records with at least 10 expected shots; what cannot be must not be. */
static void compare(const struct counts *counts, const double *p, uint64_t seed) {
    double chi = 0, rest_p = 0, rest_n = 0;
    int n_bins = -1;
    for (size_t r = 0; r < N_RECORDS; r++) {
        const double want = p[r] * N_SHOTS, got = (double)counts->n[r];
        cr_assert(p[r] > 1e-12 || got == 0, "seed %llu: record %zu cannot be",
                  (unsigned long long)seed, r);
        if (want < 10) {
            rest_p += want;
            rest_n += got;
            continue;
        }
        chi += (got - want) * (got - want) / want;
        n_bins++;
    }
    if (rest_p >= 10) {
        chi += (rest_n - rest_p) * (rest_n - rest_p) / rest_p;
        n_bins++;
    }
    cr_expect_lt(chi, n_bins + 5 * sqrt(2.0 * n_bins) + 12, "seed %llu: chi-square %g of %d",
                 (unsigned long long)seed, chi, n_bins);
}

Test(sample, distributions_are_exact) {
    static struct counts counts;
    static double p[N_RECORDS];
    cr_assert_eq(comm_start_alone(), STATUS_OK);
    for (uint64_t seed = 1; seed <= 36; seed++) {
        struct made made;
        make(&made, seed);
        sample(&counts, &(struct frame_task){.ops = &made.ops, .n_qubits = N_QUBITS},
               made.n_results);
        naive_record_distribution(p, &made.ops, N_QUBITS);
        compare(&counts, p, seed);
        op_list_fini(&made.ops);
    }
    comm_stop();
}

/* ---- distributed circuits, with loops whose feedback reaches into earlier rounds ---- */

static void copy_ops(struct op_list *to, const struct op_list *from, uint32_t *inout_bit) {
    size_t open = 0;
    for (size_t i = 0; i < from->n_ops; i++) {
        const struct op *op = &from->ops[i];
        uint32_t expr;
        struct op *copy;
        if (op->kind == OP_IF) {
            cr_assert_eq(expr_copy(to, &expr, from, op->expr, NULL), STATUS_OK);
            cr_assert_eq(op_list_open(to, &open, OP_IF, expr, 0, nowhere), STATUS_OK);
            continue;
        }
        if (op->kind == OP_END) {
            cr_assert_eq(op_list_close(to, open, nowhere), STATUS_OK);
            continue;
        }
        cr_assert_eq(op_list_add(to, &copy, (enum op_kind)op->kind, op_qubits(from, op),
                                 op->n_qubits, op_params(from, op), op->n_params, nowhere),
                     STATUS_OK);
        copy->which = op->which;
        copy->arg = op->arg;
        const bool is_result = op->kind == OP_MEASURE ||
                               (op->kind == OP_NOISE && (op->which == NOISE_HERALDED_ERASE ||
                                                         op->which == NOISE_HERALDED_PAULI1));
        copy->bit = is_result ? (*inout_bit)++ : OP_NO_BIT;
    }
}

/* A few ops with `n` results more. */
static void make_part(struct made *made, const struct made *before, unsigned n) {
    *made = (struct made){
        .random = before->random, .n_ways = before->n_ways, .n_results = before->n_results};
    while (made->n_results < before->n_results + n) {
        for (unsigned i = random_below(&made->random, 4); i > 0; i--) {
            add_gate(made);
        }
        if (random_below(&made->random, 4) == 0 && made->n_ways < 2) {
            add_noise(made);
        } else if (random_below(&made->random, 2) == 0) {
            add_feedback(made);
        } else {
            add_measure(made);
        }
    }
    add_feedback(made);
}

/* first, then `rounds` times the body: as a circuit, and written out. */
static struct circuit *make_loop(struct op_list *out_plain, const struct made *first,
                                 const struct made *body, uint64_t rounds) {
    struct circuit *circuit = circuit_create();
    struct op_list *ops = &circuit->ops;
    uint32_t bit = 0, ignored = 0;
    size_t open;
    *out_plain = (struct op_list){0};
    copy_ops(ops, &first->ops, &bit);
    copy_ops(out_plain, &first->ops, &ignored);
    cr_assert_eq(op_list_open(ops, &open, OP_REPEAT, OP_NO_EXPR, rounds, nowhere), STATUS_OK);
    copy_ops(ops, &body->ops, &bit);
    cr_assert_eq(op_list_close(ops, open, nowhere), STATUS_OK);
    for (uint64_t i = 0; i < rounds; i++) {
        copy_ops(out_plain, &body->ops, &ignored);
    }
    cr_assert_eq(circuit_add_qreg(circuit, "q", N_QUBITS, nowhere), STATUS_OK);
    cr_assert_eq(circuit_add_creg(circuit, "r", bit, nowhere), STATUS_OK);
    circuit->measures = true;
    return circuit;
}

/* The text of the program, read back: what is distributed can be said. */
static struct program *distribute(const struct circuit *circuit, uint32_t n_qpus) {
    struct machine *machine;
    struct program *program, *read = NULL;
    struct text text = {0};
    struct program_check check = {0};
    cr_assert_eq(machine_create_ideal(&machine, n_qpus, N_QUBITS, MACHINE_UNLIMITED), STATUS_OK);
    cr_assert_eq(distribute_simple(&program, circuit, machine), STATUS_OK, "%s", log_get_error());
    cr_assert_eq(program_print(&text, program), STATUS_OK, "%s", log_get_error());
    cr_assert_eq(program_read_text(&read, "p.qasm", text.data, text.n, NULL), STATUS_OK, "%s\n%s",
                 log_get_error(), text.data);
    cr_assert_eq(program_check(&check, read), STATUS_OK, "%s\n%s", log_get_error(), text.data);
    program_check_fini(&check);
    text_fini(&text);
    program_destroy(program);
    machine_destroy(machine);
    return read;
}

static void sample_program(struct counts *counts, const struct program *program,
                           uint64_t n_results) {
    uint64_t recorded[8] = {0};
    uint32_t *bits;
    size_t n;
    cr_assert_eq(program_key_bits(program, &bits, &n), STATUS_OK);
    for (size_t i = 0; i < n; i++) {
        bits_set(recorded, bits[i], true);
    }
    mem_free(bits);
    sample(counts,
           &(struct frame_task){.ops = &program->ops,
                                .n_qubits = program->n_wires,
                                .n_bits = program->n_bits,
                                .recorded = recorded},
           n_results);
}

Test(sample, distributed_loops_are_exact, .timeout = 300) {
    static struct counts counts;
    static double p[N_RECORDS];
    cr_assert_eq(comm_start_alone(), STATUS_OK);
    for (uint64_t seed = 1; seed <= 12; seed++) {
        const struct made start = {.random = {.seed = seed + 1000}, .n_ways = 1};
        const unsigned n_body = 1 + (unsigned)seed % 3, rounds = 1 + (unsigned)(seed / 3) % 3;
        struct made first, body;
        struct op_list plain;
        make_part(&first, &start, 1 + (unsigned)seed % 2);
        make_part(&body, &first, n_body);
        struct circuit *circuit = make_loop(&plain, &first, &body, rounds);
        struct program *program = distribute(circuit, 1 + (uint32_t)seed % 4);
        const unsigned n_results = first.n_results + rounds * (body.n_results - first.n_results);
        if (n_results <= 8) {
            sample_program(&counts, program, n_results);
            naive_record_distribution(p, &plain, N_QUBITS);
            compare(&counts, p, seed);
        }
        program_destroy(program);
        circuit_destroy(circuit);
        op_list_fini(&plain);
        op_list_fini(&first.ops);
        op_list_fini(&body.ops);
    }
    comm_stop();
}

/* Results of a loop that has ended, and of earlier rounds of a loop around others. */
Test(sample, feedback_into_other_loops_is_exact) {
    static const char inner[] = "H 0\nM(0.2) 0\nCX rec[-2] 1\n", outer[] = "CX rec[-3] 2\nM 1\n";
    static const char last[] = "CX rec[-6] 2\nCZ rec[-5] 2\nM 2\n";
    static struct counts counts;
    static double p[N_RECORDS];
    struct text nested = {0}, flat = {0};
    struct circuit *circuit = NULL, *plain = NULL;
    cr_assert_eq(comm_start_alone(), STATUS_OK);
    text_printf(&nested, "H 1\nM 1\nREPEAT 2 {\nREPEAT 2 {\n%s}\n%s}\n%s", inner, outer, last);
    text_printf(&flat, "H 1\nM 1\n%s%s%s%s%s%s%s", inner, inner, outer, inner, inner, outer, last);
    cr_assert_eq(stim_read_text(&circuit, "n.stim", nested.data, nested.n, NULL), STATUS_OK);
    cr_assert_eq(stim_read_text(&plain, "f.stim", flat.data, flat.n, NULL), STATUS_OK);
    naive_record_distribution(p, &plain->ops, N_QUBITS);
    for (uint32_t n_qpus = 1; n_qpus <= 3; n_qpus++) {
        struct program *program = distribute(circuit, n_qpus);
        sample_program(&counts, program, 8);
        compare(&counts, p, n_qpus);
        program_destroy(program);
    }
    circuit_destroy(circuit);
    circuit_destroy(plain);
    text_fini(&nested);
    text_fini(&flat);
    comm_stop();
}

/* X0 X1 of a pair over two QPUs: flipped where one half had Z. */
Test(sample, observables_of_paulis_across_qpus) {
    static struct counts counts;
    static const char text[] = "H 0\nCX 0 1\nZ_ERROR(0.3) 0\nX_ERROR(0.2) 1\nM 2\n"
                               "OBSERVABLE_INCLUDE(0) X0 X1 rec[-1]\nOBSERVABLE_INCLUDE(1) Z0 Z1\n";
    struct circuit *circuit = NULL;
    struct frame_plan *plan;
    struct sample_figures figures;
    cr_assert_eq(comm_start_alone(), STATUS_OK);
    cr_assert_eq(stim_read_text(&circuit, "c.stim", text, strlen(text), NULL), STATUS_OK);
    struct program *program = distribute(circuit, 3);
    const struct frame_task frames = {
        .ops = &program->ops, .n_qubits = program->n_wires, .n_bits = program->n_bits};
    cr_assert_eq(frame_plan_create(&plan, &frames), STATUS_OK);
    memset(&counts, 0, sizeof counts);
    const struct sample_task job = {
        .plan = plan,
        .n_shots = N_SHOTS,
        .seed = 5,
        .outputs = {{.what = FRAME_OUT_OBSERVABLES,
                     .ctx = &counts,
                     .format = count_shots,
                     .write = take_shots}},
        .n_outputs = 1,
    };
    cr_assert_eq(sample_run(&figures, &job, comm_world()), STATUS_OK);
    const double p[2] = {(double)(counts.n[1] + counts.n[3]) / N_SHOTS,
                         (double)(counts.n[2] + counts.n[3]) / N_SHOTS};
    cr_expect_float_eq(p[0], 0.3, 5 * sqrt(0.21 / N_SHOTS));
    cr_expect_float_eq(p[1], 0.2, 5 * sqrt(0.16 / N_SHOTS));
    frame_plan_destroy(plan);
    program_destroy(program);
    circuit_destroy(circuit);
    comm_stop();
}

static volatile sig_atomic_t told;

static enum status take_and_tell(void *ctx, const char *data, size_t n) {
    told = 1;
    return take_shots(ctx, data, n);
}

/* Told to stop before: a batch of a trillion rounds breaks off; later: whole rounds are left. */
Test(sample, stops_inside_a_batch) {
    static struct counts counts;
    static const char *const texts[2] = {"REPEAT 1000000000000 {\nH 0\n}\nM 0\n",
                                         "REPEAT 2 {\nH 0\n}\nM 0\n"};
    cr_assert_eq(comm_start_alone(), STATUS_OK);
    for (int i = 0; i < 2; i++) {
        struct circuit *circuit = NULL;
        struct frame_plan *plan;
        struct sample_figures figures;
        cr_assert_eq(stim_read_text(&circuit, "c.stim", texts[i], strlen(texts[i]), NULL),
                     STATUS_OK);
        const struct frame_task frames = {.ops = &circuit->ops, .n_qubits = circuit->n_qubits};
        cr_assert_eq(frame_plan_create(&plan, &frames), STATUS_OK);
        memset(&counts, 0, sizeof counts);
        const struct sample_task job = {
            .plan = plan,
            .n_shots = UINT32_MAX,
            .seed = 5,
            .outputs = {{.what = FRAME_OUT_RECORDS,
                         .ctx = &counts,
                         .format = count_shots,
                         .write = take_and_tell}},
            .n_outputs = 1,
            .stop = &told,
        };
        told = i == 0;
        cr_assert_eq(sample_run(&figures, &job, comm_world()), STATUS_OK);
        cr_expect_eq(figures.n_shots > 0, i == 1);
        cr_expect_lt(figures.n_shots, UINT32_MAX);
        cr_expect_eq(counts.n_shots, figures.n_shots);
        frame_plan_destroy(plan);
        circuit_destroy(circuit);
    }
    comm_stop();
}
