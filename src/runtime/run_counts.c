/* What a run gathers of its shots: keys, histograms, records. */
#include <string.h>

#include "base/bits.h"
#include "runtime/runtime_impl.h"

/* The QPU whose measurement or assignment writes a bit last in text order; OP_NO_QPU: none. */
static uint32_t *find_birth_qpus(const struct program *program) {
    uint32_t *birth = mem_alloc(program->n_bits, sizeof *birth);
    if (birth == NULL) {
        return NULL;
    }
    memset(birth, 0xff, program->n_bits * sizeof *birth);
    for (size_t i = 0; i < program->ops.n_ops; i++) {
        const struct op *op = &program->ops.ops[i];
        if ((op->kind == OP_MEASURE || op->kind == OP_ASSIGN) && op->bit != OP_NO_BIT) {
            birth[op->bit] = op->qpu;
        }
    }
    return birth;
}

static enum status list_marginal_bits(struct results *results, const struct program *program) {
    uint32_t *birth = find_birth_qpus(program);
    results->marginals =
        arena_alloc(&results->arena, (program->n_qpus + 1) * sizeof *results->marginals);
    enum status status = birth == NULL || results->marginals == NULL ? STATUS_NOFIT : STATUS_OK;
    for (size_t q = 0; q < program->n_qpus && status == STATUS_OK; q++) {
        struct run_marginal *marginal = &results->marginals[q];
        marginal->bits =
            arena_alloc(&results->arena, (results->n_key_bits + 1) * sizeof *marginal->bits);
        if (marginal->bits == NULL) {
            status = STATUS_NOFIT;
            break;
        }
        for (size_t i = 0; i < results->n_key_bits; i++) {
            if (birth[results->key_bits[i]] == q) {
                marginal->bits[marginal->n_bits++] = results->key_bits[i];
            }
        }
        marginal->key_words = bits_words(marginal->n_bits) + (marginal->n_bits == 0);
    }
    mem_free(birth);
    return status;
}

enum status run_set_keys(struct run *run) {
    struct results *results = run->results;
    uint32_t *bits;
    size_t n;
    TRY(program_key_bits(run->program, &bits, &n));
    results->key_bits = arena_alloc(&results->arena, (n + 1) * sizeof *bits);
    if (results->key_bits == NULL) {
        mem_free(bits);
        return STATUS_NOFIT;
    }
    memcpy(results->key_bits, bits, n * sizeof *bits);
    mem_free(bits);
    results->n_key_bits = n;
    results->key_words = bits_words(n) + (n == 0);
    TRY(list_marginal_bits(results, run->program));
    tally_init(&run->tally, results->key_bits, n);
    run->marginals = mem_alloc(run->program->n_qpus, sizeof *run->marginals);
    if (run->marginals == NULL) {
        return STATUS_NOFIT;
    }
    for (size_t q = 0; q < run->program->n_qpus; q++) {
        tally_init(&run->marginals[q], results->marginals[q].bits, results->marginals[q].n_bits);
    }
    return STATUS_OK;
}

/* ---- batches of shots ---- */

enum status run_make_shot_arrays(struct run *run) {
    struct results *results = run->results;
    const uint64_t n_shots = run->options->n_shots;
    enum status status = STATUS_OK;
    if (run->program->is_data_dependent) {
        results->shot_makespans_ps = mem_alloc(n_shots, sizeof *results->shot_makespans_ps);
        status = results->shot_makespans_ps == NULL ? STATUS_NOFIT : STATUS_OK;
    }
    results->record_bytes = (results->n_key_bits + 7) / 8;
    if (run->options->keeps_records && team_rank(run->world) == 0) {
        size_t n_bytes;
        results->records =
            size_mul(&n_bytes, n_shots, results->record_bytes) ? mem_alloc(n_bytes, 1) : NULL;
        status = results->records == NULL ? STATUS_NOFIT : status;
    }
    return comm_agree(run->world, status);
}

enum status run_keep_records(struct run *run, uint64_t first, uint64_t n) {
    struct results *results = run->results;
    enum status status = STATUS_OK;
    size_t n_bytes;
    if (!run->options->keeps_records) {
        return STATUS_OK;
    }
    if (results->records != NULL) {
        run->records = results->records;
        run->first_kept = results->first_shot;
    } else if (n > 0) {
        mem_free(run->records);
        run->first_kept = first;
        run->records = size_mul(&n_bytes, n, results->record_bytes) ? mem_alloc(n_bytes, 1) : NULL;
        status = run->records == NULL ? STATUS_NOFIT : STATUS_OK;
    }
    return comm_agree(run->world, status);
}

static void set_records(uint8_t *records, size_t record_bytes, size_t i, const uint64_t *row,
                        size_t n_shots) {
    for (size_t w = 0; w < bits_words(n_shots); w++) {
        const uint64_t ours = n_shots - 64 * w < 64 ? BIT64(n_shots - 64 * w) - 1
                                                    : UINT64_MAX; /* frames fill words */
        for (uint64_t rest = row[w] & ours; rest != 0; rest &= rest - 1) {
            const size_t shot = 64 * w + (unsigned)bits_lowest(rest);
            records[shot * record_bytes + i / 8] |= (uint8_t)(1u << i % 8);
        }
    }
}

static void keep_records(struct run *run, const struct rows *rows, size_t n_shots) {
    struct results *results = run->results;
    uint8_t *records = run->records + (run->first_shot - run->first_kept) * results->record_bytes;
    for (size_t i = 0; i < results->n_key_bits; i++) {
        set_records(records, results->record_bytes, i, rows_bit(rows, results->key_bits[i]),
                    n_shots);
    }
}

enum status run_count_batch(struct run *run, const struct rows *rows, size_t n_past,
                            size_t n_shots) {
    if (run->records != NULL) {
        keep_records(run, rows, n_shots); /* run_add_past puts its own over those of the past */
    }
    TRY(tally_count_rows(&run->tally, rows, n_past, n_shots));
    for (size_t q = 0; q < run->program->n_qpus; q++) {
        if (run->marginals[q].n_bits > 0) {
            TRY(tally_count_rows(&run->marginals[q], rows, n_past, n_shots));
        }
    }
    return STATUS_OK;
}

enum status run_list_counts(struct run *run) {
    struct results *results = run->results;
    TRY(tally_list_counts(&run->tally, &results->arena, &results->counts, &results->n_counts));
    for (size_t q = 0; q < run->program->n_qpus; q++) {
        struct run_marginal *marginal = &results->marginals[q];
        TRY(tally_list_counts(&run->marginals[q], &results->arena, &marginal->counts,
                              &marginal->n_counts));
    }
    return STATUS_OK;
}
