#define STATEVECTOR_SINGLE
#define STATEVECTOR_TABLE statevector_kernels_avx512_single
#define STATEVECTOR_ISA "avx512"
#include "kernels/statevector_body.inc"
