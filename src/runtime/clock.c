#include "runtime/clock.h"

#include <stdlib.h>
#include <string.h>

#include "network/service.h"

/* ---- set-up ---- */

static enum status make_ideal(struct machine **out_machine, const struct program *program) {
    const uint32_t n_qpus = (uint32_t)program->n_qpus;
    const char **names = mem_alloc(n_qpus, sizeof *names);
    struct machine *machine;
    if (names == NULL) {
        return STATUS_NOFIT;
    }
    enum status status =
        machine_create_ideal(&machine, n_qpus, program->n_wires, MACHINE_UNLIMITED);
    if (status == STATUS_OK) {
        for (uint32_t i = 0; i < n_qpus; i++) {
            names[i] = program->qpus[i].name;
            machine->qpus[i].n_data = (uint32_t)program->qpus[i].n_data;
        }
        status = machine_rename_qpus(machine, names);
        if (status == STATUS_OK) {
            *out_machine = machine;
        } else {
            machine_destroy(machine);
        }
    }
    mem_free(names);
    return status;
}

/* Abstract links know no classes: their pairs come one by one, in the order of requests. */
static void warn_of_classes(const struct program *program) {
    for (size_t i = 0; i < program->ops.n_ops; i++) {
        const struct op *op = &program->ops.ops[i];
        if (op->kind == OP_EBIT && (op->which != EBIT_CLASS_DEFAULT || op->arg > 0)) {
            log_warning_at(program_loc(program, op),
                           "'@qspan.ebit' does nothing on abstract links: their pairs come as "
                           "they are asked for, heralded");
            return;
        }
    }
}

enum status clock_create(struct run_clock *out_clock, const struct program *program,
                         const struct machine *machine, uint64_t seed) {
    struct run_clock clock = {
        .program = program, .machine = machine, .digest = UINT64_C(0xcbf29ce484222325)};
    enum status status = STATUS_OK;
    if (machine == NULL) {
        TRY(make_ideal(&clock.ideal, program));
        clock.machine = clock.ideal;
    }
    TRY_GOTO(schedule_create(&clock.skeleton, program, clock.machine), fail);
    TRY_GOTO(ebit_source_create(&clock.source, clock.machine, seed), fail);
    TRY_GOTO(timeline_create(&clock.timeline, program, clock.skeleton, clock.machine, clock.source),
             fail);
    clock.does_vary = !clock.source->is_stationary;
    if (clock.source->class->stats != NULL) {
        clock.network = mem_alloc(1, sizeof *clock.network);
        status = clock.network != NULL ? STATUS_OK : STATUS_NOFIT;
        TRY_GOTO(status, fail);
    } else {
        warn_of_classes(program);
    }
    *out_clock = clock;
    return STATUS_OK;
fail:
    clock_fini(&clock);
    return status;
}

void clock_fini(struct run_clock *clock) {
    timeline_destroy(clock->timeline);
    if (clock->source != NULL) {
        clock->source->class->destroy(clock->source);
    }
    skeleton_destroy(clock->skeleton);
    machine_destroy(clock->ideal);
    mem_free(clock->pairs);
    mem_free(clock->links);
    mem_free(clock->makespans);
    mem_free(clock->reals);
    mem_free(clock->real_sums);
    mem_free(clock->network);
    memset(clock, 0, sizeof *clock);
}

/* ---- pairs ---- */

static int by_site(const void *a, const void *b) {
    const struct clock_pair *left = a, *right = b;
    return left->site < right->site ? -1 : left->site > right->site;
}

/* FNV-1a over words. */
static void add_digest(struct run_clock *clock, const void *words, size_t n_bytes) {
    const unsigned char *bytes = words;
    for (size_t i = 0; i < n_bytes; i++) {
        clock->digest = (clock->digest ^ bytes[i]) * UINT64_C(0x100000001b3);
    }
}

static void note_pair(void *ctx, uint64_t site, int64_t t_ps, const double *weights) {
    struct run_clock *clock = ctx;
    if (clock->does_vary) {
        add_digest(clock, &t_ps, sizeof t_ps);
        add_digest(clock, weights, 4 * sizeof *weights);
    }
    if (clock->hook_status == STATUS_OK) {
        clock->hook_status =
            vec_reserve(&clock->pairs, clock->n_pairs, &clock->cap_pairs, 1, sizeof *clock->pairs);
    }
    if (clock->hook_status == STATUS_OK) {
        struct clock_pair *pair = &clock->pairs[clock->n_pairs++];
        pair->site = site;
        memcpy(pair->weights, weights, sizeof pair->weights);
    }
}

const struct clock_pair *clock_find_pair(const struct clock_pair *pairs, size_t n, uint64_t site) {
    const struct clock_pair key = {.site = site};
    return n > 0 ? bsearch(&key, pairs, n, sizeof key, by_site) : NULL;
}

/* A program that depends on data meets a pair before its timeline is known; links of a stationary
 * source give the same pair at any time. */
static enum status link_weights(const struct run_clock *clock, double *out_weights, uint32_t qpu_a,
                                uint32_t qpu_b) {
    const struct program_qpu *qpus = clock->program->qpus;
    const uint32_t a = machine_find_qpu(clock->machine, qpus[qpu_a].name);
    const uint32_t b = machine_find_qpu(clock->machine, qpus[qpu_b].name);
    const struct machine_link *link = machine_find_link(clock->machine, a, b);
    CHECK(link != NULL);
    memcpy(out_weights, link->weights, sizeof link->weights);
    return STATUS_OK;
}

void clock_kept_weights(const struct run_clock *clock, double *out_weights, uint64_t site,
                        uint64_t block) {
    const struct clock_pair *pairs = clock->pairs;
    size_t n = clock->n_pairs;
    if (clock->does_vary) { /* every timeline of a static program delivers the same sites */
        CHECK(block - clock->first_kept < clock->n_kept);
        n /= clock->n_kept;
        pairs += (block - clock->first_kept) * n;
    }
    const struct clock_pair *pair = clock_find_pair(pairs, n, site);
    CHECK(pair != NULL);
    memcpy(out_weights, pair->weights, sizeof pair->weights);
}

enum status clock_pair_weights(void *ctx, double *out_weights, const uint32_t *wires, uint64_t site,
                               uint64_t block) {
    const struct run_clock *clock = ctx;
    if (clock->program->is_data_dependent) {
        CHECK(!clock->does_vary); /* settle.h */
        const uint32_t *wire_qpu = clock->program->wire_qpu;
        return link_weights(clock, out_weights, wire_qpu[wires[0]], wire_qpu[wires[1]]);
    }
    clock_kept_weights(clock, out_weights, site, block);
    return STATUS_OK;
}

/* ---- decisions ---- */

static int by_place(const void *a, const void *b) {
    const struct decision *left = a, *right = b;
    if (left->op != right->op) {
        return left->op < right->op ? -1 : 1;
    }
    return left->iteration < right->iteration ? -1 : left->iteration > right->iteration;
}

enum status decision_list_fill(struct decision_list *out_list, struct arena *arena,
                               const struct decision *decisions) {
    size_t n = 0, i = 0;
    for (const struct decision *d = decisions; d != NULL; d = d->previous) {
        n++;
    }
    struct decision *items = arena_alloc(arena, n * sizeof *items);
    if (items == NULL) {
        return STATUS_NOFIT;
    }
    for (const struct decision *d = decisions; d != NULL; d = d->previous) {
        items[i++] = *d;
    }
    if (n > 0) {
        qsort(items, n, sizeof *items, by_place);
    }
    *out_list = (struct decision_list){items, n};
    return STATUS_OK;
}

struct hook_context {
    struct run_clock *clock;
    const struct decision_list *list;
};

static bool was_taken(void *ctx, size_t op_index, uint64_t iteration) {
    const struct hook_context *context = ctx;
    const struct decision key = {.op = op_index, .iteration = iteration};
    const struct decision *found = NULL;
    if (context->list->n > 0) {
        found = bsearch(&key, context->list->items, context->list->n, sizeof key, by_place);
    }
    CHECK(found != NULL);
    return found->taken;
}

static void pair_hook(void *ctx, uint64_t site, int64_t t_ps, const double *weights) {
    const struct hook_context *context = ctx;
    note_pair(context->clock, site, t_ps, weights);
}

/* ---- timelines ---- */

static enum status find_link(struct run_clock *clock, struct ebit_ledger_mean **out_link,
                             uint32_t a, uint32_t b) {
    size_t i = 0;
    const struct ebit_ledger_mean fresh = {.qpu_a = a, .qpu_b = b};
    while (i < clock->n_links && (clock->links[i].qpu_a < a ||
                                  (clock->links[i].qpu_a == a && clock->links[i].qpu_b < b))) {
        i++;
    }
    if (i == clock->n_links || clock->links[i].qpu_a != a || clock->links[i].qpu_b != b) {
        TRY(vec_reserve(&clock->links, clock->n_links, &clock->cap_links, 1, sizeof *clock->links));
        memmove(clock->links + i + 1, clock->links + i,
                (clock->n_links - i) * sizeof *clock->links);
        clock->links[i] = fresh;
        clock->n_links++;
    }
    *out_link = &clock->links[i];
    return STATUS_OK;
}

enum status clock_add_link(struct run_clock *clock, const struct ebit_ledger_mean *link) {
    struct ebit_ledger_mean *sum;
    TRY(find_link(clock, &sum, link->qpu_a, link->qpu_b));
    sum->requested += link->requested;
    sum->generated += link->generated;
    sum->swapped += link->swapped;
    sum->purified_away += link->purified_away;
    sum->expired += link->expired;
    sum->used += link->used;
    return STATUS_OK;
}

static enum status add_ledgers(struct run_clock *clock, double weight) {
    size_t n;
    const struct ebit_ledger *ledgers = clock->source->class->ledger(clock->source, &n);
    for (size_t i = 0; i < n; i++) {
        const struct machine_qpu *qpus = clock->machine->qpus;
        uint32_t a = program_find_qpu(clock->program, qpus[ledgers[i].qpu_a].name);
        uint32_t b = program_find_qpu(clock->program, qpus[ledgers[i].qpu_b].name);
        const struct ebit_ledger_mean link = {
            .qpu_a = a < b ? a : b,
            .qpu_b = a < b ? b : a,
            .requested = weight * (double)ledgers[i].requested,
            .generated = weight * (double)ledgers[i].generated,
            .swapped = weight * (double)ledgers[i].swapped,
            .purified_away = weight * (double)ledgers[i].purified_away,
            .expired = weight * (double)ledgers[i].expired,
            .used = weight * (double)ledgers[i].used,
        };
        TRY(clock_add_link(clock, &link));
    }
    return STATUS_OK;
}

static enum status add_network(struct run_clock *clock) {
    if (clock->network == NULL) {
        return STATUS_OK;
    }
    const struct network_stats *one = clock->source->class->stats(clock->source);
    network_stats_add(clock->network, one);
    if (clock->keeps_reals) {
        TRY(vec_reserve(&clock->reals, clock->n_reals, &clock->cap_reals, NETWORK_N_REALS,
                        sizeof *clock->reals));
        network_stats_get_reals(clock->reals + clock->n_reals, one);
        clock->n_reals += NETWORK_N_REALS;
    }
    return STATUS_OK;
}

static enum status run_timeline(struct run_clock *clock, const struct decision_list *decisions,
                                double weight, uint64_t number) {
    const bool is_static = !clock->program->is_data_dependent;
    const bool keeps_pairs = is_static || clock->does_vary;
    struct hook_context context = {.clock = clock, .list = decisions};
    const struct timeline_hooks hooks = {
        .ctx = &context,
        .is_taken = is_static ? NULL : was_taken,
        .pair = keeps_pairs ? pair_hook : NULL,
    };
    const size_t n_before = clock->n_pairs;
    if (clock->source->class->set_trace != NULL) {
        const bool is_traced = number == 0 && weight > 0;
        clock->source->class->set_trace(clock->source, is_traced ? clock->trace : NULL);
    }
    TRY(timeline_run(clock->timeline, &clock->last, number, &hooks));
    TRY(clock->hook_status);
    if (keeps_pairs && clock->n_pairs > n_before) {
        qsort(clock->pairs + n_before, clock->n_pairs - n_before, sizeof *clock->pairs, by_site);
    }
    if (weight <= 0) {
        return STATUS_OK;
    }
    TRY(add_network(clock));
    clock->n_ebits += weight * (double)clock->last.n_ebits;
    clock->n_bits_sent += weight * (double)clock->last.n_bits_sent;
    return add_ledgers(clock, weight);
}

enum status clock_run(struct run_clock *clock, const struct decision *decisions, double weight) {
    struct arena arena = {0};
    struct decision_list list;
    enum status status;
    if (clock->does_vary) {
        return clock_run_blocks(clock, 0, 1, weight > 0 ? 0 : UINT64_MAX);
    }
    TRY_GOTO(decision_list_fill(&list, &arena, decisions), done);
    TRY_GOTO(run_timeline(clock, &list, weight, 0), done);
done:
    arena_fini(&arena);
    return status;
}

static enum status keep_makespan(struct run_clock *clock) {
    TRY(vec_reserve(&clock->makespans, clock->n_makespans, &clock->cap_makespans, 1,
                    sizeof *clock->makespans));
    clock->makespans[clock->n_makespans++] = clock->last.makespan_ps;
    return STATUS_OK;
}

enum status clock_run_blocks(struct run_clock *clock, uint64_t first, uint64_t n,
                             uint64_t first_counted) {
    clock->n_pairs = 0;
    clock->first_kept = first;
    clock->n_kept = n;
    for (uint64_t i = 0; i < n; i++) {
        const bool is_counted = first + i >= first_counted;
        TRY(run_timeline(clock, NULL, is_counted ? 1 : 0, first + i));
        TRY(is_counted ? keep_makespan(clock) : STATUS_OK);
    }
    return STATUS_OK;
}

enum status clock_run_shot(struct run_clock *clock, const struct decision_list *decisions,
                           uint64_t number, bool is_counted) {
    clock->n_pairs = 0;
    TRY(run_timeline(clock, decisions, is_counted ? 1 : 0, number));
    return is_counted ? keep_makespan(clock) : STATUS_OK;
}

/* ---- timelines that come not to count ---- */

enum status clock_set_mark(struct clock_mark *mark, const struct run_clock *clock) {
    const size_t n_qpus = clock->program->n_qpus;
    TRY(vec_reserve(&mark->links, 0, &mark->cap_links, clock->n_links, sizeof *mark->links));
    if (mark->peak_comm == NULL) {
        mark->peak_comm = mem_alloc(n_qpus, sizeof *mark->peak_comm);
    }
    if (mark->network == NULL && clock->network != NULL) {
        mark->network = mem_alloc(1, sizeof *mark->network);
    }
    if (mark->peak_comm == NULL || (mark->network == NULL && clock->network != NULL)) {
        return STATUS_NOFIT;
    }
    if (clock->n_links > 0) {
        memcpy(mark->links, clock->links, clock->n_links * sizeof *mark->links);
    }
    if (clock->network != NULL) {
        *mark->network = *clock->network;
    }
    memcpy(mark->peak_comm, timeline_peak_comm(clock->timeline), n_qpus * sizeof *mark->peak_comm);
    mark->n_links = clock->n_links;
    mark->n_makespans = clock->n_makespans;
    mark->n_reals = clock->n_reals;
    mark->n_ebits = clock->n_ebits;
    mark->n_bits_sent = clock->n_bits_sent;
    return STATUS_OK;
}

void clock_go_back(struct run_clock *clock, const struct clock_mark *mark) {
    if (mark->n_links > 0) {
        memcpy(clock->links, mark->links, mark->n_links * sizeof *mark->links);
    }
    if (clock->network != NULL) {
        *clock->network = *mark->network;
    }
    timeline_restore_peak(clock->timeline, mark->peak_comm);
    clock->n_links = mark->n_links;
    clock->n_makespans = mark->n_makespans;
    clock->n_reals = mark->n_reals;
    clock->n_ebits = mark->n_ebits;
    clock->n_bits_sent = mark->n_bits_sent;
}

void clock_mark_fini(struct clock_mark *mark) {
    mem_free(mark->links);
    mem_free(mark->network);
    mem_free(mark->peak_comm);
    memset(mark, 0, sizeof *mark);
}
