/* private. One net between a trainer and a file of another program. */
#ifndef GT_CORE_INIT_FROM_H
#define GT_CORE_INIT_FROM_H

#include "gantry/gantry.h"
#include "io/net_file.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The net as gt_net_file_write() takes it, G with its averaged weights where there are some, and with the map of its output to
 * the units of the data, or of these to D's input. net: not GT_GAN. The caller frees what is in *out with gt_net_file_free().
 */
gt_status gt_trainer_net_file(const gt_trainer *trainer, size_t run, gt_net net, gt_net_file *out);

#ifdef __cplusplus
}
#endif
#endif
