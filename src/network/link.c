#include "network/link.h"

#include <math.h>
#include <string.h>

#include "base/detmath.h"
#include "base/log.h"
#include "base/units.h"

#define LN10_OVER_10 0.23025850929940458

struct link_times link_times_of(enum machine_herald_model model) {
    switch (model) {
    case HERALD_TWO_CLICK:
    case HERALD_SINGLE_CLICK:
    case HERALD_MIDPOINT_SOURCE:
        return (struct link_times){1, 1, 1, 1};
    case HERALD_BARRETT_KOK:
        return (struct link_times){2, 2, 2, 2};
    case HERALD_BARRETT_KOK_NEGOTIATED:
        return (struct link_times){5, 4, 4, 2};
    case HERALD_SENDER_RECEIVER:
        return (struct link_times){2, 1, 2, 1};
    case HERALD_MEASURED:
    case HERALD_N_MODELS:
        break;
    }
    return (struct link_times){0, 0, 0, 0};
}

static double transmission(double loss_db) {
    return det_exp(-loss_db * LN10_OVER_10);
}

/* erf(x) for x >= 0 by its series about 0; 1 beyond 6, where 1 - erf is below 2^-53. */
static double erf_of(double x) {
    double term = x, sum = x;
    if (x > 6) {
        return 1;
    }
    for (int n = 1; n < 200 && (term > sum * 1e-17); n++) {
        term *= 2 * x * x / (2 * n + 1);
        sum += term;
    }
    return sum * det_exp(-x * x) * 1.1283791670955126; /* 2/sqrt(pi) */
}

/* What clocks that disagree by a normal offset leave: of the visibility, and of the window. */
struct clock_share {
    double visible, in_window;
};

static struct clock_share share_of_clocks(const struct link_setup *setup) {
    const double variance =
        setup->a.clock_ps * setup->a.clock_ps + setup->b.clock_ps * setup->b.clock_ps;
    const double photon = (double)setup->herald->t_photon_ps;
    const double window = (double)setup->detectors->t_window_ps;
    struct clock_share share = {1, 1};
    if (variance <= 0) {
        return share;
    }
    if (photon > 0) {
        share.visible = 1 / sqrt(1 + variance / (photon * photon));
    }
    if (window > 0) {
        share.in_window = erf_of(window / (2 * sqrt(2 * variance)));
    }
    return share;
}

static double dark_probability(const struct machine_detectors *detectors) {
    const double mean = detectors->dark_hz * (double)detectors->t_window_ps * 1e-12;
    return 1 - det_exp(-mean);
}

/* Shares of heralds: true ones of visibility v, both-bright ones (X or Y), product or mixed. */
static struct pair combine(const double weights[4]) {
    double sum = 0, unit[4];
    for (int i = 0; i < 4; i++) {
        sum += weights[i];
    }
    for (int i = 0; i < 4; i++) {
        unit[i] = sum > 0 ? weights[i] / sum : 0.25;
    }
    return pair_from_weights(unit);
}

static void solve_two_photons(struct link_figures *out, const struct link_setup *setup,
                              double eta_a, double eta_b, double visibility) {
    const double pd = dark_probability(setup->detectors);
    const double noise = (setup->a.added_noise + setup->b.added_noise) / 2;
    const double real = eta_a * eta_b / 2;
    const double one = (eta_a * (1 - eta_b) + eta_b * (1 - eta_a)) * 2 * pd;
    const double none = (1 - eta_a) * (1 - eta_b) * 4 * pd * pd;
    const double mixed = (one + none + real * (8 * noise + 8 * noise * noise)) / 4;
    const double weights[4] = {real * (1 + visibility) / 2 + mixed, mixed, mixed,
                               real * (1 - visibility) / 2 + mixed};
    out->p_success = real + one + none;
    out->fresh = combine(weights);
}

static void solve_single_click(struct link_figures *out, const struct link_setup *setup, double eta,
                               double visibility) {
    const double a = setup->herald->bright, pd = dark_probability(setup->detectors);
    const double noise = (setup->a.added_noise + setup->b.added_noise) / 2;
    const double real = 2 * a * (1 - a) * eta;
    const double p = 2 * a * eta - a * a * eta * eta;
    const double both = p - real > 0 ? p - real : 0;
    const double product = 2 * noise * eta + 2 * pd, phase = sqrt(visibility);
    const double odd = product * a * (1 - a), even = product * (a * a + (1 - a) * (1 - a)) / 2;
    const double weights[4] = {real * (1 + phase) / 2 + odd, both / 2 + even, both / 2 + even,
                               real * (1 - phase) / 2 + odd};
    out->p_success = p + 2 * pd;
    out->fresh = combine(weights);
    out->z = (-both + product * (1 - 2 * a)) /
             (real + both + product * (a * a + 2 * a * (1 - a) + (1 - a) * (1 - a)));
}

static void solve_source(struct link_figures *out, const struct link_setup *setup, double eta_a,
                         double eta_b, double visibility) {
    const double mu = setup->herald->mean_pairs;
    const double real = eta_a * eta_b, mixed = real * mu / 4;
    const double weights[4] = {real * (1 + visibility) / 2 + mixed, mixed, mixed,
                               real * (1 - visibility) / 2 + mixed};
    out->p_success = mu > 0 ? mu * real : real;
    out->fresh = combine(weights);
}

static double arm_eta(const struct link_arm *arm, double shared) {
    return arm->efficiency * transmission(arm->loss_db) * shared;
}

static void solve_success(struct link_figures *out, const struct link_setup *setup) {
    const struct machine_herald *herald = setup->herald;
    const struct clock_share clocks = share_of_clocks(setup);
    const double shared = setup->detectors->efficiency,
                 visibility = herald->visibility * clocks.visible;
    const double eta_a = arm_eta(&setup->a, shared), eta_b = arm_eta(&setup->b, shared);
    switch (herald->model) {
    case HERALD_TWO_CLICK:
    case HERALD_BARRETT_KOK:
    case HERALD_BARRETT_KOK_NEGOTIATED:
        solve_two_photons(out, setup, eta_a, eta_b, visibility);
        break;
    case HERALD_SINGLE_CLICK:
        solve_single_click(out, setup, sqrt(eta_a * eta_b), visibility);
        break;
    case HERALD_MIDPOINT_SOURCE:
        solve_source(out, setup, eta_a, eta_b, visibility);
        break;
    case HERALD_SENDER_RECEIVER: {
        const double eta =
            setup->a.efficiency * shared * transmission(setup->a.loss_db + setup->b.loss_db);
        const double weights[4] = {eta * (1 + visibility) / 2, 0, 0, eta * (1 - visibility) / 2};
        out->p_success = eta;
        out->fresh = combine(weights);
        break;
    }
    case HERALD_MEASURED:
    case HERALD_N_MODELS:
        break;
    }
    out->p_success *= clocks.in_window;
    const struct pair factor = pair_from_fidelity(herald->fidelity);
    out->fresh.lx *= factor.lx;
    out->fresh.ly *= factor.ly;
    out->fresh.lz *= factor.lz;
    out->z *= factor.lz;
}

static enum status refuse_overflow(struct src_loc loc) {
    return log_error_at(STATUS_INPUT, loc,
                        "a link's attempts take longer than simulated time (2^63 ps)");
}

/* Doubles of at most 2^62 fit with room to add. */
static bool to_ps(int64_t *out_t_ps, double t_ps) {
    if (!(t_ps >= 0 && t_ps < 0x1p62)) {
        return false;
    }
    *out_t_ps = (int64_t)(t_ps + 0.5);
    return true;
}

static enum status solve_times(struct link_figures *out, const struct link_setup *setup,
                               struct src_loc loc) {
    const struct link_times times = link_times_of(setup->herald->model);
    const double tau = setup->length_m / setup->speed_m_s * 1e12;
    const double local = times.local * (double)setup->t_local_ps;
    const double period = setup->repetition_hz > 0 ? 1e12 / setup->repetition_hz : 0;
    const double attempt = times.attempt * tau + local;
    if (!to_ps(&out->t_attempt_ps, attempt > period ? attempt : period) ||
        !to_ps(&out->t_notify_a_ps, times.notify_a * tau + local) ||
        !to_ps(&out->t_notify_b_ps, times.notify_b * tau + local) ||
        !to_ps(&out->t_age_ps,
               (times.notify_a > times.notify_b ? times.notify_a : times.notify_b) * tau)) {
        return refuse_overflow(loc);
    }
    return STATUS_OK;
}

static enum status solve_measured(struct link_figures *out, const struct link_setup *setup,
                                  struct src_loc loc) {
    const struct machine_herald *herald = setup->herald;
    const double period = 1e12 / herald->rate_hz;
    *out = (struct link_figures){.p_success = 1, .fresh = pair_from_fidelity(herald->fidelity)};
    if (herald->is_deterministic) {
        if (!to_ps(&out->t_attempt_ps, period)) {
            return refuse_overflow(loc);
        }
    } else {
        out->t_attempt_ps = herald->t_attempt_ps;
        out->p_success = (double)herald->t_attempt_ps / period;
    }
    out->t_notify_a_ps = out->t_notify_b_ps = out->t_attempt_ps;
    return STATUS_OK;
}

enum status link_solve(struct link_figures *out, const struct link_setup *setup,
                       struct src_loc loc) {
    *out = (struct link_figures){0};
    if (setup->herald->model == HERALD_MEASURED) {
        TRY(solve_measured(out, setup, loc));
    } else {
        solve_success(out, setup);
        TRY(solve_times(out, setup, loc));
    }
    if (!(out->p_success > 0)) {
        return log_error_at(STATUS_INPUT, loc, "a link's attempts never succeed");
    }
    out->p_success = out->p_success > 1 ? 1 : out->p_success;
    out->log_fail = link_log_fail(out->p_success);
    return STATUS_OK;
}

double link_log_fail(double p) {
    if (p < 1e-4) { /* log(1-p) by its series: 1 - p would lose digits */
        return -p * (1 + p * (1.0 / 2 + p * (1.0 / 3 + p * (1.0 / 4 + p / 5))));
    }
    return det_log(1 - p);
}

/* log x for x in [2^-53, 1] within 1e-11 of itself: det_log's series, but fewer terms and in pairs,
 * so that they overlap. */
static double log_roughly(double x) {
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    bits -= UINT64_C(0x3fe6a09e667f3bcd); /* sqrt(1/2): x = m 2^e with m from there to sqrt(2) */
    const int e = (int)((int64_t)bits >> 52);
    bits = (bits & 0xfffffffffffff) + UINT64_C(0x3fe6a09e667f3bcd);
    double m;
    memcpy(&m, &bits, sizeof m);
    const double s = (m - 1) / (m + 1), z = s * s, z2 = z * z;
    const double low = (2 + z * (2.0 / 3)) + z2 * (2.0 / 5 + z * (2.0 / 7));
    const double high = (2.0 / 9 + z * (2.0 / 11)) + z2 * (2.0 / 13 + z * (2.0 / 15));
    return e * 0.6931471805599453 + s * (low + z2 * z2 * high);
}

int64_t link_draw_attempts(const struct link_figures *figures, uint32_t n_channels, double u) {
    return link_attempts_of(figures, n_channels, u, log_roughly(1 - u)); /* 1 - u is exact, > 0 */
}

int64_t link_attempts_of(const struct link_figures *figures, uint32_t n_channels, double u,
                         double log_rest) {
    const double log_fail = figures->log_fail * n_channels;
    const double rough = log_rest * (1 / log_fail);
    const double whole = rough < 0x1p30 ? (double)(int64_t)rough : rough;
    const double rest = rough - whole, error = rough * 1e-10;
    if (rest > error && rest < 1 - error) { /* else it may round to another whole number */
        return (int64_t)whole + 1;
    }
    const double k = det_log(1 - u) / log_fail;
    return k < 0x1p62 ? (int64_t)k + 1 : INT64_MAX;
}
