# Joining before main: libmaproot-preload.so for LD_PRELOAD, and libmaproot-preload.a, one object, for programs to link.
# Both are made of the library's sources, compiled once more without link-time optimization. What the constructor does
# not reach is dropped, so that what is left needs nothing of the C library but its thinnest functions
# (tests/structure/preload.sh); and all names but the promised ones are made local, so that a program may have
# libmaproot besides.

set(MAPROOT_ENV_PREFIX "maproot_" CACHE STRING "How the variables begin that libmaproot-preload obeys")

set(preload_map ${CMAKE_CURRENT_SOURCE_DIR}/packaging/libmaproot-preload.map)
set(preload_promised maproot_preload_result maproot_preload_message maproot_preload_joined)
list(TRANSFORM preload_promised PREPEND "LINKER:--undefined=" OUTPUT_VARIABLE preload_roots)
list(TRANSFORM preload_promised PREPEND "--keep-global-symbol=" OUTPUT_VARIABLE preload_kept)

# Objects that differ in one definition: what an error does.
function(preload_objects target)
	add_library(${target} OBJECT ${ARGN})
	set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE ON)
	target_include_directories(${target} PRIVATE include src)
	target_compile_definitions(${target} PRIVATE MAPROOT_ENV_PREFIX="${MAPROOT_ENV_PREFIX}")
	target_compile_options(${target} PRIVATE -fno-lto -fno-asynchronous-unwind-tables)
	target_link_libraries(${target} PRIVATE maproot_compiler maproot_libcap)
endfunction()

file(GLOB preload_sources CONFIGURE_DEPENDS
	src/base/*.c src/model/*.c src/system/*.c src/join/*.c src/preload/*.c)
set(preload_constructor ${CMAKE_CURRENT_SOURCE_DIR}/src/preload/preload.c)
list(REMOVE_ITEM preload_sources ${preload_constructor})
preload_objects(maproot_preload_objects ${preload_sources})
preload_objects(maproot_preload_exits ${preload_constructor})
target_compile_definitions(maproot_preload_exits PRIVATE MR_PRELOAD_EXITS)
preload_objects(maproot_preload_records ${preload_constructor})

# One relocatable object of each kind.
foreach(kind exits records)
	set(object ${CMAKE_CURRENT_BINARY_DIR}/maproot-preload-${kind}.o)
	string(REPLACE "LINKER:" "-Wl," roots "${preload_roots}")
	add_custom_command(OUTPUT ${object}
		COMMAND ${CMAKE_C_COMPILER} -r -nostdlib -Wl,--gc-sections ${roots} -o ${object}
			$<TARGET_OBJECTS:maproot_preload_${kind}> $<TARGET_OBJECTS:maproot_preload_objects>
		COMMAND ${CMAKE_OBJCOPY} --strip-unneeded ${preload_kept} ${object}
		DEPENDS $<TARGET_OBJECTS:maproot_preload_${kind}> $<TARGET_OBJECTS:maproot_preload_objects>
		COMMAND_EXPAND_LISTS VERBATIM)
	set_source_files_properties(${object} PROPERTIES GENERATED ON EXTERNAL_OBJECT ON)
endforeach()

# Its constructor goes before those of the program's libraries, which may start threads: "initfirst".
add_library(maproot_preload SHARED ${CMAKE_CURRENT_BINARY_DIR}/maproot-preload-exits.o ${preload_map})
set_target_properties(maproot_preload PROPERTIES
	OUTPUT_NAME maproot-preload LINKER_LANGUAGE C LINK_DEPENDS ${preload_map})
target_link_options(maproot_preload PRIVATE -nostartfiles LINKER:--version-script=${preload_map}
	LINKER:--no-undefined LINKER:--gc-sections LINKER:-z,now LINKER:-z,initfirst)

add_library(maproot_preload_static STATIC ${CMAKE_CURRENT_BINARY_DIR}/maproot-preload-records.o)
set_target_properties(maproot_preload_static PROPERTIES OUTPUT_NAME maproot-preload LINKER_LANGUAGE C)

# The objects are another target's: it has to be made first.
add_dependencies(maproot_preload maproot_preload_exits maproot_preload_objects)
add_dependencies(maproot_preload_static maproot_preload_records maproot_preload_objects)

install(TARGETS maproot_preload maproot_preload_static
	ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
	LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(FILES packaging/man/libmaproot-preload.7 DESTINATION ${CMAKE_INSTALL_MANDIR}/man7)
