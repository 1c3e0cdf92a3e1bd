/* "did you mean": the known word nearest to an unknown one. */
#ifndef QSPAN_BASE_NEAREST_H
#define QSPAN_BASE_NEAREST_H

#include <stddef.h>

struct nearest {
    const char *word; /* borrowed */
    const char *best; /* borrowed from nearest_offer; NULL: nothing near enough */
    size_t distance;
};

/* A word is near when at most a third of its letters (at least one) differ: edits and swaps of
 * neighbours count one each, upper and lower case are the same. Words over 64 bytes have none. */
struct nearest nearest_start(const char *word);
void nearest_offer(struct nearest *near, const char *candidate);

#endif
