/* Circuits of Stim's language over QPUs: the program that `distribute simple` makes is the same
 * instrument as the circuit in plain ops, for every outcome. */
#include <criterion/criterion.h>
#include <string.h>

#include "distribute/distribute.h"
#include "support/messages.h"
#include "support/random_circuit.h"
#include "verify/against.h"

enum { N_QUBITS = 5, N_LINES = 9 };

static void add_product(struct text *out, struct random_stream *stream) {
    const uint32_t first = random_below(stream, N_QUBITS), n = 1 + random_below(stream, 3);
    text_add(out, random_below(stream, 3) == 0 ? "MPP !" : "MPP ");
    for (uint32_t i = 0; i < n; i++) {
        text_printf(out, "%s%c%u", i == 0 ? "" : "*", "XYZ"[random_below(stream, 3)],
                    (first + i) % N_QUBITS);
    }
    text_add(out, "\n");
}

static void add_line(struct text *out, struct random_stream *stream, bool *inout_has_record) {
    static const char *const ones[] = {"H", "S", "SQRT_X_DAG", "C_XYZ", "H_YZ"};
    static const char *const pairs[] = {"CX",  "CY",     "CZ",      "SWAP",      "ISWAP",
                                        "XCY", "YCY",    "CXSWAP",  "SQRT_XX",   "SQRT_YY_DAG",
                                        "XCX", "CZSWAP", "SQRT_ZZ", "ISWAP_DAG", "SWAPCX"};
    static const char *const measures[] = {"M", "MX", "MY", "MR", "MRX", "MRY"};
    static const char *const double_measures[] = {"MXX", "MYY", "MZZ"};
    static const char *const resets[] = {"R", "RX", "RY"};
    const uint32_t a = random_below(stream, N_QUBITS);
    const uint32_t b = (a + 1 + random_below(stream, N_QUBITS - 1)) % N_QUBITS;
    const char *const not = random_below(stream, 3) == 0 ? "!" : "";
    switch (random_below(stream, 9)) {
    case 0:
        text_printf(out, "%s %s%u\n", measures[random_below(stream, 6)], not, a);
        break;
    case 1:
        text_printf(out, "%s %s%u %u\n", double_measures[random_below(stream, 3)], not, a, b);
        break;
    case 2:
        add_product(out, stream);
        break;
    case 3:
        text_printf(out, "%s %u\n", resets[random_below(stream, 3)], a);
        return;
    case 4:
        if (*inout_has_record) {
            text_printf(out, "C%c rec[-1] %u\n", "XYZ"[random_below(stream, 3)], a);
        }
        return;
    case 5:
        text_printf(out, "%s %u\n", ones[random_below(stream, 5)], a);
        return;
    default:
        text_printf(out, "%s %u %u\n", pairs[random_below(stream, 15)], a, b);
        return;
    }
    *inout_has_record = true;
}

static void draw_circuit(struct text *out, struct random_stream *stream) {
    bool has_record = false;
    for (uint32_t i = 0; i < N_LINES; i++) {
        add_line(out, stream, &has_record);
    }
    text_add(out, "M 0 1 2 3 4\nDETECTOR rec[-1] rec[-2]\n");
}

static void expect_equal(const char *text, uint32_t n_qpus) {
    struct circuit *circuit = NULL, *plain = NULL;
    struct machine *machine = NULL;
    struct program *program = NULL;
    struct verify_proof proof = {0};
    messages_keep();
    cr_assert_eq(stim_read_text(&circuit, "t.stim", text, strlen(text), NULL), STATUS_OK, "%s\n%s",
                 messages_all(), text);
    cr_assert_eq(stim_lower(&plain, circuit), STATUS_OK, "%s", messages_all());
    cr_assert_eq(machine_create_ideal(&machine, n_qpus, N_QUBITS, MACHINE_UNLIMITED), STATUS_OK);
    cr_assert_eq(distribute_simple(&program, circuit, machine), STATUS_OK, "%s\n%s", messages_all(),
                 text);
    cr_assert_eq(verify_against(&proof, program, plain, NULL, VERIFY_MAX_ROUNDS), STATUS_OK,
                 "%s\n%s", messages_all(), text);
    cr_expect(proof.is_proved, "%u QPUs:\n%s", n_qpus, text);
    verify_proof_fini(&proof);
    program_destroy(program);
    machine_destroy(machine);
    circuit_destroy(plain);
    circuit_destroy(circuit);
}

Test(stim, programs_are_the_circuit_for_every_outcome) {
    for (uint64_t seed = 0; seed < 60; seed++) {
        struct text text = {0};
        struct random_stream stream = {.seed = seed};
        draw_circuit(&text, &stream);
        expect_equal(text.data, 2 + (uint32_t)seed % 4);
        text_fini(&text);
    }
}
