#!/bin/sh
# debian_user.sh PROGRAMS SUITE MIRROR: the part of debian.sh that the user does.
set -eu
programs=$1
suite=$2
mirror=$3
export LC_ALL=C DEBIAN_FRONTEND=noninteractive
cd "$HOME"

as_root() {
	"$programs/maproot" --map-auto "$@"
}

as_root --pid --mount-proc mmdebstrap --quiet --mode=root --variant=minbase "$suite" root "$mirror" >&2
as_root sh "$programs/debian_list.sh" root >listing

inside() {
	as_root --root root "$@"
}

inside apt-get -q update >&2
inside apt-get -q install -y --no-install-recommends hello >&2
inside hello
# shellcheck disable=SC2016 # dpkg-query and the inner shell expand it
inside dpkg-query -W -f '${Package} ${db:Status-Status}\n' hello base-files
inside dpkg --audit
# shellcheck disable=SC2016
inside sh -c 'echo "id $(id -u):$(id -g) in $PWD"; stat -c "%A %U:%G %n" / /etc/shadow /tmp /var/mail /usr/bin/passwd'
inside setpriv --reuid _apt --regid nogroup --clear-groups id -nu
inside sh -c 'echo written >/dev/null; test -c /dev/zero && test -d /dev/pts && test -d /proc/self && test -d /sys/kernel && echo "devices"'

# The user's own view: the namespaces are gone, and so is all that was mounted.
grep -c "$HOME/root" /proc/self/mounts || true
echo listing
cat listing
as_root rm -rf root
