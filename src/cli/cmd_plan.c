#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "base/units.h"
#include "cli/load.h"
#include "output/output.h"
#include "runtime/runtime.h"

static enum status write_program(const char *path, const struct program *program) {
    struct text text = {0};
    enum status status = program_print(&text, program);
    if (status == STATUS_OK) {
        status = file_write(path, text.data, text.n);
    }
    text_fini(&text);
    return status;
}

static bool is_stdout(const char *path) {
    return path != NULL && strcmp(path, "-") == 0;
}

static enum status write_text(const char *path, const struct output_plan *plan,
                              enum status (*print)(struct text *, const struct output_plan *)) {
    struct text text = {0};
    enum status status = print(&text, plan);
    if (status == STATUS_OK) {
        status = file_write(path, text.data, text.n);
    }
    text_fini(&text);
    return status;
}

/* The report goes to standard output unless something else does. */
static enum status write_reports(const struct output_plan *plan,
                                 const struct cli_options *options) {
    const enum status status =
        options->json != NULL ? write_text(options->json, plan, output_plan_json) : STATUS_OK;
    return is_stdout(options->output) || is_stdout(options->json)
               ? status
               : status_join(status, write_text("-", plan, output_plan_report));
}

static enum status check_memory(const struct output_plan *plan) {
    char need[32], limit[32];
    uint64_t n_bytes = plan->plan->engine.peak_bytes;
    if (n_bytes <= plan->max_bytes) {
        return STATUS_OK;
    }
    return log_error(
        STATUS_NOFIT, "%s: %u qubits entangled at once need %s per rank on %d rank%s; %s available",
        plan->input, plan->plan->engine.peak_group_qubits,
        units_print_bytes(need, sizeof need, n_bytes), plan->n_ranks, plan->n_ranks == 1 ? "" : "s",
        units_print_bytes(limit, sizeof limit, plan->max_bytes));
}

static enum status plan_program(const struct cli_options *options, const struct load *load) {
    const struct engine_class *engine;
    struct run_plan figures = {0};
    int n_ranks = (int)options->n_ranks;
    uint64_t n_replicas;
    TRY(load_engine(&engine, options, load, n_ranks));
    TRY(load_replicas(&n_replicas, options, load, engine, n_ranks));
    n_ranks /= (int)n_replicas; /* of a team, which holds one copy of the state */
    if (options->output) {
        TRY(write_program(options->output, load->program));
    }
    TRY(runtime_plan(&figures, load->program, load->machine, engine, load_precision(options),
                     n_ranks));
    const struct output_plan plan = {
        .input = options->args[0],
        .engine = engine->name,
        .precision = engine == &engine_frame ? NULL : precision_name(load_precision(options)),
        .program = load->program,
        .plan = &figures,
        .n_ranks = n_ranks,
        .max_bytes = load_max_bytes(options, (int)options->n_ranks),
        .is_drawn = load->machine != NULL && load->machine->physical != NULL,
    };
    enum status status = write_reports(&plan, options);
    if (status == STATUS_OK) {
        status = check_memory(&plan);
    }
    run_plan_fini(&figures);
    return status;
}

enum status cmd_plan(const struct cli_options *options) {
    struct load load = {0};
    TRY(load_input_kept(&load, options, comm_world(), (uint32_t)options->n_ranks));
    enum status status = load_noise(&load, options, comm_world());
    status = status == STATUS_OK ? plan_program(options, &load) : status;
    load_fini(&load);
    return status;
}
