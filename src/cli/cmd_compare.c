#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "cli/cli.h"
#include "cli/outputs.h"
#include "output/compare.h"
#include "output/json.h"

#define EXACT_TOLERANCE                                                                            \
    1e-9 /* total variation of two exact distributions that counts as rounding */
#define DEFAULT_ALPHA 1e-3

struct compare_job {
    const struct cli_options *options;
    struct outcomes a, b;
    struct comparison comparison;
    double alpha;
    bool differ;
};

static void add_side(struct text *out, const char *label, const char *path,
                     const struct outcomes *outcomes) {
    text_printf(out, "%-20s", label);
    text_add_escaped(out, path, strlen(path));
    if (outcomes->is_exact) {
        text_printf(out, ": %zu outcomes, exact\n", outcomes->n);
    } else {
        text_printf(out, ": %zu outcomes of %.0f shots\n", outcomes->n, outcomes->total);
    }
}

static void add_report(struct text *out, const struct compare_job *job) {
    const struct comparison *comparison = &job->comparison;
    add_side(out, "first", job->options->args[0], &job->a);
    add_side(out, "second", job->options->args[1], &job->b);
    text_printf(out, "%-20s%.6g\n", "total variation", comparison->total_variation);
    text_printf(out, "%-20s%.6g\n", "Hellinger fidelity", comparison->hellinger_fidelity);
    if (comparison->has_chi_square) {
        text_printf(out, "%-20s%.6g, %" PRIu64 " degree%s of freedom, p-value %.4g\n", "chi-square",
                    comparison->chi_square, comparison->dof, comparison->dof == 1 ? "" : "s",
                    comparison->p_value);
        const bool is_untested = !job->differ && comparison->dof == 0 && comparison->n_outcomes > 1;
        text_printf(out, "%-20s%s (p-value %s %g)%s\n", "they", job->differ ? "differ" : "agree",
                    job->differ ? "below" : "at least", job->alpha,
                    is_untested ? ", but too few shots for a test" : "");
    } else {
        text_printf(out, "%-20s%s (total variation %s %g)\n", "they",
                    job->differ ? "differ" : "agree", job->differ ? "above" : "at most",
                    EXACT_TOLERANCE);
    }
}

static void add_json(struct text *out, const struct compare_job *job) {
    const struct comparison *comparison = &job->comparison;
    struct json_writer json = {.out = out};
    json_open_object(&json, NULL, JSON_LINES);
    json_add_uint(&json, "schema", 1);
    json_add_uint(&json, "n_bits", comparison->n_bits);
    json_add_uint(&json, "n_outcomes", comparison->n_outcomes);
    json_add_double(&json, "total_variation", comparison->total_variation);
    json_add_double(&json, "hellinger_fidelity", comparison->hellinger_fidelity);
    if (comparison->has_chi_square) {
        json_add_double(&json, "chi_square", comparison->chi_square);
        json_add_uint(&json, "degrees_of_freedom", comparison->dof);
        json_add_double(&json, "p_value", comparison->p_value);
        json_add_double(&json, "alpha", job->alpha);
    }
    json_add_string(&json, "verdict", job->differ ? "differ" : "agree");
    json_close(&json);
}

static enum status write_texts(const struct compare_job *job) {
    struct text report = {0}, json = {0};
    add_report(&report, job);
    add_json(&json, job);
    const enum status status = outputs_write_report(job->options, &report, &json);
    text_fini(&report);
    text_fini(&json);
    return status;
}

static enum status compare(struct compare_job *job) {
    TRY(outcomes_read(&job->a, job->options->args[0]));
    TRY(outcomes_read(&job->b, job->options->args[1]));
    TRY(outcomes_compare(&job->comparison, &job->a, &job->b));
    if (cli_is_given(job->options, OPTION_ALPHA) && !job->comparison.has_chi_square) {
        return log_error(STATUS_USAGE, "--alpha is of the test of shots, and both files are exact");
    }
    job->differ = job->comparison.has_chi_square
                      ? job->comparison.p_value < job->alpha
                      : job->comparison.total_variation > EXACT_TOLERANCE;
    TRY(write_texts(job));
    return job->differ ? STATUS_UNVERIFIED : STATUS_OK;
}

enum status cmd_compare(const struct cli_options *options) {
    struct compare_job job = {
        .options = options,
        .alpha = cli_is_given(options, OPTION_ALPHA) ? options->alpha : DEFAULT_ALPHA,
    };
    enum status status = compare(&job);
    outcomes_fini(&job.a);
    outcomes_fini(&job.b);
    return status;
}

enum status cmd_compare_check(const struct cli_options *options) {
    if (cli_is_given(options, OPTION_ALPHA) && !(options->alpha > 0 && options->alpha < 1)) {
        return log_error(STATUS_USAGE, "--alpha: expected a number between 0 and 1");
    }
    return STATUS_OK;
}
