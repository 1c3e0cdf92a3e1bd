/* What machine files mean. */
#include "machine/capture.h"

#define US INT64_C(1000000)
#define NS INT64_C(1000)

static const char two_racks[] =
    "name: two racks\n"
    "qpus:\n"
    "  - {name: A, data: 16, comm: 2, rack: r0, T1: 300 us, T2: 200 us, gate1: {time: 50 ns, "
    "error: 1e-4}, gate2: {time: 100 ns, error: 1e-3}, measure: {time: 1 us, error: 1e-2}, reset: "
    "{time: 10 us}}\n"
    "  - {name: B, data: 16, comm: 2, like: A}\n"
    "links:\n"
    "  - {between: [B, A], fidelity: 0.97, time: 10 us, classical: 500 ns}\n";

Test(read, two_racks) {
    struct machine *m = must_read_text(two_racks);
    cr_assert_str_eq(m->name, "two racks");
    cr_assert_str_eq(m->text, two_racks);
    cr_assert_eq(m->n_qpus, 2);
    const struct machine_qpu *a = &m->qpus[0];
    struct machine_qpu expected = {.name = "A",
                                   .rack = "r0",
                                   .n_data = 16,
                                   .n_comm = 2,
                                   .t1_ps = 300 * US,
                                   .t2_ps = 200 * US,
                                   .gate1 = {.t_ps = 50 * NS, .p_err = 1e-4},
                                   .gate2 = {.t_ps = 100 * NS, .p_err = 1e-3},
                                   .measure = {.t_ps = 1 * US, .p_err = 1e-2},
                                   .reset = {.t_ps = 10 * US}};
    assert_same_qpu(a, &expected);
    expected.name = "B";
    assert_same_qpu(&m->qpus[1], &expected);
    cr_assert_eq(a->loc.line, 3);
    cr_assert_eq(a->loc.col, 12);
    cr_assert_str_eq(a->loc.file, "m.yaml");
    cr_assert_eq(a->gate2.loc_err.col, 1 + (uint32_t)(strstr(strchr(two_racks, '-'), "1e-3") -
                                                      strstr(two_racks, "  - {name: A")));
    const struct machine_link *link = machine_find_link(m, 1, 0);
    struct machine_link joined = {
        .a = 0,
        .b = 1,
        .t_ebit_ps = 10 * US,
        .t_bit_ps = 500 * NS,
        .weights = {0.97, (1 - 0.97) / 3, (1 - 0.97) / 3, (1 - 0.97) / 3}};
    assert_same_link(link, &joined);
    cr_assert_eq(link->loc.line, 6);
    cr_assert_eq(machine_find_link(m, 0, 1), link);
    cr_assert_null(machine_find_link(m, 0, 0));
    cr_assert_not(m->is_complete);
    machine_destroy(m);
}

Test(read, absent_keys_mean_zero_time_no_error_no_decay) {
    struct machine *m = must_read_text("qpus: [{name: only, data: 3}]\nlinks: []\n");
    struct machine_qpu expected = {.name = "only", .n_data = 3};
    assert_same_qpu(&m->qpus[0], &expected);
    cr_assert_str_eq(m->name, "m");
    cr_assert_eq(m->n_links, 0);
    cr_assert_eq(machine_check_lifetimes(m), STATUS_OK);
    machine_destroy(m);
}

Test(read, like_merges_key_by_key_from_earlier_and_later) {
    struct machine *m = must_read_text(
        "qpus:\n"
        "- {name: C, like: B, comm: unlimited, gate1: {error: 0}, T2: infinite, T1: infinite}\n"
        "- {name: B, like: A, data: 5, gate1: {time: 7 ns}}\n"
        "- {name: A, data: 1, comm: 3, rack: 'r 1', T1: 1 ms, T2: 2 ms, gate1: {time: 5 ns, "
        "error: 0.5}, reset: {time: 1 s}}\n");
    struct machine_qpu a = {.name = "A",
                            .rack = "r 1",
                            .n_data = 1,
                            .n_comm = 3,
                            .t1_ps = 1000 * US,
                            .t2_ps = 2000 * US,
                            .gate1 = {.t_ps = 5 * NS, .p_err = 0.5},
                            .reset = {.t_ps = 1000000 * US}};
    struct machine_qpu b = a;
    b.name = "B";
    b.n_data = 5;
    b.gate1.t_ps = 7 * NS;
    struct machine_qpu c = b;
    c.name = "C";
    c.n_comm = MACHINE_UNLIMITED;
    c.t1_ps = c.t2_ps = 0;
    c.gate1.p_err = 0;
    assert_same_qpu(&m->qpus[0], &c);
    assert_same_qpu(&m->qpus[1], &b);
    assert_same_qpu(&m->qpus[2], &a);
    cr_assert_eq(m->qpus[1].gate1.loc_err.line, 4); /* inherited: where it is written */
    cr_assert_eq(m->qpus[1].gate1.loc_t.line, 3);
    machine_destroy(m);
}

Test(read, count_numbers_qpus) {
    struct machine *m = must_read_text("qpus:\n"
                                       "- {name: node, count: 3, data: 4, comm: 1}\n"
                                       "- {name: X, like: node, data: 2}\n"
                                       "- {name: Y, like: node1, count: 2}\n"
                                       "links:\n"
                                       "- {between: [Y1, node2]}\n");
    static const char *const names[] = {"node0", "node1", "node2", "X", "Y0", "Y1"};
    cr_assert_eq(m->n_qpus, 6);
    for (uint32_t i = 0; i < 6; i++) {
        cr_assert_str_eq(m->qpus[i].name, names[i]);
        cr_assert_eq(m->qpus[i].n_data, i == 3 ? 2 : 4);
        cr_assert_eq(m->qpus[i].n_comm, 1);
        cr_assert_eq(machine_find_qpu(m, names[i]), i);
    }
    cr_assert_eq(machine_find_qpu(m, "node"), UINT32_MAX);
    cr_assert_eq(m->links[0].a, 2);
    cr_assert_eq(m->links[0].b, 5);
    machine_destroy(m);
}

Test(read, many_qpus) {
    struct machine *m =
        must_read_text("qpus: [{name: q, count: 30000, data: 2}, {name: z, data: 0}]\n"
                       "default_link: {weights: [0.5, 0.25, 0.25, 0]}\n"
                       "links: [{between: [z, q29999], time: 1 ns}]\n");
    cr_assert_eq(m->n_qpus, 30001);
    cr_assert_eq(machine_find_qpu(m, "q17777"), 17777);
    cr_assert_eq(machine_find_link(m, 29999, 30000)->t_ebit_ps, 1000);
    cr_assert_eq(machine_find_link(m, 3, 2), &m->default_link);
    cr_assert_eq(m->default_link.weights[2], 0.25);
    cr_assert_null(machine_find_link(m, 7, 7));
    machine_destroy(m);
}

/* A chain of `like` as long as the file must not recurse. */
Test(read, long_chain_of_like) {
    struct text text = {0};
    text_add(&text, "qpus:\n");
    for (int i = 0; i < 4000; i++) {
        text_printf(&text, "- {name: q%d, like: q%d}\n", i, i + 1);
    }
    text_add(&text, "- {name: q4000, data: 9}\n");
    struct machine *m = must_read_text(text.data);
    cr_assert_eq(m->qpus[0].n_data, 9);
    machine_destroy(m);
    text_fini(&text);
}

Test(read, yaml_of_all_sorts) {
    static const char *const same[] = {
        "qpus: [{name: A, data: 2, gate1: {time: 5 ns}}, {name: B, data: 2, gate1: {time: 5 ns}}]",
        "\xEF\xBB\xBFqpus:\r\n- name: A\r\n  data: 2\r\n  gate1:\r\n    time: 5 ns\r\n- {like: A, "
        "name: B}\r\n",
        "%YAML 1.1\n---\n# comment\n\"qpus\":\n- {name: 'A', data: \"2\", gate1: &g {time: "
        "5ns}}\n- "
        "{name: B, data: 2, gate1: *g}\n...\n",
        "{\"qpus\": [{\"name\": \"A\", \"data\": 2, \"gate1\": {\"time\": \"0.005 us\"}},\n"
        "{\"name\": \"B\", \"like\": \"A\"}]}",
    };
    struct machine *first = must_read_text(same[0]);
    for (size_t i = 1; i < sizeof same / sizeof *same; i++) {
        struct machine *m = must_read_text(same[i]);
        assert_same_machine(m, first);
        machine_destroy(m);
    }
    machine_destroy(first);
}

static uint32_t next(uint32_t *state) {
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

/* Random sets of links against a plain matrix. */
Test(read, find_link_agrees_with_matrix) {
    enum { N = 12 };
    uint32_t state = 1;
    for (int round = 0; round < 30; round++) {
        int64_t t_ns[N][N] = {0};
        struct text text = {0};
        text_printf(&text, "qpus: [{name: q, count: %d, data: 1}]\n%s", N,
                    round % 2 ? "default_link: {time: 7777 ns}\n" : "");
        int n_links = 0, n_wanted = (int)(next(&state) % (N * N / 2));
        while (n_links < n_wanted) {
            uint32_t a = next(&state) % N, b = next(&state) % N;
            if (a == b || t_ns[a][b] != 0) {
                n_wanted--;
                continue;
            }
            t_ns[a][b] = t_ns[b][a] = ++n_links;
            text_printf(&text, "%s- {between: [q%u, q%u], time: %d ns}\n",
                        n_links == 1 ? "links:\n" : "", a, b, n_links);
        }
        struct machine *m = must_read_text(text.data);
        for (uint32_t a = 0; a < N; a++) {
            for (uint32_t b = 0; b < N; b++) {
                const struct machine_link *link = machine_find_link(m, a, b);
                int64_t expected = t_ns[a][b] == 0 && round % 2 && a != b ? 7777 : t_ns[a][b];
                cr_assert_eq(link == NULL, expected == 0);
                cr_assert_eq(link == NULL ? 0 : link->t_ebit_ps, expected * NS);
            }
        }
        machine_destroy(m);
        text_fini(&text);
    }
}

Test(read, file_and_name) {
    char path[] = "/tmp/qspan_machine_XXXXXX.yaml";
    int fd = mkstemps(path, 5);
    cr_assert_geq(fd, 0);
    FILE *file = fdopen(fd, "w");
    fputs("qpus: [{name: A, data: 1}]\n", file);
    fclose(file);
    struct machine *m = must_read(path);
    remove(path);
    cr_assert_eq(strncmp(m->name, "qspan_machine_", 14), 0);
    cr_assert_null(strchr(m->name, '.'));
    cr_assert_str_eq(m->qpus[0].loc.file, path);
    machine_destroy(m);
    machine_destroy(NULL);
}

Test(read, runnable) {
    static const struct {
        const char *keys, *message;
    } cases[] = {
        {"gate1: {time: 5 ns, error: 0}, measure: {time: 1 us}", NULL},
        {"gate1: {error: 1e-3}, gate2: {time: 1 ns, error: 1e-3}", NULL},
        {"measure: {error: 1}, reset: {error: 1e-9}", NULL},
        {"T2: 1 s",
         "m.yaml:2:26: error: T2 is not simulated yet; set it to 'infinite' or remove it, "
         "and give `relaxation` of gates in a noise model (--noise)"},
        {"T1: 1 s, T2: 2 s",
         "m.yaml:2:26: error: T1 is not simulated yet; set it to 'infinite' or remove it, "
         "and give `relaxation` of gates in a noise model (--noise)"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct text text = {0};
        text_printf(&text, "qpus:\n- {name: A, data: 1, %s}\n", cases[i].keys);
        struct machine *m = must_read_text(text.data);
        enum status status = machine_check_lifetimes(m);
        cr_assert_eq(status, cases[i].message == NULL ? STATUS_OK : STATUS_INPUT);
        cr_assert_eq(messages_count(), cases[i].message != NULL);
        cr_assert_str_eq(messages_last(), cases[i].message == NULL ? "" : cases[i].message);
        machine_destroy(m);
        text_fini(&text);
    }
}

Test(read, weights_sum_to_one_within_1e_12) {
    struct machine *m = must_read_text("qpus: [{name: A, data: 1}]\n"
                                       "default_link: {weights: [0.9999999999995, 0, 0, 0]}\n");
    cr_assert_eq(m->default_link.weights[0], 0.9999999999995);
    machine_destroy(m);
}
