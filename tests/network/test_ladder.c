/* Nested purification whose stored pairs age meanwhile: what the network samples against its exact
 * means. S is the time to make a pair of a level, l = (1, lx, ly, lz) its correlators then; wanted
 * are E[exp(-s S) l]. The first pair of a level ages while the second is made, so the second's
 * transform enters at s plus the rate; outcomes are linear in both; failures begin anew. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "network/one_pair.h"

struct ladder {
    double p, attempt_us, step_us, fidelity;
    double rates[4]; /* of both halves, per us */
};

static const double signs[4][4] = {{1, 1, 1, 1}, {1, 1, -1, -1}, {1, -1, 1, -1}, {1, -1, -1, 1}};

/* From moments E[a_i b_j] of correlators to those of the pair that DEJMPS leaves; [0]: success. */
static void bilateral(double out[4], const double moments[4][4]) {
    enum { I, X, Z, Y }; /* Y and Z exchanged */
    double w[4][4] = {{0}};
    for (int n = 0; n < 256; n++) {
        const int k = n & 3, m = n >> 2 & 3, i = n >> 4 & 3, j = n >> 6;
        w[k][m] += signs[i][k] * signs[j][m] * moments[i][j] / 16;
    }
    const double good[4] = {w[I][I] + w[Z][Z], w[X][X] + w[Y][Y], w[X][Y] + w[Y][X],
                            w[I][Z] + w[Z][I]};
    for (int k = 0; k < 4; k++) {
        out[k] = 0;
        for (int m = 0; m < 4; m++) {
            out[k] += signs[k][m] * good[m];
        }
    }
}

static void transform(double out[4], const struct ladder *ladder, int level, double s) {
    if (level == 0) {
        const double q = exp(-s * ladder->attempt_us), wait = q * ladder->p;
        for (int i = 0; i < 4; i++) {
            out[i] =
                (i > 0 ? (4 * ladder->fidelity - 1) / 3 : 1) * wait / (1 - (1 - ladder->p) * q);
        }
        return;
    }
    double kept[4], moments[4][4];
    transform(kept, ladder, level - 1, s);
    for (int i = 0; i < 4; i++) {
        double spent[4];
        transform(spent, ladder, level - 1, s + ladder->rates[i]);
        for (int j = 0; j < 4; j++) {
            const double rate = s + ladder->rates[i] + ladder->rates[j];
            moments[i][j] = kept[i] * spent[j] * exp(-rate * ladder->step_us);
        }
    }
    bilateral(out, moments);
    const double fail = moments[0][0] - out[0];
    for (int i = 0; i < 4; i++) {
        out[i] /= 1 - fail;
    }
}

struct mean {
    double sum, square;
    int n;
};
static void mean_add(struct mean *mean, double x) {
    mean->sum += x;
    mean->square += x * x;
    mean->n++;
}
static void expect_mean(const struct mean *mean, double want, const char *what, int rounds) {
    const double got = mean->sum / mean->n;
    const double sigma = sqrt((mean->square / mean->n - got * got) / mean->n);
    cr_expect_float_eq(got, want, 3 * sigma, "%s, %d rounds: %g +- %g, not %g", what, rounds, got,
                       sigma, want);
    cr_expect_lt(sigma, .02 * want);
}

static struct service *serve(struct machine **out_machine, int rounds) {
    struct service *service = NULL;
    char text[512];
    snprintf(text, sizeof text,
             "qpus: [{name: q, count: 2, data: 1, comm: 1}]\n"
             "qnus: [{qpu: q0, buffer: 8, T1: 2 ms, T2: 1 ms}, {qpu: q1, buffer: 8, T1: 5 ms, T2: "
             "3 ms}]\n"
             "fibres: [{between: [q0, q1], length: 400 m}]\n"
             "herald: {model: measured, fidelity: 0.85, rate: 20 kHz, attempt: 5 us}\n"
             "policy: {purify: dejmps, rounds: %d}\n",
             rounds);
    cr_assert_eq(machine_read_text(out_machine, "m", text, strlen(text)), STATUS_OK);
    cr_assert_eq(service_create(&service, *out_machine, 29), STATUS_OK);
    return service;
}

Test(ladder, ageing_while_pairs_are_made) {
    for (int rounds = 1; rounds <= 3; rounds++) {
        struct machine *machine;
        struct service *service = serve(&machine, rounds);
        struct mean time_us = {0}, fidelity = {0}, lz = {0};
        int64_t t_ps = 0;
        cr_assert_eq(service_begin(service, 1), STATUS_OK);
        for (uint64_t i = 0; i < 6000; i++) {
            double w[4];
            const int64_t t_ready_ps = one_pair(w, service, i, 0, 1, t_ps);
            mean_add(&time_us, (double)(t_ready_ps - t_ps) * 1e-6);
            mean_add(&fidelity, w[0]);
            mean_add(&lz, w[0] + w[3] - w[1] - w[2]);
            t_ps = t_ready_ps;
        }
        const double rate1 = 1 / 2e3 + 1 / 5e3, rate2 = 1 / 1e3 + 1 / 3e3, h = 1e-7;
        const struct ladder ladder = {.1, 5, 2, .85, {0, rate2, rate2, rate1}};
        double l[4], before[4], after[4];
        transform(l, &ladder, rounds, 0);
        transform(before, &ladder, rounds, -h);
        transform(after, &ladder, rounds, h);
        expect_mean(&time_us, (before[0] - after[0]) / (2 * h), "us", rounds);
        expect_mean(&fidelity, (1 + l[1] + l[2] + l[3]) / 4, "F", rounds);
        expect_mean(&lz, l[3], "lz", rounds);
        service_destroy(service);
        machine_destroy(machine);
    }
}
