# maproot-scope: the one program that speaks D-Bus, with systemd. Built where libsystemd is found; without it, control groups
# are made in the file system.

find_package(PkgConfig QUIET)
if(PkgConfig_FOUND)
	pkg_check_modules(LIBSYSTEMD QUIET IMPORTED_TARGET libsystemd>=240)
endif()
if(NOT LIBSYSTEMD_FOUND OR foreign_libc)
	message(STATUS "maproot-scope is not built: it needs libsystemd (Debian: libsystemd-dev), as a shared library")
	return()
endif()

file(GLOB scope_sources CONFIGURE_DEPENDS src/libexec/scope*.c)
add_executable(maproot-scope ${scope_sources})
target_include_directories(maproot-scope PRIVATE src)
target_link_libraries(maproot-scope PRIVATE maproot_compiler PkgConfig::LIBSYSTEMD)
install(TARGETS maproot-scope RUNTIME DESTINATION ${CMAKE_INSTALL_LIBEXECDIR}/maproot)
