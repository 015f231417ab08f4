/* private. A classifier and what is known of it. */
#ifndef GT_CORE_CLASSIFIER_H
#define GT_CORE_CLASSIFIER_H

#include "engine/classifier_net.h"
#include "gantry/gantry.h"

#ifdef __cplusplus
extern "C" {
#endif

struct gt_classifier {
    gt_classifier_info info;
    classifier_net *net;
};

/* With weights of 0, from info's sizes (height to n_classes, n_layers, size), which have been checked. GT_ERR_MEMORY. */
gt_status gt_classifier_create(const gt_classifier_info *info, double lr, gt_classifier **out);

/* The parameters, which the caller frees; NULL: no memory. hash, if not NULL: their digest as little-endian floats. */
float *gt_classifier_weights(const gt_classifier *classifier, char hash[GT_DIGEST_CHARS]);

#ifdef __cplusplus
}
#endif
#endif
