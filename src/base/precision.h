/* Of amplitudes: IEEE double (8 bytes a real) or single (4). */
#ifndef QSPAN_BASE_PRECISION_H
#define QSPAN_BASE_PRECISION_H

enum precision { PRECISION_DOUBLE, PRECISION_SINGLE };

static inline const char *precision_name(enum precision precision) {
    return precision == PRECISION_SINGLE ? "single" : "double";
}
/* Of an amplitude. */
static inline unsigned precision_amp_bytes(enum precision precision) {
    return precision == PRECISION_SINGLE ? 8 : 16;
}

#endif
