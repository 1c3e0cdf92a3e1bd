#include <string.h>

#include "base/log.h"
#include "base/version.h"
#include "output/json.h"
#include "output/output.h"
#include "output/output_network.h"

static void add_counts(struct json_writer *json, const char *name, const struct run_count *counts,
                       size_t n_counts, size_t n_bits, enum json_layout layout) {
    struct text key = {0};
    json_open_object(json, name, layout);
    for (size_t i = 0; i < n_counts; i++) {
        key.n = 0;
        output_add_key(&key, counts[i].key, n_bits);
        if (key.failed) {
            json->out->failed = true;
            break;
        }
        json_add_uint(json, key.data, counts[i].n);
    }
    json_close(json);
    text_fini(&key);
}

static void add_probabilities(struct json_writer *json, const struct results *results) {
    struct text key = {0};
    json_open_object(json, "probabilities", JSON_LINES);
    for (size_t i = 0; i < results->n_probabilities; i++) {
        key.n = 0;
        output_add_key(&key, results->probabilities[i].key, results->n_key_bits);
        if (key.failed) {
            json->out->failed = true;
            break;
        }
        json_add_double(json, key.data, results->probabilities[i].p);
    }
    json_close(json);
    text_fini(&key);
    json_open_array(json, "probability_of_one", JSON_ONE_LINE);
    for (size_t i = 0; i < results->n_key_bits; i++) {
        json_add_double(json, NULL, results->p_one[i]);
    }
    json_close(json);
    json_add_uint(json, "n_outcomes", results->n_outcomes);
}

static void add_bit_names(struct json_writer *json, const char *key, const struct program *program,
                          const uint32_t *bits, size_t n_bits) {
    struct text name = {0};
    json_open_array(json, key, JSON_ONE_LINE);
    for (size_t i = 0; i < n_bits; i++) {
        name.n = 0;
        program_add_bit_name(&name, program, bits[i]);
        json_add_string(json, NULL, name.failed ? "" : name.data);
    }
    json_close(json);
    json->out->failed = json->out->failed || name.failed;
    text_fini(&name);
}

static void add_marginals(struct json_writer *json, const struct results *results) {
    const struct program *program = results->program;
    json_open_object(json, "marginals", JSON_LINES);
    for (size_t i = 0; results->marginals && i < program->n_qpus; i++) {
        const struct run_marginal *marginal = &results->marginals[i];
        add_counts(json, program->qpus[i].name, marginal->counts, marginal->n_counts,
                   marginal->n_bits, JSON_ONE_LINE);
    }
    json_close(json);
    json_open_object(json, "marginal_bits", JSON_LINES);
    for (size_t i = 0; results->marginals && i < program->n_qpus; i++) {
        const struct run_marginal *marginal = &results->marginals[i];
        add_bit_names(json, program->qpus[i].name, program, marginal->bits, marginal->n_bits);
    }
    json_close(json);
}

static void open_link(struct json_writer *json, struct text *name, const struct results *results,
                      size_t i, bool as_object) {
    const struct ebit_ledger_mean *link = &results->links[i];
    const struct program_qpu *qpus = results->program->qpus;
    name->n = 0;
    text_add(name, qpus[link->qpu_a].name);
    text_add(name, "-");
    text_add(name, qpus[link->qpu_b].name);
    const char *key = name->failed ? "" : name->data;
    json->out->failed = json->out->failed || name->failed;
    if (as_object) {
        json_open_object(json, key, JSON_ONE_LINE);
    } else {
        json_add_double(json, key, link->used);
    }
}

static void add_ebits(struct json_writer *json, const struct results *results) {
    struct text name = {0};
    json_open_object(json, "ebits", JSON_LINES);
    json_add_double(json, "total", results->n_ebits);
    json_open_object(json, "links", JSON_ONE_LINE);
    for (size_t i = 0; i < results->n_links; i++) {
        open_link(json, &name, results, i, false);
    }
    json_close(json);
    json_open_object(json, "ledger", JSON_LINES);
    for (size_t i = 0; i < results->n_links; i++) {
        const struct ebit_ledger_mean *link = &results->links[i];
        open_link(json, &name, results, i, true);
        json_add_double(json, "requested", link->requested);
        json_add_double(json, "generated", link->generated);
        json_add_double(json, "swapped", link->swapped);
        json_add_double(json, "purified_away", link->purified_away);
        json_add_double(json, "expired", link->expired);
        json_add_double(json, "used", link->used);
        json_close(json);
    }
    json_close(json);
    json_close(json);
    text_fini(&name);
}

static void add_decodes(struct json_writer *json, const struct output_context *context) {
    json_open_array(json, "decoded", JSON_LINES);
    for (size_t i = 0; i < context->n_decodes; i++) {
        const struct decode *decode = &context->decodes[i];
        json_open_object(json, NULL, JSON_ONE_LINE);
        json_add_string(json, "register", decode->reg->name);
        json_add_string(json, "as", decode_kind_name(decode->kind));
        json_add_uint(json, "n_bits", decode->reg->n);
        json_add_uint(json, "most_likely", decode->most_likely);
        json_add_double(json, "share", decode->share);
        json_add_double(json, "mean", decode->mean);
        json_add_double(json, "std_error", decode->std_error);
        json_close(json);
    }
    json_close(json);
}

/* Observables and fidelity, where they were asked for. */
static void add_states(struct json_writer *json, const struct results *results) {
    if (results->n_observables > 0) {
        json_add_string(json, "observables_over", results->p_one ? "outcomes" : "shots");
        json_open_object(json, "observables", JSON_LINES);
        for (size_t i = 0; i < results->n_observables; i++) {
            const struct run_observable *observable = &results->observables[i];
            json_open_object(json, observable->name, JSON_ONE_LINE);
            json_add_double(json, "value", observable->value);
            json_add_double(json, "std_error", observable->std_error);
            json_close(json);
        }
        json_close(json);
    }
    if (results->fidelity.is_set) {
        json_open_object(json, "state_fidelity", JSON_ONE_LINE);
        json_add_double(json, "mean", results->fidelity.mean);
        json_add_double(json, "std_error", results->fidelity.std_error);
        json_close(json);
    }
}

static void add_makespan(struct json_writer *json, const struct run_mean *makespan) {
    json_open_object(json, "makespan_ps", JSON_ONE_LINE);
    json_add_double(json, "mean", makespan->mean);
    json_add_double(json, "std_error", makespan->std_error);
    json_add_int(json, "min", makespan->min);
    json_add_int(json, "max", makespan->max);
    json_add_uint(json, "timelines", makespan->n);
    json_close(json);
}

static void add_figures(struct json_writer *json, const struct results *results) {
    const struct program *program = results->program;
    add_ebits(json, results);
    if (program->is_fused) {
        json_open_object(json, "packets", JSON_ONE_LINE);
        json_add_uint(json, "fused", results->packets.n_fused);
        json_add_uint(json, "explicit", results->packets.n_explicit);
        json_close(json);
    }
    json_add_double(json, "bits_sent", results->n_bits_sent);
    add_makespan(json, &results->makespan_ps);
    if (results->network) {
        output_add_network(json, results->network);
    }
    json_open_object(json, "peak_comm_qubits", JSON_ONE_LINE);
    for (size_t i = 0; i < program->n_qpus; i++) {
        json_add_uint(json, program->qpus[i].name, results->peak_comm[i]);
    }
    json_close(json);
    json_add_uint(json, "peak_group_qubits", results->peak_group_qubits);
    json_add_uint(json, "branches", results->n_branches);
    json_add_uint(json, "peak_bytes_per_rank", results->peak_bytes);
    json_add_uint(json, "planned_bytes_per_rank", results->planned_bytes);
    json_add_double(json, "wall_s", results->wall_s);
    json_open_array(json, "warnings", JSON_LINES);
    for (uint32_t i = 0; i < log_count_warnings(); i++) {
        json_add_string(json, NULL, log_get_warning(i));
    }
    json_close(json);
}

static void add_head(struct json_writer *json, const struct results *results) {
    const struct program *program = results->program;
    json_add_uint(json, "schema", 1);
    json_add_string(json, "version", QSPAN_VERSION);
    json_add_string(json, "engine", results->engine);
    if (results->precision) {
        json_add_string(json, "precision", results->precision);
    }
    if (results->is_fast) {
        json_add_bool(json, "fast", true);
    }
    json_add_string(json, "protocol", output_protocol(program));
    json_add_string(json, "distribute", program->distribute);
    json_add_uint(json, "seed", results->seed);
    json_add_uint(json, "shots", results->p_one ? 0 : results->n_shots);
    if (results->first_shot > 0) {
        json_add_uint(json, "first_shot", results->first_shot);
    }
    if (results->n_shots < results->n_asked) {
        json_add_bool(json, "interrupted", true);
        json_add_uint(json, "shots_asked", results->n_asked);
    }
    json_add_int(json, "ranks", results->n_ranks);
    json_add_uint(json, "replicas", results->n_replicas);
    json_open_array(json, "qpus", JSON_ONE_LINE);
    for (size_t i = 0; i < program->n_qpus; i++) {
        json_add_string(json, NULL, program->qpus[i].name);
    }
    json_close(json);
    add_bit_names(json, "key_bits", program, results->key_bits, results->n_key_bits);
}

enum status output_results_json(struct text *out, const struct results *results,
                                const struct output_context *context) {
    struct json_writer json = {.out = out};
    json_open_object(&json, NULL, JSON_LINES);
    add_head(&json, results);
    add_counts(&json, "counts", results->counts, results->n_counts, results->n_key_bits,
               JSON_LINES);
    if (results->p_one) {
        add_probabilities(&json, results);
    } else {
        add_marginals(&json, results);
    }
    if (context->n_decodes > 0) {
        add_decodes(&json, context);
    }
    add_states(&json, results);
    add_figures(&json, results);
    json_close(&json);
    if (out->failed) {
        return log_error(STATUS_NOFIT, "out of memory while writing JSON");
    }
    return STATUS_OK;
}
