#!/bin/sh
# Contract: maproot(1) lists exactly the options of `maproot --help`, letter and name; maproot(3) and maproot_start(3) together
# have a prototype for exactly the functions that the headers declare, and name each constant that they define, but for
# oci.h, and for preload.h, of which this is true of libmaproot-preload(7), which names each variable too; all are free of
# mandoc's warnings, and their C examples compile.
set -u
top=$1
# shellcheck source=tests/structure/lib.sh
. "$top/tests/structure/lib.sh"
one=$top/packaging/man/maproot.1
pages="$top/packaging/man/maproot.3 $top/packaging/man/maproot_start.3"
seven=$top/packaging/man/libmaproot-preload.7
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

three=$scratch/maproot.3
# shellcheck disable=SC2086 # a list of files
cat $pages >"$three"

# differ WHAT WANTED FOUND: both sorted
differ() {
	LC_ALL=C comm -23 "$2" "$3" >"$scratch/missing"
	LC_ALL=C comm -13 "$2" "$3" >"$scratch/extra"
	while read -r line; do
		complain "$1 lacks: $line"
	done <"$scratch/missing"
	while read -r line; do
		complain "$1 has what does not exist: $line"
	done <"$scratch/extra"
	[ -s "$2" ] || complain "$1: nothing to compare with"
}

if ! command -v mandoc >/dev/null 2>&1; then
	echo "SKIP lint of the manual pages: no mandoc"
else
	mandoc -T lint -W warning "$one" || complain "maproot.1: see mandoc's warnings"
	for page in $pages; do
		mandoc -T lint -W warning "$page" || complain "${page##*/}: see mandoc's warnings"
	done
	mandoc -T lint -W warning "$seven" || complain "libmaproot-preload.7: see mandoc's warnings"
fi

# Options as "-r --map-root-user" or "--map-auto".
"$MAPROOT" --help | sed -nE 's/^ +((-[A-Za-z])?(, +)?(--[a-z0-9-]+)).*/\1/p' | tr -s ', ' ' ' | LC_ALL=C sort >"$scratch/help"
sed -nE 's/^\.It Fl (([A-Za-z]) , )?-([a-z0-9-]+).*/\2 \3/p' "$one" | sed -E 's/^([A-Za-z]) /-\1 --/; s/^ /--/' |
	LC_ALL=C sort >"$scratch/man"
differ maproot.1 "$scratch/help" "$scratch/man"

for header in "$top"/include/maproot/*.h; do
	case ${header##*/} in preload.h | oci.h) continue ;; esac
	echo "#include <maproot/${header##*/}>"
done >"$scratch/all.c"
"$CC" -E -P -I "$top/include" "$scratch/all.c" >"$scratch/all.i"
grep -v '^typedef ' "$scratch/all.i" | grep -oE '\bmaproot_[a-z0-9_]+ *\(' | tr -d ' (' | LC_ALL=C sort -u >"$scratch/functions"
sed -nE 's/^\.F[no] (maproot_[a-z0-9_]+).*/\1/p' "$three" | LC_ALL=C sort -u >"$scratch/prototypes"
differ maproot.3 "$scratch/functions" "$scratch/prototypes"
sed -nE 's/^\.Nm (maproot_[a-z0-9_]+).*/\1/p' "$three" | LC_ALL=C sort -u >"$scratch/names"
differ "NAME of maproot.3" "$scratch/functions" "$scratch/names"

{
	grep -oE '\bMAPROOT_[A-Z0-9_]+' "$scratch/all.i"
	"$CC" -E -dM -I "$top/include" "$scratch/all.c" | sed -nE 's/^#define (MAPROOT_[A-Z0-9_]+).*/\1/p' | grep -v '_H$'
} | LC_ALL=C sort -u >"$scratch/constants"
sed -n 's/^\.\(Dv\|It Dv\) //p' "$three" | grep -oE 'MAPROOT_[A-Z0-9_]+' | LC_ALL=C sort -u >"$scratch/documented"
differ "the constants of maproot.3" "$scratch/constants" "$scratch/documented"

for page in $pages; do
	sed -n '/^\.Bd -literal/,/^\.Ed/p' "$page" | sed '/^\./d; s/\\e/\\/g' >"$scratch/example.c"
	[ -s "$scratch/example.c" ] || complain "${page##*/} has no example"
	"$CC" -std=c11 -Wall -Wextra -Werror -I "$top/include" -o "$scratch/example.o" -c "$scratch/example.c" ||
		complain "the example of ${page##*/} does not compile"
done

# What comes before main.
grep -oE '\bmaproot_preload_[a-z]+ *\(' "$top/include/maproot/preload.h" | tr -d ' (' | LC_ALL=C sort -u >"$scratch/functions"
sed -nE 's/^\.Fn (maproot_[a-z0-9_]+) "void"$/\1/p' "$seven" | LC_ALL=C sort -u >"$scratch/prototypes"
differ libmaproot-preload.7 "$scratch/functions" "$scratch/prototypes"
sed -nE 's/^\.Nm (maproot_[a-z0-9_]+).*/\1/p' "$seven" | LC_ALL=C sort -u >"$scratch/names"
differ "NAME of libmaproot-preload.7" "$scratch/functions" "$scratch/names"
{
	sed -nE 's/^\tX\([A-Z]+, "([a-z]+)",.*/maproot_\1/p' "$top/include/maproot/namespace.h"
	echo maproot_order
	echo maproot_on_error
} | LC_ALL=C sort >"$scratch/variables"
grep '^\.It Ev ' "$seven" | grep -oE 'maproot_[a-z_]+' | LC_ALL=C sort >"$scratch/documented"
differ "ENVIRONMENT of libmaproot-preload.7" "$scratch/variables" "$scratch/documented"
sed -n '/^\.Bd -literal -offset indent$/,/^\.Ed/p' "$seven" | sed '/^\./d; s/\\e/\\/g' >"$scratch/before.c"
[ -s "$scratch/before.c" ] || complain "libmaproot-preload.7 has no example"
"$CC" -std=c11 -Wall -Wextra -Werror -I "$top/include" -o "$scratch/before.o" -c "$scratch/before.c" ||
	complain "the example of libmaproot-preload.7 does not compile"

finish
