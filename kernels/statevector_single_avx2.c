#define STATEVECTOR_SINGLE
#define STATEVECTOR_TABLE statevector_kernels_avx2_single
#define STATEVECTOR_ISA "avx2"
#include "kernels/statevector_body.inc"
