/* private. Facts about a spec that several parts need. */
#ifndef GT_CORE_SPEC_H
#define GT_CORE_SPEC_H

#include "gantry/gantry.h"

#ifdef __cplusplus
extern "C" {
#endif

const gt_net_spec *gt_spec_net(const gt_spec *spec, gt_net net); /* net: not GT_GAN */
size_t gt_net_n_parameters(const gt_net_spec *net);
static inline int gt_net_inputs(const gt_net_spec *net) { return net->size[0]; }
static inline int gt_net_outputs(const gt_net_spec *net) { return net->size[net->n_layers]; }

#ifdef __cplusplus
}
#endif
#endif
