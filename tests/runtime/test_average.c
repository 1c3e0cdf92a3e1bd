/* Means and standard errors of shots, in any order. */
#include <criterion/criterion.h>
#include <math.h>

#include "base/rng.h"
#include "runtime/average.h"

enum { N = 1000 };

Test(average, as_the_textbook_says) {
    struct average forward = {0}, backward = {0};
    double sum = 0, square = 0, values[N];
    for (uint32_t i = 0; i < N; i++) {
        values[i] = 2 * rng_uniform(1, 2, i, RNG_MEASURE) - 1;
        sum += values[i];
    }
    for (uint32_t i = 0; i < N; i++) {
        square += (values[i] - sum / N) * (values[i] - sum / N);
        average_add(&forward, values[i], 1);
        average_add(&backward, values[N - 1 - i], 1);
    }
    cr_assert_lt(fabs(average_mean(&forward) - sum / N), 1e-15);
    cr_assert_lt(fabs(average_std_error(&forward) - sqrt(square / (N - 1) / N)), 1e-12);
    cr_assert_eq(average_mean(&forward), average_mean(&backward));
    cr_assert_eq(average_std_error(&forward), average_std_error(&backward));
}

Test(average, of_few_and_of_equal_values) {
    struct average none = {0}, one = {0}, equal = {0}, signs = {0};
    cr_assert(average_mean(&none) == 0 && average_std_error(&none) == 0);
    average_add(&one, -0.3, 1);
    cr_assert(fabs(average_mean(&one) + 0.3) < 1e-16 && average_std_error(&one) == 0);
    average_add(&equal, 1.0 / 3, UINT32_MAX);
    cr_assert(fabs(average_mean(&equal) - 1.0 / 3) < 1e-16 && average_std_error(&equal) == 0);
    average_add(&signs, 1, UINT32_MAX / 2);
    average_add(&signs, -1, UINT32_MAX / 2);
    cr_assert_eq(average_mean(&signs), 0);
    cr_assert_lt(fabs(average_std_error(&signs) * sqrt((double)UINT32_MAX) - 1), 1e-8);
}
