/* Random numbers of requests: each has its own, whatever else goes on. */
#include "network/service_impl.h"

static uint32_t stream_of(uint32_t k) {
    return (uint32_t)RNG_NETWORK + (k << 8);
}

/* Draw k, which is the next, among those made with it. */
static uint32_t look_ahead(struct service *s, struct request *request) {
    const uint32_t k = request->n_draws++, i = k % NETWORK_ABREAST;
    if (i == 0) {
        s->kernels->draw(request->ahead, s->seed, request->id, s->timeline, stream_of(k));
    }
    return i;
}

static double draw_one(struct service *s, struct request *request) {
    const uint32_t stream = stream_of(request->n_draws++);
    return rng_uniform(s->seed, request->id, s->timeline, (enum rng_stream)stream);
}

double draw_uniform(struct service *s, struct request *request) {
    return request->ahead != NULL ? request->ahead->u[look_ahead(s, request)]
                                  : draw_one(s, request);
}

int64_t draw_attempts(struct service *s, struct request *request,
                      const struct link_figures *figures) {
    if (request->ahead == NULL) {
        return link_draw_attempts(figures, s->n_width, draw_one(s, request));
    }
    const uint32_t i = look_ahead(s, request);
    return link_attempts_of(figures, s->n_width, request->ahead->u[i], request->ahead->log_rest[i]);
}
