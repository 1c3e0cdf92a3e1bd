#define STATEVECTOR_SINGLE
#define STATEVECTOR_TABLE statevector_kernels_scalar_single
#define STATEVECTOR_ISA "scalar"
#include "kernels/statevector_body.inc"
