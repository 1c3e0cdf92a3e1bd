/* One ebit of a service with nothing else under way: asked for, and taken when it is ready. */
#ifndef QSPAN_TESTS_NETWORK_ONE_PAIR_H
#define QSPAN_TESTS_NETWORK_ONE_PAIR_H

#include <criterion/criterion.h>

#include "network/service.h"

/* Request number id, at t_ps; returns when it is ready. out_weights: 4. */
static inline int64_t one_pair(double *out_weights, struct service *service, uint64_t id,
                               uint32_t qpu_a, uint32_t qpu_b, int64_t t_ps) {
    const struct ebit_request request = {.id = id, .qpu_a = qpu_a, .qpu_b = qpu_b};
    int64_t t_ready_ps;
    uint32_t slot, ready;
    bool is_any;
    cr_assert_eq(service_submit(service, &slot, request, t_ps), STATUS_OK);
    cr_assert_eq(service_next(service, &is_any, &ready, &t_ready_ps, INT64_MAX), STATUS_OK);
    cr_assert(is_any && ready == slot);
    cr_assert_eq(service_take(service, out_weights, slot, t_ready_ps), STATUS_OK);
    return t_ready_ps;
}

#endif
