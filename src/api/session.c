#include <stdlib.h>
#include <string.h>

#include "api/api.h"
#include "base/log.h"
#include "base/version.h"

/* comm and log know one job per process, so there is one session. */
static struct qspan_session *current;

const char *qspan_version(void) {
    return QSPAN_VERSION;
}

struct qspan_session *api_session(void) {
    return current;
}

enum qspan_status api_status(enum status status) {
    CHECK(status != STATUS_UNVERIFIED);
    return (enum qspan_status)status;
}

char *api_strdup(const char *text) {
    size_t n = strlen(text) + 1;
    char *copy = mem_alloc(n, 1);
    if (copy) {
        memcpy(copy, text, n);
    }
    return copy;
}

static void pass_on(void *ctx, enum log_level level, const char *text) {
    const struct qspan_session *session = ctx;
    if (session->log) {
        session->log(session->log_ctx,
                     level == LOG_ERROR     ? QSPAN_LEVEL_ERROR
                     : level == LOG_WARNING ? QSPAN_LEVEL_WARNING
                                            : QSPAN_LEVEL_NOTE,
                     text);
    }
}

static void drop(void *ctx, enum log_level level, const char *text) {
    (void)ctx, (void)level, (void)text;
}

static enum status open_session(struct qspan_session **out_session) {
    struct qspan_session *session = mem_alloc(1, sizeof *session);
    const enum status status = comm_agree(comm_world(), session ? STATUS_OK : STATUS_NOFIT);
    if (status != STATUS_OK) {
        mem_free(session);
        return status;
    }
    session->team = comm_world();
    log_set_sink(pass_on, session);
    current = session;
    *out_session = session;
    return STATUS_OK;
}

void api_silence(void) {
    log_set_quiet(true); /* no progress line */
    log_set_sink(drop, NULL);
}

static void stop_silence(void) {
    log_set_sink(NULL, NULL);
    log_set_quiet(false);
    log_forget();
}

enum qspan_status api_open(struct qspan_session **out_session, enum status status) {
    if (status == STATUS_OK) {
        status = open_session(out_session);
        if (status != STATUS_OK) {
            comm_stop();
        }
    }
    if (status != STATUS_OK) {
        stop_silence();
    }
    return api_status(status);
}

enum qspan_status qspan_open(struct qspan_session **out_session) {
    if (current) {
        return QSPAN_USAGE;
    }
    api_silence();
    return api_open(out_session, comm_start_alone());
}

void qspan_close(struct qspan_session *session) {
    if (session) {
        CHECK(session == current);
        comm_stop();
        stop_silence();
        mem_free(session);
        current = NULL;
    }
}

const char *qspan_error(const struct qspan_session *session) {
    CHECK(session == current);
    return log_get_error();
}

void qspan_set_log(struct qspan_session *session,
                   void (*log)(void *ctx, enum qspan_level level, const char *text), void *ctx) {
    session->log = log;
    session->log_ctx = ctx;
}

int qspan_rank(const struct qspan_session *session) {
    return team_rank(session->team);
}

int qspan_n_ranks(const struct qspan_session *session) {
    return team_size(session->team);
}

void qspan_free(void *text) {
    mem_free(text);
}
