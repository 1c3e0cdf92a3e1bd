/* Messages of one call, and short ways to read a machine. */
#ifndef QSPAN_TESTS_MACHINE_CAPTURE_H
#define QSPAN_TESTS_MACHINE_CAPTURE_H

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "machine/machine.h"
#include "support/messages.h"

/* The machine that text describes; the test fails with the message if it is refused. */
static inline struct machine *must_read_text(const char *text) {
    struct machine *machine = NULL;
    messages_keep();
    enum status status = machine_read_text(&machine, "m.yaml", text, strlen(text));
    cr_assert_eq(status, STATUS_OK, "%s\n%s", messages_last(), text);
    cr_assert_eq(messages_count(), 0);
    return machine;
}

static inline struct machine *must_read(const char *path_or_preset) {
    struct machine *machine = NULL;
    messages_keep();
    enum status status = machine_read(&machine, path_or_preset);
    cr_assert_eq(status, STATUS_OK, "%s", messages_last());
    return machine;
}

static inline void assert_same_op(const struct machine_op *a, const struct machine_op *b) {
    cr_assert_eq(a->t_ps, b->t_ps);
    cr_assert_eq(a->p_err, b->p_err);
}

static inline void assert_same_link(const struct machine_link *a, const struct machine_link *b) {
    cr_assert_eq(a->a, b->a);
    cr_assert_eq(a->b, b->b);
    cr_assert_eq(a->t_ebit_ps, b->t_ebit_ps);
    cr_assert_eq(a->t_bit_ps, b->t_bit_ps);
    cr_assert_arr_eq(a->weights, b->weights, sizeof a->weights);
}

static inline void assert_same_text(const char *a, const char *b) {
    a = a != NULL ? a : "(none)";
    b = b != NULL ? b : "(none)";
    cr_assert_str_eq(a, b);
}

static inline void assert_same_qpu(const struct machine_qpu *a, const struct machine_qpu *b) {
    assert_same_text(a->name, b->name);
    assert_same_text(a->rack, b->rack);
    cr_assert_eq(a->n_data, b->n_data);
    cr_assert_eq(a->n_comm, b->n_comm);
    cr_assert_eq(a->t1_ps, b->t1_ps);
    cr_assert_eq(a->t2_ps, b->t2_ps);
    assert_same_op(&a->gate1, &b->gate1);
    assert_same_op(&a->gate2, &b->gate2);
    assert_same_op(&a->measure, &b->measure);
    assert_same_op(&a->reset, &b->reset);
}

/* Everything but where it was read. */
static inline void assert_same_machine(const struct machine *a, const struct machine *b) {
    assert_same_text(a->name, b->name);
    cr_assert_eq(a->n_qpus, b->n_qpus);
    cr_assert_eq(a->n_links, b->n_links);
    cr_assert_eq(a->is_complete, b->is_complete);
    for (size_t i = 0; i < a->n_qpus; i++) {
        assert_same_qpu(&a->qpus[i], &b->qpus[i]);
    }
    for (size_t i = 0; i < a->n_links; i++) {
        assert_same_link(&a->links[i], &b->links[i]);
    }
    if (a->is_complete) {
        assert_same_link(&a->default_link, &b->default_link);
    }
}

#endif
