/* Files of Pauli sums: what is read names qubits that are there, each once in a term. */
#include <math.h>
#include <string.h>

#include "circuit/observables.h"
#include "fuzz/fuzz.h"

enum { N_QUBITS = 5 };

static void check_term(const struct pauli_sums *sums, const struct pauli_term *term) {
    unsigned seen = 0;
    CHECK(isfinite(term->coefficient) && term->n <= N_QUBITS);
    for (size_t k = term->first; k < term->first + term->n; k++) {
        CHECK(k < sums->n_letters && sums->qubits[k] < N_QUBITS);
        CHECK(sums->letters[k] >= 1 && sums->letters[k] <= 3);
        CHECK((seen >> sums->qubits[k] & 1) == 0);
        seen |= 1u << sums->qubits[k];
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    struct pauli_sums *sums = NULL;
    log_set_sink(fuzz_drop, NULL);
    if (pauli_sums_read_text(&sums, "fuzz/f", (const char *)data, n, N_QUBITS) == STATUS_OK) {
        CHECK(sums->n_sums > 0);
        for (size_t i = 0; i < sums->n_sums; i++) {
            CHECK(sums->sums[i].name[0] != '\0' && sums->sums[i].n > 0);
        }
        for (size_t t = 0; t < sums->n_terms; t++) {
            check_term(sums, &sums->terms[t]);
        }
    }
    pauli_sums_destroy(sums);
    return 0;
}
