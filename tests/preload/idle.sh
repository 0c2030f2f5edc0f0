#!/bin/sh
# Contract: without a variable of ours the constructor makes no system call: a program with the object in it makes the
# same ones as without it. With a variable it makes some, so that this would be seen.
set -u
top=$1
# shellcheck source=tests/structure/lib.sh
. "$top/tests/structure/lib.sh"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

command -v strace >/dev/null || {
	echo "skipped: no strace"
	exit 77
}

# calls OUTPUT COMMAND...: names of the calls after exec
calls() {
	output=$1
	shift
	env -i strace -o "$scratch/trace" -E NOTHING=1 "$@" || complain "strace $*: status $?"
	sed -n '2,$s/(.*//p' "$scratch/trace" >"$output"
	[ -s "$output" ] || complain "nothing traced: $*"
}

calls "$scratch/bare" "$BARE"
calls "$scratch/idle" "$IDLE"
cmp "$scratch/bare" "$scratch/idle" || complain "$(diff "$scratch/bare" "$scratch/idle")"
calls "$scratch/asked" -E maproot_net=/proc/self/ns/net "$IDLE"
if cmp -s "$scratch/idle" "$scratch/asked"; then
	complain "a variable makes no difference"
fi

finish
