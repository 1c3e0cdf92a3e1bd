#define FRAME_TABLE frame_kernels_avx512
#define FRAME_ISA "avx512"
#include "kernels/frame_body.inc"
