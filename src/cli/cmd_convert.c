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

/* By --to, else as the name of OUT ends. */
static enum status choose_language(const char **out_language, const struct cli_options *options) {
    static const struct {
        const char *end, *language;
    } ends[] = {{".qasm", "qasm2"}, {".qasm2", "qasm2"}, {".qasm3", "qasm3"}, {".stim", "stim"}};
    const char *out = options->n_args > 1 ? options->args[1] : "-";
    if (cli_is_given(options, OPTION_TO)) {
        *out_language = options->to;
        return STATUS_OK;
    }
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        if (ends_in(out, ends[i].end)) {
            *out_language = ends[i].language;
            return STATUS_OK;
        }
    }
    if (strcmp(out, "-") == 0) {
        return log_error(STATUS_USAGE,
                         "convert: standard output has no name: --to says its language");
    }
    return log_error(STATUS_USAGE,
                     "convert: '%s' ends in none of .qasm, .qasm2, .qasm3 and .stim; --to says the "
                     "language",
                     out);
}

/* What lowering would leave out: OpenQASM has gates, measurement, reset and barriers. */
static enum status check_sayable(const struct circuit *circuit, const char *language) {
    for (size_t i = 0; i < circuit->ops.n_ops; i++) {
        const struct op *op = &circuit->ops.ops[i];
        bool is_noise = op->kind == OP_NOISE || (op->kind == OP_MEASURE && op->n_params > 0);
        bool is_note = op->kind == OP_DETECTOR || op->kind == OP_OBSERVABLE ||
                       op->kind == OP_TICK || op->kind == OP_COORDS || op->kind == OP_SHIFT_COORDS;
        if (is_noise || is_note) {
            return log_error_at(STATUS_INPUT, circuit_loc(circuit, op),
                                "%s cannot be said in OpenQASM %c",
                                op->kind == OP_NOISE ? op_noise_name((enum op_noise)op->which)
                                : is_noise           ? "a result that may be wrong"
                                                     : op_kind_name((enum op_kind)op->kind),
                                language[4]);
        }
    }
    return STATUS_OK;
}

enum status cli_print_circuit(struct text *out, const struct circuit *circuit,
                              const char *language) {
    struct circuit *plain = NULL;
    if (strcmp(language, "stim") == 0) {
        return stim_print(out, circuit);
    }
    enum status (*print)(struct text * out, const struct circuit *circuit) =
        strcmp(language, "qasm3") == 0 ? qasm3_print : qasm2_print;
    TRY(check_sayable(circuit, language));
    if (!stim_needs_lowering(circuit)) {
        return print(out, circuit);
    }
    TRY(stim_lower(&plain, circuit));
    enum status status = print(out, plain);
    circuit_destroy(plain);
    return status;
}

/* A program stays one, whatever language it was in. */
static enum status print_program(struct text *out, const struct cli_options *options,
                                 const char *language, const char *text, size_t n) {
    const struct circuit_limits limits = {.strict = options->is_strict};
    struct program *program = NULL;
    const bool is_qasm2 = strcmp(language, "qasm2") == 0 && cli_is_given(options, OPTION_TO);
    if (is_qasm2 || strcmp(language, "stim") == 0) {
        return log_error(STATUS_USAGE, "convert: %s is a program, which only OpenQASM 3 can say",
                         options->args[0]);
    }
    TRY(program_read_text(&program, options->args[0], text, n, &limits));
    enum status status = program_print(out, program);
    program_destroy(program);
    return status;
}

static enum status print_converted(struct text *out, const struct cli_options *options,
                                   const char *language, const char *text, size_t n) {
    struct circuit *circuit = NULL;
    if (program_is_program_text(text, n)) {
        return print_program(out, options, language, text, n);
    }
    TRY(load_read_circuit(&circuit, options, options->args[0], text, n));
    enum status status = cli_print_circuit(out, circuit, language);
    circuit_destroy(circuit);
    return status;
}

enum status cmd_convert(const struct cli_options *options) {
    struct text out = {0};
    const char *language = NULL;
    char *text;
    size_t n;
    TRY(choose_language(&language, options));
    TRY(file_read(&text, &n, options->args[0], MAX_FILE_BYTES));
    enum status status = print_converted(&out, options, language, text, n);
    mem_free(text);
    if (status == STATUS_OK) {
        status = file_write(options->n_args > 1 ? options->args[1] : "-", out.data, out.n);
    }
    text_fini(&out);
    return status;
}
