/* Published figures, sampled: means of the network at work within 3 sigma of closed forms, and
 * these at the figures. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/rng.h"
#include "machine/import.h"
#include "network/one_pair.h"

static struct machine *read_text(const char *text) {
    struct machine *machine = NULL;
    cr_assert_eq(machine_read_text(&machine, "m", text, strlen(text)), STATUS_OK, "%s", text);
    return machine;
}

struct sample {
    double time_us, sigma_us;    /* mean from request to use, and its standard deviation */
    double age_us, sigma_age_us; /* by correlators exp(-2 age / 1 s) */
    double fidelity;
    uint64_t n_generated;
};

/* One ebit after the other between the first and the last QPU. */
static struct sample sample(const struct machine *machine, int n) {
    struct service *service = NULL;
    const uint32_t b = (uint32_t)machine->n_qpus - 1;
    double sums[4] = {0}, fidelity = 0;
    int64_t t_ps = 0;
    size_t n_ledgers;
    cr_assert_eq(service_create(&service, machine, 31), STATUS_OK);
    for (int i = 0; i < n; i++) {
        double w[4];
        const int64_t t_ready_ps = one_pair(w, service, (uint64_t)i, 0, b, t_ps);
        const double t_us = (double)(t_ready_ps - t_ps) * 1e-6;
        const double age_us = -log(w[0] + w[3] - w[1] - w[2]) / 2 * 1e6;
        sums[0] += t_us / n;
        sums[1] += t_us * t_us / n;
        sums[2] += age_us / n;
        sums[3] += age_us * age_us / n;
        fidelity += w[0] / n;
        t_ps = t_ready_ps;
    }
    const struct sample out = {sums[0],  sqrt((sums[1] - sums[0] * sums[0]) / n),
                               sums[2],  sqrt((sums[3] - sums[2] * sums[2]) / n),
                               fidelity, service_ledger(service, &n_ledgers)[0].generated};
    service_destroy(service);
    return out;
}

Test(golden, data_centre_benchmark) {
    static const double want_us[2][4] = {{18.45, 28.13, 42.67, 96.93},
                                         {41.30, 140.97, 478.73, 5450.66}};
    static const int n_switches[4] = {1, 2, 3, 5};
    for (int lossy = 0; lossy < 2; lossy++) {
        for (int k = 0; k < 4; k++) {
            const int n = n_switches[k];
            const double loss_db = n * 5 * (lossy ? 1 : .3) + .01 * (n + 1);
            const double attempt_us = 12 + n, p = pow(10, -loss_db / 10);
            char text[1024];
            int at = snprintf(text, sizeof text,
                              "qpus: [{name: q, count: 2, data: 1, comm: 1}]\n"
                              "qnus: [{source: 1 us, reset: 10 us}]\n"
                              "switches: [{name: s, count: %d, radix: 8, stage_loss: %g dB}]\n"
                              "herald: {model: sender_receiver}\nfibres:\n",
                              n, lossy ? 1 : .3);
            for (int i = 0; i <= n; i++) {
                char ends[2][16] = {"q0", "q1"};
                if (i > 0) {
                    snprintf(ends[0], sizeof ends[0], "s%d", i - 1);
                }
                if (i < n) {
                    snprintf(ends[1], sizeof ends[1], "s%d", i);
                }
                at += snprintf(text + at, sizeof text - (size_t)at,
                               "  - {between: [%s, %s], length: 0.1 km, loss: 0.1 dB/km}\n",
                               ends[0], ends[1]);
            }
            struct machine *machine = read_text(text);
            const struct sample got = sample(machine, 20000);
            cr_expect_float_eq(got.time_us, attempt_us / p, 3 * got.sigma_us);
            cr_expect_float_eq(attempt_us / p, want_us[lossy][k], 5.1e-3);
            cr_expect_float_eq(got.fidelity, 1, 1e-12);
            machine_destroy(machine);
        }
    }
}

/* Slot by slot: two links, a pair that waited `cutoff` slots for the other is made anew. */
static void two_links(double *out_time, double *out_age, double p, int cutoff, int n) {
    uint64_t draws = 0;
    for (int i = 0; i < n; i++) {
        int age[2] = {-1, -1}, t = 0; /* -1: no pair */
        while (age[0] < 0 || age[1] < 0) {
            t++;
            for (int k = 0; k < 2; k++) {
                age[k] = age[k] >= 0 ? age[k] + 1 : -1;
                if (age[k] < 0 && rng_uniform(7, draws++, 0, RNG_TEST) < p) {
                    age[k] = 0;
                }
            }
            for (int k = 0; k < 2 && (age[0] < 0 || age[1] < 0); k++) {
                age[k] = cutoff > 0 && age[k] >= cutoff ? -1 : age[k];
            }
        }
        *out_time += (double)t / n;
        *out_age += (double)(age[0] > age[1] ? age[0] : age[1]) / n;
    }
}

Test(golden, two_links_wait_for_each_other) {
    static const struct {
        int cutoff;
        double time, age;
    } rows[] = {{0, 29.74, 19.5}, {20, 35.1, 8.5}, {5, 59.1, 2.6}};
    for (size_t i = 0; i < 3; i++) {
        char text[512];
        snprintf(
            text, sizeof text,
            "qpus: [{name: q, count: 3, data: 1, comm: 2}]\n"
            "qnus: [{source: 1 us, buffer: 2, T1: 1 s, T2: 1 s, transducer: {efficiency: 0.05}}]\n"
            "topology: {kind: line}\nherald: {model: sender_receiver}\n"
            "policy: {wait: herald%s%.0d%s}\n",
            rows[i].cutoff > 0 ? ", cutoff: " : "", rows[i].cutoff,
            rows[i].cutoff > 0 ? " us" : "");
        struct machine *machine = read_text(text);
        const struct sample got = sample(machine, 20000);
        double time = 0, age = 0;
        two_links(&time, &age, .05, rows[i].cutoff, 20000);
        cr_expect_float_eq(got.time_us, time, 3 * sqrt(2) * got.sigma_us, "cutoff %d: %g, naive %g",
                           rows[i].cutoff, got.time_us, time);
        cr_expect_float_eq(got.age_us, age, 3 * sqrt(2) * got.sigma_age_us,
                           "cutoff %d: age %g, naive %g", rows[i].cutoff, got.age_us, age);
        cr_expect_float_eq(got.time_us, rows[i].time, .02 * rows[i].time);
        cr_expect_float_eq(got.age_us, rows[i].age, .02 * rows[i].age + .05, "%g", got.age_us);
        machine_destroy(machine);
    }
    const double p = .05, slowest = (3 - 2 * p) / (p * (2 - p)), quickest = 1 / (p * (2 - p));
    cr_expect_float_eq(slowest, 29.74, 5e-3);
    cr_expect_float_eq(slowest - quickest, 19.5, .05);
}

/* time_us: mean from the formula; want: the figure, for the time in us, then for F. */
static void expect_preset(const char *spec, double time_us, double want_us, double tolerance,
                          double want_fidelity) {
    struct machine *machine = NULL;
    cr_assert_eq(machine_read(&machine, spec), STATUS_OK);
    const struct sample got = sample(machine, 4000);
    cr_expect_float_eq(got.time_us, time_us, 3 * got.sigma_us + 1e-9, "%s: %g +- %g us, not %g",
                       spec, got.time_us, got.sigma_us, time_us);
    cr_expect_float_eq(time_us, want_us, tolerance * want_us, "%s: %g us, not %g", spec, time_us,
                       want_us);
    cr_expect_float_eq(got.fidelity, want_fidelity, 6e-4, "%s: F = %g", spec, got.fidelity);
    machine_destroy(machine);
}

/* (1 / p - 1) attempts, then the herald. */
static double mean_us(double p, double attempt_us, double herald_us) {
    return (1 / p - 1) * attempt_us + herald_us;
}

Test(golden, presets) {
    const double arm = .1 * .934, demo = arm * arm / 2 * pow(10, -.3);
    const double ft = .5 * .934 * .5 * .934 / 2 * pow(10, -.3);
    const double today = .022 * .934 * .022 * .934 / 2 * pow(10, -.6);
    expect_preset("today-cryo-mw", 80, 80, 1e-9, .804);
    expect_preset("today-ion", 1e6 / 9.7, 103e3, .01, .969);
    expect_preset("today-ion:herald.fidelity=0.94,herald.rate=250Hz", 4000, 4000, 1e-9, .94);
    expect_preset("today-metro", 1e6 / 1.5, .67e6, .01, .99);
    expect_preset("today-transducer", mean_us(today, 10, .15), 1e6 / 5.3, .01, .298);
    expect_preset("demo-2030:n=2,purify=none", mean_us(demo, 1e1 / 3, .1), 1e6 / 650, .02, .649);
    expect_preset("demo-2030-clean:n=2,purify=none", mean_us(demo, 1e1 / 3, .1), 1e6 / 650, .02,
                  .8994);
    expect_preset("ft-2035:n=2", mean_us(ft, .1, .1), 1e6 / 5.5e5, .01, .9970);
    cr_expect_float_eq(demo, 2.2e-3, 5e-5);
    cr_expect_float_eq(today, 5.3e-5, 5e-7);
}

Test(golden, two_nodes_of_sequence) {
    static const char json[] =
        "{\"nodes\": [{\"name\": \"r1\", \"type\": \"QuantumRouter\", \"memo_size\": 1},\n"
        "  {\"name\": \"r2\", \"type\": \"QuantumRouter\", \"memo_size\": 1}],\n"
        " \"qconnections\": [{\"node1\": \"r1\", \"node2\": \"r2\", \"attenuation\": 0.0001,\n"
        "  \"distance\": 20000, \"type\": \"meet_in_the_middle\"}],\n"
        " \"cconnections\": [{\"node1\": \"r2\", \"node2\": \"r1\", \"delay\": 900000000}]}\n";
    struct text yaml = {0};
    cr_assert_eq(machine_import_sequence(&yaml, "f", json, strlen(json)), STATUS_OK);
    struct machine *machine = read_text(yaml.data);
    const struct sample got = sample(machine, 5000);
    const double p = pow(10, -.2) / 2, want_us = mean_us(p, 4500, 3600);
    cr_expect_float_eq(p, .31548, 5e-6);
    cr_expect_float_eq(p / 4.5e-3, 70, 7);
    cr_expect_float_eq(got.time_us, want_us, 3 * got.sigma_us, "%g +- %g, not %g", got.time_us,
                       got.sigma_us, want_us);
    machine_destroy(machine);
    text_fini(&yaml);
}
