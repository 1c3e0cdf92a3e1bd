/* Circuits that take time to set up stay until their channels are wanted elsewhere. */
#include <string.h>

#include "network/service_impl.h"

static void drop_from_fibre(struct idle_list *list, const struct circuit *circuit) {
    size_t i = 0;
    while (list->circuits[i] != circuit) {
        i++;
    }
    memmove(list->circuits + i, list->circuits + i + 1, (--list->n - i) * sizeof *list->circuits);
}

/* No longer idle: off all lists; its channels stay taken. */
static void unlist_circuit(struct service *s, struct circuit *circuit) {
    struct segment *segment = circuit->segment;
    struct circuit **at = &segment->idle;
    while (*at != circuit) {
        at = &(*at)->next;
    }
    *at = circuit->next;
    for (uint32_t i = 0; i < segment->n_fibres; i++) {
        drop_from_fibre(&s->idle[segment->fibres[i]], circuit);
        s->resources[channel_of(s, segment->fibres[i])].n_idle--;
        resource_count(s, channel_of(s, segment->fibres[i]));
    }
    circuit->next = s->spare_circuits;
    s->spare_circuits = circuit;
}

static enum status tear_down(struct service *s, struct circuit *circuit) {
    struct segment *segment = circuit->segment;
    unlist_circuit(s, circuit);
    for (uint32_t i = 0; i < segment->n_fibres; i++) {
        TRY(resource_give(s, RESOURCE_CHANNEL, channel_of(s, segment->fibres[i]), s->n_width));
    }
    return STATUS_OK;
}

static enum status keep_circuit(struct service *s, struct segment *segment) {
    struct circuit *circuit = s->spare_circuits;
    if (circuit != NULL) {
        s->spare_circuits = circuit->next;
    } else {
        circuit = arena_alloc(&s->arena, sizeof *circuit);
        if (circuit == NULL) {
            return STATUS_NOFIT;
        }
    }
    *circuit = (struct circuit){segment, segment->idle, s->n_circuits++};
    segment->idle = circuit;
    for (uint32_t i = 0; i < segment->n_fibres; i++) {
        struct idle_list *list = &s->idle[segment->fibres[i]];
        TRY(vec_reserve(&list->circuits, list->n, &list->cap, 1, sizeof *list->circuits));
        list->circuits[list->n++] = circuit; /* oldest first */
        s->resources[channel_of(s, segment->fibres[i])].n_idle++;
        TRY(resource_note(s, channel_of(s, segment->fibres[i])));
    }
    return STATUS_OK;
}

enum status circuit_take(struct service *s, bool *out_is_new, struct segment *segment) {
    if (segment->idle != NULL) {
        unlist_circuit(s, segment->idle);
        *out_is_new = false;
        return STATUS_OK;
    }
    for (uint32_t i = 0; i < segment->n_fibres; i++) {
        const size_t channel = channel_of(s, segment->fibres[i]);
        while (s->resources[channel].n_free < s->n_width) {
            TRY(tear_down(s, s->idle[segment->fibres[i]].circuits[0]));
        }
        resource_take_here(s, channel, s->n_width);
    }
    s->n_in_use[RESOURCE_CHANNEL] += (double)segment->n_fibres * s->n_width;
    *out_is_new = segment->t_reconf_ps > 0;
    return STATUS_OK;
}

enum status circuit_give(struct service *s, struct segment *segment) {
    if (segment->t_reconf_ps > 0) {
        return keep_circuit(s, segment);
    }
    for (uint32_t i = 0; i < segment->n_fibres; i++) {
        TRY(resource_give_here(s, channel_of(s, segment->fibres[i]), s->n_width));
    }
    s->n_in_use[RESOURCE_CHANNEL] -= (double)segment->n_fibres * s->n_width;
    return STATUS_OK;
}
