/* What becomes of every circuit, by source, and why some are refused. */
#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/log.h"
#include "corpus/apart.h"
#include "corpus/corpus.h"
#include "corpus/expect.h"
#include "corpus/judge.h"

enum { LIMIT_S = 20, LIMIT_MIB = 1024, N_SHOTS = 256 };

enum fate { AGREES, DIFFERS, RUNS, PLANNED, REFUSED, TIMEOUT, CRASH, N_FATES };
static const char fate_letters[N_FATES + 1] = "ADRPE";

struct entry {
    const char *path; /* below the folder */
    const struct expect *expect;
    enum fate fate;
    const char *why;    /* as logged, without the place */
    const char *reason; /* why, without names and numbers */
};
struct table {
    struct arena arena;
    const char *folder, *only;
    struct entry *entries;
    size_t n_entries, cap_entries;
    struct expect *expects;
    size_t n_expects, cap_expects;
};

/* ---- files ---- */

static bool ends_in(const char *name, const char *end) {
    size_t n = strlen(name), n_end = strlen(end);
    return n >= n_end && strcmp(name + n - n_end, end) == 0;
}

static enum status add_file(struct table *table, const char *path) {
    bool is_circuit = ends_in(path, ".qasm") || ends_in(path, ".qasm3") || ends_in(path, ".stim");
    if (!is_circuit || (table->only && !strstr(path, table->only))) {
        return STATUS_OK;
    }
    TRY(vec_reserve(&table->entries, table->n_entries, &table->cap_entries, 1,
                    sizeof *table->entries));
    table->entries[table->n_entries++] = (struct entry){.path = path, .why = "", .reason = ""};
    return STATUS_OK;
}

static enum status add_folder(struct table *table, const char *below) {
    const char *folder = arena_printf(&table->arena, "%s/%s", table->folder, below);
    struct dirent **items;
    int n = scandir(folder, &items, NULL, alphasort);
    enum status status =
        n < 0 ? log_error(STATUS_INPUT, "%s: cannot be listed", folder) : STATUS_OK;
    for (int i = 0; i < n; i++) {
        const char *name = items[i]->d_name;
        const char *path =
            arena_printf(&table->arena, "%s%s%s", below, below[0] != '\0' ? "/" : "", name);
        const char *full = arena_printf(&table->arena, "%s/%s", table->folder, path);
        bool is_other = strcmp(path, "expected") == 0 || strcmp(path, "bad") == 0;
        struct stat info;
        if (status == STATUS_OK && name[0] != '.' && !is_other && stat(full, &info) == 0) {
            status = S_ISDIR(info.st_mode) ? add_folder(table, path) : add_file(table, path);
        }
        free(items[i]);
    }
    if (n >= 0) {
        free(items);
    }
    return status;
}

static enum status read_expectations(struct table *table, const char *language) {
    const char *folder = arena_printf(&table->arena, "%s/expected/%s", table->folder, language);
    struct dirent **items;
    int n = scandir(folder, &items, NULL, alphasort);
    enum status status = STATUS_OK;
    for (int i = 0; i < n; i++) {
        const char *name = items[i]->d_name;
        if (status == STATUS_OK && name[0] != '.') {
            status = vec_reserve(&table->expects, table->n_expects, &table->cap_expects, 1,
                                 sizeof *table->expects);
        }
        if (status == STATUS_OK && name[0] != '.') {
            status = expect_read(&table->expects[table->n_expects],
                                 arena_printf(&table->arena, "%s/%s", folder, name));
            table->n_expects += status == STATUS_OK;
        }
        free(items[i]);
    }
    if (n >= 0) {
        free(items);
    }
    return status;
}

/* ---- one file ---- */

struct task {
    const struct table *table;
    const struct entry *entry;
};

/* text: a letter of the fate, and why. */
static enum status carry_out(void *ctx, char *text) {
    const struct task *task = ctx;
    const struct expect *expect = task->entry->expect;
    char path[4096];
    struct text why = {0};
    snprintf(path, sizeof path, "%s/%s", task->table->folder, task->entry->path);
    struct corpus_job job = {
        .path = path,
        .n_qpus = 1,
        .uses_braket = expect && expect->uses_braket,
        .params = expect ? expect->params : NULL,
        .n_params = expect ? expect->n_params : 0,
        .max_active = CORPUS_MAX_ACTIVE + 2,
        .options = {.seed = 1,
                    .n_shots = expect ? CORPUS_SHOTS : N_SHOTS,
                    .n_probabilities = expect && expect->is_exact ? RUN_ALL : 0},
    };
    enum fate fate = RUNS;
    corpus_catch_errors();
    if (corpus_job_run(&job) != STATUS_OK) {
        fate = REFUSED;
        text_add(&why, corpus_first_error());
    } else if (job.is_planned_only) {
        fate = PLANNED;
    } else if (expect) {
        bool is_sampled = !expect->is_exact || job.options.n_probabilities == 0;
        double deviation;
        (is_sampled ? judge_samples : judge_results)(&deviation, &why, expect, job.results,
                                                     job.n_declared_bits);
        fate = deviation <= (is_sampled ? JUDGE_SIGMAS : JUDGE_TOLERANCE) ? AGREES : DIFFERS;
    }
    snprintf(text, APART_MAX_REPORT, "%c%.*s", fate_letters[fate], APART_MAX_REPORT - 2,
             why.data ? why.data : "");
    return STATUS_OK;
}

/* "FILE:LINE:COLUMN: error: WHAT" -> "WHAT" */
static const char *skip_place(const char *text) {
    const char *error = strstr(text, "error: ");
    return error ? error + strlen("error: ") : text;
}

/* Names in quotes and numbers differ from file to file. */
static const char *find_reason(struct arena *arena, const char *why) {
    char *reason = arena_alloc(arena, 2 * strlen(why) + 1), *out = reason;
    if (!reason) {
        return "";
    }
    for (const char *in = why; *in != '\0';) {
        if (*in == '\'' && strchr(in + 1, '\'')) {
            in = strchr(in + 1, '\'') + 1;
            out = stpcpy(out, "'..'");
        } else if (*in >= '0' && *in <= '9') {
            in += strspn(in, "0123456789");
            *out++ = 'N';
        } else {
            *out++ = *in++;
        }
    }
    *out = '\0';
    return reason;
}

static enum status visit(struct table *table, struct entry *entry) {
    const struct apart_limits limits = {.cpu_s = LIMIT_S, .mib = LIMIT_MIB};
    struct task task = {table, entry};
    struct apart_report report = {0};
    for (size_t i = 0; i < table->n_expects; i++) {
        if (strcmp(table->expects[i].circuit, entry->path) == 0) {
            entry->expect = &table->expects[i];
        }
    }
    TRY(apart_run(&report, &limits, carry_out, &task));
    const char *fault = apart_fault(&report);
    const char *letter = report.text[0] ? strchr(fate_letters, report.text[0]) : NULL;
    if (fault || !letter) {
        entry->fate = fault && strcmp(fault, "TIME LIMIT") == 0 ? TIMEOUT : CRASH;
        entry->why = arena_strdup(&table->arena, fault ? fault : "no report");
        return STATUS_OK;
    }
    entry->fate = (enum fate)(letter - fate_letters);
    entry->why = arena_strdup(&table->arena, report.text + 1);
    entry->reason = find_reason(&table->arena, skip_place(entry->why));
    return STATUS_OK;
}

/* ---- the tables ---- */

static size_t source_length(const char *path) {
    return strcspn(path, "/");
}

static void print_row(const char *name, size_t n_name, const struct entry *entries, size_t n) {
    size_t n_of[N_FATES] = {0};
    for (size_t i = 0; i < n; i++) {
        n_of[entries[i].fate]++;
    }
    printf("%-16.*s %6zu", (int)n_name, name, n);
    for (int fate = 0; fate < N_FATES; fate++) {
        printf(" %8zu", n_of[fate]);
    }
    printf("\n");
}

static void print_rows(const struct table *table) {
    printf("%-16s %6s %8s %8s %8s %8s %8s %8s %8s\n", "source", "files", "agree", "differ", "run",
           "planned", "refused", "timeout", "crash");
    for (size_t i = 0, j; i < table->n_entries; i = j) {
        const char *path = table->entries[i].path;
        size_t n = source_length(path);
        for (j = i; j < table->n_entries && strncmp(table->entries[j].path, path, n + 1) == 0;
             j++) {
        }
        print_row(path, n, table->entries + i, j - i);
    }
    print_row("all", 3, table->entries, table->n_entries);
}

static int by_reason(const void *a_ptr, const void *b_ptr) {
    const struct entry *a = a_ptr;
    const struct entry *b = b_ptr;
    int order = strcmp(a->reason, b->reason);
    return order != 0 ? order : strcmp(a->path, b->path);
}

/* Sorts the entries by reason. */
static void print_refusals(struct table *table) {
    printf("\nrefused:\n");
    qsort(table->entries, table->n_entries, sizeof *table->entries, by_reason);
    for (size_t i = 0, j; i < table->n_entries; i = j) {
        const char *reason = table->entries[i].reason;
        size_t n = 0;
        for (j = i; j < table->n_entries && strcmp(table->entries[j].reason, reason) == 0; j++) {
            n += table->entries[j].fate == REFUSED;
        }
        if (n > 0) {
            printf("%5zu  %.150s\n", n, reason);
        }
        for (size_t k = i; k < j && getenv("QSPAN_CORPUS_VERBOSE") && n > 0; k++) {
            printf("         %s\n", table->entries[k].why + strlen(table->folder) + 1);
        }
    }
}

static size_t print_faults(const struct table *table) {
    size_t n_faults = 0;
    for (size_t i = 0; i < table->n_entries; i++) {
        const struct entry *entry = &table->entries[i];
        if (entry->fate == DIFFERS || entry->fate == CRASH || entry->fate == TIMEOUT) {
            printf("%s: %s: %s\n",
                   entry->fate == DIFFERS ? "differs"
                   : entry->fate == CRASH ? "crash"
                                          : "timeout",
                   entry->path, entry->why);
            n_faults += entry->fate != TIMEOUT;
        }
    }
    return n_faults;
}

enum status corpus_table(const char *folder, const char *only) {
    struct table table = {.folder = folder, .only = only};
    size_t n_faults = 0;
    enum status status;
    TRY_GOTO(read_expectations(&table, "qasm2"), done);
    TRY_GOTO(read_expectations(&table, "qasm3"), done);
    TRY_GOTO(read_expectations(&table, "stim"), done);
    TRY_GOTO(add_folder(&table, ""), done);
    for (size_t i = 0; i < table.n_entries; i++) {
        TRY_GOTO(visit(&table, &table.entries[i]), done);
    }
    printf("agree, differ: with the expected results; run: none are expected; planned: more than "
           "%d active\nqubits, read and distributed; limits: %d s, %d MiB\n\n",
           CORPUS_MAX_ACTIVE + 2, LIMIT_S, LIMIT_MIB);
    print_rows(&table);
    n_faults = print_faults(&table);
    print_refusals(&table);
    status = n_faults > 0 || table.n_entries == 0 ? STATUS_UNVERIFIED : STATUS_OK;
done:
    for (size_t i = 0; i < table.n_expects; i++) {
        expect_fini(&table.expects[i]);
    }
    mem_free(table.expects);
    mem_free(table.entries);
    arena_fini(&table.arena);
    return status;
}
