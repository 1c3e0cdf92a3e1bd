#include "base/text.h"
#include "circuit/gen.h"
#include "cli/cli.h"

static enum status generate(struct circuit **out_circuit, const struct cli_options *options) {
    const struct generator *generator = gen_find(options->args[0]);
    struct gen_args args = options->gen;
    if (!generator) {
        return STATUS_USAGE;
    }
    args.given = (uint32_t)(options->given >> OPTION_GEN) & ((UINT32_C(1) << GEN_PARAM_COUNT) - 1);
    return gen_circuit(out_circuit, generator, &args);
}

enum status cmd_gen(const struct cli_options *options) {
    struct circuit *circuit = NULL;
    struct text text = {0};
    TRY(generate(&circuit, options));
    enum status status = cli_print_circuit(&text, circuit, options->format);
    if (status == STATUS_OK) {
        status = file_write(options->output ? options->output : "-", text.data, text.n);
    }
    text_fini(&text);
    circuit_destroy(circuit);
    return status;
}
