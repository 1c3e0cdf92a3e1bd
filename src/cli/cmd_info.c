#include <omp.h>
#include <stdio.h>

#include "base/cpu.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/units.h"
#include "base/version.h"
#include "cli/cli.h"
#include "comm/comm.h"
#include "engine/engine.h"

static void print_engines(void) {
    size_t n;
    const struct engine_class *const *engines = engine_list(&n);
    printf("engines   ");
    for (size_t i = 0; i < n; i++) {
        printf("%s%s", i == 0 ? "" : ", ", engines[i]->name);
    }
    printf("\n");
}

enum status cmd_info(const struct cli_options *options) {
    (void)options;
    char memory[48];
    enum cpu_isa isa;
    TRY(cpu_detect_isa(&isa));
    printf("qspan     %s (%s)\n", QSPAN_VERSION, QSPAN_GIT_HASH);
    printf("compiler  %s\n", QSPAN_COMPILER);
    printf("MPI       %s\n", comm_linked_library());
    printf("ISA       %s\n", cpu_isa_name(isa));
    printf("cores     %d (that this process may use)\n", cpu_count_bound_cores());
    printf("threads   %d per rank\n", omp_get_max_threads());
    printf("memory    %s available\n", units_print_bytes(memory, sizeof memory, mem_available()));
    print_engines();
    return STATUS_OK;
}
