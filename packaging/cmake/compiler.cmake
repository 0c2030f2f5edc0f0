# What the compiler and linker are told, and where libcap is. Gives three interface targets: maproot_compiler (all of our own
# code), maproot_program (how the program is linked), maproot_libcap.

set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS ON)

if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
	set(CMAKE_BUILD_TYPE Release CACHE STRING "Release, Debug, RelWithDebInfo or MinSizeRel" FORCE)
endif()
if(CMAKE_C_FLAGS_RELEASE STREQUAL "-O3 -DNDEBUG") # CMake's own default, not somebody's choice
	set(CMAKE_C_FLAGS_RELEASE "-Os")
endif()

# musl-gcc, the wrapper of glibc distributions, sees neither the kernel's headers nor libcap: both are taken from the
# distribution's directories, behind musl's own. A native musl compiler needs none of this.
execute_process(COMMAND ${CMAKE_C_COMPILER} -dM -E -include features.h -x c /dev/null
	OUTPUT_VARIABLE libc_macros ERROR_QUIET)
execute_process(COMMAND ${CMAKE_C_COMPILER} -E -include linux/sched.h -x c /dev/null
	RESULT_VARIABLE kernel_headers_missing OUTPUT_QUIET ERROR_QUIET)
set(foreign_libc OFF)
set(foreign_flags)
if(NOT libc_macros MATCHES "__GLIBC__" AND kernel_headers_missing)
	set(foreign_libc ON)
	execute_process(COMMAND ${CMAKE_C_COMPILER} -print-multiarch
		OUTPUT_VARIABLE multiarch OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
	set(foreign_flags "SHELL:-idirafter /usr/include")
	if(multiarch)
		list(APPEND foreign_flags "SHELL:-idirafter /usr/include/${multiarch}")
	endif()
endif()
if(foreign_libc OR MAPROOT_SANITIZE)
	set(shared_default OFF) # it would need a libcap of the same libc; the sanitizers' runtime is in the program
else()
	set(shared_default ON)
endif()
option(MAPROOT_SHARED "Build the shared library too" ${shared_default})

add_library(maproot_compiler INTERFACE)
target_compile_definitions(maproot_compiler INTERFACE _GNU_SOURCE=)
target_compile_options(maproot_compiler INTERFACE
	-Wall -Wextra -Wconversion -Wno-sign-conversion -Wshadow -Wmissing-prototypes -Wstrict-prototypes
	-fvisibility=hidden -ffunction-sections -fdata-sections
	${foreign_flags}
	$<$<BOOL:${MAPROOT_WERROR}>:-Werror>)
if(MAPROOT_SANITIZE)
	# AddressSanitizer brings signal handlers and a stack of its own, which a test of transparency sees; a trap does not.
	set(sanitizers -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
	if(MAPROOT_SANITIZE STREQUAL "TRAP")
		set(sanitizers -fsanitize=undefined -fsanitize-undefined-trap-on-error)
	endif()
	target_compile_options(maproot_compiler INTERFACE ${sanitizers} -g)
	target_link_options(maproot_compiler INTERFACE ${sanitizers})
endif()

find_path(LIBCAP_INCLUDE_DIR sys/capability.h)
find_library(LIBCAP_STATIC_LIBRARY NAMES libcap.a PATH_SUFFIXES ${multiarch})
find_library(LIBCAP_LIBRARY NAMES libcap.so)
if(MAPROOT_STATIC OR foreign_libc)
	set(libcap "${LIBCAP_STATIC_LIBRARY}")
else()
	set(libcap "${LIBCAP_LIBRARY}")
endif()
if(NOT LIBCAP_INCLUDE_DIR OR NOT libcap)
	message(FATAL_ERROR "libcap (header sys/capability.h and library) not found; "
		"install libcap-dev (Debian), libcap-devel and libcap-static (Fedora), libcap-dev and libcap-static (Alpine)")
endif()
add_library(maproot_libcap INTERFACE)
target_link_libraries(maproot_libcap INTERFACE $<BUILD_INTERFACE:${libcap}>)

# A program that starts twice for each command it runs: nothing in it is relocated, nothing is mapped that is not needed.
add_library(maproot_program INTERFACE)
target_link_options(maproot_program INTERFACE LINKER:--gc-sections LINKER:-O1 LINKER:--build-id=none)
if(MAPROOT_STATIC)
	target_link_options(maproot_program INTERFACE
		-static -no-pie LINKER:-z,noseparate-code LINKER:-z,norelro $<$<CONFIG:Release>:LINKER:-s>)
	target_compile_options(maproot_program INTERFACE -fno-pie)
	if(NOT MAPROOT_SANITIZE)
		target_compile_definitions(maproot_program INTERFACE MAPROOT_SMALL_MALLOC) # src/cli/memory.c
	endif()
	target_compile_options(maproot_compiler INTERFACE -fno-asynchronous-unwind-tables)
endif()
