/* The network at work: sampled means against closed forms, ledgers that add up, order, refusals. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "network/one_pair.h"
#include "network/workload.h"
#include "support/messages.h"

static struct machine *read_text(const char *text) {
    struct machine *machine = NULL;
    messages_keep();
    cr_assert_eq(machine_read_text(&machine, "m", text, strlen(text)), STATUS_OK, "%s",
                 messages_last());
    return machine;
}

static struct machine *read_preset(const char *name) {
    struct machine *machine = NULL;
    messages_keep();
    cr_assert_eq(machine_read(&machine, name), STATUS_OK, "%s", messages_last());
    return machine;
}

static struct service *serve(const struct machine *machine, uint64_t seed) {
    struct service *service = NULL;
    cr_assert_eq(service_create(&service, machine, seed), STATUS_OK, "%s", messages_last());
    return service;
}

/* One ebit after the other between QPUs a and b: statistics of their latency. */
struct sample {
    double mean, sigma; /* us; of the mean */
    double fidelity;    /* mean at delivery */
    struct ebit_ledger ledger;
};

static struct sample sample(struct service *service, uint32_t a, uint32_t b, int n) {
    struct sample out = {0};
    double square = 0;
    int64_t t_ps = 0;
    cr_assert_eq(service_begin(service, 3), STATUS_OK);
    for (int i = 0; i < n; i++) {
        double weights[4];
        const int64_t t_ready_ps = one_pair(weights, service, (uint64_t)i, a, b, t_ps);
        const double t_us = (double)(t_ready_ps - t_ps) * 1e-6;
        out.mean += t_us / n;
        square += t_us * t_us / n;
        out.fidelity += weights[0] / n;
        t_ps = t_ready_ps;
    }
    out.sigma = sqrt((square - out.mean * out.mean) / n);
    size_t n_ledgers;
    out.ledger = service_ledger(service, &n_ledgers)[0];
    cr_expect_eq(n_ledgers, 1);
    return out;
}

static void expect_balance(struct service *service) {
    size_t n;
    const struct ebit_ledger *ledgers = service_ledger(service, &n);
    for (size_t i = 0; i < n; i++) {
        const struct ebit_ledger *l = &ledgers[i];
        cr_expect_eq(l->generated, l->used + l->swapped + l->purified_away + l->expired,
                     "%u-%u: %lu made, %lu used, %lu swapped, %lu purified away, %lu expired",
                     l->qpu_a, l->qpu_b, l->generated, l->used, l->swapped, l->purified_away,
                     l->expired);
        cr_expect_eq(l->requested, l->used);
        cr_expect(i == 0 || ledgers[i - 1].qpu_a < l->qpu_a ||
                  (ledgers[i - 1].qpu_a == l->qpu_a && ledgers[i - 1].qpu_b < l->qpu_b));
    }
}

#define TWO                                                                                        \
    "qpus: [{name: q, count: 2, data: 1, comm: 1}]\n"                                              \
    "qnus: [{source: 1 us, reset: 10 us, buffer: 8}]\n"                                            \
    "herald: {model: sender_receiver}\n"

Test(service, mean_time_of_the_data_centre_benchmark) {
    /* one switch of radix 8 at 0.3 dB: 18.45 us */
    struct machine *machine =
        read_text(TWO "switches: [{name: s, radix: 8, stage_loss: 0.3 dB}]\n"
                      "fibres: [{between: [q0, s], length: 0.1 km, loss: 0.1 dB/km},\n"
                      "  {between: [q1, s], length: 0.1 km, loss: 0.1 dB/km}]\n");
    struct service *service = serve(machine, 5);
    const struct sample got = sample(service, 1, 0, 20000);
    cr_expect_float_eq(got.mean, 13 * pow(10, .152), 3 * got.sigma, "%g +- %g", got.mean,
                       got.sigma);
    cr_expect_eq(got.ledger.generated, 20000);
    cr_expect_float_eq(got.fidelity, 1, 1e-9);
    expect_balance(service);
    service_destroy(service);
    machine_destroy(machine);
}

#define RELAY                                                                                      \
    "qpus: [{name: q, count: 3, data: 1, comm: 2}]\n"                                              \
    "qnus: [{source: 1 us, buffer: 2, transducer: {efficiency: 0.05}}]\n"                          \
    "topology: {kind: line}\n"                                                                     \
    "herald: {model: sender_receiver}\n"

Test(service, two_links_and_a_swap_with_cutoffs) {
    static const struct {
        const char *policy;
        double mean;
    } rows[] = {{"policy: {wait: herald}\n", 29.74},
                {"policy: {wait: herald, cutoff: 20 us}\n", 35.1},
                {"policy: {wait: herald, cutoff: 5 us}\n", 59.1}};
    for (size_t i = 0; i < 3; i++) {
        char text[1024];
        snprintf(text, sizeof text, RELAY "%s", rows[i].policy);
        struct machine *machine = read_text(text);
        struct service *service = serve(machine, 11);
        const struct sample got = sample(service, 0, 2, 20000);
        cr_expect_float_eq(got.mean, rows[i].mean, .02 * rows[i].mean, "%g, not %g", got.mean,
                           rows[i].mean);
        cr_expect_eq(got.ledger.swapped, 20000);
        cr_expect_eq(got.ledger.expired > 0, i > 0);
        expect_balance(service);
        service_destroy(service);
        machine_destroy(machine);
    }
}

Test(service, one_repeater_over_four_distances) {
    static const double rows[][2] = {{20, 3.66e3}, {50, 783}, {100, 130}, {200, 6.65}};
    for (size_t i = 0; i < 4; i++) {
        char text[1024];
        snprintf(text, sizeof text,
                 "qpus: [{name: q, count: 2, data: 1, comm: 1}]\nrepeaters: [{name: r}]\n"
                 "fibres: [{between: [q0, r], length: %g km, loss: 0.2 dB/km},\n"
                 "  {between: [q1, r], length: %g km, loss: 0.2 dB/km}]\n"
                 "herald: {model: two_click}\npolicy: {wait: frame}\n",
                 rows[i][0] / 2, rows[i][0] / 2);
        struct machine *machine = read_text(text);
        struct service *service = serve(machine, 17);
        const struct sample got = sample(service, 0, 1, 20000);
        cr_expect_float_eq(1e6 / got.mean, rows[i][1], .02 * rows[i][1], "%g km: %g /s", rows[i][0],
                           1e6 / got.mean);
        service_destroy(service);
        machine_destroy(machine);
    }
}

Test(service, swap_chain_of_measured_links) {
    for (int n = 2; n <= 16; n *= 2) {
        char text[512];
        snprintf(text, sizeof text,
                 "qpus: [{name: q, count: %d, data: 1, comm: 1}]\nqnus: [{buffer: 2}]\n"
                 "topology: {kind: line}\n"
                 "herald: {model: measured, fidelity: 0.98, rate: 1 MHz, deterministic: yes}\n",
                 n + 1);
        struct machine *machine = read_text(text);
        struct service *service = serve(machine, 1);
        const struct sample got = sample(service, 0, (uint32_t)n, 1);
        cr_expect_float_eq(got.fidelity, (1 + 3 * pow((4 * .98 - 1) / 3, n)) / 4, 1e-9);
        cr_expect_float_eq(got.mean, 1, 1e-9);
        cr_expect_eq(got.ledger.generated, (uint64_t)n);
        service_destroy(service);
        machine_destroy(machine);
    }
}

Test(service, purification_takes_as_many_pairs_as_the_ladder_says) {
    static const struct {
        const char *policy;
        double raw, n_raw, fidelity;
    } rows[] = {
        {"{purify: dejmps, rounds: 2}", .804, 6.9, .946},
        {"{purify: dejmps, rounds: 4}", .649, 75, .929},
        {"{purify: bbpssw, rounds: 1}", .9, 2 / .8755556, .9263959},
        {"{purify: dejmps, rounds: 6, target: 0.98}", .7, 0, 0},
    };
    for (size_t i = 0; i < 4; i++) {
        char text[512];
        snprintf(text, sizeof text,
                 "qpus: [{name: q, count: 2, data: 1, comm: 1}]\nqnus: [{buffer: 8}]\n"
                 "fibres: [{between: [q0, q1]}]\n"
                 "herald: {model: measured, fidelity: %g, rate: 1 MHz, deterministic: yes}\n"
                 "policy: %s\n",
                 rows[i].raw, rows[i].policy);
        struct machine *machine = read_text(text);
        struct service *service = serve(machine, 23);
        const struct sample got = sample(service, 0, 1, 5000);
        const double n_raw = (double)got.ledger.generated / 5000;
        if (rows[i].n_raw > 0) {
            cr_expect_float_eq(n_raw, rows[i].n_raw, .02 * rows[i].n_raw, "%g", n_raw);
            cr_expect_float_eq(got.fidelity, rows[i].fidelity, 6e-4);
        } else {
            /* five rounds are due: .735 .846 .934 .972 .99.. */
            cr_expect_geq(got.fidelity, .98);
            cr_expect_eq(service_stats(service)->n_below_target, 0);
        }
        expect_balance(service);
        service_destroy(service);
        machine_destroy(machine);
    }
}

Test(service, stored_pairs_age_until_they_are_used) {
    struct machine *machine =
        read_text("qpus: [{name: q, count: 2, data: 1, comm: 1}]\n"
                  "qnus: [{T1: 300 us, T2: 200 us}]\nfibres: [{between: [q0, q1]}]\n"
                  "herald: {model: measured, fidelity: 0.97, rate: 1 MHz, deterministic: yes}\n");
    struct service *service = serve(machine, 1);
    static const struct {
        int64_t t_us;
        double fidelity;
    } rows[] = {{10, .908844}, {100, .549802}};
    for (size_t i = 0; i < 2; i++) {
        uint32_t slot;
        int64_t t_ps;
        bool is_any;
        double weights[4];
        cr_assert_eq(service_begin(service, 0), STATUS_OK);
        cr_assert_eq(service_submit(service, &slot,
                                    (struct ebit_request){.id = 1, .qpu_a = 0, .qpu_b = 1}, 0),
                     STATUS_OK);
        cr_assert_eq(service_next(service, &is_any, &slot, &t_ps, INT64_MAX), STATUS_OK);
        cr_assert_eq(service_take(service, weights, slot, t_ps + rows[i].t_us * 1000000),
                     STATUS_OK);
        cr_expect_float_eq(weights[0], rows[i].fidelity, 6e-7);
    }
    service_destroy(service);
    machine_destroy(machine);
}

Test(service, a_stuck_network_names_who_waits_for_what) {
    struct machine *machine = read_text(TWO "fibres: [{between: [q0, q1]}]\n");
    struct service *service = serve(machine, 1);
    uint32_t slot;
    int64_t t_ps;
    bool is_any;
    for (uint64_t id = 0; id < 2; id++) {
        cr_assert_eq(service_submit(service, &slot,
                                    (struct ebit_request){.id = id, .qpu_a = 0, .qpu_b = 1}, 0),
                     STATUS_OK);
    }
    cr_assert_eq(service_next(service, &is_any, &slot, &t_ps, INT64_MAX), STATUS_OK);
    cr_assert(is_any);
    cr_assert_eq(service_next(service, &is_any, &slot, &t_ps, INT64_MAX), STATUS_OK);
    cr_expect_not(is_any); /* the first pair holds the comm qubits until it is used */
    struct text text = {0};
    service_describe(service, &text);
    cr_expect_str_eq(text.data, "1 ebits are waited for; q0-q1 #1 waits for a comm qubit of q0, "
                                "held by q0-q1 #0 (is ready, not used)");
    text_fini(&text);
    double weights[4];
    cr_assert_eq(service_take(service, weights, 0, t_ps + 1000000000), STATUS_OK);
    cr_assert_eq(service_next(service, &is_any, &slot, &t_ps, INT64_MAX), STATUS_OK);
    cr_expect(is_any);
    service_destroy(service);
    machine_destroy(machine);
}

static const char *const machines[] = {
    "cisco-qdc-2026",
    "cisco-qdc-2026:topology=bcube,cutoff=50us,policy.wait=frame",
    "cisco-qdc-2026:topology=qfly,analysers_total=4,policy.width=2",
    "cisco-qdc-2026:topology=clos,n=23,policy.routing=k_shortest,policy.paths=3",
    "cisco-qdc-2026:reconfiguration=1ms,policy.batch=4",
    "cisco-qdc-2026:reconfiguration=1us,policy.schedule=static",
    "cisco-qdc-2026:policy.schedule=shortest_first,topology=grid",
    "cisco-qdc-2026:policy.lookahead=8,cutoff=200us,n=8,qnus.0.T1=1ms,qnus.0.T2=1ms",
    "cisco-qdc-2026:policy.schedule=tdma,policy.slot=50us,policy.lookahead=4,n=8",
    "cisco-qdc-2026:policy.wait=none,topology=ring,n=6",
    "demo-2030:policy.purify=pump,rounds=3,cutoff=100ms,control.handshake=rtt",
    "ft-2035:topology=two_centres,topology.trunk.length=50km,control.message=2us",
};

static uint64_t digest_run(const struct machine *machine, uint64_t timeline,
                           struct network_stats *out_stats) {
    struct service *service = serve(machine, 99);
    uint64_t digest = 0;
    for (int pattern = 0; pattern < 4; pattern++) {
        const struct workload workload = {.pattern = (enum workload_pattern)pattern,
                                          .n_requests = 500,
                                          .seed = 4,
                                          .n_jobs = 2,
                                          .t_use_ps = pattern * 3000000};
        struct workload_result result;
        cr_assert_eq(workload_run(&result, service, machine, &workload, timeline), STATUS_OK, "%s",
                     messages_last());
        cr_expect_eq(service_count_waiting(service), 0);
        cr_expect(result.jain > 0 && result.jain <= 1 + 1e-12);
        const struct network_stats *stats = service_stats(service);
        cr_expect_eq(stats->n_used, 500);
        cr_expect_eq(stats->n_delivered, 500);
        size_t n;
        const struct ebit_ledger *ledgers = service_ledger(service, &n);
        for (size_t i = 0; i < n; i++) {
            digest = digest * 31 + ledgers[i].generated + 7 * ledgers[i].expired;
        }
        digest = digest * 31 + (uint64_t)result.makespan_ps;
        *out_stats = *stats;
        workload_result_fini(&result);
    }
    service_destroy(service);
    return digest;
}

Test(service, every_policy_serves_every_request_and_repeats_itself) {
    for (size_t i = 0; i < sizeof machines / sizeof *machines; i++) {
        struct machine *machine = read_preset(machines[i]);
        struct network_stats stats;
        const uint64_t first = digest_run(machine, 2, &stats);
        cr_expect_eq(first, digest_run(machine, 2, &stats), "%s", machines[i]);
        if (machine->physical->policy.wait != WAIT_NONE) { /* which draws nothing */
            cr_expect_neq(first, digest_run(machine, 3, &stats), "%s", machines[i]);
        }
        machine_destroy(machine);
    }
}

Test(service, ledgers_add_up_without_pools) {
    for (size_t i = 0; i < sizeof machines / sizeof *machines; i++) {
        struct machine *machine = read_preset(machines[i]);
        struct service *service = serve(machine, 8);
        const struct workload workload = {
            .pattern = WORKLOAD_RANDOM, .n_requests = 400, .n_jobs = 1, .seed = 2};
        struct workload_result result;
        cr_assert_eq(workload_run(&result, service, machine, &workload, 0), STATUS_OK);
        if (machine->physical->policy.n_lookahead == 0) {
            expect_balance(service);
        }
        const struct network_stats *stats = service_stats(service);
        cr_expect_leq(stats->comm.busy_ps,
                      (double)stats->comm.capacity * (double)stats->t_end_ps * (1 + 1e-12));
        cr_expect_leq(stats->channels.busy_ps,
                      (double)stats->channels.capacity * (double)stats->t_end_ps * (1 + 1e-12));
        workload_result_fini(&result);
        service_destroy(service);
        machine_destroy(machine);
    }
}

Test(service, pools_shorten_the_wait) {
    double mean[2];
    for (int i = 0; i < 2; i++) {
        struct machine *machine =
            read_preset(i == 0 ? "today-ion:comm=2" : "today-ion:comm=2,policy.lookahead=2");
        struct service *service = serve(machine, 8);
        const struct workload workload = {.pattern = WORKLOAD_NEAREST,
                                          .n_requests = 200,
                                          .n_jobs = 1,
                                          .n_window = 1,
                                          .t_use_ps = 100000000000};
        struct workload_result result;
        cr_assert_eq(workload_run(&result, service, machine, &workload, 0), STATUS_OK, "%s",
                     messages_last());
        const struct network_stats *stats = service_stats(service);
        mean[i] = stats->latency_ps.sum / 200;
        cr_expect_eq(stats->n_from_pool > 50, i == 1, "%lu", stats->n_from_pool);
        workload_result_fini(&result);
        service_destroy(service);
        machine_destroy(machine);
    }
    cr_expect_lt(mean[1], .8 * mean[0]);
}

Test(service, circuits_are_set_up_once_and_batches_save_more) {
    static const struct {
        const char *name;
        uint64_t n_min, n_max;
    } rows[] = {
        /* the same pair again and again: one circuit per window slot */
        {"cisco-qdc-2026:topology=star,n=2,reconfiguration=1ms,comm=1", 1, 1},
        {"cisco-qdc-2026:topology=star,n=2,reconfiguration=1ms", 1, 2},
    };
    for (size_t i = 0; i < 2; i++) {
        struct machine *machine = read_preset(rows[i].name);
        struct service *service = serve(machine, 8);
        const struct workload workload = {
            .pattern = WORKLOAD_NEAREST, .n_requests = 300, .n_jobs = 1};
        struct workload_result result;
        cr_assert_eq(workload_run(&result, service, machine, &workload, 0), STATUS_OK);
        const uint64_t n = service_stats(service)->n_reconfigured;
        cr_expect(n >= rows[i].n_min && n <= rows[i].n_max, "%s: %lu", rows[i].name, n);
        workload_result_fini(&result);
        service_destroy(service);
        machine_destroy(machine);
    }
    uint64_t n_reconfigured[2];
    for (int i = 0; i < 2; i++) {
        struct machine *machine =
            read_preset(i == 0 ? "cisco-qdc-2026:topology=star,n=3,channels=1,reconfiguration=1ms"
                               : "cisco-qdc-2026:topology=star,n=3,channels=1,reconfiguration=1ms,"
                                 "policy.batch=8");
        struct service *service = serve(machine, 8);
        const struct workload workload = {
            .pattern = WORKLOAD_ALL_TO_ALL, .n_requests = 600, .n_jobs = 1, .n_window = 60};
        struct workload_result result;
        cr_assert_eq(workload_run(&result, service, machine, &workload, 0), STATUS_OK);
        n_reconfigured[i] = service_stats(service)->n_reconfigured;
        workload_result_fini(&result);
        service_destroy(service);
        machine_destroy(machine);
    }
    cr_expect_lt(2 * n_reconfigured[1], n_reconfigured[0], "%lu with batches, %lu without",
                 n_reconfigured[1], n_reconfigured[0]);
}

Test(service, outages_delay_and_are_survived) {
    struct machine *machine =
        read_text(TWO "fibres: [{between: [q0, q1]}]\n"
                      "outages: [{between: [q0, q1], from: 5 us, until: 5 ms}]\n");
    struct service *service = serve(machine, 1);
    uint32_t slot;
    int64_t t_ps;
    bool is_any;
    cr_assert_eq(
        service_submit(service, &slot, (struct ebit_request){.id = 1, .qpu_a = 0, .qpu_b = 1}, 0),
        STATUS_OK);
    cr_assert_eq(service_next(service, &is_any, &slot, &t_ps, INT64_MAX), STATUS_OK);
    cr_expect(is_any);
    cr_expect_eq(t_ps, 5011000000); /* no loss: the first attempt after the outage */
    cr_expect_eq(service_stats(service)->n_aborted, 1);
    service_destroy(service);
    machine_destroy(machine);
}

/* Takes the next pair at once: its time and fidelity. */
static int64_t next_time(struct service *service, double *out_fidelity) {
    uint32_t slot;
    int64_t t_ps;
    bool is_any;
    double weights[4];
    cr_assert_eq(service_next(service, &is_any, &slot, &t_ps, INT64_MAX), STATUS_OK);
    cr_assert(is_any);
    cr_assert_eq(service_take(service, weights, slot, t_ps), STATUS_OK);
    *out_fidelity = weights[0];
    return t_ps;
}

/* A ring of four relays, an attempt takes 11 us and succeeds: when a node fails, what it keeps is
 * lost, and the path goes the other way round. */
Test(service, a_node_that_fails_is_gone_round) {
    static const char *const text =
        "qpus: [{name: a, data: 1, comm: 1}, {name: b, data: 1, comm: 1}]\n"
        "qnus: [{source: 1 us, reset: 10 us}]\nrepeaters: [{name: r}, {name: s}]\n"
        "fibres: [{between: [a, r]}, {between: [r, b], length: 100 km},\n"
        "         {between: [a, s], length: 200 km, loss: 0.01 dB/km}, {between: [s, b]}]\n"
        "herald: {model: sender_receiver}\npolicy: {routing: shortest, wait: herald}\n"
        "outages: [{node: %s, from: %s, until: %s}]\n";
    static const struct {
        const char *node, *from, *until;
        int64_t t_ps;
        uint64_t n_expired, n_aborted;
    } cases[] = {
        /* the near half waits for the far one (500 us each way) when its node fails */
        {"r", "100 us", "1 s", 0, 1, 1},
        {"r", "2 s", "3 s", 1011000000, 0, 0},
        {"s", "100 us", "1 s", 1011000000, 0, 0},
    };
    for (size_t i = 0; i < 3; i++) {
        char buffer[1024];
        double fidelity;
        snprintf(buffer, sizeof buffer, text, cases[i].node, cases[i].from, cases[i].until);
        struct machine *machine = read_text(buffer);
        struct service *service = serve(machine, 1);
        uint32_t slot;
        const struct ebit_request request = {.id = 1, .qpu_a = 0, .qpu_b = 1};
        cr_assert_eq(service_submit(service, &slot, request, 0), STATUS_OK);
        const int64_t t_ps = next_time(service, &fidelity);
        size_t n;
        const struct ebit_ledger *ledger = service_ledger(service, &n);
        cr_expect(cases[i].t_ps == 0 ? t_ps > 2000000000 && t_ps < 1000000000000
                                     : t_ps == cases[i].t_ps,
                  "%zu: %ld ps", i, t_ps);
        cr_expect_eq(ledger->expired, cases[i].n_expired);
        cr_expect_eq(ledger->generated, ledger->used + ledger->swapped + ledger->expired);
        cr_expect_eq(service_stats(service)->n_aborted, cases[i].n_aborted);
        service_destroy(service);
        machine_destroy(machine);
    }
}

Test(service, a_qpu_that_fails_loses_its_pairs) {
    struct machine *machine = read_text(TWO "fibres: [{between: [q0, q1]}]\n"
                                            "outages: [{node: q1, from: 20 us, until: 30 us}]\n");
    struct service *service = serve(machine, 1);
    uint32_t slot;
    int64_t t_ps;
    bool is_any;
    double weights[4];
    const struct ebit_request request = {.id = 1, .qpu_a = 0, .qpu_b = 1};
    cr_assert_eq(service_submit(service, &slot, request, 0), STATUS_OK);
    cr_assert_eq(service_next(service, &is_any, &slot, &t_ps, INT64_MAX), STATUS_OK);
    cr_assert(is_any && t_ps == 11000000);
    cr_assert_eq(service_take(service, weights, slot, 25000000), STATUS_OK);
    for (int i = 0; i < 4; i++) {
        cr_expect_float_eq(weights[i], 0.25, 1e-15);
    }
    cr_expect_eq(service_stats(service)->n_lost, 1);
    service_destroy(service);
    machine_destroy(machine);
}

/* One channel, an ebit after the other: the order in which those that wait are served. */
static void expect_order(const char *policy, const char *want) {
    char text[512], got[8] = "";
    snprintf(text, sizeof text,
             "qpus: [{name: q, count: 4, data: 1, comm: 9}]\nqnus: [{source: 1 us, reset: 10 us}]\n"
             "switches: [{name: s, analysers: 1}]\nfibres: [{between: [q0, s], channels: 9},\n"
             " {between: [q1, s], channels: 9}, {between: [q2, s], channels: 9, length: 1 km},\n"
             " {between: [q3, s], channels: 9}]\n"
             "herald: {model: sender_receiver}\npolicy: {wait: herald, %s}\n",
             policy);
    struct machine *machine = read_text(text);
    struct service *service = serve(machine, 1);
    /* the first takes the analyser; due times fall; two more of the pair 0-3 */
    static const uint32_t pairs[][2] = {{0, 1}, {0, 2}, {1, 3}, {0, 3}, {0, 3}, {1, 2}};
    for (uint32_t i = 0; i < 6; i++) {
        uint32_t slot;
        const struct ebit_request request = {.id = i,
                                             .qpu_a = pairs[i][0],
                                             .qpu_b = pairs[i][1],
                                             .t_due_ps = 1000000000 - 1000 * (int64_t)i};
        cr_assert_eq(service_submit(service, &slot, request, 0), STATUS_OK);
    }
    for (int i = 0; i < 6; i++) {
        uint32_t slot;
        int64_t t_ps;
        bool is_any;
        double weights[4];
        cr_assert_eq(service_next(service, &is_any, &slot, &t_ps, INT64_MAX), STATUS_OK);
        cr_assert(is_any);
        got[i] = (char)('0' + service_request_id(service, slot));
        cr_assert_eq(service_take(service, weights, slot, t_ps), STATUS_OK);
    }
    cr_expect_str_eq(got, want, "%s: %s, not %s", policy, got, want);
    service_destroy(service);
    machine_destroy(machine);
}

Test(service, schedules_serve_in_their_order) {
    expect_order("schedule: fcfs", "012345");
    expect_order("schedule: static", "012345");
    expect_order("schedule: shortest_first", "023415");
    expect_order("schedule: edf", "054321");
    expect_order("schedule: max_weight", "031245");
    /* rounds of (a + b) mod 3, 2a mod 3 with QPU 3: 0-3 1-2, then 0-1 2-3, then 0-2 1-3; a slot has
     * time for one ebit */
    expect_order("schedule: tdma, slot: 11 us", "301425");
}

/* Each request has a wait class of its own. */
Test(service, wait_classes_of_requests) {
    struct machine *machine =
        read_text("qpus: [{name: a, data: 1, comm: 1}, {name: b, data: 1, comm: 1}]\n"
                  "qnus: [{transducer: {efficiency: 0.5}}]\nrepeaters: [{name: r, transducer: "
                  "{efficiency: 0.5}}]\n"
                  "fibres: [{between: [a, r], length: 1 km}, {between: [r, b], length: 1 km}]\n"
                  "herald: {model: midpoint_source}\n");
    struct service *service = serve(machine, 1);
    int64_t t_ps = 0;
    double fidelity;
    for (uint32_t i = 0; i < 40; i++) {
        uint32_t slot;
        const struct ebit_request request = {
            .id = i, .qpu_a = 0, .qpu_b = 1, .wait = (enum ebit_wait)(EBIT_WAIT_NONE + i % 3)};
        cr_assert_eq(service_submit(service, &slot, request, t_ps), STATUS_OK);
        const int64_t t_ready_ps = next_time(service, &fidelity);
        const int64_t light_ps = 5000000, took_ps = t_ready_ps - t_ps;
        switch (i % 3) {
        case 0: /* one attempt for each half, 1/4 of them fruitful; the rest is noise */
            cr_expect_eq(took_ps, 0);
            cr_expect_float_eq(fidelity, 1. / 16 + 15. / 64, 1e-12);
            break;
        case 1:
            cr_expect_eq(took_ps % light_ps, 0);
            break;
        case 2: /* and the result of the swap on its way */
            cr_expect_eq(took_ps % light_ps, 0);
            cr_expect_geq(took_ps, 2 * light_ps);
            break;
        }
        cr_expect(i % 3 == 0 || fidelity == 1);
        t_ps = t_ready_ps;
    }
    service_destroy(service);
    machine_destroy(machine);
}

Test(service, refusals) {
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"qpus: [{name: q, count: 2, data: 1, comm: 1}]\nfibres: [{between: [q0, q1]}]\n"
         "herald: {model: two_click}\npolicy: {purify: dejmps, rounds: 3}\n",
         "m:1:15: error: the QNU of QPU 'q0' has a buffer of 0; the policy needs 3 (one per round "
         "of purification, one with a lookahead)"},
        {"qpus: [{name: q, count: 2, data: 1, comm: 1}]\nfibres: [{between: [q0, q1]}]\n"
         "herald: {model: two_click}\npolicy: {width: 2}\n",
         "m:2:10: error: this fibre has 1 channels; policy.width needs 2"},
    };
    for (size_t i = 0; i < 2; i++) {
        struct machine *machine = read_text(cases[i].text);
        struct service *service;
        cr_expect_eq(service_create(&service, machine, 1), STATUS_INPUT);
        cr_expect_str_eq(messages_last(), cases[i].message, "%s", messages_last());
        machine_destroy(machine);
    }
    struct machine *machine = read_text("qpus: [{name: q, count: 2, data: 1, comm: 1}]\n"
                                        "fibres: [{between: [q0, q1], length: 1 km, "
                                        "loss: 1e7 dB/km}]\n"
                                        "herald: {model: two_click}\n");
    struct service *service = serve(machine, 1);
    uint32_t slot;
    cr_expect_eq(
        service_submit(service, &slot, (struct ebit_request){.id = 1, .qpu_a = 0, .qpu_b = 1}, 0),
        STATUS_INPUT);
    cr_expect_str_eq(messages_last(), "m:2:10: error: a link's attempts never succeed");
    service_destroy(service);
    machine_destroy(machine);
    machine = read_text("qpus: [{name: q, count: 2, data: 1, comm: 1}]\n"
                        "fibres: [{between: [q0, q1]}]\n"
                        "qnus: [{transducer: {efficiency: 1e-12}, reset: 60 min}]\n"
                        "herald: {model: two_click}\n");
    service = serve(machine, 1);
    cr_expect_eq(
        service_submit(service, &slot, (struct ebit_request){.id = 1, .qpu_a = 0, .qpu_b = 1}, 0),
        STATUS_INPUT);
    cr_expect_str_eq(messages_last(),
                     "m:2:10: error: the ebit between QPUs q0 and q1 (request 1): simulated time "
                     "passes 2^63 ps (106 days)");
    service_destroy(service);
    machine_destroy(machine);
}

Test(service, quantiles_of_the_histogram) {
    static struct histogram histogram;
    for (int64_t i = 1; i <= 100000; i++) {
        histogram_add(&histogram, i * i);
    }
    for (int k = 1; k < 100; k++) {
        const double want = pow(1000 * k, 2);
        cr_expect_float_eq((double)histogram_quantile(&histogram, k / 100.), want, .017 * want);
    }
    cr_expect_eq(histogram.min, 1);
    cr_expect_eq(histogram.max, INT64_C(10000000000));
    static struct histogram small;
    cr_expect_eq(histogram_quantile(&small, .5), 0);
    histogram_add(&small, 5);
    histogram_add(&small, INT64_MAX);
    cr_expect_eq(histogram_quantile(&small, .5), 5);
    cr_expect_gt(histogram_quantile(&small, .99), INT64_MAX / 2);
}
