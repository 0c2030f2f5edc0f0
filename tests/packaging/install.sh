#!/bin/sh
# Contract: `cmake --install` puts program, libraries, headers, man pages, pkg-config file and CMake package in place, all
# usable after the tree was moved; a program builds and runs against it through pkg-config (shared and static) and through
# find_package(maproot), each kind.
set -eu
top=$1
build=$2
here=$top/tests/packaging
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

fail() {
	echo "$*"
	exit 1
}

for tool in pkg-config cmake "$CC"; do
	command -v "$tool" >/dev/null || {
		echo "skipped: no $tool"
		exit 77
	}
done

cmake --install "$build" --prefix "$scratch/first" >/dev/null
mv "$scratch/first" "$scratch/moved"
prefix=$scratch/moved
pc=$(cd "$prefix" && find . -name maproot.pc)
libdir=$prefix/${pc%/pkgconfig/maproot.pc}

for file in bin/maproot share/man/man1/maproot.1 share/man/man3/maproot.3 share/man/man3/maproot_start.3 \
	share/man/man7/libmaproot-preload.7; do
	[ -s "$prefix/$file" ] || fail "not installed, or empty: $file"
done
for header in "$top"/include/maproot/*.h; do
	cmp "$header" "$prefix/include/maproot/${header##*/}"
done
# What needs a library of its own, where that was found.
if [ -e "$build/maproot-oci" ]; then
	for file in bin/maproot-oci share/man/man1/maproot-oci.1 share/man/man3/libmaproot-oci.3; do
		[ -s "$prefix/$file" ] || fail "not installed, or empty: $file"
	done
	"$prefix/bin/maproot-oci" --version | grep -q '^maproot-oci [0-9]' || fail "maproot-oci does not say its version"
fi
for program in net scope; do
	[ ! -e "$build/maproot-$program" ] || [ -x "$prefix/libexec/maproot/maproot-$program" ] ||
		fail "not installed: libexec/maproot/maproot-$program"
done
for file in libmaproot.a libmaproot.so libmaproot.so.0 libmaproot-preload.a libmaproot-preload.so \
	cmake/maproot/maproot-config.cmake; do
	[ -s "$libdir/$file" ] || fail "not installed, or empty: $file"
done
others=$(cd "$prefix" && find . -type f | grep -vE '^\./(bin/maproot(-oci)?|libexec/maproot/maproot-(net|scope)|include/maproot/[a-z]+\.h)$' |
	grep -vE '^\./share/man/(man1/maproot(-oci)?\.1|man3/(maproot|maproot_start|libmaproot-oci)\.3|man7/libmaproot-preload\.7)$' |
	grep -vE '^\./(etc/apparmor\.d/maproot|lib/sysctl\.d/60-maproot\.conf|share/maproot/grant-subids)$' |
	grep -vE '/(libmaproot(-oci)?\.(a|so\.0\.[0-9.]+)|libmaproot-preload\.(a|so)|pkgconfig/maproot(-oci)?\.pc|cmake/maproot/maproot-[a-z-]+\.cmake)$') || true
[ -z "$others" ] || fail "installed as well: $others"

"$prefix/bin/maproot" --version | grep -q '^maproot [0-9]' || fail "the installed program does not say its version"
readelf -d "$libdir/libmaproot.so.0" | grep -q 'SONAME.*\[libmaproot\.so\.0\]' || fail "no SONAME libmaproot.so.0"
needed=$(readelf -d "$prefix/bin/maproot" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' |
	grep -vE '^(libcap\.so\.2|libc\.so\.6|ld-linux.*|lib[au]*san\.so.*)$') || true
[ -z "$needed" ] || fail "the program needs more than libcap and the C library: $needed"

# says COMMAND...: the consumer's one line
says() {
	[ "$("$@")" = write-uid-map ] || fail "wrong answer from: $*"
}

# A library that was built with sanitizers can only be linked by such a program.
sanitize=
if nm "$libdir/libmaproot.a" 2>/dev/null | grep -q ' U __asan_init'; then
	sanitize=-fsanitize=address,undefined
fi
export PKG_CONFIG_PATH="$libdir/pkgconfig"
# shellcheck disable=SC2046,SC2086 # lists of words
"$CC" $sanitize -o "$scratch/dynamic" "$here/consumer/consumer.c" $(pkg-config --cflags --libs maproot)
says env LD_LIBRARY_PATH="$libdir" "$scratch/dynamic"
ldd "$scratch/dynamic" | grep -q 'libmaproot\.so\.0' || fail "the consumer is not linked to the shared library"
if [ -z "$sanitize" ]; then
	# shellcheck disable=SC2046
	"$CC" -static -o "$scratch/static" "$here/consumer/consumer.c" $(pkg-config --static --cflags --libs maproot)
	says "$scratch/static"
fi

# Before main: as a library, and as an object in a program that has nothing else of ours.
"$CC" $sanitize -I "$prefix/include" -o "$scratch/joined" "$here/consumer/joined.c" "$libdir/libmaproot-preload.a"
[ "$(maproot_foo=1 "$scratch/joined")" = "unknown variable 'maproot_foo'" ] || fail "the object does not work"
[ -z "$(env LD_PRELOAD="$libdir/libmaproot-preload.so" true 2>&1)" ] || fail "the preloaded library talks"
status=0
env maproot_foo=1 LD_PRELOAD="$libdir/libmaproot-preload.so" true 2>"$scratch/said" || status=$?
if [ "$status" -ne 125 ] || [ "$(cat "$scratch/said")" != "maproot: unknown variable 'maproot_foo'" ]; then
	fail "the library does not work: status $status, $(cat "$scratch/said")"
fi

cmake -S "$here/consumer" -B "$scratch/build" -DCMAKE_C_COMPILER="$CC" -DCMAKE_C_FLAGS="$sanitize" \
	-DCMAKE_PREFIX_PATH="$prefix" >/dev/null
cmake --build "$scratch/build" >/dev/null
for kind in maproot shared static; do
	says "$scratch/build/consumer-$kind"
done
! ldd "$scratch/build/consumer-static" | grep -q libmaproot || fail "maproot::static links the shared library"
