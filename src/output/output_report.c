#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/units.h"
#include "base/version.h"
#include "output/output.h"
#include "output/output_network.h"
#include "runtime/timeline.h"

enum {
    SHOWN_ROWS = 16,
    SHOWN_KEY_CHARS = 64, /* longer keys lose their middle */
    SHOWN_QPUS = 8,
    SHOWN_LINKS = 12,
    BAR_CHARS = 40,
    OUTCOME_CHARS = 7, /* of that word, the head of the keys */
    UNIT_CHARS = 48,
};

void output_add_key(struct text *out, const uint64_t *key, size_t n_bits) {
    text_add_n(out, "", 0);
    for (size_t i = n_bits; i-- > 0;) {
        text_add_n(out, bits_get(key, i) ? "1" : "0", 1);
    }
}

static void add_name(struct text *out, const char *name) {
    text_add_escaped(out, name, strlen(name));
}

/* "1 rank", "4 ranks" */
static void add_number(struct text *out, uint64_t n, const char *what) {
    text_printf(out, "%" PRIu64 " %s%s", n, what, n == 1 ? "" : "s");
}

/* "label        " so that the values of a report stand in one column. */
static void add_label(struct text *out, const char *label) {
    text_printf(out, "%-16s", label);
}

static void add_short_key(struct text *out, const uint64_t *key, size_t n_bits) {
    if (n_bits <= SHOWN_KEY_CHARS) {
        output_add_key(out, key, n_bits);
        return;
    }
    struct text whole = {0};
    size_t n_side = (SHOWN_KEY_CHARS - 3) / 2;
    output_add_key(&whole, key, n_bits);
    if (whole.failed) {
        out->failed = true;
    } else {
        text_add_n(out, whole.data, n_side);
        text_add(out, "...");
        text_add_n(out, whole.data + n_bits - n_side, n_side);
    }
    text_fini(&whole);
}

static void add_row(struct text *out, const uint64_t *key, size_t n_bits, const char *number,
                    double share) {
    static const char bar[BAR_CHARS + 1] = "########################################";
    text_add(out, "  ");
    add_short_key(out, key, n_bits);
    int n_blank = n_bits < OUTCOME_CHARS ? OUTCOME_CHARS - (int)n_bits : 0;
    int n_bar = (int)lround(share * BAR_CHARS);
    text_printf(out, "%*s  %10s  %6.2f %%%s%.*s\n", n_blank, "", number, 100 * share,
                n_bar > 0 ? "  " : "", n_bar, bar);
}

static void add_table_head(struct text *out, size_t n_bits, const char *what) {
    int width = (int)(n_bits <= SHOWN_KEY_CHARS ? n_bits : SHOWN_KEY_CHARS - 1);
    width = width < OUTCOME_CHARS ? OUTCOME_CHARS : width;
    text_printf(out, "\n  %-*s  %10s     share\n", width, "outcome", what);
}

static int compare_counts(const void *left, const void *right) {
    const struct run_count *const *a = left, *const *b = right;
    if ((*a)->n != (*b)->n) {
        return (*a)->n < (*b)->n ? 1 : -1;
    }
    return (*a > *b) - (*a < *b); /* counts stand by rising key */
}

static enum status add_counts(struct text *out, const struct results *results) {
    const struct run_count **order = mem_alloc(results->n_counts, sizeof *order);
    if (!order) {
        return STATUS_NOFIT;
    }
    for (size_t i = 0; i < results->n_counts; i++) {
        order[i] = &results->counts[i];
    }
    qsort(order, results->n_counts, sizeof *order, compare_counts);
    add_table_head(out, results->n_key_bits, "shots");
    uint64_t n_left = results->n_shots;
    for (size_t i = 0; i < results->n_counts && i < SHOWN_ROWS; i++) {
        char number[24];
        snprintf(number, sizeof number, "%" PRIu64, order[i]->n);
        add_row(out, order[i]->key, results->n_key_bits, number,
                (double)order[i]->n / (double)results->n_shots);
        n_left -= order[i]->n;
    }
    if (results->n_counts > SHOWN_ROWS) {
        text_add(out, "  and ");
        add_number(out, results->n_counts - SHOWN_ROWS, "more outcome");
        text_add(out, " with ");
        add_number(out, n_left, "shot");
        text_printf(out, " (%.2f %%)\n", 100 * (double)n_left / (double)results->n_shots);
    }
    mem_free(order);
    return STATUS_OK;
}

static void add_probabilities(struct text *out, const struct results *results) {
    double shown = 0.0;
    size_t n_rows = results->n_probabilities;
    n_rows = n_rows < SHOWN_ROWS ? n_rows : SHOWN_ROWS;
    add_table_head(out, results->n_key_bits, "probability");
    for (size_t i = 0; i < n_rows; i++) {
        char number[24];
        double p = results->probabilities[i].p;
        snprintf(number, sizeof number, "%11.8f", p); /* as wide as its head */
        add_row(out, results->probabilities[i].key, results->n_key_bits, number, p);
        shown += p;
    }
    if (results->n_outcomes > n_rows) {
        text_add(out, "  and ");
        add_number(out, results->n_outcomes - n_rows, "more outcome");
        text_printf(out, " (%.2f %%)\n", 100 * fmax(0.0, 1 - shown));
    }
}

static void add_decode(struct text *out, const struct decode *decode) {
    struct text label = {0};
    text_printf(&label, "%s of ", decode_kind_name(decode->kind));
    add_name(&label, decode->reg->name);
    add_label(out, label.failed ? "" : label.data);
    text_fini(&label);
    if (decode->kind == DECODE_PHASE) {
        double scale = ldexp(1.0, (int)decode->reg->n);
        text_printf(out, " %.*g = %" PRIu64 "/%.0f", 2 + (int)decode->reg->n * 3 / 10,
                    (double)decode->most_likely / scale, decode->most_likely, scale);
    } else {
        text_printf(out, " %" PRIu64, decode->most_likely);
    }
    text_printf(out, " (most likely, %.2f %% of shots); mean %.6g +- %.2g\n", 100 * decode->share,
                decode->mean, decode->std_error);
}

static void add_link(struct text *out, const struct program *program, uint32_t qpu_a,
                     uint32_t qpu_b) {
    add_name(out, program->qpus[qpu_a].name);
    text_add(out, "-");
    add_name(out, program->qpus[qpu_b].name);
}

static void add_mean(struct text *out, double value) {
    text_printf(out, value == floor(value) ? "%.0f" : "%.4g", value);
}

const char *output_protocol(const struct program *program) {
    return program->is_fused ? "fused" : "explicit";
}

static void add_packets(struct text *out, const struct program *program,
                        const struct packet_counts *packets) {
    if (program->is_fused) {
        add_label(out, "packets");
        text_printf(out, "%" PRIu64 " fused, %" PRIu64 " explicit\n", packets->n_fused,
                    packets->n_explicit);
    }
}

static void add_ebits(struct text *out, const struct results *results) {
    add_label(out, "ebits");
    add_mean(out, results->n_ebits);
    text_add(out, " per shot");
    for (size_t i = 0; i < results->n_links && i < SHOWN_LINKS; i++) {
        const struct ebit_ledger_mean *link = &results->links[i];
        text_add(out, i == 0 ? ": " : ", ");
        add_link(out, results->program, link->qpu_a, link->qpu_b);
        text_add(out, " ");
        add_mean(out, link->used);
    }
    if (results->n_links > SHOWN_LINKS) {
        text_printf(out, " and %zu more links", results->n_links - SHOWN_LINKS);
    }
    text_add(out, "\n");
    add_packets(out, results->program, &results->packets);
    add_label(out, "messages");
    add_mean(out, results->n_bits_sent);
    text_add(out, " bits per shot\n");
}

/* To three digits: the rest of an error bar means nothing. */
static int64_t round_error(double t_ps) {
    double scale = t_ps > 0 ? pow(10, floor(log10(t_ps)) - 2) : 1;
    return (int64_t)llround(scale > 1 ? round(t_ps / scale) * scale : t_ps);
}

static void add_makespan(struct text *out, const struct run_mean *makespan) {
    char mean[UNIT_CHARS], error[UNIT_CHARS], min[UNIT_CHARS], max[UNIT_CHARS];
    units_print_time(mean, sizeof mean, (int64_t)llround(makespan->mean));
    add_label(out, "makespan");
    text_add(out, mean);
    if (makespan->min != makespan->max) {
        units_print_time(error, sizeof error, round_error(makespan->std_error));
        units_print_time(min, sizeof min, makespan->min);
        units_print_time(max, sizeof max, makespan->max);
        text_printf(out, " +- %s (%s to %s, %" PRIu64 " timelines)", error, min, max, makespan->n);
    }
    text_add(out, "\n");
}

static void add_peak_comm(struct text *out, const struct program *program, const uint32_t *peak) {
    add_label(out, "comm qubits");
    text_add(out, "at most");
    for (size_t i = 0; i < program->n_qpus && i < SHOWN_QPUS; i++) {
        text_add(out, i == 0 ? " " : ", ");
        add_name(out, program->qpus[i].name);
        text_printf(out, " %u", peak[i]);
    }
    if (program->n_qpus > SHOWN_QPUS) {
        text_printf(out, " and %zu more QPUs", program->n_qpus - SHOWN_QPUS);
    }
    text_add(out, " in use at once\n");
}

/* Frames have none. */
static void add_group(struct text *out, uint32_t n_qubits) {
    if (n_qubits == 0) {
        return;
    }
    add_label(out, "largest group");
    add_number(out, n_qubits, "qubit");
    text_add(out, " in one state vector\n");
}

static void add_qpus(struct text *out, const struct program *program) {
    add_number(out, program->n_qpus, "QPU");
    text_add(out, " (");
    for (size_t i = 0; i < program->n_qpus && i < SHOWN_QPUS; i++) {
        text_add(out, i == 0 ? "" : " ");
        add_name(out, program->qpus[i].name);
    }
    text_add(out, program->n_qpus > SHOWN_QPUS ? " ...)" : ")");
}

/* Only what is not the default is said. */
static void add_engine(struct text *out, const char *engine, const char *precision, bool is_fast) {
    const bool is_single = precision && strcmp(precision, precision_name(PRECISION_SINGLE)) == 0;
    text_printf(out, "%s engine%s, %s", engine, is_single ? " in single precision" : "",
                is_fast ? "fast, " : "");
}

static void add_head(struct text *out, const struct results *results,
                     const struct output_context *context) {
    text_add(out, "qspan " QSPAN_VERSION ": ");
    add_name(out, context->input);
    text_add(out, " on ");
    add_qpus(out, results->program);
    text_add(out, ", ");
    add_number(out, (uint64_t)results->n_ranks, "rank");
    text_add(out, "\n");
    add_engine(out, results->engine, results->precision, results->is_fast);
    text_printf(out, "%s protocol, distribution %s, ", output_protocol(results->program),
                results->program->distribute);
    if (results->p_one) {
        text_add(out, "exact distribution of ");
        add_number(out, results->n_outcomes, "outcome");
        text_add(out, "\n");
    } else {
        if (results->n_shots < results->n_asked) {
            text_printf(out, "interrupted after %" PRIu64 " of ", results->n_shots);
        }
        add_number(out, results->n_asked, "shot");
        if (results->first_shot > 0) {
            text_printf(out, " from number %" PRIu64 " on", results->first_shot);
        }
        text_printf(out, ", seed %" PRIu64 "\n", results->seed);
    }
}

/* Observables and fidelity: means over shots with their errors, or exact. */
static void add_states(struct text *out, const struct results *results) {
    for (size_t i = 0; i < results->n_observables && i < SHOWN_ROWS; i++) {
        const struct run_observable *observable = &results->observables[i];
        add_label(out, i == 0 ? "observables" : "");
        add_name(out, observable->name);
        text_printf(out, " %.10g", observable->value);
        if (results->p_one == NULL) {
            text_printf(out, " +- %.2g", observable->std_error);
        }
        text_add(out, "\n");
    }
    if (results->n_observables > SHOWN_ROWS) {
        add_label(out, "");
        text_printf(out, "and %zu more\n", results->n_observables - SHOWN_ROWS);
    }
    if (results->fidelity.is_set) {
        add_label(out, "state fidelity");
        text_printf(out, "%.10g +- %.2g with the ideal state, before terminal measurements\n",
                    results->fidelity.mean, results->fidelity.std_error);
    }
}

static void add_costs(struct text *out, const struct results *results) {
    char bytes[UNIT_CHARS];
    add_ebits(out, results);
    add_makespan(out, &results->makespan_ps);
    if (results->network) {
        output_add_network_report(out, results->network);
    }
    add_peak_comm(out, results->program, results->peak_comm);
    add_group(out, results->peak_group_qubits);
    add_label(out, "memory");
    text_printf(out, "%s per rank\n", units_print_bytes(bytes, sizeof bytes, results->peak_bytes));
    add_label(out, "wall time");
    text_printf(out, "%.3g s\n", results->wall_s);
    if (log_count_warnings() > 0) {
        add_label(out, "warnings");
        text_printf(out, "%u (above)\n", log_count_warnings());
    }
}

static enum status finish(const struct text *out) {
    return out->failed ? log_error(STATUS_NOFIT, "out of memory while writing a report")
                       : STATUS_OK;
}

enum status output_results_report(struct text *out, const struct results *results,
                                  const struct output_context *context) {
    add_head(out, results, context);
    if (results->p_one) {
        add_probabilities(out, results);
    } else {
        TRY(add_counts(out, results));
    }
    text_add(out, "\n");
    for (size_t i = 0; i < context->n_decodes; i++) {
        add_decode(out, &context->decodes[i]);
    }
    add_states(out, results);
    add_costs(out, results);
    return finish(out);
}

static void add_plan_head(struct text *out, const struct output_plan *plan) {
    text_add(out, "qspan " QSPAN_VERSION ": plan of ");
    add_name(out, plan->input);
    text_add(out, " on ");
    add_qpus(out, plan->program);
    text_add(out, ", ");
    add_number(out, (uint64_t)plan->n_ranks, "rank");
    text_add(out, "\n");
    add_engine(out, plan->engine, plan->precision, false);
    text_printf(out, "%s protocol, distribution %s\n\n", output_protocol(plan->program),
                plan->program->distribute);
}

static void add_plan_network(struct text *out, const struct output_plan *plan) {
    const struct run_plan *figures = plan->plan;
    char time[UNIT_CHARS];
    add_label(out, "ebits");
    text_printf(out, "%" PRIu64 " per shot%s\n", figures->n_ebits,
                figures->timeline ? "" : ", each `while` counted once, each `if` as taken");
    for (size_t i = 0; i < figures->n_links; i++) {
        text_add(out, "  ");
        add_link(out, plan->program, figures->links[i].qpu_a, figures->links[i].qpu_b);
        text_printf(out, " %" PRIu64 "\n", figures->links[i].used);
    }
    add_packets(out, plan->program, &figures->packets);
    add_label(out, "messages");
    text_printf(out, "%" PRIu64 " bits per shot\n", figures->n_bits_sent);
    add_peak_comm(out, plan->program, figures->peak_comm);
    add_label(out, "makespan");
    if (figures->timeline) {
        units_print_time(time, sizeof time, figures->timeline->makespan_ps);
        text_printf(out, "%s%s\n", time,
                    plan->is_drawn ? " in one timeline; a run has the mean of many" : "");
    } else {
        text_add(out, "depends on measured bits: known only by a run\n");
    }
}

static void add_plan_engine(struct text *out, const struct output_plan *plan) {
    const struct engine_figures *engine = &plan->plan->engine;
    char bytes[UNIT_CHARS], limit[UNIT_CHARS], sent[UNIT_CHARS];
    add_group(out, engine->peak_group_qubits);
    if (engine->total_amps > 0) {
        add_label(out, "amplitudes");
        text_printf(out, "%" PRIu64 " at once, %.4g updates in one pass\n", engine->total_amps,
                    engine->n_amp_updates);
        add_label(out, "between ranks");
        text_printf(out, "%s in one pass",
                    units_print_bytes(sent, sizeof sent, engine->exchanged_bytes));
        if (engine->n_exchanges > 0) {
            text_printf(out, ", %" PRIu64 " exchange%s of qubits", engine->n_exchanges,
                        engine->n_exchanges == 1 ? "" : "s");
        }
        text_add(out, "\n");
    }
    add_label(out, "memory");
    text_printf(out, "%s per rank; %s available\n",
                units_print_bytes(bytes, sizeof bytes, engine->peak_bytes),
                units_print_bytes(limit, sizeof limit, plan->max_bytes));
}

enum status output_plan_report(struct text *out, const struct output_plan *plan) {
    add_plan_head(out, plan);
    add_plan_network(out, plan);
    add_plan_engine(out, plan);
    return finish(out);
}
