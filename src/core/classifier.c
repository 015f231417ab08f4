/* A classifier as a caller has it: made, applied, known by its hash. */
#include "core/classifier.h"

#include "core/digest.h"
#include "core/status.h"

#include <stdlib.h>
#include <string.h>

enum { PASS = 1024 }; /* images at a time */

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

/* Every pass has PASS rows, the last one some twice: products of few rows are summed in another order, and then an image's
 * features would not be those of its equal in another set. */
gt_status gt_classifier_apply(const gt_classifier *classifier, const unsigned char *pixels, size_t n, float *features,
                              float *logits) {
    const gt_classifier_info *info = &classifier->info;
    const size_t d = (size_t)info->n_features, c = (size_t)info->n_classes, x = (size_t)info->size[0];
    classifier_workspace workspace = {0};
    const gt_status status = classifier_workspace_create(classifier->net, PASS, false, &workspace);
    for (size_t at = 0; status == GT_OK && at < n; at += PASS) {
        const size_t rows = n - at < PASS ? n - at : PASS;
        uint32_t row[PASS];
        for (uint32_t i = 0; i < PASS; i++) row[i] = i < rows ? i : 0;
        classifier_forward(classifier->net, &workspace, pixels + at * x, row, PASS);
        if (features != NULL)
            memcpy(features + at * d, classifier_features(classifier->net, &workspace), rows * d * sizeof *features);
        if (logits != NULL) memcpy(logits + at * c, classifier_logits(classifier->net, &workspace), rows * c * sizeof *logits);
    }
    classifier_workspace_free(&workspace);
    return status;
}
