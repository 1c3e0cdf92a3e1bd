/* The machine files that users copy: examples/ and the blocks of docs/machine.md. */
#include "machine/capture.h"

#include <stdlib.h>

static struct machine *must_read_example(const char *name) {
    const char *dir = getenv("QSPAN_SOURCE_DIR");
    char path[4096];
    snprintf(path, sizeof path, "%s/examples/%s", dir != NULL ? dir : ".", name);
    struct machine *m = must_read(path);
    cr_assert_eq(machine_check_lifetimes(m), STATUS_OK);
    return m;
}

static void assert_times(const struct machine_qpu *qpu) {
    struct machine_qpu expected = {.name = qpu->name,
                                   .rack = qpu->rack,
                                   .n_data = qpu->n_data,
                                   .n_comm = qpu->n_comm,
                                   .gate1.t_ps = 50000,
                                   .gate2.t_ps = 100000,
                                   .measure.t_ps = 1000000,
                                   .reset.t_ps = 500000};
    assert_same_qpu(qpu, &expected);
}

Test(examples, two_qpus) {
    struct machine *m = must_read_example("two_qpus.yaml");
    cr_assert_eq(m->n_qpus, 2);
    assert_times(&m->qpus[1]);
    cr_assert_eq(m->qpus[1].n_data, 8);
    cr_assert_str_eq(m->qpus[1].rack, "r1");
    cr_assert_eq(machine_find_link(m, 0, 1)->weights[0], 0.97);
    machine_destroy(m);
}

Test(examples, four_qpus) {
    struct machine *m = must_read_example("four_qpus.yaml");
    cr_assert_eq(m->n_qpus, 4);
    for (uint32_t i = 0; i < 4; i++) {
        assert_times(&m->qpus[i]);
        cr_assert_eq(m->qpus[i].n_data, 4);
        cr_assert_eq(m->qpus[i].n_comm, 2);
        const struct machine_link *link = machine_find_link(m, i, (i + 1) % 4);
        cr_assert_eq(link->weights[0], 0.999);
        cr_assert_eq(link->t_ebit_ps, 10000000);
        cr_assert_eq(link->t_bit_ps, 500000);
    }
    machine_destroy(m);
}

Test(examples, cunqa_two_qpus) {
    struct machine *m = must_read_example("cunqa_two_qpus.yaml");
    cr_assert_eq(m->n_qpus, 2);
    for (uint32_t i = 0; i < 2; i++) {
        assert_times(&m->qpus[i]);
        cr_assert_eq(m->qpus[i].n_data, i == 0 ? 10 : 1);
        cr_assert_eq(m->qpus[i].n_comm, 1);
    }
    cr_assert_eq(machine_find_link(m, 0, 1)->weights[0], 1);
    machine_destroy(m);
}

Test(examples, two_patches) {
    struct machine *m = must_read_example("two_patches.yaml");
    cr_assert_eq(m->n_qpus, 2);
    cr_assert_str_eq(m->qpus[1].name, "P1");
    cr_assert_eq(m->qpus[1].n_data, 170);
    cr_assert_eq(machine_find_link(m, 0, 1)->weights[0], 0.99);
    machine_destroy(m);
}

Test(examples, documentation) {
    const char *dir = getenv("QSPAN_SOURCE_DIR");
    char path[4096], *text;
    size_t n;
    snprintf(path, sizeof path, "%s/docs/machine.md", dir != NULL ? dir : ".");
    cr_assert_eq(file_read(&text, &n, path, 1 << 20), STATUS_OK);
    int n_blocks = 0;
    for (char *block = text; (block = strstr(block, "```yaml\n")) != NULL; n_blocks++) {
        block += strlen("```yaml\n");
        char *end = strstr(block, "```");
        cr_assert_not_null(end);
        *end = '\0';
        machine_destroy(must_read_text(block));
        block = end + 1;
    }
    cr_assert_geq(n_blocks, 3);
    mem_free(text);
}
