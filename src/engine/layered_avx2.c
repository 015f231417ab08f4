/* The layered engine's loops on AVX2. */
#include "engine/lanes_avx2.h"

#define LAYERED_NAME layered_avx2
#include "engine/layered_loops_body.h"
