/* Where CUDA's libraries are. */
#define _XOPEN_SOURCE 700
#include "engine/cuda_libraries.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

#pragma weak gt_cuda_library_linked

bool gt_cuda_library_load_from(const char *path, const gt_cuda_library *library, void **functions) {
    void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (handle == NULL) return false;
    for (size_t i = 0; i < library->n; i++)
        if ((functions[i] = dlsym(handle, library->names[i])) == NULL) return false;
    return true;
}

bool gt_cuda_library_load(const gt_cuda_library *library, void **functions) {
    const int linked = gt_cuda_library_linked != NULL ? gt_cuda_library_linked(library, functions) : 0;
    if (linked != 0) return linked > 0;
    const char *toolkit = getenv("CUDA_PATH");
    const struct {
        const char *folder, *below;
    } places[] = {
        {"", ""}, {toolkit != NULL ? toolkit : "", "/lib64/"}, {CUDA_LIBRARY_DIR, "/"}, {"/usr/local/cuda", "/lib64/"}};
    for (size_t m = 0; m < sizeof library->majors / sizeof *library->majors && library->majors[m] > 0; m++)
        for (size_t p = 0; p < sizeof places / sizeof *places; p++) {
            char path[4096];
            const int n =
                snprintf(path, sizeof path, "%s%s%s.%d", places[p].folder, places[p].below, library->stem, library->majors[m]);
            if (n < (int)sizeof path && gt_cuda_library_load_from(path, library, functions)) return true;
        }
    return false;
}
