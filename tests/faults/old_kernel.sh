#!/bin/sh
# Contract: on a kernel without anything newer than Linux 4.18 the wrapper does what it does on a new one.
#
#   old_kernel.sh DENY MAPROOT-WHEN-THE-ENVIRONMENT-HAS-NONE
set -u

deny=$1
maproot=${MAPROOT:-$2}
bad=0

# Where others may execute them; the mounts below are this script's own.
if [ "$(id -u)" -eq 0 ] && [ "${OLD_KERNEL_INSIDE:-}" != yes ]; then
	OLD_KERNEL_INSIDE=yes exec unshare --mount --propagation private sh "$0" "$@"
fi
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
chmod 755 "$place"
cp "$maproot" "$place/maproot"
cp "$deny" "$place/deny"
user=4027531
if [ "$(id -u)" -eq 0 ]; then
	for file in passwd group subuid subgid; do
		cp "/etc/$file" "$place/$file"
		chmod 644 "$place/$file"
	done
	echo "maproot-old:x:$user:$user::$place:/bin/sh" >>"$place/passwd"
	echo "maproot-old:x:$user:" >>"$place/group"
	for file in subuid subgid; do
		echo "maproot-old:1610612736:65536" >"$place/$file"
	done
	for file in passwd group subuid subgid; do
		mount --bind "$place/$file" "/etc/$file" || exit 1
	done
fi
cd /

# check WHAT STATUS OUTPUT OPTION... -- COMMAND...
check() {
	what=$1 want_status=$2 want=$3
	shift 3
	# the filter first, as root: set-user-ID helpers keep their rights below it
	if [ "$(id -u)" -eq 0 ]; then
		got=$("$place/deny" setpriv --reuid "$user" --regid "$user" --clear-groups "$place/maproot" "$@" 2>&1 </dev/null)
	else
		got=$("$place/deny" "$place/maproot" "$@" 2>&1 </dev/null)
	fi
	status=$?
	if [ "$status" != "$want_status" ] || [ "$got" != "$want" ]; then
		printf '%s: status %s, not %s; output:\n%s\nnot:\n%s\n' "$what" "$status" "$want_status" "$got" "$want"
		bad=1
	fi
}

check plain 0 0 id -u
check status 7 "" sh -c 'exit 7'
check signal 143 "" sh -c 'kill -TERM $$'
check 'in place' 0 0 --in-place id -u
check 'new pid namespace' 0 2 --pid sh -c 'echo $$'
check 'as pid 1' 0 1 --pid --as-pid-1 sh -c 'echo $$'
check 'host name' 0 inside --uts --hostname inside uname -n
check loopback 0 yes --net sh -c 'grep -q "lo:" /proc/net/dev && echo yes'
check 'file system' 0 yes --tmpfs /mnt sh -c 'touch /mnt/x && test -e /mnt/x && echo yes'
check 'read-only bind' 0 no --bind /usr:/mnt:ro sh -c 'touch /mnt/x 2>/dev/null || echo no'
check 'descriptors' 0 no --close-fds sh -c 'test -e /proc/self/fd/9 || echo no' 9</dev/null
check 'not found' 127 "maproot: cannot find '/nonexistent': No such file or directory
  cause: there is no '/nonexistent'
  try:   install it, or give another path" /nonexistent
if [ "$(id -u)" -eq 0 ]; then
	check 'subordinate ids' 0 65537 --map-auto sh -c "awk '{ n += \$3 } END { print n }' /proc/self/uid_map"
else
	echo "SKIP subordinate ids: an ordinary user's filter takes away the rights of the set-user-ID helpers"
fi
# Time namespaces are newer: asked for, they are refused with a reason.
if [ "$(id -u)" -eq 0 ]; then
	got=$("$place/deny" setpriv --reuid "$user" --regid "$user" --clear-groups "$place/maproot" --time true 2>&1)
else
	got=$("$place/deny" "$place/maproot" --time true 2>&1)
fi
status=$?
case $status/$got in
125/maproot:\ *) ;;
*) echo "time namespace: status $status, output: $got" && bad=1 ;;
esac
[ $bad -eq 0 ] && echo "old kernel: all as on a new one"
exit $bad
