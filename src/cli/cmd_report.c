#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "cli/cli.h"
#include "output/output_network.h"

static void add_origin(struct text *out, const struct output_archive *archive) {
    const struct {
        const char *label, *value;
    } lines[] = {
        {"command", archive->command_line},
        {"version", archive->version},
        {"started", archive->started},
        {"finished", archive->finished},
    };
    text_add(out, "\n");
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        text_printf(out, "%-16s", lines[i].label);
        text_add_escaped(out, lines[i].value, strlen(lines[i].value));
        text_add(out, "\n");
    }
}

/* The text of a file that the run was given, line by line. */
static void add_input(struct text *out, const char *label, const char *input) {
    if (*input != '\0') {
        text_printf(out, "%s\n", label);
    }
    for (size_t n; *input != '\0'; input += n) {
        n = strcspn(input, "\n");
        text_add(out, n > 0 ? "    " : "");
        text_add_escaped(out, input, n);
        text_add(out, "\n");
        n += input[n] == '\n';
    }
}

static enum status print_archive(const struct output_archive *archive) {
    struct text text = {0};
    for (size_t i = 0; i < archive->n_warnings; i++) {
        log_warning("%s", archive->warnings[i]); /* as in the run */
    }
    enum status status = output_results_report(&text, &archive->results, &archive->context);
    if (status == STATUS_OK) {
        add_origin(&text, archive);
        add_input(&text, "machine", archive->machine);
        add_input(&text, "noise", archive->noise);
        status = text.failed ? log_error(STATUS_NOFIT, "out of memory while writing a report")
                             : file_write("-", text.data, text.n);
    }
    text_fini(&text);
    return status;
}

static enum status report_workload(const char *path) {
    struct text text = {0};
    enum status status = output_workload_read(&text, path);
    status = status == STATUS_OK ? file_write("-", text.data, text.n) : status;
    text_fini(&text);
    return status;
}

enum status cmd_report(const struct cli_options *options) {
    struct output_archive *archive = NULL;
    bool is_workload;
    TRY(output_is_workload_hdf5(&is_workload, options->args[0]));
    if (is_workload) {
        return report_workload(options->args[0]);
    }
    TRY(output_archive_read(&archive, options->args[0]));
    enum status status = print_archive(archive);
    output_archive_destroy(archive);
    return status;
}
