#include "base/cpu.h"

#include <omp.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
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

void cpu_get_thread_set(uint64_t out_set[CPU_SET_WORDS]) {
    size_t n_bytes = CPU_SET_WORDS * sizeof *out_set;
    memset(out_set, 0, n_bytes);
    if (sched_getaffinity(0, n_bytes, (cpu_set_t *)out_set) != 0) {
        memset(out_set, 0, n_bytes);
    }
}

static void add_place(uint64_t set[CPU_SET_WORDS], int place) {
    enum { MAX_CPUS = 64 * CPU_SET_WORDS };
    static int cpus[MAX_CPUS];
    const int n = omp_get_place_num_procs(place);
    if (n > MAX_CPUS) {
        return;
    }
    omp_get_place_proc_ids(place, cpus);
    for (int i = 0; i < n; i++) {
        if (cpus[i] >= 0 && cpus[i] < MAX_CPUS) {
            set[cpus[i] / 64] |= UINT64_C(1) << (cpus[i] % 64);
        }
    }
}

void cpu_get_bound_set(uint64_t out_set[CPU_SET_WORDS]) {
    cpu_get_thread_set(out_set);
    const int n_places = omp_get_proc_bind() == omp_proc_bind_false ? 0 : omp_get_num_places();
    for (int i = 0; i < n_places; i++) {
        add_place(out_set, i);
    }
}

int cpu_count_set(const uint64_t set[CPU_SET_WORDS]) {
    int n_cores = 0;
    for (int i = 0; i < CPU_SET_WORDS; i++) {
        n_cores += bits_popcount(set[i]);
    }
    return n_cores;
}

int cpu_count_bound_cores(void) {
    uint64_t set[CPU_SET_WORDS];
    cpu_get_bound_set(set);
    const int n_cores = cpu_count_set(set);
    return n_cores > 0 ? n_cores : 1;
}
