/* Sets of CUNQA circuits: random ones have the distribution of the same circuit on one QPU, both
 * followed by brute force; forms of several versions; refusals with the instruction. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "program/cunqa.h"
#include "support/messages.h"
#include "support/naive_program.h"

static enum status try_read(struct program **out, const char *text) {
    messages_keep();
    return program_read_text(out, "t.json", text, strlen(text), NULL);
}

static struct program *must_read(const char *text) {
    struct program_check check = {0};
    struct program *program = NULL;

    cr_assert_eq(try_read(&program, text), STATUS_OK, "%s\n%s", messages_all(), text);
    cr_assert_eq(program_check(&check, program), STATUS_OK, "%s\n%s", messages_all(), text);
    program_check_fini(&check);
    return program;
}

/* Probability of each key, 2^*out_n; free it. */
static double *key_distribution(const struct program *program, size_t *out_n) {
    static const double ideal[4] = {1, 0, 0, 0};
    double *all = calloc((size_t)1 << program->n_bits, sizeof *all), *keys;
    uint32_t *bits;

    cr_assert_not_null(all);
    naive_distribution(all, program, ideal, 10000);
    cr_assert_eq(program_key_bits(program, &bits, out_n), STATUS_OK);
    keys = calloc((size_t)1 << *out_n, sizeof *keys);
    cr_assert_not_null(keys);
    for (size_t i = 0; i < (size_t)1 << program->n_bits; i++) {
        size_t key = 0;
        for (size_t k = 0; k < *out_n; k++) {
            key |= (i >> bits[k] & 1) << k;
        }
        keys[key] += all[i];
    }
    mem_free(bits);
    free(all);
    return keys;
}

static void expect_same(const char *json, const char *reference) {
    struct program *program = must_read(json), *plain = NULL;
    size_t n, n_plain;

    cr_assert_eq(program_read_text(&plain, "r.qasm", reference, strlen(reference), NULL), STATUS_OK,
                 "%s\n%s", messages_all(), reference);
    double *p = key_distribution(program, &n), *q = key_distribution(plain, &n_plain);
    cr_assert_eq(n, n_plain);
    for (size_t key = 0; key < (size_t)1 << n; key++) {
        cr_assert_float_eq(p[key], q[key], 1e-12, "key %zx: %g, not %g\n%s\n%s", key, p[key],
                           q[key], json, reference);
    }
    free(p);
    free(q);
    program_destroy(program);
    program_destroy(plain);
}

/* ---- random sets ---- */

enum { N_CIRCUITS = 2, N_QUBITS = 2, N_BITS = 2 };

struct set {
    uint64_t seed, n_drawn;
    struct text circuits[N_CIRCUITS], reference;
};

static uint32_t draw(struct set *s, uint32_t n) {
    return (uint32_t)(rng_uniform(s->seed, s->n_drawn++, 0, RNG_TEST) * n);
}

static struct text *next_of(struct set *s, uint32_t circuit) {
    text_add(&s->circuits[circuit], s->circuits[circuit].n > 0 ? ", " : "");
    return &s->circuits[circuit];
}

static void add_gate(struct set *s) {
    static const char *const names[] = {"h", "x", "t", "sx", "rx", "cx", "cz", "crz"};
    uint32_t c = draw(s, N_CIRCUITS), kind = draw(s, 8), a = draw(s, N_QUBITS);
    bool is_pair = kind >= 5, has_angle = kind == 4 || kind == 7;
    struct text *json = next_of(s, c);

    text_printf(json, "{\"name\": \"%s\", \"qubits\": [%u", names[kind], a);
    text_printf(&s->reference, "%s%s d%u[%u]", names[kind], has_angle ? "(0.7)" : "", c, a);
    if (is_pair) {
        text_printf(json, ", %u", 1 - a);
        text_printf(&s->reference, ", d%u[%u]", c, 1 - a);
    }
    text_add(json, has_angle ? "], \"params\": [0.7]}" : "]}");
    text_add(&s->reference, ";\n");
}

static void add_measurement(struct set *s) {
    uint32_t c = draw(s, N_CIRCUITS), a = draw(s, N_QUBITS), bit = draw(s, N_BITS);

    text_printf(next_of(s, c), "{\"name\": \"measure\", \"qubits\": [%u], \"clbits\": [%u]}", a,
                bit);
    text_printf(&s->reference, "c%u[%u] = measure d%u[%u];\n", c, bit, c, a);
}

static void add_condition(struct set *s) {
    static const char *const words[] = {"and", "or", "xor"}, *const signs[] = {"&&", "||", "^"};
    uint32_t c = draw(s, N_CIRCUITS), a = draw(s, N_QUBITS), kind = draw(s, 3), want = draw(s, 2);

    text_printf(next_of(s, c),
                "{\"name\": \"cif\", \"clbits\": [0, 1], \"condition\": %u, \"operation\": "
                "\"%s%s\", \"instructions\": [{\"name\": \"x\", \"qubits\": [%u]}]}",
                want, words[kind], want == 0 ? "n" : "", a);
    text_printf(&s->reference, "if (%sc%u[0] %s %sc%u[1]) x d%u[%u];\n", want ? "" : "!", c,
                signs[kind], want ? "" : "!", c, c, a);
}

static void add_transfer(struct set *s) {
    uint32_t from = draw(s, N_CIRCUITS), a = draw(s, N_QUBITS), b = draw(s, N_QUBITS);

    text_printf(next_of(s, from),
                "{\"name\": \"qsend\", \"qubits\": [%u], \"circuits\": [\"C%u\"]}", a, 1 - from);
    text_printf(next_of(s, 1 - from),
                "{\"name\": \"qrecv\", \"qubits\": [%u], \"circuits\": [\"C%u\"]}", b, from);
    text_printf(&s->reference, "reset d%u[%u];\nswap d%u[%u], d%u[%u];\n", 1 - from, b, from, a,
                1 - from, b);
}

static void add_telegate(struct set *s) {
    uint32_t from = draw(s, N_CIRCUITS), a = draw(s, N_QUBITS), b = draw(s, N_QUBITS);

    text_printf(next_of(s, from),
                "{\"name\": \"expose\", \"qubits\": [%u], \"circuits\": [\"C%u\"]}", a, 1 - from);
    text_printf(next_of(s, 1 - from),
                "{\"name\": \"rcontrol\", \"circuits\": [\"C%u\"], \"instructions\": [{\"name\": "
                "\"cx\", \"qubits\": [-1, %u]}, {\"name\": \"cp\", \"qubits\": [-1, %u], "
                "\"params\": [0.3]}]}",
                from, b, 1 - b);
    text_printf(&s->reference, "cx d%u[%u], d%u[%u];\ncp(0.3) d%u[%u], d%u[%u];\n", from, a,
                1 - from, b, from, a, 1 - from, 1 - b);
}

static void add_message(struct set *s) {
    uint32_t from = draw(s, N_CIRCUITS), a = draw(s, N_BITS), b = draw(s, N_BITS);

    text_printf(next_of(s, from), "{\"name\": \"send\", \"clbits\": [%u], \"circuits\": [\"C%u\"]}",
                a, 1 - from);
    text_printf(next_of(s, 1 - from),
                "{\"name\": \"recv\", \"clbits\": [%u], \"circuits\": [\"C%u\"]}", b, from);
    text_printf(&s->reference, "@qspan.at A\nc%u[%u] = c%u[%u];\n", 1 - from, b, from, a);
}

Test(cunqa, random_sets_have_the_distribution_of_one_circuit) {
    for (uint64_t seed = 0; seed < 60; seed++) {
        struct set s = {.seed = seed};
        struct text json = {0};
        uint32_t n_remote = 0;
        text_add(&s.reference, "OPENQASM 3.0;\ninclude \"stdgates.inc\";\ninclude \"qnu.inc\";\n"
                               "qubit[2] d0;\nqubit[2] d1;\noutput bit[2] c0;\noutput bit[2] c1;\n"
                               "pragma qspan qpu A data d0[0:1] d1[0:1]\n");
        for (uint32_t c = 0; c < N_CIRCUITS; c++) { /* every bit is written */
            for (uint32_t i = 0; i < N_BITS; i++) {
                text_printf(next_of(&s, c), "{\"name\": \"h\", \"qubits\": [%u]}", i);
                text_printf(next_of(&s, c),
                            "{\"name\": \"measure\", \"qubits\": [%u], \"clbits\": [%u]}", i, i);
                text_printf(&s.reference, "h d%u[%u];\nc%u[%u] = measure d%u[%u];\n", c, i, c, i, c,
                            i);
            }
        }
        for (uint32_t step = 0; step < 14; step++) {
            uint32_t kind = draw(&s, n_remote < 2 ? 12 : 9);
            n_remote += kind >= 9;
            kind < 6    ? add_gate(&s)
            : kind < 7  ? add_measurement(&s)
            : kind < 8  ? add_condition(&s)
            : kind < 9  ? add_message(&s)
            : kind < 11 ? add_transfer(&s)
                        : add_telegate(&s);
        }
        text_add(&json, "[");
        for (uint32_t c = 0; c < N_CIRCUITS; c++) {
            text_printf(&json,
                        "%s{\"id\": \"C%u\", \"num_qubits\": 2, \"num_clbits\": 2, "
                        "\"instructions\": [%s]}",
                        c == 0 ? "" : ",\n", c, s.circuits[c].data);
            text_fini(&s.circuits[c]);
        }
        text_add(&json, "]");
        expect_same(json.data, s.reference.data);
        text_fini(&json);
        text_fini(&s.reference);
    }
}

/* ---- forms ---- */

#define TWO(first, second)                                                                         \
    "[{\"id\":\"A\",\"num_qubits\":2,\"num_clbits\":1,\"instructions\":[" first                    \
    "]},{\"id\":\"B\",\"num_qubits\":2,\"num_clbits\":1,\"instructions\":[" second "]}]"
#define REFERENCE                                                                                  \
    "OPENQASM 3.0;\ninclude \"stdgates.inc\";\ninclude \"qnu.inc\";\nqubit[2] d0;\nqubit[2] d1;\n" \
    "output bit[1] c0;\noutput bit[1] c1;\nbit m;\npragma qspan qpu A data d0[0:1] d1[0:1]\n"
#define H(q) "{\"name\":\"h\",\"qubits\":[" #q "],\"params\":[]}"
#define MEASURE(q) "{\"name\":\"measure\",\"qubits\":[" #q "],\"clbits\":[0],\"clreg\":[]}"

Test(cunqa, messages_of_earlier_versions) {
    expect_same(TWO(H(0) ",{\"name\":\"measure_and_send\",\"qubits\":[0],\"circuits\":[\"B\"]}",
                    "{\"name\":\"recv\",\"qubits\":[],\"remote_conditional_reg\":[1],\"circuits\":"
                    "[\"A\"]},{\"name\":\"x\",\"qubits\":[1],\"remote_conditional_reg\":[1],"
                    "\"params\":[]}," MEASURE(1)),
                REFERENCE
                "h d0[0];\nm = measure d0[0];\nif (m) x d1[1];\nc1[0] = measure d1[1];\n");
    expect_same(TWO(H(0) "," MEASURE(0) ",{\"name\":\"x\",\"qubits\":[1],\"conditional_reg\":[0],"
                                        "\"params\":[]},{\"name\":\"measure\",\"qubits\":[1],"
                                        "\"clbits\":[0]}",
                    MEASURE(0)),
                REFERENCE "h d0[0];\nc0[0] = measure d0[0];\nif (c0[0]) x d0[1];\n"
                          "c0[0] = measure d0[1];\nc1[0] = measure d1[0];\n");
}

/* As sent to QPUs: ids in pairs, "qpus", sizes in a config. */
Test(cunqa, circuits_as_sent_to_qpus) {
    expect_same(
        "[{\"id\":[\"A\",\"77_0\"],\"config\":{\"num_qubits\":2,\"num_clbits\":1,\"shots\":"
        "5},\"sending_to\":[\"B\"],\"is_dynamic\":true,\"instructions\":[" H(
            0) ",{\"name\":\"qsend\",\"qubits\":[0],\"qpus\":[\"B\"]}," MEASURE(1) "]},{\"id\":"
                                                                                   "\"B\",\"num_"
                                                                                   "qubits\":2,"
                                                                                   "\"num_clbits\":"
                                                                                   "1,"
                                                                                   "\"instructions"
                                                                                   "\":["
                                                                                   "{\"name\":"
                                                                                   "\"qrecv\","
                                                                                   "\"qubits\":[1],"
                                                                                   "\"qpus\":["
                                                                                   "\"A\"]}"
                                                                                   "," MEASURE(
                                                                                       1) "]}]",
        REFERENCE "h d0[0];\nswap d0[0], d1[1];\nc0[0] = measure d0[1];\n"
                  "c1[0] = measure d1[1];\n");
}

/* Both send before they receive; two exposed qubits; a bit never written is 0. */
Test(cunqa, order_between_circuits) {
    expect_same(TWO(H(0) ",{\"name\":\"qsend\",\"qubits\":[0],\"circuits\":[\"B\"]},{\"name\":"
                         "\"qrecv\",\"qubits\":[0],\"circuits\":[\"B\"]}," MEASURE(0),
                    "{\"name\":\"x\",\"qubits\":[0]},{\"name\":\"qsend\",\"qubits\":[0],"
                    "\"circuits\":[\"A\"]},{\"name\":\"qrecv\",\"qubits\":[0],\"circuits\":[\"A\"]"
                    "}," MEASURE(0)),
                REFERENCE "h d0[0];\nx d1[0];\nswap d0[0], d1[0];\nc0[0] = measure d0[0];\n"
                          "c1[0] = measure d1[0];\n");
    expect_same(TWO(H(0) "," H(1) ",{\"name\":\"expose\",\"qubits\":[0,1],\"circuits\":["
                                  "\"B\"]},{\"name\":\"cx\",\"qubits\":[0,1]}," MEASURE(1),
                    "{\"name\":\"cif\",\"clbits\":[0],\"condition\":0,\"instructions\":[{"
                    "\"name\":\"x\",\"qubits\":[1]}]},{\"name\":\"rcontrol\",\"circuits\":["
                    "\"A\"],\"instructions\":[{\"name\":\"ccx\",\"qubits\":[-1,-2,0]},"
                    "{\"name\":\"cz\",\"qubits\":[-2,1]}]}," MEASURE(0)),
                REFERENCE "h d0[0];\nh d0[1];\nx d1[1];\nccx d0[0], d0[1], d1[0];\n"
                          "cz d0[1], d1[1];\ncx d0[0], d0[1];\nc0[0] = measure d0[1];\n"
                          "c1[0] = measure d1[0];\n");
}

Test(cunqa, refuses_with_the_instruction) {
    static const struct {
        const char *text, *want;
    } cases[] = {
        {"[", "t.json:1:1: error: "},
        {"[1]", "t.json: error: circuit 0: expected an object"},
        {"[]", "0 circuits: expected from 1 to 1024"},
        {"{\"id\":\"A\"}", "circuit 0: expected an array of instructions"},
        {"{\"id\":\"\\u001b[31m\",\"instructions\":[]}", "expected an id of 1 to 64 characters"},
        {"{\"id\":\"A\",\"gates\":[]}", "circuit 0: unknown key gates"},
        {"{\"id\":\"A\",\"instructions\":[],\"num_qubits\":0,\"num_clbits\":0}", "at least one"},
        {"{\"id\":\"A\",\"instructions\":[],\"num_qubits\":1e3}", "as num_qubits"},
        {TWO("{\"name\":\"unitary\",\"qubits\":[0],\"params\":[[]]}", ""),
         "circuit 0 (\"A\"), instruction 0: \"unitary\" is not supported"},
        {TWO(H(0) ",{\"qubits\":[0]}", ""), "instruction 1: expected an object with a name"},
        {TWO(H(2), ""), "instruction 0: h: entry 0 of \"qubits\" is no number from 0 to 1"},
        {TWO(H(-1), ""), "is no number from 0 to 1"},
        {TWO("{\"name\":\"h\",\"qubits\":[0,1]}", ""), "h on 2 qubits is not supported"},
        {TWO("{\"name\":\"cx\",\"qubits\":[1,1]}", ""), "cx: qubit 1 twice"},
        {TWO("{\"name\":\"rx\",\"qubits\":[0]}", ""), "rx with 0 parameters: expected 1"},
        {TWO("{\"name\":\"rx\",\"qubits\":[0],\"params\":[\"a\"]}", ""),
         "rx: parameter 0 is no number"},
        {TWO("{\"name\":\"measure\",\"qubits\":[0]}", ""), "measure: expected \"clbits\""},
        {TWO("{\"name\":\"h\",\"qubits\":[0],\"states\":[1]}", ""),
         "h: \"states\" is not supported"},
        {TWO("{\"name\":\"qsend\",\"qubits\":[0],\"circuits\":[\"C\"]}", ""),
         "no other circuit has the id \"C\""},
        {TWO("{\"name\":\"qsend\",\"qubits\":[0],\"circuits\":[\"B\"]}", ""),
         "circuit 0: a qsend without qrecv by B"},
        {TWO("{\"name\":\"recv\",\"clbits\":[0],\"circuits\":[\"B\"]}", ""),
         "circuit 0 (\"A\"), instruction 0: recv waits for what no other circuit does"},
        {TWO("{\"name\":\"expose\",\"qubits\":[0],\"circuits\":[\"B\"]},{\"name\":\"rcontrol\","
             "\"circuits\":[\"B\"],\"instructions\":[]}",
             "{\"name\":\"expose\",\"qubits\":[0],\"circuits\":[\"A\"]},{\"name\":\"rcontrol\","
             "\"circuits\":[\"A\"],\"instructions\":[]}"),
         "instruction 0: expose waits for what"},
        {TWO("{\"name\":\"cif\",\"clbits\":[0],\"instructions\":[{\"name\":\"qsend\"}]}", ""),
         "qsend within cif"},
        {TWO("{\"name\":\"cif\",\"clbits\":[0],\"condition\":2,\"instructions\":[]}", ""),
         "cif: the condition is neither 0 nor 1"},
        {"[{\"id\":\"A\",\"instructions\":[],\"num_qubits\":1,\"num_clbits\":0},{\"id\":\"A\"}]",
         "circuit 1: the id of another circuit: A"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct program *program = NULL;
        cr_expect_neq(try_read(&program, cases[i].text), STATUS_OK, "%s", cases[i].text);
        cr_expect_not_null(strstr(messages_all(), cases[i].want), "%s\ngives\n%snot\n%s",
                           cases[i].text, messages_all(), cases[i].want);
    }
}
