#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/progress.h"
#include "base/rng.h"
#include "base/text.h"
#include "cli/interrupt.h"
#include "cli/load.h"
#include "cli/outputs.h"
#include "network/trace.h"
#include "output/output.h"
#include "output/output_network.h"
#include "runtime/final_state.h"
#include "runtime/runtime.h"

struct run_job {
    const struct cli_options *options;
    const struct team *team;
    struct load load;
    struct decode decodes[CLI_MAX_DECODES];
    struct pauli_sums *observables;
    struct text machine;         /* its YAML */
    struct text asked;           /* the program that runs and the Pauli sums, as text */
    struct output_archive *past; /* of --resume, on rank 0 */
    struct run_past run_past;
    struct output_provenance provenance;
    struct network_trace trace;
    struct results *results;
};

static enum status parse_decodes(struct run_job *job) {
    const struct cli_options *options = job->options;
    for (size_t i = 0; i < options->n_decodes; i++) {
        TRY(decode_parse(&job->decodes[i], options->decodes[i], job->load.program));
    }
    return STATUS_OK;
}

/* The seed of rank 0 on all ranks. */
static uint64_t choose_seed(const struct cli_options *options, const struct team *team) {
    uint64_t seed = options->seed;
    if (!cli_is_given(options, OPTION_SEED)) {
        seed = rng_seed_from_os();
        comm_bcast(team, &seed, sizeof seed, 0);
    }
    return seed;
}

/* --observables, on the qubits that the program ends with. */
static enum status load_observables(struct run_job *job) {
    const char *path = job->options->observables;
    struct final_qubits qubits = {0};
    char *text = NULL;
    size_t n = 0;
    if (!path) {
        return STATUS_OK;
    }
    TRY(load_text(&text, &n, job->team, path));
    text_add_n(&job->asked, text, n);
    enum status status = final_qubits_find(&qubits, job->load.program);
    if (status == STATUS_OK) {
        status = pauli_sums_read_text(&job->observables, path, text, n, u32_from_size(qubits.n));
    }
    final_qubits_fini(&qubits);
    mem_free(text);
    return comm_agree(job->team, status);
}

static enum status set_provenance(struct run_job *job) {
    const struct machine *machine = job->load.machine;
    if (machine && machine->text) {
        text_add(&job->machine, machine->text);
    } else if (machine) {
        TRY(machine_print(&job->machine, machine));
    }
    if (job->options->output || job->options->resume) {
        TRY(program_print(&job->asked, job->load.program));
    }
    if (job->machine.failed || job->asked.failed) {
        return STATUS_NOFIT;
    }
    job->provenance = (struct output_provenance){
        .command_line = job->options->command_line,
        .machine = job->machine.data ? job->machine.data : "",
        .noise = job->load.noise ? job->load.noise->text : "",
        .started_s = (int64_t)time(NULL) - (int64_t)(clock_now_s() - job->options->t_start_s),
        .shots_per_timeline = job->options->shots_per_timeline,
        .digest = text_digest(TEXT_DIGEST_NONE, job->asked.data, job->asked.n),
    };
    return STATUS_OK;
}

/* The engine that rank 0 has room for. */
static enum status choose_engine(const struct engine_class **out_engine,
                                 const struct run_job *job) {
    TRY(comm_agree(job->team,
                   load_engine(out_engine, job->options, &job->load, team_size(job->team))));
    uint8_t is_frame = *out_engine == &engine_frame;
    comm_bcast(job->team, &is_frame, sizeof is_frame, 0);
    *out_engine = is_frame ? &engine_frame : &engine_statevector;
    return STATUS_OK;
}

/* --resume, on rank 0; what it was asked for is the default of what this run is asked for. */
static enum status load_past(struct run_job *job, struct run_options *run) {
    const struct cli_options *options = job->options;
    uint64_t shared[4] = {0};
    if (!options->resume) {
        return STATUS_OK;
    }
    enum status status = STATUS_OK;
    if (team_rank(job->team) == 0) {
        status = output_archive_read_past(&job->past, options->resume);
    }
    TRY(comm_agree(job->team, status));
    if (job->past != NULL) {
        const struct results *past = &job->past->results;
        const uint64_t own[] = {past->n_shots, past->n_asked, past->first_shot, past->seed};
        memcpy(shared, own, sizeof own);
    }
    comm_bcast(job->team, shared, sizeof shared, 0);
    run->n_shots = cli_is_given(options, OPTION_SHOTS) ? run->n_shots : shared[1];
    run->first_shot = cli_is_given(options, OPTION_FIRST_SHOT) ? run->first_shot : shared[2];
    run->seed = cli_is_given(options, OPTION_SEED) ? run->seed : shared[3];
    job->run_past = (struct run_past){shared[0], job->past != NULL ? &job->past->results : NULL};
    run->past = &job->run_past;
    return STATUS_OK;
}

static enum status check_past(const struct run_job *job, const struct run_options *run) {
    const struct output_now now = {&job->provenance, job->load.program, run};
    enum status status = STATUS_OK;
    if (job->past != NULL) {
        status = output_archive_check_past(job->past, job->options->resume, &now);
    }
    TRY(comm_agree(job->team, status));
    if (run->past != NULL && run->past->n_shots == run->n_shots) {
        log_note("%s holds all shots asked for: none is drawn", job->options->resume);
    }
    return STATUS_OK;
}

static enum status run_program(struct run_job *job) {
    const struct cli_options *options = job->options;
    struct output_state state = {.path = options->state,
                                 .input = options->args[0],
                                 .team = job->team,
                                 .provenance = &job->provenance,
                                 .precision = load_precision(options)};
    const struct program *ideal = job->load.ideal ? job->load.ideal : job->load.program;
    struct run_options run = {
        .precision = load_precision(options),
        .is_fast = options->is_fast,
        .n_shots = options->n_shots,
        .first_shot = options->first_shot,
        .stop = &interrupt_signal,
        .keep = interrupt_keep,
        .seed = choose_seed(options, job->team),
        .shots_per_timeline = (uint32_t)options->shots_per_timeline,
        .max_branches = options->max_branches,
        .n_probabilities = options->n_probabilities,
        .max_bytes = options->memory_per_rank,
        .trace = options->trace != NULL ? &job->trace : NULL,
        .keeps_records = options->output != NULL,
        .observables = job->observables,
        .ideal = options->wants_fidelity ? ideal : NULL,
        .visit_state = options->state ? output_state_write : NULL,
        .state_ctx = &state,
    };
    TRY(load_past(job, &run));
    TRY(choose_engine(&run.engine, job));
    TRY(check_past(job, &run));
    TRY(comm_agree(job->team, load_replicas(&run.n_replicas, options, &job->load, run.engine,
                                            team_size(job->team))));
    comm_bcast(job->team, &run.n_replicas, sizeof run.n_replicas, 0);
    interrupt_listen(team_rank(job->team) == 0);
    const enum status status =
        comm_agree(job->team, runtime_run(&job->results, job->load.program, job->load.machine,
                                          job->team, &run));
    interrupt_keep();
    interrupt_share(job->team);
    return status == STATUS_INTERRUPTED ? STATUS_EMPTY : status;
}

static void take_time(struct run_job *job) {
    double wall_s = clock_now_s() - job->options->t_start_s;
    comm_max_f64(job->team, &wall_s, 1);
    job->results->wall_s = wall_s;
}

static enum status write_hdf5(struct run_job *job, const struct output_context *context) {
    job->provenance.finished_s = (int64_t)time(NULL);
    return output_results_hdf5(job->options->output, job->results, context, &job->provenance);
}

static enum status write_text(const char *path, const struct run_job *job,
                              const struct output_context *context,
                              enum status (*print)(struct text *, const struct results *,
                                                   const struct output_context *)) {
    struct text text = {0};
    enum status status = print(&text, job->results, context);
    status = status == STATUS_OK ? file_write(path, text.data, text.n) : status;
    text_fini(&text);
    return status;
}

/* Whatever becomes of one, the others are written; the report goes to standard output unless the
 * JSON does. */
static enum status write_outputs(struct run_job *job) {
    const struct cli_options *options = job->options;
    const struct output_context context = {
        .input = options->args[0],
        .decodes = job->decodes,
        .n_decodes = options->n_decodes,
    };
    const bool is_piped = options->json != NULL && strcmp(options->json, "-") == 0;
    enum status status = options->output != NULL ? write_hdf5(job, &context) : STATUS_OK;
    if (options->json != NULL) {
        status = status_join(status, write_text(options->json, job, &context, output_results_json));
    }
    if (options->trace != NULL) {
        status = status_join(status,
                             outputs_write_trace(options->trace, job->load.machine, &job->trace));
    }
    return is_piped ? status
                    : status_join(status, write_text("-", job, &context, output_results_report));
}

/* Shots that share a timeline share its pairs: how these differ is in no error bar. */
static void note_single_timeline(const struct results *results) {
    if (results->network != NULL && results->network->n_used > 0 && results->n_shots > 1 &&
        results->makespan_ps.n == 1) {
        log_note("the %" PRIu64 " shots share one timeline of the network and its pairs: error "
                 "bars do not say how other timelines differ; --shots-per-timeline N draws more",
                 results->n_shots);
    }
}

/* On rank 0, which holds the results. */
static enum status write_results(struct run_job *job) {
    if (team_rank(job->team) != 0) {
        return STATUS_OK;
    }
    for (size_t i = 0; i < job->options->n_decodes; i++) {
        TRY(decode_summarise(&job->decodes[i], job->results));
    }
    note_single_timeline(job->results);
    return write_outputs(job);
}

/* Does any op write what counts are made of? */
static enum status find_written_key(bool *out_is_written, const struct program *program) {
    uint32_t *bits;
    size_t n;
    bool *is_key = mem_alloc(program->n_bits, sizeof *is_key);
    enum status status = is_key == NULL ? STATUS_NOFIT : program_key_bits(program, &bits, &n);
    *out_is_written = false;
    if (status == STATUS_OK) {
        for (size_t i = 0; i < n; i++) {
            is_key[bits[i]] = true;
        }
        for (size_t i = 0; i < program->ops.n_ops && !*out_is_written; i++) {
            const struct op *op = &program->ops.ops[i];
            *out_is_written = op->bit != OP_NO_BIT && op->kind != OP_SEND && op->kind != OP_RECV &&
                              is_key[op->bit];
        }
        mem_free(bits);
    }
    mem_free(is_key);
    return status;
}

static enum status note_blank_keys(const struct run_job *job) {
    const struct cli_options *options = job->options;
    bool is_written = true;
    if (options->state == NULL && options->observables == NULL && !options->wants_fidelity) {
        TRY(find_written_key(&is_written, job->load.program));
    }
    if (!is_written) {
        log_note("%s writes no bit that counts are made of (those declared `output`, or all if "
                 "none is): every shot is the same",
                 options->args[0]);
    }
    return STATUS_OK;
}

static enum status check_complete(const struct run_job *job) {
    const struct results *results = job->results;
    const char *path = job->options->output;
    if (results->p_one || results->n_shots == results->n_asked) {
        return STATUS_OK;
    }
    return log_error(STATUS_INTERRUPTED, "%s: %" PRIu64 " of %" PRIu64 " shots are done; %s%s",
                     interrupt_name(), results->n_shots, results->n_asked,
                     path ? "the same command goes on with --resume "
                          : "without -o no run can go on after them",
                     path ? path : "");
}

static enum status run_job(struct run_job *job) {
    const struct cli_options *options = job->options;
    TRY(load_input(&job->load, options, job->team, (uint32_t)team_size(job->team)));
    TRY(load_noise(&job->load, options, job->team));
    TRY(comm_agree(job->team, note_blank_keys(job)));
    TRY(parse_decodes(job));
    TRY(load_observables(job));
    TRY(comm_agree(job->team, set_provenance(job)));
    if (job->load.machine) {
        TRY(comm_agree(job->team, machine_check_lifetimes(job->load.machine)));
    }
    TRY(load_check_writable(job->options, job->team));
    TRY(run_program(job));
    take_time(job);
    TRY(comm_agree(job->team, write_results(job)));
    return check_complete(job);
}

enum status cmd_run_check(const struct cli_options *options) {
    const bool is_exact = options->n_probabilities > 0;
    if (options->n_decodes > 0 && is_exact) {
        return log_error(STATUS_USAGE, "--decode reads shots: not with --probabilities");
    }
    if (cli_is_given(options, OPTION_SHOTS) && is_exact) {
        return log_error(STATUS_USAGE, "--probabilities is exact and draws no shots: no --shots");
    }
    if (options->wants_fidelity && is_exact) {
        return log_error(STATUS_USAGE, "--fidelity is a mean over shots: not with --probabilities");
    }
    if (is_exact && (cli_is_given(options, OPTION_REPLICAS) ||
                     cli_is_given(options, OPTION_SHOTS_PER_TIMELINE))) {
        return log_error(STATUS_USAGE, "--probabilities is exact and draws no shots: no --%s",
                         cli_is_given(options, OPTION_REPLICAS) ? "replicas"
                                                                : "shots-per-timeline");
    }
    const bool has_first = cli_is_given(options, OPTION_FIRST_SHOT);
    if (is_exact && (has_first || options->resume)) {
        return log_error(STATUS_USAGE, "--probabilities is exact and draws no shots: no --%s",
                         has_first ? "first-shot" : "resume");
    }
    if (options->trace && (has_first || options->resume)) {
        return log_error(STATUS_USAGE, "--trace shows the timeline of the first shots: not with "
                                       "--first-shot or --resume");
    }
    if (options->first_shot % options->shots_per_timeline != 0) {
        return log_error(STATUS_USAGE,
                         "--first-shot %" PRIu64 ": expected a multiple of %" PRIu64
                         ", the shots of a timeline (--shots-per-timeline)",
                         options->first_shot, options->shots_per_timeline);
    }
    if (!is_exact && cli_is_given(options, OPTION_MAX_BRANCHES)) {
        return log_error(STATUS_USAGE, "--max-branches goes with --probabilities");
    }
    return load_check(options);
}

enum status cmd_run(const struct cli_options *options) {
    struct run_job job = {.options = options, .team = comm_world()};
    enum status status = run_job(&job);
    results_destroy(job.results);
    output_archive_destroy(job.past);
    text_fini(&job.asked);
    trace_fini(&job.trace);
    pauli_sums_destroy(job.observables);
    text_fini(&job.machine);
    load_fini(&job.load);
    return status;
}
