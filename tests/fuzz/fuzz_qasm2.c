/* OpenQASM 2: what is read is valid; printed, it reads back and prints the same. */
#include <string.h>

#include "base/text.h"
#include "fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    struct circuit *circuit = NULL, *again = NULL;
    struct text first = {0}, second = {0};

    log_set_sink(fuzz_drop, NULL);
    if (qasm2_read_text(&circuit, "fuzz/f.qasm", (const char *)data, n, &fuzz_limits) !=
        STATUS_OK) {
        return 0;
    }
    CHECK(op_list_is_valid(&circuit->ops, circuit->n_qubits, circuit->n_bits));
    if (qasm2_print(&first, circuit) == STATUS_OK) {
        CHECK(qasm2_read_text(&again, "fuzz/f.qasm", first.data, first.n, NULL) == STATUS_OK);
        CHECK(qasm2_print(&second, again) == STATUS_OK);
        CHECK(strcmp(first.data, second.data) == 0);
    }
    text_fini(&first);
    text_fini(&second);
    circuit_destroy(circuit);
    circuit_destroy(again);
    return 0;
}
