#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "circuit/circuit.h"
#include "cli/cli.h"
#include "cli/load.h"

enum { MAX_FILE_BYTES = INT32_MAX };

static bool ends_in(const char *name, const char *end) {
    size_t n = strlen(name), n_end = strlen(end);
    return n >= n_end && strcmp(name + n - n_end, end) == 0;
}

static enum status choose_stim(bool *out_is_stim, const struct cli_options *options) {
    const char *out = options->args[1];
    if (cli_is_given(options, OPTION_TO)) {
        *out_is_stim = strcmp(options->to, "stim") == 0;
        return STATUS_OK;
    }
    *out_is_stim = ends_in(out, ".stim");
    if (!*out_is_stim && !ends_in(out, ".qasm")) {
        return log_error(STATUS_USAGE,
                         "convert: '%s' ends neither in .qasm nor in .stim; --to says the language",
                         out);
    }
    return STATUS_OK;
}

/* OpenQASM 2 has gates, measurement, reset and barriers. */
static enum status check_sayable(const struct circuit *circuit) {
    for (size_t i = 0; i < circuit->ops.n_ops; i++) {
        const struct op *op = &circuit->ops.ops[i];
        bool is_noise = op->kind == OP_NOISE || (op->kind == OP_MEASURE && op->n_params > 0);
        bool is_note = op->kind == OP_DETECTOR || op->kind == OP_OBSERVABLE ||
                       op->kind == OP_TICK || op->kind == OP_COORDS || op->kind == OP_SHIFT_COORDS;
        if (is_noise || is_note) {
            return log_error_at(STATUS_INPUT, circuit_loc(circuit, op),
                                "%s cannot be said in OpenQASM 2",
                                op->kind == OP_NOISE ? op_noise_name((enum op_noise)op->which)
                                : is_noise           ? "a result that may be wrong"
                                                     : op_kind_name((enum op_kind)op->kind));
        }
    }
    return STATUS_OK;
}

static enum status print_qasm2(struct text *out, const struct circuit *circuit) {
    struct circuit *plain = NULL;
    TRY(check_sayable(circuit));
    if (!stim_needs_lowering(circuit)) {
        return qasm2_print(out, circuit);
    }
    TRY(stim_lower(&plain, circuit));
    enum status status = qasm2_print(out, plain);
    circuit_destroy(plain);
    return status;
}

enum status cmd_convert(const struct cli_options *options) {
    struct circuit *circuit = NULL;
    struct text out = {0};
    bool is_stim;
    char *text;
    size_t n;
    TRY(choose_stim(&is_stim, options));
    TRY(file_read(&text, &n, options->args[0], MAX_FILE_BYTES));
    enum status status = load_read_circuit(&circuit, options, text, n);
    mem_free(text);
    if (status == STATUS_OK) {
        status = (is_stim ? stim_print : print_qasm2)(&out, circuit);
    }
    if (status == STATUS_OK) {
        status = file_write(options->args[1], out.data, out.n);
    }
    text_fini(&out);
    circuit_destroy(circuit);
    return status;
}
