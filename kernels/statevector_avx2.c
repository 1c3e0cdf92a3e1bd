#define STATEVECTOR_TABLE statevector_kernels_avx2
#define STATEVECTOR_ISA "avx2"
#include "kernels/statevector_body.inc"
