/* What the files of the C API share. An object keeps its session; programs are counted, so that
 * results can keep theirs. */
#ifndef QSPAN_API_API_H
#define QSPAN_API_API_H

#include "circuit/circuit.h"
#include "comm/comm.h"
#include "machine/machine.h"
#include "output/output.h"
#include "program/program.h"
#include "qspan/qspan.h"
#include "runtime/runtime.h"

struct qspan_session {
    const struct team *team;
    void (*log)(void *ctx, int is_warning, const char *text);
    void *log_ctx;
};
struct qspan_circuit {
    struct qspan_session *session;
    struct circuit *circuit;
    char *name;
};
struct qspan_machine {
    struct qspan_session *session;
    struct machine *machine;
};
struct qspan_program {
    struct qspan_session *session;
    struct program *program;
    char *name;
    size_t n_users;
};
struct qspan_options {
    struct qspan_session *session;
    struct run_options run;
    const struct qspan_program *ideal;
    char *observables, *state_path;
    bool has_seed;
};

/* The session of this process; NULL: none is open. Given a team by comm_start_*. */
struct qspan_session *api_session(void);
enum qspan_status api_open(struct qspan_session **out_session, enum status status);
/* The codes are the same; STATUS_UNVERIFIED is no answer of the API. */
enum qspan_status api_status(enum status status);
/* STATUS_USAGE (logged) for a number that is none. */
enum status api_precision(enum precision *out, enum qspan_precision precision);
/* NULL (logged) without memory. */
char *api_strdup(const char *text);
struct qspan_program *api_keep_program(const struct qspan_program *program);

#endif
