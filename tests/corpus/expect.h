/* What an independent simulator found for a circuit: one JSON file of expected/. */
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
    bool is_exact;       /* a distribution; else samples: p_one, n_bits and n_shots alone */
    bool is_final_state; /* the circuit measures nothing: bit i is qubit i */
    bool is_mean_only;   /* samples: p_one[0] is the mean over the n_bits bits */
    size_t n_bits;
    uint64_t n_shots;
    double *p_one;     /* n_bits */
    size_t *positions; /* of the bits among qubits, where qubits that do nothing are left out; else
                        * NULL */
    bool uses_braket;  /* names of gates that only Amazon Braket knows */
    double truncated;  /* probability that the simulator left out */
    const char **params; /* "NAME=VALUE" of inputs */
    size_t n_params;
    struct expect_outcome *top;
    size_t n_top;
    double total, collision, parity_odd;
};

/* Errors: STATUS_INPUT (logged) when the file is not of that form. */
enum status expect_read(struct expect *out, const char *path);
void expect_fini(struct expect *expect);

#endif
