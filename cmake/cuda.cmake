# CUDA as a language, after dependencies.cmake has found that it works: flags, architectures, runtime. Nothing here asks for a GPU or
# for its driver, neither to build nor to start the program; libcuda is not linked.

set(GANTRY_CUDA_ARCHITECTURES "90-real;75-virtual" CACHE STRING
    "GPUs to compile for, in CMake's notation; PTX of 7.5 lets the driver compile for any other from Turing on (preset release-all: all)")
if(NOT GANTRY_CUDA_ENABLED)
    return()
endif()

set(CMAKE_CUDA_ARCHITECTURES ${GANTRY_CUDA_ARCHITECTURES})
set(CMAKE_CUDA_STANDARD 17)
set(CMAKE_CUDA_STANDARD_REQUIRED ON)
set(CMAKE_CUDA_VISIBILITY_PRESET hidden)
enable_language(CUDA)
if(NOT TARGET CUDA::nvToolsExt)
    add_library(CUDA::nvToolsExt INTERFACE IMPORTED) # CMake 3.25 stumbles over its absence, and CUDA 13 has it no longer
endif()
find_package(CUDAToolkit REQUIRED)

# What add_compile_options says for C, in nvcc's words. -fmad=false is the device's -ffp-contract=off. Without exceptions and guarded statics the
# host part needs no C++ library; the only statics are in nvcc's launch stubs, which nobody calls: kernels are launched by handle.
set(cuda_flags -fmad=false -Xcompiler=-Wall,-Wextra,-ffp-contract=off,-fno-exceptions,-fno-threadsafe-statics)
if(GANTRY_WERROR)
    list(APPEND cuda_flags -Werror=all-warnings -Xcompiler=-Werror)
endif()
if(GANTRY_SANITIZE)
    list(APPEND cuda_flags -Xcompiler=-fsanitize=address -Xcompiler=-fsanitize=undefined -Xcompiler=-fno-sanitize-recover=all
         -Xcompiler=-fno-omit-frame-pointer)
endif()
add_compile_options("$<$<COMPILE_LANGUAGE:CUDA>:${cuda_flags}>")
