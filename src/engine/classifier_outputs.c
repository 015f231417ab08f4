/* What a classifier makes of images that are scored, by loops of gantry's own: OpenBLAS adds in another order where a batch is
 * small, and on some processors by where a row stands in it, so that equal images would have different features. */
#include "engine/classifier_net.h"

#include "core/status.h"
#include "engine/cpu_memory.h"

#include <omp.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK = 64 }; /* images whose outputs stay in the cache */

typedef struct {
    const classifier_net *net;
    const int *size;
    int n_layers;
    float *weights;                                   /* owned */
    const float *w[GT_MAX_LAYERS], *b[GT_MAX_LAYERS]; /* [n_in, padded n_out], [padded n_out] */
    size_t width;                                     /* of the widest layer */
} transposed;

static size_t padded(int n) { return ((size_t)n + 15) / 16 * 16; }

static void transpose(const float *weight, size_t n_in, size_t n_out, float *out) {
    for (size_t o = 0; o < n_out; o++)
        for (size_t i = 0; i < n_in; i++) out[i * padded((int)n_out) + o] = weight[o * n_in + i];
}

static gt_status transposed_of(const classifier_net *net, transposed *out) {
    const gt_net_spec *spec = &net->spec.discriminator;
    size_t n = 0;
    *out = (transposed){.net = net, .size = spec->size, .n_layers = spec->n_layers, .width = padded(spec->size[0])};
    for (int l = 0; l < spec->n_layers; l++) {
        const size_t width = padded(spec->size[l + 1]);
        n += ((size_t)spec->size[l] + 1) * width;
        if (width > out->width) out->width = width;
    }
    float *flat = malloc(classifier_net_n_parameters(net) * sizeof *flat),
          *at = out->weights = gt_allocate_zeroed(n, sizeof *at);
    if (flat == NULL || at == NULL) {
        free(flat);
        return gt_fail(GT_ERR_MEMORY, "no memory for the weights of a classifier");
    }
    classifier_net_get(net, flat);
    const float *from = flat;
    for (int l = 0; l < spec->n_layers; l++) {
        const size_t n_in = (size_t)spec->size[l], n_out = (size_t)spec->size[l + 1], width = padded(spec->size[l + 1]);
        transpose(from, n_in, n_out, at);
        memcpy(at + n_in * width, from + n_in * n_out, n_out * sizeof *at);
        out->w[l] = at;
        out->b[l] = at + n_in * width;
        at += (n_in + 1) * width;
        from += (n_in + 1) * n_out;
    }
    free(flat);
    return GT_OK;
}

/* The first n_out columns of y, if there is a place for them. */
static void give(layered_rows y, size_t n_out, float *out) {
    for (size_t i = 0; out != NULL && i < y.n; i++) memcpy(out + i * n_out, y.at + i * y.stride, n_out * sizeof *out);
}

/* Of n images, at most BLOCK. buffer: room for 2 * BLOCK of the widest layer */
static void apply_block(const transposed *t, const unsigned char *pixels, size_t n, float *buffer, float *features,
                        float *logits) {
    const layered_loops *loops = t->net->isa.loops;
    const size_t width = (size_t)t->size[0];
    layered_rows x = {buffer, n, width, width};
    loops->pixels(pixels, n * width, t->net->plan.pixel_scale, t->net->plan.pixel_offset, x.at);
    for (int l = 0; l < t->n_layers; l++) {
        const size_t n_out = (size_t)t->size[l + 1];
        float *other = x.at == buffer ? buffer + BLOCK * t->width : buffer;
        const layered_rows y = {other, n, padded(t->size[l + 1]), padded(t->size[l + 1])};
        loops->dense_in_order(x, t->w[l], t->b[l], l + 1 < t->n_layers, y);
        if (l + 2 == t->n_layers) give(y, n_out, features);
        if (l + 1 == t->n_layers) give(y, n_out, logits);
        x = (layered_rows){other, n, n_out, y.stride};
    }
}

gt_status classifier_outputs(const classifier_net *net, const unsigned char *pixels, size_t n, float *features, float *logits) {
    const int *size = net->spec.discriminator.size, n_layers = net->spec.discriminator.n_layers;
    const size_t x = (size_t)size[0], d = (size_t)size[n_layers - 1], c = (size_t)size[n_layers];
    const int n_threads = omp_get_max_threads();
    transposed t;
    gt_status status = transposed_of(net, &t);
    float *buffers = gt_allocate_zeroed((size_t)n_threads * 2 * BLOCK * t.width, sizeof *buffers);
    if (status == GT_OK && buffers == NULL) status = gt_fail(GT_ERR_MEMORY, "no memory for %d images in a classifier", BLOCK);
#pragma omp parallel for schedule(dynamic) num_threads(n_threads)
    for (size_t at = 0; at < (status == GT_OK ? n : 0); at += BLOCK)
        apply_block(&t, pixels + at * x, n - at < BLOCK ? n - at : BLOCK,
                    buffers + (size_t)omp_get_thread_num() * 2 * BLOCK * t.width, features != NULL ? features + at * d : NULL,
                    logits != NULL ? logits + at * c : NULL);
    free(buffers);
    free(t.weights);
    return status;
}
