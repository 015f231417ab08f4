/* private. A dense net as an ONNX model (onnx.ai): a chain of Gemm and activation nodes; needs protobuf-c (GANTRY_PROTOBUF). */
#ifndef GT_IO_ONNX_H
#define GT_IO_ONNX_H

#include "io/net_file.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Input "latent" or "point" [batch, in], output "sample", "logit" or "probability" [batch, out], with a free batch size. */
gt_status gt_onnx_write(const gt_net_file *file, const char *path);

/* Takes Gemm nodes, or MatMul followed by Add, with float weights that are initializers; Relu, LeakyRelu, Tanh, Sigmoid, Elu;
 * and one Mul and one Add by constants in front of the net and behind it. The line names the type of a node that is none of
 * these. */
gt_status gt_onnx_read(const char *path, gt_net_file *out);

#ifdef __cplusplus
}
#endif
#endif
