/* Which instruction sets there are, and the choice of one. */
#include "engine/cpu_isa.h"

#include "core/status.h"

#include <omp.h>
#include <stdio.h>

/* Best first; portable, which always runs, last. */
static size_t list_isas(gt_cpu_isa out[3]) {
    size_t n = 0;
#ifdef GANTRY_X86
    __builtin_cpu_init();
    const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    const bool avx512 = avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
                        __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
    const char *widest = "the widest that this processor has";
    out[n++] = (gt_cpu_isa){GT_ISA_AVX512, &fused_avx512, &layered_avx512, widest, avx512};
    out[n++] = (gt_cpu_isa){GT_ISA_AVX2, &fused_avx2, &layered_avx2, widest, avx2};
    if (avx2)
        out[n++] = (gt_cpu_isa){GT_ISA_PORTABLE, &fused_portable_fma, &layered_portable_fma,
                                "plain C, compiled for AVX2 and FMA", true};
    else
#endif
        out[n++] = (gt_cpu_isa){GT_ISA_PORTABLE, &fused_portable, &layered_portable, "plain C for any processor", true};
    return n;
}

gt_status gt_cpu_isa_choose(gt_isa wanted, gt_cpu_isa *out) {
    gt_cpu_isa all[3];
    const size_t n = list_isas(all);
    for (size_t k = 0; k < n; k++) {
        *out = all[k];
        if (wanted == GT_ISA_AUTO ? all[k].available : all[k].isa == wanted) break;
    }
    if (wanted != GT_ISA_AUTO && (out->isa != wanted || !out->available))
        return gt_fail(GT_ERR_DEVICE, "this processor has no %s; take auto or portable", gt_isa_name(wanted));
    if (wanted != GT_ISA_AUTO && wanted != GT_ISA_PORTABLE) out->why = "asked for";
    return GT_OK;
}

size_t gt_cpu_isa_list(gt_device_info *out, size_t capacity) {
    gt_cpu_isa all[3];
    const size_t n = list_isas(all);
    for (size_t k = 0; k < n && k < capacity; k++) {
        out[k] = (gt_device_info){.device = GT_DEVICE_CPU, .gpu = -1, .usable = all[k].available};
        snprintf(out[k].name, sizeof out[k].name, "%s", gt_isa_name(all[k].isa));
        if (all[k].available)
            snprintf(out[k].note, sizeof out[k].note, "%d threads", omp_get_num_procs());
        else
            snprintf(out[k].note, sizeof out[k].note, "this processor lacks it");
    }
    return n;
}
