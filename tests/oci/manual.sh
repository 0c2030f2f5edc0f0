#!/bin/sh
# Contract: libmaproot-oci(3) names and describes exactly the functions that <maproot/oci.h> declares, its example compiles, and
# both pages are free of mandoc's warnings.
set -u
top=$1
page=$top/packaging/man/libmaproot-oci.3
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
failed=0

complain() {
	echo "$*" >&2
	failed=1
}

grep -oE '\bmaproot_oci_[a-z]+\(' "$top/include/maproot/oci.h" | tr -d '(' | LC_ALL=C sort -u >"$scratch/declared"
[ -s "$scratch/declared" ] || complain "oci.h declares nothing"
sed -n 's/^\.Nm \(maproot_oci_[a-z]*\).*/\1/p' "$page" | LC_ALL=C sort -u >"$scratch/named"
grep '^\.It Fn' "$page" | grep -oE 'maproot_oci_[a-z]+' | LC_ALL=C sort -u >"$scratch/described"
diff "$scratch/declared" "$scratch/named" || complain "NAME is not what oci.h declares"
diff "$scratch/declared" "$scratch/described" || complain "DESCRIPTION is not what oci.h declares"

{
	printf '#include <maproot/oci.h>\nint fail(const struct maproot_error *err);\nint refuse(const struct maproot_oci *spec);\n'
	printf 'int example(void);\nint example(void)\n{\n'
	sed -n '/^\.Bd -literal/,/^\.Ed/p' "$page" | sed '/^\./d'
	printf 'return status;\n}\n'
} >"$scratch/example.c"
"${CC:-cc}" -std=c11 -Wall -Wextra -Werror -I "$top/include" -fsyntax-only "$scratch/example.c" ||
	complain "the example does not compile"

if command -v mandoc >/dev/null 2>&1; then
	for file in "$page" "$top/packaging/man/maproot-oci.1"; do
		mandoc -T lint -W warning "$file" || complain "$file: see mandoc's warnings"
	done
else
	echo "skipped: no mandoc, its warnings are not asked for"
fi
exit $failed
