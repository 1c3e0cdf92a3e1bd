#include "base/text.h"
#include "circuit/gen.h"
#include "cli/cli.h"

static enum status generate(struct circuit **out_circuit, const struct cli_options *options) {
    const struct generator *generator = gen_find(options->args[0]);
    struct gen_args args = options->gen;
    if (!generator) {
        return STATUS_USAGE;
    }
    return gen_circuit(out_circuit, generator, &args);
}

enum status cmd_gen(const struct cli_options *options) {
    struct circuit *circuit = NULL;
    struct text text = {0};
    TRY(generate(&circuit, options));
    bool is_stim = circuit->labels != NULL && !cli_is_given(options, OPTION_FORMAT);
    enum status status = cli_print_circuit(&text, circuit, is_stim ? "stim" : options->format);
    if (status == STATUS_OK) {
        status = file_write(options->output ? options->output : "-", text.data, text.n);
    }
    text_fini(&text);
    circuit_destroy(circuit);
    return status;
}
