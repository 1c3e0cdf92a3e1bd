#define FRAME_TABLE frame_kernels_avx2
#define FRAME_ISA "avx2"
#include "kernels/frame_body.inc"
