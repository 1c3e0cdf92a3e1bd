/* Files of other tools: what they say is what the machine has. */
#include <math.h>
#include <unistd.h>

#include "base/text.h"
#include "machine/capture.h"
#include "machine/import.h"

static struct machine *must_import(const char *text) {
    char path[] = "/tmp/qspan_import_XXXXXX";
    const int fd = mkstemp(path);
    cr_assert(fd >= 0);
    cr_assert_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    struct machine *machine = must_read(path);
    unlink(path);
    return machine;
}

Test(import, squidasm_depolarise) {
    struct machine *m = must_import("# network\n"
                                    "stacks:\n"
                                    "  - name: Alice\n"
                                    "    qdevice_typ: generic\n"
                                    "    qdevice_cfg:\n"
                                    "      num_qubits: 3\n"
                                    "      T1: 10_000_000\n"
                                    "      T2: 1_000_000\n"
                                    "      single_qubit_gate_time: 1000\n"
                                    "      two_qubit_gate_time: 2000\n"
                                    "      two_qubit_gate_depolar_prob: 0.01\n"
                                    "  - name: Bob\n"
                                    "    qdevice_cfg: {num_qubits: 2}\n"
                                    "links:\n"
                                    "  - stack1: Alice\n"
                                    "    stack2: Bob\n"
                                    "    typ: depolarise\n"
                                    "    cfg: {fidelity: 0.9, prob_success: 0.1, t_cycle: 10.}\n");
    const struct machine_physical *p = m->physical;
    cr_assert_not_null(p);
    cr_expect_eq(m->n_qpus, 2);
    cr_expect_eq(m->qpus[0].n_data, 2);
    cr_expect_eq(m->qpus[0].t1_ps, 10000000000);
    cr_expect_eq(m->qpus[0].gate2.t_ps, 2000000);
    cr_expect_eq(m->qpus[0].gate2.p_err, 0.01);
    cr_expect_eq(m->qpus[1].t1_ps, 0);
    cr_expect_eq(p->qnus[0].t2_ps, 1000000000);
    cr_expect_eq(p->herald.model, HERALD_MEASURED);
    cr_expect_eq(p->herald.fidelity, 0.9);
    cr_expect_float_eq(p->herald.rate_hz, 1e7, 1e-3); /* a tenth of 10^8 attempts per second */
    cr_expect_eq(p->herald.t_attempt_ps, 10000);
    machine_destroy(m);
}

Test(import, squidasm_heralded) {
    struct machine *m = must_import(
        "stacks: [{name: A, qdevice_cfg: {num_qubits: 2}}, {name: B, qdevice_cfg: {num_qubits: "
        "2}}]\n"
        "links: [{stack1: A, stack2: B, typ: heralded, cfg: {length: 2, p_loss_init: 0.889,\n"
        "  p_loss_length: 0.25, speed_of_light: 214000, dark_count_probability: 1.4e-5,\n"
        "  detector_efficiency: 0.8, visibility: 0.89}}]\n");
    const struct machine_physical *p = m->physical;
    cr_expect_eq(p->herald.model, HERALD_TWO_CLICK);
    cr_expect_eq(p->herald.visibility, 0.89);
    cr_expect_float_eq(p->qnus[0].efficiency, 0.111, 1e-12);
    cr_expect_eq(p->fibres[0].length_m, 2000);
    cr_expect_float_eq(p->fibres[0].loss_db_m, 2.5e-4, 1e-12);
    cr_expect_float_eq(p->fibres[0].speed_m_s, 2.14e8, 1);
    cr_expect_eq(p->detectors.efficiency, 0.8);
    const double mean = p->detectors.dark_hz * (double)p->detectors.t_window_ps * 1e-12;
    cr_expect_float_eq(1 - exp(-mean), 1.4e-5, 1e-12);
    machine_destroy(m);
}

/* As newer files have it: nodes, merged maps, sides of the middle, delays of bits. */
Test(import, squidasm_merged) {
    struct machine *m =
        must_import("device: &device\n"
                    "  num_qubits: 3\n"
                    "  T1: 1e99\n"
                    "  T2: 85e6\n"
                    "link: &link\n"
                    "  length_A: 0.5\n"
                    "  length_B: 0.5\n"
                    "  p_loss_init_A: 0.75\n"
                    "  p_loss_init_B: 0.75\n"
                    "  speed_of_light: 200_000\n"
                    "  visibility: 0.5\n"
                    "processing_nodes:\n"
                    "  - {name: A, qdevice_typ: generic, qdevice_cfg: {<<: *device}}\n"
                    "  - {name: B, qdevice_cfg: {dummy: null}}\n"
                    "links:\n"
                    "  - node1: A\n"
                    "    node2: B\n"
                    "    typ: heralded-double-click\n"
                    "    cfg:\n"
                    "      <<: *link\n"
                    "      visibility: 0.9\n"
                    "clinks:\n"
                    "  - {node1: A, node2: B, typ: default, cfg: {delay: 7000}}\n");
    const struct machine_physical *p = m->physical;
    cr_expect_eq(m->qpus[0].n_data, 2);
    cr_expect_eq(m->qpus[0].t1_ps, 0);
    cr_expect_eq(m->qpus[0].t2_ps, 85000000000);
    cr_expect_eq(p->qnus[0].t1_ps, 0);
    cr_expect_eq(p->qnus[0].t2_ps, 85000000000);
    cr_expect_eq(m->qpus[1].n_data, 1);
    cr_expect_eq(p->qnus[1].efficiency, 0.25);
    cr_expect_eq(p->herald.visibility, 0.9, "its own before what is merged");
    cr_expect_eq(p->fibres[0].length_m, 1000);
    cr_expect_eq(p->control.t_message_ps, 2000000, "7 us, of which light takes 5");
    machine_destroy(m);
}

Test(import, squidasm_perfect) {
    struct machine *m = must_import(
        "stacks: [{name: A, qdevice_cfg: {dummy: null}}, {name: B, qdevice_cfg: {dummy: null}}]\n"
        "links: [{stack1: A, stack2: B, typ: perfect}]\n"
        "clinks: [{stack1: A, stack2: B, typ: default, cfg: {delay: 3}}]\n");
    cr_assert_null(m->physical);
    cr_assert_eq(m->n_links, 1);
    cr_expect_eq(m->links[0].t_ebit_ps, 0);
    cr_expect_eq(m->links[0].t_bit_ps, 3000);
    machine_destroy(m);
}

Test(import, sequence_table_of_round_trips) {
    struct machine *m = must_import(
        "{\n    \"nodes\": [{\"name\": \"r1\", \"type\": \"QuantumRouter\"},\n"
        "      {\"name\": \"r2\", \"type\": \"QuantumRouter\"}],\n"
        "    \"qconnections\": [{\"node1\": \"r1\", \"node2\": \"r2\", \"attenuation\": 1e-5,\n"
        "      \"distance\": 500}],\n"
        "    \"cconnections_table\": {\"type\": \"RT\", \"labels\": [\"r2\", \"r1\"],\n"
        "      \"table\": [[0, 7], [1e9, 0]]}}\n");
    cr_assert_eq(m->n_qpus, 2);
    cr_expect_float_eq(500 / m->physical->fibres[0].speed_m_s, 500e-6, 1e-12);
    machine_destroy(m);
}

Test(import, sequence_two_nodes) {
    struct machine *m = must_import(
        "{\"nodes\": [{\"name\": \"r1\", \"type\": \"QuantumRouter\", \"seed\": 0, \"memo_size\": "
        "20},\n"
        "  {\"name\": \"r2\", \"type\": \"QuantumRouter\", \"memo_size\": 10},\n"
        "  {\"name\": \"m\", \"type\": \"BSMNode\"}],\n"
        " \"qconnections\": [{\"node1\": \"r1\", \"node2\": \"r2\", \"attenuation\": 0.0001,\n"
        "  \"distance\": 20000, \"type\": \"meet_in_the_middle\"}],\n"
        " \"cconnections\": [{\"node1\": \"r2\", \"node2\": \"r1\", \"delay\": 900000000}]}\n");
    const struct machine_physical *p = m->physical;
    cr_assert_eq(m->n_qpus, 2);
    cr_expect_eq(m->qpus[0].n_comm, 20);
    cr_expect_eq(p->herald.model, HERALD_BARRETT_KOK_NEGOTIATED);
    cr_expect_eq(p->fibres[0].length_m, 20000);
    cr_expect_float_eq(20000 / p->fibres[0].speed_m_s, 900e-6, 1e-12);
    machine_destroy(m);
}

Test(import, refused) {
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"stacks: []\n", "f:1:1: error: 'links' is missing"},
        {"stacks: [{name: A}]\nlinks: []\n", "f:1:10: error: stack 'A' needs 'qdevice_cfg'"},
        {"stacks: [{name: A, qdevice_cfg: {num_qubits: x}}]\nlinks: []\n",
         "f:1:46: error: num_qubits: 'x': expected a number from 0 to 1e18"},
        {"stacks: [{name: A, qdevice_cfg: {num_qubits: 2}}]\n"
         "links: [{stack1: A, stack2: B, typ: magic, cfg: {}}]\n",
         "f:2:37: error: typ: 'magic': expected depolarise, heralded or heralded-double-click; or "
         "all of them perfect"},
        {"stacks: [{name: A, qdevice_typ: nv, qdevice_cfg: {num_qubits: 2}}]\nlinks: []\n",
         "f:1:33: error: qdevice_typ: 'nv': expected generic"},
        {"stacks: [{name: A, qdevice_cfg: {num_qubits: 2, electron_T1: 3}}]\nlinks: []\n",
         "f:1:49: error: 'electron_T1' in a generic qdevice_cfg is not read: write a machine file "
         "that says it"},
        {"stacks: [{name: A, qdevice_cfg: {num_qubits: 2}}]\n"
         "links: [{stack1: A, stack2: B, typ: heralded, cfg: {length: 1, visibilty: 1}}]\n",
         "f:2:64: error: 'visibilty' in a heralded link is not read: write a machine file that "
         "says "
         "it"},
        {"stacks: []\nlinks: []\nhubs: []\n",
         "f:3:1: error: 'hubs' in the network is not read: write a machine file that says it"},
        {"stacks: []\nlinks: []\nclinks: [{stack1: A, stack2: B, typ: slow}]\n",
         "f:3:38: error: typ: 'slow': expected instant or default"},
        {"stacks: []\nlinks: []\nclinks: [{typ: default, cfg: {delay: 3}}, {typ: instant}]\n",
         "f:3:43: error: this clink takes another time than the first: a machine file has one for "
         "all"},
        {"stacks: [{name: A, qdevice_cfg: &a {<<: *a, num_qubits: 2}}]\nlinks: []\n",
         "f:1:33: error: <<: expected one map, and at most 8 one in the other"},
        {"a: &a {speed_off_light: 1}\nstacks: []\n"
         "links: [{node1: A, node2: B, typ: heralded, cfg: {<<: *a}}]\n",
         "f:1:8: error: 'speed_off_light' in a heralded link is not read: write a machine file "
         "that says it"},
        {"stacks: []\nlinks: [{node1: A, node2: B, typ: heralded-double-click,\n"
         "  cfg: {length_A: 1, length_B: 2}}]\n",
         "f:3:32: error: length_B differs from length_A: photons meet in the middle here"},
        {"stacks: []\nlinks: [{node1: A, node2: B, typ: perfect}, {typ: depolarise}]\n",
         "f:2:51: error: typ: 'depolarise': expected perfect, as the first link is"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct text out = {0};
        messages_keep();
        cr_expect_eq(machine_import_squidasm(&out, "f", cases[i].text, strlen(cases[i].text)),
                     STATUS_INPUT);
        cr_expect_str_eq(messages_last(), cases[i].message, "%s", messages_last());
        text_fini(&out);
    }
    static const struct {
        const char *text, *message;
    } sequence[] = {
        {"{\"nodes\": [], \"qconnections\": [], \"stop_time\": 1,\n\"qconections\": []}",
         "f:2:1: error: 'qconections' in the network is not read: write a machine file that says "
         "it"},
        {"{\"nodes\": [{\"name\": \"a\", \"type\": \"QuantumRouter\",\n\"memo_sise\": 2}],\n"
         "\"qconnections\": []}",
         "f:2:1: error: 'memo_sise' in a node is not read: write a machine file that says it"},
        {"{\"nodes\": [], \"qconnections\": [{\"node1\": \"a\",\n\"lenght\": 2}]}",
         "f:2:1: error: 'lenght' in a qconnection is not read: write a machine file that says it"},
        {"{\"nodes\": [], \"qconnections\": [],\n\"cconnections\": [{\"dealy\": 2}]}",
         "f:2:19: error: 'dealy' in a cconnection is not read: write a machine file that says it"},
    };
    for (size_t i = 0; i < sizeof sequence / sizeof *sequence; i++) {
        struct text text = {0};
        messages_keep();
        cr_expect_eq(
            machine_import_sequence(&text, "f", sequence[i].text, strlen(sequence[i].text)),
            STATUS_INPUT);
        cr_expect_str_eq(messages_last(), sequence[i].message, "%s", messages_last());
        text_fini(&text);
    }
    struct text out = {0};
    const char *with = "{\"templates\": {}, \"nodes\": [], \"qconnections\": []}";
    messages_keep();
    cr_expect_eq(machine_import_sequence(&out, "f", with, strlen(with)), STATUS_INPUT);
    cr_expect_eq(machine_guess_format(with, strlen(with)), MACHINE_FORMAT_SEQUENCE);
    cr_expect_eq(machine_guess_format("qpus: []\nstacks: []\n", 20), MACHINE_FORMAT_OWN);
    cr_expect_eq(machine_guess_format("stacks: []\n", 11), MACHINE_FORMAT_SQUIDASM);
    cr_expect_eq(machine_guess_format("{\n  \"nodes\": [],\n\"qconnections\": []}", 36),
                 MACHINE_FORMAT_SEQUENCE);
    cr_expect_eq(machine_guess_format("", 0), MACHINE_FORMAT_OWN);
    text_fini(&out);
}
