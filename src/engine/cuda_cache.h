/* private. What has been compiled once, kept in files: $XDG_CACHE_HOME/gantry/kernels, else ~/.cache/gantry/kernels. Without
 * such a folder, on a full disk and after damage there is just nothing in it; no call fails, and gt_last_error() stays as it
 * was. Processes and threads may share it: an entry is seen whole or not at all. */
#ifndef GT_ENGINE_CUDA_CACHE_H
#define GT_ENGINE_CUDA_CACHE_H

#include "gantry/gantry.h"

#ifdef __cplusplus
extern "C" {
#endif

/* key: a digest over everything that the entry depends on. *out: *size bytes, which the caller frees. */
bool gt_cuda_cache_get(const char key[GT_DIGEST_CHARS], void **out, size_t *size);
void gt_cuda_cache_put(const char key[GT_DIGEST_CHARS], const void *data, size_t size);

#ifdef __cplusplus
}
#endif
#endif
