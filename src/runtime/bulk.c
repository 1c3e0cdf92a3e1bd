#include "runtime/bulk.h"

#include <string.h>

#include "base/bits.h"
#include "base/log.h"
#include "base/mem.h"
#include "engine/frame/frame.h"
#include "engine/tableau/reference.h"

enum { MAX_RECORDS = 1 << 30, WORDS_OF_BLOCK = FRAME_SHOTS / 64 };

struct bulk {
    struct frame_plan *plan;
    struct frame_state *state;
    struct rows rows;
    uint64_t *reference; /* bits of the program */
    uint32_t n_blocks;
    uint64_t n_bytes;
};

/* ---- what is compiled ---- */

struct parts {
    uint64_t *recorded;
    double *weights; /* four for each op; NULL: pairs without errors */
};

static void parts_fini(struct parts *parts) {
    mem_free(parts->recorded);
    mem_free(parts->weights);
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
        .ops = &program->ops,
        .files = program->files,
        .n_qubits = program->n_wires,
        .n_bits = program->n_bits,
        .recorded = parts->recorded,
        .ebit_weights = parts->weights,
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
        .max_bytes = max_bytes,
    };
}

bool bulk_is_possible(const struct program *program) {
    struct parts parts = {0};
    bool is_possible = false;
    if (!program->is_data_dependent && find_recorded(&parts, program) == STATUS_OK) {
        const struct frame_task task = task_of(program, &parts);
        const char *reason;
        size_t op;
        is_possible = frame_plan_is_possible(&task, &op, &reason);
    }
    parts_fini(&parts);
    return is_possible;
}

/* ---- memory ---- */

static uint64_t add_bytes(uint64_t a, uint64_t b) {
    return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

static uint64_t count_bytes(const struct frame_plan *plan, const struct reference_task *reference,
                            uint32_t n_blocks) {
    const struct frame_options options = {.n_blocks = n_blocks};
    const uint64_t rows = (uint64_t)plan->n_bits * n_blocks * WORDS_OF_BLOCK * sizeof(uint64_t);
    return add_bytes(add_bytes(frame_state_bytes(plan, &options), rows),
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
    *out_bytes = count_bytes(plan, &reference, frame_suggest_blocks(plan));
done:
    frame_plan_destroy(plan);
    parts_fini(&parts);
    return status;
}

/* ---- create ---- */

static enum status run_reference(struct bulk *bulk, const struct reference_task *task) {
    uint64_t *records;
    if (task->n_records > MAX_RECORDS) {
        return log_error(STATUS_NOFIT, "a shot has %.3g results, more than 2^30",
                         (double)task->n_records);
    }
    records = mem_alloc(bits_words((size_t)task->n_records) + 1, sizeof *records);
    bulk->reference = mem_alloc(bits_words(task->n_bits) + 1, sizeof *bulk->reference);
    const enum status status = records == NULL || bulk->reference == NULL
                                   ? STATUS_NOFIT
                                   : reference_run(records, bulk->reference, task);
    mem_free(records);
    return status;
}

static enum status fill(struct bulk *bulk, const struct frame_task *task, uint64_t seed,
                        uint64_t max_bytes) {
    TRY(frame_plan_create(&bulk->plan, task));
    const struct reference_task reference = reference_of(task, bulk->plan, max_bytes);
    const uint64_t room = max_bytes != 0 ? max_bytes : mem_available();
    bulk->n_blocks = frame_suggest_blocks(bulk->plan);
    while (bulk->n_blocks > 1 && count_bytes(bulk->plan, &reference, bulk->n_blocks) > room) {
        bulk->n_blocks /= 2;
    }
    bulk->n_bytes = count_bytes(bulk->plan, &reference, bulk->n_blocks);
    if (bulk->n_bytes > room) {
        return log_error(STATUS_NOFIT, "frames and tableau need %.3g GiB; %.3g GiB available",
                         (double)bulk->n_bytes * 0x1p-30, (double)room * 0x1p-30);
    }
    const struct frame_options options = {.seed = seed, .n_blocks = bulk->n_blocks};
    TRY(run_reference(bulk, &reference));
    TRY(frame_state_create(&bulk->state, bulk->plan, &options));
    return rows_create(&bulk->rows, 0, task->n_bits, (size_t)bulk->n_blocks * WORDS_OF_BLOCK);
}

enum status bulk_create(struct bulk **out_bulk, const struct program *program,
                        struct run_clock *clock, uint64_t seed, uint64_t max_bytes) {
    struct bulk *bulk = mem_alloc(1, sizeof *bulk);
    struct parts parts = {0};
    enum status status = bulk == NULL ? STATUS_NOFIT : STATUS_OK;
    TRY_GOTO(status, done);
    TRY_GOTO(find_recorded(&parts, program), done);
    if (!program->is_data_dependent) { /* else compiling names the place */
        TRY_GOTO(find_weights(&parts, program, clock), done);
    }
    const struct frame_task task = task_of(program, &parts);
    TRY_GOTO(fill(bulk, &task, seed, max_bytes), done);
    *out_bulk = bulk;
    bulk = NULL;
done:
    parts_fini(&parts);
    bulk_destroy(bulk);
    return status;
}

void bulk_destroy(struct bulk *bulk) {
    if (bulk != NULL) {
        frame_state_destroy(bulk->state);
        frame_plan_destroy(bulk->plan);
        rows_fini(&bulk->rows);
        mem_free(bulk->reference);
        mem_free(bulk);
    }
}

uint64_t bulk_bytes(const struct bulk *bulk) {
    return bulk->n_bytes;
}

size_t bulk_batch(const struct bulk *bulk) {
    return (size_t)bulk->n_blocks * FRAME_SHOTS;
}

/* ---- shots ---- */

const struct rows *bulk_sample(struct bulk *bulk, uint64_t first_shot) {
    const size_t n_words = bulk->rows.stride;
    CHECK(first_shot % FRAME_SHOTS == 0);
    frame_state_run(bulk->state, first_shot / FRAME_SHOTS, NULL);
    for (uint32_t b = 0; b < bulk->rows.n_bits; b++) {
        const uint64_t *flips = frame_row(bulk->state, FRAME_OUT_BITS, b);
        const uint64_t all = bits_get(bulk->reference, b) ? UINT64_MAX : 0;
        uint64_t *row = rows_bit(&bulk->rows, b);
        for (size_t w = 0; w < n_words; w++) {
            row[w] = flips[w] ^ all;
        }
    }
    return &bulk->rows;
}
