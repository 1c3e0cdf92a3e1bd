/* Making one ebit over one optical link: success probability, weights, times.
 *
 * A link joins two memories, A and B, by light over two arms that meet at an analyser (or run from
 * a source, or from one end to the other). Attempts succeed independently; their number is
 * geometric and drawn once. Pure functions; detmath only. docs/network.md has the formulas. */
#ifndef QSPAN_NETWORK_LINK_H
#define QSPAN_NETWORK_LINK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/log.h"
#include "base/status.h"
#include "machine/physical.h"
#include "network/pair.h"

/* What lies between one memory and the analyser (or source, or other end). */
struct link_arm {
    double efficiency;  /* emission and transducer, 0 to 1 */
    double loss_db;     /* everything from the memory to the detector */
    double added_noise; /* input-referred noise photons per mode */
    double clock_ps;    /* standard deviation of the clock offset */
};
struct link_setup {
    struct link_arm a, b;
    const struct machine_herald *herald; /* model and its parameters */
    const struct machine_detectors *detectors;
    double length_m, speed_m_s; /* the whole link; of light in it */
    int64_t t_local_ps;         /* source and reset, per attempt */
    double repetition_hz;       /* of the slower end; 0: as fast as light allows */
};
struct link_figures {
    double p_success; /* per attempt */
    double log_fail;  /* log(1 - p_success); -inf if p is 1 */
    struct pair fresh;
    double z;             /* single click: <Z> of each half, see struct pair_raw; others: 0 */
    int64_t t_attempt_ps; /* from one attempt to the next */
    int64_t t_notify_a_ps, t_notify_b_ps; /* from the start of an attempt: the end knows */
    int64_t t_age_ps;                     /* of each half when the later end knows */
};

/* Multiples of the one-way delay of the whole link and of the local delay, as MQNS tabulates. */
struct link_times {
    uint8_t attempt, notify_a, notify_b, local;
};
struct link_times link_times_of(enum machine_herald_model model);

/* Errors: STATUS_INPUT (logged with loc, a place in the machine file) when nothing can succeed or
 * times overflow. */
enum status link_solve(struct link_figures *out, const struct link_setup *setup,
                       struct src_loc loc);

/* Attempts until the first success on n_channels parallel channels, from u in [0, 1): geometric,
 * at least 1; saturates at INT64_MAX. */
int64_t link_draw_attempts(const struct link_figures *figures, uint32_t n_channels, double u);
/* The same, given log(1 - u) within 1e-11 of itself, which mostly decides. */
int64_t link_attempts_of(const struct link_figures *figures, uint32_t n_channels, double u,
                         double log_rest);
/* From the start of attempt 1 until both ends know of success in attempt k; false: overflow. */
static inline bool link_ready_time(int64_t *out_t_ps, const struct link_figures *figures,
                                   int64_t n_attempts) {
    const int64_t last_ps = figures->t_notify_a_ps > figures->t_notify_b_ps
                                ? figures->t_notify_a_ps
                                : figures->t_notify_b_ps;
    int64_t t_ps;
    if (__builtin_mul_overflow(n_attempts - 1, figures->t_attempt_ps, &t_ps) ||
        __builtin_add_overflow(t_ps, last_ps, &t_ps)) {
        return false;
    }
    *out_t_ps = t_ps;
    return true;
}
/* log(1 - p), exact for small p. */
double link_log_fail(double p);

#endif
