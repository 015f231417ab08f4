/* The fused engine on AVX-512: one register is the 16 lanes. */
#include "engine/lanes_avx512.h"

#define SLOT_BLOCK 8
#define FUSED_NAME fused_avx512
#include "engine/fused_body.h"
