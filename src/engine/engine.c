#include "engine/engine.h"

#include <string.h>

#include "base/mem.h"

static const struct engine_class *const engines[] = {&engine_statevector, &engine_frame};

const struct engine_class *const *engine_list(size_t *out_n) {
    *out_n = sizeof engines / sizeof engines[0];
    return engines;
}

const struct engine_class *engine_find(const char *name) {
    size_t n = 0;
    const struct engine_class *const *list = engine_list(&n);
    for (size_t i = 0; i < n; i++) {
        if (strcmp(list[i]->name, name) == 0) {
            return list[i];
        }
    }
    return NULL;
}

void engine_distribution_fini(struct engine_distribution *distribution) {
    for (size_t i = 0; i < distribution->n_factors; i++) {
        mem_free(distribution->factors[i].index);
        mem_free(distribution->factors[i].p);
    }
    mem_free(distribution->factors);
    *distribution = (struct engine_distribution){0};
}
