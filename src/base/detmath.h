/* log, exp, sin and cos in a fixed order of IEEE-754 operations.
 *
 * libm's last bits differ between machines; a decision that several ranks must agree on may use
 * only these (no FMA, no extended precision). Error at most 1 ulp over the stated domain, tested
 * against long double libm. */
#ifndef QSPAN_BASE_DETMATH_H
#define QSPAN_BASE_DETMATH_H

double det_log(double x); /* x > 0; -inf at 0, NaN below */
double det_exp(double x); /* overflows to inf, underflows to 0 */
/* |x| < 2^30, else NaN; exact 0, +-1 at doubles nearest multiples of pi/2. */
void det_sincos(double *out_sin, double *out_cos, double x);

#endif
