#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"

static enum status refuse(const char *path, const char *why) {
    return log_error_at(STATUS_INPUT, (struct src_loc){.file = path}, "%s", why);
}

/* Opens a regular file; nonblocking, so that a pipe without a writer is refused, not waited for. */
static enum status open_regular(int *out_fd, const char *path) {
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
        TRY(open_regular(&fd, path));
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

/* 0 or an errno. */
static int write_all(int fd, const char *data, size_t n) {
    while (n > 0) {
        ssize_t n_written = write(fd, data, n);
        if (n_written < 0 && errno != EINTR) {
            return errno;
        }
        if (n_written > 0) {
            data += n_written;
            n -= (size_t)n_written;
        }
    }
    return 0;
}

/* Writes into an open file and closes it; 0 or an errno. */
static int write_and_close(int fd, const char *data, size_t n, bool is_synced) {
    if (fd < 0) {
        return errno;
    }
    int error = write_all(fd, data, n);
    if (error == 0 && is_synced && fsync(fd) != 0) {
        error = errno;
    }
    if (close(fd) != 0 && error == 0) {
        error = errno;
    }
    return error;
}

/* Through `path`.tmp, so that readers see the old file or the new one; data NULL: only tries
 * whether that could be done. 0 or an errno. */
static int replace_file(const char *path, const char *data, size_t n) {
    struct text tmp = {0};
    text_add(&tmp, path);
    text_add(&tmp, ".tmp");
    if (tmp.failed) {
        text_fini(&tmp);
        return ENOMEM;
    }
    int fd = open(tmp.data, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    int error = write_and_close(fd, data, n, data != NULL);
    if (data == NULL && fd >= 0) {
        unlink(tmp.data);
    } else if (error == 0 && rename(tmp.data, path) != 0) {
        error = errno;
    }
    if (error != 0 && fd >= 0) {
        unlink(tmp.data);
    }
    text_fini(&tmp);
    return error;
}

static int write_path(const char *path, const char *data, size_t n) {
    struct stat info;
    if (stat(path, &info) != 0) {
        return errno == ENOENT ? replace_file(path, data, n) : errno;
    }
    if (!S_ISREG(info.st_mode)) {
        return write_and_close(open(path, O_WRONLY | O_CLOEXEC), data, n, false);
    }
    char *target = realpath(path, NULL); /* a symbolic link stays one */
    if (!target) {
        return errno;
    }
    int error = replace_file(target, data, n);
    free(target);
    return error;
}

enum status file_status_of_write(int error) {
    bool is_full = error == ENOSPC || error == EDQUOT || error == EFBIG || error == ENOMEM;
    return error == 0 ? STATUS_OK : is_full ? STATUS_NOFIT : STATUS_USAGE;
}

enum status file_refuse_write(const char *path, int error) {
    return error == 0 ? STATUS_OK
                      : log_error_at(file_status_of_write(error), (struct src_loc){.file = path},
                                     "cannot be written: %s", strerror(error));
}

enum status file_write(const char *path, const char *data, size_t n) {
    fflush(stdout);
    return file_refuse_write(path, strcmp(path, "-") == 0 ? write_all(STDOUT_FILENO, data, n)
                                                          : write_path(path, data, n));
}

enum status file_check_writable(const char *path) {
    return file_refuse_write(path, strcmp(path, "-") == 0 ? 0 : write_path(path, NULL, 0));
}
