#!/bin/sh
# debian_list.sh DIRECTORY: what is in a root file system, but for what time, the machine and device nodes make different.
set -eu
cd "$1"
LC_ALL=C find . -mindepth 1 \( -path ./dev -o -path ./var/cache -o -path ./var/log -o -path ./var/lib/apt/lists \) -prune \
	-o -printf '%M %U:%G %P %l\n' | sort -k 3
