#!/bin/sh
# Contract: maproot(1) lists exactly the options of `maproot --help`, letter and name; maproot(3) has a prototype for exactly
# the functions that the headers declare, and names each constant that they define; both are free of mandoc's warnings, and
# their C example compiles.
set -u
top=$1
# shellcheck source=tests/structure/lib.sh
. "$top/tests/structure/lib.sh"
one=$top/packaging/man/maproot.1
three=$top/packaging/man/maproot.3
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

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
	mandoc -T lint -W warning "$three" || complain "maproot.3: see mandoc's warnings"
fi

# Options as "-r --map-root-user" or "--map-auto".
"$MAPROOT" --help | sed -nE 's/^ +((-[A-Za-z])?(, +)?(--[a-z0-9-]+)).*/\1/p' | tr -s ', ' ' ' | LC_ALL=C sort >"$scratch/help"
sed -nE 's/^\.It Fl (([A-Za-z]) , )?-([a-z0-9-]+).*/\2 \3/p' "$one" | sed -E 's/^([A-Za-z]) /-\1 --/; s/^ /--/' |
	LC_ALL=C sort >"$scratch/man"
differ maproot.1 "$scratch/help" "$scratch/man"

for header in "$top"/include/maproot/*.h; do
	echo "#include <maproot/${header##*/}>"
done >"$scratch/all.c"
"$CC" -E -P -I "$top/include" "$scratch/all.c" >"$scratch/all.i"
grep -oE '\bmaproot_[a-z0-9_]+ *\(' "$scratch/all.i" | tr -d ' (' | LC_ALL=C sort -u >"$scratch/functions"
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

sed -n '/^\.Bd -literal/,/^\.Ed/p' "$three" | sed '/^\./d; s/\\e/\\/g' >"$scratch/example.c"
[ -s "$scratch/example.c" ] || complain "maproot.3 has no example"
"$CC" -std=c11 -Wall -Wextra -Werror -I "$top/include" -o "$scratch/example.o" -c "$scratch/example.c" ||
	complain "the example of maproot.3 does not compile"

finish
