#include "cli/outputs.h"

#include <string.h>

#include "base/log.h"

struct named_file {
    const char *option, *path; /* path NULL: not given */
    const char *needs_file;    /* why it cannot go to standard output, or NULL */
};

enum { N_OUTPUTS = 6 };

static bool is_stdout(const char *path) {
    return strcmp(path, "-") == 0;
}

static bool is_same(const char *a, const char *b) {
    while (strncmp(a, "./", 2) == 0) {
        a += 2;
    }
    while (strncmp(b, "./", 2) == 0) {
        b += 2;
    }
    return strcmp(a, b) == 0;
}

static enum status check_each_other(const struct named_file *outputs) {
    for (size_t i = 0; i < N_OUTPUTS; i++) {
        const struct named_file *output = &outputs[i];
        if (output->path == NULL) {
            continue;
        }
        for (size_t k = 0; k < i; k++) {
            if (outputs[k].path != NULL && is_same(output->path, outputs[k].path)) {
                return log_error(STATUS_USAGE, "%s and %s name the same file: %s", output->option,
                                 outputs[k].option, output->path);
            }
        }
        if (output->needs_file != NULL && is_stdout(output->path)) {
            return log_error(STATUS_USAGE,
                             "%s -: %s needs a file; --json - writes to standard "
                             "output",
                             output->option, output->needs_file);
        }
    }
    return STATUS_OK;
}

static enum status check_input(const struct named_file *outputs, const char *input,
                               bool may_be_output) {
    for (size_t i = 0; i < N_OUTPUTS; i++) {
        const struct named_file *output = &outputs[i];
        const bool is_exempt = may_be_output && strcmp(output->option, "-o") == 0;
        if (input != NULL && output->path != NULL && !is_exempt && !is_stdout(input) &&
            is_same(input, output->path)) {
            return log_error(STATUS_USAGE, "%s %s would replace what is read", output->option,
                             output->path);
        }
    }
    return STATUS_OK;
}

static bool reads_its_arguments(enum command_id command) {
    return command != COMMAND_GEN && command != COMMAND_SELFTEST && command != COMMAND_BENCH;
}

enum status outputs_check(const struct cli_options *options, enum command_id command) {
    const bool is_hdf5 = command == COMMAND_RUN || command == COMMAND_NETWORK;
    const bool has_default = command == COMMAND_SAMPLE && options->output == NULL;
    const struct named_file outputs[N_OUTPUTS] = {
        {"--json", options->json, NULL},
        {"-o", has_default ? "-" : options->output, is_hdf5 ? "HDF5" : NULL},
        {"--state", options->state, "HDF5"},
        {"--trace", options->trace, "a trace"},
        {"--obs-out", options->obs_out, NULL},
        {"--svg", options->svg, NULL},
    };
    const char *const inputs[] = {options->machine,     options->noise, options->placement,
                                  options->observables, options->sweep, options->against};
    TRY(check_each_other(outputs));
    for (size_t i = 0; i < options->n_args && reads_its_arguments(command); i++) {
        TRY(check_input(outputs, options->args[i], command == COMMAND_PLAN));
    }
    for (size_t i = 0; i < sizeof inputs / sizeof *inputs; i++) {
        TRY(check_input(outputs, inputs[i], false));
    }
    return check_input(outputs, options->resume, true);
}
