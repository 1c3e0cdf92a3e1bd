#include "api/api.h"
#include "base/log.h"

const struct qspan_options api_default_options = {
    .run = {.n_shots = 1024, .shots_per_timeline = 1024, .max_branches = 65536, .n_replicas = 1}};

enum qspan_status qspan_options_create(struct qspan_session *session,
                                       struct qspan_options **out_options) {
    struct qspan_options *options = mem_alloc(1, sizeof *options);
    if (!options) {
        return QSPAN_NOFIT;
    }
    *options = api_default_options;
    options->session = session;
    *out_options = options;
    return QSPAN_OK;
}

void qspan_options_destroy(struct qspan_options *options) {
    if (options) {
        mem_free(options->observables);
        mem_free(options->state_path);
        mem_free(options);
    }
}

static enum qspan_status set(uint64_t *out, const char *what, uint64_t value, uint64_t min,
                             uint64_t max) {
    if (value < min || value > max) {
        return api_status(log_error(STATUS_USAGE, "%s: %llu is not between %llu and %llu", what,
                                    (unsigned long long)value, (unsigned long long)min,
                                    (unsigned long long)max));
    }
    *out = value;
    return QSPAN_OK;
}

enum qspan_status qspan_options_set_precision(struct qspan_options *options,
                                              enum qspan_precision precision) {
    if (precision != QSPAN_DOUBLE && precision != QSPAN_SINGLE) {
        return api_status(log_error(STATUS_USAGE, "there is no precision %d", (int)precision));
    }
    options->run.precision = precision == QSPAN_SINGLE ? PRECISION_SINGLE : PRECISION_DOUBLE;
    return QSPAN_OK;
}

enum qspan_status qspan_options_set_engine(struct qspan_options *options,
                                           enum qspan_engine engine) {
    if (engine != QSPAN_AUTO && engine != QSPAN_STATEVECTOR && engine != QSPAN_FRAME) {
        return api_status(log_error(STATUS_USAGE, "there is no engine %d", (int)engine));
    }
    options->engine = engine;
    return QSPAN_OK;
}

enum qspan_status qspan_options_set_noise(struct qspan_options *options,
                                          const struct qspan_noise *noise) {
    options->noise = noise;
    return QSPAN_OK;
}

enum qspan_status qspan_options_set_fast(struct qspan_options *options, int is_fast) {
    options->run.is_fast = is_fast != 0;
    return QSPAN_OK;
}

enum qspan_status qspan_options_set_replicas(struct qspan_options *options, uint64_t n) {
    return set(&options->run.n_replicas, "replicas", n, 0, INT32_MAX);
}

enum qspan_status qspan_options_set_shots(struct qspan_options *options, uint64_t n_shots) {
    return set(&options->run.n_shots, "shots", n_shots, 1, UINT32_MAX);
}

enum qspan_status qspan_options_set_seed(struct qspan_options *options, uint64_t seed) {
    enum qspan_status status = set(&options->run.seed, "seed", seed, 0, INT64_MAX);
    options->has_seed = options->has_seed || status == QSPAN_OK;
    return status;
}

enum qspan_status qspan_options_set_shots_per_timeline(struct qspan_options *options,
                                                       uint64_t n_shots) {
    uint64_t n = options->run.shots_per_timeline;
    enum qspan_status status = set(&n, "shots per timeline", n_shots, 1, UINT32_MAX);
    options->run.shots_per_timeline = (uint32_t)n;
    return status;
}

enum qspan_status qspan_options_set_probabilities(struct qspan_options *options, uint64_t n) {
    return set(&options->run.n_probabilities, "probabilities", n, 0, QSPAN_ALL);
}

enum qspan_status qspan_options_set_max_branches(struct qspan_options *options, uint64_t n) {
    return set(&options->run.max_branches, "branches", n, 1, UINT32_MAX);
}

enum qspan_status qspan_options_set_memory_per_rank(struct qspan_options *options,
                                                    uint64_t n_bytes) {
    return set(&options->run.max_bytes, "memory per rank", n_bytes, 0, INT64_MAX);
}

enum qspan_status qspan_options_keep_records(struct qspan_options *options, int keep) {
    options->run.keeps_records = keep != 0;
    return QSPAN_OK;
}

static enum qspan_status set_text(char **out, const char *text) {
    char *copy = text ? api_strdup(text) : NULL;
    if (text && !copy) {
        return QSPAN_NOFIT;
    }
    mem_free(*out);
    *out = copy;
    return QSPAN_OK;
}

enum qspan_status qspan_options_set_observables(struct qspan_options *options, const char *text) {
    return set_text(&options->observables, text);
}

enum qspan_status qspan_options_set_state_file(struct qspan_options *options, const char *path) {
    return set_text(&options->state_path, path);
}

enum qspan_status qspan_options_set_ideal(struct qspan_options *options,
                                          const struct qspan_program *program) {
    options->ideal = program;
    return QSPAN_OK;
}
