#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"

static char lines[8][512];
static int n_lines;
static enum log_level last_level;

static void keep_line(void *ctx, enum log_level level, const char *text) {
    cr_assert_eq(ctx, lines);
    cr_assert_lt(n_lines, 8);
    snprintf(lines[n_lines++], sizeof lines[0], "%s", text);
    last_level = level;
}

static void use_sink(void) {
    log_set_sink(keep_line, lines);
}

TestSuite(log, .init = use_sink);

Test(log, formats) {
    struct src_loc loc = {.file = "a.qasm", .line = 3, .col = 14};
    cr_assert_eq(log_error_at(STATUS_INPUT, loc, "unknown gate '%s'", "cy2"), STATUS_INPUT);
    cr_assert_str_eq(lines[0], "a.qasm:3:14: error: unknown gate 'cy2'");
    cr_assert_str_eq(log_get_error(), lines[0]);
    loc.col = 0;
    log_warning_at(loc, "odd");
    cr_assert_str_eq(lines[1], "a.qasm:3: warning: odd");
    cr_assert_eq(last_level, LOG_WARNING);
    loc.line = 0;
    log_error_at(STATUS_INPUT, loc, "empty");
    cr_assert_str_eq(lines[2], "a.qasm: error: empty");
    cr_assert_eq(log_error(STATUS_NOFIT, "%d GiB", 7), STATUS_NOFIT);
    cr_assert_str_eq(lines[3], "qspan: error: 7 GiB");
    log_note("seed %d", 5);
    cr_assert_str_eq(lines[4], "qspan: note: seed 5");
    cr_assert_eq(last_level, LOG_NOTE);
    log_repeat_error("from another rank");
    cr_assert_str_eq(lines[5], "from another rank");
    cr_assert_str_eq(log_get_error(), "from another rank");
    log_set_quiet(true);
    log_note("for the sink alone");
    cr_assert_str_eq(lines[6], "qspan: note: for the sink alone");
    cr_assert_eq(n_lines, 7);
}

Test(log, control_characters_are_escaped) {
    struct src_loc loc = {.file = "a\x1b[2J.qasm", .line = 1, .col = 2};
    log_error_at(STATUS_INPUT, loc, "name '%s'", "x\n\x1b]0;y\x07\xc2\x9b");
    cr_assert_str_eq(lines[0], "a\\x1B[2J.qasm:1:2: error: name 'x\\x0A\\x1B]0;y\\x07\\xC2\\x9B'");
}

Test(log, long_messages_are_whole) {
    static char name[10000];
    memset(name, 'x', sizeof name - 1);
    log_error(STATUS_INPUT, "%s", name);
    cr_assert_eq(strlen(log_get_error()), strlen("qspan: error: ") + sizeof name - 1);
}

Test(log, warnings_are_kept_once) {
    struct src_loc loc = {.file = "m.yaml", .line = 2, .col = 1};
    log_warning("few shots");
    log_warning("few shots");
    log_warning_at(loc, "few shots");
    cr_assert_eq(n_lines, 2);
    cr_assert_eq(log_count_warnings(), 2);
    cr_assert_str_eq(log_get_warning(0), "few shots");
    cr_assert_str_eq(log_get_warning(1), "m.yaml:2:1: few shots");
}

Test(log, other_ranks_count_but_do_not_print) {
    log_set_rank(2, 4);
    cr_assert(!log_is_talking());
    log_warning("one");
    cr_assert_eq(log_error(STATUS_USAGE, "two"), STATUS_USAGE);
    cr_assert_eq(n_lines, 0);
    cr_assert_eq(log_count_warnings(), 1);
    cr_assert_str_eq(log_get_error(), "qspan: error: two");
}

Test(log, stderr_is_the_default, .init = cr_redirect_stderr) {
    log_set_sink(NULL, NULL);
    log_warning("to stderr");
    log_set_line_open(true);
    log_error(STATUS_USAGE, "after progress");
    cr_assert_stderr_eq_str("qspan: warning: to stderr\n\r\033[Kqspan: error: after progress\n");
}

Test(log, check_aborts, .signal = SIGABRT) {
    CHECK(1 + 1 == 2);
    CHECK(1 + 1 == 3);
}

static void leave(int exit_code) {
    _Exit(exit_code + 40);
}

Test(log, check_calls_the_hook, .exit_code = STATUS_INTERNAL + 40) {
    log_set_abort(leave);
    CHECK(n_lines == -1);
}

/* ---- threads ---- */

enum { N_THREADS = 8, N_EACH = 300 };
static int n_levels[3], n_torn;

static void count_line(void *ctx, enum log_level level, const char *text) {
    const size_t n = strlen(text);
    (void)ctx;
    n_levels[level]++;
    n_torn += n < 3 || strcmp(text + n - 3, "end") != 0;
}

static void *log_all(void *number) {
    for (int i = 0; i < N_EACH; i++) {
        log_error(STATUS_INPUT, "error %d of %d end", i, *(int *)number);
        log_warning("warning %d of all end", i);
        log_warning("warning %d of %d end", i, *(int *)number);
        log_note("note end");
    }
    return NULL;
}

Test(log, threads_may_log_at_once) {
    pthread_t threads[N_THREADS];
    int numbers[N_THREADS];
    log_set_sink(count_line, NULL);
    for (int i = 0; i < N_THREADS; i++) {
        numbers[i] = i;
        cr_assert_eq(pthread_create(&threads[i], NULL, log_all, &numbers[i]), 0);
    }
    for (int i = 0; i < N_THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    cr_expect_eq(n_levels[LOG_ERROR], N_THREADS * N_EACH);
    cr_expect_eq(n_levels[LOG_WARNING], (N_THREADS + 1) * N_EACH);
    cr_expect_eq(log_count_warnings(), (N_THREADS + 1) * N_EACH);
    cr_expect_eq(n_levels[LOG_NOTE], N_THREADS * N_EACH);
    cr_expect_eq(n_torn, 0);
}
