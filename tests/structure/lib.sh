# shellcheck shell=sh
# Counting complaints: a script reports all it finds, then fails if there was one.

complaints=0

complain() {
	printf '%s\n' "$*"
	complaints=$((complaints + 1))
}

finish() {
	if [ "$complaints" -gt 0 ]; then
		printf '%s complaints\n' "$complaints"
		exit 1
	fi
	exit 0
}
