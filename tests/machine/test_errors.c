/* What is refused, with the words and the place. */
#include "machine/capture.h"

struct refusal {
    const char *text, *message;
};

/* `message` after "m.yaml:". */
static void assert_refused(const char *text, size_t n, const char *message) {
    struct machine *machine = NULL;
    messages_keep();
    enum status status = machine_read_text(&machine, "m.yaml", text, n);
    cr_assert_eq(status, STATUS_INPUT, "not refused: %s", text);
    cr_assert_null(machine);
    cr_assert_eq(messages_count(), 1);
    cr_assert_eq(strncmp(messages_last(), "m.yaml:", 7), 0, "%s", messages_last());
    cr_expect_str_eq(messages_last() + 7, message, "got      '%s'\nexpected '%s'",
                     messages_last() + 7, message);
}

static void assert_all_refused(const struct refusal *cases, size_t n) {
    for (size_t i = 0; i < n; i++) {
        assert_refused(cases[i].text, strlen(cases[i].text), cases[i].message);
    }
}
#define ASSERT_ALL_REFUSED(cases) assert_all_refused(cases, sizeof cases / sizeof *cases)

#define A "qpus:\n- {name: A, data: 2}\n"
#define AB A "- {name: B, data: 2}\n"
#define UNITS "; expected one of ps, ns, us, ms, s, min"

Test(errors, yaml) {
    static const struct refusal cases[] = {
        {"", "1:1: error: the file describes nothing"},
        {"# nothing\n", "1:1: error: the file describes nothing"},
        {"---\n", "1:1: error: the file describes nothing"},
        {"hello\n", "1:1: error: the machine: expected keys and values"},
        {"- a\n", "1:1: error: the machine: expected keys and values"},
        {A "---\n" A, "3:1: error: a second document; a machine file holds one ('---' starts "
                      "another)"},
        {"a: [1, 2\nb: 3\n", "2:2: error: did not find expected ',' or ']' while parsing a flow "
                             "sequence that starts at line 1"},
        {"qpus:\n\t- {name: A}\n", "2:1: error: a tab; YAML is indented with blanks"},
        {"qpus: *a\n", "1:7: error: found undefined alias"},
        {"qpus: &a 1\nname: &a x\n", "2:7: error: this anchor was already defined at line 1"},
        {"qpus: \xff\n", "1:7: error: not UTF-8 text: invalid leading UTF-8 octet"},
        {"name: \xC3\xA9\nqpus: \xC3\xA9\xC3(\n",
         "2:9: error: not UTF-8 text: invalid trailing UTF-8 octet"},
        {"qpus:\x01\n", "1:6: error: not UTF-8 text: control characters are not allowed"},
        {"qpus: !foo [x]\n", "1:7: error: qpus: tags such as '!foo' have no meaning here"},
        {"name: !!int 3\n" A, "1:7: error: name: tags such as 'tag:yaml.org,2002:int' have no "
                              "meaning here"},
        {"name: \"a\\0b\"\n" A, "1:7: error: name: the text contains a NUL character"},
        {"\"qpus\\0\": 1\n", "1:1: error: unknown key 'qpus' in the machine; did you mean 'qpus'?"},
        {"[a]: b\n", "1:1: error: a key of the machine must be a word"},
    };
    ASSERT_ALL_REFUSED(cases);
}

Test(errors, hostile_yaml) {
    struct text text = {0};
    for (int i = 0; i < 100000; i++) {
        text_add(&text, "[");
    }
    assert_refused(text.data, text.n, "1:33: error: nested deeper than 32 levels");
    text_fini(&text);
    /* Ten to the ninth strings, if aliases were copied. */
    text_add(&text, "name: {a0: &a0 x");
    for (int i = 1; i < 10; i++) {
        text_printf(&text, ", a%d: &a%d [", i, i);
        for (int k = 0; k < 10; k++) {
            text_printf(&text, "%s*a%d", k == 0 ? "" : ", ", i - 1);
        }
        text_add(&text, "]");
    }
    text_add(&text, "}\n" A);
    assert_refused(text.data, text.n, "1:7: error: name: expected one value");
    text_fini(&text);
    assert_refused("qpus: &a [*a]", 13, "1:7: error: a QPU: expected keys and values");
    assert_refused("&a {qpus: [*a]}", 15,
                   "1:5: error: unknown key 'qpus' in a QPU; the keys are name, count, like, data, "
                   "comm, rack, data_centre, T1, T2, gate1, gate2, measure, reset");
    assert_refused("name: a\0b\n", 10,
                   "1:8: error: not UTF-8 text: control characters are not allowed");
}

Test(errors, keys) {
    static const struct refusal cases[] = {
        {"name: x\n", "1:1: error: the machine needs the key 'qpus'"},
        {"qpu: []\n", "1:1: error: unknown key 'qpu' in the machine; did you mean 'qpus'?"},
        {A "colour: red\n", "3:1: error: unknown key 'colour' in the machine; the keys are name, "
                            "qpus, links, default_link, qnus, switches, repeaters, fibres, "
                            "topology, herald, detectors, control, policy, outages"},
        {A "Links: []\n", "3:1: error: unknown key 'Links' in the machine; did you mean 'links'?"},
        {A A, "3:1: error: 'qpus' is given twice in the machine (already at line 2)"},
        {"<<: x\n", "1:1: error: merge keys are not supported; use 'like: NAME' to share values"},
        {A "policy: {routin: spread}\n",
         "3:10: error: unknown key 'routin' in policy; did you mean 'routing'?"},
        {A "links: []\nqnus: []\n", "3:8: error: links are given, and 'qnus' describes the "
                                    "physical network: give one of them"},
        {"qpus: []\n", "1:7: error: qpus: at least one QPU is needed"},
        {"qpus: 4\n", "1:7: error: qpus: expected a list"},
        {"qpus:\n", "1:6: error: qpus: no value is given; expected a list"},
        {A "links:\nname: x\n", "3:7: error: links: no value is given; expected a list"},
        {"qpus: [A]\n", "1:8: error: a QPU: expected keys and values"},
        {"qpus: [{data: 3}]\n", "1:8: error: a QPU needs the key 'name'"},
        {"qpus: [{name: A}]\n", "1:8: error: QPU 'A' needs the key 'data', its own or by 'like'"},
        {"qpus: [{name: A, data: }]\n", "1:24: error: data: no value is given; expected one value"},
        {"qpus: [{name: A, data: ~}]\n",
         "1:24: error: data: no value is given; expected one value"},
        {"qpus: [{name: A, data: 1, t1: 3 us}]\n",
         "1:27: error: unknown key 't1' in a QPU; did you mean 'T1'?"},
        {"qpus: [{name: A, dtaa: 1}]\n",
         "1:18: error: unknown key 'dtaa' in a QPU; did you mean 'data'?"},
        {"qpus: [{name: A, data: 1, data: 1}]\n",
         "1:27: error: 'data' is given twice in a QPU (already at line 1)"},
        {"qpus: [{name: A, data: 1, gate1: {tiem: 1 ns}}]\n",
         "1:35: error: unknown key 'tiem' in gate1; did you mean 'time'?"},
        {"qpus: [{name: A, data: 1, gate1: 3 ns}]\n",
         "1:34: error: gate1: expected keys and values"},
        {AB "links: [{fidelity: 1}]\n", "4:9: error: a link needs the key 'between'"},
        {AB "default_link: {between: [A, B]}\n",
         "4:16: error: unknown key 'between' in default_link; the keys are fidelity, weights, "
         "time, classical"},
    };
    ASSERT_ALL_REFUSED(cases);
}

Test(errors, names) {
    static const struct refusal cases[] = {
        {"qpus: [{name: 1A, data: 1}]\n", "1:15: error: name: '1A': expected letters, digits and "
                                          "_, a letter first, at most 64 in all"},
        {"qpus: [{name: _A, data: 1}]\n", "1:15: error: name: '_A': expected letters, digits and "
                                          "_, a letter first, at most 64 in all"},
        {"qpus: [{name: A-1, data: 1}]\n", "1:15: error: name: 'A-1': expected letters, digits and "
                                           "_, a letter first, at most 64 in all"},
        {"qpus: [{name: '', data: 1}]\n",
         "1:15: error: name: '': expected letters, digits and _, a "
         "letter first, at most 64 in all"},
        {"qpus: [{name: [A], data: 1}]\n", "1:15: error: name: expected one value"},
        {AB "- {name: A, data: 1}\n",
         "4:10: error: two QPUs are named 'A' (the other one at line 2)"},
        {"qpus:\n- {name: A1, data: 1}\n- {name: A, count: 2, data: 1}\n",
         "3:10: error: two QPUs are named 'A1' (the other one at line 2)"},
        {"name: ''\n" A, "1:7: error: name: '': expected a text of 1 to 1024 bytes"},
        {"qpus: [{name: A, data: 1, count: 0}]\n",
         "1:34: error: count: '0': expected a whole number from 1 to 1048576"},
        {"qpus: [{name: A, data: 1, count: 1048577}]\n",
         "1:34: error: count: '1048577': expected a whole number from 1 to 1048576"},
        {A "- {name: B, data: 1, count: 1048576}\n", "3:29: error: more than 1048576 QPUs"},
        {AB "- {name: C, like: D}\n", "4:19: error: like: there is no QPU 'D'"},
        {"qpus:\n- {name: node, data: 1}\n- {name: C, like: nodes}\n",
         "3:19: error: like: there is no QPU 'nodes'; did you mean 'node'?"},
        {"qpus:\n- {name: A, like: A}\n", "2:19: error: like: a circle: A is like A"},
        {"qpus:\n- {name: A, like: B}\n- {name: B, like: C}\n- {name: C, like: B}\n",
         "4:19: error: like: a circle: B is like C is like B"},
        {"qpus:\n- {name: A, like: B}\n- {name: B, like: C}\n- {name: C, like: D}\n"
         "- {name: D, like: E}\n- {name: E, like: F}\n- {name: F, like: A}\n",
         "7:19: error: like: a circle: A is like B is like C is like D is like ... is like F is "
         "like A"},
        {"qpus:\n- {name: A0, data: 1}\n- {name: C, like: A}\n",
         "3:19: error: like: there is no QPU 'A'; did you mean 'A0'?"},
        {AB "links:\n- {between: [A, XYZ]}\n", "5:17: error: between: there is no QPU 'XYZ'"},
        {AB "links:\n- {between: [A, b]}\n",
         "5:17: error: between: there is no QPU 'b'; did you mean 'B'?"},
        {AB "links:\n- {between: [A, A]}\n",
         "5:17: error: between: 'A': a link joins two different QPUs"},
        {AB "links:\n- {between: [A]}\n", "5:13: error: between: expected two QPUs, [A, B], not 1"},
        {AB "links:\n- {between: A-B}\n", "5:13: error: between: expected a list"},
        {AB "links:\n- {between: [A, B]}\n- {between: [B, A]}\n",
         "6:3: error: 'A' and 'B' are joined twice (the other link is at line 5)"},
    };
    ASSERT_ALL_REFUSED(cases);
}

#define QPU "qpus:\n- {name: A, data: 2, "
#define LINK AB "default_link: {"

Test(errors, values) {
    static const struct refusal cases[] = {
        {"qpus: [{name: A, data: -1}]\n", "1:24: error: data: '-1': expected a whole number"},
        {"qpus: [{name: A, data: 1.5}]\n", "1:24: error: data: '1.5': expected a whole number"},
        {"qpus: [{name: A, data: 4294967295}]\n",
         "1:24: error: data: '4294967295': expected a whole number below 2^32 - 1"},
        {"qpus: [{name: A, data: 99999999999999999999999}]\n",
         "1:24: error: data: '99999999999999999999999': expected a whole number below 2^32 - 1"},
        {"qpus:\n- {name: A, data: 3000000000}\n- {name: B, data: 1, comm: 2000000000}\n",
         "3:3: error: up to here the machine has 5000000001 qubits; at most 2^32 - 2 are "
         "supported"},
        {QPU "comm: many}\n", "2:28: error: comm: 'many': expected a whole number or 'unlimited'"},
        {QPU "T1: 300}\n", "2:26: error: T1: '300': a unit is missing" UNITS},
        {QPU "T1: 0 us}\n",
         "2:26: error: T1: '0 us': must be more than 0; 'infinite' for no decay"},
        {QPU "T1: 1 us}\n",
         "2:26: error: QPU 'A': T2 (infinite) must be given and at most twice T1 (1 us)"},
        {QPU "T1: 1 us, T2: 2.000001 us}\n",
         "2:36: error: QPU 'A': T2 (2.000001 us) must be given and at most twice T1 (1 us)"},
        {"qpus:\n- {name: A, data: 2, T2: 2 s}\n- {name: B, like: A, T1: 1 ms}\n",
         "3:26: error: QPU 'B': T2 (2 s) must be given and at most twice T1 (1 ms)"},
        {QPU "gate1: {time: 0}}\n", "2:36: error: time: '0': a unit is missing" UNITS},
        {QPU "gate1: {time: 5 parsec}}\n", "2:36: error: time: '5 parsec': unknown unit" UNITS},
        {QPU "gate1: {time: -5 ns}}\n", "2:36: error: time: '-5 ns': a time must not be negative"},
        {QPU "gate1: {time: 107 s, time: 5 s}}\n",
         "2:43: error: 'time' is given twice in gate1 (already at line 2)"},
        {QPU "gate1: {time: 1e9 s}}\n",
         "2:36: error: time: '1e9 s': a time must stay below 2^63 ps (106 days)"},
        {QPU "gate1: {error: 1.1}}\n",
         "2:37: error: error: '1.1': expected a probability, a number "
         "from 0 to 1 without unit"},
        {QPU "gate1: {error: 1e-3 %}}\n", "2:37: error: error: '1e-3 %': expected a probability, a "
                                          "number from 0 to 1 without unit"},
        {QPU "gate1: {error: nan}}\n",
         "2:37: error: error: 'nan': expected a probability, a number "
         "from 0 to 1 without unit"},
        {QPU "gate1: {error: 0x1p-3}}\n", "2:37: error: error: '0x1p-3': expected a probability, a "
                                          "number from 0 to 1 without unit"},
        {LINK "fidelity: 0.24}\n", "4:26: error: fidelity: '0.24': expected a fidelity, a number "
                                   "from 0.25 to 1 without unit"},
        {LINK "fidelity: 97 %}\n", "4:26: error: fidelity: '97 %': expected a fidelity, a number "
                                   "from 0.25 to 1 without unit"},
        {LINK "fidelity: 1, weights: [1, 0, 0, 0]}\n",
         "4:38: error: weights: fidelity is given too (line 4); give one of them"},
        {LINK "weights: [1, 0, 0]}\n",
         "4:25: error: weights: expected the four numbers [pI, pX, pY, pZ], not 3"},
        {LINK "weights: [0.9, 0, 0, 0.2]}\n", "4:25: error: weights: the sum is 1.1; it must be 1"},
        {LINK "weights: [1.5, -0.5, 0, 0]}\n", "4:26: error: weights: '1.5': expected a "
                                               "probability, a number from 0 to 1 without unit"},
        {LINK "weights: [0.999999999998, 0, 0, 0]}\n",
         "4:25: error: weights: the sum is 0.999999999998; it must be 1"},
        {LINK "time: 10}\n", "4:22: error: time: '10': a unit is missing" UNITS},
        {LINK "classical: soon}\n",
         "4:27: error: classical: 'soon': a number with a unit is due" UNITS},
    };
    ASSERT_ALL_REFUSED(cases);
}

/* Mutations of a good file: refused with a place or read, never anything else. */
Test(errors, mutations) {
    static const char good[] = "name: m\nqpus:\n"
                               "- {name: A, count: 2, data: 4, comm: 1, T1: 3 us, T2: 2 us}\n"
                               "- &b {name: B, like: A, gate1: {time: 5 ns, error: 1e-3}}\n"
                               "default_link: {fidelity: 0.9, time: 1 us}\n"
                               "links: [{between: [A0, B], weights: [0.5, 0.5, 0, 0]}]\n";
    static const char letters[] = "{}[]:,-&*!\"'\n\t #0123456789ABabn.\xC3\xA9";
    uint32_t state = 12345;
    int n_read = 0;
    for (int round = 0; round < 800; round++) {
        char text[sizeof good];
        memcpy(text, good, sizeof good);
        for (int k = 0; k <= round % 3; k++) {
            state = state * 1664525u + 1013904223u;
            text[(state >> 8) % (sizeof good - 1)] = letters[(state >> 4) % (sizeof letters - 1)];
        }
        struct machine *machine = NULL;
        messages_keep();
        enum status status = machine_read_text(&machine, "m.yaml", text, sizeof good - 1);
        unsigned line = 0, col = 0;
        if (status == STATUS_OK) {
            n_read++;
        } else {
            cr_assert_eq(status, STATUS_INPUT);
            cr_assert_eq(messages_count(), 1);
            cr_assert_eq(sscanf(messages_last(), "m.yaml:%u:%u: error: ", &line, &col), 2, "%s",
                         messages_last());
            cr_assert(line >= 1 && line <= 12 && col >= 1, "%s", messages_last());
        }
        machine_destroy(machine);
    }
    cr_assert(n_read > 8 && n_read < 400, "%d", n_read);
}
