/* Points from latents. */
#include "cli/generate.h"

#include "cli/command.h"

#include <stdlib.h>

static gt_status predict(gt_trainer *trainer, const float *latents, size_t n, float *out) {
    gt_status status = gt_trainer_predict(trainer, 0, GT_GENERATOR, latents, n, out);
    if (status == GT_OK) gt_trainer_to_data(trainer, out, n);
    return status;
}

/* With the averaged weights in the place of the others for as long as that takes. */
static gt_status predict_averaged(gt_trainer *trainer, const float *latents, size_t n, float *out) {
    const size_t size = gt_spec_n_parameters(gt_trainer_get_spec(trainer), GT_GENERATOR);
    float *own = gt_cli_resize(NULL, size, sizeof *own), *averaged = gt_cli_resize(NULL, size, sizeof *averaged);
    gt_status status = gt_trainer_get_state(trainer, 0, GT_GENERATOR, GT_WEIGHTS, own);
    if (status == GT_OK) status = gt_trainer_get_state(trainer, 0, GT_GENERATOR, GT_EMA, averaged);
    if (status == GT_OK) status = gt_trainer_set_state(trainer, 0, GT_GENERATOR, GT_WEIGHTS, averaged);
    if (status == GT_OK) {
        status = predict(trainer, latents, n, out);
        const gt_status restored = gt_trainer_set_state(trainer, 0, GT_GENERATOR, GT_WEIGHTS, own);
        if (status == GT_OK) status = restored;
    }
    free(own);
    free(averaged);
    return status;
}

gt_status gt_generate(gt_trainer *trainer, const float *latents, size_t n, float *out) {
    return gt_trainer_get_spec(trainer)->ema != 0 ? predict_averaged(trainer, latents, n, out)
                                                  : predict(trainer, latents, n, out);
}

gt_status gt_generate_draw(gt_trainer *trainer, uint32_t draw, size_t n, float *out) {
    const size_t z = (size_t)gt_trainer_get_spec(trainer)->generator.size[0];
    float *latents = gt_cli_resize(NULL, n, z * sizeof *latents);
    gt_status status = gt_trainer_draw(trainer, 0, GT_DRAW_LATENTS, draw, n, latents);
    if (status == GT_OK) status = gt_generate(trainer, latents, n, out);
    free(latents);
    return status;
}
