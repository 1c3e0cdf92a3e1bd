/* Random machines under random workloads: whatever is asked for is delivered or refused, nothing is
 * held at the end, nobody is faster than light, and the numbers are numbers. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "base/rng.h"
#include "base/text.h"
#include "network/workload.h"
#include "support/messages.h"

enum { N_MACHINES = 600, N_REQUESTS = 120 };

static uint64_t n_drawn;

static uint32_t below(uint32_t n) {
    return (uint32_t)(rng_uniform(5, n_drawn++, 0, RNG_TEST) * n);
}

#define PICK(...)                                                                                  \
    (((const char *const[]){__VA_ARGS__})[below(                                                   \
        (uint32_t)(sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *)))])

static void add_policy(struct text *out, uint32_t buffer) {
    text_printf(out, "policy: {routing: %s, paths: %u, schedule: %s, slot: %u us, wait: %s",
                PICK("shortest", "spread", "k_shortest"), 1 + below(5),
                PICK("fcfs", "static", "shortest_first", "edf", "max_weight", "tdma"),
                1 + below(100), PICK("none", "herald", "frame"));
    if (buffer >= 8) {
        text_printf(out, ", purify: %s, rounds: %u", PICK("none", "dejmps", "bbpssw", "pump"),
                    1 + below(2));
        text_printf(out, ", lookahead: %u", below(2) * below(10));
    }
    if (below(3) == 0) {
        text_printf(out, ", cutoff: %u us", 2000 + below(5000));
    }
    text_printf(out, ", batch: %u}\n", 1 + below(3));
}

/* What a machine file may say; some of it is refused. */
static void write_machine(struct text *out) {
    const uint32_t n = 2 + below(7), buffer = below(2) * 8;
    text_printf(out, "qpus: [{name: q, count: %u, data: 1, comm: %u}]\n", n, 1 + below(3));
    text_printf(out, "qnus: [{transducer: {efficiency: 0.%u, added_noise: 0.0%u}, reset: %u us, ",
                1 + below(9), below(9), 1 + below(10));
    text_printf(out, "buffer: %u, T1: %u ms, T2: %u ms}]\n", buffer, 100 + below(100),
                50 + below(50));
    text_printf(out, "topology: {kind: %s, ", PICK("line", "ring", "star", "mesh", "fat_tree"));
    text_printf(out, "switch: {radix: 8, analysers: %u, reconfiguration: %s, stage_loss: 0.1 dB}, ",
                1 + below(3), PICK("0 ns", "1 us"));
    text_printf(out, "fibre: {length: %u m, loss: 0.2 dB/km, channels: %u}}\n", 1 + below(5000),
                1 + below(4));
    text_printf(
        out, "herald: {model: %s}\n",
        PICK("two_click", "single_click", "midpoint_source", "barrett_kok", "sender_receiver"));
    if (below(4) == 0) {
        text_printf(out, "outages: [{from: %u us, until: %u us, node: q%u}]\n", below(500),
                    600 + below(500), below(n));
    }
    add_policy(out, buffer);
}

static void expect_idle(const struct network_use *use, const char *text) {
    cr_expect(use->busy_ps >= 0 && use->busy_ps <= use->available_ps * (1 + 1e-9) + 1, "%s", text);
}

static void check(struct service *service, const struct workload_result *result, const char *text) {
    const struct network_stats *stats = service_stats(service);
    size_t n_ledgers;
    const struct ebit_ledger *ledgers = service_ledger(service, &n_ledgers);
    uint64_t requested = 0, used = 0;
    int64_t least_ps = INT64_MAX;
    for (size_t i = 0; i < n_ledgers; i++) {
        const struct ebit_ledger *l = &ledgers[i];
        int64_t t_ps;
        requested += l->requested;
        used += l->used;
        cr_expect_eq(l->requested, l->used, "%s", text);
        cr_expect_geq(l->generated, l->used + l->swapped + l->purified_away + l->expired, "%s",
                      text);
        cr_assert_eq(service_bit_latency(service, &t_ps, l->qpu_a, l->qpu_b), STATUS_OK);
        least_ps = l->used > 0 && t_ps < least_ps ? t_ps : least_ps;
    }
    cr_expect_eq(requested, N_REQUESTS, "%s", text);
    cr_expect_eq(used, N_REQUESTS, "%s", text);
    cr_expect_eq(stats->n_delivered, N_REQUESTS, "%s", text);
    cr_expect_eq(service_count_waiting(service), 0, "%s", text);
    cr_expect_geq(result->makespan_ps, 0, "%s", text);
    /* a pair that nobody waited for, or made beforehand, may be there at once */
    if (stats->n_used_by_wait[0] == 0 && stats->n_pooled == 0) {
        cr_expect_geq(stats->latency_ps.min, least_ps / 2, "%s", text);
    }
    cr_expect(stats->min_fidelity_delivered > -1e-12 &&
                  stats->fidelity_delivered <= N_REQUESTS * (1 + 1e-12),
              "%g: %s", stats->min_fidelity_delivered, text);
    expect_idle(&stats->comm, text);
    expect_idle(&stats->buffer, text);
    expect_idle(&stats->channels, text);
    expect_idle(&stats->analysers, text);
}

/* 1: served, 0: refused with a reason. */
static int run_one(uint64_t seed) {
    struct text text = {0};
    struct machine *machine = NULL;
    struct service *service = NULL;
    int served = 0;
    write_machine(&text);
    messages_keep();
    const char *const written = text.data;
    if (machine_read_text(&machine, "m", written, strlen(written)) == STATUS_OK &&
        service_create(&service, machine, seed) == STATUS_OK) {
        const struct workload workload = {.pattern = (enum workload_pattern)below(4),
                                          .n_requests = N_REQUESTS,
                                          .n_jobs = 1,
                                          .seed = seed,
                                          .t_use_ps = below(2) * 1000000};
        struct workload_result result;
        if (workload_run(&result, service, machine, &workload, 0) == STATUS_OK) {
            check(service, &result, written);
            workload_result_fini(&result);
            served = 1;
        }
    }
    if (!served) {
        cr_expect(strlen(messages_last()) > 10, "no reason: %s", written);
        /* pairs made beforehand may fill the qubits that a relay needs; the wait-for graph says so
         */
        cr_expect(strncmp(messages_last(), "m:", 2) == 0 ||
                      strstr(messages_last(), "(is in the pool)") != NULL,
                  "no place: %s\n%s", messages_last(), written);
    }
    service_destroy(service);
    machine_destroy(machine);
    text_fini(&text);
    return served;
}

Test(property, random_machines) {
    int n_served = 0;
    for (uint64_t i = 0; i < N_MACHINES; i++) {
        n_served += run_one(i);
    }
    cr_expect_geq(n_served, N_MACHINES / 2, "%d", n_served);
}

/* What an outage aborts gives everything back: in a static order it would wait for ever for an
 * older one that waits for its qubits. */
Test(property, aborted_requests_hold_nothing) {
    static const char text[] =
        "qpus: [{name: q, count: 6, data: 1, comm: 1}]\n"
        "qnus: [{transducer: {efficiency: 0.8, added_noise: 0.08}, reset: 2 us, buffer: 8}]\n"
        "topology: {kind: fat_tree, switch: {radix: 8, analysers: 3, stage_loss: 0.1 dB}, "
        "fibre: {length: 2435 m, loss: 0.2 dB/km, channels: 2}}\n"
        "herald: {model: two_click}\n"
        "outages: [{from: 409 us, until: 1034 us, node: q1}]\n"
        "policy: {routing: spread, schedule: static, wait: frame, purify: dejmps, rounds: 1, "
        "lookahead: 9}\n";
    struct machine *machine = NULL;
    messages_keep();
    cr_assert_eq(machine_read_text(&machine, "m", text, strlen(text)), STATUS_OK);
    for (uint64_t seed = 0; seed < 40; seed++) {
        struct service *service = NULL;
        cr_assert_eq(service_create(&service, machine, seed), STATUS_OK);
        for (int pattern = 0; pattern < 4; pattern++) {
            const struct workload workload = {.pattern = (enum workload_pattern)pattern,
                                              .n_requests = N_REQUESTS,
                                              .n_jobs = 1,
                                              .seed = seed};
            struct workload_result result;
            cr_assert_eq(workload_run(&result, service, machine, &workload, seed), STATUS_OK, "%s",
                         messages_last());
            workload_result_fini(&result);
        }
        service_destroy(service);
    }
    machine_destroy(machine);
}
