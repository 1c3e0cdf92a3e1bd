#include "engine/statevector/sample.h"

#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "base/log.h"
#include "base/mem.h"

enum {
    MIN_BINS = 1 << 12,
    DRAW_BINS = 1 << 16,
    MAX_BINS = 1 << 20,
    MAX_STEP = 20,
    MAX_FACTOR = 26,
    SLABS_FROM = 1024
};

#define SINGLE_ROUNDING 1e-12
#define DRAW_NS 30.0 /* about, for a bit of a shot */

/* Drawing from one group. Shots with equal outcomes so far share a prefix; each pass over the
 * amplitudes of the prefixes in use takes several wires at once, as many as bins allow. Where there
 * are many prefixes, the last pass takes all wires that are left: two reads of all amplitudes in
 * all, for any number of shots. */
struct draw {
    struct store *store;
    uint64_t *inout;
    size_t words, n_shots;
    sample_uniform *u;
    void *ctx;
    uint32_t group;
    const uint32_t *wires;
    const size_t *members; /* places in wires of the group's wires */
    size_t n_members, done;
    uint64_t mask;           /* bits of the amplitude number drawn so far */
    uint64_t *values, *next; /* of each prefix */
    size_t n_prefixes, n_next;
    size_t *prefix;           /* per shot */
    size_t *order, *starts;   /* shots by prefix */
    struct measure_sum *bins; /* of a batch of prefixes */
    struct measure_sum *tree; /* of one prefix: node (1 << level) + low bits */
    size_t n_bins;
    unsigned step; /* wires in this pass */
};

static const struct layout_wire *member_wire(const struct draw *draw, size_t member) {
    return &draw->store->layout->wires[draw->wires[draw->members[member]]];
}

/* Before so many bits are drawn: was the engine told to stop? */
static enum status heed_draws(const struct draw *draw, size_t n_bits) {
    return halt_heed(draw->store->layout->task->halt, draw->store->team, DRAW_NS * (double)n_bits);
}

static bool draw_bit(struct draw *draw, size_t i, size_t shot, double p_one) {
    uint64_t *row = draw->inout + i * draw->words;
    bool flip = bits_get(row, shot);
    bool bit = draw->u(draw->ctx, i, shot) < (flip ? 1 - p_one : p_one);
    bits_set(row, shot, bit);
    return bit != flip;
}

/* Sums over the later wires of the step, level by level. */
static void fill_tree(struct draw *draw, const struct measure_sum *bins) {
    size_t n = (size_t)1 << draw->step;
    memcpy(draw->tree + n, bins, n * sizeof *bins);
    for (unsigned level = draw->step; level-- > 0;) {
        struct measure_sum *to = draw->tree + ((size_t)1 << level);
        const struct measure_sum *from = draw->tree + ((size_t)2 << level);
        for (size_t x = 0; x < (size_t)1 << level; x++) {
            const struct measure_sum *one = &from[x | (size_t)1 << level];
            to[x] = (struct measure_sum){from[x].hi + one->hi, from[x].lo + one->lo};
            measure_settle(&to[x]);
        }
    }
}

/* One shot through the wires of the step; returns its outcome bits (as in the amplitude number). */
static size_t draw_shot(struct draw *draw, size_t shot) {
    size_t x = 0;
    for (unsigned level = 0; level < draw->step; level++) {
        const struct measure_sum *nodes = draw->tree + ((size_t)2 << level);
        size_t member = draw->done + level, high = (size_t)1 << level;
        bool is_flipped = member_wire(draw, member)->flip;
        const struct measure_sum *zero = &nodes[is_flipped ? x | high : x];
        const struct measure_sum *one = &nodes[is_flipped ? x : x | high];
        bool bit =
            draw_bit(draw, draw->members[member], shot, measure_ratio(draw->store, zero, one));
        x |= bit != is_flipped ? high : 0;
    }
    return x;
}

static uint64_t spread_bits(const struct draw *draw, size_t x) {
    uint64_t value = 0;
    for (unsigned level = 0; level < draw->step; level++) {
        value |= (uint64_t)(x >> level & 1) << member_wire(draw, draw->done + level)->pos;
    }
    return value;
}

/* All shots of one prefix; new prefixes are numbered as they appear. The tree's leaves remember
 * them. */
static enum status draw_prefix(struct draw *draw, size_t prefix, const struct measure_sum *bins) {
    fill_tree(draw, bins);
    size_t first = draw->n_next, n = draw->starts[prefix + 1];
    size_t *seen = (size_t *)(draw->tree + ((size_t)2 << draw->step));
    memset(seen, 0, sizeof *seen << draw->step);
    for (size_t i = draw->starts[prefix]; i < n; i++) {
        TRY(heed_draws(draw, draw->step));
        size_t shot = draw->order[i], x = draw_shot(draw, shot);
        if (seen[x] == 0) {
            draw->next[draw->n_next++] = draw->values[prefix] | spread_bits(draw, x);
            seen[x] = draw->n_next - first;
        }
        draw->prefix[shot] = first + seen[x] - 1;
    }
    return STATUS_OK;
}

static void sort_shots(struct draw *draw) {
    memset(draw->starts, 0, (draw->n_prefixes + 2) * sizeof *draw->starts);
    for (size_t shot = 0; shot < draw->n_shots; shot++) {
        draw->starts[draw->prefix[shot] + 2]++;
    }
    for (size_t i = 2; i <= draw->n_prefixes + 1; i++) {
        draw->starts[i] += draw->starts[i - 1];
    }
    for (size_t shot = 0; shot < draw->n_shots; shot++) {
        draw->order[draw->starts[draw->prefix[shot] + 1]++] = shot;
    }
}

static void choose_step(struct draw *draw) {
    draw->step = 1;
    while (draw->step < MAX_STEP && draw->done + draw->step < draw->n_members &&
           draw->n_prefixes << (draw->step + 1) <= draw->n_bins) {
        draw->step++;
    }
}

static enum status draw_pass(struct draw *draw) {
    choose_step(draw);
    sort_shots(draw);
    uint8_t positions[MAX_STEP];
    for (unsigned i = 0; i < draw->step; i++) {
        positions[i] = (uint8_t)member_wire(draw, draw->done + i)->pos;
    }
    size_t size = (size_t)1 << draw->step, batch = draw->n_bins / size;
    draw->n_next = 0;
    for (size_t first = 0; first < draw->n_prefixes; first += batch) {
        size_t n = draw->n_prefixes - first < batch ? draw->n_prefixes - first : batch;
        memset(draw->bins, 0, n * size * sizeof *draw->bins);
        for (size_t i = 0; i < n; i++) {
            TRY(measure_histogram(draw->store, draw->bins + i * size, draw->group, positions,
                                  draw->step, draw->mask, draw->values[first + i]));
        }
        measure_combine(draw->store, draw->bins, n * size);
        for (size_t i = 0; i < n; i++) {
            TRY(draw_prefix(draw, first + i, draw->bins + i * size));
        }
    }
    for (unsigned i = 0; i < draw->step; i++) {
        draw->mask |= BIT64(positions[i]);
    }
    uint64_t *old = draw->values;
    draw->values = draw->next;
    draw->next = old;
    draw->n_prefixes = draw->n_next;
    draw->done += draw->step;
    return STATUS_OK;
}

/* ---- the last pass of many shots ---- */

/* A prefix and the part of its value that is the same in a slab. */
struct slab_entry {
    uint64_t slab;
    size_t prefix;
};

static int compare_slabs(const void *a, const void *b) {
    const struct slab_entry *x = a, *y = b;
    if (x->slab != y->slab) {
        return x->slab < y->slab ? -1 : 1;
    }
    return x->prefix < y->prefix ? -1 : x->prefix > y->prefix;
}

/* The wires that are left, then as many wires of the prefixes as bins allow, those of the lowest
 * bits; returns how many in all. The others, in *out_fixed, choose a slab. */
static unsigned choose_slabs(const struct draw *draw, uint8_t *positions, uint64_t *out_fixed) {
    unsigned n = 0, most = (unsigned)bits_lowest(draw->n_bins);
    uint64_t fixed = draw->mask;
    for (unsigned i = 0; i < draw->step; i++) {
        positions[n++] = (uint8_t)member_wire(draw, draw->done + i)->pos;
    }
    for (; n < most && fixed != 0; fixed &= fixed - 1) {
        positions[n++] = (uint8_t)bits_lowest(fixed);
    }
    *out_fixed = fixed;
    return n;
}

static size_t gather_bits(uint64_t value, const uint8_t *positions, unsigned n) {
    size_t x = 0;
    for (unsigned i = 0; i < n; i++) {
        x |= (size_t)(value >> positions[i] & 1) << i;
    }
    return x;
}

/* All wires that are left, slab by slab: one read of the amplitudes, however many prefixes. */
static enum status draw_slabs(struct draw *draw, const struct slab_entry *entries) {
    uint8_t positions[MAX_STEP];
    uint64_t fixed;
    const unsigned n = choose_slabs(draw, positions, &fixed);
    for (size_t first = 0, last; first < draw->n_prefixes; first = last) {
        const uint64_t slab = entries[first].slab;
        memset(draw->bins, 0, sizeof *draw->bins << n);
        TRY(measure_histogram(draw->store, draw->bins, draw->group, positions, n, fixed, slab));
        measure_combine(draw->store, draw->bins, (size_t)1 << n);
        for (last = first; last < draw->n_prefixes && entries[last].slab == slab; last++) {
            const size_t prefix = entries[last].prefix;
            const size_t bin =
                gather_bits(draw->values[prefix], positions + draw->step, n - draw->step);
            TRY(draw_prefix(draw, prefix, draw->bins + (bin << draw->step)));
        }
    }
    draw->done += draw->step;
    return STATUS_OK;
}

static enum status draw_rest(struct draw *draw) {
    uint8_t positions[MAX_STEP];
    uint64_t fixed;
    struct slab_entry *entries = mem_alloc(draw->n_prefixes, sizeof *entries);
    TRY(comm_agree(draw->store->team, entries == NULL ? STATUS_NOFIT : STATUS_OK));
    draw->step = (unsigned)(draw->n_members - draw->done);
    sort_shots(draw);
    draw->n_next = 0;
    choose_slabs(draw, positions, &fixed);
    for (size_t i = 0; i < draw->n_prefixes; i++) {
        entries[i] = (struct slab_entry){draw->values[i] & fixed, i};
    }
    qsort(entries, draw->n_prefixes, sizeof *entries, compare_slabs);
    const enum status status = draw_slabs(draw, entries);
    mem_free(entries);
    return status;
}

/* Prefix by prefix, few of them read less. */
static bool is_for_slabs(const struct draw *draw) {
    const size_t left = draw->n_members - draw->done;
    return draw->n_prefixes > SLABS_FROM && left <= MAX_STEP && (size_t)1 << left <= draw->n_bins;
}

static enum status draw_group(struct draw *draw) {
    draw->done = 0;
    draw->mask = 0;
    draw->n_prefixes = 1;
    draw->values[0] = 0;
    memset(draw->prefix, 0, draw->n_shots * sizeof *draw->prefix);
    while (draw->done < draw->n_members) {
        TRY(is_for_slabs(draw) ? draw_rest(draw) : draw_pass(draw));
    }
    return STATUS_OK;
}

static enum status open_draw(struct draw *draw) {
    size_t n = draw->n_shots;
    draw->n_bins = MIN_BINS; /* at most what fits a cache: bins are met in no order */
    while (draw->n_bins < DRAW_BINS && draw->n_bins / 16 < n) {
        draw->n_bins *= 2;
    }
    draw->values = mem_alloc(n + 1, sizeof *draw->values);
    draw->next = mem_alloc(n + 1, sizeof *draw->next);
    draw->prefix = mem_alloc(n, sizeof *draw->prefix);
    draw->order = mem_alloc(n, sizeof *draw->order);
    draw->starts = mem_alloc(n + 3, sizeof *draw->starts);
    draw->bins = mem_alloc(draw->n_bins, sizeof *draw->bins);
    draw->tree = mem_alloc(3 * draw->n_bins, sizeof *draw->tree);
    bool has_all = draw->values != NULL && draw->next != NULL && draw->prefix != NULL &&
                   draw->order != NULL && draw->starts != NULL && draw->bins != NULL &&
                   draw->tree != NULL;
    return comm_agree(draw->store->team, has_all ? STATUS_OK : STATUS_NOFIT);
}

static void close_draw(struct draw *draw) {
    mem_free(draw->values);
    mem_free(draw->next);
    mem_free(draw->prefix);
    mem_free(draw->order);
    mem_free(draw->starts);
    mem_free(draw->bins);
    mem_free(draw->tree);
}

/* Places in a list of wires. */
struct places {
    struct place {
        uint32_t group;
        size_t i;
    } * sorted;       /* by group, then as they are */
    size_t *i, *rank; /* of the sorted ones; where in these each is */
    size_t n;
};

static void places_fini(struct places *places) {
    mem_free(places->sorted);
    mem_free(places->i);
    mem_free(places->rank);
}

static int compare_places(const void *a, const void *b) {
    const struct place *x = a, *y = b;
    if (x->group != y->group) {
        return x->group < y->group ? -1 : 1;
    }
    return x->i < y->i ? -1 : x->i > y->i;
}

/* places: zero; to be freed also when it fails. Collective. */
static enum status places_init(struct places *places, const struct store *store,
                               const uint32_t *wires, size_t n_wires) {
    places->sorted = mem_alloc(n_wires, sizeof *places->sorted);
    places->i = mem_alloc(n_wires, sizeof *places->i);
    places->rank = mem_alloc(n_wires, sizeof *places->rank);
    places->n = n_wires;
    const bool has_all = places->sorted != NULL && places->i != NULL && places->rank != NULL;
    TRY(comm_agree(store->team, has_all ? STATUS_OK : STATUS_NOFIT));
    for (size_t i = 0; i < n_wires; i++) {
        places->sorted[i] = (struct place){store->layout->wires[wires[i]].group, i};
    }
    qsort(places->sorted, n_wires, sizeof *places->sorted, compare_places);
    for (size_t k = 0; k < n_wires; k++) {
        places->i[k] = places->sorted[k].i;
        places->rank[places->i[k]] = k;
    }
    return STATUS_OK;
}

/* The places of wires of one group, that of the wire at `first`; 0 if it is not the first one (they
 * were done then). */
static size_t find_members(const struct places *places, const size_t **out_members, size_t first) {
    const size_t begin = places->rank[first];
    const uint32_t group = places->sorted[begin].group;
    if (begin > 0 && places->sorted[begin - 1].group == group) {
        return 0;
    }
    size_t end = begin;
    while (end < places->n && places->sorted[end].group == group) {
        end++;
    }
    *out_members = places->i + begin;
    return end - begin;
}

enum status sample_draw(struct store *store, uint64_t *inout, const uint32_t *wires, size_t n_wires,
                        size_t n_shots, sample_uniform *u, void *ctx) {
    struct draw draw = {.store = store,
                        .inout = inout,
                        .words = bits_words(n_shots),
                        .n_shots = n_shots,
                        .u = u,
                        .ctx = ctx,
                        .wires = wires};
    struct places places = {0};
    enum status status = STATUS_OK;
    TRY_GOTO(open_draw(&draw), done);
    TRY_GOTO(places_init(&places, store, wires, n_wires), done);
    for (size_t i = 0; i < n_wires; i++) {
        const struct layout_wire *wire = &store->layout->wires[wires[i]];
        if (wire->group == LAYOUT_ALONE) {
            double p = measure_alone(store, wire->amp);
            TRY_GOTO(heed_draws(&draw, n_shots), done);
            for (size_t shot = 0; shot < n_shots; shot++) {
                draw_bit(&draw, i, shot, p);
            }
            continue;
        }
        draw.group = wire->group;
        draw.n_members = find_members(&places, &draw.members, i);
        if (draw.n_members > 0 && n_shots > 0) {
            TRY_GOTO(draw_group(&draw), done);
        }
    }
done:
    places_fini(&places);
    close_draw(&draw);
    return status;
}

/* ---- distribution ---- */

static enum status alone_factor(const struct store *store, struct engine_factor *factor,
                                const double *amp, size_t i) {
    double p = measure_alone(store, amp);
    factor->n = 1;
    factor->index = mem_alloc(1, sizeof *factor->index);
    factor->p = mem_alloc(2, sizeof *factor->p);
    if (factor->index == NULL || factor->p == NULL) {
        return STATUS_NOFIT;
    }
    factor->index[0] = u32_from_size(i);
    factor->p[0] = 1 - p;
    factor->p[1] = p;
    return STATUS_OK;
}

/* In single precision what is less likely than that share of the most likely value is rounding. */
static void drop_rounding(const struct store *store, struct engine_factor *factor) {
    double most = 0;
    const size_t n = (size_t)1 << factor->n;
    for (size_t x = 0; x < n; x++) {
        most = factor->p[x] > most ? factor->p[x] : most;
    }
    for (size_t x = 0; x < n && store->layout->task->precision == PRECISION_SINGLE; x++) {
        factor->p[x] = factor->p[x] < most * SINGLE_ROUNDING ? 0 : factor->p[x];
    }
}

/* Bins in slabs of fixed high bits, so that no rank sends more than MAX_BINS at once. */
static enum status group_factor(struct store *store, struct engine_factor *factor,
                                const uint32_t *wires, const size_t *members,
                                struct measure_sum *bins) {
    const struct layout_wire *all = store->layout->wires;
    unsigned low = factor->n < MAX_STEP ? factor->n : MAX_STEP;
    uint8_t positions[MAX_FACTOR];
    uint64_t flips = 0, mask = 0;
    for (unsigned j = 0; j < factor->n; j++) {
        const struct layout_wire *wire = &all[wires[members[j]]];
        factor->index[j] = u32_from_size(members[j]);
        positions[j] = (uint8_t)wire->pos;
        flips |= (uint64_t)wire->flip << j;
        mask |= j < low ? 0 : BIT64(wire->pos);
    }
    struct measure_sum total = {0};
    uint32_t group = all[wires[members[0]]].group;
    TRY(measure_norm(store, &total, group, 0, 0));
    measure_combine(store, &total, 1);
    size_t n_slab = (size_t)1 << low;
    for (uint64_t slab = 0; slab < BIT64(factor->n - low); slab++) {
        uint64_t value = 0;
        for (unsigned j = low; j < factor->n; j++) {
            value |= (slab >> (j - low) & 1) << positions[j];
        }
        memset(bins, 0, n_slab * sizeof *bins);
        TRY(measure_histogram(store, bins, group, positions, low, mask, value));
        measure_combine(store, bins, n_slab);
        for (size_t x = 0; x < n_slab; x++) {
            factor->p[(slab << low | x) ^ flips] = measure_value(&bins[x]) / measure_value(&total);
        }
    }
    drop_rounding(store, factor);
    return STATUS_OK;
}

static enum status open_factor(struct store *store, struct engine_factor *factor, size_t n) {
    if (n > MAX_FACTOR) {
        return log_error(STATUS_NOFIT,
                         "the joint distribution of %zu entangled qubits does not fit; %d is the "
                         "most",
                         n, MAX_FACTOR);
    }
    factor->n = (uint32_t)n;
    factor->index = mem_alloc(n, sizeof *factor->index);
    factor->p = mem_alloc((size_t)1 << n, sizeof *factor->p);
    bool has_all = factor->index != NULL && factor->p != NULL;
    return comm_agree(store->team, has_all ? STATUS_OK : STATUS_NOFIT);
}

enum status sample_distribution(struct store *store, struct engine_distribution *out,
                                const uint32_t *wires, size_t n_wires) {
    struct engine_distribution made = {0};
    enum status status = STATUS_OK;
    struct places places = {0};
    struct measure_sum *bins = mem_alloc(MAX_BINS, sizeof *bins);
    made.factors = mem_alloc(n_wires, sizeof *made.factors);
    bool has_all = bins != NULL && made.factors != NULL;
    TRY_GOTO(comm_agree(store->team, has_all ? STATUS_OK : STATUS_NOFIT), failed);
    TRY_GOTO(places_init(&places, store, wires, n_wires), failed);
    for (size_t i = 0; i < n_wires; i++) {
        const struct layout_wire *wire = &store->layout->wires[wires[i]];
        struct engine_factor *factor = &made.factors[made.n_factors];
        if (wire->group == LAYOUT_ALONE) {
            made.n_factors++;
            TRY_GOTO(alone_factor(store, factor, wire->amp, i), failed);
            continue;
        }
        const size_t *members;
        const size_t n = find_members(&places, &members, i);
        if (n > 0) {
            made.n_factors++;
            TRY_GOTO(open_factor(store, factor, n), failed);
            TRY_GOTO(group_factor(store, factor, wires, members, bins), failed);
        }
    }
    places_fini(&places);
    mem_free(bins);
    *out = made;
    return STATUS_OK;
failed:
    places_fini(&places);
    mem_free(bins);
    engine_distribution_fini(&made);
    return status;
}
