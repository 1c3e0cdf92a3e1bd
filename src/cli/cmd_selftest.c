#include <math.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "cli/cli.h"
#include "cli/load.h"
#include "cli/outputs.h"
#include "output/json.h"
#include "verify/selftest.h"

/* Engines agree with the target up to this. */
static const double tolerance = 1e-9;

static bool is_good(const struct selftest_result *result) {
    return result->is_proved && fabs(result->fidelity - 1) < tolerance &&
           (!result->has_frame || fabs(result->frame_fidelity - 1) < tolerance);
}

static void add_line(struct text *out, const struct selftest_entry *entry,
                     const struct selftest_result *result) {
    text_printf(out, "%-24s %-7s %15.12f ", entry->name, result->is_proved ? "proved" : "NOT",
                result->fidelity);
    if (result->has_frame) {
        text_printf(out, "%15.12f", result->frame_fidelity);
    } else {
        text_printf(out, "%15s", "n/a");
    }
    text_printf(out, " %5zu %8.2f%s\n", result->n_runs, result->wall_s,
                is_good(result) ? "" : "  WRONG");
}

static void add_json(struct json_writer *json, const struct selftest_entry *entry,
                     const struct selftest_result *result) {
    json_open_object(json, NULL, JSON_ONE_LINE);
    json_add_string(json, "protocol", entry->name);
    json_add_string(json, "proof", result->is_proved ? "proved" : "not proved");
    json_add_double(json, "statevector", result->fidelity);
    if (result->has_frame) {
        json_add_double(json, "frame", result->frame_fidelity);
    } else {
        json_add_string(json, "frame", "not Clifford");
    }
    json_add_uint(json, "runs", result->n_runs);
    json_add_double(json, "wall_s", result->wall_s);
    json_close(json);
}

enum status cmd_selftest(const struct cli_options *options) {
    const struct team *team = comm_world();
    size_t n, n_wrong = 0, n_run = 0;
    const struct selftest_entry *entries = selftest_list(&n);
    struct text report = {0}, text = {0};
    struct json_writer json = {.out = &text};
    enum status status = load_check_writable(options, team);
    text_printf(&report, "process fidelities on %d rank%s, %s\n\n", team_size(team),
                team_size(team) == 1 ? "" : "s", comm_library());
    text_printf(&report, "%-24s %-7s %15s %15s %5s %8s\n", "protocol", "proof", "statevector",
                "frame", "runs", "seconds");
    json_open_object(&json, NULL, JSON_LINES);
    json_add_uint(&json, "schema", 1);
    json_add_uint(&json, "ranks", (uint64_t)team_size(team));
    json_add_string(&json, "mpi", comm_library());
    json_open_array(&json, "protocols", JSON_LINES);
    for (size_t i = 0; i < n && status == STATUS_OK; i++) {
        struct selftest_result result;
        if (options->n_args > 0 && strcmp(options->args[0], entries[i].name) != 0) {
            continue;
        }
        n_run++;
        status = selftest_run(&result, &entries[i], team);
        if (status == STATUS_OK) {
            add_line(&report, &entries[i], &result);
            add_json(&json, &entries[i], &result);
            n_wrong += !is_good(&result);
        }
    }
    json_close(&json);
    json_add_uint(&json, "wrong", n_wrong);
    json_close(&json);
    text_printf(&report, "\n%zu protocol%s, %zu wrong; n/a: not Clifford, frames can't follow it\n",
                n_run, n_run == 1 ? "" : "s", n_wrong);
    if (status == STATUS_OK && n_run == 0) {
        status = log_error(STATUS_USAGE, "no protocol %s is built in; qspan selftest runs them all",
                           options->args[0]);
    }
    if (status == STATUS_OK && team_rank(team) == 0) {
        status = outputs_write_report(options, &report, &text);
    }
    text_fini(&report);
    text_fini(&text);
    TRY(comm_agree(team, status));
    return n_wrong == 0 ? STATUS_OK
                        : log_error(STATUS_UNVERIFIED, "%zu protocols are wrong", n_wrong);
}
