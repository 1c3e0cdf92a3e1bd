#include "dem/model.h"

#include <string.h>

#include "dem/target_set.h"

struct dem_block *model_new_block(struct dem_model *model) {
    struct dem_block *block = arena_alloc(&model->arena, sizeof *block);
    if (block != NULL) {
        block->next = model->blocks;
        model->blocks = block;
    }
    return block;
}

enum status model_add(struct dem_model *model, struct dem_block *block,
                      struct dem_instruction instruction) {
    instruction.args =
        arena_copy(&model->arena, instruction.args, instruction.n_args * sizeof *instruction.args);
    instruction.targets = arena_copy(&model->arena, instruction.targets,
                                     instruction.n_targets * sizeof *instruction.targets);
    if (instruction.args == NULL || instruction.targets == NULL) {
        return STATUS_NOFIT;
    }
    TRY(vec_reserve(&block->items, block->n, &block->cap, 1, sizeof *block->items));
    block->items[block->n++] = instruction;
    return STATUS_OK;
}

uint64_t model_count_shifts(const struct dem_block *block) {
    uint64_t n = 0;
    for (size_t i = 0; i < block->n; i++) {
        const struct dem_instruction *item = &block->items[i];
        n += item->kind == DEM_SHIFT    ? item->count
             : item->kind == DEM_REPEAT ? item->count * model_count_shifts(item->block)
                                        : 0;
    }
    return n;
}

enum status model_add_last_shift(struct dem_model *model, struct dem_block *block, uint64_t count) {
    if (block->n > 0 && block->items[0].kind == DEM_SHIFT) {
        block->items[0].count += count;
        return STATUS_OK;
    }
    TRY(model_add(model, block, (struct dem_instruction){.kind = DEM_SHIFT, .count = count}));
    const struct dem_instruction shift = block->items[block->n - 1];
    memmove(block->items + 1, block->items, (block->n - 1) * sizeof *block->items);
    block->items[0] = shift;
    return STATUS_OK;
}

void dem_destroy(struct dem_model *model) {
    if (model != NULL) {
        for (struct dem_block *block = model->blocks; block != NULL; block = block->next) {
            mem_free(block->items);
        }
        arena_fini(&model->arena);
        mem_free(model);
    }
}

/* ---- printing ---- */

struct printer {
    struct text *out;
    const struct dem_model *model;
    uint64_t n_passed; /* detectors that shifts have passed */
    uint64_t *seen;    /* targets of errors printed so far, plus 1; 0: free */
    size_t n_seen, n_slots;
};

static size_t find_slot(const uint64_t *slots, size_t n_slots, uint64_t key) {
    size_t at = (size_t)(key * UINT64_C(0x9e3779b97f4a7c15) >> 20) & (n_slots - 1);
    while (slots[at] != 0 && slots[at] != key) {
        at = (at + 1) & (n_slots - 1);
    }
    return at;
}

static enum status note_seen(struct printer *p, uint64_t target) {
    if (target == DEM_SEPARATOR) {
        return STATUS_OK;
    }
    if (2 * (p->n_seen + 1) > p->n_slots) {
        const size_t n_slots = p->n_slots == 0 ? 1024 : 2 * p->n_slots;
        uint64_t *slots = mem_alloc(n_slots, sizeof *slots);
        if (slots == NULL) {
            return STATUS_NOFIT;
        }
        for (size_t i = 0; i < p->n_slots; i++) {
            if (p->seen[i] != 0) {
                slots[find_slot(slots, n_slots, p->seen[i])] = p->seen[i];
            }
        }
        mem_free(p->seen);
        p->seen = slots;
        p->n_slots = n_slots;
    }
    const size_t at = find_slot(p->seen, p->n_slots, target + 1);
    p->n_seen += p->seen[at] == 0;
    p->seen[at] = target + 1;
    return STATUS_OK;
}

static bool is_seen(const struct printer *p, uint64_t target) {
    return p->n_slots > 0 && p->seen[find_slot(p->seen, p->n_slots, target + 1)] != 0;
}

static void print_head(struct printer *p, const struct dem_instruction *item, const char *name,
                       unsigned indent) {
    text_printf(p->out, "%*s%s", (int)indent, "", name);
    if (item->tag != 0) {
        text_printf(p->out, "[%s]", p->model->tags[item->tag - 1]);
    }
    for (uint32_t i = 0; i < item->n_args; i++) {
        text_printf(p->out, "%s%.19g", i == 0 ? "(" : ", ", item->args[i]);
    }
    text_add(p->out, item->n_args > 0 ? ")" : "");
}

static void print_targets(struct printer *p, const struct dem_instruction *item) {
    for (size_t i = 0; i < item->n_targets; i++) {
        const uint64_t target = item->targets[i];
        if (target == DEM_SEPARATOR) {
            text_add(p->out, " ^");
        } else if (target_is_detector(target)) {
            text_printf(p->out, " D%llu", (unsigned long long)(target - p->n_passed));
        } else {
            text_printf(p->out, " L%llu", (unsigned long long)(target ^ DEM_OBSERVABLE));
        }
    }
    text_add(p->out, "\n");
}

static enum status print_block(struct printer *p, const struct dem_block *block, unsigned indent);

static enum status print_repeat(struct printer *p, const struct dem_instruction *item,
                                unsigned indent) {
    const uint64_t before = p->n_passed;
    print_head(p, item, "repeat", indent);
    text_printf(p->out, " %llu {\n", (unsigned long long)item->count);
    TRY(print_block(p, item->block, indent + 4));
    text_printf(p->out, "%*s}\n", (int)indent, "");
    p->n_passed += (p->n_passed - before) * (item->count - 1);
    return STATUS_OK;
}

static enum status print_item(struct printer *p, const struct dem_instruction *item,
                              unsigned indent) {
    switch ((enum dem_kind)item->kind) {
    case DEM_ERROR:
        for (size_t i = 0; i < item->n_targets; i++) {
            TRY(note_seen(p, item->targets[i]));
        }
        print_head(p, item, "error", indent);
        print_targets(p, item);
        return STATUS_OK;
    case DEM_DETECTOR:
    case DEM_LOGICAL: /* left out where errors name it and there is no more to say */
        if (item->n_args > 0 || item->tag != 0 || !is_seen(p, item->targets[0])) {
            print_head(p, item, item->kind == DEM_LOGICAL ? "logical_observable" : "detector",
                       indent);
            print_targets(p, item);
        }
        return STATUS_OK;
    case DEM_SHIFT:
        print_head(p, item, "shift_detectors", indent);
        text_printf(p->out, " %llu\n", (unsigned long long)item->count);
        p->n_passed += item->count;
        return STATUS_OK;
    case DEM_REPEAT:
        return print_repeat(p, item, indent);
    }
    return STATUS_INTERNAL;
}

static enum status print_block(struct printer *p, const struct dem_block *block, unsigned indent) {
    for (size_t i = block->n; i-- > 0;) {
        TRY(print_item(p, &block->items[i], indent));
    }
    return STATUS_OK;
}

enum status dem_print(struct text *out, const struct dem_model *model) {
    struct printer p = {.out = out, .model = model};
    enum status status = print_block(&p, model->block, 0);
    mem_free(p.seen);
    return status == STATUS_OK && out->failed ? STATUS_NOFIT : status;
}
