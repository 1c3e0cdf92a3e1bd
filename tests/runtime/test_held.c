/* What a held engine passes on, and what it answers by itself. */
#include <criterion/criterion.h>

#include "base/mem.h"
#include "runtime/held.h"

/* An engine that counts: how often its state changed, and what was asked of it. */
static struct counter {
    struct engine engine;
    unsigned n_changes, n_probabilities, n_asked, n_destroyed;
} counter;

static enum status change(struct engine *engine) {
    ((struct counter *)engine)->n_changes++;
    return STATUS_OK;
}
static enum status change_by_run(struct engine *engine, size_t first, size_t last) {
    (void)first, (void)last;
    return change(engine);
}
static enum status change_by_pauli(struct engine *engine, uint32_t wire, bool x, bool z) {
    (void)wire, (void)x, (void)z;
    return change(engine);
}
static enum status change_by_outcome(struct engine *engine, uint32_t wire, bool bit, double p) {
    (void)wire, (void)bit, (void)p;
    return change(engine);
}
static enum status change_wire(struct engine *engine, uint32_t wire) {
    (void)wire;
    return change(engine);
}
static enum status tell(struct engine *engine, double *out_p_one, uint32_t wire) {
    (void)wire;
    *out_p_one = ((struct counter *)engine)->n_probabilities++ % 3;
    return STATUS_OK;
}
static enum status expect(struct engine *engine, double *out_value, const uint32_t *wires,
                          const uint8_t *letters, size_t n) {
    (void)wires, (void)letters, (void)n;
    ((struct counter *)engine)->n_asked++;
    *out_value = 0.5;
    return STATUS_OK;
}
static void destroy(struct engine *engine) {
    ((struct counter *)engine)->n_destroyed++;
}
static const struct engine_class counting = {
    .begin = change,
    .run = change_by_run,
    .apply_pauli = change_by_pauli,
    .project = change_by_outcome,
    .reset = change_by_outcome,
    .normalize = change,
    .clear = change_wire,
    .probability = tell,
    .expect = expect,
    .destroy = destroy,
};

/* Seven changes, three probabilities 0, 1, 2 and one question. */
static void walk(struct engine *held) {
    double p, value = 0;
    cr_assert_eq(held->class->begin(held), STATUS_OK);
    cr_assert_eq(held->class->run(held, 0, 4), STATUS_OK);
    cr_assert_eq(held->class->apply_pauli(held, 0, true, false), STATUS_OK);
    for (int i = 0; i < 3; i++) {
        cr_assert_eq(held->class->probability(held, &p, 1), STATUS_OK);
        cr_assert_eq(p, i);
    }
    cr_assert_eq(held->class->project(held, 1, false, 1), STATUS_OK);
    cr_assert_eq(held->class->reset(held, 1, true, 1), STATUS_OK);
    cr_assert_eq(held->class->normalize(held), STATUS_OK);
    cr_assert_eq(held->class->clear(held, 1), STATUS_OK);
    cr_assert_eq(held->class->expect(held, &value, NULL, NULL, 0), STATUS_OK);
    cr_assert_eq(value, 0.5);
}

Test(held, runs_once_and_answers_always) {
    struct engine *held = NULL;
    counter.engine.class = &counting;
    cr_assert_eq(held_create(&held, &counter.engine), STATUS_OK);
    walk(held);
    cr_assert_eq(counter.n_changes, 7);
    cr_assert_eq(counter.n_probabilities, 3);
    held_keep(held);
    for (unsigned i = 2; i < 5; i++) {
        walk(held);
        cr_assert_eq(counter.n_asked, i);
    }
    cr_assert_eq(counter.n_changes, 7);
    cr_assert_eq(counter.n_probabilities, 3);
    held->class->destroy(held);
    cr_assert_eq(counter.n_destroyed, 1);
}
