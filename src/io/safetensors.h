/* private. The safetensors format (github.com/huggingface/safetensors): a length of 8 bytes, a JSON header, the data.
 *
 * Written whole by gt_safetensors_write. Read in steps: open checks everything but the data, expect and read then look at one
 * tensor at a time, so that a file costs no memory beyond its header. */
#ifndef GT_IO_SAFETENSORS_H
#define GT_IO_SAFETENSORS_H

#include "gantry/gantry.h"

#ifdef __cplusplus
extern "C" {
#endif

/* X(name, text in the file, bytes): what gantry writes and reads */
#define GT_DTYPE_LIST(X)                                                                                                       \
    X(GT_U8, "U8", 1)                                                                                                          \
    X(GT_F32, "F32", 4)                                                                                                        \
    X(GT_F64, "F64", 8)                                                                                                        \
    X(GT_U64, "U64", 8)

#define GT_DTYPE_ENUM(name, text, bytes) name,
typedef enum gt_dtype { GT_DTYPE_LIST(GT_DTYPE_ENUM) GT_N_DTYPES } gt_dtype;
#undef GT_DTYPE_ENUM

#define GT_TENSOR_MAX_DIMS 3

typedef struct gt_tensor {
    char name[48];
    gt_dtype dtype;
    int n_dims;
    uint64_t shape[GT_TENSOR_MAX_DIMS];
    const void *data; /* row-major; not looked at when reading */
} gt_tensor;

size_t gt_tensor_n_elements(const gt_tensor *tensor);

typedef struct gt_metadata {
    const char *key, *value;
} gt_metadata;

/* Writes tensors in the given order, without gaps; data starts at a multiple of 8 bytes, so tensors of 8-byte elements should
 * come first. GT_ERR_IO, GT_ERR_MEMORY. */
gt_status gt_safetensors_write(const char *path, const gt_metadata *metadata, int n_metadata, const gt_tensor *tensors,
                               int n_tensors);

typedef struct gt_safetensors gt_safetensors;

/* GT_ERR_FILE: not readable, or not exactly what the format asks for. */
gt_status gt_safetensors_open(const char *path, gt_safetensors **out);
void gt_safetensors_close(gt_safetensors *file); /* NULL is fine */

/* NULL where the key does not exist. Lives as long as file. */
const char *gt_safetensors_metadata(const gt_safetensors *file, const char *key);

/* What is in the file, in the order of the data. */
size_t gt_safetensors_n_tensors(const gt_safetensors *file);

typedef struct gt_tensor_info {
    const char *name; /* lives as long as file */
    gt_dtype dtype;
    int n_dims;
    uint64_t shape[GT_TENSOR_MAX_DIMS]; /* the first ones, where there are more */
} gt_tensor_info;

gt_tensor_info gt_safetensors_tensor(const gt_safetensors *file, size_t index);

/* GT_ERR_FILE unless the file has a tensor of this name, dtype and shape. */
gt_status gt_safetensors_expect(const gt_safetensors *file, const gt_tensor *tensor);

/* Expects the tensor and copies its data to out. */
gt_status gt_safetensors_read(const gt_safetensors *file, const gt_tensor *tensor, void *out);

#ifdef __cplusplus
}
#endif
#endif
