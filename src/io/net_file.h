/* private. One dense net from or to a file of another program: ONNX, Keras weights, safetensors. This is the net in memory and
 * the choice of the format; each format has a file of its own. */
#ifndef GT_IO_NET_FILE_H
#define GT_IO_NET_FILE_H

#include "gantry/gantry.h"

#ifdef __cplusplus
extern "C" {
#endif

/* y = x * scale + offset in each column, in front of or behind the net. NULL: x as it is; both or neither. */
typedef struct gt_net_map {
    float *scale, *offset;
} gt_net_map;

typedef struct gt_net_file {
    gt_net_spec net;        /* 1 to GT_MAX_LAYERS layers */
    bool activations_known; /* by the file; else they are GT_LINEAR */
    float *weights;         /* in the order of gt_spec_n_parameters: layer by layer weight [out, in], then bias [out] */
    gt_net_map input;       /* of inputs to what the net sees; Keras weights and safetensors have no place for it */
    gt_net_map output;      /* of what the net gives to the units of the data; the same */

    /* For writing alone. */
    gt_net role;              /* GT_GENERATOR or GT_DISCRIMINATOR: names in the file */
    bool probability;         /* ONNX: a sigmoid behind the last layer */
    uint64_t seed, iteration; /* safetensors: of the run that the weights are from */
} gt_net_file;

/* X(name, text) */
#define GT_NET_FORMAT_LIST(X)                                                                                                  \
    X(GT_NET_ONNX, "ONNX")                                                                                                     \
    X(GT_NET_KERAS, "Keras")                                                                                                   \
    X(GT_NET_SAFETENSORS, "safetensors")

#define GT_NET_FORMAT_ENUM(name, text) name,
typedef enum gt_net_format { GT_NET_FORMAT_LIST(GT_NET_FORMAT_ENUM) GT_N_NET_FORMATS } gt_net_format;
#undef GT_NET_FORMAT_ENUM

const char *gt_net_format_name(gt_net_format format);

/* GT_ERR_ARGUMENT: a build without the format's library; GT_ERR_IO, GT_ERR_MEMORY. */
gt_status gt_net_file_write(const gt_net_file *file, gt_net_format format, const char *path);

/* Knows the format by the content. GT_ERR_FILE: unreadable, damaged, or no chain of dense layers. On failure *out is empty. The
 * caller frees what is in *out with gt_net_file_free(). */
gt_status gt_net_file_read(const char *path, gt_net_file *out);

void gt_net_file_free(gt_net_file *file); /* what is in it; then it is empty */

/* "5-15-2". Returns text. */
#define GT_NET_SIZES_CHARS 64
char *gt_net_sizes(const gt_net_spec *net, char text[GT_NET_SIZES_CHARS]);

/* For the readers: one more linear layer behind the others, its parameters 0. weight [outputs, inputs] and bias [outputs] point
 * into file->weights, until the next call. GT_ERR_FILE: too wide, too many, or the inputs are not the outputs before. */
gt_status gt_net_file_add_layer(gt_net_file *file, const char *path, uint64_t inputs, uint64_t outputs, float **weight,
                                float **bias);

/* Text from a file, cut and without what a terminal might take for commands. Returns out. */
#define GT_NET_NAME_CHARS 48
char *gt_net_printable(const char *text, char out[GT_NET_NAME_CHARS]);

/* The most that a reader takes into memory; the largest net has a third of it. */
#define GT_NET_FILE_MAX_BYTES ((size_t)1 << 31)

#ifdef __cplusplus
}
#endif
#endif
