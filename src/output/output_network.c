#include "output/output_network.h"

#include <inttypes.h>
#include <string.h>

#include "base/log.h"
#include "base/units.h"
#include "base/version.h"

enum { UNIT_CHARS = 32 };

static const char *const class_names[3] = {"none", "herald", "frame"};

/* ---- JSON ---- */

static void add_histogram(struct json_writer *json, const char *key,
                          const struct histogram *histogram) {
    const double n = (double)histogram->n;
    json_open_object(json, key, JSON_ONE_LINE);
    json_add_double(json, "mean", n > 0 ? histogram->sum / n : 0);
    json_add_int(json, "p50", histogram_quantile(histogram, 0.5));
    json_add_int(json, "p99", histogram_quantile(histogram, 0.99));
    json_add_int(json, "min", histogram->min);
    json_add_int(json, "max", histogram->max);
    json_close(json);
}

static double share(double part, double whole) {
    return whole > 0 ? part / whole : 0;
}

static void add_uses(struct json_writer *json, const struct network_stats *stats) {
    const struct {
        const char *key;
        const struct network_use *use;
    } uses[] = {{"comm_qubits", &stats->comm},
                {"buffer_qubits", &stats->buffer},
                {"channels", &stats->channels},
                {"analysers", &stats->analysers}};
    json_open_object(json, "utilisation", JSON_LINES);
    for (size_t i = 0; i < sizeof uses / sizeof *uses; i++) {
        json_open_object(json, uses[i].key, JSON_ONE_LINE);
        json_add_uint(json, "capacity", uses[i].use->capacity); /* 0: unlimited */
        json_add_double(json, "mean", share(uses[i].use->busy_ps, uses[i].use->available_ps));
        json_add_double(json, "busy_ps", uses[i].use->busy_ps);
        json_add_uint(json, "peak_in_one_place", uses[i].use->peak);
        json_close(json);
    }
    json_close(json);
}

void output_add_network(struct json_writer *json, const struct network_stats *stats) {
    const double n = (double)stats->n_delivered;
    json_open_object(json, "network", JSON_LINES);
    json_add_uint(json, "timelines", stats->n_timelines);
    json_add_uint(json, "events", stats->n_events);
    json_add_uint(json, "ebits_delivered", stats->n_delivered);
    json_add_uint(json, "ebits_used", stats->n_used);
    json_open_object(json, "used_by_class", JSON_ONE_LINE);
    for (int i = 0; i < 3; i++) {
        json_add_uint(json, class_names[i], stats->n_used_by_wait[i]);
    }
    json_close(json);
    json_add_uint(json, "used_with_due", stats->n_due);
    json_add_uint(json, "late", stats->n_late);
    add_histogram(json, "latency_ps", &stats->latency_ps);
    json_open_object(json, "latency_parts_ps", JSON_ONE_LINE);
    json_add_double(json, "queue", share(stats->queue_ps, n));
    json_add_double(json, "reconfigure", share(stats->reconfigure_ps, n));
    json_add_double(json, "make", share(stats->make_ps - stats->reconfigure_ps, n));
    json_close(json);
    json_open_object(json, "fidelity", JSON_ONE_LINE);
    json_add_double(json, "at_delivery", share(stats->fidelity_delivered, n));
    json_add_double(json, "least_at_delivery", stats->min_fidelity_delivered);
    json_add_double(json, "at_use", share(stats->fidelity_used, (double)stats->n_used));
    json_close(json);
    add_histogram(json, "age_at_use_ps", &stats->age_ps);
    add_uses(json, stats);
    json_add_uint(json, "reconfigurations", stats->n_reconfigured);
    json_add_uint(json, "messages", stats->n_messages);
    json_add_uint(json, "made_in_advance", stats->n_pooled);
    json_add_uint(json, "served_from_pool", stats->n_from_pool);
    json_add_uint(json, "aborted_by_outages", stats->n_aborted);
    json_add_uint(json, "lost_by_outages", stats->n_lost);
    json_add_uint(json, "below_target", stats->n_below_target);
    json_close(json);
}

static struct ebit_ledger sum_ledgers(const struct ebit_ledger *ledgers, size_t n) {
    struct ebit_ledger sum = {0};
    for (size_t i = 0; i < n; i++) {
        sum.requested += ledgers[i].requested;
        sum.generated += ledgers[i].generated;
        sum.swapped += ledgers[i].swapped;
        sum.purified_away += ledgers[i].purified_away;
        sum.expired += ledgers[i].expired;
        sum.used += ledgers[i].used;
    }
    return sum;
}

static void add_ledger(struct json_writer *json, const char *key,
                       const struct ebit_ledger *ledger) {
    json_open_object(json, key, JSON_ONE_LINE);
    json_add_uint(json, "requested", ledger->requested);
    json_add_uint(json, "generated", ledger->generated);
    json_add_uint(json, "swapped", ledger->swapped);
    json_add_uint(json, "purified_away", ledger->purified_away);
    json_add_uint(json, "expired", ledger->expired);
    json_add_uint(json, "used", ledger->used);
    json_close(json);
}

static void add_jobs(struct json_writer *json, const struct workload_result *result,
                     bool is_timed) {
    json_open_array(json, "jobs", JSON_LINES);
    for (uint32_t j = 0; j < result->n_jobs; j++) {
        json_open_object(json, NULL, JSON_ONE_LINE);
        json_add_uint(json, "ebits", result->jobs[j].n_used);
        json_add_int(json, "end_ps", result->jobs[j].t_end_ps);
        if (is_timed) {
            json_add_uint(json, "late", result->jobs[j].n_late);
        }
        json_close(json);
    }
    json_close(json);
    json_add_double(json, "jain", result->jain);
}

static enum status finish(struct text *out) {
    return out->failed ? log_error(STATUS_NOFIT, "out of memory while writing the results")
                       : STATUS_OK;
}

enum status output_workload_json(struct text *out, const struct output_workload *run) {
    struct json_writer json = {.out = out};
    struct text name = {0};
    const struct ebit_ledger sum = sum_ledgers(run->ledger, run->n_ledger);
    json_open_object(&json, NULL, JSON_LINES);
    json_add_uint(&json, "schema", 1);
    json_add_string(&json, "version", QSPAN_VERSION);
    json_add_string(&json, "machine", run->machine_name);
    json_add_string(&json, "workload", run->pattern);
    json_add_uint(&json, "requests", run->workload->n_requests);
    json_add_uint(&json, "seed", run->workload->seed);
    json_add_int(&json, "ranks", run->n_ranks);
    json_add_int(&json, "makespan_ps", run->result->makespan_ps);
    add_jobs(&json, run->result, run->workload->t_due_ps > 0);
    output_add_network(&json, run->stats);
    json_open_object(&json, "ebits", JSON_LINES);
    add_ledger(&json, "total", &sum);
    json_open_object(&json, "ledger", JSON_LINES);
    for (size_t i = 0; i < run->n_ledger; i++) {
        name.n = 0;
        text_printf(&name, "%s-%s", run->machine->qpus[run->ledger[i].qpu_a].name,
                    run->machine->qpus[run->ledger[i].qpu_b].name);
        add_ledger(&json, name.failed ? "" : name.data, &run->ledger[i]);
    }
    json_close(&json);
    json_close(&json);
    json_add_double(&json, "run_s", run->run_s);
    json_add_double(&json, "wall_s", run->wall_s);
    json_close(&json);
    out->failed = out->failed || name.failed;
    text_fini(&name);
    return finish(out);
}

/* ---- reports ---- */

static void add_row(struct text *out, const char *label) {
    text_printf(out, "%-16s", label);
}

static void add_time(struct text *out, const char *before, double t_ps) {
    char buffer[UNIT_CHARS];
    const int64_t rounded = t_ps < 9e18 ? (int64_t)t_ps : INT64_MAX;
    text_printf(out, "%s%s", before, units_print_time(buffer, sizeof buffer, rounded));
}

static void add_use(struct text *out, const char *label, const struct network_use *use) {
    if (use->peak == 0) {
        return;
    }
    add_row(out, label);
    if (use->available_ps > 0) {
        text_printf(out, "%.3g %% in use, ", 100 * use->busy_ps / use->available_ps);
    }
    text_printf(out, "at most %" PRIu64 " in one place\n", use->peak);
}

static void add_delivered(struct text *out, const struct network_stats *stats) {
    const double n = (double)stats->n_delivered;
    add_row(out, "ebit latency");
    add_time(out, "mean ", share(stats->latency_ps.sum, n));
    add_time(out, ", p50 ", (double)histogram_quantile(&stats->latency_ps, 0.5));
    add_time(out, ", p99 ", (double)histogram_quantile(&stats->latency_ps, 0.99));
    add_time(out, "; in the queue ", share(stats->queue_ps, n));
    text_add(out, "\n");
    add_row(out, "fidelity");
    text_printf(out, "%.6g when delivered (least %.6g), %.6g when used\n",
                share(stats->fidelity_delivered, n), stats->min_fidelity_delivered,
                share(stats->fidelity_used, (double)stats->n_used));
}

void output_add_network_report(struct text *out, const struct network_stats *stats) {
    if (stats->n_delivered > 0) {
        add_delivered(out, stats);
    }
    add_use(out, "comm qubits", &stats->comm);
    add_use(out, "buffer qubits", &stats->buffer);
    add_use(out, "channels", &stats->channels);
    add_use(out, "analysers", &stats->analysers);
    if (stats->n_due > 0) {
        add_row(out, "due");
        text_printf(out, "%" PRIu64 " ebits, late %" PRIu64 "\n", stats->n_due, stats->n_late);
    }
    if (stats->n_reconfigured > 0) {
        add_row(out, "circuits");
        text_printf(out, "%" PRIu64 " set up\n", stats->n_reconfigured);
    }
    if (stats->n_outages > 0) {
        add_row(out, "outages");
        text_printf(out, "%" PRIu64 "; aborted %" PRIu64 ", lost %" PRIu64 "\n", stats->n_outages,
                    stats->n_aborted, stats->n_lost);
    }
    if (stats->n_pooled > 0) {
        add_row(out, "in advance");
        text_printf(out, "%" PRIu64 " made, %" PRIu64 " used\n", stats->n_pooled,
                    stats->n_from_pool);
    }
}

enum status output_workload_report(struct text *out, const struct output_workload *run) {
    const struct ebit_ledger sum = sum_ledgers(run->ledger, run->n_ledger);
    text_add(out, "qspan " QSPAN_VERSION ": network ");
    text_add_escaped(out, run->machine_name, strlen(run->machine_name));
    text_printf(out, ", %zu QPUs, %" PRIu64 " requests (%s), seed %" PRIu64 "\n\n", run->n_qpus,
                run->workload->n_requests, run->pattern, run->workload->seed);
    add_row(out, "makespan");
    add_time(out, "", (double)run->result->makespan_ps);
    text_add(out, "\n");
    add_row(out, "ebits");
    text_printf(out, "%" PRIu64 " used of %" PRIu64 " made", sum.used, sum.generated);
    text_printf(out, "; swapped %" PRIu64 ", purified away %" PRIu64 ", expired %" PRIu64 "\n",
                sum.swapped, sum.purified_away, sum.expired);
    output_add_network_report(out, run->stats);
    if (run->result->n_jobs > 1) {
        add_row(out, "fairness");
        text_printf(out, "%.6g (Jain) over %u jobs\n", run->result->jain, run->result->n_jobs);
    }
    add_row(out, "events");
    text_printf(out, "%" PRIu64 " in %.3g s\n", run->stats->n_events, run->run_s);
    return finish(out);
}
