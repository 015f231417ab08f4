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

size_t gt_cuda_list(gt_device_info *out, size_t capacity) {
    const char *why = NULL;
    const int n = gt_cuda_count(&why);
    if (n == 0) {
        if (capacity > 0) {
            *out = (gt_device_info){.device = GT_DEVICE_CUDA, .gpu = -1};
            snprintf(out->note, sizeof out->note, "%s", why);
        }
        return 1;
    }
    for (int k = 0; k < n && (size_t)k < capacity; k++) {
        gt_cuda_device device = {0};
        out[k] = (gt_device_info){.device = GT_DEVICE_CUDA, .gpu = k, .usable = gt_cuda_describe(k, &device) == GT_OK};
        snprintf(out[k].name, sizeof out[k].name, "%.127s", device.name);
        if (out[k].usable)
            snprintf(out[k].note, sizeof out[k].note, "%s, %d multiprocessors, %.1f GiB", device.sm, device.n_sms,
                     (double)device.memory_bytes / (1 << 30));
        else
            snprintf(out[k].note, sizeof out[k].note, "%s", gt_last_error());
    }
    return (size_t)n;
}
