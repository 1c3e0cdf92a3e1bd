/* What is printed reads back as the same machine. */
#include "machine/capture.h"

#include "base/rng.h"

static uint64_t draw_site;

static uint32_t draw(uint32_t n) {
    return (uint32_t)(rng_uniform(11, draw_site++, 0, RNG_TEST) * n);
}

static double draw_unit(void) {
    return rng_uniform(11, draw_site++, 0, RNG_TEST);
}

/* Round figures and odd ones, from 1 ps to 106 days. */
static int64_t draw_time(void) {
    static const int64_t round[] = {1,          1000,          50000,          1000000,  1500000,
                                    1000000000, 1000000000000, 60000000000000, INT64_MAX};
    switch (draw(3)) {
    case 0:
        return 0;
    case 1:
        return round[draw(sizeof round / sizeof *round)];
    default:
        return 1 + (int64_t)(draw_unit() * (double)(INT64_C(1) << (1 + draw(61))));
    }
}

static double draw_probability(void) {
    switch (draw(4)) {
    case 0:
        return 0;
    case 1:
        return 1;
    case 2:
        return draw_unit() * 1e-9;
    default:
        return draw_unit();
    }
}

static void draw_op(struct machine_op *op) {
    op->t_ps = draw_time();
    op->p_err = draw_probability();
}

static const char *const labels[] = {
    "A",           "null",
    "True",        "n",
    "two racks",   "a: b # c",
    "\"q\\\"",     "-",
    "1e3",         "0",
    " x ",         "x ",
    "x  - y",      "line\nfeed",
    "tab\tend",    "{}[],&*!",
    "caf\xC3\xA9", "\xE2\x80\xA8",
    "\x7F",        "~",
    "<<",          "\xEF\xBB\xBF",
    "\xC2\x85",    "\xF0\x9F\x9A\x80",
    "'",           "%",
};
enum { N_LABELS = sizeof labels / sizeof *labels };

static void draw_qpu(struct machine *m, uint32_t i) {
    static const char *const names[] = {"null", "Yes", "off", "node_", "E", "q"};
    struct machine_qpu *qpu = &m->qpus[i];
    qpu->name = i < 3 ? names[i] : arena_printf(&m->arena, "%s%u", names[3 + draw(3)], i);
    qpu->rack = draw(2) ? labels[draw(N_LABELS)] : NULL;
    qpu->n_data = draw(3) ? draw(20) : draw(100000);
    qpu->n_comm = draw(3) ? draw(5) : MACHINE_UNLIMITED;
    qpu->t2_ps = draw_time();
    qpu->t1_ps = qpu->t2_ps == 0 || draw(3) == 0 ? 0 : qpu->t2_ps / 2 + 1;
    draw_op(&qpu->gate1);
    draw_op(&qpu->gate2);
    draw_op(&qpu->measure);
    draw_op(&qpu->reset);
}

static void draw_link(struct machine_link *link) {
    double *w = link->weights;
    if (draw(2)) {
        w[0] = draw(3) ? 0.25 + 0.75 * draw_unit() : 0.25 + 0.25 * draw(4);
        w[1] = w[2] = w[3] = (1 - w[0]) / 3;
    } else {
        double cut = draw_unit();
        w[0] = draw(2) ? draw_unit() : 0;
        w[1] = (1 - w[0]) * cut;
        w[2] = 0;
        w[3] = 1 - w[0] - w[1];
    }
    link->t_ebit_ps = draw_time();
    link->t_bit_ps = draw_time();
}

static struct machine *draw_machine(void) {
    struct machine *m = mem_alloc(1, sizeof *m);
    m->name = labels[draw(N_LABELS)];
    m->n_qpus = 1 + draw(8);
    m->qpus = mem_alloc(m->n_qpus, sizeof *m->qpus);
    m->links = mem_alloc(m->n_qpus * m->n_qpus, sizeof *m->links);
    for (uint32_t a = 0; a < m->n_qpus; a++) {
        draw_qpu(m, a);
        for (uint32_t b = a + 1; b < m->n_qpus; b++) {
            if (draw(3) == 0) {
                struct machine_link *link = &m->links[m->n_links++];
                link->a = a;
                link->b = b;
                draw_link(link);
            }
        }
    }
    m->is_complete = draw(2);
    if (m->is_complete) {
        draw_link(&m->default_link);
    }
    return m;
}

Test(print, reads_back) {
    for (int round = 0; round < 100; round++) {
        struct machine *m = draw_machine();
        struct text text = {0}, again = {0};
        cr_assert_eq(machine_print(&text, m), STATUS_OK);
        struct machine *back = must_read_text(text.data);
        assert_same_machine(back, m);
        cr_assert_eq(machine_print(&again, back), STATUS_OK);
        cr_assert_str_eq(again.data, text.data);
        text_fini(&text);
        text_fini(&again);
        machine_destroy(back);
        machine_destroy(m);
    }
}

Test(print, reads_well) {
    struct machine *m = must_read_text(
        "qpus: [{name: A, data: 4, comm: 1, T2: 0.2 ms, gate1: {time: 5e4 ps, error: 0.0010}},\n"
        "{name: B, like: A, comm: unlimited, T2: infinite, gate1: {error: 0}, rack: top}]\n"
        "name: the machine\n"
        "links: [{between: [B, A], weights: [0.7, 0.1, 0.1, 0.1]}]\n"
        "default_link: {time: 1000 ns, classical: 60 s, weights: [0.5, 0.5, 0, 0]}\n");
    struct text text = {0};
    cr_assert_eq(machine_print(&text, m), STATUS_OK);
    cr_assert_str_eq(text.data,
                     "name: the machine\n"
                     "qpus:\n"
                     "  - {name: A, data: 4, comm: 1, T2: 200 us, gate1: {time: 50 ns, error: "
                     "0.001}}\n"
                     "  - {name: B, data: 4, comm: unlimited, rack: top, gate1: {time: 50 ns}}\n"
                     "default_link: {weights: [0.5, 0.5, 0, 0], time: 1 us, classical: 60 s}\n"
                     "links:\n"
                     "  - {between: [A, B], weights: [0.7, 0.1, 0.1, 0.1]}\n");
    text_fini(&text);
    machine_destroy(m);
}
