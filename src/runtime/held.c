#include "runtime/held.h"

#include "base/mem.h"

struct held {
    struct engine engine;
    struct engine *inner;
    double *p_ones; /* in the order in which the first walk asked */
    size_t n, cap, next;
    bool is_kept;
};

static struct held *held_of(struct engine *engine) {
    return (struct held *)engine;
}

/* Does a call that changes the state still reach the engine? */
static struct engine *find_changed(struct engine *engine) {
    return held_of(engine)->is_kept ? NULL : held_of(engine)->inner;
}

/* ---- what changes the state ---- */

static enum status held_begin(struct engine *engine) {
    struct engine *inner = find_changed(engine);
    held_of(engine)->next = 0;
    return inner != NULL ? inner->class->begin(inner) : STATUS_OK;
}

static enum status held_run(struct engine *engine, size_t first, size_t last) {
    struct engine *inner = find_changed(engine);
    return inner != NULL ? inner->class->run(inner, first, last) : STATUS_OK;
}

static enum status held_apply_pauli(struct engine *engine, uint32_t wire, bool x, bool z) {
    struct engine *inner = find_changed(engine);
    return inner != NULL ? inner->class->apply_pauli(inner, wire, x, z) : STATUS_OK;
}

static enum status held_project(struct engine *engine, uint32_t wire, bool bit, double p) {
    struct engine *inner = find_changed(engine);
    return inner != NULL ? inner->class->project(inner, wire, bit, p) : STATUS_OK;
}

static enum status held_reset(struct engine *engine, uint32_t wire, bool bit, double p) {
    struct engine *inner = find_changed(engine);
    return inner != NULL ? inner->class->reset(inner, wire, bit, p) : STATUS_OK;
}

static enum status held_normalize(struct engine *engine) {
    struct engine *inner = find_changed(engine);
    return inner != NULL ? inner->class->normalize(inner) : STATUS_OK;
}

static enum status held_clear(struct engine *engine, uint32_t wire) {
    struct engine *inner = find_changed(engine);
    return inner != NULL ? inner->class->clear(inner, wire) : STATUS_OK;
}

/* ---- what walks ask on their way ---- */

static enum status held_probability(struct engine *engine, double *out_p_one, uint32_t wire) {
    struct held *held = held_of(engine);
    if (held->is_kept) {
        CHECK(held->next < held->n);
        *out_p_one = held->p_ones[held->next++];
        return STATUS_OK;
    }
    TRY(vec_reserve(&held->p_ones, held->n, &held->cap, 1, sizeof *held->p_ones));
    TRY(held->inner->class->probability(held->inner, out_p_one, wire));
    held->p_ones[held->n++] = *out_p_one;
    return STATUS_OK;
}

/* Walks that do not branch need none. */
static enum status held_snapshot(struct engine *engine, void **out_snapshot) {
    (void)engine, (void)out_snapshot;
    return STATUS_NOFIT;
}

static enum status held_restore(struct engine *engine, const void *snapshot) {
    (void)engine, (void)snapshot;
    return STATUS_INTERNAL;
}

static void held_drop(struct engine *engine, void *snapshot) {
    (void)engine, (void)snapshot;
}

/* ---- what is asked at the end ---- */

static enum status held_sample(struct engine *engine, uint64_t *inout, const uint32_t *wires,
                               size_t n_wires, size_t n_shots,
                               double (*u)(void *ctx, size_t i, size_t shot), void *ctx) {
    struct engine *inner = held_of(engine)->inner;
    return inner->class->sample(inner, inout, wires, n_wires, n_shots, u, ctx);
}

static enum status held_distribution(struct engine *engine, struct engine_distribution *out,
                                     const uint32_t *wires, size_t n_wires) {
    struct engine *inner = held_of(engine)->inner;
    return inner->class->distribution(inner, out, wires, n_wires);
}

static enum status held_expect(struct engine *engine, double *out_value, const uint32_t *wires,
                               const uint8_t *letters, size_t n) {
    struct engine *inner = held_of(engine)->inner;
    return inner->class->expect(inner, out_value, wires, letters, n);
}

static enum status held_expect_many(struct engine *engine, double *out_values,
                                    const struct engine_paulis *paulis) {
    struct engine *inner = held_of(engine)->inner;
    return inner->class->expect_many(inner, out_values, paulis);
}

static enum status held_read(struct engine *engine, double *out, const uint32_t *wires, size_t n,
                             unsigned piece_bits, uint64_t piece, uint64_t flip) {
    struct engine *inner = held_of(engine)->inner;
    return inner->class->read(inner, out, wires, n, piece_bits, piece, flip);
}

static enum status held_amplitudes(struct engine *engine, double *out, const uint32_t *wires,
                                   size_t n) {
    struct engine *inner = held_of(engine)->inner;
    return inner->class->amplitudes(inner, out, wires, n);
}

static void held_usage(const struct engine *engine, uint32_t *out_peak_group_qubits,
                       uint64_t *out_bytes) {
    const struct engine *inner = ((const struct held *)engine)->inner;
    inner->class->usage(inner, out_peak_group_qubits, out_bytes);
}

/* ---- life ---- */

static void held_destroy(struct engine *engine) {
    struct held *held = held_of(engine);
    held->inner->class->destroy(held->inner);
    mem_free(held->p_ones);
    mem_free(held);
}

static const struct engine_class held_class = {
    .name = "statevector",
    .destroy = held_destroy,
    .begin = held_begin,
    .run = held_run,
    .apply_pauli = held_apply_pauli,
    .probability = held_probability,
    .project = held_project,
    .reset = held_reset,
    .normalize = held_normalize,
    .clear = held_clear,
    .snapshot = held_snapshot,
    .restore = held_restore,
    .drop = held_drop,
    .sample = held_sample,
    .distribution = held_distribution,
    .expect = held_expect,
    .expect_many = held_expect_many,
    .read = held_read,
    .amplitudes = held_amplitudes,
    .usage = held_usage,
};

enum status held_create(struct engine **out_held, struct engine *inner) {
    struct held *held = mem_alloc(1, sizeof *held);
    if (held == NULL) {
        return STATUS_NOFIT;
    }
    held->engine.class = &held_class;
    held->inner = inner;
    *out_held = &held->engine;
    return STATUS_OK;
}

void held_keep(struct engine *held) {
    CHECK(held->class == &held_class);
    held_of(held)->is_kept = true;
}
