/* Quantities with units: text to number and back. Time is int64_t picoseconds. */
#ifndef QSPAN_BASE_UNITS_H
#define QSPAN_BASE_UNITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

enum unit_kind {
    UNIT_TIME,            /* ps, ns, us, ms, s, min -> ps (rounded to nearest, checked) */
    UNIT_LENGTH,          /* um, mm, m, km -> m */
    UNIT_FREQUENCY,       /* Hz, kHz, MHz, GHz -> Hz */
    UNIT_LOSS,            /* dB -> dB */
    UNIT_LOSS_PER_LENGTH, /* dB/m, dB/km -> dB/m */
    UNIT_SPEED,           /* m/s, km/s -> m/s */
    UNIT_BYTES,           /* B, KiB, MiB, GiB, TiB, kB, MB, GB, TB -> bytes */
};

/* Parses "NUMBER UNIT" (blanks between optional; a micro sign or Greek mu is read as u). On failure
 * STATUS_INPUT, nothing logged, and *out_why (static text such as "a unit is missing; expected one
 * of ps, ns, us, ms, s, min"). */
enum status units_parse(double *out_value, const char **out_why, const char *text,
                        enum unit_kind kind);
/* Time to ps; negative and more than INT64_MAX ps refused. */
enum status units_parse_time(int64_t *out_t_ps, const char **out_why, const char *text);
/* Shortest exact text with the unit that reads best, e.g. 10 us, 1.5 ms; buffer of n >= 32 bytes.
 */
char *units_print_time(char *buffer, size_t n, int64_t t_ps);
/* Binary prefix, 3 significant digits: 1.5 GiB. Exact below 1 KiB. */
char *units_print_bytes(char *buffer, size_t n, uint64_t n_bytes);
/* *out = a + b; false on overflow. */
bool time_add(int64_t *out_t_ps, int64_t a_ps, int64_t b_ps);

#endif
