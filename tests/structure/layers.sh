#!/bin/sh
# Contract: dependencies point one way, base -> model -> system -> join -> run -> diagnose -> cli. Held twice, by what each
# file includes and by what each object needs from the linker:
# - a file includes headers of its own layer and of those before it; cli and oci include their own and <maproot/...> only;
# - preload stands beside run: it uses what join may use, and join; nobody uses preload; libexec, the programs that need
#   another library, uses base, model and system; nobody uses libexec or oci;
# - base knows no namespaces; model makes no system call that changes or reads anything;
# - libcap is used by src/system/caps.c alone; the library never prints through stdio and calls no exit handlers;
# - src/README.md names each file, and no other; each directory of src/ is a layer, the top level holds nothing but the agreed names, each file starts with a comment.
set -u
top=$1
here=$(dirname "$0")
# shellcheck source=tests/structure/lib.sh
. "$here/lib.sh"
cd "$top" || exit 99

layers="base model system join run diagnose cli"
beside="preload libexec oci" # see above

allowed_for() {
	case $1 in
	cli | oci) echo "$1" ;;
	libexec) echo "${layers%% join *} libexec" ;;
	preload) echo "${layers%% run *} preload" ;;
	*) echo "$layers" | sed "s/ *$1 .*/ $1/" ;;
	esac
}

includes() {
	sed -n 's/^[ \t]*#[ \t]*include[ \t]*\([<"][^>"]*\)[>"].*/\1/p' "$1"
}

for directory in src/*/; do
	layer=$(basename "$directory")
	case " $layers $beside " in
	*" $layer "*) ;;
	*) complain "$directory is no layer" ;;
	esac
done

files=0
for file in src/*/*.[ch]; do
	[ -e "$file" ] || continue
	files=$((files + 1))
	layer=${file#src/}
	layer=${layer%%/*}
	case $(head -n 1 "$file") in
	"/*"*) ;;
	*) complain "$file does not start with a comment" ;;
	esac
	for included in $(includes "$file"); do
		case $included in
		\"*)
			included=${included#\"}
			case " $(allowed_for "$layer") " in
			*" ${included%%/*} "*) ;;
			*) complain "$file ($layer) includes \"$included\"" ;;
			esac
			[ -e "src/$included" ] || complain "$file includes \"$included\", which is not below src/"
			;;
		"<maproot/"*)
			[ "$layer" != base ] || [ "$included" = "<maproot/error.h" ] ||
				complain "$file (base) includes $included>"
			;;
		"<sys/capability.h")
			[ "$file" = src/system/caps.c ] || complain "$file uses libcap"
			;;
		esac
	done
done
[ "$files" -gt 0 ] || complain "no sources found"

# The first column of the table that a directory's name heads, "idmap" standing for idmap.c and idmap.h.
for layer in $layers $beside; do
	named=$(awk -F '|' -v layer="$layer" '
		NF < 3 { inside = 0 }
		inside && $2 !~ /^-/ { print $2 }
		$2 == " " layer " " { inside = 1 }' src/README.md | tr -cs 'a-z0-9_.' '\n' | sed 's/\.h$//' | sort -u)
	there=$(find "src/$layer" -name '*.[ch]' | sed 's|.*/||; s/\.[ch]$//' | sort -u)
	for name in $there; do
		printf '%s\n' "$named" | grep -qx "$name" || complain "src/README.md does not name $layer/$name"
	done
	for name in $named; do
		printf '%s\n' "$there" | grep -qx "$name" || complain "src/README.md names $layer/$name, which is not there"
	done
done

# What is committed, where that can be asked.
for name in $(git ls-files 2>/dev/null | cut -d/ -f1 | sort -u); do
	case $name in
	src | include | tests | packaging | CMakeLists.txt | README.md | LICENSE) ;;
	.ci | .gitignore | .clang-format | .clang-tidy) ;;
	*) complain "top level: $name" ;;
	esac
done

# Objects: which layer defines each of our functions, and who needs it.

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# The end of an object's path names its source: .../src/base/error.c.o
source_of() {
	printf '%s\n' "$1" | sed 's|.*/\(src/[a-z_]*/[a-z_0-9]*\.c\)\.o$|\1|'
}

objects=$(printf '%s:%s:%s:%s' "$LIBRARY_OBJECTS" "$PROGRAM_OBJECTS" "${PRELOAD_OBJECTS:-}" "${OCI_OBJECTS:-}" |
	tr ':' '\n' | grep .)
for object in $objects; do
	source=$(source_of "$object")
	layer=${source#src/}
	layer=${layer%%/*}
	"$NM" -g --defined-only "$object" | awk -v layer="$layer" '{ print $NF, layer }' >>"$scratch/defined"
	"$NM" -u "$object" | awk -v source="$source" '{ print $NF, source }' >>"$scratch/needed"
done

[ -s "$scratch/defined" ] || complain "no functions found"

awk -v layers="$layers" '
	function in_list(symbol, list) { return index(" " list " ", " " symbol " ") > 0 }
	BEGIN {
		count = split(layers, name, " ")
		for (at = 1; at <= count; at++)
			rank[name[at]] = at
		rank["preload"] = rank["run"] - 0.5
		rank["oci"] = rank["cli"]
		printing = "printf puts putchar fprintf fputs fputc fwrite vprintf vfprintf dprintf perror stdout stderr " \
			"exit abort err errx warn warnx __printf_chk __fprintf_chk __vfprintf_chk __dprintf_chk"
		acting = "open openat read write close fopen fork vfork clone syscall mount umount2 unshare setns kill prctl " \
			"ioctl execve execvp execv chdir mkdir stat lstat fstat geteuid getuid getenv"
	}
	FNR == NR { home[$1] = $2; next }
	{
		symbol = $1
		split($2, part, "/")
		layer = part[2]
		if (symbol ~ /^cap_/ && $2 != "src/system/caps.c")
			print $2 " calls " symbol " of libcap"
		if (symbol ~ /^(mr|maproot)_/) {
			if (!(symbol in home))
				print $2 " needs " symbol ", which nothing defines"
			else if (rank[home[symbol]] > rank[layer] || ((home[symbol] == "preload" || home[symbol] == "oci") && layer != home[symbol]))
				print $2 " (" layer ") needs " symbol " of " home[symbol]
			else if ((layer == "cli" || layer == "oci") && home[symbol] != layer && symbol ~ /^mr_/)
				print $2 " needs " symbol ", which include/ does not promise"
		}
		if (layer != "cli" && layer != "oci" && in_list(symbol, printing))
			print $2 ", of the library, uses " symbol
		if (layer == "model" && in_list(symbol, acting))
			print $2 ", of the pure layer, calls " symbol
	}' "$scratch/defined" "$scratch/needed" >"$scratch/found"
while read -r line; do
	complain "$line"
done <"$scratch/found"
[ -s "$scratch/needed" ] || complain "no objects found"

finish
