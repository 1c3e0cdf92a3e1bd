/* Messages for people: errors, warnings, notes, each at most once per job.
 *
 * Only rank 0 prints (log_set_rank); other ranks still count. Text of an error is
 *     file:line:column: error: message
 * Control characters in the formatted text are escaped, so names from hostile files are harmless.
 * A sink can replace stderr (tests, the C API). Threads may log at once: messages are whole, a sink
 * gets them one by one. What is borrowed, and what sets the logger up, is one thread's. */
#ifndef QSPAN_BASE_LOG_H
#define QSPAN_BASE_LOG_H

#include <stdbool.h>
#include <stdint.h>
#include <stdnoreturn.h>

#include "base/status.h"

/* A place in a text file; line and col count from 1, 0 = unknown. `file` is borrowed. */
struct src_loc {
    const char *file;
    uint32_t line, col;
};

enum log_level { LOG_ERROR, LOG_WARNING, LOG_NOTE };

typedef void log_sink(void *ctx, enum log_level level, const char *text);

/* Rank decides who prints (0 prints); size 1 omits rank numbers from check failures. */
void log_set_rank(int rank, int size);
/* NULL restores stderr. */
void log_set_sink(log_sink *sink, void *ctx);
/* Notes are printed unless quiet; a sink gets them all the same. */
void log_set_quiet(bool quiet);
/* Rank 0 and not quiet: may talk to a person. */
bool log_is_talking(void);
/* stderr holds an unfinished line (progress); the next message clears it first. */
void log_set_line_open(bool is_open);

/* Log an error and return `status`, so that a decision is one statement:
 *     return log_error_at(STATUS_INPUT, loc, "unknown gate '%s'", name);            */
enum status log_error(enum status status, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
enum status log_error_at(enum status status, struct src_loc loc, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void log_warning(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_warning_at(struct src_loc loc, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void log_note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Text of the last error of this rank, "" if none; borrowed until the next log call. */
const char *log_get_error(void);
/* Logs an error whose text another rank formatted. */
void log_repeat_error(const char *text);

/* Warnings logged so far (for results files); borrowed until the next log call. */
uint32_t log_count_warnings(void);
const char *log_get_warning(uint32_t index);
/* Errors and warnings so far: those to come are another job's. */
void log_forget(void);

/* Hook that ends all ranks; comm installs one that calls MPI_Abort. Default: abort(). */
void log_set_abort(void (*abort_all)(int exit_code));
noreturn void check_fail(const char *expr, const char *file, int line);

/* A caller's bug, in every build: ends all ranks, naming rank and place. */
#define CHECK(cond) ((cond) ? (void)0 : check_fail(#cond, __FILE__, __LINE__))

#endif
