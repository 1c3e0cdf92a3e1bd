/* "did you mean": the known word nearest to an unknown one. */
#ifndef QSPAN_MACHINE_NEAREST_H
#define QSPAN_MACHINE_NEAREST_H

#include <stddef.h>

struct machine_nearest {
    const char *word; /* borrowed */
    const char *best; /* borrowed from machine_nearest_offer; NULL: nothing near enough */
    size_t distance;
};

/* A word is near when at most a third of its letters (at least one) differ: edits and swaps of
 * neighbours count one each, upper and lower case are the same. Words over 64 bytes have none. */
struct machine_nearest machine_nearest_start(const char *word);
void machine_nearest_offer(struct machine_nearest *near, const char *candidate);

#endif
