# unit_tests(PART NAME... [PRIVILEGED]): a program test_NAME of test_NAME.c for each name, against the library's insides, as
# test PART/NAME.

if(NOT TARGET test_unit)
	add_library(test_unit STATIC ${CMAKE_CURRENT_LIST_DIR}/unit.c ${CMAKE_CURRENT_LIST_DIR}/place.c)
	target_include_directories(test_unit PUBLIC ${CMAKE_CURRENT_LIST_DIR} ${PROJECT_SOURCE_DIR}/src)
	target_link_libraries(test_unit PUBLIC
		maproot_compiler maproot_static maproot_libcap test_support PkgConfig::CHECK)
endif()

function(unit_test part name)
	add_executable(test_${part}_${name} test_${name}.c ${ARGN})
	target_link_libraries(test_${part}_${name} PRIVATE test_unit)
	target_compile_definitions(test_${part}_${name} PRIVATE
		MAPROOT_PATH="$<TARGET_FILE:maproot>" MAPROOT_VERSION="${PROJECT_VERSION}")
	add_dependencies(test_${part}_${name} maproot)
	add_test(NAME ${part}/${name} COMMAND test_${part}_${name})
	set_tests_properties(${part}/${name} PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 300 LABELS sanitizers)
	if(MAPROOT_SANITIZE)
		# Its leak check needs ptrace(2), and a /proc of its own pid namespace: these tests leave both behind.
		set_tests_properties(${part}/${name} PROPERTIES ENVIRONMENT ASAN_OPTIONS=detect_leaks=0)
	endif()
endfunction()
