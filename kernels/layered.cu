/* The kernels of the layered engine: what it does on a GPU beside cuBLASLt's products. nvcc compiles them with the program, g++
 * for the emulator, where LAYERED_TABLE keeps the two tables apart. */
#include "kernels/layered_dense.cuh"
#include "kernels/layered_draw.cuh"
#include "kernels/layered_steps.cuh"

#ifndef LAYERED_TABLE
#define LAYERED_TABLE gt_layered_kernels
#endif

namespace {

#define LAYERED_KERNEL(name, args_type, body)                                                                                  \
    __global__ void __launch_bounds__(LAYERED_THREADS) name(args_type args) { body(args); }

LAYERED_KERNEL(layered_product, layered_product_args, product)
LAYERED_KERNEL(layered_narrow_product, layered_product_args, narrow_product)
LAYERED_KERNEL(layered_map, layered_map_args, map)
LAYERED_KERNEL(layered_sums, layered_sums_args, column_sums)
LAYERED_KERNEL(layered_loss, layered_loss_args, loss)
LAYERED_KERNEL(layered_adam, layered_adam_args, adam)
LAYERED_KERNEL(layered_real, layered_real_args, real)
LAYERED_KERNEL(layered_latents, layered_latents_args, latents)
LAYERED_KERNEL(layered_end, layered_finish_args, finish)

} // namespace

extern "C" const layered_kernels LAYERED_TABLE = {
    GT_KERNEL(layered_product), GT_KERNEL(layered_narrow_product), GT_KERNEL(layered_map),
    GT_KERNEL(layered_sums),    GT_KERNEL(layered_loss),           GT_KERNEL(layered_adam),
    GT_KERNEL(layered_real),    GT_KERNEL(layered_latents),        GT_KERNEL(layered_end),
};
