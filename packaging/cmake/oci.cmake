# libmaproot-oci, which reads the configurations of OCI bundles, and the program maproot-oci on it. Built where jansson is found.

find_package(PkgConfig QUIET)
if(PkgConfig_FOUND)
	pkg_check_modules(JANSSON QUIET IMPORTED_TARGET jansson>=2.7)
endif()
find_library(JANSSON_STATIC_LIBRARY NAMES libjansson.a PATH_SUFFIXES ${multiarch})
if(NOT JANSSON_FOUND OR foreign_libc OR (MAPROOT_STATIC AND NOT JANSSON_STATIC_LIBRARY))
	message(STATUS "maproot-oci is not built: it needs jansson (Debian: libjansson-dev)")
	return()
endif()

file(GLOB oci_sources CONFIGURE_DEPENDS src/oci/*.c)
set(oci_program_sources)
foreach(name main options report state)
	list(APPEND oci_program_sources ${CMAKE_CURRENT_SOURCE_DIR}/src/oci/${name}.c)
endforeach()
list(REMOVE_ITEM oci_sources ${oci_program_sources})

add_library(maproot_oci_objects OBJECT ${oci_sources})
set_target_properties(maproot_oci_objects PROPERTIES POSITION_INDEPENDENT_CODE ON)
target_include_directories(maproot_oci_objects PRIVATE include src)
target_link_libraries(maproot_oci_objects PRIVATE maproot_compiler PkgConfig::JANSSON)

if(MAPROOT_STATIC)
	set(jansson ${JANSSON_STATIC_LIBRARY})
else()
	set(jansson PkgConfig::JANSSON)
endif()

add_library(maproot_oci_static STATIC $<TARGET_OBJECTS:maproot_oci_objects>)
set_target_properties(maproot_oci_static PROPERTIES OUTPUT_NAME maproot-oci)
set(oci_library_targets maproot_oci_static)
if(MAPROOT_SHARED)
	set(oci_map ${CMAKE_CURRENT_SOURCE_DIR}/packaging/libmaproot-oci.map)
	add_library(maproot_oci_shared SHARED $<TARGET_OBJECTS:maproot_oci_objects>)
	set_target_properties(maproot_oci_shared PROPERTIES
		OUTPUT_NAME maproot-oci VERSION ${PROJECT_VERSION} SOVERSION 0 LINK_DEPENDS ${oci_map})
	target_link_libraries(maproot_oci_shared PRIVATE maproot_compiler maproot_shared PkgConfig::JANSSON)
	target_link_options(maproot_oci_shared PRIVATE LINKER:--version-script=${oci_map} LINKER:--no-undefined)
	list(APPEND oci_library_targets maproot_oci_shared)
endif()

add_executable(maproot-oci ${oci_program_sources})
target_include_directories(maproot-oci PRIVATE src)
target_compile_definitions(maproot-oci PRIVATE MAPROOT_VERSION="${PROJECT_VERSION}")
target_link_libraries(maproot-oci PRIVATE maproot_compiler maproot_program
	maproot_oci_static maproot_static maproot_libcap ${jansson})

install(TARGETS maproot-oci RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(TARGETS ${oci_library_targets}
	ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
	LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(FILES packaging/man/maproot-oci.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES packaging/man/libmaproot-oci.3 DESTINATION ${CMAKE_INSTALL_MANDIR}/man3)
configure_file(packaging/maproot-oci.pc.in maproot-oci.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/maproot-oci.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
