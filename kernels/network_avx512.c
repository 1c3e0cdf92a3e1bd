#define NETWORK_TABLE network_kernels_avx512
#define NETWORK_ISA "avx512"
#include "kernels/network_body.inc"
