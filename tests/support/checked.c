#include "support/checked.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

struct program *checked_program(const char *text) {
    struct program *program = NULL;
    struct program_check check = {0};
    if (program_read_text(&program, "p.qasm", text, strlen(text), NULL) != STATUS_OK ||
        program_check(&check, program) != STATUS_OK) {
        fprintf(stderr, "%s\n%s\n", log_get_error(), text);
        abort();
    }
    program_check_fini(&check);
    return program;
}
