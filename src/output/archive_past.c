/* May a run go on after the shots in a results file? */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/version.h"
#include "output/output.h"

struct matcher {
    const char *path;
    bool differs; /* logged */
};

static void refuse(struct matcher *matcher, const char *why) {
    if (!matcher->differs) {
        log_error_at(STATUS_INPUT, (struct src_loc){.file = matcher->path},
                     "these shots are not of this run: %s", why);
    }
    matcher->differs = true;
}

static void match_text(struct matcher *matcher, const char *what, const char *then,
                       const char *now) {
    char why[160];
    if (strcmp(then, now) != 0) {
        snprintf(why, sizeof why, "%s was %.40s, now %.40s", what, then, now);
        refuse(matcher, why);
    }
}

static void match_number(struct matcher *matcher, const char *what, uint64_t then, uint64_t now) {
    char why[160];
    if (then != now) {
        snprintf(why, sizeof why, "%s was %" PRIu64 ", now %" PRIu64, what, then, now);
        refuse(matcher, why);
    }
}

static void match_same(struct matcher *matcher, bool is_same, const char *what) {
    char why[160];
    if (!is_same) {
        snprintf(why, sizeof why, "%s differs", what);
        refuse(matcher, why);
    }
}

/* What the file must hold for results to come out whole. */
static enum status check_content(const struct output_archive *past, const char *path,
                                 const struct output_now *now) {
    const struct results *results = &past->results;
    const struct src_loc loc = {.file = path};
    uint32_t *key_bits;
    size_t n_key_bits;
    TRY(program_key_bits(now->program, &key_bits, &n_key_bits));
    mem_free(key_bits);
    if (results->n_probabilities > 0) {
        return log_error_at(STATUS_INPUT, loc, "holds exact probabilities, not shots");
    }
    if (now->options->keeps_records && results->records == NULL) {
        return log_error_at(STATUS_INPUT, loc, "holds no records of its shots");
    }
    if (now->program->is_data_dependent && results->shot_makespans_ps == NULL) {
        return log_error_at(STATUS_INPUT, loc, "holds no makespans of its shots");
    }
    if (results->n_key_bits != n_key_bits || past->program->n_qpus != now->program->n_qpus) {
        return log_error_at(STATUS_INPUT, loc, "is of a program with other QPUs or key bits");
    }
    if (results->n_shots > now->options->n_shots) {
        return log_error_at(STATUS_INPUT, loc,
                            "holds %" PRIu64 " shots, more than the %" PRIu64 " asked for",
                            results->n_shots, now->options->n_shots);
    }
    return STATUS_OK;
}

enum status output_archive_check_past(const struct output_archive *past, const char *path,
                                      const struct output_now *now) {
    const struct run_options *options = now->options;
    const struct results *results = &past->results;
    const struct output_provenance *provenance = now->provenance;
    const size_t n_sums = options->observables != NULL ? options->observables->n_sums : 0;
    const bool has_amplitudes = options->engine != &engine_frame;
    struct matcher matcher = {.path = path};
    TRY(check_content(past, path, now));
    match_text(&matcher, "the version of qspan", past->version, QSPAN_VERSION);
    match_text(&matcher, "--engine", results->engine, options->engine->name);
    match_text(&matcher, "--precision", results->precision ? results->precision : "none",
               has_amplitudes ? precision_name(options->precision) : "none");
    match_same(&matcher, results->is_fast == (options->is_fast && has_amplitudes), "--fast");
    match_text(&matcher, "--protocol", output_protocol(past->program),
               output_protocol(now->program));
    match_number(&matcher, "--seed", results->seed, options->seed);
    match_number(&matcher, "--first-shot", results->first_shot, options->first_shot);
    match_number(&matcher, "--shots-per-timeline", past->shots_per_timeline,
                 provenance->shots_per_timeline);
    match_same(&matcher, strcmp(past->machine, provenance->machine) == 0, "the machine");
    match_same(&matcher, strcmp(past->noise, provenance->noise) == 0, "the noise model");
    match_same(&matcher, results->n_observables == n_sums, "--observables");
    match_same(&matcher, results->fidelity.is_set == (options->ideal != NULL), "--fidelity");
    match_same(&matcher, past->digest == provenance->digest,
               "the program (or the file of --observables)");
    return matcher.differs ? STATUS_INPUT : STATUS_OK;
}
