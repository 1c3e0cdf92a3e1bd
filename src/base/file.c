#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/draft.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/progress.h"
#include "base/text.h"

enum { PATIENCE_S = 2 };

static enum status refuse(const char *path, const char *why) {
    return log_error_at(STATUS_INPUT, (struct src_loc){.file = path}, "%s", why);
}

enum status file_open(int *out_fd, const char *path) {
    /* nonblocking, so that a pipe without a writer is refused, not waited for */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        return refuse(path, strerror(errno));
    }
    struct stat info;
    const char *why = NULL;
    if (fstat(fd, &info) != 0) {
        why = strerror(errno);
    } else if (S_ISDIR(info.st_mode)) {
        why = "is a directory, not a file";
    } else if (!S_ISREG(info.st_mode)) {
        why = "is not a regular file";
    }
    if (why) {
        close(fd);
        return refuse(path, why);
    }
    *out_fd = fd;
    return STATUS_OK;
}

static ssize_t read_some(int fd, char *data, size_t n) {
    ssize_t n_read;
    do {
        n_read = read(fd, data, n < SSIZE_MAX ? n : SSIZE_MAX);
    } while (n_read < 0 && errno == EINTR);
    return n_read;
}

/* Appends everything that fd still holds. */
static enum status read_all(char **data, size_t *n, int fd, const char *path, size_t max_bytes) {
    size_t cap = 0;
    for (;;) {
        TRY(vec_reserve(data, *n, &cap, 4096, 1));
        ssize_t n_read = read_some(fd, *data + *n, cap - *n - 1);
        if (n_read < 0) {
            return refuse(path, strerror(errno));
        }
        if (n_read == 0) {
            (*data)[*n] = '\0';
            return STATUS_OK;
        }
        *n += (size_t)n_read;
        if (*n > max_bytes) {
            return log_error_at(STATUS_INPUT, (struct src_loc){.file = path},
                                "is larger than %zu bytes", max_bytes);
        }
    }
}

enum status file_read(char **out_data, size_t *out_n, const char *path, size_t max_bytes) {
    bool is_stdin = strcmp(path, "-") == 0;
    int fd = STDIN_FILENO;
    if (!is_stdin) {
        TRY(file_open(&fd, path));
    }
    char *data = NULL;
    size_t n = 0;
    enum status status = read_all(&data, &n, fd, path, max_bytes);
    if (!is_stdin) {
        close(fd);
    }
    if (status != STATUS_OK) {
        mem_free(data);
        return status;
    }
    *out_data = data;
    *out_n = n;
    return STATUS_OK;
}

static const volatile sig_atomic_t *told_to_stop;

void file_set_stop(const volatile sig_atomic_t *stop) {
    told_to_stop = stop;
}

/* After a call that failed: whether it was interrupted and is tried once more. */
static bool tries_again(double t_begin_s) {
    const bool is_told = told_to_stop != NULL && *told_to_stop != 0;
    return errno == EINTR && !(is_told && clock_now_s() - t_begin_s > PATIENCE_S);
}

int file_write_bytes(int fd, const char *data, size_t n) {
    double t_begin_s = clock_now_s();
    while (n > 0) {
        const ssize_t n_written = write(fd, data, n);
        if (n_written < 0 && !tries_again(t_begin_s)) {
            return errno;
        }
        if (n_written > 0) {
            t_begin_s = clock_now_s();
            data += n_written;
            n -= (size_t)n_written;
        }
    }
    return 0;
}

static bool is_pipe(const char *path) {
    struct stat info;
    return stat(path, &info) == 0 && S_ISFIFO(info.st_mode);
}

int file_open_stream(int *out_fd, const char *path) {
    const double t_begin_s = clock_now_s();
    int fd = open(path, O_WRONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd >= 0) {
        (void)fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
    } else if (errno == ENXIO && is_pipe(path)) {
        log_note("%s: a pipe that nobody reads: waiting for a reader", path);
        do {
            fd = open(path, O_WRONLY | O_CLOEXEC);
        } while (fd < 0 && tries_again(t_begin_s));
    }
    *out_fd = fd;
    return fd < 0 ? errno : 0;
}

enum status file_status_of_write(int error) {
    bool is_full = error == ENOSPC || error == EDQUOT || error == EFBIG || error == ENOMEM;
    return error == 0       ? STATUS_OK
           : is_full        ? STATUS_NOFIT
           : error == EINTR ? STATUS_EMPTY
                            : STATUS_USAGE;
}

enum status file_refuse_write(const char *path, int error) {
    const char *name = strcmp(path, "-") == 0 ? "standard output" : path;
    return error == 0 ? STATUS_OK
                      : log_error_at(file_status_of_write(error), (struct src_loc){.file = name},
                                     "cannot be written: %s",
                                     error == EINTR ? "told to stop, and nobody reads it"
                                                    : strerror(error));
}

enum status file_write(const char *path, const char *data, size_t n) {
    struct file_draft draft;
    if (strcmp(path, "-") == 0) {
        fflush(stdout);
        return file_refuse_write(path, file_write_bytes(STDOUT_FILENO, data, n));
    }
    TRY(file_draft_open(&draft, path));
    const enum status status = file_draft_write(&draft, data, n);
    if (status != STATUS_OK) {
        file_draft_drop(&draft);
        return status;
    }
    return file_draft_keep(&draft, true);
}

enum status file_check_regular(const char *path) {
    struct stat info;
    return stat(path, &info) != 0 || S_ISREG(info.st_mode)
               ? STATUS_OK
               : log_error_at(STATUS_USAGE, (struct src_loc){.file = path},
                              "is not a regular file");
}

enum status file_check_writable(const char *path) {
    struct file_draft draft;
    if (strcmp(path, "-") == 0) {
        return STATUS_OK;
    }
    if (is_pipe(path)) { /* opened once: its reader would take the first end for the end of all */
        const bool may = faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) == 0;
        return file_refuse_write(path, may ? 0 : errno);
    }
    TRY(file_draft_open(&draft, path));
    file_draft_drop(&draft);
    return STATUS_OK;
}
