// What gantry finds when it looks for CUDA's libraries (engine/cuda_libraries.h): the emulator's own.
#include "state.h"

#include "engine/cuda_libraries.h"

#include <cublasLt.h>
#include <curand.h>

#include <cstring>

namespace emulator {

namespace {

struct Function {
    const char *name;
    void *at;
};

#define FUNCTION(name)                                                                                                         \
    { #name, reinterpret_cast < void *>(name) }
const Function functions_here[] = {
    FUNCTION(cublasLtCreate),
    FUNCTION(cublasLtDestroy),
    FUNCTION(cublasLtGetStatusName),
    FUNCTION(cublasLtMatmul),
    FUNCTION(cublasLtMatmulAlgoGetHeuristic),
    FUNCTION(cublasLtMatmulDescCreate),
    FUNCTION(cublasLtMatmulDescDestroy),
    FUNCTION(cublasLtMatmulDescSetAttribute),
    FUNCTION(cublasLtMatmulPreferenceCreate),
    FUNCTION(cublasLtMatmulPreferenceDestroy),
    FUNCTION(cublasLtMatmulPreferenceSetAttribute),
    FUNCTION(cublasLtMatrixLayoutCreate),
    FUNCTION(cublasLtMatrixLayoutDestroy),
    FUNCTION(cublasLtMatrixLayoutSetAttribute),
    FUNCTION(curandCreateGenerator),
    FUNCTION(curandDestroyGenerator),
    FUNCTION(curandSetStream),
    FUNCTION(curandSetPseudoRandomGeneratorSeed),
    FUNCTION(curandSetGeneratorOffset),
    FUNCTION(curandGenerate),
    FUNCTION(curandGenerateUniform),
    FUNCTION(curandGenerateNormal),
};
#undef FUNCTION

void *find(const char *name) {
    for (const Function &f : functions_here)
        if (!strcmp(f.name, name)) return f.at;
    return nullptr;
}

} // namespace
} // namespace emulator

int gt_cuda_library_linked(const gt_cuda_library *library, void **functions) {
    if (strncmp(library->stem, "libcublasLt", 11) != 0 && strncmp(library->stem, "libcurand", 9) != 0) return 0;
    if (!emulator::settings().libraries) return -1;
    for (size_t i = 0; i < library->n; i++)
        if (!(functions[i] = emulator::find(library->names[i]))) return -1;
    return 1;
}
