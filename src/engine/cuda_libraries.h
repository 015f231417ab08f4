/* private. CUDA's libraries are not linked, so that the program starts without them; their functions are looked up when they
 * are needed. */
#ifndef GT_ENGINE_CUDA_LIBRARIES_H
#define GT_ENGINE_CUDA_LIBRARIES_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct gt_cuda_library {
    const char *stem;         /* "libnvrtc.so": its major version follows */
    int majors[3];            /* versions that will do, best first; 0: no more */
    const char *const *names; /* [n] of functions */
    size_t n;
} gt_cuda_library;

/* The functions of a library that is installed, functions[n]. Looks where the loader does, then in the toolkit of the
 * environment (CUDA_PATH), in that of the build and in the usual folder. It stays loaded. False: it is nowhere, or lacks one of
 * them. */
bool gt_cuda_library_load(const gt_cuda_library *library, void **functions);

/* The same from one file. */
bool gt_cuda_library_load_from(const char *path, const gt_cuda_library *library, void **functions);

/* A program may bring a library with it (the emulator does). 1: it does, 0: look for it, -1: as if it were not installed. */
int gt_cuda_library_linked(const gt_cuda_library *library, void **functions);

#ifdef __cplusplus
}
#endif
#endif
