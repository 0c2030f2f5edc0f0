#!/bin/sh
# debian.sh AS_USER MAPROOT
#
# Contract: an unprivileged user with subordinate ids makes a Debian root file system by mmdebstrap in its root mode under
# `maproot --map-auto`, enters it with --root, installs a package in it, and runs the package's program: files have the owners
# and modes that packages want, dpkg finds nothing amiss, apt's own unprivileged user works, nothing is mounted afterwards.
# At full size, where the tests run as root, real root makes one too: the two differ in nothing but what a clock writes.
# At the quick size there is nothing to do.
set -eu

as_user=$1
maproot=${MAPROOT:-$2}
size=${MAPROOT_TEST_SIZE:-ci}
here=$(cd "$(dirname "$0")" && pwd)

if [ "$size" = quick ]; then
	echo "nothing at this size"
	exit 0
fi

# The distribution's own mirror, as this machine's apt has it.
# shellcheck source=/dev/null
. /etc/os-release
suite=${VERSION_CODENAME:-stable}
# shellcheck disable=SC2016 # apt expands it
mirror=$(apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
	awk -v suite="$suite" '$2 == suite && $3 == "main" { sub("/*$", "", $1); print $1; exit }')
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
if [ -z "$mirror" ] ||
	! /usr/lib/apt/apt-helper download-file "$mirror/dists/$suite/InRelease" "$place/InRelease" >"$place/log" 2>&1; then
	echo "SKIP debian: no package mirror of $suite can be reached from here"
	cat "$place/log" 2>/dev/null || true
	exit 77
fi

mkdir "$place/programs"
cp "$as_user" "$place/programs/as_user"
cp "$maproot" "$place/programs/maproot"
cp "$here/debian_user.sh" "$here/debian_list.sh" "$place/programs"
chmod 755 "$place" "$place/programs" "$place"/programs/*

"$place/programs/as_user" sh "$place/programs/debian_user.sh" "$place/programs" "$suite" "$mirror" >"$place/ours" 2>"$place/log" || {
	cat "$place/log" "$place/ours" >&2
	echo "debian: failed as the user" >&2
	exit 1
}
sed '/^listing$/,$d' "$place/ours" >"$place/fixed"
diff -u "$here/debian.expected" "$place/fixed" >&2 || {
	cat "$place/log" >&2
	echo "debian: the user got something else than debian.expected" >&2
	exit 1
}
if [ "$size" != full ] || [ "$(id -u)" -ne 0 ]; then
	echo "debian: as expected"
	exit 0
fi

sed '1,/^listing$/d' "$place/ours" >"$place/ours.list"
unshare --mount --propagation private --pid --fork --mount-proc \
	mmdebstrap --quiet --mode=root --variant=minbase "$suite" "$place/root" "$mirror" >"$place/log" 2>&1 || {
	cat "$place/log" >&2
	echo "debian: real root can't do it" >&2
	exit 1
}
sh "$place/programs/debian_list.sh" "$place/root" >"$place/theirs.list"
diff -u "$place/theirs.list" "$place/ours.list" >&2 || {
	echo "debian: real root (-) and the user (+) got different results" >&2
	exit 1
}
echo "debian: $(wc -l <"$place/ours.list") files as real root"
