/* The fused engine on AVX2 and FMA: two registers are the 16 lanes. */
#include "engine/lanes_avx2.h"

#define SLOT_BLOCK 4
#define FUSED_NAME fused_avx2
#include "engine/fused_body.h"
