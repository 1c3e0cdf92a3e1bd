#include "support/same_results.h"

#include <string.h>

static bool is_same_list(const struct run_count *a, size_t n_a, const struct run_count *b,
                         size_t n_b) {
    bool is_same = n_a == n_b;
    for (size_t i = 0; i < n_a && is_same; i++) {
        is_same = a[i].key[0] == b[i].key[0] && a[i].n == b[i].n;
    }
    return is_same;
}

bool same_shots(const struct results *a, const struct results *b, size_t n_qpus) {
    bool is_same =
        is_same_list(a->counts, a->n_counts, b->counts, b->n_counts) && a->n_shots == b->n_shots &&
        a->record_bytes == b->record_bytes &&
        (a->n_shots == 0 || memcmp(a->records, b->records, a->n_shots * a->record_bytes) == 0);
    for (size_t q = 0; q < n_qpus && is_same; q++) {
        is_same = is_same_list(a->marginals[q].counts, a->marginals[q].n_counts,
                               b->marginals[q].counts, b->marginals[q].n_counts);
    }
    return is_same;
}
