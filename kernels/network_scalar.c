#define NETWORK_TABLE network_kernels_scalar
#define NETWORK_ISA "scalar"
#include "kernels/network_body.inc"
