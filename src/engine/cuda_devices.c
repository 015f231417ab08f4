/* GPUs: how many, which, and whether the kernels can run on them. */
#include "engine/cuda_devices.h"

#include "engine/cuda_try.h"

#include <stdio.h>

int gt_cuda_count(const char **why) {
    int n = 0;
    const cudaError_t error = cudaGetDeviceCount(&n);
    if (error == cudaSuccess && n > 0) return n;
    (void)cudaGetLastError();
    if (error == cudaErrorInsufficientDriver)
        *why = "NVIDIA's driver is not installed, or too old for this gantry";
    else if (error == cudaSuccess || error == cudaErrorNoDevice)
        *why = "no NVIDIA GPU is visible";
    else
        *why = cudaGetErrorString(error);
    return 0;
}

gt_status gt_cuda_describe(int gpu, gt_cuda_device *out) {
    const char *why = NULL;
    const int n = gt_cuda_count(&why);
    struct cudaDeviceProp properties;
    if (n == 0) return gt_fail(GT_ERR_DEVICE, "no GPU: %s; take --device cpu", why);
    if (gpu < 0 || gpu >= n)
        return gt_fail(GT_ERR_DEVICE, "GPU %d: this machine shows %d, counted from 0; gantry devices lists them", gpu, n);
    CUDA_TRY(cudaGetDeviceProperties(&properties, gpu));
    *out = (gt_cuda_device){.gpu = gpu,
                            .architecture = 10 * properties.major + properties.minor,
                            .n_sms = properties.multiProcessorCount,
                            .shared_bytes = properties.sharedMemPerBlockOptin,
                            .memory_bytes = properties.totalGlobalMem};
    snprintf(out->name, sizeof out->name, "%s", properties.name);
    snprintf(out->sm, sizeof out->sm, "sm_%d", out->architecture);
    if (out->architecture < GT_CUDA_MIN_ARCHITECTURE)
        return gt_fail(GT_ERR_DEVICE,
                       "GPU %d, %s, has compute capability %d.%d, and gantry needs 7.5 or newer; take --device cpu", gpu,
                       out->name, properties.major, properties.minor);
    return GT_OK;
}
