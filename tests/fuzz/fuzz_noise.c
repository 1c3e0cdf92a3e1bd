/* Noise models: the channels of what is read are probabilities, and a program that takes them is a
 * sound one. */
#include <math.h>
#include <string.h>

#include "base/text.h"
#include "fuzz/fuzz.h"
#include "program/program.h"
#include "schedule/noise_apply.h"

static const char source[] =
    "OPENQASM 3.0; include \"stdgates.inc\"; include \"qnu.inc\";\n"
    "qubit[2] a; qubit[2] b; bit m; output bit[2] c;\n"
    "pragma qspan qpu A data a[0] comm a[1]\npragma qspan qpu B data b[0] comm b[1]\n"
    "pragma qspan logical in q[0] a[0]\npragma qspan logical in q[1] b[0]\n"
    "ebit(a[1], b[1]); cx a[0], a[1]; m = measure a[1]; if (m) x b[1]; cx b[1], b[0];\n"
    "reset b[1]; rz(0.3) a[0]; c[0] = measure a[0]; c[1] = measure b[0];\n";

static void check_channels(const struct noise_rule *rule) {
    for (size_t i = 0; i < rule->n_channels; i++) {
        for (size_t k = 0; k < sizeof rule->channels[i].p / sizeof(double); k++) {
            double p = rule->channels[i].p[k];
            /* lambda of a depolarizing channel on two qubits is at most 16/15 */
            CHECK(p >= 0 && p <= 4.0 / 3);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    struct noise_model *model = NULL;
    struct program *program = NULL, *again = NULL;
    struct text text = {0};

    log_set_sink(fuzz_drop, NULL);
    if (noise_model_read_text(&model, "fuzz/f.yaml", (const char *)data, n) != STATUS_OK) {
        return 0;
    }
    for (size_t i = 0; i < model->n_rules; i++) {
        check_channels(&model->rules[i]);
    }
    CHECK(program_read_text(&program, "fuzz/p.qasm", source, sizeof source - 1, &fuzz_limits) ==
          STATUS_OK);
    if (noise_apply(program, model, NULL) == STATUS_OK) {
        CHECK(program_print(&text, program) == STATUS_OK);
        CHECK(program_read_text(&again, "fuzz/p.qasm", text.data, text.n, &fuzz_limits) ==
              STATUS_OK);
    }
    text_fini(&text);
    program_destroy(program);
    program_destroy(again);
    noise_model_destroy(model);
    return 0;
}
