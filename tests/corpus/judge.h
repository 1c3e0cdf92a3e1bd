/* How far results are from what was expected. */
#ifndef QSPAN_TESTS_CORPUS_JUDGE_H
#define QSPAN_TESTS_CORPUS_JUDGE_H

#include "base/text.h"
#include "corpus/expect.h"
#include "runtime/runtime.h"

#define JUDGE_TOLERANCE 1e-9
#define JUDGE_SIGMAS 5.0

/* *out_deviation: the largest |p - expected| over the most likely outcomes, the marginal of every
 * bit, and three sums over the whole distribution (total, collision and odd parity probability, as
 * far as the expectation has them), less what the expectation left out. Key bits first_bit ..
 * first_bit+n_bits-1 are the expected ones, those below it must be 0. What deviates by more than
 * the tolerance is told in `why`, the worst last. */
void judge_results(double *out_deviation, struct text *why, const struct expect *expect,
                   const struct results *results, size_t first_bit);
/* The same for samples on either side: deviations of frequencies of bits in standard deviations of
 * their difference. JUDGE_SIGMAS are too many. */
void judge_samples(double *out_sigmas, struct text *why, const struct expect *expect,
                   const struct results *results, size_t first_bit);

#endif
