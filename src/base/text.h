/* Growing text buffer, whole files, round-trip numbers. */
#ifndef QSPAN_BASE_TEXT_H
#define QSPAN_BASE_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/* Zero-initialise, append, text_fini. After a failed append `failed` stays set and text is
 * NULL-safe; check once at the end. `data` is always 0-terminated when not NULL. */
struct text {
    char *data;
    size_t n, cap;
    bool failed;
};
void text_fini(struct text *text);
void text_add(struct text *text, const char *piece);
void text_add_n(struct text *text, const char *piece, size_t n);
/* Appends n bytes that the caller fills; NULL without memory. */
char *text_extend(struct text *text, size_t n);
void text_printf(struct text *text, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void text_vprintf(struct text *text, const char *fmt, va_list args)
    __attribute__((format(printf, 2, 0)));
/* As "%lu", in a tenth of the time. */
void text_add_count(struct text *text, uint64_t value);
/* Shortest decimal that reads back as the same double ("0.1", "3.141592653589793"). */
void text_add_double(struct text *text, double value);
/* `piece` with control characters and invalid UTF-8 escaped as \xNN (UTF-8 kept); no quotes. */
void text_add_escaped(struct text *text, const char *piece, size_t n);
/* Length of the UTF-8 sequence that `piece` starts with (RFC 3629: no overlong forms, no
 * surrogates, at most n >= 1 bytes); 0 if it is none. */
size_t text_utf8_length(const char *piece, size_t n);
/* That sequence controls a terminal or the direction of text instead of being seen. */
bool text_is_control(const char *piece, size_t length);

/* FNV-1a, 64 bits: goes on from the digest of what comes before; equal on every machine. */
#define TEXT_DIGEST_NONE UINT64_C(0xcbf29ce484222325)
uint64_t text_digest(uint64_t before, const char *text, size_t n);

/* A regular file, to be read; directories, devices and pipes are refused. STATUS_INPUT is logged.
 */
enum status file_open(int *out_fd, const char *path);
/* Whole regular file ("-" = standard input) into an allocated, 0-terminated buffer; mem_free it.
 * Directories, devices and files over max_bytes are refused. STATUS_INPUT is logged. */
enum status file_read(char **out_data, size_t *out_n, const char *path, size_t max_bytes);
/* A whole new file, on disk, or the old one (base/draft.h). "-" = standard output; devices and
 * pipes are written as they are. Errors (logged): STATUS_NOFIT when the disk is full, else
 * STATUS_USAGE.
 */
enum status file_write(const char *path, const char *data, size_t n);
/* Into an open file; 0 or an errno: EINTR where it gave up (base/draft.h). */
int file_write_bytes(int fd, const char *data, size_t n);
/* A device or a pipe, to be written; waits for a reader of a pipe and says so. 0 or an errno, as
 * above. */
int file_open_stream(int *out_fd, const char *path);
/* What that error of the system makes of a write; 0: STATUS_OK. */
enum status file_status_of_write(int error);
/* The same, logged as by file_write. */
enum status file_refuse_write(const char *path, int error);
/* Whether file_write to that path could start: for what should be known before a long run. Changes
 * nothing that stays. STATUS_USAGE as for file_write, logged. */
enum status file_check_writable(const char *path);
/* Refuses devices, pipes and directories, not what is not there: STATUS_USAGE, logged. */
enum status file_check_regular(const char *path);

#endif
