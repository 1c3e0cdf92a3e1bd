/* Sets of CUNQA circuits: the program that one becomes is valid, can be checked and, printed, reads
 * back and prints the same. */
#include <string.h>

#include "base/text.h"
#include "fuzz/fuzz.h"
#include "program/cunqa.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    struct program *program = NULL, *again = NULL;
    struct program_check check = {0};
    struct text made = {0}, first = {0}, second = {0};

    log_set_sink(fuzz_drop, NULL);
    if (!cunqa_is_text((const char *)data, n) ||
        cunqa_print(&made, "fuzz/f.json", (const char *)data, n, &fuzz_limits) != STATUS_OK) {
        text_fini(&made);
        return 0;
    }
    /* What was translated is a program. */
    CHECK(program_read_text(&program, "fuzz/f.qasm", made.data, made.n, NULL) == STATUS_OK);
    CHECK(op_list_is_valid(&program->ops, program->n_wires, program->n_bits));
    program_check(&check, program);
    program_check_fini(&check);
    CHECK(program_print(&first, program) == STATUS_OK);
    CHECK(program_read_text(&again, "fuzz/f.qasm", first.data, first.n, NULL) == STATUS_OK);
    CHECK(program_print(&second, again) == STATUS_OK);
    CHECK(strcmp(first.data, second.data) == 0);
    text_fini(&made);
    text_fini(&first);
    text_fini(&second);
    program_destroy(program);
    program_destroy(again);
    return 0;
}
