#include "kernels/frame.h"

const struct frame_kernels *frame_kernels_get(enum cpu_isa isa) {
    switch (isa) {
    case CPU_AVX512:
#ifdef QSPAN_KERNELS_X86
        return &frame_kernels_avx512;
#endif
    case CPU_AVX2:
#ifdef QSPAN_KERNELS_X86
        return &frame_kernels_avx2;
#endif
    case CPU_SCALAR:
        break;
    }
    return &frame_kernels_scalar;
}
