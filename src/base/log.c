#include "base/log.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

static struct {
    int rank, size;
    bool is_quiet, is_line_open;
    log_sink *sink;
    void *sink_ctx;
    void (*abort_all)(int exit_code);
    char *last_error;
    char **warnings;
    uint32_t n_warnings;
} logger = {.size = 1};

/* Of what messages change; a sink may log. */
static pthread_mutex_t lock = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;

void log_set_rank(int rank, int size) {
    logger.rank = rank;
    logger.size = size;
}

void log_set_sink(log_sink *sink, void *ctx) {
    logger.sink = sink;
    logger.sink_ctx = ctx;
}

void log_set_quiet(bool quiet) {
    logger.is_quiet = quiet;
}

bool log_is_talking(void) {
    return logger.rank == 0 && !logger.is_quiet;
}

void log_set_line_open(bool is_open) {
    pthread_mutex_lock(&lock);
    logger.is_line_open = is_open;
    pthread_mutex_unlock(&lock);
}

static void write_stderr(const char *text) {
    if (logger.is_line_open) {
        fputs("\r\033[K", stderr);
        logger.is_line_open = false;
    }
    fprintf(stderr, "%s\n", text);
    fflush(stderr);
}

static void emit(enum log_level level, const char *text) {
    if (logger.rank != 0) {
        return;
    }
    if (logger.sink) {
        logger.sink(logger.sink_ctx, level, text);
    } else {
        write_stderr(text);
    }
}

static void add_place(struct text *out, struct src_loc loc) {
    text_add_escaped(out, loc.file, strlen(loc.file));
    if (loc.line > 0) {
        text_printf(out, ":%u", loc.line);
    }
    if (loc.line > 0 && loc.col > 0) {
        text_printf(out, ":%u", loc.col);
    }
    text_add(out, ": ");
}

static void add_message(struct text *out, const char *fmt, va_list args) {
    struct text raw = {0};
    text_vprintf(&raw, fmt, args);
    if (raw.failed) {
        out->failed = true;
    } else {
        text_add_escaped(out, raw.data, raw.n);
    }
    text_fini(&raw);
}

/* "file:line:column: error: message", or "qspan: error: message" without a place. */
static void format_line(struct text *out, enum log_level level, struct src_loc loc,
                        const char *message) {
    static const char *const names[] = {"error", "warning", "note"};
    if (loc.file) {
        add_place(out, loc);
    } else {
        text_add(out, "qspan: ");
    }
    text_printf(out, "%s: ", names[level]);
    text_add(out, message);
}

static void log_line(enum log_level level, struct src_loc loc, const char *message) {
    struct text line = {0};
    format_line(&line, level, loc, message);
    const char *text = line.failed ? "qspan: out of memory while writing a message" : line.data;
    pthread_mutex_lock(&lock);
    emit(level, text);
    if (level == LOG_ERROR) {
        free(logger.last_error);
        logger.last_error = strdup(text);
    }
    pthread_mutex_unlock(&lock);
    text_fini(&line);
}

static void log_error_list(struct src_loc loc, const char *fmt, va_list args) {
    struct text message = {0};
    add_message(&message, fmt, args);
    log_line(LOG_ERROR, loc, message.failed ? "out of memory" : message.data);
    text_fini(&message);
}

enum status log_error(enum status status, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    log_error_list((struct src_loc){0}, fmt, args);
    va_end(args);
    return status;
}

enum status log_error_at(enum status status, struct src_loc loc, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    log_error_list(loc, fmt, args);
    va_end(args);
    return status;
}

const char *log_get_error(void) {
    return logger.last_error ? logger.last_error : "";
}

void log_repeat_error(const char *text) {
    char *copy = strdup(text);
    pthread_mutex_lock(&lock);
    emit(LOG_ERROR, text);
    free(logger.last_error);
    logger.last_error = copy;
    pthread_mutex_unlock(&lock);
}

static bool has_warning(const char *text) {
    for (uint32_t i = 0; i < logger.n_warnings; i++) {
        if (strcmp(logger.warnings[i], text) == 0) {
            return true;
        }
    }
    return false;
}

/* Keeps the warning; false if the same one was logged before. */
static bool remember_warning(const char *text) {
    if (has_warning(text)) {
        return false;
    }
    size_t n_bytes = ((size_t)logger.n_warnings + 1) * sizeof *logger.warnings;
    char **grown = realloc(logger.warnings, n_bytes);
    char *copy = strdup(text);
    if (grown) {
        logger.warnings = grown;
    }
    if (!grown || !copy) {
        free(copy);
        return true;
    }
    logger.warnings[logger.n_warnings++] = copy;
    return true;
}

static void log_warning_list(struct src_loc loc, const char *fmt, va_list args) {
    struct text message = {0};
    struct text kept = {0};
    add_message(&message, fmt, args);
    const char *text = message.failed ? "out of memory" : message.data;
    if (loc.file) {
        add_place(&kept, loc);
    }
    text_add(&kept, text);
    pthread_mutex_lock(&lock);
    if (kept.failed || remember_warning(kept.data)) {
        log_line(LOG_WARNING, loc, text);
    }
    pthread_mutex_unlock(&lock);
    text_fini(&kept);
    text_fini(&message);
}

void log_warning(const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    log_warning_list((struct src_loc){0}, fmt, args);
    va_end(args);
}

void log_warning_at(struct src_loc loc, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    log_warning_list(loc, fmt, args);
    va_end(args);
}

void log_note(const char *fmt, ...) {
    if (logger.is_quiet && logger.sink == NULL) {
        return;
    }
    struct text message = {0};
    va_list args;
    va_start(args, fmt);
    add_message(&message, fmt, args);
    va_end(args);
    log_line(LOG_NOTE, (struct src_loc){0}, message.failed ? "out of memory" : message.data);
    text_fini(&message);
}

uint32_t log_count_warnings(void) {
    return logger.n_warnings;
}

const char *log_get_warning(uint32_t index) {
    CHECK(index < logger.n_warnings);
    return logger.warnings[index];
}

void log_forget(void) {
    for (uint32_t i = 0; i < logger.n_warnings; i++) {
        free(logger.warnings[i]);
    }
    free(logger.warnings);
    free(logger.last_error);
    logger.warnings = NULL;
    logger.n_warnings = 0;
    logger.last_error = NULL;
}

void log_set_abort(void (*abort_all)(int exit_code)) {
    logger.abort_all = abort_all;
}

noreturn void check_fail(const char *expr, const char *file, int line) {
    if (logger.size > 1) {
        fprintf(stderr, "qspan: rank %d of %d: %s:%d: check failed: %s\n", logger.rank, logger.size,
                file, line, expr);
    } else {
        fprintf(stderr, "qspan: %s:%d: check failed: %s\n", file, line, expr);
    }
    fflush(stderr);
    if (logger.abort_all) {
        logger.abort_all(STATUS_INTERNAL);
    }
    abort();
}
