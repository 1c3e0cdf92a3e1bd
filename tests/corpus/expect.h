/* What an independent simulator found for a circuit: one JSON file of expected/qasm2. */
#ifndef QSPAN_TESTS_CORPUS_EXPECT_H
#define QSPAN_TESTS_CORPUS_EXPECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"
#include "base/status.h"

struct expect_outcome {
    const char *bits; /* character i is bit i */
    double p;
};
struct expect {
    struct arena arena;
    const char *circuit; /* path below the folder of circuits */
    bool is_exact;       /* a distribution, not samples: else only `circuit` and `n_bits` are set */
    bool is_final_state; /* the circuit measures nothing: bit i is qubit i */
    uint32_t n_active;   /* qubits that any op touches */
    size_t n_bits;
    double *p_one; /* n_bits */
    struct expect_outcome *top;
    size_t n_top;
    double total, collision, parity_odd;
};

/* Errors: STATUS_INPUT (logged) when the file is not of that form. */
enum status expect_read(struct expect *out, const char *path);
void expect_fini(struct expect *expect);

#endif
