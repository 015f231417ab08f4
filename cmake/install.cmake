# Installs command, libraries, header, CMake package and pkg-config file. Paths in the two latter are relative to where they lie, so
# that the installed tree can be moved.

include(CMakePackageConfigHelpers)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/gantry)

if(TARGET gantry)
    install(TARGETS gantry)
endif()
install(DIRECTORY include/gantry TYPE INCLUDE)

# Two sets, because only the static library hands its dependencies on to the program that links it.
set_target_properties(gantry_shared PROPERTIES EXPORT_NAME gantry)
install(TARGETS gantry_shared EXPORT gantry-shared)
install(TARGETS gantry_static EXPORT gantry-static)
install(EXPORT gantry-shared NAMESPACE gantry:: DESTINATION ${package_dir})
install(EXPORT gantry-static NAMESPACE gantry:: DESTINATION ${package_dir})

set(GANTRY_HAS_CUDA FALSE)
set(gantry_cuda_libs "")
if(GANTRY_CUDA_ENABLED)
    set(GANTRY_HAS_CUDA TRUE)
    set(gantry_cuda_libs " -L${CUDAToolkit_LIBRARY_DIR} -lcudart_static -ldl -lrt -lpthread")
endif()
configure_package_config_file(cmake/gantryConfig.cmake.in ${PROJECT_BINARY_DIR}/gantryConfig.cmake INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/gantryConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/gantryConfig.cmake ${PROJECT_BINARY_DIR}/gantryConfigVersion.cmake DESTINATION ${package_dir})

file(RELATIVE_PATH includedir_from_libdir ${CMAKE_INSTALL_FULL_LIBDIR} ${CMAKE_INSTALL_FULL_INCLUDEDIR})
configure_file(cmake/gantry.pc.in ${PROJECT_BINARY_DIR}/gantry.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/gantry.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
