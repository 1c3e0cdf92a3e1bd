#include "output/compare.h"

#include <math.h>
#include <string.h>

#include "base/log.h"

enum { EXPECTED_MIN = 5 };

/* ---- chi-square ---- */

/* x^a e^-x / Gamma(a) */
static double gamma_prefactor(double a, double x) {
    return exp(a * log(x) - x - lgamma(a));
}

double compare_gamma_q(double a, double x) {
    if (x <= 0) {
        return 1;
    }
    if (x < a + 1) {
        double term = 1 / a, sum = term;
        for (double k = 1; fabs(term) > fabs(sum) * 1e-17; k++) {
            term *= x / (a + k);
            sum += term;
        }
        return fmax(0, 1 - sum * gamma_prefactor(a, x));
    }
    /* Lentz: 1 / (x + 1 - a - 1 (1 - a) / (x + 3 - a - ...)) */
    const double tiny = 1e-300;
    double b = x + 1 - a, c = 1 / tiny, d = 1 / b, value = d, step = 0;
    for (double k = 1; fabs(step - 1) > 1e-16 && k < 1e6; k++) {
        const double numerator = -k * (k - a);
        b += 2;
        d = numerator * d + b;
        d = fabs(d) < tiny ? tiny : d;
        c = b + numerator / c;
        c = fabs(c) < tiny ? tiny : c;
        d = 1 / d;
        step = d * c;
        value *= step;
    }
    return fmin(1, value * gamma_prefactor(a, x));
}

/* Cells of a chi-square sum: those with too few expected wait for others. */
struct chi_square {
    double sum;
    uint64_t n_cells;
    double rest_a, rest_b;   /* the pool: rare outcomes in a row, not yet enough for a cell */
    double least_a, least_b; /* the cell with the fewest expected, not yet in the sum */
    double total_a, total_b;
    bool is_exact_b; /* b holds probabilities */
    bool is_impossible;
};

/* Least number expected in the two samples. */
static double expected(const struct chi_square *chi, double a, double b) {
    if (chi->is_exact_b) {
        return chi->total_a * b / chi->total_b;
    }
    const double least = fmin(chi->total_a, chi->total_b);
    return (a + b) * least / (chi->total_a + chi->total_b);
}

static void add_cell(struct chi_square *chi, double a, double b) {
    if (chi->is_exact_b) {
        const double want = chi->total_a * b / chi->total_b;
        chi->sum += (a - want) * (a - want) / want;
    } else {
        const double ratio = sqrt(chi->total_b / chi->total_a);
        chi->sum += (a * ratio - b / ratio) * (a * ratio - b / ratio) / (a + b);
    }
    chi->n_cells++;
}

static void offer_cell(struct chi_square *chi, double a, double b) {
    chi->is_impossible = chi->is_impossible || (chi->is_exact_b && b == 0 && a > 0);
    if (expected(chi, a, b) < EXPECTED_MIN) {
        a = chi->rest_a += a;
        b = chi->rest_b += b;
        if (expected(chi, a, b) < EXPECTED_MIN) {
            return;
        }
        chi->rest_a = chi->rest_b = 0;
    }
    const bool has_least = chi->least_a + chi->least_b > 0;
    if (!has_least) {
        chi->least_a = a;
        chi->least_b = b;
    } else if (expected(chi, a, b) < expected(chi, chi->least_a, chi->least_b)) {
        add_cell(chi, chi->least_a, chi->least_b);
        chi->least_a = a;
        chi->least_b = b;
    } else {
        add_cell(chi, a, b);
    }
}

/* What is left in the pool joins the smallest cell. */
static void finish(struct chi_square *chi, struct comparison *out) {
    chi->least_a += chi->rest_a;
    chi->least_b += chi->rest_b;
    if (expected(chi, chi->least_a, chi->least_b) > 0) {
        add_cell(chi, chi->least_a, chi->least_b);
    }
    out->has_chi_square = true;
    out->chi_square = chi->sum;
    out->dof = chi->n_cells > 0 ? chi->n_cells - 1 : 0;
    out->p_value = out->dof == 0 ? 1 : compare_gamma_q((double)out->dof / 2, chi->sum / 2);
    if (chi->is_impossible) {
        out->chi_square = INFINITY;
        out->p_value = 0;
    }
}

/* ---- comparison ---- */

enum status outcomes_compare(struct comparison *out_comparison, const struct outcomes *a,
                             const struct outcomes *b) {
    const bool is_swapped = a->is_exact && !b->is_exact; /* probabilities are the second */
    const struct outcomes *first = is_swapped ? b : a, *second = is_swapped ? a : b;
    struct comparison out = {.n_bits = a->n_bits};
    struct chi_square chi = {
        .total_a = first->total, .total_b = second->total, .is_exact_b = second->is_exact};
    double distance = 0, overlap = 0;
    if (a->n_bits != b->n_bits) {
        return log_error(STATUS_INPUT, "keys of %zu and of %zu bits are not comparable", a->n_bits,
                         b->n_bits);
    }
    for (size_t i = 0, k = 0; i < first->n || k < second->n; out.n_outcomes++) {
        const int order = i == first->n    ? 1
                          : k == second->n ? -1
                                           : strcmp(first->list[i].key, second->list[k].key);
        const double x = order <= 0 ? first->list[i++].weight : 0;
        const double y = order >= 0 ? second->list[k++].weight : 0;
        const double p = x / first->total, q = y / second->total;
        distance += fabs(p - q);
        overlap += sqrt(p * q);
        offer_cell(&chi, x, y);
    }
    out.total_variation = distance / 2;
    out.hellinger_fidelity = fmin(1, overlap * overlap);
    if (!first->is_exact) {
        finish(&chi, &out);
    }
    *out_comparison = out;
    return STATUS_OK;
}

void outcomes_fini(struct outcomes *outcomes) {
    arena_fini(&outcomes->arena);
    *outcomes = (struct outcomes){0};
}
