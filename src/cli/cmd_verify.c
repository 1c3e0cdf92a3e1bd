#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "cli/load.h"
#include "verify/verify.h"

static enum status read_program(struct program **out_program, const struct cli_options *options,
                                const char *text, size_t n) {
    const struct circuit_limits limits = {.strict = options->is_strict};
    if (!program_is_program_text(text, n)) {
        return log_error_at(STATUS_INPUT, (struct src_loc){.file = options->args[0]},
                            "not a distributed program: expected OpenQASM 3 with "
                            "'pragma qspan qpu' lines");
    }
    return program_read_text(out_program, options->args[0], text, n, &limits);
}

static enum status verify_program(const struct cli_options *options, const struct team *team,
                                  const struct program *program) {
    struct text report = {0};
    enum status status = verify_static(&report, options->args[0], program);
    if (status == STATUS_OK && team_rank(team) == 0) {
        status = file_write("-", report.data, report.n);
    }
    text_fini(&report);
    return status;
}

enum status cmd_verify(const struct cli_options *options) {
    const struct team *team = comm_world();
    struct program *program = NULL;
    char *text = NULL;
    size_t n = 0;
    TRY(load_text(&text, &n, team, options->args[0]));
    enum status status = comm_agree(team, read_program(&program, options, text, n));
    if (status == STATUS_OK) {
        status = comm_agree(team, verify_program(options, team, program));
    }
    program_destroy(program);
    mem_free(text);
    return status;
}
