/* private. The weights of a Keras model of dense layers, in HDF5; needs libhdf5 (GANTRY_HDF5). */
#ifndef GT_IO_KERAS_H
#define GT_IO_KERAS_H

#include "io/net_file.h"

#ifdef __cplusplus
extern "C" {
#endif

/* For model.load_weights() of a Sequential of Dense layers. The one file has the layouts of Keras 3 (*.weights.h5) and of Keras
 * 2 (*.h5); both name the same numbers. */
gt_status gt_keras_write(const gt_net_file *file, const char *path);

/* Either layout, of weights alone or of a whole model in *.h5. Layers without weights (activations, dropout) are passed over,
 * others than Dense are refused. The file says nothing about activations. */
gt_status gt_keras_read(const char *path, gt_net_file *out);

#ifdef __cplusplus
}
#endif
#endif
