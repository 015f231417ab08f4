# Looks for everything that the build needs before it complains, so that one message names all that is missing.

set(missing "")
macro(gantry_need what)
    if(NOT (${ARGN}))
        list(APPEND missing "${what}")
    endif()
endmacro()

find_package(OpenMP QUIET COMPONENTS C)
gantry_need("OpenMP for C (part of gcc, clang needs libomp-dev)" OpenMP_C_FOUND)

find_package(PkgConfig QUIET)
gantry_need("pkg-config" PkgConfig_FOUND)
if(PkgConfig_FOUND)
    pkg_check_modules(CJSON QUIET IMPORTED_TARGET libcjson)
    gantry_need("cJSON (libcjson-dev)" CJSON_FOUND)
    pkg_check_modules(YAML QUIET IMPORTED_TARGET yaml-0.1)
    gantry_need("libyaml (libyaml-dev)" YAML_FOUND)
endif()

find_path(XXHASH_INCLUDE_DIR xxhash.h)
gantry_need("xxHash (libxxhash-dev)" XXHASH_INCLUDE_DIR)

# An optional part that is written in C++: takes it when the option is not OFF and compiler and package are there.
include(CheckLanguage)
macro(gantry_optional option package needs)
    if(${option})
        if(NOT CMAKE_CXX_COMPILER)
            unset(CMAKE_CXX_COMPILER CACHE) # it may have been installed since the last look
        endif()
        check_language(CXX)
        find_package(${package} QUIET)
        if(${package}_FOUND AND CMAKE_CXX_COMPILER)
            set(${option}_ENABLED ON)
        elseif(${option} STREQUAL "AUTO")
            message(STATUS "${option}: left out, needs ${needs}")
        else()
            gantry_need("${needs}" FALSE)
        endif()
    endif()
endmacro()
gantry_optional(GANTRY_TESTS GTest "GoogleTest and g++ (libgtest-dev, g++: make deps-test)")
gantry_optional(GANTRY_BENCH benchmark "Google Benchmark and g++ (libbenchmark-dev, g++: make deps-bench)")

if(missing)
    list(JOIN missing "\n  " missing)
    message(FATAL_ERROR "Missing:\n  ${missing}\nOn Debian, `make deps` installs what the program needs, `make deps-test` and "
                        "`make deps-bench` what tests and benchmarks need.")
endif()
