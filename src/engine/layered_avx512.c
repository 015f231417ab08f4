/* The layered engine's loops on AVX-512: one register is the 16 lanes. */
#include "engine/lanes_avx512.h"

#define LAYERED_NAME layered_avx512
#include "engine/layered_loops_body.h"
