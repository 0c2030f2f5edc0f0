#!/bin/sh
# Contract of packaging/quickstart, each on a machine made of fakes (a PATH that holds nothing but what is named here):
# - it installs only what is missing, with apt, dnf, apk or pacman, whichever is there, and only as root;
# - without a package manager, without root, and after an installation or a build that failed it stops with status 1 and a
#   message that names the thing;
# - it builds static with musl where that links, else static with another compiler, else says that it can't;
# - as root it runs the command as an unprivileged user, else directly; standard output and status are the command's own;
# - run twice, it installs nothing, and keeps the build directory unless the compiler changed.
set -eu
top=$1
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
tree=$scratch/tree
log=$scratch/log

fail() {
	echo "FAILED: $*"
	echo "--- what the fakes were called with:"
	cat "$log"
	echo "--- stderr:"
	cat "$scratch/stderr" 2>/dev/null || true
	exit 1
}

# fake NAME BODY: a program of the fake machine; its call is logged first.
fake() {
	printf '#!/bin/sh\necho "%s $*" >>"%s"\n%s\n' "$1" "$log" "$2" >"$bin/$1"
	chmod 755 "$bin/$1"
}

# compiler NAME yes|no: whether it links static programs
# shellcheck disable=SC2016 # for the fake to expand
compiler() {
	if [ "$2" = yes ]; then
		fake "$1" 'case $1 in -print-multiarch) echo fake-linux ;; esac'
	else
		fake "$1" 'case $1 in -print-multiarch) echo fake-linux ;; *) exit 1 ;; esac'
	fi
}

# What building needs: headers, libcap.a, make, a compiler, a cmake that keeps a cache and "builds" a program.
build_tools() {
	mkdir -p "$sysroot/usr/include/sys" "$sysroot/usr/include/linux" "$sysroot/usr/lib/fake-linux"
	touch "$sysroot/usr/include/sys/capability.h" "$sysroot/usr/include/linux/sched.h" \
		"$sysroot/usr/lib/fake-linux/libcap.a"
	fake make ''
	compiler gcc yes
	# shellcheck disable=SC2016 # for the fake to expand
	fake cmake 'case $1 in
-S)	mkdir -p "$4"
	for word; do
		case $word in
		-DCMAKE_C_COMPILER=*) echo "CMAKE_C_COMPILER:STRING=${word#*=}" >"$4/CMakeCache.txt" ;;
		esac
	done ;;
--build)
	cp "${0%/*}/../program" "$2/maproot" ;;
esac'
}

# machine UID: a tree with quickstart alone, and base tools by their real names.
machine() {
	rm -rf "$tree" "$scratch/machine" "$scratch/payload"
	bin=$scratch/machine/bin
	sysroot=$scratch/machine/sysroot
	mkdir -p "$tree/packaging" "$bin" "$sysroot"
	# shellcheck disable=SC2016
	printf '#!/bin/sh\necho "ran $*"\nexit 7\n' >"$scratch/machine/program"
	chmod 755 "$scratch/machine/program"
	cp "$top/packaging/quickstart" "$top/packaging/packages.sh" "$tree/packaging/"
	for tool in sh dirname cat mktemp rm grep chmod cp mkdir touch true; do
		for directory in /usr/bin /bin; do
			[ ! -x "$directory/$tool" ] || ln -sf "$directory/$tool" "$bin/$tool"
		done
	done
	: >"$log"
	fake id "[ \"\$*\" = -u ] && echo $1"
	# shellcheck disable=SC2016
	fake setpriv 'while [ "$1" != --clear-groups ]; do shift; done; shift; exec "$@"'
}

# manager NAME: a package manager whose installation brings what building needs.
manager() {
	bin=$scratch/payload/bin
	sysroot=$scratch/payload/sysroot
	mkdir -p "$bin" "$sysroot"
	build_tools
	bin=$scratch/machine/bin
	sysroot=$scratch/machine/sysroot
	fake "$1" "case \" \$* \" in *' update '*) ;; *) cp -R '$scratch/payload/.' '$scratch/machine/' ;; esac"
}

# quickstart WANTED-STATUS ARGUMENT...
quickstart() {
	wanted=$1
	shift
	status=0
	: >"$log"
	env -i PATH="$bin" MAPROOT_SYSROOT="$sysroot" TMPDIR="$scratch" "$tree/packaging/quickstart" "$@" \
		>"$scratch/stdout" 2>"$scratch/stderr" || status=$?
	[ "$status" -eq "$wanted" ] || fail "status $status, not $wanted: quickstart $*"
}

called() {
	grep -qE -- "$1" "$log" || fail "not called: $1"
}

not_called() {
	! grep -qE -- "$1" "$log" || fail "called: $1"
}

printed() {
	grep -qF -- "$1" "$scratch/stderr" || fail "stderr lacks: $1"
}

# Each package manager is recognised, and asked for what it calls these packages.
while read -r name arguments; do
	machine 0
	manager "$name"
	quickstart 7 some command
	called "^$name .*$arguments"
	[ "$(cat "$scratch/stdout")" = "ran some command" ] || fail "stdout is not the command's own"
	quickstart 7
	[ "$(cat "$scratch/stdout")" = "ran id" ] || fail "the default command is not id"
	not_called "^$name"
done <<END
apt-get install .*gcc .*make .*cmake .*libcap-dev .*musl-tools
dnf install .*gcc .*make .*cmake .*libcap-devel .*libcap-static .*glibc-static
apk add .*gcc .*musl-dev .*make .*cmake .*linux-headers .*libcap-dev .*libcap-static
pacman -S.*gcc .*make .*cmake .*libcap
END

machine 0
manager apt-get
quickstart 7
[ "$(grep -n '^apt-get.* update' "$log" | cut -d: -f1)" -lt "$(grep -n '^apt-get.* install' "$log" | cut -d: -f1)" ] ||
	fail "apt's lists are not read before the installation"

# What cannot go on says why.
machine 0
quickstart 1
printed "apt, dnf, apk, pacman"
machine 1000
manager apt-get
quickstart 1
printed "as root, install: gcc"
not_called '^apt-get'
machine 0
fake apt-get 'exit 100'
quickstart 1
printed "apt-get update failed"
machine 0
fake dnf 'exit 1'
quickstart 1
printed "dnf could not install"
machine 0
fake dnf ''
quickstart 1
printed "still cannot build"
machine 0
build_tools
fake cmake 'echo no such luck; exit 1'
quickstart 1
printed "no such luck"
printed "the build failed"

# The compiler: musl first, and only one that links static programs.
machine 0
build_tools
compiler musl-gcc yes
quickstart 7
called '^cmake -S .*-DCMAKE_C_COMPILER=[^ ]*/musl-gcc .*-DMAPROOT_STATIC=ON'
machine 0
build_tools
compiler musl-gcc no
quickstart 7
called '^cmake -S .*-DCMAKE_C_COMPILER=[^ ]*/gcc .*-DMAPROOT_STATIC=ON'
machine 0
build_tools
compiler gcc no
quickstart 7
called '^cmake -S .*-DCMAKE_C_COMPILER=[^ ]*/gcc .*-DMAPROOT_STATIC=OFF'
printed "no static libraries here"
touch "$tree/build/kept"
compiler musl-gcc yes
mkdir "$tree/build/CMakeFiles"
quickstart 7
called 'DCMAKE_C_COMPILER=[^ ]*/musl-gcc'
[ ! -e "$tree/build/CMakeFiles" ] || fail "the build directory of another compiler was kept"
mkdir "$tree/build/CMakeFiles"
quickstart 7
[ -e "$tree/build/CMakeFiles" ] || fail "the build directory of the same compiler was not kept"
[ -e "$tree/build/kept" ] || fail "a file of the build directory was lost"

# Who runs the command.
machine 0
build_tools
quickstart 7 x
called '^setpriv --reuid 65534 --regid 65534 --clear-groups [^ ]*/maproot x$'
not_called "^setpriv .*$tree/build/maproot"
machine 1000
build_tools
quickstart 7 x
not_called '^setpriv'
[ "$(cat "$scratch/stdout")" = "ran x" ] || fail "an ordinary user's run"

left=$(find "$scratch" -mindepth 1 -maxdepth 1 | grep -vE '/(tree|machine|payload|log|stdout|stderr)$') || true
[ -z "$left" ] || fail "left behind: $left"
