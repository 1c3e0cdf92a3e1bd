#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "cli/load.h"
#include "dem/dem.h"

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

/* A program, or a circuit that is distributed first. */
static enum status analyze_program(struct dem_model **out_model, const struct cli_options *options,
                                   const struct dem_options *how) {
    struct load load = {0};
    TRY(load_input_kept(&load, options, comm_world(), 0));
    enum status status = load_noise(&load, options, comm_world());
    if (status == STATUS_OK) {
        status = dem_from_program(out_model, load.program, load.machine, how);
    }
    load_fini(&load);
    return status;
}

static enum status analyze_circuit(struct dem_model **out_model, const struct cli_options *options,
                                   const struct dem_options *how, const char *text, size_t n) {
    struct circuit *circuit = NULL;
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
    return load_check(options);
}

enum status cmd_dem(const struct cli_options *options) {
    struct dem_model *model = NULL;
    TRY(analyze(&model, options));
    const enum status status = write_model(options, model);
    dem_destroy(model);
    return status;
}
