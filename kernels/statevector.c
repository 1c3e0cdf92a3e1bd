#include "kernels/statevector.h"

const struct statevector_kernels *statevector_kernels_get(enum cpu_isa isa) {
    switch (isa) {
    case CPU_AVX512:
#ifdef QSPAN_KERNELS_X86
        return &statevector_kernels_avx512;
#endif
    case CPU_AVX2:
#ifdef QSPAN_KERNELS_X86
        return &statevector_kernels_avx2;
#endif
    case CPU_SCALAR:
        break;
    }
    return &statevector_kernels_scalar;
}
