#include "runtime/bulk.h"

#include <omp.h>
#include <string.h>

#include "base/bits.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/units.h"
#include "engine/frame/frame.h"
#include "engine/tableau/reference.h"
#include "runtime/bulk_fused.h"
#include "runtime/pair_errors.h"

enum { MAX_RECORDS = 1 << 30, WORDS_OF_BLOCK = FRAME_SHOTS / 64 };

struct bulk {
    struct frame_pairs pairs; /* where timelines differ; else zero */
    struct pair_errors pair_errors;
    struct frame_plan *plan;
    struct frame_state **lanes; /* one a thread, with blocks of its own */
    int n_lanes;
    struct rows rows;
    uint64_t *reference;  /* bits of the program */
    uint64_t *conditions; /* of errors that depend on bits, in the reference shot */
    uint32_t n_blocks;    /* of a lane */
    uint64_t n_bytes;
};

/* ---- what is compiled ---- */

struct parts {
    uint64_t *recorded;
    double *weights; /* four for each op; NULL: pairs without errors */
    bool is_fused;
    struct bulk_fused fused; /* then in place of the program's ops and these weights */
};

static void parts_fini(struct parts *parts) {
    mem_free(parts->recorded);
    mem_free(parts->weights);
    bulk_fused_fini(&parts->fused);
}

/* Results into output registers form the record. */
static enum status find_recorded(struct parts *parts, const struct program *program) {
    parts->recorded = mem_alloc(bits_words(program->n_bits) + 1, sizeof *parts->recorded);
    if (parts->recorded == NULL) {
        return STATUS_NOFIT;
    }
    for (size_t i = 0; i < program->n_cregs; i++) {
        const struct reg *reg = &program->cregs[i];
        for (uint32_t b = 0; reg->is_output && b < reg->n; b++) {
            bits_set(parts->recorded, reg->first + b, true);
        }
    }
    return STATUS_OK;
}

static enum status find_weights(struct parts *parts, const struct program *program,
                                struct run_clock *clock) {
    parts->weights = mem_alloc(program->ops.n_ops, 4 * sizeof *parts->weights);
    if (parts->weights == NULL) {
        return STATUS_NOFIT;
    }
    for (size_t i = 0; i < program->ops.n_ops; i++) {
        const struct op *op = &program->ops.ops[i];
        if (op->kind == OP_EBIT) {
            TRY(clock_pair_weights(clock, parts->weights + 4 * i, op_qubits(&program->ops, op),
                                   op->site, 0));
        }
    }
    return STATUS_OK;
}

static struct frame_task task_of(const struct program *program, const struct parts *parts) {
    return (struct frame_task){
        .ops = parts->is_fused ? &parts->fused.ops : &program->ops,
        .files = program->files,
        .n_qubits = program->n_wires,
        .n_bits = program->n_bits,
        .recorded = parts->recorded,
        .ebit_weights = parts->is_fused ? parts->fused.weights : parts->weights,
        .knows_reference = true,
    };
}

static struct reference_task reference_of(const struct frame_task *task,
                                          const struct frame_plan *plan, uint64_t max_bytes) {
    return (struct reference_task){
        .ops = task->ops,
        .files = task->files,
        .n_qubits = task->n_qubits,
        .n_bits = task->n_bits,
        .recorded = task->recorded,
        .n_records = plan->n_records,
        .n_conditions = plan->n_conditions,
        .max_bytes = max_bytes,
    };
}

bool bulk_is_possible(const struct program *program, size_t *out_op, const char **out_reason) {
    struct parts parts = {0};
    bool is_possible = false;
    *out_op = 0;
    *out_reason = "there is no memory";
    if (find_recorded(&parts, program) == STATUS_OK) {
        const struct frame_task task = task_of(program, &parts);
        is_possible = frame_plan_is_possible(&task, out_op, out_reason);
    }
    parts_fini(&parts);
    return is_possible;
}

/* ---- memory ---- */

static uint64_t add_bytes(uint64_t a, uint64_t b) {
    return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

static uint64_t multiply_bytes(uint64_t a, uint64_t b) {
    uint64_t n;
    return __builtin_mul_overflow(a, b, &n) ? UINT64_MAX : n;
}

static uint64_t count_bytes(const struct frame_plan *plan, const struct reference_task *reference,
                            uint32_t n_blocks, uint64_t n_lanes) {
    const struct frame_options options = {.n_blocks = n_blocks};
    const uint64_t rows = (uint64_t)plan->n_bits * n_blocks * WORDS_OF_BLOCK * sizeof(uint64_t);
    const uint64_t lane = add_bytes(frame_state_bytes(plan, &options), rows);
    return add_bytes(multiply_bytes(lane, n_lanes),
                     add_bytes(reference_bytes(reference), plan->n_records / 8));
}

enum status bulk_plan(uint64_t *out_bytes, const struct program *program) {
    struct frame_plan *plan = NULL;
    struct parts parts = {0};
    enum status status;
    TRY_GOTO(find_recorded(&parts, program), done);
    const struct frame_task task = task_of(program, &parts);
    TRY_GOTO(frame_plan_create(&plan, &task), done);
    const struct reference_task reference = reference_of(&task, plan, 0);
    *out_bytes = count_bytes(plan, &reference, frame_suggest_blocks(plan), 1);
done:
    frame_plan_destroy(plan);
    parts_fini(&parts);
    return status;
}

/* ---- create ---- */

static enum status run_reference(struct bulk *bulk, struct reference_task *task) {
    uint64_t *records;
    if (task->n_records > MAX_RECORDS || task->n_conditions > MAX_RECORDS) {
        const bool are_results = task->n_records > MAX_RECORDS;
        return log_error(STATUS_NOFIT, "a shot has %.3g %s, more than 2^30",
                         (double)(are_results ? task->n_records : task->n_conditions),
                         are_results ? "results" : "conditions of errors");
    }
    bulk->conditions = mem_alloc(bits_words((size_t)task->n_conditions), sizeof *bulk->conditions);
    task->conditions = bulk->conditions;
    records = mem_alloc(bits_words((size_t)task->n_records) + 1, sizeof *records);
    bulk->reference = mem_alloc(bits_words(task->n_bits) + 1, sizeof *bulk->reference);
    const enum status status =
        records == NULL || bulk->reference == NULL || bulk->conditions == NULL
            ? STATUS_NOFIT
            : reference_run(records, bulk->reference, task);
    mem_free(records);
    return status;
}

/* As many blocks to a lane and as many lanes as there are shots and memory for. */
static enum status choose_lanes(struct bulk *bulk, const struct reference_task *reference,
                                const struct bulk_options *options) {
    const uint64_t room = options->max_bytes != 0 ? options->max_bytes : mem_available();
    const uint64_t n_threads = (uint64_t)omp_get_max_threads();
    const uint64_t n_blocks =
        options->max_shots / FRAME_SHOTS + (options->max_shots % FRAME_SHOTS != 0);
    const uint64_t share = n_blocks / n_threads + (n_blocks % n_threads != 0);
    uint64_t n_lanes = n_blocks < n_threads ? n_blocks : n_threads;
    bulk->n_blocks = frame_suggest_blocks(bulk->plan);
    bulk->n_blocks = bulk->n_blocks < share ? bulk->n_blocks : share > 0 ? (uint32_t)share : 1;
    n_lanes = n_lanes > 0 ? n_lanes : 1;
    while (bulk->n_blocks > 1 && count_bytes(bulk->plan, reference, bulk->n_blocks, 1) > room) {
        bulk->n_blocks /= 2;
    }
    while (n_lanes > 1 && count_bytes(bulk->plan, reference, bulk->n_blocks, n_lanes) > room) {
        n_lanes--;
    }
    bulk->n_lanes = (int)n_lanes;
    bulk->n_bytes = count_bytes(bulk->plan, reference, bulk->n_blocks, n_lanes);
    if (bulk->n_bytes <= room) {
        return STATUS_OK;
    }
    char need[32], has[32];
    return log_error(STATUS_NOFIT, "frames and tableau need %s; %s available",
                     units_print_bytes(need, sizeof need, bulk->n_bytes),
                     units_print_bytes(has, sizeof has, room));
}

static enum status create_lanes(struct bulk *bulk, uint64_t seed) {
    const struct frame_options options = {.seed = seed,
                                          .n_blocks = bulk->n_blocks,
                                          .conditions = bulk->conditions,
                                          .pairs = bulk->pairs.ctx != NULL ? &bulk->pairs : NULL};
    const int n_lanes = bulk->n_lanes;
    bulk->lanes = mem_alloc((size_t)n_lanes, sizeof(struct frame_state *));
    if (bulk->lanes == NULL) {
        return STATUS_NOFIT;
    }
    for (int i = 0; i < n_lanes; i++) {
        TRY(frame_state_create(&bulk->lanes[i], bulk->plan, &options));
    }
    return rows_create(&bulk->rows, 0, bulk->plan->n_bits,
                       (size_t)n_lanes * bulk->n_blocks * WORDS_OF_BLOCK);
}

static enum status fill(struct bulk *bulk, const struct frame_task *task,
                        const struct bulk_options *options) {
    TRY(frame_plan_create(&bulk->plan, task));
    struct reference_task reference = reference_of(task, bulk->plan, options->max_bytes);
    TRY(choose_lanes(bulk, &reference, options));
    TRY(run_reference(bulk, &reference));
    return create_lanes(bulk, options->seed);
}

/* Their bits must stay. */
static bool has_conditional_errors(const struct op_list *ops) {
    for (size_t i = 0; i < ops->n_ops; i++) {
        if (ops->ops[i].kind == OP_IF && op_list_has_inside(ops, i, OP_NOISE)) {
            return true;
        }
    }
    return false;
}

static bool can_fuse(const struct program *program, const struct run_clock *clock) {
    return program->is_fused && !clock->does_vary && !program->is_data_dependent &&
           !has_conditional_errors(&program->ops);
}

enum status bulk_count_packets(struct packet_counts *out_counts, const struct program *program,
                               const struct run_clock *clock) {
    TRY(packets_count(out_counts, program));
    if (can_fuse(program, clock)) {
        struct bulk_fused fused;
        TRY(bulk_fuse(&fused, program, NULL));
        *out_counts = fused.counts;
        bulk_fused_fini(&fused);
    } else {
        out_counts->n_explicit += out_counts->n_fused;
        out_counts->n_fused = 0;
    }
    return STATUS_OK;
}

enum status bulk_create(struct bulk **out_bulk, const struct program *program,
                        struct run_clock *clock, const struct bulk_options *options) {
    struct bulk *bulk = mem_alloc(1, sizeof *bulk);
    struct parts parts = {0};
    enum status status = bulk == NULL ? STATUS_NOFIT : STATUS_OK;
    TRY_GOTO(status, done);
    TRY_GOTO(find_recorded(&parts, program), done);
    if (clock->does_vary) {
        bulk->pair_errors = (struct pair_errors){clock, options->seed, options->block_shots};
        bulk->pairs = (struct frame_pairs){pair_errors_add, &bulk->pair_errors};
    } else if (!program->is_data_dependent) { /* else compiling names the place */
        TRY_GOTO(find_weights(&parts, program, clock), done);
    }
    if (can_fuse(program, clock)) {
        TRY_GOTO(bulk_fuse(&parts.fused, program, parts.weights), done);
        parts.is_fused = true;
    }
    const struct frame_task task = task_of(program, &parts);
    TRY_GOTO(fill(bulk, &task, options), done);
    *out_bulk = bulk;
    bulk = NULL;
done:
    parts_fini(&parts);
    bulk_destroy(bulk);
    return status;
}

void bulk_destroy(struct bulk *bulk) {
    if (bulk == NULL) {
        return;
    }
    for (int i = 0; i < bulk->n_lanes && bulk->lanes != NULL; i++) {
        frame_state_destroy(bulk->lanes[i]);
    }
    mem_free(bulk->lanes);
    frame_plan_destroy(bulk->plan);
    rows_fini(&bulk->rows);
    mem_free(bulk->reference);
    mem_free(bulk->conditions);
    mem_free(bulk);
}

uint64_t bulk_bytes(const struct bulk *bulk) {
    return bulk->n_bytes;
}

size_t bulk_batch(const struct bulk *bulk) {
    return (size_t)bulk->n_lanes * bulk->n_blocks * FRAME_SHOTS;
}

uint64_t bulk_digest(const struct bulk *bulk) {
    uint64_t digest = UINT64_C(0xcbf29ce484222325); /* FNV-1a */
    for (size_t i = 0; i < bits_words(bulk->plan->n_bits); i++) {
        digest = (digest ^ bulk->reference[i]) * UINT64_C(0x100000001b3);
    }
    return digest;
}

/* ---- shots ---- */

static bool sample_lane(struct bulk *bulk, size_t lane, uint64_t first_block,
                        const volatile sig_atomic_t *stop) {
    const size_t n_words = (size_t)bulk->n_blocks * WORDS_OF_BLOCK;
    struct frame_state *state = bulk->lanes[lane];
    if (!frame_state_run(state, first_block + lane * bulk->n_blocks, NULL, stop)) {
        return false;
    }
    for (uint32_t b = 0; b < bulk->rows.n_bits; b++) {
        const uint64_t *flips = frame_row(state, FRAME_OUT_BITS, b);
        const uint64_t all = bits_get(bulk->reference, b) ? UINT64_MAX : 0;
        uint64_t *row = rows_bit(&bulk->rows, b) + lane * n_words;
        for (size_t w = 0; w < n_words; w++) {
            row[w] = flips[w] ^ all;
        }
    }
    return true;
}

const struct rows *bulk_sample(struct bulk *bulk, uint64_t first_shot,
                               const volatile sig_atomic_t *stop) {
    bool are_whole = true;
    CHECK(first_shot % FRAME_SHOTS == 0);
#pragma omp parallel for schedule(static, 1) num_threads(bulk->n_lanes) reduction(&& : are_whole)
    for (int i = 0; i < bulk->n_lanes; i++) {
        are_whole = sample_lane(bulk, (size_t)i, first_shot / FRAME_SHOTS, stop) && are_whole;
    }
    return are_whole ? &bulk->rows : NULL;
}
