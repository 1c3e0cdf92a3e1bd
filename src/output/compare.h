/* Two distributions of outcomes: how far apart, and whether chance explains it.
 *
 * With p and q the shares of the outcomes:
 *     total variation       1/2 sum |p - q|
 *     Hellinger fidelity    (sum sqrt(p q))^2
 *     chi-square            counts n of N shots against probabilities: sum (n - N p)^2 / (N p);
 *                           counts a of A shots and b of B: sum (a sqrt(B/A) - b sqrt(A/B))^2
 *                           / (a + b); outcomes of which fewer than 5 are expected are put
 *                           together, by rising key, until 5 are
 *     p-value               of a chi-square as large under equal distributions: Q(dof/2, chi2/2) */
#ifndef QSPAN_OUTPUT_COMPARE_H
#define QSPAN_OUTPUT_COMPARE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/mem.h"

/* Outcomes by ascending key. */
struct outcomes {
    struct arena arena;
    struct outcome {
        const char *key; /* as JSON writes it */
        double weight;   /* shots or probability */
    } * list;
    size_t n, n_bits;
    bool is_exact; /* probabilities */
    double total;  /* of the weights */
};

/* A results file of qspan (JSON or HDF5), or a JSON object of keys and counts, or of keys and
 * probabilities that add up to 1. Errors: STATUS_INPUT (logged), also for a file that holds only
 * the most likely outcomes. */
enum status outcomes_read(struct outcomes *out_outcomes, const char *path);
void outcomes_fini(struct outcomes *outcomes);

struct comparison {
    size_t n_bits, n_outcomes; /* that either has */
    double total_variation, hellinger_fidelity;
    bool has_chi_square; /* not between two exact distributions */
    double chi_square, p_value;
    uint64_t dof;
};
/* Errors: STATUS_INPUT if the keys have different lengths. Cost: O(n). */
enum status outcomes_compare(struct comparison *out_comparison, const struct outcomes *a,
                             const struct outcomes *b);

/* Q(a, x) = 1 - P(a, x), the regularised upper incomplete gamma function; a > 0, x >= 0. By its
 * series or continued fraction. */
double compare_gamma_q(double a, double x);

#endif
