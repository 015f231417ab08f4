/* The layered engine's loops in plain C; LAYERED_NAME is given as FUSED_NAME is (fused_portable.c). */
#include "engine/lanes_portable.h"

#include "engine/layered_loops_body.h"
