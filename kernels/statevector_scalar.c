#define STATEVECTOR_TABLE statevector_kernels_scalar
#define STATEVECTOR_ISA "scalar"
#include "kernels/statevector_body.inc"
