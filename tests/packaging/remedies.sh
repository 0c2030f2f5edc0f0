#!/bin/sh
# Contract: the remedies are installed where they are looked for: an AppArmor profile that grants userns to the installed path and
# nothing else, sysctl lines that change nothing as they come, a script that finds ids which nobody has. What --doctor prints and
# what is installed is the same profile but for the path.
set -eu
build=$1
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

fail() {
	echo "$*"
	exit 1
}

# says WANTED COMMAND...
says() {
	wanted=$1
	shift
	said=$("$@" 2>&1) || true
	[ "$said" = "$wanted" ] || fail "wanted: $wanted
said:   $said"
}

prefix=$(sed -n 's/^CMAKE_INSTALL_PREFIX:PATH=//p' "$build/CMakeCache.txt")
cmake --install "$build" --prefix "$scratch/tree" >/dev/null
profile=$(find "$scratch/tree" -path '*/apparmor.d/maproot')
[ -s "$profile" ] || fail "no AppArmor profile is installed"
grep -qx "profile maproot \"$prefix/bin/maproot\" flags=(unconfined) {" "$profile" || fail "not for $prefix/bin/maproot: $(cat "$profile")"
rules=$(sed -n '/{$/,/^}/p' "$profile" | sed '1d;$d' | grep -v '^$')
[ "$rules" = "  userns,
  include if exists <local/maproot>" ] || fail "other rules: $rules"
if command -v apparmor_parser >/dev/null && [ -e /etc/apparmor.d/abi/4.0 ]; then
	apparmor_parser -QKT "$profile" || fail "AppArmor does not take the profile"
fi
# The program's own text has the same lines.
for line in 'abi <abi/4.0>,' 'include <tunables/global>' '  userns,' '  include if exists <local/maproot>'; do
	grep -qxF "$line" "$profile" || fail "the profile lacks '$line'"
	strings -n 4 "$build/maproot" | grep -qxF "$line" || fail "the program's profile lacks '$line'"
done

sysctl=$(find "$scratch/tree" -path '*/sysctl.d/60-maproot.conf')
[ -s "$sysctl" ] || fail "no sysctl file is installed"
! grep -vE '^(#.*)?$' "$sysctl" || fail "the sysctl file changes something as it comes"
for name in kernel.unprivileged_userns_clone user.max_user_namespaces kernel.apparmor_restrict_unprivileged_userns; do
	grep -qE "^#-?$name = [0-9]+\$" "$sysctl" || fail "no line for $name"
done

grant=$scratch/tree/share/maproot/grant-subids
[ -x "$grant" ] || fail "no script for subordinate ids is installed"
etc=$scratch/etc
mkdir "$etc"
user=$(id -un)
would_run() {
	echo "usermod --add-subuids $1 --add-subgids $1 $user"
}
says "$(would_run 100000-165535)" "$grant" -n -d "$etc" "$user"
printf 'one:100000:65536\n# two:900000:65536\n' >"$etc/subuid"
says "$(would_run 165536-231071)" "$grant" -n -d "$etc" "$user"
printf 'three:200000:10\n' >"$etc/subgid"
says "$(would_run 200010-200019)" "$grant" -n -c 10 -d "$etc" "$user"
printf 'SUB_UID_MIN\t\t  500000\n#SUB_GID_MIN 900000\n' >"$etc/login.defs"
says "$(would_run 500000-500009)" "$grant" -n -c 10 -d "$etc" "$user"
printf 'four:4294967000:200\n' >>"$etc/subuid"
says "grant-subids: no range of 1000 ids is free after 4294967199" "$grant" -n -c 1000 -d "$etc" "$user"
says "grant-subids: there is no user 'no such user'" "$grant" -n -d "$etc" "no such user"
says "grant-subids: not a number of ids: '0'" "$grant" -n -c 0 "$user"
says "grant-subids: -d goes with -n: usermod writes to /etc" "$grant" -d "$etc" "$user"
