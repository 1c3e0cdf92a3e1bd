#include "cli/launcher.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The first of these variables that is set; NULL if none is. */
static const char *find_variable(const char *const *names, size_t n) {
    for (size_t i = 0; i < n; i++) {
        const char *value = getenv(names[i]);
        if (value) {
            return value;
        }
    }
    return NULL;
}

int launcher_rank(void) {
    static const char *const names[] = {"OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK",
                                        "SLURM_PROCID"};
    const char *value = find_variable(names, sizeof names / sizeof names[0]);
    return value ? atoi(value) : 0;
}

/* SLURM_STEP_NUM_TASKS and not SLURM_NTASKS, which is of the whole job: a batch script has it too.
 */
uint64_t launcher_size(void) {
    static const char *const names[] = {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "SLURM_STEP_NUM_TASKS"};
    const char *value = find_variable(names, sizeof names / sizeof names[0]);
    const long n = value ? atol(value) : 1;
    return n > 1 ? (uint64_t)n : 1;
}

bool launcher_is_parent(void) {
    /* As the kernel cuts them: 15 characters. */
    static const char *const launchers[] = {
        "mpirun", "mpiexec", "mpiexec.hydra", "orterun",         "orted",     "prte",
        "prted",  "prterun", "pmi_proxy",     "hydra_pmi_proxy", "slurmstepd"};
    char path[64], name[64] = "";
    snprintf(path, sizeof path, "/proc/%ld/comm", (long)getppid());
    FILE *file = fopen(path, "r");
    if (!file) {
        return false;
    }
    const bool has_name = fgets(name, sizeof name, file) != NULL;
    fclose(file);
    name[strcspn(name, "\n")] = '\0';
    for (size_t i = 0; has_name && i < sizeof launchers / sizeof launchers[0]; i++) {
        if (strcmp(name, launchers[i]) == 0) {
            return true;
        }
    }
    return false;
}
