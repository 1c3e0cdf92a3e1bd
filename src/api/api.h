/* What the files of the C API share. An object keeps its session; programs are counted, so that
 * results can keep theirs. */
#ifndef QSPAN_API_API_H
#define QSPAN_API_API_H

#include "circuit/circuit.h"
#include "comm/comm.h"
#include "machine/machine.h"
#include "machine/noise_model.h"
#include "output/output.h"
#include "program/program.h"
#include "qspan/qspan.h"
#include "runtime/runtime.h"

struct qspan_session {
    const struct team *team;
    void (*log)(void *ctx, enum qspan_level level, const char *text);
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
struct qspan_noise {
    struct noise_model *model;
};
struct qspan_program {
    struct qspan_session *session;
    struct program *program;
    char *name;
    size_t n_users;
};
struct qspan_options {
    struct qspan_session *session;
    struct run_options run; /* n_replicas: 0: auto */
    enum qspan_engine engine;
    const struct qspan_noise *noise;
    const struct qspan_program *ideal;
    char *observables, *state_path;
    bool has_seed;
};

/* The session of this process; NULL: none is open. Given a team by comm_start_*. */
struct qspan_session *api_session(void);
/* Nothing is printed from here on; before comm_start_*. */
void api_silence(void);
/* After api_silence; `status` is that of comm_start_*. Messages are printed again if it fails. */
enum qspan_status api_open(struct qspan_session **out_session, enum status status);
/* The codes are the same; STATUS_UNVERIFIED is no answer of the API. */
enum qspan_status api_status(enum status status);
extern const struct qspan_options api_default_options;
/* The program with the errors of a noise model and a machine (NULL: none) as ops. What it makes
 * owns its ops, to be freed with op_list_fini, and borrows all else. */
enum status api_add_errors(struct program *out_program, const struct program *program,
                           const struct noise_model *model, const struct machine *machine);
/* Memory of a rank. */
uint64_t api_max_bytes(const struct qspan_options *options, int n_ranks);
/* By this rank's memory, with a note on why. Errors: STATUS_USAGE for options that exclude each
 * other. */
enum status api_choose_engine(const struct engine_class **out_engine,
                              const struct qspan_options *options, const struct program *program,
                              uint64_t max_bytes);
/* Errors: STATUS_USAGE where they do not divide the ranks. */
enum status api_choose_replicas(uint64_t *out_n, const struct qspan_options *options,
                                const struct program *program, const struct engine_class *engine,
                                uint64_t max_bytes, int n_ranks);
/* NULL (logged) without memory. */
char *api_strdup(const char *text);
struct qspan_program *api_keep_program(const struct qspan_program *program);

#endif
