/* Results as HDF5: what a plain reader finds in them. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/bits.h"
#include "comm/comm.h"
#include "output/output.h"
#include "runtime/runtime.h"
#include "store/file.h"
#include "support/protocol.h"

enum { N_SHOTS = 1000, N_BITS = 11 };

/* Coins on A and, after a pair, equal bits on B; a WHILE makes the makespan depend on them. */
static struct program *make_program(bool is_data_dependent) {
    struct program *program = put_program(N_BITS);
    const uint32_t a = put_qpu(program, "A", N_BITS, 1), b = put_qpu(program, "B", 1, 1);
    for (uint32_t i = 0; i + 1 < N_BITS; i++) {
        put_h(program, a + i);
    }
    put_ebit(program, a + N_BITS, b + 1);
    put_measure(program, a + N_BITS, 0);
    if (is_data_dependent) {
        const size_t open = put_if(program, 0);
        put_reset(program, a);
        put_end(program, open);
    }
    put_measure(program, b + 1, N_BITS - 1);
    for (uint32_t i = 1; i + 1 < N_BITS; i++) {
        put_measure(program, a + i, i);
    }
    put_done(program, false);
    return program;
}

static void run(struct results **out_results, const struct program *program) {
    const struct run_options options = {.engine = &engine_statevector,
                                        .n_shots = N_SHOTS,
                                        .seed = 5,
                                        .shots_per_timeline = 64,
                                        .max_branches = 100,
                                        .keeps_records = true};
    cr_assert_eq(runtime_run(out_results, program, NULL, comm_world(), &options), STATUS_OK);
}

/* Shots in `records` with that key. */
static uint64_t count_records(const uint8_t *records, const size_t *dims, const uint64_t *key) {
    uint64_t n = 0;
    for (size_t s = 0; s < dims[0]; s++) {
        bool is_equal = true;
        for (size_t i = 0; i < N_BITS; i++) {
            const bool bit = (records[s * dims[1] + i / 8] >> i % 8) & 1;
            is_equal = is_equal && bit == bits_get(key, i);
        }
        n += is_equal;
    }
    return n;
}

static void check(bool is_data_dependent) {
    char folder[] = "/tmp/qspan_hdf5_XXXXXX", path[64];
    struct results *results = NULL;
    struct program *program = make_program(is_data_dependent);
    struct store_file *file = NULL;
    struct output_archive *archive = NULL;
    struct arena arena = {0};
    const struct output_context context = {.input = "x"};
    const struct output_provenance provenance = {
        "qspan run x", "name: m\n", "errors: []\n", 0, 86400, 1024, 7};
    cr_assert_eq(comm_start_alone(), STATUS_OK);
    cr_assert_not_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/x.h5", folder);
    run(&results, program);
    cr_assert_eq(program->is_data_dependent, is_data_dependent);
    cr_assert_eq(output_results_hdf5(path, results, &context, &provenance), STATUS_OK);

    uint8_t *records = NULL;
    size_t dims[2] = {0}, n = 0;
    const char *text = NULL;
    cr_assert_eq(store_file_open(&file, path), STATUS_OK);
    cr_assert_eq(store_file_get(file, &records, dims, "records/keys", STORE_U8, 2, &arena),
                 STATUS_OK);
    cr_assert(dims[0] == N_SHOTS && dims[1] == 2);
    for (size_t i = 0; i < results->n_counts; i++) {
        cr_assert_eq(count_records(records, dims, results->counts[i].key), results->counts[i].n);
    }
    cr_assert_eq(store_file_has(file, "records/makespan_ps"), is_data_dependent);
    cr_assert_eq(store_file_get_note(file, &text, "/", "finished_utc", &arena), STATUS_OK);
    cr_assert_str_eq(text, "1970-01-02T00:00:00Z");
    cr_assert_eq(store_file_get_note(file, &text, "/", "machine", &arena), STATUS_OK);
    cr_assert_str_eq(text, "name: m\n");
    cr_assert_eq(store_file_get_note(file, &text, "/", "noise", &arena), STATUS_OK);
    cr_assert_str_eq(text, "errors: []\n");
    const char **names = NULL;
    cr_assert_eq(store_file_get_texts(file, &names, &n, "qpus", &arena), STATUS_OK);
    cr_assert(n == 2 && strcmp(names[1], "B") == 0);
    store_file_destroy(file);

    cr_assert_eq(output_archive_read(&archive, path), STATUS_OK);
    cr_assert_str_eq(archive->machine, "name: m\n");
    cr_assert_str_eq(archive->noise, "errors: []\n");
    cr_assert_eq(archive->results.n_counts, results->n_counts);
    for (size_t i = 0; i < results->n_counts; i++) {
        cr_assert_eq(archive->results.counts[i].n, results->counts[i].n);
        cr_assert_eq(archive->results.counts[i].key[0], results->counts[i].key[0]);
    }
    output_archive_destroy(archive);
    arena_fini(&arena);
    results_destroy(results);
    program_destroy(program);
    unlink(path);
    rmdir(folder);
    comm_stop();
}

Test(hdf5, of_a_static_program) {
    check(false);
}

Test(hdf5, of_a_program_that_depends_on_data) {
    check(true);
}
