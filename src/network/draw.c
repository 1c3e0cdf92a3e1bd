/* Random numbers of requests: each has its own, whatever else goes on. */
#include "network/service_impl.h"

static uint32_t stream_of(uint32_t k) {
    return (uint32_t)RNG_NETWORK + (k << 8);
}

/* Draw k of the request among those made with it; *out_i: which. */
static const struct network_draws *look_ahead(struct service *s, struct request *request,
                                              uint32_t *out_i) {
    const uint32_t k = request->n_draws++;
    *out_i = k % NETWORK_ABREAST;
    if (*out_i == 0) {
        s->kernels->draw_streams(request->ahead, s->seed, request->id, s->timeline, stream_of(k));
    }
    return request->ahead;
}

/* The only draw of most requests: theirs are made with those of their neighbours. */
static const struct network_draws *look_around(struct service *s, struct request *request,
                                               uint32_t *out_i) {
    const uint64_t group = request->id / NETWORK_ABREAST;
    struct first_draws *first = &s->first_draws[group % FIRST_DRAWS];
    request->n_draws++;
    *out_i = request->id % NETWORK_ABREAST;
    if (first->group != group) {
        s->kernels->draw_sites(&first->draws, s->seed, group * NETWORK_ABREAST, s->timeline,
                               stream_of(0));
        first->group = group;
    }
    return &first->draws;
}

static double draw_one(struct service *s, struct request *request) {
    const uint32_t stream = stream_of(request->n_draws++);
    return rng_uniform(s->seed, request->id, s->timeline, (enum rng_stream)stream);
}

double draw_uniform(struct service *s, struct request *request) {
    uint32_t i;
    if (request->ahead == NULL) {
        return draw_one(s, request);
    }
    const struct network_draws *draws = look_ahead(s, request, &i);
    return draws->u[i];
}

int64_t draw_attempts(struct service *s, struct request *request,
                      const struct link_figures *figures) {
    uint32_t i;
    if (request->ahead == NULL && request->n_draws > 0) {
        return link_draw_attempts(figures, s->n_width, draw_one(s, request));
    }
    const struct network_draws *draws =
        request->ahead != NULL ? look_ahead(s, request, &i) : look_around(s, request, &i);
    return link_attempts_of(figures, s->n_width, draws->u[i], draws->log_rest[i]);
}
