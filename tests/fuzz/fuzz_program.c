/* The text form of programs: what is read is valid, can be checked and, printed, reads back and
 * prints the same. */
#include <string.h>

#include "base/text.h"
#include "fuzz/fuzz.h"
#include "program/program.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    struct program *program = NULL, *again = NULL;
    struct program_check check = {0};
    struct text first = {0}, second = {0};

    log_set_sink(fuzz_drop, NULL);
    program_is_program_text((const char *)data, n);
    if (program_read_text(&program, "fuzz/f.qasm", (const char *)data, n, &fuzz_limits) !=
        STATUS_OK) {
        return 0;
    }
    CHECK(op_list_is_valid(&program->ops, program->n_wires, program->n_bits));
    program_check(&check, program);
    program_check_fini(&check);
    if (program_print(&first, program) == STATUS_OK) {
        CHECK(program_read_text(&again, "fuzz/f.qasm", first.data, first.n, NULL) == STATUS_OK);
        CHECK(program_print(&second, again) == STATUS_OK);
        CHECK(strcmp(first.data, second.data) == 0);
    }
    text_fini(&first);
    text_fini(&second);
    program_destroy(program);
    program_destroy(again);
    return 0;
}
