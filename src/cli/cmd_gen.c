#include <string.h>

#include "base/log.h"
#include "base/nearest.h"
#include "base/text.h"
#include "circuit/circuit.h"
#include "cli/cli.h"

static enum status refuse_name(const char *name) {
    struct nearest near = nearest_start(name);
    nearest_offer(&near, "ghz");
    nearest_offer(&near, "qft");
    nearest_offer(&near, "qpe");
    return near.best ? log_error(STATUS_USAGE, "gen: unknown circuit '%s'; did you mean %s?", name,
                                 near.best)
                     : log_error(STATUS_USAGE,
                                 "gen: unknown circuit '%s'; expected ghz, qft or qpe", name);
}

static enum status generate(struct circuit **out_circuit, const struct cli_options *options) {
    const char *name = options->args[0];
    uint32_t n = (uint32_t)options->n;
    bool is_qpe = strcmp(name, "qpe") == 0;
    if (!is_qpe && strcmp(name, "ghz") != 0 && strcmp(name, "qft") != 0) {
        return refuse_name(name);
    }
    if (!cli_is_given(options, OPTION_N)) {
        return log_error(STATUS_USAGE, "gen %s: --n is missing", name);
    }
    if (is_qpe != cli_is_given(options, OPTION_PHASE)) {
        return log_error(STATUS_USAGE,
                         is_qpe ? "gen %s: --phase is missing" : "gen %s takes no --phase", name);
    }
    if (is_qpe) {
        return gen_qpe(out_circuit, n, options->phase);
    }
    return strcmp(name, "ghz") == 0 ? gen_ghz(out_circuit, n) : gen_qft(out_circuit, n);
}

enum status cmd_gen(const struct cli_options *options) {
    struct circuit *circuit = NULL;
    struct text text = {0};
    TRY(generate(&circuit, options));
    enum status status = qasm2_print(&text, circuit);
    if (status == STATUS_OK) {
        status = file_write(options->output ? options->output : "-", text.data, text.n);
    }
    text_fini(&text);
    circuit_destroy(circuit);
    return status;
}
