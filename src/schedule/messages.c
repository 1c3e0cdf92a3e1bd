#include "schedule/messages.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* A MEASURE into a bit, or an ASSIGN. */
struct bit_write {
    uint32_t bit, qpu;
    size_t op;
};
/* A use of a bit away from its writer, as program_visit_receptions tells. */
struct use {
    size_t op;
    uint32_t bit, from, to;
};
struct finder {
    const struct program *program;
    const struct blocks *blocks;
    struct messages *messages;
    struct bit_write *writes; /* sorted by (bit, qpu, op) */
    size_t n_writes, cap_writes;
    struct bit_write *sends; /* explicit ones, likewise; qpu is the receiver */
    size_t n_sends, cap_sends;
    struct use *uses;
    size_t n_uses, cap_uses;
    enum status status; /* of the visit */
};

static int compare_sizes(size_t a, size_t b) {
    return a < b ? -1 : a > b;
}

static int compare_writes(const void *a_ptr, const void *b_ptr) {
    const struct bit_write *a = a_ptr, *b = b_ptr;
    const int by_bit = compare_sizes(a->bit, b->bit), by_qpu = compare_sizes(a->qpu, b->qpu);
    return by_bit ? by_bit : by_qpu ? by_qpu : compare_sizes(a->op, b->op);
}

static int compare_channels(const void *a_ptr, const void *b_ptr) {
    const struct channel *a = a_ptr, *b = b_ptr;
    const int by_settle = compare_sizes(a->settle, b->settle);
    const int by_from = compare_sizes(a->from, b->from), by_bit = compare_sizes(a->bit, b->bit);
    return by_settle ? by_settle
           : by_from ? by_from
           : by_bit  ? by_bit
                     : compare_sizes(a->to, b->to);
}

static enum status collect_writes(struct finder *finder) {
    const struct op_list *ops = &finder->program->ops;
    for (size_t i = 0; i < ops->n_ops; i++) {
        const struct op *op = &ops->ops[i];
        if (op->kind == OP_SEND) {
            TRY(vec_reserve(&finder->sends, finder->n_sends, &finder->cap_sends, 1,
                            sizeof *finder->sends));
            finder->sends[finder->n_sends++] = (struct bit_write){op->bit, (uint32_t)op->arg, i};
        }
        if ((op->kind != OP_MEASURE && op->kind != OP_ASSIGN) || op->bit == OP_NO_BIT) {
            continue;
        }
        TRY(vec_reserve(&finder->writes, finder->n_writes, &finder->cap_writes, 1,
                        sizeof *finder->writes));
        finder->writes[finder->n_writes++] = (struct bit_write){op->bit, op->qpu, i};
    }
    if (finder->n_writes > 0) {
        qsort(finder->writes, finder->n_writes, sizeof *finder->writes, compare_writes);
    }
    if (finder->n_sends > 0) {
        qsort(finder->sends, finder->n_sends, sizeof *finder->sends, compare_writes);
    }
    return STATUS_OK;
}

static void collect_use(void *ctx, size_t op_index, uint32_t bit, uint32_t from_qpu,
                        uint32_t to_qpu) {
    struct finder *finder = ctx;
    if (finder->status != STATUS_OK) {
        return;
    }
    finder->status =
        vec_reserve(&finder->uses, finder->n_uses, &finder->cap_uses, 1, sizeof *finder->uses);
    if (finder->status == STATUS_OK) {
        finder->uses[finder->n_uses++] = (struct use){op_index, bit, from_qpu, to_qpu};
    }
}

/* The last of the bit and QPU before `op`; NULL: none. */
static const struct bit_write *find_before(const struct bit_write *list, size_t n, uint32_t bit,
                                           uint32_t qpu, size_t op) {
    const struct bit_write key = {bit, qpu, op};
    size_t low = 0, high = n;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (compare_writes(&list[middle], &key) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    const bool is_found = low > 0 && list[low - 1].bit == bit && list[low - 1].qpu == qpu;
    return is_found ? &list[low - 1] : NULL;
}

/* The last write of the bit by that QPU before `op`, in ops first and later; SIZE_MAX: none. */
static size_t last_write(const struct finder *finder, const struct use *use, size_t first,
                         size_t op) {
    const struct bit_write *write =
        find_before(finder->writes, finder->n_writes, use->bit, use->from, op);
    return write && write->op >= first ? write->op : SIZE_MAX;
}

/* Where a write is settled as seen from the ops of `block`, which holds it. */
static size_t settle_of(const struct blocks *blocks, size_t write, uint32_t block) {
    uint32_t id = blocks->of_op[write];
    if (id == block) {
        return write;
    }
    while (blocks->blocks[id].parent != block) {
        id = blocks->blocks[id].parent;
    }
    return blocks->blocks[id].close;
}

/* A channel is made for each reception here; merge_channels joins the equal ones. */
static enum status add_reception(struct finder *finder, const struct use *use, size_t place,
                                 size_t write, uint32_t block, bool is_carried) {
    struct messages *messages = finder->messages;
    TRY(vec_reserve(&messages->channels, messages->n_channels, &messages->cap_channels, 1,
                    sizeof *messages->channels));
    TRY(vec_reserve(&messages->receptions, messages->n_receptions, &messages->cap_receptions, 1,
                    sizeof *messages->receptions));
    messages->receptions[messages->n_receptions++] = (struct reception){
        .place = place,
        .op = use->op,
        .to = use->to,
        .channel = u32_from_size(messages->n_channels),
        .is_carried = is_carried,
    };
    messages->channels[messages->n_channels++] = (struct channel){
        .settle = settle_of(finder->blocks, write, block),
        .from = use->from,
        .to = use->to,
        .bit = use->bit,
        .n_loops = finder->blocks->blocks[block].n_loops,
    };
    return STATUS_OK;
}

static enum status resolve_use(struct finder *finder, const struct use *use) {
    const struct blocks *blocks = finder->blocks;
    const size_t place = blocks_place(blocks, use->op);
    size_t position = place;
    if (finder->program->ops.ops[use->op].kind == OP_RECV) {
        const struct bit_write *send =
            find_before(finder->sends, finder->n_sends, use->bit, use->to, use->op);
        CHECK(send);
        return add_reception(finder, use, place, send->op, blocks->of_op[send->op], false);
    }
    uint32_t id = blocks->of_op[place];
    for (;;) {
        const struct block *block = &blocks->blocks[id];
        size_t write = last_write(finder, use, block->first, position);
        if (write != SIZE_MAX) {
            return add_reception(finder, use, place, write, id, false);
        }
        write = last_write(finder, use, position, block->limit);
        if (block_is_loop(block) && write != SIZE_MAX) {
            TRY(add_reception(finder, use, place, write, id, true));
        }
        if (id == BLOCK_TOP) {
            return STATUS_OK;
        }
        position = block->marker;
        id = block->parent;
    }
}

/* The condition of a WHILE is taken again after each round: a use at its END of what the round
 * wrote. */
static enum status resolve_repeated_condition(struct finder *finder, const struct use *use) {
    const struct op *op = &finder->program->ops.ops[use->op];
    if (op->kind != OP_WHILE || op->match == use->op + 1) {
        return STATUS_OK;
    }
    const size_t write = last_write(finder, use, use->op + 1, op->match);
    if (write == SIZE_MAX) {
        return STATUS_OK;
    }
    return add_reception(finder, use, op->match, write, finder->blocks->of_op[use->op + 1], false);
}

static void merge_channels(struct messages *messages, const struct channel *made) {
    size_t n = 0;
    qsort(messages->channels, messages->n_channels, sizeof *messages->channels, compare_channels);
    for (size_t i = 0; i < messages->n_channels; i++) {
        if (n == 0 || compare_channels(&messages->channels[n - 1], &messages->channels[i]) != 0) {
            messages->channels[n++] = messages->channels[i];
        }
    }
    messages->n_channels = n;
    for (size_t i = 0; i < messages->n_receptions; i++) {
        const struct channel *found =
            bsearch(&made[messages->receptions[i].channel], messages->channels, n,
                    sizeof *messages->channels, compare_channels);
        CHECK(found);
        messages->receptions[i].channel = u32_from_size((size_t)(found - messages->channels));
    }
}

/* Channels exist by now; a chain goes outwards, so through ever fewer loops. */
static int compare_receptions(const void *a_ptr, const void *b_ptr, void *ctx) {
    const struct reception *a = a_ptr, *b = b_ptr;
    const struct messages *messages = ctx;
    const struct channel *of_a = &messages->channels[a->channel];
    const struct channel *of_b = &messages->channels[b->channel];
    const int by_place = compare_sizes(a->place, b->place), by_to = compare_sizes(a->to, b->to);
    const int by_bit = compare_sizes(of_a->bit, of_b->bit);
    const int by_from = compare_sizes(of_a->from, of_b->from);
    return by_place  ? by_place
           : by_to   ? by_to
           : by_bit  ? by_bit
           : by_from ? by_from
                     : compare_sizes(of_b->n_loops, of_a->n_loops);
}

/* Several ops of a group may use one bit: they wait for it together. */
static void merge_receptions(struct messages *messages) {
    size_t n = 0;
    qsort_r(messages->receptions, messages->n_receptions, sizeof *messages->receptions,
            compare_receptions, messages);
    for (size_t i = 0; i < messages->n_receptions; i++) {
        if (n == 0 || compare_receptions(&messages->receptions[n - 1], &messages->receptions[i],
                                         messages) != 0) {
            messages->receptions[n++] = messages->receptions[i];
        }
    }
    messages->n_receptions = n;
}

static enum status find_messages(struct finder *finder) {
    TRY(collect_writes(finder));
    TRY(program_visit_receptions(finder->program, collect_use, finder));
    TRY(finder->status);
    for (size_t i = 0; i < finder->n_uses; i++) {
        TRY(resolve_use(finder, &finder->uses[i]));
        TRY(resolve_repeated_condition(finder, &finder->uses[i]));
    }
    struct messages *messages = finder->messages;
    if (messages->n_channels == 0) {
        return STATUS_OK;
    }
    struct channel *made = mem_alloc(messages->n_channels, sizeof *made);
    if (!made) {
        return STATUS_NOFIT;
    }
    memcpy(made, messages->channels, messages->n_channels * sizeof *made);
    merge_channels(messages, made);
    merge_receptions(messages);
    mem_free(made);
    return STATUS_OK;
}

enum status messages_init(struct messages *out_messages, const struct program *program,
                          const struct blocks *blocks) {
    struct messages messages = {0};
    struct finder finder = {.program = program, .blocks = blocks, .messages = &messages};
    const enum status status = find_messages(&finder);
    mem_free(finder.writes);
    mem_free(finder.sends);
    mem_free(finder.uses);
    if (status != STATUS_OK) {
        messages_fini(&messages);
        return status;
    }
    *out_messages = messages;
    return STATUS_OK;
}

void messages_fini(struct messages *messages) {
    mem_free(messages->channels);
    mem_free(messages->receptions);
    memset(messages, 0, sizeof *messages);
}

size_t messages_find_channels(const struct messages *messages, size_t *out_n, size_t settle,
                              uint32_t from) {
    size_t low = 0, high = messages->n_channels;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const struct channel *channel = &messages->channels[middle];
        if (channel->settle < settle || (channel->settle == settle && channel->from < from)) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    size_t n = 0;
    while (low + n < messages->n_channels && messages->channels[low + n].settle == settle &&
           messages->channels[low + n].from == from) {
        n++;
    }
    *out_n = n;
    return low;
}

size_t messages_find_receptions(const struct messages *messages, size_t *out_n, size_t place,
                                uint32_t to) {
    size_t low = 0, high = messages->n_receptions;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const struct reception *reception = &messages->receptions[middle];
        if (reception->place < place || (reception->place == place && reception->to < to)) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    size_t n = 0;
    while (low + n < messages->n_receptions && messages->receptions[low + n].place == place &&
           messages->receptions[low + n].to == to) {
        n++;
    }
    *out_n = n;
    return low;
}
