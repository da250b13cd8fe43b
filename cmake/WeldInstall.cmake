# What `cmake --install` puts where: libweld, weld.h, weld.hpp, the command line, the CMake package (find_package(Weld); target Weld::weld)
# and the pkg-config file. The targets themselves are in bindings/c and tools.
include(CMakePackageConfigHelpers)

set(package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/Weld)

install(TARGETS weld EXPORT WeldTargets
        LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
        INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(FILES ${CMAKE_SOURCE_DIR}/bindings/c/weld.h ${CMAKE_SOURCE_DIR}/bindings/c/weld.hpp
        DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(EXPORT WeldTargets NAMESPACE Weld:: DESTINATION ${package_folder})

configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/WeldConfig.cmake.in ${CMAKE_BINARY_DIR}/WeldConfig.cmake
                              INSTALL_DESTINATION ${package_folder})
write_basic_package_version_file(${CMAKE_BINARY_DIR}/WeldConfigVersion.cmake COMPATIBILITY SameMajorVersion)
install(FILES ${CMAKE_BINARY_DIR}/WeldConfig.cmake ${CMAKE_BINARY_DIR}/WeldConfigVersion.cmake DESTINATION ${package_folder})

file(RELATIVE_PATH pkgconfig_to_prefix ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
configure_file(${CMAKE_CURRENT_LIST_DIR}/weld.pc.in ${CMAKE_BINARY_DIR}/weld.pc @ONLY)
install(FILES ${CMAKE_BINARY_DIR}/weld.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
