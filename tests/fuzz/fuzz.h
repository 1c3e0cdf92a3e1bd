/* What the fuzzers share. Each feeds its bytes to one parser, as a file that a hostile user wrote:
 * whatever they are, the parser must accept or refuse them, and what it accepts must be sound. */
#ifndef QSPAN_TESTS_FUZZ_FUZZ_H
#define QSPAN_TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>

#include "base/log.h"
#include "circuit/circuit.h"

/* libFuzzer's entry. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* Small enough that no input takes long. */
static const struct circuit_limits fuzz_limits = {
    .max_qubits = 1 << 16, .max_ops = 1 << 16, .max_file_bytes = 1 << 20};

static inline void fuzz_drop(void *ctx, enum log_level level, const char *text) {
    (void)ctx;
    (void)level;
    /* Control characters never reach a terminal. */
    for (; *text; text++) {
        CHECK((unsigned char)*text >= 0x20 && *text != 0x7f);
    }
}

#endif
