/* Results of two runs that must be the same, shot by shot. */
#ifndef QSPAN_TESTS_SUPPORT_SAME_RESULTS_H
#define QSPAN_TESTS_SUPPORT_SAME_RESULTS_H

#include <stdbool.h>

#include "runtime/runtime.h"

/* Counts, records and the marginals of n_qpus QPUs; keys of at most 64 bits. */
bool same_shots(const struct results *a, const struct results *b, size_t n_qpus);

#endif
