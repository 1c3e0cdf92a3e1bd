/* Purification on one segment: pairs of equal level meet and become one of the next. */
#include "base/detmath.h"
#include "network/service_impl.h"

static struct ladder *ladder_of(const struct service *s, struct request *request,
                                uint32_t segment) {
    char *at = (char *)request->ladders + segment * s->ladder_bytes;
    return (struct ladder *)(void *)at;
}

/* The factors by which lz, and lx and ly, of a stored pair shrink. */
static void keep_of(double *out_keep1, double *out_keep2, const struct pair_decay *decay,
                    int64_t t_ps) {
    const double t = (double)t_ps;
    if (!pair_decays(t_ps, decay)) {
        *out_keep1 = *out_keep2 = 1;
        return;
    }
    *out_keep2 = det_exp(-t * decay->rate2);
    *out_keep1 = decay->rate1 == decay->rate2 ? *out_keep2 : det_exp(-t * decay->rate1);
}

static void shrink(struct pair *pair, double keep1, double keep2) {
    pair->lx *= keep2;
    pair->ly *= keep2;
    pair->lz *= keep1;
}

/* Of a Pauli channel, Z shrinks with T1. */
static void age_raw(struct pair_raw *raw, const struct ladder *ladder, int64_t t_ps) {
    for (int i = 0; i < 2; i++) {
        if (raw->z[i] != 0 && ladder->rate1[i] > 0) {
            raw->z[i] *= det_exp(-(double)t_ps * ladder->rate1[i]);
        }
    }
}

void ladder_set(struct service *s, struct request *request, uint32_t index) {
    struct ladder *ladder = ladder_of(s, request, index);
    const struct segment *segment = &request->route->segments[index];
    const struct link_figures *figures = request->makings[index].figures;
    const struct machine_qnu *qnus[2];
    struct pair_ops ops[2];
    for (int i = 0; i < 2; i++) {
        qnus[i] = routes_qnu(s->routes, segment->ends[i]);
        ops[i] = service_ops(s, segment->ends[i]);
        ladder->rate1[i] = s->decays[segment->ends[i]].rate1;
    }
    const int64_t slower_ps =
        qnus[0]->t_swap_ps > qnus[1]->t_swap_ps ? qnus[0]->t_swap_ps : qnus[1]->t_swap_ps;
    double keep1, keep2;
    ladder->t_step_ps = slower_ps + segment->t_light_ps + s->physical->control.t_message_ps;
    /* one gate and one bit per end; the ends may differ: the mean of both */
    ladder->ops =
        (struct pair_ops){(ops[0].gate + ops[1].gate) / 2, (ops[0].flip + ops[1].flip) / 2};
    ladder->decay = service_segment_decay(s, request, index);
    keep_of(&ladder->keep1, &ladder->keep2, &ladder->decay, ladder->t_step_ps);
    keep_of(&keep1, &keep2, &ladder->decay, figures->t_age_ps);
    const double z = s->policy->purify == PURIFY_EPL ? figures->z : 0;
    ladder->raw = (struct pair_raw){figures->fresh, {z, z}};
    shrink(&ladder->raw.pair, keep1, keep2);
    age_raw(&ladder->raw, ladder, figures->t_age_ps);
}

static void expect(struct rung *rung, const struct ladder *ladder, int64_t t_ps) {
    rung->t_keep_ps = t_ps;
    keep_of(&rung->keep1, &rung->keep2, &ladder->decay, t_ps - rung->t_ps);
}

void ladder_expect(const struct service *s, struct request *request, uint32_t index, int64_t t_ps) {
    struct ladder *ladder = ladder_of(s, request, index);
    const bool is_pump = s->policy->purify == PURIFY_PUMP;
    uint32_t level = 0; /* of what the raw pair would have become */
    for (uint32_t i = request->makings[index].n_rungs; i-- > 0; level++) {
        struct rung *rung = &ladder->rungs[i];
        if ((!is_pump && rung->level != level) ||
            __builtin_add_overflow(t_ps, ladder->t_step_ps, &t_ps)) {
            return;
        }
        expect(rung, ladder, t_ps);
    }
}

static bool is_enough(const struct service *s, const struct rung *rung) {
    return rung->level >= s->policy->n_rounds ||
           (s->policy->target > 0 && pair_fidelity(&rung->pair) >= s->policy->target);
}

static void drop_expired(struct service *s, struct request *request, struct making *making,
                         struct rung *rungs, int64_t t_ps) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < making->n_rungs; i++) {
        const bool is_old = t_ps - rungs[i].t_born_ps > s->policy->t_cutoff_ps;
        ledger_of(request)->expired += is_old;
        if (!is_old) {
            rungs[n++] = rungs[i];
        }
    }
    making->n_rungs = n;
}

/* Two raw pairs of which something is known beside their correlators. */
static double purify_raw(struct pair *out, const struct ladder *ladder, const struct pair *kept,
                         const struct pair *spent, int64_t t_kept_ps) {
    struct pair_raw raw[2] = {ladder->raw, ladder->raw};
    age_raw(&raw[0], ladder, t_kept_ps);
    age_raw(&raw[1], ladder, ladder->t_step_ps);
    raw[0].pair = *kept;
    raw[1].pair = *spent;
    return pair_purify_epl(out, &raw[0], &raw[1], &ladder->ops);
}

/* As pair_purify by DEJMPS, the same bits. */
static double purify_fast(const struct network_kernels *kernels, struct pair *out,
                          const struct pair_ops *ops, const struct pair *kept,
                          const struct pair *spent) {
    const struct network_pairs pairs = {{kept->lx, kept->ly, kept->lz},
                                        {spent->lx, spent->ly, spent->lz},
                                        ops->gate * ops->gate,
                                        2 * ops->flip * (1 - ops->flip)};
    double better[3];
    const double p = kernels->dejmps(better, &pairs);
    *out = (struct pair){better[0], better[1], better[2]};
    return p;
}

/* The two youngest pairs of the ladder become a better one at t, or none. The last was there one
 * step before. */
static void purify_top(struct service *s, struct request *request, struct making *making,
                       struct ladder *ladder, int64_t t_ps) {
    struct rung *kept = &ladder->rungs[making->n_rungs - 2];
    const struct rung *last = &ladder->rungs[making->n_rungs - 1];
    const double u = draw_uniform(s, request);
    struct pair spent = last->pair, better;
    if (kept->t_keep_ps != t_ps) {
        expect(kept, ladder, t_ps);
    }
    shrink(&kept->pair, kept->keep1, kept->keep2);
    shrink(&spent, ladder->keep1, ladder->keep2);
    double p;
    if (s->policy->purify == PURIFY_EPL && kept->level == 0) {
        p = purify_raw(&better, ladder, &kept->pair, &spent, t_ps - kept->t_ps);
    } else if (s->policy->purify == PURIFY_BBPSSW) {
        p = pair_purify(&better, &kept->pair, &spent, PAIR_BBPSSW, &ladder->ops);
    } else {
        p = purify_fast(s->kernels, &better, &ladder->ops, &kept->pair, &spent);
    }
    const bool is_success = u < p;
    ledger_of(request)->purified_away += is_success ? 1 : 2;
    making->n_rungs -= is_success ? 1 : 2;
    s->stats.n_messages += 2;
    if (is_success) {
        kept->t_born_ps = kept->t_born_ps < last->t_born_ps ? kept->t_born_ps : last->t_born_ps;
        kept->pair = better;
        kept->t_ps = t_ps;
        kept->t_keep_ps = -1;
        kept->level++;
    }
}

static bool can_purify(const struct service *s, const struct making *making,
                       const struct rung *rungs) {
    const uint32_t n = making->n_rungs;
    return n >= 2 && (s->policy->purify == PURIFY_PUMP || rungs[n - 1].level == rungs[n - 2].level);
}

enum status ladder_climb(struct service *s, uint32_t slot, uint32_t index) {
    struct request *request = &s->requests[slot];
    struct making *making = &request->makings[index];
    struct ladder *ladder = ladder_of(s, request, index);
    struct rung *rungs = ladder->rungs;
    int64_t t_ps = s->t_now_ps;
    if (s->policy->t_cutoff_ps > 0) {
        drop_expired(s, request, making, rungs, t_ps);
    }
    struct rung *raw = &rungs[making->n_rungs++];
    raw->pair = ladder->raw.pair;
    raw->t_ps = raw->t_born_ps = t_ps;
    raw->t_keep_ps = -1;
    raw->level = 0;
    while (can_purify(s, making, rungs)) {
        TRY(service_later(s, request, &t_ps, t_ps, ladder->t_step_ps));
        purify_top(s, request, making, ladder, t_ps);
    }
    if (making->n_rungs != 1 || !is_enough(s, &rungs[0])) {
        return request_start_attempts(s, slot, index, t_ps);
    }
    s->stats.n_below_target +=
        s->policy->target > 0 && pair_fidelity(&rungs[0].pair) < s->policy->target;
    making->n_rungs = 0;
    making->pair = rungs[0].pair;
    making->t_ps = t_ps;
    making->t_born_ps = rungs[0].t_born_ps;
    const struct service_event event = {EVENT_SEGMENT, index, slot, making->stamp};
    return t_ps > s->t_now_ps ? service_push(s, t_ps, event)
                              : request_segment_ready(s, slot, index);
}
