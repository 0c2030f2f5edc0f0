# shellcheck shell=sh
# Packages of the running distribution. Sourced by quickstart and by the tests; prints to stderr only.

say() {
	printf '%s\n' "$*" >&2
}

die() {
	say "${0##*/}: $*"
	exit 1
}

have() {
	command -v "$1" >/dev/null 2>&1
}

# Prints apt, dnf, apk or pacman; fails where there is none of them.
package_manager() {
	for manager in apt-get dnf apk pacman; do
		if have "$manager"; then
			echo "${manager%-get}"
			return 0
		fi
	done
	return 1
}

# install_packages MANAGER PACKAGE...
install_packages() {
	manager=$1
	shift
	if [ "$(id -u)" -ne 0 ]; then
		die "missing packages; as root, install: $*"
	fi
	say "installing: $*"
	case $manager in
	apt)
		export DEBIAN_FRONTEND=noninteractive
		apt-get -q update >&2 || die "apt-get update failed"
		apt-get -q install -y --no-install-recommends "$@" >&2 || die "apt-get could not install: $*"
		;;
	dnf) dnf -y install "$@" >&2 || die "dnf could not install: $*" ;;
	apk) apk add "$@" >&2 || die "apk could not install: $*" ;;
	pacman) pacman -Sy --needed --noconfirm "$@" >&2 || die "pacman could not install: $*" ;;
	*) die "unknown package manager: $manager" ;;
	esac
}
