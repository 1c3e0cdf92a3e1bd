#include "base/draft.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/rng.h"
#include "base/text.h"

enum { MAX_TRIES = 100, MAX_OPEN = 16, OWN_MODE = S_IRUSR | S_IWUSR };

static _Atomic(const char *) open_drafts[MAX_OPEN]; /* names, read by signal handlers */

/* Puts a name in the place of another one. */
static void exchange_name(const char *old, const char *name) {
    for (size_t i = 0; i < MAX_OPEN; i++) {
        const char *expected = old;
        if (atomic_compare_exchange_strong(&open_drafts[i], &expected, name)) {
            return;
        }
    }
    CHECK(name == NULL);
}

void file_drafts_unlink(void) {
    for (size_t i = 0; i < MAX_OPEN; i++) {
        const char *name = atomic_load(&open_drafts[i]);
        if (name != NULL) {
            unlink(name);
        }
    }
}

static void forget(struct file_draft *draft) {
    if (draft->tmp != NULL) {
        exchange_name(draft->tmp, NULL);
    }
    free(draft->target);
    free(draft->tmp);
    draft->target = draft->tmp = NULL;
    draft->fd = -1;
}

/* A name that nothing has; 0 or an errno. */
static int create(struct file_draft *draft, mode_t mode) {
    for (int i = 0; i < MAX_TRIES; i++) {
        free(draft->tmp);
        if (asprintf(&draft->tmp, "%s.%08" PRIx64 ".tmp", draft->target,
                     rng_seed_from_os() & UINT32_MAX) < 0) {
            draft->tmp = NULL;
            return ENOMEM;
        }
        draft->fd = open(draft->tmp, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, mode);
        if (draft->fd >= 0 || errno != EEXIST) {
            break;
        }
    }
    if (draft->fd < 0) {
        return errno;
    }
    exchange_name(NULL, draft->tmp);
    return 0;
}

static int open_draft(struct file_draft *draft) {
    struct stat info;
    if (stat(draft->path, &info) != 0) {
        if (errno != ENOENT) {
            return errno;
        }
        draft->target = strdup(draft->path);
        return draft->target == NULL ? ENOMEM : create(draft, 0666);
    }
    if (!S_ISREG(info.st_mode)) {
        return file_open_stream(&draft->fd, draft->path);
    }
    if (faccessat(AT_FDCWD, draft->path, W_OK, AT_EACCESS) != 0) {
        return errno; /* a folder may be written though a file in it is protected */
    }
    draft->target = realpath(draft->path, NULL);
    return draft->target == NULL ? errno : create(draft, (info.st_mode & 0777) | OWN_MODE);
}

enum status file_draft_open(struct file_draft *out_draft, const char *path) {
    *out_draft = (struct file_draft){.path = path, .fd = -1};
    const int error = open_draft(out_draft);
    if (error != 0) {
        forget(out_draft);
    }
    return file_refuse_write(path, error);
}

enum status file_draft_write(struct file_draft *draft, const char *data, size_t n) {
    return file_refuse_write(draft->path, file_write_bytes(draft->fd, data, n));
}

void file_draft_drop(struct file_draft *draft) {
    close(draft->fd);
    if (draft->tmp != NULL) {
        unlink(draft->tmp);
    }
    forget(draft);
}

static int sync_file(int fd) {
    int error;
    do {
        error = fsync(fd) != 0 ? errno : 0;
    } while (error == EINTR);
    return error;
}

enum status file_draft_keep(struct file_draft *draft, bool is_synced) {
    int error = is_synced && draft->tmp != NULL ? sync_file(draft->fd) : 0;
    if (close(draft->fd) != 0 && error == 0 && errno != EINTR) {
        error = errno;
    }
    if (error == 0 && draft->tmp != NULL && rename(draft->tmp, draft->target) != 0) {
        error = errno;
    }
    if (error != 0 && draft->tmp != NULL) {
        unlink(draft->tmp);
    }
    forget(draft);
    return file_refuse_write(draft->path, error);
}
