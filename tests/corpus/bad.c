/* Malformed and hostile files: each is read, distributed and run in a process of its own, under
 * limits of time and memory. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "base/progress.h"
#include "corpus/corpus.h"

enum { LIMIT_S = 20, LIMIT_MIB = 1024, MAX_LINE = 4096, MAX_REPORT = 512 };

/* The outcome that a file has with certainty if it is accepted, as describe() tells it. */
static const struct outcome {
    const char *file, *key;
} outcomes[] = {
    {"q2_bom.qasm", "1"},
    {"q2_cr_only.qasm", "1"},
    {"q2_long_identifier.qasm", "1"},
    {"q2_many_registers.qasm", "1 of 5000 bits set, the last is bit 4999"},
    {"q2_one_line_1e6_gates.qasm", "10"},
    {"q2_redefine_std_gate.qasm", "1"},
    {"q2_whitespace_bomb.qasm", "1"},
};

/* What the process of one file said and did. */
struct report {
    int wait_status;
    char text[MAX_REPORT]; /* "= outcome", "~ n outcomes", or the first error */
    double t_s, rss_mib;
};

static void must(int error) {
    if (error != 0) {
        perror("setrlimit");
        _exit(STATUS_INTERNAL);
    }
}

/* The only outcome, in short. */
static void describe(char *out, const struct results *results) {
    if (results->n_probabilities != 1) {
        snprintf(out, MAX_REPORT, "~ %zu outcomes", results->n_probabilities);
        return;
    }
    const uint64_t *key = results->probabilities[0].key;
    size_t n = results->n_key_bits, n_ones = 0, one = 0;
    char bits[65] = "";
    for (size_t i = 0; i < n; i++) {
        bool bit = key[i / 64] >> (i % 64) & 1;
        n_ones += bit;
        one = bit ? i : one;
        if (n < sizeof bits) {
            bits[n - 1 - i] = bit ? '1' : '0';
        }
    }
    if (n < sizeof bits) {
        snprintf(out, MAX_REPORT, "= %s", bits);
    } else {
        snprintf(out, MAX_REPORT, "= %zu of %zu bits set, the last is bit %zu", n_ones, n, one);
    }
}

/* The child's part: never returns. */
static void run_child(const char *path, int fd) {
    char text[MAX_REPORT];
    const rlim_t n_bytes = (rlim_t)2 * LIMIT_MIB << 20;
    must(setrlimit(RLIMIT_AS, &(struct rlimit){n_bytes, n_bytes}));
    must(setrlimit(RLIMIT_CPU, &(struct rlimit){LIMIT_S, LIMIT_S}));
    must(setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0}));
    alarm(2 * LIMIT_S);
    struct corpus_job job = {
        .path = path, .n_qpus = 1, .options = {.seed = 1, .n_probabilities = RUN_ALL}};
    corpus_catch_errors();
    enum status status = corpus_job_run(&job);
    if (status == STATUS_OK) {
        describe(text, job.results);
    } else {
        snprintf(text, sizeof text, "%.*s", MAX_REPORT - 1, corpus_first_error());
    }
    corpus_job_fini(&job);
    ssize_t n_written = write(fd, text, strlen(text));
    _exit(n_written < 0 ? STATUS_INTERNAL : (int)status);
}

static enum status run_apart(struct report *out, const char *path) {
    int fds[2];
    fflush(stdout);
    if (pipe(fds) != 0) {
        return log_error(STATUS_INTERNAL, "no pipe");
    }
    double t_start_s = clock_now_s();
    pid_t child = fork();
    if (child < 0) {
        return log_error(STATUS_INTERNAL, "no process");
    }
    if (child == 0) {
        close(fds[0]);
        run_child(path, fds[1]);
    }
    close(fds[1]);
    size_t n = 0;
    ssize_t n_read;
    do {
        n_read = read(fds[0], out->text + n, MAX_REPORT - 1 - n);
        n += n_read > 0 ? (size_t)n_read : 0;
    } while (n_read > 0);
    out->text[n] = '\0';
    close(fds[0]);
    struct rusage usage;
    if (wait4(child, &out->wait_status, 0, &usage) != child) {
        return log_error(STATUS_INTERNAL, "lost a process");
    }
    out->t_s = clock_now_s() - t_start_s;
    out->rss_mib = (double)usage.ru_maxrss / 1024;
    return STATUS_OK;
}

/* NULL: as it should be. */
static const char *find_fault(const struct report *report, const char *file, const char *verdict) {
    if (!WIFEXITED(report->wait_status)) {
        return WTERMSIG(report->wait_status) == SIGXCPU || WTERMSIG(report->wait_status) == SIGALRM
                   ? "TIME LIMIT"
                   : "CRASH";
    }
    int status = WEXITSTATUS(report->wait_status);
    if (report->rss_mib > LIMIT_MIB) {
        return "MEMORY LIMIT";
    }
    if (status != STATUS_OK && status != STATUS_INPUT && status != STATUS_NOFIT) {
        return "WRONG STATUS";
    }
    if (strcmp(verdict, "reject") == 0 && status == STATUS_OK) {
        return "ACCEPTED";
    }
    if (strcmp(verdict, "accept") == 0 && status != STATUS_OK) {
        return "REJECTED";
    }
    if (status != STATUS_OK) {
        return strstr(report->text, ".qasm:") == NULL ? "NO PLACE" : NULL;
    }
    for (size_t i = 0; i < sizeof outcomes / sizeof *outcomes; i++) {
        if (strcmp(outcomes[i].file, file) == 0 &&
            (report->text[0] != '=' || strcmp(report->text + 2, outcomes[i].key) != 0)) {
            return "WRONG OUTCOME";
        }
    }
    return NULL;
}

static enum status check_file(size_t *n_faults, const char *folder, const char *file,
                              const char *verdict) {
    char path[MAX_LINE];
    struct report report = {0};
    snprintf(path, sizeof path, "%s/bad/%s", folder, file);
    TRY(run_apart(&report, path));
    const char *fault = find_fault(&report, file, verdict);
    *n_faults += fault != NULL;
    const char *text = report.text;
    size_t n_prefix = strlen(folder);
    text += strncmp(text, folder, n_prefix) == 0 ? n_prefix + 1 : 0;
    printf("%-34s %-7s %-13s %6.2f s %5.0f MiB  %.160s\n", file, verdict, fault ? fault : "ok",
           report.t_s, report.rss_mib, text);
    return STATUS_OK;
}

static enum status check_line(size_t *n_files, size_t *n_faults, const char *folder, char *line,
                              const char *only) {
    char *rest = NULL;
    const char *file = strtok_r(line, "\t", &rest);
    const char *language = strtok_r(NULL, "\t", &rest);
    const char *verdict = strtok_r(NULL, "\t", &rest);
    if (!verdict || strcmp(language, "qasm2") != 0 || (only && !strstr(file, only))) {
        return STATUS_OK;
    }
    (*n_files)++;
    return check_file(n_faults, folder, file, verdict);
}

enum status corpus_bad(const char *folder, const char *only) {
    char line[MAX_LINE];
    snprintf(line, sizeof line, "%s/bad/INDEX.tsv", folder);
    FILE *index = fopen(line, "r");
    if (!index) {
        return log_error(STATUS_INPUT, "%s: cannot be read", line);
    }
    enum status status = STATUS_OK;
    size_t n_files = 0, n_faults = 0;
    while (status == STATUS_OK && fgets(line, sizeof line, index)) {
        status = check_line(&n_files, &n_faults, folder, line, only);
    }
    fclose(index);
    TRY(status);
    printf("bad files: %zu, of which %zu not as they should\n", n_files, n_faults);
    return n_faults == 0 && n_files > 0 ? STATUS_OK : STATUS_UNVERIFIED;
}
