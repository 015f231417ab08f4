/* private to the CLI. What a generator makes of given latents. */
#ifndef GT_CLI_GENERATE_H
#define GT_CLI_GENERATE_H

#include "gantry/gantry.h"

/* Points of run 0 from latents[n, Z], in the units of the data: out[n, X]. As samples and scores are: by the averaged weights
 * where there are some. The state is as before afterwards. */
gt_status gt_generate(gt_trainer *trainer, const float *latents, size_t n, float *out);

/* As many of draw `draw` of its latents: the same ones at each iteration. */
gt_status gt_generate_draw(gt_trainer *trainer, uint32_t draw, size_t n, float *out);

#endif
