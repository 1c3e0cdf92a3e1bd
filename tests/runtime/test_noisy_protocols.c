/* Protocols over noisy pairs, shot by shot, against closed forms: what errors reach the data.
 *
 * QPU H is home: it makes the input, sends it over perfect links to A, B and C, runs nothing else
 * until the qubits are back, undoes what an ideal protocol would have done, and measures. The links
 * between A, B and C are the noisy ones. Counts must lie within 3 sigma of the closed form. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engine/engine.h"
#include "runtime/runtime.h"
#include "support/checked.h"

enum { TEXT_SIZE = 8192 };

/* x[0], x[1] data, x[2] to x[5] comm; q[0:5] data, q[6:7] comm. */
static const char head[] = "OPENQASM 3.0;\ninclude \"stdgates.inc\";\ninclude \"qnu.inc\";\n"
                           "qubit[6] a;\nqubit[6] b;\nqubit[6] c;\nqubit[8] q;\n"
                           "output bit[6] out;\nbit[8] m;\n"
                           "pragma qspan qpu A data a[0:1] comm a[2:5]\n"
                           "pragma qspan qpu B data b[0:1] comm b[2:5]\n"
                           "pragma qspan qpu C data c[0:1] comm c[2:5]\n"
                           "pragma qspan qpu H data q[0:5] comm q[6:7]\n";

/* pI, pX, pY, pZ of the links A-B, B-C and A-C. */
struct links {
    double ab[4], bc[4], ac[4];
};

static struct machine *make_machine(const struct links *links) {
    char text[1024];
    const double *const w[3] = {links->ab, links->bc, links->ac};
    static const char *const names[3] = {"A, B", "B, C", "A, C"};
    size_t n = (size_t)snprintf(text, sizeof text,
                                "qpus:\n  - {name: A, data: 2, comm: 4}\n"
                                "  - {name: B, like: A}\n  - {name: C, like: A}\n"
                                "  - {name: H, data: 6, comm: 2}\ndefault_link: {}\nlinks:\n");
    for (int i = 0; i < 3; i++) {
        n += (size_t)snprintf(text + n, sizeof text - n,
                              "  - {between: [%s], weights: [%.17g, %.17g, %.17g, %.17g]}\n",
                              names[i], w[i][0], w[i][1], w[i][2], w[i][3]);
    }
    struct machine *machine = NULL;
    cr_assert_eq(machine_read_text(&machine, "m.yaml", text, n), STATUS_OK, "%s\n%s",
                 log_get_error(), text);
    return machine;
}

static void werner(double *out, double fidelity) {
    out[0] = fidelity;
    out[1] = out[2] = out[3] = (1 - fidelity) / 3;
}

/* Shots of each key of n_bits output bits. */
static void count(uint64_t *out, unsigned n_bits, const char *body, const struct links *links,
                  uint64_t n_shots, uint64_t seed) {
    char text[TEXT_SIZE];
    struct results *results = NULL;
    struct machine *machine = make_machine(links);
    const size_t n = (size_t)snprintf(text, sizeof text, "%s%s\n", head, body);
    cr_assert_lt(n, sizeof text);
    struct program *program = checked_program(text);
    const struct run_options options = {.engine = &engine_statevector,
                                        .n_shots = n_shots,
                                        .seed = seed,
                                        .shots_per_timeline = 1024,
                                        .max_branches = 65536};
    cr_assert_eq(runtime_run(&results, program, machine, comm_world(), &options), STATUS_OK, "%s",
                 log_get_error());
    memset(out, 0, sizeof *out << n_bits);
    for (size_t i = 0; i < results->n_counts; i++) {
        cr_assert_lt(results->counts[i].key[0], UINT64_C(1) << n_bits);
        out[results->counts[i].key[0]] += results->counts[i].n;
    }
    results_destroy(results);
    program_destroy(program);
    machine_destroy(machine);
}

static void assert_near(const char *what, double n, double n_shots, double p) {
    const double sigma = sqrt(n_shots * p * (1 - p));
    cr_expect(fabs(n - n_shots * p) <= 3 * sigma, "%s: %g of %g, expected %g: %.2f sigma", what, n,
              n_shots, n_shots * p, (n - n_shots * p) / sigma);
}

/* ---- pieces of programs ---- */

/* From home and back over perfect links. */
#define SEND(from, x) "teledata(" from ",q[6]," x "[5]," x "[0]); "
#define BACK(x, to) "teledata(" x "[0]," x "[5],q[6]," to "); "
#define TELEGATE(gates) "cat_entangle(a[0],a[2],b[2]); " gates "cat_disentangle(b[2],a[0]); "

/* ---- average fidelities ---- */

static const char *const cardinals[6] = {"",           "x @; ",      "h @; ",
                                         "x @; h @; ", "h @; s @; ", "x @; h @; s @; "};
static const char *const undo_cardinals[6] = {"",           "x @; ",        "h @; ",
                                              "h @; x @; ", "sdg @; h @; ", "sdg @; h @; x @; "};

/* Appends the piece with the wire for each '@'. */
static void put(char *text, const char *piece, const char *wire) {
    size_t n = strlen(text);
    for (; *piece != '\0'; piece++) {
        const char letter[2] = {*piece, '\0'};
        const char *part = *piece == '@' ? wire : letter;
        cr_assert_lt(n + strlen(part), TEXT_SIZE);
        strcpy(text + n, part);
        n += strlen(part);
    }
}

/* The six cardinal states are a 2-design: their mean is the Haar average (2F + 1) / 3. */
Test(noisy_protocols, teledata_reaches_its_average_fidelity) {
    static const double fidelities[] = {0.9, 0.5};
    const uint64_t n_shots = 20000;
    comm_start_alone();
    for (size_t f = 0; f < 2; f++) {
        struct links links = {{1}, {1}, {1}};
        double n_zero = 0;
        werner(links.ab, fidelities[f]);
        for (uint64_t i = 0; i < 6; i++) {
            char text[TEXT_SIZE] = "";
            uint64_t counts[2];
            put(text, cardinals[i], "a[0]");
            put(text, "teledata(a[0],a[2],b[2],b[0]); ", "");
            put(text, undo_cardinals[i], "b[0]");
            put(text, "out[0] = measure b[0];", "");
            count(counts, 1, text, &links, n_shots, 100 + i);
            n_zero += (double)counts[0];
        }
        assert_near("teledata", n_zero, 6 * (double)n_shots, (2 * fidelities[f] + 1) / 3);
    }
}

/* The 60 stabilizer states of two qubits are a 2-design as well: all pairs of cardinal states, and
 * the 24 entangled ones, a Clifford on half of a Bell pair: a Pauli and a permutation of axes. */
static const char *const axes[6] = {"",           "h @; ",      "s @; ",
                                    "s @; h @; ", "h @; s @; ", "h @; s @; h @; "};
static const char *const undo_axes[6] = {
    "", "h @; ", "sdg @; ", "h @; sdg @; ", "sdg @; h @; ", "h @; sdg @; h @; "};

static void prepare(char *text, unsigned state) {
    if (state < 36) {
        put(text, cardinals[state % 6], "q[0]");
        put(text, cardinals[state / 6], "q[1]");
        return;
    }
    state -= 36;
    put(text, "h q[0]; cx q[0],q[1]; ", "");
    put(text, (state & 1) != 0 ? "x q[0]; " : "", "");
    put(text, (state & 2) != 0 ? "z q[0]; " : "", "");
    put(text, axes[state / 4], "q[1]");
}

static void unprepare(char *text, unsigned state) {
    if (state < 36) {
        put(text, undo_cardinals[state % 6], "q[0]");
        put(text, undo_cardinals[state / 6], "q[1]");
        return;
    }
    state -= 36;
    put(text, undo_axes[state / 4], "q[1]");
    put(text, (state & 2) != 0 ? "z q[0]; " : "", "");
    put(text, (state & 1) != 0 ? "x q[0]; " : "", "");
    put(text, "cx q[0],q[1]; h q[0]; ", "");
}

Test(noisy_protocols, telegate_cx_reaches_its_average_fidelity) {
    const uint64_t n_shots = 2000;
    const double fidelity = 0.9;
    struct links links = {{1}, {1}, {1}};
    double n_zero = 0;
    comm_start_alone();
    werner(links.ab, fidelity);
    for (unsigned state = 0; state < 60; state++) {
        char text[TEXT_SIZE] = "";
        uint64_t counts[4];
        prepare(text, state);
        put(text,
            SEND("q[0]", "a") SEND("q[1]", "b") TELEGATE("cx b[2],b[0]; ") BACK("a", "q[0]")
                BACK("b", "q[1]") "cx q[0],q[1]; ",
            "");
        unprepare(text, state);
        put(text, "out[0] = measure q[0]; out[1] = measure q[1];", "");
        count(counts, 2, text, &links, n_shots, 200 + state);
        n_zero += (double)counts[0];
    }
    assert_near("telegate cx", n_zero, 60 * (double)n_shots, (4 * fidelity + 1) / 5);
}

/* ---- channels: which Pauli the data suffers ---- */

/* Halves of Bell pairs go out; the other halves stay, so that a Bell measurement names the Pauli:
 * out[i] = 1: X (or Y) on qubit i; out[3 + i] = 1: Z (or Y). */
#define REFERENCES "h q[3]; cx q[3],q[0]; h q[4]; cx q[4],q[1]; h q[5]; cx q[5],q[2]; "
#define MEASURE_ALL                                                                                \
    "out[0] = measure q[0]; out[1] = measure q[1]; out[2] = measure q[2]; "                        \
    "out[3] = measure q[3]; out[4] = measure q[4]; out[5] = measure q[5]; "
#define BELL_BASIS "cx q[3],q[0]; h q[3]; cx q[4],q[1]; h q[4]; cx q[5],q[2]; h q[5]; "

/* Pauli strings as keys: X on qubits of x, Z on qubits of z. */
#define KEY(x, z) ((x) | (z) << 3)

#define REMOTE_CX TELEGATE("cx b[2],b[0]; ")
#define REMOTE_CZ TELEGATE("cz b[2],b[0]; ")
#define FAN_OUT TELEGATE("cx b[2],b[0]; cx b[2],b[1]; ")
#define OUT_AND_BACK "teledata(a[0],a[2],b[2],b[1]); cx b[1],b[0]; teledata(b[1],b[3],a[3],a[0]); "
#define TOFFOLI                                                                                    \
    "cat_entangle(a[0],a[2],c[2]); cat_entangle(b[0],b[2],c[3]); ccx c[2],c[3],c[0]; "             \
    "cat_disentangle(c[3],b[0]); cat_disentangle(c[2],a[0]); "

static void count_paulis(uint64_t *out, const char *protocol, const struct links *links,
                         uint64_t n_shots, uint64_t seed) {
    char text[TEXT_SIZE] = "";
    put(text, REFERENCES, "");
    put(text, protocol, "");
    put(text, BELL_BASIS MEASURE_ALL, "");
    count(out, 6, text, links, n_shots, seed);
}

struct channel {
    const char *name, *text;
    unsigned keys[4]; /* for I, X, Y, Z of the pair A-B */
};
static const struct channel channels[] = {
    {"teledata",
     SEND("q[0]", "a") "teledata(a[0],a[2],b[2],b[0]); " BACK("b", "q[0]"),
     {0, KEY(1, 0), KEY(1, 1), KEY(0, 1)}},
    {"telegate cx",
     SEND("q[0]", "a") SEND("q[1]", "b") REMOTE_CX BACK("a", "q[0]")
         BACK("b", "q[1]") "cx q[0],q[1]; ",
     {0, KEY(2, 0), KEY(2, 1), KEY(0, 1)}},
    {"telegate cz",
     SEND("q[0]", "a") SEND("q[1]", "b") REMOTE_CZ BACK("a", "q[0]")
         BACK("b", "q[1]") "cz q[0],q[1]; ",
     {0, KEY(0, 2), KEY(0, 3), KEY(0, 1)}},
    {"fan-out to two",
     SEND("q[0]", "a") SEND("q[1]", "b") "teledata(q[2],q[6],b[5],b[1]); " FAN_OUT BACK("a", "q[0]")
         BACK("b", "q[1]") "teledata(b[1],b[5],q[6],q[2]); "
                           "cx q[0],q[1]; cx q[0],q[2]; ",
     {0, KEY(6, 0), KEY(6, 1), KEY(0, 1)}},
};

Test(noisy_protocols, pair_errors_become_the_paulis_that_they_should) {
    const struct links links = {{0.82, 0.09, 0.03, 0.06}, {1}, {1}};
    const uint64_t n_shots = 30000;
    comm_start_alone();
    for (size_t i = 0; i < sizeof channels / sizeof *channels; i++) {
        const struct channel *channel = &channels[i];
        uint64_t counts[64], n_found = 0;
        count_paulis(counts, channel->text, &links, n_shots, 300 + i);
        for (unsigned k = 0; k < 4; k++) {
            assert_near(channel->name, (double)counts[channel->keys[k]], (double)n_shots,
                        links.ab[k]);
            n_found += counts[channel->keys[k]];
        }
        cr_expect_eq(n_found, n_shots, "%s: errors that it cannot make", channel->name);
    }
}

/* Two packets and a gate through which an X of a copy becomes a controlled error: not a Pauli. */
Test(noisy_protocols, toffoli_reaches_its_process_fidelity) {
    const struct links links = {{1}, {0.8, 0.05, 0.03, 0.12}, {0.85, 0.08, 0.04, 0.03}};
    const double *c1 = links.ac, *c2 = links.bc;
    const uint64_t n_shots = 30000;
    uint64_t counts[64];
    comm_start_alone();
    count_paulis(counts,
                 SEND("q[0]", "a") SEND("q[1]", "b") SEND("q[2]", "c") TOFFOLI BACK("a", "q[0]")
                     BACK("b", "q[1]") BACK("c", "q[2]") "ccx q[0],q[1],q[2]; ",
                 &links, n_shots, 400);
    const double p = c1[0] * c2[0] + (c1[0] * c2[1] + c1[1] * c2[0] + c1[1] * c2[1] +
                                      c1[1] * c2[3] + c1[3] * c2[1] + c1[2] * c2[2]) /
                                         4;
    assert_near("toffoli", (double)counts[0], (double)n_shots, p);
}

/* Of all products of errors of two pairs only Z Z cancels. */
Test(noisy_protocols, teledata_there_and_back_reaches_its_process_fidelity) {
    struct links links = {{1}, {1}, {1}};
    const double fidelity = 0.85, e = (1 - fidelity) / 3;
    const uint64_t n_shots = 30000;
    uint64_t counts[64];
    comm_start_alone();
    werner(links.ab, fidelity);
    count_paulis(counts,
                 SEND("q[0]", "a") SEND("q[1]", "b") OUT_AND_BACK BACK("a", "q[0]")
                     BACK("b", "q[1]") "cx q[0],q[1]; ",
                 &links, n_shots, 401);
    assert_near("there and back", (double)counts[0], (double)n_shots, fidelity * fidelity + e * e);
}

/* ---- states of pairs ---- */

/* Comm states go home: into data wires, then over perfect links. */
#define FETCH(from, x, to) "swap " from "," x "[0]; " BACK(x, to)

Test(noisy_protocols, swapping_multiplies_the_werner_parameters) {
    struct links links = {{1}, {1}, {1}};
    const double f1 = 0.9, f2 = 0.8;
    const uint64_t n_shots = 30000;
    uint64_t counts[4];
    comm_start_alone();
    werner(links.ab, f1);
    werner(links.bc, f2);
    count(counts, 2,
          "ebit(a[2],b[2]); ebit(b[3],c[2]); cx b[2],b[3]; h b[2]; m[0] = measure b[3]; "
          "m[1] = measure b[2]; if (m[0]) { x c[2]; } if (m[1]) { z c[2]; } " FETCH("a[2]", "a",
                                                                                    "q[0]")
              FETCH("c[2]", "c",
                    "q[1]") "cx q[0],q[1]; h q[0]; out[0] = measure q[0]; out[1] = measure q[1];",
          &links, n_shots, 500);
    const double w = (4 * f1 - 1) / 3 * (4 * f2 - 1) / 3, p = (1 + 3 * w) / 4;
    assert_near("swapping", (double)counts[0], (double)n_shots, p);
    for (int i = 1; i < 4; i++) {
        assert_near("swapping, other Bell states", (double)counts[i], (double)n_shots, (1 - p) / 3);
    }
}

Test(noisy_protocols, fusion_reaches_its_ghz_fidelity) {
    struct links links = {{1}, {1}, {1}};
    const double f1 = 0.9, f2 = 0.85;
    const uint64_t n_shots = 30000;
    uint64_t counts[8];
    comm_start_alone();
    werner(links.ab, f1);
    werner(links.bc, f2);
    count(counts, 3,
          "ebit(a[2],b[2]); ebit(b[3],c[2]); cx b[2],b[3]; m[0] = measure b[3]; "
          "if (m[0]) { x c[2]; } " FETCH("a[2]", "a", "q[0]") FETCH("b[2]", "b", "q[1]")
              FETCH("c[2]", "c", "q[2]") "cx q[0],q[1]; cx q[0],q[2]; h q[0]; out[0] = measure "
                                         "q[0]; out[1] = measure q[1]; "
                                         "out[2] = measure q[2];",
          &links, n_shots, 501);
    assert_near("fusion", (double)counts[0], (double)n_shots, f1 * f2 + (1 - f1) * (1 - f2) / 9);
}

/* Wrong outcomes of the two measurements of a telegate, pairs being perfect. */
Test(noisy_protocols, readout_flips_of_a_telegate) {
    const struct links links = {{1}, {1}, {1}};
    const double q1 = 0.1, q2 = 0.03;
    const double p[4] = {(1 - q1) * (1 - q2), q1 * (1 - q2), (1 - q1) * q2, q1 * q2};
    const unsigned keys[4] = {0, KEY(2, 0), KEY(0, 1), KEY(2, 1)};
    const uint64_t n_shots = 30000;
    uint64_t counts[64];
    comm_start_alone();
    count_paulis(
        counts,
        SEND("q[0]", "a") SEND(
            "q[1]", "b") "ebit(a[2],b[2]); cx a[0],a[2];\npragma qspan stim X_ERROR(0.1) a[2]\n"
                         "m[0] = measure a[2]; if (m[0]) { x b[2]; } cx b[2],b[0]; h b[2];\n"
                         "pragma qspan stim X_ERROR(0.03) b[2]\n"
                         "m[1] = measure b[2]; if (m[1]) { z a[0]; } " BACK("a", "q[0]")
                             BACK("b", "q[1]") "cx q[0],q[1]; ",
        &links, n_shots, 600);
    for (int i = 0; i < 4; i++) {
        assert_near("readout flips", (double)counts[keys[i]], (double)n_shots, p[i]);
    }
}
