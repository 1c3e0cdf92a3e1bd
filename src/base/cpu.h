/* What this processor and this process have: ISA, cores bound, threads. */
#ifndef QSPAN_BASE_CPU_H
#define QSPAN_BASE_CPU_H

#include <stdint.h>

#include "base/status.h"

enum cpu_isa { CPU_SCALAR, CPU_AVX2, CPU_AVX512 };

const char *cpu_isa_name(enum cpu_isa isa);
/* Best ISA of this CPU, lowered by QSPAN_ISA=scalar|avx2|avx512; an ISA that the CPU lacks or an
 * unknown name is STATUS_USAGE (logged). */
enum status cpu_detect_isa(enum cpu_isa *out_isa);

enum { CPU_SET_WORDS = 128 }; /* 8192 CPUs, the most that Linux has */
/* Bit i: this thread may run on CPU i (base/bits.h). All 0 if the system does not tell. */
void cpu_get_thread_set(uint64_t out_set[CPU_SET_WORDS]);
/* The same of this process: with OMP_PLACES or OMP_PROC_BIND the first thread is bound before main,
 * but others may run on the other places. */
void cpu_get_bound_set(uint64_t out_set[CPU_SET_WORDS]);
int cpu_count_set(const uint64_t set[CPU_SET_WORDS]);
int cpu_count_bound_cores(void); /* CPUs in that set; at least 1 */

#endif
