#!/bin/sh
# Contract: libmaproot-preload exports exactly the functions that preload.h declares, and nothing else is global in the
# object, so that a program may have the library too; both need of the C library nothing but functions on strings and
# bytes, the thinnest wrappers of system calls, and the environment: no allocation, stdio, threads, locale, users, exit
# handlers. The library needs no other library, and begins before all others.
set -u
top=$1
here=$(dirname "$0")
# shellcheck source=tests/structure/lib.sh
. "$here/lib.sh"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# System calls, some of which start nothing and change nothing but descriptors; then what sees the environment.
allowed="_exit access chroot clock_gettime close dup fchdir fcntl fstat fstatat fstatfs geteuid getgroups getpid getppid
	getresgid getresuid ioctl mkdir mmap munmap nanosleep openat poll prctl read readlink setns stat syscall write
	bcmp __errno_location environ __environ getauxval secure_getenv"
# What hardened builds make of these.
hardened='^(__(mem|str|st)[a-z]*_chk|__(read|readlink|getgroups|poll)_chk|__openat(64)?_2|__stack_chk_fail)$'

printf '%s\n' '#include <maproot/preload.h>' |
	"$CC" -E -P -I "$top/include" -x c - | grep -oE '\bmaproot_preload_[a-z0-9_]+ *\(' | tr -d ' (' |
	LC_ALL=C sort -u >"$scratch/declared"
[ -s "$scratch/declared" ] || complain "no declarations found"

# check_needs FILE: the undefined symbols of the standard input
check_needs() {
	sed 's/@.*//' | while read -r name; do
		case $name in
		mem[a-z]* | str[a-z]*)
			case $name in
			strdup | strndup | strerror* | strsignal* | strcoll* | strxfrm* | strto* | strftime*)
				echo "$name"
				;;
			esac
			continue
			;;
		esac
		echo "$allowed" | tr -s '[:space:]' '\n' | grep -qx "$name" || echo "$name" | grep -qE "$hardened" ||
			echo "$name"
	done | while read -r name; do
		echo "$1 needs $name"
	done >"$scratch/needs"
	while read -r line; do
		complain "$line"
	done <"$scratch/needs"
}

"$NM" -u "$PRELOAD_OBJECT" | awk 'NF == 2 { print $2 }' >"$scratch/undefined"
[ -s "$scratch/undefined" ] || complain "the object needs nothing at all"
check_needs "the object" <"$scratch/undefined"
"$NM" -D -u "$PRELOAD_LIBRARY" | awk '{ print $2 }' >"$scratch/undefined"
[ -s "$scratch/undefined" ] || complain "the library needs nothing at all"
check_needs "the library" <"$scratch/undefined"

"$NM" -g --defined-only "$PRELOAD_OBJECT" | awk 'NF == 3 { print $3 }' | LC_ALL=C sort >"$scratch/global"
cmp "$scratch/declared" "$scratch/global" || complain "global in the object: $(tr '\n' ' ' <"$scratch/global")"
"$NM" -D --defined-only "$PRELOAD_LIBRARY" | awk '$2 != "A" { print $2, $3 }' | LC_ALL=C sort >"$scratch/exported"
sed 's/.*/T &@@LIBMAPROOT_PRELOAD_0/' "$scratch/declared" >"$scratch/wanted"
cmp "$scratch/wanted" "$scratch/exported" || complain "exported: $(tr '\n' ' ' <"$scratch/exported")"

needed=$(readelf -d "$PRELOAD_LIBRARY" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | tr '\n' ' ')
[ "$needed" = "libc.so.6 " ] || complain "the library needs: $needed"
readelf -d "$PRELOAD_LIBRARY" | grep -q 'FLAGS_1.*INITFIRST' || complain "the library is not the first to begin"

# A program that has the library as well, each with its own.
cat >"$scratch/both.c" <<'END'
#include <maproot/namespace.h>
#include <maproot/preload.h>

int main(void)
{
	return maproot_preload_result()->code != 0 || !maproot_namespace_name(MAPROOT_NAMESPACE_NET);
}
END
"$CC" -I "$top/include" -o "$scratch/both" "$scratch/both.c" -Wl,--whole-archive "$PRELOAD_OBJECT" "$STATIC_LIBRARY" \
	-Wl,--no-whole-archive -lcap || complain "a program can't have both"
"$scratch/both" || complain "a program with both: status $?"

finish
