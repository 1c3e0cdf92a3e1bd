#include "verify/selftest.h"

#include <math.h>
#include <string.h>

#include "base/bits.h"
#include "base/log.h"
#include "base/progress.h"
#include "engine/frame/frame.h"
#include "engine/tableau/reference.h"
#include "runtime/runtime.h"
#include "verify/against.h"
#include "verify/dense.h"
#include "verify/match.h"

static const struct selftest_entry entries[] = {
#define LIBRARY_ENTRY(name, program, target) {name, program, target},
#include "verify/protocols.h"
#undef LIBRARY_ENTRY
};

const struct selftest_entry *selftest_list(size_t *out_n) {
    *out_n = sizeof entries / sizeof *entries;
    return entries;
}

/* ---- the target as Pauli strings ---- */

/* Strings on references, outputs (X and Z parts) and output bits (Z), with what the target gives.
 */
struct string {
    uint32_t x, z, bits;
    double aim, found, frame;
    bool is_known;
};
struct test {
    struct program *program; /* with references and measurements at the end */
    struct circuit *circuit;
    struct match match;
    uint32_t n, n_bits; /* references and outputs; output bits */
    uint32_t *kept;     /* wires of the references and outputs */
    uint32_t *results;  /* bits of their measurements, then output bits */
    size_t first_turn;  /* index of the first op of the change of bases, 2 for each */
    struct string *strings;
    size_t n_strings, cap_strings;
    struct selftest_result *result;
};

/* sums[z] = sum over i of (-1)^{z i} sums[i], for both parts. */
static void transform(double *sums, uint32_t n) {
    for (uint32_t q = 0; q < n; q++) {
        for (size_t i = 0; i < (size_t)1 << n; i++) {
            if ((i >> q) & 1) {
                continue;
            }
            for (unsigned part = 0; part < 2; part++) {
                double *a = &sums[2 * i + part], *b = &sums[2 * (i | (size_t)1 << q) + part];
                const double sum = *a + *b, difference = *a - *b;
                *a = sum;
                *b = difference;
            }
        }
    }
}

static enum status add_strings(struct test *test, const double *sums, uint32_t x) {
    const size_t n_z = (size_t)1 << test->n;
    for (size_t i = 0; i < n_z << test->n_bits; i++) {
        const uint32_t z = (uint32_t)(i & (n_z - 1)), bits = (uint32_t)(i >> test->n);
        /* i^{|x z|} (re + i im) is real */
        const int turns = bits_popcount(x & z) & 3;
        const double re = sums[2 * i], im = sums[2 * i + 1];
        const double aim = turns == 0 ? re : turns == 1 ? -im : turns == 2 ? -re : im;
        if (fabs(aim) < 1e-12) {
            continue;
        }
        TRY(vec_reserve(&test->strings, test->n_strings, &test->cap_strings, 1,
                        sizeof *test->strings));
        test->strings[test->n_strings++] =
            (struct string){.x = x, .z = z, .bits = bits, .aim = aim};
    }
    return STATUS_OK;
}

static enum status find_strings(struct test *test, const struct instrument *target) {
    const size_t n_amps = (size_t)1 << test->n, n_sums = n_amps << test->n_bits;
    double *sums = mem_alloc(2 * n_sums, sizeof *sums);
    enum status status = sums ? STATUS_OK : STATUS_NOFIT;
    for (uint32_t x = 0; status == STATUS_OK && x < n_amps; x++) {
        memset(sums, 0, 2 * n_sums * sizeof *sums);
        for (size_t k = 0; k < target->n; k++) {
            const double *v = target->vectors[k].amps;
            double *of_key = sums + 2 * n_amps * target->vectors[k].key[0];
            for (size_t i = 0; i < n_amps; i++) { /* <v| X^x Z^z |v> */
                const double *a = v + 2 * (i ^ x), *b = v + 2 * i;
                of_key[2 * i] += a[0] * b[0] + a[1] * b[1];
                of_key[2 * i + 1] += a[0] * b[1] - a[1] * b[0];
            }
        }
        transform(sums, test->n + test->n_bits);
        status = add_strings(test, sums, x);
    }
    mem_free(sums);
    return status;
}

/* ---- the program with references ---- */

/* Ops at the end go to the front, `n` of them. */
static enum status rotate(struct op_list *list, size_t n) {
    struct op *moved = mem_alloc(list->n_ops, sizeof *moved);
    const size_t n_old = list->n_ops - n;
    if (!moved) {
        return STATUS_NOFIT;
    }
    memcpy(moved, list->ops + n_old, n * sizeof *moved);
    memcpy(moved + n, list->ops, n_old * sizeof *moved);
    for (size_t i = n; i < list->n_ops; i++) {
        moved[i].match += moved[i].match != OP_NO_MATCH ? (uint32_t)n : 0;
    }
    memcpy(list->ops, moved, list->n_ops * sizeof *moved);
    mem_free(moved);
    return STATUS_OK;
}

static enum status add_references(struct test *test) {
    struct program *program = test->program;
    const struct walk_source *source = &test->match.own.source;
    for (uint32_t i = 0; i < source->n_in; i++) {
        const uint32_t wire = source->in[i];
        TRY(program_add_qreg(program, &test->kept[i], "reference", 1, program->wire_qpu[wire],
                             false));
        const uint32_t pair[2] = {test->kept[i], wire};
        TRY(op_list_add_gate(&program->ops, GATE_H, pair, NULL, (struct src_loc){0}));
        TRY(op_list_add_gate(&program->ops, GATE_CX, pair, NULL, (struct src_loc){0}));
    }
    for (uint32_t i = 0; i < source->n_out; i++) {
        test->kept[source->n_in + i] = source->out[i];
    }
    return rotate(&program->ops, 2 * (size_t)source->n_in);
}

/* Two gates for each kept wire, which choose its basis, and its measurement. */
static enum status add_measurements(struct test *test) {
    struct program *program = test->program;
    uint32_t first;
    TRY(program_add_creg(program, &first, "choi", test->n, true, false));
    test->first_turn = program->ops.n_ops;
    for (uint32_t i = 0; i < 2 * test->n; i++) {
        TRY(op_list_add_gate(&program->ops, GATE_I, &test->kept[i / 2], NULL, (struct src_loc){0}));
    }
    for (uint32_t i = 0; i < test->n; i++) {
        struct op *op;
        TRY(op_list_add(&program->ops, &op, OP_MEASURE, &test->kept[i], 1, NULL, 0,
                        (struct src_loc){0}));
        op->bit = test->results[i] = first + i;
    }
    return STATUS_OK;
}

/* Without what only reads results, and with no logical qubits but references. */
static enum status prepare(struct test *test) {
    struct program *program = test->program;
    const struct walk_source *source = &test->match.own.source;
    test->n = source->n_in + source->n_out;
    test->n_bits = source->n_output_bits;
    test->kept = mem_alloc(test->n, sizeof *test->kept);
    test->results = mem_alloc((size_t)test->n + test->n_bits, sizeof *test->results);
    if (!test->kept || !test->results) {
        return STATUS_NOFIT;
    }
    for (uint32_t i = 0; i < test->n_bits; i++) {
        test->results[test->n + i] = source->output_bits[i];
    }
    for (size_t i = 0; i < program->ops.n_ops; i++) {
        if (source->is_skipped[i]) {
            struct op *op = &program->ops.ops[i];
            op->kind = OP_TICK;
            op->n_qubits = 0;
            op->bit = OP_NO_BIT;
        }
    }
    for (size_t r = 0; r < program->n_cregs; r++) {
        program->cregs[r].is_output = program->cregs[r].is_output && test->n_bits > 0;
    }
    TRY(add_references(test));
    TRY(add_measurements(test));
    program->n_in = program->n_out = 0;
    return program_resolve(program);
}

/* ---- running ---- */

/* Bases of the string; Z where it has none. */
static void set_bases(struct test *test, const struct string *string) {
    for (uint32_t i = 0; i < test->n; i++) {
        struct op *turn = &test->program->ops.ops[test->first_turn + 2 * (size_t)i];
        const bool has_x = (string->x >> i) & 1, has_y = has_x && ((string->z >> i) & 1);
        turn[0].which = has_y ? GATE_SDG : GATE_I;
        turn[1].which = has_x ? GATE_H : GATE_I;
    }
}

/* The string can be read in these bases. */
static bool is_seen(const struct string *string, const struct string *bases) {
    const uint32_t support = string->x | string->z, is_x = bases->x;
    const uint32_t is_y = bases->x & bases->z, is_z = ~bases->x;
    return ((string->x ^ is_x) & support) == 0 && ((string->z ^ (is_y | is_z)) & support) == 0;
}

static bool is_odd(const struct string *string, uint32_t outcome, uint32_t n) {
    const uint32_t mask = string->x | string->z | string->bits << n;
    return bits_popcount(outcome & mask) & 1;
}

static uint32_t outcome_of(const struct test *test, const struct results *results,
                           const uint64_t *key) {
    uint32_t outcome = 0;
    for (size_t k = 0; k < results->n_key_bits; k++) {
        for (uint32_t i = 0; bits_get(key, k) && i < test->n + test->n_bits; i++) {
            outcome |= (uint32_t)(results->key_bits[k] == test->results[i]) << i;
        }
    }
    return outcome;
}

static enum status run_statevector(struct test *test, const struct string *bases,
                                   const struct team *team) {
    const struct run_options options = {.engine = &engine_statevector,
                                        .n_shots = 1,
                                        .seed = 1,
                                        .shots_per_timeline = 1024,
                                        .max_branches = 65536,
                                        .n_probabilities = RUN_ALL};
    struct results *results = NULL;
    TRY(runtime_run(&results, test->program, NULL, team, &options));
    for (size_t k = 0; k < results->n_probabilities; k++) {
        const uint32_t outcome = outcome_of(test, results, results->probabilities[k].key);
        for (size_t i = 0; i < test->n_strings; i++) {
            struct string *string = &test->strings[i];
            if (!string->is_known && is_seen(string, bases)) {
                const double p = results->probabilities[k].p;
                string->found += is_odd(string, outcome, test->n) ? -p : p;
            }
        }
    }
    results_destroy(results);
    return STATUS_OK;
}

static struct frame_task frame_task_of(const struct test *test) {
    return (struct frame_task){.ops = &test->program->ops,
                               .files = test->program->files,
                               .n_qubits = test->program->n_wires,
                               .n_bits = test->program->n_bits};
}

/* A block of shots, read from the program's bits. */
static enum status read_frames(struct test *test, const struct string *bases,
                               const struct frame_plan *plan, const uint64_t *reference) {
    const struct frame_options options = {.seed = 1, .n_blocks = 1};
    struct frame_state *state = NULL;
    TRY(frame_state_create(&state, plan, &options));
    frame_state_run(state, 0, NULL, NULL);
    for (uint32_t shot = 0; shot < FRAME_SHOTS; shot++) {
        uint32_t outcome = 0;
        for (uint32_t i = 0; i < test->n + test->n_bits; i++) {
            const uint32_t bit = test->results[i];
            const bool flips = bits_get(frame_row(state, FRAME_OUT_BITS, bit), shot);
            outcome |= (uint32_t)(flips ^ bits_get(reference, bit)) << i;
        }
        for (size_t i = 0; i < test->n_strings; i++) {
            struct string *string = &test->strings[i];
            if (!string->is_known && is_seen(string, bases)) {
                string->frame += (is_odd(string, outcome, test->n) ? -1.0 : 1.0) / FRAME_SHOTS;
            }
        }
    }
    frame_state_destroy(state);
    return STATUS_OK;
}

static enum status run_frames(struct test *test, const struct string *bases) {
    const struct frame_task task = frame_task_of(test);
    struct frame_plan *plan = NULL;
    TRY(frame_plan_create(&plan, &task));
    const struct reference_task shot = {.ops = task.ops,
                                        .files = task.files,
                                        .n_qubits = task.n_qubits,
                                        .n_bits = task.n_bits,
                                        .n_records = plan->n_records};
    uint64_t *records = mem_alloc(bits_words(plan->n_records) + 1, sizeof *records);
    uint64_t *bits = mem_alloc(bits_words(task.n_bits) + 1, sizeof *bits);
    enum status status = records && bits ? STATUS_OK : STATUS_NOFIT;
    if (status == STATUS_OK) {
        status = reference_run(records, bits, &shot);
    }
    if (status == STATUS_OK) {
        status = read_frames(test, bases, plan, bits);
    }
    mem_free(records);
    mem_free(bits);
    frame_plan_destroy(plan);
    return status;
}

static uint32_t weight_of(const struct string *string) {
    return (uint32_t)bits_popcount(string->x | string->z);
}

/* The heaviest string that is not known yet: its bases show most others. */
static struct string *choose(struct test *test) {
    struct string *best = NULL;
    for (size_t i = 0; i < test->n_strings; i++) {
        struct string *string = &test->strings[i];
        if (!string->is_known && (!best || weight_of(string) > weight_of(best))) {
            best = string;
        }
    }
    return best;
}

static enum status measure(struct test *test, const struct team *team) {
    struct selftest_result *result = test->result;
    double purity = 0, overlap = 0, frames = 0;
    const struct frame_task task = frame_task_of(test);
    const char *reason;
    size_t op;
    result->has_frame = frame_plan_is_possible(&task, &op, &reason);
    for (struct string *next = choose(test); next; next = choose(test)) {
        const struct string bases = *next;
        set_bases(test, &bases);
        TRY(run_statevector(test, &bases, team));
        if (result->has_frame) {
            TRY(run_frames(test, &bases));
        }
        for (size_t i = 0; i < test->n_strings; i++) {
            struct string *string = &test->strings[i];
            string->is_known |= is_seen(string, &bases);
        }
        result->n_runs++;
    }
    for (size_t i = 0; i < test->n_strings; i++) {
        const struct string *string = &test->strings[i];
        purity += string->aim * string->aim;
        overlap += string->aim * string->found;
        frames += string->aim * string->frame;
    }
    comm_bcast(team, &overlap, sizeof overlap, 0); /* results are complete on rank 0 */
    result->fidelity = overlap / purity;
    result->frame_fidelity = frames / purity;
    return STATUS_OK;
}

static enum status load(struct test *test, const struct selftest_entry *entry) {
    TRY(program_read_text(&test->program, entry->name, entry->program, strlen(entry->program),
                          NULL));
    TRY(circuit_read_text(&test->circuit, entry->name, entry->target, strlen(entry->target), NULL));
    struct program_check check = {0};
    enum status status = program_check(&check, test->program);
    program_check_fini(&check);
    TRY(status);
    return match_create(&test->match, test->program, test->circuit, NULL);
}

static enum status run_test(struct test *test, const struct selftest_entry *entry,
                            const struct team *team) {
    struct instrument target = {0};
    TRY(load(test, entry));
    TRY(verify_is_equal(&test->result->is_proved, test->program, test->circuit, NULL,
                        VERIFY_MAX_ROUNDS));
    struct dense dense = {.source = &test->match.target.source};
    enum status status = dense_run(&target, &dense);
    dense_fini(&dense);
    if (status == STATUS_OK) {
        status = prepare(test);
    }
    if (status == STATUS_OK) {
        status = find_strings(test, &target);
    }
    if (status == STATUS_OK) {
        status = measure(test, team);
    }
    instrument_fini(&target);
    return status;
}

enum status selftest_run(struct selftest_result *out_result, const struct selftest_entry *entry,
                         const struct team *team) {
    struct selftest_result result = {0};
    struct test test = {.result = &result};
    const double t_start_s = clock_now_s();
    const enum status status = run_test(&test, entry, team);
    result.wall_s = clock_now_s() - t_start_s;
    match_fini(&test.match);
    circuit_destroy(test.circuit);
    program_destroy(test.program);
    mem_free(test.kept);
    mem_free(test.results);
    mem_free(test.strings);
    if (status == STATUS_OK) {
        *out_result = result;
    }
    return status;
}
