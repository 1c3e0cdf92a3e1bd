/* A map from names to numbers: registers, gates, formals of a gate, QPUs. */
#ifndef QSPAN_CIRCUIT_NAMES_H
#define QSPAN_CIRCUIT_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/* Zero-initialise, use, names_fini. */
struct names {
    struct names_entry *entries;
};
void names_fini(struct names *names);
/* `name` (n bytes) is borrowed as long as the map lives, and must not be in it yet.
 * Errors: no memory. */
enum status names_add(struct names *names, const char *name, size_t n, uint32_t value);
/* False, and *out_value untouched, for a name that is not there. Cost: one hash. */
bool names_find(const struct names *names, uint32_t *out_value, const char *name, size_t n);

#endif
