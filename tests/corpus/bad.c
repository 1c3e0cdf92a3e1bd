/* Malformed and hostile files: each is read, distributed and run in a process of its own, under
 * limits of time and memory. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "base/log.h"
#include "corpus/apart.h"
#include "corpus/corpus.h"

enum { LIMIT_S = 20, LIMIT_MIB = 1024, MAX_LINE = 4096 };

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
    {"q3_negative_index_ok.qasm", "100"},
    {"q3_unicode_ok.qasm", "01"},
    {"q3_v2_syntax.qasm", "10"},
    {"st_crlf.stim", "1"},
    {"st_no_newline.stim", "1"},
    {"st_lowercase.stim", "11"},
    {"st_measure_repeat_target.stim", "011"},
};

/* The only outcome, in short. */
static void describe(char *out, const struct results *results) {
    if (results->n_probabilities != 1) {
        snprintf(out, APART_MAX_REPORT, "~ %zu outcomes", results->n_probabilities);
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
        snprintf(out, APART_MAX_REPORT, "= %s", bits);
    } else {
        snprintf(out, APART_MAX_REPORT, "= %zu of %zu bits set, the last is bit %zu", n_ones, n,
                 one);
    }
}

/* text: "= outcome", "~ n outcomes", or the first error. */
static enum status read_and_run(void *ctx, char *text) {
    struct corpus_job job = {
        .path = ctx, .n_qpus = 1, .options = {.seed = 1, .n_probabilities = RUN_ALL}};
    corpus_catch_errors();
    enum status status = corpus_job_run(&job);
    if (status == STATUS_OK) {
        describe(text, job.results);
    } else {
        snprintf(text, APART_MAX_REPORT, "%.*s", APART_MAX_REPORT - 1, corpus_first_error());
    }
    corpus_job_fini(&job);
    return status;
}

/* NULL: as it should be. */
static const char *find_fault(const struct apart_report *report, const char *file,
                              const char *verdict) {
    if (apart_fault(report)) {
        return apart_fault(report);
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
        bool has_place = strstr(report->text, ".qasm:") || strstr(report->text, ".stim:");
        return has_place ? NULL : "NO PLACE";
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
    const struct apart_limits limits = {.cpu_s = LIMIT_S, .mib = LIMIT_MIB};
    struct apart_report report = {0};
    snprintf(path, sizeof path, "%s/bad/%s", folder, file);
    TRY(apart_run(&report, &limits, read_and_run, path));
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
    bool is_head = verdict && strcmp(verdict, "verdict") == 0;
    if (!verdict || is_head || !language || (only && !strstr(file, only))) {
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
