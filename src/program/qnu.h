/* The text of qnu.inc, built in: include/qspan/qnu.inc is its only source. */
#ifndef QSPAN_PROGRAM_QNU_H
#define QSPAN_PROGRAM_QNU_H

#include <stdbool.h>
#include <stddef.h>

extern const char *const qnu_text; /* 0-terminated */
extern const size_t qnu_n;         /* bytes */

/* qnu.inc has `def NAME(`. Cost: one pass over its text. */
bool qnu_has_def(const char *name, size_t n);

#endif
