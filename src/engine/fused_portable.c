/* The fused engine in plain C. The build compiles this file with FUSED_NAME fused_portable for any processor, and on x86 once
 * more with FUSED_NAME fused_portable_fma for those with AVX2 and FMA. */
#include "engine/lanes_portable.h"

#define SLOT_BLOCK 4
#include "engine/fused_body.h"
