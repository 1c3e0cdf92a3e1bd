#include "program/flow.h"

#include "base/log.h"
#include "base/mem.h"

enum status flow_init(struct flow *flow, size_t n_items, flow_changed *changed, void *ctx) {
    *flow = (struct flow){.changed = changed, .ctx = ctx};
    flow->values = mem_alloc(n_items, sizeof *flow->values);
    flow->stamps = mem_alloc(n_items, sizeof *flow->stamps);
    return flow->values != NULL && flow->stamps != NULL ? STATUS_OK : STATUS_NOFIT;
}

void flow_fini(struct flow *flow) {
    mem_free(flow->values);
    mem_free(flow->stamps);
    mem_free(flow->changes);
    mem_free(flow->branches);
    mem_free(flow->frames);
    *flow = (struct flow){0};
}

static void put(struct flow *flow, uint32_t item, uint32_t value) {
    uint32_t old = flow->values[item];

    flow->values[item] = value;
    if (flow->changed != NULL && old != value) {
        flow->changed(flow->ctx, item, old, value);
    }
}

enum status flow_set(struct flow *flow, uint32_t item, uint32_t value) {
    uint32_t old = flow->values[item];

    if (old == value) {
        return STATUS_OK;
    }
    if (flow->n_frames > 0) {
        TRY(vec_reserve(&flow->changes, flow->n_changes, &flow->cap_changes, 1,
                        sizeof *flow->changes));
        flow->changes[flow->n_changes++] = (struct flow_change){.item = item, .old = old};
    }
    put(flow, item, value);
    return STATUS_OK;
}

enum status flow_open(struct flow *flow) {
    TRY(vec_reserve(&flow->frames, flow->n_frames, &flow->cap_frames, 1, sizeof *flow->frames));
    flow->frames[flow->n_frames++] =
        (struct flow_frame){.n_changes = flow->n_changes, .n_branches = flow->n_branches};
    return STATUS_OK;
}

/* The item is met for the first time since the last step of flow->stamp. */
static bool is_first(struct flow *flow, uint32_t item) {
    bool is_new = flow->stamps[item] != flow->stamp;

    flow->stamps[item] = flow->stamp;
    return is_new;
}

enum status flow_turn(struct flow *flow) {
    struct flow_frame *frame = &flow->frames[flow->n_frames - 1];

    CHECK(flow->n_frames > 0 && !frame->has_turned);
    frame->has_turned = true;
    flow->stamp++;
    for (size_t i = frame->n_changes; i < flow->n_changes; i++) {
        struct flow_change change = flow->changes[i];
        if (!is_first(flow, change.item)) {
            continue;
        }
        TRY(vec_reserve(&flow->branches, flow->n_branches, &flow->cap_branches, 1,
                        sizeof *flow->branches));
        flow->branches[flow->n_branches++] = (struct flow_branch){
            .item = change.item, .entry = change.old, .body = flow->values[change.item]};
        put(flow, change.item, change.old);
    }
    flow->n_changes = frame->n_changes;
    return STATUS_OK;
}

enum status flow_close(struct flow *flow, flow_join *join, void *ctx) {
    const struct flow_frame *frame = &flow->frames[flow->n_frames - 1];
    size_t n_changes = flow->n_changes;

    CHECK(flow->n_frames > 0);
    flow->stamp++;
    for (size_t i = frame->n_branches; i < flow->n_branches; i++) {
        struct flow_branch branch = flow->branches[i];
        uint32_t value;
        is_first(flow, branch.item);
        TRY(join(ctx, &value, branch.item, branch.entry, branch.body, flow->values[branch.item]));
        TRY(flow_set(flow, branch.item, value));
    }
    for (size_t i = frame->n_changes; i < n_changes; i++) {
        struct flow_change change = flow->changes[i];
        uint32_t now = flow->values[change.item], value;
        if (!is_first(flow, change.item)) {
            continue;
        }
        TRY(frame->has_turned ? join(ctx, &value, change.item, change.old, change.old, now)
                              : join(ctx, &value, change.item, change.old, now, change.old));
        TRY(flow_set(flow, change.item, value));
    }
    flow->n_branches = frame->n_branches;
    flow->n_frames--;
    if (flow->n_frames == 0) {
        flow->n_changes = 0;
    }
    return STATUS_OK;
}
