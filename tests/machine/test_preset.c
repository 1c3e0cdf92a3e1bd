/* Machines without a file. */
#include "machine/capture.h"

static void assert_text_reads_back(const struct machine *m) {
    struct machine *back = must_read_text(m->text);
    assert_same_machine(back, m);
    machine_destroy(back);
}

Test(preset, ideal) {
    struct machine *m = must_read("ideal:n=3,data=5");
    cr_assert_str_eq(m->name, "ideal");
    cr_assert_eq(m->n_qpus, 3);
    for (uint32_t i = 0; i < 3; i++) {
        struct machine_qpu expected = {
            .name = (const char *[]){"A", "B", "C"}[i], .n_data = 5, .n_comm = MACHINE_UNLIMITED};
        assert_same_qpu(&m->qpus[i], &expected);
        cr_assert_null(m->qpus[i].loc.file);
    }
    const struct machine_link perfect = {.weights = {1, 0, 0, 0}};
    assert_same_link(machine_find_link(m, 0, 2), &perfect);
    cr_assert_eq(machine_check_lifetimes(m), STATUS_OK);
    assert_text_reads_back(m);
    machine_destroy(m);
    m = must_read("ideal");
    cr_assert_eq(m->n_qpus, 4);
    cr_assert_eq(m->qpus[3].n_data, 8);
    machine_destroy(m);
}

Test(preset, werner) {
    struct machine *m = must_read("werner:F=0.85,time=2.5us,n=2,classical=70 ns,comm=3,data=0");
    const struct machine_link *link = machine_find_link(m, 1, 0);
    cr_assert_eq(m->n_qpus, 2);
    cr_assert_eq(m->qpus[1].n_comm, 3);
    cr_assert_eq(m->qpus[1].n_data, 0);
    cr_assert_eq(link->t_ebit_ps, 2500000);
    cr_assert_eq(link->t_bit_ps, 70000);
    cr_assert_eq(link->weights[0], 0.85);
    for (int i = 1; i < 4; i++) {
        cr_assert_float_eq(link->weights[i], 0.05, 1e-16);
    }
    cr_assert_eq(machine_check_lifetimes(m), STATUS_OK);
    assert_text_reads_back(m);
    machine_destroy(m);

    m = must_read("werner");
    link = &m->default_link;
    cr_assert_eq(m->n_qpus, 4);
    cr_assert_eq(m->qpus[0].n_data, 8);
    cr_assert_eq(m->qpus[0].n_comm, 2);
    cr_assert_eq(link->weights[0], 0.95);
    cr_assert_eq(link->t_ebit_ps, 10000000);
    cr_assert_eq(link->t_bit_ps, 1000000);
    machine_destroy(m);
}

/* Names by counting up letters, as an odometer does. */
Test(preset, names_and_shares) {
    char name[8] = "A";
    struct machine *m = NULL;
    cr_assert_eq(machine_create_ideal(&m, 20000, 50003, 2), STATUS_OK);
    uint64_t n_data = 0;
    for (uint32_t i = 0; i < 20000; i++) {
        cr_assert_str_eq(m->qpus[i].name, name);
        cr_assert_eq(m->qpus[i].n_data, i < 10003 ? 3 : 2);
        cr_assert_eq(m->qpus[i].n_comm, 2);
        n_data += m->qpus[i].n_data;
        size_t k = strlen(name);
        while (k > 0 && name[k - 1] == 'Z') {
            name[--k] = 'A';
        }
        if (k > 0) {
            name[k - 1]++;
        } else {
            strcat(name, "A");
        }
    }
    cr_assert_eq(n_data, 50003);
    cr_assert_eq(machine_find_qpu(m, "AA"), 26);
    cr_assert_eq(machine_find_qpu(m, "aa"), UINT32_MAX);
    cr_assert_eq(machine_find_qpu(m, ""), UINT32_MAX);
    machine_destroy(m);
}

Test(preset, ideal_for_few_qubits) {
    static const struct {
        uint32_t n_qpus, n_qubits;
    } cases[] = {{1, 0}, {1, 1}, {1, 40}, {4, 2}, {3, 7}, {8, 8}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct machine *m = NULL;
        cr_assert_eq(
            machine_create_ideal(&m, cases[i].n_qpus, cases[i].n_qubits, MACHINE_UNLIMITED),
            STATUS_OK);
        uint32_t left = cases[i].n_qubits;
        for (uint32_t q = 0; q < cases[i].n_qpus; q++) {
            uint32_t n_after = cases[i].n_qpus - q; /* fair share, rounded up, of what is left */
            uint32_t share = (left + n_after - 1) / n_after;
            cr_assert_eq(m->qpus[q].n_data, share);
            left -= share;
        }
        cr_assert_eq(left, 0);
        assert_text_reads_back(m);
        machine_destroy(m);
    }
    struct machine *m = NULL;
    messages_keep();
    cr_assert_eq(machine_create_ideal(&m, 0, 5, 1), STATUS_USAGE);
    cr_assert_eq(machine_create_ideal(&m, (1u << 20) + 1, 5, 1), STATUS_USAGE);
    cr_assert_eq(messages_count(), 2);
    cr_assert_null(m);
}

#define OTHERS                                                                                     \
    ", cisco-qdc-2026, today-cryo-mw, today-ion, today-transducer, today-metro, demo-2030, "       \
    "demo-2030-clean, ft-2035, squidasm-ion"

Test(preset, refused) {
    static const struct {
        const char *preset, *message;
    } cases[] = {
        {"wernr:n=2", "qspan: error: 'wernr:n=2' is neither a machine file nor a preset; did you "
                      "mean werner?"},
        {"/nowhere/m.yaml", "qspan: error: '/nowhere/m.yaml' is neither a machine file nor a "
                            "preset; the presets are ideal, werner" OTHERS},
        {"/tmp", "/tmp: error: is a directory, not a file"},
        {"werner:", "qspan: error: preset 'werner': '': expected OPTION=VALUE"},
        {"werner:n", "qspan: error: preset 'werner': 'n': expected OPTION=VALUE"},
        {"werner:n=4,", "qspan: error: preset 'werner': '': expected OPTION=VALUE"},
        {"werner:n=0",
         "qspan: error: preset 'werner': n: '0': expected a whole number from 1 to 1048576"},
        {"werner:n=2,n=2", "qspan: error: preset 'werner': 'n' is given twice"},
        {"werner:F=0.1", "qspan: error: preset 'werner': F: '0.1': expected a fidelity, a number "
                         "from 0.25 to 1 without unit"},
        {"werner:time=10", "qspan: error: preset 'werner': time: '10': a unit is missing; expected "
                           "one of ps, ns, us, ms, s, min"},
        {"werner:clasical=1us",
         "qspan: error: preset 'werner': no option 'clasical'; did you mean 'classical'?"},
        {"ideal:F=1", "qspan: error: preset 'ideal': no option 'F'; the options are n, data, comm"},
        {"ideal:n=1048576,data=5000",
         "qspan: error: preset 'ideal': 5242880000 qubits; at most 2^32 - 2 are supported"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct machine *m = NULL;
        messages_keep();
        cr_assert_eq(machine_read(&m, cases[i].preset), STATUS_INPUT);
        cr_assert_null(m);
        cr_assert_eq(messages_count(), 1);
        cr_assert_str_eq(messages_last(), cases[i].message);
    }
}

/* Every help line ends in an example that gives the defaults. */
Test(preset, list) {
    const char *const *pair = machine_presets();
    int n = 0;
    for (; *pair != NULL; pair += 2, n++) {
        const char *example = strrchr(pair[1], ' ') + 1;
        if (n >= 2) {
            machine_destroy(must_read(pair[0]));
            continue;
        }
        cr_assert_eq(strncmp(example, pair[0], strlen(pair[0])), 0);
        struct machine *m = must_read(pair[0]), *same = must_read(example);
        assert_same_machine(m, same);
        machine_destroy(m);
        machine_destroy(same);
    }
    cr_assert_eq(n, 11);
}
