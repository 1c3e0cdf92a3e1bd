#include "base/cpu.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

static const char *const isa_names[] = {"scalar", "avx2", "avx512"};

const char *cpu_isa_name(enum cpu_isa isa) {
    return isa_names[isa];
}

static enum cpu_isa best_isa(void) {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw")) {
        return CPU_AVX512;
    }
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
        __builtin_cpu_supports("bmi2")) {
        return CPU_AVX2;
    }
#endif
    return CPU_SCALAR;
}

enum status cpu_detect_isa(enum cpu_isa *out_isa) {
    enum cpu_isa best = best_isa();
    const char *wanted = getenv("QSPAN_ISA");
    if (!wanted || wanted[0] == '\0') {
        *out_isa = best;
        return STATUS_OK;
    }
    for (int isa = CPU_SCALAR; isa <= CPU_AVX512; isa++) {
        if (strcmp(wanted, isa_names[isa]) != 0) {
            continue;
        }
        if (isa > (int)best) {
            return log_error(STATUS_USAGE, "QSPAN_ISA=%s: this CPU has at most %s", wanted,
                             isa_names[best]);
        }
        *out_isa = (enum cpu_isa)isa;
        return STATUS_OK;
    }
    return log_error(STATUS_USAGE, "QSPAN_ISA=%s: expected scalar, avx2 or avx512", wanted);
}

int cpu_count_bound_cores(void) {
    for (size_t n_cpus = 1024; n_cpus <= 1 << 20; n_cpus *= 2) {
        cpu_set_t *set = CPU_ALLOC(n_cpus);
        size_t n_bytes = CPU_ALLOC_SIZE(n_cpus);
        if (!set) {
            return 1;
        }
        int n_bound = sched_getaffinity(0, n_bytes, set) == 0 ? CPU_COUNT_S(n_bytes, set) : 0;
        CPU_FREE(set);
        if (n_bound > 0) {
            return n_bound;
        }
    }
    return 1;
}
