/* Making a machine, shared by the reader and the presets. */
#ifndef QSPAN_MACHINE_BUILD_H
#define QSPAN_MACHINE_BUILD_H

#include "machine/machine.h"

/* An empty machine; NULL is logged. */
struct machine *machine_create(void);
/* Builds by_name once all QPUs have their names. Two of one name: STATUS_INPUT, logged at the later
 * one. Cost: O(n log n). */
enum status machine_index_names(struct machine *machine);

#endif
