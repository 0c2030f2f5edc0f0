# cmake --install: program, libraries, headers, man pages, and how others find them (pkg-config, find_package(maproot)).

include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/maproot)

install(TARGETS maproot RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(TARGETS ${library_targets} EXPORT maproot-targets
	ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
	LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY include/maproot DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h")
install(FILES packaging/man/maproot.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES packaging/man/maproot.3 packaging/man/maproot_start.3 DESTINATION ${CMAKE_INSTALL_MANDIR}/man3)

# Relative to the file itself, so that `cmake --install --prefix` and a moved tree stay right.
file(RELATIVE_PATH pc_to_prefix ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
set(pc_includedir "\${prefix}/${CMAKE_INSTALL_INCLUDEDIR}")
set(pc_libdir "\${prefix}/${CMAKE_INSTALL_LIBDIR}")
if(IS_ABSOLUTE "${CMAKE_INSTALL_INCLUDEDIR}")
	set(pc_includedir "${CMAKE_INSTALL_INCLUDEDIR}")
endif()
if(IS_ABSOLUTE "${CMAKE_INSTALL_LIBDIR}")
	set(pc_libdir "${CMAKE_INSTALL_LIBDIR}")
endif()
configure_file(packaging/maproot.pc.in maproot.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/maproot.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

configure_package_config_file(packaging/cmake/maproot-config.cmake.in maproot-config.cmake
	INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(maproot-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/maproot-config.cmake
	${CMAKE_CURRENT_BINARY_DIR}/maproot-config-version.cmake DESTINATION ${package_dir})
install(EXPORT maproot-targets NAMESPACE maproot:: FILE maproot-targets.cmake DESTINATION ${package_dir})
