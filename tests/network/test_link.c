/* One link: the published tables, and sampled attempts against their distribution. */
#include <criterion/criterion.h>
#include <math.h>

#include "base/detmath.h"
#include "base/rng.h"
#include "network/link.h"

static const struct machine_detectors ideal_detectors = {.efficiency = 1};

static struct machine_herald herald_of(enum machine_herald_model model) {
    return (struct machine_herald){.model = model, .visibility = 1, .fidelity = 1};
}

static struct link_setup setup_of(const struct machine_herald *herald) {
    return (struct link_setup){
        .a = {.efficiency = 1},
        .b = {.efficiency = 1},
        .herald = herald,
        .detectors = &ideal_detectors,
        .speed_m_s = 2e8,
    };
}

static struct link_figures solve(const struct link_setup *setup) {
    struct link_figures figures;
    cr_assert_eq(link_solve(&figures, setup, (struct src_loc){0}), STATUS_OK);
    return figures;
}

Test(link, table_of_the_data_centre_benchmark) {
    /* radix 8: 2 ceil(log2 8) - 1 = 5 stages; switches + 1 fibres of 0.1 km at 0.1 dB/km */
    static const struct {
        int n_switches;
        double stage_db, loss_db, p, t_attempt_us, mean_us;
    } rows[] = {
        {1, .3, 1.52, .7047, 13, 18.45}, {2, .3, 3.03, .4977, 14, 28.13},
        {3, .3, 4.54, .3516, 15, 42.67}, {5, .3, 7.56, .1754, 17, 96.93},
        {1, 1, 5.02, 0, 13, 41.30},      {2, 1, 10.03, 0, 14, 140.97},
        {3, 1, 15.04, 0, 15, 478.73},    {5, 1, 25.06, 0, 17, 5450.66},
    };
    const struct machine_herald herald = herald_of(HERALD_SENDER_RECEIVER);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct link_setup setup = setup_of(&herald);
        const int n_fibres = rows[i].n_switches + 1;
        setup.length_m = 100 * n_fibres;
        setup.a.loss_db = rows[i].n_switches * 5 * rows[i].stage_db;
        setup.b.loss_db = .01 * n_fibres;
        setup.t_local_ps = 11000000; /* 1 us source, 10 us reset */
        const struct link_figures figures = solve(&setup);
        cr_expect_float_eq(setup.a.loss_db + setup.b.loss_db, rows[i].loss_db, 1e-12);
        cr_expect_eq(figures.t_attempt_ps, (int64_t)(rows[i].t_attempt_us * 1e6));
        const double want = rows[i].t_attempt_us * pow(10, rows[i].loss_db / 10);
        const double mean = (double)figures.t_attempt_ps * 1e-6 / figures.p_success;
        cr_expect_float_eq(mean, want, 1e-9 * want);
        cr_expect_float_eq(mean, rows[i].mean_us, 5.1e-3);
        if (rows[i].p > 0) {
            cr_expect_float_eq(figures.p_success, rows[i].p, 5.1e-5);
        }
        cr_expect_eq(pair_fidelity(&figures.fresh), 1);
    }
}

Test(link, times_of_the_architectures) {
    static const struct {
        enum machine_herald_model model;
        struct link_times times;
    } rows[] = {
        {HERALD_TWO_CLICK, {1, 1, 1, 1}},
        {HERALD_BARRETT_KOK, {2, 2, 2, 2}},
        {HERALD_BARRETT_KOK_NEGOTIATED, {5, 4, 4, 2}},
        {HERALD_SENDER_RECEIVER, {2, 1, 2, 1}},
        {HERALD_MIDPOINT_SOURCE, {1, 1, 1, 1}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct machine_herald herald = herald_of(rows[i].model);
        struct link_setup setup = setup_of(&herald);
        setup.length_m = 20000; /* tau 100 us */
        setup.t_local_ps = 7;
        const struct link_figures figures = solve(&setup);
        const int64_t tau = 100000000, local = 7 * rows[i].times.local;
        cr_expect_eq(figures.t_attempt_ps, rows[i].times.attempt * tau + local);
        cr_expect_eq(figures.t_notify_a_ps, rows[i].times.notify_a * tau + local);
        cr_expect_eq(figures.t_notify_b_ps, rows[i].times.notify_b * tau + local);
    }
}

Test(link, success_of_the_architectures) {
    /* eta_s = eta_d = 0.95 and 0.2 dB/km, 10 km: P(L) */
    const struct machine_detectors detectors = {.efficiency = .95};
    static const enum machine_herald_model models[] = {
        HERALD_TWO_CLICK, HERALD_BARRETT_KOK, HERALD_SENDER_RECEIVER, HERALD_MIDPOINT_SOURCE};
    const double half = pow(10, -.1), whole = pow(10, -.2), d = .95;
    const double want[] = {.5 * pow(d * d * half, 2), .5 * pow(d * d * half, 2), d * d * whole,
                           pow(d * half, 2)};
    for (size_t i = 0; i < 4; i++) {
        const struct machine_herald herald = herald_of(models[i]);
        struct link_setup setup = setup_of(&herald);
        const double source = models[i] == HERALD_MIDPOINT_SOURCE ? 1 : d;
        setup.detectors = &detectors;
        setup.a = (struct link_arm){.efficiency = source, .loss_db = 1};
        setup.b = setup.a;
        cr_expect_float_eq(solve(&setup).p_success, want[i], 1e-12);
    }
}

Test(link, single_click) {
    static const double rows[][4] = {
        {.05, .1, .009975, .952381}, {.2, .3, .1164, .824742}, {.5, .5, .4375, .571429}};
    for (size_t i = 0; i < 3; i++) {
        struct machine_herald herald = herald_of(HERALD_SINGLE_CLICK);
        herald.bright = rows[i][0];
        struct link_setup setup = setup_of(&herald);
        setup.a.efficiency = setup.b.efficiency = rows[i][1];
        const struct link_figures figures = solve(&setup);
        const double a = rows[i][0], eta = rows[i][1], p = 2 * a * eta - a * a * eta * eta;
        cr_expect_float_eq(figures.p_success, p, 1e-14);
        cr_expect_float_eq(figures.p_success, rows[i][2], 1e-9);
        cr_expect_float_eq(pair_fidelity(&figures.fresh), 2 * a * (1 - a) * eta / p, 1e-12);
        cr_expect_float_eq(pair_fidelity(&figures.fresh), rows[i][3], 6e-7);
        /* what is not the heralded state is both bright, and found out by distillation */
        cr_expect_float_eq(figures.z, rows[i][3] - 1, 6e-7);
        const struct pair_raw raw = {figures.fresh, {figures.z, figures.z}};
        struct pair out;
        const double f = pair_fidelity(&figures.fresh);
        cr_expect_float_eq(pair_purify_epl(&out, &raw, &raw, &pair_ideal_ops), f * f / 2, 1e-12);
        cr_expect_float_eq(pair_fidelity(&out), 1, 1e-12);
    }
}

static double noisy_fidelity(enum machine_herald_model model, double noise, double bright) {
    struct machine_herald herald = herald_of(model);
    herald.bright = bright;
    struct link_setup setup = setup_of(&herald);
    setup.a.efficiency = setup.b.efficiency = 1e-9; /* the low-efficiency limit */
    setup.a.added_noise = setup.b.added_noise = noise;
    const struct link_figures figures = solve(&setup);
    return pair_fidelity(&figures.fresh);
}

Test(link, added_noise_of_transducers) {
    static const struct {
        double noise, single, bright, two;
    } rows[] = {{.94, .348, .41, .298}, {.5, .402, .37, .357},  {.16, .532, .27, .552},
                {.1, .590, .23, .649},  {.01, .827, .09, .944}, {.0005, .957, .02, .9970}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const double n = rows[i].noise, f = .5 / (.5 + 4 * n + 4 * n * n);
        const double two = noisy_fidelity(HERALD_TWO_CLICK, n, 0);
        cr_expect_float_eq(two, f + (1 - f) / 4, 1e-9);
        cr_expect_float_eq(two, rows[i].two, 6e-4);
        const double a = rows[i].bright;
        const double single = noisy_fidelity(HERALD_SINGLE_CLICK, n, a);
        cr_expect_float_eq(
            single, (2 * a * (1 - a) + 2 * n * a * (1 - a)) / (2 * a * (1 - a) + 2 * a * a + 2 * n),
            1e-8);
        double best = 0, best_a = 0;
        for (int k = 1; k < 1000; k++) {
            const double trial = noisy_fidelity(HERALD_SINGLE_CLICK, n, k * 1e-3);
            best_a = trial > best ? k * 1e-3 : best_a;
            best = trial > best ? trial : best;
        }
        cr_expect_float_eq(best, rows[i].single, 6e-4);
        cr_expect_float_eq(best_a, a, 6e-3);
    }
    static const double limits[][2] = {{.5, .207},    {.8, .0436},   {.9, .0189},
                                       {.95, .00885}, {.99, .00169}, {.997, .0005}};
    for (size_t i = 0; i < 6; i++) {
        cr_expect_gt(noisy_fidelity(HERALD_TWO_CLICK, .99 * limits[i][1], 0), limits[i][0]);
        cr_expect_lt(noisy_fidelity(HERALD_TWO_CLICK, 1.01 * limits[i][1], 0), limits[i][0]);
    }
}

Test(link, dark_counts_and_visibility) {
    struct machine_herald herald = herald_of(HERALD_TWO_CLICK);
    const struct machine_detectors detectors = {
        .efficiency = 1, .dark_hz = 1e5, .t_window_ps = 1000000};
    struct link_setup setup = setup_of(&herald);
    herald.visibility = .9;
    setup.detectors = &detectors;
    setup.a.efficiency = .01;
    setup.b.efficiency = .02;
    const struct link_figures figures = solve(&setup);
    const double pd = 1 - exp(-.1), real = .01 * .02 / 2;
    const double p1 = (.01 * .98 + .02 * .99) * 2 * pd, p2 = .99 * .98 * 4 * pd * pd;
    cr_expect_float_eq(figures.p_success, real + p1 + p2, 1e-12);
    cr_expect_float_eq(pair_fidelity(&figures.fresh),
                       (real * .95 + (p1 + p2) / 4) / (real + p1 + p2), 1e-12);
}

Test(link, clocks_that_disagree) {
    struct machine_herald herald = herald_of(HERALD_TWO_CLICK);
    const struct machine_detectors detectors = {.efficiency = 1, .t_window_ps = 3000};
    struct link_setup setup = setup_of(&herald);
    herald.t_photon_ps = 500;
    setup.detectors = &detectors;
    setup.a.clock_ps = 300;
    setup.b.clock_ps = 400;
    const struct link_figures figures = solve(&setup);
    /* the mean of exp(-(dt/tau)^2/2) over a normal offset, and the share inside the window */
    double sum = 0, inside = 0, all = 0;
    for (int k = -200000; k <= 200000; k++) {
        const double dt = k * .05, weight = exp(-dt * dt / (2 * 250000.0));
        all += weight;
        sum += weight * exp(-dt * dt / (2 * 250000.0));
        inside += fabs(dt) <= 1500 ? weight : 0;
    }
    cr_expect_float_eq(figures.p_success, .5 * inside / all, 1e-4);
    cr_expect_float_eq(pair_fidelity(&figures.fresh), (1 + sum / all) / 2, 1e-6);
    cr_expect_float_eq(figures.p_success, .5 * erf(1500 / (500 * sqrt(2))), 1e-12);
}

Test(link, repetition_bounds_the_attempts) {
    const struct machine_herald herald = herald_of(HERALD_TWO_CLICK);
    struct link_setup setup = setup_of(&herald);
    setup.length_m = 100;
    setup.repetition_hz = 300e3;
    const struct link_figures figures = solve(&setup);
    cr_expect_eq(figures.t_attempt_ps, 3333333);
    cr_expect_eq(figures.t_notify_a_ps, 500000);
}

Test(link, links_as_measured) {
    struct machine_herald herald = herald_of(HERALD_MEASURED);
    herald.fidelity = .804;
    herald.rate_hz = 12500;
    herald.is_deterministic = true;
    struct link_setup setup = setup_of(&herald);
    struct link_figures figures = solve(&setup);
    int64_t t_ps;
    cr_expect(link_ready_time(&t_ps, &figures, link_draw_attempts(&figures, 1, .999999)));
    cr_expect_eq(t_ps, 80000000);
    cr_expect_float_eq(pair_fidelity(&figures.fresh), .804, 1e-15);
    herald.rate_hz = 9.7;
    herald.is_deterministic = false;
    herald.t_attempt_ps = 1000000;
    figures = solve(&setup);
    cr_expect_float_eq((double)figures.t_attempt_ps / figures.p_success * 1e-9, 103.0927835, 1e-6);
}

Test(link, attempts_are_geometric) {
    static const struct {
        double p;
        uint32_t n_channels;
    } rows[] = {{1, 1}, {.7047, 1}, {.05, 1}, {.05, 5}, {1e-6, 1}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct link_figures figures = {.p_success = rows[i].p,
                                             .log_fail = link_log_fail(rows[i].p)};
        const double p = 1 - pow(1 - rows[i].p, rows[i].n_channels);
        const int n = 20000;
        double sum = 0, first = 0;
        for (int k = 0; k < n; k++) {
            const double u = rng_uniform(3, (uint64_t)k, (uint32_t)i, RNG_TEST);
            const int64_t attempts = link_draw_attempts(&figures, rows[i].n_channels, u);
            cr_assert_geq(attempts, 1);
            sum += (double)attempts;
            first += attempts == 1;
        }
        cr_expect_float_eq(sum / n, 1 / p, 3 * sqrt((1 - p) / n) / p + 1e-12);
        cr_expect_float_eq(first / n, p, 3 * sqrt(p * (1 - p) / n) + 1e-12);
    }
    const struct link_figures rare = {.p_success = 1e-300, .log_fail = link_log_fail(1e-300)};
    cr_expect_eq(link_draw_attempts(&rare, 1, 0.5), INT64_MAX);
}

/* Draws are decided by a rough logarithm where it is clear; u are at and beside what decides. */
Test(link, attempts_are_those_of_the_exact_logarithm) {
    static const double probabilities[] = {1, .9999, .7, .5, .25, .05, 1e-3, 1e-7, 1e-12};
    for (size_t i = 0; i < sizeof probabilities / sizeof *probabilities; i++) {
        const double p = probabilities[i];
        const struct link_figures figures = {.p_success = p, .log_fail = link_log_fail(p)};
        for (uint32_t k = 0; k < 20000; k++) {
            const uint32_t n_channels = 1 + k % 3;
            double u = rng_uniform(4, k, (uint32_t)i, RNG_TEST);
            if (k % 2 == 0) { /* the u from which j attempts have failed, and its neighbours */
                const double j = floor(u * fmin(8 / p, 1e6));
                u = 1 - exp(j * n_channels * figures.log_fail) + ((int)(k / 2 % 5) - 2) * 0x1p-53;
                u = fmin(fmax(u, 0), 1 - 0x1p-53);
                u = 1 - (1 - u); /* a multiple of 2^-53, as draws are */
            }
            const double want = det_log(1 - u) / (figures.log_fail * n_channels);
            cr_assert_eq(link_draw_attempts(&figures, n_channels, u), (int64_t)want + 1,
                         "p %g u %.17g", p, u);
        }
    }
}

/* E[max] of n independent geometrics, in attempts. */
static double mean_slowest(double p_success, unsigned n_links) {
    double sum = 0, choose = 1;
    for (unsigned j = 1; j <= n_links; j++) {
        choose = choose * (n_links - j + 1) / j;
        sum += (j % 2 == 1 ? choose : -choose) / -expm1(j * log1p(-p_success));
    }
    return sum;
}

Test(link, slowest_of_several) {
    static const struct {
        unsigned n;
        double p, want;
    } rows[] = {{2, .1, 14.7368}, {2, .01, 149.7487}, {4, .01, 207.7899}, {8, .01, 270.9245}};
    for (size_t i = 0; i < 4; i++) {
        cr_expect_float_eq(mean_slowest(rows[i].p, rows[i].n), rows[i].want, 6e-5);
    }
    cr_expect_float_eq(mean_slowest(.3, 2), (3 - 2 * .3) / (.3 * (2 - .3)), 1e-12);
    cr_expect_float_eq(mean_slowest(.3, 1), 1 / .3, 1e-12);
}

Test(link, direct_and_one_repeater) {
    static const double rows[][3] = {
        {20, 1.99e3, 3.66e3}, {50, 200, 783}, {100, 10, 130}, {200, .05, 6.65}};
    const struct machine_herald herald = herald_of(HERALD_TWO_CLICK);
    for (size_t i = 0; i < 4; i++) {
        const double km = rows[i][0];
        struct link_setup setup = setup_of(&herald);
        setup.length_m = 1000 * km;
        setup.a.loss_db = setup.b.loss_db = .2 * km / 2;
        struct link_figures figures = solve(&setup);
        const double direct = figures.p_success / ((double)figures.t_attempt_ps * 1e-12);
        cr_expect_float_eq(direct, rows[i][1], .02 * rows[i][1]);
        setup.length_m /= 2;
        setup.a.loss_db /= 2;
        setup.b.loss_db /= 2;
        figures = solve(&setup);
        const double t_s = (double)figures.t_attempt_ps * 1e-12;
        const double mean = mean_slowest(figures.p_success, 2) * t_s + t_s;
        cr_expect_float_eq(1 / mean, rows[i][2], .02 * rows[i][2]);
    }
}

Test(link, impossible_links_are_refused) {
    const struct machine_herald herald = herald_of(HERALD_TWO_CLICK);
    struct link_setup setup = setup_of(&herald);
    struct link_figures figures;
    setup.a.efficiency = 0;
    cr_expect_eq(link_solve(&figures, &setup, (struct src_loc){0}), STATUS_INPUT);
    setup.a.efficiency = 1;
    setup.length_m = 1e30;
    cr_expect_eq(link_solve(&figures, &setup, (struct src_loc){0}), STATUS_INPUT);
}
