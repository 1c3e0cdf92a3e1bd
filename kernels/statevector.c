#include "kernels/statevector.h"

const struct statevector_kernels *statevector_kernels_get(enum cpu_isa isa,
                                                          enum precision precision) {
    static const struct statevector_kernels *const tables[][2] = {
        [CPU_SCALAR] = {&statevector_kernels_scalar, &statevector_kernels_scalar_single},
#ifdef QSPAN_KERNELS_X86
        [CPU_AVX2] = {&statevector_kernels_avx2, &statevector_kernels_avx2_single},
        [CPU_AVX512] = {&statevector_kernels_avx512, &statevector_kernels_avx512_single},
#endif
    };
    const size_t n = sizeof tables / sizeof *tables, rung = (size_t)isa;
    return tables[rung < n ? rung : n - 1][precision];
}
