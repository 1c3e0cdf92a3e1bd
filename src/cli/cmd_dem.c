#include "base/log.h"
#include "base/mem.h"
#include "base/rng.h"
#include "base/text.h"
#include "cli/load.h"
#include "dem/dem.h"
#include "runtime/pair_errors.h"

static enum status write_model(const struct cli_options *options, const struct dem_model *model) {
    struct text text = {0};
    enum status status = dem_print(&text, model);
    if (status == STATUS_OK) {
        status =
            file_write(options->output ? options->output : "-", text.data ? text.data : "", text.n);
    }
    text_fini(&text);
    return status;
}

/* The pairs of one timeline; as in a run with that seed. */
static enum status run_timeline(struct run_clock *out_clock, const struct cli_options *options,
                                const struct load *load) {
    uint64_t seed = options->seed;
    if (load->program->is_data_dependent) {
        return log_error(STATUS_INPUT,
                         "%s: what it asks of the network depends on results: no error model",
                         options->args[0]);
    }
    if (pair_errors_bytes(load->program) > mem_available()) {
        return log_error(STATUS_NOFIT, "the pairs of a timeline take more memory than there is");
    }
    if (!cli_is_given(options, OPTION_SEED)) {
        seed = rng_seed_from_os();
        comm_bcast(comm_world(), &seed, sizeof seed, 0);
        log_note("seed %llu", (unsigned long long)seed);
    }
    TRY(clock_create(out_clock, load->program, load->machine, seed));
    return clock_run_blocks(out_clock, options->timeline, 1, UINT64_MAX);
}

static enum status analyze_loaded(struct dem_model **out_model, const struct cli_options *options,
                                  const struct dem_options *how, const struct load *load) {
    const bool is_physical = load->machine != NULL && load->machine->physical != NULL;
    struct run_clock clock = {0};
    enum status status = STATUS_OK;
    if (!cli_is_given(options, OPTION_TIMELINE)) {
        return dem_from_program(out_model, load->program, load->machine, NULL, how);
    }
    if (!is_physical) {
        return log_error(STATUS_USAGE, "--timeline goes with a --machine that is a physical "
                                       "network: others have one model");
    }
    TRY_GOTO(run_timeline(&clock, options, load), done);
    if (how->fold_loops) {
        log_note("loops are written out: pairs differ from round to round");
    }
    status = dem_from_program(out_model, load->program, load->machine, &clock, how);
done:
    clock_fini(&clock);
    return status;
}

/* A program, or a circuit that is distributed first. */
static enum status analyze_program(struct dem_model **out_model, const struct cli_options *options,
                                   const struct dem_options *how) {
    struct load load = {0};
    TRY(load_input_kept(&load, options, comm_world(), 0));
    enum status status = load_noise(&load, options, comm_world());
    if (status == STATUS_OK) {
        status = analyze_loaded(out_model, options, how, &load);
    }
    load_fini(&load);
    return status;
}

static enum status analyze_circuit(struct dem_model **out_model, const struct cli_options *options,
                                   const struct dem_options *how, const char *text, size_t n) {
    struct circuit *circuit = NULL;
    TRY(load_check_undistributed(options));
    TRY(load_read_circuit(&circuit, options, options->args[0], text, n));
    const enum status status = dem_from_circuit(out_model, circuit, how);
    circuit_destroy(circuit);
    return status;
}

static enum status analyze(struct dem_model **out_model, const struct cli_options *options) {
    const struct dem_options how = {
        .decompose = options->decomposes,
        .ignore_failures = options->ignores_failures,
        .block_remnants = options->blocks_remnants,
        .fold_loops = options->folds_loops,
        .allow_gauge = options->allows_gauge,
        .approximate = options->approximate,
    };
    char *text = NULL;
    size_t n = 0;
    if (options->machine || cli_is_given(options, OPTION_QPUS) || options->noise) {
        return analyze_program(out_model, options, &how);
    }
    TRY(load_text(&text, &n, comm_world(), options->args[0]));
    const enum status status = program_is_program_text(text, n)
                                   ? analyze_program(out_model, options, &how)
                                   : analyze_circuit(out_model, options, &how, text, n);
    mem_free(text);
    return status;
}

enum status cmd_dem_check(const struct cli_options *options) {
    if (!options->decomposes && (options->ignores_failures || options->blocks_remnants)) {
        return log_error(STATUS_USAGE, "--%s goes with --decompose-errors",
                         options->ignores_failures ? "ignore-decomposition-failures"
                                                   : "block-remnant-edges");
    }
    if (!(options->approximate >= 0 && options->approximate <= 1)) {
        return log_error(STATUS_USAGE, "--approximate-disjoint-errors %g: expected a probability",
                         options->approximate);
    }
    if (cli_is_given(options, OPTION_TIMELINE) && options->machine == NULL) {
        return log_error(STATUS_USAGE, "--timeline goes with a --machine that is a physical "
                                       "network: others have one model");
    }
    if (cli_is_given(options, OPTION_SEED) && !cli_is_given(options, OPTION_TIMELINE)) {
        return log_error(STATUS_USAGE,
                         "--seed is of a network's timeline: it goes with --timeline");
    }
    return load_check(options);
}

enum status cmd_dem(const struct cli_options *options) {
    struct dem_model *model = NULL;
    TRY(analyze(&model, options));
    const enum status status = write_model(options, model);
    dem_destroy(model);
    return status;
}
