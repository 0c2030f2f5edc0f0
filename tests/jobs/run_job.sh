#!/bin/sh
# run_job.sh AS_USER MAPROOT CONTAINER JOB [MAPROOT-OPTION]...
#
# Contract: JOB.sh, run by an unprivileged user under the wrapper with these options, ends with status 0 and prints
# JOB.expected; and where the tests run as root, real root gets the very same from it, in namespaces of its own of
# the same types. Lines that start with "same:" depend on the machine: they are compared with real root's only.
# The job runs in an empty directory of its own; CONTAINER names a static program that it may use.
set -eu

as_user=$1
maproot=${MAPROOT:-$2}
container=$3
job=$4
shift 4
here=$(cd "$(dirname "$0")" && pwd)

place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
mkdir "$place/programs" "$place/root"
cp "$as_user" "$place/programs/as_user"
cp "$maproot" "$place/programs/maproot"
cp "$container" "$place/programs/container"
cp "$here/$job.sh" "$place/programs/job"
chmod 755 "$place" "$place/programs" "$place"/programs/*
CONTAINER=$place/programs/container

fail() {
	echo "$job: $*" >&2
	exit 1
}

status=0
# shellcheck disable=SC2016 # the inner shell expands it
"$place/programs/as_user" sh -c 'mkdir "$HOME/job"; cd "$HOME/job"; export CONTAINER=$1; shift; exec "$@"' sh \
	"$CONTAINER" "$place/programs/maproot" "$@" sh "$place/programs/job" >"$place/ours" 2>&1 || status=$?
if [ "$status" -ne 0 ]; then
	cat "$place/ours" >&2
	fail "status $status as the user"
fi
grep -v '^same:' "$place/ours" >"$place/fixed" || true
diff -u "$here/$job.expected" "$place/fixed" >&2 || fail "the user got something else than $job.expected"

if [ "$(id -u)" -ne 0 ]; then
	sed -n 's/^same: dummy: .*Unknown device type.*/SKIP dummy link: this kernel has none (CONFIG_DUMMY)/p' "$place/ours"
	exit 0
fi

# What real root needs in order to harm nobody: its own mounts, read-only control groups, and its own network, which the
# wrapper's would be too.
set -- --mount "$@"
for option; do
	shift
	case $option in
	--map-auto) ;;
	*) set -- "$@" "$option" ;;
	esac
done
cd "$place/root"
# shellcheck disable=SC2016
env -i PATH="$PATH" LC_ALL=C HOME="$place/root" XDG_RUNTIME_DIR="$place/root" CONTAINER="$CONTAINER" \
	unshare --propagation private "$@" sh -ec '
		for place in $(awk "\$3 ~ /^cgroup/ { print \$2 }" /proc/self/mounts); do
			mount -o remount,bind,ro "$place"
		done
		mkdir job
		cd job
		ip link set lo up 2>/dev/null || true
		exec sh "$1"' sh "$place/programs/job" >"$place/theirs" 2>&1 </dev/null || {
	cat "$place/theirs" >&2
	fail "real root can't do it"
}
cd /
diff -u "$place/theirs" "$place/ours" >&2 || fail "real root (-) and the user (+) got different results"
echo "$job: as real root"
