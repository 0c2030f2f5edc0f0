#!/bin/sh
# run.sh SOURCES TARGET: builds one fuzz target with clang, AddressSanitizer and UndefinedBehaviorSanitizer, and
# lets it run for a bounded time over the kept corpus. Contract: no input of that time makes it fail. A finding is
# printed as it stands, so that it can be put into the corpus.
set -u

source=$1
target=$2
here=$source/tests/fuzz
clang=${CLANG:-clang}

if ! command -v "$clang" >/dev/null 2>&1; then
	echo "SKIP fuzz $target: no clang"
	exit 77
fi
case ${MAPROOT_TEST_SIZE:-ci} in
quick) seconds=1 ;;
full) seconds=600 ;;
*) seconds=5 ;;
esac

place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
if ! echo 'int LLVMFuzzerTestOneInput(const char *d, unsigned long n); int LLVMFuzzerTestOneInput(const char *d, unsigned long n)
	{ (void)d; (void)n; return 0; }' | "$clang" -x c -fsanitize=fuzzer,address,undefined -o "$place/try" - 2>/dev/null; then
	echo "SKIP fuzz $target: clang has no libFuzzer"
	exit 77
fi

# The OCI front end is a library of its own, on jansson.
set --
if [ "$target" = fuzz_oci ]; then
	for file in "$source"/src/oci/*.c; do
		case $(basename "$file" .c) in
		main | options | report | state) ;;
		*) set -- "$@" "$file" ;;
		esac
	done
	set -- "$@" -ljansson
fi

"$clang" -std=gnu11 -D_GNU_SOURCE -O1 -g -Wall -Wextra -Wconversion -Wno-sign-conversion -Wshadow -Werror \
	-fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer \
	-I"$source/include" -I"$source/src" -I"$here" -o "$place/$target" \
	"$here/$target.c" "$source"/src/base/*.c "$source"/src/model/*.c "$source/src/run/marker.c" "$@" || exit 1

mkdir "$place/grown"
cd "$place" || exit 1
"$place/$target" -max_total_time=$seconds -max_len=4096 -timeout=10 -rss_limit_mb=1024 -print_final_stats=1 \
	-dict="$here/words.dict" "$place/grown" "$here/corpus/$target" >"$place/log" 2>&1
status=$?
grep -E 'stat::number_of_executed_units|stat::average_exec_per_sec' "$place/log"
if [ $status -ne 0 ]; then
	tail -n 60 "$place/log"
	for finding in "$place"/crash-* "$place"/timeout-* "$place"/oom-* "$place"/leak-*; do
		[ -e "$finding" ] || continue
		echo "input ($(basename "$finding")), base64:"
		base64 "$finding"
	done
	exit 1
fi
executed=$(sed -n 's/^stat::number_of_executed_units: *//p' "$place/log")
[ "${executed:-0}" -ge 1000 ] || {
	echo "only ${executed:-0} inputs were tried"
	exit 1
}
