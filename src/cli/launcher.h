/* What the environment says of the launcher (mpirun, srun) of this process, before MPI starts. */
#ifndef QSPAN_CLI_LAUNCHER_H
#define QSPAN_CLI_LAUNCHER_H

#include <stdbool.h>
#include <stdint.h>

/* Rank of this process, and how many there are; 0 and 1 without a launcher. */
int launcher_rank(void);
uint64_t launcher_size(void);
/* Did the launcher start this very process, rather than a script that did? So that the processes of
 * `mpirun -n 4 qspan gen ...`, which say and write the same, are told from four scripts each of
 * which wants a file of its own. False where the system does not say who the parent is. */
bool launcher_is_parent(void);

#endif
