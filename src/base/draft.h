/* A file that is written under another name in the same folder until it is whole: under its own
 * name there is what was there before or all that is new, never half of it. */
#ifndef QSPAN_BASE_DRAFT_H
#define QSPAN_BASE_DRAFT_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"

struct file_draft {
    const char *path; /* as it was given, for messages; borrowed */
    char *target;     /* what takes its place: links are followed */
    char *tmp;        /* where it grows: target.XXXXXXXX.tmp; NULL: written in place */
    int fd;           /* read and write; in place: write */
};

/* A new file of its own, whoever else writes to that path; it has the permissions of the one that
 * it replaces. Devices and pipes are written in place. At most 16 at a time. On failure there is
 * nothing to close.
 * Errors, logged: STATUS_NOFIT when the disk is full, else STATUS_USAGE, as of what follows. */
enum status file_draft_open(struct file_draft *out_draft, const char *path);
/* Appends. */
enum status file_draft_write(struct file_draft *draft, const char *data, size_t n);
/* It takes its name, after it is on disk if is_synced; on failure it is dropped. */
enum status file_draft_keep(struct file_draft *draft, bool is_synced);
void file_draft_drop(struct file_draft *draft);
/* Removes all drafts of this process, before a signal ends it; safe in a handler. */
void file_drafts_unlink(void);
/* When *stop is not 0, who writes a file or a pipe gives up where nothing is taken for two seconds.
 * For that signals must interrupt it each second. */
void file_set_stop(const volatile sig_atomic_t *stop);

#endif
