/* A table written by all ranks: every row where it belongs; failures end on all ranks alike. */
#include <glob.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "comm/comm.h"
#include "store/rows.h"

enum { N_ROWS = 1000, N_COLUMNS = 3, SLAB = 7 };

static int n_failures;

#define EXPECT(cond)                                                                               \
    do {                                                                                           \
        if (!(cond)) {                                                                             \
            fprintf(stderr, "rank %d: %s:%d: %s\n", team_rank(comm_world()), __FILE__, __LINE__,   \
                    #cond);                                                                        \
            n_failures++;                                                                          \
        }                                                                                          \
    } while (0)

static double value_at(uint64_t row, size_t column) {
    return (double)(row * N_COLUMNS + column) + 0.25;
}

static void fill(void *ctx, struct store_file *file) {
    EXPECT(team_rank(comm_world()) == 0);
    store_file_put_u64(file, "other", 7, "1");
    store_file_note(file, "table", "by", ctx);
}

static struct store_plan make_plan(const char *path, uint64_t n_rows) {
    return (struct store_plan){.path = path,
                               .name = "table",
                               .n_rows = n_rows,
                               .n_columns = N_COLUMNS,
                               .unit = "m",
                               .fill = fill,
                               .ctx = (void *)(uintptr_t) "all"};
}

/* Slabs round robin, the last one short; at the end some ranks write nothing. */
static enum status write_all(struct store_rows *rows) {
    const uint64_t n_ranks = (uint64_t)team_size(comm_world());
    double data[SLAB][N_COLUMNS];
    for (uint64_t first = 0; first < N_ROWS; first += SLAB * n_ranks) {
        const uint64_t own = first + SLAB * (uint64_t)team_rank(comm_world());
        const uint64_t n = own >= N_ROWS ? 0 : N_ROWS - own < SLAB ? N_ROWS - own : SLAB;
        for (uint64_t i = 0; i < n; i++) {
            for (size_t c = 0; c < N_COLUMNS; c++) {
                data[i][c] = value_at(own + i, c);
            }
        }
        TRY(store_rows_write(rows, own < N_ROWS ? own : 0, n, &data[0][0]));
    }
    return STATUS_OK;
}

static void check_file(const char *path) {
    struct store_file *file = NULL;
    struct arena arena = {0};
    double *data = NULL;
    size_t dims[2] = {0};
    const char *by = "", *unit = "";
    EXPECT(store_file_open(&file, path) == STATUS_OK);
    EXPECT(store_file_get(file, &data, dims, "table", STORE_F64, 2, &arena) == STATUS_OK);
    EXPECT(dims[0] == N_ROWS && dims[1] == N_COLUMNS);
    for (size_t i = 0; i < N_ROWS * N_COLUMNS; i++) {
        EXPECT(data[i] == value_at(i / N_COLUMNS, i % N_COLUMNS));
    }
    EXPECT(store_file_get_note(file, &by, "table", "by", &arena) == STATUS_OK &&
           strcmp(by, "all") == 0);
    EXPECT(store_file_get_note(file, &unit, "table", "unit", &arena) == STATUS_OK &&
           strcmp(unit, "m") == 0);
    store_file_destroy(file);
    arena_fini(&arena);
}

static void test_rows(const char *path) {
    struct store_rows *rows = NULL;
    const struct store_plan plan = make_plan(path, N_ROWS);
    for (int i = 0; i < 2; i++) { /* the second replaces the first */
        EXPECT(store_rows_create(&rows, comm_world(), &plan) == STATUS_OK);
        EXPECT(store_rows_finish(rows, write_all(rows)) == STATUS_OK);
        check_file(path);
    }
}

static bool has_drafts(const char *path) {
    char drafts[80];
    glob_t found;
    snprintf(drafts, sizeof drafts, "%s.*.tmp", path);
    const bool has = glob(drafts, 0, NULL, &found) == 0;
    globfree(&found);
    return has;
}

/* What fails before the end leaves what was there. */
static void test_failures(const char *path) {
    struct store_rows *rows = NULL;
    struct store_plan plan = make_plan("/nowhere/x.h5", N_ROWS);
    EXPECT(store_rows_create(&rows, comm_world(), &plan) == STATUS_USAGE);
    plan.path = "/dev/null";
    EXPECT(store_rows_create(&rows, comm_world(), &plan) == STATUS_USAGE);
    plan.path = path;
    EXPECT(store_rows_create(&rows, comm_world(), &plan) == STATUS_OK);
    EXPECT(store_rows_finish(rows, STATUS_INPUT) == STATUS_INPUT);
    EXPECT(!has_drafts(path));
    check_file(path);

    struct rlimit limit;
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &limit);
    const rlim_t before = limit.rlim_cur;
    limit.rlim_cur = 1 << 16;
    setrlimit(RLIMIT_FSIZE, &limit);
    plan.n_rows = 1 << 20;
    EXPECT(store_rows_create(&rows, comm_world(), &plan) == STATUS_NOFIT);
    limit.rlim_cur = before;
    setrlimit(RLIMIT_FSIZE, &limit);
    EXPECT(!has_drafts(path));
    check_file(path);
}

int main(int argc, char **argv) {
    char folder[] = "/tmp/qspan_rows_XXXXXX", path[64];
    if (comm_start(&argc, &argv) != STATUS_OK) {
        return 1;
    }
    if (team_rank(comm_world()) == 0) {
        EXPECT(mkdtemp(folder) != NULL);
    }
    comm_bcast(comm_world(), folder, sizeof folder, 0);
    snprintf(path, sizeof path, "%s/rows.h5", folder);
    test_rows(path);
    comm_barrier(comm_world());
    test_failures(path);
    comm_barrier(comm_world());
    if (team_rank(comm_world()) == 0) {
        EXPECT(unlink(path) == 0 && rmdir(folder) == 0);
    }
    comm_stop();
    return n_failures != 0;
}
