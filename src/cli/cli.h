/* The command line: one table of commands and one of options give parsing, help and man pages.
 *
 * A command is a function in a file of its own, cmd_<name>.c. It runs on every rank with the same
 * options; only rank 0 prints. What it returns is the exit code. */
#ifndef QSPAN_CLI_CLI_H
#define QSPAN_CLI_CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "base/text.h"
#include "circuit/gen.h"

/* Commands in the order of the help. */
enum command_id {
    COMMAND_RUN,
    COMMAND_PLAN,
    COMMAND_SAMPLE,
    COMMAND_VERIFY,
    COMMAND_SELFTEST,
    COMMAND_GEN,
    COMMAND_CONVERT,
    COMMAND_DEM,
    COMMAND_MACHINE,
    COMMAND_NETWORK,
    COMMAND_COMPARE,
    COMMAND_REPORT,
    COMMAND_BENCH,
    COMMAND_INFO,
    COMMAND_COUNT,
};

/* Options in the order of the help; bit i of cli_options.given: option i was given. */
enum option_id {
    OPTION_MACHINE,
    OPTION_QPUS,
    OPTION_COMM_QUBITS,
    OPTION_PLACEMENT,
    OPTION_ENGINE,
    OPTION_PRECISION,
    OPTION_PROTOCOL,
    OPTION_DISTRIBUTE,
    OPTION_SHOTS,
    OPTION_FIRST_SHOT,
    OPTION_RESUME,
    OPTION_SEED,
    OPTION_SHOTS_PER_TIMELINE,
    OPTION_TIMELINE,
    OPTION_MAX_ROUNDS,
    OPTION_PROBABILITIES,
    OPTION_MAX_BRANCHES,
    OPTION_IDLE,
    OPTION_RANKS,
    OPTION_MEMORY_PER_RANK,
    OPTION_DECODE,
    OPTION_AGAINST,
    OPTION_DETECTORS,
    OPTION_SKIP_REFERENCE,
    OPTION_OUT_FORMAT,
    OPTION_APPEND_OBSERVABLES,
    OPTION_OBS_OUT,
    OPTION_OBS_OUT_FORMAT,
    OPTION_SWEEP,
    OPTION_SWEEP_FORMAT,
    OPTION_REPLICAS,
    OPTION_JSON,
    OPTION_OUTPUT,
    OPTION_STATE,
    OPTION_OBSERVABLES,
    OPTION_NOISE,
    OPTION_FIDELITY,
    OPTION_ALPHA,
    OPTION_TRACE,
    OPTION_SVG,
    OPTION_WORKLOAD,
    OPTION_REQUESTS,
    OPTION_WINDOW,
    OPTION_JOBS,
    OPTION_USE,
    OPTION_WAIT,
    OPTION_DUE,
    OPTION_FORMAT,
    OPTION_PARAM,
    OPTION_DIALECT,
    OPTION_TO,
    OPTION_DECOMPOSE_ERRORS,
    OPTION_FOLD_LOOPS,
    OPTION_ALLOW_GAUGE_DETECTORS,
    OPTION_APPROXIMATE_DISJOINT_ERRORS,
    OPTION_IGNORE_DECOMPOSITION_FAILURES,
    OPTION_BLOCK_REMNANT_EDGES,
    OPTION_FAST,
    OPTION_STRICT,
    OPTION_QUIET,
    OPTION_HELP,
    OPTION_LATER, /* of those that are refused; all share this bit */
    OPTION_GEN,   /* the first of GEN_PARAM_COUNT, in the order of enum gen_param; they have their
                   * bits in gen.given */
};

enum { CLI_MAX_ARGS = 2, CLI_MAX_DECODES = 8, CLI_MAX_PARAMS = 64 };

/* What the command line says; strings are borrowed from argv. */
struct cli_options {
    const char *args[CLI_MAX_ARGS];
    size_t n_args;
    uint64_t given;
    const char *machine, *engine, *precision, *protocol, *distribute, *idle, *placement;
    const char *json, *trace, *svg, *workload, *wait, *output, *state, *observables, *noise,
        *resume, *format, *dialect, *to, *against;
    const char *decodes[CLI_MAX_DECODES];
    size_t n_decodes;
    const char *params[CLI_MAX_PARAMS]; /* NAME=VALUE */
    size_t n_params;
    uint64_t n_qpus, n_comm, n_shots, first_shot, seed, shots_per_timeline, max_rounds, timeline,
        n_probabilities, max_branches;
    uint64_t n_ranks, memory_per_rank;
    const char *out_format, *obs_out, *obs_out_format, *sweep, *sweep_format, *replicas;
    bool wants_detectors, skips_reference, appends_observables;
    uint64_t n_requests, n_window, n_jobs; /* of network */
    int64_t t_use_ps, t_due_ps;
    struct gen_args gen;
    bool decomposes, folds_loops, allows_gauge, ignores_failures, blocks_remnants;
    double approximate; /* --approximate-disjoint-errors */
    bool wants_fidelity, is_fast, is_strict, is_quiet, wants_help;
    double alpha;             /* of compare */
    double t_start_s;         /* clock_now_s() when the command started */
    const char *command_line; /* as a shell would take it */
};

static inline bool cli_is_given(const struct cli_options *options, enum option_id id) {
    return (options->given >> id) & 1;
}

struct cli_command {
    const char *name;
    const char *args_help;                 /* "CIRCUIT|PROGRAM" */
    const char *brief;                     /* for the list of commands */
    const char *summary;                   /* a sentence or two */
    const char *details;                   /* paragraphs after the options, or NULL */
    void (*add_details)(struct text *out); /* what only the program knows, before them; or NULL */
    size_t n_args_min, n_args_max;
    bool is_parallel; /* starts MPI */
    /* Options that contradict each other, before MPI starts; or NULL. STATUS_USAGE, logged. */
    enum status (*check)(const struct cli_options *options);
    enum status (*run)(const struct cli_options *options);
};

/* Indexed by command_id. */
extern const struct cli_command cli_commands[COMMAND_COUNT];

enum status cmd_run(const struct cli_options *options);
enum status cmd_run_check(const struct cli_options *options);
enum status cmd_plan(const struct cli_options *options);
enum status cmd_sample(const struct cli_options *options);
enum status cmd_sample_check(const struct cli_options *options);
enum status cmd_verify(const struct cli_options *options);
enum status cmd_verify_check(const struct cli_options *options);
enum status cmd_selftest(const struct cli_options *options);
enum status cmd_gen(const struct cli_options *options);
enum status cmd_convert(const struct cli_options *options);
/* The circuit as text in language qasm2, qasm3 or stim. What that cannot say is refused with its
 * place; what only Stim's language has is spelt out for OpenQASM where its gates can. */
enum status cli_print_circuit(struct text *out, const struct circuit *circuit,
                              const char *language);
enum status cmd_dem(const struct cli_options *options);
enum status cmd_dem_check(const struct cli_options *options);
enum status cmd_machine(const struct cli_options *options);
/* The machine presets, a line each. */
void cmd_machine_add_presets(struct text *out);
enum status cmd_compare(const struct cli_options *options);
enum status cmd_compare_check(const struct cli_options *options);
enum status cmd_report(const struct cli_options *options);
enum status cmd_network(const struct cli_options *options);
enum status cmd_bench(const struct cli_options *options);
enum status cmd_bench_check(const struct cli_options *options);
enum status cmd_info(const struct cli_options *options);

/* The program: returns the exit code. Starts and stops MPI where the command needs it. */
int cli_main(int argc, char **argv);

#endif
