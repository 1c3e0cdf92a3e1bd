/* Making a machine, shared by the reader and the presets. */
#ifndef QSPAN_MACHINE_BUILD_H
#define QSPAN_MACHINE_BUILD_H

#include "machine/machine.h"

/* An empty machine; NULL is logged. */
struct machine *machine_create(void);
/* Builds by_name once all QPUs have their names. Two of one name: STATUS_INPUT, logged at the later
 * one. Cost: O(n log n). */
enum status machine_index_names(struct machine *machine);
/* machine_read_text, with "key.path=value,..." set before it is read (NULL: nothing): keys as
 * machine_yaml_set has them, or short: n, data, comm, topology, radix, analysers, analysers_total,
 * stage_loss, reconfiguration, length, channels, cutoff, purify, rounds. */
enum status machine_read_text_set(struct machine **out_machine, const char *name, const char *text,
                                  size_t n, const char *settings);

#endif
