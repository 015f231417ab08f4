/* Training of a classifier: epochs of mini-batches, and how many images it is right about that it was not trained on. */
#include "core/classifier.h"
#include "core/shuffle.h"
#include "core/spec.h"
#include "core/status.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const gt_classifier_options defaults = {.n_hidden = 2, .hidden = {256, 128}, .epochs = 10, .batch = 128, .lr = 0.001};

typedef struct {
    gt_classifier *classifier;
    gt_classifier_options options;
    const gt_images *images, *test; /* test: images where some of them are held out */
    uint32_t *memory;
    uint32_t *rows, *test_rows; /* [n], [n_test] of images, of test */
    uint32_t *order, *batch;    /* [n] of rows; [options.batch] of images */
    size_t n, n_test;
    classifier_workspace workspace;
} training;

/* ---------------------------------------------------------------- what is asked for */

static gt_status check_options(gt_classifier_options *o) {
    if (o->n_hidden == 0) {
        o->n_hidden = defaults.n_hidden;
        memcpy(o->hidden, defaults.hidden, sizeof o->hidden);
    }
    if (o->epochs == 0) o->epochs = defaults.epochs;
    if (o->batch == 0) o->batch = defaults.batch;
    if (o->lr == 0) o->lr = defaults.lr;
    if (o->n_hidden < 1 || o->n_hidden > GT_MAX_LAYERS - 1)
        return gt_fail(GT_ERR_ARGUMENT, "%d hidden layers; it takes 1 to %d", o->n_hidden, GT_MAX_LAYERS - 1);
    for (int l = 0; l < o->n_hidden; l++)
        if (o->hidden[l] < 1 || o->hidden[l] > GT_MAX_WIDTH)
            return gt_fail(GT_ERR_ARGUMENT, "a hidden layer of %d; it takes 1 to %d", o->hidden[l], GT_MAX_WIDTH);
    if (o->epochs < 1 || o->epochs > 10000) return gt_fail(GT_ERR_ARGUMENT, "%d epochs; it takes 1 to 10000", o->epochs);
    if (o->batch < 1 || o->batch > GT_MAX_BATCH)
        return gt_fail(GT_ERR_ARGUMENT, "a batch of %d; it takes 1 to %d", o->batch, GT_MAX_BATCH);
    if (!(o->lr > 0 && o->lr <= FLT_MAX)) return gt_fail(GT_ERR_ARGUMENT, "lr %g; it takes numbers above 0", o->lr);
    return GT_OK;
}

static gt_status check_images(const gt_images *images, const gt_images *test) {
    const uint64_t values = (uint64_t)images->height * (uint64_t)images->width * (uint64_t)images->channels;
    if (images->labels == NULL)
        return gt_fail(GT_ERR_ARGUMENT, "the images have no labels, which a classifier learns from; take images with classes");
    if (images->n_classes < 2 || images->n_classes > GT_MAX_CLASSES)
        return gt_fail(GT_ERR_ARGUMENT, "images of %d classes; a classifier takes 2 to %d", images->n_classes, GT_MAX_CLASSES);
    if (values < 1 || values > GT_MAX_WIDTH)
        return gt_fail(GT_ERR_ARGUMENT, "images of %d x %d x %d; a classifier takes up to %d values", images->height,
                       images->width, images->channels, GT_MAX_WIDTH);
    if (images->n < 12 || images->n > INT32_MAX)
        return gt_fail(GT_ERR_ARGUMENT, "%zu images; a classifier takes 12 to %d", images->n, INT32_MAX);
    if (test == NULL) return GT_OK;
    if (test->height != images->height || test->width != images->width || test->channels != images->channels)
        return gt_fail(GT_ERR_ARGUMENT, "test images of %d x %d x %d, but %d x %d x %d to train on; take those of one set",
                       test->height, test->width, test->channels, images->height, images->width, images->channels);
    if (test->labels == NULL || test->n < 1 || test->n > INT32_MAX || test->n_classes > images->n_classes)
        return gt_fail(GT_ERR_ARGUMENT, "%zu test images of %d classes%s; it takes 1 to %d of up to %d, with labels", test->n,
                       test->n_classes, test->labels == NULL ? " without labels" : "", INT32_MAX, images->n_classes);
    return GT_OK;
}

/* ---------------------------------------------------------------- both parts */

/* Order 0 of the seed says which images are held out, where there are no others; order e is that of epoch e. */
static gt_status divide(training *t, const gt_images *test) {
    const size_t n = t->images->n, n_test = test != NULL ? test->n : n / 6, n_rows = test != NULL ? n + n_test : n;
    t->test = test != NULL ? test : t->images;
    t->n_test = n_test;
    t->n = n_rows - n_test;
    t->memory = malloc((n_rows + t->n + (size_t)t->options.batch) * sizeof *t->memory);
    if (t->memory == NULL) return gt_fail(GT_ERR_MEMORY, "no memory for the order of %zu images", n);
    t->test_rows = t->memory;
    t->rows = t->test_rows + n_test;
    t->order = t->rows + t->n;
    t->batch = t->order + t->n;
    if (test == NULL) return gt_shuffle(t->options.seed, 0, t->memory, n);
    for (size_t i = 0; i < n_test; i++) t->test_rows[i] = (uint32_t)i;
    for (size_t i = 0; i < n; i++) t->rows[i] = (uint32_t)i;
    return GT_OK;
}

static gt_status create(training *t, const gt_images *test) {
    const gt_images *images = t->images;
    gt_classifier_info info = {.height = images->height,
                               .width = images->width,
                               .channels = images->channels,
                               .n_classes = images->n_classes,
                               .n_layers = t->options.n_hidden + 1};
    info.size[0] = images->height * images->width * images->channels;
    memcpy(info.size + 1, t->options.hidden, (size_t)t->options.n_hidden * sizeof *info.size);
    info.size[info.n_layers] = images->n_classes;
    GT_TRY(gt_classifier_create(&info, t->options.lr, &t->classifier));
    GT_TRY(classifier_net_initialize(t->classifier->net, t->options.seed));
    GT_TRY(divide(t, test));
    return classifier_workspace_create(t->classifier->net, (size_t)t->options.batch, &t->workspace);
}

/* ---------------------------------------------------------------- epochs */

static size_t batch_at(const training *t, size_t at, size_t n) {
    const size_t batch = (size_t)t->options.batch;
    return n - at < batch ? n - at : batch;
}

static gt_status train_epoch(training *t, gt_classifier_epoch *epoch) {
    softmax_loss_sums all = {0}, some;
    GT_TRY(gt_shuffle(t->options.seed, (uint32_t)epoch->epoch, t->order, t->n));
    for (size_t at = 0; at < t->n; at += (size_t)t->options.batch) {
        const size_t n = batch_at(t, at, t->n);
        for (size_t i = 0; i < n; i++) t->batch[i] = t->rows[t->order[at + i]];
        if (!classifier_step(t->classifier->net, &t->workspace, t->images, t->batch, n, &some) || !isfinite(some.loss))
            return gt_fail(GT_ERR_ARGUMENT, "lr %g: the classifier diverged in epoch %d; take a smaller one", t->options.lr,
                           epoch->epoch);
        all.loss += some.loss;
        all.n_right += some.n_right;
    }
    epoch->loss = all.loss / (double)t->n;
    epoch->accuracy = (double)all.n_right / (double)t->n;
    return GT_OK;
}

static void test_epoch(training *t, gt_classifier_epoch *epoch) {
    softmax_loss_sums all = {0};
    for (size_t at = 0; at < t->n_test; at += (size_t)t->options.batch) {
        const softmax_loss_sums some =
            classifier_loss(t->classifier->net, &t->workspace, t->test, t->test_rows + at, batch_at(t, at, t->n_test));
        all.loss += some.loss;
        all.n_right += some.n_right;
    }
    epoch->test_loss = all.loss / (double)t->n_test;
    epoch->test_accuracy = (double)all.n_right / (double)t->n_test;
}

gt_status gt_classifier_train(const gt_images *images, const gt_images *test, const gt_classifier_options *options,
                              void (*watch)(void *context, const gt_classifier_epoch *epoch), void *context,
                              gt_classifier **out) {
    training t = {.options = options != NULL ? *options : (gt_classifier_options){0}, .images = images};
    gt_classifier_epoch epoch = {0};
    gt_status status;
    GT_TRY_GOTO(check_options(&t.options), cleanup);
    GT_TRY_GOTO(check_images(images, test), cleanup);
    GT_TRY_GOTO(create(&t, test), cleanup);
    while (epoch.epoch < t.options.epochs) {
        epoch.epoch++;
        GT_TRY_GOTO(train_epoch(&t, &epoch), cleanup);
        test_epoch(&t, &epoch);
        if (watch != NULL) watch(context, &epoch);
    }
    float *weights = gt_classifier_weights(t.classifier, t.classifier->info.hash);
    if (weights == NULL) GT_TRY_GOTO(gt_fail(GT_ERR_MEMORY, "no memory for the hash of a classifier"), cleanup);
    free(weights);
    t.classifier->info.test_accuracy = epoch.test_accuracy;
    t.classifier->info.n_test = t.n_test;
    *out = t.classifier;
    t.classifier = NULL;
cleanup:
    gt_classifier_destroy(t.classifier);
    classifier_workspace_free(&t.workspace);
    free(t.memory);
    return status;
}
