/* Assignment files, plain and JSON: after what is read every qubit is on a QPU that is named, or on
 * none. */
#include <string.h>

#include "circuit/placement_file.h"
#include "fuzz/fuzz.h"

static const char source[] = "OPENQASM 2.0;qreg q[4];qreg long_name[2];qreg r[1];";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    static const char *const names[] = {"A", "left", "right_2"};
    struct circuit *circuit = NULL;

    log_set_sink(fuzz_drop, NULL);
    CHECK(qasm2_read_text(&circuit, "fuzz/f.qasm", source, sizeof source - 1, NULL) == STATUS_OK);
    size_t n_names = n > 0 && data[n - 1] % 2 == 1 ? 3 : 0;
    if (placement_file_read_text(circuit, "fuzz/f", (const char *)data, n, names, n_names) ==
        STATUS_OK) {
        uint32_t n_placed = 0;
        for (uint32_t qb = 0; qb < circuit->n_qubits; qb++) {
            CHECK(circuit->placement[qb] == OP_NO_QPU ||
                  circuit->placement[qb] < circuit->n_placed_qpus);
            n_placed += circuit->placement[qb] != OP_NO_QPU;
        }
        CHECK(n_placed > 0);
    }
    circuit_destroy(circuit);
    return 0;
}
