#include "kernels/network.h"

const struct network_kernels *network_kernels_get(enum cpu_isa isa) {
    switch (isa) {
    case CPU_AVX512:
#ifdef QSPAN_KERNELS_X86
        return &network_kernels_avx512;
#endif
    case CPU_AVX2:
#ifdef QSPAN_KERNELS_X86
        return &network_kernels_avx2;
#endif
    case CPU_SCALAR:
        break;
    }
    return &network_kernels_scalar;
}
