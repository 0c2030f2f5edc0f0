#!/bin/sh
# Contract: each public header compiles alone, warning-free, as strict C11 and as C++ (11, 17, 20), and a C++ program that uses
# all of them links with the library and runs.
set -u
top=$1
here=$(dirname "$0")
# shellcheck source=tests/structure/lib.sh
. "$here/lib.sh"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
CXX=${CXX:-c++}

if ! command -v "$CXX" >/dev/null 2>&1; then
	echo "skipped: no C++ compiler ($CXX)"
	exit 77
fi

warnings="-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror"
for header in "$top"/include/maproot/*.h; do
	name=maproot/$(basename "$header")
	echo "#include <$name>" >"$scratch/alone.c"
	echo "#include <$name>" >>"$scratch/alone.c"
	# shellcheck disable=SC2086 # a list of words
	"$CC" -std=c11 $warnings -I "$top/include" -fsyntax-only "$scratch/alone.c" || complain "$name as C11"
	for standard in c++11 c++17 c++20; do
		# shellcheck disable=SC2086
		"$CXX" -x c++ -std=$standard $warnings -I "$top/include" -fsyntax-only "$scratch/alone.c" ||
			complain "$name as $standard"
	done
done

sanitizer=
if "$NM" "$STATIC_LIBRARY" 2>/dev/null | grep -q ' U __asan_init'; then
	sanitizer=-fsanitize=address,undefined
fi
# shellcheck disable=SC2086
if ! "$CXX" -std=c++11 $warnings $sanitizer -I "$top/include" -o "$scratch/uses" "$here/uses.cpp" "$STATIC_LIBRARY" -lcap; then
	complain "a C++ program does not build with the library"
else
	"$scratch/uses" || complain "a C++ program with the library: status $?"
fi

finish
