#include "cli/sink.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/rng.h"
#include "base/text.h"

struct token {
    uint64_t words[2]; /* 0: this is no file that ranks could share */
};

/* ---- writing ---- */

/* Threads write at once, and what stops one stops the others: the first says why. */
static enum status refuse(const struct sink *sink, int error) {
    static atomic_flag is_said = ATOMIC_FLAG_INIT;
    if (error != 0 && atomic_flag_test_and_set(&is_said)) {
        return file_status_of_write(error);
    }
    return file_refuse_write(sink->path != NULL ? sink->path : "-", error);
}

static enum status write_bytes(void *ctx, const char *data, size_t n) {
    const struct sink *sink = ctx;
    const int error = file_write_bytes(sink->fd, data, n);
    return error == 0 ? STATUS_OK : refuse(sink, error);
}

static enum status write_bytes_at(void *ctx, const char *data, size_t n, uint64_t offset) {
    const struct sink *sink = ctx;
    for (size_t at = 0; at < n;) {
        const ssize_t n_done = pwrite(sink->fd, data + at, n - at, (off_t)(offset + at));
        if (n_done < 0 && errno != EINTR) {
            return refuse(sink, errno);
        }
        at += n_done > 0 ? (size_t)n_done : 0;
    }
    return STATUS_OK;
}

static void format_shots(void *ctx, struct text *out, const struct sample_block *block) {
    const struct sink *sink = ctx;
    samples_add(out, &sink->layout, block);
}

/* ---- opening ---- */

/* Rank 0: the draft, with a token in it if others could see it. */
static enum status create(struct sink *sink, struct token *out_token, bool has_others) {
    TRY(file_draft_open(&sink->draft, sink->path));
    sink->fd = sink->draft.fd;
    sink->is_shared = sink->draft.tmp != NULL;
    if (!sink->is_shared || !has_others) {
        return STATUS_OK;
    }
    *out_token = (struct token){{rng_seed_from_os() | 1, rng_seed_from_os()}};
    TRY(write_bytes_at(sink, (const char *)out_token, sizeof *out_token, 0));
    return fsync(sink->fd) == 0 ? STATUS_OK : refuse(sink, errno);
}

/* The others: the same file, if they find the token in it. */
static bool has_found(struct sink *sink, const char *name, const struct token *token) {
    struct token found = {{0}};
    sink->fd = open(name, O_RDWR | O_CLOEXEC);
    return sink->fd >= 0 && pread(sink->fd, &found, sizeof found, 0) == (ssize_t)sizeof found &&
           memcmp(&found, token, sizeof found) == 0;
}

/* Where rank 0 has its draft. */
static enum status share_name(char **out_name, const struct sink *sink, const struct team *team) {
    uint64_t n = team_rank(team) == 0 ? strlen(sink->draft.tmp) + 1 : 0;
    comm_bcast(team, &n, sizeof n, 0);
    char *name = mem_alloc((size_t)n, 1);
    TRY(comm_agree(team, name == NULL ? STATUS_NOFIT : STATUS_OK));
    if (team_rank(team) == 0) {
        memcpy(name, sink->draft.tmp, (size_t)n);
    }
    comm_bcast(team, name, (size_t)n, 0);
    *out_name = name;
    return STATUS_OK;
}

static enum status share_file(struct sink *sink, const struct team *team) {
    const bool is_first = team_rank(team) == 0;
    struct token token = {{0}};
    char *name = NULL;
    TRY(comm_agree(team, is_first ? create(sink, &token, team_size(team) > 1) : STATUS_OK));
    comm_bcast(team, &token, sizeof token, 0);
    if (token.words[0] == 0) {
        return STATUS_OK; /* a file of one rank, or no file */
    }
    TRY(share_name(&name, sink, team));
    uint64_t is_lost = !is_first && !has_found(sink, name, &token);
    mem_free(name);
    comm_max_u64(team, &is_lost, 1);
    sink->is_shared = is_lost == 0;
    if (!sink->is_shared) {
        log_note("%s: not all ranks reach this file; rank 0 writes it for all", sink->path);
    }
    const bool is_empty = !is_first || ftruncate(sink->fd, 0) == 0;
    return comm_agree(team, is_empty ? STATUS_OK : refuse(sink, errno));
}

enum status sink_open(struct sink *out_sink, const struct team *team, const char *path,
                      const struct samples_layout *layout) {
    const bool is_file = path != NULL && strcmp(path, "-") != 0;
    *out_sink = (struct sink){.layout = *layout, .fd = STDOUT_FILENO};
    if (!is_file) {
        return STATUS_OK;
    }
    out_sink->path = path;
    out_sink->fd = -1;
    return share_file(out_sink, team);
}

enum status sink_cut(const struct sink *sink, uint64_t n_shots) {
    const uint64_t n_bytes = n_shots / 64 * samples_bytes_of_64(&sink->layout);
    const bool is_placed = sink->is_shared && n_bytes > 0;
    return is_placed && ftruncate(sink->fd, (off_t)n_bytes) != 0 ? refuse(sink, errno) : STATUS_OK;
}

enum status sinks_close(struct sink *sinks, size_t n, const struct team *team, enum status status) {
    const bool is_first = team_rank(team) == 0;
    for (size_t i = 0; i < n; i++) {
        const bool is_own = !is_first && sinks[i].path != NULL && sinks[i].fd >= 0;
        if (is_own && close(sinks[i].fd) != 0) {
            status = status_join(status, refuse(&sinks[i], errno));
        }
    }
    status = comm_agree(team, status);
    for (size_t i = 0; i < n && is_first; i++) {
        if (sinks[i].path == NULL || sinks[i].fd < 0) {
            continue;
        }
        if (status == STATUS_OK) {
            status = file_draft_keep(&sinks[i].draft, false);
        } else {
            file_draft_drop(&sinks[i].draft);
        }
    }
    return comm_agree(team, status);
}

struct sample_output sink_output(struct sink *sink, enum frame_output what,
                                 const uint64_t *reference) {
    return (struct sample_output){
        .what = what,
        .reference = reference,
        .ctx = sink,
        .format = format_shots,
        .write = write_bytes,
        .write_at = sink->is_shared ? write_bytes_at : NULL,
        .bytes_of_64 = samples_bytes_of_64(&sink->layout),
    };
}
