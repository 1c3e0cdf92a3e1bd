#include "kernels/statevector.h"

const struct statevector_kernels *statevector_kernels_get(enum cpu_isa isa) {
    switch (isa) {
    case CPU_SCALAR:
    case CPU_AVX2:
    case CPU_AVX512:
        break;
    }
    return &statevector_kernels_scalar;
}
