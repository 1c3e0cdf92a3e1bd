#define FRAME_TABLE frame_kernels_scalar
#define FRAME_ISA "scalar"
#include "kernels/frame_body.inc"
