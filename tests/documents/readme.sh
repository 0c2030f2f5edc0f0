#!/bin/sh
# Contract: every ```console block of README.md does what it shows, for an unprivileged user who has maproot in PATH; there are
# eight headings of things people do, each with such a block; the ```c block is twenty lines, builds as the block after it
# says, against the installed library, and does what that block shows; the two commands exist.
set -u
top=$1
build=$2
here=$top/tests/documents
# shellcheck source=tests/structure/lib.sh
. "$top/tests/structure/lib.sh"
readme=$top/README.md
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
chmod 755 "$scratch"

for command in packaging/quickstart tests/run; do
	grep -q "^$command" "$readme" || complain "README.md does not name $command"
	[ -x "$top/$command" ] || complain "$command is no program"
done

# One file a console block, named by its number; "NUMBER HEADING" in the list.
mkdir "$scratch/blocks" "$scratch/bin" "$scratch/home"
awk -v out="$scratch/blocks" '
	/^#+ / { heading = $0 }
	/^```console$/ { open = 1; file = sprintf("%s/%02d", out, ++count); print count " " heading >(out "/list"); next }
	/^```$/ { open = 0 }
	open { print >file }' "$readme"
grep -c . "$scratch/blocks/list" >/dev/null 2>&1 || complain "README.md has no console blocks"
things=$(grep ' ### ' "$scratch/blocks/list" | cut -d' ' -f2- | sort -u | wc -l)
[ "$things" -ge 8 ] || complain "README.md shows $things things to do, not eight"

awk '/^```c$/ { open = 1; next } /^```$/ { open = 0 } open' "$readme" >"$scratch/home/example.c"
lines=$(wc -l <"$scratch/home/example.c")
if [ "$lines" -lt 10 ] || [ "$lines" -gt 20 ]; then
	complain "the example in C has $lines lines"
fi

cp "$MAPROOT" "$scratch/bin/maproot"
cp "$here/try_blocks.sh" "$scratch/"
cmake --install "$build" --prefix "$scratch/installed" >/dev/null || complain "cannot install the library"
libdir=$(dirname "$(find "$scratch/installed" -name 'libmaproot.so')")
chmod -R a+rX "$scratch"

PATH=$scratch/bin:$PATH:/usr/sbin:/sbin PKG_CONFIG_PATH=$libdir/pkgconfig LD_LIBRARY_PATH=$libdir XDG_RUNTIME_DIR=$scratch/home LC_ALL=C \
	"$AS_USER" "$scratch/home" sh "$scratch/try_blocks.sh" "$scratch/blocks" || complain "see above"

finish
