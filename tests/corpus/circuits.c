/* The pass over circuits with known distributions. */
#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/progress.h"
#include "corpus/corpus.h"
#include "corpus/expect.h"
#include "corpus/judge.h"

/* Files that are refused rightly, though a more lenient reader has a result for them. */
static const char *const known_refusals[] = {
    "qe-qasm/ccx-v2.qasm", /* gates that nothing defines */
};

enum verdict { AGREE, REFUSED, DIFFER, TOO_LARGE, VERDICT_COUNT };

struct record {
    const char *path;
    enum verdict verdict;
    bool is_fault; /* differs, is refused unexpectedly, or runs though refusal was expected */
    double deviation, t_s[STAGE_COUNT];
    uint32_t n_qubits;
    double n_ebits;
    const char *why;
};
struct pass {
    struct arena arena;
    const char *folder, *only;
    uint32_t n_qpus;
    struct record *records;
    size_t n_records, cap_records;
    size_t n_expectations;
    double t_s;
};

/* What needs another engine is no fault of the reader. */
static bool needs_other_engine(const char *why) {
    return strstr(why, "engines that run gates") != NULL;
}

static bool is_known_refusal(const char *path) {
    for (size_t i = 0; i < sizeof known_refusals / sizeof *known_refusals; i++) {
        if (strcmp(known_refusals[i], path) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_verbose(void) {
    return getenv("QSPAN_CORPUS_VERBOSE") != NULL && team_rank(comm_world()) == 0;
}

static void compare(struct record *record, struct text *why, const struct expect *expect,
                    const struct corpus_job *job) {
    bool is_sampled = !expect->is_exact || job->options.n_probabilities == 0;
    (is_sampled ? judge_samples : judge_results)(&record->deviation, why, expect, job->results,
                                                 job->n_declared_bits);
    if (expect->is_exact && expect->is_final_state != job->is_final_state) {
        text_printf(why, "measures %s, expected otherwise",
                    job->is_final_state ? "nothing" : "something");
        record->deviation = INFINITY;
    }
    record->n_ebits = job->results->n_ebits;
    record->verdict =
        record->deviation <= (is_sampled ? JUDGE_SIGMAS : JUDGE_TOLERANCE) ? AGREE : DIFFER;
    record->deviation = is_sampled ? 0 : record->deviation;
}

static enum status run_one(struct pass *pass, const struct expect *expect) {
    struct text why = {0};
    struct corpus_job job = {
        .path = arena_printf(&pass->arena, "%s/%s", pass->folder, expect->circuit),
        .n_qpus = pass->n_qpus,
        .uses_braket = expect->uses_braket,
        .params = expect->params,
        .n_params = expect->n_params,
        .max_active = CORPUS_MAX_ACTIVE,
        .options = {.seed = 1,
                    .n_shots = CORPUS_SHOTS,
                    .n_probabilities = expect->is_exact ? RUN_ALL : 0},
    };
    struct record record = {.path = arena_strdup(&pass->arena, expect->circuit)};
    TRY(vec_reserve(&pass->records, pass->n_records, &pass->cap_records, 1, sizeof record));
    if (is_verbose()) {
        fprintf(stderr, "%s\n", expect->circuit);
    }
    corpus_catch_errors();
    if (corpus_job_run(&job) != STATUS_OK) {
        record.verdict = REFUSED;
        text_add(&why, corpus_first_error());
    } else if (job.is_planned_only) {
        record.verdict = TOO_LARGE;
    } else if (team_rank(comm_world()) == 0) { /* which alone holds the distribution */
        compare(&record, &why, expect, &job);
    }
    log_set_sink(NULL, NULL);
    record.why = arena_strdup(&pass->arena, why.data ? why.data : "");
    /* The sink hears rank 0 alone. */
    bool is_known = is_known_refusal(expect->circuit) ||
                    (record.verdict == REFUSED && needs_other_engine(log_get_error()));
    record.is_fault = record.verdict == DIFFER || (record.verdict == REFUSED) != is_known;
    record.n_qubits = job.circuit ? job.circuit->n_qubits : 0;
    memcpy(record.t_s, job.t_s, sizeof record.t_s);
    text_fini(&why);
    corpus_job_fini(&job);
    pass->records[pass->n_records++] = record;
    return STATUS_OK;
}

static enum status visit(struct pass *pass, const char *path) {
    struct expect expect;
    TRY(expect_read(&expect, path));
    enum status status = STATUS_OK;
    if (!pass->only || strstr(expect.circuit, pass->only)) {
        pass->n_expectations++;
        status = run_one(pass, &expect);
    }
    expect_fini(&expect);
    return status;
}

static enum status visit_language(struct pass *pass, const char *language) {
    const char *folder = arena_printf(&pass->arena, "%s/expected/%s", pass->folder, language);
    struct dirent **entries;
    int n = scandir(folder, &entries, NULL, alphasort);
    if (n < 0) {
        return log_error(STATUS_INPUT, "%s: cannot be listed", folder);
    }
    enum status status = STATUS_OK;
    for (int i = 0; i < n; i++) {
        const char *name = entries[i]->d_name;
        if (status == STATUS_OK && name[0] != '.') {
            status = visit(pass, arena_printf(&pass->arena, "%s/%s", folder, name));
        }
        free(entries[i]);
    }
    free(entries);
    return status;
}

static enum status visit_all(struct pass *pass) {
    TRY(visit_language(pass, "qasm2"));
    TRY(visit_language(pass, "qasm3"));
    return visit_language(pass, "stim");
}

static size_t source_length(const char *path) {
    const char *slash = strchr(path, '/');
    return slash ? (size_t)(slash - path) : strlen(path);
}

/* Records first .. last-1, or all of one verdict in one line of the table. */
static void print_row(const char *name, size_t n_name, const struct record *records, size_t n) {
    size_t n_of[VERDICT_COUNT] = {0};
    double worst = 0, t_s = 0;
    for (size_t i = 0; i < n; i++) {
        n_of[records[i].verdict]++;
        worst = fmax(worst, records[i].deviation);
        for (int stage = 0; stage < STAGE_COUNT; stage++) {
            t_s += records[i].t_s[stage];
        }
    }
    printf("%-16.*s %6zu %6zu %8zu %7zu %6zu %10.1e %8.2f\n", (int)n_name, name, n, n_of[AGREE],
           n_of[REFUSED], n_of[DIFFER], n_of[TOO_LARGE], worst, t_s);
}

static void print_table(const struct pass *pass) {
    printf("%-16s %6s %6s %8s %7s %6s %10s %8s\n", "source", "files", "agree", "refused", "differ",
           "large", "worst", "seconds");
    for (size_t i = 0, j; i < pass->n_records; i = j) {
        const char *path = pass->records[i].path;
        size_t n = source_length(path);
        for (j = i; j < pass->n_records && strncmp(pass->records[j].path, path, n + 1) == 0; j++) {
        }
        print_row(path, n, pass->records + i, j - i);
    }
    print_row("all", 3, pass->records, pass->n_records);
    printf(
        "%zu expectations; large: more than %d active qubits, distributed but not run; worst: of "
        "exact ones\n",
        pass->n_expectations, CORPUS_MAX_ACTIVE);
}

static void print_faults(const struct pass *pass) {
    for (size_t i = 0; i < pass->n_records; i++) {
        const struct record *record = &pass->records[i];
        if (record->verdict == REFUSED) {
            printf("refused%s: %s: %s\n", record->is_fault ? " unexpectedly" : "", record->path,
                   record->why);
        } else if (record->verdict == DIFFER) {
            printf("differs: %s: %s\n", record->path, record->why);
        } else if (record->is_fault) {
            printf("runs, though refusal was expected: %s\n", record->path);
        }
    }
}

static int by_time_of_run(const void *a_ptr, const void *b_ptr) {
    const struct record *a = a_ptr;
    const struct record *b = b_ptr;
    return (a->t_s[STAGE_RUN] < b->t_s[STAGE_RUN]) - (a->t_s[STAGE_RUN] > b->t_s[STAGE_RUN]);
}

/* Sorts the records: last. */
static void print_times(struct pass *pass) {
    static const char *const names[STAGE_COUNT] = {"read", "distribute", "check and round trip",
                                                   "run"};
    printf("seconds: %.1f in all", pass->t_s);
    for (int stage = 0; stage < STAGE_COUNT; stage++) {
        double t_s = 0;
        for (size_t i = 0; i < pass->n_records; i++) {
            t_s += pass->records[i].t_s[stage];
        }
        printf(", %s %.2f", names[stage], t_s);
    }
    printf("\nlongest runs:\n");
    qsort(pass->records, pass->n_records, sizeof *pass->records, by_time_of_run);
    for (size_t i = 0; i < pass->n_records && i < 8; i++) {
        const struct record *record = &pass->records[i];
        printf("  %7.2f s  %s (%u qubits, %.0f ebits)\n", record->t_s[STAGE_RUN], record->path,
               record->n_qubits, record->n_ebits);
    }
}

static int by_path(const void *a_ptr, const void *b_ptr) {
    const struct record *a = a_ptr;
    const struct record *b = b_ptr;
    return strcmp(a->path, b->path);
}

enum status corpus_circuits(const char *folder, uint32_t n_qpus, const char *only) {
    struct pass pass = {.folder = folder, .n_qpus = n_qpus, .only = only};
    double t_start_s = clock_now_s();
    enum status status = visit_all(&pass);
    pass.t_s = clock_now_s() - t_start_s;
    if (status == STATUS_OK && pass.n_records == 0) {
        status = log_error(STATUS_INPUT, "%s: no circuit to run", folder);
    }
    for (size_t i = 0; i < pass.n_records && status == STATUS_OK; i++) {
        status = pass.records[i].is_fault ? STATUS_UNVERIFIED : STATUS_OK;
    }
    status = comm_agree(comm_world(), status);
    if (team_rank(comm_world()) == 0 && pass.n_records > 0) {
        printf("circuits on %u QPU%s, %d rank%s\n", n_qpus, n_qpus == 1 ? "" : "s",
               team_size(comm_world()), team_size(comm_world()) > 1 ? "s" : "");
        qsort(pass.records, pass.n_records, sizeof *pass.records, by_path);
        print_table(&pass);
        print_faults(&pass);
        print_times(&pass);
    }
    mem_free(pass.records);
    arena_fini(&pass.arena);
    return status;
}
