#include <string.h>
#include <time.h>

#include "base/log.h"
#include "base/progress.h"
#include "base/rng.h"
#include "base/text.h"
#include "cli/cli.h"
#include "cli/load.h"
#include "cli/outputs.h"
#include "comm/comm.h"
#include "machine/machine.h"
#include "output/output_network.h"

struct network_job {
    const struct cli_options *options;
    const struct team *team;
    struct machine *machine;
    struct service *service;
    struct workload workload;
    struct workload_result result;
    struct network_trace trace;
    double run_s;
};

static enum workload_pattern find_pattern(const char *word) {
    int i = 0;
    while (strcmp(workload_words[i], word) != 0) {
        i++;
    }
    return (enum workload_pattern)i;
}

static enum ebit_wait find_wait(const char *word) {
    int i = 0;
    if (word == NULL) {
        return EBIT_WAIT_DEFAULT;
    }
    while (strcmp(machine_wait_words[i], word) != 0) {
        i++;
    }
    return (enum ebit_wait)(EBIT_WAIT_NONE + i);
}

static enum status create_service(struct network_job *job) {
    if (job->machine->physical == NULL) {
        return log_error(STATUS_INPUT,
                         "machine %s has abstract links only: qspan network needs a physical "
                         "network (fibres or a topology)",
                         job->machine->name);
    }
    return service_create(&job->service, job->machine, job->workload.seed);
}

/* Ledgers, latencies and the end: what all ranks must have in common. */
static uint64_t digest_of(struct network_job *job) {
    size_t n;
    const struct ebit_ledger *ledger = service_ledger(job->service, &n);
    const struct network_stats *stats = service_stats(job->service);
    uint64_t digest = (uint64_t)job->result.makespan_ps;
    const unsigned char *bytes = (const unsigned char *)ledger;
    for (size_t i = 0; i < n * sizeof *ledger; i++) {
        digest = (digest ^ bytes[i]) * UINT64_C(0x100000001b3);
    }
    bytes = (const unsigned char *)&stats->latency_ps;
    for (size_t i = 0; i < sizeof stats->latency_ps; i++) {
        digest = (digest ^ bytes[i]) * UINT64_C(0x100000001b3);
    }
    return digest;
}

static enum status write_text(const char *path, const struct output_workload *run,
                              enum status (*print)(struct text *, const struct output_workload *)) {
    struct text text = {0};
    enum status status = print(&text, run);
    status = status == STATUS_OK ? file_write(path, text.data, text.n) : status;
    text_fini(&text);
    return status;
}

static enum status write_hdf5(const struct network_job *job, const struct output_workload *run) {
    struct text yaml = {0};
    TRY(machine_print(&yaml, job->machine));
    const struct output_provenance provenance = {
        .command_line = job->options->command_line,
        .machine = yaml.data ? yaml.data : "",
        .noise = "",
        .started_s = (int64_t)time(NULL) - (int64_t)(clock_now_s() - job->options->t_start_s),
        .finished_s = (int64_t)time(NULL),
    };
    const enum status status = yaml.failed
                                   ? log_error(STATUS_NOFIT, "no memory for the machine's text")
                                   : output_workload_hdf5(job->options->output, run, &provenance);
    text_fini(&yaml);
    return status;
}

/* Whatever becomes of one, the others are written. */
static enum status write_results(struct network_job *job) {
    const struct cli_options *options = job->options;
    struct output_workload run = {
        .machine_name = job->machine->name,
        .pattern = options->workload,
        .n_qpus = job->machine->n_qpus,
        .machine = job->machine,
        .workload = &job->workload,
        .result = &job->result,
        .stats = service_stats(job->service),
        .n_ranks = team_size(job->team),
        .run_s = job->run_s,
        .wall_s = clock_now_s() - options->t_start_s,
    };
    run.ledger = service_ledger(job->service, &run.n_ledger);
    enum status status = options->output != NULL ? write_hdf5(job, &run) : STATUS_OK;
    if (options->json != NULL) {
        status = status_join(status, write_text(options->json, &run, output_workload_json));
    }
    if (options->trace != NULL) {
        status =
            status_join(status, outputs_write_trace(options->trace, job->machine, &job->trace));
    }
    const bool is_piped = options->json != NULL && strcmp(options->json, "-") == 0;
    return is_piped ? status : status_join(status, write_text("-", &run, output_workload_report));
}

static enum status run_job(struct network_job *job) {
    const struct cli_options *options = job->options;
    TRY(machine_read_shared(&job->machine, job->team, job->options->args[0]));
    TRY(comm_agree(job->team, create_service(job)));
    TRY(load_check_writable(options, job->team));
    if (options->trace && team_rank(job->team) == 0) {
        service_set_trace(job->service, &job->trace);
    }
    const double start_s = clock_now_s();
    TRY(comm_agree(job->team,
                   workload_run(&job->result, job->service, job->machine, &job->workload, 0)));
    job->run_s = clock_now_s() - start_s;
    const uint64_t digest = digest_of(job);
    TRY(comm_check_digest(job->team, &digest, sizeof digest));
    return comm_agree(job->team, team_rank(job->team) == 0 ? write_results(job) : STATUS_OK);
}

enum status cmd_network(const struct cli_options *options) {
    struct network_job job = {.options = options, .team = comm_world()};
    job.workload = (struct workload){
        .pattern = find_pattern(options->workload),
        .n_requests = options->n_requests,
        .seed = options->seed,
        .n_window = (uint32_t)options->n_window,
        .n_jobs = (uint32_t)options->n_jobs,
        .t_use_ps = options->t_use_ps,
        .t_due_ps = options->t_due_ps,
        .wait = find_wait(options->wait),
    };
    if (!cli_is_given(options, OPTION_SEED)) {
        job.workload.seed = rng_seed_from_os();
        comm_bcast(job.team, &job.workload.seed, sizeof job.workload.seed, 0);
    }
    const enum status status = run_job(&job);
    workload_result_fini(&job.result);
    trace_fini(&job.trace);
    service_destroy(job.service);
    machine_destroy(job.machine);
    return status;
}
