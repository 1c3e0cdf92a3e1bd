#include "base/log.h"
#include "base/version.h"
#include "output/json.h"
#include "output/output.h"
#include "runtime/timeline.h"

static void add_head(struct json_writer *json, const struct output_plan *plan) {
    const struct program *program = plan->program;
    json_add_uint(json, "schema", 1);
    json_add_string(json, "version", QSPAN_VERSION);
    json_add_string(json, "input", plan->input);
    json_add_string(json, "engine", plan->engine);
    if (plan->precision) {
        json_add_string(json, "precision", plan->precision);
    }
    json_add_string(json, "protocol", output_protocol(program));
    json_add_string(json, "distribute", program->distribute);
    json_add_int(json, "ranks", plan->n_ranks);
    json_open_array(json, "qpus", JSON_ONE_LINE);
    for (size_t i = 0; i < program->n_qpus; i++) {
        json_add_string(json, NULL, program->qpus[i].name);
    }
    json_close(json);
}

static void add_ebits(struct json_writer *json, const struct output_plan *plan) {
    const struct run_plan *figures = plan->plan;
    const struct program_qpu *qpus = plan->program->qpus;
    struct text name = {0};
    json_open_object(json, "ebits", JSON_LINES);
    json_add_uint(json, "total", figures->n_ebits);
    json_open_object(json, "links", JSON_ONE_LINE);
    for (size_t i = 0; i < figures->n_links; i++) {
        const struct ebit_ledger *link = &figures->links[i];
        name.n = 0;
        text_printf(&name, "%s-%s", qpus[link->qpu_a].name, qpus[link->qpu_b].name);
        json->out->failed = json->out->failed || name.failed;
        json_add_uint(json, name.failed ? "" : name.data, link->used);
    }
    json_close(json);
    json_close(json);
    text_fini(&name);
}

static void add_network(struct json_writer *json, const struct output_plan *plan) {
    const struct run_plan *figures = plan->plan;
    add_ebits(json, plan);
    if (plan->program->is_fused) {
        json_open_object(json, "packets", JSON_ONE_LINE);
        json_add_uint(json, "fused", figures->packets.n_fused);
        json_add_uint(json, "explicit", figures->packets.n_explicit);
        json_close(json);
    }
    json_add_uint(json, "bits_sent", figures->n_bits_sent);
    if (figures->timeline) {
        json_open_object(json, "makespan_ps", JSON_ONE_LINE);
        json_add_int(json, "mean", figures->timeline->makespan_ps);
        json_add_uint(json, "timelines", 1);
        json_close(json);
    }
    json_open_object(json, "peak_comm_qubits", JSON_ONE_LINE);
    for (size_t i = 0; i < plan->program->n_qpus; i++) {
        json_add_uint(json, plan->program->qpus[i].name, figures->peak_comm[i]);
    }
    json_close(json);
}

static void add_engine(struct json_writer *json, const struct output_plan *plan) {
    const struct engine_figures *engine = &plan->plan->engine;
    json_add_uint(json, "peak_group_qubits", engine->peak_group_qubits);
    json_add_uint(json, "amplitudes", engine->total_amps);
    json_add_double(json, "amplitude_updates", engine->n_amp_updates);
    json_add_uint(json, "exchanged_bytes", engine->exchanged_bytes);
    json_add_uint(json, "exchanges", engine->n_exchanges);
    json_add_uint(json, "planned_bytes_per_rank", engine->peak_bytes);
    json_add_uint(json, "available_bytes_per_rank", plan->max_bytes);
    json_add_bool(json, "fits", engine->peak_bytes <= plan->max_bytes);
}

enum status output_plan_json(struct text *out, const struct output_plan *plan) {
    struct json_writer json = {.out = out};
    json_open_object(&json, NULL, JSON_LINES);
    add_head(&json, plan);
    add_network(&json, plan);
    add_engine(&json, plan);
    json_close(&json);
    return out->failed ? log_error(STATUS_NOFIT, "out of memory while writing JSON") : STATUS_OK;
}
