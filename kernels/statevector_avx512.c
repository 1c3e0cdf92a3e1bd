#define STATEVECTOR_TABLE statevector_kernels_avx512
#define STATEVECTOR_ISA "avx512"
#include "kernels/statevector_body.inc"
