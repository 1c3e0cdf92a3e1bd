#define NETWORK_TABLE network_kernels_avx2
#define NETWORK_ISA "avx2"
#include "kernels/network_body.inc"
