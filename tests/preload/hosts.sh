#!/bin/sh
# Contract: programs whose runtime starts threads before their first line are joined to the user, mount and network
# namespace of a container before that, with every thread they have: Go, with the library preloaded and with the object in
# it, dynamic and static; python3; node and java where they are. The container is one of unshare(1), and one of bwrap(1),
# made by an unprivileged user; so is the join. Nothing of the variables is left for their children.
set -u
top=$1
here=$top/tests/preload
# shellcheck source=tests/structure/lib.sh
. "$top/tests/structure/lib.sh"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
chmod 755 "$scratch"

for tool in go python3 unshare bwrap; do
	command -v "$tool" >/dev/null || {
		echo "skipped: no $tool"
		exit 77
	}
done

mkdir "$scratch/home" "$scratch/bin"
cp "$PRELOAD_LIBRARY" "$here"/hosts/host.py "$here"/hosts/host.js "$here/hosts_inside.sh" "$scratch/bin/"

# build_go NAME GO-OPTION...
build_go() {
	name=$1
	shift
	(cd "$here/hosts" && HOME=$scratch GO111MODULE=off GOFLAGS='' GOCACHE=$scratch/cache CC=$CC \
		CGO_ENABLED=1 CGO_CFLAGS="-I$top/include" CGO_LDFLAGS="-L$(dirname "$PRELOAD_OBJECT")" \
		go build -o "$scratch/bin/$name" "$@" .) || complain "go cannot build $name"
}
build_go go-preloaded
build_go go-linked -tags linked
build_go go-static -tags linked -ldflags '-extldflags -static'
if command -v javac >/dev/null; then
	javac -d "$scratch/bin" "$here/hosts/Host.java" || complain "javac cannot build"
fi
chmod -R a+rX "$scratch"

# The test user's runtime directory and home are the directory; a pyenv or the like of the caller's is not for him.
PATH=/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin LC_ALL=C \
	"$AS_USER" "$scratch/home" sh "$scratch/bin/hosts_inside.sh" "$scratch/bin" || complain "see above"

finish
