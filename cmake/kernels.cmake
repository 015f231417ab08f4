# The fused kernels, compiled once for each shape from one source, and their text for the run-time compiler.

# gantry_add_fused_kernels(PREFIX LANGUAGE HEADER...): kernels/fused.cu in LANGUAGE (CUDA, or CXX for the emulator) for every shape
# header kernels/shapes/NAME.h. Each is an object library of its own, so that they build in parallel, and defines
# fused_kernels_<PREFIX><NAME>; one more holds the table <PREFIX>fused_kernel_sets[] of kernels/fused_kernels.h. PREFIX (may be
# empty) keeps two sets in one program apart. Sets <PREFIX>fused_objects: the names of all these libraries.
function(gantry_add_fused_kernels prefix language)
    set(extension_CUDA cu)
    set(extension_CXX cpp)
    set(folder ${CMAKE_CURRENT_BINARY_DIR}/${prefix}fused_kernels)
    set(libraries "")
    set(declarations "")
    set(entries "")
    foreach(header IN LISTS ARGN)
        get_filename_component(header ${header} ABSOLUTE)
        get_filename_component(name ${header} NAME_WE)
        set(name ${prefix}${name})
        set(source ${folder}/${name}.${extension_${language}})
        file(CONFIGURE OUTPUT ${source} @ONLY CONTENT [[
#define FUSED_NAME @name@
#include "@header@"
#include "kernels/fused.cu"
]])
        add_library(fused_${name} OBJECT ${source})
        list(APPEND libraries fused_${name})
        string(APPEND declarations "extern const fused_kernels fused_kernels_${name};\n")
        string(APPEND entries "&fused_kernels_${name}, ")
    endforeach()
    file(CONFIGURE OUTPUT ${folder}/sets.c @ONLY CONTENT [[
#include "kernels/fused_kernels.h"

#include <stddef.h>

@declarations@extern const fused_kernels *const @prefix@fused_kernel_sets[];
const fused_kernels *const @prefix@fused_kernel_sets[] = {@entries@NULL};
]])
    add_library(${prefix}fused_kernel_sets OBJECT ${folder}/sets.c)
    list(APPEND libraries ${prefix}fused_kernel_sets)
    foreach(library IN LISTS libraries)
        set_target_properties(${library} PROPERTIES POSITION_INDEPENDENT_CODE ON)
        target_include_directories(${library} PRIVATE ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR})
        if(GANTRY_CURAND_INCLUDE_DIR)
            target_include_directories(${library} SYSTEM PRIVATE ${GANTRY_CURAND_INCLUDE_DIR})
        endif()
    endforeach()
    set(${prefix}fused_objects ${libraries} PARENT_SCOPE)
endfunction()

# gantry_add_layered_kernels(PREFIX LANGUAGE): kernels/layered.cu likewise, as the object library <PREFIX>layered_kernels with the table
# <PREFIX>gt_layered_kernels.
function(gantry_add_layered_kernels prefix language)
    set(extension_CUDA cu)
    set(extension_CXX cpp)
    set(source ${CMAKE_CURRENT_BINARY_DIR}/${prefix}layered_kernels.${extension_${language}})
    file(CONFIGURE OUTPUT ${source} @ONLY CONTENT [[
#define LAYERED_TABLE @prefix@gt_layered_kernels
#include "kernels/layered.cu"
]])
    add_library(${prefix}layered_kernels OBJECT ${source})
    set_target_properties(${prefix}layered_kernels PROPERTIES POSITION_INDEPENDENT_CODE ON)
    target_include_directories(${prefix}layered_kernels PRIVATE ${PROJECT_SOURCE_DIR})
    target_include_directories(${prefix}layered_kernels SYSTEM PRIVATE ${GANTRY_CURAND_INCLUDE_DIR})
endfunction()

# gantry_join_objects(NAME LIBRARY...): joins object libraries to one object file, in the variable NAME, as a source for libraries that
# depend on the target NAME. CMake then doesn't know that there is CUDA in it, and neither our programs nor those of users have to be
# linked by nvcc for it.
function(gantry_join_objects name)
    set(output ${CMAKE_CURRENT_BINARY_DIR}/${name}.o)
    list(TRANSFORM ARGN REPLACE "(.+)" "$<TARGET_OBJECTS:\\1>" OUTPUT_VARIABLE objects)
    add_custom_command(OUTPUT ${output} COMMAND ${CMAKE_LINKER} -r -o ${output} ${objects} DEPENDS ${objects}
                       COMMENT "Joining ${name}" COMMAND_EXPAND_LISTS VERBATIM)
    add_custom_target(${name} DEPENDS ${output})
    add_dependencies(${name} ${ARGN})
    set_source_files_properties(${output} PROPERTIES EXTERNAL_OBJECT TRUE GENERATED TRUE)
    set(${name} ${output} PARENT_SCOPE)
endfunction()

# gantry_embed_kernels(OUTPUT): a C file with the text of all kernels and of what they include of cuRAND (cmake/embed.cmake).
function(gantry_embed_kernels output)
    file(GLOB files CONFIGURE_DEPENDS RELATIVE ${PROJECT_SOURCE_DIR} kernels/*.cu kernels/*.cuh kernels/*.h)
    list(FILTER files EXCLUDE REGEX "/layered") # never compiled at run time
    set(texts curand_philox4x32_x.h=${GANTRY_CURAND_INCLUDE_DIR}/curand_philox4x32_x.h)
    set(paths ${GANTRY_CURAND_INCLUDE_DIR}/curand_philox4x32_x.h)
    foreach(file IN LISTS files)
        list(APPEND texts ${file}=${PROJECT_SOURCE_DIR}/${file})
        list(APPEND paths ${PROJECT_SOURCE_DIR}/${file})
    endforeach()
    add_custom_command(
        OUTPUT ${output}
        COMMAND ${CMAKE_COMMAND} "-DTEXTS=${texts}" -DOUTPUT=${output} -P ${PROJECT_SOURCE_DIR}/cmake/embed.cmake
        DEPENDS ${paths} ${PROJECT_SOURCE_DIR}/cmake/embed.cmake
        COMMENT "Embedding the kernels' text"
        VERBATIM)
endfunction()
