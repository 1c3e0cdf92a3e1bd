#include "base/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"

static const double first_after_s = 1.0;
static const double interval_s = 0.2;

double clock_now_s(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static int is_wanted(void) {
    const char *asked = getenv("QSPAN_PROGRESS");
    if (!log_is_talking() || (asked && strcmp(asked, "never") == 0)) {
        return 0;
    }
    return (asked && strcmp(asked, "always") == 0) || isatty(STDERR_FILENO);
}

void progress_init(struct progress *progress, const char *what, uint64_t total) {
    double now_s = clock_now_s();
    *progress = (struct progress){
        .what = what,
        .total = total,
        .t_start_s = now_s,
        .t_last_s = now_s + first_after_s - interval_s,
        .enabled = is_wanted(),
    };
}

static void show(struct progress *progress, double now_s) {
    double share = progress->total > 0 ? (double)progress->done / (double)progress->total : 1.0;
    double left_s = share > 0 ? (now_s - progress->t_start_s) * (1 - share) / share : 0.0;
    fprintf(stderr, "\r\033[K%" PRIu64 " of %" PRIu64 " %s (%.0f %%), about %.0f s left",
            progress->done, progress->total, progress->what, 100 * share, left_s);
    fflush(stderr);
    log_set_line_open(true);
    progress->shown = 1;
}

void progress_add(struct progress *progress, uint64_t n_done) {
    progress->done += n_done;
    if (!progress->enabled) {
        return;
    }
    double now_s = clock_now_s();
    if (now_s - progress->t_last_s >= interval_s) {
        progress->t_last_s = now_s;
        show(progress, now_s);
    }
}

void progress_fini(struct progress *progress) {
    if (progress->shown) {
        fputs("\r\033[K", stderr);
        fflush(stderr);
        log_set_line_open(false);
    }
    progress->enabled = progress->shown = 0;
}
