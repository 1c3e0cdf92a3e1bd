/* Machine files: what is read prints, reads back and prints the same. */
#include <string.h>

#include "base/text.h"
#include "fuzz/fuzz.h"
#include "machine/machine.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    struct machine *machine = NULL, *again = NULL;
    struct text first = {0}, second = {0};

    log_set_sink(fuzz_drop, NULL);
    if (machine_read_text(&machine, "fuzz/f.yaml", (const char *)data, n) != STATUS_OK) {
        return 0;
    }
    for (uint32_t i = 0; i < machine->n_qpus; i++) {
        CHECK(machine_find_qpu(machine, machine->qpus[i].name) == i);
    }
    if (machine_print(&first, machine) == STATUS_OK) {
        CHECK(machine_read_text(&again, "fuzz/f.yaml", first.data, first.n) == STATUS_OK);
        CHECK(machine_print(&second, again) == STATUS_OK);
        CHECK(strcmp(first.data, second.data) == 0);
    }
    text_fini(&first);
    text_fini(&second);
    machine_destroy(machine);
    machine_destroy(again);
    return 0;
}
