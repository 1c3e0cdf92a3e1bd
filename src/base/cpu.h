/* What this processor and this process have: ISA, cores bound, threads. */
#ifndef QSPAN_BASE_CPU_H
#define QSPAN_BASE_CPU_H

#include "base/status.h"

enum cpu_isa { CPU_SCALAR, CPU_AVX2, CPU_AVX512 };

const char *cpu_isa_name(enum cpu_isa isa);
/* Best ISA of this CPU, lowered by QSPAN_ISA=scalar|avx2|avx512; an ISA that the CPU lacks or an
 * unknown name is STATUS_USAGE (logged). */
enum status cpu_detect_isa(enum cpu_isa *out_isa);
int cpu_count_bound_cores(void); /* cores this process may run on */

#endif
