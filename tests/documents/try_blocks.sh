#!/bin/sh
# try_blocks.sh DIRECTORY: runs each file of it, a shell session as README.md shows it: "$ " starts a command, the lines after
# it are what it prints. "..." stands for anything within a line, a line of "..." alone for any lines. All in the working
# directory, one session after the other, as somebody who follows the text would.
set -u
blocks=$1
failures=0
expected=$(mktemp)
found=$(mktemp)
trap 'rm -f "$expected" "$found"' EXIT

# matches EXPECTED FOUND: line by line
matches() {
	awk '
		function escaped(text) { gsub(/[][\\.^$*+?(){}|]/, "\\\\&", text); gsub(/\\\.\\\.\\\./, ".*", text); return text }
		FNR == NR { wanted[++count] = $0; next }
		{ got[++lines] = $0 }
		END {
			at = 1
			for (line = 1; line <= count; line++) {
				if (wanted[line] == "...") {
					rest = line == count ? "" : "^" escaped(wanted[line + 1]) "$"
					while (at <= lines && (rest == "" || got[at] !~ rest))
						at++
				} else if (at > lines || got[at++] !~ "^" escaped(wanted[line]) "$")
					exit 1
			}
			exit at <= lines
		}' "$1" "$2"
}

try() {
	[ -n "$command" ] || return 0
	sh -c "$command" >"$found" 2>&1 </dev/null
	if ! matches "$expected" "$found"; then
		printf 'README.md shows:\n$ %s\n' "$command"
		cat "$expected"
		printf 'but it prints:\n'
		cat "$found"
		failures=$((failures + 1))
	fi
}

for block in "$blocks"/[0-9]*; do
	command=
	: >"$expected"
	while IFS= read -r line; do
		case $line in
		"$ "*)
			try
			command=${line#"$ "}
			: >"$expected"
			;;
		*) printf '%s\n' "$line" >>"$expected" ;;
		esac
	done <"$block"
	try
done
[ "$failures" -eq 0 ]
