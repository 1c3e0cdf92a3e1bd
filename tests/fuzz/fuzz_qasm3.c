/* OpenQASM 3: what is read is valid. */
#include "fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    struct circuit *circuit = NULL;

    log_set_sink(fuzz_drop, NULL);
    if (qasm3_read_text(&circuit, "fuzz/f.qasm", (const char *)data, n, &fuzz_limits) ==
        STATUS_OK) {
        CHECK(op_list_is_valid(&circuit->ops, circuit->n_qubits, circuit->n_bits));
    }
    circuit_destroy(circuit);
    return 0;
}
