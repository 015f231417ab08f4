/* private. The numbers of a GAN's setting on the device. The two GANs of a warp may have different settings, so training keeps
 * a copy a GAN in shared memory, where a load takes neither a register for its address nor much time: in the quads of the row
 * buffer that keep the lanes' rows in different banks (fused_rows.cuh), one quad each. */
#ifndef GT_KERNELS_FUSED_SETTING_CUH
#define GT_KERNELS_FUSED_SETTING_CUH

#include "kernels/device.cuh"
#include "kernels/fused_kernels.h"

static_assert(sizeof(fused_setting) % 16 == 0 && sizeof(fused_setting) <= 16 * FUSED_LANES,
              "the row buffer has room for 16 quads");

/* That of a run of the launch. */
static __device__ __forceinline__ const fused_setting &setting_of(const fused_settings &settings, unsigned run) {
    return settings.at[(settings.n_before + run) / settings.n_seeds];
}

/* Quad k of the copy in a row buffer. */
static __device__ __forceinline__ float4 &setting_quad(float4 *rows, int k) { return rows[k * FUSED_ROW_PITCH + FUSED_LANES]; }

/* The place of a member of fused_setting, in floats. */
#define SETTING_PLACE(member) static_cast<int>(__builtin_offsetof(fused_setting, member) / sizeof(float))

/* The float at a place of the copy, or as many behind it in the same quad. */
template <int Place> static __device__ __forceinline__ float setting_float(float4 *rows, int behind = 0) {
    return reinterpret_cast<const float *>(&setting_quad(rows, Place / 4))[Place % 4 + behind];
}

#endif
