/* A classifier as a caller has it: made, applied, known by its hash. */
#include "core/classifier.h"

#include "core/digest.h"
#include "core/status.h"

#include <stdlib.h>
#include <string.h>

gt_status gt_classifier_create(const gt_classifier_info *info, double lr, gt_classifier **out) {
    gt_classifier *classifier = calloc(1, sizeof *classifier);
    if (classifier == NULL) return gt_fail(GT_ERR_MEMORY, "no memory for a classifier");
    classifier->info = *info;
    classifier->info.n_features = info->size[info->n_layers - 1];
    const gt_status status = classifier_net_create(info->size, info->n_layers, lr, &classifier->net);
    if (status == GT_OK)
        *out = classifier;
    else
        gt_classifier_destroy(classifier);
    return status;
}

void gt_classifier_destroy(gt_classifier *classifier) {
    if (classifier == NULL) return;
    classifier_net_destroy(classifier->net);
    free(classifier);
}

gt_classifier_info gt_classifier_get_info(const gt_classifier *classifier) { return classifier->info; }

float *gt_classifier_weights(const gt_classifier *classifier, char hash[GT_DIGEST_CHARS]) {
    const size_t n = classifier_net_n_parameters(classifier->net);
    float *weights = malloc(n * sizeof *weights);
    if (weights == NULL) return NULL;
    classifier_net_get(classifier->net, weights);
    if (hash != NULL) gt_digest_parts(&(gt_file_part){weights, n * sizeof *weights}, 1, hash);
    return weights;
}

gt_status gt_classifier_apply(const gt_classifier *classifier, const unsigned char *pixels, size_t n, float *features,
                              float *logits) {
    return classifier_outputs(classifier->net, pixels, n, features, logits);
}
