#!/bin/sh
# Contract: the shared library exports exactly the functions that include/ declares (but for preload.h, whose are another
# library's: preload.sh), each under the version LIBMAPROOT_0, and no data; the static one puts nothing into a program's
# name space that does not start with maproot_ or mr_.
set -u
top=$1
here=$(dirname "$0")
# shellcheck source=tests/structure/lib.sh
. "$here/lib.sh"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

for header in "$top"/include/maproot/*.h; do
	case ${header##*/} in preload.h | oci.h) continue ;; esac
	echo "#include <maproot/$(basename "$header")>"
done >"$scratch/all.c"
"$CC" -E -P -I "$top/include" "$scratch/all.c" | grep -v '^typedef ' | grep -oE '\bmaproot_[a-z0-9_]+ *\(' | tr -d ' (' |
	LC_ALL=C sort -u >"$scratch/declared"
[ -s "$scratch/declared" ] || complain "no declarations found"

if [ -n "${SHARED_LIBRARY:-}" ]; then
	"$NM" -D --defined-only "$SHARED_LIBRARY" | awk '$2 != "A"' >"$scratch/dynamic"
	awk '$2 != "T" { print "not a function: " $3 }
		$3 !~ /@@LIBMAPROOT_0$/ { print "without the version: " $3 }' "$scratch/dynamic" >"$scratch/odd"
	while read -r line; do
		complain "$line"
	done <"$scratch/odd"
	awk '{ sub(/@.*/, "", $3); print $3 }' "$scratch/dynamic" | LC_ALL=C sort -u >"$scratch/exported"
	LC_ALL=C comm -23 "$scratch/declared" "$scratch/exported" >"$scratch/missing"
	LC_ALL=C comm -13 "$scratch/declared" "$scratch/exported" >"$scratch/extra"
	while read -r name; do
		complain "declared, not exported: $name"
	done <"$scratch/missing"
	while read -r name; do
		complain "exported, not declared: $name"
	done <"$scratch/extra"
else
	echo "SKIP the shared library's symbols: built without one"
fi

"$NM" -g --defined-only "$STATIC_LIBRARY" | awk 'NF == 3 { print $3 }' >"$scratch/static"
[ -s "$scratch/static" ] || complain "no symbols in $STATIC_LIBRARY"
grep -vE '^(maproot|mr)_|^__(asan|odr_asan|odr_asan_gen)' "$scratch/static" >"$scratch/foreign"
while read -r name; do
	complain "in the static library's name space: $name"
done <"$scratch/foreign"

finish
