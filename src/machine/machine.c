#include "machine/machine.h"

#include <stdlib.h>
#include <string.h>

#include "machine/build.h"

struct machine *machine_create(void) {
    return mem_alloc(1, sizeof(struct machine));
}

void machine_destroy(struct machine *machine) {
    if (machine == NULL) {
        return;
    }
    mem_free(machine->qpus);
    mem_free(machine->links);
    mem_free(machine->by_name);
    machine_physical_destroy(machine->physical);
    arena_fini(&machine->arena);
    mem_free(machine);
}

static int compare_names(const void *a, const void *b, void *ctx) {
    const struct machine_qpu *qpus = ctx;
    uint32_t i = *(const uint32_t *)a, j = *(const uint32_t *)b;
    int order = strcmp(qpus[i].name, qpus[j].name);
    return order != 0 ? order : (i > j) - (i < j);
}

enum status machine_index_names(struct machine *machine) {
    size_t n = machine->n_qpus;
    uint32_t *by_name = mem_alloc(n, sizeof *by_name);
    if (by_name == NULL) {
        return STATUS_NOFIT;
    }
    for (size_t i = 0; i < n; i++) {
        by_name[i] = u32_from_size(i);
    }
    qsort_r(by_name, n, sizeof *by_name, compare_names, machine->qpus);
    mem_free(machine->by_name);
    machine->by_name = by_name;
    const struct machine_qpu *first = NULL, *again = NULL; /* the earliest repetition */
    for (size_t k = 1; k < n; k++) {
        const struct machine_qpu *a = &machine->qpus[by_name[k - 1]];
        const struct machine_qpu *b = &machine->qpus[by_name[k]];
        if (strcmp(a->name, b->name) == 0 && (again == NULL || b < again)) {
            first = a;
            again = b;
        }
    }
    if (again != NULL) {
        return log_error_at(STATUS_INPUT, again->loc,
                            "two QPUs are named '%s' (the other one at line %u)", again->name,
                            first->loc.line);
    }
    return STATUS_OK;
}

enum status machine_rename_qpus(struct machine *machine, const char *const *names) {
    for (size_t i = 0; i < machine->n_qpus; i++) {
        machine->qpus[i].name = arena_strdup(&machine->arena, names[i]);
        if (machine->qpus[i].name == NULL) {
            return STATUS_NOFIT;
        }
    }
    return machine_index_names(machine);
}

uint32_t machine_find_qpu(const struct machine *machine, const char *name) {
    size_t low = 0, high = machine->n_qpus;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        int order = strcmp(machine->qpus[machine->by_name[mid]].name, name);
        if (order == 0) {
            return machine->by_name[mid];
        }
        if (order < 0) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    return UINT32_MAX;
}

const struct machine_link *machine_find_link(const struct machine *machine, uint32_t a,
                                             uint32_t b) {
    CHECK(a < machine->n_qpus && b < machine->n_qpus);
    if (a == b) {
        return NULL;
    }
    uint32_t first = a < b ? a : b, second = a < b ? b : a;
    size_t low = 0, high = machine->n_links;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        const struct machine_link *link = &machine->links[mid];
        if (link->a == first && link->b == second) {
            return link;
        }
        if (link->a < first || (link->a == first && link->b < second)) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    return machine->is_complete ? &machine->default_link : NULL;
}

static enum status refuse_lifetime(int64_t t_ps, struct src_loc loc, const char *name) {
    if (t_ps != 0) {
        return log_error_at(STATUS_INPUT, loc,
                            "%s is not simulated yet; set it to 'infinite' or remove it, and give "
                            "`relaxation` of gates in a noise model (--noise)",
                            name);
    }
    return STATUS_OK;
}

enum status machine_check_lifetimes(const struct machine *machine) {
    for (size_t i = 0; i < machine->n_qpus; i++) {
        const struct machine_qpu *qpu = &machine->qpus[i];
        TRY(refuse_lifetime(qpu->t1_ps, qpu->loc_t1, "T1"));
        TRY(refuse_lifetime(qpu->t2_ps, qpu->loc_t2, "T2"));
    }
    return STATUS_OK;
}
