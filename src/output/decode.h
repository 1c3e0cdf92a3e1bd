/* Reads a bit register of the results as a number: what `--decode int:c` and `--decode phase:c`
 * print.
 *
 * A register of n bits is the integer v = sum_i 2^i bit_i. As a phase it is v / 2^n, a point on a
 * circle, so its mean is taken along the shorter way round from the most likely value. */
#ifndef QSPAN_OUTPUT_DECODE_H
#define QSPAN_OUTPUT_DECODE_H

#include <stdint.h>

#include "base/status.h"
#include "program/program.h"
#include "runtime/runtime.h"

enum decode_kind { DECODE_INT, DECODE_PHASE };

enum { DECODE_MAX_BITS = 53 }; /* every value is exact as a double */

struct decode {
    enum decode_kind kind;
    const struct reg *reg; /* borrowed from the program */
    /* Set by decode_summarise. */
    uint64_t most_likely; /* the smallest such value in a tie */
    double share;         /* of the shots */
    double mean;          /* of v, or of the phase v / 2^n in [0, 1) */
    double std_error;     /* of the mean: sample deviation / sqrt(shots), 0 for one shot */
};

const char *decode_kind_name(enum decode_kind kind);

/* KIND:REG. Errors: STATUS_USAGE (logged) for an unknown kind or register, one that is not part of
 * the key of counts, or one of more than DECODE_MAX_BITS bits. */
enum status decode_parse(struct decode *out_decode, const char *spec,
                         const struct program *program);
/* From counts: the results must hold shots. Errors: STATUS_NOFIT (logged) without memory.
 * Cost: O(n_counts log n_counts). */
enum status decode_summarise(struct decode *decode, const struct results *results);

#endif
