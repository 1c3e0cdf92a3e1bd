/* Copies of a state: records of all wires and groups, and this rank's amplitudes. */
#ifndef QSPAN_ENGINE_STATEVECTOR_SNAPSHOT_H
#define QSPAN_ENGINE_STATEVECTOR_SNAPSHOT_H

#include "engine/statevector/store.h"

struct snapshot;

/* Bytes that a snapshot of the present state takes on the fullest rank: the same on all ranks. */
double snapshot_bytes(const struct layout *layout);
/* Collective. STATUS_NOFIT (not logged) on all ranks if one has no memory. */
enum status snapshot_take(struct snapshot **out_snapshot, struct store *store);
enum status snapshot_restore(struct store *store, const struct snapshot *snapshot);
/* Bytes as counted when it was taken. */
double snapshot_size(const struct snapshot *snapshot);
void snapshot_destroy(struct snapshot *snapshot);

#endif
