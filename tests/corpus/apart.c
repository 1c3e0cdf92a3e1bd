#include "corpus/apart.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "base/progress.h"

static void must(int error) {
    if (error != 0) {
        perror("setrlimit");
        _exit(STATUS_INTERNAL);
    }
}

/* The child's part: never returns. */
static void run_child(const struct apart_limits *limits, int fd,
                      enum status (*work)(void *ctx, char *text), void *ctx) {
    char text[APART_MAX_REPORT] = "";
    const rlim_t n_bytes = (rlim_t)2 * limits->mib << 20;
    must(setrlimit(RLIMIT_AS, &(struct rlimit){n_bytes, n_bytes}));
    must(setrlimit(RLIMIT_CPU, &(struct rlimit){limits->cpu_s, limits->cpu_s + 2}));
    must(setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0}));
    alarm(2 * limits->cpu_s + 10);
    enum status status = work(ctx, text);
    ssize_t n_written = write(fd, text, strlen(text));
    _exit(n_written < 0 ? STATUS_INTERNAL : (int)status);
}

enum status apart_run(struct apart_report *out, const struct apart_limits *limits,
                      enum status (*work)(void *ctx, char *text), void *ctx) {
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
        run_child(limits, fds[1], work, ctx);
    }
    close(fds[1]);
    size_t n = 0;
    ssize_t n_read;
    do {
        n_read = read(fds[0], out->text + n, APART_MAX_REPORT - 1 - n);
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

const char *apart_fault(const struct apart_report *report) {
    if (WIFEXITED(report->wait_status)) {
        return NULL;
    }
    return WTERMSIG(report->wait_status) == SIGXCPU || WTERMSIG(report->wait_status) == SIGALRM
               ? "TIME LIMIT"
               : "CRASH";
}
