/* private. The net of a classifier in operations of the layered engine, on the CPU: it stands where the discriminator of a GAN
 * stands, with an output for each class. */
#ifndef GT_ENGINE_CLASSIFIER_NET_H
#define GT_ENGINE_CLASSIFIER_NET_H

#include "engine/layered.h"
#include "engine/ops_cpu.h"
#include "engine/softmax_loss.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct classifier_net {
    gt_spec spec; /* its discriminator: hidden layers with ReLU, He-uniform weights; a linear last one, Glorot-uniform */
    ops_plan plan;
    gt_cpu_isa isa;
    layered_setting setting;
    layered_run run;
    ops_cpu device; /* its pointers are into this struct; the gradient is a workspace's */
    float *state;   /* weights, then Adam's moments */
} classifier_net;

/* size[n_layers + 1]; lr of Adam, which else is Keras'. Weights are 0. GT_ERR_MEMORY, GT_ERR_DEVICE. */
gt_status classifier_net_create(const int *size, int n_layers, double lr, classifier_net **out);
void classifier_net_destroy(classifier_net *net); /* NULL is fine */

/* As gt_initial_weights() has those of D for that seed. GT_ERR_MEMORY. */
gt_status classifier_net_initialize(classifier_net *net, uint64_t seed);

/* Parameters in the order of gt_spec_n_parameters(): weights[P]. */
size_t classifier_net_n_parameters(const classifier_net *net);
void classifier_net_get(const classifier_net *net, float *weights);
void classifier_net_set(classifier_net *net, const float *weights);

/* Of images pixels[n, X], of which the net sees p / 127.5 - 1: features[n, .], the outputs of the last layer but one, and
 * logits[n, n_classes]; either may be NULL. They are the same bits on every processor, and depend on no other image.
 * GT_ERR_MEMORY. */
gt_status classifier_outputs(const classifier_net *net, const unsigned char *pixels, size_t n, float *features, float *logits);

/* Room for batches of up to n_rows. Zero it first, free it in any case. */
typedef struct classifier_workspace {
    float *memory, *gradient;
    layered_buffers buffers;
    unsigned char *labels; /* [n_rows] */
    size_t n_rows;
} classifier_workspace;

gt_status classifier_workspace_create(const classifier_net *net, size_t n_rows, classifier_workspace *out); /* GT_ERR_MEMORY */
void classifier_workspace_free(classifier_workspace *workspace);

/* The loss of images rows[n], which have labels; and the same with a step of Adam. False: a weight is not finite now, and the
 * net is frozen. */
softmax_loss_sums classifier_loss(const classifier_net *net, const classifier_workspace *workspace, const gt_images *images,
                                  const uint32_t *rows, size_t n);
bool classifier_step(classifier_net *net, const classifier_workspace *workspace, const gt_images *images, const uint32_t *rows,
                     size_t n, softmax_loss_sums *sums);

#ifdef __cplusplus
}
#endif
#endif
