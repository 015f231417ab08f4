/* private. What becomes of the words of a draw, in the lane operations of exact.h, which the includer includes first. */
#ifndef GT_KERNELS_DRAW_H
#define GT_KERNELS_DRAW_H

#include "kernels/exact.h"
#include "kernels/fused_recipe.h"

/* Of every kind but DRAW_NORMAL, which takes words in pairs. */
LANES_FN vf draw_of_word(int kind, vu word) {
    switch (kind) {
    case DRAW_UNIFORM:
        return exact_uniform(word);
    case DRAW_SYMMETRIC:
        return exact_symmetric(word);
    case DRAW_TRUNCATED:
        return exact_truncated_normal(word);
    default:
        return vu_as_f(word);
    }
}

#endif
