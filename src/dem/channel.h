/* From disjoint error cases to independent ones.
 *
 * Cases are the elements k of Z_2^s (k = 0: no error): which of s basic errors happen. A channel
 * gives each case a probability, one of them happens; a model of independent errors gives each case
 * a probability by itself, and the cases that happen are multiplied. */
#ifndef QSPAN_DEM_CHANNEL_H
#define QSPAN_DEM_CHANNEL_H

#include <stdbool.h>

/* p: 2^s entries, s <= 4; p[0] is not read on entry and 0 on exit. True: `p` became the
 * probabilities of independent errors that give exactly the same channel. False: there are none, p
 * is as before. With lambda_c = sum over k of p_k (-1)^(c.k): log(1 - 2 q_m) = -2^(1-s) sum over c
 * of (-1)^(c.m) log lambda_c. */
bool channel_make_independent(double *p, unsigned s);

#endif
