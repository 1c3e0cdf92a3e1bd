#include "cli/outputs.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "output/output_network.h"

struct named_file {
    const char *option, *path; /* path NULL: not given */
    const char *needs_file;    /* why it cannot go to standard output, or NULL */
};

enum { N_OUTPUTS = 6 };

static bool is_stdout(const char *path) {
    return strcmp(path, "-") == 0;
}

/* Do an output and another path mean the same, and is that one read? */
typedef bool is_same_as(const char *output, const char *other, bool is_read);

static bool is_same_name(const char *a, const char *b, bool is_read) {
    if (is_read && is_stdout(b)) {
        return false; /* standard input */
    }
    while (strncmp(a, "./", 2) == 0) {
        a += 2;
    }
    while (strncmp(b, "./", 2) == 0) {
        b += 2;
    }
    return strcmp(a, b) == 0;
}

struct place {
    dev_t device;
    ino_t inode; /* of a file, or of the folder that it would be in */
    const char *name;
};

/* false: no file, as a device or a pipe, or a folder that is not there. */
static bool find_place(struct place *out, const char *path, int standard_fd) {
    struct stat info;
    const bool is_stream = is_stdout(path);
    const char *slash = strrchr(path, '/');
    char folder[PATH_MAX] = ".";
    *out = (struct place){.name = ""};
    if ((is_stream ? fstat(standard_fd, &info) : stat(path, &info)) != 0) {
        const size_t n = slash != NULL ? (size_t)(slash - path) + 1 : 1;
        if (is_stream || errno != ENOENT || n >= sizeof folder) {
            return false;
        }
        memcpy(folder, slash != NULL ? path : ".", n);
        folder[n] = '\0';
        out->name = slash != NULL ? slash + 1 : path;
        if (stat(folder, &info) != 0) {
            return false;
        }
    } else if (!S_ISREG(info.st_mode)) {
        return false;
    }
    out->device = info.st_dev;
    out->inode = info.st_ino;
    return true;
}

static bool is_same_file(const char *output, const char *other, bool is_read) {
    struct place a, b;
    return find_place(&a, output, STDOUT_FILENO) &&
           find_place(&b, other, is_read ? STDIN_FILENO : STDOUT_FILENO) && a.device == b.device &&
           a.inode == b.inode && strcmp(a.name, b.name) == 0;
}

static enum status check_each_other(const struct named_file *outputs, is_same_as *is_same) {
    for (size_t i = 0; i < N_OUTPUTS; i++) {
        const struct named_file *output = &outputs[i];
        if (output->path == NULL) {
            continue;
        }
        for (size_t k = 0; k < i; k++) {
            if (outputs[k].path != NULL && is_same(output->path, outputs[k].path, false)) {
                return log_error(STATUS_USAGE, "%s and %s name the same file: %s and %s",
                                 output->option, outputs[k].option, output->path, outputs[k].path);
            }
        }
        if (!is_stdout(output->path) && is_same(output->path, "-", false)) {
            return log_error(STATUS_USAGE, "%s %s is where standard output goes", output->option,
                             output->path);
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

static enum status check_input(const struct named_file *outputs, is_same_as *is_same,
                               const char *input, bool may_be_output) {
    for (size_t i = 0; i < N_OUTPUTS; i++) {
        const struct named_file *output = &outputs[i];
        const bool is_exempt = may_be_output && strcmp(output->option, "-o") == 0;
        if (input != NULL && output->path != NULL && !is_exempt &&
            is_same(output->path, input, true)) {
            return log_error(STATUS_USAGE, "%s %s would replace what is read, %s", output->option,
                             output->path, is_stdout(input) ? "standard input" : input);
        }
    }
    return STATUS_OK;
}

static bool reads_its_arguments(enum command_id command) {
    return command != COMMAND_GEN && command != COMMAND_SELFTEST && command != COMMAND_BENCH;
}

static enum status check(const struct cli_options *options, enum command_id command,
                         is_same_as *is_same) {
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
    TRY(check_each_other(outputs, is_same));
    for (size_t i = 0; i < options->n_args && reads_its_arguments(command); i++) {
        TRY(check_input(outputs, is_same, options->args[i], command == COMMAND_PLAN));
    }
    for (size_t i = 0; i < sizeof inputs / sizeof *inputs; i++) {
        TRY(check_input(outputs, is_same, inputs[i], false));
    }
    return check_input(outputs, is_same, options->resume, true);
}

enum status outputs_check(const struct cli_options *options, enum command_id command) {
    return check(options, command, is_same_name);
}

enum status outputs_check_files(const struct cli_options *options, enum command_id command) {
    return check(options, command, is_same_file);
}

enum status outputs_write_report(const struct cli_options *options, const struct text *report,
                                 const struct text *json) {
    const bool has_json = options->json != NULL && json != NULL;
    const bool is_piped = has_json && strcmp(options->json, "-") == 0;
    if (report->failed || (has_json && json->failed)) {
        return log_error(STATUS_NOFIT, "out of memory while writing a report");
    }
    const enum status status =
        has_json ? file_write(options->json, json->data, json->n) : STATUS_OK;
    return is_piped ? status : status_join(status, file_write("-", report->data, report->n));
}

enum status outputs_write_trace(const char *path, const struct machine *machine,
                                const struct network_trace *trace) {
    struct text text = {0};
    enum status status = output_trace_json(&text, machine, trace);
    status = status == STATUS_OK ? file_write(path, text.data, text.n) : status;
    text_fini(&text);
    return status;
}
