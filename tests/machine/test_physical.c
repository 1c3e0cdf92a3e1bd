/* The physical part: values, topologies, what is refused, and that it prints as it reads. */
#include "machine/capture.h"
#include "machine/physical_fields.h"

static void expect_round_trip(const char *path_or_preset) {
    struct machine *machine = must_read(path_or_preset);
    struct text first = {0}, second = {0};
    cr_assert_eq(machine_print(&first, machine), STATUS_OK);
    struct machine *again = must_read_text(first.data);
    cr_assert_eq(machine_print(&second, again), STATUS_OK);
    cr_expect_str_eq(first.data, second.data);
    text_fini(&first);
    text_fini(&second);
    machine_destroy(machine);
    machine_destroy(again);
}

Test(physical, presets_and_topologies_print_as_they_read) {
    static const char *const names[] = {"cisco-qdc-2026",
                                        "cisco-qdc-2026:n=64,topology=clos",
                                        "cisco-qdc-2026:n=64,topology=bcube,cutoff=50us",
                                        "cisco-qdc-2026:n=128,topology=qfly,analysers_total=7",
                                        "cisco-qdc-2026:n=20,topology=grid",
                                        "cisco-qdc-2026:n=5,topology=ring",
                                        "cisco-qdc-2026:n=5,topology=mesh",
                                        "cisco-qdc-2026:n=7,topology=two_centres",
                                        "today-cryo-mw",
                                        "today-ion:herald.fidelity=0.94,herald.rate=250Hz",
                                        "today-transducer",
                                        "today-metro",
                                        "demo-2030:policy.purify=pump,policy.target=0.9",
                                        "demo-2030-clean",
                                        "ft-2035:n=16,topology=fat_tree",
                                        "squidasm-ion:topology=line,n=3"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        expect_round_trip(names[i]);
    }
}

static const char full[] =
    "name: full\n"
    "qpus:\n"
    "  - {name: A, count: 2, data: 4, comm: 2, data_centre: east}\n"
    "  - {name: B, data: 4, comm: 2}\n"
    "qnus:\n"
    "  - {transducer: {efficiency: 0.25, added_noise: 0.5, repetition: 300 kHz}, reset: 3 us}\n"
    "  - {qpu: A, loss: 3 dB, T1: 2 ms, T2: 1 ms, clock: 10 ps, buffer: unlimited}\n"
    "  - {qpu: A1, swap_gate: 0.99, swap_flip: 0.01, swap_time: 2 us, source: 1 us}\n"
    "switches:\n"
    "  - {name: s, radix: 8, stage_loss: 0.3 dB, reconfiguration: 1 ms, analysers: 2}\n"
    "  - {name: t, count: 2, radix: 4}\n"
    "repeaters: [{name: r, T1: 1 s, T2: 2 s, transducer: {efficiency: 0.5}, buffer: 4}]\n"
    "fibres:\n"
    "  - {between: [A0, s], length: 0.1 km, loss: 0.2 dB/km, channels: 5}\n"
    "  - {between: [s, t0], length: 20 m}\n"
    "  - {between: [t1, t0]}\n"
    "  - {between: [t1, r], speed: 214000 km/s}\n"
    "  - {between: [A1, r]}\n"
    "  - {between: [B, s]}\n"
    "herald: {model: single_click, visibility: 0.9, bright: 0.2, photon: 5 ns}\n"
    "detectors: {efficiency: 0.9, dark: 100 Hz, window: 1.5 ns}\n"
    "control: {decision: 1 us, message: 2 us, handshake: rtt}\n"
    "policy: {routing: k_shortest, paths: 3, purify: dejmps, rounds: 2, cutoff: 200 us}\n"
    "outages:\n"
    "  - {node: t0, from: 1 ms, until: 2 ms}\n"
    "  - {between: [r, A1], from: 0 ms, until: 1 s}\n";

Test(physical, values_are_where_they_belong) {
    struct machine *m = must_read_text(full);
    const struct machine_physical *p = m->physical;
    cr_assert_not_null(p);
    cr_expect_str_eq(m->qpus[1].data_centre, "east");
    cr_expect_eq(p->qnus[0].efficiency, 0.25);
    cr_expect_eq(p->qnus[2].added_noise, 0.5);
    cr_expect_eq(p->qnus[0].repetition_hz, 300e3);
    cr_expect_eq(p->qnus[0].t_reset_ps, 3000000);
    cr_expect_eq(p->qnus[0].loss_db, 3);
    cr_expect_eq(p->qnus[2].loss_db, 0);
    cr_expect_eq(p->qnus[1].t1_ps, 2000000000);
    cr_expect_eq(p->qnus[1].clock_ps, 10);
    cr_expect_eq(p->qnus[0].swap_gate, 1);
    cr_expect_eq(p->qnus[1].swap_gate, 0.99);
    cr_expect_eq(p->qnus[0].n_buffer, MACHINE_UNLIMITED);
    cr_expect_eq(p->n_switches, 3);
    cr_expect_str_eq(p->switches[2].name, "t1");
    cr_expect_eq(p->switches[0].t_reconf_ps, 1000000000);
    cr_expect_eq(p->switches[0].n_analysers, 2);
    cr_expect_eq(p->switches[1].n_analysers, MACHINE_UNLIMITED);
    cr_expect_eq(p->repeaters[0].qnu.efficiency, 0.5);
    cr_expect_eq(p->repeaters[0].qnu.n_buffer, 4);
    cr_expect_eq(p->fibres[0].length_m, 100);
    cr_expect_float_eq(p->fibres[0].loss_db_m, 2e-4, 1e-18);
    cr_expect_eq(p->fibres[0].a, 0);
    cr_expect_eq(p->fibres[0].b, 3);
    cr_expect_eq(p->fibres[3].b, 6);
    cr_expect_eq(p->fibres[3].speed_m_s, 2.14e8);
    cr_expect_eq(p->herald.model, HERALD_SINGLE_CLICK);
    cr_expect_eq(p->herald.t_photon_ps, 5000);
    cr_expect_eq(p->detectors.t_window_ps, 1500);
    cr_expect_eq(p->control.handshake, HANDSHAKE_RTT);
    cr_expect_eq(p->policy.routing, ROUTING_K_SHORTEST);
    cr_expect_eq(p->policy.t_cutoff_ps, 200000000);
    cr_expect_eq(p->n_outages, 2);
    cr_expect(p->outages[1].is_fibre && p->outages[1].index == 4);
    cr_expect_eq(p->outages[0].index, 4);
    machine_destroy(m);
}

Test(physical, stages_of_a_switch) {
    static const uint32_t rows[][2] = {{1, 0}, {2, 1}, {4, 3}, {8, 5}, {12, 7}, {16, 7}, {64, 11}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cr_expect_eq(machine_switch_stages(rows[i][0]), rows[i][1]);
    }
}

Test(physical, sizes_of_topologies) {
    static const struct {
        const char *name;
        size_t n_switches, n_fibres;
        uint32_t radix;
    } rows[] = {
        /* fat tree of k pods: 5 k^2/4 switches, k^3/4 QPUs with one fibre and twice as many trunks
         */
        {"cisco-qdc-2026:n=16", 20, 16 + 32, 4},
        {"cisco-qdc-2026:n=128", 80, 128 + 256, 8},
        {"cisco-qdc-2026:n=128,topology=qfly", 8, 128 + 28, 23},
        {"cisco-qdc-2026:n=16,topology=bcube", 8, 32, 4},
        {"cisco-qdc-2026:n=10,topology=bcube", 7, 20, 4},
        {"cisco-qdc-2026:n=16,topology=clos,radix=8", 8, 16 + 16, 8},
        {"cisco-qdc-2026:n=6,topology=mesh", 0, 15, 0},
        {"cisco-qdc-2026:n=9,topology=grid", 0, 12, 0},
        {"cisco-qdc-2026:n=9,topology=ring", 0, 9, 0},
        {"cisco-qdc-2026:n=9,topology=star", 1, 9, 9},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct machine *m = must_read(rows[i].name);
        cr_expect_eq(m->physical->n_switches, rows[i].n_switches, "%s: %zu", rows[i].name,
                     m->physical->n_switches);
        cr_expect_eq(m->physical->n_fibres, rows[i].n_fibres, "%s: %zu", rows[i].name,
                     m->physical->n_fibres);
        if (rows[i].radix > 0) {
            cr_expect_eq(m->physical->switches[0].radix, rows[i].radix);
        }
        machine_destroy(m);
    }
    struct machine *m = must_read("cisco-qdc-2026:n=128");
    uint32_t n = 0;
    for (size_t i = 0; i < 80; i++) {
        n += m->physical->switches[i].n_analysers;
    }
    cr_expect_eq(n, 100);
    machine_destroy(m);
}

struct refusal {
    const char *text, *message;
};

#define AB                                                                                         \
    "qpus:\n"                                                                                      \
    "- {name: A, data: 2, comm: 1}\n"                                                              \
    "- {name: B, like: A}\n"

Test(physical, refused) {
    static const struct refusal cases[] = {
        {AB "fibres:\n- {between: [A, B], length: 10}\n",
         "m.yaml:5:29: error: length: '10': a unit is missing; expected one of um, mm, m, km"},
        {AB "fibres:\n- {between: [A, B], length: -1 m}\n",
         "m.yaml:5:29: error: length: '-1 m': must not be negative"},
        {AB "qnus: [{T1: 1 us, T2: 3 us}]\nfibres: [{between: [A, B]}]\n",
         "m.yaml:2:10: error: QNU of 'A': T2 (3 us) must be given and at most twice T1 (1 us)"},
        {AB "fibres: [{between: [A, B], channels: 0}]\n",
         "m.yaml:4:38: error: channels: '0': must be at least 1"},
        {AB "qnus: [{transducer: {efficiency: 0}}]\nfibres: [{between: [A, B]}]\n",
         "m.yaml:4:34: error: efficiency: '0': must be more than 0: no light would get through"},
        {AB "qnus: [{transducer: {repetition: 0 kHz}}]\nfibres: [{between: [A, B]}]\n",
         "m.yaml:4:34: error: repetition: '0 kHz': must be more than 0; without it there is no "
         "limit"},
        {AB "fibres: [{between: [A, B]}]\ndetectors: {efficiency: 0}\n",
         "m.yaml:5:25: error: efficiency: '0': must be more than 0: no light would get through"},
        {AB "fibres: [{between: [A, B]}]\npolicy: {cutoff: 0 us}\n",
         "m.yaml:5:18: error: cutoff: '0 us': must be more than 0, or 'infinite'"},
        {AB "switches: [{name: s, radix: 2, analysers: 0}]\n"
            "fibres: [{between: [A, s]}, {between: [B, s]}]\n",
         "m.yaml:4:12: error: analysers: no switch has one, so no two photons can meet"},
        {"qpus:\n- {name: A, data: 2, comm: 1}\n- {name: B, data: 1}\n"
         "fibres: [{between: [A, B]}]\n",
         "m.yaml:3:10: error: QPU 'B' is on a network and has no comm qubit: 'comm' must be at "
         "least 1"},
        {AB "- {name: C, like: A}\nfibres: [{between: [A, B]}]\n",
         "m.yaml:4:10: error: QPU 'C' cannot be reached from 'A': fibres, switches and repeaters "
         "do "
         "not join them (a QPU relays if its QNU has a buffer of 2 or more)"},
        {AB "- {name: C, like: A}\nfibres: [{between: [A, B]}, {between: [B, C]}]\n",
         "m.yaml:4:10: error: QPU 'C' cannot be reached from 'A': fibres, switches and repeaters "
         "do "
         "not join them (a QPU relays if its QNU has a buffer of 2 or more)"},
        {AB "switches: [{name: s, radix: 1}]\nfibres: [{between: [A, s]}, {between: [B, s]}]\n",
         "m.yaml:5:29: error: switch 's' has 1 ports, and this is one fibre more"},
        {AB "fibres: [{between: [A, C]}]\n", "m.yaml:4:24: error: between: there is no node 'C'"},
        {AB "switches: [{name: A}]\nfibres: [{between: [A, B]}]\n",
         "m.yaml:4:12: error: two nodes are named 'A'; QPUs, switches and repeaters share their "
         "names"},
        {AB "fibres: [{between: [A, B]}]\nherald: {model: threeclick}\n",
         "m.yaml:5:17: error: model: 'threeclick': expected one of two_click, barrett_kok, "
         "barrett_kok_negotiated, single_click, sender_receiver, midpoint_source, measured"},
        {AB "fibres: [{between: [A, B]}]\nherald: {model: single_click, bright: 0}\n",
         "m.yaml:5:39: error: bright: '0': must be more than 0: no light would get through"},
        {AB "fibres: [{between: [A, B]}]\nherald: {model: single_click, bright: 1}\n",
         "m.yaml:5:9: error: herald: bright 1 makes no pairs: both qubits always shine"},
        {AB "fibres: [{between: [A, B]}]\nherald: {model: measured}\n",
         "m.yaml:5:9: error: herald: model measured needs a 'rate' above 0"},
        {AB "qnus: []\n",
         "m.yaml:4:7: error: 'qnus' is of a physical network, which needs 'fibres' or a "
         "'topology'"},
        {AB "topology: {kind: fat_tree, radix: 2}\n- x\n", NULL},
        {"qpus: [{name: q, count: 9, data: 1, comm: 1}]\n"
         "topology: {kind: fat_tree, radix: 2}\n",
         "m.yaml:2:11: error: topology: 9 QPUs do not fit: a fat tree of this radix holds 2"},
        {"qpus: [{name: q, count: 9, data: 1, comm: 1}]\ntopology: {kind: line}\n",
         "m.yaml:1:15: error: QPU 'q2' cannot be reached from 'q0': fibres, switches and repeaters "
         "do not join them (a QPU relays if its QNU has a buffer of 2 or more)"},
        {AB "fibres: [{between: [A, B]}]\noutages: [{from: 1 s, until: 1 s, node: A}]\n",
         "m.yaml:5:11: error: an outage must end after it starts"},
        {AB "- {name: C, like: D}\n- {name: D, like: C}\nfibres: [{between: [A, B]}]\n",
         "m.yaml:5:19: error: like: a circle: C is like D is like C"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct machine *machine = NULL;
        messages_keep();
        const enum status status =
            machine_read_text(&machine, "m.yaml", cases[i].text, strlen(cases[i].text));
        cr_expect_eq(status, STATUS_INPUT, "not refused: %s", cases[i].text);
        if (cases[i].message != NULL) {
            cr_expect_str_eq(messages_last(), cases[i].message, "got %s", messages_last());
        }
    }
}

Test(physical, settings_of_presets) {
    static const struct refusal cases[] = {
        {"cisco-qdc-2026:n", "cisco-qdc-2026: error: cisco-qdc-2026: 'n': expected KEY=VALUE"},
        {"cisco-qdc-2026:n=", NULL},
        {"cisco-qdc-2026:n=0", NULL},
        {"cisco-qdc-2026:qpus.4.count=2", NULL},
        {"cisco-qdc-2026:name.x=2", NULL},
        {"cisco-qdc-2026:fibre..x=2", NULL},
        {"cisco-qdc-2026:nonsense=2", NULL},
        {"cisco-qdc-2026:length=5", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct machine *machine = NULL;
        messages_keep();
        cr_expect_eq(machine_read(&machine, cases[i].text), STATUS_INPUT, "%s", cases[i].text);
        cr_expect_eq(messages_count(), 1);
    }
    struct machine *m = must_read("today-transducer:policy.cutoff=3us,qnus.0.T1=5s,qnus.0.T2=1s");
    cr_expect_eq(m->physical->policy.t_cutoff_ps, 3000000);
    cr_expect_eq(m->physical->qnus[1].t2_ps, 1000000000000);
    machine_destroy(m);
}
