#include "engine/statevector/snapshot.h"

#include <string.h>

#include "base/log.h"
#include "base/mem.h"

enum { MAP_FROM = 1 << 20 }; /* bytes from which pages are better than the heap */

struct snapshot {
    double counted_bytes;
    struct layout_wire *wires;
    struct layout_group *groups; /* those in use */
    size_t n_groups;
    union statevector_block *amps;
    size_t n_amp_bytes;
};

double snapshot_bytes(const struct layout *layout) {
    double most = 0;
    for (int i = 0; i < layout->n_ranks; i++) {
        most = layout->used[i] > most ? layout->used[i] : most;
    }
    return most + (double)layout->task->n_wires * sizeof(struct layout_wire);
}

double snapshot_size(const struct snapshot *snapshot) {
    return snapshot->counted_bytes;
}

static enum status copy_group(struct layout_group *to, const struct layout_group *from) {
    TRY(vec_reserve(&to->wires, 0, &to->cap_wires, from->n, sizeof *to->wires));
    memcpy(to->wires, from->wires, from->n * sizeof *to->wires);
    TRY(layout_copy_deal(&to->deal, &from->deal));
    to->n = from->n;
    return STATUS_OK;
}

static enum status copy_records(struct snapshot *snapshot, const struct layout *layout) {
    size_t n_wires = layout->task->n_wires, n_groups = layout->n_groups - layout->n_free_slots;
    snapshot->wires = mem_alloc(n_wires, sizeof *snapshot->wires);
    snapshot->groups = mem_alloc(n_groups, sizeof *snapshot->groups);
    if (snapshot->wires == NULL || snapshot->groups == NULL) {
        return STATUS_NOFIT;
    }
    memcpy(snapshot->wires, layout->wires, n_wires * sizeof *snapshot->wires);
    for (uint32_t slot = 0; slot < layout->n_groups; slot++) {
        if (layout->groups[slot].n > 0) {
            TRY(copy_group(&snapshot->groups[snapshot->n_groups], &layout->groups[slot]));
            snapshot->n_groups++;
        }
    }
    return STATUS_OK;
}

/* Between the blocks of a group and the copy, where they stand one after the other. */
static union statevector_block *copy_amps(const struct store *store, uint32_t slot,
                                          union statevector_block *amps, bool to_store) {
    struct store_view view = store_view_group(store, slot);
    size_t n = (size_t)store_chunk_blocks(&view);
    const struct store_table *table = &store->tables[slot];
    bool is_large = store_is_large(table->n, n, view.lane_bits);
#pragma omp parallel for schedule(static) if (is_large)
    for (size_t i = 0; i < table->n; i++) {
        union statevector_block *block = pool_at(&store->pool, table->handles[i]);
        union statevector_block *copy = amps + i * n;
        memcpy(to_store ? block : copy, to_store ? copy : block, n * sizeof *amps);
    }
    return amps + table->n * n;
}

static void free_amps(struct snapshot *snapshot) {
    if (snapshot->amps != NULL && snapshot->n_amp_bytes >= MAP_FROM) {
        mem_unmap(snapshot->amps, snapshot->n_amp_bytes);
    } else {
        mem_free(snapshot->amps);
    }
}

static enum status make_snapshot(struct snapshot *snapshot, const struct store *store) {
    TRY(copy_records(snapshot, store->layout));
    snapshot->counted_bytes = snapshot_bytes(store->layout);
    snapshot->n_amp_bytes = (size_t)store->pool.used * sizeof *snapshot->amps;
    snapshot->amps = snapshot->n_amp_bytes >= MAP_FROM ? mem_map(snapshot->n_amp_bytes)
                                                       : mem_alloc(1, snapshot->n_amp_bytes);
    return snapshot->amps == NULL ? STATUS_NOFIT : STATUS_OK;
}

enum status snapshot_take(struct snapshot **out_snapshot, struct store *store) {
    struct snapshot *snapshot = mem_alloc(1, sizeof *snapshot);
    enum status status = snapshot == NULL ? STATUS_NOFIT : make_snapshot(snapshot, store);
    status = comm_agree(store->team, status);
    if (status != STATUS_OK) {
        snapshot_destroy(snapshot);
        return status;
    }
    union statevector_block *amps = snapshot->amps;
    for (uint32_t slot = 0; slot < store->layout->n_groups; slot++) {
        if (store->layout->groups[slot].n > 0) {
            amps = copy_amps(store, slot, amps, false);
        }
    }
    *out_snapshot = snapshot;
    return STATUS_OK;
}

enum status snapshot_restore(struct store *store, const struct snapshot *snapshot) {
    struct layout *layout = store->layout;
    layout_reset(layout);
    union statevector_block *amps = snapshot->amps;
    for (size_t i = 0; i < snapshot->n_groups; i++) {
        const struct layout_group *group = &snapshot->groups[i];
        uint32_t slot = 0;
        TRY(layout_place(layout, &slot, group->wires, group->n, &group->deal));
        amps = copy_amps(store, slot, amps, true);
    }
    for (uint32_t i = 0; i < layout->task->n_wires; i++) {
        const struct layout_wire *saved = &snapshot->wires[i];
        if (saved->group == LAYOUT_ALONE) {
            layout->wires[i] = *saved;
        }
        layout->wires[i].flip = saved->flip;
    }
    return STATUS_OK;
}

void snapshot_destroy(struct snapshot *snapshot) {
    if (snapshot == NULL) {
        return;
    }
    for (size_t i = 0; i < snapshot->n_groups; i++) {
        mem_free(snapshot->groups[i].wires);
        mem_free(snapshot->groups[i].deal.ranks);
    }
    free_amps(snapshot);
    mem_free(snapshot->groups);
    mem_free(snapshot->wires);
    mem_free(snapshot);
}
