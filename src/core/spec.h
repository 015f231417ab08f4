/* private. Facts about a spec that several parts need. */
#ifndef GT_CORE_SPEC_H
#define GT_CORE_SPEC_H

#include "gantry/gantry.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { GT_MAX_BATCH = 65536 };

/* What gt_spec_check() asks of all but the target. */
gt_status gt_spec_check_recipe(const gt_spec *spec);

/* The logit above which D takes a point for real: between the labels of least_squares, 0 of the other losses. */
float gt_spec_threshold(const gt_spec *spec);

const gt_net_spec *gt_spec_net(const gt_spec *spec, gt_net net); /* net: not GT_GAN */
size_t gt_net_n_parameters(const gt_net_spec *net);
/* The last of gt_state_part that a net has. */
static inline gt_state_part gt_spec_last_part(const gt_spec *spec, gt_net net) {
    return net == GT_GENERATOR && spec->ema > 0 ? GT_EMA : GT_ADAM_V;
}
static inline int gt_net_inputs(const gt_net_spec *net) { return net->size[0]; }
static inline int gt_net_outputs(const gt_net_spec *net) { return net->size[net->n_layers]; }

#ifdef __cplusplus
}
#endif
#endif
