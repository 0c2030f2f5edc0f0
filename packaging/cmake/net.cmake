# maproot-net, the program that makes virtual network devices: it alone needs libmnl, and is left out where that is not found.

find_package(PkgConfig QUIET)
if(PKG_CONFIG_FOUND)
	pkg_check_modules(LIBMNL QUIET IMPORTED_TARGET libmnl)
endif()
if(LIBMNL_FOUND AND NOT foreign_libc)
	file(GLOB net_sources CONFIGURE_DEPENDS src/libexec/net*.c src/libexec/rtnetlink.c)
	add_executable(maproot-net ${net_sources})
	target_include_directories(maproot-net PRIVATE include src)
	target_link_libraries(maproot-net PRIVATE
		maproot_compiler maproot_static maproot_libcap PkgConfig::LIBMNL)
	install(TARGETS maproot-net RUNTIME DESTINATION ${CMAKE_INSTALL_LIBEXECDIR}/maproot)
else()
	message(STATUS "libmnl not found: no maproot-net, so no --net=veth (libmnl-dev on Debian, libmnl-devel on Fedora)")
endif()
