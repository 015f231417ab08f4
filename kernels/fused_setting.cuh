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

/* A member of the copy, or a float so many places behind it in the same quad. (NVRTC knows no offsetof.) */
#define SETTING(rows, member) SETTING_BEHIND(rows, member, 0)
#define SETTING_BEHIND(rows, member, n)                                                                                        \
    setting_float(rows, reinterpret_cast<const float *>(&reinterpret_cast<const fused_setting *>(rows)->member), n)

/* member: where it were if the setting stood in one piece from `rows` on. */
static __device__ __forceinline__ float setting_float(float4 *rows, const float *member, int behind) {
    const unsigned place = static_cast<unsigned>(member - reinterpret_cast<const float *>(rows));
    return reinterpret_cast<const float *>(&setting_quad(rows, static_cast<int>(place / 4)))[place % 4 + behind];
}

#endif
